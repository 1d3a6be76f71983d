package aws

import (
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

func init() {
	register(Reader{
		Type: "AWS::CloudTrail::Trail",
		Calls: map[string]string{
			"CloudTrail.DescribeTrails":      "cloudtrail:DescribeTrails",
			"CloudTrail.GetTrailStatus":      "cloudtrail:GetTrailStatus",
			"CloudTrail.GetEventSelectors":   "cloudtrail:GetEventSelectors",
			"CloudTrail.GetInsightSelectors": "cloudtrail:GetInsightSelectors",
			"CloudTrail.ListTags":            "cloudtrail:ListTags",
		},
		Reads: []string{
			"/AdvancedEventSelectors", "/Arn", "/CloudWatchLogsLogGroupArn", "/CloudWatchLogsRoleArn", "/EnableLogFileValidation",
			"/EventSelectors", "/IncludeGlobalServiceEvents", "/InsightSelectors", "/IsLogging", "/IsMultiRegionTrail",
			"/IsOrganizationTrail", "/KMSKeyId", "/S3BucketName", "/S3KeyPrefix", "/SnsTopicArn", "/SnsTopicName", "/Tags", "/TrailName",
		},
		list: listTrails,
	})
}

func listTrails(ctx context.Context, c *cell) error {
	client := cloudtrail.NewFromConfig(c.cfg)
	// Without its shadows a trail is listed once, in its home region and its own account.
	out, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: sdk.Bool(false)})
	if err != nil {
		return err
	}
	const most = 20 // trails of which the tags may be asked for at once
	for trails := range slices.Chunk(out.TrailList, most) {
		var arns []string
		for _, t := range trails {
			arns = append(arns, sdk.ToString(t.TrailARN))
		}
		tags, err := trailTags(ctx, client, arns)
		each(trails, func(t types.Trail) { c.trail(ctx, client, t, tags, err) })
	}
	return nil
}

// trailTags reads the tags of a few trails, by ARN.
func trailTags(ctx context.Context, client *cloudtrail.Client, arns []string) (map[string][]types.Tag, error) {
	tags := map[string][]types.Tag{}
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.ListTags(ctx, &cloudtrail.ListTagsInput{ResourceIdList: arns, NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		for _, r := range out.ResourceTagList {
			tags[sdk.ToString(r.ResourceId)] = append(tags[sdk.ToString(r.ResourceId)], r.TagsList...)
		}
		return len(out.ResourceTagList), out.NextToken, nil
	})
	return tags, err
}

func (c *cell) trail(ctx context.Context, client *cloudtrail.Client, t types.Trail, tags map[string][]types.Tag, tagsErr error) {
	arn := sdk.ToString(t.TrailARN)
	it := c.item(sdk.ToString(t.Name), arn)
	it.merge(t, map[string]string{
		"KmsKeyId": "KMSKeyId", "LogFileValidationEnabled": "EnableLogFileValidation", "Name": "TrailName",
		"SnsTopicARN": "SnsTopicArn", "TrailARN": "Arn",
	})
	if topic := sdk.ToString(t.SnsTopicARN); topic != "" {
		it.set("SnsTopicName", topic[strings.LastIndexByte(topic, ':')+1:])
	}

	status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &arn})
	if gone(err, "TrailNotFoundException") {
		return
	}
	if it.read(err, "/IsLogging") {
		it.set("IsLogging", sdk.ToBool(status.IsLogging))
	}
	events, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: &arn})
	if it.read(err, "/EventSelectors", "/AdvancedEventSelectors") {
		it.set("EventSelectors", events.EventSelectors)
		it.set("AdvancedEventSelectors", events.AdvancedEventSelectors)
	}
	insights, err := client.GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{TrailName: &arn})
	if it.read(unless(err, "InsightNotEnabledException"), "/InsightSelectors") && insights != nil {
		it.set("InsightSelectors", insights.InsightSelectors)
	}
	if it.read(tagsErr, "/Tags") {
		it.tag(tags[arn])
	}
	c.emit(it)
}

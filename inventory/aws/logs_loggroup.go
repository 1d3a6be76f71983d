package aws

import (
	"cmp"
	"context"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

func init() {
	register(Reader{
		Type: "AWS::Logs::LogGroup",
		Calls: map[string]string{
			"CloudWatch Logs.DescribeLogGroups":   "logs:DescribeLogGroups",
			"CloudWatch Logs.ListTagsForResource": "logs:ListTagsForResource",
		},
		Reads: []string{
			"/Arn", "/DeletionProtectionEnabled", "/KmsKeyId", "/LogGroupClass", "/LogGroupName", "/RetentionInDays", "/Tags",
		},
		BulkTags: "logs:log-group",
		list:     listLogGroups,
		one:      byID("LogGroupNamePrefix"),
	})
}

func listLogGroups(ctx context.Context, c *cell) error {
	client := cloudwatchlogs.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{NextToken: token, Limit: sdk.Int32(50)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.LogGroups))
		each(out.LogGroups, func(g types.LogGroup) { c.logGroup(ctx, client, g) })
		return len(out.LogGroups), out.NextToken, nil
	})
}

func (c *cell) logGroup(ctx context.Context, client *cloudwatchlogs.Client, g types.LogGroup) {
	// The service has two forms of the ARN: with ":*" for the streams below the group,
	// which CloudFormation shows, and without for the group, which tags are read by.
	arn := cmp.Or(sdk.ToString(g.LogGroupArn), strings.TrimSuffix(sdk.ToString(g.Arn), ":*"), c.arn("logs", "log-group:"+sdk.ToString(g.LogGroupName)))
	it := c.item(sdk.ToString(g.LogGroupName), arn)
	it.merge(g, nil)
	it.set("Arn", arn+":*")
	if g.CreationTime != nil {
		it.Created = time.UnixMilli(*g.CreationTime).UTC()
	}
	if !it.taggedInBulk() {
		tags, err := client.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: &arn})
		if gone(err, "ResourceNotFoundException") {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(tags.Tags)
		}
	}
	c.emit(it)
}

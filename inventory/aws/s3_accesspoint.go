package aws

import (
	"cmp"
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"
)

func init() {
	register(Reader{
		Type: "AWS::S3::AccessPoint",
		Calls: map[string]string{
			"S3 Control.ListAccessPoints":     "s3:ListAccessPoints",
			"S3 Control.GetAccessPoint":       "s3:GetAccessPoint",
			"S3 Control.GetAccessPointPolicy": "s3:GetAccessPointPolicy",
			"S3 Control.ListTagsForResource":  "s3:ListTagsForResource",
		},
		Reads: []string{
			"/Alias", "/Arn", "/Bucket", "/BucketAccountId", "/Name", "/NetworkOrigin", "/Policy",
			"/PublicAccessBlockConfiguration", "/Tags", "/VpcConfiguration",
		},
		list: listAccessPoints,
	})
}

func listAccessPoints(ctx context.Context, c *cell) error {
	client := s3ControlClient(c)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListAccessPoints(ctx, &s3control.ListAccessPointsInput{AccountId: &c.account, NextToken: token, MaxResults: 1000})
		if err != nil {
			return 0, nil, err
		}
		each(out.AccessPointList, func(p types.AccessPoint) { c.accessPoint(ctx, client, p) })
		return len(out.AccessPointList), out.NextToken, nil
	})
}

func (c *cell) accessPoint(ctx context.Context, client *s3control.Client, p types.AccessPoint) {
	const noPoint = "NoSuchAccessPoint"
	it := c.item(sdk.ToString(p.Name), cmp.Or(sdk.ToString(p.AccessPointArn), c.arn("s3", "accesspoint/"+sdk.ToString(p.Name))))
	it.merge(p, nil)
	it.set("Arn", it.ARN)

	out, err := client.GetAccessPoint(ctx, &s3control.GetAccessPointInput{AccountId: &c.account, Name: p.Name})
	if gone(err, noPoint) {
		return
	}
	if it.read(err, "/PublicAccessBlockConfiguration") {
		it.set("PublicAccessBlockConfiguration", out.PublicAccessBlockConfiguration)
		it.created(out.CreationDate)
	}
	policy, err := client.GetAccessPointPolicy(ctx, &s3control.GetAccessPointPolicyInput{AccountId: &c.account, Name: p.Name})
	if gone(err, noPoint) {
		return
	}
	if it.read(unless(err, "NoSuchAccessPointPolicy"), "/Policy") && policy != nil {
		it.set("Policy", document(policy.Policy, false))
	}
	tags, err := client.ListTagsForResource(ctx, &s3control.ListTagsForResourceInput{AccountId: &c.account, ResourceArn: &it.ARN})
	if gone(err, noPoint) {
		return
	}
	if it.read(err, "/Tags") {
		it.tag(tags.Tags)
	}
	c.emit(it)
}

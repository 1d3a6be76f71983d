package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/rds"
)

// rdsTagged completes a writer whose resources RDS tags by an ARN that ends in their kind
// and id.
func rdsTagged(kind string, w Writer) Writer {
	arn := func(c *call) string { return c.arn("rds", kind+":"+c.ref.ID) }
	w.Tags = map[string]string{"RDS.AddTagsToResource": "rds:AddTagsToResource", "RDS.RemoveTagsFromResource": "rds:RemoveTagsFromResource"}
	w.tag = func(ctx context.Context, c *call, tags map[string]string) error {
		_, err := send(ctx, rds.NewFromConfig(c.cfg).AddTagsToResource, props{"ResourceName": arn(c), "Tags": tagList(tags)})
		return err
	}
	w.untag = func(ctx context.Context, c *call, keys []string) error {
		_, err := send(ctx, rds.NewFromConfig(c.cfg).RemoveTagsFromResource, props{"ResourceName": arn(c), "TagKeys": keys})
		return err
	}
	return w
}

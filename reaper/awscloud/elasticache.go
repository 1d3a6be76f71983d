package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/elasticache"
)

// elasticacheTagged completes a writer whose resources ElastiCache tags by an ARN that ends in their kind
// and id.
func elasticacheTagged(kind string, w Writer) Writer {
	arn := func(c *call) string { return c.arn("elasticache", kind+":"+c.ref.ID) }
	w.Tags = map[string]string{"ElastiCache.AddTagsToResource": "elasticache:AddTagsToResource", "ElastiCache.RemoveTagsFromResource": "elasticache:RemoveTagsFromResource"}
	w.tag = func(ctx context.Context, c *call, tags map[string]string) error {
		_, err := send(ctx, elasticache.NewFromConfig(c.cfg).AddTagsToResource, props{"ResourceName": arn(c), "Tags": tagList(tags)})
		return err
	}
	w.untag = func(ctx context.Context, c *call, keys []string) error {
		_, err := send(ctx, elasticache.NewFromConfig(c.cfg).RemoveTagsFromResource, props{"ResourceName": arn(c), "TagKeys": keys})
		return err
	}
	return w
}

package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type:     "AWS::Route53::HealthCheck",
		Tags:     map[string]string{"Route 53.ChangeTagsForResource": "route53:ChangeTagsForResource"},
		Reaps:    map[string]string{"Route 53.DeleteHealthCheck": "route53:DeleteHealthCheck"},
		Reads:    map[string]string{"Route 53.GetHealthCheck": "route53:GetHealthCheck"},
		NotFound: []string{"NoSuchHealthCheck"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, route53.NewFromConfig(c.cfg).GetHealthCheck, props{"HealthCheckId": c.ref.ID})
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, route53.NewFromConfig(c.cfg).ChangeTagsForResource, props{
				"ResourceType": "healthcheck", "ResourceId": c.ref.ID, "AddTags": tagList(tags),
			})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, route53.NewFromConfig(c.cfg).ChangeTagsForResource, props{
				"ResourceType": "healthcheck", "ResourceId": c.ref.ID, "RemoveTagKeys": keys,
			})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, route53.NewFromConfig(c.cfg).DeleteHealthCheck, props{"HealthCheckId": c.ref.ID})
			return err
		},
	})
}

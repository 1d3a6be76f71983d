package awscloud

import (
	"context"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type: "AWS::ElasticLoadBalancing::LoadBalancer",
		Tags: map[string]string{
			"Elastic Load Balancing.AddTags":    "elasticloadbalancing:AddTags",
			"Elastic Load Balancing.RemoveTags": "elasticloadbalancing:RemoveTags",
		},
		Reaps:    map[string]string{"Elastic Load Balancing.DeleteLoadBalancer": "elasticloadbalancing:DeleteLoadBalancer"},
		NotFound: []string{"LoadBalancerNotFound"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, elb.NewFromConfig(c.cfg).DescribeLoadBalancers, props{"LoadBalancerNames": []any{c.ref.ID}})
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, elb.NewFromConfig(c.cfg).AddTags, props{"LoadBalancerNames": []any{c.ref.ID}, "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, elb.NewFromConfig(c.cfg).RemoveTags, props{"LoadBalancerNames": []any{c.ref.ID}, "Tags": keyList(keys)})
			return err
		},
		// Its listeners and policies go along; the instances behind it stay.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, elb.NewFromConfig(c.cfg).DeleteLoadBalancer, props{"LoadBalancerName": c.ref.ID})
			return err
		},
	})
}

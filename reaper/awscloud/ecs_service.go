package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type:     "AWS::ECS::Service",
		Tags:     map[string]string{"ECS.TagResource": "ecs:TagResource", "ECS.UntagResource": "ecs:UntagResource"},
		Repairs:  map[string]string{"ECS.UpdateService": "ecs:UpdateService"},
		Reaps:    map[string]string{"ECS.DeleteService": "ecs:DeleteService"},
		NotFound: []string{"ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException"},
		Updates:  []string{"/DesiredCount", "/EnableExecuteCommand", "/HealthCheckGracePeriodSeconds"},
		exists: func(ctx context.Context, c *call) error {
			out, err := send(ctx, ecs.NewFromConfig(c.cfg).DescribeServices, props{"Cluster": c.part(1), "Services": []string{c.part(0)}})
			if err != nil {
				return err
			}
			// ECS says it in the answer: a failure for the ARN, or a service that is over.
			for _, f := range out.Failures {
				if sdk.ToString(f.Reason) == "MISSING" {
					return reaper.ErrNotFound
				}
			}
			for _, s := range out.Services {
				if sdk.ToString(s.Status) == "INACTIVE" {
					return reaper.ErrNotFound
				}
			}
			return nil
		},
		update: func(ctx context.Context, c *call, u update) error {
			_, err := send(ctx, ecs.NewFromConfig(c.cfg).UpdateService, with(u.changed(), props{"Cluster": c.part(1), "Service": c.part(0)}))
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, ecs.NewFromConfig(c.cfg).TagResource, props{"ResourceArn": c.part(0), "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, ecs.NewFromConfig(c.cfg).UntagResource, props{"ResourceArn": c.part(0), "TagKeys": keys})
			return err
		},
		// One that still wants tasks is left alone: to scale it down first is a change of its own.
		Holds: map[string]string{"ECS.UpdateService": "ecs:UpdateService"},
		delete: func(ctx context.Context, c *call, live *inventory.Resource, _ []plan.Step) error {
			if n, known := live.Properties["DesiredCount"].(int64); !known || n > 0 {
				return &reaper.Blocked{By: "the service wants tasks, or it is not known how many"}
			}
			_, err := send(ctx, ecs.NewFromConfig(c.cfg).DeleteService, props{"Cluster": c.part(1), "Service": c.part(0)})
			return err
		},
	})
}

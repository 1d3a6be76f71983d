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
		Type:     "AWS::ECS::Cluster",
		Tags:     map[string]string{"ECS.TagResource": "ecs:TagResource", "ECS.UntagResource": "ecs:UntagResource"},
		Repairs:  map[string]string{"ECS.CreateCluster": "ecs:CreateCluster ecs:TagResource"},
		Reaps:    map[string]string{"ECS.DeleteCluster": "ecs:DeleteCluster"},
		NotFound: []string{"ClusterNotFoundException"},
		named:    byName("ClusterName"),
		exists: func(ctx context.Context, c *call) error {
			out, err := send(ctx, ecs.NewFromConfig(c.cfg).DescribeClusters, props{"Clusters": []string{c.ref.ID}})
			if err != nil {
				return err
			}
			// ECS says it in the answer: a failure for the name, or a cluster that is over.
			for _, f := range out.Failures {
				if sdk.ToString(f.Reason) == "MISSING" {
					return reaper.ErrNotFound
				}
			}
			for _, cluster := range out.Clusters {
				if sdk.ToString(cluster.Status) == "INACTIVE" {
					return reaper.ErrNotFound
				}
			}
			return nil
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := n.nameOf("ClusterName")
			members := renamed(n.props, map[string]string{"ClusterSettings": "Settings"})
			_, err := send(ctx, ecs.NewFromConfig(c.cfg).CreateCluster, with(members, props{"ClusterName": name, "Tags": tagList(n.tags)}))
			return name, err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, ecs.NewFromConfig(c.cfg).TagResource, props{"ResourceArn": c.arn("ecs", "cluster/"+c.ref.ID), "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, ecs.NewFromConfig(c.cfg).UntagResource, props{"ResourceArn": c.arn("ecs", "cluster/"+c.ref.ID), "TagKeys": keys})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			// ECS refuses when it has services or tasks.
			_, err := send(ctx, ecs.NewFromConfig(c.cfg).DeleteCluster, props{"Cluster": c.ref.ID})
			return err
		},
	})
}

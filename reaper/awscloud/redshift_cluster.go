package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/redshift"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type:     "AWS::Redshift::Cluster",
		Tags:     map[string]string{"Redshift.CreateTags": "redshift:CreateTags", "Redshift.DeleteTags": "redshift:DeleteTags"},
		Reaps:    map[string]string{"Redshift.DeleteCluster": "redshift:DeleteCluster redshift:CreateClusterSnapshot"},
		NotFound: []string{"ClusterNotFound"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, redshift.NewFromConfig(c.cfg).DescribeClusters, props{"ClusterIdentifier": c.ref.ID})
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, redshift.NewFromConfig(c.cfg).CreateTags, props{"ResourceName": c.arn("redshift", "cluster:"+c.ref.ID), "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, redshift.NewFromConfig(c.cfg).DeleteTags, props{"ResourceName": c.arn("redshift", "cluster:"+c.ref.ID), "TagKeys": keys})
			return err
		},
		Steps: []string{plan.StepFinalSnapshot},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, steps []plan.Step) error {
			snapshot := idOfStep(steps, plan.StepFinalSnapshot)
			if snapshot == "" {
				return needs(plan.StepFinalSnapshot, c.ref.ID)
			}
			_, err := send(ctx, redshift.NewFromConfig(c.cfg).DeleteCluster, props{
				"ClusterIdentifier": c.ref.ID, "SkipFinalClusterSnapshot": false, "FinalClusterSnapshotIdentifier": snapshot,
			})
			return err
		},
	})
}

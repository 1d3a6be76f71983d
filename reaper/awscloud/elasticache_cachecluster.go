package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/elasticache"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(elasticacheTagged("cluster", Writer{
		Type:     "AWS::ElastiCache::CacheCluster",
		Reaps:    map[string]string{"ElastiCache.DeleteCacheCluster": "elasticache:DeleteCacheCluster elasticache:CreateSnapshot"},
		NotFound: []string{"CacheClusterNotFound"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, elasticache.NewFromConfig(c.cfg).DescribeCacheClusters, props{"CacheClusterId": c.ref.ID})
			return err
		},
		Steps: []string{plan.StepFinalSnapshot},
		delete: func(ctx context.Context, c *call, live *inventory.Resource, steps []plan.Step) error {
			members := props{"CacheClusterId": c.ref.ID}
			if live.Properties["Engine"] != "memcached" { // which knows no snapshots
				snapshot := idOfStep(steps, plan.StepFinalSnapshot)
				if snapshot == "" {
					return needs(plan.StepFinalSnapshot, c.ref.ID)
				}
				members["FinalSnapshotIdentifier"] = snapshot
			}
			_, err := send(ctx, elasticache.NewFromConfig(c.cfg).DeleteCacheCluster, members)
			return err
		},
	}))
}

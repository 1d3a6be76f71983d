package awscloud

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/elasticache"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(elasticacheTagged("replicationgroup", Writer{
		Type:     "AWS::ElastiCache::ReplicationGroup",
		Repairs:  map[string]string{"ElastiCache.CreateReplicationGroup": "elasticache:CreateReplicationGroup elasticache:AddTagsToResource"},
		Reaps:    map[string]string{"ElastiCache.DeleteReplicationGroup": "elasticache:DeleteReplicationGroup elasticache:CreateSnapshot"},
		NotFound: []string{"ReplicationGroupNotFoundFault"},
		named:    byLowerName("ReplicationGroupId"),
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, elasticache.NewFromConfig(c.cfg).DescribeReplicationGroups, props{"ReplicationGroupId": c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := strings.ToLower(n.nameOf("ReplicationGroupId")) // ElastiCache keeps names so
			_, err := send(ctx, elasticache.NewFromConfig(c.cfg).CreateReplicationGroup, with(n.props, props{"ReplicationGroupId": name, "Tags": tagList(n.tags)}))
			return name, err
		},
		Steps: []string{plan.StepFinalSnapshot},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, steps []plan.Step) error {
			snapshot := idOfStep(steps, plan.StepFinalSnapshot)
			if snapshot == "" {
				return needs(plan.StepFinalSnapshot, c.ref.ID)
			}
			_, err := send(ctx, elasticache.NewFromConfig(c.cfg).DeleteReplicationGroup, props{"ReplicationGroupId": c.ref.ID, "FinalSnapshotIdentifier": snapshot})
			return err
		},
	}))
}

package awscloud

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/elasticache"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(elasticacheTagged("subnetgroup", Writer{
		Type:     "AWS::ElastiCache::SubnetGroup",
		Repairs:  map[string]string{"ElastiCache.CreateCacheSubnetGroup": "elasticache:CreateCacheSubnetGroup elasticache:AddTagsToResource"},
		Reaps:    map[string]string{"ElastiCache.DeleteCacheSubnetGroup": "elasticache:DeleteCacheSubnetGroup"},
		NotFound: []string{"CacheSubnetGroupNotFoundFault"},
		named:    byLowerName("CacheSubnetGroupName"),
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, elasticache.NewFromConfig(c.cfg).DescribeCacheSubnetGroups, props{"CacheSubnetGroupName": c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := strings.ToLower(n.nameOf("CacheSubnetGroupName")) // ElastiCache keeps names so
			members := renamed(n.props, map[string]string{"Description": "CacheSubnetGroupDescription"})
			_, err := send(ctx, elasticache.NewFromConfig(c.cfg).CreateCacheSubnetGroup, with(members, props{"CacheSubnetGroupName": name, "Tags": tagList(n.tags)}))
			return name, err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, elasticache.NewFromConfig(c.cfg).DeleteCacheSubnetGroup, props{"CacheSubnetGroupName": c.ref.ID})
			return err
		},
	}))
}

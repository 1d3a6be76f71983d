package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"

	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Reader{
		Type: "AWS::ElastiCache::CacheCluster",
		Calls: map[string]string{
			"ElastiCache.DescribeCacheClusters": "elasticache:DescribeCacheClusters",
			"ElastiCache.ListTagsForResource":   "elasticache:ListTagsForResource",
		},
		Reads: []string{
			"/AZMode", "/AutoMinorVersionUpgrade", "/CacheNodeType", "/CacheParameterGroupName", "/CacheSubnetGroupName",
			"/ClusterName", "/ConfigurationEndpoint", "/Engine", "/EngineVersion", "/IpDiscovery", "/LogDeliveryConfigurations",
			"/NetworkType", "/NotificationTopicArn", "/NumCacheNodes", "/Port", "/PreferredAvailabilityZones",
			"/PreferredMaintenanceWindow", "/RedisEndpoint", "/SnapshotRetentionLimit", "/SnapshotWindow", "/Tags",
			"/TransitEncryptionEnabled", "/VpcSecurityGroupIds",
		},
		BulkTags: "elasticache:cluster",
		list:     listCacheClusters,
		one:      byID("CacheClusterId"),
	})
}

func listCacheClusters(ctx context.Context, c *cell) error {
	client := elasticache.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeCacheClusters(ctx, &elasticache.DescribeCacheClustersInput{
			ShowCacheNodeInfo: sdk.Bool(true), Marker: token, MaxRecords: sdk.Int32(rdsPage),
		})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.CacheClusters))
		each(out.CacheClusters, func(cluster types.CacheCluster) {
			c.cacheTags(ctx, client, c.cacheCluster(cluster), "CacheClusterNotFound")
		})
		return len(out.CacheClusters), out.Marker, nil
	})
}

func (c *cell) cacheCluster(cluster types.CacheCluster) *item {
	it := c.item(sdk.ToString(cluster.CacheClusterId), sdk.ToString(cluster.ARN))
	it.merge(cluster, map[string]string{"CacheClusterId": "ClusterName"})
	// A cluster in a subnet group has security groups of its VPC.
	it.set("VpcSecurityGroupIds", texts(cluster.SecurityGroups, func(g types.SecurityGroupMembership) *string { return g.SecurityGroupId }))
	if cluster.CacheParameterGroup != nil {
		it.set("CacheParameterGroupName", cluster.CacheParameterGroup.CacheParameterGroupName)
	}
	if cluster.NotificationConfiguration != nil {
		it.set("NotificationTopicArn", cluster.NotificationConfiguration.TopicArn)
	}
	it.set("ConfigurationEndpoint", cacheEndpoint(cluster.ConfigurationEndpoint))
	port := cachePort(cluster.ConfigurationEndpoint)
	memcached := sdk.ToString(cluster.Engine) == "memcached"
	if len(cluster.CacheNodes) > 0 {
		first := cluster.CacheNodes[0]
		port = cachePort(cluster.ConfigurationEndpoint, first.Endpoint)
		if !memcached {
			it.set("RedisEndpoint", cacheEndpoint(first.Endpoint))
		}
		it.set("PreferredAvailabilityZones", texts(cluster.CacheNodes, func(n types.CacheNode) *string { return n.CustomerAvailabilityZone }))
	}
	it.set("Port", port)
	if zone := sdk.ToString(cluster.PreferredAvailabilityZone); memcached && zone != "" {
		mode := types.AZModeSingleAz
		if zone == "Multiple" { // ElastiCache's word for nodes in different zones
			mode = types.AZModeCrossAz
		}
		it.set("AZMode", mode)
	}
	if group := sdk.ToString(cluster.ReplicationGroupId); group != "" {
		to := it.Ref
		to.Type, to.ID = "AWS::ElastiCache::ReplicationGroup", group
		it.Relations = append(it.Relations, inventory.Relation{Kind: "owner", To: to})
	}
	it.State = sdk.ToString(cluster.CacheClusterStatus)
	it.created(cluster.CacheClusterCreateTime)
	return it
}

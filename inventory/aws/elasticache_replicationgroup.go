package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
)

func init() {
	register(Reader{
		Type: "AWS::ElastiCache::ReplicationGroup",
		Calls: map[string]string{
			"ElastiCache.DescribeReplicationGroups": "elasticache:DescribeReplicationGroups",
			"ElastiCache.ListTagsForResource":       "elasticache:ListTagsForResource",
		},
		// Subnets, security groups and engine version stand in the clusters of the group; the
		// schema has them as properties that nobody can read here.
		Reads: []string{
			"/AtRestEncryptionEnabled", "/AutoMinorVersionUpgrade", "/AutomaticFailoverEnabled", "/CacheNodeType", "/ClusterMode",
			"/ConfigurationEndPoint", "/DataTieringEnabled", "/Engine", "/GlobalReplicationGroupId", "/IpDiscovery",
			"/LogDeliveryConfigurations", "/MultiAZEnabled", "/NetworkType", "/NumCacheClusters", "/Port", "/PrimaryEndPoint",
			"/ReaderEndPoint", "/ReplicationGroupDescription", "/ReplicationGroupId", "/SnapshotRetentionLimit", "/SnapshotWindow",
			"/SnapshottingClusterId", "/Tags", "/TransitEncryptionEnabled", "/TransitEncryptionMode", "/UserGroupIds",
		},
		list: listReplicationGroups,
	})
}

func listReplicationGroups(ctx context.Context, c *cell) error {
	client := elasticache.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeReplicationGroups(ctx, &elasticache.DescribeReplicationGroupsInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		each(out.ReplicationGroups, func(g types.ReplicationGroup) {
			c.cacheTags(ctx, client, c.replicationGroup(g), "ReplicationGroupNotFoundFault")
		})
		return len(out.ReplicationGroups), out.Marker, nil
	})
}

func (c *cell) replicationGroup(g types.ReplicationGroup) *item {
	it := c.item(sdk.ToString(g.ReplicationGroupId), sdk.ToString(g.ARN))
	it.merge(g, map[string]string{"Description": "ReplicationGroupDescription"})
	if g.AutomaticFailover != "" {
		it.set("AutomaticFailoverEnabled", g.AutomaticFailover == types.AutomaticFailoverStatusEnabled || g.AutomaticFailover == types.AutomaticFailoverStatusEnabling)
	}
	if g.MultiAZ != "" {
		it.set("MultiAZEnabled", g.MultiAZ == types.MultiAZStatusEnabled)
	}
	if g.DataTiering != "" {
		it.set("DataTieringEnabled", g.DataTiering == types.DataTieringStatusEnabled)
	}
	if g.GlobalReplicationGroupInfo != nil {
		it.set("GlobalReplicationGroupId", g.GlobalReplicationGroupInfo.GlobalReplicationGroupId)
	}
	it.set("NumCacheClusters", len(g.MemberClusters))
	it.set("ConfigurationEndPoint", cacheEndpoint(g.ConfigurationEndpoint))
	port := cachePort(g.ConfigurationEndpoint)
	if len(g.NodeGroups) > 0 {
		first := g.NodeGroups[0]
		if g.ConfigurationEndpoint == nil { // with several shards, clients ask the configuration endpoint
			it.set("PrimaryEndPoint", cacheEndpoint(first.PrimaryEndpoint))
			it.set("ReaderEndPoint", cacheEndpoint(first.ReaderEndpoint))
		}
		port = cachePort(g.ConfigurationEndpoint, first.PrimaryEndpoint)
	}
	it.set("Port", port)
	it.State = sdk.ToString(g.Status)
	it.created(g.ReplicationGroupCreateTime)
	return it
}

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
			"ElastiCache.DescribeCacheClusters":     "elasticache:DescribeCacheClusters",
			"ElastiCache.ListTagsForResource":       "elasticache:ListTagsForResource",
		},
		Reads: append([]string{
			"/AtRestEncryptionEnabled", "/AutoMinorVersionUpgrade", "/AutomaticFailoverEnabled", "/CacheNodeType", "/ClusterMode",
			"/ConfigurationEndPoint", "/DataTieringEnabled", "/Engine", "/GlobalReplicationGroupId", "/IpDiscovery", "/KmsKeyId",
			"/LogDeliveryConfigurations", "/MultiAZEnabled", "/NetworkType", "/NumCacheClusters", "/Port", "/PrimaryEndPoint",
			"/ReaderEndPoint", "/ReplicationGroupDescription", "/ReplicationGroupId", "/SnapshotRetentionLimit", "/SnapshotWindow",
			"/SnapshottingClusterId", "/Tags", "/TransitEncryptionEnabled", "/TransitEncryptionMode", "/UserGroupIds",
		}, describedByCluster...),
		BulkTags: "elasticache:replicationgroup",
		list:     listReplicationGroups,
		one:      byID("ReplicationGroupId"),
	})
}

// describedByCluster is what the clusters of a group have in common, and they alone tell.
var describedByCluster = []string{
	"/CacheParameterGroupName", "/CacheSubnetGroupName", "/NotificationTopicArn", "/PreferredMaintenanceWindow", "/SecurityGroupIds",
}

func listReplicationGroups(ctx context.Context, c *cell) error {
	client := elasticache.NewFromConfig(c.cfg)
	clusters := map[string]types.CacheCluster{} // one of each group
	clustersErr := pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeCacheClusters(ctx, &elasticache.DescribeCacheClustersInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		for _, cluster := range out.CacheClusters {
			clusters[sdk.ToString(cluster.ReplicationGroupId)] = cluster
		}
		return len(out.CacheClusters), out.Marker, nil
	})
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeReplicationGroups(ctx, &elasticache.DescribeReplicationGroupsInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.ReplicationGroups))
		each(out.ReplicationGroups, func(g types.ReplicationGroup) {
			it := c.replicationGroup(g)
			if it.read(clustersErr, describedByCluster...) {
				it.describedByCluster(clusters)
			}
			c.cacheTags(ctx, client, it, "ReplicationGroupNotFoundFault")
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

// describedByCluster takes over what a cluster tells of its group. A group that is not made yet has none.
func (it *item) describedByCluster(clusters map[string]types.CacheCluster) {
	cluster, there := clusters[it.Ref.ID]
	if !there {
		it.Unread = append(it.Unread[:len(it.Unread):len(it.Unread)], describedByCluster...)
		return
	}
	it.set("CacheSubnetGroupName", cluster.CacheSubnetGroupName)
	it.set("PreferredMaintenanceWindow", cluster.PreferredMaintenanceWindow)
	it.set("SecurityGroupIds", texts(cluster.SecurityGroups, func(g types.SecurityGroupMembership) *string { return g.SecurityGroupId }))
	if cluster.CacheParameterGroup != nil {
		it.set("CacheParameterGroupName", cluster.CacheParameterGroup.CacheParameterGroupName)
	}
	if cluster.NotificationConfiguration != nil {
		it.set("NotificationTopicArn", cluster.NotificationConfiguration.TopicArn)
	}
}

package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/memorydb"
	"github.com/aws/aws-sdk-go-v2/service/memorydb/types"
)

func init() {
	register(Reader{
		Type: "AWS::MemoryDB::Cluster",
		Calls: map[string]string{
			"MemoryDB.DescribeClusters": "memorydb:DescribeClusters",
			"MemoryDB.ListTags":         "memorydb:ListTags",
		},
		Reads: []string{
			"/ACLName", "/ARN", "/AutoMinorVersionUpgrade", "/ClusterEndpoint", "/ClusterName", "/DataTiering", "/Description",
			"/Engine", "/EngineVersion", "/IpDiscovery", "/KmsKeyId", "/MaintenanceWindow", "/NetworkType", "/NodeType",
			"/NumReplicasPerShard", "/NumShards", "/ParameterGroupName", "/ParameterGroupStatus", "/Port", "/SecurityGroupIds",
			"/SnapshotRetentionLimit", "/SnapshotWindow", "/SnsTopicArn", "/SnsTopicStatus", "/Status", "/SubnetGroupName",
			"/TLSEnabled", "/Tags",
		},
		list: listMemoryDBClusters,
	})
}

func listMemoryDBClusters(ctx context.Context, c *cell) error {
	client := memorydb.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeClusters(ctx, &memorydb.DescribeClustersInput{
			ShowShardDetails: sdk.Bool(true), NextToken: token, MaxResults: sdk.Int32(100),
		})
		if err != nil {
			return 0, nil, err
		}
		each(out.Clusters, func(cluster types.Cluster) {
			it := c.memoryDBCluster(cluster)
			tags, err := client.ListTags(ctx, &memorydb.ListTagsInput{ResourceArn: cluster.ARN})
			if gone(err, "ClusterNotFoundFault") {
				return
			}
			if it.read(err, "/Tags") {
				it.tag(tags.TagList)
			}
			c.emit(it)
		})
		return len(out.Clusters), out.NextToken, nil
	})
}

func (c *cell) memoryDBCluster(cluster types.Cluster) *item {
	it := c.item(sdk.ToString(cluster.Name), sdk.ToString(cluster.ARN))
	it.merge(cluster, map[string]string{"Name": "ClusterName", "NumberOfShards": "NumShards"})
	if len(cluster.Shards) > 0 && sdk.ToInt32(cluster.Shards[0].NumberOfNodes) > 0 {
		it.set("NumReplicasPerShard", *cluster.Shards[0].NumberOfNodes-1) // one node of a shard is no replica
	}
	if cluster.ClusterEndpoint != nil {
		it.set("Port", cluster.ClusterEndpoint.Port)
	}
	it.set("SecurityGroupIds", texts(cluster.SecurityGroups, func(g types.SecurityGroupMembership) *string { return g.SecurityGroupId }))
	it.State = sdk.ToString(cluster.Status)
	return it
}

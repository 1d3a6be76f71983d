package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/docdb"
	"github.com/aws/aws-sdk-go-v2/service/docdb/types"
)

func init() {
	register(Reader{
		Type: "AWS::DocDB::DBCluster",
		// DocumentDB is called and permitted under the name of RDS.
		Calls: map[string]string{
			"DocDB.DescribeDBClusters":  "rds:DescribeDBClusters",
			"DocDB.ListTagsForResource": "rds:ListTagsForResource",
		},
		Reads: []string{
			"/AvailabilityZones", "/BackupRetentionPeriod", "/ClusterResourceId", "/DBClusterIdentifier",
			"/DBClusterParameterGroupName", "/DBSubnetGroupName", "/DeletionProtection", "/EnableCloudwatchLogsExports", "/Endpoint",
			"/EngineVersion", "/Id", "/KmsKeyId", "/ManageMasterUserPassword", "/MasterUserSecretKmsKeyId", "/MasterUsername",
			"/NetworkType", "/Port", "/PreferredBackupWindow", "/PreferredMaintenanceWindow", "/ReadEndpoint",
			"/ServerlessV2ScalingConfiguration", "/StorageEncrypted", "/StorageType", "/Tags", "/VpcSecurityGroupIds",
		},
		list: listDocDBClusters,
	})
}

func listDocDBClusters(ctx context.Context, c *cell) error {
	client := docdb.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeDBClusters(ctx, &docdb.DescribeDBClustersInput{
			Filters: []types.Filter{{Name: sdk.String("engine"), Values: []string{"docdb"}}}, Marker: token, MaxRecords: sdk.Int32(rdsPage),
		})
		if err != nil {
			return 0, nil, err
		}
		each(out.DBClusters, func(cluster types.DBCluster) {
			if sdk.ToString(cluster.Engine) == "docdb" {
				c.docDBCluster(ctx, client, cluster)
			}
		})
		return len(out.DBClusters), out.Marker, nil
	})
}

func (c *cell) docDBCluster(ctx context.Context, client *docdb.Client, cluster types.DBCluster) {
	it := c.item(sdk.ToString(cluster.DBClusterIdentifier), sdk.ToString(cluster.DBClusterArn))
	it.merge(cluster, map[string]string{
		"DBClusterParameterGroup":      "DBClusterParameterGroupName",
		"DBSubnetGroup":                "DBSubnetGroupName",
		"DbClusterResourceId":          "ClusterResourceId",
		"EnabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
		"ReaderEndpoint":               "ReadEndpoint",
	})
	it.set("Id", it.Ref.ID)
	it.set("ManageMasterUserPassword", cluster.MasterUserSecret != nil)
	if cluster.MasterUserSecret != nil {
		it.set("MasterUserSecretKmsKeyId", cluster.MasterUserSecret.KmsKeyId)
	}
	it.set("VpcSecurityGroupIds", texts(cluster.VpcSecurityGroups, func(g types.VpcSecurityGroupMembership) *string { return g.VpcSecurityGroupId }))
	it.State = sdk.ToString(cluster.Status)
	it.created(cluster.ClusterCreateTime)
	tags, err := client.ListTagsForResource(ctx, &docdb.ListTagsForResourceInput{ResourceName: cluster.DBClusterArn})
	if gone(err, "DBClusterNotFoundFault") {
		return
	}
	if it.read(err, "/Tags") {
		it.tag(tags.TagList)
	}
	c.emit(it)
}

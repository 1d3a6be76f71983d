package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/neptune"
	"github.com/aws/aws-sdk-go-v2/service/neptune/types"
)

func init() {
	register(Reader{
		Type: "AWS::Neptune::DBCluster",
		// Neptune is called and permitted under the name of RDS.
		Calls: map[string]string{
			"Neptune.DescribeDBClusters":  "rds:DescribeDBClusters",
			"Neptune.ListTagsForResource": "rds:ListTagsForResource",
		},
		Reads: []string{
			"/AssociatedRoles", "/AvailabilityZones", "/BackupRetentionPeriod", "/ClusterResourceId", "/CopyTagsToSnapshot",
			"/DBClusterIdentifier", "/DBClusterParameterGroupName", "/DBPort", "/DBSubnetGroupName", "/DeletionProtection",
			"/EnableCloudwatchLogsExports", "/Endpoint", "/EngineVersion", "/IamAuthEnabled", "/KmsKeyId", "/Port",
			"/PreferredBackupWindow", "/PreferredMaintenanceWindow", "/ReadEndpoint", "/ServerlessScalingConfiguration",
			"/StorageEncrypted", "/Tags", "/VpcSecurityGroupIds",
		},
		list: listNeptuneClusters,
	})
}

func listNeptuneClusters(ctx context.Context, c *cell) error {
	client := neptune.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeDBClusters(ctx, &neptune.DescribeDBClustersInput{
			Filters: []types.Filter{{Name: sdk.String("engine"), Values: []string{"neptune"}}}, Marker: token, MaxRecords: sdk.Int32(rdsPage),
		})
		if err != nil {
			return 0, nil, err
		}
		each(out.DBClusters, func(cluster types.DBCluster) {
			if sdk.ToString(cluster.Engine) == "neptune" {
				c.neptuneCluster(ctx, client, cluster)
			}
		})
		return len(out.DBClusters), out.Marker, nil
	})
}

func (c *cell) neptuneCluster(ctx context.Context, client *neptune.Client, cluster types.DBCluster) {
	it := c.item(sdk.ToString(cluster.DBClusterIdentifier), sdk.ToString(cluster.DBClusterArn))
	it.merge(cluster, map[string]string{
		"DBClusterParameterGroup":          "DBClusterParameterGroupName",
		"DBSubnetGroup":                    "DBSubnetGroupName",
		"DbClusterResourceId":              "ClusterResourceId",
		"EnabledCloudwatchLogsExports":     "EnableCloudwatchLogsExports",
		"IAMDatabaseAuthenticationEnabled": "IamAuthEnabled",
		"ReaderEndpoint":                   "ReadEndpoint",
		"ServerlessV2ScalingConfiguration": "ServerlessScalingConfiguration",
	})
	it.set("DBPort", cluster.Port) // Port is the same as text, and nobody declares it
	it.set("VpcSecurityGroupIds", texts(cluster.VpcSecurityGroups, func(g types.VpcSecurityGroupMembership) *string { return g.VpcSecurityGroupId }))
	it.State = sdk.ToString(cluster.Status)
	it.created(cluster.ClusterCreateTime)
	tags, err := client.ListTagsForResource(ctx, &neptune.ListTagsForResourceInput{ResourceName: cluster.DBClusterArn})
	if gone(err, "DBClusterNotFoundFault") {
		return
	}
	if it.read(err, "/Tags") {
		it.tag(tags.TagList)
	}
	c.emit(it)
}

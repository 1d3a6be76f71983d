package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

func init() {
	register(Reader{
		Type:  "AWS::RDS::DBCluster",
		Calls: map[string]string{"RDS.DescribeDBClusters": "rds:DescribeDBClusters"},
		Reads: []string{
			"/AllocatedStorage", "/AssociatedRoles", "/AutoMinorVersionUpgrade", "/AvailabilityZones", "/BacktrackWindow",
			"/BackupRetentionPeriod", "/CopyTagsToSnapshot", "/DBClusterArn", "/DBClusterIdentifier", "/DBClusterInstanceClass",
			"/DBClusterParameterGroupName", "/DBClusterResourceId", "/DBSubnetGroupName", "/DBSystemId", "/DatabaseInsightsMode",
			"/DatabaseName", "/DeletionProtection", "/Domain", "/DomainIAMRoleName", "/EnableCloudwatchLogsExports",
			"/EnableGlobalWriteForwarding", "/EnableHttpEndpoint", "/EnableIAMDatabaseAuthentication", "/EnableLocalWriteForwarding",
			"/Endpoint", "/Engine", "/EngineLifecycleSupport", "/EngineMode", "/EngineVersion", "/GlobalClusterIdentifier", "/Iops",
			"/KmsKeyId", "/ManageMasterUserPassword", "/MasterUserSecret", "/MasterUsername", "/MonitoringInterval",
			"/MonitoringRoleArn", "/NetworkType", "/PerformanceInsightsEnabled", "/PerformanceInsightsKmsKeyId",
			"/PerformanceInsightsRetentionPeriod", "/Port", "/PreferredBackupWindow", "/PreferredMaintenanceWindow",
			"/PubliclyAccessible", "/ReadEndpoint", "/ReplicationSourceIdentifier", "/ScalingConfiguration",
			"/ServerlessV2ScalingConfiguration", "/StorageEncrypted", "/StorageEncryptionType", "/StorageThroughput",
			"/StorageType", "/Tags", "/VpcSecurityGroupIds",
		},
		list: listDBClusters,
		one:  byID("DBClusterIdentifier"),
	})
}

func listDBClusters(ctx context.Context, c *cell) error {
	client := rds.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		for _, cluster := range out.DBClusters {
			if !otherDatabase(cluster.Engine) {
				c.emit(c.dbCluster(cluster))
			}
		}
		return len(out.DBClusters), out.Marker, nil
	})
}

func (c *cell) dbCluster(cluster types.DBCluster) *item {
	it := c.item(sdk.ToString(cluster.DBClusterIdentifier), sdk.ToString(cluster.DBClusterArn))
	it.merge(cluster, map[string]string{
		"DBClusterParameterGroup":          "DBClusterParameterGroupName",
		"DBSubnetGroup":                    "DBSubnetGroupName",
		"DbClusterResourceId":              "DBClusterResourceId",
		"EnabledCloudwatchLogsExports":     "EnableCloudwatchLogsExports",
		"GlobalWriteForwardingRequested":   "EnableGlobalWriteForwarding",
		"HttpEndpointEnabled":              "EnableHttpEndpoint",
		"IAMDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
		"PerformanceInsightsKMSKeyId":      "PerformanceInsightsKmsKeyId",
		"ScalingConfigurationInfo":         "ScalingConfiguration",
	})
	// CloudFormation makes objects of what RDS says as host names.
	delete(it.props, "Endpoint")
	if cluster.Endpoint != nil {
		it.set("Endpoint", map[string]any{"Address": cluster.Endpoint, "Port": cluster.Port})
	}
	if cluster.ReaderEndpoint != nil {
		it.set("ReadEndpoint", map[string]any{"Address": cluster.ReaderEndpoint})
	}
	switch cluster.LocalWriteForwardingStatus {
	case types.LocalWriteForwardingStatusEnabled, types.LocalWriteForwardingStatusEnabling, types.LocalWriteForwardingStatusRequested:
		it.set("EnableLocalWriteForwarding", true)
	case types.LocalWriteForwardingStatusDisabled, types.LocalWriteForwardingStatusDisabling:
		it.set("EnableLocalWriteForwarding", false)
	}
	it.set("ManageMasterUserPassword", cluster.MasterUserSecret != nil)
	it.set("VpcSecurityGroupIds", texts(cluster.VpcSecurityGroups, func(g types.VpcSecurityGroupMembership) *string { return g.VpcSecurityGroupId }))
	if len(cluster.DomainMemberships) > 0 {
		it.set("Domain", cluster.DomainMemberships[0].Domain)
		it.set("DomainIAMRoleName", cluster.DomainMemberships[0].IAMRoleName)
	}
	it.tag(cluster.TagList)
	it.State = sdk.ToString(cluster.Status)
	it.created(cluster.ClusterCreateTime)
	return it
}

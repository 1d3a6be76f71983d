package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/redshift/types"
)

func init() {
	register(Reader{
		Type: "AWS::Redshift::Cluster",
		Calls: map[string]string{
			"Redshift.DescribeClusters":      "redshift:DescribeClusters",
			"Redshift.DescribeLoggingStatus": "redshift:DescribeLoggingStatus",
		},
		Reads: []string{
			"/AllowVersionUpgrade", "/AquaConfigurationStatus", "/AutomatedSnapshotRetentionPeriod", "/AvailabilityZone",
			"/AvailabilityZoneRelocation", "/AvailabilityZoneRelocationStatus", "/ClusterIdentifier", "/ClusterNamespaceArn",
			"/ClusterParameterGroupName", "/ClusterSecurityGroups", "/ClusterSubnetGroupName", "/ClusterType", "/ClusterVersion",
			"/DBName", "/DestinationRegion", "/ElasticIp", "/Encrypted", "/Endpoint", "/EnhancedVpcRouting",
			"/HsmClientCertificateIdentifier", "/HsmConfigurationIdentifier", "/IamRoles", "/KmsKeyId", "/LoggingProperties",
			"/MaintenanceTrackName", "/ManualSnapshotRetentionPeriod", "/MasterPasswordSecretArn",
			"/MasterPasswordSecretKmsKeyId", "/MasterUsername", "/MultiAZ", "/NodeType", "/NumberOfNodes", "/Port",
			"/PreferredMaintenanceWindow", "/PubliclyAccessible", "/SnapshotCopyGrantName", "/SnapshotCopyRetentionPeriod",
			"/Tags", "/VpcSecurityGroupIds",
		},
		list: listRedshiftClusters,
	})
}

func listRedshiftClusters(ctx context.Context, c *cell) error {
	client := redshift.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeClusters(ctx, &redshift.DescribeClustersInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		each(out.Clusters, func(cluster types.Cluster) {
			it := c.redshiftCluster(cluster)
			logging, err := client.DescribeLoggingStatus(ctx, &redshift.DescribeLoggingStatusInput{ClusterIdentifier: cluster.ClusterIdentifier})
			if gone(err, "ClusterNotFound") {
				return
			}
			if it.read(err, "/LoggingProperties") && sdk.ToBool(logging.LoggingEnabled) {
				it.set("LoggingProperties", logging)
			}
			c.emit(it)
		})
		return len(out.Clusters), out.Marker, nil
	})
}

func (c *cell) redshiftCluster(cluster types.Cluster) *item {
	id := sdk.ToString(cluster.ClusterIdentifier)
	it := c.item(id, c.arn("redshift", "cluster:"+id))
	it.merge(cluster, nil)
	it.set("ClusterSecurityGroups", texts(cluster.ClusterSecurityGroups, func(g types.ClusterSecurityGroupMembership) *string { return g.ClusterSecurityGroupName }))
	it.set("IamRoles", texts(cluster.IamRoles, func(r types.ClusterIamRole) *string { return r.IamRoleArn }))
	it.set("VpcSecurityGroupIds", texts(cluster.VpcSecurityGroups, func(g types.VpcSecurityGroupMembership) *string { return g.VpcSecurityGroupId }))
	if n := sdk.ToInt32(cluster.NumberOfNodes); n > 0 {
		kind := "multi-node"
		if n == 1 {
			kind = "single-node"
		}
		it.set("ClusterType", kind)
	}
	if len(cluster.ClusterParameterGroups) > 0 {
		it.set("ClusterParameterGroupName", cluster.ClusterParameterGroups[0].ParameterGroupName)
	}
	if cluster.Endpoint != nil {
		it.set("Port", cluster.Endpoint.Port)
	}
	if cluster.AquaConfiguration != nil {
		it.set("AquaConfigurationStatus", cluster.AquaConfiguration.AquaConfigurationStatus)
	}
	if cluster.ElasticIpStatus != nil {
		it.set("ElasticIp", cluster.ElasticIpStatus.ElasticIp)
	}
	if cluster.HsmStatus != nil {
		it.set("HsmClientCertificateIdentifier", cluster.HsmStatus.HsmClientCertificateIdentifier)
		it.set("HsmConfigurationIdentifier", cluster.HsmStatus.HsmConfigurationIdentifier)
	}
	if s := cluster.ClusterSnapshotCopyStatus; s != nil {
		it.set("DestinationRegion", s.DestinationRegion)
		it.set("SnapshotCopyGrantName", s.SnapshotCopyGrantName)
		it.set("SnapshotCopyRetentionPeriod", s.RetentionPeriod)
	}
	// Redshift says these switches in words; between them it says that it is busy.
	for property, word := range map[string]*string{"AvailabilityZoneRelocation": cluster.AvailabilityZoneRelocationStatus, "MultiAZ": cluster.MultiAZ} {
		delete(it.props, property)
		switch strings.ToLower(sdk.ToString(word)) {
		case "enabled", "true":
			it.set(property, true)
		case "disabled", "false":
			it.set(property, false)
		}
	}
	it.tag(cluster.Tags)
	it.State = sdk.ToString(cluster.ClusterStatus)
	it.created(cluster.ClusterCreateTime)
	return it
}

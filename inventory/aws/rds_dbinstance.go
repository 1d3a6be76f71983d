package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/relation"
)

func init() {
	register(Reader{
		Type:  "AWS::RDS::DBInstance",
		Calls: map[string]string{"RDS.DescribeDBInstances": "rds:DescribeDBInstances"},
		Reads: []string{
			"/AllocatedStorage", "/AssociatedRoles", "/AutoMinorVersionUpgrade", "/AvailabilityZone", "/BackupRetentionPeriod",
			"/BackupTarget", "/CACertificateIdentifier", "/CertificateDetails", "/CharacterSetName", "/CopyTagsToSnapshot",
			"/CustomIAMInstanceProfile", "/DBClusterIdentifier", "/DBInstanceArn", "/DBInstanceClass", "/DBInstanceIdentifier",
			"/DBInstanceStatus", "/DBName", "/DBParameterGroupName", "/DBSecurityGroups", "/DBSubnetGroupName", "/DBSystemId",
			"/DatabaseInsightsMode", "/DbiResourceId", "/DedicatedLogVolume", "/DeletionProtection", "/Domain",
			"/DomainAuthSecretArn", "/DomainDnsIps", "/DomainFqdn", "/DomainIAMRoleName", "/DomainOu",
			"/EnableCloudwatchLogsExports", "/EnableIAMDatabaseAuthentication", "/EnablePerformanceInsights", "/Endpoint",
			"/Engine", "/EngineLifecycleSupport", "/EngineVersion", "/InstanceCreateTime", "/Iops", "/KmsKeyId",
			"/LicenseModel", "/ListenerEndpoint", "/ManageMasterUserPassword", "/MasterUserSecret", "/MasterUsername",
			"/MaxAllocatedStorage", "/MonitoringInterval", "/MonitoringRoleArn", "/MultiAZ", "/NcharCharacterSetName",
			"/NetworkType", "/OptionGroupName", "/PerformanceInsightsKMSKeyId", "/PerformanceInsightsRetentionPeriod", "/Port",
			"/PreferredBackupWindow", "/PreferredMaintenanceWindow", "/ProcessorFeatures", "/PromotionTier",
			"/PubliclyAccessible", "/ReadReplicaDBClusterIdentifiers", "/ReadReplicaDBInstanceIdentifiers", "/ReplicaMode",
			"/SecondaryAvailabilityZone", "/SourceDBClusterIdentifier", "/StatusInfos", "/StorageEncrypted",
			"/StorageThroughput", "/StorageType", "/Tags", "/TdeCredentialArn", "/Timezone", "/VPCSecurityGroups",
		},
		list: listDBInstances,
		one:  byID("DBInstanceIdentifier"),
	})
}

func listDBInstances(ctx context.Context, c *cell) error {
	client := rds.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{Marker: token, MaxRecords: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		for _, db := range out.DBInstances {
			// RDS also lists the instances of Neptune and DocumentDB: other types.
			if engine := sdk.ToString(db.Engine); engine != "neptune" && engine != "docdb" {
				c.emit(c.dbInstance(db))
			}
		}
		return len(out.DBInstances), out.Marker, nil
	})
}

func (c *cell) dbInstance(db types.DBInstance) *item {
	it := c.item(sdk.ToString(db.DBInstanceIdentifier), sdk.ToString(db.DBInstanceArn))
	it.merge(db, map[string]string{
		"CustomIamInstanceProfile":             "CustomIAMInstanceProfile",
		"EnabledCloudwatchLogsExports":         "EnableCloudwatchLogsExports",
		"IAMDatabaseAuthenticationEnabled":     "EnableIAMDatabaseAuthentication",
		"PerformanceInsightsEnabled":           "EnablePerformanceInsights",
		"ReadReplicaSourceDBClusterIdentifier": "SourceDBClusterIdentifier",
	})
	it.set("ManageMasterUserPassword", db.MasterUserSecret != nil)
	if db.Endpoint != nil {
		it.set("Port", db.Endpoint.Port)
	}
	if len(db.DBParameterGroups) > 0 {
		it.set("DBParameterGroupName", db.DBParameterGroups[0].DBParameterGroupName)
	}
	if len(db.OptionGroupMemberships) > 0 {
		it.set("OptionGroupName", db.OptionGroupMemberships[0].OptionGroupName)
	}
	if db.DBSubnetGroup != nil {
		it.set("DBSubnetGroupName", db.DBSubnetGroup.DBSubnetGroupName)
	}
	classic, vpc := []string{}, []string{}
	for _, g := range db.DBSecurityGroups {
		classic = append(classic, sdk.ToString(g.DBSecurityGroupName))
	}
	for _, g := range db.VpcSecurityGroups {
		vpc = append(vpc, sdk.ToString(g.VpcSecurityGroupId))
	}
	it.set("DBSecurityGroups", classic)
	it.set("VPCSecurityGroups", vpc)
	if len(db.DomainMemberships) > 0 {
		d := db.DomainMemberships[0]
		it.merge(d, map[string]string{
			"AuthSecretArn": "DomainAuthSecretArn", "DnsIps": "DomainDnsIps", "FQDN": "DomainFqdn",
			"IAMRoleName": "DomainIAMRoleName", "OU": "DomainOu",
		})
	}
	// The property that names the source is write-only in the schema, so the relation stands alone.
	// A source in another region is named by its ARN, and is not a resource of this one.
	if source := sdk.ToString(db.ReadReplicaSourceDBInstanceIdentifier); source != "" && !strings.Contains(source, ":") {
		to := it.Ref
		to.ID = source
		it.Relations = append(it.Relations, inventory.Relation{Kind: relation.Soft, To: to})
	}
	it.tag(db.TagList)
	it.State = strings.ToLower(sdk.ToString(db.DBInstanceStatus))
	it.created(db.InstanceCreateTime)
	return it
}

package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

func init() {
	register(Reader{
		Type: "PCF::RDS::DBSnapshot",
		Calls: map[string]string{
			"RDS.DescribeDBSnapshots":          "rds:DescribeDBSnapshots",
			"RDS.DescribeDBSnapshotAttributes": "rds:DescribeDBSnapshotAttributes",
		},
		Reads: []string{
			"/AdditionalStorageVolumes", "/AllocatedStorage", "/AvailabilityZone", "/BackupRetentionPeriod", "/DBInstanceIdentifier",
			"/DBSnapshotArn", "/DBSnapshotAttributes", "/DBSnapshotIdentifier", "/DBSystemId", "/DbiResourceId", "/DedicatedLogVolume",
			"/Encrypted", "/Engine", "/EngineVersion", "/FullSnapshotSizeInBytes", "/IAMDatabaseAuthenticationEnabled",
			"/InstanceCreateTime", "/Iops", "/KmsKeyId", "/LicenseModel", "/MasterUsername", "/MultiTenant", "/OptionGroupName",
			"/OriginalSnapshotCreateTime", "/PercentProgress", "/Port", "/PreferredBackupWindow", "/ProcessorFeatures",
			"/SnapshotAvailabilityZone", "/SnapshotCreateTime", "/SnapshotDatabaseTime", "/SnapshotTarget", "/SnapshotType",
			"/SourceDBSnapshotIdentifier", "/SourceRegion", "/Status", "/StorageEncryptionType", "/StorageThroughput",
			"/StorageType", "/Tags", "/TdeCredentialArn", "/Timezone", "/VpcId",
		},
		list: listDBSnapshots,
	})
}

// listDBSnapshots lists the account's own snapshots: RDS shows those that others share
// only to who asks for them.
func listDBSnapshots(ctx context.Context, c *cell) error {
	client := rds.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeDBSnapshots(ctx, &rds.DescribeDBSnapshotsInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		each(out.DBSnapshots, func(s types.DBSnapshot) { c.dbSnapshot(ctx, client, s) })
		return len(out.DBSnapshots), out.Marker, nil
	})
}

func (c *cell) dbSnapshot(ctx context.Context, client *rds.Client, s types.DBSnapshot) {
	it := c.item(sdk.ToString(s.DBSnapshotIdentifier), sdk.ToString(s.DBSnapshotArn))
	it.merge(s, nil)
	it.tag(s.TagList)
	it.State = sdk.ToString(s.Status)
	it.created(s.SnapshotCreateTime)
	switch sdk.ToString(s.SnapshotType) {
	case "automated":
		it.Foreign = "automated snapshot that RDS makes and deletes"
	case "awsbackup":
		it.Foreign = "recovery point of AWS Backup"
	default:
		// Only snapshots that somebody made can be shared with others.
		out, err := client.DescribeDBSnapshotAttributes(ctx, &rds.DescribeDBSnapshotAttributesInput{DBSnapshotIdentifier: s.DBSnapshotIdentifier})
		if gone(err, "DBSnapshotNotFound") {
			return
		}
		if it.read(notEmpty(err, "RDS.DescribeDBSnapshotAttributes", out != nil && out.DBSnapshotAttributesResult != nil), "/DBSnapshotAttributes") {
			it.set("DBSnapshotAttributes", out.DBSnapshotAttributesResult.DBSnapshotAttributes)
		}
	}
	c.emit(it)
}

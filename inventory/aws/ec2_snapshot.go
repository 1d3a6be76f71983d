package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "PCF::EC2::Snapshot",
		Calls: map[string]string{"EC2.DescribeSnapshots": "ec2:DescribeSnapshots"},
		// Who else may restore a snapshot takes a call for each. Those that everybody may
		// restore stand in PCF::Account::SnapshotSharing.
		Reads: []string{
			"/AvailabilityZone", "/CompletionDurationMinutes", "/CompletionTime", "/DataEncryptionKeyId", "/Description", "/Encrypted",
			"/FullSnapshotSizeInBytes", "/KmsKeyId", "/OutpostArn", "/OwnerAlias", "/OwnerId", "/Progress", "/RestoreExpiryTime",
			"/SnapshotId", "/SseType", "/StartTime", "/State", "/StateMessage", "/StorageTier", "/Tags", "/TransferType",
			"/VolumeId", "/VolumeSize",
		},
		list: listSnapshots,
		one:  byID("SnapshotIds"),
	})
}

// listSnapshots lists the account's own: EC2 would also show those that others share.
func listSnapshots(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{
			OwnerIds: []string{"self"}, NextToken: token, MaxResults: sdk.Int32(pageSize),
		})
		if err != nil {
			return 0, nil, err
		}
		for _, s := range out.Snapshots {
			if c.sharedBy(s.OwnerId) == "" {
				c.emit(c.snapshot(s))
			}
		}
		return len(out.Snapshots), out.NextToken, nil
	})
}

func (c *cell) snapshot(s types.Snapshot) *item {
	it := c.item(sdk.ToString(s.SnapshotId), "arn:"+c.partition+":ec2:"+c.region+"::snapshot/"+sdk.ToString(s.SnapshotId))
	it.merge(s, nil)
	it.dropEmpty("Description", "KmsKeyId", "OutpostArn", "OwnerAlias")
	if sdk.ToString(s.VolumeId) == "vol-ffffffff" {
		delete(it.props, "VolumeId") // what EC2 says of a copy: it was made of no volume
	}
	it.tag(s.Tags)
	it.State = string(s.State)
	it.created(s.StartTime)
	return it
}

// dropEmpty takes away the properties whose value is an empty text, which is how some
// services say that nothing is set.
func (it *item) dropEmpty(names ...string) {
	for _, name := range names {
		if it.props[name] == "" {
			delete(it.props, name)
		}
	}
}

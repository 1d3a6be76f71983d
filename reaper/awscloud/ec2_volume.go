package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(ec2Tagged(Writer{
		Type:     "AWS::EC2::Volume",
		Repairs:  map[string]string{"EC2.CreateVolume": "ec2:CreateVolume", "EC2.ModifyVolume": "ec2:ModifyVolume"},
		Reaps:    map[string]string{"EC2.DeleteVolume": "ec2:DeleteVolume"},
		NotFound: []string{"InvalidVolume.NotFound"},
		Updates:  []string{"/Iops", "/MultiAttachEnabled", "/Size", "/Throughput", "/VolumeType"},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateVolumeInput{ClientToken: &n.token, TagSpecifications: ec2TagsFor(types.ResourceTypeVolume, n.tags)}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateVolume(ctx, in)
			if err != nil {
				return "", err
			}
			return sdk.ToString(out.VolumeId), nil
		},
		update: func(ctx context.Context, c *call, u update) error {
			_, err := send(ctx, ec2.NewFromConfig(c.cfg).ModifyVolume, with(u.changed(), props{"VolumeId": c.ref.ID}))
			return err
		},
		backup: &backup{
			typ: "PCF::EC2::Snapshot",
			calls: map[string]string{
				"EC2.CreateSnapshot": "ec2:CreateSnapshot ec2:CreateTags", "EC2.DescribeSnapshots": "ec2:DescribeSnapshots",
			},
			begin: beginSnapshot,
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := ec2.NewFromConfig(c.cfg).DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: &c.ref.ID})
			return err
		},
	}))
}

// beginSnapshot begins a snapshot of a volume. EC2 has no token for it: one that an earlier
// try began is known by its tag.
func beginSnapshot(ctx context.Context, c *call, name string) (string, error) {
	client := ec2.NewFromConfig(c.cfg)
	earlier, err := client.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, Filters: is("tag:"+tokenTag, name)})
	if err != nil {
		return "", err
	}
	for _, s := range earlier.Snapshots {
		if sdk.ToString(s.VolumeId) == c.ref.ID {
			return sdk.ToString(s.SnapshotId), nil
		}
	}
	out, err := client.CreateSnapshot(ctx, &ec2.CreateSnapshotInput{
		VolumeId: &c.ref.ID, Description: sdk.String("made before the deletion of " + c.ref.ID),
		TagSpecifications: ec2TagsFor(types.ResourceTypeSnapshot, map[string]string{BackupTag: c.ref.ID, tokenTag: name}),
	})
	if err != nil {
		return "", err
	}
	return sdk.ToString(out.SnapshotId), nil
}

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
		Type:     "PCF::EC2::Snapshot",
		Repairs:  map[string]string{"EC2.CreateSnapshot": "ec2:CreateSnapshot"},
		Reaps:    map[string]string{"EC2.DeleteSnapshot": "ec2:DeleteSnapshot"},
		NotFound: []string{"InvalidSnapshot.NotFound"},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateSnapshotInput{TagSpecifications: ec2TagsFor(types.ResourceTypeSnapshot, n.tags)}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateSnapshot(ctx, in)
			if err != nil {
				return "", err
			}
			return sdk.ToString(out.SnapshotId), nil
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := ec2.NewFromConfig(c.cfg).DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: &c.ref.ID})
			return err
		},
	}))
}

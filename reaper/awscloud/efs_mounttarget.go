package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{ // a mount target cannot have tags
		Type:     "AWS::EFS::MountTarget",
		Repairs:  map[string]string{"EFS.CreateMountTarget": "elasticfilesystem:CreateMountTarget"},
		Reaps:    map[string]string{"EFS.DeleteMountTarget": "elasticfilesystem:DeleteMountTarget"},
		NotFound: []string{"MountTargetNotFound"},
		// A subnet holds one mount target of a file system at most.
		named: func(ctx context.Context, c *call, n creation) (string, error) {
			out, err := send(ctx, efs.NewFromConfig(c.cfg).DescribeMountTargets, only(n.props, "FileSystemId"))
			if err != nil {
				return "", err
			}
			for _, m := range out.MountTargets {
				if sdk.ToString(m.SubnetId) == text(n.props, "SubnetId") {
					return sdk.ToString(m.MountTargetId), nil
				}
			}
			return "", nil
		},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, efs.NewFromConfig(c.cfg).DescribeMountTargets, props{"MountTargetId": c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			out, err := send(ctx, efs.NewFromConfig(c.cfg).CreateMountTarget, n.props)
			if err != nil {
				return "", err
			}
			return sdk.ToString(out.MountTargetId), nil
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, efs.NewFromConfig(c.cfg).DeleteMountTarget, props{"MountTargetId": c.ref.ID})
			return err
		},
	})
}

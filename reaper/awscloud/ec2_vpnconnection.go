package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	// It is not created: EC2 would tell the shared keys of its tunnels, to us.
	register(ec2Tagged(Writer{
		Type:     "AWS::EC2::VPNConnection",
		Reaps:    map[string]string{"EC2.DeleteVpnConnection": "ec2:DeleteVpnConnection"},
		NotFound: []string{"InvalidVpnConnectionID.NotFound"},
		exists: func(ctx context.Context, c *call) error {
			out, err := send(ctx, ec2.NewFromConfig(c.cfg).DescribeVpnConnections, props{"VpnConnectionIds": []any{c.ref.ID}})
			if err != nil {
				return err
			}
			// EC2 describes a deleted connection for a while longer.
			if len(out.VpnConnections) == 0 || out.VpnConnections[0].State == types.VpnStateDeleted {
				return reaper.ErrNotFound
			}
			return nil
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, ec2.NewFromConfig(c.cfg).DeleteVpnConnection, props{"VpnConnectionId": c.ref.ID})
			return err
		},
	}))
}

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
	// It is not created: its other end has to accept it.
	register(ec2Tagged(Writer{
		Type:     "AWS::EC2::VPCPeeringConnection",
		Reaps:    map[string]string{"EC2.DeleteVpcPeeringConnection": "ec2:DeleteVpcPeeringConnection"},
		NotFound: []string{"InvalidVpcPeeringConnectionID.NotFound", "InvalidVpcPeeringConnectionId.NotFound"},
		exists: func(ctx context.Context, c *call) error {
			out, err := send(ctx, ec2.NewFromConfig(c.cfg).DescribeVpcPeeringConnections, props{"VpcPeeringConnectionIds": []any{c.ref.ID}})
			if err != nil {
				return err
			}
			if len(out.VpcPeeringConnections) == 0 {
				return reaper.ErrNotFound
			}
			if status := out.VpcPeeringConnections[0].Status; status != nil {
				switch status.Code { // EC2 describes what is over for two days longer
				case types.VpcPeeringConnectionStateReasonCodeDeleted, types.VpcPeeringConnectionStateReasonCodeExpired,
					types.VpcPeeringConnectionStateReasonCodeFailed, types.VpcPeeringConnectionStateReasonCodeRejected:
					return reaper.ErrNotFound
				}
			}
			return nil
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, ec2.NewFromConfig(c.cfg).DeleteVpcPeeringConnection, props{"VpcPeeringConnectionId": c.ref.ID})
			return err
		},
	}))
}

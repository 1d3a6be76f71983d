package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(ec2Tagged(Writer{
		Type:     "AWS::EC2::VPNGateway",
		Repairs:  map[string]string{"EC2.CreateVpnGateway": "ec2:CreateVpnGateway"},
		Reaps:    map[string]string{"EC2.DeleteVpnGateway": "ec2:DeleteVpnGateway", "EC2.DetachVpnGateway": "ec2:DetachVpnGateway"},
		NotFound: []string{"InvalidVpnGatewayID.NotFound"},
		exists: func(ctx context.Context, c *call) error {
			_, err := vpnGateway(ctx, c)
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateVpnGatewayInput{TagSpecifications: ec2TagsFor(types.ResourceTypeVpnGateway, n.tags)}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateVpnGateway(ctx, in)
			if err != nil || out.VpnGateway == nil {
				return "", err
			}
			return sdk.ToString(out.VpnGateway.VpnGatewayId), nil
		},
		Steps: []string{plan.StepDetachGateway},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, steps []plan.Step) error {
			gateway, err := vpnGateway(ctx, c)
			if err != nil {
				return err
			}
			client := ec2.NewFromConfig(c.cfg)
			for _, a := range gateway.VpcAttachments { // to one VPC at the most
				if a.State == types.AttachmentStatusDetached {
					continue
				}
				attachment := attachmentID(props{"VpnGatewayId": c.ref.ID, "VpcId": sdk.ToString(a.VpcId)})
				if !named(steps, plan.StepDetachGateway, attachment) {
					return needs(plan.StepDetachGateway, attachment)
				}
				if a.State == types.AttachmentStatusDetaching {
					continue
				}
				if _, err := client.DetachVpnGateway(ctx, &ec2.DetachVpnGatewayInput{VpnGatewayId: &c.ref.ID, VpcId: a.VpcId}); err != nil {
					return err
				}
			}
			// EC2 takes minutes to detach, and refuses until then: another try finds it detaching.
			_, err = client.DeleteVpnGateway(ctx, &ec2.DeleteVpnGatewayInput{VpnGatewayId: &c.ref.ID})
			return err
		},
	}))
}

// vpnGateway describes the gateway of a call. EC2 does so for a while after its deletion.
func vpnGateway(ctx context.Context, c *call) (types.VpnGateway, error) {
	out, err := send(ctx, ec2.NewFromConfig(c.cfg).DescribeVpnGateways, props{"VpnGatewayIds": []any{c.ref.ID}})
	switch {
	case err != nil:
		return types.VpnGateway{}, err
	case len(out.VpnGateways) == 0, out.VpnGateways[0].State == types.VpnStateDeleted:
		return types.VpnGateway{}, reaper.ErrNotFound
	}
	return out.VpnGateways[0], nil
}

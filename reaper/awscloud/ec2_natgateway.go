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
		Type:     "AWS::EC2::NatGateway",
		Repairs:  map[string]string{"EC2.CreateNatGateway": "ec2:CreateNatGateway"},
		Reaps:    map[string]string{"EC2.DeleteNatGateway": "ec2:DeleteNatGateway"},
		NotFound: []string{"NatGatewayNotFound", "InvalidNatGatewayID.NotFound"},
		exists: func(ctx context.Context, c *call) error {
			// EC2 describes a deleted gateway for about an hour longer.
			out, err := ec2.NewFromConfig(c.cfg).DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{c.ref.ID}})
			if err == nil && (len(out.NatGateways) == 0 || out.NatGateways[0].State == types.NatGatewayStateDeleted) {
				return reaper.ErrNotFound
			}
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateNatGatewayInput{ClientToken: &n.token, TagSpecifications: ec2TagsFor(types.ResourceTypeNatgateway, n.tags)}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateNatGateway(ctx, in)
			if err != nil || out.NatGateway == nil {
				return "", err
			}
			return sdk.ToString(out.NatGateway.NatGatewayId), nil
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := ec2.NewFromConfig(c.cfg).DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: &c.ref.ID})
			return err
		},
	}))
}

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
		Type:     "AWS::EC2::EgressOnlyInternetGateway",
		Repairs:  map[string]string{"EC2.CreateEgressOnlyInternetGateway": "ec2:CreateEgressOnlyInternetGateway"},
		Reaps:    map[string]string{"EC2.DeleteEgressOnlyInternetGateway": "ec2:DeleteEgressOnlyInternetGateway"},
		NotFound: []string{"InvalidGatewayID.NotFound"},
		exists: func(ctx context.Context, c *call) error {
			out, err := send(ctx, ec2.NewFromConfig(c.cfg).DescribeEgressOnlyInternetGateways, props{"EgressOnlyInternetGatewayIds": []any{c.ref.ID}})
			if err == nil && len(out.EgressOnlyInternetGateways) == 0 {
				return reaper.ErrNotFound
			}
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateEgressOnlyInternetGatewayInput{ClientToken: &n.token, TagSpecifications: ec2TagsFor(types.ResourceTypeEgressOnlyInternetGateway, n.tags)}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateEgressOnlyInternetGateway(ctx, in)
			if err != nil || out.EgressOnlyInternetGateway == nil {
				return "", err
			}
			return sdk.ToString(out.EgressOnlyInternetGateway.EgressOnlyInternetGatewayId), nil
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, ec2.NewFromConfig(c.cfg).DeleteEgressOnlyInternetGateway, props{"EgressOnlyInternetGatewayId": c.ref.ID})
			return err
		},
	}))
}

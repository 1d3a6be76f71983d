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
		Type:     "AWS::EC2::CustomerGateway",
		Repairs:  map[string]string{"EC2.CreateCustomerGateway": "ec2:CreateCustomerGateway"},
		Reaps:    map[string]string{"EC2.DeleteCustomerGateway": "ec2:DeleteCustomerGateway"},
		NotFound: []string{"InvalidCustomerGatewayID.NotFound"},
		exists: func(ctx context.Context, c *call) error {
			out, err := send(ctx, ec2.NewFromConfig(c.cfg).DescribeCustomerGateways, props{"CustomerGatewayIds": []any{c.ref.ID}})
			if err != nil {
				return err
			}
			// EC2 describes a deleted gateway for a while longer.
			if len(out.CustomerGateways) == 0 || sdk.ToString(out.CustomerGateways[0].State) == "deleted" {
				return reaper.ErrNotFound
			}
			return nil
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateCustomerGatewayInput{TagSpecifications: ec2TagsFor(types.ResourceTypeCustomerGateway, n.tags)}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateCustomerGateway(ctx, in)
			if err != nil || out.CustomerGateway == nil {
				return "", err
			}
			return sdk.ToString(out.CustomerGateway.CustomerGatewayId), nil
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, ec2.NewFromConfig(c.cfg).DeleteCustomerGateway, props{"CustomerGatewayId": c.ref.ID})
			return err
		},
	}))
}

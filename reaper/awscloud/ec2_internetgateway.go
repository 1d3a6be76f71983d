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
		Type:     "AWS::EC2::InternetGateway",
		Repairs:  map[string]string{"EC2.CreateInternetGateway": "ec2:CreateInternetGateway"},
		Reaps:    map[string]string{"EC2.DeleteInternetGateway": "ec2:DeleteInternetGateway", "EC2.DetachInternetGateway": "ec2:DetachInternetGateway"},
		NotFound: []string{"InvalidInternetGatewayID.NotFound"},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateInternetGatewayInput{TagSpecifications: ec2TagsFor(types.ResourceTypeInternetGateway, n.tags)}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateInternetGateway(ctx, in)
			if err != nil || out.InternetGateway == nil {
				return "", err
			}
			return sdk.ToString(out.InternetGateway.InternetGatewayId), nil
		},
		Steps: []string{plan.StepDetachGateway},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, steps []plan.Step) error {
			client := ec2.NewFromConfig(c.cfg)
			out, err := client.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: []string{c.ref.ID}})
			if err != nil || len(out.InternetGateways) != 1 {
				return err
			}
			for _, a := range out.InternetGateways[0].Attachments {
				attachment := attachmentID(props{"InternetGatewayId": c.ref.ID, "VpcId": sdk.ToString(a.VpcId)})
				if !named(steps, plan.StepDetachGateway, attachment) {
					return needs(plan.StepDetachGateway, attachment)
				}
				_, err := client.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &c.ref.ID, VpcId: a.VpcId})
				if err != nil {
					return err
				}
			}
			_, err = client.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &c.ref.ID})
			return err
		},
	}))
}

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
		Type:     "AWS::EC2::TransitGateway",
		Repairs:  map[string]string{"EC2.CreateTransitGateway": "ec2:CreateTransitGateway"},
		Reaps:    map[string]string{"EC2.DeleteTransitGateway": "ec2:DeleteTransitGateway"},
		NotFound: []string{"InvalidTransitGatewayID.NotFound"},
		exists: func(ctx context.Context, c *call) error {
			out, err := send(ctx, ec2.NewFromConfig(c.cfg).DescribeTransitGateways, props{"TransitGatewayIds": []any{c.ref.ID}})
			if err != nil {
				return err
			}
			// EC2 describes a deleted gateway for a while longer.
			if len(out.TransitGateways) == 0 || out.TransitGateways[0].State == types.TransitGatewayStateDeleted {
				return reaper.ErrNotFound
			}
			return nil
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateTransitGatewayInput{TagSpecifications: ec2TagsFor(types.ResourceTypeTransitGateway, n.tags)}
			members := props{"Options": without(n.props, "Description")}
			if err := fill(in, with(members, only(n.props, "Description")), nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateTransitGateway(ctx, in)
			if err != nil || out.TransitGateway == nil {
				return "", err
			}
			return sdk.ToString(out.TransitGateway.TransitGatewayId), nil
		},
		// Its default route table goes along; EC2 refuses while something is attached.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, ec2.NewFromConfig(c.cfg).DeleteTransitGateway, props{"TransitGatewayId": c.ref.ID})
			return err
		},
	}))
}

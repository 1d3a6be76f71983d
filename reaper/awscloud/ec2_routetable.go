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
		Type:     "AWS::EC2::RouteTable",
		Repairs:  map[string]string{"EC2.CreateRouteTable": "ec2:CreateRouteTable"},
		Reaps:    map[string]string{"EC2.DeleteRouteTable": "ec2:DeleteRouteTable", "EC2.DisassociateRouteTable": "ec2:DisassociateRouteTable"},
		NotFound: []string{"InvalidRouteTableID.NotFound"},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateRouteTableInput{ClientToken: &n.token, TagSpecifications: ec2TagsFor(types.ResourceTypeRouteTable, n.tags)}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateRouteTable(ctx, in)
			if err != nil || out.RouteTable == nil {
				return "", err
			}
			return sdk.ToString(out.RouteTable.RouteTableId), nil
		},
		Steps: []string{plan.StepDisassociate},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, steps []plan.Step) error {
			client := ec2.NewFromConfig(c.cfg)
			out, err := client.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{c.ref.ID}})
			if err != nil || len(out.RouteTables) != 1 {
				return err
			}
			var b batch
			for _, a := range out.RouteTables[0].Associations {
				id := sdk.ToString(a.RouteTableAssociationId)
				switch {
				case sdk.ToBool(a.Main): // what nobody can take off; EC2 refuses the deletion
				case !named(steps, plan.StepDisassociate, id):
					return needs(plan.StepDisassociate, id)
				default:
					add(&b, client.DisassociateRouteTable, props{"AssociationId": id})
				}
			}
			if err := b.send(ctx); err != nil {
				return err
			}
			_, err = client.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &c.ref.ID})
			return err
		},
	}))
}

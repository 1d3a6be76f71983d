package awscloud

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type:     "AWS::EC2::SubnetRouteTableAssociation",
		Repairs:  map[string]string{"EC2.AssociateRouteTable": "ec2:AssociateRouteTable"},
		Reaps:    map[string]string{"EC2.DisassociateRouteTable": "ec2:DisassociateRouteTable"},
		NotFound: []string{"InvalidAssociationID.NotFound"},
		exists: func(ctx context.Context, c *call) error {
			// EC2 asks for an association nowhere but in a filter; one of exactly its id.
			out, err := ec2.NewFromConfig(c.cfg).DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
				Filters: is("association.route-table-association-id", c.ref.ID),
			})
			if err == nil && len(out.RouteTables) == 0 {
				return reaper.ErrNotFound
			}
			return err
		},
		named: associationOf,
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.AssociateRouteTableInput{}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).AssociateRouteTable(ctx, in)
			if err != nil {
				return "", err
			}
			return sdk.ToString(out.AssociationId), nil
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := ec2.NewFromConfig(c.cfg).DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: &c.ref.ID})
			return err
		},
	})
}

// associationOf returns the association that the subnet has: there is one at most.
func associationOf(ctx context.Context, c *call, n creation) (string, error) {
	subnet := text(n.props, "SubnetId")
	out, err := ec2.NewFromConfig(c.cfg).DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: is("association.subnet-id", subnet)})
	if err != nil {
		return "", err
	}
	for _, t := range out.RouteTables {
		for _, a := range t.Associations {
			switch {
			case sdk.ToString(a.SubnetId) != subnet:
			case sdk.ToString(a.RouteTableId) == text(n.props, "RouteTableId"):
				return sdk.ToString(a.RouteTableAssociationId), nil
			default:
				return "", fmt.Errorf("%w: the subnet is associated with %s", reaper.ErrStale, sdk.ToString(a.RouteTableId))
			}
		}
	}
	return "", nil
}

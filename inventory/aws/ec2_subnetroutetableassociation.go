package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::SubnetRouteTableAssociation",
		Calls: map[string]string{"EC2.DescribeRouteTables": "ec2:DescribeRouteTables"},
		Reads: []string{"/Id", "/RouteTableId", "/SubnetId"},
		list: func(ctx context.Context, c *cell) error {
			return c.routeTables(ctx, func(t types.RouteTable) {
				for _, a := range t.Associations {
					// Without a subnet it is the main association, or one with a gateway:
					// another type.
					state := associationState(a)
					if a.SubnetId == nil || state == types.RouteTableAssociationStateCodeDisassociated {
						continue
					}
					it := c.item(sdk.ToString(a.RouteTableAssociationId), "")
					it.merge(a, map[string]string{"RouteTableAssociationId": "Id"})
					it.tag(nil) // an association cannot have tags
					it.State = string(state)
					it.Foreign = c.sharedBy(t.OwnerId)
					c.emit(it)
				}
			})
		},
		one: byFilter("association.route-table-association-id"),
	})
}

func associationState(a types.RouteTableAssociation) types.RouteTableAssociationStateCode {
	if a.AssociationState == nil {
		return ""
	}
	return a.AssociationState.State
}

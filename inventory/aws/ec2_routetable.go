package aws

import (
	"cmp"
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::RouteTable",
		Calls: map[string]string{"EC2.DescribeRouteTables": "ec2:DescribeRouteTables"},
		Reads: []string{"/RouteTableId", "/Tags", "/VpcId"},
		list: func(ctx context.Context, c *cell) error {
			return c.routeTables(ctx, func(t types.RouteTable) {
				id := sdk.ToString(t.RouteTableId)
				it := c.item(id, c.arn("ec2", "route-table/"+id))
				it.merge(t, nil)
				it.tag(t.Tags)
				it.Foreign = c.sharedBy(t.OwnerId)
				if isMain(t) {
					it.Foreign = cmp.Or(it.Foreign, "main route table of its VPC")
				}
				c.emit(it)
			})
		},
		one: byID("RouteTableIds"),
	})
}

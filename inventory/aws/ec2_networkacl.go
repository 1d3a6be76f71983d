package aws

import (
	"cmp"
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::NetworkAcl",
		Calls: map[string]string{"EC2.DescribeNetworkAcls": "ec2:DescribeNetworkAcls"},
		Reads: []string{"/Id", "/Tags", "/VpcId"},
		list: func(ctx context.Context, c *cell) error {
			return c.networkACLs(ctx, func(acl types.NetworkAcl) {
				id := sdk.ToString(acl.NetworkAclId)
				it := c.item(id, c.arn("ec2", "network-acl/"+id))
				it.merge(acl, map[string]string{"NetworkAclId": "Id"})
				it.tag(acl.Tags)
				it.Foreign = c.sharedBy(acl.OwnerId)
				if sdk.ToBool(acl.IsDefault) {
					it.Foreign = cmp.Or(it.Foreign, "default network ACL of its VPC")
				}
				c.emit(it)
			})
		},
		one: byID("NetworkAclIds"),
	})
}

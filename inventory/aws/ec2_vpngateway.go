package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::VPNGateway",
		Calls: map[string]string{"EC2.DescribeVpnGateways": "ec2:DescribeVpnGateways"},
		Reads: []string{"/AmazonSideAsn", "/Tags", "/Type", "/VPNGatewayId"},
		list: func(ctx context.Context, c *cell) error {
			return c.vpnGateways(ctx, func(g types.VpnGateway) {
				id := sdk.ToString(g.VpnGatewayId)
				it := c.item(id, c.arn("ec2", "vpn-gateway/"+id))
				it.merge(g, map[string]string{"VpnGatewayId": "VPNGatewayId"})
				it.tag(g.Tags)
				it.State = string(g.State)
				c.emit(it)
			})
		},
	})
}

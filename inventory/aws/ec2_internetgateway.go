package aws

import (
	"cmp"
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type: "AWS::EC2::InternetGateway",
		Calls: map[string]string{
			"EC2.DescribeInternetGateways": "ec2:DescribeInternetGateways",
			"EC2.DescribeVpcs":             "ec2:DescribeVpcs",
		},
		Reads: []string{"/InternetGatewayId", "/Tags"},
		list:  listInternetGateways,
		one:   byID("InternetGatewayIds"),
	})
}

func listInternetGateways(ctx context.Context, c *cell) error {
	defaultVPC, err := c.defaultVPC(ctx)
	if err != nil {
		return err
	}
	return c.internetGateways(ctx, func(g types.InternetGateway) {
		id := sdk.ToString(g.InternetGatewayId)
		it := c.item(id, c.arn("ec2", "internet-gateway/"+id))
		it.merge(g, nil)
		it.tag(g.Tags)
		it.Foreign = c.sharedBy(g.OwnerId)
		if servesVPC(g, defaultVPC) {
			it.Foreign = cmp.Or(it.Foreign, "internet gateway of the default VPC")
		}
		c.emit(it)
	})
}

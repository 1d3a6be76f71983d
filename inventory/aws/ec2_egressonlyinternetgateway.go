package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::EgressOnlyInternetGateway",
		Calls: map[string]string{"EC2.DescribeEgressOnlyInternetGateways": "ec2:DescribeEgressOnlyInternetGateways"},
		Reads: []string{"/Id", "/Tags", "/VpcId"},
		list:  listEgressOnlyInternetGateways,
	})
}

func listEgressOnlyInternetGateways(ctx context.Context, c *cell) error {
	const most = 255 // EC2 allows no larger page here
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeEgressOnlyInternetGateways(ctx, &ec2.DescribeEgressOnlyInternetGatewaysInput{NextToken: token, MaxResults: sdk.Int32(most)})
		if err != nil {
			return 0, nil, err
		}
		for _, g := range out.EgressOnlyInternetGateways {
			id := sdk.ToString(g.EgressOnlyInternetGatewayId)
			it := c.item(id, c.arn("ec2", "egress-only-internet-gateway/"+id))
			it.set("Id", id)
			if len(g.Attachments) > 0 { // it is made for one VPC and stays there
				it.set("VpcId", g.Attachments[0].VpcId)
				it.State = string(g.Attachments[0].State)
			}
			it.tag(g.Tags)
			c.emit(it)
		}
		return len(out.EgressOnlyInternetGateways), out.NextToken, nil
	})
}

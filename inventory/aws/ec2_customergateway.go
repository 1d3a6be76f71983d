package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::CustomerGateway",
		Calls: map[string]string{"EC2.DescribeCustomerGateways": "ec2:DescribeCustomerGateways"},
		Reads: []string{
			"/BgpAsn", "/BgpAsnExtended", "/CertificateArn", "/CustomerGatewayId", "/DeviceName", "/IpAddress", "/Tags", "/Type",
		},
		list: listCustomerGateways,
	})
}

// listCustomerGateways reads all gateways in one call: EC2 has no pages here. It still
// lists deleted ones for a while; they are left out.
func listCustomerGateways(ctx context.Context, c *cell) error {
	out, err := ec2.NewFromConfig(c.cfg).DescribeCustomerGateways(ctx, &ec2.DescribeCustomerGatewaysInput{})
	if err != nil {
		return err
	}
	for _, g := range out.CustomerGateways {
		if sdk.ToString(g.State) == "deleted" {
			continue
		}
		id := sdk.ToString(g.CustomerGatewayId)
		it := c.item(id, c.arn("ec2", "customer-gateway/"+id))
		it.merge(g, nil)
		it.tag(g.Tags)
		it.State = sdk.ToString(g.State)
		c.emit(it)
	}
	return nil
}

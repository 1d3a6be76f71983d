package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::EIP",
		Calls: map[string]string{"EC2.DescribeAddresses": "ec2:DescribeAddresses"},
		Reads: []string{
			"/AllocationId", "/Domain", "/InstanceId", "/NetworkBorderGroup", "/PublicIp", "/PublicIpv4Pool", "/Tags",
		},
		list: listAddresses,
		one:  byID("AllocationIds", 1),
	})
}

// listAddresses reads all addresses in one call: EC2 has no pages here.
func listAddresses(ctx context.Context, c *cell) error {
	out, err := ec2.NewFromConfig(c.cfg).DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	if err != nil {
		return err
	}
	for _, a := range out.Addresses {
		allocation := sdk.ToString(a.AllocationId)
		it := c.item(sdk.ToString(a.PublicIp)+"|"+allocation, c.arn("ec2", "elastic-ip/"+allocation))
		it.merge(a, nil)
		if sdk.ToString(a.InstanceId) == "" {
			delete(it.props, "InstanceId") // not associated
		}
		it.tag(a.Tags)
		if a.ServiceManaged != "" {
			it.Foreign = "managed by service " + string(a.ServiceManaged)
		}
		c.emit(it)
	}
	return nil
}

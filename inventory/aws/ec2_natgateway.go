package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::NatGateway",
		Calls: map[string]string{"EC2.DescribeNatGateways": "ec2:DescribeNatGateways"},
		Reads: []string{
			"/AllocationId", "/AutoProvisionZones", "/AutoScalingIps", "/AvailabilityMode", "/ConnectivityType", "/EniId",
			"/NatGatewayId", "/PrivateIpAddress", "/RouteTableId", "/SecondaryAllocationIds", "/SecondaryPrivateIpAddresses",
			"/SubnetId", "/Tags", "/VpcId",
		},
		list: listNATGateways,
		one:  byID("NatGatewayIds"),
	})
}

func listNATGateways(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, n := range out.NatGateways {
			// A deleted gateway is listed for about an hour longer.
			if n.State != types.NatGatewayStateDeleted {
				c.emit(c.natGateway(n))
			}
		}
		return len(out.NatGateways), out.NextToken, nil
	})
}

func (c *cell) natGateway(n types.NatGateway) *item {
	id := sdk.ToString(n.NatGatewayId)
	it := c.item(id, c.arn("ec2", "natgateway/"+id))
	it.merge(n, nil)
	// The first address is the gateway's own. The addresses of a regional gateway are
	// those of its zones and come and go with them: none of them is its first.
	if n.AvailabilityMode != types.AvailabilityModeRegional {
		var allocations, private []string
		for i, a := range n.NatGatewayAddresses {
			switch {
			case a.IsPrimary == nil && i == 0, sdk.ToBool(a.IsPrimary):
				it.set("AllocationId", a.AllocationId)
				it.set("PrivateIpAddress", a.PrivateIp)
				it.set("EniId", a.NetworkInterfaceId)
			default:
				if a.AllocationId != nil {
					allocations = append(allocations, *a.AllocationId)
				}
				if a.PrivateIp != nil {
					private = append(private, *a.PrivateIp)
				}
			}
		}
		it.set("SecondaryAllocationIds", allocations)
		it.set("SecondaryPrivateIpAddresses", private)
	}
	it.tag(n.Tags)
	it.State = string(n.State)
	it.created(n.CreateTime)
	return it
}

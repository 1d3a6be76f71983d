package aws

import (
	"cmp"
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::Subnet",
		Calls: map[string]string{"EC2.DescribeSubnets": "ec2:DescribeSubnets"},
		Reads: []string{
			"/AssignIpv6AddressOnCreation", "/AvailabilityZone", "/AvailabilityZoneId", "/BlockPublicAccessStates",
			"/CidrBlock", "/EnableDns64", "/Ipv6CidrBlock", "/Ipv6CidrBlocks", "/Ipv6Native", "/MapPublicIpOnLaunch",
			"/OutpostArn", "/PrivateDnsNameOptionsOnLaunch", "/SubnetId", "/Tags", "/VpcId",
		},
		list: listSubnets,
		one:  byID("SubnetIds"),
	})
}

func listSubnets(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, s := range out.Subnets {
			it := c.item(sdk.ToString(s.SubnetId), c.arn("ec2", "subnet/"+sdk.ToString(s.SubnetId)))
			it.merge(s, nil)
			var ipv6 []string
			for _, a := range s.Ipv6CidrBlockAssociationSet {
				// A block that was taken off again stays in the list for a while.
				if a.Ipv6CidrBlockState == nil || a.Ipv6CidrBlockState.State == "associated" {
					ipv6 = append(ipv6, sdk.ToString(a.Ipv6CidrBlock))
				}
			}
			it.set("Ipv6CidrBlocks", ipv6)
			if len(ipv6) > 0 {
				it.set("Ipv6CidrBlock", ipv6[0])
			}
			it.tag(s.Tags)
			it.State = string(s.State)
			it.Foreign = c.sharedBy(s.OwnerId)
			if sdk.ToBool(s.DefaultForAz) {
				it.Foreign = cmp.Or(it.Foreign, "default subnet of its availability zone")
			}
			c.emit(it)
		}
		return len(out.Subnets), out.NextToken, nil
	})
}

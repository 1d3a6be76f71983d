package aws

import (
	"cmp"
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::NetworkInterface",
		Calls: map[string]string{"EC2.DescribeNetworkInterfaces": "ec2:DescribeNetworkInterfaces"},
		Reads: []string{
			"/ConnectionTrackingSpecification", "/Description", "/GroupSet", "/Id", "/InterfaceType", "/Ipv4Prefixes",
			"/Ipv6Addresses", "/Ipv6Prefixes", "/PrimaryPrivateIpAddress", "/PrivateIpAddress", "/PrivateIpAddresses",
			"/PublicIpDnsNameOptions", "/SecondaryPrivateIpAddresses", "/SourceDestCheck", "/SubnetId", "/Tags", "/VpcId",
		},
		list: listNetworkInterfaces,
		one:  byID("NetworkInterfaceIds"),
	})
}

func listNetworkInterfaces(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, n := range out.NetworkInterfaces {
			id := sdk.ToString(n.NetworkInterfaceId)
			it := c.item(id, c.arn("ec2", "network-interface/"+id))
			it.merge(n, map[string]string{
				"NetworkInterfaceId":              "Id",
				"ConnectionTrackingConfiguration": "ConnectionTrackingSpecification",
			})
			it.set("PrimaryPrivateIpAddress", n.PrivateIpAddress)
			it.set("GroupSet", groupIDs(n.Groups))
			var secondary []string
			for _, a := range n.PrivateIpAddresses {
				if !sdk.ToBool(a.Primary) {
					secondary = append(secondary, sdk.ToString(a.PrivateIpAddress))
				}
			}
			it.set("SecondaryPrivateIpAddresses", secondary)
			it.tag(n.TagSet)
			it.State = string(n.Status)
			it.Foreign = cmp.Or(c.sharedBy(n.OwnerId), managedBy(n.Operator))
			if sdk.ToBool(n.RequesterManaged) {
				it.Foreign = cmp.Or(it.Foreign, "network interface managed by its requester "+sdk.ToString(n.RequesterId))
			}
			// The first interface of an instance cannot leave it.
			if a := n.Attachment; a != nil && a.InstanceId != nil && (sdk.ToBool(a.DeleteOnTermination) || a.DeviceIndex != nil && *a.DeviceIndex == 0) {
				it.ownedBy(a.InstanceId)
			}
			c.emit(it)
		}
		return len(out.NetworkInterfaces), out.NextToken, nil
	})
}

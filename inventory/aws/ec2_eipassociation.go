package aws

import (
	"context"
	"fmt"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type: "AWS::EC2::EIPAssociation",
		Calls: map[string]string{
			"EC2.DescribeAddresses":         "ec2:DescribeAddresses",
			"EC2.DescribeNetworkInterfaces": "ec2:DescribeNetworkInterfaces",
		},
		Reads: []string{"/AllocationId", "/EIP", "/Id", "/InstanceId", "/NetworkInterfaceId", "/PrivateIpAddress"},
		list:  listAddressAssociations,
	})
}

// listAddressAssociations reads all addresses in one call: EC2 has no pages here. A NAT
// gateway or load balancer associates its addresses itself, and only the interface
// shows that it did.
func listAddressAssociations(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	out, err := client.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	if err != nil {
		return err
	}
	var doubtful []string // interfaces that no instance of the account has
	for _, a := range out.Addresses {
		if a.AssociationId != nil && sdk.ToString(a.InstanceId) == "" && a.NetworkInterfaceId != nil {
			doubtful = append(doubtful, *a.NetworkInterfaceId)
		}
	}
	requesters, err := interfaceRequesters(ctx, client, doubtful)
	if err != nil {
		return err
	}
	for _, a := range out.Addresses {
		if sdk.ToString(a.AssociationId) == "" {
			continue
		}
		it := c.item(*a.AssociationId, "")
		it.merge(a, map[string]string{"AssociationId": "Id", "PublicIp": "EIP"})
		if sdk.ToString(a.InstanceId) == "" {
			delete(it.props, "InstanceId") // associated with an interface
		}
		it.tag(nil) // the tags are the address's; an association cannot have any
		it.Foreign = requesters[sdk.ToString(a.NetworkInterfaceId)]
		if a.ServiceManaged != "" {
			it.Foreign = "managed by service " + string(a.ServiceManaged)
		}
		c.emit(it)
	}
	return nil
}

// interfaceRequesters says for which of the interfaces an AWS service asked, and by what.
func interfaceRequesters(ctx context.Context, client *ec2.Client, ids []string) (map[string]string, error) {
	requesters := map[string]string{}
	const most = 200 // values that a filter may have
	for some := range slices.Chunk(ids, most) {
		err := pages(func(token *string) (int, *string, error) {
			out, err := client.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{
				Filters:   []types.Filter{{Name: sdk.String("network-interface-id"), Values: some}},
				NextToken: token, MaxResults: sdk.Int32(pageSize),
			})
			if err != nil {
				return 0, nil, err
			}
			for _, n := range out.NetworkInterfaces {
				if sdk.ToBool(n.RequesterManaged) {
					requesters[sdk.ToString(n.NetworkInterfaceId)] = fmt.Sprintf("made for an interface of kind %s that its requester manages", n.InterfaceType)
				}
			}
			return len(out.NetworkInterfaces), out.NextToken, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return requesters, nil
}

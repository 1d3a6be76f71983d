package aws

import (
	"cmp"
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type: "AWS::EC2::Route",
		Calls: map[string]string{
			"EC2.DescribeRouteTables": "ec2:DescribeRouteTables",
			"EC2.DescribeVpcs":        "ec2:DescribeVpcs",
		},
		Reads: []string{
			"/CarrierGatewayId", "/CidrBlock", "/CoreNetworkArn", "/DestinationCidrBlock", "/DestinationIpv6CidrBlock",
			"/DestinationPrefixListId", "/EgressOnlyInternetGatewayId", "/GatewayId", "/InstanceId", "/LocalGatewayId",
			"/NatGatewayId", "/NetworkInterfaceId", "/RouteTableId", "/TransitGatewayId", "/VpcEndpointId",
			"/VpcPeeringConnectionId",
		},
		list: listRoutes,
		one:  byID("RouteTableIds", 0),
	})
}

func listRoutes(ctx context.Context, c *cell) error {
	defaultVPC, err := c.defaultVPC(ctx)
	if err != nil {
		return err
	}
	return c.routeTables(ctx, func(t types.RouteTable) {
		ofDefaultVPC := defaultVPC != "" && sdk.ToString(t.VpcId) == defaultVPC && isMain(t)
		for _, r := range t.Routes {
			it := c.route(t, r)
			if ofDefaultVPC && sdk.ToString(r.DestinationCidrBlock) == "0.0.0.0/0" && strings.HasPrefix(sdk.ToString(r.GatewayId), "igw-") {
				it.Foreign = cmp.Or(it.Foreign, "default VPC's route to the internet")
			}
			c.emit(it)
		}
	})
}

// route is known by its table and its destination, of whatever kind: a table has one
// route to each.
func (c *cell) route(t types.RouteTable, r types.Route) *item {
	destination := cmp.Or(sdk.ToString(r.DestinationCidrBlock), sdk.ToString(r.DestinationIpv6CidrBlock), sdk.ToString(r.DestinationPrefixListId))
	it := c.item(sdk.ToString(t.RouteTableId)+"|"+destination, "")
	it.merge(r, nil)
	it.set("RouteTableId", t.RouteTableId)
	it.set("CidrBlock", destination)
	it.tag(nil) // a route cannot have tags
	it.State = string(r.State)
	it.Foreign = c.sharedBy(t.OwnerId)
	switch r.Origin {
	case types.RouteOriginCreateRouteTable:
		it.Foreign = cmp.Or(it.Foreign, "local route that came with its table")
	case types.RouteOriginEnableVgwRoutePropagation, types.RouteOriginAdvertisement:
		it.Foreign = cmp.Or(it.Foreign, "route that a gateway announces")
	}
	// EC2 names every endpoint a gateway. A route to a prefix list through one belongs
	// to a gateway endpoint, which makes and removes it; others are somebody's own.
	if strings.HasPrefix(sdk.ToString(r.GatewayId), "vpce-") {
		if r.DestinationPrefixListId != nil {
			it.Foreign = cmp.Or(it.Foreign, "route that its VPC endpoint made")
		} else {
			delete(it.props, "GatewayId")
			it.set("VpcEndpointId", r.GatewayId)
		}
	}
	return it
}

package awscloud

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// routeTargets are the properties of which a route has one: where it leads.
var routeTargets = []string{
	"CarrierGatewayId", "CoreNetworkArn", "EgressOnlyInternetGatewayId", "GatewayId", "InstanceId", "LocalGatewayId", "NatGatewayId",
	"NetworkInterfaceId", "TransitGatewayId", "VpcEndpointId", "VpcPeeringConnectionId",
}

func init() {
	var targets []string
	for _, name := range routeTargets {
		targets = append(targets, "/"+name)
	}
	register(Writer{
		Type:     "AWS::EC2::Route",
		Repairs:  map[string]string{"EC2.CreateRoute": "ec2:CreateRoute", "EC2.ReplaceRoute": "ec2:ReplaceRoute"},
		Reaps:    map[string]string{"EC2.DeleteRoute": "ec2:DeleteRoute"},
		NotFound: []string{"InvalidRouteTableID.NotFound", "InvalidRoute.NotFound"},
		Updates:  targets,
		Removes:  targets, // in favour of another
		exists:   routeExists,
		named: func(_ context.Context, _ *call, n creation) (string, error) {
			return text(n.props, "RouteTableId") + "|" + destinationOf(n.props), nil
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateRouteInput{}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			if destinationOf(n.props) == "" {
				return "", unsupported("/DestinationCidrBlock", "a route needs a destination")
			}
			_, err := ec2.NewFromConfig(c.cfg).CreateRoute(ctx, in)
			return sdk.ToString(in.RouteTableId) + "|" + destinationOf(n.props), err
		},
		update: func(ctx context.Context, c *call, u update) error {
			in := &ec2.ReplaceRouteInput{}
			target := map[string]any{}
			for _, name := range routeTargets {
				if v := u.after[name]; v != nil {
					target[name] = v
				}
			}
			if len(target) != 1 {
				return unsupported(u.patch[0].Path, "a route leads to one target")
			}
			maps.Copy(target, routeKey(c.ref.ID))
			if err := fill(in, target, nil); err != nil {
				return err
			}
			_, err := ec2.NewFromConfig(c.cfg).ReplaceRoute(ctx, in)
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			in := &ec2.DeleteRouteInput{}
			if err := fill(in, routeKey(c.ref.ID), nil); err != nil {
				return err
			}
			_, err := ec2.NewFromConfig(c.cfg).DeleteRoute(ctx, in)
			return err
		},
	})
}

func destinationOf(props map[string]any) string {
	return cmp.Or(text(props, "DestinationCidrBlock"), text(props, "DestinationIpv6CidrBlock"), text(props, "DestinationPrefixListId"))
}

// routeKey returns what names a route in EC2's calls.
func routeKey(id string) map[string]any {
	table, destination, _ := strings.Cut(id, "|")
	kind := "DestinationCidrBlock"
	switch {
	case strings.HasPrefix(destination, "pl-"):
		kind = "DestinationPrefixListId"
	case strings.Contains(destination, ":"):
		kind = "DestinationIpv6CidrBlock"
	}
	return map[string]any{"RouteTableId": table, kind: destination}
}

// routeExists asks for the table: EC2 describes a route only there, and all of them.
func routeExists(ctx context.Context, c *call) error {
	out, err := ec2.NewFromConfig(c.cfg).DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{c.part(0)}})
	if err != nil {
		return err
	}
	for _, t := range out.RouteTables {
		for _, r := range t.Routes {
			if slices.Contains([]string{sdk.ToString(r.DestinationCidrBlock), sdk.ToString(r.DestinationIpv6CidrBlock), sdk.ToString(r.DestinationPrefixListId)}, c.part(1)) {
				return nil
			}
		}
	}
	return reaper.ErrNotFound
}

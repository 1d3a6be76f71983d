package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// What CloudFormation calls a resource of its own (a route, an ACL entry, the attachment
// of a gateway) stands in EC2 inside the description of its parent. The listings here
// serve the readers of both.

// routeTables calls do for every route table of the cell.
func (c *cell) routeTables(ctx context.Context, do func(types.RouteTable)) error {
	const most = 100 // EC2 allows no larger page here
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{NextToken: token, MaxResults: sdk.Int32(most)})
		if err != nil {
			return 0, nil, err
		}
		for _, t := range out.RouteTables {
			do(t)
		}
		return len(out.RouteTables), out.NextToken, nil
	})
}

// networkACLs calls do for every network ACL of the cell.
func (c *cell) networkACLs(ctx context.Context, do func(types.NetworkAcl)) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, acl := range out.NetworkAcls {
			do(acl)
		}
		return len(out.NetworkAcls), out.NextToken, nil
	})
}

// internetGateways calls do for every internet gateway of the cell.
func (c *cell) internetGateways(ctx context.Context, do func(types.InternetGateway)) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, g := range out.InternetGateways {
			do(g)
		}
		return len(out.InternetGateways), out.NextToken, nil
	})
}

// vpnGateways calls do for every virtual private gateway of the cell, in one call: EC2
// has no pages here. It still lists deleted ones for a while; they are left out.
func (c *cell) vpnGateways(ctx context.Context, do func(types.VpnGateway)) error {
	out, err := ec2.NewFromConfig(c.cfg).DescribeVpnGateways(ctx, &ec2.DescribeVpnGatewaysInput{})
	if err != nil {
		return err
	}
	for _, g := range out.VpnGateways {
		if g.State != types.VpnStateDeleted {
			do(g)
		}
	}
	return nil
}

// defaultVPC returns the id of the region's default VPC, "" when it has none. EC2 makes
// a gateway, its attachment and a route together with that VPC.
func (c *cell) defaultVPC(ctx context.Context) (id string, err error) {
	client := ec2.NewFromConfig(c.cfg)
	err = pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{
			Filters:   []types.Filter{{Name: sdk.String("is-default"), Values: []string{"true"}}},
			NextToken: token, MaxResults: sdk.Int32(pageSize),
		})
		if err != nil {
			return 0, nil, err
		}
		for _, v := range out.Vpcs { // one at most
			id = sdk.ToString(v.VpcId)
		}
		return len(out.Vpcs), out.NextToken, nil
	})
	return id, err
}

// isMain reports whether a VPC uses the table for the subnets that name none.
func isMain(t types.RouteTable) bool {
	for _, a := range t.Associations {
		if sdk.ToBool(a.Main) {
			return true
		}
	}
	return false
}

// servesVPC reports whether the gateway is attached to the VPC; "" is none.
func servesVPC(g types.InternetGateway, vpc string) bool {
	for _, a := range g.Attachments {
		if vpc != "" && sdk.ToString(a.VpcId) == vpc {
			return true
		}
	}
	return false
}

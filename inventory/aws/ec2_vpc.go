package aws

import (
	"cmp"
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/relation"
)

func init() {
	register(Reader{
		Type: "AWS::EC2::VPC",
		Calls: map[string]string{
			"EC2.DescribeVpcs":         "ec2:DescribeVpcs",
			"EC2.DescribeVpcAttribute": "ec2:DescribeVpcAttribute",
		},
		Reads: []string{
			"/CidrBlock", "/CidrBlockAssociations", "/EnableDnsHostnames", "/EnableDnsSupport",
			"/InstanceTenancy", "/Ipv6CidrBlocks", "/Tags", "/VpcId",
		},
		list: listVPCs,
		one:  byID("VpcIds"),
	})
}

func listVPCs(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		each(out.Vpcs, func(v types.Vpc) {
			it := c.item(sdk.ToString(v.VpcId), c.arn("ec2", "vpc/"+sdk.ToString(v.VpcId)))
			it.merge(v, nil)
			var blocks, ipv6 []string
			for _, a := range v.CidrBlockAssociationSet {
				blocks = append(blocks, sdk.ToString(a.AssociationId))
			}
			for _, a := range v.Ipv6CidrBlockAssociationSet {
				ipv6 = append(ipv6, sdk.ToString(a.Ipv6CidrBlock))
			}
			it.set("CidrBlockAssociations", blocks)
			it.set("Ipv6CidrBlocks", ipv6)
			it.tag(v.Tags)
			it.State = string(v.State)
			it.Foreign = c.sharedBy(v.OwnerId)
			if sdk.ToBool(v.IsDefault) {
				it.Foreign = cmp.Or(it.Foreign, "default VPC")
			}
			if options := sdk.ToString(v.DhcpOptionsId); strings.HasPrefix(options, "dopt-") { // no property of its type
				to := it.Ref
				to.Type, to.ID = "AWS::EC2::DHCPOptions", options
				it.Relations = append(it.Relations, inventory.Relation{Kind: relation.Hard, To: to})
			}

			// One call per attribute is all that EC2 offers.
			names, err := client.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: v.VpcId, Attribute: types.VpcAttributeNameEnableDnsHostnames})
			if gone(err, "InvalidVpcID.NotFound") {
				return
			}
			if it.read(err, "/EnableDnsHostnames") && names.EnableDnsHostnames != nil {
				it.set("EnableDnsHostnames", names.EnableDnsHostnames.Value)
			}
			support, err := client.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: v.VpcId, Attribute: types.VpcAttributeNameEnableDnsSupport})
			if gone(err, "InvalidVpcID.NotFound") {
				return
			}
			if it.read(err, "/EnableDnsSupport") && support.EnableDnsSupport != nil {
				it.set("EnableDnsSupport", support.EnableDnsSupport.Value)
			}
			c.emit(it)
		})
		return len(out.Vpcs), out.NextToken, nil
	})
}

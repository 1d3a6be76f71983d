package aws

import (
	"cmp"
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::VPCEndpoint",
		Calls: map[string]string{"EC2.DescribeVpcEndpoints": "ec2:DescribeVpcEndpoints"},
		Reads: []string{
			"/CreationTimestamp", "/DnsEntries", "/DnsOptions", "/Id", "/IpAddressType", "/NetworkInterfaceIds",
			"/PolicyDocument", "/PrivateDnsEnabled", "/ResourceConfigurationArn", "/RouteTableIds", "/SecurityGroupIds",
			"/ServiceName", "/ServiceNetworkArn", "/ServiceRegion", "/SubnetIds", "/Tags", "/VpcEndpointType", "/VpcId",
		},
		list: listVPCEndpoints,
		one:  byID("VpcEndpointIds"),
	})
}

func listVPCEndpoints(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, e := range out.VpcEndpoints {
			// EC2 writes its states here with small letters, the SDK with capitals.
			if !strings.EqualFold(string(e.State), string(types.StateDeleted)) {
				c.emit(c.vpcEndpoint(e))
			}
		}
		return len(out.VpcEndpoints), out.NextToken, nil
	})
}

func (c *cell) vpcEndpoint(e types.VpcEndpoint) *item {
	id := sdk.ToString(e.VpcEndpointId)
	it := c.item(id, c.arn("ec2", "vpc-endpoint/"+id))
	it.merge(e, map[string]string{"VpcEndpointId": "Id"})
	groups, names := []string{}, []string{}
	for _, g := range e.Groups {
		groups = append(groups, sdk.ToString(g.GroupId))
	}
	for _, d := range e.DnsEntries {
		// CloudFormation joins the two, for Fn::GetAtt.
		names = append(names, sdk.ToString(d.HostedZoneId)+":"+sdk.ToString(d.DnsName))
	}
	it.set("SecurityGroupIds", groups)
	it.set("DnsEntries", names)
	it.set("PolicyDocument", document(e.PolicyDocument, false))
	if options, ok := it.props["DnsOptions"].(map[string]any); ok && e.DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint != nil {
		// A yes or no of EC2 is one of two words in CloudFormation.
		options["PrivateDnsOnlyForInboundResolverEndpoint"] = "AllResolvers"
		if *e.DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint {
			options["PrivateDnsOnlyForInboundResolverEndpoint"] = "OnlyInboundResolver"
		}
	}
	it.tag(e.Tags)
	it.State = string(e.State)
	it.created(e.CreationTimestamp)
	it.Foreign = c.sharedBy(e.OwnerId)
	if sdk.ToBool(e.RequesterManaged) {
		it.Foreign = cmp.Or(it.Foreign, "VPC endpoint managed by the service "+sdk.ToString(e.ServiceName))
	}
	return it
}

package awscloud

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(ec2Tagged(Writer{
		Type:     "AWS::EC2::VPCEndpoint",
		Repairs:  map[string]string{"EC2.CreateVpcEndpoint": "ec2:CreateVpcEndpoint", "EC2.ModifyVpcEndpoint": "ec2:ModifyVpcEndpoint"},
		Reaps:    map[string]string{"EC2.DeleteVpcEndpoints": "ec2:DeleteVpcEndpoints"},
		NotFound: []string{"InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound"},
		Updates:  []string{"/IpAddressType", "/PolicyDocument", "/PrivateDnsEnabled", "/RouteTableIds", "/SecurityGroupIds", "/SubnetIds"},
		exists: func(ctx context.Context, c *call) error {
			out, err := ec2.NewFromConfig(c.cfg).DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{c.ref.ID}})
			if err == nil && (len(out.VpcEndpoints) == 0 || strings.EqualFold(string(out.VpcEndpoints[0].State), string(types.StateDeleted))) {
				return reaper.ErrNotFound
			}
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateVpcEndpointInput{ClientToken: &n.token, TagSpecifications: ec2TagsFor(types.ResourceTypeVpcEndpoint, n.tags)}
			members := without(n.props, "DnsOptions")
			if options := object(n.props, "DnsOptions"); options != nil {
				members["DnsOptions"] = dnsOptions(options)
			}
			if err := fill(in, members, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateVpcEndpoint(ctx, in)
			if err != nil || out.VpcEndpoint == nil {
				return "", err
			}
			return sdk.ToString(out.VpcEndpoint.VpcEndpointId), nil
		},
		update: updateEndpoint,
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			out, err := ec2.NewFromConfig(c.cfg).DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{c.ref.ID}})
			if err != nil {
				return err
			}
			return unsuccessful(out.Unsuccessful)
		},
	}))
}

// dnsOptions turns one of two words of CloudFormation into the yes or no of EC2.
func dnsOptions(options props) props {
	const name = "PrivateDnsOnlyForInboundResolverEndpoint"
	switch options[name] {
	case "OnlyInboundResolver":
		return with(options, props{name: true})
	case "AllResolvers":
		return with(options, props{name: false})
	}
	return options
}

// updateEndpoint says which members of a list come and which go, as EC2 wants it.
func updateEndpoint(ctx context.Context, c *call, u update) error {
	members := with(only(u.changed(), "IpAddressType", "PolicyDocument", "PrivateDnsEnabled"), props{"VpcEndpointId": c.ref.ID})
	for _, name := range []string{"RouteTableIds", "SecurityGroupIds", "SubnetIds"} {
		if !u.has(name) {
			continue
		}
		before, after := texts(u.live.Properties[name]), texts(u.after[name])
		members["Add"+name], members["Remove"+name] = anyList(minus(after, before)), anyList(minus(before, after))
	}
	_, err := send(ctx, ec2.NewFromConfig(c.cfg).ModifyVpcEndpoint, members)
	return err
}

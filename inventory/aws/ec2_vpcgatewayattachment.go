package aws

import (
	"cmp"
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type: "AWS::EC2::VPCGatewayAttachment",
		Calls: map[string]string{
			"EC2.DescribeInternetGateways": "ec2:DescribeInternetGateways",
			"EC2.DescribeVpnGateways":      "ec2:DescribeVpnGateways",
			"EC2.DescribeVpcs":             "ec2:DescribeVpcs",
		},
		Reads: []string{"/AttachmentType", "/InternetGatewayId", "/VpcId", "/VpnGatewayId"},
		list:  listGatewayAttachments,
		one:   byFilter("attachment.vpc-id", 1),
	})
}

// listGatewayAttachments reads both kinds. A VPC has at most one gateway of each, so
// kind and VPC are the identifier.
func listGatewayAttachments(ctx context.Context, c *cell) error {
	defaultVPC, err := c.defaultVPC(ctx)
	if err != nil {
		return err
	}
	attachment := func(kind string, vpc *string, state types.AttachmentStatus) *item {
		it := c.item(kind+"|"+sdk.ToString(vpc), "")
		it.set("AttachmentType", kind)
		it.set("VpcId", vpc)
		it.tag(nil) // an attachment cannot have tags
		it.State = string(state)
		return it
	}
	err = c.internetGateways(ctx, func(g types.InternetGateway) {
		for _, a := range g.Attachments {
			if a.State == types.AttachmentStatusDetached {
				continue
			}
			it := attachment("IGW", a.VpcId, a.State)
			it.set("InternetGatewayId", g.InternetGatewayId)
			it.Foreign = c.sharedBy(g.OwnerId)
			if defaultVPC != "" && sdk.ToString(a.VpcId) == defaultVPC {
				it.Foreign = cmp.Or(it.Foreign, "attachment of the default VPC's internet gateway")
			}
			c.emit(it)
		}
	})
	if err != nil {
		return err
	}
	return c.vpnGateways(ctx, func(g types.VpnGateway) {
		for _, a := range g.VpcAttachments {
			if a.State == types.AttachmentStatusDetached {
				continue
			}
			it := attachment("VGW", a.VpcId, a.State)
			it.set("VpnGatewayId", g.VpnGatewayId)
			c.emit(it)
		}
	})
}

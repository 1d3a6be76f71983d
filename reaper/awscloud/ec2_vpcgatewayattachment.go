package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type: "AWS::EC2::VPCGatewayAttachment",
		Repairs: map[string]string{
			"EC2.AttachInternetGateway": "ec2:AttachInternetGateway",
			"EC2.AttachVpnGateway":      "ec2:AttachVpnGateway",
		},
		Reaps: map[string]string{
			"EC2.DetachInternetGateway": "ec2:DetachInternetGateway",
			"EC2.DetachVpnGateway":      "ec2:DetachVpnGateway",
		},
		NotFound: []string{"Gateway.NotAttached"},
		exists: func(ctx context.Context, c *call) error {
			gateway, err := attachedGateway(ctx, c)
			if err == nil && gateway == "" {
				return reaper.ErrNotFound
			}
			return err
		},
		named: func(_ context.Context, _ *call, n creation) (string, error) { return attachmentID(n.props), nil },
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			client := ec2.NewFromConfig(c.cfg)
			if n.props["InternetGatewayId"] != nil {
				in := &ec2.AttachInternetGatewayInput{}
				if err := fill(in, n.props, nil); err != nil {
					return "", err
				}
				_, err := client.AttachInternetGateway(ctx, in)
				return attachmentID(n.props), err
			}
			in := &ec2.AttachVpnGatewayInput{}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			_, err := client.AttachVpnGateway(ctx, in)
			return attachmentID(n.props), err
		},
		delete: func(ctx context.Context, c *call, live *inventory.Resource, _ []plan.Step) error {
			client, vpc := ec2.NewFromConfig(c.cfg), c.part(1)
			if c.part(0) == "IGW" {
				gateway := text(live.Properties, "InternetGatewayId")
				_, err := client.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc})
				return err
			}
			gateway := text(live.Properties, "VpnGatewayId")
			_, err := client.DetachVpnGateway(ctx, &ec2.DetachVpnGatewayInput{VpnGatewayId: &gateway, VpcId: &vpc})
			return err
		},
	})
}

// attachmentID names an attachment as its reader does: a VPC has one gateway of each kind.
func attachmentID(props map[string]any) string {
	kind := "VGW"
	if props["InternetGatewayId"] != nil {
		kind = "IGW"
	}
	return kind + "|" + text(props, "VpcId")
}

// attachedGateway returns the gateway that the VPC of the call has; "" when it has none.
func attachedGateway(ctx context.Context, c *call) (id string, err error) {
	client, vpc := ec2.NewFromConfig(c.cfg), c.part(1)
	if c.part(0) == "IGW" {
		out, err := client.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: is("attachment.vpc-id", vpc)})
		if err != nil || len(out.InternetGateways) == 0 {
			return "", err
		}
		return sdk.ToString(out.InternetGateways[0].InternetGatewayId), nil
	}
	out, err := client.DescribeVpnGateways(ctx, &ec2.DescribeVpnGatewaysInput{Filters: is("attachment.vpc-id", vpc)})
	if err != nil {
		return "", err
	}
	for _, g := range out.VpnGateways {
		for _, a := range g.VpcAttachments {
			if sdk.ToString(a.VpcId) == vpc && a.State != "detached" {
				id = sdk.ToString(g.VpnGatewayId)
			}
		}
	}
	return id, nil
}

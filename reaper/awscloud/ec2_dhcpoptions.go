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
	register(ec2Tagged(Writer{
		Type:     "AWS::EC2::DHCPOptions",
		Reaps:    map[string]string{"EC2.DeleteDhcpOptions": "ec2:DeleteDhcpOptions"},
		Reads:    map[string]string{"EC2.DescribeVpcs": "ec2:DescribeVpcs"},
		NotFound: []string{"InvalidDhcpOptionID.NotFound", "InvalidDhcpOptionsID.NotFound", "InvalidDhcpOptionsId.NotFound"},
		exists: func(ctx context.Context, c *call) error {
			out, err := send(ctx, ec2.NewFromConfig(c.cfg).DescribeDhcpOptions, props{"DhcpOptionsIds": []any{c.ref.ID}})
			if err == nil && len(out.DhcpOptions) == 0 {
				return reaper.ErrNotFound
			}
			return err
		},
		// A VPC that uses the options is not given others: it has to go first.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			client := ec2.NewFromConfig(c.cfg)
			out, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: is("dhcp-options-id", c.ref.ID)})
			if err != nil {
				return err
			}
			if len(out.Vpcs) > 0 {
				user := c.ref
				user.Type, user.ID = "AWS::EC2::VPC", sdk.ToString(out.Vpcs[0].VpcId)
				return &reaper.Blocked{By: user.String()}
			}
			_, err = send(ctx, client.DeleteDhcpOptions, props{"DhcpOptionsId": c.ref.ID})
			return err
		},
	}))
}

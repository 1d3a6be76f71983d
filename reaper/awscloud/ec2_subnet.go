package awscloud

import (
	"context"
	"maps"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(ec2Tagged(Writer{
		Type: "AWS::EC2::Subnet",
		Repairs: map[string]string{
			"EC2.CreateSubnet":          "ec2:CreateSubnet",
			"EC2.ModifySubnetAttribute": "ec2:ModifySubnetAttribute",
		},
		Reaps:    map[string]string{"EC2.DeleteSubnet": "ec2:DeleteSubnet"},
		NotFound: []string{"InvalidSubnetID.NotFound"},
		Updates:  []string{"/AssignIpv6AddressOnCreation", "/EnableDns64", "/MapPublicIpOnLaunch", "/PrivateDnsNameOptionsOnLaunch"},
		Later:    []string{"AssignIpv6AddressOnCreation", "EnableDns64", "MapPublicIpOnLaunch", "PrivateDnsNameOptionsOnLaunch"},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateSubnetInput{TagSpecifications: ec2TagsFor(types.ResourceTypeSubnet, n.tags)}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateSubnet(ctx, in)
			if err != nil || out.Subnet == nil {
				return "", err
			}
			return sdk.ToString(out.Subnet.SubnetId), nil
		},
		update: updateSubnet,
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := ec2.NewFromConfig(c.cfg).DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &c.ref.ID})
			return err
		},
	}))
}

// updateSubnet sets one attribute in each call, as EC2 wants it.
func updateSubnet(ctx context.Context, c *call, u update) error {
	changed := u.changed()
	options, _ := changed["PrivateDnsNameOptionsOnLaunch"].(map[string]any)
	delete(changed, "PrivateDnsNameOptionsOnLaunch")
	maps.Copy(changed, options)
	fields := map[string]string{
		"HostnameType":                    "PrivateDnsHostnameTypeOnLaunch",
		"EnableResourceNameDnsARecord":    "EnableResourceNameDnsARecordOnLaunch",
		"EnableResourceNameDnsAAAARecord": "EnableResourceNameDnsAAAARecordOnLaunch",
	}
	var calls []*ec2.ModifySubnetAttributeInput
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		in := &ec2.ModifySubnetAttributeInput{SubnetId: &c.ref.ID}
		v := changed[name]
		if name != "HostnameType" {
			v = map[string]any{"Value": v}
		}
		if err := fill(in, map[string]any{name: v}, fields); err != nil {
			return err
		}
		calls = append(calls, in)
	}
	for _, in := range calls {
		if _, err := ec2.NewFromConfig(c.cfg).ModifySubnetAttribute(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

package awscloud

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	sdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(ec2Tagged(Writer{
		Type: "AWS::EC2::VPC",
		Repairs: map[string]string{
			"EC2.CreateVpc":          "ec2:CreateVpc",
			"EC2.ModifyVpcAttribute": "ec2:ModifyVpcAttribute",
		},
		Reaps:    map[string]string{"EC2.DeleteVpc": "ec2:DeleteVpc"},
		NotFound: []string{"InvalidVpcID.NotFound"},
		Updates:  []string{"/EnableDnsHostnames", "/EnableDnsSupport"},
		Later:    []string{"EnableDnsHostnames", "EnableDnsSupport"},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateVpcInput{TagSpecifications: ec2TagsFor(types.ResourceTypeVpc, n.tags)}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateVpc(ctx, in)
			if err != nil || out.Vpc == nil {
				return "", err
			}
			return sdk.ToString(out.Vpc.VpcId), nil
		},
		update: updateVPC,
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := ec2.NewFromConfig(c.cfg).DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &c.ref.ID})
			return err
		},
	}))
}

// updateVPC sets one attribute in each call, as EC2 wants it. Host names need the support of
// DNS: that is turned on before them, and off after them.
func updateVPC(ctx context.Context, c *call, u update) error {
	order := []string{"EnableDnsSupport", "EnableDnsHostnames"}
	if u.after["EnableDnsSupport"] == false {
		slices.Reverse(order)
	}
	var calls []*ec2.ModifyVpcAttributeInput
	for _, name := range order {
		if !u.has(name) {
			continue
		}
		in := &ec2.ModifyVpcAttributeInput{VpcId: &c.ref.ID}
		if err := fill(in, map[string]any{name: map[string]any{"Value": u.after[name]}}, nil); err != nil {
			return err
		}
		calls = append(calls, in)
	}
	for _, in := range calls {
		if _, err := ec2.NewFromConfig(c.cfg).ModifyVpcAttribute(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

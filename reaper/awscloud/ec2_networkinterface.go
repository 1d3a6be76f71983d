package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(ec2Tagged(Writer{
		Type: "AWS::EC2::NetworkInterface",
		Repairs: map[string]string{
			"EC2.CreateNetworkInterface":          "ec2:CreateNetworkInterface",
			"EC2.ModifyNetworkInterfaceAttribute": "ec2:ModifyNetworkInterfaceAttribute",
		},
		Reaps:    map[string]string{"EC2.DeleteNetworkInterface": "ec2:DeleteNetworkInterface"},
		NotFound: []string{"InvalidNetworkInterfaceID.NotFound"},
		Updates:  []string{"/Description", "/GroupSet", "/SourceDestCheck"},
		Later:    []string{"SourceDestCheck"},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateNetworkInterfaceInput{ClientToken: &n.token, TagSpecifications: ec2TagsFor(types.ResourceTypeNetworkInterface, n.tags)}
			rename := map[string]string{"GroupSet": "Groups"}
			if err := fill(in, n.props, rename); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateNetworkInterface(ctx, in)
			if err != nil || out.NetworkInterface == nil {
				return "", err
			}
			return sdk.ToString(out.NetworkInterface.NetworkInterfaceId), nil
		},
		update: func(ctx context.Context, c *call, u update) error {
			client, b := ec2.NewFromConfig(c.cfg), &batch{}
			for _, name := range sortedKeys(u.changed()) { // one attribute in each call, as EC2 wants it
				members := props{"NetworkInterfaceId": c.ref.ID}
				if name == "GroupSet" {
					members["Groups"] = u.after[name]
				} else {
					members[name] = props{"Value": u.after[name]}
				}
				add(b, client.ModifyNetworkInterfaceAttribute, members)
			}
			return b.send(ctx)
		},
		// An interface that something uses is not detached from it: EC2 refuses.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := ec2.NewFromConfig(c.cfg).DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &c.ref.ID})
			return err
		},
	}))
}

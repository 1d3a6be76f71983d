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
	allocation := func(c *call) string { return c.part(1) }
	register(ec2TaggedBy(Writer{
		Type:     "AWS::EC2::EIP",
		Repairs:  map[string]string{"EC2.AllocateAddress": "ec2:AllocateAddress", "EC2.AssociateAddress": "ec2:AssociateAddress"},
		Reaps:    map[string]string{"EC2.ReleaseAddress": "ec2:ReleaseAddress", "EC2.DisassociateAddress": "ec2:DisassociateAddress"},
		NotFound: []string{"InvalidAllocationID.NotFound"},
		Updates:  []string{"/InstanceId"},
		Later:    []string{"InstanceId"},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.AllocateAddressInput{TagSpecifications: ec2TagsFor(types.ResourceTypeElasticIp, n.tags)}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).AllocateAddress(ctx, in)
			if err != nil || out.AllocationId == nil {
				return "", err
			}
			return sdk.ToString(out.PublicIp) + "|" + *out.AllocationId, nil
		},
		update: func(ctx context.Context, c *call, u update) error {
			// An address that serves something else is not taken away from it.
			_, err := send(ctx, ec2.NewFromConfig(c.cfg).AssociateAddress, with(u.changed(), props{"AllocationId": c.part(1), "AllowReassociation": false}))
			return err
		},
		Steps: []string{plan.StepDisassociate},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, steps []plan.Step) error {
			client := ec2.NewFromConfig(c.cfg)
			out, err := client.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{AllocationIds: []string{c.part(1)}})
			if err != nil {
				return err
			}
			for _, a := range out.Addresses {
				if a.AssociationId == nil {
					continue
				}
				if !named(steps, plan.StepDisassociate, *a.AssociationId) {
					return needs(plan.StepDisassociate, *a.AssociationId)
				}
				if _, err := client.DisassociateAddress(ctx, &ec2.DisassociateAddressInput{AssociationId: a.AssociationId}); err != nil {
					return err
				}
			}
			_, err = client.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: sdk.String(c.part(1))})
			return err
		},
	}, allocation))
}

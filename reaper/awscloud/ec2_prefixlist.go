package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(ec2Tagged(Writer{
		Type:    "AWS::EC2::PrefixList",
		Repairs: map[string]string{"EC2.CreateManagedPrefixList": "ec2:CreateManagedPrefixList"},
		Reaps:   map[string]string{"EC2.DeleteManagedPrefixList": "ec2:DeleteManagedPrefixList"},
		// EC2 spells the code in both ways.
		NotFound: []string{"InvalidPrefixListID.NotFound", "InvalidPrefixListId.NotFound"},
		exists: func(ctx context.Context, c *call) error {
			out, err := send(ctx, ec2.NewFromConfig(c.cfg).DescribeManagedPrefixLists, props{"PrefixListIds": []any{c.ref.ID}})
			if err != nil {
				return err
			}
			if len(out.PrefixLists) == 0 || out.PrefixLists[0].State == types.PrefixListStateDeleteComplete {
				return reaper.ErrNotFound
			}
			return nil
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateManagedPrefixListInput{ClientToken: &n.token, TagSpecifications: ec2TagsFor(types.ResourceTypePrefixList, n.tags)}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateManagedPrefixList(ctx, in)
			if err != nil || out.PrefixList == nil {
				return "", err
			}
			return sdk.ToString(out.PrefixList.PrefixListId), nil
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, ec2.NewFromConfig(c.cfg).DeleteManagedPrefixList, props{"PrefixListId": c.ref.ID})
			return err
		},
	}))
}

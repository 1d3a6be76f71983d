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
	w := ec2Tagged(Writer{
		Type:     "AWS::EC2::PlacementGroup",
		Reaps:    map[string]string{"EC2.DeletePlacementGroup": "ec2:DeletePlacementGroup"},
		NotFound: []string{"InvalidPlacementGroup.Unknown"},
		exists: func(ctx context.Context, c *call) error {
			_, err := placementGroupID(ctx, c)
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, ec2.NewFromConfig(c.cfg).DeletePlacementGroup, props{"GroupName": c.ref.ID})
			return err
		},
	})
	// EC2 tags a placement group by an id that is not its name.
	w.tag = func(ctx context.Context, c *call, tags map[string]string) error {
		id, err := placementGroupID(ctx, c)
		if err != nil {
			return err
		}
		return ec2Tag(ctx, c, id, tags)
	}
	w.untag = func(ctx context.Context, c *call, keys []string) error {
		id, err := placementGroupID(ctx, c)
		if err != nil {
			return err
		}
		return ec2Untag(ctx, c, id, keys)
	}
	register(w)
}

// placementGroupID asks for the id of the group that has the name of the call.
func placementGroupID(ctx context.Context, c *call) (string, error) {
	out, err := send(ctx, ec2.NewFromConfig(c.cfg).DescribePlacementGroups, props{"GroupNames": []any{c.ref.ID}})
	switch {
	case err != nil:
		return "", err
	case len(out.PlacementGroups) == 0, out.PlacementGroups[0].State == types.PlacementGroupStateDeleted:
		return "", reaper.ErrNotFound
	}
	return sdk.ToString(out.PlacementGroups[0].GroupId), nil
}

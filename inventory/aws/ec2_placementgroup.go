package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::PlacementGroup",
		Calls: map[string]string{"EC2.DescribePlacementGroups": "ec2:DescribePlacementGroups"},
		Reads: []string{"/GroupName", "/PartitionCount", "/SpreadLevel", "/Strategy", "/Tags"},
		list:  listPlacementGroups,
	})
}

// listPlacementGroups reads all groups in one call: EC2 has no pages here.
func listPlacementGroups(ctx context.Context, c *cell) error {
	out, err := ec2.NewFromConfig(c.cfg).DescribePlacementGroups(ctx, &ec2.DescribePlacementGroupsInput{})
	if err != nil {
		return err
	}
	for _, g := range out.PlacementGroups {
		if g.State == types.PlacementGroupStateDeleted {
			continue
		}
		it := c.item(sdk.ToString(g.GroupName), sdk.ToString(g.GroupArn))
		it.merge(g, nil)
		it.tag(g.Tags)
		it.State = string(g.State)
		it.Foreign = managedBy(g.Operator)
		c.emit(it)
	}
	return nil
}

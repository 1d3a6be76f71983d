package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{ // its tags are set by an update of the whole stack, and reach what is in it: not here
		Type:     "AWS::CloudFormation::Stack",
		Reaps:    map[string]string{"CloudFormation.DeleteStack": "cloudformation:DeleteStack"},
		NotFound: []string{"ValidationError"}, // which DescribeStacks answers for an id that it does not know
		exists: func(ctx context.Context, c *call) error {
			_, err := describeStack(ctx, c)
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			s, err := describeStack(ctx, c)
			switch {
			case err != nil:
				return err
			case sdk.ToBool(s.EnableTerminationProtection): // which the API obeys, and not everything that stands in for it
				return &reaper.Blocked{By: "the stack is protected against termination"}
			case s.ParentId != nil:
				return &reaper.Blocked{By: *s.ParentId + ", which it is a part of"}
			}
			_, err = cloudformation.NewFromConfig(c.cfg).DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &c.ref.ID})
			return err
		},
	})
}

// describeStack asks by the id, which finds a stack that is over too.
func describeStack(ctx context.Context, c *call) (*types.Stack, error) {
	out, err := cloudformation.NewFromConfig(c.cfg).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &c.ref.ID})
	if err != nil {
		return nil, err
	}
	if len(out.Stacks) != 1 {
		return nil, reaper.ErrUnavailable
	}
	if out.Stacks[0].StackStatus == types.StackStatusDeleteComplete {
		return nil, reaper.ErrNotFound
	}
	return &out.Stacks[0], nil
}

package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

func init() {
	register(Reader{
		Type: "AWS::CloudFormation::Stack",
		Calls: map[string]string{
			"CloudFormation.DescribeStacks":     "cloudformation:DescribeStacks",
			"CloudFormation.ListStackResources": "cloudformation:ListStackResources",
		},
		Reads: []string{"/NotificationARNs", "/Parameters", "/StackId", "/Tags", "/TimeoutInMinutes"},
		list:  listStacks,
	})
}

func listStacks(ctx context.Context, c *cell) error {
	client := cloudformation.NewFromConfig(c.cfg)
	var live []inventory.Stack
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		for _, s := range out.Stacks {
			if s.StackStatus != types.StackStatusDeleteComplete {
				it := c.stack(s)
				live = append(live, inventory.Stack{Ref: it.Ref, Name: it.Name})
				c.emit(it)
			}
		}
		return len(out.Stacks), out.NextToken, nil
	})
	if c.member == nil {
		return err
	}
	each(live, func(s inventory.Stack) {
		members, err := stackMembers(ctx, client, s.Ref.ID)
		if err != nil {
			// Of a stack whose list is cut short nobody can say what it does not keep.
			c.fault(err, s.Ref.ID)
		}
		s.Members = members
		c.member(s)
	})
	return err
}

// stackMembers lists what CloudFormation itself says that a stack keeps; with an error, what
// came before it.
func stackMembers(ctx context.Context, client *cloudformation.Client, id string) (members []inventory.StackMember, err error) {
	err = pages(func(token *string) (int, *string, error) {
		out, err := client.ListStackResources(ctx, &cloudformation.ListStackResourcesInput{StackName: &id, NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		for _, m := range out.StackResourceSummaries {
			if m.ResourceStatus != types.ResourceStatusDeleteComplete && sdk.ToString(m.PhysicalResourceId) != "" {
				members = append(members, inventory.StackMember{
					LogicalID: sdk.ToString(m.LogicalResourceId), Type: sdk.ToString(m.ResourceType), ID: *m.PhysicalResourceId,
				})
			}
		}
		return len(out.StackResourceSummaries), out.NextToken, nil
	})
	return members, err
}

func (c *cell) stack(s types.Stack) *item {
	// What CloudFormation shows of a parameter with NoEcho.
	const masked = "****"
	it := c.item(sdk.ToString(s.StackId), sdk.ToString(s.StackId))
	it.merge(s, nil)
	it.Resource.Name = sdk.ToString(s.StackName)
	parameters := map[string]any{}
	for _, p := range s.Parameters {
		key, value := sdk.ToString(p.ParameterKey), sdk.ToString(p.ParameterValue)
		if value == masked {
			it.Unread = append(it.Unread[:len(it.Unread):len(it.Unread)], "/Parameters/"+schema.EscapePointer(key))
			continue
		}
		parameters[key] = value
	}
	it.set("Parameters", parameters)
	it.tag(s.Tags)
	it.State = string(s.StackStatus)
	it.created(s.CreationTime)
	if s.ParentId != nil {
		it.Relations = append(it.Relations, inventory.Relation{Kind: "owner", To: inventory.Ref{
			Partition: it.Ref.Partition, Account: it.Ref.Account, Region: it.Ref.Region, Type: it.Ref.Type, ID: *s.ParentId,
		}})
	}
	return it
}

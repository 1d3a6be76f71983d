package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

func init() {
	register(Reader{
		Type: "AWS::StepFunctions::StateMachine",
		Calls: map[string]string{
			"SFN.ListStateMachines":    "states:ListStateMachines",
			"SFN.DescribeStateMachine": "states:DescribeStateMachine",
			"SFN.ListTagsForResource":  "states:ListTagsForResource",
		},
		Reads:    append([]string{"/Arn", "/Name", "/StateMachineName", "/Tags"}, describedStateMachine...),
		BulkTags: "states:stateMachine",
		list:     listStateMachines,
	})
}

// describedStateMachine is what is taken from the description of a state machine.
var describedStateMachine = []string{
	"/DefinitionString", "/EncryptionConfiguration", "/LoggingConfiguration", "/RoleArn", "/StateMachineRevisionId", "/StateMachineType",
	"/TracingConfiguration",
}

func listStateMachines(ctx context.Context, c *cell) error {
	client := sfn.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListStateMachines(ctx, &sfn.ListStateMachinesInput{NextToken: token, MaxResults: 1000})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.StateMachines))
		each(out.StateMachines, func(m types.StateMachineListItem) { c.stateMachine(ctx, client, m) })
		return len(out.StateMachines), out.NextToken, nil
	})
}

func (c *cell) stateMachine(ctx context.Context, client *sfn.Client, m types.StateMachineListItem) {
	arn := sdk.ToString(m.StateMachineArn)
	it := c.item(arn, arn)
	it.set("Arn", arn)
	it.set("Name", m.Name)
	it.set("StateMachineName", m.Name)
	it.created(m.CreationDate)

	out, err := client.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
	if gone(err, "StateMachineDoesNotExist") {
		return
	}
	if it.read(err, describedStateMachine...) {
		it.set("DefinitionString", out.Definition)
		it.set("EncryptionConfiguration", out.EncryptionConfiguration)
		it.set("LoggingConfiguration", out.LoggingConfiguration)
		it.set("RoleArn", out.RoleArn)
		it.set("StateMachineRevisionId", out.RevisionId)
		it.set("StateMachineType", out.Type)
		it.set("TracingConfiguration", out.TracingConfiguration)
		it.State = string(out.Status)
	}
	if !it.taggedInBulk() {
		tags, err := client.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: &arn})
		if gone(err, "ResourceNotFound") {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(tags.Tags)
		}
	}
	c.emit(it)
}

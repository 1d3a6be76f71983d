package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type: "AWS::StepFunctions::StateMachine",
		Tags: map[string]string{"SFN.TagResource": "states:TagResource", "SFN.UntagResource": "states:UntagResource"},
		Repairs: map[string]string{
			"SFN.CreateStateMachine": "states:CreateStateMachine states:TagResource iam:PassRole", "SFN.UpdateStateMachine": "states:UpdateStateMachine iam:PassRole",
		},
		Reaps:    map[string]string{"SFN.DeleteStateMachine": "states:DeleteStateMachine"},
		NotFound: []string{"StateMachineDoesNotExist", "ResourceNotFound"},
		Updates:  []string{"/DefinitionString", "/LoggingConfiguration", "/RoleArn", "/TracingConfiguration"},
		named: func(_ context.Context, c *call, n creation) (string, error) {
			return c.arn("states", "stateMachine:"+n.nameOf("StateMachineName")), nil
		},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, sfn.NewFromConfig(c.cfg).DescribeStateMachine, props{"StateMachineArn": c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			members := renamed(n.props, map[string]string{"DefinitionString": "Definition", "StateMachineType": "Type"})
			out, err := send(ctx, sfn.NewFromConfig(c.cfg).CreateStateMachine, with(members, props{
				"StateMachineName": nil, "Name": n.nameOf("StateMachineName"), "Tags": tagList(n.tags),
			}))
			if err != nil {
				return "", err
			}
			return sdk.ToString(out.StateMachineArn), nil
		},
		update: func(ctx context.Context, c *call, u update) error {
			members := renamed(u.changed(), map[string]string{"DefinitionString": "Definition"})
			_, err := send(ctx, sfn.NewFromConfig(c.cfg).UpdateStateMachine, with(members, props{"StateMachineArn": c.ref.ID}))
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, sfn.NewFromConfig(c.cfg).TagResource, props{"ResourceArn": c.ref.ID, "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, sfn.NewFromConfig(c.cfg).UntagResource, props{"ResourceArn": c.ref.ID, "TagKeys": keys})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, sfn.NewFromConfig(c.cfg).DeleteStateMachine, props{"StateMachineArn": c.ref.ID})
			return err
		},
	})
}

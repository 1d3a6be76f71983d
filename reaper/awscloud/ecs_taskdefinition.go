package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type:     "AWS::ECS::TaskDefinition",
		Tags:     map[string]string{"ECS.TagResource": "ecs:TagResource", "ECS.UntagResource": "ecs:UntagResource"},
		Repairs:  map[string]string{"ECS.RegisterTaskDefinition": "ecs:RegisterTaskDefinition ecs:TagResource iam:PassRole"},
		Reaps:    map[string]string{"ECS.DeregisterTaskDefinition": "ecs:DeregisterTaskDefinition"},
		NotFound: []string{"ClientException"},
		exists: func(ctx context.Context, c *call) error {
			out, err := send(ctx, ecs.NewFromConfig(c.cfg).DescribeTaskDefinition, props{"TaskDefinition": c.ref.ID})
			if err == nil && out.TaskDefinition != nil && out.TaskDefinition.Status != types.TaskDefinitionStatusActive {
				return reaper.ErrNotFound // it is kept as a memory, and runs nothing new
			}
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			out, err := send(ctx, ecs.NewFromConfig(c.cfg).RegisterTaskDefinition, with(n.props, props{"Family": n.nameOf("Family"), "Tags": tagList(n.tags)}))
			if err != nil || out.TaskDefinition == nil {
				return "", err
			}
			return sdk.ToString(out.TaskDefinition.TaskDefinitionArn), nil
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, ecs.NewFromConfig(c.cfg).TagResource, props{"ResourceArn": c.ref.ID, "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, ecs.NewFromConfig(c.cfg).UntagResource, props{"ResourceArn": c.ref.ID, "TagKeys": keys})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, ecs.NewFromConfig(c.cfg).DeregisterTaskDefinition, props{"TaskDefinition": c.ref.ID})
			return err
		},
	})
}

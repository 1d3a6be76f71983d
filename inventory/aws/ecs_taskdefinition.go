package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func init() {
	register(Reader{
		Type: "AWS::ECS::TaskDefinition",
		Calls: map[string]string{
			"ECS.ListTaskDefinitions":    "ecs:ListTaskDefinitions",
			"ECS.DescribeTaskDefinition": "ecs:DescribeTaskDefinition",
		},
		Reads: append([]string{"/Family", "/TaskDefinitionArn"}, describedTaskDefinition...),
		list:  listTaskDefinitions,
	})
}

// describedTaskDefinition is what the description of a task definition tells.
var describedTaskDefinition = []string{
	"/ContainerDefinitions", "/Cpu", "/EnableFaultInjection", "/EphemeralStorage", "/ExecutionRoleArn", "/InferenceAccelerators",
	"/IpcMode", "/Memory", "/NetworkMode", "/PidMode", "/PlacementConstraints", "/ProxyConfiguration", "/RequiresCompatibilities",
	"/RuntimePlatform", "/Tags", "/TaskRoleArn", "/Volumes",
}

// listTaskDefinitions lists the active revisions: a deregistered one is a memory that runs
// nothing new. ECS describes them one at a time.
func listTaskDefinitions(ctx context.Context, c *cell) error {
	client := ecs.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListTaskDefinitions(ctx, &ecs.ListTaskDefinitionsInput{
			Status: types.TaskDefinitionStatusActive, NextToken: token, MaxResults: sdk.Int32(100),
		})
		if err != nil {
			return 0, nil, err
		}
		each(out.TaskDefinitionArns, func(arn string) { c.taskDefinition(ctx, client, arn) })
		return len(out.TaskDefinitionArns), out.NextToken, nil
	})
}

func (c *cell) taskDefinition(ctx context.Context, client *ecs.Client, arn string) {
	it := c.item(arn, arn)
	it.set("TaskDefinitionArn", arn)
	family, _, _ := strings.Cut(afterSlash(arn), ":") // what follows is the revision
	it.set("Family", family)
	out, err := client.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &arn, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	if it.read(notEmpty(err, "ECS.DescribeTaskDefinition", out != nil && out.TaskDefinition != nil), describedTaskDefinition...) {
		t := out.TaskDefinition
		if t.Status != "" && t.Status != types.TaskDefinitionStatusActive {
			return // deregistered since it was listed
		}
		it.merge(t, nil)
		if p := t.ProxyConfiguration; p != nil {
			it.set("ProxyConfiguration", map[string]any{
				"Type": p.Type, "ContainerName": p.ContainerName, "ProxyConfigurationProperties": p.Properties,
			})
		}
		it.respell() // the kinds of volume differ in their capitals
		it.tag(out.Tags)
		it.State = string(t.Status)
		it.created(t.RegisteredAt)
	}
	c.emit(it)
}

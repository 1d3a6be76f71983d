package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

func init() {
	register(Reader{
		Type: "AWS::Events::Rule",
		Calls: map[string]string{
			"EventBridge.ListEventBuses":      "events:ListEventBuses",
			"EventBridge.ListRules":           "events:ListRules",
			"EventBridge.ListTargetsByRule":   "events:ListTargetsByRule",
			"EventBridge.ListTagsForResource": "events:ListTagsForResource",
		},
		Reads: []string{
			"/Arn", "/Description", "/EventBusName", "/EventPattern", "/Name", "/RoleArn", "/ScheduleExpression", "/State",
			"/Tags", "/Targets",
		},
		BulkTags: "events:rule",
		list:     listEventRules,
	})
}

// listEventRules asks each bus for its rules: without a bus the API speaks of the default
// one only.
func listEventRules(ctx context.Context, c *cell) error {
	client := eventbridge.NewFromConfig(c.cfg)
	return eventBuses(ctx, client, func(buses []types.EventBus) {
		for _, b := range buses {
			err := pages(func(token *string) (int, *string, error) {
				out, err := client.ListRules(ctx, &eventbridge.ListRulesInput{EventBusName: b.Name, NextToken: token, Limit: sdk.Int32(100)})
				if err != nil {
					return 0, nil, err
				}
				c.bulkTags(ctx, len(out.Rules))
				each(out.Rules, func(r types.Rule) { c.eventRule(ctx, client, r) })
				return len(out.Rules), out.NextToken, nil
			})
			if err != nil && !gone(err, "ResourceNotFoundException") {
				c.fault(err, sdk.ToString(b.Name))
			}
		}
	})
}

func (c *cell) eventRule(ctx context.Context, client *eventbridge.Client, r types.Rule) {
	it := c.item(sdk.ToString(r.Arn), sdk.ToString(r.Arn))
	it.merge(r, nil)
	it.set("EventPattern", document(r.EventPattern, false))
	if sdk.ToString(r.ManagedBy) != "" {
		it.Foreign = "managed by " + *r.ManagedBy
	}
	var targets []any
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: r.Name, EventBusName: r.EventBusName, NextToken: token, Limit: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		for _, t := range out.Targets {
			targets = append(targets, eventTarget(t))
		}
		return len(out.Targets), out.NextToken, nil
	})
	if gone(err, "ResourceNotFoundException") {
		return
	}
	if it.read(err, "/Targets") {
		it.set("Targets", targets)
		it.respell()
	}
	if eventTags(ctx, client, it) {
		c.emit(it)
	}
}

// eventTarget gives a target the two names that CloudFormation has of its own.
func eventTarget(t types.Target) any {
	target := plain(t)
	if target, ok := target.(map[string]any); ok && t.EcsParameters != nil {
		ecs, _ := target["EcsParameters"].(map[string]any)
		ecs["PlacementStrategies"], ecs["TagList"] = ecs["PlacementStrategy"], ecs["Tags"]
		delete(ecs, "PlacementStrategy")
		delete(ecs, "Tags")
	}
	return target
}

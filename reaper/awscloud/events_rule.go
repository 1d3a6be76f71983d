package awscloud

import (
	"context"
	"fmt"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type: "AWS::Events::Rule",
		Tags: map[string]string{"EventBridge.TagResource": "events:TagResource", "EventBridge.UntagResource": "events:UntagResource"},
		Repairs: map[string]string{
			"EventBridge.PutRule": "events:PutRule events:TagResource iam:PassRole", "EventBridge.PutTargets": "events:PutTargets iam:PassRole",
			"EventBridge.RemoveTargets": "events:RemoveTargets",
			"EventBridge.DisableRule":   "events:DisableRule", "EventBridge.EnableRule": "events:EnableRule",
		},
		Reaps:    map[string]string{"EventBridge.DeleteRule": "events:DeleteRule", "EventBridge.RemoveTargets": "events:RemoveTargets"},
		Reads:    map[string]string{"EventBridge.DescribeRule": "events:DescribeRule"},
		NotFound: []string{"ResourceNotFoundException"},
		Updates:  []string{"/Description", "/EventPattern", "/RoleArn", "/ScheduleExpression", "/State", "/Targets"},
		Removes:  []string{"/Description", "/RoleArn", "/Targets"},
		Later:    []string{"Targets"},
		named: func(_ context.Context, c *call, n creation) (string, error) {
			return c.arn("events", "rule/"+ruleOn(text(n.props, "EventBusName"), n.nameOf("Name"))), nil
		},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, eventbridge.NewFromConfig(c.cfg).DescribeRule, c.rule("Name"))
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			members := with(n.props, props{"Name": n.nameOf("Name"), "Tags": tagList(n.tags)})
			out, err := send(ctx, eventbridge.NewFromConfig(c.cfg).PutRule, members)
			if err != nil {
				return "", err
			}
			return sdk.ToString(out.RuleArn), nil
		},
		update: updateRule,
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, eventbridge.NewFromConfig(c.cfg).TagResource, props{"ResourceARN": c.ref.ID, "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, eventbridge.NewFromConfig(c.cfg).UntagResource, props{"ResourceARN": c.ref.ID, "TagKeys": keys})
			return err
		},
		Holds: map[string]string{"EventBridge.DisableRule": "events:DisableRule", "EventBridge.EnableRule": "events:EnableRule", "EventBridge.PutTargets": "events:PutTargets iam:PassRole", "EventBridge.RemoveTargets": "events:RemoveTargets"},
		Steps: []string{plan.StepRemoveTarget},
		delete: func(ctx context.Context, c *call, live *inventory.Resource, steps []plan.Step) error {
			client := eventbridge.NewFromConfig(c.cfg)
			var ids []string
			targets, _ := live.Properties["Targets"].([]any)
			for _, t := range targets {
				target, _ := t.(map[string]any)
				id := text(target, "Id")
				if !named(steps, plan.StepRemoveTarget, id) {
					return needs(plan.StepRemoveTarget, id)
				}
				ids = append(ids, id)
			}
			if len(ids) > 0 {
				if err := removeTargets(ctx, c, client, ids); err != nil {
					return err
				}
			}
			_, err := send(ctx, client.DeleteRule, c.rule("Name"))
			return err
		},
	})
}

// ruleOn names a rule within its ARN: those of the default bus stand alone.
func ruleOn(bus, name string) string {
	bus = bus[strings.LastIndexByte(bus, '/')+1:] // it may be an ARN
	if bus == "" || bus == "default" {
		return name
	}
	return bus + "/" + name
}

// rule names the rule of a call, as a member of this name and its bus.
func (c *call) rule(member string) props {
	_, path, _ := strings.Cut(c.ref.ID, ":rule/")
	bus, name, on := strings.Cut(path, "/")
	if !on {
		return props{member: path}
	}
	return props{member: name, "EventBusName": bus}
}

func updateRule(ctx context.Context, c *call, u update) error {
	client := eventbridge.NewFromConfig(c.cfg)
	whole := []string{"Description", "EventPattern", "RoleArn", "ScheduleExpression", "State"} // it is written whole
	changed := false
	for _, name := range whole {
		changed = changed || u.has(name)
	}
	var b batch
	switch on := u.after["State"]; {
	case !changed:
	case len(u.patch) == 1 && u.has("State") && on == "ENABLED":
		add(&b, client.EnableRule, c.rule("Name"))
	case len(u.patch) == 1 && u.has("State") && on == "DISABLED":
		add(&b, client.DisableRule, c.rule("Name"))
	default:
		add(&b, client.PutRule, with(only(u.after, whole...), c.rule("Name")))
	}
	put := &eventbridge.PutTargetsInput{}
	targets, _ := u.after["Targets"].([]any)
	if err := fill(put, with(c.rule("Rule"), props{"Targets": targets}), nil); err != nil {
		return err
	}
	if err := b.send(ctx); err != nil || !u.has("Targets") {
		return err
	}
	if len(targets) > 0 {
		out, err := client.PutTargets(ctx, put)
		if err == nil && out.FailedEntryCount > 0 {
			f := out.FailedEntries[0]
			err = fmt.Errorf("target %s: %s: %s", sdk.ToString(f.TargetId), sdk.ToString(f.ErrorCode), sdk.ToString(f.ErrorMessage))
		}
		if err != nil {
			return err
		}
	}
	if _, removed := difference(ids(u.live.Properties["Targets"]), ids(targets)); len(removed) > 0 {
		return removeTargets(ctx, c, client, removed)
	}
	return nil
}

// ids returns the ids of targets.
func ids(targets any) (all []any) {
	list, _ := targets.([]any)
	for _, t := range list {
		target, _ := t.(map[string]any)
		all = append(all, target["Id"])
	}
	return all
}

func removeTargets(ctx context.Context, c *call, client *eventbridge.Client, ids []string) error {
	out, err := send(ctx, client.RemoveTargets, with(c.rule("Rule"), props{"Ids": ids}))
	if err == nil && out.FailedEntryCount > 0 {
		f := out.FailedEntries[0]
		err = fmt.Errorf("target %s: %s: %s", sdk.ToString(f.TargetId), sdk.ToString(f.ErrorCode), sdk.ToString(f.ErrorMessage))
	}
	return err
}

package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type:     "AWS::Events::EventBus",
		Tags:     map[string]string{"EventBridge.TagResource": "events:TagResource", "EventBridge.UntagResource": "events:UntagResource"},
		Repairs:  map[string]string{"EventBridge.CreateEventBus": "events:CreateEventBus events:TagResource"},
		Reaps:    map[string]string{"EventBridge.DeleteEventBus": "events:DeleteEventBus"},
		Reads:    map[string]string{"EventBridge.ListRules": "events:ListRules"},
		NotFound: []string{"ResourceNotFoundException"},
		named:    byName("Name"),
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, eventbridge.NewFromConfig(c.cfg).DescribeEventBus, props{"Name": c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := n.nameOf("Name")
			_, err := send(ctx, eventbridge.NewFromConfig(c.cfg).CreateEventBus, with(n.props, props{"Name": name, "Tags": tagList(n.tags)}))
			return name, err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, eventbridge.NewFromConfig(c.cfg).TagResource, props{"ResourceARN": c.arn("events", "event-bus/"+c.ref.ID), "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, eventbridge.NewFromConfig(c.cfg).UntagResource, props{"ResourceARN": c.arn("events", "event-bus/"+c.ref.ID), "TagKeys": keys})
			return err
		},
		// A bus with rules is refused by EventBridge, in words that do not name one.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			client := eventbridge.NewFromConfig(c.cfg)
			out, err := send(ctx, client.ListRules, props{"EventBusName": c.ref.ID, "Limit": int64(1)})
			if err != nil {
				return err
			}
			if len(out.Rules) > 0 {
				rule := c.ref
				rule.Type, rule.ID = "AWS::Events::Rule", sdk.ToString(out.Rules[0].Arn)
				return &reaper.Blocked{By: rule.String()}
			}
			_, err = send(ctx, client.DeleteEventBus, props{"Name": c.ref.ID})
			return err
		},
	})
}

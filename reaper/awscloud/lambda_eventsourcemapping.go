package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type:     "AWS::Lambda::EventSourceMapping",
		Tags:     map[string]string{"Lambda.TagResource": "lambda:TagResource", "Lambda.UntagResource": "lambda:UntagResource"},
		Repairs:  map[string]string{"Lambda.UpdateEventSourceMapping": "lambda:UpdateEventSourceMapping"},
		Reaps:    map[string]string{"Lambda.DeleteEventSourceMapping": "lambda:DeleteEventSourceMapping"},
		Reads:    map[string]string{"Lambda.GetEventSourceMapping": "lambda:GetEventSourceMapping"},
		NotFound: []string{"ResourceNotFoundException"},
		Updates:  []string{"/Enabled"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, lambda.NewFromConfig(c.cfg).GetEventSourceMapping, props{"UUID": c.ref.ID})
			return err
		},
		update: func(ctx context.Context, c *call, u update) error {
			_, err := send(ctx, lambda.NewFromConfig(c.cfg).UpdateEventSourceMapping, with(u.changed(), props{"UUID": c.ref.ID}))
			return tooEarly(err, "ResourceConflictException", "ResourceInUseException") // it is on its way to another state
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, lambda.NewFromConfig(c.cfg).TagResource, props{"Resource": c.arn("lambda", "event-source-mapping:"+c.ref.ID), "Tags": tags})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, lambda.NewFromConfig(c.cfg).UntagResource, props{"Resource": c.arn("lambda", "event-source-mapping:"+c.ref.ID), "TagKeys": keys})
			return err
		},
		Holds: map[string]string{"Lambda.UpdateEventSourceMapping": "lambda:UpdateEventSourceMapping"},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, lambda.NewFromConfig(c.cfg).DeleteEventSourceMapping, props{"UUID": c.ref.ID})
			return tooEarly(err, "ResourceConflictException", "ResourceInUseException")
		},
	})
}

package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type:     "AWS::Kinesis::Stream",
		Tags:     map[string]string{"Kinesis.AddTagsToStream": "kinesis:AddTagsToStream", "Kinesis.RemoveTagsFromStream": "kinesis:RemoveTagsFromStream"},
		Repairs:  map[string]string{"Kinesis.CreateStream": "kinesis:CreateStream kinesis:AddTagsToStream"},
		Reaps:    map[string]string{"Kinesis.DeleteStream": "kinesis:DeleteStream"},
		NotFound: []string{"ResourceNotFoundException"},
		named:    byName("Name"),
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, kinesis.NewFromConfig(c.cfg).DescribeStreamSummary, props{"StreamName": c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := n.nameOf("Name")
			_, err := send(ctx, kinesis.NewFromConfig(c.cfg).CreateStream, with(n.props, props{"Name": nil, "StreamName": name, "Tags": n.tags}))
			return name, err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, kinesis.NewFromConfig(c.cfg).AddTagsToStream, props{"StreamName": c.ref.ID, "Tags": tags})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, kinesis.NewFromConfig(c.cfg).RemoveTagsFromStream, props{"StreamName": c.ref.ID, "TagKeys": keys})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			// A stream with consumers is refused.
			_, err := send(ctx, kinesis.NewFromConfig(c.cfg).DeleteStream, props{"StreamName": c.ref.ID})
			return err
		},
	})
}

package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type:     "AWS::SNS::Topic",
		Tags:     map[string]string{"SNS.TagResource": "sns:TagResource", "SNS.UntagResource": "sns:UntagResource"},
		Repairs:  map[string]string{"SNS.CreateTopic": "sns:CreateTopic sns:TagResource", "SNS.SetTopicAttributes": "sns:SetTopicAttributes"},
		Reaps:    map[string]string{"SNS.DeleteTopic": "sns:DeleteTopic"},
		NotFound: []string{"NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException"},
		Updates:  topicAttributes,
		Removes:  []string{"/ArchivePolicy", "/DisplayName", "/KmsMasterKeyId"},
		named: func(_ context.Context, c *call, n creation) (string, error) {
			return c.arn("sns", topicName(n)), nil
		},
		exists: func(ctx context.Context, c *call) error {
			_, err := sns.NewFromConfig(c.cfg).GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			attributes := with(n.props, props{"TopicName": nil})
			if attributes["FifoTopic"] == false {
				delete(attributes, "FifoTopic") // SNS takes it as true only
			}
			if err := known(attributes, append([]string{"/FifoTopic"}, topicAttributes...)); err != nil {
				return "", err
			}
			out, err := send(ctx, sns.NewFromConfig(c.cfg).CreateTopic, props{"Name": topicName(n), "Attributes": attributes, "Tags": tagList(n.tags)})
			if err != nil {
				return "", err
			}
			return sdk.ToString(out.TopicArn), nil
		},
		update: func(ctx context.Context, c *call, u update) error {
			var b batch
			for _, pointer := range topicAttributes {
				name := pointer[1:]
				if !u.has(name) {
					continue
				}
				value := u.after[name]
				if value == nil {
					value = "" // which SNS takes for none
				}
				add(&b, sns.NewFromConfig(c.cfg).SetTopicAttributes, props{"TopicArn": c.ref.ID, "AttributeName": name, "AttributeValue": value})
			}
			return b.send(ctx)
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, sns.NewFromConfig(c.cfg).TagResource, props{"ResourceArn": c.ref.ID, "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, sns.NewFromConfig(c.cfg).UntagResource, props{"ResourceArn": c.ref.ID, "TagKeys": keys})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, sns.NewFromConfig(c.cfg).DeleteTopic, props{"TopicArn": c.ref.ID})
			return err
		},
	})
}

var topicAttributes = []string{
	"/ArchivePolicy", "/ContentBasedDeduplication", "/DisplayName", "/FifoThroughputScope", "/KmsMasterKeyId", "/SignatureVersion", "/TracingConfig",
}

func topicName(n creation) string {
	name := n.nameOf("TopicName")
	if n.props["FifoTopic"] == true && text(n.props, "TopicName") == "" {
		name += ".fifo"
	}
	return name
}

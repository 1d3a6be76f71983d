package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

func init() {
	register(Reader{
		Type: "AWS::SNS::Topic",
		Calls: map[string]string{
			"SNS.ListTopics":               "sns:ListTopics",
			"SNS.GetTopicAttributes":       "sns:GetTopicAttributes",
			"SNS.ListSubscriptionsByTopic": "sns:ListSubscriptionsByTopic",
			"SNS.ListTagsForResource":      "sns:ListTagsForResource",
		},
		Reads:    append([]string{"/Subscription", "/Tags", "/TopicArn", "/TopicName"}, topicAttributes...),
		BulkTags: "sns",
		list:     listTopics,
	})
}

// topicAttributes are the properties that stand among a topic's attributes.
var topicAttributes = []string{
	"/ArchivePolicy", "/ContentBasedDeduplication", "/DisplayName", "/FifoThroughputScope", "/FifoTopic",
	"/KmsMasterKeyId", "/SignatureVersion", "/TracingConfig",
}

func listTopics(ctx context.Context, c *cell) error {
	client := sns.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListTopics(ctx, &sns.ListTopicsInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.Topics))
		each(out.Topics, func(t types.Topic) { c.topic(ctx, client, sdk.ToString(t.TopicArn)) })
		return len(out.Topics), out.NextToken, nil
	})
}

func (c *cell) topic(ctx context.Context, client *sns.Client, arn string) {
	it := c.item(arn, arn)
	it.set("TopicArn", arn)
	it.set("TopicName", arn[strings.LastIndexByte(arn, ':')+1:])

	out, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &arn})
	if gone(err, "NotFound", "NotFoundException") {
		return
	}
	if it.read(err, topicAttributes...) {
		it.merge(out.Attributes, nil)
		if policy, ok := out.Attributes["ArchivePolicy"]; ok {
			it.set("ArchivePolicy", document(&policy, false))
		}
		if it.props["DisplayName"] == "" {
			delete(it.props, "DisplayName") // an empty text means none
		}
	}

	var subscriptions []map[string]any
	err = pages(func(token *string) (int, *string, error) {
		out, err := client.ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{TopicArn: &arn, NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		for _, s := range out.Subscriptions {
			subscriptions = append(subscriptions, map[string]any{"Protocol": s.Protocol, "Endpoint": s.Endpoint})
		}
		return len(out.Subscriptions), out.NextToken, nil
	})
	if it.read(unless(err, "NotFound", "NotFoundException"), "/Subscription") {
		it.set("Subscription", subscriptions)
	}
	if !it.taggedInBulk() {
		tags, err := client.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: &arn})
		if gone(err, "NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException") {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(tags.Tags)
		}
	}
	c.emit(it)
}

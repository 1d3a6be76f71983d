package aws

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

func init() {
	register(Reader{
		Type: "AWS::SNS::TopicPolicy",
		Calls: map[string]string{
			"SNS.ListTopics":         "sns:ListTopics",
			"SNS.GetTopicAttributes": "sns:GetTopicAttributes",
		},
		Reads: []string{"/Id", "/PolicyDocument", "/Topics"},
		list:  listTopicPolicies,
	})
}

// listTopicPolicies emits one policy for each topic, under the topic's ARN: CloudFormation
// writes one policy to several topics, but what lives is a copy in each. Where a policy
// cannot be read, only the gap says so.
func listTopicPolicies(ctx context.Context, c *cell) error {
	client := sns.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListTopics(ctx, &sns.ListTopicsInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		each(out.Topics, func(t types.Topic) {
			attributes, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: t.TopicArn})
			switch {
			case gone(err, "NotFound", "NotFoundException"):
			case err != nil:
				c.fault(err, sdk.ToString(t.TopicArn))
			default:
				c.topicPolicy(sdk.ToString(t.TopicArn), attributes.Attributes["Policy"])
			}
		})
		return len(out.Topics), out.NextToken, nil
	})
}

func (c *cell) topicPolicy(topic, text string) {
	if text == "" {
		return
	}
	policy, ok := document(&text, false).(map[string]any)
	if !ok {
		c.fault(fmt.Errorf("SNS.GetTopicAttributes: %w: the policy is no JSON object", errAnswer), topic)
		return
	}
	it := c.item(topic, "")
	it.set("Id", topic)
	it.set("Topics", []string{topic})
	it.set("PolicyDocument", policy)
	it.tag(nil) // a policy cannot have tags
	if policy["Id"] == "__default_policy_ID" {
		it.Foreign = "default policy that came with its topic"
	}
	c.emit(it)
}

package aws

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func init() {
	register(Reader{
		Type: "AWS::SQS::QueuePolicy",
		Calls: map[string]string{
			"SQS.ListQueues":         "sqs:ListQueues",
			"SQS.GetQueueAttributes": "sqs:GetQueueAttributes",
		},
		Reads: []string{"/Id", "/PolicyDocument", "/Queues"},
		list:  listQueuePolicies,
	})
}

// listQueuePolicies emits a policy for each queue that has one, under the queue's URL:
// CloudFormation writes one policy to several queues, but what lives is a copy in each.
// Where a policy cannot be read, only the gap says so.
func listQueuePolicies(ctx context.Context, c *cell) error {
	client := sqs.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListQueues(ctx, &sqs.ListQueuesInput{NextToken: token, MaxResults: sdk.Int32(1000)})
		if err != nil {
			return 0, nil, err
		}
		each(out.QueueUrls, func(url string) {
			attributes, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
				QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNamePolicy},
			})
			switch {
			case gone(err, "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"):
			case err != nil:
				c.fault(err, url)
			default:
				c.queuePolicy(url, attributes.Attributes["Policy"])
			}
		})
		return len(out.QueueUrls), out.NextToken, nil
	})
}

func (c *cell) queuePolicy(url, text string) {
	if text == "" {
		return
	}
	policy, ok := document(&text, false).(map[string]any)
	if !ok {
		c.fault(fmt.Errorf("SQS.GetQueueAttributes: %w: the policy is no JSON object", errAnswer), url)
		return
	}
	it := c.item(url, "")
	it.set("Id", url)
	it.set("Queues", []string{url})
	it.set("PolicyDocument", policy)
	it.tag(nil) // a policy cannot have tags
	c.emit(it)
}

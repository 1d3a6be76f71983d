package aws

import (
	"context"
	"strconv"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func init() {
	register(Reader{
		Type: "AWS::SQS::Queue",
		Calls: map[string]string{
			"SQS.ListQueues":         "sqs:ListQueues",
			"SQS.GetQueueAttributes": "sqs:GetQueueAttributes",
			"SQS.ListQueueTags":      "sqs:ListQueueTags",
		},
		Reads:    append([]string{"/QueueName", "/QueueUrl", "/Tags"}, queueAttributes...),
		BulkTags: "sqs",
		list:     listQueues,
	})
}

// queueAttributes are the properties that stand among a queue's attributes.
var queueAttributes = []string{
	"/Arn", "/ContentBasedDeduplication", "/DeduplicationScope", "/DelaySeconds", "/FifoQueue", "/FifoThroughputLimit",
	"/KmsDataKeyReusePeriodSeconds", "/KmsMasterKeyId", "/MaximumMessageSize", "/MessageRetentionPeriod",
	"/ReceiveMessageWaitTimeSeconds", "/RedriveAllowPolicy", "/RedrivePolicy", "/SqsManagedSseEnabled", "/VisibilityTimeout",
}

func listQueues(ctx context.Context, c *cell) error {
	client := sqs.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		// SQS gives a token for the rest only when a page size is asked for.
		out, err := client.ListQueues(ctx, &sqs.ListQueuesInput{NextToken: token, MaxResults: sdk.Int32(1000)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.QueueUrls))
		each(out.QueueUrls, func(url string) { c.queue(ctx, client, url) })
		return len(out.QueueUrls), out.NextToken, nil
	})
}

func (c *cell) queue(ctx context.Context, client *sqs.Client, url string) {
	name := url[strings.LastIndexByte(url, '/')+1:]
	it := c.item(url, c.arn("sqs", name))
	it.set("QueueUrl", url)
	it.set("QueueName", name)
	const notThere = "AWS.SimpleQueueService.NonExistentQueue"

	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if gone(err, notThere, "QueueDoesNotExist") {
		return
	}
	if it.read(err, queueAttributes...) {
		it.merge(out.Attributes, map[string]string{"QueueArn": "Arn"})
		for _, name := range []string{"RedrivePolicy", "RedriveAllowPolicy"} {
			if policy, ok := out.Attributes[name]; ok {
				it.set(name, document(&policy, false))
			}
		}
		if seconds, err := strconv.ParseInt(out.Attributes["CreatedTimestamp"], 10, 64); err == nil {
			it.Created = time.Unix(seconds, 0).UTC()
		}
	}
	if !it.taggedInBulk() {
		tags, err := client.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: &url})
		if gone(err, notThere, "QueueDoesNotExist") {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(tags.Tags)
		}
	}
	c.emit(it)
}

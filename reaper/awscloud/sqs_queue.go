package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type:     "AWS::SQS::Queue",
		Tags:     map[string]string{"SQS.TagQueue": "sqs:TagQueue", "SQS.UntagQueue": "sqs:UntagQueue"},
		Repairs:  map[string]string{"SQS.CreateQueue": "sqs:CreateQueue sqs:TagQueue", "SQS.SetQueueAttributes": "sqs:SetQueueAttributes"},
		Reaps:    map[string]string{"SQS.DeleteQueue": "sqs:DeleteQueue"},
		Reads:    map[string]string{"SQS.GetQueueUrl": "sqs:GetQueueUrl"},
		NotFound: []string{"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"},
		Updates:  queueAttributes,
		Removes:  []string{"/KmsMasterKeyId", "/RedriveAllowPolicy", "/RedrivePolicy"},
		named: func(ctx context.Context, c *call, n creation) (string, error) {
			out, err := sqs.NewFromConfig(c.cfg).GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: sdk.String(queueName(n))})
			if err != nil {
				return "", unless(err, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
			}
			return sdk.ToString(out.QueueUrl), nil
		},
		exists: func(ctx context.Context, c *call) error {
			_, err := sqs.NewFromConfig(c.cfg).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			attributes := with(n.props, props{"QueueName": nil})
			if attributes["FifoQueue"] == false {
				delete(attributes, "FifoQueue") // SQS takes it as true only
			}
			if err := known(attributes, append([]string{"/FifoQueue"}, queueAttributes...)); err != nil {
				return "", err
			}
			out, err := send(ctx, sqs.NewFromConfig(c.cfg).CreateQueue, props{"QueueName": queueName(n), "Attributes": attributes, "Tags": n.tags})
			if err != nil {
				return "", err
			}
			return sdk.ToString(out.QueueUrl), nil
		},
		update: func(ctx context.Context, c *call, u update) error {
			attributes := u.changed()
			for _, name := range []string{"KmsMasterKeyId", "RedriveAllowPolicy", "RedrivePolicy"} {
				if _, stays := u.after[name]; u.has(name) && !stays {
					attributes[name] = "" // takes it away
				}
			}
			_, err := send(ctx, sqs.NewFromConfig(c.cfg).SetQueueAttributes, props{"QueueUrl": c.ref.ID, "Attributes": attributes})
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, sqs.NewFromConfig(c.cfg).TagQueue, props{"QueueUrl": c.ref.ID, "Tags": tags})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, sqs.NewFromConfig(c.cfg).UntagQueue, props{"QueueUrl": c.ref.ID, "TagKeys": keys})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, sqs.NewFromConfig(c.cfg).DeleteQueue, props{"QueueUrl": c.ref.ID})
			return err
		},
	})
}

var queueAttributes = []string{
	"/ContentBasedDeduplication", "/DeduplicationScope", "/DelaySeconds", "/FifoThroughputLimit", "/KmsDataKeyReusePeriodSeconds",
	"/KmsMasterKeyId", "/MaximumMessageSize", "/MessageRetentionPeriod", "/ReceiveMessageWaitTimeSeconds", "/RedriveAllowPolicy",
	"/RedrivePolicy", "/SqsManagedSseEnabled", "/VisibilityTimeout",
}

func queueName(n creation) string {
	name := n.nameOf("QueueName")
	if n.props["FifoQueue"] == true && text(n.props, "QueueName") == "" {
		name += ".fifo"
	}
	return name
}

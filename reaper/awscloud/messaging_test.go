package awscloud

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// queue returns a queue for others to refer to.
func (w *world) queue() *inventory.Resource {
	return w.need("AWS::SQS::Queue", "", inventory.Properties{"QueueName": "jobs"})
}

func init() {
	team := []any{map[string]any{"Key": "team", "Value": "shop"}}
	try(fixture{
		typ: "AWS::SQS::Queue",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"QueueName": "orders", "DelaySeconds": int64(5), "VisibilityTimeout": int64(60), "Tags": team,
				"RedrivePolicy": map[string]any{"deadLetterTargetArn": w.queue().Properties["Arn"], "maxReceiveCount": int64(3)},
			}
		},
		patches: []plan.Change{
			set("/DelaySeconds", int64(7)), set("/MessageRetentionPeriod", int64(3600)),
			set("/RedrivePolicy/maxReceiveCount", int64(9)),
		},
		also: func(t *testing.T, w *world, live *inventory.Resource) { // SQS ends its own encryption with it
			_, err := w.c.Update(context.Background(), live, []plan.Change{set("/KmsMasterKeyId", "alias/aws/sqs")})
			require.NoError(t, err)
			assert.Equal(t, "alias/aws/sqs", w.observe(live.Ref).Properties["KmsMasterKeyId"])
		},
	})
	try(fixture{
		typ: "AWS::SNS::Topic",
		props: func(*world) inventory.Properties {
			return inventory.Properties{"TopicName": "orders", "DisplayName": "Orders", "Tags": team}
		},
		patches: []plan.Change{set("/DisplayName", "All orders"), set("/DisplayName", nil), set("/KmsMasterKeyId", "alias/aws/sns")},
	})
	try(fixture{
		typ: "AWS::Events::Rule",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"Name": "started", "Description": "of instances", "State": "ENABLED", "EventPattern": map[string]any{"source": []any{"aws.ec2"}},
				"Targets": []any{map[string]any{"Id": "jobs", "Arn": w.queue().Properties["Arn"]}},
			}
		},
		patches: []plan.Change{
			set("/State", "DISABLED"), set("/State", "ENABLED"), set("/Description", "of all instances"),
			set("/Targets", []any{map[string]any{"Id": "other", "Arn": "arn:aws:sqs:eu-west-1:123456789012:jobs"}}),
		},
	})
	try(fixture{
		typ: "AWS::CloudWatch::Alarm",
		props: func(*world) inventory.Properties {
			return inventory.Properties{
				"AlarmName": "backlog", "Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible", "Statistic": "Average",
				"Period": int64(60), "EvaluationPeriods": int64(2), "Threshold": int64(5), "ComparisonOperator": "GreaterThanThreshold",
				"Dimensions": []any{map[string]any{"Name": "QueueName", "Value": "orders"}}, "Tags": team,
			}
		},
		patches: []plan.Change{set("/Threshold", 6.5), set("/AlarmActions", []any{"arn:aws:sns:eu-west-1:123456789012:orders"}), set("/AlarmDescription", "too many")},
	})
	try(fixture{
		typ: "AWS::Logs::LogGroup",
		props: func(*world) inventory.Properties {
			return inventory.Properties{"LogGroupName": "/shop/orders", "RetentionInDays": int64(7), "Tags": team}
		},
		patches: []plan.Change{
			set("/RetentionInDays", int64(14)), set("/RetentionInDays", nil),
		},
		notRun: map[string]string{
			"CloudWatch Logs.PutLogGroupDeletionProtection": "the emulator does not know it",
			"CloudWatch Logs.AssociateKmsKey":               "the emulator does not know it",
			"CloudWatch Logs.DisassociateKmsKey":            "the emulator does not know it",
		},
	})
}

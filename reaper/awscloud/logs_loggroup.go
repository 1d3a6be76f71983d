package awscloud

import (
	"context"

	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type: "AWS::Logs::LogGroup",
		Tags: map[string]string{"CloudWatch Logs.TagResource": "logs:TagResource", "CloudWatch Logs.UntagResource": "logs:UntagResource"},
		Repairs: map[string]string{
			"CloudWatch Logs.CreateLogGroup": "logs:CreateLogGroup logs:TagResource", "CloudWatch Logs.PutRetentionPolicy": "logs:PutRetentionPolicy",
			"CloudWatch Logs.DeleteRetentionPolicy": "logs:DeleteRetentionPolicy", "CloudWatch Logs.AssociateKmsKey": "logs:AssociateKmsKey",
			"CloudWatch Logs.DisassociateKmsKey":            "logs:DisassociateKmsKey",
			"CloudWatch Logs.PutLogGroupDeletionProtection": "logs:PutLogGroupDeletionProtection",
		},
		Reaps:    map[string]string{"CloudWatch Logs.DeleteLogGroup": "logs:DeleteLogGroup"},
		Reads:    map[string]string{"CloudWatch Logs.DescribeLogStreams": "logs:DescribeLogStreams"},
		NotFound: []string{"ResourceNotFoundException"},
		Updates:  []string{"/DeletionProtectionEnabled", "/KmsKeyId", "/RetentionInDays"},
		Removes:  []string{"/KmsKeyId", "/RetentionInDays"},
		Later:    []string{"RetentionInDays"},
		named:    byName("LogGroupName"),
		exists: func(ctx context.Context, c *call) error { // the listing only knows prefixes of names
			_, err := send(ctx, logs.NewFromConfig(c.cfg).DescribeLogStreams, props{"LogGroupName": c.ref.ID, "Limit": int64(1)})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := n.nameOf("LogGroupName")
			_, err := send(ctx, logs.NewFromConfig(c.cfg).CreateLogGroup, with(n.props, props{"LogGroupName": name, "Tags": n.tags}))
			return name, err
		},
		update: func(ctx context.Context, c *call, u update) error {
			client := logs.NewFromConfig(c.cfg)
			group := props{"LogGroupName": c.ref.ID}
			var b batch
			switch {
			case !u.has("RetentionInDays"):
			case u.after["RetentionInDays"] == nil:
				add(&b, client.DeleteRetentionPolicy, group)
			default:
				add(&b, client.PutRetentionPolicy, with(group, only(u.after, "RetentionInDays")))
			}
			switch {
			case !u.has("KmsKeyId"):
			case u.after["KmsKeyId"] == nil:
				add(&b, client.DisassociateKmsKey, group)
			default:
				add(&b, client.AssociateKmsKey, with(group, only(u.after, "KmsKeyId")))
			}
			if u.has("DeletionProtectionEnabled") {
				add(&b, client.PutLogGroupDeletionProtection, props{
					"LogGroupIdentifier": c.ref.ID, "DeletionProtectionEnabled": u.after["DeletionProtectionEnabled"],
				})
			}
			return b.send(ctx)
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, logs.NewFromConfig(c.cfg).TagResource, props{"ResourceArn": c.logGroup(), "Tags": tags})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, logs.NewFromConfig(c.cfg).UntagResource, props{"ResourceArn": c.logGroup(), "TagKeys": keys})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, logs.NewFromConfig(c.cfg).DeleteLogGroup, props{"LogGroupName": c.ref.ID})
			return err
		},
	})
}

// logGroup is the ARN of the log group in the form that is tagged.
func (c *call) logGroup() string { return c.arn("logs", "log-group:"+c.ref.ID) }

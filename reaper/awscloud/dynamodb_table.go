package awscloud

import (
	"context"
	"fmt"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type: "AWS::DynamoDB::Table",
		Tags: map[string]string{"DynamoDB.TagResource": "dynamodb:TagResource", "DynamoDB.UntagResource": "dynamodb:UntagResource"},
		Repairs: map[string]string{
			"DynamoDB.CreateTable":             "dynamodb:CreateTable dynamodb:TagResource",
			"DynamoDB.UpdateTable":             "dynamodb:UpdateTable",
			"DynamoDB.UpdateTimeToLive":        "dynamodb:UpdateTimeToLive",
			"DynamoDB.UpdateContinuousBackups": "dynamodb:UpdateContinuousBackups",
		},
		Reaps:    map[string]string{"DynamoDB.DeleteTable": "dynamodb:DeleteTable"},
		NotFound: []string{"ResourceNotFoundException", "TableNotFoundException"},
		Updates: []string{
			"/BillingMode", "/DeletionProtectionEnabled", "/OnDemandThroughput", "/PointInTimeRecoverySpecification", "/ProvisionedThroughput",
			"/SSESpecification", "/StreamSpecification", "/TableClass", "/TimeToLiveSpecification",
		},
		Removes: []string{"/PointInTimeRecoverySpecification", "/SSESpecification", "/StreamSpecification", "/TimeToLiveSpecification"},
		Later:   []string{"PointInTimeRecoverySpecification", "TimeToLiveSpecification"},
		named:   byName("TableName"),
		exists: func(ctx context.Context, c *call) error {
			_, err := dynamodb.NewFromConfig(c.cfg).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := n.nameOf("TableName")
			_, err := send(ctx, dynamodb.NewFromConfig(c.cfg).CreateTable, tableMembers(with(n.props, props{"TableName": name, "Tags": tagList(n.tags)})))
			return name, err
		},
		update: updateTable,
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, dynamodb.NewFromConfig(c.cfg).TagResource, props{"ResourceArn": c.arn("dynamodb", "table/"+c.ref.ID), "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, dynamodb.NewFromConfig(c.cfg).UntagResource, props{"ResourceArn": c.arn("dynamodb", "table/"+c.ref.ID), "TagKeys": keys})
			return err
		},
		backup: &backup{ // which cannot have tags
			typ: "PCF::DynamoDB::Backup",
			calls: map[string]string{
				"DynamoDB.CreateBackup": "dynamodb:CreateBackup", "DynamoDB.ListBackups": "dynamodb:ListBackups", "DynamoDB.DescribeBackup": "dynamodb:DescribeBackup",
			},
			notFound: []string{"BackupNotFoundException"},
			begin:    beginTableBackup,
			look: func(ctx context.Context, c *call) (string, *time.Time, error) {
				out, err := dynamodb.NewFromConfig(c.cfg).DescribeBackup(ctx, &dynamodb.DescribeBackupInput{BackupArn: &c.ref.ID})
				if err == nil && (out.BackupDescription == nil || out.BackupDescription.BackupDetails == nil) {
					err = reaper.ErrNotFound
				}
				if err != nil {
					return "", nil, err
				}
				details := out.BackupDescription.BackupDetails
				return string(details.BackupStatus), details.BackupCreationDateTime, nil
			},
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, dynamodb.NewFromConfig(c.cfg).DeleteTable, props{"TableName": c.ref.ID})
			return err
		},
	})
}

func updateTable(ctx context.Context, c *call, u update) error {
	client := dynamodb.NewFromConfig(c.cfg)
	var b batch
	table := with(u.changed(), props{"PointInTimeRecoverySpecification": nil, "TimeToLiveSpecification": nil})
	if u.has("StreamSpecification") && u.after["StreamSpecification"] == nil {
		table["StreamSpecification"] = props{"StreamEnabled": false}
	}
	if u.has("SSESpecification") && u.after["SSESpecification"] == nil {
		table["SSESpecification"] = props{"SSEEnabled": false}
	}
	if table["BillingMode"] == "PROVISIONED" { // DynamoDB wants to hear both in one call
		table = with(table, only(u.after, "ProvisionedThroughput"))
	}
	if len(table) > 0 {
		add(&b, client.UpdateTable, tableMembers(with(table, props{"TableName": c.ref.ID})))
	}
	if u.has("TimeToLiveSpecification") {
		ttl := object(u.after, "TimeToLiveSpecification")
		if ttl == nil { // to end it, DynamoDB wants to hear the attribute again
			ttl = with(object(u.live.Properties, "TimeToLiveSpecification"), props{"Enabled": false})
		}
		add(&b, client.UpdateTimeToLive, props{"TableName": c.ref.ID, "TimeToLiveSpecification": ttl})
	}
	if u.has("PointInTimeRecoverySpecification") {
		recovery := u.after["PointInTimeRecoverySpecification"]
		if recovery == nil {
			recovery = props{"PointInTimeRecoveryEnabled": false}
		}
		add(&b, client.UpdateContinuousBackups, props{"TableName": c.ref.ID, "PointInTimeRecoverySpecification": recovery})
	}
	// Until a table is made, and after each change of it, DynamoDB takes no other one.
	return tooEarly(b.send(ctx), "ResourceInUseException", "ContinuousBackupsUnavailableException")
}

// tableMembers gives two members the service's form.
func tableMembers(members props) props {
	out := with(members, nil)
	if sse := object(members, "SSESpecification"); sse != nil {
		out["SSESpecification"] = with(sse, props{"SSEEnabled": nil, "Enabled": sse["SSEEnabled"]})
	}
	if stream := object(members, "StreamSpecification"); stream["StreamViewType"] != nil {
		out["StreamSpecification"] = with(stream, props{"StreamEnabled": true})
	}
	return out
}

// beginTableBackup begins a backup on demand. Names of backups may be taken twice: what an
// earlier try began is looked for first.
func beginTableBackup(ctx context.Context, c *call, name string) (string, error) {
	const pages = 100
	client := dynamodb.NewFromConfig(c.cfg)
	var from *string
	for range pages {
		list, err := client.ListBackups(ctx, &dynamodb.ListBackupsInput{TableName: &c.ref.ID, ExclusiveStartBackupArn: from})
		if err != nil {
			return "", err
		}
		for _, b := range list.BackupSummaries {
			if sdk.ToString(b.BackupName) == name {
				return sdk.ToString(b.BackupArn), nil
			}
		}
		if from = list.LastEvaluatedBackupArn; from != nil {
			continue
		}
		out, err := client.CreateBackup(ctx, &dynamodb.CreateBackupInput{TableName: &c.ref.ID, BackupName: &name})
		if err != nil || out.BackupDetails == nil {
			return "", err
		}
		return sdk.ToString(out.BackupDetails.BackupArn), nil
	}
	return "", fmt.Errorf("%w: the table has more backups than are looked at", reaper.ErrUnavailable)
}

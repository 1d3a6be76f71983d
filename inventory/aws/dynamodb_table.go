package aws

import (
	"cmp"
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func init() {
	register(Reader{
		Type: "AWS::DynamoDB::Table",
		Calls: map[string]string{
			"DynamoDB.ListTables":                "dynamodb:ListTables",
			"DynamoDB.DescribeTable":             "dynamodb:DescribeTable",
			"DynamoDB.DescribeContinuousBackups": "dynamodb:DescribeContinuousBackups",
			"DynamoDB.DescribeTimeToLive":        "dynamodb:DescribeTimeToLive",
			"DynamoDB.ListTagsOfResource":        "dynamodb:ListTagsOfResource",
		},
		Reads:    append([]string{"/PointInTimeRecoverySpecification", "/Tags", "/TimeToLiveSpecification"}, describedTable...),
		BulkTags: "dynamodb:table",
		list:     listTables,
	})
}

// describedTable is what the description of a table tells.
var describedTable = []string{
	"/Arn", "/AttributeDefinitions", "/BillingMode", "/DeletionProtectionEnabled",
	"/GlobalSecondaryIndexes/*/IndexName", "/GlobalSecondaryIndexes/*/KeySchema", "/GlobalSecondaryIndexes/*/OnDemandThroughput",
	"/GlobalSecondaryIndexes/*/Projection", "/GlobalSecondaryIndexes/*/ProvisionedThroughput", "/GlobalSecondaryIndexes/*/WarmThroughput",
	"/KeySchema", "/LocalSecondaryIndexes", "/OnDemandThroughput", "/ProvisionedThroughput", "/SSESpecification",
	"/StreamArn", "/StreamSpecification/StreamViewType", "/TableClass", "/TableName", "/WarmThroughput",
}

func listTables(ctx context.Context, c *cell) error {
	client := dynamodb.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListTables(ctx, &dynamodb.ListTablesInput{ExclusiveStartTableName: token})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.TableNames))
		each(out.TableNames, func(name string) { c.table(ctx, client, name) })
		return len(out.TableNames), out.LastEvaluatedTableName, nil
	})
}

func (c *cell) table(ctx context.Context, client *dynamodb.Client, name string) {
	it := c.item(name, c.arn("dynamodb", "table/"+name))
	it.set("TableName", name)
	it.set("Arn", it.ARN)

	described, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if gone(err, "ResourceNotFoundException") {
		return
	}
	if it.read(err, describedTable...) && described.Table != nil {
		c.describedTable(it, described.Table)
	}

	backups, err := client.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &name})
	if it.read(err, "/PointInTimeRecoverySpecification") && backups.ContinuousBackupsDescription != nil {
		if p := backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription; p != nil {
			it.set("PointInTimeRecoverySpecification", map[string]any{
				"PointInTimeRecoveryEnabled": p.PointInTimeRecoveryStatus == types.PointInTimeRecoveryStatusEnabled,
				"RecoveryPeriodInDays":       p.RecoveryPeriodInDays,
			})
		}
	}

	ttl, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	if it.read(err, "/TimeToLiveSpecification") && ttl.TimeToLiveDescription != nil {
		d := ttl.TimeToLiveDescription
		if d.TimeToLiveStatus == types.TimeToLiveStatusEnabled || d.TimeToLiveStatus == types.TimeToLiveStatusEnabling {
			it.set("TimeToLiveSpecification", map[string]any{"Enabled": true, "AttributeName": d.AttributeName})
		}
	}

	if !it.taggedInBulk() {
		var tags []types.Tag
		err := pages(func(token *string) (int, *string, error) {
			out, err := client.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: &it.ARN, NextToken: token})
			if err != nil {
				return 0, nil, err
			}
			tags = append(tags, out.Tags...)
			return len(out.Tags), out.NextToken, nil
		})
		if it.read(err, "/Tags") {
			it.tag(tags)
		}
	}
	c.emit(it)
}

func (c *cell) describedTable(it *item, t *types.TableDescription) {
	it.merge(t, map[string]string{"TableArn": "Arn"})
	it.ARN = cmp.Or(sdk.ToString(t.TableArn), it.ARN)
	it.State = string(t.TableStatus)
	it.created(t.CreationDateTime)

	// DynamoDB says nothing where its defaults hold.
	billing, class := types.BillingModeProvisioned, types.TableClassStandard
	if t.BillingModeSummary != nil {
		billing = cmp.Or(t.BillingModeSummary.BillingMode, billing)
	}
	if t.TableClassSummary != nil {
		class = cmp.Or(t.TableClassSummary.TableClass, class)
	}
	it.set("BillingMode", billing)
	it.set("TableClass", class)
	if billing == types.BillingModePayPerRequest {
		// It shows a throughput of zero then, which nobody may declare.
		delete(it.props, "ProvisionedThroughput")
		indexes, _ := it.props["GlobalSecondaryIndexes"].([]any)
		for _, index := range indexes {
			if index, ok := index.(map[string]any); ok {
				delete(index, "ProvisionedThroughput")
			}
		}
	}
	if s := t.SSEDescription; s != nil {
		it.set("SSESpecification", map[string]any{
			"SSEEnabled": s.Status == types.SSEStatusEnabled || s.Status == types.SSEStatusUpdating || s.Status == types.SSEStatusEnabling,
			"SSEType":    s.SSEType, "KMSMasterKeyId": s.KMSMasterKeyArn,
		})
	}
	if s := t.StreamSpecification; s != nil && sdk.ToBool(s.StreamEnabled) {
		it.set("StreamArn", t.LatestStreamArn)
	} else {
		delete(it.props, "StreamSpecification")
	}
}

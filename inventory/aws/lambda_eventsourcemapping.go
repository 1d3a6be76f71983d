package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func init() {
	register(Reader{
		Type: "AWS::Lambda::EventSourceMapping",
		Calls: map[string]string{
			"Lambda.ListEventSourceMappings": "lambda:ListEventSourceMappings",
			"Lambda.ListTags":                "lambda:ListTags",
		},
		Reads: []string{
			"/AmazonManagedKafkaEventSourceConfig", "/BatchSize", "/BisectBatchOnFunctionError", "/DestinationConfig",
			"/DocumentDBEventSourceConfig", "/Enabled", "/EventSourceArn", "/EventSourceMappingArn", "/FilterCriteria",
			"/FunctionName", "/FunctionResponseTypes", "/Id", "/KmsKeyArn", "/LoggingConfig", "/MaximumBatchingWindowInSeconds",
			"/MaximumRecordAgeInSeconds", "/MaximumRetryAttempts", "/MetricsConfig", "/ParallelizationFactor",
			"/ProvisionedPollerConfig", "/Queues", "/ScalingConfig", "/SelfManagedEventSource",
			"/SelfManagedKafkaEventSourceConfig", "/SourceAccessConfigurations", "/StartingPosition",
			"/StartingPositionTimestamp", "/Tags", "/Topics", "/TumblingWindowInSeconds",
		},
		BulkTags: "lambda:event-source-mapping",
		list:     listEventSourceMappings,
	})
}

func listEventSourceMappings(ctx context.Context, c *cell) error {
	client := lambda.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{Marker: token})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.EventSourceMappings))
		each(out.EventSourceMappings, func(m types.EventSourceMappingConfiguration) { c.eventSourceMapping(ctx, client, m) })
		return len(out.EventSourceMappings), out.NextMarker, nil
	})
}

func (c *cell) eventSourceMapping(ctx context.Context, client *lambda.Client, m types.EventSourceMappingConfiguration) {
	id := sdk.ToString(m.UUID)
	it := c.item(id, c.arn("lambda", "event-source-mapping:"+id))
	if m.EventSourceMappingArn != nil {
		it.ARN = *m.EventSourceMappingArn
	}
	it.merge(m, map[string]string{"UUID": "Id", "FunctionArn": "FunctionName", "KMSKeyArn": "KmsKeyArn"})
	it.set("EventSourceMappingArn", it.ARN)
	if m.StartingPositionTimestamp != nil {
		it.set("StartingPositionTimestamp", m.StartingPositionTimestamp.Unix()) // seconds in CloudFormation
	}
	if e := m.SelfManagedEventSource; e != nil {
		servers := e.Endpoints[string(types.EndPointTypeKafkaBootstrapServers)]
		it.set("SelfManagedEventSource", map[string]any{"Endpoints": map[string]any{"KafkaBootstrapServers": servers}})
	}
	it.State = sdk.ToString(m.State)
	switch it.State {
	case "Enabled", "Enabling":
		it.set("Enabled", true)
	case "Disabled", "Disabling":
		it.set("Enabled", false)
	default: // on its way to either
		it.Unread = append(it.Unread[:len(it.Unread):len(it.Unread)], "/Enabled")
	}
	if e := m.FilterCriteriaError; e != nil {
		// Lambda may not decrypt the filters for this caller.
		it.read(&deniedError{"read the filter criteria", sdk.ToString(e.ErrorCode)}, "/FilterCriteria")
		delete(it.props, "FilterCriteria")
	}
	if !it.taggedInBulk() {
		tags, err := client.ListTags(ctx, &lambda.ListTagsInput{Resource: &it.ARN})
		if gone(err, "ResourceNotFoundException") {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(tags.Tags)
		}
	}
	c.emit(it)
}

package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func init() {
	register(Reader{
		Type: "AWS::Kinesis::Stream",
		Calls: map[string]string{
			"Kinesis.ListStreams":           "kinesis:ListStreams",
			"Kinesis.DescribeStreamSummary": "kinesis:DescribeStreamSummary",
			"Kinesis.ListTagsForStream":     "kinesis:ListTagsForStream",
		},
		Reads:    append([]string{"/Arn", "/Name", "/Tags"}, describedStream...),
		BulkTags: "kinesis:stream",
		list:     listStreams,
	})
}

// describedStream is what the description of a stream tells.
var describedStream = []string{
	"/DesiredShardLevelMetrics", "/MaxRecordSizeInKiB", "/RetentionPeriodHours", "/ShardCount", "/StreamEncryption",
	"/StreamModeDetails", "/WarmThroughputObject",
}

func listStreams(ctx context.Context, c *cell) error {
	client := kinesis.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListStreams(ctx, &kinesis.ListStreamsInput{NextToken: token, Limit: sdk.Int32(1000)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.StreamNames))
		each(out.StreamNames, func(name string) { c.stream(ctx, client, name) })
		next, err := marker(sdk.ToBool(out.HasMoreStreams) || sdk.ToString(out.NextToken) != "", out.NextToken)
		return len(out.StreamNames), next, err
	})
}

func (c *cell) stream(ctx context.Context, client *kinesis.Client, name string) {
	const notFound = "ResourceNotFoundException"
	it := c.item(name, c.arn("kinesis", "stream/"+name))
	it.set("Name", name)
	it.set("Arn", it.ARN)
	out, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &name})
	if gone(err, notFound) {
		return
	}
	if it.read(notEmpty(err, "Kinesis.DescribeStreamSummary", out != nil && out.StreamDescriptionSummary != nil), describedStream...) {
		it.describedStream(out.StreamDescriptionSummary)
	}
	if !it.taggedInBulk() {
		var tags []types.Tag
		err := pages(func(token *string) (int, *string, error) {
			out, err := client.ListTagsForStream(ctx, &kinesis.ListTagsForStreamInput{StreamName: &name, ExclusiveStartTagKey: token})
			if err != nil {
				return 0, nil, err
			}
			tags = append(tags, out.Tags...)
			next, err := marker(sdk.ToBool(out.HasMoreTags), lastKey(out.Tags, func(t types.Tag) *string { return t.Key }))
			return len(out.Tags), next, err
		})
		if gone(err, notFound) {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(tags)
		}
	}
	c.emit(it)
}

func (it *item) describedStream(s *types.StreamDescriptionSummary) {
	it.merge(s, map[string]string{"WarmThroughput": "WarmThroughputObject"})
	if s.StreamModeDetails == nil || s.StreamModeDetails.StreamMode != types.StreamModeOnDemand {
		it.set("ShardCount", s.OpenShardCount) // on demand, the number is Kinesis's own, and nobody may declare it
	}
	if s.EncryptionType == types.EncryptionTypeKms {
		it.set("StreamEncryption", map[string]any{"EncryptionType": s.EncryptionType, "KeyId": s.KeyId})
	}
	if len(s.EnhancedMonitoring) > 0 {
		it.set("DesiredShardLevelMetrics", s.EnhancedMonitoring[0].ShardLevelMetrics)
	}
	it.State = string(s.StreamStatus)
	it.created(s.StreamCreationTimestamp)
}

// lastKey is the next token of services that go on behind the last element they gave.
func lastKey[T any](list []T, key func(T) *string) *string {
	if len(list) == 0 {
		return nil
	}
	return key(list[len(list)-1])
}

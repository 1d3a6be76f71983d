package aws

import (
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

func init() {
	register(Reader{
		Type: "AWS::KinesisFirehose::DeliveryStream",
		Calls: map[string]string{
			"Firehose.ListDeliveryStreams":       "firehose:ListDeliveryStreams",
			"Firehose.DescribeDeliveryStream":    "firehose:DescribeDeliveryStream",
			"Firehose.ListTagsForDeliveryStream": "firehose:ListTagsForDeliveryStream",
		},
		Reads: append([]string{"/Arn", "/DeliveryStreamName", "/Tags"}, describedDelivery...),
		list:  listDeliveryStreams,
	})
}

// describedDelivery is what the description of a delivery stream tells, as far as the
// schema does not call it write-only: sources and several kinds of destination are, as
// a whole. The token of a Splunk collector and the attributes sent to an HTTP endpoint,
// which may be keys, are left out.
var describedDelivery = slices.Concat(
	[]string{"/DeliveryStreamEncryptionConfigurationInput", "/DeliveryStreamType"},
	below("/ExtendedS3DestinationConfiguration/", append([]string{
		"DataFormatConversionConfiguration", "DynamicPartitioningConfiguration", "EncryptionConfiguration", "ErrorOutputPrefix",
		"ProcessingConfiguration", "S3BackupConfiguration", "S3BackupMode",
	}, deliveryBucket...)...),
	below("/HttpEndpointDestinationConfiguration/",
		"BufferingHints", "CloudWatchLoggingOptions", "EndpointConfiguration/Name", "EndpointConfiguration/Url",
		"RequestConfiguration/ContentEncoding", "RetryOptions", "RoleARN", "S3BackupMode",
		"S3Configuration/EncryptionConfiguration/NoEncryptionConfig", "S3Configuration/ErrorOutputPrefix"),
	below("/HttpEndpointDestinationConfiguration/S3Configuration/", deliveryBucket...),
	below("/RedshiftDestinationConfiguration/",
		"CloudWatchLoggingOptions", "ClusterJDBCURL", "CopyCommand", "RetryOptions", "RoleARN", "S3BackupMode", "Username",
		"S3BackupConfiguration/EncryptionConfiguration/NoEncryptionConfig", "S3Configuration/EncryptionConfiguration/NoEncryptionConfig"),
	below("/RedshiftDestinationConfiguration/S3BackupConfiguration/", deliveryBucket...),
	below("/RedshiftDestinationConfiguration/S3Configuration/", deliveryBucket...),
	below("/SplunkDestinationConfiguration/",
		"HECAcknowledgmentTimeoutInSeconds", "HECEndpoint", "HECEndpointType", "RetryOptions", "S3BackupMode",
		"S3Configuration/EncryptionConfiguration/KMSEncryptionConfig", "S3Configuration/ErrorOutputPrefix"),
	below("/SplunkDestinationConfiguration/S3Configuration/", deliveryBucket...),
)

// deliveryBucket is what is read of every bucket that a delivery stream writes to.
var deliveryBucket = []string{"BucketARN", "BufferingHints", "CloudWatchLoggingOptions", "CompressionFormat", "Prefix", "RoleARN"}

func listDeliveryStreams(ctx context.Context, c *cell) error {
	client := firehose.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListDeliveryStreams(ctx, &firehose.ListDeliveryStreamsInput{ExclusiveStartDeliveryStreamName: token, Limit: sdk.Int32(1000)})
		if err != nil {
			return 0, nil, err
		}
		each(out.DeliveryStreamNames, func(name string) { c.deliveryStream(ctx, client, name) })
		next, err := marker(sdk.ToBool(out.HasMoreDeliveryStreams), lastKey(out.DeliveryStreamNames, func(name string) *string { return &name }))
		return len(out.DeliveryStreamNames), next, err
	})
}

func (c *cell) deliveryStream(ctx context.Context, client *firehose.Client, name string) {
	const notFound = "ResourceNotFoundException"
	it := c.item(name, c.arn("firehose", "deliverystream/"+name))
	it.set("DeliveryStreamName", name)
	it.set("Arn", it.ARN)
	out, err := client.DescribeDeliveryStream(ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: &name})
	if gone(err, notFound) {
		return
	}
	if it.read(notEmpty(err, "Firehose.DescribeDeliveryStream", out != nil && out.DeliveryStreamDescription != nil), describedDelivery...) {
		it.describedDelivery(out.DeliveryStreamDescription)
	}
	var tags []types.Tag
	err = pages(func(token *string) (int, *string, error) {
		out, err := client.ListTagsForDeliveryStream(ctx, &firehose.ListTagsForDeliveryStreamInput{DeliveryStreamName: &name, ExclusiveStartTagKey: token})
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
	c.emit(it)
}

func (it *item) describedDelivery(d *types.DeliveryStreamDescription) {
	it.set("DeliveryStreamType", d.DeliveryStreamType)
	if e := d.DeliveryStreamEncryptionConfiguration; e != nil {
		switch e.Status {
		case types.DeliveryStreamEncryptionStatusEnabled, types.DeliveryStreamEncryptionStatusEnabling:
			it.set("DeliveryStreamEncryptionConfigurationInput", e)
		}
	}
	if len(d.Destinations) > 0 { // Firehose allows one
		destination := d.Destinations[0]
		it.destination("ExtendedS3DestinationConfiguration", destination.ExtendedS3DestinationDescription)
		it.destination("HttpEndpointDestinationConfiguration", destination.HttpEndpointDestinationDescription)
		it.destination("RedshiftDestinationConfiguration", destination.RedshiftDestinationDescription)
		it.destination("SplunkDestinationConfiguration", destination.SplunkDestinationDescription)
	}
	it.State = string(d.DeliveryStreamStatus)
	it.created(d.CreateTimestamp)
}

// destination sets a destination in CloudFormation's names: where the service describes
// a bucket, a template configures it.
func (it *item) destination(property string, description any) {
	d, ok := plain(description).(map[string]any)
	if !ok {
		return
	}
	for theirs, ours := range map[string]string{"S3DestinationDescription": "S3Configuration", "S3BackupDescription": "S3BackupConfiguration"} {
		if bucket, has := d[theirs]; has {
			d[ours] = bucket
			delete(d, theirs)
		}
	}
	it.set(property, d)
}

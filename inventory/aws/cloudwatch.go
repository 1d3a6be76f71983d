package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
)

// cloudWatchClient talks to CloudWatch in JSON. The SDK would take CBOR; both are the
// service's own (its model names smithy-rpc-v2-cbor, json and query), but what an answer
// in CBOR says, and that a web page is none, only its decoder could tell.
func cloudWatchClient(c *cell) *cloudwatch.Client {
	return cloudwatch.NewFromConfig(c.cfg, func(o *cloudwatch.Options) {
		o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
	})
}

// cloudWatchTags reads the tags of an alarm or dashboard; there is false when it was
// deleted meanwhile.
func cloudWatchTags(ctx context.Context, client *cloudwatch.Client, it *item) (there bool) {
	if it.taggedInBulk() {
		return true
	}
	tags, err := client.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: &it.ARN})
	if gone(err, "ResourceNotFound", "ResourceNotFoundException") {
		return false
	}
	if it.read(err, "/Tags") {
		it.tag(tags.Tags)
	}
	return true
}

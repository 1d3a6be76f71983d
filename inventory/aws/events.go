package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// eventBuses calls do for the event buses of the cell, a page at a time.
func eventBuses(ctx context.Context, client *eventbridge.Client, do func([]types.EventBus)) error {
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListEventBuses(ctx, &eventbridge.ListEventBusesInput{NextToken: token, Limit: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		do(out.EventBuses)
		return len(out.EventBuses), out.NextToken, nil
	})
}

// eventTags reads the tags of a bus or rule; there is false when it was deleted
// meanwhile.
func eventTags(ctx context.Context, client *eventbridge.Client, it *item) (there bool) {
	if it.taggedInBulk() {
		return true
	}
	tags, err := client.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{ResourceARN: &it.ARN})
	if gone(err, "ResourceNotFoundException") {
		return false
	}
	if it.read(err, "/Tags") {
		it.tag(tags.Tags)
	}
	return true
}

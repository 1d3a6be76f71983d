package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

func init() {
	register(Reader{
		Type: "AWS::Events::EventBus",
		Calls: map[string]string{
			"EventBridge.ListEventBuses":      "events:ListEventBuses",
			"EventBridge.DescribeEventBus":    "events:DescribeEventBus",
			"EventBridge.ListTagsForResource": "events:ListTagsForResource",
		},
		Reads: append([]string{"/Arn", "/Name", "/Policy", "/Tags"}, describedEventBus...),
		list: func(ctx context.Context, c *cell) error {
			client := eventbridge.NewFromConfig(c.cfg)
			return eventBuses(ctx, client, func(buses []types.EventBus) {
				each(buses, func(b types.EventBus) { c.eventBus(ctx, client, b) })
			})
		},
	})
}

// describedEventBus is what is taken from the description of a bus.
var describedEventBus = []string{"/DeadLetterConfig", "/Description", "/KmsKeyIdentifier", "/LogConfig"}

func (c *cell) eventBus(ctx context.Context, client *eventbridge.Client, b types.EventBus) {
	it := c.item(sdk.ToString(b.Name), sdk.ToString(b.Arn))
	it.set("Arn", b.Arn)
	it.set("Name", b.Name)
	it.set("Policy", document(b.Policy, false))
	it.created(b.CreationTime)
	switch {
	case sdk.ToString(b.Name) == "default":
		it.Foreign = "default event bus"
	case sdk.ToString(b.ManagedBy) != "":
		it.Foreign = "managed by " + *b.ManagedBy
	}
	described, err := client.DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: b.Name})
	if gone(err, "ResourceNotFoundException") {
		return
	}
	if it.read(err, describedEventBus...) {
		it.set("DeadLetterConfig", described.DeadLetterConfig)
		it.set("Description", described.Description)
		it.set("KmsKeyIdentifier", described.KmsKeyIdentifier)
		it.set("LogConfig", described.LogConfig)
	}
	if eventTags(ctx, client, it) {
		c.emit(it)
	}
}

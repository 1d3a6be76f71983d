package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

func init() {
	register(Reader{
		Type: "AWS::SNS::Subscription",
		Calls: map[string]string{
			"SNS.ListSubscriptions":         "sns:ListSubscriptions",
			"SNS.GetSubscriptionAttributes": "sns:GetSubscriptionAttributes",
		},
		Reads: append([]string{"/Arn", "/Endpoint", "/Protocol", "/TopicArn"}, subscriptionAttributes...),
		list:  listSubscriptions,
	})
}

// subscriptionAttributes are the properties that stand among a subscription's attributes.
var subscriptionAttributes = []string{
	"/DeliveryPolicy", "/FilterPolicy", "/FilterPolicyScope", "/RawMessageDelivery", "/RedrivePolicy", "/ReplayPolicy", "/SubscriptionRoleArn",
}

func listSubscriptions(ctx context.Context, c *cell) error {
	client := sns.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListSubscriptions(ctx, &sns.ListSubscriptionsInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		each(out.Subscriptions, func(s types.Subscription) { c.subscription(ctx, client, s) })
		return len(out.Subscriptions), out.NextToken, nil
	})
}

func (c *cell) subscription(ctx context.Context, client *sns.Client, s types.Subscription) {
	arn := sdk.ToString(s.SubscriptionArn)
	if arn == "Deleted" {
		return // SNS lists it for three days more
	}
	confirmed := strings.HasPrefix(arn, "arn:")
	it := c.item(arn, arn)
	if !confirmed {
		// Until its endpoint agrees, a subscription has no ARN but a word in its place.
		it = c.item(strings.Join([]string{sdk.ToString(s.TopicArn), sdk.ToString(s.Protocol), sdk.ToString(s.Endpoint)}, "|"), "")
		it.State = arn
	}
	it.set("TopicArn", s.TopicArn)
	it.set("Protocol", s.Protocol)
	it.set("Endpoint", s.Endpoint)
	it.tag(nil) // a subscription cannot have tags
	it.Foreign = c.sharedBy(s.Owner)
	if !confirmed {
		it.Unread = append(it.Unread[:len(it.Unread):len(it.Unread)], subscriptionAttributes...)
		c.emit(it)
		return
	}
	it.set("Arn", arn)
	out, err := client.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: &arn})
	if gone(err, "NotFound", "NotFoundException") {
		return
	}
	if it.read(err, subscriptionAttributes...) {
		for _, pointer := range subscriptionAttributes {
			name := pointer[1:]
			value, ok := out.Attributes[name]
			switch {
			case !ok:
			case strings.HasSuffix(name, "Policy"):
				it.set(name, document(&value, false))
			default:
				it.set(name, value)
			}
		}
	}
	c.emit(it)
}

package awscloud

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{ // it cannot have tags
		Type:     "AWS::SNS::Subscription",
		Reaps:    map[string]string{"SNS.Unsubscribe": "sns:Unsubscribe"},
		NotFound: []string{"NotFound", "NotFoundException"},
		exists: func(ctx context.Context, c *call) error {
			if !c.confirmed() {
				return nil // nothing but the listing knows it
			}
			_, err := send(ctx, sns.NewFromConfig(c.cfg).GetSubscriptionAttributes, props{"SubscriptionArn": c.ref.ID})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			if !c.confirmed() {
				return fmt.Errorf("%w: SNS cannot end a subscription that its endpoint did not confirm; it drops it after some days", reaper.ErrUnsupported)
			}
			_, err := send(ctx, sns.NewFromConfig(c.cfg).Unsubscribe, props{"SubscriptionArn": c.ref.ID})
			return err
		},
	})
}

// confirmed reports whether the subscription of a call has an ARN, which it gets when its
// endpoint agrees.
func (c *call) confirmed() bool { return !strings.Contains(c.ref.ID, "|") }

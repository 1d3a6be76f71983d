package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{ // an alias cannot have tags
		Type:     "AWS::KMS::Alias",
		Repairs:  map[string]string{"KMS.CreateAlias": "kms:CreateAlias", "KMS.UpdateAlias": "kms:UpdateAlias"},
		Reaps:    map[string]string{"KMS.DeleteAlias": "kms:DeleteAlias"},
		Reads:    map[string]string{"KMS.DescribeKey": "kms:DescribeKey"},
		NotFound: []string{"NotFoundException"},
		Updates:  []string{"/TargetKeyId"},
		exists: func(ctx context.Context, c *call) error {
			_, err := kms.NewFromConfig(c.cfg).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			_, err := send(ctx, kms.NewFromConfig(c.cfg).CreateAlias, n.props)
			return text(n.props, "AliasName"), err
		},
		update: func(ctx context.Context, c *call, u update) error {
			_, err := send(ctx, kms.NewFromConfig(c.cfg).UpdateAlias, props{"AliasName": c.ref.ID, "TargetKeyId": u.after["TargetKeyId"]})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, kms.NewFromConfig(c.cfg).DeleteAlias, props{"AliasName": c.ref.ID})
			return err
		},
	})
}

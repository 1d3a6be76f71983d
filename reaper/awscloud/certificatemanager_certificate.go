package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/acm"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	// It is not created: somebody has to prove whose its domain is.
	register(Writer{
		Type:     "AWS::CertificateManager::Certificate",
		Tags:     map[string]string{"ACM.AddTagsToCertificate": "acm:AddTagsToCertificate", "ACM.RemoveTagsFromCertificate": "acm:RemoveTagsFromCertificate"},
		Reaps:    map[string]string{"ACM.DeleteCertificate": "acm:DeleteCertificate"},
		NotFound: []string{"ResourceNotFoundException"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, acm.NewFromConfig(c.cfg).DescribeCertificate, props{"CertificateArn": c.ref.ID})
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, acm.NewFromConfig(c.cfg).AddTagsToCertificate, props{"CertificateArn": c.ref.ID, "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, acm.NewFromConfig(c.cfg).RemoveTagsFromCertificate, props{"CertificateArn": c.ref.ID, "Tags": keyList(keys)})
			return err
		},
		// One in use is refused: ResourceInUseException.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, acm.NewFromConfig(c.cfg).DeleteCertificate, props{"CertificateArn": c.ref.ID})
			return err
		},
	})
}

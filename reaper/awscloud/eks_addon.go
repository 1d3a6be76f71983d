package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{ // its ARN ends in what the id does not tell: no tags here
		Type:     "AWS::EKS::Addon",
		Reaps:    map[string]string{"EKS.DeleteAddon": "eks:DeleteAddon"},
		NotFound: []string{"ResourceNotFoundException", "NotFoundException"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, eks.NewFromConfig(c.cfg).DescribeAddon, props{"ClusterName": c.part(0), "AddonName": c.part(1)})
			return err
		},
		// The software of the add-on in the cluster goes along.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, eks.NewFromConfig(c.cfg).DeleteAddon, props{"ClusterName": c.part(0), "AddonName": c.part(1)})
			return err
		},
	})
}

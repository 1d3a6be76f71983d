package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{ // its ARN ends in what the id does not tell: no tags here
		Type:     "AWS::EKS::FargateProfile",
		Reaps:    map[string]string{"EKS.DeleteFargateProfile": "eks:DeleteFargateProfile"},
		NotFound: []string{"ResourceNotFoundException", "NotFoundException"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, eks.NewFromConfig(c.cfg).DescribeFargateProfile, props{"ClusterName": c.part(0), "FargateProfileName": c.part(1)})
			return err
		},
		// A cluster deletes one profile at a time: the others are refused as in use until then.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, eks.NewFromConfig(c.cfg).DeleteFargateProfile, props{"ClusterName": c.part(0), "FargateProfileName": c.part(1)})
			return err
		},
	})
}

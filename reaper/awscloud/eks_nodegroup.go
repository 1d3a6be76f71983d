package awscloud

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{ // its ARN ends in what the id does not tell: no tags here
		Type:     "AWS::EKS::Nodegroup",
		Reaps:    map[string]string{"EKS.DeleteNodegroup": "eks:DeleteNodegroup"},
		NotFound: []string{"ResourceNotFoundException", "NotFoundException"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, eks.NewFromConfig(c.cfg).DescribeNodegroup, c.nodegroup())
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, eks.NewFromConfig(c.cfg).DeleteNodegroup, c.nodegroup())
			return err
		},
	})
}

func (c *call) nodegroup() props {
	cluster, name, _ := strings.Cut(c.ref.ID, "/")
	return props{"ClusterName": cluster, "NodegroupName": name}
}

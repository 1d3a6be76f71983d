package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type:     "AWS::EKS::Cluster",
		Tags:     map[string]string{"EKS.TagResource": "eks:TagResource", "EKS.UntagResource": "eks:UntagResource"},
		Repairs:  map[string]string{"EKS.CreateCluster": "eks:CreateCluster eks:TagResource iam:PassRole"},
		Reaps:    map[string]string{"EKS.DeleteCluster": "eks:DeleteCluster"},
		NotFound: []string{"ResourceNotFoundException", "NotFoundException"},
		named:    byName("Name"),
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, eks.NewFromConfig(c.cfg).DescribeCluster, props{"Name": c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := n.nameOf("Name")
			_, err := send(ctx, eks.NewFromConfig(c.cfg).CreateCluster, with(n.props, props{"Name": name, "ClientRequestToken": n.token, "Tags": n.tags}))
			return name, err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, eks.NewFromConfig(c.cfg).TagResource, props{"ResourceArn": c.arn("eks", "cluster/"+c.ref.ID), "Tags": tags})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, eks.NewFromConfig(c.cfg).UntagResource, props{"ResourceArn": c.arn("eks", "cluster/"+c.ref.ID), "TagKeys": keys})
			return err
		},
		// EKS refuses when it has node groups.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, eks.NewFromConfig(c.cfg).DeleteCluster, props{"Name": c.ref.ID})
			return err
		},
	})
}

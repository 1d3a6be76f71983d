package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(ec2Tagged(Writer{
		Type:     "AWS::EC2::NetworkAcl",
		Repairs:  map[string]string{"EC2.CreateNetworkAcl": "ec2:CreateNetworkAcl"},
		Reaps:    map[string]string{"EC2.DeleteNetworkAcl": "ec2:DeleteNetworkAcl"},
		NotFound: []string{"InvalidNetworkAclID.NotFound"},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateNetworkAclInput{ClientToken: &n.token, TagSpecifications: ec2TagsFor(types.ResourceTypeNetworkAcl, n.tags)}
			if err := fill(in, n.props, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateNetworkAcl(ctx, in)
			if err != nil || out.NetworkAcl == nil {
				return "", err
			}
			return sdk.ToString(out.NetworkAcl.NetworkAclId), nil
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := ec2.NewFromConfig(c.cfg).DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: &c.ref.ID})
			return err
		},
	}))
}

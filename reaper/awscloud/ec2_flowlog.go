package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(ec2Tagged(Writer{
		Type:     "AWS::EC2::FlowLog",
		Repairs:  map[string]string{"EC2.CreateFlowLogs": "ec2:CreateFlowLogs iam:PassRole"},
		Reaps:    map[string]string{"EC2.DeleteFlowLogs": "ec2:DeleteFlowLogs"},
		NotFound: []string{"InvalidFlowLogId.NotFound"},
		exists: func(ctx context.Context, c *call) error {
			out, err := ec2.NewFromConfig(c.cfg).DescribeFlowLogs(ctx, &ec2.DescribeFlowLogsInput{FlowLogIds: []string{c.ref.ID}})
			if err == nil && len(out.FlowLogs) == 0 {
				return reaper.ErrNotFound
			}
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateFlowLogsInput{ClientToken: &n.token, TagSpecifications: ec2TagsFor(types.ResourceTypeVpcFlowLog, n.tags)}
			members := with(n.props, props{"ResourceId": nil, "ResourceIds": []any{n.props["ResourceId"]}})
			if err := fill(in, members, nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateFlowLogs(ctx, in)
			if err != nil {
				return "", err
			}
			if err := unsuccessful(out.Unsuccessful); err != nil || len(out.FlowLogIds) == 0 {
				return "", err
			}
			return out.FlowLogIds[0], nil
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			out, err := ec2.NewFromConfig(c.cfg).DeleteFlowLogs(ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: []string{c.ref.ID}})
			if err != nil {
				return err
			}
			return unsuccessful(out.Unsuccessful)
		},
	}))
}

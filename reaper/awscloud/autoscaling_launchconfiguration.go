package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{ // it cannot have tags
		Type:  "AWS::AutoScaling::LaunchConfiguration",
		Reaps: map[string]string{"Auto Scaling.DeleteLaunchConfiguration": "autoscaling:DeleteLaunchConfiguration"},
		exists: func(ctx context.Context, c *call) error {
			out, err := send(ctx, autoscaling.NewFromConfig(c.cfg).DescribeLaunchConfigurations, props{"LaunchConfigurationNames": []any{c.ref.ID}})
			if err == nil && len(out.LaunchConfigurations) == 0 {
				return reaper.ErrNotFound
			}
			return err
		},
		// One that a group uses is refused: ResourceInUse.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, autoscaling.NewFromConfig(c.cfg).DeleteLaunchConfiguration, props{"LaunchConfigurationName": c.ref.ID})
			return err
		},
	})
}

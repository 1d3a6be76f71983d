package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

func init() {
	register(Reader{
		Type:  "AWS::AutoScaling::LaunchConfiguration",
		Calls: map[string]string{"Auto Scaling.DescribeLaunchConfigurations": "autoscaling:DescribeLaunchConfigurations"},
		// The user data is not read: it is a program, and programs carry secrets.
		Reads: []string{
			"/AssociatePublicIpAddress", "/BlockDeviceMappings", "/ClassicLinkVPCId", "/ClassicLinkVPCSecurityGroups", "/EbsOptimized",
			"/IamInstanceProfile", "/ImageId", "/InstanceMonitoring", "/InstanceType", "/KernelId", "/KeyName",
			"/LaunchConfigurationName", "/MetadataOptions", "/PlacementTenancy", "/RamDiskId", "/SecurityGroups", "/SpotPrice",
		},
		list: listLaunchConfigurations,
	})
}

func listLaunchConfigurations(ctx context.Context, c *cell) error {
	client := autoscaling.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeLaunchConfigurations(ctx, &autoscaling.DescribeLaunchConfigurationsInput{NextToken: token, MaxRecords: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		for _, l := range out.LaunchConfigurations {
			it := c.item(sdk.ToString(l.LaunchConfigurationName), sdk.ToString(l.LaunchConfigurationARN))
			it.merge(l, map[string]string{"RamdiskId": "RamDiskId"})
			it.dropEmpty("ClassicLinkVPCId", "IamInstanceProfile", "KernelId", "KeyName", "RamDiskId", "SpotPrice")
			delete(it.props, "InstanceMonitoring") // ours is a plain yes or no
			if l.InstanceMonitoring != nil {
				it.set("InstanceMonitoring", l.InstanceMonitoring.Enabled)
			}
			it.tag(nil) // it cannot have tags
			it.created(l.CreatedTime)
			c.emit(it)
		}
		return len(out.LaunchConfigurations), out.NextToken, nil
	})
}

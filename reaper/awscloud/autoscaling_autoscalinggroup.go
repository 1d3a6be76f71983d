package awscloud

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type: "AWS::AutoScaling::AutoScalingGroup",
		Tags: map[string]string{
			"Auto Scaling.CreateOrUpdateTags": "autoscaling:CreateOrUpdateTags",
			"Auto Scaling.DeleteTags":         "autoscaling:DeleteTags",
		},
		Repairs: map[string]string{
			"Auto Scaling.CreateAutoScalingGroup": "autoscaling:CreateAutoScalingGroup iam:PassRole",
			"Auto Scaling.UpdateAutoScalingGroup": "autoscaling:UpdateAutoScalingGroup iam:PassRole",
		},
		Reaps: map[string]string{"Auto Scaling.DeleteAutoScalingGroup": "autoscaling:DeleteAutoScalingGroup"},
		Updates: []string{
			"/AvailabilityZones", "/CapacityRebalance", "/Context", "/Cooldown", "/DefaultInstanceWarmup", "/DesiredCapacity",
			"/DesiredCapacityType", "/HealthCheckGracePeriod", "/HealthCheckType", "/LaunchConfigurationName", "/LaunchTemplate",
			"/MaxInstanceLifetime", "/MaxSize", "/MinSize", "/NewInstancesProtectedFromScaleIn", "/TerminationPolicies", "/VPCZoneIdentifier",
		},
		exists: func(ctx context.Context, c *call) error {
			_, err := group(ctx, c)
			return err
		},
		named: byName("AutoScalingGroupName"),
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &autoscaling.CreateAutoScalingGroupInput{Tags: groupTags(n)}
			members := groupMembers(with(n.props, props{"AutoScalingGroupName": n.nameOf("AutoScalingGroupName")}))
			if err := fill(in, members, groupNames); err != nil {
				return "", err
			}
			for i := range in.Tags {
				in.Tags[i].ResourceId = in.AutoScalingGroupName
			}
			_, err := autoscaling.NewFromConfig(c.cfg).CreateAutoScalingGroup(ctx, in)
			return sdk.ToString(in.AutoScalingGroupName), err
		},
		update: func(ctx context.Context, c *call, u update) error {
			in := &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &c.ref.ID}
			if err := fill(in, groupMembers(u.changed()), groupNames); err != nil {
				return err
			}
			_, err := autoscaling.NewFromConfig(c.cfg).UpdateAutoScalingGroup(ctx, in)
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			g, err := group(ctx, c)
			if err != nil {
				return err
			}
			// A tag that is there goes on to instances, or not, as before; a new one does not.
			launch := map[string]bool{}
			for _, t := range g.Tags {
				launch[sdk.ToString(t.Key)] = sdk.ToBool(t.PropagateAtLaunch)
			}
			in := &autoscaling.CreateOrUpdateTagsInput{}
			for _, key := range sortedKeys(tags) {
				in.Tags = append(in.Tags, groupTag(c.ref.ID, key, tags[key], launch[key]))
			}
			_, err = autoscaling.NewFromConfig(c.cfg).CreateOrUpdateTags(ctx, in)
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			in := &autoscaling.DeleteTagsInput{}
			for _, key := range keys {
				t := groupTag(c.ref.ID, key, "", false)
				t.Value, t.PropagateAtLaunch = nil, nil
				in.Tags = append(in.Tags, t)
			}
			_, err := autoscaling.NewFromConfig(c.cfg).DeleteTags(ctx, in)
			return err
		},
		// Without force: a group with instances is refused.
		Holds: map[string]string{"Auto Scaling.UpdateAutoScalingGroup": "autoscaling:UpdateAutoScalingGroup"},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := autoscaling.NewFromConfig(c.cfg).DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: &c.ref.ID})
			return err
		},
	})
}

var groupNames = map[string]string{"Cooldown": "DefaultCooldown"}

// groupMembers writes the subnets as the service takes them.
func groupMembers(members props) props {
	if subnets, is := members["VPCZoneIdentifier"].([]any); is {
		return with(members, props{"VPCZoneIdentifier": strings.Join(texts(subnets), ",")})
	}
	return members
}

// groupTags returns the declared tags, which say whether instances get them, and the owner
// tags, which they do not get.
func groupTags(n creation) (list []types.Tag) {
	launch := map[string]bool{}
	declared, _ := n.declaredTags.([]any)
	for _, e := range declared {
		t, _ := e.(map[string]any)
		key, _ := t["Key"].(string)
		launch[key] = t["PropagateAtLaunch"] == true
	}
	for _, key := range sortedKeys(n.tags) {
		list = append(list, groupTag("", key, n.tags[key], launch[key]))
	}
	return list
}

func groupTag(group, key, value string, launch bool) types.Tag {
	return types.Tag{ResourceType: sdk.String("auto-scaling-group"), ResourceId: &group, Key: &key, Value: &value, PropagateAtLaunch: &launch}
}

// group asks for the group by its name: the service answers with nothing when it is not there.
func group(ctx context.Context, c *call) (types.AutoScalingGroup, error) {
	out, err := autoscaling.NewFromConfig(c.cfg).DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: []string{c.ref.ID},
	})
	if err != nil {
		return types.AutoScalingGroup{}, err
	}
	if len(out.AutoScalingGroups) == 0 {
		return types.AutoScalingGroup{}, reaper.ErrNotFound
	}
	return out.AutoScalingGroups[0], nil
}

package aws

import (
	"context"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

func init() {
	register(Reader{
		Type: "AWS::AutoScaling::AutoScalingGroup",
		Calls: map[string]string{
			"Auto Scaling.DescribeAutoScalingGroups":          "autoscaling:DescribeAutoScalingGroups",
			"Auto Scaling.DescribeLifecycleHooks":             "autoscaling:DescribeLifecycleHooks",
			"Auto Scaling.DescribeNotificationConfigurations": "autoscaling:DescribeNotificationConfigurations",
		},
		Reads: []string{
			"/AutoScalingGroupARN", "/AutoScalingGroupName", "/AvailabilityZoneDistribution", "/AvailabilityZoneIds",
			"/AvailabilityZoneImpairmentPolicy", "/AvailabilityZones", "/CapacityRebalance", "/CapacityReservationSpecification",
			"/Context", "/Cooldown", "/DefaultInstanceWarmup", "/DeletionProtection", "/DesiredCapacity", "/DesiredCapacityType",
			"/HealthCheckGracePeriod", "/HealthCheckType", "/InstanceLifecyclePolicy", "/InstanceMaintenancePolicy",
			"/LaunchConfigurationName", "/LaunchTemplate", "/LifecycleHookSpecificationList", "/LoadBalancerNames",
			"/MaxInstanceLifetime", "/MaxSize", "/MetricsCollection", "/MinSize", "/MixedInstancesPolicy",
			"/NewInstancesProtectedFromScaleIn", "/NotificationConfigurations", "/PlacementGroup", "/ServiceLinkedRoleARN",
			"/Tags", "/TargetGroupARNs", "/TerminationPolicies", "/TrafficSources", "/VPCZoneIdentifier",
		},
		list: listAutoScalingGroups,
		one:  byID("AutoScalingGroupNames"),
	})
}

func listAutoScalingGroups(ctx context.Context, c *cell) error {
	client := autoscaling.NewFromConfig(c.cfg)
	notifications, notificationsErr := notificationConfigurations(ctx, client)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{
			NextToken: token, MaxRecords: sdk.Int32(100), IncludeInstances: sdk.Bool(false),
		})
		if err != nil {
			return 0, nil, err
		}
		each(out.AutoScalingGroups, func(g types.AutoScalingGroup) {
			it := c.autoScalingGroup(g)
			if it.read(notificationsErr, "/NotificationConfigurations") {
				it.set("NotificationConfigurations", notifications[sdk.ToString(g.AutoScalingGroupName)])
			}
			hooks, err := client.DescribeLifecycleHooks(ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: g.AutoScalingGroupName})
			if gone(err, "ValidationError") && strings.Contains(err.Error(), "not found") {
				return
			}
			if it.read(err, "/LifecycleHookSpecificationList") {
				it.set("LifecycleHookSpecificationList", hooks.LifecycleHooks)
			}
			c.emit(it)
		})
		return len(out.AutoScalingGroups), out.NextToken, nil
	})
}

func (c *cell) autoScalingGroup(g types.AutoScalingGroup) *item {
	it := c.item(sdk.ToString(g.AutoScalingGroupName), sdk.ToString(g.AutoScalingGroupARN))
	it.merge(g, map[string]string{"DefaultCooldown": "Cooldown"})
	delete(it.props, "VPCZoneIdentifier") // ours is a list
	if subnets := sdk.ToString(g.VPCZoneIdentifier); subnets != "" {
		it.set("VPCZoneIdentifier", strings.Split(strings.ReplaceAll(subnets, " ", ""), ","))
	}
	it.set("MetricsCollection", metricsCollection(g.EnabledMetrics))
	it.tag(g.Tags)
	tags := slices.Clone(g.Tags)
	slices.SortFunc(tags, func(a, b types.TagDescription) int { return strings.Compare(sdk.ToString(a.Key), sdk.ToString(b.Key)) })
	list := []map[string]any{}
	for _, t := range tags {
		list = append(list, map[string]any{"Key": t.Key, "Value": sdk.ToString(t.Value), "PropagateAtLaunch": t.PropagateAtLaunch})
	}
	it.set("Tags", list)
	it.State = sdk.ToString(g.Status) // set only while the group is deleted
	it.created(g.CreatedTime)
	return it
}

// metricsCollection gathers metrics by granularity, as they are declared. The service
// lists each alone, in no certain order.
func metricsCollection(enabled []types.EnabledMetric) []map[string]any {
	byGranularity := map[string][]string{}
	for _, m := range enabled {
		granularity := sdk.ToString(m.Granularity)
		byGranularity[granularity] = append(byGranularity[granularity], sdk.ToString(m.Metric))
	}
	collection := []map[string]any{}
	for _, granularity := range slices.Sorted(maps.Keys(byGranularity)) {
		slices.Sort(byGranularity[granularity])
		collection = append(collection, map[string]any{"Granularity": granularity, "Metrics": byGranularity[granularity]})
	}
	return collection
}

// notificationConfigurations returns the notifications of all groups, by the group's
// name, gathered by topic.
func notificationConfigurations(ctx context.Context, client *autoscaling.Client) (map[string][]map[string]any, error) {
	kinds := map[string]map[string][]string{} // by group and topic
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeNotificationConfigurations(ctx, &autoscaling.DescribeNotificationConfigurationsInput{
			NextToken: token, MaxRecords: sdk.Int32(100),
		})
		if err != nil {
			return 0, nil, err
		}
		for _, n := range out.NotificationConfigurations {
			group, topic := sdk.ToString(n.AutoScalingGroupName), sdk.ToString(n.TopicARN)
			if kinds[group] == nil {
				kinds[group] = map[string][]string{}
			}
			kinds[group][topic] = append(kinds[group][topic], sdk.ToString(n.NotificationType))
		}
		return len(out.NotificationConfigurations), out.NextToken, nil
	})
	configurations := map[string][]map[string]any{}
	for group, topics := range kinds {
		for _, topic := range slices.Sorted(maps.Keys(topics)) {
			slices.Sort(topics[topic])
			configurations[group] = append(configurations[group], map[string]any{"TopicARN": topic, "NotificationTypes": topics[topic]})
		}
	}
	return configurations, err
}

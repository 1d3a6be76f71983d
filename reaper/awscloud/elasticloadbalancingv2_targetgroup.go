package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// targetGroupHealth are the properties that one call sets.
var targetGroupHealth = []string{
	"HealthCheckEnabled", "HealthCheckIntervalSeconds", "HealthCheckPath", "HealthCheckPort", "HealthCheckProtocol",
	"HealthCheckTimeoutSeconds", "HealthyThresholdCount", "Matcher", "UnhealthyThresholdCount",
}

func init() {
	updates := []string{"/TargetGroupAttributes", "/Targets"}
	for _, name := range targetGroupHealth {
		updates = append(updates, "/"+name)
	}
	register(elbTagged(Writer{
		Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
		Repairs: map[string]string{
			"Elastic Load Balancing v2.CreateTargetGroup":           "elasticloadbalancing:CreateTargetGroup",
			"Elastic Load Balancing v2.DeregisterTargets":           "elasticloadbalancing:DeregisterTargets",
			"Elastic Load Balancing v2.ModifyTargetGroup":           "elasticloadbalancing:ModifyTargetGroup",
			"Elastic Load Balancing v2.ModifyTargetGroupAttributes": "elasticloadbalancing:ModifyTargetGroupAttributes",
			"Elastic Load Balancing v2.RegisterTargets":             "elasticloadbalancing:RegisterTargets",
		},
		Reaps:    map[string]string{"Elastic Load Balancing v2.DeleteTargetGroup": "elasticloadbalancing:DeleteTargetGroup"},
		NotFound: []string{"TargetGroupNotFound"},
		Updates:  updates,
		Removes:  []string{"/Targets"},
		Later:    []string{"TargetGroupAttributes", "Targets"},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			out, err := send(ctx, elb.NewFromConfig(c.cfg).CreateTargetGroup, with(n.props, props{"Name": elbName(n), "Tags": elbTags(n)}))
			if err != nil || len(out.TargetGroups) == 0 {
				return "", err
			}
			return sdk.ToString(out.TargetGroups[0].TargetGroupArn), nil
		},
		update: updateTargetGroup,
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := elb.NewFromConfig(c.cfg).DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &c.ref.ID})
			return err
		},
	}))
}

func updateTargetGroup(ctx context.Context, c *call, u update) error {
	client, b, id := elb.NewFromConfig(c.cfg), &batch{}, props{"TargetGroupArn": c.ref.ID}
	if health := only(u.changed(), targetGroupHealth...); len(health) > 0 {
		add(b, client.ModifyTargetGroup, with(id, health))
	}
	if list := newAttributes(u, "TargetGroupAttributes"); u.has("TargetGroupAttributes") && len(list) > 0 {
		add(b, client.ModifyTargetGroupAttributes, with(id, props{"Attributes": list}))
	}
	if u.has("Targets") {
		before, _ := u.live.Properties["Targets"].([]any)
		after, _ := u.after["Targets"].([]any)
		if come := lacking(after, before); len(come) > 0 {
			add(b, client.RegisterTargets, with(id, props{"Targets": come}))
		}
		if leave := lacking(before, after); len(leave) > 0 {
			add(b, client.DeregisterTargets, with(id, props{"Targets": leave}))
		}
	}
	return b.send(ctx)
}

// lacking returns the targets of a that b does not have. A port that one of them does not
// name is the group's.
func lacking(a, b []any) (list []any) {
	for _, e := range a {
		found := false
		for _, other := range b {
			x, _ := e.(map[string]any)
			y, _ := other.(map[string]any)
			found = found || x["Id"] == y["Id"] && (x["Port"] == y["Port"] || x["Port"] == nil || y["Port"] == nil)
		}
		if !found {
			list = append(list, e)
		}
	}
	return list
}

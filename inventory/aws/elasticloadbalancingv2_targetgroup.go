package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func init() {
	register(Reader{
		Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
		Calls: map[string]string{
			"Elastic Load Balancing v2.DescribeTargetGroups":          "elasticloadbalancing:DescribeTargetGroups",
			"Elastic Load Balancing v2.DescribeTargetGroupAttributes": "elasticloadbalancing:DescribeTargetGroupAttributes",
			"Elastic Load Balancing v2.DescribeTargetHealth":          "elasticloadbalancing:DescribeTargetHealth",
			"Elastic Load Balancing v2.DescribeTags":                  "elasticloadbalancing:DescribeTags",
		},
		Reads: []string{
			"/HealthCheckEnabled", "/HealthCheckIntervalSeconds", "/HealthCheckPath", "/HealthCheckPort", "/HealthCheckProtocol",
			"/HealthCheckTimeoutSeconds", "/HealthyThresholdCount", "/IpAddressType", "/LoadBalancerArns", "/Matcher", "/Name",
			"/Port", "/Protocol", "/ProtocolVersion", "/Tags", "/TargetControlPort", "/TargetGroupArn", "/TargetGroupAttributes",
			"/TargetGroupFullName", "/TargetGroupName", "/TargetType", "/Targets", "/UnhealthyThresholdCount", "/VpcId",
		},
		list: listTargetGroups,
		one:  byID("TargetGroupArns"),
	})
}

func listTargetGroups(ctx context.Context, c *cell) error {
	client := elb.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Marker: token, PageSize: sdk.Int32(elbPage)})
		if err != nil {
			return 0, nil, err
		}
		var items []*item
		for _, g := range out.TargetGroups {
			it := c.item(sdk.ToString(g.TargetGroupArn), sdk.ToString(g.TargetGroupArn))
			it.merge(g, nil)
			it.set("Name", g.TargetGroupName)
			it.set("TargetGroupFullName", it.ARN[strings.LastIndexByte(it.ARN, ':')+1:]) // as CloudWatch names it: targetgroup/web/73e2d6bc24d8a067
			items = append(items, it)
		}
		c.emitWithTags(ctx, client, items, func(it *item) { c.targetGroup(ctx, client, it) })
		return len(out.TargetGroups), out.NextMarker, nil
	})
}

// targetGroup adds what takes calls of its own.
func (c *cell) targetGroup(ctx context.Context, client *elb.Client, it *item) {
	attributes, err := client.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &it.ARN})
	if gone(err, elbGone...) {
		return
	}
	if it.read(err, "/TargetGroupAttributes") {
		it.set("TargetGroupAttributes", attributes.Attributes)
	}
	health, err := client.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &it.ARN})
	if gone(err, elbGone...) {
		return
	}
	if it.read(err, "/Targets") {
		targets := []types.TargetDescription{}
		for _, h := range health.TargetHealthDescriptions {
			leaving := h.TargetHealth != nil && h.TargetHealth.State == types.TargetHealthStateEnumDraining
			if h.Target != nil && !leaving {
				targets = append(targets, *h.Target)
			}
		}
		it.set("Targets", targets)
	}
	c.emit(it)
}

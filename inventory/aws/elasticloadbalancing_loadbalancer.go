package aws

import (
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
)

func init() {
	register(Reader{
		Type: "AWS::ElasticLoadBalancing::LoadBalancer",
		Calls: map[string]string{
			"Elastic Load Balancing.DescribeLoadBalancers":          "elasticloadbalancing:DescribeLoadBalancers",
			"Elastic Load Balancing.DescribeLoadBalancerAttributes": "elasticloadbalancing:DescribeLoadBalancerAttributes",
			"Elastic Load Balancing.DescribeLoadBalancerPolicies":   "elasticloadbalancing:DescribeLoadBalancerPolicies",
			"Elastic Load Balancing.DescribeTags":                   "elasticloadbalancing:DescribeTags",
		},
		Reads: append([]string{
			"/AppCookieStickinessPolicy", "/AvailabilityZones", "/CanonicalHostedZoneName", "/CanonicalHostedZoneNameID", "/DNSName",
			"/HealthCheck", "/Id", "/Instances", "/LBCookieStickinessPolicy", "/Listeners", "/LoadBalancerName", "/Policies",
			"/Scheme", "/SecurityGroups", "/SourceSecurityGroup", "/Subnets", "/Tags",
		}, classicAttributes...),
		list: listClassicLoadBalancers,
	})
}

// classicAttributes are the properties that stand among a load balancer's attributes.
var classicAttributes = []string{"/AccessLoggingPolicy", "/ConnectionDrainingPolicy", "/ConnectionSettings", "/CrossZone"}

// classicGone is what the service says of a load balancer that does not exist.
const classicGone = "LoadBalancerNotFound"

func listClassicLoadBalancers(ctx context.Context, c *cell) error {
	client := elb.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Marker: token, PageSize: sdk.Int32(elbPage)})
		if err != nil {
			return 0, nil, err
		}
		for some := range slices.Chunk(out.LoadBalancerDescriptions, elbTags) {
			c.classicLoadBalancers(ctx, client, some)
		}
		return len(out.LoadBalancerDescriptions), out.NextMarker, nil
	})
}

// classicLoadBalancers reads the tags of some load balancers in one call, then the rest of each.
func (c *cell) classicLoadBalancers(ctx context.Context, client *elb.Client, some []types.LoadBalancerDescription) {
	var names []string
	for _, b := range some {
		names = append(names, sdk.ToString(b.LoadBalancerName))
	}
	out, err := client.DescribeTags(ctx, &elb.DescribeTagsInput{LoadBalancerNames: names})
	if gone(err, classicGone) {
		if len(some) > 1 { // one of them is gone, and the service does not answer for the others
			for _, b := range some {
				c.classicLoadBalancers(ctx, client, []types.LoadBalancerDescription{b})
			}
		}
		return
	}
	tags := map[string][]types.Tag{}
	if err == nil {
		for _, d := range out.TagDescriptions {
			tags[sdk.ToString(d.LoadBalancerName)] = d.Tags
		}
	}
	each(some, func(b types.LoadBalancerDescription) {
		it := c.classicLoadBalancer(b)
		t, listed := tags[it.Ref.ID]
		if it.read(notEmpty(err, "Elastic Load Balancing.DescribeTags", listed), "/Tags") {
			it.tag(t)
		}
		c.classicDetails(ctx, client, it, b)
	})
}

func (c *cell) classicLoadBalancer(b types.LoadBalancerDescription) *item {
	name := sdk.ToString(b.LoadBalancerName)
	it := c.item(name, c.arn("elasticloadbalancing", "loadbalancer/"+name))
	it.merge(b, nil)
	it.set("Id", name)
	instances, listeners := []string{}, []map[string]any{}
	for _, i := range b.Instances {
		instances = append(instances, sdk.ToString(i.InstanceId))
	}
	for _, d := range b.ListenerDescriptions {
		if listener, ok := plain(d.Listener).(map[string]any); ok {
			if len(d.PolicyNames) > 0 {
				listener["PolicyNames"] = d.PolicyNames
			}
			listeners = append(listeners, listener)
		}
	}
	it.set("Listeners", listeners)
	it.set("Instances", instances)
	delete(it.props, "Policies") // ours are the definitions
	if p := b.Policies; p != nil {
		it.set("AppCookieStickinessPolicy", p.AppCookieStickinessPolicies)
		it.set("LBCookieStickinessPolicy", p.LBCookieStickinessPolicies)
	}
	it.created(b.CreatedTime)
	return it
}

// classicDetails adds the attributes and policies, and emits the load balancer.
func (c *cell) classicDetails(ctx context.Context, client *elb.Client, it *item, b types.LoadBalancerDescription) {
	out, err := client.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerName: b.LoadBalancerName})
	if gone(err, classicGone) {
		return
	}
	if it.read(notEmpty(err, "Elastic Load Balancing.DescribeLoadBalancerAttributes", out != nil && out.LoadBalancerAttributes != nil), classicAttributes...) {
		a := out.LoadBalancerAttributes
		it.set("AccessLoggingPolicy", a.AccessLog)
		it.set("ConnectionDrainingPolicy", a.ConnectionDraining)
		it.set("ConnectionSettings", a.ConnectionSettings)
		if a.CrossZoneLoadBalancing != nil {
			it.set("CrossZone", a.CrossZoneLoadBalancing.Enabled)
		}
	}
	policies := []types.PolicyDescription{}
	if b.Policies != nil && len(b.Policies.OtherPolicies) > 0 {
		described, err := client.DescribeLoadBalancerPolicies(ctx, &elb.DescribeLoadBalancerPoliciesInput{
			LoadBalancerName: b.LoadBalancerName, PolicyNames: b.Policies.OtherPolicies,
		})
		if gone(err, classicGone) {
			return
		}
		if !it.read(err, "/Policies") {
			c.emit(it)
			return
		}
		policies = described.PolicyDescriptions
	}
	it.set("Policies", classicPolicies(policies, b))
	c.emit(it)
}

// classicPolicies writes policies as they are declared: with the ports that they are
// set for, which the service keeps with its listeners and backends.
func classicPolicies(policies []types.PolicyDescription, b types.LoadBalancerDescription) []map[string]any {
	list := []map[string]any{}
	for _, p := range policies {
		attributes := []map[string]any{}
		for _, a := range p.PolicyAttributeDescriptions {
			attributes = append(attributes, map[string]any{"Name": a.AttributeName, "Value": a.AttributeValue})
		}
		policy := map[string]any{"PolicyName": p.PolicyName, "PolicyType": p.PolicyTypeName, "Attributes": attributes}
		var front, back []any
		for _, d := range b.ListenerDescriptions {
			if d.Listener != nil && slices.Contains(d.PolicyNames, sdk.ToString(p.PolicyName)) {
				front = append(front, d.Listener.LoadBalancerPort)
			}
		}
		for _, d := range b.BackendServerDescriptions {
			if slices.Contains(d.PolicyNames, sdk.ToString(p.PolicyName)) {
				back = append(back, d.InstancePort)
			}
		}
		if front != nil {
			policy["LoadBalancerPorts"] = front
		}
		if back != nil {
			policy["InstancePorts"] = back
		}
		list = append(list, policy)
	}
	return list
}

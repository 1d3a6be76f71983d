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
		Type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
		Calls: map[string]string{
			"Elastic Load Balancing v2.DescribeLoadBalancers":          "elasticloadbalancing:DescribeLoadBalancers",
			"Elastic Load Balancing v2.DescribeLoadBalancerAttributes": "elasticloadbalancing:DescribeLoadBalancerAttributes",
			"Elastic Load Balancing v2.DescribeTags":                   "elasticloadbalancing:DescribeTags",
		},
		Reads: []string{
			"/CanonicalHostedZoneID", "/DNSName", "/EnablePrefixForIpv6SourceNat", "/EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
			"/IpAddressType", "/Ipv4IpamPoolId", "/LoadBalancerArn", "/LoadBalancerAttributes", "/LoadBalancerFullName",
			"/LoadBalancerName", "/Name", "/Scheme", "/SecurityGroups", "/SubnetMappings", "/Subnets", "/Tags", "/Type",
		},
		list: listLoadBalancers,
		one:  byID("LoadBalancerArns"),
	})
}

func listLoadBalancers(ctx context.Context, c *cell) error {
	client := elb.NewFromConfig(c.cfg)
	return elbLoadBalancers(ctx, client, func(balancers []types.LoadBalancer) {
		var items []*item
		for _, b := range balancers {
			items = append(items, c.loadBalancer(b))
		}
		c.emitWithTags(ctx, client, items, func(it *item) {
			out, err := client.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &it.ARN})
			if gone(err, elbGone...) {
				return
			}
			if it.read(err, "/LoadBalancerAttributes") {
				it.set("LoadBalancerAttributes", out.Attributes)
			}
			c.emit(it)
		})
	})
}

func (c *cell) loadBalancer(b types.LoadBalancer) *item {
	arn := sdk.ToString(b.LoadBalancerArn)
	it := c.item(arn, arn)
	it.merge(b, map[string]string{"CanonicalHostedZoneId": "CanonicalHostedZoneID"})
	it.set("Name", b.LoadBalancerName)
	_, full, _ := strings.Cut(arn, ":loadbalancer/")
	it.set("LoadBalancerFullName", full) // as CloudWatch names it: app/web/50dc6c495c0c9188
	if b.IpamPools != nil {
		it.set("Ipv4IpamPoolId", b.IpamPools.Ipv4IpamPoolId)
	}
	// A declaration names subnets in one of two ways.
	subnets, mappings := []string{}, []map[string]any{}
	for _, zone := range b.AvailabilityZones {
		subnets = append(subnets, sdk.ToString(zone.SubnetId))
		mapping := map[string]any{"SubnetId": zone.SubnetId}
		if len(zone.LoadBalancerAddresses) > 0 {
			a := zone.LoadBalancerAddresses[0] // a subnet has one, besides outposts
			mapping["AllocationId"], mapping["IPv6Address"], mapping["PrivateIPv4Address"] = a.AllocationId, a.IPv6Address, a.PrivateIPv4Address
		}
		if len(zone.SourceNatIpv6Prefixes) > 0 {
			mapping["SourceNatIpv6Prefix"] = zone.SourceNatIpv6Prefixes[0]
		}
		mappings = append(mappings, mapping)
	}
	it.set("Subnets", subnets)
	it.set("SubnetMappings", mappings)
	if b.State != nil {
		it.State = string(b.State.Code)
	}
	it.created(b.CreatedTime)
	return it
}

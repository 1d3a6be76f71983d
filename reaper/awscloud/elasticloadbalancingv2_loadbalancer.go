package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(elbTagged(Writer{
		Type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
		Repairs: map[string]string{
			"Elastic Load Balancing v2.CreateLoadBalancer":           "elasticloadbalancing:CreateLoadBalancer",
			"Elastic Load Balancing v2.ModifyLoadBalancerAttributes": "elasticloadbalancing:ModifyLoadBalancerAttributes",
			"Elastic Load Balancing v2.SetIpAddressType":             "elasticloadbalancing:SetIpAddressType",
			"Elastic Load Balancing v2.SetSecurityGroups":            "elasticloadbalancing:SetSecurityGroups",
			"Elastic Load Balancing v2.SetSubnets":                   "elasticloadbalancing:SetSubnets",
		},
		Reaps:    map[string]string{"Elastic Load Balancing v2.DeleteLoadBalancer": "elasticloadbalancing:DeleteLoadBalancer"},
		NotFound: []string{"LoadBalancerNotFound"},
		Updates:  []string{"/IpAddressType", "/LoadBalancerAttributes", "/SecurityGroups", "/SubnetMappings", "/Subnets"},
		Later:    []string{"LoadBalancerAttributes"},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			members := with(n.props, props{"Name": elbName(n), "Tags": elbTags(n), "Ipv4IpamPoolId": nil})
			if pool := n.props["Ipv4IpamPoolId"]; pool != nil {
				members["IpamPools"] = props{"Ipv4IpamPoolId": pool}
			}
			out, err := send(ctx, elb.NewFromConfig(c.cfg).CreateLoadBalancer, members)
			if err != nil || len(out.LoadBalancers) == 0 {
				return "", err
			}
			return sdk.ToString(out.LoadBalancers[0].LoadBalancerArn), nil
		},
		update: func(ctx context.Context, c *call, u update) error {
			client, b, id := elb.NewFromConfig(c.cfg), &batch{}, props{"LoadBalancerArn": c.ref.ID}
			if u.has("SecurityGroups") {
				add(b, client.SetSecurityGroups, with(id, only(u.after, "SecurityGroups")))
			}
			for _, name := range []string{"Subnets", "SubnetMappings"} {
				if u.has(name) {
					add(b, client.SetSubnets, with(id, only(u.after, name)))
				}
			}
			if u.has("IpAddressType") {
				add(b, client.SetIpAddressType, with(id, only(u.after, "IpAddressType")))
			}
			if list := newAttributes(u, "LoadBalancerAttributes"); u.has("LoadBalancerAttributes") && len(list) > 0 {
				add(b, client.ModifyLoadBalancerAttributes, with(id, props{"Attributes": list}))
			}
			return b.send(ctx)
		},
		// Its listeners and their rules go along; one that is protected is refused.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := elb.NewFromConfig(c.cfg).DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &c.ref.ID})
			return err
		},
	}))
}

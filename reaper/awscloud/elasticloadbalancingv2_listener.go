package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(elbTagged(Writer{
		Type: "AWS::ElasticLoadBalancingV2::Listener",
		Repairs: map[string]string{
			"Elastic Load Balancing v2.CreateListener":           "elasticloadbalancing:CreateListener",
			"Elastic Load Balancing v2.ModifyListener":           "elasticloadbalancing:ModifyListener",
			"Elastic Load Balancing v2.ModifyListenerAttributes": "elasticloadbalancing:ModifyListenerAttributes",
		},
		Reaps: map[string]string{"Elastic Load Balancing v2.DeleteListener": "elasticloadbalancing:DeleteListener"},
		// A listener goes along with its load balancer.
		NotFound: []string{"ListenerNotFound", "LoadBalancerNotFound"},
		Updates: []string{
			"/AlpnPolicy", "/Certificates", "/DefaultActions", "/ListenerAttributes", "/MutualAuthentication", "/Port", "/Protocol", "/SslPolicy",
		},
		Later: []string{"ListenerAttributes"},
		exists: func(ctx context.Context, c *call) error {
			out, err := elb.NewFromConfig(c.cfg).DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{c.ref.ID}})
			if err == nil && len(out.Listeners) == 0 {
				return reaper.ErrNotFound
			}
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			out, err := send(ctx, elb.NewFromConfig(c.cfg).CreateListener, with(n.props, props{"Tags": elbTags(n)}))
			if err != nil || len(out.Listeners) == 0 {
				return "", err
			}
			return sdk.ToString(out.Listeners[0].ListenerArn), nil
		},
		update: func(ctx context.Context, c *call, u update) error {
			client, b, id := elb.NewFromConfig(c.cfg), &batch{}, props{"ListenerArn": c.ref.ID}
			if rest := without(u.changed(), "ListenerAttributes"); len(rest) > 0 {
				add(b, client.ModifyListener, with(id, rest))
			}
			if list := newAttributes(u, "ListenerAttributes"); u.has("ListenerAttributes") && len(list) > 0 {
				add(b, client.ModifyListenerAttributes, with(id, props{"Attributes": list}))
			}
			return b.send(ctx)
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := elb.NewFromConfig(c.cfg).DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &c.ref.ID})
			return err
		},
	}))
}

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
		Type: "AWS::ElasticLoadBalancingV2::Listener",
		Calls: map[string]string{
			"Elastic Load Balancing v2.DescribeLoadBalancers":      "elasticloadbalancing:DescribeLoadBalancers",
			"Elastic Load Balancing v2.DescribeListeners":          "elasticloadbalancing:DescribeListeners",
			"Elastic Load Balancing v2.DescribeListenerAttributes": "elasticloadbalancing:DescribeListenerAttributes",
			"Elastic Load Balancing v2.DescribeTags":               "elasticloadbalancing:DescribeTags",
		},
		Reads: []string{
			"/AlpnPolicy", "/Certificates",
			"/DefaultActions/*/AuthenticateCognitoConfig",
			"/DefaultActions/*/AuthenticateOidcConfig/AuthenticationRequestExtraParams", "/DefaultActions/*/AuthenticateOidcConfig/AuthorizationEndpoint",
			"/DefaultActions/*/AuthenticateOidcConfig/ClientId", "/DefaultActions/*/AuthenticateOidcConfig/Issuer",
			"/DefaultActions/*/AuthenticateOidcConfig/OnUnauthenticatedRequest", "/DefaultActions/*/AuthenticateOidcConfig/Scope",
			"/DefaultActions/*/AuthenticateOidcConfig/SessionCookieName", "/DefaultActions/*/AuthenticateOidcConfig/SessionTimeout",
			"/DefaultActions/*/AuthenticateOidcConfig/TokenEndpoint", "/DefaultActions/*/AuthenticateOidcConfig/UseExistingClientSecret",
			"/DefaultActions/*/AuthenticateOidcConfig/UserInfoEndpoint",
			"/DefaultActions/*/FixedResponseConfig", "/DefaultActions/*/ForwardConfig", "/DefaultActions/*/JwtValidationConfig",
			"/DefaultActions/*/Order", "/DefaultActions/*/RedirectConfig", "/DefaultActions/*/TargetGroupArn", "/DefaultActions/*/Type",
			"/ListenerArn", "/ListenerAttributes", "/LoadBalancerArn", "/MutualAuthentication", "/Port", "/Protocol", "/SslPolicy",
		},
		list: listListeners,
		one:  oneListener,
	})
}

// listListeners asks each load balancer: the service has no list of all listeners.
func listListeners(ctx context.Context, c *cell) error {
	client := elb.NewFromConfig(c.cfg)
	return elbLoadBalancers(ctx, client, func(balancers []types.LoadBalancer) {
		each(balancers, func(b types.LoadBalancer) {
			err := pages(func(token *string) (int, *string, error) {
				out, err := client.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn, Marker: token, PageSize: sdk.Int32(elbPage)})
				if err != nil {
					return 0, nil, err
				}
				c.listeners(ctx, client, out.Listeners)
				return len(out.Listeners), out.NextMarker, nil
			})
			if err != nil && !gone(err, elbGone...) {
				c.fault(err, sdk.ToString(b.LoadBalancerArn))
			}
		})
	})
}

func (c *cell) listeners(ctx context.Context, client *elb.Client, listeners []types.Listener) {
	var items []*item
	for _, l := range listeners {
		it := c.item(sdk.ToString(l.ListenerArn), sdk.ToString(l.ListenerArn))
		it.merge(l, nil)
		items = append(items, it)
	}
	c.emitWithTags(ctx, client, items, func(it *item) {
		out, err := client.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: &it.ARN})
		if gone(err, elbGone...) {
			return
		}
		if it.read(err, "/ListenerAttributes") {
			it.set("ListenerAttributes", out.Attributes)
		}
		c.emit(it)
	})
}

// oneListener asks for the load balancer of a listener, which its ARN names
// (…:listener/app/NAME/ID/LISTENER), and there for the listener alone.
func oneListener(input any, id string) {
	switch in := input.(type) {
	case *elb.DescribeLoadBalancersInput:
		if i := strings.LastIndexByte(id, '/'); i >= 0 {
			in.LoadBalancerArns, in.PageSize = []string{strings.Replace(id[:i], ":listener/", ":loadbalancer/", 1)}, nil
		}
	case *elb.DescribeListenersInput:
		in.LoadBalancerArn, in.ListenerArns, in.PageSize = nil, []string{id}, nil
	}
}

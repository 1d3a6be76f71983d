package aws

import (
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

const (
	elbPage = 400 // the largest page of load balancers, target groups and listeners
	elbTags = 20  // how many resources DescribeTags takes at once
)

// elbGone are the codes by which Elastic Load Balancing says that something does not exist.
var elbGone = []string{"LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound"}

// elbLoadBalancers calls page with the load balancers of the region, page by page.
func elbLoadBalancers(ctx context.Context, client *elb.Client, page func([]types.LoadBalancer)) error {
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Marker: token, PageSize: sdk.Int32(elbPage)})
		if err != nil {
			return 0, nil, err
		}
		page(out.LoadBalancers)
		return len(out.LoadBalancers), out.NextMarker, nil
	})
}

// emitWithTags reads the tags of items of one kind, as many at once as the service
// allows, and hands those that still exist to do.
func (c *cell) emitWithTags(ctx context.Context, client *elb.Client, items []*item, do func(*item)) {
	var property []string // listeners have tags, and no property for them
	if t := c.form.schema; t != nil && t.TagProperty != "" {
		property = []string{t.TagProperty}
	}
	for some := range slices.Chunk(items, elbTags) {
		var arns []string
		for _, it := range some {
			arns = append(arns, it.ARN)
		}
		out, err := client.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: arns})
		if gone(err, elbGone...) {
			if len(some) > 1 { // one of them is gone, and the service does not answer for the others
				for _, it := range some {
					c.emitWithTags(ctx, client, []*item{it}, do)
				}
			}
			continue
		}
		tags := map[string][]types.Tag{}
		if err == nil {
			for _, d := range out.TagDescriptions {
				tags[sdk.ToString(d.ResourceArn)] = d.Tags
			}
		}
		each(some, func(it *item) {
			t, listed := tags[it.ARN]
			if it.read(notEmpty(err, "Elastic Load Balancing v2.DescribeTags", listed), property...) {
				it.tag(t)
			}
			do(it)
		})
	}
}

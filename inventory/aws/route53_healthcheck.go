package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
)

func init() {
	register(Reader{
		Type:   "AWS::Route53::HealthCheck",
		Global: true,
		Calls: map[string]string{
			"Route 53.ListHealthChecks":    "route53:ListHealthChecks",
			"Route 53.ListTagsForResource": "route53:ListTagsForResource",
		},
		Reads:    []string{"/HealthCheckConfig", "/HealthCheckId", "/HealthCheckTags"},
		BulkTags: "route53:healthcheck",
		list:     listHealthChecks,
	})
}

func listHealthChecks(ctx context.Context, c *cell) error {
	client := route53.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListHealthChecks(ctx, &route53.ListHealthChecksInput{Marker: token, MaxItems: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.HealthChecks))
		each(out.HealthChecks, func(h types.HealthCheck) {
			id := sdk.ToString(h.Id)
			it := c.item(id, "arn:"+c.partition+":route53:::healthcheck/"+id)
			it.set("HealthCheckId", id)
			it.set("HealthCheckConfig", h.HealthCheckConfig)
			it.Foreign = linkedTo(h.LinkedService)
			if route53Tags(ctx, client, it, types.TagResourceTypeHealthcheck, "/HealthCheckTags") {
				c.emit(it)
			}
		})
		next, err := marker(out.IsTruncated, out.NextMarker)
		return len(out.HealthChecks), next, err
	})
}

package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// hostedZones calls do for the zones of the account, a page at a time.
func hostedZones(ctx context.Context, client *route53.Client, do func([]types.HostedZone)) error {
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListHostedZones(ctx, &route53.ListHostedZonesInput{Marker: token, MaxItems: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		do(out.HostedZones)
		next, err := marker(out.IsTruncated, out.NextMarker)
		return len(out.HostedZones), next, err
	})
}

// zoneID is the id of a zone as CloudFormation has it. The API puts a path before it.
func zoneID(z types.HostedZone) string { return strings.TrimPrefix(sdk.ToString(z.Id), "/hostedzone/") }

// linkedTo returns why a zone or health check is foreign when a service made it (Cloud
// Map, for example): Route 53 refuses changes by anybody else.
func linkedTo(s *types.LinkedService) string {
	if s == nil || sdk.ToString(s.ServicePrincipal) == "" {
		return ""
	}
	return "managed by " + *s.ServicePrincipal
}

// route53Tags reads the tags of resources of one kind, ten at a time, which is what the
// API takes. It returns the tags by id, and by id the error of the call that failed.
func route53Tags(ctx context.Context, client *route53.Client, kind types.TagResourceType, ids []string) (map[string][]types.Tag, map[string]error) {
	const most = 10
	tags, failed := map[string][]types.Tag{}, map[string]error{}
	for start := 0; start < len(ids); start += most {
		some := ids[start:min(start+most, len(ids))]
		out, err := client.ListTagsForResources(ctx, &route53.ListTagsForResourcesInput{ResourceType: kind, ResourceIds: some})
		for _, id := range some {
			failed[id] = err
		}
		if err != nil {
			continue
		}
		for _, set := range out.ResourceTagSets {
			tags[sdk.ToString(set.ResourceId)] = set.Tags
		}
	}
	return tags, failed
}

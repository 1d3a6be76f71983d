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

// route53Tags reads the tags of a zone or health check into a property; there is false
// when it was deleted meanwhile.
func route53Tags(ctx context.Context, client *route53.Client, it *item, kind types.TagResourceType, property string) (there bool) {
	if it.taggedInBulk() {
		return true
	}
	out, err := client.ListTagsForResource(ctx, &route53.ListTagsForResourceInput{ResourceType: kind, ResourceId: &it.Ref.ID})
	if gone(err, "NoSuchHostedZone", "NoSuchHealthCheck") {
		return false
	}
	if it.read(err, property) {
		it.tag(nil)
		if out.ResourceTagSet != nil {
			it.tag(out.ResourceTagSet.Tags)
		}
	}
	return true
}

package aws

import (
	"cmp"
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
)

func init() {
	register(Reader{
		Type:   "AWS::Route53::RecordSet",
		Global: true,
		Calls: map[string]string{
			"Route 53.ListHostedZones":        "route53:ListHostedZones",
			"Route 53.ListResourceRecordSets": "route53:ListResourceRecordSets",
		},
		// The comment of a record belongs to the change that made it; nobody keeps it.
		Reads: []string{
			"/AliasTarget", "/CidrRoutingConfig", "/Failover", "/GeoLocation", "/GeoProximityLocation", "/HealthCheckId",
			"/HostedZoneId", "/HostedZoneName", "/Id", "/MultiValueAnswer", "/Name", "/Region", "/ResourceRecords",
			"/SetIdentifier", "/TTL", "/Type", "/Weight",
		},
		list: func(ctx context.Context, c *cell) error {
			client := route53.NewFromConfig(c.cfg)
			return hostedZones(ctx, client, func(zones []types.HostedZone) {
				each(zones, func(z types.HostedZone) {
					if err := c.recordSets(ctx, client, z); !gone(err, "NoSuchHostedZone") && err != nil {
						c.fault(err, zoneID(z))
					}
				})
			})
		},
	})
}

// recordSets emits the records of one zone. Where the next page begins is said by three
// values; they are one token here, with a separator that stands in none of them.
func (c *cell) recordSets(ctx context.Context, client *route53.Client, z types.HostedZone) error {
	const separator = "\n"
	return pages(func(token *string) (int, *string, error) {
		in := &route53.ListResourceRecordSetsInput{HostedZoneId: z.Id, MaxItems: sdk.Int32(300)}
		if token != nil {
			start := strings.SplitN(*token, separator, 3)
			in.StartRecordName, in.StartRecordType = &start[0], types.RRType(start[1])
			if start[2] != "" {
				in.StartRecordIdentifier = &start[2]
			}
		}
		out, err := client.ListResourceRecordSets(ctx, in)
		if err != nil {
			return 0, nil, err
		}
		for _, r := range out.ResourceRecordSets {
			c.emit(c.recordSet(z, r))
		}
		var next *string
		if out.NextRecordName != nil {
			next = sdk.String(strings.Join([]string{*out.NextRecordName, string(out.NextRecordType), sdk.ToString(out.NextRecordIdentifier)}, separator))
		}
		next, err = marker(out.IsTruncated, next)
		return len(out.ResourceRecordSets), next, err
	})
}

// recordSet is known by its zone, name and type, and its set identifier where several
// share these.
func (c *cell) recordSet(z types.HostedZone, r types.ResourceRecordSet) *item {
	id := []string{zoneID(z), sdk.ToString(r.Name), string(r.Type)}
	if r.SetIdentifier != nil {
		id = append(id, *r.SetIdentifier)
	}
	it := c.item(strings.Join(id, "|"), "")
	it.merge(r, nil)
	it.set("Id", it.Ref.ID)
	it.set("HostedZoneId", id[0])
	it.set("HostedZoneName", z.Name)
	if r.ResourceRecords != nil {
		var values []string
		for _, v := range r.ResourceRecords {
			values = append(values, sdk.ToString(v.Value))
		}
		it.set("ResourceRecords", values)
	}
	it.tag(nil) // a record cannot have tags
	it.Foreign = linkedTo(z.LinkedService)
	if apex := sdk.ToString(r.Name) == sdk.ToString(z.Name); apex && (r.Type == types.RRTypeNs || r.Type == types.RRTypeSoa) {
		it.Foreign = cmp.Or(it.Foreign, "record that came with its zone")
	}
	if r.TrafficPolicyInstanceId != nil {
		it.Foreign = cmp.Or(it.Foreign, "made by traffic policy instance "+*r.TrafficPolicyInstanceId)
	}
	return it
}

package awscloud

import (
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type:     "AWS::Route53::HostedZone",
		Tags:     map[string]string{"Route 53.ChangeTagsForResource": "route53:ChangeTagsForResource"},
		Reaps:    map[string]string{"Route 53.DeleteHostedZone": "route53:DeleteHostedZone", "Route 53.ChangeResourceRecordSets": "route53:ChangeResourceRecordSets"},
		Reads:    map[string]string{"Route 53.GetHostedZone": "route53:GetHostedZone", "Route 53.ListResourceRecordSets": "route53:ListResourceRecordSets"},
		NotFound: []string{"NoSuchHostedZone"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, route53.NewFromConfig(c.cfg).GetHostedZone, props{"Id": c.ref.ID})
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, route53.NewFromConfig(c.cfg).ChangeTagsForResource, props{
				"ResourceType": "hostedzone", "ResourceId": c.ref.ID, "AddTags": tagList(tags),
			})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, route53.NewFromConfig(c.cfg).ChangeTagsForResource, props{
				"ResourceType": "hostedzone", "ResourceId": c.ref.ID, "RemoveTagKeys": keys,
			})
			return err
		},
		Steps:  []string{plan.StepDeleteRecord},
		delete: deleteHostedZone,
	})
}

// deleteHostedZone deletes the records that steps name first. Those of the zone itself, which
// Route 53 made, end with it.
func deleteHostedZone(ctx context.Context, c *call, _ *inventory.Resource, steps []plan.Step) error {
	const pages, atOnce = 100, 100
	client := route53.NewFromConfig(c.cfg)
	zone, err := client.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &c.ref.ID})
	if err != nil || zone.HostedZone == nil {
		return err
	}
	var doomed []types.Change
	list := route53.NewListResourceRecordSetsPaginator(client, &route53.ListResourceRecordSetsInput{HostedZoneId: &c.ref.ID})
	for page := 0; list.HasMorePages(); page++ {
		out, err := list.NextPage(ctx)
		switch {
		case err != nil:
			return err
		case page == pages:
			return &reaper.Blocked{By: "the zone holds more records than are looked at"}
		}
		for _, r := range out.ResourceRecordSets {
			apex := sdk.ToString(r.Name) == sdk.ToString(zone.HostedZone.Name)
			if apex && (r.Type == types.RRTypeNs || r.Type == types.RRTypeSoa) {
				continue
			}
			id := strings.Join([]string{c.ref.ID, sdk.ToString(r.Name), string(r.Type)}, "|")
			if r.SetIdentifier != nil {
				id += "|" + *r.SetIdentifier
			}
			if !named(steps, plan.StepDeleteRecord, id) {
				return needs(plan.StepDeleteRecord, id)
			}
			doomed = append(doomed, types.Change{Action: types.ChangeActionDelete, ResourceRecordSet: &r})
		}
	}
	for some := range slices.Chunk(doomed, atOnce) {
		_, err := client.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{HostedZoneId: &c.ref.ID, ChangeBatch: &types.ChangeBatch{Changes: some}})
		if err != nil {
			return err
		}
	}
	_, err = client.DeleteHostedZone(ctx, &route53.DeleteHostedZoneInput{Id: &c.ref.ID})
	return err
}

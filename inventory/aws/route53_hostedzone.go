package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
)

func init() {
	register(Reader{
		Type:   "AWS::Route53::HostedZone",
		Global: true,
		Calls: map[string]string{
			"Route 53.ListHostedZones":         "route53:ListHostedZones",
			"Route 53.GetHostedZone":           "route53:GetHostedZone",
			"Route 53.ListTagsForResource":     "route53:ListTagsForResource",
			"Route 53.ListQueryLoggingConfigs": "route53:ListQueryLoggingConfigs",
		},
		Reads: []string{
			"/HostedZoneConfig", "/HostedZoneFeatures", "/HostedZoneTags", "/Id", "/Name", "/NameServers", "/QueryLoggingConfig", "/VPCs",
		},
		BulkTags: "route53:hostedzone",
		list:     listHostedZones,
	})
}

func listHostedZones(ctx context.Context, c *cell) error {
	client := route53.NewFromConfig(c.cfg)
	logging := map[string]*string{} // the log group by zone id
	loggingErr := pages(func(token *string) (int, *string, error) {
		out, err := client.ListQueryLoggingConfigs(ctx, &route53.ListQueryLoggingConfigsInput{NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		for _, l := range out.QueryLoggingConfigs {
			logging[sdk.ToString(l.HostedZoneId)] = l.CloudWatchLogsLogGroupArn
		}
		return len(out.QueryLoggingConfigs), out.NextToken, nil
	})
	return hostedZones(ctx, client, func(zones []types.HostedZone) {
		c.bulkTags(ctx, len(zones))
		each(zones, func(z types.HostedZone) {
			id := zoneID(z)
			it := c.item(id, "arn:"+c.partition+":route53:::hostedzone/"+id)
			if it.read(loggingErr, "/QueryLoggingConfig") && logging[id] != nil {
				it.set("QueryLoggingConfig", map[string]any{"CloudWatchLogsLogGroupArn": logging[id]})
			}
			c.hostedZone(ctx, client, it, z)
		})
	})
}

func (c *cell) hostedZone(ctx context.Context, client *route53.Client, it *item, z types.HostedZone) {
	it.set("Id", it.Ref.ID)
	it.set("Name", z.Name)
	if z.Config != nil && z.Config.Comment != nil {
		it.set("HostedZoneConfig", map[string]any{"Comment": z.Config.Comment})
	}
	if z.Features != nil {
		s := z.Features.AcceleratedRecoveryStatus
		it.set("HostedZoneFeatures", map[string]any{
			"EnableAcceleratedRecovery": s == types.AcceleratedRecoveryStatusEnabled || s == types.AcceleratedRecoveryStatusEnabling,
		})
	}
	it.Foreign = linkedTo(z.LinkedService)

	out, err := client.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: z.Id})
	if gone(err, "NoSuchHostedZone") {
		return
	}
	if it.read(err, "/NameServers", "/VPCs") {
		if out.DelegationSet != nil { // a private zone has none
			it.set("NameServers", out.DelegationSet.NameServers)
		}
		it.set("VPCs", out.VPCs)
	}
	if route53Tags(ctx, client, it, types.TagResourceTypeHostedzone, "/HostedZoneTags") {
		c.emit(it)
	}
}

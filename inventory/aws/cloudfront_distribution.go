package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
)

func init() {
	register(Reader{
		Type:   "AWS::CloudFront::Distribution",
		Global: true,
		Calls: map[string]string{
			"CloudFront.ListDistributions":     "cloudfront:ListDistributions",
			"CloudFront.GetDistributionConfig": "cloudfront:GetDistributionConfig",
			"CloudFront.ListTagsForResource":   "cloudfront:ListTagsForResource",
		},
		// Everything but the three old forms (CNAMEs, CustomOrigin, S3Origin), which
		// CloudFront shows as Aliases and Origins.
		Reads: []string{
			"/DomainName", "/Id", "/Tags",
			"/DistributionConfig/Aliases", "/DistributionConfig/AnycastIpListId", "/DistributionConfig/CacheBehaviors",
			"/DistributionConfig/CacheTagConfig", "/DistributionConfig/Comment", "/DistributionConfig/ConnectionFunctionAssociation",
			"/DistributionConfig/ConnectionMode", "/DistributionConfig/ContinuousDeploymentPolicyId",
			"/DistributionConfig/CustomErrorResponses", "/DistributionConfig/DefaultCacheBehavior", "/DistributionConfig/DefaultRootObject",
			"/DistributionConfig/Enabled", "/DistributionConfig/HttpVersion", "/DistributionConfig/IPV6Enabled", "/DistributionConfig/Logging",
			"/DistributionConfig/OriginGroups", "/DistributionConfig/Origins", "/DistributionConfig/PriceClass",
			"/DistributionConfig/Restrictions", "/DistributionConfig/Staging", "/DistributionConfig/TenantConfig",
			"/DistributionConfig/ViewerCertificate", "/DistributionConfig/ViewerMtlsConfig", "/DistributionConfig/WebACLId",
		},
		BulkTags: "cloudfront:distribution",
		list:     listDistributions,
	})
}

func listDistributions(ctx context.Context, c *cell) error {
	client := cloudfront.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListDistributions(ctx, &cloudfront.ListDistributionsInput{Marker: token, MaxItems: sdk.Int32(100)})
		if err != nil || out.DistributionList == nil {
			return 0, nil, err
		}
		list := out.DistributionList
		c.bulkTags(ctx, len(list.Items))
		each(list.Items, func(d types.DistributionSummary) { c.distribution(ctx, client, d) })
		next, err := marker(sdk.ToBool(list.IsTruncated), list.NextMarker)
		return len(list.Items), next, err
	})
}

func (c *cell) distribution(ctx context.Context, client *cloudfront.Client, d types.DistributionSummary) {
	it := c.item(sdk.ToString(d.Id), sdk.ToString(d.ARN))
	it.set("Id", d.Id)
	it.set("DomainName", d.DomainName)
	it.State = sdk.ToString(d.Status)

	// The list has no logging and no default root object.
	config, err := client.GetDistributionConfig(ctx, &cloudfront.GetDistributionConfigInput{Id: d.Id})
	if gone(err, "NoSuchDistribution") {
		return
	}
	if it.read(err, "/DistributionConfig") && config.DistributionConfig != nil {
		it.set("DistributionConfig", distributionConfig(config.DistributionConfig))
		it.respell()
	}
	if !it.taggedInBulk() {
		tags, err := client.ListTagsForResource(ctx, &cloudfront.ListTagsForResourceInput{Resource: d.ARN})
		if gone(err, "NoSuchResource") {
			return
		}
		if it.read(err, "/Tags") {
			if tags.Tags == nil {
				tags.Tags = &types.Tags{}
			}
			it.tag(tags.Tags.Items)
		}
	}
	c.emit(it)
}

// distributionConfig writes a configuration as CloudFormation does, as far as that is
// more than capitals and wrapped lists.
func distributionConfig(d *types.DistributionConfig) map[string]any {
	config, _ := plain(d).(map[string]any)
	config["IPV6Enabled"] = config["IsIPV6Enabled"]
	if d.Logging != nil && !sdk.ToBool(d.Logging.Enabled) {
		delete(config, "Logging") // CloudFormation has no logging that is switched off
	}
	rename := func(object any, from, to string) {
		if object, ok := object.(map[string]any); ok && object[from] != nil {
			object[to] = object[from]
			delete(object, from)
		}
	}
	for _, origin := range wrapped(config["Origins"]) {
		rename(origin, "CustomHeaders", "OriginCustomHeaders")
	}
	for _, behavior := range append(wrapped(config["CacheBehaviors"]), config["DefaultCacheBehavior"]) {
		if behavior, ok := behavior.(map[string]any); ok {
			if allowed, ok := behavior["AllowedMethods"].(map[string]any); ok {
				behavior["CachedMethods"] = allowed["CachedMethods"]
			}
		}
	}
	if restrictions, ok := config["Restrictions"].(map[string]any); ok {
		rename(restrictions["GeoRestriction"], "Items", "Locations")
	}
	for _, response := range wrapped(config["CustomErrorResponses"]) {
		if response, ok := response.(map[string]any); ok {
			for _, name := range []string{"ResponseCode", "ResponsePagePath"} {
				if response[name] == "" {
					delete(response, name) // an empty text means none
				}
			}
		}
	}
	return config
}

// wrapped returns the elements of a list that CloudFront wraps.
func wrapped(list any) []any {
	object, _ := list.(map[string]any)
	items, _ := object["Items"].([]any)
	return items
}

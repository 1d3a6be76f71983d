package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
)

func init() {
	register(Reader{
		Type: "AWS::ElastiCache::ParameterGroup",
		Calls: map[string]string{
			"ElastiCache.DescribeCacheParameterGroups": "elasticache:DescribeCacheParameterGroups",
			"ElastiCache.DescribeCacheParameters":      "elasticache:DescribeCacheParameters",
			"ElastiCache.ListTagsForResource":          "elasticache:ListTagsForResource",
		},
		Reads:    []string{"/CacheParameterGroupFamily", "/CacheParameterGroupName", "/Description", "/Properties", "/Tags"},
		BulkTags: "elasticache:parametergroup",
		list:     listCacheParameterGroups,
	})
}

func listCacheParameterGroups(ctx context.Context, c *cell) error {
	client := elasticache.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeCacheParameterGroups(ctx, &elasticache.DescribeCacheParameterGroupsInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.CacheParameterGroups))
		each(out.CacheParameterGroups, func(g types.CacheParameterGroup) { c.cacheParameterGroup(ctx, client, g) })
		return len(out.CacheParameterGroups), out.Marker, nil
	})
}

func (c *cell) cacheParameterGroup(ctx context.Context, client *elasticache.Client, g types.CacheParameterGroup) {
	const notFound = "CacheParameterGroupNotFound"
	it := c.item(sdk.ToString(g.CacheParameterGroupName), sdk.ToString(g.ARN))
	it.merge(g, nil)
	if it.Foreign = madeByService(g.CacheParameterGroupName); it.Foreign != "" {
		it.tag(nil) // groups of the service cannot have tags, and nobody can set their parameters
		c.emit(it)
		return
	}
	set := map[string]*string{} // what somebody set; the rest is the engine's own
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeCacheParameters(ctx, &elasticache.DescribeCacheParametersInput{
			CacheParameterGroupName: g.CacheParameterGroupName, Source: sdk.String("user"), Marker: token, MaxRecords: sdk.Int32(rdsPage),
		})
		if err != nil {
			return 0, nil, err
		}
		for _, p := range out.Parameters {
			set[sdk.ToString(p.ParameterName)] = p.ParameterValue
		}
		return len(out.Parameters), out.Marker, nil
	})
	if gone(err, notFound) {
		return
	}
	if it.read(err, "/Properties") && len(set) > 0 {
		it.set("Properties", set)
	}
	c.cacheTags(ctx, client, it, notFound)
}

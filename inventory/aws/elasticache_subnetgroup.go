package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
)

func init() {
	register(Reader{
		Type: "AWS::ElastiCache::SubnetGroup",
		Calls: map[string]string{
			"ElastiCache.DescribeCacheSubnetGroups": "elasticache:DescribeCacheSubnetGroups",
			"ElastiCache.ListTagsForResource":       "elasticache:ListTagsForResource",
		},
		Reads:    []string{"/CacheSubnetGroupName", "/Description", "/SubnetIds", "/Tags"},
		BulkTags: "elasticache:subnetgroup",
		list:     listCacheSubnetGroups,
		one:      byID("CacheSubnetGroupName"),
	})
}

func listCacheSubnetGroups(ctx context.Context, c *cell) error {
	client := elasticache.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeCacheSubnetGroups(ctx, &elasticache.DescribeCacheSubnetGroupsInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.CacheSubnetGroups))
		each(out.CacheSubnetGroups, func(g types.CacheSubnetGroup) {
			it := c.item(sdk.ToString(g.CacheSubnetGroupName), sdk.ToString(g.ARN))
			it.set("CacheSubnetGroupName", g.CacheSubnetGroupName)
			it.set("Description", g.CacheSubnetGroupDescription)
			it.set("SubnetIds", texts(g.Subnets, func(s types.Subnet) *string { return s.SubnetIdentifier }))
			it.Foreign = madeByService(g.CacheSubnetGroupName)
			c.cacheTags(ctx, client, it, "CacheSubnetGroupNotFoundFault")
		})
		return len(out.CacheSubnetGroups), out.Marker, nil
	})
}

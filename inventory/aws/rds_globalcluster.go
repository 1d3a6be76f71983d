package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

func init() {
	register(Reader{
		Type:  "AWS::RDS::GlobalCluster",
		Calls: map[string]string{"RDS.DescribeGlobalClusters": "rds:DescribeGlobalClusters"},
		// The cluster that it was made of is said once, at its creation.
		Reads: []string{
			"/DeletionProtection", "/Engine", "/EngineLifecycleSupport", "/EngineVersion", "/GlobalClusterIdentifier",
			"/GlobalEndpoint", "/StorageEncrypted", "/Tags",
		},
		list: listGlobalClusters,
	})
}

func listGlobalClusters(ctx context.Context, c *cell) error {
	client := rds.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeGlobalClusters(ctx, &rds.DescribeGlobalClustersInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		for _, g := range out.GlobalClusters {
			if !otherDatabase(g.Engine) && c.isHome(g) {
				c.emit(c.globalCluster(g))
			}
		}
		return len(out.GlobalClusters), out.Marker, nil
	})
}

// isHome reports whether a global cluster belongs into this cell. Every region of a
// member shows it; it counts in that of the member that writes, once.
func (c *cell) isHome(g types.GlobalCluster) bool {
	for _, m := range g.GlobalClusterMembers {
		if member, err := arn.Parse(sdk.ToString(m.DBClusterArn)); err == nil && sdk.ToBool(m.IsWriter) {
			return member.Region == c.region
		}
	}
	return true
}

func (c *cell) globalCluster(g types.GlobalCluster) *item {
	it := c.item(sdk.ToString(g.GlobalClusterIdentifier), sdk.ToString(g.GlobalClusterArn))
	it.merge(g, nil)
	if g.Endpoint != nil {
		it.set("GlobalEndpoint", map[string]any{"Address": g.Endpoint})
	}
	it.tag(g.TagList)
	it.State = sdk.ToString(g.Status)
	return it
}

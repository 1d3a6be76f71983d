package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

func init() {
	register(Reader{
		Type: "AWS::RDS::DBProxy",
		Calls: map[string]string{
			"RDS.DescribeDBProxies":   "rds:DescribeDBProxies",
			"RDS.ListTagsForResource": "rds:ListTagsForResource",
		},
		Reads: []string{
			"/Auth", "/DBProxyArn", "/DBProxyName", "/DebugLogging", "/DefaultAuthScheme", "/Endpoint", "/EndpointNetworkType",
			"/EngineFamily", "/IdleClientTimeout", "/RequireTLS", "/RoleArn", "/Tags", "/TargetConnectionNetworkType", "/VpcId",
			"/VpcSecurityGroupIds", "/VpcSubnetIds",
		},
		BulkTags: "rds:db-proxy",
		list:     listDBProxies,
	})
}

func listDBProxies(ctx context.Context, c *cell) error {
	client := rds.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeDBProxies(ctx, &rds.DescribeDBProxiesInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.DBProxies))
		each(out.DBProxies, func(p types.DBProxy) {
			it := c.item(sdk.ToString(p.DBProxyName), sdk.ToString(p.DBProxyArn))
			it.merge(p, nil)
			it.State = string(p.Status)
			it.created(p.CreatedDate)
			c.rdsTags(ctx, client, it, "DBProxyNotFoundFault")
		})
		return len(out.DBProxies), out.Marker, nil
	})
}

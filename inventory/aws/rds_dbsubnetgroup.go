package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

func init() {
	register(Reader{
		Type: "AWS::RDS::DBSubnetGroup",
		Calls: map[string]string{
			"RDS.DescribeDBSubnetGroups": "rds:DescribeDBSubnetGroups",
			"RDS.ListTagsForResource":    "rds:ListTagsForResource",
		},
		Reads:    []string{"/DBSubnetGroupDescription", "/DBSubnetGroupName", "/SubnetIds", "/Tags"},
		BulkTags: "rds:subgrp",
		list:     listDBSubnetGroups,
		one:      byID("DBSubnetGroupName"),
	})
}

// listDBSubnetGroups lists all groups: those made for Neptune or DocumentDB are not told
// apart, because any of the databases may use any of them.
func listDBSubnetGroups(ctx context.Context, c *cell) error {
	client := rds.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeDBSubnetGroups(ctx, &rds.DescribeDBSubnetGroupsInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.DBSubnetGroups))
		each(out.DBSubnetGroups, func(g types.DBSubnetGroup) {
			it := c.item(sdk.ToString(g.DBSubnetGroupName), sdk.ToString(g.DBSubnetGroupArn))
			it.merge(g, nil)
			it.set("SubnetIds", texts(g.Subnets, func(s types.Subnet) *string { return s.SubnetIdentifier }))
			it.State = sdk.ToString(g.SubnetGroupStatus)
			it.Foreign = madeByService(g.DBSubnetGroupName)
			c.rdsTags(ctx, client, it, "DBSubnetGroupNotFoundFault")
		})
		return len(out.DBSubnetGroups), out.Marker, nil
	})
}

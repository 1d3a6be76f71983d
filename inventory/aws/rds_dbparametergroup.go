package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

func init() {
	register(Reader{
		Type: "AWS::RDS::DBParameterGroup",
		Calls: map[string]string{
			"RDS.DescribeDBParameterGroups": "rds:DescribeDBParameterGroups",
			"RDS.DescribeDBParameters":      "rds:DescribeDBParameters",
			"RDS.ListTagsForResource":       "rds:ListTagsForResource",
		},
		Reads:    []string{"/DBParameterGroupName", "/Description", "/Family", "/Parameters", "/Tags"},
		BulkTags: "rds:pg",
		list:     listDBParameterGroups,
		one:      byID("DBParameterGroupName"),
	})
}

func listDBParameterGroups(ctx context.Context, c *cell) error {
	client := rds.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeDBParameterGroups(ctx, &rds.DescribeDBParameterGroupsInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.DBParameterGroups))
		each(out.DBParameterGroups, func(g types.DBParameterGroup) {
			if !otherDatabase(g.DBParameterGroupFamily) {
				c.dbParameterGroup(ctx, client, g)
			}
		})
		return len(out.DBParameterGroups), out.Marker, nil
	})
}

func (c *cell) dbParameterGroup(ctx context.Context, client *rds.Client, g types.DBParameterGroup) {
	const notFound = "DBParameterGroupNotFound"
	it := c.item(sdk.ToString(g.DBParameterGroupName), sdk.ToString(g.DBParameterGroupArn))
	it.merge(g, map[string]string{"DBParameterGroupFamily": "Family"})
	if it.Foreign = madeByService(g.DBParameterGroupName); it.Foreign == "" {
		// A group holds hundreds of parameters; only those that somebody set are declared.
		set := map[string]*string{}
		err := pages(func(token *string) (int, *string, error) {
			out, err := client.DescribeDBParameters(ctx, &rds.DescribeDBParametersInput{
				DBParameterGroupName: g.DBParameterGroupName, Source: sdk.String("user"), Marker: token, MaxRecords: sdk.Int32(rdsPage),
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
		if it.read(err, "/Parameters") && len(set) > 0 {
			it.set("Parameters", set)
		}
	}
	c.rdsTags(ctx, client, it, notFound)
}

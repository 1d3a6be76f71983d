package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

func init() {
	register(Reader{
		Type: "AWS::Glue::Database",
		Calls: map[string]string{
			"Glue.GetDatabases": "glue:GetDatabases",
			// CloudFormation does not know that databases may have tags.
			"Glue.GetTags": "glue:GetTags",
		},
		Reads:    []string{"/CatalogId", "/DatabaseInput", "/DatabaseName"},
		BulkTags: "glue:database",
		list:     listGlueDatabases,
	})
}

func listGlueDatabases(ctx context.Context, c *cell) error {
	client := glue.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.GetDatabases(ctx, &glue.GetDatabasesInput{NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.DatabaseList))
		each(out.DatabaseList, func(d types.Database) {
			it := c.item(sdk.ToString(d.Name), c.arn("glue", "database/"+sdk.ToString(d.Name)))
			it.set("DatabaseName", d.Name)
			it.set("CatalogId", d.CatalogId)
			it.set("DatabaseInput", d)
			it.created(d.CreateTime)
			it.Foreign = c.sharedBy(d.CatalogId)
			if glueTags(ctx, client, it) {
				c.emit(it)
			}
		})
		return len(out.DatabaseList), out.NextToken, nil
	})
}

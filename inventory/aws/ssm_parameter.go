package aws

import (
	"cmp"
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

func init() {
	register(Reader{
		Type: "AWS::SSM::Parameter",
		Calls: map[string]string{
			"SSM.DescribeParameters":  "ssm:DescribeParameters",
			"SSM.ListTagsForResource": "ssm:ListTagsForResource",
		},
		// Values are not read, of secure and of plain parameters alike: many a secret
		// stands in the wrong kind.
		Reads:    []string{"/DataType", "/Name", "/Tags", "/Type"},
		BulkTags: "ssm:parameter",
		list:     listParameters,
	})
}

func listParameters(ctx context.Context, c *cell) error {
	client := ssm.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeParameters(ctx, &ssm.DescribeParametersInput{MaxResults: sdk.Int32(50), NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.Parameters))
		each(out.Parameters, func(p types.ParameterMetadata) { c.parameter(ctx, client, p) })
		return len(out.Parameters), out.NextToken, nil
	})
}

func (c *cell) parameter(ctx context.Context, client *ssm.Client, p types.ParameterMetadata) {
	name := sdk.ToString(p.Name)
	it := c.item(name, cmp.Or(sdk.ToString(p.ARN), c.arn("ssm", "parameter/"+strings.TrimPrefix(name, "/"))))
	it.merge(p, nil)
	if p.Version == 1 {
		it.created(p.LastModifiedDate) // only the first version tells when it was made
	}
	if strings.HasPrefix(name, "/aws/") {
		it.Foreign = "parameter of an AWS service" // the prefix is reserved
	}
	tags, known := it.tagsInBulk()
	if !known {
		out, err := client.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{
			ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: p.Name,
		})
		if gone(err, "InvalidResourceId") {
			return
		}
		if known = it.read(err, "/Tags"); known {
			tags = tagMap(out.TagList)
		}
	}
	if known {
		it.tagObject("Tags", tags)
	}
	c.emit(it)
}

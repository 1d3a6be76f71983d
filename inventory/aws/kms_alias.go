package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

func init() {
	register(Reader{
		Type:  "AWS::KMS::Alias",
		Calls: map[string]string{"KMS.ListAliases": "kms:ListAliases"},
		Reads: []string{"/AliasName", "/TargetKeyId"},
		list:  listAliases,
	})
}

func listAliases(ctx context.Context, c *cell) error {
	client := kms.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListAliases(ctx, &kms.ListAliasesInput{Marker: token, Limit: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		for _, a := range out.Aliases {
			name := sdk.ToString(a.AliasName)
			it := c.item(name, sdk.ToString(a.AliasArn))
			it.merge(a, nil)
			it.tag(nil) // tags are the key's, an alias has none
			it.created(a.CreationDate)
			if strings.HasPrefix(name, "alias/aws/") {
				it.Foreign = "alias of an AWS-managed key"
			}
			c.emit(it)
		}
		next, err := marker(out.Truncated, out.NextMarker)
		return len(out.Aliases), next, err
	})
}

package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func init() {
	register(Reader{
		Type:   "AWS::IAM::OIDCProvider",
		Global: true,
		Calls: map[string]string{
			"IAM.ListOpenIDConnectProviders": "iam:ListOpenIDConnectProviders",
			"IAM.GetOpenIDConnectProvider":   "iam:GetOpenIDConnectProvider",
		},
		Reads: []string{"/Arn", "/ClientIdList", "/Tags", "/ThumbprintList", "/Url"},
		list: func(ctx context.Context, c *cell) error {
			client := iam.NewFromConfig(c.cfg)
			out, err := client.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{}) // IAM does not page it
			if err != nil {
				return err
			}
			each(out.OpenIDConnectProviderList, func(p types.OpenIDConnectProviderListEntry) { c.oidcProvider(ctx, client, sdk.ToString(p.Arn)) })
			return nil
		},
	})
}

func (c *cell) oidcProvider(ctx context.Context, client *iam.Client, arn string) {
	it := c.item(arn, arn)
	it.set("Arn", arn)
	p, err := client.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn})
	if gone(err, "NoSuchEntity") {
		return
	}
	if it.read(err, "/ClientIdList", "/Tags", "/ThumbprintList", "/Url") {
		it.set("ClientIdList", p.ClientIDList)
		it.set("ThumbprintList", p.ThumbprintList)
		it.created(p.CreateDate)
		it.tag(p.Tags)
		if url := sdk.ToString(p.Url); url != "" {
			// IAM keeps the address without the scheme that it asks for.
			it.set("Url", "https://"+strings.TrimPrefix(url, "https://"))
			it.Resource.Name = strings.TrimPrefix(url, "https://")
		}
	}
	c.emit(it)
}

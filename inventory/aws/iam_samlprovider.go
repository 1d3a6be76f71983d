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
		Type:   "AWS::IAM::SAMLProvider",
		Global: true,
		Calls: map[string]string{
			"IAM.ListSAMLProviders": "iam:ListSAMLProviders",
			"IAM.GetSAMLProvider":   "iam:GetSAMLProvider",
		},
		Reads: append([]string{"/Arn", "/Name"}, describedSAMLProvider...),
		list: func(ctx context.Context, c *cell) error {
			client := iam.NewFromConfig(c.cfg)
			out, err := client.ListSAMLProviders(ctx, &iam.ListSAMLProvidersInput{}) // IAM does not page it
			if err != nil {
				return err
			}
			each(out.SAMLProviderList, func(p types.SAMLProviderListEntry) { c.samlProvider(ctx, client, p) })
			return nil
		},
	})
}

// describedSAMLProvider is what the description of a provider tells.
var describedSAMLProvider = []string{"/AssertionEncryptionMode", "/PrivateKeyList", "/SamlMetadataDocument", "/SamlProviderUUID", "/Tags"}

func (c *cell) samlProvider(ctx context.Context, client *iam.Client, p types.SAMLProviderListEntry) {
	arn := sdk.ToString(p.Arn)
	it := c.item(arn, arn)
	it.set("Arn", arn)
	it.set("Name", arn[strings.LastIndexByte(arn, '/')+1:])
	it.created(p.CreateDate)
	whole, err := client.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: p.Arn})
	if gone(err, "NoSuchEntity") {
		return
	}
	if it.read(err, describedSAMLProvider...) {
		// Of the private keys it has the ids, not the keys.
		it.set("PrivateKeyList", whole.PrivateKeyList)
		it.set("AssertionEncryptionMode", whole.AssertionEncryptionMode)
		it.set("SamlMetadataDocument", whole.SAMLMetadataDocument)
		it.set("SamlProviderUUID", whole.SAMLProviderUUID)
		it.tag(whole.Tags)
	}
	c.emit(it)
}

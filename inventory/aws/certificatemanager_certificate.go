package aws

import (
	"cmp"
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
)

func init() {
	register(Reader{
		Type: "AWS::CertificateManager::Certificate",
		Calls: map[string]string{
			"ACM.ListCertificates":       "acm:ListCertificates",
			"ACM.DescribeCertificate":    "acm:DescribeCertificate",
			"ACM.ListTagsForCertificate": "acm:ListTagsForCertificate",
		},
		Reads:    append([]string{"/DomainName", "/Id", "/Tags"}, describedCertificate...),
		BulkTags: "acm",
		list:     listCertificates,
	})
}

// describedCertificate is what the description of a certificate tells. The hosted zone of a
// validation is known to CloudFormation alone.
var describedCertificate = []string{
	"/CertificateAuthorityArn", "/CertificateExport", "/CertificateTransparencyLoggingPreference",
	"/DomainValidationOptions/*/DomainName", "/DomainValidationOptions/*/ValidationDomain",
	"/KeyAlgorithm", "/SubjectAlternativeNames", "/ValidationMethod",
}

func listCertificates(ctx context.Context, c *cell) error {
	client := acm.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListCertificates(ctx, &acm.ListCertificatesInput{
			// Without this filter ACM lists certificates with RSA keys of 2048 bits only.
			Includes:  &types.Filters{KeyTypes: types.KeyAlgorithm("").Values()},
			NextToken: token, MaxItems: sdk.Int32(1000),
		})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.CertificateSummaryList))
		each(out.CertificateSummaryList, func(s types.CertificateSummary) { c.certificate(ctx, client, s) })
		return len(out.CertificateSummaryList), out.NextToken, nil
	})
}

func (c *cell) certificate(ctx context.Context, client *acm.Client, s types.CertificateSummary) {
	arn := sdk.ToString(s.CertificateArn)
	it := c.item(arn, arn)
	it.Resource.Name = sdk.ToString(s.DomainName)
	it.set("Id", arn)
	it.set("DomainName", s.DomainName)
	it.State = string(s.Status)
	it.created(cmp.Or(s.CreatedAt, s.ImportedAt))

	described, err := client.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: s.CertificateArn})
	if gone(err, "ResourceNotFoundException") {
		return
	}
	if it.read(err, describedCertificate...) && described.Certificate != nil {
		d := described.Certificate
		it.merge(d, nil)
		// ACM spells it RSA-2048 here and RSA_2048 everywhere else.
		it.set("KeyAlgorithm", strings.ReplaceAll(string(d.KeyAlgorithm), "-", "_"))
		// ACM adds the certificate's own name to the alternative ones.
		it.set("SubjectAlternativeNames", slices.DeleteFunc(slices.Clone(d.SubjectAlternativeNames), func(name string) bool {
			return name == sdk.ToString(d.DomainName)
		}))
		if d.Options != nil {
			it.set("CertificateTransparencyLoggingPreference", d.Options.CertificateTransparencyLoggingPreference) //nolint:staticcheck // old certificates still say it, and templates declare it
			it.set("CertificateExport", d.Options.Export)
		}
		for _, v := range d.DomainValidationOptions {
			it.set("ValidationMethod", v.ValidationMethod) // one for all names
		}
		it.State = cmp.Or(string(d.Status), it.State)
		it.created(cmp.Or(d.CreatedAt, d.ImportedAt))
		if d.ManagedBy != "" {
			it.Foreign = "managed by " + string(d.ManagedBy)
		}
	}
	if !it.taggedInBulk() {
		tags, err := client.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: s.CertificateArn})
		if it.read(err, "/Tags") {
			it.tag(tags.Tags)
		}
	}
	c.emit(it)
}

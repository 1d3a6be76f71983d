package aws

import (
	"cmp"
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticsearchservice"
	"github.com/aws/aws-sdk-go-v2/service/elasticsearchservice/types"
)

func init() {
	register(Reader{
		Type: "AWS::Elasticsearch::Domain",
		Calls: map[string]string{
			"Elasticsearch Service.ListDomainNames":              "es:ListDomainNames",
			"Elasticsearch Service.DescribeElasticsearchDomains": "es:DescribeElasticsearchDomains",
			"Elasticsearch Service.ListTags":                     "es:ListTags",
		},
		Reads: append([]string{"/DomainName", "/Id", "/Tags"}, describedElasticsearch...),
		list:  listElasticsearchDomains,
	})
}

// describedElasticsearch is what the description of a domain tells. The master user is
// not in it.
var describedElasticsearch = []string{
	"/AccessPolicies", "/AdvancedOptions", "/AdvancedSecurityOptions/AnonymousAuthEnabled", "/AdvancedSecurityOptions/Enabled",
	"/AdvancedSecurityOptions/InternalUserDatabaseEnabled", "/Arn", "/CognitoOptions", "/DomainArn", "/DomainEndpoint",
	"/DomainEndpointOptions", "/EBSOptions", "/ElasticsearchClusterConfig", "/ElasticsearchVersion",
	"/EncryptionAtRestOptions", "/LogPublishingOptions", "/NodeToNodeEncryptionOptions", "/SnapshotOptions", "/VPCOptions",
}

// listElasticsearchDomains reads the domains that run Elasticsearch; see listDomains.
func listElasticsearchDomains(ctx context.Context, c *cell) error {
	client := elasticsearchservice.NewFromConfig(c.cfg)
	listed, err := client.ListDomainNames(ctx, &elasticsearchservice.ListDomainNamesInput{EngineType: types.EngineTypeElasticsearch})
	if err != nil {
		return err
	}
	names := texts(listed.DomainNames, func(d types.DomainInfo) *string { return d.DomainName })
	each(slices.Collect(slices.Chunk(names, domainsAtOnce)), func(some []string) {
		out, err := client.DescribeElasticsearchDomains(ctx, &elasticsearchservice.DescribeElasticsearchDomainsInput{DomainNames: some})
		err = notEmpty(err, "Elasticsearch Service.DescribeElasticsearchDomains", out != nil && out.DomainStatusList != nil)
		for _, name := range some {
			it := c.item(name, c.arn("es", "domain/"+name))
			it.set("DomainName", name)
			it.set("Id", name)
			if it.read(err, describedElasticsearch...) {
				i := slices.IndexFunc(out.DomainStatusList, func(d types.ElasticsearchDomainStatus) bool { return sdk.ToString(d.DomainName) == name })
				if i < 0 {
					continue // deleted since it was listed
				}
				it.describedElasticsearch(out.DomainStatusList[i])
			}
			tags, tagErr := client.ListTags(ctx, &elasticsearchservice.ListTagsInput{ARN: &it.ARN})
			if gone(tagErr, "ResourceNotFoundException") {
				continue
			}
			if it.read(tagErr, "/Tags") {
				it.tag(tags.TagList)
			}
			c.emit(it)
		}
	})
	return nil
}

func (it *item) describedElasticsearch(d types.ElasticsearchDomainStatus) {
	it.merge(d, map[string]string{"ARN": "Arn", "Endpoint": "DomainEndpoint"})
	it.ARN = cmp.Or(sdk.ToString(d.ARN), it.ARN)
	it.set("DomainArn", d.ARN)
	it.set("AccessPolicies", document(d.AccessPolicies, false))
	it.dropEmpty("AccessPolicies")
	it.State = domainState(string(d.DomainProcessingStatus), d.Deleted, d.Created)
}

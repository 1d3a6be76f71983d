package aws

import (
	"cmp"
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opensearch"
	"github.com/aws/aws-sdk-go-v2/service/opensearch/types"
)

func init() {
	register(Reader{
		Type: "AWS::OpenSearchService::Domain",
		Calls: map[string]string{
			"OpenSearch.ListDomainNames": "es:ListDomainNames",
			"OpenSearch.DescribeDomains": "es:DescribeDomains",
			"OpenSearch.ListTags":        "es:ListTags",
		},
		Reads:    append([]string{"/DomainName", "/Tags"}, describedDomain...),
		BulkTags: "es:domain",
		list:     listDomains,
	})
}

// describedDomain is what the description of a domain tells.
var describedDomain = slices.Concat([]string{
	"/AIMLOptions", "/AccessPolicies", "/AdvancedOptions", "/Arn", "/ClusterConfig", "/CognitoOptions",
	"/DeploymentStrategyOptions", "/DomainArn", "/DomainEndpoint", "/DomainEndpointOptions", "/DomainEndpointV2",
	"/DomainEndpoints", "/EBSOptions", "/EncryptionAtRestOptions", "/EngineVersion", "/IPAddressType", "/Id",
	"/IdentityCenterOptions", "/LogPublishingOptions", "/NodeToNodeEncryptionOptions", "/OffPeakWindowOptions",
	"/ServiceSoftwareOptions", "/SnapshotOptions", "/SoftwareUpdateOptions", "/VPCOptions",
}, below("/AdvancedSecurityOptions/",
	"AnonymousAuthDisableDate", "AnonymousAuthEnabled", "Enabled", "IAMFederationOptions", "InternalUserDatabaseEnabled",
	"JWTOptions/Enabled", "JWTOptions/RolesKey", "JWTOptions/SubjectKey",
	"SAMLOptions/Enabled", "SAMLOptions/Idp", "SAMLOptions/RolesKey", "SAMLOptions/SessionTimeoutMinutes", "SAMLOptions/SubjectKey",
))

// domainsAtOnce is how many domains one description may be asked for, of either engine.
const domainsAtOnce = 5

// listDomains reads the domains that run OpenSearch. Those that still run Elasticsearch
// are resources of AWS::Elasticsearch::Domain, so that each domain stands in one place.
// The list comes whole.
func listDomains(ctx context.Context, c *cell) error {
	client := opensearch.NewFromConfig(c.cfg)
	listed, err := client.ListDomainNames(ctx, &opensearch.ListDomainNamesInput{EngineType: types.EngineTypeOpenSearch})
	if err != nil {
		return err
	}
	names := texts(listed.DomainNames, func(d types.DomainInfo) *string { return d.DomainName })
	c.bulkTags(ctx, len(names))
	each(slices.Collect(slices.Chunk(names, domainsAtOnce)), func(some []string) {
		out, err := client.DescribeDomains(ctx, &opensearch.DescribeDomainsInput{DomainNames: some})
		err = notEmpty(err, "OpenSearch.DescribeDomains", out != nil && out.DomainStatusList != nil)
		for _, name := range some {
			it := c.item(name, c.arn("es", "domain/"+name))
			it.set("DomainName", name)
			if it.read(err, describedDomain...) {
				i := slices.IndexFunc(out.DomainStatusList, func(d types.DomainStatus) bool { return sdk.ToString(d.DomainName) == name })
				if i < 0 {
					continue // deleted since it was listed
				}
				it.describedDomain(out.DomainStatusList[i])
			}
			if !it.taggedInBulk() {
				tags, tagErr := client.ListTags(ctx, &opensearch.ListTagsInput{ARN: &it.ARN})
				if gone(tagErr, "ResourceNotFoundException") {
					continue
				}
				if it.read(tagErr, "/Tags") {
					it.tag(tags.TagList)
				}
			}
			c.emit(it)
		}
	})
	return nil
}

func (it *item) describedDomain(d types.DomainStatus) {
	it.merge(d, map[string]string{
		"ARN": "Arn", "DomainId": "Id", "Endpoint": "DomainEndpoint", "EndpointV2": "DomainEndpointV2", "Endpoints": "DomainEndpoints",
	})
	it.ARN = cmp.Or(sdk.ToString(d.ARN), it.ARN)
	it.set("DomainArn", d.ARN)
	it.set("AccessPolicies", document(d.AccessPolicies, false))
	it.dropEmpty("AccessPolicies")
	it.State = domainState(string(d.DomainProcessingStatus), d.Deleted, d.Created)
}

// domainState is what the service calls the state of a domain, or, where it has no word
// for it, what its flags say in the same words.
func domainState(status string, deleted, created *bool) string {
	switch {
	case status != "":
		return status
	case sdk.ToBool(deleted):
		return string(types.DomainProcessingStatusTypeDeleting)
	case created != nil && !*created:
		return string(types.DomainProcessingStatusTypeCreating)
	}
	return string(types.DomainProcessingStatusTypeActive)
}

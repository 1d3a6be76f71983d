package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

func init() {
	register(Reader{
		Type: "AWS::ECR::Repository",
		Calls: map[string]string{
			"ECR.DescribeRepositories": "ecr:DescribeRepositories",
			"ECR.GetLifecyclePolicy":   "ecr:GetLifecyclePolicy",
			"ECR.GetRepositoryPolicy":  "ecr:GetRepositoryPolicy",
			"ECR.ListTagsForResource":  "ecr:ListTagsForResource",
		},
		Reads: []string{
			"/Arn", "/EncryptionConfiguration", "/ImageScanningConfiguration", "/ImageTagMutability",
			"/ImageTagMutabilityExclusionFilters", "/LifecyclePolicy", "/RepositoryName", "/RepositoryPolicyText",
			"/RepositoryUri", "/Tags",
		},
		BulkTags: "ecr:repository",
		list:     listRepositories,
		one:      byID("RepositoryNames"),
	})
}

func listRepositories(ctx context.Context, c *cell) error {
	client := ecr.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{NextToken: token, MaxResults: sdk.Int32(1000)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.Repositories))
		each(out.Repositories, func(r types.Repository) { c.repository(ctx, client, r) })
		return len(out.Repositories), out.NextToken, nil
	})
}

func (c *cell) repository(ctx context.Context, client *ecr.Client, r types.Repository) {
	const noRepository = "RepositoryNotFoundException"
	it := c.item(sdk.ToString(r.RepositoryName), sdk.ToString(r.RepositoryArn))
	it.merge(r, map[string]string{"RepositoryArn": "Arn"})
	var filters []map[string]any
	for _, f := range r.ImageTagMutabilityExclusionFilters {
		filters = append(filters, map[string]any{
			"ImageTagMutabilityExclusionFilterType": f.FilterType, "ImageTagMutabilityExclusionFilterValue": f.Filter,
		})
	}
	delete(it.props, "ImageTagMutabilityExclusionFilters") // ours have other names
	it.set("ImageTagMutabilityExclusionFilters", filters)
	it.created(r.CreatedAt)

	lifecycle, err := client.GetLifecyclePolicy(ctx, &ecr.GetLifecyclePolicyInput{RepositoryName: r.RepositoryName})
	if gone(err, noRepository) {
		return
	}
	if it.read(unless(err, "LifecyclePolicyNotFoundException"), "/LifecyclePolicy") && lifecycle != nil {
		it.set("LifecyclePolicy", map[string]any{"LifecyclePolicyText": lifecycle.LifecyclePolicyText, "RegistryId": lifecycle.RegistryId})
	}
	policy, err := client.GetRepositoryPolicy(ctx, &ecr.GetRepositoryPolicyInput{RepositoryName: r.RepositoryName})
	if gone(err, noRepository) {
		return
	}
	if it.read(unless(err, "RepositoryPolicyNotFoundException"), "/RepositoryPolicyText") && policy != nil {
		it.set("RepositoryPolicyText", document(policy.PolicyText, false))
	}
	if !it.taggedInBulk() {
		tags, err := client.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: r.RepositoryArn})
		if gone(err, noRepository) {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(tags.Tags)
		}
	}
	c.emit(it)
}

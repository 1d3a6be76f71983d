package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"
)

func init() {
	register(Reader{
		Type: "AWS::Config::ConfigRule",
		Calls: map[string]string{
			"Config Service.DescribeConfigRules": "config:DescribeConfigRules",
			"Config Service.ListTagsForResource": "config:ListTagsForResource",
		},
		Reads: []string{
			"/Arn", "/ConfigRuleId", "/ConfigRuleName", "/Description", "/EvaluationModes", "/InputParameters",
			"/MaximumExecutionFrequency", "/Scope", "/Source/CustomPolicyDetails/EnableDebugLogDelivery",
			"/Source/CustomPolicyDetails/PolicyRuntime", "/Source/Owner", "/Source/SourceDetails", "/Source/SourceIdentifier",
		},
		BulkTags: "config:config-rule",
		list:     listConfigRules,
	})
}

func listConfigRules(ctx context.Context, c *cell) error {
	client := configservice.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeConfigRules(ctx, &configservice.DescribeConfigRulesInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.ConfigRules))
		each(out.ConfigRules, func(r types.ConfigRule) { c.configRule(ctx, client, r) })
		return len(out.ConfigRules), out.NextToken, nil
	})
}

func (c *cell) configRule(ctx context.Context, client *configservice.Client, r types.ConfigRule) {
	it := c.item(sdk.ToString(r.ConfigRuleName), sdk.ToString(r.ConfigRuleArn))
	it.merge(r, map[string]string{"ConfigRuleArn": "Arn"})
	it.set("InputParameters", document(r.InputParameters, false))
	it.State = string(r.ConfigRuleState)
	it.Foreign = serviceOf(r.CreatedBy)

	if !it.taggedInBulk() {
		var tags []types.Tag
		err := pages(func(token *string) (int, *string, error) {
			out, err := client.ListTagsForResource(ctx, &configservice.ListTagsForResourceInput{ResourceArn: r.ConfigRuleArn, NextToken: token})
			if err != nil {
				return 0, nil, err
			}
			tags = append(tags, out.Tags...)
			return len(out.Tags), out.NextToken, nil
		})
		if gone(err, "ResourceNotFoundException") {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(tags)
		}
	}
	c.emit(it)
}

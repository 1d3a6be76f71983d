package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
)

func init() {
	register(Reader{
		Type: "AWS::Athena::WorkGroup",
		Calls: map[string]string{
			"Athena.ListWorkGroups":      "athena:ListWorkGroups",
			"Athena.GetWorkGroup":        "athena:GetWorkGroup",
			"Athena.ListTagsForResource": "athena:ListTagsForResource",
		},
		// The time of creation is left out: in which form CloudFormation has it is nowhere
		// said. The resource knows it all the same.
		Reads: []string{
			"/Description", "/Name", "/State", "/Tags",
			"/WorkGroupConfiguration/BytesScannedCutoffPerQuery", "/WorkGroupConfiguration/CustomerContentEncryptionConfiguration",
			"/WorkGroupConfiguration/EnforceWorkGroupConfiguration", "/WorkGroupConfiguration/EngineConfiguration",
			"/WorkGroupConfiguration/EngineVersion", "/WorkGroupConfiguration/ExecutionRole",
			"/WorkGroupConfiguration/ManagedQueryResultsConfiguration", "/WorkGroupConfiguration/MonitoringConfiguration",
			"/WorkGroupConfiguration/PublishCloudWatchMetricsEnabled", "/WorkGroupConfiguration/RequesterPaysEnabled",
			"/WorkGroupConfiguration/ResultConfiguration",
		},
		BulkTags: "athena:workgroup",
		list:     listWorkGroups,
	})
}

func listWorkGroups(ctx context.Context, c *cell) error {
	client := athena.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListWorkGroups(ctx, &athena.ListWorkGroupsInput{NextToken: token, MaxResults: sdk.Int32(50)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.WorkGroups))
		each(out.WorkGroups, func(w types.WorkGroupSummary) { c.workGroup(ctx, client, w) })
		return len(out.WorkGroups), out.NextToken, nil
	})
}

func (c *cell) workGroup(ctx context.Context, client *athena.Client, w types.WorkGroupSummary) {
	name := sdk.ToString(w.Name)
	it := c.item(name, c.arn("athena", "workgroup/"+name))
	it.merge(w, nil)
	it.State = string(w.State)
	it.created(w.CreationTime)
	if name == "primary" {
		it.Foreign = "default workgroup"
	}
	// Athena has no error code of its own for what is not there.
	notThere := func(err error) bool {
		return gone(err, "InvalidRequestException", "ResourceNotFoundException") && strings.Contains(err.Error(), "not found")
	}
	out, err := client.GetWorkGroup(ctx, &athena.GetWorkGroupInput{WorkGroup: &name})
	if notThere(err) {
		return
	}
	if it.read(err, "/WorkGroupConfiguration") && out.WorkGroup != nil {
		it.set("WorkGroupConfiguration", out.WorkGroup.Configuration)
	}
	if !it.taggedInBulk() {
		var tags []types.Tag
		err := pages(func(token *string) (int, *string, error) {
			out, err := client.ListTagsForResource(ctx, &athena.ListTagsForResourceInput{ResourceARN: &it.ARN, NextToken: token})
			if err != nil {
				return 0, nil, err
			}
			tags = append(tags, out.Tags...)
			return len(out.Tags), out.NextToken, nil
		})
		if notThere(err) {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(tags)
		}
	}
	c.emit(it)
}

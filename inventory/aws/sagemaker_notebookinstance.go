package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

func init() {
	register(Reader{
		Type: "AWS::SageMaker::NotebookInstance",
		Calls: map[string]string{
			"SageMaker.ListNotebookInstances":    "sagemaker:ListNotebookInstances",
			"SageMaker.DescribeNotebookInstance": "sagemaker:DescribeNotebookInstance",
			"SageMaker.ListTags":                 "sagemaker:ListTags",
		},
		Reads: append([]string{
			"/AdditionalCodeRepositories", "/DefaultCodeRepository", "/Id", "/InstanceType", "/LifecycleConfigName",
			"/NotebookInstanceName", "/Tags",
		}, describedNotebook...),
		BulkTags: "sagemaker:notebook-instance",
		list:     listNotebooks,
	})
}

// describedNotebook is what only the description of a notebook instance tells.
var describedNotebook = []string{
	"/AcceleratorTypes", "/DirectInternetAccess", "/InstanceMetadataServiceConfiguration", "/KmsKeyId", "/PlatformIdentifier",
	"/RoleArn", "/RootAccess", "/SecurityGroupIds", "/SubnetId", "/VolumeSizeInGB",
}

func listNotebooks(ctx context.Context, c *cell) error {
	client := sagemaker.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListNotebookInstances(ctx, &sagemaker.ListNotebookInstancesInput{NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.NotebookInstances))
		each(out.NotebookInstances, func(n types.NotebookInstanceSummary) { c.notebook(ctx, client, n) })
		return len(out.NotebookInstances), out.NextToken, nil
	})
}

func (c *cell) notebook(ctx context.Context, client *sagemaker.Client, n types.NotebookInstanceSummary) {
	arn := sdk.ToString(n.NotebookInstanceArn)
	it := c.item(arn, arn) // what CloudFormation takes for its id is the ARN
	lifecycle := map[string]string{"NotebookInstanceLifecycleConfigName": "LifecycleConfigName"}
	it.merge(n, lifecycle)
	it.set("Id", arn)
	it.State = string(n.NotebookInstanceStatus)
	it.created(n.CreationTime)

	out, err := client.DescribeNotebookInstance(ctx, &sagemaker.DescribeNotebookInstanceInput{NotebookInstanceName: n.NotebookInstanceName})
	if gone(err, "ValidationException") && strings.Contains(err.Error(), "RecordNotFound") {
		return // SageMaker has no error code of its own for this
	}
	if it.read(err, describedNotebook...) {
		it.merge(out, lifecycle)
		it.set("SecurityGroupIds", out.SecurityGroups)
	}
	if !it.taggedInBulk() {
		var tags []types.Tag
		err := pages(func(token *string) (int, *string, error) {
			out, err := client.ListTags(ctx, &sagemaker.ListTagsInput{ResourceArn: &arn, NextToken: token})
			if err != nil {
				return 0, nil, err
			}
			tags = append(tags, out.Tags...)
			return len(out.Tags), out.NextToken, nil
		})
		if it.read(err, "/Tags") {
			it.tag(tags)
		}
	}
	c.emit(it)
}

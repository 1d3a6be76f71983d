package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/batch/types"
)

func init() {
	register(Reader{
		Type:  "AWS::Batch::ComputeEnvironment",
		Calls: map[string]string{"Batch.DescribeComputeEnvironments": "batch:DescribeComputeEnvironments"},
		Reads: []string{
			"/ComputeEnvironmentArn", "/ComputeEnvironmentName",
			"/ComputeResources/AllocationStrategy", "/ComputeResources/BidPercentage", "/ComputeResources/DesiredvCpus",
			"/ComputeResources/Ec2Configuration", "/ComputeResources/Ec2KeyPair", "/ComputeResources/ImageId",
			"/ComputeResources/InstanceRole", "/ComputeResources/InstanceTypes", "/ComputeResources/LaunchTemplate",
			"/ComputeResources/MaxvCpus", "/ComputeResources/MinvCpus", "/ComputeResources/PlacementGroup",
			"/ComputeResources/ScalingPolicy", "/ComputeResources/SecurityGroupIds", "/ComputeResources/SpotIamFleetRole",
			"/ComputeResources/Subnets", "/ComputeResources/Tags", "/ComputeResources/Type",
			"/Context", "/EksConfiguration", "/ServiceRole", "/State", "/Tags", "/Type", "/UnmanagedvCpus",
		},
		list: listComputeEnvironments,
	})
}

func listComputeEnvironments(ctx context.Context, c *cell) error {
	client := batch.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeComputeEnvironments(ctx, &batch.DescribeComputeEnvironmentsInput{NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		for _, e := range out.ComputeEnvironments {
			if e.Status == types.CEStatusDeleted {
				continue
			}
			it := c.item(sdk.ToString(e.ComputeEnvironmentArn), sdk.ToString(e.ComputeEnvironmentArn))
			it.merge(e, nil)
			it.tagObject("Tags", e.Tags)
			it.State = string(e.Status) // the property State says whether it takes work
			c.emit(it)
		}
		return len(out.ComputeEnvironments), out.NextToken, nil
	})
}

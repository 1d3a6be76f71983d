package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/batch/types"
)

func init() {
	register(Reader{
		Type:  "AWS::Batch::JobQueue",
		Calls: map[string]string{"Batch.DescribeJobQueues": "batch:DescribeJobQueues"},
		Reads: []string{
			"/ComputeEnvironmentOrder", "/JobQueueArn", "/JobQueueName", "/JobQueueType", "/JobStateTimeLimitActions", "/Priority",
			"/SchedulingPolicyArn", "/ServiceEnvironmentOrder", "/State", "/Tags",
		},
		list: listJobQueues,
	})
}

func listJobQueues(ctx context.Context, c *cell) error {
	client := batch.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeJobQueues(ctx, &batch.DescribeJobQueuesInput{NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		for _, q := range out.JobQueues {
			if q.Status == types.JQStatusDeleted {
				continue
			}
			it := c.item(sdk.ToString(q.JobQueueArn), sdk.ToString(q.JobQueueArn))
			it.merge(q, nil)
			it.tagObject("Tags", q.Tags)
			it.State = string(q.Status) // the property State says whether it takes work
			c.emit(it)
		}
		return len(out.JobQueues), out.NextToken, nil
	})
}

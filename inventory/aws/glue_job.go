package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

func init() {
	register(Reader{
		Type: "AWS::Glue::Job",
		Calls: map[string]string{
			"Glue.GetJobs": "glue:GetJobs",
			"Glue.GetTags": "glue:GetTags",
		},
		Reads: []string{
			"/AllocatedCapacity", "/Command", "/Connections", "/DefaultArguments", "/Description", "/ExecutionClass",
			"/ExecutionProperty", "/GlueVersion", "/JobMode", "/JobRunQueuingEnabled", "/LogUri", "/MaintenanceWindow",
			"/MaxCapacity", "/MaxRetries", "/Name", "/NonOverridableArguments", "/NotificationProperty", "/NumberOfWorkers",
			"/Role", "/SecurityConfiguration", "/Tags", "/Timeout", "/WorkerType",
		},
		BulkTags: "glue:job",
		list:     listGlueJobs,
	})
}

func listGlueJobs(ctx context.Context, c *cell) error {
	client := glue.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.GetJobs(ctx, &glue.GetJobsInput{NextToken: token, MaxResults: sdk.Int32(200)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.Jobs))
		each(out.Jobs, func(j types.Job) {
			it := c.item(sdk.ToString(j.Name), c.arn("glue", "job/"+sdk.ToString(j.Name)))
			it.merge(j, nil)
			it.created(j.CreatedOn)
			if glueTags(ctx, client, it) {
				c.emit(it)
			}
		})
		return len(out.Jobs), out.NextToken, nil
	})
}

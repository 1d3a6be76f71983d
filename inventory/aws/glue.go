package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/glue"
)

// glueTags reads the tags of a job or database; there is false when it was deleted
// meanwhile.
func glueTags(ctx context.Context, client *glue.Client, it *item) (there bool) {
	if tags, known := it.tagsInBulk(); known {
		it.tagObject("Tags", tags)
		return true
	}
	out, err := client.GetTags(ctx, &glue.GetTagsInput{ResourceArn: &it.ARN})
	if gone(err, "EntityNotFoundException") {
		return false
	}
	if it.read(err, "/Tags") {
		it.tagObject("Tags", out.Tags)
	}
	return true
}

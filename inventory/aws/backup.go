package aws

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/backup"
)

// backupGone is what AWS Backup says of what does not exist, or is not set.
const backupGone = "ResourceNotFoundException"

// backupTags reads the tags of a vault or plan.
func backupTags(ctx context.Context, client *backup.Client, it *item) (map[string]string, error) {
	if tags, known := it.tagsInBulk(); known {
		return tags, nil
	}
	tags := map[string]string{}
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.ListTags(ctx, &backup.ListTagsInput{ResourceArn: &it.ARN, NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		maps.Copy(tags, out.Tags)
		return len(out.Tags), out.NextToken, nil
	})
	return tags, err
}

package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"
)

// efsGone is what EFS says of a file system that does not exist.
const efsGone = "FileSystemNotFound"

// efsFileSystems calls page with the file systems of the region, page by page.
func efsFileSystems(ctx context.Context, client *efs.Client, page func([]types.FileSystemDescription)) error {
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeFileSystems(ctx, &efs.DescribeFileSystemsInput{Marker: token, MaxItems: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		page(out.FileSystems)
		return len(out.FileSystems), out.NextMarker, nil
	})
}

package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type:     "AWS::EFS::FileSystem",
		Tags:     map[string]string{"EFS.TagResource": "elasticfilesystem:TagResource", "EFS.UntagResource": "elasticfilesystem:UntagResource"},
		Repairs:  map[string]string{"EFS.CreateFileSystem": "elasticfilesystem:CreateFileSystem elasticfilesystem:TagResource"},
		Reaps:    map[string]string{"EFS.DeleteFileSystem": "elasticfilesystem:DeleteFileSystem"},
		NotFound: []string{"FileSystemNotFound"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, efs.NewFromConfig(c.cfg).DescribeFileSystems, props{"FileSystemId": c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			out, err := send(ctx, efs.NewFromConfig(c.cfg).CreateFileSystem, with(n.props, props{"CreationToken": n.token, "Tags": tagList(n.tags)}))
			if err != nil {
				return "", err
			}
			return sdk.ToString(out.FileSystemId), nil
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, efs.NewFromConfig(c.cfg).TagResource, props{"ResourceId": c.ref.ID, "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, efs.NewFromConfig(c.cfg).UntagResource, props{"ResourceId": c.ref.ID, "TagKeys": keys})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			// EFS refuses when it has mount targets.
			_, err := send(ctx, efs.NewFromConfig(c.cfg).DeleteFileSystem, props{"FileSystemId": c.ref.ID})
			return err
		},
	})
}

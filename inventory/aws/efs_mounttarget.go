package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"
)

func init() {
	register(Reader{
		Type: "AWS::EFS::MountTarget",
		Calls: map[string]string{
			"EFS.DescribeFileSystems":               "elasticfilesystem:DescribeFileSystems",
			"EFS.DescribeMountTargets":              "elasticfilesystem:DescribeMountTargets",
			"EFS.DescribeMountTargetSecurityGroups": "elasticfilesystem:DescribeMountTargetSecurityGroups",
		},
		Reads: []string{"/FileSystemId", "/Id", "/IpAddress", "/Ipv6Address", "/SecurityGroups", "/SubnetId"},
		list:  listMountTargets,
	})
}

// listMountTargets asks each file system: EFS has no list of all mount targets.
func listMountTargets(ctx context.Context, c *cell) error {
	client := efs.NewFromConfig(c.cfg)
	return efsFileSystems(ctx, client, func(systems []types.FileSystemDescription) {
		each(systems, func(f types.FileSystemDescription) {
			err := pages(func(token *string) (int, *string, error) {
				out, err := client.DescribeMountTargets(ctx, &efs.DescribeMountTargetsInput{FileSystemId: f.FileSystemId, Marker: token, MaxItems: sdk.Int32(100)})
				if err != nil {
					return 0, nil, err
				}
				for _, m := range out.MountTargets {
					c.mountTarget(ctx, client, m)
				}
				return len(out.MountTargets), out.NextMarker, nil
			})
			if err != nil && !gone(err, efsGone) {
				c.fault(err, sdk.ToString(f.FileSystemId))
			}
		})
	})
}

func (c *cell) mountTarget(ctx context.Context, client *efs.Client, m types.MountTargetDescription) {
	if m.LifeCycleState == types.LifeCycleStateDeleted {
		return
	}
	it := c.item(sdk.ToString(m.MountTargetId), "") // mount targets have no ARN
	it.merge(m, map[string]string{"MountTargetId": "Id"})
	it.tag(nil) // it cannot have tags
	it.State = string(m.LifeCycleState)
	it.Foreign = c.sharedBy(m.OwnerId)
	groups, err := client.DescribeMountTargetSecurityGroups(ctx, &efs.DescribeMountTargetSecurityGroupsInput{MountTargetId: m.MountTargetId})
	if gone(err, "MountTargetNotFound") {
		return
	}
	if it.read(err, "/SecurityGroups") {
		it.set("SecurityGroups", groups.SecurityGroups)
	}
	c.emit(it)
}

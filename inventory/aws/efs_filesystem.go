package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"
)

func init() {
	register(Reader{
		Type: "AWS::EFS::FileSystem",
		Calls: map[string]string{
			"EFS.DescribeFileSystems":               "elasticfilesystem:DescribeFileSystems",
			"EFS.DescribeBackupPolicy":              "elasticfilesystem:DescribeBackupPolicy",
			"EFS.DescribeFileSystemPolicy":          "elasticfilesystem:DescribeFileSystemPolicy",
			"EFS.DescribeLifecycleConfiguration":    "elasticfilesystem:DescribeLifecycleConfiguration",
			"EFS.DescribeReplicationConfigurations": "elasticfilesystem:DescribeReplicationConfigurations",
		},
		Reads: []string{
			"/Arn", "/AvailabilityZoneName", "/BackupPolicy", "/Encrypted", "/FileSystemId", "/FileSystemPolicy",
			"/FileSystemProtection", "/FileSystemTags", "/KmsKeyId", "/LifecyclePolicies", "/PerformanceMode",
			"/ProvisionedThroughputInMibps", "/ReplicationConfiguration/Destinations/*/FileSystemId",
			"/ReplicationConfiguration/Destinations/*/Region", "/ReplicationConfiguration/Destinations/*/RoleArn",
			"/ReplicationConfiguration/Destinations/*/Status", "/ReplicationConfiguration/Destinations/*/StatusMessage",
			"/ThroughputMode",
		},
		list: listFileSystems,
		one: func(input any, id string) {
			// Other calls about a file system answer with an error when it has not got what they
			// are about.
			if in, is := input.(*efs.DescribeFileSystemsInput); is {
				byID("FileSystemId")(in, id)
			}
		},
	})
}

func listFileSystems(ctx context.Context, c *cell) error {
	client := efs.NewFromConfig(c.cfg)
	replicas, replicasErr := efsReplications(ctx, client)
	return efsFileSystems(ctx, client, func(systems []types.FileSystemDescription) {
		each(systems, func(f types.FileSystemDescription) {
			if f.LifeCycleState == types.LifeCycleStateDeleted {
				return
			}
			it := c.fileSystem(f)
			if it.read(replicasErr, "/ReplicationConfiguration") {
				if r, ok := replicas[it.Ref.ID]; ok {
					it.set("ReplicationConfiguration", map[string]any{"Destinations": r.Destinations})
				}
			}
			c.fileSystemPolicies(ctx, client, it)
		})
	})
}

func (c *cell) fileSystem(f types.FileSystemDescription) *item {
	id := sdk.ToString(f.FileSystemId)
	it := c.item(id, c.arn("elasticfilesystem", "file-system/"+id))
	it.merge(f, map[string]string{"FileSystemArn": "Arn"})
	if f.FileSystemArn != nil {
		it.ARN = *f.FileSystemArn
	}
	it.tag(f.Tags)
	it.State = string(f.LifeCycleState)
	it.Foreign = c.sharedBy(f.OwnerId)
	it.created(f.CreationTime)
	return it
}

// fileSystemPolicies adds what takes calls of its own, and emits the file system.
func (c *cell) fileSystemPolicies(ctx context.Context, client *efs.Client, it *item) {
	const notSet = "PolicyNotFound"
	id := &it.Ref.ID
	backup, err := client.DescribeBackupPolicy(ctx, &efs.DescribeBackupPolicyInput{FileSystemId: id})
	if gone(err, efsGone) {
		return
	}
	if it.read(unless(err, notSet), "/BackupPolicy") && backup != nil {
		it.set("BackupPolicy", backup.BackupPolicy)
	}
	policy, err := client.DescribeFileSystemPolicy(ctx, &efs.DescribeFileSystemPolicyInput{FileSystemId: id})
	if gone(err, efsGone) {
		return
	}
	if it.read(unless(err, notSet), "/FileSystemPolicy") && policy != nil {
		it.set("FileSystemPolicy", document(policy.Policy, false))
	}
	lifecycle, err := client.DescribeLifecycleConfiguration(ctx, &efs.DescribeLifecycleConfigurationInput{FileSystemId: id})
	if gone(err, efsGone) {
		return
	}
	if it.read(err, "/LifecyclePolicies") {
		it.set("LifecyclePolicies", lifecycle.LifecyclePolicies)
	}
	c.emit(it)
}

// efsReplications returns the replications of the region by the file system that is
// replicated. A copy is listed with its source's id, which is another one.
func efsReplications(ctx context.Context, client *efs.Client) (map[string]types.ReplicationConfigurationDescription, error) {
	bySource := map[string]types.ReplicationConfigurationDescription{}
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeReplicationConfigurations(ctx, &efs.DescribeReplicationConfigurationsInput{NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		for _, r := range out.Replications {
			bySource[sdk.ToString(r.SourceFileSystemId)] = r
		}
		return len(out.Replications), out.NextToken, nil
	})
	return bySource, err
}

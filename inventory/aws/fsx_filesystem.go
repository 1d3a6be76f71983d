package aws

import (
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/fsx"
	"github.com/aws/aws-sdk-go-v2/service/fsx/types"
)

func init() {
	register(Reader{
		Type:  "AWS::FSx::FileSystem",
		Calls: map[string]string{"FSx.DescribeFileSystems": "fsx:DescribeFileSystems"},
		// FSx does not say which security groups and which backup a file system was made
		// with. What it says of passwords is not read, be it masked or not.
		Reads: slices.Concat([]string{
			"/DNSName", "/FileSystemType", "/FileSystemTypeVersion", "/Id", "/KmsKeyId", "/LustreMountName", "/NetworkType",
			"/ResourceARN", "/RootVolumeId", "/StorageCapacity", "/StorageType", "/SubnetIds", "/Tags", "/LustreConfiguration",
		}, below("/OntapConfiguration/",
			"AutomaticBackupRetentionDays", "DailyAutomaticBackupStartTime", "DeploymentType", "DiskIopsConfiguration",
			"EndpointIpAddressRange", "EndpointIpv6AddressRange", "HAPairs", "PreferredSubnetId", "RouteTableIds",
			"ThroughputCapacity", "ThroughputCapacityPerHAPair", "WeeklyMaintenanceStartTime",
		), below("/OpenZFSConfiguration/",
			"AutomaticBackupRetentionDays", "CopyTagsToBackups", "CopyTagsToVolumes", "DailyAutomaticBackupStartTime",
			"DeploymentType", "DiskIopsConfiguration", "EndpointIpAddressRange", "EndpointIpv6AddressRange", "PreferredSubnetId",
			"ReadCacheConfiguration", "RouteTableIds", "ThroughputCapacity", "WeeklyMaintenanceStartTime",
		), below("/WindowsConfiguration/",
			"ActiveDirectoryId", "Aliases", "AuditLogConfiguration", "AutomaticBackupRetentionDays", "CopyTagsToBackups",
			"DailyAutomaticBackupStartTime", "DeploymentType", "DiskIopsConfiguration", "FsrmConfiguration", "PreferredSubnetId",
			"SelfManagedActiveDirectoryConfiguration/DnsIps", "SelfManagedActiveDirectoryConfiguration/DomainJoinServiceAccountSecret",
			"SelfManagedActiveDirectoryConfiguration/DomainName", "SelfManagedActiveDirectoryConfiguration/FileSystemAdministratorsGroup",
			"SelfManagedActiveDirectoryConfiguration/OrganizationalUnitDistinguishedName", "SelfManagedActiveDirectoryConfiguration/UserName",
			"ThroughputCapacity", "WeeklyMaintenanceStartTime",
		)),
		list: listFSxFileSystems,
	})
}

// below puts pointers below another one.
func below(pointer string, names ...string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = pointer + name
	}
	return list
}

func listFSxFileSystems(ctx context.Context, c *cell) error {
	client := fsx.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeFileSystems(ctx, &fsx.DescribeFileSystemsInput{NextToken: token, MaxResults: sdk.Int32(1000)})
		if err != nil {
			return 0, nil, err
		}
		for _, f := range out.FileSystems {
			c.emit(c.fsxFileSystem(f))
		}
		return len(out.FileSystems), out.NextToken, nil
	})
}

func (c *cell) fsxFileSystem(f types.FileSystem) *item {
	it := c.item(sdk.ToString(f.FileSystemId), sdk.ToString(f.ResourceARN))
	it.merge(f, map[string]string{"FileSystemId": "Id"})
	if l := f.LustreConfiguration; l != nil {
		it.set("LustreMountName", l.MountName)
		if lustre, ok := it.props["LustreConfiguration"].(map[string]any); ok && l.DataRepositoryConfiguration != nil {
			// What links it to a bucket stands one step deeper here than in CloudFormation.
			for name, value := range plain(l.DataRepositoryConfiguration).(map[string]any) {
				lustre[name] = value
			}
		}
	}
	if z := f.OpenZFSConfiguration; z != nil {
		it.set("RootVolumeId", z.RootVolumeId)
	}
	if windows, ok := it.props["WindowsConfiguration"].(map[string]any); ok {
		names := []any{}
		for _, a := range f.WindowsConfiguration.Aliases {
			names = append(names, sdk.ToString(a.Name))
		}
		windows["Aliases"] = names
	}
	it.tag(f.Tags)
	it.State = string(f.Lifecycle)
	it.Foreign = c.sharedBy(f.OwnerId)
	it.created(f.CreationTime)
	return it
}

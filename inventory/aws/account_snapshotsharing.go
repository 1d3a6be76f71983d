package aws

import (
	"context"
	"slices"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
)

func init() {
	register(Reader{
		Type: "PCF::Account::SnapshotSharing",
		Calls: map[string]string{
			"EC2.DescribeSnapshots":                   "ec2:DescribeSnapshots",
			"EC2.DescribeSnapshotAttribute":           "ec2:DescribeSnapshotAttribute",
			"EC2.DescribeImages":                      "ec2:DescribeImages",
			"RDS.DescribeDBSnapshots":                 "rds:DescribeDBSnapshots",
			"RDS.DescribeDBSnapshotAttributes":        "rds:DescribeDBSnapshotAttributes",
			"RDS.DescribeDBClusterSnapshots":          "rds:DescribeDBClusterSnapshots",
			"RDS.DescribeDBClusterSnapshotAttributes": "rds:DescribeDBClusterSnapshotAttributes",
		},
		Reads: []string{"/AccountId", "/PublicDBClusterSnapshots", "/PublicDBSnapshots", "/PublicImages", "/PublicSnapshots"},
		list:  readSnapshotSharing,
	})
}

func readSnapshotSharing(ctx context.Context, c *cell) error {
	it := c.accountFacts()
	compute, databases := ec2.NewFromConfig(c.cfg), rds.NewFromConfig(c.cfg)
	for property, read := range map[string]func() ([]string, error){
		"PublicSnapshots":          func() ([]string, error) { return c.publicSnapshots(ctx, compute) },
		"PublicImages":             func() ([]string, error) { return publicImages(ctx, compute) },
		"PublicDBSnapshots":        func() ([]string, error) { return publicDBSnapshots(ctx, databases) },
		"PublicDBClusterSnapshots": func() ([]string, error) { return publicDBClusterSnapshots(ctx, databases) },
	} {
		// A list that is too short would say that the rest is private.
		if ids, err := read(); it.read(err, "/"+property) {
			slices.Sort(ids)
			it.set(property, append([]string{}, ids...))
		}
	}
	c.emit(it)
	return nil
}

// publicSnapshots asks for the account's snapshots that everybody may restore, which
// are few, and makes sure of each.
func (c *cell) publicSnapshots(ctx context.Context, client *ec2.Client) ([]string, error) {
	return confirmed(func(page func([]string)) error {
		return pages(func(token *string) (int, *string, error) {
			out, err := client.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{
				OwnerIds: []string{"self"}, RestorableByUserIds: []string{"all"}, NextToken: token, MaxResults: sdk.Int32(pageSize),
			})
			if err != nil {
				return 0, nil, err
			}
			var ids []string
			for _, s := range out.Snapshots {
				if sdk.ToString(s.OwnerId) == c.account {
					ids = append(ids, sdk.ToString(s.SnapshotId))
				}
			}
			page(ids)
			return len(out.Snapshots), out.NextToken, nil
		})
	}, func(id string) (bool, error) {
		out, err := client.DescribeSnapshotAttribute(ctx, &ec2.DescribeSnapshotAttributeInput{
			SnapshotId: &id, Attribute: ec2types.SnapshotAttributeNameCreateVolumePermission,
		})
		if err != nil {
			return false, unless(err, "InvalidSnapshot.NotFound")
		}
		return slices.ContainsFunc(out.CreateVolumePermissions, func(p ec2types.CreateVolumePermission) bool {
			return p.Group == ec2types.PermissionGroupAll
		}), nil
	})
}

func publicImages(ctx context.Context, client *ec2.Client) (ids []string, err error) {
	err = pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeImages(ctx, &ec2.DescribeImagesInput{
			Owners: []string{"self"}, ExecutableUsers: []string{"all"}, NextToken: token, MaxResults: sdk.Int32(pageSize),
		})
		if err != nil {
			return 0, nil, err
		}
		for _, i := range out.Images {
			if sdk.ToBool(i.Public) {
				ids = append(ids, sdk.ToString(i.ImageId))
			}
		}
		return len(out.Images), out.NextToken, nil
	})
	return ids, err
}

// manual is the kind of RDS snapshot that can be shared at all.
const manual = "manual"

// publicDBSnapshots asks for the attributes of each snapshot: RDS has a list of public
// snapshots only of all accounts together.
func publicDBSnapshots(ctx context.Context, client *rds.Client) ([]string, error) {
	return confirmed(func(page func([]string)) error {
		return pages(func(token *string) (int, *string, error) {
			out, err := client.DescribeDBSnapshots(ctx, &rds.DescribeDBSnapshotsInput{
				SnapshotType: sdk.String(manual), Marker: token, MaxRecords: sdk.Int32(100),
			})
			if err != nil {
				return 0, nil, err
			}
			var ids []string
			for _, s := range out.DBSnapshots {
				ids = append(ids, sdk.ToString(s.DBSnapshotIdentifier))
			}
			page(ids)
			return len(out.DBSnapshots), out.Marker, nil
		})
	}, func(id string) (bool, error) {
		out, err := client.DescribeDBSnapshotAttributes(ctx, &rds.DescribeDBSnapshotAttributesInput{DBSnapshotIdentifier: &id})
		if err != nil || out.DBSnapshotAttributesResult == nil {
			return false, unless(err, "DBSnapshotNotFound")
		}
		return slices.ContainsFunc(out.DBSnapshotAttributesResult.DBSnapshotAttributes, func(a rdstypes.DBSnapshotAttribute) bool {
			return sdk.ToString(a.AttributeName) == "restore" && slices.Contains(a.AttributeValues, "all")
		}), nil
	})
}

func publicDBClusterSnapshots(ctx context.Context, client *rds.Client) ([]string, error) {
	return confirmed(func(page func([]string)) error {
		return pages(func(token *string) (int, *string, error) {
			out, err := client.DescribeDBClusterSnapshots(ctx, &rds.DescribeDBClusterSnapshotsInput{
				SnapshotType: sdk.String(manual), Marker: token, MaxRecords: sdk.Int32(100),
			})
			if err != nil {
				return 0, nil, err
			}
			var ids []string
			for _, s := range out.DBClusterSnapshots {
				ids = append(ids, sdk.ToString(s.DBClusterSnapshotIdentifier))
			}
			page(ids)
			return len(out.DBClusterSnapshots), out.Marker, nil
		})
	}, func(id string) (bool, error) {
		out, err := client.DescribeDBClusterSnapshotAttributes(ctx, &rds.DescribeDBClusterSnapshotAttributesInput{DBClusterSnapshotIdentifier: &id})
		if err != nil || out.DBClusterSnapshotAttributesResult == nil {
			return false, unless(err, "DBClusterSnapshotNotFoundFault")
		}
		return slices.ContainsFunc(out.DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes, func(a rdstypes.DBClusterSnapshotAttribute) bool {
			return sdk.ToString(a.AttributeName) == "restore" && slices.Contains(a.AttributeValues, "all")
		}), nil
	})
}

// confirmed lists ids page by page and keeps those that is says yes to, a few at a time.
// Any error makes the answer incomplete, and is returned.
func confirmed(list func(page func(ids []string)) error, is func(id string) (bool, error)) ([]string, error) {
	var mu sync.Mutex
	var kept []string
	var failed error
	err := list(func(ids []string) {
		each(ids, func(id string) {
			yes, err := is(id)
			mu.Lock()
			defer mu.Unlock()
			failed = either(failed, err)
			if yes {
				kept = append(kept, id)
			}
		})
	})
	return kept, either(err, failed)
}

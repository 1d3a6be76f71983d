package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
)

func init() {
	register(Reader{
		Type: "AWS::DMS::ReplicationInstance",
		Calls: map[string]string{
			"Database Migration Service.DescribeReplicationInstances": "dms:DescribeReplicationInstances",
			"Database Migration Service.ListTagsForResource":          "dms:ListTagsForResource",
		},
		// How CloudFormation writes the addresses into one text is not documented.
		Reads: []string{
			"/AllocatedStorage", "/AutoMinorVersionUpgrade", "/AvailabilityZone", "/DnsNameServers", "/EngineVersion", "/Id",
			"/KmsKeyId", "/MultiAZ", "/NetworkType", "/PreferredMaintenanceWindow", "/PubliclyAccessible",
			"/ReplicationInstanceClass", "/ReplicationInstanceIdentifier", "/ReplicationSubnetGroupIdentifier", "/Tags",
			"/VpcSecurityGroupIds",
		},
		BulkTags: "dms:rep",
		list:     listReplicationInstances,
	})
}

func listReplicationInstances(ctx context.Context, c *cell) error {
	client := dms.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeReplicationInstances(ctx, &dms.DescribeReplicationInstancesInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.ReplicationInstances))
		each(out.ReplicationInstances, func(i types.ReplicationInstance) { c.replicationInstance(ctx, client, i) })
		return len(out.ReplicationInstances), out.Marker, nil
	})
}

func (c *cell) replicationInstance(ctx context.Context, client *dms.Client, i types.ReplicationInstance) {
	it := c.item(sdk.ToString(i.ReplicationInstanceArn), sdk.ToString(i.ReplicationInstanceArn))
	it.merge(i, nil)
	it.set("Id", it.Ref.ID) // what a reference in a template gives: the ARN
	if i.ReplicationSubnetGroup != nil {
		it.set("ReplicationSubnetGroupIdentifier", i.ReplicationSubnetGroup.ReplicationSubnetGroupIdentifier)
	}
	it.set("VpcSecurityGroupIds", texts(i.VpcSecurityGroups, func(g types.VpcSecurityGroupMembership) *string { return g.VpcSecurityGroupId }))
	it.State = sdk.ToString(i.ReplicationInstanceStatus)
	it.created(i.InstanceCreateTime)
	if !it.taggedInBulk() {
		tags, err := client.ListTagsForResource(ctx, &dms.ListTagsForResourceInput{ResourceArn: i.ReplicationInstanceArn})
		if gone(err, "ResourceNotFoundFault") {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(tags.TagList)
		}
	}
	c.emit(it)
}

package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/redshift/types"
)

func init() {
	register(Reader{
		Type:  "AWS::Redshift::ClusterSubnetGroup",
		Calls: map[string]string{"Redshift.DescribeClusterSubnetGroups": "redshift:DescribeClusterSubnetGroups"},
		Reads: []string{"/ClusterSubnetGroupName", "/Description", "/SubnetIds", "/Tags"},
		list:  listRedshiftSubnetGroups,
	})
}

func listRedshiftSubnetGroups(ctx context.Context, c *cell) error {
	client := redshift.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeClusterSubnetGroups(ctx, &redshift.DescribeClusterSubnetGroupsInput{Marker: token, MaxRecords: sdk.Int32(rdsPage)})
		if err != nil {
			return 0, nil, err
		}
		for _, g := range out.ClusterSubnetGroups {
			name := sdk.ToString(g.ClusterSubnetGroupName)
			it := c.item(name, c.arn("redshift", "subnetgroup:"+name))
			it.merge(g, nil)
			it.set("SubnetIds", texts(g.Subnets, func(s types.Subnet) *string { return s.SubnetIdentifier }))
			it.tag(g.Tags)
			it.State = sdk.ToString(g.SubnetGroupStatus)
			it.Foreign = madeByService(g.ClusterSubnetGroupName)
			c.emit(it)
		}
		return len(out.ClusterSubnetGroups), out.Marker, nil
	})
}

package awscloud

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(rdsTagged("subgrp", Writer{
		Type:     "AWS::RDS::DBSubnetGroup",
		Repairs:  map[string]string{"RDS.CreateDBSubnetGroup": "rds:CreateDBSubnetGroup rds:AddTagsToResource", "RDS.ModifyDBSubnetGroup": "rds:ModifyDBSubnetGroup"},
		Reaps:    map[string]string{"RDS.DeleteDBSubnetGroup": "rds:DeleteDBSubnetGroup"},
		NotFound: []string{"DBSubnetGroupNotFoundFault"},
		Updates:  []string{"/DBSubnetGroupDescription", "/SubnetIds"},
		named:    byLowerName("DBSubnetGroupName"),
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, rds.NewFromConfig(c.cfg).DescribeDBSubnetGroups, props{"DBSubnetGroupName": c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := strings.ToLower(n.nameOf("DBSubnetGroupName")) // RDS keeps names so
			_, err := send(ctx, rds.NewFromConfig(c.cfg).CreateDBSubnetGroup, with(n.props, props{"DBSubnetGroupName": name, "Tags": tagList(n.tags)}))
			return name, err
		},
		update: func(ctx context.Context, c *call, u update) error {
			members := only(u.after, "DBSubnetGroupDescription", "SubnetIds") // it wants the subnets always
			_, err := send(ctx, rds.NewFromConfig(c.cfg).ModifyDBSubnetGroup, with(members, props{"DBSubnetGroupName": c.ref.ID}))
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, rds.NewFromConfig(c.cfg).DeleteDBSubnetGroup, props{"DBSubnetGroupName": c.ref.ID})
			return err
		},
	}))
}

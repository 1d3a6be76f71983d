package awscloud

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(rdsTagged("pg", Writer{
		Type:     "AWS::RDS::DBParameterGroup",
		Repairs:  map[string]string{"RDS.CreateDBParameterGroup": "rds:CreateDBParameterGroup rds:AddTagsToResource", "RDS.ModifyDBParameterGroup": "rds:ModifyDBParameterGroup"},
		Reaps:    map[string]string{"RDS.DeleteDBParameterGroup": "rds:DeleteDBParameterGroup"},
		NotFound: []string{"DBParameterGroupNotFound"},
		Updates:  []string{"/Parameters"},
		Later:    []string{"Parameters"},
		named:    byLowerName("DBParameterGroupName"),
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, rds.NewFromConfig(c.cfg).DescribeDBParameters, props{"DBParameterGroupName": c.ref.ID, "MaxRecords": int64(20)})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := strings.ToLower(n.nameOf("DBParameterGroupName")) // RDS keeps names so
			members := renamed(n.props, map[string]string{"Family": "DBParameterGroupFamily"})
			_, err := send(ctx, rds.NewFromConfig(c.cfg).CreateDBParameterGroup, with(members, props{"DBParameterGroupName": name, "Tags": tagList(n.tags)}))
			return name, err
		},
		update: func(ctx context.Context, c *call, u update) error {
			var parameters []any
			before, after := object(u.live.Properties, "Parameters"), object(u.after, "Parameters")
			for _, name := range sortedKeys(after) {
				if before[name] != after[name] { // pending-reboot is taken by every parameter
					parameters = append(parameters, props{"ParameterName": name, "ParameterValue": after[name], "ApplyMethod": "pending-reboot"})
				}
			}
			_, err := send(ctx, rds.NewFromConfig(c.cfg).ModifyDBParameterGroup, props{"DBParameterGroupName": c.ref.ID, "Parameters": parameters})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, rds.NewFromConfig(c.cfg).DeleteDBParameterGroup, props{"DBParameterGroupName": c.ref.ID})
			return err
		},
	}))
}

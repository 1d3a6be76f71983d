package awscloud

import (
	"context"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(rdsTagged("db", Writer{
		Type: "AWS::RDS::DBInstance",
		Repairs: map[string]string{
			"RDS.CreateDBInstance": "rds:CreateDBInstance rds:AddTagsToResource", "RDS.ModifyDBInstance": "rds:ModifyDBInstance",
			"RDS.StartDBInstance": "rds:StartDBInstance", "RDS.StopDBInstance": "rds:StopDBInstance",
		},
		Reaps:    map[string]string{"RDS.DeleteDBInstance": "rds:DeleteDBInstance rds:CreateDBSnapshot"},
		NotFound: []string{"DBInstanceNotFound", "DBInstanceNotFoundFault"},
		// What takes neither a restart nor an outage.
		Updates: []string{"/AutoMinorVersionUpgrade", "/BackupRetentionPeriod", "/CopyTagsToSnapshot", "/DeletionProtection", "/PubliclyAccessible"},
		named:   byLowerName("DBInstanceIdentifier"),
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, rds.NewFromConfig(c.cfg).DescribeDBInstances, props{"DBInstanceIdentifier": c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := strings.ToLower(n.nameOf("DBInstanceIdentifier")) // RDS keeps names so
			members := renamed(n.props, map[string]string{"VPCSecurityGroups": "VpcSecurityGroupIds"})
			_, err := send(ctx, rds.NewFromConfig(c.cfg).CreateDBInstance, with(members, props{"DBInstanceIdentifier": name, "Tags": tagList(n.tags)}))
			return name, err
		},
		update: func(ctx context.Context, c *call, u update) error {
			_, err := send(ctx, rds.NewFromConfig(c.cfg).ModifyDBInstance, with(u.changed(), props{"DBInstanceIdentifier": c.ref.ID, "ApplyImmediately": true}))
			return err
		},
		start: func(ctx context.Context, c *call) error {
			return whenNot(ctx, c, "available", func(client *rds.Client) error {
				_, err := client.StartDBInstance(ctx, &rds.StartDBInstanceInput{DBInstanceIdentifier: &c.ref.ID})
				return err
			})
		},
		stop: func(ctx context.Context, c *call) error {
			return whenNot(ctx, c, "stopped", func(client *rds.Client) error {
				_, err := client.StopDBInstance(ctx, &rds.StopDBInstanceInput{DBInstanceIdentifier: &c.ref.ID})
				return err
			})
		},
		Holds: map[string]string{"RDS.StartDBInstance": "rds:StartDBInstance", "RDS.StopDBInstance": "rds:StopDBInstance"},
		backup: &backup{
			typ: "PCF::RDS::DBSnapshot",
			calls: map[string]string{
				"RDS.CreateDBSnapshot": "rds:CreateDBSnapshot rds:AddTagsToResource", "RDS.DescribeDBSnapshots": "rds:DescribeDBSnapshots",
			},
			notFound: []string{"DBSnapshotNotFound", "DBSnapshotNotFoundFault"},
			begin: func(ctx context.Context, c *call, name string) (string, error) {
				_, err := send(ctx, rds.NewFromConfig(c.cfg).CreateDBSnapshot, props{
					"DBSnapshotIdentifier": name, "DBInstanceIdentifier": c.ref.ID, "Tags": tagList(map[string]string{BackupTag: c.ref.ID}),
				})
				return name, unless(err, "DBSnapshotAlreadyExists")
			},
			look: func(ctx context.Context, c *call) (string, *time.Time, error) {
				out, err := send(ctx, rds.NewFromConfig(c.cfg).DescribeDBSnapshots, props{"DBSnapshotIdentifier": c.ref.ID})
				if err == nil && len(out.DBSnapshots) != 1 {
					err = reaper.ErrNotFound
				}
				if err != nil {
					return "", nil, err
				}
				return sdk.ToString(out.DBSnapshots[0].Status), out.DBSnapshots[0].SnapshotCreateTime, nil
			},
		},
		Steps: []string{plan.StepFinalSnapshot},
		delete: func(ctx context.Context, c *call, live *inventory.Resource, steps []plan.Step) error {
			end := props{"DBInstanceIdentifier": c.ref.ID, "DeleteAutomatedBackups": false}
			if text(live.Properties, "DBClusterIdentifier") != "" {
				end["SkipFinalSnapshot"] = true // the data is the cluster's, and RDS takes no snapshot of a member
			} else if snapshot := idOfStep(steps, plan.StepFinalSnapshot); snapshot != "" {
				end["FinalDBSnapshotIdentifier"] = snapshot
			} else {
				return needs(plan.StepFinalSnapshot, c.ref.ID)
			}
			_, err := send(ctx, rds.NewFromConfig(c.cfg).DeleteDBInstance, end)
			return err
		},
	}))
}

// whenNot makes a call unless the instance is in a state already.
func whenNot(ctx context.Context, c *call, state string, do func(*rds.Client) error) error {
	client := rds.NewFromConfig(c.cfg)
	out, err := client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &c.ref.ID})
	if err != nil || len(out.DBInstances) == 1 && sdk.ToString(out.DBInstances[0].DBInstanceStatus) == state {
		return err
	}
	return do(client)
}

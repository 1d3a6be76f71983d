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
	register(rdsTagged("cluster", Writer{
		Type: "AWS::RDS::DBCluster",
		Repairs: map[string]string{
			"RDS.CreateDBCluster": "rds:CreateDBCluster rds:AddTagsToResource", "RDS.ModifyDBCluster": "rds:ModifyDBCluster",
			"RDS.StartDBCluster": "rds:StartDBCluster", "RDS.StopDBCluster": "rds:StopDBCluster",
		},
		Reaps:    map[string]string{"RDS.DeleteDBCluster": "rds:DeleteDBCluster rds:CreateDBClusterSnapshot"},
		NotFound: []string{"DBClusterNotFoundFault"},
		// What takes neither a restart nor an outage.
		Updates: []string{"/BackupRetentionPeriod", "/CopyTagsToSnapshot", "/DeletionProtection"},
		named:   byLowerName("DBClusterIdentifier"),
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, rds.NewFromConfig(c.cfg).DescribeDBClusters, props{"DBClusterIdentifier": c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := strings.ToLower(n.nameOf("DBClusterIdentifier")) // RDS keeps names so
			_, err := send(ctx, rds.NewFromConfig(c.cfg).CreateDBCluster, with(n.props, props{"DBClusterIdentifier": name, "Tags": tagList(n.tags)}))
			return name, err
		},
		update: func(ctx context.Context, c *call, u update) error {
			_, err := send(ctx, rds.NewFromConfig(c.cfg).ModifyDBCluster, with(u.changed(), props{"DBClusterIdentifier": c.ref.ID, "ApplyImmediately": true}))
			return err
		},
		start: func(ctx context.Context, c *call) error {
			return whenClusterNot(ctx, c, "available", func(client *rds.Client) error {
				_, err := client.StartDBCluster(ctx, &rds.StartDBClusterInput{DBClusterIdentifier: &c.ref.ID})
				return err
			})
		},
		stop: func(ctx context.Context, c *call) error {
			return whenClusterNot(ctx, c, "stopped", func(client *rds.Client) error {
				_, err := client.StopDBCluster(ctx, &rds.StopDBClusterInput{DBClusterIdentifier: &c.ref.ID})
				return err
			})
		},
		Holds: map[string]string{"RDS.StartDBCluster": "rds:StartDBCluster", "RDS.StopDBCluster": "rds:StopDBCluster"},
		backup: &backup{
			typ: "PCF::RDS::DBClusterSnapshot",
			calls: map[string]string{
				"RDS.CreateDBClusterSnapshot": "rds:CreateDBClusterSnapshot rds:AddTagsToResource", "RDS.DescribeDBClusterSnapshots": "rds:DescribeDBClusterSnapshots",
			},
			notFound: []string{"DBClusterSnapshotNotFoundFault"},
			begin: func(ctx context.Context, c *call, name string) (string, error) {
				_, err := send(ctx, rds.NewFromConfig(c.cfg).CreateDBClusterSnapshot, props{
					"DBClusterSnapshotIdentifier": name, "DBClusterIdentifier": c.ref.ID, "Tags": tagList(map[string]string{BackupTag: c.ref.ID}),
				})
				return name, unless(err, "DBClusterSnapshotAlreadyExistsFault")
			},
			look: func(ctx context.Context, c *call) (string, *time.Time, error) {
				out, err := send(ctx, rds.NewFromConfig(c.cfg).DescribeDBClusterSnapshots, props{"DBClusterSnapshotIdentifier": c.ref.ID})
				if err == nil && len(out.DBClusterSnapshots) != 1 {
					err = reaper.ErrNotFound
				}
				if err != nil {
					return "", nil, err
				}
				return sdk.ToString(out.DBClusterSnapshots[0].Status), out.DBClusterSnapshots[0].SnapshotCreateTime, nil
			},
		},
		Steps: []string{plan.StepFinalSnapshot},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, steps []plan.Step) error {
			snapshot := idOfStep(steps, plan.StepFinalSnapshot)
			if snapshot == "" {
				return needs(plan.StepFinalSnapshot, c.ref.ID)
			}
			_, err := send(ctx, rds.NewFromConfig(c.cfg).DeleteDBCluster, props{"DBClusterIdentifier": c.ref.ID, "FinalDBSnapshotIdentifier": snapshot})
			return err
		},
	}))
}

// whenClusterNot makes a call unless the cluster is in a state already.
func whenClusterNot(ctx context.Context, c *call, state string, do func(*rds.Client) error) error {
	client := rds.NewFromConfig(c.cfg)
	out, err := client.DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{DBClusterIdentifier: &c.ref.ID})
	if err != nil || len(out.DBClusters) == 1 && sdk.ToString(out.DBClusters[0].Status) == state {
		return err
	}
	return do(client)
}

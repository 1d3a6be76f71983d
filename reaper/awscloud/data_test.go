package awscloud

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// notWithoutSnapshot checks that a database is not deleted before a step names its snapshot.
func notWithoutSnapshot(t *testing.T, w *world, live *inventory.Resource) {
	w.e.Forget()
	_, err := w.c.Delete(context.Background(), live, nil)
	require.ErrorIs(t, err, reaper.ErrBlocked)
	require.Empty(t, w.e.Writes())
}

func init() {
	team := []any{map[string]any{"Key": "team", "Value": "shop"}}
	notEmulated["AWS::Kinesis::Stream"] = "it takes no tags in the request that creates, and the stream is then nobody's"
	try(fixture{
		typ: "AWS::RDS::DBSubnetGroup",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"DBSubnetGroupName": "orders", "DBSubnetGroupDescription": "of the orders", "SubnetIds": []any{w.subnet(1), w.subnet(2)}, "Tags": team,
			}
		},
		notRun: map[string]string{"RDS.ModifyDBSubnetGroup": "the emulator loses the group"},
	})
	try(fixture{
		typ: "AWS::RDS::DBParameterGroup",
		props: func(*world) inventory.Properties {
			return inventory.Properties{
				"DBParameterGroupName": "orders", "Description": "of the orders", "Family": "postgres16", "Tags": team,
				"Parameters": map[string]any{"log_statement": "all"},
			}
		},
		patches: []plan.Change{set("/Parameters/log_statement", "ddl")},
	})
	try(fixture{
		typ: "AWS::RDS::DBInstance",
		props: func(*world) inventory.Properties {
			return inventory.Properties{
				"DBInstanceIdentifier": "orders", "Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": "20",
				"MasterUsername": "shop", "MasterUserPassword": "hunter2hunter2", "BackupRetentionPeriod": int64(3), "Tags": team,
			}
		},
		patches: []plan.Change{set("/BackupRetentionPeriod", int64(7)), set("/DeletionProtection", true), set("/DeletionProtection", false)},
		stops:   true,
		also:    notWithoutSnapshot,
	})
	try(fixture{
		typ: "AWS::RDS::DBCluster",
		props: func(*world) inventory.Properties {
			return inventory.Properties{
				"DBClusterIdentifier": "orders-cluster", "Engine": "aurora-postgresql", "MasterUsername": "shop", "MasterUserPassword": "hunter2hunter2",
				"Tags": team,
			}
		},
		patches: []plan.Change{set("/DeletionProtection", true), set("/DeletionProtection", false)},
		stops:   true,
		also:    notWithoutSnapshot,
	})
	notEmulated["AWS::ElastiCache::SubnetGroup"] = "it cannot delete one"
	try(fixture{
		typ: "AWS::ElastiCache::ReplicationGroup",
		props: func(*world) inventory.Properties {
			return inventory.Properties{"ReplicationGroupId": "orders", "ReplicationGroupDescription": "of the orders", "Engine": "redis", "CacheNodeType": "cache.t3.micro", "Tags": team}
		},
		also:  notWithoutSnapshot,
		stays: "the emulator shows it deleting for ever",
	})
	const replications = "it fails on the replications of file systems, which a reader waits for"
	notEmulated["AWS::EFS::FileSystem"], notEmulated["AWS::EFS::MountTarget"] = replications, replications
	try(fixture{
		typ: "AWS::ECS::Cluster",
		props: func(*world) inventory.Properties {
			return inventory.Properties{
				"ClusterName": "shop", "ClusterSettings": []any{map[string]any{"Name": "containerInsights", "Value": "enabled"}}, "Tags": team,
			}
		},
	})
	try(fixture{
		typ: "AWS::ECS::TaskDefinition",
		props: func(*world) inventory.Properties {
			return inventory.Properties{
				"Family": "orders", "Tags": team,
				"ContainerDefinitions": []any{map[string]any{"Name": "app", "Image": "nginx", "Memory": int64(128), "Essential": true}},
			}
		},
	})
	notEmulated["AWS::EKS::Cluster"] = "it removes only the first of several tags"
	try(fixture{
		typ: "AWS::StepFunctions::StateMachine",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"StateMachineName": "orders", "RoleArn": w.role("states.amazonaws.com"), "Tags": team,
				"DefinitionString": `{"StartAt":"End","States":{"End":{"Type":"Succeed"}}}`,
			}
		},
		patches: []plan.Change{set("/DefinitionString", `{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}`)},
	})
	notEmulated["AWS::ApiGateway::RestApi"] = "it knows no tags after creation"
	try(fixture{
		typ: "AWS::ApiGatewayV2::Api",
		props: func(*world) inventory.Properties {
			return inventory.Properties{"Name": "orders", "ProtocolType": "HTTP", "Description": "of the orders", "Tags": map[string]any{"team": "shop"}}
		},
		patches: []plan.Change{set("/Description", "of all orders")},
	})
}

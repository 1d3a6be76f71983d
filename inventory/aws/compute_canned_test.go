package aws

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// An answer is what a canned server says to a call; the form is that of query protocols.
type answer func(form url.Values) (status int, body string)

// says is an answer that does not depend on the question.
func says(format string, args ...any) answer {
	return func(url.Values) (int, string) { return http.StatusOK, fmt.Sprintf(format, args...) }
}

// scanCanned scans one type of an account that consists of answers: by operation where
// the protocol names it, by method and path otherwise. What is not there does not exist.
func scanCanned(t *testing.T, typ string, answers map[string]answer) *inventory.Snapshot {
	t.Helper()
	answers["GetCallerIdentity"] = says("<GetCallerIdentityResponse><GetCallerIdentityResult><Account>%[1]s</Account>"+
		"<Arn>arn:aws:iam::%[1]s:user/u</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>", emulator.Account)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		key := r.Method + " " + r.URL.Path
		if target := r.Header.Get("X-Amz-Target"); target != "" {
			key = target[strings.LastIndexByte(target, '.')+1:]
		} else if action := form.Get("Action"); action != "" {
			key = action
		}
		says, known := answers[key]
		if !known {
			w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
			_, _ = fmt.Fprintf(w, `{"message":"no %s"}`, key)
			return
		}
		status, said := says(form)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, said)
	}))
	t.Cleanup(server.Close)
	cfg := configure(t, []string{
		"AWS_ENDPOINT_URL=" + server.URL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=" + emulator.Region,
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
	})
	snapshot, err := Scan(t.Context(), cfg, Options{Types: []string{typ}})
	require.NoError(t, err)
	for _, r := range snapshot.Resources {
		assert.Empty(t, schema.Problems(mustType(t, typ), r.Properties), "%s", r.Ref)
	}
	return snapshot
}

// only returns the one resource of a snapshot without gaps.
func only(t *testing.T, s *inventory.Snapshot) *inventory.Resource {
	t.Helper()
	assert.Empty(t, s.Gaps)
	require.Len(t, s.Resources, 1)
	return s.Resources[0]
}

func TestAddons(t *testing.T) {
	const arn = "arn:aws:eks:eu-west-1:123456789012:addon/orders/vpc-cni/1"
	r := only(t, scanCanned(t, "AWS::EKS::Addon", map[string]answer{
		"GET /clusters":               says(`{"clusters":["orders","gone"]}`),
		"GET /clusters/orders/addons": says(`{"addons":["vpc-cni","gone"]}`),
		"GET /clusters/orders/addons/vpc-cni": says(`{"addon":{"addonName":"vpc-cni","clusterName":"orders","addonVersion":"v1.19.0","addonArn":%q,
			"status":"ACTIVE","createdAt":1767323045,"configurationValues":"{}","serviceAccountRoleArn":"","namespaceConfig":{"namespace":"kube-system"},
			"podIdentityAssociations":["x"],"tags":{"pcf:app":"orders"}}}`, arn),
	}))
	assert.Equal(t, "orders|vpc-cni", r.Ref.ID)
	assert.Equal(t, arn, r.ARN)
	assert.Equal(t, "ACTIVE", r.State)
	assert.Equal(t, map[string]string{"pcf:app": "orders"}, r.Tags)
	assert.Equal(t, inventory.Properties{
		"AddonName": "vpc-cni", "ClusterName": "orders", "AddonVersion": "v1.19.0", "Arn": arn, "ConfigurationValues": "{}",
		"NamespaceConfig": map[string]any{"Namespace": "kube-system"}, "Tags": []any{map[string]any{"Key": "pcf:app", "Value": "orders"}},
	}, r.Properties)
}

func TestAddonThatCannotBeReadStays(t *testing.T) {
	s := scanCanned(t, "AWS::EKS::Addon", map[string]answer{
		"GET /clusters":                       says(`{"clusters":["orders"]}`),
		"GET /clusters/orders/addons":         says(`{"addons":["vpc-cni"]}`),
		"GET /clusters/orders/addons/vpc-cni": says(`{}`),
	})
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, inventory.Malformed, s.Gaps[0].Reason)
	require.Len(t, s.Resources, 1)
	assert.Nil(t, s.Resources[0].Tags)
	assert.True(t, s.Resources[0].IsUnread("/AddonVersion"))
	assert.Equal(t, inventory.Properties{"AddonName": "vpc-cni", "ClusterName": "orders"}, s.Resources[0].Properties)
}

func TestNotificationsOfAutoScalingGroup(t *testing.T) {
	notification := func(group, topic, kind string) string {
		return "<member><AutoScalingGroupName>" + group + "</AutoScalingGroupName><TopicARN>" + topic + "</TopicARN><NotificationType>" + kind + "</NotificationType></member>"
	}
	r := only(t, scanCanned(t, "AWS::AutoScaling::AutoScalingGroup", map[string]answer{
		"DescribeAutoScalingGroups": says("<R><DescribeAutoScalingGroupsResult><AutoScalingGroups><member><AutoScalingGroupName>web</AutoScalingGroupName>" +
			"<EnabledMetrics><member><Metric>B</Metric><Granularity>1Minute</Granularity></member><member><Metric>A</Metric><Granularity>1Minute</Granularity></member></EnabledMetrics>" +
			"<VPCZoneIdentifier>subnet-1,subnet-2</VPCZoneIdentifier></member></AutoScalingGroups></DescribeAutoScalingGroupsResult></R>"),
		"DescribeNotificationConfigurations": says("<R><DescribeNotificationConfigurationsResult><NotificationConfigurations>%s%s%s%s</NotificationConfigurations></DescribeNotificationConfigurationsResult></R>",
			notification("web", "t2", "z"), notification("web", "t1", "b"), notification("other", "t1", "c"), notification("web", "t1", "a")),
		"DescribeLifecycleHooks": says("<R><DescribeLifecycleHooksResult><LifecycleHooks/></DescribeLifecycleHooksResult></R>"),
	}))
	assert.Equal(t, []any{
		map[string]any{"TopicARN": "t1", "NotificationTypes": []any{"a", "b"}},
		map[string]any{"TopicARN": "t2", "NotificationTypes": []any{"z"}},
	}, r.Properties["NotificationConfigurations"])
	assert.Equal(t, []any{map[string]any{"Granularity": "1Minute", "Metrics": []any{"A", "B"}}}, r.Properties["MetricsCollection"])
	assert.Equal(t, []any{"subnet-1", "subnet-2"}, r.Properties["VPCZoneIdentifier"])
}

func TestBackupVaultPoliciesAndTags(t *testing.T) {
	const arn = "arn:aws:backup:eu-west-1:123456789012:backup-vault:"
	s := scanCanned(t, "AWS::Backup::BackupVault", map[string]answer{
		"GET /backup-vaults": says(`{"BackupVaultList":[{"BackupVaultName":"orders","BackupVaultArn":"%[1]sorders","Locked":false},
			{"BackupVaultName":"aws/efs/automatic-backup-vault","BackupVaultArn":"%[1]saws"},{"BackupVaultName":"island","VaultType":"LOGICALLY_AIR_GAPPED_BACKUP_VAULT"}]}`, arn),
		"GET /tags/" + arn + "orders":                          says(`{"Tags":{"pcf:app":"orders"}}`),
		"GET /tags/" + arn + "aws":                             says(`{"Tags":{}}`),
		"GET /backup-vaults/orders/access-policy":              says(`{"Policy":"{\"Version\":\"2012-10-17\"}"}`),
		"GET /backup-vaults/orders/notification-configuration": says(`{"SNSTopicArn":"arn:topic","BackupVaultEvents":["BACKUP_JOB_FAILED"]}`),
	})
	assert.Empty(t, s.Gaps)
	require.Len(t, s.Resources, 2)
	assert.Equal(t, "backup vault of an AWS service", s.Resources[0].Foreign)
	assert.Empty(t, s.Resources[0].Tags)
	assert.Equal(t, inventory.Properties{
		"BackupVaultName": "orders", "BackupVaultArn": arn + "orders", "BackupVaultTags": map[string]any{"pcf:app": "orders"},
		"AccessPolicy":  map[string]any{"Version": "2012-10-17"},
		"Notifications": map[string]any{"SNSTopicArn": "arn:topic", "BackupVaultEvents": []any{"BACKUP_JOB_FAILED"}},
	}, s.Resources[1].Properties)
	assert.Equal(t, map[string]string{"pcf:app": "orders"}, s.Resources[1].Tags)
}

func TestTagsOfBackupPlan(t *testing.T) {
	r := only(t, scanCanned(t, "AWS::Backup::BackupPlan", map[string]answer{
		"GET /backup/plans": says(`{"BackupPlansList":[{"BackupPlanId":"p","BackupPlanArn":"arn:plan","BackupPlanName":"aws/efs/1"},{"BackupPlanId":"gone","BackupPlanArn":"arn:gone"}]}`),
		"GET /backup/plans/p": says(`{"VersionId":"v","BackupPlan":{"BackupPlanName":"aws/efs/1","Rules":[{"RuleName":"r","RuleId":"1","TargetBackupVaultName":"orders"}],
			"AdvancedBackupSettings":[{"ResourceType":"EC2","BackupOptions":{"WindowsVSS":"enabled"}}]}}`),
		"GET /tags/arn:plan": says(`{"Tags":{"pcf:app":"orders"}}`),
	}))
	assert.Equal(t, "backup plan of an AWS service", r.Foreign)
	assert.Equal(t, "aws/efs/1", r.Name)
	assert.Equal(t, map[string]string{"pcf:app": "orders"}, r.Tags)
	assert.Equal(t, inventory.Properties{
		"BackupPlanId": "p", "BackupPlanArn": "arn:plan", "VersionId": "v", "BackupPlanTags": map[string]any{"pcf:app": "orders"},
		"BackupPlan": map[string]any{
			"BackupPlanName": "aws/efs/1", "BackupPlanRule": []any{map[string]any{"RuleName": "r", "TargetBackupVault": "orders"}},
			"AdvancedBackupSettings": []any{map[string]any{"ResourceType": "EC2", "BackupOptions": map[string]any{"WindowsVSS": "enabled"}}},
		},
	}, r.Properties)
}

func TestReplicationOfFileSystem(t *testing.T) {
	r := only(t, scanCanned(t, "AWS::EFS::FileSystem", map[string]answer{
		"GET /2015-02-01/file-systems": says(`{"FileSystems":[{"FileSystemId":"fs-1","OwnerId":"210987654321","LifeCycleState":"available","Encrypted":true,
			"FileSystemProtection":{"ReplicationOverwriteProtection":"DISABLED"}},{"FileSystemId":"fs-0","LifeCycleState":"deleted"}]}`),
		"GET /2015-02-01/file-systems/replication-configurations": says(`{"Replications":[{"SourceFileSystemId":"fs-1","Destinations":[
			{"FileSystemId":"fs-2","Region":"us-east-1","Status":"ENABLED","RoleArn":"arn:role"}]},{"SourceFileSystemId":"fs-9","Destinations":[{"FileSystemId":"fs-1"}]}]}`),
		"GET /2015-02-01/file-systems/fs-1/lifecycle-configuration": says(`{"LifecyclePolicies":[]}`),
		"GET /2015-02-01/file-systems/fs-1/backup-policy": func(url.Values) (int, string) {
			return http.StatusNotFound, `{"__type":"PolicyNotFound","message":"none"}`
		},
		"GET /2015-02-01/file-systems/fs-1/policy": func(url.Values) (int, string) {
			return http.StatusNotFound, `{"__type":"PolicyNotFound","message":"none"}`
		},
	}))
	assert.Equal(t, "shared by account 210987654321", r.Foreign)
	assert.Equal(t, map[string]any{"Destinations": []any{map[string]any{"FileSystemId": "fs-2", "Region": "us-east-1", "Status": "ENABLED", "RoleArn": "arn:role"}}},
		r.Properties["ReplicationConfiguration"])
	assert.Equal(t, map[string]any{"ReplicationOverwriteProtection": "DISABLED"}, r.Properties["FileSystemProtection"])
	assert.NotContains(t, r.Properties, "BackupPolicy")
	assert.False(t, r.IsUnread("/BackupPolicy"), "none is known")
}

func TestTagsOfAccessPoint(t *testing.T) {
	const arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/orders"
	r := only(t, scanCanned(t, "AWS::S3::AccessPoint", map[string]answer{
		"GET /v20180820/accesspoint": says("<R><AccessPointList><AccessPoint><Name>orders</Name><Bucket>b</Bucket><NetworkOrigin>Internet</NetworkOrigin></AccessPoint></AccessPointList></R>"),
		"GET /v20180820/accesspoint/orders": says("<R><CreationDate>2026-01-02T03:04:05Z</CreationDate><PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>" +
			"<BlockPublicPolicy>false</BlockPublicPolicy></PublicAccessBlockConfiguration></R>"),
		"GET /v20180820/accesspoint/orders/policy": func(url.Values) (int, string) {
			return http.StatusNotFound, "<ErrorResponse><Error><Code>NoSuchAccessPointPolicy</Code><Message>none</Message></Error></ErrorResponse>"
		},
		"GET /v20180820/tags/" + arn: says("<R><Tags><Tag><Key>pcf:app</Key><Value>orders</Value></Tag></Tags></R>"),
	}))
	assert.Equal(t, arn, r.ARN, "made of what is known where the list does not tell it")
	assert.Equal(t, map[string]string{"pcf:app": "orders"}, r.Tags)
	assert.Equal(t, "2026-01-02T03:04:05Z", r.Created.Format("2006-01-02T15:04:05Z07:00"))
	assert.Equal(t, inventory.Properties{
		"Name": "orders", "Arn": arn, "Bucket": "b", "NetworkOrigin": "Internet", "Tags": []any{map[string]any{"Key": "pcf:app", "Value": "orders"}},
		"PublicAccessBlockConfiguration": map[string]any{"BlockPublicAcls": true, "BlockPublicPolicy": false},
	}, r.Properties)
}

func TestFleetsAndPoliciesOfEMR(t *testing.T) {
	fleet := func(role string) string {
		return fmt.Sprintf(`{"Id":"if-1","Name":"m","InstanceFleetType":%q,"TargetOnDemandCapacity":1,"ProvisionedOnDemandCapacity":1,"InstanceTypeSpecifications":[
			{"InstanceType":"m5.xlarge","WeightedCapacity":1,"EbsOptimized":true,"EbsBlockDevices":[{"Device":"/dev/sdb"}],
			 "Configurations":[{"Classification":"c","Properties":{"k":"v"},"Configurations":[{"Classification":"d"}]}]}]}`, role)
	}
	answers := map[string]answer{
		"ListClusters": says(`{"Clusters":[{"Id":"j-1","Name":"reports","ClusterArn":"arn:j-1","Status":{"State":"WAITING","Timeline":{"CreationDateTime":1767323045}}}]}`),
		"DescribeCluster": says(`{"Cluster":{"Id":"j-1","Name":"reports","InstanceCollectionType":"INSTANCE_FLEET","AutoTerminate":true,"LogUri":"",
			"KerberosAttributes":{"Realm":"R","KdcAdminPassword":"hunter2"},"Ec2InstanceAttributes":{"Ec2SubnetId":"","RequestedEc2SubnetIds":["subnet-1"],
			"Ec2AvailabilityZone":"eu-west-1a"},"Status":{"State":"WAITING"}}}`),
		"ListBootstrapActions":    says(`{"BootstrapActions":[]}`),
		"ListInstanceFleets":      says(`{"InstanceFleets":[%s,%s,%s]}`, fleet("TASK"), fleet("MASTER"), fleet("TASK")),
		"GetManagedScalingPolicy": says(`{"ManagedScalingPolicy":{"ComputeLimits":{"UnitType":"Instances","MinimumCapacityUnits":1,"MaximumCapacityUnits":4}}}`),
		"GetAutoTerminationPolicy": func(url.Values) (int, string) {
			return http.StatusBadRequest, `{"__type":"ValidationException","message":"Auto-termination is not available for this account when using this release of EMR."}`
		},
	}
	r := only(t, scanCanned(t, "AWS::EMR::Cluster", answers))
	machines := map[string]any{
		"Name": "m", "TargetOnDemandCapacity": int64(1), "InstanceTypeConfigs": []any{map[string]any{
			"InstanceType": "m5.xlarge", "WeightedCapacity": int64(1), "EbsConfiguration": map[string]any{"EbsOptimized": true},
			"Configurations": []any{map[string]any{
				"Classification": "c", "ConfigurationProperties": map[string]any{"k": "v"},
				"Configurations": []any{map[string]any{"Classification": "d"}},
			}},
		}},
	}
	assert.Equal(t, inventory.Properties{
		"Id": "j-1", "Name": "reports", "KerberosAttributes": map[string]any{"Realm": "R"},
		"ManagedScalingPolicy": map[string]any{"ComputeLimits": map[string]any{"UnitType": "Instances", "MinimumCapacityUnits": int64(1), "MaximumCapacityUnits": int64(4)}},
		"Instances": map[string]any{
			"KeepJobFlowAliveWhenNoSteps": false, "Ec2SubnetIds": []any{"subnet-1"}, "Placement": map[string]any{"AvailabilityZone": "eu-west-1a"},
			"MasterInstanceFleet": machines, "TaskInstanceFleets": []any{machines, machines},
		},
	}, r.Properties)

	answers["DescribeCluster"] = says(`{"Cluster":{"Id":"j-1","Status":{"State":"TERMINATED"}}}`)
	assert.Empty(t, scanCanned(t, "AWS::EMR::Cluster", answers).Resources, "terminated since it was listed")

	answers["DescribeCluster"] = says(`{"Cluster":{"Id":"j-1","InstanceCollectionType":"INSTANCE_FLEET","Status":{"State":"WAITING"}}}`)
	delete(answers, "ListInstanceFleets")
	s := scanCanned(t, "AWS::EMR::Cluster", answers)
	require.Len(t, s.Gaps, 1)
	require.Len(t, s.Resources, 1)
	assert.True(t, s.Resources[0].IsUnread("/Instances/MasterInstanceFleet"))
}

func TestECSLeavesOut(t *testing.T) {
	const arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/orders"
	for _, c := range []struct {
		why, describes string
		gaps, found    int
	}{
		{"what was deleted since it was listed is gone", `{"failures":[{"arn":"` + arn + `","reason":"MISSING"}]}`, 0, 0},
		{"another reason is a gap, and the cluster stays", `{"failures":[{"arn":"` + arn + `","reason":"INTERNAL","detail":"try again"}]}`, 1, 1},
		{"no reason is a gap too", `{"clusters":[]}`, 1, 1},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := scanCanned(t, "AWS::ECS::Cluster", map[string]answer{
				"ListClusters": says(`{"clusterArns":["%s"]}`, arn), "DescribeClusters": says("%s", c.describes),
			})
			assert.Len(t, s.Gaps, c.gaps)
			require.Len(t, s.Resources, c.found)
			for _, r := range s.Resources {
				assert.Equal(t, "orders", r.Ref.ID)
				assert.Nil(t, r.Tags)
				assert.True(t, r.IsUnread("/ClusterSettings"))
			}
		})
	}
}

// One load balancer that is gone takes the tags of the others in its call along; they are
// asked for one by one then.
func TestTagsBesideWhatIsGone(t *testing.T) {
	for typ, names := range map[string]struct{ asked, list string }{
		"AWS::ElasticLoadBalancing::LoadBalancer":   {"LoadBalancerNames.member.", "<LoadBalancerDescriptions><member><LoadBalancerName>web</LoadBalancerName></member><member><LoadBalancerName>gone</LoadBalancerName></member></LoadBalancerDescriptions>"},
		"AWS::ElasticLoadBalancingV2::LoadBalancer": {"ResourceArns.member.", "<LoadBalancers><member><LoadBalancerArn>web</LoadBalancerArn></member><member><LoadBalancerArn>gone</LoadBalancerArn></member></LoadBalancers>"},
	} {
		t.Run(typ, func(t *testing.T) {
			calls := 0
			r := only(t, scanCanned(t, typ, map[string]answer{
				"DescribeLoadBalancers":          says("<R><DescribeLoadBalancersResult>%s</DescribeLoadBalancersResult></R>", names.list),
				"DescribeLoadBalancerAttributes": says("<DescribeLoadBalancerAttributesResponse><DescribeLoadBalancerAttributesResult><LoadBalancerAttributes/><Attributes/></DescribeLoadBalancerAttributesResult></DescribeLoadBalancerAttributesResponse>"),
				"DescribeTags": func(form url.Values) (int, string) {
					calls++
					if form.Get(names.asked+"2") == "gone" || form.Get(names.asked+"1") == "gone" {
						return http.StatusBadRequest, "<ErrorResponse><Error><Code>LoadBalancerNotFound</Code><Message>gone</Message></Error></ErrorResponse>"
					}
					return http.StatusOK, "<R><DescribeTagsResult><TagDescriptions><member><LoadBalancerName>web</LoadBalancerName><ResourceArn>web</ResourceArn>" +
						"<Tags><member><Key>pcf:app</Key><Value>orders</Value></member></Tags></member></TagDescriptions></DescribeTagsResult></R>"
				},
			}))
			assert.Equal(t, "web", r.Ref.ID)
			assert.Equal(t, map[string]string{"pcf:app": "orders"}, r.Tags)
			assert.Equal(t, 3, calls)
		})
	}
}

func TestFSxFileSystemsOfEveryKind(t *testing.T) {
	s := scanCanned(t, "AWS::FSx::FileSystem", map[string]answer{"DescribeFileSystems": says(`{"FileSystems":[
		{"FileSystemId":"fs-1","FileSystemType":"LUSTRE","Lifecycle":"AVAILABLE","OwnerId":"123456789012","LustreConfiguration":{"MountName":"m",
		 "DataRepositoryConfiguration":{"ImportPath":"s3://b","AutoImportPolicy":"NEW","ImportedFileChunkSize":1024,"Lifecycle":"AVAILABLE"}}},
		{"FileSystemId":"fs-2","FileSystemType":"OPENZFS","OpenZFSConfiguration":{"RootVolumeId":"fsvol-1","ThroughputCapacity":64}},
		{"FileSystemId":"fs-3","FileSystemType":"ONTAP","OntapConfiguration":{"FsxAdminPassword":"hunter2","HAPairs":1}},
		{"FileSystemId":"fs-4","FileSystemType":"WINDOWS","OwnerId":"210987654321","WindowsConfiguration":{"Aliases":[{"Name":"files.corp.example","Lifecycle":"AVAILABLE"}]}}]}`)})
	assert.Empty(t, s.Gaps)
	require.Len(t, s.Resources, 4)
	for i, want := range []inventory.Properties{
		{"Id": "fs-1", "FileSystemType": "LUSTRE", "LustreMountName": "m", "LustreConfiguration": map[string]any{
			"ImportPath": "s3://b", "AutoImportPolicy": "NEW", "ImportedFileChunkSize": int64(1024),
		}},
		{"Id": "fs-2", "FileSystemType": "OPENZFS", "RootVolumeId": "fsvol-1", "OpenZFSConfiguration": map[string]any{"ThroughputCapacity": int64(64)}},
		{"Id": "fs-3", "FileSystemType": "ONTAP", "OntapConfiguration": map[string]any{"HAPairs": int64(1)}},
		{"Id": "fs-4", "FileSystemType": "WINDOWS", "WindowsConfiguration": map[string]any{"Aliases": []any{"files.corp.example"}}},
	} {
		assert.Equal(t, want, s.Resources[i].Properties)
	}
	assert.Equal(t, "AVAILABLE", s.Resources[0].State)
	assert.Empty(t, s.Resources[0].Foreign)
	assert.Equal(t, "shared by account 210987654321", s.Resources[3].Foreign)
}

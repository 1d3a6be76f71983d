package declared

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// names lists the particles of a declaration, with their types.
func names(d *inventory.Declaration) []string {
	out := []string{}
	for _, p := range d.Particles() {
		out = append(out, p.Name+" "+p.Resource.Ref.Type)
	}
	return out
}

// asJSON is a value for comparison, with unknowns as their descriptions.
func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

func fixture(t *testing.T, name string) *inventory.Declaration {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "pcf", name))
	require.NoError(t, err)
	d := readOne(t, Options{App: "harbour", Version: "1"}, name, string(data))
	require.Empty(t, texts(d.Faults))
	require.Empty(t, d.Gaps)
	return d
}

func TestPCFDefinitionBucket(t *testing.T) {
	d := fixture(t, "bucket.pcf.json")
	assert.Empty(t, texts(d.Warnings))
	p := particle(t, d, "s3_bucket:minutes")
	assert.True(t, p.Protect, "persist_on_termination")
	assert.Equal(t, []inventory.Target{{Region: "eu-west-1"}}, p.Targets)
	assert.Equal(t, "harbour-minutes-qa", p.Resource.Ref.ID)
	assert.Equal(t, "PublicRead", p.Resource.Properties["AccessControl"], "the schema's spelling")
	assert.Equal(t, map[string]string{"Contact": "harbour@acme.example", "Budget": "17"}, p.Resource.Tags)
	assert.Equal(t, "bucket.pcf.json:7:5", p.Resource.PositionOf("/AccessControl").String())
	assert.Equal(t, "bucket.pcf.json:10:51", p.Resource.PositionOf("/Tags/1/Key").String())
	assert.Equal(t, inventory.Ownership{Class: "owned", App: "harbour", Version: "1", Particle: "s3_bucket:minutes"}, p.Resource.Owned)
}

func TestPCFDefinitionList(t *testing.T) {
	d := fixture(t, "list.pcf.yml")
	assert.Empty(t, texts(d.Warnings))
	assert.Equal(t, []string{
		"sqs_queue:arrivals AWS::SQS::Queue", "sqs_queue:arrivals/QueuePolicy AWS::SQS::QueuePolicy",
		"dynamodb_table:berths AWS::DynamoDB::Table", "cloudwatch_events:tides AWS::Events::Rule",
	}, names(d))
	queue := particle(t, d, "sqs_queue:arrivals").Resource
	assert.JSONEq(t, `{"QueueName": "arrivals", "VisibilityTimeout": 90, "FifoQueue": true,
		"RedrivePolicy": {"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111122223333:dead", "maxReceiveCount": 5},
		"Tags": [{"Key": "Contact", "Value": "harbour@acme.example"}]}`, asJSON(t, queue.Properties))
	policy := particle(t, d, "sqs_queue:arrivals/QueuePolicy").Resource
	assert.Equal(t, map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}}}, policy.Properties["PolicyDocument"])
	assert.Equal(t, "sqs_queue:arrivals", policy.Properties["Queues"].([]any)[0].(*inventory.Unknown).Target)
	assert.Equal(t, "list.pcf.yml:11:15", policy.PositionOf("/PolicyDocument/Statement/0/Action").String(), "a place in a JSON text is that of the text")
	table := particle(t, d, "dynamodb_table:berths").Resource
	assert.Equal(t, map[string]any{"SSEEnabled": true, "SSEType": "KMS"}, table.Properties["SSESpecification"])
	assert.Equal(t, inventory.Stopped, particle(t, d, "cloudwatch_events:tides").State)
}

func TestPCFDefinitionStack(t *testing.T) {
	d := fixture(t, "stack.pcf.json")
	assert.Empty(t, texts(d.Warnings))
	assert.Equal(t, []string{
		"vpc_instance:pilot AWS::EC2::VPC", "security_group:pilot AWS::EC2::SecurityGroup", "subnet:pilot AWS::EC2::Subnet",
		"iam_policy:pilot AWS::IAM::ManagedPolicy", "iam_role:pilot AWS::IAM::Role", "iam_role:pilot/InstanceProfile AWS::IAM::InstanceProfile",
		"ec2_instance:pilot-0 AWS::EC2::Instance", "ec2_instance:pilot-1 AWS::EC2::Instance",
	}, names(d))
	vpc := particle(t, d, "vpc_instance:pilot").Resource
	assert.Equal(t, map[string]string{"PCFName": "pilot-vpc", "Contact": "pilot@acme.example"}, vpc.Tags)

	group := particle(t, d, "security_group:pilot").Resource
	assert.Equal(t, "Ref vpc_instance:pilot", group.Properties["VpcId"].(*inventory.Unknown).Symbol)
	assert.Equal(t, "pilot web tier", group.Properties["GroupDescription"])
	assert.JSONEq(t, `[
		{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8", "Description": "inside"},
		{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"},
		{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv6": "::/0"},
		{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourcePrefixListId": "pl-1"},
		{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourceSecurityGroupId": "sg-11112222", "SourceSecurityGroupOwnerId": "111122223333"}
	]`, asJSON(t, group.Properties["SecurityGroupIngress"]))
	assert.Equal(t, []any{}, group.Properties["SecurityGroupEgress"], "an empty list is declared, and not absent")
	assert.Equal(t, "stack.pcf.json:12:76", group.PositionOf("/SecurityGroupIngress/1").String(), "of the range, and not of the permission")

	role := particle(t, d, "iam_role:pilot").Resource
	arns := role.Properties["ManagedPolicyArns"].([]any)
	assert.Equal(t, "arn:aws:iam::aws:policy/ReadOnlyAccess", arns[0])
	assert.Equal(t, "iam_policy:pilot", arns[1].(*inventory.Unknown).Target)
	assert.IsType(t, map[string]any{}, role.Properties["AssumeRolePolicyDocument"], "the JSON text is read")
	profile := particle(t, d, "iam_role:pilot/InstanceProfile").Resource
	assert.Equal(t, map[string]any{"InstanceProfileName": "pilot-web", "Roles": []any{"pilot-web"}}, profile.Properties)

	second := particle(t, d, "ec2_instance:pilot-1").Resource
	assert.JSONEq(t, `{"ImageId": "(unknown: $lookup$ami$harbour-base is looked up at deployment)", "InstanceType": "t3.small", "Monitoring": true,
		"SecurityGroupIds": ["(unknown: security_group:pilot.GroupId is assigned at deployment)"],
		"SubnetId": "(unknown: the id of subnet:pilot is assigned at deployment)",
		"IamInstanceProfile": "pilot-web", "UserData": "ZWNobyBhaG95",
		"Tags": [{"Key": "Contact", "Value": "pilot@acme.example"}, {"Key": "PCFName", "Value": "pilot-web-1"}]}`, asJSON(t, second.Properties))
	assert.Equal(t, "pilot-web-1", second.Name)
	assert.Equal(t, inventory.Unknown{Because: "security_group:pilot.GroupId is assigned at deployment", Symbol: "GetAtt security_group:pilot.GroupId", Target: "security_group:pilot"},
		*second.Properties["SecurityGroupIds"].([]any)[0].(*inventory.Unknown), "rules and drift follow it like a template's")
	assert.Equal(t, "Ref subnet:pilot", second.Properties["SubnetId"].(*inventory.Unknown).Symbol)
	require.Len(t, d.Apps[0].Inputs, 1)
	assert.Equal(t, "sg-11112222", d.Apps[0].Inputs[0].ID)
}

func TestPCFDefinitionShared(t *testing.T) {
	d := fixture(t, "shared.pcf.yml")
	assert.Empty(t, texts(d.Warnings))
	require.Len(t, d.Apps[0].Inputs, 1, "a literal id is a resource passed in")
	assert.Equal(t, inventory.Input{
		Name: "vpc-0123456789abcdef0", Type: "AWS::EC2::VPC", ID: "vpc-0123456789abcdef0",
		Position: inventory.Position{File: "shared.pcf.yml", Line: 16, Column: 7},
	}, *d.Apps[0].Inputs[0])
	dead := particle(t, d, "sqs_queue:jobs-dlq").Resource
	assert.JSONEq(t, `{"QueueName": "ledger-jobs-dlq", "VisibilityTimeout": 300, "Tags": [{"Key": "Contact", "Value": "ledger@acme.example"}]}`, asJSON(t, dead.Properties),
		"what the base says besides the name")
	assert.Equal(t, map[string]any{"ScanOnPush": true}, particle(t, d, "ecr_repository:ledger").Resource.Properties["ImageScanningConfiguration"])
	container := particle(t, d, "ecs_task_definition:ledger").Resource.Properties["ContainerDefinitions"].([]any)[0]
	assert.JSONEq(t, `{"Name": "worker", "Image": "ledger/worker:7", "Memory": 512, "Cpu": 256, "Essential": true,
		"LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "ledger"}}, "Environment": [{"Name": "STAGE", "Value": "qa"}]}`, asJSON(t, container),
		"names of properties get capitals, names that users choose do not")
	service := particle(t, d, "ecs_service:ledger").Resource
	assert.Equal(t, "ledger", service.Properties["Cluster"], "from the parent")
	assert.Equal(t, "ecs_task_definition:ledger", service.Properties["TaskDefinition"].(*inventory.Unknown).Target)
	assert.Equal(t, map[string]string{"Contact": "ledger@acme.example"}, service.Tags)
}

// TestPCFFlavours reads a particle of every flavour, and holds the table against the schemas.
func TestPCFFlavours(t *testing.T) {
	assert.Len(t, flavours, 36)
	for label, f := range flavours {
		t.Run(label, func(t *testing.T) {
			d := readOne(t, Options{}, "x.json", `{"flavor": "`+label+`", "pcf_name": "x", "aws_resource": {}}`)
			assert.Empty(t, texts(d.Faults))
			require.NotEmpty(t, names(d))
			assert.Equal(t, label+":x "+f.typ, names(d)[0])
			if f.identity() == "" {
				assert.Empty(t, d.Warnings)
			} else {
				assert.Contains(t, texts(d.Warnings)[0], "missing-unique-key: "+label+":x has no "+f.identity())
			}
			kind, known := schema.Lookup(f.typ)
			assert.Equal(t, !slices.Contains([]string{"ecs_task", "ecs_instance"}, label), known)
			for key, name := range f.keys {
				if i := strings.LastIndexByte(key, '/'); name != "" && label != "cloudfront" {
					parent := ""
					if i >= 0 {
						parent = "/" + key[:i]
					}
					_, found := kind.At(parent + "/" + name)
					if !found {
						_, found = kind.At(parent + "/*/" + name)
					}
					assert.True(t, found, "%s is no property of %s", name, f.typ)
				}
			}
			if known && f.identity() != "" && !strings.Contains(f.identity(), ".") && f.keys[f.identity()] == "" && label != "cloudfront" && label != "cloudformation" {
				tr := &translation{m: &member{flavour: f}}
				name, node, _ := tr.rename(kind.Root, f.identity(), f.identity())
				assert.NotNil(t, node, "%s of %s", name, f.typ)
			}
		})
	}
	for _, label := range quasiFlavours {
		assert.Contains(t, flavourNames(), label)
	}
}

func TestPCFKeys(t *testing.T) {
	for _, c := range []struct{ why, flavour, resource, typ, want string }{
		{
			"lists of CloudFront", "cloudfront", `{"Comment": "c", "Enabled": true, "IsIPV6Enabled": true, "CallerReference": "x", "Aliases": {"Quantity": 1, "Items": ["a.example"]}, "Origins": {"Quantity": 0},
			"ViewerCertificate": {"ACMCertificateArn": "arn:x"}, "Tags": {"Items": [{"Key": "a", "Value": "b"}]}}`, "AWS::CloudFront::Distribution",
			`{"DistributionConfig": {"Comment": "c", "Enabled": true, "IPV6Enabled": true, "Aliases": ["a.example"], "Origins": [], "ViewerCertificate": {"AcmCertificateArn": "arn:x"}}, "Tags": [{"Key": "a", "Value": "b"}]}`,
		},
		{
			"a group of groups", "emr_cluster", `{"Name": "e", "Instances": {"KeepJobFlowAliveWhenNoSteps": true, "InstanceGroups": [{"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}, {"InstanceRole": "TASK", "InstanceType": "m5.xlarge", "InstanceCount": 3}]},
			"Configurations": [{"Classification": "c", "Properties": {"a.b": "1"}}]}`, "AWS::EMR::Cluster",
			`{"Name": "e", "Instances": {"KeepJobFlowAliveWhenNoSteps": true, "MasterInstanceGroup": {"InstanceType": "m5.xlarge", "InstanceCount": 1}, "TaskInstanceGroups": [{"InstanceType": "m5.xlarge", "InstanceCount": 3}]},
			"Configurations": [{"Classification": "c", "ConfigurationProperties": {"a.b": "1"}}]}`,
		},
		{
			"counts without groups: the master is one of them", "emr_cluster", `{"Name": "e", "Instances": {"MasterInstanceType": "a", "SlaveInstanceType": "b", "InstanceCount": 3}}`, "AWS::EMR::Cluster",
			`{"Name": "e", "Instances": {"MasterInstanceGroup": {"InstanceType": "a", "InstanceCount": 1}, "CoreInstanceGroup": {"InstanceType": "b", "InstanceCount": 2}}}`,
		},
		{
			"a database", "rds_instance", `{"DBInstanceIdentifier": "d", "AllocatedStorage": 20, "VpcSecurityGroupIds": ["sg-1"], "ApplyImmediately": true, "SkipFinalSnapshot": false, "PubliclyAccessible": true, "MasterUserPassword": "$lookup$x"}`, "AWS::RDS::DBInstance",
			`{"DBInstanceIdentifier": "d", "AllocatedStorage": "20", "VPCSecurityGroups": ["sg-1"], "PubliclyAccessible": true, "MasterUserPassword": "(unknown: $lookup$x is looked up at deployment)"}`,
		},
		{
			"a record", "route53_record", `{"Name": "a.example.", "Type": "CNAME", "TTL": 60, "HostedZoneId": "Z1", "ResourceRecords": [{"Value": "b.example."}]}`, "AWS::Route53::RecordSet",
			`{"Name": "a.example.", "Type": "CNAME", "TTL": "60", "HostedZoneId": "Z1", "ResourceRecords": ["b.example."]}`,
		},
		{
			"a zone", "route53_hosted_zone", `{"Name": "a.example", "CallerReference": "1", "HostedZoneConfig": {"Comment": "c", "PrivateZone": true}, "VPC": {"VPCId": "vpc-1", "VPCRegion": "eu-west-1"}, "custom_config": {"Tags": [{"Key": "a", "Value": "b"}]}}`, "AWS::Route53::HostedZone",
			`{"Name": "a.example", "HostedZoneConfig": {"Comment": "c"}, "VPCs": [{"VPCId": "vpc-1", "VPCRegion": "eu-west-1"}], "HostedZoneTags": [{"Key": "a", "Value": "b"}]}`,
		},
		{
			"a function: ZipFile is a path", "lambda_function", `{"FunctionName": "f", "Code": {"ZipFile": "./f.zip"}, "Environment": {"Variables": {"stage": "qa"}}, "Tags": {"a": "b"}, "Publish": true}`, "AWS::Lambda::Function",
			`{"FunctionName": "f", "Code": "(unknown: the framework packs the code from local files)", "Environment": {"Variables": {"stage": "qa"}}, "Tags": [{"Key": "a", "Value": "b"}]}`,
		},
		{"a function in a bucket", "lambda_function", `{"FunctionName": "f", "Code": {"S3Bucket": "b", "S3Key": "k"}}`, "AWS::Lambda::Function", `{"FunctionName": "f", "Code": {"S3Bucket": "b", "S3Key": "k"}}`},
		{
			"a batch environment, whose tags are a map", "batch_compute_environment", `{"computeEnvironmentName": "c", "type": "MANAGED", "computeResources": {"minvCpus": 0, "maxvCpus": "4", "instanceTypes": ["m5"], "tags": {"a": "b"}}, "tags": {"c": "d"}}`, "AWS::Batch::ComputeEnvironment",
			`{"ComputeEnvironmentName": "c", "Type": "MANAGED", "ComputeResources": {"MinvCpus": 0, "MaxvCpus": 4, "InstanceTypes": ["m5"], "Tags": {"a": "b"}}, "Tags": {"c": "d"}}`,
		},
		{
			"a job queue", "batch_job_queue", `{"jobQueueName": "q", "priority": 1, "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "c"}]}`, "AWS::Batch::JobQueue",
			`{"JobQueueName": "q", "Priority": 1, "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": "c"}]}`,
		},
		{"a log group", "cloudwatch_logs", `{"logGroupName": "l", "kmsKeyId": "k", "tags": {"a": "b"}}`, "AWS::Logs::LogGroup", `{"LogGroupName": "l", "KmsKeyId": "k", "Tags": [{"Key": "a", "Value": "b"}]}`},
		{
			"a group of instances", "auto_scaling_group", `{"AutoScalingGroupName": "g", "MinSize": 1, "MaxSize": 2, "DefaultCooldown": 60, "VPCZoneIdentifier": "subnet-1, subnet-2", "Tags": [{"Key": "a", "Value": "b", "PropagateAtLaunch": true, "ResourceId": "g", "ResourceType": "auto-scaling-group"}]}`, "AWS::AutoScaling::AutoScalingGroup",
			`{"AutoScalingGroupName": "g", "MinSize": "1", "MaxSize": "2", "Cooldown": "60", "VPCZoneIdentifier": ["subnet-1", "subnet-2"], "Tags": [{"Key": "a", "Value": "b", "PropagateAtLaunch": true}]}`,
		},
		{
			"a launch configuration", "launch_configuration", `{"LaunchConfigurationName": "l", "InstanceMonitoring": {"Enabled": false}, "UserData": "x", "RamdiskId": "r"}`, "AWS::AutoScaling::LaunchConfiguration",
			`{"LaunchConfigurationName": "l", "InstanceMonitoring": false, "UserData": "eA==", "RamDiskId": "r"}`,
		},
		{
			"a file system", "efs_instance", `{"CreationToken": "t", "PerformanceMode": "generalPurpose", "custom_config": {"instance_name": "e"}}`, "AWS::EFS::FileSystem",
			`{"PerformanceMode": "generalPurpose", "FileSystemTags": [{"Key": "Name", "Value": "e"}]}`,
		},
		{"a vault", "glacier_vault", `{"vaultName": "v", "accountId": "-", "custom_config": {"Tags": {"a": "b"}}}`, "PCF::Glacier::Vault", `{"VaultName": "v", "Tags": [{"Key": "a", "Value": "b"}]}`},
		{"what no schema describes", "ecs_task", `{"taskName": "t", "count": 2}`, "PCF::ECS::Task", `{"TaskName": "t", "Count": 2}`},
		{
			"an instance", "ec2_instance", `{"Placement": {"AvailabilityZone": "eu-west-1a", "Tenancy": "default", "GroupName": "g"}, "IamInstanceProfile": {"Arn": "arn:aws:iam::111122223333:instance-profile/a/b"}, "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": ["sg-1"]}], "CreditSpecification": {"CpuCredits": "standard"}, "custom_config": {"instance_name": "i", "userdata_template_file": "x.j2"}}`, "AWS::EC2::Instance",
			`{"AvailabilityZone": "eu-west-1a", "Tenancy": "default", "PlacementGroupName": "g", "IamInstanceProfile": "b", "NetworkInterfaces": [{"DeviceIndex": "0", "GroupSet": ["sg-1"]}], "CreditSpecification": {"CPUCredits": "standard"},
			"UserData": "(unknown: the framework renders the user data from userdata_template_file)", "Tags": [{"Key": "PCFName", "Value": "i"}]}`,
		},
		{"a key", "kms_key", `{"Policy": "{\"Statement\": []}", "Tags": [{"TagKey": "a", "TagValue": "b"}], "custom_config": {"key_name": "k"}}`, "AWS::KMS::Key", `{"KeyPolicy": {"Statement": []}, "Tags": [{"Key": "a", "Value": "b"}]}`},
		{"a volume", "ebs_volume", `{"Size": 8, "TagSpecifications": [{"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "b"}]}], "custom_config": {"volume_name": "v"}}`, "AWS::EC2::Volume", `{"Size": 8, "Tags": [{"Key": "a", "Value": "b"}, {"Key": "PCFName", "Value": "v"}]}`},
		{
			"a bucket that owns", "s3_bucket", `{"Bucket": "b", "ObjectOwnership": "BucketOwnerEnforced", "ObjectLockEnabledForBucket": true, "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}`, "AWS::S3::Bucket",
			`{"BucketName": "b", "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}, "ObjectLockEnabled": true}`,
		},
		{"an image repository", "ecr_repository", `{"repositoryName": "r", "imageTagMutability": "IMMUTABLE"}`, "AWS::ECR::Repository", `{"RepositoryName": "r", "ImageTagMutability": "IMMUTABLE"}`},
	} {
		t.Run(c.why, func(t *testing.T) {
			d := readOne(t, Options{}, "x.json", `{"flavor": "`+c.flavour+`", "pcf_name": "x", "aws_resource": `+c.resource+`}`)
			assert.Empty(t, texts(d.Faults))
			for _, w := range d.Warnings {
				assert.Contains(t, w.Message, "missing-unique-key")
			}
			res := particle(t, d, c.flavour+":x").Resource
			assert.Equal(t, c.typ, res.Ref.Type)
			assert.JSONEq(t, c.want, asJSON(t, res.Properties))
		})
	}
}

func TestPCFParts(t *testing.T) {
	d := readOne(t, Options{}, "p.yml", `
flavor: quasiparticle
pcf_name: q
particles:
  - {flavor: ec2_instance, pcf_name: one, aws_resource: {custom_config: {instance_name: one}}}
  - {flavor: ebs_volume, parents: [ec2_instance:one], aws_resource: {Size: 8, custom_config: {volume_name: v, attach: {Device: /dev/sdh}}}}
  - {flavor: kms_key, aws_resource: {custom_config: {key_name: k}}}
  - {flavor: alb, aws_resource: {Name: lb, custom_config: {Listeners: [{Port: 80, Protocol: HTTP, DefaultActions: [{Type: forward, TargetGroupArn: arn:x}]}]}}}
`)
	assert.Empty(t, texts(d.Faults))
	assert.Empty(t, texts(d.Warnings))
	attachment := particle(t, d, "ebs_volume:q/VolumeAttachment").Resource
	assert.Equal(t, "/dev/sdh", attachment.Properties["Device"])
	assert.Equal(t, "ec2_instance:one", attachment.Properties["InstanceId"].(*inventory.Unknown).Target)
	assert.Equal(t, "ebs_volume:q", attachment.Properties["VolumeId"].(*inventory.Unknown).Target)
	alias := particle(t, d, "kms_key:q/Alias").Resource
	assert.Equal(t, "alias/k", alias.Properties["AliasName"])
	assert.Equal(t, "k", particle(t, d, "kms_key:q").Resource.Name)
	listener := particle(t, d, "alb:q/Listener-0").Resource
	assert.Equal(t, "AWS::ElasticLoadBalancingV2::Listener", listener.Ref.Type)
	assert.Equal(t, int64(80), listener.Properties["Port"])
	assert.Equal(t, "Ref alb:q", listener.Properties["LoadBalancerArn"].(*inventory.Unknown).Symbol)
}

// TestPCFTagSpellings: however the tags are written, they are the same tags.
func TestPCFTagSpellings(t *testing.T) {
	for _, spelling := range []string{
		`Tags: [{Key: a, Value: b}, {Key: c, Value: d}]`,
		`Tags: {a: b, c: d}`,
		`Tags: [{TagKey: a, TagValue: b}, {TagKey: c, TagValue: d}]`,
		`tags: {a: b, c: d}`,
		`tags: [{Key: a, Value: b}, {Key: c, Value: d}]`,
		`tags: [{key: a, value: b}, {key: c, value: d}]`,
		`custom_config: {Tags: {a: b, c: d}}`,
		`custom_config: {Tags: [{Key: a, Value: b}, {Key: c, Value: d}]}`,
		`custom_config: {tags: {a: b, c: d}}`,
		`TagSpecifications: [{ResourceType: x, Tags: [{Key: a, Value: b}, {Key: c, Value: d}]}]`,
		`{Tags: {a: old, c: d}, custom_config: {Tags: {a: b}}}`,
	} {
		t.Run(spelling, func(t *testing.T) {
			resource := "{QueueName: q, " + strings.Trim(spelling, "{}") + strings.Repeat("}", strings.Count(strings.Trim(spelling, "{}"), "{")-strings.Count(strings.Trim(spelling, "{}"), "}")) + "}"
			d := readOne(t, Options{}, "p.yml", "flavor: sqs_queue\npcf_name: q\naws_resource: "+resource+"\n")
			assert.Empty(t, texts(d.Faults))
			assert.Equal(t, map[string]string{"a": "b", "c": "d"}, particle(t, d, "sqs_queue:q").Resource.Tags)
		})
	}
}

func TestPCFExpansion(t *testing.T) {
	quasi := func(flavor, more string, particles ...string) string {
		return "flavor: " + flavor + "\npcf_name: q\n" + more + "particles:\n  - " + strings.Join(particles, "\n  - ") + "\n"
	}
	queue := func(d *inventory.Declaration, name string) map[string]any {
		return particle(t, d, "sqs_queue:"+name).Resource.Properties
	}
	t.Run("a base is merged, copied and numbered in the framework's order", func(t *testing.T) {
		d := readOne(t, Options{}, "p.yml", quasi("quasiparticle", "",
			`{flavor: sqs_queue, pcf_name: a, multiplier: 2, aws_resource: {QueueName: qa, Attributes: {DelaySeconds: 5, VisibilityTimeout: 9}, Tags: {x: y}}}`,
			`{flavor: SQS_Queue, pcf_name: b, base_particle_config: a-1, aws_resource: {Attributes: {DelaySeconds: 0, FifoQueue: false}, Tags: }}`,
			`{flavor: sqs_queue, pcf_name: c, base_particle_config: b, multiplier: 1, aws_resource: {QueueName: qc}}`,
		))
		assert.Empty(t, texts(d.Faults))
		assert.Equal(t, []string{"sqs_queue:a-0 AWS::SQS::Queue", "sqs_queue:a-1 AWS::SQS::Queue", "sqs_queue:b AWS::SQS::Queue", "sqs_queue:c-0 AWS::SQS::Queue"}, names(d))
		assert.Equal(t, "qa-0", queue(d, "a-0")["QueueName"])
		assert.JSONEq(t, `{"QueueName": "qa-1", "DelaySeconds": 0, "VisibilityTimeout": 9, "FifoQueue": false}`, asJSON(t, queue(d, "b")),
			"the base is a copy with its number; an empty value overrides; the multiplier of the base is its own")
		assert.Equal(t, "qc-0", queue(d, "c-0")["QueueName"])
	})
	t.Run("the names of members", func(t *testing.T) {
		d := readOne(t, Options{}, "p.yml", quasi("ecs_instance_quasi", "", `{flavor: sqs_queue, pcf_name: other, aws_resource: {QueueName: x}}`))
		assert.Equal(t, []string{"sqs_queue:q AWS::SQS::Queue"}, names(d), "this one gives its own name to all")
	})
	t.Run("the parents of a quasiparticle, and children", func(t *testing.T) {
		d := readOne(t, Options{}, "p.yml", quasi("quasiparticle", "parents: [vpc_instance:v]\n",
			`{flavor: subnet, pcf_name: s, aws_resource: {custom_config: {subnet_name: s}}}`))
		assert.Equal(t, []string{`p.yml:3:11: unresolved-parent: the parent vpc_instance:v is not declared in this file (known here: subnet:s)`}, texts(d.Faults))
		d = readOne(t, Options{}, "p.yml", quasi("quasiparticle", "",
			`{flavor: vpc_instance, children: [subnet:s], aws_resource: {custom_config: {vpc_name: v}}}`,
			`{flavor: subnet, pcf_name: s, aws_resource: {custom_config: {subnet_name: s}}}`))
		assert.Empty(t, texts(d.Faults))
		assert.Equal(t, "vpc_instance:q", particle(t, d, "subnet:s").Resource.Properties["VpcId"].(*inventory.Unknown).Target)
	})
	t.Run("a record of instances", func(t *testing.T) {
		d := readOne(t, Options{}, "p.yml", quasi("ec2_route53", "",
			`{flavor: ec2_instance, multiplier: 2, aws_resource: {custom_config: {instance_name: i}}}`,
			`{flavor: route53_record, aws_resource: {Name: a.example, Type: A, TTL: 60, HostedZoneId: Z1}}`))
		assert.Empty(t, texts(d.Faults))
		records := particle(t, d, "route53_record:q").Resource.Properties["ResourceRecords"].([]any)
		require.Len(t, records, 2)
		assert.Equal(t, "GetAtt ec2_instance:q-1.PrivateIp", records[1].(*inventory.Unknown).Symbol)
	})
	t.Run("masters and workers", func(t *testing.T) {
		content := quasi("distributed_master_worker", "custom_config: {master: boss}\n",
			`{flavor: ec2_instance, pcf_name: boss, parents: [ec2_instance:hand], aws_resource: {custom_config: {instance_name: b}}}`,
			`{flavor: ec2_instance, pcf_name: hand, aws_resource: {custom_config: {instance_name: h}}}`)
		d := readOne(t, Options{}, "p.yml", content)
		assert.Equal(t, []string{"p.yml:5:5: cycle: the parents of ec2_instance:boss lead back to it: ec2_instance:boss → ec2_instance:hand → ec2_instance:boss (remove one of the links)"}, texts(d.Faults),
			"the master is a parent of the others")
	})
	t.Run("one name for all storages", func(t *testing.T) {
		d := readOne(t, Options{}, "p.yml", quasi("cross_cloud_storage", "storage_name: everywhere\n",
			`{flavor: s3_bucket, aws_resource: {ACL: private}}`, `{flavor: storage, gcp_resource: {name: x}}`))
		assert.Empty(t, texts(d.Faults))
		assert.Equal(t, "everywhere", particle(t, d, "s3_bucket:q").Resource.Properties["BucketName"])
		require.Len(t, d.NotJudged, 1)
		assert.Equal(t, "storage:q", d.NotJudged[0].Name)
		assert.Equal(t, "p.yml:6:5", d.NotJudged[0].Position.String())
	})
	t.Run("state and protection come from the quasiparticle too", func(t *testing.T) {
		d := readOne(t, Options{}, "p.yml", quasi("quasiparticle", "desired_state: terminated\npersist_on_termination: true\n",
			`{flavor: sqs_queue, pcf_name: a, aws_resource: {QueueName: a}}`, `{flavor: sqs_queue, pcf_name: b, desired_state: running, persist_on_termination: false, aws_resource: {QueueName: b}}`))
		assert.Equal(t, inventory.Terminated, particle(t, d, "sqs_queue:a").State)
		assert.Equal(t, inventory.Running, particle(t, d, "sqs_queue:b").State)
		assert.True(t, particle(t, d, "sqs_queue:a").Protect)
	})
	t.Run("variables", func(t *testing.T) {
		d := readOne(t, Options{}, "p.yml", quasi("quasiparticle", "",
			`{flavor: iam_role, aws_resource: {RoleName: r, custom_config: {IsInstanceProfile: true}}}`,
			`{flavor: dynamodb_table, aws_resource: {TableName: t}}`,
			`{flavor: lambda_function, aws_resource: {FunctionName: f, Role: $inherit$iam_role:q$Arn, Description: $inherit$dynamodb_table:q$TableName, Handler: "x-$inherit$iam_role:q$Arn", Environment: {Variables: {ARN: $inherit$dynamodb_table:q$TableArn}}}}`,
			`{flavor: ec2_instance, aws_resource: {IamInstanceProfile: {Arn: $inherit$iam_role:q$Arn}, custom_config: {instance_name: i}}}`))
		assert.Empty(t, texts(d.Faults))
		f := particle(t, d, "lambda_function:q").Resource.Properties
		assert.Equal(t, "GetAtt iam_role:q.Arn", f["Role"].(*inventory.Unknown).Symbol)
		assert.Equal(t, "t", f["Description"], "what a sibling declares is known")
		assert.IsType(t, &inventory.Unknown{}, f["Handler"])
		arn, _ := inventory.At(f, "/Environment/Variables/ARN")
		assert.Equal(t, "GetAtt dynamodb_table:q.Arn", arn.(*inventory.Unknown).Symbol)
		assert.Equal(t, "r", particle(t, d, "ec2_instance:q").Resource.Properties["IamInstanceProfile"], "the profile of the role")
	})
}

func TestPCFDiagnostics(t *testing.T) {
	one := func(particles string) string {
		return "flavor: quasiparticle\npcf_name: q\nparticles:\n" + particles
	}
	for _, c := range []struct {
		why, content   string
		fault, warning string
	}{
		{"the README's flavour", "{flavor: ec2, pcf_name: x, aws_resource: {}}\n", `p.yml:1:10: unknown-flavour: no flavour is called "ec2" (did you mean ec2_instance?`, ""},
		{"a misspelt flavour", "{flavor: s3_buckt, pcf_name: x, aws_resource: {}}\n", "did you mean s3_bucket?", ""},
		{"the command line minds the case", "{flavor: S3_Bucket, pcf_name: x, aws_resource: {}}\n", `unknown-flavour: no flavour is called "S3_Bucket" (did you mean s3_bucket?)`, ""},
		{"no flavour", "{flavour: s3_bucket, pcf_name: x, aws_resource: {}}\n", "p.yml:1:1: malformed: the definition has no flavor (the key is spelled flavor)", ""},
		{"no name", "{flavor: s3_bucket, aws_resource: {Bucket: b}}\n", "malformed: the definition has no usable pcf_name", ""},
		{"no resource", "{flavor: s3_bucket, pcf_name: x}\n", "malformed: a particle of flavour s3_bucket must have aws_resource", ""},
		{"a list element that is no particle", "[{flavor: s3_bucket, pcf_name: x, aws_resource: {Bucket: b}}, 7]\n", "p.yml:1:63: malformed: a definition must be a mapping", ""},
		{"a state that does not exist", "{flavor: s3_bucket, pcf_name: x, desired_state: Running, aws_resource: {Bucket: b}}\n", `malformed: unknown desired_state "Running" (did you mean running?)`, ""},
		{"no particles", "{flavor: quasiparticle, pcf_name: x}\n", "malformed: a quasiparticle must have particles", ""},
		{
			"one id twice, of which the framework keeps the last", one("  - {flavor: sqs_queue, aws_resource: {QueueName: a}}\n  - {flavor: sqs_queue, aws_resource: {QueueName: b}}\n"),
			"p.yml:5:5: duplicate-id: sqs_queue:q is declared twice; first at p.yml:4:5", "",
		},
		{
			"a parent that is not there", one("  - {flavor: sqs_queue, parents: [vpc_instanc:q], aws_resource: {QueueName: a}}\n  - {flavor: vpc_instance, aws_resource: {custom_config: {vpc_name: v}}}\n"),
			"p.yml:4:35: unresolved-parent: the parent vpc_instanc:q is not declared in this file (did you mean vpc_instance:q?)", "",
		},
		{"a child that is not there", one("  - {flavor: sqs_queue, children: ['subnet:q'], aws_resource: {QueueName: a}}\n"), "unresolved-parent: the child subnet:q", ""},
		{
			"a base that comes later", one("  - {flavor: sqs_queue, base_particle_config: b, aws_resource: {QueueName: a}}\n  - {flavor: sqs_queue, pcf_name: b, aws_resource: {QueueName: b}}\n"),
			`unresolved-base: no earlier sqs_queue of this quasiparticle is called "b"`, "",
		},
		{"a base of another flavour", one("  - {flavor: sqs_queue, pcf_name: b, aws_resource: {QueueName: b}}\n  - {flavor: s3_bucket, base_particle_config: b, aws_resource: {Bucket: a}}\n"), "unresolved-base", ""},
		{"a reference to nothing", one("  - {flavor: lambda_function, aws_resource: {FunctionName: a, Role: $inherit$iam_role:x$Arn}}\n"), "p.yml:4:69: unresolved-inherit: the particle iam_role:x is not declared in this file", ""},
		{"a particle that is its own parent", one("  - {flavor: sqs_queue, parents: ['sqs_queue:q'], aws_resource: {QueueName: a}}\n"), "cycle: the parents of sqs_queue:q lead back to it: sqs_queue:q → sqs_queue:q", ""},
		{"a multiplier that is none", one("  - {flavor: sqs_queue, multiplier: many, aws_resource: {QueueName: a}}\n"), "malformed: multiplier must be a whole number from 1", ""},
		{"parents that are no list", one("  - {flavor: sqs_queue, parents: {a: b}, aws_resource: {QueueName: a}}\n"), "malformed: parents must be a list", ""},
		{"custom_config that is no mapping", "{flavor: sqs_queue, pcf_name: q, aws_resource: {QueueName: a, custom_config: 7}}\n", "malformed: custom_config must be a mapping", ""},

		{"no unique key", "{flavor: sqs_queue, pcf_name: q, aws_resource: {}}\n", "", "p.yml:1:48: missing-unique-key: sqs_queue:q has no QueueName"},
		{"copies without a unique key", one("  - {flavor: dynamodb_table, multiplier: 2, aws_resource: {TableName: t}}\n"), "", "missing-unique-key: the framework knows no unique key of dynamodb_table"},
		{"a key that the framework ignores", "{flavor: sqs_queue, pcf_name: q, parent: [], aws_resource: {QueueName: q}}\n", "", `p.yml:1:34: unknown-key: the framework ignores the key "parent" here (did you mean parents?)`},
		{"a key of custom_config", "{flavor: subnet, pcf_name: q, aws_resource: {custom_config: {subnet_name: s, pubic: true}}}\n", "", "unknown-key: the framework ignores the custom_config key \"pubic\" of subnet (did you mean public?)"},
		{"a property that no schema knows is kept", "{flavor: s3_bucket, pcf_name: q, aws_resource: {Bucket: b, GrantRead: x}}\n", "", `unknown property "GrantRead"`},
		{"callbacks", "{flavor: sqs_queue, pcf_name: q, callbacks: {}, aws_resource: {QueueName: q}}\n", "", "callbacks: "},
		{"a protection that is misspelt", "{flavor: sqs_queue, pcf_name: q, persist_on_terminate: true, aws_resource: {QueueName: q}}\n", "", "p.yml:1:34: persist-on-terminate: the framework ignores"},
		{"tags where the framework does not look", "{flavor: ec2_instance, pcf_name: q, aws_resource: {tags: {a: b}, custom_config: {instance_name: i}}}\n", "", "ineffective-tags"},
		{"tags of what has none", "{flavor: launch_configuration, pcf_name: q, aws_resource: {LaunchConfigurationName: l, Tags: {a: b}}}\n", "", "ineffective-tags"},
		{
			"parents in another entry", "- {flavor: vpc_instance, pcf_name: v, aws_resource: {custom_config: {vpc_name: v}}}\n- {flavor: subnet, pcf_name: s, parents: ['vpc_instance:v'], aws_resource: {custom_config: {subnet_name: s}}}\n", "",
			"p.yml:2:43: unlinked-parent: vpc_instance:v stands in another definition of the list",
		},
		{"functions are of another format", "{flavor: sqs_queue, pcf_name: q, aws_resource: {QueueName: {Ref: x}}}\n", "", "functions of CloudFormation are no part"},
	} {
		t.Run(c.why, func(t *testing.T) {
			d := readOne(t, Options{App: "a", Version: "1"}, "p.yml", c.content)
			if c.fault == "" {
				assert.Empty(t, texts(d.Faults))
				assert.Empty(t, d.Apps[0].Incomplete)
			} else {
				require.Len(t, d.Faults, 1, "%v", texts(d.Faults))
				assert.Contains(t, d.Faults[0].Error(), c.fault)
				assert.NotEmpty(t, d.Apps[0].Incomplete, "what lives of this app may be declared in what was not understood")
			}
			if c.warning != "" {
				assert.Contains(t, strings.Join(texts(d.Warnings), "\n"), c.warning)
			}
		})
	}
	d := readOne(t, Options{}, "p.yml", "{flavor: sqs_queue, pcf_name: q, persist_on_terminate: true, aws_resource: {QueueName: q}}\n")
	assert.True(t, particle(t, d, "sqs_queue:q").Protect, "until the spelling is settled")
}

func TestPCFOtherClouds(t *testing.T) {
	d := readOne(t, Options{}, "p.json", `[{"flavor": "vm", "pcf_name": "x", "gcp_resource": {}}, {"flavor": "blob", "pcf_name": "y", "azure_resource": {}}]`)
	assert.Empty(t, texts(d.Faults))
	assert.Empty(t, d.Particles())
	require.Len(t, d.NotJudged, 2)
	assert.Equal(t, inventory.NotJudged{
		Type: "vm", Name: "vm:x", Because: "unsupported-cloud: the flavour vm is no resource of AWS", Position: inventory.Position{File: "p.json", Line: 1, Column: 2},
	}, d.NotJudged[0])
}

// What the original framework got wrong, and what an importer of its files must not repeat.

// D4: a list in a list, and a list of mixed kinds, is compared by what it holds.
func TestPCFFaultD4NestedLists(t *testing.T) {
	content := `{"flavor": "iam_policy", "pcf_name": "x", "aws_resource": {"PolicyName": "p", "PolicyDocument": {"Statement": [[1], {"a": [[1], "b"]}]}}}`
	first := particle(t, readOne(t, Options{}, "x.json", content), "iam_policy:x").Resource.Properties
	assert.Equal(t, []any{[]any{int64(1)}, map[string]any{"a": []any{[]any{int64(1)}, "b"}}}, first["PolicyDocument"].(map[string]any)["Statement"])
	asText := `{"flavor": "iam_policy", "pcf_name": "x", "aws_resource": {"PolicyName": "p", "PolicyDocument": "{\"Statement\": [[1], {\"a\": [[1], \"b\"]}]}"}}`
	assert.Equal(t, first, particle(t, readOne(t, Options{}, "x.json", asText), "iam_policy:x").Resource.Properties, "also from a JSON text")
}

// D5: 60 and "60" are one value, and so are a JSON text and the object in it.
func TestPCFFaultD5Kinds(t *testing.T) {
	for _, timeout := range []string{"60", `"60"`} {
		d := readOne(t, Options{}, "x.json", `{"flavor": "sqs_queue", "pcf_name": "x", "aws_resource": {"QueueName": "x", "Attributes": {"VisibilityTimeout": `+timeout+`}}}`)
		assert.Equal(t, int64(60), particle(t, d, "sqs_queue:x").Resource.Properties["VisibilityTimeout"])
	}
}

// D6: null is absent; an empty list and false are declared.
func TestPCFFaultD6Absent(t *testing.T) {
	d := readOne(t, Options{}, "x.json", `{"flavor": "rds_instance", "pcf_name": "x", "aws_resource": {"DBInstanceIdentifier": "x", "DBName": null, "MultiAZ": false, "VpcSecurityGroupIds": []}}`)
	assert.Empty(t, texts(d.Warnings))
	assert.Equal(t, map[string]any{"DBInstanceIdentifier": "x", "MultiAZ": false, "VPCSecurityGroups": []any{}}, particle(t, d, "rds_instance:x").Resource.Properties)
}

// D8: reading a definition changes nothing: a second copy, and what builds on a base, see
// what is written.
func TestPCFFaultD8Mutation(t *testing.T) {
	d := readOne(t, Options{}, "x.json", `{"flavor": "quasiparticle", "pcf_name": "x", "particles": [
		{"flavor": "kms_key", "multiplier": 2, "aws_resource": {"Policy": "{}", "custom_config": {"key_name": "k"}}},
		{"flavor": "kms_key", "pcf_name": "y", "base_particle_config": "x-0", "aws_resource": {"custom_config": {"key_name": "y"}}}]}`)
	assert.Empty(t, texts(d.Faults))
	for _, name := range []string{"x-0", "x-1", "y"} {
		assert.Equal(t, map[string]any{"KeyPolicy": map[string]any{}}, particle(t, d, "kms_key:"+name).Resource.Properties)
	}
	assert.Equal(t, "alias/k-1", particle(t, d, "kms_key:x-1/Alias").Resource.Properties["AliasName"])
	assert.Equal(t, "alias/y", particle(t, d, "kms_key:y/Alias").Resource.Properties["AliasName"])
}

// D11: a secret in the file is forgotten at once, and its place is told.
func TestPCFFaultD11Secrets(t *testing.T) {
	const secret = "correct-horse"
	for _, c := range []struct{ why, flavour, resource, pointer, place string }{
		{"a password", "rds_instance", `{"DBInstanceIdentifier": "x", "MasterUserPassword": "` + secret + `"}`, "/MasterUserPassword", "MasterUserPassword"},
		{"an environment variable", "lambda_function", `{"FunctionName": "x", "Environment": {"Variables": {"DB_PASSWORD": "` + secret + `"}}}`, "/Environment/Variables/DB_PASSWORD", "DB_PASSWORD"},
		{"an environment variable of a container", "ecs_task_definition", `{"family": "x", "containerDefinitions": [{"name": "a", "environment": [{"name": "API_TOKEN", "value": "` + secret + `"}]}]}`, "/ContainerDefinitions/0/Environment/0/Value", "API_TOKEN"},
		{"a parameter of a template", "ec2_instance", `{"custom_config": {"instance_name": "x", "userdata_template_file": "f", "userdata_params": {"db_password": "` + secret + `"}}}`, "", "db_password"},
		{"a key that nothing reads", "sqs_queue", `{"QueueName": "x", "custom_config": {"auth": {"secret": "` + secret + `"}}}`, "", "secret"},
		{"a number", "rds_instance", `{"DBInstanceIdentifier": "x", "MasterUserPassword": 12345678}`, "/MasterUserPassword", "MasterUserPassword"},
	} {
		t.Run(c.why, func(t *testing.T) {
			d := readOne(t, Options{}, "x.json", `{"flavor": "`+c.flavour+`", "pcf_name": "x", "aws_resource": `+c.resource+`}`)
			assert.Empty(t, texts(d.Faults))
			res := particle(t, d, c.flavour+":x").Resource
			require.Len(t, res.Exposed, 1, "a rule says it")
			assert.True(t, strings.HasSuffix(res.Exposed[0], "/"+c.place), res.Exposed)
			assert.Greater(t, res.PositionOf(res.Exposed[0]).Column, 60, "where it stands, and not its resource")
			if c.pointer != "" {
				v, _ := inventory.At(res.Properties, c.pointer)
				assert.True(t, v.(*inventory.Unknown).Sensitive)
			}
			assert.NotContains(t, fmt.Sprintf("%+v %s", d, asJSON(t, d)), secret)
			assert.NotContains(t, asJSON(t, d), "12345678")
		})
	}
}

// TestPCFHostile: small files that ask for much.
func TestPCFHostile(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	var deep strings.Builder
	deep.WriteString("a0: &a0 {flavor: sqs_queue, aws_resource: {QueueName: x}}\n")
	for i := range 40 {
		fmt.Fprintf(&deep, "a%d: &a%d {flavor: quasiparticle, particles: [*a%d, *a%d]}\n", i+1, i+1, i, i)
	}
	for why, content := range map[string]string{
		"a multiplier":           `{"flavor": "quasiparticle", "pcf_name": "q", "particles": [{"flavor": "sqs_queue", "multiplier": 1000000000, "aws_resource": {"QueueName": "x"}}]}`,
		"a multiplier of much":   `{"flavor": "quasiparticle", "pcf_name": "q", "particles": [{"flavor": "ec2_instance", "multiplier": 9999, "aws_resource": {"UserData": "` + long + `", "custom_config": {"instance_name": "i"}}}]}`,
		"a number too large":     `{"flavor": "quasiparticle", "pcf_name": "q", "particles": [{"flavor": "sqs_queue", "multiplier": 1e99, "aws_resource": {}}]}`,
		"a name too long":        `{"flavor": "s3_bucket", "pcf_name": "` + long + `", "aws_resource": {}}`,
		"quasiparticles of many": deep.String() + "flavor: quasiparticle\npcf_name: q\nparticles: [*a40]\n",
		"lists of lists":         "- {flavor: s3_bucket, pcf_name: x}\n- [[[[[[]]]]]]\n",
	} {
		t.Run(why, func(t *testing.T) {
			d := readOne(t, Options{}, "p.yml", content)
			assert.LessOrEqual(t, len(d.Particles()), maxMembers)
			if why != "a multiplier of much" {
				assert.NotEmpty(t, d.Faults)
			}
		})
	}
}

// FuzzPCFDefinition holds the importer to the promise of every reader: no panic, no hang,
// positions inside the file, no secret kept, the same answer twice.
func FuzzPCFDefinition(f *testing.F) {
	for _, name := range []string{"bucket.pcf.json", "list.pcf.yml", "stack.pcf.json", "shared.pcf.yml"} {
		data, err := os.ReadFile(filepath.Join("testdata", "pcf", name))
		require.NoError(f, err)
		f.Add(data)
	}
	for _, seed := range []string{
		"{flavor: x, pcf_name: y}", "[{flavor: s3_bucket, pcf_name: x}]", "flavor: quasiparticle\npcf_name: q\nparticles: [{}, 1, [], {flavor: 1}]\n",
		"flavor: alb\npcf_name: q\naws_resource: {Name: [], Tags: 7, tags: [[]], custom_config: {Listeners: [1, {Port: {}}], Tags: [{}, {Key: }]}}\n",
		"flavor: emr_cluster\npcf_name: q\naws_resource: {Instances: {InstanceGroups: [1, {InstanceRole: []}], InstanceCount: -1, SlaveInstanceType: {}}}\n",
		"flavor: security_group\npcf_name: q\naws_resource: {custom_config: {IpPermissions: [1, {IpRanges: [1, {}]}], IpPermissionsEgress: x}}\n",
		"flavor: quasiparticle\npcf_name: q\nparticles: [{flavor: sqs_queue, base_particle_config: q, multiplier: 0, parents: [q], children: ['sqs_queue:q']}]\n",
		"flavor: lambda_function\npcf_name: q\naws_resource: {Role: $inherit$lambda_function:q$Role, Code: $inherit$, Handler: $lookup$, FunctionName: '$inherit$lambda_function:q$'}\n",
		"flavor: cloudfront\npcf_name: q\naws_resource: {DistributionConfig: {DistributionConfigWithTags: {Tags: {Items: x}}}, Aliases: {Quantity: 1}}\n",
		"flavor: ec2_instance\npcf_name: q\naws_resource: {IamInstanceProfile: $inherit$iam_role:x, UserData: [], Placement: 1, Monitoring: {Enabled: }}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, fault := parse("f.yaml", data)
		if fault != nil {
			return
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 2
		var answers [2]string
		for i := range answers {
			r := &reading{decl: &inventory.Declaration{}, owners: map[identity]inventory.Position{}, claimed: map[string]bool{}, parameters: map[string]bool{}}
			app := &inventory.App{Name: "a"}
			for _, d := range docs {
				readDefinition(r, d, &home{app: app})
			}
			for _, fault := range append(r.decl.Faults, r.decl.Warnings...) {
				require.LessOrEqual(t, fault.Position.Line, lines)
			}
			for _, p := range app.Particles {
				require.LessOrEqual(t, p.Resource.Position.Line, lines)
				for pointer, at := range p.Resource.Positions {
					require.LessOrEqual(t, at.Line, lines, pointer)
				}
			}
			answer, err := json.Marshal([]any{app, r.finish()})
			require.NoError(t, err)
			answers[i] = string(answer)
		}
		require.Equal(t, answers[0], answers[1])
	})
}

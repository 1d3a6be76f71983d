package declared

import (
	"maps"
	"slices"
)

// A flavour is what the framework calls a kind of particle, and how it becomes a resource.
// The table below holds the facts, taken from the framework's class files
// (https://github.com/capitalone/Particle-Cloud-Framework, pcf/particle/aws).
type flavour struct {
	typ string // the CloudFormation type
	// unique are the dotted paths below aws_resource by which the framework finds the live
	// resource: a multiplier numbers their values. Some flavours have none.
	unique []string
	// name is the identity of those that have no unique key.
	name string
	// keys are the names of the framework, as paths of keys, whose property has another
	// name; with an empty one there is no such property, or build writes it. What is not
	// listed has the same name with a capital.
	keys map[string]string
	// custom are the keys of custom_config that the framework reads, besides the tags.
	custom []string
	// build writes what names alone do not say; nil for most.
	build func(*translation)
}

// identity is the path of what the resource is found by; "" when there is nothing.
func (f *flavour) identity() string {
	if len(f.unique) > 0 {
		return f.unique[0]
	}
	return f.name
}

// flavourNames returns the names of all that can be read, sorted.
func flavourNames() []string {
	return slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Keys(flavours)), quasiFlavours)))
}

// quasiFlavours are those that hold other particles.
var quasiFlavours = []string{"cross_cloud_storage", "distributed_master_worker", "ec2_route53", "ecs_instance_quasi", "quasiparticle"}

// otherClouds are the flavours of Google Cloud and Azure.
var otherClouds = []string{"blob", "compute", "storage", "storage_bucket", "vm_instance"}

var flavours map[string]*flavour

func init() { // builders look up other flavours
	lambda := func(custom ...string) *flavour {
		return &flavour{
			typ: "AWS::Lambda::Function", unique: []string{"FunctionName"}, custom: custom,
			keys: map[string]string{"Code": "", "Publish": ""}, build: buildLambda,
		}
	}
	flavours = map[string]*flavour{
		"alb": {
			typ: "AWS::ElasticLoadBalancingV2::LoadBalancer", name: "Name", custom: []string{"Listeners"}, build: buildLoadBalancer,
		},
		"auto_scaling_group": {
			typ: "AWS::AutoScaling::AutoScalingGroup", unique: []string{"AutoScalingGroupName"},
			keys: map[string]string{"DefaultCooldown": "Cooldown", "VPCZoneIdentifier": ""}, build: buildAutoScalingGroup,
		},
		"batch_compute_environment": {typ: "AWS::Batch::ComputeEnvironment", unique: []string{"computeEnvironmentName"}},
		"batch_job_queue":           {typ: "AWS::Batch::JobQueue", unique: []string{"jobQueueName"}},
		"cloudformation": {
			typ: "AWS::CloudFormation::Stack", unique: []string{"StackName"}, custom: []string{"template_parameters"},
			keys: map[string]string{
				"Capabilities": "", "ClientRequestToken": "", "DisableRollback": "", "EnableTerminationProtection": "", "OnFailure": "",
				"Parameters": "", "RoleARN": "", "StackName": "", "TemplateBody": "",
			},
			build: buildStack,
		},
		"cloudfront": {
			typ: "AWS::CloudFront::Distribution", unique: []string{"Comment"},
			keys:  map[string]string{"CallerReference": "", "IsIPV6Enabled": "IPV6Enabled"},
			build: buildDistribution,
		},
		"cloudwatch_events": {typ: "AWS::Events::Rule", unique: []string{"Name"}},
		"cloudwatch_logs":   {typ: "AWS::Logs::LogGroup", unique: []string{"logGroupName"}},
		"dynamodb_table": {
			typ: "AWS::DynamoDB::Table", name: "TableName",
			keys: map[string]string{"SSESpecification/Enabled": "SSEEnabled", "StreamSpecification/StreamEnabled": ""},
		},
		"ebs_volume": {
			typ: "AWS::EC2::Volume", unique: []string{"custom_config.volume_name"}, custom: []string{"volume_name", "attach"},
			keys: map[string]string{"DryRun": "", "Device": ""}, build: buildVolume,
		},
		"ec2_instance": {
			typ: "AWS::EC2::Instance", unique: []string{"custom_config.instance_name"},
			custom: []string{"instance_name", "userdata_template_file", "userdata_params", "userdata_bash", "userdata_wait"},
			keys: map[string]string{
				"ClientToken": "", "DryRun": "", "IamInstanceProfile": "", "MaxCount": "", "MinCount": "", "Monitoring": "",
				"NetworkInterfaces/Groups": "GroupSet", "Placement": "", "UserData": "",
			},
			build: buildInstance,
		},
		"ecr_repository": {typ: "AWS::ECR::Repository", unique: []string{"repositoryName"}},
		"ecs_cluster": {
			typ: "AWS::ECS::Cluster", unique: []string{"clusterName"}, keys: map[string]string{"settings": "ClusterSettings"},
		},
		"ecs_instance": {typ: "PCF::ECS::ContainerInstance"},
		"ecs_service": {
			typ: "AWS::ECS::Service", unique: []string{"serviceName"},
			keys:  map[string]string{"clientToken": "", "placementStrategy": "PlacementStrategies"},
			build: buildService,
		},
		"ecs_task":            {typ: "PCF::ECS::Task", unique: []string{"taskName"}},
		"ecs_task_definition": {typ: "AWS::ECS::TaskDefinition", name: "family"},
		"efs_instance": {
			typ: "AWS::EFS::FileSystem", unique: []string{"custom_config.instance_name"}, custom: []string{"instance_name"},
			keys: map[string]string{"CreationToken": ""}, build: func(t *translation) { t.nameTag("Name", "instance_name") },
		},
		"elb":         {typ: "AWS::ElasticLoadBalancing::LoadBalancer", name: "LoadBalancerName"},
		"emr_cluster": {typ: "AWS::EMR::Cluster", unique: []string{"Name"}, keys: map[string]string{"Instances": "", "Configurations/Properties": "ConfigurationProperties"}, build: buildCluster},
		"glacier_vault": {
			typ: "PCF::Glacier::Vault", name: "vaultName", keys: map[string]string{"accountId": ""},
		},
		"iam_policy": {typ: "AWS::IAM::ManagedPolicy", unique: []string{"PolicyName"}, keys: map[string]string{"PolicyName": "ManagedPolicyName"}},
		"iam_role": {
			typ: "AWS::IAM::Role", unique: []string{"RoleName"}, custom: []string{"policy_arns", "IsInstanceProfile"}, build: buildRole,
		},
		"kms_key": {
			typ: "AWS::KMS::Key", unique: []string{"custom_config.key_name"}, custom: []string{"key_name"},
			keys: map[string]string{"CustomerMasterKeySpec": "KeySpec", "Policy": "KeyPolicy"}, build: buildKey,
		},
		"lambda_function":        lambda(),
		"lambda_python_function": lambda("zip_directory", "lambda_requirements", "python_files"),
		"launch_configuration": {
			typ: "AWS::AutoScaling::LaunchConfiguration", unique: []string{"LaunchConfigurationName"},
			keys: map[string]string{"InstanceMonitoring": "", "UserData": ""},
			build: func(t *translation) {
				t.set("InstanceMonitoring", t.aws.get("InstanceMonitoring").get("Enabled"))
				t.set("UserData", t.base64(t.aws.get("UserData")))
			},
		},
		"rds_instance": {
			typ: "AWS::RDS::DBInstance", unique: []string{"DBInstanceIdentifier"},
			keys: map[string]string{
				"ApplyImmediately": "", "FinalDBSnapshotIdentifier": "", "SkipFinalSnapshot": "", "VpcSecurityGroupIds": "VPCSecurityGroups",
			},
		},
		"route53_hosted_zone": {
			typ: "AWS::Route53::HostedZone", unique: []string{"Name"},
			keys: map[string]string{"CallerReference": "", "HostedZoneConfig/PrivateZone": "", "VPC": ""}, build: buildHostedZone,
		},
		"route53_record": {
			typ: "AWS::Route53::RecordSet", unique: []string{"Name"}, keys: map[string]string{"ResourceRecords": ""}, build: buildRecord,
		},
		"s3_bucket": {
			typ: "AWS::S3::Bucket", unique: []string{"Bucket"},
			keys: map[string]string{
				"ACL": "", "Bucket": "BucketName", "CreateBucketConfiguration": "", "ObjectLockEnabledForBucket": "ObjectLockEnabled",
				"ObjectOwnership": "",
			},
			build: buildBucket,
		},
		"sagemaker_notebook_instance": {typ: "AWS::SageMaker::NotebookInstance", unique: []string{"NotebookInstanceName"}},
		"security_group": {
			typ: "AWS::EC2::SecurityGroup", unique: []string{"GroupName"}, custom: []string{"IpPermissions", "IpPermissionsEgress"},
			keys:  map[string]string{"Description": "GroupDescription", "DryRun": "", "IpPermissions": "", "IpPermissionsEgress": ""},
			build: buildSecurityGroup,
		},
		"sqs_queue": {
			typ: "AWS::SQS::Queue", unique: []string{"QueueName"}, keys: map[string]string{"Attributes": "", "Policy": ""}, build: buildQueue,
		},
		"subnet": {
			typ: "AWS::EC2::Subnet", unique: []string{"custom_config.subnet_name"}, custom: []string{"subnet_name", "public"},
			keys: map[string]string{"DryRun": ""}, build: buildSubnet,
		},
		"vpc_instance": {
			typ: "AWS::EC2::VPC", unique: []string{"custom_config.vpc_name"}, custom: []string{"vpc_name"},
			keys: map[string]string{"DryRun": ""}, build: func(t *translation) { t.nameTag("PCFName", "vpc_name") },
		},
	}
}

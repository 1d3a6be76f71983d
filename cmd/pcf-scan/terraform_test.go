package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/declared"
	"github.com/pcf-scan/pcf-scan/rules"
)

// TestTerraformJudgedAsTemplate: a defect in a Terraform plan gets the verdict and the
// message that it gets in a template, and so does its absence.
func TestTerraformJudgedAsTemplate(t *testing.T) {
	set, err := rules.Load()
	require.NoError(t, err)
	for _, c := range []struct {
		rule, typ, properties string
		tf, after, unknown    string
		more                  string // another resource change, after a comma
		want                  rules.Status
	}{
		{
			"restricted-ssh", "AWS::EC2::SecurityGroup", `{"GroupDescription": "d", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}]}`,
			"aws_security_group", `{"description": "d", "id": "sg-1"}`, `{}`,
			`,{"address": "aws_security_group_rule.r", "type": "aws_security_group_rule", "name": "r", "change": {"actions": ["create"], "after": {"security_group_id": "sg-1", "type": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}}}`,
			rules.Fail,
		},
		{
			"restricted-ssh", "AWS::EC2::SecurityGroup", `{"GroupDescription": "d", "SecurityGroupIngress": [{"IpProtocol": "-1", "CidrIpv6": "::/0"}]}`,
			"aws_security_group", `{"description": "d", "ingress": [{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": [], "ipv6_cidr_blocks": ["::/0"]}]}`, `{}`, "", rules.Fail,
		},
		{
			"restricted-ssh", "AWS::EC2::SecurityGroup", `{"GroupDescription": "d", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}]}`,
			"aws_security_group", `{"description": "d", "ingress": [{"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["10.0.0.0/8"]}]}`, `{}`, "", rules.Pass,
		},
		{"s3-bucket-server-side-encryption-enabled", "AWS::S3::Bucket", `{"BucketName": "b"}`, "aws_s3_bucket", `{"bucket": "b"}`, `{"server_side_encryption_configuration": true, "arn": true}`, "", rules.Fail},
		{
			"s3-bucket-server-side-encryption-enabled", "AWS::S3::Bucket", `{"BucketName": "b", "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}`,
			"aws_s3_bucket", `{"bucket": "b", "server_side_encryption_configuration": [{"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]}]}`, `{}`, "", rules.Pass,
		},
		{
			"s3-bucket-versioning-enabled", "AWS::S3::Bucket", `{"BucketName": "b", "VersioningConfiguration": {"Status": "Suspended"}}`,
			"aws_s3_bucket", `{"bucket": "b"}`, `{}`,
			`,{"address": "aws_s3_bucket_versioning.r", "type": "aws_s3_bucket_versioning", "name": "r", "change": {"actions": ["create"], "after": {"bucket": "b", "versioning_configuration": [{"status": "Suspended"}]}}}`,
			rules.Fail,
		},
		{
			"s3-bucket-level-public-access-prohibited", "AWS::S3::Bucket", `{"BucketName": "b", "PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": false, "RestrictPublicBuckets": true}}`,
			"aws_s3_bucket", `{"bucket": "b"}`, `{}`,
			`,{"address": "aws_s3_bucket_public_access_block.r", "type": "aws_s3_bucket_public_access_block", "name": "r", "change": {"actions": ["create"], "after": {"bucket": "b", "block_public_acls": true, "block_public_policy": true, "ignore_public_acls": false, "restrict_public_buckets": true}}}`,
			rules.Fail,
		},
		{
			"s3-bucket-public-read-prohibited", "AWS::S3::Bucket", `{"BucketName": "b", "AccessControl": "PublicRead"}`,
			"aws_s3_bucket", `{"bucket": "b"}`, `{}`,
			`,{"address": "aws_s3_bucket_acl.r", "type": "aws_s3_bucket_acl", "name": "r", "change": {"actions": ["create"], "after": {"bucket": "b", "acl": "public-read"}}}`,
			rules.Fail,
		},
		{"rds-storage-encrypted", "AWS::RDS::DBInstance", `{"DBInstanceClass": "db.t3.micro", "Engine": "mysql", "StorageEncrypted": false}`, "aws_db_instance", `{"instance_class": "db.t3.micro", "engine": "mysql", "storage_encrypted": false}`, `{"kms_key_id": true}`, "", rules.Fail},
		{"rds-instance-public-access-check", "AWS::RDS::DBInstance", `{"DBInstanceClass": "db.t3.micro", "Engine": "mysql", "PubliclyAccessible": true}`, "aws_db_instance", `{"instance_class": "db.t3.micro", "engine": "mysql", "publicly_accessible": true}`, `{}`, "", rules.Fail},
		{"rds-multi-az-support", "AWS::RDS::DBInstance", `{"DBInstanceClass": "db.t3.micro", "Engine": "mysql"}`, "aws_db_instance", `{"instance_class": "db.t3.micro", "engine": "mysql"}`, `{"multi_az": true}`, "", rules.Fail},
		{"ec2-imdsv2-check", "AWS::EC2::Instance", `{"ImageId": "ami-1", "MetadataOptions": {"HttpTokens": "optional"}}`, "aws_instance", `{"ami": "ami-1", "metadata_options": [{"http_tokens": "optional"}]}`, `{}`, "", rules.Fail},
		{"ec2-instance-no-public-ip", "AWS::EC2::Instance", `{"ImageId": "ami-1", "NetworkInterfaces": [{"DeviceIndex": "0", "AssociatePublicIpAddress": true}]}`, "aws_instance", `{"ami": "ami-1", "associate_public_ip_address": true}`, `{}`, "", rules.Fail},
		{"encrypted-volumes", "AWS::EC2::Volume", `{"AvailabilityZone": "eu-west-1a", "Encrypted": false}`, "aws_ebs_volume", `{"availability_zone": "eu-west-1a", "encrypted": false}`, `{}`, "", rules.Fail},
		{"subnet-auto-assign-public-ip-disabled", "AWS::EC2::Subnet", `{"VpcId": "vpc-1", "MapPublicIpOnLaunch": true}`, "aws_subnet", `{"vpc_id": "vpc-1", "map_public_ip_on_launch": true}`, `{}`, "", rules.Fail},
		{"cmk-backing-key-rotation-enabled", "AWS::KMS::Key", `{"EnableKeyRotation": false}`, "aws_kms_key", `{"enable_key_rotation": false, "customer_master_key_spec": "SYMMETRIC_DEFAULT"}`, `{}`, "", rules.Fail},
		{"sqs-queue-encrypted", "AWS::SQS::Queue", `{"SqsManagedSseEnabled": false}`, "aws_sqs_queue", `{"sqs_managed_sse_enabled": false}`, `{}`, "", rules.Fail},
		{"sns-encrypted-kms", "AWS::SNS::Topic", `{"TopicName": "t"}`, "aws_sns_topic", `{"name": "t", "kms_master_key_id": null}`, `{"arn": true}`, "", rules.Fail},
		{"dynamodb-pitr-enabled", "AWS::DynamoDB::Table", `{"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": false}}`, "aws_dynamodb_table", `{"point_in_time_recovery": [{"enabled": false}]}`, `{}`, "", rules.Fail},
		{"iam-policy-no-statements-with-admin-access", "AWS::IAM::ManagedPolicy", `{"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}`, "aws_iam_policy", `{"policy": "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}]}"}`, `{}`, "", rules.Fail},
		{
			"iam-no-inline-policy-check", "AWS::IAM::Role", `{"RoleName": "r", "AssumeRolePolicyDocument": {}, "Policies": [{"PolicyName": "p", "PolicyDocument": {}}]}`,
			"aws_iam_role", `{"name": "r", "assume_role_policy": "{}"}`, `{}`,
			`,{"address": "aws_iam_role_policy.r", "type": "aws_iam_role_policy", "name": "r", "change": {"actions": ["create"], "after": {"role": "r", "name": "p", "policy": "{}"}}}`,
			rules.Fail,
		},
		{"alb-http-drop-invalid-header-enabled", "AWS::ElasticLoadBalancingV2::LoadBalancer", `{"Type": "application", "LoadBalancerAttributes": [{"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "false"}]}`, "aws_lb", `{"load_balancer_type": "application", "drop_invalid_header_fields": false}`, `{}`, "", rules.Fail},
		{"ecs-containers-nonprivileged", "AWS::ECS::TaskDefinition", `{"ContainerDefinitions": [{"Name": "w", "Image": "i", "Privileged": true}]}`, "aws_ecs_task_definition", `{"container_definitions": "[{\"name\": \"w\", \"image\": \"i\", \"privileged\": true}]"}`, `{}`, "", rules.Fail},
		{"ecr-private-image-scanning-enabled", "AWS::ECR::Repository", `{"ImageScanningConfiguration": {"ScanOnPush": false}}`, "aws_ecr_repository", `{"image_scanning_configuration": [{"scan_on_push": false}]}`, `{}`, "", rules.Fail},
		{"opensearch-https-required", "AWS::OpenSearchService::Domain", `{"DomainEndpointOptions": {"EnforceHTTPS": false}}`, "aws_opensearch_domain", `{"domain_endpoint_options": [{"enforce_https": false}]}`, `{}`, "", rules.Fail},
		{"cloudfront-viewer-policy-https", "AWS::CloudFront::Distribution", `{"DistributionConfig": {"Enabled": true, "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all"}}}`, "aws_cloudfront_distribution", `{"enabled": true, "default_cache_behavior": [{"target_origin_id": "o", "viewer_protocol_policy": "allow-all"}]}`, `{}`, "", rules.Fail},
		{"kinesis-stream-encrypted", "AWS::Kinesis::Stream", `{"ShardCount": 1}`, "aws_kinesis_stream", `{"shard_count": 1, "encryption_type": "NONE"}`, `{}`, "", rules.Fail},
		{"cloudwatch-log-group-encrypted", "AWS::Logs::LogGroup", `{"LogGroupName": "l"}`, "aws_cloudwatch_log_group", `{"name": "l", "kms_key_id": ""}`, `{}`, "", rules.Fail},
	} {
		t.Run(c.rule, func(t *testing.T) {
			configuration := fmt.Sprintf(`{"root_module": {"resources": [{"address": "%[1]s.r", "mode": "managed", "type": %[1]q, "name": "r", "expressions": {"x": {"constant_value": 1}}}]}}`, c.tf)
			plan := fmt.Sprintf(`{"format_version": "1.2", "resource_changes": [{"address": "%[1]s.r", "mode": "managed", "type": %[1]q, "name": "r", "change": {"actions": ["create"], "after": %[2]s, "after_unknown": %[3]s}}%[4]s], "configuration": %[5]s}`,
				c.tf, c.after, c.unknown, c.more, configuration)
			template := fmt.Sprintf(`{"Resources": {"R": {"Type": %q, "Properties": %s}}}`, c.typ, c.properties)
			asTemplate, asPlan := verdict(t, set, c.rule, c.typ, template), verdict(t, set, c.rule, c.typ, plan)
			assert.Equal(t, c.want, asTemplate.Status, "the template: %s", asTemplate.Message)
			assert.Equal(t, c.want, asPlan.Status, "the plan: %s", asPlan.Message)
			assert.Equal(t, asTemplate.Message, asPlan.Message)
			assert.Equal(t, asTemplate.Path, asPlan.Path)
		})
	}
}

// verdict is what one rule says of the resource of a type in a file.
func verdict(t *testing.T, set *rules.Set, rule, typ, content string) rules.Finding {
	t.Helper()
	path := filepath.Join(t.TempDir(), "input.json")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	d, err := declared.Read(t.Context(), []string{path}, declared.Options{})
	require.NoError(t, err)
	require.Empty(t, d.Faults)
	require.Empty(t, d.Warnings)
	var all []*inventory.Resource
	for _, p := range d.Particles() {
		all = append(all, p.Resource)
	}
	world := rules.NewWorld(all, nil, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	for _, r := range all {
		if r.Ref.Type != typ {
			continue
		}
		for _, f := range set.Judge(world, r) {
			if f.Rule.ID == rule {
				return f
			}
		}
	}
	t.Fatalf("rule %s said nothing about a %s in %s", rule, typ, content)
	return rules.Finding{}
}

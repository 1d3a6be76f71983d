package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// killedApp has a resource of each kind of creation: with a token of the service, by name, by
// tags alone, in one call and in several, of a part without tags; and one that is there and differs.
const killedApp = `app: jobs
version: 1.0.0
environment: dev
manage: [observe, tag, create, update]
particles:
  net: {type: AWS::EC2::VPC, properties: {CidrBlock: 10.78.0.0/16, EnableDnsHostnames: true, EnableDnsSupport: true}}
  subnet: {type: AWS::EC2::Subnet, properties: {VpcId: !Ref net, CidrBlock: 10.78.1.0/24, MapPublicIpOnLaunch: true}}
  gateway: {type: AWS::EC2::InternetGateway}
  attachment: {type: AWS::EC2::VPCGatewayAttachment, properties: {VpcId: !Ref net, InternetGatewayId: !Ref gateway}}
  routes: {type: AWS::EC2::RouteTable, properties: {VpcId: !Ref net}}
  route: {type: AWS::EC2::Route, properties: {RouteTableId: !Ref routes, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref gateway}}
  door:
    type: AWS::EC2::SecurityGroup
    properties:
      GroupName: jobs-door
      GroupDescription: the door
      VpcId: !Ref net
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8}]
  role:
    type: AWS::IAM::Role
    properties:
      RoleName: jobs-role
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}]}
  profile: {type: AWS::IAM::InstanceProfile, properties: {InstanceProfileName: jobs-profile, Roles: [!Ref role]}}
  machine:
    type: AWS::EC2::Instance
    properties: {ImageId: ami-12c6146b, InstanceType: t3.micro, SubnetId: !Ref subnet, SecurityGroupIds: [!GetAtt door.GroupId], IamInstanceProfile: !Ref profile}
  address: {type: AWS::EC2::EIP, properties: {Domain: vpc}}
  files: {type: AWS::S3::Bucket, properties: {BucketName: acme-jobs-files, VersioningConfiguration: {Status: Enabled}}}
  table:
    type: AWS::DynamoDB::Table
    properties: {TableName: jobs, BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{AttributeName: pk, AttributeType: S}], KeySchema: [{AttributeName: pk, KeyType: HASH}]}
  news: {type: AWS::SNS::Topic, properties: {TopicName: jobs-news}}
  old: {type: AWS::SQS::Queue, properties: {QueueName: jobs-old, DelaySeconds: 5}}
  new: {type: AWS::SQS::Queue, properties: {QueueName: jobs-new}}
`

// TestRepairKilledOnEmulator kills `repair --apply` at a write, before it reached the service
// and after it did, and runs it again: it ends, nothing is there twice or without its tags
// (by a third-party client's count), everything is as declared, and the journal is whole.
func TestRepairKilledOnEmulator(t *testing.T) {
	t.Parallel()
	e := emulator.Start(t)
	fmt.Printf("emulator: 1 test ran in cmd/pcf-scan: %s\n", t.Name())
	dir := t.TempDir()
	app := filepath.Join(dir, "pcf.yaml")
	require.NoError(t, os.WriteFile(app, []byte(killedApp), 0o600))
	// with completes a command about the app whose state is in a folder of dir.
	with := func(state string, words ...string) []string {
		words = append(words, "--declared", app, "--region", emulator.Region, "--state", filepath.Join(dir, state))
		for _, typ := range []string{
			"AWS::CloudFormation::Stack", "AWS::DynamoDB::Table", "AWS::EC2::EIP", "AWS::EC2::Instance", "AWS::EC2::InternetGateway", "AWS::EC2::Route",
			"AWS::EC2::RouteTable", "AWS::EC2::SecurityGroup", "AWS::EC2::Subnet", "AWS::EC2::VPC", "AWS::EC2::VPCGatewayAttachment", "AWS::IAM::InstanceProfile",
			"AWS::IAM::Role", "AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue",
		} {
			words = append(words, "--type", typ)
		}
		return words
	}
	seed := func() {
		e.Reset(t)
		e.Seed(t, filepath.Join(root, "testdata/accounts/jobs.py"))
	}
	count := func() (counts map[string]int) {
		require.NoError(t, json.Unmarshal([]byte(e.Seed(t, filepath.Join(root, "testdata/accounts/counted.py"))), &counts))
		return counts
	}

	seed()
	stdout, stderr, code := program(t, e, with("whole", "repair", "--apply")...)
	require.Zero(t, code, stdout+stderr)
	writes := len(e.Writes())
	want := count()
	require.Equal(t, 1, want["Instances machine"])
	require.Equal(t, 1, want["Queues old"])
	require.Greater(t, writes, 15)

	points := killPoints(writes, 8)
	tried, left := 0, 0 // points, and those of them after which there was something to do
	for i, at := range points {
		t.Run(at.String(), func(t *testing.T) {
			tried++
			state := fmt.Sprintf("killed-%d", i)
			seed()
			killedAt(t, e, at, with(state, "repair", "--apply")...)
			e.Forget()
			stdout, stderr, code := program(t, e, with(state, "repair", "--apply")...)
			require.Zero(t, code, "the next run\n%s%s", stdout, stderr)
			if len(e.Writes()) > 0 {
				left++
			}
			assert.Equal(t, want, count())
			stdout, stderr, code = program(t, e, with(state, "drift")...)
			assert.Zero(t, code, "it is as declared\n%s%s", stdout, stderr)
			stdout, stderr, code = program(t, e, "audit", "verify", filepath.Join(dir, state))
			assert.Zero(t, code, stdout+stderr)
		})
	}
	t.Logf("a repair of %d writes was killed at %d points, at %d of them with writes left", writes, tried, left)
	assert.GreaterOrEqual(t, left, tried-1)
}

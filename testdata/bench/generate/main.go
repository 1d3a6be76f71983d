// Command generate makes the inputs of the benchmarks, the same ones every time: a snapshot
// of many resources in JSON Lines, and rule files that are variants of the built-in pack.
//
//	go run ./testdata/bench/generate -resources 200000 -snapshot resources.jsonl
//	go run ./testdata/bench/generate -rules 200 -dir variants
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/pcf-scan/pcf-scan/rules"
)

const (
	seed    = 20261101
	account = "111122223333"
	region  = "eu-west-1"
	// lineSize is how long the line of a resource is, about, in bytes: tags fill it up.
	lineSize = 1400
)

func main() {
	resources := flag.Int("resources", 0, "how many resources the snapshot has")
	snapshot := flag.String("snapshot", "resources.jsonl", "the `FILE` of the snapshot")
	count := flag.Int("rules", 0, "how many rules the built-in pack and the variants are together")
	dir := flag.String("dir", "variants", "the `DIRECTORY` of the variants")
	all := flag.Bool("all", false, "count the variants alone")
	flag.Parse()
	var err error
	if *resources > 0 {
		err = writeSnapshot(*snapshot, *resources)
	}
	if err == nil && *count > 0 {
		err = writeRules(*dir, *count, *all)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1) //nolint:forbidigo // a program of its own, for the benchmarks alone
	}
}

func writeSnapshot(name string, n int) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	g := &generator{rand.New(rand.NewPCG(seed, seed))}
	fmt.Fprintf(w, `{"schemaVersion":1,"scope":{"partition":"aws","accounts":[%q],"regions":[%q,"global"],"types":["*"]}}`+"\n", account, region)
	for i := range n {
		line, err := json.Marshal(g.resource(i))
		if err != nil {
			return err
		}
		_, _ = w.Write(append(line, '\n')) // the error stays until Flush
	}
	fmt.Fprintf(w, `{"end":true,"complete":true,"gaps":[],"count":%d}`+"\n", n)
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// m keeps the literals below readable.
type m = map[string]any

type generator struct{ *rand.Rand }

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g *generator) id(prefix string) string { return fmt.Sprintf("%s-%017x", prefix, g.Uint64()>>4) }

// resource makes the i-th resource. Nine in ten comply with most rules, as in an account
// that somebody looks after.
func (g *generator) resource(i int) m {
	makers := []func(name string) (typ, id string, props m){
		g.bucket, g.bucket, g.securityGroup, g.securityGroup, g.instance, g.instance, g.volume, g.database,
		g.function, g.function, g.role, g.role, g.queue, g.topic, g.key, g.table, g.logGroup, g.subnet,
	}
	name := fmt.Sprintf("resource-%07d", i)
	typ, id, props := makers[g.IntN(len(makers))](name)
	tags := m{"Name": name, "team": g.pick("orders", "billing", "search"), "environment": g.pick("dev", "test", "prod")}
	r := m{
		"type": typ, "id": id, "arn": "arn:aws:service:" + region + ":" + account + ":" + name, "name": name,
		"account": account, "region": region, "created": "2026-03-01T12:00:00Z", "tags": tags, "unread": []string{}, "properties": props,
	}
	line, _ := json.Marshal(r)
	for k := 0; len(line)+k*62 < lineSize; k++ {
		tags[fmt.Sprintf("cost-allocation-%02d", k)] = fmt.Sprintf("%032x", g.Uint64())
	}
	return r
}

func (g *generator) bucket(name string) (typ, id string, props m) {
	block := g.chance(90)
	return "AWS::S3::Bucket", name, m{
		"BucketName":                     name,
		"PublicAccessBlockConfiguration": m{"BlockPublicAcls": block, "IgnorePublicAcls": block, "BlockPublicPolicy": block, "RestrictPublicBuckets": true},
		"BucketEncryption": m{"ServerSideEncryptionConfiguration": []m{{
			"BucketKeyEnabled": true, "ServerSideEncryptionByDefault": m{"SSEAlgorithm": g.pick("AES256", "aws:kms")},
		}}},
		"VersioningConfiguration": m{"Status": g.pick("Enabled", "Enabled", "Suspended")},
		"OwnershipControls":       m{"Rules": []m{{"ObjectOwnership": "BucketOwnerEnforced"}}},
		"LoggingConfiguration":    m{"DestinationBucketName": "logs", "LogFilePrefix": name + "/"},
		"LifecycleConfiguration": m{"Rules": []m{{
			"Id": "expire", "Status": "Enabled", "Prefix": "tmp/", "ExpirationInDays": 30, "AbortIncompleteMultipartUpload": m{"DaysAfterInitiation": 7},
		}}},
		"Arn": "arn:aws:s3:::" + name, "DomainName": name + ".s3.amazonaws.com", "RegionalDomainName": name + ".s3." + region + ".amazonaws.com",
	}
}

func (g *generator) securityGroup(name string) (typ, id string, props m) {
	var ingress []m
	for range 1 + g.IntN(4) {
		port := []int{443, 443, 5432, 8443, 22}[g.IntN(5)]
		cidr := fmt.Sprintf("10.%d.0.0/16", g.IntN(256))
		if port == 443 && g.chance(30) || g.chance(3) {
			cidr = "0.0.0.0/0"
		}
		ingress = append(ingress, m{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": cidr, "Description": "from " + cidr})
	}
	id = g.id("sg")
	return "AWS::EC2::SecurityGroup", id, m{
		"GroupName": name, "GroupId": id, "GroupDescription": "made for " + name, "VpcId": "vpc-0123456789abcdef0",
		"SecurityGroupIngress": ingress,
		"SecurityGroupEgress":  []m{{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}},
	}
}

func (g *generator) instance(string) (typ, id string, props m) {
	id = g.id("i")
	props = m{
		"InstanceId": id, "InstanceType": g.pick("t3.micro", "m7g.large"), "ImageId": g.id("ami"), "SubnetId": g.id("subnet"), "VpcId": "vpc-0123456789abcdef0",
		"SecurityGroupIds": []string{g.id("sg"), g.id("sg")}, "PrivateIp": "10.0.0.7", "PrivateDnsName": "ip-10-0-0-7.internal",
		"MetadataOptions": m{"HttpTokens": g.pick("required", "required", "required", "optional"), "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 2},
		"EbsOptimized":    true, "Monitoring": g.chance(50), "Tenancy": "default", "SourceDestCheck": true,
		"Volumes":            []m{{"VolumeId": g.id("vol"), "Device": "/dev/sda1"}},
		"IamInstanceProfile": "worker",
	}
	if g.chance(5) {
		props["PublicIp"] = "203.0.113.7"
	}
	return "AWS::EC2::Instance", id, props
}

func (g *generator) volume(string) (typ, id string, props m) {
	id = g.id("vol")
	return "AWS::EC2::Volume", id, m{
		"VolumeId": id, "Encrypted": g.chance(90), "Size": 20 + g.IntN(400), "VolumeType": g.pick("gp3", "gp2"),
		"AvailabilityZone": region + "a", "Iops": 3000, "Throughput": 125, "MultiAttachEnabled": false,
	}
}

func (g *generator) subnet(string) (typ, id string, props m) {
	id = g.id("subnet")
	return "AWS::EC2::Subnet", id, m{
		"SubnetId": id, "VpcId": "vpc-0123456789abcdef0", "CidrBlock": "10.0.1.0/24", "MapPublicIpOnLaunch": g.chance(10),
		"AvailabilityZone": region + "b", "AssignIpv6AddressOnCreation": false,
	}
}

func (g *generator) database(name string) (typ, id string, props m) {
	return "AWS::RDS::DBInstance", name, m{
		"DBInstanceIdentifier": name, "DBInstanceClass": "db.m7g.large", "Engine": "postgres", "EngineVersion": "16.4", "AllocatedStorage": "100",
		"StorageEncrypted": g.chance(90), "PubliclyAccessible": g.chance(5), "BackupRetentionPeriod": g.IntN(8), "MultiAZ": g.chance(50),
		"DeletionProtection": g.chance(80), "AutoMinorVersionUpgrade": true, "EnableIAMDatabaseAuthentication": g.chance(50), "CopyTagsToSnapshot": true,
		"DBSubnetGroupName": "main", "VPCSecurityGroups": []string{g.id("sg")}, "Endpoint": m{"Address": name + ".rds.amazonaws.com", "Port": "5432"},
		"EnableCloudwatchLogsExports": []string{"postgresql"}, "StorageType": "gp3", "PreferredBackupWindow": "02:00-03:00",
	}
}

func (g *generator) function(name string) (typ, id string, props m) {
	props = m{
		"FunctionName": name, "Runtime": g.pick("python3.13", "nodejs22.x", "python3.8"), "Handler": "index.handler", "MemorySize": 128 << g.IntN(4), "Timeout": 30,
		"Role": "arn:aws:iam::" + account + ":role/worker", "Architectures": []string{"arm64"}, "PackageType": "Zip",
		"Environment":   m{"Variables": m{"STAGE": "prod", "TABLE": name, "QUEUE": "https://sqs." + region + ".amazonaws.com/" + account + "/" + name}},
		"TracingConfig": m{"Mode": "Active"}, "EphemeralStorage": m{"Size": 512},
	}
	if g.chance(60) {
		props["VpcConfig"] = m{"SubnetIds": []string{g.id("subnet"), g.id("subnet")}, "SecurityGroupIds": []string{g.id("sg")}}
	}
	return "AWS::Lambda::Function", name, props
}

func (g *generator) role(name string) (typ, id string, props m) {
	var statements []m
	for range 1 + g.IntN(3) {
		statements = append(statements, m{
			"Sid": "Access", "Effect": "Allow", "Action": []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket"},
			"Resource": []string{"arn:aws:s3:::" + name, "arn:aws:s3:::" + name + "/*"}, "Condition": m{"StringEquals": m{"aws:SourceAccount": account}},
		})
	}
	if g.chance(3) {
		statements = append(statements, m{"Effect": "Allow", "Action": "*", "Resource": "*"})
	}
	return "AWS::IAM::Role", name, m{
		"RoleName": name, "Path": "/", "MaxSessionDuration": 3600,
		"AssumeRolePolicyDocument": m{"Version": "2012-10-17", "Statement": []m{{
			"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": m{"Service": "lambda.amazonaws.com"},
		}}},
		"Policies":          []m{{"PolicyName": "access", "PolicyDocument": m{"Version": "2012-10-17", "Statement": statements}}},
		"ManagedPolicyArns": []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"},
	}
}

func (g *generator) queue(name string) (typ, id string, props m) {
	return "AWS::SQS::Queue", "https://sqs." + region + ".amazonaws.com/" + account + "/" + name, m{
		"QueueName": name, "SqsManagedSseEnabled": g.chance(90), "VisibilityTimeout": 30, "MessageRetentionPeriod": 345600, "DelaySeconds": 0,
		"RedrivePolicy": m{"deadLetterTargetArn": "arn:aws:sqs:" + region + ":" + account + ":dead", "maxReceiveCount": 5},
	}
}

func (g *generator) topic(name string) (typ, id string, props m) {
	props = m{"TopicName": name, "DisplayName": name, "TopicArn": "arn:aws:sns:" + region + ":" + account + ":" + name, "TracingConfig": "PassThrough"}
	if g.chance(70) {
		props["KmsMasterKeyId"] = "alias/aws/sns"
	}
	return "AWS::SNS::Topic", "arn:aws:sns:" + region + ":" + account + ":" + name, props
}

func (g *generator) key(name string) (typ, id string, props m) {
	id = fmt.Sprintf("%08x-1111-2222-3333-%012x", g.Uint32(), g.Uint64()>>16)
	principal := m{"AWS": "arn:aws:iam::" + account + ":root"}
	if g.chance(2) {
		principal = m{"AWS": "*"}
	}
	return "AWS::KMS::Key", id, m{
		"KeyId": id, "Description": name, "Enabled": true, "EnableKeyRotation": g.chance(80), "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "MultiRegion": false,
		"KeyPolicy": m{"Version": "2012-10-17", "Statement": []m{
			{"Sid": "Account", "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"},
			{"Sid": "Use", "Effect": "Allow", "Principal": m{"Service": "logs." + region + ".amazonaws.com"}, "Action": []string{"kms:Encrypt*", "kms:Decrypt*"}, "Resource": "*"},
		}},
	}
}

func (g *generator) table(name string) (typ, id string, props m) {
	return "AWS::DynamoDB::Table", name, m{
		"TableName": name, "BillingMode": "PAY_PER_REQUEST", "TableClass": "STANDARD",
		"AttributeDefinitions":             []m{{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}},
		"KeySchema":                        []m{{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}},
		"PointInTimeRecoverySpecification": m{"PointInTimeRecoveryEnabled": g.chance(80)},
		"SSESpecification":                 m{"SSEEnabled": true, "SSEType": "KMS"}, "DeletionProtectionEnabled": g.chance(60),
		"Arn": "arn:aws:dynamodb:" + region + ":" + account + ":table/" + name,
	}
}

func (g *generator) logGroup(name string) (typ, id string, props m) {
	props = m{"LogGroupName": "/aws/lambda/" + name, "LogGroupClass": "STANDARD", "Arn": "arn:aws:logs:" + region + ":" + account + ":log-group:" + name}
	if g.chance(80) {
		props["RetentionInDays"] = []int{7, 30, 365}[g.IntN(3)]
	}
	return "AWS::Logs::LogGroup", "/aws/lambda/" + name, props
}

// writeRules writes variants of the rules of the pack, each with another exception, so that
// no two expressions are the same text.
func writeRules(dir string, want int, all bool) error {
	pack, err := rules.Builtin()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	n := len(pack.Rules())
	if all {
		n = 0
	}
	for round := 1; n < want; round++ {
		for _, r := range pack.Rules() {
			if n++; n > want {
				break
			}
			text, err := variant(r, round)
			if err != nil {
				return fmt.Errorf("vary %s: %w", r.ID, err)
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.yaml", r.ID, round)), text, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func variant(r *rules.Rule, round int) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(r.Text), &doc); err != nil {
		return nil, err
	}
	top := doc.Content[0]
	for i := 0; i+1 < len(top.Content); i += 2 {
		switch v := top.Content[i+1]; top.Content[i].Value {
		case "id":
			v.Value = fmt.Sprintf("%s-v%d", v.Value, round)
		case "check":
			exempt := func(n *yaml.Node) {
				n.Value, n.Style = fmt.Sprintf("(%s) || resource.name == 'exempt-%d'", strings.TrimSpace(n.Value), round), 0
			}
			if v.Kind == yaml.ScalarNode {
				exempt(v)
				continue
			}
			for k := 1; k < len(v.Content); k += 2 {
				if v.Content[k].Kind == yaml.ScalarNode { // an alias follows its anchor
					exempt(v.Content[k])
				}
			}
		}
	}
	return yaml.Marshal(&doc)
}

"""Measures what judging costs: CPU seconds (user and system) of whole processes.

    python3 testdata/bench/bench.py            all of it; a few minutes, 3 GB of disk
    python3 testdata/bench/bench.py start load gate judge opa      some of it

start   a check of a template that no rule judges, and of a small one
load    the small one with 500 more rules: of one line, and as long as the pack's with all
        their cases. No two have an expression in common.
gate    500 templates with 10,000 resources in all, judged with every rule
judge   200 rules over 1,000,000 resources of 1.4 KB, with --summary
opa     12 rules over 200,000 of them, against OPA's Go library

Every figure is the best of three runs. Nothing is asserted: other programs on the machine
make figures larger.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
TEMPLATE = """Resources:
  Data: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
  Jobs: {Type: AWS::SQS::Queue}
"""

# A rule of one comparison.
RULE = """id: short-{i}
title: Messages wait at most {i} seconds
severity: low
types: [AWS::SQS::Queue]
check: "resource.properties.?DelaySeconds.orValue(0) <= {i}"
message: "'they wait longer'"
remediation: Lower DelaySeconds.
cases:
  - name: they do not wait
    properties: {{DelaySeconds: 0}}
    expect: pass
  - name: they wait longer
    properties: {{DelaySeconds: 900}}
    expect: fail
"""

# Ten resources that a team writes, with what goes wrong now and then; {n} makes names.
STACK = """
  Network{n}: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.{n}.0.0/16}}}}
  Subnet{n}: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Network{n}, CidrBlock: !Select [0, !Cidr [!GetAtt Network{n}.CidrBlock, 4, 8]], MapPublicIpOnLaunch: false}}}}
  Group{n}:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: !Sub "web of ${{AWS::StackName}}"
      VpcId: !Ref Network{n}
      SecurityGroupIngress:
        - {{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}}
        - {{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Ref Office}}
  Data{n}:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub "${{AWS::AccountId}}-data-{n}"
      PublicAccessBlockConfiguration: {{BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true}}
      VersioningConfiguration: {{Status: !If [IsProd, Enabled, Suspended]}}
      Tags: [{{Key: owner, Value: orders@acme.example}}, {{Key: stage, Value: !Ref Stage}}]
  DataPolicy{n}:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Data{n}
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {{Effect: Deny, Principal: "*", Action: "s3:*", Resource: [!GetAtt Data{n}.Arn, !Sub "${{Data{n}.Arn}}/*"], Condition: {{Bool: {{"aws:SecureTransport": "false"}}}}}}
  Role{n}:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: "sts:AssumeRole"}}]}}
      Policies: [{{PolicyName: read, PolicyDocument: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Action: ["s3:GetObject"], Resource: !Sub "${{Data{n}.Arn}}/*"}}]}}}}]
  Worker{n}:
    Type: AWS::Lambda::Function
    Properties: {{Handler: index.handler, Runtime: nodejs22.x, Role: !GetAtt Role{n}.Arn, Code: {{S3Bucket: code, S3Key: worker.zip}}, Environment: {{Variables: {{BUCKET: !Ref Data{n}}}}}}}
  Jobs{n}: {{Type: AWS::SQS::Queue, Properties: {{SqsManagedSseEnabled: true, VisibilityTimeout: !Ref Timeout}}}}
  Topic{n}: {{Type: AWS::SNS::Topic, Properties: {{KmsMasterKeyId: !FindInMap [Keys, !Ref Stage, topics]}}}}
  Database{n}:
    Type: AWS::RDS::DBInstance
    Properties: {{DBInstanceClass: db.t4g.small, Engine: postgres, AllocatedStorage: "20", StorageEncrypted: true, PubliclyAccessible: !If [IsProd, false, !Ref Public], MasterUsername: app, MasterUserPassword: !Ref Password, VPCSecurityGroups: [!Ref Group{n}]}}
"""
STACK_HEAD = """Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Office: {Type: String, Default: 203.0.113.0/24}
  Public: {Type: String, Default: "false"}
  Timeout: {Type: Number, Default: 60}
  Password: {Type: String, NoEcho: true}
Mappings: {Keys: {dev: {topics: alias/dev}, prod: {topics: alias/prod}}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
Resources:"""


def run(*command):
    """CPU seconds, wall seconds and resident MiB of one run; 1 is the exit code of findings."""
    started = time.monotonic()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode > 1:
        sys.exit(f"{command} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1024


def show(what, *command):
    runs = [run(*command) for _ in range(3)]
    cpu, wall, rss = (min(values) for values in zip(*runs))
    print(f"{what:<48} {cpu:8.3f} CPU s {wall:8.3f} s {rss:6.0f} MiB", flush=True)
    return cpu, wall


def main(wanted):
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        program, generate = work / "pcf-scan", work / "generate"
        subprocess.run(["go", "build", "-ldflags", "-s -w", "-o", program, "./cmd/pcf-scan"], cwd=ROOT, check=True)
        subprocess.run(["go", "build", "-o", generate, "./testdata/bench/generate"], cwd=ROOT, check=True)
        small = work / "small.yaml"
        small.write_text(TEMPLATE)
        if "start" in wanted:
            (work / "start.yaml").write_text("Resources: {Handle: {Type: AWS::CloudFormation::WaitConditionHandle}}")
            show("check of what no rule judges", program, "check", work / "start.yaml")
        if "start" in wanted or "load" in wanted:
            start = show("check of a small template", program, "check", small)
        if "load" in wanted:
            (work / "short").mkdir()
            for i in range(500):
                (work / "short" / f"rule-{i}.yaml").write_text(RULE.format(i=i))
            subprocess.run([generate, "-rules", "500", "-all", "-dir", work / "500"], check=True)
            for what, where in ("500 short rules", "short"), ("500 rules like the pack's", "500"):
                loaded = show("check with " + what, program, "check", small, "--rules", work / where)
                cpu, wall = (with_rules - without for with_rules, without in zip(loaded, start))
                print(f"{'loading ' + what:<48} {cpu:8.3f} CPU s {wall:8.3f} s")
        if "gate" in wanted:
            one = STACK_HEAD + "".join(STACK.format(n=n) for n in range(2))
            (work / "one.yaml").write_text(one)
            show("check of one template of 20 resources", program, "check", work / "one.yaml")
            for i in range(500):
                stack = work / "apps" / f"app-{i}" / "template.yaml"
                stack.parent.mkdir(parents=True)
                stack.write_text(one)
            show("check of 500 templates, 10,000 resources", program, "check", work / "apps", "--format", "json")
        snapshot = work / "resources.jsonl"
        if "judge" in wanted:
            subprocess.run([generate, "-resources", "1000000", "-snapshot", snapshot, "-rules", "200", "-dir", work / "200"], check=True)
            show("200 rules, 1,000,000 resources", program, "check", snapshot, "--summary", "--rules", work / "200")
        if "opa" in wanted:
            subprocess.run([generate, "-resources", "200000", "-snapshot", snapshot], check=True)
            subprocess.run(["go", "run", ".", "-pcf-scan", program, "-snapshot", snapshot], cwd=HERE / "opa", check=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["start", "load", "gate", "judge", "opa"])

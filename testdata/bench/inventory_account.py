"""Fills one region with what costs a scan its calls: many of the types whose lists come in several
pages or whose resources are asked about one by one. Two of three have a tag."""

import json
import os

import boto3

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
ec2, s3, sqs, sns = (boto3.client(name) for name in ("ec2", "s3", "sqs", "sns"))
logs, ssm, dynamodb, iam = (boto3.client(name) for name in ("logs", "ssm", "dynamodb", "iam"))
alarms, secrets = boto3.client("cloudwatch"), boto3.client("secretsmanager")


def tagged(i, **arguments):
    return arguments if i % 3 else {}


PAIRS = [{"Key": "pcf:app", "Value": "orders"}]
vpc = ec2.create_vpc(CidrBlock="10.200.0.0/16")["Vpc"]["VpcId"]
for i in range(250):
    ec2.create_volume(AvailabilityZone="eu-west-1a", Size=8)
for i in range(250):
    ec2.create_security_group(GroupName=f"bench-{i}", Description="bench", VpcId=vpc)
for i in range(110):
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.200.{i}.0/24")["Subnet"]["SubnetId"]
    ec2.create_network_interface(SubnetId=subnet)
for i in range(40):
    s3.create_bucket(Bucket=f"bench-{i}", CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]})
for i in range(80):
    sqs.create_queue(QueueName=f"bench-{i}", **tagged(i, tags={"pcf:app": "orders"}))
for i in range(40):
    sns.create_topic(Name=f"bench-{i}", **tagged(i, Tags=PAIRS))
for i in range(150):
    logs.create_log_group(logGroupName=f"/bench/{i}", **tagged(i, tags={"pcf:app": "orders"}))
for i in range(120):
    ssm.put_parameter(Name=f"/bench/{i}", Value="x", Type="String", **tagged(i, Tags=PAIRS))
for i in range(120):
    alarms.put_metric_alarm(AlarmName=f"bench-{i}", MetricName="m", Namespace="bench", Statistic="Sum", Period=60, EvaluationPeriods=1,
                            Threshold=1, ComparisonOperator="GreaterThanThreshold", **tagged(i, Tags=PAIRS))
for i in range(40):
    dynamodb.create_table(TableName=f"bench-{i}", AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST", **tagged(i, Tags=PAIRS))
for i in range(120):
    secrets.create_secret(Name=f"bench-{i}", SecretString="x", **tagged(i, Tags=PAIRS))
for i in range(150):
    iam.create_role(RoleName=f"bench-{i}", AssumeRolePolicyDocument=TRUST)

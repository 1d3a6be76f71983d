"""Fills one region with what costs a scan its calls, and prints how many calls reading the
types of TYPES takes at least: pages and details, worked out from boto3's own
listings and the page sizes that the services allow. It knows nothing of the scanner."""

import json
import math
import os

import boto3

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
ec2, s3, sqs, sns = (boto3.client(name) for name in ("ec2", "s3", "sqs", "sns"))
logs, ssm, dynamodb, iam = (boto3.client(name) for name in ("logs", "ssm", "dynamodb", "iam"))
alarms, secrets = boto3.client("cloudwatch"), boto3.client("secretsmanager")

vpc = ec2.create_vpc(CidrBlock="10.200.0.0/16")["Vpc"]["VpcId"]
for i in range(250):
    ec2.create_volume(AvailabilityZone="eu-west-1a", Size=8)
for i in range(200):
    ec2.create_security_group(GroupName=f"bench-{i}", Description="bench", VpcId=vpc)
for i in range(100):
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.200.{i}.0/24")["Subnet"]["SubnetId"]
    ec2.create_network_interface(SubnetId=subnet)
for i in range(40):
    s3.create_bucket(Bucket=f"bench-{i}", CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]})
for i in range(80):
    sqs.create_queue(QueueName=f"bench-{i}")
for i in range(40):
    sns.create_topic(Name=f"bench-{i}")
for i in range(150):
    logs.create_log_group(logGroupName=f"/bench/{i}")
for i in range(120):
    ssm.put_parameter(Name=f"/bench/{i}", Value="x", Type="String")
for i in range(120):
    alarms.put_metric_alarm(AlarmName=f"bench-{i}", MetricName="m", Namespace="bench", Statistic="Sum", Period=60, EvaluationPeriods=1,
                            Threshold=1, ComparisonOperator="GreaterThanThreshold")
for i in range(40):
    dynamodb.create_table(TableName=f"bench-{i}", AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST")
for i in range(120):
    secrets.create_secret(Name=f"bench-{i}", SecretString="x")
for i in range(150):
    iam.create_role(RoleName=f"bench-{i}", AssumeRolePolicyDocument=TRUST)


def count(client, operation, key, **arguments):
    return sum(len(page[key]) for page in client.get_paginator(operation).paginate(**arguments))


def calls(n, page, details=0):
    return max(1, math.ceil(n / page)) + n * details


regional = {
    "AWS::EC2::Volume": calls(count(ec2, "describe_volumes", "Volumes"), 500),
    "AWS::EC2::SecurityGroup": calls(count(ec2, "describe_security_groups", "SecurityGroups"), 500),
    "AWS::EC2::NetworkInterface": calls(count(ec2, "describe_network_interfaces", "NetworkInterfaces"), 500),
    # tags, encryption, versioning, public access, logging, ownership, lifecycle, object lock
    "AWS::S3::Bucket": calls(len([b for b in s3.list_buckets(BucketRegion=os.environ["AWS_REGION"])["Buckets"]]), 10000, 8),
    "AWS::SQS::Queue": calls(count(sqs, "list_queues", "QueueUrls"), 1000, 2),  # attributes, tags
    "AWS::SNS::Topic": calls(count(sns, "list_topics", "Topics"), 100, 3),  # attributes, subscriptions, tags
    "AWS::Logs::LogGroup": calls(count(logs, "describe_log_groups", "logGroups"), 50, 1),  # tags
    "AWS::SSM::Parameter": calls(count(ssm, "describe_parameters", "Parameters"), 50, 1),  # tags
    "AWS::CloudWatch::Alarm": calls(count(alarms, "describe_alarms", "MetricAlarms"), 100, 1),  # tags
    "AWS::DynamoDB::Table": calls(count(dynamodb, "list_tables", "TableNames"), 100, 4),  # table, backups, expiry, tags
    "AWS::SecretsManager::Secret": calls(count(secrets, "list_secrets", "SecretList"), 100, 1),  # replicas
}
# Roles come with policies and tags, users and groups, from one call that pages by 1000; one more lists what it leaves out.
everything = sum(count(iam, "get_account_authorization_details", key) for key in ("RoleDetailList",))
world = {"AWS::IAM::Role": 2 * calls(everything, 1000)}
print(json.dumps({"regional": regional, "global": world}))

"""Prints, as JSON, which of the resources in its argument (a list of [type, id]) are there, and what was backed up."""
import json, sys, boto3
from botocore.exceptions import ClientError

c = boto3.client


def instances(id_):
    found = c("ec2").describe_instances(InstanceIds=[id_])["Reservations"]
    return any(i["State"]["Name"] not in ("terminated", "shutting-down") for r in found for i in r["Instances"])


LOOK = {
    "AWS::EC2::VPC": lambda i: c("ec2").describe_vpcs(VpcIds=[i])["Vpcs"],
    "AWS::EC2::Subnet": lambda i: c("ec2").describe_subnets(SubnetIds=[i])["Subnets"],
    "AWS::EC2::SecurityGroup": lambda i: c("ec2").describe_security_groups(GroupIds=[i])["SecurityGroups"],
    "AWS::EC2::Instance": instances,
    "AWS::EC2::EIP": lambda i: c("ec2").describe_addresses(AllocationIds=[i.split("|")[1]])["Addresses"],
    "AWS::EC2::Volume": lambda i: c("ec2").describe_volumes(VolumeIds=[i])["Volumes"],
    "AWS::EC2::KeyPair": lambda i: [k for k in c("ec2").describe_key_pairs()["KeyPairs"] if k["KeyName"] == i],
    "AWS::CloudWatch::Alarm": lambda i: c("cloudwatch").describe_alarms(AlarmNames=[i])["MetricAlarms"],
    "AWS::SSM::Parameter": lambda i: c("ssm").get_parameter(Name=i),
    "AWS::IAM::Role": lambda i: c("iam").get_role(RoleName=i),
    "AWS::IAM::ManagedPolicy": lambda i: c("iam").get_policy(PolicyArn=i),
    "AWS::IAM::InstanceProfile": lambda i: c("iam").get_instance_profile(InstanceProfileName=i),
    "AWS::Lambda::Function": lambda i: c("lambda").get_function(FunctionName=i),
    "AWS::SQS::Queue": lambda i: c("sqs").get_queue_attributes(QueueUrl=i),
    "AWS::SNS::Topic": lambda i: c("sns").get_topic_attributes(TopicArn=i),
    "AWS::Events::Rule": lambda i: c("events").describe_rule(Name=i.rsplit("/", 1)[1]),
    "AWS::Logs::LogGroup": lambda i: [g for g in c("logs").describe_log_groups(logGroupNamePrefix=i)["logGroups"] if g["logGroupName"] == i],
    "AWS::DynamoDB::Table": lambda i: c("dynamodb").describe_table(TableName=i),
    "AWS::RDS::DBInstance": lambda i: c("rds").describe_db_instances(DBInstanceIdentifier=i)["DBInstances"],
    "AWS::S3::Bucket": lambda i: c("s3").head_bucket(Bucket=i),
}


def there(typ, id_):
    try:
        return bool(LOOK[typ](id_))
    except ClientError as e:
        code = e.response["Error"]["Code"]
        if code in ("404", "NoSuchEntity", "AWS.SimpleQueueService.NonExistentQueue", "NotFound") or "NotFound" in code or "NonExistent" in code:
            return False
        raise


print(json.dumps({
    "left": [r for r in json.loads(sys.argv[1]) if there(*r)],
    "snapshots": sorted(s["VolumeId"] for s in c("ec2").describe_snapshots(Filters=[{"Name": "tag-key", "Values": ["pcf:backup"]}])["Snapshots"]),
    "databases": sorted(s["DBSnapshotIdentifier"] for s in c("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]),
    "tables": sorted(b["TableName"] for b in c("dynamodb").list_backups()["BackupSummaries"]),
}))

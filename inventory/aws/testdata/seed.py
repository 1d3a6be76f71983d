"""Creates one tagged resource of each of the core types, and an untagged one here and there."""

import io
import json
import zipfile

import boto3

from prelude import *

ec2 = boto3.client("ec2")

vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=spec("vpc", "vpc"))["Vpc"]["VpcId"]
ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
found("AWS::EC2::VPC", vpc, tags("vpc"), CidrBlock="10.1.0.0/16", EnableDnsHostnames=True, EnableDnsSupport=True,
      InstanceTenancy="default", VpcId=vpc)

subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.1.0/24", TagSpecifications=spec("subnet", "subnet"))["Subnet"]["SubnetId"]
found("AWS::EC2::Subnet", subnet, tags("subnet"), CidrBlock="10.1.1.0/24", VpcId=vpc, MapPublicIpOnLaunch=False)

other = ec2.create_security_group(GroupName="other", Description="other", VpcId=vpc)["GroupId"]
found("AWS::EC2::SecurityGroup", other, {}, GroupName="other")
group = ec2.create_security_group(GroupName="web", Description="web tier", VpcId=vpc,
                                  TagSpecifications=spec("security-group", "web-sg"))["GroupId"]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
    {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
     "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "office"}, {"CidrIp": "192.168.0.0/16"}],
     "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
    {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": other}]},
])
found("AWS::EC2::SecurityGroup", group, tags("web-sg"), GroupName="web", GroupDescription="web tier", VpcId=vpc,
      SecurityGroupIngress=[
          {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8", "Description": "office"},
          {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "192.168.0.0/16"},
          {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv6": "::/0"},
          {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "SourceSecurityGroupId": other},
      ],
      SecurityGroupEgress=[{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}])

volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=10, VolumeType="gp3", Encrypted=False,
                           TagSpecifications=spec("volume", "volume"))["VolumeId"]
found("AWS::EC2::Volume", volume, tags("volume"), Size=10, VolumeType="gp3", Encrypted=False, AvailabilityZone="eu-west-1a")

nic = ec2.create_network_interface(SubnetId=subnet, Groups=[group], Description="side door",
                                   TagSpecifications=spec("network-interface", "nic"))["NetworkInterface"]["NetworkInterfaceId"]
found("AWS::EC2::NetworkInterface", nic, tags("nic"), Description="side door", GroupSet=[group], SubnetId=subnet, Id=nic)

eip = ec2.allocate_address(Domain="vpc", TagSpecifications=spec("elastic-ip", "eip"))
found("AWS::EC2::EIP", eip["PublicIp"] + "|" + eip["AllocationId"], tags("eip"), Domain="vpc",
      AllocationId=eip["AllocationId"], PublicIp=eip["PublicIp"])

image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
instance = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet,
                             SecurityGroupIds=[group], TagSpecifications=spec("instance", "instance"))["Instances"][0]["InstanceId"]
found("AWS::EC2::Instance", instance, tags("instance"), ImageId=image, InstanceType="t3.micro", SubnetId=subnet,
      VpcId=vpc, SecurityGroupIds=[group], State__Name="running", State__Code="16")
# What was terminated no longer exists, although EC2 still lists it.
gone = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet)["Instances"][0]["InstanceId"]
ec2.terminate_instances(InstanceIds=[gone])

s3 = boto3.client("s3")
where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
s3.create_bucket(Bucket="pcf-logs", **where)
found("AWS::S3::Bucket", "pcf-logs", {}, BucketName="pcf-logs")
s3.create_bucket(Bucket="pcf-orders", ObjectLockEnabledForBucket=True, **where)
s3.put_bucket_tagging(Bucket="pcf-orders", Tagging={"TagSet": pairs(tags("bucket"))})
s3.put_bucket_encryption(Bucket="pcf-orders", ServerSideEncryptionConfiguration={"Rules": [
    {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/aws/s3"}, "BucketKeyEnabled": True}]})
s3.put_bucket_versioning(Bucket="pcf-orders", VersioningConfiguration={"Status": "Enabled"})
block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}
s3.put_public_access_block(Bucket="pcf-orders", PublicAccessBlockConfiguration=block)
s3.put_bucket_ownership_controls(Bucket="pcf-orders", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
s3.put_bucket_acl(Bucket="pcf-logs", AccessControlPolicy={
    "Owner": {"ID": "bcaf1ffd86f41161ca5fb16fd081034f"},
    "Grants": [{"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}, "Permission": p}
               for p in ("WRITE", "READ_ACP")]})
s3.put_bucket_logging(Bucket="pcf-orders", BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "pcf-logs", "TargetPrefix": "orders/"}})
s3.put_bucket_lifecycle_configuration(Bucket="pcf-orders", LifecycleConfiguration={"Rules": [
    {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 7},
     "Transitions": [{"Days": 3, "StorageClass": "GLACIER"}]}]})
document = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::pcf-orders/*",
     "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}
s3.put_bucket_policy(Bucket="pcf-orders", Policy=json.dumps(document))
found("AWS::S3::Bucket", "pcf-orders", tags("bucket"), BucketName="pcf-orders", VersioningConfiguration={"Status": "Enabled"},
      PublicAccessBlockConfiguration=block, ObjectLockEnabled=True,
      OwnershipControls__Rules__0__ObjectOwnership="BucketOwnerEnforced",
      LoggingConfiguration={"DestinationBucketName": "pcf-logs", "LogFilePrefix": "orders/"},
      BucketEncryption={"ServerSideEncryptionConfiguration": [
          {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/aws/s3"}}]},
      LifecycleConfiguration__Rules=[{"Id": "expire", "Status": "Enabled", "Prefix": "tmp/", "ExpirationInDays": 7,
                                      "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 3}]}])
s3.create_bucket(Bucket="pcf-site", ACL="public-read", **where)
s3.put_bucket_cors(Bucket="pcf-site", CORSConfiguration={"CORSRules": [
    {"ID": "shop", "AllowedMethods": ["GET"], "AllowedOrigins": ["https://shop.example"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"],
     "MaxAgeSeconds": 60}]})
s3.put_bucket_website(Bucket="pcf-site", WebsiteConfiguration={
    "IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"},
    "RoutingRules": [{"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/"}}]})
s3.put_bucket_versioning(Bucket="pcf-site", VersioningConfiguration={"Status": "Enabled"})
s3.put_bucket_replication(Bucket="pcf-site", ReplicationConfiguration={"Role": "arn:aws:iam::123456789012:role/copies", "Rules": [
    {"ID": "copies", "Priority": 2, "Status": "Enabled", "Filter": {}, "DeleteMarkerReplication": {"Status": "Disabled"},
     "Destination": {"Bucket": "arn:aws:s3:::pcf-copies", "StorageClass": "STANDARD_IA"}}]})
s3.put_bucket_notification_configuration(Bucket="pcf-site", NotificationConfiguration={"QueueConfigurations": [
    {"QueueArn": "arn:aws:sqs:eu-west-1:123456789012:notified", "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
     "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".csv"}]}}}]})
only = {"S3Key": {"Rules": [{"Name": "suffix", "Value": ".csv"}]}}
found("AWS::S3::Bucket", "pcf-site", {}, AccessControl="PublicRead",
      CorsConfiguration={"CorsRules": [{"Id": "shop", "AllowedMethods": ["GET"], "AllowedOrigins": ["https://shop.example"], "AllowedHeaders": ["*"],
                                        "ExposedHeaders": ["ETag"], "MaxAge": 60}]},
      WebsiteConfiguration={"IndexDocument": "index.html", "ErrorDocument": "error.html", "RoutingRules": [
          {"RoutingRuleCondition": {"KeyPrefixEquals": "old/"}, "RedirectRule": {"ReplaceKeyPrefixWith": "new/"}}]},
      ReplicationConfiguration__Rules__0__Destination={"Bucket": "arn:aws:s3:::pcf-copies", "StorageClass": "STANDARD_IA"},
      NotificationConfiguration={"QueueConfigurations": [
          {"Queue": "arn:aws:sqs:eu-west-1:123456789012:notified", "Event": event, "Filter": only} for event in ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")]})
found("AWS::S3::BucketPolicy", "pcf-orders", {}, Bucket="pcf-orders", PolicyDocument=document)
# In another region, so not in a scan of this one.
boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="pcf-elsewhere")

iam = boto3.client("iam")
allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:List*"], "Resource": "*"}]}
trust = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
policy = iam.create_policy(PolicyName="read", Path="/app/", PolicyDocument=json.dumps({**allow, "Statement": []} | {
    "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}), Description="may read", Tags=pairs(tags("policy")))["Policy"]["Arn"]
iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(allow), SetAsDefault=True)
role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(trust), Description="works", MaxSessionDuration=7200,
                       PermissionsBoundary=policy, Tags=pairs(tags("role")))["Role"]["Arn"]
iam.put_role_policy(RoleName="worker", PolicyName="inline", PolicyDocument=json.dumps(allow))
iam.attach_role_policy(RoleName="worker", PolicyArn=policy)
found("AWS::IAM::Role", "worker", tags("role"), Arn=role, Description="works", MaxSessionDuration=7200, Path="/",
      PermissionsBoundary=policy, AssumeRolePolicyDocument=trust, ManagedPolicyArns=[policy],
      Policies=[{"PolicyName": "inline", "PolicyDocument": allow}])
iam.create_group(GroupName="team")
iam.create_user(UserName="robot", Path="/bots/", Tags=pairs(tags("user")))
iam.add_user_to_group(GroupName="team", UserName="robot")
iam.put_user_policy(UserName="robot", PolicyName="inline", PolicyDocument=json.dumps(allow))
iam.attach_user_policy(UserName="robot", PolicyArn=policy)
found("AWS::IAM::User", "robot", tags("user"), Path="/bots/", Groups=["team"], ManagedPolicyArns=[policy],
      Policies=[{"PolicyName": "inline", "PolicyDocument": allow}])
found("AWS::IAM::ManagedPolicy", policy, tags("policy"), ManagedPolicyName="read", Path="/app/", PolicyDocument=allow,
      Description="may read", Roles=["worker"], Users=["robot"])
iam.create_service_linked_role(AWSServiceName="elasticmapreduce.amazonaws.com")

rds = boto3.client("rds")
rds.create_db_instance(DBInstanceIdentifier="orders-db", Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20,
                       MasterUsername="root", MasterUserPassword="not-a-real-password", DBName="orders", PubliclyAccessible=True,
                       StorageEncrypted=True, BackupRetentionPeriod=7, EnableIAMDatabaseAuthentication=True, Port=5433,
                       DeletionProtection=True, VpcSecurityGroupIds=[group], Tags=pairs(tags("database")))
found("AWS::RDS::DBInstance", "orders-db", tags("database"), Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage="20",
      MasterUsername="root", DBName="orders", PubliclyAccessible=True, StorageEncrypted=True, BackupRetentionPeriod=7,
      EnableIAMDatabaseAuthentication=True, Port="5433", DeletionProtection=True, VPCSecurityGroups=[group])

dynamodb = boto3.client("dynamodb")
dynamodb.create_table(TableName="orders", BillingMode="PAY_PER_REQUEST", DeletionProtectionEnabled=True,
                      AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "day", "AttributeType": "S"}],
                      KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                      GlobalSecondaryIndexes=[{"IndexName": "by-day", "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
                                               "Projection": {"ProjectionType": "ALL"}}],
                      SSESpecification={"Enabled": True, "SSEType": "KMS"}, Tags=pairs(tags("table")),
                      StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
dynamodb.update_continuous_backups(TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
dynamodb.update_time_to_live(TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
found("AWS::DynamoDB::Table", "orders", tags("table"), TableName="orders", BillingMode="PAY_PER_REQUEST", DeletionProtectionEnabled=True,
      PointInTimeRecoverySpecification__PointInTimeRecoveryEnabled=True, SSESpecification__SSEEnabled=True,
      TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}, StreamSpecification={"StreamViewType": "NEW_IMAGE"},
      KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
      GlobalSecondaryIndexes__0__IndexName="by-day", GlobalSecondaryIndexes__0__Projection={"ProjectionType": "ALL"})

code = io.BytesIO()
with zipfile.ZipFile(code, "w") as archive:
    archive.writestr("index.py", "def handler(event, context): pass\n")
function = boto3.client("lambda")
arn = function.create_function(FunctionName="intake", Runtime="python3.13", Role=role, Handler="index.handler", Timeout=9, MemorySize=256,
                               Code={"ZipFile": code.getvalue()}, Environment={"Variables": {"STAGE": "dev"}},
                               TracingConfig={"Mode": "Active"}, Tags=tags("function"))["FunctionArn"]
function.put_function_concurrency(FunctionName="intake", ReservedConcurrentExecutions=5)
found("AWS::Lambda::Function", "intake", tags("function"), Arn=arn, Runtime="python3.13", Handler="index.handler", Timeout=9, MemorySize=256,
      Role=role, Environment={"Variables": {"STAGE": "dev"}}, TracingConfig={"Mode": "Active"}, ReservedConcurrentExecutions=5)

sqs = boto3.client("sqs")
dead = sqs.create_queue(QueueName="dead.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
found("AWS::SQS::Queue", dead, {}, QueueName="dead.fifo", Arn=dead_arn)
queue = sqs.create_queue(QueueName="jobs.fifo", tags=tags("queue"), Attributes={
    "FifoQueue": "true", "VisibilityTimeout": "45", "KmsMasterKeyId": "alias/aws/sqs",
    "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 3})})["QueueUrl"]
found("AWS::SQS::Queue", queue, tags("queue"), QueueName="jobs.fifo", FifoQueue=True, VisibilityTimeout=45, KmsMasterKeyId="alias/aws/sqs",
      RedrivePolicy={"deadLetterTargetArn": dead_arn, "maxReceiveCount": 3}, QueueUrl=queue)

sns = boto3.client("sns")
topic = sns.create_topic(Name="news", Attributes={"DisplayName": "News", "KmsMasterKeyId": "alias/aws/sns"}, Tags=pairs(tags("topic")))["TopicArn"]
sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="news@acme.example")
found("AWS::SNS::Topic", topic, tags("topic"), TopicName="news", DisplayName="News", KmsMasterKeyId="alias/aws/sns",
      Subscription=[{"Protocol": "email", "Endpoint": "news@acme.example"}])

logs = boto3.client("logs")
logs.create_log_group(logGroupName="/app/orders", tags=tags("logs"))
logs.put_retention_policy(logGroupName="/app/orders", retentionInDays=30)
found("AWS::Logs::LogGroup", "/app/orders", tags("logs"), LogGroupName="/app/orders", RetentionInDays=30)

kms = boto3.client("kms")
key = kms.create_key(Description="orders", KeyUsage="ENCRYPT_DECRYPT", MultiRegion=False, Tags=pairs(tags("key"), "TagKey", "TagValue"))["KeyMetadata"]["KeyId"]
kms.enable_key_rotation(KeyId=key)
found("AWS::KMS::Key", key, tags("key"), Description="orders", Enabled=True, EnableKeyRotation=True, KeyUsage="ENCRYPT_DECRYPT",
      KeySpec="SYMMETRIC_DEFAULT", MultiRegion=False)

done()

"""Creates resources that refer to each other in the ways in which those of the other scripts do not.
Which relations that makes stands in relations.txt."""

import io
import json
import zipfile

import boto3

ec2, iam, kms, rds = (boto3.client(name) for name in ("ec2", "iam", "kms", "rds"))
trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
key = kms.create_key(Description="app")["KeyMetadata"]["Arn"]
vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{n}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"]["SubnetId"] for n, zone in enumerate("ab")]
group = ec2.create_security_group(GroupName="app", Description="app", VpcId=vpc)["GroupId"]

# Compute.
public = ec2.describe_images()["Images"][0]["ImageId"]
ec2.create_key_pair(KeyName="app")
iam.create_instance_profile(InstanceProfileName="app")
profile = iam.get_instance_profile(InstanceProfileName="app")["InstanceProfile"]["Arn"]
instance = ec2.run_instances(ImageId=public, MinCount=1, MaxCount=1, InstanceType="t3.micro", KeyName="app", SubnetId=subnets[0],
                             IamInstanceProfile={"Arn": profile})["Instances"][0]["InstanceId"]
image = ec2.create_image(InstanceId=instance, Name="app")["ImageId"]
ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1, Encrypted=True, KmsKeyId=key)
template = ec2.create_launch_template(LaunchTemplateName="app", LaunchTemplateData={
    "ImageId": image, "InstanceType": "t3.micro", "SecurityGroupIds": [group]})["LaunchTemplate"]["LaunchTemplateId"]
elb = boto3.client("elbv2")
balancer = elb.create_load_balancer(Name="app", Subnets=subnets, SecurityGroups=[group])["LoadBalancers"][0]
targets = elb.create_target_group(Name="app", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
boto3.client("autoscaling").create_auto_scaling_group(
    AutoScalingGroupName="app", LaunchTemplate={"LaunchTemplateId": template, "Version": "1"}, MinSize=1, MaxSize=1,
    VPCZoneIdentifier=subnets[0], TargetGroupARNs=[targets])
ecs = boto3.client("ecs")
ecs.create_cluster(clusterName="app")
ecs.register_task_definition(family="app", containerDefinitions=[{"name": "app", "image": "app", "memory": 128}])
ecs.create_service(cluster="app", serviceName="app", taskDefinition="app", desiredCount=0,
                   loadBalancers=[{"targetGroupArn": targets, "containerName": "app", "containerPort": 80}])

# A function in a network, and what calls it.
boto3.client("logs").create_log_group(logGroupName="/app/log")
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as z:
    z.writestr("index.py", "def handler(event, context): pass")
function = boto3.client("lambda").create_function(
    FunctionName="app", Runtime="python3.13", Role=role, Handler="index.handler", Code={"ZipFile": code.getvalue()},
    VpcConfig={"SubnetIds": subnets, "SecurityGroupIds": [group]}, LoggingConfig={"LogGroup": "/app/log"})["FunctionArn"]
events = boto3.client("events")
events.put_rule(Name="app", ScheduleExpression="rate(1 day)")
events.put_targets(Rule="app", Targets=[{"Id": "app", "Arn": function}])

# Storage and databases.
s3 = boto3.client("s3")
s3.create_bucket(Bucket="app-site", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
s3.put_bucket_encryption(Bucket="app-site", ServerSideEncryptionConfiguration={"Rules": [
    {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]})
rds.create_db_subnet_group(DBSubnetGroupName="app", DBSubnetGroupDescription="app", SubnetIds=subnets)
rds.create_db_cluster(DBClusterIdentifier="app", Engine="aurora-mysql", MasterUsername="root", MasterUserPassword="not-a-real-password")
rds.create_db_instance(DBInstanceIdentifier="member", DBClusterIdentifier="app", Engine="aurora-mysql", DBInstanceClass="db.t3.medium")
rds.create_db_instance(
    DBInstanceIdentifier="app", Engine="mysql", DBInstanceClass="db.t3.micro", AllocatedStorage=20, DBSubnetGroupName="app", StorageEncrypted=True,
    KmsKeyId=key, MasterUsername="root", MasterUserPassword="not-a-real-password")
rds.create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="app")

# Edge.
certificate = boto3.client("acm").request_certificate(DomainName="app.example.com", ValidationMethod="DNS")["CertificateArn"]
boto3.client("cloudfront").create_distribution(DistributionConfig={
    "CallerReference": "app", "Comment": "app", "Enabled": True,
    "Origins": {"Quantity": 1, "Items": [{"Id": "site", "DomainName": "app-site.s3.eu-west-1.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}]},
    "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "https-only", "MinTTL": 0,
                             "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}},
    "ViewerCertificate": {"ACMCertificateArn": certificate, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}})
dns = boto3.client("route53")
zone = dns.create_hosted_zone(Name="example.com", CallerReference="app")["HostedZone"]["Id"]
dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": {
    "Name": "app.example.com", "Type": "A", "AliasTarget": {
        "HostedZoneId": balancer["CanonicalHostedZoneId"], "DNSName": balancer["DNSName"], "EvaluateTargetHealth": False}}}]})
print("{}")

"""Seeds one account with every type of the first slice and prints the truth table.

Two apps: orders 2.0.0 is active and declares what stands in testdata/apps/slice/orders.yaml;
reports 1.0.0 is retired there. Everything else seeded here belongs to nobody. The table on
stdout is a JSON list of {type, id, class, app, version, particle}; the test holds the program's
inventory against it, and whatever the program lists beyond it must be an account default.
"""
import json, boto3

ec2, s3, iam = boto3.client("ec2"), boto3.client("s3"), boto3.client("iam")
rds, ddb, lam = boto3.client("rds"), boto3.client("dynamodb"), boto3.client("lambda")
sqs, sns, logs, kms = boto3.client("sqs"), boto3.client("sns"), boto3.client("logs"), boto3.client("kms")
region = ec2.meta.region_name
truth = []


def tags(owner, particle):
    """The owner tags of (app, version) and particle; none for owner None."""
    if owner is None:
        return {"team": "nobody-knows"} if particle == "team" else {}
    app, version = owner
    return {"pcf:app": app, "pcf:environment": "dev", "pcf:version": version, "pcf:particle": particle}


def pairs(t, key="Key", value="Value"):
    return [{key: k, value: v} for k, v in t.items()]


def spec(kind, t):
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": pairs(t)}]} if t else {}


def seen(type_, id_, owner, particle, holder=None):
    """Notes what the scan must say; holder is the owner of the instance that takes it along."""
    row = {"type": type_, "id": id_, "app": "", "version": "", "particle": "", "class": "attributed" if holder else "unmanaged"}
    if owner is not None:
        row.update(app=owner[0], version=owner[1], particle=particle, **{"class": "orphan" if owner == RETIRED else "owned"})
    truth.append(row)


ORDERS, RETIRED = ("orders", "2.0.0"), ("reports", "1.0.0")
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})

image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
for owner, name in ((ORDERS, "orders"), (RETIRED, "reports"), (None, "loose")):
    def t(particle):
        return tags(owner, particle)

    vpc = ec2.create_vpc(CidrBlock="10.44.0.0/16", **spec("vpc", t("network")))["Vpc"]["VpcId"]
    seen("AWS::EC2::VPC", vpc, owner, "network")
    # The security group that comes with a VPC is AWS's own: it is not seeded and must be foreign.
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.44.1.0/24", **spec("subnet", t("subnet")))["Subnet"]["SubnetId"]
    seen("AWS::EC2::Subnet", subnet, owner, "subnet")
    sg = ec2.create_security_group(GroupName=name + "-web", Description=name + " web tier", VpcId=vpc, **spec("security-group", t("web-sg")))["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=sg, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])
    seen("AWS::EC2::SecurityGroup", sg, owner, "web-sg")
    eni = ec2.create_network_interface(SubnetId=subnet, Groups=[sg], **spec("network-interface", t("eni")))["NetworkInterface"]["NetworkInterfaceId"]
    seen("AWS::EC2::NetworkInterface", eni, owner, "eni")
    volume = ec2.create_volume(AvailabilityZone=region + "a", Size=8, Encrypted=True, **spec("volume", t("data")))["VolumeId"]
    seen("AWS::EC2::Volume", volume, owner, "data")
    eip = ec2.allocate_address(Domain="vpc", **spec("elastic-ip", t("ip")))
    seen("AWS::EC2::EIP", eip["PublicIp"] + "|" + eip["AllocationId"], owner, "ip")
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.small",
                                 SubnetId=subnet, SecurityGroupIds=[sg], **spec("instance", t("web")))["Instances"][0]
    seen("AWS::EC2::Instance", instance["InstanceId"], owner, "web")
    instance = ec2.describe_instances(InstanceIds=[instance["InstanceId"]])["Reservations"][0]["Instances"][0]
    for m in instance.get("BlockDeviceMappings", []):  # its root volume belongs to nobody by itself
        seen("AWS::EC2::Volume", m["Ebs"]["VolumeId"], None, "", holder=owner)
    for n in instance.get("NetworkInterfaces", []):
        if n["NetworkInterfaceId"] != eni:
            seen("AWS::EC2::NetworkInterface", n["NetworkInterfaceId"], None, "", holder=owner)

    bucket = "acme-" + name + "-files"
    s3.create_bucket(Bucket=bucket, **({} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}))
    if t("files"):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": pairs(t("files"))})
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    seen("AWS::S3::Bucket", bucket, owner, "files")
    iam.create_role(RoleName=name + "-role", AssumeRolePolicyDocument=TRUST, Tags=pairs(t("role")))
    seen("AWS::IAM::Role", name + "-role", owner, "role")
    arn = iam.create_policy(PolicyName=name + "-policy", PolicyDocument=POLICY, Tags=pairs(t("policy")))["Policy"]["Arn"]
    seen("AWS::IAM::ManagedPolicy", arn, owner, "policy")
    iam.create_user(UserName=name + "-user", Tags=pairs(t("user")))
    seen("AWS::IAM::User", name + "-user", owner, "user")
    rds.create_db_instance(DBInstanceIdentifier=name + "-db", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20,
                           MasterUsername="master", MasterUserPassword="correct-horse-battery", StorageEncrypted=True, Tags=pairs(t("db")))
    seen("AWS::RDS::DBInstance", name + "-db", owner, "db")
    ddb.create_table(TableName=name, AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}], KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                     BillingMode="PAY_PER_REQUEST", Tags=pairs(t("table")))
    seen("AWS::DynamoDB::Table", name, owner, "table")
    lam.create_function(FunctionName=name + "-fn", Runtime="python3.12", Role="arn:aws:iam::123456789012:role/" + name + "-role", Handler="index.handler",
                        Code={"ZipFile": b"not a real archive"}, Tags=t("fn"))
    seen("AWS::Lambda::Function", name + "-fn", owner, "fn")
    url = sqs.create_queue(QueueName=name + "-jobs", tags=t("jobs"))["QueueUrl"]
    seen("AWS::SQS::Queue", url, owner, "jobs")
    topic = sns.create_topic(Name=name + "-events", Tags=pairs(t("events")))["TopicArn"]
    seen("AWS::SNS::Topic", topic, owner, "events")
    logs.create_log_group(logGroupName="/acme/" + name, **({"tags": t("logs")} if t("logs") else {}))
    seen("AWS::Logs::LogGroup", "/acme/" + name, owner, "logs")
    key = kms.create_key(Description=name, Tags=pairs(t("key"), "TagKey", "TagValue"))["KeyMetadata"]["KeyId"]
    seen("AWS::KMS::Key", key, owner, "key")

# A weak claim: somebody's team tag is attribution, not ownership.
url = sqs.create_queue(QueueName="platform-scratch", tags={"team": "platform"})["QueueUrl"]
truth.append({"type": "AWS::SQS::Queue", "id": url, "class": "attributed", "app": "platform", "version": "", "particle": ""})

print(json.dumps(truth, indent=1))

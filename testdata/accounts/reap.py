"""Seeds an account for the reaper and prints, as JSON, what must be gone at the end (by app) and what stays.

Three apps in dev: orders is at version 2.0.0 and 1.0.0 is retired; reports is retired whole;
billing 1.0.0 lives. The app network owns the VPC that they all are in. Some things are nobody's,
some protected, some AWS's own. "before" are pairs of which the first refers to the second, and goes
earlier. A resource is [type, id]; "parts" are ids of what goes along with one. With the argument "drawable" there are no functions and no databases:
the emulator cannot draw those in its dump of the state.
"""
import json, sys, boto3

ec2, s3, iam, sqs = boto3.client("ec2"), boto3.client("s3"), boto3.client("iam"), boto3.client("sqs")
rds, ddb, lam, elb = boto3.client("rds"), boto3.client("dynamodb"), boto3.client("lambda"), boto3.client("elbv2")
logs, sns, events, kms = boto3.client("logs"), boto3.client("sns"), boto3.client("events"), boto3.client("kms")
region = ec2.meta.region_name
gone, stays, before, parts, of = [], [], [], [], {"orders": [], "reports": []}
drawable = "drawable" in sys.argv


def tags(app, version, particle):
    return {"pcf:app": app, "pcf:environment": "dev", "pcf:version": version, "pcf:particle": particle} if app else {}


def pairs(t):
    return [{"Key": k, "Value": v} for k, v in t.items()]


def spec(kind, t):
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": pairs(t)}]} if t else {}


def first(earlier, later):
    before.append([earlier, later])


TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}, "Action": "sts:AssumeRole"}]})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]

# The network that all share.
vpc = ec2.create_vpc(CidrBlock="10.60.0.0/16", **spec("vpc", tags("network", "1.0.0", "vpc")))["Vpc"]["VpcId"]
subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.60.1.0/24", AvailabilityZone=region + "a", **spec("subnet", tags("network", "1.0.0", "one")))["Subnet"]["SubnetId"]
subnet2 = ec2.create_subnet(VpcId=vpc, CidrBlock="10.60.2.0/24", AvailabilityZone=region + "b", **spec("subnet", tags("network", "1.0.0", "two")))["Subnet"]["SubnetId"]
stays += [["AWS::EC2::VPC", vpc], ["AWS::EC2::Subnet", subnet], ["AWS::EC2::Subnet", subnet2]]


def app(name, version, going):
    """One version of an app, with something of most kinds, in the shared network."""
    into = gone if going else stays
    stem = f"{name}-{version[0]}"

    def t(particle):
        return tags(name, version, particle)

    def put(typ, id_):
        into.append([typ, id_])
        if going:
            of[name].append([typ, id_])
        return [typ, id_]

    sg = put("AWS::EC2::SecurityGroup", ec2.create_security_group(GroupName=stem, Description=stem, VpcId=vpc, **spec("security-group", t("sg")))["GroupId"])
    peer = put("AWS::EC2::SecurityGroup", ec2.create_security_group(GroupName=stem + "-db", Description=stem, VpcId=vpc, **spec("security-group", t("db-sg")))["GroupId"])
    for a, b in ((sg, peer), (peer, sg)):  # each lets the other in: a ring
        ec2.authorize_security_group_ingress(GroupId=a[1], IpPermissions=[{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": b[1]}]}])
    iam.create_role(RoleName=stem, AssumeRolePolicyDocument=TRUST, Tags=pairs(t("role")))
    role = put("AWS::IAM::Role", stem)
    policy = put("AWS::IAM::ManagedPolicy", iam.create_policy(PolicyName=stem, PolicyDocument=POLICY, Tags=pairs(t("policy")))["Policy"]["Arn"])
    iam.attach_role_policy(RoleName=stem, PolicyArn=policy[1])
    iam.put_role_policy(RoleName=stem, PolicyName="own", PolicyDocument=POLICY)
    iam.create_instance_profile(InstanceProfileName=stem, Tags=pairs(t("profile")))
    iam.add_role_to_instance_profile(InstanceProfileName=stem, RoleName=stem)
    profile = put("AWS::IAM::InstanceProfile", stem)
    run = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[sg[1]],
                            IamInstanceProfile={"Name": stem}, **spec("instance", t("web")))
    web = put("AWS::EC2::Instance", run["Instances"][0]["InstanceId"])
    if going:
        parts.extend(d["Ebs"]["VolumeId"] for d in run["Instances"][0]["BlockDeviceMappings"])
    address = ec2.allocate_address(Domain="vpc", **spec("elastic-ip", t("ip")))
    ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=web[1])
    ip = put("AWS::EC2::EIP", address["PublicIp"] + "|" + address["AllocationId"])
    volume = put("AWS::EC2::Volume", ec2.create_volume(AvailabilityZone=region + "a", Size=8, **spec("volume", t("data")))["VolumeId"])
    if not drawable:
        lam.create_function(FunctionName=stem, Runtime="python3.12", Role=f"arn:aws:iam::123456789012:role/{stem}", Handler="index.handler",
                            Code={"ZipFile": b"PK\x05\x06" + b"\0" * 18}, Tags=t("fn"), VpcConfig={"SubnetIds": [subnet], "SecurityGroupIds": [sg[1]]})
        fn = put("AWS::Lambda::Function", stem)
    queue = put("AWS::SQS::Queue", sqs.create_queue(QueueName=stem, tags=t("jobs"))["QueueUrl"])
    topic = put("AWS::SNS::Topic", sns.create_topic(Name=stem, Tags=pairs(t("events")))["TopicArn"])
    rule = put("AWS::Events::Rule", events.put_rule(Name=stem, ScheduleExpression="rate(1 day)", Tags=pairs(t("nightly")))["RuleArn"])
    events.put_targets(Rule=stem, Targets=[{"Id": "fn", "Arn": f"arn:aws:lambda:{region}:123456789012:function:{stem}"}])
    logs.create_log_group(logGroupName="/acme/" + stem, tags=t("logs"))
    group = put("AWS::Logs::LogGroup", "/acme/" + stem)
    ddb.create_table(TableName=stem, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                     KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], Tags=pairs(t("table")))
    table = put("AWS::DynamoDB::Table", stem)
    if not drawable:
        rds.create_db_instance(DBInstanceIdentifier=stem, Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20, MasterUsername="shop",
                               MasterUserPassword="hunter2hunter2", VpcSecurityGroupIds=[peer[1]], Tags=pairs(t("db")))
        db = put("AWS::RDS::DBInstance", stem)
    bucket = "acme-" + stem
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": pairs(t("files"))})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="a")
    files = put("AWS::S3::Bucket", bucket)
    if going:
        for earlier, later in ((web, profile), (web, sg), (profile, role), *(() if drawable else ((fn, role), (rule, fn), (db, peer), (fn, sg)))):
            first(earlier, later)


app("orders", "1.0.0", True)
app("orders", "2.0.0", False)
app("reports", "1.0.0", True)
app("billing", "1.0.0", False)

# Nobody's, AWS's own, protected, of a version or an app that nobody knows, and the state of the reaper.
stays.append(["AWS::EC2::Volume", ec2.create_volume(AvailabilityZone=region + "a", Size=1)["VolumeId"]])
stays.append(["AWS::SQS::Queue", sqs.create_queue(QueueName="nobodys")["QueueUrl"]])
stays.append(["AWS::SQS::Queue", sqs.create_queue(QueueName="kept", tags={**tags("reports", "1.0.0", "kept"), "pcf:protect": "true"})["QueueUrl"]])
stays.append(["AWS::SQS::Queue", sqs.create_queue(QueueName="unknown-version", tags=tags("orders", "0.9.0", "jobs"))["QueueUrl"]])
stays.append(["AWS::SQS::Queue", sqs.create_queue(QueueName="unknown-app", tags=tags("ghost", "1.0.0", "jobs"))["QueueUrl"]])
stays.append(["AWS::EC2::VPC", ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]])
s3.create_bucket(Bucket="acme-reaper-state", CreateBucketConfiguration={"LocationConstraint": region})
stays.append(["AWS::S3::Bucket", "acme-reaper-state"])
print(json.dumps({"gone": of, "stays": stays, "before": before, "parts": parts}))

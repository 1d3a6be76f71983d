#!/usr/bin/env python3
"""Makes account.json: the recorded development account of acme, a company that does not exist.

The file has the form that `pcf-scan inventory --include properties --format json` writes for
a real account, so `--live snapshot:account.json` reads it like any other recording. Nothing
is random: the same script makes the same bytes.

    python3 testdata/demo/generate.py           writes account.json
    python3 testdata/demo/generate.py --check   says whether account.json is up to date

What the reader of the demo should find (the declarations stand in apps/):

* orders runs in two versions side by side, 1.4.2 and 2.0.0; its log group still carries 1.4.1.
* billing was drifted by hand, has a public database, and shares a claim on a table.
* reports was retired by its tombstone; all that it left behind is orphaned.
* a shared network is passed into the apps; a platform team runs things that nobody declares.
* leftovers: disks, addresses and groups attached to nothing, a public bucket, an old user.
* AWS's own: default networks, service-linked roles, managed keys.
* one place could not be read: the queues of us-east-1. An honest report says so first.
"""

import hashlib
import json
import pathlib
import sys

ACCOUNT = "111122223333"
HOME, AWAY, GLOBAL = "eu-west-1", "us-east-1", "global"
OUTPUT = pathlib.Path(__file__).with_name("account.json")

# The property paths that the readers cannot return: they are unread, which is not "not set".
UNREAD = {
    "AWS::DynamoDB::Table": "/ContributorInsightsSpecification /GlobalSecondaryIndexes/*/ContributorInsightsSpecification /ImportSourceSpecification /KinesisStreamSpecification /ResourcePolicy /StreamSpecification/ResourcePolicy",
    "AWS::EC2::EIP": "/Address /IpamPoolId /TransferAddress",
    "AWS::EC2::Instance": "/AdditionalInfo /BlockDeviceMappings/*/NoDevice /BlockDeviceMappings/*/VirtualName /CreditSpecification /DisableApiTermination /ElasticGpuSpecifications /ElasticInferenceAccelerators /InstanceInitiatedShutdownBehavior /LaunchTemplate /LicenseSpecifications /PropagateTagsToVolumeOnCreation /SsmAssociations /UserData",
    "AWS::EC2::SecurityGroup": "/SecurityGroupIngress/*/SourceSecurityGroupName /SecurityGroupIngress/*/SourceSecurityGroupOwnerId",
    "AWS::IAM::User": "/LoginProfile",
    "AWS::KMS::Key": "/BypassPolicyLockoutSafetyCheck /PendingWindowInDays /RotationPeriodInDays",
    "AWS::Lambda::Function": "/Code /CodeSigningConfigArn /RuntimeManagementConfig",
    "AWS::Logs::LogGroup": "/DataProtectionPolicy",
    "AWS::RDS::DBInstance": "/AllowMajorVersionUpgrade /ApplyImmediately /DBSnapshotIdentifier /DeleteAutomatedBackups /MasterUserPassword /TdeCredentialPassword",
    "AWS::S3::Bucket": "/AccelerateConfiguration /AccessControl /CorsConfiguration /InventoryConfigurations /MetricsConfigurations /NotificationConfiguration /ReplicationConfiguration /WebsiteConfiguration",
}

resources = []


def identifier(prefix, name):
    """A stable id in the form that AWS gives: the same name has the same id for ever."""
    return f"{prefix}-0{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def add(type_, id_, tags=None, region=HOME, created="2026-03-02T09:00:00Z", arn=None, name=None, state=None, foreign=None, tag_property=True, **properties):
    """Adds one resource; properties are in CloudFormation's shape, None leaves one out."""
    tags = tags or {}
    properties = {k: v for k, v in properties.items() if v is not None}
    if tags and tag_property:
        properties["Tags"] = [{"Key": k, "Value": v} for k, v in sorted(tags.items())]
    entry = {
        "type": type_, "id": id_, "arn": arn, "name": tags.get("Name") or name,
        "account": ACCOUNT, "region": region, "created": created, "state": state, "foreign": foreign,
        "tags": dict(sorted(tags.items())), "unread": sorted(UNREAD.get(type_, "").split()),
        "properties": dict(sorted(properties.items())),
    }
    resources.append({k: v for k, v in entry.items() if v is not None})
    return id_


def own(app, version, particle, **more):
    """The tags by which an app version owns a resource."""
    return {"pcf:app": app, "pcf:environment": "dev", "pcf:version": version, "pcf:particle": particle, **more}


def arn(service, rest, region=HOME):
    return f"arn:aws:{service}:{'' if region == GLOBAL else region}:{ACCOUNT}:{rest}"


# One function per type, with the properties that matter; the rest is what AWS says of a
# resource on which nobody set anything.

def vpc(name, cidr, region=HOME, foreign=None, **more):
    id_ = identifier("vpc", name)
    add("AWS::EC2::VPC", id_, tags={} if foreign else {"Name": name}, region=region, foreign=foreign, state="available",
        arn=arn("ec2", f"vpc/{id_}", region), VpcId=id_, CidrBlock=cidr, EnableDnsHostnames=True, EnableDnsSupport=True, InstanceTenancy="default", **more)
    security_group(f"{name}/default", id_, "default VPC security group", [{"IpProtocol": "-1", "SourceSecurityGroupId": identifier("sg", f"{name}/default")}],
                   group_name="default", region=region, foreign="default security group of its VPC")
    return id_


def subnet(name, network, cidr, zone, public=False, region=HOME, foreign=None):
    id_ = identifier("subnet", name)
    return add("AWS::EC2::Subnet", id_, tags={} if foreign else {"Name": name}, region=region, foreign=foreign, state="available",
               arn=arn("ec2", f"subnet/{id_}", region), SubnetId=id_, VpcId=network, CidrBlock=cidr, AvailabilityZone=zone,
               MapPublicIpOnLaunch=public, AssignIpv6AddressOnCreation=False, EnableDns64=False, Ipv6Native=False)


ALL_OUT = [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]


def security_group(name, network, description, ingress, tags=None, region=HOME, group_name=None, foreign=None, created="2026-03-02T09:00:00Z"):
    id_ = identifier("sg", name)
    return add("AWS::EC2::SecurityGroup", id_, tags=tags, region=region, created=created, foreign=foreign, name=group_name or name,
               arn=arn("ec2", f"security-group/{id_}", region), Id=id_, GroupId=id_, GroupName=group_name or name, GroupDescription=description, VpcId=network,
               SecurityGroupIngress=ingress, SecurityGroupEgress=ALL_OUT)


def tcp(port, source, **more):
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": source, **more}


def from_group(port, group):
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "SourceSecurityGroupId": group}


def instance(name, network, where, groups, size="t3.small", tags=None, region=HOME, zone=None, state="running", address=None,
             profile=None, token="required", image="ami-0c1f2d3e4a5b60718", created="2026-03-02T09:10:00Z", private="10.20.1.10", application=None, disk="gp3"):
    """An instance with its root volume and its network interface."""
    id_, disk_id, nic = identifier("i", name), identifier("vol", f"{name}/root"), identifier("eni", f"{name}/0")
    zone = zone or region + "a"
    beside = {"application": application} if application else {}
    add("AWS::EC2::Instance", id_, tags={"Name": name, **(tags or {})}, region=region, created=created, state=state, arn=arn("ec2", f"instance/{id_}", region),
        InstanceId=id_, InstanceType=size, ImageId=image, AvailabilityZone=zone, VpcId=network, SubnetId=where, SecurityGroupIds=groups,
        PrivateIp=private, PrivateIpAddress=private, PublicIp=address, IamInstanceProfile=profile, EbsOptimized=False, Monitoring=False, SourceDestCheck=True, Tenancy="default",
        MetadataOptions={"HttpEndpoint": "enabled", "HttpTokens": token, "HttpPutResponseHopLimit": 1},
        NetworkInterfaces=[{"DeviceIndex": "0", "NetworkInterfaceId": nic, "SubnetId": where, "GroupSet": groups, "PrivateIpAddress": private,
                            "AssociatePublicIpAddress": address is not None, "DeleteOnTermination": True}],
        Volumes=[{"Device": "/dev/xvda", "VolumeId": disk_id}], State={"Code": "16" if state == "running" else "80", "Name": state})
    volume(f"{name}/root", 20, tags=beside, region=region, zone=zone, created=created, state="in-use", kind=disk)
    add("AWS::EC2::NetworkInterface", nic, tags=beside, region=region, created=created, state="in-use", arn=arn("ec2", f"network-interface/{nic}", region),
        Id=nic, Description="Primary network interface", GroupSet=groups, InterfaceType="interface", PrivateIpAddress=private, PrimaryPrivateIpAddress=private,
        PrivateIpAddresses=[{"Primary": True, "PrivateIpAddress": private}], SourceDestCheck=True, SubnetId=where, VpcId=network)
    return id_


def volume(name, size, tags=None, region=HOME, zone=None, created="2026-03-02T09:10:00Z", state="available", encrypted=True, kind="gp3"):
    id_ = identifier("vol", name)
    return add("AWS::EC2::Volume", id_, tags=tags, region=region, created=created, state=state, arn=arn("ec2", f"volume/{id_}", region),
               VolumeId=id_, AvailabilityZone=zone or region + "a", Size=size, VolumeType=kind, Encrypted=encrypted, MultiAttachEnabled=False,
               Iops=3000 if kind == "gp3" else size * 3, Throughput=125 if kind == "gp3" else None)


def address(ip, tags=None, region=HOME, instance_id=None):
    allocation = identifier("eipalloc", ip)
    return add("AWS::EC2::EIP", f"{ip}|{allocation}", tags=tags, region=region, created=None, arn=arn("ec2", f"elastic-ip/{allocation}", region),
               PublicIp=ip, AllocationId=allocation, Domain="vpc", InstanceId=instance_id, NetworkBorderGroup=region, PublicIpv4Pool="amazon")


CLOSED = {"BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": True}
ENCRYPTED = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}


def bucket(name, tags=None, versioning="Enabled", access=CLOSED, region=HOME, created="2026-03-02T09:05:00Z", days=None, policy=None):
    lifecycle = {"Rules": [{"Id": "expire", "Status": "Enabled", "Prefix": "", "ExpirationInDays": days}]} if days else None
    add("AWS::S3::Bucket", name, tags=tags, region=region, created=created, arn=f"arn:aws:s3:::{name}", name=name,
        BucketName=name, Arn=f"arn:aws:s3:::{name}", BucketEncryption=ENCRYPTED, LifecycleConfiguration=lifecycle, ObjectLockEnabled=False,
        VersioningConfiguration={"Status": versioning} if versioning else None, PublicAccessBlockConfiguration=access,
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    if policy:
        add("AWS::S3::BucketPolicy", name, region=region, created=None, name=name, Bucket=name, PolicyDocument={"Version": "2012-10-17", "Statement": policy})
    return name


def tls_only(name):
    return [{"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]


def trust(*services):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": list(services) if len(services) > 1 else services[0]}, "Action": "sts:AssumeRole"}]}


def allow(actions, *on):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": list(on) if len(on) > 1 else on[0]}]}


def role(name, trusts, tags=None, policies=(), managed=(), path="/", foreign=None, created="2026-03-02T09:01:00Z", description=None):
    return add("AWS::IAM::Role", name, tags=tags, region=GLOBAL, created=created, foreign=foreign, name=name, arn=arn("iam", f"role{path}{name}", GLOBAL),
               RoleName=name, Arn=arn("iam", f"role{path}{name}", GLOBAL), RoleId="AROA" + hashlib.sha256(name.encode()).hexdigest()[:17].upper(), Path=path,
               AssumeRolePolicyDocument=trusts, MaxSessionDuration=3600, Description=description,
               Policies=[{"PolicyName": n, "PolicyDocument": d} for n, d in policies], ManagedPolicyArns=sorted(managed))


def managed_policy(name, document, tags=None, roles=(), users=(), created="2026-03-02T09:02:00Z"):
    a = arn("iam", f"policy/{name}", GLOBAL)
    # CloudFormation knows no tags on managed policies, IAM does.
    return add("AWS::IAM::ManagedPolicy", a, tags=tags, region=GLOBAL, created=created, name=name, arn=a, tag_property=False,
               ManagedPolicyName=name, PolicyArn=a, Path="/", PolicyDocument=document, Roles=list(roles), Users=list(users), Groups=[],
               AttachmentCount=len(roles) + len(users), IsAttachable=True, DefaultVersionId="v1")


def user(name, tags=None, policies=(), managed=(), groups=(), created="2026-03-02T09:03:00Z"):
    return add("AWS::IAM::User", name, tags=tags, region=GLOBAL, created=created, name=name, arn=arn("iam", f"user/{name}", GLOBAL),
               UserName=name, Arn=arn("iam", f"user/{name}", GLOBAL), Path="/", Groups=list(groups), ManagedPolicyArns=sorted(managed),
               Policies=[{"PolicyName": n, "PolicyDocument": d} for n, d in policies])


def database(name, groups, tags=None, public=False, encrypted=True, backup=7, engine="postgres", created="2026-03-02T09:20:00Z", size="db.t4g.small", state="available", multi=False):
    return add("AWS::RDS::DBInstance", name, tags=tags, created=created, state=state, name=name, arn=arn("rds", f"db:{name}"),
               DBInstanceIdentifier=name, DBInstanceArn=arn("rds", f"db:{name}"), DBInstanceClass=size, Engine=engine, EngineVersion="17.4", AllocatedStorage="50",
               MasterUsername="acme", PubliclyAccessible=public, StorageEncrypted=encrypted, StorageType="gp3", MultiAZ=multi, BackupRetentionPeriod=backup,
               DeletionProtection=False, AutoMinorVersionUpgrade=True, CopyTagsToSnapshot=True, EnableIAMDatabaseAuthentication=False, MonitoringInterval=0,
               ManageMasterUserPassword=True, DBSubnetGroupName="acme-private", VPCSecurityGroups=groups, Port="5432", PreferredBackupWindow="02:00-03:00")


def table(name, tags=None, key="id", recovery=True, region=HOME, created="2026-03-02T09:15:00Z"):
    return add("AWS::DynamoDB::Table", name, tags=tags, region=region, created=created, state="ACTIVE", name=name, arn=arn("dynamodb", f"table/{name}", region),
               TableName=name, Arn=arn("dynamodb", f"table/{name}", region), BillingMode="PAY_PER_REQUEST", TableClass="STANDARD", DeletionProtectionEnabled=False,
               AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}], KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
               PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": recovery})


def function(name, role_name, tags=None, runtime="python3.13", memory=256, region=HOME, subnets=(), groups=(), created="2026-03-02T09:25:00Z", environment=None, timeout=30):
    return add("AWS::Lambda::Function", name, tags=tags, region=region, created=created, state="Active", name=name, arn=arn("lambda", f"function:{name}", region),
               FunctionName=name, Arn=arn("lambda", f"function:{name}", region), Runtime=runtime, Handler="app.handler", MemorySize=memory, Timeout=timeout,
               Role=arn("iam", f"role/{role_name}", GLOBAL), Architectures=["arm64"], PackageType="Zip", TracingConfig={"Mode": "PassThrough"}, EphemeralStorage={"Size": 512},
               VpcConfig={"SubnetIds": list(subnets), "SecurityGroupIds": list(groups)} if subnets else None,
               Environment={"Variables": environment} if environment else None)


def queue(name, tags=None, encrypted=True, region=HOME, created="2026-03-02T09:12:00Z", dead_letters=None, visibility=30, retention=345600):
    url = f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{name}"
    return add("AWS::SQS::Queue", url, tags=tags, region=region, created=created, name=name, arn=arn("sqs", name, region),
               QueueName=name, QueueUrl=url, Arn=arn("sqs", name, region), SqsManagedSseEnabled=encrypted, VisibilityTimeout=visibility, MessageRetentionPeriod=retention,
               DelaySeconds=0, MaximumMessageSize=262144, ReceiveMessageWaitTimeSeconds=0,
               RedrivePolicy={"deadLetterTargetArn": arn("sqs", dead_letters, region), "maxReceiveCount": 5} if dead_letters else None)


def topic(name, tags=None, key=None, region=HOME):
    a = arn("sns", name, region)
    return add("AWS::SNS::Topic", a, tags=tags, region=region, created=None, name=name, arn=a, TopicArn=a, TopicName=name, KmsMasterKeyId=key, FifoTopic=False)


def log_group(name, tags=None, days=30, region=HOME, created="2026-03-02T09:11:00Z"):
    return add("AWS::Logs::LogGroup", name, tags=tags, region=region, created=created, name=name, arn=arn("logs", f"log-group:{name}", region),
               LogGroupName=name, Arn=arn("logs", f"log-group:{name}:*", region), RetentionInDays=days, LogGroupClass="STANDARD", DeletionProtectionEnabled=False)


def key(name, tags=None, rotation=True, region=HOME, foreign=None, statement=None, description=None):
    h = hashlib.sha256(name.encode()).hexdigest()
    id_ = f"{h[:8]}-{h[8:12]}-4{h[13:16]}-8{h[17:20]}-{h[20:32]}"
    root = {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    return add("AWS::KMS::Key", id_, tags=tags, region=region, state="Enabled", foreign=foreign, name=name, arn=arn("kms", f"key/{id_}", region), created="2026-03-02T09:00:30Z",
               KeyId=id_, Arn=arn("kms", f"key/{id_}", region), Description=description or name, Enabled=True, EnableKeyRotation=rotation, KeySpec="SYMMETRIC_DEFAULT", KeyUsage="ENCRYPT_DECRYPT",
               MultiRegion=False, Origin="AWS_KMS", KeyPolicy={"Version": "2012-10-17", "Statement": [root] + (statement or [])})


def shared_network():
    network = vpc("acme-dev", "10.20.0.0/16")
    names = {}
    for i, zone in enumerate("abc"):
        names[f"private-{zone}"] = subnet(f"acme-dev-private-{zone}", network, f"10.20.{i + 1}.0/24", HOME + zone)
        names[f"public-{zone}"] = subnet(f"acme-dev-public-{zone}", network, f"10.20.{i + 101}.0/24", HOME + zone, public=True)
    return network, names


def orders(network, subnets):
    t = lambda particle, **more: own("orders", "1.4.2", particle, **more)
    private = subnets["private-a"]
    web = security_group("orders-1.4.2-web", network, "orders web tier", [
        tcp(443, "10.0.0.0/8", Description="inside only"),
        tcp(22, "0.0.0.0/0", Description="temporary, bob"),  # drift: opened by hand
    ], tags=t("web-sg"))
    security_group("orders-1.4.2-db", network, "orders data tier", [from_group(5432, web)], tags=t("db-sg"))
    instance("orders-1.4.2-web", network, private, [web], tags=t("web"), private="10.20.1.11", application="orders", profile="orders-1.4.2-web")
    instance("orders-1.4.2-worker", network, private, [web], tags=t("worker"), private="10.20.1.12", application="orders", state="stopped")  # drift: declared running
    role("orders-1.4.2-web", trust("ec2.amazonaws.com"), tags=t("web-role"), policies=[("carts", allow(["dynamodb:GetItem", "dynamodb:PutItem"], arn("dynamodb", "table/orders-1.4.2-carts")))])
    role("orders-1.4.2-checkout", trust("lambda.amazonaws.com"), tags=t("checkout-role"), policies=[("events", allow("sns:Publish", arn("sns", "orders-1.4.2-events")))])
    function("orders-1.4.2-checkout", "orders-1.4.2-checkout", tags=t("checkout"), memory=512, environment={"TABLE": "orders-1.4.2-carts"})  # drift: memory declared 256
    table("orders-1.4.2-carts", tags=t("carts"))
    queue("orders-1.4.2-jobs-dead", tags=t("jobs-dead"))
    queue("orders-1.4.2-jobs", tags=t("jobs"), dead_letters="orders-1.4.2-jobs-dead")
    topic("orders-1.4.2-events", tags=t("events"), key="alias/aws/sns")
    bucket("acme-dev-orders-1-4-2-assets", tags=t("assets"), policy=tls_only("acme-dev-orders-1-4-2-assets"))
    log_group("/acme/dev/orders/web", tags=own("orders", "1.4.1", "web-logs"))  # an upgrade in place: the tags still say 1.4.1
    log_group("/aws/lambda/orders-1.4.2-checkout", tags=t("checkout-logs"))
    key("orders-1.4.2-data", tags=t("data-key"))

    t = lambda particle, **more: own("orders", "2.0.0", particle, **more)
    api = security_group("orders-2.0.0-api", network, "orders api", [tcp(443, "10.0.0.0/8")], tags=t("api-sg"))
    for n, ip in (("a", "10.20.1.21"), ("b", "10.20.2.21")):
        instance(f"orders-2.0.0-api-{n}", network, subnets[f"private-{n}"], [api], tags=t(f"api-{n}"), zone=HOME + n, private=ip, application="orders", profile="orders-2.0.0-api")
    role("orders-2.0.0-api", trust("ec2.amazonaws.com"), tags=t("api-role"), policies=[("carts", allow("dynamodb:*", arn("dynamodb", "table/orders-2.0.0-carts")))])
    role("orders-2.0.0-checkout", trust("lambda.amazonaws.com"), tags=t("checkout-role"), policies=[("events", allow("sns:Publish", arn("sns", "orders-2.0.0-events")))])
    function("orders-2.0.0-checkout", "orders-2.0.0-checkout", tags=t("checkout"), subnets=[subnets["private-a"], subnets["private-b"]], groups=[api])
    table("orders-2.0.0-carts", tags=t("carts"))
    queue("orders-2.0.0-jobs", tags=t("jobs"))
    queue("orders-2.0.0-jobs-loadtest", tags=t("jobs"))  # drift: a copy that kept the tags makes the particle ambiguous
    topic("orders-2.0.0-events", tags=t("events"), key="alias/aws/sns")
    bucket("acme-dev-orders-2-0-0-assets", tags=t("assets"), policy=tls_only("acme-dev-orders-2-0-0-assets"))
    log_group("/acme/dev/orders/api", tags=t("api-logs"))
    log_group("/aws/lambda/orders-2.0.0-checkout", tags=t("checkout-logs"))
    key("orders-2.0.0-data", tags=t("data-key"))
    # Declared and not here: the queue for returns.

    # What earlier versions and removed particles left behind.
    table("orders-1.3.0-sessions", tags=own("orders", "1.3.0", "sessions"), recovery=False, created="2025-06-11T08:00:00Z")
    queue("orders-1.3.0-mail", tags=own("orders", "1.3.0", "mail"), encrypted=False, created="2025-06-11T08:00:00Z")
    function("orders-1.4.2-beta-flags", "orders-1.4.2-checkout", tags=own("orders", "1.4.2", "beta-flags"), runtime="python3.9")
    table("orders-1.4.1-audit", tags=own("orders", "1.4.1", "audit"), created="2026-01-20T08:00:00Z")  # 1.4.1 is neither active nor retired


def billing(network, subnets):
    t = lambda particle, **more: own("billing", "3.1.0", particle, **more)
    group = security_group("billing-db", network, "billing database", [tcp(5432, "10.20.0.0/16"), tcp(5432, "203.0.113.0/24", Description="auditor")], tags=t("db-sg"))  # drift: the auditor
    app = security_group("billing-app", network, "billing app", [tcp(8443, "10.20.0.0/16")], tags=t("app-sg"))
    database("billing-dev", [group], tags=t("database"), public=True)  # declared so: a finding, not drift
    instance("billing-app", network, subnets["private-b"], [app], tags=t("app"), zone=HOME + "b", private="10.20.2.31", application="billing", profile="billing-app")
    role("billing-app", trust("ec2.amazonaws.com"), tags=t("app-role"), managed=[arn("iam", "policy/billing-app", GLOBAL)])
    managed_policy("billing-app", allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-dev-billing-invoices/*"), tags=t("app-policy"), roles=["billing-app"])
    bucket("acme-dev-billing-invoices", tags=t("invoices"), versioning="Suspended", policy=tls_only("acme-dev-billing-invoices"))  # drift: versioning was on
    table("billing-ledger", tags=own("orders", "2.0.0", "ledger"))  # contested: billing writes its name as id, the tags say orders
    topic("billing-paid", tags=t("paid"), key="alias/aws/sns")
    log_group("/acme/dev/billing/app", tags=t("app-logs"), days=90)
    # The dunning part is declared in a CloudFormation template.
    queue("billing-dunning-dead", tags=t("DeadLetters"), retention=1209600)
    queue("billing-dunning", tags=t("Reminders"), dead_letters="billing-dunning-dead", visibility=180)
    role("billing-dunning", trust("lambda.amazonaws.com"), tags=t("DunningRole"), policies=[("queue", allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"], arn("sqs", "billing-dunning")))])
    function("billing-dunning", "billing-dunning", tags=t("Dunning"), timeout=60)
    log_group("/aws/lambda/billing-dunning", tags=t("DunningLogs"), days=14)


def reports(network, subnets):
    """Retired on 2026-09-30; what is still here is orphaned."""
    t = lambda particle, **more: own("reports", "0.9.0", particle, **more)
    old = "2025-02-03T10:00:00Z"
    group = security_group("reports-db", network, "reports database", [tcp(5432, "0.0.0.0/0")], tags=t("db-sg"), created=old)
    database("reports-dev", [group], tags=t("database"), encrypted=False, backup=0, created=old, size="db.m6g.large")
    instance("reports-builder", network, subnets["private-c"], [group], size="m6i.xlarge", tags=t("builder"), zone=HOME + "c", private="10.20.3.41", application="reports", token="optional", created=old)
    volume("reports-scratch", 500, tags=t("scratch"), zone=HOME + "c", created=old, encrypted=False, kind="gp2")
    bucket("acme-dev-reports-archive", tags=t("archive"), versioning=None, created=old, policy=tls_only("acme-dev-reports-archive"))
    role("reports-nightly", trust("lambda.amazonaws.com"), tags=t("nightly-role"), policies=[("all", allow("*", "*"))], created=old)
    function("reports-nightly", "reports-nightly", tags=t("nightly"), runtime="python3.8", created=old)
    log_group("/aws/lambda/reports-nightly", tags=t("nightly-logs"), days=None, created=old)
    queue("reports-export", tags=t("export"), encrypted=False, created=old)
    topic("reports-done", tags=t("done"))
    table("reports-runs", tags=t("runs"), recovery=False, created=old)
    key("reports-data", tags=t("data-key"), rotation=False)


def platform(network, subnets):
    """The platform team's own things, built by hand and declared nowhere."""
    team = {"team": "platform"}
    bastion = security_group("bastion", network, "ssh for operators", [tcp(22, "0.0.0.0/0")], tags={"Name": "bastion", **team})
    host = instance("bastion", network, subnets["public-a"], [bastion], size="t3.micro", tags=team, address="198.51.100.10", private="10.20.101.5")
    address("198.51.100.10", tags={"Name": "bastion", **team}, instance_id=host)
    runners = security_group("ci-runners", network, "ci runners", [], tags={"Name": "ci-runners", **team})
    for n, ip in (("1", "10.20.2.61"), ("2", "10.20.2.62")):
        instance(f"ci-runner-{n}", network, subnets["private-b"], [runners], size="c7i.large", tags=team, zone=HOME + "b", private=ip, profile="ci-runner")
    security_group("acme-dev-endpoints", network, "interface endpoints", [tcp(443, "10.20.0.0/16")], tags=team)
    bucket("acme-dev-cloudtrail", tags=team, policy=tls_only("acme-dev-cloudtrail") + [
        {"Sid": "Trail", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::acme-dev-cloudtrail/AWSLogs/{ACCOUNT}/*",
         "Condition": {"StringEquals": {"aws:SourceArn": arn("cloudtrail", "trail/acme-dev")}}}])
    bucket("acme-dev-terraform-state", tags=team, policy=tls_only("acme-dev-terraform-state"))
    bucket("acme-dev-artifacts", tags=team, days=90)
    table("terraform-locks", tags=team, key="LockID")
    role("ci-deployer", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"},
         "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}}]}, tags=team, managed=[arn("iam", "policy/ci-deployer", GLOBAL)])
    managed_policy("ci-deployer", allow("*", "*"), tags=team, roles=["ci-deployer"])
    role("ci-runner", trust("ec2.amazonaws.com"), tags=team, managed=["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"])
    role("cost-report", trust("lambda.amazonaws.com"), tags=team, policies=[("read", allow(["ce:Get*"], "*"))])
    managed_policy("developer", allow(["ec2:Describe*", "s3:List*", "logs:*"], "*"), tags=team, users=["alice"])
    user("alice", tags=team, managed=[arn("iam", "policy/developer", GLOBAL)])
    function("cost-report", "cost-report", tags=team)
    log_group("/aws/lambda/cost-report", tags=team)
    log_group("/acme/dev/flow-logs", tags=team, days=90)
    log_group("/acme/dev/cloudtrail", tags=team, days=365)
    topic("platform-alerts", tags=team, key="alias/aws/sns")
    queue("platform-events", tags=team)
    key("platform", tags=team)


def leftovers(network, subnets):
    """What nobody remembers: no tags, no owner, still there and still paid for."""
    for n, (size, year) in enumerate([(100, 2023), (8, 2024), (250, 2024), (30, 2025), (500, 2025)]):
        volume(f"left-{n}", size, created=f"{year}-05-1{n}T12:00:00Z", encrypted=n > 2, kind="gp2")
    for ip in ("198.51.100.21", "198.51.100.22", "198.51.100.23"):
        address(ip)
    wizard = security_group("launch-wizard-1", network, "launch-wizard-1 created 2023-05-10", [tcp(22, "0.0.0.0/0"), tcp(3389, "0.0.0.0/0")], created="2023-05-10T12:00:00Z")
    security_group("test-open", network, "just testing", [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}, {"IpProtocol": "-1", "CidrIpv6": "::/0"}])
    instance("old-jenkins", network, subnets["public-b"], [wizard], size="t2.medium", zone=HOME + "b", state="stopped", token="optional", private="10.20.102.9", created="2023-05-10T12:05:00Z", disk="gp2")
    for n in (1, 2):
        nic = identifier("eni", f"left-{n}")
        add("AWS::EC2::NetworkInterface", nic, state="available", created=None, arn=arn("ec2", f"network-interface/{nic}"), Id=nic, Description=f"old load test {n}", GroupSet=[wizard],
            InterfaceType="interface", PrivateIpAddress=f"10.20.3.{90 + n}", PrimaryPrivateIpAddress=f"10.20.3.{90 + n}", SourceDestCheck=True, SubnetId=subnets["private-c"], VpcId=network)
    bucket("acme-press-pictures", versioning=None, access=None, created="2022-08-01T07:00:00Z",
           policy=[{"Sid": "Everyone", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-press-pictures/*"}])
    bucket("acme-tmp-bob", versioning=None, created="2024-11-20T16:00:00Z")
    user("svc-legacy-deploy", policies=[("everything", allow("*", "*"))], created="2021-02-14T11:00:00Z")
    role("test-lambda-role-x7", trust("lambda.amazonaws.com"), created="2024-04-01T09:00:00Z")
    function("test-x7", "test-lambda-role-x7", runtime="nodejs16.x", created="2024-04-01T09:00:00Z")
    log_group("/aws/lambda/test-x7", days=None, created="2024-04-01T09:00:00Z")
    log_group("/aws/lambda/deleted-long-ago", days=None, created="2023-09-01T09:00:00Z")
    database("test-restore", [wizard], encrypted=False, backup=0, created="2025-07-08T15:00:00Z", public=True)
    topic("test-topic")
    queue("test-queue", encrypted=False, created="2025-07-08T15:00:00Z")
    key("test-key", rotation=False, statement=[{"Sid": "Everyone", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*"}])

    # Somebody tried something in another region.
    away = identifier("vpc", f"default-{AWAY}")
    group = security_group("gpu-trial", away, "gpu trial", [tcp(8888, "0.0.0.0/0")], region=AWAY)
    instance("gpu-trial", away, identifier("subnet", f"default-{AWAY}a"), [group], size="g5.xlarge", region=AWAY, state="stopped", token="optional", private="172.31.0.10", created="2026-08-14T22:00:00Z")
    table("trial", region=AWAY, recovery=False)


def aws_own():
    for region, zones in ((HOME, "abc"), (AWAY, "abc")):
        network = vpc(f"default-{region}", "172.31.0.0/16", region=region, foreign="default VPC")
        for i, zone in enumerate(zones):
            subnet(f"default-{region}{zone}", network, f"172.31.{i * 16}.0/20", region + zone, public=True, region=region, foreign="default subnet of its availability zone")
    for service in ("sns", "rds", "ebs"):
        key(f"aws/{service}", foreign="AWS-managed key", description=f"Default key that protects my {service.upper()} data when no other key is defined")
    for name, service in (("AWSServiceRoleForRDS", "rds.amazonaws.com"), ("AWSServiceRoleForSupport", "support.amazonaws.com"), ("AWSServiceRoleForTrustedAdvisor", "trustedadvisor.amazonaws.com")):
        role(name, trust(service), path=f"/aws-service-role/{service}/", foreign="service-linked role", created="2022-01-10T08:00:00Z")
    role("AWSReservedSSO_Developer_0a1b2c3d4e5f6071", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_DO_NOT_DELETE"},
         "Action": "sts:AssumeRoleWithSAML", "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}]},
         path="/aws-reserved/sso.amazonaws.com/", foreign="role reserved by AWS (IAM Identity Center)", created="2022-01-10T08:00:00Z")


def account():
    network, subnets = shared_network()
    for part in (orders, billing, reports, platform, leftovers):
        part(network, subnets)
    aws_own()
    keys = [(r["region"], r["type"], r["id"]) for r in resources]
    assert len(set(keys)) == len(keys), "two resources have one name"
    taken = "2026-10-31T23:00:00Z"
    head = {
        "schemaVersion": 1,
        "tool": {"name": "pcf-scan", "version": "demo"},
        "command": "inventory",
        "runId": "recorded-for-the-demo",
        "startedAt": taken,
        "finishedAt": taken,
        "scope": {"partition": "aws", "accounts": [ACCOUNT], "regions": [HOME, GLOBAL, AWAY], "types": sorted({r["type"] for r in resources})},
        "complete": False,
        "gaps": [{"account": ACCOUNT, "region": AWAY, "type": "AWS::SQS::Queue", "reason": "denied",
                  "message": "SQS.ListQueues: AccessDenied: the scanner's role may not call sqs:ListQueues in us-east-1; allow it and run again"}],
        "summary": {"resources": len(resources)},
    }
    # One resource a line: a change of the generator can be read in a diff.
    rows = ",\n".join("    " + json.dumps(r, ensure_ascii=False) for r in sorted(resources, key=lambda r: (r["region"], r["type"], r["id"])))
    return json.dumps(head, indent=2)[:-2] + ',\n  "resources": [\n' + rows + "\n  ]\n}\n"


if __name__ == "__main__":
    made = account()
    if sys.argv[1:] == ["--check"]:
        if not OUTPUT.exists() or OUTPUT.read_text() != made:
            sys.exit(f"{OUTPUT} is not what the generator makes; run python3 testdata/demo/generate.py")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        OUTPUT.write_text(made)

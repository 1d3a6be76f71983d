"""Seeds two accounts in three regions with at least 2,000 resources of at least 60 types, then
lists every one of those types with boto3, and prints what it listed as JSON:
{listing: [{account, region, type, id}], defaults: [...]}.

The listing is the oracle of the test, so it takes nothing from the seeding: what came along with
something else (the interface and the volume of an instance) is in it,
too. `defaults` is what nobody made: parts of a default VPC, of every VPC, and AWS's own. Each is
told apart by the listing's own answer. Services without regions are listed once per account,
under the region "global".

Where the emulator is not like AWS, and what the listing makes of it:
* DescribeSnapshots answers a thousand public ones, whatever owner is asked for, which takes long: snapshots
  are not here.
* Its task definitions, stacks and instances stay in the lists after their end; nothing is ended here.
* Its GetBucketLocation, like that of AWS, has no region for us-east-1.
* It does not know the notifications of Auto Scaling groups, the replications of file systems and the policies
  of backup vaults, which a scan asks for: these three types are not here.
* It has tags only of those workgroups of Athena that were made with some.
* Its call to describe search domains is a POST, which the proxy takes for a write: domains are not here.
* It does not confirm who manages the interface of a NAT gateway or a mount target, so these are
  listed as anybody's.
* Classic load balancers, access points and EMR clusters stand in the wrong region: not here.
"""

import concurrent.futures
import io
import json
import sys
import threading
import zipfile

import boto3

OWN, OTHER = "123456789012", "222222222222"
REGIONS = ["eu-west-1", "us-east-1", "ap-southeast-2"]
HOME = (OWN, REGIONS[0])  # where some types have more than one page
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
TEMPLATE = json.dumps({"Resources": {"Wait": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}})
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as archive:
    archive.writestr("index.py", "def handler(event, context): pass\n")
CODE = code.getvalue()


one_at_a_time = threading.Lock()  # boto3 does not make clients concurrently


class Place:
    """One account in one region, with its clients."""

    def __init__(self, account, region):
        self.account, self.region, self.clients, self.credentials = account, region, {}, {}
        if account != OWN:
            key = boto3.client("sts", region_name=region).assume_role(
                RoleArn=f"arn:aws:iam::{account}:role/reader", RoleSessionName="seed")["Credentials"]
            self.credentials = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"],
                                "aws_session_token": key["SessionToken"]}

    def __call__(self, service):
        if service not in self.clients:
            with one_at_a_time:
                self.clients[service] = boto3.client(service, region_name=self.region, **self.credentials)
        return self.clients[service]

    def arn(self, service, rest):
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"

    def many(self, few, more):
        return range(more if (self.account, self.region) == HOME else few)


def seed_network(at):
    """Returns a VPC, two subnets in different zones and a security group for others to use."""
    ec2, vpcs, subnets = at("ec2"), [], []
    for n in range(2):
        vpcs.append(ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"])
    vpc, peer = vpcs
    for n, zone in enumerate("abab"):
        subnets.append(ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=at.region + zone)["Subnet"]["SubnetId"])
    groups = [ec2.create_security_group(GroupName=f"group-{n}", Description="seeded", VpcId=vpc)["GroupId"] for n in at.many(4, 30)]
    image = ec2.register_image(Name="base", RootDeviceName="/dev/sda1")["ImageId"]  # to look for one of a thousand public ones takes long
    # One call, many resources: each instance has a volume, its attachment and an interface.
    instances = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=30, MaxCount=30, SubnetId=subnets[0],
                                  SecurityGroupIds=groups[:1])["Instances"]
    instance = instances[0]["InstanceId"]
    for n in range(8):
        ec2.create_volume(AvailabilityZone=at.region + "a", Size=8)
    for n in range(2):
        ec2.create_network_interface(SubnetId=subnets[1], Groups=groups[:1])
    ec2.create_image(InstanceId=instance, Name="golden")
    for n in range(3):
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=address, InstanceId=instance)

    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    egress = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=ec2.allocate_address(Domain="vpc")["AllocationId"])["NatGateway"]["NatGatewayId"]
    private = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpnGatewayId=private, VpcId=vpc)
    customer = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="203.0.113.7", BgpAsn=65010)["CustomerGateway"]["CustomerGatewayId"]
    ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=private)
    for n in range(2):
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **({"NatGatewayId": nat} if n else {"GatewayId": gateway}))
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[n])
    ec2.create_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId=egress)
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    for n in range(4):
        ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=100 + n, Protocol="6", RuleAction="allow", Egress=bool(n % 2),
                                     CidrBlock="0.0.0.0/0", PortRange={"From": 443, "To": 443})
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{at.region}.s3", VpcEndpointType="Gateway", RouteTableIds=[table])
    peering = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["orders.example"]}])
    transit = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=transit, VpcId=vpc, SubnetIds=[subnets[2]])
    at("logs").create_log_group(logGroupName="flow")
    ec2.create_flow_logs(ResourceType="VPC", ResourceIds=[vpc], TrafficType="ALL", LogGroupName="flow",
                         DeliverLogsPermissionArn=f"arn:aws:iam::{at.account}:role/role-0")
    ec2.create_managed_prefix_list(PrefixListName="offices", AddressFamily="IPv4", MaxEntries=2, Entries=[{"Cidr": "203.0.113.0/24"}])
    for n in range(2):
        ec2.create_key_pair(KeyName=f"key-{n}", KeyType="ed25519")  # RSA keys take the emulator long
        ec2.create_launch_template(LaunchTemplateName=f"template-{n}", LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro"})
    at("autoscaling").create_launch_configuration(LaunchConfigurationName="workers", ImageId=image, InstanceType="t3.micro")
    return vpc, subnets[:2], groups[0]


def seed_data(at, subnets):
    rds = at("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="orders", DBSubnetGroupDescription="Orders", SubnetIds=subnets)
    rds.create_db_parameter_group(DBParameterGroupName="orders", DBParameterGroupFamily="postgres16", Description="Orders")
    secret = {"MasterUsername": "root", "MasterUserPassword": "not-a-real-password"}
    rds.create_db_cluster(DBClusterIdentifier="orders", Engine="aurora-postgresql", **secret)
    for n in range(4):
        rds.create_db_instance(DBInstanceIdentifier=f"orders-{n}", Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20, **secret)
    for n in range(2):
        rds.create_db_snapshot(DBSnapshotIdentifier=f"orders-{n}", DBInstanceIdentifier="orders-0")
        at("dynamodb").create_table(TableName=f"orders-{n}", AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
                                    KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST")
    cache = at("elasticache")
    cache.create_cache_subnet_group(CacheSubnetGroupName="orders", CacheSubnetGroupDescription="Orders", SubnetIds=subnets)
    cache.create_cache_cluster(CacheClusterId="sessions", Engine="memcached", CacheNodeType="cache.t3.micro", NumCacheNodes=1)
    at("kinesis").create_stream(StreamName="orders", ShardCount=1)
    at("firehose").create_delivery_stream(DeliveryStreamName="archive", ExtendedS3DestinationConfiguration={
        "RoleARN": f"arn:aws:iam::{at.account}:role/role-0", "BucketARN": "arn:aws:s3:::archive"})
    efs = at("efs")
    files = efs.create_file_system(CreationToken="orders")["FileSystemId"]
    efs.create_mount_target(FileSystemId=files, SubnetId=subnets[0])
    redshift = at("redshift")
    redshift.create_cluster_subnet_group(ClusterSubnetGroupName="orders", Description="Orders", SubnetIds=subnets)
    redshift.create_cluster(ClusterIdentifier="warehouse", NodeType="ra3.large", MasterUsername="root", MasterUserPassword="Not-a-real-1",
                            ClusterSubnetGroupName="orders")
    glue = at("glue")
    glue.create_job(Name="nightly", Role="role-0", Command={"Name": "glueetl", "ScriptLocation": "s3://code/nightly.py"})
    glue.create_database(DatabaseInput={"Name": "orders"})
    at("athena").create_work_group(Name="orders", Tags=[{"Key": "team", "Value": "orders"}], Configuration={"ResultConfiguration": {"OutputLocation": "s3://results/"}})
    backup = at("backup")
    backup.create_backup_vault(BackupVaultName="orders")
    backup.create_backup_plan(BackupPlan={"BackupPlanName": "daily", "Rules": [{"RuleName": "daily", "TargetBackupVaultName": "orders"}]})
    s3 = at("s3")
    where = {} if at.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": at.region}}
    for n in range(2):
        s3.create_bucket(Bucket=f"files-{at.account}-{at.region}-{n}", **where)
    s3.put_bucket_policy(Bucket=f"files-{at.account}-{at.region}-0", Policy=ALLOW)
    return f"files-{at.account}-{at.region}-0"


def seed_services(at, vpc, subnets, group, bucket):
    role = f"arn:aws:iam::{at.account}:role/role-0"
    for n in at.many(5, 60):
        at("logs").create_log_group(logGroupName=f"/app/{n}")
        at("ssm").put_parameter(Name=f"/app/{n}", Value="x", Type="String")
    for n in range(4):
        at("cloudwatch").put_metric_alarm(AlarmName=f"alarm-{n}", MetricName="m", Namespace="n", Statistic="Sum", Period=60,
                                          EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold")
    sqs, sns = at("sqs"), at("sns")
    queues = [sqs.create_queue(QueueName=f"queue-{n}")["QueueUrl"] for n in range(4)]
    sqs.set_queue_attributes(QueueUrl=queues[0], Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "own", "Effect": "Allow", "Principal": {"AWS": at.account}, "Action": "sqs:SendMessage", "Resource": at.arn("sqs", "queue-0")}]})})
    topics = [sns.create_topic(Name=f"topic-{n}")["TopicArn"] for n in range(3)]
    sns.set_topic_attributes(TopicArn=topics[0], AttributeName="Policy", AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "own", "Effect": "Allow", "Principal": {"AWS": at.account}, "Action": "sns:Publish", "Resource": topics[0]}]}))
    sns.subscribe(TopicArn=topics[0], Protocol="sqs", Endpoint=at.arn("sqs", "queue-0"))
    functions = at("lambda")
    for n in range(2):
        functions.create_function(FunctionName=f"function-{n}", Runtime="python3.13", Role=role, Handler="index.handler", Code={"ZipFile": CODE})
        functions.add_permission(FunctionName="function-0", StatementId=f"from-{n}", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
        functions.publish_layer_version(LayerName="shared", Content={"ZipFile": CODE})
    functions.create_event_source_mapping(FunctionName="function-0", EventSourceArn=at.arn("sqs", "queue-1"))
    key = at("kms").create_key()["KeyMetadata"]["KeyId"]
    at("kms").create_alias(AliasName="alias/orders", TargetKeyId=key)
    for n in range(3):
        at("secretsmanager").create_secret(Name=f"secret-{n}", SecretString="not-a-real-secret")
        at("ecr").create_repository(repositoryName=f"orders/{n}")
    ecs = at("ecs")
    ecs.create_cluster(clusterName="orders", tags=[{"key": "team", "value": "orders"}])
    for n in range(2):
        ecs.register_task_definition(family="web", containerDefinitions=[{"name": "web", "image": "web", "memory": 128}])
        ecs.create_service(cluster="orders", serviceName=f"web-{n}", taskDefinition="web", desiredCount=0)
    at("eks").create_cluster(name="orders", roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
    at("eks").create_nodegroup(clusterName="orders", nodegroupName="nodes", nodeRole=role, subnets=subnets)
    elb = at("elbv2")
    balancer = elb.create_load_balancer(Name="web", Subnets=subnets, SecurityGroups=[group])["LoadBalancers"][0]["LoadBalancerArn"]
    for n in range(2):
        targets = elb.create_target_group(Name=f"web-{n}", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
        elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80 + n, DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}])
    events = at("events")
    events.create_event_bus(Name="orders")
    for n in range(2):
        events.put_rule(Name=f"rule-{n}", EventBusName=("default", "orders")[n], EventPattern='{"source": ["orders"]}')
    at("stepfunctions").create_state_machine(name="orders", roleArn=role, definition=json.dumps(
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}))
    at("acm").request_certificate(DomainName="orders.example", ValidationMethod="DNS")
    # The one of the home region is seen from the others, too, and belongs to one all the same.
    at("cloudtrail").create_trail(Name=f"audit-{at.region}", S3BucketName=bucket, IsMultiRegionTrail=at.region == REGIONS[0])
    config = at("config")
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    config.put_config_rule(ConfigRule={"ConfigRuleName": "tagged", "Source": {"Owner": "AWS", "SourceIdentifier": "REQUIRED_TAGS"},
                                        "InputParameters": json.dumps({"tag1Key": "owner"})})
    at("guardduty").create_detector(Enable=True)
    at("apigateway").create_rest_api(name="orders")
    at("apigatewayv2").create_api(Name="web", ProtocolType="HTTP")
    at("cognito-idp").create_user_pool(PoolName="shoppers")
    for n in range(2):
        at("cloudformation").create_stack(StackName=f"stack-{n}", TemplateBody=TEMPLATE)
    at("sagemaker").create_notebook_instance(NotebookInstanceName="lab", InstanceType="ml.t3.medium", RoleArn=role)
    at("codebuild").create_project(name="orders", source={"type": "S3", "location": "bucket/path"}, serviceRole=role, artifacts={"type": "NO_ARTIFACTS"},
                                   environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"})
    at("wafv2").create_web_acl(Name="orders", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig={
        "SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "orders"})


def seed_unlisted(at, subnets):
    """One each of some types that are not listed below, so that a scan of all types has details to ask for."""
    at("autoscaling").create_auto_scaling_group(AutoScalingGroupName="workers", LaunchConfigurationName="workers", MinSize=0, MaxSize=1,
                                                DesiredCapacity=0, VPCZoneIdentifier=subnets[0])
    at("emr").run_job_flow(Name="reports", Instances={"InstanceGroups": [
        {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}], "KeepJobFlowAliveWhenNoSteps": True})
    at("opensearch").create_domain(DomainName="catalogue", EngineVersion="OpenSearch_2.11")
    at("memorydb").create_subnet_group(SubnetGroupName="orders", SubnetIds=subnets)
    at("memorydb").create_cluster(ClusterName="carts", NodeType="db.t4g.small", ACLName="open-access", SubnetGroupName="orders")
    at("elb").create_load_balancer(LoadBalancerName="old", AvailabilityZones=[at.region + "a"], Listeners=[
        {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}])
    at("dax").create_cluster(ClusterName="orders", NodeType="dax.t3.small", ReplicationFactor=1, IamRoleArn=f"arn:aws:iam::{at.account}:role/role-0")
    at("rds").create_db_cluster_snapshot(DBClusterIdentifier="orders", DBClusterSnapshotIdentifier="whole")
    at("glacier").create_vault(vaultName="orders")


def seed_region(at):
    vpc, subnets, group = seed_network(at)
    seed_services(at, vpc, subnets, group, seed_data(at, subnets))
    if (at.account, at.region) == (OTHER, REGIONS[0]):
        seed_unlisted(at, subnets)


def seed_global(at):
    iam = at("iam")
    for n in range(12):
        iam.create_role(RoleName=f"role-{n}", AssumeRolePolicyDocument=TRUST)
    for n in range(6):
        policy = iam.create_policy(PolicyName=f"policy-{n}", PolicyDocument=ALLOW)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=f"role-{n}", PolicyArn=policy)
        iam.create_user(UserName=f"user-{n}")
        iam.create_access_key(UserName=f"user-{n}")
        iam.create_group(GroupName=f"group-{n}")
        iam.create_instance_profile(InstanceProfileName=f"profile-{n}")
    iam.create_service_linked_role(AWSServiceName="elasticmapreduce.amazonaws.com")
    iam.create_open_id_connect_provider(Url="https://token.example.com", ClientIDList=["x"], ThumbprintList=["a" * 40])
    iam.create_saml_provider(Name="corporate", SAMLMetadataDocument="<EntityDescriptor>" + "x" * 1000 + "</EntityDescriptor>")
    route53 = at("route53")
    for n in range(2):
        zone = route53.create_hosted_zone(Name=f"zone-{n}.example.", CallerReference=str(n))["HostedZone"]["Id"]
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
            {"Action": "CREATE", "ResourceRecordSet": {"Name": f"host-{i}.zone-{n}.example.", "Type": "A", "TTL": 60,
                                                       "ResourceRecords": [{"Value": "192.0.2.1"}]}} for i in range(120)]})
    route53.create_health_check(CallerReference="1", HealthCheckConfig={"Type": "TCP", "IPAddress": "192.0.2.9", "Port": 25})
    at("cloudfront").create_distribution(DistributionConfig={
        "CallerReference": "1", "Comment": "shop", "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "files.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}]},
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only", "MinTTL": 0,
                                 "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}}})
    at("cloudwatch").put_dashboard(DashboardName="orders", DashboardBody='{"widgets": []}')


def listed(client, operation, key, **arguments):
    """Every element of a list: all pages where botocore knows how the call is paged."""
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**arguments):
            yield from page.get(key) or []
    else:
        yield from getattr(client, operation)(**arguments).get(key) or []


# One function per type; each gives pairs of an id and whether nobody made it.
regional, worldwide = {}, {}


def lists(type_, among=regional):
    def add(function):
        among[type_] = function
        return function
    return add


def plain(type_, service, operation, key, name=None, default=None, among=regional, **arguments):
    """A type that one call lists; without name the elements are the ids themselves."""
    @lists(type_, among)
    def ids(at):
        for x in listed(at(service), operation, key, **arguments):
            yield (x[name] if name else x), bool(default and default(x))


plain("AWS::EC2::VPC", "ec2", "describe_vpcs", "Vpcs", "VpcId", lambda x: x["IsDefault"])
plain("AWS::EC2::Subnet", "ec2", "describe_subnets", "Subnets", "SubnetId", lambda x: x["DefaultForAz"])
plain("AWS::EC2::SecurityGroup", "ec2", "describe_security_groups", "SecurityGroups", "GroupId", lambda x: x["GroupName"] == "default")
plain("AWS::EC2::Volume", "ec2", "describe_volumes", "Volumes", "VolumeId")
plain("AWS::EC2::NetworkInterface", "ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId")
plain("AWS::EC2::InternetGateway", "ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId")
plain("AWS::EC2::EgressOnlyInternetGateway", "ec2", "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId")
plain("AWS::EC2::NatGateway", "ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId")
plain("AWS::EC2::VPNGateway", "ec2", "describe_vpn_gateways", "VpnGateways", "VpnGatewayId")
plain("AWS::EC2::CustomerGateway", "ec2", "describe_customer_gateways", "CustomerGateways", "CustomerGatewayId")
plain("AWS::EC2::VPNConnection", "ec2", "describe_vpn_connections", "VpnConnections", "VpnConnectionId")
plain("AWS::EC2::VPCEndpoint", "ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId")
plain("AWS::EC2::VPCPeeringConnection", "ec2", "describe_vpc_peering_connections", "VpcPeeringConnections", "VpcPeeringConnectionId")
plain("AWS::EC2::DHCPOptions", "ec2", "describe_dhcp_options", "DhcpOptions", "DhcpOptionsId")
plain("AWS::EC2::TransitGateway", "ec2", "describe_transit_gateways", "TransitGateways", "TransitGatewayId")
plain("AWS::EC2::TransitGatewayAttachment", "ec2", "describe_transit_gateway_vpc_attachments", "TransitGatewayVpcAttachments", "TransitGatewayAttachmentId")
plain("AWS::EC2::FlowLog", "ec2", "describe_flow_logs", "FlowLogs", "FlowLogId")
plain("AWS::EC2::PrefixList", "ec2", "describe_managed_prefix_lists", "PrefixLists", "PrefixListId", lambda x: x["OwnerId"] == "AWS")
plain("AWS::EC2::KeyPair", "ec2", "describe_key_pairs", "KeyPairs", "KeyName")
plain("AWS::EC2::LaunchTemplate", "ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId")
plain("AWS::EC2::NetworkAcl", "ec2", "describe_network_acls", "NetworkAcls", "NetworkAclId", lambda x: x["IsDefault"])
plain("AWS::EC2::RouteTable", "ec2", "describe_route_tables", "RouteTables", "RouteTableId", lambda x: any(a["Main"] for a in x["Associations"]))
plain("AWS::AutoScaling::LaunchConfiguration", "autoscaling", "describe_launch_configurations", "LaunchConfigurations", "LaunchConfigurationName")
plain("AWS::RDS::DBInstance", "rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier")
plain("AWS::RDS::DBCluster", "rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier")
plain("AWS::RDS::DBSubnetGroup", "rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName")
plain("AWS::RDS::DBParameterGroup", "rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName",
      lambda x: x["DBParameterGroupName"].startswith("default."))
plain("PCF::RDS::DBSnapshot", "rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier", lambda x: x["SnapshotType"] == "automated")
plain("AWS::DynamoDB::Table", "dynamodb", "list_tables", "TableNames")
plain("AWS::ElastiCache::SubnetGroup", "elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupName",
      lambda x: x["CacheSubnetGroupName"] == "default")
plain("AWS::ElastiCache::CacheCluster", "elasticache", "describe_cache_clusters", "CacheClusters", "CacheClusterId")
plain("AWS::Kinesis::Stream", "kinesis", "list_streams", "StreamNames")
plain("AWS::KinesisFirehose::DeliveryStream", "firehose", "list_delivery_streams", "DeliveryStreamNames")
plain("AWS::Redshift::Cluster", "redshift", "describe_clusters", "Clusters", "ClusterIdentifier")
plain("AWS::Redshift::ClusterSubnetGroup", "redshift", "describe_cluster_subnet_groups", "ClusterSubnetGroups", "ClusterSubnetGroupName")
plain("AWS::Glue::Job", "glue", "get_jobs", "Jobs", "Name")
plain("AWS::Glue::Database", "glue", "get_databases", "DatabaseList", "Name")
plain("AWS::Athena::WorkGroup", "athena", "list_work_groups", "WorkGroups", "Name", lambda x: x["Name"] == "primary")
plain("AWS::Backup::BackupPlan", "backup", "list_backup_plans", "BackupPlansList", "BackupPlanId")
plain("AWS::Logs::LogGroup", "logs", "describe_log_groups", "logGroups", "logGroupName")
plain("AWS::SSM::Parameter", "ssm", "describe_parameters", "Parameters", "Name")
plain("AWS::CloudWatch::Alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName")
plain("AWS::SQS::Queue", "sqs", "list_queues", "QueueUrls")
plain("AWS::SNS::Topic", "sns", "list_topics", "Topics", "TopicArn")
plain("AWS::SNS::Subscription", "sns", "list_subscriptions", "Subscriptions", "SubscriptionArn")
plain("AWS::Lambda::Function", "lambda", "list_functions", "Functions", "FunctionName")
plain("AWS::Lambda::EventSourceMapping", "lambda", "list_event_source_mappings", "EventSourceMappings", "UUID")
plain("AWS::KMS::Alias", "kms", "list_aliases", "Aliases", "AliasName", lambda x: x["AliasName"].startswith("alias/aws/"))
plain("AWS::SecretsManager::Secret", "secretsmanager", "list_secrets", "SecretList", "ARN")
plain("AWS::ECR::Repository", "ecr", "describe_repositories", "repositories", "repositoryName")
plain("AWS::ECS::TaskDefinition", "ecs", "list_task_definitions", "taskDefinitionArns")
plain("AWS::EKS::Cluster", "eks", "list_clusters", "clusters")
plain("AWS::ElasticLoadBalancingV2::LoadBalancer", "elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn")
plain("AWS::ElasticLoadBalancingV2::TargetGroup", "elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn")
plain("AWS::Events::EventBus", "events", "list_event_buses", "EventBuses", "Name", lambda x: x["Name"] == "default")
plain("AWS::StepFunctions::StateMachine", "stepfunctions", "list_state_machines", "stateMachines", "stateMachineArn")
plain("AWS::CertificateManager::Certificate", "acm", "list_certificates", "CertificateSummaryList", "CertificateArn")
plain("AWS::Config::ConfigurationRecorder", "config", "describe_configuration_recorders", "ConfigurationRecorders", "name")
plain("AWS::Config::ConfigRule", "config", "describe_config_rules", "ConfigRules", "ConfigRuleName")
plain("AWS::GuardDuty::Detector", "guardduty", "list_detectors", "DetectorIds")
plain("AWS::ApiGateway::RestApi", "apigateway", "get_rest_apis", "items", "id")
plain("AWS::ApiGatewayV2::Api", "apigatewayv2", "get_apis", "Items", "ApiId")
plain("AWS::Cognito::UserPool", "cognito-idp", "list_user_pools", "UserPools", "Id", MaxResults=60)
plain("AWS::CloudFormation::Stack", "cloudformation", "describe_stacks", "Stacks", "StackId")
plain("AWS::SageMaker::NotebookInstance", "sagemaker", "list_notebook_instances", "NotebookInstances", "NotebookInstanceArn")
plain("AWS::CodeBuild::Project", "codebuild", "list_projects", "projects")
plain("AWS::IAM::Role", "iam", "list_roles", "Roles", "RoleName", lambda x: x["Path"].startswith("/aws-service-role/"), worldwide)
plain("AWS::IAM::User", "iam", "list_users", "Users", "UserName", among=worldwide)
plain("AWS::IAM::Group", "iam", "list_groups", "Groups", "GroupName", among=worldwide)
plain("AWS::IAM::ManagedPolicy", "iam", "list_policies", "Policies", "Arn", among=worldwide, Scope="Local")
plain("AWS::IAM::InstanceProfile", "iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName", among=worldwide)
plain("AWS::IAM::OIDCProvider", "iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn", among=worldwide)
plain("AWS::IAM::SAMLProvider", "iam", "list_saml_providers", "SAMLProviderList", "Arn", among=worldwide)
plain("AWS::Route53::HealthCheck", "route53", "list_health_checks", "HealthChecks", "Id", among=worldwide)
plain("AWS::CloudWatch::Dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName", among=worldwide)


@lists("AWS::EC2::Instance")
def instances(at):
    for reservation in listed(at("ec2"), "describe_instances", "Reservations"):
        for x in reservation["Instances"]:
            yield x["InstanceId"], False


@lists("AWS::EC2::VolumeAttachment")
def volume_attachments(at):
    for volume in listed(at("ec2"), "describe_volumes", "Volumes"):
        for x in volume["Attachments"]:
            yield x["VolumeId"] + "|" + x["InstanceId"], False


@lists("AWS::EC2::EIP")
def addresses(at):
    for x in listed(at("ec2"), "describe_addresses", "Addresses"):
        yield x["PublicIp"] + "|" + x["AllocationId"], False


@lists("AWS::EC2::EIPAssociation")
def address_associations(at):
    for x in listed(at("ec2"), "describe_addresses", "Addresses"):
        if x.get("AssociationId"):
            yield x["AssociationId"], False


@lists("AWS::EC2::Route")
def routes(at):
    for table in listed(at("ec2"), "describe_route_tables", "RouteTables"):
        for x in table["Routes"]:
            to = x.get("DestinationCidrBlock") or x.get("DestinationIpv6CidrBlock") or x["DestinationPrefixListId"]
            # A route to a prefix list through an endpoint was made by the endpoint.
            yield table["RouteTableId"] + "|" + to, x.get("GatewayId") == "local" or to.startswith("pl-") and x.get("GatewayId", "").startswith("vpce-")


@lists("AWS::EC2::SubnetRouteTableAssociation")
def table_associations(at):
    for table in listed(at("ec2"), "describe_route_tables", "RouteTables"):
        for x in table["Associations"]:
            if x.get("SubnetId"):
                yield x["RouteTableAssociationId"], False


@lists("AWS::EC2::NetworkAclEntry")
def acl_entries(at):
    for acl in listed(at("ec2"), "describe_network_acls", "NetworkAcls"):
        for x in acl["Entries"]:
            nobodys = x["RuleNumber"] > 32766 or acl["IsDefault"] and x["RuleNumber"] == 100
            yield f"{acl['NetworkAclId']}|{'egress' if x['Egress'] else 'ingress'}|{x['RuleNumber']}", nobodys


@lists("AWS::EC2::VPCGatewayAttachment")
def gateway_attachments(at):
    for gateway in listed(at("ec2"), "describe_internet_gateways", "InternetGateways"):
        for x in gateway["Attachments"]:
            yield "IGW|" + x["VpcId"], False
    for gateway in listed(at("ec2"), "describe_vpn_gateways", "VpnGateways"):
        for x in gateway["VpcAttachments"]:
            yield "VGW|" + x["VpcId"], False


@lists("PCF::EC2::Image")
def images(at):
    for x in listed(at("ec2"), "describe_images", "Images", Owners=["self"]):
        if x["OwnerId"] == at.account:
            yield x["ImageId"], False


@lists("AWS::EFS::MountTarget")
def mount_targets(at):
    for files in listed(at("efs"), "describe_file_systems", "FileSystems"):
        for x in listed(at("efs"), "describe_mount_targets", "MountTargets", FileSystemId=files["FileSystemId"]):
            yield x["MountTargetId"], False


def buckets(at):
    for x in listed(at("s3"), "list_buckets", "Buckets"):
        if (at("s3").get_bucket_location(Bucket=x["Name"])["LocationConstraint"] or "us-east-1") == at.region:
            yield x["Name"], False


lists("AWS::S3::Bucket")(buckets)


@lists("AWS::S3::BucketPolicy")
def bucket_policies(at):
    for name, _ in buckets(at):
        try:
            at("s3").get_bucket_policy(Bucket=name)
            yield name, False
        except at("s3").exceptions.ClientError as e:
            if e.response["Error"]["Code"] != "NoSuchBucketPolicy":
                raise


@lists("AWS::SQS::QueuePolicy")
def queue_policies(at):
    for url in listed(at("sqs"), "list_queues", "QueueUrls"):
        if at("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"].get("Policy"):
            yield url, False


@lists("AWS::SNS::TopicPolicy")
def topic_policies(at):
    for topic in listed(at("sns"), "list_topics", "Topics"):
        policy = at("sns").get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]["Policy"]
        yield topic["TopicArn"], json.loads(policy).get("Id") == "__default_policy_ID"


@lists("AWS::Lambda::Permission")
def permissions(at):
    for function in listed(at("lambda"), "list_functions", "Functions"):
        try:
            policy = at("lambda").get_policy(FunctionName=function["FunctionName"])["Policy"]
        except at("lambda").exceptions.ResourceNotFoundException:
            continue
        for x in json.loads(policy)["Statement"]:
            yield function["FunctionName"] + "|" + x["Sid"], False


@lists("AWS::Lambda::LayerVersion")
def layer_versions(at):
    for layer in listed(at("lambda"), "list_layers", "Layers"):
        for x in listed(at("lambda"), "list_layer_versions", "LayerVersions", LayerName=layer["LayerName"]):
            yield x["LayerVersionArn"], False


@lists("AWS::KMS::Key")
def keys(at):
    for x in listed(at("kms"), "list_keys", "Keys"):
        yield x["KeyId"], at("kms").describe_key(KeyId=x["KeyId"])["KeyMetadata"]["KeyManager"] == "AWS"


@lists("AWS::ECS::Cluster")
def clusters(at):
    for arn in listed(at("ecs"), "list_clusters", "clusterArns"):
        yield arn.split("/")[-1], False


@lists("AWS::ECS::Service")
def services(at):
    for cluster in listed(at("ecs"), "list_clusters", "clusterArns"):
        for arn in listed(at("ecs"), "list_services", "serviceArns", cluster=cluster):
            yield arn + "|" + cluster, False


@lists("AWS::EKS::Nodegroup")
def nodegroups(at):
    for cluster in listed(at("eks"), "list_clusters", "clusters"):
        for name in listed(at("eks"), "list_nodegroups", "nodegroups", clusterName=cluster):
            yield cluster + "/" + name, False


@lists("AWS::ElasticLoadBalancingV2::Listener")
def listeners(at):
    for balancer in listed(at("elbv2"), "describe_load_balancers", "LoadBalancers"):
        for x in listed(at("elbv2"), "describe_listeners", "Listeners", LoadBalancerArn=balancer["LoadBalancerArn"]):
            yield x["ListenerArn"], False


@lists("AWS::Events::Rule")
def rules(at):
    for bus in listed(at("events"), "list_event_buses", "EventBuses"):
        for x in listed(at("events"), "list_rules", "Rules", EventBusName=bus["Name"]):
            yield x["Arn"], bool(x.get("ManagedBy"))


@lists("AWS::CloudTrail::Trail")
def trails(at):
    for x in listed(at("cloudtrail"), "describe_trails", "trailList"):
        if x["HomeRegion"] == at.region:
            yield x["Name"], False


@lists("AWS::WAFv2::WebACL")
def web_acls(at):
    for x in listed(at("wafv2"), "list_web_acls", "WebACLs", Scope="REGIONAL"):
        yield f"{x['Name']}|{x['Id']}|REGIONAL", False


@lists("AWS::IAM::AccessKey", worldwide)
def access_keys(at):
    for user in listed(at("iam"), "list_users", "Users"):
        for x in listed(at("iam"), "list_access_keys", "AccessKeyMetadata", UserName=user["UserName"]):
            yield x["AccessKeyId"], False


def zones(at):
    for x in listed(at("route53"), "list_hosted_zones", "HostedZones"):
        yield x["Id"].removeprefix("/hostedzone/"), False


lists("AWS::Route53::HostedZone", worldwide)(zones)


@lists("AWS::Route53::RecordSet", worldwide)
def records(at):
    for zone, _ in zones(at):
        apex = at("route53").get_hosted_zone(Id=zone)["HostedZone"]["Name"]
        for x in listed(at("route53"), "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone):
            yield f"{zone}|{x['Name']}|{x['Type']}", x["Name"] == apex and x["Type"] in ("NS", "SOA")


@lists("AWS::CloudFront::Distribution", worldwide)
def distributions(at):
    for page in at("cloudfront").get_paginator("list_distributions").paginate():
        for x in page["DistributionList"].get("Items") or []:
            yield x["Id"], False


def everything(at, types, region):
    for type_, ids in types.items():
        for id_, nobodys in ids(at):
            yield nobodys, {"account": at.account, "region": region, "type": type_, "id": id_}


def fill(at):
    if at.region == REGIONS[0]:
        seed_global(at)
    seed_region(at)


def look(at):
    found = list(everything(at, regional, at.region))
    if at.region == REGIONS[0]:
        found += everything(at, worldwide, "global")
    return found


places = [Place(account, region) for account in (OWN, OTHER) for region in REGIONS]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    list(pool.map(fill, places))
    all_found = [row for rows in pool.map(look, places) for row in rows]
json.dump({"listing": [x for nobodys, x in all_found if not nobodys], "defaults": [x for nobodys, x in all_found if nobodys]}, sys.stdout)

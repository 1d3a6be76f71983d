"""Says what calls a scan cannot do without, and how long they take at least. It knows nothing of the
scanner: what there is, boto3 lists; how much fits on a page and what no list tells is in the table
below, from botocore's models and the API references; when a call can be made at the
earliest is simulated.

    inventory_calls.py SCAN.json    (in the region to read, AWS_REGION)

SCAN.json holds the types and the number of regions, all like this one, that are scanned, the latency of a call, how many
may be in flight, and the rate and burst that each bucket of calls has. The answer is
{"types", "calls": {operation: number}, "total", "seconds", "waits_for"}.
"""

import collections
import functools
import heapq
import json
import math
import sys

import boto3

client = functools.cache(boto3.client)

# How many one page holds at most, where botocore's model of the operation does not say, or, as
# with Lambda and KMS, says more than the API reference does. By service, or service and operation.
PAGES = {
    "acm": 1000, "apigateway": 500, "apigatewayv2": 100, "autoscaling": 100, "batch": 100, "cloudformation": 100, "cloudfront": 100,
    "cloudwatch list_dashboards": 1000, "codebuild": 100, "config": 25, "dax": 100, "dms": 100, "docdb": 100, "ec2": 1000, "ecs": 100, "efs": 100,
    "elasticache": 100, "emr": 50, "fsx": 1000, "kms list_aliases": 100, "kinesis list_streams": 1000, "lambda list_functions": 50, "lambda list_event_source_mappings": 100,
    "memorydb": 100, "neptune": 100, "rds": 100, "redshift": 100, "route53": 100, "route53 list_resource_record_sets": 300, "sns": 100, "sqs": 1000,
    "resourcegroupstaggingapi": 100,
}


@functools.cache
def account():
    return client("sts").get_caller_identity()["Account"]


calls = []  # (service id, operation, index of the call that it needs the answer of)


def api(service, method):
    return client(service).meta.method_to_api_mapping[method]


def call(service, method, after=None):
    calls.append((client(service).meta.service_model.service_id, api(service, method), after))
    return len(calls) - 1


def page_size(service, method):
    size = PAGES.get(f"{service} {method}")
    if size is None and client(service).can_paginate(method):
        key = client(service).get_paginator(method)._pagination_cfg.get("limit_key")
        shape = client(service).meta.service_model.operation_model(api(service, method)).input_shape
        size = shape.members[key].metadata.get("max") if key else None
    return size or PAGES.get(service) or 10**9


def mine(resource):
    return resource.get("OwnerId", account()) == account()  # the emulator lists snapshots of others, whatever it is asked for


def listed(service, method, key, after=None, **arguments):
    """Lists with boto3. Returns each resource with the call whose answer has it, and adds those calls: a page
    needs the page before it."""
    if client(service).can_paginate(method):
        answers = client(service).get_paginator(method).paginate(**arguments)
    else:
        answers = [getattr(client(service), method)(**arguments)]
    found = []
    for answer in answers:
        for part in key.split("."):
            answer = answer.get(part) or []
        found += filter(mine, answer) if method == "describe_snapshots" else answer
    result, size = [], page_size(service, method)
    for start in range(0, max(1, len(found)), size):
        after = call(service, method, after)
        result += [(resource, after) for resource in found[start:start + size]]
    return result


types = {}  # what adds the calls of a type
worldwide = set()


def plain(type_, service, method, key, *details, each=None, tags=None, besides=None, world=False, **arguments):
    """A type that one list has, with so many calls about each resource. each(resource, call) adds others; tags says how the
    tags are asked for: (method, name in the tagging API, ARN of a resource); besides is another list that is needed."""

    def add():
        if besides:
            listed(*besides)
        found = listed(service, method, key, **arguments)
        for resource, after in found:
            for detail in details:
                call(service, detail, after)
            if each:
                each(resource, after)
        if tags:
            add_tags(service, found, *tags)

    types[type_] = add
    if world:
        worldwide.add(type_)


def add_tags(service, found, own, name, arn):
    """The tags of more than twenty resources come a hundred at a time from the tagging API, but for those
    that it does not return; of fewer, one by one."""
    known, after = set(), None
    if len(found) > 20:
        every = listed("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", after=found[0][1], ResourceTypeFilters=[name])
        known = {r["ResourceARN"] for r, _ in every if r["Tags"]}
        after = len(calls) - 1
    for resource, listing in found:
        if arn(resource) not in known:
            call(service, own, listing if after is None else after)


def custom(type_, world=False):
    def note(add):
        types[type_] = add
        if world:
            worldwide.add(type_)
    return note


def batches(service, method, found, size):
    """So many resources per call, of one page."""
    by_page = collections.defaultdict(list)
    for resource, after in found:
        by_page[after].append(resource)
    for after, resources in by_page.items():
        for _ in range(0, len(resources), size):
            call(service, method, after)


def arn(service, rest):
    return f"arn:aws:{service}:{client('ec2').meta.region_name}:{account()}:{rest}"


# EC2 tells nearly everything in its lists.
for type_, method, key in [
    ("CustomerGateway", "describe_customer_gateways", "CustomerGateways"), ("DHCPOptions", "describe_dhcp_options", "DhcpOptions"),
    ("EIP", "describe_addresses", "Addresses"), ("EgressOnlyInternetGateway", "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways"),
    ("FlowLog", "describe_flow_logs", "FlowLogs"), ("Instance", "describe_instances", "Reservations"), ("KeyPair", "describe_key_pairs", "KeyPairs"),
    ("NatGateway", "describe_nat_gateways", "NatGateways"), ("NetworkAcl", "describe_network_acls", "NetworkAcls"),
    ("NetworkAclEntry", "describe_network_acls", "NetworkAcls"), ("NetworkInterface", "describe_network_interfaces", "NetworkInterfaces"),
    ("RouteTable", "describe_route_tables", "RouteTables"), ("SecurityGroup", "describe_security_groups", "SecurityGroups"),
    ("Subnet", "describe_subnets", "Subnets"), ("SubnetRouteTableAssociation", "describe_route_tables", "RouteTables"),
    ("TransitGateway", "describe_transit_gateways", "TransitGateways"),
    ("TransitGatewayAttachment", "describe_transit_gateway_vpc_attachments", "TransitGatewayVpcAttachments"),
    ("VPCEndpoint", "describe_vpc_endpoints", "VpcEndpoints"), ("VPCPeeringConnection", "describe_vpc_peering_connections", "VpcPeeringConnections"),
    ("VPNConnection", "describe_vpn_connections", "VpnConnections"), ("VPNGateway", "describe_vpn_gateways", "VpnGateways"),
    ("Volume", "describe_volumes", "Volumes"), ("VolumeAttachment", "describe_volumes", "Volumes"),
]:
    plain("AWS::EC2::" + type_, "ec2", method, key)
plain("AWS::EC2::VPC", "ec2", "describe_vpcs", "Vpcs", "describe_vpc_attribute", "describe_vpc_attribute")  # DNS names, DNS resolution
plain("AWS::EC2::PrefixList", "ec2", "describe_managed_prefix_lists", "PrefixLists", "get_managed_prefix_list_entries")
plain("PCF::EC2::Image", "ec2", "describe_images", "Images", Owners=["self"])
plain("PCF::EC2::Snapshot", "ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"])


def several(type_, *lists, world=False):
    """A type that is told by several lists, none of which needs another."""
    custom(type_, world)(lambda: [listed(*one) for one in lists])


VPCS = ("ec2", "describe_vpcs", "Vpcs")
several("AWS::EC2::InternetGateway", ("ec2", "describe_internet_gateways", "InternetGateways"), VPCS)
several("AWS::EC2::Route", ("ec2", "describe_route_tables", "RouteTables"), VPCS)
several("AWS::EC2::VPCGatewayAttachment", ("ec2", "describe_internet_gateways", "InternetGateways"), ("ec2", "describe_vpn_gateways", "VpnGateways"), VPCS)



@custom("AWS::EC2::EIPAssociation")
def address_associations():
    found = listed("ec2", "describe_addresses", "Addresses")
    # Who made an interface, only the interface tells; a filter takes 200.
    batches("ec2", "describe_network_interfaces",
            [(a, after) for a, after in found if a.get("AssociationId") and a.get("NetworkInterfaceId") and not a.get("InstanceId")], 200)


@custom("AWS::EC2::LaunchTemplate")
def launch_templates():
    found = listed("ec2", "describe_launch_templates", "LaunchTemplates")
    if found:  # one list of the latest version of each
        listed("ec2", "describe_launch_template_versions", "LaunchTemplateVersions", after=found[-1][1], Versions=["$Latest"])


# S3 lists buckets by region, and tells each of its settings alone.
def buckets():
    return listed("s3", "list_buckets", "Buckets", BucketRegion=client("s3").meta.region_name)


custom("AWS::S3::Bucket")(lambda: [call("s3", "get_" + setting, after) for _, after in buckets() for setting in BUCKET])
custom("AWS::S3::BucketPolicy")(lambda: [call("s3", "get_bucket_policy", after) for _, after in buckets()])
BUCKET = ["bucket_tagging", "bucket_encryption", "bucket_versioning", "public_access_block", "bucket_logging", "bucket_ownership_controls",
          "bucket_lifecycle_configuration", "object_lock_configuration", "bucket_acl", "bucket_cors", "bucket_website", "bucket_replication",
          "bucket_notification_configuration"]

# Global services.
plain("AWS::IAM::User", "iam", "get_account_authorization_details", "UserDetailList", world=True, Filter=["User"])
plain("AWS::IAM::Group", "iam", "get_account_authorization_details", "GroupDetailList", world=True, Filter=["Group"])
several("AWS::IAM::Role", ("iam", "get_account_authorization_details", "RoleDetailList"), ("iam", "list_roles", "Roles"), world=True)
plain("AWS::IAM::ManagedPolicy", "iam", "get_account_authorization_details", "Policies", "list_policy_tags", world=True, Filter=["LocalManagedPolicy"],
      each=lambda r, after: r["AttachmentCount"] and call("iam", "list_entities_for_policy", after))
plain("AWS::IAM::AccessKey", "iam", "list_users", "Users", "list_access_keys", world=True)
plain("AWS::IAM::InstanceProfile", "iam", "list_instance_profiles", "InstanceProfiles", "get_instance_profile", world=True)
plain("AWS::IAM::OIDCProvider", "iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "get_open_id_connect_provider", world=True)
plain("AWS::IAM::SAMLProvider", "iam", "list_saml_providers", "SAMLProviderList", "get_saml_provider", world=True)
custom("PCF::Account::PasswordPolicy", world=True)(lambda: call("iam", "get_account_password_policy"))
custom("PCF::Account::Summary", world=True)(lambda: call("iam", "get_account_summary"))


@custom("PCF::Account::CredentialReport", world=True)
def credential_report():
    report = call("iam", "get_credential_report")  # there is none, so the users are asked one by one
    for user, after in listed("iam", "list_users", "Users", after=report):
        call("iam", "get_login_profile", after)
        call("iam", "list_mfa_devices", after)
        for key, keys in listed("iam", "list_access_keys", "AccessKeyMetadata", after=after, UserName=user["UserName"]):
            call("iam", "get_access_key_last_used", keys)


plain("AWS::CloudFront::Distribution", "cloudfront", "list_distributions", "DistributionList.Items", "get_distribution_config", "list_tags_for_resource", world=True)
plain("AWS::Route53::HealthCheck", "route53", "list_health_checks", "HealthChecks", "list_tags_for_resource", world=True)
plain("AWS::Route53::RecordSet", "route53", "list_hosted_zones", "HostedZones", world=True,
      each=lambda r, after: listed("route53", "list_resource_record_sets", "ResourceRecordSets", after=after, HostedZoneId=r["Id"]))


@custom("AWS::Route53::HostedZone", world=True)
def hosted_zones():
    listed("route53", "list_query_logging_configs", "QueryLoggingConfigs")
    for _, after in listed("route53", "list_hosted_zones", "HostedZones"):
        call("route53", "get_hosted_zone", after)
        call("route53", "list_tags_for_resource", after)


plain("AWS::CloudWatch::Dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "get_dashboard", "list_tags_for_resource", world=True)

# Databases.
RDS_TAGS = ("list_tags_for_resource",)
plain("AWS::RDS::DBInstance", "rds", "describe_db_instances", "DBInstances")
plain("AWS::RDS::DBCluster", "rds", "describe_db_clusters", "DBClusters")
plain("AWS::RDS::GlobalCluster", "rds", "describe_global_clusters", "GlobalClusters")
plain("AWS::RDS::DBProxy", "rds", "describe_db_proxies", "DBProxies", *RDS_TAGS)
plain("AWS::RDS::DBSubnetGroup", "rds", "describe_db_subnet_groups", "DBSubnetGroups", *RDS_TAGS)
plain("AWS::RDS::DBParameterGroup", "rds", "describe_db_parameter_groups", "DBParameterGroups", *RDS_TAGS,
      each=lambda r, after: r["DBParameterGroupName"].startswith("default.") or call("rds", "describe_db_parameters", after))  # those are as they came
plain("PCF::RDS::DBSnapshot", "rds", "describe_db_snapshots", "DBSnapshots",
      each=lambda r, after: r["SnapshotType"] == "manual" and call("rds", "describe_db_snapshot_attributes", after))  # others cannot be shared
plain("AWS::Neptune::DBCluster", "neptune", "describe_db_clusters", "DBClusters", *RDS_TAGS, Filters=[{"Name": "engine", "Values": ["neptune"]}])
plain("AWS::DocDB::DBCluster", "docdb", "describe_db_clusters", "DBClusters", *RDS_TAGS, Filters=[{"Name": "engine", "Values": ["docdb"]}])
plain("AWS::ElastiCache::CacheCluster", "elasticache", "describe_cache_clusters", "CacheClusters", *RDS_TAGS)
plain("AWS::ElastiCache::ReplicationGroup", "elasticache", "describe_replication_groups", "ReplicationGroups", *RDS_TAGS,
      besides=("elasticache", "describe_cache_clusters", "CacheClusters"))  # only the nodes know their subnets and security groups
plain("AWS::ElastiCache::SubnetGroup", "elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups", *RDS_TAGS)
plain("AWS::MemoryDB::Cluster", "memorydb", "describe_clusters", "Clusters", "list_tags")
plain("AWS::DAX::Cluster", "dax", "describe_clusters", "Clusters", "list_tags")
plain("AWS::DMS::ReplicationInstance", "dms", "describe_replication_instances", "ReplicationInstances", *RDS_TAGS)
plain("AWS::Redshift::Cluster", "redshift", "describe_clusters", "Clusters", "describe_logging_status")
plain("AWS::Redshift::ClusterSubnetGroup", "redshift", "describe_cluster_subnet_groups", "ClusterSubnetGroups")
plain("AWS::DynamoDB::Table", "dynamodb", "list_tables", "TableNames", "describe_table", "describe_continuous_backups", "describe_time_to_live",
      tags=("list_tags_of_resource", "dynamodb:table", lambda name: arn("dynamodb", "table/" + name)))
plain("AWS::Kinesis::Stream", "kinesis", "list_streams", "StreamNames", "describe_stream_summary", "list_tags_for_stream")
plain("AWS::KinesisFirehose::DeliveryStream", "firehose", "list_delivery_streams", "DeliveryStreamNames", "describe_delivery_stream", "list_tags_for_delivery_stream")
plain("AWS::MSK::Cluster", "kafka", "list_clusters_v2", "ClusterInfoList")


def search_domains(service, describe):
    def add():
        found = listed(service, "list_domain_names", "DomainNames")
        batches(service, describe, found, 5)
        for _, after in found:
            call(service, "list_tags", after)
    return add


custom("AWS::OpenSearchService::Domain")(search_domains("opensearch", "describe_domains"))
custom("AWS::Elasticsearch::Domain")(search_domains("es", "describe_elasticsearch_domains"))

# Applications.
plain("AWS::ApiGateway::RestApi", "apigateway", "get_rest_apis", "items")
plain("AWS::ApiGateway::Stage", "apigateway", "get_rest_apis", "items", "get_stages")
plain("AWS::ApiGatewayV2::Api", "apigatewayv2", "get_apis", "Items")
plain("AWS::ApiGatewayV2::Stage", "apigatewayv2", "get_apis", "Items", "get_stages")
plain("AWS::Athena::WorkGroup", "athena", "list_work_groups", "WorkGroups", "get_work_group", "list_tags_for_resource")
plain("AWS::AutoScaling::LaunchConfiguration", "autoscaling", "describe_launch_configurations", "LaunchConfigurations")
plain("AWS::CloudFormation::Stack", "cloudformation", "describe_stacks", "Stacks")
plain("AWS::CloudWatch::Alarm", "cloudwatch", "describe_alarms", "MetricAlarms", AlarmTypes=["MetricAlarm"],
      tags=("list_tags_for_resource", "cloudwatch:alarm", lambda a: a["AlarmArn"]))
plain("AWS::Cognito::UserPool", "cognito-idp", "list_user_pools", "UserPools", "describe_user_pool", MaxResults=60)
plain("AWS::Glue::Database", "glue", "get_databases", "DatabaseList", "get_tags")
plain("AWS::Glue::Job", "glue", "get_jobs", "Jobs", "get_tags")
plain("AWS::Lambda::EventSourceMapping", "lambda", "list_event_source_mappings", "EventSourceMappings", "list_tags")
plain("AWS::Lambda::Function", "lambda", "list_functions", "Functions", "get_function_concurrency", "list_tags")
plain("AWS::Lambda::Permission", "lambda", "list_functions", "Functions", "get_policy")
plain("AWS::Lambda::LayerVersion", "lambda", "list_layers", "Layers",
      each=lambda r, after: listed("lambda", "list_layer_versions", "LayerVersions", after=after, LayerName=r["LayerName"]))
plain("AWS::Logs::LogGroup", "logs", "describe_log_groups", "logGroups",
      tags=("list_tags_for_resource", "logs:log-group", lambda g: g["arn"].removesuffix(":*")))
plain("AWS::SNS::Subscription", "sns", "list_subscriptions", "Subscriptions",
      each=lambda r, after: r["SubscriptionArn"].startswith("arn:") and call("sns", "get_subscription_attributes", after))
plain("AWS::SNS::Topic", "sns", "list_topics", "Topics", "get_topic_attributes", "list_subscriptions_by_topic",
      tags=("list_tags_for_resource", "sns", lambda t: t["TopicArn"]))
plain("AWS::SNS::TopicPolicy", "sns", "list_topics", "Topics", "get_topic_attributes")
plain("AWS::SQS::Queue", "sqs", "list_queues", "QueueUrls", "get_queue_attributes",
      tags=("list_queue_tags", "sqs", lambda url: arn("sqs", url.split("/")[-1])))
plain("AWS::SQS::QueuePolicy", "sqs", "list_queues", "QueueUrls", "get_queue_attributes")
plain("AWS::SSM::Parameter", "ssm", "describe_parameters", "Parameters",
      tags=("list_tags_for_resource", "ssm:parameter", lambda p: arn("ssm", "parameter/" + p["Name"].lstrip("/"))))
plain("AWS::SageMaker::NotebookInstance", "sagemaker", "list_notebook_instances", "NotebookInstances", "describe_notebook_instance", "list_tags")
plain("AWS::SecretsManager::Secret", "secretsmanager", "list_secrets", "SecretList", "describe_secret")
plain("AWS::SecretsManager::RotationSchedule", "secretsmanager", "list_secrets", "SecretList")
plain("AWS::ServiceDiscovery::PrivateDnsNamespace", "servicediscovery", "list_namespaces", "Namespaces",
      each=lambda r, after: r["Type"] == "DNS_PRIVATE" and call("servicediscovery", "list_tags_for_resource", after))
plain("AWS::StepFunctions::StateMachine", "stepfunctions", "list_state_machines", "stateMachines", "describe_state_machine", "list_tags_for_resource")
plain("AWS::WAFv2::WebACL", "wafv2", "list_web_acls", "WebACLs", "get_web_acl", "list_tags_for_resource", Scope="REGIONAL")
plain("AWS::KMS::Alias", "kms", "list_aliases", "Aliases")
plain("PCF::Account::KmsKeyState", "kms", "list_keys", "Keys", "describe_key")
plain("AWS::Backup::BackupVault", "backup", "list_backup_vaults", "BackupVaultList", "list_tags")
plain("AWS::CertificateManager::Certificate", "acm", "list_certificates", "CertificateSummaryList", "describe_certificate", "list_tags_for_certificate")


@custom("AWS::KMS::Key")
def keys():
    listed("kms", "list_aliases", "Aliases")
    for key, after in listed("kms", "list_keys", "Keys"):
        call("kms", "describe_key", after)
        call("kms", "get_key_policy", after)
        about = client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if about["KeyManager"] == "AWS":
            continue  # has no tags, and AWS turns it
        call("kms", "list_resource_tags", after)
        # What turns by itself is a symmetric key that AWS made the material of.
        if about["KeySpec"] == "SYMMETRIC_DEFAULT" and about["Origin"] == "AWS_KMS":
            call("kms", "get_key_rotation_status", after)


@custom("AWS::CodeBuild::Project")
def projects():
    batches("codebuild", "batch_get_projects", listed("codebuild", "list_projects", "projects"), 100)


@custom("AWS::Events::EventBus")
def buses():
    for _, after in listed("events", "list_event_buses", "EventBuses"):
        call("events", "describe_event_bus", after)
        call("events", "list_tags_for_resource", after)


@custom("AWS::Events::Rule")
def rules():
    for bus, after in listed("events", "list_event_buses", "EventBuses"):
        for rule, listing in listed("events", "list_rules", "Rules", after=after, EventBusName=bus["Name"]):
            call("events", "list_targets_by_rule", listing)
            call("events", "list_tags_for_resource", listing)


custom("PCF::Account::EbsDefaults")(lambda: call("ec2", "get_ebs_encryption_by_default"))
custom("PCF::Account::S3PublicAccess", world=True)(lambda: call("s3control", "get_public_access_block"))


@custom("PCF::Account::Monitoring")
def monitoring():
    call("config", "describe_configuration_recorders")
    call("config", "describe_configuration_recorder_status")
    for _, after in listed("guardduty", "list_detectors", "DetectorIds"):
        call("guardduty", "get_detector", after)
    for trail, after in listed("cloudtrail", "describe_trails", "trailList"):
        call("cloudtrail", "get_trail_status", after)


@custom("PCF::Account::SnapshotSharing")
def sharing():
    for mine, after in listed("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"], RestorableByUserIds=["all"]):
        call("ec2", "describe_snapshot_attribute", after)
    listed("ec2", "describe_images", "Images", Owners=["self"], ExecutableUsers=["all"])
    for _, after in listed("rds", "describe_db_snapshots", "DBSnapshots", SnapshotType="manual"):
        call("rds", "describe_db_snapshot_attributes", after)
    for _, after in listed("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", SnapshotType="manual"):
        call("rds", "describe_db_cluster_snapshot_attributes", after)


def bucket_of(quotas, service, operation):
    """The limit that a call counts against: of the operation, of its class of operations in the service, or of the service."""
    prefix = next((p for p in ("List", "Describe") if operation.startswith(p)), None)
    class_ = f"{service}.{prefix}*" if prefix else f"{service}.other"
    for name in (f"{service}.{operation}", class_, service):
        if name in quotas:
            return name, quotas[name]
    return class_, quotas["*"]


def simulate(graph, scan):
    """Makes the calls in the time that they take at least: each when the answer it needs is there, its bucket has a token and a
    place in flight is free; what keeps the slowest bucket busy first. Returns the seconds, and what the last call waited for."""
    latency, places = scan["latency"], scan["concurrency"]
    limits = [bucket_of(scan["quotas"], service, operation) for _, service, operation, _ in graph]
    keys = [(call[0], limit[0]) for call, limit in zip(graph, limits)]
    size = collections.Counter(keys)
    # A call is as urgent as the fullest of the buckets of itself and of what follows it takes time.
    urgency = [size[key] / rate for key, (_, (rate, _)) in zip(keys, limits)]
    needs = collections.defaultdict(list)
    for i in reversed(range(len(graph))):
        after = graph[i][3]
        if after is not None:
            needs[after].append(i)
            urgency[after] = max(urgency[after], urgency[i])
    ready = collections.defaultdict(list)  # by bucket
    buckets = {}  # tokens and when they were counted, rate and burst

    def start(i):
        rate, burst = limits[i][1]
        buckets.setdefault(keys[i], [burst, 0.0, rate, burst])
        heapq.heappush(ready[keys[i]], (-urgency[i], i))

    for i, (_, _, _, after) in enumerate(graph):
        if after is None:
            start(i)
    now, flying, last = 0.0, [], ""
    while flying or any(ready.values()):
        wake = math.inf
        for key in sorted((k for k in ready if ready[k]), key=lambda k: (ready[k][0], str(k))):
            bucket = buckets[key]
            bucket[0], bucket[1] = min(bucket[3], bucket[0] + (now - bucket[1]) * bucket[2]), now
            while ready[key] and bucket[0] >= 1 - 1e-9 and len(flying) < places:
                bucket[0] -= 1
                heapq.heappush(flying, (now + latency, heapq.heappop(ready[key])[1]))
                last = f"{key[1]} in {key[0]}"
            if ready[key] and len(flying) < places:
                wake = min(wake, now + (1 - bucket[0]) / bucket[2])
        now = min(wake, flying[0][0]) if flying else wake
        while flying and flying[0][0] <= now + 1e-9:
            for i in needs[heapq.heappop(flying)[1]]:
                start(i)
    return now, last


def main():
    with open(sys.argv[1]) as f:
        scan = json.load(f)
    unknown = set(scan["types"]) - set(types)
    if unknown:
        sys.exit(f"not in the table, so their calls are not known: {sorted(unknown)}")
    graph = [("global", "STS", "GetCallerIdentity", None)]
    for type_ in scan["types"]:
        calls.clear()
        types[type_]()
        for region in ["global"] if type_ in worldwide else range(scan["regions"]):
            first = len(graph)
            graph += [(region, service, operation, 0 if after is None else first + after) for service, operation, after in calls]
    seconds, last = simulate(graph, scan)
    counts = collections.Counter(f"{service}.{operation}" for _, service, operation, _ in graph)
    print(json.dumps({"types": len(scan["types"]), "calls": counts, "total": len(graph), "seconds": seconds, "waits_for": last}))


if __name__ == "__main__":
    main()

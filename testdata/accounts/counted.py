"""Counts what is in the account, by type and by the particle that its tags name, so that a
test can tell whether something was made twice. What carries no such tag is counted too:
a twin may have lost its tags."""

import collections
import json

import boto3

PARTICLE = "pcf:particle"
counts = collections.Counter()


def count(typ, tags):
    """Counts one resource. tags: a map, or the list of Key and Value that most services give."""
    if not isinstance(tags, dict):
        tags = {t["Key"]: t["Value"] for t in tags or []}
    counts[typ + " " + tags.get(PARTICLE, "-")] += 1


def tags_of(call, **arguments):
    """The tags of a bucket or a thing like it, which may have none."""
    try:
        return call(**arguments).get("TagSet")
    except boto3.client("s3").exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchTagSet":
            raise
        return []


ec2 = boto3.client("ec2")
for operation, members in {
    "describe_vpcs": "Vpcs", "describe_subnets": "Subnets", "describe_security_groups": "SecurityGroups", "describe_route_tables": "RouteTables",
    "describe_internet_gateways": "InternetGateways", "describe_addresses": "Addresses", "describe_volumes": "Volumes",
}.items():
    for thing in getattr(ec2, operation)()[members]:
        count(members, thing.get("Tags"))
        for rule in thing.get("IpPermissions", []):
            counts["rules of " + thing["GroupName"]] += len(rule["IpRanges"]) + len(rule["UserIdGroupPairs"])
        for key in ("Attachments", "Routes", "Associations"):
            counts[key] += len(thing.get(key, []))
for reservation in ec2.describe_instances()["Reservations"]:
    for instance in reservation["Instances"]:
        count("Instances", instance.get("Tags"))

iam = boto3.client("iam")
for role in iam.list_roles()["Roles"]:
    count("Roles", iam.list_role_tags(RoleName=role["RoleName"])["Tags"])
for profile in iam.list_instance_profiles()["InstanceProfiles"]:
    count("InstanceProfiles", iam.get_instance_profile(InstanceProfileName=profile["InstanceProfileName"])["InstanceProfile"].get("Tags"))
    counts["roles of profiles"] += len(profile["Roles"])

sqs = boto3.client("sqs")
for url in sqs.list_queues().get("QueueUrls", []):
    count("Queues", sqs.list_queue_tags(QueueUrl=url).get("Tags", {}))
sns = boto3.client("sns")
for topic in sns.list_topics()["Topics"]:
    count("Topics", sns.list_tags_for_resource(ResourceArn=topic["TopicArn"])["Tags"])
s3 = boto3.client("s3")
for bucket in s3.list_buckets()["Buckets"]:
    count("Buckets", tags_of(s3.get_bucket_tagging, Bucket=bucket["Name"]))
dynamodb = boto3.client("dynamodb")
for name in dynamodb.list_tables()["TableNames"]:
    count("Tables", dynamodb.list_tags_of_resource(ResourceArn=dynamodb.describe_table(TableName=name)["Table"]["TableArn"])["Tags"])

print(json.dumps(counts, sort_keys=True))

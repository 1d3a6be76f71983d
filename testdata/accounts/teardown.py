"""Seeds an account with an app to tear down and prints, as JSON, what must be gone at the end and what stays.

The app reports is retired; it has thirty resources, some of which refer to others, and with the argument
"small" eight. The app network lives, and has an instance that uses a key pair of reports. A resource is [type, id].
"""
import json, sys, boto3

ec2, sqs, sns = boto3.client("ec2"), boto3.client("sqs"), boto3.client("sns")
logs, ssm, alarms = boto3.client("logs"), boto3.client("ssm"), boto3.client("cloudwatch")
region = ec2.meta.region_name
small = "small" in sys.argv
gone, stays = [], []
image = "ami-12c6146b"  # one of the emulator's own; to list them takes a second


def tags(particle, app="reports"):
    return {"pcf:app": app, "pcf:environment": "dev", "pcf:version": "1.0.0", "pcf:particle": particle}


def pairs(particle, app="reports"):
    return [{"Key": k, "Value": v} for k, v in tags(particle, app).items()]


def spec(kind, particle, app="reports"):
    return [{"ResourceType": kind, "Tags": pairs(particle, app)}]


def put(typ, id_, into=gone):
    into.append(["AWS::" + typ, id_])
    return id_


def some(large, few):
    return range(few if small else large)


for i in some(2, 1):
    put("EC2::KeyPair", ec2.create_key_pair(KeyName=f"reports-{i}", TagSpecifications=spec("key-pair", f"key-{i}"))["KeyName"])


def instance(particle, key, into=gone, app="reports"):
    run = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, KeyName=key, TagSpecifications=spec("instance", particle, app))
    return put("EC2::Instance", run["Instances"][0]["InstanceId"], into)


web = [instance(f"web-{i}", f"reports-{i % (1 if small else 2)}") for i in some(4, 1)]
for i in some(2, 0):
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=spec("elastic-ip", f"ip-{i}"))
    ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=web[i])
    put("EC2::EIP", address["PublicIp"] + "|" + address["AllocationId"])
for i in some(2, 1):
    put("EC2::Volume", ec2.create_volume(AvailabilityZone=region + "a", Size=8, TagSpecifications=spec("volume", f"data-{i}"))["VolumeId"])
for i in some(6, 1):
    topic = put("SNS::Topic", sns.create_topic(Name=f"reports-{i}", Tags=pairs(f"topic-{i}"))["TopicArn"])
    alarms.put_metric_alarm(AlarmName=f"reports-{i}", MetricName="m", Namespace="n", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
                            ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic], Tags=pairs(f"alarm-{i}"))
    put("CloudWatch::Alarm", f"reports-{i}")
for i in some(3, 1):
    logs.create_log_group(logGroupName=f"/reports/{i}", tags=tags(f"logs-{i}"))
    put("Logs::LogGroup", f"/reports/{i}")
for i in some(3, 1):
    put("SQS::Queue", sqs.create_queue(QueueName=f"reports-{i}", tags=tags(f"queue-{i}"))["QueueUrl"])
for i in some(2, 1):
    ssm.put_parameter(Name=f"/reports/{i}", Value="x", Type="String", Tags=pairs(f"parameter-{i}"))
    put("SSM::Parameter", f"/reports/{i}")

put("SNS::Topic", sns.create_topic(Name="alarms", Tags=pairs("alarms", "network"))["TopicArn"], stays)
put("SNS::Topic", sns.create_topic(Name="nobodys")["TopicArn"], stays)
ec2.create_key_pair(KeyName="shared", TagSpecifications=spec("key-pair", "shared"))
put("EC2::KeyPair", "shared", stays)
instance("bastion", "shared", stays, "network")
print(json.dumps({"gone": gone, "stays": stays}))

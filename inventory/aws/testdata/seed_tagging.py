"""Creates so many resources of some types that their tags are asked for in bulk: two of three are
tagged, and one of three never was. It prints {type: {id: tags}}."""

import io
import json
import zipfile

import boto3

MANY = 24
truth = {}


def tags_of(n):
    return {"pcf:app": "orders", "pcf:particle": f"p{n}", "empty": ""} if n % 3 else {}


def pairs(tags, key="Key", value="Value"):
    return [{key: k, value: v} for k, v in tags.items()]


def some(type_, make, many=MANY):
    """make(name, tags) creates one and returns its id."""
    truth[type_] = {make(f"many-{n:03}", tags_of(n)): tags_of(n) for n in range(many)}


sns, sqs, kms, dynamodb, ssm = (boto3.client(name) for name in ("sns", "sqs", "kms", "dynamodb", "ssm"))
lambda_, glue, states, logs, ecr, iam = (boto3.client(name) for name in ("lambda", "glue", "stepfunctions", "logs", "ecr", "iam"))
role = iam.create_role(RoleName="many", AssumeRolePolicyDocument="{}")["Role"]["Arn"]

# An ECS cluster without tags makes moto fail every GetResources that asks for all types.
boto3.client("ecs").create_cluster(clusterName="untagged")

some("AWS::SNS::Topic", lambda name, tags: sns.create_topic(Name=name, Tags=pairs(tags))["TopicArn"])
some("AWS::SQS::Queue", lambda name, tags: sqs.create_queue(QueueName=name, tags=tags)["QueueUrl"])
some("AWS::KMS::Key", lambda name, tags: kms.create_key(Description=name, Tags=pairs(tags, "TagKey", "TagValue"))["KeyMetadata"]["KeyId"])
some("AWS::SSM::Parameter", lambda name, tags: ssm.put_parameter(Name=f"/many/{name}", Type="String", Value="v", Tags=pairs(tags)) and f"/many/{name}")


def table(name, tags):
    dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], Tags=pairs(tags))
    return name


some("AWS::DynamoDB::Table", table)
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as z:
    z.writestr("index.py", "def handler(event, context): pass")
some("AWS::Lambda::Function", lambda name, tags: lambda_.create_function(
    FunctionName=name, Runtime="python3.13", Role=role, Handler="index.handler", Code={"ZipFile": code.getvalue()}, Tags=tags)["FunctionName"])
some("AWS::Glue::Job", lambda name, tags: glue.create_job(Name=name, Role=role, Command={"Name": "glueetl", "ScriptLocation": "s3://b/k"}, Tags=tags)["Name"])
some("AWS::StepFunctions::StateMachine", lambda name, tags: states.create_state_machine(
    name=name, definition='{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}', roleArn=role, tags=pairs(tags, "key", "value"))["stateMachineArn"])

# moto's GetResources does not know log groups under the name that AWS has for them, and no repositories at all.
some("AWS::Logs::LogGroup", lambda name, tags: logs.create_log_group(logGroupName=name, tags=tags) and name)
some("AWS::ECR::Repository", lambda name, tags: ecr.create_repository(repositoryName=name, tags=pairs(tags))["repository"]["repositoryName"], 20)

print(json.dumps(truth))

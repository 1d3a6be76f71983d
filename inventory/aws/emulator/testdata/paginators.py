"""Prints how operations are paginated, as a third party (botocore) knows it, for those services
of the readers that have XML query and JSON protocols: {"service.Operation": [{lists, input, output, more, xml}]}
under the names that stand in requests and answers. Services may share a name for signing."""

import json

import botocore.session

session = botocore.session.get_session()
loader = session.get_component("data_loader")
result = {}


def one(value):
    return value if isinstance(value, str) else None


paginated = set(loader.list_available_services("paginators-1"))
SERVICES = """acm athena autoscaling cloudformation cloudtrail codebuild cognito-idp config dax dms dynamodb ec2 ecr ecs elasticache elb elbv2
emr events firehose glue iam kinesis kms logs memorydb neptune rds redshift sagemaker secretsmanager servicediscovery sns sqs ssm
stepfunctions wafv2""".split()

for name in SERVICES:
    if name not in paginated:
        continue
    model = session.get_service_model(name)
    protocol = model.metadata["protocol"]
    if protocol not in ("ec2", "query", "json"):
        continue
    paginators = loader.load_service_model(name, "paginators-1")["pagination"]
    for operation, p in paginators.items():
        keys = p["result_key"] if isinstance(p["result_key"], list) else [p["result_key"]]
        into, out, more = one(p["input_token"]), one(p["output_token"]), one(p.get("more_results", ""))
        shape = model.operation_model(operation)
        members = shape.output_shape.members
        if into is None or out not in members or not any(k in members for k in keys) or any(members[k].type_name != "list" for k in keys if k in members):
            continue
        token = shape.input_shape.members[into].serialization.get("name", into)
        how = {
            "lists": [members[k].serialization.get("name", k) for k in keys if k in members],
            "input": token[0].upper() + token[1:] if protocol == "ec2" else token,
            "output": members[out].serialization.get("name", out),
            "more": members[more].serialization.get("name", more) if more in members else "",
            "xml": {"ec2": 2, "query": 3}.get(protocol, 0),
        }
        variants = result.setdefault(f"{model.signing_name}.{operation}", [])
        if how not in variants:
            variants.append(how)
print(json.dumps(result))

"""Prints what third parties know of the calls that a scan makes, as JSON:

* actions: the IAM actions that AWS has, in lower case, from the policy data in the cfn-lint package; null
  where that is not installed.
* calls: by the name under which a request was signed, every operation of the services below as
  botocore has it: [pattern, "service id.operation"]. The pattern is a regular expression for how the
  emulator's proxy writes the request down: the operation, or for REST the method and the fixed parts of the path.
"""

import json
import os
import re

import botocore.session

SERVICES = """acm apigateway apigatewayv2 athena autoscaling backup batch cloudformation cloudfront cloudtrail cloudwatch codebuild
cognito-idp config dax dms docdb dynamodb ec2 ecr ecs efs eks elasticache elb elbv2 emr es events firehose fsx glacier glue guardduty iam
kafka kinesis kms lambda logs memorydb neptune opensearch organizations rds redshift resourcegroupstaggingapi route53 s3 s3control sagemaker secretsmanager
servicediscovery sns sqs ssm stepfunctions sts wafv2""".split()
SUB_RESOURCES = """acl cors encryption lifecycle location logging notification object-lock ownershipControls policy policyStatus
publicAccessBlock replication tagging versioning versions website uploads""".split()


def rest(service, method, uri):
    path, _, query = uri.partition("?")
    parts = path.strip("/").split("/")
    if service == "s3":
        names = [q.split("=")[0] for q in query.split("&")]
        sub = [name for name in SUB_RESOURCES if name in names]
        return method + (" ?" + sub[0] if sub else " /" if not parts[0] else "")
    if len(parts) > 1 and re.fullmatch(r"\d{4}-\d{2}-\d{2}", parts[0]):
        parts = parts[1:]
    long = len(parts) > 2 and "tags" not in parts[0]
    return f"{method} {parts[0]}/{parts[-1]}" if long else f"{method} {parts[0]}"


def pattern(text):
    return "".join(".*" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]*\})", text))


session = botocore.session.get_session()
calls = {}
for name in SERVICES:
    model = session.get_service_model(name)
    for operation in model.operation_names:
        request = operation
        if model.metadata["protocol"] not in ("ec2", "json", "query") and not (name == "cloudwatch"):
            http = model.operation_model(operation).http
            request = pattern(rest(model.signing_name, http["method"], http["requestUri"]))
        calls.setdefault(model.signing_name, []).append([request, f"{model.service_id}.{operation}"])

actions = None
try:
    import cfnlint
except ImportError:
    pass
else:
    with open(os.path.join(os.path.dirname(cfnlint.__file__), "data", "AdditionalSpecs", "Policies.json"), encoding="utf-8") as f:
        actions = [f"{service}:{action}".lower() for service, known in json.load(f).items() for action in known.get("Actions", {})]
print(json.dumps({"actions": actions, "calls": calls}))

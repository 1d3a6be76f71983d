"""What stands at the edge of an application (names, delivery, APIs, events, alarms) and
the small services beside it.

Not created here, because moto lacks the calls; each is proven on canned answers:
* PCF::Glacier::Vault: moto has vaults, but neither their tags nor their policies
  (glacier_canned_test.go).
"""

import io
import zipfile

import boto3
from prelude import *

account = boto3.client("sts").get_caller_identity()["Account"]
trust = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
role = boto3.client("iam").create_role(RoleName="edge", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
ec2 = boto3.client("ec2")
vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]

# Names. Each zone brings two records of its own.
route53 = boto3.client("route53")
zone = route53.create_hosted_zone(Name="orders.example.com.", CallerReference="1", HostedZoneConfig={"Comment": "public"})["HostedZone"]["Id"]
zone_id = zone.removeprefix("/hostedzone/")
route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone_id, AddTags=pairs(tags("zone")))
servers = route53.get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"]
logs = boto3.client("logs", region_name="us-east-1")
logs.create_log_group(logGroupName="/aws/route53/orders")
log_group = f"arn:aws:logs:us-east-1:{account}:log-group:/aws/route53/orders"
route53.create_query_logging_config(HostedZoneId=zone_id, CloudWatchLogsLogGroupArn=log_group + ":*")  # moto knows groups by this form
found("AWS::Route53::HostedZone", zone_id, tags("zone"), Name="orders.example.com.", HostedZoneConfig={"Comment": "public"},
      NameServers=servers, QueryLoggingConfig={"CloudWatchLogsLogGroupArn": log_group + ":*"},
      HostedZoneTags=sorted(pairs(tags("zone")), key=lambda t: t["Key"]))
private = route53.create_hosted_zone(Name="orders.internal.", CallerReference="2", VPC={"VPCRegion": "eu-west-1", "VPCId": vpc},
                                     HostedZoneConfig={"Comment": "", "PrivateZone": True})["HostedZone"]["Id"].removeprefix("/hostedzone/")
found("AWS::Route53::HostedZone", private, {}, Name="orders.internal.", VPCs=[{"VPCId": vpc, "VPCRegion": "eu-west-1"}])

check = route53.create_health_check(CallerReference="1", HealthCheckConfig={
    "Type": "HTTPS", "FullyQualifiedDomainName": "www.orders.example.com", "Port": 443, "ResourcePath": "/health",
    "RequestInterval": 30, "FailureThreshold": 3})["HealthCheck"]["Id"]
route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=check, AddTags=pairs(tags("check")))
found("AWS::Route53::HealthCheck", check, tags("check"), HealthCheckId=check, HealthCheckConfig__Type="HTTPS",
      HealthCheckConfig__FullyQualifiedDomainName="www.orders.example.com", HealthCheckConfig__Port=443, HealthCheckConfig__ResourcePath="/health",
      HealthCheckConfig__FailureThreshold=3)
bare = route53.create_health_check(CallerReference="2", HealthCheckConfig={"Type": "TCP", "IPAddress": "192.0.2.9", "Port": 25})["HealthCheck"]["Id"]
found("AWS::Route53::HealthCheck", bare, {}, HealthCheckConfig__Type="TCP", HealthCheckConfig__IPAddress="192.0.2.9")


def record(**r):
    route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": r}]})


def values(*texts):
    return [{"Value": t} for t in texts]


record(Name="www.orders.example.com.", Type="A", TTL=300, ResourceRecords=values("192.0.2.1", "192.0.2.2"), HealthCheckId=check,
       SetIdentifier="one", Weight=10)
record(Name="www.orders.example.com.", Type="A", TTL=300, ResourceRecords=values("192.0.2.3"), SetIdentifier="two", Weight=90)
record(Name="cdn.orders.example.com.", Type="A", AliasTarget={
    "HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d111111abcdef8.cloudfront.net.", "EvaluateTargetHealth": False})
record(Name="orders.example.com.", Type="MX", TTL=60, ResourceRecords=values("10 mail.example.com."))
found("AWS::Route53::RecordSet", f"{zone_id}|www.orders.example.com.|A|one", {}, HostedZoneId=zone_id, HostedZoneName="orders.example.com.",
      Name="www.orders.example.com.", Type="A", TTL="300", ResourceRecords=["192.0.2.1", "192.0.2.2"], SetIdentifier="one", Weight=10,
      HealthCheckId=check)
found("AWS::Route53::RecordSet", f"{zone_id}|www.orders.example.com.|A|two", {}, ResourceRecords=["192.0.2.3"], Weight=90)
found("AWS::Route53::RecordSet", f"{zone_id}|cdn.orders.example.com.|A", {}, AliasTarget={
    "HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d111111abcdef8.cloudfront.net.", "EvaluateTargetHealth": False})
found("AWS::Route53::RecordSet", f"{zone_id}|orders.example.com.|MX", {}, Type="MX", TTL="60", ResourceRecords=["10 mail.example.com."])

# Delivery.
cloudfront = boto3.client("cloudfront")


def some(*items):
    return {"Quantity": len(items), "Items": list(items)}


config = {
    "CallerReference": "1", "Comment": "shop", "Enabled": True, "DefaultRootObject": "index.html", "PriceClass": "PriceClass_100",
    "Aliases": some("shop.example.com"), "IsIPV6Enabled": True, "HttpVersion": "http2",
    "Origins": some({
        "Id": "origin", "DomainName": "shop.example.org", "OriginPath": "/v1",
        "CustomHeaders": some({"HeaderName": "X-From", "HeaderValue": "cdn"}),
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only", "OriginSslProtocols": some("TLSv1.2")}}),
    "DefaultCacheBehavior": {
        "TargetOriginId": "origin", "ViewerProtocolPolicy": "redirect-to-https", "MinTTL": 10, "Compress": True,
        "AllowedMethods": {**some("HEAD", "GET"), "CachedMethods": some("HEAD", "GET")},
        "TrustedSigners": {"Enabled": False, "Quantity": 0},
        "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}, "Headers": some("Accept")}},
    "Logging": {"Enabled": True, "IncludeCookies": False, "Bucket": "pcf-logs.s3.amazonaws.com", "Prefix": "cdn/"},
    "Restrictions": {"GeoRestriction": {"RestrictionType": "whitelist", **some("DE", "FR")}},
    "ViewerCertificate": {"ACMCertificateArn": f"arn:aws:acm:us-east-1:{account}:certificate/1", "SSLSupportMethod": "sni-only",
                          "MinimumProtocolVersion": "TLSv1.2_2021"},
    "WebACLId": "",
}
cdn = cloudfront.create_distribution_with_tags(DistributionConfigWithTags={
    "DistributionConfig": config, "Tags": {"Items": pairs(tags("cdn"))}})["Distribution"]
found("AWS::CloudFront::Distribution", cdn["Id"], tags("cdn"), DomainName=cdn["DomainName"],
      DistributionConfig__Enabled=True, DistributionConfig__DefaultRootObject="index.html", DistributionConfig__IPV6Enabled=True,
      DistributionConfig__Aliases=["shop.example.com"], DistributionConfig__PriceClass="PriceClass_100",
      DistributionConfig__Origins__0__Id="origin", DistributionConfig__Origins__0__DomainName="shop.example.org",
      DistributionConfig__Origins__0__OriginCustomHeaders=[{"HeaderName": "X-From", "HeaderValue": "cdn"}],
      DistributionConfig__Origins__0__CustomOriginConfig__OriginProtocolPolicy="https-only",
      DistributionConfig__Origins__0__CustomOriginConfig__OriginSSLProtocols=["TLSv1.2"],
      DistributionConfig__DefaultCacheBehavior__ViewerProtocolPolicy="redirect-to-https",
      DistributionConfig__DefaultCacheBehavior__AllowedMethods=["HEAD", "GET"],
      DistributionConfig__DefaultCacheBehavior__CachedMethods=["HEAD", "GET"],
      DistributionConfig__DefaultCacheBehavior__ForwardedValues__Headers=["Accept"],
      DistributionConfig__Logging={"Bucket": "pcf-logs.s3.amazonaws.com", "Prefix": "cdn/", "IncludeCookies": False},
      DistributionConfig__Restrictions__GeoRestriction={"RestrictionType": "whitelist", "Locations": ["DE", "FR"]},
      DistributionConfig__ViewerCertificate__AcmCertificateArn=f"arn:aws:acm:us-east-1:{account}:certificate/1",
      DistributionConfig__ViewerCertificate__SslSupportMethod="sni-only")
plain = cloudfront.create_distribution(DistributionConfig={
    **config, "CallerReference": "2", "Aliases": some(), "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "ViewerCertificate": {"CloudFrontDefaultCertificate": True}, "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}}})
found("AWS::CloudFront::Distribution", plain["Distribution"]["Id"], {}, DistributionConfig__Aliases=[])

# Messages. A topic always has a policy; where nobody wrote one, it is AWS's.
sns = boto3.client("sns")
topic = sns.create_topic(Name="orders")["TopicArn"]
policy = {"Version": "2012-10-17", "Statement": [
    {"Sid": "s3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic}]}
sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))
found("AWS::SNS::TopicPolicy", topic, {}, Topics=[topic], PolicyDocument=policy)
sns.create_topic(Name="plain")
sqs = boto3.client("sqs")
queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
queue_arn = f"arn:aws:sqs:eu-west-1:{account}:orders"
policy = {"Version": "2012-10-17", "Statement": [
    {"Sid": "topic", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue_arn}]}
sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
found("AWS::SQS::QueuePolicy", queue, {}, Queues=[queue], PolicyDocument=policy)
dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
filters, redrive = {"kind": ["new"]}, {"deadLetterTargetArn": queue_arn}
subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn, Attributes={
    "RawMessageDelivery": "true", "FilterPolicy": json.dumps(filters), "RedrivePolicy": json.dumps(redrive)})["SubscriptionArn"]
found("AWS::SNS::Subscription", subscription, {}, Arn=subscription, TopicArn=topic, Protocol="sqs", Endpoint=queue_arn,
      RawMessageDelivery=True, FilterPolicy=filters, RedrivePolicy=redrive)

# Events and alarms.
events = boto3.client("events")
bus = events.create_event_bus(Name="orders", Description="of orders", Tags=pairs(tags("bus")))["EventBusArn"]
events.put_permission(EventBusName="orders", Action="events:PutEvents", Principal="111122223333", StatementId="partner")
found("AWS::Events::EventBus", "orders", tags("bus"), Arn=bus, Name="orders", Description="of orders", Policy__Statement__0__Sid="partner")
pattern = {"source": ["orders"], "detail": {"state": ["new"]}}
rule = events.put_rule(Name="new", EventBusName="orders", EventPattern=json.dumps(pattern), Description="new ones", Tags=pairs(tags("rule")))["RuleArn"]
events.put_targets(Rule="new", EventBusName="orders", Targets=[
    {"Id": "queue", "Arn": queue_arn, "InputPath": "$.detail", "DeadLetterConfig": {"Arn": queue_arn}},
    {"Id": "task", "Arn": f"arn:aws:ecs:eu-west-1:{account}:cluster/a", "RoleArn": role, "EcsParameters": {
        "TaskDefinitionArn": f"arn:aws:ecs:eu-west-1:{account}:task-definition/a:1", "TaskCount": 1, "LaunchType": "FARGATE",
        "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["subnet-1"], "AssignPublicIp": "DISABLED"}}}}])
found("AWS::Events::Rule", rule, tags("rule"), Arn=rule, Name="new", EventBusName="orders", EventPattern=pattern, Description="new ones", State="ENABLED",
      Targets__0={"Id": "queue", "Arn": queue_arn, "InputPath": "$.detail", "DeadLetterConfig": {"Arn": queue_arn}},
      Targets__1__EcsParameters__NetworkConfiguration__AwsVpcConfiguration={"Subnets": ["subnet-1"], "AssignPublicIp": "DISABLED"})
nightly = events.put_rule(Name="nightly", ScheduleExpression="cron(0 3 * * ? *)", State="DISABLED")["RuleArn"]
found("AWS::Events::Rule", nightly, {}, ScheduleExpression="cron(0 3 * * ? *)", State="DISABLED", EventBusName="default")

cloudwatch = boto3.client("cloudwatch")
cloudwatch.put_metric_alarm(AlarmName="errors", AlarmDescription="too many", Namespace="AWS/Lambda", MetricName="Errors", Statistic="Sum", Period=60,
                            EvaluationPeriods=3, DatapointsToAlarm=2, Threshold=1.5, ComparisonOperator="GreaterThanThreshold",
                            Dimensions=[{"Name": "FunctionName", "Value": "orders"}], AlarmActions=[topic], TreatMissingData="notBreaching",
                            Tags=pairs(tags("alarm")))
alarm = cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]["AlarmArn"]
found("AWS::CloudWatch::Alarm", "errors", tags("alarm"), Arn=alarm, MetricName="Errors", Namespace="AWS/Lambda", Statistic="Sum", Period=60, EvaluationPeriods=3,
      DatapointsToAlarm=2, Threshold=1.5, ComparisonOperator="GreaterThanThreshold", Dimensions=[{"Name": "FunctionName", "Value": "orders"}],
      AlarmActions=[topic], ActionsEnabled=True, TreatMissingData="notBreaching", AlarmDescription="too many")
cloudwatch.put_metric_alarm(AlarmName="ratio", EvaluationPeriods=1, Threshold=5, ComparisonOperator="GreaterThanThreshold", Metrics=[
    {"Id": "e1", "Expression": "m1/2", "Label": "half", "ReturnData": True},
    {"Id": "m1", "ReturnData": False, "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "M", "Dimensions": []}, "Period": 60, "Stat": "Sum"}}])
found("AWS::CloudWatch::Alarm", "ratio", {}, Metrics__0={"Id": "e1", "Expression": "m1/2", "Label": "half", "ReturnData": True},
      Metrics__1__MetricStat__Metric__MetricName="M")
body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "orders"}}]})
cloudwatch.put_dashboard(DashboardName="orders", DashboardBody=body)
found("AWS::CloudWatch::Dashboard", "orders", {}, DashboardBody=body)

# Functions and what hangs on them.
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as archive:
    archive.writestr("index.py", "def handler(event, context): pass\n")
function = boto3.client("lambda")
arn = function.create_function(FunctionName="orders", Runtime="python3.13", Role=role, Handler="index.handler", Code={"ZipFile": code.getvalue()})["FunctionArn"]
function.create_function(FunctionName="bare", Runtime="python3.13", Role=role, Handler="index.handler", Code={"ZipFile": code.getvalue()})
mapping = function.create_event_source_mapping(FunctionName="orders", EventSourceArn=queue_arn, BatchSize=5, MaximumBatchingWindowInSeconds=0,
                                               Enabled=True)["UUID"]
found("AWS::Lambda::EventSourceMapping", mapping, {}, Id=mapping, EventSourceArn=queue_arn, FunctionName=arn, BatchSize=5, Enabled=True)
function.add_permission(FunctionName="orders", StatementId="from-bucket", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com",
                        SourceArn="arn:aws:s3:::pcf-orders", SourceAccount=account)
function.add_permission(FunctionName="orders", StatementId="open", Action="lambda:InvokeFunction", Principal="*")
found("AWS::Lambda::Permission", "orders|from-bucket", {}, FunctionName="orders", Id="from-bucket", Action="lambda:InvokeFunction",
      Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::pcf-orders", SourceAccount=account)
found("AWS::Lambda::Permission", "orders|open", {}, Principal="*", Action="lambda:InvokeFunction")
for version in (1, 2):
    layer = function.publish_layer_version(LayerName="shared", Description=f"v{version}", Content={"ZipFile": code.getvalue()},
                                           CompatibleRuntimes=["python3.13"], LicenseInfo="MIT")["LayerVersionArn"]
    found("AWS::Lambda::LayerVersion", layer, {}, LayerName="shared", Description=f"v{version}", CompatibleRuntimes=["python3.13"], LicenseInfo="MIT")

stepfunctions = boto3.client("stepfunctions")
definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
machine = stepfunctions.create_state_machine(  # of moto's only type
    name="orders", definition=definition, roleArn=role, type="STANDARD", tags=[{"key": k, "value": v} for k, v in tags("machine").items()],
    tracingConfiguration={"enabled": True}, loggingConfiguration={"level": "ERROR", "includeExecutionData": True, "destinations": [
        {"cloudWatchLogsLogGroup": {"logGroupArn": log_group + ":*"}}]})["stateMachineArn"]
found("AWS::StepFunctions::StateMachine", machine, tags("machine"), StateMachineName="orders", RoleArn=role, DefinitionString=definition,
      StateMachineType="STANDARD", TracingConfiguration={"Enabled": True}, LoggingConfiguration={
          "Level": "ERROR", "IncludeExecutionData": True, "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": log_group + ":*"}}]})

# APIs.
rest = boto3.client("apigateway")
api_policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}]}
api = rest.create_rest_api(name="orders", description="of orders", endpointConfiguration={"types": ["REGIONAL"]}, policy=json.dumps(api_policy),
                           minimumCompressionSize=100, disableExecuteApiEndpoint=True, tags=tags("api"))["id"]
found("AWS::ApiGateway::RestApi", api, tags("api"), RestApiId=api, Name="orders", Description="of orders", EndpointConfiguration__Types=["REGIONAL"],
      Policy=api_policy, BinaryMediaTypes=["image/png"], MinimumCompressionSize=100, DisableExecuteApiEndpoint=True, ApiKeySourceType="HEADER")
rest.update_rest_api(restApiId=api, patchOperations=[{"op": "add", "path": "/binaryMediaTypes", "value": "image/png"}])  # moto forgets it at creation
empty = rest.create_rest_api(name="empty")["id"]
found("AWS::ApiGateway::RestApi", empty, {}, Name="empty")
root = rest.get_resources(restApiId=api)["items"][0]["id"]
rest.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
rest.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
deployment = rest.create_deployment(restApiId=api)["id"]
rest.create_stage(restApiId=api, stageName="prod", deploymentId=deployment, description="live", variables={"color": "blue"},
                  tracingEnabled=True, cacheClusterEnabled=True, cacheClusterSize="0.5", tags=tags("stage"))
rest.update_stage(restApiId=api, stageName="prod", patchOperations=[
    {"op": "replace", "path": "/*/*/logging/loglevel", "value": "INFO"},
    {"op": "replace", "path": "/*/*/metrics/enabled", "value": "true"},
    {"op": "replace", "path": "/*/*/caching/dataEncrypted", "value": "true"},
    {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": log_group},
    {"op": "replace", "path": "/accessLogSettings/format", "value": "$context.requestId"}])
found("AWS::ApiGateway::Stage", f"{api}|prod", tags("stage"), RestApiId=api, StageName="prod", DeploymentId=deployment, Description="live",
      Variables={"color": "blue"}, TracingEnabled=True, CacheClusterEnabled=True, CacheClusterSize="0.5",
      AccessLogSetting={"DestinationArn": log_group, "Format": "$context.requestId"}, MethodSettings__0__ResourcePath="/*",
      MethodSettings__0__HttpMethod="*", MethodSettings__0__LoggingLevel="INFO", MethodSettings__0__MetricsEnabled=True,
      MethodSettings__0__CacheDataEncrypted=True)
http = boto3.client("apigatewayv2")
web = http.create_api(Name="web", ProtocolType="HTTP", Description="over HTTP", Tags=tags("http"), DisableExecuteApiEndpoint=True,
                      CorsConfiguration={"AllowOrigins": ["https://shop.example.com"], "AllowMethods": ["GET"], "MaxAge": 60})
found("AWS::ApiGatewayV2::Api", web["ApiId"], tags("http"), Name="web", ProtocolType="HTTP", Description="over HTTP", ApiEndpoint=web["ApiEndpoint"],
      DisableExecuteApiEndpoint=True, CorsConfiguration__AllowOrigins=["https://shop.example.com"], CorsConfiguration__MaxAge=60, Tags=tags("http"))
socket = http.create_api(Name="socket", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")["ApiId"]
found("AWS::ApiGatewayV2::Api", socket, {}, RouteSelectionExpression="$request.body.action")
http.create_stage(ApiId=web["ApiId"], StageName="$default", AutoDeploy=True, Description="live", Tags=tags("http-stage"), StageVariables={"color": "blue"},
                  AccessLogSettings={"DestinationArn": log_group, "Format": "$context.requestId"},
                  DefaultRouteSettings={"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 2.5, "DetailedMetricsEnabled": True},
                  RouteSettings={"GET /": {"ThrottlingBurstLimit": 1}})
found("AWS::ApiGatewayV2::Stage", web["ApiId"] + "|$default", tags("http-stage"), ApiId=web["ApiId"], StageName="$default", AutoDeploy=True, Description="live",
      AccessLogSettings={"DestinationArn": log_group, "Format": "$context.requestId"}, StageVariables={"color": "blue"}, Tags=tags("http-stage"),
      DefaultRouteSettings={"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 2.5, "DetailedMetricsEnabled": True})

cognito = boto3.client("cognito-idp")
pool = cognito.create_user_pool(
    PoolName="shoppers", MfaConfiguration="OFF", AutoVerifiedAttributes=["email"], UsernameAttributes=["email"], UserPoolTags=tags("pool"),
    DeletionProtection="ACTIVE", Policies={"PasswordPolicy": {"MinimumLength": 12, "RequireUppercase": True, "RequireLowercase": True, "RequireNumbers": True,
                                                              "RequireSymbols": False, "TemporaryPasswordValidityDays": 3}},
    AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})["UserPool"]
found("AWS::Cognito::UserPool", pool["Id"], tags("pool"), UserPoolName="shoppers", Arn=pool["Arn"], MfaConfiguration="OFF", AutoVerifiedAttributes=["email"],
      UsernameAttributes=["email"], DeletionProtection="ACTIVE", Policies__PasswordPolicy__MinimumLength=12,
      AdminCreateUserConfig__AllowAdminCreateUserOnly=True, UserPoolTags=tags("pool"))

# A stack that makes nothing of the types here, and one that was deleted.
cloudformation = boto3.client("cloudformation")
template = json.dumps({"Parameters": {"Stage": {"Type": "String"}},
                       "Resources": {"Wait": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}})
parameters = [{"ParameterKey": "Stage", "ParameterValue": "dev"}]
stack = cloudformation.create_stack(StackName="orders-dev", TemplateBody=template, Parameters=parameters, NotificationARNs=[topic],
                                    TimeoutInMinutes=9, Tags=pairs(tags("stack")))["StackId"]
found("AWS::CloudFormation::Stack", stack, tags("stack"), Parameters={"Stage": "dev"}, NotificationARNs=[topic])
cloudformation.create_stack(StackName="gone", TemplateBody=template, Parameters=parameters)
cloudformation.delete_stack(StackName="gone")

namespaces = boto3.client("servicediscovery")
namespaces.create_private_dns_namespace(Name="orders.local", Vpc=vpc, Description="services", CreatorRequestId="1", Tags=pairs(tags("namespace")),
                                        Properties={"DnsProperties": {"SOA": {"TTL": 60}}})
namespaces.create_http_namespace(Name="other", CreatorRequestId="2")
namespace = next(n for n in namespaces.list_namespaces()["Namespaces"] if n["Name"] == "orders.local")
# moto puts a path before the zone's id here; AWS does not.
namespace_zone = namespace["Properties"]["DnsProperties"]["HostedZoneId"]
found("AWS::ServiceDiscovery::PrivateDnsNamespace", namespace["Id"], tags("namespace"), Arn=namespace["Arn"], Name="orders.local", Description="services",
      HostedZoneId=namespace_zone)
# On AWS this zone says that Cloud Map made it, and is foreign. In moto its name and that of its record differ.
found("AWS::Route53::RecordSet", namespace_zone.removeprefix("/hostedzone/") + "|orders.local-hz.|SOA", {}, Type="SOA")
found("AWS::Route53::HostedZone", namespace_zone.removeprefix("/hostedzone/"), {})

# Notebooks, builds and data.
sagemaker = boto3.client("sagemaker")
notebook = sagemaker.create_notebook_instance(
    NotebookInstanceName="lab", InstanceType="ml.t3.medium", RoleArn=role, SubnetId="subnet-1", SecurityGroupIds=["sg-1"], DirectInternetAccess="Disabled",
    RootAccess="Disabled", VolumeSizeInGB=20, KmsKeyId="alias/aws/sagemaker", Tags=pairs(tags("notebook")))["NotebookInstanceArn"]
found("AWS::SageMaker::NotebookInstance", notebook, tags("notebook"), Id=notebook, NotebookInstanceName="lab", InstanceType="ml.t3.medium", RoleArn=role,
      SubnetId="subnet-1", SecurityGroupIds=["sg-1"], DirectInternetAccess="Disabled", RootAccess="Disabled", VolumeSizeInGB=20,
      KmsKeyId="alias/aws/sagemaker")
build = boto3.client("codebuild").create_project(
    name="orders", description="builds", source={"type": "S3", "location": "bucket/path", "buildspec": "version: 0.2"}, serviceRole=role,
    artifacts={"type": "NO_ARTIFACTS"}, tags=[{"key": k, "value": v} for k, v in tags("build").items()], timeoutInMinutes=15,
    environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL", "privilegedMode": True,
                 "environmentVariables": [{"name": "STAGE", "value": "dev", "type": "PLAINTEXT"}]})["project"]["arn"]
found("AWS::CodeBuild::Project", "orders", tags("build"), Id="orders", Arn=build, Description="builds", ServiceRole=role, TimeoutInMinutes=15,
      Source__BuildSpec="version: 0.2", Source__Type="S3", Artifacts__Type="NO_ARTIFACTS", Environment__PrivilegedMode=True,
      Environment__EnvironmentVariables=[{"Name": "STAGE", "Value": "dev", "Type": "PLAINTEXT"}])
glue = boto3.client("glue")
glue.create_job(Name="nightly", Role=role, Command={"Name": "glueetl", "ScriptLocation": "s3://pcf-code/nightly.py", "PythonVersion": "3"},
                DefaultArguments={"--stage": "dev"}, GlueVersion="4.0", MaxRetries=1, Timeout=30, Tags=tags("job"))
found("AWS::Glue::Job", "nightly", tags("job"), Role=role, Command={"Name": "glueetl", "ScriptLocation": "s3://pcf-code/nightly.py", "PythonVersion": "3"},
      DefaultArguments={"--stage": "dev"}, GlueVersion="4.0", MaxRetries=1, Timeout=30, Tags=tags("job"))
glue.create_database(DatabaseInput={"Name": "orders", "Description": "of orders", "LocationUri": "s3://pcf-data/", "Parameters": {"a": "b"}}, Tags=tags("database"))
found("AWS::Glue::Database", "orders", tags("database"), DatabaseName="orders", CatalogId=account, DatabaseInput__Description="of orders",
      DatabaseInput__LocationUri="s3://pcf-data/", DatabaseInput__Parameters={"a": "b"})
athena = boto3.client("athena")
athena.create_work_group(Name="orders", Description="of orders", Tags=pairs(tags("workgroup")), Configuration={
    "ResultConfiguration": {"OutputLocation": "s3://pcf-results/", "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"}},
    "EnforceWorkGroupConfiguration": True, "PublishCloudWatchMetricsEnabled": True, "BytesScannedCutoffPerQuery": 10000000})
found("AWS::Athena::WorkGroup", "orders", tags("workgroup"), Description="of orders", State="ENABLED",
      WorkGroupConfiguration__EnforceWorkGroupConfiguration=True, WorkGroupConfiguration__ResultConfiguration={
          "OutputLocation": "s3://pcf-results/", "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"}})
waf = boto3.client("wafv2")
visible = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "orders"}
acl = waf.create_web_acl(Name="orders", Scope="REGIONAL", Description="guards", DefaultAction={"Allow": {}}, VisibilityConfig=visible, Tags=pairs(tags("acl")),
                         Rules=[{"Name": "rate", "Priority": 0, "Action": {"Block": {}}, "VisibilityConfig": visible,
                                 "Statement": {"RateBasedStatement": {"Limit": 1000, "AggregateKeyType": "IP"}}}])["Summary"]
found("AWS::WAFv2::WebACL", f"{acl['Name']}|{acl['Id']}|REGIONAL", tags("acl"), Arn=acl["ARN"], Scope="REGIONAL", Description="guards", DefaultAction={"Allow": {}},
      VisibilityConfig=visible, Rules__0__Statement__RateBasedStatement__Limit=1000, Rules__0__Action={"Block": {}}, Rules__0__Name="rate")

done()

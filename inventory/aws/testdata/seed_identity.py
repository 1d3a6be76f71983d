"""Identity, keys, secrets and what watches over them, and the facts about the account.

moto can create one of every type. What it does otherwise than AWS:
* KMS aliases have no creation date.
* A trail never says that it has selectors of its own; the reader asks for them always.
* ListInstanceProfiles returns tags, which AWS leaves to GetInstanceProfile.
* A SAML provider loses its tags; TestTagsOfSAMLProvider proves them on a canned answer.
* DescribeSnapshots takes no notice of the owner and the restorer that are asked for.
"""

import datetime
import io
import zipfile

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from prelude import *

account = boto3.client("sts").get_caller_identity()["Account"]
allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}]}
trust = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}

iam = boto3.client("iam")
policy = iam.create_policy(PolicyName="read", PolicyDocument=json.dumps(allow))["Policy"]["Arn"]
group = iam.create_group(GroupName="operators", Path="/teams/")["Group"]["Arn"]
iam.attach_group_policy(GroupName="operators", PolicyArn=policy)
iam.put_group_policy(GroupName="operators", PolicyName="inline", PolicyDocument=json.dumps(allow))
found("AWS::IAM::Group", "operators", {}, Arn=group, GroupName="operators", Path="/teams/", ManagedPolicyArns=[policy],
      Policies=[{"PolicyName": "inline", "PolicyDocument": allow}])
iam.create_group(GroupName="empty")
found("AWS::IAM::Group", "empty", {}, GroupName="empty", Path="/")

iam.create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps(trust))
profile = iam.create_instance_profile(InstanceProfileName="web", Path="/app/", Tags=pairs(tags("profile")))["InstanceProfile"]["Arn"]
iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
found("AWS::IAM::InstanceProfile", "web", tags("profile"), Arn=profile, InstanceProfileName="web", Path="/app/", Roles=["web"])
iam.create_instance_profile(InstanceProfileName="bare")
found("AWS::IAM::InstanceProfile", "bare", {}, InstanceProfileName="bare", Path="/", Roles=[])

oidc = iam.create_open_id_connect_provider(Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"],
                                           ThumbprintList=["a" * 40], Tags=pairs(tags("oidc")))["OpenIDConnectProviderArn"]
found("AWS::IAM::OIDCProvider", oidc, tags("oidc"), Arn=oidc, Url="https://token.actions.githubusercontent.com",
      ClientIdList=["sts.amazonaws.com"], ThumbprintList=["a" * 40])

metadata = "<EntityDescriptor>" + "x" * 1000 + "</EntityDescriptor>"
saml = iam.create_saml_provider(Name="corporate", SAMLMetadataDocument=metadata, Tags=pairs(tags("saml")))["SAMLProviderArn"]
found("AWS::IAM::SAMLProvider", saml, {}, Arn=saml, Name="corporate", SamlMetadataDocument=metadata)

for name in ("robot", "person", "guest"):
    iam.create_user(UserName=name)
key = iam.create_access_key(UserName="robot")["AccessKey"]["AccessKeyId"]
found("AWS::IAM::AccessKey", key, {}, Id=key, UserName="robot", Status="Active")
old = iam.create_access_key(UserName="robot")["AccessKey"]["AccessKeyId"]
iam.update_access_key(UserName="robot", AccessKeyId=old, Status="Inactive")
found("AWS::IAM::AccessKey", old, {}, Id=old, UserName="robot", Status="Inactive")
iam.create_login_profile(UserName="person", Password="not-a-real-password-1")
device = iam.create_virtual_mfa_device(VirtualMFADeviceName="person")["VirtualMFADevice"]["SerialNumber"]
iam.enable_mfa_device(UserName="person", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321")
iam.create_login_profile(UserName="guest", Password="not-a-real-password-2")

kms = boto3.client("kms")
key_id = kms.create_key(Description="orders")["KeyMetadata"]["KeyId"]
kms.create_alias(AliasName="alias/orders", TargetKeyId=key_id)
found("AWS::KMS::Alias", "alias/orders", {}, AliasName="alias/orders", TargetKeyId=key_id)
doomed = kms.create_key(Description="doomed")["KeyMetadata"]["KeyId"]
kms.schedule_key_deletion(KeyId=doomed, PendingWindowInDays=7)

secrets = boto3.client("secretsmanager")
secret = secrets.create_secret(Name="orders/db", Description="of the database", SecretString="not-a-real-secret", KmsKeyId=key_id,
                               AddReplicaRegions=[{"Region": "us-east-1"}], Tags=pairs(tags("secret")))["ARN"]
found("AWS::SecretsManager::Secret", secret, tags("secret"), Id=secret, Name="orders/db", Description="of the database", KmsKeyId=key_id,
      ReplicaRegions__0__Region="us-east-1")
bare = secrets.create_secret(Name="bare", SecretString="not-a-real-secret")["ARN"]
found("AWS::SecretsManager::Secret", bare, {}, Id=bare, Name="bare")
doomed_secret = secrets.create_secret(Name="doomed", SecretString="not-a-real-secret")["ARN"]
secrets.delete_secret(SecretId=doomed_secret, RecoveryWindowInDays=7)
found("AWS::SecretsManager::Secret", doomed_secret, {}, Name="doomed")

code = io.BytesIO()  # moto rotates only with a function that exists
with zipfile.ZipFile(code, "w") as archive:
    archive.writestr("index.py", "def handler(event, context): pass\n")
role = iam.create_role(RoleName="rotate", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
function = boto3.client("lambda").create_function(FunctionName="rotate", Runtime="python3.13", Role=role, Handler="index.handler",
                                                  Code={"ZipFile": code.getvalue()})["FunctionArn"]
secrets.rotate_secret(SecretId=secret, RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False)
found("AWS::SecretsManager::RotationSchedule", secret, {}, Id=secret, SecretId=secret, RotationLambdaARN=function,
      RotationRules__AutomaticallyAfterDays=30)

ssm = boto3.client("ssm")
ssm.put_parameter(Name="/orders/url", Value="https://orders.acme.example", Type="String", Tags=pairs(tags("url")))
found("AWS::SSM::Parameter", "/orders/url", tags("url"), Name="/orders/url", Type="String", DataType="text", Tags=tags("url"))
ssm.put_parameter(Name="token", Value="not-a-real-token", Type="SecureString")
found("AWS::SSM::Parameter", "token", {}, Name="token", Type="SecureString")

acm = boto3.client("acm")
certificate = acm.request_certificate(DomainName="orders.acme.example", SubjectAlternativeNames=["www.acme.example"], ValidationMethod="DNS",
                                      Tags=pairs(tags("certificate")))["CertificateArn"]
found("AWS::CertificateManager::Certificate", certificate, tags("certificate"), Id=certificate, DomainName="orders.acme.example",
      SubjectAlternativeNames=["www.acme.example"], ValidationMethod="DNS", KeyAlgorithm="RSA_2048")
# An imported one, with an elliptic key: ACM lists it only to who asks for all key types.
private = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "imported.acme.example")])
now = datetime.datetime.now(datetime.timezone.utc)
own = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key()).serial_number(1)
       .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=90)).sign(private, hashes.SHA256()))
imported = acm.import_certificate(Certificate=own.public_bytes(serialization.Encoding.PEM), PrivateKey=private.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))["CertificateArn"]
found("AWS::CertificateManager::Certificate", imported, {}, Id=imported, DomainName="imported.acme.example")

boto3.client("s3").create_bucket(Bucket="pcf-trail", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
topic = boto3.client("sns").create_topic(Name="trails")["TopicArn"]
cloudtrail = boto3.client("cloudtrail")
trail = cloudtrail.create_trail(Name="audit", S3BucketName="pcf-trail", S3KeyPrefix="logs", SnsTopicName="trails", IsMultiRegionTrail=True,
                                EnableLogFileValidation=True, KmsKeyId=key_id, TagsList=pairs(tags("trail")))["TrailARN"]
cloudtrail.start_logging(Name="audit")
selector = {"ReadWriteType": "All", "IncludeManagementEvents": True,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::pcf-trail/"]}]}
cloudtrail.put_event_selectors(TrailName="audit", EventSelectors=[selector])
cloudtrail.put_insight_selectors(TrailName="audit", InsightSelectors=[{"InsightType": "ApiCallRateInsight"}])
found("AWS::CloudTrail::Trail", "audit", tags("trail"), Arn=trail, TrailName="audit", S3BucketName="pcf-trail", S3KeyPrefix="logs",
      SnsTopicName="trails", SnsTopicArn=topic, IsMultiRegionTrail=True, EnableLogFileValidation=True, KMSKeyId=key_id, IsLogging=True,
      EventSelectors=[selector], InsightSelectors=[{"InsightType": "ApiCallRateInsight"}])
other = cloudtrail.create_trail(Name="idle", S3BucketName="pcf-trail")["TrailARN"]
found("AWS::CloudTrail::Trail", "idle", {}, TrailName="idle", IsLogging=False, IsMultiRegionTrail=False, EnableLogFileValidation=False)
# A multi-region trail of another region: its shadow is no trail of this one, but watches it.
shadow = boto3.client("cloudtrail", region_name="us-east-1").create_trail(Name="elsewhere", S3BucketName="pcf-trail", IsMultiRegionTrail=True)["TrailARN"]

config = boto3.client("config")
recorder_role = f"arn:aws:iam::{account}:role/recorder"
config.put_configuration_recorder(ConfigurationRecorder={
    "name": "default", "roleARN": recorder_role, "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True}})
config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "pcf-trail"})
config.start_configuration_recorder(ConfigurationRecorderName="default")
found("AWS::Config::ConfigurationRecorder", "default", {}, Id="default", Name="default", RoleARN=recorder_role,
      RecordingGroup__AllSupported=True, RecordingGroup__IncludeGlobalResourceTypes=True)
config.put_config_rule(ConfigRule={
    "ConfigRuleName": "tagged", "Description": "has an owner", "InputParameters": json.dumps({"tag1Key": "owner"}),
    "Scope": {"ComplianceResourceTypes": ["AWS::S3::Bucket"]}, "Source": {"Owner": "AWS", "SourceIdentifier": "REQUIRED_TAGS"}},
    Tags=pairs(tags("rule")))
found("AWS::Config::ConfigRule", "tagged", tags("rule"), ConfigRuleName="tagged", Description="has an owner",
      InputParameters={"tag1Key": "owner"}, Scope={"ComplianceResourceTypes": ["AWS::S3::Bucket"]},
      Source__Owner="AWS", Source__SourceIdentifier="REQUIRED_TAGS")

detector = boto3.client("guardduty").create_detector(
    Enable=True, FindingPublishingFrequency="ONE_HOUR", DataSources={"S3Logs": {"Enable": True}}, Tags=tags("detector"),
    Features=[{"Name": "RDS_LOGIN_EVENTS", "Status": "ENABLED"}])["DetectorId"]
found("AWS::GuardDuty::Detector", detector, tags("detector"), Id=detector, Enable=True, FindingPublishingFrequency="ONE_HOUR",
      DataSources__S3Logs__Enable=True, Features=[{"Name": "RDS_LOGIN_EVENTS", "Status": "ENABLED"}])

compute = boto3.client("ec2")
volume = compute.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"]
private_copy = compute.create_snapshot(VolumeId=volume)["SnapshotId"]
public_copy = compute.create_snapshot(VolumeId=volume)["SnapshotId"]
compute.modify_snapshot_attribute(SnapshotId=public_copy, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"])
compute.enable_ebs_encryption_by_default()
database = boto3.client("rds")
database.create_db_instance(DBInstanceIdentifier="orders", Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20,
                            MasterUsername="root", MasterUserPassword="not-a-real-password")
for name in ("private-copy", "public-copy"):
    database.create_db_snapshot(DBInstanceIdentifier="orders", DBSnapshotIdentifier=name)
database.modify_db_snapshot_attribute(DBSnapshotIdentifier="public-copy", AttributeName="restore", ValuesToAdd=["all"])
database.create_db_cluster(DBClusterIdentifier="orders", Engine="aurora-postgresql", MasterUsername="root", MasterUserPassword="not-a-real-password")
for name in ("private-whole", "public-whole"):
    database.create_db_cluster_snapshot(DBClusterIdentifier="orders", DBClusterSnapshotIdentifier=name)
database.modify_db_cluster_snapshot_attribute(DBClusterSnapshotIdentifier="public-whole", AttributeName="restore", ValuesToAdd=["all"])
image = compute.register_image(Name="golden", RootDeviceName="/dev/sda1")["ImageId"]
compute.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
compute.register_image(Name="own", RootDeviceName="/dev/sda1")
control = boto3.client("s3control")


def without_account(request, **_):
    """boto3 puts the account before the host name, which the emulator does not have."""
    request.url = request.url.replace(f"//{account}.", "//")


control.meta.events.register("before-send.s3-control", without_account)
control.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration={
    "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False})
iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True, MaxPasswordAge=90)

# What is known of the account as a whole stands in resources of its own.
found("PCF::Account::PasswordPolicy", account, {}, Custom=True, MinimumPasswordLength=14, RequireSymbols=True, RequireNumbers=False,
      MaxPasswordAge=90, ExpirePasswords=True)
found("PCF::Account::Summary", account, {}, AccountId=account, Users=3, Groups=2, AccountMFAEnabled=0, AccountAccessKeysPresent=0)
found("PCF::Account::CredentialReport", account, {}, AccountId=account, Users__0__User="guest", Users__0__PasswordEnabled=True,
      Users__0__MfaActive=False, Users__0__AccessKey1Active=False, Users__1__User="person", Users__1__PasswordEnabled=True,
      Users__1__MfaActive=True, Users__2__User="robot", Users__2__PasswordEnabled=False, Users__2__AccessKey1Active=True,
      Users__2__AccessKey2Active=False)
found("PCF::Account::EbsDefaults", account, {}, EncryptionByDefault=True)
found("PCF::Account::S3PublicAccess", account, {}, BlockPublicAcls=True, IgnorePublicAcls=True, BlockPublicPolicy=False, RestrictPublicBuckets=False)
found("PCF::Account::SnapshotSharing", account, {}, PublicSnapshots=[public_copy], PublicImages=[image], PublicDBSnapshots=["public-copy"],
      PublicDBClusterSnapshots=["public-whole"])
states = {key_id: "Enabled", doomed: "PendingDeletion"}
found("PCF::Account::KmsKeyState", account, {},
      **{f"Keys__{i}__{name}": value for i, k in enumerate(sorted(states)) for name, value in (("KeyId", k), ("KeyState", states[k]))})
found("PCF::Account::Monitoring", account, {}, ConfigRecorders=[{"Name": "default", "Recording": True, "AllSupported": True}],
      Detectors=[{"DetectorId": detector, "Enable": True}], Trails=sorted([
          {"Arn": trail, "Name": "audit", "IsMultiRegionTrail": True, "IsLogging": True},
          {"Arn": other, "Name": "idle", "IsMultiRegionTrail": False, "IsLogging": False},
          {"Arn": shadow, "Name": "elsewhere", "IsMultiRegionTrail": True, "IsLogging": False}], key=lambda t: t["Arn"]))
done()

"""Machines, containers, load balancers, file systems and backups.

What moto cannot do, so that canned answers prove it (compute_canned_test.go):
* add-ons of EKS: it has no such calls.
* notifications of Auto Scaling groups, replications of EFS, policies and notifications of
  backup vaults, scaling and termination policies of EMR, instance fleets: neither.
What it does otherwise than AWS:
* DescribeSnapshots takes no notice of the owner that is asked for.
* Deleted clusters and services of ECS are listed for ever.
* Lifecycle hooks come with a role and a queue that nobody gave them.
* FSx tells no creation time, owner or lifecycle; task definitions and services of ECS no creation time.
* Clusters of EMR, names of classic load balancers and access points stand in us-east-1, whatever the region.
* The tags of access points cannot be asked for.
* The tags of backup vaults and plans are found only by a path that ends in a slash, which boto3 sends and
  the Go SDK does not: here they seem to have none.
"""

import base64

import boto3
from prelude import *

account = boto3.client("sts").get_caller_identity()["Account"]
allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
trust = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
role = boto3.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
sns = boto3.client("sns").create_topic(Name="news")["TopicArn"]

ec2 = boto3.client("ec2")
vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{n}.0/24", AvailabilityZone="eu-west-1" + zone)["Subnet"]["SubnetId"]
           for n, zone in enumerate("ab")]
gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
group = ec2.create_security_group(GroupName="web", Description="web tier", VpcId=vpc)["GroupId"]
amazon = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
instance = ec2.run_instances(ImageId=amazon, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnets[0])["Instances"][0]["InstanceId"]

# Snapshots and images of the account; moto comes with many of others.
volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=10, Encrypted=True, KmsKeyId=key)["VolumeId"]
snapshot = ec2.create_snapshot(VolumeId=volume, Description="before the upgrade", TagSpecifications=spec("snapshot", "snapshot"))["SnapshotId"]
found("PCF::EC2::Snapshot", snapshot, tags("snapshot"), SnapshotId=snapshot, VolumeId=volume, VolumeSize=10, Encrypted=True,
      OwnerId=account, State="completed", Description="before the upgrade")
plain = ec2.create_snapshot(VolumeId=ec2.create_volume(AvailabilityZone="eu-west-1a", Size=4)["VolumeId"])["SnapshotId"]
found("PCF::EC2::Snapshot", plain, {}, VolumeSize=4, Encrypted=False)
image = ec2.create_image(InstanceId=instance, Name="web-1.4.2", Description="the web tier", TagSpecifications=spec("image", "image"))["ImageId"]
found("PCF::EC2::Image", image, tags("image"), ImageId=image, Name="web-1.4.2", Description="the web tier", OwnerId=account,
      State="available", Public=False)
made = ec2.describe_images(ImageIds=[image])["Images"][0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
found("PCF::EC2::Snapshot", made, {})  # the image was made of the instance's volume

# Auto Scaling.
scaling = boto3.client("autoscaling")
scaling.create_launch_configuration(
    LaunchConfigurationName="web", ImageId=amazon, InstanceType="t3.micro", SecurityGroups=[group], AssociatePublicIpAddress=True,
    InstanceMonitoring={"Enabled": False}, EbsOptimized=True, UserData=base64.b64encode(b"export TOKEN=hunter2").decode(),
    BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True}}])
found("AWS::AutoScaling::LaunchConfiguration", "web", {}, LaunchConfigurationName="web", ImageId=amazon, InstanceType="t3.micro",
      SecurityGroups=[group], AssociatePublicIpAddress=True, InstanceMonitoring=False, EbsOptimized=True,
      BlockDeviceMappings__0__Ebs__VolumeSize=20, BlockDeviceMappings__0__Ebs__Encrypted=True)
scaling.create_auto_scaling_group(
    AutoScalingGroupName="web", LaunchConfigurationName="web", MinSize=0, MaxSize=4, DesiredCapacity=0, DefaultCooldown=90,
    VPCZoneIdentifier=",".join(subnets), HealthCheckType="ELB", HealthCheckGracePeriod=60, TerminationPolicies=["OldestInstance"],
    NewInstancesProtectedFromScaleIn=True,
    Tags=[{"Key": k, "Value": v, "PropagateAtLaunch": k == "pcf:app"} for k, v in tags("workers").items()])
scaling.put_lifecycle_hook(LifecycleHookName="drain", AutoScalingGroupName="web", HeartbeatTimeout=120, DefaultResult="CONTINUE",
                           LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING")
scaling.enable_metrics_collection(AutoScalingGroupName="web", Granularity="1Minute", Metrics=["GroupMinSize", "GroupMaxSize"])
found("AWS::AutoScaling::AutoScalingGroup", "web", tags("workers"), AutoScalingGroupName="web", LaunchConfigurationName="web",
      MinSize="0", MaxSize="4", DesiredCapacity="0", Cooldown="90", VPCZoneIdentifier=subnets, HealthCheckType="ELB",
      HealthCheckGracePeriod=60, TerminationPolicies=["OldestInstance"], NewInstancesProtectedFromScaleIn=True,
      Tags=[{"Key": k, "Value": v, "PropagateAtLaunch": k == "pcf:app"} for k, v in sorted(tags("workers").items())],
      MetricsCollection=[{"Granularity": "1Minute", "Metrics": ["GroupMaxSize", "GroupMinSize"]}],
      LifecycleHookSpecificationList__0__LifecycleHookName="drain", LifecycleHookSpecificationList__0__HeartbeatTimeout=120)
template = ec2.create_launch_template(LaunchTemplateName="jobs", LaunchTemplateData={"ImageId": amazon, "InstanceType": "t3.micro"})
template = template["LaunchTemplate"]["LaunchTemplateId"]
scaling.create_auto_scaling_group(
    AutoScalingGroupName="jobs", MinSize=0, MaxSize=1, AvailabilityZones=["eu-west-1a"], MixedInstancesPolicy={
        "LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": template, "Version": "1"},
                           "Overrides": [{"InstanceType": "t3.small", "WeightedCapacity": "2"}]},
        "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 50}})
found("AWS::AutoScaling::AutoScalingGroup", "jobs", {}, AvailabilityZones=["eu-west-1a"],
      MixedInstancesPolicy__LaunchTemplate__LaunchTemplateSpecification__LaunchTemplateId=template,
      MixedInstancesPolicy__LaunchTemplate__Overrides=[{"InstanceType": "t3.small", "WeightedCapacity": "2"}])

# ECS.
ecs = boto3.client("ecs")
lower = lambda name: pairs(tags(name), "key", "value")
cluster = ecs.create_cluster(clusterName="orders", tags=lower("cluster"), settings=[{"name": "containerInsights", "value": "enabled"}],
                             configuration={"executeCommandConfiguration": {"logging": "NONE"}})["cluster"]["clusterArn"]
found("AWS::ECS::Cluster", "orders", tags("cluster"), ClusterName="orders", Arn=cluster,
      ClusterSettings=[{"Name": "containerInsights", "Value": "enabled"}], Configuration__ExecuteCommandConfiguration__Logging="NONE")
ecs.delete_cluster(cluster=ecs.create_cluster(clusterName="gone")["cluster"]["clusterArn"])
definitions = [ecs.register_task_definition(
    family="web", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512", taskRoleArn=role, executionRoleArn=role,
    containerDefinitions=[{"name": "web", "image": "web:" + tag, "essential": True, "readonlyRootFilesystem": True, "privileged": False,
                           "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
                           "environment": [{"name": "STAGE", "value": "dev"}],
                           "mountPoints": [{"sourceVolume": "data", "containerPath": "/data", "readOnly": True}],
                           "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "web"}}}],
    volumes=[{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryption": "ENABLED",
                                                         "authorizationConfig": {"iam": "ENABLED"}}}],
    tags=lower("task"))["taskDefinition"]["taskDefinitionArn"] for tag in ("1.4.0", "1.4.1", "1.4.2")]
ecs.deregister_task_definition(taskDefinition=definitions[0])
for tag, definition in zip(("1.4.1", "1.4.2"), definitions[1:]):
    found("AWS::ECS::TaskDefinition", definition, tags("task"), TaskDefinitionArn=definition, Family="web", Cpu="256", Memory="512",
          NetworkMode="awsvpc", RequiresCompatibilities=["FARGATE"], TaskRoleArn=role, ExecutionRoleArn=role,
          ContainerDefinitions__0__Image="web:" + tag, ContainerDefinitions__0__ReadonlyRootFilesystem=True,
          ContainerDefinitions__0__Privileged=False, ContainerDefinitions__0__PortMappings__0__ContainerPort=8080,
          ContainerDefinitions__0__Environment=[{"Name": "STAGE", "Value": "dev"}],
          ContainerDefinitions__0__LogConfiguration={"LogDriver": "awslogs", "Options": {"awslogs-group": "web"}},
          Volumes__0__EFSVolumeConfiguration={"FilesystemId": "fs-1", "TransitEncryption": "ENABLED", "AuthorizationConfig": {"IAM": "ENABLED"},
                                              "RootDirectory": "/"})
network = {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": [group], "assignPublicIp": "ENABLED"}}
for n in range(11):  # one more than ECS describes in one call
    service = ecs.create_service(cluster="orders", serviceName=f"web-{n}", taskDefinition="web", desiredCount=0, launchType="FARGATE",
                                 networkConfiguration=network, tags=lower(f"service-{n}"))["service"]["serviceArn"]
    found("AWS::ECS::Service", service + "|" + cluster, tags(f"service-{n}"), ServiceArn=service, ServiceName=f"web-{n}", Cluster=cluster,
          Name=f"web-{n}", DesiredCount=0, LaunchType="FARGATE", TaskDefinition=definitions[2], SchedulingStrategy="REPLICA",
          NetworkConfiguration__AwsvpcConfiguration={"Subnets": subnets, "SecurityGroups": [group], "AssignPublicIp": "ENABLED"})
ecs.create_service(cluster="orders", serviceName="gone", taskDefinition="web", desiredCount=0)
ecs.delete_service(cluster="orders", service="gone")

# EKS.
eks = boto3.client("eks")
cluster = eks.create_cluster(
    name="orders", version="1.31", roleArn=role, tags=tags("kubernetes"),
    resourcesVpcConfig={"subnetIds": subnets, "securityGroupIds": [group], "endpointPublicAccess": False, "endpointPrivateAccess": True},
    logging={"clusterLogging": [{"types": ["api", "audit"], "enabled": True}, {"types": ["scheduler"], "enabled": False}]},
    encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": key}}])["cluster"]["arn"]
found("AWS::EKS::Cluster", "orders", tags("kubernetes"), Name="orders", Arn=cluster, Version="1.31", RoleArn=role,
      ResourcesVpcConfig__EndpointPublicAccess=False, ResourcesVpcConfig__EndpointPrivateAccess=True, ResourcesVpcConfig__SubnetIds=subnets,
      Logging={"ClusterLogging": {"EnabledTypes": [{"Type": "api"}, {"Type": "audit"}]}},
      EncryptionConfig=[{"Resources": ["secrets"], "Provider": {"KeyArn": key}}], EncryptionConfigKeyArn=key)
eks.create_cluster(name="empty", roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
found("AWS::EKS::Cluster", "empty", {}, Logging={"ClusterLogging": {"EnabledTypes": []}})
nodes = eks.create_nodegroup(clusterName="orders", nodegroupName="nodes", nodeRole=role, subnets=subnets, instanceTypes=["t3.large"],
                             scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2}, labels={"tier": "web"}, capacityType="SPOT",
                             tags=tags("nodes"))["nodegroup"]["nodegroupArn"]
found("AWS::EKS::Nodegroup", "orders/nodes", tags("nodes"), Id="orders/nodes", Arn=nodes, ClusterName="orders", NodegroupName="nodes",
      NodeRole=role, Subnets=subnets, InstanceTypes=["t3.large"], Labels={"tier": "web"}, Tags=tags("nodes"),
      ScalingConfig={"MinSize": 1, "MaxSize": 3, "DesiredSize": 2})
profile = eks.create_fargate_profile(clusterName="orders", fargateProfileName="batch", podExecutionRoleArn=role, subnets=subnets,
                                     selectors=[{"namespace": "batch", "labels": {"tier": "jobs", "size": "small"}}],
                                     tags=tags("profile"))["fargateProfile"]["fargateProfileArn"]
found("AWS::EKS::FargateProfile", "orders|batch", tags("profile"), Arn=profile, ClusterName="orders", FargateProfileName="batch",
      PodExecutionRoleArn=role, Subnets=subnets,
      Selectors=[{"Namespace": "batch", "Labels": [{"Key": "size", "Value": "small"}, {"Key": "tier", "Value": "jobs"}]}])

# Batch. Its environment brings an ECS cluster along, which has no tags.
batch = boto3.client("batch")
environment = batch.create_compute_environment(
    computeEnvironmentName="jobs", type="MANAGED", state="DISABLED", serviceRole=role, tags=tags("environment"),
    computeResources={"type": "FARGATE", "maxvCpus": 8, "subnets": subnets, "securityGroupIds": [group]})["computeEnvironmentArn"]
found("AWS::Batch::ComputeEnvironment", environment, tags("environment"), ComputeEnvironmentArn=environment, ComputeEnvironmentName="jobs",
      Type="MANAGED", State="DISABLED", ServiceRole=role, Tags=tags("environment"),
      ComputeResources={"Type": "FARGATE", "MaxvCpus": 8, "Subnets": subnets, "SecurityGroupIds": [group]})
for arn in ecs.list_clusters()["clusterArns"]:
    if arn.split("/")[-1] not in ("orders", "gone"):
        found("AWS::ECS::Cluster", arn.split("/")[-1], {})
queue = batch.create_job_queue(jobQueueName="jobs", state="ENABLED", priority=3, tags=tags("queue"),
                               computeEnvironmentOrder=[{"order": 1, "computeEnvironment": environment}])["jobQueueArn"]
found("AWS::Batch::JobQueue", queue, tags("queue"), JobQueueArn=queue, JobQueueName="jobs", State="ENABLED", Priority=3, Tags=tags("queue"),
      ComputeEnvironmentOrder=[{"Order": 1, "ComputeEnvironment": environment}])

# Load balancers.
elb = boto3.client("elbv2")
balancer = elb.create_load_balancer(Name="web", Subnets=subnets, SecurityGroups=[group], Scheme="internet-facing", Type="application",
                                    Tags=pairs(tags("balancer")))["LoadBalancers"][0]["LoadBalancerArn"]
elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}])
attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer)["Attributes"]
assert {"Key": "deletion_protection.enabled", "Value": "true"} in attributes
found("AWS::ElasticLoadBalancingV2::LoadBalancer", balancer, tags("balancer"), LoadBalancerArn=balancer, Name="web", LoadBalancerName="web",
      LoadBalancerFullName=balancer.split(":loadbalancer/")[1], Scheme="internet-facing", Type="application", Subnets=subnets,
      SecurityGroups=[group], IpAddressType="ipv4", LoadBalancerAttributes=attributes,
      SubnetMappings=[{"SubnetId": subnets[0]}, {"SubnetId": subnets[1]}])
inner = elb.create_load_balancer(Name="inner", Subnets=subnets, Scheme="internal", Type="network")["LoadBalancers"][0]["LoadBalancerArn"]
found("AWS::ElasticLoadBalancingV2::LoadBalancer", inner, {}, Type="network", Scheme="internal")
targets = elb.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="instance", HealthCheckPath="/health",
                                  Matcher={"HttpCode": "200-299"}, Tags=pairs(tags("targets")))["TargetGroups"][0]["TargetGroupArn"]
elb.modify_target_group_attributes(TargetGroupArn=targets, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}])
elb.register_targets(TargetGroupArn=targets, Targets=[{"Id": instance, "Port": 8080}])
listener = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, Tags=pairs(tags("listener")), DefaultActions=[
    {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}])["Listeners"][0]["ListenerArn"]
found("AWS::ElasticLoadBalancingV2::Listener", listener, tags("listener"), ListenerArn=listener, LoadBalancerArn=balancer, Protocol="HTTP",
      Port=80, DefaultActions__0__Type="redirect", DefaultActions__0__RedirectConfig__Protocol="HTTPS")
certificate = boto3.client("acm").request_certificate(DomainName="orders.example")["CertificateArn"]
listener = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": certificate}],
                               SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
                               DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}])["Listeners"][0]["ListenerArn"]
found("AWS::ElasticLoadBalancingV2::Listener", listener, {}, Protocol="HTTPS", Certificates=[{"CertificateArn": certificate}],
      SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06", DefaultActions__0__TargetGroupArn=targets)
found("AWS::ElasticLoadBalancingV2::TargetGroup", targets, tags("targets"), TargetGroupArn=targets, Name="web", TargetGroupName="web",
      TargetGroupFullName=targets.split(":")[-1], Protocol="HTTP", Port=80, VpcId=vpc, TargetType="instance", HealthCheckPath="/health",
      Matcher={"HttpCode": "200-299"}, LoadBalancerArns=[balancer], Targets=[{"Id": instance, "Port": 8080}])
for n in range(21):  # with the one above, more than the tags of one call
    arn = elb.create_target_group(Name=f"spare-{n}", Protocol="TCP", Port=n + 1, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
    found("AWS::ElasticLoadBalancingV2::TargetGroup", arn, {}, Port=n + 1, Targets=[])

classic = boto3.client("elb")
classic.create_load_balancer(LoadBalancerName="old", Subnets=subnets, SecurityGroups=[group], Scheme="internal", Tags=pairs(tags("old")),
                             Listeners=[{"Protocol": "TCP", "LoadBalancerPort": 443, "InstanceProtocol": "TCP", "InstancePort": 8443}])
classic.register_instances_with_load_balancer(LoadBalancerName="old", Instances=[{"InstanceId": instance}])
classic.modify_load_balancer_attributes(LoadBalancerName="old", LoadBalancerAttributes={
    "CrossZoneLoadBalancing": {"Enabled": True}, "ConnectionDraining": {"Enabled": True, "Timeout": 60}, "ConnectionSettings": {"IdleTimeout": 30},
    "AccessLog": {"Enabled": True, "S3BucketName": "pcf-logs", "EmitInterval": 5, "S3BucketPrefix": "old"}})
classic.configure_health_check(LoadBalancerName="old", HealthCheck={
    "Target": "TCP:8443", "Interval": 20, "Timeout": 4, "UnhealthyThreshold": 3, "HealthyThreshold": 5})
classic.create_load_balancer_policy(LoadBalancerName="old", PolicyName="proxy", PolicyTypeName="ProxyProtocolPolicyType",
                                    PolicyAttributes=[{"AttributeName": "ProxyProtocol", "AttributeValue": "true"}])
classic.set_load_balancer_policies_for_backend_server(LoadBalancerName="old", InstancePort=8443, PolicyNames=["proxy"])
classic.create_lb_cookie_stickiness_policy(LoadBalancerName="old", PolicyName="sticky", CookieExpirationPeriod=60)
found("AWS::ElasticLoadBalancing::LoadBalancer", "old", tags("old"), Id="old", LoadBalancerName="old", Subnets=subnets, SecurityGroups=[group],
      Scheme="internal", Instances=[instance], CrossZone=True, ConnectionDrainingPolicy={"Enabled": True, "Timeout": 60},
      ConnectionSettings={"IdleTimeout": 30},
      AccessLoggingPolicy={"Enabled": True, "S3BucketName": "pcf-logs", "EmitInterval": 5, "S3BucketPrefix": "old"},
      HealthCheck={"Target": "TCP:8443", "Interval": "20", "Timeout": "4", "UnhealthyThreshold": "3", "HealthyThreshold": "5"},
      Listeners=[{"Protocol": "TCP", "LoadBalancerPort": "443", "InstanceProtocol": "TCP", "InstancePort": "8443"}],
      LBCookieStickinessPolicy=[{"PolicyName": "sticky", "CookieExpirationPeriod": "60"}],
      Policies=[{"PolicyName": "proxy", "PolicyType": "ProxyProtocolPolicyType", "InstancePorts": ["8443"],
                 "Attributes": [{"Name": "ProxyProtocol", "Value": "true"}]}])
classic.create_load_balancer(LoadBalancerName="older", AvailabilityZones=["eu-west-1a"], Listeners=[
    {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}])
found("AWS::ElasticLoadBalancing::LoadBalancer", "older", {}, Policies=[], CrossZone=False)

# Images of containers.
ecr = boto3.client("ecr")
repository = ecr.create_repository(repositoryName="orders/web", imageTagMutability="IMMUTABLE", imageScanningConfiguration={"scanOnPush": True},
                                   encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key}, tags=pairs(tags("repository")))["repository"]
lifecycle = json.dumps({"rules": [{"rulePriority": 1, "selection": {
    "tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 3}, "action": {"type": "expire"}}]})
ecr.put_lifecycle_policy(repositoryName="orders/web", lifecyclePolicyText=lifecycle)
pull = {"Version": "2012-10-17", "Statement": [{"Sid": "pull", "Effect": "Allow", "Principal": {"AWS": account}, "Action": "ecr:BatchGetImage"}]}
ecr.set_repository_policy(repositoryName="orders/web", policyText=json.dumps(pull))
found("AWS::ECR::Repository", "orders/web", tags("repository"), RepositoryName="orders/web", Arn=repository["repositoryArn"],
      RepositoryUri=repository["repositoryUri"], ImageTagMutability="IMMUTABLE", ImageScanningConfiguration={"ScanOnPush": True},
      EncryptionConfiguration={"EncryptionType": "KMS", "KmsKey": key}, RepositoryPolicyText=pull,
      LifecyclePolicy={"LifecyclePolicyText": lifecycle, "RegistryId": account})
ecr.create_repository(repositoryName="scratch")
found("AWS::ECR::Repository", "scratch", {}, ImageTagMutability="MUTABLE")

# File systems.
efs = boto3.client("efs")
files = efs.create_file_system(CreationToken="orders", Encrypted=True, KmsKeyId=key, PerformanceMode="generalPurpose", ThroughputMode="bursting",
                               Backup=True, Tags=pairs(tags("files")))
efs.put_lifecycle_configuration(FileSystemId=files["FileSystemId"], LifecyclePolicies=[{"TransitionToIA": "AFTER_30_DAYS"}])
efs.put_file_system_policy(FileSystemId=files["FileSystemId"], Policy=json.dumps(allow))
found("AWS::EFS::FileSystem", files["FileSystemId"], tags("files"), FileSystemId=files["FileSystemId"], Arn=files["FileSystemArn"],
      Encrypted=True, KmsKeyId=key, PerformanceMode="generalPurpose", ThroughputMode="bursting", BackupPolicy={"Status": "ENABLED"},
      LifecyclePolicies=[{"TransitionToIA": "AFTER_30_DAYS"}], FileSystemPolicy=allow)
scratch = efs.create_file_system(CreationToken="scratch")["FileSystemId"]
found("AWS::EFS::FileSystem", scratch, {}, Encrypted=False)
for n, subnet in enumerate(subnets):
    mount = efs.create_mount_target(FileSystemId=files["FileSystemId"], SubnetId=subnet, SecurityGroups=[group])
    found("AWS::EFS::MountTarget", mount["MountTargetId"], {}, Id=mount["MountTargetId"], FileSystemId=files["FileSystemId"], SubnetId=subnet,
          IpAddress=mount["IpAddress"], SecurityGroups=[group])

fsx = boto3.client("fsx")
lustre = fsx.create_file_system(FileSystemType="LUSTRE", StorageCapacity=1200, StorageType="SSD", SubnetIds=subnets[:1], SecurityGroupIds=[group],
                                LustreConfiguration={"DeploymentType": "SCRATCH_2", "DataCompressionType": "LZ4"},
                                Tags=pairs(tags("lustre")))["FileSystem"]
found("AWS::FSx::FileSystem", lustre["FileSystemId"], tags("lustre"), Id=lustre["FileSystemId"], ResourceARN=lustre["ResourceARN"],
      FileSystemType="LUSTRE", StorageCapacity=1200, StorageType="SSD", SubnetIds=subnets[:1],
      LustreConfiguration={"DeploymentType": "SCRATCH_2", "DataCompressionType": "LZ4"})
windows = fsx.create_file_system(FileSystemType="WINDOWS", StorageCapacity=300, SubnetIds=subnets[:1], WindowsConfiguration={
    "ThroughputCapacity": 8, "SelfManagedActiveDirectoryConfiguration": {
        "DomainName": "corp.example", "UserName": "joiner", "Password": "hunter2", "DnsIps": ["10.0.0.2"]}})["FileSystem"]
found("AWS::FSx::FileSystem", windows["FileSystemId"], {}, WindowsConfiguration__ThroughputCapacity=8,
      WindowsConfiguration__SelfManagedActiveDirectoryConfiguration={"DomainName": "corp.example", "UserName": "joiner", "DnsIps": ["10.0.0.2"]})

# Backups.
backup = boto3.client("backup")
vault = backup.create_backup_vault(BackupVaultName="orders", EncryptionKeyArn=key, BackupVaultTags=tags("vault"))["BackupVaultArn"]
backup.put_backup_vault_lock_configuration(BackupVaultName="orders", MinRetentionDays=7, MaxRetentionDays=30)
found("AWS::Backup::BackupVault", "orders", {}, BackupVaultName="orders", BackupVaultArn=vault, EncryptionKeyArn=key,
      LockConfiguration={"MinRetentionDays": 7, "MaxRetentionDays": 30})
backup.create_backup_vault(BackupVaultName="spare")
found("AWS::Backup::BackupVault", "spare", {}, BackupVaultName="spare")
backup.create_backup_vault(BackupVaultName="Default")
plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "daily", "Rules": [{
    "RuleName": "daily", "TargetBackupVaultName": "orders", "ScheduleExpression": "cron(0 5 ? * * *)", "StartWindowMinutes": 60,
    "Lifecycle": {"DeleteAfterDays": 14}}]}, BackupPlanTags=tags("plan"))
found("AWS::Backup::BackupPlan", plan["BackupPlanId"], {}, BackupPlanId=plan["BackupPlanId"], BackupPlanArn=plan["BackupPlanArn"],
      VersionId=plan["VersionId"], BackupPlan__BackupPlanName="daily",
      BackupPlan__BackupPlanRule__0__RuleName="daily", BackupPlan__BackupPlanRule__0__TargetBackupVault="orders",
      BackupPlan__BackupPlanRule__0__ScheduleExpression="cron(0 5 ? * * *)", BackupPlan__BackupPlanRule__0__Lifecycle__DeleteAfterDays=14)

# Doors into a bucket.
boto3.client("s3").create_bucket(Bucket="pcf-orders", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
control = boto3.client("s3control")


def without_account(request, **_):
    """boto3 puts the account before the host name, which the emulator does not have."""
    request.url = request.url.replace(f"//{account}.", "//")


control.meta.events.register("before-send.s3-control", without_account)
point = control.create_access_point(AccountId=account, Name="orders", Bucket="pcf-orders", VpcConfiguration={"VpcId": vpc})
door = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": role}, "Action": "s3:GetObject",
                                                "Resource": point["AccessPointArn"] + "/object/*"}]}
control.put_access_point_policy(AccountId=account, Name="orders", Policy=json.dumps(door))
found("AWS::S3::AccessPoint", "orders", None, Name="orders", Arn=point["AccessPointArn"], Alias=point["Alias"], Bucket="pcf-orders",
      NetworkOrigin="VPC", VpcConfiguration={"VpcId": vpc}, Policy=door)
control.create_access_point(AccountId=account, Name="open", Bucket="pcf-orders")
found("AWS::S3::AccessPoint", "open", None, NetworkOrigin="Internet")

# EMR.
emr = boto3.client("emr")
machines = lambda role_, count: {"Name": role_.lower(), "InstanceRole": role_, "InstanceType": "m5.xlarge", "InstanceCount": count, "Market": "ON_DEMAND"}
flow = emr.run_job_flow(
    Name="reports", ReleaseLabel="emr-7.5.0", LogUri="s3n://pcf-logs/emr/", JobFlowRole="EMR_EC2_DefaultRole", ServiceRole="EMR_DefaultRole",
    VisibleToAllUsers=True, Applications=[{"Name": "Spark", "Version": "3.5"}], StepConcurrencyLevel=2,
    Configurations=[{"Classification": "spark", "Properties": {"maximizeResourceAllocation": "true"}}],
    BootstrapActions=[{"Name": "prepare", "ScriptBootstrapAction": {"Path": "s3://pcf-logs/prepare.sh", "Args": ["fast"]}}],
    Steps=[{"Name": "secret", "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["--password", "hunter2"]}}],
    Instances={"InstanceGroups": [machines("MASTER", 1), machines("CORE", 2), machines("TASK", 1)], "Ec2SubnetId": subnets[0],
               "KeepJobFlowAliveWhenNoSteps": True, "TerminationProtected": True, "EmrManagedMasterSecurityGroup": group},
    Tags=pairs(tags("reports")))["JobFlowId"]
group_ = lambda role_, count: {"Name": role_.lower(), "InstanceType": "m5.xlarge", "InstanceCount": count, "Market": "ON_DEMAND"}
found("AWS::EMR::Cluster", flow, tags("reports"), Id=flow, Name="reports", ReleaseLabel="emr-7.5.0", LogUri="s3://pcf-logs/emr/",
      JobFlowRole="EMR_EC2_DefaultRole", ServiceRole="EMR_DefaultRole", VisibleToAllUsers=True, StepConcurrencyLevel=2,
      Applications__0__Name="Spark", Configurations=[{"Classification": "spark", "ConfigurationProperties": {"maximizeResourceAllocation": "true"}}],
      BootstrapActions=[{"Name": "prepare", "ScriptBootstrapAction": {"Path": "s3://pcf-logs/prepare.sh", "Args": ["fast"]}}],
      Instances__TerminationProtected=True, Instances__KeepJobFlowAliveWhenNoSteps=True, Instances__Ec2SubnetId=subnets[0],
      Instances__EmrManagedMasterSecurityGroup=group, Instances__MasterInstanceGroup=group_("MASTER", 1),
      Instances__CoreInstanceGroup=group_("CORE", 2), Instances__TaskInstanceGroups=[group_("TASK", 1)])
gone = emr.run_job_flow(Name="gone", Instances={"InstanceCount": 1, "MasterInstanceType": "m5.xlarge"})["JobFlowId"]
emr.terminate_job_flows(JobFlowIds=[gone])

done()

package relation

// Short names keep the table below readable.
const (
	vpc           = "AWS::EC2::VPC"
	subnet        = "AWS::EC2::Subnet"
	securityGroup = "AWS::EC2::SecurityGroup"
	targetGroup   = "AWS::ElasticLoadBalancingV2::TargetGroup"
	loadBalancer  = "AWS::ElasticLoadBalancingV2::LoadBalancer"
	role          = "AWS::IAM::Role"
	user          = "AWS::IAM::User"
	group         = "AWS::IAM::Group"
	managedPolicy = "AWS::IAM::ManagedPolicy"
	bucket        = "AWS::S3::Bucket"
	key           = "AWS::KMS::Key"
	keyAlias      = "AWS::KMS::Alias"
	function      = "AWS::Lambda::Function"
	logGroup      = "AWS::Logs::LogGroup"
	certificate   = "AWS::CertificateManager::Certificate"
)

// An edge says that a property of one type refers to resources of another type.
type edge struct {
	// from is the type that refers; "*" stands for every type.
	from string
	// path is the pointer of the property, "*" for any index. The path of a tag is
	// tagPath and the key.
	path string
	to   string
	kind string
	// ownGoesAlong is true where AWS makes one such resource together with its target
	// (the default security group of a VPC) and deletes it together with it: a relation
	// of a foreign resource is then implicit instead of kind.
	ownGoesAlong bool
}

// tagPath stands before the key of a tag in paths: tags are seen as [inventory.Resource]
// shows them, one map, and not in the list or object that the type keeps them in.
const tagPath = "/Tags/"

// edges is the curated table: what no schema says. The kinds come from how the APIs
// answer a deletion: DependencyViolation, DeleteConflict, ResourceInUse and their like
// make an edge Hard; a deletion that goes through and leaves the referrer broken, or data
// that nobody can read any more, makes it Soft.
//
// Every path exists in the published schema of its type (TestEdgesExist).
var edges = []edge{
	// Networks.
	{from: subnet, path: "/VpcId", to: vpc, kind: Hard},
	{from: "AWS::EC2::RouteTable", path: "/VpcId", to: vpc, kind: Hard, ownGoesAlong: true}, // the main one
	{from: securityGroup, path: "/VpcId", to: vpc, kind: Hard, ownGoesAlong: true},          // the default one
	{from: "AWS::EC2::NetworkAcl", path: "/VpcId", to: vpc, kind: Hard, ownGoesAlong: true}, // the default one
	{from: "AWS::EC2::VPCGatewayAttachment", path: "/VpcId", to: vpc, kind: Hard},
	{from: "AWS::EC2::VPCGatewayAttachment", path: "/InternetGatewayId", to: "AWS::EC2::InternetGateway", kind: Hard},
	{from: "AWS::EC2::VPCGatewayAttachment", path: "/VpnGatewayId", to: "AWS::EC2::VPNGateway", kind: Hard},
	{from: "AWS::EC2::EgressOnlyInternetGateway", path: "/VpcId", to: vpc, kind: Hard},
	{from: "AWS::EC2::VPCEndpoint", path: "/VpcId", to: vpc, kind: Hard},
	{from: "AWS::EC2::VPCEndpoint", path: "/SubnetIds/*", to: subnet, kind: Hard},
	{from: "AWS::EC2::VPCEndpoint", path: "/SecurityGroupIds/*", to: securityGroup, kind: Hard},
	{from: "AWS::EC2::VPCPeeringConnection", path: "/VpcId", to: vpc, kind: Hard},
	{from: "AWS::EC2::VPNConnection", path: "/CustomerGatewayId", to: "AWS::EC2::CustomerGateway", kind: Hard},
	{from: "AWS::EC2::VPNConnection", path: "/VpnGatewayId", to: "AWS::EC2::VPNGateway", kind: Hard},
	{from: "AWS::EC2::VPNConnection", path: "/TransitGatewayId", to: "AWS::EC2::TransitGateway", kind: Hard},
	{from: "AWS::EC2::TransitGatewayAttachment", path: "/VpcId", to: vpc, kind: Hard},
	{from: "AWS::EC2::TransitGatewayAttachment", path: "/TransitGatewayId", to: "AWS::EC2::TransitGateway", kind: Hard},
	{from: "AWS::EC2::TransitGatewayAttachment", path: "/SubnetIds/*", to: subnet, kind: Hard},
	{from: "AWS::EC2::NatGateway", path: "/SubnetId", to: subnet, kind: Hard},
	{from: "AWS::EC2::NatGateway", path: "/AllocationId", to: "AWS::EC2::EIP", kind: Hard},
	{from: "AWS::EC2::EIPAssociation", path: "/AllocationId", to: "AWS::EC2::EIP", kind: Hard},
	{from: "AWS::EC2::SubnetRouteTableAssociation", path: "/RouteTableId", to: "AWS::EC2::RouteTable", kind: Hard},
	{from: "AWS::EC2::SubnetRouteTableAssociation", path: "/SubnetId", to: subnet, kind: Implicit},
	{from: "AWS::EC2::SubnetNetworkAclAssociation", path: "/NetworkAclId", to: "AWS::EC2::NetworkAcl", kind: Hard},
	{from: "AWS::EC2::SubnetNetworkAclAssociation", path: "/SubnetId", to: subnet, kind: Implicit},
	{from: "AWS::EC2::NetworkAclEntry", path: "/NetworkAclId", to: "AWS::EC2::NetworkAcl", kind: Implicit},
	{from: "AWS::EC2::Route", path: "/RouteTableId", to: "AWS::EC2::RouteTable", kind: Implicit},
	{from: "AWS::EC2::Route", path: "/NatGatewayId", to: "AWS::EC2::NatGateway", kind: Soft},   // leaves a black hole
	{from: "AWS::EC2::Route", path: "/GatewayId", to: "AWS::EC2::InternetGateway", kind: Soft}, // leaves a black hole
	{from: "AWS::EC2::Route", path: "/DestinationPrefixListId", to: "AWS::EC2::PrefixList", kind: Hard},

	// Security groups refer to each other in rules, which stand inside the group or as
	// resources of their own.
	{from: securityGroup, path: "/SecurityGroupIngress/*/SourceSecurityGroupId", to: securityGroup, kind: Hard},
	{from: securityGroup, path: "/SecurityGroupEgress/*/DestinationSecurityGroupId", to: securityGroup, kind: Hard},
	{from: securityGroup, path: "/SecurityGroupIngress/*/SourcePrefixListId", to: "AWS::EC2::PrefixList", kind: Hard},
	{from: securityGroup, path: "/SecurityGroupEgress/*/DestinationPrefixListId", to: "AWS::EC2::PrefixList", kind: Hard},
	{from: "AWS::EC2::SecurityGroupIngress", path: "/SourceSecurityGroupId", to: securityGroup, kind: Hard},
	{from: "AWS::EC2::SecurityGroupIngress", path: "/GroupId", to: securityGroup, kind: Implicit},
	{from: "AWS::EC2::SecurityGroupEgress", path: "/DestinationSecurityGroupId", to: securityGroup, kind: Hard},
	{from: "AWS::EC2::SecurityGroupEgress", path: "/GroupId", to: securityGroup, kind: Implicit},

	// Compute. What holds a subnet or a security group there is a network interface.
	{from: "AWS::EC2::NetworkInterface", path: "/SubnetId", to: subnet, kind: Hard},
	{from: "AWS::EC2::NetworkInterface", path: "/GroupSet/*", to: securityGroup, kind: Hard},
	{from: "AWS::EC2::Instance", path: "/SubnetId", to: subnet, kind: Hard},
	{from: "AWS::EC2::Instance", path: "/SecurityGroupIds/*", to: securityGroup, kind: Hard},
	{from: "AWS::EC2::Instance", path: "/NetworkInterfaces/*/SubnetId", to: subnet, kind: Hard},
	{from: "AWS::EC2::Instance", path: "/NetworkInterfaces/*/GroupSet/*", to: securityGroup, kind: Hard},
	{from: "AWS::EC2::Instance", path: "/NetworkInterfaces/*/NetworkInterfaceId", to: "AWS::EC2::NetworkInterface", kind: Hard},
	{from: "AWS::EC2::Instance", path: "/Volumes/*/VolumeId", to: "AWS::EC2::Volume", kind: Hard},
	{from: "AWS::EC2::Instance", path: "/PlacementGroupName", to: "AWS::EC2::PlacementGroup", kind: Hard},
	{from: "AWS::EC2::Instance", path: "/KeyName", to: "AWS::EC2::KeyPair", kind: Soft},
	{from: "AWS::EC2::Instance", path: "/IamInstanceProfile", to: "AWS::IAM::InstanceProfile", kind: Soft},
	{from: "AWS::EC2::Instance", path: tagPath + "aws:autoscaling:groupName", to: "AWS::AutoScaling::AutoScalingGroup", kind: Owner},
	{from: "AWS::EC2::VolumeAttachment", path: "/VolumeId", to: "AWS::EC2::Volume", kind: Hard},
	{from: "AWS::EC2::VolumeAttachment", path: "/InstanceId", to: "AWS::EC2::Instance", kind: Implicit},
	{from: "AWS::EC2::Volume", path: "/KmsKeyId", to: key, kind: Soft},                                                // data is lost
	{from: "AWS::EC2::LaunchTemplate", path: "/LaunchTemplateData/SecurityGroupIds/*", to: securityGroup, kind: Soft}, // a use to come
	{from: "AWS::AutoScaling::AutoScalingGroup", path: "/LaunchTemplate/LaunchTemplateId", to: "AWS::EC2::LaunchTemplate", kind: Soft},
	{from: "AWS::AutoScaling::AutoScalingGroup", path: "/LaunchTemplate/LaunchTemplateName", to: "AWS::EC2::LaunchTemplate", kind: Soft},
	{from: "AWS::AutoScaling::AutoScalingGroup", path: "/LaunchConfigurationName", to: "AWS::AutoScaling::LaunchConfiguration", kind: Hard},
	{from: "AWS::AutoScaling::AutoScalingGroup", path: "/VPCZoneIdentifier/*", to: subnet, kind: Hard},
	{from: "AWS::AutoScaling::AutoScalingGroup", path: "/TargetGroupARNs/*", to: targetGroup, kind: Soft},
	{from: "AWS::AutoScaling::AutoScalingGroup", path: "/LoadBalancerNames/*", to: "AWS::ElasticLoadBalancing::LoadBalancer", kind: Soft},
	{from: "AWS::AutoScaling::AutoScalingGroup", path: "/PlacementGroup", to: "AWS::EC2::PlacementGroup", kind: Soft},
	{from: "AWS::ECS::Service", path: "/Cluster", to: "AWS::ECS::Cluster", kind: Hard},
	{from: "AWS::ECS::Service", path: "/TaskDefinition", to: "AWS::ECS::TaskDefinition", kind: Soft},
	{from: "AWS::ECS::Service", path: "/LoadBalancers/*/TargetGroupArn", to: targetGroup, kind: Soft},
	{from: "AWS::ECS::Service", path: "/NetworkConfiguration/AwsvpcConfiguration/Subnets/*", to: subnet, kind: Hard},
	{from: "AWS::ECS::Service", path: "/NetworkConfiguration/AwsvpcConfiguration/SecurityGroups/*", to: securityGroup, kind: Hard},
	{from: "AWS::ECS::TaskDefinition", path: "/TaskRoleArn", to: role, kind: Soft},
	{from: "AWS::ECS::TaskDefinition", path: "/ExecutionRoleArn", to: role, kind: Soft},
	{from: "AWS::EKS::Nodegroup", path: "/ClusterName", to: "AWS::EKS::Cluster", kind: Hard},
	{from: "AWS::EKS::Nodegroup", path: "/NodeRole", to: role, kind: Soft}, // without it the node group cannot be deleted
	{from: "AWS::EKS::Nodegroup", path: "/Subnets/*", to: subnet, kind: Hard},
	{from: "AWS::EKS::Nodegroup", path: "/RemoteAccess/SourceSecurityGroups/*", to: securityGroup, kind: Hard}, // stands in a rule that EKS makes
	{from: "AWS::EKS::FargateProfile", path: "/ClusterName", to: "AWS::EKS::Cluster", kind: Hard},
	{from: "AWS::EKS::Addon", path: "/ClusterName", to: "AWS::EKS::Cluster", kind: Implicit},
	{from: "AWS::EKS::Cluster", path: "/RoleArn", to: role, kind: Soft}, // without it the cluster cannot be deleted
	{from: "AWS::EKS::Cluster", path: "/ResourcesVpcConfig/SubnetIds/*", to: subnet, kind: Hard},
	{from: "AWS::EKS::Cluster", path: "/ResourcesVpcConfig/SecurityGroupIds/*", to: securityGroup, kind: Hard},
	{from: "AWS::EMR::Cluster", path: "/Instances/Ec2SubnetId", to: subnet, kind: Hard},
	{from: "AWS::EMR::Cluster", path: "/Instances/EmrManagedMasterSecurityGroup", to: securityGroup, kind: Hard},
	{from: "AWS::EMR::Cluster", path: "/Instances/EmrManagedSlaveSecurityGroup", to: securityGroup, kind: Hard},
	{from: "AWS::EMR::Cluster", path: "/Instances/AdditionalMasterSecurityGroups/*", to: securityGroup, kind: Hard},
	{from: "AWS::EMR::Cluster", path: "/Instances/AdditionalSlaveSecurityGroups/*", to: securityGroup, kind: Hard},
	{from: "AWS::EMR::Cluster", path: "/Instances/ServiceAccessSecurityGroup", to: securityGroup, kind: Hard}, // the other groups' rules name it
	{from: function, path: "/VpcConfig/SubnetIds/*", to: subnet, kind: Hard},
	{from: function, path: "/VpcConfig/SecurityGroupIds/*", to: securityGroup, kind: Hard},
	{from: function, path: "/Role", to: role, kind: Soft}, // Lambda removes the function's interfaces with it
	{from: function, path: "/LoggingConfig/LogGroup", to: logGroup, kind: Soft},
	{from: "AWS::Lambda::EventSourceMapping", path: "/FunctionName", to: function, kind: Implicit},
	{from: "AWS::Lambda::Permission", path: "/FunctionName", to: function, kind: Implicit},
	{from: "AWS::Lambda::Alias", path: "/FunctionName", to: function, kind: Implicit},
	{from: "AWS::Lambda::Version", path: "/FunctionName", to: function, kind: Implicit},

	// Load balancers.
	{from: loadBalancer, path: "/Subnets/*", to: subnet, kind: Hard},
	{from: loadBalancer, path: "/SubnetMappings/*/SubnetId", to: subnet, kind: Hard},
	{from: loadBalancer, path: "/SubnetMappings/*/AllocationId", to: "AWS::EC2::EIP", kind: Hard},
	{from: loadBalancer, path: "/SecurityGroups/*", to: securityGroup, kind: Hard},
	{from: "AWS::ElasticLoadBalancing::LoadBalancer", path: "/Subnets/*", to: subnet, kind: Hard},
	{from: "AWS::ElasticLoadBalancing::LoadBalancer", path: "/SecurityGroups/*", to: securityGroup, kind: Hard},
	{from: "AWS::ElasticLoadBalancing::LoadBalancer", path: "/Listeners/*/SSLCertificateId", to: certificate, kind: Hard},
	{from: "AWS::ElasticLoadBalancingV2::Listener", path: "/LoadBalancerArn", to: loadBalancer, kind: Implicit},
	{from: "AWS::ElasticLoadBalancingV2::Listener", path: "/DefaultActions/*/TargetGroupArn", to: targetGroup, kind: Hard},
	{from: "AWS::ElasticLoadBalancingV2::Listener", path: "/DefaultActions/*/ForwardConfig/TargetGroups/*/TargetGroupArn", to: targetGroup, kind: Hard},
	{from: "AWS::ElasticLoadBalancingV2::Listener", path: "/Certificates/*/CertificateArn", to: certificate, kind: Hard},
	{from: "AWS::ElasticLoadBalancingV2::ListenerRule", path: "/ListenerArn", to: "AWS::ElasticLoadBalancingV2::Listener", kind: Implicit},
	{from: "AWS::ElasticLoadBalancingV2::ListenerRule", path: "/Actions/*/TargetGroupArn", to: targetGroup, kind: Hard},
	{from: "AWS::ElasticLoadBalancingV2::ListenerRule", path: "/Actions/*/ForwardConfig/TargetGroups/*/TargetGroupArn", to: targetGroup, kind: Hard},
	{from: targetGroup, path: "/VpcId", to: vpc, kind: Soft},

	// Identity. What hangs on a principal or a policy must be detached before it.
	{from: managedPolicy, path: "/Roles/*", to: role, kind: Hard},
	{from: managedPolicy, path: "/Users/*", to: user, kind: Hard},
	{from: managedPolicy, path: "/Groups/*", to: group, kind: Hard},
	{from: role, path: "/ManagedPolicyArns/*", to: managedPolicy, kind: Hard},
	{from: user, path: "/ManagedPolicyArns/*", to: managedPolicy, kind: Hard},
	{from: user, path: "/Groups/*", to: group, kind: Hard},
	{from: group, path: "/ManagedPolicyArns/*", to: managedPolicy, kind: Hard},
	{from: "AWS::IAM::RolePolicy", path: "/RoleName", to: role, kind: Hard},
	{from: "AWS::IAM::UserPolicy", path: "/UserName", to: user, kind: Hard},
	{from: "AWS::IAM::GroupPolicy", path: "/GroupName", to: group, kind: Hard},
	{from: "AWS::IAM::InstanceProfile", path: "/Roles/*", to: role, kind: Hard},
	{from: "AWS::IAM::AccessKey", path: "/UserName", to: user, kind: Hard},
	{from: "AWS::IAM::UserToGroupAddition", path: "/GroupName", to: group, kind: Hard},
	{from: "AWS::IAM::UserToGroupAddition", path: "/Users/*", to: user, kind: Hard},
	{from: keyAlias, path: "/TargetKeyId", to: key, kind: Implicit},

	// Storage.
	{from: "AWS::S3::BucketPolicy", path: "/Bucket", to: bucket, kind: Implicit},
	{from: "AWS::S3::AccessPoint", path: "/Bucket", to: bucket, kind: Hard},
	{from: bucket, path: "/LoggingConfiguration/DestinationBucketName", to: bucket, kind: Soft},
	{from: bucket, path: "/BucketEncryption/ServerSideEncryptionConfiguration/*/ServerSideEncryptionByDefault/KMSMasterKeyID", to: key, kind: Soft}, // data is lost
	{from: "AWS::EFS::MountTarget", path: "/FileSystemId", to: "AWS::EFS::FileSystem", kind: Hard},
	{from: "AWS::EFS::MountTarget", path: "/SubnetId", to: subnet, kind: Hard},
	{from: "AWS::EFS::MountTarget", path: "/SecurityGroups/*", to: securityGroup, kind: Hard},
	{from: "AWS::FSx::FileSystem", path: "/SubnetIds/*", to: subnet, kind: Hard},
	{from: "AWS::FSx::FileSystem", path: "/SecurityGroupIds/*", to: securityGroup, kind: Hard},

	// Databases, and what else has interfaces in subnets. Batch, Fargate profiles and launch
	// configurations are not here: they only say where interfaces will be.
	{from: "AWS::RDS::DBInstance", path: "/KmsKeyId", to: key, kind: Soft}, // data is lost
	{from: "AWS::RDS::DBInstance", path: "/DBClusterIdentifier", to: "AWS::RDS::DBCluster", kind: Hard},
	{from: "AWS::RDS::DBInstance", path: "/DBSubnetGroupName", to: "AWS::RDS::DBSubnetGroup", kind: Hard},
	{from: "AWS::RDS::DBInstance", path: "/DBParameterGroupName", to: "AWS::RDS::DBParameterGroup", kind: Hard},
	{from: "AWS::RDS::DBInstance", path: "/VPCSecurityGroups/*", to: securityGroup, kind: Hard},
	{from: "AWS::RDS::DBInstance", path: "/SourceDBInstanceIdentifier", to: "AWS::RDS::DBInstance", kind: Soft}, // the replica becomes a database of its own
	{from: "AWS::RDS::DBCluster", path: "/DBSubnetGroupName", to: "AWS::RDS::DBSubnetGroup", kind: Hard},
	{from: "AWS::RDS::DBCluster", path: "/DBClusterParameterGroupName", to: "AWS::RDS::DBClusterParameterGroup", kind: Hard},
	{from: "AWS::RDS::DBCluster", path: "/VpcSecurityGroupIds/*", to: securityGroup, kind: Hard},
	{from: "AWS::RDS::DBSubnetGroup", path: "/SubnetIds/*", to: subnet, kind: Soft},
	{from: "AWS::ElastiCache::ReplicationGroup", path: "/CacheSubnetGroupName", to: "AWS::ElastiCache::SubnetGroup", kind: Hard},
	{from: "AWS::ElastiCache::ReplicationGroup", path: "/SecurityGroupIds/*", to: securityGroup, kind: Hard},
	{from: "AWS::ElastiCache::CacheCluster", path: "/CacheSubnetGroupName", to: "AWS::ElastiCache::SubnetGroup", kind: Hard},
	{from: "AWS::ElastiCache::CacheCluster", path: "/VpcSecurityGroupIds/*", to: securityGroup, kind: Hard},
	{from: "AWS::RDS::DBProxy", path: "/VpcSubnetIds/*", to: subnet, kind: Hard},
	{from: "AWS::RDS::DBProxy", path: "/VpcSecurityGroupIds/*", to: securityGroup, kind: Hard},
	{from: "AWS::Neptune::DBCluster", path: "/VpcSecurityGroupIds/*", to: securityGroup, kind: Hard},
	{from: "AWS::MemoryDB::Cluster", path: "/SecurityGroupIds/*", to: securityGroup, kind: Hard},
	{from: "AWS::MSK::Cluster", path: "/BrokerNodeGroupInfo/ClientSubnets/*", to: subnet, kind: Hard},
	{from: "AWS::MSK::Cluster", path: "/BrokerNodeGroupInfo/SecurityGroups/*", to: securityGroup, kind: Hard},
	{from: "AWS::Redshift::Cluster", path: "/ClusterSubnetGroupName", to: "AWS::Redshift::ClusterSubnetGroup", kind: Hard},
	{from: "AWS::Redshift::Cluster", path: "/VpcSecurityGroupIds/*", to: securityGroup, kind: Hard},
	{from: "AWS::OpenSearchService::Domain", path: "/VPCOptions/SubnetIds/*", to: subnet, kind: Hard},
	{from: "AWS::OpenSearchService::Domain", path: "/VPCOptions/SecurityGroupIds/*", to: securityGroup, kind: Hard},

	// Edge, DNS and messages.
	{from: "AWS::CloudFront::Distribution", path: "/DistributionConfig/Origins/*/DomainName", to: bucket, kind: Soft},
	{from: "AWS::CloudFront::Distribution", path: "/DistributionConfig/ViewerCertificate/AcmCertificateArn", to: certificate, kind: Hard},
	{from: "AWS::Route53::RecordSet", path: "/HostedZoneId", to: "AWS::Route53::HostedZone", kind: Hard},
	{from: "AWS::Route53::RecordSet", path: "/HealthCheckId", to: "AWS::Route53::HealthCheck", kind: Soft},
	{from: "AWS::Route53::RecordSet", path: "/AliasTarget/DNSName", to: loadBalancer, kind: Soft}, // a name that points nowhere
	{from: "AWS::Route53::RecordSet", path: "/AliasTarget/DNSName", to: "AWS::ElasticLoadBalancing::LoadBalancer", kind: Soft},
	{from: "AWS::Route53::RecordSet", path: "/AliasTarget/DNSName", to: "AWS::CloudFront::Distribution", kind: Soft},
	{from: "AWS::Route53::RecordSet", path: "/ResourceRecords/*", to: loadBalancer, kind: Soft},
	{from: "AWS::Route53::RecordSet", path: "/ResourceRecords/*", to: "AWS::ElasticLoadBalancing::LoadBalancer", kind: Soft},
	{from: "AWS::Route53::RecordSet", path: "/ResourceRecords/*", to: "AWS::CloudFront::Distribution", kind: Soft},
	{from: "AWS::SNS::Subscription", path: "/TopicArn", to: "AWS::SNS::Topic", kind: Implicit},
	{from: "AWS::SNS::TopicPolicy", path: "/Topics/*", to: "AWS::SNS::Topic", kind: Implicit},
	{from: "AWS::SQS::QueuePolicy", path: "/Queues/*", to: "AWS::SQS::Queue", kind: Implicit},
	{from: "AWS::Events::Rule", path: "/Targets/*/Arn", to: function, kind: Soft},
	{from: "AWS::Events::Rule", path: "/EventBusName", to: "AWS::Events::EventBus", kind: Hard},
	{from: "AWS::ApiGateway::Stage", path: "/RestApiId", to: "AWS::ApiGateway::RestApi", kind: Implicit},
	{from: "AWS::ApiGatewayV2::Stage", path: "/ApiId", to: "AWS::ApiGatewayV2::Api", kind: Implicit},

	// The rest.
	{from: "AWS::CloudTrail::Trail", path: "/S3BucketName", to: bucket, kind: Soft},
	{from: "AWS::CloudTrail::Trail", path: "/SnsTopicName", to: "AWS::SNS::Topic", kind: Soft},
	{from: "AWS::SecretsManager::RotationSchedule", path: "/SecretId", to: "AWS::SecretsManager::Secret", kind: Implicit},
	{from: "AWS::Cognito::UserPoolDomain", path: "/UserPoolId", to: "AWS::Cognito::UserPool", kind: Hard},
	{from: "AWS::ServiceDiscovery::Service", path: "/NamespaceId", to: "AWS::ServiceDiscovery::PrivateDnsNamespace", kind: Hard},
	{from: "AWS::ServiceDiscovery::Service", path: "/NamespaceId", to: "AWS::ServiceDiscovery::PublicDnsNamespace", kind: Hard},
	{from: "AWS::ServiceDiscovery::Service", path: "/NamespaceId", to: "AWS::ServiceDiscovery::HttpNamespace", kind: Hard},
	// Only CloudFormation can write this tag; the stack makes again what it misses.
	{from: "*", path: tagPath + "aws:cloudformation:stack-id", to: "AWS::CloudFormation::Stack", kind: Owner},
}

// typedIDs says which type an identifier belongs to by how it begins: only
// such an identifier is recognised in any property. AMIs and EBS snapshots have no
// CloudFormation type, so they live in the private namespace.
// Source: the resource id columns of the EC2 and EFS API references.
var typedIDs = map[string][]string{
	"acl-":           {"AWS::EC2::NetworkAcl"},
	"ami-":           {"PCF::EC2::Image"},
	"cgw-":           {"AWS::EC2::CustomerGateway"},
	"cvpn-endpoint-": {"AWS::EC2::ClientVpnEndpoint"},
	"dopt-":          {"AWS::EC2::DHCPOptions"},
	"eigw-":          {"AWS::EC2::EgressOnlyInternetGateway"},
	"eipalloc-":      {"AWS::EC2::EIP"},
	"eni-":           {"AWS::EC2::NetworkInterface"},
	"fl-":            {"AWS::EC2::FlowLog"},
	"fs-":            {"AWS::EFS::FileSystem", "AWS::FSx::FileSystem"},
	"fsap-":          {"AWS::EFS::AccessPoint"},
	"fsmt-":          {"AWS::EFS::MountTarget"},
	"i-":             {"AWS::EC2::Instance"},
	"igw-":           {"AWS::EC2::InternetGateway"},
	"lt-":            {"AWS::EC2::LaunchTemplate"},
	"nat-":           {"AWS::EC2::NatGateway"},
	"pcx-":           {"AWS::EC2::VPCPeeringConnection"},
	"pl-":            {"AWS::EC2::PrefixList"},
	"rtb-":           {"AWS::EC2::RouteTable"},
	"sg-":            {securityGroup},
	"sgr-":           {"AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"},
	"snap-":          {"PCF::EC2::Snapshot"},
	"subnet-":        {subnet},
	"tgw-":           {"AWS::EC2::TransitGateway"},
	"tgw-attach-":    {"AWS::EC2::TransitGatewayAttachment", "AWS::EC2::TransitGatewayVpcAttachment", "AWS::EC2::TransitGatewayPeeringAttachment"},
	"tgw-rtb-":       {"AWS::EC2::TransitGatewayRouteTable"},
	"vgw-":           {"AWS::EC2::VPNGateway"},
	"vol-":           {"AWS::EC2::Volume"},
	"vpc-":           {vpc},
	"vpce-":          {"AWS::EC2::VPCEndpoint"},
	"vpce-svc-":      {"AWS::EC2::VPCEndpointService"},
	"vpn-":           {"AWS::EC2::VPNConnection"},
}

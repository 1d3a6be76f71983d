"""Creates the databases, caches and streams of an application: at least one tagged resource
of each type of the group, and prints what the scan must find.

Not here, because the emulator does not know them; the canned answers of data_canned_test.go
prove their readers:
* AWS::DMS::ReplicationInstance: the emulator writes times that no client but boto3 takes.
* AWS::DocDB::DBCluster: the emulator makes no cluster with the engine docdb.
* AWS::ElastiCache::ParameterGroup: no operation on cache parameter groups exists.
* AWS::Elasticsearch::Domain: only OpenSearch's way to describe domains exists.

Where the emulator is not like AWS, and what the fixture makes of it:
* It does not keep the tags of a global cluster, nor return the security groups and nodes of a
  cache cluster (canned test).
* A delivery stream is encrypted only by StartDeliveryStreamEncryption.
* A DAX cluster becomes available by being looked at."""

import json

import boto3
from prelude import *

ec2 = boto3.client("ec2")
zones = ["eu-west-1a", "eu-west-1b"]
vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
subnets = [
    ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
    for n, zone in enumerate(zones)
]
group = ec2.create_security_group(GroupName="data", Description="data", VpcId=vpc)["GroupId"]
account = "arn:aws:%s:eu-west-1:123456789012:%s"

# RDS and what runs on its machinery.
rds = boto3.client("rds")
rds.create_db_subnet_group(DBSubnetGroupName="orders", DBSubnetGroupDescription="Orders", SubnetIds=subnets, Tags=pairs(tags("subnets")))
found("AWS::RDS::DBSubnetGroup", "orders", tags("subnets"), DBSubnetGroupName="orders", DBSubnetGroupDescription="Orders", SubnetIds=subnets)
rds.create_db_parameter_group(
    DBParameterGroupName="orders", DBParameterGroupFamily="postgres16", Description="Orders", Tags=pairs(tags("parameters"))
)
rds.modify_db_parameter_group(
    DBParameterGroupName="orders",
    Parameters=[{"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}],
)
found(
    "AWS::RDS::DBParameterGroup", "orders", tags("parameters"),
    DBParameterGroupName="orders", Family="postgres16", Description="Orders", **{"Parameters__rds.force_ssl": "1"},
)
rds.create_db_cluster(
    DBClusterIdentifier="orders", Engine="aurora-postgresql", MasterUsername="root", MasterUserPassword="not-to-be-seen",
    DBSubnetGroupName="orders", VpcSecurityGroupIds=[group], StorageEncrypted=True, DeletionProtection=True,
    BackupRetentionPeriod=7, CopyTagsToSnapshot=True, EnableCloudwatchLogsExports=["postgresql"], Tags=pairs(tags("cluster")),
)
found(
    "AWS::RDS::DBCluster", "orders", tags("cluster"),
    DBClusterIdentifier="orders", Engine="aurora-postgresql", MasterUsername="root", DBSubnetGroupName="orders",
    VpcSecurityGroupIds=[group], StorageEncrypted=True, DeletionProtection=True, BackupRetentionPeriod=7, CopyTagsToSnapshot=True,
    EnableCloudwatchLogsExports=["postgresql"], ManageMasterUserPassword=False, DBClusterArn=account % ("rds", "cluster:orders"),
)
rds.create_db_cluster(DBClusterIdentifier="loose", Engine="aurora-mysql", MasterUsername="root", MasterUserPassword="not-to-be-seen")
found("AWS::RDS::DBCluster", "loose", {}, Engine="aurora-mysql", StorageEncrypted=False, DeletionProtection=False)
rds.create_db_cluster(
    DBClusterIdentifier="graph", Engine="neptune", DBSubnetGroupName="orders", VpcSecurityGroupIds=[group],
    StorageEncrypted=True, Tags=pairs(tags("graph")),
)
found(
    "AWS::Neptune::DBCluster", "graph", tags("graph"),
    DBClusterIdentifier="graph", DBPort=8182, Port="8182", StorageEncrypted=True, VpcSecurityGroupIds=[group],
)
rds.create_global_cluster(GlobalClusterIdentifier="world", Engine="aurora-postgresql", DeletionProtection=True)
found("AWS::RDS::GlobalCluster", "world", {}, GlobalClusterIdentifier="world", Engine="aurora-postgresql", DeletionProtection=True)
role = "arn:aws:iam::123456789012:role/proxy"
secret = account % ("secretsmanager", "secret:orders")
rds.create_db_proxy(
    DBProxyName="orders", EngineFamily="POSTGRESQL", RoleArn=role, VpcSubnetIds=subnets, VpcSecurityGroupIds=[group], RequireTLS=True,
    Auth=[{"AuthScheme": "SECRETS", "SecretArn": secret, "IAMAuth": "REQUIRED"}], Tags=pairs(tags("proxy")),
)
found(
    "AWS::RDS::DBProxy", "orders", tags("proxy"),
    DBProxyName="orders", EngineFamily="POSTGRESQL", RoleArn=role, RequireTLS=True, VpcSecurityGroupIds=[group], VpcSubnetIds=subnets,
    Auth__0__IAMAuth="REQUIRED", Auth__0__SecretArn=secret,
)
rds.create_db_instance(
    DBInstanceIdentifier="orders", Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20,
    MasterUsername="root", MasterUserPassword="not-to-be-seen",
)
rds.create_db_snapshot(DBSnapshotIdentifier="orders-1", DBInstanceIdentifier="orders", Tags=pairs(tags("snapshot")))
found(
    "PCF::RDS::DBSnapshot", "orders-1", tags("snapshot"),
    DBSnapshotIdentifier="orders-1", DBInstanceIdentifier="orders", SnapshotType="manual", Encrypted=False, AllocatedStorage=20,
)
rds.create_db_snapshot(DBSnapshotIdentifier="shared", DBInstanceIdentifier="orders")
rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="shared", AttributeName="restore", ValuesToAdd=["all"])
found(
    "PCF::RDS::DBSnapshot", "shared", {},
    DBSnapshotAttributes__0__AttributeName="restore", DBSnapshotAttributes__0__AttributeValues=["all"],
)

dax = boto3.client("dax")
dax.create_cluster(
    ClusterName="orders", NodeType="dax.t3.small", ReplicationFactor=2, IamRoleArn=role, Description="Orders",
    SSESpecification={"Enabled": True}, Tags=pairs(tags("dax")),
)
for _ in range(3):
    dax.describe_clusters()
found(
    "AWS::DAX::Cluster", "orders", tags("dax"),
    ClusterName="orders", Id="orders", NodeType="dax.t3.small", ReplicationFactor=2, IAMRoleARN=role, Description="Orders",
    SSESpecification__SSEEnabled=True, Tags=tags("dax"),
)

# Caches.
cache = boto3.client("elasticache")
cache.create_cache_subnet_group(
    CacheSubnetGroupName="orders", CacheSubnetGroupDescription="Orders", SubnetIds=subnets, Tags=pairs(tags("cache-subnets"))
)
found(
    "AWS::ElastiCache::SubnetGroup", "orders", tags("cache-subnets"),
    CacheSubnetGroupName="orders", Description="Orders", SubnetIds=subnets,
)
cache.create_cache_cluster(
    CacheClusterId="sessions", Engine="memcached", CacheNodeType="cache.t3.micro", NumCacheNodes=2,
    CacheSubnetGroupName="orders", SecurityGroupIds=[group], Port=11211, Tags=pairs(tags("sessions")),
)
found(
    "AWS::ElastiCache::CacheCluster", "sessions", tags("sessions"),
    ClusterName="sessions", Engine="memcached", CacheNodeType="cache.t3.micro", NumCacheNodes=2, CacheSubnetGroupName="orders",
)
cache.create_replication_group(
    ReplicationGroupId="queue", ReplicationGroupDescription="Queue", Engine="redis", CacheNodeType="cache.t3.micro",
    NumCacheClusters=2, AutomaticFailoverEnabled=True, MultiAZEnabled=True, AtRestEncryptionEnabled=True,
    TransitEncryptionEnabled=True, SnapshotRetentionLimit=5, Tags=pairs(tags("queue")),
)
found(
    "AWS::ElastiCache::ReplicationGroup", "queue", tags("queue"),
    ReplicationGroupId="queue", ReplicationGroupDescription="Queue", CacheNodeType="cache.t3.micro", AutomaticFailoverEnabled=True,
    MultiAZEnabled=True, AtRestEncryptionEnabled=True, TransitEncryptionEnabled=True, SnapshotRetentionLimit=5,
)
memory = boto3.client("memorydb")
memory.create_subnet_group(SubnetGroupName="orders", SubnetIds=subnets)
memory.create_cluster(
    ClusterName="carts", NodeType="db.t4g.small", ACLName="open-access", NumShards=2, NumReplicasPerShard=1,
    SubnetGroupName="orders", SecurityGroupIds=[group], TLSEnabled=True, Tags=pairs(tags("carts")),
)
found(
    "AWS::MemoryDB::Cluster", "carts", tags("carts"),
    ClusterName="carts", NodeType="db.t4g.small", ACLName="open-access", NumShards=2, NumReplicasPerShard=1,
    SubnetGroupName="orders", SecurityGroupIds=[group], TLSEnabled=True,
)

# Warehouses and search.
redshift = boto3.client("redshift")
redshift.create_cluster_subnet_group(
    ClusterSubnetGroupName="orders", Description="Orders", SubnetIds=subnets, Tags=pairs(tags("warehouse-subnets"))
)
found(
    "AWS::Redshift::ClusterSubnetGroup", "orders", tags("warehouse-subnets"),
    ClusterSubnetGroupName="orders", Description="Orders", SubnetIds=subnets,
)
redshift.create_cluster(
    ClusterIdentifier="warehouse", NodeType="ra3.large", ClusterType="multi-node", NumberOfNodes=2, DBName="orders",
    MasterUsername="root", MasterUserPassword="Not-to-be-seen-1", ClusterSubnetGroupName="orders", VpcSecurityGroupIds=[group],
    Encrypted=True, PubliclyAccessible=False, EnhancedVpcRouting=True, Tags=pairs(tags("warehouse")),
)
boto3.client("s3").create_bucket(Bucket="audit", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
boto3.client("s3").put_bucket_policy(Bucket="audit", Policy=json.dumps({
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": ["s3:PutObject", "s3:GetBucketAcl"],
                   "Resource": ["arn:aws:s3:::audit", "arn:aws:s3:::audit/*"]}],
}))
redshift.enable_logging(ClusterIdentifier="warehouse", BucketName="audit", S3KeyPrefix="warehouse/")
found(
    "AWS::Redshift::Cluster", "warehouse", tags("warehouse"),
    ClusterIdentifier="warehouse", NodeType="ra3.large", ClusterType="multi-node", NumberOfNodes=2, DBName="orders",
    MasterUsername="root", ClusterSubnetGroupName="orders", VpcSecurityGroupIds=[group], Encrypted=True, PubliclyAccessible=False,
    EnhancedVpcRouting=True, LoggingProperties__BucketName="audit", LoggingProperties__S3KeyPrefix="warehouse/",
)
search = boto3.client("opensearch")
search.create_domain(
    DomainName="catalogue", EngineVersion="OpenSearch_2.11", ClusterConfig={"InstanceType": "t3.small.search", "InstanceCount": 2},
    EBSOptions={"EBSEnabled": True, "VolumeSize": 10, "VolumeType": "gp3"}, EncryptionAtRestOptions={"Enabled": True},
    NodeToNodeEncryptionOptions={"Enabled": True}, DomainEndpointOptions={"EnforceHTTPS": True},
    AdvancedSecurityOptions={"Enabled": True, "InternalUserDatabaseEnabled": True,
                             "MasterUserOptions": {"MasterUserName": "root", "MasterUserPassword": "Not-to-be-seen-1"}},
    VPCOptions={"SubnetIds": subnets[:1], "SecurityGroupIds": [group]}, TagList=pairs(tags("catalogue")),
)
found(
    "AWS::OpenSearchService::Domain", "catalogue", tags("catalogue"),
    DomainName="catalogue", EngineVersion="OpenSearch_2.11", ClusterConfig__InstanceType="t3.small.search", ClusterConfig__InstanceCount=2,
    EBSOptions__VolumeSize=10, EncryptionAtRestOptions__Enabled=True, NodeToNodeEncryptionOptions__Enabled=True,
    DomainEndpointOptions__EnforceHTTPS=True, VPCOptions__SubnetIds=subnets[:1],
)

# Streams.
kafka = boto3.client("kafka")
broker = {
    "InstanceType": "kafka.m5.large", "ClientSubnets": subnets, "SecurityGroups": [group],
    "StorageInfo": {"EbsStorageInfo": {"VolumeSize": 100}},
}
cluster = kafka.create_cluster(
    ClusterName="events", KafkaVersion="3.6.0", NumberOfBrokerNodes=2, BrokerNodeGroupInfo=broker, EnhancedMonitoring="PER_BROKER",
    EncryptionInfo={"EncryptionInTransit": {"ClientBroker": "TLS", "InCluster": True}}, Tags=tags("events"),
)["ClusterArn"]
found(
    "AWS::MSK::Cluster", cluster, tags("events"),
    Arn=cluster, ClusterName="events", KafkaVersion="3.6.0", NumberOfBrokerNodes=2, BrokerNodeGroupInfo__ClientSubnets=subnets,
    BrokerNodeGroupInfo__StorageInfo__EBSStorageInfo__VolumeSize=100, EnhancedMonitoring="PER_BROKER",
    EncryptionInfo__EncryptionInTransit__ClientBroker="TLS", Tags=tags("events"),
)
kafka.create_cluster_v2(ClusterName="serverless", Serverless={"VpcConfigs": [{"SubnetIds": subnets}]})  # another type
kinesis = boto3.client("kinesis")
kinesis.create_stream(StreamName="orders", ShardCount=2)
kinesis.add_tags_to_stream(StreamName="orders", Tags=tags("orders"))
kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=48)
kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId="alias/aws/kinesis")
kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["IncomingBytes"])
found(
    "AWS::Kinesis::Stream", "orders", tags("orders"),
    Name="orders", ShardCount=2, RetentionPeriodHours=48, StreamModeDetails__StreamMode="PROVISIONED",
    StreamEncryption={"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}, DesiredShardLevelMetrics=["IncomingBytes"],
    Arn=account % ("kinesis", "stream/orders"),
)
kinesis.create_stream(StreamName="loose", StreamModeDetails={"StreamMode": "ON_DEMAND"})
found("AWS::Kinesis::Stream", "loose", {}, StreamModeDetails__StreamMode="ON_DEMAND", RetentionPeriodHours=24)
firehose = boto3.client("firehose")
bucket = {"RoleARN": role, "BucketARN": "arn:aws:s3:::audit"}
firehose.create_delivery_stream(
    DeliveryStreamName="archive", DeliveryStreamType="DirectPut",
    ExtendedS3DestinationConfiguration={
        **bucket, "Prefix": "orders/", "CompressionFormat": "GZIP", "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 60},
        "S3BackupMode": "Enabled", "S3BackupConfiguration": {**bucket, "Prefix": "raw/"},
    },
    Tags=pairs(tags("archive")),
)
firehose.start_delivery_stream_encryption(
    DeliveryStreamName="archive", DeliveryStreamEncryptionConfigurationInput={"KeyType": "AWS_OWNED_CMK"}
)
found(
    "AWS::KinesisFirehose::DeliveryStream", "archive", tags("archive"),
    DeliveryStreamName="archive", DeliveryStreamType="DirectPut", ExtendedS3DestinationConfiguration__BucketARN="arn:aws:s3:::audit",
    ExtendedS3DestinationConfiguration__BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 60},
    ExtendedS3DestinationConfiguration__S3BackupConfiguration__Prefix="raw/",
    DeliveryStreamEncryptionConfigurationInput={"KeyType": "AWS_OWNED_CMK"},
)
firehose.create_delivery_stream(
    DeliveryStreamName="collector",
    HttpEndpointDestinationConfiguration={
        "EndpointConfiguration": {"Url": "https://collector.example.com/v1", "Name": "collector", "AccessKey": "not-to-be-seen"},
        "RequestConfiguration": {"ContentEncoding": "GZIP", "CommonAttributes": [{"AttributeName": "api", "AttributeValue": "not-to-be-seen"}]},
        "RoleARN": role, "S3Configuration": {**bucket, "Prefix": "failed/"},
    },
)
found(
    "AWS::KinesisFirehose::DeliveryStream", "collector", {},
    HttpEndpointDestinationConfiguration__EndpointConfiguration={"Url": "https://collector.example.com/v1", "Name": "collector"},
    HttpEndpointDestinationConfiguration__RequestConfiguration={"ContentEncoding": "GZIP"},
    HttpEndpointDestinationConfiguration__S3Configuration__Prefix="failed/",
)
done()

package aws

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// queryAnswer writes an answer of the query protocol.
func queryAnswer(operation, result string) string {
	return "<" + operation + "Response><" + operation + "Result>" + result + "</" + operation + "Result></" + operation + "Response>"
}

const (
	cannedTagList = "<TagList><Tag><Key>pcf:app</Key><Value>orders</Value></Tag></TagList>"
	forbidden     = "!AccessDenied"
)

// ordersTag is what cannedTagList means.
var ordersTag = map[string]string{"pcf:app": "orders"}

func TestDocDBClusters(t *testing.T) {
	answers := map[string]string{
		"DescribeDBClusters": queryAnswer("DescribeDBClusters", `<DBClusters>
			<DBCluster><DBClusterIdentifier>documents</DBClusterIdentifier><Engine>docdb</Engine><EngineVersion>5.0.0</EngineVersion>
				<DBClusterArn>arn:aws:rds:eu-west-1:123456789012:cluster:documents</DBClusterArn><Status>available</Status>
				<DbClusterResourceId>cluster-X</DbClusterResourceId><DBSubnetGroup>orders</DBSubnetGroup>
				<DBClusterParameterGroup>docs</DBClusterParameterGroup><Endpoint>w.example</Endpoint><ReaderEndpoint>r.example</ReaderEndpoint>
				<Port>27017</Port><StorageEncrypted>true</StorageEncrypted><DeletionProtection>true</DeletionProtection>
				<EnabledCloudwatchLogsExports><member>audit</member></EnabledCloudwatchLogsExports>
				<MasterUserSecret><SecretArn>arn:s</SecretArn><KmsKeyId>arn:k</KmsKeyId></MasterUserSecret>
				<VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>sg-1</VpcSecurityGroupId></VpcSecurityGroupMembership></VpcSecurityGroups>
			</DBCluster>
			<DBCluster><DBClusterIdentifier>other</DBClusterIdentifier><Engine>aurora-mysql</Engine></DBCluster>
		</DBClusters>`),
		"ListTagsForResource": queryAnswer("ListTagsForResource", cannedTagList),
	}
	snapshot, live := cannedEdge(t, "eu-west-1", "AWS::DocDB::DBCluster", answers)
	assert.Empty(t, snapshot.Gaps)
	require.Len(t, live, 1, "a database of another kind is another type")
	r := live["documents"]
	assert.Equal(t, ordersTag, r.Tags)
	assert.Equal(t, "available", r.State)
	assert.Equal(t, inventory.Properties{
		"Id": "documents", "DBClusterIdentifier": "documents", "EngineVersion": "5.0.0", "ClusterResourceId": "cluster-X",
		"DBSubnetGroupName": "orders", "DBClusterParameterGroupName": "docs", "Endpoint": "w.example", "ReadEndpoint": "r.example",
		"Port": int64(27017), "StorageEncrypted": true, "DeletionProtection": true, "EnableCloudwatchLogsExports": []any{"audit"},
		"ManageMasterUserPassword": true, "MasterUserSecretKmsKeyId": "arn:k", "VpcSecurityGroupIds": []any{"sg-1"},
		"Tags": []any{map[string]any{"Key": "pcf:app", "Value": "orders"}},
	}, r.Properties)
}

func TestGlobalClusterStandsWhereItsWriterIs(t *testing.T) {
	answers := map[string]string{"DescribeGlobalClusters": queryAnswer("DescribeGlobalClusters", `<GlobalClusters>
		<GlobalClusterMember><GlobalClusterIdentifier>world</GlobalClusterIdentifier><Engine>aurora-postgresql</Engine>
			<GlobalClusterArn>arn:aws:rds::123456789012:global-cluster:world</GlobalClusterArn><Status>available</Status>
			<Endpoint>world.example</Endpoint>`+cannedTagList+`<GlobalClusterMembers>
				<GlobalClusterMember><DBClusterArn>arn:aws:rds:us-east-1:123456789012:cluster:r</DBClusterArn><IsWriter>false</IsWriter></GlobalClusterMember>
				<GlobalClusterMember><DBClusterArn>arn:aws:rds:eu-west-1:123456789012:cluster:w</DBClusterArn><IsWriter>true</IsWriter></GlobalClusterMember>
			</GlobalClusterMembers></GlobalClusterMember>
		<GlobalClusterMember><GlobalClusterIdentifier>graph</GlobalClusterIdentifier><Engine>neptune</Engine></GlobalClusterMember>
	</GlobalClusters>`)}
	for region, want := range map[string]int{"eu-west-1": 1, "us-east-1": 0} {
		snapshot, live := cannedEdge(t, region, "AWS::RDS::GlobalCluster", answers)
		assert.Empty(t, snapshot.Gaps)
		assert.Len(t, live, want, "in %s", region)
		if r := live["world"]; r != nil {
			assert.Equal(t, ordersTag, r.Tags)
			assert.Equal(t, map[string]any{"Address": "world.example"}, r.Properties["GlobalEndpoint"])
		}
	}
}

func TestReplicationInstances(t *testing.T) {
	const arn = "arn:aws:dms:eu-west-1:123456789012:rep:ABC"
	answers := map[string]string{
		"DescribeReplicationInstances": `{"ReplicationInstances": [{"ReplicationInstanceIdentifier": "orders", "ReplicationInstanceArn": "` + arn + `",
			"ReplicationInstanceClass": "dms.t3.micro", "ReplicationInstanceStatus": "available", "AllocatedStorage": 50, "InstanceCreateTime": 1700000000,
			"VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}], "PubliclyAccessible": true, "EngineVersion": "3.5.4",
			"ReplicationSubnetGroup": {"ReplicationSubnetGroupIdentifier": "orders", "VpcId": "vpc-1"}, "KmsKeyId": "arn:k",
			"KerberosAuthenticationSettings": {"Krb5FileContents": "not-to-be-seen"}}]}`,
		"ListTagsForResource": `{"TagList": [{"Key": "pcf:app", "Value": "orders"}]}`,
	}
	snapshot, live := cannedEdge(t, "eu-west-1", "AWS::DMS::ReplicationInstance", answers)
	assert.Empty(t, snapshot.Gaps)
	r := live[arn]
	require.NotNil(t, r)
	assert.Equal(t, ordersTag, r.Tags)
	assert.Equal(t, int64(1700000000), r.Created.Unix())
	assert.Equal(t, inventory.Properties{
		"Id": arn, "ReplicationInstanceIdentifier": "orders", "ReplicationInstanceClass": "dms.t3.micro", "AllocatedStorage": int64(50),
		"VpcSecurityGroupIds": []any{"sg-1"}, "PubliclyAccessible": true, "MultiAZ": false, "AutoMinorVersionUpgrade": false,
		"EngineVersion": "3.5.4", "ReplicationSubnetGroupIdentifier": "orders", "KmsKeyId": "arn:k",
		"Tags": []any{map[string]any{"Key": "pcf:app", "Value": "orders"}},
	}, r.Properties)

	answers["ListTagsForResource"] = forbidden
	snapshot, live = cannedEdge(t, "eu-west-1", "AWS::DMS::ReplicationInstance", answers)
	require.Len(t, snapshot.Gaps, 1)
	assert.Equal(t, inventory.Denied, snapshot.Gaps[0].Reason)
	assert.Nil(t, live[arn].Tags, "tags that could not be read are unknown")
	assert.True(t, live[arn].IsUnread("/Tags"))

	answers["ListTagsForResource"] = "!ResourceNotFoundFault"
	snapshot, live = cannedEdge(t, "eu-west-1", "AWS::DMS::ReplicationInstance", answers)
	assert.Empty(t, snapshot.Gaps, "an instance deleted meanwhile is not there, which is no gap")
	assert.Empty(t, live)
}

func TestCacheParameterGroups(t *testing.T) {
	groups := `<CacheParameterGroups>
		<CacheParameterGroup><CacheParameterGroupName>orders</CacheParameterGroupName><CacheParameterGroupFamily>redis7</CacheParameterGroupFamily>
			<Description>Orders</Description><ARN>arn:aws:elasticache:eu-west-1:123456789012:parametergroup:orders</ARN></CacheParameterGroup>
		<CacheParameterGroup><CacheParameterGroupName>default.redis7</CacheParameterGroupName><CacheParameterGroupFamily>redis7</CacheParameterGroupFamily>
			<Description>Default</Description><ARN>arn:aws:elasticache:eu-west-1:123456789012:parametergroup:default.redis7</ARN></CacheParameterGroup>
	</CacheParameterGroups>`
	answers := map[string]string{
		"DescribeCacheParameterGroups": queryAnswer("DescribeCacheParameterGroups", groups),
		"DescribeCacheParameters": queryAnswer("DescribeCacheParameters", `<Parameters><Parameter><ParameterName>maxmemory-policy</ParameterName>
			<ParameterValue>allkeys-lru</ParameterValue><Source>user</Source></Parameter></Parameters>`),
		"ListTagsForResource": queryAnswer("ListTagsForResource", cannedTagList),
	}
	snapshot, live := cannedEdge(t, "eu-west-1", "AWS::ElastiCache::ParameterGroup", answers)
	assert.Empty(t, snapshot.Gaps)
	require.Len(t, live, 2)
	assert.Empty(t, live["orders"].Foreign)
	assert.Equal(t, ordersTag, live["orders"].Tags)
	assert.Equal(t, inventory.Properties{
		"CacheParameterGroupName": "orders", "CacheParameterGroupFamily": "redis7", "Description": "Orders",
		"Properties": map[string]any{"maxmemory-policy": "allkeys-lru"}, "Tags": []any{map[string]any{"Key": "pcf:app", "Value": "orders"}},
	}, live["orders"].Properties)
	assert.NotEmpty(t, live["default.redis7"].Foreign)

	answers["DescribeCacheParameters"] = forbidden
	snapshot, live = cannedEdge(t, "eu-west-1", "AWS::ElastiCache::ParameterGroup", answers)
	require.Len(t, snapshot.Gaps, 1)
	assert.True(t, live["orders"].IsUnread("/Properties"))
	assert.Equal(t, ordersTag, live["orders"].Tags)
}

func TestCacheClusters(t *testing.T) {
	cluster := func(id, engine, more string) string {
		return "<CacheCluster><CacheClusterId>" + id + "</CacheClusterId><Engine>" + engine + "</Engine><CacheClusterStatus>available</CacheClusterStatus>" +
			"<ARN>arn:aws:elasticache:eu-west-1:123456789012:cluster:" + id + "</ARN>" + more + "</CacheCluster>"
	}
	node := func(zone string) string {
		return "<CacheNode><CustomerAvailabilityZone>" + zone + "</CustomerAvailabilityZone><Endpoint><Address>n.example</Address><Port>6379</Port></Endpoint></CacheNode>"
	}
	_, live := cannedEdge(t, "eu-west-1", "AWS::ElastiCache::CacheCluster", map[string]string{
		"DescribeCacheClusters": queryAnswer("DescribeCacheClusters", "<CacheClusters>"+
			cluster("queue-001", "redis", "<ReplicationGroupId>queue</ReplicationGroupId><CacheNodes>"+node("eu-west-1a")+"</CacheNodes><SecurityGroups>"+
				"<member><SecurityGroupId>sg-1</SecurityGroupId></member></SecurityGroups><PreferredAvailabilityZone>eu-west-1a</PreferredAvailabilityZone>")+
			cluster("spread", "memcached", "<CacheNodes>"+node("eu-west-1a")+node("eu-west-1b")+"</CacheNodes>"+
				"<PreferredAvailabilityZone>Multiple</PreferredAvailabilityZone>"+
				"<ConfigurationEndpoint><Address>c.example</Address><Port>11211</Port></ConfigurationEndpoint>")+"</CacheClusters>"),
		"ListTagsForResource": queryAnswer("ListTagsForResource", "<TagList/>"),
	})
	member, spread := live["queue-001"], live["spread"]
	require.Len(t, member.Relations, 1, "the group makes its clusters anew")
	assert.Equal(t, "owner", member.Relations[0].Kind)
	assert.Equal(t, "AWS::ElastiCache::ReplicationGroup queue", member.Relations[0].To.Type+" "+member.Relations[0].To.ID)
	assert.Equal(t, []any{"sg-1"}, member.Properties["VpcSecurityGroupIds"])
	assert.Equal(t, map[string]any{"Address": "n.example", "Port": "6379"}, member.Properties["RedisEndpoint"])
	assert.NotContains(t, member.Properties, "AZMode", "only memcached knows it")
	assert.Empty(t, spread.Relations)
	assert.Equal(t, "cross-az", spread.Properties["AZMode"])
	assert.Equal(t, int64(11211), spread.Properties["Port"])
	assert.Equal(t, []any{"eu-west-1a", "eu-west-1b"}, spread.Properties["PreferredAvailabilityZones"])
}

func TestReplicationGroupNetwork(t *testing.T) {
	answers := map[string]string{
		"DescribeReplicationGroups": queryAnswer("DescribeReplicationGroups", "<ReplicationGroups>"+
			"<ReplicationGroup><ReplicationGroupId>queue</ReplicationGroupId><KmsKeyId>arn:aws:kms:eu-west-1:123456789012:key/k</KmsKeyId>"+
			"<ARN>arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:queue</ARN></ReplicationGroup>"+
			"<ReplicationGroup><ReplicationGroupId>new</ReplicationGroupId></ReplicationGroup></ReplicationGroups>"),
		"DescribeCacheClusters": queryAnswer("DescribeCacheClusters", "<CacheClusters><CacheCluster><CacheClusterId>queue-001</CacheClusterId>"+
			"<ReplicationGroupId>queue</ReplicationGroupId><CacheSubnetGroupName>caches</CacheSubnetGroupName><PreferredMaintenanceWindow>sun:01:00-sun:02:00</PreferredMaintenanceWindow>"+
			"<CacheParameterGroup><CacheParameterGroupName>tuned</CacheParameterGroupName></CacheParameterGroup>"+
			"<NotificationConfiguration><TopicArn>arn:aws:sns:eu-west-1:123456789012:caches</TopicArn></NotificationConfiguration>"+
			"<SecurityGroups><member><SecurityGroupId>sg-1</SecurityGroupId></member></SecurityGroups></CacheCluster></CacheClusters>"),
		"ListTagsForResource": queryAnswer("ListTagsForResource", "<TagList/>"),
	}
	_, live := cannedEdge(t, "eu-west-1", "AWS::ElastiCache::ReplicationGroup", answers)
	for property, want := range map[string]any{
		"CacheParameterGroupName": "tuned", "CacheSubnetGroupName": "caches", "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/k",
		"NotificationTopicArn": "arn:aws:sns:eu-west-1:123456789012:caches", "PreferredMaintenanceWindow": "sun:01:00-sun:02:00",
		"SecurityGroupIds": []any{"sg-1"},
	} {
		assert.Equal(t, want, live["queue"].Properties[property], property)
		assert.False(t, live["queue"].IsUnread("/"+property), property)
	}
	assert.True(t, live["new"].IsUnread("/SecurityGroupIds"), "a group without clusters does not tell")

	answers["DescribeCacheClusters"] = forbidden
	snapshot, live := cannedEdge(t, "eu-west-1", "AWS::ElastiCache::ReplicationGroup", answers)
	require.Len(t, snapshot.Gaps, 1)
	assert.True(t, live["queue"].IsUnread("/SecurityGroupIds"))
	assert.Contains(t, live["queue"].Properties, "KmsKeyId")
}

func TestElasticsearchDomains(t *testing.T) {
	const list, describe = "GET /2015-01-01/domain?engineType=Elasticsearch", "POST /2015-01-01/es/domain-info"
	tags := "GET /2015-01-01/tags?arn=arn%3Aaws%3Aes%3Aeu-west-1%3A123456789012%3Adomain%2Fold"
	answers := map[string]string{
		list: `{"DomainNames": [{"DomainName": "old", "EngineType": "Elasticsearch"}, {"DomainName": "gone", "EngineType": "Elasticsearch"}]}`,
		describe: `{"DomainStatusList": [{"DomainName": "old", "DomainId": "123456789012/old", "ARN": "arn:aws:es:eu-west-1:123456789012:domain/old",
			"Created": true, "Deleted": false, "ElasticsearchVersion": "7.10", "Endpoint": "e.example",
			"ElasticsearchClusterConfig": {"InstanceType": "m5.large.elasticsearch", "InstanceCount": 2},
			"VPCOptions": {"VPCId": "vpc-1", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
			"AccessPolicies": "{\"Version\":\"2012-10-17\",\"Statement\":[]}", "DomainEndpointOptions": {"EnforceHTTPS": true}}]}`,
		tags: `{"TagList": [{"Key": "pcf:app", "Value": "orders"}]}`,
	}
	snapshot, live := cannedEdge(t, "eu-west-1", "AWS::Elasticsearch::Domain", answers)
	assert.Empty(t, snapshot.Gaps)
	require.Len(t, live, 1, "what a description leaves out was deleted since it was listed")
	r := live["old"]
	assert.Equal(t, ordersTag, r.Tags)
	assert.Equal(t, "Active", r.State)
	assert.Equal(t, inventory.Properties{
		"Id": "old", "DomainName": "old", "Arn": r.ARN, "DomainArn": r.ARN, "ElasticsearchVersion": "7.10", "DomainEndpoint": "e.example",
		"ElasticsearchClusterConfig": map[string]any{"InstanceType": "m5.large.elasticsearch", "InstanceCount": int64(2)},
		"VPCOptions":                 map[string]any{"SubnetIds": []any{"subnet-1"}, "SecurityGroupIds": []any{"sg-1"}},
		"AccessPolicies":             map[string]any{"Version": "2012-10-17", "Statement": []any{}},
		"DomainEndpointOptions":      map[string]any{"EnforceHTTPS": true},
		"Tags":                       []any{map[string]any{"Key": "pcf:app", "Value": "orders"}},
	}, r.Properties)

	for why, wrong := range map[string]string{"a refused description": forbidden, "a description of nothing": "{}"} {
		answers[describe] = wrong
		answers[strings.Replace(tags, "old", "gone", 1)] = "!ResourceNotFoundException"
		snapshot, live = cannedEdge(t, "eu-west-1", "AWS::Elasticsearch::Domain", answers)
		assert.NotEmpty(t, snapshot.Gaps, why)
		require.Contains(t, live, "old", why)
		assert.True(t, live["old"].IsUnread("/ElasticsearchVersion"), why)
		assert.Equal(t, ordersTag, live["old"].Tags, why)
	}
}

// Firehose has no tokens: the next page begins after the last name of this one.
func TestDeliveryStreamsGoOnByName(t *testing.T) {
	answers := map[string]string{
		"ListDeliveryStreams": `{"DeliveryStreamNames": ["a", "b"], "HasMoreDeliveryStreams": true}`,
		`ListDeliveryStreams {"ExclusiveStartDeliveryStreamName":"b","Limit":1000}`: `{"DeliveryStreamNames": ["c"], "HasMoreDeliveryStreams": false}`,
		"DescribeDeliveryStream":    `{"DeliveryStreamDescription": {"DeliveryStreamStatus": "ACTIVE", "DeliveryStreamType": "DirectPut", "Destinations": []}}`,
		"ListTagsForDeliveryStream": `{"Tags": [{"Key": "pcf:app", "Value": "orders"}], "HasMoreTags": false}`,
	}
	const typ = "AWS::KinesisFirehose::DeliveryStream"
	snapshot, live := cannedEdge(t, "eu-west-1", typ, answers)
	assert.Empty(t, snapshot.Gaps)
	assert.Equal(t, []string{"a", "b", "c"}, slices.Sorted(maps.Keys(live)), "both pages")
	for id, r := range live {
		assert.Equal(t, ordersTag, r.Tags, id)
	}
	for why, first := range map[string]string{
		"a page that says more and names nobody to go on from": `{"DeliveryStreamNames": [], "HasMoreDeliveryStreams": true}`,
		"a page that goes on from the same name for ever":      `{"DeliveryStreamNames": ["b"], "HasMoreDeliveryStreams": true}`,
	} {
		answers["ListDeliveryStreams"] = first
		answers[`ListDeliveryStreams {"ExclusiveStartDeliveryStreamName":"b","Limit":1000}`] = first
		snapshot, _ := cannedEdge(t, "eu-west-1", typ, answers)
		require.Len(t, snapshot.Gaps, 1, why)
		assert.Equal(t, inventory.Malformed, snapshot.Gaps[0].Reason, why)
		assert.Contains(t, snapshot.Gaps[0].Message, "does not end", why)
	}
}

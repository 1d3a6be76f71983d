package aws

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// cannedEdge reads one type from a server that answers in the form of the API references:
// for what the emulator cannot say. Answers are found by the name of the operation or,
// where the protocol does not name it, by method, path and query ("GET /v/vaults"). One
// that begins with "!" is an error code. The resources come by their ids.
func cannedEdge(t *testing.T, region, typ string, answers map[string]string) (*inventory.Snapshot, map[string]*inventory.Resource) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, call, named := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if !named {
			call = r.FormValue("Action")
		}
		if call == "" {
			call = r.Method + " " + r.URL.RequestURI()
		}
		answer, known := answers[call]
		if named { // another answer to another question
			body, _ := io.ReadAll(r.Body)
			if special, asked := answers[call+" "+string(body)]; asked {
				answer = special
			}
		}
		switch {
		case call == "GetCallerIdentity":
			answer = `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/test</Arn>` +
				`<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
		case !known:
			answer = "!NotCanned"
			t.Errorf("nobody canned an answer to %s", call)
		}
		if code, failed := strings.CutPrefix(answer, "!"); failed {
			w.Header().Set("X-Amzn-ErrorType", code)
			w.WriteHeader(http.StatusBadRequest)
			answer = fmt.Sprintf(`{"__type":%q,"message":"canned"}`, code)
		}
		_, _ = fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	cfg := configure(t, []string{
		"AWS_ENDPOINT_URL=" + server.URL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=" + region,
		"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent", "AWS_EC2_METADATA_DISABLED=true",
	})
	snapshot, err := Scan(t.Context(), cfg, Options{Types: []string{typ}})
	require.NoError(t, err)
	live := map[string]*inventory.Resource{}
	for _, r := range snapshot.Resources {
		live[r.Ref.ID] = r
		assert.Empty(t, schema.Problems(mustType(t, typ), r.Properties), "%s", r.Ref)
	}
	return snapshot, live
}

func TestGlacierVaults(t *testing.T) {
	const vaults = "/123456789012/vaults"
	answers := map[string]string{
		"GET " + vaults: `{"Marker": "m 2", "VaultList": [{"VaultName": "old", "VaultARN": "arn:aws:glacier:eu-west-1:123456789012:vaults/old",
			"CreationDate": "2012-03-20T17:03:43.221Z", "LastInventoryDate": "2012-03-21T02:00:00.000Z", "NumberOfArchives": 192, "SizeInBytes": 78088912}]}`,
		"GET " + vaults + "?marker=m%202": `{"Marker": null, "VaultList": [{"VaultName": "bare", "CreationDate": "2020-01-01T00:00:00.000Z"}]}`,
		"GET " + vaults + "/old/tags":     `{"Tags": {"pcf:app": "orders"}}`,
		"GET " + vaults + "/old/access-policy": `{"Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",` +
			`\"Action\":\"glacier:DeleteArchive\",\"Resource\":\"*\"}]}"}`,
		"GET " + vaults + "/old/lock-policy":                `{"Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[]}", "State": "Locked", "CreationDate": "2015-01-01T00:00:00.000Z"}`,
		"GET " + vaults + "/old/notification-configuration": `{"SNSTopic": "arn:aws:sns:eu-west-1:123456789012:t", "Events": ["InventoryRetrievalCompleted"]}`,

		"GET " + vaults + "/bare/tags":                       `{"Tags": {}}`,
		"GET " + vaults + "/bare/access-policy":              "!ResourceNotFoundException",
		"GET " + vaults + "/bare/lock-policy":                "!ResourceNotFoundException",
		"GET " + vaults + "/bare/notification-configuration": "!ResourceNotFoundException",
	}
	snapshot, live := cannedEdge(t, emulator.Region, "PCF::Glacier::Vault", answers)
	assert.Empty(t, snapshot.Gaps)
	require.Len(t, live, 2)
	old := live["old"]
	assert.Equal(t, map[string]string{"pcf:app": "orders"}, old.Tags)
	assert.Equal(t, time.Date(2012, 3, 20, 17, 3, 43, 221e6, time.UTC), old.Created)
	assert.Equal(t, int64(192), old.Properties["NumberOfArchives"])
	effect, _ := inventory.At(old.Properties, "/AccessPolicy/Statement/0/Effect")
	assert.Equal(t, "Deny", effect, "the policy is parsed")
	state, _ := inventory.At(old.Properties, "/VaultLock/State")
	assert.Equal(t, "Locked", state)
	topic, _ := inventory.At(old.Properties, "/VaultNotificationConfig/SNSTopic")
	assert.Equal(t, "arn:aws:sns:eu-west-1:123456789012:t", topic)
	assert.Equal(t, map[string]string{}, live["bare"].Tags)
	for _, name := range []string{"AccessPolicy", "VaultLock", "VaultNotificationConfig"} {
		assert.NotContains(t, live["bare"].Properties, name, "what is not set is absent")
		assert.False(t, live["bare"].IsUnread("/"+name), "and known to be")
	}

	for call, unread := range map[string]string{
		"access-policy": "/AccessPolicy", "lock-policy": "/VaultLock", "notification-configuration": "/VaultNotificationConfig", "tags": "/Tags",
	} {
		denied := map[string]string{}
		for k, v := range answers {
			denied[k] = v
		}
		denied["GET "+vaults+"/old/"+call] = "!AccessDeniedException"
		snapshot, live := cannedEdge(t, emulator.Region, "PCF::Glacier::Vault", denied)
		require.Len(t, snapshot.Gaps, 1, call)
		assert.Equal(t, inventory.Denied, snapshot.Gaps[0].Reason)
		require.Len(t, live, 2, "a vault stays when a call about it fails")
		assert.True(t, live["old"].IsUnread(unread), "%s is not known then", unread)
	}
}

func TestStacks(t *testing.T) {
	const id = "arn:aws:cloudformation:eu-west-1:123456789012:stack/"
	snapshot, live := cannedEdge(t, emulator.Region, "AWS::CloudFormation::Stack", map[string]string{
		"DescribeStacks": `<DescribeStacksResponse><DescribeStacksResult><Stacks>
			<member><StackId>` + id + `app/1</StackId><StackName>app</StackName><StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2024-01-02T03:04:05Z</CreationTime>
				<Parameters><member><ParameterKey>Password</ParameterKey><ParameterValue>****</ParameterValue></member>
					<member><ParameterKey>Stage</ParameterKey><ParameterValue>dev</ParameterValue></member>
					<member><ParameterKey>Image</ParameterKey><ParameterValue>/aws/ami</ParameterValue><ResolvedValue>ami-1</ResolvedValue></member></Parameters>
				<Tags><member><Key>pcf:app</Key><Value>orders</Value></member></Tags></member>
			<member><StackId>` + id + `app-part/2</StackId><StackName>app-part</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2024-01-02T03:04:05Z</CreationTime>
				<ParentId>` + id + `app/1</ParentId><RootId>` + id + `app/1</RootId></member>
			<member><StackId>` + id + `gone/3</StackId><StackName>gone</StackName><StackStatus>DELETE_COMPLETE</StackStatus><CreationTime>2024-01-02T03:04:05Z</CreationTime></member>
			</Stacks></DescribeStacksResult></DescribeStacksResponse>`,
		"ListStackResources": `<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>
			<member><LogicalResourceId>Jobs</LogicalResourceId><PhysicalResourceId>https://sqs.eu-west-1.amazonaws.com/123456789012/jobs</PhysicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>
			<member><LogicalResourceId>Old</LogicalResourceId><PhysicalResourceId>old</PhysicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType><ResourceStatus>DELETE_COMPLETE</ResourceStatus></member>
			<member><LogicalResourceId>Next</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType><ResourceStatus>CREATE_IN_PROGRESS</ResourceStatus></member>
			</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>`,
	})
	assert.Empty(t, snapshot.Gaps)
	require.Len(t, live, 2, "a deleted stack is none")
	require.Len(t, snapshot.Stacks, 2)
	jobs := inventory.StackMember{LogicalID: "Jobs", Type: "AWS::SQS::Queue", ID: "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"}
	assert.Equal(t, inventory.Stack{Ref: live[id+"app/1"].Ref, Name: "app", Members: []inventory.StackMember{jobs}}, snapshot.Stacks[1], "what is gone, or not there yet, is not kept")
	app := live[id+"app/1"]
	assert.Equal(t, "app", app.Name)
	assert.Equal(t, "UPDATE_COMPLETE", app.State)
	assert.Equal(t, map[string]string{"pcf:app": "orders"}, app.Tags)
	assert.Equal(t, map[string]any{"Stage": "dev", "Image": "/aws/ami"}, app.Properties["Parameters"], "as they were given; what is masked is not its value")
	assert.True(t, app.IsUnread("/Parameters/Password"))
	assert.False(t, app.IsUnread("/Parameters/Stage"))
	assert.Empty(t, app.Relations)
	part := live[id+"app-part/2"]
	assert.Equal(t, []inventory.Relation{{Kind: "owner", To: app.Ref}}, part.Relations, "a nested stack goes with its parent")
	assert.False(t, part.IsUnread("/Parameters/Password"), "what one stack hides is no other's")
}

// A stack whose members cannot be listed is a gap, never a stack that keeps nothing.
func TestStackMembersUnread(t *testing.T) {
	const id = "arn:aws:cloudformation:eu-west-1:123456789012:stack/app/1"
	snapshot, live := cannedEdge(t, emulator.Region, "AWS::CloudFormation::Stack", map[string]string{
		"DescribeStacks": `<DescribeStacksResponse><DescribeStacksResult><Stacks>
			<member><StackId>` + id + `</StackId><StackName>app</StackName><StackStatus>CREATE_COMPLETE</StackStatus></member>
			</Stacks></DescribeStacksResult></DescribeStacksResponse>`,
		"ListStackResources": "!InternalFailure",
	})
	require.Len(t, live, 1)
	require.Len(t, snapshot.Gaps, 1)
	assert.False(t, snapshot.Readable("123456789012", emulator.Region, "AWS::CloudFormation::Stack"), "ownership takes nothing there for an orphan")
}

func TestHostedZones(t *testing.T) {
	const zones = `<ListHostedZonesResponse><HostedZones>
		<HostedZone><Id>/hostedzone/ZMAP</Id><Name>orders.local.</Name><CallerReference>1</CallerReference><Config><PrivateZone>true</PrivateZone></Config>
			<LinkedService><ServicePrincipal>servicediscovery.amazonaws.com</ServicePrincipal><Description>x</Description></LinkedService></HostedZone>
		<HostedZone><Id>/hostedzone/Z1</Id><Name>example.com.</Name><CallerReference>2</CallerReference><Config><PrivateZone>false</PrivateZone></Config>
			<Features><AcceleratedRecoveryStatus>ENABLED</AcceleratedRecoveryStatus></Features></HostedZone>
		</HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>`
	const rrset = "/2013-04-01/hostedzone/Z1/rrset?maxitems=300"
	t.Run("zones", func(t *testing.T) {
		tags := func(id string) string {
			return `<ListTagsForResourceResponse><ResourceTagSet><ResourceType>hostedzone</ResourceType><ResourceId>` + id + `</ResourceId></ResourceTagSet></ListTagsForResourceResponse>`
		}
		snapshot, live := cannedEdge(t, emulator.Region, "AWS::Route53::HostedZone", map[string]string{
			"GET /2013-04-01/hostedzone?maxitems=100": zones,
			"GET /2013-04-01/hostedzone/ZMAP": `<GetHostedZoneResponse><HostedZone><Id>/hostedzone/ZMAP</Id><Name>orders.local.</Name><CallerReference>1</CallerReference></HostedZone>
				<VPCs><VPC><VPCRegion>eu-west-1</VPCRegion><VPCId>vpc-1</VPCId></VPC></VPCs></GetHostedZoneResponse>`,
			"GET /2013-04-01/hostedzone/Z1": `<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id><Name>example.com.</Name><CallerReference>2</CallerReference></HostedZone>
				<DelegationSet><NameServers><NameServer>ns-1.example.net</NameServer></NameServers></DelegationSet></GetHostedZoneResponse>`,
			"GET /2013-04-01/tags/hostedzone/ZMAP": tags("ZMAP"), "GET /2013-04-01/tags/hostedzone/Z1": tags("Z1"),
			"GET /2013-04-01/queryloggingconfig?maxresults=100": `<ListQueryLoggingConfigsResponse><QueryLoggingConfigs/></ListQueryLoggingConfigsResponse>`,
		})
		assert.Empty(t, snapshot.Gaps)
		require.Len(t, live, 2)
		assert.Equal(t, "managed by servicediscovery.amazonaws.com", live["ZMAP"].Foreign)
		assert.Equal(t, []any{map[string]any{"VPCId": "vpc-1", "VPCRegion": "eu-west-1"}}, live["ZMAP"].Properties["VPCs"])
		assert.Empty(t, live["Z1"].Foreign)
		assert.Equal(t, map[string]any{"EnableAcceleratedRecovery": true}, live["Z1"].Properties["HostedZoneFeatures"])
		assert.Equal(t, map[string]string{}, live["Z1"].Tags)
	})
	t.Run("records", func(t *testing.T) {
		record := func(name, typ, more string) string {
			return `<ResourceRecordSet><Name>` + name + `</Name><Type>` + typ + `</Type>` + more + `</ResourceRecordSet>`
		}
		page := func(records, next string) string {
			return `<ListResourceRecordSetsResponse><ResourceRecordSets>` + records + `</ResourceRecordSets>` + next + `<MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`
		}
		snapshot, live := cannedEdge(t, emulator.Region, "AWS::Route53::RecordSet", map[string]string{
			"GET /2013-04-01/hostedzone?maxitems=100":            zones,
			"GET /2013-04-01/hostedzone/ZMAP/rrset?maxitems=300": page(record("api.orders.local.", "A", `<TTL>60</TTL>`), `<IsTruncated>false</IsTruncated>`),
			"GET " + rrset: page(record("example.com.", "NS", "")+record("example.com.", "TXT", "")+record("sub.example.com.", "NS", ""),
				`<IsTruncated>true</IsTruncated><NextRecordName>www.example.com.</NextRecordName><NextRecordType>A</NextRecordType><NextRecordIdentifier>two</NextRecordIdentifier>`),
			"GET /2013-04-01/hostedzone/Z1/rrset?identifier=two&maxitems=300&name=www.example.com.&type=A": page(record("www.example.com.", "A", `<SetIdentifier>two</SetIdentifier><Region>eu-west-1</Region>`),
				`<IsTruncated>true</IsTruncated><NextRecordName>z.example.com.</NextRecordName><NextRecordType>A</NextRecordType>`),
			"GET " + rrset + "&name=z.example.com.&type=A": page(record("z.example.com.", "A", `<TrafficPolicyInstanceId>t-1</TrafficPolicyInstanceId>`), `<IsTruncated>false</IsTruncated>`),
		})
		assert.Empty(t, snapshot.Gaps)
		foreign := map[string]bool{}
		for id, r := range live {
			foreign[id] = r.Foreign != ""
		}
		assert.Equal(t, map[string]bool{
			"Z1|example.com.|NS": true, "Z1|example.com.|TXT": false, "Z1|sub.example.com.|NS": false, "Z1|www.example.com.|A|two": false,
			"Z1|z.example.com.|A": true, "ZMAP|api.orders.local.|A": true,
		}, foreign, "every page was read; what came with the zone, from a service or from a traffic policy is foreign")
	})
}

func TestSubscriptions(t *testing.T) {
	const topic = "arn:aws:sns:eu-west-1:123456789012:news"
	member := func(arn, endpoint string) string {
		return `<member><SubscriptionArn>` + arn + `</SubscriptionArn><Owner>123456789012</Owner><Protocol>email</Protocol><Endpoint>` + endpoint +
			`</Endpoint><TopicArn>` + topic + `</TopicArn></member>`
	}
	snapshot, live := cannedEdge(t, emulator.Region, "AWS::SNS::Subscription", map[string]string{
		"ListSubscriptions": `<ListSubscriptionsResponse><ListSubscriptionsResult><Subscriptions>` + member("PendingConfirmation", "a@example.com") +
			member("PendingConfirmation", "b@example.com") + member("Deleted", "c@example.com") + `</Subscriptions></ListSubscriptionsResult></ListSubscriptionsResponse>`,
	})
	assert.Empty(t, snapshot.Gaps)
	require.Len(t, live, 2, "what waits for its confirmation is there, and one is not the other; what was deleted is not")
	r := live[topic+"|email|a@example.com"]
	require.NotNil(t, r)
	assert.Equal(t, "PendingConfirmation", r.State)
	assert.NotContains(t, r.Properties, "Arn")
	assert.True(t, r.IsUnread("/FilterPolicy"), "its attributes cannot be asked for")
}

func TestWebACLs(t *testing.T) {
	const arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/cdn/1"
	match := func(text string) string {
		return `{"ByteMatchStatement": {"SearchString": "` + text + `", "FieldToMatch": {"UriPath": {}}, "PositionalConstraint": "STARTS_WITH",
			"TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}`
	}
	answers := map[string]string{
		"ListWebACLs": `{"WebACLs": [{"Name": "cdn", "Id": "1", "ARN": "` + arn + `"}]}`,
		"GetWebACL": `{"WebACL": {"Name": "cdn", "Id": "1", "ARN": "` + arn + `", "Capacity": 7, "Description": "", "DefaultAction": {"Allow": {}},
			"ManagedByFirewallManager": true, "VisibilityConfig": {"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "m"},
			"Rules": [{"Name": "r", "Priority": 0, "OverrideAction": {"None": {}}, "Statement": {"AndStatement": {"Statements": [` + match("L2FkbWlu") + `,
				{"NotStatement": {"Statement": ` + match("/w==") + `}}, {"IPSetReferenceStatement": {"ARN": "arn:set"}}]}},
				"VisibilityConfig": {"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "m"}}]}}`,
		"ListTagsForResource": `{"TagInfoForResource": {"TagList": [{"Key": "pcf:app", "Value": "orders"}]}}`,
	}
	snapshot, live := cannedEdge(t, "us-east-1", "AWS::WAFv2::WebACL", answers)
	assert.Empty(t, snapshot.Gaps)
	require.Len(t, live, 2, "this server answers the same for both scopes")
	r := live["cdn|1|CLOUDFRONT"]
	require.NotNil(t, r, "those of CloudFront live in us-east-1")
	assert.Equal(t, "CLOUDFRONT", r.Properties["Scope"])
	assert.Equal(t, "managed by AWS Firewall Manager", r.Foreign)
	assert.NotContains(t, r.Properties, "Description")
	assert.Equal(t, map[string]string{"pcf:app": "orders"}, r.Tags)
	for pointer, want := range map[string]any{
		"/Rules/0/OverrideAction": map[string]any{"None": map[string]any{}},
		"/Rules/0/Statement/AndStatement/Statements/0/ByteMatchStatement/SearchString":                              "/admin",
		"/Rules/0/Statement/AndStatement/Statements/0/ByteMatchStatement/FieldToMatch":                              map[string]any{"UriPath": map[string]any{}},
		"/Rules/0/Statement/AndStatement/Statements/1/NotStatement/Statement/ByteMatchStatement/SearchStringBase64": "/w==",
		"/Rules/0/Statement/AndStatement/Statements/2/IPSetReferenceStatement/Arn":                                  "arn:set",
	} {
		got, _ := inventory.At(r.Properties, pointer)
		assert.Equal(t, want, got, pointer)
	}
	_, live = cannedEdge(t, emulator.Region, "AWS::WAFv2::WebACL", answers)
	assert.Len(t, live, 1, "and in no other region")
}

func TestAlarms(t *testing.T) {
	alarm := func(name, more string) string {
		return `{"AlarmName": "` + name + `", "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:` + name + `", "StateValue": "OK"` + more + `}`
	}
	snapshot, live := cannedEdge(t, emulator.Region, "AWS::CloudWatch::Alarm", map[string]string{
		"DescribeAlarms": `{"MetricAlarms": [` + alarm("TargetTracking-service/a-AlarmHigh-1", `, "AlarmDescription": "DO NOT EDIT OR DELETE. For TargetTrackingScalingPolicy arn:x."`) +
			`, ` + alarm("TargetTracking-mine", `, "AlarmDescription": "my own"`) + `, ` +
			alarm("query", `, "EvaluationInterval": 60, "EvaluationCriteria": {"PromQLCriteria": {"Query": "up == 0", "PendingPeriod": 120}}`) + `]}`,
		"ListTagsForResource": `{"Tags": []}`,
	})
	assert.Empty(t, snapshot.Gaps)
	require.Len(t, live, 3)
	assert.NotEmpty(t, live["TargetTracking-service/a-AlarmHigh-1"].Foreign, "Auto Scaling keeps it")
	assert.Empty(t, live["TargetTracking-mine"].Foreign, "a name alone says nothing")
	query, _ := inventory.At(live["query"].Properties, "/EvaluationCriteria/PromQLCriteria/Query")
	assert.Equal(t, "up == 0", query)
	assert.Equal(t, "OK", live["query"].State)
}

func TestEventSourceMappings(t *testing.T) {
	const tags = "GET /2017-03-31/tags/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Aevent-source-mapping%3A"
	snapshot, live := cannedEdge(t, emulator.Region, "AWS::Lambda::EventSourceMapping", map[string]string{
		"GET /2015-03-31/event-source-mappings": `{"EventSourceMappings": [
			{"UUID": "k", "FunctionArn": "arn:f", "State": "Disabled", "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1700000000, "KMSKeyArn": "arn:key",
				"SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["a:9092"]}},
				"SelfManagedKafkaEventSourceConfig": {"ConsumerGroupId": "g", "SchemaRegistryConfig": {"SchemaRegistryURI": "https://r"}}},
			{"UUID": "u", "FunctionArn": "arn:f", "State": "Updating", "FilterCriteriaError": {"ErrorCode": "KMSAccessDeniedException", "Message": "no"}}]}`,
		tags + "k": `{"Tags": {"pcf:app": "orders"}}`,
		tags + "u": `{"Tags": {}}`,
	})
	require.Len(t, live, 2)
	for pointer, want := range map[string]any{
		"/Enabled": false, "/StartingPositionTimestamp": int64(1700000000), "/KmsKeyArn": "arn:key",
		"/SelfManagedEventSource": map[string]any{"Endpoints": map[string]any{"KafkaBootstrapServers": []any{"a:9092"}}},
		"/SelfManagedKafkaEventSourceConfig/SchemaRegistryConfig/SchemaRegistryURI": "https://r",
	} {
		got, _ := inventory.At(live["k"].Properties, pointer)
		assert.Equal(t, want, got, pointer)
	}
	assert.Equal(t, map[string]string{"pcf:app": "orders"}, live["k"].Tags)
	assert.True(t, live["u"].IsUnread("/Enabled"), "in between, it is not known what it will be")
	assert.NotContains(t, live["u"].Properties, "Enabled")
	assert.True(t, live["u"].IsUnread("/FilterCriteria"))
	require.Len(t, snapshot.Gaps, 1)
	assert.Equal(t, inventory.Denied, snapshot.Gaps[0].Reason, "Lambda may not decrypt the filters for this caller")
}

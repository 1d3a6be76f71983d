package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A group is the types that one script makes some of each, and what is particular about
// them. A new reader is proven by two lines: one here, and what it shall find in the script.
type group struct {
	script string // testdata/NAME.py
	types  []string
	// besides counts what a scan finds and the script did not make, by type and by why it
	// is not the account's own ("a part" when it belongs to another resource).
	besides map[string]int
	// notEmulated are the calls that the emulator does not answer as AWS does, each with the
	// reason. Each is a gap in every scan, and has a test with a canned answer.
	notEmulated map[string]canned
	// notAsked are declared calls that are not made, because no resource of the emulator
	// has what they are about; with a test likewise.
	notAsked map[string]canned
	// unanswered are calls, as the proxy spells them, whose answer is broken without a fault:
	// another broken answer makes no difference.
	unanswered []string
	// state is true where the emulator can show its own picture of the account. After most
	// scripts it answers with an error instead, and that the last scan says what the first one
	// said has to do.
	state bool
	// unpaged are types whose listing comes whole, in one answer without a token.
	unpaged []string
	// secrets stand in what the script sends or in the emulator's answers, and must not in a
	// snapshot.
	secrets []string
	// splits is how many answers at least come in two pages.
	splits int
	// quirk takes away what is the emulator's doing, before two scans are compared; may be nil.
	quirk func(*inventory.Snapshot)
	// also tests what is said of this group only, last, and may change the account; may be nil.
	also func(*testing.T, *emulator.Emulator, seeded, *inventory.Snapshot)
}

// cannedCalls are the calls of which the emulator proves nothing.
func (g group) cannedCalls() map[string]canned {
	all := maps.Clone(g.notEmulated)
	if all == nil {
		all = map[string]canned{}
	}
	maps.Copy(all, g.notAsked)
	return all
}

// groups covers every type that the emulator can make. TestReadersPage holds that the
// others have canned answers.
var groups = []group{
	{ // Placement groups are not here: the emulator does not have any.
		script: "seed_net",
		state:  true,
		types: []string{
			"AWS::EC2::CustomerGateway", "AWS::EC2::DHCPOptions", "AWS::EC2::EIPAssociation", "AWS::EC2::EgressOnlyInternetGateway",
			"AWS::EC2::FlowLog", "AWS::EC2::InternetGateway", "AWS::EC2::KeyPair", "AWS::EC2::LaunchTemplate", "AWS::EC2::NatGateway",
			"AWS::EC2::NetworkAcl", "AWS::EC2::NetworkAclEntry", "AWS::EC2::PrefixList", "AWS::EC2::Route", "AWS::EC2::RouteTable",
			"AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::TransitGateway", "AWS::EC2::TransitGatewayAttachment",
			"AWS::EC2::VPCEndpoint", "AWS::EC2::VPCGatewayAttachment", "AWS::EC2::VPCPeeringConnection", "AWS::EC2::VPNConnection",
			"AWS::EC2::VPNGateway", "AWS::EC2::VolumeAttachment",
		},
		besides: map[string]int{
			"AWS::EC2::NetworkAcl: default network ACL of its VPC":                   3,
			"AWS::EC2::NetworkAclEntry: entry that a default network ACL comes with": 6,
			"AWS::EC2::NetworkAclEntry: last entry of every network ACL":             6,
			"AWS::EC2::PrefixList: AWS-managed prefix list":                          6,
			"AWS::EC2::Route: local route that came with its table":                  5,
			"AWS::EC2::Route: route that its VPC endpoint made":                      1,
			"AWS::EC2::RouteTable: main route table of its VPC":                      3,
			"AWS::EC2::VolumeAttachment: a part":                                     1,
		},
		unpaged: []string{"AWS::EC2::CustomerGateway", "AWS::EC2::KeyPair", "AWS::EC2::VPNConnection", "AWS::EC2::VPNGateway"},
		secrets: []string{"hunter2", "ZXhwb3J0" /* the same in base64 */, "pre_shared_key"},
		splits:  15,
	},
	{
		script: "seed_edge",
		types: []string{
			"AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage",
			"AWS::Athena::WorkGroup", "AWS::CloudFormation::Stack", "AWS::CloudFront::Distribution", "AWS::CloudWatch::Alarm",
			"AWS::CloudWatch::Dashboard", "AWS::CodeBuild::Project", "AWS::Cognito::UserPool", "AWS::Events::EventBus", "AWS::Events::Rule",
			"AWS::Glue::Database", "AWS::Glue::Job", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::LayerVersion", "AWS::Lambda::Permission",
			"AWS::Route53::HealthCheck", "AWS::Route53::HostedZone", "AWS::Route53::RecordSet", "AWS::SNS::Subscription", "AWS::SNS::TopicPolicy",
			"AWS::SQS::QueuePolicy", "AWS::SageMaker::NotebookInstance", "AWS::ServiceDiscovery::PrivateDnsNamespace",
			"AWS::StepFunctions::StateMachine", "AWS::WAFv2::WebACL",
		},
		besides: map[string]int{
			"AWS::Athena::WorkGroup: default workgroup":                      1,
			"AWS::Events::EventBus: default event bus":                       1,
			"AWS::Route53::RecordSet: record that came with its zone":        5,
			"AWS::SNS::TopicPolicy: default policy that came with its topic": 1,
		},
		splits: 20,
		quirk: func(s *inventory.Snapshot) {
			for _, r := range s.Resources {
				if r.Ref.Type == "AWS::Athena::WorkGroup" { // to moto, every workgroup was made right now
					r.Created = time.Time{}
				}
			}
		},
		also: edgeDetails,
	},
	{ // Add-ons of EKS are not here: the emulator does not have any.
		script: "seed_compute",
		types: []string{
			"AWS::AutoScaling::AutoScalingGroup", "AWS::AutoScaling::LaunchConfiguration", "AWS::Backup::BackupPlan", "AWS::Backup::BackupVault",
			"AWS::Batch::ComputeEnvironment", "AWS::Batch::JobQueue", "AWS::ECR::Repository", "AWS::ECS::Cluster", "AWS::ECS::Service",
			"AWS::ECS::TaskDefinition", "AWS::EFS::FileSystem", "AWS::EFS::MountTarget", "AWS::EKS::Cluster", "AWS::EKS::FargateProfile",
			"AWS::EKS::Nodegroup", "AWS::EMR::Cluster", "AWS::ElasticLoadBalancing::LoadBalancer", "AWS::ElasticLoadBalancingV2::Listener",
			"AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::FSx::FileSystem",
			"AWS::S3::AccessPoint", "PCF::EC2::Image", "PCF::EC2::Snapshot",
		},
		besides: map[string]int{
			"AWS::Backup::BackupVault: default backup vault": 1,
		},
		notEmulated: map[string]canned{
			"Auto Scaling.DescribeNotificationConfigurations": {"TestNotificationsOfAutoScalingGroup", "not emulated"},
			"Backup.GetBackupVaultAccessPolicy":               {"TestBackupVaultPoliciesAndTags", "not emulated"},
			"Backup.GetBackupVaultNotifications":              {"TestBackupVaultPoliciesAndTags", "not emulated"},
			"EFS.DescribeReplicationConfigurations":           {"TestReplicationOfFileSystem", "not emulated"},
			"EMR.GetAutoTerminationPolicy":                    {"TestFleetsAndPoliciesOfEMR", "not emulated"},
			"EMR.GetManagedScalingPolicy":                     {"TestFleetsAndPoliciesOfEMR", "not emulated"},
			"S3 Control.ListTagsForResource":                  {"TestTagsOfAccessPoint", "the emulator does not know ARNs with a slash"},
		},
		notAsked: map[string]canned{"EMR.ListInstanceFleets": {"TestFleetsAndPoliciesOfEMR", "the emulator has instance groups only"}},
		unanswered: []string{
			"DescribeNotificationConfigurations", "GET backup-vaults/access-policy", "GET backup-vaults/notification-configuration",
			"GetAutoTerminationPolicy", "GetManagedScalingPolicy",
		},
		secrets: []string{"hunter2", "ZXhwb3J0" /* the same in base64 */},
		splits:  20,
		// The cluster and the service that the script deleted: the emulator goes on listing them,
		// and says only in the description that they are gone; a fault takes that word away.
		quirk: func(s *inventory.Snapshot) {
			s.Resources = slices.DeleteFunc(s.Resources, func(r *inventory.Resource) bool {
				return strings.HasPrefix(r.Ref.Type, "AWS::ECS::") && (r.Ref.ID == "gone" || strings.Contains(r.Ref.ID, "/gone|"))
			})
		},
	},
	{
		script: "seed_data",
		types: []string{
			"AWS::DAX::Cluster", "AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ReplicationGroup",
			"AWS::ElastiCache::SubnetGroup", "AWS::Kinesis::Stream", "AWS::KinesisFirehose::DeliveryStream", "AWS::MSK::Cluster",
			"AWS::MemoryDB::Cluster", "AWS::Neptune::DBCluster", "AWS::OpenSearchService::Domain", "AWS::RDS::DBCluster",
			"AWS::RDS::DBParameterGroup", "AWS::RDS::DBProxy", "AWS::RDS::DBSubnetGroup", "AWS::RDS::GlobalCluster",
			"AWS::Redshift::Cluster", "AWS::Redshift::ClusterSubnetGroup", "PCF::RDS::DBSnapshot",
		},
		besides: map[string]int{
			"AWS::RDS::DBParameterGroup: default group of the service":            1,
			"PCF::RDS::DBSnapshot: automated snapshot that RDS makes and deletes": 1,
		},
		unpaged: []string{
			"AWS::KinesisFirehose::DeliveryStream", // goes on by the last name and not by a token
			"AWS::OpenSearchService::Domain",
		},
		secrets: []string{"not-to-be-seen"},
		splits:  15,
		also: func(t *testing.T, _ *emulator.Emulator, _ seeded, whole *inventory.Snapshot) {
			for _, r := range whole.Resources {
				assert.NotEmpty(t, r.ARN, "%s", r.Ref)
			}
		},
	},
	{
		script: "seed_identity",
		types: []string{
			"AWS::CertificateManager::Certificate", "AWS::CloudTrail::Trail", "AWS::Config::ConfigRule", "AWS::Config::ConfigurationRecorder",
			"AWS::GuardDuty::Detector", "AWS::IAM::AccessKey", "AWS::IAM::Group", "AWS::IAM::InstanceProfile", "AWS::IAM::OIDCProvider",
			"AWS::IAM::SAMLProvider", "AWS::KMS::Alias", "AWS::SSM::Parameter", "AWS::SecretsManager::RotationSchedule",
			"AWS::SecretsManager::Secret", "PCF::Account::CredentialReport", "PCF::Account::EbsDefaults", "PCF::Account::KmsKeyState",
			"PCF::Account::Monitoring", "PCF::Account::PasswordPolicy", "PCF::Account::S3PublicAccess", "PCF::Account::SnapshotSharing",
			"PCF::Account::Summary",
		},
		besides: map[string]int{
			"AWS::KMS::Alias: alias of an AWS-managed key": 14,
		},
		unpaged: []string{
			"AWS::Config::ConfigurationRecorder", "AWS::IAM::OIDCProvider", "AWS::IAM::SAMLProvider",
			"PCF::Account::EbsDefaults", "PCF::Account::PasswordPolicy", "PCF::Account::S3PublicAccess", "PCF::Account::Summary",
		},
		secrets: []string{"not-a-real", "https://orders"}, // of secrets, passwords and parameters
		splits:  10,
		also:    identityDetails,
	},
	{ // the last, because tests after this one take the account as they find it
		script: "seed",
		types: []string{
			"AWS::DynamoDB::Table", "AWS::EC2::EIP", "AWS::EC2::Instance", "AWS::EC2::NetworkInterface", "AWS::EC2::SecurityGroup",
			"AWS::EC2::Subnet", "AWS::EC2::VPC", "AWS::EC2::Volume", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::IAM::User",
			"AWS::KMS::Key", "AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::RDS::DBInstance", "AWS::S3::Bucket",
			"AWS::S3::BucketPolicy", "AWS::SNS::Topic", "AWS::SQS::Queue",
		},
		besides: map[string]int{
			"AWS::EC2::NetworkInterface: a part":                         2,
			"AWS::EC2::SecurityGroup: default security group of its VPC": 2,
			"AWS::EC2::Subnet: default subnet of its availability zone":  3,
			"AWS::EC2::VPC: default VPC":                                 1,
			"AWS::EC2::Volume: a part":                                   1,
			"AWS::IAM::Role: service-linked role":                        1,
			"AWS::KMS::Key: AWS-managed key":                             1,
		},
		unpaged: []string{"AWS::EC2::EIP"}, // DescribeAddresses has no pages
		secrets: []string{"not-a-real"},
		splits:  20,
	},
}

// conformance is one group at work.
type conformance struct {
	group
	e     *emulator.Emulator
	cfg   sdk.Config
	made  seeded
	whole *inventory.Snapshot // of all types at once
}

// Every reader finds what a third party made, with its tags and properties, in the second
// page too, and nothing besides but what the account comes with; it makes the calls that it declares and
// never writes; and whatever call fails, the cell has a gap and nothing seems to be absent.
// With PCF_SCAN_FULL=1 every call meets every fault, without it each call meets some.
func TestConformance(t *testing.T) {
	unpaced(t)
	for _, g := range groups {
		t.Run(g.script, func(t *testing.T) {
			e, said := emulator.StartSeeded(t, "testdata/"+g.script+".py")
			c := conformance{group: g, e: e, cfg: configure(t, e.Env())}
			decoder := json.NewDecoder(strings.NewReader(said))
			decoder.UseNumber()
			require.NoError(t, decoder.Decode(&c.made))
			require.Equal(t, g.types, c.made.types(), "the script makes some of each type")
			before, shown := state(t, e)
			assert.Equal(t, g.state, shown, "the emulator shows its state")
			c.whole = c.scan(t, c.cfg, g.types...)
			t.Run("whole", c.isWhole)
			t.Run("pages", c.pages)
			endless := c.endless(t)
			for i, typ := range g.types {
				t.Run(typ, func(t *testing.T) {
					c.found(t, typ)
					assert.Equal(t, !slices.Contains(g.unpaged, typ), slices.ContainsFunc(endless.Gaps, func(gap inventory.Gap) bool {
						return gap.Type == typ && gap.Region == ref(typ, "").Region && gap.Reason == inventory.Malformed && strings.Contains(gap.Message, "does not end")
					}), "a listing whose token comes back for ever is a gap")
					c.faults(t, i, typ)
				})
			}
			c.neverWrites(t)
			after, _ := state(t, e)
			assert.Equal(t, before, after, "a scan changes nothing")
			assert.Equal(t, c.whole, c.scan(t, c.cfg, g.types...), "the same account gives the same snapshot, and nothing has changed it")
			t.Run("relations", c.relations)
			t.Run("enforced", c.enforced)
			if g.also != nil {
				t.Run("also", func(t *testing.T) { g.also(t, e, c.made, c.whole) })
			}
		})
	}
	fmt.Printf("permissions: %d actions were enforced and taken away in turn\n", len(provenActions))
}

// state is the emulator's picture of the account, by service and kind. It opens the books of a
// service when it is first asked for it, so what is empty is left out. It is false where the
// emulator fails to write it down.
func state(t *testing.T, e *emulator.Emulator) (all map[string]any, ok bool) {
	t.Helper()
	var services map[string]map[string]any
	if json.Unmarshal([]byte(e.State(t)), &services) != nil {
		return nil, false
	}
	all = map[string]any{}
	for service, kinds := range services {
		for kind, resources := range kinds {
			if list, isList := resources.([]any); !isList || len(list) > 0 {
				all[service+" "+kind] = resources
			}
		}
	}
	return all, true
}

// unpaced lets a test call as often as it likes, where the pace is not what it proves.
func unpaced(t *testing.T) {
	t.Helper()
	documented := quotas
	t.Cleanup(func() { quotas = documented })
	quotas = maps.Clone(documented)
	for name, q := range quotas {
		q.perSecond, q.burst = 1000*q.perSecond, 1000*q.burst
		quotas[name] = q
	}
}

func (c *conformance) scan(t *testing.T, cfg sdk.Config, types ...string) *inventory.Snapshot {
	t.Helper()
	s, err := Scan(t.Context(), cfg, Options{Types: types})
	require.NoError(t, err)
	if c.quirk != nil && c.whole != nil {
		c.quirk(s)
	}
	return s
}

func (c *conformance) neverWrites(t *testing.T) {
	t.Helper()
	assert.Empty(t, c.e.Writes(), "a scan never writes")
}

// isWhole holds what is true of a scan of all types at once.
func (c *conformance) isWhole(t *testing.T) {
	c.neverWrites(t)
	assert.Equal(t, "aws", c.whole.Scope.Partition)
	assert.Equal(t, []string{emulator.Account}, c.whole.Scope.Accounts)
	regions := map[string]bool{}
	for _, typ := range c.types {
		regions[ref(typ, "").Region] = true
	}
	assert.Equal(t, slices.Sorted(maps.Keys(regions)), c.whole.Scope.Regions)
	assert.Equal(t, c.types, c.whole.Scope.Types)
	missing := map[string]bool{}
	for _, g := range c.whole.Gaps {
		missing[callOfGap(g)] = true
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(c.notEmulated)), slices.Collect(maps.Keys(missing)), "gaps are what the emulator cannot do: %v", c.whole.Gaps)

	besides := map[string]int{}
	for _, r := range c.whole.Resources {
		if _, ours := c.made[r.Ref.Type][r.Ref.ID]; ours {
			continue
		}
		why := r.Foreign
		if why == "" && slices.ContainsFunc(r.Relations, func(to inventory.Relation) bool { return to.Kind == "owner" }) {
			why = "a part"
		}
		assert.NotEmpty(t, why, "%s was not made by the script, so it is AWS's own or a part of something", r.Ref)
		besides[r.Ref.Type+": "+why]++
	}
	assert.Equal(t, c.besides, besides)

	written, err := json.Marshal(c.whole)
	require.NoError(t, err)
	for _, secret := range c.secrets {
		assert.False(t, strings.Contains(strings.ToLower(string(written)), strings.ToLower(secret)), "%s… is secret", secret)
	}
}

// pages reads the second page of every listing, twice: behind the SDK's decoders, which knows every
// protocol, and on the wire.
func (c *conformance) pages(t *testing.T) {
	if c.quirk != nil {
		c.quirk(c.whole)
	}
	calls := len(c.e.Calls())
	cfg := c.cfg.Copy()
	split := splitPages(&cfg, false)
	assert.Equal(t, c.whole, c.scan(t, cfg, c.types...), "the second page is read")
	assert.Greater(t, split(), c.splits, "answers were split")

	for _, fault := range []emulator.Fault{emulator.SplitPages, emulator.EmptyPage} {
		c.e.Forget()
		c.e.Fail("*", "*", fault)
		assert.Equal(t, c.whole, c.scan(t, c.cfg, c.types...), "%s", fault)
		c.e.Heal()
		assert.Greater(t, len(c.e.Calls()), calls, "answers came in pages")
	}
}

// endless scans while no listing ends.
func (c *conformance) endless(t *testing.T) *inventory.Snapshot {
	cfg := c.cfg.Copy()
	splitPages(&cfg, true)
	endless := c.scan(t, cfg, c.types...)
	assertNothingLost(t, c.whole, endless, "repeated token")
	return endless
}

// found holds that the resources of a type are what the script says, and well formed.
func (c *conformance) found(t *testing.T, typ string) {
	live := byRef(c.whole)
	for id, want := range c.made[typ] {
		r := live[ref(typ, id)]
		if !assert.NotNil(t, r, "%s was not found", id) {
			continue
		}
		assert.Equal(t, want.Tags, r.Tags, "tags of %s", id)
		assert.Equal(t, strings.HasPrefix(typ, "PCF::Account::"), r.Foreign != "", "facts about the account are nobody's, the rest is the account's: %s", id)
		for pointer, value := range want.Properties {
			wanted, err := inventory.Normal(value)
			require.NoError(t, err)
			got, ok := inventory.At(r.Properties, pointer)
			assert.True(t, ok, "%s of %s is absent", pointer, id)
			assert.Equal(t, wanted, got, "%s of %s", pointer, id)
		}
	}
	known, ok := schema.Lookup(typ)
	require.True(t, ok)
	for _, r := range c.whole.Resources {
		if r.Ref.Type != typ {
			continue
		}
		assert.Empty(t, schema.Problems(known, r.Properties), "%s", r.Ref)
		id, ok := inventory.Identifier(known, r.Properties)
		assert.True(t, ok, "%s has its identifier", r.Ref)
		assert.Equal(t, id, r.Ref.ID, "the id is the primary identifier")
		assert.NotEmpty(t, r.Observed)
		inventory.Walk("", r.Properties, func(pointer string, v any) bool {
			switch v.(type) {
			case bool, int64, float64, string, []any, map[string]any:
			default:
				assert.Failf(t, "not a property value", "%s of %s is a %T", pointer, r.Ref, v)
			}
			assert.False(t, pointer != "" && r.IsUnread(pointer), "%s of %s is read and unread", pointer, r.Ref)
			return true
		})
	}
}

// faults lets every call of a type fail. The number of the type varies which fault a call meets
// where not all are tried.
func (c *conformance) faults(t *testing.T, number int, typ string) {
	c.neverWrites(t)
	c.e.Forget()
	cfg := c.cfg.Copy()
	called := recordCalls(&cfg)
	baseline := c.scan(t, cfg, typ)
	require.NotEmpty(t, baseline.Resources)
	var declared []string
	for _, call := range slices.Sorted(maps.Keys(registered[typ].Calls)) {
		if c.notAsked[call].test == "" {
			declared = append(declared, call)
		}
	}
	made := slices.DeleteFunc(called(), func(call string) bool { return call == "STS.GetCallerIdentity" })
	assert.Equal(t, declared, made, "readers make the calls that they declare, and declare no others")
	var calls []emulator.Call
	for _, call := range c.e.Calls() {
		if call.Service != "sts" && !slices.Contains(calls, call) {
			calls = append(calls, call)
		}
	}
	slices.SortFunc(calls, func(a, b emulator.Call) int {
		return strings.Compare(a.Service+" "+a.Action+" "+a.Region, b.Service+" "+b.Action+" "+b.Region)
	})
	assert.NotEmpty(t, calls)

	// What the proxy cannot do to one operation, or not in bearable time, happens before it is sent.
	failures := map[inventory.GapReason]error{inventory.Denied: errDenied}
	if os.Getenv("PCF_SCAN_FULL") != "" {
		failures[inventory.Timeout] = context.DeadlineExceeded
		failures[inventory.Failed] = &smithy.GenericAPIError{Code: "InternalFailure", Message: "broken by the test", Fault: smithy.FaultServer}
	}
	for _, call := range declared {
		for reason, err := range failures {
			why := typ + ", " + call + " " + string(reason)
			got := c.scan(t, failCall(c.cfg, call, err), typ)
			assert.True(t, slices.ContainsFunc(got.Gaps, func(g inventory.Gap) bool {
				return g.Type == typ && g.Reason == reason && callOfGap(g) == call
			}), "%s: %v", why, got.Gaps)
			assertNothingLost(t, baseline, got, why)
		}
	}
	kinds := slices.Sorted(maps.Keys(faultReasons))
	for i, call := range calls {
		if slices.Contains(c.unanswered, call.Action) {
			continue
		}
		sample := kinds
		if os.Getenv("PCF_SCAN_FULL") == "" {
			sample = kinds[(number+i)%len(kinds):][:1]
		}
		for _, fault := range sample {
			why := typ + ", " + call.Service + " " + call.Action + ", " + string(fault)
			c.e.Fail(call.Service, call.Action, fault)
			got := c.scan(t, c.cfg, typ)
			c.e.Heal()
			more := slices.DeleteFunc(slices.Clone(got.Gaps), func(g inventory.Gap) bool { return slices.Contains(baseline.Gaps, g) })
			assert.NotEmpty(t, more, why)
			for _, g := range more {
				assert.True(t, g.Covers(emulator.Account, baseline.Resources[0].Ref.Region, typ), "%s: %+v", why, g)
				assert.Contains(t, faultReasons[fault], g.Reason, "%s: %s", why, g.Message)
				assert.NotEmpty(t, g.Message, why)
				assert.NotContains(t, g.Message, "\n", why)
			}
			assertNothingLost(t, baseline, got, why)
		}
	}
}

// callOfGap returns the call that a gap is about.
func callOfGap(g inventory.Gap) string {
	service, rest, _ := strings.Cut(g.Message, ".")
	words := strings.FieldsFunc(rest, func(r rune) bool { return r == ' ' || r == ':' })
	if len(words) == 0 {
		return g.Message
	}
	return service + "." + words[0]
}

var errDenied = &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "refused by the test"}

// failCall ends one operation with an error before it is sent.
func failCall(cfg sdk.Config, call string, err error) sdk.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("FailCall",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				if service, operation := callOf(ctx); service+"."+operation == call {
					return middleware.InitializeOutput{}, middleware.Metadata{}, err
				}
				return next.HandleInitialize(ctx, in)
			}), middleware.After)
	})
	return cfg
}

func edgeDetails(t *testing.T, _ *emulator.Emulator, made seeded, whole *inventory.Snapshot) {
	live := byRef(whole)
	logged := 0
	for id := range made["AWS::CloudFront::Distribution"] {
		r := live[ref("AWS::CloudFront::Distribution", id)]
		require.NotNil(t, r)
		if _, ok := inventory.At(r.Properties, "/DistributionConfig/Logging"); ok {
			logged++
		}
	}
	assert.Equal(t, 1, logged, "logging that is switched off is none")
	for _, r := range whole.Resources {
		if r.Ref.Type == "AWS::CloudFormation::Stack" {
			assert.Equal(t, "orders-dev", r.Name)
			assert.Equal(t, "CREATE_COMPLETE", r.State)
		}
	}
}

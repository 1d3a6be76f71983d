package aws

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// edgeTypes are the types of the group that the emulator can make. Glacier vaults are
// proven by TestGlacierVaults.
var edgeTypes = []string{
	"AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage",
	"AWS::Athena::WorkGroup", "AWS::CloudFormation::Stack", "AWS::CloudFront::Distribution", "AWS::CloudWatch::Alarm",
	"AWS::CloudWatch::Dashboard", "AWS::CodeBuild::Project", "AWS::Cognito::UserPool", "AWS::Events::EventBus", "AWS::Events::Rule",
	"AWS::Glue::Database", "AWS::Glue::Job", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::LayerVersion", "AWS::Lambda::Permission",
	"AWS::Route53::HealthCheck", "AWS::Route53::HostedZone", "AWS::Route53::RecordSet", "AWS::SNS::Subscription", "AWS::SNS::TopicPolicy",
	"AWS::SQS::QueuePolicy", "AWS::SageMaker::NotebookInstance", "AWS::ServiceDiscovery::PrivateDnsNamespace",
	"AWS::StepFunctions::StateMachine", "AWS::WAFv2::WebACL",
}

// The account is seeded once for all of it: that takes longer than a scan.
func TestGroupEdge(t *testing.T) {
	e, said := emulator.StartSeeded(t, "testdata/seed_edge.py")
	decoder := json.NewDecoder(strings.NewReader(said))
	decoder.UseNumber()
	var made seeded
	require.NoError(t, decoder.Decode(&made))
	require.Equal(t, edgeTypes, slices.Sorted(maps.Keys(made)), "the script makes some of each type")
	unpaced(t)
	t.Run("found", func(t *testing.T) { edgeIsFound(t, e, made) })
	t.Run("second page", func(t *testing.T) { edgeSecondPage(t, e) })
	t.Run("faults", func(t *testing.T) { edgeFaults(t, e) })
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

// What a third party made is found with its tags and properties, and nothing else but
// what the account comes with.
func edgeIsFound(t *testing.T, e *emulator.Emulator, made seeded) {
	before := e.State(t)
	cfg := configure(t, e.Env())
	called := recordCalls(&cfg)
	snapshot, err := Scan(t.Context(), cfg, Options{Types: edgeTypes})
	require.NoError(t, err)
	assert.Empty(t, snapshot.Gaps)
	assert.Empty(t, e.Writes(), "a scan never writes")
	assert.Equal(t, before, e.State(t), "a scan changes nothing")
	declared := []string{"STS.GetCallerIdentity"}
	for _, typ := range edgeTypes {
		declared = append(declared, slices.Collect(maps.Keys(registered[typ].Calls))...)
	}
	slices.Sort(declared)
	assert.Equal(t, slices.Compact(declared), called(), "readers make the calls that they declare, and declare no others")

	live := byRef(snapshot)
	for typ, resources := range made {
		t.Run(typ, func(t *testing.T) {
			for id, want := range resources {
				r := live[ref(typ, id)]
				if !assert.NotNil(t, r, "%s was not found", id) {
					continue
				}
				assert.Equal(t, want.Tags, r.Tags, "tags of %s", id)
				assert.Empty(t, r.Foreign, "%s belongs to the account", id)
				for pointer, value := range want.Properties {
					wanted, err := inventory.Normal(value)
					require.NoError(t, err)
					got, ok := inventory.At(r.Properties, pointer)
					assert.True(t, ok, "%s of %s is absent", pointer, id)
					assert.Equal(t, wanted, got, "%s of %s", pointer, id)
				}
			}
		})
	}
	foreign := map[string]int{}
	for _, r := range snapshot.Resources {
		typ, ok := schema.Lookup(r.Ref.Type)
		require.True(t, ok)
		assert.Empty(t, schema.Problems(typ, r.Properties), "%s", r.Ref)
		id, ok := inventory.Identifier(typ, r.Properties)
		assert.True(t, ok, "%s has its identifier", r.Ref)
		assert.Equal(t, id, r.Ref.ID, "the id is the primary identifier")
		if _, ours := made[r.Ref.Type][r.Ref.ID]; !ours {
			assert.NotEmpty(t, r.Foreign, "%s was not made by the script", r.Ref)
			foreign[r.Ref.Type]++
		}
	}
	assert.Equal(t, map[string]int{
		"AWS::Athena::WorkGroup": 1, "AWS::Events::EventBus": 1, "AWS::Route53::RecordSet": 5, "AWS::SNS::TopicPolicy": 1,
	}, foreign, "the default workgroup, bus and topic policy, and two records of each zone")

	logging := func(id string) bool {
		_, ok := inventory.At(live[ref("AWS::CloudFront::Distribution", id)].Properties, "/DistributionConfig/Logging")
		return ok
	}
	logged := 0
	for id := range made["AWS::CloudFront::Distribution"] {
		if logging(id) {
			logged++
		}
	}
	assert.Equal(t, 1, logged, "logging that is switched off is none")
	for _, r := range snapshot.Resources {
		if r.Ref.Type == "AWS::CloudFormation::Stack" {
			assert.Equal(t, "orders-dev", r.Name)
			assert.Equal(t, "CREATE_COMPLETE", r.State)
		}
	}
}

// Every reader of the group reads the second page of every listing.
func edgeSecondPage(t *testing.T, e *emulator.Emulator) {
	cfg := configure(t, e.Env())
	opt := Options{Types: edgeTypes, Concurrency: 1}
	whole, err := Scan(t.Context(), cfg, opt)
	require.NoError(t, err)
	split := splitPages(&cfg, false)
	paged, err := Scan(t.Context(), cfg, opt)
	require.NoError(t, err)
	assert.Greater(t, split(), 20, "answers were split")
	for _, s := range []*inventory.Snapshot{whole, paged} {
		for _, r := range s.Resources {
			if r.Ref.Type == "AWS::Athena::WorkGroup" { // to moto, every workgroup was made right now
				r.Created = time.Time{}
			}
		}
	}
	assert.Equal(t, whole, paged)
}

// Whatever call of these readers is refused or cut short: the cell has a gap with the right
// reason, and nothing that could not be read looks as if it were not there.
func edgeFaults(t *testing.T, e *emulator.Emulator) {
	cfg := configure(t, e.Env())
	for _, typ := range edgeTypes {
		t.Run(typ, func(t *testing.T) {
			opt := Options{Types: []string{typ}}
			e.Forget()
			baseline, err := Scan(t.Context(), cfg, opt)
			require.NoError(t, err)
			require.Empty(t, baseline.Gaps)
			var calls []emulator.Call
			for _, c := range e.Calls() {
				if c.Service != "sts" && !slices.Contains(calls, c) {
					calls = append(calls, c)
				}
			}
			for _, call := range calls {
				for _, fault := range []emulator.Fault{emulator.Deny, emulator.Truncate} {
					why := call.Service + " " + call.Action + ", " + string(fault)
					e.Fail(call.Service, call.Action, fault)
					got, err := Scan(t.Context(), cfg, opt)
					e.Heal()
					require.NoError(t, err, why)
					if assert.NotEmpty(t, got.Gaps, why) {
						for _, g := range got.Gaps {
							assert.Contains(t, faultReasons[fault], g.Reason, "%s: %s", why, g.Message)
						}
					}
					assertNothingLost(t, baseline, got, why)
				}
			}
		})
	}
}

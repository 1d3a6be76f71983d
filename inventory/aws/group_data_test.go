package aws

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// dataTypes are the types of the group that the emulator knows; data_canned_test.go has
// the others.
var dataTypes = []string{
	"AWS::DAX::Cluster", "AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ReplicationGroup",
	"AWS::ElastiCache::SubnetGroup", "AWS::Kinesis::Stream", "AWS::KinesisFirehose::DeliveryStream", "AWS::MSK::Cluster",
	"AWS::MemoryDB::Cluster", "AWS::Neptune::DBCluster", "AWS::OpenSearchService::Domain", "AWS::RDS::DBCluster",
	"AWS::RDS::DBParameterGroup", "AWS::RDS::DBProxy", "AWS::RDS::DBSubnetGroup", "AWS::RDS::GlobalCluster",
	"AWS::Redshift::Cluster", "AWS::Redshift::ClusterSubnetGroup", "PCF::RDS::DBSnapshot",
}

// The databases, caches and streams of an application, made by a third party, are found
// whole, in the second page too, and nothing besides them that is not AWS's own.
func TestGroupData(t *testing.T) {
	e, said := emulator.StartSeeded(t, "testdata/seed_data.py")
	decoder := json.NewDecoder(strings.NewReader(said))
	decoder.UseNumber()
	var made seeded
	require.NoError(t, decoder.Decode(&made))
	require.Equal(t, dataTypes, slices.Sorted(maps.Keys(made)), "the script makes some of each type")

	cfg := configure(t, e.Env())
	called := recordCalls(&cfg)
	snapshot, err := Scan(t.Context(), cfg, Options{Types: dataTypes})
	require.NoError(t, err)
	assert.Empty(t, snapshot.Gaps)
	writes := slices.DeleteFunc(e.Writes(), func(c emulator.Call) bool {
		return c.Service == "es" && c.Action == "POST opensearch" // DescribeDomains; the list of calls below has all there were
	})
	assert.Empty(t, writes, "a scan never writes")
	declared := []string{"STS.GetCallerIdentity"}
	for _, typ := range dataTypes {
		declared = append(declared, slices.Collect(maps.Keys(registered[typ].Calls))...)
	}
	slices.Sort(declared)
	assert.Equal(t, slices.Compact(declared), called(), "readers make the calls that they declare, and declare no others")

	live := byRef(snapshot)
	for typ, resources := range made {
		for id, want := range resources {
			r := live[ref(typ, id)]
			if !assert.NotNil(t, r, "%s %s was not found", typ, id) {
				continue
			}
			assert.Equal(t, want.Tags, r.Tags, "tags of %s %s", typ, id)
			assert.Empty(t, r.Foreign, "%s %s belongs to the account", typ, id)
			for pointer, value := range want.Properties {
				wanted, err := inventory.Normal(value)
				require.NoError(t, err)
				got, ok := inventory.At(r.Properties, pointer)
				assert.True(t, ok, "%s of %s %s is absent", pointer, typ, id)
				assert.Equal(t, wanted, got, "%s of %s %s", pointer, typ, id)
			}
		}
	}
	for _, r := range snapshot.Resources {
		typ, _ := schema.Lookup(r.Ref.Type)
		assert.Empty(t, schema.Problems(typ, r.Properties), "%s", r.Ref)
		if id, ok := inventory.Identifier(typ, r.Properties); assert.True(t, ok, "%s", r.Ref) {
			assert.Equal(t, id, r.Ref.ID, "the id is the primary identifier")
		}
		assert.NotEmpty(t, r.ARN, "%s", r.Ref)
		if _, ours := made[r.Ref.Type][r.Ref.ID]; !ours {
			assert.True(t, r.Foreign != "" || len(r.Relations) > 0, "%s was not made by the script, so it is AWS's own or a part of something", r.Ref)
		}
		inventory.Walk("", r.Properties, func(pointer string, _ any) bool {
			assert.False(t, pointer != "" && r.IsUnread(pointer), "%s of %s is read and unread", pointer, r.Ref)
			return true
		})
	}
	written, err := json.Marshal(snapshot)
	require.NoError(t, err)
	assert.NotContains(t, strings.ToLower(string(written)), "not-to-be-seen", "a secret of some resource")

	paged := configure(t, e.Env())
	split := splitPages(&paged, false)
	again, err := Scan(t.Context(), paged, Options{Types: dataTypes})
	require.NoError(t, err)
	assert.Greater(t, split(), 15, "answers were split")
	assert.Equal(t, snapshot, again, "the second page is read")
}

// Whatever call fails in whatever way, the cell has a gap and nothing seems to be absent.
func TestGroupDataFaults(t *testing.T) {
	e, _ := emulator.StartSeeded(t, "testdata/seed_data.py")
	cfg := configure(t, e.Env())
	for _, typ := range dataTypes {
		opt := Options{Types: []string{typ}}
		e.Forget()
		baseline, err := Scan(t.Context(), cfg, opt)
		require.NoError(t, err)
		calls := map[emulator.Call]bool{}
		for _, call := range e.Calls() {
			if call.Service != "sts" {
				calls[call] = true
			}
		}
		assert.Len(t, calls, len(registered[typ].Calls), "%s: every call that the reader declares can be made to fail", typ)
		for call := range calls {
			for fault, reasons := range faultReasons {
				why := typ + ", " + call.Action + ", " + string(fault)
				e.Fail(call.Service, call.Action, fault)
				got, err := Scan(t.Context(), cfg, opt)
				e.Heal()
				require.NoError(t, err, why)
				if assert.NotEmpty(t, got.Gaps, why) {
					assert.Contains(t, reasons, got.Gaps[0].Reason, why)
				}
				assertNothingLost(t, baseline, got, why)
			}
		}
	}
}

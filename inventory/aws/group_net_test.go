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

// netTypes are the types of the group. Placement groups are not among them, because the
// emulator does not have any: see TestPlacementGroups.
var netTypes = []string{
	"AWS::EC2::CustomerGateway", "AWS::EC2::DHCPOptions", "AWS::EC2::EIPAssociation", "AWS::EC2::EgressOnlyInternetGateway",
	"AWS::EC2::FlowLog", "AWS::EC2::InternetGateway", "AWS::EC2::KeyPair", "AWS::EC2::LaunchTemplate", "AWS::EC2::NatGateway",
	"AWS::EC2::NetworkAcl", "AWS::EC2::NetworkAclEntry", "AWS::EC2::PrefixList", "AWS::EC2::Route", "AWS::EC2::RouteTable",
	"AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::TransitGateway", "AWS::EC2::TransitGatewayAttachment",
	"AWS::EC2::VPCEndpoint", "AWS::EC2::VPCGatewayAttachment", "AWS::EC2::VPCPeeringConnection", "AWS::EC2::VPNConnection",
	"AWS::EC2::VPNGateway", "AWS::EC2::VolumeAttachment",
}

// The network of an application, made by a third party, is found whole: with its tags and
// properties, in the second page too, and nothing besides it that is not AWS's own.
func TestGroupNet(t *testing.T) {
	e, said := emulator.StartSeeded(t, "testdata/seed_net.py")
	decoder := json.NewDecoder(strings.NewReader(said))
	decoder.UseNumber()
	var made seeded
	require.NoError(t, decoder.Decode(&made))
	require.Equal(t, netTypes, slices.Sorted(maps.Keys(made)), "the script makes some of each type")

	cfg := configure(t, e.Env())
	called := recordCalls(&cfg)
	snapshot, err := Scan(t.Context(), cfg, Options{Types: netTypes})
	require.NoError(t, err)
	assert.Empty(t, snapshot.Gaps)
	assert.Empty(t, e.Writes(), "a scan never writes")
	declared := []string{"STS.GetCallerIdentity"}
	for _, typ := range netTypes {
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
	foreign := map[string]bool{}
	for _, r := range snapshot.Resources {
		typ, _ := schema.Lookup(r.Ref.Type)
		assert.Empty(t, schema.Problems(typ, r.Properties), "%s", r.Ref)
		if id, ok := inventory.Identifier(typ, r.Properties); assert.True(t, ok, "%s", r.Ref) {
			assert.Equal(t, id, r.Ref.ID, "the id is the primary identifier")
		}
		if _, ours := made[r.Ref.Type][r.Ref.ID]; !ours {
			assert.True(t, r.Foreign != "" || len(r.Relations) > 0, "%s was not made by the script, so it is AWS's own or a part of an instance", r.Ref)
			foreign[r.Foreign] = true
		}
		inventory.Walk("", r.Properties, func(pointer string, _ any) bool {
			assert.False(t, pointer != "" && r.IsUnread(pointer), "%s of %s is read and unread", pointer, r.Ref)
			return true
		})
	}
	for _, why := range []string{
		"main route table of its VPC", "local route that came with its table", "default network ACL of its VPC",
		"entry that a default network ACL comes with", "last entry of every network ACL", "AWS-managed prefix list",
	} {
		assert.True(t, foreign[why], "the account comes with: %s", why)
	}
	// What stands in the answers and must not stand in the snapshot.
	written, err := json.Marshal(snapshot)
	require.NoError(t, err)
	assert.NotContains(t, string(written), "ZXhwb3J0", "user data of a launch template")
	assert.NotContains(t, string(written), "pre_shared_key", "configuration of a customer's device")

	paged := configure(t, e.Env())
	split := splitPages(&paged, false)
	again, err := Scan(t.Context(), paged, Options{Types: netTypes})
	require.NoError(t, err)
	assert.Greater(t, split(), 15, "answers were split")
	assert.Equal(t, snapshot, again, "the second page is read")
}

// Whatever call fails in whatever way, the cell has a gap and nothing seems to be absent.
func TestGroupNetFaults(t *testing.T) {
	e, _ := emulator.StartSeeded(t, "testdata/seed_net.py")
	cfg := configure(t, e.Env())
	for _, typ := range netTypes {
		opt := Options{Types: []string{typ}}
		baseline, err := Scan(t.Context(), cfg, opt)
		require.NoError(t, err)
		for call := range registered[typ].Calls {
			operation := strings.TrimPrefix(call, "EC2.")
			for fault, reasons := range faultReasons {
				why := typ + ", " + operation + ", " + string(fault)
				e.Fail("ec2", operation, fault)
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

// EC2 gives these whole, in one answer without a token.
var netUnpaged = []string{
	"AWS::EC2::CustomerGateway", "AWS::EC2::KeyPair", "AWS::EC2::VPNConnection", "AWS::EC2::VPNGateway",
}

// A listing whose token comes back for ever ends, with a gap.
func TestGroupNetRepeatedToken(t *testing.T) {
	e, _ := emulator.StartSeeded(t, "testdata/seed_net.py")
	cfg := configure(t, e.Env())
	whole, err := Scan(t.Context(), cfg, Options{Types: netTypes})
	require.NoError(t, err)
	splitPages(&cfg, true)
	endless, err := Scan(t.Context(), cfg, Options{Types: netTypes})
	require.NoError(t, err)
	for _, typ := range netTypes {
		ends := slices.ContainsFunc(endless.Gaps, func(g inventory.Gap) bool {
			return g.Type == typ && g.Reason == inventory.Malformed && strings.Contains(g.Message, "does not end")
		})
		assert.Equal(t, !slices.Contains(netUnpaged, typ), ends, "%s", typ)
	}
	assertNothingLost(t, whole, endless, "repeated token")
}

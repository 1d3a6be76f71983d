package aws

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// computeTypes are the types of the group. Add-ons of EKS are not among them, because the
// emulator does not have any: see TestAddons.
var computeTypes = []string{
	"AWS::AutoScaling::AutoScalingGroup", "AWS::AutoScaling::LaunchConfiguration", "AWS::Backup::BackupPlan", "AWS::Backup::BackupVault",
	"AWS::Batch::ComputeEnvironment", "AWS::Batch::JobQueue", "AWS::ECR::Repository", "AWS::ECS::Cluster", "AWS::ECS::Service",
	"AWS::ECS::TaskDefinition", "AWS::EFS::FileSystem", "AWS::EFS::MountTarget", "AWS::EKS::Cluster", "AWS::EKS::FargateProfile",
	"AWS::EKS::Nodegroup", "AWS::EMR::Cluster", "AWS::ElasticLoadBalancing::LoadBalancer", "AWS::ElasticLoadBalancingV2::Listener",
	"AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::FSx::FileSystem",
	"AWS::S3::AccessPoint", "PCF::EC2::Image", "PCF::EC2::Snapshot",
}

// notEmulated are the calls that the emulator does not answer, or answers with what
// is no answer. Each is a gap in every scan of this file, and has a test with a canned
// answer.
var notEmulated = []string{
	"Auto Scaling.DescribeNotificationConfigurations", "Backup.GetBackupVaultAccessPolicy", "Backup.GetBackupVaultNotifications",
	"EFS.DescribeReplicationConfigurations", "EMR.GetAutoTerminationPolicy", "EMR.GetManagedScalingPolicy",
	"S3 Control.ListTagsForResource", // does not know ARNs with a slash
}

// notAsked are declared calls that are not made, because no resource of the emulator
// has what they are about.
var notAsked = []string{"EMR.ListInstanceFleets"}

// callOfGap returns the call that a gap is about.
func callOfGap(g inventory.Gap) string {
	service, rest, _ := strings.Cut(g.Message, ".")
	return service + "." + strings.FieldsFunc(rest, func(r rune) bool { return r == ' ' || r == ':' })[0]
}

// The account is seeded once for all of it: that takes longer than a scan.
func TestGroupCompute(t *testing.T) {
	e, said := emulator.StartSeeded(t, "testdata/seed_compute.py")
	decoder := json.NewDecoder(strings.NewReader(said))
	decoder.UseNumber()
	var made seeded
	require.NoError(t, decoder.Decode(&made))
	require.Equal(t, computeTypes, slices.Sorted(maps.Keys(made)), "the script makes some of each type")
	t.Run("found", func(t *testing.T) { computeIsFound(t, e, made) })
	t.Run("denied", func(t *testing.T) { computeDenied(t, e) })
	t.Run("faults", func(t *testing.T) { computeFaults(t, e) })
}

// Machines and what stands around them, made by a third party, are found whole, in the
// second page too, and nothing besides them that is not AWS's own.
func computeIsFound(t *testing.T, e *emulator.Emulator, made seeded) {
	before := e.State(t)
	cfg := configure(t, e.Env())
	called := recordCalls(&cfg)
	snapshot, err := Scan(t.Context(), cfg, Options{Types: computeTypes})
	require.NoError(t, err)
	missing := map[string]bool{}
	for _, g := range snapshot.Gaps {
		missing[callOfGap(g)] = true
	}
	assert.Equal(t, notEmulated, slices.Sorted(maps.Keys(missing)), "gaps are what the emulator cannot do: %v", snapshot.Gaps)
	// Batch reads by POST, so the proxy cannot tell; the state below shows that nothing changed.
	writes := slices.DeleteFunc(e.Writes(), func(c emulator.Call) bool { return c.Service == "batch" })
	assert.Empty(t, writes, "a scan never writes")
	assert.Equal(t, before, e.State(t), "a scan changes nothing")

	declared := []string{"STS.GetCallerIdentity"}
	for _, typ := range computeTypes {
		declared = append(declared, slices.Collect(maps.Keys(registered[typ].Calls))...)
	}
	slices.Sort(declared)
	declared = slices.DeleteFunc(slices.Compact(declared), func(c string) bool { return slices.Contains(notAsked, c) })
	assert.Equal(t, declared, called(), "readers make the calls that they declare, and declare no others")

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
		if _, ours := made[r.Ref.Type][r.Ref.ID]; !ours {
			assert.NotEmpty(t, r.Foreign, "%s was not made by the script, so it is AWS's own", r.Ref)
		}
		inventory.Walk("", r.Properties, func(pointer string, _ any) bool {
			assert.False(t, pointer != "" && r.IsUnread(pointer), "%s of %s is read and unread", pointer, r.Ref)
			return true
		})
	}
	assert.Equal(t, "default backup vault", live[ref("AWS::Backup::BackupVault", "Default")].Foreign)
	// What stands in the answers and must not stand in the snapshot.
	written, err := json.Marshal(snapshot)
	require.NoError(t, err)
	assert.NotContains(t, string(written), "ZXhwb3J0", "user data of a launch configuration")
	assert.NotContains(t, string(written), "hunter2", "a password")

	paged := configure(t, e.Env())
	split := splitPages(&paged, false)
	again, err := Scan(t.Context(), paged, Options{Types: computeTypes})
	require.NoError(t, err)
	assert.Greater(t, split(), 20, "answers were split")
	assert.Equal(t, snapshot, again, "the second page is read")
}

// denyCall refuses one operation before it is sent.
func denyCall(cfg sdk.Config, call string) sdk.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("DenyCall",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				if service, operation := callOf(ctx); service+"."+operation == call {
					return middleware.InitializeOutput{}, middleware.Metadata{}, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "refused by the test"}
				}
				return next.HandleInitialize(ctx, in)
			}), middleware.After)
	})
	return cfg
}

// withoutDeleted takes away the cluster and the service that the script deleted. The
// emulator goes on listing them, and says only in the description that they are gone; a fault
// takes that word away.
func withoutDeleted(s *inventory.Snapshot) *inventory.Snapshot {
	s.Resources = slices.DeleteFunc(s.Resources, func(r *inventory.Resource) bool {
		return strings.HasPrefix(r.Ref.Type, "AWS::ECS::") && (r.Ref.ID == "gone" || strings.Contains(r.Ref.ID, "/gone|"))
	})
	return s
}

// Whatever call is refused, the cell has a gap that names it, and nothing seems to be absent.
func computeDenied(t *testing.T, e *emulator.Emulator) {
	cfg := configure(t, e.Env())
	for _, typ := range computeTypes {
		opt := Options{Types: []string{typ}}
		baseline, err := Scan(t.Context(), cfg, opt)
		require.NoError(t, err)
		require.NotEmpty(t, baseline.Resources)
		for call := range registered[typ].Calls {
			if slices.Contains(notAsked, call) {
				continue
			}
			got, err := Scan(t.Context(), denyCall(cfg, call), opt)
			require.NoError(t, err)
			assert.True(t, slices.ContainsFunc(got.Gaps, func(g inventory.Gap) bool {
				return g.Type == typ && g.Reason == inventory.Denied && callOfGap(g) == call
			}), "%s without %s: %v", typ, call, got.Gaps)
			assertNothingLost(t, baseline, withoutDeleted(got), typ+" without "+call)
		}
	}
}

// Whatever answer has status 200 and is broken, so that only its decoder can tell: the same.
func computeFaults(t *testing.T, e *emulator.Emulator) {
	// The answers to these are none without any fault: they are among notEmulated.
	broken := []string{
		"DescribeNotificationConfigurations", "GET backup-vaults/access-policy", "GET backup-vaults/notification-configuration",
		"GetAutoTerminationPolicy", "GetManagedScalingPolicy",
	}
	cfg := configure(t, e.Env())
	for _, typ := range computeTypes {
		opt := Options{Types: []string{typ}}
		e.Forget()
		baseline, err := Scan(t.Context(), cfg, opt)
		require.NoError(t, err)
		var calls []emulator.Call
		for _, c := range e.Calls() {
			if c.Service != "sts" && !slices.Contains(calls, c) && !slices.Contains(broken, c.Action) {
				calls = append(calls, c)
			}
		}
		for _, call := range calls {
			for _, fault := range []emulator.Fault{emulator.HTML200, emulator.Truncate, emulator.Empty} {
				why := typ + ", " + call.Service + " " + call.Action + ", " + string(fault)
				e.Fail(call.Service, call.Action, fault)
				got, err := Scan(t.Context(), cfg, opt)
				e.Heal()
				require.NoError(t, err, why)
				assert.True(t, slices.ContainsFunc(got.Gaps, func(g inventory.Gap) bool {
					return g.Type == typ && g.Reason == inventory.Malformed && !slices.Contains(baseline.Gaps, g)
				}), "%s: %v", why, got.Gaps)
				assertNothingLost(t, baseline, withoutDeleted(got), why)
			}
		}
	}
}

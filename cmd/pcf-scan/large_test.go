package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// largeRegions and largeAccounts are where large.py seeds.
var (
	largeRegions  = []string{"eu-west-1", "us-east-1", "ap-southeast-2"}
	largeAccounts = []string{emulator.Account, "222222222222=arn:aws:iam::222222222222:role/reader"}
)

// listed is one resource as boto3 lists it.
type listed struct{ Account, Region, Type, ID string }

// TestLargeAccount: what the program finds in two accounts and three regions is what a
// third-party client lists there, no more and no less.
func TestLargeAccount(t *testing.T) {
	e, said := seeded(t, "large.py")
	var truth struct{ Listing, Defaults []listed }
	require.NoError(t, json.Unmarshal([]byte(said), &truth))
	want, defaults, types := map[listed]bool{}, map[listed]bool{}, map[string]bool{}
	for _, x := range truth.Listing {
		want[x], types[x.Type] = true, true
	}
	for _, x := range truth.Defaults {
		defaults[x] = true
	}
	require.Len(t, want, len(truth.Listing), "the script lists each resource once")
	require.GreaterOrEqual(t, len(want), 2000)
	require.GreaterOrEqual(t, len(types), 60)

	args := []string{"inventory", "--format", "json", "--now", "2026-11-01T00:00:00Z"}
	for _, region := range largeRegions {
		args = append(args, "--region", region)
	}
	for _, account := range largeAccounts {
		args = append(args, "--account", account)
	}
	for _, typ := range slices.Sorted(maps.Keys(types)) {
		args = append(args, "--type", typ)
	}
	stdout, stderr, code := program(t, e, args...)
	r := result(t, stdout)
	for _, gap := range r.Gaps {
		assert.Fail(t, "a gap", "%+v", gap)
	}
	assert.True(t, r.Complete)
	assert.Equal(t, 0, code, stderr)

	found := map[listed]int{}
	for _, x := range r.Resources {
		key := listed{x.Account, x.Region, x.Type, x.ID}
		found[key]++
		switch {
		case want[key]:
			assert.NotEqual(t, "foreign", x.Class, "%v is the account's own: %v", key, x.Evidence)
		case defaults[key]:
			assert.Equal(t, "foreign", x.Class, "%v was made by nobody: %v", key, x.Evidence)
		default:
			assert.Fail(t, "invented", "%v is not in boto3's listing", key)
		}
	}
	for key := range want {
		assert.Equal(t, 1, found[key], "how often %v was found", key)
	}
	assert.Empty(t, e.Writes(), "a scan writes nothing")
	fmt.Printf("large account: %d resources, %d types, %d regions, %d accounts: all found once, besides %d defaults; %d calls\n",
		len(want), len(types), len(largeRegions), len(largeAccounts), len(r.Resources)-len(want), len(e.Calls()))
}

// TestPermissionsCoverAScan: the policy that the program prints names only actions that AWS
// has, permits every call that a scan of all types really makes, and holds nothing that no
// reader uses. Which operation a request was for, and which actions there are, third
// parties say.
func TestPermissionsCoverAScan(t *testing.T) {
	e, _ := seeded(t, "large.py")
	// There is nothing of many types here, and the emulator does not know some: those calls fail, but are made.
	stdout, stderr, code := program(t, e, "inventory", "--format", "json", "--region", emulator.Region, "--account", largeAccounts[1])
	require.Contains(t, []int{0, 3}, code, stderr)
	require.Greater(t, len(result(t, stdout).Resources), 500)
	_, stderr, code = program(t, e, "inventory", "--format", "json", "--region", "all", "--type", "AWS::SQS::Queue")
	require.Equal(t, 0, code, stderr)
	recorded := map[[2]string]bool{} // service and action
	for _, c := range e.Calls() {
		recorded[[2]string{c.Service, c.Action}] = true
	}

	said := e.Seed(t, filepath.Join(root, "testdata/accounts/policies.py"))
	var known struct {
		Actions []string
		Calls   map[string][][2]string
	}
	require.NoError(t, json.Unmarshal([]byte(said), &known))

	stdout, stderr, code = program(t, e, "permissions", "--for", "scan", "--account", largeAccounts[1])
	require.Equal(t, 0, code, stderr)
	var policy policyDocument
	require.NoError(t, json.Unmarshal([]byte(stdout), &policy))
	permitted := map[string]bool{}
	for _, s := range policy.Statement {
		for _, action := range s.Action {
			permitted[action] = true
		}
	}

	// declared are the calls with the actions that they need: those of the readers, and the frame of every scan.
	declared := map[string]string{
		"STS.GetCallerIdentity": "sts:GetCallerIdentity", "STS.AssumeRole": "sts:AssumeRole", "EC2.DescribeRegions": "ec2:DescribeRegions",
		"Resource Groups Tagging API.GetResources": "tag:GetResources",
	}
	for _, r := range aws.Readers() {
		maps.Copy(declared, r.Calls)
	}
	assert.Equal(t, slices.Compact(slices.Sorted(maps.Values(declared))), slices.Sorted(maps.Keys(permitted)),
		"the policy holds the actions of the declared calls and no others")

	exists := map[string]bool{}
	for _, action := range known.Actions {
		exists[action] = true
	}
	ifKnown := len(exists) > 0
	if ifKnown {
		for action := range permitted {
			assert.True(t, exists[strings.ToLower(action)], "AWS has no action %s", action)
		}
		for call, action := range declared {
			_, operation, _ := strings.Cut(call, ".")
			prefix, _, _ := strings.Cut(action, ":")
			if own := prefix + ":" + operation; exists[strings.ToLower(own)] {
				assert.Equal(t, strings.ToLower(own), strings.ToLower(action), "%s has an action of its own name", call) // IAM does not mind capitals
			}
		}
	}

	seen := map[string]bool{}
	for call := range recorded {
		covered := false
		for _, operation := range known.Calls[call[0]] {
			if !regexp.MustCompile("^(" + operation[0] + ")$").MatchString(call[1]) {
				continue
			}
			if action := declared[operation[1]]; permitted[action] {
				covered, seen[action] = true, true
			}
		}
		assert.True(t, covered, "%s %s was called, and no action of the policy permits it", call[0], call[1])
	}
	assert.Greater(t, len(seen)*20, len(permitted)*19, "the scan makes nearly all of its calls here; never made: %v", slices.DeleteFunc(
		slices.Sorted(maps.Keys(permitted)), func(action string) bool { return seen[action] }))
	fmt.Printf("permissions: %d actions, of which a scan of all types was seen to use %d in %d different calls\n", len(permitted), len(seen), len(recorded))
	if !ifKnown {
		if os.Getenv("PCF_SCAN_MOTO") == "required" {
			t.Fatal("cfn-lint is not installed beside the emulator, and PCF_SCAN_MOTO=required")
		}
		t.Skip("NOT CHECKED: whether these are actions that AWS has; cfn-lint, which knows, is not installed beside the emulator")
	}
}

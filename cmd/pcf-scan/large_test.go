package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
	require.Equal(t, 0, code, stderr)
	r := result(t, stdout)
	assert.True(t, r.Complete, "gaps: %v", r.Gaps)
	assert.Empty(t, r.Gaps)

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

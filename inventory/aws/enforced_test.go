package aws

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// provenActions are the IAM actions that a scan was denied because its policy was without them alone.
var provenActions = map[string]bool{}

// enforced scans as a user who may do what [Actions] says and nothing else. What the emulator can enforce is
// read as it is without enforcement. Then each action is taken away in turn: that is a gap of the types that need
// it, with the reason denied, and the other types are reported as before. `make test` looks at one other type
// each time, `make test-full` at all of the group.
//
// Types stay out whose calls the emulator denies whatever the policy says (see [emulator.Emulator.Enforce]).
// TestActionsExist and cmd's TestPermissionsCoverAScan prove the actions of those.
func (c *conformance) enforced(t *testing.T) {
	all, err := Actions(Options{Types: c.types})
	assert.NoError(t, err)
	scan := func(actions, types []string) *inventory.Snapshot {
		s := c.scan(t, configure(t, c.e.Enforce(t, actions...)), types...)
		s.Resources = slices.DeleteFunc(s.Resources, func(r *inventory.Resource) bool {
			return r.Ref.ID == emulator.Scanner || r.Properties["UserName"] == emulator.Scanner // its policy is not always the same
		})
		return s
	}
	full := scan(all, c.types)
	var types []string
	needs := map[string][]string{} // the types that make a call with the action
	for _, typ := range c.types {
		if !assert.ObjectsAreEqual(gapsOf(c.whole, typ), gapsOf(full, typ)) {
			continue
		}
		types = append(types, typ)
		for ref := range byRef(ofType(c.whole, typ)) { // what is said of it is compared below: the user shows in the account's facts
			assert.Contains(t, byRef(full), ref, "with the policy of a scan")
		}
		for call, action := range registered[typ].Calls {
			if _, not := c.cannedCalls()[call]; !not && !slices.Contains(needs[action], typ) {
				needs[action] = append(needs[action], typ)
			}
		}
	}
	for action, users := range needs {
		without := slices.DeleteFunc(slices.Clone(all), func(a string) bool { return a == action })
		some := slices.Clone(users)
		for _, typ := range types {
			if !slices.Contains(some, typ) && (os.Getenv("PCF_SCAN_FULL") != "" || len(some) == len(users)) {
				some = append(some, typ)
			}
		}
		got := scan(without, some)
		for _, typ := range some {
			assertNothingLost(t, ofType(full, typ), ofType(got, typ), typ+" without "+action)
			if !slices.Contains(users, typ) {
				assert.Equal(t, gapsOf(full, typ), gapsOf(got, typ), "%s does not need %s", typ, action)
				continue
			}
			assert.True(t, slices.ContainsFunc(gapsOf(got, typ), func(g inventory.Gap) bool {
				return g.Reason == inventory.Denied && registered[typ].Calls[callOfGap(g)] == action
			}), "%s without %s: %v", typ, action, got.Gaps)
		}
		provenActions[action] = !t.Failed()
	}
	t.Logf("%d of %d types, %d of %d actions", len(types), len(c.types), len(needs), len(all))
}

func gapsOf(s *inventory.Snapshot, typ string) []inventory.Gap { return ofType(s, typ).Gaps }

// ofType is what a snapshot says of one type.
func ofType(s *inventory.Snapshot, typ string) *inventory.Snapshot {
	some := &inventory.Snapshot{Scope: s.Scope}
	some.Scope.Types = []string{typ}
	for _, r := range s.Resources {
		if r.Ref.Type == typ {
			some.Resources = append(some.Resources, r)
		}
	}
	for _, g := range s.Gaps {
		if g.Type == typ {
			some.Gaps = append(some.Gaps, g)
		}
	}
	return some
}

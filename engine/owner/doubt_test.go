package owner_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// TestDoubtfulUpgrade: an upgrade in place is asserted only where nothing else can own the
// resource and where a match of the particle's own would have been seen.
func TestDoubtfulUpgrade(t *testing.T) {
	activeVersions := func(numbers ...string) *inventory.Register {
		return register(map[string]inventory.RegisteredApp{"orders": {Environment: "dev", Active: numbers}})
	}
	denied := func(region, typ string) []inventory.Gap {
		return []inventory.Gap{{Account: "111122223333", Region: region, Type: typ, Reason: inventory.Denied}}
	}
	for name, c := range map[string]struct {
		why      string
		apps     []*inventory.App
		register *inventory.Register
		gaps     []inventory.Gap
		target   *inventory.Target
		want     verdict
		taken    bool
		doubt    string
	}{
		"plain": {
			why: "the older version is spoken of by nobody", apps: []*inventory.App{declared("orders", "2", "web")},
			want: verdict{owner.Owned, owner.VersionSkew, "2", "1"}, taken: true,
		},
		"the register has the older version as active": {
			why: "its declaration is missing, and it may declare it", apps: []*inventory.App{declared("orders", "2", "web")},
			register: activeVersions("1", "2"),
			want:     verdict{owner.Unknown, owner.NotDeclared, "1", ""}, doubt: owner.NotDeclared,
		},
		"also when it is declared without the particle": {
			why:  "the register says that the version lives, so it is not upgraded",
			apps: []*inventory.App{declared("orders", "1"), declared("orders", "2", "web")}, register: activeVersions("1", "2"),
			want: verdict{owner.Unknown, owner.NotDeclared, "1", ""}, doubt: owner.NotDeclared,
		},
		"the register has only the newer one": {
			why: "then the older one was upgraded", apps: []*inventory.App{declared("orders", "2", "web")}, register: activeVersions("2"),
			want: verdict{owner.Owned, owner.VersionSkew, "2", "1"}, taken: true,
		},
		"a gap over its cell": {
			why: "version 2 may have a group of its own that could not be listed", apps: []*inventory.App{declared("orders", "2", "web")},
			gaps: denied("eu-west-1", group),
			want: verdict{owner.Unknown, owner.InventoryIncomplete, "1", ""}, doubt: string(inventory.Denied),
		},
		"a gap over everything": {
			why: "a snapshot that says that it is not complete", apps: []*inventory.App{declared("orders", "2", "web")},
			gaps: []inventory.Gap{{Reason: inventory.Malformed}},
			want: verdict{owner.Unknown, owner.InventoryIncomplete, "1", ""}, doubt: string(inventory.Malformed),
		},
		"a gap over another type": {
			why: "hides no group", apps: []*inventory.App{declared("orders", "2", "web")}, gaps: denied("eu-west-1", bucket),
			want: verdict{owner.Owned, owner.VersionSkew, "2", "1"}, taken: true,
		},
		"a gap over another region than the target": {
			why: "nothing of this target hides there", apps: []*inventory.App{declared("orders", "2", "web")}, gaps: denied("us-east-1", group),
			target: &inventory.Target{Account: "111122223333", Region: "eu-west-1"},
			want:   verdict{owner.Owned, owner.VersionSkew, "2", "1"}, taken: true,
		},
		"a gap over the global region": {
			why: "groups have a region", apps: []*inventory.App{declared("orders", "2", "web")}, gaps: denied("global", ""),
			want: verdict{owner.Owned, owner.VersionSkew, "2", "1"}, taken: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := declaration(c.apps...)
			d.Register = c.register
			if c.target != nil {
				for _, p := range d.Particles() {
					p.Targets = []inventory.Target{*c.target}
				}
			}
			s := snapshot(live("x", "orders", "1", "web"))
			s.Gaps = c.gaps
			result := owner.Attribute(owner.Input{Declaration: d, Live: s, Now: now})
			x := of(t, result, "x")
			assert.Equal(t, c.want, verdict{x.Class, x.Reason, x.Version, x.LiveVersion}, c.why)
			require.Len(t, result.Pairs, 1)
			assert.Equal(t, c.taken, len(result.Pairs[0].Live) == 1, c.why)
			assert.Equal(t, c.doubt, result.Pairs[0].Doubt, c.why)
		})
	}
}

// TestDoubtEndsWithABetterMatch: what the particle itself owns leaves no doubt about it.
func TestDoubtEndsWithABetterMatch(t *testing.T) {
	a := declared("orders", "2", "web")
	a.Particles[0].Resource.Ref.ID = "named"
	d := declaration(a)
	d.Register = register(map[string]inventory.RegisteredApp{"orders": {Environment: "dev", Active: []string{"1", "2"}}})
	result := owner.Attribute(owner.Input{Declaration: d, Live: snapshot(live("x", "orders", "1", "web"), untagged(group, "named")), Now: now})
	assert.Equal(t, owner.ByIdentifier, result.Pairs[0].By)
	assert.Empty(t, result.Pairs[0].Doubt)

	a.Particles[0].Resource.Ref.ID = "x"
	result = owner.Attribute(owner.Input{Declaration: d, Live: snapshot(live("x", "orders", "1", "web")), Now: now})
	assert.Empty(t, result.Pairs[0].Live, "an identifier does not take what another living version's tags are on")
	assert.Equal(t, owner.NotDeclared, result.Pairs[0].Doubt)
}

// TestOrphanNeedsAReadableCell: what could not be listed may be what still needs it.
func TestOrphanNeedsAReadableCell(t *testing.T) {
	d := declaration(retiredAt(declared("orders", "1", "web"), now.AddDate(0, 0, -1)))
	for _, c := range []struct {
		why  string
		gap  inventory.Gap
		want verdict
	}{
		{"its own cell", inventory.Gap{Account: "111122223333", Region: "eu-west-1", Type: group, Reason: inventory.Throttled}, verdict{owner.Unknown, owner.InventoryIncomplete, "1", ""}},
		{"everything", inventory.Gap{Reason: inventory.Malformed}, verdict{owner.Unknown, owner.InventoryIncomplete, "1", ""}},
		{"another region", inventory.Gap{Region: "us-east-1", Reason: inventory.Denied}, verdict{owner.Orphan, owner.VersionRetired, "1", ""}},
		{"another account", inventory.Gap{Account: "444455556666", Reason: inventory.Denied}, verdict{owner.Orphan, owner.VersionRetired, "1", ""}},
		{"a file, which the declared side judges", inventory.Gap{File: "x.json", Reason: inventory.Malformed}, verdict{owner.Orphan, owner.VersionRetired, "1", ""}},
	} {
		s := snapshot(live("x", "orders", "1", "web"))
		s.Gaps = []inventory.Gap{c.gap}
		x := of(t, owner.Attribute(owner.Input{Declaration: d, Live: s, Now: now}), "x")
		assert.Equal(t, c.want, verdict{x.Class, x.Reason, x.Version, x.LiveVersion}, "a gap over %s", c.why)
	}
}

// TestEnding: what is going away is nobody's candidate, whatever its tags say.
func TestEnding(t *testing.T) {
	past := now.AddDate(0, 0, -1)
	for _, state := range []string{"terminated", "shutting-down", "deleting", "DELETING", "deleted", "PendingDeletion", "PendingReplicaDeletion"} {
		for why, app := range map[string]*inventory.App{
			"of a retired version":  retiredAt(declared("orders", "1", "web"), past),
			"of a living version":   declared("orders", "1", "web"),
			"of an upgrade":         declared("orders", "2", "web"),
			"of an app nobody knew": declared("billing", "1"),
		} {
			r := live("x", "orders", "1", "web")
			r.State = state
			result := owner.Attribute(owner.Input{Declaration: declaration(app), Live: snapshot(r), Now: now})
			x := of(t, result, "x")
			assert.Equal(t, []any{owner.Foreign, owner.Ending}, []any{x.Class, x.Reason}, "%s %s", state, why)
			assert.Contains(t, x.Evidence, owner.Evidence{Source: "state", Detail: "it is " + state + ": it goes away by itself"})
			if app.Version == "2" {
				assert.Empty(t, result.Pairs[0].Live, "nothing is upgraded in place that goes away")
			}
		}
	}
	r := live("x", "orders", "1", "web")
	r.State = "stopped"
	x := of(t, owner.Attribute(owner.Input{Declaration: declaration(declared("orders", "1", "web")), Live: snapshot(r), Now: now}), "x")
	assert.Equal(t, owner.Owned, x.Class, "a stopped resource is as much there as a running one")
}

// TestInputsHavePairs: an input of an active version is looked for, and nothing else.
func TestInputsHavePairs(t *testing.T) {
	app := func(inputs ...*inventory.Input) *inventory.App {
		a := declared("orders", "1", "web")
		a.Inputs = inputs
		return a
	}
	network := &inventory.Input{Name: "network", Type: vpc, ID: "vpc-1", Position: inventory.Position{File: "pcf.yaml", Line: 7, Column: 3}}
	inputs := func(apps []*inventory.App, resources ...*inventory.Resource) (pairs []owner.Pair, result *owner.Result) {
		result = owner.Attribute(owner.Input{Declaration: declaration(apps...), Live: snapshot(resources...), Now: now})
		for _, p := range result.Pairs {
			if p.Input {
				pairs = append(pairs, p)
			}
		}
		return pairs, result
	}

	pairs, result := inputs([]*inventory.App{app(network)}, untagged(vpc, "vpc-1"))
	require.Len(t, pairs, 1)
	assert.Equal(t, "vpc-1", pairs[0].Live[0].Ref.ID)
	assert.Equal(t, owner.Shared, of(t, result, "vpc-1").Class)
	p := pairs[0].Particle
	assert.Equal(t, []any{"orders", "1", "network", vpc, network.Position}, []any{p.App, p.Version, p.Name, p.Resource.Ref.Type, p.Resource.Position})
	assert.True(t, p.Protect, "nothing may act on an input")
	assert.Equal(t, []inventory.Verb{inventory.Observe}, p.Manage)

	pairs, _ = inputs([]*inventory.App{app(network)}, untagged(vpc, "vpc-2"))
	require.Len(t, pairs, 1, "it is looked for also when it is not there")
	assert.Empty(t, pairs[0].Live)

	going := untagged(vpc, "vpc-1")
	going.State = "deleting"
	pairs, _ = inputs([]*inventory.App{app(network)}, going)
	assert.Empty(t, pairs[0].Live, "what goes away is no input to rely on")

	again := app(network)
	again.Particles = nil
	pairs, _ = inputs([]*inventory.App{app(network), again})
	assert.Len(t, pairs, 1, "two files of a version may pass in the same one")

	pairs, _ = inputs([]*inventory.App{retiredAt(app(network), now.AddDate(0, 0, -1))})
	assert.Empty(t, pairs, "an app that has ended needs none")

	why := &inventory.Unknown{Because: "parameter Network has no value"}
	pairs, _ = inputs([]*inventory.App{app(&inventory.Input{Name: "network", Type: vpc, Unknown: why})}, untagged(vpc, "vpc-1"))
	require.Len(t, pairs, 1)
	assert.Empty(t, pairs[0].Live)
	assert.Equal(t, why, pairs[0].Particle.Existence)
}

// TestLostTags: a resource that lost one of its owner tags may be what a particle misses, and
// is not made a second time.
func TestLostTags(t *testing.T) {
	without := func(keys ...string) *inventory.Resource {
		r := live("x", "orders", "1.4.2", "web")
		for _, key := range keys {
			delete(r.Tags, key)
		}
		return r
	}
	tags := func(r *inventory.Resource, pairs ...string) *inventory.Resource {
		for i := 0; i < len(pairs); i += 2 {
			r.Tags[pairs[i]] = pairs[i+1]
		}
		return r
	}
	for _, c := range []struct {
		why  string
		live *inventory.Resource
		want string
	}{
		{"it lost its particle", without(owner.TagParticle), owner.TagsIncomplete},
		{"it lost its environment", without(owner.TagEnvironment), owner.TagsIncomplete},
		{"it lost both: it could be anything of the app", without(owner.TagEnvironment, owner.TagParticle), ""},
		{"it lost all", without(owner.TagApp, owner.TagEnvironment, owner.TagVersion, owner.TagParticle), ""},
		{"it is another environment's", tags(without(), owner.TagEnvironment, "prod"), ""},
		{"it is another type", tags(untagged(instance, "x"), owner.TagApp, "orders", owner.TagEnvironment, "dev", owner.TagVersion, "1.4.2"), ""},
		{"another particle lost its environment", tags(without(owner.TagEnvironment), owner.TagParticle, "db"), ""},
	} {
		result := owner.Attribute(owner.Input{Declaration: declaration(declared("orders", "1.4.2", "web")), Live: snapshot(c.live), Now: now})
		assert.Empty(t, result.Pairs[0].Live, c.why)
		assert.Equal(t, c.want, result.Pairs[0].Doubt, c.why)
	}
	result := owner.Attribute(owner.Input{Declaration: declaration(declared("orders", "1.4.2", "web")), Live: snapshot(without(), without(owner.TagParticle)), Now: now})
	assert.Len(t, result.Pairs[0].Live, 1, "one that has all its tags is the one")
}

// TestUndeclaredVersionIsAGap: what the register says lives, be it only until a day to come, must
// be declared: what it owns is not known, so that nothing may count as an orphan.
func TestUndeclaredVersionIsAGap(t *testing.T) {
	for _, c := range []struct {
		why      string
		register inventory.RegisteredApp
		gaps     []string // versions
	}{
		{"active", inventory.RegisteredApp{Active: []string{"1.0.0"}}, []string{"1.0.0"}},
		{"until tomorrow", inventory.RegisteredApp{Retired: map[string]time.Time{"1.0.0": now.AddDate(0, 0, 1)}}, []string{"1.0.0"}},
		{"active until tomorrow is one version", inventory.RegisteredApp{Active: []string{"1.0.0"}, Retired: map[string]time.Time{"1.0.0": now.AddDate(0, 0, 1)}}, []string{"1.0.0"}},
		{"gone since yesterday", inventory.RegisteredApp{Retired: map[string]time.Time{"1.0.0": now.AddDate(0, 0, -1)}}, nil},
		{"declared", inventory.RegisteredApp{Active: []string{"2.0.0"}}, nil},
	} {
		d := declaration(declared("orders", "2.0.0", "web"))
		d.Register = register(map[string]inventory.RegisteredApp{"orders": c.register})
		var gaps []string
		for _, g := range owner.Attribute(owner.Input{Declaration: d, Live: snapshot(), Now: now}).Gaps {
			gaps = append(gaps, g.AppVersion)
		}
		assert.Equal(t, c.gaps, gaps, c.why)
	}
}

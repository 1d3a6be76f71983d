package owner_test

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// A small alphabet makes claims meet: few apps, versions, particles, types and ids.
var (
	appNames  = []string{"orders", "billing", ""}
	numbers   = []string{"1.4.1", "1.4.2", "2.0.0", "blue"}
	particles = []string{"web", "db", "q"}
	types     = []string{group, volume, bucket}
	ids       = []string{"a", "b", "c", "d", "e"}
)

func drawWorld(t *rapid.T) owner.Input {
	d := &inventory.Declaration{}
	type key struct{ app, version string }
	for _, k := range rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) key {
		return key{rapid.SampledFrom(appNames).Draw(t, "app"), rapid.SampledFrom(numbers).Draw(t, "version")}
	}), 0, 5, func(k key) key { return k }).Draw(t, "apps") {
		a := declared(k.app, k.version)
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom(particles), func(s string) string { return s }).Draw(t, "particles") {
			p := add(a, name, rapid.SampledFrom(types).Draw(t, "type"))
			switch rapid.IntRange(0, 5).Draw(t, "names it") {
			case 0:
				p.ID = rapid.SampledFrom(ids).Draw(t, "id")
			case 1:
				p.Resource.Ref.ID = rapid.SampledFrom(ids).Draw(t, "identifier")
			case 2:
				p.Stack = "s"
			}
		}
		if rapid.IntRange(0, 2).Draw(t, "retired") == 0 {
			a.Retired = now.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "when")) * time.Hour)
		}
		if rapid.IntRange(0, 5).Draw(t, "incomplete") == 0 {
			a.Incomplete = "a macro was not run"
		}
		if rapid.IntRange(0, 4).Draw(t, "input") == 0 {
			a.Inputs = []*inventory.Input{{Name: "in", Type: rapid.SampledFrom(types).Draw(t, "input type"), ID: rapid.SampledFrom(ids).Draw(t, "input id")}}
		}
		d.Apps = append(d.Apps, a)
	}
	if rapid.IntRange(0, 3).Draw(t, "register") == 0 {
		d.Register = register(map[string]inventory.RegisteredApp{"orders": {
			Environment: "dev",
			Active:      rapid.SliceOfDistinct(rapid.SampledFrom(numbers), func(s string) string { return s }).Draw(t, "active"),
			Retired:     map[string]time.Time{rapid.SampledFrom(numbers).Draw(t, "registered"): now},
		}})
	}
	s := &inventory.Snapshot{}
	for _, id := range ids {
		r := untagged(rapid.SampledFrom(types).Draw(t, "live type"), id)
		switch rapid.IntRange(0, 5).Draw(t, "tags") {
		case 0:
			r.Tags = nil
		case 1:
		default:
			tags := live(id, rapid.SampledFrom(appNames).Draw(t, "live app"), rapid.SampledFrom(numbers).Draw(t, "live version"), rapid.SampledFrom(particles).Draw(t, "live particle")).Tags
			r.Tags = tags
		}
		s.Resources = append(s.Resources, r)
	}
	in := owner.Input{Declaration: d, Live: s, Now: now}
	for _, r := range s.Resources {
		if rapid.IntRange(0, 5).Draw(t, "recorded") == 0 {
			in.Applied = append(in.Applied, applied(r, rapid.SampledFrom(appNames).Draw(t, "recorded app"), rapid.SampledFrom(numbers).Draw(t, "recorded version"), rapid.SampledFrom(particles).Draw(t, "recorded particle")))
		}
		if rapid.IntRange(0, 5).Draw(t, "listed") == 0 {
			s.Stacks = append(s.Stacks, stackOf(r, rapid.SampledFrom(particles).Draw(t, "logical id")))
		}
		if rapid.IntRange(0, 5).Draw(t, "related") == 0 {
			to := rapid.SampledFrom(s.Resources).Draw(t, "to").Ref
			r.Relations = append(r.Relations, inventory.Relation{Kind: rapid.SampledFrom([]string{"owner", "hard", "soft"}).Draw(t, "kind"), To: to})
		}
	}
	return in
}

// stackOf is a stack s that lists one resource.
func stackOf(r *inventory.Resource, logicalID string) inventory.Stack {
	ref := r.Ref
	ref.Type, ref.ID = "AWS::CloudFormation::Stack", "s"
	return inventory.Stack{Ref: ref, Name: "s", Members: []inventory.StackMember{{LogicalID: logicalID, Type: r.Ref.Type, ID: r.Ref.ID}}}
}

func classes(in owner.Input) map[string]owner.Class {
	m := map[string]owner.Class{}
	for _, a := range owner.Attribute(in).Attributions {
		m[a.Resource.Ref.ID] = a.Class
	}
	return m
}

// A claim can only take a resource away from the reaper. (A tombstone, our tags of an
// ended version and a living successor's own resource are what makes orphans.)
func TestAddingAClaimMakesNoOrphan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t)
		before := classes(in)
		r := rapid.SampledFrom(in.Live.Resources).Draw(t, "resource")
		claim := rapid.IntRange(0, 10).Draw(t, "claim")
		switch claim {
		case 0:
			a := declared("new", "1")
			add(a, "x", r.Ref.Type).ID = r.Ref.ID
			in.Declaration.Apps = append(in.Declaration.Apps, a)
		case 1:
			a := declared("new", "1")
			add(a, "x", r.Ref.Type).Resource.Ref.ID = r.Ref.ID
			in.Declaration.Apps = append(in.Declaration.Apps, a)
		case 2:
			a := declared("new", "1")
			a.Inputs = []*inventory.Input{{Name: "in", Type: r.Ref.Type, ID: r.Ref.ID}}
			in.Declaration.Apps = append(in.Declaration.Apps, a)
		case 3:
			r.Foreign = "an account default"
		case 4, 5:
			if r.Tags == nil {
				t.Skip("its tags are not known")
			}
			r.Tags[map[int]string{4: "Owner", 5: "aws:autoscaling:groupName"}[claim]] = "somebody"
		case 6: // the version that its tags name declares it
			a := declared(r.Tags["pcf:app"], r.Tags["pcf:version"])
			if in.Declaration.Register != nil || a.Name == "" || slices.ContainsFunc(in.Declaration.Apps, func(o *inventory.App) bool { return o.Name == a.Name && o.Version == a.Version }) {
				t.Skip("it is spoken of already")
			}
			add(a, r.Tags["pcf:particle"], r.Ref.Type)
			in.Declaration.Apps = append(in.Declaration.Apps, a)
		}
		switch claim {
		case 7:
			r.State = "deleting"
		case 8: // our record, of a version that lives
			a := declared("new", "1")
			add(a, "x", r.Ref.Type)
			in.Declaration.Apps = append(in.Declaration.Apps, a)
			in.Applied = append(in.Applied, applied(r, "new", "1", "x"))
		case 9:
			in.Live.Stacks = append(in.Live.Stacks, stackOf(r, "anything"))
		case 10: // a controller of an app that lives
			a := declared("new", "1")
			p := add(a, "x", "AWS::AutoScaling::AutoScalingGroup")
			keeper := untagged(p.Resource.Ref.Type, "keeper")
			p.ID = "keeper"
			in.Declaration.Apps = append(in.Declaration.Apps, a)
			in.Live.Resources = append(in.Live.Resources, keeper)
			r.Relations = append([]inventory.Relation{{Kind: "owner", To: keeper.Ref}}, r.Relations...)
		}
		after := classes(in)[r.Ref.ID]
		if after == owner.Orphan && before[r.Ref.ID] != owner.Orphan {
			t.Fatalf("claim %d made an orphan of what was %s", claim, before[r.Ref.ID])
		}
		if claim != 4 && after == owner.Orphan {
			t.Fatalf("claim %d left an orphan", claim)
		}
	})
}

// What can no longer be read moves a verdict towards unknown, never towards an orphan and
// never to another owner.
func TestLosingASourceMakesNothingWorse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t)
		lostApp := false
		before := map[string]*owner.Attribution{}
		for _, a := range owner.Attribute(in).Attributions {
			before[a.Resource.Ref.ID] = a
		}
		source := rapid.IntRange(0, 6).Draw(t, "source")
		switch source {
		case 0:
			for _, r := range in.Live.Resources {
				r.Tags = nil
			}
		case 1:
			in.Declaration.Faults = append(in.Declaration.Faults, inventory.Fault{Message: "broken"})
		case 2:
			in.Declaration.Gaps = append(in.Declaration.Gaps, inventory.Gap{File: "x.json", Reason: inventory.Unsupported})
		case 4:
			in.Live.Gaps = append(in.Live.Gaps, inventory.Gap{Type: rapid.SampledFrom(types).Draw(t, "gap"), Reason: inventory.Throttled})
		case 5: // the stacks could not be listed, and that is known
			in.Live.Stacks = nil
			in.Live.Gaps = append(in.Live.Gaps, inventory.Gap{Type: "AWS::CloudFormation::Stack", Reason: inventory.Denied})
		case 6: // what was applied is not known any more; a dispute with it goes too, and of
			// what a record owns only its old tags may be left
			in.Applied = nil
			for id, a := range before {
				if a.Class == owner.Contested {
					delete(before, id)
				}
			}
		case 3:
			if len(in.Declaration.Apps) == 0 {
				t.Skip("nothing to lose")
			}
			lostApp = true
			a := rapid.SampledFrom(in.Declaration.Apps).Draw(t, "app")
			in.Declaration.Gaps = append(in.Declaration.Gaps, inventory.Gap{App: a.Name, AppVersion: a.Version, Reason: inventory.Malformed})
			a.Incomplete = "half of it could not be read"
			in.Declaration.Apps = slices.DeleteFunc(in.Declaration.Apps, func(o *inventory.App) bool { return a.Name != "" && o == a })
		}
		for _, a := range owner.Attribute(in).Attributions {
			b := before[a.Resource.Ref.ID]
			if b == nil {
				continue
			}
			was := b.Class
			if lostApp && (was == owner.Shared || was == owner.Contested) {
				continue // another app's word for it went with that app: its gap stops every plan
			}
			if a.Class == owner.Orphan && was != owner.Orphan {
				t.Fatalf("%s was %s and became an orphan", a.Resource.Ref.ID, was)
			}
			if a.Class == owner.StaleVersion && was != owner.StaleVersion && source != 6 {
				t.Fatalf("%s was %s and became stale", a.Resource.Ref.ID, was)
			}
		}
	})
}

// An empty or failed declaration set, and unread tags, orphan nothing.
func TestNothingReadOrphansNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t)
		in.Declaration = &inventory.Declaration{}
		for id, class := range classes(in) {
			if class == owner.Orphan || class == owner.StaleVersion || class == owner.Owned {
				t.Fatalf("%s is %s without any declaration", id, class)
			}
		}
	})
}

// What a living version declares with its own tags, or names by id, is never an orphan.
func TestWhatLivesIsNoOrphan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t)
		result := owner.Attribute(in)
		orphans := map[*inventory.Resource]bool{}
		for _, a := range result.Attributions {
			orphans[a.Resource] = a.Class == owner.Orphan
		}
		for _, p := range result.Pairs {
			for _, r := range p.Live {
				if orphans[r] {
					t.Fatalf("%s is matched by %s and an orphan", r.Ref.ID, p.By)
				}
			}
		}
		for _, a := range in.Declaration.Apps {
			if in.Declaration.Register != nil {
				break // which may retire the version that takes the input
			}
			for _, i := range a.Inputs {
				if r := in.Live.Resources[slices.Index(ids, i.ID)]; r.Ref.Type == i.Type && orphans[r] && a.Retired.IsZero() {
					t.Fatalf("%s is an input and an orphan", r.Ref.ID)
				}
			}
		}
	})
}

// One live resource takes the place of at most one particle by its tags.
func TestATaggedResourceHasOneParticle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seen := map[*inventory.Resource]string{}
		for _, p := range owner.Attribute(drawWorld(t)).Pairs {
			if p.By != owner.ByTag && p.By != owner.ByUpgrade {
				continue
			}
			for _, r := range p.Live {
				if s := seen[r]; s != "" {
					t.Fatalf("%s belongs to %s and %s", r.Ref.ID, s, p.Particle.Version)
				}
				seen[r] = p.Particle.Version + p.Particle.Name
			}
		}
	})
}

func TestOrderOfInputsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t)
		want := dump(owner.Attribute(in))
		shuffle := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		shuffle.Shuffle(len(in.Live.Resources), func(i, j int) {
			in.Live.Resources[i], in.Live.Resources[j] = in.Live.Resources[j], in.Live.Resources[i]
		})
		shuffle.Shuffle(len(in.Applied), func(i, j int) { in.Applied[i], in.Applied[j] = in.Applied[j], in.Applied[i] })
		shuffle.Shuffle(len(in.Live.Stacks), func(i, j int) {
			in.Live.Stacks[i], in.Live.Stacks[j] = in.Live.Stacks[j], in.Live.Stacks[i]
		})
		shuffle.Shuffle(len(in.Declaration.Apps), func(i, j int) {
			in.Declaration.Apps[i], in.Declaration.Apps[j] = in.Declaration.Apps[j], in.Declaration.Apps[i]
		})
		for _, a := range in.Declaration.Apps {
			shuffle.Shuffle(len(a.Particles), func(i, j int) { a.Particles[i], a.Particles[j] = a.Particles[j], a.Particles[i] })
		}
		require.Equal(t, want, dump(owner.Attribute(in)))
	})
}

// dump writes everything in a result, in its order.
func dump(r *owner.Result) string {
	var s string
	for _, a := range r.Attributions {
		s += fmt.Sprintln(a.Resource.Ref, a.Class, a.App, a.Version, a.Particle, a.LiveVersion, a.Reason, a.Evidence, a.Resource.Owned)
	}
	for _, p := range r.Pairs {
		s += fmt.Sprint(p.Particle.App, p.Particle.Version, p.Particle.Name, p.Particle.Resource.Ref, p.Target, p.By, p.LiveVersion, p.Conflict)
		for _, l := range p.Live {
			s += " " + l.Ref.ID
		}
		s += "\n"
	}
	return s + fmt.Sprintln(r.Gaps)
}

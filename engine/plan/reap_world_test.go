package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// reapWorld is everything that a plan to reap is made from; its ownership is worked out by
// engine/owner, so that a property holds for the two together.
type reapWorld struct {
	in  ReapInput
	set *inventory.Snapshot
}

// canDo is code for everything but backups of buckets.
func canDo(verb Verb, typ string, _ Change) string {
	if verb == Backup && typ == "AWS::S3::Bucket" {
		return "there is no way to back it up"
	}
	return ""
}

func reapHeader() Header {
	h := header()
	h.Command = "reap"
	return h
}

// newReapWorld is app orders with version 2 alive and version 1 retired, over the resources.
func newReapWorld(resources ...*inventory.Resource) *reapWorld {
	d := &inventory.Declaration{Apps: []*inventory.App{
		{Name: "orders", Environment: "dev", Version: "2", Owner: "orders@acme.example"},
		{Name: "orders", Environment: "dev", Version: "1", Owner: "orders@acme.example", Retired: day.Add(-time.Hour)},
		{Name: "other", Environment: "dev", Version: "1"},
	}}
	return &reapWorld{
		set: scope(resources...),
		in: ReapInput{
			Header: reapHeader(), Declaration: d, Grace: DefaultGrace, CallerAccount: account, Can: canDo,
			Caps: Caps{Delete: Cap{Unlimited: true}, PerType: Cap{Unlimited: true}, Percent: Cap{Unlimited: true}},
		},
	}
}

// ours gives a resource the owner tags of a particle.
func ours(r *inventory.Resource, version, particle string) *inventory.Resource {
	r.Tags = map[string]string{"pcf:app": "orders", "pcf:environment": "dev", "pcf:version": version, "pcf:particle": particle}
	return r
}

func leftover(id string) *inventory.Resource { return leftoverOf(id, "AWS::EC2::SecurityGroup") }

func leftoverOf(id, typ string) *inventory.Resource { return ours(live(id, typ, `{}`), "1", id) }

// refers adds a relation.
func refers(from, to *inventory.Resource, kind, path string) {
	from.Relations = append(from.Relations, inventory.Relation{Path: path, Kind: kind, To: to.Ref})
}

// declares adds a particle to version 2.
func (w *reapWorld) declares(p *inventory.Particle) {
	w.in.Declaration.Apps[0].Particles = append(w.in.Declaration.Apps[0].Particles, p)
}

// ripe gives everything a mark, a notice and observations that are old enough.
func (w *reapWorld) ripe() *reapWorld {
	w.in.Ledger = Facts{Marks: map[string]MarkFact{}, Seen: map[string]SeenFact{}, Counts: w.in.Ledger.Counts}
	old := day.Add(-60 * 24 * time.Hour)
	for _, r := range w.set.Resources {
		ref, reason := r.Ref.String(), VersionRetired
		if slices.ContainsFunc(w.in.Verdicts, func(v Verdict) bool { return v.Resource == r.Ref }) {
			reason = NonCompliant
		}
		w.in.Ledger.Marks[ref] = MarkFact{Incarnation: Incarnation(r), Reason: reason, At: old, Noticed: old, Looks: Fingerprint(r), Quarantined: old, Backup: "b", BackedUp: day}
		w.in.Ledger.Seen[ref] = SeenFact{Incarnation: Incarnation(r), First: old, Count: 10}
	}
	return w
}

// plan works out who owns what, and plans.
func (w *reapWorld) plan(t require.TestingT) *Plan {
	in := w.in
	owned := owner.Attribute(owner.Input{Declaration: in.Declaration, Live: w.set, Now: day})
	in.Live, in.Attributions, in.Pairs = w.set, owned.Attributions, owned.Pairs
	in.DeclarationGaps = slices.Concat(in.DeclarationGaps, owned.Gaps)
	p, err := Reap(in)
	require.NoError(t, err)
	if p.Reaping.Stopped == "" {
		require.NoError(t, p.Check(day))
	}
	return p
}

// idsOf returns the ids of the resources of all actions of a verb, in order of the plan.
func idsOf(p *Plan, verbs ...Verb) []string {
	ids := []string{}
	for _, a := range p.Actions {
		if slices.Contains(verbs, a.Verb) {
			ids = append(ids, a.Resource.ID)
		}
	}
	return ids
}

func deleted(p *Plan) map[string]bool {
	all := map[string]bool{}
	for _, id := range idsOf(p, Delete) {
		all[id] = true
	}
	return all
}

func reasonOf(p *Plan, id string) (Reason, string) {
	for _, f := range p.Refused {
		if f.Resource.ID == id {
			return f.Reason, f.By
		}
	}
	return "", ""
}

var reapTypes = []string{
	"AWS::EC2::SecurityGroup", "AWS::EC2::Subnet", "AWS::SNS::Topic", "AWS::Lambda::Function", "AWS::EC2::Instance", "AWS::S3::Bucket",
	"AWS::DynamoDB::Table", "AWS::IAM::Role",
}

// anyReapWorld draws a world: resources that are owned, left over, nobody's, protected or
// strange, with references of every kind, a ledger of any age and any settings.
func anyReapWorld(t *rapid.T) *reapWorld {
	n := rapid.IntRange(1, 14).Draw(t, "resources")
	var all []*inventory.Resource
	w := newReapWorld()
	for i := range n {
		typ := rapid.SampledFrom(reapTypes).Draw(t, "type")
		id := fmt.Sprintf("r%02d", i)
		r := live(id, typ, `{}`)
		r.Tags = map[string]string{}
		switch rapid.IntRange(0, 9).Draw(t, "whose") {
		case 0, 1, 2, 3, 4:
			ours(r, "1", id)
		case 5:
			ours(r, "2", id) // a particle that version 2 declares
			w.declares(declaredAs(id, typ))
		case 6:
			ours(r, "2", id) // and one that it has dropped
		case 7:
			r.Tags["pcf:app"], r.Tags["pcf:environment"], r.Tags["pcf:version"], r.Tags["pcf:particle"] = "unheard", "dev", "1", id
		case 8:
			r.Tags["team"] = "somebody"
		}
		switch rapid.IntRange(0, 19).Draw(t, "strange") {
		case 0:
			r.Tags["pcf:protect"] = rapid.String().Draw(t, "value")
		case 1:
			r.Foreign = "AWS-managed"
		case 2:
			r.Tags = nil
		case 3:
			r.Properties["DeletionProtection"] = "?"
		case 4: // declared by its id, which ends every other claim
			p := declaredAs("x"+id, typ)
			p.ID = rapid.SampledFrom([]string{id, strings.ToUpper(id)}).Draw(t, "spelling")
			w.declares(p)
		}
		all = append(all, r)
	}
	for range rapid.IntRange(0, 2*n).Draw(t, "references") {
		from, to := rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")
		if from == to {
			continue
		}
		path := "/SecurityGroupIngress/0/SourceSecurityGroupId"
		if all[from].Ref.Type == "AWS::EC2::SecurityGroup" && rapid.Bool().Draw(t, "rule") {
			all[from].Properties["SecurityGroupIngress"] = []any{map[string]any{"SourceSecurityGroupId": all[to].Ref.ID}}
		} else {
			path = fmt.Sprintf("/P%d", to)
		}
		refers(all[from], all[to], rapid.SampledFrom([]string{"hard", "soft", "hard", "soft", "implicit", "owner"}).Draw(t, "kind"), path)
	}
	w.set = scope(all...)
	w.in.Can = canDo
	w.ripe()
	for _, ref := range slices.Sorted(maps.Keys(w.in.Ledger.Marks)) {
		m, s := w.in.Ledger.Marks[ref], w.in.Ledger.Seen[ref]
		ago := func(name string) time.Time {
			return day.Add(-time.Duration(rapid.IntRange(0, 40).Draw(t, name)) * 24 * time.Hour)
		}
		switch rapid.IntRange(0, 9).Draw(t, "ledger") {
		case 0:
			delete(w.in.Ledger.Marks, ref)
			continue
		case 1:
			m.Incarnation += "-before"
		case 2:
			m.Noticed = time.Time{}
		case 3:
			m.At, m.Noticed, m.Quarantined, s.First = ago("mark"), ago("notice"), ago("hold"), ago("first")
		case 4:
			s.Count = rapid.IntRange(0, 3).Draw(t, "looks")
		case 5:
			m.Looks = "sha256:other"
		case 6:
			m.BackedUp = time.Time{}
		}
		w.in.Ledger.Marks[ref], w.in.Ledger.Seen[ref] = m, s
	}
	if rapid.IntRange(0, 3).Draw(t, "consented") > 0 {
		w.in.Consents = []Consent{{App: "orders", Reason: "agreed", Approver: "ops", Expires: day.Add(time.Hour)}}
	}
	if rapid.IntRange(0, 5).Draw(t, "teardown") == 0 {
		w.in.Teardown, w.in.App, w.in.Grace = true, "orders", 0
	}
	if rapid.Bool().Draw(t, "holds") {
		w.in.Isolation = func(r *inventory.Resource) ([]Change, bool, bool) {
			return nil, true, r.Ref.Type == "AWS::EC2::Instance"
		}
	}
	return w
}

func declaredAs(name, typ string) *inventory.Particle {
	p := particle(name, typ, `{}`)
	p.Manage = []inventory.Verb{inventory.Observe, inventory.Tag}
	return p
}

// worlds checks a law over drawn worlds.
func worlds(t *testing.T, law func(t *rapid.T, w *reapWorld)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		for range 12 { // rapid's default is 100 checks: small worlds are cheap
			law(t, anyReapWorld(t))
		}
	})
}

// declared reports whether a resource has the tags of what version 2 declares.
func (w *reapWorld) declared(r *inventory.Resource) bool {
	return slices.ContainsFunc(w.in.Declaration.Apps[0].Particles, func(p *inventory.Particle) bool {
		return r.Tags["pcf:app"] == "orders" && r.Tags["pcf:version"] == "2" && r.Tags["pcf:particle"] == p.Name && r.Ref.Type == p.Resource.Ref.Type
	})
}

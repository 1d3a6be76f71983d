package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/relation"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// reap is a plan to reap in the making.
type reap struct {
	ReapInput
	now   time.Time
	graph *uses
	// items are what there is a reason to reap, by node; fate says what became of it.
	items map[int]*item
	class []*owner.Attribution // by node; nil without one
	// unread says why a doubt covers the whole account; empty when none does.
	unread     string
	undeclared string // the same of the declared side
	names      aliases
	counts     map[string]int
	stopped    string
	doubted    bool // what was seen is not believed
	perDay     int  // deletions in 24 hours at most
	detaches   []Action
	unmarks    []Action
	rescued    []Place
	refused    []Refusal
	apps       map[Identity]*inventory.App
	particles  map[Identity]*inventory.Particle
	twins      map[twin][]int // nodes that carry the same tags of ours
	// hidden are, by type, the resources that may refer to some of it by what was not read of them.
	hidden map[string][]inventory.Ref
}

// A twin is a place that one particle has one resource in. Tags are copied easily (a launch of
// "more like this", a script): where several carry the same, nobody knows which one is ours.
type twin struct {
	Identity
	account, region, typ string
}

func twinOf(a *owner.Attribution, r *inventory.Resource) twin {
	return twin{Identity{App: a.App, Environment: a.Environment, Version: a.Version, Particle: a.Particle}, r.Ref.Account, r.Ref.Region, r.Ref.Type}
}

// other returns another resource with the tags of an orphan that nothing but these tags calls
// ours, or "".
func (r *reap) other(n int) string {
	a := r.class[n]
	if a.Class != owner.Orphan || slices.ContainsFunc(a.Evidence, func(e owner.Evidence) bool { return e.Rank == 1 }) {
		return ""
	}
	for _, other := range r.twins[twinOf(a, r.graph.nodes[n])] {
		if other != n {
			return r.graph.nodes[other].Ref.String()
		}
	}
	return ""
}

// An item is a live resource with a reason to go.
type item struct {
	Candidate
	node    int
	live    *inventory.Resource
	refusal Refusal // why it stays; its reason is empty while it goes
	unknown bool    // it stays because something is not known, not because it should
	consent string
	until   time.Time // when the consent ends
	mark    bool      // what this plan does with it
	hold    bool
	backup  bool
	due     bool
	steps   []Step
	needs   []string // what must be done before it goes
}

func newReap(in ReapInput) *reap {
	if in.Live == nil {
		in.Live = &inventory.Snapshot{}
	}
	if in.Declaration == nil {
		in.Declaration = &inventory.Declaration{}
	}
	r := &reap{
		ReapInput: in, now: in.CreatedAt, graph: newUses(in.Live.Resources), items: map[int]*item{}, counts: map[string]int{},
		apps: map[Identity]*inventory.App{}, particles: map[Identity]*inventory.Particle{}, twins: map[twin][]int{},
		hidden: map[string][]inventory.Ref{},
	}
	for _, live := range r.graph.nodes {
		for _, typ := range relation.Hidden(live) {
			r.hidden[typ] = append(r.hidden[typ], live.Ref)
		}
	}
	r.class = make([]*owner.Attribution, len(r.graph.nodes))
	for _, a := range in.Attributions {
		if n, known := r.graph.index[a.Resource.Ref]; known {
			r.class[n] = a
			// What has ended is listed for a while.
			if live := r.graph.nodes[n]; a.Class == owner.Orphan && a.Particle != "" && !slices.Contains([]string{"terminated", "shutting-down", "deleting", "deleted"}, strings.ToLower(live.State)) {
				r.twins[twinOf(a, live)] = append(r.twins[twinOf(a, live)], n)
			}
		}
	}
	for _, app := range in.Declaration.Apps {
		r.apps[Identity{App: app.Name, Environment: app.Environment, Version: app.Version}] = app
		for _, p := range app.Particles {
			r.particles[*identityOf(p)] = p
		}
	}
	r.names = readAliases(in.Pairs)
	r.unread, r.undeclared = r.gapInAccount(), r.gapInDeclaration()
	return r
}

// gapInAccount says what of the account could not be read. A reference may stand anywhere
// (an ARN in an environment variable), so a gap anywhere leaves everything open. Where a
// service or a region is not switched on nothing runs that could refer.
func (r *reap) gapInAccount() string {
	for _, g := range r.Live.Gaps {
		if !g.Covers(r.Account, "", "") || g.Reason == inventory.OptedOut || g.Reason == inventory.Disabled || g.Reason == inventory.Unsupported && g.Type != "" {
			continue
		}
		return strings.TrimSpace(fmt.Sprintf("%s %s could not be read: %s", cmp.Or(g.Region, "an account"), cmp.Or(g.Type, "as a whole"), cmp.Or(g.Message, string(g.Reason))))
	}
	return ""
}

// gapInDeclaration says what of the declared side is missing: who else may own something is
// known only when all of it was read.
func (r *reap) gapInDeclaration() string {
	for _, g := range slices.Concat(r.DeclarationGaps, r.Declaration.Gaps) {
		return strings.TrimSpace("a declaration could not be read: " + strings.TrimSpace(strings.Join([]string{g.App, g.AppVersion, g.File, g.Message}, " ")))
	}
	for _, f := range r.Declaration.Faults {
		return "a declaration has a mistake: " + f.Error()
	}
	for _, a := range r.Declaration.Apps {
		if a.Incomplete != "" && !a.RetiredAt(r.now) {
			return fmt.Sprintf("the declaration of %s %s is not complete: %s", a.Name, a.Version, a.Incomplete)
		}
	}
	return ""
}

// nothingDeclared: an empty declared side makes everything look like nobody's.
func (r *reap) nothingDeclared() bool {
	return len(r.Declaration.Apps) == 0 && (r.Declaration.Register == nil || len(r.Declaration.Register.Apps) == 0)
}

// judge looks for reasons to go, and for what stands against each.
func (r *reap) judge() {
	verdicts := map[inventory.Ref][]Verdict{}
	for _, v := range r.Verdicts {
		verdicts[v.Resource] = append(verdicts[v.Resource], v)
	}
	for n, live := range r.graph.nodes {
		a := r.class[n]
		if a == nil || !r.wants(a) {
			continue
		}
		it := &item{node: n, live: live}
		it.Resource, it.Incarnation, it.Looks = PlaceOf(live, a.Particle), Incarnation(live), ""
		failed := verdicts[live.Ref]
		slices.SortFunc(failed, func(a, b Verdict) int { return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message)) })
		switch {
		case a.Class == owner.Orphan && a.Reason == owner.VersionRetired:
			it.Reason = VersionRetired
		case a.Class == owner.Orphan && a.Reason == owner.ParticleRemoved && !r.Teardown:
			it.Reason = ParticleGone
		case len(failed) > 0 && !r.Teardown:
			it.Reason, it.Rule, it.Detail = NonCompliant, failed[0].Rule, failed[0].Message
		default:
			continue
		}
		it.Looks = Fingerprint(live)
		r.describe(it, a)
		var doubt bool
		if it.Reason == NonCompliant {
			it.refusal.Reason, it.refusal.By = r.mayReapByRule(it, a, failed)
		}
		if it.refusal.Reason == "" {
			it.refusal.Reason, it.refusal.By, doubt = r.stays(it, a)
		}
		it.unknown = doubt
		r.items[n] = it
	}
}

// wants reports whether the plan is about what the attribution is of.
func (r *reap) wants(a *owner.Attribution) bool {
	return (r.App == "" || r.App == a.App) && (r.Environment == "" || r.Environment == a.Environment)
}

// describe says whose the candidate was, and what speaks for and against its going.
func (r *reap) describe(it *item, a *owner.Attribution) {
	it.Evidence = []string{}
	if a.App != "" {
		it.For = &Identity{App: a.App, Environment: a.Environment, Version: a.Version, Particle: a.Particle}
		it.Owner = r.ownerOf(a)
	}
	for _, key := range sortedKeys(it.live.Tags) {
		if it.Owner == "" && slices.Contains([]string{"owner", "owneremail", "contact", "team"}, bare(key)) {
			it.Owner = it.live.Tags[key]
		}
	}
	for _, e := range a.Evidence {
		if e.Rank <= 2 {
			it.Evidence = append(it.Evidence, e.Detail)
		} else {
			it.Against = append(it.Against, e.Detail)
		}
	}
	if it.Rule != "" {
		it.Evidence = append(it.Evidence, "it fails the rule "+it.Rule+": "+it.Detail)
	}
	if price, known := r.Prices[it.live.Ref.Type]; known {
		it.Monthly = &price
	}
}

// ownerOf returns whom the declaration names as the owner: of the version that the resource is
// of, else of the app as it lives on in that environment, else of what it was; "" when nobody.
func (r *reap) ownerOf(a *owner.Attribution) string {
	if app := r.apps[Identity{App: a.App, Environment: a.Environment, Version: a.Version}]; app != nil && app.Owner != "" {
		return app.Owner
	}
	was := ""
	for _, app := range r.Declaration.Apps {
		switch {
		case app.Name != a.App || app.Environment != a.Environment || app.Owner == "":
		case !app.RetiredAt(r.now):
			return app.Owner
		case was == "":
			was = app.Owner
		}
	}
	return was
}

// mayReapByRule is the exception for what is not compliant: nobody's, or a particle that may
// be deleted, and a person who agreed to this rule on this resource.
func (r *reap) mayReapByRule(it *item, a *owner.Attribution, failed []Verdict) (Reason, string) {
	switch a.Class {
	case owner.Unmanaged:
	case owner.Owned:
		p := r.particles[Identity{App: a.App, Environment: a.Environment, Version: a.Version, Particle: a.Particle}]
		if p == nil || p.Resource.Ref.Type != it.live.Ref.Type || !manages(p, inventory.Delete) {
			return NotManaged, string(inventory.Delete)
		}
	default:
		return NotOwned, string(a.Class)
	}
	for _, v := range failed {
		if c, ok := r.consents(it, v.Rule); ok {
			it.Rule, it.Detail, it.consent = v.Rule, v.Message, c
			return "", ""
		}
	}
	return ConsentMissing, "rule " + it.Rule
}

// consents looks for a consent in force: for a rule, one that names it. It notes when that ends.
func (r *reap) consents(it *item, rule string) (string, bool) {
	app := ""
	if it.For != nil {
		app = it.For.App
	}
	for _, c := range r.Consents {
		matches := func(glob, text string) bool { return glob == "" || inventory.MatchGlob(glob, text) }
		id := matches(c.Resource, it.live.Ref.ID) || it.live.ARN != "" && matches(c.Resource, it.live.ARN) || matches(c.Resource, it.live.Ref.String())
		if c.Approver == "" || c.Reason == "" || !r.now.Before(c.Expires) || !matches(c.App, app) || !matches(c.Type, it.live.Ref.Type) || !id {
			continue
		}
		if rule != "" && (c.Rule == "" || !inventory.MatchGlob(c.Rule, rule)) || rule == "" && c.Rule != "" {
			continue
		}
		if it.until.IsZero() || c.Expires.Before(it.until) { // all that are needed must hold
			it.until = c.Expires
		}
		return c.Approver + ": " + c.Reason, true
	}
	return "", false
}

// stays says what keeps a resource, the strongest first; unknown is true when that is a
// doubt, which may be gone in the next run.
func (r *reap) stays(it *item, a *owner.Attribution) (reason Reason, by string, unknown bool) {
	live := it.live
	ref := live.Ref
	switch {
	case ref.Account != r.Account || ref.Partition != r.Partition:
		return OtherAccount, ref.Account, false
	case it.Resource.Elsewhere():
		return OtherAccount, cmp.Or(live.ARN, ref.ID), false
	case !slices.Contains(r.Accounts, ref.Account) && !(len(r.Accounts) == 0 && ref.Account == r.CallerAccount):
		return AccountNot, ref.Account, false
	}
	if by := r.self(live); by != "" {
		return OwnIdentity, by, false
	}
	if by := shield(live, r.Protect); by != "" {
		return Protected, by, false
	}
	if it.For != nil {
		if p := r.particles[*it.For]; p != nil && p.Protect {
			return Protected, "the particle " + p.Name + " is declared with protect", false
		}
	}
	if by := r.keeper(it.node); by != "" {
		return OtherManager, by, false
	}
	if live.Tags == nil {
		return TagsUnread, live.Label(), true
	}
	if by := r.other(it.node); by != "" {
		return AmbiguousMatch, by, false
	}
	if by := r.names.claim(live); by != "" && a.Class != owner.Owned {
		return Claimed, by, false
	}
	for _, s := range r.Live.Stacks {
		for _, m := range s.Members {
			if m.ID == ref.ID && s.Ref.Account == ref.Account && (s.Ref.Region == ref.Region || ref.Region == inventory.GlobalRegion) && m.Type == ref.Type {
				return Claimed, "the stack " + s.Name + " keeps it", false
			}
		}
	}
	if by := r.incomplete(it, a); by != "" {
		return Incomplete, by, true
	}
	if why := r.can(Delete, ref.Type, Change{}); why != "" {
		return Unsupported, why, false
	}
	return "", "", false
}

func (r *reap) can(verb Verb, typ string, change Change) string {
	if r.Can == nil {
		return "there is no code for it"
	}
	return r.Can(verb, typ, change)
}

// stackType is the type of what may keep any resource: only its own listing tells, no tag.
const stackType = "AWS::CloudFormation::Stack"

// Uses returns the types that are known to refer to resources of a type, or to keep them: they
// too must have been read before one is deleted.
func Uses(typ string) []string {
	return append(relation.Referring(typ), stackType)
}

// incomplete says what was not read that could hold an owner or a referrer.
func (r *reap) incomplete(it *item, a *owner.Attribution) string {
	ref := it.live.Ref
	switch {
	case r.undeclared != "":
		return r.undeclared
	case r.unread != "":
		return r.unread
	case !r.Live.Readable(ref.Account, ref.Region, ref.Type):
		return ref.Region + " " + ref.Type + " was not read"
	}
	region := ref.Region
	if region == inventory.GlobalRegion {
		region = ""
		// A role may be used wherever its app may live.
		if app := r.apps[Identity{App: a.App, Environment: a.Environment, Version: a.Version}]; app != nil {
			for _, t := range app.Targets {
				if t.Account == ref.Account && t.Region != "" && !r.Live.Scope.Includes(t.Account, t.Region, "") {
					return t.Region + ", where its app may live, was not read"
				}
			}
		}
	}
	unread := func(typ string) bool {
		return (r.Reads == nil || r.Reads(typ)) && !r.Live.Scope.Includes(ref.Account, region, typ)
	}
	for _, typ := range Uses(ref.Type) {
		if unread(typ) {
			return typ + ", which may refer to it or keep it, was not read"
		}
	}
	for _, by := range r.hidden[ref.Type] {
		near := by.Region == ref.Region || region == "" || by.Region == inventory.GlobalRegion
		if by != ref && by.Account == ref.Account && near {
			return by.String() + ", which may refer to it, was read in part only"
		}
	}
	return ""
}

// aliases are the identifiers that living versions declare and that found no live resource,
// and those that they write themselves, in every spelling.
type aliases map[string][]alias

type alias struct {
	typ string // empty: of any type
	by  string
}

func readAliases(pairs []owner.Pair) aliases {
	all := aliases{}
	for _, p := range pairs {
		if p.Particle == nil || p.Particle.Resource == nil {
			continue
		}
		by := fmt.Sprintf("%s %s declares it as %s", p.Particle.App, p.Particle.Version, p.Particle.Name)
		declared := p.Particle.Resource
		if strings.HasPrefix(p.Particle.ID, "arn:") {
			all.add(p.Particle.ID, "", by)
		}
		all.add(p.Particle.ID, declared.Ref.Type, by)
		all.add(declared.ARN, "", by)
		if len(p.Live) > 0 && p.By != owner.ByIdentifier {
			continue // what it means is found
		}
		t, _ := schema.Lookup(declared.Ref.Type)
		all.add(declared.Ref.ID, declared.Ref.Type, by)
		if id, ok := inventory.Identifier(t, declared.Properties); ok {
			all.add(id, declared.Ref.Type, by)
		}
		all.add(inventory.NameOf(t, declared.Properties, nil), declared.Ref.Type, by)
	}
	return all
}

func (all aliases) add(name, typ, by string) {
	if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
		all[name] = append(all[name], alias{typ, by})
	}
}

// claim says who declares a live resource under one of its names: its id, a part of it, its
// ARN, the last part of that, the name that a property gives it.
func (all aliases) claim(r *inventory.Resource) string {
	if len(all) == 0 {
		return ""
	}
	t, _ := schema.Lookup(r.Ref.Type)
	names := []string{r.Ref.ID, r.ARN, inventory.NameOf(t, r.Properties, nil), r.Ref.ID[strings.LastIndexAny(r.Ref.ID, "/:")+1:]}
	names = append(names, strings.Split(r.Ref.ID, "|")...)
	if r.ARN != "" {
		names = append(names, r.ARN[strings.LastIndexAny(r.ARN, "/:")+1:])
		if parts := strings.SplitN(r.ARN, ":", 6); len(parts) == 6 {
			names = append(names, parts[5])
		}
	}
	for _, name := range names {
		for _, a := range all[strings.ToLower(name)] {
			if a.typ == "" || a.typ == r.Ref.Type {
				return a.by
			}
		}
	}
	return ""
}

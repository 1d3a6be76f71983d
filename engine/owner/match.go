package owner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// The tags that pcf-scan writes on what an app owns.
const (
	TagApp         = "pcf:app"
	TagEnvironment = "pcf:environment"
	TagVersion     = "pcf:version"
	TagParticle    = "pcf:particle"
)

// tagged is what our own tags on a resource say.
type tagged struct {
	place
	version  string
	particle string
}

func readTags(r *inventory.Resource) (t tagged, ok bool) {
	t = tagged{
		place:    place{r.Tags[TagApp], r.Tags[TagEnvironment]},
		version:  r.Tags[TagVersion],
		particle: r.Tags[TagParticle],
	}
	return t, t.app != ""
}

func (t tagged) String() string {
	s := (&version{place: t.place, number: t.version}).String()
	if t.particle == "" {
		return s
	}
	return s + ", particle " + t.particle
}

// world indexes the live resources by every name under which a declaration may mean them.
type world struct {
	all    []*inventory.Resource
	byID   map[typedID][]*inventory.Resource
	byARN  map[string][]*inventory.Resource
	byTags map[tagged][]*inventory.Resource
	// byParticle leaves out the version: where an upgrade in place looks.
	byParticle map[tagged][]*inventory.Resource
	byRef      map[inventory.Ref]*inventory.Resource
	byName     map[typedID][]*inventory.Resource
	byUnique   map[typedID][]*inventory.Resource // see uniqueNames
	// members says which stacks list a resource, under which logical id.
	members map[*inventory.Resource][]member
	byStack map[member][]*inventory.Resource
	gaps    []inventory.Gap // sorted
}

// member is a place in a stack: its logical id and type.
type member struct{ stack, logicalID, typ string }

type typedID struct{ typ, id string }

func readWorld(s *inventory.Snapshot) *world {
	w := &world{
		all: slices.Clone(s.Resources), byID: map[typedID][]*inventory.Resource{}, byARN: map[string][]*inventory.Resource{},
		byTags: map[tagged][]*inventory.Resource{}, byParticle: map[tagged][]*inventory.Resource{},
		byRef: map[inventory.Ref]*inventory.Resource{}, byName: map[typedID][]*inventory.Resource{},
		byUnique: map[typedID][]*inventory.Resource{},
		members:  map[*inventory.Resource][]member{}, byStack: map[member][]*inventory.Resource{},
	}
	slices.SortStableFunc(w.all, inventory.CompareResources)
	w.gaps = slices.Clone(s.Gaps)
	slices.SortFunc(w.gaps, inventory.CompareGaps)
	for _, r := range w.all {
		w.byRef[r.Ref] = r
		if r.Name != "" {
			w.byName[typedID{r.Ref.Type, r.Name}] = append(w.byName[typedID{r.Ref.Type, r.Name}], r)
		}
		if name := uniqueName(r); name != "" {
			w.byUnique[typedID{r.Ref.Type, name}] = append(w.byUnique[typedID{r.Ref.Type, name}], r)
		}
		key := idKey(r.Ref.Type, r.Ref.ID)
		w.byID[key] = append(w.byID[key], r)
		if r.ARN != "" {
			w.byARN[r.ARN] = append(w.byARN[r.ARN], r)
		}
		if t, ok := readTags(r); ok && t.particle != "" {
			w.byTags[t] = append(w.byTags[t], r)
			t.version = ""
			w.byParticle[t] = append(w.byParticle[t], r)
		}
	}
	for _, s := range s.Stacks {
		for _, m := range s.Members {
			at := member{s.Name, m.LogicalID, m.Type}
			for _, r := range within(w.find(m.Type, m.ID), inventory.Target{Account: s.Ref.Account, Region: s.Ref.Region}) {
				if !slices.Contains(w.members[r], at) {
					w.members[r] = append(w.members[r], at)
					w.byStack[at] = append(w.byStack[at], r)
				}
			}
		}
	}
	for r := range w.members {
		slices.SortFunc(w.members[r], func(a, b member) int {
			return cmp.Or(cmp.Compare(a.stack, b.stack), cmp.Compare(a.logicalID, b.logicalID))
		})
	}
	return w
}

// caseless are the services that take two spellings of an identifier for the same one.
var caseless = []string{"AWS::RDS::", "AWS::DocDB::", "AWS::Neptune::", "AWS::ElastiCache::", "AWS::Redshift::", "AWS::IAM::"}

func idKey(typ, id string) typedID {
	if slices.ContainsFunc(caseless, func(s string) bool { return strings.HasPrefix(typ, s) }) {
		id = strings.ToLower(id)
	}
	return typedID{typ, id}
}

// find returns the live resources of a type that an identifier as people write it means:
// the plain identifier, an ARN, or a full ref.
func (w *world) find(typ, id string) []*inventory.Resource {
	if found := w.byID[idKey(typ, id)]; len(found) > 0 {
		return found
	}
	ofType := func(list []*inventory.Resource) (found []*inventory.Resource) {
		for _, r := range list {
			if r.Ref.Type == typ {
				found = append(found, r)
			}
		}
		return found
	}
	if found := ofType(w.byARN[id]); len(found) > 0 {
		return found
	}
	ref, err := inventory.ParseRef(id)
	if err != nil || ref.Type != typ {
		return nil
	}
	var found []*inventory.Resource
	for _, r := range w.byID[idKey(typ, ref.ID)] {
		if agrees(ref.Partition, r.Ref.Partition) && agrees(ref.Account, r.Ref.Account) && agrees(ref.Region, r.Ref.Region) {
			found = append(found, r)
		}
	}
	return found
}

// uniqueNames are the properties that name one resource of an account and region, of types
// whose identifier AWS assigns (an ARN, an address) and no declaration can say. Source: the API
// references, where a creation under a name that exists fails or returns what exists.
var uniqueNames = map[string]string{
	"AWS::Batch::ComputeEnvironment":            "ComputeEnvironmentName",
	"AWS::Batch::JobQueue":                      "JobQueueName",
	"AWS::ElasticLoadBalancingV2::LoadBalancer": "Name",
	"AWS::ElasticLoadBalancingV2::TargetGroup":  "Name",
	"AWS::IAM::ManagedPolicy":                   "ManagedPolicyName",
	"AWS::SNS::Topic":                           "TopicName",
	"AWS::SQS::Queue":                           "QueueName",
	"AWS::SecretsManager::Secret":               "Name",
	"AWS::StepFunctions::StateMachine":          "StateMachineName",
}

// uniqueName returns the name that means the resource and no other; empty when it has none.
func uniqueName(r *inventory.Resource) string {
	name, _ := r.Properties[uniqueNames[r.Ref.Type]].(string)
	return name
}

// declaredAs returns the live resources that the identifier or the unique name in the
// properties of a particle means.
func (w *world) declaredAs(p *inventory.Particle, t inventory.Target) []*inventory.Resource {
	if p.Resource.Ref.ID != "" {
		return within(w.byID[idKey(p.Resource.Ref.Type, p.Resource.Ref.ID)], t)
	}
	if name := uniqueName(p.Resource); name != "" {
		return within(w.byUnique[typedID{p.Resource.Ref.Type, name}], t)
	}
	return nil
}

// agrees compares a part of a ref; an empty part says nothing.
func agrees(a, b string) bool { return a == "" || b == "" || a == b }

// within keeps the resources that lie in a target. Resources without a region belong to
// every region of their account.
func within(list []*inventory.Resource, t inventory.Target) []*inventory.Resource {
	var in []*inventory.Resource
	for _, r := range list {
		if agrees(t.Account, r.Ref.Account) && (agrees(t.Region, r.Ref.Region) || r.Ref.Region == inventory.GlobalRegion) {
			in = append(in, r)
		}
	}
	return in
}

// ending are lifecycle states of what is going or gone and still listed for a while.
// KMS and Secrets Manager keep what was deleted for days.
var ending = []string{"terminated", "shutting-down", "deleting", "deleted", "pendingdeletion", "pendingreplicadeletion"}

func isEnding(r *inventory.Resource) bool {
	return slices.Contains(ending, strings.ToLower(r.State))
}

func alive(list []*inventory.Resource) []*inventory.Resource {
	return slices.DeleteFunc(slices.Clone(list), isEnding)
}

// living leaves out what is going or gone, unless nothing else is there: an instance that
// was replaced must not make its successor ambiguous, and of one without a successor its
// state is what drift reports.
func living(list []*inventory.Resource) []*inventory.Resource {
	if left := alive(list); len(left) > 0 {
		return left
	}
	return list
}

// gap returns the first gap of the inventory that may hide a resource of a type there. An
// empty account or region may be any. Types without regions hide in global gaps only.
func (w *world) gap(t inventory.Target, typ string) (inventory.Gap, bool) {
	global := inventory.IsGlobal(typ)
	if global {
		t.Region = inventory.GlobalRegion
	}
	i := slices.IndexFunc(w.gaps, func(g inventory.Gap) bool {
		return g.Covers(t.Account, t.Region, typ) && (global || g.Region != inventory.GlobalRegion)
	})
	if i < 0 {
		return inventory.Gap{}, false
	}
	return w.gaps[i], true
}

func ofType(list []*inventory.Resource, typ string) []*inventory.Resource {
	var found []*inventory.Resource
	for _, r := range list {
		if r.Ref.Type == typ {
			found = append(found, r)
		}
	}
	return found
}

func placeOfParticle(p *inventory.Particle) place { return place{p.App, p.Environment} }

func compareParticles(a, b *inventory.Particle) int {
	return cmp.Or(
		cmp.Compare(a.App, b.App), cmp.Compare(a.Environment, b.Environment), compareVersions(a.Version, b.Version),
		cmp.Compare(a.Stack, b.Stack), cmp.Compare(a.Name, b.Name), inventory.CompareResources(a.Resource, b.Resource),
	)
}

// compareVersions orders by release where both are version numbers, then by text.
func compareVersions(a, b string) int {
	if a == b {
		return 0
	}
	order, _ := inventory.CompareVersions(a, b)
	return cmp.Or(order, cmp.Compare(a, b))
}

// doubt is why a resource was not taken for an upgrade in place.
type doubt struct {
	reason string // one of the reasons of a class
	detail string
}

// pairs finds the live side of every particle of an active version, and what was left alone
// although it might be one.
func pairs(a *apps, w *world, records records) ([]*Pair, map[*inventory.Resource]doubt) {
	var all []*Pair
	for _, v := range a.versions {
		if v.status != active {
			continue
		}
		for _, p := range v.particles {
			for _, t := range targets(p) {
				all = append(all, &Pair{Particle: p, Target: t})
			}
		}
	}
	slices.SortFunc(all, func(a, b *Pair) int {
		return cmp.Or(compareParticles(a.Particle, b.Particle), cmp.Compare(a.Target.Account, b.Target.Account), cmp.Compare(a.Target.Region, b.Target.Region))
	})
	for _, p := range all {
		p.matchExact(w, records)
	}
	taken := map[*inventory.Resource]bool{}
	for _, p := range all {
		for _, r := range p.Live {
			taken[r] = true
		}
	}
	for _, p := range slices.Backward(all) { // a stack holds one version: the newest that nothing else found
		p.matchStack(w, taken)
	}
	left := matchUpgrades(a, w, all)
	for _, p := range all {
		if len(p.Live) == 0 {
			p.matchIdentifier(w, left)
		}
		if len(p.Live) > 0 {
			p.Doubt = ""
		}
		p.Applied = records.of(p)
		p.sayVersion()
	}
	doubtLostTags(w, all)
	return all, left
}

// doubtLostTags marks particles without a match where a resource of their type and app, which
// nothing else is matched with, has lost its environment or particle tag: it may be theirs, and
// a second one must not be made.
func doubtLostTags(w *world, all []*Pair) {
	taken := map[*inventory.Resource]bool{}
	for _, p := range all {
		for _, r := range p.Live {
			taken[r] = true
		}
	}
	halfTagged := map[typedID][]*inventory.Resource{} // by type and app
	for _, r := range w.all {
		if t, ok := readTags(r); ok && (t.environment == "" || t.particle == "") && !taken[r] && !isEnding(r) {
			key := typedID{r.Ref.Type, t.app}
			halfTagged[key] = append(halfTagged[key], r)
		}
	}
	for _, p := range all {
		if len(p.Live) > 0 || p.Doubt != "" || p.Conflict != "" || p.Particle.App == "" {
			continue
		}
		for _, r := range within(halfTagged[typedID{p.Particle.Resource.Ref.Type, p.Particle.App}], p.Target) {
			t, _ := readTags(r)
			lostParticle := t.particle == "" && t.environment == p.Particle.Environment
			lostEnvironment := t.particle == p.Particle.Name && t.environment == ""
			if lostParticle || lostEnvironment {
				p.Doubt = TagsIncomplete
			}
		}
	}
}

// targets returns where a particle is expected. A type without regions is expected once
// in an account, and a particle without targets once in the scope.
func targets(p *inventory.Particle) []inventory.Target {
	list := slices.Clone(p.Targets)
	if inventory.IsGlobal(p.Resource.Ref.Type) {
		for i := range list {
			list[i].Region = inventory.GlobalRegion
		}
	}
	slices.SortFunc(list, func(a, b inventory.Target) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	if list = slices.Compact(list); len(list) == 0 {
		return []inventory.Target{{}}
	}
	return list
}

// matchExact looks for the written id, then for what our record names, then for all four
// tags. An id and a record are the stronger word: when they name one resource and the tags
// stand on another, the pair keeps what they name and says so.
func (p *Pair) matchExact(w *world, records records) {
	typ := p.Particle.Resource.Ref.Type
	identity := tagged{placeOfParticle(p.Particle), p.Particle.Version, p.Particle.Name}
	var byTags []*inventory.Resource
	if p.Particle.App != "" {
		byTags = living(within(ofType(w.byTags[identity], typ), p.Target))
	}
	if p.Particle.ID != "" {
		byID := within(w.find(typ, p.Particle.ID), p.Target)
		if other := without(byTags, byID); len(other) > 0 {
			p.Conflict = "the declaration writes id " + p.Particle.ID + ", and the owner tags stand on " + names(other)
		}
		if len(byID) > 0 {
			p.Live, p.By = byID, ByID
			return
		}
	}
	if r := records.live(w, p); r != nil && (!isEnding(r) || len(byTags) == 0) {
		if other := without(byTags, []*inventory.Resource{r}); len(other) > 0 {
			p.Conflict = "it was applied to " + r.Ref.ID + ", and the owner tags stand on " + names(other)
		}
		p.Live, p.By = []*inventory.Resource{r}, ByRecord
		return
	}
	if len(byTags) > 0 {
		p.Live, p.By = byTags, ByTag
	}
}

// matchStack looks in the listing of the stack that the particle is declared for, for what
// is not taken.
func (p *Pair) matchStack(w *world, taken map[*inventory.Resource]bool) {
	if len(p.Live) > 0 || p.Particle.ID != "" || p.Particle.Stack == "" {
		return
	}
	found := living(within(w.byStack[memberOf(p.Particle)], p.Target))
	found = slices.DeleteFunc(slices.Clone(found), func(r *inventory.Resource) bool { return taken[r] })
	if len(found) == 1 {
		p.Live, p.By = found, ByStack
		taken[found[0]] = true
	}
}

func memberOf(p *inventory.Particle) member {
	return member{p.Stack, cmp.Or(p.Resource.LogicalID, p.Name), p.Resource.Ref.Type}
}

// records are what was applied, by particle.
type records map[tagged][]*inventory.Applied

func readRecords(list []inventory.Applied) records {
	all := records{}
	for i := range list {
		key := recordKey(&list[i])
		all[key] = append(all[key], &list[i])
	}
	for _, of := range all {
		slices.SortFunc(of, func(a, b *inventory.Applied) int {
			return cmp.Or(a.Ref.Compare(b.Ref), cmp.Compare(a.Incarnation, b.Incarnation))
		})
	}
	return all
}

func recordKey(a *inventory.Applied) tagged {
	return tagged{place{a.App, a.Environment}, a.Version, a.Particle}
}

// there returns the records of one particle that lie where a pair is expected.
func (all records) there(p *Pair, version string) []*inventory.Applied {
	var found []*inventory.Applied
	for _, a := range all[tagged{placeOfParticle(p.Particle), version, p.Particle.Name}] {
		if a.Ref.Type == p.Particle.Resource.Ref.Type && agrees(p.Target.Account, a.Ref.Account) && (agrees(p.Target.Region, a.Ref.Region) || a.Ref.Region == inventory.GlobalRegion) {
			found = append(found, a)
		}
	}
	return found
}

// live returns the resource that the particle was applied to, when it still lives.
func (all records) live(w *world, p *Pair) *inventory.Resource {
	for _, a := range all.there(p, p.Particle.Version) {
		if r := w.byRef[a.Ref]; r != nil && a.Names(r) {
			return r
		}
	}
	return nil
}

// of returns the record to compare a pair with: one about the very resource that was found,
// also when an earlier version applied it; without a match the particle's own.
func (all records) of(p *Pair) *inventory.Applied {
	own := all.there(p, p.Particle.Version)
	if len(p.Live) == 0 {
		if len(own) > 0 {
			return own[0]
		}
		return nil
	}
	if len(p.Live) > 1 {
		return nil
	}
	if p.LiveVersion == "" {
		if t, ok := readTags(p.Live[0]); ok && t.version != p.Particle.Version {
			own = append(slices.Clone(own), all.there(p, t.version)...)
		}
	}
	for _, a := range own {
		if a.Names(p.Live[0]) {
			return a
		}
	}
	return nil
}

func without(list, others []*inventory.Resource) []*inventory.Resource {
	return slices.DeleteFunc(slices.Clone(list), func(r *inventory.Resource) bool { return slices.Contains(others, r) })
}

func names(list []*inventory.Resource) string {
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.Ref.ID
	}
	slices.Sort(ids)
	return strings.Join(ids, ", ")
}

// matchUpgrades gives what another version left behind to an active version that declares
// the particle and has no match of its own: an upgrade in place. What an active version
// itself declares is that version's own. Where several active versions could take a
// resource, the next newer one does.
//
// It takes nothing in doubt, and returns what it left alone: what a version that the
// register has as active may own, and what stands where a gap may hide the real match.
func matchUpgrades(a *apps, w *world, all []*Pair) map[*inventory.Resource]doubt {
	left := map[*inventory.Resource]doubt{}
	open := map[tagged][]*Pair{}
	for _, p := range all {
		if len(p.Live) == 0 && p.Particle.App != "" && p.Conflict == "" {
			key := tagged{place: placeOfParticle(p.Particle), particle: p.Particle.Name}
			open[key] = append(open[key], p)
		}
	}
	taken := map[*Pair][]*inventory.Resource{}
	for key, waiting := range open {
		for _, r := range w.byParticle[key] {
			tags, _ := readTags(r)
			if v := a.versions[versionKey{tags.place, tags.version}]; v != nil && v.status == active && v.particle(tags.particle) != nil {
				continue
			}
			p := successor(waiting, r, tags.version)
			if p == nil || isEnding(r) {
				continue
			}
			if a.registeredActive(tags.place, tags.version) {
				left[r] = doubt{NotDeclared, fmt.Sprintf("the register has %s as active, and no declaration of it with %s was found",
					&version{place: tags.place, number: tags.version}, tags.particle)}
				p.Doubt = NotDeclared
				continue
			}
			if g, hidden := w.gap(p.Target, r.Ref.Type); hidden {
				left[r] = doubt{InventoryIncomplete, fmt.Sprintf("%s may have a resource of its own that could not be read (%s)", describeParticle(p.Particle), g.Reason)}
				if p.Doubt == "" {
					p.Doubt = string(g.Reason)
				}
				continue
			}
			taken[p] = append(taken[p], r)
		}
	}
	for p, list := range taken {
		p.Live, p.By = list, ByUpgrade
	}
	return left
}

// successor picks the pair of the version that follows number, among those that may hold
// the resource; the newest when none is newer.
func successor(waiting []*Pair, r *inventory.Resource, number string) *Pair {
	var best *Pair
	for _, p := range waiting { // in the order of versions
		if p.Particle.Resource.Ref.Type != r.Ref.Type || p.Particle.ID != "" || len(within([]*inventory.Resource{r}, p.Target)) == 0 {
			continue
		}
		if best != nil && compareVersions(best.Particle.Version, number) > 0 {
			break
		}
		best = p
	}
	return best
}

// matchIdentifier looks for the identifier that stands in the declared properties.
func (p *Pair) matchIdentifier(w *world, left map[*inventory.Resource]doubt) {
	if p.Particle.ID != "" {
		return
	}
	found := living(w.declaredAs(p.Particle, p.Target))
	found = slices.DeleteFunc(slices.Clone(found), func(l *inventory.Resource) bool { return left[l].reason == NotDeclared })
	if len(found) > 0 {
		p.Live, p.By = found, ByIdentifier
	}
}

// sayVersion notes when the match carries the tags of another version of the same app.
func (p *Pair) sayVersion() {
	if len(p.Live) != 1 || p.Particle.App == "" {
		return
	}
	if t, ok := readTags(p.Live[0]); ok && t.place == placeOfParticle(p.Particle) && t.version != p.Particle.Version {
		p.LiveVersion = t.version
	}
}

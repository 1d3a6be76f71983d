package owner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Attribute says whose every live resource is and which live resource every active
// particle means. It fills Resource.Owned of the live resources and changes nothing else;
// calling it again gives the same answer.
func Attribute(in Input) *Result {
	if in.Declaration == nil {
		in.Declaration = &inventory.Declaration{}
	}
	if in.Live == nil {
		in.Live = &inventory.Snapshot{}
	}
	a := readApps(in.Declaration, in.Now)
	w := readWorld(in.Live)
	records := readRecords(in.Applied)
	j := &judge{apps: a, world: w, of: map[*inventory.Resource]*Attribution{}}
	j.pairs, j.left = pairs(a, w, records)
	j.collectRecords(records)
	j.collect()
	j.collectInputs(in.Declaration)
	for _, r := range w.all {
		j.of[r] = j.resource(r)
	}
	done := map[*inventory.Resource]bool{}
	for _, r := range w.all {
		j.inherit(r, done)
	}
	j.useAlone()

	result := &Result{Gaps: a.gaps}
	for _, r := range w.all {
		x := j.of[r]
		slices.SortStableFunc(x.Evidence, func(a, b Evidence) int {
			return cmp.Or(cmp.Compare(order(a.Rank), order(b.Rank)), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Detail, b.Detail))
		})
		x.Evidence = slices.Compact(x.Evidence)
		r.Owned = inventory.Ownership{Class: string(x.Class), App: x.App, Environment: x.Environment, Version: x.Version, Particle: x.Particle}
		result.Attributions = append(result.Attributions, x)
	}
	for _, p := range j.pairs {
		if len(p.Live) == 1 && p.Conflict == "" && j.of[p.Live[0]].Class == Contested {
			p.Conflict = bothClaims(j.of[p.Live[0]])
		}
		result.Pairs = append(result.Pairs, *p)
	}
	result.Pairs = append(result.Pairs, inputPairs(in.Declaration, a, w)...)
	return result
}

// bothClaims quotes the claims that disagree.
func bothClaims(x *Attribution) string {
	var claims []string
	for _, e := range x.Evidence {
		if e.Rank > 0 && e.Source != "owner-tag" && e.Source != "manager" {
			claims = append(claims, e.Detail)
		}
	}
	return strings.Join(claims, ", but ")
}

// order puts claims by rank and facts, which have none, after them.
func order(rank int) int {
	if rank == 0 {
		return 100
	}
	return rank
}

// judge weighs the claims on each resource.
type judge struct {
	apps  *apps
	world *world
	pairs []*Pair
	of    map[*inventory.Resource]*Attribution
	left  map[*inventory.Resource]doubt // what might be an upgrade in place and was not taken

	written    map[*inventory.Resource][]*inventory.Particle // by `id:` of living versions
	applied    map[*inventory.Resource][]*inventory.Particle // by our record, of living versions
	stacked    map[*inventory.Resource][]*inventory.Particle // by the listing of a stack, of living versions
	recorded   map[*inventory.Resource][]tagged              // by our record, of any version
	formerly   map[*inventory.Resource][]*inventory.Particle // by `id:` of ended versions
	upgraded   map[*inventory.Resource]*inventory.Particle   // case 2: the particle that took it over
	identified map[*inventory.Resource][]*inventory.Particle // by identifiers in properties
	inputs     map[*inventory.Resource][]string              // as an input: the sentences that say so
	disputed   map[*inventory.Resource]string                // its tags name a particle whose id is another's
}

// collect finds the claims that start from the declared side.
func (j *judge) collect() {
	j.written, j.formerly = map[*inventory.Resource][]*inventory.Particle{}, map[*inventory.Resource][]*inventory.Particle{}
	j.applied, j.stacked = map[*inventory.Resource][]*inventory.Particle{}, map[*inventory.Resource][]*inventory.Particle{}
	j.upgraded = map[*inventory.Resource]*inventory.Particle{}
	j.identified = map[*inventory.Resource][]*inventory.Particle{}
	j.disputed = map[*inventory.Resource]string{}

	for _, p := range j.pairs {
		switch p.By {
		case ByID:
			for _, r := range p.Live {
				j.written[r] = append(j.written[r], p.Particle)
			}
		case ByRecord:
			j.applied[p.Live[0]] = append(j.applied[p.Live[0]], p.Particle)
		case ByUpgrade:
			for _, r := range p.Live {
				j.upgraded[r] = p.Particle
			}
		}
		if p.Particle.Stack != "" && p.Particle.App != "" {
			for _, r := range within(j.world.byStack[memberOf(p.Particle)], p.Target) {
				j.stacked[r] = append(j.stacked[r], p.Particle)
			}
		}
		if p.Conflict != "" {
			identity := tagged{placeOfParticle(p.Particle), p.Particle.Version, p.Particle.Name}
			for _, r := range without(within(ofType(j.world.byTags[identity], p.Particle.Resource.Ref.Type), p.Target), j.byWord(p)) {
				j.disputed[r] = p.Conflict
			}
		}
		// What the properties name is a claim also where a better match was found.
		if p.Particle.ID == "" {
			for _, r := range j.world.declaredAs(p.Particle, p.Target) {
				j.identified[r] = append(j.identified[r], p.Particle)
			}
		}
	}
	for _, v := range j.apps.versions {
		if v.status != retired {
			continue
		}
		for _, p := range v.particles {
			if p.ID == "" {
				continue
			}
			for _, t := range targets(p) {
				for _, r := range within(j.world.find(p.Resource.Ref.Type, p.ID), t) {
					j.formerly[r] = append(j.formerly[r], p)
				}
			}
		}
	}
	for _, list := range []map[*inventory.Resource][]*inventory.Particle{j.written, j.applied, j.stacked, j.formerly, j.identified} {
		for r := range list {
			slices.SortFunc(list[r], compareParticles)
			list[r] = slices.Compact(list[r])
		}
	}
}

// collectRecords finds what every record names, whether or not its version lives.
func (j *judge) collectRecords(all records) {
	j.recorded = map[*inventory.Resource][]tagged{}
	for key, list := range all {
		for _, a := range list {
			if r := j.world.byRef[a.Ref]; r != nil && a.Names(r) {
				j.recorded[r] = append(j.recorded[r], key)
			}
		}
	}
	for r := range j.recorded {
		slices.SortFunc(j.recorded[r], func(a, b tagged) int {
			return cmp.Or(cmp.Compare(a.app, b.app), cmp.Compare(a.environment, b.environment), compareVersions(a.version, b.version), cmp.Compare(a.particle, b.particle))
		})
		j.recorded[r] = slices.Compact(j.recorded[r])
	}
}

// collectInputs finds the shared resources that apps pass in. An app that has ended needs
// none any more.
func (j *judge) collectInputs(d *inventory.Declaration) {
	j.inputs = map[*inventory.Resource][]string{}
	for _, app := range d.Apps {
		v := j.apps.versions[versionKey{place{app.Name, app.Environment}, app.Version}]
		if v.status == retired {
			continue
		}
		for _, in := range app.Inputs {
			if in.ID == "" {
				continue
			}
			for _, r := range j.world.find(in.Type, in.ID) {
				j.inputs[r] = append(j.inputs[r], fmt.Sprintf("%s takes it as its input %s", v, in.Name))
			}
		}
	}
}

// byWord returns what the declaration or our record names.
func (j *judge) byWord(p *Pair) []*inventory.Resource {
	if p.By == ByRecord {
		return p.Live
	}
	return within(j.world.find(p.Particle.Resource.Ref.Type, p.Particle.ID), p.Target)
}

// resource decides the class of one resource: first match wins, strongest claim first.
func (j *judge) resource(r *inventory.Resource) *Attribution {
	x := &Attribution{Resource: r}
	j.describe(x)
	switch {
	case isEnding(r): // whoever it was of
		x.Class, x.Reason = Foreign, Ending
		x.add(0, "state", "it is %s: it goes away by itself", r.State)
	case j.byID(x):
	case r.Foreign != "":
		x.Class = Foreign
		if len(j.inputs[r]) > 0 {
			x.Class = Shared
		}
	case j.byStack(x):
	case r.Tags == nil && len(j.inputs[r]) == 0:
		x.Class, x.Reason = Unknown, TagsUnread
	case j.byTags(x):
		j.shield(x)
	case len(j.inputs[r]) > 0:
		x.Class = Shared
	case j.byWeakClaim(x):
	case manager(r) != "" || len(j.world.members[r]) > 0:
		x.Class, x.Reason = Foreign, StillManaged
	default:
		x.Class = Unmanaged
		for _, app := range j.apps.namedLike(r) {
			x.add(10, "name", "its name begins like the app %s", app)
		}
	}
	return x
}

func (x *Attribution) add(rank int, source, format string, args ...any) {
	x.Evidence = append(x.Evidence, Evidence{Source: source, Rank: rank, Detail: fmt.Sprintf(format, args...)})
}

func (x *Attribution) own(class Class, p *inventory.Particle, reason string) {
	x.Class, x.Reason = class, reason
	x.App, x.Environment, x.Version, x.Particle = p.App, p.Environment, p.Version, p.Name
}

func (x *Attribution) ownTagged(class Class, t tagged, reason string) {
	x.Class, x.Reason = class, reason
	x.App, x.Environment, x.Version, x.Particle = t.app, t.environment, t.version, t.particle
}

// describe writes down every claim, whether or not it will decide.
func (j *judge) describe(x *Attribution) {
	r := x.Resource
	for _, p := range j.written[r] {
		if p.Recorded != "" {
			x.add(4, "terraform", "%s has it in its state%s", describeParticle(p), declaredAt(p))
			continue
		}
		x.add(1, "id", "%s names it by id%s", describeParticle(p), declaredAt(p))
	}
	for _, t := range j.recorded[r] {
		x.add(1, "record", "it was applied as %s", t)
	}
	for _, m := range j.world.members[r] {
		x.add(3, "stack", "the CloudFormation stack %s lists it as %s", m.stack, m.logicalID)
	}
	for _, p := range j.formerly[r] {
		x.add(1, "id", "%s, which has ended, names it by id%s", describeParticle(p), declaredAt(p))
	}
	if r.Tags == nil {
		x.add(0, "tags", "its tags could not be read")
	}
	if t, ok := readTags(r); ok {
		x.add(2, "tag", "its tags name %s", t)
	}
	if s := j.disputed[r]; s != "" {
		x.add(1, "id", "%s", s)
	}
	if m := manager(r); m != "" {
		x.add(5, "manager", "%s", m)
	}
	for _, s := range ownerTags(r) {
		x.add(7, "owner-tag", "%s", s)
	}
	for _, p := range j.identified[r] {
		x.add(8, "identifier", "the properties of %s name it%s", describeParticle(p), declaredAt(p))
	}
	for _, s := range j.inputs[r] {
		x.add(0, "input", "%s", s)
	}
	if r.Foreign != "" {
		x.add(0, "default", "%s", r.Foreign)
	}
}

func describeParticle(p *inventory.Particle) string {
	if p.App == "" {
		return p.Name
	}
	return p.Name + " of " + (&version{place: placeOfParticle(p), number: p.Version}).String()
}

func declaredAt(p *inventory.Particle) string {
	if s := p.Resource.Position.String(); s != "" {
		return " (" + s + ")"
	}
	return ""
}

// byID decides by written ids and by records of living versions, the strongest claims.
func (j *judge) byID(x *Attribution) bool {
	r := x.Resource
	claims := slices.Concat(j.written[r], j.applied[r])
	if len(claims) == 0 {
		return false
	}
	slices.SortFunc(claims, compareParticles)
	for _, p := range j.stacked[r] {
		if placeOfParticle(p) != placeOfParticle(claims[len(claims)-1]) && claims[len(claims)-1].App != "" {
			x.own(Contested, claims[len(claims)-1], ClaimsDisagree)
			return true
		}
	}
	t, hasTags := readTags(r)
	hasTags = hasTags && t.particle != "" && j.counts(r, t)
	best := claims[len(claims)-1] // the newest version
	for _, p := range claims {
		if hasTags && t == (tagged{placeOfParticle(p), p.Version, p.Name}) {
			best = p
		}
	}
	x.own(Owned, best, "")
	if best.App == "" {
		x.Class, x.Reason = Attributed, NoApp
	}
	for _, p := range claims {
		if p.Name != best.Name || placeOfParticle(p) != placeOfParticle(best) {
			x.Class, x.Reason = Contested, ClaimsDisagree
		}
	}
	if !hasTags {
		return true
	}
	// The tags agree when they name the same particle, or one that the app has given up.
	renamed := t.particle != best.Name && len(j.apps.activeWith(t.place, t.particle)) > 0
	if t.place != placeOfParticle(best) || renamed {
		x.Class, x.Reason = Contested, ClaimsDisagree
	}
	if x.Class == Owned && t.version != best.Version {
		x.LiveVersion, x.Reason = versionText(t.version), VersionSkew
	}
	return true
}

// byStack decides by the listing of a stack that an app declares. What the resource's own
// tags say of the same app is more exact; what they say of another one is a dispute.
func (j *judge) byStack(x *Attribution) bool {
	claims := j.stacked[x.Resource]
	if len(claims) == 0 {
		return false
	}
	best := claims[len(claims)-1] // the newest version
	t, tagged := readTags(x.Resource)
	other := slices.ContainsFunc(claims, func(p *inventory.Particle) bool { return placeOfParticle(p) != placeOfParticle(best) })
	switch {
	case other, tagged && t.place != placeOfParticle(best) && j.counts(x.Resource, t):
		x.own(Contested, best, ClaimsDisagree)
		return true
	case tagged && t.place == placeOfParticle(best) && len(j.apps.activeWith(t.place, t.particle)) > 0 && x.Resource.Tags != nil:
		return false
	}
	x.own(Owned, best, OfStack)
	return true
}

// versionText names a version that is not there.
func versionText(number string) string { return cmp.Or(number, "(none)") }

// counts reports whether a tag claim counts: services copy tags to volumes, snapshots,
// interfaces and tasks, so the type must be the one that the particle is declared with.
// Where nothing declares the particle any more, nothing speaks against the tags.
func (j *judge) counts(r *inventory.Resource, t tagged) bool {
	types := j.apps.declaredTypes(t.place, t.version, t.particle)
	return len(types) == 0 || slices.Contains(types, r.Ref.Type)
}

// byTags decides by our own tags, or by the id that an ended version wrote: the five
// cases of "which version?", in their order.
func (j *judge) byTags(x *Attribution) bool {
	r := x.Resource
	t, ok := readTags(r)
	switch before := j.recorded[r]; {
	case ok:
		for _, was := range before {
			if was.place != t.place && t.particle != "" {
				x.ownTagged(Contested, t, ClaimsDisagree)
				return true
			}
		}
	case r.Tags == nil:
		return false
	case len(j.formerly[r]) > 0:
		p := j.formerly[r][len(j.formerly[r])-1]
		t = tagged{placeOfParticle(p), p.Version, p.Name}
	case len(before) > 0: // its tags were taken away
		t = before[len(before)-1]
		if before[0].place != t.place {
			x.ownTagged(Contested, t, ClaimsDisagree)
			return true
		}
	default:
		return false
	}
	if !j.apps.known(t.place) {
		x.ownTagged(Unknown, t, AppUnknown)
		x.add(0, "declaration", "neither a declaration nor the register knows %s", t.place)
		return true
	}
	if t.particle == "" {
		x.ownTagged(Attributed, t, IncompleteTags)
		x.add(0, "tag", "the tag %s is missing, so it is not known which particle it is", TagParticle)
		return true
	}
	if !j.counts(r, t) {
		x.ownTagged(Attributed, t, CopiedTags)
		x.add(0, "declaration", "%s is declared with another type (%s): the tags were copied", t.particle,
			strings.Join(j.apps.declaredTypes(t.place, t.version, t.particle), ", "))
		return true
	}
	if s := j.apps.absent(t.place); s != "" {
		x.ownTagged(Unknown, t, NotDeclared)
		x.add(0, "register", "%s", s)
		return true
	}
	if j.disputed[r] != "" {
		x.ownTagged(Contested, t, ClaimsDisagree)
		return true
	}
	j.whichVersion(x, t)
	return true
}

func (j *judge) whichVersion(x *Attribution, t tagged) {
	r := x.Resource
	v := j.apps.versions[versionKey{t.place, t.version}]
	state, why := j.apps.judge(t.place, t.version)
	x.add(0, "declaration", "%s", why)

	// 1. Its version lives and declares it.
	if state == active && v != nil {
		if p := v.particle(t.particle); p != nil {
			x.own(Owned, p, "")
			if !j.inTarget(r, p) {
				x.Reason = OutsideTargets
				x.add(0, "declaration", "it lies outside the targets of %s", v)
			}
			return
		}
	}
	// 2. A living version declares it and has nothing better: an upgrade in place.
	if p := j.upgraded[r]; p != nil {
		x.own(Owned, p, VersionSkew)
		x.LiveVersion = versionText(t.version)
		x.add(0, "declaration", "%s is active, declares it and has no resource with its own tags", describeParticle(p))
		return
	}
	if d, is := j.left[r]; is {
		x.ownTagged(Unknown, t, d.reason)
		x.add(0, "declaration", "%s", d.detail)
		return
	}
	// From here on a particle that nobody read could change the answer.
	if why := j.apps.doubt(t.place); why != "" {
		x.ownTagged(Unknown, t, NotComplete)
		x.add(0, "declaration", "%s", why)
		return
	}
	switch {
	// 3. Its version has ended, or lives and has dropped it.
	case state == retired:
		x.ownTagged(Orphan, t, VersionRetired)
	case state == active && v != nil:
		x.ownTagged(Orphan, t, ParticleRemoved)
		x.add(0, "declaration", "its declaration was read completely and has no %s", t.particle)
	case state == active:
		// The register's word without a declaration; absent has caught it already.
		x.ownTagged(Unknown, t, NotDeclared)
	// 4. The app is known and the version is not: 5, an app that is not known, came first.
	default:
		x.ownTagged(StaleVersion, t, "")
	}
}

func (j *judge) inTarget(r *inventory.Resource, p *inventory.Particle) bool {
	return slices.ContainsFunc(targets(p), func(t inventory.Target) bool {
		return len(within([]*inventory.Resource{r}, t)) > 0
	})
}

// shield takes a verdict back that another claim speaks against: nothing that anybody
// living points at is an orphan, and what AWS or a stack keeps is not ours to judge.
func (j *judge) shield(x *Attribution) {
	r := x.Resource
	leftover := x.Class == Orphan || x.Class == StaleVersion
	switch {
	case len(j.inputs[r]) > 0 && x.Class != Owned && x.Class != Contested:
		*x = Attribution{Resource: r, Class: Shared, Evidence: x.Evidence}
	case leftover && len(j.identified[r]) > 0:
		x.Class, x.Reason = Contested, ClaimsDisagree
	case x.Class == Orphan && (manager(r) != "" || len(j.world.members[r]) > 0):
		x.Class, x.Reason = Unknown, StillManaged
	case leftover:
		near := inventory.Target{Account: r.Ref.Account, Region: r.Ref.Region}
		// What needs it may stand where nobody could look.
		if g, hidden := j.world.gap(near, r.Ref.Type); hidden && x.Class == Orphan {
			x.Class, x.Reason = Unknown, InventoryIncomplete
			x.add(0, "inventory", "not everything where it lives could be read (%s)", g.Reason)
		}
		if near.Region == inventory.GlobalRegion {
			near.Region = ""
		}
		for _, typ := range keepers { // and so may what keeps it
			if g, hidden := j.world.gap(near, typ); hidden {
				x.Class, x.Reason = Unknown, InventoryIncomplete
				x.add(0, "inventory", "%s, which may keep it, could not be read (%s)", typ, g.Reason)
			}
		}
	}
}

// byWeakClaim decides by claims that only say whom to tell.
func (j *judge) byWeakClaim(x *Attribution) bool {
	r := x.Resource
	app := j.apps.applicationTag(r)
	claims := j.identified[r]
	switch {
	case len(claims) > 0 && (app == "" || strings.EqualFold(app, claims[len(claims)-1].App)):
		x.own(Attributed, claims[len(claims)-1], Adoptable)
		if x.App == "" {
			x.Reason = NoApp
		}
		if slices.ContainsFunc(claims, func(p *inventory.Particle) bool { return placeOfParticle(p) != placeOfParticle(claims[0]) }) {
			x.Reason = ClaimsDisagree
		}
	case app != "" || len(ownerTags(r)) > 0:
		x.Class, x.App, x.Reason = Attributed, app, OwnerTags
	default:
		return false
	}
	return true
}

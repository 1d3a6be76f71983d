package drift

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// CompareAll compares every pair, in the order given. ctx.Pairs is set to the pairs, so
// that references between particles and rules that are declared apart are understood.
// Nothing that is passed in is changed.
func CompareAll(pairs []Pair, ctx Context) []Drift {
	ctx.Pairs = pairs
	r := newRun(ctx)
	all := make([]Drift, len(pairs))
	for i := range pairs {
		all[i] = r.compare(pairs[i])
	}
	return all
}

// Compare compares one pair. References to other particles are looked up in ctx.Pairs;
// without them they are unverified. For many pairs CompareAll is faster.
func Compare(p Pair, ctx Context) Drift {
	return newRun(ctx).compare(p)
}

// run is what the comparisons of one call share.
type run struct {
	ctx          Context
	pairs        []Pair
	byName       map[particleKey][]*Pair
	feedParticle map[particleKey][]*Pair
	feedLive     map[string][]*Pair
	byType       map[string][]*inventory.Resource // what lives
	groupsOf     *groupIndex                      // see groups
	aliasOf      map[aliasKey]string              // see aliases
	scalings     []scaling                        // see scalingTargets
	scaled       bool                             // scalings is filled
	gaps         []inventory.Gap                  // of the live side, sorted
	untagged     map[string]bool                  // types of which some live resource's tags could not be read
	regions      map[particleKey]map[string]bool  // by stack: where its particles live
	readOnly     map[*schema.Type]*paths
	writeOnly    map[*schema.Type]*paths
	unread       map[unreadKey]*paths
}

// unreadKey names a list of unread paths: readers share one list among their resources.
type unreadKey struct {
	first  *string
	length int
}

func newRun(ctx Context) *run {
	r := &run{
		ctx: ctx, byName: map[particleKey][]*Pair{}, regions: map[particleKey]map[string]bool{}, untagged: map[string]bool{},
		readOnly: map[*schema.Type]*paths{}, writeOnly: map[*schema.Type]*paths{}, unread: map[unreadKey]*paths{},
	}
	for _, p := range ctx.Pairs {
		if !p.Input { // it is nothing that a particle can be confused with
			r.pairs = append(r.pairs, p)
		}
	}
	for i := range r.pairs {
		p := &r.pairs[i]
		key := keyOf(p.Particle, p.Particle.Name)
		r.byName[key] = append(r.byName[key], p) // several where it has several targets
		for _, l := range p.Live {
			if l.Ref.Region != inventory.GlobalRegion {
				stack := keyOf(p.Particle, "")
				if r.regions[stack] == nil {
					r.regions[stack] = map[string]bool{}
				}
				r.regions[stack][l.Ref.Region] = true
			}
		}
	}
	r.indexFeeders()
	r.byType = map[string][]*inventory.Resource{}
	if ctx.Live != nil {
		for _, g := range ctx.Live.Gaps {
			if g.File == "" && g.App == "" { // else a gap of the declared side
				r.gaps = append(r.gaps, g)
			}
		}
		slices.SortFunc(r.gaps, inventory.CompareGaps)
		for _, l := range ctx.Live.Resources {
			r.byType[l.Ref.Type] = append(r.byType[l.Ref.Type], l)
			if l.Tags == nil {
				r.untagged[l.Ref.Type] = true
			}
		}
	}
	return r
}

// compare decides the class of one pair. What stands first hides what comes after it:
// what is not certainly the particle's own is not compared at all.
func (r *run) compare(p Pair) Drift {
	if p.Input {
		return r.input(p)
	}
	d := Drift{Particle: p.Particle, Target: p.Target, LiveVersion: p.LiveVersion, Declared: leaves(p.Particle.Resource.Properties)}
	switch len(p.Live) {
	case 0:
		if part, ok := r.part(p); ok {
			return part
		}
		d.Class, d.Reason = r.nothing(p)
		return d
	case 1:
		d.Live = p.Live[0]
	default:
		d.Class, d.Reason = Ambiguous, fmt.Sprintf("%d live resources match: %s", len(p.Live), ids(p.Live))
		return d
	}
	if conflict := conflict(p); conflict != "" {
		d.Class, d.Reason = OwnerConflict, conflict
		return d
	}
	class, reason, ok := stateVerdict(p.Particle, d.Live)
	if !ok && class != StateMismatch {
		d.Class, d.Reason = class, reason
		return d
	}
	r.properties(p, &d)
	if p.Particle.State == inventory.Stopped && d.Live.State == "" {
		d.Unverified = append(d.Unverified, Unverified{Because: "declared stopped, and no lifecycle state was read"})
	}
	r.ignore(&d)
	mask(&d)
	r.classify(&d, class, reason)
	return d
}

func ids(list []*inventory.Resource) string {
	all := make([]string, len(list))
	for i, l := range list {
		all[i] = l.Ref.ID
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// conflict says who else claims the live resource.
func conflict(p Pair) string {
	o := p.Live[0].Owned
	switch {
	case p.Conflict != "":
		return p.Conflict
	case o.Class == "contested":
		return "two strong claims on it disagree"
	case p.Particle.App == "" || o.App == "" || o.Class == "attributed" || o.Class == "shared" || o.Class == "foreign":
		return "" // no strong claim of another app
	case o.App != p.Particle.App || o.Environment != p.Particle.Environment:
		return fmt.Sprintf("its owner tags name %s", strings.TrimSpace(o.App+" "+o.Environment))
	}
	return ""
}

// nothing decides what it means that no live resource was found: missing only where the
// run can say what is there and what is not.
func (r *run) nothing(p Pair) (Class, string) {
	typ := p.Particle.Resource.Ref.Type
	if class, reason := r.unreadable(p, typ); class != "" {
		return class, reason
	}
	switch {
	case p.Conflict != "":
		return OwnerConflict, p.Conflict
	case p.Particle.State == inventory.Terminated:
		return InSync, ""
	case p.Particle.Existence != nil:
		return Unverifiable, ExistenceUnknown
	case p.Doubt != "":
		return Unverifiable, p.Doubt
	case r.untagged[typ] && p.Particle.ID == "" && p.Particle.Resource.Ref.ID == "":
		return Unverifiable, TagsUnread
	}
	if p.Applied != nil {
		return Missing, DeletedOutOfBand
	}
	return Missing, "no live resource is known by its id, tags or identifier"
}

// unreadable reports why the place where a particle should live could not be read in full.
func (r *run) unreadable(p Pair, typ string) (Class, string) {
	if r.ctx.Live == nil {
		return Unverifiable, OutOfScope
	}
	account, region := p.Target.Account, p.Target.Region
	if ref, err := inventory.ParseRef(p.Particle.ID); err == nil && ref.Type == typ {
		account, region = cmp.Or(ref.Account, account), cmp.Or(ref.Region, region)
	}
	global := inventory.IsGlobal(typ)
	if global {
		region = inventory.GlobalRegion
	}
	scope := r.ctx.Live.Scope
	if !scope.Includes(account, region, typ) || !global && onlyGlobal(scope.Regions) {
		return Unverifiable, OutOfScope
	}
	for _, g := range r.gaps {
		if overlaps(g.Account, account) && overlaps(g.Region, region) && overlaps(g.Type, typ) && (global || g.Region != inventory.GlobalRegion) {
			return Unverifiable, string(g.Reason)
		}
	}
	return "", ""
}

// onlyGlobal reports whether a scope has no region in which a regional type could live.
func onlyGlobal(regions []string) bool {
	return len(regions) > 0 && !slices.ContainsFunc(regions, func(r string) bool { return r != inventory.GlobalRegion })
}

// overlaps: an empty part of a gap covers everything, and a particle that may live
// anywhere is hidden by a gap anywhere.
func overlaps(gap, wanted string) bool { return gap == "" || wanted == "" || gap == wanted }

// properties compares all properties of a pair.
func (r *run) properties(p Pair, d *Drift) {
	typ, _ := schema.Lookup(p.Particle.Resource.Ref.Type)
	c := &comparison{run: r, typ: typ, pair: &p, live: d.Live}
	root := r.root(typ, d.Live)
	if list := slices.Concat(p.Particle.Resource.Additive, unions[d.Live.Ref.Type]); len(list) > 0 {
		root.additive = cursor{newPaths(list)}
	}
	var settled []string
	c.declared, _ = c.settle("", p.Particle.Resource.Properties, &settled).(map[string]any)
	if d.Live.Ref.Type == stateMachine {
		c.declared = definition(c.declared, d.Live.Properties)
	}
	found := c.all(root)
	if d.Live.Ref.Type == securityGroup {
		for _, name := range slices.Sorted(maps.Keys(ruleLists)) {
			if _, has := c.declared[name]; !has {
				found.add(c.rules(root.property(name), nil, false, d.Live.Properties[name]))
			}
		}
	}
	found.add(c.undeclared(root))
	if p.Applied != nil {
		c.whoMoved(root, &found)
	}
	c.selfManaged(&found)
	for _, at := range settled {
		differs := slices.ContainsFunc(found.changes, func(c Change) bool {
			return schema.MatchPointer(c.Path, at) || schema.MatchPointer(at, c.Path)
		})
		if !differs {
			found.note(spot{pointer: at}, PassReference)
		}
	}
	for i := range found.changes {
		found.changes[i].Replacement = replacement(typ, found.changes[i])
	}
	slices.SortStableFunc(found.changes, func(a, b Change) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortStableFunc(found.unverified, func(a, b Unverified) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortStableFunc(found.normalised, func(a, b Normalised) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Pass, b.Pass))
	})
	d.Changes, d.Unverified, d.Normalised = found.changes, found.unverified, slices.Compact(found.normalised)
	d.Compared, d.Declared = found.compared, found.declared
}

// all compares every declared property with the live side.
func (c *comparison) all(root spot) (found delta) {
	for _, name := range slices.Sorted(maps.Keys(c.declared)) {
		s := root.property(name)
		live, present := c.live.Properties[name]
		switch {
		case c.typ != nil && s.pointer == c.typ.TagProperty:
			found.add(c.tags(s))
		case c.live.Ref.Type == securityGroup && ruleLists[name] != "":
			found.add(c.rules(s, c.declared[name], true, live))
		default:
			found.add(c.value(s, c.declared[name], c.withoutFed(name, live), present))
		}
	}
	return found
}

// root is where the comparison of a resource starts.
func (r *run) root(typ *schema.Type, live *inventory.Resource) spot {
	var s spot
	if typ != nil {
		s.node = typ.Root
		if r.readOnly[typ] == nil {
			r.readOnly[typ], r.writeOnly[typ] = newPaths(typ.ReadOnly), newPaths(typ.WriteOnly)
		}
		s.readOnly, s.writeOnly = cursor{r.readOnly[typ]}, cursor{r.writeOnly[typ]}
	}
	if len(live.Unread) > 0 {
		key := unreadKey{&live.Unread[0], len(live.Unread)}
		if r.unread[key] == nil {
			r.unread[key] = newPaths(live.Unread)
		}
		s.unread = cursor{r.unread[key]}
	}
	return s
}

// replacement says whether the service has to make the resource anew to apply a change.
func replacement(t *schema.Type, c Change) string {
	switch {
	case t == nil || c.Info:
		return ReplaceNo
	case touches(t.CreateOnly, c):
		return ReplaceYes
	case touches(t.ConditionalCreateOnly, c):
		return ReplaceMaybe
	}
	return ReplaceNo
}

// touches reports whether a change stands at or below one of the paths, or is a whole
// object that holds one.
func touches(patterns []string, c Change) bool {
	for _, p := range patterns {
		if schema.MatchPointer(p, c.Path) {
			return true
		}
		rest := schema.SplitPointer(p)
		at := schema.SplitPointer(c.Path)
		if len(rest) <= len(at) || !schema.MatchPointer("/"+strings.Join(rest[:len(at)], "/"), c.Path) {
			continue
		}
		below := ""
		for _, part := range rest[len(at):] {
			if part == "*" {
				below = ""
				break
			}
			below += "/" + schema.EscapePointer(part)
		}
		if _, has := inventory.At(c.Declared, below); has && below != "" {
			return true
		}
	}
	return false
}

// classify sums up: what is worse hides what is less.
func (r *run) classify(d *Drift, class Class, reason string) {
	skew := skewReason(d.Particle.Version, d.LiveVersion)
	switch {
	case class == StateMismatch:
		d.Class, d.Reason = class, reason
	case slices.ContainsFunc(d.Changes, func(c Change) bool { return !c.Info }):
		d.Class, d.Reason = Changed, skew
	case skew != "":
		d.Class, d.Reason = VersionSkew, skew
	case slices.ContainsFunc(d.Unverified, func(u Unverified) bool { return u.Because == becauseUnread }):
		d.Class, d.Reason = Unverifiable, ValuesUnread
	case len(d.Unverified) > 0:
		d.Class, d.Reason = Unverifiable, ValuesUnknown
	case d.Declared > 0 && d.Compared == 0 && len(d.Ignored) == 0:
		d.Class, d.Reason = Unverifiable, OnlyWriteOnly
	default:
		d.Class = InSync
	}
}

// skewReason says which of two versions is behind; empty when there is only one.
func skewReason(declared, live string) string {
	if live == "" || live == declared {
		return ""
	}
	order, ok := inventory.CompareVersions(live, declared)
	switch {
	case ok && order < 0:
		return NotRolledOut
	case ok && order > 0:
		return StaleDeclaration
	}
	return OrderUnknown
}

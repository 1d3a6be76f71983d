package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/relation"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// uses is the graph of all live resources with the kinds of their relations: who stands in
// the way of a deletion is seldom among those that are to be deleted.
type uses struct {
	nodes []*inventory.Resource // sorted by ref
	index map[inventory.Ref]int
	to    [][]use // by node: what it refers to
	from  [][]use // by node: who refers to it
}

// A use is a relation, seen from one of its ends.
type use struct {
	node int
	kind string
	path string // of the property of the referrer
}

func newUses(live []*inventory.Resource) *uses {
	g := &uses{index: make(map[inventory.Ref]int, len(live))}
	for _, r := range live {
		if !r.Declared {
			g.nodes = append(g.nodes, r)
		}
	}
	slices.SortStableFunc(g.nodes, inventory.CompareResources)
	g.nodes = slices.CompactFunc(g.nodes, func(a, b *inventory.Resource) bool { return a.Ref == b.Ref })
	for i, r := range g.nodes {
		g.index[r.Ref] = i
	}
	g.to, g.from = make([][]use, len(g.nodes)), make([][]use, len(g.nodes))
	for a, r := range g.nodes {
		for _, rel := range r.Relations {
			if b, known := g.index[rel.To]; known && a != b && !copies(r, rel) {
				g.to[a] = append(g.to[a], use{b, rel.Kind, rel.Path})
				g.from[b] = append(g.from[b], use{a, rel.Kind, rel.Path})
			}
		}
	}
	for n := range g.nodes { // the order of relations is not said to mean anything
		slices.SortFunc(g.to[n], compareUses)
		slices.SortFunc(g.from[n], compareUses)
	}
	return g
}

func compareUses(a, b use) int {
	return cmp.Or(cmp.Compare(a.node, b.node), cmp.Compare(a.path, b.path), cmp.Compare(a.kind, b.kind))
}

// copies reports whether a relation says only of what a resource is a copy: a snapshot does
// not need what it was taken of, and a backup is taken so that the other can go.
func copies(r *inventory.Resource, rel inventory.Relation) bool {
	isCopy := strings.HasSuffix(r.Ref.Type, "Snapshot") || strings.HasSuffix(r.Ref.Type, "::Backup") || strings.HasSuffix(r.Ref.Type, "RecoveryPoint")
	return rel.Kind == relation.Soft && isCopy && (rel.Path == "/Tags/pcf:backup" || strings.HasSuffix(rel.Path, "/VolumeId") || strings.HasSuffix(rel.Path, "Identifier"))
}

// endsWith reports whether the referrer f of c may end along with c, and why not: AWS deletes
// it with c or the deletion takes it off, and nobody else owns or protects it.
func (r *reap) endsWith(f use, c int) (bool, string) {
	live, parent := r.graph.nodes[f.node], r.graph.nodes[c]
	if f.kind != relation.Implicit && f.kind != relation.Owner && partSteps[partOf{live.Ref.Type, parent.Ref.Type}] == "" {
		return false, ""
	}
	switch a, of := r.class[f.node], r.class[c]; {
	case shieldOf(live, r.Protect) != "":
		return false, shieldOf(live, r.Protect)
	case r.self(live) != "":
		return false, r.self(live)
	case live.Tags == nil && taggable(live.Ref.Type):
		return false, string(TagsUnread)
	case a == nil || of == nil:
		return false, "whose it is is not known"
	case a.Class == owner.Foreign && live.Tags["pcf:app"] != "":
		return false, "tag pcf:app" // somebody declares AWS's own
	case a.Class == owner.Foreign, a.Class == owner.Unmanaged:
		return true, ""
	case a.App != of.App || a.Environment != of.Environment:
		return false, string(a.Class)
	// A leftover goes on its own way and in its own time, unless there is no such way.
	case a.Class == owner.Orphan:
		it := r.items[f.node]
		return it != nil && it.refusal.Reason == Unsupported, string(a.Class)
	case slices.ContainsFunc(r.graph.to[f.node], func(u use) bool {
		return u.kind == relation.Owner && (r.class[u.node] == nil || r.class[u.node].Class == owner.Unknown)
	}):
		return false, "whose another parent is is not known"
	case a.Reason == owner.ByParent && (a.Class == owner.Attributed || a.Class == owner.Owned && a.Version == of.Version):
		return true, ""
	default:
		return false, string(a.Class)
	}
}

// taggable reports whether resources of a type can have tags, as far as its schema tells.
func taggable(typ string) bool {
	t, known := schema.Lookup(typ)
	return known && (t.Taggable || t.TagProperty != "")
}

// closure is a set of nodes that end together: those that are deleted, and what ends with
// them.
type closure struct {
	in map[int]bool
	// carriers are, of what ends along, the deleted nodes with which it does, sorted.
	carriers map[int][]int
	// kept is, of each node that had to be taken out, what stands in the way.
	kept map[int]string
	// keptBy is the node that stands in the way.
	keptBy map[int]int
}

// close takes out of a set whatever something that stays refers to, until nothing that stays
// refers to anything in the set.
func (r *reap) close(set []int) *closure {
	c := &closure{in: map[int]bool{}, carriers: map[int][]int{}, kept: map[int]string{}, keptBy: map[int]int{}}
	slices.Sort(set)
	for _, n := range set {
		c.in[n] = true
	}
	along := map[int]bool{}
	for _, n := range set {
		queue, seen := []int{n}, map[int]bool{n: true}
		for len(queue) > 0 {
			at := queue[0]
			queue = queue[1:]
			for _, f := range r.graph.from[at] {
				if c.in[f.node] || seen[f.node] {
					continue
				}
				if ok, _ := r.endsWith(f, at); ok {
					seen[f.node], along[f.node] = true, true
					c.carriers[f.node] = append(c.carriers[f.node], n)
					queue = append(queue, f.node)
				}
			}
		}
	}
	alive := map[int]int{} // carriers left, of what ends along
	for n, by := range c.carriers {
		alive[n] = len(by)
	}
	var lost []int
	// blame takes a node out; a node that only ends along takes its carriers out.
	blame := func(n int, by use) {
		for _, n := range append([]int{n}, c.carriers[n]...) {
			if !c.in[n] {
				continue
			}
			delete(c.in, n)
			c.kept[n], c.keptBy[n] = r.graph.nodes[by.node].Ref.String(), by.node
			if by.path != "" {
				c.kept[n] += " (" + by.path + ")"
			}
			lost = append(lost, n)
		}
	}
	ends := func(n int) bool { return c.in[n] || alive[n] > 0 }
	for _, n := range set {
		for _, f := range r.graph.from[n] {
			if c.in[n] && !ends(f.node) {
				blame(n, f)
			}
		}
	}
	for _, n := range sortedInts(along) {
		for _, f := range r.graph.from[n] {
			if alive[n] > 0 && !ends(f.node) {
				blame(n, f)
			}
		}
	}
	carried := map[int][]int{}
	for n, by := range c.carriers {
		for _, carrier := range by {
			carried[carrier] = append(carried[carrier], n)
		}
	}
	for len(lost) > 0 {
		n := lost[0]
		lost = lost[1:]
		survivors := []int{n}
		slices.Sort(carried[n])
		for _, f := range carried[n] {
			if alive[f]--; alive[f] == 0 {
				survivors = append(survivors, f)
			}
		}
		for _, s := range survivors {
			for _, t := range r.graph.to[s] {
				if ends(t.node) {
					blame(t.node, use{s, t.kind, t.path})
				}
			}
		}
	}
	return c
}

func sortedInts[V any](m map[int]V) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// keepReferredTo keeps what anything refers to that is no candidate itself.
func (r *reap) keepReferredTo() {
	var set []int
	for _, n := range sortedInts(r.items) {
		if it := r.items[n]; it.refusal.Reason == "" {
			set = append(set, n)
		}
		for _, f := range r.graph.from[n] {
			r.items[n].Referrers = append(r.items[n].Referrers, r.graph.nodes[f.node].Ref.String())
		}
		slices.Sort(r.items[n].Referrers)
		r.items[n].Referrers = slices.Compact(r.items[n].Referrers)
	}
	c := r.close(set)
	for _, n := range sortedInts(c.kept) {
		it := r.items[n]
		it.refusal.Reason, it.refusal.By = ReferredTo, c.kept[n]
		// Who stays for a doubt leaves those that it refers to in doubt too.
		by := r.items[c.keptBy[n]]
		it.unknown = by != nil && by.unknown
	}
}

// order decides in which order the due ones go: whoever refers goes first. It takes out what
// something that is not due yet refers to, and parts what refers to each other.
func (r *reap) order() {
	var set []int
	for _, n := range sortedInts(r.items) {
		if r.items[n].due {
			set = append(set, n)
		}
	}
	var c *closure
	for {
		c = r.close(set)
		for _, n := range sortedInts(c.kept) {
			r.refuseDue(n, ReferredTo, c.kept[n])
		}
		rings := r.part(c)
		if len(rings) == 0 {
			break
		}
		set = set[:0]
		for _, n := range sortedInts(c.in) {
			if by, ring := rings[n]; ring {
				r.refuseDue(n, RingClosed, by)
			} else {
				set = append(set, n)
			}
		}
	}
	for n := range c.carriers {
		for _, carrier := range c.carriers[n] {
			if it := r.items[carrier]; c.in[carrier] {
				live := r.graph.nodes[n]
				it.steps = append(it.steps, StepAlong(live.Ref, it.live.Ref))
			}
		}
		// Where it may end earlier, with something else, it is not missing afterwards.
		for _, u := range r.graph.to[n] {
			part, whole := r.graph.nodes[n].Ref, r.graph.nodes[u.node].Ref
			if it := r.items[u.node]; c.in[u.node] && it != nil && endsToo[partOf{part.Type, whole.Type}] {
				it.steps = append(it.steps, StepAlong(part, whole))
			}
		}
	}
}

// refuseDue keeps one that was due.
func (r *reap) refuseDue(n int, reason Reason, by string) {
	it := r.items[n]
	it.due = false
	it.refusal.Reason, it.refusal.By = reason, by
}

// An edge says that a goes before b: a refers to b, or what ends along with a does.
type edge struct {
	a, b int
	soft bool
	path string // of a's own property; empty when it is not a's own
}

// part finds the order. It drops the soft references inside a ring, which only say what is
// sensible, and takes hard ones out by a step that can be taken back. rings are the nodes
// of rings that it cannot part, with a neighbour.
func (r *reap) part(c *closure) (rings map[int]string) {
	members := sortedInts(c.in)
	at := make(map[int]int, len(members))
	for i, n := range members {
		at[n] = i
	}
	var edges []edge
	for i, n := range members {
		for _, f := range r.graph.from[n] {
			soft := f.kind == relation.Soft || f.kind == relation.Implicit
			if j, deleted := at[f.node]; deleted {
				edges = append(edges, edge{j, i, soft, f.path})
				continue
			}
			if slices.Contains(c.carriers[f.node], n) {
				continue // it ends with n, if not before with another
			}
			for _, carrier := range c.carriers[f.node] {
				if j, deleted := at[carrier]; deleted && j != i {
					edges = append(edges, edge{j, i, soft, ""})
				}
			}
		}
	}
	ring := func() []int { // the component of each member
		next := make([][]int, len(members))
		for _, e := range edges {
			next[e.a] = append(next[e.a], e.b)
		}
		of := make([]int, len(members))
		size := map[int]int{}
		for k, group := range components(next) {
			for _, m := range group {
				of[m] = k
			}
			size[k] = len(group)
		}
		for m, k := range of {
			if size[k] == 1 {
				of[m] = -1 // in no ring
			}
		}
		return of
	}
	of := ring()
	edges = slices.DeleteFunc(edges, func(e edge) bool { return e.soft && of[e.a] >= 0 && of[e.a] == of[e.b] })
	of = ring()
	r.detaches = nil
	needs := map[int][]string{}
	for i, n := range members {
		if of[i] < 0 {
			continue
		}
		if of = ring(); of[i] < 0 { // parted by a step before
			continue
		}
		// Take out of i what it says of others in its ring.
		patch := map[string][]edge{}
		for _, e := range edges {
			if e.a == i && of[e.b] == of[i] {
				top := "/" + strings.SplitN(strings.TrimPrefix(e.path, "/"), "/", 2)[0]
				patch[top] = append(patch[top], e)
			}
		}
		action, freed, ok := r.detach(r.items[n], patch)
		if !ok {
			continue
		}
		r.detaches = append(r.detaches, action)
		for _, e := range freed {
			needs[e.b] = append(needs[e.b], action.ID)
		}
		edges = slices.DeleteFunc(edges, func(e edge) bool { return slices.Contains(freed, e) })
	}
	of = ring()
	rings = map[int]string{}
	for _, e := range edges {
		if of[e.a] >= 0 && of[e.a] == of[e.b] {
			rings[members[e.b]] = r.graph.nodes[members[e.a]].Ref.String()
		}
	}
	if len(rings) > 0 {
		return rings
	}
	for i, n := range members {
		r.items[n].needs = append(r.items[n].needs, needs[i]...)
	}
	for _, e := range edges {
		it := r.items[members[e.b]]
		it.needs = append(it.needs, r.action(r.items[members[e.a]], Delete, "").ID)
	}
	return nil
}

// detachable are lists of which an element can be taken out and put back without loss.
var detachable = map[string][]string{
	"AWS::EC2::SecurityGroup": {"/SecurityGroupIngress", "/SecurityGroupEgress"},
	"AWS::IAM::Role":          {"/ManagedPolicyArns"},
	"AWS::IAM::User":          {"/ManagedPolicyArns"},
	"AWS::IAM::Group":         {"/ManagedPolicyArns"},
	"AWS::Events::Rule":       {"/Targets"},
}

// detach makes the action that takes references out of the lists of one resource. freed are
// the references that it ends; ok is false when there are none.
func (r *reap) detach(it *item, tops map[string][]edge) (action Action, freed []edge, ok bool) {
	for _, top := range sortedKeys(tops) {
		list, isList := it.live.Properties[unescape(top[1:])].([]any)
		if !isList || !slices.Contains(detachable[it.live.Ref.Type], top) || r.can(Update, it.live.Ref.Type, Change{Path: top, To: list}) != "" {
			continue
		}
		gone := map[string]bool{}
		for _, e := range tops[top] {
			if parts := schema.SplitPointer(e.path); len(parts) > 1 {
				gone[parts[1]] = true
				freed = append(freed, e)
			}
		}
		left := []any{}
		for i, e := range list {
			if !gone[fmt.Sprint(i)] {
				left = append(left, e)
			}
		}
		if len(left) < len(list) {
			action.Patch = append(action.Patch, Change{Path: top, From: list, To: left})
		}
	}
	if len(action.Patch) == 0 {
		return action, nil, false
	}
	patch := action.Patch
	action = r.action(it, Update, Detached)
	action.Patch, action.Reversible = patch, true
	if it.mark {
		action.Needs = append(action.Needs, r.action(it, Mark, it.Reason).ID)
	}
	return action, freed, true
}

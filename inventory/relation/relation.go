// Package relation finds out which live resource refers to which: a subnet to its VPC by
// VpcId, a function to its role by Role. What a deletion may do, and in which order, hangs
// on it, and so do the rules' joins.
//
// A property refers to a resource when its value names one that is in the snapshot.
// Three sources know which properties those are, and the first that does decides:
//
//  1. The curated table (edges.go). It alone knows what AWS does when the target is
//     deleted, and so the kind. Names without any form of their own ("web") and tags
//     count here.
//  2. The schema: a property with the format AWS::EC2::VPC.Id holds the identifier of a
//     VPC. Such hints are often wrong, so they count only when a resource of that
//     very type has the name.
//  3. The value: an ARN, or an identifier that shows its type (vpc-, subnet-, eni-),
//     refers wherever it stands: in a tag, in a policy, in a JSON text.
//
// # Kinds
//
// A relation is hard when AWS refuses to delete the target while the referrer lives,
// soft when it agrees and something breaks or becomes unreadable, implicit when the
// referrer goes along with the target, and owner when the target is a controller that
// makes the referrer anew. What the table does not know is soft.
//
// # Where names count
//
// An ARN says itself where its resource is. Every other name counts within one account,
// and there within one region; resources of services without regions can be named from
// every region and name resources in every region. Names of S3 buckets and DNS names of
// load balancers and distributions are unique in the world and count everywhere.
//
// A value that several resources answer to (the name of a security group in two VPCs,
// an alias and its key) refers to all of them: a relation too many delays a deletion,
// one too few makes it wrong. A value that names the resource it stands in refers to
// nothing.
package relation

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// The kinds of a relation: what the deletion of its target means for its referrer.
const (
	Hard     = "hard"     // AWS refuses to delete the target
	Soft     = "soft"     // the target can be deleted; the referrer breaks, or data is lost
	Implicit = "implicit" // the referrer is deleted along with the target
	Owner    = "owner"    // the target makes the referrer anew: delete the target instead
)

// Resolve sets the Relations of every live resource of the snapshot, in place of those that
// it found before: sorted by path and target, at most one for each pair, nil when there are none.
// Relations without a path stay as they are: no property says them, so whoever read the
// resource knew them from elsewhere (the instance that a volume goes along with).
// Declared resources are neither read nor changed. The time it takes is linear in the size
// of the snapshot, and the order of the snapshot's resources does not matter.
//
// It may be called again, above all after resources were added or removed. It must not
// run while anything else uses the resources.
func Resolve(s *inventory.Snapshot) {
	x := newIndex(s.Resources)
	forms := map[string]*form{}
	all := make([][]found, len(x.nodes))
	for i, r := range x.nodes {
		f := forms[r.Ref.Type]
		if f == nil {
			f = newForm(r.Ref.Type)
			forms[r.Ref.Type] = f
		}
		w := walker{index: x, from: r, form: f}
		all[i] = w.walk()
	}
	for i, r := range x.nodes {
		r.Relations = told(r.Relations)
		for _, f := range all[i] {
			if f.mirror && refersBack(all[f.to], x, r.Ref) {
				continue
			}
			r.Relations = append(r.Relations, inventory.Relation{Path: f.path, Kind: f.kind, To: x.nodes[f.to].Ref})
		}
		// The walk met the strongest source of each pair first.
		slices.SortStableFunc(r.Relations, compareRelations)
		r.Relations = slices.CompactFunc(r.Relations, func(a, b inventory.Relation) bool { return a.Path == b.Path && a.To == b.To })
	}
}

// told returns the relations that were not found here. It returns a new list.
func told(relations []inventory.Relation) (kept []inventory.Relation) {
	for _, r := range relations {
		if r.Path == "" {
			kept = append(kept, r)
		}
	}
	return kept
}

func compareRelations(a, b inventory.Relation) int {
	return cmp.Or(cmp.Compare(a.Path, b.Path), a.To.Compare(b.To))
}

// refersBack reports whether one of the relations leads to ref and is no mirror itself.
func refersBack(relations []found, x *index, ref inventory.Ref) bool {
	return slices.ContainsFunc(relations, func(f found) bool { return !f.mirror && x.nodes[f.to].Ref == ref })
}

// A Referrer is a relation seen from its target.
type Referrer struct {
	From inventory.Ref
	Path string // pointer of the property of From that refers
	Kind string // Hard, Soft, Implicit or Owner
}

// Referrers turns the relations of the live resources round: for each resource that is
// referred to, who does, sorted by From and Path. It reads what Resolve has set.
func Referrers(s *inventory.Snapshot) map[inventory.Ref][]Referrer {
	referrers := map[inventory.Ref][]Referrer{}
	for _, r := range s.Resources {
		if r.Declared {
			continue
		}
		for _, to := range r.Relations {
			referrers[to.To] = append(referrers[to.To], Referrer{From: r.Ref, Path: to.Path, Kind: to.Kind})
		}
	}
	for _, list := range referrers {
		slices.SortFunc(list, func(a, b Referrer) int {
			return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind))
		})
	}
	return referrers
}

// A form is what is known of the references in one type.
type form struct {
	schema *schema.Type // nil for a type without schema
	hints  *hints       // the curated table, arranged by path
}

// hints is a place in a property tree with the edges that the curated table has for it.
type hints struct {
	edges []edge
	below map[string]*hints
	// tags is true where the type keeps its tags. They are read from the resource's
	// Tags, which look the same for every type.
	tags bool
}

func newForm(typ string) *form {
	f := &form{hints: &hints{}}
	f.schema, _ = schema.Lookup(typ)
	for _, from := range []string{typ, "*"} {
		for _, e := range edgesByType()[from] {
			at := f.hints.make(e.path)
			at.edges = append(at.edges, e)
		}
	}
	if f.schema == nil || f.schema.TagProperty == "" {
		f.hints.make("/Tags").tags = true
	} else {
		f.hints.make(f.schema.TagProperty).tags = true
	}
	return f
}

// make returns the place at a pointer and makes it when it is new.
func (h *hints) make(pointer string) *hints {
	for _, part := range schema.SplitPointer(pointer) {
		if h.below == nil {
			h.below = map[string]*hints{}
		}
		if h.below[part] == nil {
			h.below[part] = &hints{}
		}
		h = h.below[part]
	}
	return h
}

// child goes one part down; it returns nil where the table has nothing.
func (h *hints) child(part string) *hints {
	if h == nil {
		return nil
	}
	if c := h.below[part]; c != nil {
		return c
	}
	return h.below["*"]
}

// formatType returns the type that a format such as AWS::EC2::VPC.Id names.
func formatType(n *schema.Node) (typ string, ok bool) {
	if n == nil || !strings.HasPrefix(n.Format, "AWS::") {
		return "", false
	}
	typ, _, ok = strings.Cut(n.Format, ".")
	return typ, ok
}

// Referring returns the types that the curated table knows to refer to resources of a type,
// sorted: where one of them was not read, nobody can say that nothing uses it. Types that
// refer to every type are left out.
func Referring(typ string) []string {
	var types []string
	for _, e := range edges {
		if e.to == typ && e.from != "*" && e.from != typ {
			types = append(types, e.from)
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// Hidden returns the types to which properties of a resource, that were not read, refer such that
// their end is refused, as far as the curated table knows; sorted. Which resources of these types
// it uses nobody can say. (FSx tells nobody its groups; the interfaces of a file system do.)
func Hidden(r *inventory.Resource) []string {
	if len(r.Unread) == 0 {
		return nil
	}
	var types []string
	for _, e := range edges {
		if e.from == r.Ref.Type && e.from != "AWS::FSx::FileSystem" && e.kind == Hard && r.IsUnread(e.path) {
			types = append(types, e.to)
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

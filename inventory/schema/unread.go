package schema

import (
	"maps"
	"slices"
)

// Unread returns what a reader cannot return, given the pointers that it can ("*" for
// any index or key; "/Tags" includes everything below): the shortest list of paths that
// covers the rest of the tree, sorted. Write-only paths are always in it, because AWS
// gives them to nobody. It is what inventory.Resource calls Unread: such a path is
// never compared and never passes a rule. "" in the result is the resource as a whole
// (a type whose schema names no properties).
func (t *Type) Unread(reads []string) []string {
	var unread []string
	// The walk goes only as deep as reads do, so cycles in the tree end it nowhere.
	var walk func(pointer string, n *Node)
	walk = func(pointer string, n *Node) {
		covered := matchAny(reads, pointer)
		below := slices.ContainsFunc(reads, func(r string) bool { return MatchPointer(pointer, r) })
		switch children := n.children(); {
		case covered:
		case pointer != "" && !below, len(children) == 0:
			unread = append(unread, pointer)
		default:
			for part, child := range children {
				walk(pointer+"/"+EscapePointer(part), child)
			}
		}
	}
	walk("", t.Root)
	for _, w := range t.WriteOnly {
		if !matchAny(unread, w) {
			unread = append(unread, w)
		}
	}
	// One write-only path may stand below another.
	all := slices.Clone(unread)
	unread = slices.DeleteFunc(unread, func(p string) bool {
		return slices.ContainsFunc(all, func(o string) bool { return o != p && MatchPointer(o, p) })
	})
	slices.Sort(unread)
	return slices.Compact(unread)
}

// children returns the nodes one step below: named properties, and "*" for elements and
// free-form values.
func (n *Node) children() map[string]*Node {
	all := maps.Clone(n.Properties)
	if all == nil {
		all = map[string]*Node{}
	}
	if n.Values != nil {
		all["*"] = n.Values
	}
	if n.Items != nil {
		all["*"] = n.Items
	}
	return all
}

// Coverage counts the top-level properties that a reader returns wholly, given the pointers that
// it can return as for [Type.Unread], of those that AWS returns at all.
func (t *Type) Coverage(reads []string) (covered, readable int) {
	missing := t.Unread(reads)
	for name := range t.Root.Properties {
		pointer := "/" + EscapePointer(name)
		if t.IsWriteOnly(pointer) {
			continue
		}
		readable++
		if !slices.Contains(missing, pointer) {
			covered++
		}
	}
	return covered, readable
}

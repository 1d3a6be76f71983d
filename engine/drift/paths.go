package drift

import (
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// paths is a set of property patterns as a tree, so that a comparison that walks down a
// value can tell at each step whether it arrived at one of them. "*" stands for any key
// or index. A pattern covers everything below it, so "" covers all.
type paths struct {
	end  bool
	next map[string]*paths
}

func newPaths(patterns []string) *paths {
	root := &paths{}
	for _, pattern := range patterns {
		at := root
		for _, part := range schema.SplitPointer(pattern) {
			if at.next == nil {
				at.next = map[string]*paths{}
			}
			if at.next[part] == nil {
				at.next[part] = &paths{}
			}
			at = at.next[part]
		}
		at.end = true
	}
	return root
}

// cursor is where one walk stands in a set of paths.
type cursor []*paths

func (c cursor) child(part string) cursor {
	var next cursor
	for _, p := range c {
		if p.end {
			return cursor{p}
		}
		if n := p.next[part]; n != nil {
			next = append(next, n)
		}
		if n := p.next["*"]; n != nil && part != "*" {
			next = append(next, n)
		}
	}
	return next
}

// hit reports whether the walk stands at one of the paths.
func (c cursor) hit() bool {
	for _, p := range c {
		if p.end {
			return true
		}
	}
	return false
}

// spot is one place of a comparison: the pointer, what the schema says there, and where
// the walk stands among the paths that cannot be compared.
type spot struct {
	pointer string
	name    string       // the last part of the pointer
	node    *schema.Node // nil where the schema says nothing
	free    bool         // inside a free-form map: text stays text there
	element bool         // an element of a list
	readOnly, writeOnly, unread,
	additive cursor // lists that other resources add to
}

func (s spot) property(name string) spot {
	c := s.step(name)
	if s.node != nil {
		if n, ok := s.node.Properties[name]; ok {
			c.node = n
		} else {
			c.node, c.free = s.node.Values, true
		}
	}
	return c
}

func (s spot) index(i string) spot {
	c := s.step(i)
	c.name, c.element = s.name, true
	if s.node != nil {
		c.node = s.node.Items
	}
	return c
}

func (s spot) step(part string) spot {
	return spot{
		pointer: s.pointer + "/" + schema.EscapePointer(part), name: part, free: s.free,
		readOnly: s.readOnly.child(part), writeOnly: s.writeOnly.child(part), unread: s.unread.child(part),
		additive: s.additive.child(part),
	}
}

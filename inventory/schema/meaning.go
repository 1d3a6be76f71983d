package schema

import (
	"slices"
	"strings"
)

// Child returns the node of one path part: a named property, a free-form value, or
// an element ("*" or an index). ok is false when the schema does not know it.
func (n *Node) Child(part string) (child *Node, ok bool) {
	if n == nil {
		return nil, false
	}
	if c, ok := n.Properties[part]; ok {
		return c, true
	}
	if n.Items != nil && (part == "*" || isIndex(part)) {
		return n.Items, true
	}
	if n.Values != nil {
		return n.Values, true
	}
	return nil, false
}

func isIndex(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// At returns the node at a pointer below the properties; ok is false when the schema
// does not know the path (also below an open object).
func (t *Type) At(pointer string) (n *Node, ok bool) {
	n = t.Root
	for _, part := range SplitPointer(pointer) {
		if n, ok = n.Child(part); !ok {
			return nil, false
		}
	}
	return n, true
}

// IsReadOnly reports whether the pointer stands at or below a path that only AWS sets.
func (t *Type) IsReadOnly(pointer string) bool { return matchAny(t.ReadOnly, pointer) }

// IsWriteOnly reports whether the value can be written and never read back.
func (t *Type) IsWriteOnly(pointer string) bool { return matchAny(t.WriteOnly, pointer) }

// IsCreateOnly reports whether a change of the value needs a replacement.
func (t *Type) IsCreateOnly(pointer string) bool { return matchAny(t.CreateOnly, pointer) }

// IsConditionalCreateOnly reports whether a change may need a replacement.
func (t *Type) IsConditionalCreateOnly(pointer string) bool {
	return matchAny(t.ConditionalCreateOnly, pointer)
}

func matchAny(patterns []string, pointer string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return MatchPointer(p, pointer) })
}

// OrderOf returns what the schema says about the order of the list at pointer;
// OrderUnspecified also for what is no list or not known.
func (t *Type) OrderOf(pointer string) Order {
	if n, ok := t.At(pointer); ok {
		return n.Order
	}
	return OrderUnspecified
}

package schema

import "strings"

var kindNames = []struct {
	kind Kind
	name string
}{
	{Object, "object"},
	{Array, "array"},
	{String, "string"},
	{Integer, "integer"},
	{Number, "number"},
	{Boolean, "boolean"},
	{Null, "null"},
}

// String writes the kinds in JSON schema's words: "string", "object or string", "any".
func (k Kind) String() string {
	if k == Any || k == 0 {
		return "any"
	}
	var names []string
	for _, named := range kindNames {
		if k&named.kind != 0 {
			names = append(names, named.name)
		}
	}
	return strings.Join(names, " or ")
}

// KindName writes the kinds of the node for people; "any" also for no node.
func (n *Node) KindName() string {
	if n == nil {
		return Any.String()
	}
	return n.Kinds.String()
}

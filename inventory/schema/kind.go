package schema

import "strings"

var kindNames = []struct {
	kind Kind
	name string
}{
	{Object, "object"}, {Array, "array"}, {String, "string"}, {Integer, "integer"},
	{Number, "number"}, {Boolean, "boolean"}, {Null, "null"},
}

// KindName writes the kinds of the node for people, as "string" or "object or string".
func (n *Node) KindName() string {
	if n == nil || n.Kinds == Any || n.Kinds == 0 {
		return "any"
	}
	var names []string
	for _, k := range kindNames {
		if n.Kinds&k.kind != 0 {
			names = append(names, k.name)
		}
	}
	return strings.Join(names, " or ")
}

package schema

import (
	"maps"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// anyType draws one of all types.
func anyType(t *rapid.T) *Type {
	typ, _ := Lookup(rapid.SampledFrom(Names()).Draw(t, "type"))
	return typ
}

// drawProps draws properties that a type could have, up to a few levels deep.
func drawProps(t *rapid.T, typ *Type) map[string]any {
	props, _ := drawObject(t, typ.Root, 4).(map[string]any)
	return props
}

// drawValue draws a value of one of the kinds of a node.
func drawValue(t *rapid.T, n *Node, depth int) any {
	if len(n.Enum) > 0 {
		return rapid.SampledFrom(n.Enum).Draw(t, "enum")
	}
	var kinds []Kind
	for _, k := range []Kind{Object, Array, String, Integer, Number, Boolean} {
		if n.Kinds&k != 0 {
			kinds = append(kinds, k)
		}
	}
	switch rapid.SampledFrom(kinds).Draw(t, "kind") {
	case Object:
		return drawObject(t, n, depth)
	case Array:
		list := []any{}
		if n.Items == nil || depth == 0 {
			return list
		}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			list = append(list, drawValue(t, n.Items, depth-1))
		}
		return list
	case String:
		return rapid.OneOf(
			rapid.StringN(0, 8, 20),
			rapid.SampledFrom([]string{"", "true", "80", "1.50", "-0", "{}", "10.0.0.0/8"}),
		).Draw(t, "text")
	case Integer:
		return rapid.Int64().Draw(t, "integer")
	case Number:
		return float64(rapid.IntRange(-1000, 1000).Draw(t, "halves")) + 0.5
	default:
		return rapid.Bool().Draw(t, "boolean")
	}
}

func drawObject(t *rapid.T, n *Node, depth int) any {
	object := map[string]any{}
	if depth == 0 {
		return object
	}
	if names := slices.Sorted(maps.Keys(n.Properties)); len(names) > 0 {
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, min(4, len(names)), rapid.ID).Draw(t, "properties") {
			object[name] = drawValue(t, n.Properties[name], depth-1)
		}
	}
	if n.Values != nil {
		for i := range rapid.IntRange(0, 2).Draw(t, "free keys") {
			object["free"+strconv.Itoa(i)] = drawValue(t, n.Values, depth-1)
		}
	}
	return object
}

func TestDrawnPropertiesFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := anyType(t)
		if found := Problems(typ, drawProps(t, typ)); len(found) > 0 {
			t.Fatalf("%s: values made from the schema are doubted: %v", typ.Name, found)
		}
	})
}

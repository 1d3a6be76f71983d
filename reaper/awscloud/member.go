package awscloud

import (
	"maps"
	"slices"
)

// without returns a copy of props that has none of the names.
func without[V any](props map[string]V, names ...string) map[string]V {
	rest := maps.Clone(props)
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

// texts returns a list of texts; nil for anything else.
func texts(v any) (list []string) {
	all, _ := v.([]any)
	for _, e := range all {
		if s, is := e.(string); is {
			list = append(list, s)
		}
	}
	return list
}

// text returns a property that is a text; "" for anything else.
func text(props map[string]any, name string) string {
	s, _ := props[name].(string)
	return s
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

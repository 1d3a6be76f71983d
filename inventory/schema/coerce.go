package schema

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Coerce returns props with every scalar in the kind that the schema wants, at every
// depth, as CloudFormation itself converts them: "true" becomes true where only a
// boolean may stand, "80" becomes 80 where a number must, and 80 and true become "80"
// and "true" where only text may. 1.0 becomes 1. Where several kinds are allowed, and
// where a value has no such form ("many" for a number), the value stays as it is; so do
// values of Go types that this package does not know.
//
// The result is a new map that shares what did not change; props is left alone.
// Coercing twice changes nothing more. t may be nil: then nothing is coerced.
func Coerce(t *Type, props map[string]any) map[string]any {
	out := maps.Clone(props)
	if t == nil {
		return out
	}
	for name, v := range props {
		if child, ok := t.Root.Child(name); ok {
			if c, changed := coerce(child, v); changed {
				out[name] = c
			}
		}
	}
	return out
}

// coerce returns the value in the node's kind, and whether it is another one.
func coerce(n *Node, v any) (out any, changed bool) {
	switch v := v.(type) {
	case string:
		if n.Kinds&String == 0 {
			return fromText(n.Kinds, v)
		}
	case bool:
		if n.Kinds&(Boolean|String) == String {
			return strconv.FormatBool(v), true
		}
	case int64:
		if n.Kinds&(Integer|Number|String) == String {
			return strconv.FormatInt(v, 10), true
		}
	case float64:
		if i, ok := integral(v); ok {
			c, _ := coerce(n, i)
			return c, true
		}
		if n.Kinds&(Integer|Number|String) == String && !math.IsNaN(v) && !math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'f', -1, 64), true
		}
	case []any:
		if n.Items == nil {
			return v, false
		}
		list := v
		for i, e := range v {
			if c, is := coerce(n.Items, e); is {
				if !changed {
					list, changed = slices.Clone(v), true
				}
				list[i] = c
			}
		}
		return list, changed
	case map[string]any:
		object := v
		for name, e := range v {
			child, ok := n.property(name)
			if !ok {
				continue
			}
			if c, is := coerce(child, e); is {
				if !changed {
					object, changed = maps.Clone(v), true
				}
				object[name] = c
			}
		}
		return object, changed
	}
	return v, false
}

// property returns the node of a key of an object. Unlike Child it never takes a key
// such as "0" for an index.
func (n *Node) property(name string) (*Node, bool) {
	if c, ok := n.Properties[name]; ok {
		return c, true
	}
	return n.Values, n.Values != nil
}

// fromText reads text where the schema has no place for text.
func fromText(kinds Kind, s string) (any, bool) {
	if kinds&Boolean != 0 {
		switch {
		case strings.EqualFold(s, "true"):
			return true, true
		case strings.EqualFold(s, "false"):
			return false, true
		}
	}
	if kinds&(Integer|Number) == 0 || strings.Trim(s, "0123456789+-.eE") != "" { // no hex, no "Inf"
		return s, false
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s, false
	}
	if i, ok := integral(f); ok {
		return i, true
	}
	if kinds&Number == 0 {
		return s, false
	}
	return f, true
}

// integral returns a whole number as int64, within the range in which a float64 tells
// whole numbers apart.
func integral(f float64) (int64, bool) {
	i := int64(f)
	return i, float64(i) == f && f > -1<<53 && f < 1<<53
}

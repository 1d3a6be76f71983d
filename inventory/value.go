package inventory

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Properties is the body of a resource in CloudFormation shape. The values are
// nil, bool, int64, float64, string, []any, map[string]any and *Unknown, and
// nothing else; an integral number is always int64. Treat it as immutable once the
// resource is built: declared and live values are shared between passes.
type Properties = map[string]any

// Unknown is a leaf whose value exists but is not known at the moment: a parameter
// without a value, an attribute that AWS assigns at creation, a dynamic reference.
// It may stand wherever a value may, also for a whole list or object.
type Unknown struct {
	// Because says why, as the end of the sentence "is not known: …", e.g.
	// "parameter DatabasePublic has no value".
	Because string
	// Symbol names the value where it has a name ("Ref WebSG", "GetAtt Role.Arn").
	// Two unknowns with the same non-empty Symbol in one file are the same value.
	Symbol string
	// Target is the logical id (or particle, input name) that Symbol refers to in
	// the same file, when it refers to one.
	Target string
	// Prefix and Suffix are what is known of a partly known string
	// ("arn:aws:s3:::" before an unknown bucket name).
	Prefix, Suffix string
	// Sensitive marks values that must never be printed, known or not.
	Sensitive bool
	// Optional marks a value that may turn out to be absent: a property or list element
	// that an undecided Fn::If may leave out.
	Optional bool
}

// String describes the unknown for people, without any value.
func (u *Unknown) String() string { return "(unknown: " + u.Because + ")" }

// MarshalJSON writes the unknown as its description: a saved result shows that a
// value was not known, and why.
func (u *Unknown) MarshalJSON() ([]byte, error) { return json.Marshal(u.String()) }

// Sensitive is what every report prints instead of a secret value.
const Sensitive = "(sensitive)"

// Walk calls visit for v and everything below it in a fixed order, with JSON
// pointers (RFC 6901) that start at base. It does not descend where visit returns
// false.
func Walk(base string, v any, visit func(pointer string, v any) bool) {
	if !visit(base, v) {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			Walk(base+"/"+schema.EscapePointer(k), v[k], visit)
		}
	case []any:
		for i, e := range v {
			Walk(base+"/"+strconv.Itoa(i), e, visit)
		}
	}
}

// Rewrite returns a copy of v, which stands at pointer (RFC 6901), with each value replaced
// by what visit makes of it. Where visit reports true its value stands as it is, elsewhere
// what is below v is rewritten in turn. The input is not changed.
func Rewrite(pointer string, v any, visit func(pointer string, v any) (any, bool)) any {
	if made, done := visit(pointer, v); done {
		return made
	}
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			return v
		}
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = Rewrite(pointer+"/"+schema.EscapePointer(k), e, visit)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = Rewrite(pointer+"/"+strconv.Itoa(i), e, visit)
		}
		return out
	}
	return v
}

// HasUnknown reports whether v is or contains an *Unknown, and returns the first
// one in Walk order with its pointer below v.
func HasUnknown(v any) (pointer string, u *Unknown, ok bool) {
	Walk("", v, func(p string, x any) bool {
		if found, is := x.(*Unknown); is && !ok {
			pointer, u, ok = p, found, true
		}
		return !ok
	})
	return pointer, u, ok
}

// At returns the value at a JSON pointer below v. ok is false when a part of the
// path is absent; an *Unknown on the way is returned as the value itself, because
// what stands below it is just as unknown.
func At(v any, pointer string) (value any, ok bool) {
	for _, part := range schema.SplitPointer(pointer) {
		switch c := v.(type) {
		case map[string]any:
			if v, ok = c[part]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(c) {
				return nil, false
			}
			v = c[i]
		case *Unknown:
			return c, true
		default:
			return nil, false
		}
	}
	return v, true
}

// Clone copies v deeply; unknowns, which are immutable, are shared.
func Clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for k, e := range v {
			c[k] = Clone(e)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = Clone(e)
		}
		return c
	}
	return v
}

// Normal turns what encoding/json (with or without UseNumber) and the YAML decoder
// produce into the values that Properties allows: integral numbers become int64,
// other numbers float64, typed maps and slices plain ones. A number outside int64
// and float64, and what YAML calls .nan and .inf, becomes its text: JSON cannot write it
// as a number. Lists and maps are changed in place. It returns an error for anything else, and
// for what is nested deeper than 256 levels.
func Normal(v any) (any, error) { return normal(v, maxDepth) }

// maxDepth bounds how deep values nest. What reads them costs its square, and no document of
// AWS comes near.
const maxDepth = 256

func normal(v any, depth int) (any, error) {
	if depth == 0 {
		return nil, fmt.Errorf("the value is nested deeper than %d levels", maxDepth)
	}
	switch v := v.(type) {
	case nil, bool, int64, string, *Unknown:
		return v, nil
	case int:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case uint64:
		if v <= 1<<63-1 {
			return int64(v), nil
		}
		return strconv.FormatUint(v, 10), nil
	case float32:
		return Normal(float64(v))
	case float64:
		if i := int64(v); float64(i) == v && v > -1<<53 && v < 1<<53 {
			return i, nil
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'g', -1, 64), nil
		}
		return v, nil
	case json.Number:
		if i, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return i, nil
		}
		if f, err := strconv.ParseFloat(v.String(), 64); err == nil {
			return Normal(f)
		}
		return v.String(), nil
	case []any:
		for i, e := range v {
			n, err := normal(e, depth-1)
			if err != nil {
				return nil, err
			}
			v[i] = n
		}
		return v, nil
	case map[string]any:
		for k, e := range v {
			n, err := normal(e, depth-1)
			if err != nil {
				return nil, err
			}
			v[k] = n
		}
		return v, nil
	case []string:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = e
		}
		return l, nil
	case map[string]string:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = e
		}
		return m, nil
	}
	return nil, fmt.Errorf("read value: a %T cannot stand in resource properties", v)
}

package reports

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// difference writes how a declared and a live value differ, one line for each thing
// that was removed ("-", declared only) or came up ("+", live only). It goes down into
// objects and compares lists by their elements, because the reader of a policy with
// forty statements wants to see the one that moved.
func difference(path string, declared, live any) []string {
	switch d := declared.(type) {
	case map[string]any:
		if l, ok := live.(map[string]any); ok {
			var out []string
			for _, k := range slices.Sorted(maps.Keys(merged(d, l))) {
				if text(d[k]) != text(l[k]) {
					out = append(out, difference(path+"/"+schema.EscapePointer(k), d[k], l[k])...)
				}
			}
			return out
		}
	case []any:
		if l, ok := live.([]any); ok {
			if out := append(without("- "+path+": ", d, l), without("+ "+path+": ", l, d)...); len(out) > 0 {
				return out
			}
			// The same elements in another order: only the whole lists show it.
		}
	}
	var out []string
	if declared != nil {
		out = append(out, "- "+path+": "+text(declared))
	}
	if live != nil {
		out = append(out, "+ "+path+": "+text(live))
	} else {
		out = append(out, "+ "+path+": (not set)")
	}
	return out
}

func merged(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// without lists the elements of a that b has no equal for, each equal used once.
func without(prefix string, a, b []any) []string {
	left := map[string]int{}
	for _, e := range b {
		left[text(e)]++
	}
	var out []string
	for _, e := range a {
		if t := text(e); left[t] > 0 {
			left[t]--
		} else {
			out = append(out, prefix+t)
		}
	}
	return out
}

// text writes a value on one line, in the flow style of YAML: keys sorted, quotes only
// where something else would be read without them.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		if plain(v) {
			return v
		}
		return strconv.Quote(v)
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, text(k)+": "+text(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = text(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if s, err := strconv.Unquote(string(b)); err == nil {
		return s // an unknown value describes itself
	}
	return string(b)
}

// plain reports whether a string is read back as the same string without quotes.
func plain(s string) bool {
	switch s {
	case "", "true", "false", "null", "-":
		return false
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return false
	}
	return !strings.ContainsAny(s, "{}[],\"'#\\\n\r\t") && !strings.Contains(s, ": ") &&
		strings.TrimSpace(s) == s && strings.IndexFunc(s, hostile) < 0
}

package plan

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A spot is a place in the live properties where a patch writes, with the differences that
// were found at or below it.
type spot struct {
	pointer string
	changes []drift.Change
}

// spotsOf gathers differences by where a patch has to write: as deep as objects go, and at
// a list, a policy document or a value as a whole.
func spotsOf(live *inventory.Resource, changes []drift.Change) []spot {
	at := map[string][]drift.Change{}
	for _, c := range changes {
		pointer := ""
		var v any = live.Properties
		for _, part := range schema.SplitPointer(c.Path) {
			object, is := v.(map[string]any)
			if !is || pointer != "" && object["Statement"] != nil {
				break
			}
			pointer += "/" + schema.EscapePointer(part)
			v = object[part]
		}
		at[pointer] = append(at[pointer], c)
	}
	var spots []spot
	for _, pointer := range sortedKeys(at) {
		spots = append(spots, spot{pointer, at[pointer]})
	}
	return spots
}

// repaired returns the value that a spot shall have: the declared one, and of lists the live
// one in which only the elements that differ are put right, because others may add to it.
// fallback is false when that cannot be told and others do add to it.
func (s spot) repaired(live *inventory.Resource, declared any, fed bool) (value any, ok bool) {
	want, isList := declared.([]any)
	current, _ := inventory.At(live.Properties, s.pointer)
	have, wasList := current.([]any)
	if !isList || !wasList {
		return declared, true
	}
	list := slices.Clone(have)
	find := func(e any) int {
		return slices.IndexFunc(list, func(l any) bool { return canonical(l) == canonical(e) })
	}
	for _, c := range s.changes {
		rest := schema.SplitPointer(strings.TrimPrefix(c.Path, s.pointer))
		i := -1
		if len(rest) > 0 {
			i, _ = strconv.Atoi(rest[0])
		}
		switch {
		case len(rest) == 0 && c.Declared == nil && find(c.Live) >= 0: // a live element too many
			list = slices.Delete(list, find(c.Live), find(c.Live)+1)
		case i < 0 || i >= len(want):
			return want, !fed
		case len(rest) == 1 && c.Live == nil: // a declared element that is not there
			list = append(list, want[i])
		case len(rest) == 1 && find(c.Live) >= 0:
			list[find(c.Live)] = want[i]
		default: // a value inside of an element that has a name
			j := sameName(list, want[i])
			if j < 0 {
				return want, !fed
			}
			list[j] = overlay(list[j], want[i])
		}
	}
	return list, true
}

// sameName returns the element of a list that has the name of e; -1 when none has.
func sameName(list []any, e any) int {
	object, _ := e.(map[string]any)
	for _, key := range []string{"Key", "Name", "Id", "ParameterName", "AttributeName", "IndexName", "PolicyName", "RuleName"} {
		name, is := object[key].(string)
		if !is {
			continue
		}
		return slices.IndexFunc(list, func(l any) bool {
			other, _ := l.(map[string]any)
			return other[key] == name
		})
	}
	return -1
}

// overlay puts the declared values over the live ones; what only lives stays.
func overlay(live, declared any) any {
	l, isL := live.(map[string]any)
	d, isD := declared.(map[string]any)
	if !isL || !isD {
		return declared
	}
	out := maps.Clone(l)
	for k, v := range d {
		out[k] = overlay(l[k], v)
	}
	return out
}

package schema

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Problem is a doubt about properties that the schema raises.
type Problem struct {
	Pointer string // where
	Message string // what, without any value: it may be a secret
	Meant   string // the name that was probably meant; empty when nothing is near
}

// Problems compares properties with the schema and returns what it does not know: names
// that do not exist, and values of a kind that the place does not take, also after
// Coerce. Nothing else is judged: a missing required property, a value outside an
// enumeration or a pattern is the service's to refuse. nil, what stands below an open
// object, and values of Go types that this package does not know are never doubted.
// The result is sorted by pointer; it is empty when t is nil.
func Problems(t *Type, props map[string]any) []Problem {
	if t == nil {
		return nil
	}
	var found []Problem
	problems("", t.Root, Coerce(t, props), &found)
	slices.SortFunc(found, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Message, b.Message))
	})
	return found
}

func problems(pointer string, n *Node, v any, found *[]Problem) {
	kind := kindOf(v)
	if kind == 0 || kind == Null {
		return
	}
	if n.Kinds&kind == 0 {
		*found = append(*found, Problem{
			Pointer: pointer,
			Message: "want " + n.KindName() + ", found " + nameOf(kind),
		})
		return
	}
	switch v := v.(type) {
	case []any:
		if n.Items == nil {
			return
		}
		for i, e := range v {
			problems(pointer+"/"+strconv.Itoa(i), n.Items, e, found)
		}
	case map[string]any:
		if n.Open {
			return
		}
		for name, e := range v {
			at := pointer + "/" + EscapePointer(name)
			if child, ok := n.property(name); ok {
				problems(at, child, e, found)
				continue
			}
			*found = append(*found, Problem{
				Pointer: at,
				Message: "unknown property " + strconv.Quote(name),
				Meant:   Suggest(name, slices.Collect(maps.Keys(n.Properties))),
			})
		}
	}
}

// nameOf names the kind of one value, in which both bits of a whole number stand.
func nameOf(kind Kind) string {
	if kind&Integer != 0 {
		kind = Integer
	}
	return kind.String()
}

// kindOf returns the kinds as which a value may pass: a whole number passes as Integer
// and as Number. 0 for a Go type that is no JSON value.
func kindOf(v any) Kind {
	switch v.(type) {
	case nil:
		return Null
	case bool:
		return Boolean
	case int64:
		return Integer | Number
	case float64:
		return Number
	case string:
		return String
	case []any:
		return Array
	case map[string]any:
		return Object
	}
	return 0
}

// Suggest returns the candidate that somebody who wrote name probably meant: the one
// that differs in case only, else the one with the fewest typing slips (a letter more,
// less, other, or two swapped) as long as they are few for its length. "" when nothing
// is near. Candidates may come in any order; equally near ones are taken by the alphabet.
func Suggest(name string, candidates []string) string {
	lower := strings.ToLower(name)
	best, slips := "", max(1, len(name)/3)+1
	for _, c := range candidates {
		if c == "" {
			continue
		}
		d := distance(lower, strings.ToLower(c), slips)
		if d < slips || d == slips && best != "" && c < best {
			best, slips = c, d
		}
	}
	return best
}

// distance counts the slips between two words (edit distance with swaps of
// neighbours), and stops counting above limit.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	// Three rows of the table: before the previous one, the previous one, this one.
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	older, old, row := rows[0], rows[1], rows[2]
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, old, row = old, row, older
	}
	return old[len(b)]
}

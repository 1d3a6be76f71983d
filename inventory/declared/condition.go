package declared

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A verdict is the value of a condition in three-valued logic (Kleene): true, false, or
// not known, with the reason. Or is true as soon as one operand is true, whatever the
// unknown ones may turn out to be; And is false likewise.
type verdict struct {
	truth   truth
	because string // of an unknown verdict
	// atom names the condition on which an unknown verdict alone depends; negated is true
	// when the verdict is the opposite of that one. Empty: the verdict stands for itself.
	atom    string
	negated bool
}

type truth uint8

const (
	unknownTruth truth = iota
	isTrue
	isFalse
)

func truthOf(b bool) verdict {
	if b {
		return verdict{truth: isTrue}
	}
	return verdict{truth: isFalse}
}

func (v verdict) not() verdict {
	switch v.truth {
	case isTrue:
		return verdict{truth: isFalse}
	case isFalse:
		return verdict{truth: isTrue}
	}
	v.negated = v.atom != "" && !v.negated
	return v
}

// condition returns the verdict of a named condition; it is decided once.
func (e *evaluator) condition(name string, at *node) verdict {
	if v, done := e.verdicts[name]; done {
		return v
	}
	f, declared := e.conditions.field(name)
	if !declared { // told by checkNames
		return verdict{because: "condition " + name + " is not declared"}
	}
	if e.deciding[name] {
		e.fault(at, fmt.Sprintf("condition %s depends on itself", name), "break the cycle: a condition can only build on others that do not lead back to it")
		return verdict{because: "condition " + name + " depends on itself"}
	}
	e.deciding[name] = true
	v := e.decide(f.value)
	delete(e.deciding, name)
	if v.truth == unknownTruth {
		v.because = "condition " + name + " is not known: " + v.because
		if v.atom == "" {
			v.atom, v.negated = name, false
		}
	}
	e.verdicts[name] = v
	return v
}

// decide evaluates a condition expression. {Condition: name} is a reference only here;
// among properties it is data, as in an IAM policy.
func (e *evaluator) decide(n *node) verdict {
	if !e.take(n) {
		return verdict{because: tooLarge}
	}
	if len(n.fields) != 1 {
		if n.kind == boolNode || n.kind == stringNode && (n.text == "true" || n.text == "false") {
			return truthOf(n.text == "true" || n.scalar() == true)
		}
		return e.noCondition(n)
	}
	name, arg := n.fields[0].name, n.fields[0].value
	switch name {
	case "Condition":
		if arg.kind != stringNode {
			return e.noCondition(n)
		}
		return e.condition(arg.text, arg)
	case "Fn::Not":
		if len(arg.items) != 1 {
			return e.noCondition(n)
		}
		return e.decide(arg.items[0]).not()
	case "Fn::And", "Fn::Or":
		if len(arg.items) == 0 {
			return e.noCondition(n)
		}
		decisive := isFalse
		if name == "Fn::Or" {
			decisive = isTrue
		}
		result := verdict{truth: isTrue}
		if name == "Fn::Or" {
			result.truth = isFalse
		}
		for _, item := range arg.items {
			switch v := e.decide(item); {
			case v.truth == decisive:
				result = v
			case v.truth == unknownTruth && result.truth == unknownTruth && (v.atom != result.atom || v.negated != result.negated):
				result = verdict{because: v.because} // depends on several, and so stands for itself
			case v.truth == unknownTruth && result.truth != decisive:
				result = v
			}
		}
		return result
	case "Fn::Equals":
		if len(arg.items) != 2 {
			return e.noCondition(n)
		}
		return equal(e.eval(arg.items[0], nil, ""), e.eval(arg.items[1], nil, ""))
	}
	return e.noCondition(n)
}

func (e *evaluator) noCondition(n *node) verdict {
	e.fault(n, "this is no condition", "a condition is one of Fn::Equals (two values), Fn::Not (one), Fn::And, Fn::Or, or Condition with the name of another")
	return verdict{because: "it is malformed"}
}

// equal compares two values as Fn::Equals does: by their text, case-sensitively. Values
// that are not known are equal when they are the same value, and different when what is
// known of them excludes equality.
func equal(a, b any) verdict {
	ua, aUnknown := a.(*inventory.Unknown)
	ub, bUnknown := b.(*inventory.Unknown)
	switch {
	case aUnknown && bUnknown:
		if same(ua, ub) {
			return truthOf(true)
		}
		return verdict{because: ua.Because}
	case aUnknown:
		return equalPartly(ua, b)
	case bUnknown:
		return equalPartly(ub, a)
	}
	if _, u, ok := inventory.HasUnknown([]any{a, b}); ok {
		return verdict{because: u.Because}
	}
	ta, aText := textOf(a)
	tb, bText := textOf(b)
	if aText && bText {
		return truthOf(ta == tb)
	}
	return truthOf(reflect.DeepEqual(a, b))
}

// equalPartly compares a partly known string with a known value.
func equalPartly(u *inventory.Unknown, v any) verdict {
	if t, ok := textOf(v); ok && (len(t) < len(u.Prefix)+len(u.Suffix) || !strings.HasPrefix(t, u.Prefix) || !strings.HasSuffix(t, u.Suffix)) {
		return truthOf(false)
	}
	return verdict{because: u.Because}
}

// same reports whether two unknowns are one value.
func same(a, b *inventory.Unknown) bool {
	return a == b || a.Symbol != "" && a.Symbol == b.Symbol
}

// identical reports whether two values are the same, unknown leaves included.
func identical(a, b any) bool {
	switch a := a.(type) {
	case *inventory.Unknown:
		ub, ok := b.(*inventory.Unknown)
		return ok && same(a, ub)
	case []any:
		lb, ok := b.([]any)
		if !ok || len(a) != len(lb) {
			return false
		}
		for i := range a {
			if !identical(a[i], lb[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		mb, ok := b.(map[string]any)
		if !ok || len(a) != len(mb) {
			return false
		}
		for k, v := range a {
			w, there := mb[k]
			if !there || !identical(v, w) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}

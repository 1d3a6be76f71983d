package drift

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// The names of the passes that can make two values equal, as `explain` shows them.
const (
	PassScalar    = "scalar"    // one value in two kinds: "80" and 80, where the schema has one
	PassEmpty     = "empty"     // "", [], {} and false for absent
	PassOrder     = "order"     // a list without order
	PassKey       = "key"       // list elements aligned by their natural key
	PassDocument  = "document"  // a JSON text and the object it holds, also URL-encoded
	PassPolicy    = "policy"    // two forms of one policy document
	PassRules     = "rules"     // two forms of the same security group rules
	PassTransform = "transform" // what the service makes of the value, as its schema says
	PassSpace     = "space"     // white space around a text
	PassCase      = "case"      // upper and lower case of a word that the schema lists
	PassARN       = "arn"       // an ARN and the name or id at its end
	PassKeyAlias  = "key-alias" // an alias of a KMS key and the key
	PassVersion   = "version"   // a version and the more exact one of it that runs
	PassAddress   = "address"   // two spellings of an address range
	PassDNS       = "dns"       // two spellings of a name or record in the DNS
	PassTime      = "time"      // two spellings of an instant
	PassWord      = "word"      // singular and plural in a rate
	PassReference = "reference" // a reference and the identifier of what it refers to
)

// delta is what one comparison found. Comparisons of list elements are tried and thrown
// away, so it stays a value of its own until it is accepted.
type delta struct {
	changes    []Change
	unverified []Unverified
	normalised []Normalised
	compared   int
	declared   int
}

func (d *delta) add(o delta) {
	d.changes = append(d.changes, o.changes...)
	d.unverified = append(d.unverified, o.unverified...)
	d.normalised = append(d.normalised, o.normalised...)
	d.compared += o.compared
	d.declared += o.declared
}

func (d *delta) change(s spot, declared, live any) {
	d.changes = append(d.changes, Change{Path: s.pointer, Declared: declared, Live: live, Kind: Differs})
}

func (d *delta) doubt(s spot, because string) {
	d.unverified = append(d.unverified, Unverified{Path: s.pointer, Because: because})
}

func (d *delta) note(s spot, pass string) {
	d.normalised = append(d.normalised, Normalised{Path: s.pointer, Pass: pass})
}

// differs reports whether a change counts.
func (d *delta) differs() bool {
	return slices.ContainsFunc(d.changes, func(c Change) bool { return !c.Info })
}

// comparison compares the properties of one pair.
type comparison struct {
	run  *run
	typ  *schema.Type // nil: structural comparison without any knowledge of the type
	pair *Pair
	// declared are the properties of the particle, with the references that are certain by
	// now replaced by their values.
	declared map[string]any
	live     *inventory.Resource
}

// value compares a declared value with the live one; present is false when the live side
// has no such property. The order of the steps is the order of the passes.
func (c *comparison) value(s spot, declared, live any, present bool) (out delta) {
	if s.readOnly.hit() || declared == nil {
		return out // AWS sets it, or nothing is declared
	}
	switch {
	case s.writeOnly.hit():
		out.declared = leaves(declared)
		if out.declared > 0 {
			out.changes = []Change{{Path: s.pointer, Declared: declared, Kind: WriteOnly, Info: true, Reason: "can be written and never read back"}}
		}
		return out
	case s.unread.hit():
		return unread(s, declared)
	}
	if !present || live == nil {
		return c.absent(s, declared)
	}
	if because, hidden := hiddenLive(live); hidden {
		return concealed(s, declared, because)
	}
	if u, is := declared.(*inventory.Unknown); is {
		return c.unknown(s, u, live)
	}
	if c.isDocument(s, declared, live) {
		return c.document(s, declared, live)
	}
	switch declared := declared.(type) {
	case map[string]any:
		object, is := live.(map[string]any)
		if !is {
			break
		}
		if otherChoice(s, declared, object) {
			out.declared, out.compared = 1, 1
			out.change(s, declared, live)
			return out
		}
		for _, name := range slices.Sorted(maps.Keys(declared)) {
			v, present := object[name]
			out.add(c.value(s.property(name), declared[name], v, present))
		}
		if schema.SecretBeside(declared) != "" {
			for i := range out.changes {
				out.changes[i].secret = true
			}
		}
		return out
	case []any:
		if list, is := live.([]any); is {
			return c.list(s, declared, list)
		}
	default:
		return c.scalar(s, declared, live)
	}
	out.declared, out.compared = leaves(declared), leaves(declared)
	switch {
	case blank(declared) && blank(live):
		out.note(s, PassEmpty)
	default:
		out.change(s, declared, live)
	}
	return out
}

// otherChoice reports whether a live object makes another choice than the declared one. In
// some objects the only property is a choice, and says all by being there: an empty Block is
// not an empty Allow, though empty is absent elsewhere.
func otherChoice(s spot, declared, live map[string]any) bool {
	if s.node == nil || len(s.node.Properties) < 2 || len(declared) != 1 || len(live) != 1 {
		return false
	}
	for _, n := range s.node.Properties {
		if n.Kinds&schema.Object == 0 {
			return false
		}
	}
	for _, l := range live {
		if l == nil {
			return false
		}
	}
	for name, v := range declared {
		_, isObject := v.(map[string]any)
		if _, has := live[name]; isObject && blank(v) && !has && !s.property(name).readOnly.hit() && !s.property(name).writeOnly.hit() {
			return true
		}
	}
	return false
}

// unread tells what is write-only below an unread path from what only this reader cannot
// tell.
func unread(s spot, declared any) (out delta) {
	switch declared := declared.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(declared)) {
			child := s.property(name)
			if !child.readOnly.hit() && !child.writeOnly.hit() {
				out.add(unread(child, declared[name]))
				continue
			}
			out.add((&comparison{}).value(child, declared[name], nil, false))
		}
		if len(out.unverified) > 0 {
			out.unverified = nil
			out.doubt(s, becauseUnread)
		}
		return out
	case nil:
		return out
	}
	out.declared = max(leaves(declared), 1)
	out.doubt(s, becauseUnread)
	return out
}

// hiddenLive reports whether a live value exists and is not shown: a snapshot masks
// secrets. What it is cannot be compared with anything.
func hiddenLive(live any) (because string, hidden bool) {
	if u, is := live.(*inventory.Unknown); is {
		return u.Because, true
	}
	if live == any(inventory.Sensitive) {
		return "the live value is not shown", true
	}
	return "", false
}

// holdsHidden looks for a hidden value at or below a live one.
func holdsHidden(live any) (because string, hidden bool) {
	inventory.Walk("", live, func(_ string, e any) bool {
		if !hidden {
			because, hidden = hiddenLive(e)
		}
		return !hidden
	})
	return because, hidden
}

// concealed leaves a declared value unverified because the live one is hidden.
func concealed(s spot, declared any, because string) (out delta) {
	if out.declared = leaves(declared); out.declared > 0 {
		out.doubt(s, because)
	}
	return out
}

const becauseUnread = "this reader does not return the property, or could not read it"

// absent compares with a property that the live side does not have. Empty values and
// false mean the same as absent; true and everything else do not.
func (c *comparison) absent(s spot, declared any) (out delta) {
	switch declared := declared.(type) {
	case *inventory.Unknown:
		out.declared = 1
		out.doubt(s, declared.Because)
		return out
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(declared)) {
			out.add(c.value(s.property(name), declared[name], nil, false))
		}
		return whole(s, declared, out)
	case []any:
		for i, e := range declared {
			out.add(c.value(s.index(strconv.Itoa(i)), e, nil, false))
		}
		return whole(s, declared, out)
	}
	out.declared, out.compared = 1, 1
	onByDefault := s.node != nil && s.node.HasDefault && s.node.Default == true
	if blank(declared) && !(declared == false && onByDefault) {
		out.note(s, PassEmpty)
		return out
	}
	out.change(s, declared, nil)
	return out
}

// whole says that a declared object is absent in one change instead of one for each leaf.
func whole(s spot, declared any, d delta) delta {
	if d.differs() {
		d.changes = slices.DeleteFunc(d.changes, func(c Change) bool { return !c.Info })
		d.change(s, declared, nil)
	}
	return d
}

// unknown compares a value that is not known. A reference to another particle is known
// once that particle was found alive.
func (c *comparison) unknown(s spot, u *inventory.Unknown, live any) (out delta) {
	out.declared = 1
	switch verdict, value := c.refers(u, live); verdict {
	case refersHere:
		out.compared = 1
		out.note(s, PassReference)
	case refersElsewhere:
		out.compared = 1
		out.change(s, value, live)
	default:
		out.doubt(s, u.Because)
	}
	return out
}

func (c *comparison) scalar(s spot, declared, live any) (out delta) {
	out.declared, out.compared = 1, 1
	switch {
	case same(declared, live):
	case blank(declared) && blank(live):
		out.note(s, PassEmpty)
	case sameScalar(s.node, declared, live):
		out.note(s, PassScalar)
	default:
		if pass := c.spelled(s, declared, live); pass != "" {
			out.note(s, pass)
			return out
		}
		switch verdict, ok := c.keyVerdict(declared, live); {
		case ok && !s.free && verdict == equal:
			out.note(s, PassKeyAlias)
		case ok && !s.free && verdict == perhaps:
			out.compared = 0
			out.doubt(s, "which key an alias stands for was not read")
		default:
			out.change(s, declared, live)
		}
	}
	return out
}

// sameScalar compares two scalars as the schema's kind. Text stays text where the schema
// wants text ("02" is not "2"); elsewhere it is read as the number or truth value it means.
func sameScalar(n *schema.Node, a, b any) bool {
	kinds := schema.Kind(0)
	if n != nil {
		kinds = n.Kinds
	}
	x, okX := scalarText(a, kinds)
	y, okY := scalarText(b, kinds)
	if !okX || !okY {
		return false
	}
	if _, is := a.(bool); is {
		return strings.EqualFold(x, y)
	}
	if _, is := b.(bool); is {
		return strings.EqualFold(x, y)
	}
	return x == y
}

func scalarText(v any, kinds schema.Kind) (string, bool) {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case string:
		if kinds&(schema.Integer|schema.Number) != 0 && kinds&schema.String == 0 && strings.Trim(v, "0123456789+-.eE") == "" {
			if i, err := strconv.ParseInt(v, 10, 64); err == nil {
				return strconv.FormatInt(i, 10), true
			}
			if f, err := strconv.ParseFloat(v, 64); err == nil {
				return strconv.FormatFloat(f, 'f', -1, 64), true
			}
		}
		return v, true
	}
	return "", false
}

// blank reports whether a value says nothing: null, "", false, [], {} and what consists of
// such.
func blank(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !blank(e) })
	case map[string]any:
		for _, e := range v {
			if !blank(e) {
				return false
			}
		}
		return true
	}
	return false
}

// leaves counts the declared values below v.
func leaves(v any) int {
	n := 0
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for _, e := range v {
			n += leaves(e)
		}
	case []any:
		for _, e := range v {
			n += leaves(e)
		}
	default:
		n = 1
	}
	return n
}

// same compares two values exactly, whatever they are.
func same(a, b any) bool { return canonical(a) == canonical(b) }

// canonical writes a value so that equal values have equal texts.
func canonical(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // cannot be: properties hold nothing that JSON has no form for but NaN
		return reflect.TypeOf(v).String()
	}
	return string(b)
}

// wholeNumber reads a decimal number.
func wholeNumber(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

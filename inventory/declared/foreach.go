package declared

import (
	"fmt"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Fn::ForEach repeats a piece of a mapping for each element of a list. It is unrolled before
// anything else is evaluated, as CloudFormation does it
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html):
// every copy keeps the places of the text that it was made from.
const loopPrefix = "Fn::ForEach::"

const languageExtensions = "AWS::LanguageExtensions"

// unroll returns the tree with its loops written out; a tree without any is returned as it
// is. A loop over a list that is not known stays, and e.stuck says why.
func (e *evaluator) unroll(n *node) *node {
	if n == nil || !hasLoop(n, map[*node]bool{}) {
		return n
	}
	if !hasTransform(e.doc.root, languageExtensions) {
		e.r.warn(e.doc.at(n), "Fn::ForEach stands in a template without the transform that knows it", "add Transform: "+languageExtensions)
	}
	u := &unroller{evaluator: e, done: map[*node]*node{}}
	return u.tree(n)
}

// hasLoop reports whether a loop stands anywhere in the tree.
func hasLoop(n *node, seen map[*node]bool) bool {
	if n.isScalar() || seen[n] {
		return false
	}
	seen[n] = true
	for _, item := range n.items {
		if hasLoop(item, seen) {
			return true
		}
	}
	for _, f := range n.fields {
		if strings.HasPrefix(f.name, loopPrefix) || hasLoop(f.value, seen) {
			return true
		}
	}
	return false
}

type unroller struct {
	*evaluator
	done map[*node]*node // aliases share a node, and the copies of it
	made nodeBudget
	full bool
}

// maxUnrolled bounds the values that loops make; CloudFormation takes 1 MB of text.
const maxUnrolled = maxNodes / 8

// room spends the budget that keeps loops in loops from becoming larger than memory.
func (u *unroller) room(at *node, values int) bool {
	if u.made += nodeBudget(values); u.made <= maxUnrolled {
		return true
	}
	if !u.full {
		u.full = true
		u.fault(at, "the template is too large once its loops are written out", fmt.Sprintf("at most %d values are read; CloudFormation takes a template of 1 MB", maxUnrolled))
	}
	return false
}

func (u *unroller) tree(n *node) *node {
	if n.isScalar() {
		return n
	}
	if copied, ok := u.done[n]; ok {
		return copied
	}
	out := *n
	if n.kind == listNode {
		out.items = make([]*node, len(n.items))
		for i, item := range n.items {
			out.items[i] = u.tree(item)
		}
	} else {
		out.fields = nil
		var seen fieldSet
		for _, f := range n.fields {
			u.field(&out, &seen, f)
		}
	}
	u.done[n] = &out
	return &out
}

// field adds a field of a mapping to its copy, or what a loop makes of it.
func (u *unroller) field(out *node, seen *fieldSet, f field) {
	if !strings.HasPrefix(f.name, loopPrefix) {
		f.value = u.tree(f.value)
		u.add(out, seen, f)
		return
	}
	name, values, body, why := u.loop(f)
	if why != "" {
		if u.stuck == nil {
			u.stuck = map[*node]string{}
		}
		u.stuck[f.value] = why
		u.add(out, seen, f)
		return
	}
	for _, value := range values {
		b := binding{u: u, name: name, value: value, done: map[*node]*node{}}
		for _, part := range body.fields {
			if !u.room(f.value, 1) {
				return
			}
			part.name = b.text(f.value, part.name)
			part.value = b.tree(part.value)
			u.field(out, seen, part)
		}
	}
}

func (u *unroller) add(out *node, seen *fieldSet, f field) {
	if first, twice := seen.has(out, f.name); twice {
		u.r.fault(u.doc.atKey(f), fmt.Sprintf("a loop makes the key %q twice; first at %s", f.name, u.doc.atKey(first)), "put the variable of the loop into the key, and each value once into its list")
		return
	}
	out.fields = append(out.fields, f)
}

// loop takes a loop apart; why says what keeps it from being unrolled.
func (u *unroller) loop(f field) (name string, values []string, body *node, why string) {
	const want = "a list of three: the name of the variable, a list of texts, and a mapping to repeat"
	arg := f.value
	if arg.kind != listNode || len(arg.items) != 3 || !arg.items[0].isText() || arg.items[2].kind != mapNode {
		u.misused(arg, f.name, want)
		return "", nil, nil, "it is malformed"
	}
	switch list := u.eval(arg.items[1], nil, "").(type) {
	case *inventory.Unknown:
		return "", nil, nil, list.Because
	case []any:
		for _, v := range list {
			if unknown, is := v.(*inventory.Unknown); is {
				return "", nil, nil, unknown.Because
			}
			text, ok := textOf(v)
			if !ok {
				u.misused(arg, f.name, want)
				return "", nil, nil, "it is malformed"
			}
			values = append(values, text)
		}
		return arg.items[0].text, values, arg.items[2], ""
	}
	u.misused(arg, f.name, want)
	return "", nil, nil, "it is malformed"
}

// A binding puts the value of a loop variable into a tree: for Ref of it, and for ${name}
// in every text. &{name} is the value with nothing but its letters and digits.
type binding struct {
	u           *unroller
	name, value string
	done        map[*node]*node
}

func (b *binding) text(at *node, s string) string {
	n := strings.Count(s, "{"+b.name+"}")
	if n == 0 || !b.u.room(at, (len(s)+n*len(b.value))/64) { // long texts take room too
		return s
	}
	s = strings.ReplaceAll(s, "${"+b.name+"}", b.value)
	return strings.ReplaceAll(s, "&{"+b.name+"}", alphanumeric(b.value))
}

func alphanumeric(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, s)
}

// tree returns n with the value put in; what does not name the variable is shared.
func (b *binding) tree(n *node) *node {
	if n.kind == stringNode {
		if text := b.text(n, n.text); text != n.text {
			out := *n
			out.text = text
			return &out
		}
		return n
	}
	if n.isScalar() {
		return n
	}
	if copied, ok := b.done[n]; ok {
		return copied
	}
	if !b.u.room(n, 1) {
		return n
	}
	if name, arg, ok := n.call(); ok && name == "Ref" && arg.kind == stringNode && arg.text == b.name {
		out := *arg
		out.text, out.line, out.column = b.value, n.line, n.column
		b.done[n] = &out
		return &out
	}
	out := *n
	changed := false
	out.items = make([]*node, 0, len(n.items))
	for _, item := range n.items {
		copied := b.tree(item)
		changed = changed || copied != item
		out.items = append(out.items, copied)
	}
	out.fields = make([]field, 0, len(n.fields))
	for _, f := range n.fields {
		copied := field{name: b.text(n, f.name), line: f.line, column: f.column, value: b.tree(f.value)}
		changed = changed || copied != f
		out.fields = append(out.fields, copied)
	}
	if !changed {
		out = *n
	}
	b.done[n] = &out
	if !changed {
		b.done[n] = n
	}
	return b.done[n]
}

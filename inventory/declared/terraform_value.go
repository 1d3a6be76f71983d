package declared

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A planned is one value of a plan or state with its place. It is on its way from
// Terraform's shape to CloudFormation's, so it is a tree whose leaves are what
// inventory.Properties takes.
type planned struct {
	at     inventory.Position
	fields map[string]*planned
	items  []*planned
	isList bool
	leaf   any // a scalar or an *inventory.Unknown, where there are neither fields nor items
	// secret is true where the author or the provider marked the value sensitive.
	secret bool
	// computed is true where the value is not written as it stands in the configuration.
	computed bool
	// configured is true where the configuration says something of the value.
	configured bool
	seen       map[string]bool // the elements that append has added, as JSON
}

func (v *planned) unknown() *inventory.Unknown {
	if v == nil {
		return nil
	}
	u, _ := v.leaf.(*inventory.Unknown)
	return u
}

// isNothing reports whether the value is what a provider writes for "not set".
func (v *planned) isNothing() bool {
	return v == nil || v.fields == nil && !v.isList && (v.leaf == nil || v.leaf == "") || v.isList && len(v.items) == 0
}

// like returns a value at the place of v and as secret as v.
func (v *planned) like(leaf any) *planned {
	return &planned{at: v.at, leaf: leaf, secret: v.secret, computed: v.computed, configured: v.configured}
}

// find returns the value at a path of attributes ("logging.target_bucket"). A block that
// occurs once is a list of one, and passed through. Where a block on the way is not
// known, the value is not either, and may be absent: whole is true then.
func (v *planned) find(path string) (found *planned, whole bool) {
	if path == "" {
		return v, false
	}
	for name := range strings.SplitSeq(path, ".") {
		if v = v.first(); v == nil {
			return nil, false
		}
		if v.unknown() != nil {
			return v, true
		}
		v = v.fields[name]
	}
	return v, false
}

// first passes through a list of one.
func (v *planned) first() *planned {
	if v != nil && v.isList {
		if len(v.items) == 0 {
			return nil
		}
		return v.items[0]
	}
	return v
}

// text returns a known scalar as text; "" when the value is absent. ok is false when it is
// not known or no scalar.
func (v *planned) text() (string, bool) {
	if v.isNothing() {
		return "", true
	}
	return textOf(v.leaf)
}

// put sets the value at a path of property names; a number stands for the index of a list,
// and a "+" at the end appends.
func (v *planned) put(path []string, value *planned) {
	name, rest := path[0], path[1:]
	if v.unknown() != nil { // what is not known as a whole has no parts
		return
	}
	if i, err := strconv.Atoi(name); err == nil {
		v.isList = true
		for len(v.items) <= i {
			v.items = append(v.items, &planned{at: value.at})
		}
		if len(rest) == 0 {
			v.items[i] = value
		} else {
			v.items[i].put(rest, value)
		}
		return
	}
	if v.fields == nil {
		v.fields = map[string]*planned{}
	}
	if list, isAppend := strings.CutSuffix(name, "+"); isAppend {
		v.append(list, value)
		return
	}
	if len(rest) == 0 {
		v.fields[name] = value
		return
	}
	if v.fields[name] == nil {
		v.fields[name] = &planned{at: value.at}
	}
	v.fields[name].put(rest, value)
}

// append adds an element, or those of a list, to the list of a name. What already stands
// there is not repeated: the provider reads back into a resource what separate resources
// add to it.
func (v *planned) append(name string, value *planned) {
	list := v.fields[name]
	if list == nil {
		list = &planned{at: value.at, isList: true}
		v.fields[name] = list
	}
	elements := []*planned{value}
	if value.isList {
		elements = value.items
	}
	if list.unknown() != nil {
		if len(elements) == 0 {
			return
		}
		// The list has these elements and perhaps others.
		more := list.like(optional(list.unknown()))
		*list = planned{at: list.at, isList: true, items: []*planned{more}}
	}
	if list.seen == nil {
		list.seen = map[string]bool{}
		for _, e := range list.items {
			list.seen[e.key()] = true
		}
	}
	for _, e := range elements {
		if key := e.key(); key == "" || !list.seen[key] {
			list.seen[key] = true
			list.items = append(list.items, e)
		}
	}
	// What is certain comes first.
	if n := len(list.items); n > 1 {
		if u := list.items[0].unknown(); u != nil && u.Optional {
			list.items = append(list.items[1:n:n], list.items[0])
		}
	}
}

func optional(u *inventory.Unknown) *inventory.Unknown {
	return &inventory.Unknown{Because: u.Because, Sensitive: u.Sensitive, Optional: true}
}

// key is the value as JSON, by which equal elements are found; "" when a part of it is not
// known, for then it equals nothing.
func (v *planned) key() string {
	plain := v.lower("", nil, nil)
	if _, _, open := inventory.HasUnknown(plain); open {
		return ""
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return ""
	}
	return string(text)
}

// lower turns the tree into what inventory.Properties takes, and notes what is known of
// each place in rec and the pointers of secrets in secrets; both may be nil.
func (v *planned) lower(pointer string, rec *record, secrets *[]string) any {
	if rec != nil {
		rec.positions[pointer] = v.at
		if v.computed {
			rec.written[pointer] = []string{}
		}
	}
	if secrets != nil && v.secret {
		*secrets = append(*secrets, pointer)
		secrets = nil // what stands below is hidden with it
	}
	switch {
	case v.fields != nil:
		out := make(map[string]any, len(v.fields))
		for name, e := range v.fields {
			if e.fields != nil || e.isList || e.leaf != nil {
				out[name] = e.lower(pointer+"/"+schema.EscapePointer(name), rec, secrets)
			}
		}
		return out
	case v.isList:
		out := make([]any, 0, len(v.items))
		for i, e := range v.items {
			out = append(out, e.lower(pointer+"/"+strconv.Itoa(i), rec, secrets))
		}
		if len(out) == 1 {
			if u, is := out[0].(*inventory.Unknown); is && u.Optional { // then the list may be empty
				return &inventory.Unknown{Because: u.Because, Sensitive: u.Sensitive, Target: u.Target}
			}
		}
		return out
	}
	return v.leaf
}

// A merging builds the value of a resource out of what a plan says of it in four places:
// the values after the change, which of them are known only after apply, which are
// sensitive, and where they come from in the configuration.
type merging struct {
	doc *document
	// because makes an unknown out of the references of its expression (nil without one)
	// for the attribute of a name.
	because func(attribute string, expression *node) *inventory.Unknown
	// drop says of a path of attributes that nobody configured and that is known only
	// after apply whether it is what AWS chooses where nothing is said.
	drop func(path string) bool
}

// value merges one place. name is the attribute it belongs to, path the attributes that
// lead to it. known is true when the configuration of the surrounding block is.
func (m *merging) value(at inventory.Position, name, path string, after, unknown, sensitive, config *node, known bool) *planned {
	v := &planned{at: at, secret: saysTrue(sensitive), configured: config != nil}
	references := config.get("references")
	v.computed = known && (config == nil || references != nil && references.kind == listNode)
	if saysTrue(unknown) {
		if known && config == nil && m.drop(path) {
			return nil
		}
		u := m.because(name, config)
		if v.secret {
			hidden := *u
			hidden.Sensitive, u = true, &hidden
		}
		v.leaf = u
		return v
	}
	switch {
	case after != nil && after.kind == listNode || after == nil && unknown != nil && unknown.kind == listNode:
		v.isList = true
		m.list(v, name, path, after, unknown, sensitive, config, known)
	case after != nil && after.kind == mapNode || after == nil && anyTrue(unknown):
		m.fields(v, name, path, after, unknown, sensitive, config, known)
	case after != nil:
		v.leaf = after.scalar()
	}
	if v.fields == nil && !v.isList && v.leaf == nil {
		return nil // null is "not set"
	}
	return v
}

func (m *merging) list(v *planned, name, path string, after, unknown, sensitive, config *node, known bool) {
	for i := range max(lengthOf(after), lengthOf(unknown)) {
		item := func(n *node) *node {
			if n != nil && n.kind == listNode && i < len(n.items) {
				return n.items[i]
			}
			return nil
		}
		at := v.at
		if n := item(after); n != nil {
			at = m.doc.at(n)
		}
		// Blocks of a set come in another order than they are written.
		block, inner := config, known
		if config != nil && config.kind == listNode {
			switch {
			case len(config.items) == lengthOf(after) && len(config.items) == 1:
				block = config.items[0]
			default:
				block = alternatives(config.items)
			}
		} else if config == nil {
			inner = false // blocks that are made by a loop do not show in the configuration
		}
		e := m.value(at, name, path, item(after), item(unknown), item(sensitive), block, inner)
		if e == nil {
			continue // null
		}
		e.computed = e.computed && !v.computed
		v.items = append(v.items, e)
	}
}

func (m *merging) fields(v *planned, name, path string, after, unknown, sensitive, config *node, known bool) {
	v.fields = map[string]*planned{}
	afterOf, unknownOf, sensitiveOf := fieldsByName(after), fieldsByName(unknown), fieldsByName(sensitive)
	expressions := config != nil && !isExpression(config)
	configOf := fieldsByName(config)
	add := func(f field) {
		// The expression of a map or object as a whole counts for its keys.
		inner, block, attribute := config, known, name
		if expressions {
			inner, block, attribute = configOf[f.name], true, f.name
		}
		below := strings.TrimPrefix(path+"."+f.name, ".")
		e := m.value(m.doc.atKey(f), attribute, below, afterOf[f.name], unknownOf[f.name], sensitiveOf[f.name], inner, block)
		if e != nil {
			e.computed = e.computed && !v.computed
			v.fields[f.name] = e
		}
	}
	if after != nil {
		for _, f := range after.fields {
			add(f)
		}
	}
	if unknown != nil {
		for _, f := range unknown.fields {
			if afterOf[f.name] == nil && anyTrue(f.value) {
				add(f)
			}
		}
	}
}

func fieldsByName(n *node) map[string]*node {
	if n == nil || len(n.fields) == 0 {
		return nil
	}
	m := make(map[string]*node, len(n.fields))
	for _, f := range n.fields {
		m[f.name] = f.value
	}
	return m
}

// alternatives merges the expressions of several blocks: of each attribute, what any of
// them refers to.
func alternatives(blocks []*node) *node {
	out := &node{kind: mapNode}
	at := map[string]*node{}
	for _, b := range blocks {
		for _, f := range b.fields {
			references := f.value.get("references")
			switch first, seen := at[f.name]; {
			case !seen:
				n := f.value
				if references != nil {
					n = &node{kind: mapNode, fields: []field{{name: "references", value: &node{kind: listNode, items: references.items}}}}
				}
				at[f.name] = n
				out.fields = append(out.fields, field{name: f.name, value: n})
			case references != nil && first.get("references") != nil:
				list := first.get("references")
				list.items = append(list.items[:len(list.items):len(list.items)], references.items...)
			}
		}
	}
	return out
}

// isExpression tells the expression of an attribute from the attributes of a block.
func isExpression(n *node) bool {
	if n.kind != mapNode || len(n.fields) != 1 {
		return n.kind == mapNode && len(n.fields) == 0
	}
	f := n.fields[0]
	return f.name == "constant_value" || f.name == "references" && f.value.kind == listNode
}

func saysTrue(n *node) bool { return n != nil && n.kind == boolNode && n.text == "true" }

// anyTrue reports whether something at or below n is true.
func anyTrue(n *node) bool {
	if n == nil {
		return false
	}
	if saysTrue(n) {
		return true
	}
	for _, item := range n.items {
		if anyTrue(item) {
			return true
		}
	}
	for _, f := range n.fields {
		if anyTrue(f.value) {
			return true
		}
	}
	return false
}

func lengthOf(n *node) int {
	if n == nil {
		return 0
	}
	return len(n.items)
}

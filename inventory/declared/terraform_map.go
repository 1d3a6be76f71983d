package declared

import (
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// The mapping of Terraform types is data; the file explains itself.
//
//go:embed terraform_map.yaml
var terraformMap []byte

// A tfType is one entry of the mapping.
type tfType struct {
	name     string // aws_s3_bucket
	cfn      string // AWS::S3::Bucket
	id       []string
	set      []tfRow
	into, by string   // of a fold: the Terraform type of the parent, and the attribute that names it
	is       []string // the attributes of the parent that by may hold
	also     []tfAlso
	computed map[string]bool
}

// A tfAlso is a further resource that a Terraform resource stands for.
type tfAlso struct {
	cfn      string
	of, each string
	set      []tfRow
}

// A tfRow is one property: where it stands, and which of the sources says it.
type tfRow struct {
	target  []string
	sources []*tfSource
}

// A tfSource is where a value comes from. The file says what the parts mean.
type tfSource struct {
	of, each        string
	set             []tfRow
	hasSet, hasEach bool
	spread, bag     []tfRow
	self            string // the attribute that decides
	selfTarget      string // in place of the value, the property of an element
	json, names     bool
	empty           bool
	enum            map[string]any
	constant        any
	present         any
	pairKey, pairTo string
	mapKey          string
	mapTo           *tfSource
	cut             string
	unknown         string
	when, unless    []tfCondition
}

type tfCondition struct {
	path  string
	words []string
}

// terraformTypes reads the embedded mapping, once.
var terraformTypes = sync.OnceValue(func() map[string]*tfType {
	docs, fault := parseYAML("terraform_map.yaml", terraformMap)
	types := map[string]*tfType{}
	if fault != nil || len(docs) != 1 {
		return types // a test reads the file and finds all of it
	}
	for _, f := range docs[0].root.fields {
		types[f.name] = readTFType(f.name, f.value)
	}
	return types
})

func readTFType(name string, n *node) *tfType {
	t := &tfType{name: name, cfn: n.get("type").scalarText(), id: []string{"id"}, set: readRows(n.get("set")), computed: map[string]bool{}}
	if id := n.get("id"); id != nil {
		t.id = id.words()
	}
	for _, name := range n.get("computed").words() {
		t.computed[name] = true
	}
	if fold := n.get("fold"); fold != nil {
		t.into, t.by, t.is = fold.get("into").scalarText(), fold.get("by").scalarText(), fold.get("is").words()
	}
	if also := n.get("also"); also != nil {
		for _, a := range also.items {
			t.also = append(t.also, tfAlso{cfn: a.get("type").scalarText(), of: a.get("of").scalarText(), each: a.get("each").scalarText(), set: readRows(a.get("set"))})
		}
	}
	return t
}

// scalarText is the text of a node that may be nil.
func (n *node) scalarText() string {
	if n == nil {
		return ""
	}
	return n.text
}

// words are the texts of a list, or of a scalar; none for nil.
func (n *node) words() []string {
	if n == nil {
		return nil
	}
	if n.isScalar() {
		return []string{n.text}
	}
	words := []string{}
	for _, item := range n.items {
		words = append(words, item.text)
	}
	return words
}

func readRows(n *node) []tfRow {
	var rows []tfRow
	for _, f := range n.fieldsOf() {
		row := tfRow{target: strings.Split(f.name, "/")}
		if f.value.kind == listNode {
			for _, item := range f.value.items {
				row.sources = append(row.sources, readSource(item))
			}
		} else {
			row.sources = []*tfSource{readSource(f.value)}
		}
		rows = append(rows, row)
	}
	return rows
}

func readSource(n *node) *tfSource {
	if n.isScalar() {
		return &tfSource{of: n.text}
	}
	s := &tfSource{
		of: n.get("of").scalarText(), each: n.get("each").scalarText(), set: readRows(n.get("set")), hasSet: n.get("set") != nil, hasEach: n.get("each") != nil,
		spread: readRows(n.get("spread")), bag: readRows(n.get("bag")),
		json: saysTrue(n.get("json")), names: saysTrue(n.get("names")), empty: saysTrue(n.get("empty")),
		pairKey: n.get("pairs").get("key").scalarText(), pairTo: n.get("pairs").get("value").scalarText(),
		mapKey: n.get("map").get("key").scalarText(), cut: n.get("cut").scalarText(), unknown: n.get("unknown").scalarText(),
		when: readConditions(n.get("when")), unless: readConditions(n.get("unless")),
	}
	if c := n.get("const"); c != nil {
		s.constant = c.scalar()
	}
	if c := n.get("present"); c != nil {
		s.present = c.scalar()
	}
	switch self := n.get("self"); {
	case self == nil:
	case self.kind == mapNode:
		s.selfTarget, s.self = self.fields[0].name, self.fields[0].value.text
	default:
		s.self = self.text
	}
	if m := n.get("map"); m != nil {
		if value := m.get("value"); value != nil {
			s.mapTo = readSource(value)
		} else {
			s.mapTo = &tfSource{set: readRows(m.get("set")), hasSet: true}
		}
	}
	for _, f := range n.get("enum").fieldsOf() {
		if s.enum == nil {
			s.enum = map[string]any{}
		}
		s.enum[f.name] = f.value.scalar()
	}
	return s
}

func readConditions(n *node) []tfCondition {
	var conditions []tfCondition
	for _, f := range n.fieldsOf() {
		conditions = append(conditions, tfCondition{f.name, f.value.words()})
	}
	return conditions
}

// A mapper turns the attributes of one Terraform resource into properties.
type mapper struct {
	// self is the reference to the resource itself.
	self func(at inventory.Position) *planned
}

// rows sets the properties of rows on out. typ and at say what the schema wants there.
func (m *mapper) rows(rows []tfRow, from, out *planned, n *schema.Node) {
	for _, row := range rows {
		for _, s := range row.sources {
			v, whole := m.value(s, from, childAt(n, row.target))
			if v == nil {
				continue
			}
			target := row.target
			if u := v.unknown(); u != nil && whole {
				// Not even the object is certain in which the property would stand.
				v = v.like(optional(u))
				if len(target) > 1 && out.fields[target[0]] == nil {
					target = target[:1]
				}
			}
			out.put(target, v)
			break
		}
	}
}

// childAt follows the parts of a target in the schema; nil where it does not know them.
func childAt(n *schema.Node, target []string) *schema.Node {
	for _, part := range target {
		name, isAppend := strings.CutSuffix(part, "+")
		child, ok := n.Child(name)
		if !ok {
			return nil
		}
		if n = child; isAppend && n.Items != nil {
			n = n.Items
		}
	}
	return n
}

// value returns what a source says; nil when it says nothing. whole is true when a block
// around the value is not known.
func (m *mapper) value(s *tfSource, from *planned, n *schema.Node) (v *planned, whole bool) {
	for _, c := range s.when {
		if v, done := m.condition(c, from, false); done {
			return v, v != nil
		}
	}
	for _, c := range s.unless {
		if v, done := m.condition(c, from, true); done {
			return v, v != nil
		}
	}
	switch {
	case s.constant != nil:
		return &planned{at: from.at, leaf: s.constant}, false
	case s.self != "" && s.selfTarget == "":
		return m.self(from.at), false
	case s.bag != nil:
		return m.bag(s.bag, from), false
	case s.hasEach:
		return m.each(s, from, n)
	case s.spread != nil:
		return m.spread(s, from, from, n), false
	case s.hasSet && s.of == "":
		return m.object(s.set, from, n), false
	}
	if v, whole = from.find(s.of); v.isNothing() {
		return nil, false
	}
	if u := v.unknown(); u != nil {
		return m.unknownValue(s, v), whole
	}
	return m.known(s, v, n), false
}

// condition reports whether the source is out of the question: then v is nil, or the
// unknown that stands in its place while the condition is not known.
func (m *mapper) condition(c tfCondition, from *planned, not bool) (v *planned, done bool) {
	found, _ := from.find(c.path)
	if u := found.unknown(); u != nil {
		return found.like(&inventory.Unknown{Because: u.Because, Sensitive: u.Sensitive, Optional: true}), true
	}
	text, _ := found.text()
	return nil, slices.Contains(c.words, text) == not
}

func (m *mapper) unknownValue(s *tfSource, v *planned) *planned {
	u := *v.unknown()
	switch {
	case s.present != nil:
		return v.like(s.present)
	case s.json || s.names || s.enum != nil || s.cut != "" || s.pairKey != "" || s.mapKey != "" || s.hasSet:
		u.Symbol, u.Target = "", "" // it is made of the reference and is not the reference
	}
	for _, word := range s.enum {
		u.Optional = u.Optional || word == nil
	}
	return v.like(&u)
}

// known turns a known value into the words of CloudFormation.
func (m *mapper) known(s *tfSource, v *planned, n *schema.Node) *planned {
	switch {
	case s.present != nil:
		return v.like(s.present)
	case s.unknown != "":
		return v.like(&inventory.Unknown{Because: s.unknown, Sensitive: v.secret})
	case s.enum != nil:
		text, _ := v.text()
		if word, listed := s.enum[text]; listed {
			if word == nil {
				return nil
			}
			return v.like(word)
		}
	case s.json:
		v = decodeJSON(v)
		if s.names {
			v = respell(v, n)
		}
	case s.cut != "":
		return cutMethod(v, s.cut)
	case s.pairKey != "":
		return pairs(v, s.pairKey, s.pairTo)
	case s.mapKey != "":
		return m.keyed(s, v, n)
	}
	return v
}

// decodeJSON replaces a JSON text by what it says; text that is none stays.
func decodeJSON(v *planned) *planned {
	text, is := v.leaf.(string)
	if !is {
		return v
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var value any
	if dec.Decode(&value) != nil {
		return v
	}
	normal, err := inventory.Normal(value)
	if err != nil {
		return v
	}
	switch normal.(type) {
	case map[string]any, []any:
		return v.tree(normal)
	}
	return v
}

// tree builds the value below v out of plain data.
func (v *planned) tree(data any) *planned {
	switch data := data.(type) {
	case map[string]any:
		out := v.like(nil)
		out.fields = map[string]*planned{}
		for name, e := range data {
			out.fields[name] = v.part(e)
		}
		return out
	case []any:
		out := v.like(nil)
		out.isList = true
		for _, e := range data {
			out.items = append(out.items, v.part(e))
		}
		return out
	}
	return v.like(data)
}

// part is a tree that is not marked again as what it stands in.
func (v *planned) part(data any) *planned {
	return (&planned{at: v.at}).tree(data)
}

// respell gives keys the spelling of the schema, which differs in case and separators only.
// Keys of free-form maps stay.
func respell(v *planned, n *schema.Node) *planned {
	if v == nil || n == nil {
		return v
	}
	switch {
	case v.isList:
		for i, e := range v.items {
			v.items[i] = respell(e, n.Items)
		}
	case v.fields != nil && n.Properties != nil:
		names := spellings(n)
		fields := map[string]*planned{}
		for name, e := range v.fields {
			if proper, known := names[spellingKey(name)]; known {
				fields[proper] = respell(e, n.Properties[proper])
			} else {
				fields[name] = e
			}
		}
		v.fields = fields
	case v.fields != nil && n.Values != nil:
		for name, e := range v.fields {
			v.fields[name] = respell(e, n.Values)
		}
	}
	return v
}

func spellings(n *schema.Node) map[string]string {
	names := make(map[string]string, len(n.Properties))
	for name := range n.Properties {
		names[spellingKey(name)] = name
	}
	return names
}

// spellingKey is what snake_case, camelCase and PascalCase of a name have in common.
func spellingKey(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "_", ""))
}

// cutMethod takes "path/VERB" apart; "*/*" is every method.
func cutMethod(v *planned, part string) *planned {
	text, _ := v.text()
	i := strings.LastIndexByte(text, '/')
	if i < 0 {
		return v
	}
	if part == "verb" {
		return v.like(text[i+1:])
	}
	return v.like("/" + strings.Trim(text[:i], "/"))
}

// pairs turns a map into a list of objects, sorted by key.
func pairs(v *planned, key, value string) *planned {
	out := v.like(nil)
	out.isList = true
	for _, name := range slices.Sorted(maps.Keys(v.fields)) {
		e := v.fields[name]
		out.items = append(out.items, &planned{at: e.at, fields: map[string]*planned{key: {at: e.at, leaf: name}, value: e}})
	}
	return out
}

// keyed turns a list of blocks into a map.
func (m *mapper) keyed(s *tfSource, v *planned, n *schema.Node) *planned {
	out := v.like(nil)
	out.fields = map[string]*planned{}
	for _, e := range v.items {
		key, _ := e.find(s.mapKey)
		name, ok := key.text()
		if u := e.unknown(); u != nil || !ok {
			return v.like(&inventory.Unknown{Because: "a key of it is known after apply", Sensitive: v.secret})
		}
		var child *schema.Node
		if n != nil {
			child, _ = n.Child(name)
		}
		if value, _ := m.value(s.mapTo, e, child); value != nil && name != "" {
			out.fields[name] = value
		}
	}
	return out
}

// bag makes a list of {Key, Value} of the attributes that are set.
func (m *mapper) bag(rows []tfRow, from *planned) *planned {
	out := &planned{at: from.at, isList: true}
	for _, row := range rows {
		for _, s := range row.sources {
			v, _ := m.value(s, from, nil)
			if v.isNothing() {
				continue
			}
			if text, ok := textOf(v.leaf); ok {
				v = v.like(text)
			}
			key := strings.Join(row.target, "/")
			out.items = append(out.items, &planned{at: v.at, fields: map[string]*planned{"Key": {at: v.at, leaf: key}, "Value": v}})
			break
		}
	}
	if len(out.items) == 0 {
		return nil
	}
	return out
}

func (m *mapper) object(rows []tfRow, from *planned, n *schema.Node) *planned {
	out := &planned{at: from.at, secret: from.secret}
	m.rows(rows, from, out, n)
	if len(out.fields) == 0 {
		return nil
	}
	return out
}

// each maps the elements of a list of blocks.
func (m *mapper) each(s *tfSource, from *planned, n *schema.Node) (*planned, bool) {
	blocks, whole := from.find(s.each)
	switch {
	case blocks == nil || blocks.isNothing() && !(s.empty && blocks.isList):
		return nil, false
	case blocks.unknown() != nil:
		return blocks.like(optional(blocks.unknown())), whole
	}
	elements := blocks.items
	if !blocks.isList {
		elements = []*planned{blocks}
	}
	var element *schema.Node
	if n != nil {
		element = n
		if n.Items != nil {
			element = n.Items
		}
	}
	out := blocks.like(nil)
	out.isList = true
	for _, e := range elements {
		if e.unknown() != nil {
			out.items = append(out.items, e)
			continue
		}
		if s.spread != nil {
			out.items = append(out.items, m.spread(s, e, e, element).items...)
		} else if o := m.object(s.set, e, element); o != nil {
			out.items = append(out.items, o)
		}
	}
	return out, false
}

// spread makes an element for each value of several attributes, all with the same other
// properties; one without any where no attribute has a value.
func (m *mapper) spread(s *tfSource, from, own *planned, n *schema.Node) *planned {
	out := &planned{at: from.at, isList: true}
	if n != nil && n.Items != nil {
		n = n.Items
	}
	with := func(property string, value *planned) {
		e := m.object(s.set, own, n)
		if e == nil {
			e = &planned{at: from.at}
		}
		e.at = value.at
		e.put([]string{property}, value)
		out.items = append(out.items, e)
	}
	for _, row := range s.spread {
		values, _ := own.find(row.sources[0].of)
		switch {
		case values.isNothing():
		case values.isList:
			for _, v := range values.items {
				with(row.target[0], v)
			}
		default:
			with(row.target[0], values)
		}
	}
	if s.selfTarget != "" {
		flag, _ := own.find(s.self)
		if text, _ := flag.text(); text == "true" {
			with(s.selfTarget, m.self(flag.at))
		}
	}
	if len(out.items) == 0 && s.set != nil {
		if e := m.object(s.set, own, n); e != nil {
			out.items = append(out.items, e)
		}
	}
	return out
}

// tags puts a map of tags where the schema of a type wants them.
func tags(t *schema.Type, v, out *planned) {
	if t == nil || t.TagProperty == "" || v.isNothing() {
		return
	}
	path := strings.Split(strings.TrimPrefix(t.TagProperty, "/"), "/")
	if i := slices.Index(path, "*"); i >= 0 {
		path[i] = strconv.Itoa(0)
		if kind, listed := taggedKinds[t.Name]; listed {
			out.put(append(slices.Clone(path[:i+1]), "ResourceType"), v.like(kind))
		}
	}
	if n, ok := t.At(t.TagProperty); ok && n.Kinds&schema.Array != 0 && v.fields != nil {
		v = pairs(v, "Key", "Value")
	}
	if existing := out.fields[path[0]]; existing == nil || len(path) > 1 {
		out.put(path, v)
	}
}

// taggedKinds are the kinds of resource that tags with a kind are meant for.
var taggedKinds = map[string]string{"AWS::EC2::LaunchTemplate": "launch-template"}

package declared

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A translation writes one member as CloudFormation resources. Its result are nodes, with
// the places of what they were made from, so that the evaluator of templates can read them:
// $inherit$ becomes Fn::GetAtt, and the framework's names those of the schema.
type translation struct {
	p      *definition
	m      *member
	schema *schema.Type // nil for the flavours that no schema describes
	aws    *node        // aws_resource; nil when it is absent
	custom *node        // its custom_config; nil when it is absent
	own    []field      // the properties of the resource itself
	tags   []field
	parts  []part
	// incomplete says what the particle makes that cannot be seen; mostly empty.
	incomplete string
}

// A part is one resource of a particle. The first one has the particle's name, the others
// add theirs to it.
type part struct {
	name  string
	typ   string
	props *node
}

// translate adds the particles of all members to the app. All are known before the first
// is evaluated, so that they may refer to each other.
func (p *definition) translate() {
	type built struct {
		m    *member
		part part
	}
	var all []built
	for _, m := range p.members {
		for _, part := range p.parts(m) {
			p.e.resources[part.name] = &target{typ: part.typ, property: p.e.propertyReader(part.props)}
			all = append(all, built{m, part})
		}
	}
	for _, b := range all {
		particle := p.e.particle(p.h, b.part.typ, b.part.name, p.d.at(b.m.at), b.part.props)
		particle.State, particle.Protect, particle.Targets = p.state(b.m), p.protected(b.m), p.targets(b.m)
		if key := b.m.flavour.identity(); particle.Resource.Name == "" && key != "" && b.part.name == b.m.id {
			if name := b.m.key(key); name.isText() && !strings.HasPrefix(name.text, "$") {
				particle.Resource.Name = name.text
			}
		}
		if b.part.name == b.m.id {
			b.m.expose(particle.Resource)
		}
		p.addInputs(particle.Resource)
		p.h.app.Particles = append(p.h.app.Particles, particle)
	}
}

// expose tells where the secrets of a member stand. A pointer that no property has is given a
// place, so that a finding has one.
func (m *member) expose(r *inventory.Resource) {
	r.Exposed = slices.Sorted(maps.Keys(m.exposed))
	for _, pointer := range r.Exposed {
		if _, placed := r.Positions[pointer]; !placed && r.Positions != nil {
			r.Positions[pointer] = m.exposed[pointer]
		}
	}
}

// key returns the value at a dotted path of aws_resource; nil when it is absent.
func (m *member) key(path string) *node {
	n := m.body.get("aws_resource")
	for name := range strings.SplitSeq(path, ".") {
		n = n.get(name)
	}
	return n
}

// parts translates one member; none for a flavour of another cloud.
func (p *definition) parts(m *member) []part {
	if m.flavour == nil {
		return nil
	}
	t := &translation{p: p, m: m, aws: m.body.get("aws_resource")}
	t.schema, _ = schema.Lookup(m.flavour.typ)
	if t.aws == nil || t.aws.kind != mapNode {
		at := m.body
		if t.aws != nil {
			at = t.aws
		}
		p.fault(at, codeMalformed, "a particle of flavour "+m.label+" must have aws_resource: a mapping", "")
		return nil
	}
	if n := t.aws.get("custom_config"); n != nil && n.kind != nullNode {
		if n.kind != mapNode {
			p.fault(n, codeMalformed, fmt.Sprintf("custom_config must be a mapping, not %s", n.kind), "")
		}
		t.custom = n
	}
	if key := m.flavour.identity(); key != "" {
		if n := m.key(key); n == nil || n.kind == nullNode {
			p.warn(p.d.at(t.aws), codeMissingUniqueKey, fmt.Sprintf("%s has no %s, by which the framework finds the live resource", m.id, key), "add it")
		}
	}
	for _, f := range t.aws.fields {
		switch f.name {
		case "custom_config", "region_name":
		case "Tags", "tags", "TagSpecifications":
			t.addTags(f)
		default:
			t.property(f)
		}
	}
	for _, f := range t.custom.fieldsOf() {
		switch {
		case f.name == "Tags" || f.name == "tags":
			t.addTags(f)
		case !slices.Contains(m.flavour.custom, f.name):
			p.warn(p.d.atKey(f), codeUnknownKey, fmt.Sprintf("the framework ignores the custom_config key %q of %s", f.name, m.label), didYouMean(f.name, m.flavour.custom))
			t.shape(f.value, nil, f.name)
		}
	}
	if m.flavour.build != nil {
		m.flavour.build(t)
	}
	t.writeTags()
	if t.incomplete != "" {
		p.r.incomplete(p.h.app, p.d.file, t.incomplete)
	}
	first := part{name: m.id, typ: m.flavour.typ, props: &node{kind: mapNode, line: t.aws.line, column: t.aws.column, fields: t.own}}
	return append([]part{first}, t.parts...)
}

// property places one key of aws_resource under the name that the schema has for it.
func (t *translation) property(f field) {
	var root *schema.Node
	if t.schema != nil {
		root = t.schema.Root
	}
	name, child, ok := t.rename(root, f.name, f.name)
	value := t.shape(f.value, child, f.name) // also of what is left out: a secret in it is told
	if ok && value != nil {
		f.name, f.value = name, value
		t.put(f)
	}
}

// put sets a property of the resource; a later one replaces an earlier one.
func (t *translation) put(f field) {
	for i := range t.own {
		if t.own[i].name == f.name {
			t.own[i] = f
			return
		}
	}
	t.own = append(t.own, f)
}

// set is put for a value that has no key of its own in the file; nil sets nothing.
func (t *translation) set(name string, value *node) {
	if value != nil {
		t.put(field{name: name, line: value.line, column: value.column, value: value})
	}
}

// has reports whether the resource has a property already.
func (t *translation) has(name string) bool {
	return slices.ContainsFunc(t.own, func(f field) bool { return f.name == name })
}

// node returns the schema of a property of the resource; nil when there is none.
func (t *translation) node(pointer string) *schema.Node {
	if t.schema == nil || pointer == "" {
		return nil
	}
	n, _ := t.schema.At(pointer)
	return n
}

// rename returns the schema's name for a key of the framework, which takes boto3's. path
// is where the key stands, without the indices of lists. ok is false for a key that no
// property stands for. A name that the schema does not know stays as it is.
func (t *translation) rename(n *schema.Node, name, path string) (to string, child *schema.Node, ok bool) {
	if other, listed := t.m.flavour.keys[path]; listed {
		if other == "" {
			return "", nil, false
		}
		child, _ = n.Child(other)
		return other, child, true
	}
	pascal := strings.ToUpper(name[:min(1, len(name))]) + name[min(1, len(name)):]
	if n == nil {
		return pascal, nil, true
	}
	if len(n.Properties) == 0 { // free-form names: labels, options, environment variables
		child, _ = n.Child(name)
		return name, child, true
	}
	for _, candidate := range []string{name, pascal} {
		if child, known := n.Properties[candidate]; known {
			return candidate, child, true
		}
	}
	found := ""
	for candidate := range n.Properties {
		if strings.EqualFold(candidate, name) && (found == "" || candidate < found) {
			found = candidate
		}
	}
	if found != "" {
		return found, n.Properties[found], true
	}
	return name, n.Values, true
}

// shape writes a value of the framework as the schema wants it; nil for null, which the
// framework takes for absent. s may be nil.
func (t *translation) shape(n *node, s *schema.Node, path string) *node {
	if !t.p.e.take(n) {
		return nil
	}
	switch n.kind {
	case nullNode:
		return nil
	case stringNode:
		return t.text(n, s, path)
	case listNode:
		var items *schema.Node
		if s != nil {
			items = s.Items
		}
		out := listAt(n)
		for _, item := range n.items {
			if v := t.shape(item, items, path); v != nil {
				out.items = append(out.items, v)
			}
		}
		return out
	case mapNode:
		return t.mapping(n, s, path)
	}
	if t.isSecret(path, s) && n.kind != boolNode {
		return t.secret(n, path)
	}
	return n
}

// The keys of pairs in which one says what the other is: {name: DB_PASSWORD, value: …}.
var (
	namingKeys = []string{"name", "Name", "ParameterKey", "Key"}
	valueKeys  = []string{"value", "Value", "ParameterValue"}
)

func (t *translation) mapping(n *node, s *schema.Node, path string) *node {
	if items := n.get("Items"); s != nil && s.Kinds&(schema.Array|schema.Object) == schema.Array && n.get("Quantity") != nil {
		if items == nil {
			return listAt(n)
		}
		return t.shape(items, s, path) // how CloudFront writes a list
	}
	if slices.ContainsFunc(n.fields, func(f field) bool { return f.name == "Ref" && len(n.fields) == 1 || strings.HasPrefix(f.name, "Fn::") }) {
		t.p.warn(t.p.d.at(n), codeMalformed, "functions of CloudFormation are no part of a PCF definition", "the value is not known")
		return t.unknown(n, inventory.Unknown{Because: "a PCF definition has no functions"})
	}
	named := "" // {name: DB_PASSWORD, value: …}: the one says what the other is
	for _, f := range n.fields {
		if f.value.isText() && slices.Contains(namingKeys, f.name) {
			named = f.value.text
		}
	}
	out := &node{kind: mapNode, line: n.line, column: n.column}
	for _, f := range n.fields {
		below := strings.TrimPrefix(path+"/"+f.name, "/")
		name, child, ok := f.name, (*schema.Node)(nil), true
		if s != nil {
			name, child, ok = t.rename(s, f.name, below)
		}
		if named != "" && slices.Contains(valueKeys, f.name) {
			below = path + "/" + named
		}
		if f.value = t.shape(f.value, child, below); ok && f.value != nil {
			f.name = name
			out.fields = append(out.fields, f)
		}
	}
	return out
}

// text writes a text: a variable, a secret, a JSON document, or what it says.
func (t *translation) text(n *node, s *schema.Node, path string) *node {
	switch {
	case strings.Contains(n.text, "$inherit$") || strings.Contains(n.text, "$lookup$"):
		return t.variable(n)
	case n.text != "" && t.isSecret(path, s):
		return t.secret(n, path)
	case t.p.named[n.text] != "": // what is passed in is referred to, and not hard-wired
		return refAt(n, t.p.named[n.text])
	case s == nil:
		return n
	}
	if s.Kinds&(schema.Object|schema.Array) != 0 {
		if document := t.document(n); document != nil {
			return t.shape(document, s, path)
		}
	}
	return n
}

// document reads a text that is a JSON object or list; nil when it is none. Its parts stand
// where the text does.
func (t *translation) document(n *node) *node {
	if parsed, done := t.p.documents[n]; done { // copies share it
		return parsed
	}
	text := strings.TrimSpace(n.text)
	if text == "" || text[0] != '{' && text[0] != '[' {
		return nil
	}
	t.p.documents[n] = nil
	doc, fault := parseJSON(t.p.d.file, []byte(text))
	if fault != nil || len(doc.faults) > 0 {
		return nil
	}
	var move func(*node)
	move = func(part *node) {
		part.line, part.column = n.line, n.column
		for _, item := range part.items {
			move(item)
		}
		for i := range part.fields {
			part.fields[i].line, part.fields[i].column = n.line, n.column
			move(part.fields[i].value)
		}
	}
	move(doc.root)
	t.p.documents[n] = doc.root
	return doc.root
}

// isSecret reports whether a text at a path is one that nobody should write into a file.
func (t *translation) isSecret(path string, s *schema.Node) bool {
	if s != nil && (s.Kinds&schema.String == 0 || len(s.Enum) > 0) {
		return false
	}
	name := path[strings.LastIndexByte(path, '/')+1:]
	return schema.IsSensitive(nil, "/"+name) && !slices.Contains([]string{"clienttoken", "clientrequesttoken", "creationtoken"}, strings.ToLower(name))
}

// secret forgets a secret at once: nothing after the importer sees it. A rule says that it was
// there (jiti-no-hardwired-secret).
func (t *translation) secret(n *node, path string) *node {
	if t.m.exposed == nil {
		t.m.exposed = map[string]inventory.Position{}
	}
	t.m.exposed["/"+path] = t.p.d.at(n)
	return t.unknown(n, inventory.Unknown{Because: "it is a secret, and was not kept", Sensitive: true})
}

// unknown is a node that evaluates to u: the reference to a parameter that nobody can
// declare.
func (t *translation) unknown(at *node, u inventory.Unknown) *node {
	name := "\x00" + u.Because + u.Symbol
	t.p.e.parameters[name] = &u
	return refAt(at, name)
}

// variable writes $inherit$ID$KEY as the reference that it is, and everything else as
// unknown: what $lookup$ finds is known only in the account.
func (t *translation) variable(n *node) *node {
	if rest, ok := strings.CutPrefix(n.text, "$inherit$"); ok && !strings.Contains(rest, "$inherit$") && !strings.Contains(rest, "$lookup$") {
		id, key, _ := strings.Cut(rest, "$")
		m := t.p.resolve(link{idOf(id), n}, t.m, codeUnresolvedInherit, "particle")
		switch {
		case m == nil:
			return t.unknown(n, inventory.Unknown{Because: "the particle " + id + " is not declared"})
		case m.flavour == nil:
			return t.unknown(n, inventory.Unknown{Because: "the particle " + id + " is not read", Symbol: n.text})
		}
		return m.attribute(n, strings.ReplaceAll(key, "$", "."))
	}
	return t.unknown(n, inventory.Unknown{
		Because: strings.ReplaceAll(n.text, "\x00", "") + " is looked up at deployment", Symbol: n.text,
		Sensitive: strings.Contains(strings.ToLower(n.text), "secret"),
	})
}

// attribute refers to a value of a member by the framework's name for it. Without one, and
// for what Ref yields, it refers to the member.
func (m *member) attribute(at *node, key string) *node {
	known, ok := schema.Lookup(m.flavour.typ)
	if !ok {
		return getAttAt(at, m.id, cmp.Or(key, "Id"))
	}
	first, rest, nested := strings.Cut(key, ".")
	t := &translation{m: m}
	name, _, mapped := t.rename(known.Root, first, first)
	if !mapped {
		name = first
	}
	if _, listed := known.Root.Properties[name]; !listed && strings.HasSuffix(name, "Arn") {
		name = "Arn" // TableArn, FunctionArn
	}
	if nested {
		name += "." + rest
	}
	if _, special := refProperties[known.Name]; key == "" || !special && len(known.PrimaryIdentifier) == 1 && known.PrimaryIdentifier[0] == "/"+name {
		return refAt(at, m.id)
	}
	return getAttAt(at, m.id, name)
}

// parents returns the parents of a flavour, in the order in which they are written.
func (t *translation) parents(label string) []*member {
	var found []*member
	for _, m := range t.m.parents {
		if m.label == label {
			found = append(found, m)
		}
	}
	return found
}

// add adds a resource beside the particle's own.
func (t *translation) add(suffix, typ string, at *node, fields ...field) {
	fields = slices.DeleteFunc(fields, func(f field) bool { return f.value == nil })
	t.parts = append(t.parts, part{
		name: t.m.id + "/" + suffix, typ: typ,
		props: &node{kind: mapNode, line: at.line, column: at.column, fields: fields},
	})
}

// addTags collects tags from any of the eight spellings: a mapping, or a list of {Key, Value},
// {key, value} or {TagKey, TagValue}, or TagSpecifications with such lists in them.
func (t *translation) addTags(f field) {
	n := f.value
	if items := n.get("Items"); items != nil && items.kind == listNode && len(n.fields) <= 2 {
		n = items
	}
	switch {
	case f.name == "TagSpecifications":
		for _, spec := range n.items {
			if tags, ok := spec.field("Tags"); ok {
				t.addTags(tags)
			}
		}
	case n.kind == mapNode:
		for _, tag := range n.fields {
			t.tag(tag.name, tag, mappingAt(tag.value, "Key", textAt(&node{line: tag.line, column: tag.column}, tag.name), "Value", t.tagValue(tag.value)))
		}
	case n.kind == listNode:
		for _, item := range n.items {
			t.tagElement(item)
		}
	case n.kind != nullNode:
		t.tags = append(t.tags, field{name: "\x00", value: t.shape(n, nil, f.name)})
	}
}

func (t *translation) tagElement(item *node) {
	element := &node{kind: mapNode, line: item.line, column: item.column}
	key := "\x00" // an element that is no tag stays, and makes the tags unknown
	for _, f := range item.fields {
		switch strings.ToLower(strings.TrimPrefix(strings.ToLower(f.name), "tag")) {
		case "key":
			key, f.name = f.value.text, "Key"
		case "value":
			f.name = "Value"
		case "resourceid", "resourcetype":
			continue // of an Auto Scaling group: itself
		}
		if f.value = t.tagValue(f.value); f.value != nil {
			element.fields = append(element.fields, f)
		}
	}
	t.tag(key, field{line: item.line, column: item.column}, element)
}

// tagValue is shape for tags: none of them is a secret, everybody can read them.
func (t *translation) tagValue(n *node) *node {
	if n.isText() && !strings.Contains(n.text, "$inherit$") && !strings.Contains(n.text, "$lookup$") {
		return n
	}
	return t.shape(n, nil, "")
}

// tag keeps one tag; a later one of the same key replaces an earlier one.
func (t *translation) tag(key string, at field, element *node) {
	at.name, at.value = key, element
	t.tags = append(t.tags, at)
}

// writeTags writes the collected tags as the type wants them.
func (t *translation) writeTags() {
	last := map[string]int{}
	for i, f := range t.tags {
		last[f.name] = i
	}
	var kept []field
	for i, f := range t.tags {
		if f.name == "\x00" || last[f.name] == i {
			kept = append(kept, f)
		}
	}
	if len(kept) == 0 {
		return
	}
	at := t.aws
	for _, source := range []*node{t.aws.get("TagSpecifications"), t.aws.get("tags"), t.aws.get("Tags"), t.custom.get("tags"), t.custom.get("Tags")} {
		if source != nil {
			at = source
		}
	}
	property := "Tags"
	asMap := false
	if t.schema != nil {
		if t.schema.TagProperty == "" {
			t.p.warn(t.p.d.at(at), codeIneffectiveTags, t.m.label+" has no tags", "its owner is told by its parents")
			return
		}
		property = strings.TrimPrefix(t.schema.TagProperty, "/")
		asMap = t.node(t.schema.TagProperty).Kinds&schema.Array == 0
	}
	if asMap {
		out := &node{kind: mapNode, line: at.line, column: at.column}
		for _, f := range kept {
			if value := f.value.get("Value"); value != nil {
				f.value = value
				out.fields = append(out.fields, f)
			}
		}
		t.set(property, out)
		return
	}
	out := listAt(at)
	for _, f := range kept {
		if f.value != nil {
			out.items = append(out.items, f.value)
		}
	}
	t.set(property, out)
}

// The nodes that a translation makes stand where at does.

func textAt(at *node, text string) *node {
	return &node{kind: stringNode, line: at.line, column: at.column, text: text}
}

func listAt(at *node, items ...*node) *node {
	return &node{kind: listNode, line: at.line, column: at.column, items: items}
}

// mappingNode makes a mapping of names (strings) and their values (nodes); nil ones are
// left out.
func mappingAt(at *node, pairs ...any) *node {
	out := &node{kind: mapNode, line: at.line, column: at.column}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		if value, _ := pairs[i+1].(*node); value != nil {
			out.fields = append(out.fields, field{name: name, line: value.line, column: value.column, value: value})
		}
	}
	return out
}

func refAt(at *node, name string) *node { return mappingAt(at, "Ref", textAt(at, name)) }

func getAttAt(at *node, name, attribute string) *node {
	return mappingAt(at, "Fn::GetAtt", listAt(at, textAt(at, name), textAt(at, attribute)))
}

// typeNamed returns the schema of a type that is known to have one.
func typeNamed(name string) *schema.Type {
	t, _ := schema.Lookup(name)
	return t
}

package declared

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Terraform plans and states, as JSON. The formats are those of
// https://developer.hashicorp.com/terraform/internals/json-format and, of state files, of
// version 4. A plan is read from its resource_changes: planned_values shows a value that is
// known only after apply as one that is not set.
var _ = addFormat(format{
	name:       "a Terraform plan or state (JSON)",
	recognises: isTerraformJSON,
	read: func(r *reading, d *document) {
		h := r.standAlone(d)
		readTerraform(r, d, h)
		r.addApp(h.app)
	},
	readInto: readTerraform,
})

// isTerraformJSON recognises `terraform show -json` of a plan or a state, and a state file.
func isTerraformJSON(root *node) bool {
	if v := root.get("format_version"); v != nil && v.isScalar() {
		return root.get("planned_values") != nil || root.get("resource_changes") != nil || root.get("terraform_version") != nil ||
			v.kind == stringNode && root.get("values") != nil
	}
	return root.get("terraform_version") != nil && root.get("version") != nil && (root.get("lineage") != nil || root.get("resources") != nil)
}

const makePlan = "make one with `terraform plan -out=tfplan`, then `terraform show -json tfplan > tfplan.json`"

// readTerraform adds what a plan or a state declares to an app, as particles that are named
// by their addresses.
func readTerraform(r *reading, d *document, h *home) {
	r.use(d)
	r.plans = append(r.plans, d.file)
	t := &tfReading{r: r, d: d, h: h, byConfig: map[string][]*tfResource{}, byType: map[string][]*tfResource{}, byName: map[string]map[string][]*tfResource{}, partials: map[string]*tfResource{}}
	version := d.root.get("format_version")
	switch {
	case version == nil:
		t.stateFile()
	case version.kind != stringNode || strings.SplitN(version.text, ".", 2)[0] != "1":
		r.fault(d.at(version), fmt.Sprintf("format_version is %q, and 1.x is expected", version.text), "make the file with a Terraform or OpenTofu that writes version 1 of the format")
		return
	case d.root.get("resource_changes") != nil || d.root.get("planned_values") != nil || d.root.get("configuration") != nil:
		t.plan()
	default:
		t.shownState()
	}
	t.build()
}

// A tfReading is the work on one plan or state.
type tfReading struct {
	r *reading
	d *document
	h *home
	// recorded says why nothing of it is judged; empty for a plan.
	recorded string

	root      *tfModule // nil without a configuration
	resources []*tfResource
	byConfig  map[string][]*tfResource            // by module path + "/" + type.name
	byType    map[string][]*tfResource            // by Terraform type
	byName    map[string]map[string][]*tfResource // by the type of a fold, then by the text that names a parent
	partials  map[string]*tfResource
	addresses map[string]inventory.Position // where each is changed
	derived   []*tfResource
}

// A tfResource is one instance of a Terraform resource.
type tfResource struct {
	address        string
	typ, name, key string
	steps          []tfStep  // the module calls that lead to it
	module         *tfModule // nil where the configuration does not have it
	config         *node     // its entry there
	order          int
	at             inventory.Position
	exists         bool // before the plan
	value          *planned
	existence      *inventory.Unknown
	spec           *tfType // nil when there is no mapping
	schema         *schema.Type
	props          *planned
	unread         []string
	unreadBecause  string
	additive       []string
	partial        bool          // of a resource that the plan does not have
	host           *tfResource   // that it was folded into; nil when it stands alone
	folded         []*tfResource // into this one
}

// plan reads the changes of a plan.
func (t *tfReading) plan() {
	root, d := t.d.root, t.d
	if errored := root.get("errored"); saysTrue(errored) {
		t.r.incomplete(t.h.app, d.file, "the plan ended with an error, so there may be other resources than it shows")
	}
	if complete := root.get("complete"); complete != nil && complete.kind == boolNode && complete.text == "false" {
		t.r.incomplete(t.h.app, d.file, "the plan is not complete (-target, or deferred changes), so there may be other resources than it shows")
	}
	deferred := root.get("deferred_changes")
	if deferred != nil && len(deferred.items) > 0 {
		t.r.incomplete(t.h.app, d.file, fmt.Sprintf("the plan defers %d changes, so there may be other resources than it shows", len(deferred.items)))
	}
	if m := root.get("configuration").get("root_module"); m != nil {
		t.root = newModule(m, nil, nil, "")
	}
	if changes := t.list(root, "resource_changes"); changes != nil {
		for _, n := range changes.items {
			t.change(n, "")
		}
	}
	if deferred != nil {
		for _, n := range deferred.items {
			if change := n.get("resource_change"); change != nil {
				t.change(change, cmp.Or(n.get("reason").scalarText(), "deferred"))
			}
		}
	}
	t.values()
}

// list returns a list of an object; nil, and a fault, when it is anything else.
func (t *tfReading) list(n *node, name string) *node {
	list := n.get(name)
	if list == nil || list.kind == nullNode {
		return nil
	}
	if list.kind != listNode {
		t.r.want(t.d, list, name, "a list")
		return nil
	}
	return list
}

// change notes one resource change, unless the plan leaves nothing behind there.
func (t *tfReading) change(n *node, deferred string) {
	d, r := t.d, t.r
	if n.kind != mapNode {
		r.want(d, n, "a resource change", "an object with address, type and change")
		return
	}
	if mode := n.get("mode"); mode != nil && mode.text != "managed" || n.get("deposed") != nil {
		return // read only, or on its way out
	}
	change := n.get("change")
	res := t.resource(n)
	if res == nil {
		return
	}
	if change == nil || change.kind != mapNode || change.get("actions") == nil || change.get("actions").kind != listNode {
		r.fault(d.at(n), res.address+" has no change with actions", "expected change: {actions, before, after, after_unknown}; "+makePlan)
		return
	}
	actions := change.get("actions").words()
	creates := slices.Contains(actions, "create")
	if !creates && (slices.Contains(actions, "delete") || slices.Contains(actions, "forget")) {
		return
	}
	after := change.get("after")
	if after == nil || after.kind != mapNode {
		r.fault(d.at(n), "the change of "+res.address+" has no values after it", "expected after: an object; "+makePlan)
		return
	}
	res.exists = !creates
	if deferred != "" {
		res.existence = &inventory.Unknown{Because: "the plan defers it (" + deferred + ")"}
	}
	if saysTrue(n.get("index_unknown")) {
		res.existence = &inventory.Unknown{Because: "how many there are is known after apply"}
	}
	res.at = d.at(n)
	if first, twice := t.addresses[res.address]; twice {
		r.fault(res.at, fmt.Sprintf("%s stands twice among the changes; first at %s", res.address, first), makePlan)
		return
	}
	if t.addresses == nil {
		t.addresses = map[string]inventory.Position{}
	}
	t.addresses[res.address] = res.at
	t.add(res)
}

// resource reads where a resource stands; nil, and a fault, when that is not said.
func (t *tfReading) resource(n *node) *tfResource {
	typ, name, address := n.get("type"), n.get("name"), n.get("address")
	if !typ.isText() || !address.isText() {
		t.r.fault(t.d.at(n), "a resource has no type or no address", "expected both as text; make the file with terraform show -json")
		return nil
	}
	res := &tfResource{address: address.text, typ: typ.text, name: name.scalarText(), at: t.d.at(n)}
	modules, rest := modulesOf(splitAddress(address.text))
	res.steps = modules
	if len(rest) >= 2 {
		res.name, res.key = rest[1].name, rest[1].key
	}
	return res
}

// add notes a resource and finds its place in the configuration and its mapping.
func (t *tfReading) add(res *tfResource) {
	res.order = len(t.resources)
	m := t.root
	for _, s := range res.steps {
		if m != nil {
			m = m.calls[s.name]
		}
	}
	path := []string{}
	for _, s := range res.steps {
		path = append(path, s.name)
	}
	if m != nil {
		res.module, res.config = m, m.resources[res.typ+"."+res.name]
	}
	if res.spec = terraformTypes()[res.typ]; res.spec == nil {
		res.spec = awsccType(res.typ)
	}
	if res.spec != nil {
		var known bool
		if res.schema, known = schema.Lookup(res.spec.cfn); !known {
			res.spec = nil
		}
	}
	t.resources = append(t.resources, res)
	id := strings.Join(path, ".") + "/" + res.typ + "." + res.name
	t.byConfig[id] = append(t.byConfig[id], res)
	t.byType[res.typ] = append(t.byType[res.typ], res)
	res.value = &planned{at: res.at, fields: map[string]*planned{}}
}

// values merges the values of all changes. They may refer to each other, so all of them
// must have been noted.
func (t *tfReading) values() {
	changes := map[inventory.Position]*node{}
	for _, list := range []*node{t.d.root.get("resource_changes"), t.d.root.get("deferred_changes")} {
		if list == nil {
			continue
		}
		for _, n := range list.items {
			if inner := n.get("resource_change"); inner != nil {
				n = inner
			}
			changes[t.d.at(n)] = n.get("change")
		}
	}
	for _, res := range t.resources {
		if res.spec == nil {
			continue
		}
		change := changes[res.at]
		expressions := res.config.get("expressions")
		m := &merging{
			doc:     t.d,
			because: func(attribute string, e *node) *inventory.Unknown { return t.because(res, attribute, e) },
			drop: func(path string) bool {
				return res.spec.computed[path] || strings.HasPrefix(res.typ, "awscc_") && path != "tags_all"
			},
		}
		known := expressions != nil && len(expressions.fields) > 0
		if !known {
			expressions = nil
		}
		if v := m.value(res.at, "", "", change.get("after"), change.get("after_unknown"), change.get("after_sensitive"), expressions, known); v != nil && v.unknown() == nil {
			v.at, v.computed = res.at, false
			res.value = v
		}
	}
}

// build turns the resources into particles.
func (t *tfReading) build() {
	var folded []*tfResource
	for _, res := range t.resources {
		switch {
		case res.spec == nil:
			t.r.decl.NotJudged = append(t.r.decl.NotJudged, inventory.NotJudged{
				Type: res.typ, Name: res.address, Because: "there is no mapping for the Terraform type " + res.typ, Position: res.at,
			})
		case res.spec.into != "":
			folded = append(folded, res)
		case strings.HasPrefix(res.typ, "awscc_"):
			res.props = awscc(res.schema, res.value)
		default:
			res.props = &planned{at: res.at, fields: map[string]*planned{}}
			t.mapper(res).rows(res.spec.set, res.value, res.props, res.schema.Root)
			tags(res.schema, res.value.fields["tags"], res.props)
			t.further(res)
		}
	}
	t.fold(folded)
	for _, res := range append(slices.Clone(t.resources), t.derived...) {
		if res.props != nil {
			t.h.app.Particles = append(t.h.app.Particles, t.particle(res))
		}
	}
}

// mapper is the mapper for a resource: what refers to "itself" refers to it.
func (t *tfReading) mapper(res *tfResource) *mapper {
	return &mapper{self: func(at inventory.Position) *planned {
		v := &planned{at: at, computed: true}
		if id := t.identifier(res); id != "" {
			v.leaf = id
		} else {
			v.leaf = &inventory.Unknown{Because: "the id of " + res.address + " is known after apply", Symbol: "Ref " + res.address, Target: res.address}
		}
		return v
	}}
}

// identifier is the live identifier of a resource that exists; "" when it is not known.
func (t *tfReading) identifier(res *tfResource) string {
	if !res.exists || res.spec == nil {
		return ""
	}
	var parts []string
	for _, attribute := range res.spec.id {
		v, _ := res.value.find(attribute)
		text, ok := v.text()
		if !ok || text == "" || v.secret {
			return ""
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "|")
}

// further adds the other resources that a resource stands for.
func (t *tfReading) further(res *tfResource) {
	for _, also := range res.spec.also {
		s, known := schema.Lookup(also.cfn)
		if !known {
			continue
		}
		add := func(name string, from *planned) *tfResource {
			made := &tfResource{
				address: res.address + "." + name, typ: res.typ, at: from.at, existence: res.existence, schema: s,
				props: &planned{at: from.at, fields: map[string]*planned{}}, spec: &tfType{name: res.typ, cfn: also.cfn},
			}
			t.derived = append(t.derived, made)
			return made
		}
		if also.of != "" {
			if v, _ := res.value.find(also.of); !v.isNothing() {
				t.mapper(res).rows(also.set, res.value, add(also.of, v).props, s.Root)
			}
			continue
		}
		switch list, _ := res.value.find(also.each); {
		case list == nil:
		case list.unknown() != nil:
			made := add(also.each, list)
			made.existence = list.unknown()
			made.unread, made.unreadBecause = []string{""}, list.unknown().Because
		default:
			for i, e := range list.items {
				t.mapper(res).rows(also.set, e, add(fmt.Sprintf("%s[%d]", also.each, i), e).props, s.Root)
			}
		}
	}
}

// particle makes the declared unit of a resource.
func (t *tfReading) particle(res *tfResource) *inventory.Particle {
	app := t.h.app
	p := &inventory.Particle{
		App: app.Name, Environment: app.Environment, Version: app.Version, Name: res.address, ID: t.identifier(res),
		State: inventory.Running, Manage: t.h.manage, Targets: app.Targets, Existence: res.existence,
		Stack: cmp.Or(t.h.stack, stem(t.d.file)), Refers: t.refers(res), Recorded: t.recorded,
	}
	out := &inventory.Resource{
		Ref:       inventory.Ref{Partition: cmp.Or(t.r.opt.Partition, "aws"), Type: res.spec.cfn},
		LogicalID: res.address, Observed: t.d.file, Declared: true, Position: res.at,
		Unread: res.unread, UnreadBecause: res.unreadBecause, Partial: res.partial, Additive: res.additive,
	}
	if app.Name != "" {
		out.Owned = inventory.Ownership{Class: "owned", App: app.Name, Environment: app.Environment, Version: app.Version, Particle: p.Name}
	}
	p.Resource = out
	if !res.partial { // that part will exist
		out.Existence = res.existence
	}
	rec := newRecord()
	rec.schema = res.schema
	out.Properties, _ = res.props.lower("", rec, &out.Secret).(map[string]any)
	if out.Properties == nil {
		out.Properties = inventory.Properties{}
	}
	slices.Sort(out.Secret)
	e := newEvaluator(t.r, t.d)
	e.rewritten = true // what the schema doubts here is no mistake of the author
	e.settle(res.schema, out, rec)
	if res.value != nil {
		if arn, ok := res.value.fields["arn"].text(); ok && strings.HasPrefix(arn, "arn:") {
			out.ARN = arn
		}
		t.effectiveTags(res, out)
	}
	if p.ID != "" {
		out.Ref.ID = p.ID
	}
	return p
}

// effectiveTags: tags_all are the tags that the resource will have, those of the provider's
// default_tags among them. Rules see these; drift compares what the resource itself says.
func (t *tfReading) effectiveTags(res *tfResource, out *inventory.Resource) {
	all := res.value.fields["tags_all"]
	switch {
	case all == nil || len(out.Unread) > 0:
		return
	case all.unknown() != nil:
		out.Tags, out.UnknownTags = nil, nil
		return
	}
	out.Tags, out.UnknownTags = map[string]string{}, nil
	for name, v := range all.fields {
		text, known := v.text()
		switch {
		case v.unknown() != nil:
			if out.UnknownTags == nil {
				out.UnknownTags = map[string]*inventory.Unknown{}
			}
			out.UnknownTags[name] = v.unknown()
		case known:
			out.Tags[name] = text
		}
	}
	out.Name = inventory.NameOf(res.schema, out.Properties, out.Tags)
}

// checkTerraform refuses directories of Terraform source for which no plan was passed:
// what they declare is known only to Terraform.
func (r *reading) checkTerraform() {
	var dirs []string
	for _, file := range r.terraform {
		dirs = append(dirs, filepath.Dir(file))
	}
	slices.Sort(dirs)  // parents first
	var roots []string // the topmost directories: modules below are part of their plan
	for _, dir := range dirs {
		if !slices.ContainsFunc(roots, func(root string) bool { return isBelow(dir, root) }) {
			roots = append(roots, dir)
		}
	}
	// A plan that was passed by name may stand anywhere; one that a walk met belongs to
	// the directory in which it lies.
	named := slices.ContainsFunc(r.sources, func(s source) bool { return s.named && slices.Contains(r.plans, s.path) })
	for _, root := range roots {
		covered := named || slices.ContainsFunc(r.plans, func(plan string) bool {
			return isBelow(filepath.Dir(plan), root) || isBelow(root, filepath.Dir(plan))
		})
		if !covered {
			r.fault(inventory.Position{File: root}, "the directory holds Terraform source and no plan",
				"make one with `terraform plan -out=tfplan`, then `terraform show -json tfplan > tfplan.json`, and pass tfplan.json")
		}
	}
}

func isBelow(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

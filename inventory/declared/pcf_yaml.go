package declared

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// pcf.yaml (`kind: app`): one version of one app, its particles and the shared resources
// that are passed to it. It is decoded strictly: a key that is misspelt would otherwise
// take a protection away in silence.
var appFormat = addFormat(format{
	name:       "an app (pcf.yaml, kind: app)",
	recognises: isApp,
	read:       readApp,
	first:      true,
})

var (
	appKeys      = []string{"kind", "app", "version", "environment", "owner", "targets", "parameters", "inputs", "manage", "particles", "from", "retired"}
	particleKeys = []string{"type", "id", "state", "protect", "properties", "ignore", "skip", "manage"}
	verbs        = []string{"observe", "tag", "create", "update", "delete"}
)

// isApp recognises the kind; without one, an app with anything that only an app has.
func isApp(root *node) bool {
	if root.kind != mapNode || root.get("apiVersion") != nil {
		return false
	}
	if kind := root.get("kind"); kind.isText() && (kind.text == "app" || kind.text == "register") {
		return kind.text == "app"
	}
	return root.get("app") != nil && slices.ContainsFunc([]string{"particles", "inputs", "from", "retired"}, func(key string) bool { return root.get(key) != nil })
}

func readApp(r *reading, d *document) {
	r.use(d)
	root := d.root
	r.unknownKeys(d, root, "the app", appKeys...)
	if kind := r.literal(d, root, "kind"); kind != "" && kind != "app" {
		r.fault(d.at(root.get("kind")), fmt.Sprintf("unknown kind %q", kind), didYouMean(kind, []string{"app", "register"}))
	}
	app := &inventory.App{
		Name: r.literal(d, root, "app"), Version: r.literal(d, root, "version"), Owner: r.literal(d, root, "owner"),
		Environment: cmp.Or(r.literal(d, root, "environment"), r.opt.Environment),
		Retired:     r.time(d, root.get("retired"), "retired"),
		File:        d.file, Position: d.at(root),
	}
	if app.Name == "" {
		r.fault(d.at(root), "the app has no name", "add app: with the name of the application")
	}
	if app.Version == "" {
		r.fault(d.at(root), "the app has no version", "add version: what is deployed is told apart by it")
	}
	app.Targets = r.targets(d, root.get("targets"))
	h := &home{app: app, manage: defaultManage()}
	if n := root.get("manage"); n != nil {
		h.manage = r.manage(d, n)
	}

	e := newEvaluator(r, d)
	e.pseudo = pseudoParameters(r.opt, r.opt.StackName)
	e.readParameters(root.get("parameters"), nil)
	e.readInputs(app, root.get("inputs"))
	particles := r.section(d, "particles")
	for _, f := range particles {
		if e.declares(f.name) {
			r.fault(d.atKey(f), fmt.Sprintf("the name %s is already taken by a parameter or an input", f.name), "references could not tell the two apart; rename one")
		}
		typ := r.typeOf(d, f, "particle")
		e.resources[f.name] = &target{typ: typ, property: e.propertyReader(f.value.get("properties")), id: idNode(f.value)}
	}
	e.readFrom(h, root.get("from"))
	own := app.Particles // those of `from:` so far; the app's own come first
	app.Particles = nil
	for _, f := range particles {
		if p := e.ownParticle(h, f); p != nil {
			app.Particles = append(app.Particles, p)
		}
	}
	app.Particles = append(app.Particles, own...)
	for _, in := range root.get("inputs").fieldsOf() {
		e.checkNames(in.value)
	}
	if app.Name != "" {
		r.addApp(app)
	}
}

// idNode is the `id:` of a particle; nil when none is written.
func idNode(particle *node) *node {
	if id := particle.get("id"); id != nil && id.kind != nullNode {
		return id
	}
	return nil
}

// fieldsOf returns the fields of a node that may be nil.
func (n *node) fieldsOf() []field {
	if n == nil {
		return nil
	}
	return n.fields
}

// section returns the entries of a top-level mapping.
func (r *reading) section(d *document, name string) []field {
	n := d.root.get(name)
	if n == nil || n.kind == nullNode {
		return nil
	}
	if n.kind != mapNode {
		r.want(d, n, name, "a mapping of names")
		return nil
	}
	return n.fields
}

// typeOf reads the type of a particle or input; it must be one that the schemas know.
func (r *reading) typeOf(d *document, f field, what string) string {
	t := f.value.get("type")
	if !t.isText() {
		r.fault(d.atKey(f), fmt.Sprintf("%s %s has no type", what, f.name), "add type: with a resource type such as AWS::S3::Bucket")
		return ""
	}
	if _, known := schema.Lookup(t.text); !known && !isCustom(t.text) {
		message, hint := unknownType(t.text)
		r.fault(d.at(t), message, hint)
	}
	return t.text
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

func (r *reading) targets(d *document, n *node) []inventory.Target {
	if n == nil || n.kind == nullNode {
		return nil
	}
	if n.kind != listNode {
		r.want(d, n, "targets", "a list of {account, region}")
		return nil
	}
	var targets []inventory.Target
	for _, item := range n.items {
		if item.kind != mapNode {
			r.want(d, item, "a target", "a mapping with account and region")
			continue
		}
		r.unknownKeys(d, item, "a target", "account", "region")
		t := inventory.Target{Account: r.literal(d, item, "account"), Region: r.literal(d, item, "region")}
		if t.Account != "" && !accountID.MatchString(t.Account) {
			r.fault(d.at(item.get("account")), "an account has 12 digits", "quote it if it begins with 0")
		}
		if t == (inventory.Target{}) {
			r.fault(d.at(item), "a target names neither account nor region", "")
			continue
		}
		targets = append(targets, t)
	}
	return targets
}

func (r *reading) manage(d *document, n *node) []inventory.Verb {
	if n.kind != listNode {
		r.want(d, n, "manage", "a list of "+strings.Join(verbs, ", "))
		return defaultManage()
	}
	allowed := []inventory.Verb{}
	for _, item := range n.items {
		if !slices.Contains(verbs, item.text) {
			r.fault(d.at(item), fmt.Sprintf("manage knows no %q", item.text), didYouMean(item.text, verbs))
		} else if v := inventory.Verb(item.text); !slices.Contains(allowed, v) {
			allowed = append(allowed, v)
		}
	}
	return allowed
}

// readInputs reads the shared resources that are passed in.
func (e *evaluator) readInputs(app *inventory.App, n *node) {
	r, d := e.r, e.doc
	for _, f := range r.section(d, "inputs") {
		if e.declares(f.name) {
			r.fault(d.atKey(f), fmt.Sprintf("the name %s is already taken by a parameter", f.name), "references could not tell the two apart; rename one")
			continue
		}
		in := &inventory.Input{Name: f.name, Position: d.atKey(f)}
		if f.value.kind != mapNode {
			r.want(d, f.value, "input "+f.name, "a mapping with type and id")
			continue
		}
		r.unknownKeys(d, f.value, "input "+f.name, "type", "id")
		in.Type = r.typeOf(d, f, "input")
		id := f.value.get("id")
		if id == nil || id.kind == nullNode {
			r.fault(d.atKey(f), "input "+f.name+" has no id", "add id: with the live identifier, or with !Ref and a parameter")
			in.Unknown = &inventory.Unknown{Because: "input " + f.name + " has no id"}
		} else {
			in.ID, in.Unknown = e.identifier(id, "the id of input "+f.name)
		}
		e.inputs[f.name] = in
		app.Inputs = append(app.Inputs, in)
	}
}

// identifier evaluates an `id:`.
func (e *evaluator) identifier(n *node, what string) (string, *inventory.Unknown) {
	switch v := e.eval(n, nil, "").(type) {
	case *inventory.Unknown:
		return "", v
	case []any, map[string]any:
		e.r.want(e.doc, n, what, "text")
		return "", &inventory.Unknown{Because: what + " is malformed"}
	default:
		text, _ := textOf(v)
		if n.kind == intNode || n.kind == floatNode {
			text = n.text
		}
		if text == "" {
			e.fault(n, what+" is empty", "")
			return "", &inventory.Unknown{Because: what + " is empty"}
		}
		return text, nil
	}
}

// ownParticle reads one entry of `particles:`.
func (e *evaluator) ownParticle(h *home, f field) *inventory.Particle {
	r, d, n := e.r, e.doc, f.value
	if n.kind != mapNode {
		r.want(d, n, "particle "+f.name, "a mapping with type and properties")
		return nil
	}
	r.unknownKeys(d, n, "particle "+f.name, particleKeys...)
	typ := e.resources[f.name].typ
	if typ == "" {
		return nil
	}
	e.checkNames(n)
	p := e.particle(h, typ, f.name, d.atKey(f), n.get("properties"))
	if id := idNode(n); id != nil {
		var unknown *inventory.Unknown
		if p.ID, unknown = e.identifier(id, "the id of particle "+f.name); unknown != nil {
			r.warn(d.at(id), fmt.Sprintf("the id of particle %s is not known: %s", f.name, unknown.Because), "until then it is found by its tags")
		} else {
			p.Resource.Ref.ID = p.ID
		}
	}
	if state := r.literal(d, n, "state"); state != "" {
		states := []string{string(inventory.Running), string(inventory.Stopped), string(inventory.Terminated)}
		if !slices.Contains(states, state) {
			r.fault(d.at(n.get("state")), fmt.Sprintf("unknown state %q", state), didYouMean(state, states))
		}
		p.State = inventory.DesiredState(state)
	}
	p.Protect = r.boolean(d, n.get("protect"), "protect")
	if m := n.get("manage"); m != nil {
		p.Manage = r.manage(d, m)
	}
	p.Ignore = e.ignores(typ, n.get("ignore"))
	p.Skip = r.skips(d, n.get("skip"))
	return p
}

// ignores reads the differences that a particle declares legitimate.
func (e *evaluator) ignores(typ string, n *node) []inventory.Ignore {
	r, d := e.r, e.doc
	if n == nil || n.kind == nullNode {
		return nil
	}
	if n.kind != listNode {
		r.want(d, n, "ignore", "a list of {path, when, reason, until}")
		return nil
	}
	var ignores []inventory.Ignore
	for _, item := range n.items {
		if item.kind != mapNode {
			r.want(d, item, "an element of ignore", "a mapping with path and reason")
			continue
		}
		r.unknownKeys(d, item, "ignore", "path", "when", "reason", "until")
		ig := inventory.Ignore{
			Path: r.literal(d, item, "path"), When: r.literal(d, item, "when"), Reason: r.literal(d, item, "reason"),
			Until: r.time(d, item.get("until"), "until"), Position: d.at(item),
		}
		switch {
		case !strings.HasPrefix(ig.Path, "/"):
			r.fault(d.at(item), fmt.Sprintf("%q is no path to a property", ig.Path), "write a JSON pointer such as /DesiredCapacity or /Tags/*/Value")
			continue
		case ig.Reason == "":
			r.fault(d.at(item), "an ignore gives no reason", "add reason: why the difference is legitimate")
		}
		t, known := schema.Lookup(typ)
		isTag := known && t.TagProperty != "" && strings.HasPrefix(ig.Path, t.TagProperty+"/") // by its key: /Tags/CostCenter
		if known && !isTag && !pathExists(t.Root, schema.SplitPointer(ig.Path)) {
			r.warn(d.at(item.get("path")), fmt.Sprintf("%s has no property %s, so nothing is ignored", typ, ig.Path), didYouMean(lastName(ig.Path), slices.Sorted(maps.Keys(t.Root.Properties))))
		}
		ignores = append(ignores, ig)
	}
	return ignores
}

func lastName(pointer string) string {
	parts := schema.SplitPointer(pointer)
	return parts[len(parts)-1]
}

// pathExists reports whether the schema has a path, or takes free-form values on it.
func pathExists(n *schema.Node, parts []string) bool {
	for _, part := range parts {
		child, ok := n.Child(part)
		if !ok {
			return n.Open || part == "*"
		}
		n = child
	}
	return true
}

// readFrom reads the files from which more particles come, and makes them known to the
// references of the app's own particles.
func (e *evaluator) readFrom(h *home, n *node) {
	r, d := e.r, e.doc
	if n == nil || n.kind == nullNode {
		return
	}
	if n.kind != listNode {
		r.want(d, n, "from", "a list of {path, stack, parameters}")
		return
	}
	for _, item := range n.items {
		if item.kind != mapNode {
			r.want(d, item, "an element of from", "a mapping with path")
			continue
		}
		r.unknownKeys(d, item, "from", "path", "stack", "parameters")
		path := r.literal(d, item, "path")
		if path == "" {
			r.fault(d.at(item), "an element of from has no path", "add path: relative to this file")
			continue
		}
		at := d.at(item.get("path"))
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(d.file), filepath.FromSlash(path))
		}
		part := &home{
			app: h.app, manage: h.manage, stack: cmp.Or(r.literal(d, item, "stack"), r.opt.StackName),
			given: map[string]any{}, givenAt: map[string]inventory.Position{},
		}
		if given := item.get("parameters"); given != nil {
			if given.kind != mapNode && given.kind != nullNode {
				r.want(d, given, "parameters", "a mapping of names to values")
			}
			e.checkNames(given)
			for _, f := range given.fields {
				v := e.eval(f.value, nil, "")
				if f.value.kind != stringNode && f.value.isScalar() {
					v = f.value.text // as it is written
				}
				part.given[f.name], part.givenAt[f.name] = v, d.atKey(f)
			}
		}
		before := len(h.app.Particles)
		r.readPart(part, path, at)
		for _, p := range h.app.Particles[before:] {
			_, parameter := e.parameters[p.Name]
			_, input := e.inputs[p.Name]
			switch {
			case parameter || input:
				r.fault(p.Resource.Position, fmt.Sprintf("the name %s is already taken by a parameter or an input of %s", p.Name, d.file), "references could not tell the two apart; rename one")
			case e.resources[p.Name] == nil: // of two particles with one name, addApp tells
				e.resources[p.Name] = &target{typ: p.Resource.Ref.Type, property: func(name string) (any, bool) {
					v, ok := p.Resource.Properties[name]
					return v, ok
				}}
			}
		}
	}
}

// readPart reads one file as part of an app. at is where the app names it.
func (r *reading) readPart(h *home, path string, at inventory.Position) {
	f := r.parse(path)
	r.claimed[f.key] = true
	broken := func(message, hint string) {
		r.fault(at, message, hint)
		h.app.Incomplete = cmp.Or(h.app.Incomplete, message)
	}
	switch {
	case f.fault != nil && f.fault.Position.Line == 0:
		broken(path+": "+f.fault.Message, "the path is relative to this file")
		return
	case f.fault != nil:
		r.decl.Faults = append(r.decl.Faults, *f.fault)
		h.app.Incomplete = cmp.Or(h.app.Incomplete, path+" is malformed")
		return
	case f.snapshot != nil:
		broken(path+" is a snapshot of what lives, not a declaration", "pass it beside this file, or with --live")
		return
	case len(f.docs) == 0:
		broken(path+" is empty", expected())
		return
	}
	for _, d := range f.docs {
		switch format := recognise(d); {
		case format == nil:
			broken(path+" is no file that pcf-scan reads", expected())
		case format.readInto != nil:
			format.readInto(r, d, h)
		case format.first:
			broken(path+" is an app of its own", "pass it beside this one; from: takes templates")
		default:
			format.read(r, d)
			r.incomplete(h.app, path, path+" is "+format.name+", whose particles are not read")
		}
	}
}

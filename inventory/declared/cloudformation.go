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

// CloudFormation templates in YAML and JSON. The anatomy is that of
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
var templateFormat = addFormat(format{
	name:       "a CloudFormation template",
	recognises: isTemplate,
	read: func(r *reading, d *document) {
		h := r.standAlone(d)
		readTemplate(r, d, h)
		r.addApp(h.app)
	},
	readInto: readTemplate,
})

var templateSections = []string{
	"AWSTemplateFormatVersion", "Conditions", "Description", "Globals", "Hooks", "Mappings", "Metadata", "Outputs",
	"Parameters", "Resources", "Rules", "Transform",
}

var resourceAttributes = []string{
	"Condition", "Connectors", "CreationPolicy", "DeletionPolicy", "DependsOn", "Fn::Transform", "IgnoreGlobals", "Metadata",
	"Properties", "Type", "UpdatePolicy", "UpdateReplacePolicy", "Version",
}

// isTemplate recognises a template by its version, or by a resource with a type or a loop
// of resources.
func isTemplate(root *node) bool {
	if root.kind != mapNode {
		return false
	}
	if root.get("AWSTemplateFormatVersion") != nil {
		return true
	}
	resources := root.get("Resources")
	return resources != nil && slices.ContainsFunc(resources.fields, func(f field) bool {
		t := f.value.get("Type")
		return t.isText() && strings.Contains(t.text, "::") || strings.HasPrefix(f.name, loopPrefix)
	})
}

// readTemplate adds a template's resources to the app as particles that are named by
// their logical ids.
func readTemplate(r *reading, d *document, h *home) {
	if s := openTemplate(r, d, h); s != nil {
		s.read()
	}
}

// A stack is a template whose names and conditions are known, so that its resources and
// outputs can be evaluated.
type stack struct {
	*evaluator
	home      *home
	resources *node // with loops unrolled and SAM expanded
	outputs   *node
	complete  bool              // the resources are all that will be deployed
	children  map[string]*stack // nested stacks that were opened, nil for those that cannot be
}

// openTemplate reads what stands around the resources; nil when there are none.
func openTemplate(r *reading, d *document, h *home) *stack {
	r.use(d)
	r.strayKeys(d, d.root, "the template", templateSections)
	resources := d.root.get("Resources")
	if resources == nil || resources.kind != mapNode {
		at := d.root
		if resources != nil {
			at = resources
		}
		r.fault(d.at(at), "the template declares no resources", "add a Resources section: a mapping of names to {Type, Properties}")
		return nil
	}
	e := newEvaluator(r, d)
	e.pseudo = pseudoParameters(h.place(r.opt), h.stack)
	e.nested = h.nested
	if h.nested { // the name of a nested stack ends in letters that AWS chooses
		delete(e.pseudo, "AWS::StackName")
	}
	e.mappings = d.root.get("Mappings")
	e.readParameters(d.root.get("Parameters"), h.given)
	for _, name := range slices.Sorted(maps.Keys(h.given)) {
		if _, declared := e.parameters[name]; !declared {
			r.fault(h.givenAt[name], fmt.Sprintf("%s declares no parameter %s", d.file, name), didYouMean(name, slices.Sorted(maps.Keys(e.parameters))))
		}
	}
	s := &stack{evaluator: e, home: h}
	e.conditions = e.unroll(d.root.get("Conditions"))
	s.outputs = e.unroll(d.root.get("Outputs"))
	s.resources = e.unroll(resources)
	if isSAM(d.root) {
		s.expandSAM(d.root.get("Globals"))
	}
	s.complete = r.checkMacros(d, h, s.resources, e)
	e.rewritten = !s.complete
	for _, f := range s.resources.fields {
		if t := f.value.get("Type"); t.isText() {
			e.resources[f.name] = &target{typ: t.text, property: e.propertyReader(f.value.get("Properties")), label: h.label(f)}
			if t.text == stackType {
				e.resources[f.name].outputs = s.nestedOutputs(f)
			}
		}
	}
	if s.complete { // a macro may declare what the file does not
		e.checkConditions()
		e.checkOutputs(s.outputs)
	}
	return s
}

// read adds the resources to the app.
func (s *stack) read() {
	e, r, d := s.evaluator, s.r, s.doc
	off := 0
	for _, f := range s.resources.fields {
		if f.name == "Fn::Transform" || strings.HasPrefix(f.name, loopPrefix) {
			continue // told by checkMacros
		}
		if p := s.resource(f); p != nil {
			s.home.app.Particles = append(s.home.app.Particles, p)
			s.readNested(f, p)
		} else if c := f.value.get("Condition"); c.isText() && e.condition(c.text, c).truth == isFalse {
			off++
		}
	}
	if off > 0 && off == len(s.resources.fields) {
		r.warn(d.at(s.resources), "every resource of "+d.file+" has a condition that is false", "nothing of it is judged; give the parameters of the conditions other values with --parameter")
	}
}

// strayKeys reports keys that nothing reads. A near miss of a known one is a fault,
// because what stands below it would be lost; anything else may be newer than we are.
func (r *reading) strayKeys(d *document, n *node, where string, known []string) {
	for _, f := range n.fields {
		if slices.Contains(known, f.name) {
			continue
		}
		message := fmt.Sprintf("unknown key %q in %s", f.name, where)
		if near := schema.Suggest(f.name, known); near != "" {
			r.fault(d.atKey(f), message, "did you mean "+near+"?")
		} else {
			r.warn(d.atKey(f), message, "it is not read")
		}
	}
}

// transforms are the names of the macros that the template as a whole goes through.
func transforms(root *node) []string {
	t := root.get("Transform")
	if t == nil {
		return nil
	}
	macros := t.items
	if t.kind != listNode {
		macros = []*node{t}
	}
	var names []string
	for _, m := range macros {
		for _, n := range []*node{m, m.get("Name"), m.get("Fn::Transform").get("Name")} {
			if n.isText() {
				names = append(names, n.text)
				break
			}
		}
	}
	return names
}

func hasTransform(root *node, name string) bool { return slices.Contains(transforms(root), name) }

// checkMacros reports whether the resources are all that will be deployed: macros and
// loops, which only AWS runs, may change and add any.
func (r *reading) checkMacros(d *document, h *home, resources *node, e *evaluator) (complete bool) {
	complete = true
	incomplete := func(what string) {
		r.incomplete(h.app, d.file, what+" is not expanded, so there may be other resources than the template shows")
		complete = false
	}
	for _, name := range transforms(d.root) {
		if name != languageExtensions && name != samTransform {
			incomplete("the macro " + name)
		}
	}
	for _, f := range resources.fields {
		if f.name == "Fn::Transform" {
			incomplete(f.name)
		}
		if strings.HasPrefix(f.name, loopPrefix) {
			incomplete(f.name + " (" + e.stuck[f.value] + ")")
		}
		if t := f.value.get("Type"); t.isText() && strings.HasSuffix(t.text, "::MODULE") {
			incomplete("the module " + f.name + " (" + t.text + ")")
		}
	}
	for _, section := range []*node{e.conditions, d.root.get("Mappings"), d.root.get("Parameters")} {
		for _, f := range section.fieldsOf() {
			if f.name == "Fn::Transform" || strings.HasPrefix(f.name, loopPrefix) {
				complete = false
			}
		}
	}
	if d.root.get("Fn::Transform") != nil {
		incomplete("Fn::Transform")
	}
	return complete
}

// propertyReader evaluates single properties of a resource for those who refer to it.
func (e *evaluator) propertyReader(props *node) func(string) (any, bool) {
	return func(name string) (any, bool) {
		n := props.get(name)
		if n == nil || n.kind == nullNode {
			return nil, false
		}
		return e.eval(n, nil, ""), true
	}
}

// resource reads one entry of Resources; nil when it is malformed, when its condition is
// false or when it stands for nothing in an account.
func (s *stack) resource(f field) *inventory.Particle {
	e, d, r, n := s.evaluator, s.doc, s.r, f.value
	if n.kind != mapNode {
		r.want(d, n, "resource "+f.name, "a mapping with Type and Properties")
		return nil
	}
	r.strayKeys(d, n, "resource "+f.name, resourceAttributes)
	typ := n.get("Type")
	if !typ.isText() {
		r.fault(d.atKey(f), "resource "+f.name+" has no Type", "add Type: with a resource type such as AWS::S3::Bucket")
		return nil
	}
	if s.complete {
		for _, attribute := range n.fields {
			if attribute.name != "Metadata" {
				e.checkNames(attribute.value)
			}
		}
		e.checkDependsOn(n.get("DependsOn"))
	}
	if typ.text == "AWS::CDK::Metadata" {
		return nil // usage figures that CDK sends to AWS: nothing is created
	}
	existence, given := s.home.existence, map[string]bool{}
	if c := n.get("Condition"); c != nil {
		if !c.isText() {
			r.want(d, c, "the Condition of "+f.name, "the name of a condition")
			return nil
		}
		if s.complete {
			e.checkCondition(c.text, c)
		}
		switch v := e.condition(c.text, c); v.truth {
		case isFalse:
			return nil
		case unknownTruth:
			existence = &inventory.Unknown{Because: v.because, Symbol: s.home.prefix + "Condition " + c.text}
			if v.atom != "" {
				given[v.atom] = !v.negated // where it exists, the condition is true
			}
		}
	}
	e.checkType(typ)
	var p *inventory.Particle
	e.assume(given, func() { p = s.particleOf(f, typ.text) })
	p.Existence, p.Resource.Existence = existence, existence
	for _, name := range namesIn(n.get("DependsOn")) {
		if _, declared := e.resources[name.text]; declared {
			p.Refers = append(p.Refers, e.label(name.text))
		}
	}
	slices.Sort(p.Refers)
	p.Refers = slices.Compact(p.Refers)
	for _, alternative := range p.Resource.Alternatives {
		alternative.Existence = existence
	}
	p.Skip = r.metadataSkips(d, n.get("Metadata"))
	return p
}

// particleOf evaluates a resource.
func (s *stack) particleOf(f field, typ string) *inventory.Particle {
	e, n := s.evaluator, f.value
	props := n.get("Properties")
	clear(e.undecided)
	p := e.particle(s.home, typ, e.label(f.name), s.doc.atKey(f), props)
	if n.get("Fn::Transform") != nil {
		p.Resource.Properties, p.Resource.Tags, p.Resource.Unread = inventory.Properties{}, nil, []string{""}
		p.Resource.UnreadBecause = "a macro computes it at deployment"
		return p
	}
	e.alternatives(p.Resource, props)
	return p
}

// checkType tells a type that no schema describes: misspelt, or newer than the schemas.
// Types of other vendors and of the user's own registry are left alone.
func (e *evaluator) checkType(typ *node) {
	if _, known := schema.Lookup(typ.text); known || isCustom(typ.text) || strings.HasSuffix(typ.text, "::MODULE") {
		return
	}
	message, hint := unknownType(typ.text)
	switch {
	case hint != "" && !e.rewritten:
		e.fault(typ, message, hint)
	case hint != "" || strings.HasPrefix(typ.text, "AWS::"):
		message += "; it is not judged"
		e.r.warn(e.doc.at(typ), message, cmp.Or(hint, newer))
		e.r.decl.Gaps = append(e.r.decl.Gaps, inventory.Gap{File: e.doc.file, Reason: inventory.Unsupported, Message: message})
	}
}

// namesIn lists the names in a DependsOn, which is one or a list; none when n is nil.
func namesIn(n *node) []*node {
	switch {
	case n == nil:
		return nil
	case n.isScalar():
		return []*node{n}
	}
	return n.items
}

func (e *evaluator) checkDependsOn(n *node) {
	for _, name := range namesIn(n) {
		if _, ok := e.resources[name.text]; !ok && !e.samMade(name.text) {
			e.fault(name, "DependsOn of "+name.text+", which this file does not declare", didYouMean(name.text, slices.Sorted(maps.Keys(e.resources))))
		}
	}
}

func (e *evaluator) checkOutputs(outputs *node) {
	if outputs == nil {
		return
	}
	e.checkNames(outputs)
	for _, f := range outputs.fields {
		if c := f.value.get("Condition"); c.isText() {
			e.checkCondition(c.text, c)
		}
	}
}

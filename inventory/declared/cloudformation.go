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
var _ = addFormat(format{
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

// isTemplate recognises a template by its version, or by a resource with a type.
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
		return t.isText() && strings.Contains(t.text, "::")
	})
}

// readTemplate adds a template's resources to the app as particles that are named by
// their logical ids.
func readTemplate(r *reading, d *document, h *home) {
	r.use(d)
	r.strayKeys(d, d.root, "the template", templateSections)
	resources := d.root.get("Resources")
	if resources == nil || resources.kind != mapNode {
		at := d.root
		if resources != nil {
			at = resources
		}
		r.fault(d.at(at), "the template declares no resources", "add a Resources section: a mapping of names to {Type, Properties}")
		return
	}
	complete := r.checkMacros(d, h, resources)

	e := newEvaluator(r, d)
	e.pseudo = pseudoParameters(r.opt, h.stack)
	e.mappings = d.root.get("Mappings")
	e.conditions = d.root.get("Conditions")
	e.readParameters(d.root.get("Parameters"), h.given)
	for _, name := range slices.Sorted(maps.Keys(h.given)) {
		if _, declared := e.parameters[name]; !declared {
			r.fault(h.givenAt[name], fmt.Sprintf("%s declares no parameter %s", d.file, name), didYouMean(name, slices.Sorted(maps.Keys(e.parameters))))
		}
	}
	for _, f := range resources.fields {
		if t := f.value.get("Type"); t.isText() {
			e.resources[f.name] = &target{typ: t.text, property: e.propertyReader(f.value.get("Properties"))}
		}
	}
	e.rewritten = !complete
	if complete { // a macro may declare what the file does not
		e.checkConditions()
		e.checkOutputs(d.root.get("Outputs"))
	}
	off := 0
	for _, f := range resources.fields {
		if f.name == "Fn::Transform" || strings.HasPrefix(f.name, "Fn::ForEach::") {
			continue // told by checkMacros
		}
		if p := e.templateResource(h, f, complete); p != nil {
			h.app.Particles = append(h.app.Particles, p)
		} else if c := f.value.get("Condition"); c.isText() && e.condition(c.text, c).truth == isFalse {
			off++
		}
	}
	if off > 0 && off == len(resources.fields) {
		r.warn(d.at(resources), "every resource of "+d.file+" has a condition that is false", "nothing of it is judged; give the parameters of the conditions other values with --parameter")
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

// checkMacros reports whether the resources are all that will be deployed: macros and
// loops, which only AWS runs, may change and add any.
func (r *reading) checkMacros(d *document, h *home, resources *node) (complete bool) {
	complete = true
	incomplete := func(what string) {
		r.incomplete(h.app, d.file, what+" is not expanded, so there may be other resources than the template shows")
		complete = false
	}
	if t := d.root.get("Transform"); t != nil {
		macros := t.items
		if t.kind != listNode {
			macros = []*node{t}
		}
		for _, m := range macros {
			name := m.text
			if m.kind == mapNode {
				if n := m.get("Name"); n.isText() {
					name = n.text
				} else if n := m.get("Fn::Transform").get("Name"); n.isText() {
					name = n.text
				}
			}
			if name != "AWS::LanguageExtensions" && name != "" {
				incomplete("the macro " + name)
			}
		}
	}
	for _, f := range resources.fields {
		if f.name == "Fn::Transform" || strings.HasPrefix(f.name, "Fn::ForEach::") {
			incomplete(f.name)
		}
		if t := f.value.get("Type"); t.isText() && strings.HasSuffix(t.text, "::MODULE") {
			incomplete("the module " + f.name + " (" + t.text + ")")
		}
	}
	for _, section := range []string{"Conditions", "Mappings", "Parameters"} {
		if n := d.root.get(section); n != nil {
			for _, f := range n.fields {
				if f.name == "Fn::Transform" || strings.HasPrefix(f.name, "Fn::ForEach::") {
					complete = false
				}
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

// templateResource reads one entry of Resources; nil when it is malformed or when its
// condition is false.
func (e *evaluator) templateResource(h *home, f field, complete bool) *inventory.Particle {
	d, r, n := e.doc, e.r, f.value
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
	if complete {
		for _, attribute := range n.fields {
			if attribute.name != "Metadata" {
				e.checkNames(attribute.value)
			}
		}
		e.checkDependsOn(n.get("DependsOn"))
	}
	var existence *inventory.Unknown
	if c := n.get("Condition"); c != nil {
		if !c.isText() {
			r.want(d, c, "the Condition of "+f.name, "the name of a condition")
			return nil
		}
		if complete {
			e.checkCondition(c.text, c)
		}
		switch v := e.condition(c.text, c); v.truth {
		case isFalse:
			return nil
		case unknownTruth:
			existence = &inventory.Unknown{Because: v.because}
		}
	}
	e.checkType(typ)
	if typ.text == "AWS::CloudFormation::Stack" {
		r.incomplete(h.app, d.file, "the template of the nested stack "+f.name+" is not read, so there may be other resources than this template shows")
	}
	p := e.particle(h, typ.text, f.name, d.atKey(f), n.get("Properties"))
	if n.get("Fn::Transform") != nil {
		p.Resource.Properties, p.Resource.Tags, p.Resource.Unread = inventory.Properties{}, nil, []string{""}
		p.Resource.UnreadBecause = "a macro computes it at deployment"
	}
	p.Existence = existence
	p.Skip = r.metadataSkips(d, n.get("Metadata"))
	return p
}

// checkType tells a type that no schema describes: misspelt, or newer than the schemas.
// Types of other vendors and of the user's own registry are left alone.
func (e *evaluator) checkType(typ *node) {
	if _, known := schema.Lookup(typ.text); known || isCustom(typ.text) || strings.HasSuffix(typ.text, "::MODULE") || strings.HasPrefix(typ.text, "AWS::Serverless::") {
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

func (e *evaluator) checkDependsOn(n *node) {
	if n == nil {
		return
	}
	names := n.items
	if n.isScalar() {
		names = []*node{n}
	}
	for _, name := range names {
		if _, ok := e.resources[name.text]; !ok {
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

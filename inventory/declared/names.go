package declared

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkNames reports every reference below n to a name that the document does not
// declare, also in branches that are not taken. Evaluation itself then need not report
// any: a misspelt name is malformed input, wherever it stands.
func (e *evaluator) checkNames(n *node) { e.names(n, map[*node]bool{}) }

func (e *evaluator) names(n *node, seen map[*node]bool) {
	if n == nil || n.isScalar() || seen[n] {
		return
	}
	seen[n] = true
	for _, item := range n.items {
		e.names(item, seen)
	}
	if name, arg, ok := n.call(); ok {
		e.checkCall(name, arg)
	}
	for _, f := range n.fields {
		// What a macro is given follows the macro's own rules; loops bind names of their own.
		if f.name != "Fn::Transform" && !strings.HasPrefix(f.name, "Fn::ForEach::") {
			e.names(f.value, seen)
		}
	}
}

func (e *evaluator) checkCall(name string, arg *node) {
	switch name {
	case "Ref":
		if arg.kind == stringNode {
			e.checkName("Ref", arg.text, arg)
		}
	case "Fn::GetAtt":
		if resource, _, ok := getAttName(arg, e.declares); ok {
			e.checkResource("Fn::GetAtt", resource, arg)
		} else if len(arg.items) == 2 && arg.items[0].kind == stringNode {
			e.checkResource("Fn::GetAtt", arg.items[0].text, arg)
		}
	case "Fn::Sub":
		text, vars, ok := subText(arg)
		if !ok {
			return
		}
		for _, p := range subParts(text) {
			if _, given := vars.field(p.text); given || !p.name {
				continue
			}
			if resource, _, dotted := getAttName(&node{kind: stringNode, text: p.text}, e.declares); dotted && !e.declares(p.text) {
				e.checkResource("Fn::Sub", resource, arg)
			} else {
				e.checkName("Fn::Sub", p.text, arg)
			}
		}
	case "Fn::If":
		if len(arg.items) == 3 && arg.items[0].kind == stringNode {
			e.checkCondition(arg.items[0].text, arg.items[0])
		}
	}
}

func (e *evaluator) checkName(function, name string, at *node) {
	if e.declares(name) || slices.Contains(pseudoNames, name) || e.samMade(name) {
		return
	}
	candidates := e.declaredNames()
	if name == "" {
		e.fault(at, function+" of an empty name", "name a parameter or a resource")
		return
	}
	if strings.HasPrefix(name, "AWS::") {
		candidates = pseudoNames
	}
	e.fault(at, fmt.Sprintf("%s of %s, which this file does not declare", function, name), didYouMean(name, candidates))
}

// checkResource wants the name of something that has attributes.
func (e *evaluator) checkResource(function, name string, at *node) {
	_, input := e.inputs[name]
	if _, resource := e.resources[name]; resource || input || e.samMade(name) {
		return
	}
	if _, parameter := e.parameters[name]; parameter {
		e.fault(at, fmt.Sprintf("%s of %s, which is a parameter and has no attributes", function, name), "use Ref for a parameter")
		return
	}
	e.fault(at, fmt.Sprintf("%s of %s, which this file does not declare", function, name), didYouMean(name, e.declaredNames()))
}

func (e *evaluator) checkCondition(name string, at *node) {
	if _, declared := e.conditions.field(name); declared {
		return
	}
	var known []string
	if e.conditions != nil {
		known = e.conditions.names()
	}
	e.fault(at, "condition "+name+" is not declared in this file", didYouMean(name, known))
}

// checkConditions checks the references between conditions, which are written
// {Condition: name} there and nowhere else.
func (e *evaluator) checkConditions() {
	if e.conditions == nil {
		return
	}
	seen := map[*node]bool{}
	var walk func(n *node)
	walk = func(n *node) {
		if n.isScalar() || seen[n] {
			return
		}
		seen[n] = true
		if len(n.fields) == 1 && n.fields[0].name == "Condition" && n.fields[0].value.kind == stringNode {
			e.checkCondition(n.fields[0].value.text, n.fields[0].value)
		}
		for _, item := range n.items {
			walk(item)
		}
		for _, f := range n.fields {
			walk(f.value)
		}
	}
	for _, f := range e.conditions.fields {
		walk(f.value)
		e.condition(f.name, f.value) // cycles and malformed conditions are told even when nobody asks
	}
	e.checkNames(e.conditions)
}

// declaredNames are the names that a reference may use, sorted.
func (e *evaluator) declaredNames() []string {
	names := slices.Collect(maps.Keys(e.resources))
	names = slices.AppendSeq(names, maps.Keys(e.parameters))
	names = slices.AppendSeq(names, maps.Keys(e.inputs))
	slices.Sort(names)
	return names
}

// unknownKeys reports the keys of a mapping that nothing reads, at the key.
func (r *reading) unknownKeys(d *document, n *node, where string, known ...string) {
	for _, f := range n.fields {
		if !slices.Contains(known, f.name) {
			r.fault(d.atKey(f), fmt.Sprintf("unknown key %q in %s", f.name, where), didYouMean(f.name, known))
		}
	}
}

// want reports a value of the wrong form.
func (r *reading) want(d *document, n *node, what, form string) {
	r.fault(d.at(n), fmt.Sprintf("%s must be %s, not %s", what, form, n.kind), "")
}

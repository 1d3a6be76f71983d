package rules

import (
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// An Explanation is a finding with everything that the rule looked at.
type Explanation struct {
	Finding Finding
	// Check and When are the expressions for the type of the resource, as the rule has them.
	Check, When string
	// Reads are the values in the order in which they were read, each once, without
	// secrets: first what is known of the resource besides its properties (named
	// resource.name and so on, not by pointer), then properties of it and of joined resources.
	Reads []ReadOf
	// Params are the parameters that the rule reads, with their values.
	Params []Param
}

// ReadOf is a value that was read from a resource: the judged one, or a joined one.
type ReadOf struct {
	Resource *inventory.Resource
	Read
}

// Explain judges a resource by one rule and tells what the rule read, also where it
// passes or skips. ok is false when the rule does not judge resources of this type.
func (s *Set) Explain(w *World, rule *Rule, r *inventory.Resource) (x Explanation, ok bool) {
	p := rule.programs[r.Ref.Type]
	if p == nil {
		p = rule.programs["*"]
	}
	if p == nil {
		return x, false
	}
	x.Finding = s.judge(w, rule, r, rule.params)
	x.Check, x.When = ofType(rule.Check, r.Ref.Type), ofType(rule.When, r.Ref.Type)
	read := map[string]bool{}
	for _, text := range []string{x.When, x.Check} {
		expression, err := asWritten(text)
		if err != nil {
			continue // there is no `when`
		}
		noteParams(expression.Expr(), read)
		for _, name := range envelopeFields(expression.Expr()) {
			path := "resource." + name
			if !slices.ContainsFunc(x.Reads, func(r ReadOf) bool { return r.Path == path }) {
				e := &envelope{in: &reading{run: &run{structs: s.structs}, resource: r}}
				text := e.text(name)
				x.Reads = append(x.Reads, ReadOf{r, Read{Path: path, Value: text, Found: text != ""}})
			}
		}
	}
	for _, p := range rule.Params {
		if read[p.Name] {
			x.Params = append(x.Params, p)
		}
	}
	x.Reads = append(x.Reads, s.reads(w, rule, p, r)...)
	return x, true
}

// reads evaluates once more, writing down what is read.
func (s *Set) reads(w *World, rule *Rule, p *programs, r *inventory.Resource) (all []ReadOf) {
	e := &run{world: w, structs: s.structs, params: rule.params, declared: r.Declared, recording: true}
	e.resource = &envelope{in: &reading{run: e, resource: r}, shape: p.shape}
	defer func() { _ = recover() }() // a rule that breaks is told by its finding
	defer func() {
		var seen []*inventory.Resource
		for _, read := range e.reads {
			if of := read.in.resource; !slices.Contains(seen, of) {
				seen = append(seen, of)
				for _, leaf := range distinct(e.leaves(of, e.reads)) {
					all = append(all, ReadOf{of, leaf})
				}
			}
		}
	}()
	e.verdict(p)
	return all
}

func ofType(texts map[string]string, typ string) string {
	if text, ok := texts[typ]; ok {
		return text
	}
	return texts[""]
}

// envelopeFields lists which texts besides the properties an expression reads of the
// judged resource.
func envelopeFields(e ast.Expr) (all []string) {
	for _, e := range nodesOf(e) {
		if name, ok := strings.CutPrefix(write(e), "resource."); ok && e.Kind() == ast.SelectKind && slices.Contains(envelopeTexts, name) {
			all = append(all, name)
		}
	}
	return all
}

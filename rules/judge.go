package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Judge returns the verdict of every rule of the set that applies to the type of r, sorted
// by rule id, passes and skips included. A rule that breaks gives status Error and does
// not touch the others. Safe for concurrent use.
func (s *Set) Judge(w *World, r *inventory.Resource) []Finding {
	rules := s.byType[r.Ref.Type]
	findings := make([]Finding, 0, len(rules)+len(s.forAll))
	for _, rule := range rules {
		findings = append(findings, s.judge(w, rule, r, rule.params))
	}
	for _, rule := range s.forAll {
		findings = append(findings, s.judge(w, rule, r, rule.params))
	}
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(a.Rule.ID, b.Rule.ID) })
	return findings
}

// judgeOne is the verdict on a resource as it is, alternatives left aside.
func (s *Set) judgeOne(w *World, rule *Rule, r *inventory.Resource, params ref.Val) (f Finding) {
	f = Finding{Rule: rule, Resource: r}
	defer func() {
		if p := recover(); p != nil {
			f.Status, f.Message = Error, fmt.Sprintf("the rule broke: %v", p)
		}
	}()
	p, err := rule.program(r.Ref.Type)
	if err != nil {
		f.Status, f.Message = Error, "the rule broke: "+err.Error()
		return f
	}
	var frame frame
	frame.on(s, w, r)
	when, check := p.closures()
	if status := frame.verdict(when, check, params); status == Pass || status == Skip {
		f.Status = status
		return f
	}
	return s.judgeByCEL(w, rule, p, r, params)
}

// judgeByCEL judges with cel-go alone, and says where and why a rule does not pass.
func (s *Set) judgeByCEL(w *World, rule *Rule, p *programs, r *inventory.Resource, params ref.Val) Finding {
	f := Finding{Rule: rule, Resource: r}
	e := &run{world: w, structs: s.structs, params: params, declared: r.Declared}
	e.resource = &envelope{in: &reading{run: e, resource: r}, shape: p.shape}
	f.Status, f.Message = e.verdict(p)
	if f.Status == Pass || f.Status == Skip {
		return f
	}
	// Judge again, writing down what is read: that is where the finding points.
	e.recording, e.reads, e.unknowns = true, nil, nil
	f.Status, f.Message = e.verdict(p)
	before, decided := e.leaves(r, e.reads[:e.decidedFrom]), e.leaves(r, e.reads[e.decidedFrom:])
	f.Evidence = distinct(slices.Concat(before, decided))
	switch f.Status {
	case Unknown:
		f.Path, f.Message = e.firstUnknown(r, f.Path)
	case Fail:
		f.Path = deciding(decided)
		e.recording = false
		f.Message = rule.Title
		if p.message != nil {
			if v, err := p.message.Eval(e); err == nil {
				if text, ok := v.(types.String); ok {
					f.Message = r.HideSecrets(string(text))
				}
			}
		}
	case Error:
		f.Path = deciding(decided)
	}
	return f
}

// closures returns when (nil for none) and check for the second back end.
func (p *programs) closures() (when, check *compiledClosure) {
	if p.when != nil {
		when = p.when.closure()
	}
	return when, p.check.closure()
}

// verdict judges with closures; Unknown means that cel-go has to.
func (f *frame) verdict(when, check *compiledClosure, params ref.Val) Status {
	f.run.params, f.run.unknowns, f.joined = params, nil, false
	if when != nil {
		switch v := f.eval(when); {
		case v.kind != boolean:
			return Unknown
		case v.num == 0:
			return Skip
		}
	}
	switch v := f.eval(check); {
	case v.kind != boolean:
		return Unknown
	case v.num == 0:
		return Fail
	}
	return Pass
}

func (f *frame) eval(c *compiledClosure) value {
	if len(f.slots) < c.slots {
		f.slots = make([]value, c.slots)
	}
	return c.eval(f)
}

// verdict evaluates when and check. Only true and false are verdicts.
func (r *run) verdict(p *programs) (Status, string) {
	if p.when != nil {
		switch status, message := r.eval(p.when); status {
		case Fail:
			return Skip, ""
		case Pass:
		default:
			return status, message
		}
	}
	if r.recording {
		// Which conjunct says no? Only what that one reads can have decided.
		for _, c := range p.conjuncts {
			r.decidedFrom = len(r.reads)
			if status, message := r.eval(c); status == Fail {
				return status, message
			}
		}
		r.decidedFrom, r.reads, r.unknowns = 0, nil, nil
	}
	return r.eval(p.check)
}

func (r *run) eval(p *expression) (Status, string) {
	v, err := p.Eval(r)
	switch v := v.(type) {
	case types.Bool:
		if v {
			return Pass, ""
		}
		return Fail, ""
	case *types.Unknown:
		// The unknowns that the verdict depends on, in the order in which they were met.
		var needed []unknownValue
		for i, u := range r.unknowns {
			if slices.Contains(v.IDs(), int64(-i-1)) {
				needed = append(needed, u)
			}
		}
		r.unknowns = needed
		return Unknown, ""
	}
	if err == nil {
		err = fmt.Errorf("the expression gave %v", v)
	}
	if kind := (*wrongKind)(nil); errors.As(err, &kind) {
		return Error, kind.Error()
	}
	return Error, "the rule broke: " + brokenBy(err)
}

// brokenBy makes the commonest run-time mistake readable.
func brokenBy(err error) string {
	text := err.Error()
	if key, ok := strings.CutPrefix(text, "no such key: "); ok {
		return fmt.Sprintf("it reads %s, which is not set (a rule may ask has() or read .?%s)", key, key)
	}
	return text
}

// ResolveName implements cel-go's Activation.
func (r *run) ResolveName(name string) (any, bool) {
	switch name {
	case "resource":
		return r.resource, true
	case "params":
		return r.params, true
	case "now":
		return types.Timestamp{Time: r.world.Now.UTC()}, true
	case "declared":
		return types.Bool(r.declared), true
	case "live":
		return types.Bool(!r.declared), true
	}
	return nil, false
}

// Parent implements cel-go's Activation.
func (r *run) Parent() interpreter.Activation { return nil }

// leaves keeps the reads of the judged resource that went all the way: a read on the way to
// a deeper one says nothing of its own. Secrets are struck out.
func (r *run) leaves(of *inventory.Resource, reads []readAt) []Read {
	var kept []Read
	for i, read := range reads {
		if read.in.resource != of || slices.ContainsFunc(reads[i+1:], func(later readAt) bool {
			return later.in.resource == of && strings.HasPrefix(later.Path, read.Path+"/")
		}) {
			continue
		}
		switch v := read.Value.(type) {
		case *inventory.Unknown:
			if v.Sensitive {
				read.Value = inventory.Sensitive
			}
		case string, int64, []any, map[string]any:
			if of.IsSecret(read.Path) {
				read.Value = inventory.Sensitive
			}
		}
		kept = append(kept, read.Read)
	}
	return kept
}

// distinct keeps the first read of each path.
func distinct(reads []Read) []Read {
	seen := map[string]bool{}
	return slices.DeleteFunc(reads, func(r Read) bool {
		again := seen[r.Path]
		seen[r.Path] = true
		return again
	})
}

// deciding is the pointer of the property that decided. Evaluation stops as soon as the
// verdict is certain: where the last read stands in an element of a list, that element
// decided. Of what decided, the first value that is set is what a person would look at.
func deciding(reads []Read) string {
	if len(reads) == 0 {
		return ""
	}
	start, otherwise := 0, reads[0].Path
	if element := elementOf(reads[len(reads)-1].Path); element != "" {
		start, otherwise = len(reads)-1, element
		for start > 0 && strings.HasPrefix(reads[start-1].Path, element+"/") {
			start--
		}
	}
	for _, read := range reads[start:] {
		if read.Found {
			return read.Path
		}
	}
	return otherwise
}

// elementOf returns the deepest list element that a pointer stands in, "" for none.
func elementOf(pointer string) string {
	for i := len(pointer); i > 0; i = strings.LastIndexByte(pointer[:i], '/') {
		part := pointer[strings.LastIndexByte(pointer[:i], '/')+1 : i]
		if strings.Trim(part, "0123456789") == "" && part != "" {
			return pointer[:i]
		}
	}
	return ""
}

// firstUnknown says which value the verdict depends on, and on what that depends.
func (r *run) firstUnknown(of *inventory.Resource, path string) (pointer, message string) {
	if len(r.unknowns) == 0 {
		return path, "a value that decides is not known"
	}
	u := r.unknowns[0]
	name := strings.TrimPrefix(u.pointer, "/")
	if u.in.resource != of {
		name = strings.TrimSuffix(u.in.resource.Label()+"/"+name, "/")
	} else {
		pointer = u.pointer
	}
	switch {
	case name == "":
		message = "the verdict is not known: " + u.value.Because
	default:
		message = name + " is not known: " + u.value.Because
	}
	if n := len(r.unknowns) - 1; n > 0 {
		message += fmt.Sprintf(" (and %d more)", n)
	}
	return pointer, message
}

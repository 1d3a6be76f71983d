package declared

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A nested stack (AWS::CloudFormation::Stack) whose TemplateURL is a local path, as it is
// before `aws cloudformation package` or a CDK deployment uploads it, is read as a part of
// the stack around it: its parameters get what the outer template passes, and its outputs
// come back through Fn::GetAtt. A finding in it stands in the nested file.
const stackType = "AWS::CloudFormation::Stack"

const (
	maxNesting = 20   // levels of stacks in stacks
	maxStacks  = 1000 // nested stacks of one run
)

// location returns the local path of a nested stack's template; "" when it is not local, and
// then why.
func (s *stack) location(f field) (path, why string) {
	props := f.value.get("Properties")
	url := props.get("TemplateURL")
	name := ""
	if asset := f.value.get("Metadata").get("aws:asset:path"); asset.isText() {
		name = asset.text
	} else if hash := s.home.assembly.assetOf(s.written(cmp.Or(url, &node{}))); hash != "" {
		name = hash
	} else if url == nil {
		return "", "has no TemplateURL"
	} else if v := s.eval(url, nil, ""); true {
		text, ok := v.(string)
		if !ok {
			return "", "has a TemplateURL that is not known before deployment"
		}
		name = text
	}
	if strings.Contains(name, "://") || name == "" {
		return "", "is not a local file"
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(s.doc.file), filepath.FromSlash(name))
	}
	return name, ""
}

// nested opens the template of a nested stack, once; nil when it cannot be read, which is
// told as a gap: there are then more resources than are shown.
func (s *stack) nestedStack(f field) *stack {
	if child, done := s.children[f.name]; done {
		return child
	}
	if s.children == nil {
		s.children = map[string]*stack{}
	}
	s.children[f.name] = nil // what leads back here finds nothing
	child := s.openNested(f)
	s.children[f.name] = child
	return child
}

func (s *stack) openNested(f field) *stack {
	r, h := s.r, s.home
	hidden := func(why string) *stack {
		r.incomplete(h.app, s.doc.file, "the template of the nested stack "+f.name+" (line "+strconv.Itoa(int(f.line))+") is not read ("+why+"), so there may be other resources than this template shows")
		return nil
	}
	path, why := s.location(f)
	if path == "" {
		return hidden("it " + why)
	}
	if _, err := os.Stat(path); err != nil {
		return hidden(path + ": " + cause(err))
	}
	key := realPath(path)
	within := append(slices.Clone(h.within), realPath(s.doc.file))
	if slices.Contains(within, key) {
		r.fault(s.doc.atKey(f), "the nested stack "+f.name+" leads back to the template "+path+", in which it stands", "a stack cannot contain itself; nest another template")
		return hidden("it contains itself")
	}
	if r.stacks++; len(within) > maxNesting || r.stacks > maxStacks {
		r.fault(s.doc.atKey(f), fmt.Sprintf("there are more than %d nested stacks, or they nest deeper than %d levels", maxStacks, maxNesting), "split the templates")
		return hidden("there are too many")
	}
	file := r.parse(path)
	r.claimed[key] = true
	if file.fault != nil {
		fault := *file.fault
		fault.Message += fmt.Sprintf("; the nested stack %s at %s refers to this file", f.name, s.doc.atKey(f))
		r.decl.Faults = append(r.decl.Faults, fault)
		return hidden(path + " is malformed")
	}
	if len(file.docs) != 1 || !isTemplate(file.docs[0].root) {
		r.fault(s.doc.atKey(f), path+" is no CloudFormation template", "a nested stack wants a template with a Resources section")
		return hidden(path + " is no template")
	}
	part := &home{
		app: h.app, manage: h.manage, account: h.account, region: h.region,
		stack:  cmp.Or(h.stack, stem(s.doc.file)) + "/" + f.name,
		nested: true, within: within, prefix: h.prefix + f.name + "/", existence: h.existence,
		names: h.names, assembly: h.assembly.nested(),
		given: map[string]any{}, givenAt: map[string]inventory.Position{},
	}
	if c := f.value.get("Condition"); c.isText() {
		if v := s.condition(c.text, c); v.truth == unknownTruth {
			part.existence = &inventory.Unknown{Because: v.because, Symbol: h.prefix + "Condition " + c.text}
		}
	}
	given := f.value.get("Properties").get("Parameters")
	for _, g := range given.fieldsOf() {
		v := s.eval(g.value, nil, "")
		if g.value.kind != stringNode && g.value.isScalar() {
			v = g.value.text // as it is written
		}
		part.given[g.name], part.givenAt[g.name] = v, s.doc.atKey(g)
	}
	return openTemplate(r, file.docs[0], part)
}

// readNested adds the particles of a nested stack.
func (s *stack) readNested(f field, p *inventory.Particle) {
	if p.Resource.Ref.Type != stackType {
		return
	}
	if child := s.nestedStack(f); child != nil {
		child.read()
	}
}

// nestedOutputs returns how the outputs of a nested stack are evaluated.
func (s *stack) nestedOutputs(f field) func(string) any {
	return func(name string) any {
		child := s.nestedStack(f)
		if child == nil {
			return nil
		}
		output, declared := child.outputs.field(name)
		if !declared {
			if child.complete {
				s.fault(f.value, "the nested stack "+f.name+" has no output "+name+", which Fn::GetAtt asks for", didYouMean(name, child.outputs.fieldNames()))
			}
			return nil
		}
		value := output.value.get("Value")
		if value == nil {
			return nil
		}
		return child.eval(value, nil, "")
	}
}

// output is what Fn::GetAtt yields for an output of a nested stack. Names in the nested
// template mean nothing outside it, so that an unknown value keeps only its reason.
func (e *evaluator) output(name string, t *target, output string) any {
	label := e.label(name) + ".Outputs." + output
	u := &inventory.Unknown{Because: label + " is known only at deployment", Symbol: "GetAtt " + label}
	if t.outputs == nil || e.visiting[label] {
		return u
	}
	e.visiting[label] = true
	defer delete(e.visiting, label)
	v := t.outputs(output)
	if text, ok := textOf(v); ok && !isAbsent(v) {
		return text
	}
	if partly, unknown := v.(*inventory.Unknown); unknown {
		u.Because, u.Sensitive = partly.Because, partly.Sensitive
	}
	return u
}

// claimNested notes the local templates that other templates nest, and the assemblies in
// other assemblies, so that none is read by itself as well, and returns them by real path.
func (r *reading) claimNested(files []*parsedFile) map[string]bool {
	inner := map[string]bool{}
	for _, f := range files {
		for _, d := range f.docs {
			for _, path := range nestedPaths(d.root) {
				if strings.Contains(path, "://") {
					continue
				}
				if !filepath.IsAbs(path) {
					path = filepath.Join(filepath.Dir(d.file), filepath.FromSlash(path))
				}
				if key := realPath(path); key != f.key {
					r.claimed[key], inner[key] = true, true
				}
			}
		}
	}
	return inner
}

// nestedPaths are the files that a document names as parts of it, as far as they are
// written out.
func nestedPaths(root *node) (paths []string) {
	add := func(n *node) {
		if n.isText() {
			paths = append(paths, n.text)
		}
	}
	for _, f := range root.get("Resources").fieldsOf() {
		if t := f.value.get("Type"); t.isText() && (t.text == stackType || t.text == applicationType) {
			add(f.value.get("Properties").get("TemplateURL"))
			add(f.value.get("Properties").get("Location"))
			add(f.value.get("Metadata").get("aws:asset:path"))
		}
	}
	if isAssembly(root) {
		for _, f := range root.get("artifacts").fields {
			if dir := f.value.get("properties").get("directoryName"); dir.isText() {
				paths = append(paths, dir.text+"/"+manifestName)
			}
		}
	}
	return paths
}

// fieldNames are the keys of a mapping that may be nil.
func (n *node) fieldNames() []string {
	if n == nil {
		return nil
	}
	return n.names()
}

// label is the name of a particle: its logical id, its path in a CDK app, or, in a nested
// stack, the id behind the names of the stacks around it where those have taken it.
func (h *home) label(f field) string {
	if path := h.assembly.path(f); path != "" {
		return path
	}
	if h.names == nil {
		h.names = map[string]bool{}
	}
	label := f.name
	if h.nested && h.names[label] {
		label = h.prefix + f.name
	}
	h.names[label] = true
	return label
}

// place is what the user says about the place of deployment, and what the stack itself says.
func (h *home) place(opt Options) Options {
	if h.account != "" && h.account != opt.Account {
		opt.Account = h.account
	}
	if h.region != "" && h.region != opt.Region {
		opt.Region, opt.Partition = h.region, ""
	}
	return opt
}

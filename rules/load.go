package rules

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"go.yaml.in/yaml/v3"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

//go:embed packs
var packs embed.FS

// Builtin returns the built-in pack.
func Builtin() (*Set, error) { return Load() }

// Load reads and compiles the built-in pack and the rule files of the user: files, and
// directories of .yaml and .yml files, recursive. The error joins every mistake found,
// each a *LoadError with its place (or the error of a path that cannot be read); the set
// then holds the rules without mistakes, and must not be used to judge.
func Load(paths ...string) (*Set, error) {
	return load(append([]source{packSource(false)}, sourcesOf(paths)...))
}

// LoadToJudge is Load for a run that only judges: of the built-in pack, which the tests of
// this package prove, it reads no cases, and compiles an expression when the first resource
// of its type comes. The files of the user are read and compiled altogether.
func LoadToJudge(paths ...string) (*Set, error) {
	return load(append([]source{packSource(true)}, sourcesOf(paths)...))
}

// LoadOnly is Load without the built-in pack.
func LoadOnly(paths ...string) (*Set, error) { return load(sourcesOf(paths)) }

// A source is a rule file or a directory of rule files.
type source struct {
	files fs.FS
	path  string
	show  func(name string) string // how positions name a file
	lazy  bool                     // leave what can wait, and the cases
}

func packSource(lazy bool) source {
	return source{packs, "packs", func(name string) string { return name }, lazy}
}

func sourcesOf(paths []string) []source {
	all := make([]source, len(paths))
	for i, name := range paths {
		if name == "" { // an unset variable of a shell; the working directory is "."
			all[i] = source{noFiles{}, ".", func(string) string { return `""` }, false}
			continue
		}
		dir, base := filepath.Split(filepath.Clean(name))
		switch {
		case base == "." || base == ".." || base == "":
			dir, base = name, "."
		case dir == "":
			dir = "."
		}
		all[i] = source{os.DirFS(dir), base, func(file string) string { return filepath.Join(dir, filepath.FromSlash(file)) }, false}
	}
	return all
}

// noFiles holds nothing.
type noFiles struct{}

// Open implements fs.FS.
func (noFiles) Open(string) (fs.File, error) { return nil, errors.New("the path is empty") }

// load reads the files with a worker per core, and joins what they give in the order of
// the files.
func load(sources []source) (*Set, error) {
	shared, frameworks := newStructs(), maps.Clone(builtinFrameworks())
	var files, ofFrameworks []*file
	seen := map[string]bool{} // a file that is named twice, or by its directory too, is read once
	dirs := map[string]string{}
	for _, s := range sources {
		for _, f := range s.list(shared) {
			if real := realPath(f, dirs); real != "" && seen[real] {
				continue
			} else if real != "" {
				seen[real] = true
			}
			f.frameworks = frameworks
			if strings.HasSuffix(f.path, frameworkSuffix) {
				ofFrameworks = append(ofFrameworks, f)
			} else {
				files = append(files, f)
			}
		}
	}
	for _, f := range ofFrameworks { // first: rules name them
		f.load()
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return
				}
				files[i].load()
			}
		})
	}
	workers.Wait()

	set := &Set{structs: shared, byID: map[string]*Rule{}, frameworks: frameworks}
	var errs []error
	for _, f := range append(ofFrameworks, files...) {
		if r := f.loaded; r != nil {
			if first, taken := set.byID[r.ID]; taken {
				f.failAt(r.Position, fmt.Sprintf("rule id %q is taken by %s", r.ID, first.Source), "")
			} else {
				set.byID[r.ID], set.rules = r, append(set.rules, r)
			}
		}
		errs = append(errs, f.errs...)
	}
	set.index()
	return set, errors.Join(errs...)
}

// realPath is where a file of the user stands, "" for a mistake and for the built-in pack. dirs
// keeps what it finds out about directories, each of which holds many files.
func realPath(f *file, dirs map[string]string) string {
	if _, embedded := f.source.files.(embed.FS); embedded || f.path == "" {
		return ""
	}
	abs, err := filepath.Abs(f.name)
	if err != nil {
		return ""
	}
	if f.link {
		if real, err := filepath.EvalSymlinks(abs); err == nil {
			return real
		}
		return abs
	}
	dir, name := filepath.Split(abs)
	if _, known := dirs[dir]; !known {
		dirs[dir] = dir
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dirs[dir] = real
		}
	}
	return filepath.Join(dirs[dir], name)
}

const (
	maxRuleFile  = 1 << 20 // bytes; a rule is a page of text
	maxRuleNodes = 100_000 // YAML nodes with aliases followed
)

// A loader collects the mistakes of one file.
type loader struct {
	structs    *structs
	frameworks map[string]*Framework // shared by all files; read only while rules load
	errs       []error
}

// list finds the files of a source. A source that cannot be read comes as a file with that
// mistake.
func (s source) list(shared *structs) (files []*file) {
	mistake := func(err error) []*file {
		err = fmt.Errorf("read rules %s: %w", s.show(s.path), err)
		return append(files, &file{name: s.show(s.path), loader: &loader{errs: []error{err}}})
	}
	info, err := fs.Stat(s.files, s.path)
	if err != nil {
		return mistake(reason(err))
	}
	err = fs.WalkDir(s.files, s.path, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != s.path && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir // .git and its like hold no rules
		}
		if d.Type()&fs.ModeSymlink != 0 {
			// A link to a file is read. One to a directory may lead in circles.
			if target, err := fs.Stat(s.files, name); err == nil && target.IsDir() {
				if strings.HasPrefix(d.Name(), ".") {
					return nil
				}
				return fmt.Errorf("%s is a link to a directory, which is not followed: name the directory with --rules", s.show(name))
			}
		}
		ext := path.Ext(name)
		if d.IsDir() || info.IsDir() && ext != ".yaml" && ext != ".yml" {
			return nil
		}
		files = append(files, &file{name: s.show(name), link: name == s.path || d.Type()&fs.ModeSymlink != 0, source: s, path: name, loader: &loader{structs: shared}})
		return nil
	})
	switch {
	case err != nil:
		return mistake(reason(err))
	case len(files) == 0:
		return mistake(errors.New("it holds no rule file (.yaml or .yml)"))
	}
	return files
}

// reason drops the operation and path that our own message says already.
func reason(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// load reads one file; the rule is there when it has no mistake.
func (f *file) load() {
	if f.path == "" {
		return // a source that could not be read
	}
	size := 0
	if info, err := fs.Stat(f.source.files, f.path); err == nil && info.Mode().IsRegular() {
		size = int(min(info.Size(), maxRuleFile))
	} else if err == nil {
		f.fail(nil, "read rule file: it is no regular file", "") // reading a pipe may never end
		return
	}
	in, err := f.source.files.Open(f.path)
	if err != nil {
		f.fail(nil, "read rule file: "+reason(err).Error(), "")
		return
	}
	defer in.Close()
	buffer := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	_, err = buffer.ReadFrom(io.LimitReader(in, maxRuleFile+1))
	data := buffer.Bytes()
	switch {
	case err != nil:
		f.fail(nil, "read rule file: "+err.Error(), "")
		return
	case len(data) > maxRuleFile:
		f.fail(nil, "read rule file: it is larger than 1 MiB", "")
		return
	}
	all := string(data)
	f.content = all
	if f.source.lazy {
		if end := bytes.Index(data, []byte("\ncases:")) + 1; end > 0 {
			data, f.content = data[:end], all[:end]
		}
	}
	if at := invalidUTF8(data); at >= 0 && !bytes.HasPrefix(data, []byte{0xff, 0xfe}) && !bytes.HasPrefix(data, []byte{0xfe, 0xff}) { // UTF-16 is read too
		before := string(data[:at])
		line := before[strings.LastIndexByte(before, '\n')+1:]
		f.failAt(inventory.Position{File: f.name, Line: 1 + strings.Count(before, "\n"), Column: 1 + utf8.RuneCountInString(line)},
			"not a YAML document: here is no UTF-8 text", "")
		return
	}
	var doc, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&doc); err != nil {
		f.syntax(err)
		return
	}
	if err := decoder.Decode(&second); err == nil {
		f.fail(&second, "a rule file holds one rule: put the second document into a file of its own", "")
		return
	} else if !errors.Is(err, io.EOF) {
		f.syntax(err)
		return
	}
	f.read(doc.Content[0], all)
}

// read makes of a document what it says; all is the text of the whole file.
func (f *file) read(root *yaml.Node, all string) {
	if strings.HasSuffix(f.path, frameworkSuffix) {
		f.framework(root)
		return
	}
	r := f.rule(root)
	r.Text = all
	if len(f.errs) == 0 {
		f.loaded = r
	}
}

// invalidUTF8 returns the first place that is no UTF-8, -1 for none.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// A file is one rule file while it is read.
type file struct {
	*loader
	source  source
	path    string // in the source
	name    string // as positions name it
	link    bool   // it may be a symbolic link
	content string // what was read of it
	id      string // of the rule, once it is known
	loaded  *Rule
}

func (f *file) lines() (all [][]rune) {
	for line := range strings.SplitSeq(f.content, "\n") {
		all = append(all, []rune(strings.TrimSuffix(line, "\r")))
	}
	return all
}

func (f *file) fail(n *yaml.Node, message, meant string) {
	p := inventory.Position{File: f.name}
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
	f.failAt(p, message, meant)
}

func (f *file) failAt(p inventory.Position, message, meant string) {
	e := &LoadError{Position: p, Rule: f.id, Message: message, Meant: meant}
	for _, old := range f.errs {
		if o := (*LoadError)(nil); errors.As(old, &o) && *o == *e {
			return // the same mistake in the same expression, seen from another type
		}
	}
	f.errs = append(f.errs, e)
}

var yamlLine = pattern(`^yaml: line (\d+): (.*)$`)

func (f *file) syntax(err error) {
	p := inventory.Position{File: f.name, Line: 1, Column: 1}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine().FindStringSubmatch(err.Error()); m != nil {
		p.Line, _ = strconv.Atoi(m[1]) // digits
		message = m[2]
		if strings.HasPrefix(message, "did not find expected") {
			p.Line++ // the grammar counts lines from 0, the scanner from 1
		}
	} else if errors.Is(err, io.EOF) {
		message = "the file is empty"
	}
	f.failAt(p, "not a YAML document: "+message, "")
}

// object returns the values of a mapping by key; a key that is not allowed is a mistake.
func (f *file) object(n *yaml.Node, what string, allowed ...string) map[string]*yaml.Node {
	values := map[string]*yaml.Node{}
	if n.Kind != yaml.MappingNode {
		f.fail(n, what+" must be a mapping (key: value)", "")
		return values
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if allowed != nil && !slices.Contains(allowed, key.Value) {
			f.fail(key, fmt.Sprintf("%s has no key %q", what, key.Value), schema.Suggest(key.Value, allowed))
			continue
		}
		if _, twice := values[key.Value]; twice {
			f.fail(key, fmt.Sprintf("key %q stands twice", key.Value), "")
			continue
		}
		for value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		values[key.Value] = value
	}
	return values
}

func (f *file) text(n *yaml.Node, what string) string {
	if n == nil {
		return ""
	}
	if tag := n.ShortTag(); n.Kind != yaml.ScalarNode || tag == "!!null" || !strings.HasPrefix(tag, "!!") {
		f.fail(n, what+" must be a text", "")
		return ""
	}
	return n.Value
}

func (f *file) texts(n *yaml.Node, what string) (all []string, nodes []*yaml.Node) {
	if n == nil {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		f.fail(n, what+" must be a list", "")
		return nil, nil
	}
	for _, e := range n.Content {
		all, nodes = append(all, f.text(e, "an element of "+what)), append(nodes, e)
	}
	return all, nodes
}

// choice is a text out of a few; the first is what an absent one means.
func choice[T ~string](f *file, n *yaml.Node, what string, of ...T) T {
	if n == nil {
		return of[0]
	}
	s := T(f.text(n, what))
	if !slices.Contains(of, s) {
		all := make([]string, len(of))
		for i, o := range of {
			all[i] = string(o)
		}
		f.fail(n, fmt.Sprintf("unknown %s %q: want one of %s", what, s, strings.Join(all, ", ")), schema.Suggest(string(s), all))
	}
	return s
}

var kebab = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (f *file) rule(n *yaml.Node) *Rule {
	r := &Rule{Source: f.name, Position: inventory.Position{File: f.name, Line: n.Line, Column: n.Column}}
	keys := f.object(n, "a rule", "id", "title", "severity", "types", "params", "when", "check", "message", "remediation", "controls", "repair", "action", "lint", "cases")
	if n.Kind != yaml.MappingNode {
		return r
	}
	for _, required := range []string{"id", "title", "severity", "types", "check", "cases"} {
		if keys[required] == nil && !(f.source.lazy && required == "cases") {
			f.fail(n, fmt.Sprintf("a rule needs the key %q", required), "")
		}
	}
	r.ID = f.text(keys["id"], "id")
	f.id = r.ID
	if keys["id"] != nil && !kebab.MatchString(r.ID) {
		f.fail(keys["id"], fmt.Sprintf("id %q is not in kebab case (as in restricted-ssh)", r.ID), "")
	}
	r.Title = f.text(keys["title"], "title")
	if n := keys["title"]; n != nil && n.Kind == yaml.ScalarNode && strings.TrimSpace(n.Value) == "" {
		f.fail(n, "title must say what is true of a compliant resource", "")
	}
	r.Remediation = f.text(keys["remediation"], "remediation")
	if keys["severity"] != nil {
		r.Severity = choice(f, keys["severity"], "severity", Severities...)
	}
	r.Action = choice(f, keys["action"], "action", "report", "tag", "repair", "reap")
	f.types(r, keys["types"])
	f.controls(r, keys["controls"])
	f.lint(r, keys["lint"])
	f.params(r, keys["params"])
	if len(r.Types) > 0 {
		f.expressions(r, keys)
	}
	if !f.source.lazy {
		f.cases(r, keys["cases"], n)
	}
	return r
}

func (f *file) types(r *Rule, n *yaml.Node) {
	globs, nodes := f.texts(n, "types")
	for i, glob := range globs {
		if glob == "*" {
			r.Types = append(r.Types, "*")
			if len(globs) > 1 {
				f.fail(nodes[i], `"*" is every type: no other may stand beside it`, "")
			}
			continue
		}
		switch matches := typesMatching(glob); {
		case len(matches) == 0:
			f.fail(nodes[i], fmt.Sprintf("unknown resource type %q", glob), schema.Suggest(glob, schema.Names()))
		default:
			r.Types = append(r.Types, matches...)
		}
	}
	if n != nil && len(globs) == 0 {
		f.fail(n, "types must name at least one resource type", "")
	}
	slices.Sort(r.Types)
	r.Types = slices.Compact(r.Types)
}

func typesMatching(glob string) []string {
	if !strings.ContainsAny(glob, "*?") {
		if schema.Known(glob) {
			return []string{glob}
		}
		return nil
	}
	var all []string
	for _, name := range schema.Names() {
		if inventory.MatchGlob(glob, name) {
			all = append(all, name)
		}
	}
	return all
}

// lint reads why checks of Set.Lint do not hold for a rule.
func (f *file) lint(r *Rule, n *yaml.Node) {
	if n == nil {
		return
	}
	r.Lint = map[string]string{}
	for check, reason := range f.object(n, "lint", slices.Sorted(maps.Keys(Lints))...) {
		r.Lint[check] = f.text(reason, "a reason")
		if strings.TrimSpace(r.Lint[check]) == "" {
			f.fail(reason, fmt.Sprintf("lint needs the reason why %q does not hold", check), "")
		}
	}
}

var identifier = pattern(`^[a-z][A-Za-z0-9]*$`)

func (f *file) params(r *Rule, n *yaml.Node) {
	if n == nil {
		return
	}
	byName := f.object(n, "params")
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		keys := f.object(byName[name], "a parameter", "type", "default")
		if !identifier().MatchString(name) {
			f.fail(byName[name], fmt.Sprintf("parameter name %q is not in camel case (as in minRetention)", name), "")
		}
		if keys["type"] == nil || keys["default"] == nil {
			f.fail(byName[name], fmt.Sprintf("parameter %s needs a type and a default", name), "")
			continue
		}
		p := Param{Name: name, Type: choice(f, keys["type"], "parameter type", "int", "string", "bool", "double", "list(int)", "list(string)")}
		v, ok := f.value(keys["default"])
		if !ok {
			continue
		}
		if !fits(v, p.Type) {
			f.fail(keys["default"], fmt.Sprintf("the default of %s is %s, not %s", name, kindName(v), p.Type), "")
			continue
		}
		p.Default, p.Value = v, v
		r.Params = append(r.Params, p)
	}
}

func fits(v any, typ string) bool {
	switch v := v.(type) {
	case bool:
		return typ == "bool"
	case int64:
		return typ == "int" || typ == "double"
	case float64:
		return typ == "double"
	case string:
		return typ == "string"
	case []any:
		elem, isList := strings.CutPrefix(typ, "list(")
		return isList && !slices.ContainsFunc(v, func(e any) bool { return !fits(e, strings.TrimSuffix(elem, ")")) })
	}
	return false
}

// expressions compiles everything that is CEL.
func (f *file) expressions(r *Rule, keys map[string]*yaml.Node) {
	c := newCompiler(r, f.structs)
	c.proven = f.source.lazy
	r.programs = map[string]*programs{}
	for _, typ := range r.Types {
		r.programs[typ] = &programs{}
		f.compileFor(r, c, typ, func(f *file, c *compiler, p *programs) { p.shape = c.shape(typ) })
	}
	r.Check = f.byType(r, keys["check"], "check", true, func(typ string, n *yaml.Node) {
		f.compileFor(r, c, typ, func(f *file, c *compiler, p *programs) { p.check, p.conjuncts = f.compile(c, typ, n, cel.BoolType) })
	})
	r.When = f.byType(r, keys["when"], "when", false, func(typ string, n *yaml.Node) {
		f.compileFor(r, c, typ, func(f *file, c *compiler, p *programs) { p.when, _ = f.compile(c, typ, n, cel.BoolType) })
	})
	r.Message = f.byType(r, keys["message"], "message", false, func(typ string, n *yaml.Node) {
		f.compileFor(r, c, typ, func(f *file, c *compiler, p *programs) {
			if c.proven {
				p.message = c.whenNeeded(typ, n.Value, cel.StringType) // most resources comply
			} else {
				p.message, _ = f.compile(c, typ, n, cel.StringType)
			}
		})
	})
	if n := keys["repair"]; n != nil && !f.source.lazy {
		f.repair(r, c, n)
	}
	if f.source.lazy {
		r.Joins = joinsIn(r.Check, r.When, r.Message)
	}
	slices.Sort(r.Joins)
	r.Joins = slices.Compact(r.Joins)
	r.Scope = "resource"
	if len(r.Joins) > 0 {
		r.Scope = "join"
	}
	if slices.ContainsFunc(slices.Concat(r.Types, r.Joins), isAccountType) {
		r.Scope = "account"
	}
	for _, when := range r.When {
		if when == "live" || strings.HasPrefix(when, "live &&") {
			r.Scope = "live"
		}
	}
	r.params = r.paramsValue(nil)
}

// byType reads an expression for all types, or a mapping with one for each; where every
// type needs one, none may be missing.
func (f *file) byType(r *Rule, n *yaml.Node, what string, all bool, compile func(typ string, n *yaml.Node)) map[string]string {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		text := f.text(n, what)
		for _, typ := range r.Types {
			compile(typ, n)
		}
		return map[string]string{"": text}
	}
	texts := map[string]string{}
	byType := f.object(n, what, r.Types...)
	for _, typ := range r.Types {
		switch e := byType[typ]; {
		case e != nil:
			texts[typ] = f.text(e, what)
			compile(typ, e)
		case all:
			f.fail(n, fmt.Sprintf("%s has no expression for %s", what, typ), "")
		}
	}
	return texts
}

func (f *file) compile(c *compiler, typ string, n *yaml.Node, want *cel.Type) (whole *expression, conjuncts []*expression) {
	text := n.Value
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(text) == "" {
		f.fail(n, "want a CEL expression", "")
		return nil, nil
	}
	whole, conjuncts, err := c.compile(typ, text, want)
	if err == nil {
		return whole, conjuncts
	}
	e := (*exprError)(nil)
	if !errors.As(err, &e) {
		f.fail(n, err.Error(), "")
		return nil, nil
	}
	positions := charPositions(f.lines(), n)
	at := positions[min(e.offset, len(positions)-1)]
	f.failAt(inventory.Position{File: f.name, Line: at.line, Column: at.column}, e.message, e.meant)
	return nil, nil
}

// repair type-checks the repaired values; reaper and plan are what will use them.
func (f *file) repair(r *Rule, c *compiler, n *yaml.Node) {
	keys := f.object(n, "repair", "set")
	if keys["set"] == nil {
		f.fail(n, `repair needs the key "set"`, "")
		return
	}
	r.Repair = map[string]string{}
	byPointer := f.object(keys["set"], "repair.set")
	if len(byPointer) == 0 {
		f.fail(keys["set"], "repair.set must name at least one property", "")
	}
	for _, pointer := range slices.Sorted(maps.Keys(byPointer)) {
		e := byPointer[pointer]
		r.Repair[pointer] = f.text(e, "a repaired value")
		for _, typ := range r.Types {
			t, ok := schema.Lookup(typ)
			if !ok {
				f.fail(e, `a rule for "*" cannot repair: it sees no properties`, "")
				continue
			}
			node, ok := t.At(pointer)
			if !ok || !strings.HasPrefix(pointer, "/") {
				f.fail(e, fmt.Sprintf("%s has no property %s", typ, pointer), suggestPointer(t, pointer))
				continue
			}
			if t.IsReadOnly(pointer) {
				f.fail(e, fmt.Sprintf("%s of %s is read-only: it cannot be repaired", pointer, typ), "")
				continue
			}
			if whole, _ := f.compile(c, typ, e, repairType(node)); whole != nil {
				f.repaired(whole.checked.Expr(), e, node, typ+pointer)
			}
		}
	}
}

// repaired holds a literal to the schema of the place that it is for.
func (f *file) repaired(e ast.Expr, at *yaml.Node, n *schema.Node, where string) {
	kind := map[ast.ExprKind]schema.Kind{ast.ListKind: schema.Array, ast.MapKind: schema.Object}[e.Kind()]
	if e.Kind() == ast.LiteralKind {
		kind = map[ref.Type]schema.Kind{types.StringType: schema.String, types.BoolType: schema.Boolean, types.IntType: schema.Integer | schema.Number, types.DoubleType: schema.Number}[e.AsLiteral().Type()]
	}
	if n == nil || n.Kinds == 0 || kind == 0 {
		return // computed, or a place without a schema
	}
	if n.Kinds&kind == 0 {
		f.fail(at, fmt.Sprintf("the repaired value of %s is of another kind than the schema wants", where), "")
		return
	}
	switch e.Kind() {
	case ast.ListKind:
		for i, element := range e.AsList().Elements() {
			f.repaired(element, at, n.Items, where+"/"+strconv.Itoa(i))
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			key := entry.AsMapEntry().Key()
			if key.Kind() != ast.LiteralKind {
				continue
			}
			name, _ := key.AsLiteral().(types.String)
			child, ok := n.Child(string(name))
			if !ok && !n.Open {
				f.fail(at, fmt.Sprintf("%s has no property %q", where, string(name)), schema.Suggest(string(name), slices.Collect(maps.Keys(n.Properties))))
				continue
			}
			f.repaired(entry.AsMapEntry().Value(), at, child, where+"/"+string(name))
		}
	}
}

// repairType is the CEL type of a repaired value: that of a scalar; anything else may be
// written as a literal, whose type is its own.
func repairType(n *schema.Node) *cel.Type {
	switch n.Kinds &^ schema.Null {
	case schema.Boolean:
		return cel.BoolType
	case schema.Integer:
		return cel.IntType
	case schema.String:
		return cel.StringType
	}
	return nil
}

func suggestPointer(t *schema.Type, pointer string) string {
	parts := schema.SplitPointer(pointer)
	if len(parts) == 0 {
		return ""
	}
	if meant := schema.Suggest(parts[0], slices.Sorted(maps.Keys(t.Root.Properties))); meant != "" {
		return "/" + meant
	}
	return ""
}

var caseKeys = []string{"name", "type", "properties", "expect", "path", "live", "tags", "created", "state", "class", "id", "logicalId", "unread", "params", "with"}

func (f *file) cases(r *Rule, n, rule *yaml.Node) {
	if n == nil {
		return
	}
	if n.Kind != yaml.SequenceNode {
		f.fail(n, "cases must be a list", "")
		return
	}
	seen := map[Status]bool{}
	taken := map[string]bool{}
	for _, e := range n.Content {
		c := f.oneCase(r, e)
		if taken[c.Name] {
			f.fail(e, fmt.Sprintf("case name %q is taken", c.Name), "")
		}
		taken[c.Name], seen[c.Expect] = true, true
		r.Cases = append(r.Cases, c)
	}
	for _, want := range []Status{Pass, Fail} {
		if !seen[want] {
			f.fail(cmp.Or(n, rule), fmt.Sprintf("the rule has no case that expects %s: a rule that was never seen to %s proves nothing", want, want), "")
		}
	}
}

func (f *file) oneCase(r *Rule, n *yaml.Node) Case {
	keys := f.object(n, "a case", caseKeys...)
	c := Case{Name: f.text(keys["name"], "name"), Position: inventory.Position{File: f.name, Line: n.Line, Column: n.Column}}
	for _, required := range []string{"name", "expect"} {
		if keys[required] == nil {
			f.fail(n, fmt.Sprintf("a case needs the key %q", required), "")
		}
	}
	if keys["expect"] != nil {
		switch choice(f, keys["expect"], "expectation", "pass", "fail", "unknown", "skip") {
		case "pass":
			c.Expect = Pass
		case "fail":
			c.Expect = Fail
		case "skip":
			c.Expect = Skip
		}
	}
	c.Path, c.HasPath = f.text(keys["path"], "path"), keys["path"] != nil
	c.Resource = f.caseResource(r, n, keys)
	if keys["type"] == nil {
		c.Resource.Ref.Type = r.onlyType()
	}
	if typ := c.Resource.Ref.Type; len(r.Types) > 0 && r.Types[0] != "*" && !slices.Contains(r.Types, typ) {
		f.fail(cmp.Or(keys["type"], n), fmt.Sprintf("the rule does not judge the type %q of this case", typ), schema.Suggest(typ, r.Types))
	}
	f.problems(c.Resource, cmp.Or(keys["properties"], n))
	if w := keys["with"]; w != nil {
		if w.Kind != yaml.SequenceNode {
			f.fail(w, "with must be a list of resources", "")
		} else {
			for _, e := range w.Content {
				keys := f.object(e, "a resource of with", "type", "properties", "live", "tags", "id", "logicalId", "unread")
				x := f.caseResource(r, e, keys)
				x.Declared = c.Resource.Declared
				f.problems(x, cmp.Or(keys["properties"], e))
				c.With = append(c.With, x)
			}
		}
	}
	if p := keys["params"]; p != nil {
		c.Params = map[string]any{}
		names := make([]string, len(r.Params))
		for i, p := range r.Params {
			names[i] = p.Name
		}
		for name, e := range f.object(p, "params", names...) {
			v, ok := f.value(e)
			i := slices.Index(names, name)
			if ok && !fits(v, r.Params[i].Type) {
				f.fail(e, fmt.Sprintf("parameter %s is %s, not %s", name, kindName(v), r.Params[i].Type), "")
			}
			c.Params[name] = v
		}
	}
	return c
}

// onlyType returns the type of a rule for one type, "" for other rules.
func (r *Rule) onlyType() string {
	if len(r.Types) == 1 && r.Types[0] != "*" {
		return r.Types[0]
	}
	return ""
}

// caseResource makes the resource of a case. It is declared unless the case says live.
func (f *file) caseResource(r *Rule, n *yaml.Node, keys map[string]*yaml.Node) *inventory.Resource {
	x := &inventory.Resource{
		Ref:       inventory.Ref{Partition: "aws", Type: f.text(keys["type"], "type"), ID: f.text(keys["id"], "id")},
		LogicalID: f.text(keys["logicalId"], "logicalId"),
		Declared:  choice(f, keys["live"], "value of live", "false", "true") == "false",
		Tags:      map[string]string{},
		State:     f.text(keys["state"], "state"),
		Position:  inventory.Position{File: f.name, Line: n.Line, Column: n.Column},
	}
	if class := keys["class"]; class != nil {
		x.Owned.Class = choice(f, class, "class", classes...)
	}
	if x.LogicalID == "" && x.Declared {
		x.LogicalID = "Resource"
	}
	var unread []*yaml.Node
	x.Unread, unread = f.texts(keys["unread"], "unread")
	if t, ok := schema.Lookup(cmp.Or(x.Ref.Type, r.onlyType())); ok {
		for i, pointer := range x.Unread {
			if _, ok := t.At(strings.TrimSuffix(pointer, "/*")); pointer != "" && !ok {
				f.fail(unread[i], fmt.Sprintf("%s has no property %s", t.Name, pointer), suggestPointer(t, pointer))
			}
		}
	}
	if p := keys["properties"]; p != nil {
		v, ok := f.value(p)
		m, isMap := v.(map[string]any)
		if ok && !isMap {
			f.fail(p, "properties must be a mapping", "")
		}
		x.Properties = m
	}
	if t := keys["tags"]; t != nil {
		v, _ := f.value(t)
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				switch e := e.(type) {
				case string:
					x.Tags[k] = e
				case *inventory.Unknown:
					if x.UnknownTags == nil {
						x.UnknownTags = map[string]*inventory.Unknown{}
					}
					x.UnknownTags[k] = e
				default:
					f.fail(t, "the value of a tag is a text", "")
				}
			}
		case *inventory.Unknown:
			x.Tags = nil
		default:
			f.fail(t, "tags must be a mapping", "")
		}
	}
	if t := keys["created"]; t != nil {
		created, err := parseTime(t.Value)
		if err != nil {
			f.fail(t, err.Error(), "")
		}
		x.Created = created
	}
	return x
}

// problems coerces the properties of a case and holds them to the schema, so that a case
// cannot pass by a misspelt property either.
func (f *file) problems(x *inventory.Resource, n *yaml.Node) {
	if x.Ref.Type == "" && len(f.errs) > 0 {
		return // the types of the rule are wrong already
	}
	t, ok := schema.Lookup(x.Ref.Type)
	if !ok {
		f.fail(n, fmt.Sprintf("unknown resource type %q", x.Ref.Type), schema.Suggest(x.Ref.Type, schema.Names()))
		return
	}
	x.Properties = schema.Coerce(t, x.Properties)
	for _, p := range schema.Problems(t, x.Properties) {
		f.fail(nodeAt(n, p.Pointer), p.Message, p.Meant)
	}
	if x.Tags != nil && len(x.Tags) == 0 && t.TagProperty != "" {
		if _, written := inventory.At(x.Properties, t.TagProperty); written {
			x.Tags, x.UnknownTags = inventory.TagsOf(t, x.Properties)
		}
	}
}

// nodeAt follows a pointer into YAML as far as it goes.
func nodeAt(n *yaml.Node, pointer string) *yaml.Node {
	for _, part := range schema.SplitPointer(pointer) {
		var next *yaml.Node
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == part {
					next = n.Content[i+1]
					if next.Kind == yaml.ScalarNode {
						next = n.Content[i] // the key says more than the value
					}
				}
			}
		case yaml.SequenceNode:
			if i, err := strconv.Atoi(part); err == nil && i < len(n.Content) {
				next = n.Content[i]
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// value decodes YAML into property values. Three tags stand for what is not known:
// `!Unknown why` for any value, `!Maybe why` for one that may turn out to be absent, and
// `!Ref Name` for the identifier of a resource of the same case.
func (f *file) value(n *yaml.Node) (any, bool) {
	budget := maxRuleNodes
	return f.decode(n, &budget)
}

var caseTags = []string{"!Unknown", "!Maybe", "!Ref"}

func (f *file) decode(n *yaml.Node, budget *int) (any, bool) {
	if *budget--; *budget < 0 {
		f.fail(n, "the value is too large", "")
		return nil, false
	}
	tag := n.ShortTag()
	if n.Kind != yaml.AliasNode && !slices.Contains(caseTags, tag) && (!strings.HasPrefix(tag, "!!") || tag == "!!binary" || tag == "!!merge") {
		f.fail(n, fmt.Sprintf("a case knows no tag %s: want one of %s", tag, strings.Join(caseTags, ", ")), schema.Suggest(tag, caseTags))
		return nil, false
	}
	switch n.Kind {
	case yaml.AliasNode:
		return f.decode(n.Alias, budget)
	case yaml.SequenceNode:
		all := make([]any, 0, len(n.Content))
		for _, e := range n.Content {
			v, ok := f.decode(e, budget)
			if !ok {
				return nil, false
			}
			all = append(all, v)
		}
		return all, true
	case yaml.MappingNode:
		all := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			if _, twice := all[n.Content[i].Value]; twice {
				f.fail(n.Content[i], fmt.Sprintf("key %q stands twice", n.Content[i].Value), "")
				return nil, false
			}
			v, ok := f.decode(n.Content[i+1], budget)
			if !ok {
				return nil, false
			}
			all[n.Content[i].Value] = v
		}
		return all, true
	}
	switch tag {
	case "!Unknown":
		return &inventory.Unknown{Because: cmp.Or(n.Value, "the case says so")}, true
	case "!Maybe":
		return &inventory.Unknown{Because: cmp.Or(n.Value, "the case says so"), Optional: true}, true
	case "!Ref":
		return &inventory.Unknown{Because: n.Value + " gets it at deployment", Symbol: "Ref " + n.Value, Target: n.Value}, true
	case "!!str", "!!timestamp": // a policy version such as 2012-10-17
		return n.Value, true
	}
	var v any
	if err := n.Decode(&v); err != nil {
		f.fail(n, fmt.Sprintf("read value: %v", err), "")
		return nil, false
	}
	v, err := inventory.Normal(v)
	if err != nil {
		f.fail(n, err.Error(), "")
		return nil, false
	}
	return v, true
}

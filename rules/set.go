package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A Set is a collection of rules, ready to judge. It is immutable and safe for concurrent
// use; Select makes a new set.
type Set struct {
	structs *structs
	rules   []*Rule // sorted by id
	byID    map[string]*Rule
	byType  map[string][]*Rule
	forAll  []*Rule  // rules for "*"
	loaded  []string // the ids before any selection, sorted
	// frameworks are those that the rules may name.
	frameworks map[string]*Framework
}

func (s *Set) index() {
	slices.SortFunc(s.rules, func(a, b *Rule) int { return cmp.Compare(a.ID, b.ID) })
	s.byID, s.byType, s.forAll = map[string]*Rule{}, map[string][]*Rule{}, nil
	for _, r := range s.rules {
		s.byID[r.ID] = r
		for _, typ := range r.Types {
			if typ == "*" {
				s.forAll = append(s.forAll, r)
			} else {
				s.byType[typ] = append(s.byType[typ], r)
			}
		}
	}
	if s.loaded == nil {
		s.loaded = slices.Sorted(maps.Keys(s.byID))
	}
}

// Rules returns the rules sorted by id; the caller must not change the slice.
func (s *Set) Rules() []*Rule { return s.rules }

// Lookup returns one rule. The error names the nearest id.
func (s *Set) Lookup(id string) (*Rule, error) {
	if r, ok := s.byID[id]; ok {
		return r, nil
	}
	return nil, fmt.Errorf("unknown rule %q%s", id, didYouMean(id, slices.Collect(maps.Keys(s.byID))))
}

// Types returns the resource types that the rules judge or join, sorted; it is just "*"
// when a rule judges every type.
func (s *Set) Types() []string {
	var all []string
	for _, r := range s.rules {
		if slices.Contains(r.Types, "*") {
			return []string{"*"}
		}
		all = append(append(all, r.Types...), r.Joins...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A Selection narrows a set. Empty fields do not narrow.
type Selection struct {
	Rules      []string // ids, globs
	Skip       []string // ids, globs
	Frameworks []string // globs over the names of frameworks and of their versions, see Names
	Severity   Severity // this and above
	Types      []string // globs: rules that judge a matching type
	// Params are other values of parameters, by RULE.NAME; the elements of a list are
	// separated by commas.
	Params map[string]string
}

// Select returns the rules that every field of the selection admits, with the values of
// its parameters. A glob that matches nothing, an unknown severity and a selection that
// leaves no rule are errors: a misspelt name must not silence a check.
func (s *Set) Select(sel Selection) (*Set, error) {
	if sel.Severity != "" {
		if _, err := ParseSeverity(string(sel.Severity)); err != nil {
			return nil, err
		}
	}
	s, err := s.withParams(sel.Params)
	if err != nil {
		return nil, err
	}
	ids := slices.Sorted(maps.Keys(s.byID))
	var in []string
	for _, r := range s.rules {
		in = append(in, r.frameworks()...)
	}
	slices.Sort(in)
	in = slices.Compact(in)
	for _, check := range []struct {
		what  string
		globs []string
		names []string
	}{
		{"rule", sel.Rules, ids}, {"rule", sel.Skip, ids}, {"framework", sel.Frameworks, in}, {"resource type", sel.Types, schema.Names()},
	} {
		for _, glob := range check.globs {
			if !slices.ContainsFunc(check.names, func(name string) bool { return inventory.MatchGlob(glob, name) }) {
				return nil, fmt.Errorf("no %s matches %q%s", check.what, glob, didYouMean(glob, check.names))
			}
		}
	}
	steps := []struct {
		asked  bool
		flag   string
		admits func(*Rule) bool
	}{
		{len(sel.Rules) > 0, "--rule", func(r *Rule) bool { return matchesAny(sel.Rules, r.ID) }},
		{len(sel.Skip) > 0, "--skip-rule", func(r *Rule) bool { return !matchesAny(sel.Skip, r.ID) }},
		{len(sel.Frameworks) > 0, "--framework", func(r *Rule) bool {
			return matchesAny(sel.Frameworks, r.frameworks()...)
		}},
		{sel.Severity != "", "--severity", func(r *Rule) bool { return r.Severity.AtLeast(sel.Severity) }},
		{len(sel.Types) > 0, "--type", func(r *Rule) bool { return slices.Contains(r.Types, "*") || matchesAny(sel.Types, r.Types...) }},
	}
	narrowed := &Set{structs: s.structs, rules: slices.Clone(s.rules), loaded: s.loaded, frameworks: s.frameworks}
	var excluded []string
	for _, step := range steps {
		if !step.asked || len(narrowed.rules) == 0 {
			continue
		}
		before := len(narrowed.rules)
		narrowed.rules = slices.DeleteFunc(narrowed.rules, func(r *Rule) bool { return !step.admits(r) })
		if n := before - len(narrowed.rules); n > 0 {
			excluded = append(excluded, fmt.Sprintf("%s excluded %d", step.flag, n))
		}
	}
	if len(narrowed.rules) == 0 && len(excluded) > 0 {
		return nil, fmt.Errorf("no rule is left to judge: of %d, %s", len(s.rules), strings.Join(excluded, ", then "))
	}
	narrowed.index()
	return narrowed, nil
}

func matchesAny(globs []string, names ...string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return inventory.MatchGlob(glob, name) })
	})
}

func didYouMean(name string, candidates []string) string {
	if meant := schema.Suggest(name, candidates); meant != "" {
		return fmt.Sprintf(" (did you mean %q?)", meant)
	}
	return ""
}

func (s *Set) withParams(values map[string]string) (*Set, error) {
	if len(values) == 0 {
		return s, nil
	}
	changed := &Set{structs: s.structs, rules: slices.Clone(s.rules), loaded: s.loaded, frameworks: s.frameworks}
	changed.index()
	for _, o := range slices.Sorted(maps.Keys(values)) {
		id, name, ok := strings.Cut(o, ".")
		if !ok {
			return nil, fmt.Errorf("read parameter %q: want RULE.NAME", o)
		}
		r, err := changed.Lookup(id)
		if err != nil {
			return nil, fmt.Errorf("read parameter %q: %w", o, err)
		}
		at := slices.IndexFunc(r.Params, func(p Param) bool { return p.Name == name })
		if at < 0 {
			var all []string
			for _, p := range r.Params {
				all = append(all, p.Name)
			}
			return nil, fmt.Errorf("read parameter %q: rule %s has no parameter %q%s", o, id, name, didYouMean(name, all))
		}
		v, err := parseParam(values[o], r.Params[at].Type)
		if err != nil {
			return nil, fmt.Errorf("read parameter %q: %w", o, err)
		}
		with := *r
		with.Params = slices.Clone(r.Params)
		with.Params[at].Value = v
		with.params = with.paramsValue(nil)
		changed.rules[slices.Index(changed.rules, r)] = &with
		changed.index()
	}
	return changed, nil
}

func parseParam(text, typ string) (v any, err error) {
	switch typ {
	case "string":
		return text, nil
	case "bool":
		v, err = strconv.ParseBool(text)
	case "int":
		v, err = strconv.ParseInt(text, 10, 64)
	case "double":
		v, err = strconv.ParseFloat(text, 64)
	default:
		elem := strings.TrimSuffix(strings.TrimPrefix(typ, "list("), ")")
		all := []any{}
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			e, err := parseParam(part, elem)
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%q is not of type %s", text, typ)
	}
	return v, nil
}

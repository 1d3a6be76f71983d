package rules

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Mutation testing asks whether the cases of a rule would notice a mistake in it: the rule
// is changed in one place, as a careless author would, and run over its own cases. A case
// whose status changes kills the mutant; a mutant that survives shows a part of the rule
// that no case holds.

// packDir makes TestMutation judge another directory:
//
//	go test ./rules -run TestMutation -v -pack DIR
var packDir = flag.String("pack", "", "directory of rule files that TestMutation mutates instead of the built-in pack")

// What must be killed: over the whole pack, and of each rule by itself.
const (
	killedOfPack = 0.95
	killedOfRule = 0.85
)

// equivalent are mutants that no case can kill, because they mean the same as the rule:
// rule, a part of the mutant's description, and why.
var equivalent = []struct{ rule, mutant, why string }{}

// A mutant is one changed copy of a rule.
type mutant struct {
	where string // file:line:column
	what  string // "drop resource.name == 'x'"
	// variants are the changed rule. Mostly there is one. There are several where any other
	// value would do, as for a default: then one that is noticed is enough.
	variants []variant
}

func TestMutation(t *testing.T) {
	set := builtin(t)
	if *packDir != "" {
		var err error
		set, err = LoadOnly(*packDir)
		require.NoError(t, err)
	}
	for _, r := range set.Test() {
		require.True(t, r.OK, "%s: rule %s, case %q fails before anything is mutated: %s", r.Position, r.Rule, r.Case, r.Message)
	}

	reports := make([]mutationReport, len(set.Rules()))
	work := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range work {
				reports[i] = mutate(set, set.Rules()[i])
			}
		})
	}
	for i := range reports {
		work <- i
	}
	close(work)
	workers.Wait()

	made, killed := 0, 0
	used := map[int]bool{}
	for i, r := range set.Rules() {
		report := reports[i]
		if !assert.NoError(t, report.err, r.ID) {
			continue
		}
		report.forgive(r.ID, used)
		made, killed = made+report.made, killed+report.killed
		t.Logf("%3d/%3d %s", report.killed, report.made, r.ID)
		for _, m := range report.survivors {
			t.Logf("        survives: %s: %s", m.where, m.what)
		}
		assert.GreaterOrEqual(t, float64(report.killed), killedOfRule*float64(report.made),
			"%s: its cases kill %d of %d mutants; add cases that tell the survivors from the rule", r.ID, report.killed, report.made)
	}
	t.Logf("killed %d of %d mutants of %d rules (%.1f %%)", killed, made, len(reports), 100*float64(killed)/float64(max(made, 1)))
	assert.GreaterOrEqual(t, float64(killed), killedOfPack*float64(made))
	if *packDir == "" {
		for i, e := range equivalent {
			assert.True(t, used[i], "no surviving mutant of %s matches %q any more: drop the exception", e.rule, e.mutant)
		}
	}
}

type mutationReport struct {
	made, killed int
	survivors    []mutant
	err          error
}

// forgive takes the mutants out of the count that are known to be equivalent.
func (m *mutationReport) forgive(rule string, used map[int]bool) {
	m.survivors = slices.DeleteFunc(m.survivors, func(s mutant) bool {
		for i, e := range equivalent {
			if e.rule == rule && strings.Contains(s.what, e.mutant) {
				used[i] = true
				m.made--
				return true
			}
		}
		return false
	})
}

// mutate makes every mutant of a rule and runs the cases over each.
func mutate(s *Set, r *Rule) (report mutationReport) {
	mutants, err := mutantsOf(r)
	if err != nil {
		return mutationReport{err: err}
	}
	worlds := worldsOf(r)
	for _, m := range mutants {
		report.made++
		if m.isKilled(s, r, worlds) {
			report.killed++
		} else {
			report.survivors = append(report.survivors, m)
		}
	}
	return report
}

// isKilled reports whether a case changes its status.
func (m mutant) isKilled(s *Set, r *Rule, worlds []*World) bool {
	for _, v := range m.variants {
		if s.noticed(r, v, worlds) {
			return true
		}
	}
	return false
}

func mutantsOf(r *Rule) ([]mutant, error) {
	c := newCompiler(&Rule{ID: r.ID, Params: r.Params}, newStructs())
	judged := judgedTypes(r)
	var all []mutant
	for _, key := range []string{"check", "when"} {
		texts := map[string]map[string]string{"check": r.Check, "when": r.When}[key]
		for _, of := range slices.Sorted(maps.Keys(texts)) {
			changes, err := changesOf(texts[of])
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w", key, r.ID, err)
			}
			place := placesIn(r, key, of)
			for _, ch := range changes {
				m := mutant{where: place(ch.offset).String(), what: ch.what}
				for _, text := range ch.texts {
					if v := variantOf(c, r, key, of, text, judged); len(v.programs) > 0 {
						m.variants = append(m.variants, v)
					}
				}
				if len(m.variants) > 0 {
					all = append(all, m)
				}
			}
		}
	}
	for _, p := range r.Params {
		for _, v := range otherValues(p.Default) {
			all = append(all, mutant{
				where: r.Position.String(), what: fmt.Sprintf("the default of params.%s becomes %v", p.Name, v),
				variants: []variant{{params: map[string]any{p.Name: v}}},
			})
		}
	}
	return all, nil
}

// otherValues changes the default of a parameter; of a list it drops the first and the last
// element.
func otherValues(v any) []any {
	switch v := v.(type) {
	case bool:
		return []any{!v}
	case int64:
		return []any{v + 1, v - 1}
	case float64:
		return []any{v + 1}
	case string:
		return []any{v + "~"}
	case []any:
		if len(v) > 0 {
			return []any{v[1:], v[:len(v)-1]}
		}
	}
	return nil
}

// A change is one mutation of an expression.
type change struct {
	offset int
	what   string
	texts  []string
}

// changesOf makes the mutations of an expression. It works on the expression as written,
// before macros are expanded, so that a mutant reads like something a person wrote.
func changesOf(text string) ([]change, error) {
	parsed, err := asWritten(text)
	if err != nil {
		return nil, err
	}
	factory := ast.NewExprFactory()
	var all []change
	nodes := nodesOf(parsed.Expr())
	texts := textsOf(nodes)
	inside := partsOf(nodes)
	for i, e := range nodes {
		if inside[e.ID()] {
			continue
		}
		at := parsed.SourceInfo().GetStartLocation(e.ID())
		for j, m := range mutationsOf(factory, e, texts) {
			// Each mutant is made in a copy of its own: an expression is changed in place.
			c := change{offset: offsetOf([]rune(text), at.Line(), at.Column()), what: m.what}
			for k := range m.to {
				root := factory.CopyExpr(parsed.Expr())
				node := nodesOf(root)[i]
				node.SetKindCase(mutationsOf(factory, node, texts)[j].to[k])
				c.texts = append(c.texts, write(root))
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// partsOf finds the literals that are no constants of their own: the name after .? and the
// default of orValue().
func partsOf(nodes []ast.Expr) map[int64]bool {
	parts := map[int64]bool{}
	for _, e := range nodes {
		if e.Kind() != ast.CallKind {
			continue
		}
		args := e.AsCall().Args()
		switch e.AsCall().FunctionName() {
		case operators.OptSelect:
			parts[args[1].ID()] = true
		case "orValue":
			parts[args[0].ID()] = true
		}
	}
	return parts
}

// textsOf lists the texts that an expression names.
func textsOf(nodes []ast.Expr) (all []string) {
	for _, e := range nodes {
		if e.Kind() == ast.LiteralKind {
			if text, ok := e.AsLiteral().(types.String); ok && !slices.Contains(all, string(text)) {
				all = append(all, string(text))
			}
		}
	}
	return all
}

// A mutation is what becomes of a node; see mutant for why it may be several things.
type mutation struct {
	what string
	to   []ast.Expr
}

// comparisons says what each comparison is mistaken for: its negation, and its neighbour.
var comparisons = map[string][]string{
	operators.Equals:        {operators.NotEquals},
	operators.NotEquals:     {operators.Equals},
	operators.Less:          {operators.LessEquals, operators.GreaterEquals},
	operators.LessEquals:    {operators.Less, operators.Greater},
	operators.Greater:       {operators.GreaterEquals, operators.LessEquals},
	operators.GreaterEquals: {operators.Greater, operators.Less},
}

var quantifiers = map[string]string{"all": "exists", "exists": "all", "exists_one": "exists"}

func mutationsOf(factory ast.ExprFactory, e ast.Expr, texts []string) (all []mutation) {
	id := e.ID()
	if e.Kind() == ast.LiteralKind {
		switch v := e.AsLiteral().(type) {
		case types.Bool:
			all = append(all, mutation{fmt.Sprintf("%t becomes %t", v, !v), literals(factory, id, !bool(v))})
		case types.Int:
			all = append(all, mutation{fmt.Sprintf("%d becomes %d", v, v+1), literals(factory, id, int64(v)+1)})
		case types.Double:
			all = append(all, mutation{fmt.Sprintf("%v becomes %v", v, v+1), literals(factory, id, float64(v)+1)})
		case types.String:
			all = append(all, mutation{fmt.Sprintf("%q becomes %q", string(v), string(v)+"~"), literals(factory, id, string(v)+"~")})
		}
		return all
	}
	if e.Kind() != ast.CallKind {
		return nil
	}
	call := e.AsCall()
	name, args := call.FunctionName(), call.Args()
	add := func(to ast.Expr, format string, with ...any) {
		all = append(all, mutation{fmt.Sprintf(format, with...), []ast.Expr{to}})
	}
	switch {
	case name == operators.LogicalAnd || name == operators.LogicalOr:
		for i, arg := range args {
			// Of a && b && c each operand hangs in one node, and is dropped there alone.
			if arg.Kind() != ast.CallKind || arg.AsCall().FunctionName() != name {
				add(args[1-i], "drop %s", show(arg))
			}
		}
	case name == operators.Conditional:
		add(args[1], "always %s", show(args[1]))
		add(args[2], "always %s", show(args[2]))
	case name == operators.LogicalNot:
		add(args[0], "drop the ! of %s", show(e))
	case name == operators.In:
		add(factory.NewCall(id, operators.LogicalNot, factory.CopyExpr(e)), "negate %s", show(e))
	case comparisons[name] != nil:
		for _, other := range comparisons[name] {
			sign, _ := operators.FindReverseBinaryOperator(other)
			add(factory.NewCall(id, other, args...), "%s becomes %s", show(e), sign)
		}
	case call.IsMemberFunction() && quantifiers[name] != "" && len(args) == 2:
		add(factory.NewMemberCall(id, quantifiers[name], call.Target(), args...), "%s becomes %s: %s", name, quantifiers[name], show(e))
	case call.IsMemberFunction() && name == "orValue" && len(args) == 1 && args[0].Kind() == ast.LiteralKind:
		// What a rule takes an absent value for must matter to some case. Which other value
		// would matter depends on what it is compared with.
		m := mutation{what: fmt.Sprintf("the default %s becomes something else: %s", show(args[0]), show(e))}
		for _, other := range literals(factory, args[0].ID(), otherDefaults(args[0].AsLiteral().Value(), texts)...) {
			m.to = append(m.to, factory.NewMemberCall(id, name, call.Target(), other))
		}
		all = append(all, m)
	}
	return all
}

func otherDefaults(v any, texts []string) (all []any) {
	switch v := v.(type) {
	case bool:
		return []any{!v}
	case int64:
		return []any{v + 1, v - 1, int64(1 << 40), int64(-1 << 40)}
	case float64:
		return []any{v + 1, v - 1, 1e12, -1e12}
	case string:
		for _, text := range append(texts, v+"~") {
			if text != v {
				all = append(all, text)
			}
		}
	}
	return all
}

func literals(factory ast.ExprFactory, id int64, values ...any) (all []ast.Expr) {
	for _, v := range values {
		all = append(all, factory.NewLiteral(id, types.DefaultTypeAdapter.NativeToValue(v)))
	}
	return all
}

// TestMutationFinds: the mutation test itself notices a rule whose cases are too few.
func TestMutationFinds(t *testing.T) {
	const rule = `
id: queue-encrypted
title: Queues are encrypted
severity: high
types: [AWS::SQS::Queue]
params: {days: {type: int, default: 4}}
when: resource.name != "dead"
check: resource.properties.?KmsMasterKeyId.orValue("") != "" || resource.properties.?DelaySeconds.orValue(0) < params.days
cases:
  - {name: delayed, properties: {DelaySeconds: 90}, expect: fail}
  - {name: key, properties: {KmsMasterKeyId: alias/a, DelaySeconds: 90}, expect: pass}
`
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "queue-encrypted.yaml"), []byte(rule), 0o600))
	set, err := LoadOnly(dir)
	require.NoError(t, err)
	report := mutate(set, set.Rules()[0])
	require.NoError(t, report.err)
	var survivors []string
	for _, m := range report.survivors {
		survivors = append(survivors, m.what)
		assert.Regexp(t, `queue-encrypted\.yaml:\d+:\d+$`, m.where)
	}
	for _, want := range []string{
		`"dead" becomes "dead~"`,                  // nothing has this name
		`drop resource\.properties\.\?Delay`,      // nothing passes by the delay
		`.orValue\(0\) < params\.days becomes <=`, // nothing at the boundary
		`the default of params.days becomes 3`,    // same
	} {
		assert.True(t, slices.ContainsFunc(survivors, regexp.MustCompile(want).MatchString), "%s in %q", want, survivors)
	}
	assert.Positive(t, report.killed)
}

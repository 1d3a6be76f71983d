package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/parser"
	"go.yaml.in/yaml/v3"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A rule that loads has no misspelt name. Linting looks for what a rule may get wrong all
// the same: a part that never matters, or a question that its cases leave open. A rule
// that is right as it stands says why, under its key `lint`:
//
//	lint: {unknown: a tag is known in every input}

// Lints are the checks of Lint by name, with what each asks for.
var Lints = map[string]string{
	"when":     "the expression of `when` is true for some resource",
	"empty":    "a case shows what an empty list means to all(): everything holds for every element of nothing",
	"param":    "each parameter is read by an expression",
	"cost":     "an expression costs at most 1,000,000 steps at worst",
	"pass":     "each type with an expression of its own passes in a case",
	"fail":     "each type with an expression of its own fails in a case",
	"unknown":  "a case shows what a value that is not known does to the verdict",
	"skip":     "a case shows when the rule does not apply",
	"boundary": "cases on both sides of the default of each number",
}

// lintCost is the cost that an expression of a rule should stay below.
const lintCost = maxCost / 100

// A Remark is something that linting asks about. Check is a key of Lints.
type Remark struct {
	Position inventory.Position
	Rule     string
	Check    string
	Message  string
}

// String writes file:line:column: rule: message (check).
func (r Remark) String() string {
	return fmt.Sprintf("%s: rule %s: %s (%s)", r.Position, r.Rule, r.Message, r.Check)
}

// Lint looks through every rule of the set. The remarks are sorted by rule and place; none
// is left for what a rule has given a reason for.
func (s *Set) Lint() []Remark {
	var all []Remark
	for _, r := range s.rules {
		l := &linter{set: s, rule: r, used: map[string]bool{}}
		l.lint()
		for _, check := range slices.Sorted(maps.Keys(r.Lint)) {
			if !l.used[check] {
				l.remarks = append(l.remarks, Remark{r.Position, r.ID, check, "the reason under lint is not needed: the check finds nothing"})
			}
		}
		slices.SortStableFunc(l.remarks, func(a, b Remark) int {
			return cmp.Or(cmp.Compare(a.Position.Line, b.Position.Line), cmp.Compare(a.Position.Column, b.Position.Column))
		})
		all = append(all, l.remarks...)
	}
	return all
}

type linter struct {
	set     *Set
	rule    *Rule
	used    map[string]bool // checks with a reason that was needed
	remarks []Remark
}

func (l *linter) say(at inventory.Position, check, format string, args ...any) {
	if _, excused := l.rule.Lint[check]; excused {
		l.used[check] = true
		return
	}
	remark := Remark{at, l.rule.ID, check, fmt.Sprintf(format, args...)}
	if !slices.Contains(l.remarks, remark) {
		l.remarks = append(l.remarks, remark)
	}
}

func (l *linter) lint() {
	r := l.rule
	c := newCompiler(&Rule{ID: r.ID, Params: r.Params}, l.set.structs)
	l.cases()
	read := map[string]bool{}
	for key, texts := range map[string]map[string]string{"check": r.Check, "when": r.When, "message": r.Message, "repair": r.Repair} {
		for _, of := range slices.Sorted(maps.Keys(texts)) {
			expression, err := asWritten(texts[of])
			if err != nil {
				continue // it was parsed when the rule was loaded
			}
			noteParams(expression.Expr(), read)
			if key == "repair" {
				continue
			}
			place := placesIn(r, key, of)
			for _, typ := range r.Types {
				if of != "" && of != typ {
					continue
				}
				l.cost(c, typ, texts[of], place(0))
				if key == "when" && !possible(expression.Expr(), typ) {
					l.say(place(0), "when", "`when` is false for every %s: the rule never applies", typ)
				}
			}
			if key != "message" {
				l.emptyLists(c, key, of, expression, place)
			}
		}
	}
	for _, p := range r.Params {
		at := placesIn(r, "params", p.Name)(0)
		if !read[p.Name] {
			l.say(at, "param", "no expression reads params.%s", p.Name)
			continue
		}
		n, isInt := p.Default.(int64)
		if !isInt {
			continue
		}
		worlds := worldsOf(r)
		for _, other := range []int64{n - 1, n + 1} {
			if !l.set.noticed(r, variant{params: map[string]any{p.Name: other}}, worlds) {
				l.say(at, "boundary", "with %d as the default of params.%s no case has another verdict: add one next to %d", other, p.Name, n)
			}
		}
	}
}

// cases asks for the kinds of cases that are missing.
func (l *linter) cases() {
	r := l.rule
	seen := map[Status]bool{}
	ofType := map[string]map[Status]bool{}
	for _, c := range r.Cases {
		typ := c.Resource.Ref.Type
		if ofType[typ] == nil {
			ofType[typ] = map[Status]bool{}
		}
		seen[c.Expect], ofType[typ][c.Expect] = true, true
	}
	at := placesIn(r, "cases", "")(0)
	for _, of := range slices.Sorted(maps.Keys(r.Check)) {
		for _, want := range []Status{Pass, Fail} {
			if of != "" && !ofType[of][want] {
				l.say(at, want.String(), "no case of %s expects %s", of, want)
			}
		}
	}
	if !seen[Unknown] {
		l.say(at, "unknown", "no case has a value that is not known (write !Unknown why) and expects unknown")
	}
	if len(r.When) > 0 && !seen[Skip] {
		l.say(at, "skip", "the rule has `when`, and no case expects skip")
	}
}

func (l *linter) cost(c *compiler, typ, text string, at inventory.Position) {
	env, err := c.env(typ)
	if err != nil {
		return
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		return
	}
	if estimate, err := estimateCost(env, checked); err == nil && estimate.Max > lintCost {
		l.say(at, "cost", "the expression may cost %d steps for %s: nest fewer comprehensions (all, exists, map, filter)", estimate.Max, typ)
	}
}

// emptyLists looks for x.all(…) where nothing says what an empty x means. That is said by
// another look at x (size(x) > 0 &&, filled(x) ||), or by a case: one whose verdict would
// be another if empty lists did not pass.
func (l *linter) emptyLists(c *compiler, key, of string, expression *ast.AST, place func(int) inventory.Position) {
	nodes := nodesOf(expression.Expr())
	worlds := worldsOf(l.rule)
	for i, e := range nodes {
		if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != "all" || !e.AsCall().IsMemberFunction() || isConstantList(e.AsCall().Target()) {
			continue
		}
		list := e.AsCall().Target()
		if slices.ContainsFunc(nodes, func(other ast.Expr) bool { return looksAt(other, list) }) {
			continue
		}
		factory := ast.NewExprFactory()
		root := factory.CopyExpr(expression.Expr())
		node := nodesOf(root)[i]
		node.SetKindCase(factory.NewCall(0, operators.LogicalAnd,
			factory.NewCall(0, operators.Greater, factory.NewCall(0, "size", factory.CopyExpr(list)), factory.NewLiteral(0, types.IntZero)),
			factory.CopyExpr(e)))
		v := variantOf(c, l.rule, key, of, write(root), judgedTypes(l.rule))
		if len(v.programs) == 0 || l.set.noticed(l.rule, v, worlds) {
			continue
		}
		at := expression.SourceInfo().GetStartLocation(e.ID())
		text := l.rule.Check[of]
		if key == "when" {
			text = l.rule.When[of]
		}
		l.say(place(offsetOf([]rune(text), at.Line(), at.Column())), "empty",
			"%s holds when the list is empty, and no case says that this is meant: add a case with an empty list, or ask for size(…) > 0", show(e))
	}
}

// looksAt reports whether a call asks for the size or the presence of a list.
func looksAt(e, list ast.Expr) bool {
	if e.Kind() != ast.CallKind {
		return false
	}
	call := e.AsCall()
	switch call.FunctionName() {
	case "size", "filled", "has", "exists", "exists_one", "hasValue", operators.Equals, operators.NotEquals:
	default:
		return false
	}
	of := call.Args()
	if call.IsMemberFunction() {
		of = []ast.Expr{call.Target()}
	}
	return slices.ContainsFunc(of, func(e ast.Expr) bool { return plainly(e) == plainly(list) })
}

// plainly writes the path to a list without how an absent one is read.
func plainly(e ast.Expr) string {
	for e.Kind() == ast.CallKind && e.AsCall().FunctionName() == "orValue" {
		e = e.AsCall().Target()
	}
	return strings.ReplaceAll(write(e), ".?", ".")
}

// noteParams notes which parameters an expression reads.
func noteParams(e ast.Expr, read map[string]bool) {
	isParams := func(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == "params" }
	for _, e := range nodesOf(e) {
		switch {
		case e.Kind() == ast.SelectKind && isParams(e.AsSelect().Operand()):
			read[e.AsSelect().FieldName()] = true
		case e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.OptSelect && isParams(e.AsCall().Args()[0]):
			if name, ok := e.AsCall().Args()[1].AsLiteral().(types.String); ok {
				read[string(name)] = true
			}
		}
	}
}

// possible reports whether a condition can be true for a resource of a type, as far as can
// be told from constants, from resource.type, live and declared, and from parts that
// exclude each other. typ is "*" for any type.
func possible(e ast.Expr, typ string) bool {
	for _, live := range []bool{true, false} {
		if yes, _ := outcomes(e, typ, live); yes {
			return true
		}
	}
	return false
}

// outcomes says whether an expression can be true, and whether it can be false.
func outcomes(e ast.Expr, typ string, live bool) (yes, no bool) {
	switch {
	case e.Kind() == ast.LiteralKind:
		if b, ok := e.AsLiteral().(types.Bool); ok {
			return bool(b), !bool(b)
		}
	case e.Kind() == ast.IdentKind && e.AsIdent() == "live":
		return live, !live
	case e.Kind() == ast.IdentKind && e.AsIdent() == "declared":
		return !live, live
	case e.Kind() != ast.CallKind:
		return true, true
	}
	if e.Kind() != ast.CallKind {
		return true, true
	}
	args := e.AsCall().Args()
	switch e.AsCall().FunctionName() {
	case operators.LogicalAnd:
		yes = !contradict(operandsOf(e))
		for _, arg := range args {
			y, n := outcomes(arg, typ, live)
			yes, no = yes && y, no || n
		}
		return yes, no || !yes
	case operators.LogicalOr:
		no = true
		for _, arg := range args {
			y, n := outcomes(arg, typ, live)
			yes, no = yes || y, no && n
		}
		return yes, no
	case operators.LogicalNot:
		yes, no = outcomes(args[0], typ, live)
		return no, yes
	case operators.Equals, operators.NotEquals:
		a, b := args[0], args[1]
		if a.Kind() == ast.LiteralKind {
			a, b = b, a
		}
		want, isText := textOf(b)
		switch {
		case a.Kind() == ast.LiteralKind && b.Kind() == ast.LiteralKind:
			yes = write(a) == write(b)
		case write(a) == "resource.type" && isText && typ != "*":
			yes = want == typ
		default:
			return true, true
		}
		if e.AsCall().FunctionName() == operators.NotEquals {
			yes = !yes
		}
		return yes, !yes
	case operators.In:
		if write(args[0]) == "resource.type" && isConstantList(args[1]) && typ != "*" {
			yes = slices.ContainsFunc(args[1].AsList().Elements(), func(e ast.Expr) bool { text, ok := textOf(e); return ok && text == typ })
			return yes, !yes
		}
	}
	return true, true
}

func operandsOf(e ast.Expr) []ast.Expr {
	if parts := conjunctsOf(e); parts != nil {
		return parts
	}
	return []ast.Expr{e}
}

// contradict reports whether of several conditions one excludes another: a and !a, or one
// value that equals two constants.
func contradict(all []ast.Expr) bool {
	isTrue, equals := map[string]bool{}, map[string]string{}
	for _, e := range all {
		text, want := write(e), true
		if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.LogicalNot {
			text, want = write(e.AsCall().Args()[0]), false
		}
		if before, ok := isTrue[text]; ok && before != want {
			return true
		}
		isTrue[text] = want
		if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.Equals {
			continue
		}
		value, constant := e.AsCall().Args()[0], e.AsCall().Args()[1]
		if value.Kind() == ast.LiteralKind {
			value, constant = constant, value
		}
		if constant.Kind() != ast.LiteralKind {
			continue
		}
		if before, ok := equals[write(value)]; ok && before != write(constant) {
			return true
		}
		equals[write(value)] = write(constant)
	}
	return false
}

func textOf(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().(types.String)
	return string(text), ok
}

// A variant is a changed copy of a rule: other programs by type, or other values of
// parameters.
type variant struct {
	programs map[string]*programs
	params   map[string]any
}

// variantOf compiles a changed expression for the types that it is about. The variant is
// empty when it does not compile.
func variantOf(c *compiler, r *Rule, key, of, text string, types map[string]bool) (v variant) {
	v.programs = map[string]*programs{}
	for typ := range types {
		if of != "" && of != typ {
			continue
		}
		whole, _, err := c.compile(typ, text, cel.BoolType)
		if err != nil {
			return variant{}
		}
		p := *r.programs[typ]
		p.conjuncts = nil
		if key == "check" {
			p.check = whole
		} else {
			p.when = whole
		}
		v.programs[typ] = &p
	}
	return v
}

// noticed reports whether a case of the rule gets another status from the variant.
func (s *Set) noticed(r *Rule, v variant, worlds []*World) bool {
	changed := *r
	changed.programs = maps.Clone(r.programs)
	maps.Copy(changed.programs, v.programs)
	for i, c := range r.Cases {
		values := map[string]any{}
		maps.Copy(values, v.params)
		maps.Copy(values, c.Params)
		if s.judge(worlds[i], &changed, c.Resource, r.paramsValue(values)).Status != c.Expect {
			return true
		}
	}
	return false
}

// worldsOf makes the world of each case.
func worldsOf(r *Rule) []*World {
	worlds := make([]*World, len(r.Cases))
	for i, c := range r.Cases {
		worlds[i] = NewWorld(append(slices.Clone(c.With), c.Resource), nil, caseNow)
	}
	return worlds
}

// judgedTypes are the types of the cases: only for these can a case tell a variant from
// the rule.
func judgedTypes(r *Rule) map[string]bool {
	judged := map[string]bool{}
	for _, c := range r.Cases {
		if r.programs[c.Resource.Ref.Type] != nil {
			judged[c.Resource.Ref.Type] = true
		} else {
			judged["*"] = true
		}
	}
	return judged
}

// asWritten parses an expression without expanding its macros, so that what is made from
// it reads like something a person wrote.
func asWritten(text string) (*ast.AST, error) {
	p, err := parser.NewParser(parser.EnableOptionalSyntax(true), parser.EnableIdentEscapeSyntax(true))
	if err != nil {
		return nil, fmt.Errorf("make the CEL parser: %w", err)
	}
	parsed, issues := p.Parse(common.NewTextSource(text))
	if len(issues.GetErrors()) > 0 {
		return nil, fmt.Errorf("parse expression: %s", issues.ToDisplayString())
	}
	return parsed, nil
}

// nodesOf lists an expression and all that is in it, in an order that a copy shares.
func nodesOf(root ast.Expr) (all []ast.Expr) {
	ast.PreOrderVisit(root, ast.NewExprVisitor(func(e ast.Expr) { all = append(all, e) }))
	return all
}

// write turns an expression back into text, on one line.
func write(e ast.Expr) string {
	text, err := parser.Unparse(e, ast.NewSourceInfo(nil), parser.WrapOnColumn(1<<30))
	if err != nil {
		return err.Error() // not of any expression that was parsed
	}
	return text
}

// show is write, cut to what fits into a message.
func show(e ast.Expr) string {
	text := []rune(write(e))
	if len(text) > 60 {
		return string(text[:59]) + "…"
	}
	return string(text)
}

// placesIn gives the places of the characters of an expression in the file of a rule: that
// of the key (`check`), or of what stands under it (`check` of a type).
func placesIn(r *Rule, key, under string) func(offset int) inventory.Position {
	nowhere := func(int) inventory.Position { return r.Position }
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(r.Text), &doc); err != nil || len(doc.Content) == 0 {
		return nowhere
	}
	n := valueOf(doc.Content[0], key)
	if n != nil && under != "" && n.Kind == yaml.MappingNode {
		n = valueOf(n, under)
	}
	if n == nil {
		return nowhere
	}
	points := []point{{n.Line, n.Column}}
	if n.Kind == yaml.ScalarNode {
		var lines [][]rune
		for line := range strings.SplitSeq(r.Text, "\n") {
			lines = append(lines, []rune(strings.TrimSuffix(line, "\r")))
		}
		points = charPositions(lines, n)
	}
	return func(offset int) inventory.Position {
		at := points[min(offset, len(points)-1)]
		return inventory.Position{File: r.Source, Line: at.line, Column: at.column}
	}
}

func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

package rules

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/ext"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// library is the environment of all rules: CEL, its extensions and our functions. The
// types come later, by Extend: cel-go refuses libraries on top of a type provider that is
// not its own.
var library = sync.OnceValues(func() (*cel.Env, error) {
	options := []cel.EnvOption{
		cel.OptionalTypes(),
		cel.EnableIdentifierEscapeSyntax(),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
		cel.ParserExpressionSizeLimit(maxExpression),
		ext.Strings(), ext.Lists(ext.ListsVersion(listsVersion), ext.ListsMaxRangeSize(maxRange)), ext.Math(), ext.Regex(), ext.Bindings(), ext.Network(),
		cel.Macros(hasMacro),
	}
	options = append(options, guardFunctions()...)
	options = append(options, networkFunctions()...)
	options = append(options, policyFunctions()...)
	options = append(options, otherFunctions()...)
	options = append(options, portabilityFunctions()...)
	return cel.NewEnv(options...)
})

// maxExpression is the longest expression in characters: longer ones are a mistake, or an
// attempt to keep the parser busy.
const maxExpression = 20_000

// A compiler compiles the expressions of one rule.
type compiler struct {
	rule    *Rule
	structs *structs
	params  *shape
	// proven says that the tests of this package have compiled these expressions: nothing is
	// looked for that only a new rule can have wrong.
	proven bool
}

func newCompiler(r *Rule, shared *structs) *compiler {
	// Rules whose parameters have the same names and types share their environments.
	fields, signature := map[string]*shape{}, make([]string, len(r.Params))
	for i, p := range r.Params {
		fields[p.Name], signature[i] = paramShapes[p.Type], p.Name+" "+p.Type
	}
	params := structShape("params of "+strings.Join(signature, ", "), func() map[string]*shape { return fields })
	return &compiler{rule: r, structs: shared, params: params}
}

// An envKey says which expressions share an environment.
type envKey struct{ typ, params string }

// env returns the environment in which expressions about one resource type are checked.
func (c *compiler) env(typ string) (*cel.Env, error) {
	key := envKey{typ, c.params.name}
	if e, ok := c.structs.envs.Load(key); ok {
		return e.(*cel.Env), nil
	}
	e, err := c.newEnv(typ, nil)
	if err != nil {
		return nil, err
	}
	kept, _ := c.structs.envs.LoadOrStore(key, e)
	return kept.(*cel.Env), nil
}

// newEnv makes an environment of its own; missed, where it is not nil, collects the fields
// that the type checker asks for in vain.
func (c *compiler) newEnv(typ string, missed map[string]string) (*cel.Env, error) {
	base, err := library()
	if err != nil {
		return nil, fmt.Errorf("make the CEL environment: %w", err)
	}
	e, err := base.Extend(append(c.variables(typ),
		cel.CustomTypeProvider(&provider{Provider: base.CELTypeProvider(), structs: c.structs, params: c.params, missed: missed}))...)
	if err != nil {
		return nil, fmt.Errorf("make the CEL environment of %s: %w", typ, err)
	}
	return e, nil
}

// variables declares what an expression can see; ignoreWhen stands in place of a type for
// what ignore.when can see.
func (c *compiler) variables(typ string) []cel.EnvOption {
	switch typ {
	case ignoreWhen:
		return []cel.EnvOption{cel.Variable("value", cel.DynType), cel.Variable("declared", cel.DynType), cel.Variable("live", cel.DynType)}
	case "*":
		typ = anyResource
		c.structs.resource(nil)
	}
	return []cel.EnvOption{
		cel.Variable("resource", types.NewObjectType(typ)),
		cel.Variable("params", c.params.cel),
		cel.Variable("now", cel.TimestampType),
		cel.Variable("declared", cel.BoolType),
		cel.Variable("live", cel.BoolType),
	}
}

// An expression is one compiled expression. It is immutable and shared by all rules that
// say the same about the same type.
type expression struct {
	env     *cel.Env
	checked *ast.AST // as the type checker left it
	joins   []string // types that related() and references() name
	// guarded is the expression with the guard in place: what cel-go evaluates. Most resources
	// are decided by closures, so that it is made when it is first needed.
	guarded func() (*ast.AST, error)
	plan    func() (cel.Program, error)
	// closure is the second back end (closure.go); nil for a part.
	closure func() *compiledClosure
}

// Eval evaluates the expression; the second result is an error for an answer that is none.
func (e *expression) Eval(vars any) (ref.Val, error) {
	p, err := e.plan()
	if err != nil {
		return nil, err
	}
	v, _, err := p.Eval(vars)
	return v, err
}

// part is an expression over a part of the same tree, which the guard leaves where it is. It
// is planned when it is first needed, because most are never.
func (e *expression) part(of func(whole ast.Expr) ast.Expr) *expression {
	return &expression{plan: sync.OnceValues(func() (cel.Program, error) {
		g, err := e.guarded()
		if err != nil {
			return nil, err
		}
		return e.env.PlanProgram(ast.NewCheckedAST(ast.NewAST(of(g.Expr()), g.SourceInfo()), g.TypeMap(), g.ReferenceMap()), cel.EvalOptions(cel.OptOptimize))
	})}
}

// withGuard puts the guard into a checked expression.
func withGuard(env *cel.Env, checked *cel.Ast) (*ast.AST, error) {
	if !(guard{}).needed(checked.NativeRep()) {
		return checked.NativeRep(), nil
	}
	optimizer, err := cel.NewStaticOptimizer(guard{})
	if err != nil {
		return nil, fmt.Errorf("make the guard: %w", err)
	}
	guarded, issues := optimizer.Optimize(env, checked)
	if issues.Err() != nil {
		return nil, fmt.Errorf("guard the expression: %w", issues.Err())
	}
	return guarded.NativeRep(), nil
}

// An exprKey says which expressions are the same.
type exprKey struct {
	envKey
	text, want string
}

// compile checks an expression for one resource type and plans it. want is the type that
// it must have; nil accepts every type. conjuncts are the parts of a && b && c.
func (c *compiler) compile(typ, text string, want *cel.Type) (whole *expression, conjuncts []*expression, err error) {
	key := exprKey{envKey: envKey{typ, c.params.name}, text: text}
	if want != nil {
		key.want = want.String()
	}
	if known, ok := c.structs.exprs.Load(key); ok {
		whole = known.(*expression)
	} else {
		if whole, err = c.compileNew(typ, text, want); err != nil {
			return nil, nil, err
		}
		c.structs.exprs.Store(key, whole)
	}
	c.rule.Joins = append(c.rule.Joins, whole.joins...)
	for i := range conjunctsOf(whole.checked.Expr()) {
		conjuncts = append(conjuncts, whole.part(func(e ast.Expr) ast.Expr { return conjunctsOf(e)[i] }))
	}
	return whole, conjuncts, nil
}

func (c *compiler) compileNew(typ, text string, want *cel.Type) (*expression, error) {
	env, err := c.env(typ)
	if err != nil {
		return nil, err
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, c.explain(typ, text)
	}
	if got := checked.OutputType(); want != nil && !want.IsExactType(got) {
		return nil, &exprError{message: fmt.Sprintf("the expression gives %s, not %s", typeName(got), typeName(want))}
	}
	if !c.proven {
		if err := checkTyped(text, checked); err != nil {
			return nil, err
		}
		if err := c.checkMistakes(env, text, checked); err != nil {
			return nil, err
		}
		if err := checkCost(env, checked); err != nil {
			return nil, err
		}
	}
	e := &expression{env: env, checked: checked.NativeRep(), joins: joinsOf(checked)}
	e.guarded = sync.OnceValues(func() (*ast.AST, error) { return withGuard(env, checked) })
	e.plan = e.part(func(whole ast.Expr) ast.Expr { return whole }).plan
	e.closure = sync.OnceValue(func() *compiledClosure { return e.compileClosure(c.structs) })
	// Planning finds one mistake more, a pattern that is none; else it can wait for a resource
	// that the closures do not decide.
	if !c.proven && strings.Contains(text, "matches") {
		if _, err := e.plan(); err != nil {
			return nil, &exprError{message: err.Error()}
		}
	}
	return e, nil
}

// conjunctsOf splits a && b && c; nil for an expression of another form.
func conjunctsOf(e ast.Expr) []ast.Expr {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.LogicalAnd {
		return nil
	}
	var all []ast.Expr
	for _, arg := range e.AsCall().Args() {
		if parts := conjunctsOf(arg); parts != nil {
			all = append(all, parts...)
		} else {
			all = append(all, arg)
		}
	}
	return all
}

func joinsOf(a *cel.Ast) (all []string) {
	ast.PostOrderVisit(a.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.SelectKind || e.AsSelect().Operand().Kind() != ast.SelectKind {
			return
		}
		if slices.Contains(joinFields, e.AsSelect().Operand().AsSelect().FieldName()) {
			all = append(all, e.AsSelect().FieldName())
		}
	}))
	return all
}

// shape returns the shape of the variable `resource`.
func (c *compiler) shape(typ string) *shape {
	t, _ := schema.Lookup(typ) // nil for "*"
	return c.structs.resource(t)
}

// An exprError is a mistake inside an expression, before it is known where the expression
// stands. offset counts characters.
type exprError struct {
	offset  int
	message string
	meant   string
}

// Error implements error.
func (e *exprError) Error() string {
	if e.meant == "" {
		return e.message
	}
	return fmt.Sprintf("%s (did you mean %s?)", e.message, e.meant)
}

var (
	undefinedField = pattern(`^undefined field '(.*)'$`)
	undeclared     = pattern(`^undeclared reference to '(.*)' \(in container '.*'\)$`)
	noOverload     = pattern(`^found no matching overload for '(.*)' applied to '(.*)'$`)
	comparison     = pattern(`^_(==|!=|<|<=|>|>=)_$`)
	operator       = pattern(`^_?(\W+)_$`)
)

// explain says in the words of rules what the type checker finds first. It checks again, in
// an environment that remembers what was looked for.
func (c *compiler) explain(typ, text string) error {
	missed := map[string]string{}
	env, err := c.newEnv(typ, missed)
	if err != nil {
		return err
	}
	_, issues := env.Compile(text)
	if len(issues.Errors()) == 0 {
		return &exprError{message: "the expression does not compile"}
	}
	found := issues.Errors()[0]
	runes := []rune(text)
	e := &exprError{message: found.Message, offset: offsetOf(runes, found.Location.Line(), found.Location.Column())}
	if m := undefinedField().FindStringSubmatch(found.Message); m != nil {
		field := m[1]
		in := missed[field]
		names, _ := env.CELTypeProvider().FindStructFieldNames(in)
		names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return strings.HasSuffix(n, "()") })
		e.message, e.meant = fmt.Sprintf("%s has no property %q", structTitle(in), field), schema.Suggest(field, names)
		if slices.Contains(joinFields, in) {
			e.message = fmt.Sprintf("unknown resource type %q", field)
		}
		e.offset = find(runes, field, e.offset)
	} else if m := undeclared().FindStringSubmatch(found.Message); m != nil {
		e.message, e.meant = fmt.Sprintf("%s is not known here", m[1]), schema.Suggest(m[1], names(env))
		if e.meant == m[1] { // a macro
			e.message, e.meant = fmt.Sprintf("%s() does not take these arguments here", m[1]), ""
		}
		e.offset = find(runes, m[1], e.offset)
	} else if m := noOverload().FindStringSubmatch(found.Message); m != nil {
		operands := readable(m[2])
		switch name := m[1]; {
		case name == operators.Index || name == operators.OptIndex:
			e.message = "brackets do not take " + operands + ": a property is read by its name, as in .Name or .?Name"
		case name == operators.In:
			e.message = "in does not take " + operands
		case comparison().MatchString(name):
			e.message = "values of unlike types are compared: " + operands
		case operator().MatchString(name):
			e.message = fmt.Sprintf("operator %s does not take %s", operator().FindStringSubmatch(name)[1], operands)
		default:
			e.message = fmt.Sprintf("%s() does not take %s", name, operands)
		}
	}
	return e
}

// readable drops from CEL's names of types what only the implementation sees.
func readable(types string) string { return strings.ReplaceAll(types, ".properties", "") }

func typeName(t *cel.Type) string { return readable(t.String()) }

// names are all names that an expression can use.
func names(env *cel.Env) []string {
	all := []string{"has", "all", "exists", "exists_one", "map", "filter", "age", "related", "references", "account"}
	for _, v := range env.Variables() {
		all = append(all, v.Name())
	}
	for name := range env.Functions() {
		if name != "" && unicode.IsLetter(rune(name[0])) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// offsetOf turns a line (from 1) and a column (from 0) of an expression into an offset.
func offsetOf(text []rune, line, column int) int {
	offset := 0
	for ; line > 1 && offset < len(text); offset++ {
		if text[offset] == '\n' {
			line--
		}
	}
	return min(offset+max(column, 0), len(text))
}

// find returns the place nearest to from where name stands as a word, or from: the type
// checker marks a call by its parenthesis and a selection by its dot.
func find(text []rune, name string, from int) int {
	word := func(i int) bool {
		return i >= 0 && i < len(text) && (unicode.IsLetter(text[i]) || unicode.IsDigit(text[i]) || text[i] == '_')
	}
	want := []rune(name)
	nearest, distance := from, len(text)+1
	for i := 0; i+len(want) <= len(text); i++ {
		if d := max(from-i, i-from); d < distance && slices.Equal(text[i:i+len(want)], want) && !word(i-1) && !word(i+len(want)) {
			nearest, distance = i, d
		}
	}
	return nearest
}

var paramShapes = map[string]*shape{
	"bool": boolShape, "int": intShape, "double": doubleShape, "string": textShape,
	"list(int)": listShape(intShape), "list(string)": listShape(textShape),
}

// paramsValue is the variable `params`.
func (r *Rule) paramsValue(overrides map[string]any) *object {
	values := make(map[string]any, len(r.Params))
	fields := make(map[string]*shape, len(r.Params))
	for _, p := range r.Params {
		values[p.Name], fields[p.Name] = p.Value, paramShapes[p.Type]
		if v, ok := overrides[p.Name]; ok {
			values[p.Name] = v
		}
	}
	nowhere := &reading{run: &run{}, resource: &inventory.Resource{}}
	return &object{place: place{in: nowhere}, shape: structShape("params of "+r.ID, func() map[string]*shape { return fields }), values: values}
}

package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
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
	rule     *Rule
	provider *provider
	envs     map[string]*cel.Env // by resource type
	guard    *cel.StaticOptimizer
}

func newCompiler(r *Rule, shared *structs) (*compiler, error) {
	base, err := library()
	if err != nil {
		return nil, fmt.Errorf("make the CEL environment: %w", err)
	}
	optimizer, err := cel.NewStaticOptimizer(guard{})
	if err != nil {
		return nil, fmt.Errorf("make the CEL environment: %w", err)
	}
	fields := map[string]*shape{}
	for _, p := range r.Params {
		fields[p.Name] = paramShapes[p.Type]
	}
	params := structShape("params of "+r.ID, func() map[string]*shape { return fields })
	return &compiler{
		rule: r, envs: map[string]*cel.Env{}, guard: optimizer,
		provider: &provider{Provider: base.CELTypeProvider(), structs: shared, params: params, missed: map[string]string{}},
	}, nil
}

// env returns the environment in which expressions about one resource type are checked.
func (c *compiler) env(typ string) (*cel.Env, error) {
	if e, ok := c.envs[typ]; ok {
		return e, nil
	}
	base, err := library()
	if err != nil {
		return nil, err
	}
	name := typ
	if typ == "*" {
		name = anyResource
		c.provider.structs.resource(nil)
	}
	e, err := base.Extend(
		cel.CustomTypeProvider(c.provider),
		cel.Variable("resource", types.NewObjectType(name)),
		cel.Variable("params", c.provider.params.cel),
		cel.Variable("now", cel.TimestampType),
		cel.Variable("declared", cel.BoolType),
		cel.Variable("live", cel.BoolType),
	)
	if err != nil {
		return nil, fmt.Errorf("make the CEL environment of %s: %w", typ, err)
	}
	c.envs[typ] = e
	return e, nil
}

// compile checks an expression for one resource type and plans it. want is the type that
// it must have; nil accepts every type. conjuncts are the parts of a && b && c.
func (c *compiler) compile(typ, text string, want *cel.Type) (whole cel.Program, conjuncts []cel.Program, err error) {
	env, err := c.env(typ)
	if err != nil {
		return nil, nil, err
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, nil, c.explain(env, text, issues)
	}
	if got := checked.OutputType(); want != nil && !want.IsExactType(got) {
		return nil, nil, &exprError{message: fmt.Sprintf("the expression gives %s, not %s", typeName(got), typeName(want))}
	}
	if err := checkTyped(text, checked); err != nil {
		return nil, nil, err
	}
	if err := checkCost(env, checked); err != nil {
		return nil, nil, err
	}
	c.noteJoins(checked)
	if (guard{}).needed(checked.NativeRep()) {
		if checked, issues = c.guard.Optimize(env, checked); issues.Err() != nil {
			return nil, nil, c.explain(env, text, issues)
		}
	}
	for _, e := range append([]ast.Expr{checked.NativeRep().Expr()}, conjunctsOf(checked.NativeRep().Expr())...) {
		part := ast.NewCheckedAST(ast.NewAST(e, checked.NativeRep().SourceInfo()), checked.NativeRep().TypeMap(), checked.NativeRep().ReferenceMap())
		p, err := env.PlanProgram(part, cel.EvalOptions(cel.OptOptimize))
		if err != nil {
			return nil, nil, &exprError{message: err.Error()}
		}
		if whole == nil {
			whole = p
		} else {
			conjuncts = append(conjuncts, p)
		}
	}
	return whole, conjuncts, nil
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

func (c *compiler) noteJoins(a *cel.Ast) {
	ast.PostOrderVisit(a.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.SelectKind || e.AsSelect().Operand().Kind() != ast.SelectKind {
			return
		}
		if slices.Contains(joinFields, e.AsSelect().Operand().AsSelect().FieldName()) {
			c.rule.Joins = append(c.rule.Joins, e.AsSelect().FieldName())
		}
	}))
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
	undefinedField = regexp.MustCompile(`^undefined field '(.*)'$`)
	undeclared     = regexp.MustCompile(`^undeclared reference to '(.*)' \(in container '.*'\)$`)
	noOverload     = regexp.MustCompile(`^found no matching overload for '(.*)' applied to '(.*)'$`)
	comparison     = regexp.MustCompile(`^_(==|!=|<|<=|>|>=)_$`)
	operator       = regexp.MustCompile(`^_?(\W+)_$`)
)

// explain says in the words of rules what the type checker found first.
func (c *compiler) explain(env *cel.Env, text string, issues *cel.Issues) error {
	found := issues.Errors()[0]
	runes := []rune(text)
	e := &exprError{message: found.Message, offset: offsetOf(runes, found.Location.Line(), found.Location.Column())}
	if m := undefinedField.FindStringSubmatch(found.Message); m != nil {
		field := m[1]
		in := c.provider.missed[field]
		names, _ := c.provider.FindStructFieldNames(in)
		names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return strings.HasSuffix(n, "()") })
		e.message, e.meant = fmt.Sprintf("%s has no property %q", structTitle(in), field), schema.Suggest(field, names)
		if slices.Contains(joinFields, in) {
			e.message = fmt.Sprintf("unknown resource type %q", field)
		}
		e.offset = find(runes, field, e.offset)
	} else if m := undeclared.FindStringSubmatch(found.Message); m != nil {
		e.message, e.meant = fmt.Sprintf("%s is not known here", m[1]), schema.Suggest(m[1], names(env))
		e.offset = find(runes, m[1], e.offset)
	} else if m := noOverload.FindStringSubmatch(found.Message); m != nil {
		operands := readable(m[2])
		switch name := m[1]; {
		case comparison.MatchString(name):
			e.message = "values of unlike types are compared: " + operands
		case operator.MatchString(name):
			e.message = fmt.Sprintf("operator %s does not take %s", operator.FindStringSubmatch(name)[1], operands)
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

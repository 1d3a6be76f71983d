package rules

import (
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/parser"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// An unknown is a value in the middle of a resource, and cel-go carries it soundly through
// selections, comparisons of scalars, && and ||, and comprehensions: a verdict comes out
// only where it does not depend on the unknown. It does not look for unknowns inside lists
// and objects, though: measured with v0.31.0, [Unknown] == ["a"] is true, "a" in [Unknown]
// is false, and distinct, sort or size of such a list answer as if all were known.
//
// The guard closes these holes when a rule is compiled, by rewriting the checked
// expression: `in` becomes a function that compares element by element in three-valued
// logic, and every list, object or value of unknown kind that goes into any other function
// is first asked whether it is known throughout. Nothing is allowed by default, so that a
// function that a later cel-go brings is guarded too. The third source of holes, has(), is
// replaced by a macro of ours when the expression is parsed.
//
// unknown_test.go holds the guard to its law: whenever a verdict is definite, every
// concrete value of the unknowns gives the same verdict.
type guard struct{}

// A sourced is what is known about the variables of one expression: those that stand for
// values as they are in the resource. An unknown keeps what is said of it (exists, notEmpty,
// isIdentifier) on its way through a function, though what the function makes of it may be
// absent, empty or anything else.
type sourced map[string]bool

func sourcesIn(a *ast.AST) sourced {
	s := sourced{"resource": true}
	bound := map[string]bool{}
	ast.PreOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.ComprehensionKind {
			return
		}
		m := e.AsComprehension()
		for name, of := range map[string]ast.Expr{m.IterVar(): m.IterRange(), m.AccuVar(): m.AccuInit()} {
			as := s.isSource(of)
			s[name] = as && (s[name] || !bound[name])
			bound[name] = true
		}
	}))
	return s
}

// isSource reports whether the expression is a value as it stands in a resource.
func (s sourced) isSource(e ast.Expr) bool {
	switch e.Kind() {
	case ast.IdentKind:
		return s[e.AsIdent()]
	case ast.SelectKind:
		return s.isSource(e.AsSelect().Operand())
	case ast.CallKind:
		call := e.AsCall()
		switch call.FunctionName() {
		case operators.OptSelect, operators.Index, operators.OptIndex, "policy", fnKnown, fnSteady:
			return s.isSource(call.Args()[0])
		case "orValue":
			arg := call.Args()[0]
			return s.isSource(call.Target()) && (arg.Kind() == ast.LiteralKind || isConstantList(arg) || s.isSource(arg))
		case "or":
			return s.isSource(call.Target()) && s.isSource(call.Args()[0])
		}
	}
	return false
}

// The functions that the guard and the macros put into expressions; nobody can write an @.
const (
	fnKnown  = "@known"  // the value, or an unknown when anything in it is unknown
	fnSteady = "@steady" // the list, or an unknown when an element may turn out absent
	fnWithin = "@within" // a in b
	fnGiven  = "@given"  // has()
	fnIs     = "@is"     // a == "*", or another text that no identifier is
	fnIsNot  = "@isnt"
	fnFilled = "@filled" // filled() of what was computed: nothing is certain of an unknown
	// In comprehensions over a list of which an element may turn out to be absent:
	fnPresent = "@present" // true, or the element that may be absent
	fnOf      = "@of"      // what is made of an element, or the element that may be absent
)

// unaffected are functions that may see a list or an object with unknowns inside, because
// they only choose, wrap or unwrap it, or know unknowns themselves.
var unaffected = map[string]bool{
	operators.LogicalAnd: true, operators.LogicalOr: true, operators.LogicalNot: true,
	operators.NotStrictlyFalse: true, operators.Conditional: true, operators.OptSelect: true,
	"optional.of": true, "optional.none": true, "optional.ofNonZeroValue": true,
	"hasValue": true, "value": true, "or": true, "orValue": true, "dyn": true, "type": true,
	fnKnown: true, fnSteady: true, fnWithin: true, fnGiven: true, fnIs: true, fnIsNot: true, fnPresent: true, fnOf: true, fnFilled: true,
	"internet": true, "covers": true, "policy": true, "allows": true, "public": true, "on": true,
}

// needed reports whether the guard would change the expression at all: most expressions
// compare scalars, and checking an expression twice costs as much as compiling it.
func (g guard) needed(a *ast.AST) bool {
	found := false
	sources := sourcesIn(a)
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch {
		case found:
		case e.Kind() == ast.CallKind:
			found = g.rewrite(a, sources, e) != nil
		case e.Kind() == ast.ComprehensionKind:
			found = outlives(e.AsComprehension()) != ""
		}
	}))
	return found
}

// Optimize implements cel.ASTOptimizer.
func (g guard) Optimize(ctx *cel.OptimizerContext, a *ast.AST) *ast.AST {
	sources := sourcesIn(a)
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.ComprehensionKind {
			restrict(ctx, e.AsComprehension())
			return
		}
		if e.Kind() != ast.CallKind {
			return
		}
		call := e.AsCall()
		wrap := g.rewrite(a, sources, e)
		if wrap == nil {
			return
		}
		args := call.Args()
		wrapped := make([]ast.Expr, len(args))
		for i, arg := range args {
			wrapped[i] = arg
			if wrap.args[i] != "" {
				wrapped[i] = ctx.NewCall(wrap.args[i], arg)
			}
		}
		if !call.IsMemberFunction() {
			ctx.UpdateExpr(e, ctx.NewCall(wrap.function, wrapped...))
			return
		}
		target := call.Target()
		if wrap.target != "" {
			target = ctx.NewCall(wrap.target, target)
		}
		ctx.UpdateExpr(e, ctx.NewMemberCall(wrap.function, target, wrapped...))
	}))
	return a
}

// A rewriting says which function takes the place of a call's, and which functions are put
// around its arguments ("" for none).
type rewriting struct {
	function string
	target   string
	args     []string
}

// rewrite returns nil for a call that is sound as it stands.
func (guard) rewrite(a *ast.AST, sources sourced, e ast.Expr) *rewriting {
	call := e.AsCall()
	r := &rewriting{function: call.FunctionName(), args: make([]string, len(call.Args()))}
	changed := false
	wrap := func(arg ast.Expr, with string) string {
		if isPlain(a, arg) {
			return ""
		}
		changed = true
		return with
	}
	switch {
	case unaffected[r.function]:
		return nil
	case r.function == "filled":
		if sources.isSource(call.Args()[0]) {
			return nil
		}
		r.function = fnFilled
		return r
	case isComparisonWithImpossible(call) && (sources.isSource(call.Args()[0]) || sources.isSource(call.Args()[1])):
		r.function = map[string]string{operators.Equals: fnIs, operators.NotEquals: fnIsNot}[r.function]
		return r
	case r.function == operators.In || r.function == operators.OldIn:
		if isConstantList(call.Args()[1]) && isScalar(a.GetType(call.Args()[0].ID())) {
			return nil // no unknown in sight, and cel-go looks constants up in a set
		}
		r.function = fnWithin
		return r
	case r.function == operators.Add && a.GetType(e.ID()).Kind() == types.ListKind:
		return nil // joins lists, elements as they are
	case r.function == operators.Index || r.function == operators.OptIndex || r.function == "size":
		// The elements matter only where one of them may turn out not to be there, and for a
		// look-up by key not even then.
		if r.function != "size" && a.GetType(call.Args()[0].ID()).Kind() == types.MapKind {
			return nil
		}
		if call.IsMemberFunction() {
			r.target = wrap(call.Target(), fnSteady)
		} else {
			r.args[0] = wrap(call.Args()[0], fnSteady)
		}
	default:
		for i, arg := range call.Args() {
			r.args[i] = wrap(arg, fnKnown)
		}
		if call.IsMemberFunction() {
			r.target = wrap(call.Target(), fnKnown)
		}
	}
	if !changed {
		return nil
	}
	return r
}

// noIdentifier reports whether no identifier that AWS gives is the text: AWS keeps names
// that begin with alias/aws/ to itself.
func noIdentifier(s string) bool {
	return s == "" || s == "*" || strings.HasPrefix(s, "alias/aws/")
}

func isComparisonWithImpossible(call ast.CallExpr) bool {
	if name := call.FunctionName(); name != operators.Equals && name != operators.NotEquals {
		return false
	}
	for _, arg := range call.Args() {
		if arg.Kind() == ast.LiteralKind {
			text, ok := arg.AsLiteral().(types.String)
			return ok && noIdentifier(string(text))
		}
	}
	return false
}

// is compares with a text that no identifier is: what is certain to be one is certain to be
// something else, though it is not known.
func is(a, b ref.Val) ref.Val {
	if _, literal := a.(types.String); literal {
		a, b = b, a
	}
	if u, ok := a.(*types.Unknown); ok {
		if text, ok := b.(types.String); ok && noIdentifier(string(text)) && certain(u, 2) {
			return types.False
		}
	}
	for _, v := range []ref.Val{a, b} {
		if types.IsUnknownOrError(v) {
			return v
		}
	}
	return types.Equal(known(a), b)
}

// outlives returns which macro a comprehension is (its function of the accumulator) when its
// verdict may be certain although the element is not: such as exists(x, true), where the
// question is whether there is an x at all.
func outlives(m ast.ComprehensionExpr) string {
	step := m.LoopStep()
	if m.HasIterVar2() || step.Kind() != ast.CallKind || isConstantList(m.IterRange()) {
		return ""
	}
	call := step.AsCall()
	args := call.Args()
	switch name := call.FunctionName(); name {
	case operators.LogicalOr, operators.LogicalAnd: // exists, all
		if !needs(args[1], m.IterVar()) {
			return name
		}
	case operators.Conditional: // exists_one; filter and map of a condition keep the element or ask for it
		if !needs(args[0], m.IterVar()) {
			return name
		}
	case operators.Add: // map
		if args[1].Kind() == ast.ListKind && !needs(args[1].AsList().Elements()[0], m.IterVar()) {
			return name
		}
	}
	return ""
}

// needs reports whether an expression is certain to be unknown where a variable is.
func needs(e ast.Expr, variable string) bool {
	every := func(parts []ast.Expr) bool {
		return !slices.ContainsFunc(parts, func(p ast.Expr) bool { return !needs(p, variable) })
	}
	some := func(parts ...ast.Expr) bool {
		return slices.ContainsFunc(parts, func(p ast.Expr) bool { return needs(p, variable) })
	}
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent() == variable
	case ast.SelectKind:
		return needs(e.AsSelect().Operand(), variable)
	case ast.ComprehensionKind:
		m := e.AsComprehension()
		if m.LoopCondition().Kind() == ast.LiteralKind { // cel.bind
			return m.AccuVar() != variable && needs(m.Result(), variable)
		}
		return needs(m.IterRange(), variable)
	case ast.CallKind:
		call := e.AsCall()
		switch call.FunctionName() {
		case operators.LogicalAnd, operators.LogicalOr:
			return every(call.Args())
		case operators.Conditional:
			return needs(call.Args()[0], variable) || every(call.Args()[1:])
		case "orValue", "or":
			return needs(call.Target(), variable)
		case "type", "dyn", "optional.of", "optional.ofNonZeroValue", operators.NotStrictlyFalse:
			return false
		case fnIs, fnIsNot: // an element that may be absent is no identifier for certain
			return some(call.Args()...)
		}
		if call.IsMemberFunction() {
			return some(append([]ast.Expr{call.Target()}, call.Args()...)...)
		}
		return some(call.Args()...)
	}
	return false
}

// restrict asks in each step of a comprehension whether there is an element at all.
func restrict(ctx *cel.OptimizerContext, m ast.ComprehensionExpr) {
	kind := outlives(m)
	if kind == "" {
		return
	}
	step := m.LoopStep()
	args := step.AsCall().Args()
	element := func() ast.Expr { return ctx.NewIdent(m.IterVar()) }
	present := func() ast.Expr { return ctx.NewCall(fnPresent, element()) }
	switch kind {
	case operators.LogicalOr:
		ctx.UpdateExpr(step, ctx.NewCall(kind, args[0], ctx.NewCall(operators.LogicalAnd, present(), args[1])))
	case operators.LogicalAnd:
		absent := ctx.NewCall(operators.LogicalNot, present())
		ctx.UpdateExpr(step, ctx.NewCall(kind, args[0], ctx.NewCall(operators.LogicalOr, absent, args[1])))
	case operators.Conditional:
		ctx.UpdateExpr(step, ctx.NewCall(kind, ctx.NewCall(operators.LogicalAnd, present(), args[0]), args[1], args[2]))
	case operators.Add:
		made := ctx.NewCall(fnOf, element(), args[1].AsList().Elements()[0])
		ctx.UpdateExpr(step, ctx.NewCall(kind, args[0], ctx.NewList([]ast.Expr{made}, nil)))
	}
}

// perhaps returns v when it is an element that may turn out to be absent.
func perhaps(v ref.Val) ref.Val {
	if u, ok := v.(*types.Unknown); ok && !certain(u, 0) {
		return u
	}
	return nil
}

func present(v ref.Val) ref.Val {
	if u := perhaps(v); u != nil {
		return u
	}
	return types.True
}

func isPlain(a *ast.AST, e ast.Expr) bool {
	return e.Kind() == ast.LiteralKind || isConstantList(e) || isScalar(a.GetType(e.ID()))
}

// isScalar reports whether values of the type have no inside.
func isScalar(t *types.Type) bool {
	switch t.Kind() {
	case types.BoolKind, types.IntKind, types.UintKind, types.DoubleKind, types.StringKind, types.BytesKind,
		types.TimestampKind, types.DurationKind, types.NullTypeKind, types.TypeKind:
		return true
	case types.OpaqueKind:
		return t.TypeName() != types.OptionalType.TypeName() // net.IP, semver, …
	}
	return false
}

func isConstantList(e ast.Expr) bool {
	if e.Kind() != ast.ListKind || len(e.AsList().OptionalIndices()) > 0 {
		return false
	}
	for _, el := range e.AsList().Elements() {
		if el.Kind() != ast.LiteralKind {
			return false
		}
	}
	return true
}

// guardFunctions declares what the guard puts into expressions.
func guardFunctions() []cel.EnvOption {
	a, b := cel.TypeParamType("A"), cel.TypeParamType("B")
	return []cel.EnvOption{
		cel.Function(fnKnown, cel.Overload("known", []*cel.Type{a}, a, cel.UnaryBinding(known))),
		cel.Function(fnSteady, cel.Overload("steady", []*cel.Type{a}, a, cel.UnaryBinding(steady))),
		cel.Function(fnWithin, cel.Overload("within", []*cel.Type{a, b}, cel.BoolType, cel.BinaryBinding(within))),
		cel.Function(fnGiven, cel.Overload("given", []*cel.Type{cel.OptionalType(a), cel.StringType}, cel.BoolType,
			cel.OverloadIsNonStrict(), cel.BinaryBinding(given))),
		cel.Function(fnIs, cel.Overload("is", []*cel.Type{a, b}, cel.BoolType, cel.OverloadIsNonStrict(), cel.BinaryBinding(is))),
		cel.Function(fnIsNot, cel.Overload("is_not", []*cel.Type{a, b}, cel.BoolType, cel.OverloadIsNonStrict(),
			cel.BinaryBinding(func(a, b ref.Val) ref.Val { return not(is(a, b)) }))),
		cel.Function(fnFilled, cel.Overload("filled_computed", []*cel.Type{a}, cel.BoolType, cel.UnaryBinding(filled))),
		cel.Function(fnPresent, cel.Overload("present", []*cel.Type{a}, cel.BoolType, cel.OverloadIsNonStrict(), cel.UnaryBinding(present))),
		cel.Function(fnOf, cel.Overload("of", []*cel.Type{a, b}, b, cel.OverloadIsNonStrict(), cel.BinaryBinding(func(element, made ref.Val) ref.Val {
			if u := perhaps(element); u != nil {
				return u
			}
			return made
		}))),
	}
}

// known returns v, or the unknowns inside it.
func known(v ref.Val) ref.Val {
	if u := unknownIn(v); u != nil {
		return u
	}
	return v
}

// unknownIn collects the unknowns inside v; nil when it is known throughout.
func unknownIn(v ref.Val) (u *types.Unknown) {
	switch v := v.(type) {
	case *types.Unknown:
		return v
	case *types.Optional:
		if v.HasValue() {
			return unknownIn(v.GetValue())
		}
	case *envelope, *join:
		return nil // compared by identity
	case *statement:
		return v.unknown()
	case traits.Lister:
		for it := v.Iterator(); it.HasNext() == types.True; {
			u = types.MergeUnknowns(unknownIn(it.Next()), u)
		}
	case traits.Mapper:
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			if e, ok := v.Find(key); ok {
				key = e
			}
			u = types.MergeUnknowns(unknownIn(key), u)
		}
	}
	return u
}

// steady returns v, or the unknowns among its elements that may turn out not to be there:
// with one of them neither the size nor the indexes are known.
func steady(v ref.Val) ref.Val {
	var u *types.Unknown
	switch v := v.(type) {
	case *types.Optional:
		if v.HasValue() && types.IsUnknown(steady(v.GetValue())) {
			return steady(v.GetValue())
		}
	case *list:
		for i, e := range v.items { // not through the iterator: looking is not reading
			if x, ok := e.(*inventory.Unknown); ok && !exists(x) {
				x, _ := v.at(i).(*types.Unknown)
				u = types.MergeUnknowns(x, u)
			}
		}
	case *mapping, traits.Lister:
		for it := v.(traits.Iterable).Iterator(); it.HasNext() == types.True; {
			if x, ok := it.Next().(*types.Unknown); ok && !certain(x, 0) {
				u = types.MergeUnknowns(x, u)
			}
		}
	}
	if u != nil {
		return u
	}
	return v
}

// within is `a in b` in three-valued logic: an element that is equal decides, else an
// unknown element leaves it open.
func within(a, b ref.Val) ref.Val {
	if u := unknownIn(a); u != nil {
		return u
	}
	var u *types.Unknown
	switch b := b.(type) {
	case traits.Lister:
		for it := b.Iterator(); it.HasNext() == types.True; {
			e := it.Next()
			if x := unknownIn(e); x != nil {
				if _, asItStands := b.(*list); asItStands && is(e, a) == types.False {
					continue
				}
				u = types.MergeUnknowns(x, u)
				continue
			}
			if types.Equal(a, e) == types.True {
				return types.True
			}
		}
	case traits.Mapper:
		v, ok := b.Find(a)
		if x, is := v.(*types.Unknown); is && !certain(x, 0) {
			return x
		}
		return types.Bool(ok)
	default:
		return types.MaybeNoSuchOverloadErr(b)
	}
	if u != nil {
		return u
	}
	return types.False
}

// given answers has(): an unknown that is certain to exist is there. The name of the
// property is there to tell it from an unknown on the way to it.
func given(v, name ref.Val) ref.Val {
	switch v := v.(type) {
	case *types.Optional:
		return types.Bool(v.HasValue())
	case *types.Unknown:
		if certain(v, 0) && endsWith(v, name) {
			return types.True
		}
	}
	return v
}

func endsWith(u *types.Unknown, name ref.Val) bool {
	for _, id := range u.IDs() {
		trails, _ := u.GetAttributeTrails(id)
		for _, t := range trails {
			if s, ok := name.(types.String); !ok || !strings.HasSuffix(t.Variable(), "/"+schema.EscapePointer(string(s))) {
				return false
			}
		}
	}
	return true
}

// hasMacro reads has(a.b.c) as "a.?b.?c is given". Unlike CEL's own it is false, not an
// error, where b is absent already, and it can be unknown.
var hasMacro = cel.GlobalMacro(operators.Has, 1, func(f cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
	if args[0].Kind() != ast.SelectKind {
		return nil, f.NewError(args[0].ID(), "has() wants a property, as in has(resource.properties.Name)")
	}
	name := f.NewLiteral(types.String(args[0].AsSelect().FieldName()))
	return f.NewCall(fnGiven, optionally(f, args[0]), name), nil
})

func optionally(f parser.ExprHelper, e ast.Expr) ast.Expr {
	if e.Kind() != ast.SelectKind {
		return e
	}
	s := e.AsSelect()
	return f.NewCall(operators.OptSelect, optionally(f, s.Operand()), f.NewLiteral(types.String(s.FieldName())))
}

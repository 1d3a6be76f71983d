package rules

import (
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

// The functions that the guard and the macros put into expressions; nobody can write an @.
const (
	fnKnown  = "@known"  // the value, or an unknown when anything in it is unknown
	fnSteady = "@steady" // the list, or an unknown when an element may turn out absent
	fnWithin = "@within" // a in b
	fnGiven  = "@given"  // has()
)

// unaffected are functions that may see a list or an object with unknowns inside, because
// they only choose, wrap or unwrap it, or know unknowns themselves.
var unaffected = map[string]bool{
	operators.LogicalAnd: true, operators.LogicalOr: true, operators.LogicalNot: true,
	operators.NotStrictlyFalse: true, operators.Conditional: true, operators.OptSelect: true,
	"optional.of": true, "optional.none": true, "optional.ofNonZeroValue": true,
	"hasValue": true, "value": true, "or": true, "orValue": true, "dyn": true, "type": true,
	fnKnown: true, fnSteady: true, fnWithin: true, fnGiven: true,
	"internet": true, "covers": true, "filled": true, "policy": true, "allows": true, "public": true, "on": true,
}

// needed reports whether the guard would change the expression at all: most expressions
// compare scalars, and checking an expression twice costs as much as compiling it.
func (g guard) needed(a *ast.AST) bool {
	found := false
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.CallKind && !found {
			found = g.rewrite(a, e) != nil
		}
	}))
	return found
}

// Optimize implements cel.ASTOptimizer.
func (g guard) Optimize(ctx *cel.OptimizerContext, a *ast.AST) *ast.AST {
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		call := e.AsCall()
		wrap := g.rewrite(a, e)
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
func (guard) rewrite(a *ast.AST, e ast.Expr) *rewriting {
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

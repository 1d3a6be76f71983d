package rules

import (
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// checkTyped refuses an expression that takes the type from an object of the schema: a
// misspelt name below dyn(resource.properties) would be an absent property, not a mistake.
// Lists, maps and conditionals of unlike values hide a type in the same way.
func checkTyped(text string, checked *cel.Ast) error {
	a := checked.NativeRep()
	var found *exprError
	refuse := func(e ast.Expr, lost *types.Type) {
		if found == nil {
			at := a.SourceInfo().GetStartLocation(e.ID())
			runes := []rune(text)
			offset := offsetOf(runes, at.Line(), at.Column())
			if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == "dyn" {
				offset = find(runes, "dyn", offset)
			}
			found = &exprError{
				offset: offset,
				message: fmt.Sprintf("the type of %s gets lost here, and with it the check of the names below: lists, maps and conditionals of unlike values may hold scalars and free-form maps only, and dyn() nothing that has a type",
					structTitle(lost.TypeName())),
			}
		}
	}
	// lost looks for a part that has an object where the whole is dynamic.
	lost := func(e ast.Expr, parts ...ast.Expr) {
		if mentions(a.GetType(e.ID()), isDynamic) == nil {
			return
		}
		for _, part := range parts {
			// An object whose own field is dynamic keeps its type.
			if t := mentions(a.GetType(part.ID()), isObject); t != nil && mentions(a.GetType(e.ID()), isObject) == nil {
				refuse(e, t)
			}
		}
	}
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.CallKind:
			call := e.AsCall()
			if call.FunctionName() == operators.OptSelect {
				return // reads a field
			}
			parts := call.Args()
			if call.IsMemberFunction() {
				parts = append([]ast.Expr{call.Target()}, parts...)
			}
			lost(e, parts...)
		case ast.ListKind:
			lost(e, e.AsList().Elements()...)
		case ast.MapKind:
			for _, entry := range e.AsMap().Entries() {
				lost(e, entry.AsMapEntry().Value())
			}
		}
	}))
	if found != nil {
		return found
	}
	return nil
}

func isDynamic(t *types.Type) bool { return t.Kind() == types.DynKind || t.Kind() == types.AnyKind }

func isObject(t *types.Type) bool { return t.Kind() == types.StructKind }

// mentions returns the first type in t, parameters included, of which is holds; nil for none.
func mentions(t *types.Type, is func(*types.Type) bool) *types.Type {
	if is(t) {
		return t
	}
	for _, p := range t.Parameters() {
		if found := mentions(p, is); found != nil {
			return found
		}
	}
	return nil
}

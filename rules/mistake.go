package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// variables are the names that an expression finds; no variable of its own may hide them.
var variables = []string{"resource", "params", "now", "declared", "live"}

// checkMistakes refuses what type-checks and cannot be meant: a comparison whose answer is
// always the same, a function that is given something it does not know, a constant that
// breaks each time. Such an expression would be silent about every resource.
func (c *compiler) checkMistakes(env *cel.Env, text string, checked *cel.Ast) error {
	a := checked.NativeRep()
	m := &mistakes{compiler: c, env: env, ast: a, text: []rune(text)}
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if m.found != nil {
			return
		}
		switch e.Kind() {
		case ast.ComprehensionKind:
			m.names(e)
		case ast.CallKind:
			m.call(e)
		}
	}))
	if m.found != nil {
		return m.found
	}
	return nil
}

type mistakes struct {
	*compiler
	env   *cel.Env
	ast   *ast.AST
	text  []rune
	found *exprError
}

// refuse points to the word near the expression, "" for the expression itself.
func (m *mistakes) refuse(e ast.Expr, word, meant, format string, args ...any) {
	at := m.ast.SourceInfo().GetStartLocation(e.ID())
	offset := offsetOf(m.text, at.Line(), at.Column())
	if word != "" {
		offset = find(m.text, word, offset)
	}
	m.found = &exprError{offset: offset, message: fmt.Sprintf(format, args...), meant: meant}
}

func (m *mistakes) names(e ast.Expr) {
	for _, name := range []string{e.AsComprehension().IterVar(), e.AsComprehension().AccuVar()} {
		if slices.Contains(variables, name) {
			m.refuse(e, name, "", "%s has a meaning already: give the variable another name", name)
		}
	}
}

func (m *mistakes) call(e ast.Expr) {
	call := e.AsCall()
	args := call.Args()
	if call.IsMemberFunction() {
		args = append([]ast.Expr{call.Target()}, args...)
	}
	switch name := call.FunctionName(); name {
	case operators.Equals, operators.NotEquals:
		m.null(args[0], args[1])
		m.null(args[1], args[0])
		m.word(args[0], args[1])
		m.word(args[1], args[0])
	case operators.In:
		if args[1].Kind() == ast.ListKind {
			for _, el := range args[1].AsList().Elements() {
				m.word(args[0], el)
			}
		}
	case "dyn":
		if t := m.ast.GetType(args[0].ID()); !isDynamic(t) {
			m.refuse(e, "dyn", "", "dyn() hides that this is %s: rules compare typed values only", typeName(t))
		}
	case "internet":
		m.entry(e, name, args[0], "CidrIp", "CidrIpv6")
	case "covers":
		m.entry(e, name, args[0], "IpProtocol", "FromPort", "ToPort")
	case "policy":
		t := m.ast.GetType(args[0].ID())
		if isOptional(t) {
			t = t.Parameters()[0]
		}
		switch t.Kind() {
		case types.StringKind, types.MapKind, types.StructKind, types.DynKind, types.AnyKind:
		default:
			m.refuse(e, name, "", "policy() wants a policy, as an object or as JSON text, and not %s", typeName(t))
		}
	case "taggable":
		m.resource(e, name, args[0])
	case "hardwired":
		m.resource(e, name, args[0])
		hardwiredKinds := slices.Sorted(maps.Keys(placed))
		if args[1].Kind() == ast.LiteralKind {
			if kind, ok := args[1].AsLiteral().(types.String); ok && !slices.Contains(hardwiredKinds, string(kind)) {
				m.refuse(args[1], "", schema.Suggest(string(kind), hardwiredKinds), "hardwired() does not know %q: want one of %s", string(kind), strings.Join(hardwiredKinds, ", "))
			}
		}
	case "on":
		m.resource(e, name, args[1])
	}
	if m.found == nil {
		m.constant(e, args)
	}
}

// null: what is not set is absent, and nothing is null.
func (m *mistakes) null(e, other ast.Expr) {
	if other.Kind() == ast.LiteralKind && other.AsLiteral() == types.NullValue && !isDynamic(m.ast.GetType(e.ID())) {
		m.refuse(other, "null", "", "nothing is null here: ask has(...) whether a property is set")
	}
}

// word: resource.type, resource.class and the effect of a statement are one of a few words; any
// other is never equal to them.
func (m *mistakes) word(e, literal ast.Expr) {
	if e.Kind() != ast.SelectKind || literal.Kind() != ast.LiteralKind {
		return
	}
	name, ok := literal.AsLiteral().(types.String)
	if !ok {
		return
	}
	word, of := string(name), e.AsSelect().Operand()
	unless := func(known bool, what string, words []string) {
		if !known {
			m.refuse(literal, word, schema.Suggest(word, words), "unknown %s %q", what, word)
		}
	}
	switch field := e.AsSelect().FieldName(); {
	case field == "type" && m.isResource(of):
		unless(schema.Known(word), "resource type", schema.Names())
	case field == "class" && m.isResource(of):
		unless(word == "" || slices.Contains(classes, word), "class", classes)
	case field == "effect" && m.ast.GetType(of.ID()).TypeName() == statementShape.name:
		unless(slices.Contains(effects, word), "effect", effects)
	}
}

func (m *mistakes) isResource(e ast.Expr) bool {
	t := m.ast.GetType(e.ID())
	return t.Kind() == types.StructKind && (t.TypeName() == anyResource || schema.Known(t.TypeName()))
}

func (m *mistakes) resource(e ast.Expr, function string, arg ast.Expr) {
	if !m.isResource(arg) {
		m.refuse(e, function, "", "%s() wants a resource, as in %s(resource), and not %s", function, function, typeName(m.ast.GetType(arg.ID())))
	}
}

// entry: the function reads these fields of its argument, so it must have one of them.
func (m *mistakes) entry(e ast.Expr, function string, arg ast.Expr, fields ...string) {
	t := m.ast.GetType(arg.ID())
	switch t.Kind() {
	case types.DynKind, types.AnyKind:
		return
	case types.MapKind:
		if arg.Kind() != ast.MapKind {
			return
		}
		known := []string{"CidrIp", "CidrIpv6", "IpProtocol", "FromPort", "ToPort"}
		for _, entry := range arg.AsMap().Entries() {
			key := entry.AsMapEntry().Key()
			if key.Kind() != ast.LiteralKind {
				continue
			}
			if name, ok := key.AsLiteral().(types.String); ok && !slices.Contains(known, string(name)) {
				m.refuse(key, "", schema.Suggest(string(name), known), "%s() knows no %q", function, string(name))
			}
		}
		return
	case types.StructKind:
		if sh, ok := m.structs.find(t.TypeName()); ok && sh.fields != nil {
			for _, field := range fields {
				if sh.fields()[field] != nil {
					return
				}
			}
		}
	}
	m.refuse(e, function, "", "%s() wants an entry of a security group (with %s), and not %s", function, strings.Join(fields, ", "), typeName(t))
}

// constant evaluates a call of literals: what breaks now breaks each time.
func (m *mistakes) constant(e ast.Expr, args []ast.Expr) {
	if len(args) == 0 || slices.ContainsFunc(args, func(arg ast.Expr) bool { return arg.Kind() != ast.LiteralKind }) {
		return
	}
	program, err := m.env.PlanProgram(ast.NewCheckedAST(ast.NewAST(e, m.ast.SourceInfo()), m.ast.TypeMap(), m.ast.ReferenceMap()))
	if err == nil {
		_, _, err = program.Eval(map[string]any{})
	}
	if err != nil {
		m.refuse(e, "", "", "this breaks each time: %s", brokenBy(err))
	}
}

package rules

import (
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/decls"
	"github.com/google/cel-go/common/functions"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// The second back end: a checked expression becomes a tree of Go functions that read the
// properties where they stand, without a wrapper around every value.
//
// It is fast because it knows less than cel-go. It computes with values that are certain,
// and with nothing else: where a value is not known or could not be read, where a kind is
// not the schema's, where a join is reached, where CEL would give an error, it gives up
// (uncertain), and the whole rule is judged by cel-go as if nothing had happened. So the
// three-valued logic, the messages and the errors of rules exist once; what the closures
// say must be what cel-go says, and closure_test.go holds them to that over every rule,
// every case and many resources more.

// A closure evaluates a part of an expression.
type closure func(*frame) value

// A value is what a closure gives. Small and without pointers of its own, so that it
// travels in registers.
type value struct {
	kind  valueKind
	num   int64  // of a boolean (0, 1) and an integer; the bits of a double
	text  string // of a text
	any   any    // what the kind says
	shape *shape // of an object; of the elements of a list or map
}

type valueKind uint8

const (
	uncertain valueKind = iota // cel-go must judge
	missing                    // an optional without a value
	null
	boolean
	integer
	double
	text
	structured // any: map[string]any, a struct of the schema
	mapped     // any: map[string]any, free-form
	listed     // any: []any
	computed   // any: []value, a list that the expression made
	tagged     // any: map[string]string
	itself     // the variable `resource`
	other      // any: ref.Val
)

func boolValue(b bool) value {
	if b {
		return value{kind: boolean, num: 1}
	}
	return value{kind: boolean}
}

func textValue(s string) value { return value{kind: text, text: s} }

// valueIn gives a property value the kind that the schema wants; uncertain when it has
// another one. It is place.value without the place.
func valueIn(sh *shape, v any) value {
	if sh == dynShape {
		sh = shapeOf(v)
	}
	switch v := v.(type) {
	case bool:
		if sh == boolShape {
			return boolValue(v)
		}
	case int64:
		switch sh {
		case intShape:
			return value{kind: integer, num: v}
		case doubleShape:
			return value{kind: double, num: int64(math.Float64bits(float64(v)))}
		}
	case float64:
		if sh == doubleShape {
			return value{kind: double, num: int64(math.Float64bits(v))}
		}
	case string:
		if sh == textShape {
			return textValue(v)
		}
	case []any:
		if sh.cel.Kind() == types.ListKind {
			return value{kind: listed, any: v, shape: sh.elem}
		}
	case map[string]any:
		switch {
		case sh.fields != nil:
			return value{kind: structured, any: v, shape: sh}
		case sh.cel.Kind() == types.MapKind:
			return value{kind: mapped, any: v, shape: sh.elem}
		}
	}
	return value{}
}

// A frame is one resource under evaluation; a worker uses it for one resource after the
// other.
type frame struct {
	run   run
	in    reading
	slots []value // of the variables of comprehensions
	// joined says that a closure has asked who refers to the resource.
	joined bool
	// policies are the documents that rules of this resource have read: most rules about a
	// policy begin in the same way.
	policies []policyRead
}

type policyRead struct {
	document   uintptr // the address of the map, which the resource holds
	statements value
}

// on sets the frame to another resource.
func (f *frame) on(s *Set, w *World, r *inventory.Resource) {
	f.run = run{world: w, structs: s.structs, declared: r.Declared}
	f.in = reading{run: &f.run, resource: r}
	f.policies = f.policies[:0]
}

// A node is a compiled part: its closure and, where it is known, the place of its value.
type node struct {
	eval   closure
	path   []string // below the properties; "*" is every element
	placed bool
	static *shape // of an object that stands in the schema
}

func (n node) at(part string) []string { return append(slices.Clip(n.path), part) }

// doubt reports whether something at the place, above it or below it could not be read.
func (f *frame) doubt(placed bool, path []string) bool {
	for _, unread := range f.in.resource.Unread {
		if !placed || overlaps(unread, path) {
			return true
		}
	}
	return false
}

// doubtTags is doubt of the property that holds the tags.
func (f *frame) doubtTags() bool {
	if len(f.in.resource.Unread) == 0 {
		return false
	}
	return f.doubt(true, schema.SplitPointer(tagProperty(f.in.resource.Ref.Type)))
}

// overlaps reports whether one of two places holds the other.
func overlaps(pointer string, path []string) bool {
	for _, part := range path {
		if pointer == "" {
			return true
		}
		have := pointer[1:]
		if i := strings.IndexByte(have, '/'); i >= 0 {
			have, pointer = have[:i], have[i:]
		} else {
			pointer = ""
		}
		if have != "*" && part != "*" && have != schema.EscapePointer(part) {
			return false
		}
	}
	return true
}

// A closureCompiler turns one checked expression into closures.
type closureCompiler struct {
	ast       *ast.AST
	structs   *structs
	functions map[string]*decls.FunctionDecl
	scope     map[string]node // variables of comprehensions
	slots     int
	wants     inventory.Projection // of properties
	tags      inventory.Projection
}

// A compiledClosure is an expression for the second back end, and what it reads.
type compiledClosure struct {
	eval        closure
	slots       int
	wants, tags inventory.Projection
}

func (e *expression) compileClosure(s *structs) *compiledClosure {
	c := &closureCompiler{ast: e.checked, structs: s, functions: e.env.Functions(), scope: map[string]node{}}
	n := c.compile(e.checked.Expr())
	return &compiledClosure{eval: n.eval, slots: c.slots, wants: c.wants, tags: c.tags}
}

// unsupported gives the rule to cel-go when it is reached.
var unsupported = node{eval: func(*frame) value { return value{} }}

// whole compiles a part whose value is used as it is, with all that is in it.
func (c *closureCompiler) whole(e ast.Expr) node {
	n := c.compile(e)
	if n.placed {
		c.wants.Want(n.path...).All = true
	}
	return n
}

func (c *closureCompiler) compile(e ast.Expr) node {
	switch e.Kind() {
	case ast.LiteralKind:
		v := fromCEL(e.AsLiteral())
		return node{eval: func(*frame) value { return v }}
	case ast.IdentKind:
		return c.ident(e.AsIdent())
	case ast.SelectKind:
		if s := e.AsSelect(); !s.IsTestOnly() {
			return c.selection(s.Operand(), s.FieldName(), false)
		}
	case ast.ListKind:
		return c.list(e.AsList())
	case ast.MapKind:
		if e.AsMap().Size() == 0 {
			v := value{kind: mapped, any: map[string]any(nil), shape: dynShape}
			return node{eval: func(*frame) value { return v }}
		}
		return c.table(e)
	case ast.CallKind:
		return c.call(e)
	case ast.ComprehensionKind:
		return c.comprehension(e.AsComprehension())
	}
	return unsupported
}

func (c *closureCompiler) ident(name string) node {
	if n, ok := c.scope[name]; ok {
		return n
	}
	switch name {
	case "resource":
		return node{eval: func(*frame) value { return value{kind: itself} }}
	case "params":
		return node{eval: func(f *frame) value {
			p := f.run.params.(*object)
			return value{kind: structured, any: p.values, shape: p.shape}
		}}
	case "now":
		return node{eval: func(f *frame) value {
			return value{kind: other, any: types.Timestamp{Time: f.run.world.Now.UTC()}}
		}}
	case "declared":
		return node{eval: func(f *frame) value { return boolValue(f.run.declared) }}
	case "live":
		return node{eval: func(f *frame) value { return boolValue(!f.run.declared) }}
	}
	return unsupported
}

// selection reads a field: a missing one is missing when it may be, else uncertain, because
// cel-go makes an error of it.
func (c *closureCompiler) selection(of ast.Expr, name string, optional bool) node {
	if of.Kind() == ast.IdentKind && of.AsIdent() == "resource" && !c.isLocal("resource") {
		return c.ofResource(name, c.ast.GetType(of.ID()), optional)
	}
	if c.isJoin(of, relatedField) {
		return node{eval: func(f *frame) value { return f.related(name) }}
	}
	base := c.compile(of)
	n := node{path: base.at(name), placed: base.placed}
	t := c.ast.GetType(of.ID())
	if t.Kind() == types.OpaqueKind && len(t.Parameters()) == 1 {
		t = t.Parameters()[0] // of an optional
	}
	if t.Kind() == types.StructKind {
		if sh, ok := c.structs.find(t.TypeName()); ok && sh.fields != nil {
			n.static = sh.fields()[name]
		}
	}
	if n.placed {
		c.wants.Want(n.path...)
	}
	eval, static, placed, path := base.eval, n.static, n.placed, n.path
	n.eval = func(f *frame) value {
		v := eval(f)
		switch v.kind {
		case missing:
			if optional {
				return v
			}
			return value{}
		case structured, mapped:
			raw := v.any.(map[string]any)[name]
			if raw != nil {
				sh := static
				if sh == nil {
					if sh = v.shape; v.kind == structured {
						sh = v.shape.fields()[name]
					}
				}
				return valueIn(sh, raw)
			}
			if !optional || len(f.in.resource.Unread) > 0 && f.doubt(placed, path) {
				return value{}
			}
			return value{kind: missing}
		case tagged:
			tag, ok := v.any.(map[string]string)[name]
			switch {
			case ok:
				return textValue(tag)
			case optional && !f.doubtTags():
				return value{kind: missing}
			}
		case other:
			if from, ok := v.any.(finder); ok {
				got, ok := from.Find(types.String(name))
				switch {
				case ok:
					return fromCEL(got)
				case got == nil && optional:
					return value{kind: missing}
				}
			}
		}
		return value{}
	}
	if of.Kind() == ast.SelectKind && isTags(of) || of.Kind() == ast.CallKind && isTags(of) {
		c.tags.Want(name)
	}
	return n
}

// isJoin reports whether the expression is a field of joins of the judged resource.
func (c *closureCompiler) isJoin(e ast.Expr, field string) bool {
	if e.Kind() != ast.SelectKind || e.AsSelect().FieldName() != field {
		return false
	}
	from := e.AsSelect().Operand()
	return from.Kind() == ast.IdentKind && from.AsIdent() == "resource" && !c.isLocal("resource")
}

// related is the list that related(typ) gives, where it is certainly empty.
func (f *frame) related(typ string) value {
	f.joined = true
	w := f.run.world
	if sure, perhaps := w.related(f.in.resource, typ); len(sure)+len(perhaps) > 0 || w.incomplete(typ) != "" {
		return value{}
	}
	return noneRelated
}

var noneRelated = value{kind: computed, any: []value(nil)}

func (c *closureCompiler) isLocal(name string) bool { _, ok := c.scope[name]; return ok }

// isTags reports whether the expression is resource.tags.
func isTags(e ast.Expr) bool {
	switch e.Kind() {
	case ast.SelectKind:
		s := e.AsSelect()
		return s.FieldName() == "tags" && s.Operand().Kind() == ast.IdentKind && s.Operand().AsIdent() == "resource"
	case ast.CallKind:
		call := e.AsCall()
		return call.FunctionName() == operators.OptSelect && call.Args()[0].Kind() == ast.IdentKind &&
			call.Args()[0].AsIdent() == "resource" && call.Args()[1].Kind() == ast.LiteralKind && call.Args()[1].AsLiteral() == types.String("tags")
	}
	return false
}

// ofResource reads a field of the variable `resource`, as envelope.Find does.
func (c *closureCompiler) ofResource(name string, t *types.Type, optional bool) node {
	switch name {
	case "properties":
		sh, ok := c.structs.find(t.TypeName())
		if !ok || sh.fields == nil || sh.fields()["properties"] == nil {
			return unsupported
		}
		sh = sh.fields()["properties"]
		return node{placed: true, static: sh, eval: func(f *frame) value {
			return value{kind: structured, any: f.in.resource.Properties, shape: sh}
		}}
	case "tags":
		return node{eval: func(f *frame) value {
			if r := f.in.resource; r.Tags != nil && len(r.UnknownTags) == 0 {
				return value{kind: tagged, any: r.Tags}
			}
			return value{}
		}}
	case "created":
		return node{eval: func(f *frame) value {
			at := f.in.resource.Created
			switch {
			case !at.IsZero():
				return value{kind: other, any: types.Timestamp{Time: at.UTC()}}
			case optional:
				return value{kind: missing}
			}
			return value{}
		}}
	}
	if !slices.Contains(envelopeTexts, name) {
		return unsupported // a join
	}
	fromDeployment := name == "id" || name == "arn" || name == "account" || name == "region"
	return node{eval: func(f *frame) value {
		s := (&envelope{in: &f.in}).text(name)
		if s == "" && (fromDeployment && f.run.declared || name == "state") {
			return value{}
		}
		return textValue(s)
	}}
}

func (c *closureCompiler) list(l ast.ListExpr) node {
	if len(l.OptionalIndices()) > 0 {
		return unsupported
	}
	parts := make([]closure, l.Size())
	fixed := make([]value, l.Size())
	allFixed := true
	for i, e := range l.Elements() {
		n := c.whole(e)
		parts[i] = n.eval
		if e.Kind() == ast.LiteralKind {
			fixed[i] = n.eval(nil)
		} else {
			allFixed = false
		}
	}
	if allFixed {
		v := value{kind: computed, any: fixed}
		return node{eval: func(*frame) value { return v }}
	}
	return node{eval: func(f *frame) value {
		all := make([]value, len(parts))
		for i, p := range parts {
			if all[i] = p(f); all[i].kind <= missing {
				return value{}
			}
		}
		return value{kind: computed, any: all}
	}}
}

// table compiles a map that stands in the expression, {"mysql": ["audit", "error"]}, where its
// keys and what they are for are constants.
func (c *closureCompiler) table(e ast.Expr) node {
	sh := shapeOfType(c.ast.GetType(e.ID()))
	if sh == nil || sh.elem == nil {
		return unsupported
	}
	entries := map[string]any{}
	for _, entry := range e.AsMap().Entries() {
		m := entry.AsMapEntry()
		key, ok := constant(m.Key()).(string)
		v := constant(m.Value())
		if !ok || v == nil || m.IsOptional() {
			return unsupported
		}
		entries[key] = v
	}
	if len(entries) < e.AsMap().Size() {
		return unsupported // a key twice is an error
	}
	v := value{kind: mapped, any: entries, shape: sh.elem}
	return node{eval: func(*frame) value { return v }}
}

// shapeOfType is the shape of scalars, and of lists and maps of them; nil for all others.
func shapeOfType(t *types.Type) *shape {
	switch t.Kind() {
	case types.BoolKind:
		return boolShape
	case types.IntKind:
		return intShape
	case types.StringKind:
		return textShape
	case types.ListKind:
		if elem := shapeOfType(t.Parameters()[0]); elem != nil {
			return listShape(elem)
		}
	case types.MapKind:
		if elem := shapeOfType(t.Parameters()[1]); elem != nil && t.Parameters()[0].Kind() == types.StringKind {
			return mapShape(elem)
		}
	}
	return nil
}

// constant is a literal, or a list of literals, as a property value; nil for all else.
func constant(e ast.Expr) any {
	switch e.Kind() {
	case ast.LiteralKind:
		switch v := e.AsLiteral().(type) {
		case types.Bool:
			return bool(v)
		case types.Int:
			return int64(v)
		case types.String:
			return string(v)
		}
	case ast.ListKind:
		all := make([]any, 0, e.AsList().Size())
		for _, element := range e.AsList().Elements() {
			v := constant(element)
			if v == nil {
				return nil
			}
			all = append(all, v)
		}
		if len(e.AsList().OptionalIndices()) == 0 {
			return all
		}
	}
	return nil
}

func isOptional(t *types.Type) bool {
	return t.Kind() == types.OpaqueKind && t.TypeName() == types.OptionalType.TypeName()
}

func (c *closureCompiler) call(e ast.Expr) node {
	call := e.AsCall()
	args := call.Args()
	switch name := call.FunctionName(); name {
	case operators.LogicalAnd, operators.LogicalOr:
		return c.logical(args, name == operators.LogicalOr)
	case operators.LogicalNot:
		of := c.compile(args[0]).eval
		return node{eval: func(f *frame) value {
			v := of(f)
			if v.kind != boolean {
				return value{}
			}
			return value{kind: boolean, num: v.num ^ 1}
		}}
	case operators.Conditional:
		when, then, otherwise := c.compile(args[0]).eval, c.whole(args[1]).eval, c.whole(args[2]).eval
		return node{eval: func(f *frame) value {
			switch v := when(f); {
			case v.kind != boolean:
				return value{}
			case v.num != 0:
				return then(f)
			}
			return otherwise(f)
		}}
	case operators.OptSelect:
		if args[1].Kind() == ast.LiteralKind {
			if field, ok := args[1].AsLiteral().(types.String); ok {
				return c.selection(args[0], string(field), true)
			}
		}
	case fnGiven:
		of := c.whole(args[0]).eval
		return node{eval: func(f *frame) value {
			v := of(f)
			if v.kind == uncertain {
				return v
			}
			return boolValue(v.kind != missing)
		}}
	case "hasValue":
		of := c.whole(call.Target()).eval
		return node{eval: func(f *frame) value {
			v := of(f)
			if v.kind == uncertain {
				return v
			}
			return boolValue(v.kind != missing)
		}}
	case "value":
		n := c.compile(call.Target())
		of := n.eval
		n.eval = func(f *frame) value {
			if v := of(f); v.kind != missing {
				return v
			}
			return value{}
		}
		return n
	case "orValue", "or":
		n, fallback := c.compile(call.Target()), c.whole(args[0]).eval
		if isConstant := args[0].Kind() == ast.LiteralKind || isConstantList(args[0]) || args[0].Kind() == ast.MapKind && args[0].AsMap().Size() == 0; !isConstant && n.placed {
			c.wants.Want(n.path...).All = true // two places: no path is right for both
			n.placed, n.path = false, nil
		}
		of := n.eval
		n.eval = func(f *frame) value {
			if v := of(f); v.kind != missing {
				return v
			}
			return fallback(f)
		}
		return n
	case "optional.of":
		if !isOptional(c.ast.GetType(args[0].ID())) {
			return c.compile(args[0])
		}
	case "optional.none":
		return node{eval: func(*frame) value { return value{kind: missing} }}
	case "dyn":
		return c.compile(args[0])
	case "filled":
		return c.filled(args[0])
	case operators.Equals, operators.NotEquals:
		return c.equality(args, name == operators.NotEquals)
	case operators.In, operators.OldIn:
		return c.membership(args)
	case operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		return c.order(e, name)
	case "size":
		of := args
		if call.IsMemberFunction() {
			of = []ast.Expr{call.Target()}
		}
		return c.size(e, of[0])
	case operators.Index, operators.OptIndex:
		return c.index(e, args, name == operators.OptIndex)
	case "startsWith", "endsWith", "contains":
		test := map[string]func(s, part string) bool{
			"startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix, "contains": strings.Contains,
		}[name]
		of, part := c.whole(call.Target()).eval, c.whole(args[0]).eval
		return node{eval: func(f *frame) value {
			s, p := of(f), part(f)
			if s.kind != text || p.kind != text {
				return value{}
			}
			return boolValue(test(s.text, p.text))
		}}
	case "matches":
		return c.matches(e)
	case "internet":
		return c.entry(args[0], []string{"CidrIp", "CidrIpv6"}, func(f *frame, _ value, fields []value) value {
			for _, cidr := range fields {
				switch cidr.kind {
				case missing:
				case text:
					if open, err := wholeInternet(cidr.text); err != nil || open {
						return value{kind: boolean, num: 1}.unless(err)
					}
				default:
					return value{}
				}
			}
			return boolValue(false)
		}, nil)
	case "covers":
		return c.entry(args[0], []string{"IpProtocol", "FromPort", "ToPort"}, coversEntry, c.compile(args[1]).eval)
	case "policy":
		return c.policy(e, args[0])
	}
	return c.bridge(e)
}

func (c *closureCompiler) logical(args []ast.Expr, or bool) node {
	parts := make([]closure, len(args))
	for i, a := range args {
		parts[i] = c.compile(a).eval
	}
	decides := int64(0)
	if or {
		decides = 1
	}
	if len(parts) == 2 {
		a, b := parts[0], parts[1]
		return node{eval: func(f *frame) value {
			if v := a(f); v.kind != boolean || v.num == decides {
				return v
			}
			return b(f)
		}}
	}
	return node{eval: func(f *frame) value {
		var v value
		for _, p := range parts {
			if v = p(f); v.kind != boolean || v.num == decides {
				return v
			}
		}
		return v
	}}
}

func (c *closureCompiler) filled(e ast.Expr) node {
	of := c.whole(e).eval
	return node{eval: func(f *frame) value {
		switch v := of(f); v.kind {
		case missing, null:
			return boolValue(false)
		case text:
			return boolValue(v.text != "")
		case boolean, integer, double:
			return boolValue(true)
		case listed, structured, mapped, computed, tagged:
			n, ok := v.length()
			if !ok {
				return value{}
			}
			return boolValue(n > 0)
		case other:
			return fromCEL(filled(v.any.(ref.Val)))
		}
		return value{}
	}}
}

// length counts elements; not where one of them is not known, which may turn out absent.
func (v value) length() (int, bool) {
	switch v.kind {
	case listed:
		for _, e := range v.any.([]any) {
			if _, unknown := e.(*inventory.Unknown); unknown {
				return 0, false
			}
		}
		return len(v.any.([]any)), true
	case structured, mapped:
		for _, e := range v.any.(map[string]any) {
			if _, unknown := e.(*inventory.Unknown); unknown {
				return 0, false
			}
		}
		return len(v.any.(map[string]any)), true
	case computed:
		return len(v.any.([]value)), true
	case tagged:
		return len(v.any.(map[string]string)), true
	}
	return 0, false
}

func (c *closureCompiler) size(e, of ast.Expr) node {
	bridge := c.bridge(e).eval
	n := c.whole(of).eval
	c.wantTags(of)
	return node{eval: func(f *frame) value {
		v := n(f)
		if v.kind == text {
			return value{kind: integer, num: int64(utf8.RuneCountInString(v.text))}
		}
		if v.kind == other {
			return bridge(f)
		}
		count, ok := v.length()
		if !ok {
			return value{}
		}
		return value{kind: integer, num: int64(count)}
	}}
}

// wantTags wants all tags where they are used as a whole.
func (c *closureCompiler) wantTags(e ast.Expr) {
	if isTags(e) {
		c.tags.All = true
	}
}

func (c *closureCompiler) equality(args []ast.Expr, not bool) node {
	optional := isOptional(c.ast.GetType(args[0].ID()))
	if optional != isOptional(c.ast.GetType(args[1].ID())) {
		return unsupported
	}
	for _, a := range args {
		c.wantTags(a)
	}
	left, right := c.whole(args[0]), c.whole(args[1])
	a, b := left.eval, right.eval
	return node{eval: func(f *frame) value {
		x := a(f)
		if x.kind == uncertain || x.kind == missing && !optional {
			return value{}
		}
		y := b(f)
		if y.kind == uncertain || y.kind == missing && !optional {
			return value{}
		}
		if x.kind == missing || y.kind == missing {
			return boolValue((x.kind == y.kind) != not)
		}
		equal, ok := f.equal(x, y)
		if !ok {
			return value{}
		}
		return boolValue(equal != not)
	}}
}

func (f *frame) equal(x, y value) (equal, ok bool) {
	if x.kind == y.kind {
		switch x.kind {
		case text:
			return x.text == y.text, true
		case boolean, integer:
			return x.num == y.num, true
		case double:
			return math.Float64frombits(uint64(x.num)) == math.Float64frombits(uint64(y.num)), true
		}
	}
	a, b := f.toCEL(x, true, nil), f.toCEL(y, true, nil)
	if a == nil || b == nil || unknownIn(a) != nil || unknownIn(b) != nil {
		return false, false
	}
	v, ok := types.Equal(a, b).(types.Bool)
	return bool(v), ok
}

func (c *closureCompiler) membership(args []ast.Expr) node {
	for _, a := range args {
		if isOptional(c.ast.GetType(a.ID())) {
			return unsupported
		}
		c.wantTags(a)
	}
	of, in := c.whole(args[0]).eval, c.whole(args[1])
	set, placed, path := in.eval, in.placed, in.path
	return node{eval: func(f *frame) value {
		x := of(f)
		if x.kind <= missing {
			return value{}
		}
		s := set(f)
		switch s.kind {
		case computed:
			for _, e := range s.any.([]value) {
				equal, ok := f.equal(x, e)
				if !ok {
					return value{}
				}
				if equal {
					return boolValue(true)
				}
			}
			return boolValue(false)
		case listed:
			for _, raw := range s.any.([]any) {
				e := valueIn(s.shape, raw)
				if e.kind == uncertain {
					return value{}
				}
				equal, ok := f.equal(x, e)
				if !ok {
					return value{}
				}
				if equal {
					return boolValue(true)
				}
			}
			return boolValue(false)
		case mapped:
			if x.kind != text {
				return value{}
			}
			raw := s.any.(map[string]any)[x.text]
			if raw == nil {
				if f.doubt(placed, path) {
					return value{}
				}
				return boolValue(false)
			}
			if valueIn(s.shape, raw).kind == uncertain {
				return value{}
			}
			return boolValue(true)
		case tagged:
			if x.kind != text || f.doubtTags() {
				return value{}
			}
			_, ok := s.any.(map[string]string)[x.text]
			return boolValue(ok)
		case other:
			if e := f.toCEL(x, true, nil); e != nil {
				return fromCEL(within(e, s.any.(ref.Val)))
			}
		}
		return value{}
	}}
}

func (c *closureCompiler) order(e ast.Expr, operator string) node {
	bridge := c.bridge(e).eval
	args := e.AsCall().Args()
	left, right := c.compile(args[0]).eval, c.compile(args[1]).eval
	holds := map[string]func(order int) bool{
		operators.Less: func(o int) bool { return o < 0 }, operators.LessEquals: func(o int) bool { return o <= 0 },
		operators.Greater: func(o int) bool { return o > 0 }, operators.GreaterEquals: func(o int) bool { return o >= 0 },
	}[operator]
	return node{eval: func(f *frame) value {
		a, b := left(f), right(f)
		if a.kind == b.kind {
			switch a.kind {
			case integer:
				switch {
				case a.num < b.num:
					return boolValue(holds(-1))
				case a.num > b.num:
					return boolValue(holds(1))
				}
				return boolValue(holds(0))
			case text:
				return boolValue(holds(strings.Compare(a.text, b.text)))
			}
		}
		return bridge(f)
	}}
}

func (c *closureCompiler) index(e ast.Expr, args []ast.Expr, optional bool) node {
	if isOptional(c.ast.GetType(args[0].ID())) {
		return unsupported
	}
	base, by := c.whole(args[0]), c.whole(args[1])
	if isTags(args[0]) {
		if key, ok := args[1].AsLiteral().(types.String); args[1].Kind() == ast.LiteralKind && ok {
			c.tags.Want(string(key))
		} else {
			c.tags.All = true
		}
	}
	of, at, placed, path := base.eval, by.eval, base.placed, base.path
	return node{eval: func(f *frame) value {
		v, key := of(f), at(f)
		switch v.kind {
		case mapped:
			if key.kind != text {
				return value{}
			}
			if raw := v.any.(map[string]any)[key.text]; raw != nil {
				return valueIn(v.shape, raw)
			}
			if optional && !f.doubt(placed, path) {
				return value{kind: missing}
			}
		case tagged:
			if key.kind != text || f.doubtTags() {
				return value{}
			}
			if tag, ok := v.any.(map[string]string)[key.text]; ok {
				return textValue(tag)
			} else if optional {
				return value{kind: missing}
			}
		case listed:
			n, ok := v.length()
			if !ok || key.kind != integer {
				return value{}
			}
			if key.num >= 0 && key.num < int64(n) {
				return valueIn(v.shape, v.any.([]any)[key.num])
			} else if optional {
				return value{kind: missing}
			}
		case computed:
			all := v.any.([]value)
			if key.kind != integer {
				return value{}
			}
			if key.num >= 0 && key.num < int64(len(all)) {
				return all[key.num]
			} else if optional {
				return value{kind: missing}
			}
		case other: // what a function gave: split(".")
			all, ok := v.any.(traits.Lister)
			if !ok || key.kind != integer || key.num < 0 || unknownIn(all) != nil {
				return value{}
			}
			if n, _ := all.Size().(types.Int); key.num < int64(n) {
				return fromCEL(all.Get(types.Int(key.num)))
			} else if optional {
				return value{kind: missing}
			}
		}
		return value{}
	}}
}

func (c *closureCompiler) matches(e ast.Expr) node {
	call := e.AsCall()
	args := call.Args()
	if call.IsMemberFunction() {
		args = append([]ast.Expr{call.Target()}, args...)
	}
	if len(args) != 2 || args[1].Kind() != ast.LiteralKind {
		return c.bridge(e)
	}
	pattern, _ := args[1].AsLiteral().(types.String)
	re, err := regexp.Compile(string(pattern))
	if err != nil {
		return unsupported
	}
	of := c.whole(args[0]).eval
	return node{eval: func(f *frame) value {
		v := of(f)
		if v.kind != text {
			return value{}
		}
		return boolValue(re.MatchString(v.text))
	}}
}

// unless gives up on an error.
func (v value) unless(err error) value {
	if err != nil {
		return value{}
	}
	return v
}

// entry compiles a function of ours that reads a few fields of an object, and perhaps a
// second argument.
func (c *closureCompiler) entry(of ast.Expr, names []string, judge func(f *frame, second value, fields []value) value, second closure) node {
	n := c.compile(of)
	paths := make([][]string, len(names))
	for i, name := range names {
		paths[i] = n.at(name)
		if n.placed {
			c.wants.Want(paths[i]...)
		}
	}
	eval, placed, static := n.eval, n.placed, make([]*shape, len(names))
	if t := c.ast.GetType(of.ID()); t.Kind() == types.StructKind {
		if sh, ok := c.structs.find(t.TypeName()); ok && sh.fields != nil {
			for i, name := range names {
				static[i] = sh.fields()[name]
			}
		}
	}
	return node{eval: func(f *frame) value {
		v := eval(f)
		if v.kind != structured && v.kind != mapped {
			return value{}
		}
		object := v.any.(map[string]any)
		var fields [3]value
		for i, name := range names {
			raw := object[name]
			if raw == nil {
				if len(f.in.resource.Unread) > 0 && f.doubt(placed, paths[i]) {
					return value{}
				}
				fields[i] = value{kind: missing}
				continue
			}
			sh := v.shape
			if v.kind == structured {
				if sh = static[i]; sh == nil {
					return value{} // not an entry of a security group
				}
			}
			fields[i] = valueIn(sh, raw)
		}
		var arg value
		if second != nil {
			arg = second(f)
		}
		return judge(f, arg, fields[:len(names)])
	}}
}

// coversEntry is covers() where everything is certain.
func coversEntry(_ *frame, port value, fields []value) value {
	if port.kind != integer {
		return value{}
	}
	all, tcp := false, true
	switch protocol := fields[0]; protocol.kind {
	case missing:
	case text:
		name := strings.ToLower(strings.TrimSpace(protocol.text))
		all, tcp = name == "-1" || name == "all", name == "tcp" || name == "6"
	case integer:
		all, tcp = protocol.num == -1, protocol.num == 6
	default:
		return value{}
	}
	for _, limit := range fields[1:] {
		if limit.kind != missing && limit.kind != integer {
			return value{}
		}
	}
	from, to := fields[1], fields[2]
	admitted := (from.kind == missing || from.num == -1 || from.num <= port.num) &&
		(to.kind == missing || to.num == -1 || to.num >= port.num)
	return boolValue(all || tcp && admitted)
}

// policy compiles policy(document) and remembers the statements.
func (c *closureCompiler) policy(e, document ast.Expr) node {
	of, read := c.compile(document).eval, c.bridge(e).eval
	return node{eval: func(f *frame) value {
		v := of(f)
		if v.kind != structured && v.kind != mapped {
			return read(f)
		}
		address := reflect.ValueOf(v.any).Pointer()
		for _, p := range f.policies {
			if p.document == address {
				return p.statements
			}
		}
		v = read(f)
		f.policies = append(f.policies, policyRead{address, v})
		return v
	}}
}

// bridge calls a function of cel-go or of ours with CEL values. The function sees values
// that are known throughout, except those that the guard lets see unknowns too.
func (c *closureCompiler) bridge(e ast.Expr) node {
	call := e.AsCall()
	exprs := call.Args()
	if call.IsMemberFunction() {
		exprs = append([]ast.Expr{call.Target()}, exprs...)
	}
	overload := c.overload(e)
	if overload == nil || overload.NonStrict {
		return unsupported
	}
	args := make([]node, len(exprs))
	optional := make([]bool, len(exprs))
	for i, arg := range exprs {
		optional[i] = isOptional(c.ast.GetType(arg.ID()))
		c.wantTags(arg)
		args[i] = c.whole(arg)
		if call.FunctionName() == "on" { // the name of a bucket is part of its ARN
			c.wants.Want("BucketName")
		}
	}
	mayDoubt := unaffected[call.FunctionName()]
	argument := func(f *frame, i int) ref.Val {
		v := args[i].eval(f)
		if v.kind == uncertain || v.kind == missing && !optional[i] {
			return nil
		}
		out := f.toCEL(v, args[i].placed, args[i].path)
		if out == nil || !mayDoubt && unknownIn(out) != nil {
			return nil
		}
		if optional[i] && v.kind != missing {
			return types.OptionalOf(out)
		}
		return out
	}
	switch {
	case len(args) == 1 && overload.Unary != nil:
		return node{eval: func(f *frame) value {
			a := argument(f, 0)
			if a == nil {
				return value{}
			}
			return fromCEL(overload.Unary(a))
		}}
	case len(args) == 2 && overload.Binary != nil:
		return node{eval: func(f *frame) value {
			a := argument(f, 0)
			if a == nil {
				return value{}
			}
			b := argument(f, 1)
			if b == nil {
				return value{}
			}
			return fromCEL(overload.Binary(a, b))
		}}
	case overload.Function != nil:
		return node{eval: func(f *frame) value {
			all := make([]ref.Val, len(args))
			for i := range args {
				if all[i] = argument(f, i); all[i] == nil {
					return value{}
				}
			}
			return fromCEL(overload.Function(all...))
		}}
	}
	return unsupported
}

// overload finds the implementation that the type checker chose; of several, the one that
// chooses itself.
func (c *closureCompiler) overload(e ast.Expr) *functions.Overload {
	name := e.AsCall().FunctionName()
	decl := c.functions[name]
	if decl == nil {
		return nil
	}
	all, err := decl.Bindings()
	if err != nil {
		return nil
	}
	if r := c.ast.ReferenceMap()[e.ID()]; r != nil && len(r.OverloadIDs) == 1 {
		name = r.OverloadIDs[0]
	}
	for _, want := range []string{name, decl.Name()} {
		for _, o := range all {
			if o.Operator == want {
				return o
			}
		}
	}
	return nil
}

// toCEL wraps a value for a function; nil when something in it could not be read.
func (f *frame) toCEL(v value, placed bool, path []string) ref.Val {
	switch v.kind {
	case missing:
		return types.OptionalNone
	case null:
		return types.NullValue
	case boolean:
		return types.Bool(v.num != 0)
	case integer:
		return types.Int(v.num)
	case double:
		return types.Double(math.Float64frombits(uint64(v.num)))
	case text:
		return types.String(v.text)
	case other:
		return v.any.(ref.Val)
	case computed:
		all := make([]ref.Val, len(v.any.([]value)))
		for i, e := range v.any.([]value) {
			if all[i] = f.toCEL(e, false, nil); all[i] == nil {
				return nil
			}
		}
		return types.NewRefValList(types.DefaultTypeAdapter, all)
	case itself:
		t, _ := schema.Lookup(f.in.resource.Ref.Type)
		return &envelope{in: &f.in, shape: f.run.structs.resource(t)}
	case tagged:
		tags, _ := (&envelope{in: &f.in}).tags()
		return tags
	}
	if f.doubt(placed, path) {
		return nil
	}
	at := place{in: &f.in}
	switch v.kind {
	case structured:
		return &object{place: at, shape: v.shape, values: v.any.(map[string]any)}
	case mapped:
		return &mapping{place: at, elem: v.shape, entries: v.any.(map[string]any)}
	case listed:
		return &list{place: at, elem: v.shape, items: v.any.([]any)}
	}
	return nil
}

// fromCEL is the way back; uncertain for an unknown and for an error.
func fromCEL(v ref.Val) value {
	switch v := v.(type) {
	case types.Bool:
		return boolValue(bool(v))
	case types.Int:
		return value{kind: integer, num: int64(v)}
	case types.Double:
		return value{kind: double, num: int64(math.Float64bits(float64(v)))}
	case types.String:
		return textValue(string(v))
	case types.Null:
		return value{kind: null}
	case *types.Unknown, *types.Err, nil:
		return value{}
	case *types.Optional:
		if v.HasValue() {
			return fromCEL(v.GetValue())
		}
		return value{kind: missing}
	case *list:
		if v.flat || len(v.in.resource.Unread) == 0 {
			return value{kind: listed, any: v.items, shape: v.elem}
		}
	}
	return value{kind: other, any: v}
}

// comprehension recognises what the macros of CEL make.
func (c *closureCompiler) comprehension(m ast.ComprehensionExpr) node {
	if m.HasIterVar2() {
		return unsupported
	}
	if m.LoopCondition().Kind() == ast.LiteralKind && m.LoopCondition().AsLiteral() == types.False {
		return c.bind(m)
	}
	if isOptional(c.ast.GetType(m.IterRange().ID())) {
		return unsupported
	}
	kind, body, part := quantifierOf(m)
	if kind == "" {
		return unsupported
	}
	over := c.compile(m.IterRange())
	c.wantTags(m.IterRange())
	element := node{placed: over.placed, path: over.at("*")}
	if element.placed {
		c.wants.Want(element.path...)
	}
	slot := c.slots
	c.slots++
	element.eval = func(f *frame) value { return f.slots[slot] }
	restore := c.bound(m.IterVar(), element)
	test := closure(nil)
	if body != nil {
		test = c.compile(body).eval
	}
	var gives closure
	if part != nil {
		gives = c.whole(part).eval
	}
	restore()

	each := func(f *frame, visit func(value) bool) bool { return f.each(over.eval(f), visit) }
	set := func(f *frame, v value) { f.slots[slot] = v }
	switch kind {
	case "all", "exists":
		decides := int64(0)
		if kind == "exists" {
			decides = 1
		}
		return node{eval: func(f *frame) value {
			v := over.eval(f)
			if v.kind == listed { // nearly always
				for _, raw := range v.any.([]any) {
					e := valueIn(v.shape, raw)
					if e.kind == uncertain {
						return e
					}
					f.slots[slot] = e
					if t := test(f); t.kind != boolean || t.num == decides {
						return t
					}
				}
				return value{kind: boolean, num: decides ^ 1}
			}
			verdict := value{kind: boolean, num: decides ^ 1}
			if !f.each(v, func(e value) bool {
				set(f, e)
				if v := test(f); v.kind != boolean || v.num == decides {
					verdict = v
					return false
				}
				return true
			}) {
				return value{}
			}
			return verdict
		}}
	case "exists_one":
		return node{eval: func(f *frame) value {
			count, ok := 0, true
			if !each(f, func(e value) bool {
				set(f, e)
				v := test(f)
				if ok = v.kind == boolean; ok && v.num == 1 {
					count++
				}
				return ok
			}) || !ok {
				return value{}
			}
			return boolValue(count == 1)
		}}
	}
	return node{eval: func(f *frame) value { // map and filter
		all, ok := []value{}, true
		if !each(f, func(e value) bool {
			set(f, e)
			if test != nil {
				v := test(f)
				if ok = v.kind == boolean; !ok || v.num == 0 {
					return ok
				}
			}
			v := gives(f)
			ok = v.kind > missing
			all = append(all, v)
			return ok
		}) || !ok {
			return value{}
		}
		return value{kind: computed, any: all}
	}}
}

// bound gives a name to a variable; the result takes it away again.
func (c *closureCompiler) bound(name string, n node) (restore func()) {
	before, shadows := c.scope[name]
	c.scope[name] = n
	return func() {
		delete(c.scope, name)
		if shadows {
			c.scope[name] = before
		}
	}
}

// bind is cel.bind(name, value, result).
func (c *closureCompiler) bind(m ast.ComprehensionExpr) node {
	of := c.whole(m.AccuInit())
	slot := c.slots
	c.slots++
	restore := c.bound(m.AccuVar(), node{eval: func(f *frame) value { return f.slots[slot] }})
	result := c.whole(m.Result()).eval
	restore()
	c.wantTags(m.AccuInit())
	return node{eval: func(f *frame) value {
		v := of.eval(f)
		if v.kind == uncertain {
			return v
		}
		f.slots[slot] = v
		return result(f)
	}}
}

// quantifierOf tells which macro made a comprehension: body is its condition, part what it
// collects.
func quantifierOf(m ast.ComprehensionExpr) (kind string, body, part ast.Expr) {
	step := m.LoopStep()
	if step.Kind() != ast.CallKind {
		return "", nil, nil
	}
	isAccu := func(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == m.AccuVar() }
	appended := func(e ast.Expr) ast.Expr { // accu + [e]
		if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.Add || len(e.AsCall().Args()) != 2 {
			return nil
		}
		args := e.AsCall().Args()
		if !isAccu(args[0]) || args[1].Kind() != ast.ListKind || args[1].AsList().Size() != 1 || len(args[1].AsList().OptionalIndices()) > 0 {
			return nil
		}
		return args[1].AsList().Elements()[0]
	}
	call := step.AsCall()
	args := call.Args()
	literal := func(e ast.Expr) ref.Val {
		if e.Kind() == ast.LiteralKind {
			return e.AsLiteral()
		}
		return nil
	}
	isEmptyList := m.AccuInit().Kind() == ast.ListKind && m.AccuInit().AsList().Size() == 0
	switch {
	case call.FunctionName() == operators.LogicalAnd && len(args) == 2 && isAccu(args[0]) && literal(m.AccuInit()) == types.True && isAccu(m.Result()):
		return "all", args[1], nil
	case call.FunctionName() == operators.LogicalOr && len(args) == 2 && isAccu(args[0]) && literal(m.AccuInit()) == types.False && isAccu(m.Result()):
		return "exists", args[1], nil
	case call.FunctionName() == operators.Conditional && literal(m.AccuInit()) == types.IntZero && isAccu(args[2]) && isOneMore(args[1], isAccu):
		return "exists_one", args[0], nil
	case call.FunctionName() == operators.Conditional && isEmptyList && isAccu(args[2]) && appended(args[1]) != nil && isAccu(m.Result()):
		return "filter", args[0], appended(args[1])
	case isEmptyList && appended(step) != nil && isAccu(m.Result()):
		return "map", nil, appended(step)
	}
	return "", nil, nil
}

func isOneMore(e ast.Expr, isAccu func(ast.Expr) bool) bool {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.Add {
		return false
	}
	args := e.AsCall().Args()
	return isAccu(args[0]) && args[1].Kind() == ast.LiteralKind && args[1].AsLiteral() == types.IntOne
}

// each visits the elements of a list, or the keys of a map in order, until visit returns
// false. It returns false when the elements are not all certain.
func (f *frame) each(v value, visit func(value) bool) bool {
	switch v.kind {
	case listed:
		for _, raw := range v.any.([]any) {
			e := valueIn(v.shape, raw)
			if e.kind == uncertain {
				return false
			}
			if !visit(e) {
				return true
			}
		}
		return true
	case computed:
		for _, e := range v.any.([]value) {
			if !visit(e) {
				return true
			}
		}
		return true
	case mapped:
		entries := v.any.(map[string]any)
		for _, key := range sortedKeys(entries) {
			if _, unknown := entries[key].(*inventory.Unknown); unknown {
				return false
			}
			if !visit(textValue(key)) {
				return true
			}
		}
		return true
	case tagged:
		for _, key := range sortedKeys(v.any.(map[string]string)) {
			if !visit(textValue(key)) {
				return true
			}
		}
		return true
	case other:
		all, ok := v.any.(traits.Lister)
		if !ok {
			return false
		}
		for it := all.Iterator(); it.HasNext() == types.True; {
			e := fromCEL(it.Next())
			if e.kind <= missing {
				return false
			}
			if !visit(e) {
				return true
			}
		}
		return true
	}
	return false
}

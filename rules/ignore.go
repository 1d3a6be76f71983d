package rules

import (
	"fmt"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/interpreter"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// ignoreWhen takes the place of a resource type for the compiler.
const ignoreWhen = "ignore.when"

// CompileIgnore compiles the `when` of an ignore rule of a particle, as in
// `int(value) >= 2`: value is the live leaf, declared the declared one (null when it is
// absent), live the live properties. The function is safe for concurrent use; it returns
// an error where the expression breaks or depends on a value that is not known, and a
// difference is then not ignored.
func CompileIgnore(expr string) (func(value, declared any, live map[string]any) (bool, error), error) {
	c := newCompiler(&Rule{}, newStructs())
	program, _, err := c.compile(ignoreWhen, expr, cel.BoolType)
	if err != nil {
		return nil, fmt.Errorf("compile ignore.when %q: %w", expr, err)
	}
	return func(value, declared any, live map[string]any) (bool, error) {
		r := &run{}
		at := place{in: &reading{run: r, resource: &inventory.Resource{}}}
		leaf := func(v any) any { return at.value(dynShape, v) }
		v, err := program.Eval(ignoreActivation{"value": leaf(value), "declared": leaf(declared), "live": leaf(live)})
		switch v := v.(type) {
		case types.Bool:
			return bool(v), nil
		case *types.Unknown:
			return false, fmt.Errorf("evaluate ignore.when %q: it depends on a value that is not known", expr)
		}
		return false, fmt.Errorf("evaluate ignore.when %q: %w", expr, err)
	}, nil
}

// IgnoreWhen compiles an expression on first use, as CompileIgnore does, and evaluates it.
// Safe for concurrent use.
func IgnoreWhen(expr string, value, declared any, live map[string]any) (bool, error) {
	type compiled = func(value, declared any, live map[string]any) (bool, error)
	if known, ok := ignores.Load(expr); ok {
		return known.(compiled)(value, declared, live)
	}
	when, err := CompileIgnore(expr)
	if err != nil {
		when = func(any, any, map[string]any) (bool, error) { return false, err }
	}
	ignores.Store(expr, when)
	return when(value, declared, live)
}

// ignores holds the compiled expressions by their text. A run knows a handful.
var ignores sync.Map

type ignoreActivation map[string]any

// ResolveName implements cel-go's Activation.
func (a ignoreActivation) ResolveName(name string) (any, bool) {
	v, ok := a[name]
	return v, ok
}

// Parent implements cel-go's Activation.
func (a ignoreActivation) Parent() interpreter.Activation { return nil }

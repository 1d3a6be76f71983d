package rules

import (
	"slices"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/parser"

	"github.com/google/cel-go/common/ast"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// otherFunctions adds:
//
//	filled(value)          the value is set and not empty
//	glob(text, pattern)    the text matches a pattern of * and ?
//	semver(text)           a version, to be compared with < <= > >= ==
//	age(timestamp)         how long ago, by the clock of the run
//	days(n)                a duration
//	related(type)          the resources of a type that refer to this one
//	references(type)       the resources of a type that this one refers to
//	account(type)          the account-wide facts of a type that hold where this one is
//
// Written after a resource (r.related(type)) the first two start from that one.
func otherFunctions() []cel.EnvOption {
	a := cel.TypeParamType("A")
	compare := func(id string) cel.FunctionOpt { // cel-go calls Compare
		return cel.Overload(id, []*cel.Type{versionType, versionType}, cel.BoolType)
	}
	return []cel.EnvOption{
		cel.Function("filled",
			cel.Overload("filled_any", []*cel.Type{a}, cel.BoolType, cel.OverloadIsNonStrict(), cel.UnaryBinding(filled))),
		cel.Function("glob",
			cel.Overload("glob_text_pattern", []*cel.Type{cel.StringType, cel.StringType}, cel.BoolType,
				cel.BinaryBinding(func(text, pattern ref.Val) ref.Val {
					return types.Bool(inventory.MatchGlob(string(pattern.(types.String)), string(text.(types.String))))
				}))),
		cel.Function("semver",
			cel.Overload("semver_text", []*cel.Type{cel.StringType}, versionType, cel.UnaryBinding(parseVersion))),
		cel.Function("_<_", compare("less_semver")), cel.Function("_<=_", compare("less_equals_semver")),
		cel.Function("_>_", compare("greater_semver")), cel.Function("_>=_", compare("greater_equals_semver")),
		cel.Function("days",
			cel.Overload("days_int", []*cel.Type{cel.IntType}, cel.DurationType, cel.UnaryBinding(func(n ref.Val) ref.Val {
				const most = types.Int(100 * 365)
				if n := n.(types.Int); n >= -most && n <= most {
					return types.Duration{Duration: time.Duration(n) * 24 * time.Hour}
				}
				return types.NewErr("days(%v) is longer than %d days", n, most)
			}))),
		cel.Macros(slices.Concat([]cel.Macro{ageMacro}, joinMacros("related", relatedField), joinMacros("references", referencesField),
			joinMacros("account", accountField)[:1])...),
	}
}

// ageMacro: age(t) is now - t; a function of its own could not see the clock.
var ageMacro = cel.GlobalMacro("age", 1, func(f cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
	return f.NewCall("_-_", f.NewIdent("now"), args[0]), nil
})

// joinMacros turn related("T") and r.related("T") into the selection of a field named T of a
// struct that has every resource type as a field: so a join is typed like everything else,
// and a misspelt type is an error with a suggestion.
func joinMacros(name, field string) []cel.Macro {
	expand := func(f parser.ExprHelper, from ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
		if from == nil {
			from = f.NewIdent("resource")
		}
		wants := "a resource type in quotes, as in " + name + `("AWS::S3::BucketPolicy")`
		if field == accountField {
			wants = `a type of account-wide facts in quotes, as in account("PCF::Account::Summary")`
		}
		if args[0].Kind() == ast.LiteralKind {
			if typ, ok := args[0].AsLiteral().(types.String); ok && (field != accountField || isAccountType(string(typ))) {
				return f.NewSelect(f.NewSelect(from, field), string(typ)), nil
			}
		}
		return nil, f.NewError(args[0].ID(), name+"() wants "+wants)
	}
	return []cel.Macro{cel.GlobalMacro(name, 1, expand), cel.ReceiverMacro(name, 1, expand)}
}

// filled sees unknowns (it is not strict): the reference to another resource of the same
// file is not known before deployment, and yet certainly not empty.
func filled(v ref.Val) ref.Val {
	switch v := v.(type) {
	case *types.Unknown:
		if certain(v, 1) {
			return types.True
		}
		return v
	case *types.Optional:
		if !v.HasValue() {
			return types.False
		}
		return filled(v.GetValue())
	case traits.Lister:
		steady := steady(v)
		if !types.IsUnknown(steady) {
			return types.Bool(v.Size() != types.IntZero)
		}
		for it := v.Iterator(); it.HasNext() == types.True; {
			if x, ok := it.Next().(*types.Unknown); !ok || certain(x, 0) {
				return types.True // whatever the others turn out to be
			}
		}
		return steady
	case types.String:
		return types.Bool(v != "")
	case types.Null:
		return types.False
	case traits.Mapper:
		return types.Bool(v.Size() != types.IntZero)
	case *types.Err:
		return v
	}
	return types.True
}

// versionType is what semver() gives: numbers compare as numbers, so 1.10 is above 1.9. A
// part that is left out is 0 (https://semver.org, with the leniency of engine versions
// such as "8.0" and "14").
var versionType = types.NewObjectType("semver", traits.ComparerType)

type version struct {
	ref.Val // the text
	parsed  *semver.Version
}

// Type implements ref.Val.
func (v version) Type() ref.Type { return versionType }

// Equal implements ref.Val.
func (v version) Equal(other ref.Val) ref.Val {
	that, ok := other.(version)
	return types.Bool(ok && v.parsed.Equal(that.parsed))
}

func parseVersion(text ref.Val) ref.Val {
	parsed, err := semver.NewVersion(string(text.(types.String)))
	if err != nil {
		return types.NewErr("read version %q: %v", text, err)
	}
	return version{text, parsed}
}

// Compare implements traits.Comparer.
func (v version) Compare(other ref.Val) ref.Val {
	that, ok := other.(version)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return types.Int(v.parsed.Compare(that.parsed))
}

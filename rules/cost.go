package rules

import (
	"fmt"
	"math"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
)

// maxCost is the most that an expression may cost at worst, in the units of cel-go: about
// one for every name looked up and every function called. An evaluation at the limit takes
// seconds; every rule of the pack stays a hundred times below it.
const maxCost = 100_000_000

// The sizes that the estimate expects of what a rule reads. Rules nest four and five
// comprehensions (policies, statements, conditions, values), and no resource is wide on
// every level: the product is what has to be of the right order.
const (
	usualElements   = 10
	usualCharacters = 50
	// maxRange is the longest lists.range(): the only list that is longer than its text.
	maxRange = 1000
)

// listsVersion is the version of CEL's list functions. Version 4 has the same functions,
// but its estimates are without bound where one follows another (measured with v0.31.0:
// split(",").distinct()).
const listsVersion = 3

// checkCost holds what an expression costs at worst against the limit before anybody runs
// it. CEL has no loops but comprehensions, so that their nesting says it all.
func checkCost(env *cel.Env, checked *cel.Ast) error {
	estimate, err := estimateCost(env, checked)
	if err != nil {
		return &exprError{message: fmt.Sprintf("estimate cost: %v", err)}
	}
	if estimate.Max == math.MaxUint64 {
		return &exprError{message: "the cost of the expression has no bound: compute less from what is computed already"}
	}
	if estimate.Max > maxCost {
		return &exprError{message: fmt.Sprintf("the expression may cost %d steps, and %d are allowed: nest fewer comprehensions (all, exists, map, filter)",
			estimate.Max, maxCost)}
	}
	return nil
}

func estimateCost(env *cel.Env, checked *cel.Ast) (checker.CostEstimate, error) {
	s := sizes{bound: map[string]bool{}}
	ast.PostOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.ComprehensionKind {
			s.bound[e.AsComprehension().AccuVar()] = true
		}
	}))
	return env.EstimateCost(checked, s)
}

// sizes answers what cel-go asks when it estimates a cost.
type sizes struct {
	bound map[string]bool // names that cel.bind() gives: cel-go knows their sizes itself
}

// EstimateSize implements checker.CostEstimator.
func (s sizes) EstimateSize(n checker.AstNode) *checker.SizeEstimate {
	if e := n.Expr(); e != nil && e.Kind() == ast.IdentKind && s.bound[e.AsIdent()] {
		return nil
	}
	switch t := n.Type(); {
	case t.Kind() == types.StringKind || t.Kind() == types.BytesKind:
		return &checker.SizeEstimate{Max: usualCharacters}
	case isScalar(t):
		return &checker.SizeEstimate{Min: 1, Max: 1}
	}
	return &checker.SizeEstimate{Max: usualElements}
}

// EstimateCallCost implements checker.CostEstimator: cel-go knows its own functions, and
// one of ours counts as one step.
func (sizes) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

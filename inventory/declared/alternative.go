package declared

import (
	"maps"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A Fn::If whose condition is not known leaves an Unknown behind. That is true and says too
// little: a bucket that is encrypted in one branch and encrypted differently in the other is
// encrypted. So a resource with such conditions is evaluated once more for each way in which
// they may turn out (inventory.Resource.Alternatives), and a rule that says the same of all
// of them has decided. The same condition turns out the same everywhere in a resource.

const (
	// maxUndecided conditions of one resource make 64 alternatives; with more there are none.
	maxUndecided = 6
	// maxSpent bounds the values that the alternatives of one document may cost.
	maxSpent = maxNodes / 8
)

// alternatives evaluates a resource again under every way in which the conditions that were
// met undecided may turn out. They have no alternatives when there are too many.
func (e *evaluator) alternatives(res *inventory.Resource, props *node) {
	names := slices.Sorted(maps.Keys(e.undecided))
	if len(names) == 0 || len(names) > maxUndecided {
		return
	}
	before := e.budget
	defer func() { e.budget = before }()
	for way := range 1 << len(names) {
		if e.spent > maxSpent {
			res.Alternatives = nil
			return
		}
		given := map[string]bool{}
		var told []string
		for i, name := range names {
			given[name] = way&(1<<(len(names)-1-i)) == 0
			word := "true"
			if !given[name] {
				word = "false"
			}
			told = append(told, name+" is "+word)
		}
		e.budget = 0
		e.assume(given, func() {
			if !e.possible() {
				return
			}
			alternative := *res
			alternative.Unread, alternative.UnreadBecause = nil, ""
			alternative.Given = strings.Join(told, " and ")
			e.fill(&alternative, props)
			res.Alternatives = append(res.Alternatives, &alternative)
		})
		e.spent += e.budget
	}
}

// assume evaluates while some conditions are taken for true or false, besides those that
// already are.
func (e *evaluator) assume(given map[string]bool, evaluate func()) {
	verdicts, before := e.verdicts, e.given
	e.given, e.verdicts = maps.Clone(before), map[string]verdict{}
	if e.given == nil {
		e.given = map[string]bool{}
	}
	maps.Copy(e.given, given)
	for name, truth := range e.given {
		e.verdicts[name] = truthOf(truth)
	}
	evaluate()
	e.given, e.verdicts = before, verdicts
}

// possible reports whether what is assumed does not contradict itself: a condition that is
// assumed true cannot build on one that is assumed false.
func (e *evaluator) possible() bool {
	for _, name := range slices.Sorted(maps.Keys(e.given)) {
		f, declared := e.conditions.field(name)
		if !declared {
			continue
		}
		if v := e.decide(f.value); v.truth != unknownTruth && v.truth != truthOf(e.given[name]).truth {
			return false
		}
	}
	return true
}

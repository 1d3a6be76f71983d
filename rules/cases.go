package rules

import (
	"fmt"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A CaseResult is the outcome of one case of one rule.
type CaseResult struct {
	Rule, Case string // the id of the rule, the name of the case
	Position   inventory.Position
	Want, Got  Status
	// OK is true when the verdict is the expected one and stands where the case wants it.
	OK bool
	// Message is that of the finding, or says what is wrong with its place.
	Message string
}

// caseNow is the clock of the cases.
var caseNow = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Test runs the cases inside the rule files, each against its own rule alone, with the
// clock at 2026-01-01T00:00:00Z. The results stand in the order of rules and cases.
func (s *Set) Test() []CaseResult {
	var results []CaseResult
	for _, r := range s.rules {
		for _, c := range r.Cases {
			w := NewWorld(append(c.With[:len(c.With):len(c.With)], c.Resource), nil, caseNow)
			params := r.params
			if c.Params != nil {
				params = r.paramsValue(c.Params)
			}
			f := s.judge(w, r, c.Resource, params)
			result := CaseResult{
				Rule: r.ID, Case: c.Name, Position: c.Position, Want: c.Expect, Got: f.Status,
				OK: f.Status == c.Expect, Message: f.Message,
			}
			if result.OK && c.HasPath && f.Path != c.Path {
				result.OK, result.Message = false, fmt.Sprintf("the finding stands at %q, not at %q", f.Path, c.Path)
			}
			results = append(results, result)
		}
	}
	return results
}

package engine

import (
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/rules"
)

// ControlCount is what the rules decided that answer one control of a framework. Status
// is the worst of it: fail, error, unknown, waived or pass; idle where a rule answers the control
// and judged nothing, and none where no rule of the run answers it.
type ControlCount struct {
	Framework string   `json:"framework"`
	ID        string   `json:"id"`
	Title     string   `json:"title,omitempty"`
	Status    string   `json:"status"`
	Rules     []string `json:"rules"`
	Pass      int      `json:"pass"`
	Fail      int      `json:"fail"`
	Unknown   int      `json:"unknown"`
	Error     int      `json:"error"`
	Skip      int      `json:"skip"`
	Waived    int      `json:"waived"`
	// Incomplete is set when a type that the rules judge was not read everywhere: what was not
	// seen has neither passed nor failed.
	Incomplete bool `json:"incomplete,omitempty"`
}

// ControlStatuses are the statuses of controls, worst first.
var ControlStatuses = []string{"fail", "error", "unknown", "waived", "pass", "idle", "none"}

// Evidence is what an auditor needs to follow the verdicts of a rule: what was asked, of what,
// and which text of the rule asked it.
type Evidence struct {
	Types []string `json:"types"`
	// Check and When are the expressions as written, by type; the key "" stands for all types.
	Check  map[string]string `json:"check"`
	When   map[string]string `json:"when,omitempty"`
	Params map[string]any    `json:"params,omitempty"` // the values that it was judged with
	Digest string            `json:"digest"`           // sha256 of the rule file
}

// addEvidence tells of the rules what they are, for a run that asks for controls.
func addEvidence(job Job, r *Result) {
	if len(job.Frameworks) == 0 || job.Include.Summary {
		return
	}
	for i, rule := range job.Rules.Rules() { // r.Rules has the same order
		params := map[string]any{}
		for _, p := range rule.Params {
			params[p.Name] = p.Value
		}
		r.Rules[i].Evidence = &Evidence{Types: rule.Types, Check: rule.Check, When: rule.When, Params: params, Digest: rule.Digest()}
	}
}

// CountControls fills the counts of the frameworks, or versions of them, that match one of the
// globs, every control of theirs included: what nobody looked at is not compliant. It needs no more than a saved
// result has. list adds the controls themselves to the numbers of the summary. It reports
// whether a framework matched.
func CountControls(r *Result, frameworks []*rules.Framework, globs []string, list bool) (matched bool) {
	if len(globs) == 0 {
		return false
	}
	r.Summary.Controls, r.Controls = map[string]map[string]int{}, nil
	missed := r.missedRules()
	for _, f := range frameworks {
		for _, control := range listed(f, r.Rules) {
			if !slices.ContainsFunc(globs, func(glob string) bool {
				return slices.ContainsFunc(rules.Names(f.Name, control.ID), func(name string) bool { return inventory.MatchGlob(glob, name) })
			}) {
				continue
			}
			matched = true
			c := ControlCount{Framework: f.Name, ID: control.ID, Title: control.Title, Rules: []string{}}
			for _, rule := range r.Rules {
				if !slices.Contains(rule.Controls[f.Name], control.ID) {
					continue
				}
				c.Rules = append(c.Rules, rule.ID)
				c.Pass, c.Fail, c.Unknown = c.Pass+rule.Pass, c.Fail+rule.Fail, c.Unknown+rule.Unknown
				c.Error, c.Skip, c.Waived = c.Error+rule.Error, c.Skip+rule.Skip, c.Waived+rule.Waived
				c.Incomplete = c.Incomplete || missed[rule.ID]
			}
			c.Status = c.status()
			edition := edition(f.Name, control.ID)
			if r.Summary.Controls[edition] == nil {
				r.Summary.Controls[edition] = map[string]int{}
			}
			r.Summary.Controls[edition][c.Status]++
			if list {
				r.Controls = append(r.Controls, c)
			}
		}
	}
	return matched
}

// missedRules are the rules of which a gap left out something that they judge. Without their
// types, as in an older saved result, every gap may have.
func (r *Result) missedRules() map[string]bool {
	types := map[string]bool{}
	for _, g := range r.Gaps {
		types[g.Type] = true
	}
	missed := map[string]bool{}
	for _, rule := range r.Rules {
		for typ := range types {
			if typ == "" || rule.Evidence == nil || slices.ContainsFunc(rule.Evidence.Types, func(glob string) bool { return inventory.MatchGlob(glob, typ) }) {
				missed[rule.ID] = true
			}
		}
	}
	return missed
}

// listed are the controls of a framework; of one that publishes no list, those that the
// rules name.
func listed(f *rules.Framework, counts []RuleCount) []rules.Control {
	if len(f.Controls) > 0 {
		return f.Controls
	}
	var all []rules.Control
	for _, rule := range counts {
		for _, id := range rule.Controls[f.Name] {
			if !slices.Contains(all, rules.Control{ID: id}) {
				all = append(all, rules.Control{ID: id})
			}
		}
	}
	slices.SortFunc(all, func(a, b rules.Control) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// edition is what controls are counted by: the version of a benchmark, or the framework.
func edition(framework, id string) string {
	if version, _, ok := strings.Cut(id, ":"); ok {
		return framework + " " + version
	}
	return framework
}

func (c ControlCount) status() string {
	switch {
	case len(c.Rules) == 0:
		return "none"
	case c.Fail > 0:
		return "fail"
	case c.Error > 0:
		return "error"
	case c.Unknown > 0:
		return "unknown"
	case c.Waived > 0:
		return "waived"
	case c.Pass > 0:
		return "pass"
	}
	return "idle"
}

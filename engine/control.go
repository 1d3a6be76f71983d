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
}

// ControlStatuses are the statuses of controls, worst first.
var ControlStatuses = []string{"fail", "error", "unknown", "waived", "pass", "idle", "none"}

// countControls fills the counts of the frameworks that the job asks for, every control
// of theirs included: what nobody looked at is not compliant.
func countControls(job Job, r *Result) {
	if len(job.Frameworks) == 0 {
		return
	}
	r.Summary.Controls = map[string]map[string]int{}
	for _, f := range job.Rules.Frameworks() {
		if !slices.ContainsFunc(job.Frameworks, func(glob string) bool { return inventory.MatchGlob(glob, f.Name) }) {
			continue
		}
		for _, control := range listed(f, r.Rules) {
			c := ControlCount{Framework: f.Name, ID: control.ID, Title: control.Title, Rules: []string{}}
			for _, rule := range r.Rules {
				if !slices.Contains(rule.Controls[f.Name], control.ID) {
					continue
				}
				c.Rules = append(c.Rules, rule.ID)
				c.Pass, c.Fail, c.Unknown = c.Pass+rule.Pass, c.Fail+rule.Fail, c.Unknown+rule.Unknown
				c.Error, c.Skip, c.Waived = c.Error+rule.Error, c.Skip+rule.Skip, c.Waived+rule.Waived
			}
			c.Status = c.status()
			edition := edition(f.Name, control.ID)
			if r.Summary.Controls[edition] == nil {
				r.Summary.Controls[edition] = map[string]int{}
			}
			r.Summary.Controls[edition][c.Status]++
			if !job.Include.Summary {
				r.Controls = append(r.Controls, c)
			}
		}
	}
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

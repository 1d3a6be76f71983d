package engine

import (
	"slices"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/rules"
)

// The exit codes of CONTRACT.md section 4.
const (
	ExitClean       = 0
	ExitFindings    = 1
	ExitUsage       = 2 // usage, malformed input, no credentials, nothing to judge
	ExitIncomplete  = 3
	ExitActing      = 4
	ExitInterrupted = 130
)

// UnknownPolicy says which unknown verdicts make a run incomplete.
type UnknownPolicy string

// The policies. The default counts critical and high rules only.
const (
	UnknownDefault UnknownPolicy = ""
	UnknownFail    UnknownPolicy = "fail"
	UnknownWarn    UnknownPolicy = "warn"
)

// Gate turns a Result into an exit code. It is the only place where that happens.
type Gate struct {
	// FailOn is the lowest severity that fails; empty means that nothing does
	// (`--fail-on none`).
	FailOn  rules.Severity
	Unknown UnknownPolicy
	// Strict also counts what could not be judged: every unknown verdict, resources of
	// unknown types, properties that could not be compared.
	Strict bool
	// AllowPartial forgives gaps and unverifiable resources.
	AllowPartial bool
	// Interrupted is set when the run was stopped before its end.
	Interrupted bool
	// Stopped is set when something refused to let a plan be applied: a guard, the lock.
	Stopped bool
}

// ExitCode returns the exit code of a run: the first that holds of 130, 2, 4, 1, 3, 0.
// Faults and an empty run are 2 also when other inputs were judged.
func (g Gate) ExitCode(r *Result) int {
	switch {
	case g.Interrupted:
		return ExitInterrupted
	case len(r.Faults) > 0 || g.nothingToJudge(r):
		return ExitUsage
	case g.Stopped || slices.ContainsFunc(r.Outcomes, func(o Outcome) bool { return o.State != "done" && o.State != "skipped" }):
		return ExitActing
	case g.Fails(r), r.Plan != nil && (len(r.Outcomes) < len(r.Plan.Actions) || r.Plan.Reaping != nil && r.Plan.Reaping.Stopped != ""): // planned, not done
		return ExitFindings
	case g.incomplete(r):
		return ExitIncomplete
	}
	return ExitClean
}

// nothingToJudge: a gate that was pointed at nothing must not open.
func (g Gate) nothingToJudge(r *Result) bool {
	switch r.Command {
	case "check":
		return r.Summary.Resources == 0 || r.Summary.Recorded > 0 && r.Summary.Resources == r.Summary.NotJudged
	case "drift":
		return r.Summary.Declared == 0 && len(r.Gaps) == 0
	case "tag", "repair": // a plan that was saved is applied without declarations
		return r.Summary.Declared == 0 && len(r.Gaps) == 0 && r.Summary.ByClass != nil
	}
	return false
}

func (g Gate) counts(severity string) bool {
	return g.FailOn != "" && rules.Severity(severity).AtLeast(g.FailOn)
}

// Fails reports a finding, a drift or an ownership class at or above the threshold.
// An inventory only lists.
func (g Gate) Fails(r *Result) bool {
	if r.Command == "inventory" {
		return false
	}
	known := r.Summary.known() // by the baseline
	for severity, n := range r.Summary.BySeverity {
		if n > known.BySeverity[severity] && g.counts(severity) {
			return true
		}
	}
	for class, n := range r.Summary.Drift {
		if n > known.Drift[class] && class != "in-sync" && class != "unverifiable" && g.counts(DriftSeverity(class)) {
			return true
		}
	}
	if r.Command != "scan" {
		return false
	}
	for class, n := range r.Summary.ByClass {
		if n > known.ByClass[class] && g.counts(ClassSeverity(class)) {
			return true
		}
	}
	return false
}

// FailsListed is Fails for what a saved result lists and a baseline does not know. Its counts are
// those of the day of the run, and scripts take findings out of a saved result or put some in.
func (g Gate) FailsListed(r *Result) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Status == "fail" && !f.Known && g.counts(f.Severity) }) ||
		slices.ContainsFunc(r.Drift, func(d Drift) bool { return d.Class != "unverifiable" && !d.Known && g.counts(DriftSeverity(d.Class)) }) ||
		r.Command == "scan" && slices.ContainsFunc(r.Resources, func(x Resource) bool { return !x.Known && g.counts(ClassSeverity(x.Class)) })
}

func (g Gate) incomplete(r *Result) bool {
	if !g.AllowPartial && (!r.Complete || r.Summary.Drift["unverifiable"] > 0) {
		return true
	}
	// What was left out of the scope blocks a deletion as a gap does, and no flag forgives it.
	if p := r.Plan; p != nil && p.Reaping != nil && slices.ContainsFunc(p.Refused, func(f plan.Refusal) bool { return f.Reason == plan.Incomplete }) {
		return true
	}
	if g.Strict && (r.Summary.NotJudged > 0 || r.Summary.Unverified > 0) {
		return true
	}
	known := r.Summary.known()
	return slices.ContainsFunc(r.Rules, func(c RuleCount) bool {
		return c.Error > 0 || c.Unknown > known.Unknown[c.ID] && g.unknownCounts(c.Severity)
	})
}

// unknownCounts: an unknown verdict blocks where the definite failure would have.
func (g Gate) unknownCounts(severity string) bool {
	switch {
	case g.Strict:
		return true
	case g.Unknown == UnknownWarn || !g.counts(severity):
		return false
	}
	return g.Unknown == UnknownFail || rules.Severity(severity).AtLeast(rules.High)
}

// DriftSeverity is the severity of a drift class (CONTRACT.md section 4).
func DriftSeverity(class string) string {
	switch class {
	case "missing", "owner-conflict", "ambiguous":
		return "high"
	case "changed", "state-mismatch":
		return "medium"
	case "version-skew":
		return "low"
	}
	return "info"
}

// ClassSeverity is the severity of an ownership class (CONTRACT.md section 4).
func ClassSeverity(class string) string {
	switch class {
	case "orphan", "contested":
		return "high"
	case "stale-version":
		return "low"
	}
	return "info"
}

package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/rules"
)

func TestExitCode(t *testing.T) {
	low := Gate{FailOn: rules.Low}
	result := func(change func(*Result)) *Result {
		r := &Result{Command: "scan", Complete: true, Summary: Summary{Resources: 1, Declared: 1}}
		change(r)
		return r
	}
	fails := func(severity string) func(*Result) {
		return func(r *Result) { r.Summary.BySeverity = map[string]int{severity: 1} }
	}
	unknown := func(severity string) func(*Result) {
		return func(r *Result) { r.Rules = []RuleCount{{ID: "x", Severity: severity, Unknown: 1}} }
	}
	gap := func(r *Result) { r.Complete, r.Gaps = false, []Gap{{Reason: "denied"}} }
	drift := func(class string) func(*Result) {
		return func(r *Result) { r.Summary.Drift = map[string]int{class: 1} }
	}
	class := func(class string) func(*Result) {
		return func(r *Result) { r.Summary.ByClass = map[string]int{class: 1} }
	}
	for _, c := range []struct {
		why    string
		gate   Gate
		change func(*Result)
		want   int
	}{
		{"nothing to say is clean", low, func(*Result) {}, 0},
		{"a failure at the threshold fails", low, fails("low"), 1},
		{"info is below every threshold", low, fails("info"), 0},
		{"below the threshold passes", Gate{FailOn: rules.High}, fails("medium"), 0},
		{"none never fails", Gate{}, fails("critical"), 0},
		{"a gap makes it incomplete", low, gap, 3},
		{"unless it is allowed", Gate{FailOn: rules.Low, AllowPartial: true}, gap, 0},
		{"findings win over gaps", low, func(r *Result) { gap(r); fails("low")(r) }, 1},
		{"malformed input wins over findings", low, func(r *Result) { fails("low")(r); r.Faults = []Fault{{}} }, 2},
		{"an interrupt wins over all", Gate{Interrupted: true}, func(r *Result) { r.Faults = []Fault{{}} }, 130},
		{"an unknown verdict of a high rule counts", low, unknown("high"), 3},
		{"of a medium rule it does not", low, unknown("medium"), 0},
		{"unless unknowns fail", Gate{FailOn: rules.Low, Unknown: UnknownFail}, unknown("medium"), 3},
		{"or only warn", Gate{FailOn: rules.Low, Unknown: UnknownWarn}, unknown("critical"), 0},
		{"strict counts every unknown", Gate{FailOn: rules.Low, Strict: true}, unknown("info"), 3},
		{"an unknown below the threshold would not have failed either", Gate{FailOn: rules.Critical}, unknown("high"), 0},
		{"a rule that broke always counts", Gate{}, func(r *Result) { r.Rules = []RuleCount{{Severity: "low", Error: 1}} }, 3},
		{"missing is high", Gate{FailOn: rules.High}, drift("missing"), 1},
		{"changed is medium", Gate{FailOn: rules.High}, drift("changed"), 0},
		{"version-skew is low", low, drift("version-skew"), 1},
		{"in-sync is no drift", low, drift("in-sync"), 0},
		{"what could not be verified is incomplete", low, drift("unverifiable"), 3},
		{"an orphan fails a scan", low, class("orphan"), 1},
		{"stale is low", Gate{FailOn: rules.Medium}, class("stale-version"), 0},
		{"unmanaged is info", low, class("unmanaged"), 0},
		{"an inventory only lists", low, func(r *Result) { r.Command = "inventory"; class("orphan")(r) }, 0},
		{"drift does not judge owners", low, func(r *Result) { r.Command = "drift"; class("orphan")(r) }, 0},
		{"a check of nothing must not open the gate", low, func(r *Result) { r.Command, r.Summary.Resources = "check", 0 }, 2},
		{"nothing declared is nothing to compare", low, func(r *Result) { r.Command, r.Summary.Declared = "drift", 0 }, 2},
		{"what was left out of the scope and blocks a deletion is incomplete, whatever is allowed", Gate{FailOn: rules.Low, AllowPartial: true}, func(r *Result) {
			r.Command, r.Plan = "reap", &plan.Plan{Reaping: &plan.Reaping{}, Refused: []plan.Refusal{{Reason: plan.Incomplete}}}
		}, 3},
		{"another refusal of the plan is a verdict", low, func(r *Result) {
			r.Command, r.Plan = "reap", &plan.Plan{Reaping: &plan.Reaping{}, Refused: []plan.Refusal{{Reason: plan.ConsentMissing}}}
		}, 0},
		{"a type that nobody knows is not judged", Gate{FailOn: rules.Low, Strict: true}, func(r *Result) { r.Summary.NotJudged = 1 }, 3},
	} {
		assert.Equal(t, c.want, c.gate.ExitCode(result(c.change)), c.why)
	}
}

func TestGateRecord(t *testing.T) {
	r := &Result{Command: "check", Complete: true, Summary: Summary{Resources: 2, NotJudged: 2, Recorded: 1}}
	assert.Equal(t, ExitUsage, Gate{}.ExitCode(r), "a gate that is pointed at a Terraform state alone must not open")
	r.Summary.Resources = 3
	assert.Equal(t, ExitClean, Gate{}.ExitCode(r), "something else was judged")
}

func TestGateOfWhatIsListed(t *testing.T) {
	high := Finding{Rule: "ssh", Severity: "high", Status: "fail", Fingerprint: "sha256:1"}
	low := Finding{Rule: "tags", Severity: "low", Status: "fail", Fingerprint: "sha256:2"}
	for _, c := range []struct {
		why        string
		failOn     rules.Severity
		now, older Result
		want       bool
	}{
		{"put in by hand, with the old counts", rules.Low, Result{Findings: []Finding{high, low}, Summary: Summary{BySeverity: map[string]int{"high": 1}}}, Result{Findings: []Finding{high}}, true},
		{"below the threshold", rules.High, Result{Findings: []Finding{high, low}}, Result{Findings: []Finding{high}}, false},
		{"taken out by hand, with the old counts", rules.Low, Result{Findings: []Finding{low}, Summary: Summary{BySeverity: map[string]int{"high": 1, "low": 1}}}, Result{Findings: []Finding{high, low}}, false},
		{"drift that came", rules.High, Result{Drift: []Drift{{Class: "missing", Particle: "db"}}}, Result{Drift: []Drift{}}, true},
		{"what could not be compared is a gap", rules.Low, Result{Drift: []Drift{{Class: "unverifiable"}}}, Result{Drift: []Drift{}}, false},
		{"an orphan that came", rules.High, Result{Resources: []Resource{{Class: "orphan", ID: "a"}}}, Result{Resources: []Resource{}}, true},
		{"none never fails", "", Result{Findings: []Finding{high}}, Result{Findings: []Finding{}}, false},
	} {
		c.now.Command = "scan"
		assert.NoError(t, Compare(&c.now, &c.older), c.why)
		assert.Equal(t, c.want, Gate{FailOn: c.failOn}.FailsListed(&c.now), c.why)
	}
}

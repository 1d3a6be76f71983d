package engine

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/rules"
)

func found() *Result {
	return &Result{
		Command: "scan", Complete: true, Scope: Scope{Partition: "aws"},
		Rules: []RuleCount{{ID: "r", Severity: "high", Fail: 2, Unknown: 1}},
		Findings: []Finding{
			{Rule: "r", Severity: "high", Status: "fail", Fingerprint: "sha256:a"},
			{Rule: "r", Severity: "high", Status: "fail", Fingerprint: "sha256:a"},
			{Rule: "r", Severity: "high", Status: "unknown", Fingerprint: "sha256:u"},
		},
		Drift: []Drift{
			{Resource: Place{Type: "AWS::SQS::Queue", LogicalID: "jobs"}, App: "orders", Class: "changed", Changes: []Change{{Path: "/DelaySeconds", Live: int64(5), Kind: "differs", Severity: "medium"}}},
		},
		Resources: []Resource{{Type: "AWS::SQS::Queue", ID: "q", Class: "orphan"}},
		Summary: Summary{
			BySeverity: map[string]int{"high": 2}, Drift: map[string]int{"changed": 1}, ByClass: map[string]int{"orphan": 1},
		},
	}
}

// saved is the result as it comes back from its file.
func saved(t require.TestingT, r *Result) *Result {
	b, err := json.Marshal(r)
	require.NoError(t, err)
	var back Result
	d := json.NewDecoder(bytes.NewReader(b))
	require.NoError(t, d.Decode(&back))
	return &back
}

func TestBaseline(t *testing.T) {
	for _, c := range []struct {
		why    string
		change func(r *Result) // between the baseline and now
		gate   Gate
		want   int
	}{
		{"nothing new", func(*Result) {}, Gate{FailOn: rules.Low}, ExitClean},
		{"a third copy of a known finding is new", func(r *Result) {
			r.Findings = append(r.Findings, r.Findings[0])
			r.Summary.BySeverity["high"]++
		}, Gate{FailOn: rules.Low}, ExitFindings},
		{"what was only unknown and fails now is new", func(r *Result) {
			r.Findings[2].Status = "fail"
			r.Summary.BySeverity["high"]++
			r.Rules[0].Unknown, r.Rules[0].Fail = 0, 3
		}, Gate{FailOn: rules.Low}, ExitFindings},
		{"a new unknown counts as ever", func(r *Result) {
			r.Findings = append(r.Findings, Finding{Rule: "r", Severity: "high", Status: "unknown", Fingerprint: "sha256:v"})
			r.Rules[0].Unknown++
		}, Gate{FailOn: rules.Low}, ExitIncomplete},
		{"an error is never known", func(r *Result) { r.Rules[0].Error++ }, Gate{FailOn: rules.Low}, ExitIncomplete},
		{"another value at the same path is another drift", func(r *Result) { r.Drift[0].Changes[0].Live = int64(6) }, Gate{FailOn: rules.Low}, ExitFindings},
		{"a new orphan", func(r *Result) {
			r.Resources = append(r.Resources, Resource{Type: "AWS::SQS::Queue", ID: "p", Class: "orphan"})
			r.Summary.ByClass["orphan"]++
		}, Gate{FailOn: rules.Low}, ExitFindings},
		{"owned before, orphan now", func(r *Result) {
			r.Resources[0].Class = "contested"
			r.Summary.ByClass = map[string]int{"contested": 1}
		}, Gate{FailOn: rules.Low}, ExitFindings},
		{"a gap stays a gap", func(r *Result) { r.Complete = false }, Gate{FailOn: rules.Low}, ExitIncomplete},
	} {
		t.Run(c.why, func(t *testing.T) {
			b, err := NewBaseline(saved(t, found()))
			require.NoError(t, err)
			now := found()
			c.change(now)
			b.mark(now)
			assert.Equal(t, c.want, c.gate.ExitCode(now))

			again := found()
			b.mark(again)
			assert.Equal(t, ExitClean, Gate{FailOn: rules.Low}.ExitCode(again), "a baseline serves any number of runs")

			next, err := NewBaseline(saved(t, now))
			require.NoError(t, err)
			now.Summary.Known = nil
			next.mark(now)
			if now.Complete && now.Rules[0].Error == 0 {
				assert.Equal(t, ExitClean, c.gate.ExitCode(now), "the result of a run with a baseline is the next baseline")
			}
		})
	}
}

func TestBaselineRefuses(t *testing.T) {
	_, err := NewBaseline(&Result{})
	assert.ErrorContains(t, err, "--summary")
}

// A baseline only ever forgives what was there: without one finding of it, the gate closes.
func TestBaselineForgivesNoMoreThanItHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prints := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 6).Draw(t, "findings")
		left := rapid.IntRange(0, len(prints)-1).Draw(t, "left out")
		result := func(prints []string) *Result {
			r := &Result{Command: "check", Complete: true, Findings: []Finding{}, Summary: Summary{Resources: 1, BySeverity: map[string]int{"low": len(prints)}}}
			for _, p := range prints {
				r.Findings = append(r.Findings, Finding{Rule: "r", Severity: "low", Status: "fail", Fingerprint: p})
			}
			return r
		}
		old := append(append([]string{}, prints[:left]...), prints[left+1:]...)
		b, err := NewBaseline(result(old))
		require.NoError(t, err)
		now := result(prints)
		b.mark(now)
		assert.Equal(t, ExitFindings, Gate{FailOn: rules.Low}.ExitCode(now))
	})
}

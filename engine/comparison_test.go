package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCompare(t *testing.T) {
	place := func(id string) Place {
		return Place{Partition: "aws", Type: "AWS::SQS::Queue", ID: id, Account: "111122223333", Region: "eu-west-1"}
	}
	run := func() *Result {
		return &Result{
			Command: "scan", RunID: "run-old", Complete: true,
			Scope: Scope{Partition: "aws", Accounts: []string{"111122223333"}, Regions: []string{"eu-west-1"}, Types: []string{"*"}},
			Rules: []RuleCount{{ID: "r", Severity: "high", Fail: 1}},
			Findings: []Finding{
				{Rule: "r", Severity: "high", Status: "fail", Fingerprint: "a", Resource: place("a")},
				{Rule: "r", Severity: "high", Status: "waived", Fingerprint: "w", Resource: place("w")},
				{Rule: "r", Severity: "high", Status: "error", Fingerprint: "e", Resource: place("e")},
			},
			Drift:     []Drift{{Resource: place("d"), App: "orders", Class: "missing"}},
			Resources: []Resource{{Type: "AWS::SQS::Queue", ID: "a", Account: "111122223333", Region: "eu-west-1", Class: "owned"}},
			Summary:   Summary{BySeverity: map[string]int{"high": 1}, Drift: map[string]int{"missing": 1}},
		}
	}
	for _, c := range []struct {
		why                        string
		change                     func(r *Result)
		findings, drift, resources Changed
	}{
		{"the same run", func(*Result) {}, Changed{Unchanged: 2}, Changed{Unchanged: 1}, Changed{Unchanged: 1}},
		{"a new finding", func(r *Result) {
			r.Findings = append(r.Findings, Finding{Rule: "r", Status: "fail", Fingerprint: "b"})
		}, Changed{New: 1, Unchanged: 2}, Changed{Unchanged: 1}, Changed{Unchanged: 1}},
		{"a waiver ended", func(r *Result) { r.Findings[1].Status = "fail" }, Changed{Reopened: 1, Unchanged: 2}, Changed{Unchanged: 1}, Changed{Unchanged: 1}},
		{"all is mended", func(r *Result) { r.Findings, r.Drift = []Finding{}, []Drift{} }, Changed{Gone: 2}, Changed{Gone: 1}, Changed{Unchanged: 1}},
		{"a gap hides whether it is mended", func(r *Result) {
			r.Findings, r.Drift, r.Resources = []Finding{}, []Drift{}, []Resource{}
			r.Gaps = []Gap{{Account: "111122223333", Region: "eu-west-1", Type: "AWS::SQS::Queue", Reason: "denied"}}
		}, Changed{Unseen: 2}, Changed{Unseen: 1}, Changed{Unseen: 1}},
		{"another region was read", func(r *Result) {
			r.Findings, r.Drift, r.Resources = []Finding{}, []Drift{}, []Resource{}
			r.Scope.Regions = []string{"us-east-1"}
		}, Changed{Unseen: 2}, Changed{Unseen: 1}, Changed{Unseen: 1}},
		{"the rule was not loaded", func(r *Result) { r.Findings, r.Rules = []Finding{}, nil }, Changed{Unseen: 2}, Changed{Unchanged: 1}, Changed{Unchanged: 1}},
		{"the newer run shows one app only", func(r *Result) {
			r.Findings, r.Drift, r.Resources = []Finding{}, []Drift{}, []Resource{}
			r.Scope.NarrowedTo = []string{"app orders"}
		}, Changed{Unseen: 2}, Changed{Unseen: 1}, Changed{Unseen: 1}},
		{"one came, one went", func(r *Result) { r.Resources[0].ID = "b" }, Changed{Unchanged: 2}, Changed{Unchanged: 1}, Changed{New: 1, Gone: 1}},
	} {
		t.Run(c.why, func(t *testing.T) {
			now := run()
			now.RunID = "run-new"
			c.change(now)
			require.NoError(t, Compare(now, saved(t, run())))
			assert.Equal(t, c.findings, now.Comparison.Findings, "findings")
			assert.Equal(t, c.drift, now.Comparison.Drift, "drift")
			assert.Equal(t, c.resources, now.Comparison.Resources, "resources")
			assert.Equal(t, "run-old", now.Comparison.Against)
			assert.Len(t, now.Comparison.Resolved, c.findings.Gone)
		})
	}
	assert.ErrorContains(t, Compare(run(), &Result{}), "--summary")
	assert.ErrorContains(t, Compare(&Result{}, run()), "--summary")
}

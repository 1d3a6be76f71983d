package reports

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine"
)

func TestJUnitCountsWhatItHolds(t *testing.T) {
	all := results()
	for name, r := range results() { // and the same with nothing listed
		r.Findings, r.Drift, r.Resources = nil, nil, nil
		all[name+" --summary"] = r
	}
	for name, r := range all {
		t.Run(name, func(t *testing.T) {
			var doc junitSuites
			require.NoError(t, xml.Unmarshal([]byte(render(t, junit, r, Options{})), &doc))
			var total junitCounts
			for _, s := range doc.Suites {
				var got junitCounts
				for _, c := range s.Cases {
					got.Tests++
					for outcome, n := range map[*junitOutcome]*int{c.Failure: &got.Failures, c.Error: &got.Errors, c.Skipped: &got.Skipped} {
						if outcome != nil {
							*n++
						}
					}
				}
				assert.Equal(t, got, s.junitCounts, s.Name)
				total.Tests += got.Tests
				total.Failures += got.Failures
				total.Errors += got.Errors
				total.Skipped += got.Skipped
			}
			assert.Equal(t, total, doc.junitCounts)
			require.NotEmpty(t, doc.Suites)
			assert.Equal(t, "coverage", doc.Suites[0].Name, "coverage is the first thing in every report")
			if !everythingRead(r) {
				assert.Positive(t, doc.Suites[0].Errors, "an incomplete run is never green")
			}
			if len(r.Findings) > 0 && r.Summary.BySeverity["critical"] > 0 && r.Summary.Known == nil {
				assert.Positive(t, doc.Failures)
			}
		})
	}
}

func TestJUnitSummaryFails(t *testing.T) {
	r := failing()
	r.Findings, r.Drift, r.Resources = nil, nil, nil
	doc := junitOf(r)
	assert.Positive(t, doc.Failures, "what is counted and not listed still fails")
	assert.Positive(t, doc.Errors)
}

func TestAnnotationsCannotBeForged(t *testing.T) {
	r := failing()
	r.Findings = []engine.Finding{{
		Rule: "r", Severity: "high", Status: "fail", Message: "50%\n::error file=x::forged\r\n::stop-commands::x",
		Resource: engine.Place{Type: "AWS::S3::Bucket", LogicalID: "a,b::c\n::notice::forged", File: "a,line=9:x\n::b.yaml", Line: 3},
	}}
	r.Drift, r.Resources = nil, nil
	got := render(t, github, r, Options{})
	assert.Len(t, slices.Collect(strings.Lines(got)), 2, "one annotation and the last line: %s", got)
	assert.Contains(t, got, "file=a%2Cline=9%3Ax %3A%3Ab.yaml,line=3,col=1,title=r (high)::")
	assert.Contains(t, got, "50%25")
}

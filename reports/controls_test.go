package reports

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine"
)

// TestControlsSection: every control of a framework stands in the report, under what is known
// of it, and each rule is told with its text and version.
func TestControlsSection(t *testing.T) {
	r := &engine.Result{
		Command: "scan", Complete: false, Gaps: []engine.Gap{{Type: "AWS::SQS::Queue", Reason: "denied", Message: "no"}},
		Controls: []engine.ControlCount{
			{Framework: "acme", ID: "A.1", Title: "closed", Status: "fail", Rules: []string{"r-1", "r-2"}, Fail: 2, Pass: 3, Waived: 1},
			{Framework: "acme", ID: "A.2", Status: "pass", Rules: []string{"r-2"}, Pass: 3},
			{Framework: "acme", ID: "A.3", Status: "pass", Rules: []string{"r-3"}, Pass: 1, Incomplete: true},
			{Framework: "acme", ID: "A.4", Status: "idle", Rules: []string{"r-4"}},
			{Framework: "acme", ID: "A.5", Status: "none", Rules: []string{}},
			{Framework: "acme", ID: "A.6", Status: "none", Rules: []string{}},
			{Framework: "other", ID: "1:1", Status: "none", Rules: []string{}},
		},
		Rules: []engine.RuleCount{
			{ID: "r-1", Title: "Doors are closed", Severity: "high", Fail: 2, Pass: 3, Skip: 4, Evidence: &engine.Evidence{
				Types: []string{"AWS::SQS::Queue"}, Check: map[string]string{"": "a &&\n  b"}, When: map[string]string{"AWS::SQS::Queue": "c"},
				Params: map[string]any{"days": 90}, Digest: "sha256:abc",
			}},
			{ID: "r-5", Title: "Nobody asked", Severity: "low"},
		},
	}
	var b strings.Builder
	require.NoError(t, markdown.Write(&b, r, Options{}))
	text := b.String()
	for _, want := range []string{
		"### Controls of `acme`: 6\n\n- **fail** `A.1 closed`: 2 fail, 0 unknown, 3 pass, 1 waived, by `r-1 r-2`\n",
		"\nPass (1): `A.2`\n",
		"\nPass where it could be looked, and there are gaps (1): `A.3`\n",
		"\nNothing there to judge (1): `A.4`\n",
		"\nNot covered, no rule of this run answers them (2): `A.5` `A.6`\n",
		"### Controls of `other`: 1\n\nNot covered",
		"- `r-1` `Doors are closed`\n  - version `sha256:abc`, of `AWS::SQS::Queue`\n  - judged 5: 2 fail, 0 unknown, 3 pass, 0 waived; not concerned 4\n" +
			"  - `when of AWS::SQS::Queue: c`\n  - `check: a && b`\n  - `params.days: 90`\n",
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "Nobody asked", "without evidence there is none")
	assert.Less(t, strings.Index(text, "INCOMPLETE"), strings.Index(text, "Controls of"), "coverage comes first")

	// What finds no room is counted.
	r.Controls = nil
	for i := range 20_000 {
		r.Controls = append(r.Controls, engine.ControlCount{Framework: "acme", ID: fmt.Sprint("A.", i), Status: "none"})
	}
	b.Reset()
	require.NoError(t, markdown.Write(&b, r, Options{}))
	assert.LessOrEqual(t, b.Len(), maxComment)
	assert.Contains(t, b.String(), "20000 controls")
}

func TestCSVOfRows(t *testing.T) {
	var b strings.Builder
	require.NoError(t, CSV(&b, []string{"name", "note"}, [][]string{{"=1+1", "a,b"}, {"x\x1b[31m", `"`}}))
	assert.Equal(t, "name,note\n'=1+1,\"a,b\"\nx\\u001b[31m,\"\"\"\"\n", b.String(), "no formula, no escape sequence")
}

package reports

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine"
)

func TestSuppressionWithoutDate(t *testing.T) {
	const why = "a suppression without a date never expires: no report may show it as expired two thousand years ago"
	waived := func(w engine.Waiver) engine.Finding {
		return engine.Finding{Rule: "restricted-ssh", Severity: "high", Status: "waived", Resource: engine.Place{Type: "AWS::EC2::SecurityGroup", LogicalID: "Web"}, Waiver: &w}
	}
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	r := &engine.Result{Command: "check", StartedAt: day, FinishedAt: day, Complete: true, Findings: []engine.Finding{
		waived(engine.Waiver{Reason: "bastion", Approver: "inline"}),
		waived(engine.Waiver{Reason: "until the VPN is there", Approver: "inline", Expires: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}),
	}}
	assert.Equal(t, "by inline: bastion", waiverText(*r.Findings[0].Waiver), why)
	assert.Equal(t, "until 2027-01-01 by inline: until the VPN is there", waiverText(*r.Findings[1].Waiver), why)
	for _, f := range Formats() {
		var b bytes.Buffer
		require.NoError(t, f.Write(&b, r, Options{}), f.Name)
		assert.NotContains(t, b.String(), "0001-01-01", "%s: %s", f.Name, why)
	}
	rows := waiverList(r).cells
	require.Len(t, rows, 2)
	assert.Equal(t, []string{"2027-01-01", "never"}, []string{rows[0][0], rows[1][0]}, "what never expires stands last")
	saved, err := json.Marshal(r.Findings[0].Waiver)
	require.NoError(t, err)
	assert.JSONEq(t, `{"reason": "bastion", "approver": "inline"}`, string(saved), why)
}

func TestUnreadPlacesAreCountedOnce(t *testing.T) {
	gap := func(file string) engine.Gap { return engine.Gap{File: file, Reason: "malformed", Message: "m"} }
	for _, c := range []struct {
		why    string
		gaps   []engine.Gap
		faults []engine.Fault
		want   int
	}{
		{"a mistake in a file is its gap too", []engine.Gap{gap("a.yaml")}, []engine.Fault{{File: "a.yaml", Line: 3}}, 1},
		{"two mistakes are two gaps", []engine.Gap{gap("a.yaml"), gap("a.yaml")}, []engine.Fault{{File: "a.yaml", Line: 3}, {File: "a.yaml", Line: 9}}, 2},
		{"a mistake of the command line has no gap", nil, []engine.Fault{{Message: "no file declares the parameter"}}, 1},
		{"another reason is another place", []engine.Gap{{File: "a.yaml", Reason: "unsupported"}}, []engine.Fault{{File: "a.yaml"}}, 2},
		{"nothing", nil, nil, 0},
	} {
		assert.Equal(t, c.want, unread(&engine.Result{Gaps: c.gaps, Faults: c.faults}), c.why)
	}
}

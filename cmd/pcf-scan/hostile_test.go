package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestHostileNamesAreInert: what the formats of reports promise of the text of resources holds
// for all else that is printed as well: status, history, explanations, logs and errors.
func TestHostileNamesAreInert(t *testing.T) {
	const payload = "=cmd|' /C x'!A0\x1b]0;owned\x07\x1b[2J\u009b31m\u202e\r\nFORGED <script>alert(1)</script> ::error::x"
	enter(t, nil)
	write := func(name string, v any) {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(name, text, 0o600))
	}
	id := "arn:aws:sns:eu-west-1:111122223333:" + payload
	live := func(id string) map[string]any {
		return map[string]any{
			"type": "AWS::SNS::Topic", "id": id, "name": payload, "account": "111122223333", "region": "eu-west-1", "created": "2026-01-01T00:00:00Z",
			"tags": map[string]string{"pcf:app": "orders", "pcf:environment": "dev", "pcf:version": "1", "pcf:particle": "topic", payload: payload}, "properties": map[string]any{"TopicName": payload, "DisplayName": payload},
		}
	}
	write("account.json", map[string]any{
		"schemaVersion": 1, "complete": true, "resources": []any{live(id)},
		"scope": map[string]any{"partition": "aws", "accounts": []string{"111122223333"}, "regions": []string{"eu-west-1", "global"}, "types": []string{"*"}},
		"gaps":  []any{},
	})
	write("active.yaml", map[string]any{"app": "orders", "version": "1", "environment": "dev", "owner": payload, "particles": map[string]any{
		"topic": map[string]any{"type": "AWS::SNS::Topic", "id": id, "properties": map[string]any{"DisplayName": "x" + payload}},
	}})
	write("retired.yaml", map[string]any{"app": "orders", "version": "1", "environment": "dev", "owner": payload, "retired": "2026-10-01T00:00:00Z", "particles": map[string]any{
		"topic": map[string]any{"type": "AWS::SNS::Topic", "properties": map[string]any{}},
	}})
	write("bad.yaml", map[string]any{"app": payload, "version": payload, "particles": map[string]any{payload: map[string]any{"type": payload, payload: payload}}})

	computed := regexp.MustCompile(`^\s*[-=+@]`)
	calls := 0
	for _, line := range [][]string{
		words("check bad.yaml"), words("check active.yaml -v --history h.db --now 2026-11-01T00:00:00Z"),
		words("inventory --live snapshot:account.json --declared active.yaml -v"), words("scan --live snapshot:account.json --declared active.yaml --history h.db -v --now 2026-11-02T00:00:00Z"),
		words("drift --live snapshot:account.json --declared active.yaml --log-format json -v"),
		{"explain", id, "--live", "snapshot:account.json", "--declared", "active.yaml"},
		{"explain", payload, "--live", "snapshot:account.json", "--declared", "active.yaml"},
		words("tag --live sim:account.json --declared active.yaml"), words("repair --live sim:account.json --declared active.yaml"),
		words("reap --live sim:account.json --declared retired.yaml --history h.db -v --now 2026-11-03T00:00:00Z --apply --notify none --max-percent unlimited"),
		words("reap status --now 2026-11-04T00:00:00Z"),
		{"reap", "cancel", payload, "--live", "sim:account.json"},
		words("reap --live sim:account.json --declared retired.yaml --history h.db -v --now 2026-12-03T00:00:00Z --apply --notify none --max-percent unlimited"),
		words("history list --history h.db"), words("history findings --history h.db"), words("history outcomes --history h.db"), words("history trend --history h.db --app orders"),
		{"history", "findings", "--history", "h.db", "--app", payload},
		{"check", payload},
		{"types", payload},
		{"rules", "show", payload},
		{payload},
		words("audit verify .pcf-scan/state"),
	} {
		for _, format := range []string{"table", "json", "csv"} {
			if format != "table" && (line[0] == "reap" && len(line) > 10 || line[0] == "audit" || line[0] == "explain" && format == "csv" || line[0] == payload || line[0] == "rules" || line[0] == "types") {
				continue
			}
			args := line
			if line[0] != payload && line[0] != "audit" && line[0] != "rules" {
				args = append(append([]string{}, line...), "--format", format)
			}
			stdout, stderr, code := call(t, args...)
			calls++
			what := strings.Join(args[:min(3, len(args))], " ")
			for _, text := range []string{stdout, stderr} {
				for _, c := range text {
					if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c)) {
						assert.Fail(t, "a name acts on the terminal", "%q: %q", what, text[:min(len(text), 600)])
						break
					}
				}
				assert.NotRegexp(t, `(?m)^(FORGED|::error)`, text, "a name makes a line of its own: %q", what)
			}
			if format == "csv" && code != 2 {
				rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
				require.NoError(t, err, what)
				for _, row := range rows {
					for _, cell := range row {
						assert.NotRegexp(t, computed, cell, "a spreadsheet computes it: %q", what)
					}
				}
			}
		}
	}
	t.Logf("%d calls", calls)
}

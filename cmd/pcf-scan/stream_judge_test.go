package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/declared"
	"github.com/pcf-scan/pcf-scan/rules"
)

// packSnapshot writes the resources of every case of the built-in pack, as live ones of one
// account for each case. Without names that are not known it can be judged as a stream.
func packSnapshot(t *testing.T, unknownNames bool) string {
	t.Helper()
	pack, err := rules.Builtin()
	require.NoError(t, err)
	s := &inventory.Snapshot{Scope: inventory.Scope{Partition: "aws", Types: []string{"*"}}}
	n := 0
	for _, rule := range pack.Rules() {
		for _, c := range rule.Cases {
			account := fmt.Sprintf("%012d", len(s.Scope.Accounts)+1)
			s.Scope.Accounts = append(s.Scope.Accounts, account)
			for _, of := range append([]*inventory.Resource{c.Resource}, c.With...) {
				n++
				r := *of
				r.Properties = maps.Clone(r.Properties)
				maps.DeleteFunc(r.Properties, func(_ string, v any) bool {
					_, unknown := v.(*inventory.Unknown)
					return unknown && !unknownNames
				})
				r.Declared, r.LogicalID = false, ""
				r.Ref.Account, r.Ref.Region = account, "eu-west-1"
				if r.Ref.ID == "" {
					r.Ref.ID = fmt.Sprintf("id-%d", n)
				}
				s.Resources = append(s.Resources, &r)
			}
		}
	}
	var b bytes.Buffer
	require.NoError(t, declared.WriteSnapshotJSONL(&b, s))
	return b.String()
}

func judged(t *testing.T, text string, flags ...string) (stdout string, code int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "snapshot.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"pcf-scan", "check", file, "--summary", "--format", "json", "--now", "2026-11-01T00:00:00Z"}, flags...), &out, &errs)
	return strings.ReplaceAll(out.String(), file, "FILE"), code
}

// TestStreamedRunEqualsRun: judging a snapshot as a stream changes what it costs, and
// nothing else. A byte order mark sends a snapshot the ordinary way.
func TestStreamedRunEqualsRun(t *testing.T) {
	const bom = "\xef\xbb\xbf"
	text := packSnapshot(t, false)
	lines := strings.SplitAfter(text, "\n")
	lines = lines[:len(lines)-1]
	middle := len(lines) / 2
	edit := func(change func(lines []string) []string) string {
		return strings.Join(change(append([]string{}, lines...)), "")
	}
	for _, tt := range []struct {
		text  string
		flags []string
		why   string
	}{
		{text, nil, "every case of the pack, joins included"},
		{text, []string{"--framework", "fsbp"}, "controls"},
		{packSnapshot(t, true), nil, "names that are not known"},
		{text, []string{"--severity", "high"}, "a part of the rules"},
		{text, []string{"--rule", "s3-bucket-ssl-requests-only", "--rule", "ec2-imdsv2-check"}, "joins alone"},
		{text, []string{"--concurrency", "1"}, "one worker"},
		{edit(func(l []string) []string { return l[:len(l)-1] }), nil, "the end is lost"},
		{edit(func(l []string) []string { return append(l[:middle:middle], l[middle+1:]...) }), nil, "a line is lost"},
		{edit(func(l []string) []string { return append(l, l[1]) }), nil, "text after the end"},
		{edit(func(l []string) []string { l[middle] = l[middle-1]; return l }), nil, "a resource stands twice"},
		{edit(func(l []string) []string { l[middle] = "{\n"; return l }), nil, "a broken line"},
		{edit(func(l []string) []string { l[middle] = strings.Replace(l[middle], `"type"`, `"Type"`, 1); return l }), nil, "a key in another case"},
		{edit(func(l []string) []string { l[middle] = strings.Replace(l[middle], `"id"`, "\n\"id\"", 1); return l }), nil, "a resource on two lines"},
		{edit(func(l []string) []string {
			l[1] = strings.Replace(l[1], `"region":"eu-west-1"`, `"region":5`, 1)
			return l
		}), nil, "a wrong kind"},
		{edit(func(l []string) []string {
			l[len(l)-1] = strings.Replace(l[len(l)-1], `"gaps":[]`, `"gaps":[{"type":"AWS::S3::BucketPolicy","reason":"denied","message":"no"}]`, 1)
			return l
		}), nil, "a gap that hides what joins look for"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			want, wantCode := judged(t, bom+tt.text, tt.flags...)
			got, code := judged(t, tt.text, tt.flags...)
			assert.Equal(t, want, got)
			assert.Equal(t, wantCode, code)
		})
	}
}

// TestStreamIsTaken: the comparison above means nothing if both go the ordinary way.
func TestStreamIsTaken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "snapshot.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(packSnapshot(t, false)), 0o600))
	in, ok := declared.OpenStream(file)
	require.True(t, ok)
	defer in.Close()
	pack, err := rules.LoadToJudge()
	require.NoError(t, err)
	result, err := engine.RunStream(engine.Job{Command: "check", Rules: pack, Include: engine.Include{Summary: true}}, in)
	require.NoError(t, err)
	assert.Positive(t, result.Summary.Findings["fail"])
	assert.Positive(t, result.Summary.Findings["unknown"])
}

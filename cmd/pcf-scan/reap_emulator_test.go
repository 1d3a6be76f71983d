package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// unreadable are the types that the emulator cannot list. Nothing of theirs refers to what
// the test reaps: without them the account is read completely.
var unreadable = []string{"AWS::EC2::PlacementGroup", "AWS::ElastiCache::ParameterGroup"}

// reapTruth is what reap.py says that must be gone and must stay; a resource is type and id.
type reapTruth struct {
	Gone   map[string][][2]string
	Stays  [][2]string
	Before [][2][2]string
}

type reapLeft struct {
	Left                         [][2]string
	Snapshots, Databases, Tables []string
}

// TestReapOnEmulator: from three apps, one of which is retired and one of which has a new
// version, exactly what the retired ones left goes, what refers before what is referred to,
// after mark, notice, quarantine and backup; each run on a machine that knows nothing but the
// bucket of the state. A third-party client seeds and looks.
func TestReapOnEmulator(t *testing.T) {
	if os.Getenv("PCF_SCAN_FULL") == "" {
		t.Skip("nine scans of a whole account take minutes: make test-full")
	}
	e := emulator.Start(t)
	fmt.Printf("emulator: 1 test ran in cmd/pcf-scan: %s\n", t.Name())
	var truth reapTruth
	require.NoError(t, json.Unmarshal([]byte(e.Seed(t, filepath.Join(root, "testdata/accounts/reap.py"))), &truth))
	require.Len(t, truth.Gone["orders"], 16)
	require.Len(t, truth.Gone["reports"], 16)
	stays := truth.Stays
	require.Greater(t, len(stays), 35)
	look := func(of [][2]string) (l reapLeft) {
		t.Helper()
		asked, err := json.Marshal(of)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal([]byte(e.Seed(t, filepath.Join(root, "testdata/accounts/reap_left.py"), string(asked))), &l))
		return l
	}
	dir := t.TempDir()
	consent, notices := filepath.Join(dir, "consent.yaml"), filepath.Join(dir, "notices.jsonl")
	require.NoError(t, os.WriteFile(consent, []byte("consents:\n"+
		"  - {app: orders, reason: it is retired, approver: ops@acme.example, expires: 2027-01-01}\n"+
		"  - {app: reports, reason: it is retired, approver: ops@acme.example, expires: 2027-01-01}\n"), 0o600))
	base := []string{
		"--declared", filepath.Join(root, "testdata/apps/reap"), "--region", emulator.Region, "--state", "s3://acme-reaper-state/reaper",
		"--consent", consent, "--max-delete", "40", "--max-percent", "60", "--format", "json",
	}
	for _, r := range aws.Readers() {
		if !slices.Contains(unreadable, r.Type) {
			base = append(base, "--type", r.Type)
		}
	}
	// reap runs once and returns how many actions of each verb were planned, and what was
	// written beside the state.
	reap := func(day string, want int, args ...string) (verbs map[string]int, writes []string) {
		t.Helper()
		e.Forget()
		args = slices.Concat([]string{"reap", "--now", day + "T00:00:00Z"}, base, args)
		stdout, stderr, code := program(t, e, args...)
		r := result(t, stdout)
		require.Equal(t, want, code, "%s\n%s", stderr, undone(r))
		require.True(t, r.Complete, "gaps: %v", r.Gaps)
		verbs = map[string]int{}
		for _, a := range r.Plan.Actions {
			verbs[string(a.Verb)]++
		}
		for _, w := range e.WriteTexts() {
			if !strings.Contains(w, "/acme-reaper-state") {
				writes = append(writes, w)
			}
		}
		return verbs, writes
	}
	tell := []string{"--apply", "--notify", "file:" + notices}

	// The retired app goes at once when its owner asks for it.
	teardown := []string{"--app", "reports", "--grace", "0"}
	verbs, writes := reap("2026-10-30", 1, teardown...)
	assert.Equal(t, 16, verbs["delete"])
	assert.Empty(t, writes, "a dry run writes nothing")
	reap("2026-10-30", 0, append(teardown, "--apply")...)
	l := look(slices.Concat(truth.Gone["reports"], truth.Gone["orders"], stays))
	assert.ElementsMatch(t, slices.Concat(truth.Gone["orders"], stays), l.Left, "the app and nothing else")
	assert.Len(t, l.Snapshots, 1)
	assert.Len(t, l.Databases, 2, "a backup, and the final snapshot")
	assert.Equal(t, []string{"reports-1"}, l.Tables)

	// What the old version left goes in its time.
	verbs, writes = reap("2026-11-01", 0, tell...)
	assert.Equal(t, map[string]int{"mark": 16}, verbs)
	assert.NotEmpty(t, writes, "the tags")
	told, err := os.ReadFile(notices)
	require.NoError(t, err)
	assert.Contains(t, string(told), "orders@acme.example")
	verbs, writes = reap("2026-11-08", 0, tell...)
	assert.Empty(t, verbs)
	assert.Empty(t, writes, "it waits")
	verbs, writes = reap("2026-11-13", 1)
	assert.Equal(t, map[string]int{"quarantine": 4}, verbs, "instance, database, function and rule")
	assert.Empty(t, writes, "a dry run writes nothing")
	verbs, _ = reap("2026-11-13", 0, tell...)
	assert.Equal(t, map[string]int{"quarantine": 4}, verbs)
	assert.ElementsMatch(t, slices.Concat(truth.Gone["orders"], stays), look(slices.Concat(truth.Gone["orders"], stays)).Left, "held, and there")
	verbs, writes = reap("2026-11-17", 0, tell...)
	assert.Equal(t, 16, verbs["delete"])
	assert.Equal(t, 3, verbs["backup"])
	l = look(slices.Concat(truth.Gone["orders"], stays))
	assert.ElementsMatch(t, stays, l.Left, "exactly the truth table")
	assert.Len(t, l.Snapshots, 2)
	assert.Len(t, l.Databases, 4)
	assert.Equal(t, []string{"orders-1", "reports-1"}, l.Tables)
	inOrder(t, truth, writes)

	verbs, writes = reap("2026-11-18", 0, tell...)
	assert.Empty(t, verbs, "nothing is left to do")
	assert.Empty(t, writes)
}

// deletions are how the requests that delete begin, by type.
var deletions = map[string]string{
	"AWS::EC2::Instance": "TerminateInstances", "AWS::EC2::SecurityGroup": "DeleteSecurityGroup", "AWS::IAM::InstanceProfile": "DeleteInstanceProfile",
	"AWS::IAM::Role": "DeleteRole ", "AWS::IAM::ManagedPolicy": "DeletePolicy ", "AWS::Lambda::Function": "DELETE functions",
	"AWS::Events::Rule": "DeleteRule", "AWS::RDS::DBInstance": "DeleteDBInstance",
}

// inOrder checks on the requests themselves that what refers went first.
func inOrder(t *testing.T, truth reapTruth, writes []string) {
	t.Helper()
	when := func(r [2]string) int {
		typ, id := r[0], r[1]
		if typ == "AWS::Events::Rule" {
			id = id[strings.LastIndexByte(id, '/')+1:]
		}
		var found []int
		for i, w := range writes {
			if deletions[typ] != "" && strings.HasPrefix(w, deletions[typ]) && strings.Contains(w, id) {
				found = append(found, i)
			}
		}
		if strings.Contains(id, "reports") || len(found) == 0 {
			return -1 // the teardown's
		}
		require.Len(t, found, 1, "%v is deleted once", r)
		return found[0]
	}
	pairs := 0
	for _, b := range truth.Before {
		if earlier, later := when(b[0]), when(b[1]); earlier >= 0 && later >= 0 {
			assert.Less(t, earlier, later, "%v before %v", b[0], b[1])
			pairs++
		}
	}
	assert.Equal(t, 8, pairs)
}

// undone are the outcomes of a run that are not done, for a message.
func undone(r engine.Result) string {
	var b strings.Builder
	for _, o := range r.Outcomes {
		for _, a := range r.Plan.Actions {
			if a.ID == o.Action && o.State != "done" {
				fmt.Fprintf(&b, "%s %s %s: %s\n", o.State, a.Verb, a.Resource.Ref(), o.Message)
			}
		}
	}
	return b.String()
}

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// toReap are the flags that narrow a scan to what a reaper of these types must read.
func toReap(types ...string) (flags []string) {
	for _, typ := range toDelete(types) {
		flags = append(flags, "--type", typ)
	}
	return flags
}

// newMachine runs the program as a cron job does whose machine is new every time: nothing is
// in its directory, which is its home too, and nothing stays there.
func newMachine(t *testing.T, e *emulator.Emulator, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	home := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Args[0], cmd.Dir = "pcf-scan", home
	cmd.Env = append(e.Env(), "PCF_SCAN_TEST_PROGRAM=1", "HOME="+home, "AWS_MAX_ATTEMPTS=2") // one operation that the emulator has not is tried again and again
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // the exit code says it
	left, err := os.ReadDir(home)
	require.NoError(t, err)
	require.Empty(t, left, "the machine keeps nothing")
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// reapTruth is what reap.py says that must be gone and must stay; a resource is type and id.
type reapTruth struct {
	Gone   map[string][][2]string
	Stays  [][2]string
	Before [][2][2]string
	Parts  []string
}

type reapLeft struct {
	Left                         [][2]string
	Snapshots, Databases, Tables []string
}

// TestReapOnEmulator: from three apps, one of which is retired and one of which has a new
// version, exactly what the retired ones left goes, what refers before what is referred to,
// after mark, notice, quarantine and backup; each run on a machine that knows nothing but the
// bucket of the state. A third-party client seeds and looks, and the emulator's own picture of
// its state shows that nothing else was touched. It cannot draw functions and databases: the
// world with those is looked at by the client alone.
func TestReapOnEmulator(t *testing.T) {
	t.Parallel()
	for _, drawable := range []bool{true, false} {
		name := "with functions and databases"
		if drawable {
			name = "drawn by the emulator"
		}
		t.Run(name, func(t *testing.T) {
			if !drawable && os.Getenv("PCF_SCAN_FULL") == "" {
				t.Skip("a second world of the same kind: make test-full")
			}
			t.Parallel()
			reapOnEmulator(t, drawable)
		})
	}
}

func reapOnEmulator(t *testing.T, drawable bool) {
	e := emulator.Start(t)
	fmt.Printf("emulator: 1 test ran in cmd/pcf-scan: %s\n", t.Name())
	of, held, ordered, databases := 16, 4, 7, 2
	var how []string
	if drawable {
		of, held, ordered, databases = 14, 2, 3, 0
		how = []string{"drawable"}
	}
	var truth reapTruth
	require.NoError(t, json.Unmarshal([]byte(e.Seed(t, filepath.Join(root, "testdata/accounts/reap.py"), how...)), &truth))
	require.Len(t, truth.Gone["orders"], of)
	require.Len(t, truth.Gone["reports"], of)
	stays := truth.Stays
	require.Greater(t, len(stays), 35)
	before := drawn(t, e, drawable)
	dir := t.TempDir()
	consent, notices := filepath.Join(dir, "consent.yaml"), filepath.Join(dir, "notices.jsonl")
	require.NoError(t, os.WriteFile(consent, []byte("consents:\n"+
		"  - {app: orders, reason: it is retired, approver: ops@acme.example, expires: 2027-01-01}\n"+
		"  - {app: reports, reason: it is retired, approver: ops@acme.example, expires: 2027-01-01}\n"), 0o600))
	declared, err := filepath.Abs(filepath.Join(root, "testdata/apps/reap"))
	require.NoError(t, err)
	var types []string
	for _, r := range slices.Concat(truth.Gone["orders"], stays) {
		types = append(types, r[0])
	}
	base := append(toReap(types...),
		"--declared", declared, "--region", emulator.Region, "--state", "s3://acme-reaper-state/reaper",
		"--consent", consent, "--max-delete", "40", "--max-percent", "60", "--format", "json",
	)
	// reap runs once and returns how many actions of each verb were planned, and what was
	// written beside the state.
	reap := func(day string, want int, args ...string) (verbs map[string]int, writes []string) {
		t.Helper()
		e.Forget()
		args = slices.Concat([]string{"reap", "--now", day + "T00:00:00Z"}, base, args)
		stdout, stderr, code := newMachine(t, e, args...)
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
	assert.Equal(t, of, verbs["delete"])
	assert.Empty(t, writes, "a dry run writes nothing")
	reap("2026-10-30", 0, append(teardown, "--apply")...)
	l := lookFor(t, e, slices.Concat(truth.Gone["reports"], truth.Gone["orders"], stays))
	assert.ElementsMatch(t, slices.Concat(truth.Gone["orders"], stays), l.Left, "the app and nothing else")
	assert.Len(t, l.Snapshots, 1)
	assert.Len(t, l.Databases, databases, "a backup, and the final snapshot")
	assert.Equal(t, []string{"reports-1"}, l.Tables)

	// What the old version left goes in its time.
	verbs, writes = reap("2026-11-01", 0, tell...)
	assert.Equal(t, map[string]int{"mark": of}, verbs)
	assert.NotEmpty(t, writes, "the tags")
	told, err := os.ReadFile(notices)
	require.NoError(t, err)
	assert.Contains(t, string(told), "orders@acme.example")
	verbs, writes = reap("2026-11-08", 0, tell...)
	assert.Empty(t, verbs)
	assert.Empty(t, writes, "it waits")
	verbs, writes = reap("2026-11-13", 1)
	assert.Equal(t, map[string]int{"quarantine": held}, verbs, "instance and rule, database and function")
	assert.Empty(t, writes, "a dry run writes nothing")
	verbs, _ = reap("2026-11-13", 0, tell...)
	assert.Equal(t, map[string]int{"quarantine": held}, verbs)
	assert.ElementsMatch(t, slices.Concat(truth.Gone["orders"], stays), lookFor(t, e, slices.Concat(truth.Gone["orders"], stays)).Left, "held, and there")
	verbs, writes = reap("2026-11-17", 0, tell...)
	assert.Equal(t, of, verbs["delete"])
	assert.Equal(t, 2+databases/2, verbs["backup"])
	l = lookFor(t, e, slices.Concat(truth.Gone["orders"], stays))
	assert.ElementsMatch(t, stays, l.Left, "exactly the truth table")
	assert.Len(t, l.Snapshots, 2)
	assert.Len(t, l.Databases, 2*databases)
	assert.Equal(t, []string{"orders-1", "reports-1"}, l.Tables)
	inOrder(t, truth, writes, ordered)
	if drawable {
		untouched(t, before, drawn(t, e, drawable), truth)
	}

	verbs, writes = reap("2026-11-18", 0, tell...)
	assert.Empty(t, verbs, "nothing is left to do")
	assert.Empty(t, writes)
}

// lookFor asks a third-party client which of the resources are there, and for all backups.
func lookFor(t *testing.T, e *emulator.Emulator, of [][2]string) (l reapLeft) {
	t.Helper()
	asked, err := json.Marshal(of)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(e.Seed(t, filepath.Join(root, "testdata/accounts/reap_left.py"), string(asked))), &l))
	return l
}

// deletions are how the requests that delete begin, by type.
var deletions = map[string]string{
	"AWS::EC2::Instance": "TerminateInstances", "AWS::EC2::SecurityGroup": "DeleteSecurityGroup", "AWS::IAM::InstanceProfile": "DeleteInstanceProfile",
	"AWS::IAM::Role": "DeleteRole ", "AWS::IAM::ManagedPolicy": "DeletePolicy ", "AWS::Lambda::Function": "DELETE functions",
	"AWS::Events::Rule": "DeleteRule", "AWS::RDS::DBInstance": "DeleteDBInstance",
}

// inOrder checks on the requests themselves that what refers went first.
func inOrder(t *testing.T, truth reapTruth, writes []string, want int) {
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
	assert.Equal(t, want, pairs)
	// Rings are opened before their first member goes.
	at := func(text string) int {
		n := slices.IndexFunc(writes, func(w string) bool { return strings.HasPrefix(w, text) })
		require.GreaterOrEqual(t, n, 0, text)
		return n
	}
	assert.Less(t, at("DetachRolePolicy "), at("DeletePolicy "), "a role and its policy name each other")
	assert.Less(t, at("RevokeSecurityGroupIngress "), at("DeleteSecurityGroup "), "two groups let each other in")
}

// A picture is the emulator's own dump of its state: by service and model all objects that
// were ever made, in their order, as far as they have a JSON.
type picture map[string]map[string][]map[string]any

func drawn(t *testing.T, e *emulator.Emulator, drawable bool) (p picture) {
	t.Helper()
	if drawable {
		require.NoError(t, json.Unmarshal([]byte(e.State(t)), &p))
	}
	return p
}

// untouched checks that between two pictures only what the truth table names, and what is a part of
// that, has changed.
func untouched(t *testing.T, before, after picture, truth reapTruth) {
	t.Helper()
	names := append([]string{"acme-reaper-state"}, truth.Parts...)
	for _, r := range slices.Concat(truth.Gone["orders"], truth.Gone["reports"]) {
		names = append(names, strings.Split(r[1], "|")...)
	}
	objects, touched := 0, 0
	for service, models := range before {
		for model, list := range models {
			if strings.HasSuffix(model, "Backend") || model == "AccountSummary" {
				continue // they count the others
			}
			objects += len(list)
			for i, was := range list {
				is := after[service][model][i]
				if reflect.DeepEqual(was, is) {
					continue
				}
				text, err := json.Marshal(was)
				require.NoError(t, err)
				assert.True(t, slices.ContainsFunc(names, func(n string) bool { return strings.Contains(string(text), strconv.Quote(n)) }),
					"%s %s was touched:\n%.600s", service, model, text)
				touched++
			}
		}
	}
	t.Logf("%d objects in the emulator's picture, %d of them touched", objects, touched)
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

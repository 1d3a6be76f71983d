package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// A faultyCall is a call of a run that fails, with all later ones of its operation.
type faultyCall struct {
	service, action string
	nth             int // of the calls of the operation in the run, from 1
	fault           emulator.Fault
}

func (f faultyCall) String() string {
	return fmt.Sprintf("%s %s number %d %s", f.service, f.action, f.nth, f.fault)
}

// sweepFaults are what each call of a run meets, in this order.
var sweepFaults = []emulator.Fault{
	emulator.Throttle, emulator.HTML500, emulator.Hang, emulator.Deny, emulator.Expire, emulator.Truncate, emulator.EmptyPage, emulator.RepeatToken,
	emulator.EmptyList, emulator.Empty,
}

// numbered are calls with their number among those of their operation.
func numbered(calls []emulator.Call) (all []faultyCall) {
	seen := map[[2]string]int{}
	for _, c := range calls {
		key := [2]string{c.Service, c.Action}
		seen[key]++
		all = append(all, faultyCall{service: c.Service, action: c.Action, nth: seen[key]})
	}
	return all
}

// sampled are some of all, spread evenly; with PCF_SCAN_FULL all.
func sampled(all []faultyCall, some int) (few []faultyCall) {
	if os.Getenv("PCF_SCAN_FULL") != "" || len(all) <= some {
		return all
	}
	for i := range some {
		few = append(few, all[i*len(all)/some])
	}
	return few
}

// TestReapFaultSweepOnEmulator lets calls of the run that deletes fail, each in each way with
// PCF_SCAN_FULL and a sample without. Whatever fails, nothing goes that would not go without
// the fault; and nothing at all goes when the plan would be made from a call that failed.
func TestReapFaultSweepOnEmulator(t *testing.T) {
	e := emulator.Start(t)
	fmt.Printf("emulator: 1 test ran in cmd/pcf-scan: %s\n", t.Name())
	dir := t.TempDir()
	teardownFiles(t, dir)
	var (
		truth struct{ Gone, Stays [][2]string }
		b     *emulator.Bucket
		due   map[string]string // the state when the next run deletes
	)
	cron := func(day string, args ...string) (said string, code int) {
		t.Helper()
		args = slices.Concat(toReap(teardownTypes...), []string{"--region", emulator.Region, "--now", day + "T00:00:00Z", "--notify", "none"}, args)
		cmd := reapIn(t, dir, append(e.Env(), "AWS_MAX_ATTEMPTS=2"), b, args...)
		out, _ := cmd.CombinedOutput() // the exit code says it
		return string(out), cmd.ProcessState.ExitCode()
	}
	const last = "2026-11-17"
	prepare := func() {
		t.Helper()
		e.Reset(t)
		require.NoError(t, json.Unmarshal([]byte(e.Seed(t, filepath.Join(root, "testdata/accounts/teardown.py"), "small")), &truth))
		b = emulator.NewBucket(t, time.Now)
		for _, day := range []string{"2026-11-01", "2026-11-13"} {
			said, code := cron(day, "--apply")
			require.Zero(t, code, said)
		}
		due = maps.Clone(b.Objects)
		e.Forget()
	}
	staysWhole := func(why string) {
		t.Helper()
		assert.Equal(t, truth.Stays, lookFor(t, e, truth.Stays).Left, why)
	}

	prepare()
	said, code := cron(last)
	require.Equal(t, 1, code, said)
	reads := numbered(e.Calls())
	e.Forget()
	said, code = cron(last, "--apply")
	require.Zero(t, code, said)
	later := slices.DeleteFunc(numbered(e.Calls()), func(c faultyCall) bool { return slices.Contains(reads, c) })
	require.NotEmpty(t, endings(e))
	require.Equal(t, truth.Stays, lookFor(t, e, slices.Concat(truth.Gone, truth.Stays)).Left)

	crossed := func(calls []faultyCall, some int) (all []faultyCall) {
		for _, c := range calls {
			for _, fault := range sweepFaults {
				c.fault = fault
				all = append(all, c)
			}
		}
		return sampled(all, some)
	}
	prepare()
	try := func(f faultyCall) (ended []string, code int) {
		t.Helper()
		if len(e.Writes()) > 0 { // the one before left traces
			prepare()
		}
		b.Objects = maps.Clone(due)
		e.FailFrom(f.service, f.action, f.nth, f.fault)
		args := []string{"--apply"}
		if f.fault == emulator.Hang {
			args = append(args, "--timeout", "5s")
		}
		_, code = cron(last, args...)
		e.Heal()
		if ended = endings(e); len(ended) > 0 {
			written := e.Writes()
			staysWhole(f.String())
			require.NotEmpty(t, written)
			prepare()
		}
		return ended, code
	}
	none, runs := 0, 0
	for _, f := range crossed(reads, 14) {
		ended, code := try(f)
		runs++
		if len(ended) == 0 {
			none++
		}
		if !slices.Contains([]emulator.Fault{emulator.EmptyPage, emulator.RepeatToken, emulator.EmptyList}, f.fault) { // which change pages only
			assert.Empty(t, ended, "%s", f)
			assert.NotZero(t, code, "%s", f)
		}
	}
	t.Logf("%d runs in which one of %d calls of the scan failed; %d of them deleted nothing", runs, len(reads), none)
	runs = 0
	for _, f := range crossed(later, 6) {
		try(f)
		runs++
	}
	t.Logf("%d runs in which one of %d calls of acting failed", runs, len(later))
}

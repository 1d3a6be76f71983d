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

// A faultRig is an account in which the next run of a cron job deletes what the two before
// it marked and held.
type faultRig struct {
	e     *emulator.Emulator
	dir   string
	truth struct{ Gone, Stays [][2]string }
	state *emulator.Bucket
	due   map[string]string // what is in state then
	used  bool              // a run has changed the account since
}

const dueDay = "2026-11-17"

func newFaultRig(t *testing.T) *faultRig {
	t.Helper()
	r := &faultRig{e: emulator.Start(t), dir: t.TempDir()}
	teardownFiles(t, r.dir)
	r.prepare(t)
	return r
}

func (r *faultRig) cron(t *testing.T, day string, args ...string) (said string, code int) {
	t.Helper()
	args = slices.Concat(toReap(teardownTypes...), []string{"--region", emulator.Region, "--now", day + "T00:00:00Z", "--notify", "none"}, args)
	cmd := reapIn(t, r.dir, append(r.e.Env(), "AWS_MAX_ATTEMPTS=2"), r.state, args...)
	out, _ := cmd.CombinedOutput() // the exit code says it
	return string(out), cmd.ProcessState.ExitCode()
}

func (r *faultRig) prepare(t *testing.T) {
	t.Helper()
	r.e.Reset(t)
	require.NoError(t, json.Unmarshal([]byte(r.e.Seed(t, filepath.Join(root, "testdata/accounts/teardown.py"), "small")), &r.truth))
	r.state = emulator.NewBucket(t, time.Now)
	for _, day := range []string{"2026-11-01", "2026-11-13"} {
		said, code := r.cron(t, day, "--apply")
		require.Zero(t, code, said)
	}
	r.due, r.used = maps.Clone(r.state.Objects), false
	r.e.Forget()
}

// try runs the job with a fault and returns what it asked to be deleted.
func (r *faultRig) try(t *testing.T, f faultyCall) (ended []string, code int) {
	t.Helper()
	if r.used {
		r.prepare(t)
	}
	r.state.Objects = maps.Clone(r.due)
	r.e.FailFrom(f.service, f.action, f.nth, f.fault)
	args := []string{"--apply"}
	if f.fault == emulator.Hang {
		args = append(args, "--timeout", "5s")
	}
	_, code = r.cron(t, dueDay, args...)
	r.e.Heal()
	r.used = len(r.e.Writes()) > 0
	if ended = endings(r.e); len(ended) > 0 {
		assert.Equal(t, r.truth.Stays, lookFor(t, r.e, r.truth.Stays).Left, "%s", f)
	}
	return ended, code
}

// TestReapFaultSweepOnEmulator lets calls of the run that deletes fail, each in each way with
// PCF_SCAN_FULL and a sample without. Whatever fails, nothing goes that would not go without
// the fault; and nothing at all goes when the plan would be made from a call that failed.
func TestReapFaultSweepOnEmulator(t *testing.T) {
	t.Parallel()
	fmt.Printf("emulator: 1 test ran in cmd/pcf-scan: %s\n", t.Name())
	var reads, later []faultyCall // of the scan, and of acting
	t.Run("no fault", func(t *testing.T) {
		r := newFaultRig(t)
		said, code := r.cron(t, dueDay)
		require.Equal(t, 1, code, said)
		reads = numbered(r.e.Calls())
		r.e.Forget()
		said, code = r.cron(t, dueDay, "--apply")
		require.Zero(t, code, said)
		later = slices.DeleteFunc(numbered(r.e.Calls()), func(c faultyCall) bool { return slices.Contains(reads, c) })
		require.NotEmpty(t, endings(r.e))
		require.Equal(t, r.truth.Stays, lookFor(t, r.e, slices.Concat(r.truth.Gone, r.truth.Stays)).Left)
	})
	crossed := func(calls []faultyCall, some int) (all []faultyCall) {
		for _, c := range calls {
			for _, fault := range sweepFaults {
				c.fault = fault
				all = append(all, c)
			}
		}
		return sampled(all, some)
	}
	scanning, acting := crossed(reads, 14), crossed(later, 6)
	t.Logf("one of %d calls of the scan fails in %d runs, one of %d calls of acting in %d", len(reads), len(scanning), len(later), len(acting))
	parts := min(16, (len(scanning)+len(acting))/5) // each prepares an account of its own
	for part := range parts {
		t.Run(fmt.Sprint("part ", part), func(t *testing.T) {
			t.Parallel()
			r := newFaultRig(t)
			runs, none := 0, 0
			for i, f := range slices.Concat(scanning, acting) {
				if i%parts != part {
					continue
				}
				ended, code := r.try(t, f)
				runs++
				if len(ended) == 0 {
					none++
				}
				if i < len(scanning) && !slices.Contains([]emulator.Fault{emulator.EmptyPage, emulator.RepeatToken, emulator.EmptyList}, f.fault) { // which change pages only
					assert.Empty(t, ended, "%s", f)
					assert.NotZero(t, code, "%s", f)
				}
			}
			t.Logf("%d runs with a fault; %d of them deleted nothing", runs, none)
		})
	}
}

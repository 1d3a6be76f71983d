package reaper_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
	"github.com/pcf-scan/pcf-scan/reaper"
	"github.com/pcf-scan/pcf-scan/reaper/simcloud"
)

func patched(r *inventory.Resource) plan.Action {
	return on(plan.Update, r, set("/DelaySeconds", int64(1), int64(5)))
}

// Each guard refuses the whole run, and before anything is written.
func TestGuards(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(r *rig, run *reaper.Run)
		want    error
		why     string
	}{
		{"expired", func(r *rig, _ *reaper.Run) { r.clock.T = day.Add(400 * 24 * time.Hour) }, plan.ErrExpired, "what was approved a year ago is not what lives"},
		{"from the future", func(r *rig, _ *reaper.Run) { r.clock.T = day.Add(-time.Hour) }, nil, "a clock is wrong"},
		{"changed", func(_ *rig, run *reaper.Run) { run.Plan.Actions[0].Patch[0].To = int64(99) }, plan.ErrDigest, "the digest covers every value"},
		{"not approved", func(_ *rig, run *reaper.Run) { run.Approved = "sha256:other" }, reaper.ErrNotApproved, "another plan was approved"},
		{"other account", func(r *rig, _ *reaper.Run) { r.cloud.As.Account = "999999999999" }, reaper.ErrWrongCaller, "the credentials were swapped between plan and apply"},
		{"other partition", func(r *rig, _ *reaper.Run) { r.cloud.As.Partition = "aws-cn" }, reaper.ErrWrongCaller, "an account number may exist twice"},
		{"kill switch", func(_ *rig, run *reaper.Run) { run.Switch = func() (string, error) { return "held by ops", nil } }, reaper.ErrStopped, "it is on"},
		{"kill switch unreadable", func(_ *rig, run *reaper.Run) {
			run.Switch = func() (string, error) { return "", errors.New("permission denied") }
		}, reaper.ErrStopped, "whoever cannot read it must not act"},
		{"locked", func(r *rig, _ *reaper.Run) {
			_, _ = r.store.Acquire(context.Background(), "somebody", time.Hour)
		}, state.ErrLocked, "another run is at work"},
		{"unknown verb", func(_ *rig, run *reaper.Run) {
			run.Plan.Actions[0].Verb = "explode"
			_ = run.Plan.Seal()
		}, reaper.ErrUnsupported, "nothing is done in part"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := queue("it")
			r := newRig(q)
			run := reaper.Run{ID: "r", Plan: planOf(t, patched(q)), Cloud: r.cloud, Store: r.store, Clock: r.clock}
			c.prepare(r, &run)
			journal := r.store.Journal()
			outcomes, err := reaper.Apply(context.Background(), run)
			require.Error(t, err, c.why)
			if c.want != nil {
				assert.ErrorIs(t, err, c.want, c.why)
			}
			assert.Empty(t, outcomes)
			assert.Zero(t, r.changes())
			assert.Equal(t, journal, r.store.Journal())
		})
	}
}

// One item that cannot be done takes along what needs it, and nothing else.
func TestIsolation(t *testing.T) {
	q, good := queue("a"), queue("b")
	r := newRig(good)
	first := creation("first", "AWS::S3::Bucket", inventory.Properties{"BucketName": map[string]any{"pcf:reference": "Ref nowhere"}})
	second := creation("second", "AWS::S3::Bucket", inventory.Properties{"BucketName": "second"}, first.ID)
	outcomes, err := r.apply(planOf(t, patched(q), first, second, patched(good)))
	require.NoError(t, err)
	var states []string
	for _, o := range outcomes {
		states = append(states, o.State)
	}
	assert.Equal(t, []string{state.Stale, state.Failed, state.BlockedBy, state.Done}, states)
	assert.Contains(t, outcomes[2].Message, first.ID)
	assert.NotEmpty(t, outcomes[3].RequestID)
}

func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T, r *rig, live *inventory.Resource) plan.Action
		want    string
		message string
		changes int
	}{
		{"already so", func(_ *testing.T, _ *rig, l *inventory.Resource) plan.Action {
			return on(plan.Update, l, set("/DelaySeconds", int64(0), int64(1)))
		}, state.Done, "already", 0},
		{"recreated under the same name (ABA)", func(_ *testing.T, _ *rig, l *inventory.Resource) plan.Action {
			old := *l
			old.Created = day.Add(-48 * time.Hour)
			return patched(&old)
		}, state.Stale, "another resource", 0},
		{"not before", func(_ *testing.T, _ *rig, l *inventory.Resource) plan.Action {
			a := patched(l)
			later := day.Add(time.Hour)
			a.NotBefore = &later
			return a
		}, state.Skipped, "not before", 0},
		{"denied", func(_ *testing.T, r *rig, l *inventory.Resource) plan.Action {
			r.cloud.Faults.Deny = 1
			return patched(l)
		}, state.Failed, "credentials", 0},
		{"throttled for ever", func(_ *testing.T, r *rig, l *inventory.Resource) plan.Action {
			r.cloud.Faults.Throttle = 1
			return patched(l)
		}, state.Failed, "rate", 0},
		{"no reply, and the effect is there", func(_ *testing.T, r *rig, l *inventory.Resource) plan.Action {
			r.cloud.Faults.Lose = 1
			return patched(l)
		}, state.Done, "", 8},
		{"delete of what holds data", func(t *testing.T, r *rig, l *inventory.Resource) plan.Action {
			r.mark(t, l)
			return on(plan.Delete, l)
		}, state.Failed, "it holds data", 0},
		{"delete without a mark", func(_ *testing.T, _ *rig, l *inventory.Resource) plan.Action { return on(plan.Delete, l) }, state.Failed, "no mark", 0},
		{"delete with the mark of an earlier one", func(t *testing.T, r *rig, l *inventory.Resource) plan.Action {
			old := *l
			old.Created = day.Add(-48 * time.Hour)
			r.mark(t, &old)
			return on(plan.Delete, l)
		}, state.Failed, "no mark", 0},
		{"delete", func(t *testing.T, r *rig, _ *inventory.Resource) plan.Action {
			end := topic("end")
			r.add(end)
			r.mark(t, end)
			return on(plan.Delete, end)
		}, state.Done, "", 1},
		{"a name that is taken", func(_ *testing.T, _ *rig, l *inventory.Resource) plan.Action {
			a := creation("new", l.Ref.Type, inventory.Properties{})
			a.Resource.ID = l.Ref.ID
			return a
		}, state.Stale, "not this particle's", 0},
		{"created by somebody else with our tags", func(t *testing.T, r *rig, l *inventory.Resource) plan.Action {
			a := creation("new", l.Ref.Type, inventory.Properties{})
			_, err := r.cloud.Tag(context.Background(), l.Ref, a.Tags)
			require.NoError(t, err)
			return a
		}, state.Done, "already", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			live := queue("it")
			r := newRig(live)
			action := c.prepare(t, r, live)
			outcomes, err := r.apply(planOf(t, action))
			require.NoError(t, err)
			require.Len(t, outcomes, 1)
			assert.Equal(t, c.want, outcomes[0].State, outcomes[0].Message)
			assert.Contains(t, outcomes[0].Message, c.message)
			assert.Equal(t, c.changes, r.changes())
		})
	}
}

// ignoring accepts every update and does nothing.
type ignoring struct{ *simcloud.Cloud }

func (ignoring) Update(context.Context, *inventory.Resource, []plan.Change) (string, error) {
	return "req-1", nil
}

// A handler that takes a change and drops it is not believed.
func TestNotConverged(t *testing.T) {
	q := queue("it")
	r := newRig(q)
	outcomes, err := reaper.Apply(context.Background(), reaper.Run{ID: "r", Plan: planOf(t, patched(q)), Cloud: ignoring{r.cloud}, Store: r.store, Clock: r.clock})
	require.NoError(t, err)
	assert.Equal(t, state.Failed, outcomes[0].State)
	assert.Contains(t, outcomes[0].Message, "not-converged")
	assert.Less(t, r.clock.T.Sub(day), time.Hour, "the wait has an end")
}

// paused lets the time pass the term of the lease in the middle of the run, and another run
// take over.
type paused struct {
	*simcloud.Cloud
	pause func()
}

func (p *paused) Observe(ctx context.Context, ref inventory.Ref) (*inventory.Resource, error) {
	live, err := p.Cloud.Observe(ctx, ref)
	if p.pause != nil {
		pause := p.pause
		p.pause = nil
		pause()
	}
	return live, err
}

// Whoever was stopped past its lease starts no call when it goes on.
func TestInvariant23_PausedRunStartsNothing(t *testing.T) {
	for _, takenOver := range []bool{true, false} {
		q := queue("it")
		r := newRig(q)
		cloud := &paused{Cloud: r.cloud, pause: func() {
			r.clock.T = r.clock.T.Add(time.Hour)
			if takenOver {
				_, err := r.store.Acquire(context.Background(), "second", time.Hour)
				require.NoError(t, err)
			}
		}}
		_, err := reaper.Apply(context.Background(), reaper.Run{ID: "first", Plan: planOf(t, patched(q)), Cloud: cloud, Store: r.store, Clock: r.clock})
		require.ErrorIs(t, err, state.ErrLost)
		assert.Zero(t, r.changes())
	}
}

// The lease is looked at again right before a call: also who lost it between the intent and the
// call, or between two tries, makes none.
func TestInvariant23_LostBeforeTheCall(t *testing.T) {
	for _, throttled := range []bool{false, true} {
		q := queue("it")
		r := newRig(q)
		intents := 0
		r.store.Hook = func(record state.Record, after bool) error {
			if after && record.Kind == state.Intent {
				intents++
				if !throttled {
					r.clock.T = r.clock.T.Add(time.Hour)
				}
			}
			return nil
		}
		r.cloud.Hook = func(c simcloud.Call, _ bool) {
			if throttled && c.Changes {
				r.clock.T = r.clock.T.Add(time.Hour)
			}
		}
		tries := 0
		r.cloud.Faults.On = func(c simcloud.Call) error {
			if c.Changes && throttled {
				if tries++; tries == 1 {
					return reaper.ErrThrottled
				}
			}
			return nil
		}
		_, err := r.apply(planOf(t, patched(q)))
		require.ErrorIs(t, err, state.ErrLost)
		assert.Equal(t, 1, intents)
		assert.Zero(t, r.changes())
	}
}

// The kill switch and the end of the context are obeyed in the middle of a run.
func TestStoppedInTheMiddle(t *testing.T) {
	for _, how := range []string{"switch", "context"} {
		a, b := queue("a"), queue("b")
		r := newRig(a, b)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		why := ""
		r.cloud.Hook = func(c simcloud.Call, after bool) {
			if c.Op == "Update" && after {
				if how == "switch" {
					why = "enough"
				} else {
					cancel()
				}
			}
		}
		run := reaper.Run{ID: "r", Plan: planOf(t, patched(a), patched(b)), Cloud: r.cloud, Store: r.store, Clock: r.clock, Switch: func() (string, error) { return why, nil }}
		_, err := reaper.Apply(ctx, run)
		require.Error(t, err)
		assert.Equal(t, 1, r.changes(), how)
		ledger, err := state.ReadLedger(context.Background(), r.store)
		require.NoError(t, err)
		assert.Empty(t, ledger.Open(), "the outcome of what was in flight is written")
		r.cloud.Hook = nil
		outcomes, err := r.apply(run.Plan)
		require.NoError(t, err, "the lock was given back")
		assert.Equal(t, state.Done, outcomes[1].State)
		assert.Equal(t, 2, r.changes())
	}
}

// What was applied is recorded, without secrets, and a second run adds nothing.
func TestLastApplied(t *testing.T) {
	r := newRig()
	p := planOf(t, creation("db", "AWS::RDS::DBInstance", inventory.Properties{"MasterUserPassword": "hunter2hunter2", "Port": "5432"}))
	_, err := r.apply(p)
	require.NoError(t, err)
	ledger, err := state.ReadLedger(context.Background(), r.store)
	require.NoError(t, err)
	require.Len(t, ledger.LastApplied(), 1)
	applied := ledger.LastApplied()[0]
	assert.Equal(t, "db", applied.Particle)
	assert.Equal(t, "5432", applied.Properties["Port"])
	assert.True(t, state.IsMasked(applied.Properties["MasterUserPassword"]))
	assert.True(t, applied.Names(r.cloud.Snapshot().Resources[0]))
	assert.Empty(t, ledger.Tokens)
}

// TestMadeTheSameAgain: what was deleted behind our back and is created once more, in every word
// as before, is a creation that ended, and is not taken for one that broke off.
func TestMadeTheSameAgain(t *testing.T) {
	r := newRig()
	p := planOf(t, creation("data", "AWS::S3::Bucket", inventory.Properties{"BucketName": "data"}))
	for range 2 {
		r.clock.T = day
		r.cloud = simcloud.New(&inventory.Snapshot{Scope: inventory.Scope{Partition: "aws", Accounts: []string{account}}}, r.clock)
		outcomes, err := r.apply(p)
		require.NoError(t, err)
		require.Equal(t, "done", outcomes[0].State, outcomes[0].Message)
	}
	ledger, err := state.ReadLedger(context.Background(), r.store)
	require.NoError(t, err)
	assert.Empty(t, ledger.Tokens)
}

// breaking makes the first part of what it creates and is denied the second, once; and it
// takes no tags with a creation, if told so.
type breaking struct {
	*simcloud.Cloud
	broke, tagless bool
}

func (b *breaking) Create(ctx context.Context, n reaper.Creation) (inventory.Ref, string, error) {
	whole := n
	if !b.broke {
		n.Properties = inventory.Properties{"QueueName": "jobs"}
		if b.tagless {
			n.Tags = nil
		}
	}
	ref, request, err := b.Cloud.Create(ctx, n)
	switch {
	case err != nil:
		return ref, request, err
	case !b.broke:
		b.broke = true
		return inventory.Ref{}, request, fmt.Errorf("%w: %w", reaper.ErrUnfinished, reaper.ErrDenied)
	}
	live, err := b.Observe(ctx, ref)
	if err != nil {
		return ref, request, err
	}
	request, err = b.Update(ctx, live, []plan.Change{set("/DelaySeconds", nil, whole.Properties["DelaySeconds"])})
	return ref, request, err
}

// What was created in part is completed by the next run, not taken for done, and not made again.
func TestHalfMade(t *testing.T) {
	for _, c := range []struct {
		why     string
		tagless bool
		later   time.Duration
	}{
		{"the owner tags tell that it is ours", false, time.Hour},
		{"it is as old as the announcement in the journal", true, 0},
	} {
		t.Run(c.why, func(t *testing.T) {
			r := newRig()
			cloud := &breaking{Cloud: r.cloud, tagless: c.tagless}
			action := creation("jobs", "AWS::SQS::Queue", inventory.Properties{"QueueName": "jobs", "DelaySeconds": int64(5), "Tags": []any{map[string]any{"Key": "team", "Value": "x"}}})
			action.Resource.ID = "jobs"
			run := reaper.Run{ID: "run-1", Plan: planOf(t, action), Cloud: cloud, Store: r.store, Clock: r.clock}
			outcomes, err := reaper.Apply(t.Context(), run)
			require.NoError(t, err)
			require.Equal(t, state.Failed, outcomes[0].State)
			r.clock.T = r.clock.T.Add(c.later)
			run.ID = "run-2"
			outcomes, err = reaper.Apply(t.Context(), run)
			require.NoError(t, err)
			require.Equal(t, state.Done, outcomes[0].State, outcomes[0].Message)
			all := r.cloud.Snapshot().Resources
			require.Len(t, all, 1)
			assert.Equal(t, int64(5), all[0].Properties["DelaySeconds"])
			assert.Equal(t, "jobs", all[0].Tags["pcf:particle"])
			if c.tagless {
				assert.Equal(t, "x", all[0].Tags["team"], "the declared tags belong to the creation too")
			}
			run.ID = "run-3"
			before := r.changes()
			outcomes, err = reaper.Apply(t.Context(), run)
			require.NoError(t, err)
			assert.Equal(t, state.Done, outcomes[0].State)
			assert.Equal(t, before, r.changes())
		})
	}
}

// flickering takes a deletion and does nothing; the first read after it says that the thing
// is gone.
type flickering struct {
	*simcloud.Cloud
	deleted bool
}

func (f *flickering) Delete(context.Context, *inventory.Resource, []plan.Step) (string, error) {
	f.deleted = true
	return "req-1", nil
}

func (f *flickering) Observe(ctx context.Context, ref inventory.Ref) (*inventory.Resource, error) {
	if f.deleted {
		f.deleted = false
		return nil, reaper.ErrNotFound
	}
	return f.Cloud.Observe(ctx, ref)
}

// Gone is what stays gone: one look in which something is absent proves nothing.
func TestInvariant25_DeletedStaysGone(t *testing.T) {
	q := topic("it")
	r := newRig(q)
	r.mark(t, q)
	outcomes, err := reaper.Apply(context.Background(), reaper.Run{ID: "r", Plan: planOf(t, on(plan.Delete, q)), Cloud: &flickering{Cloud: r.cloud}, Store: r.store, Clock: r.clock})
	require.NoError(t, err)
	assert.Equal(t, state.Failed, outcomes[0].State)
	assert.Contains(t, outcomes[0].Message, "still there")
}

// waiting is a cloud that ends things as KMS and Secrets Manager do: they stay for days.
type waiting struct {
	*simcloud.Cloud
	ends map[inventory.Ref]bool
}

func (w waiting) Delete(_ context.Context, live *inventory.Resource, _ []plan.Step) (string, error) {
	w.ends[live.Ref] = true
	return "", nil
}

func (w waiting) Observe(ctx context.Context, ref inventory.Ref) (*inventory.Resource, error) {
	live, err := w.Cloud.Observe(ctx, ref)
	if err == nil && w.ends[ref] {
		live.State = "PendingDeletion"
	}
	return live, err
}

// What the service keeps for days before it ends is as gone as it can be.
func TestDeletionThatWaits(t *testing.T) {
	it := topic("it")
	r := newRig(it)
	r.mark(t, it)
	outcomes, err := reaper.Apply(context.Background(), reaper.Run{
		ID: "run-1", Plan: planOf(t, on(plan.Delete, it)), Cloud: waiting{r.cloud, map[inventory.Ref]bool{}}, Store: r.store, Clock: r.clock,
	})
	require.NoError(t, err)
	require.Len(t, outcomes, 1)
	assert.Equal(t, state.Done, outcomes[0].State, outcomes[0].Message)
	ledger, err := state.ReadLedger(context.Background(), r.store)
	require.NoError(t, err)
	assert.True(t, ledger.WasDeleted(it.Ref.String(), plan.Incarnation(it)))
	assert.Empty(t, ledger.Marks, "it is no candidate any more")
}

// The journal holds no value that can only be written.
func TestJournalHidesWriteOnly(t *testing.T) {
	r := newRig()
	action := creation("worker", "AWS::Lambda::Function", inventory.Properties{"FunctionName": "worker", "Code": map[string]any{"ZipFile": "def handler(): pass"}})
	outcomes, err := r.apply(planOf(t, action))
	require.NoError(t, err)
	require.Equal(t, state.Done, outcomes[0].State, outcomes[0].Message)
	intents := 0
	require.NoError(t, r.store.Read(context.Background(), func(record state.Record) error {
		if record.Kind == state.Intent {
			intents++
		}
		assert.NotContains(t, string(record.Detail), "handler")
		return nil
	}))
	assert.Equal(t, 1, intents)
}

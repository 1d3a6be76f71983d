package reaper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
	"github.com/pcf-scan/pcf-scan/reaper"
	"github.com/pcf-scan/pcf-scan/reaper/simcloud"
)

// drawPlan draws a world and a plan over it; what is returned can be built anew.
func drawPlan(t *rapid.T) func() (r *rig, p *plan.Plan) {
	kind := rapid.IntRange(0, 5)
	if rapid.IntRange(0, 3).Draw(t, "deletes") == 0 { // which no plan to repair does
		kind = rapid.Just(6)
	}
	kinds := rapid.SliceOfN(kind, 1, 8).Draw(t, "items")
	chained := rapid.Bool().Draw(t, "chained")
	bystanders := rapid.IntRange(0, 3).Draw(t, "bystanders")
	return func() (*rig, *plan.Plan) {
		var live, doomed []*inventory.Resource
		var actions []plan.Action
		last := ""
		for i, kind := range kinds {
			name := fmt.Sprintf("it-%d", i)
			switch kind {
			case 0:
				q := queue(name)
				live = append(live, q)
				actions = append(actions, on(plan.Update, q, set("/DelaySeconds", int64(1), int64(5)), set("/Nested/A", "a", "b"), plan.Change{Path: "/Tags/team", Tag: "team", From: "x", To: "y"}))
			case 1:
				q := queue(name)
				live = append(live, q)
				actions = append(actions, on(plan.Tag, q, plan.Change{Path: "/Tags/pcf:app", Tag: "pcf:app", To: "orders"}, plan.Change{Path: "/Tags/team", Tag: "team", From: "x"}))
			case 2:
				a := creation(name, "AWS::EC2::SecurityGroup", inventory.Properties{"GroupDescription": name})
				if chained && last != "" {
					a.Needs = []string{last}
					a.Properties["GroupName"] = map[string]any{"pcf:reference": "Sub of-${Ref " + last + "}"}
				}
				last = a.ID
				actions = append(actions, a)
			case 3:
				a := creation(name, "AWS::S3::Bucket", inventory.Properties{"BucketName": name})
				actions = append(actions, a)
			case 4:
				in := instance(name, "running")
				live = append(live, in)
				actions = append(actions, on(plan.Stop, in))
			case 5:
				in := instance(name, "stopped")
				live = append(live, in)
				actions = append(actions, on(plan.Start, in))
			case 6:
				end := topic(name)
				live, doomed = append(live, end), append(doomed, end)
				actions = append(actions, on(plan.Delete, end))
			}
		}
		for i := range bystanders {
			live = append(live, queue(fmt.Sprintf("bystander-%d", i)))
		}
		r := newRig(live...)
		r.limit = reaper.Limits{Tries: 4, Patience: 5 * time.Minute, Fresh: 365 * 24 * time.Hour}
		for _, d := range doomed {
			r.mark(t, d)
		}
		return r, planOf(t, actions...)
	}
}

type crash struct{}

// mortal is a store whose lock stays when the program dies with it in hand.
type mortal struct {
	*state.Memory
	dead *bool
}

type mortalLease struct {
	state.Lease
	dead *bool
}

func (m mortal) Acquire(ctx context.Context, holder string, term time.Duration) (state.Lease, error) {
	l, err := m.Memory.Acquire(ctx, holder, term)
	return mortalLease{l, m.dead}, err
}

func (l mortalLease) Release(ctx context.Context) error {
	if *l.dead {
		return nil
	}
	return l.Lease.Release(ctx)
}

// Whatever fails and wherever the program dies: run again until it is through, the world is
// the one that an undisturbed run leaves; nothing was created twice, nothing outside of the
// plan was touched, and no change was ever made without an intent on disk before it.
func TestApplyLaws(t *testing.T) {
	worlds, crashes, faulty := 0, 0, 0
	check := func(t *rapid.T) {
		worlds++
		build := drawPlan(t)
		calm, p := build()
		outcomes, err := calm.apply(p)
		require.NoError(t, err)
		for _, o := range outcomes {
			require.Equal(t, state.Done, o.State, "%+v", o)
		}
		want := calm.looks()

		r, p := build()
		r.cloud.Faults = simcloud.Faults{
			Seed:     rapid.Uint64().Draw(t, "seed"),
			Throttle: rapid.SampledFrom([]float64{0, 0.2, 0.5}).Draw(t, "throttle"),
			Fail:     rapid.SampledFrom([]float64{0, 0.2}).Draw(t, "fail"),
			Lose:     rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "lose"),
			Lag:      rapid.IntRange(0, 3).Draw(t, "lag"), SlowDelete: rapid.IntRange(0, 3).Draw(t, "slow"),
		}
		if r.cloud.Faults.Throttle+r.cloud.Faults.Fail+r.cloud.Faults.Lose > 0 {
			faulty++
		}
		points := rapid.SliceOfN(rapid.IntRange(1, 30), 0, 4).Draw(t, "crash after so many events")
		left, dead := 0, false
		event := func() {
			if left--; left == 0 {
				dead = true
				panic(crash{})
			}
		}
		allowed := map[inventory.Ref]bool{}
		for _, a := range p.Actions {
			allowed[a.Resource.Ref()] = true
		}
		intents := map[string]bool{}
		made := map[string]inventory.Ref{}
		r.store.Hook = func(rec state.Record, after bool) error {
			event()
			if after && rec.Kind == state.Intent {
				intents[rec.Ref+" "+rec.Request] = true
			}
			return nil
		}
		r.cloud.Hook = func(c simcloud.Call, after bool) {
			if c.Changes && !after {
				target := c.Ref
				if c.Op == "Create" {
					target.ID = ""
				}
				if !allowed[target] {
					t.Fatalf("%s %s is not in the plan", c.Op, c.Ref)
				}
				if !intents[target.String()+" "+c.Token] {
					t.Fatalf("%s %s without an intent before it", c.Op, c.Ref)
				}
			}
			if c.Op == "Create" && after {
				if before, twice := made[c.Token]; twice {
					t.Fatalf("created %s after %s", c.Ref, before)
				}
				made[c.Token] = c.Ref
			}
			event()
		}
		finished := false
		for try := 0; try < 30 && !finished; try++ {
			if try < len(points) {
				left = points[try]
			} else {
				left = 0
			}
			if try > 12 {
				r.cloud.Faults = simcloud.Faults{}
			}
			dead = false
			func() {
				defer func() {
					if p := recover(); p != nil {
						if _, ours := p.(crash); !ours {
							panic(p)
						}
						crashes++
						finished = false
					}
				}()
				var outcomes []reaper.Outcome
				r.runs++
				outcomes, err = reaper.Apply(context.Background(), reaper.Run{
					ID: fmt.Sprint("run-", r.runs), Plan: p, Cloud: r.cloud, Store: mortal{r.store, &dead}, Clock: r.clock, Limits: r.limit,
				})
				finished = err == nil
				for _, o := range outcomes {
					finished = finished && o.State == state.Done
				}
			}()
			r.clock.T = r.clock.T.Add(time.Hour) // the lock of a dead run runs out
		}
		if !finished {
			t.Fatalf("it never ends: %v", err)
		}
		if got := r.looks(); got != want {
			t.Fatalf("the world is\n%swant\n%s", got, want)
		}
		if _, err := state.Verify(bytes.NewReader(r.store.Journal()), nil); err != nil {
			t.Fatal(err)
		}
		ledger, err := state.ReadLedger(context.Background(), r.store)
		require.NoError(t, err)
		require.Empty(t, ledger.Open(), "every intent has its outcome in the end")
		r.store.Hook, r.cloud.Hook = nil, nil
		changes := r.changes()
		if _, err := r.apply(p); err != nil || r.changes() != changes {
			t.Fatalf("a further run changes something: %v", err)
		}
	}
	for range 20 { // of a hundred worlds each, unless a flag says otherwise
		rapid.Check(t, check)
	}
	t.Logf("%d worlds, %d with faults, %d crashes", worlds, faulty, crashes)
}

// Whatever somebody else does between plan and application, an item is done as planned or
// left alone (SAFETY invariant 15).
func TestApplyChangedWorld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := queue("it")
		r := newRig(q)
		before := *q
		before.Properties = inventory.Properties{"QueueName": "it", "DelaySeconds": int64(1), "Nested": map[string]any{"A": "a"}}
		p := planOf(t, on(plan.Update, &before, set("/DelaySeconds", int64(1), int64(5))))
		other := rapid.SampledFrom([]plan.Change{
			set("/DelaySeconds", nil, int64(3)), set("/Nested/A", nil, "z"), set("/KmsMasterKeyId", nil, "k"), {Tag: "team", To: "z"}, {Tag: "team"}, {Tag: "new", To: ""},
		}).Draw(t, "somebody else's change")
		live := r.cloud.Snapshot().Resources[0]
		plan.Set(live, other, other.To)
		changed := newRig(live)
		outcomes, err := changed.apply(p)
		require.NoError(t, err)
		require.Equal(t, state.Stale, outcomes[0].State)
		require.Zero(t, changed.changes())
	})
}

// The fingerprint leaves our own tags out, and they say whose a resource is: what somebody
// else claimed since the plan was made, and what is not claimed any more, is not changed, and
// no tag of theirs overwritten.
func TestApplyClaimedMeanwhile(t *testing.T) {
	tag, update := plan.Change{Tag: "pcf:app", To: "orders"}, []plan.Change{set("/DelaySeconds", nil, int64(5))}
	theirs, old := map[string]string{"pcf:app": "payments"}, map[string]string{"pcf:app": "orders", "pcf:version": "0"}
	for name, c := range map[string]struct {
		verb  plan.Verb
		patch []plan.Change
		had   map[string]string // when the plan was made
		has   map[string]string // when it is applied
		want  string
	}{
		"updated, claimed":               {plan.Update, update, nil, theirs, state.Stale},
		"updated, of an older version":   {plan.Update, update, old, old, state.Done},
		"updated, its version went":      {plan.Update, update, old, map[string]string{"pcf:app": "orders"}, state.Stale},
		"updated, all of ours went":      {plan.Update, update, old, nil, state.Stale},
		"tagged, claimed":                {plan.Tag, []plan.Change{tag}, nil, theirs, state.Stale},
		"tagged, one of the tags is new": {plan.Tag, []plan.Change{tag, {Tag: "pcf:version", To: "1"}}, nil, map[string]string{"pcf:version": "9"}, state.Stale},
		"tagged, one of the tags went":   {plan.Tag, []plan.Change{tag}, map[string]string{"pcf:version": "9"}, nil, state.Stale},
		"tagged, nobody's":               {plan.Tag, []plan.Change{tag}, nil, nil, state.Done},
		"tagged anew, as planned":        {plan.Tag, []plan.Change{{Tag: "pcf:version", From: "0", To: "1"}}, old, old, state.Done},
		"tagged, by a run that died":     {plan.Tag, []plan.Change{tag, {Tag: "pcf:version", To: "1"}}, nil, map[string]string{"pcf:app": "orders"}, state.Done},
		"given back":                     {plan.Tag, []plan.Change{{Tag: "pcf:app", From: "orders"}}, old, old, state.Done},
	} {
		q := queue("it")
		wear := func(tags map[string]string) {
			q.Tags = map[string]string{"team": "x"}
			maps.Copy(q.Tags, tags)
		}
		wear(c.had)
		p := planOf(t, on(c.verb, q, c.patch...))
		wear(c.has)
		r := newRig(q)
		outcomes, err := r.apply(p)
		require.NoError(t, err)
		require.Equal(t, c.want, outcomes[0].State, "%s: %s", name, outcomes[0].Message)
		require.Equal(t, c.want == state.Done, r.changes() > 0, name)
	}
}

// A disk that fails at any record ends the run before the next call.
func TestInvariant21_FailingJournal(t *testing.T) {
	for n := 1; ; n++ {
		q := queue("it")
		r := newRig(q)
		p := planOf(t, on(plan.Update, q, set("/DelaySeconds", int64(1), int64(5))), creation("new", "AWS::S3::Bucket", inventory.Properties{"BucketName": "new"}))
		records, calls := 0, 0
		r.store.Hook = func(_ state.Record, after bool) error {
			if !after {
				records++
			}
			if records >= n {
				calls = r.changes()
				return errors.New("no space left on device")
			}
			return nil
		}
		_, err := r.apply(p)
		if records < n {
			require.NoError(t, err)
			require.Greater(t, n, 5)
			return
		}
		require.ErrorIs(t, err, state.ErrBroken)
		require.Equal(t, calls, r.changes(), "no call after record %d", n)
		require.Equal(t, n, records, "and no record")
	}
}

package reaper_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
	"github.com/pcf-scan/pcf-scan/reaper"
	"github.com/pcf-scan/pcf-scan/reaper/simcloud"
)

// Each promise of the acting side has a test here, or in simulation_test.go, laws_test.go and
// apply_test.go, that carries its number; docs/safety.md lists them.

const aDay = 24 * time.Hour

// sink keeps notices; down refuses them.
type sink struct {
	down    error
	notices []reaper.Notice
}

func (s *sink) Notify(_ context.Context, n reaper.Notice) error {
	if s.down == nil {
		s.notices = append(s.notices, n)
	}
	return s.down
}

// reap applies a plan with everything that a plan of deletion needs.
func (r *rig) reap(p *plan.Plan, change ...func(*reaper.Run)) ([]reaper.Outcome, error) {
	r.runs++
	run := reaper.Run{
		ID: fmt.Sprint("run-", r.runs), Plan: p, Cloud: r.cloud, Store: r.store, Clock: r.clock, Limits: r.limit, Notify: &sink{},
	}
	for _, c := range change {
		c(&run)
	}
	return reaper.Apply(context.Background(), run)
}

func (r *rig) ledger(t require.TestingT) *state.Ledger {
	l, err := state.ReadLedger(context.Background(), r.store)
	require.NoError(t, err)
	return l
}

func (r *rig) has(want *inventory.Resource) bool {
	for _, l := range r.cloud.Snapshot().Resources {
		if l.Ref == want.Ref && plan.Incarnation(l) == plan.Incarnation(want) {
			return true
		}
	}
	return false
}

// now plans from a resource as it is at this moment.
func (r *rig) now(t require.TestingT, ref inventory.Ref) *inventory.Resource {
	for _, l := range r.cloud.Snapshot().Resources {
		if l.Ref == ref {
			return l
		}
	}
	require.Fail(t, "it is gone: "+ref.String())
	return nil
}

// planNow is planOf with the time of the rig.
func (r *rig) planNow(t require.TestingT, actions ...plan.Action) *plan.Plan {
	p := planOf(t, actions...)
	p.CreatedAt, p.ExpiresAt = r.clock.T, r.clock.T.Add(plan.Lifetime)
	require.NoError(t, p.Seal())
	return p
}

// seenNow is planNow in which every resource of an action is a candidate.
func (r *rig) seenNow(t require.TestingT, owner string, actions ...plan.Action) *plan.Plan {
	p := r.planNow(t, actions...)
	p.Reaping = &plan.Reaping{Grace: plan.DefaultGrace}
	for _, a := range actions {
		p.Reaping.Candidates = append(p.Reaping.Candidates, plan.Candidate{Resource: a.Resource, Incarnation: a.Incarnation, Owner: owner})
	}
	require.NoError(t, p.Seal())
	return p
}

func marked(t require.TestingT, resources ...*inventory.Resource) *rig {
	r := newRig(resources...)
	for _, one := range resources {
		r.mark(t, one)
	}
	return r
}

// What was decided a while ago is not acted upon without another look.
func TestInvariant04_Fresh(t *testing.T) {
	end := topic("end")
	for _, c := range []struct {
		name   string
		age    time.Duration
		replan func(context.Context) (*plan.Plan, error)
		gone   bool
		why    string
	}{
		{"just made", time.Minute, nil, true, "nothing has happened since"},
		{"an hour old", time.Hour, nil, false, "nobody looked since"},
		{"an hour old, and still right", time.Hour, func(context.Context) (*plan.Plan, error) { return planOf(t, on(plan.Delete, end)), nil }, true, "the same is planned again"},
		{"an hour old, and claimed since", time.Hour, func(context.Context) (*plan.Plan, error) {
			p := planOf(t)
			p.Refused = []plan.Refusal{{Resource: plan.PlaceOf(end, ""), Reason: plan.NotOwned, By: "referred to by aws/…/new"}}
			return p, p.Seal()
		}, false, "made again, the plan refuses it"},
		{"an hour old, and another life", time.Hour, func(context.Context) (*plan.Plan, error) {
			other := topic("end")
			other.Created = day.Add(-time.Minute)
			return planOf(t, on(plan.Delete, other)), nil
		}, false, "the new plan means another resource"},
		{"an hour old, and done since by a run that died", time.Hour, func(context.Context) (*plan.Plan, error) { return planOf(t), nil }, false, "what it does not plan any more stays"},
		{"an hour old, and no look is possible", time.Hour, func(context.Context) (*plan.Plan, error) { return nil, errors.New("denied") }, false, "who cannot look must not act"},
		{"two days old", 48 * time.Hour, func(context.Context) (*plan.Plan, error) { return planOf(t, on(plan.Delete, end)), nil }, false, "it has expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := marked(t, end)
			p := r.planNow(t, on(plan.Delete, end))
			r.clock.T = r.clock.T.Add(c.age)
			_, _ = r.reap(p, func(run *reaper.Run) { run.Replan = c.replan })
			assert.Equal(t, c.gone, !r.has(end), c.why)
		})
	}
}

// The run never ends what it stands on, although every proof is there.
func TestInvariant09_NeverSelf(t *testing.T) {
	iam := func(kind, id string) *inventory.Resource {
		r := topic(id)
		r.Ref.Type, r.Ref.Region, r.Properties = "AWS::IAM::"+kind, inventory.GlobalRegion, inventory.Properties{}
		return r
	}
	trail := topic("audit")
	trail.Ref.Type = "AWS::CloudTrail::Trail"
	other := topic("alerts")
	for _, c := range []struct {
		target *inventory.Resource
		caller string
		self   []string
		why    string
	}{
		{iam("Role", "reaper"), "arn:aws:sts::" + account + ":assumed-role/reaper/session", nil, "the role of the run"},
		{iam("InstanceProfile", "reaper"), "arn:aws:sts::" + account + ":assumed-role/reaper/session", nil, "its profile"},
		{iam("User", "ci"), "arn:aws:iam::" + account + ":user/bots/ci", nil, "the user of the run, below a path"},
		{iam("Role", "OrganizationAccountAccessRole"), "arn:aws:iam::" + account + ":user/ci", nil, "the way in from the organisation"},
		{iam("Role", "AWSReservedSSO_Admin_0123"), "arn:aws:iam::" + account + ":user/ci", nil, "the way in of people"},
		{iam("Role", "aws-controltower-AdministratorExecutionRole"), "arn:aws:iam::" + account + ":user/ci", nil, "Control Tower's"},
		{trail, "arn:aws:iam::" + account + ":user/ci", nil, "the record of what the run does"},
		{other, "arn:aws:iam::" + account + ":user/ci", []string{"alerts"}, "the user says that the run lives on it"},
	} {
		r := marked(t, c.target)
		r.cloud.As.ARN = c.caller
		_, err := r.reap(planOf(t, on(plan.Delete, c.target)), func(run *reaper.Run) { run.Self = c.self })
		require.ErrorIs(t, err, reaper.ErrGuard, c.why)
		assert.True(t, r.has(c.target), c.why)
		assert.Zero(t, r.changes())
	}
	bystander := iam("Role", "somebody")
	r := marked(t, bystander)
	r.cloud.As.ARN = "arn:aws:sts::" + account + ":assumed-role/reaper/session"
	_, err := r.reap(planOf(t, on(plan.Delete, bystander)))
	require.NoError(t, err)
	assert.False(t, r.has(bystander), "another role is no way in")
}

// Only in accounts, regions and types that are allowed, and as whom the plan was made for.
func TestInvariant10_AllowList(t *testing.T) {
	for _, c := range []struct {
		name  string
		allow reaper.Allow
		as    string
		arn   string
		gone  bool
		why   string
	}{
		{"nothing said", reaper.Allow{}, account, "", true, "the caller's own account is allowed"},
		{"named", reaper.Allow{Accounts: []string{account}, Regions: []string{"eu-*"}, Types: []string{"AWS::SNS::*"}}, account, "", true, "all of it is allowed"},
		{"another account", reaper.Allow{Accounts: []string{"999999999999"}}, account, "", false, "this one is not on the list"},
		{"another region", reaper.Allow{Regions: []string{"us-east-1"}}, account, "", false, "it lives elsewhere"},
		{"another type", reaper.Allow{Types: []string{"AWS::SQS::Queue"}}, account, "", false, "topics are not on the list"},
		{"swapped credentials", reaper.Allow{}, "999999999999", "", false, "they are for another account than the plan"},
		{"an ARN elsewhere", reaper.Allow{}, account, "arn:aws:sns:eu-west-1:999999999999:end", false, "the ARN says where it is"},
	} {
		t.Run(c.name, func(t *testing.T) {
			end := topic("end")
			end.ARN = c.arn
			r := marked(t, end)
			r.cloud.As.Account = c.as
			_, err := r.reap(planOf(t, on(plan.Delete, end)), func(run *reaper.Run) { run.Allow = c.allow })
			assert.Equal(t, c.gone, err == nil, c.why)
			assert.Equal(t, c.gone, !r.has(end), c.why)
		})
	}
}

// Whatever the caps, there are never more deletions in a run or in a day, and a plan that has
// more is not begun.
func TestInvariant11_CapsAtApply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, before := rapid.IntRange(0, 15).Draw(t, "deletions"), rapid.IntRange(0, 6).Draw(t, "of the last day")
		near := n + before
		cap := rapid.SampledFrom([]int{-1, 0, n - 1, n, near - 1, near, 10, 25, 1 << 40, 1 << 40}) // mostly where it matters
		budget := plan.Budget{Deletions: cap.Draw(t, "run"), PerType: cap.Draw(t, "type"), PerDay: cap.Draw(t, "day")}
		kinds := rapid.IntRange(1, 5).Draw(t, "types")
		var all []*inventory.Resource
		var actions []plan.Action
		for i := range n {
			end := topic(fmt.Sprint("end-", i))
			end.Ref.Type = []string{"AWS::SNS::Topic", "AWS::EC2::KeyPair", "AWS::EC2::EIP", "AWS::CloudWatch::Alarm", "AWS::SSM::Parameter"}[i%kinds]
			all = append(all, end)
			actions = append(actions, on(plan.Delete, end))
		}
		r := marked(t, all...)
		for i := range before {
			r.write(t, state.Record{Kind: state.Deleted, Time: day.Add(-time.Duration(i) * time.Hour), Ref: fmt.Sprint("x", i), Incarnation: "1"})
		}
		p := planOf(t, actions...)
		p.Budget = budget
		require.NoError(t, p.Seal())
		_, err := r.reap(p)
		deleted := n - len(r.cloud.Snapshot().Resources)
		fits := n <= max(budget.Deletions, 0) && (n == 0 || n+before <= budget.PerDay && (n+kinds-1)/kinds <= budget.PerType)
		if n == 0 {
			fits = budget.Deletions >= 0
		}
		if fits != (err == nil) {
			t.Fatalf("%d deletions after %d with %+v: %v", n, before, budget, err)
		}
		if err != nil && deleted > 0 || err == nil && deleted != n {
			t.Fatalf("%d of %d deletions: %v", deleted, n, err)
		}
	})
}

// What a run is given narrows a plan that has a wider budget, a shorter grace, or that does not
// know of a protection yet.
func TestInvariant11_WhatTheRunAllows(t *testing.T) {
	none, all := plan.Cap{}, plan.Cap{Unlimited: true}
	one, two := topic("one"), topic("two")
	for _, c := range []struct {
		why    string
		change func(run *reaper.Run)
		says   string // an error, or a message of the second outcome
		left   int
	}{
		{"nothing more is said", func(*reaper.Run) {}, "", 0},
		{"0 is zero", func(run *reaper.Run) { run.Caps = &plan.Caps{Delete: none, PerType: all, Percent: all} }, "--max-delete", 2},
		{"of a type", func(run *reaper.Run) { run.Caps = &plan.Caps{Delete: all, PerType: plan.Cap{N: 1}, Percent: all} }, "--max-per-type", 2},
		{"half of what there is", func(run *reaper.Run) { run.Caps = &plan.Caps{Delete: all, PerType: all, Percent: plan.Cap{N: 50}} }, "--max-percent", 2},
		{"as many as there are", func(run *reaper.Run) {
			run.Caps = &plan.Caps{Delete: plan.Cap{N: 2}, PerType: plan.Cap{N: 2}, Percent: plan.Cap{N: 100}}
		}, "", 0},
		{"a longer grace", func(run *reaper.Run) { run.Grace = 400 * aDay }, "its grace of 9600h0m0s is not over", 2},
		{"a shorter grace", func(run *reaper.Run) { run.Grace = time.Hour }, "", 0},
		{"a protection", func(run *reaper.Run) { run.Protect = []plan.Protection{{Type: "AWS::SNS::*", ID: "two"}} }, "a pattern of the configuration", 1},
		{"a protection in another case", func(run *reaper.Run) {
			run.Protect = []plan.Protection{{Type: "aws::sns::*", ID: "TWO", Tags: map[string]string{"Team": "X"}}}
		}, "a pattern of the configuration", 1},
	} {
		r := marked(t, one, two)
		look := func(context.Context) (*inventory.Snapshot, error) { return r.cloud.Snapshot(), nil }
		outcomes, err := r.reap(planOf(t, on(plan.Delete, one), on(plan.Delete, two)), func(run *reaper.Run) { run.Look = look }, c.change)
		said := ""
		if err != nil {
			require.ErrorIs(t, err, reaper.ErrGuard, c.why)
			said = err.Error()
		} else {
			said = outcomes[1].Message
		}
		assert.Contains(t, said, c.says, c.why)
		assert.Len(t, r.cloud.Snapshot().Resources, c.left, c.why)
	}
}

// Who agreed until a time agreed to nothing after it, also when the plan was made before.
func TestInvariant18_ConsentEnds(t *testing.T) {
	for late, gone := range map[time.Duration]bool{-time.Second: true, 0: false, time.Minute: false} {
		end := topic("end")
		r := marked(t, end)
		does := on(plan.Delete, end)
		until := r.clock.T.Add(-late)
		does.Consent, does.ConsentUntil = "ada: empty", &until
		outcomes, err := r.reap(planOf(t, does))
		require.NoError(t, err)
		assert.Equal(t, gone, !r.has(end), "%s: %s", late, outcomes[0].Message)
		if !gone {
			assert.Contains(t, outcomes[0].Message, "the consent to its end was good until")
		}
	}
}

// A run whose clock was ten years ahead does not keep those of ten years from being looks.
func TestLooksAfterAClockThatRanAhead(t *testing.T) {
	end := topic("end")
	r := newRig(end)
	look := func() { // as every run does
		_, err := r.reap(r.seenNow(t, "", on(plan.Mark, r.now(t, end.Ref))))
		require.NoError(t, err)
	}
	now := r.clock.T
	look()
	r.clock.T = now.AddDate(10, 0, 0)
	look()
	for d := range 3 {
		r.clock.T = now.Add(time.Duration(d+1) * aDay)
		look()
	}
	s := r.ledger(t).Seen[end.Ref.String()]
	assert.Equal(t, 5, s.Count)
	assert.True(t, s.Last.Equal(r.clock.T))
	// The same look again is none: also when its clock is a little ahead.
	p := r.seenNow(t, "", on(plan.Mark, r.now(t, end.Ref)))
	r.clock.T = r.clock.T.Add(-4 * time.Minute)
	for range 3 {
		_, err := r.reap(p)
		require.NoError(t, err)
	}
	assert.Equal(t, 5, r.ledger(t).Seen[end.Ref.String()].Count)
}

// A tag authorises nothing, whatever it says: a mark is a fact of the ledger.
func TestInvariant12_ForgedTagAuthorisesNothing(t *testing.T) {
	for _, value := range []string{"1999-01-01T00:00:00Z", "delete@1999", "true", ""} {
		end := topic("end")
		end.Tags[reaper.MarkedTag] = value
		r := newRig(end)
		outcomes, err := r.reap(planOf(t, on(plan.Delete, end)))
		require.NoError(t, err)
		assert.Equal(t, state.Failed, outcomes[0].State)
		assert.True(t, r.has(end), value)
	}
}

// However the clock jumps and however often something is marked again: the first mark of a
// life stands, and nothing goes before the grace after mark, notice and first observation.
func TestInvariant12_GraceIsMonotone(t *testing.T) {
	check := func(t *rapid.T) {
		end := topic("end")
		r := newRig(end)
		grace := rapid.SampledFrom([]time.Duration{0, time.Hour, aDay, 3 * aDay, 14 * aDay, 30 * aDay}).Draw(t, "grace")
		least := max(grace, aDay)
		var first, told time.Time
		down := &sink{}
		for range rapid.IntRange(1, 14).Draw(t, "runs") {
			jump := rapid.SampledFrom([]time.Duration{0, time.Minute, -time.Hour, 23 * time.Hour, aDay, -aDay, 5 * aDay, 15 * aDay}).Draw(t, "jump")
			zone := rapid.SampledFrom([]*time.Location{time.UTC, time.FixedZone("", 14*3600), time.FixedZone("", -11*3600)}).Draw(t, "zone")
			r.clock.T = r.clock.T.Add(jump).In(zone)
			down.down = nil
			if rapid.Bool().Draw(t, "the receiver is down") {
				down.down = errors.New("no answer")
			}
			live := r.now(t, end.Ref)
			p := r.seenNow(t, "", on(plan.Mark, live), on(plan.Delete, live))
			p.Reaping.Grace = grace
			require.NoError(t, p.Seal())
			_, err := r.reap(p, func(run *reaper.Run) { run.Notify = down })
			require.NoError(t, err)
			if first.IsZero() {
				first = r.clock.T
			}
			l := r.ledger(t)
			gone := !r.has(end)
			if gone && (told.IsZero() || r.clock.T.Sub(told) < least || r.clock.T.Sub(first) < least) {
				t.Fatalf("gone at %s: marked %s, told %s, grace %s", r.clock.T, first, told, least)
			}
			if gone {
				return
			}
			m := l.Marks[end.Ref.String()]
			if d := m.At.Sub(first); d > time.Hour || d < -time.Hour {
				t.Fatalf("the mark moved from %s to %s", first, m.At)
			}
			if told.IsZero() {
				told = m.Noticed
			} else if !m.Noticed.Equal(told) {
				t.Fatalf("the notice moved from %s to %s", told, m.Noticed)
			}
		}
	}
	for range 5 {
		rapid.Check(t, check)
	}
}

// The owner was told of 14 days: a later run with a shorter grace does not break that word.
func TestInvariant12_WhatWasToldHolds(t *testing.T) {
	end := topic("end")
	r := newRig(end)
	run := func(grace time.Duration) []reaper.Outcome {
		live := r.now(t, end.Ref)
		p := r.seenNow(t, "", on(plan.Mark, live), on(plan.Delete, live))
		p.Reaping.Grace = grace
		require.NoError(t, p.Seal())
		outcomes, err := r.reap(p)
		require.NoError(t, err)
		return outcomes
	}
	run(14 * aDay)
	for range 6 {
		r.clock.T = r.clock.T.Add(2 * aDay)
		outcomes := run(aDay)
		assert.True(t, r.has(end))
		assert.Contains(t, outcomes[1].Message, "was told that it goes not before")
	}
	r.clock.T = r.clock.T.Add(3 * aDay)
	run(aDay)
	assert.False(t, r.has(end))
}

// A saved plan is not blind to who began to use a resource since.
func TestInvariant15_ReferredToMeanwhile(t *testing.T) {
	end, user, gone := topic("end"), topic("user"), topic("gone")
	for name, c := range map[string]struct {
		why   string
		known []string // referrers when the plan was made
		by    *inventory.Resource
		gaps  []inventory.Gap
		state string
		fails string
	}{
		"nobody":                {why: "nobody refers to it", state: state.Done},
		"somebody":              {why: "it would break", by: user, state: state.Stale},
		"who did so before":     {why: "that was judged when the plan was made", by: user, known: []string{user.Ref.String()}, state: state.Done},
		"who goes too":          {why: "it goes with it", by: gone, state: state.Done},
		"nobody knows":          {why: "a referrer may hide in what was not read", gaps: []inventory.Gap{{Account: account, Reason: inventory.Denied}}, fails: "look for referrers"},
		"what is not used here": {why: "nothing runs there", gaps: []inventory.Gap{{Account: account, Reason: inventory.Disabled}}, state: state.Done},
	} {
		r := newRig(end, user, gone)
		r.mark(t, end)
		r.mark(t, gone)
		p := planOf(t, on(plan.Delete, gone), on(plan.Delete, end))
		p.Reaping = &plan.Reaping{Candidates: []plan.Candidate{{Resource: plan.PlaceOf(end, "end"), State: plan.Kept, Referrers: c.known}}}
		require.NoError(t, p.Seal())
		look := func(context.Context) (*inventory.Snapshot, error) {
			live := r.cloud.Snapshot()
			for _, l := range live.Resources {
				if l.Relations = nil; c.by != nil && l.Ref == c.by.Ref {
					l.Relations = []inventory.Relation{{To: end.Ref, Path: "/TopicArn"}}
				}
			}
			live.Gaps = c.gaps
			return live, nil
		}
		outcomes, err := r.reap(p, func(run *reaper.Run) { run.Look = look })
		if c.fails != "" {
			require.ErrorContains(t, err, c.fails, name)
			assert.Zero(t, r.changes(), c.why)
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, state.Done, outcomes[0].State, name)
		assert.Equal(t, c.state, outcomes[1].State, "%s: %s: %s", name, c.why, outcomes[1].Message)
		assert.Equal(t, c.state != state.Done, r.has(end), c.why)
	}
}

// A mark writes a tag too: not on what somebody else claims by now.
func TestInvariant15_NoMarkOnWhatIsClaimed(t *testing.T) {
	end := topic("end")
	p := planOf(t, on(plan.Mark, end))
	end.Tags["pcf:app"] = "payments"
	r := newRig(end)
	outcomes, err := r.reap(p)
	require.NoError(t, err)
	assert.Equal(t, state.Stale, outcomes[0].State)
	assert.Zero(t, r.changes())
	assert.Empty(t, r.ledger(t).Marks)
}

// Nobody was told, so nothing goes; told later, the grace counts from then.
func TestInvariant13_NoticeBeforeDelete(t *testing.T) {
	end := topic("end")
	r := newRig(end)
	out := &sink{down: errors.New("503")}
	step := func() []reaper.Outcome {
		r.clock.T = r.clock.T.Add(8 * aDay)
		live := r.now(t, end.Ref)
		outcomes, err := r.reap(r.seenNow(t, "orders@acme.example", on(plan.Mark, live), on(plan.Delete, live)), func(run *reaper.Run) { run.Notify = out })
		require.NoError(t, err)
		return outcomes
	}
	for range 4 {
		outcomes := step()
		assert.Equal(t, state.Failed, outcomes[0].State, "a notice that fails is a failed action")
		assert.Contains(t, outcomes[0].Message, "503")
		require.True(t, r.has(end), "a month old, and nobody knows")
	}
	out.down = nil
	step()
	require.Len(t, out.notices, 1)
	assert.Equal(t, "orders@acme.example", out.notices[0].Owner)
	assert.Equal(t, r.clock.T.Add(14*aDay).UTC(), out.notices[0].Items[0].GoesAt.Round(time.Minute))
	step()
	require.True(t, r.has(end), "8 days after the notice")
	step()
	require.False(t, r.has(end), "16 days after the notice")
	assert.Len(t, out.notices, 1, "nobody is told twice")

	// A run that marks nothing tells of the marks of earlier ones, and does not end well when it
	// cannot: else a dead receiver would be seen once, and never again.
	r, out = newRig(end), &sink{down: errors.New("503")}
	tell := func(run *reaper.Run) { run.Notify = out }
	_, err := r.reap(r.seenNow(t, "orders@acme.example", on(plan.Mark, end)), tell)
	require.NoError(t, err)
	_, err = r.reap(r.seenNow(t, "orders@acme.example"), tell)
	require.ErrorContains(t, err, "503")
	out.down = nil
	_, err = r.reap(r.seenNow(t, "orders@acme.example"), tell)
	require.NoError(t, err)
	require.Len(t, out.notices, 1)

	// A later day that the plan names is the one that is told.
	r, out = newRig(end), &sink{}
	longer, at := r.seenNow(t, "", on(plan.Mark, end)), r.clock.T.Add(28*aDay)
	longer.Reaping.Candidates[0].GoesAt = &at
	require.NoError(t, longer.Seal())
	_, err = r.reap(longer, tell)
	require.NoError(t, err)
	assert.Equal(t, at, out.notices[0].Items[0].GoesAt)

	r = newRig(end)
	_, err = r.reap(planOf(t, on(plan.Mark, end)), func(run *reaper.Run) { run.Notify = nil })
	require.ErrorIs(t, err, reaper.ErrGuard, "without a receiver nothing is marked")
}

// Nothing outside of the plan is touched, and a plan that was changed is refused.
func TestInvariant14_OnlyFromThePlan(t *testing.T) {
	end, late := topic("end"), topic("late")
	r := marked(t, end, late)
	p := planOf(t, on(plan.Delete, end))
	_, err := r.reap(p, func(run *reaper.Run) { run.Approved = p.Digest })
	require.NoError(t, err)
	assert.False(t, r.has(end))
	assert.True(t, r.has(late), "it is not in the plan")
	widened := planOf(t)
	widened.Actions = append(widened.Actions, on(plan.Delete, late))
	_, err = r.reap(widened)
	require.ErrorIs(t, err, plan.ErrDigest)
	require.NoError(t, widened.Seal())
	_, err = r.reap(widened, func(run *reaper.Run) { run.Approved = p.Digest })
	require.ErrorIs(t, err, reaper.ErrNotApproved)
	assert.True(t, r.has(late))
}

// Whatever changes on a resource between plan and deletion leaves it alone.
func TestInvariant15_ChangedMeanwhile(t *testing.T) {
	for _, typ := range []string{"AWS::SNS::Topic", "AWS::EC2::SecurityGroup", "AWS::EC2::EIP", "AWS::EC2::KeyPair", "AWS::IAM::ManagedPolicy", "AWS::CloudWatch::Alarm"} {
		for name, change := range map[string]func(*inventory.Resource){
			"a property":             func(l *inventory.Resource) { l.Properties["Description"] = "in use" },
			"a property removed":     func(l *inventory.Resource) { delete(l.Properties, "TopicName") },
			"a tag":                  func(l *inventory.Resource) { l.Tags["team"] = "y" },
			"a tag removed":          func(l *inventory.Resource) { l.Tags = map[string]string{} },
			"tags unread":            func(l *inventory.Resource) { l.Tags = nil },
			"its state":              func(l *inventory.Resource) { l.State = "in-use" },
			"another life (ABA)":     func(l *inventory.Resource) { l.Created = day.Add(-time.Second) },
			"an owner":               func(l *inventory.Resource) { l.Tags["pcf:app"] = "payments" },
			"protected":              func(l *inventory.Resource) { l.Tags["pcf:protect"] = "" },
			"a backup":               func(l *inventory.Resource) { l.Tags["pcf:backup"] = "2030-01-01" },
			"to be kept":             func(l *inventory.Resource) { l.Tags["pcf:retain"] = "" },
			"protected, misspelt":    func(l *inventory.Resource) { l.Tags["PCF-Protect"] = "flase" },
			"its owner's, reversion": func(l *inventory.Resource) { l.Tags["pcf:version"] = "2" },
		} {
			end := topic("end")
			end.Ref.Type = typ
			p := planOf(t, on(plan.Delete, end))
			live := topic("end")
			live.Ref.Type = typ
			change(live)
			r := newRig(live)
			r.mark(t, end)
			outcomes, err := r.reap(p)
			require.NoError(t, err)
			assert.True(t, r.has(live), "%s of %s", name, typ)
			if name != "another life (ABA)" {
				assert.Equal(t, state.Stale, outcomes[0].State, "%s of %s: %s", name, typ, outcomes[0].Message)
			}
			assert.Zero(t, r.changes())
		}
	}
}

// What a deletion rests on are the owner tags that were seen: without them nobody knows whose the
// resource was, and with others it is somebody else's. The fingerprint leaves them out.
func TestInvariant15_ClaimedOtherwiseMeanwhile(t *testing.T) {
	ours := func() map[string]string {
		return map[string]string{"team": "x", "pcf:app": "orders", "pcf:environment": "dev", "pcf:version": "1", "pcf:particle": "end"}
	}
	for _, verb := range []plan.Verb{plan.Mark, plan.Quarantine, plan.Delete} {
		for name, c := range map[string]struct {
			why    string
			change func(tags map[string]string)
			state  string
		}{
			"as it was": {"", func(map[string]string) {}, state.Done},
			"all of ours went": {"nobody's by now", func(tags map[string]string) {
				for _, key := range []string{"pcf:app", "pcf:environment", "pcf:version", "pcf:particle"} {
					delete(tags, key)
				}
			}, state.Stale},
			"one went":         {"of no environment by now", func(tags map[string]string) { delete(tags, "pcf:environment") }, state.Stale},
			"another version":  {"an upgrade in place", func(tags map[string]string) { tags["pcf:version"] = "2" }, state.Stale},
			"another app":      {"handed over", func(tags map[string]string) { tags["pcf:app"] = "payments" }, state.Stale},
			"another particle": {"renamed", func(tags map[string]string) { tags["pcf:particle"] = "start" }, state.Stale},
		} {
			end := &inventory.Resource{
				Ref: ref("AWS::Events::Rule", "end"), Created: day.Add(-time.Hour), Tags: ours(), Properties: inventory.Properties{"State": "ENABLED"},
			}
			r := newRig(end)
			r.mark(t, end)
			p := planOf(t, on(verb, end))
			require.NotEmpty(t, p.Actions[0].Claims)
			live := *end
			live.Tags = ours()
			c.change(live.Tags)
			r.cloud = simcloud.New(&inventory.Snapshot{Scope: inventory.Scope{Partition: "aws", Accounts: []string{account}}, Resources: []*inventory.Resource{&live}}, r.clock)
			outcomes, err := r.reap(p)
			require.NoError(t, err)
			assert.Equal(t, c.state, outcomes[0].State, "%s, %s (%s): %s", verb, name, c.why, outcomes[0].Message)
			assert.Equal(t, c.state == state.Done, r.changes() > 0, "%s, %s", verb, name)
		}
	}
}

// Who uses a policy stands on the policy as well, and changes when a role goes before it in the
// same plan, so the fingerprint leaves it out. A role that begins to use it is no such change.
func TestInvariant15_AttachedMeanwhile(t *testing.T) {
	policy := func(roles ...any) *inventory.Resource {
		return &inventory.Resource{
			Ref: ref("AWS::IAM::ManagedPolicy", "arn:aws:iam::111122223333:policy/p"), Created: day.Add(-time.Hour), Tags: map[string]string{},
			Properties: inventory.Properties{"ManagedPolicyName": "p", "Roles": roles},
		}
	}
	for name, c := range map[string]struct {
		why       string
		then, now []any
		gone      bool
	}{
		"as it was":            {"the service decides about the role of the plan", []any{"a"}, []any{"a"}, true},
		"its role went before": {"with the same plan", []any{"a"}, nil, true},
		"another role":         {"a deployment attached it", []any{"a"}, []any{"a", "b"}, false},
		"the first role":       {"nobody had it", nil, []any{"b"}, false},
	} {
		was, is := policy(c.then...), policy(c.now...)
		r := newRig(is)
		r.mark(t, was)
		p := planOf(t, on(plan.Delete, was))
		candidate := plan.Candidate{Resource: p.Actions[0].Resource, Incarnation: plan.Incarnation(was), State: plan.Due}
		for _, role := range c.then {
			candidate.Referrers = append(candidate.Referrers, ref("AWS::IAM::Role", fmt.Sprint(role)).String())
		}
		p.Reaping = &plan.Reaping{Candidates: []plan.Candidate{candidate}}
		require.NoError(t, p.Seal())
		outcomes, err := r.reap(p)
		require.NoError(t, err)
		assert.Equal(t, c.gone, !r.has(is), "%s (%s): %s", name, c.why, outcomes[0].Message)
		if !c.gone {
			assert.Equal(t, state.Stale, outcomes[0].State, name)
			assert.Contains(t, outcomes[0].Message, "AWS::IAM::Role/b uses it now", name)
		}
	}
}

// held are resources of every type that can be held, as they were before.
func held() (all []*inventory.Resource) {
	of := func(typ, state string, props inventory.Properties) {
		all = append(all, &inventory.Resource{Ref: ref(typ, "it"), Created: day.Add(-time.Hour), State: state, Tags: map[string]string{"team": "x"}, Properties: props})
	}
	of("AWS::EC2::Instance", "running", inventory.Properties{"InstanceType": "t3.small"})
	of("AWS::EC2::Instance", "stopped", inventory.Properties{"InstanceType": "t3.small"})
	of("AWS::RDS::DBInstance", "available", inventory.Properties{"Engine": "postgres"})
	of("AWS::RDS::DBCluster", "available", inventory.Properties{"Engine": "aurora"})
	of("AWS::AutoScaling::AutoScalingGroup", "", inventory.Properties{"MinSize": "2", "MaxSize": "5", "DesiredCapacity": "3"})
	of("AWS::CloudFront::Distribution", "", inventory.Properties{"DistributionConfig": map[string]any{"Enabled": true, "Comment": "x"}})
	of("AWS::ECS::Service", "", inventory.Properties{"DesiredCount": int64(3)})
	of("AWS::Events::Rule", "", inventory.Properties{"State": "ENABLED", "ScheduleExpression": "rate(1 day)"})
	of("AWS::IAM::AccessKey", "", inventory.Properties{"Status": "Active"})
	of("AWS::KMS::Key", "", inventory.Properties{"Enabled": true})
	of("AWS::Lambda::EventSourceMapping", "", inventory.Properties{"Enabled": true})
	of("AWS::Lambda::Function", "", inventory.Properties{"Runtime": "python3.13"})
	of("AWS::Lambda::Function", "", inventory.Properties{"ReservedConcurrentExecutions": int64(7)})
	return all
}

// What was held and given back looks as before, wherever the program died between.
func TestInvariant17_QuarantineAndBackIsIdentity(t *testing.T) {
	for _, it := range held() {
		for crashAt := 1; ; crashAt++ {
			require.True(t, reaper.Isolates(it.Ref.Type))
			r := newRig(it)
			_, err := r.reap(planOf(t, on(plan.Mark, it)))
			require.NoError(t, err)
			before := r.now(t, it.Ref)
			p := planOf(t, on(plan.Quarantine, before))
			died := r.dieAt(crashAt, func() { _, err = r.reap(p) })
			require.NoError(t, err)
			if died {
				_, err = r.reap(r.planNow(t, on(plan.Quarantine, r.now(t, it.Ref))))
				require.NoError(t, err)
			}
			l := r.ledger(t)
			m := l.Marks[it.Ref.String()]
			require.False(t, m.Quarantined.IsZero(), it.Ref)
			assert.Equal(t, plan.Fingerprint(r.now(t, it.Ref)), m.Looks)
			if _, is := r.now(t, it.Ref).Properties["Runtime"]; is || it.State == "running" {
				assert.NotEqual(t, plan.Fingerprint(before), m.Looks, "it is held: %s", it.Ref)
			}
			back, err := reaper.Cancel(planOf(t).Header, l, it.Ref, r.now(t, it.Ref))
			require.NoError(t, err)
			back.CreatedAt = r.clock.T
			require.NoError(t, back.Seal())
			outcomes, err := r.reap(back)
			require.NoError(t, err)
			require.Equal(t, state.Done, outcomes[0].State, outcomes[0].Message)
			after := r.now(t, it.Ref)
			assert.Equal(t, plan.Fingerprint(before), plan.Fingerprint(after), "%s died at %d", it.Ref, crashAt)
			assert.NotContains(t, after.Tags, reaper.MarkedTag)
			l = r.ledger(t)
			assert.Empty(t, l.Altered)
			assert.Empty(t, l.Marks)
			if !died {
				break
			}
		}
	}
}

// dieAt runs do, and lets the program die at an event: before or after a record or a call.
// The lock of the dead run is over when it returns.
func (r *rig) dieAt(event int, do func()) (died bool) {
	events := 0
	next := func() {
		if events++; events == event {
			panic(crash{})
		}
	}
	r.store.Hook = func(state.Record, bool) error { next(); return nil }
	r.cloud.Hook = func(simcloud.Call, bool) { next() }
	defer func() {
		r.store.Hook, r.cloud.Hook = nil, nil
		if p := recover(); p != nil {
			if _, ours := p.(crash); !ours {
				panic(p)
			}
			died = true
			r.clock.T = r.clock.T.Add(time.Hour)
		}
	}()
	do()
	return false
}

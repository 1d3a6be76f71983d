package reaper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
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

// id gives an identifier the form by which others recognise it.
func id(prefix string, n int) string { return fmt.Sprintf("%s-%017x", prefix, n+0xabc) }

// stack is an app of thirty resources with every kind of dependency: a network with what is
// in it, groups that refer to each other, a role with policies, a volume that holds data.
func stack() (all []*inventory.Resource) {
	of := func(typ, name, identifier string, props inventory.Properties) *inventory.Resource {
		if props == nil {
			props = inventory.Properties{}
		}
		if identifier != "" {
			props[identifier] = name
		}
		r := &inventory.Resource{Ref: ref(typ, name), Created: day.Add(-40 * aDay), Tags: map[string]string{"team": "x"}, Properties: props}
		if inventory.IsGlobal(typ) {
			r.Ref.Region = inventory.GlobalRegion
		}
		r.ARN = "arn:aws:" + "sim" + ":" + region + ":" + account + ":" + name
		all = append(all, r)
		return r
	}
	vpc, groupA, groupB := id("vpc", 0), id("sg", 0), id("sg", 1)
	of("AWS::EC2::VPC", vpc, "VpcId", inventory.Properties{"CidrBlock": "10.0.0.0/16"})
	for i := range 3 {
		of("AWS::EC2::Subnet", id("subnet", i), "SubnetId", inventory.Properties{"VpcId": vpc})
	}
	rule := func(other string) []any {
		return []any{map[string]any{"IpProtocol": "tcp", "FromPort": int64(443), "SourceSecurityGroupId": other}}
	}
	of("AWS::EC2::SecurityGroup", groupA, "GroupId", inventory.Properties{"VpcId": vpc, "SecurityGroupIngress": rule(groupB)})
	of("AWS::EC2::SecurityGroup", groupB, "GroupId", inventory.Properties{"VpcId": vpc, "SecurityGroupIngress": rule(groupA)})
	of("AWS::EC2::RouteTable", id("rtb", 0), "RouteTableId", inventory.Properties{"VpcId": vpc})
	of("AWS::EC2::InternetGateway", id("igw", 0), "InternetGatewayId", nil)
	attachment := of("AWS::EC2::VPCGatewayAttachment", "IGW|"+vpc, "", inventory.Properties{"VpcId": vpc, "InternetGatewayId": id("igw", 0)})
	attachment.ARN = ""
	for i := range 4 {
		in := of("AWS::EC2::Instance", id("i", i), "InstanceId", inventory.Properties{"SubnetId": id("subnet", i%3), "SecurityGroupIds": []any{groupA}})
		in.State = "running"
	}
	of("AWS::EC2::EIP", id("eipalloc", 0), "AllocationId", nil)
	of("AWS::EC2::NatGateway", id("nat", 0), "NatGatewayId", inventory.Properties{"SubnetId": id("subnet", 0), "AllocationId": id("eipalloc", 0)})
	disk := of("AWS::EC2::Volume", id("vol", 0), "VolumeId", inventory.Properties{"Size": int64(8)})
	disk.State = "available"
	r := of("AWS::IAM::Role", "orders", "RoleName", role("orders").Properties)
	r.ARN = "arn:aws:iam::" + account + ":role/orders"
	of("AWS::Lambda::Function", "orders-api", "FunctionName", inventory.Properties{"Role": r.ARN})
	for i := range 5 {
		of("AWS::SNS::Topic", fmt.Sprint("orders-", i), "TopicName", nil)
	}
	for i := range 6 {
		of("AWS::CloudWatch::Alarm", fmt.Sprint("orders-alarm-", i), "AlarmName", nil)
	}
	of("AWS::EC2::KeyPair", "orders-key", "KeyName", nil)
	return all
}

// teardown plans the end of resources in the order of their references; what is stateful is
// backed up and consented to.
func teardown(t require.TestingT, live []*inventory.Resource, doomed ...*inventory.Resource) *plan.Plan {
	g := plan.NewGraph(live)
	going := map[inventory.Ref]*inventory.Resource{}
	for _, d := range doomed {
		going[d.Ref] = d
	}
	name := func(ref inventory.Ref) string { return "delete-" + ref.ID }
	var first, actions []plan.Action
	for _, level := range slices.Backward(g.Levels()) {
		for _, group := range level {
			detached := ""
			for i, ref := range group {
				r := going[ref]
				if r == nil {
					continue
				}
				end := on(plan.Delete, r)
				end.ID, end.Teardown = name(ref), true
				for _, other := range g.Referrers(ref) {
					if going[other] != nil && !slices.Contains(group, other) {
						end.Needs = append(end.Needs, name(other))
					}
				}
				if len(group) > 1 && i > 0 { // the groups refer to each other
					open := on(plan.Update, r, set("/SecurityGroupIngress", r.Properties["SecurityGroupIngress"], []any{}))
					open.Reason, open.ID = "detached", "detach-"+ref.ID
					first = append(first, open)
					end.Needs = append(end.Needs, name(group[0]))
					detached = open.ID
				}
				if r.Ref.Type == "AWS::IAM::Role" {
					end.Steps = roleSteps()
				}
				if plan.Stateful(r.Ref.Type) {
					end.Consent = "ada: teardown"
					save := on(plan.Backup, r)
					save.Teardown = true
					end.Needs = append(end.Needs, save.ID)
					first = append(first, save)
				}
				slices.Sort(end.Needs)
				actions = append(actions, end)
			}
			if detached != "" {
				for i := range actions {
					if actions[i].ID == name(group[0]) {
						actions[i].Needs = append(actions[i].Needs, detached)
					}
				}
			}
		}
	}
	return planOf(t, append(first, actions...)...)
}

// TestInvariant22_KillSweep kills the teardown of an app of thirty resources at every record and every
// call, before and after, and runs it again: the world ends as without the kill, nothing is
// deleted twice, every change had its intent before it, the chain of the journal holds.
func TestInvariant22_KillSweep(t *testing.T) {
	build := func() (*rig, *plan.Plan) {
		r := newRig(stack()...)
		r.limit = reaper.Limits{Fresh: aDay}
		live := r.cloud.Snapshot().Resources
		require.Len(t, live, 30)
		return r, teardown(t, live, live...)
	}
	calm, p := build()
	outcomes, err := calm.reap(p)
	require.NoError(t, err)
	for _, o := range outcomes {
		require.Equal(t, state.Done, o.State, "%+v", o)
	}
	want := remains(calm)
	for dies := 1; ; dies++ {
		r, p := build()
		deleted := map[inventory.Ref]int{}
		died := r.dieAt(dies, func() { _, err = r.reap(p) })
		intents := map[string]bool{}
		r.store.Hook = func(rec state.Record, after bool) error {
			if after && rec.Kind == state.Intent {
				intents[rec.Ref] = true
			}
			return nil
		}
		r.cloud.Hook = func(c simcloud.Call, after bool) {
			if c.Changes && !after {
				require.True(t, intents[c.Ref.String()], "%s %s without an intent, after death at %d", c.Op, c.Ref, dies)
			}
		}
		if died {
			_, err = r.reap(p)
		}
		require.NoError(t, err, "after death at %d", dies)
		require.Equal(t, want, remains(r), "after death at %d", dies)
		for _, c := range r.cloud.Calls {
			if c.Op == "Delete" && c.Effect {
				deleted[c.Ref]++
				require.Equal(t, 1, deleted[c.Ref], "%s is deleted twice, death at %d", c.Ref, dies)
			}
		}
		l := r.ledger(t)
		require.Empty(t, l.Open())
		require.Len(t, l.Deleted, 30, "each deletion counts once, death at %d", dies)
		_, err = state.Verify(bytes.NewReader(r.store.Journal()), nil)
		require.NoError(t, err)
		if !died {
			t.Logf("%d boundaries", dies)
			return
		}
	}
}

// A saved plan that was begun, and is made again from what is left before it goes on, ends the
// same way: what is done already is not missing from the new plan.
func TestInvariant22_RerunOfASavedPlan(t *testing.T) {
	for dies := 3; ; dies += 11 {
		r := newRig(stack()...)
		live := r.cloud.Snapshot().Resources
		p := teardown(t, live, live...)
		var err error
		died := r.dieAt(dies, func() { _, err = r.reap(p) })
		if died {
			var outcomes []reaper.Outcome
			outcomes, err = r.reap(p, func(run *reaper.Run) {
				run.Replan = func(context.Context) (*plan.Plan, error) {
					left := r.cloud.Snapshot().Resources
					return teardown(t, left, slices.DeleteFunc(slices.Clone(left), func(l *inventory.Resource) bool { return l.Tags["pcf:backup"] != "" })...), nil
				}
			})
			for _, o := range outcomes {
				require.Equal(t, state.Done, o.State, "death at %d: %+v", dies, o)
			}
		}
		require.NoError(t, err)
		require.Equal(t, []string{"PCF::EC2::Snapshot completed"}, remains(r), "death at %d", dies)
		if !died {
			return
		}
	}
}

// A cron job plans anew after it died, from a world in which what it deleted is not any more. The
// ledger ends as without the death all the same: every end is written down once, no mark and
// nothing that was altered is left over.
func TestInvariant22_CronRerun(t *testing.T) {
	for dies := 1; ; dies++ {
		r := newRig(stack()...)
		r.limit = reaper.Limits{Fresh: aDay}
		live := r.cloud.Snapshot().Resources
		var err error
		died := r.dieAt(dies, func() { _, err = r.reap(teardown(t, live, live...)) })
		for range 2 { // the first of them may end what is left, and has then nothing in its plan
			left := r.cloud.Snapshot().Resources
			_, err = r.reap(teardown(t, left, slices.DeleteFunc(slices.Clone(left), func(l *inventory.Resource) bool { return l.Tags["pcf:backup"] != "" })...))
			require.NoError(t, err, "death at %d", dies)
		}
		l, ends := r.ledger(t), map[string]int{}
		require.NoError(t, r.store.Read(t.Context(), func(rec state.Record) error {
			if rec.Kind == state.Deleted {
				ends[rec.Ref]++
			}
			return nil
		}))
		require.Len(t, ends, 30, "death at %d", dies)
		for ref, n := range ends {
			require.Equal(t, 1, n, "%s, death at %d", ref, dies)
		}
		require.Empty(t, l.Marks, "death at %d", dies)
		require.Empty(t, l.Altered, "death at %d", dies)
		require.Empty(t, l.Ending(), "death at %d", dies)
		if !died {
			t.Logf("%d boundaries", dies)
			return
		}
	}
}

// remains is what is left of a world, without the names that are made of tokens.
func remains(r *rig) (left []string) {
	for _, l := range r.cloud.Snapshot().Resources {
		left = append(left, l.Ref.Type+" "+l.State)
	}
	return left
}

// TestInvariant01_FaultSweepWhileActing has each call of the teardown fail in each way. What is deleted is never
// more than without the fault, always closed (no survivor refers to what is gone), and
// nothing of it is lost: the next run without the fault ends as the undisturbed one.
func TestInvariant01_FaultSweepWhileActing(t *testing.T) {
	faults := map[string]error{
		"throttle": reaper.ErrThrottled, "5xx": reaper.ErrUnavailable, "timeout": context.DeadlineExceeded, "denied": reaper.ErrDenied,
		"expired": reaper.ErrExpired, "truncated": errors.New("unexpected EOF"), "decode": errors.New("invalid character"),
	}
	build := func() (*rig, *plan.Plan) {
		r := newRig(append(stack(), topic("bystander"))...)
		r.limit = reaper.Limits{Fresh: aDay, Patience: 5 * time.Minute}
		live := r.cloud.Snapshot().Resources
		return r, teardown(t, live, slices.DeleteFunc(slices.Clone(live), func(r *inventory.Resource) bool { return r.Ref.ID == "bystander" })...)
	}
	calm, p := build()
	_, err := calm.reap(p)
	require.NoError(t, err)
	want, calls := remains(calm), len(calm.cloud.Calls)
	runs := 0
	for name, fault := range faults {
		for k := range calls {
			r, p := build()
			r.cloud.Faults.On = func(c simcloud.Call) error {
				if c.Number == k {
					return fault
				}
				return nil
			}
			_, _ = r.reap(p)
			runs++
			require.NotNil(t, r.now(t, ref("AWS::SNS::Topic", "bystander")), "%s at %d", name, k)
			closed(t, r)
			r.cloud.Faults.On = nil
			r.clock.T = r.clock.T.Add(time.Hour)
			_, err := r.reap(p)
			require.NoError(t, err, "%s at %d", name, k)
			require.Equal(t, want, remains(r), "%s at %d", name, k)
		}
	}
	t.Logf("%d runs: %d calls, %d faults", runs, calls, len(faults))
}

// closed checks that nothing that is left refers to something that is gone.
func closed(t require.TestingT, r *rig) {
	there := map[string]bool{}
	left := r.cloud.Snapshot().Resources
	for _, l := range left {
		there[l.Ref.ID] = true
	}
	for _, l := range left {
		for _, key := range []string{"VpcId", "SubnetId", "InternetGatewayId", "AllocationId"} {
			if to, _ := l.Properties[key].(string); to != "" && l.Ref.ID != to {
				require.True(t, there[to], "%s refers to %s, which is gone", l.Ref, to)
			}
		}
	}
}

// Two reapers: the first is stopped in the middle of its run for longer than its lease, the
// second takes over and ends the work, the first goes on and starts no call.
func TestInvariant23_TwoReapers(t *testing.T) {
	for at := 1; ; at += 7 {
		r := newRig(stack()...)
		r.limit = reaper.Limits{Fresh: aDay}
		live := r.cloud.Snapshot().Resources
		p := teardown(t, live, live...)
		events, paused, after := 0, false, 0
		hook := func() {
			if events++; events != at {
				return
			}
			paused = true
			r.clock.T = r.clock.T.Add(time.Hour)
			r.cloud.Hook = nil
			outcomes, err := reaper.Apply(context.Background(), reaper.Run{ID: "second", Plan: p, Cloud: r.cloud, Store: r.store, Clock: r.clock, Limits: r.limit})
			require.NoError(t, err)
			for _, o := range outcomes {
				require.Equal(t, state.Done, o.State, o.Message)
			}
			after = len(r.cloud.Calls)
		}
		r.cloud.Hook = func(simcloud.Call, bool) { hook() }
		_, err := reaper.Apply(context.Background(), reaper.Run{ID: "first", Plan: p, Cloud: r.cloud, Store: r.store, Clock: r.clock, Limits: r.limit})
		if !paused {
			require.NoError(t, err)
			return
		}
		require.ErrorIs(t, err, state.ErrLost)
		started := 0
		for _, c := range r.cloud.Calls[after:] {
			if c.Changes {
				started++
			}
		}
		assert.Zero(t, started, "paused at %d: it starts no call that changes anything", at)
		assert.Len(t, r.ledger(t).Deleted, 30)
	}
}

package reaper_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

func volume(id string) *inventory.Resource {
	return &inventory.Resource{
		Ref: ref("AWS::EC2::Volume", id), Created: day.Add(-time.Hour), State: "available", Tags: map[string]string{}, Properties: inventory.Properties{"Size": int64(8)},
	}
}

// deletes counts the delete calls that the cloud received.
func (r *rig) deletes() (n int) {
	for _, c := range r.cloud.Calls {
		if c.Op == "Delete" {
			n++
		}
	}
	return n
}

// A service that says that the resource is not the one that was read is believed: it is left
// alone, and the call is not made again.
func TestInvariant16_ConditionFailed(t *testing.T) {
	end := topic("end")
	r := marked(t, end)
	cloud := &failing{Cloud: r.cloud, id: "end", err: reaper.ErrStale}
	outcomes, err := r.reap(planOf(t, on(plan.Delete, end)), func(run *reaper.Run) { run.Cloud = cloud })
	require.NoError(t, err)
	assert.Equal(t, state.Stale, outcomes[0].State)
	assert.Equal(t, 1, cloud.calls)
	assert.True(t, r.has(end))
	// An update is conditional on the life that was read.
	other := topic("end")
	other.Created = day.Add(-time.Second)
	_, err = r.cloud.Update(context.Background(), other, []plan.Change{set("/DisplayName", nil, "x")})
	require.ErrorIs(t, err, reaper.ErrStale)
}

// What holds data goes only after a backup of it was seen to be usable.
func TestInvariant18_BackupBeforeDelete(t *testing.T) {
	const agreed = "ada: empty"
	for _, c := range []struct {
		name    string
		prepare func(r *rig)
		typ     string
		change  func(*reaper.Run)
		consent string
		gone    bool
		why     string
	}{
		{"backed up", func(*rig) {}, "", nil, agreed, true, "the backup is there"},
		{"slowly", func(r *rig) { r.cloud.Faults.SlowBackup = 5 }, "", nil, agreed, true, "it is waited for"},
		{"the backup ends in error", func(r *rig) { r.cloud.Faults.BadBackup = 1 }, "", nil, agreed, false, "a broken backup is none"},
		{"it never ends", func(r *rig) { r.cloud.Faults.SlowBackup = 1 << 20 }, "", nil, agreed, false, "the wait is bounded, and ends without a backup"},
		{"backed up, and nobody agreed", func(*rig) {}, "", nil, "", false, "a backup is not the thing"},
		{"no backup of the type", func(*rig) {}, "AWS::SQS::Queue", nil, "", false, "nobody agreed to lose it"},
		{"no backup of the type, and agreed", func(*rig) {}, "AWS::SQS::Queue", nil, agreed, true, "somebody agreed to lose it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			end := volume("end")
			if c.typ != "" {
				end.Ref.Type = c.typ
			}
			r := marked(t, end)
			c.prepare(r)
			save, gone := on(plan.Backup, end), on(plan.Delete, end)
			gone.Consent = c.consent
			outcomes, err := r.reap(planOf(t, save, gone), func(run *reaper.Run) {
				if c.change != nil {
					c.change(run)
				}
			})
			require.NoError(t, err)
			assert.Equal(t, c.gone, !r.has(end), "%s: %+v", c.why, outcomes)
			if !c.gone {
				assert.Zero(t, r.deletes(), "no call is made")
			}
		})
	}
	t.Run("lost since", func(t *testing.T) {
		end := volume("end")
		r := marked(t, end)
		_, err := r.reap(planOf(t, on(plan.Backup, end)))
		require.NoError(t, err)
		backup, err := inventory.ParseRef(r.ledger(t).Marks[end.Ref.String()].Backup)
		require.NoError(t, err)
		_, err = r.cloud.Delete(context.Background(), r.now(t, backup), nil)
		require.NoError(t, err)
		gone := on(plan.Delete, end)
		gone.Consent = agreed
		_, err = r.reap(planOf(t, gone))
		require.NoError(t, err)
		assert.True(t, r.has(end), "a backup that somebody deleted saves nothing")
	})
}

// stuck refuses to delete some resources for good, as a service does that knows more than it
// says; what it does before the last call has its effect.
type stuck struct {
	*simcloud.Cloud
	refuses map[string]error
}

func (s stuck) Delete(ctx context.Context, live *inventory.Resource, steps []plan.Step) (string, error) {
	s.Faults.On = func(c simcloud.Call) error {
		if c.Op == "Delete" { // the steps before it go through
			return s.refuses[c.Ref.ID]
		}
		return nil
	}
	return s.Cloud.Delete(ctx, live, steps)
}

func role(id string) *inventory.Resource {
	return &inventory.Resource{
		Ref: inventory.Ref{Partition: "aws", Account: account, Region: inventory.GlobalRegion, Type: "AWS::IAM::Role", ID: id}, Created: day.Add(-time.Hour), Tags: map[string]string{},
		Properties: inventory.Properties{
			"RoleName": id, "ManagedPolicyArns": []any{"arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/SecurityAudit"},
			"Policies": []any{map[string]any{"PolicyName": "inline", "PolicyDocument": map[string]any{"Version": "2012-10-17"}}},
		},
	}
}

// roleSteps are the steps by which a role is made ready to go.
func roleSteps() []plan.Step {
	return []plan.Step{
		{Name: "detach-policy", Type: "AWS::IAM::ManagedPolicy", ID: "arn:aws:iam::aws:policy/ReadOnlyAccess"},
		{Name: "detach-policy", Type: "AWS::IAM::ManagedPolicy", ID: "arn:aws:iam::aws:policy/SecurityAudit"},
		{Name: "delete-inline-policy", Type: "AWS::IAM::Role", ID: "inline"},
	}
}

// ring is two security groups that refer to each other, and the plan that ends both.
func ring(t require.TestingT) (a, b *inventory.Resource, p *plan.Plan) {
	group := func(id, other string) *inventory.Resource {
		return &inventory.Resource{
			Ref: ref("AWS::EC2::SecurityGroup", id), Created: day.Add(-time.Hour), Tags: map[string]string{},
			Properties: inventory.Properties{"GroupId": id, "SecurityGroupIngress": []any{map[string]any{"IpProtocol": "tcp", "FromPort": int64(443), "SourceSecurityGroupId": other}}},
		}
	}
	a, b = group("sg-0aaaaaaaaaaaaaaaa", "sg-0bbbbbbbbbbbbbbbb"), group("sg-0bbbbbbbbbbbbbbbb", "sg-0aaaaaaaaaaaaaaaa")
	detach := on(plan.Update, b, set("/SecurityGroupIngress", b.Properties["SecurityGroupIngress"], []any{}))
	detach.Reason = "detached"
	first, second := on(plan.Delete, a), on(plan.Delete, b)
	first.Needs, second.Needs = []string{detach.ID}, []string{first.ID}
	return a, b, planOf(t, detach, first, second)
}

// detaching takes off what a step of a deletion names before it fails, as the deleter of an
// internet gateway or an address does.
type detaching struct{ stuck }

func (d detaching) Delete(ctx context.Context, live *inventory.Resource, steps []plan.Step) (string, error) {
	for _, step := range steps {
		switch step.Name {
		case plan.StepDetachGateway:
			part, err := d.Observe(ctx, ref(step.Type, step.ID))
			if errors.Is(err, reaper.ErrNotFound) {
				continue
			}
			if err != nil {
				return "", err
			}
			if _, err = d.Cloud.Delete(ctx, part, nil); err != nil {
				return "", err
			}
		case plan.StepDisassociate:
			if _, err := d.Update(ctx, live, []plan.Change{set("/InstanceId", live.Properties["InstanceId"], nil)}); err != nil {
				return "", err
			}
		}
	}
	return d.stuck.Delete(ctx, live, steps)
}

// What was prepared for a deletion that fails is as it was before, wherever the run died.
func TestInvariant19_NoHalfDamage(t *testing.T) {
	type world struct {
		name  string
		build func() (*rig, *plan.Plan, map[string]error)
	}
	for _, w := range []world{
		{"the policies of a role", func() (*rig, *plan.Plan, map[string]error) {
			end := role("end")
			action := on(plan.Delete, end)
			action.Steps = roleSteps()
			return marked(t, end), planOf(t, action), map[string]error{"end": reaper.ErrDenied}
		}},
		{"a ring of groups, the first stays", func() (*rig, *plan.Plan, map[string]error) {
			a, b, p := ring(t)
			return marked(t, a, b), p, map[string]error{a.Ref.ID: reaper.ErrDenied}
		}},
		{"the network of a gateway", func() (*rig, *plan.Plan, map[string]error) {
			end := topic("igw-1")
			end.Ref.Type = "AWS::EC2::InternetGateway"
			attachment := &inventory.Resource{Ref: ref("AWS::EC2::VPCGatewayAttachment", "IGW|vpc-1"), Properties: inventory.Properties{
				"AttachmentType": "IGW", "VpcId": "vpc-1", "InternetGatewayId": "igw-1",
			}}
			action := on(plan.Delete, end)
			action.Steps = []plan.Step{{Name: plan.StepDetachGateway, Type: attachment.Ref.Type, ID: attachment.Ref.ID}}
			r := newRig(end, attachment)
			r.mark(t, end)
			return r, planOf(t, action), map[string]error{"igw-1": reaper.ErrDenied}
		}},
		{"the instance of an address", func() (*rig, *plan.Plan, map[string]error) {
			end := topic("192.0.2.1|eipalloc-1")
			end.Ref.Type = "AWS::EC2::EIP"
			end.Properties = inventory.Properties{"InstanceId": "i-1", "Domain": "vpc"}
			action := on(plan.Delete, end)
			action.Steps = []plan.Step{{Name: plan.StepDisassociate, Type: "AWS::EC2::EIPAssociation", ID: "eipassoc-1"}}
			r := newRig(end)
			r.mark(t, end)
			return r, planOf(t, action), map[string]error{end.Ref.ID: reaper.ErrDenied}
		}},
		{"its own preparation", func() (*rig, *plan.Plan, map[string]error) {
			end := topic("end")
			action := on(plan.Delete, end, set("/DisplayName", nil, "going"))
			return marked(t, end), planOf(t, action), map[string]error{"end": &reaper.Blocked{By: "something"}}
		}},
	} {
		t.Run(w.name, func(t *testing.T) {
			for dies := 1; ; dies++ {
				r, p, refuses := w.build()
				want := r.looks()
				var err error
				withRefusals := func(run *reaper.Run) { run.Cloud = detaching{stuck{r.cloud, refuses}} }
				died := r.dieAt(dies, func() { _, err = r.reap(p, withRefusals) })
				r.limit.Fresh = aDay
				if died {
					_, err = r.reap(p, withRefusals)
				}
				require.NoError(t, err)
				require.Equal(t, want, r.looks(), "died at %d", dies)
				require.Empty(t, r.ledger(t).Altered)
				if !died {
					break
				}
			}
		})
	}
	t.Run("a ring that can go goes", func(t *testing.T) {
		for dies := 1; ; dies++ {
			a, b, p := ring(t)
			r := marked(t, a, b)
			var err error
			died := r.dieAt(dies, func() { _, err = r.reap(p) })
			r.limit.Fresh = aDay
			if died {
				_, err = r.reap(p)
			}
			require.NoError(t, err)
			require.Empty(t, r.looks(), "died at %d", dies)
			if !died {
				break
			}
		}
	})
	t.Run("what cannot be given back is said", func(t *testing.T) {
		end := topic("end")
		r := marked(t, end)
		p := planOf(t, on(plan.Delete, end, set("/DisplayName", nil, "going")))
		outcomes, err := r.reap(p, func(run *reaper.Run) {
			run.Cloud = &onceWritable{stuck: stuck{r.cloud, map[string]error{"end": reaper.ErrDenied}}}
		})
		require.NoError(t, err)
		assert.Contains(t, outcomes[0].Message, "needs attention")
		assert.NotEmpty(t, r.ledger(t).Altered, "the old value stays in the ledger")
		_, err = r.reap(planOf(t))
		require.NoError(t, err)
		assert.NotContains(t, r.now(t, end.Ref).Properties, "DisplayName", "the next run gives it back")
	})
}

// onceWritable takes one update and denies the others.
type onceWritable struct {
	stuck
	writes int
}

func (o *onceWritable) Update(ctx context.Context, live *inventory.Resource, patch []plan.Change) (string, error) {
	if o.writes++; o.writes > 1 {
		return "", reaper.ErrDenied
	}
	return o.stuck.Update(ctx, live, patch)
}

// A protection is never lifted on the way out, whatever the plan says.
func TestInvariant20_ProtectionIsNotLifted(t *testing.T) {
	for _, c := range []plan.Change{
		set("/DeletionProtection", true, false), set("/DisableApiTermination", true, nil), set("/LoadBalancerAttributes", []any{"x"}, nil),
		set("/Nested/ObjectLockEnabled", true, false),
		{Path: "/Tags/pcf:protect", Tag: "pcf:protect", From: "true"},
		{Path: "/Tags/Protected", Tag: "Protected", From: "yes"},
	} {
		for _, verb := range []plan.Verb{plan.Delete, plan.Quarantine, plan.Update} {
			end := topic("end")
			r := marked(t, end)
			action := on(verb, end, c)
			action.Reason = "detached"
			_, err := r.reap(planOf(t, action))
			require.ErrorIs(t, err, reaper.ErrGuard, "%s %s", verb, c.Path)
			assert.Zero(t, r.changes())
		}
	}
	end := topic("end")
	end.Properties["DeletionProtection"] = true
	r := marked(t, end)
	_, err := r.reap(planOf(t, on(plan.Delete, end)))
	require.NoError(t, err)
	assert.True(t, r.has(end))
	assert.Equal(t, true, r.now(t, end.Ref).Properties["DeletionProtection"])
}

// recreating makes a deleted resource anew a moment later, as the writer of a log group does.
type recreating struct {
	*simcloud.Cloud
	again *inventory.Resource
	looks int
}

func (c *recreating) Observe(ctx context.Context, ref inventory.Ref) (*inventory.Resource, error) {
	live, err := c.Cloud.Observe(ctx, ref)
	if errors.Is(err, reaper.ErrNotFound) {
		if c.looks++; c.looks > 1 {
			return c.again, nil
		}
	}
	return live, err
}

// Something that is there again after the first look was not deleted (a log group that the
// function writes anew, reported as a success elsewhere); it stays a candidate.
func TestAccidentRecreatedAfterDeletion(t *testing.T) {
	end := topic("end")
	r := marked(t, end)
	outcomes, err := r.reap(planOf(t, on(plan.Delete, end)), func(run *reaper.Run) { run.Cloud = &recreating{Cloud: r.cloud, again: end} })
	require.NoError(t, err)
	assert.Equal(t, state.Failed, outcomes[0].State)
	assert.Contains(t, r.ledger(t).Marks, end.Ref.String(), "a deletion that failed is no new baseline: it stays in the ledger")
}

// Every wait has an end, whatever the service does for ever.
func TestInvariant26_Bounded(t *testing.T) {
	blocked := &reaper.Blocked{By: "DependencyViolation"}
	for _, c := range []struct {
		name string
		err  error
		run  bool // the whole run ends, at once
	}{
		{"throttled", reaper.ErrThrottled, false},
		{"unavailable", reaper.ErrUnavailable, false},
		{"blocked by nobody knows what", blocked, false},
		{"denied", reaper.ErrDenied, false},
		{"expired credentials", reaper.ErrExpired, true},
		{"a socket that hangs", context.DeadlineExceeded, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			end, other := topic("end"), topic("other")
			r := marked(t, end, other)
			outcomes, err := r.reap(planOf(t, on(plan.Delete, end), on(plan.Delete, other)), func(run *reaper.Run) {
				run.Cloud = &failing{Cloud: r.cloud, id: "end", err: c.err}
			})
			assert.Equal(t, c.run, err != nil)
			assert.True(t, r.has(end))
			assert.Equal(t, c.run, r.has(other), "one item that fails is one item")
			assert.Less(t, r.clock.T.Sub(day), 2*time.Hour)
			assert.Less(t, len(r.cloud.Calls), 2000)
			if c.run {
				assert.Less(t, r.clock.T.Sub(day), time.Minute)
			} else {
				require.Len(t, outcomes, 2)
				assert.NotEqual(t, state.Done, outcomes[0].State)
			}
		})
	}
}

// failing answers every deletion of one resource with an error, the first times or for ever.
type failing struct {
	*simcloud.Cloud
	id    string
	err   error
	times int // 0: for ever
	calls int
}

func (f *failing) Delete(ctx context.Context, live *inventory.Resource, steps []plan.Step) (string, error) {
	if live.Ref.ID == f.id {
		if f.calls++; f.times == 0 || f.calls <= f.times {
			return "", f.err
		}
	}
	return f.Cloud.Delete(ctx, live, steps)
}

// Work that a service puts off is done later or listed as failed, never dropped.
func TestInvariant27_ThrottledWorkIsNotDropped(t *testing.T) {
	for _, times := range []int{1, 7, 8, 9, 30} {
		end, other := topic("end"), topic("other")
		r := marked(t, end, other)
		outcomes, err := r.reap(planOf(t, on(plan.Delete, end), on(plan.Delete, other)), func(run *reaper.Run) {
			run.Cloud = &failing{Cloud: r.cloud, id: "end", err: reaper.ErrThrottled, times: times}
		})
		require.NoError(t, err)
		require.Len(t, outcomes, 2)
		assert.Equal(t, state.Done, outcomes[0].State, "%d times: %s", times, outcomes[0].Message)
		assert.False(t, r.has(end))
	}
	var all []*inventory.Resource
	var actions []plan.Action
	for i := range 25 {
		end := topic(fmt.Sprint("end-", i))
		all, actions = append(all, end), append(actions, on(plan.Delete, end))
	}
	r := marked(t, all...)
	r.cloud.Faults = simcloud.Faults{Seed: 1, Throttle: 0.7}
	outcomes, err := r.reap(planOf(t, actions...))
	require.NoError(t, err)
	require.Len(t, outcomes, 25, "each item has its outcome")
	for _, o := range outcomes {
		assert.Equal(t, state.Done, o.State, o.Message)
	}
}

// Something that cannot be deleted takes along what needs its end, and nothing else.
func TestInvariant30_FailureIsolation(t *testing.T) {
	a, b, c, d := topic("a"), topic("b"), topic("c"), topic("d")
	r := marked(t, a, b, c, d)
	first, second, third := on(plan.Delete, a), on(plan.Delete, b), on(plan.Delete, c)
	second.Needs, third.Needs = []string{first.ID}, []string{second.ID}
	outcomes, err := r.reap(planOf(t, first, second, third, on(plan.Delete, d)), func(run *reaper.Run) {
		run.Cloud = &failing{Cloud: r.cloud, id: "a", err: reaper.ErrDenied}
	})
	require.NoError(t, err)
	var states []string
	for _, o := range outcomes {
		states = append(states, o.State)
	}
	assert.Equal(t, []string{state.Failed, state.BlockedBy, state.BlockedBy, state.Done}, states)
	assert.Contains(t, outcomes[1].Message, first.ID, "it says what blocks it")
	assert.True(t, r.has(a) && r.has(b) && r.has(c))
	assert.False(t, r.has(d))
}

// A file stops the run before its next call; so does the end of the window.
func TestInvariant32_KillSwitchAndWindow(t *testing.T) {
	for _, how := range []string{"file", "unreadable", "window"} {
		path := filepath.Join(t.TempDir(), "stop")
		var all []*inventory.Resource
		var actions []plan.Action
		for i := range 5 {
			end := topic(fmt.Sprint("end-", i))
			all, actions = append(all, end), append(actions, on(plan.Delete, end))
		}
		r := marked(t, all...)
		calls := 0
		r.cloud.Hook = func(c simcloud.Call, after bool) {
			if c.Op != "Delete" || !after {
				return
			}
			if calls++; calls == 2 {
				switch how {
				case "file":
					require.NoError(t, os.WriteFile(path, []byte("ops: stop it\nmore"), 0o600))
				case "unreadable":
					require.NoError(t, os.Mkdir(path, 0o700))
				default:
					r.clock.T = r.clock.T.Add(6 * time.Hour)
				}
			}
		}
		window, err := reaper.ParseWindow("22:00-05:00")
		require.NoError(t, err)
		_, err = r.reap(planOf(t, actions...), func(run *reaper.Run) {
			run.Switch = reaper.Switches(reaper.KillSwitch(path), window.Switch(r.clock))
			run.Limits.Term = 7 * aDay
		})
		require.ErrorIs(t, err, reaper.ErrStopped, how)
		if how == "file" {
			assert.ErrorContains(t, err, "ops: stop it")
		}
		assert.Equal(t, 2, r.deletes(), "at most the call in flight ends: %s", how)
		assert.Len(t, r.cloud.Snapshot().Resources, 3)
	}
}

// Nothing dies so that another thing can: an orphan group on a living instance stays.
func TestInvariant34_NoCascade(t *testing.T) {
	group := &inventory.Resource{Ref: ref("AWS::EC2::SecurityGroup", "sg-0aaaaaaaaaaaaaaaa"), Created: day.Add(-time.Hour), Tags: map[string]string{}, Properties: inventory.Properties{"GroupId": "sg-0aaaaaaaaaaaaaaaa"}}
	living := instance("i-0aaaaaaaaaaaaaaaa", "running")
	living.Properties["SecurityGroupIds"] = []any{group.Ref.ID}
	r := newRig(group, living)
	r.mark(t, group)
	before := r.now(t, living.Ref)
	outcomes, err := r.reap(planOf(t, on(plan.Delete, group)))
	require.NoError(t, err)
	assert.Equal(t, state.BlockedBy, outcomes[0].State)
	assert.Contains(t, outcomes[0].Message, living.Ref.ID, "it says what stands in the way")
	assert.Equal(t, before, r.now(t, living.Ref))
	for _, c := range r.cloud.Calls {
		assert.True(t, !c.Changes || c.Ref == group.Ref, "%s %s", c.Op, c.Ref)
	}
	// A part that no step of the plan names is not touched either.
	end := role("end")
	action := on(plan.Delete, end)
	action.Steps = roleSteps()[:1]
	r = marked(t, end)
	looks := r.looks()
	outcomes, err = r.reap(planOf(t, action))
	require.NoError(t, err)
	assert.Equal(t, state.BlockedBy, outcomes[0].State)
	assert.Equal(t, looks, r.looks())
}

// What waits for another item of the plan to be gone is tried again, and is not given up at
// the first refusal.
func TestBlockedByThePlanItself(t *testing.T) {
	network := &inventory.Resource{Ref: ref("AWS::EC2::VPC", "vpc-0aaaaaaaaaaaaaaaa"), Created: day.Add(-time.Hour), Tags: map[string]string{}, Properties: inventory.Properties{"VpcId": "vpc-0aaaaaaaaaaaaaaaa"}}
	subnet := &inventory.Resource{Ref: ref("AWS::EC2::Subnet", "subnet-0aaaaaaaaaaaaaaaa"), Created: day.Add(-time.Hour), Tags: map[string]string{}, Properties: inventory.Properties{"SubnetId": "subnet-0aaaaaaaaaaaaaaaa", "VpcId": network.Ref.ID}}
	r := marked(t, network, subnet)
	// The plan has them in the wrong order: its graph did not know the reference.
	outcomes, err := r.reap(planOf(t, on(plan.Delete, network), on(plan.Delete, subnet)))
	require.NoError(t, err)
	assert.Equal(t, []string{state.Done, state.Done}, []string{outcomes[0].State, outcomes[1].State}, outcomes[0].Message)
	assert.Empty(t, r.looks())
}

// What a run marked and held is given back by undoing the run; what it deleted is named.
func TestUndoRun(t *testing.T) {
	service := held()[6]
	end, saved := topic("end"), volume("saved")
	r := newRig(service, end, saved)
	r.mark(t, end)
	r.mark(t, saved)
	before := plan.Fingerprint(service)
	last := on(plan.Delete, saved)
	last.Consent = "ada: empty"
	_, err := r.reap(planOf(t, on(plan.Mark, service), on(plan.Delete, end), on(plan.Backup, saved), last))
	require.NoError(t, err)
	_, err = r.reap(planOf(t, on(plan.Quarantine, r.now(t, service.Ref))))
	require.NoError(t, err)
	observe := func(ref inventory.Ref) (*inventory.Resource, error) {
		live, err := r.cloud.Observe(context.Background(), ref)
		if errors.Is(err, reaper.ErrNotFound) {
			return nil, nil
		}
		return live, err
	}
	_, err = reaper.Undo(context.Background(), planOf(t).Header, r.store, "run-9", observe)
	require.ErrorContains(t, err, "no such run")
	p, err := reaper.Undo(context.Background(), planOf(t).Header, r.store, "run-1", observe)
	require.NoError(t, err)
	require.Len(t, p.Actions, 1)
	require.Len(t, p.Refused, 2, "two are gone")
	assert.Contains(t, p.Refused[0].By+p.Refused[1].By, "backup-", "of one there is a backup")
	outcomes, err := r.reap(p)
	require.NoError(t, err)
	assert.Equal(t, state.Done, outcomes[0].State)
	assert.Equal(t, before, plan.Fingerprint(r.now(t, service.Ref)))
	assert.NotContains(t, r.now(t, service.Ref).Tags, reaper.MarkedTag)
	_, err = reaper.Cancel(planOf(t).Header, r.ledger(t), service.Ref, nil)
	require.ErrorContains(t, err, "not marked")
}

// A ledger that is empty only marks: who lost the state starts from the beginning.
func TestCronOnAnEmptyStateOnlyMarks(t *testing.T) {
	end, service := topic("end"), held()[6]
	r := newRig(end, service)
	out := &sink{}
	_, fresh, outcomes, err := reaper.Cron(context.Background(), reaper.Run{ID: "c", Cloud: r.cloud, Store: r.store, Clock: r.clock, Notify: out},
		func(context.Context, *state.Ledger) (*plan.Plan, error) {
			return planOf(t, on(plan.Mark, end), on(plan.Mark, service), on(plan.Quarantine, service), on(plan.Delete, end)), nil
		})
	require.NoError(t, err)
	assert.True(t, fresh)
	require.Len(t, outcomes, 2)
	assert.True(t, r.has(end))
	assert.Equal(t, []string{"notified", "notified"}, []string{reaper.Status(r.ledger(t), plan.DefaultGrace)[0].State, reaper.Status(r.ledger(t), plan.DefaultGrace)[1].State})
	_, _, _, err = reaper.Cron(context.Background(), reaper.Run{ID: "c", Cloud: r.cloud, Store: r.store, Clock: r.clock}, nil)
	require.ErrorIs(t, err, reaper.ErrGuard, "without a receiver it is refused")
}

// A teardown waits for nothing; what the plan does not tear down waits as ever.
func TestTeardown(t *testing.T) {
	mine, other := topic("mine"), topic("other")
	r := newRig(mine, other)
	a, b := on(plan.Delete, mine), on(plan.Delete, other)
	a.Teardown = true
	_, err := r.reap(planOf(t, a, b))
	require.NoError(t, err)
	assert.False(t, r.has(mine))
	assert.True(t, r.has(other), "its version is not torn down")
}

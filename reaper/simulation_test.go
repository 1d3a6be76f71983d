package reaper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/relation"
	"github.com/pcf-scan/pcf-scan/inventory/state"
	"github.com/pcf-scan/pcf-scan/reaper"
	"github.com/pcf-scan/pcf-scan/reaper/simcloud"
)

// The simulation is the whole machine in small: an account and declarations drawn from a
// seed, a job that reaps every few days, and everything that can go wrong. The oracle below
// knows the truth of each resource from how it was drawn, and never asks the program.

// truth is what the oracle knows of a resource.
type truth struct {
	mayGo     bool // it was an app's and no living version declares it
	protected bool
	claimed   bool // something else makes it somebody's: a written id, a copy of tags, no tags
}

// world is one drawn account with its declarations and its history.
type world struct {
	*rig
	seed        uint64
	random      *rand.Rand
	declaration *inventory.Declaration
	truths      map[inventory.Ref]truth
	history     map[int][]func(*world) // by number of the run: what somebody does before it
	grace       time.Duration
	out         *sink
	plan        *plan.Plan
	marked      map[string]time.Time // by ref: as the journal says
	told        map[string]time.Time
	wrong       string // what the oracle found
	broken      string // what would be wrong if the call that was just made had its effect
	crashes     int
	deletions   int
}

const runs = 6

// draw builds the world of a seed. Two calls build the same world.
func draw(seed uint64) *world {
	w := &world{
		seed: seed, random: rand.New(rand.NewPCG(seed, 7)), truths: map[inventory.Ref]truth{}, history: map[int][]func(*world){}, out: &sink{},
		marked: map[string]time.Time{}, told: map[string]time.Time{}, declaration: &inventory.Declaration{},
	}
	pick := w.random.IntN
	w.grace = []time.Duration{aDay, 2 * aDay, 7 * aDay}[pick(3)]
	apps := map[string]*inventory.App{}
	for _, name := range []string{"orders", "payments"} {
		for _, version := range []string{"1", "2"} {
			a := &inventory.App{Name: name, Environment: "dev", Version: version, Owner: name + "@acme.example", File: name + version + ".yaml"}
			if version == "1" && pick(3) > 0 {
				a.Retired = day.Add(-aDay)
			}
			apps[name+version] = a
			w.declaration.Apps = append(w.declaration.Apps, a)
		}
	}
	var all []*inventory.Resource
	some := func(typ string) string { // the id of one that is there already
		var ids []string
		for _, r := range all {
			if r.Ref.Type == typ {
				ids = append(ids, r.Ref.ID)
			}
		}
		if len(ids) == 0 {
			return ""
		}
		return ids[pick(len(ids))]
	}
	set := func(props inventory.Properties, key, value string, list bool) {
		if value == "" {
			return
		}
		if props[key] = value; list {
			props[key] = []any{value}
		}
	}
	for i := range 3 + pick(6) {
		props := inventory.Properties{}
		var typ, name, st string
		switch pick(9) {
		case 0:
			typ, name = "AWS::EC2::VPC", id("vpc", i)
			props["VpcId"] = name
		case 1:
			typ, name = "AWS::EC2::Subnet", id("subnet", i)
			props["SubnetId"] = name
			set(props, "VpcId", some("AWS::EC2::VPC"), false)
		case 2:
			typ, name = "AWS::EC2::SecurityGroup", id("sg", i)
			props["GroupId"] = name
			set(props, "VpcId", some("AWS::EC2::VPC"), false)
			if other := some(typ); other != "" && pick(2) == 0 {
				rule := func(to string) []any {
					return []any{map[string]any{"IpProtocol": "tcp", "FromPort": int64(80), "SourceSecurityGroupId": to}}
				}
				props["SecurityGroupIngress"] = rule(other)
				if pick(2) == 0 {
					for _, r := range all {
						if r.Ref.ID == other {
							r.Properties["SecurityGroupIngress"] = rule(name)
						}
					}
				}
			}
		case 3:
			typ, name, st = "AWS::EC2::Instance", id("i", i), "running"
			props["InstanceId"] = name
			set(props, "SubnetId", some("AWS::EC2::Subnet"), false)
			set(props, "SecurityGroupIds", some("AWS::EC2::SecurityGroup"), true)
		case 4:
			typ, name, st = "AWS::EC2::Volume", id("vol", i), "available"
			props["VolumeId"], props["Size"] = name, int64(8)
		case 5:
			typ, name = "AWS::SNS::Topic", fmt.Sprint("topic-", i)
			props["TopicName"] = name
			set(props, "DisplayName", some("AWS::EC2::VPC"), false) // a soft reference by its value
		case 6:
			typ, name = "AWS::ECS::Service", fmt.Sprint("service-", i)
			props["DesiredCount"] = int64(2)
		case 7:
			typ, name = "AWS::EC2::EIP", id("eipalloc", i)
			props["AllocationId"] = name
		default:
			typ, name = "AWS::CloudWatch::Alarm", fmt.Sprint("alarm-", i)
			props["AlarmName"] = name
		}
		r := &inventory.Resource{Ref: ref(typ, name), Created: day.Add(-time.Duration(i+1) * time.Hour), State: st, Tags: map[string]string{}, Properties: props}
		w.own(apps, r)
		all = append(all, r)
	}
	w.rig = newRig(all...)
	w.limit = reaper.Limits{Tries: 3, Patience: 2 * time.Minute}
	w.meddle(all)
	return w
}

// own draws whose a resource is, and remembers the truth of it.
func (w *world) own(apps map[string]*inventory.App, r *inventory.Resource) {
	pick := w.random.IntN
	app := apps[[]string{"orders", "payments"}[pick(2)]+[]string{"1", "1", "1", "2"}[pick(4)]]
	particle := "p-" + r.Ref.ID
	r.Tags = map[string]string{"pcf:app": app.Name, "pcf:environment": "dev", "pcf:version": app.Version, "pcf:particle": particle}
	declare := func(to *inventory.App, id string) {
		to.Particles = append(to.Particles, &inventory.Particle{
			App: to.Name, Environment: to.Environment, Version: to.Version, Name: particle, ID: id, State: inventory.Running,
			Resource: &inventory.Resource{Ref: inventory.Ref{Partition: "aws", Type: r.Ref.Type}, LogicalID: particle, Declared: true, Properties: inventory.Properties{}, Position: inventory.Position{File: to.File, Line: 1 + len(to.Particles)}},
		})
	}
	var v truth
	switch kind := pick(12); {
	case kind < 5: // as it should be: the version declares it
		declare(app, "")
		v.mayGo = !app.Retired.IsZero()
	case kind < 7: // the version does not declare it any more
		v.mayGo = true
	case kind == 7: // another living version writes its id
		declare(apps["payments2"], r.Ref.ID)
		v.claimed = true
	case kind == 8:
		r.Tags = map[string]string{"team": "x"}
		v.claimed = true
	case kind == 9:
		r.Tags["pcf:app"] = "nobody-knows"
		v.claimed = true
	case kind == 10: // its successor declares it and has no match of its own: an upgrade
		declare(app, "")
		declare(apps[app.Name+"2"], "")
		v.claimed = true
	default:
		r.Tags["pcf:version"] = "0.9"
		v.claimed = true
	}
	if pick(10) == 0 {
		r.Tags[[]string{"pcf:protect", "Protected", "do-not-delete"}[pick(3)]] = []string{"true", "false", ""}[pick(3)]
		v.protected = true
	}
	if pick(25) == 0 {
		r.Properties["DeletionProtection"] = true
		v.protected = true
	}
	w.truths[r.Ref] = v
}

// meddle draws what people do before the third run: nothing can have gone by then, so that a
// world with accidents and one without go through the same history.
func (w *world) meddle(all []*inventory.Resource) {
	for range w.random.IntN(3) {
		r := all[w.random.IntN(len(all))]
		at, kind := 1+w.random.IntN(2), w.random.IntN(4)
		w.history[at] = append(w.history[at], func(w *world) {
			if !w.has(r) {
				return
			}
			v := w.truths[r.Ref]
			switch kind {
			case 0:
				_, _ = w.cloud.Tag(context.Background(), r.Ref, map[string]string{"pcf:protect": "yes"})
				v.protected = true
			case 1: // somebody uses it
				_, _ = w.cloud.Update(context.Background(), r, []plan.Change{{Path: "/Description", To: "in use"}})
			case 2: // somebody begins to refer to it
				n := topic("new-" + r.Ref.ID)
				n.Properties["DisplayName"] = r.Ref.ID
				w.add(n)
				w.truths[n.Ref] = truth{claimed: true}
			default: // it was deleted by hand, and made again by a newer version
				w.declaration.Apps[1].Particles = append(w.declaration.Apps[1].Particles, &inventory.Particle{
					App: w.declaration.Apps[1].Name, Environment: "dev", Version: "2", Name: "claimed", ID: r.Ref.ID, State: inventory.Running,
					Resource: &inventory.Resource{Ref: inventory.Ref{Partition: "aws", Type: r.Ref.Type}, LogicalID: "claimed", Declared: true, Properties: inventory.Properties{}},
				})
				v.claimed = true
			}
			w.truths[r.Ref] = v
		})
	}
}

// watch sets the oracle on the cloud and the journal.
func (w *world) watch(step func()) {
	w.store.Hook = func(r state.Record, after bool) error {
		if after {
			switch r.Kind {
			case state.Mark:
				if _, marked := w.marked[r.Ref]; !marked {
					w.marked[r.Ref] = r.Time
				}
			case state.Unmark:
				delete(w.marked, r.Ref)
				delete(w.told, r.Ref)
			case state.Notice:
				w.told[r.Ref] = r.Time
			}
		}
		step()
		return nil
	}
	w.cloud.Hook = func(c simcloud.Call, after bool) {
		switch {
		case c.Changes && !after:
			w.judge(c)
		case after && c.Changes && w.broken != "" && w.wrong == "": // it was not refused
			w.wrong = w.broken
		}
		step()
	}
}

// judge says what is wrong with a call, from the truth alone.
func (w *world) judge(c simcloud.Call) {
	wrong := func(format string, args ...any) {
		if w.wrong == "" {
			w.wrong = fmt.Sprintf("%s %s: ", c.Op, c.Ref) + fmt.Sprintf(format, args...)
		}
	}
	w.broken = ""
	var precondition string
	planned := false
	for _, a := range w.plan.Actions {
		if a.Resource.Ref() == c.Ref {
			planned = true
			if a.Verb == plan.Delete {
				precondition = a.Precondition
			}
		}
	}
	if !planned && c.Op != "Start" && c.Op != "Update" { // what a dead run prepared may be taken back
		wrong("it is not in the plan")
	}
	if c.Op != "Delete" {
		return
	}
	v, now := w.truths[c.Ref], w.clock.T
	switch {
	case !v.mayGo:
		wrong("a living version declares it")
	case v.claimed:
		wrong("it is somebody else's")
	case v.protected:
		wrong("it is protected")
	case precondition == "":
		wrong("the plan does not delete it")
	case w.marked[c.Ref.String()].IsZero() || now.Sub(w.marked[c.Ref.String()]) < w.grace:
		wrong("it was not marked for its grace")
	case w.told[c.Ref.String()].IsZero() || now.Sub(w.told[c.Ref.String()]) < w.grace:
		wrong("nobody was told for its grace")
	}
	s := w.cloud.Snapshot()
	for _, r := range s.Resources {
		if r.Ref == c.Ref && len(w.plan.Actions) > 0 && !slices.ContainsFunc(w.plan.Actions, func(a plan.Action) bool { return a.Reason == "detached" && a.Resource.Ref() == c.Ref }) && plan.Fingerprint(r) != precondition {
			wrong("it has changed since the plan was made")
		}
		for _, to := range r.Relations {
			if to.To == c.Ref && r.Ref != c.Ref && to.Kind != relation.Implicit && r.Tags["pcf:backup"] == "" {
				w.broken = fmt.Sprintf("%s %s: %s still refers to it", c.Op, c.Ref, r.Ref)
			}
		}
	}
	w.deletions++
}

// facts gives the planner what the ledger holds.
func facts(l *state.Ledger) plan.Facts {
	f := plan.Facts{New: l.Records == 0, Marks: map[string]plan.MarkFact{}, Seen: map[string]plan.SeenFact{}, Deleted: l.Deleted, Counts: l.Counts}
	for key, m := range l.Marks {
		f.Marks[key] = plan.MarkFact{
			Incarnation: m.Incarnation, Reason: plan.Reason(m.Reason), Looks: m.Looks, At: m.At, Noticed: m.Noticed, Quarantined: m.Quarantined,
			BackedUp: m.BackedUp, Backup: m.Backup,
		}
	}
	for key, s := range l.Seen {
		f.Seen[key] = plan.SeenFact{Incarnation: s.Incarnation, First: s.First, Count: s.Count}
	}
	return f
}

// planner is the whole deciding side over what the cloud shows.
func (w *world) planner(ctx context.Context, l *state.Ledger) (*plan.Plan, error) {
	s, err := w.cloud.Scan(ctx)
	if err != nil {
		return nil, err
	}
	owners := owner.Attribute(owner.Input{Declaration: w.declaration, Live: s, Applied: l.LastApplied(), Now: w.clock.T})
	p, err := plan.Reap(plan.ReapInput{
		Header: plan.Header{Command: "reap", Tool: "test", Partition: "aws", Account: account, Regions: []string{region}, CreatedAt: w.clock.T},
		Live:   s, Attributions: owners.Attributions, Pairs: owners.Pairs, Declaration: w.declaration, DeclarationGaps: owners.Gaps, Ledger: facts(l), Grace: w.grace,
		Caps:     plan.Caps{Delete: plan.Cap{N: 25}, PerType: plan.Cap{N: 10}, Percent: plan.Cap{Unlimited: true}},
		Consents: []plan.Consent{{Reason: "a test", Approver: "ada", Expires: day.Add(1000 * aDay)}}, CallerAccount: account, AcceptFewer: true,
		Reads: func(string) bool { return true }, Isolation: reaper.Isolation,
		Can: func(verb plan.Verb, typ string, _ plan.Change) string {
			if verb == plan.Backup && !w.cloud.BacksUp(typ) {
				return "no backup"
			}
			return ""
		},
	})
	w.plan = p
	return p, err
}

// job is one run of the job, in which the program may die; it says whether it came through.
func (w *world) job(dieAt int) (through bool, err error) {
	events, dead := 0, false
	w.watch(func() {
		if events++; events == dieAt {
			dead = true
			panic(crash{})
		}
	})
	defer func() {
		w.store.Hook, w.cloud.Hook = nil, nil
		if p := recover(); p != nil {
			if _, ours := p.(crash); !ours {
				panic(p)
			}
			w.crashes++
			through, err = false, nil
		}
	}()
	w.rig.runs++
	_, _, _, err = reaper.Cron(context.Background(), reaper.Run{
		ID: fmt.Sprint("run-", w.rig.runs), Cloud: w.cloud, Store: mortal{w.store, &dead}, Clock: w.clock, Limits: w.limit, Notify: w.out,
	}, w.planner)
	return err == nil, err
}

// live lets the world go on until nothing more happens. With trouble, runs meet faults and
// die; the trouble ends before the world does.
func (w *world) live(trouble bool) error {
	chaos := rand.New(rand.NewPCG(w.seed, 99))
	step := w.grace/2 + time.Hour
	for n := range runs {
		w.cloud.Faults = simcloud.Faults{} // nobody else has trouble
		for _, do := range w.history[n] {
			do(w)
		}
		die := 0
		if trouble && n < runs-3 {
			w.cloud.Faults = simcloud.Faults{
				Seed: chaos.Uint64(), Throttle: []float64{0, 0.1, 0.4}[chaos.IntN(3)], Fail: []float64{0, 0, 0.1}[chaos.IntN(3)],
				Lose: []float64{0, 0.2}[chaos.IntN(2)], Deny: []float64{0, 0, 0.1}[chaos.IntN(3)], Lag: chaos.IntN(3), SlowDelete: chaos.IntN(3),
				SlowBackup: chaos.IntN(3), BadBackup: []float64{0, 0.3}[chaos.IntN(2)],
			}
			w.out.down = nil
			if chaos.IntN(5) == 0 {
				w.out.down = errors.New("503")
			}
			die = chaos.IntN(60) - 10
		}
		if trouble && n == runs-3 { // the last deaths fall on the runs that delete
			w.cloud.Faults, w.out.down = simcloud.Faults{}, nil
			die = chaos.IntN(60)
		}
		through, err := w.job(die)
		if err != nil && !trouble {
			return err
		}
		w.clock.T = w.clock.T.Add(step)
		if through && (!trouble && n >= 2 || n > runs-3) && w.rests() {
			return nil
		}
	}
	w.cloud.Faults, w.out.down = simcloud.Faults{}, nil
	for range 12 {
		if _, err := w.job(0); err != nil {
			return err
		}
		w.clock.T = w.clock.T.Add(step)
		if w.rests() {
			return nil
		}
	}
	return fmt.Errorf("it never comes to rest: %d actions", len(w.plan.Actions))
}

// rests reports whether nothing was left to do in the last run, and nothing is on its way.
func (w *world) rests() bool {
	return len(w.plan.Actions) == 0 && !slices.ContainsFunc(w.plan.Reaping.Candidates, func(c plan.Candidate) bool { return c.State != plan.Kept })
}

// remains is what is left, without the marks of time.
func (w *world) remains() string {
	s := ""
	for _, l := range w.cloud.Snapshot().Resources {
		if l.Tags["pcf:backup"] == "" {
			s += l.Ref.String() + " " + plan.Fingerprint(l) + "\n"
		}
	}
	return s
}

// worlds is how many are drawn: ten thousand, unless the environment says otherwise.
func worlds(t *testing.T) int {
	if text := os.Getenv("PCF_SCAN_WORLDS"); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		return n
	}
	if testing.Short() {
		return 1000
	}
	return 10_000
}

// Ten thousand worlds: never is something deleted that is owned, referred to, protected,
// changed, unmarked or outside of the plan; and whatever failed and wherever the program died,
// the world ends as the one in which nothing went wrong.
func TestSimulation(t *testing.T) {
	n := worlds(t)
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // the worlds are small and many
	var crashes, deletions, emptied atomic.Int64
	const shards = 2
	t.Run("worlds", func(t *testing.T) {
		for shard := range shards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				for seed := uint64(shard); seed < uint64(n); seed += shards {
					calm, rough := draw(seed), draw(seed)
					if err := calm.live(false); err != nil {
						t.Fatalf("seed %d: %v", seed, err)
					}
					if err := rough.live(true); err != nil {
						t.Fatalf("seed %d, with trouble: %v", seed, err)
					}
					for _, w := range []*world{calm, rough} {
						if w.wrong != "" {
							t.Fatalf("seed %d: %s", seed, w.wrong)
						}
					}
					if seed%10 < shards {
						if _, err := state.Verify(bytes.NewReader(rough.store.Journal()), nil); err != nil {
							t.Fatalf("seed %d: %v", seed, err)
						}
					}
					if calm.remains() != rough.remains() {
						t.Fatalf("seed %d: with trouble it ends as\n%swithout as\n%s", seed, rough.remains(), calm.remains())
					}
					crashes.Add(int64(rough.crashes))
					deletions.Add(int64(calm.deletions + rough.deletions))
					if calm.deletions > 0 {
						emptied.Add(1)
					}
				}
			})
		}
	})
	t.Logf("%d worlds, in %d of them something goes: %d delete calls, %d crashes", n, emptied.Load(), deletions.Load(), crashes.Load())
	require.Positive(t, emptied.Load(), "worlds in which nothing may go prove nothing")
}

// Calls of the run that deletes (each of them with PCF_SCAN_FULL), the listings that its decisions rest on included, fails
// once in each way, in some worlds. What is deleted is never more than without the fault;
// it is nothing when a listing fails, because anything might refer to anything.
func TestInvariant01_FaultSweepOfARun(t *testing.T) {
	faults := map[string]error{
		"throttle": reaper.ErrThrottled, "5xx": reaper.ErrUnavailable, "timeout": context.DeadlineExceeded, "denied": reaper.ErrDenied,
		"expired": reaper.ErrExpired, "truncated": errors.New("unexpected EOF"), "repeated token": errors.New("the same page again"),
		"empty success": simcloud.ErrEmpty,
	}
	ready := func(seed uint64) *world { // everything is due in the next run
		w := draw(seed)
		for range 2 {
			_, err := w.job(0)
			require.NoError(t, err)
			w.clock.T = w.clock.T.Add(w.grace)
		}
		return w
	}
	gone := func(before []*inventory.Resource, w *world) (all []inventory.Ref) {
		for _, r := range before {
			if !w.has(r) {
				all = append(all, r.Ref)
			}
		}
		return all
	}
	sweeps, worlds := 0, 0
	for seed := uint64(0); worlds < 6; seed++ {
		calm := ready(seed)
		first, before := len(calm.cloud.Calls), calm.cloud.Snapshot().Resources
		_, err := calm.job(0)
		require.NoError(t, err)
		want := gone(before, calm)
		if len(want) < 2 {
			continue
		}
		worlds++
		for name, fault := range faults {
			stride := 1
			if os.Getenv("PCF_SCAN_FULL") == "" { // a sample, another one for each way
				stride = 1 + (len(calm.cloud.Calls)-first)/30
			}
			for k := first + len(name)%stride; k < len(calm.cloud.Calls); k += stride {
				w := ready(seed)
				listing := false
				w.cloud.Faults.On = func(c simcloud.Call) error {
					if c.Number != k {
						return nil
					}
					listing = c.Op == "List"
					return fault
				}
				_, _ = w.job(0)
				sweeps++
				got := gone(before, w)
				for _, ref := range got {
					require.Contains(t, want, ref, "seed %d: %s at call %d deletes %s too", seed, name, k, ref)
				}
				require.Empty(t, w.wrong, "seed %d: %s at call %d", seed, name, k)
				if listing && name != "empty success" {
					require.Empty(t, got, "seed %d: %s at listing %d", seed, name, k)
				}
			}
		}
	}
	t.Logf("%d runs with a fault over %d worlds", sweeps, worlds)
}

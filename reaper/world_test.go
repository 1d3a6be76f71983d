package reaper_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
	"github.com/pcf-scan/pcf-scan/reaper"
	"github.com/pcf-scan/pcf-scan/reaper/simcloud"
)

var day = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

const (
	account = "111122223333"
	region  = "eu-west-1"
)

func ref(typ, id string) inventory.Ref {
	return inventory.Ref{Partition: "aws", Account: account, Region: region, Type: typ, ID: id}
}

func queue(id string) *inventory.Resource {
	return &inventory.Resource{
		Ref: ref("AWS::SQS::Queue", id), Created: day.Add(-time.Hour), Tags: map[string]string{"team": "x"},
		Properties: inventory.Properties{"QueueName": id, "DelaySeconds": int64(1), "Nested": map[string]any{"A": "a"}},
	}
}

// topic holds no data: nothing but its proofs stands in the way of its end.
func topic(id string) *inventory.Resource {
	return &inventory.Resource{
		Ref: ref("AWS::SNS::Topic", id), Created: day.Add(-time.Hour), Tags: map[string]string{"team": "x"},
		Properties: inventory.Properties{"TopicName": id},
	}
}

func instance(id, state string) *inventory.Resource {
	return &inventory.Resource{Ref: ref("AWS::EC2::Instance", id), Created: day.Add(-time.Hour), State: state, Tags: map[string]string{}, Properties: inventory.Properties{"InstanceType": "t3.small"}}
}

// on begins an action on a live resource.
func on(verb plan.Verb, r *inventory.Resource, patch ...plan.Change) plan.Action {
	return plan.Action{
		ID: string(verb) + "-" + r.Ref.ID, Verb: verb, Resource: plan.PlaceOf(r, r.Ref.ID), Incarnation: plan.Incarnation(r),
		For:    &plan.Identity{App: "orders", Version: "1", Particle: r.Ref.ID},
		Reason: plan.Drifted, Patch: patch, Precondition: plan.Fingerprint(r), Claims: plan.Claims(r), Needs: []string{},
	}
}

func set(path string, from, to any) plan.Change { return plan.Change{Path: path, From: from, To: to} }

func creation(name, typ string, properties inventory.Properties, needs ...string) plan.Action {
	if needs == nil {
		needs = []string{}
	}
	return plan.Action{
		ID: "create-" + name, Verb: plan.Create, Reason: plan.NotThere, Properties: properties, Needs: needs,
		Resource: plan.Place{Partition: "aws", Type: typ, Account: account, Region: region, LogicalID: name},
		For:      &plan.Identity{App: "orders", Version: "1", Particle: name},
		Tags:     map[string]string{"pcf:app": "orders", "pcf:version": "1", "pcf:particle": name},
	}
}

func planOf(t require.TestingT, actions ...plan.Action) *plan.Plan {
	p := &plan.Plan{
		Header: plan.Header{
			SchemaVersion: plan.SchemaVersion, Command: "repair", Tool: "test", Partition: "aws", Account: account,
			CreatedAt: day, ExpiresAt: day.Add(365 * 24 * time.Hour),
		},
		Actions: actions, Refused: []plan.Refusal{}, Budget: plan.Budget{Deletions: 100, PerType: 100, PerDay: 100}, Applyable: true,
	}
	if slices.ContainsFunc(actions, func(a plan.Action) bool {
		return slices.Contains([]plan.Verb{plan.Mark, plan.Unmark, plan.Quarantine, plan.Backup, plan.Delete}, a.Verb)
	}) {
		p.Command = "reap"
	}
	require.NoError(t, p.Seal())
	return p
}

// rig is a cloud, a state and a clock, and an eye on the order of things.
type rig struct {
	clock *simcloud.Clock
	cloud *simcloud.Cloud
	store *state.Memory
	runs  int
	limit reaper.Limits
}

func newRig(resources ...*inventory.Resource) *rig {
	r := &rig{clock: &simcloud.Clock{T: day}}
	r.cloud = simcloud.New(&inventory.Snapshot{Scope: inventory.Scope{Partition: "aws", Accounts: []string{account}}, Resources: resources}, r.clock)
	r.store = &state.Memory{Now: r.clock.Now}
	return r
}

// add puts a resource into the world.
func (r *rig) add(more ...*inventory.Resource) {
	s := r.cloud.Snapshot()
	s.Resources = append(s.Resources, more...)
	*r = rig{clock: r.clock, cloud: simcloud.New(s, r.clock), store: r.store, runs: r.runs, limit: r.limit}
}

func (r *rig) apply(p *plan.Plan) ([]reaper.Outcome, error) {
	r.runs++
	return reaper.Apply(context.Background(), reaper.Run{
		ID: fmt.Sprint("run-", r.runs), Plan: p, Cloud: r.cloud, Store: r.store, Clock: r.clock, Limits: r.limit,
	})
}

// write puts a record into the journal.
func (r *rig) write(t require.TestingT, record state.Record) {
	l, err := r.store.Acquire(context.Background(), "test", time.Hour)
	require.NoError(t, err)
	if record.Time.IsZero() {
		record.Time = r.clock.Now()
	}
	_, err = l.Append(context.Background(), record)
	require.NoError(t, err)
	require.NoError(t, l.Release(context.Background()))
}

// mark gives a resource everything that its deletion asks of the ledger: a mark, a notice and
// three observations, all older than the grace.
func (r *rig) mark(t require.TestingT, live *inventory.Resource) {
	at := day.Add(-30 * 24 * time.Hour)
	record := func(kind state.Kind, message, st string) {
		r.write(t, state.Record{Kind: kind, Time: at, Run: "before", Ref: live.Ref.String(), Incarnation: plan.Incarnation(live), Message: message, State: st})
	}
	record(state.Observed, "", state.Candidate)
	record(state.Mark, "version-retired", "")
	record(state.Notice, "", "")
	if reaper.Isolates(live.Ref.Type) {
		record(state.Quarantined, "", "")
	}
	record(state.Observed, "", state.Candidate)
	record(state.Observed, "", state.Candidate)
}

// looks is the whole world as text, without what differs between two runs of it.
func (r *rig) looks() string {
	s := ""
	for _, l := range r.cloud.Snapshot().Resources {
		s += fmt.Sprintf("%s %v %v %s\n", l.Ref, l.Properties, l.Tags, l.State)
	}
	return s
}

// changes counts the calls that changed something.
func (r *rig) changes() (n int) {
	for _, c := range r.cloud.Calls {
		if c.Effect {
			n++
		}
	}
	return n
}

package reaper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// Run is one application of a plan.
type Run struct {
	ID   string
	Plan *plan.Plan
	// Approved is the digest that a person approved; empty when the plan was made and
	// applied in one go.
	Approved string
	Cloud    Cloud
	Store    state.Store
	Clock    Clock
	// Switch is asked before each call; a text ends the run, and says why (see KillSwitch
	// and Window). nil never does.
	Switch func() (stop string, err error)
	Limits Limits

	// The rest matters to plans of deletion only.

	// Allow bounds where anything may be ended.
	Allow Allow
	// Protect are patterns of what is never marked, held or deleted, whatever the plan says.
	Protect []plan.Protection
	// Caps bound the deletions beside the budget of the plan; nil adds nothing to it.
	Caps *plan.Caps
	// Grace is the least time from mark and notice to deletion; the plan may say a longer one.
	Grace time.Duration
	// Self are ids, names or ARNs of what the run itself lives on, beside what its caller's
	// identity tells: the bucket and key of the state, the profile of the machine.
	Self []string
	// Notify tells the owners. A plan that marks is refused without it.
	Notify Notifier
	// Replan makes the plan again from the world as it is now, once, before anything is done:
	// what is not in the new one is left alone. A plan that was just made needs none.
	Replan func(ctx context.Context) (*plan.Plan, error)
	// Look reads the whole account, once, before anything is deleted, where there is no Replan:
	// what somebody refers to by now is left alone. A plan that was just made needs none.
	Look func(ctx context.Context) (*inventory.Snapshot, error)
}

// Limits bound a run. The zero value of each is its default.
type Limits struct {
	Tries    int           // of one call; default 8
	Pause    time.Duration // before the second try, doubled up to 32 times that; default 1 s
	Patience time.Duration // for a change to show, and for what blocks or throttles to end; default 15 min
	Settle   time.Duration // between the two looks after which something is gone; default 10 s
	Term     time.Duration // of the lease; default 10 min
	// Margin is how much of the lease must be left to begin a call: longer than a call may
	// take. Default 2 min.
	Margin time.Duration
	// Fresh is how old a plan of deletion may be without Replan. Default 15 min.
	Fresh time.Duration
}

func (l Limits) orDefault() Limits {
	set := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	if l.Tries <= 0 {
		l.Tries = 8
	}
	set(&l.Pause, time.Second)
	set(&l.Patience, 15*time.Minute)
	set(&l.Settle, 10*time.Second)
	set(&l.Term, 10*time.Minute)
	set(&l.Margin, 2*time.Minute)
	set(&l.Fresh, 15*time.Minute)
	return l
}

// Outcome is what became of one action (CONTRACT.md section 5).
type Outcome struct {
	Action    string `json:"action"`
	State     string `json:"state"` // done, skipped, blocked, failed or stale
	Message   string `json:"message,omitempty"`
	RequestID string `json:"requestId,omitempty"`
	// Created is what an action created, and has as its identifier.
	Created string `json:"created,omitempty"`
}

// The errors that end a run; the outcomes up to then are returned with them.
var (
	ErrNotApproved = errors.New("the plan is not the one that was approved")
	ErrWrongCaller = errors.New("the credentials are not for the account of the plan")
	ErrStopped     = errors.New("stopped")
)

// applier is a run under way.
type applier struct {
	Run
	caller  Caller
	lease   state.Lease
	ledger  *state.Ledger
	key     []byte
	now     *plan.Plan                     // made again; nil without Replan
	done    map[string]*inventory.Resource // by action: what it left; nil of a deletion
	planned map[string]plan.Candidate      // by ref: what the plan knows of it
	waits   map[string]bool                // actions that are tried again
	request string                         // of the newest call
	untold  error                          // why the notice of an older mark was not delivered
	stopped error                          // at which bound the plan ended, if it only ends marks
}

// Apply carries out a plan. Every action of the plan has an outcome in the list unless the
// error is not nil, which is something that ended the run: a guard, a lost lock, a journal
// that cannot be written, the end of ctx; or that owners are still not told of marks which
// another run made; or that the plan stopped at a bound (plan.ErrPlanStopped), of which only the
// ends of marks are done. That an action failed is no error. Apply may be
// called again with the same plan as long as it has not expired: what is done is not done
// again.
func Apply(ctx context.Context, run Run) (outcomes []Outcome, err error) {
	a := &applier{Run: run, done: map[string]*inventory.Resource{}, planned: map[string]plan.Candidate{}, waits: map[string]bool{}}
	if run.Plan.Reaping != nil {
		for _, c := range run.Plan.Reaping.Candidates {
			a.planned[c.Resource.Ref().String()] = c
		}
	}
	a.Limits = a.Limits.orDefault()
	if err := a.guard(ctx); err != nil {
		return nil, fmt.Errorf("apply plan: %w", err)
	}
	holder := fmt.Sprintf("run %s of %s", a.ID, a.caller.ARN)
	if a.lease, err = a.Store.Acquire(ctx, holder, a.Limits.Term); err != nil {
		return nil, fmt.Errorf("apply plan: %w", err)
	}
	// The lock is given back whatever happens, also when ctx has ended.
	defer func() {
		if released := a.lease.Release(context.WithoutCancel(ctx)); err == nil {
			err = released
		}
	}()
	if a.key, err = a.Store.Key(ctx); err != nil {
		return nil, fmt.Errorf("apply plan: %w", err)
	}
	if a.ledger, err = state.ReadLedger(ctx, a.Store); err != nil {
		return nil, fmt.Errorf("apply plan: %w", err)
	}
	start := map[string]any{"digest": a.Plan.Digest, "account": a.caller.Account, "caller": a.caller.ARN, "tool": a.Plan.Tool, "command": a.Plan.Command}
	if err := a.write(ctx, state.Record{Kind: state.RunStart}, start); err != nil {
		return nil, fmt.Errorf("apply plan: %w", err)
	}
	if err := a.resolveOpen(ctx); err != nil {
		return nil, fmt.Errorf("apply plan: %w", err)
	}
	if err := a.witness(ctx); err != nil {
		return nil, fmt.Errorf("apply plan: %w", err)
	}
	if err := a.look(ctx); err != nil {
		return nil, fmt.Errorf("apply plan: %w", err)
	}
	if err := a.guardDeletions(ctx); err != nil {
		return nil, fmt.Errorf("apply plan: %w", err)
	}
	if err := a.remake(ctx); err != nil {
		return nil, fmt.Errorf("apply plan: %w", err)
	}
	if outcomes, err = a.items(ctx); err != nil {
		return outcomes, err
	}
	if err := a.write(ctx, state.Record{Kind: state.RunEnd}, nil); err != nil {
		return outcomes, fmt.Errorf("end run: %w", err)
	}
	if a.stopped != nil {
		return outcomes, fmt.Errorf("apply plan: %w", a.stopped)
	}
	if a.untold != nil {
		return outcomes, fmt.Errorf("the notice of earlier marks was not delivered: nothing is deleted before it is: %w", a.untold)
	}
	return outcomes, nil
}

// verbs are what can be done. A plan with another one is from a newer program.
var verbs = []plan.Verb{
	plan.Tag, plan.Create, plan.Update, plan.Start, plan.Stop,
	plan.Mark, plan.Unmark, plan.Quarantine, plan.Backup, plan.Delete,
}

// guard refuses the whole run before anything is written.
func (a *applier) guard(ctx context.Context) (err error) {
	switch {
	case a.ID == "":
		return errors.New("a run needs an id")
	case a.Approved != "" && a.Approved != a.Plan.Digest:
		return fmt.Errorf("%w: %s was, this is %s", ErrNotApproved, a.Approved, a.Plan.Digest)
	}
	for _, action := range a.Plan.Actions {
		if !slices.Contains(verbs, action.Verb) {
			return fmt.Errorf("action %s: %w: %s", action.ID, ErrUnsupported, action.Verb)
		}
	}
	switch err := a.Plan.Check(a.Clock.Now()); {
	case errors.Is(err, plan.ErrPlanStopped) && a.Plan.OnlyUnmarks():
		a.stopped = err // which ends the run when they are done
	case err != nil:
		return err
	}
	if err := a.mayGoOn(ctx); err != nil {
		return err
	}
	if a.caller, err = a.Cloud.Caller(ctx); err != nil {
		return fmt.Errorf("ask whom the credentials belong to: %w", err)
	}
	if a.caller.Account != a.Plan.Account || a.caller.Partition != a.Plan.Partition {
		return fmt.Errorf("%w: they are for %s, it is for %s", ErrWrongCaller, a.caller.Account, a.Plan.Account)
	}
	return nil
}

// items carries out the actions in their order. What the service puts off, or what something
// blocks that may still go away, is tried again after the others, as long as there is hope.
func (a *applier) items(ctx context.Context) (outcomes []Outcome, err error) {
	ends := map[string]Outcome{}
	pending := a.Plan.Actions
	pause, deadline := a.Limits.Pause, a.Clock.Now().Add(a.Limits.Patience)
	for len(pending) > 0 && err == nil {
		hope := a.Clock.Now().Before(deadline)
		for _, action := range pending {
			a.waits[action.ID] = hope
		}
		var later []plan.Action
		for i, action := range pending {
			out, again, failed := a.item(ctx, action)
			switch {
			case failed != nil:
				err = fmt.Errorf("apply %s: %w", action, failed)
			case again:
				later = append(later, action)
				continue
			default:
				delete(a.waits, action.ID)
				ends[action.ID] = out
				if out.State == state.Done {
					deadline = a.Clock.Now().Add(a.Limits.Patience)
				}
			}
			if err != nil {
				pending = pending[i:]
				break
			}
		}
		if err != nil {
			break
		}
		if len(later) > 0 && len(later) == len(pending) {
			if err = a.pause(ctx, pause); err != nil {
				break
			}
			pause = min(2*pause, 32*a.Limits.Pause)
		} else {
			pause = a.Limits.Pause
		}
		pending = later
	}
	if err == nil {
		err = a.takeBack(ctx, ends)
	}
	if err == nil {
		err = a.notify(ctx, ends)
	}
	for _, action := range a.Plan.Actions {
		if out, ended := ends[action.ID]; ended {
			outcomes = append(outcomes, out)
		}
	}
	return outcomes, err
}

// item carries out one action and writes its outcome. Only what ends the run is an error;
// again means that it has no outcome yet.
func (a *applier) item(ctx context.Context, action plan.Action) (out Outcome, again bool, err error) {
	if err := a.mayGoOn(ctx); err != nil {
		return Outcome{}, false, err
	}
	a.request = ""
	r, err := a.perform(ctx, action)
	if err != nil {
		return Outcome{}, false, err
	}
	if r.again && a.waits[action.ID] {
		return Outcome{}, true, nil
	}
	out = Outcome{Action: action.ID, State: r.state, Message: r.message, RequestID: a.request}
	record := state.Record{
		Kind: state.Outcome, Action: action.ID, Ref: action.Resource.Ref().String(), Incarnation: action.Incarnation,
		State: r.state, Message: r.message, Request: a.request,
	}
	if r.left != nil && action.Verb == plan.Create {
		out.Created = r.left.Ref.ID
		record.Ref, record.Incarnation = r.left.Ref.String(), plan.Incarnation(r.left)
	}
	if r.state == state.Done {
		a.done[action.ID] = r.left
		if err := a.writeApplied(ctx, action, r.left); err != nil {
			return out, false, err
		}
	}
	return out, false, a.write(ctx, record, nil)
}

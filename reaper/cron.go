package reaper

import (
	"context"
	"fmt"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// A Planner looks at the world and plans what is due now, from what the ledger holds.
type Planner func(ctx context.Context, l *state.Ledger) (*plan.Plan, error)

// Cron is one run of a job that nobody watches: it plans from the world as it is now and
// applies that plan at once. Run after run a candidate is marked and told of, held, backed up
// and deleted; each run does what is due. Whatever was lost of the state is only time: a
// ledger that is empty marks and does nothing else, whatever the planner says.
//
// run.Plan is set here. fresh reports that the ledger was empty. The plan is
// returned as far as it was made.
func Cron(ctx context.Context, run Run, planner Planner) (p *plan.Plan, fresh bool, outcomes []Outcome, err error) {
	if run.Notify == nil {
		return nil, false, nil, fmt.Errorf("reap: %w: nobody would be told: give --notify", ErrGuard)
	}
	ledger, err := state.ReadLedger(ctx, run.Store)
	if err != nil {
		return nil, false, nil, fmt.Errorf("reap: %w", err)
	}
	fresh = ledger.Records == 0
	if p, err = planner(ctx, ledger); err != nil {
		return nil, fresh, nil, fmt.Errorf("reap: %w", err)
	}
	if fresh && !isTeardown(p) {
		if p, err = onlyMarks(p); err != nil {
			return nil, fresh, nil, fmt.Errorf("reap: %w", err)
		}
	}
	run.Plan = p
	outcomes, err = Apply(ctx, run)
	return p, fresh, outcomes, err
}

// isTeardown reports whether all deletions of a plan are what an owner tears down.
func isTeardown(p *plan.Plan) bool {
	some, all := false, true
	for _, a := range p.Actions {
		if a.Verb == plan.Delete {
			some, all = true, all && a.Teardown
		}
	}
	return some && all
}

// onlyMarks returns a plan with the marks of another one.
func onlyMarks(p *plan.Plan) (*plan.Plan, error) {
	some := *p
	some.Actions = []plan.Action{}
	for _, a := range p.Actions {
		if a.Verb == plan.Mark {
			a.Needs = []string{}
			some.Actions = append(some.Actions, a)
		}
	}
	some.Applyable = len(some.Actions) > 0
	return &some, some.Seal()
}

package reaper

import (
	"context"
	"fmt"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// grace is the time from mark and notice to deletion: what the plan says, and never less than
// what the run says, or the least.
func (a *applier) grace() time.Duration {
	if a.Plan.Reaping == nil {
		return max(a.Grace, plan.DefaultGrace)
	}
	return max(a.Grace, a.Plan.Reaping.Grace, plan.MinGrace)
}

// hold is the part of the grace that is spent in quarantine.
func (a *applier) hold() time.Duration { return min(plan.Hold, a.grace()/2) }

// guardBudget counts the deletions of the plan and of the last 24 hours. What exceeds a cap
// stops all of it: a part of a list that is too long is not a safe list. whole is how many
// resources there are; 0 where nobody counted them.
func (a *applier) guardBudget(deletions int, perType map[string]int, whole int) error {
	if deletions == 0 {
		return nil
	}
	recent := 0
	for _, at := range a.ledger.Deleted {
		if a.Clock.Now().Sub(at) < 24*time.Hour {
			recent++
		}
	}
	// What a run that died has deleted of this very plan is gone, and counts once.
	for _, action := range a.Plan.Actions {
		if action.Verb == plan.Delete && a.ledger.WasDeleted(action.Resource.Ref().String(), action.Incarnation) {
			deletions--
			perType[action.Resource.Type]--
		}
	}
	budget := a.Plan.Budget
	if whole > 0 {
		whole += recent
	}
	if a.Caps != nil {
		budget = budget.Within(*a.Caps, whole)
	}
	if deletions > budget.PerDay-recent {
		return fmt.Errorf("%w: more deletions (%d, and %d in the last 24 hours) than %d: see --max-delete and --max-percent", ErrGuard, deletions, recent, budget.PerDay)
	}
	for _, typ := range sortedKeys(perType) {
		if perType[typ] > budget.PerType {
			return fmt.Errorf("%w: more deletions of %s (%d) than %d: see --max-per-type", ErrGuard, typ, perType[typ], budget.PerType)
		}
	}
	return nil
}

// look writes into the ledger what was seen when the plan was made: only what is a candidate
// again and again is ever deleted. A plan that is applied twice was one look.
func (a *applier) look(ctx context.Context) error {
	if a.Plan.Reaping == nil || a.Plan.Reaping.Stopped != "" { // a run that stops counts nothing
		return nil
	}
	at := a.Plan.CreatedAt.UTC()
	for _, place := range a.Plan.Reaping.Rescued {
		key := place.Ref().String()
		if s, seen := a.ledger.Seen[key]; !seen || !a.newer(at, s.Last) {
			continue
		}
		if err := a.fact(ctx, state.Record{Kind: state.Observed, Time: at, Ref: key, State: state.Rescued}, nil); err != nil {
			return err
		}
	}
	for _, c := range a.Plan.Reaping.Candidates {
		key := c.Resource.Ref().String()
		if c.State == plan.Kept {
			continue // something stands against its going: that is no look that confirms it
		}
		if s, seen := a.ledger.Seen[key]; seen && s.Incarnation == c.Incarnation && !a.newer(at, s.Last) {
			continue
		}
		if err := a.fact(ctx, state.Record{Kind: state.Observed, Time: at, Ref: key, Incarnation: c.Incarnation, State: state.Candidate}, nil); err != nil {
			return err
		}
	}
	if len(a.Plan.Reaping.Counts) == 0 || !a.newer(at, a.ledger.Counted) {
		return nil
	}
	return a.fact(ctx, state.Record{Kind: state.Counted, Time: at}, a.Plan.Reaping.Counts)
}

// newer reports whether a look came after the last one of the ledger. One that is still to come, by
// more than clocks differ (see plan.Check), was made by a clock that ran ahead: until then nothing
// would count any more.
func (a *applier) newer(at, last time.Time) bool {
	return at.After(last) || last.After(a.Clock.Now().Add(5*time.Minute))
}

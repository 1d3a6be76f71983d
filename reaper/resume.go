package reaper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// resolveOpen finds out what became of the calls that earlier runs had announced when they
// died, by reading the world, and writes it down. Whatever is then still to do is left to
// the plan: a plan that is applied again does it.
func (a *applier) resolveOpen(ctx context.Context) error {
	for _, intent := range a.ledger.Open() {
		var action plan.Action
		outcome := state.Record{
			Kind: state.Outcome, Action: intent.Action, Step: intent.Step, Ref: intent.Ref, Incarnation: intent.Incarnation,
			Request: intent.Request, State: state.Unsure,
		}
		err := json.Unmarshal(intent.Detail, &action)
		if err == nil {
			outcome.State, err = a.happened(ctx, action, intent)
		}
		if err != nil {
			if endsRun(err) {
				return err
			}
			outcome.Message = err.Error()
		}
		outcome.Message = "resolved after run " + intent.Run + " ended in the middle. " + outcome.Message
		if err := a.writeFor(ctx, intent.Run, outcome); err != nil {
			return fmt.Errorf("resolve %s of run %s: %w", intent.Action, intent.Run, err)
		}
	}
	return nil
}

// witness ends what earlier runs deleted and could not write the end of: a plan that is made
// anew does not know what is gone any more.
func (a *applier) witness(ctx context.Context) error {
	for _, intent := range a.ledger.Ending() {
		var action plan.Action
		ref, err := inventory.ParseRef(intent.Ref)
		if err != nil || json.Unmarshal(intent.Detail, &action) != nil {
			continue // nobody can tell what it was about
		}
		live, err := a.observe(ctx, ref)
		if err != nil && endsRun(err) {
			return err
		}
		if !isGone(live, err, action) {
			continue // what is to do with it is in the plan
		}
		if _, err := a.gone(ctx, action); err != nil {
			return fmt.Errorf("see whether %s stays away: %w", ref, err)
		}
	}
	return nil
}

// isGone reports whether an observation shows that the life of a resource that an action
// deletes is over.
func isGone(live *inventory.Resource, err error, action plan.Action) bool {
	return errors.Is(err, ErrNotFound) || err == nil && (plan.Incarnation(live) != action.Incarnation || leaving(live.State))
}

// happened reads whether the call of an intent had its effect.
func (a *applier) happened(ctx context.Context, action plan.Action, intent state.Record) (string, error) {
	if action.Verb == plan.Create {
		live, err := a.there(ctx, action)
		switch {
		case err != nil:
			return state.Unsure, err
		case live == nil || !ours(action, live):
			// A listing that does not show it is no proof.
			return state.Unsure, nil
		}
		return state.Done, nil
	}
	ref, err := inventory.ParseRef(intent.Ref)
	if err != nil {
		return state.Unsure, err
	}
	live, err := a.observe(ctx, ref)
	gone := errors.Is(err, ErrNotFound) || err == nil && (plan.Incarnation(live) != action.Incarnation || intent.Step == "delete" && leaving(live.State))
	switch {
	case gone && intent.Step == "delete":
		return state.Done, nil
	case gone:
		return state.NotDone, nil
	case err != nil:
		return state.Unsure, err
	case action.Verb == plan.Backup:
		return state.Unsure, nil // the same token finds it again
	case reached(action, live):
		return state.Done, nil
	case action.Verb == plan.Quarantine && len(action.Patch) == 0, intent.Step == "update", intent.Step == "untag":
		return state.Unsure, nil // what is still to do is seen when it is done again
	}
	return state.NotDone, nil
}

// writeFor writes the outcome that another run could not write.
func (a *applier) writeFor(ctx context.Context, run string, r state.Record) error {
	r.Run, r.Time = run, a.Clock.Now()
	if _, err := a.lease.Append(context.WithoutCancel(ctx), r); err != nil {
		return err
	}
	return a.ledger.Add(r)
}

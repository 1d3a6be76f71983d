package reaper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// mayGoOn asks the context and the switch.
func (a *applier) mayGoOn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if a.Switch == nil {
		return nil
	}
	why, err := a.Switch()
	if err != nil {
		return fmt.Errorf("%w: the kill switch cannot be read: %w", ErrStopped, err)
	}
	if why != "" {
		return fmt.Errorf("%w: %s", ErrStopped, why)
	}
	return nil
}

// verify waits until the world shows the effect of an action.
func (a *applier) verify(ctx context.Context, action plan.Action) (result, error) {
	var last result
	err := a.until(ctx, func() (bool, error) {
		live, err := a.Cloud.Observe(ctx, action.Resource.Ref())
		switch {
		case err != nil:
			last = ended(state.Failed, "its effect could not be read: %v", err)
			if errors.Is(err, ErrNotFound) {
				last = ended(state.Failed, "it is gone")
			}
			return false, fatal(err)
		case plan.Incarnation(live) != action.Incarnation:
			last = ended(state.Failed, "another resource has its name now")
			return true, nil
		case reached(action, live):
			last = result{state: state.Done, left: live}
			return true, nil
		}
		last = ended(state.Failed, "not-converged: the call was accepted, and the resource does not show it")
		return false, nil
	})
	return last, err
}

func fatal(err error) error {
	if endsRun(err) {
		return err
	}
	return nil
}

// until looks again and again, with growing pauses, until look is done or the patience is
// over.
func (a *applier) until(ctx context.Context, look func() (done bool, err error)) error {
	deadline := a.Clock.Now().Add(a.Limits.Patience)
	for pause := a.Limits.Pause; ; pause = min(2*pause, 32*a.Limits.Pause) {
		done, err := look()
		if done || err != nil || !a.Clock.Now().Add(pause).Before(deadline) {
			return err
		}
		if err := a.pause(ctx, pause); err != nil {
			return err
		}
	}
}

// pause waits, and keeps the lease meanwhile.
func (a *applier) pause(ctx context.Context, d time.Duration) error {
	if err := a.Clock.Sleep(ctx, d); err != nil {
		return err
	}
	return a.keep(ctx)
}

// keep renews the lease when half of its term is over.
func (a *applier) keep(ctx context.Context) error {
	if a.lease.TimeLeft() > a.Limits.Term/2 {
		return nil
	}
	return a.lease.Renew(ctx)
}

// settled reads a resource, again while it is on the way from one state to another.
func (a *applier) settled(ctx context.Context, action plan.Action) (live *inventory.Resource, err error) {
	err = a.until(ctx, func() (bool, error) {
		if live, err = a.observe(ctx, action.Resource.Ref()); err != nil {
			return true, err
		}
		return !inMotion(live.State), nil
	})
	return live, err
}

// plainState spells a state as one word.
func plainState(s string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(s))
}

// leaving recognises the states of what has a day on which it ends: a KMS key, a secret.
func leaving(s string) bool {
	return slices.Contains([]string{"pendingdeletion", "pendingreplicadeletion"}, plainState(s))
}

// inMotion recognises states that end by themselves.
func inMotion(s string) bool {
	return slices.Contains([]string{
		"pending", "creating", "updating", "modifying", "starting", "stopping", "rebooting", "attaching", "detaching", "backingup",
		"upgrading", "provisioning", "inprogress", "deleting", "shuttingdown",
	}, plainState(s))
}

// call makes one call: intent, call, outcome; again while the service asks for patience.
// failed is how the call ended; err is what ends the run.
func (a *applier) call(ctx context.Context, action plan.Action, step, token string, do func() (string, error)) (failed, err error) {
	intent := state.Record{
		Kind: state.Intent, Action: action.ID, Step: step, Ref: action.Resource.Ref().String(), Incarnation: action.Incarnation,
		Message: action.String(), Request: token,
	}
	if step == "delete" {
		intent.Along = alongOf(action)
	}
	if err := a.keep(ctx); err != nil {
		return nil, err
	}
	told := action // the journal is kept for long: what can only be written is not in it
	told.Properties = state.MaskSecrets(a.key, action.Resource.Type, action.Properties)
	if err := a.write(ctx, intent, told); err != nil {
		return nil, err
	}
	pause := a.Limits.Pause
	for try := 1; ; try++ {
		if err := a.mayCall(ctx); err != nil {
			return nil, err
		}
		request, failed := do()
		if request != "" {
			a.request = request
		}
		again := errors.Is(failed, ErrThrottled) || errors.Is(failed, ErrUnavailable)
		if again && try < a.Limits.Tries {
			if err := a.Clock.Sleep(ctx, pause); err != nil {
				return nil, err // the intent stays open: the next run finds out
			}
			pause = min(2*pause, 32*a.Limits.Pause)
			continue
		}
		outcome := state.Record{Kind: state.Outcome, Action: action.ID, Step: step, Ref: intent.Ref, Incarnation: intent.Incarnation, State: state.Done, Request: a.request}
		if failed != nil {
			outcome.State, outcome.Message = state.Failed, failed.Error()
			if unsure(failed) {
				outcome.State = state.Unsure
			}
		}
		if err := a.write(ctx, outcome, nil); err != nil {
			return failed, err
		}
		if failed != nil && endsRun(failed) {
			return failed, failed
		}
		return failed, nil
	}
}

// mayCall is asked right before each call that changes something.
func (a *applier) mayCall(ctx context.Context) error {
	if err := a.mayGoOn(ctx); err != nil {
		return err
	}
	if err := a.keep(ctx); err != nil {
		return err
	}
	if left := a.lease.TimeLeft(); left < a.Limits.Margin {
		return fmt.Errorf("%w: %s is left of it", state.ErrLost, left)
	}
	return nil
}

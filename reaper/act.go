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

// result is how one action ended, on the way to its Outcome.
type result struct {
	state   string
	message string
	left    *inventory.Resource // what the action left
	again   bool                // it may end otherwise later
}

func ended(state, format string, args ...any) result {
	return result{state: state, message: fmt.Sprintf(format, args...)}
}

// perform decides on one action and does it.
func (a *applier) perform(ctx context.Context, action plan.Action) (result, error) {
	for _, need := range action.Needs {
		if _, done := a.done[need]; !done {
			r := ended(state.BlockedBy, "it needs %s, which was not done", need)
			r.again = a.waits[need]
			return r, nil
		}
	}
	if action.NotBefore != nil && a.Clock.Now().Before(*action.NotBefore) {
		return ended(state.Skipped, "not before %s", action.NotBefore.UTC().Format(time.RFC3339)), nil
	}
	switch action.Verb {
	case plan.Create:
		return a.create(ctx, action)
	case plan.Unmark: // also of what has changed or is gone
		return a.unmark(ctx, action)
	}
	live, err := a.settled(ctx, action)
	known := err == nil || errors.Is(err, ErrNotFound)
	if why := a.replanned(action, live); known && why != "" && !a.wasDone(action) && (live == nil || !reached(action, live)) {
		return ended(state.Stale, "%s", why), nil
	}
	switch {
	case errors.Is(err, ErrNotFound) && action.Verb == plan.Delete:
		r, err := a.gone(ctx, action)
		if r.state == state.Done {
			r.message = "it was gone already"
		}
		return r, err
	case errors.Is(err, ErrNotFound) && a.ledger.WasDeleted(action.Resource.Ref().String(), action.Incarnation):
		return ended(state.Done, "it was deleted already"), nil // by a run of this plan that died
	case errors.Is(err, ErrNotFound):
		return ended(state.Stale, "it is gone"), nil
	case err != nil:
		return a.readFailed(err)
	case plan.Incarnation(live) != action.Incarnation && action.Verb == plan.Delete:
		return ended(state.Done, "it was gone already; what has its name now is another one"), nil
	case plan.Incarnation(live) != action.Incarnation:
		return ended(state.Stale, "another resource has its name now"), nil
	case reached(action, live):
		return result{state: state.Done, message: "it was so already", left: live}, nil
	// A run that died in the middle may have left a part of the patch: taken back, the
	// resource must look as it was planned for.
	case plan.Fingerprint(a.asPlanned(action, live)) != action.Precondition:
		return ended(state.Stale, "it has changed since the plan was made"), nil
	}
	if key := a.retagged(action, live); key != "" {
		return ended(state.Stale, "its tag %s has changed since the plan was made: whose it is is not sure", key), nil
	}
	if by := a.Plan.Joined(action, live); by != "" {
		return ended(state.Stale, "it has changed since the plan was made: %s uses it now", by), nil
	}
	switch action.Verb {
	case plan.Update, plan.Tag:
		if action.Reason == plan.Detached {
			if why := a.proofs(a.deletion(action.Resource), live); why != "" {
				return ended(state.Failed, "%s", why), nil // nothing is prepared for an end that does not come
			}
			return a.prepare(ctx, action, live)
		}
		return a.change(ctx, action, live)
	case plan.Mark:
		return a.mark(ctx, action, live)
	case plan.Quarantine:
		return a.quarantine(ctx, action, live)
	case plan.Backup:
		return a.backup(ctx, action, live)
	case plan.Start:
		return a.inTurn(ctx, action, step{"start", func() (string, error) { return a.Cloud.Start(ctx, live.Ref) }})
	case plan.Stop:
		return a.inTurn(ctx, action, step{"stop", func() (string, error) { return a.Cloud.Stop(ctx, live.Ref) }})
	case plan.Delete:
		return a.delete(ctx, action, live)
	}
	return ended(state.Failed, "%v: %s", ErrUnsupported, action.Verb), nil
}

// readFailed sorts the errors of reading: some end the run, the others only the item.
func (a *applier) readFailed(err error) (result, error) {
	if endsRun(err) {
		return result{}, err
	}
	r := ended(state.Failed, "it could not be read: %v", err)
	r.again = errors.Is(err, ErrThrottled) || errors.Is(err, ErrUnavailable)
	return r, nil
}

func endsRun(err error) bool {
	return errors.Is(err, ErrExpired) || errors.Is(err, ErrStopped) || errors.Is(err, state.ErrLost) || errors.Is(err, state.ErrBroken) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// reached reports whether a live resource is what the action shall make of it.
func reached(action plan.Action, live *inventory.Resource) bool {
	switch action.Verb {
	case plan.Update, plan.Tag:
		return plan.Reached(live, action.Patch)
	case plan.Start:
		return slices.Contains([]string{"running", "available", "active"}, strings.ToLower(live.State))
	case plan.Stop:
		return strings.EqualFold(live.State, "stopped")
	}
	return false
}

// change makes the calls of a patch.
func (a *applier) change(ctx context.Context, action plan.Action, live *inventory.Resource) (result, error) {
	var properties []plan.Change
	set := map[string]string{}
	var remove []string
	for _, c := range action.Patch {
		switch to, isText := c.To.(string); {
		case c.Tag == "":
			properties = append(properties, c)
		case isText:
			set[c.Tag] = to
		default:
			remove = append(remove, c.Tag)
		}
	}
	var steps []step
	if len(properties) > 0 {
		steps = append(steps, step{"update", func() (string, error) { return a.Cloud.Update(ctx, live, properties) }})
	}
	if len(set) > 0 {
		steps = append(steps, step{"tag", func() (string, error) { return a.Cloud.Tag(ctx, live.Ref, set) }})
	}
	if len(remove) > 0 {
		steps = append(steps, step{"untag", func() (string, error) { return a.Cloud.Untag(ctx, live.Ref, remove) }})
	}
	return a.inTurn(ctx, action, steps...)
}

// A step is one call that an action makes. Its name goes into the journal; call returns the
// request's id.
type step struct {
	name string
	call func() (string, error)
}

// inTurn makes the calls of an action, up to the first that fails for sure, and looks
// whether they had their effect.
func (a *applier) inTurn(ctx context.Context, action plan.Action, steps ...step) (result, error) {
	for _, s := range steps {
		failed, err := a.call(ctx, action, s.name, "", s.call)
		if err != nil {
			return result{}, err
		}
		if failed != nil && !unsure(failed) {
			return failure(failed), nil
		}
	}
	return a.verify(ctx, action)
}

// unsure reports whether a call that failed may still have had its effect.
func unsure(err error) bool {
	if errors.Is(err, ErrUnfinished) {
		return true
	}
	for _, sure := range []error{ErrNotFound, ErrBlocked, ErrThrottled, ErrDenied, ErrExpired, ErrStale, ErrUnsupported} {
		if errors.Is(err, sure) {
			return false
		}
	}
	return true
}

// failure is the result of a call that failed. What was put off or blocked may go later.
func failure(err error) (r result) {
	var blocked *Blocked
	switch {
	case errors.As(err, &blocked):
		r = ended(state.BlockedBy, "%s", blocked.By)
	case errors.Is(err, ErrBlocked):
		r = ended(state.BlockedBy, "%v", err)
	case errors.Is(err, ErrStale), errors.Is(err, ErrNotFound):
		r = ended(state.Stale, "%v", err)
	default:
		r = ended(state.Failed, "%v", err)
	}
	r.again = errors.Is(err, ErrBlocked) || errors.Is(err, ErrThrottled) || errors.Is(err, ErrUnavailable)
	return r
}

package reaper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// delete ends a resource: only with every proof in the ledger, and done only when it stays
// away. What can be undone is done first, and is taken back at the end of the run when the
// resource still lives then.
func (a *applier) delete(ctx context.Context, action plan.Action, live *inventory.Resource) (result, error) {
	if why := a.proofs(action, live); why != "" {
		return ended(state.Failed, "%s", why), nil
	}
	if why := a.protects(live); why != "" {
		return ended(state.Stale, "it is protected: %s", why), nil
	}
	if until := action.ConsentUntil; until != nil && !a.Clock.Now().Before(*until) {
		return ended(state.Failed, "the consent to its end was good until %s", until.UTC().Format(time.RFC3339)), nil
	}
	if why, err := a.wouldLoseData(ctx, action, live); err != nil || why != "" {
		return ended(state.Failed, "%s", why), err
	}
	if action.Teardown {
		if err := a.markTeardown(ctx, action); err != nil {
			return result{}, err
		}
	}
	if len(action.Patch) > 0 && !plan.Reached(live, action.Patch) {
		if r, err := a.prepare(ctx, action, live); err != nil || r.state != state.Done {
			return r, err
		} else if r.left != nil {
			live = r.left
		}
	}
	parts, err := a.attached(ctx, action)
	if err != nil {
		return a.readFailed(err)
	}
	if patch := removable(action, live); len(patch)+len(parts) > 0 {
		if err := a.remember(ctx, action, live, alteration{Patch: patch, Parts: true, Detached: parts}); err != nil {
			return result{}, err
		}
	}
	failed, err := a.call(ctx, action, "delete", "", func() (string, error) { return a.Cloud.Delete(ctx, live, action.Steps) })
	switch {
	case err != nil:
		return result{}, err
	case failed != nil && !unsure(failed) && !errors.Is(failed, ErrNotFound):
		r := failure(failed)
		if r.again && !a.mayEnd(failed) {
			r.again = false
		}
		return r, nil
	}
	return a.gone(ctx, action)
}

// prepare changes a resource so that it, or another one, can be deleted, and remembers how
// it was.
func (a *applier) prepare(ctx context.Context, action plan.Action, live *inventory.Resource) (result, error) {
	if why := a.protects(live); why != "" {
		return ended(state.Stale, "it is protected: %s", why), nil
	}
	if err := a.remember(ctx, action, live, alteration{Patch: action.Patch}); err != nil {
		return result{}, err
	}
	does := action
	does.Verb = plan.Update
	return a.change(ctx, does, live)
}

// mayEnd reports whether what blocks a deletion may still go away: it is in the plan, or
// nobody knows what it is.
func (a *applier) mayEnd(failed error) bool {
	var blocked *Blocked
	if !errors.As(failed, &blocked) {
		return true
	}
	by, err := inventory.ParseRef(blocked.By)
	if err != nil {
		return true
	}
	for _, other := range a.Plan.Actions {
		if other.Verb == plan.Delete && other.Resource.Ref() == by {
			_, gone := a.done[other.ID]
			return gone || a.waits[other.ID] // gone, and not everybody knows it yet
		}
	}
	return false
}

// wouldLoseData says why the end of a resource that holds data would lose it; "" when
// somebody consented and there is a backup that can be used now, or none of its type.
func (a *applier) wouldLoseData(ctx context.Context, action plan.Action, live *inventory.Resource) (string, error) {
	if !plan.Stateful(live.Ref.Type) {
		return "", nil
	}
	if action.Consent == "" {
		return "it holds data, and nobody consented", nil
	}
	if keeper, is := a.Cloud.(Keeper); !is || !keeper.BacksUp(live.Ref.Type) {
		return "", nil
	}
	m := a.ledger.Marks[live.Ref.String()]
	if m.Backup == "" || m.Incarnation != action.Incarnation {
		return "it holds data, and there is no backup of it", nil
	}
	usable, err := a.usable(ctx, m.Backup)
	if err != nil || usable {
		return "", err
	}
	return fmt.Sprintf("it holds data, and its backup %s cannot be used", m.Backup), nil
}

// markTeardown leaves a mark of what the owner tears down: nothing goes without one.
func (a *applier) markTeardown(ctx context.Context, action plan.Action) error {
	key := action.Resource.Ref().String()
	if m, marked := a.ledger.Marks[key]; marked && m.Incarnation == action.Incarnation {
		return nil
	}
	r := state.Record{Kind: state.Mark, Action: action.ID, Ref: key, Incarnation: action.Incarnation, Message: string(action.Reason), State: action.Precondition}
	return a.fact(ctx, r, markNote{NoticeItem: NoticeItem{Ref: key, Reason: string(action.Reason), Detail: action.Detail}})
}

// gone waits until a resource is away in two looks with a pause between them: one look is
// not to be trusted, and some things are made anew by others. What the service keeps for days
// until it goes by itself is away.
func (a *applier) gone(ctx context.Context, action plan.Action) (result, error) {
	absences := 0
	last := ended(state.Failed, "not-converged: it is still there")
	err := a.until(ctx, func() (bool, error) {
		now, err := a.Cloud.Observe(ctx, action.Resource.Ref())
		switch {
		case errors.Is(err, ErrNotFound), err == nil && (plan.Incarnation(now) != action.Incarnation || leaving(now.State)):
			if absences++; absences == 2 {
				last = ended(state.Done, "")
				return true, nil
			}
			return false, a.Clock.Sleep(ctx, a.Limits.Settle)
		case err != nil:
			return false, fatal(err)
		}
		absences = 0
		return false, nil
	})
	if err != nil || last.state != state.Done || a.ledger.HasEnded(action.Resource.Ref().String(), action.Incarnation) {
		return last, err
	}
	r := state.Record{Kind: state.Deleted, Action: action.ID, Ref: action.Resource.Ref().String(), Incarnation: action.Incarnation, Message: string(action.Reason)}
	r.Along = alongOf(action)
	return last, a.fact(ctx, r, nil)
}

// alongOf returns the refs of what ends together with the resource of a deletion.
func alongOf(action plan.Action) (refs []string) {
	for _, ref := range action.Along() {
		refs = append(refs, ref.String())
	}
	return refs
}

package reaper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// The way of a candidate: marked, told of, held, backed up, deleted. Each step is a fact in
// the ledger; what stands on the resource is a mirror of it that authorises nothing.

// MarkedTag mirrors a mark on its resource, with the time of the mark.
const MarkedTag = "pcf:marked"

// alteration is the detail of an Altered record: how a resource was before it was changed on
// its way out, and by which plan it was.
type alteration struct {
	Plan  string        `json:"plan"`
	Hold  bool          `json:"hold"`            // a quarantine; else a preparation of a deletion
	Patch []plan.Change `json:"patch,omitempty"` // what was changed
	State string        `json:"state,omitempty"` // of what was stopped: its state before
	// Parts says that the steps of a deletion remove elements of the lists in Patch, nobody
	// knows how many: whatever of them is missing is given back.
	Parts bool `json:"parts,omitempty"`
	// Detached are the attachments that the steps of a deletion end, as they were.
	Detached []attachment `json:"detached,omitempty"`
}

// An attachment is a resource that ties a deleted one to another, and can be made again.
type attachment struct {
	Place      plan.Place           `json:"place"`
	Properties inventory.Properties `json:"properties"`
}

// attached reads what the steps of a deletion detach: a gateway from its network. What is
// detached already needs nothing.
func (a *applier) attached(ctx context.Context, action plan.Action) (all []attachment, err error) {
	for _, step := range action.Steps {
		if step.Name != plan.StepDetachGateway {
			continue
		}
		ref := action.Resource.Ref()
		ref.Type, ref.ID = step.Type, step.ID
		live, err := a.observe(ctx, ref)
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return nil, err
		}
		all = append(all, attachment{plan.PlaceOf(live, ""), live.Properties})
	}
	return all, nil
}

// attachAgain makes the attachments again that are not there.
func (a *applier) attachAgain(ctx context.Context, action plan.Action, parts []attachment) (result, error) {
	for _, part := range parts {
		_, err := a.observe(ctx, part.Place.Ref())
		switch {
		case err == nil:
			continue
		case !errors.Is(err, ErrNotFound):
			return a.readFailed(err)
		}
		back := plan.Action{ID: action.ID, Verb: plan.Create, Resource: part.Place, Reason: action.Reason, Properties: part.Properties, Needs: []string{}}
		failed, err := a.call(ctx, back, "attach", "", func() (string, error) {
			_, request, err := a.Cloud.Create(ctx, Creation{Place: part.Place, Properties: part.Properties})
			return request, err
		})
		if err != nil {
			return result{}, err
		}
		there := false
		if failed == nil || unsure(failed) {
			err = a.until(ctx, func() (bool, error) {
				_, err := a.Cloud.Observe(ctx, part.Place.Ref())
				if there = err == nil; errors.Is(err, ErrNotFound) {
					return false, nil // not yet
				}
				return there, fatal(err)
			})
		}
		switch {
		case err != nil:
			return result{}, err
		case !there:
			return ended(state.Failed, "needs attention: %s was detached and could not be attached again: %v", part.Place.Ref(), failed), nil
		}
	}
	return result{state: state.Done}, nil
}

// partsOf are the properties that a step takes something out of that can be given back.
var partsOf = map[string]string{
	plan.StepDetachPolicy: "/ManagedPolicyArns", plan.StepDeleteInlinePolicy: "/Policies", plan.StepRemoveTarget: "/Targets",
	plan.StepRemoveFromGroup: "/Groups", plan.StepRemoveRole: "/Roles", plan.StepDisassociate: "/InstanceId",
}

// removable returns what the steps of a deletion take out of a resource, as it is now.
func removable(action plan.Action, live *inventory.Resource) (patch []plan.Change) {
	for _, step := range action.Steps {
		path := partsOf[step.Name]
		from, has := inventory.At(live.Properties, path)
		if path == "" || !has || slices.ContainsFunc(patch, func(c plan.Change) bool { return c.Path == path }) {
			continue
		}
		patch = append(patch, plan.Change{Path: path, From: from})
	}
	return patch
}

// within reports whether every element of a list stands in another one too.
func within(part, whole any) bool {
	some, _ := part.([]any)
	all, isList := whole.([]any)
	if part != nil && !isList {
		return false
	}
	for _, e := range some {
		if !slices.ContainsFunc(all, func(o any) bool { return reflect.DeepEqual(e, o) }) {
			return false
		}
	}
	return true
}

// alterations returns what is altered on a resource and was not taken back, oldest first.
func (a *applier) alterations(live *inventory.Resource) (all []alteration) {
	for _, entry := range a.ledger.Altered[live.Ref.String()] {
		var one alteration
		if entry.Incarnation != plan.Incarnation(live) || json.Unmarshal(entry.Detail, &one) != nil {
			continue
		}
		for i := range one.Patch {
			// What has been a property once has a normal form.
			one.Patch[i].From, _ = inventory.Normal(one.Patch[i].From)
			one.Patch[i].To, _ = inventory.Normal(one.Patch[i].To)
		}
		all = append(all, one)
	}
	return all
}

// asPlanned returns how a resource looked before this plan changed anything on it.
func (a *applier) asPlanned(action plan.Action, live *inventory.Resource) *inventory.Resource {
	before := plan.Undone(live, action.Patch)
	if action.Verb == plan.Update || action.Verb == plan.Tag || action.Verb == plan.Mark {
		return before
	}
	all := a.alterations(live)
	for _, one := range slices.Backward(all) {
		if one.Plan != a.Plan.Digest {
			continue
		}
		if !one.Parts {
			before = plan.Undone(before, one.Patch)
		}
		for _, c := range one.Patch {
			if now, _ := inventory.At(before.Properties, c.Path); one.Parts && within(now, c.From) {
				plan.Set(before, c, c.From)
			}
		}
		if one.State != "" && strings.EqualFold(before.State, "stopped") {
			before.State = one.State
		}
	}
	return before
}

// remember writes how a resource is before it is changed, unless an earlier try has.
func (a *applier) remember(ctx context.Context, action plan.Action, live *inventory.Resource, change alteration) error {
	key := live.Ref.String()
	for _, one := range a.alterations(live) {
		if one.Plan == a.Plan.Digest && one.Hold == change.Hold && one.Parts == change.Parts || one.Hold && change.Hold {
			return nil // the values of before the first change are the ones to keep
		}
	}
	change.Plan = a.Plan.Digest
	r := state.Record{Kind: state.Altered, Action: action.ID, Ref: key, Incarnation: action.Incarnation}
	if change.Hold {
		r.State = state.Held
	}
	return a.fact(ctx, r, change)
}

// fact writes a record of the ledger and adds it to the one in memory.
func (a *applier) fact(ctx context.Context, r state.Record, detail any) error {
	r.Run = a.ID
	if r.Time.IsZero() {
		r.Time = a.Clock.Now().UTC()
	}
	if detail != nil {
		text, err := json.Marshal(detail)
		if err != nil {
			return fmt.Errorf("write journal: %w", err)
		}
		r.Detail = text
	}
	if err := a.write(ctx, r, nil); err != nil {
		return err
	}
	return a.ledger.Add(r)
}

// mark begins the grace. The first mark of a life counts; another one moves nothing.
func (a *applier) mark(ctx context.Context, action plan.Action, live *inventory.Resource) (result, error) {
	key := live.Ref.String()
	if why := a.protects(live); why != "" {
		return ended(state.Stale, "it is protected: %s", why), nil
	}
	if m, marked := a.ledger.Marks[key]; !marked || m.Incarnation != action.Incarnation {
		item := NoticeItem{Ref: key, Reason: string(action.Reason), Detail: action.Detail}
		note := markNote{NoticeItem: item, Owner: a.planned[key].Owner}
		if action.For != nil {
			note.App = action.For.App
		}
		r := state.Record{Kind: state.Mark, Action: action.ID, Ref: key, Incarnation: action.Incarnation, Message: string(action.Reason), State: action.Precondition}
		if err := a.fact(ctx, r, note); err != nil {
			return result{}, err
		}
	}
	at := a.ledger.Marks[key].At.UTC().Format(time.RFC3339)
	if live.Tags[MarkedTag] == at {
		return result{state: state.Done, message: "it was so already", left: live}, nil
	}
	failed, err := a.call(ctx, action, "tag", "", func() (string, error) {
		return a.Cloud.Tag(ctx, live.Ref, map[string]string{MarkedTag: at})
	})
	if err != nil {
		return result{}, err
	}
	if failed != nil {
		return result{state: state.Done, message: fmt.Sprintf("marked; the tag that shows it could not be set: %v", failed), left: live}, nil
	}
	return result{state: state.Done, left: live}, nil
}

// markNote is the detail of a mark: what the notice says.
type markNote struct {
	NoticeItem
	App   string `json:"app,omitempty"`
	Owner string `json:"owner,omitempty"`
}

// notify tells the owners of every mark of the ledger that was not told of, one notice for
// each. A notice that fails leaves its marks untold, which no deletion gets past, and makes
// failed actions of those of this plan; that of older ones is remembered for the end of the run.
func (a *applier) notify(ctx context.Context, ends map[string]Outcome) error {
	if a.Notify == nil {
		return nil
	}
	type whom struct{ app, owner string }
	notices := map[whom]*Notice{}
	var order []whom
	for _, key := range sortedKeys(a.ledger.Marks) {
		m := a.ledger.Marks[key]
		var note markNote
		if !m.Noticed.IsZero() {
			continue
		}
		if json.Unmarshal(m.Detail, &note) != nil || note.Ref == "" {
			note = markNote{NoticeItem: NoticeItem{Ref: key, Reason: m.Reason}}
		}
		to := whom{note.App, note.Owner}
		if notices[to] == nil {
			notices[to] = &Notice{Run: a.ID, Account: a.caller.Account, At: a.Clock.Now().UTC(), Owner: to.owner, App: to.app}
			order = append(order, to)
		}
		note.GoesAt = a.Clock.Now().Add(a.grace()).UTC()
		if at := a.planned[key].GoesAt; at != nil && at.After(note.GoesAt) {
			note.GoesAt = at.UTC() // what nobody ever claimed has longer
		}
		notices[to].Items = append(notices[to].Items, note.NoticeItem)
	}
	for _, to := range order {
		if err := a.mayCall(ctx); err != nil {
			return err
		}
		failed := a.Notify.Notify(ctx, *notices[to])
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, item := range notices[to].Items {
			m := a.ledger.Marks[item.Ref]
			r := state.Record{Kind: state.Notice, Ref: item.Ref, Incarnation: m.Incarnation}
			if failed == nil {
				if err := a.fact(ctx, r, map[string]time.Time{"goesAt": item.GoesAt}); err != nil {
					return err
				}
				continue
			}
			older := true
			for id, out := range ends {
				if action := a.action(id); action.Verb == plan.Mark && action.Resource.Ref().String() == item.Ref {
					older = false
					out.State, out.Message = state.Failed, fmt.Sprintf("marked, and the notice was not delivered: nothing is deleted before it is: %v", failed)
					ends[id] = out
				}
			}
			if older {
				a.untold = failed
			}
		}
	}
	return nil
}

// deletion returns the action that deletes a resource, as every plan has it that prepares its
// end.
func (a *applier) deletion(of plan.Place) plan.Action {
	i := slices.IndexFunc(a.Plan.Actions, func(action plan.Action) bool { return action.Verb == plan.Delete && action.Resource.Ref() == of.Ref() })
	if i < 0 {
		return plan.Action{}
	}
	return a.Plan.Actions[i]
}

func (a *applier) action(id string) plan.Action {
	for _, action := range a.Plan.Actions {
		if action.ID == id {
			return action
		}
	}
	return plan.Action{}
}

// unmark ends the way of a candidate: what was changed on it is taken back, the tag goes, and
// the mark last, so that a run that dies before begins anew.
func (a *applier) unmark(ctx context.Context, action plan.Action) (result, error) {
	live, err := a.settled(ctx, action)
	message := ""
	switch {
	case errors.Is(err, ErrNotFound), err == nil && plan.Incarnation(live) != action.Incarnation:
		live, message = nil, "it is gone"
	case err != nil:
		return a.readFailed(err)
	default:
		if r, err := a.restore(ctx, action, live, func(alteration) bool { return true }); err != nil || r.state != state.Done {
			return r, err
		}
		if _, has := live.Tags[MarkedTag]; has {
			failed, err := a.call(ctx, action, "untag", "", func() (string, error) { return a.Cloud.Untag(ctx, live.Ref, []string{MarkedTag}) })
			if err != nil {
				return result{}, err
			}
			if failed != nil {
				message = fmt.Sprintf("the tag %s could not be removed: %v", MarkedTag, failed)
			}
		}
	}
	ref := action.Resource.Ref().String()
	if _, marked := a.ledger.Marks[ref]; marked {
		if err := a.fact(ctx, state.Record{Kind: state.Unmark, Action: action.ID, Ref: ref, Incarnation: action.Incarnation, Message: string(action.Reason)}, nil); err != nil {
			return result{}, err
		}
	}
	return result{state: state.Done, message: message, left: live}, nil
}

// restore takes back what was altered on a resource, newest first. What somebody has changed
// since is left as it is now.
func (a *applier) restore(ctx context.Context, action plan.Action, live *inventory.Resource, which func(alteration) bool) (result, error) {
	all := a.alterations(live)
	kept := 0
	for _, one := range slices.Backward(all) {
		if !which(one) {
			kept++
			continue
		}
		if r, err := a.attachAgain(ctx, action, one.Detached); err != nil || r.state != state.Done {
			return r, err
		}
		back := plan.Action{
			ID: action.ID, Verb: plan.Update, Resource: action.Resource, Incarnation: action.Incarnation, Reason: action.Reason, Needs: []string{},
		}
		for _, c := range one.Patch {
			now, _ := inventory.At(live.Properties, c.Path)
			switch {
			case one.Parts && within(now, c.From) && !within(c.From, now):
				back.Patch = append(back.Patch, plan.Change{Path: c.Path, From: now, To: c.From})
			case !one.Parts && plan.Reached(live, []plan.Change{c}):
				back.Patch = append(back.Patch, plan.Change{Path: c.Path, From: c.To, To: c.From})
			}
		}
		var failed, err error
		switch {
		case one.State != "" && strings.EqualFold(live.State, "stopped") && isRunning(one.State):
			back.Verb = plan.Start
			failed, err = a.call(ctx, back, "start", "", func() (string, error) { return a.Cloud.Start(ctx, live.Ref) })
		case len(back.Patch) > 0:
			failed, err = a.call(ctx, back, "restore", "", func() (string, error) { return a.Cloud.Update(ctx, live, back.Patch) })
		default:
			continue
		}
		if err != nil {
			return result{}, err
		}
		if failed != nil && !unsure(failed) {
			r := failure(failed)
			r.state, r.message = state.Failed, "needs attention: what was changed on it could not be taken back: "+r.message
			return r, nil
		}
		if r, err := a.verify(ctx, back); err != nil || r.state != state.Done {
			if r.state == state.Failed {
				r.message = "needs attention: what was changed on it was not taken back: " + r.message
			}
			return r, err
		}
	}
	if len(all) > kept {
		if kept > 0 { // a quarantine stays; the preparation does not
			return a.keepHeld(ctx, action, live)
		}
		return result{state: state.Done, left: live}, a.fact(ctx, state.Record{Kind: state.Restored, Action: action.ID, Ref: live.Ref.String(), Incarnation: plan.Incarnation(live)}, nil)
	}
	return result{state: state.Done, left: live}, nil
}

// keepHeld writes that of all alterations only the quarantine is left.
func (a *applier) keepHeld(ctx context.Context, action plan.Action, live *inventory.Resource) (result, error) {
	r := state.Record{Kind: state.Restored, State: state.Held, Action: action.ID, Ref: live.Ref.String(), Incarnation: plan.Incarnation(live)}
	return result{state: state.Done, left: live}, a.fact(ctx, r, nil)
}

// takeBack restores, at the end of a run, what was prepared for deletions that did not
// happen, by this run or one that died.
func (a *applier) takeBack(ctx context.Context, ends map[string]Outcome) error {
	for _, key := range sortedKeys(a.ledger.Altered) {
		entries := a.ledger.Altered[key]
		ref, err := inventory.ParseRef(key)
		if err != nil || len(entries) == 0 {
			continue
		}
		if !slices.ContainsFunc(entries, func(e state.Alteration) bool { return !e.Hold }) {
			continue
		}
		live, err := a.observe(ctx, ref)
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil && endsRun(err):
			return err
		case err != nil:
			continue
		}
		last := entries[len(entries)-1]
		action := plan.Action{ID: last.Action, Resource: plan.PlaceOf(live, ""), Incarnation: last.Incarnation, Reason: plan.TakenBack, Needs: []string{}}
		r, err := a.restore(ctx, action, live, func(one alteration) bool { return !one.Hold })
		if err != nil {
			return err
		}
		if r.state != state.Done {
			if err := a.write(ctx, state.Record{Kind: state.Note, Action: last.Action, Ref: key, Incarnation: last.Incarnation, State: r.state, Message: r.message}, nil); err != nil {
				return err
			}
			if out, mine := ends[last.Action]; mine {
				out.State, out.Message = state.Failed, r.message
				ends[last.Action] = out
			}
			continue
		}
		if out, mine := ends[last.Action]; mine {
			out.Message = strings.TrimPrefix(out.Message+"; what was prepared for it was taken back", "; ")
			ends[last.Action] = out
		}
	}
	return nil
}

func isRunning(s string) bool {
	return slices.Contains([]string{"running", "available", "active"}, strings.ToLower(s))
}

// quarantine holds a resource, and remembers how it was.
func (a *applier) quarantine(ctx context.Context, action plan.Action, live *inventory.Resource) (result, error) {
	key := live.Ref.String()
	m, marked := a.ledger.Marks[key]
	switch {
	case !marked || m.Incarnation != action.Incarnation:
		return ended(state.Failed, "it carries no mark in the ledger"), nil
	case m.Noticed.IsZero():
		return ended(state.Failed, "no notice of its mark was acknowledged"), nil
	}
	if why := a.protects(live); why != "" {
		return ended(state.Stale, "it is protected: %s", why), nil
	}
	patch, stop := action.Patch, false
	if len(patch) == 0 {
		var ok bool
		if patch, stop, ok = Isolation(live); !ok {
			return ended(state.Failed, "%v: its type has no reversible step", ErrUnsupported), nil
		}
	}
	change := alteration{Hold: true, Patch: patch}
	if stop {
		change.State = live.State
	}
	if err := a.remember(ctx, action, live, change); err != nil {
		return result{}, err
	}
	does := action
	var r result
	var err error
	switch {
	case stop:
		does.Verb = plan.Stop
		if r = (result{state: state.Done, left: live}); !reached(does, live) {
			r, err = a.inTurn(ctx, does, step{"stop", func() (string, error) { return a.Cloud.Stop(ctx, live.Ref) }})
		}
	default:
		does.Verb, does.Patch = plan.Update, patch
		if r = (result{state: state.Done, left: live}); !reached(does, live) {
			r, err = a.change(ctx, does, live)
		}
	}
	if err != nil || r.state != state.Done {
		return r, err
	}
	if a.ledger.Marks[key].Quarantined.IsZero() {
		// How it looks when it has come to rest is how it is known from now on.
		left, err := a.settled(ctx, action)
		if err != nil {
			return a.readFailed(err)
		}
		r.left = left
		held := state.Record{Kind: state.Quarantined, Action: action.ID, Ref: key, Incarnation: action.Incarnation, State: plan.Fingerprint(r.left)}
		return r, a.fact(ctx, held, nil)
	}
	return r, nil
}

// backup makes a backup and waits until it can be used.
func (a *applier) backup(ctx context.Context, action plan.Action, live *inventory.Resource) (result, error) {
	key := live.Ref.String()
	m, marked := a.ledger.Marks[key]
	if (!marked || m.Incarnation != action.Incarnation) && !action.Teardown {
		return ended(state.Failed, "it carries no mark in the ledger"), nil
	}
	if m.Backup != "" {
		if usable, err := a.usable(ctx, m.Backup); usable || err != nil {
			return result{state: state.Done, message: "it was backed up already", left: live}, err
		}
	}
	if !marked {
		if err := a.markTeardown(ctx, action); err != nil {
			return result{}, err
		}
	}
	keeper, can := a.Cloud.(Keeper)
	if !can {
		return ended(state.Failed, "%v: this cloud makes no backups", ErrUnsupported), nil
	}
	token := a.token(action)
	var made inventory.Ref
	failed, err := a.call(ctx, action, "backup", token, func() (request string, err error) {
		made, request, err = keeper.Backup(ctx, live, token)
		return request, err
	})
	switch {
	case err != nil:
		return result{}, err
	case failed != nil:
		return failure(failed), nil
	}
	last := ended(state.Failed, "not-converged: the backup %s did not become available", made)
	broken := false
	err = a.until(ctx, func() (bool, error) {
		b, err := a.Cloud.Observe(ctx, made)
		switch {
		case err != nil:
			return false, fatal(err)
		case isUsable(b.State):
			last = result{state: state.Done, message: "backup " + made.String(), left: live}
			return true, nil
		case !inMotion(b.State):
			broken = true
			last = ended(state.Failed, "the backup %s ended as %s", made, b.State)
			return true, nil
		}
		return false, nil
	})
	if err != nil || last.state != state.Done && !broken {
		return last, err
	}
	r := state.Record{Kind: state.BackedUp, Action: action.ID, Ref: key, Incarnation: action.Incarnation, Message: made.String()}
	if broken {
		r.State = state.Failed // the next try makes another one
	}
	return last, a.fact(ctx, r, nil)
}

// usable reports whether a backup is there and can be used now.
func (a *applier) usable(ctx context.Context, backup string) (bool, error) {
	ref, err := inventory.ParseRef(backup)
	if err != nil {
		return false, nil //nolint:nilerr // a record that is no ref is no backup
	}
	b, err := a.observe(ctx, ref)
	if err != nil {
		return false, fatal(err)
	}
	return isUsable(b.State), nil
}

func isUsable(s string) bool {
	return slices.Contains([]string{"available", "completed", "active"}, strings.ToLower(s))
}

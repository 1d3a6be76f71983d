package plan

import (
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// UndoInput is all that the way back from a run depends on.
type UndoInput struct {
	Header
	Run  string   // that is undone
	Done []Action // what it did, oldest first
	Live *inventory.Snapshot
	Self []string // see RepairInput
	Can  Can
}

// Undo plans to give back the values that were there before a run: a value, a tag, a state.
// Only what still is as the run left it is changed; whatever somebody moved since is
// refused, and so is what has no way back here (to undo a creation is to delete). It is for
// a person who asks for it: a door that the run closed is opened again.
func Undo(in UndoInput) (*Plan, error) {
	if in.Live == nil {
		in.Live = &inventory.Snapshot{}
	}
	live := map[inventory.Ref]*inventory.Resource{}
	for _, r := range in.Live.Resources {
		live[r.Ref] = r
	}
	guard := &RepairInput{Header: in.Header, Live: in.Live, Self: in.Self}
	var actions []Action
	var refused []Refusal
	for _, done := range slices.Backward(in.Done) {
		ref := done.Resource.Ref()
		now := live[ref]
		undo := Action{Verb: done.Verb, Resource: done.Resource, For: done.For, Reason: TakenBack, Detail: "run " + in.Run, Needs: []string{}, Reversible: true}
		reason, by := Reason(""), ""
		switch {
		case done.Verb == Create:
			reason, by = NeedsReaper, "it was created"
		case !slices.Contains([]Verb{Update, Tag, Start, Stop}, done.Verb):
			reason, by = Irreversible, string(done.Verb)
		case ref.Account != in.Account || ref.Partition != in.Partition:
			reason, by = OtherAccount, ref.Account
		case now == nil && !in.Live.Readable(ref.Account, ref.Region, ref.Type):
			reason, by = InGap, ref.Region+" "+ref.Type
		case now == nil:
			reason, by = ChangedSince, "it is gone"
		case Incarnation(now) != done.Incarnation:
			reason, by = ChangedSince, "another resource has its name now"
		case done.Verb != Tag:
			reason, by = guard.neverTouch(now)
		case now.Tags == nil:
			reason, by = TagsUnread, now.Label()
		}
		if reason == "" {
			if reason, by = undo.reverse(done, now); reason == "" && undo.Verb == "" {
				continue // it is so already
			}
		}
		if reason == "" && in.Can != nil {
			changes := []Change{{}}
			if undo.Verb == Update {
				changes = undo.Patch
			}
			for _, c := range changes {
				verb := undo.Verb
				if c.Tag != "" {
					verb, c = Tag, Change{}
				}
				if why := in.Can(verb, ref.Type, c); why != "" && reason == "" {
					reason, by = Unsupported, why
				}
			}
		}
		if reason != "" {
			refused = append(refused, Refusal{Resource: done.Resource, Reason: reason, By: by, For: done.For})
			continue
		}
		undo.Incarnation, undo.Precondition, undo.Claims = Incarnation(now), Fingerprint(now), Claims(now)
		undo.ID = actionID(undo)
		actions = append(actions, undo)
	}
	return finish(in.Header, actions, refused)
}

// reverse fills the action that takes back what was done; its verb is empty when there is
// nothing to take back.
func (a *Action) reverse(done Action, now *inventory.Resource) (reason Reason, by string) {
	switch state := strings.ToLower(now.State); {
	case done.Verb == Start && state == "stopped", done.Verb == Stop && state != "stopped":
		a.Verb = ""
		return "", ""
	case done.Verb == Start:
		a.Verb = Stop
		return "", ""
	case done.Verb == Stop:
		a.Verb = Start
		return "", ""
	}
	for _, c := range done.Patch {
		switch value := current(now, c); {
		case sameValue(value, c.To):
			a.Patch = append(a.Patch, Change{Path: c.Path, Tag: c.Tag, From: c.To, To: c.From})
		case !sameValue(value, c.From):
			return ChangedSince, c.Path
		}
	}
	if len(a.Patch) == 0 {
		a.Verb = ""
	}
	return "", ""
}

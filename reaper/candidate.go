package reaper

import (
	"context"
	"fmt"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// A Candidate is where one marked or merely seen resource stands on its way.
type Candidate struct {
	Ref         string    `json:"ref"`
	Reason      string    `json:"reason,omitempty"`
	State       string    `json:"state"` // candidate, marked, notified, quarantined, backed-up
	Seen        int       `json:"seen"`  // complete observations without a break
	First       time.Time `json:"firstSeen,omitzero"`
	Marked      time.Time `json:"markedAt,omitzero"`
	Noticed     time.Time `json:"noticedAt,omitzero"`
	Quarantined time.Time `json:"quarantinedAt,omitzero"`
	Backup      string    `json:"backup,omitempty"`
	// GoesAt is when its grace is over as far as is known now; zero while nobody was told.
	GoesAt time.Time `json:"goesAt,omitzero"`
}

// Status returns all candidates of a ledger, sorted by ref.
func Status(l *state.Ledger, grace time.Duration) []Candidate {
	refs := map[string]bool{}
	for ref := range l.Marks {
		refs[ref] = true
	}
	for ref := range l.Seen {
		refs[ref] = true
	}
	all := []Candidate{}
	for _, ref := range sortedKeys(refs) {
		c := Candidate{Ref: ref, State: "candidate"}
		if s, seen := l.Seen[ref]; seen {
			c.Seen, c.First = s.Count, s.First
		}
		if m, marked := l.Marks[ref]; marked {
			c.Reason, c.State, c.Marked, c.Noticed, c.Quarantined, c.Backup = m.Reason, "marked", m.At, m.Noticed, m.Quarantined, m.Backup
			if !m.Noticed.IsZero() {
				c.State = "notified"
				c.GoesAt = m.Noticed.Add(grace)
				if m.Told.After(c.GoesAt) {
					c.GoesAt = m.Told
				}
				if at := c.First.Add(grace); c.First.After(time.Time{}) && at.After(c.GoesAt) {
					c.GoesAt = at
				}
			}
			if !m.Quarantined.IsZero() {
				c.State = "quarantined"
			}
			if m.Backup != "" {
				c.State = "backed-up"
			}
		}
		all = append(all, c)
	}
	return all
}

// Cancel plans to take back the mark of a resource and what was changed on it. It may be
// marked again later, with the whole grace before it: to keep it for good, declare it or
// protect it. live is how it is now, nil when it is gone.
func Cancel(h plan.Header, l *state.Ledger, ref inventory.Ref, live *inventory.Resource) (*plan.Plan, error) {
	m, marked := l.Marks[ref.String()]
	if !marked {
		return nil, fmt.Errorf("cancel %s: it is not marked: see `reap status`", ref)
	}
	return sealed(h, []plan.Action{unmarking(ref, m.Incarnation, live, plan.TakenBack)})
}

// Undo plans to take back what a run did and can be taken back: its marks, its quarantines.
// What it deleted is gone: the plan refuses those, and names the backup where there is one.
// observe reads a resource now; nil for what is gone.
func Undo(ctx context.Context, h plan.Header, s state.Store, run string, observe func(inventory.Ref) (*inventory.Resource, error)) (*plan.Plan, error) {
	l, err := state.ReadLedger(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("undo run %s: %w", run, err)
	}
	touched, backups := map[string]bool{}, map[string]string{}
	known := false
	var refused []plan.Refusal
	err = s.Read(ctx, func(r state.Record) error {
		if r.Kind == state.BackedUp {
			backups[r.Ref] = r.Message
		}
		if r.Run != run {
			return nil
		}
		known = true
		switch r.Kind {
		case state.Mark, state.Altered, state.Quarantined:
			touched[r.Ref] = true
		case state.Deleted:
			if ref, err := inventory.ParseRef(r.Ref); err == nil {
				place := plan.Place{Partition: ref.Partition, Type: ref.Type, ID: ref.ID, Account: ref.Account, Region: ref.Region}
				refused = append(refused, plan.Refusal{Resource: place, Reason: plan.Irreversible, By: backups[r.Ref]})
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("undo run %s: %w", run, err)
	case !known:
		return nil, fmt.Errorf("undo run %s: the journal knows no such run", run)
	}
	var actions []plan.Action
	for _, key := range sortedKeys(touched) {
		m, marked := l.Marks[key]
		ref, err := inventory.ParseRef(key)
		if !marked || err != nil {
			continue
		}
		live, err := observe(ref)
		if err != nil {
			return nil, fmt.Errorf("undo run %s: %w", run, err)
		}
		actions = append(actions, unmarking(ref, m.Incarnation, live, plan.TakenBack))
	}
	p, err := sealed(h, actions)
	if err != nil {
		return nil, err
	}
	p.Refused = append(p.Refused, refused...)
	return p, p.Seal()
}

func unmarking(ref inventory.Ref, incarnation string, live *inventory.Resource, why plan.Reason) plan.Action {
	a := plan.Action{
		ID: "unmark-" + ref.String(), Verb: plan.Unmark, Incarnation: incarnation, Reason: why, Needs: []string{}, Reversible: true,
		Resource: plan.Place{Partition: ref.Partition, Type: ref.Type, ID: ref.ID, Account: ref.Account, Region: ref.Region},
		// A mark is taken back however the resource looks.
		Precondition: "any",
	}
	if live != nil {
		a.Resource = plan.PlaceOf(live, "")
	}
	return a
}

func sealed(h plan.Header, actions []plan.Action) (*plan.Plan, error) {
	h.SchemaVersion, h.Command, h.CreatedAt = plan.SchemaVersion, "reap", h.CreatedAt.UTC()
	if h.ExpiresAt.IsZero() {
		h.ExpiresAt = h.CreatedAt.Add(plan.Lifetime)
	}
	if h.Regions == nil {
		h.Regions = []string{}
	}
	if actions == nil {
		actions = []plan.Action{}
	}
	p := &plan.Plan{Header: h, Actions: actions, Refused: []plan.Refusal{}, Applyable: len(actions) > 0}
	return p, p.Seal()
}

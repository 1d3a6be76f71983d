package state

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A Ledger is what a journal adds up to.
type Ledger struct {
	// Marks are the candidates under a mark, by ref. A mark has authority here only; the tag
	// that mirrors it has none.
	Marks map[string]Marked
	// Seen are the candidates of the last complete observations, by ref.
	Seen map[string]Seen
	// Applied is what was last applied, by particle.
	Applied map[Particle]LastApplied
	// Deleted are the times at which a delete was done: the budget of 24 hours counts them.
	Deleted []time.Time
	// Tokens has the idempotency tokens of creations whose result was never recorded, by
	// action: who creates the same thing again uses the same token.
	Tokens map[string]string
	// Records is how many records the journal has.
	Records int64

	intents map[string]Record // by run, action and step, without an outcome
}

// Marked is a mark in force.
type Marked struct {
	Incarnation string
	Reason      string
	At          time.Time // of the first mark: another one moves nothing
	Noticed     time.Time // first acknowledged notice after the mark; zero when there is none
}

// Seen counts the complete observations in which a ref was a candidate without a break.
type Seen struct {
	Incarnation string
	First, Last time.Time
	Count       int
}

// The states of an Observed record.
const (
	Candidate = "candidate"
	Rescued   = "rescued" // it is none (any more): counting begins anew
)

// The states of an Outcome record: those of the contract, and the two in which the world
// was read after a crash and the call had not happened, or it cannot be told.
const (
	Done      = "done"
	Skipped   = "skipped"
	BlockedBy = "blocked"
	Failed    = "failed"
	Stale     = "stale"
	NotDone   = "not-done"
	Unsure    = "unsure"
)

// ReadLedger reads the whole journal of a store. Its cost grows with the journal, its
// memory with what is in force.
func ReadLedger(ctx context.Context, s Store) (*Ledger, error) {
	l := &Ledger{Marks: map[string]Marked{}, Seen: map[string]Seen{}, Applied: map[Particle]LastApplied{}, Tokens: map[string]string{}, intents: map[string]Record{}}
	if err := s.Read(ctx, l.add); err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	return l, nil
}

func callKey(r Record) string { return r.Run + "\x00" + r.Action + "\x00" + r.Step }

func (l *Ledger) add(r Record) error {
	l.Records = r.Seq
	switch r.Kind {
	case Intent:
		l.intents[callKey(r)] = r
		if r.Request != "" {
			l.Tokens[r.Action] = r.Request
		}
	case Outcome:
		if i, open := l.intents[callKey(r)]; open && r.State == Done && i.Step == "delete" {
			l.Deleted = append(l.Deleted, r.Time)
		}
		if _, open := l.intents[callKey(r)]; open && (r.State == Failed || r.State == NotDone) {
			delete(l.Tokens, r.Action)
		}
		delete(l.intents, callKey(r))
	case Mark:
		if m, marked := l.Marks[r.Ref]; !marked || m.Incarnation != r.Incarnation {
			l.Marks[r.Ref] = Marked{Incarnation: r.Incarnation, Reason: r.Message, At: r.Time}
		}
	case Unmark:
		delete(l.Marks, r.Ref)
	case Notice:
		if m, marked := l.Marks[r.Ref]; marked && m.Incarnation == r.Incarnation && m.Noticed.IsZero() {
			m.Noticed = r.Time
			l.Marks[r.Ref] = m
		}
	case Observed:
		s := l.Seen[r.Ref]
		switch {
		case r.State != Candidate:
			delete(l.Seen, r.Ref)
			return nil
		case s.Count == 0 || s.Incarnation != r.Incarnation:
			s = Seen{Incarnation: r.Incarnation, First: r.Time}
		}
		s.Last, s.Count = r.Time, s.Count+1
		l.Seen[r.Ref] = s
	case Applied:
		delete(l.Tokens, r.Action)
		return l.apply(r)
	}
	return nil
}

func (l *Ledger) apply(r Record) error {
	var a LastApplied
	d := json.NewDecoder(bytes.NewReader(r.Detail))
	d.UseNumber()
	if err := d.Decode(&a); err != nil {
		return fmt.Errorf("record %d: %w", r.Seq, err)
	}
	props, err := inventory.Normal(a.Properties)
	if err != nil {
		return fmt.Errorf("record %d: %w", r.Seq, err)
	}
	a.Properties, _ = props.(map[string]any)
	if a.Ref == "" {
		delete(l.Applied, a.Particle)
	} else {
		l.Applied[a.Particle] = a
	}
	return nil
}

// Open returns the intents without an outcome, oldest first: calls of runs that ended in
// the middle, of which only the world can tell whether they happened.
func (l *Ledger) Open() []Record {
	return slices.SortedFunc(maps.Values(l.intents), func(a, b Record) int { return cmp.Compare(a.Seq, b.Seq) })
}

// LastApplied returns what was last applied, in the words of ownership and comparison,
// sorted by particle and place. A record whose ref cannot be read is left out.
func (l *Ledger) LastApplied() []inventory.Applied {
	var all []inventory.Applied
	for _, a := range l.Applied {
		ref, err := inventory.ParseRef(a.Ref)
		if err != nil {
			continue
		}
		all = append(all, inventory.Applied{
			App: a.App, Environment: a.Environment, Version: a.Version, Particle: a.Name,
			Ref: ref, Incarnation: a.Incarnation, Properties: a.Properties,
		})
	}
	slices.SortFunc(all, func(a, b inventory.Applied) int {
		return cmp.Or(cmp.Compare(a.App, b.App), cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Version, b.Version),
			cmp.Compare(a.Particle, b.Particle), a.Ref.Compare(b.Ref))
	})
	return all
}

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
	// Deleted are the times at which deletions were done, or may have been: the budget of 24
	// hours counts them. Each life of a resource counts once.
	Deleted []time.Time
	// Altered is what was changed on candidates and not yet taken back, by ref, oldest first.
	Altered map[string][]Alteration
	// Counts is how many resources the last complete look at a cell found: what is suddenly
	// less than that was hardly deleted.
	Counts  map[string]int
	Counted time.Time // when
	// Tokens has the idempotency tokens of creations whose result was never recorded, by
	// action: who creates the same thing again uses the same token.
	Tokens map[string]string
	// Records is how many records the journal has.
	Records int64

	begun   map[string]time.Time // of Tokens: when each was announced last
	intents map[string]Record    // by run, action and step, without an outcome
	deleted map[string]bool      // by ref and incarnation: in Deleted
	ending  map[string]Record    // of those: the intents of which no Deleted record came yet
}

// Marked is a mark in force.
type Marked struct {
	Incarnation string
	Reason      string
	At          time.Time // of the first mark: another one moves nothing
	Noticed     time.Time // first acknowledged notice after the mark; zero when there is none
	Told        time.Time // the earliest end that this notice promised; zero when it named none
	// Looks is the fingerprint at the mark, or after the quarantine.
	Looks       string
	Quarantined time.Time // since when it is held; zero when it is not
	Backup      string    // ref of a backup that was seen to be available
	BackedUp    time.Time
	Run         string          // that marked it
	Detail      json.RawMessage // what the notice says
}

// An Alteration is a change of a candidate with what it was before.
type Alteration struct {
	Incarnation string
	Run         string
	Action      string
	Hold        bool            // a quarantine; else a preparation of a deletion
	Detail      json.RawMessage // the values before, in the words of who changed them
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

// Held is the state of an Altered record that is a quarantine, and of a Restored record
// after which the quarantine is all that is left.
const Held = "held"

// ReadLedger reads the whole journal of a store. Its cost grows with the journal, its
// memory with what is in force.
func ReadLedger(ctx context.Context, s Store) (*Ledger, error) {
	l := &Ledger{
		Marks: map[string]Marked{}, Seen: map[string]Seen{}, Applied: map[Particle]LastApplied{}, Tokens: map[string]string{}, begun: map[string]time.Time{},
		Altered: map[string][]Alteration{}, Counts: map[string]int{}, intents: map[string]Record{}, deleted: map[string]bool{}, ending: map[string]Record{},
	}
	if err := s.Read(ctx, l.add); err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	return l, nil
}

func callKey(r Record) string { return r.Run + "\x00" + r.Action + "\x00" + r.Step }

// lifeKey tells one life of a resource from its later ones.
func lifeKey(r Record) string { return r.Ref + "\x00" + r.Incarnation }

// Add adds a record, which the journal must hold already.
func (l *Ledger) Add(r Record) error { return l.add(r) }

func (l *Ledger) add(r Record) error {
	l.Records = max(l.Records, r.Seq)
	switch r.Kind {
	case Intent:
		l.intents[callKey(r)] = r
		if r.Request != "" {
			l.Tokens[r.Action], l.begun[r.Action] = r.Request, r.Time
		}
	case Outcome:
		switch i, open := l.intents[callKey(r)]; {
		case !open || i.Step != "delete":
		case r.State == Done || r.State == Unsure:
			r.Along = i.Along
			l.countDeleted(r)
			l.ending[lifeKey(r)] = i
		default: // what is taken off first may be gone although the rest failed
			l.countLess(i.Along)
		}
		if _, open := l.intents[callKey(r)]; open && (r.State == Failed || r.State == NotDone) {
			delete(l.Tokens, r.Action)
		}
		delete(l.intents, callKey(r))
	case Mark:
		if m, marked := l.Marks[r.Ref]; !marked || m.Incarnation != r.Incarnation {
			l.Marks[r.Ref] = Marked{Incarnation: r.Incarnation, Reason: r.Message, At: r.Time, Looks: r.State, Run: r.Run, Detail: r.Detail}
		}
	case Unmark:
		delete(l.Marks, r.Ref)
		delete(l.Seen, r.Ref) // whoever is marked again has the whole way before it
	case Notice:
		if m, marked := l.Marks[r.Ref]; marked && m.Incarnation == r.Incarnation && m.Noticed.IsZero() {
			var detail struct{ GoesAt time.Time }
			_ = json.Unmarshal(r.Detail, &detail) // older records have none
			m.Noticed, m.Told = r.Time, detail.GoesAt
			l.Marks[r.Ref] = m
		}
	case Altered:
		l.Altered[r.Ref] = append(l.Altered[r.Ref], Alteration{
			Incarnation: r.Incarnation, Run: r.Run, Action: r.Action, Hold: r.State == Held, Detail: r.Detail,
		})
	case Restored:
		l.Altered[r.Ref] = slices.DeleteFunc(l.Altered[r.Ref], func(a Alteration) bool { return !a.Hold || r.State != Held })
		if len(l.Altered[r.Ref]) == 0 {
			delete(l.Altered, r.Ref)
		}
		if m, marked := l.Marks[r.Ref]; marked && r.State != Held {
			m.Quarantined = time.Time{}
			l.Marks[r.Ref] = m
		}
	case Quarantined:
		if m, marked := l.Marks[r.Ref]; marked && m.Incarnation == r.Incarnation && m.Quarantined.IsZero() {
			m.Quarantined, m.Looks = r.Time, r.State
			l.Marks[r.Ref] = m
		}
	case BackedUp:
		delete(l.Tokens, r.Action)
		if m, marked := l.Marks[r.Ref]; marked && m.Incarnation == r.Incarnation && r.State != Failed {
			m.Backup, m.BackedUp = r.Message, r.Time
			l.Marks[r.Ref] = m
		}
	case Deleted:
		l.countDeleted(r)
		delete(l.ending, lifeKey(r))
		delete(l.Marks, r.Ref)
		delete(l.Seen, r.Ref)
		delete(l.Altered, r.Ref)
		for particle, a := range l.Applied {
			if a.Ref == r.Ref && a.Incarnation == r.Incarnation {
				delete(l.Applied, particle)
			}
		}
	case Counted:
		l.Counted = r.Time
		if err := json.Unmarshal(r.Detail, &l.Counts); err != nil {
			return fmt.Errorf("record %d: %w", r.Seq, err)
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

// countDeleted counts a deletion, each life of a resource once.
func (l *Ledger) countDeleted(r Record) {
	if l.WasDeleted(r.Ref, r.Incarnation) {
		return
	}
	l.deleted[lifeKey(r)] = true
	l.Deleted = append(l.Deleted, r.Time)
	l.countLess(append(r.Along, r.Ref))
}

// countLess notes that what we ended is not missing.
func (l *Ledger) countLess(refs []string) { less(l.Counts, refs) }

func less(counts map[string]int, refs []string) {
	for _, text := range refs {
		if ref, err := inventory.ParseRef(text); err == nil {
			if cell := ref.Account + "/" + ref.Region + "/" + ref.Type; counts[cell] > 0 {
				counts[cell]--
			}
		}
	}
}

// Expected returns a copy of Counts without what a run that died may have deleted and did not
// write down any more: that is not missing.
func (l *Ledger) Expected() map[string]int {
	counts := maps.Clone(l.Counts)
	for _, intent := range l.intents {
		if intent.Step == "delete" {
			less(counts, append(intent.Along, intent.Ref))
		}
	}
	return counts
}

// WasDeleted reports whether a life of a resource was deleted, or may have been.
func (l *Ledger) WasDeleted(ref, incarnation string) bool { return l.deleted[ref+"\x00"+incarnation] }

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

// Begun returns when a creation, by its action, was announced whose result was never recorded.
// What it made, if anything, may lack a part.
func (l *Ledger) Begun(action string) (at time.Time, begun bool) {
	_, begun = l.Tokens[action]
	return l.begun[action], begun
}

// Open returns the intents without an outcome, oldest first: calls of runs that ended in
// the middle, of which only the world can tell whether they happened.
func (l *Ledger) Open() []Record {
	return slices.SortedFunc(maps.Values(l.intents), func(a, b Record) int { return cmp.Compare(a.Seq, b.Seq) })
}

// Ending returns the intents of the deletions that were called, and of which no run has written
// that what they ended stayed away, oldest first.
func (l *Ledger) Ending() []Record {
	return slices.SortedFunc(maps.Values(l.ending), func(a, b Record) int { return cmp.Compare(a.Seq, b.Seq) })
}

// HasEnded reports whether the journal holds that the deletion of a life of a resource was seen
// to last.
func (l *Ledger) HasEnded(ref, incarnation string) bool {
	_, ending := l.ending[ref+"\x00"+incarnation]
	return l.WasDeleted(ref, incarnation) && !ending
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

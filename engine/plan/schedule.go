package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/relation"
)

// schedule decides what is done with each candidate now: it is marked, waits, is held, or
// goes. All times come from the ledger, and each is the latest that could be meant: a second
// mark, an edited tag, or a clock that was set back never shorten the way.
func (r *reap) schedule() {
	for _, n := range sortedInts(r.items) {
		it := r.items[n]
		ref := it.live.Ref.String()
		seen := r.Ledger.Seen[ref]
		if seen.Incarnation != it.Incarnation {
			seen = SeenFact{First: r.now}
		}
		it.State, it.Observations, it.FirstSeen = Seen, seen.Count+1, &seen.First
		mark, marked := r.Ledger.Marks[ref]
		if marked = marked && mark.Incarnation == it.Incarnation; marked {
			it.State, it.MarkedAt, it.NotifiedAt, it.HeldAt = Marked, at(mark.At), at(mark.Noticed), at(mark.Quarantined)
		}
		switch {
		case it.refusal.Reason != "":
			it.State, it.Observations = Kept, seen.Count
		case r.Teardown:
			it.mark = !marked
			r.goes(it, mark, r.now)
		case !marked || r.Ledger.New:
			it.mark = !marked
			it.GoesAt = at(r.now.Add(r.graceOf(it)))
		case mark.Looks != "" && mark.Looks != it.Looks:
			it.State, it.refusal = Kept, Refusal{Reason: Changed, By: "since " + stamp(mark.At)}
		case mark.Reason != "" && (mark.Reason == NonCompliant) != (it.Reason == NonCompliant):
			// Who is cured of the one and has now the other has had no grace for it.
			it.State, it.refusal = Kept, Refusal{Reason: Changed, By: "it was marked as " + string(mark.Reason)}
		case mark.Noticed.IsZero():
			it.GoesAt = at(r.now.Add(r.graceOf(it)))
			r.wait(it, NotNoticed, "")
		default:
			it.State = Notified
			r.inGrace(it, mark, seen)
		}
	}
	r.rescue()
}

func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func latest(times ...time.Time) (last time.Time) {
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// graceOf is twice as long for what nobody ever claimed: nobody can be asked.
func (r *reap) graceOf(it *item) time.Duration {
	if a := r.class[it.node]; it.Reason == NonCompliant && a.Class == owner.Unmanaged {
		return 2 * r.Grace
	}
	return r.Grace
}

// inGrace follows a candidate whose owner was told.
func (r *reap) inGrace(it *item, mark MarkFact, seen SeenFact) {
	grace := r.graceOf(it)
	// A shorter grace than the one the owner was told of does not break that word.
	goes := latest(latest(mark.At, mark.Noticed, seen.First).Add(grace), mark.Told)
	if patch, stop, ok := r.isolation(it); ok && (stop || len(patch) > 0) {
		hold := min(Hold, grace/2)
		switch {
		case !mark.Quarantined.IsZero():
			it.State = Quarantined
			goes = latest(goes, mark.Quarantined.Add(hold))
		case r.now.Before(goes.Add(-hold)):
		case r.consentFor(it) == "" && Stateful(it.live.Ref.Type):
			it.GoesAt = at(goes)
			r.wait(it, ConsentMissing, it.live.Ref.Type+" holds data")
			return
		default:
			it.hold = true
			it.GoesAt = at(latest(goes, r.now.Add(hold)))
			return
		}
	}
	it.GoesAt = at(goes)
	switch {
	case r.now.Before(goes):
	case it.Observations < Observations:
		r.wait(it, TooFewLooks, fmt.Sprintf("%d of %d", it.Observations, Observations))
	default:
		r.goes(it, mark, goes)
	}
}

func (r *reap) isolation(it *item) (patch []Change, stop, ok bool) {
	if r.Isolation == nil {
		return nil, false, false
	}
	return r.Isolation(it.live)
}

// consentFor returns who agreed to lose what a candidate holds; "" when nobody did.
func (r *reap) consentFor(it *item) string {
	if it.consent == "" {
		it.consent, _ = r.consents(it, "")
	}
	return it.consent
}

// goes makes a candidate due, when whoever has to has agreed.
func (r *reap) goes(it *item, mark MarkFact, when time.Time) {
	it.GoesAt = at(when)
	if Stateful(it.live.Ref.Type) {
		if r.consentFor(it) == "" {
			r.wait(it, ConsentMissing, it.live.Ref.Type+" holds data")
			it.mark = it.mark && !r.Teardown
			return
		}
		// What was saved long ago is not what is lost now.
		fresh := !mark.BackedUp.IsZero() && mark.Incarnation == it.Incarnation && r.now.Sub(mark.BackedUp) < Lifetime
		if it.backup = r.can(Backup, it.live.Ref.Type, Change{}) == "" && !fresh; fresh {
			it.State = BackedUp
		}
	}
	it.State, it.due = Due, true
}

// wait says why a candidate does not go now, while it stays one.
func (r *reap) wait(it *item, reason Reason, by string) {
	r.refused = append(r.refused, Refusal{Resource: it.Resource, Reason: reason, By: by, For: it.For})
}

// rescue ends the marks, and the counting, of what is no candidate any more. What could not
// be looked at in this run is left as it is.
func (r *reap) rescue() {
	for _, text := range sortedKeys(r.Ledger.Marks) {
		mark := r.Ledger.Marks[text]
		place, reason, why := r.isFree(text, mark.Incarnation)
		if reason == "" {
			continue
		}
		a := Action{Verb: Unmark, Resource: place, Incarnation: mark.Incarnation, Reason: reason, Detail: why, Needs: []string{}, Reversible: true}
		a.ID = actionID(a)
		r.unmarks = append(r.unmarks, a)
	}
	for _, text := range sortedKeys(r.Ledger.Seen) {
		if _, marked := r.Ledger.Marks[text]; marked {
			continue
		}
		if place, reason, _ := r.isFree(text, r.Ledger.Seen[text].Incarnation); reason != "" {
			r.rescued = append(r.rescued, place)
		}
	}
}

// isFree reports why what was a candidate is certainly none now; reason is empty when it is
// one, or when that is not known.
func (r *reap) isFree(text, incarnation string) (place Place, reason Reason, why string) {
	ref, err := inventory.ParseRef(text)
	if err != nil || ref.Account != r.Account || ref.Partition != r.Partition {
		return place, "", ""
	}
	n, there := r.graph.index[ref]
	if !there {
		if r.App != "" || r.Environment != "" || r.unread != "" || !r.Live.Readable(ref.Account, ref.Region, ref.Type) {
			return place, "", "" // whose it was, or whether it is gone, is not known
		}
		return Place{Partition: ref.Partition, Type: ref.Type, ID: ref.ID, Account: ref.Account, Region: ref.Region}, Gone, "it is not there any more"
	}
	place = PlaceOf(r.graph.nodes[n], "")
	a := r.class[n]
	if a == nil || !r.wants(a) {
		return place, "", ""
	}
	switch it := r.items[n]; {
	case it != nil && it.refusal.Reason == "":
		return place, "", "" // a candidate; of another life, its new mark takes the place of the old one
	case it != nil && it.unknown:
		return place, "", ""
	case it != nil && it.refusal.Reason == Changed:
		return place, Changed, it.refusal.By
	case incarnation != Incarnation(r.graph.nodes[n]):
		return place, Gone, "another resource has its name now"
	case it != nil:
		return place, Rescue, strings.TrimSpace(string(it.refusal.Reason) + " " + it.refusal.By)
	case a.Class == owner.Unknown || r.Teardown:
		return place, "", ""
	}
	return place, Rescue, "it is " + string(a.Class) + " now"
}

// ephemeral reports whether a resource comes and goes by itself: the count of such ones says
// nothing.
func ephemeral(live *inventory.Resource) bool {
	if live.Foreign != "" {
		return true
	}
	for key := range live.Tags {
		if strings.HasPrefix(strings.ToLower(key), "aws:autoscaling:") {
			return true
		}
	}
	return slices.ContainsFunc(live.Relations, func(rel inventory.Relation) bool { return rel.Kind == relation.Owner })
}

const (
	untagged = "#untagged"
	// shrinks is the part of a cell, in percent, by which it may shrink between two runs, and
	// by which the part without tags may grow; markable is the part of all resources that may
	// get a mark at once.
	shrinks  = 30
	markable = 30
	// A handful may always get one: their part of a small account says nothing.
	handful = 10
)

// cells counts what there is, and stops the run when there is suddenly much less than in the
// last one, or much less of the tags: an answer can be empty and look complete.
func (r *reap) cells() {
	defer func() { r.doubted = r.stopped != "" }()
	if r.nothingDeclared() && len(r.items) > 0 {
		r.stop("nothing is declared: give --declared, because an empty declaration makes everything look like nobody's")
	}
	readable := map[string]bool{}
	cellOf := func(ref inventory.Ref) (string, bool) {
		cell := ref.Account + "/" + ref.Region + "/" + ref.Type
		ok, known := readable[cell]
		if !known {
			ok = ref.Account == r.Account && r.Live.Readable(ref.Account, ref.Region, ref.Type)
			readable[cell] = ok
		}
		return cell, ok
	}
	for _, live := range r.graph.nodes {
		cell, ok := cellOf(live.Ref)
		if !ok || ephemeral(live) {
			continue
		}
		r.counts[cell]++
		if len(live.Tags) == 0 {
			r.counts[cell+untagged]++
		}
	}
	for _, cell := range sortedKeys(r.Ledger.Counts) {
		before := r.Ledger.Counts[cell]
		parts := strings.SplitN(cell, "/", 3)
		if strings.HasSuffix(cell, untagged) || before <= 0 || len(parts) != 3 {
			continue
		}
		if _, ok := cellOf(inventory.Ref{Account: parts[0], Region: parts[1], Type: parts[2]}); !ok || r.AcceptFewer {
			continue
		}
		now := r.counts[cell]
		bare, wasBare := r.counts[cell+untagged], r.Ledger.Counts[cell+untagged]
		switch {
		case (before-now)*100 > shrinks*before:
			r.stop("much less than at the last complete run: %s holds %d now, %d then: if that is right, say --accept-fewer", cell, now, before)
		case now > 0 && bare*100/now-wasBare*100/before > shrinks:
			r.stop("much less of the tags than at the last complete run: of %s %d of %d are without now, %d of %d then: if that is right, say --accept-fewer", cell, bare, now, wasBare, before)
		}
	}
}

func (r *reap) stop(format string, args ...any) {
	if r.stopped == "" {
		r.stopped = fmt.Sprintf(format, args...)
	}
}

// noLimit stands for no cap in a Budget.
const noLimit = 1 << 30

// Limit returns how much a cap allows, of a whole where it is a percentage; noLimit where it
// is none. A negative cap allows nothing.
func (c Cap) limit() int {
	if c.Unlimited {
		return noLimit
	}
	return max(c.N, 0)
}

// percentOf is the cap as a percentage of a whole: at least one, unless it is 0.
func (c Cap) percentOf(whole int) int {
	n := c.limit()
	if n == 0 || n == noLimit {
		return n
	}
	return max(1, whole*n/100)
}

// bound stops the run when it would delete, or mark, more than it may.
func (r *reap) bound() {
	marks, deletions, whole, day := 0, 0, 0, 0
	types := map[string]int{}
	for _, it := range r.items {
		if it.mark && !r.Teardown {
			marks++
		}
		if it.due {
			deletions++
			types[it.live.Ref.Type]++
		}
	}
	for _, live := range r.graph.nodes {
		if live.Ref.Account == r.Account {
			whole++
		}
	}
	for _, t := range r.Ledger.Deleted {
		if t.After(r.now.Add(-24 * time.Hour)) {
			day++
		}
	}
	r.perDay = min(r.Caps.Delete.limit(), r.Caps.Percent.percentOf(whole+day))
	if deletions > 0 {
		before := ""
		if day > 0 {
			before = fmt.Sprintf(" after %d in the last 24 hours", day)
		}
		if limit := r.Caps.Delete.limit(); deletions+day > limit {
			r.stop("more deletions (%d%s) than --max-delete %d allows", deletions, before, limit)
		}
		if limit := r.Caps.Percent.percentOf(whole + day); deletions+day > limit {
			r.stop("more deletions (%d%s, of %d resources) than --max-percent %d allows, which is %d", deletions, before, whole, r.Caps.Percent.limit(), limit)
		}
		for _, typ := range sortedKeys(types) {
			if limit := r.Caps.PerType.limit(); types[typ] > limit {
				r.stop("more deletions of %s (%d) than --max-per-type %d allows", typ, types[typ], limit)
			}
		}
	}
	part := Cap{N: max(markable, r.Caps.Percent.N), Unlimited: r.Caps.Percent.Unlimited}
	if limit := max(handful, part.percentOf(whole)); marks > limit {
		r.stop("more new marks (%d, on %d resources) than the %d that may be set at once: look at the declarations; if that is right, raise --max-percent above %d", marks, whole, limit, part.N)
	}
}

// action is an action on a candidate, with its id.
func (r *reap) action(it *item, verb Verb, reason Reason) Action {
	a := Action{
		Verb: verb, Resource: it.Resource, For: it.For, Incarnation: it.Incarnation, Reason: reason, Detail: it.Detail, Evidence: it.Evidence,
		Precondition: it.Looks, Claims: Claims(it.live), Needs: []string{}, Reversible: verb != Delete,
	}
	a.ID = actionID(a)
	return a
}

// plan puts everything together.
func (r *reap) plan() (*Plan, error) {
	reaping := &Reaping{Grace: r.Grace, Candidates: []Candidate{}, Rescued: r.rescued, Counts: r.counts, Stopped: r.stopped}
	if reaping.Rescued == nil {
		reaping.Rescued = []Place{}
	}
	marks, holds, backups, deletions := []Action{}, []Action{}, []Action{}, []Action{}
	monthly := 0.0
	for _, n := range sortedInts(r.items) {
		it := r.items[n]
		if it.refusal.Reason != "" {
			r.wait(it, it.refusal.Reason, it.refusal.By)
		}
		if !it.due && it.State == Due { // order took it out: it stays a candidate, and waits
			it.State, it.mark, it.backup = r.before(it), it.mark && !r.Teardown, false
		}
		if it.Monthly != nil && it.State != Kept {
			monthly += *it.Monthly
		}
		if it.mark {
			a := r.action(it, Mark, it.Reason)
			if it.GoesAt != nil {
				a.Detail = strings.TrimSpace(it.Detail + " it goes not before " + stamp(*it.GoesAt))
			}
			marks = append(marks, a)
		}
		if it.hold {
			a := r.action(it, Quarantine, it.Reason)
			patch, stop, _ := r.isolation(it)
			a.Patch = patch
			if stop {
				a.Steps = []Step{{Name: "stop", Type: it.live.Ref.Type, ID: it.live.Ref.ID}}
			}
			holds = append(holds, a)
		}
		if it.backup {
			a := r.action(it, Backup, it.Reason)
			if it.mark {
				a.Needs = append(a.Needs, r.action(it, Mark, it.Reason).ID)
			}
			backups = append(backups, a)
		}
		if it.due {
			deletions = append(deletions, r.deletion(it))
		}
		reaping.Candidates = append(reaping.Candidates, it.Candidate)
	}
	if r.Prices != nil {
		reaping.Monthly = &monthly
	}
	actions := slices.Concat(r.unmarks, marks, holds, backups, r.detaches, inOrder(deletions))
	if r.stopped != "" {
		for _, a := range deletions {
			r.refused = append(r.refused, Refusal{Resource: a.Resource, Reason: OverCap, By: r.stopped, For: a.For})
		}
		// At a cap, who has claimed a resource back is heard all the same: else its old grace would
		// count on. Of a look that is not believed nothing is.
		if actions = r.unmarks; r.doubted {
			actions = nil
		}
	}
	p, err := finish(r.Header, actions, r.refused)
	if err != nil {
		return nil, err
	}
	p.Reaping = reaping
	if r.stopped == "" {
		p.Budget = Budget{Deletions: len(deletions), PerType: r.Caps.PerType.limit(), PerDay: r.perDay}
	}
	return p, p.Seal()
}

// before is the state of a candidate that is not deleted after all.
func (r *reap) before(it *item) CandidateState {
	switch {
	case it.HeldAt != nil:
		return Quarantined
	case it.NotifiedAt != nil:
		return Notified
	case it.MarkedAt != nil:
		return Marked
	}
	return Seen
}

// deletion is the last action on a candidate.
func (r *reap) deletion(it *item) Action {
	a := r.action(it, Delete, it.Reason)
	a.NotBefore, a.Teardown = it.GoesAt, r.Teardown
	if patch, _, _ := r.isolation(it); goesOnlyIdle[it.live.Ref.Type] && !Reached(it.live, patch) {
		a.Patch = patch // nothing held it before, as in a teardown
	}
	if it.consent != "" {
		a.Consent, a.ConsentUntil = it.consent, at(it.until)
	}
	a.Needs = append(a.Needs, it.needs...)
	if it.mark {
		a.Needs = append(a.Needs, r.action(it, Mark, it.Reason).ID)
	}
	if it.backup {
		a.Needs = append(a.Needs, r.action(it, Backup, it.Reason).ID)
	}
	slices.Sort(a.Needs)
	a.Needs = slices.Compact(a.Needs)
	a.Steps = append(StepsOf(it.live, r.now), it.steps...)
	slices.SortFunc(a.Steps, func(a, b Step) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
	a.Steps = slices.Compact(a.Steps)
	return a
}

// inOrder puts deletions behind what they need; those that need nothing of each other are in
// the order of their refs.
func inOrder(list []Action) []Action {
	index := map[string]int{}
	for i, a := range list {
		index[a.ID] = i
	}
	level := make([]int, len(list))
	edges := make([][]int, len(list))
	for i, a := range list {
		for _, need := range a.Needs {
			if j, is := index[need]; is {
				edges[i] = append(edges[i], j)
			}
		}
	}
	for _, group := range components(edges) { // what is needed comes first
		for _, i := range group {
			for _, j := range edges[i] {
				level[i] = max(level[i], level[j]+1)
			}
		}
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(level[a], level[b]), list[a].Resource.Ref().Compare(list[b].Resource.Ref()))
	})
	sorted := make([]Action, len(list))
	for i, j := range order {
		sorted[i] = list[j]
	}
	return sorted
}

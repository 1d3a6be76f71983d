package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/plan"
)

// acted is one action of a plan, and what became of it: nil before it was applied.
type acted struct {
	plan.Action
	outcome *engine.Outcome
}

// outcomeStates has the worst first.
var outcomeStates = []string{"failed", "blocked", "stale", "skipped", "done"}

// verbs are in the order in which a resource meets them.
var verbs = names([]plan.Verb{plan.Tag, plan.Create, plan.Update, plan.Start, plan.Stop, plan.Mark, plan.Unmark, plan.Quarantine, plan.Backup, plan.Delete})

// candidateStates has those nearest to their end first.
var candidateStates = names([]plan.CandidateState{plan.Due, plan.BackedUp, plan.Quarantined, plan.Notified, plan.Marked, plan.Seen, plan.Kept})

// actions joins a plan with its outcomes. An outcome whose action is not listed has an
// action with nothing but its id: what was done is never left out.
func actions(r *engine.Result) []acted {
	var all []acted
	index := map[string]int{}
	if r.Plan != nil {
		for _, a := range r.Plan.Actions {
			index[a.ID] = len(all)
			all = append(all, acted{Action: a})
		}
	}
	for i, o := range r.Outcomes {
		if at, ok := index[o.Action]; ok {
			all[at].outcome = &r.Outcomes[i]
		} else {
			all = append(all, acted{plan.Action{ID: o.Action}, &r.Outcomes[i]})
		}
	}
	return all
}

// state is what became of the action; "planned" before it was applied.
func (a acted) state() string {
	if a.outcome == nil {
		return "planned"
	}
	return a.outcome.State
}

// title says what the action does to which resource, and for whom.
func (a acted) title() string {
	if a.Verb == "" {
		return "action " + a.ID
	}
	text := string(a.Verb) + " " + placeOfPlan(a.Resource)
	if a.For != nil {
		text += ownerSuffix(a.For.App, a.For.Version, a.For.Environment)
	}
	return text
}

// notes say why, on what evidence, and under which conditions.
func (a acted) notes() []string {
	var all []string
	if o := a.outcome; o != nil {
		text := o.State
		if o.Message != "" {
			text += ": " + o.Message
		}
		if o.Created != "" {
			text += ", created " + o.Created
		}
		if o.RequestID != "" {
			text += " (request " + o.RequestID + ")"
		}
		all = append(all, text)
	}
	if a.Reason != "" {
		all = append(all, "because "+strings.TrimSuffix(string(a.Reason)+": "+a.Detail, ": "))
	}
	all = append(all, a.Evidence...)
	for _, s := range a.Steps {
		all = append(all, strings.TrimSpace("with "+s.Name+" of "+s.Type+" "+s.ID))
	}
	if len(a.Needs) > 0 {
		all = append(all, "after "+strings.Join(a.Needs, ", "))
	}
	if a.NotBefore != nil {
		all = append(all, "not before "+a.NotBefore.UTC().Format(time.RFC3339))
	}
	if a.Consent != "" {
		all = append(all, "consent: "+a.Consent)
	}
	if !a.Reversible && a.Verb != "" {
		all = append(all, "cannot be undone")
	}
	return all
}

// diff is the change of the properties, from - to +.
func (a acted) diff() []string {
	var lines []string
	for _, c := range a.Patch {
		lines = append(lines, difference(c.Path, c.From, c.To)...)
	}
	if len(a.Properties) > 0 {
		lines = append(lines, difference("", map[string]any{}, a.Properties)...)
	}
	if len(a.Tags) > 0 {
		tags := map[string]any{}
		for k, v := range a.Tags {
			tags[k] = v
		}
		lines = append(lines, difference("/Tags", map[string]any{}, tags)...)
	}
	return lines
}

// placeOfPlan names a resource by its ref; one that is to be created has no id yet.
func placeOfPlan(p plan.Place) string {
	text := p.Ref().String()
	if p.ID == "" {
		text = strings.Join(slices.DeleteFunc([]string{p.Account, p.Region, p.Type}, func(s string) bool { return s == "" }), "/")
	}
	if p.LogicalID != "" {
		text += " (" + p.LogicalID + ")"
	}
	return text
}

func enginePlace(p plan.Place) engine.Place {
	return engine.Place{Partition: p.Partition, Type: p.Type, ID: p.ID, LogicalID: p.LogicalID, Account: p.Account, Region: p.Region, ARN: p.ARN}
}

func refusalText(f plan.Refusal) string {
	if f.By == "" {
		return string(f.Reason)
	}
	return string(f.Reason) + " (" + f.By + ")"
}

// reaping is what a plan to reap says beside its actions; the zero value of other plans.
func reaping(r *engine.Result) plan.Reaping {
	if r.Plan == nil || r.Plan.Reaping == nil {
		return plan.Reaping{}
	}
	return *r.Plan.Reaping
}

// candidateNotes say why a candidate would go, what speaks against it, and when.
func candidateNotes(c plan.Candidate) []string {
	var all []string
	if c.Reason != "" { // before the mark the ledger holds no more than when it was seen
		all = append(all, "because "+strings.TrimSuffix(string(c.Reason)+": "+cmp.Or(c.Detail, c.Rule), ": "))
	}
	all = append(all, c.Evidence...)
	for _, text := range c.Against {
		all = append(all, "against: "+text)
	}
	for _, ref := range c.Referrers {
		all = append(all, "referred to by "+ref)
	}
	for _, at := range []struct {
		what string
		time *time.Time
	}{{"first seen", c.FirstSeen}, {"marked", c.MarkedAt}, {"notified", c.NotifiedAt}, {"held", c.HeldAt}, {"goes at the earliest", c.GoesAt}} {
		if at.time != nil {
			all = append(all, at.what+" "+at.time.UTC().Format(time.RFC3339))
		}
	}
	if c.Owner != "" {
		all = append(all, "owner to tell: "+c.Owner)
	}
	return append(all, count(c.Observations, "complete observation", "complete observations"))
}

func candidateTitle(c plan.Candidate) string {
	text := placeOfPlan(c.Resource)
	if c.For != nil {
		text += ownerSuffix(c.For.App, c.For.Version, c.For.Environment)
	}
	return text
}

// actingRows say in the summary what was planned and what was done.
func actingRows(r *engine.Result) [][]string {
	var rows [][]string
	if p := r.Plan; p != nil {
		n := map[string]int{}
		for _, a := range p.Actions {
			n[string(a.Verb)]++
		}
		rows = append(rows, []string{"plan", counts(len(p.Actions), n, verbs) + plus(len(p.Refused), "refused", "refused")})
	}
	if all := reaping(r).Candidates; len(all) > 0 {
		n := map[string]int{}
		for _, c := range all {
			n[string(c.State)]++
		}
		rows = append(rows, []string{"candidates", counts(len(all), n, candidateStates)})
	}
	if len(r.Outcomes) > 0 {
		n := map[string]int{}
		for _, o := range r.Outcomes {
			n[o.State]++
		}
		rows = append(rows, []string{"outcomes", counts(len(r.Outcomes), n, outcomeStates)})
	}
	return rows
}

// planText says for what and until when a plan is good.
func planText(p *plan.Plan) string {
	text := count(len(p.Actions), "action", "actions")
	if p.Account != "" {
		text += " in account " + p.Account
	}
	if !p.ExpiresAt.IsZero() {
		text += ", good until " + p.ExpiresAt.UTC().Format(time.RFC3339)
	}
	if p.Digest != "" {
		text += ", digest " + p.Digest
	}
	return text
}

// stateColour is the colour of a terminal for what became of an action.
var stateColour = map[string]string{"failed": red, "blocked": yellow, "stale": yellow, "done": green}

// acting writes the plan, what became of it and what is refused.
func (p *page) acting(r *engine.Result) {
	if r.Plan != nil {
		p.heading("", "PLAN: %s", planText(r.Plan))
	} else if len(r.Outcomes) > 0 {
		p.heading("", "OUTCOMES: %d", len(r.Outcomes))
	}
	if stopped := reaping(r).Stopped; stopped != "" {
		p.say(red, "  STOPPED before the first action: %s", stopped)
	}
	for _, a := range actions(r) {
		p.say(cmp.Or(stateColour[a.state()], bold), "  %s %s", a.ID, strings.TrimPrefix(a.title(), "action "+a.ID))
		for _, note := range a.notes() {
			p.say("", "    %s", note)
		}
		p.diff(a.diff(), "    ")
	}
	if all := reaping(r).Candidates; len(all) > 0 {
		p.heading("", "CANDIDATES: %d", len(all))
		for _, c := range all {
			p.say(bold, "  %s: %s", c.State, candidateTitle(c))
			for _, note := range candidateNotes(c) {
				p.say("", "    %s", note)
			}
		}
	}
	if r.Plan == nil || len(r.Plan.Refused) == 0 {
		return
	}
	p.heading(yellow, "REFUSED: %s", count(len(r.Plan.Refused), "resource", "resources"))
	for _, f := range r.Plan.Refused {
		p.say("", "  %s: %s", placeOfPlan(f.Resource), refusalText(f))
	}
}

// nextActing is what to do after a plan or its application; "" when there is neither.
func nextActing(r *engine.Result) (colour, text string) {
	bad := 0
	for _, o := range r.Outcomes {
		if o.State != "done" && o.State != "skipped" {
			bad++
		}
	}
	switch {
	case bad > 0:
		return red, fmt.Sprintf("Next: look at %s above, then plan again; what is done stays done.", count(bad, "action that was not carried out", "actions that were not carried out"))
	case r.Plan != nil && reaping(r).Stopped != "":
		return red, "Next: the run stops as a whole, as the plan above says; look at why before you allow more."
	case len(r.Outcomes) > 0:
		return green, "Done: `pcf-scan scan` shows how it is now."
	case r.Plan == nil:
		return "", ""
	case len(r.Plan.Actions) == 0 && len(r.Plan.Refused) > 0:
		return yellow, "Nothing is planned: each refusal above says what stands in the way."
	case len(r.Plan.Actions) == 0:
		return green, "Nothing to do: nothing needs to be changed."
	default:
		return "", "Next: read the plan; --plan-out FILE saves it, and --apply --plan FILE carries out exactly that."
	}
}

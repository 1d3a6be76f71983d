package engine

import (
	"slices"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/rules"
)

// Explanation says of one resource why a run says what it says. What the job does not look
// at is left out.
type Explanation struct {
	Resource  Place         `json:"resource"`
	Ownership *Resource     `json:"ownership,omitempty"` // with the evidence
	Drift     *DriftReasons `json:"drift,omitempty"`
	Rules     []RuleReasons `json:"rules,omitempty"` // sorted by rule
}

// DriftReasons is a comparison with what made values equal that are spelled differently.
type DriftReasons struct {
	Drift
	Ignored    []Change     `json:"ignored,omitempty"`
	Normalised []Normalised `json:"normalised,omitempty"`
	Compared   int          `json:"compared"` // declared leaves that were compared, of all
	Declared   int          `json:"declared"`
}

// Normalised is a pair of values that a normaliser made equal: see engine/drift.
type Normalised struct {
	Path string `json:"path"`
	By   string `json:"by"`
}

// RuleReasons is the verdict of a rule and what it read.
type RuleReasons struct {
	Finding
	When   string         `json:"when,omitempty"`
	Check  string         `json:"check"`
	Params map[string]any `json:"params,omitempty"`
	Reads  []Read         `json:"reads"`
}

// Read is a value that a rule read. Of names the resource where it is not the judged one.
// A path that begins with a slash is a property; others are resource.name and the like.
type Read struct {
	Of    string `json:"of,omitempty"`
	Path  string `json:"path"`
	Set   bool   `json:"set"`
	Value any    `json:"value,omitempty"` // the reason, of a value that is not known
}

// Explain explains every resource of the job that is called name: its ref, ARN, identifier or
// logical id. With a rule that rule alone is explained, otherwise all that apply. None found
// is no error: the list is empty. Names are those that could have been meant.
func Explain(job Job, name string, rule *rules.Rule) (all []Explanation, names []string) {
	called := func(r *inventory.Resource, other ...string) bool {
		these := append(other, r.Ref.String(), r.ARN, r.Ref.ID, r.LogicalID)
		names = append(names, these...)
		return slices.Contains(these, name)
	}
	of := map[*inventory.Resource]*Explanation{}
	var order []*inventory.Resource
	at := func(r *inventory.Resource) *Explanation {
		if of[r] == nil {
			of[r] = &Explanation{Resource: placeOf(r, "")}
			order = append(order, r)
		}
		return of[r]
	}
	if job.Live != nil {
		explainOwner(job, called, at)
	}
	if job.Rules != nil {
		for _, t := range slices.Concat(tasksOf(job), declaredOnly(job, of)) {
			var particle []string
			if t.particle != nil {
				particle = []string{t.particle.Name}
			}
			if of[t.resource] == nil && !called(t.resource, particle...) {
				continue
			}
			x := at(t.resource)
			for _, r := range job.Rules.Rules() {
				if rule != nil && r.ID != rule.ID {
					continue
				}
				if e, ok := job.Rules.Explain(t.world, r, t.resource); ok {
					x.Rules = append(x.Rules, ruleReasons(e, t.resource))
				}
			}
		}
	}
	for _, r := range order {
		all = append(all, *of[r])
	}
	slices.Sort(names)
	return all, slices.Compact(names)
}

// declaredOnly are the tasks of declared resources that were found and of which nothing lives: the
// rules of a scan judge what lives, and of these there is only the declaration to judge.
func declaredOnly(job Job, found map[*inventory.Resource]*Explanation) []task {
	if job.Live == nil || job.Declaration == nil || job.Command == "check" {
		return nil
	}
	job.Command = "check"
	return slices.DeleteFunc(tasksOf(job), func(t task) bool {
		return t.particle == nil || t.particle.Recorded != "" || found[t.resource] == nil
	})
}

func explainOwner(job Job, called func(*inventory.Resource, ...string) bool, at func(*inventory.Resource) *Explanation) {
	owned := own(job)
	for _, a := range owned.Attributions {
		if job.wants(a.App, a.Environment) && called(a.Resource, a.Particle) {
			out := resourceOf(a, false)
			at(a.Resource).Ownership = &out
		}
	}
	for _, d := range compare(job, owned) {
		p := d.Particle
		if !job.wants(p.App, p.Environment) || !called(p.Resource, p.Name) && (d.Live == nil || !called(d.Live)) {
			continue
		}
		reasons := &DriftReasons{Drift: driftOf(d), Compared: d.Compared, Declared: d.Declared}
		for _, c := range d.Ignored {
			reasons.Ignored = append(reasons.Ignored, changeOf(c))
		}
		for _, n := range d.Normalised {
			reasons.Normalised = append(reasons.Normalised, Normalised{n.Path, n.Pass})
		}
		if d.Live != nil {
			at(d.Live).Drift = reasons
		} else {
			at(p.Resource).Drift = reasons
		}
	}
}

func ruleReasons(e rules.Explanation, of *inventory.Resource) RuleReasons {
	out := RuleReasons{Finding: findingOf(e.Finding, ""), When: e.When, Check: e.Check, Reads: []Read{}}
	for _, p := range e.Params {
		if out.Params == nil {
			out.Params = map[string]any{}
		}
		out.Params[p.Name] = p.Value
	}
	for _, r := range e.Reads {
		read := Read{Path: r.Path, Set: r.Found, Value: r.Resource.Redact(r.Path, r.Value)}
		if r.Resource != of {
			read.Of = r.Resource.Ref.Type + " " + r.Resource.Label()
		}
		out.Reads = append(out.Reads, read)
	}
	return out
}

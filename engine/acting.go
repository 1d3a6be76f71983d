package engine

import (
	"slices"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// Acting is what a plan depends on beside the job that it is made from.
type Acting struct {
	Header plan.Header
	// Adopt lets `tag` also take what is only attributed by a declared identifier.
	Adopt bool
	// Begun tells from the records which creations an earlier run began and did not end: see
	// plan.RepairInput.
	Begun func(action string) (at time.Time, begun bool)
	// Self names what the program runs as: see plan.RepairInput.
	Self []string
	// Can says why a change cannot be written, or ""; nil when everything can.
	Can plan.Can
}

// PlanRun runs a job of the command `tag` or `repair` and plans what the command does about
// it. The plan is nil where there is no live side. The error is that of a plan that has no
// JSON.
func PlanRun(job Job, a Acting) (*Result, error) {
	r, both := run(job)
	if job.Live == nil {
		return r, nil
	}
	only := func(p *inventory.Particle) bool { return job.wants(p.App, p.Environment) }
	var err error
	if job.Command == "tag" {
		r.Plan, err = plan.Tags(plan.TagInput{
			Header: a.Header, Pairs: both.owned.Pairs, Attributions: both.owned.Attributions, Only: only,
			Live: job.Live, Adopt: a.Adopt, Can: a.Can,
		})
		return r, err
	}
	r.Plan, err = plan.Repair(plan.RepairInput{
		Header: a.Header, Drifts: both.drifts, Only: only, Attributions: both.owned.Attributions, Live: job.Live,
		Existed: existed(job.Applied), Begun: a.Begun, Self: a.Self, Can: a.Can,
	})
	return r, err
}

// existed tells from the records whether a particle, of whichever version, had a resource at
// a place.
func existed(records []inventory.Applied) func(p *inventory.Particle, account, region string) bool {
	return func(p *inventory.Particle, account, region string) bool {
		return slices.ContainsFunc(records, func(a inventory.Applied) bool {
			return a.App == p.App && a.Environment == p.Environment && a.Particle == p.Name &&
				a.Ref.Type == p.Resource.Ref.Type && a.Ref.Account == account && a.Ref.Region == region
		})
	}
}

// Settle takes what the outcomes say was repaired out of the drift of a result: what is left
// is what is still not as declared. A drift of which the plan refuses a part is left.
func (r *Result) Settle() {
	if r.Plan == nil || len(r.Drift) == 0 {
		return
	}
	done := map[string]bool{}
	for _, o := range r.Outcomes {
		done[o.Action] = o.State == "done"
	}
	type part struct {
		at   plan.Place
		done bool
	}
	parts := map[plan.Identity][]part{}
	for _, a := range r.Plan.Actions {
		parts[*a.For] = append(parts[*a.For], part{a.Resource, done[a.ID]})
	}
	for _, f := range r.Plan.Refused {
		parts[*f.For] = append(parts[*f.For], part{f.Resource, false})
	}
	r.Drift = slices.DeleteFunc(r.Drift, func(d Drift) bool {
		some, all := false, true
		for _, p := range parts[plan.Identity{App: d.App, Environment: d.Environment, Version: d.AppVersion, Particle: d.Particle}] {
			// What is missing says where it lives only if its app does.
			same := func(a, b string) bool { return a == "" || b == "" || a == b }
			if same(d.Resource.Account, p.at.Account) && same(d.Resource.Region, p.at.Region) {
				some, all = true, all && p.done
			}
		}
		if some && all {
			r.Summary.Drift[d.Class]--
			r.Summary.Drift["in-sync"]++
		}
		return some && all
	})
}

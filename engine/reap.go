package engine

import (
	"slices"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// ReapRun runs a job of the command `reap` and plans what is reaped now. The caller fills in
// what no run knows: ledger, caps, consents, abilities. What the run finds out (the live
// side, whose it is, what the rules with `action: reap` say) is set here. The Result holds
// the plan and the counts by class; what the rules found stands in the candidates. The error
// is that of plan.Reap.
func ReapRun(job Job, in plan.ReapInput) (*Result, error) {
	r, both := run(job)
	if job.Live == nil {
		return r, nil
	}
	in.Live, in.Declaration = job.Live, job.Declaration
	in.Attributions, in.Pairs = both.owned.Attributions, both.owned.Pairs
	in.DeclarationGaps = slices.Concat(in.DeclarationGaps, both.owned.Gaps)
	in.App, in.Environment = job.App, job.Environment
	if job.Rules != nil {
		in.Verdicts = slices.Concat(in.Verdicts, verdicts(job, r))
	}
	r.Rules, r.Findings, r.Summary.BySeverity, r.Summary.Findings, r.Summary.Judged = nil, nil, nil, nil, nil
	var err error
	r.Plan, err = plan.Reap(in)
	return r, err
}

// verdicts are the failures of live resources by rules that offer to reap. Who is waived,
// and who could not be judged, has none.
func verdicts(job Job, r *Result) (all []plan.Verdict) {
	reaps := map[string]bool{}
	for _, rule := range job.Rules.Rules() {
		reaps[rule.ID] = rule.Action == "reap"
	}
	for _, f := range r.Findings {
		if p := f.Resource; f.Status == "fail" && reaps[f.Rule] && p.ID != "" && p.File == "" {
			ref := inventory.Ref{Partition: p.Partition, Account: p.Account, Region: p.Region, Type: p.Type, ID: p.ID}
			all = append(all, plan.Verdict{Resource: ref, Rule: f.Rule, Message: f.Message})
		}
	}
	return all
}

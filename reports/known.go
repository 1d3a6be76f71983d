package reports

import "github.com/pcf-scan/pcf-scan/engine"

// onlyNew returns the result without what its baseline holds already, for the formats
// that people read: they show what to do now, and the summary counts the rest. A run
// without a baseline is returned as it is; r itself is never changed.
func onlyNew(r *engine.Result) *engine.Result {
	if r.Summary.Known == nil {
		return r
	}
	fresh := *r
	fresh.Findings, fresh.Drift, fresh.Resources = nil, nil, nil
	for _, f := range r.Findings {
		if !f.Known {
			fresh.Findings = append(fresh.Findings, f)
		}
	}
	for _, d := range r.Drift {
		if !d.Known {
			fresh.Drift = append(fresh.Drift, d)
		}
	}
	for _, res := range r.Resources {
		if !res.Known {
			fresh.Resources = append(fresh.Resources, res)
		}
	}
	return &fresh
}

// known counts what the baseline holds and what asks for a decision.
func known(k *engine.Known) int {
	n := 0
	for _, by := range []map[string]int{k.BySeverity, k.Unknown, k.Drift} {
		for _, m := range by {
			n += m
		}
	}
	for class := range ownershipRules {
		n += k.ByClass[class]
	}
	return n
}

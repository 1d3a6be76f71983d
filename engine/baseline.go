package engine

import (
	"errors"
	"maps"
)

// A Baseline is what an earlier run found and what a team lives with for now: only what
// is new fails. It counts, so that a second copy of a known finding (two files of one
// name in two directories) is new.
type Baseline struct {
	seen map[string]int
}

// NewBaseline takes a saved result as the baseline. It is an error when the result lists
// nothing. One that was narrowed to an app serves: it forgives less.
func NewBaseline(r *Result) (*Baseline, error) {
	if r.Findings == nil && r.Drift == nil && r.Resources == nil {
		return nil, errors.New("the result lists nothing: save it without --summary")
	}
	b := &Baseline{seen: map[string]int{}}
	for _, f := range r.Findings {
		b.seen[findingKey(f)]++
	}
	for _, d := range r.Drift {
		b.seen[DriftFingerprint(d)]++
	}
	for _, res := range r.Resources {
		b.seen[OwnershipFingerprint(r.Scope.Partition, res)]++
	}
	return b, nil
}

// findingKey: a failure that was only unknown before is new.
func findingKey(f Finding) string { return f.Status + " " + f.Fingerprint }

// takes reports whether the baseline holds one more of this, and uses it up.
func (b *Baseline) takes(key string) bool {
	if b.seen[key] == 0 {
		return false
	}
	b.seen[key]--
	return true
}

// mark says of everything in r whether the baseline knows it. Errors stay: a rule that
// breaks has judged nothing. So do unverifiable resources: they are gaps.
func (b *Baseline) mark(r *Result) {
	rest := &Baseline{seen: maps.Clone(b.seen)} // b may serve several runs
	known := &Known{BySeverity: map[string]int{}, Fail: map[string]int{}, Unknown: map[string]int{}, Drift: map[string]int{}, ByClass: map[string]int{}}
	for i, f := range r.Findings {
		r.Findings[i].Known = (f.Status == "fail" || f.Status == "unknown") && rest.takes(findingKey(f))
		if !r.Findings[i].Known {
			continue
		}
		if f.Status == "fail" {
			known.BySeverity[f.Severity]++
			known.Fail[f.Rule]++
		} else {
			known.Unknown[f.Rule]++
		}
	}
	for i, d := range r.Drift {
		if r.Drift[i].Known = d.Class != "unverifiable" && rest.takes(DriftFingerprint(d)); r.Drift[i].Known {
			known.Drift[d.Class]++
		}
	}
	for i, res := range r.Resources {
		if r.Resources[i].Known = rest.takes(OwnershipFingerprint(r.Scope.Partition, res)); r.Resources[i].Known {
			known.ByClass[res.Class]++
		}
	}
	r.Summary.Known = known
}

// Known counts what the baseline of a run holds already. The other counts of the summary
// include it; the gate leaves it out.
type Known struct {
	BySeverity map[string]int `json:"bySeverity"` // of findings with status fail
	Fail       map[string]int `json:"failByRule"`
	Unknown    map[string]int `json:"unknownByRule"`
	Drift      map[string]int `json:"drift"`   // by class
	ByClass    map[string]int `json:"byClass"` // of live resources
}

// known returns what does not count; nil maps read as zero.
func (s Summary) known() Known {
	if s.Known == nil {
		return Known{}
	}
	return *s.Known
}

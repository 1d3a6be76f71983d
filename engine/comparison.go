package engine

import (
	"errors"
	"slices"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A Comparison says what changed between an older run and this one. Nothing counts as
// resolved or gone because it was not looked at: what the newer run did not cover (another
// scope, a gap, a rule that it did not load) is unseen.
type Comparison struct {
	Against   string    `json:"against"` // run id of the older result
	StartedAt time.Time `json:"startedAt"`
	Findings  Changed   `json:"findings"`
	Drift     Changed   `json:"drift"`
	Resources Changed   `json:"resources"`
	// What is no more, and what came. What is new among findings and drift is not marked
	// as known in its own section.
	Resolved      []Finding  `json:"resolved"`
	GoneDrift     []Drift    `json:"goneDrift"`
	NewResources  []Resource `json:"newResources"`
	GoneResources []Resource `json:"goneResources"`
}

// Changed counts one section. Reopened is new again after it was waived.
type Changed struct {
	New       int `json:"new"`
	Reopened  int `json:"reopened"`
	Unchanged int `json:"unchanged"`
	Gone      int `json:"gone"`
	Unseen    int `json:"unseen"`
}

// Compare marks in now what an older result had already, as with a baseline, and adds the
// Comparison. It is an error when the older result lists nothing or the newer one does not.
func Compare(now, older *Result) error {
	baseline, err := NewBaseline(older)
	if err != nil {
		return err
	}
	if now.Findings == nil && now.Drift == nil && now.Resources == nil {
		return errors.New("the newer result lists nothing: save it without --summary")
	}
	c := &Comparison{Against: older.RunID, StartedAt: older.StartedAt, Resolved: []Finding{}, GoneDrift: []Drift{}, NewResources: []Resource{}, GoneResources: []Resource{}}
	now.Comparison = c
	baseline.mark(now)

	waived, errored := map[string]bool{}, map[string]bool{}
	for _, f := range older.Findings {
		waived[f.Fingerprint] = waived[f.Fingerprint] || f.Status == "waived"
		errored[f.Fingerprint] = errored[f.Fingerprint] || f.Status == "error"
	}
	has := map[string]int{}
	for _, f := range now.Findings {
		switch has[f.Fingerprint]++; {
		case f.Status != "fail" && f.Status != "unknown" && f.Status != "error":
		case f.Known || f.Status == "error" && errored[f.Fingerprint]:
			c.Findings.Unchanged++
		case waived[f.Fingerprint]:
			c.Findings.Reopened++
		default:
			c.Findings.New++
		}
	}
	for _, f := range older.Findings {
		if f.Status != "fail" && f.Status != "unknown" && f.Status != "error" {
			continue
		}
		if has[f.Fingerprint] > 0 {
			has[f.Fingerprint]--
			continue
		}
		if !now.JudgedBy(f.Rule) || !now.Covers(f.Resource) {
			c.Findings.Unseen++
			continue
		}
		c.Findings.Gone++
		c.Resolved = append(c.Resolved, f)
	}

	drifts := map[string]bool{}
	for _, d := range now.Drift {
		drifts[DriftFingerprint(d)] = true
		if d.Known {
			c.Drift.Unchanged++
		} else {
			c.Drift.New++
		}
	}
	for _, d := range older.Drift {
		switch {
		case drifts[DriftFingerprint(d)]:
		case now.Drift == nil || !now.Covers(d.Resource):
			c.Drift.Unseen++
		default:
			c.Drift.Gone++
			c.GoneDrift = append(c.GoneDrift, d)
		}
	}

	if now.Resources == nil || older.Resources == nil {
		return nil
	}
	c.NewResources, c.Resources.Unchanged, _ = missingFrom(older, now)
	c.Resources.New = len(c.NewResources)
	c.GoneResources, _, c.Resources.Unseen = missingFrom(now, older)
	c.Resources.Gone = len(c.GoneResources)
	return nil
}

// missingFrom lists the resources of r that other does not have though it looked there,
// and counts those that both have and those that other did not look at.
func missingFrom(other, r *Result) (missing []Resource, both, unseen int) {
	missing = []Resource{}
	there := map[inventory.Ref]bool{}
	for _, x := range other.Resources {
		there[refOf(x.place())] = true
	}
	for _, x := range r.Resources {
		switch {
		case there[refOf(x.place())]:
			both++
		case !other.Covers(x.place()):
			unseen++
		default:
			missing = append(missing, x)
		}
	}
	return missing, both, unseen
}

func (r Resource) place() Place {
	return Place{Type: r.Type, ID: r.ID, Account: r.Account, Region: r.Region, ARN: r.ARN}
}

// JudgedBy reports whether a rule was loaded. Results of one program version list all.
func (r *Result) JudgedBy(rule string) bool {
	return slices.ContainsFunc(r.Rules, func(c RuleCount) bool { return c.ID == rule })
}

// Covers reports whether the run looked at a place and could read it: only then does it mean
// something that nothing was found there.
func (r *Result) Covers(p Place) bool {
	if len(r.Scope.NarrowedTo) > 0 {
		return false // what a filter left out is not gone
	}
	for _, g := range r.Gaps {
		switch {
		case g.File != "":
			if p.File == "" || g.File == p.File {
				return false
			}
		case (g.Account == "" || g.Account == p.Account) && (g.Region == "" || g.Region == p.Region) && (g.Type == "" || g.Type == p.Type):
			return false
		}
	}
	if p.Account == "" && p.File != "" {
		return slices.Contains(r.Scope.Files, p.File)
	}
	scope := inventory.Scope{Accounts: r.Scope.Accounts, Regions: r.Scope.Regions, Types: r.Scope.Types}
	return scope.Includes(p.Account, p.Region, p.Type)
}

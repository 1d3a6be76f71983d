package drift

import (
	"fmt"
	"slices"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// ignore applies the particle's ignore rules: a difference at or below a rule's path is
// legitimate when the rule has no `when`, or its `when` is true. Ignored changes are kept
// apart with the rule's reason, and rules that covered nothing are reported. A rule whose
// date has passed covers nothing any more.
//
// A rule with a `when` also sets bounds for a value that nobody declares or that a service
// keeps by itself: outside them the value counts as drift.
func (r *run) ignore(d *Drift) {
	rules := d.Particle.Ignore
	if len(rules) == 0 {
		return
	}
	used := make([]bool, len(rules))
	var kept []Change
	for _, c := range d.Changes {
		ignored := false
		for i, rule := range rules {
			if !schema.MatchPointer(r.tagPath(d, rule.Path), c.Path) || !rule.Until.IsZero() && !rule.Until.After(r.ctx.Now) {
				continue
			}
			legitimate, err := r.holds(rule, c, d.Live)
			if err != nil {
				c.Reason = fmt.Sprintf("the ignore rule for it could not be evaluated: %v", err)
				used[i] = true
				continue
			}
			if legitimate {
				used[i], ignored = true, true
				c.Reason = rule.Reason
				d.Ignored = append(d.Ignored, c)
				break
			}
			used[i] = true // it spoke, and the value lies outside of what it allows
			if c.Kind == Undeclared || c.managed {
				c.Info, c.Reason = false, "outside of what the ignore rule allows"
			}
		}
		if !ignored {
			kept = append(kept, c)
		}
	}
	d.Changes = slices.Clip(kept)
	for i, rule := range rules {
		if !used[i] {
			d.UnusedIgnores = append(d.UnusedIgnores, rule)
		}
	}
}

// tagPath writes the path of all tags as their changes have it: a tag stands under its key,
// and a schema calls it an element of a list.
func (r *run) tagPath(d *Drift, path string) string {
	if t, ok := schema.Lookup(d.Live.Ref.Type); ok && t.TagProperty != "" && path == t.TagProperty+"/*/Value" {
		return t.TagProperty + "/*"
	}
	return path
}

func (r *run) holds(rule inventory.Ignore, c Change, live *inventory.Resource) (bool, error) {
	if rule.When == "" {
		return true, nil
	}
	if r.ctx.Ignore == nil {
		return false, fmt.Errorf("evaluate when %q: no evaluator was given", rule.When)
	}
	return r.ctx.Ignore(rule.When, c.Live, c.Declared, live.Properties)
}

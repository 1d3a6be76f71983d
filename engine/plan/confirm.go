package plan

import (
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Confirms says why a plan that was made again from the world as it is now does not do what an
// action of an older plan does; "" when it does. live is the resource of the action, nil of
// one to create. What of the older action's patch has its effect already, after a run that died,
// is not asked for again. made returns what an action of the plan created (see Resolve).
func (p *Plan) Confirms(old Action, live *inventory.Resource, made func(id string) *inventory.Resource) string {
	const not = "it would not be planned now"
	for _, now := range p.Actions {
		switch {
		case now.Verb != old.Verb || now.Resource.Ref() != old.Resource.Ref() || now.Incarnation != old.Incarnation || now.Teardown != old.Teardown:
		case now.Verb == Create && now.ID != old.ID: // what is to be created has no id yet
		case now.Verb == Create && !sameCreation(old, now, made):
			return not + ": other properties would be"
		default:
			for _, c := range old.Patch {
				planned := slices.ContainsFunc(now.Patch, func(d Change) bool { return d.Path == c.Path && d.Tag == c.Tag && sameValue(d.To, c.To) })
				if !planned && (live == nil || !Reached(live, []Change{c})) {
					return not + ": another value of " + c.Path + " would be"
				}
			}
			return ""
		}
	}
	for _, r := range p.Refused {
		if r.Resource.Ref() == old.Resource.Ref() && (old.Verb != Create || r.For != nil && old.For != nil && *r.For == *old.For) {
			return strings.TrimSpace(not + ": " + string(r.Reason) + " " + r.By)
		}
	}
	return not
}

// sameCreation reports whether two actions create the same, with what was created before them.
func sameCreation(a, b Action, made func(id string) *inventory.Resource) bool {
	one, errA := Resolve(a.Properties, made)
	other, errB := Resolve(b.Properties, made)
	return (errA == nil) == (errB == nil) && canonical(one) == canonical(other) && canonical(a.Tags) == canonical(b.Tags)
}

package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Some settings belong to no resource that an app could declare: the password policy, the
// root user, what a region does with new volumes. The readers return them as resources of
// types of our own, one per account, or one per account and region where the service keeps
// the setting so; a rule judges them by these types, and account(type) is how a rule about
// something else looks at them.

// accountTypes is what the names of the types of account-wide facts begin with.
const accountTypes = "PCF::Account::"

func isAccountType(typ string) bool { return strings.HasPrefix(typ, accountTypes) }

// facts is what account(type) gives: the facts that hold where the judged resource is. They
// always exist, so that none is not an empty list but unknown; and a declaration cannot know
// them at all.
func (j *join) facts(t *schema.Type) ref.Val {
	in, run := j.in, j.in.run
	unknown := func(because string) ref.Val {
		at := &place{in: in, up: &place{in: in}, key: t.Name}
		return run.unknownAt(at, "", &inventory.Unknown{Because: because})
	}
	if in.resource.Declared {
		return unknown("only the account knows its " + t.Name)
	}
	var values []ref.Val
	for _, x := range run.world.facts(in.resource, t.Name) {
		if run.world.whole != nil {
			x = run.world.whole(x)
		}
		values = append(values, &envelope{in: &reading{run: run, resource: x}, shape: run.structs.resource(t)})
	}
	why := run.world.incomplete(t.Name)
	switch {
	case len(values) == 0:
		return unknown(t.Name + " was not read: " + cmp.Or(why, "the input has none for this place"))
	case why != "" && in.resource.Ref.Region == inventory.GlobalRegion:
		values = append(values, unknown("not every "+t.Name+" could be read: "+why)) // that of another region
	}
	return types.NewRefValList(types.DefaultTypeAdapter, values)
}

// facts returns the account-wide facts of a type that hold for r: those of its account and
// region. Facts that a service keeps once for an account hold in every region, and those of
// every region for a resource that is in none.
func (w *World) facts(r *inventory.Resource, typ string) []*inventory.Resource {
	all := slices.Clone(w.byType[typ])
	return slices.DeleteFunc(all, func(x *inventory.Resource) bool { return !sameAccount(x, r) })
}

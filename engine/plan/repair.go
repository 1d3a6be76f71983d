package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Can says why no code makes a change of a resource of a type, or "". For Update the change
// is one of the patch, as it will be made: to nil takes away. For Create, To are the
// properties, in which texts stand in for what is not known yet; nil asks about the type. For
// other verbs it is empty.
type Can func(verb Verb, typ string, change Change) string

// RepairInput is all that a repair plan depends on.
type RepairInput struct {
	Header
	// Drifts are the comparisons of all particles of the run; Only picks those to repair
	// (nil: all). The others are there to be referred to.
	Drifts []drift.Drift
	Only   func(*inventory.Particle) bool
	// Attributions say whose the live resources are: only what is owned is touched.
	Attributions []*owner.Attribution
	Live         *inventory.Snapshot
	// Existed tells from the records that a particle's resource was there once at a place;
	// nil when there are no records.
	Existed func(p *inventory.Particle, account, region string) bool
	// Begun tells from the records that, and when, an earlier run began to create something, by
	// the id of the action, and did not come to its end; nil when there are no records.
	Begun func(action string) (at time.Time, begun bool)
	// Self names what the program runs as: ARNs, names and ids of its role or user, its
	// policies, its state.
	Self []string
	// Can says why a change cannot be written, or ""; nil when everything can.
	Can Can
}

// repair is a repair plan in the making.
type repair struct {
	RepairInput
	world   world
	owned   map[inventory.Ref]*owner.Attribution
	actions []Action
	refused []Refusal
	fed     bool // some particle is a rule of a security group
}

// Repair plans the way back to the declaration: what is missing and managed is created, what
// differs is changed in place, what stands still is started. All other differences are
// refused with the reason; nothing that drifted is passed over in silence.
func Repair(in RepairInput) (*Plan, error) {
	r := &repair{RepairInput: in, owned: map[inventory.Ref]*owner.Attribution{}}
	if r.Live == nil {
		r.Live = &inventory.Snapshot{}
	}
	r.world = world{live: map[particleKey][]*drift.Drift{}, pending: map[*drift.Drift]string{}}
	for _, a := range in.Attributions {
		r.owned[a.Resource.Ref] = a
	}
	for i := range in.Drifts {
		d := &in.Drifts[i]
		if d.Reason == drift.MissingInput || d.Particle.Resource == nil {
			continue
		}
		r.world.live[keyOf(d.Particle, d.Particle.Name)] = append(r.world.live[keyOf(d.Particle, d.Particle.Name)], d)
		r.fed = r.fed || strings.HasPrefix(d.Particle.Resource.Ref.Type, "AWS::EC2::SecurityGroupI") || d.Particle.Resource.Ref.Type == "AWS::EC2::SecurityGroupEgress"
	}
	var missing []*drift.Drift
	for i := range in.Drifts {
		d := &in.Drifts[i]
		switch {
		case in.Only != nil && !in.Only(d.Particle):
		case d.Class == drift.Missing, r.unfinished(d):
			missing = append(missing, d)
		case d.Class == drift.InSync:
		default:
			r.present(d)
		}
	}
	r.inOrder()
	r.create(missing)
	return finish(in.Header, r.actions, r.refused)
}

// unfinished reports whether an earlier run may have made only a part of what lives: it set
// off to create it and did not come to say how that ended. To create it is then still to do,
// which is more than to repair it: what was agreed to with the creation is not refused now.
func (r *repair) unfinished(d *drift.Drift) bool {
	if r.Begun == nil || d.Live == nil || d.Reason == drift.Transient || !slices.Contains([]drift.Class{drift.InSync, drift.Changed, drift.Unverifiable}, d.Class) {
		return false
	}
	at, begun := r.Begun(actionID(Action{Verb: Create, Resource: r.placeOf(d), For: identityOf(d.Particle)}))
	if !begun {
		return false
	}
	switch reason, _ := r.untouchable(d.Live); reason {
	case "":
		return true
	case LowConfidence:
		never, _ := r.neverTouch(d.Live)
		return never == "" && d.Live.Foreign == "" && r.owned[d.Live.Ref].Reason == owner.Adoptable && MadeThen(d.Live, at)
	}
	return false
}

// MadeThen reports whether a resource is what a run that died was about to create at a time,
// although it carries no owner tags: the type has none, or the service takes them by a second
// call only. The run had seen that nothing had the name. So it is nobody else's if it was
// created just then, and nobody has claimed it.
func MadeThen(live *inventory.Resource, begun time.Time) bool {
	const skew, call = 5 * time.Minute, 15 * time.Minute // of the two clocks; how long a call may be tried
	return live.Tags["pcf:app"] == "" && !live.Created.IsZero() &&
		live.Created.After(begun.Add(-skew)) && live.Created.Before(begun.Add(call))
}

func (r *repair) refuse(d *drift.Drift, reason Reason, by string) {
	place := Place{Partition: r.Partition, Type: d.Particle.Resource.Ref.Type, Account: d.Target.Account, Region: d.Target.Region}
	if d.Live != nil {
		place = PlaceOf(d.Live, "")
	}
	place.LogicalID = d.Particle.Name
	r.refused = append(r.refused, Refusal{Resource: place, Reason: reason, By: by, For: identityOf(d.Particle)})
}

func manages(p *inventory.Particle, v inventory.Verb) bool {
	if p.Manage == nil {
		return v == inventory.Observe || v == inventory.Tag
	}
	return slices.Contains(p.Manage, v)
}

// present plans for a particle of which something lives.
func (r *repair) present(d *drift.Drift) {
	switch d.Class {
	case drift.Ambiguous:
		r.refuse(d, AmbiguousMatch, d.Reason)
		return
	case drift.OwnerConflict:
		r.refuse(d, OwnerConflict, d.Reason)
		return
	case drift.Unverifiable:
		reason := NotVerifiable
		if d.Reason == drift.Transient {
			reason = Transitional
		}
		r.refuse(d, reason, d.Reason)
		return
	}
	if d.Live == nil {
		r.refuse(d, NotVerifiable, d.Reason)
		return
	}
	if reason, by := r.untouchable(d.Live); reason != "" {
		r.refuse(d, reason, by)
		return
	}
	if d.Live.Ref.Type != d.Particle.Resource.Ref.Type {
		r.refuse(d, ByHand, d.Live.Label())
		return
	}
	switch d.Class {
	case drift.StateMismatch:
		r.state(d)
	case drift.VersionSkew:
		r.skew(d)
	case drift.Changed:
		r.changed(d)
	}
}

// untouchable refuses what may not be changed whatever the change is.
func (r *repair) untouchable(live *inventory.Resource) (Reason, string) {
	ref := live.Ref
	var class owner.Class
	if a := r.owned[ref]; a != nil {
		class = a.Class
	}
	switch {
	case ref.Account != r.Account || ref.Partition != r.Partition:
		return OtherAccount, ref.Account
	case !r.Live.Readable(ref.Account, ref.Region, ref.Type):
		return InGap, ref.Region + " " + ref.Type
	case class == owner.Attributed:
		return LowConfidence, live.Label()
	case class != owner.Owned:
		return NotOwned, cmp.Or(string(class), "no attribution")
	case live.Foreign != "":
		return NotOwned, live.Foreign
	}
	return r.neverTouch(live)
}

func (r *repair) can(verb Verb, typ string, change Change) string {
	if r.Can == nil {
		return ""
	}
	return r.Can(verb, typ, change)
}

// action begins an action on a live resource.
func (r *repair) action(d *drift.Drift, verb Verb, reason Reason) Action {
	a := Action{
		Verb: verb, Resource: PlaceOf(d.Live, d.Particle.Name), For: identityOf(d.Particle), Incarnation: Incarnation(d.Live),
		Reason: reason, Detail: d.Reason, Evidence: evidence(r.owned[d.Live.Ref]), Precondition: Fingerprint(d.Live), Claims: Claims(d.Live), Needs: []string{}, Reversible: true,
	}
	a.ID = actionID(a)
	return a
}

// evidence says in words why a resource is the app's: the claims that own it, strongest
// first.
func evidence(a *owner.Attribution) (texts []string) {
	if a == nil {
		return nil
	}
	for _, e := range a.Evidence {
		if e.Rank > 0 {
			texts = append(texts, fmt.Sprintf("%s (rank %d): %s", e.Source, e.Rank, e.Detail))
		}
	}
	return texts
}

func identityOf(p *inventory.Particle) *Identity {
	return &Identity{App: p.App, Environment: p.Environment, Version: p.Version, Particle: p.Name}
}

// actionID names an action by what it does to what, so that it is the same in every plan.
func actionID(a Action) string {
	parts := []string{string(a.Verb), a.Resource.Ref().String()}
	if a.For != nil {
		parts = append(parts, a.For.App, a.For.Environment, a.For.Version, a.For.Particle)
	}
	return string(a.Verb) + "-" + hashOf(parts...)[len("sha256:"):][:16]
}

// state starts and stops.
func (r *repair) state(d *drift.Drift) {
	typ, state := d.Live.Ref.Type, strings.ToLower(d.Live.State)
	verb := Verb("")
	switch d.Particle.State {
	case inventory.Terminated:
		r.refuse(d, NeedsReaper, d.Reason)
		return
	case inventory.Stopped:
		verb = Stop
	default:
		if state == "stopped" {
			verb = Start
		}
	}
	if verb == Stop && (state == "terminated" || strings.Contains(state, "fail") || strings.Contains(state, "delet") || strings.Contains(state, "shutting")) {
		verb = ""
	}
	switch why := r.can(verb, typ, Change{}); {
	case verb == "":
		r.refuse(d, NotStartable, d.Reason)
	case verb == Stop && d.Particle.Protect:
		r.refuse(d, Protected, "protect: true")
	case verb == Stop && has(d.Live.Tags, "pcf:protect"):
		r.refuse(d, Protected, "tag pcf:protect")
	case protection(d.Live) != "":
		r.refuse(d, Protected, protection(d.Live))
	case !manages(d.Particle, inventory.Update):
		r.refuse(d, NotManaged, string(inventory.Update))
	case why != "":
		r.refuse(d, Unsupported, why)
	default:
		r.actions = append(r.actions, r.action(d, verb, StateDiffers))
	}
}

func has(m map[string]string, key string) bool { _, ok := m[key]; return ok }

// skewed refuses to go back from a newer version.
func skewed(reason string) Reason {
	switch reason {
	case drift.StaleDeclaration:
		return StaleDeclaration
	case drift.OrderUnknown:
		return UnorderedSkew
	}
	return ""
}

// skew writes the new version on a resource that already is what the version declares.
func (r *repair) skew(d *drift.Drift) {
	switch reason := skewed(d.Reason); {
	case reason != "":
		r.refuse(d, reason, d.LiveVersion)
		return
	case len(d.Unverified) > 0:
		r.refuse(d, NotVerifiable, d.Unverified[0].Path)
		return
	case !manages(d.Particle, inventory.Tag):
		r.refuse(d, NotManaged, string(inventory.Tag))
		return
	}
	patch, reason, by := tagPatch(d.Live, OwnerTagsOf(d.Particle))
	if why := r.can(Tag, d.Live.Ref.Type, Change{}); why != "" && reason == "" {
		reason, by = Unsupported, why
	}
	if reason != "" {
		r.refuse(d, reason, by)
		return
	}
	a := r.action(d, Tag, VersionSkew)
	a.Patch = patch
	r.actions = append(r.actions, a)
}

// changed plans one patch for all differences that may be repaired.
func (r *repair) changed(d *drift.Drift) {
	if reason := skewed(d.Reason); reason != "" {
		r.refuse(d, reason, d.LiveVersion)
		return
	}
	t, _ := schema.Lookup(d.Live.Ref.Type)
	tagProperty := "/Tags"
	if t != nil && t.TagProperty != "" {
		tagProperty = t.TagProperty
	}
	var tags map[string]string
	var properties []drift.Change
	for _, c := range d.Changes {
		if c.Info {
			continue
		}
		key, isTag := strings.CutPrefix(c.Path, tagProperty+"/")
		reason := Reason("")
		switch {
		case c.Kind == drift.Conflict:
			reason = BothMoved
		case c.Kind == drift.Undeclared:
			reason = NotDeclared
		case c.Replacement == drift.ReplaceYes || c.Replacement == drift.ReplaceMaybe:
			reason = Replacement
		case isTag && !manages(d.Particle, inventory.Tag), !isTag && !manages(d.Particle, inventory.Update):
			reason = NotManaged
		case isTag && !strings.Contains(key, "/"):
			value, is := c.Declared.(string)
			if !is {
				reason = ValueUnknown
				break
			}
			if tags == nil {
				tags = map[string]string{}
			}
			tags[unescape(key)] = value
			continue
		}
		if reason != "" {
			r.refuse(d, reason, c.Path)
			continue
		}
		properties = append(properties, c)
	}
	patch := r.patch(d, properties)
	if len(tags) > 0 {
		more, reason, by := tagPatch(d.Live, tags)
		if why := r.can(Tag, d.Live.Ref.Type, Change{}); why != "" && reason == "" {
			reason, by = Unsupported, why
		}
		if reason != "" {
			r.refuse(d, reason, by)
		} else {
			patch = append(patch, more...)
		}
	}
	if len(patch) == 0 {
		return
	}
	verb := Update
	if !slices.ContainsFunc(patch, func(c Change) bool { return c.Tag == "" }) {
		verb = Tag
	}
	slices.SortFunc(patch, func(a, b Change) int { return cmp.Compare(a.Path, b.Path) })
	a := r.action(d, verb, Drifted)
	a.Patch = patch
	r.actions = append(r.actions, a)
}

// patch turns differences of properties into changes, and refuses those that must not be.
func (r *repair) patch(d *drift.Drift, differences []drift.Change) (patch []Change) {
	if len(differences) == 0 {
		return nil
	}
	if by := protection(d.Live); by != "" {
		r.refuse(d, Protected, by)
		return nil
	}
	place := PlaceOf(d.Live, d.Particle.Name)
	t, _ := schema.Lookup(d.Live.Ref.Type)
	beside := "/" + schema.SecretBeside(d.Particle.Resource.Properties)
	secret := func(at string) bool {
		return at == beside || schema.IsSensitive(t, at) || d.Particle.Resource.HoldsSecret(at)
	}
	for _, s := range spotsOf(d.Live, differences) {
		written, there := inventory.At(d.Particle.Resource.Properties, s.pointer)
		if !there {
			r.refuse(d, NotDeclared, s.pointer)
			continue
		}
		declared, because := r.world.settle(d, place, s.pointer, written)
		current, _ := inventory.At(d.Live.Properties, s.pointer)
		if because == "" {
			because = cmp.Or(secretAt(s.pointer, declared, secret), secretAt(s.pointer, current, secret))
		}
		if because == "" && strings.Contains(canonical(declared), `"`+referenceKey+`"`) {
			because = s.pointer + ": it refers to what does not live yet"
		}
		if because != "" {
			r.refuse(d, ValueUnknown, because)
			continue
		}
		value, ok := s.repaired(d.Live, declared, r.fed && d.Live.Ref.Type == "AWS::EC2::SecurityGroup")
		if !ok {
			r.refuse(d, ByHand, s.pointer)
			continue
		}
		c := Change{Path: s.pointer, From: current, To: value}
		if reason := neverChange(d.Live, c); reason != "" {
			r.refuse(d, reason, s.pointer)
			continue
		}
		if why := r.can(Update, d.Live.Ref.Type, c); why != "" {
			r.refuse(d, Unsupported, s.pointer+": "+why)
			continue
		}
		patch = append(patch, c)
	}
	return patch
}

// secretAt names the first value at or below a pointer that a plan must not hold: a secret,
// or one that is not known.
func secretAt(pointer string, v any, secret func(at string) bool) (because string) {
	isSecret := inventory.Secrets(func(at string, _ any) bool { return secret(at) })
	inventory.Walk(pointer, v, func(at string, e any) bool {
		if because != "" {
			return false
		}
		hidden := isSecret(at, e)
		switch e := e.(type) {
		case *inventory.Unknown:
			because = at + ": " + e.Because
		case string:
			if e == inventory.Sensitive || e != "" && hidden {
				because = at + ": a secret, which a plan must not hold"
			}
		}
		return because == ""
	})
	return because
}

func unescape(part string) string { return schema.SplitPointer("/" + part)[0] }

// inOrder sorts the actions so that what is referred to comes before who refers to it.
func (r *repair) inOrder() {
	level := map[inventory.Ref]int{}
	for i, groups := range NewGraph(r.Live.Resources).Levels() {
		for _, group := range groups {
			for _, ref := range group {
				level[ref] = i
			}
		}
	}
	slices.SortStableFunc(r.actions, func(a, b Action) int {
		return cmp.Or(cmp.Compare(level[a.Resource.Ref()], level[b.Resource.Ref()]), a.Resource.Ref().Compare(b.Resource.Ref()), cmp.Compare(a.ID, b.ID))
	})
}

// create plans what is missing, targets of references first.
func (r *repair) create(missing []*drift.Drift) {
	slices.SortStableFunc(missing, func(a, b *drift.Drift) int {
		return cmp.Or(cmp.Compare(a.Particle.App, b.Particle.App), cmp.Compare(a.Particle.Environment, b.Particle.Environment),
			cmp.Compare(a.Particle.Version, b.Particle.Version), cmp.Compare(a.Particle.Name, b.Particle.Name),
			cmp.Compare(a.Target.Account, b.Target.Account), cmp.Compare(a.Target.Region, b.Target.Region))
	})
	needs := r.needs(missing)
	edges := targets(needs)
	for _, group := range components(edges) {
		for _, i := range group {
			if len(group) > 1 || slices.Contains(edges[i], i) {
				r.refuse(missing[i], Circular, missing[group[(slices.Index(group, i)+1)%len(group)]].Particle.Name)
				continue
			}
			r.createOne(missing[i], needs[i], missing)
		}
	}
}

// placeOf returns where a particle is to be created; without a region when nothing says it.
func (r *repair) placeOf(d *drift.Drift) Place {
	p := d.Particle
	typ := p.Resource.Ref.Type
	place := Place{Partition: r.Partition, Type: typ, ID: p.Resource.Ref.ID, LogicalID: p.Name}
	place.Account = cmp.Or(d.Target.Account, r.Account)
	switch regions := slices.DeleteFunc(slices.Clone(r.Live.Scope.Regions), func(g string) bool { return g == inventory.GlobalRegion || g == "*" }); {
	case inventory.IsGlobal(typ):
		place.Region = inventory.GlobalRegion
	case d.Target.Region != "":
		place.Region = d.Target.Region
	case len(regions) == 1:
		place.Region = regions[0]
	}
	return place
}

func (r *repair) createOne(d *drift.Drift, needs []need, missing []*drift.Drift) {
	p := d.Particle
	typ := p.Resource.Ref.Type
	place := r.placeOf(d)
	t, _ := schema.Lookup(typ)
	why := r.can(Create, typ, Change{})
	switch {
	case d.Reason == drift.MissingInput:
		r.refuse(d, InputMissing, p.ID)
		return
	case !manages(p, inventory.Create):
		r.refuse(d, NotManaged, string(inventory.Create))
		return
	case p.State == inventory.Terminated:
		return // it is as declared
	case p.State == inventory.Stopped:
		r.refuse(d, NotStartable, "declared stopped: it would have to run first")
		return
	case place.Region == "" || p.Existence != nil:
		r.refuse(d, PlaceUnknown, "write targets, or scan one region")
		return
	case place.Account != r.Account:
		r.refuse(d, OtherAccount, place.Account)
		return
	case p.ID != "" && t != nil && len(t.PrimaryIdentifier) == 1 && t.IsReadOnly(t.PrimaryIdentifier[0]):
		r.refuse(d, ValueUnknown, "id "+p.ID+" is assigned by AWS and cannot be had again: remove `id:`")
		return
	case !r.Live.Readable(place.Account, place.Region, typ):
		r.refuse(d, InGap, place.Region+" "+typ)
		return
	case Stateful(typ) && r.Existed != nil && r.Existed(p, place.Account, place.Region):
		r.refuse(d, StatefulGone, p.Name)
		return
	case why != "":
		r.refuse(d, Unsupported, why)
		return
	}
	a := Action{Verb: Create, Resource: place, For: identityOf(p), Reason: NotThere, Detail: d.Reason, Tags: OwnerTagsOf(p), Needs: []string{}}
	for _, n := range needs {
		switch id := r.world.pending[missing[n.to]]; {
		case id != "":
			a.Needs = append(a.Needs, id)
		case n.must:
			r.refuse(d, NeedRefused, missing[n.to].Particle.Name)
			return
		}
	}
	slices.Sort(a.Needs)
	a.Needs = slices.Compact(a.Needs)
	settled, because := r.world.settle(d, place, "", p.Resource.Properties)
	if because == "" {
		// What cannot be read back is no secret for that: a function is made of its code.
		because = secretAt("", settled, func(at string) bool {
			return p.Resource.HoldsSecret(at) || schema.IsSensitive(t, at) && schema.IsSensitive(nil, at)
		})
	}
	if because != "" {
		r.refuse(d, ValueUnknown, because)
		return
	}
	a.Properties, _ = settled.(map[string]any)
	if why := r.can(Create, typ, Change{To: standIn(a.Properties)}); why != "" {
		r.refuse(d, Unsupported, why)
		return
	}
	if reason, by := tagRoom(typ, p.Resource.Tags, a.Tags); reason == Untaggable {
		a.Tags = map[string]string{} // it is known by our records alone
	} else if reason != "" {
		r.refuse(d, reason, by)
		return
	}
	a.ID = actionID(a)
	if d.Live != nil {
		a.Reason, a.Resource.ID = Unfinished, d.Live.Ref.ID // with the id by which the creation was announced
	}
	r.world.pending[d] = a.ID
	r.actions = append(r.actions, a)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// String describes an action for a person: what, of what, why.
func (a Action) String() string {
	return fmt.Sprintf("%s %s %s (%s)", a.Verb, a.Resource.Type, cmp.Or(a.Resource.ID, a.Resource.LogicalID), a.Reason)
}

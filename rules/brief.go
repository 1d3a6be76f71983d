package rules

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A run that only counts verdicts can judge more than memory holds: each resource is seen
// once, with the properties alone that the rules of its type read. What that does not
// decide is judged again, with the whole resource and its world.

// A Plan is all that a set has to say about one resource type. It is immutable and safe for
// concurrent use.
type Plan struct {
	// Rules are the rules that judge the type, sorted by id.
	Rules []*Rule
	// Wanted is what Judge reads of a resource.
	Wanted inventory.Wanted

	set         *Set
	when, check []*compiledClosure
}

// Plan returns the plan for a resource type, compiling what was not compiled yet. It
// returns an error when a rule does not compile, which Load would have said.
func (s *Set) Plan(typ string) (*Plan, error) {
	p := &Plan{set: s, Rules: slices.Concat(s.byType[typ], s.forAll)}
	slices.SortStableFunc(p.Rules, func(a, b *Rule) int { return strings.Compare(a.ID, b.ID) })
	properties, tags := &inventory.Projection{}, &inventory.Projection{}
	for _, r := range p.Rules {
		compiled, err := r.program(typ)
		if err != nil {
			return nil, err
		}
		when, check := compiled.closures()
		p.when, p.check = append(p.when, when), append(p.check, check)
		for _, c := range []*compiledClosure{when, check} {
			if c != nil {
				properties.Add(&c.wants)
				tags.Add(&c.tags)
			}
		}
	}
	p.Wanted = inventory.Wanted{Properties: properties, Tags: tags}
	return p, nil
}

// A Brief judges resources one after the other; each worker has its own.
type Brief struct {
	frame frame
	now   *World
}

// NewBrief makes a judge whose clock says now.
func NewBrief(now time.Time) *Brief { return &Brief{now: NewWorld(nil, nil, now)} }

// World is a world without resources, for rules without joins.
func (b *Brief) World() *World { return b.now }

// Judge calls visit with the verdict of every rule of the plan; r needs to hold what the
// plan wants and no more. Unknown means that this does not decide, and that Set.Status has to.
func (b *Brief) Judge(p *Plan, r *inventory.Resource, visit func(rule int, status Status)) {
	b.frame.on(p.set, b.now, r)
	for next := 0; next < len(p.Rules); {
		next = b.from(p, next, visit)
	}
}

// from judges by the rules from first on, as far as none breaks: that one is left to cel-go,
// which says how.
func (b *Brief) from(p *Plan, first int, visit func(rule int, status Status)) (next int) {
	judging := false
	defer func() {
		if judging && recover() != nil {
			visit(next, Unknown)
			next++
		}
	}()
	for next = first; next < len(p.Rules); next++ {
		judging = true
		status := b.frame.verdict(p.when[next], p.check[next], p.Rules[next].params)
		judging = false
		visit(next, status)
	}
	return next
}

// Status returns the status that Judge would give, without finding out why.
func (s *Set) Status(w *World, rule *Rule, r *inventory.Resource) (status Status) {
	defer func() {
		if recover() != nil {
			status = Error
		}
	}()
	p, err := rule.program(r.Ref.Type)
	if err != nil {
		return Error
	}
	e := &run{world: w, structs: s.structs, params: rule.params, declared: r.Declared}
	e.resource = &envelope{in: &reading{run: e, resource: r}, shape: p.shape}
	status, _ = e.verdict(p)
	return status
}

// A WorldIndex is a World in the making, for resources that do not fit into memory: it keeps
// what they are called and what they refer to, and reads them again when a rule looks.
// Add may be called concurrently; the world is used after the last Add.
type WorldIndex struct {
	world *World
	mu    sync.Mutex
	sort  sync.Once
	// judged are, by joined type, the types whose rules join it.
	judged map[string][]string
	again  map[*inventory.Resource]func() *inventory.Resource
}

// NewWorldIndex begins a world for the joins of some rules; incomplete and now are those of
// NewWorld.
func NewWorldIndex(rules []*Rule, incomplete func(typ string) string, now time.Time) *WorldIndex {
	x := &WorldIndex{
		world: NewWorld(nil, incomplete, now), judged: map[string][]string{}, again: map[*inventory.Resource]func() *inventory.Resource{},
	}
	for _, r := range rules {
		for _, joined := range r.Joins {
			x.judged[joined] = append(x.judged[joined], r.Types...)
		}
	}
	for joined, by := range x.judged {
		slices.Sort(by)
		x.judged[joined] = slices.Compact(by)
		x.world.indexes[joined] = newTypeIndex()
	}
	x.world.whole = func(r *inventory.Resource) *inventory.Resource {
		if again := x.again[r]; again != nil {
			return again()
		}
		return r
	}
	return x
}

// Joins reports whether a rule of the set joins the type: whether a WorldIndex wants its
// resources.
func (s *Set) Joins(typ string) bool {
	return slices.ContainsFunc(s.rules, func(r *Rule) bool { return slices.Contains(r.Joins, typ) })
}

// Add notes a resource; again reads it anew. It returns false for a resource whose own name
// is not known: judging it, or by it, needs a world that holds everything.
func (x *WorldIndex) Add(r *inventory.Resource, again func() *inventory.Resource) bool {
	if !x.Decides(r) {
		return false
	}
	as := &inventory.Resource{Ref: r.Ref, ARN: r.ARN, Name: r.Name}
	names := make([]*schema.Type, len(x.judged[r.Ref.Type]))
	for i, typ := range x.judged[r.Ref.Type] {
		names[i], _ = schema.Lookup(typ)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.again[as] = again
	x.world.byType[r.Ref.Type] = append(x.world.byType[r.Ref.Type], as)
	x.world.indexes[r.Ref.Type].add(r, as, func(ref reference) bool {
		if ref.isOpen() || isUnmistakable(ref.value) {
			return true
		}
		for i, typ := range x.judged[r.Ref.Type] {
			if ref.mayNameA(typ, names[i]) {
				return true
			}
		}
		return false
	})
	return true
}

// World ends the making.
func (x *WorldIndex) World() *World {
	x.sort.Do(func() {
		for _, of := range x.world.byType {
			slices.SortFunc(of, inventory.CompareResources)
		}
	})
	return x.world
}

// Decides reports whether this world is enough to judge the joins of r: its own name is known.
func (x *WorldIndex) Decides(r *inventory.Resource) bool { return len(identityOf(r).open) == 0 }

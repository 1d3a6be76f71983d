package rules

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/cel-go/common/ast"

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
	deep        []bool // of a rule: its joins start from what it has joined, too
}

// Joins returns the types that a rule joins: those of which a World must hold every resource,
// and those of which it needs only what NamesOf and Rule.Seeks tell.
func (p *Plan) Joins(rule int) (all, sought []string) {
	for _, typ := range p.Rules[rule].Joins {
		if p.deep[rule] || isAccountType(typ) {
			all = append(all, typ)
		} else {
			sought = append(sought, typ)
		}
	}
	return all, sought
}

// Plan returns the plan for a resource type, compiling what was not compiled yet. It
// returns an error when a rule does not compile, which Load would have said.
func (s *Set) Plan(typ string) (*Plan, error) {
	p := &Plan{set: s, Rules: slices.Concat(s.byType[typ], s.forAll)}
	slices.SortStableFunc(p.Rules, func(a, b *Rule) int { return strings.Compare(a.ID, b.ID) })
	properties, tags := &inventory.Projection{}, &inventory.Projection{}
	t, _ := schema.Lookup(typ)
	for _, r := range p.Rules {
		compiled, err := r.program(typ)
		if err != nil {
			return nil, err
		}
		when, check := compiled.closures()
		p.when, p.check = append(p.when, when), append(p.check, check)
		p.deep = append(p.deep, compiled.joinsDeep())
		if len(r.Joins) > 0 && t != nil {
			for _, name := range namesOf(t) { // by which joins find it
				properties.Want(name)
			}
		}
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
// supposed means that the verdict holds where nothing is joined: where no resource that
// is of the types of Rule.Joins, all of which were read, mentions a name of r (NamesOf).
func (b *Brief) Judge(p *Plan, r *inventory.Resource, visit func(rule int, status Status, supposed bool)) {
	b.frame.on(p.set, b.now, r)
	for next := 0; next < len(p.Rules); {
		next = b.from(p, next, visit)
	}
}

// from judges by the rules from first on, as far as none breaks: that one is left to cel-go,
// which says how.
func (b *Brief) from(p *Plan, first int, visit func(rule int, status Status, supposed bool)) (next int) {
	judging := false
	defer func() {
		if judging && recover() != nil {
			visit(next, Unknown, false)
			next++
		}
	}()
	for next = first; next < len(p.Rules); next++ {
		judging = true
		status := b.frame.verdict(p.when[next], p.check[next], p.Rules[next].params)
		judging = false
		visit(next, status, b.frame.joined)
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

// NamesOf returns what others may call a resource, sorted; ok is false where a name of it is
// not known.
func NamesOf(r *inventory.Resource) (names []string, ok bool) {
	called := identityOf(r)
	return called.names, len(called.open) == 0
}

// Seeks returns the texts by which a resource, which must be whole, refers to what the rule
// joins. What a join from it finds has one of these for a name, or holds a name of it.
func (r *Rule) Seeks(from *inventory.Resource) (texts []string) {
	for _, ref := range referencesOf(from) {
		if ref.isOpen() {
			continue
		}
		if isUnmistakable(ref.value) || slices.ContainsFunc(r.Joins, func(typ string) bool {
			t, _ := schema.Lookup(typ)
			return ref.mayNameA(typ, t)
		}) {
			texts = append(texts, ref.value)
		}
	}
	return texts
}

func (r *Rule) joinsDeep() bool {
	return slices.ContainsFunc(r.Types, func(typ string) bool {
		p, err := r.program(typ)
		return err == nil && p.joinsDeep()
	})
}

// joinsDeep reports whether a join starts from something else than the judged resource.
func (p *programs) joinsDeep() (deep bool) {
	for _, e := range []*expression{p.when, p.check} {
		if e == nil || len(e.joins) == 0 {
			continue
		}
		ast.PostOrderVisit(e.checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
			switch e.Kind() {
			case ast.SelectKind:
				from := e.AsSelect().Operand()
				deep = deep || slices.Contains(joinFields, e.AsSelect().FieldName()) && (from.Kind() != ast.IdentKind || from.AsIdent() != "resource")
			case ast.ComprehensionKind: // a variable that hides the judged resource
				m := e.AsComprehension()
				deep = deep || slices.Contains([]string{m.IterVar(), m.IterVar2(), m.AccuVar()}, "resource")
			}
		}))
	}
	return deep
}

// A WorldIndex is a World in the making, for resources that do not fit into memory: it keeps
// what they are called and what they refer to, and reads them again when a rule looks. It
// needs only those that a join may find (Plan.Joins) and those that hold an unknown value.
// Add may be called concurrently; the world is used after the last Add.
type WorldIndex struct {
	world *World
	mu    sync.Mutex
	sort  sync.Once
	// judged are, by joined type, the types from which rules join it; "*" for any.
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
		judged := r.Types
		if r.joinsDeep() { // from anything
			judged = []string{"*"}
		}
		for _, joined := range r.Joins {
			x.judged[joined] = append(x.judged[joined], judged...)
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
	as := &inventory.Resource{ARN: strings.Clone(r.ARN), Name: strings.Clone(r.Name)}
	as.Ref = inventory.Ref{
		Partition: strings.Clone(r.Ref.Partition), Account: strings.Clone(r.Ref.Account), Region: strings.Clone(r.Ref.Region),
		Type: strings.Clone(r.Ref.Type), ID: strings.Clone(r.Ref.ID),
	}
	names := make([]*schema.Type, len(x.judged[r.Ref.Type]))
	for i, typ := range x.judged[r.Ref.Type] {
		names[i], _ = schema.Lookup(typ)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.again[as] = again
	x.world.byType[as.Ref.Type] = append(x.world.byType[as.Ref.Type], as)
	x.world.indexes[r.Ref.Type].add(r, as, func(ref reference) bool {
		if isUnmistakable(ref.value) {
			return true
		}
		for i, typ := range x.judged[r.Ref.Type] {
			if typ == "*" || ref.mayNameA(typ, names[i]) {
				return true
			}
		}
		return false
	})
	return true
}

// Supposes reports whether the verdicts that Brief.Judge supposed hold for the resources of a
// type that nobody mentions by name: everything was read, and nothing that is not known may be
// such a name. To be called after the last Add.
func (x *WorldIndex) Supposes(rule *Rule, typ string) bool {
	t, _ := schema.Lookup(typ)
	return !slices.ContainsFunc(rule.Joins, func(joined string) bool {
		return x.world.incomplete(joined) != "" ||
			slices.ContainsFunc(x.world.indexes[joined].open, func(ref reference) bool { return ref.mayNameA(typ, t) })
	})
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

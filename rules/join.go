package rules

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A World is what a rule may look at besides the resource that it judges: the resources
// of one app version (or of one template or plan) offline, of one account live. It is
// safe for concurrent use; the resources must not change any more.
type World struct {
	// Now is the clock of judgement: the variable `now`, and what age() is measured by.
	Now time.Time

	incomplete func(typ string) string
	byType     map[string][]*inventory.Resource
	// whole returns all of a resource of which the world keeps the names alone; nil for a world
	// that keeps everything.
	whole func(*inventory.Resource) *inventory.Resource

	mu      sync.Mutex
	indexes map[string]*typeIndex
}

// NewWorld makes a world of resources at a time. incomplete says of a resource type why some of its
// resources may be missing (a listing was denied, a file could not be read), and "" when
// all of them are there; nil means that everything is there.
func NewWorld(resources []*inventory.Resource, incomplete func(typ string) string, now time.Time) *World {
	if incomplete == nil {
		incomplete = func(string) string { return "" }
	}
	w := &World{Now: now, incomplete: incomplete, byType: map[string][]*inventory.Resource{}, indexes: map[string]*typeIndex{}}
	for _, r := range resources {
		w.byType[r.Ref.Type] = append(w.byType[r.Ref.Type], r)
	}
	for _, of := range w.byType {
		slices.SortStableFunc(of, inventory.CompareResources)
	}
	return w
}

// A join is what `related(type)`, `references(type)` and `account(type)` read from: a struct
// whose fields are all resource types. The value of a field is a list of resources. A resource that
// perhaps belongs to the list stands in it as an unknown, so that an expression over the
// list is decided only where that resource does not matter.
type join struct {
	in    *reading
	field string
}

// Find implements traits.Mapper.
func (j *join) Find(key ref.Val) (ref.Val, bool) {
	typ, ok := key.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(key), false
	}
	t, ok := schema.Lookup(string(typ))
	if !ok {
		return types.NewErr("unknown resource type %q", string(typ)), false
	}
	if j.field == accountField {
		return j.facts(t), true
	}
	w, r, run := j.in.run.world, j.in.resource, j.in.run
	var sure, perhaps []*inventory.Resource
	if j.field == relatedField {
		sure, perhaps = w.related(r, string(typ))
	} else {
		sure, perhaps = w.references(r, string(typ))
	}
	var values []ref.Val
	sure, doubted := existing(r, sure)
	perhaps = append(perhaps, doubted...)
	for _, x := range sure {
		if w.whole != nil {
			x = w.whole(x)
		}
		values = append(values, &envelope{in: &reading{run: run, resource: x}, shape: run.structs.resource(t)})
	}
	maybe := func(because string) {
		at := &place{in: j.in, up: &place{in: j.in}, key: string(typ)}
		values = append(values, run.unknownAt(at, "", &inventory.Unknown{Because: because, Optional: true}))
	}
	for _, x := range perhaps {
		maybe("whether " + string(typ) + " " + x.Label() + " belongs to it depends on a value that is not known")
	}
	if j.field == relatedField && r.Partial {
		maybe("a resource of type " + string(typ) + " may stand where the rest of it is declared: " + r.UnreadBecause)
	}
	if why := w.incomplete(string(typ)); why != "" {
		maybe("not every " + string(typ) + " could be read: " + why)
	}
	return types.NewRefValList(types.DefaultTypeAdapter, values), true
}

// existing parts what exists whenever r does from what perhaps does not exist.
func existing(r *inventory.Resource, all []*inventory.Resource) (sure, perhaps []*inventory.Resource) {
	doubtful := func(x *inventory.Resource) bool { return x.Existence != nil }
	if !slices.ContainsFunc(all, doubtful) {
		return all, nil
	}
	for _, x := range all {
		together := !doubtful(x) || doubtful(r) && r.Position.File == x.Position.File && r.Existence.Symbol == x.Existence.Symbol
		if together {
			sure = append(sure, x)
		} else {
			perhaps = append(perhaps, x)
		}
	}
	return sure, perhaps
}

// Get implements traits.Indexer.
func (j *join) Get(key ref.Val) ref.Val { return found(j, key) }

// IsSet implements traits.FieldTester.
func (j *join) IsSet(key ref.Val) ref.Val { return isSet(j, key) }

// Contains implements traits.Container.
func (j *join) Contains(key ref.Val) ref.Val { return isSet(j, key) }

// Iterator implements traits.Iterable; a join has no keys of its own.
func (j *join) Iterator() traits.Iterator { return keys(nil) }

// Size implements traits.Sizer.
func (j *join) Size() ref.Val { return types.IntZero }

// Type implements ref.Val.
func (j *join) Type() ref.Type { return types.NewObjectType(j.field, objectTraits) }

// Value implements ref.Val.
func (j *join) Value() any { return j }

// Equal implements ref.Val.
func (j *join) Equal(ref.Val) ref.Val { return types.False }

// ConvertToNative implements ref.Val.
func (j *join) ConvertToNative(t reflect.Type) (any, error) { return toNative(j, j, t) }

// ConvertToType implements ref.Val.
func (j *join) ConvertToType(t ref.Type) ref.Val { return toType(j, t) }

// related returns the resources of type typ that refer to r, and those that perhaps do.
func (w *World) related(r *inventory.Resource, typ string) (sure, perhaps []*inventory.Resource) {
	x := w.index(typ)
	if len(x.byTarget)+len(x.byValue)+len(x.open) == 0 {
		return nil, nil
	}
	t, _ := schema.Lookup(r.Ref.Type)
	add := func(to *[]*inventory.Resource, ref reference) {
		if !isSame(ref.from, r) && sameAccount(ref.from, r) {
			*to = append(*to, ref.from)
		}
	}
	for _, ref := range x.byTarget[target{r.Position.File, r.LogicalID}] {
		add(&sure, ref)
	}
	called := identityOf(r)
	for _, name := range called.names {
		for _, ref := range x.byValue[name] {
			if isUnmistakable(name) || ref.mayNameA(r.Ref.Type, t) {
				add(&sure, ref)
			}
		}
	}
	for _, ref := range x.open {
		if ref.mayNameA(r.Ref.Type, t) {
			add(&perhaps, ref)
		}
	}
	if len(called.open) > 0 { // then a name that nobody has may be its own
		own := w.index(r.Ref.Type)
		for _, name := range sortedKeys(x.byValue) {
			for _, ref := range x.byValue[name] {
				if len(own.byIdentity[name]) == 0 && called.mayBe(name) && ref.mayNameA(r.Ref.Type, t) {
					add(&perhaps, ref)
				}
			}
		}
	}
	return settle(sure, perhaps)
}

// references returns the resources of type typ that r refers to, and those that it perhaps
// does; r itself stands for one that this world may not even hold.
func (w *World) references(r *inventory.Resource, typ string) (sure, perhaps []*inventory.Resource) {
	x := w.index(typ)
	t, _ := schema.Lookup(typ)
	for _, ref := range referencesOf(r) {
		may := ref.mayNameA(typ, t)
		switch {
		case ref.to.logicalID != "":
			sure = append(sure, x.byLogicalID[ref.to]...)
			continue
		case !may && !isUnmistakable(ref.value):
			continue
		}
		found := false
		for _, to := range x.byIdentity[ref.value] {
			if !isSame(to, r) && sameAccount(to, r) {
				sure, found = append(sure, to), true
			}
		}
		if found || !may {
			continue
		}
		if ref.isOpen() {
			perhaps = append(perhaps, r)
		}
		for _, to := range x.unnamed {
			if !isSame(to, r) && sameAccount(to, r) && (ref.isOpen() || identityOf(to).mayBe(ref.value)) {
				perhaps = append(perhaps, to)
			}
		}
	}
	return settle(sure, perhaps)
}

// settle sorts both lists; what is sure is not perhaps.
func settle(sure, perhaps []*inventory.Resource) (s, p []*inventory.Resource) {
	for _, l := range []*[]*inventory.Resource{&sure, &perhaps} {
		slices.SortStableFunc(*l, inventory.CompareResources)
		*l = slices.Compact(*l)
	}
	return sure, slices.DeleteFunc(perhaps, func(r *inventory.Resource) bool { return slices.Contains(sure, r) })
}

// isSame reports whether two are one resource, perhaps read twice.
func isSame(a, b *inventory.Resource) bool {
	if a.Declared && b.Declared { // one may be an alternative of the other
		return a == b || a.LogicalID != "" && a.LogicalID == b.LogicalID && a.Position == b.Position
	}
	return a == b || !a.Declared && !b.Declared && a.Ref.ID != "" && a.Ref == b.Ref
}

func sameAccount(a, b *inventory.Resource) bool {
	same := func(x, y string) bool { return x == y || x == "" || y == "" }
	return same(a.Ref.Account, b.Ref.Account) && (same(a.Ref.Region, b.Ref.Region) ||
		a.Ref.Region == inventory.GlobalRegion || b.Ref.Region == inventory.GlobalRegion)
}

// A typeIndex finds the resources of one type by what they are called and by what they
// refer to.
type typeIndex struct {
	byIdentity  map[string][]*inventory.Resource
	byLogicalID map[target][]*inventory.Resource
	unnamed     []*inventory.Resource // a name of theirs is not known
	byValue     map[string][]reference
	byTarget    map[target][]reference
	open        []reference // to something that is not known
}

// A target is a name inside one file.
type target struct{ file, logicalID string }

// A reference is one value by which a resource may refer to another: a literal, a name in
// the same file, or something not known.
type reference struct {
	from     *inventory.Resource
	property string // the nearest property name
	format   string // what the schema says that the value names: AWS::EC2::VPC.Id
	value    string // a literal, or a symbol
	to       target
}

// isOpen reports whether the value is not known; two that are open and have the same
// symbol are the same value all the same.
func (ref reference) isOpen() bool { return ref.value == "" || ref.value[0] == symbolMark }

const symbolMark = '\x00' // no identifier starts with it

func symbolOf(r *inventory.Resource, u *inventory.Unknown) string {
	if u.Symbol == "" {
		return ""
	}
	return string(symbolMark) + r.Position.File + string(symbolMark) + u.Symbol
}

func newTypeIndex() *typeIndex {
	return &typeIndex{
		byIdentity: map[string][]*inventory.Resource{}, byLogicalID: map[target][]*inventory.Resource{},
		byValue: map[string][]reference{}, byTarget: map[target][]reference{},
	}
}

// add puts a resource into the index, under the name of as; only references that wants
// admits are kept, nil admitting all. Where as is not r, nothing of r is kept.
func (x *typeIndex) add(r, as *inventory.Resource, wants func(reference) bool) {
	own := func(text string) string {
		if as != r {
			text = strings.Clone(text)
		}
		return text
	}
	called := identityOf(r)
	for _, name := range called.names {
		name = own(name)
		x.byIdentity[name] = append(x.byIdentity[name], as)
	}
	if len(called.open) > 0 {
		x.unnamed = append(x.unnamed, as)
	}
	if r.LogicalID != "" {
		at := target{r.Position.File, r.LogicalID}
		x.byLogicalID[at] = append(x.byLogicalID[at], as)
	}
	for _, ref := range referencesOf(r) {
		ref.from = as
		if wants != nil && !wants(ref) {
			continue
		}
		ref.property, ref.value = own(ref.property), own(ref.value)
		switch {
		case ref.to.logicalID != "":
			x.byTarget[ref.to] = append(x.byTarget[ref.to], ref)
		default:
			if ref.value != "" {
				x.byValue[ref.value] = append(x.byValue[ref.value], ref)
			}
			if ref.isOpen() {
				x.open = append(x.open, ref)
			}
		}
	}
}

func (w *World) index(typ string) *typeIndex {
	w.mu.Lock()
	defer w.mu.Unlock()
	if x, ok := w.indexes[typ]; ok {
		return x
	}
	x := newTypeIndex()
	for _, r := range w.byType[typ] {
		x.add(r, r, nil)
	}
	w.indexes[typ] = x
	return x
}

// An identity is what others may call a resource: literal names and symbols, and the
// names of it that are not known.
type identity struct {
	names []string
	open  []*inventory.Unknown
}

func (i identity) mayBe(name string) bool {
	return slices.ContainsFunc(i.open, func(u *inventory.Unknown) bool {
		return strings.HasPrefix(name, u.Prefix) && strings.HasSuffix(name, u.Suffix)
	})
}

func identityOf(r *inventory.Resource) identity {
	called := identity{names: []string{r.Ref.ID, r.ARN}}
	t, ok := schema.Lookup(r.Ref.Type)
	if ok {
		for _, name := range namesOf(t) {
			switch v := r.Properties[name].(type) {
			case string:
				called.names = append(called.names, v)
			case *inventory.Unknown:
				called.names, called.open = append(called.names, symbolOf(r, v)), append(called.open, v)
			}
		}
	}
	slices.Sort(called.names)
	called.names = slices.DeleteFunc(slices.Compact(called.names), func(s string) bool { return s == "" })
	return called
}

// namesOf returns the properties that name a resource of a type, sorted: those that the schema
// says so of, and those that are called so, in the schema or not.
func namesOf(t *schema.Type) []string {
	if known, ok := nameProperties.Load(t); ok {
		return known.([]string)
	}
	pointers := slices.Concat(t.PrimaryIdentifier, t.ReadOnly)
	for _, also := range t.AdditionalIdentifiers {
		pointers = append(pointers, also...)
	}
	names := inventory.NameProperties(t)
	for name := range t.Root.Properties {
		if slices.Contains(pointers, "/"+name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	nameProperties.Store(t, names)
	return names
}

// nameProperties caches namesOf: there is one *schema.Type for each type.
var nameProperties sync.Map

// referencesOf walks the properties of r where the schema expects text. Free-form objects
// (policy documents) are left out: they speak about resources rather than refer to them.
func referencesOf(r *inventory.Resource) []reference {
	t, ok := schema.Lookup(r.Ref.Type)
	if !ok {
		return nil
	}
	var refs []reference
	var walk func(property string, n *schema.Node, v any)
	walk = func(property string, n *schema.Node, v any) {
		if n == nil {
			return
		}
		switch v := v.(type) {
		case string:
			if v != "" {
				refs = append(refs, reference{from: r, property: property, format: n.Format, value: v})
			}
		case *inventory.Unknown:
			// Any text that the schema expects here or below may be hidden by it.
			textsBelow(property, n, 0, func(property, format string) {
				refs = append(refs, reference{from: r, property: property, format: format, to: targetOf(r, v), value: symbolOf(r, v)})
			})
		case []any:
			for _, e := range v {
				walk(property, n.Items, e)
			}
		case map[string]any:
			if n.Items != nil {
				n = n.Items // one object in place of a list of one
			}
			for _, k := range sortedKeys(v) {
				if child, ok := n.Child(k); ok {
					walk(k, child, v[k])
				}
			}
		}
	}
	walk("", t.Root, r.Properties)
	return refs
}

func targetOf(r *inventory.Resource, u *inventory.Unknown) target {
	if u.Target == "" {
		return target{}
	}
	return target{r.Position.File, u.Target}
}

// textsBelow visits the places at or below a node where the schema expects text. Schemas
// may be cyclic: what lies deeper than maxDepth is not visited.
func textsBelow(property string, n *schema.Node, depth int, visit func(property, format string)) {
	const maxDepth = 6
	if n == nil || depth > maxDepth {
		return
	}
	if n.Kinds&schema.String != 0 && n.Kinds&schema.Object == 0 {
		visit(property, n.Format)
	}
	textsBelow(property, n.Items, depth+1, visit)
	textsBelow(property, n.Values, depth+1, visit)
	for _, name := range sortedKeys(n.Properties) {
		textsBelow(name, n.Properties[name], depth+1, visit)
	}
}

// mayNameA reports whether the property can hold the name of a resource of a type. The
// schema says so for some properties by their format; for the others the property name
// must speak of the type: BucketName and Bucket of AWS::S3::Bucket, GroupId of a security
// group (which has such a property itself). ResourceId (of a flow log) speaks of any.
func (ref reference) mayNameA(typ string, t *schema.Type) bool {
	if i := strings.LastIndexByte(ref.format, '.'); i > 0 && strings.HasPrefix(ref.format, "AWS::") {
		return ref.format[:i] == typ
	}
	name := strings.TrimSuffix(ref.property, "s")
	short := typ[strings.LastIndexByte(typ, ':')+1:]
	if strings.Contains(strings.ToLower(name), strings.ToLower(short)) {
		return true
	}
	if strings.EqualFold(name, "ResourceId") || strings.EqualFold(name, "ResourceArn") {
		return true
	}
	if name == "Id" || name == "Name" || name == "Arn" || t == nil {
		return false
	}
	for _, p := range slices.Concat(t.PrimaryIdentifier, t.ReadOnly) {
		if p == "/"+name {
			return true
		}
	}
	return false
}

// isUnmistakable reports whether a value names one resource wherever it stands: an ARN, or
// an identifier that AWS gave (sg-0123456789abcdef0).
func isUnmistakable(v string) bool { return strings.HasPrefix(v, "arn:") || givenID.MatchString(v) }

var givenID = regexp.MustCompile(`^[a-z]+-[0-9a-f]{8}([0-9a-f]{9})?$`)

package rules

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A reading is one resource seen by one evaluation. The values of the resource stay where
// they are; an expression gets thin wrappers around the places that it looks at, which is
// what lets a finding say where it was decided.
type reading struct {
	run      *run
	resource *inventory.Resource
	unread   map[string]*inventory.Unknown // by pointer: what was met of what could not be read
}

// notRead is the value of a property that could not be read, "" for all of them: always
// the same one, so that a finding counts it once.
func (in *reading) notRead(pointer string) *inventory.Unknown {
	if u, ok := in.unread[pointer]; ok {
		return u
	}
	because := "the reader cannot return " + pointer
	if pointer == "" {
		because = "the properties could not be read or are not known"
	}
	u := &inventory.Unknown{Because: cmp.Or(in.resource.UnreadBecause, because), Optional: true}
	if in.unread == nil {
		in.unread = map[string]*inventory.Unknown{}
	}
	in.unread[pointer] = u
	return u
}

// A place is where a value stands in a resource: a linked list from the leaf to the
// properties, so that a pointer costs something only when somebody asks for it.
type place struct {
	in  *reading
	up  *place // nil for the properties themselves
	key string
}

// pointer returns the JSON pointer of the place below the properties.
func (p *place) pointer() string {
	if p == nil || p.up == nil {
		return ""
	}
	return p.up.pointer() + "/" + schema.EscapePointer(p.key)
}

// find returns the value at key below p. found is false when the property is not set; a
// property that the reader cannot return is neither set nor not set, but unknown.
func (p *place) find(key string, sh *shape, v any, found bool) (ref.Val, bool) {
	at := place{in: p.in, up: p, key: key}
	if found && v != nil {
		return at.value(sh, v), true
	}
	if r := p.in.resource; len(r.Unread) > 0 {
		if r.IsUnread("") { // one unknown for all: each of them says no more than the whole
			return p.in.run.unknown(&place{in: p.in}, p.in.notRead("")), true
		}
		if pointer := at.pointer(); r.IsUnread(pointer) {
			return p.in.run.unknown(&at, p.in.notRead(pointer)), true
		}
	}
	if p.in.run.recording {
		p.in.run.read(p.in, at.pointer(), nil, false)
	}
	return nil, false
}

// value wraps a property value for CEL. A value whose kind is not the schema's is an
// error: a rule compares typed values only, and "flase" is not a boolean. One object where
// the schema wants a list of them is a list of one, as it is for CloudFormation.
func (p place) value(sh *shape, v any) ref.Val {
	if u, ok := v.(*inventory.Unknown); ok {
		return p.in.run.unknown(&p, u)
	}
	if p.in.run.recording {
		p.in.run.read(p.in, p.pointer(), v, true)
	}
	if sh == dynShape {
		sh = shapeOf(v)
	}
	switch v := v.(type) {
	case bool:
		if sh == boolShape {
			return types.Bool(v)
		}
	case int64:
		switch sh {
		case intShape:
			return types.Int(v)
		case doubleShape:
			return types.Double(v)
		}
	case float64:
		if sh == doubleShape {
			return types.Double(v)
		}
	case string:
		if sh == textShape {
			return types.String(v)
		}
	case []any:
		if sh.cel.Kind() == types.ListKind {
			return &list{place: p, elem: sh.elem, items: v}
		}
	case map[string]any:
		if sh.fields != nil {
			return &object{place: p, shape: sh, values: v}
		}
		switch sh.cel.Kind() {
		case types.MapKind:
			return &mapping{place: p, elem: sh.elem, entries: v}
		case types.ListKind:
			if sh.elem.fields != nil || sh.elem.cel.Kind() == types.MapKind {
				return &list{place: p, elem: sh.elem, items: []any{v}, flat: true}
			}
		}
	case nil:
		return types.NullValue
	}
	return types.WrapErr(&wrongKind{pointer: p.pointer(), is: kindName(v), want: sh.kindName(), declared: p.in.resource.Declared})
}

// A wrongKind is a value that is not of the kind that the schema wants: no rule can judge
// it, and no rule is to blame.
type wrongKind struct {
	pointer, is, want string
	declared          bool
}

// Error implements error. The value itself may be a secret.
func (e *wrongKind) Error() string {
	whose := "what the reader returned"
	if e.declared {
		whose = "the declaration"
	}
	return fmt.Sprintf("%s has the wrong kind: it is %s where the schema wants %s (%s is at fault, not the rule)",
		strings.TrimPrefix(e.pointer, "/"), e.is, e.want, whose)
}

// kindName says in words what kind of value the shape is for.
func (s *shape) kindName() string {
	switch s.cel.Kind() {
	case types.BoolKind:
		return "a boolean"
	case types.IntKind:
		return "an integer"
	case types.DoubleKind:
		return "a number"
	case types.StringKind:
		return "text"
	case types.ListKind:
		return "a list"
	}
	return "an object"
}

// shapeOf gives a value without a schema the shape of what it is.
func shapeOf(v any) *shape {
	switch v.(type) {
	case bool:
		return boolShape
	case int64:
		return intShape
	case float64:
		return doubleShape
	case string:
		return textShape
	case []any:
		return dynListShape
	case map[string]any:
		return dynMapShape
	}
	return dynShape
}

var (
	dynListShape = listShape(dynShape)
	dynMapShape  = mapShape(dynShape)
)

func kindName(v any) string {
	switch v.(type) {
	case bool:
		return "a boolean"
	case int64:
		return "an integer"
	case float64:
		return "a number"
	case string:
		return "text"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("a %T", v)
}

// objectTraits are what cel-go may do with a typed object.
const objectTraits = traits.FieldTesterType | traits.IndexerType | traits.ContainerType | traits.IterableType | traits.SizerType

// An object is a struct of the schema. It is a Mapper besides what objects must be
// (Indexer and FieldTester), because only through Find can cel-go learn that a field is
// unknown when it asks whether the field is there.
type object struct {
	place
	shape  *shape
	values map[string]any
}

// Find implements traits.Mapper.
func (o *object) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(key), false
	}
	f, ok := o.shape.fields()[string(name)]
	if !ok {
		return types.NewErr("%s has no property %q", structTitle(o.shape.name), string(name)), false
	}
	v, found := o.values[string(name)]
	return o.find(string(name), f, v, found)
}

// Get implements traits.Indexer.
func (o *object) Get(key ref.Val) ref.Val { return found(o, key) }

// IsSet implements traits.FieldTester.
func (o *object) IsSet(key ref.Val) ref.Val { return isSet(o, key) }

// Contains implements traits.Container.
func (o *object) Contains(key ref.Val) ref.Val { return isSet(o, key) }

// Iterator implements traits.Iterable: the names of the fields that are set.
func (o *object) Iterator() traits.Iterator { return keys(o.values) }

// Size implements traits.Sizer.
func (o *object) Size() ref.Val { return types.Int(len(o.values)) }

// Type implements ref.Val.
func (o *object) Type() ref.Type { return o.shape.cel }

// Value implements ref.Val. It is the object itself: the plain map would lose the place.
func (o *object) Value() any { return o }

// Equal implements ref.Val.
func (o *object) Equal(other ref.Val) ref.Val {
	that, ok := other.(*object)
	return types.Bool(ok && reflect.DeepEqual(o.values, that.values))
}

// ConvertToNative implements ref.Val.
func (o *object) ConvertToNative(t reflect.Type) (any, error) { return toNative(o, o.values, t) }

// ConvertToType implements ref.Val.
func (o *object) ConvertToType(t ref.Type) ref.Val { return toType(o, t) }

// A mapping is a free-form object: a policy document, tags, environment variables.
type mapping struct {
	place
	elem    *shape
	entries map[string]any
}

// Find implements traits.Mapper.
func (m *mapping) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return nil, false // a key of another type is not there
	}
	v, found := m.entries[string(name)]
	return m.find(string(name), m.elem, v, found)
}

// Get implements traits.Indexer.
func (m *mapping) Get(key ref.Val) ref.Val { return found(m, key) }

// Contains implements traits.Container.
func (m *mapping) Contains(key ref.Val) ref.Val { return isSet(m, key) }

// Iterator implements traits.Iterable: the keys in order. An entry that may turn out to be
// absent has no certain key.
func (m *mapping) Iterator() traits.Iterator {
	sorted := sortedKeys(m.entries)
	return &iterator{n: len(sorted), at: func(i int) ref.Val {
		if u, ok := m.entries[sorted[i]].(*inventory.Unknown); ok && u.Optional {
			v, _ := m.Find(types.String(sorted[i]))
			return v
		}
		return types.String(sorted[i])
	}}
}

// Size implements traits.Sizer.
func (m *mapping) Size() ref.Val { return types.Int(len(m.entries)) }

// Type implements ref.Val.
func (m *mapping) Type() ref.Type { return types.MapType }

// Value implements ref.Val.
func (m *mapping) Value() any { return m }

// Equal implements ref.Val.
func (m *mapping) Equal(other ref.Val) ref.Val {
	that, ok := other.(traits.Mapper)
	if !ok || that.Size() != m.Size() {
		return types.False
	}
	for key := range m.entries {
		mine, _ := m.Find(types.String(key))
		theirs, ok := that.Find(types.String(key))
		if !ok {
			return types.False
		}
		if equal := types.Equal(mine, theirs); equal != types.True {
			return equal
		}
	}
	return types.True
}

// ConvertToNative implements ref.Val.
func (m *mapping) ConvertToNative(t reflect.Type) (any, error) { return toNative(m, m.entries, t) }

// ConvertToType implements ref.Val.
func (m *mapping) ConvertToType(t ref.Type) ref.Val { return toType(m, t) }

// A list is a list of property values.
type list struct {
	place
	elem  *shape
	items []any
	flat  bool // the elements have no places of their own: they all stand where the list does
}

func (l *list) at(i int) ref.Val {
	if l.flat {
		return l.value(l.elem, l.items[i])
	}
	v, ok := l.find(strconv.Itoa(i), l.elem, l.items[i], true)
	if !ok {
		return types.NullValue
	}
	return v
}

// Get implements traits.Indexer.
func (l *list) Get(index ref.Val) ref.Val {
	i, err := types.IndexOrError(index)
	if err != nil {
		return types.WrapErr(err)
	}
	if i < 0 || i >= len(l.items) {
		return types.NewErr("index %d is outside %s, which has %d elements", i, l.pointer(), len(l.items))
	}
	return l.at(i)
}

// Contains implements traits.Container; guard.go replaces its use in rules.
func (l *list) Contains(v ref.Val) ref.Val { return within(v, l) }

// Iterator implements traits.Iterable. A comprehension takes an element before it asks
// whether it goes on: only when it does was the element looked at, and was a read. What a
// container holds is read when it is read.
func (l *list) Iterator() traits.Iterator {
	run := l.in.run
	return &iterator{
		n: len(l.items),
		at: func(i int) ref.Val {
			if !run.recording { // the run of params is shared: it must never be written
				return l.at(i)
			}
			run.recording = false
			defer func() { run.recording = true }()
			return l.at(i)
		},
		passed: func(i int) {
			switch l.items[i].(type) {
			case []any, map[string]any:
			default:
				if run.recording {
					l.at(i)
				}
			}
		},
	}
}

// Size implements traits.Sizer.
func (l *list) Size() ref.Val { return types.Int(len(l.items)) }

// Add implements traits.Adder.
func (l *list) Add(other ref.Val) ref.Val {
	that, ok := other.(traits.Lister)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	n, _ := that.Size().(types.Int)
	joined := make([]ref.Val, 0, len(l.items)+int(n))
	for _, part := range []traits.Lister{l, that} {
		for it := part.Iterator(); it.HasNext() == types.True; {
			joined = append(joined, it.Next())
		}
	}
	return types.NewRefValList(types.DefaultTypeAdapter, joined)
}

// Type implements ref.Val.
func (l *list) Type() ref.Type { return types.ListType }

// Value implements ref.Val.
func (l *list) Value() any { return l }

// Equal implements ref.Val.
func (l *list) Equal(other ref.Val) ref.Val {
	that, ok := other.(traits.Lister)
	if !ok || that.Size() != l.Size() {
		return types.False
	}
	for i := range l.items {
		if equal := types.Equal(l.at(i), that.Get(types.Int(i))); equal != types.True {
			return equal
		}
	}
	return types.True
}

// ConvertToNative implements ref.Val.
func (l *list) ConvertToNative(t reflect.Type) (any, error) { return toNative(l, l.items, t) }

// ConvertToType implements ref.Val.
func (l *list) ConvertToType(t ref.Type) ref.Val { return toType(l, t) }

// An iterator walks values by index.
type iterator struct {
	n, next int
	at      func(int) ref.Val
	passed  func(int) // called for a value when the walk goes on after it; may be nil
}

func keys(m map[string]any) *iterator {
	sorted := sortedKeys(m)
	return &iterator{n: len(sorted), at: func(i int) ref.Val { return types.String(sorted[i]) }}
}

// HasNext implements traits.Iterator.
func (i *iterator) HasNext() ref.Val {
	if i.next > 0 && i.passed != nil {
		i.passed(i.next - 1)
	}
	return types.Bool(i.next < i.n)
}

// Next implements traits.Iterator.
func (i *iterator) Next() ref.Val {
	i.next++
	return i.at(i.next - 1)
}

// Type implements ref.Val.
func (i *iterator) Type() ref.Type { return types.IteratorType }

// Value implements ref.Val.
func (i *iterator) Value() any { return nil }

// Equal implements ref.Val.
func (i *iterator) Equal(ref.Val) ref.Val { return types.NewErr("an iterator is equal to nothing") }

// ConvertToNative implements ref.Val.
func (i *iterator) ConvertToNative(reflect.Type) (any, error) {
	return nil, fmt.Errorf("convert iterator: it has no native form")
}

// ConvertToType implements ref.Val.
func (i *iterator) ConvertToType(ref.Type) ref.Val { return types.NewErr("an iterator has no type") }

type finder interface {
	Find(key ref.Val) (ref.Val, bool)
}

func found(f finder, key ref.Val) ref.Val {
	v, ok := f.Find(key)
	if !ok && v == nil {
		return types.NewErr("no such key: %v", key)
	}
	return v
}

func isSet(f finder, key ref.Val) ref.Val {
	v, ok := f.Find(key)
	if ok && !types.IsUnknown(v) || v == nil {
		return types.Bool(ok)
	}
	return v // unknown or an error
}

func toNative(v ref.Val, plain any, t reflect.Type) (any, error) {
	switch {
	case reflect.TypeOf(v).AssignableTo(t):
		return v, nil
	case reflect.TypeOf(plain).AssignableTo(t):
		return plain, nil
	}
	return nil, fmt.Errorf("convert %s: no conversion to %s", v.Type().TypeName(), t)
}

func toType(v ref.Val, t ref.Type) ref.Val {
	switch t.TypeName() {
	case v.Type().TypeName():
		return v
	case types.TypeType.TypeName():
		return v.Type().(ref.Val)
	}
	return types.NewErr("a %s cannot be made a %s", v.Type().TypeName(), t.TypeName())
}

var (
	_ traits.Mapper      = (*object)(nil)
	_ traits.FieldTester = (*object)(nil)
	_ traits.Mapper      = (*mapping)(nil)
	_ traits.Lister      = (*list)(nil)
)

// A run is the evaluation of one rule on one resource: the variables, and what was met on
// the way.
type run struct {
	world    *World
	resource ref.Val
	params   ref.Val
	declared bool
	structs  *structs

	// recording is on only in the second evaluation of a rule that did not pass: writing
	// down every read costs more than judging.
	recording bool
	reads     []readAt
	// decidedFrom is the first read of the conjunct that decided.
	decidedFrom int
	unknowns    []unknownValue
}

type readAt struct {
	in *reading
	Read
}

type unknownValue struct {
	in      *reading
	pointer string
	value   *inventory.Unknown
}

func (r *run) read(in *reading, pointer string, v any, found bool) {
	if r.recording {
		r.reads = append(r.reads, readAt{in, Read{Path: pointer, Value: v, Found: found}})
	}
}

// unknown wraps a value that is not known. What can still be said of it travels as the
// path of its attribute trail, because functions see the trail and not the run: is it
// certain to exist, and is it certain not to be empty?
func (r *run) unknown(at *place, u *inventory.Unknown) ref.Val {
	pointer := at.pointer()
	r.read(at.in, pointer, u, true)
	return r.unknownAt(at, pointer, u)
}

// unknownAt is unknown for what is not a property (pointer ""): it is no read.
func (r *run) unknownAt(at *place, pointer string, u *inventory.Unknown) ref.Val {
	i := slices.Index(r.unknowns, unknownValue{at.in, pointer, u})
	if i < 0 {
		i = len(r.unknowns)
		r.unknowns = append(r.unknowns, unknownValue{at.in, pointer, u})
	}
	// The ids of expressions are positive; ours must not meet them.
	return types.NewUnknown(int64(-i-1), trail(pointer, u))
}

func trail(pointer string, u *inventory.Unknown) *types.AttributeTrail {
	t := types.NewAttributeTrail("properties" + pointer)
	types.QualifyAttribute(t, exists(u))
	types.QualifyAttribute(t, notEmpty(u))
	types.QualifyAttribute(t, isIdentifier(u))
	return t
}

// exists reports whether the value is certain to be there once it is known.
func exists(u *inventory.Unknown) bool { return !u.Optional }

// notEmpty reports whether the value is certain to be more than "": an identifier that AWS
// gives to a resource of the same file, or text of which a part is known.
func notEmpty(u *inventory.Unknown) bool {
	named := strings.HasPrefix(u.Symbol, "Ref ") || strings.HasPrefix(u.Symbol, "GetAtt ") || strings.HasPrefix(u.Symbol, "Sub ")
	return !u.Optional && (u.Prefix != "" || u.Suffix != "" || u.Target != "" && named)
}

// isIdentifier reports whether the value is the identifier that AWS gives to a resource of
// the same file. Other attributes may hold any text (the value of an SSM parameter, the
// output of a nested stack).
func isIdentifier(u *inventory.Unknown) bool {
	if u.Optional || u.Target == "" {
		return false
	}
	attribute, isAttribute := strings.CutPrefix(u.Symbol, "GetAtt "+u.Target+".")
	return u.Symbol == "Ref "+u.Target || isAttribute && !strings.Contains(attribute, ".") &&
		(strings.HasSuffix(attribute, "Arn") || strings.HasSuffix(attribute, "Id"))
}

// certain asks the trail of an unknown: q is 0 for exists, 1 for notEmpty, 2 for isIdentifier.
func certain(u *types.Unknown, q int) bool {
	for _, id := range u.IDs() {
		trails, _ := u.GetAttributeTrails(id)
		for _, t := range trails {
			path := t.QualifierPath()
			if len(path) <= q || path[q] != true {
				return false
			}
		}
	}
	return true
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

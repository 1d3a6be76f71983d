package rules

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A shape is what the type checker and the evaluator know of one kind of value: its CEL
// type, and how to see into it. Shapes of resource properties are made from the published
// schemas when an expression first looks there; schemas may be cyclic, so a struct makes
// the shapes of its fields on first use.
type shape struct {
	cel    *types.Type
	elem   *shape // of a list or a map
	name   string // of a struct, in messages
	fields func() map[string]*shape
}

func structShape(name string, fields func() map[string]*shape) *shape {
	return &shape{
		cel:    types.NewObjectType(name, objectTraits),
		name:   name,
		fields: sync.OnceValue(fields),
	}
}

func listShape(elem *shape) *shape { return &shape{cel: types.NewListType(elem.cel), elem: elem} }

func mapShape(elem *shape) *shape {
	return &shape{cel: types.NewMapType(types.StringType, elem.cel), elem: elem}
}

var (
	dynShape    = &shape{cel: types.DynType}
	boolShape   = &shape{cel: types.BoolType}
	intShape    = &shape{cel: types.IntType}
	doubleShape = &shape{cel: types.DoubleType}
	textShape   = &shape{cel: types.StringType}
	timeShape   = &shape{cel: types.TimestampType}
)

// structs finds struct shapes by their CEL name. It grows as expressions look into more
// types and is shared by all rules; names are made from schema names, so that two rules
// that meet the same property mean the same type.
type structs struct {
	mu     sync.RWMutex
	byName map[string]*shape

	envs  sync.Map // envKey → *cel.Env
	exprs sync.Map // exprKey → *expression
}

func newStructs() *structs { return &structs{byName: map[string]*shape{}} }

func (s *structs) find(name string) (*shape, bool) {
	s.mu.RLock()
	found, ok := s.byName[name]
	s.mu.RUnlock()
	if ok {
		return found, true
	}
	// A resource type that nobody asked for yet.
	if t, known := schema.Lookup(name); known {
		return s.resource(t), true
	}
	return nil, false
}

func (s *structs) add(sh *shape) *shape {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.byName[sh.name]; ok {
		return old
	}
	s.byName[sh.name] = sh
	return sh
}

// anyResource is the CEL type of `resource` in a rule for every type ("*"): the envelope
// without properties.
const anyResource = "resource"

// The names of the structs that `related(type)`, `references(type)` and `account(type)` read
// from; a name with parentheses cannot be written in an expression.
const (
	relatedField    = "related()"
	referencesField = "references()"
	accountField    = "account()"
)

var joinFields = []string{relatedField, referencesField, accountField}

// resource returns the shape of one resource type, t == nil meaning any.
func (s *structs) resource(t *schema.Type) *shape {
	name := anyResource
	if t != nil {
		name = t.Name
	}
	return s.add(structShape(name, func() map[string]*shape {
		f := map[string]*shape{"created": timeShape, "tags": mapShape(textShape)}
		for _, text := range envelopeTexts {
			f[text] = textShape
		}
		for _, join := range joinFields {
			f[join] = s.add(&shape{cel: types.NewObjectType(join, objectTraits), name: join})
		}
		if t != nil {
			names := map[*schema.Node]*shape{}
			f["properties"] = s.node(t.Name+".properties", t.Root, names, &sync.Mutex{})
		}
		return f
	}))
}

// node returns the shape of a place in a schema. path names the struct when its
// definition has no name of its own; known holds the structs of this resource type.
func (s *structs) node(path string, n *schema.Node, known map[*schema.Node]*shape, mu *sync.Mutex) *shape {
	if n == nil {
		return dynShape
	}
	switch n.Kinds &^ schema.Null {
	case schema.Boolean:
		return boolShape
	case schema.Integer:
		return intShape
	case schema.Number, schema.Number | schema.Integer:
		return doubleShape
	case schema.String:
		return textShape
	case schema.Array:
		return listShape(s.node(path, n.Items, known, mu))
	case schema.Object:
		if len(n.Properties) == 0 {
			return mapShape(s.node(path, n.Values, known, mu))
		}
		mu.Lock()
		defer mu.Unlock()
		if sh, ok := known[n]; ok {
			return sh
		}
		sh := s.add(structShape(path, func() map[string]*shape {
			f := make(map[string]*shape, len(n.Properties))
			for name, child := range n.Properties {
				f[name] = s.node(path+"."+name, child, known, mu)
			}
			return f
		}))
		known[n] = sh
		return sh
	}
	// A JSON text or an object, a scalar of several kinds, or a place without a schema.
	return dynShape
}

// field returns the shape of one field of a struct.
func (s *structs) field(structName, field string) (*shape, bool) {
	sh, ok := s.find(structName)
	if !ok {
		return nil, false
	}
	if sh.fields != nil {
		f, ok := sh.fields()[field]
		return f, ok
	}
	// related() and its like: every resource type is a field.
	t, ok := schema.Lookup(field)
	if !ok {
		return nil, false
	}
	return listShape(s.resource(t)), true
}

// A provider tells the type checker about our structs. One that explains a mistake also
// remembers which fields it was asked for in vain, so that an error can say what was meant.
type provider struct {
	types.Provider // CEL's own types
	structs        *structs
	params         *shape
	missed         map[string]string // field → struct; nil for nobody to know
}

func (p *provider) lookup(name string) (*shape, bool) {
	if p.params != nil && name == p.params.name {
		return p.params, true
	}
	for _, sh := range []*shape{statementShape, conditionShape} {
		if name == sh.name {
			return sh, true
		}
	}
	return p.structs.find(name)
}

// FindStructType implements types.Provider.
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if sh, ok := p.lookup(name); ok {
		return types.NewTypeTypeWithParam(sh.cel), true
	}
	return p.Provider.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	sh, ok := p.lookup(name)
	if !ok {
		return p.Provider.FindStructFieldNames(name)
	}
	if sh.fields == nil {
		return schema.Names(), true
	}
	return slices.Sorted(maps.Keys(sh.fields())), true
}

// FindStructFieldType implements types.Provider. The field type carries no accessors on
// purpose: with them cel-go reads fields through a path on which a presence test cannot
// answer "unknown"; without them it uses the Find, Get and IsSet of the value itself.
func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	sh, ok := p.lookup(name)
	if !ok {
		return p.Provider.FindStructFieldType(name, field)
	}
	var f *shape
	if sh.fields != nil {
		f, ok = sh.fields()[field]
	} else {
		f, ok = p.structs.field(name, field)
	}
	if !ok {
		if p.missed != nil {
			p.missed[field] = name
		}
		return nil, false
	}
	return &types.FieldType{Type: f.cel}, true
}

// NewValue implements types.Provider; rules make no objects of our types.
func (p *provider) NewValue(name string, fields map[string]ref.Val) ref.Val {
	if _, ok := p.lookup(name); ok {
		return types.NewErr("a rule cannot make a %s", name)
	}
	return p.Provider.NewValue(name, fields)
}

// structTitle is how messages name a struct.
func structTitle(name string) string {
	switch {
	case name == anyResource:
		return "a resource"
	case name == statementShape.name, name == conditionShape.name:
		return "a " + name
	case strings.HasPrefix(name, "params of "):
		return "params"
	}
	return strings.Replace(name, ".properties", "", 1)
}

var _ types.Provider = (*provider)(nil)

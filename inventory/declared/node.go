package declared

import (
	"math"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A node is one value of a parsed document with its place. YAML and JSON both become
// nodes. A node that an alias repeats is shared, so the tree may be a graph, but never
// a cyclic one; nodes are not changed once the document is parsed.
type node struct {
	kind   kind
	line   int32
	column int32
	height int32   // levels below; bounds what aliases can build
	text   string  // of a scalar: as it was written, without quotes
	items  []*node // of a list
	fields []field // of a mapping, in the order of the file, names unique
}

// A field is one key of a mapping and its value.
type field struct {
	name   string
	line   int32
	column int32
	value  *node
}

type kind uint8

const (
	nullNode kind = iota
	boolNode
	intNode
	floatNode
	stringNode
	listNode
	mapNode
)

// String names the kind as a fault says it.
func (k kind) String() string {
	return [...]string{"nothing", "true or false", "a number", "a number", "text", "a list", "a mapping"}[k]
}

// A document is one YAML document or one JSON value of a file.
type document struct {
	file string
	root *node
	// faults are mistakes that only matter once a format claims the document: a key
	// that stands twice, a tag that nobody knows.
	faults []inventory.Fault
}

// at returns the place of a node of the document.
func (d *document) at(n *node) inventory.Position {
	return inventory.Position{File: d.file, Line: int(n.line), Column: int(n.column)}
}

// atKey returns the place of a key of the document.
func (d *document) atKey(f field) inventory.Position {
	return inventory.Position{File: d.file, Line: int(f.line), Column: int(f.column)}
}

// get returns the value of a key; nil when n is no mapping or has no such key.
func (n *node) get(name string) *node {
	if f, ok := n.field(name); ok {
		return f.value
	}
	return nil
}

func (n *node) field(name string) (field, bool) {
	if n != nil {
		for _, f := range n.fields {
			if f.name == name {
				return f, true
			}
		}
	}
	return field{}, false
}

// names returns the keys of a mapping in the order of the file.
func (n *node) names() []string {
	names := make([]string, len(n.fields))
	for i, f := range n.fields {
		names[i] = f.name
	}
	return names
}

func (n *node) isScalar() bool { return n.kind < listNode }

// isText reports whether n is a string scalar with some text.
func (n *node) isText() bool { return n != nil && n.kind == stringNode && n.text != "" }

// scalar returns the value of a scalar node as inventory.Properties wants it.
func (n *node) scalar() any {
	switch n.kind {
	case nullNode:
		return nil
	case boolNode:
		switch strings.ToLower(n.text) {
		case "true", "yes", "on":
			return true
		}
		return false
	case intNode:
		if i, err := strconv.ParseInt(n.text, 0, 64); err == nil {
			return i
		}
		return n.float()
	case floatNode:
		return n.float()
	}
	return n.text
}

// float returns the number, or its text when it is larger than a float64 can be.
func (n *node) float() any {
	f, err := strconv.ParseFloat(n.text, 64)
	if err != nil || math.IsInf(f, 0) {
		return n.text
	}
	v, _ := inventory.Normal(f)
	return v
}

// call returns the name and argument of an intrinsic function: a mapping with exactly
// one key that is Ref or starts with Fn::.
func (n *node) call() (name string, arg *node, ok bool) {
	if n == nil || len(n.fields) != 1 {
		return "", nil, false
	}
	f := n.fields[0]
	return f.name, f.value, f.name == "Ref" || strings.HasPrefix(f.name, "Fn::")
}

// functions are the intrinsic functions that a value may call, without "Fn::".
var functions = []string{
	"And", "Base64", "Cidr", "Contains", "EachMemberEquals", "EachMemberIn", "Equals", "FindInMap", "ForEach", "GetAZs",
	"GetAtt", "GetStackOutput", "If", "ImportValue", "Join", "Length", "Not", "Or", "RefAll", "Select", "Split", "Sub",
	"ToJsonString", "Transform", "ValueOf", "ValueOfAll",
}

// longForm returns the key that a short tag stands for: !Ref is Ref, !Sub is Fn::Sub.
func longForm(tag string) (name string, ok bool) {
	short := strings.TrimPrefix(tag, "!")
	if short == "Ref" || short == "Condition" {
		return short, true
	}
	for _, f := range functions {
		if f == short {
			return "Fn::" + f, true
		}
	}
	return "", false
}

// didYouMean is the hint for a name that is not one of the candidates; it names all of
// them when they are few and none is near.
func didYouMean(name string, candidates []string) string {
	if near := schema.Suggest(name, candidates); near != "" {
		return "did you mean " + near + "?"
	}
	if len(candidates) > 0 && len(candidates) <= 16 {
		return "known here: " + strings.Join(candidates, ", ")
	}
	return ""
}

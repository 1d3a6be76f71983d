// Package schema knows what a property of a CloudFormation resource type means:
// its kind, whether AWS sets it or hides it, whether a list has an order, where
// the tags stand, which properties identify the resource.
//
// The facts are the published resource-type schemas, embedded in compact form (one
// compressed blob per type and an index), so that a start that needs ten types pays
// for ten. What CloudFormation has no type for (an EC2 snapshot, the password policy
// of an account) has a schema of our own, in the folder private, under a name that
// begins with PCF::. They drive validation, typed rules, drift and repair; there are
// no per-type tables elsewhere beyond a short override list. The package imports
// nothing of the project.
package schema

import "slices"

// Kind is a JSON type that a value may have. A node may allow several.
type Kind uint8

// The kinds, as bits: a node with String|Object takes a JSON text or an object.
const (
	Object Kind = 1 << iota
	Array
	String
	Integer
	Number
	Boolean
	Null
)

// Any is the kind of a node whose schema says nothing about its type.
const Any = Object | Array | String | Integer | Number | Boolean | Null

// Order says whether the order of a list carries meaning.
type Order uint8

// The orders. Unspecified is not Ordered: half of the published lists say nothing.
const (
	OrderUnspecified Order = iota
	Ordered                // insertionOrder: true
	Unordered              // insertionOrder: false
)

// Type is the schema of one resource type. It is immutable and safe for concurrent
// use. Property paths are JSON pointers below the properties ("/Tags",
// "/SecurityGroupIngress/*/CidrIp"); "*" stands for any index or key.
type Type struct {
	Name string // AWS::S3::Bucket
	Root *Node  // an object node

	PrimaryIdentifier     []string
	AdditionalIdentifiers [][]string
	ReadOnly              []string
	WriteOnly             []string
	CreateOnly            []string
	ConditionalCreateOnly []string
	Deprecated            []string
	Required              []string // names of required top-level properties
	// Transforms holds propertyTransform expressions by path: what the service turns a
	// declared value into.
	Transforms map[string]string

	// Taggable is true where the schema says so and wherever there is a TagProperty.
	Taggable bool
	// TagProperty is the pointer of the property that holds the tags ("/Tags"), also
	// for the 109 types with a Tags property whose schema does not call them taggable;
	// empty when the type has no tags.
	TagProperty string
	// TagUpdatable is true when tags can be changed without a replacement.
	TagUpdatable bool
}

// Node is one place in a property tree. Nodes are shared and may form cycles (a WAF
// statement contains statements): never walk them without following a value or a
// bounded path.
type Node struct {
	Kinds Kind
	// Properties are the named properties of an object; nil when it has none.
	Properties map[string]*Node
	// Values is the node of an object's free-form values (patternProperties or
	// additionalProperties); nil when only Properties are allowed, or when nothing is
	// said and Open is true.
	Values *Node
	// Open is true for an object of whose properties the schema says nothing.
	Open bool
	// Required are the properties that are asked for whichever alternative is taken.
	Required []string
	// Items is the node of a list's elements; nil when the schema does not say.
	Items       *Node
	Order       Order
	UniqueItems bool
	// Enum are the values that the place takes, nil when it takes others too. Some services
	// do not mind the case.
	Enum       []any
	Default    any // nil when there is none
	HasDefault bool
	// Format is json, date-time, AWS::EC2::VPC.Id, …; of several alternatives the first.
	Format string
	// Name is the name of the shared definition that the node comes from, or "".
	Name string
}

// Lookup returns the schema of a type. It decodes the type on first use and caches
// it; it is safe for concurrent use. ok is false for an unknown type.
func Lookup(name string) (t *Type, ok bool) { return lookup(name) }

// Names returns all type names, sorted. It does not decode anything; the caller must
// not change the slice.
func Names() []string { return names() }

// Known reports whether there is a schema of this name, without decoding it.
func Known(name string) bool {
	_, ok := slices.BinarySearch(names(), name)
	return ok
}

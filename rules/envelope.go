package rules

import (
	"maps"
	"reflect"
	"slices"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// envelopeTexts are the fields of `resource` that are text. Beside them it has created,
// tags and properties.
var envelopeTexts = []string{"type", "id", "arn", "name", "logicalId", "account", "region", "app", "environment", "version", "class", "state"}

// effects are those of a policy statement.
var effects = []string{"Allow", "Deny"}

// classes are what a resource may be, as to its owner: CONTRACT.md, section 5.
var classes = []string{"owned", "stale-version", "orphan", "contested", "attributed", "unmanaged", "shared", "foreign", "unknown"}

// An envelope is the variable `resource`, and every element of a join: what is known of a
// resource besides its properties, and the way to them.
type envelope struct {
	in    *reading
	shape *shape
}

func (e *envelope) text(name string) string {
	r := e.in.resource
	switch name {
	case "type":
		return r.Ref.Type
	case "id":
		return r.Ref.ID
	case "arn":
		return r.ARN
	case "name":
		return r.Name
	case "logicalId":
		return r.LogicalID
	case "account":
		return r.Ref.Account
	case "region":
		return r.Ref.Region
	case "app":
		return r.Owned.App
	case "environment":
		return r.Owned.Environment
	case "version":
		return r.Owned.Version
	case "state":
		return r.State
	}
	return r.Owned.Class
}

// Find implements traits.Mapper.
func (e *envelope) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(key), false
	}
	r := e.in.resource
	root := &place{in: e.in}
	switch name {
	case "properties":
		f, ok := e.shape.fields()["properties"]
		if !ok {
			break
		}
		return &object{place: *root, shape: f, values: r.Properties}, true
	case "tags":
		return e.tags()
	case "created":
		if r.Created.IsZero() {
			return nil, false
		}
		return types.Timestamp{Time: r.Created.UTC()}, true
	case relatedField, referencesField, accountField:
		return &join{in: e.in, field: string(name)}, true
	}
	if !slices.Contains(envelopeTexts, string(name)) {
		return types.NewErr("%s has no field %q", structTitle(e.shape.name), string(name)), false
	}
	text := e.text(string(name))
	if text == "" && r.Declared && (name == "id" || name == "arn" || name == "account" || name == "region") {
		return e.in.run.unknown(&place{in: e.in, up: root, key: string(name)}, &inventory.Unknown{Because: "it is known only after deployment"}), true
	}
	if text == "" && name == "state" {
		return e.in.run.unknown(&place{in: e.in, up: root, key: string(name)}, &inventory.Unknown{Because: "the state was not read"}), true
	}
	return types.String(text), true // a text that is not set reads as ""
}

// tags is the canonical view over every spelling of tags. Tags that could not be read are
// unknown as a whole.
func (e *envelope) tags() (ref.Val, bool) {
	r := e.in.resource
	at := &place{in: e.in}
	for _, part := range schema.SplitPointer(tagProperty(r.Ref.Type)) {
		at = &place{in: e.in, up: at, key: part}
	}
	if r.Tags == nil {
		because := "the tags could not be read"
		if r.Declared {
			because = "the tags are known only after deployment"
		}
		return e.in.run.unknown(at, &inventory.Unknown{Because: because}), true
	}
	all := make(map[string]any, len(r.Tags)+len(r.UnknownTags))
	for k, v := range r.Tags {
		all[k] = v
	}
	for k, u := range r.UnknownTags {
		all[k] = u
	}
	return &mapping{place: *at, elem: textShape, entries: all}, true
}

// tagProperty is the pointer of the property that holds the tags of a type.
func tagProperty(typ string) string {
	if t, ok := schema.Lookup(typ); ok && t.TagProperty != "" {
		return t.TagProperty
	}
	return "/Tags"
}

// Get implements traits.Indexer.
func (e *envelope) Get(key ref.Val) ref.Val { return found(e, key) }

// IsSet implements traits.FieldTester.
func (e *envelope) IsSet(key ref.Val) ref.Val { return isSet(e, key) }

// Contains implements traits.Container.
func (e *envelope) Contains(key ref.Val) ref.Val { return isSet(e, key) }

// Iterator implements traits.Iterable.
func (e *envelope) Iterator() traits.Iterator {
	sorted := slices.Sorted(maps.Keys(e.shape.fields()))
	return &iterator{n: len(sorted), at: func(i int) ref.Val { return types.String(sorted[i]) }}
}

// Size implements traits.Sizer.
func (e *envelope) Size() ref.Val { return types.Int(len(e.shape.fields())) }

// Type implements ref.Val.
func (e *envelope) Type() ref.Type { return e.shape.cel }

// Value implements ref.Val.
func (e *envelope) Value() any { return e }

// Equal implements ref.Val: two envelopes are equal when they are the same resource.
func (e *envelope) Equal(other ref.Val) ref.Val {
	that, ok := other.(*envelope)
	return types.Bool(ok && e.in.resource == that.in.resource)
}

// ConvertToNative implements ref.Val.
func (e *envelope) ConvertToNative(t reflect.Type) (any, error) { return toNative(e, e, t) }

// ConvertToType implements ref.Val.
func (e *envelope) ConvertToType(t ref.Type) ref.Val { return toType(e, t) }

var _ traits.Mapper = (*envelope)(nil)

package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Position is a place in a declared file. Line and Column count from 1; 0 means
// that the place inside the file is not known.
type Position struct {
	File   string
	Line   int
	Column int
}

// String writes file:line:column as far as it is known.
func (p Position) String() string {
	switch {
	case p.File == "":
		return ""
	case p.Line == 0:
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// A Resource is one infrastructure resource, declared or live.
type Resource struct {
	Ref Ref
	// LogicalID is the name in the declaration: logical id, particle name, Terraform
	// address. Empty on live resources.
	LogicalID string
	ARN       string
	Name      string // what people call it: the Name tag or the name property
	// Properties has the schema's names and types (see Properties).
	Properties Properties
	// Tags is the canonical view over every spelling of tags. nil means that the tags
	// could not be read or are unknown as a whole; an empty map means that there are none.
	Tags map[string]string
	// UnknownTags holds the tags whose key is declared and whose value is not known.
	UnknownTags map[string]*Unknown
	Relations   []Relation
	Created     time.Time // zero when not known
	// Unread lists property paths (pointers, "*" for any key or index) that could not
	// or cannot be read. An absent property is "not set" unless it stands below one.
	Unread []string
	// UnreadBecause says why, where more is known than that a reader cannot return it.
	UnreadBecause string
	// Partial marks a declared resource of which other files declare the rest, and perhaps
	// what refers to it: a Terraform plan with the versioning of a bucket, but not the bucket.
	Partial bool
	// Secret lists the pointers of values that their author marked sensitive: they are used
	// and never printed. See [Resource.IsSecret].
	Secret []string
	// State is the lifecycle state as the service names it (running, available, deleting);
	// empty when the type has none.
	State string
	// Foreign says why the resource is AWS's own or an account default ("default VPC",
	// "AWS-managed key"); empty otherwise.
	Foreign string
	// Observed says where the facts come from: an API call or a file.
	Observed string

	// Declared is true for what a file declares and false for what lives (also when
	// it comes from a snapshot file).
	Declared bool
	// Position is where a declared resource stands; Positions has the places of its
	// properties by JSON pointer.
	Position  Position
	Positions map[string]Position
	// Written tells what the author typed from what is put in at deployment: for each value
	// that a function computes (Ref, Fn::Sub), by JSON pointer, the pieces of it that stand in
	// the file, with ${} where something else goes in. A value that is not at or below such a
	// pointer stands in the file as it is.
	Written map[string][]string
	// Exposed lists the pointers of secrets that stand in the file as they are, and that the
	// reader did not keep. They are pointers into the file's own words where no property takes
	// the value.
	Exposed []string

	// Existence says why it is not known whether a declared resource will exist at all (the
	// Condition of a template that is not known); nil when it will. Two resources whose
	// Existence has the same Symbol in one file exist together or not at all.
	Existence *Unknown
	// Alternatives are what a declared resource may be, one for each way in which conditions
	// that are not known (Fn::If) may turn out: whatever is true of all of them is true.
	// Empty when nothing depends on a condition, or on too many. Given says, of an
	// alternative, how they turned out: "IsProd is true and HasLogs is false".
	Alternatives []*Resource
	Given        string

	// Additive lists pointers of declared lists that are only a part of what may stand there:
	// other resources add to them. A further live element is then undeclared, and no drift;
	// any other declared list is meant to be complete, also an empty one.
	Additive []string

	// Owned is set on live resources by engine/owner and on declared ones by their file.
	Owned Ownership
}

// Ownership is what rules see of a resource's owner. engine/owner decides it for
// live resources and keeps the evidence.
type Ownership struct {
	Class       string // a class of CONTRACT.md section 5; empty before attribution
	App         string
	Environment string
	Version     string
	Particle    string
}

// Relation is a reference from one resource to another.
type Relation struct {
	Path string // pointer of the property that refers
	Kind string // hard, soft, implicit or owner: see docs/architecture.md
	To   Ref
}

// PositionOf returns the place of a property, or of its nearest ancestor that has
// one.
func (r *Resource) PositionOf(pointer string) Position {
	for {
		if p, ok := r.Positions[pointer]; ok {
			return p
		}
		i := lastSlash(pointer)
		if i < 0 {
			return r.Position
		}
		pointer = pointer[:i]
	}
}

func lastSlash(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '/' {
			return i
		}
	}
	return -1
}

// KeptBy returns what makes or keeps the resource by the word of its reader, as refs in
// text, sorted: an instance its disk, a replication group its node. (What a property says
// is found again wherever the properties are.)
func (r *Resource) KeptBy() []string {
	var refs []string
	for _, rel := range r.Relations {
		if rel.Kind == "owner" && rel.Path == "" {
			refs = append(refs, rel.To.String())
		}
	}
	slices.Sort(refs)
	return refs
}

// IsUnread reports whether the property at pointer stands at or below an unread path.
func (r *Resource) IsUnread(pointer string) bool {
	return slices.ContainsFunc(r.Unread, func(p string) bool { return schema.MatchPointer(p, pointer) })
}

// IsSecret reports whether the value at pointer must never be printed: what the schema or
// its name makes a secret, and what its author marked sensitive, with all that stands below.
func (r *Resource) IsSecret(pointer string) bool {
	t, _ := schema.Lookup(r.Ref.Type)
	return schema.IsSensitive(t, pointer) || slices.ContainsFunc(r.Secret, func(p string) bool { return schema.MatchPointer(p, pointer) })
}

// HoldsSecret reports whether a value that its author marked sensitive stands at, above or
// below pointer.
func (r *Resource) HoldsSecret(pointer string) bool {
	return slices.ContainsFunc(r.Secret, func(p string) bool { return schema.MatchPointer(p, pointer) || schema.MatchPointer(pointer, p) })
}

// HideSecrets returns a text for people without the values that the author of the resource
// marked sensitive.
func (r *Resource) HideSecrets(text string) string {
	for _, p := range r.Secret {
		v, _ := At(r.Properties, p)
		Walk(p, v, func(_ string, e any) bool {
			if s, ok := scalarText(e); ok && len(s) > 2 { // less tells nothing
				text = strings.ReplaceAll(text, s, Sensitive)
			}
			return true
		})
	}
	return text
}

// Label is the shortest text by which a person finds the resource: the logical id
// of a declared one, else its id.
func (r *Resource) Label() string { return cmp.Or(r.LogicalID, r.Ref.ID, r.Name) }

// CompareResources orders by ref, then logical id, then position.
func CompareResources(a, b *Resource) int {
	return cmp.Or(
		a.Ref.Compare(b.Ref),
		cmp.Compare(a.LogicalID, b.LogicalID),
		cmp.Compare(a.Position.File, b.Position.File),
		cmp.Compare(a.Position.Line, b.Position.Line),
		cmp.Compare(a.Position.Column, b.Position.Column),
	)
}

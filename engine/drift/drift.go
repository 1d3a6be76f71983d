// Package drift compares what is declared with what lives. Only what is declared can
// drift: an undeclared live value is a second tier. A normaliser can only make two
// values equal for a stated reason, and the reason is recorded. It is pure.
package drift

import "github.com/pcf-scan/pcf-scan/inventory"

// Class is the verdict on one declared resource.
type Class string

// The classes (CONTRACT.md section 5).
const (
	InSync        Class = "in-sync"
	Changed       Class = "changed"
	Missing       Class = "missing"
	StateMismatch Class = "state-mismatch"
	VersionSkew   Class = "version-skew"
	OwnerConflict Class = "owner-conflict"
	Ambiguous     Class = "ambiguous"
	Unverifiable  Class = "unverifiable"
)

// Classes lists all classes in the order of reports.
var Classes = []Class{InSync, Changed, Missing, StateMismatch, VersionSkew, OwnerConflict, Ambiguous, Unverifiable}

// Kind says how one value differs.
type Kind string

// The kinds of a change.
const (
	Differs    Kind = "differs"     // nothing was recorded: who moved is not known
	OutOfBand  Kind = "out-of-band" // the live value moved
	Pending    Kind = "pending"     // the declaration moved and was not applied yet
	Conflict   Kind = "conflict"    // both moved
	Undeclared Kind = "undeclared"  // live only
	Reordered  Kind = "reordered"   // same elements, other order, and the order may matter
	WriteOnly  Kind = "write-only"  // cannot be read back
)

// A Change is one difference at one property.
type Change struct {
	Path     string // JSON pointer
	Declared any    // nil when undeclared
	Live     any    // nil when absent
	Kind     Kind
	// Info marks a change that is shown and never counts as drift (reordered, undeclared
	// without danger).
	Info        bool
	Replacement string // no, maybe, yes
	Reason      string // what is finer than the kind
}

// Unverified is a declared path that could not be compared, and why.
type Unverified struct {
	Path    string
	Because string
}

// Normalised records that two values were made equal by a normaliser.
type Normalised struct {
	Path string
	Pass string // the name of the pass, as `explain` shows it
}

// A Drift is the comparison of one particle with the live world.
type Drift struct {
	Particle   *inventory.Particle
	Live       *inventory.Resource // nil when missing or not readable
	Class      Class
	Reason     string // what is finer than the class: a gap reason, transient, not-rolled-out, …
	Changes    []Change
	Unverified []Unverified
	Normalised []Normalised
	Compared   int // declared leaves that were compared
	Declared   int // declared leaves in all
}

// A Pair is a particle with the live resources that match it. More than one is
// ambiguous.
type Pair struct {
	Particle *inventory.Particle
	Live     []*inventory.Resource
	By       string // id, tag, identifier: how the match was found
}

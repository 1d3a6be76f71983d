// Package drift compares what is declared with what lives.
//
// Two principles keep it both quiet and honest. Only what is declared can drift: an
// undeclared live value is a second tier, shown as information, save where it opens a door
// (a rule, a policy, public access). And a normaliser can only make two values equal for a
// stated reason, which is recorded: list order where the schema says that there is none,
// "80" and 80 where it wants a number, a policy written in another form.
//
// What cannot be compared is neither equal nor different. An unknown declared value, a path
// that the reader cannot return, a write-only password, a type outside the scope: each is
// said, and none of them ever counts as in sync, changed or missing.
//
// Where a record says what was last applied, three sides are compared and the kind of a
// change says who moved: the world, the declaration, or both (moved.go).
//
// The comparison follows the declared value down the schema of its type, so there are no
// tables per type but a few: security group rules (rules.go), policy documents (policy.go),
// other spellings of one value (spelling.go, transform.go), what services keep by themselves
// (managed.go), lifecycle states (state.go) and what is dangerous undeclared
// (undeclared.go). The package is pure: same inputs, same answer.
package drift

import (
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
)

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

// The reasons that make a class finer, beside the reasons of gaps (inventory.GapReason).
const (
	OutOfScope       = "out-of-scope"        // unverifiable: the run did not look there
	ExistenceUnknown = "existence-unknown"   // unverifiable: a condition decides whether it exists
	TagsUnread       = "tags-unread"         // unverifiable: it may be one whose tags could not be read
	ParentUnknown    = "parent-not-known"    // unverifiable: part of a resource that was not found
	Transient        = "transient"           // unverifiable: the resource is changing right now
	ValuesUnread     = "unread"              // unverifiable: a declared property cannot be read
	ValuesUnknown    = "unknown-values"      // unverifiable: a declared value is not known
	OnlyWriteOnly    = "write-only"          // unverifiable: nothing declared can be read back
	NotRolledOut     = "not-rolled-out"      // version-skew: an older version lives
	StaleDeclaration = "stale-declaration"   // version-skew: a newer version lives
	DeletedOutOfBand = "deleted-out-of-band" // missing: it was applied once, and somebody deleted it
	MissingInput     = "missing-input"       // missing: a shared resource that the app takes as an input
	OrderUnknown     = "unordered-versions"  // version-skew: the versions cannot be ordered
)

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

// The reasons of a change that the record of what was applied gives.
const (
	ToRemove     = "to-remove"     // pending, conflict: it was applied and is declared no longer
	PendingWrite = "pending-write" // write-only: the declaration says another value than was applied
)

// The values of Change.Replacement: whether the service can change the value in place.
const (
	ReplaceNo    = "no"
	ReplaceMaybe = "maybe"
	ReplaceYes   = "yes"
)

// A Change is one difference at one property. Sensitive values are masked.
type Change struct {
	Path     string // JSON pointer; a tag stands at /Tags/<key>, an extra list element at its list
	Declared any    // nil when undeclared
	Live     any    // nil when absent
	Kind     Kind
	// Info marks a change that is shown and never counts as drift (reordered, write-only,
	// undeclared without danger).
	Info        bool
	Replacement string // no, maybe, yes
	Reason      string // what is finer than the kind; of an ignored change the rule's reason

	managed bool // a service keeps the value itself: see selfManaged
	secret  bool // the element that it stands in is named like a secret
}

// Unverified is a declared path that could not be compared, and why.
type Unverified struct {
	Path    string
	Because string
}

// Normalised records that two values were made equal by a normaliser.
type Normalised struct {
	Path string
	Pass string // the name of the pass, as `explain` shows it: see passes.go
}

// A Drift is the comparison of one particle with the live world.
type Drift struct {
	Particle *inventory.Particle
	Target   inventory.Target    // where it is expected; zero when anywhere in the scope
	Live     *inventory.Resource // nil when missing, ambiguous or not readable
	Class    Class
	Reason   string // what is finer than the class
	// LiveVersion is the version that the live resource's tags name, when it is another.
	LiveVersion string
	Changes     []Change
	Unverified  []Unverified
	Normalised  []Normalised
	// Ignored are the changes that an ignore rule of the particle covers; each carries the
	// rule's reason. UnusedIgnores are its rules that covered nothing.
	Ignored       []Change
	UnusedIgnores []inventory.Ignore
	Compared      int // declared leaves that were compared
	Declared      int // declared leaves in all
}

// A Pair is a particle with the live resources that match it. More than one is
// ambiguous. The engine makes it of what engine/owner found.
type Pair struct {
	Particle *inventory.Particle
	Target   inventory.Target // where it is expected; zero when once anywhere in the scope
	Live     []*inventory.Resource
	By       string // id, tag, upgrade, identifier: how the match was found
	// LiveVersion is the version that the tags of the match name, when it is another.
	LiveVersion string
	Conflict    string // which other claim stands against the match; empty when none does
	Doubt       string // the reason not to trust that nothing matches; empty when there is none
	// Input marks an input of the app: it has to be there, and that is all. Its particle
	// stands for the input only and has no other use.
	Input bool
	// Applied is what was last applied to the resource, by our own record; nil when nothing
	// was recorded.
	Applied *inventory.Applied
}

// Context is what a comparison needs to know beside the pair.
type Context struct {
	// Live says what was looked at: what it does not cover is unverifiable, never missing.
	Live *inventory.Snapshot
	Now  time.Time // decides which ignore rules have run out
	// Pairs are all pairs of the run, where references between particles are looked up and
	// rules and attachments that are declared apart are found. CompareAll sets it.
	Pairs []Pair
	// Mask puts in place of secrets what the records of Applied hold in their place, so that
	// the two can be compared. It may be nil when no record holds a secret.
	Mask func(typ string, properties inventory.Properties) inventory.Properties
	// Ignore evaluates the `when` of an ignore rule: true means that the difference is
	// legitimate. It may be nil when no rule has one; the CEL lives in package rules.
	Ignore func(expr string, value, declared any, live map[string]any) (bool, error)
}

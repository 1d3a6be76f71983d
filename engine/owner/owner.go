// Package owner says whose a live resource is.
//
// Ownership is never one boolean. Every observation is a claim with a rank: an id that a
// particle writes, or our record of what was applied (1), our own tags (2), the listing of a
// CloudFormation stack (3), a Terraform state (4), a controller or parent that keeps the
// resource (5), what only an app's resources use (6), the owner tags that a company uses
// anyway (7), an identifier that merely stands in declared properties (8), a name that
// begins like an app's (10). The first five own; the others only say whom to tell. The class
// follows from all claims together, and the claims are kept as evidence, for and against, so
// that a person can follow the verdict.
//
// One class is dangerous: an orphan may later be deleted. It takes our own earlier claim
// on the resource, a complete declaration, and a version that is retired or no longer
// declares the particle. Every doubt leads away from it: what could not be read makes a
// resource unknown, a second claim makes it contested, shared or attributed.
//
// The package is pure: same inputs in any order, same answer.
package owner

import (
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Class is the answer to "whose is it?".
type Class string

// The classes. Only Orphan is ever a candidate for deletion by ownership.
const (
	Owned        Class = "owned"         // an active app version declares it, or its tags say so
	StaleVersion Class = "stale-version" // tagged by a version that is neither active nor retired
	Orphan       Class = "orphan"        // it was an app's, and no living version declares it
	Contested    Class = "contested"     // two strong claims disagree
	Attributed   Class = "attributed"    // weak claims only: report to that owner, never act
	Unmanaged    Class = "unmanaged"     // no claim at all
	Shared       Class = "shared"        // named as an input: checked, never acted on
	Foreign      Class = "foreign"       // AWS's own, an account default, or another account's
	Unknown      Class = "unknown"       // a source that is needed could not be read
)

// Classes lists all classes in the order of reports.
var Classes = []Class{Owned, StaleVersion, Orphan, Contested, Attributed, Unmanaged, Shared, Foreign, Unknown}

// The reasons that make a class finer. A class without a reason is the plain case.
const (
	VersionSkew         = "version-skew"     // owned: another version's tags stand on it (an upgrade in place)
	OutsideTargets      = "outside-targets"  // owned: the tags are right and the account or region is not a target
	ByParent            = "parent"           // owned or attributed as the resource that it belongs to
	OfStack             = "stack"            // owned: a stack that the app declares keeps it
	OnlyUser            = "only-user"        // attributed: nobody but the app's resources uses it
	VersionRetired      = "version-retired"  // orphan
	ParticleRemoved     = "particle-removed" // orphan
	Adoptable           = "adoptable"        // attributed: a declared identifier names it; `id:` or `tag --adopt` owns it
	NoApp               = "no-app"           // attributed: declared in a file that belongs to no app
	CopiedTags          = "copied-tags"      // attributed: our tags on a type that the particle is not declared with
	IncompleteTags      = "incomplete-tags"  // attributed: our tags without a particle
	OwnerTags           = "owner-tags"       // attributed: tags such as owner or team
	ClaimsDisagree      = "claims-disagree"  // contested
	TagsUnread          = "tags-unread"      // unknown
	AppUnknown          = "app-not-known"    // unknown: neither a declaration nor the register knows the app there
	NotDeclared         = "declaration-missing"
	NotComplete         = "declaration-incomplete"
	InventoryIncomplete = "inventory-incomplete"  // unknown: where it lives, not everything could be read
	TagsIncomplete      = "owner-tags-incomplete" // of a pair: a resource of the type has lost one of its owner tags
	Ending              = "ending"                // foreign: it is going or gone, and needs nobody for that
	StillManaged        = "still-managed"         // a stack or controller keeps it, and was not read
)

// Evidence is one claim or one fact that decided a class.
type Evidence struct {
	Source string `json:"source"` // id, tag, identifier, owner-tag, input, default, declaration, register, …
	Rank   int    `json:"rank"`   // 1 (strongest) to 10; 0 for facts that are not claims
	Detail string `json:"detail"` // a sentence for people
}

// An Attribution is the owner of one live resource, with the evidence, strongest first.
type Attribution struct {
	Resource    *inventory.Resource
	Class       Class
	App         string
	Environment string
	Version     string // the version that owns it now; of a leftover the version that did
	Particle    string
	// LiveVersion is the version that the resource's own tags name, when it differs from
	// Version: drift reports it as version-skew.
	LiveVersion string
	Reason      string // one of the reasons above, or empty
	Evidence    []Evidence
}

// Input is all that an attribution depends on.
type Input struct {
	Declaration *inventory.Declaration // nil is an empty one
	Live        *inventory.Snapshot    // nil is an empty one
	Applied     []inventory.Applied    // our records of what was applied, in any order
	Now         time.Time              // decides which tombstones have come into force
}

// Result is the owner of everything that lives, and the live side of everything declared.
type Result struct {
	// Attributions has one entry for each live resource, sorted by ref.
	Attributions []*Attribution
	// Pairs has an entry for each particle of an active version, and for each of its
	// targets where it has several; sorted by app, environment, version, name, target. The
	// inputs of active versions follow, in the same order.
	Pairs []Pair
	// Gaps are active versions of the register whose declaration was not found.
	Gaps []inventory.Gap
}

// A Pair is a particle with the live resources that match it: none when nothing does,
// more than one when it is ambiguous which is meant.
type Pair struct {
	Particle *inventory.Particle
	// Target is where the particle is expected; zero when it is expected once in the scope.
	Target inventory.Target
	Live   []*inventory.Resource
	By     string // ByID, ByRecord, ByTag, ByStack, ByUpgrade or ByIdentifier; empty without a match
	// LiveVersion is the version that the tags of the match name, when it is another.
	LiveVersion string
	// Conflict says which other claim stands against the match; empty when none does.
	Conflict string
	// Doubt is the reason not to trust that nothing matches, of a pair without a match: what
	// could be it was left alone. Empty when there is none.
	Doubt string
	// Input marks an input of the app. Its particle stands for the input in reports only and
	// nothing may act on it; Live is the shared resource.
	Input bool
	// Applied is the record of what was last applied to the match, or would have been its
	// match when nothing is found; nil when there is no record.
	Applied *inventory.Applied
}

// How a particle found its live resource. All but the last own it.
const (
	ByID         = "id"         // a written id, or that of a Terraform state
	ByRecord     = "record"     // our record of what was applied
	ByTag        = "tag"        // all four owner tags
	ByStack      = "stack"      // the listing of the stack that declares it
	ByUpgrade    = "upgrade"    // owner tags of another version that left no better match
	ByIdentifier = "identifier" // an identifier in the declared properties: serves drift only
)

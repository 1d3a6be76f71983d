// Package owner says whose a live resource is. Ownership is never one boolean: each
// observation is a claim with a rank, and the class follows from all claims together
// (SAFETY in docs/safety.md). It is pure: same inputs, same answer.
package owner

import "github.com/pcf-scan/pcf-scan/inventory"

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

// Evidence is one claim or one fact that decided a class.
type Evidence struct {
	Source string `json:"source"` // id, tag, identifier, input, default, register, …
	Rank   int    `json:"rank"`   // 1 (strongest) to 10; 0 for facts that are not claims
	Detail string `json:"detail"`
}

// An Attribution is the owner of one live resource, with the evidence, strongest first.
type Attribution struct {
	Resource    *inventory.Resource
	Class       Class
	App         string
	Environment string
	Version     string // the version that owns it now
	Particle    string
	// LiveVersion is the version that the resource's own tags name, when it differs from
	// Version: drift reports it as version-skew.
	LiveVersion string
	Reason      string // version-retired, particle-removed, adoptable, …: enumerated below
	Evidence    []Evidence
}

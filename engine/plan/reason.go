package plan

// Reason says why an action is planned, or why none is.
type Reason string

// Why something is done.
const (
	Drifted        Reason = "drifted"         // properties or tags differ from the declaration
	NotThere       Reason = "missing"         // declared, and nothing lives
	Unfinished     Reason = "unfinished"      // an earlier run began to create it, and ended in the middle
	StateDiffers   Reason = "state-mismatch"  // declared running and stopped, or the other way
	OwnerTags      Reason = "owner-tags"      // the owner tags are absent or wrong
	Adopted        Reason = "adopted"         // a declared identifier names it, and --adopt was given
	VersionSkew    Reason = "version-skew"    // everything fits the new version but its tag; also a refusal of `tag`
	VersionRetired Reason = "version-retired" // an orphan
	ParticleGone   Reason = "particle-removed"
	NonCompliant   Reason = "non-compliant"
	TakenBack      Reason = "undo"     // a person takes back what a run did
	Detached       Reason = "detached" // a reference is taken out of a ring, so that there is an order
	Rescue         Reason = "rescued"  // the reason of a mark is gone
	Gone           Reason = "gone"     // what was marked is not there any more
)

// Why a candidate stays, beside those of below that hold for repairs too.
const (
	Incomplete     Reason = "incomplete"         // a place that could hold an owner or a referrer was not read
	Claimed        Reason = "claimed"            // somebody else may own it: a declaration, a stack, a weak claim
	ReferredTo     Reason = "referred-to"        // what stays refers to it
	RingClosed     Reason = "ring"               // it and another refer to each other, and no restorable step parts them
	NotNoticed     Reason = "not-notified"       // nobody has acknowledged the notice
	TooFewLooks    Reason = "too-few-looks"      // not yet in enough complete observations
	ConsentMissing Reason = "consent-missing"    // it holds data, or only a rule wants it gone, and nobody agreed
	AccountNot     Reason = "account-not-listed" // reap.accounts does not list its account
	Changed        Reason = "changed"            // it does not look as when it was marked
	OverCap        Reason = "over-cap"           // the run stopped at a cap
)

// Why something is not done. Those of never.go have no switch.
const (
	NotManaged       Reason = "not-managed"           // the particle does not manage this verb
	NotOwned         Reason = "not-owned"             // foreign, shared, contested, only attributed, …
	Adoptable        Reason = "adoptable"             // a declared identifier names it: write `id:` or use tag --adopt
	AmbiguousMatch   Reason = "ambiguous"             // several live resources could be meant
	OwnerConflict    Reason = "owner-conflict"        // another claim stands against the match
	BothMoved        Reason = "conflict"              // declaration and live value both moved
	NotDeclared      Reason = "undeclared"            // a live value that nobody declares: declare it or remove it by hand
	NotVerifiable    Reason = "unverifiable"          // it could not be compared
	InGap            Reason = "gap"                   // the inventory has a gap where it lives
	OtherAccount     Reason = "other-account"         // it lives outside the account of the plan
	PlaceUnknown     Reason = "place-not-known"       // nothing says in which account or region to create it
	InputMissing     Reason = "missing-input"         // a shared resource is the business of others
	Unsupported      Reason = "unsupported"           // no writer for the type or property
	Untaggable       Reason = "untaggable"            // the type has no tags, or they cannot be changed
	TagsUnread       Reason = "tags-unread"           // which tags there are is not known
	TagLimit         Reason = "tag-limit"             // the service allows no more tags
	TagCharacters    Reason = "tag-characters"        // the service does not take a key or value
	StaleDeclaration Reason = "stale-declaration"     // a newer version lives than is declared
	UnorderedSkew    Reason = "unordered-versions"    // which of two versions is newer cannot be told
	NeedsReaper      Reason = "left-to-the-reaper"    // it should not live
	NotStartable     Reason = "state-not-repairable"  // failed, going away, or a state without a way back
	NeedRefused      Reason = "needs-refused-action"  // what it refers to is not created
	Circular         Reason = "circular-references"   // the resources to create refer to each other in a ring
	ChangedSince     Reason = "changed-since"         // it is not any more as the run that is undone left it
	Irreversible     Reason = "irreversible"          // there is no way back from it
	ByHand           Reason = "part-of-another"       // a part whose owner is repaired by hand
	Replacement      Reason = "replacement-needed"    // 1: only a new resource could have the value
	StatefulGone     Reason = "stateful-existed"      // 1: it existed and held data: restore it instead
	SwitchOff        Reason = "switch-off"            // 1: turns off a key, a trail, a recorder
	LockOut          Reason = "lock-out"              // 2: trust policy, boundary, organisation policy
	OwnIdentity      Reason = "own-identity"          // 2: what this program itself runs as
	Widening         Reason = "widening"              // 3: gives access that is not there
	EncryptionKey    Reason = "encryption-key"        // 4
	Downgrade        Reason = "downgrade"             // 4: an older engine
	Shrink           Reason = "shrink"                // 4: less storage
	Protected        Reason = "protected"             // 5: protection, lock or hold on the resource
	OtherManager     Reason = "other-manager"         // 6: a stack, a controller or AWS keeps it
	LowConfidence    Reason = "matched-by-identifier" // 7
	ValueUnknown     Reason = "value-not-known"       // 8: unknown, masked or secret
	Routing          Reason = "routing"               // 9: routes, network ACLs, DNS
	Transitional     Reason = "transitional"          // 10: it is changing right now
)

package plan

import (
	"errors"
	"fmt"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// ReapInput is all that a plan to reap depends on. The moment of judgement is
// Header.CreatedAt. What is left at its zero value never allows more: no cap is a cap of
// zero, no ability is none.
type ReapInput struct {
	Header
	// Live is the world with its relations resolved (relation.Resolve), and Attributions say
	// whose everything in it is. A resource without an attribution is nobody's candidate.
	Live         *inventory.Snapshot
	Attributions []*owner.Attribution
	// Pairs are those of engine/owner: what living versions declare, with its matches.
	Pairs       []owner.Pair
	Declaration *inventory.Declaration
	// DeclarationGaps are the places of the declared side that were not found or read, those
	// of engine/owner included. Malformed inputs belong here too.
	DeclarationGaps []inventory.Gap
	// Verdicts are what the rules with `action: reap` said of live resources.
	Verdicts []Verdict
	Ledger   Facts

	// App and Environment narrow the plan; empty is any.
	App, Environment string
	// Grace is the time from the mark to the deletion.
	Grace time.Duration
	// Teardown asks for the end of the retired versions of App now, without a grace.
	Teardown bool
	Caps     Caps
	// AcceptFewer says that a person knows why there is so much less than at the last run.
	AcceptFewer bool
	Consents    []Consent
	Protect     []Protection
	// Accounts are those in which something may be deleted; empty allows only that of the
	// caller, which CallerAccount names.
	Accounts      []string
	CallerAccount string
	// Self names what the program runs as and needs: ARNs, names and ids of its role or user,
	// its policies and boundary, its state, lock, key and log.
	Self []string
	// Reads says of a type whether this program can read it at all: what can be read and was
	// not might refer to a candidate. nil is that every type can.
	Reads func(typ string) bool
	// Can says why there is no code to do something with a type, or ""; nil is that there is
	// none. It is asked for Delete, Backup and, with a path, Update.
	Can Can
	// Isolation returns what holds a live resource in quarantine: a patch, or to stop it. nil
	// holds nothing.
	Isolation func(live *inventory.Resource) (patch []Change, stop, ok bool)
	// Prices are costs of a month by type; nil when none were given.
	Prices Prices
}

// A Verdict is what one rule with `action: reap` said of one live resource. Only a definite
// failure is one; who was waived or could not be judged has none.
type Verdict struct {
	Resource inventory.Ref
	Rule     string
	Message  string
}

// Facts are what the ledger knows, by ref as text. Tags and files have no say in them.
type Facts struct {
	// New is true when there is no ledger yet: nothing but marks is planned then.
	New   bool
	Marks map[string]MarkFact
	Seen  map[string]SeenFact
	// Deleted are the times of the deletions of the last days, in any order.
	Deleted []time.Time
	// Counts are the Reaping.Counts of the last complete run, less what was deleted since.
	Counts map[string]int
}

// A MarkFact is a mark in force. Times are zero for what did not happen.
type MarkFact struct {
	Incarnation string
	Reason      Reason
	Looks       string // the fingerprint at the mark, or after the quarantine; empty when not known
	At          time.Time
	Noticed     time.Time // an acknowledged notice
	Told        time.Time // the earliest end that this notice promised; zero when it named none
	Quarantined time.Time
	BackedUp    time.Time // a backup that was seen to be available
	Backup      string    // its ref
}

// A SeenFact counts the complete observations as a candidate without a break.
type SeenFact struct {
	Incarnation string
	First       time.Time
	Count       int
}

// A Consent is somebody's agreement to a deletion. Every field is a glob, empty is any,
// but for Reason and Approver, which are texts; Rule consents to reaping what fails it.
type Consent struct {
	App, Type, Rule, Resource string
	Reason, Approver          string
	Expires                   time.Time
}

// A Protection names resources that are never touched. Type and ID are globs (ID is matched
// against id, ARN and name); Tags are keys with a glob for the value. All that is given must
// match, and a value that cannot be read matches.
type Protection struct {
	Type, ID string
	Tags     map[string]string
}

// Caps bound the deletions of a run, and those of 24 hours.
type Caps struct {
	Delete  Cap // --max-delete
	PerType Cap // --max-per-type
	Percent Cap // --max-percent, of the resources in scope, and at least one when it is not 0
}

// A Cap is a number, or none. The zero value is 0: it allows nothing.
type Cap struct {
	N         int
	Unlimited bool
}

// DefaultCaps are those in force when no flag says otherwise.
var DefaultCaps = Caps{Delete: Cap{N: 25}, PerType: Cap{N: 10}, Percent: Cap{N: 5}}

// DefaultGrace is the time from mark to deletion, MinGrace the least that is taken outside
// of a teardown, Hold the last part of the grace, which is spent in quarantine.
const (
	DefaultGrace = 14 * 24 * time.Hour
	MinGrace     = 24 * time.Hour
	Hold         = 3 * 24 * time.Hour
)

// Observations is how many complete runs must have seen a candidate before it goes, the one
// that deletes it included.
const Observations = 3

// Prices is what a resource of a type costs in a month, in the currency of whoever wrote
// them down.
type Prices map[string]float64

// Reaping is what a plan to reap says beside its actions.
type Reaping struct {
	Grace time.Duration `json:"grace"`
	// Candidates are all that were seen, those that wait and those that are blocked too,
	// sorted by ref.
	Candidates []Candidate `json:"candidates"`
	// Rescued were candidates before and are none now, without ever having had a mark. Of
	// those with a mark there is an Unmark.
	Rescued []Place `json:"rescued"`
	// Counts are how many resources each complete cell holds ("account/region/type"), and
	// how many of them have no tags (the same with "#untagged").
	Counts map[string]int `json:"counts"`
	// Stopped says why the whole run ends before its first action, but for ends of marks, and
	// which flag says otherwise; empty when it does not.
	Stopped string `json:"stopped,omitempty"`
	// Monthly is what the candidates cost in a month; nil without prices.
	Monthly *float64 `json:"monthly,omitempty"`
}

// CandidateState is how far a candidate is on its way out.
type CandidateState string

// The states of a candidate that a plan sees.
const (
	Seen        CandidateState = "candidate"   // it has no mark
	Marked      CandidateState = "marked"      // it has one, and nobody acknowledged the notice
	Notified    CandidateState = "notified"    // its grace runs
	Quarantined CandidateState = "quarantined" // it is held
	BackedUp    CandidateState = "backed-up"
	Due         CandidateState = "due" // this plan deletes it
	Kept        CandidateState = "blocked"
)

// A Candidate is a resource that could go.
type Candidate struct {
	Resource    Place          `json:"resource"`
	Incarnation string         `json:"incarnation"`
	Looks       string         `json:"looks"` // its Fingerprint
	State       CandidateState `json:"state"`
	Reason      Reason         `json:"reason"`
	Rule        string         `json:"rule,omitempty"` // of reason non-compliant
	Detail      string         `json:"detail,omitempty"`
	// For is whose it was; Owner is whom to tell, as the declaration or a tag says it.
	For   *Identity `json:"for,omitempty"`
	Owner string    `json:"owner,omitempty"`
	// Evidence speaks for its going, Against for its staying.
	Evidence []string `json:"evidence"`
	Against  []string `json:"against,omitempty"`
	// Referrers are refs of who refers to it.
	Referrers    []string   `json:"referrers,omitempty"`
	FirstSeen    *time.Time `json:"firstSeen,omitempty"`
	MarkedAt     *time.Time `json:"markedAt,omitempty"`
	NotifiedAt   *time.Time `json:"notifiedAt,omitempty"`
	HeldAt       *time.Time `json:"heldAt,omitempty"`
	Observations int        `json:"observations"` // complete ones, this one included
	// GoesAt is the earliest time of its deletion as far as it is known now.
	GoesAt  *time.Time `json:"goesAt,omitempty"`
	Monthly *float64   `json:"monthly,omitempty"`
}

// ErrPlanStopped says that a plan to reap ended at a bound: nothing is done but, at a cap, to end
// the marks of what is no candidate any more.
var ErrPlanStopped = errors.New("the whole run stops before its first action")

// Reap plans what the reaper does now: marks for new candidates, the end of marks whose
// reason is gone, quarantine for those whose time is near, and deletion, in an order that
// hurts nobody, of those whose time has come. It is an error to ask for a grace under
// MinGrace outside of a teardown. Where a bound stops the run, the plan has no actions, or ends
// marks only, and Reaping.Stopped says why.
func Reap(in ReapInput) (*Plan, error) {
	switch {
	case in.Account == "" || in.CreatedAt.IsZero():
		return nil, errors.New("plan to reap: it takes an account and the time")
	case in.Teardown && in.App == "":
		return nil, errors.New("plan to reap: a teardown is of one app: name it (--app)")
	case !in.Teardown && in.Grace < MinGrace:
		return nil, fmt.Errorf("plan to reap: a grace of %s is less than %s, which only the teardown of a retired app may have (--app NAME --grace 0)", in.Grace, MinGrace)
	}
	r := newReap(in)
	r.judge()
	r.cells()
	r.keepReferredTo()
	r.schedule()
	r.order()
	r.bound()
	return r.plan()
}

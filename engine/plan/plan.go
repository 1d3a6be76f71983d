// Package plan turns what was found into what would be done about it.
//
// A [Plan] is a list of actions in the order in which they may happen, and as important, a
// list of refusals: whatever was asked for and is not done stands there with the reason.
// Nothing is planned from a doubt. A value that is not known, a cell of the inventory that
// could not be read, a match that rests on a name, a repair that would open a door: each of
// them is refused, by rules that are written in code and have no switch.
//
// Each action names the one resource that it may change, the incarnation of it (so that a
// new resource under the old name is left alone) and a fingerprint of how it looked. Who
// applies the plan looks again right before the call, and passes over what has changed.
//
// The digest covers everything in the plan, so that exactly what was shown and approved is
// what is done. The package is pure: it reads no clock, and same inputs give the same bytes.
package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Verb is what an action does.
type Verb string

// The verbs (CONTRACT.md section 5). Create, Update, Start, Stop and Tag repair; the others
// are the steps on the way of a candidate out of the world.
const (
	Tag        Verb = "tag"
	Create     Verb = "create"
	Update     Verb = "update"
	Start      Verb = "start"
	Stop       Verb = "stop"
	Mark       Verb = "mark"
	Unmark     Verb = "unmark"
	Quarantine Verb = "quarantine"
	Backup     Verb = "backup"
	Delete     Verb = "delete"
)

// Place names the resource of an action or a refusal. ID is empty for what is to be created.
type Place struct {
	Partition string `json:"partition"`
	Type      string `json:"type"`
	ID        string `json:"id,omitempty"`
	LogicalID string `json:"logicalId,omitempty"` // the name in the declaration
	Account   string `json:"account"`
	Region    string `json:"region"`
	ARN       string `json:"arn,omitempty"`
}

// Ref returns the place as a ref.
func (p Place) Ref() inventory.Ref {
	return inventory.Ref{Partition: p.Partition, Account: p.Account, Region: p.Region, Type: p.Type, ID: p.ID}
}

// Elsewhere reports whether the ARN of a place, or an identifier that is one, lies in another
// account or partition than the place says.
func (p Place) Elsewhere() bool {
	return slices.ContainsFunc([]string{p.ARN, p.ID}, func(arn string) bool {
		parts := strings.SplitN(arn, ":", 6)
		return len(parts) == 6 && parts[0] == "arn" && (parts[1] != p.Partition || parts[4] != "" && parts[4] != p.Account)
	})
}

// PlaceOf returns the place of a live resource; logicalID may be empty.
func PlaceOf(r *inventory.Resource, logicalID string) Place {
	return Place{
		Partition: r.Ref.Partition, Type: r.Ref.Type, ID: r.Ref.ID, LogicalID: logicalID,
		Account: r.Ref.Account, Region: r.Ref.Region, ARN: r.ARN,
	}
}

// An Identity is the particle that an action serves.
type Identity struct {
	App         string `json:"app"`
	Environment string `json:"environment,omitempty"`
	Version     string `json:"version"`
	Particle    string `json:"particle"`
}

// A Change sets one value. A patch never points into a list: lists are replaced as a whole,
// because their order differs between two reads.
type Change struct {
	// Path is a JSON pointer below the properties; of a tag it is /Tags/<key>, whatever the
	// type calls its tags.
	Path string `json:"path"`
	// Tag is the key when the change is one of a tag: From and To are then texts.
	Tag  string `json:"tag,omitempty"`
	From any    `json:"from"` // nil is absent
	To   any    `json:"to"`   // nil removes
}

// A Step names one thing beside the call itself that an action may do, and on which id: a
// rule revoked from a group, the versions of a bucket. Nothing else may be touched.
type Step struct {
	Name string `json:"name"`
	Type string `json:"type"`
	ID   string `json:"id"`
}

// An Action is one change of one resource.
type Action struct {
	ID       string `json:"id"`
	Verb     Verb   `json:"verb"`
	Resource Place  `json:"resource"`
	// For is the particle; nil when the resource belongs to none.
	For *Identity `json:"for,omitempty"`
	// Incarnation tells the resource from a later one of the same name; empty for Create.
	Incarnation string   `json:"incarnation,omitempty"`
	Reason      Reason   `json:"reason"`
	Detail      string   `json:"detail,omitempty"`
	Evidence    []string `json:"evidence,omitempty"`
	// Patch is what Update and Tag change, sorted by path.
	Patch []Change `json:"patch,omitempty"`
	// Properties are those of a resource to create. A reference to one that is created
	// before stands as {"pcf:reference": "Ref Name"}; see Resolve.
	Properties map[string]any `json:"properties,omitempty"`
	// Tags are the owner tags of a resource to create.
	Tags  map[string]string `json:"tags,omitempty"`
	Steps []Step            `json:"steps,omitempty"`
	// Precondition is the Fingerprint that the resource must still have; empty for Create,
	// whose precondition is that nothing is there.
	Precondition string `json:"precondition,omitempty"`
	// Claims are the owner tags of ours that the resource had (see Claims): the fingerprint
	// leaves them out, and whose it is must not have changed either.
	Claims     map[string]string `json:"claims,omitempty"`
	Needs      []string          `json:"needs"` // ids of actions that must be done before
	NotBefore  *time.Time        `json:"notBefore,omitempty"`
	Reversible bool              `json:"reversible"`
	// Teardown marks the deletion of what a tombstone ended and its owner wants gone now: it
	// waits for no grace, no notice, no quarantine and no further observation.
	Teardown bool `json:"teardown,omitempty"`
	// Consent says who agreed to lose the data of a stateful resource; empty when nobody
	// had to, or nobody did.
	Consent string `json:"consent,omitempty"`
	// ConsentUntil is when that agreement ends: it is not deleted from then on.
	ConsentUntil *time.Time `json:"consentUntil,omitempty"`
}

// A Refusal is what was asked for and is not done.
type Refusal struct {
	Resource Place  `json:"resource"`
	Reason   Reason `json:"reason"`
	By       string `json:"by,omitempty"` // what stands in the way: a path, a resource, a tag
	// For is the particle; nil when the resource belongs to none.
	For *Identity `json:"for,omitempty"`
}

// Budget bounds the deletions of a plan. The zero value allows none.
type Budget struct {
	Deletions int `json:"deletions"`         // in this plan
	PerType   int `json:"perType,omitempty"` // in this plan, of one type
	PerDay    int `json:"perDay,omitempty"`  // those of the last 24 hours included
}

// Within returns the budget, and never more than caps allow of a number of resources; 0 of them
// is that it is not known.
func (b Budget) Within(caps Caps, whole int) Budget {
	b.PerType, b.PerDay = min(b.PerType, caps.PerType.limit()), min(b.PerDay, caps.Delete.limit())
	if whole > 0 {
		b.PerDay = min(b.PerDay, caps.Percent.percentOf(whole))
	}
	return b
}

// A Plan is what would be done in one account.
type Plan struct {
	Header
	Actions []Action  `json:"actions"`
	Refused []Refusal `json:"refused"`
	Budget  Budget    `json:"budget"`
	// Reaping is what only a plan to reap has; nil in others.
	Reaping *Reaping `json:"reaping,omitempty"`
	// Applyable is false when there is nothing to do.
	Applyable bool   `json:"applyable"`
	Digest    string `json:"digest"`
}

// Header says what a plan was made from and for.
type Header struct {
	SchemaVersion int    `json:"schemaVersion"`
	Command       string `json:"command"` // tag, repair or reap
	Tool          string `json:"tool"`    // version of the program
	Rules         string `json:"rules"`   // digest of the rules that had a say; empty when none had
	Partition     string `json:"partition"`
	// Account is the only account in which the plan acts: one plan, one lock, one account.
	Account   string    `json:"account"`
	Regions   []string  `json:"regions"`
	CreatedAt time.Time `json:"createdAt"`
	ExpiresAt time.Time `json:"expiresAt"` // from then on it is not applied
}

// SchemaVersion is the version of the plan's form.
const SchemaVersion = 1

// Lifetime is how long a plan may wait to be applied unless somebody says otherwise.
const Lifetime = 24 * time.Hour

// finish puts actions and refusals in order and computes the digest.
func finish(h Header, actions []Action, refused []Refusal) (*Plan, error) {
	h.SchemaVersion = SchemaVersion
	h.CreatedAt = h.CreatedAt.UTC()
	if h.ExpiresAt.IsZero() {
		h.ExpiresAt = h.CreatedAt.Add(Lifetime)
	}
	h.ExpiresAt = h.ExpiresAt.UTC()
	if h.Regions == nil {
		h.Regions = []string{}
	}
	p := &Plan{Header: h, Actions: actions, Refused: refused, Applyable: len(actions) > 0}
	if p.Actions == nil {
		p.Actions = []Action{}
	}
	p.Refused = sortRefusals(p.Refused)
	return p, p.Seal()
}

// Seal computes the digest of a plan that was changed.
func (p *Plan) Seal() error {
	digest, err := p.digest()
	p.Digest = digest
	return err
}

func (p *Plan) digest() (string, error) {
	c := *p
	c.Digest = ""
	text, err := json.Marshal(&c)
	if err != nil {
		return "", fmt.Errorf("compute digest of plan: %w", err)
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

// Shown returns the plan as it may be printed and kept: what it creates without the values
// that can only be written. It is not for applying, and names the plan by its digest.
func (p *Plan) Shown() *Plan {
	if p == nil {
		return nil
	}
	c := *p
	c.Actions = slices.Clone(p.Actions)
	for i, a := range c.Actions {
		t, _ := schema.Lookup(a.Resource.Type)
		c.Actions[i].Properties, _ = inventory.Redact(t, "", a.Properties).(map[string]any)
	}
	return &c
}

// The errors of Check that callers tell apart.
var (
	ErrDigest  = errors.New("the plan is not the one that its digest names")
	ErrExpired = errors.New("the plan is too old: make a new one")
)

// belongs reports whether an action is one that the plan's command makes. A plan is a file, and
// a digest is soon computed: a deletion in a plan to repair would pass by what guards those.
func (p *Plan) belongs(a Action) bool {
	switch p.Command {
	case "tag":
		return a.Verb == Tag
	case "repair":
		return slices.Contains([]Verb{Tag, Create, Update, Start, Stop}, a.Verb)
	}
	if a.Verb == Update { // only to free what goes
		return a.Reason == Detached && slices.ContainsFunc(p.Actions, func(other Action) bool {
			return other.Verb == Delete && other.Resource.Ref() == a.Resource.Ref()
		})
	}
	return slices.Contains([]Verb{Mark, Unmark, Quarantine, Backup, Delete}, a.Verb)
}

// TearsDown returns the app that the plan tears down: whose resources it deletes without mark
// and grace; "" when it does not. Of several apps it is the first.
func (p *Plan) TearsDown() string {
	for _, a := range p.Actions {
		if a.Teardown && a.For != nil {
			return a.For.App
		}
	}
	return ""
}

// OnlyUnmarks reports whether the plan has actions, and all of them end marks.
func (p *Plan) OnlyUnmarks() bool {
	return len(p.Actions) > 0 && !slices.ContainsFunc(p.Actions, func(a Action) bool { return a.Verb != Unmark })
}

// Check reports whether the plan is whole, in itself consistent, and still to be applied at
// now: the digest fits, it has not expired and is not from the future, every action is one of
// its command and lies in the plan's account, ids are unique and needs go backwards only.
func (p *Plan) Check(now time.Time) error {
	digest, err := p.digest()
	switch {
	case err != nil:
		return err
	case digest != p.Digest:
		return fmt.Errorf("check plan: %w", ErrDigest)
	case p.SchemaVersion != SchemaVersion:
		return fmt.Errorf("check plan: version %d is not known; this program applies %d: make a new plan", p.SchemaVersion, SchemaVersion)
	case !now.Before(p.ExpiresAt):
		return fmt.Errorf("check plan: %w (it was good until %s)", ErrExpired, p.ExpiresAt.Format(time.RFC3339))
	case now.Before(p.CreatedAt.Add(-5 * time.Minute)): // clocks differ a little
		return fmt.Errorf("check plan: it was made at %s, which is still to come: look at the clocks", p.CreatedAt.Format(time.RFC3339))
	case p.Account == "" || p.Partition == "":
		return errors.New("check plan: it does not say for which account it is")
	}
	seen := map[string]bool{}
	deletions := 0
	for _, a := range p.Actions {
		if a.ID == "" || seen[a.ID] {
			return fmt.Errorf("check plan: two actions, or one without name: %q", a.ID)
		}
		if a.Resource.Account != p.Account || a.Resource.Partition != p.Partition {
			return fmt.Errorf("check plan: action %s lies in account %s, the plan is for %s", a.ID, a.Resource.Account, p.Account)
		}
		if !p.belongs(a) || a.Teardown && a.For == nil {
			return fmt.Errorf("check plan: `%s` plans no action like %s (%s %s)", p.Command, a.ID, a.Verb, a.Reason)
		}
		if a.Verb != Create && (a.Resource.ID == "" || a.Precondition == "" && a.Verb != Unmark) {
			return fmt.Errorf("check plan: action %s does not say what it expects to find", a.ID)
		}
		for _, n := range a.Needs {
			if !seen[n] {
				return fmt.Errorf("check plan: action %s needs %q, which does not come before it", a.ID, n)
			}
		}
		seen[a.ID] = true
		if a.Verb == Delete {
			deletions++
		}
	}
	if p.Reaping != nil && p.Reaping.Stopped != "" {
		return fmt.Errorf("check plan: %w: %s", ErrPlanStopped, p.Reaping.Stopped)
	}
	if deletions > p.Budget.Deletions {
		return fmt.Errorf("check plan: more deletions (%d) than its budget of %d", deletions, p.Budget.Deletions)
	}
	return nil
}

// MaxSize bounds the text of a plan, in bytes.
const MaxSize = 256 << 20

// Encode writes the plan as one JSON object. The same plan gives the same bytes.
func (p *Plan) Encode(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(p); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}

// Decode reads what Encode wrote. Unknown keys, text behind the end, more than MaxSize
// bytes and a digest that does not fit are errors.
func Decode(r io.Reader) (*Plan, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	if len(text) > MaxSize {
		return nil, fmt.Errorf("read plan: it is larger than %d MiB", MaxSize>>20)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	d.UseNumber()
	p := &Plan{}
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("read plan: this is no plan that --plan-out wrote, or only a part of one: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read plan: there is more text behind its end")
	}
	for i := range p.Actions {
		if err := p.Actions[i].normalise(); err != nil {
			return nil, fmt.Errorf("read plan: %w", err)
		}
	}
	digest, err := p.digest()
	if err != nil {
		return nil, err
	}
	if digest != p.Digest {
		return nil, fmt.Errorf("read plan: %w: it was changed after it was made", ErrDigest)
	}
	return p, nil
}

// normalise gives decoded values the types that properties have.
func (a *Action) normalise() error {
	for i := range a.Patch {
		for _, v := range []*any{&a.Patch[i].From, &a.Patch[i].To} {
			n, err := inventory.Normal(*v)
			if err != nil {
				return err
			}
			*v = n
		}
	}
	props, err := inventory.Normal(a.Properties)
	if err == nil {
		a.Properties, _ = props.(map[string]any)
	}
	return err
}

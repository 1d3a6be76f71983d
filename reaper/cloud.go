// Package reaper is the only writer: it carries out a plan.
//
// It trusts nothing that is older than a moment. Before the first call it checks that the
// plan is whole, fresh, approved and made for the account of the caller, takes the lock of
// the state, and finds out from the world what became of calls that an earlier run had begun
// when it died. Then, item by item, it reads the resource again, compares the incarnation
// and the fingerprint with the plan, writes its intent to the journal, makes the call, writes
// the outcome, and reads the resource once more: an action is done when the world shows it,
// not when a call returned. What has changed since the plan was made is left alone.
//
// An item that fails takes along only what needs it. A run that dies at any point can be
// run again, with the same end as if it had not died.
package reaper

import (
	"context"
	"errors"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// The kinds of refusals of a Cloud. An implementation wraps them (errors.Is) with what the
// service said. Every other error means that it is not known whether the call had effect.
var (
	ErrNotFound    = errors.New("it is not there")
	ErrBlocked     = errors.New("something that depends on it stands in the way") // see Blocked
	ErrThrottled   = errors.New("the service refuses for rate")                   // no effect; try again later
	ErrUnavailable = errors.New("the service failed")                             // effect not known; try again
	ErrDenied      = errors.New("the credentials may not do this")                // no effect
	ErrExpired     = errors.New("the credentials have expired")                   // no effect; nothing else will work
	ErrStale       = errors.New("it was changed by somebody else meanwhile")      // no effect; a condition of the call failed
	ErrUnsupported = errors.New("there is no writer for it")                      // no effect
	// ErrUnfinished goes with one of the others: they are about a later call of a creation,
	// and the first one had its effect.
	ErrUnfinished = errors.New("it was created and is not complete")
)

// Blocked is an ErrBlocked that knows what stands in the way.
type Blocked struct {
	By  string // a ref or the words of the service
	Err error
}

// Error says what stands in the way.
func (b *Blocked) Error() string { return ErrBlocked.Error() + ": " + b.By }

// Is makes a Blocked an ErrBlocked.
func (b *Blocked) Is(target error) bool { return target == ErrBlocked }

// Unwrap returns what the service said.
func (b *Blocked) Unwrap() error { return b.Err }

// Caller is whom a Cloud acts as.
type Caller struct {
	Partition string
	Account   string
	ARN       string
}

// Creation is what to create.
type Creation struct {
	Place      plan.Place
	Properties inventory.Properties
	Tags       map[string]string // owner tags, beside those in Properties
	// Token makes the creation idempotent: two with the same token create one resource.
	Token string
}

// A Cloud changes one account. reaper/cloudtest holds for every implementation.
//
// All methods honour their context and return at the latest when it ends. They make their
// call once: it is the caller who tries again, so that each try has its place in the
// journal. They wait for nothing: a change that takes time is under way when they return,
// and the caller observes. They touch the resource that is named and nothing else; need of
// another one's death or change is ErrBlocked. An implementation is used by one goroutine at
// a time.
//
// The text that the mutating methods return is the request id of the service, as far as
// there is one; it may come with an error too.
type Cloud interface {
	// Caller asks the service, not the configuration, whom the credentials belong to.
	Caller(ctx context.Context) (Caller, error)
	// Observe reads one resource directly, past every cache and listing: with all
	// properties that its reader returns, tags, state and creation time. ErrNotFound only
	// when the service itself says so of this resource; a resource that is going away is
	// there until it is gone.
	Observe(ctx context.Context, ref inventory.Ref) (*inventory.Resource, error)
	// Find lists the resources of a place's type, account and region that carry all of the
	// tags. It may miss what was created a moment ago. Sorted by ref.
	Find(ctx context.Context, place plan.Place, tags map[string]string) ([]*inventory.Resource, error)

	// Tag sets tags and leaves the others; Untag removes some. Both may be repeated.
	Tag(ctx context.Context, ref inventory.Ref, tags map[string]string) (request string, err error)
	Untag(ctx context.Context, ref inventory.Ref, keys []string) (request string, err error)
	// Update changes properties of a resource in place; live is how it was just observed. A
	// patch without tags; it may be repeated. Where the service has conditional calls, a
	// resource that changed since live was read is ErrStale.
	Update(ctx context.Context, live *inventory.Resource, patch []plan.Change) (request string, err error)
	// Create makes a resource with its tags and returns what it is called. With a token that
	// was used before it returns the resource of that time, and completes what it lacks: an
	// implementation for an API without such tokens looks for what it would create first.
	Create(ctx context.Context, c Creation) (ref inventory.Ref, request string, err error)
	// Start and Stop turn a resource on or off; one that is already so is no error.
	Start(ctx context.Context, ref inventory.Ref) (request string, err error)
	Stop(ctx context.Context, ref inventory.Ref) (request string, err error)
	// Delete begins the end of a resource; live is how it was just observed. ErrNotFound when
	// it is gone already. It mutates beside live only what steps name.
	Delete(ctx context.Context, live *inventory.Resource, steps []plan.Step) (request string, err error)
}

// A Keeper is a Cloud that can also back up what it would delete.
type Keeper interface {
	// BacksUp reports whether resources of a type can be backed up.
	BacksUp(typ string) bool
	// Backup begins a backup of a resource that holds data and returns what it is called: a
	// resource by itself, tagged pcf:backup, that Observe shows as available or completed when
	// it can be used. With a token that was used before it returns the backup of that time.
	// ErrUnsupported where the type has no backup.
	Backup(ctx context.Context, live *inventory.Resource, token string) (ref inventory.Ref, request string, err error)
}

// Clock is the time that passes while acting. A real one for a real cloud, a virtual one for
// a simulated cloud.
type Clock interface {
	Now() time.Time
	// Sleep returns after d, or with the context's error when that ends first.
	Sleep(ctx context.Context, d time.Duration) error
}

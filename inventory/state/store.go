package state

import (
	"context"
	"errors"
	"time"
)

// The errors of a Store that callers tell apart.
var (
	// ErrLocked: another run holds the lock, and its term is not over.
	ErrLocked = errors.New("another run holds the lock")
	// ErrLost: the lease is over, or somebody else took the lock. Nothing more may be done.
	ErrLost = errors.New("the lock was lost")
	// ErrBroken: an earlier write failed, so what the journal holds is not sure. Nothing
	// more may be done with this lease.
	ErrBroken = errors.New("the journal could not be written")
)

// A Store keeps journal and lock of one state. All methods honour their context. It is safe
// for concurrent use, by several processes too.
//
// An implementation on a store of objects keeps the lock with conditional writes (a holder's
// object is written only if it has not changed since it was read) and the journal likewise,
// so that of two writers one is refused.
type Store interface {
	// Acquire takes the lock for a term, at once or not at all: it does not wait. A lock
	// whose term is over, or that was released, is free. ErrLocked names the holder and
	// when its term ends.
	Acquire(ctx context.Context, holder string, term time.Duration) (Lease, error)
	// Read gives every record to visit, oldest first, checked as Scan does. It needs no lock
	// and sees at least what was appended before it was called. An error of visit ends it.
	Read(ctx context.Context, visit func(Record) error) error
	// Key returns the secret of this state, under which values that must not be stored are
	// told apart (MaskSecrets). It is made on first use and never changes.
	Key(ctx context.Context) ([]byte, error)
}

// A Lease is the lock in somebody's hand. It may be used by one goroutine at a time.
type Lease interface {
	// Token grows with every holder of the lock.
	Token() int64
	// TimeLeft is how long the lease still holds by this machine's clock; zero or less when
	// it is over. The caller asks right before each call that changes anything.
	TimeLeft() time.Duration
	// Renew starts the term anew. It fails with ErrLost when the lease is over, even when
	// nobody took the lock since.
	Renew(ctx context.Context) error
	// Append writes a record as the next of the journal and returns when it is on disk, as
	// it was written. It fails with ErrLost when the lease is over, and with ErrBroken for
	// ever after a write that failed: the last record may then stand there or not.
	Append(ctx context.Context, r Record) (Record, error)
	// Release gives the lock back. It may be called again, and after ErrLost.
	Release(ctx context.Context) error
}

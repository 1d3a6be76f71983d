package state

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"
)

// Memory is a Store that ends with the process: for tests of many worlds, and to try
// something that shall leave no trace. The zero value with Now set is ready; several
// goroutines may share one as several processes share a directory.
type Memory struct {
	Now func() time.Time
	// Hook, when set, is called before a record is written and, with after set, when it is:
	// an error in its place is that of a failing disk. A test may stop the program there.
	Hook func(r Record, after bool) error

	mutex   sync.Mutex
	journal []byte
	records []Record // of the journal, so that many worlds are read quickly
	head    Head
	held    holding
}

type memoryLease struct {
	*Memory
	holder string
	token  int64
	term   time.Duration
	until  time.Time
	broken error
}

// Acquire implements Store.
func (m *Memory) Acquire(_ context.Context, holder string, term time.Duration) (Lease, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	now := m.Now()
	if now.Before(m.held.Until) {
		return nil, fmt.Errorf("acquire lock: %w: %s", ErrLocked, m.held.Holder)
	}
	m.held = holding{Token: m.held.Token + 1, Holder: holder, Until: now.Add(term)}
	return &memoryLease{Memory: m, holder: holder, token: m.held.Token, term: term, until: m.held.Until}, nil
}

// Read implements Store.
func (m *Memory) Read(ctx context.Context, visit func(Record) error) error {
	m.mutex.Lock()
	records := m.records[:len(m.records):len(m.records)]
	m.mutex.Unlock()
	for _, r := range records {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := visit(r); err != nil {
			return err
		}
	}
	return nil
}

// Journal returns the text of the journal.
func (m *Memory) Journal() []byte {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return bytes.Clone(m.journal)
}

// Key implements Store. What ends with the process needs no secret from anybody else.
func (m *Memory) Key(context.Context) ([]byte, error) {
	return []byte("the key of a state in memory: 32"), nil
}

func (l *memoryLease) Token() int64            { return l.token }
func (l *memoryLease) TimeLeft() time.Duration { return l.until.Sub(l.Now()) }

func (l *memoryLease) mine() error {
	if l.held.Token != l.token || l.TimeLeft() <= 0 {
		return fmt.Errorf("%w: to %s", ErrLost, l.held.Holder)
	}
	return nil
}

func (l *memoryLease) Renew(context.Context) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if err := l.mine(); err != nil {
		return err
	}
	l.until = l.Now().Add(l.term)
	l.held.Until = l.until
	return nil
}

func (l *memoryLease) Append(_ context.Context, r Record) (Record, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.broken != nil {
		return r, fmt.Errorf("append to journal: %w: %w", ErrBroken, l.broken)
	}
	if err := l.mine(); err != nil {
		return r, fmt.Errorf("append to journal: %w", err)
	}
	r.Seq, r.Token, r.Prev, r.Time = l.head.Seq+1, l.token, l.head.Hash, r.Time.UTC()
	line, hash, err := Seal(r)
	if err != nil {
		return r, err
	}
	if err := l.hook(r, false); err != nil {
		return r, err
	}
	l.journal, l.records, l.head = append(l.journal, line...), append(l.records, r), Head{Seq: r.Seq, Hash: hash}
	return r, l.hook(r, true)
}

func (l *memoryLease) hook(r Record, after bool) error {
	if l.Hook == nil {
		return nil
	}
	if l.broken = l.Hook(r, after); l.broken != nil {
		return fmt.Errorf("append to journal: %w: %w", ErrBroken, l.broken)
	}
	return nil
}

func (l *memoryLease) Release(context.Context) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.held.Token == l.token {
		l.held.Until = time.Time{}
	}
	l.until = time.Time{}
	return nil
}

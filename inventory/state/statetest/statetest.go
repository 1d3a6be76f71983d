// Package statetest holds for every state.Store: one suite, for all that keep a journal and
// a lock.
package statetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// Run checks a kind of Store. makeState returns a function that opens one new, empty state: each
// call of that one is another process with the same state.
func Run(t *testing.T, makeState func(t *testing.T, now func() time.Time) func() state.Store) {
	ctx := context.Background()
	type world struct {
		*testing.T
		open func() state.Store
		now  time.Time
	}
	acquire := func(w *world, s state.Store) state.Lease {
		w.Helper()
		l, err := s.Acquire(ctx, "test", time.Minute)
		if err != nil {
			w.Fatal(err)
		}
		return l
	}
	add := func(w *world, l state.Lease, message string) {
		w.Helper()
		if _, err := l.Append(ctx, state.Record{Kind: state.Note, Time: w.now, Run: "r", Message: message}); err != nil {
			w.Fatal(err)
		}
	}
	read := func(w *world) (messages []string) {
		w.Helper()
		if err := w.open().Read(ctx, func(r state.Record) error { messages = append(messages, r.Message); return nil }); err != nil {
			w.Fatal(err)
		}
		return messages
	}
	wants := func(w *world, what string, err, want error) {
		w.Helper()
		if !errors.Is(err, want) {
			w.Fatalf("%s: got %v, want %v", what, err, want)
		}
	}
	for _, c := range []struct {
		name string
		test func(w *world)
	}{
		{"what was appended is read, in order, by another process, with its hash chain", func(w *world) {
			l := acquire(w, w.open())
			add(w, l, "one")
			add(w, l, "two")
			if got := strings.Join(read(w), " "); got != "one two" {
				w.Fatalf("read %q", got)
			}
			if err := l.Release(ctx); err != nil {
				w.Fatal(err)
			}
			add(w, acquire(w, w.open()), "three")
			if got := strings.Join(read(w), " "); got != "one two three" {
				w.Fatalf("read %q", got)
			}
		}},
		{"an empty state reads as empty", func(w *world) {
			if got := read(w); len(got) != 0 {
				w.Fatalf("read %q", got)
			}
		}},
		{"a held lock is refused, with the holder's name, until it is released", func(w *world) {
			l := acquire(w, w.open())
			_, err := w.open().Acquire(ctx, "other", time.Minute)
			wants(w, "second holder", err, state.ErrLocked)
			if !strings.Contains(err.Error(), "test") {
				w.Fatalf("%v does not say who holds it", err)
			}
			if err := errors.Join(l.Release(ctx), l.Release(ctx)); err != nil {
				w.Fatalf("released twice: %v", err)
			}
			acquire(w, w.open())
		}},
		{"after its term a lock is free, and the token grows; the old holder can do nothing", func(w *world) {
			old := acquire(w, w.open())
			add(w, old, "before")
			w.now = w.now.Add(time.Minute)
			if old.TimeLeft() > 0 {
				w.Fatalf("%s left", old.TimeLeft())
			}
			_, err := old.Append(ctx, state.Record{Kind: state.Note})
			wants(w, "append after the term, nobody else there", err, state.ErrLost)
			wants(w, "renewal after the term", old.Renew(ctx), state.ErrLost)
			l := acquire(w, w.open())
			if l.Token() <= old.Token() {
				w.Fatalf("token %d after %d", l.Token(), old.Token())
			}
			add(w, l, "new")
			_, err = old.Append(ctx, state.Record{Kind: state.Note, Message: "stale"})
			wants(w, "append of the old holder", err, state.ErrLost)
			wants(w, "renewal of the old holder", old.Renew(ctx), state.ErrLost)
			if err := old.Release(ctx); err != nil {
				w.Fatalf("release of the old holder: %v", err)
			}
			add(w, l, "still mine")
			if got := strings.Join(read(w), ", "); got != "before, new, still mine" {
				w.Fatalf("read %q", got)
			}
		}},
		{"a clock that was set back does not make an old holder a new one", func(w *world) {
			old := acquire(w, w.open())
			w.now = w.now.Add(2 * time.Minute)
			acquire(w, w.open())
			w.now = w.now.Add(-2 * time.Minute)
			_, err := old.Append(ctx, state.Record{Kind: state.Note})
			wants(w, "append", err, state.ErrLost)
		}},
		{"renewal starts the term anew", func(w *world) {
			l := acquire(w, w.open())
			for range 5 {
				w.now = w.now.Add(50 * time.Second)
				if err := l.Renew(ctx); err != nil {
					w.Fatal(err)
				}
			}
			_, err := w.open().Acquire(ctx, "other", time.Minute)
			wants(w, "second holder", err, state.ErrLocked)
			add(w, l, "mine")
		}},
		{"of many at once one gets the lock", func(w *world) {
			var won, refused int
			var mutex sync.Mutex
			var all sync.WaitGroup
			for i := range 8 {
				s := w.open()
				all.Go(func() {
					_, err := s.Acquire(ctx, fmt.Sprint("racer ", i), time.Minute)
					mutex.Lock()
					defer mutex.Unlock()
					switch {
					case err == nil:
						won++
					case errors.Is(err, state.ErrLocked):
						refused++
					}
				})
			}
			all.Wait()
			if won != 1 || refused != 7 {
				w.Fatalf("%d won and %d were refused", won, refused)
			}
		}},
		{"a record that is too large is refused and harms nothing", func(w *world) {
			l := acquire(w, w.open())
			if _, err := l.Append(ctx, state.Record{Kind: state.Note, Message: strings.Repeat("x", state.MaxRecord+1)}); err == nil {
				w.Fatal("it was written")
			}
			add(w, l, "next")
			if got := read(w); len(got) != 1 {
				w.Fatalf("read %d records", len(got))
			}
		}},
		{"the key is the same for everybody and not empty", func(w *world) {
			a, errA := w.open().Key(ctx)
			b, errB := w.open().Key(ctx)
			if errA != nil || errB != nil || len(a) < 16 || !bytes.Equal(a, b) {
				w.Fatalf("%d and %d bytes: %v, %v", len(a), len(b), errA, errB)
			}
		}},
		{"a visitor's error ends the reading", func(w *world) {
			l := acquire(w, w.open())
			add(w, l, "one")
			add(w, l, "two")
			stop := errors.New("enough")
			n := 0
			wants(w, "read", w.open().Read(ctx, func(state.Record) error { n++; return stop }), stop)
			if n != 1 {
				w.Fatalf("visited %d", n)
			}
		}},
		{"an ended context is honoured", func(w *world) {
			over, cancel := context.WithCancel(ctx)
			cancel()
			add(w, acquire(w, w.open()), "one")
			if err := w.open().Read(over, func(state.Record) error { return nil }); !errors.Is(err, context.Canceled) {
				w.Fatalf("read: %v", err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{T: t, now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
			w.open = makeState(t, func() time.Time { return w.now })
			c.test(w)
		})
	}
}

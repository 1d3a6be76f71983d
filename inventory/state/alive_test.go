package state

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A holder that died gives the lock back by dying, on the machine that knows of its death.
func TestDeadHolder(t *testing.T) {
	if machine() == "" {
		t.Skip("this system does not say which machine it is")
	}
	path := t.TempDir()
	s, err := OpenDir(path, func() time.Time { return day })
	require.NoError(t, err)
	first, err := s.Acquire(t.Context(), "first", time.Hour)
	require.NoError(t, err)
	_, err = s.Acquire(t.Context(), "second", time.Hour)
	require.ErrorIs(t, err, ErrLocked, "it lives")

	first.(*dirLease).alive.release() // what the kernel does when the process ends
	second, err := s.Acquire(t.Context(), "second", time.Hour)
	require.NoError(t, err, "its term has an hour to go, and nobody is there")
	_, err = first.Append(t.Context(), Record{Kind: Note, Time: day})
	require.ErrorIs(t, err, ErrLost, "and were it alive after all, it could write nothing")
	_, err = second.Append(t.Context(), Record{Kind: Note, Time: day})
	require.NoError(t, err)

	// From elsewhere nobody can tell.
	d := s.(*dir)
	h, err := d.holding()
	require.NoError(t, err)
	second.(*dirLease).alive.release()
	h.Machine = "another one"
	require.NoError(t, d.hold(h))
	_, err = s.Acquire(t.Context(), "third", time.Hour)
	assert.ErrorIs(t, err, ErrLocked)
}

package statestore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/state"
	"github.com/pcf-scan/pcf-scan/inventory/state/statetest"
)

// bucket is an S3 on which a lock can be proven.
type bucket struct{ *emulator.Bucket }

func newBucket(t *testing.T, now func() time.Time) *bucket {
	return &bucket{emulator.NewBucket(t, now)}
}

func (b *bucket) open(now func() time.Time) *store {
	cfg := sdk.Config{
		Region: "eu-west-1", BaseEndpoint: &b.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		RetryMaxAttempts: 2,
	}
	return Open(cfg, emulator.BucketName, "/pcf/", now).(*store)
}

func TestConformance(t *testing.T) {
	statetest.Run(t, func(t *testing.T, now func() time.Time) func() state.Store {
		b := newBucket(t, now)
		return func() state.Store { return b.open(now) }
	})
}

var day = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func note(text string) state.Record {
	return state.Record{Kind: state.Note, Time: day, Run: "r", Message: text}
}

func messages(t *testing.T, s state.Store) (all []string) {
	require.NoError(t, s.Read(t.Context(), func(r state.Record) error { all = append(all, r.Message); return nil }))
	return all
}

// TestRace: of many machines one gets the lock, however the requests fall.
func TestRace(t *testing.T) {
	for range 20 {
		b := newBucket(t, at(day))
		var won, refused int
		var mutex sync.Mutex
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				_, err := b.open(at(day)).Acquire(t.Context(), "the same words", time.Minute)
				mutex.Lock()
				defer mutex.Unlock()
				switch {
				case err == nil:
					won++
				case errors.Is(err, state.ErrLocked):
					refused++
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		require.Equal(t, 1, won)
		require.Equal(t, 15, refused)
	}
}

// TestSleeper: a holder that slept past its term, with a clock that stood meanwhile, writes
// nothing after the next one has the lock, also where a new piece would begin.
func TestSleeper(t *testing.T) {
	for name, before := range map[string]int{"nothing was written": 0, "in the middle of a piece": 3, "a piece is full": 5} {
		t.Run(name, func(t *testing.T) {
			clock := day
			b := newBucket(t, func() time.Time { return clock })
			old, err := b.open(at(day)).Acquire(t.Context(), "sleeper", time.Minute)
			require.NoError(t, err)
			big := strings.Repeat("x", maxPiece/5)
			for range before {
				_, err := old.Append(t.Context(), note(big))
				require.NoError(t, err)
			}
			clock = clock.Add(2 * time.Minute)
			next, err := b.open(at(clock)).Acquire(t.Context(), "next", time.Minute)
			require.NoError(t, err)
			assert.Positive(t, old.TimeLeft(), "the sleeper's clock stood: it thinks that it holds")
			_, err = old.Append(t.Context(), note("stale"))
			require.ErrorIs(t, err, state.ErrLost)
			_, err = next.Append(t.Context(), note("new"))
			require.NoError(t, err)
			all := messages(t, b.open(at(clock)))
			assert.Len(t, all, before+1)
			assert.Equal(t, "new", all[before])
		})
	}
}

// TestClocks: when a lock is free is decided by the clock of S3, not by those of the machines.
func TestClocks(t *testing.T) {
	clock := day
	b := newBucket(t, func() time.Time { return clock })
	_, err := b.open(at(day.Add(-time.Hour))).Acquire(t.Context(), "slow clock", time.Minute)
	require.NoError(t, err)
	_, err = b.open(at(day.Add(time.Hour))).Acquire(t.Context(), "fast clock", time.Minute)
	require.ErrorIs(t, err, state.ErrLocked, "an hour ahead, it would have been free long ago")
	clock = clock.Add(time.Minute)
	_, err = b.open(at(day.Add(-2*time.Hour))).Acquire(t.Context(), "slower clock", time.Minute)
	require.NoError(t, err, "and by that one it would still be held")
}

// TestPieces: a journal of many pieces reads as one, in the order of its records.
func TestPieces(t *testing.T) {
	b := newBucket(t, at(day))
	var want []string
	for holder := range 3 {
		l, err := b.open(at(day)).Acquire(t.Context(), "holder", time.Minute)
		require.NoError(t, err)
		for i := range 7 {
			text := fmt.Sprint(holder, i, strings.Repeat("x", maxPiece/5))
			want = append(want, text)
			_, err := l.Append(t.Context(), note(text))
			require.NoError(t, err)
		}
		require.NoError(t, l.Release(t.Context()))
	}
	assert.Equal(t, want, messages(t, b.open(at(day))))
	pieces := 0
	for key, body := range b.Objects {
		if strings.Contains(key, "journal/") {
			pieces++
			assert.Less(t, len(body), maxPiece+200)
		}
	}
	assert.Greater(t, pieces, 4)
}

// TestLostReply: a write whose answer never came is neither taken for one that failed nor
// made twice.
func TestLostReply(t *testing.T) {
	b := newBucket(t, at(day))
	b.OnPut = func(_ int, late bool) bool { return !late } // every answer of a write is lost
	l, err := b.open(at(day)).Acquire(t.Context(), "holder", time.Minute)
	require.NoError(t, err)
	for _, text := range []string{"one", "two"} {
		_, err = l.Append(t.Context(), note(text))
		require.NoError(t, err)
	}
	require.NoError(t, l.Renew(t.Context()))
	require.NoError(t, l.Release(t.Context()))
	assert.Equal(t, []string{"one", "two"}, messages(t, b.open(at(day))))
}

// TestTampered: what somebody did to the objects is found; what may not be written says what
// to permit.
func TestTampered(t *testing.T) {
	full := func(t *testing.T) *bucket {
		b := newBucket(t, at(day))
		l, err := b.open(at(day)).Acquire(t.Context(), "holder", time.Minute)
		require.NoError(t, err)
		for range 6 {
			_, err = l.Append(t.Context(), note(strings.Repeat("x", maxPiece/5)))
			require.NoError(t, err)
		}
		return b
	}
	first := "pcf/" + pieceKey(1)
	for name, do := range map[string]func(b *bucket){
		"a flip":       func(b *bucket) { b.Objects[first] = strings.Replace(b.Objects[first], `"xxx`, `"yxx`, 1) },
		"a piece gone": func(b *bucket) { delete(b.Objects, first) },
		"no token":     func(b *bucket) { b.Objects[first] = "{}\n" },
		"torn":         func(b *bucket) { b.Objects[first] = b.Objects[first][:len(b.Objects[first])-9] },
	} {
		b := full(t)
		do(b)
		err := b.open(at(day)).Read(t.Context(), func(state.Record) error { return nil })
		assert.ErrorIs(t, err, state.ErrTampered, name)
	}
	b := full(t)
	b.Refuse = "AccessDenied"
	_, err := b.open(at(day.Add(time.Hour))).Acquire(context.Background(), "nobody", time.Minute)
	require.Error(t, err)
	b.Now = at(day.Add(time.Hour))
	_, err = b.open(at(day.Add(time.Hour))).Acquire(context.Background(), "nobody", time.Minute)
	assert.ErrorContains(t, err, "s3:PutObject")
}

// TestEmulator: the requests are ones that another S3 understands too. It says nothing about
// the lock.
func TestEmulator(t *testing.T) {
	e := emulator.Start(t)
	for _, v := range e.Env() {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value)
		}
	}
	cfg, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	_, err = client.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: sdk.String("state"), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: emulator.Region},
	})
	require.NoError(t, err)
	s := Open(cfg, "state", "pcf", time.Now)
	l, err := s.Acquire(t.Context(), "holder", time.Minute)
	require.NoError(t, err)
	_, err = l.Append(t.Context(), note("one"))
	require.NoError(t, err)
	_, err = l.Append(t.Context(), note("two"))
	require.NoError(t, err)
	_, err = Open(cfg, "state", "pcf", time.Now).Acquire(t.Context(), "other", time.Minute)
	require.ErrorIs(t, err, state.ErrLocked)
	require.NoError(t, l.Release(t.Context()))
	key, err := s.Key(t.Context())
	require.NoError(t, err)
	assert.Len(t, key, keyLength)
	assert.Equal(t, []string{"one", "two"}, messages(t, s))
	none := Open(cfg, "no-such-bucket", "pcf", time.Now)
	assert.Error(t, none.Read(t.Context(), func(state.Record) error { return nil }), "no bucket is no empty state")
	_, err = none.Acquire(t.Context(), "holder", time.Minute)
	assert.ErrorContains(t, err, "NoSuchBucket")
}

package state

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/inventory"
)

var day = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// journalOf writes a journal of n notes.
func journalOf(t require.TestingT, n int) []byte {
	m := &Memory{Now: func() time.Time { return day }}
	l, err := m.Acquire(context.Background(), "test", time.Hour)
	require.NoError(t, err)
	for i := range n {
		_, err := l.Append(context.Background(), Record{
			Kind: Note, Time: day, Run: "r", Message: strings.Repeat("<é\">", i%7), Detail: json.RawMessage(`{"n": [1.50, "a"]}`),
		})
		require.NoError(t, err)
	}
	return m.Journal()
}

// Every way to change a journal is found (SAFETY invariant 24).
func TestVerifyFindsEveryChange(t *testing.T) {
	journal := journalOf(t, 12)
	lines := bytes.SplitAfter(journal, []byte("\n"))[:12]
	head, err := Verify(bytes.NewReader(journal), nil)
	require.NoError(t, err)
	assert.EqualValues(t, 12, head.Seq)

	rapid.Check(t, func(t *rapid.T) {
		changed := bytes.Clone(journal)
		known := (*Head)(nil)
		switch rapid.IntRange(0, 6).Draw(t, "how") {
		case 6: // a record written anew, with a hash that fits
			i := rapid.IntRange(0, len(lines)-2).Draw(t, "line")
			r, _, err := open(bytes.TrimSuffix(lines[i], []byte("\n")))
			require.NoError(t, err)
			r.Message += "!"
			line, _, err := Seal(r)
			require.NoError(t, err)
			l := append([][]byte{}, lines...)
			l[i] = line
			changed = bytes.Join(l, nil)
		case 0: // a flip of any bits of any byte
			at := rapid.IntRange(0, len(journal)-1).Draw(t, "at")
			changed[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
			if at == len(journal)-1 { // without its newline the last line is a torn one
				known = &head
			}
		case 1: // a line taken out
			i := rapid.IntRange(0, len(lines)-2).Draw(t, "line")
			changed = bytes.Join(append(append([][]byte{}, lines[:i]...), lines[i+1:]...), nil)
		case 2: // two lines exchanged
			i := rapid.IntRange(0, len(lines)-2).Draw(t, "line")
			l := append([][]byte{}, lines...)
			l[i], l[i+1] = l[i+1], l[i]
			changed = bytes.Join(l, nil)
		case 3: // a line twice
			i := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
			changed = bytes.Join(append(append([][]byte{}, lines[:i+1]...), lines[i:]...), nil)
		case 4: // the end cut off, which takes a head that was kept elsewhere
			changed = changed[:rapid.IntRange(0, len(journal)-1).Draw(t, "length")]
			known = &head
		case 5: // a line cut in its middle
			i := rapid.IntRange(0, len(lines)-2).Draw(t, "line")
			l := append([][]byte{}, lines...)
			l[i] = l[i][:rapid.IntRange(0, len(l[i])-1).Draw(t, "length")]
			changed = bytes.Join(l, nil)
		}
		if _, err := Verify(bytes.NewReader(changed), known); !errors.Is(err, ErrTampered) {
			t.Fatalf("not found: %v", err)
		}
	})
}

func TestVerifyKnownHead(t *testing.T) {
	journal := journalOf(t, 5)
	early, err := Verify(bytes.NewReader(bytes.Join(bytes.SplitAfter(journal, []byte("\n"))[:3], nil)), nil)
	require.NoError(t, err)
	_, err = Verify(bytes.NewReader(journal), &early)
	assert.NoError(t, err, "a journal that grew")
	other := early
	other.Hash = strings.Repeat("0", 64)
	_, err = Verify(bytes.NewReader(journal), &other)
	assert.ErrorIs(t, err, ErrTampered, "another record in its place: all was written anew")
	_, err = Verify(bytes.NewReader(nil), &Head{})
	assert.NoError(t, err, "nothing was known, nothing is there")
	torn := journal[:len(journal)-3]
	head, err := Verify(bytes.NewReader(torn), nil)
	assert.NoError(t, err, "what a crash leaves")
	assert.EqualValues(t, 4, head.Seq)
}

func FuzzScan(f *testing.F) {
	f.Add(journalOf(f, 3))
	f.Add([]byte("{}\n"))
	f.Add([]byte(`,"hash":"` + strings.Repeat("0", 64) + "\"}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		head, torn, err := Scan(bytes.NewReader(text), nil)
		if err == nil && bytes.Count(text, []byte("\n")) != int(head.Seq) {
			t.Fatalf("%d records, torn %d", head.Seq, torn)
		}
	})
}

// A crash in the middle of a write leaves a torn last line; the next holder goes on.
func TestDirTornLine(t *testing.T) {
	ctx := context.Background()
	path := t.TempDir()
	file := filepath.Join(path, journalFile)
	now := func() time.Time { return day }
	s, err := OpenDir(path, now)
	require.NoError(t, err)
	l, err := s.Acquire(ctx, "a", time.Minute)
	require.NoError(t, err)
	for range 2 {
		_, err = l.Append(ctx, Record{Kind: Note, Time: day})
		require.NoError(t, err)
	}
	require.NoError(t, l.Release(ctx))
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	second := bytes.IndexByte(whole, '\n') + 1
	for cut := second + 1; cut < len(whole); cut += 7 {
		require.NoError(t, os.WriteFile(file, whole[:cut], 0o600))
		l, err := s.Acquire(ctx, "b", time.Minute)
		require.NoError(t, err)
		r, err := l.Append(ctx, Record{Kind: Note, Time: day, Message: "after"})
		require.NoError(t, err)
		assert.EqualValues(t, 2, r.Seq)
		require.NoError(t, l.Release(ctx))
		f, err := os.Open(file)
		require.NoError(t, err)
		head, err := Verify(f, nil)
		f.Close()
		require.NoError(t, err)
		assert.EqualValues(t, 2, head.Seq)
	}
	require.NoError(t, os.WriteFile(file, append(bytes.Clone(whole[:second-5]), whole[second:]...), 0o600))
	l, err = s.Acquire(ctx, "c", time.Minute)
	require.NoError(t, err)
	_, err = l.Append(ctx, Record{Kind: Note})
	assert.ErrorIs(t, err, ErrTampered, "a torn middle is refused")
	assert.ErrorIs(t, s.Read(ctx, func(Record) error { return nil }), ErrTampered)
}

// Whoever cuts the end off, empties the journal or takes it away is found by what the lock
// remembers of it: nothing goes on from there.
func TestDirRemembersTheEnd(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		why    string
		damage func(file string, whole []byte) error
		sound  bool
	}{
		"untouched": {"", func(string, []byte) error { return nil }, true},
		"grown":     {"a run that died released nothing", func(string, []byte) error { return nil }, true},
		"cut off": {"a record is missing", func(file string, whole []byte) error {
			return os.WriteFile(file, whole[:bytes.IndexByte(whole, '\n')+1], 0o600)
		}, false},
		"emptied":   {"all of them are", func(file string, _ []byte) error { return os.WriteFile(file, nil, 0o600) }, false},
		"gone":      {"and the file too", func(file string, _ []byte) error { return os.Remove(file) }, false},
		"exchanged": {"another journal stands there", func(file string, _ []byte) error { return os.WriteFile(file, journalOf(t, 4), 0o600) }, false},
	} {
		path := t.TempDir()
		clock := day
		s, err := OpenDir(path, func() time.Time { return clock })
		require.NoError(t, err)
		l, err := s.Acquire(ctx, "a", time.Minute)
		require.NoError(t, err)
		for range 2 {
			_, err = l.Append(ctx, Record{Kind: Note, Time: day})
			require.NoError(t, err)
		}
		if name == "grown" {
			require.NoError(t, l.Renew(ctx))
			_, err = l.Append(ctx, Record{Kind: Note, Time: day})
			require.NoError(t, err)
			clock = clock.Add(time.Hour)
		} else {
			require.NoError(t, l.Release(ctx))
		}
		file := filepath.Join(path, journalFile)
		whole, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, c.damage(file, whole))
		read := s.Read(ctx, func(Record) error { return nil })
		next, err := s.Acquire(ctx, "b", time.Minute)
		require.NoError(t, err, name)
		_, err = next.Append(ctx, Record{Kind: Note, Time: day})
		if c.sound {
			assert.NoError(t, read, name)
			assert.NoError(t, err, name)
			continue
		}
		assert.ErrorIs(t, read, ErrTampered, "%s: %s", name, c.why)
		assert.ErrorIs(t, err, ErrTampered, "%s: %s", name, c.why)
	}
}

// A key of another length is not the one that was made: nothing is masked under it.
func TestDirKeyOfAnotherLength(t *testing.T) {
	for _, length := range []int{0, keyLength - 1, keyLength + 1, maxLock + 1} {
		path := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(path, keyFile), make([]byte, length), 0o600))
		s, err := OpenDir(path, time.Now)
		require.NoError(t, err)
		_, err = s.Key(context.Background())
		require.ErrorContains(t, err, keyFile, "which file it is: %d bytes", length)
		assert.ErrorContains(t, err, "put back the file", "what to do: %d bytes", length)
		if length <= maxLock {
			assert.ErrorContains(t, err, fmt.Sprintf("%d bytes instead of %d", length, keyLength))
		}
	}
}

// failing is a journal on a disk that fails.
type failing struct {
	journal
	write, sync error
	writes      int
}

func (f *failing) Write(p []byte) (int, error) {
	f.writes++
	if f.write != nil {
		n, _ := f.journal.Write(p[:len(p)/2])
		return n, f.write
	}
	return f.journal.Write(p)
}

func (f *failing) Sync() error {
	if f.sync != nil {
		return f.sync
	}
	return f.journal.Sync()
}

// A full disk or a failed sync ends everything: no further record, so no further call
// (SAFETY invariant 21). The next run goes on.
func TestDirFailingDisk(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name        string
		write, sync error
		records     int64 // that the next run finds
	}{
		{"disk full", errors.New("no space left on device"), nil, 1},
		{"sync fails", nil, errors.New("input/output error"), 2}, // it may be on disk: whoever comes next looks at the world
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := OpenDir(t.TempDir(), func() time.Time { return day })
			require.NoError(t, err)
			var disk *failing
			d := s.(*dir)
			d.openJournal = func(path string) (journal, error) {
				f, err := openJournal(path)
				disk = &failing{journal: f}
				return disk, err
			}
			l, err := s.Acquire(ctx, "a", time.Minute)
			require.NoError(t, err)
			_, err = l.Append(ctx, Record{Kind: Note})
			require.NoError(t, err)
			disk.write, disk.sync = c.write, c.sync
			_, err = l.Append(ctx, Record{Kind: Intent})
			require.ErrorIs(t, err, ErrBroken)
			disk.write, disk.sync = nil, nil
			writes := disk.writes
			_, err = l.Append(ctx, Record{Kind: Intent})
			require.ErrorIs(t, err, ErrBroken, "also when the disk is well again")
			assert.Equal(t, writes, disk.writes, "nothing is tried")
			require.NoError(t, l.Release(ctx))
			l, err = s.Acquire(ctx, "b", time.Minute)
			require.NoError(t, err)
			r, err := l.Append(ctx, Record{Kind: Note})
			require.NoError(t, err)
			assert.Equal(t, c.records+1, r.Seq)
		})
	}
}

func TestLedger(t *testing.T) {
	ctx := context.Background()
	now := day
	m := &Memory{Now: func() time.Time { return now }}
	l, err := m.Acquire(ctx, "test", 1000*time.Hour)
	require.NoError(t, err)
	add := func(r Record) {
		t.Helper()
		r.Time = now
		_, err := l.Append(ctx, r)
		require.NoError(t, err)
		now = now.Add(time.Hour)
	}
	ledger := func() *Ledger {
		t.Helper()
		l, err := ReadLedger(ctx, m)
		require.NoError(t, err)
		return l
	}
	add(Record{Kind: Notice, Ref: "a", Incarnation: "1"})
	add(Record{Kind: Mark, Ref: "a", Incarnation: "1", Message: "version-retired"})
	marked := now.Add(-time.Hour)
	add(Record{Kind: Mark, Ref: "a", Incarnation: "1", Message: "again"})
	add(Record{Kind: Notice, Ref: "a", Incarnation: "2"})
	assert.Equal(t, Marked{Incarnation: "1", Reason: "version-retired", At: marked}, ledger().Marks["a"],
		"marking again moves nothing, and a notice from before or of another life does not count")
	add(Record{Kind: Notice, Ref: "a", Incarnation: "1"})
	assert.False(t, ledger().Marks["a"].Noticed.IsZero())
	add(Record{Kind: Mark, Ref: "a", Incarnation: "2"})
	assert.True(t, ledger().Marks["a"].At.After(marked), "a new resource of the same name has a grace of its own")
	assert.True(t, ledger().Marks["a"].Noticed.IsZero())
	add(Record{Kind: Unmark, Ref: "a"})
	assert.Empty(t, ledger().Marks)

	for range 3 {
		add(Record{Kind: Observed, Ref: "b", Incarnation: "1", State: Candidate})
	}
	assert.Equal(t, 3, ledger().Seen["b"].Count)
	add(Record{Kind: Observed, Ref: "b", State: Rescued})
	add(Record{Kind: Observed, Ref: "b", Incarnation: "1", State: Candidate})
	assert.Equal(t, 1, ledger().Seen["b"].Count, "a rescue begins the count anew")

	add(Record{Kind: Intent, Run: "r1", Action: "x", Step: "update"})
	announced := now
	add(Record{Kind: Intent, Run: "r1", Action: "y", Step: "create", Request: "token"})
	add(Record{Kind: Outcome, Run: "r1", Action: "x", Step: "update", State: Done})
	require.Len(t, ledger().Open(), 1)
	assert.Equal(t, "y", ledger().Open()[0].Action)
	add(Record{Kind: Outcome, Run: "r1", Action: "y", Step: "create", State: Unsure})
	assert.Empty(t, ledger().Open())
	assert.Equal(t, "token", ledger().Tokens["y"], "until it is recorded what was created")
	at, begun := ledger().Begun("y")
	assert.True(t, begun)
	assert.Equal(t, announced, at)
	_, begun = ledger().Begun("x")
	assert.False(t, begun, "it creates nothing")

	applied := LastApplied{
		Particle: Particle{App: "orders", Version: "1.10", Name: "db"}, Ref: "aws/1/r/T/x", At: now,
		Properties: map[string]any{"Port": int64(5432), "Ratio": 0.5},
	}
	record, err := applied.Record("r1")
	require.NoError(t, err)
	record.Action = "y"
	add(record)
	assert.Equal(t, applied.Properties, ledger().Applied[applied.Particle].Properties, "numbers keep their kind")
	assert.Empty(t, ledger().Tokens)
	_, begun = ledger().Begun("y")
	assert.False(t, begun, "it is recorded")
	applied.Ref = ""
	record, err = applied.Record("r2")
	require.NoError(t, err)
	add(record)
	assert.Empty(t, ledger().Applied)
}

func TestMaskSecrets(t *testing.T) {
	key := []byte("0123456789abcdef")
	props := inventory.Properties{
		"MasterUserPassword": "hunter2", "Port": int64(5432), "DBName": &inventory.Unknown{Because: "why"},
		"Tags": []any{map[string]any{"Key": "a", "Value": "b"}},
	}
	masked := MaskSecrets(key, "AWS::RDS::DBInstance", props)
	text, err := json.Marshal(masked)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "hunter2")
	assert.True(t, IsMasked(masked["MasterUserPassword"]))
	assert.Equal(t, int64(5432), masked["Port"])
	assert.Equal(t, "hunter2", props["MasterUserPassword"], "the input does not change")
	assert.Equal(t, masked, MaskSecrets(key, "AWS::RDS::DBInstance", masked), "what is masked stays so")
	other := MaskSecrets([]byte("another key, same length"), "AWS::RDS::DBInstance", props)
	assert.NotEqual(t, masked["MasterUserPassword"], other["MasterUserPassword"])
}

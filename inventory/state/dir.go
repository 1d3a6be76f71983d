package state

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// The files of a state directory.
const (
	journalFile = "journal.jsonl"
	lockFile    = "lock.json" // who holds the lock; replaced as a whole
	guardFile   = "guard"     // its kernel lock is held for the moment of one read and write
	keyFile     = "key"
	aliveFile   = "alive" // its kernel lock is held as long as the process of the holder lives
)

// guardTries × guardPause bounds the wait for another process to finish one write.
const (
	guardTries = 500
	guardPause = 10 * time.Millisecond
	maxLock    = 64 << 10
	maxHolder  = 4 << 10
)

// OpenDir returns the Store in a directory, which is made when it is not there. now is the
// clock of leases: the real one, never the clock of judgement. The directory may be shared
// between machines as far as its file system keeps locks between them.
func OpenDir(path string, now func() time.Time) (Store, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("open state directory: %w", err)
	}
	return &dir{path: path, now: now, openJournal: openJournal}, nil
}

type dir struct {
	path        string
	now         func() time.Time
	openJournal func(path string) (journal, error) // replaced in tests of failing disks
}

// journal is what dir needs of the journal's file.
type journal interface {
	io.ReadWriteSeeker
	Truncate(size int64) error
	Sync() error
	Close() error
}

func openJournal(path string) (journal, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}

// holding is the content of the lock file. It stays when the lock is released, so that
// tokens never come twice.
type holding struct {
	Token  int64     `json:"token"`
	Holder string    `json:"holder"`
	Until  time.Time `json:"until"` // zero when it was released
	// Machine is where the holder runs: only there does the kernel know whether it still
	// does. Empty when it cannot tell.
	Machine string `json:"machine,omitempty"`
	// Head is an end that the journal had: one that does not hold it any more was cut off.
	Head Head `json:"head,omitzero"`
}

// KnownHead returns the head of the journal in a state directory as its last holder left it,
// or an earlier one; the zero Head when nothing tells. The journal may have grown since, and
// must still hold it (see Verify).
func KnownHead(path string) (Head, error) {
	h, err := (&dir{path: path}).holding()
	return h.Head, err
}

// guarded runs do while no other process reads and writes the state.
func (d *dir) guarded(ctx context.Context, do func() error) error {
	f, err := os.OpenFile(filepath.Join(d.path, guardFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open state guard: %w", err)
	}
	defer f.Close()
	for try := 0; ; try++ {
		ok, err := tryLock(f)
		switch {
		case err != nil:
			return fmt.Errorf("lock state guard: %w", err)
		case ok:
			return do()
		case try == guardTries:
			return fmt.Errorf("%w: it has been writing for %s; look for a stopped process", ErrLocked, guardTries*guardPause)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(guardPause):
		}
	}
}

// alive takes the lock that lives as long as this process; nil when another one has it.
func (d *dir) alive() (*processLock, error) {
	l, err := lockProcess(filepath.Join(d.path, aliveFile))
	if err != nil {
		return nil, fmt.Errorf("lock state for this process: %w", err)
	}
	return l, nil
}

func (d *dir) holding() (h holding, err error) {
	text, err := readBounded(filepath.Join(d.path, lockFile), maxLock)
	if errors.Is(err, os.ErrNotExist) {
		return h, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &h)
	}
	if err != nil {
		return h, fmt.Errorf("read state lock: %w (if no run is active, remove %s)", err, lockFile)
	}
	return h, nil
}

func (d *dir) hold(h holding) error {
	text, err := json.Marshal(h)
	if err == nil {
		err = ReplaceFile(filepath.Join(d.path, lockFile), text)
	}
	if err != nil {
		return fmt.Errorf("write state lock: %w", err)
	}
	return nil
}

func (d *dir) Acquire(ctx context.Context, holder string, term time.Duration) (Lease, error) {
	if term <= 0 || holder == "" || len(holder) > maxHolder {
		return nil, errors.New("acquire lock: it needs a holder and a term")
	}
	l := &dirLease{dir: d, term: term}
	err := d.guarded(ctx, func() error {
		h, err := d.holding()
		if err != nil {
			return err
		}
		now := d.now()
		alive, err := d.alive()
		if err != nil {
			return err
		}
		// A holder that was killed cannot give the lock back. The kernel tells that it is
		// dead, if it was on this machine; anywhere else its term is waited for.
		dead := alive != nil && h.Machine != "" && h.Machine == machine()
		if now.Before(h.Until) && !dead {
			alive.release()
			return fmt.Errorf("%w: %s, until %s", ErrLocked, h.Holder, h.Until.UTC().Format(time.RFC3339))
		}
		l.token, l.until = h.Token+1, now.Add(term)
		l.alive = alive
		l.holding = holding{Token: l.token, Holder: holder, Until: l.until, Head: h.Head}
		if alive != nil { // else a holder whose term is over still runs, and has that file
			l.holding.Machine = machine()
		}
		return d.hold(l.holding)
	})
	if err != nil {
		l.alive.release()
		return nil, fmt.Errorf("acquire lock: %w", err)
	}
	return l, nil
}

func (d *dir) Read(ctx context.Context, visit func(Record) error) error {
	h, err := d.holding() // before the journal, which only grows
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	f, err := os.Open(filepath.Join(d.path, journalFile))
	switch {
	case errors.Is(err, os.ErrNotExist) && h.Head.Seq == 0:
		return nil
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("read journal: %w: it is gone, and record %d was known", ErrTampered, h.Head.Seq)
	case err != nil:
		return fmt.Errorf("read journal: %w", err)
	}
	defer f.Close()
	_, _, err = ScanKnown(f, h.Head, func(r Record) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return visit(r)
	})
	return err
}

// keyLength is that of the hash under which the key is used.
const keyLength = 32

func (d *dir) Key(ctx context.Context) (key []byte, err error) {
	path := filepath.Join(d.path, keyFile)
	// Once made it stays: who only reads needs to write nothing.
	if key, err := readBounded(path, maxLock); err == nil && len(key) == keyLength {
		return key, nil
	}
	err = d.guarded(ctx, func() error {
		key, err = readBounded(path, maxLock)
		if errors.Is(err, os.ErrNotExist) {
			key = make([]byte, keyLength)
			if _, err := rand.Read(key); err != nil {
				return err
			}
			return ReplaceFile(path, key)
		}
		if err == nil && len(key) != keyLength {
			return fmt.Errorf("%s has %d bytes instead of %d", path, len(key), keyLength)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read state key: %w: put back the file that was there (a new key knows no secret value again)", err)
	}
	return key, nil
}

// dirLease is a lease on a directory. Its writes go to the journal's file under the guard,
// after a look at the lock file: between two processes one of them is always refused.
type dirLease struct {
	dir     *dir
	holding holding // as it was taken
	alive   *processLock
	term    time.Duration
	token   int64
	until   time.Time
	broken  error

	file journal
	head Head
	size int64 // of the records in the file
}

func (l *dirLease) Token() int64            { return l.token }
func (l *dirLease) TimeLeft() time.Duration { return l.until.Sub(l.dir.now()) }

// mine returns ErrLost unless the lease holds. It is called under the guard.
func (l *dirLease) mine() error {
	h, err := l.dir.holding()
	switch {
	case err != nil:
		return err
	case h.Token != l.token:
		return fmt.Errorf("%w: %s took it", ErrLost, h.Holder)
	case l.TimeLeft() <= 0:
		return fmt.Errorf("%w: its term is over", ErrLost)
	}
	return nil
}

// known is the newest end of the journal that this lease has seen on disk.
func (l *dirLease) known() Head {
	if l.head.Seq > 0 {
		return l.head
	}
	return l.holding.Head
}

func (l *dirLease) Renew(ctx context.Context) error {
	err := l.dir.guarded(ctx, func() error {
		if err := l.mine(); err != nil {
			return err
		}
		until := l.dir.now().Add(l.term)
		l.holding.Until = until
		l.holding.Head = l.known()
		if err := l.dir.hold(l.holding); err != nil {
			return err
		}
		l.until = until
		return nil
	})
	if err != nil {
		return fmt.Errorf("renew lock: %w", err)
	}
	return nil
}

func (l *dirLease) Append(ctx context.Context, r Record) (Record, error) {
	if l.broken != nil {
		return r, fmt.Errorf("append to journal: %w: %w", ErrBroken, l.broken)
	}
	err := l.dir.guarded(ctx, func() error {
		if err := l.mine(); err != nil {
			return err
		}
		if l.file == nil {
			if err := l.openEnd(); err != nil {
				return err
			}
		}
		r.Seq, r.Token, r.Prev = l.head.Seq+1, l.token, l.head.Hash
		r.Time = r.Time.UTC()
		line, hash, err := Seal(r)
		if err != nil {
			return err
		}
		if err := l.write(line); err != nil {
			l.broken = err
			return fmt.Errorf("%w: %w", ErrBroken, err)
		}
		l.head, l.size = Head{Seq: r.Seq, Hash: hash}, l.size+int64(len(line))
		return nil
	})
	if err != nil {
		return r, fmt.Errorf("append to journal: %w", err)
	}
	return r, nil
}

// openEnd finds the end of the journal and cuts off what a crash left of a last line: the
// call that it announces was never made, because its write had not returned.
func (l *dirLease) openEnd() error {
	f, err := l.dir.openJournal(filepath.Join(l.dir.path, journalFile))
	if err != nil {
		return err
	}
	head, torn, err := ScanKnown(f, l.holding.Head, nil)
	if err == nil {
		l.size, err = f.Seek(0, io.SeekEnd)
	}
	if err == nil && torn > 0 {
		l.size -= int64(torn)
		if err = f.Truncate(l.size); err == nil && head.Seq < l.holding.Head.Seq {
			l.holding.Head = head
			err = l.dir.hold(l.holding)
		}
	}
	if err == nil {
		err = syncDir(l.dir.path) // the file itself may be new
	}
	if err != nil {
		f.Close()
		return err
	}
	l.file, l.head = f, head
	return nil
}

func (l *dirLease) write(line []byte) error {
	if _, err := l.file.Seek(l.size, io.SeekStart); err != nil {
		return err
	}
	if _, err := l.file.Write(line); err != nil {
		return err
	}
	return l.file.Sync()
}

func (l *dirLease) Release(ctx context.Context) error {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
	if l.broken == nil {
		l.broken = errors.New("the lock was released")
	}
	err := l.dir.guarded(ctx, func() error {
		h, err := l.dir.holding()
		if err != nil || h.Token != l.token {
			return err
		}
		return l.dir.hold(holding{Token: l.token, Holder: l.holding.Holder, Head: l.known()})
	})
	l.until = time.Time{}
	l.alive.release()
	l.alive = nil
	if err != nil {
		return fmt.Errorf("release lock: %w", err)
	}
	return nil
}

func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", filepath.Base(path), limit)
	}
	return text, err
}

// ReplaceFile writes a file so that a crash leaves the old content or the new one. The file
// is there, on disk, when it returns nil. Safe to call twice; of concurrent calls the last wins.
func ReplaceFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // not there any more when all went well
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	return err
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

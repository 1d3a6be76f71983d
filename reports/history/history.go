// Package history keeps what runs found, in one file, so that a question about time has an
// answer: since when is this open, when was it closed, is it getting better?
//
// A saved result is one moment. The history is made of the same results ([engine.Result] is
// the only thing that is ever recorded) and keeps of each run its numbers and its gaps, and of
// each finding, drift and resource when it was first and last seen. It is no authority: what
// may be deleted is decided by marks in the state, never by what stands here, and whoever
// deletes the file loses his trend and nothing else.
//
// Two promises make the numbers worth reading:
//
//   - Not looked at is not gone. A finding is closed, and a resource is gone, when a run that
//     covered the place, and judged by the rule, did not find it. A gap, a narrower scope, a
//     deselected rule or an interrupted reading closes nothing.
//   - A run is recorded as a whole and once. Recording is one transaction; the same run again
//     changes nothing.
//
// The file is an SQLite database (https://sqlite.org/fileformat.html), to be read by other
// programs as well. Times are seconds since 1970 UTC. No property value, tag or message of a
// finding is ever in it.
package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// applicationID marks the file as ours ("pcfs" in ASCII): SQLite keeps it for its callers and
// never reads it.
const applicationID = 0x70636673

// busyTimeout is how long a process waits for another one that is writing.
const busyTimeout = 20 * time.Second

// History is an open history file. It is safe for concurrent use, also by several
// processes: one writes, the others wait.
type History struct {
	db   *sql.DB
	path string
}

// Create opens a history to record in. A file that is not there, or is empty, becomes a new
// history; an older one is brought up to date. The caller closes it.
func Create(ctx context.Context, path string) (*History, error) {
	// SQLite would say "unable to open database file" to everything that may be wrong here.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the history: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open the history: %w", err)
	}
	return open(ctx, path)
}

// Open opens a history to read it. It must be there. The caller closes it.
func Open(ctx context.Context, path string) (*History, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("open the history: %w; a run with --history makes it", err)
	case info.Size() == 0:
		return nil, fmt.Errorf("open the history %s: the file is empty; a run with --history fills it", path)
	}
	return open(ctx, path)
}

func open(ctx context.Context, path string) (*History, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the history %s: %w", path, err)
	}
	// A transaction takes the right to write at its beginning: two that have both read could
	// not both go on. mode=rw falls back to reading where the file may not be written. The
	// cache, in KiB, holds what one run changes, which otherwise goes to the disk piece by piece.
	dsn := fmt.Sprintf("file:%s?mode=rw&_txlock=immediate&_pragma=busy_timeout(%d)&_pragma=foreign_keys(1)&_pragma=cache_size(-65536)",
		(&url.URL{Path: filepath.ToSlash(absolute)}).EscapedPath(), busyTimeout.Milliseconds())
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open the history %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	h := &History{db: db, path: path}
	if err := h.migrate(ctx); err != nil {
		_ = db.Close() // the first error says more
		return nil, err
	}
	return h, nil
}

// Close closes the file. What was recorded is safe already.
func (h *History) Close() error { return h.db.Close() }

// migrations bring the tables from version i to i+1. One that was released is never changed;
// what comes later is appended. The version stands in SQLite's user_version.
var migrations = []string{tables, actors}

// migrate checks that the file is ours and brings its tables up to date.
func (h *History) migrate(ctx context.Context) error {
	id, version, err := h.versions(ctx, h.db)
	if err != nil {
		return h.failed("open", err)
	}
	if id == applicationID && version == len(migrations) {
		return nil
	}
	return h.transaction(ctx, "open", func(tx *sql.Tx) error {
		id, version, err := h.versions(ctx, tx) // another process may have been faster
		if err != nil {
			return err
		}
		var objects int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&objects); err != nil {
			return err
		}
		switch {
		case id != applicationID && (id != 0 || version != 0 || objects > 0):
			return errors.New("this is a database of another program; give the name of a new file")
		case version > len(migrations):
			return fmt.Errorf("a newer pcf-scan wrote it (its version is %d, this program knows %d); use that one, or give the name of a new file", version, len(migrations))
		}
		for i := version; i < len(migrations); i++ {
			if _, err := tx.ExecContext(ctx, migrations[i]); err != nil {
				return fmt.Errorf("bring it from version %d to %d: %w", i, i+1, err)
			}
		}
		_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(migrations)))
		return err
	})
}

// queryer is a database or a transaction.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (h *History) versions(ctx context.Context, q queryer) (id, version int, err error) {
	if err = q.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err == nil {
		err = q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	}
	return id, version, err
}

// transaction runs do as a whole or not at all.
func (h *History) transaction(ctx context.Context, what string, do func(tx *sql.Tx) error) error {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return h.failed(what, err)
	}
	if err = do(tx); err == nil {
		err = tx.Commit()
	}
	if err != nil {
		_ = tx.Rollback() // the first error says more
		return h.failed(what, err)
	}
	return nil
}

// failed says what can be done about an error of SQLite. what is a verb: open, record, read.
func (h *History) failed(what string, err error) error {
	hint := ""
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff { // the rest of the bits are the finer reason
		case sqlite3.SQLITE_NOTADB:
			hint = "this is no history; give the name of a new file"
		case sqlite3.SQLITE_CORRUPT:
			hint = "the file is damaged; put it aside (sqlite3 FILE .recover may save it) and give the name of a new one"
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			hint = fmt.Sprintf("another process has been writing to it for %s; try again", busyTimeout)
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			hint = "neither the file nor its directory may be read-only: SQLite writes a journal beside it"
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
			hint = "is the disk full? Nothing was changed"
		}
	}
	if hint != "" {
		return fmt.Errorf("%s the history %s: %w: %s", what, h.path, err, hint)
	}
	return fmt.Errorf("%s the history %s: %w", what, h.path, err)
}

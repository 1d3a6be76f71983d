package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

func auditCommand(code *int) *cli.Command {
	return &cli.Command{
		Name: "audit", Usage: "check the record of what was done",
		OnUsageError: usageErrorOf,
		Subcommands: []*cli.Command{{
			Name: "verify", Usage: "check the hash chain of a journal", ArgsUsage: "JOURNAL",
			Description: "JOURNAL is the journal's file, or the state that it is in: a directory or s3://bucket/prefix.\n" +
				"Exit code: 0 it is as it was written, 1 it was changed (and where), 2 it cannot be read. That\n" +
				"the end is missing shows by the head that the lock of a directory holds, and for sure only by\n" +
				"one that was kept elsewhere: every check prints it. What a crash left of a last record is said\n" +
				"and no change.",
			Flags: []cli.Flag{
				text("head", "a `HEAD` that an earlier check printed, as 12:sha256; the journal must still hold it", ""),
				text("format", "`FORMAT`: table or json", "table"),
				text("config", "configuration `FILE`", ""),
			},
			OnUsageError: usageErrorOf,
			Action:       func(c *cli.Context) error { return auditVerify(c, code) },
		}},
	}
}

// audited is what `audit verify --format json` prints of a journal.
type audited struct {
	File    string `json:"file"`
	Intact  bool   `json:"intact"`
	Records int64  `json:"records"` // up to where the chain breaks, if it does
	Head    string `json:"head,omitempty"`
	// Unfinished is how many bytes of a record stand behind the last whole one: what a crash
	// leaves in the middle of a write. The call that it announces was never made.
	Unfinished int    `json:"unfinished,omitempty"`
	Problem    string `json:"problem,omitempty"`
}

func auditVerify(c *cli.Context, code *int) error {
	if err := configure(c); err != nil {
		return err
	}
	if c.NArg() != 1 {
		return usagef(c, "audit verify needs one JOURNAL, for example: pcf-scan audit verify %s", filepath.Join(defaultState, "journal.jsonl"))
	}
	format := c.String("format")
	if format != "table" && format != "json" {
		return usagef(c, "--format %q: want table or json", format)
	}
	known, err := parseHead(c)
	if err != nil {
		return err
	}
	file := c.Args().First()
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		file = filepath.Join(file, "journal.jsonl")
	}
	var head state.Head
	torn := 0
	if strings.Contains(file, "://") {
		head, err = verifyS3(c, file, known)
	} else {
		head, torn, err = verify(file, known)
	}
	if err != nil && !errors.Is(err, state.ErrTampered) {
		return fmt.Errorf("%s: %w", file, err)
	}
	a := audited{File: file, Intact: err == nil, Records: head.Seq, Unfinished: torn}
	if err != nil {
		a.Problem = err.Error()
		*code = engine.ExitFindings
	} else if head.Seq > 0 {
		a.Head = fmt.Sprintf("%d:%s", head.Seq, head.Hash)
	}
	if format == "json" {
		return envelope(c, "journal", a)
	}
	if !a.Intact {
		_, err = fmt.Fprintf(c.App.Writer, "%s: NOT INTACT: %s (the %d records before it are as they were written)\n", file, a.Problem, a.Records)
		return err
	}
	text := strings.TrimSuffix(fmt.Sprintf("%s: intact, %d records, head %s", file, a.Records, a.Head), ", head ") + "\n"
	if a.Unfinished > 0 {
		text += fmt.Sprintf("%s: behind the last record stand %d bytes of an unfinished one: a run died while it wrote; the next one takes them away\n", file, a.Unfinished)
	}
	_, err = io.WriteString(c.App.Writer, text)
	return err
}

// verify checks a journal against the head that is known, and the one that the lock beside it
// remembers, and says how many bytes of an unfinished record it ends with. A journal that is gone
// although it had records was changed.
func verify(file string, known *state.Head) (head state.Head, torn int, err error) {
	var beside state.Head
	if filepath.Base(file) == "journal.jsonl" {
		if beside, err = state.KnownHead(filepath.Dir(file)); err != nil {
			return head, 0, err
		}
	}
	f, err := os.Open(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && beside.Seq > 0:
		return head, 0, fmt.Errorf("%w: it is gone, and record %d was known", state.ErrTampered, beside.Seq)
	case err != nil:
		return head, 0, fmt.Errorf("read journal: %w", err)
	}
	defer f.Close()
	if head, torn, err = state.ScanKnown(f, beside, nil); err != nil || known == nil {
		return head, torn, err
	}
	if _, err = f.Seek(0, io.SeekStart); err != nil {
		return head, torn, err
	}
	head, err = state.Verify(f, known)
	return head, torn, err
}

// verifyS3 checks the journal of a state in a bucket against the head that is known.
func verifyS3(c *cli.Context, where string, known *state.Head) (head state.Head, err error) {
	store, err := openS3State(c.Context, c, where)
	if err != nil {
		return head, err
	}
	journal, lines := io.Pipe()
	defer journal.Close()
	go func() {
		lines.CloseWithError(store.Read(c.Context, func(r state.Record) error {
			line, _, err := state.Seal(r)
			if err == nil {
				_, err = lines.Write(line)
			}
			return err
		}))
	}()
	head, err = state.Verify(journal, known)
	if err == nil && head.Seq == 0 {
		err = errors.New("read journal: there is none")
	}
	return head, err
}

// parseHead reads --head; nil when it is not given.
func parseHead(c *cli.Context) (*state.Head, error) {
	text := c.String("head")
	if text == "" {
		return nil, nil //nolint:nilnil // none and no mistake
	}
	number, hash, _ := strings.Cut(text, ":")
	seq, err := strconv.ParseInt(number, 10, 64)
	if raw, e := hex.DecodeString(hash); err != nil || e != nil || len(raw) != 32 || seq < 1 {
		return nil, usagef(c, "--head %q: want NUMBER:SHA256, as audit verify prints it", text)
	}
	return &state.Head{Seq: seq, Hash: hash}, nil
}

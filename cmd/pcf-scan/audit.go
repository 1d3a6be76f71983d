package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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
			Description: "JOURNAL is the journal's file, or the state directory that it is in. Exit code: 0 it is as\n" +
				"it was written, 1 it was changed (and where), 2 it cannot be read. That the end is missing\n" +
				"shows only with a head that was kept elsewhere: every check prints it.",
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
	Problem string `json:"problem,omitempty"`
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
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	defer f.Close()
	head, err := state.Verify(f, known)
	if err != nil && !errors.Is(err, state.ErrTampered) {
		return fmt.Errorf("%s: %w", file, err)
	}
	a := audited{File: file, Intact: err == nil, Records: head.Seq}
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
	_, err = io.WriteString(c.App.Writer, strings.TrimSuffix(fmt.Sprintf("%s: intact, %d records, head %s", file, a.Records, a.Head), ", head ")+"\n")
	return err
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

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/reports"
)

func formatNames() string {
	var names []string
	for _, f := range reports.Formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// sink is one place that a report goes to.
type sink struct {
	format reports.Format
	file   string // "" is stdout
}

// sinksOf reads --format and --output: a bare FILE takes the report instead of stdout,
// FORMAT=FILE takes one besides it.
func sinksOf(c *cli.Context) ([]sink, error) {
	format, err := reports.Lookup(c.String("format"))
	if err != nil {
		return nil, usagef(c, "--format: %v", err)
	}
	main := sink{format: format}
	var besides []sink
	for _, out := range c.StringSlice("output") {
		name, file, both := strings.Cut(out, "=")
		if !both {
			if main.file != "" {
				return nil, usagef(c, "--output names two files for the report, %s and %s; write FORMAT=FILE for the second", main.file, out)
			}
			main.file = out
			continue
		}
		f, err := reports.Lookup(name)
		if err != nil {
			return nil, usagef(c, "--output %s: %v", out, err)
		}
		if file == "" {
			return nil, usagef(c, "--output %s: the file name is missing", out)
		}
		besides = append(besides, sink{f, file})
	}
	all := append([]sink{main}, besides...)
	for i, s := range all {
		if s.file != "" && slices.ContainsFunc(all[:i], func(o sink) bool { return o.file == s.file }) {
			return nil, usagef(c, "--output names %s twice: one report would overwrite the other", s.file)
		}
	}
	return all, nil
}

// render writes the result to every sink. A file is complete or not there at all.
func render(c *cli.Context, r *engine.Result, sinks []sink) error {
	for _, s := range sinks {
		opt := reports.Options{}
		if s.file == "" {
			opt = terminal(c)
			if err := s.format.Write(c.App.Writer, r, opt); err != nil {
				return fmt.Errorf("write the report: %w", err)
			}
			continue
		}
		var b bytes.Buffer
		if err := s.format.Write(&b, r, opt); err != nil {
			return fmt.Errorf("write the report for %s: %w", s.file, err)
		}
		if err := writeFile(s.file, b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".pcf-scan-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer os.Remove(f.Name()) // gone already when all went well
	if _, err := f.Write(data); err != nil {
		f.Close()
		return fmt.Errorf("write %s: %w", name, err)
	}
	return finish(f, name)
}

// finish closes a temporary file and gives it its name.
func finish(f *os.File, name string) error {
	err := f.Chmod(0o644)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// terminal says whether stdout is one, and how wide.
func terminal(c *cli.Context) reports.Options {
	f, ok := c.App.Writer.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return reports.Options{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	return reports.Options{Width: width, Color: !c.Bool("no-color") && os.Getenv("NO_COLOR") == ""}
}

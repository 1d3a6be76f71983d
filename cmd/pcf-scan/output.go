package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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

// output is stdout, and the first error of writing to it: what a full disk cut off is not a
// report, whoever wrote it.
type output struct {
	io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
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
		if err := writable(s.file); err != nil {
			return nil, usagef(c, "--output %s: %v", s.file, err)
		}
		if s.file != "" && slices.ContainsFunc(all[:i], func(o sink) bool { return o.file != "" && filepath.Clean(o.file) == filepath.Clean(s.file) }) {
			return nil, usagef(c, "--output names %s twice: one report would overwrite the other", s.file)
		}
	}
	return all, nil
}

// writable finds before a long run what would fail after it.
func writable(file string) error {
	if file == "" {
		return nil
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return errors.New("this is a directory; give the name of a file in it")
	}
	dir := filepath.Dir(file)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no directory %s; make it first", dir)
	}
	return nil
}

// render writes the result to every sink, also when one of them fails. A file is complete or
// not there at all. Files come first: whoever reads stdout may close it early.
func render(c *cli.Context, r *engine.Result, sinks []sink) error {
	var failed []error
	for _, s := range sinks {
		if s.file == "" {
			continue
		}
		var b bytes.Buffer
		if err := s.format.Write(&b, r, reports.Options{}); err != nil {
			failed = append(failed, fmt.Errorf("write the report for %s: %w", s.file, err))
		} else if err := writeFile(s.file, b.Bytes()); err != nil {
			failed = append(failed, err)
		}
	}
	for _, s := range sinks {
		if s.file != "" {
			continue
		}
		if err := s.format.Write(c.App.Writer, r, terminal(c)); err != nil {
			failed = append(failed, fmt.Errorf("write the report: %w", err))
		}
	}
	return errors.Join(failed...)
}

func writeFile(name string, data []byte) error {
	return writeTo(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// writeTo lets write fill the file, which is then complete or what it was before. A link stays a link,
// and what is no file (a device, a pipe) is written to and never replaced.
func writeTo(name string, write func(io.Writer) error) error {
	return writeMode(name, 0o644, write)
}

// writeMode is writeTo for a file with these permissions.
func writeMode(name string, mode os.FileMode, write func(io.Writer) error) error {
	failed := func(err error) error { return fmt.Errorf("write %s: %w", name, err) }
	target := name
	if real, err := filepath.EvalSymlinks(name); err == nil {
		target = real
	}
	var f *os.File
	info, err := os.Stat(target)
	inPlace := err == nil && !info.Mode().IsRegular()
	if inPlace {
		f, err = os.OpenFile(target, os.O_WRONLY, 0)
	} else {
		f, err = os.CreateTemp(filepath.Dir(target), ".pcf-scan-*")
	}
	if err != nil {
		return failed(err)
	}
	if !inPlace {
		defer os.Remove(f.Name()) // gone already when all went well
	}
	err = write(f)
	if err == nil && !inPlace {
		err = f.Chmod(mode)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil && !inPlace {
		err = os.Rename(f.Name(), target)
	}
	if err != nil {
		return failed(err)
	}
	return nil
}

// terminal says whether stdout is one, and how wide.
func terminal(c *cli.Context) reports.Options {
	w := c.App.Writer
	if o, ok := w.(*output); ok {
		w = o.Writer
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return reports.Options{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	return reports.Options{Width: width, Color: !c.Bool("no-color") && os.Getenv("NO_COLOR") == ""}
}

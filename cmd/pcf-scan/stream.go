package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/reports"
)

// streams reports whether an inventory can be written without holding it: JSON Lines and
// nothing else, of a live account, with owners that follow from each resource alone.
func streams(c *cli.Context, sinks []sink) bool {
	return c.Command.Name == "inventory" && len(sinks) == 1 && sinks[0].format.Name == "jsonl" &&
		c.String("live") == "aws" && len(c.StringSlice("declared")) == 0 && c.String("baseline") == "" && c.String("history") == ""
}

// streamInventory reads a live account into a JSON Lines snapshot. The resources wait in a
// temporary file, and only where each one stands is kept in memory: an account of a
// million resources comes out sorted, in a small part of the memory that it would fill.
func streamInventory(ctx context.Context, c *cli.Context, job engine.Job, out sink) (*engine.Result, error) {
	opt, err := scanOptions(c, names(c, "type"))
	if err != nil {
		return nil, err
	}
	cfg, err := awsConfig(ctx)
	if err != nil {
		return nil, err
	}
	s, err := newSpool()
	if err != nil {
		return nil, err
	}
	defer s.close()
	progress := newProgress(c)
	opt.Progress = progress.show
	counts := job // classes are counted as the resources pass
	counts.Live = &inventory.Snapshot{}
	result := engine.Run(counts)
	live := &inventory.Snapshot{}
	live.Scope, live.Gaps, err = aws.Stream(ctx, cfg, opt, func(r *inventory.Resource) error {
		one := job
		one.Live = &inventory.Snapshot{Resources: []*inventory.Resource{r}}
		listed := engine.Run(one)
		result.Summary.Resources += listed.Summary.Resources
		for class, n := range listed.Summary.ByClass {
			result.Summary.ByClass[class] += n
		}
		for _, res := range listed.Resources {
			if err := s.add(r.Ref, res); err != nil {
				return err
			}
		}
		return nil
	})
	progress.done()
	if err != nil {
		return nil, err
	}
	job.Live, job.Scope = live, live.Scope
	frame := engine.Run(job)
	frame.Summary = result.Summary
	if out.file == "" {
		return frame, reports.WriteJSONL(c.App.Writer, frame, s.each)
	}
	return frame, writeTo(out.file, func(w io.Writer) error { return reports.WriteJSONL(w, frame, s.each) })
}

// A spool keeps lines on disk and their order in memory.
type spool struct {
	f     *os.File
	w     *bufio.Writer
	line  bytes.Buffer
	size  int64
	index []spooled
}

type spooled struct {
	ref    inventory.Ref
	offset int64
	length int32
}

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "pcf-scan-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file for the inventory: %w (set TMPDIR to a place with room)", err)
	}
	return &spool{f: f, w: bufio.NewWriterSize(f, 1<<20)}, nil
}

func (s *spool) add(ref inventory.Ref, r engine.Resource) error {
	s.line.Reset()
	e := json.NewEncoder(&s.line)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("write %s: %w", ref, err)
	}
	s.index = append(s.index, spooled{ref, s.size, int32(s.line.Len())})
	s.size += int64(s.line.Len())
	if _, err := s.line.WriteTo(s.w); err != nil {
		return fmt.Errorf("keep the inventory in %s: %w", s.f.Name(), err)
	}
	return nil
}

// each hands out the resources in the order of every other report.
func (s *spool) each(yield func(any) error) error {
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("keep the inventory in %s: %w", s.f.Name(), err)
	}
	slices.SortStableFunc(s.index, func(a, b spooled) int { return cmp.Or(a.ref.Compare(b.ref), cmp.Compare(a.offset, b.offset)) })
	var line []byte
	for _, at := range s.index {
		line = slices.Grow(line[:0], int(at.length))[:at.length]
		if _, err := io.ReadFull(io.NewSectionReader(s.f, at.offset, int64(at.length)), line); err != nil {
			return fmt.Errorf("read back %s: %w", at.ref, err)
		}
		if err := yield(json.RawMessage(line)); err != nil {
			return err
		}
	}
	return nil
}

func (s *spool) close() {
	s.f.Close()
	os.Remove(s.f.Name())
}

// Package reports writes a run for its readers. Every format is one file with one
// [Format] value in it, and every format sees the same single input: an
// [engine.Result]. A format therefore cannot know more than the saved file does, and
// `pcf-scan report RESULT.json` can draw any of them again, years later.
//
// Three promises hold for all formats:
//
//   - Coverage comes first. What could not be read is said before what was found, so
//     that an incomplete scan is never mistaken for a clean one. (Only JSON Lines, which
//     can be written while the scan still runs, says it on its last line.)
//   - Text that comes from a resource is inert. Names, tags and values are written by
//     strangers; a terminal escape, a text-direction trick or a link in them comes out
//     as visible characters (see inert.go).
//   - The same Result gives the same bytes. No clock, no map order, no locale.
//
// To add a format: write one file with a Format in it and put it in the list of
// [Formats]; the tests walk that list.
package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Options are what a reader's screen can do. The formats for machines ignore them.
type Options struct {
	// Width is the number of columns of the terminal; 0 means 100.
	Width int
	// Color allows ANSI colours. Nothing is ever said by colour alone.
	Color bool
}

// Format is one way to write a Result.
type Format struct {
	Name  string // what --format takes
	Title string // one line for help texts
	// Write writes the whole report. It does not change r, may be called again and
	// concurrently, and returns the writer's errors. A nil r is an empty Result.
	Write func(w io.Writer, r *engine.Result, opt Options) error
}

// Formats returns all formats; the first is the default. The caller owns the slice.
func Formats() []Format {
	return []Format{table, jsonFormat, sarif, jsonl, csvFormat, markdown, junit, github, htmlFormat}
}

// Lookup returns the format of a name. The error of an unknown name lists the known
// ones and the one that was probably meant.
func Lookup(name string) (Format, error) {
	var known []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		known = append(known, f.Name)
	}
	err := fmt.Errorf("look up report format: %q is not one of %s", name, strings.Join(known, ", "))
	if meant := schema.Suggest(name, known); meant != "" {
		err = fmt.Errorf("%w (did you mean %q?)", err, meant)
	}
	return Format{}, err
}

package declared

import (
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A format is one kind of input. Adding one is one new file that calls addFormat; no two
// formats may recognise the same document (a test holds them against each other).
type format struct {
	// name says what it is in a sentence: "a CloudFormation template".
	name string
	// recognises decides by content alone, cheaply and without judging: a document that
	// is meant to be of this format and has mistakes is still recognised, so that the
	// mistakes are told.
	recognises func(root *node) bool
	// read adds what a document declares to r.decl, or says why it cannot.
	read func(r *reading, d *document)
	// readInto reads a document that stands in the `from:` of a pcf.yaml, and adds its
	// particles to that app; nil when the format declares no particles.
	readInto func(r *reading, d *document, h *home)
	// first is true for formats that may claim other files as parts of their own.
	first bool
}

// A home is the app to which the particles of a document belong, and what that app says
// about the document.
type home struct {
	app   *inventory.App
	stack string         // as written; empty when not
	given map[string]any // values for parameters, possibly unknown
	// givenAt is where those values are written.
	givenAt map[string]inventory.Position
	manage  []inventory.Verb

	// Of a nested stack: the files that lead to it, what stands before its names where they
	// are taken, and why it is not known whether it exists.
	nested    bool
	within    []string // real paths, the outermost first
	prefix    string
	names     map[string]bool // the names that the outer stacks took
	existence *inventory.Unknown
	// Of a stack of a CDK assembly: see cdk.go. account and region are empty when not known.
	assembly        *assembly
	account, region string
}

var formats []*format

// addFormat adds a format; it is called while the package's variables are initialised.
func addFormat(f format) *format {
	formats = append(formats, &f)
	slices.SortFunc(formats, func(a, b *format) int { return strings.Compare(a.name, b.name) })
	return &f
}

// recognise returns the format that claims a document; nil when none does.
func recognise(d *document) *format {
	for _, f := range formats {
		if f.recognises(d.root) {
			return f
		}
	}
	return nil
}

// expected lists what pcf-scan reads, for the hint of a file that is none of it.
func expected() string {
	names := []string{"a snapshot (JSON or JSONL)"}
	for _, f := range formats {
		names = append(names, f.name)
	}
	return "expected one of: " + strings.Join(names, "; ")
}

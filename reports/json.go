package reports

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// jsonFormat is the saved result: the envelope of engine.Result, indented, with keys
// in a fixed order. It is what Read reads and what scripts rely on.
var jsonFormat = Format{
	Name:  "json",
	Title: "the saved result, for scripts and for `pcf-scan report`",
	Write: func(w io.Writer, r *engine.Result, _ Options) error {
		return WriteJSON(w, withoutNulls(r))
	},
}

// WriteJSON writes v indented, without HTML escapes, inert on a terminal. The error is that of
// the encoder or of w.
func WriteJSON(w io.Writer, v any) error {
	out := &inertWriter{to: bufio.NewWriterSize(w, 1<<16)}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	if out.err == nil {
		out.err = out.to.Flush()
	}
	if out.err != nil {
		return fmt.Errorf("write report: %w", out.err)
	}
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	return nil
}

// withoutNulls returns a copy of r in which the lists that are always present are
// empty lists and not null, so that a script may walk them without asking.
func withoutNulls(r *engine.Result) *engine.Result {
	var c engine.Result
	if r != nil {
		c = *r
	}
	c.Gaps = present(c.Gaps)
	c.Scope.Accounts = present(c.Scope.Accounts)
	c.Scope.Regions = present(c.Scope.Regions)
	c.Scope.Types = present(c.Scope.Types)
	c.Resources = slices.Clone(c.Resources)
	for i := range c.Resources {
		c.Resources[i].Unread = present(c.Resources[i].Unread)
	}
	return &c
}

func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// maxSaved bounds what Read takes into memory: a result of 100,000 resources with all
// properties stays well below it.
const maxSaved = 2 << 30

// Read reads a saved result (or a snapshot in the same envelope). Writing it again as
// JSON gives the same bytes. It refuses what is not one JSON document, with line and
// column, and every schemaVersion but its own; keys that it does not know are left
// aside, because a later minor version may add some.
func Read(r io.Reader) (*engine.Result, error) {
	const want = "give a file that `--format json` wrote"
	doc, err := io.ReadAll(io.LimitReader(r, maxSaved+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read saved result: %w", err)
	case len(doc) > maxSaved:
		return nil, fmt.Errorf("read saved result: it is larger than %d MiB; save it again without `--include properties`", maxSaved>>20)
	case len(bytes.TrimSpace(doc)) == 0:
		return nil, errors.New("read saved result: the file is empty; " + want)
	}

	var head struct {
		SchemaVersion *int `json:"schemaVersion"`
	}
	if err := json.Unmarshal(doc, &head); err != nil {
		return nil, fmt.Errorf("read saved result: %s%w; %s", whereIn(doc, err), err, want)
	}
	switch v := head.SchemaVersion; {
	case v == nil:
		return nil, errors.New("read saved result: it has no schemaVersion; " + want)
	case *v > engine.SchemaVersion:
		return nil, fmt.Errorf("read saved result: its schemaVersion is %d and this pcf-scan reads %d; use the newer pcf-scan that wrote it", *v, engine.SchemaVersion)
	case *v != engine.SchemaVersion:
		return nil, fmt.Errorf("read saved result: there is no schemaVersion %d, this pcf-scan reads %d; %s", *v, engine.SchemaVersion, want)
	}

	var result engine.Result
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber() // or large numbers would come out changed
	if err := dec.Decode(&result); err != nil {
		return nil, fmt.Errorf("read saved result: %s%w; %s", whereIn(doc, err), err, want)
	}
	var keys inventory.KeyWatch
	keys.Write(doc)
	if twice := keys.Twice(); twice != nil {
		return nil, fmt.Errorf("read saved result: line %d, column %d: %s; %s", twice.Line, twice.Column, twice.Describe(), want)
	}
	if err := normalise(&result); err != nil {
		return nil, err
	}
	return &result, nil
}

// whereIn writes where in the document a JSON error stands, so that an editor can jump
// there; nothing when the error does not say.
func whereIn(doc []byte, err error) string {
	var offset int64
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = syntax.Offset
	} else if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		offset = kind.Offset
	} else {
		return ""
	}
	before := doc[:max(0, min(int(offset), len(doc))-1)]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d: ", line, column)
}

// normalise turns the json.Number values of properties and changes into the kinds that
// the rest of the program uses.
func normalise(r *engine.Result) error {
	resources, drifts := [][]engine.Resource{r.Resources}, [][]engine.Drift{r.Drift}
	if c := r.Comparison; c != nil {
		resources, drifts = append(resources, c.NewResources, c.GoneResources), append(drifts, c.GoneDrift)
	}
	for _, list := range resources {
		for i := range list {
			for name, v := range list[i].Properties {
				n, err := inventory.Normal(v)
				if err != nil {
					return fmt.Errorf("read saved result: property %s of %s: %w", name, list[i].ID, err)
				}
				list[i].Properties[name] = n
			}
		}
	}
	if r.Plan != nil {
		for i := range r.Plan.Actions {
			if err := normaliseAction(&r.Plan.Actions[i]); err != nil {
				return err
			}
		}
	}
	for _, list := range drifts {
		for i := range list {
			for j := range list[i].Changes {
				if err := normaliseChange(&list[i].Changes[j]); err != nil {
					return err
				}
			}
		}
	}
	for i := range r.Ignored {
		if err := normaliseChange(&r.Ignored[i].Change); err != nil {
			return err
		}
	}
	return nil
}

func normaliseChange(c *engine.Change) error {
	var errs [2]error
	c.Declared, errs[0] = inventory.Normal(c.Declared)
	c.Live, errs[1] = inventory.Normal(c.Live)
	if err := errors.Join(errs[:]...); err != nil {
		return fmt.Errorf("read saved result: change of %s: %w", c.Path, err)
	}
	return nil
}

func normaliseAction(a *plan.Action) error {
	for name, v := range a.Properties {
		n, err := inventory.Normal(v)
		if err != nil {
			return fmt.Errorf("read saved result: property %s of action %s: %w", name, a.ID, err)
		}
		a.Properties[name] = n
	}
	for i := range a.Patch {
		c := &a.Patch[i]
		var errs [2]error
		c.From, errs[0] = inventory.Normal(c.From)
		c.To, errs[1] = inventory.Normal(c.To)
		if err := errors.Join(errs[:]...); err != nil {
			return fmt.Errorf("read saved result: change of %s in action %s: %w", c.Path, a.ID, err)
		}
	}
	return nil
}

package reports

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/plan"
)

// jsonl is JSON Lines: one object a line, so that a reader needs memory for one line
// only. Of an inventory with its properties it is a snapshot, which `--live
// snapshot:FILE` and `check FILE` read. A reader that finds no last line knows that the
// file was cut off.
//
//	{"schemaVersion":1,"tool":{…},"command":"scan","runId":"…","scope":{…},"sections":["resources","findings"]}
//	{"type":"AWS::S3::Bucket","id":"…",…}
//	{"finding":{"rule":"…",…}}
//	{"drift":{"class":"changed",…}}
//	{"action":{"id":"…","verb":"update",…}}
//	{"candidate":{"state":"…",…}}
//	{"refused":{"reason":"…",…}}
//	{"outcome":{"action":"…","state":"done"}}
//	{"end":true,"complete":true,"gaps":[],"count":1}
//
// The lines have the shapes that the saved result gives their kind, and count is the
// number of resources. Summary, rules and warnings stand in the saved result alone.
var jsonl = Format{
	Name:  "jsonl",
	Title: "JSON Lines, one resource, finding or drift a line; of an inventory a snapshot that can be streamed",
	Write: func(w io.Writer, r *engine.Result, _ Options) error {
		r = withoutNulls(r)
		return WriteJSONL(w, r, func(yield func(any) error) error {
			for _, res := range r.Resources {
				if err := yield(res); err != nil {
					return err
				}
			}
			return nil
		})
	},
}

// WriteJSONL writes r as JSON Lines with the resources that each yields, one after the
// other, instead of r.Resources: an inventory that is too large to be held can be written.
// What it yields is an engine.Resource, or the JSON of one.
func WriteJSONL(w io.Writer, r *engine.Result, each func(yield func(any) error) error) error {
	r = withoutNulls(r)
	l := &lines{out: inertWriter{to: bufio.NewWriter(w)}}
	l.write(jsonlStart{
		SchemaVersion: engine.SchemaVersion, Tool: r.Tool, Command: r.Command, RunID: r.RunID, Scope: r.Scope, Sections: sectionsOf(r),
	})
	count := 0
	if err := each(func(res any) error {
		count++
		l.write(res)
		return l.err
	}); err != nil {
		return err
	}
	for _, f := range r.Findings {
		l.write(map[string]engine.Finding{"finding": f})
	}
	for _, d := range r.Drift {
		l.write(map[string]engine.Drift{"drift": d})
	}
	if r.Plan != nil {
		for _, a := range r.Plan.Actions {
			l.write(map[string]plan.Action{"action": a})
		}
		for _, c := range reaping(r).Candidates {
			l.write(map[string]plan.Candidate{"candidate": c})
		}
		for _, f := range r.Plan.Refused {
			l.write(map[string]plan.Refusal{"refused": f})
		}
	}
	for _, o := range r.Outcomes {
		l.write(map[string]engine.Outcome{"outcome": o})
	}
	l.write(jsonlEnd{End: true, Complete: r.Complete, Gaps: r.Gaps, Count: count, Faults: r.Faults})
	return l.close()
}

type jsonlStart struct {
	SchemaVersion int          `json:"schemaVersion"`
	Tool          engine.Tool  `json:"tool"`
	Command       string       `json:"command"`
	RunID         string       `json:"runId"`
	Scope         engine.Scope `json:"scope"`
	// Sections are the kinds of lines that may follow. Without it they are resources, and
	// all that were found.
	Sections []string `json:"sections,omitzero"`
}

type jsonlEnd struct {
	End      bool           `json:"end"`
	Complete bool           `json:"complete"`
	Gaps     []engine.Gap   `json:"gaps"`
	Count    int            `json:"count"`
	Faults   []engine.Fault `json:"faults,omitempty"`
}

// sectionsOf names the sections that r lists, and returns nil for an inventory. A check
// and a summary list no resources, and nobody must read them as a snapshot of an empty
// account, where everything that is declared is missing.
func sectionsOf(r *engine.Result) []string {
	sections := []string{}
	if r.Resources != nil {
		sections = append(sections, "resources")
	}
	if r.Findings != nil {
		sections = append(sections, "findings")
	}
	if r.Drift != nil {
		sections = append(sections, "drift")
	}
	if r.Plan != nil {
		sections = append(sections, "plan")
	}
	if r.Outcomes != nil {
		sections = append(sections, "outcomes")
	}
	if slices.Equal(sections, []string{"resources"}) {
		return nil
	}
	return sections
}

// lines writes values, one a line, and keeps the first error.
type lines struct {
	out inertWriter
	err error
}

func (l *lines) write(v any) {
	if l.err != nil {
		return
	}
	enc := json.NewEncoder(&l.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); l.out.err != nil {
		l.err = fmt.Errorf("write report: %w", l.out.err)
	} else if err != nil {
		l.err = fmt.Errorf("encode report: %w", err)
	}
}

func (l *lines) close() error {
	if l.err != nil {
		return l.err
	}
	if err := l.out.to.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

package reports

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/drift"
)

// csvFormat is one table of comma-separated values (RFC 4180, in UTF-8, lines that end
// in LF), for spreadsheets. The first line names the columns. The first column, kind,
// says what a row is:
//
//	gap        a place that could not be read
//	fault      a mistake in an input
//	resource   a resource of an inventory
//	not-judged a resource that no rule can judge
//	finding    the verdict of a rule
//	drift      a declared resource that is not as declared
//	ownership  a resource whose owner is a question
//	action     an action of a plan, and what became of it (status)
//	candidate  a resource on its way out of the world (class says how far)
//	refused    what a plan does not do, and why
//
// Gaps and faults come first. An inventory then has a row for each resource, and every
// other result one for each finding, drift and question of ownership; the two have
// columns of their own, which stay the same whatever was found.
//
// A spreadsheet computes a cell that begins with = + - @, a tab or a carriage return,
// and a stranger who names a resource must not compute in it. Such a cell gets an
// apostrophe in front, which spreadsheets take for "this is text". As in all reports,
// line breaks and tabs are spaces and other control characters are spelled out. Read
// JSON where the exact text matters.
var csvFormat = Format{
	Name:  "csv",
	Title: "comma-separated values, for spreadsheets",
	Write: func(w io.Writer, r *engine.Result, _ Options) error {
		if r == nil {
			r = &engine.Result{}
		}
		t := &csvTable{out: csv.NewWriter(w), columns: problemColumns}
		if r.Command == "inventory" {
			t.columns = inventoryColumns
		}
		if err := t.out.Write(t.columns); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		for row := range csvRows(r) {
			if err := t.add(row); err != nil {
				return fmt.Errorf("write report: %w", err)
			}
		}
		t.out.Flush()
		if err := t.out.Error(); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		return nil
	},
}

var (
	inventoryColumns = []string{
		"kind", "type", "id", "name", "arn", "account", "region", "created", "state", "foreign", "class",
		"app", "appVersion", "environment", "particle", "reason", "message", "tags", "unread", "file", "line", "column",
	}
	problemColumns = []string{
		"kind", "severity", "status", "class", "rule", "type", "id", "logicalId", "name", "arn", "account", "region", "file", "line", "column",
		"app", "appVersion", "environment", "particle", "reason", "path", "message", "remediation", "controls", "waiver", "fingerprint", "baseline",
	}
)

// csvRow is a row by its column names; what it does not name is empty.
type csvRow map[string]string

type csvTable struct {
	out     *csv.Writer
	columns []string
}

func (t *csvTable) add(row csvRow) error {
	cells := make([]string, len(t.columns))
	for i, column := range t.columns {
		cells[i] = cell(row[column])
	}
	return t.out.Write(cells)
}

// maxCell is the number of characters that a cell keeps. Spreadsheets hold 32,767 and
// some put what is longer into the next row, where it would begin a cell.
const maxCell = 32_000

// cell makes text from outside safe for a cell: inert, not too long, and no formula.
// The wide forms of the four signs begin a formula in Asian locales.
func cell(s string) string {
	if s == "" {
		return ""
	}
	text := cut(inert(s), maxCell)
	if strings.ContainsRune("\t\r", rune(s[0])) || strings.IndexAny(strings.TrimLeftFunc(text, unicode.IsSpace), "=+-@＝＋－＠") == 0 {
		return "'" + text
	}
	return text
}

// csvRows calls yield with each row, so that a large result is not held twice.
func csvRows(r *engine.Result) func(yield func(csvRow) bool) {
	return func(yield func(csvRow) bool) {
		for _, g := range r.Gaps {
			if !yield(csvRow{
				"kind": "gap", "type": g.Type, "account": g.Account, "region": g.Region, "file": g.File,
				"app": g.App, "appVersion": g.AppVersion, "reason": g.Reason, "message": g.Message,
			}) {
				return
			}
		}
		for _, f := range r.Faults {
			if !yield(csvRow{"kind": "fault", "file": f.File, "line": number(f.Line), "column": number(f.Column), "message": faultMessage(f)}) {
				return
			}
		}
		if r.Command == "inventory" {
			for _, res := range r.Resources {
				if !yield(resourceRow("resource", res)) {
					return
				}
			}
			return
		}
		for _, a := range actions(r) {
			if !yield(actionRow(a)) {
				return
			}
		}
		for _, c := range reaping(r).Candidates {
			row := placeRow("candidate", enginePlace(c.Resource))
			row["class"], row["reason"], row["rule"], row["message"] = string(c.State), string(c.Reason), c.Rule, strings.Join(candidateNotes(c), "; ")
			if !yield(row) {
				return
			}
		}
		if r.Plan != nil {
			for _, f := range r.Plan.Refused {
				row := placeRow("refused", enginePlace(f.Resource))
				row["reason"], row["message"] = string(f.Reason), f.By
				if !yield(row) {
					return
				}
			}
		}
		for _, n := range r.NotJudged {
			row := placeRow("not-judged", n.Resource)
			row["message"] = n.Because
			if !yield(row) {
				return
			}
		}
		for _, f := range r.Findings {
			if !yield(findingRow(f)) {
				return
			}
		}
		for _, d := range r.Drift {
			if d.Class != string(drift.InSync) && !yield(driftRow(d)) {
				return
			}
		}
		for _, question := range ownerQuestions {
			for _, res := range ofClass(r.Resources, question.class) {
				row := resourceRow("ownership", res)
				row["severity"], row["baseline"] = engine.ClassSeverity(res.Class), inBaseline(res.Known)
				if !yield(row) {
					return
				}
			}
		}
	}
}

func resourceRow(kind string, res engine.Resource) csvRow {
	row := csvRow{
		"kind": kind, "type": res.Type, "id": res.ID, "name": res.Name, "arn": res.ARN, "account": res.Account, "region": res.Region,
		"state": res.State, "foreign": res.Foreign, "class": res.Class,
		"app": res.App, "appVersion": res.AppVersion, "environment": res.Environment, "particle": res.Particle,
		"reason": res.Reason, "message": evidence(res), "unread": strings.Join(res.Unread, " "),
	}
	if res.Created != nil {
		row["created"] = res.Created.UTC().Format(time.RFC3339)
	}
	if res.Tags != nil { // empty is "could not be read", {} is "has none"
		if tags, err := json.Marshal(res.Tags); err == nil {
			row["tags"] = string(tags)
		}
	}
	return row
}

func placeRow(kind string, at engine.Place) csvRow {
	return csvRow{
		"kind": kind, "type": at.Type, "id": at.ID, "logicalId": at.LogicalID, "arn": at.ARN, "account": at.Account, "region": at.Region,
		"file": at.File, "line": number(at.Line), "column": number(at.Column),
	}
}

func findingRow(f engine.Finding) csvRow {
	row := placeRow("finding", f.Resource)
	maps.Copy(row, csvRow{
		"baseline": inBaseline(f.Known),
		"severity": f.Severity, "status": f.Status, "rule": f.Rule, "app": f.App, "appVersion": f.AppVersion, "environment": f.Environment,
		"path": f.Path, "message": f.Message, "remediation": f.Remediation, "fingerprint": f.Fingerprint,
	})
	row["controls"] = strings.Join(controlNames(f.Controls), " ")
	if f.Waiver != nil {
		row["waiver"] = waiverText(*f.Waiver)
	}
	return row
}

func driftRow(d engine.Drift) csvRow {
	row := placeRow("drift", d.Resource)
	var paths []string
	for _, c := range d.Changes {
		paths = append(paths, c.Path)
	}
	message := driftMessage(d)
	for _, u := range d.Unverified {
		message += "; " + u.Path + " was not compared: " + u.Because
	}
	maps.Copy(row, csvRow{
		"baseline": inBaseline(d.Known),
		"severity": cmp.Or(d.Severity, engine.DriftSeverity(d.Class)), "class": d.Class, "app": d.App, "appVersion": d.AppVersion, "environment": d.Environment,
		"particle": d.Particle, "reason": d.Reason, "path": strings.Join(paths, " "), "message": message,
	})
	return row
}

// actionRow says in the column class what is done, and in status what became of it.
func actionRow(a acted) csvRow {
	row := placeRow("action", enginePlace(a.Resource))
	var paths []string
	for _, c := range a.Patch {
		paths = append(paths, c.Path)
	}
	maps.Copy(row, csvRow{
		"status": a.state(), "class": string(a.Verb), "reason": string(a.Reason), "path": strings.Join(paths, " "),
		"message": strings.Join(append(a.notes(), a.diff()...), "; "), "fingerprint": a.ID,
	})
	if a.For != nil {
		maps.Copy(row, csvRow{"app": a.For.App, "appVersion": a.For.Version, "environment": a.For.Environment, "particle": a.For.Particle})
	}
	return row
}

// inBaseline marks what an earlier run had too.
func inBaseline(known bool) string {
	if known {
		return "known"
	}
	return ""
}

// number writes a line or column; 0 is none.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

package reports

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/rules"
)

// markdown is a report for a pull-request comment or a wiki page, in GitHub Flavored
// Markdown: coverage, the counts, then what needs a decision, worst first, with long
// lists folded.
//
// Every word that is not ours stands in a code span (see code), the one place where
// Markdown means nothing: no link, image, mention of a person, issue number or HTML in
// the name of a resource takes effect there. Tables hold counts only, because a | ends a
// cell even in a code span.
//
// The report fits into one comment. What found no room is counted at its end.
var markdown = Format{
	Name:  "markdown",
	Title: "GitHub Flavored Markdown, for a comment on a pull request",
	Write: func(w io.Writer, r *engine.Result, _ Options) error {
		if r == nil {
			r = &engine.Result{}
		}
		r = onlyNew(r)
		c := &comment{}
		c.coverage(r)
		c.summary(r)
		c.room = maxComment - endOfComment
		c.acting(r)
		c.comparison(r)
		c.controls(r)
		c.notJudged(r)
		c.findings(r)
		c.drift(r)
		if r.Command == "inventory" {
			c.inventory(r)
		} else {
			c.apps(r)
			c.ownership(r)
		}
		c.appendix(r)
		c.end(r)
		if _, err := io.WriteString(w, c.text.String()); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		return nil
	},
}

const (
	// maxComment is what GitHub takes as one comment, in characters. We count bytes,
	// which are never fewer.
	maxComment = 65_536
	// endOfComment is kept free for the summary, the end of a fold and the last lines,
	// which are of bounded length.
	endOfComment = 8192
	maxQuoted    = 400 // characters of one text from outside
	maxDetails   = 20  // lines below one resource
	inTheOpen    = 10  // items of a list that are not folded
)

// comment collects the report.
type comment struct {
	text strings.Builder
	room int       // bytes that the text may have, for now
	full bool      // something found no room; what is less important must not take its place
	left []leftOut // what found no room
}

type leftOut struct {
	n         int
	one, many string
}

func (c *comment) say(format string, args ...any) { fmt.Fprintf(&c.text, format, args...) }

// code quotes text from outside. A code span ends only at a run of as many backticks as
// it began with, so it begins with more than the text holds in a row.
func code(s string) string {
	s = cut(inert(s), maxQuoted)
	if s == "" {
		return "(none)"
	}
	longest, run := 0, 0
	for _, r := range s {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	if strings.ContainsRune("` ", rune(s[0])) || strings.HasSuffix(s, "`") {
		s = " " + s + " " // readers take one space off both ends
	}
	return fence + s + fence
}

// list writes a heading and n items below it, all but the first few of them folded. Items
// that find no room are left out and counted; a heading never stands alone.
func (c *comment) list(heading string, open, n int, one, many string, item func(i int) string) {
	if n == 0 {
		return
	}
	folded := false
	for i := range n {
		text, fold := "- "+item(i)+"\n", i == open && n > open+1 // to fold a single item saves nothing
		if fold {
			text = fmt.Sprintf("\n<details><summary>%s</summary>\n\n%s", count(n-i, one, many), text)
		}
		if i == 0 {
			text = heading + text
		}
		c.full = c.full || c.text.Len()+len(text) > c.room
		if c.full {
			c.leave(n-i, one, many)
			break
		}
		c.text.WriteString(text)
		folded = folded || fold
	}
	if folded {
		c.say("\n</details>\n")
	}
	c.say("\n")
}

// leave counts what is left out.
func (c *comment) leave(n int, one, many string) {
	for i := range c.left {
		if c.left[i].one == one {
			c.left[i].n += n
			return
		}
	}
	c.left = append(c.left, leftOut{n, one, many})
}

// coverage takes a quarter of the room at most: after a thousand gaps there must still be
// findings.
func (c *comment) coverage(r *engine.Result) {
	c.room = maxComment / 4
	c.say("## pcf-scan %s\n\n", code(cmp.Or(r.Command, "report")))
	if everythingRead(r) {
		c.say("**Coverage: complete**, everything in scope was read.\n\n")
	} else {
		c.say("**Coverage: INCOMPLETE**, %s could not be read. What stands there is unknown: it is not counted as missing, orphaned or clean.\n\n",
			count(unread(r), "place", "places"))
		c.list("", inTheOpen, len(r.Gaps), "gap", "gaps", func(i int) string {
			g := r.Gaps[i]
			return code(gapPlace(g)) + " " + code(g.Reason) + ": " + code(g.Message)
		})
		c.list("### Malformed input\n\n", inTheOpen, len(r.Faults), "mistake in an input", "mistakes in inputs", func(i int) string {
			f := r.Faults[i]
			text := code(cmp.Or(position(f.File, f.Line, f.Column), "input")) + ": " + code(f.Message)
			if f.Hint != "" {
				text += "; fix: " + code(f.Hint)
			}
			return text
		})
	}
	if where := list(r.Scope.Accounts, "account", "accounts"); where != "" {
		c.say("Looked at %s in %s", code(strings.TrimSpace(r.Scope.Partition+" "+where)), code(cmp.Or(list(r.Scope.Regions, "region", "regions"), "every region")))
		if n := len(r.Scope.Types); n > 0 && !slices.Contains(r.Scope.Types, "*") {
			c.say(" for %s", code(list(r.Scope.Types, "resource type", "resource types")))
		}
		c.say(".\n\n")
	}
	if len(r.Scope.Files) > 0 {
		c.say("Declared in %s.\n\n", code(list(r.Scope.Files, "file", "files")))
	}
	if r.Actor != "" {
		c.say("Acted as %s.\n\n", code(r.Actor))
	}
	c.full = false
}

func (c *comment) summary(r *engine.Result) {
	c.say("| | |\n|---|---|\n")
	for _, row := range summaryRows(r) {
		c.say("| %s | %s |\n", row[0], row[1])
	}
	c.say("\n")
}

func (c *comment) acting(r *engine.Result) {
	all := actions(r)
	heading := fmt.Sprintf("### Outcomes: %d\n\n", len(r.Outcomes))
	if r.Plan != nil {
		heading = "### Plan: " + code(planText(r.Plan)) + "\n\n"
	}
	c.list(heading, inTheOpen, len(all), "action", "actions", func(i int) string {
		a := all[i]
		text := code(a.ID) + " " + code(a.title())
		if a.Verb == plan.Delete && a.outcome == nil {
			text = "**delete** " + text
		}
		var notes []string
		for _, note := range a.notes() {
			notes = append(notes, code(note))
		}
		return text + details(notes, a.diff())
	})
	if r.Plan == nil {
		return
	}
	if stopped := reaping(r).Stopped; stopped != "" {
		c.say("**Stopped before the first action:** %s\n\n", code(stopped))
	}
	candidates := reaping(r).Candidates
	c.list(fmt.Sprintf("### Candidates: %d\n\n", len(candidates)), inTheOpen, len(candidates), "candidate", "candidates", func(i int) string {
		var notes []string
		for _, note := range candidateNotes(candidates[i]) {
			notes = append(notes, code(note))
		}
		return code(string(candidates[i].State)) + " " + code(candidateTitle(candidates[i])) + details(notes, nil)
	})
	refused := r.Plan.Refused
	c.list(fmt.Sprintf("### Refused: %d\n\n", len(refused)), inTheOpen, len(refused), "refusal", "refusals", func(i int) string {
		return code(placeOfPlan(refused[i].Resource)) + ": " + code(refusalText(refused[i]))
	})
}

func (c *comment) comparison(r *engine.Result) {
	if r.Comparison == nil {
		return
	}
	c.say("### Since %s\n\n| | new | reopened | unchanged | gone | unseen |\n|---|---|---|---|---|---|\n", code(r.Comparison.Against))
	for _, row := range comparisonRows(r.Comparison) {
		c.say("| %s |\n", strings.Join(row, " | "))
	}
	c.say("\n")
	resolved := r.Comparison.Resolved
	names := namesOf(r)
	c.list("#### Resolved\n\n", 0, len(resolved), "resolved finding", "resolved findings", func(i int) string {
		return code(resolved[i].Rule) + " " + code(names.place(resolved[i].Resource))
	})
}

func (c *comment) notJudged(r *engine.Result) {
	names := namesOf(r)
	c.list(fmt.Sprintf("### Not judged: %d\n\n", len(r.NotJudged)), 0, len(r.NotJudged), "resource that is not judged", "resources that are not judged", func(i int) string {
		return code(names.place(r.NotJudged[i].Resource)) + ": " + code(r.NotJudged[i].Because)
	})
}

// findings writes a list for each rule. What failed stands in the open; of the rest, what
// needs no decision is folded.
func (c *comment) findings(r *engine.Result) {
	names := namesOf(r)
	for _, group := range findingGroups(r.Findings) {
		heading := fmt.Sprintf("### %s: %d %s\n\n", group.title, group.n, group.severity)
		open := inTheOpen
		if group.status == "waived" || group.status == "pass" || group.status == "skip" {
			open = 0
		}
		for _, some := range group.byRule {
			heading += "**" + code(some[0].Rule) + "**"
			if title := ruleTitle(r, some[0].Rule); title != "" {
				heading += " " + code(title)
			}
			if some[0].Remediation != "" && group.status == "fail" {
				heading += "; fix: " + code(some[0].Remediation)
			}
			c.list(heading+"\n\n", open, len(some), "finding", "findings", func(i int) string { return findingItem(names, some[i]) })
			heading = ""
		}
	}
}

func findingItem(names liveNames, f engine.Finding) string {
	text := code(names.place(f.Resource)) + ofOwner(f.App, f.AppVersion, f.Environment)
	if f.Message != "" {
		text += ": " + code(f.Message)
	}
	if f.Path != "" {
		text += " at " + code(f.Path)
	}
	if f.Waiver != nil {
		text += "; waived " + code(waiverText(*f.Waiver))
	}
	return text
}

func ofOwner(app, version, environment string) string {
	if o := ownerOf(app, version, environment); o != "" {
		return " of " + code(o)
	}
	return ""
}

func (c *comment) drift(r *engine.Result) {
	names := namesOf(r)
	for _, some := range driftGroups(r.Drift) {
		severity := engine.DriftSeverity(some[0].Class)
		open := inTheOpen
		if severity == string(rules.Info) {
			open = 0
		}
		c.list(fmt.Sprintf("### Drift: %d %s (%s)\n\n", len(some), some[0].Class, severity), open, len(some), "drifted resource", "drifted resources",
			func(i int) string { return driftItem(names, some[i]) })
	}
}

// driftItem shows what counts as a difference in a block of its own, which viewers
// colour. Each line in it begins with + or -, so none of them can end it.
func driftItem(names liveNames, d engine.Drift) string {
	text := code(names.place(d.Resource)) + ofOwner(d.App, d.AppVersion, d.Environment)
	if d.Reason != "" {
		text += ", because " + code(d.Reason)
	}
	var notes, lines []string
	for _, change := range d.Changes {
		note := code(change.Path) + " " + code(change.Kind)
		if change.Severity == string(rules.Info) {
			notes = append(notes, note+", not counted")
			continue
		}
		if change.Replacement == "yes" || change.Replacement == "maybe" {
			note += ", replacement: " + change.Replacement
		}
		if change.Reason != "" {
			note += ", " + code(change.Reason)
		}
		notes = append(notes, note)
		lines = append(lines, difference(change.Path, change.Declared, change.Live)...)
	}
	for _, u := range d.Unverified {
		notes = append(notes, code(u.Path)+" was not compared: "+code(u.Because))
	}
	return text + details(notes, lines)
}

// details writes notes and the lines of a difference below an item, the first of each.
func details(notes, lines []string) string {
	text := ""
	for _, note := range notes[:min(len(notes), maxDetails)] {
		text += "\n  - " + note
	}
	if n := len(notes) - maxDetails; n > 0 {
		text += fmt.Sprintf("\n  - and %d more", n)
	}
	if len(lines) > 0 {
		text += "\n\n  ```diff\n"
		for _, line := range lines[:min(len(lines), maxDetails)] {
			text += "  " + cut(inert(line), maxQuoted) + "\n"
		}
		text += "  ```\n"
	}
	if n := len(lines) - maxDetails; n > 0 {
		text += "\n  and " + count(n, "line", "lines") + " more\n"
	}
	return text
}

func (c *comment) ownership(r *engine.Result) {
	for _, question := range ownerQuestions {
		some := ofClass(r.Resources, question.class)
		open := inTheOpen
		if question.class == string(owner.Attributed) || question.class == string(owner.Unmanaged) {
			open = 0
		}
		heading := fmt.Sprintf("### %s: "+question.text+" (%s)\n\n", question.title, len(some), engine.ClassSeverity(question.class))
		c.list(heading, open, len(some), "resource", "resources", func(i int) string {
			text := resourceItem(some[i])
			if why := evidence(some[i]); why != "" {
				text += ": " + code(why)
			}
			return text
		})
	}
}

func resourceItem(res engine.Resource) string {
	text := code(res.Type) + " " + code(cmp.Or(res.Region, "no region")) + " " + code(label(res)) + ofOwner(res.App, res.AppVersion, res.Environment)
	if res.Reason != "" {
		text += ", " + code(res.Reason)
	}
	return text
}

// inventory lists every resource below its class.
func (c *comment) inventory(r *engine.Result) {
	classes := classNames()
	for _, res := range r.Resources { // those of a later version come last
		if !slices.Contains(classes, res.Class) {
			classes = append(classes, res.Class)
		}
	}
	for _, class := range classes {
		some := ofClass(r.Resources, class)
		c.list(fmt.Sprintf("### %s: %d\n\n", code(class), len(some)), inTheOpen, len(some), "resource", "resources", func(i int) string { return resourceItem(some[i]) })
	}
}

// end says what was left out, what to do, and which run this is.
func (c *comment) end(r *engine.Result) {
	if len(c.left) > 0 {
		var parts []string
		for _, l := range c.left {
			parts = append(parts, count(l.n, l.one, l.many))
		}
		c.say("**Left out for want of room: %s.** The counts above include them; `--format json` lists them.\n\n", strings.Join(parts, ", "))
	}
	_, next := nextStep(r)
	c.say("%s\n", next)
	if r.RunID != "" {
		c.say("\n%s, run %s", code(strings.TrimSpace("pcf-scan "+r.Tool.Version)), code(r.RunID))
		if !r.StartedAt.IsZero() {
			c.say(", %s", r.StartedAt.UTC().Format(time.RFC3339))
		}
		c.say("\n")
	}
}

package reports

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/rules"
)

// github writes workflow commands, which GitHub Actions turns into annotations at the
// line of the file
// (https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands).
// GitHub shows ten errors and ten warnings of a step, so coverage comes first and then the
// worst; the last line is plain text and says what to do next.
var github = Format{
	Name:  "github",
	Title: "annotations for GitHub Actions",
	Write: func(w io.Writer, r *engine.Result, _ Options) error {
		if r == nil {
			r = &engine.Result{}
		}
		if _, err := io.WriteString(w, annotations(onlyNew(r))); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		return nil
	},
}

func annotations(r *engine.Result) string {
	var b strings.Builder
	names := namesOf(r)
	if !everythingRead(r) {
		annotate(&b, "error", engine.Place{}, "incomplete", count(unread(r), "place", "places")+" could not be read; what stands there is unknown, not clean")
	}
	for _, f := range r.Faults {
		annotate(&b, "error", engine.Place{File: f.File, Line: f.Line, Column: f.Column}, "malformed input", faultMessage(f))
	}
	for _, g := range r.Gaps {
		if g.Reason != "malformed" || g.File == "" { // those are the faults above
			annotate(&b, "warning", engine.Place{File: g.File}, "not read: "+g.Reason, gapPlace(g)+": "+g.Message)
		}
	}
	for _, a := range actions(r) {
		level := "notice"
		if s := a.state(); s == "failed" || s == "blocked" || s == "stale" {
			level = "error"
		}
		annotate(&b, level, engine.Place{}, a.state()+": "+a.ID, strings.Join(append([]string{a.title()}, a.notes()...), "\n"))
	}
	if r.Plan != nil {
		for _, f := range r.Plan.Refused {
			annotate(&b, "notice", engine.Place{}, "refused: "+string(f.Reason), placeOfPlan(f.Resource)+": "+refusalText(f))
		}
	}
	for _, group := range findingGroups(r.Findings) {
		for _, some := range group.byRule {
			for _, f := range some {
				switch f.Status {
				case "fail":
					message := names.place(f.Resource) + ": " + cmp.Or(f.Message, ruleTitle(r, f.Rule))
					if f.Remediation != "" {
						message += "\nfix: " + f.Remediation
					}
					annotate(&b, githubLevel(f.Severity), f.Resource, f.Rule+" ("+f.Severity+")", message)
				case "unknown", "error":
					annotate(&b, "warning", f.Resource, f.Rule+" ("+f.Severity+"), could not be judged", names.place(f.Resource)+": "+f.Message)
				}
			}
		}
	}
	for _, some := range driftGroups(r.Drift) {
		for _, d := range some {
			if d.Class != string(drift.InSync) {
				annotate(&b, githubLevel(engine.DriftSeverity(d.Class)), d.Resource, "drift: "+d.Class, driftMessage(d))
			}
		}
	}
	for _, question := range ownerQuestions {
		if _, asked := ownershipRules[question.class]; !asked {
			continue
		}
		for _, res := range ofClass(r.Resources, question.class) {
			annotate(&b, githubLevel(engine.ClassSeverity(question.class)), engine.Place{}, res.Class, res.Type+" "+label(res)+": "+evidence(res))
		}
	}
	for _, n := range r.NotJudged {
		annotate(&b, "notice", n.Resource, "not judged", names.place(n.Resource)+": "+n.Because)
	}
	_, next := nextStep(r)
	b.WriteString(next + "\n")
	return b.String()
}

func githubLevel(severity string) string {
	switch rules.Severity(severity) {
	case rules.Critical, rules.High:
		return "error"
	case rules.Medium:
		return "warning"
	}
	return "notice"
}

// A command is one line: in a value %, line breaks, and in a property also : and , are
// written as percent codes, or a name could end the command and begin another.
var (
	githubMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func annotate(b *strings.Builder, level string, at engine.Place, title, message string) {
	var properties []string
	if at.File != "" {
		properties = append(properties, "file="+githubProperty.Replace(inert(at.File)))
		if at.Line > 0 {
			properties = append(properties, "line="+number(at.Line), "col="+number(max(at.Column, 1)))
		}
	}
	properties = append(properties, "title="+githubProperty.Replace(inert(title)))
	var lines []string
	for line := range strings.SplitSeq(message, "\n") {
		lines = append(lines, inert(line))
	}
	fmt.Fprintf(b, "::%s %s::%s\n", level, strings.Join(properties, ","), githubMessage.Replace(strings.Join(lines, "\n")))
}

package reports

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/drift"
)

// junit is the XML of JUnit, which build servers show as tests. There is no standard; the
// elements and attributes are those that Jenkins, GitLab and Azure read
// (https://github.com/testmoapp/junitxml). The suites are, in this order: coverage (a gap
// or a malformed input is an error), the plan (an action that was not carried out is a failure), a suite for each rule that judged something, drift,
// ownership. A verdict that could not be given is an error and never a pass.
//
// What is not listed in the result is in one test case that says how many: the resources
// that pass, are skipped, are waived, or are known from the baseline.
var junit = Format{
	Name:  "junit",
	Title: "JUnit XML, for build servers",
	Write: func(w io.Writer, r *engine.Result, _ Options) error {
		if r == nil {
			r = &engine.Result{}
		}
		doc, err := xml.MarshalIndent(junitOf(onlyNew(r)), "", "  ")
		if err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		if _, err := io.WriteString(w, xml.Header+string(doc)+"\n"); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		return nil
	},
}

type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []*junitSuite `xml:"testsuite"`
	}
	junitCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	junitSuite struct {
		Name      string `xml:"name,attr"`
		Timestamp string `xml:"timestamp,attr,omitempty"`
		junitCounts
		Cases []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		ClassName string        `xml:"classname,attr"`
		File      string        `xml:"file,attr,omitempty"`
		Line      string        `xml:"line,attr,omitempty"`
		Failure   *junitOutcome `xml:"failure,omitempty"`
		Error     *junitOutcome `xml:"error,omitempty"`
		Skipped   *junitOutcome `xml:"skipped,omitempty"`
	}
	junitOutcome struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// The outcomes of a test case.
const (
	junitPass = iota
	junitFail
	junitError
	junitSkip
)

// add appends a case; text from outside is made inert here, once.
func (s *junitSuite) add(outcome int, name string, at engine.Place, kind, message, text string) {
	c := junitCase{Name: xmlText(name), ClassName: s.Name, File: xmlText(at.File), Line: number(at.Line)}
	said := &junitOutcome{Type: xmlText(kind), Message: xmlText(message), Text: xmlText(text)}
	switch outcome {
	case junitFail:
		c.Failure = said
		s.Failures++
	case junitError:
		c.Error = said
		s.Errors++
	case junitSkip:
		c.Skipped = said
		s.Skipped++
	}
	s.Tests++
	s.Cases = append(s.Cases, c)
}

func junitOf(r *engine.Result) *junitSuites {
	all := &junitSuites{Name: "pcf-scan " + xmlText(r.Command)}
	suite := func(name string) *junitSuite {
		s := &junitSuite{Name: xmlText(name)}
		if !r.StartedAt.IsZero() {
			s.Timestamp = r.StartedAt.UTC().Format(time.RFC3339)
		}
		all.Suites = append(all.Suites, s)
		return s
	}
	names := namesOf(r)

	coverage := suite("coverage")
	for _, f := range r.Faults {
		coverage.add(junitError, cmp.Or(position(f.File, f.Line, f.Column), "input"), engine.Place{File: f.File, Line: f.Line}, "malformed", faultMessage(f), "")
	}
	for _, g := range r.Gaps {
		if g.Reason != "malformed" || g.File == "" { // those are the faults above
			coverage.add(junitError, gapPlace(g), engine.Place{File: g.File}, g.Reason, g.Message, "")
		}
	}
	if coverage.Tests == 0 {
		coverage.add(junitPass, "everything in scope was read", engine.Place{}, "", "", "")
	}

	for _, n := range r.NotJudged {
		coverage.add(junitSkip, names.place(n.Resource), n.Resource, "", "not judged: "+n.Because, "")
	}
	if all := actions(r); r.Plan != nil || len(all) > 0 {
		s := suite("plan")
		for _, a := range all {
			outcome := junitFail
			switch a.state() {
			case "done":
				outcome = junitPass
			case "skipped":
				outcome = junitSkip
			}
			s.add(outcome, a.ID+" "+a.title(), enginePlace(a.Resource), a.state(), strings.Join(a.notes(), "; "), strings.Join(a.diff(), "; "))
		}
		if len(all) == 0 {
			s.add(junitPass, "nothing needs to be changed", engine.Place{}, "", "", "")
		}
		if r.Plan != nil {
			for _, f := range r.Plan.Refused {
				s.add(junitSkip, placeOfPlan(f.Resource), enginePlace(f.Resource), "", "refused: "+refusalText(f), "")
			}
		}
	}
	known := engine.Known{}
	if r.Summary.Known != nil {
		known = *r.Summary.Known
	}
	listed := map[string]map[string]int{} // by suite and status or class
	byRule := map[string][]engine.Finding{}
	for _, f := range r.Findings {
		listed[f.Rule] = plusOne(listed[f.Rule], f.Status)
		byRule[f.Rule] = append(byRule[f.Rule], f)
	}
	for _, rule := range r.Rules {
		if rule.Pass+rule.Fail+rule.Unknown+rule.Error+rule.Skip+rule.Waived == 0 {
			continue // no resource of its types
		}
		s := suite(rule.ID)
		for _, f := range byRule[rule.ID] {
			s.finding(names.place(f.Resource), f)
		}
		for _, rest := range []struct {
			outcome, n int
			status     string
			one, many  string
		}{
			{junitPass, rule.Pass, "pass", "resource passes", "resources pass"},
			{junitSkip, rule.Skip, "skip", "resource is not concerned", "resources are not concerned"},
			{junitSkip, rule.Waived, "waived", "finding is waived", "findings are waived"},
			{junitError, rule.Error, "error", "resource broke the rule", "resources broke the rule"},
		} {
			if n := rest.n - listed[rule.ID][rest.status]; n > 0 {
				s.add(rest.outcome, count(n, rest.one, rest.many), engine.Place{}, rest.status, rest.status, "")
			}
		}
		s.unlisted("fail", rule.Fail-listed[rule.ID]["fail"], known.Fail[rule.ID])
		s.unlisted("unknown", rule.Unknown-listed[rule.ID]["unknown"], known.Unknown[rule.ID])
	}

	if r.Summary.Drift != nil {
		s := suite("drift")
		for _, some := range driftGroups(r.Drift) {
			for _, d := range some {
				outcome := junitFail
				switch {
				case d.Class == string(drift.Unverifiable):
					outcome = junitError
				case engine.DriftSeverity(d.Class) == "info":
					outcome = junitSkip
				}
				s.add(outcome, names.place(d.Resource), d.Resource, d.Class, driftMessage(d), "")
				listed["drift"] = plusOne(listed["drift"], d.Class)
			}
		}
		for _, class := range driftNames() {
			if class != string(drift.InSync) {
				s.unlisted(class, r.Summary.Drift[class]-listed["drift"][class], known.Drift[class])
			}
		}
		if n := r.Summary.Drift[string(drift.InSync)]; n > 0 || s.Tests == 0 {
			s.add(junitPass, count(n, "declared resource is in sync", "declared resources are in sync"), engine.Place{}, "", "", "")
		}
	}
	if r.Command == "scan" {
		s := suite("ownership")
		for _, question := range ownerQuestions {
			rule, asked := ownershipRules[question.class]
			if !asked {
				continue
			}
			for _, res := range ofClass(r.Resources, question.class) {
				s.add(junitFail, res.Type+" "+label(res), engine.Place{}, res.Class, evidence(res), rule.help)
				listed["ownership"] = plusOne(listed["ownership"], res.Class)
			}
			s.unlisted(question.class, r.Summary.ByClass[question.class]-listed["ownership"][question.class], known.ByClass[question.class])
		}
		if s.Tests == 0 {
			s.add(junitPass, "no resource without a living owner", engine.Place{}, "", "", "")
		}
	}
	for _, s := range all.Suites {
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Skipped += s.Skipped
	}
	return all
}

// unlisted adds what is counted and not listed: n in all, of which the baseline knows some.
// The others are there when the result was made with --summary.
func (s *junitSuite) unlisted(what string, n, known int) {
	known = min(known, n)
	if known > 0 {
		s.add(junitSkip, fmt.Sprintf("%d %s, known from the baseline", known, what), engine.Place{}, "", "known from the baseline", "")
	}
	if n > known {
		outcome := junitFail
		if what == "unknown" || what == string(drift.Unverifiable) {
			outcome = junitError
		}
		s.add(outcome, fmt.Sprintf("%d %s", n-known, what), engine.Place{}, what, "counted, not listed (--summary)", "")
	}
}

func plusOne(m map[string]int, key string) map[string]int {
	if m == nil {
		m = map[string]int{}
	}
	m[key]++
	return m
}

func (s *junitSuite) finding(place string, f engine.Finding) {
	message := f.Message
	if f.Path != "" {
		message = strings.TrimSpace(message + " (at " + f.Path + ")")
	}
	switch f.Status {
	case "fail":
		s.add(junitFail, place, f.Resource, f.Severity, message, f.Remediation)
	case "unknown", "error":
		s.add(junitError, place, f.Resource, f.Status, message, "")
	case "waived":
		if f.Waiver != nil {
			message = waiverText(*f.Waiver)
		}
		s.add(junitSkip, place, f.Resource, "", message, "")
	case "skip":
		s.add(junitSkip, place, f.Resource, "", "the rule does not concern it", "")
	default:
		s.add(junitPass, place, f.Resource, "", "", "")
	}
}

// xmlText makes text inert and keeps only the characters that XML 1.0 can hold.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, inert(s))
}

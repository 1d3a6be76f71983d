package reports

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/rules"
)

// table is the report for people at a terminal. It is read from the top: how much was
// seen, the counts, then what needs a decision, worst first; the last line says what
// to do next.
var table = Format{
	Name:  "table",
	Title: "for people at a terminal",
	Write: func(w io.Writer, r *engine.Result, opt Options) error {
		if r == nil {
			r = &engine.Result{}
		}
		p := &page{opt: opt, names: namesOf(r)}
		r = onlyNew(r)
		p.coverage(r)
		p.faults(r)
		p.summary(r)
		p.acting(r)
		p.comparison(r)
		p.notJudged(r)
		p.findings(r)
		p.drift(r)
		if r.Command == "inventory" {
			p.inventory(r)
		} else {
			p.apps(r)
			p.ownership(r)
		}
		p.next(r)
		if p.err != nil {
			return p.err
		}
		if _, err := io.WriteString(w, p.text.String()); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		return nil
	},
}

// page collects the report, line by line.
type page struct {
	opt   Options
	text  strings.Builder
	err   error // the first that a table of columns gave
	names liveNames
}

// colours of the terminal, by what they say.
const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	yellow = "33"
	green  = "32"
)

func (p *page) paint(code, s string) string {
	if !p.opt.Color || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

var severityColour = map[string]string{"critical": bold + ";" + red, "high": red, "medium": yellow, "info": faint}

// say writes one paragraph, wrapped, in a colour. Everything it is given is made inert,
// and only its first line starts where it was put, so that no text from outside can
// pass for a line of ours.
func (p *page) say(code, format string, args ...any) {
	for _, line := range wrap(fmt.Sprintf(format, args...), p.opt.width(), 2) {
		p.text.WriteString(p.paint(code, line) + "\n")
	}
}

// heading starts a section.
func (p *page) heading(code, format string, args ...any) {
	if p.text.Len() > 0 {
		p.text.WriteByte('\n')
	}
	p.say(cmp.Or(code, bold), format, args...)
}

func (p *page) columns(header []string, rows [][]string) {
	if err := Columns(&p.text, p.opt, header, rows); err != nil {
		p.err = cmp.Or(p.err, err)
	}
}

// coverage says where the run looked and what it could not see.
func (p *page) coverage(r *engine.Result) {
	title := strings.TrimSpace(r.Tool.Name + " " + r.Command)
	if !r.StartedAt.IsZero() {
		title += ", " + r.StartedAt.UTC().Format(time.RFC3339)
	}
	p.say(bold, "%s", cmp.Or(title, "pcf-scan"))
	if where := list(r.Scope.Accounts, "account", "accounts"); where != "" {
		p.say("", "looked at %s %s in %s", r.Scope.Partition, where, cmp.Or(list(r.Scope.Regions, "region", "regions"), "every region"))
	}
	if n := len(r.Scope.Types); n > 0 && !slices.Contains(r.Scope.Types, "*") {
		p.say("", "for %s", list(r.Scope.Types, "resource type", "resource types"))
	}
	if n := len(r.Scope.Files); n > 0 {
		p.say("", "declared in %s", list(r.Scope.Files, "file", "files"))
	}
	if r.Actor != "" {
		p.say("", "acted as %s", r.Actor)
	}

	if everythingRead(r) {
		p.heading(green, "COVERAGE: complete, everything in scope was read")
		return
	}
	p.heading(red, "COVERAGE: INCOMPLETE, %s could not be read", count(unread(r), "place", "places"))
	p.say("", "What stands there is unknown: it is not counted as missing, orphaned or clean.")
	var rows [][]string
	for _, g := range r.Gaps {
		rows = append(rows, []string{gapPlace(g), g.Reason, inert(g.Message)}) // Columns would keep its line breaks
	}
	if len(rows) > 0 {
		p.columns([]string{"PLACE", "REASON", "WHAT HAPPENED"}, rows)
	}
}

// everythingRead reports whether nothing in scope was left unread.
func everythingRead(r *engine.Result) bool {
	return r.Complete && len(r.Gaps) == 0 && len(r.Faults) == 0
}

// unread counts the places that were not read. A mistake in a file is a gap of that file
// as well, and is counted once.
func unread(r *engine.Result) int {
	n := len(r.Gaps)
	for _, f := range r.Faults {
		if !slices.ContainsFunc(r.Gaps, func(g engine.Gap) bool { return g.Reason == "malformed" && g.File != "" && g.File == f.File }) {
			n++
		}
	}
	return n
}

func gapPlace(g engine.Gap) string {
	if g.File != "" {
		return g.File
	}
	if g.App != "" {
		return "declaration of " + strings.TrimSpace(g.App+" "+g.AppVersion)
	}
	return cmp.Or(g.Account, "every account") + " " + cmp.Or(g.Region, "every region") + " " + cmp.Or(g.Type, "every type")
}

func (p *page) faults(r *engine.Result) {
	if len(r.Faults) == 0 {
		return
	}
	p.heading(red, "MALFORMED INPUT: %s", count(len(r.Faults), "mistake", "mistakes"))
	for _, f := range r.Faults {
		p.say("", "  %s", strings.TrimPrefix(position(f.File, f.Line, f.Column)+": "+f.Message, ": "))
		if f.Hint != "" {
			p.say("", "    fix: %s", f.Hint)
		}
	}
}

// comparison says what changed since an older run. What is new stands in the sections
// that follow; here is what they cannot show.
func (p *page) comparison(r *engine.Result) {
	c := r.Comparison
	if c == nil {
		return
	}
	p.heading("", "SINCE %s", strings.TrimSpace(c.Against+" "+c.StartedAt.UTC().Format(time.RFC3339)))
	p.columns([]string{"", "NEW", "REOPENED", "UNCHANGED", "GONE", "UNSEEN"}, comparisonRows(c))
	for _, f := range c.Resolved {
		p.say("", "  resolved: %s %s", f.Rule, p.names.place(f.Resource))
	}
	for _, d := range c.GoneDrift {
		p.say("", "  no longer %s: %s", d.Class, p.names.place(d.Resource))
	}
	for _, res := range c.NewResources {
		p.say("", "  new: %s %s %s", res.Type, res.Region, label(res))
	}
	for _, res := range c.GoneResources {
		p.say("", "  gone: %s %s %s", res.Type, res.Region, label(res))
	}
}

func comparisonRows(c *engine.Comparison) [][]string {
	var rows [][]string
	for _, section := range []struct {
		name string
		engine.Changed
	}{{"findings", c.Findings}, {"drift", c.Drift}, {"resources", c.Resources}} {
		rows = append(rows, []string{
			section.name, fmt.Sprint(section.New), fmt.Sprint(section.Reopened), fmt.Sprint(section.Unchanged), fmt.Sprint(section.Gone), fmt.Sprint(section.Unseen),
		})
	}
	return rows
}

// notJudged names what no rule can say anything about.
func (p *page) notJudged(r *engine.Result) {
	if len(r.NotJudged) == 0 {
		return
	}
	p.heading(yellow, "NOT JUDGED: %d (counts with --strict)", len(r.NotJudged))
	for _, n := range r.NotJudged {
		p.say("", "  %s: %s", p.names.place(n.Resource), n.Because)
	}
}

func (p *page) summary(r *engine.Result) {
	p.heading("", "SUMMARY")
	p.columns([]string{"", ""}, summaryRows(r))
}

// summaryRows says what the counts of a run are, in rows of a name and a text.
func summaryRows(r *engine.Result) [][]string {
	s := r.Summary
	rows := [][]string{{"resources", counts(s.Resources, s.ByClass, classNames())}}
	if s.Findings != nil {
		fail := fmt.Sprintf("%d fail", s.Findings["fail"])
		if worst := nonZero(s.BySeverity, severityNames()); worst != "" {
			fail += " (" + worst + ")"
		}
		rest := nonZero(s.Findings, []string{"unknown", "error", "waived", "pass", "skip"})
		rows = append(rows, []string{"findings", strings.TrimSuffix(fail+", "+rest, ", ")})
	}
	for _, framework := range slices.Sorted(maps.Keys(s.Controls)) {
		n := s.Controls[framework]
		row := nonZero(n, engine.ControlStatuses[:len(engine.ControlStatuses)-2]) +
			plus(n["idle"], "with nothing to judge", "with nothing to judge") + plus(n["none"], "without a rule", "without a rule")
		rows = append(rows, []string{"controls", framework + ": " + strings.TrimPrefix(row, "; ")})
	}
	if s.Drift != nil {
		declared := 0
		for _, n := range s.Drift {
			declared += n
		}
		rows = append(rows, []string{"drift", counts(declared, s.Drift, driftNames()) + plus(s.Ignored, "difference ignored as declared", "differences ignored as declared")})
	}
	if s.Known != nil {
		rows = append(rows, []string{"baseline", fmt.Sprintf("%d of these are known from it: they are not listed and do not fail", known(s.Known))})
	}
	if s.Judged != nil {
		total := 0
		for _, n := range s.Judged {
			total += n
		}
		rows = append(rows, []string{"judged", counts(total, map[string]int{"definite": s.Judged["definite"], "unknown": s.Judged["unknown"], "skipped": s.Judged["skipped"], "without a rule": s.Judged["noRule"], "not judged": s.Judged["notJudged"]}, []string{"definite", "unknown", "skipped", "without a rule", "not judged"})})
	}
	return append(rows, actingRows(r)...)
}

// findings writes one block per rule, worst severity first, so that what to do is said
// once and the places stand below it.
func (p *page) findings(r *engine.Result) {
	for _, g := range findingGroups(r.Findings) {
		p.heading(severityColour[g.severity], "%s: %d %s", strings.ToUpper(g.title), g.n, g.severity)
		for _, some := range g.byRule {
			p.rule(r, some)
		}
	}
}

// findingGroup are the findings of one status and severity, n in all, in lists that have
// the rule and what to do in common.
type findingGroup struct {
	title, status, severity string
	n                       int
	byRule                  [][]engine.Finding
}

// findingGroups groups findings in the order in which a person should read them.
func findingGroups(all []engine.Finding) []findingGroup {
	var groups []findingGroup
	for _, kind := range []struct{ title, status string }{
		{"Findings", "fail"},
		{"Could not be judged", "unknown"},
		{"Broken rules", "error"},
		{"Waived", "waived"},
		{"Passed", "pass"},
		{"Skipped", "skip"},
	} {
		for _, severity := range severityNames() {
			var some []engine.Finding
			for _, f := range all {
				if f.Status == kind.status && f.Severity == severity {
					some = append(some, f)
				}
			}
			if len(some) == 0 {
				continue
			}
			group := findingGroup{title: kind.title, status: kind.status, severity: severity, n: len(some)}
			slices.SortStableFunc(some, func(a, b engine.Finding) int {
				return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Remediation, b.Remediation))
			})
			for len(some) > 0 {
				n := slices.IndexFunc(some, func(f engine.Finding) bool {
					return f.Rule != some[0].Rule || f.Remediation != some[0].Remediation
				})
				if n < 0 {
					n = len(some)
				}
				group.byRule = append(group.byRule, some[:n])
				some = some[n:]
			}
			groups = append(groups, group)
		}
	}
	return groups
}

// rule writes the findings of one rule.
func (p *page) rule(r *engine.Result, findings []engine.Finding) {
	first := findings[0]
	title := first.Rule
	if t := ruleTitle(r, first.Rule); t != "" {
		title += ": " + t
	}
	p.say(bold, "  %s", title)
	for _, f := range findings {
		p.say("", "    %s%s", p.names.place(f.Resource), ownerSuffix(f.App, f.AppVersion, f.Environment))
		message := f.Message
		if f.Path != "" {
			message = strings.TrimSuffix(message, ".") + " (at " + f.Path + ")"
		}
		if message != "" {
			p.say("", "      %s", message)
		}
		p.excerpt(f.Excerpt)
		if w := f.Waiver; w != nil {
			p.say("", "      waived %s", waiverText(*w))
		}
	}
	if first.Remediation != "" && first.Status == "fail" {
		p.say("", "    fix: %s", first.Remediation)
	}
}

// excerpt writes lines of a file as they stand there, with a mark under the place.
func (p *page) excerpt(x *engine.Excerpt) {
	if x == nil {
		return
	}
	digits := len(strconv.Itoa(x.First + len(x.Lines)))
	margin := func(number string) string { return fmt.Sprintf("        %*s | ", digits, number) }
	left := p.opt.width() - len(margin(""))
	for i, line := range x.Lines {
		line = inert(line)
		p.text.WriteString(p.paint(faint, strings.TrimRight(margin(strconv.Itoa(x.First+i))+cut(line, left), " ")) + "\n")
		if x.First+i != x.Line || x.Column < 1 {
			continue
		}
		before := []rune(x.Lines[i])
		if at := width(inert(string(before[:min(x.Column-1, len(before))]))); at < left {
			p.text.WriteString(p.paint(faint, margin("")) + strings.Repeat(" ", at) + p.paint(bold+";"+red, "^") + "\n")
		}
	}
}

// waiverText leaves the end out where there is none: a suppression in the declaration
// itself may have no date.
func waiverText(w engine.Waiver) string {
	if w.Expires.IsZero() {
		return fmt.Sprintf("by %s: %s", w.Approver, w.Reason)
	}
	return fmt.Sprintf("until %s by %s: %s", w.Expires.UTC().Format(time.DateOnly), w.Approver, w.Reason)
}

func ruleTitle(r *engine.Result, id string) string {
	if i := slices.IndexFunc(r.Rules, func(c engine.RuleCount) bool { return c.ID == id }); i >= 0 {
		return r.Rules[i].Title
	}
	return ""
}

// driftGroups groups drift by its class, worst first. What is in sync is only counted.
func driftGroups(all []engine.Drift) [][]engine.Drift {
	var groups [][]engine.Drift
	for _, class := range driftNames() {
		var some []engine.Drift
		for _, d := range all {
			if d.Class == class && class != string(drift.InSync) {
				some = append(some, d)
			}
		}
		if len(some) > 0 {
			groups = append(groups, some)
		}
	}
	return groups
}

func (p *page) drift(r *engine.Result) {
	for _, some := range driftGroups(r.Drift) {
		class := some[0].Class
		severity := engine.DriftSeverity(class)
		p.heading(severityColour[severity], "DRIFT: %d %s (%s)", len(some), class, severity)
		for _, d := range some {
			p.say(bold, "  %s%s", p.names.place(d.Resource), ownerSuffix(d.App, d.AppVersion, d.Environment))
			if d.Reason != "" {
				p.say("", "    because: %s", d.Reason)
			}
			var shown []string // differences that do not count
			for _, c := range d.Changes {
				if c.Severity == string(rules.Info) {
					shown = append(shown, c.Path+" ("+c.Kind+")")
				} else {
					p.change(c)
				}
			}
			if len(shown) > 0 {
				p.say("", "    not counted: %s", strings.Join(shown, ", "))
			}
			for _, u := range d.Unverified {
				p.say("", "    %s was not compared: %s", u.Path, u.Because)
			}
		}
	}
}

func (p *page) change(c engine.Change) {
	p.say("", "    %s", changeHead(c))
	p.diff(difference(c.Path, c.Declared, c.Live), "      ")
}

// changeHead says what kind of difference it is, and what it would take to undo it.
func changeHead(c engine.Change) string {
	head := c.Path + " " + c.Kind
	if c.Replacement == "yes" || c.Replacement == "maybe" {
		head += ", replacement: " + c.Replacement
	}
	if c.Reason != "" {
		head += ", " + c.Reason
	}
	return head
}

func (p *page) diff(lines []string, indent string) {
	for _, line := range lines {
		code := red
		if line[0] == '+' {
			code = green
		}
		p.say(code, "%s%s", indent, line)
	}
}

// ownerQuestions are the classes of resources whose owner is a question, worst first.
var ownerQuestions = []struct{ class, title, text string }{
	{"orphan", "Orphans", "%d that no living app version declares"},
	{"contested", "Contested", "%d that two owners claim"},
	{"stale-version", "Stale", "%d of versions that are neither active nor retired"},
	{"unknown", "Owner unknown", "%d whose owner could not be told"},
	{"attributed", "Attributed", "%d whose owner is only guessed"},
	{"unmanaged", "Unmanaged", "%d that nobody declares or claims"},
}

func ofClass(all []engine.Resource, class string) []engine.Resource {
	var some []engine.Resource
	for _, res := range all {
		if res.Class == class {
			some = append(some, res)
		}
	}
	return some
}

// ownership lists the resources whose owner is a question. What asks for a decision
// comes with its evidence; what is only good to know has a line.
func (p *page) ownership(r *engine.Result) {
	for _, section := range ownerQuestions {
		some := ofClass(r.Resources, section.class)
		if len(some) == 0 {
			continue
		}
		severity := engine.ClassSeverity(section.class)
		p.heading(severityColour[severity], strings.ToUpper(section.title)+": "+section.text+" (%s)", len(some), severity)
		if section.class == string(owner.Attributed) || section.class == string(owner.Unmanaged) {
			p.resources(some, func(res engine.Resource) string {
				if len(res.Evidence) > 0 {
					return label(res) + ": " + inert(res.Evidence[0].Detail)
				}
				return label(res)
			})
			continue
		}
		for _, group := range byOwner(some) {
			p.owned(group)
		}
	}
}

// byOwner groups resources that have their owner and reason in common, in the order of
// the first of each.
func byOwner(all []engine.Resource) [][]engine.Resource {
	var groups [][]engine.Resource
	index := map[string]int{}
	for _, res := range all {
		key := aboutOwner(res)
		i, ok := index[key]
		if !ok {
			i = len(groups)
			index[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], res)
	}
	return groups
}

func aboutOwner(res engine.Resource) string {
	return strings.Trim(ownerOf(res.App, res.AppVersion, res.Environment)+", "+res.Reason, ", ")
}

// owned lists the resources of one group: once what they have in common, and below each
// resource what speaks for it alone.
func (p *page) owned(group []engine.Resource) {
	common := map[owner.Evidence]bool{}
	if len(group) > 1 {
		in := map[owner.Evidence]int{}
		for _, res := range group {
			for _, e := range res.Evidence {
				in[e]++
				common[e] = in[e] == len(group)
			}
		}
	}
	p.say(bold, "  %s", cmp.Or(aboutOwner(group[0]), "no owner"))
	for _, e := range group[0].Evidence {
		if common[e] {
			p.say("", "    %s: %s", e.Source, e.Detail)
		}
	}
	p.resources(group, func(res engine.Resource) string {
		text := label(res)
		for _, e := range res.Evidence {
			if !common[e] {
				text += "\n  " + inert(e.Source+": "+e.Detail)
			}
		}
		return text
	})
}

// resources writes a table with one resource a row; last makes its last cell.
func (p *page) resources(some []engine.Resource, last func(engine.Resource) string) {
	rows := make([][]string, len(some))
	for i, res := range some {
		rows[i] = []string{"    " + res.Type, res.Region, last(res)}
	}
	p.columns([]string{"", "", ""}, rows)
}

// label is the id of a resource with the name that people gave it, on one line.
func label(res engine.Resource) string {
	if strings.HasSuffix(res.ID, res.Name) { // also when there is none
		return inert(res.ID)
	}
	return inert(res.ID + " (" + res.Name + ")")
}

// evidence writes what speaks for the owner of a resource on one line.
func evidence(res engine.Resource) string {
	parts := make([]string, len(res.Evidence))
	for i, e := range res.Evidence {
		parts[i] = e.Source + ": " + e.Detail
	}
	return strings.Join(parts, "; ")
}

// inventory lists every resource.
func (p *page) inventory(r *engine.Result) {
	if len(r.Resources) == 0 {
		return
	}
	p.heading("", "RESOURCES: %d", len(r.Resources))
	rows := make([][]string, 0, len(r.Resources))
	for _, res := range r.Resources {
		rows = append(rows, []string{res.Class, ownerOf(res.App, res.AppVersion, res.Environment), res.Type, res.Region, label(res)})
	}
	p.columns([]string{"CLASS", "OWNER", "TYPE", "REGION", "RESOURCE"}, rows)
}

// next is the last line.
func (p *page) next(r *engine.Result) {
	colour, text := nextStep(r)
	p.heading(colour, "%s", text)
}

// nextStep is the one thing to do now, in words of ours alone, and its colour.
func nextStep(r *engine.Result) (colour, text string) {
	if colour, text = nextActing(r); text != "" {
		return colour, text
	}
	s, old := r.Summary, engine.Known{}
	if s.Known != nil {
		old = *s.Known
	}
	drifted, orphans := 0, s.ByClass[string(owner.Orphan)]-old.ByClass[string(owner.Orphan)]
	for class, n := range s.Drift {
		if class != string(drift.InSync) && class != string(drift.Unverifiable) {
			drifted += n - old.Drift[class]
		}
	}
	undecided := s.Findings["unknown"] + s.Findings["error"]
	for _, n := range old.Unknown {
		undecided -= n
	}
	worst := ""
	for _, severity := range severityNames() {
		if n := s.BySeverity[severity] - old.BySeverity[severity]; n > 0 {
			worst = count(n, severity+" finding", severity+" findings")
			break
		}
	}
	also := ""
	if !r.Complete {
		also = " Then make the places above readable: this report is incomplete."
	}
	switch {
	case r.Command == "inventory" && r.Complete:
		return "", "Next: `pcf-scan scan` judges these resources and compares them with what is declared."
	case len(r.Faults) > 0:
		return "", "Next: fix the malformed input above and run again; the rest of this report stands."
	case worst != "":
		return "", fmt.Sprintf("Next: start with %s; accept one for a time with a dated waiver (--waivers FILE).%s", worst, also)
	case drifted > 0:
		return "", fmt.Sprintf("Next: bring %s back to the declaration, or change the declaration.%s", count(drifted, "drifted resource", "drifted resources"), also)
	case orphans > 0:
		return "", fmt.Sprintf("Next: decide on %s: declare what is still needed, remove the rest.%s", count(orphans, "orphan", "orphans"), also)
	case !r.Complete:
		return "", "Next: make the places above readable and run again; until then this is not a clean result."
	case undecided > 0:
		return "", "Next: give the values that are not known (--parameter NAME=VALUE) and run again."
	case s.Resources == 0 && s.Declared == 0:
		return yellow, "Next: nothing was found to look at; check the account, the regions and the paths above."
	case s.Recorded > 0 && s.Resources == s.NotJudged:
		return yellow, "Next: nothing was judged, because a Terraform state is a record of what was made; pass a plan (`terraform show -json`) to have it judged."
	case s.Known != nil:
		return green, "Nothing new: what was found is in the baseline already."
	default:
		return green, "Nothing to do: nothing that was read breaks a rule or has drifted."
	}
}

// liveNames is what people call a live resource, where that is not its id.
type liveNames map[inventory.Ref]string

func namesOf(r *engine.Result) liveNames {
	l := liveNames{}
	for _, res := range r.Resources {
		if !strings.HasSuffix(res.ID, res.Name) { // an ARN says it already
			l[inventory.Ref{Partition: r.Scope.Partition, Account: res.Account, Region: res.Region, Type: res.Type, ID: res.ID}] = res.Name
		}
	}
	return l
}

// place names a resource so that a person can go there: file:line:column and the
// logical name of a declared one, the ref and the name of a live one, both where both
// are known.
func (l liveNames) place(r engine.Place) string {
	var parts []string
	if r.File != "" {
		parts = append(parts, position(r.File, r.Line, r.Column))
	}
	if r.LogicalID != "" {
		parts = append(parts, r.LogicalID)
	}
	if r.ID == "" || r.File != "" && r.Account == "" {
		return strings.Join(append(parts, "("+r.Type+")"), " ")
	}
	parts = append(parts, ref(r))
	if name := l[refOf(r)]; name != "" {
		parts = append(parts, "("+name+")")
	}
	return strings.Join(parts, " ")
}

func ref(r engine.Place) string { return refOf(r).String() }

func refOf(r engine.Place) inventory.Ref {
	return inventory.Ref{Partition: r.Partition, Account: r.Account, Region: r.Region, Type: r.Type, ID: r.ID}
}

func position(file string, line, column int) string {
	return inventory.Position{File: file, Line: line, Column: column}.String()
}

func ownerOf(app, version, environment string) string {
	return strings.Join(slices.DeleteFunc([]string{app, version, environment}, func(s string) bool { return s == "" }), " ")
}

func ownerSuffix(app, version, environment string) string {
	if o := ownerOf(app, version, environment); o != "" {
		return " of " + o
	}
	return ""
}

func severityNames() []string { return names(rules.Severities) }

func classNames() []string { return names(owner.Classes) }

// driftNames has the worst class first.
func driftNames() []string {
	all := names(drift.Classes)
	slices.SortStableFunc(all, func(a, b string) int {
		return cmp.Compare(slices.Index(severityNames(), engine.DriftSeverity(a)), slices.Index(severityNames(), engine.DriftSeverity(b)))
	})
	return all
}

func names[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// count writes a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func plus(n int, one, many string) string {
	if n == 0 {
		return ""
	}
	return "; " + count(n, one, many)
}

// counts writes a total and what it is made of.
func counts(total int, by map[string]int, order []string) string {
	if parts := nonZero(by, order); parts != "" {
		return fmt.Sprintf("%d: %s", total, parts)
	}
	return fmt.Sprint(total)
}

func nonZero(by map[string]int, order []string) string {
	var parts []string
	for _, name := range order {
		if n := by[name]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, name))
		}
	}
	return strings.Join(parts, ", ")
}

// list writes up to three names in full and the number of longer lists.
func list(names []string, one, many string) string {
	switch {
	case len(names) == 0:
		return ""
	case len(names) == 1:
		return one + " " + names[0]
	case len(names) <= 3:
		return many + " " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("%d %s", len(names), many)
}

package reports

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	_ "embed" // the page, its style and its script
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/rules"
)

// htmlFormat is one file that a browser opens without a network: for the auditor, who
// reads what was not seen first, and then searches, filters and sorts what was found.
//
// Everything below the summary is an [htmlList]: rows of text under columns. The page holds
// the first rows of each as a plain table, which is read without a script and on paper,
// and all rows as JSON, of which the script (html/script.js) shows a part at a time:
// 50,000 findings are no strain for a browser that draws a hundred.
//
// Text from outside is inert three times over: control characters are spelled out here,
// html/template escapes what stands in the page, and the script writes text and never
// markup. The page forbids every script and every load but its own.
var htmlFormat = Format{
	Name:  "html",
	Title: "one self-contained page for a browser: search, filter, print, file",
	Write: func(w io.Writer, r *engine.Result, _ Options) error {
		if r == nil {
			r = &engine.Result{}
		}
		page, err := htmlPageOf(onlyNew(r))
		if err != nil {
			return err
		}
		out := bufio.NewWriterSize(w, 1<<16)
		if err := htmlTemplate.Execute(out, page); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		if err := out.Flush(); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		return nil
	},
}

var (
	//go:embed html/page.html
	htmlPageText string
	//go:embed html/style.css
	htmlStyle string
	//go:embed html/script.js
	htmlScript string

	// htmlPolicy lets the page load nothing, and run nothing but the script that is in it.
	htmlPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + contentHash(htmlStyle) + "; script-src " + contentHash(htmlScript)

	htmlTemplate = template.Must(template.New("page").Parse(htmlPageText))
)

// contentHash names a script or style in the page's content security policy: what is not
// exactly this text is not run.
func contentHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// htmlPage is what the template is given.
type htmlPage struct {
	Policy         string
	Style          template.CSS
	Script         template.JS
	Title, Heading string
	Facts          [][2]string // about the run
	Scope          [][2]string // where it looked
	Complete       bool
	Unread         string // how many places could not be read
	Next           string
	Stopped        string // why a plan to reap has no actions
	Tiles          []htmlTile
	Summary        [][]string
	Since          string
	Changed        [][]string
	Charts         []chart
	Runs           []engine.Trend
	// Coverage are the lists that stand right below the verdict on coverage; Lists all others.
	Coverage, Lists []*htmlList
	Waived          string // when waived findings are counted and not listed
	Data            template.JS
}

// htmlTile is a number to see at a glance, and where its rows are.
type htmlTile struct {
	N           int
	Name, Level string
	List        string
	Choose      string // the filters that show just these rows: column=value&column=value
}

// plainRows is how many rows of a list the page holds for those who run no script.
const plainRows = 100

// htmlPageOf says everything that a page holds.
func htmlPageOf(r *engine.Result) (*htmlPage, error) {
	_, next := nextStep(r)
	p := &htmlPage{
		Policy:  htmlPolicy,
		Style:   template.CSS(htmlStyle), //nolint:gosec // our own
		Script:  template.JS(htmlScript), //nolint:gosec // our own
		Heading: inert(strings.TrimSpace("pcf-scan " + r.Command)),
		Facts:   htmlFacts([2]string{"run at", startOf(r)}, [2]string{"run", r.RunID}, [2]string{"made by", strings.TrimSpace(r.Tool.Name + " " + r.Tool.Version)}, [2]string{"acted as", r.Actor}),
		Scope:   htmlScope(r.Scope), Complete: everythingRead(r), Unread: count(unread(r), "place", "places"), Next: inert(next), Stopped: inert(reaping(r).Stopped),
		Tiles: htmlTiles(r), Charts: charts(r.History), Runs: r.History,
	}
	verdict := "complete"
	if !p.Complete {
		verdict = "INCOMPLETE"
	}
	p.Title = p.Heading + ": " + verdict
	if at := startOf(r); at != "" {
		p.Title += ", " + at
	}
	for _, row := range summaryRows(r) {
		p.Summary = append(p.Summary, []string{row[0], inert(row[1])})
	}
	if c := r.Comparison; c != nil {
		p.Since = inert(strings.TrimSpace(c.Against + " " + c.StartedAt.UTC().Format(time.RFC3339)))
		p.Changed = comparisonRows(c)
	}
	if n := r.Summary.Findings["waived"]; n > len(waivedFindings(r)) {
		p.Waived = fmt.Sprintf("%s counted and not listed; a run with --include waived lists them.", count(n-len(waivedFindings(r)), "waived finding is", "waived findings are"))
	}
	p.Coverage = withRows(gapList(r), faultList(r))
	p.Lists = htmlLists(r)

	all := map[string]listData{}
	for _, l := range slices.Concat(p.Coverage, p.Lists) {
		all[l.ID] = l.data()
	}
	data, err := json.Marshal(all) // which also escapes < > & and the separators that end a line of script
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	p.Data = template.JS(data) //nolint:gosec // JSON in a block that is not run
	return p, nil
}

// startOf is when the run started; "" when nobody said.
func startOf(r *engine.Result) string {
	if r.StartedAt.IsZero() {
		return ""
	}
	return r.StartedAt.UTC().Format(time.RFC3339)
}

// htmlFacts are names with a text, without those that have none.
func htmlFacts(all ...[2]string) [][2]string {
	var facts [][2]string
	for _, f := range all {
		if f[1] != "" {
			facts = append(facts, [2]string{f[0], inert(f[1])})
		}
	}
	return facts
}

// htmlScope says in full where the run looked: a page for an audit has the room.
func htmlScope(s engine.Scope) [][2]string {
	regions := ""
	if len(s.Accounts) > 0 {
		regions = cmp.Or(strings.Join(s.Regions, ", "), "every region")
	}
	types := strings.Join(s.Types, ", ")
	if types == "*" {
		types = "all"
	}
	return htmlFacts(
		[2]string{"accounts", strings.TrimSpace(s.Partition + " " + strings.Join(s.Accounts, ", "))},
		[2]string{"regions", regions},
		[2]string{"resource types", types},
		[2]string{"declared in", strings.Join(s.Files, ", ")},
		[2]string{"narrowed to", strings.Join(s.NarrowedTo, ", ")},
	)
}

// htmlTiles are the numbers that people ask for first.
func htmlTiles(r *engine.Result) []htmlTile {
	var tiles []htmlTile
	s := r.Summary
	if n := unread(r); n > 0 || !r.Complete {
		tiles = append(tiles, htmlTile{n, "not read", "bad", "coverage", ""})
	}
	if s.Findings != nil {
		for _, severity := range severityNames() {
			if n := s.BySeverity[severity]; n > 0 || severity == string(rules.Critical) || severity == string(rules.High) {
				tiles = append(tiles, htmlTile{n, severity, severity, "findings", "status=fail&severity=" + severity})
			}
		}
		if n := s.Findings["unknown"] + s.Findings["error"]; n > 0 {
			tiles = append(tiles, htmlTile{n, "not decided", "unknown", "findings", ""})
		}
		tiles = append(tiles, htmlTile{s.Findings["waived"], "waived", "", "waivers", ""})
	}
	if s.Drift != nil {
		tiles = append(tiles, htmlTile{drifted(s), "drifted", "", "drift", ""})
	}
	if s.ByClass != nil {
		tiles = append(tiles, htmlTile{s.ByClass["orphan"], "orphan", "", "resources", "class=orphan"})
	}
	return append(tiles, htmlTile{s.Resources, "resources", "", "resources", ""})
}

// drifted counts the declared resources that are known not to be as declared.
func drifted(s engine.Summary) int {
	n := 0
	for class, some := range s.Drift {
		if class != string(drift.InSync) && class != string(drift.Unverifiable) {
			n += some
		}
	}
	return n
}

// An htmlList is a table of the page, whatever its rows are made of.
type htmlList struct {
	ID, Title, Intro string
	One, Many        string // what a row is called
	Open             bool   // whether the details of a row show at once
	Columns          []listColumn
	cells            [][]string // by row and column; several values or lines are joined with a line break
}

// listColumn says what a column is and where it shows.
type listColumn struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind"`             // see the constants
	Filter bool     `json:"filter,omitempty"` // readers may pick one value
	Order  []string `json:"order,omitempty"`  // of the values, when it is not that of the alphabet
}

// The kinds of columns. The last cell of a row is its text, which opens the details.
const (
	asCell   = "cell"   // a column of the table
	asLevel  = "level"  // the same, with a colour
	asText   = "text"   // the last column
	asDetail = "detail" // a line of the details
	asDiff   = "diff"   // a difference in the details, each line with - or + in front
	asFilter = "filter" // not shown, for the filters alone
	asLink   = "link"   // the fingerprint by which others link to the row
)

// column makes a list's column of what one row says; several values are one text each.
type column[T any] struct {
	listColumn
	of func(T) []string
}

func one[T any](name, kind string, of func(T) string) column[T] {
	return column[T]{listColumn{Name: name, Kind: kind}, func(row T) []string { return []string{of(row)} }}
}

func several[T any](name, kind string, of func(T) []string) column[T] {
	return column[T]{listColumn{Name: name, Kind: kind}, of}
}

// filtered lets readers pick a value of the column; order is that of the values.
func (c column[T]) filtered(order ...string) column[T] {
	c.Filter, c.Order = true, order
	return c
}

// fill computes the cells, all text inert.
func fill[T any](l *htmlList, rows []T, columns ...column[T]) *htmlList {
	used := make([]bool, len(columns))
	for _, row := range rows {
		cells := make([]string, len(columns))
		for i, c := range columns {
			values := c.of(row)
			for j, v := range values {
				values[j] = inert(v)
			}
			cells[i] = strings.Join(values, "\n")
			used[i] = used[i] || cells[i] != ""
		}
		l.cells = append(l.cells, cells)
	}
	for i, c := range columns { // a column that says nothing would only take room
		if used[i] {
			l.Columns = append(l.Columns, c.listColumn)
		}
	}
	for r, cells := range l.cells {
		kept := cells[:0]
		for i, text := range cells {
			if used[i] {
				kept = append(kept, text)
			}
		}
		l.cells[r] = kept
	}
	return l
}

func withRows(all ...*htmlList) []*htmlList {
	return slices.DeleteFunc(all, func(l *htmlList) bool { return len(l.cells) == 0 })
}

// listData is a list as the script reads it: each text once, and rows of their numbers.
type listData struct {
	One     string       `json:"one"`
	Many    string       `json:"many"`
	Open    bool         `json:"open,omitempty"`
	Columns []listColumn `json:"columns"`
	Texts   []string     `json:"texts"`
	Rows    [][]int      `json:"rows"`
}

func (l *htmlList) data() listData {
	d := listData{One: l.One, Many: l.Many, Open: l.Open, Columns: l.Columns}
	index := map[string]int{}
	for _, cells := range l.cells {
		row := make([]int, len(cells))
		for i, text := range cells {
			at, ok := index[text]
			if !ok {
				at = len(d.Texts)
				index[text] = at
				d.Texts = append(d.Texts, text)
			}
			row[i] = at
		}
		d.Rows = append(d.Rows, row)
	}
	return d
}

// Total is the number of rows.
func (l *htmlList) Total() int { return len(l.cells) }

// Size says how many rows there are.
func (l *htmlList) Size() string { return count(len(l.cells), l.One, l.Many) }

// More says what the plain table leaves out.
func (l *htmlList) More() string {
	if n := len(l.cells) - plainRows; n > 0 {
		return fmt.Sprintf("%d more are in this file; they show when the page may run its script.", n)
	}
	return ""
}

// Heads are the names of the columns that show.
func (l *htmlList) Heads() []string {
	var names []string
	for _, c := range l.Columns {
		if c.Kind == asCell || c.Kind == asLevel || c.Kind == asText {
			names = append(names, c.Name)
		}
	}
	return names
}

// listRow is a row of the plain table.
type listRow struct {
	ID      string
	Cells   []listCell
	Details []listDetail
}

type listCell struct {
	Text, Level string
	Opens       bool // shows the details
}

type listDetail struct {
	Name  string
	Lines []listLine
}

type listLine struct{ Text, Sign string }

// PlainRows are the first rows.
func (l *htmlList) PlainRows() []listRow {
	var rows []listRow
	for _, cells := range l.cells[:min(len(l.cells), plainRows)] {
		var row listRow
		for i, c := range l.Columns {
			text := cells[i]
			switch c.Kind {
			case asCell:
				row.Cells = append(row.Cells, listCell{Text: text})
			case asLevel:
				row.Cells = append(row.Cells, listCell{Text: text, Level: text})
			case asText:
				row.Cells = append(row.Cells, listCell{Text: text, Opens: true})
			case asLink:
				row.ID = text
			}
			if (c.Kind == asDetail || c.Kind == asDiff || c.Kind == asLink) && text != "" {
				d := listDetail{Name: c.Name}
				for line := range strings.SplitSeq(text, "\n") {
					sign := ""
					if c.Kind == asDiff && strings.ContainsRune("-+", rune(line[0])) {
						sign = line[:1]
					}
					d.Lines = append(d.Lines, listLine{line, sign})
				}
				row.Details = append(row.Details, d)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// htmlLists are the sections of the page, in the order in which a person should read them.
func htmlLists(r *engine.Result) []*htmlList {
	lists := []*htmlList{actionList(r), candidateList(r), refusedList(r), findingList(r)}
	lists = append(lists, comparisonLists(r)...)
	lists = append(lists, waiverList(r), driftList(r), ignoredList(r), appList(r), resourceList(r), notJudgedList(r), warningList(r), controlList(r), ruleList(r))
	return withRows(lists...)
}

func gapList(r *engine.Result) *htmlList {
	return fill(&htmlList{ID: "gaps", Title: "Places that could not be read", One: "gap", Many: "gaps"}, r.Gaps,
		one("place", asCell, gapPlace),
		one("reason", asCell, func(g engine.Gap) string { return g.Reason }).filtered(),
		one("account", asFilter, func(g engine.Gap) string { return g.Account }).filtered(),
		one("region", asFilter, func(g engine.Gap) string { return g.Region }).filtered(),
		one("type", asFilter, func(g engine.Gap) string { return g.Type }).filtered(),
		one("what happened", asText, func(g engine.Gap) string { return g.Message }),
	)
}

func faultList(r *engine.Result) *htmlList {
	return fill(&htmlList{ID: "faults", Title: "Malformed input", One: "mistake", Many: "mistakes"}, r.Faults, faultColumns()...)
}

func warningList(r *engine.Result) *htmlList {
	return fill(&htmlList{ID: "warnings", Title: "Doubts about the input", Intro: "They stopped nothing.", One: "doubt", Many: "doubts"}, r.Warnings, faultColumns()...)
}

func faultColumns() []column[engine.Fault] {
	return []column[engine.Fault]{
		one("place", asCell, func(f engine.Fault) string { return cmp.Or(position(f.File, f.Line, f.Column), "input") }),
		one("what is wrong", asText, func(f engine.Fault) string { return f.Message }),
		one("fix", asDetail, func(f engine.Fault) string { return f.Hint }),
	}
}

// whereabouts are the filters by where a resource is and whose.
func whereabouts[T any](of func(T) (at engine.Place, app, environment string)) []column[T] {
	filter := func(name string, text func(at engine.Place, app, environment string) string) column[T] {
		return one(name, asFilter, func(row T) string { return text(of(row)) }).filtered()
	}
	return []column[T]{
		filter("app", func(_ engine.Place, app, _ string) string { return app }),
		filter("environment", func(_ engine.Place, _, environment string) string { return environment }),
		filter("type", func(at engine.Place, _, _ string) string { return at.Type }),
		filter("account", func(at engine.Place, _, _ string) string { return at.Account }),
		filter("region", func(at engine.Place, _, _ string) string { return at.Region }),
	}
}

func findingList(r *engine.Result) *htmlList {
	var rows []engine.Finding
	for _, group := range findingGroups(r.Findings) {
		for _, some := range group.byRule {
			rows = append(rows, some...)
		}
	}
	return fill(&htmlList{ID: "findings", Title: "Findings", One: "finding", Many: "findings"}, rows, findingColumns(r)...)
}

func findingColumns(r *engine.Result) []column[engine.Finding] {
	names, titles := namesOf(r), map[string]string{}
	for _, c := range r.Rules {
		titles[c.ID] = c.Title
	}
	return slices.Concat([]column[engine.Finding]{
		one("severity", asLevel, func(f engine.Finding) string { return f.Severity }).filtered(severityNames()...),
		one("status", asCell, func(f engine.Finding) string { return f.Status }).filtered("fail", "unknown", "error", "waived", "pass", "skip"),
		one("rule", asCell, func(f engine.Finding) string { return f.Rule }).filtered(),
		one("resource", asCell, func(f engine.Finding) string { return names.place(f.Resource) }),
		one("owner", asCell, func(f engine.Finding) string { return ownerOf(f.App, f.AppVersion, f.Environment) }),
		one("finding", asText, func(f engine.Finding) string { return cmp.Or(f.Message, titles[f.Rule], f.Rule) }),
	}, whereabouts(func(f engine.Finding) (engine.Place, string, string) { return f.Resource, f.App, f.Environment }), []column[engine.Finding]{
		one("about the rule", asDetail, func(f engine.Finding) string { return titles[f.Rule] }),
		one("at", asDetail, func(f engine.Finding) string { return f.Path }),
		one("fix", asDetail, func(f engine.Finding) string { return f.Remediation }),
		several("control", asDetail, func(f engine.Finding) []string { return controlNames(f.Controls) }).filtered(),
		one("ARN", asDetail, func(f engine.Finding) string { return f.Resource.ARN }),
		one("waived", asDetail, func(f engine.Finding) string {
			if f.Waiver == nil {
				return ""
			}
			return waiverText(*f.Waiver)
		}),
		one("link", asLink, func(f engine.Finding) string { return f.Fingerprint }),
	})
}

// controlNames are the controls of a rule as framework/control.
func controlNames(controls map[string][]string) []string {
	var all []string
	for _, framework := range slices.Sorted(maps.Keys(controls)) {
		for _, control := range controls[framework] {
			all = append(all, framework+"/"+control)
		}
	}
	return all
}

func comparisonLists(r *engine.Result) []*htmlList {
	c := r.Comparison
	if c == nil {
		return nil
	}
	names := namesOf(r)
	resource := []column[engine.Resource]{
		one("type", asCell, func(x engine.Resource) string { return x.Type }).filtered(),
		one("region", asCell, func(x engine.Resource) string { return x.Region }).filtered(),
		one("owner", asCell, func(x engine.Resource) string { return ownerOf(x.App, x.AppVersion, x.Environment) }),
		one("resource", asText, label),
		one("ARN", asDetail, func(x engine.Resource) string { return x.ARN }),
	}
	return []*htmlList{
		fill(&htmlList{ID: "resolved", Title: "Resolved since then", One: "finding", Many: "findings"}, c.Resolved, findingColumns(r)...),
		fill(&htmlList{ID: "gone-drift", Title: "No longer drifted", One: "resource", Many: "resources"}, c.GoneDrift,
			one("class", asCell, func(d engine.Drift) string { return d.Class }).filtered(driftNames()...),
			one("resource", asText, func(d engine.Drift) string { return names.place(d.Resource) })),
		fill(&htmlList{ID: "new-resources", Title: "New resources", One: "resource", Many: "resources"}, c.NewResources, resource...),
		fill(&htmlList{ID: "gone-resources", Title: "Resources that are gone", One: "resource", Many: "resources"}, c.GoneResources, resource...),
	}
}

func waivedFindings(r *engine.Result) []engine.Finding {
	var some []engine.Finding
	for _, f := range r.Findings {
		if f.Status == "waived" && f.Waiver != nil {
			some = append(some, f)
		}
	}
	return some
}

// waiverList has what expires first at its head.
func waiverList(r *engine.Result) *htmlList {
	rows := waivedFindings(r)
	slices.SortStableFunc(rows, func(a, b engine.Finding) int {
		if a, b := a.Waiver.Expires, b.Waiver.Expires; a.IsZero() != b.IsZero() { // what never expires stands last
			return b.Compare(a)
		}
		return a.Waiver.Expires.Compare(b.Waiver.Expires)
	})
	names := namesOf(r)
	return fill(&htmlList{ID: "waivers", Title: "Waivers", Intro: "Findings that somebody accepted for a time. What expires first stands first.", One: "waived finding", Many: "waived findings"}, rows,
		one("expires", asCell, func(f engine.Finding) string {
			if f.Waiver.Expires.IsZero() {
				return "never"
			}
			return f.Waiver.Expires.UTC().Format(time.DateOnly)
		}),
		one("severity", asLevel, func(f engine.Finding) string { return f.Severity }).filtered(severityNames()...),
		one("rule", asCell, func(f engine.Finding) string { return f.Rule }).filtered(),
		one("resource", asCell, func(f engine.Finding) string { return names.place(f.Resource) }),
		one("approver", asCell, func(f engine.Finding) string { return f.Waiver.Approver }).filtered(),
		one("reason", asText, func(f engine.Finding) string { return f.Waiver.Reason }),
		one("finding", asDetail, func(f engine.Finding) string { return f.Message }),
	)
}

func driftList(r *engine.Result) *htmlList {
	names := namesOf(r)
	counted := func(d engine.Drift) (count, shown []engine.Change) {
		for _, c := range d.Changes {
			if c.Severity == string(rules.Info) {
				shown = append(shown, c)
			} else {
				count = append(count, c)
			}
		}
		return count, shown
	}
	return fill(&htmlList{ID: "drift", Title: "Drift", Intro: "What is declared and what lives: - is declared, + is live.", One: "declared resource", Many: "declared resources", Open: true}, slices.Concat(driftGroups(r.Drift)...),
		slices.Concat([]column[engine.Drift]{
			one("severity", asLevel, func(d engine.Drift) string { return cmp.Or(d.Severity, engine.DriftSeverity(d.Class)) }).filtered(severityNames()...),
			one("class", asCell, func(d engine.Drift) string { return d.Class }).filtered(driftNames()...),
			one("resource", asCell, func(d engine.Drift) string { return names.place(d.Resource) }),
			one("owner", asCell, func(d engine.Drift) string { return ownerOf(d.App, d.AppVersion, d.Environment) }),
			one("drift", asText, func(d engine.Drift) string {
				some, _ := counted(d)
				if len(some) == 0 {
					return cmp.Or(d.Reason, driftRule(d.Class).Title)
				}
				return count(len(some), "property differs", "properties differ")
			}),
		}, whereabouts(func(d engine.Drift) (engine.Place, string, string) { return d.Resource, d.App, d.Environment }), []column[engine.Drift]{
			one("because", asDetail, func(d engine.Drift) string {
				if some, _ := counted(d); len(some) == 0 {
					return "" // it is the text of the row
				}
				return d.Reason
			}),
			several("difference", asDiff, func(d engine.Drift) []string {
				var lines []string
				some, _ := counted(d)
				for _, c := range some {
					lines = append(lines, changeHead(c))
					lines = append(lines, difference(c.Path, c.Declared, c.Live)...)
				}
				return lines
			}),
			several("not counted", asDetail, func(d engine.Drift) []string {
				var lines []string
				_, some := counted(d)
				for _, c := range some {
					lines = append(lines, c.Path+" ("+c.Kind+")")
				}
				return lines
			}),
			several("not compared", asDetail, func(d engine.Drift) []string {
				var lines []string
				for _, u := range d.Unverified {
					lines = append(lines, u.Path+": "+u.Because)
				}
				return lines
			}),
			one("link", asLink, engine.DriftFingerprint),
		})...)
}

func ignoredList(r *engine.Result) *htmlList {
	names := namesOf(r)
	return fill(&htmlList{ID: "ignored", Title: "Differences ignored as declared", One: "difference", Many: "differences"}, r.Ignored,
		one("resource", asCell, func(i engine.Ignored) string { return names.place(i.Resource) }),
		one("app", asCell, func(i engine.Ignored) string { return i.App }).filtered(),
		one("at", asCell, func(i engine.Ignored) string { return i.Change.Path }),
		one("why", asText, func(i engine.Ignored) string { return i.Change.Reason }),
		several("difference", asDiff, func(i engine.Ignored) []string { return difference(i.Change.Path, i.Change.Declared, i.Change.Live) }),
	)
}

// resourceList has first whose owner is a question, then all others.
func resourceList(r *engine.Result) *htmlList {
	rows := make([]engine.Resource, 0, len(r.Resources))
	var classes []string
	for _, question := range ownerQuestions {
		classes = append(classes, question.class)
		rows = append(rows, ofClass(r.Resources, question.class)...)
	}
	for _, res := range r.Resources {
		if !slices.Contains(classes, res.Class) {
			rows = append(rows, res)
		}
	}
	place := func(x engine.Resource) engine.Place {
		return engine.Place{Type: x.Type, Account: x.Account, Region: x.Region}
	}
	return fill(&htmlList{ID: "resources", Title: "Resources and their owners", Intro: "Those whose owner is a question stand first.", One: "resource", Many: "resources"}, rows,
		slices.Concat([]column[engine.Resource]{
			one("class", asCell, func(x engine.Resource) string { return x.Class }).filtered(append(classes, classNames()...)...),
			one("owner", asCell, func(x engine.Resource) string { return ownerOf(x.App, x.AppVersion, x.Environment) }),
			one("type", asCell, func(x engine.Resource) string { return x.Type }),
			one("region", asCell, func(x engine.Resource) string { return x.Region }),
			one("resource", asText, label),
		}, whereabouts(func(x engine.Resource) (engine.Place, string, string) { return place(x), x.App, x.Environment }), []column[engine.Resource]{
			one("reason", asDetail, func(x engine.Resource) string { return cmp.Or(x.Reason, x.Foreign) }).filtered(),
			several("evidence", asDetail, func(x engine.Resource) []string {
				var lines []string
				for _, e := range x.Evidence {
					lines = append(lines, e.Source+": "+e.Detail)
				}
				return lines
			}),
			one("particle", asDetail, func(x engine.Resource) string { return x.Particle }),
			one("created", asDetail, func(x engine.Resource) string {
				if x.Created == nil {
					return ""
				}
				return x.Created.UTC().Format(time.RFC3339)
			}),
			one("state", asDetail, func(x engine.Resource) string { return x.State }),
			several("kept by", asDetail, func(x engine.Resource) []string { return slices.Clone(x.KeptBy) }),
			several("tags", asDetail, func(x engine.Resource) []string {
				if x.Tags == nil {
					return []string{"could not be read"}
				}
				var lines []string
				for _, k := range slices.Sorted(maps.Keys(x.Tags)) {
					lines = append(lines, k+" = "+x.Tags[k])
				}
				return lines
			}),
			one("not read", asDetail, func(x engine.Resource) string { return strings.Join(x.Unread, ", ") }),
			one("ARN", asDetail, func(x engine.Resource) string { return x.ARN }),
			one("link", asLink, func(x engine.Resource) string { return engine.OwnershipFingerprint(r.Scope.Partition, x) }),
		})...)
}

func notJudgedList(r *engine.Result) *htmlList {
	names := namesOf(r)
	return fill(&htmlList{ID: "not-judged", Title: "Not judged", Intro: "Declared resources that no rule can say anything about.", One: "resource", Many: "resources"}, r.NotJudged,
		one("resource", asCell, func(n engine.NotJudged) string { return names.place(n.Resource) }),
		one("type", asFilter, func(n engine.NotJudged) string { return n.Resource.Type }).filtered(),
		one("because", asText, func(n engine.NotJudged) string { return n.Because }),
	)
}

func actionList(r *engine.Result) *htmlList {
	l := &htmlList{ID: "plan", Title: "Plan", One: "action", Many: "actions", Open: true}
	if r.Plan != nil {
		l.Intro = inert(planText(r.Plan))
	}
	if len(r.Outcomes) > 0 {
		l.Title = "Plan and outcomes"
	}
	return fill(l, actions(r),
		one("outcome", asCell, acted.state).filtered(append(slices.Clone(outcomeStates), "planned")...),
		one("verb", asCell, func(a acted) string { return string(a.Verb) }).filtered(verbs...),
		one("resource", asCell, func(a acted) string {
			if a.Verb == "" {
				return ""
			}
			return placeOfPlan(a.Resource)
		}),
		one("owner", asCell, func(a acted) string {
			if a.For == nil {
				return ""
			}
			return ownerOf(a.For.App, a.For.Version, a.For.Environment)
		}),
		one("reason", asFilter, func(a acted) string { return string(a.Reason) }).filtered(),
		one("action", asText, func(a acted) string { return a.ID }),
		several("about it", asDetail, acted.notes),
		several("change", asDiff, acted.diff),
	)
}

func candidateList(r *engine.Result) *htmlList {
	day := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return day(*t)
	}
	return fill(&htmlList{ID: "candidates", Title: "Candidates", Intro: "What could go, and how far it is on its way.", One: "candidate", Many: "candidates"}, reaping(r).Candidates,
		one("state", asCell, func(c plan.Candidate) string { return string(c.State) }).filtered(candidateStates...),
		one("goes", asCell, func(c plan.Candidate) string { return day(c.GoesAt) }),
		one("owner", asCell, func(c plan.Candidate) string {
			if c.For == nil {
				return ""
			}
			return ownerOf(c.For.App, c.For.Version, c.For.Environment)
		}),
		one("type", asFilter, func(c plan.Candidate) string { return c.Resource.Type }).filtered(),
		one("reason", asCell, func(c plan.Candidate) string { return string(c.Reason) }).filtered(),
		one("resource", asText, func(c plan.Candidate) string { return placeOfPlan(c.Resource) }),
		several("about it", asDetail, candidateNotes),
	)
}

func refusedList(r *engine.Result) *htmlList {
	var rows []plan.Refusal
	if r.Plan != nil {
		rows = r.Plan.Refused
	}
	return fill(&htmlList{ID: "refused", Title: "Refused", Intro: "What the plan does not do, and what stands in the way.", One: "refusal", Many: "refusals"}, rows,
		one("resource", asCell, func(f plan.Refusal) string { return placeOfPlan(f.Resource) }),
		one("type", asFilter, func(f plan.Refusal) string { return f.Resource.Type }).filtered(),
		one("reason", asCell, func(f plan.Refusal) string { return string(f.Reason) }).filtered(),
		one("by", asText, func(f plan.Refusal) string { return f.By }),
	)
}

func controlList(r *engine.Result) *htmlList {
	return fill(&htmlList{ID: "controls", Title: "Controls", Intro: "idle: a rule answers the control and had nothing to judge; none: no rule of this run answers it.", One: "control", Many: "controls"}, r.Controls,
		one("framework", asCell, func(c engine.ControlCount) string { return c.Framework }).filtered(),
		one("control", asCell, func(c engine.ControlCount) string { return c.ID }),
		one("status", asCell, func(c engine.ControlCount) string { return c.Status }).filtered(engine.ControlStatuses...),
		one("coverage", asCell, func(c engine.ControlCount) string {
			if c.Incomplete {
				return "with gaps"
			}
			return ""
		}).filtered(),
		one("fail", asCell, func(c engine.ControlCount) string { return strconv.Itoa(c.Fail) }),
		one("pass", asCell, func(c engine.ControlCount) string { return strconv.Itoa(c.Pass) }),
		one("unknown", asCell, func(c engine.ControlCount) string { return strconv.Itoa(c.Unknown + c.Error) }),
		one("waived", asCell, func(c engine.ControlCount) string { return strconv.Itoa(c.Waived) }),
		one("title", asText, func(c engine.ControlCount) string { return cmp.Or(c.Title, c.ID) }),
		one("gaps", asDetail, func(c engine.ControlCount) string {
			if !c.Incomplete {
				return ""
			}
			return "what its rules judge was not read everywhere"
		}),
		several("rules", asDetail, func(c engine.ControlCount) []string { return slices.Clone(c.Rules) }),
	)
}

func ruleList(r *engine.Result) *htmlList {
	number := func(name string, of func(engine.RuleCount) int) column[engine.RuleCount] {
		return one(name, asCell, func(c engine.RuleCount) string { return strconv.Itoa(of(c)) })
	}
	return fill(&htmlList{ID: "rules", Title: "Rules of this run", Intro: "How many resources each rule looked at, and what it said.", One: "rule", Many: "rules"}, r.Rules,
		one("severity", asLevel, func(c engine.RuleCount) string { return c.Severity }).filtered(severityNames()...),
		one("rule", asCell, func(c engine.RuleCount) string { return c.ID }),
		number("fail", func(c engine.RuleCount) int { return c.Fail }),
		number("pass", func(c engine.RuleCount) int { return c.Pass }),
		number("unknown", func(c engine.RuleCount) int { return c.Unknown + c.Error }),
		number("waived", func(c engine.RuleCount) int { return c.Waived }),
		number("skip", func(c engine.RuleCount) int { return c.Skip }),
		one("title", asText, func(c engine.RuleCount) string { return cmp.Or(c.Title, c.ID) }),
		one("fix", asDetail, func(c engine.RuleCount) string { return c.Remediation }),
		several("control", asDetail, func(c engine.RuleCount) []string { return controlNames(c.Controls) }).filtered(),
		several("text", asDetail, func(c engine.RuleCount) []string {
			if c.Evidence == nil {
				return nil
			}
			return append(ruleText(c.Evidence), "version "+c.Evidence.Digest)
		}),
	)
}

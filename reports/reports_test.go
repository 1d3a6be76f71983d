package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
)

var update = flag.Bool("update", false, "write the golden files anew")

// render writes r in one format and fails the test on an error.
func render(t require.TestingT, f Format, r *engine.Result, opt Options) string {
	var b bytes.Buffer
	require.NoError(t, f.Write(&b, r, opt))
	return b.String()
}

// withoutAssets takes the style and the script out of a page: each change of theirs would
// be one of every golden page.
var withoutAssets = strings.NewReplacer(htmlStyle, "STYLE", htmlScript, "SCRIPT", strings.ReplaceAll(template.HTMLEscapeString(htmlPolicy), "+", "&#43;"), "POLICY")

// The results are fixed to the last byte, times and version included.
func TestGolden(t *testing.T) {
	for name, r := range results() {
		for _, f := range Formats() {
			t.Run(name+"/"+f.Name, func(t *testing.T) {
				got := withoutAssets.Replace(render(t, f, r, Options{}))
				path := filepath.Join("testdata", "golden", name+"."+f.Name)
				if *update {
					require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
					require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
				}
				want, err := os.ReadFile(path)
				require.NoError(t, err, "run `go test ./reports -update` after looking at the change")
				assert.Equal(t, string(want), got)
				assert.Equal(t, got, withoutAssets.Replace(render(t, f, r, Options{})), "the same result must give the same bytes")
			})
		}
	}
}

func TestLookup(t *testing.T) {
	for _, f := range Formats() {
		got, err := Lookup(f.Name)
		require.NoError(t, err)
		assert.Equal(t, f.Name, got.Name)
		assert.NotEmpty(t, f.Title, "help texts show it")
	}
	for _, c := range []struct{ name, want, why string }{
		{"jsno", `did you mean "json"`, "two letters changed places"},
		{"SARIF", `did you mean "sarif"`, "case is a slip, not another format"},
		{"tabel", `did you mean "table"`, "one of the commonest slips"},
		{"excel", "table, json, sarif, jsonl, csv, markdown", "nothing is near, so the list must help"},
		{"", "table, json, sarif", "an empty name comes from an empty variable"},
	} {
		_, err := Lookup(c.name)
		assert.ErrorContains(t, err, c.want, c.why)
	}
	_, err := Lookup("excel")
	assert.NotContains(t, err.Error(), "did you mean")
}

func TestCoverageComesFirst(t *testing.T) {
	got := render(t, table, incomplete(), Options{})
	first := strings.Index(got, "COVERAGE: INCOMPLETE")
	require.GreaterOrEqual(t, first, 0)
	for _, later := range []string{"MALFORMED INPUT", "SUMMARY", "OWNER UNKNOWN", "Next:"} {
		assert.Greater(t, strings.Index(got, later), first, later)
	}
	assert.Contains(t, got, "apps/broken.yaml:7:3")
	assert.Contains(t, got, "AWS::SQS::Queue")

	last := lastLine(render(t, table, failing(), Options{}))
	assert.Contains(t, last, "1 critical finding", "the last line says where to start")

	r := clean()
	r.Complete, r.Gaps = false, incomplete().Gaps[:1]
	got = render(t, table, r, Options{})
	assert.NotContains(t, got, "Nothing to do", "an incomplete run never looks clean")
	assert.Contains(t, lastLine(got), "not a clean result")
}

func lastLine(s string) string {
	all := strings.Split(strings.TrimSpace(s), "\n")
	return all[len(all)-1]
}

func TestSectionsHoldWhatWasFound(t *testing.T) {
	got := render(t, table, failing(), Options{Width: 200})
	for _, c := range []struct{ want, why string }{
		{"apps/orders/pcf.yaml:14:9 web-sg", "a declared finding points at line and column"},
		{"aws/111122223333/eu-west-1/AWS::EC2::SecurityGroup/sg-0def", "a live finding gives the ref that other commands take"},
		{"fix: Allow port 22 from your own networks only.", "every failure says what to do"},
		{"parameter DatabasePublic has no value", "what could not be judged says why"},
		{"+ /SecurityGroupIngress: {CidrIp: 0.0.0.0/0, FromPort: 22, IpProtocol: tcp}", "a list shows the element that came up"},
		{"- /GroupDescription: orders web tier", "a changed value shows both sides"},
		{"replacement: yes", "a change that needs a new resource says so"},
		{"not counted: /Tags (undeclared)", "what does not count is named and takes one line"},
		{"/VpcId was not compared: parameter NetworkId has no value", "what was not compared is not silent"},
		{"register: reports 0.9.0 is retired since 2026-09-01", "an orphan comes with its evidence"},
		{"waived until 2027-01-01 by security@acme.example", "a waiver shows its end and who signed"},
	} {
		assert.Contains(t, got, c.want, c.why)
	}
	assert.NotContains(t, got, "FromPort: 443", "what did not change is not in a difference")
	assert.Less(t, strings.Index(got, "FINDINGS: 1 critical"), strings.Index(got, "FINDINGS: 2 high"), "worst first")
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestColourAddsNothingButColour(t *testing.T) {
	for name, r := range results() {
		coloured := render(t, table, r, Options{Color: true})
		assert.Equal(t, render(t, table, r, Options{}), escapes.ReplaceAllString(coloured, ""), name)
		assert.Contains(t, coloured, "\x1b[", name)
	}
}

func TestWidth(t *testing.T) {
	for _, n := range []int{60, 80, 120} {
		for line := range strings.Lines(render(t, table, failing(), Options{Width: n})) {
			line = strings.TrimSuffix(line, "\n")
			if len(strings.Fields(line)) > 3 { // long names are never broken and may stick out
				assert.LessOrEqual(t, width(line), n, line)
			}
		}
	}
	assert.Equal(t, []string{"  one two", "  three"}, wrap("  one two three", 10, 0), "indentation is repeated")
	assert.Equal(t, []string{"one", "  two"}, wrap("one two", 3, 2), "and the lines that follow may hang")
	assert.Equal(t, []string{"日本", "日本"}, wrap("日本 日本", 6, 0), "wide letters take two columns")
	assert.Equal(t, []string{"aws/111122223333/eu-west-1/x"}, wrap("aws/111122223333/eu-west-1/x", 5, 0), "a name is never broken")
	assert.Equal(t, []string{""}, wrap("", 5, 0))
}

func TestColumnsTakeAnyShape(t *testing.T) {
	for _, c := range []struct {
		header []string
		rows   [][]string
		want   string
		why    string
	}{
		{[]string{"ID", "TITLE"}, nil, "ID  TITLE\n", "no rows is a header alone"},
		{[]string{"ID", "TITLE"}, [][]string{{"a"}, {"bcd", "x", "lost"}}, "ID   TITLE\na\nbcd  x\n", "short and long rows do not break the page"},
		{[]string{"ID", "TITLE"}, [][]string{{"a\nb", "x\ny"}}, "ID   TITLE\na b  x\n     y\n", "only the last column has several lines"},
	} {
		var b strings.Builder
		require.NoError(t, Columns(&b, Options{}, c.header, c.rows), c.why)
		assert.Equal(t, c.want, b.String(), c.why)
	}
}

func TestDifference(t *testing.T) {
	rule := func(port int64) map[string]any { return map[string]any{"FromPort": port} }
	for _, c := range []struct {
		declared, live any
		want           []string
		why            string
	}{
		{"a", "b", []string{"- /P: a", "+ /P: b"}, "two values"},
		{"a", nil, []string{"- /P: a", "+ /P: (not set)"}, "the live side lost it"},
		{nil, false, []string{"+ /P: false"}, "only live"},
		{"80", int64(80), []string{`- /P: "80"`, "+ /P: 80"}, "text and number must look different"},
		{map[string]any{"a": "x", "b/c": "y"}, map[string]any{"a": "x", "b/c": "z"}, []string{"- /P/b~1c: y", "+ /P/b~1c: z"}, "objects go down to the leaf"},
		{[]any{rule(1), rule(1)}, []any{rule(1)}, []string{"- /P: {FromPort: 1}"}, "equal elements are counted"},
		{[]any{"a", "b"}, []any{"b", "a"}, []string{"- /P: [a, b]", "+ /P: [b, a]"}, "a new order shows both lists"},
		{[]any{}, map[string]any{}, []string{"- /P: []", "+ /P: {}"}, "another kind of value"},
	} {
		assert.Equal(t, c.want, difference("/P", c.declared, c.live), c.why)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ in, want, why string }{
		{"", "the file is empty", "an aborted run leaves an empty file"},
		{"  \n", "the file is empty", "so does a shell redirection of nothing"},
		{"{\n  \"schemaVersion\": 1,\n  oops\n}", "line 3, column 3", "a mistake has a place"},
		{`{"schemaVersion": 1, "complete"`, "line 1", "a truncated file"},
		{`{}`, "no schemaVersion", "some other JSON file"},
		{`[]`, "--format json", "not even an object"},
		{`{"schemaVersion": 2}`, "use the newer pcf-scan", "from the future"},
		{`{"schemaVersion": 0}`, "no schemaVersion 0", "from nowhere"},
		{`{"schemaVersion": 1} {"type": "x"}`, "line 1, column 22", "a JSONL snapshot is another input"},
		{`{"schemaVersion": 1, "gaps": "none"}`, "line 1", "a section of the wrong kind"},
		{`{"schemaVersion": "1"}`, "line 1", "a version of the wrong kind"},
	} {
		_, err := Read(strings.NewReader(c.in))
		assert.ErrorContains(t, err, c.want, c.why)
	}
	_, err := Read(failingReader{})
	assert.ErrorContains(t, err, "disk gone")
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("disk gone") }

func TestReadTakesLaterAdditions(t *testing.T) {
	r, err := Read(strings.NewReader(`{"schemaVersion": 1, "command": "reap", "plan": {"digest": "sha256:1"}, "gaps": null}`))
	require.NoError(t, err)
	assert.Equal(t, "reap", r.Command)
}

func TestWriteOfReadIsIdentity(t *testing.T) {
	for name, r := range results() {
		for i := range r.Findings {
			r.Findings[i].Excerpt = nil // not saved: the file may be another one by then
		}
		saved := render(t, jsonFormat, r, Options{})
		again, err := Read(strings.NewReader(saved))
		require.NoError(t, err, name)
		assert.Equal(t, saved, render(t, jsonFormat, again, Options{}), name)
		for _, f := range Formats() {
			assert.Equal(t, render(t, f, r, Options{}), render(t, f, again, Options{}), "%s drawn again as %s", name, f.Name)
		}
	}
}

func TestWriteOfReadIsIdentityForAnyResult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		saved := render(t, jsonFormat, anyResult(t), Options{})
		again, err := Read(strings.NewReader(saved))
		require.NoError(t, err)
		assert.Equal(t, saved, render(t, jsonFormat, again, Options{}))
	})
}

func TestEveryFormatTakesAnyResult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyResult(t)
		for _, f := range Formats() {
			out := render(t, f, r, Options{Width: rapid.IntRange(-1, 200).Draw(t, "width")})
			assert.True(t, utf8.ValidString(out), f.Name)
			assertInert(t, f.Name, out)
		}
	})
}

// assertInert fails on a character that a terminal acts on, other than the end of a line.
func assertInert(t assert.TestingT, format, out string) {
	for i, c := range out {
		if c != '\n' && hostile(c) {
			assert.Fail(t, "hostile character in the output", "%s: %q in %q", format, c, out[max(0, i-20):min(len(out), i+20)])
			return
		}
	}
}

// anyResult draws a result with values and texts of every kind in every place.
func anyResult(t *rapid.T) *engine.Result {
	txt := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\x1b[2J", "\u009b31m", "\u202etxt", "a\nb", "<b>&", "](javascript:x)", "\xff", "=1+1", "\t@x", "`", " ``` |"}))
	var value func(depth int) any
	value = func(depth int) any {
		switch kind := rapid.IntRange(0, 6).Draw(t, "kind"); {
		case kind == 0:
			return nil
		case kind == 1:
			return rapid.Bool().Draw(t, "bool")
		case kind == 2:
			return rapid.Int64().Draw(t, "int")
		case kind == 3:
			return rapid.Float64Range(-1e30, 1e30).Draw(t, "float")
		case kind == 4 && depth > 0:
			return []any{value(depth - 1), value(depth - 1)}
		case kind == 5 && depth > 0:
			return map[string]any{txt.Draw(t, "key"): value(depth - 1)}
		}
		return txt.Draw(t, "text")
	}
	normal := func() any { // as every reader leaves its values
		v, err := inventory.Normal(value(3))
		require.NoError(t, err)
		return v
	}
	place := engine.Place{
		Type: "AWS::S3::Bucket", ID: txt.Draw(t, "id"), LogicalID: txt.Draw(t, "logicalId"), ARN: txt.Draw(t, "arn"),
		File: txt.Draw(t, "file"), Line: rapid.IntRange(0, 9).Draw(t, "line"), Column: rapid.IntRange(0, 9).Draw(t, "column"),
	}
	classes := rapid.SampledFrom([]string{"owned", "orphan", "contested", "unknown", "new-class"})
	return &engine.Result{
		SchemaVersion: 1, Tool: tool, Command: rapid.SampledFrom([]string{"scan", "check", "inventory"}).Draw(t, "command"), RunID: txt.Draw(t, "run"),
		StartedAt: noon, FinishedAt: noon, Complete: rapid.Bool().Draw(t, "complete"),
		Scope:    engine.Scope{Accounts: []string{txt.Draw(t, "account")}, Files: []string{txt.Draw(t, "scope file")}},
		Gaps:     []engine.Gap{{File: txt.Draw(t, "gap file"), Reason: "denied", Message: txt.Draw(t, "gap")}},
		Faults:   []engine.Fault{{File: txt.Draw(t, "fault file"), Line: 1, Column: 1, Message: txt.Draw(t, "fault"), Hint: txt.Draw(t, "hint")}},
		Rules:    []engine.RuleCount{{ID: "some-rule", Severity: "low"}},
		Findings: []engine.Finding{{Rule: "some-rule", Severity: "low", Status: rapid.SampledFrom([]string{"fail", "unknown", "error"}).Draw(t, "status"), Resource: place, Message: txt.Draw(t, "message"), Path: txt.Draw(t, "path"), Remediation: txt.Draw(t, "fix"), App: txt.Draw(t, "app"), Fingerprint: "sha256:1"}},
		Resources: []engine.Resource{{
			Type: "AWS::S3::Bucket", ID: txt.Draw(t, "id"), Name: txt.Draw(t, "name"), Tags: map[string]string{txt.Draw(t, "tag"): txt.Draw(t, "tag value")},
			Class: classes.Draw(t, "class"), Reason: txt.Draw(t, "reason"), Evidence: []owner.Evidence{{Source: "tag", Detail: txt.Draw(t, "detail")}},
			Properties: map[string]any{txt.Draw(t, "property"): normal()},
		}},
		Drift: []engine.Drift{{
			Resource: place, Particle: txt.Draw(t, "particle"), Class: rapid.SampledFrom([]string{"changed", "missing", "in-sync", "unverifiable"}).Draw(t, "drift"),
			Changes:    []engine.Change{{Path: txt.Draw(t, "path"), Declared: normal(), Live: normal(), Kind: "differs", Replacement: "no"}},
			Unverified: []engine.Unverified{{Path: txt.Draw(t, "path"), Because: txt.Draw(t, "because")}},
		}},
	}
}

func TestHostileTextComesOutInert(t *testing.T) {
	const payload = "=x\x1b]0;owned\x07\x1b[31m\u009b2J\u202e\r\nFAKE LINE ](javascript:alert(1)) <script>\x00\xff| \\| `b` ```` @acme/all #1 ![i](https://e.example) </details>\r\n# H"
	r := failing()
	r.Scope.Files = []string{payload}
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Message, f.Remediation, f.App, f.Resource.LogicalID, f.Resource.File, f.Path = payload, payload, payload, payload, payload, payload
	}
	for i := range r.Resources {
		res := &r.Resources[i]
		res.ID, res.Name, res.App, res.Reason, res.Tags = payload, payload, payload, payload, map[string]string{payload: payload}
		res.Evidence = []owner.Evidence{{Source: "tag", Detail: payload}}
	}
	for i := range r.Drift {
		r.Drift[i].Reason, r.Drift[i].Resource.ID = payload, payload
		r.Drift[i].Changes = []engine.Change{{Path: payload, Declared: payload, Live: map[string]any{payload: payload}}}
	}
	r.Gaps = []engine.Gap{{Reason: "denied", Message: payload}}
	r.Faults = []engine.Fault{{File: payload, Message: payload, Hint: payload}}
	for _, f := range Formats() {
		out := render(t, f, r, Options{Width: 100000})
		assertInert(t, f.Name, out)
		for line := range strings.Lines(out) {
			assert.False(t, strings.HasPrefix(line, "FAKE LINE"), "%s: a resource made a line of its own: %s", f.Name, line)
		}
	}
	for _, result := range readSARIF(t, r).Results {
		assert.NotContains(t, result.Message.Text, "](javascript", "a SARIF viewer would make a link of it")
	}
	for _, command := range []string{"scan", "inventory"} {
		r.Command = command
		assert.NotRegexp(t, "FAKE|script|acme|example|# H", proseOf(render(t, markdown, r, Options{})), "Markdown of a resource takes effect")
		for _, row := range readCSV(t, render(t, csvFormat, r, Options{})) {
			for column, value := range row {
				assert.NotRegexp(t, `^\s*[-=+@]`, value, "a spreadsheet computes %s", column)
			}
		}
	}

	var back engine.Result
	require.NoError(t, json.Unmarshal([]byte(render(t, jsonFormat, r, Options{})), &back))
	assert.Equal(t, strings.ToValidUTF8(payload, "\ufffd"), back.Findings[0].Message, "inert, and still the same text for a program")
}

// Secrets are taken out before a Result is made; a report must not bring anything back
// that the Result holds only for machines.
func TestTableShowsNoProperties(t *testing.T) {
	r := failing()
	r.Resources[0].Properties = map[string]any{"MasterUserPassword": "hunter2"}
	for _, command := range []string{"scan", "inventory"} {
		r.Command = command
		for _, f := range []Format{table, sarif, csvFormat, markdown} {
			assert.NotContains(t, render(t, f, r, Options{}), "hunter2", f.Name)
		}
	}
	r.Drift[0].Changes[0] = engine.Change{Path: "/MasterUserPassword", Declared: "(sensitive)", Live: "(sensitive)", Kind: "differs"}
	assert.Contains(t, render(t, table, r, Options{}), "(sensitive)")
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("pipe closed") }

func TestWriteErrorsAreReturned(t *testing.T) {
	for _, f := range Formats() {
		assert.ErrorContains(t, f.Write(failingWriter{}, failing(), Options{}), "pipe closed", f.Name)
		assert.NoError(t, f.Write(&bytes.Buffer{}, nil, Options{}), "%s: a nil result is an empty one", f.Name)
	}
}

func TestWriteDoesNotChangeTheResult(t *testing.T) {
	r, same := failing(), failing()
	r.Gaps, same.Gaps = nil, nil
	for _, f := range Formats() {
		render(t, f, r, Options{Color: true})
		assert.Equal(t, same, r, f.Name)
	}
}

func FuzzRead(f *testing.F) {
	for _, r := range results() {
		f.Add(render(f, jsonFormat, r, Options{}))
	}
	f.Add(`{"schemaVersion": 1, "resources": [{"properties": {"a": 1e999}}]}`)
	f.Add(`{"schemaVersion": 1e0}`)
	f.Fuzz(func(t *testing.T, doc string) {
		r, err := Read(strings.NewReader(doc))
		if err != nil {
			return
		}
		once := render(t, jsonFormat, r, Options{})
		again, err := Read(strings.NewReader(once))
		require.NoError(t, err)
		require.Equal(t, once, render(t, jsonFormat, again, Options{}))
	})
}

// large is a result with n findings, n resources and n/10 drifts.
func large(n int) *engine.Result {
	r := failing()
	findings, resources, drifts := r.Findings, r.Resources, r.Drift
	r.Findings, r.Resources, r.Drift = nil, nil, nil
	for i := range n {
		f := findings[i%len(findings)]
		f.Resource.LogicalID, f.Fingerprint = fmt.Sprintf("resource-%d", i), fmt.Sprintf("sha256:%064x", i)
		r.Findings = append(r.Findings, f)
		res := resources[i%len(resources)]
		res.ID = fmt.Sprintf("resource-%d", i)
		r.Resources = append(r.Resources, res)
		if i%10 == 0 {
			r.Drift = append(r.Drift, drifts[i/10%len(drifts)])
		}
	}
	return r
}

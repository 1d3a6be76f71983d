package reports

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/owner"
)

// proseOf returns what stands outside code: it takes out the blocks between two lines of
// ``` and then, as CommonMark says, each span between two runs of equally many
// backticks.
func proseOf(text string) string {
	var out strings.Builder
	block := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "  ```") {
			block = !block
			continue
		}
		if block {
			continue
		}
		for {
			before, rest, found := strings.Cut(line, "`")
			out.WriteString(before)
			if !found {
				break
			}
			n := 1 + len(rest) - len(strings.TrimLeft(rest, "`"))
			rest = rest[n-1:]
			if end := endOfSpan(rest, n); end >= 0 {
				line = rest[end:]
			} else {
				out.WriteString(strings.Repeat("`", n))
				line = rest
			}
		}
	}
	return out.String()
}

// endOfSpan is where the first run of exactly n backticks ends.
func endOfSpan(s string, n int) int {
	for i := 0; i < len(s); i++ {
		run := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
		if run == n {
			return i + n
		}
		i += run
	}
	return -1
}

func TestProseOf(t *testing.T) {
	assert.Equal(t, "a  b ` c\n", proseOf("a `x` b ` c\n"))
	assert.Equal(t, "a  b\n", proseOf("a ``x`y`` b\n"))
	assert.Equal(t, "a\nb\n", proseOf("a\n  ```diff\n  + x\n  ```\nb\n"))
}

func TestMarkdownCode(t *testing.T) {
	for _, c := range []struct{ in, want, why string }{
		{"", "(none)", "an empty span is none"},
		{"a", "`a`", "the plain case"},
		{"a`b", "``a`b``", "one backtick needs two around it"},
		{"`a``", "``` `a`` ```", "a backtick at an end needs a space"},
		{" a ", "`  a  `", "readers take one space off"},
		{"a\n# b", "`a # b`", "no text begins a line"},
		{"@all [x](y) <b> | \\", "`@all [x](y) <b> | \\`", "everything means itself in a code span"},
		{strings.Repeat("a", maxQuoted+1), "`" + strings.Repeat("a", maxQuoted-1) + "…`", "a text may not fill the comment"},
	} {
		assert.Equal(t, c.want, code(c.in), c.why)
	}
}

// Whatever stands in the places that resources fill, it stays in code.
func TestMarkdownKeepsForeignTextInCode(t *testing.T) {
	foreign := rapid.Custom(func(t *rapid.T) string {
		return "Ω" + strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{
			"Ω", "`", "``", "```", " ", "\n", "\r\n\r\n", "# ", "- ", "|", "\\", "\\|", "*", "_", "[", "](", ")", "!", "<", ">", "<!--", "-->", "</details>", "&lt;", "@acme", "#1", "https://e.example", "~", "$", ":", "  ```",
		})).Draw(t, "text"), "") + "Ω"
	})
	rapid.Check(t, func(t *rapid.T) {
		text := func() string { return foreign.Draw(t, "foreign") }
		r := failing()
		r.Command = rapid.SampledFrom([]string{"scan", "inventory", text()}).Draw(t, "command")
		r.RunID, r.Tool.Version, r.Scope = text(), text(), engine.Scope{Partition: text(), Accounts: []string{text()}, Regions: []string{text()}, Types: []string{text()}, Files: []string{text()}}
		r.Gaps = []engine.Gap{{Region: text(), Reason: text(), Message: text()}, {File: text()}, {App: text(), AppVersion: text()}}
		r.Faults = []engine.Fault{{File: text(), Message: text(), Hint: text()}}
		for i := range r.Rules {
			r.Rules[i].Title = text()
		}
		for i := range r.Findings {
			f := &r.Findings[i]
			f.Resource = engine.Place{Type: text(), ID: text(), LogicalID: text(), Account: text(), File: text()}
			f.Message, f.Path, f.Remediation, f.App, f.AppVersion = text(), text(), text(), text(), text()
			if f.Waiver != nil {
				f.Waiver = &engine.Waiver{Reason: text(), Approver: text()}
			} else {
				f.Rule = text()
			}
		}
		for i := range r.Resources {
			res := &r.Resources[i]
			res.Type, res.ID, res.Name, res.Region, res.App, res.Reason = text(), text(), text(), text(), text(), text()
			res.Evidence = []owner.Evidence{{Source: text(), Detail: text()}}
			if r.Command == "inventory" {
				res.Class = text()
			}
		}
		for i := range r.Drift {
			d := &r.Drift[i]
			d.Resource.ID, d.Reason, d.App, d.Particle = text(), text(), text(), text()
			d.Changes = []engine.Change{{Path: text(), Kind: text(), Reason: text(), Declared: text(), Live: map[string]any{text(): []any{text()}}}, {Path: text(), Kind: text(), Severity: "info"}}
			d.Unverified = []engine.Unverified{{Path: text(), Because: text()}}
		}
		prose := proseOf(render(t, markdown, r, Options{}))
		assert.NotContains(t, prose, "Ω")
		assert.NotContains(t, prose, "`")
	})
}

func TestMarkdownSaysWhatMatters(t *testing.T) {
	got := render(t, markdown, failing(), Options{})
	for _, c := range []struct{ want, why string }{
		{"**Coverage: complete**", "coverage first"},
		{"| findings | 3 fail (1 critical, 2 high), 1 unknown", "then the counts"},
		{"### Findings: 1 critical", "grouped by severity"},
		{"- `apps/orders/pcf.yaml:14:9 web-sg (AWS::EC2::SecurityGroup)` of `orders 1.4.2 dev`: `port 22 is open to 0.0.0.0/0` at `/SecurityGroupIngress/1/CidrIp`", "a finding has a place that an editor takes"},
		{"fix: `Allow port 22 from your own networks only.`", "what to do"},
		{"  + /GroupDescription: web\n", "both sides of a difference"},
		{"`/Tags` `undeclared`, not counted", "what does not count"},
		{"`/VpcId` was not compared: `parameter NetworkId has no value`", "what was not compared"},
		{"### Orphans: 1 that no living app version declares (high)", "owners"},
		{"register: reports 0.9.0 is retired since 2026-09-01`\n", "with the evidence"},
	} {
		assert.Contains(t, got, c.want, c.why)
	}
	order := []string{"Coverage:", "| findings", "### Findings: 1 critical", "### Findings: 2 high", "### Could not be judged", "### Drift: 1 missing", "### Drift: 1 changed", "### Orphans", "Next:"}
	for i := range order[1:] {
		assert.Less(t, strings.Index(got, order[i]), strings.Index(got, order[i+1]), order[i+1])
	}
	got = render(t, markdown, incomplete(), Options{})
	assert.Contains(t, got, "**Coverage: INCOMPLETE**, 4 places could not be read")
	assert.Contains(t, got, "`apps/broken.yaml:7:3`: `mapping values are not allowed here`; fix: `indent the value below its key`")
}

func TestMarkdownFitsIntoAComment(t *testing.T) {
	crowd := large(5000)
	for i := range 5000 {
		crowd.Gaps = append(crowd.Gaps, engine.Gap{Region: fmt.Sprint("region-", i), Reason: "denied", Message: "no"})
		crowd.Faults = append(crowd.Faults, engine.Fault{File: "f", Line: i, Message: "no"})
	}
	crowd.Complete = false
	long := failing()
	wide := strings.Repeat("\U0001f4a9`", 100_000)
	long.Scope.Accounts, long.Scope.Types, long.Scope.Files, long.RunID, long.Tool.Version = []string{wide}, []string{wide}, []string{wide}, wide, wide
	long.Findings[0].Message = wide
	long.Drift[0].Changes[0].Live = map[string]any{"a": wide}
	for range 1000 {
		long.Drift[0].Changes = append(long.Drift[0].Changes, long.Drift[0].Changes[0])
	}
	bigInventory := large(5000)
	bigInventory.Command = "inventory"
	for why, r := range map[string]*engine.Result{"many of everything": crowd, "long texts": long, "a large inventory": bigInventory} {
		got := render(t, markdown, r, Options{})
		assert.LessOrEqual(t, len(got), maxComment, why)
		assert.True(t, utf8.ValidString(got), why)
		assert.Equal(t, strings.Count(got, "<details>"), strings.Count(got, "</details>"), why)
		assert.Contains(t, got, "\nNext:", "%s: the end is there", why)
	}
	got := render(t, markdown, crowd, Options{})
	assert.Greater(t, len(got), maxComment*3/4, "the room is used")
	assert.Contains(t, got, "### Findings", "gaps leave room for findings")
	listed := strings.Count(got, "\n- `every account")
	assert.Contains(t, got, fmt.Sprintf("**Left out for want of room: %d gaps, 5000 mistakes in inputs, ", 5000-listed), "what is left out is counted exactly")
	assert.NotContains(t, render(t, markdown, failing(), Options{}), "Left out")
}

func TestMarkdownFoldsLongLists(t *testing.T) {
	items := func(n int) string {
		c := &comment{room: maxComment}
		c.list("### H\n\n", 2, n, "thing", "things", func(i int) string { return fmt.Sprint("item ", i) })
		return c.text.String()
	}
	assert.Equal(t, "### H\n\n- item 0\n- item 1\n- item 2\n\n", items(3), "a fold around one item saves nothing")
	assert.Equal(t, "### H\n\n- item 0\n- item 1\n\n<details><summary>2 things</summary>\n\n- item 2\n- item 3\n\n</details>\n\n", items(4), "the blank lines let viewers read Markdown in the fold")
	c := &comment{room: 30}
	c.list("### H\n\n", 2, 9, "thing", "things", func(i int) string { return fmt.Sprint("item ", i) })
	c.list("### I\n\n", 2, 1, "other", "others", func(int) string { return "" })
	require.Equal(t, []leftOut{{7, "thing", "things"}, {1, "other", "others"}}, c.left, "nothing less important takes the place of what had no room")
	assert.Equal(t, "### H\n\n- item 0\n- item 1\n\n\n", c.text.String())
}

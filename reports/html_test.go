package reports

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine"
)

// dataOf reads the block of data as the script does.
func dataOf(t *testing.T, page string) map[string]listData {
	_, rest, found := strings.Cut(page, `<script type="application/json" id="data">`)
	require.True(t, found)
	text, _, found := strings.Cut(rest, "</script>")
	require.True(t, found)
	var data map[string]listData
	require.NoError(t, json.Unmarshal([]byte(text), &data))
	return data
}

func TestHTMLHoldsEveryRow(t *testing.T) {
	r := large(1234)
	page := render(t, htmlFormat, r, Options{})
	findings := dataOf(t, page)["findings"]
	require.Len(t, findings.Rows, 1234, "the script has all rows")
	link := len(findings.Columns) - 1
	require.Equal(t, asLink, findings.Columns[link].Kind)
	want, got := map[string]bool{}, map[string]bool{}
	for _, f := range r.Findings {
		want[f.Fingerprint] = true
	}
	for _, row := range findings.Rows {
		require.Len(t, row, len(findings.Columns))
		got[findings.Texts[row[link]]] = true
	}
	assert.Equal(t, want, got)

	_, section, _ := strings.Cut(page, `<section id="findings"`)
	section, _, _ = strings.Cut(section, "</section>")
	assert.Equal(t, plainRows, strings.Count(section, "<tr id="), "those who run no script have the first rows")
	assert.Contains(t, section, "1234 findings", "and the total")
	assert.Contains(t, section, "1134 more are in this file")
}

func TestHTMLSaysCoverageFirst(t *testing.T) {
	page := render(t, htmlFormat, incomplete(), Options{})
	assert.Contains(t, page, "<title>pcf-scan scan: INCOMPLETE", "a tab of the browser says it too")
	order := []string{`<h2 id="h-coverage">Coverage: INCOMPLETE, 4 places could not be read`, "sqs:ListQueues is not allowed", "mapping values are not allowed here", `<h2 id="h-summary">`, `<h2 id="h-resources">`, `<h2 id="h-not-judged">`}
	for i := range order[1:] {
		assert.Less(t, strings.Index(page, order[i]), strings.Index(page, order[i+1]), order[i+1])
	}
	for name, r := range results() {
		_, main, _ := strings.Cut(render(t, htmlFormat, r, Options{}), `<main id="main">`)
		assert.True(t, strings.HasPrefix(strings.TrimSpace(main), `<section id="coverage"`), name)
	}
}

func TestHTMLLoadsNothing(t *testing.T) {
	outside := regexp.MustCompile(`(?i)\bsrc=|\bsrcset=|url\(|@import|<link|<iframe|<object|<embed|<base|<form|href="[^#]|javascript:|\bon[a-z]+=|\bstyle=|\bfetch\(|XMLHttpRequest|innerHTML|\beval\(`)
	for name, r := range results() {
		page := render(t, htmlFormat, r, Options{})
		assert.NotRegexp(t, outside, page, name)
		assert.Contains(t, page, `<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;`, name)
	}
}

func TestHTMLPolicyNamesWhatThePageHolds(t *testing.T) {
	page := render(t, htmlFormat, failing(), Options{})
	for _, block := range []string{"style", "script"} {
		_, rest, found := strings.Cut(page, "<"+block+">")
		require.True(t, found)
		text, _, _ := strings.Cut(rest, "</"+block+">")
		assert.Contains(t, htmlPolicy, block+"-src "+contentHash(text), "a browser would not run another %s", block)
	}
}

func TestHTMLLinksToEveryFinding(t *testing.T) {
	page := render(t, htmlFormat, failing(), Options{})
	for _, f := range failing().Findings {
		assert.Contains(t, page, `<tr id="`+f.Fingerprint+`">`)
		assert.Contains(t, page, `<a href="#`+strings.Replace(f.Fingerprint, ":", "%3a", 1)+`">`)
	}
	for _, d := range failing().Drift {
		assert.Contains(t, page, `<tr id="`+engine.DriftFingerprint(d)+`">`)
	}
}

func TestHTMLShowsWhatAnAuditorAsks(t *testing.T) {
	for _, c := range []struct {
		r    *engine.Result
		want string
		why  string
	}{
		{failing(), `<dd class="plus">&#43; /GroupDescription: web</dd>`, "a drift shows what is live"},
		{failing(), `<dd class="minus">- /GroupDescription: orders web tier</dd>`, "and what is declared"},
		{failing(), "<dd>/VpcId: parameter NetworkId has no value</dd>", "what was not compared is not silent"},
		{failing(), "<dd>register: reports 0.9.0 is retired since 2026-09-01</dd>", "an orphan has its evidence"},
		{failing(), "<td>2027-01-01</td>", "a waiver has its end"},
		{failing(), "<td>security@acme.example</td>", "and who signed it"},
		{failing(), "fsbp/EC2.13", "a finding has its controls"},
		{failing(), "could not be read</dd>", "tags that nobody could read are not the same as none"},
		{applied(), "LimitExceeded: too many tables", "a failed action says why"},
		{planned(), "cannot be undone", "a deletion says so before it is done"},
		{planned(), "encryption-key", "a refusal has its reason"},
		{planned(), `aria-label="critical findings over 3 runs: 4 at first, 4 at most, 0 now"`, "a chart speaks to those who do not see it"},
		{planned(), `<circle class="incomplete"`, "an incomplete run is marked in it"},
	} {
		assert.Contains(t, render(t, htmlFormat, c.r, Options{}), c.want, c.why)
	}
	r := failing()
	r.Findings = r.Findings[:5] // as without --include waived
	assert.Contains(t, render(t, htmlFormat, r, Options{}), "1 waived finding is counted and not listed", "what is accepted is never silent")
}

func TestChartsStayInTheirFrame(t *testing.T) {
	assert.Empty(t, charts(planned().History[:1]), "one run is no trend")
	same := planned().History
	for i := range same {
		same[i].Time = noon
	}
	for _, history := range [][]engine.Trend{planned().History, same, {{Time: noon}, {Time: noon.AddDate(0, 0, -1), Drift: -3, Orphans: 1 << 40}}} {
		for _, c := range charts(history) {
			for _, dot := range c.Dots {
				assert.Regexp(t, `^\d{1,3}\.\d$`, dot.X, c.Name)
				assert.Regexp(t, `^\d{1,2}\.\d$`, dot.Y, c.Name)
			}
		}
	}
}

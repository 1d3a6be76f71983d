package reports

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/engine"
)

// The mark of an excerpt stands under its character, however wide what stands before it is,
// and no line leaves the screen.
func TestExcerpt(t *testing.T) {
	for _, c := range []struct {
		why     string
		excerpt engine.Excerpt
		width   int
		want    []string
	}{
		{
			"numbers of one and of two digits stand in one column",
			engine.Excerpt{First: 9, Lines: []string{"a:", "  b: c", "d: e"}, Line: 10, Column: 3},
			0,
			[]string{"         9 | a:", "        10 |   b: c", "           |   ^", "        11 | d: e"},
		},
		{"two columns for a wide character", engine.Excerpt{First: 1, Lines: []string{"界: x"}, Line: 1, Column: 4}, 0, []string{"        1 | 界: x", "          |     ^"}},
		{"one column for a tab", engine.Excerpt{First: 1, Lines: []string{"\ta: x"}, Line: 1, Column: 2}, 0, []string{"        1 |  a: x", "          |  ^"}},
		{"an escape is spelled out, and the mark moves along", engine.Excerpt{First: 1, Lines: []string{"\x1b[2Ja"}, Line: 1, Column: 5}, 0, []string{`        1 | \u001b[2Ja`, "          |          ^"}},
		{"an empty line has no space behind it", engine.Excerpt{First: 1, Lines: []string{"", "a"}, Line: 2, Column: 1}, 0, []string{"        1 |", "        2 | a", "          | ^"}},
		{"no mark where the column is not shown", engine.Excerpt{First: 1, Lines: []string{"(not shown)"}, Line: 1}, 0, []string{"        1 | (not shown)"}},
		{"a long line is cut, and a mark behind the cut is left out", engine.Excerpt{First: 1, Lines: []string{strings.Repeat("x", 100)}, Line: 1, Column: 90}, 40, []string{"        1 | " + strings.Repeat("x", 27) + "…"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			p := &page{opt: Options{Width: c.width}}
			p.excerpt(&c.excerpt)
			assert.Equal(t, c.want, strings.Split(strings.TrimSuffix(p.text.String(), "\n"), "\n"))
		})
	}
}

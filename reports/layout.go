package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

const (
	defaultWidth = 100
	minWidth     = 40 // below this, wrapping helps nobody
	minProse     = 24 // columns that the last column of a table keeps
)

func (o Options) width() int {
	if o.Width <= 0 {
		return defaultWidth
	}
	return max(o.Width, minWidth)
}

// Columns writes rows as aligned columns without a frame, for lists such as
// `rules list`. The last column takes what is left of the width and wraps; the others
// hold names, which are never broken, so that they can be copied and searched. Cells
// are made inert; a line break in the last column is kept. A header of empty names is
// left out. It returns the writer's error.
func Columns(w io.Writer, opt Options, header []string, rows [][]string) error {
	last := len(header) - 1
	widths := make([]int, len(header))
	clean := make([][]string, len(rows))
	for i, row := range rows {
		clean[i] = make([]string, len(header))
		for j := range min(len(row), len(header)) {
			if j < last {
				clean[i][j] = inert(row[j])
				widths[j] = max(widths[j], width(clean[i][j]))
			}
		}
	}
	left := opt.width()
	for j := range last {
		left -= max(widths[j], width(header[j])) + 2
	}
	for i, row := range rows {
		if len(row) > last && last >= 0 {
			var cell []string
			for line := range strings.SplitSeq(row[last], "\n") {
				cell = append(cell, wrap(line, max(left, minProse), 0)...)
			}
			clean[i][last] = strings.Join(cell, "\n")
		}
	}

	var b strings.Builder
	t := tablewriter.NewTable(&b,
		tablewriter.WithEastAsian(tw.Off), // or the locale would change the bytes
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Settings: tw.Settings{
				Separators: tw.Separators{ShowHeader: tw.Off, BetweenRows: tw.Off, BetweenColumns: tw.Off},
				Lines:      tw.Lines{ShowHeaderLine: tw.Off},
			},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft), tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone), tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithPadding(tw.Padding{Right: "  ", Overwrite: true}),
	)
	if strings.Join(header, "") != "" {
		t.Header(header)
	}
	if err := t.Bulk(clean); err != nil {
		return fmt.Errorf("lay out table: %w", err)
	}
	if err := t.Render(); err != nil {
		return fmt.Errorf("lay out table: %w", err)
	}
	for line := range strings.Lines(b.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	return nil
}

// width is the number of terminal columns that s takes, whatever the locale.
func width(s string) int { return twwidth.WidthWithOptions(s, twwidth.Options{}) }

// wrap makes s inert and breaks it at spaces into lines of at most n columns. A word
// longer than that (an ARN, a file:line:column) stays whole and sticks out. The lines
// that follow are indented like the first, and by hang columns more.
func wrap(s string, n, hang int) []string {
	s = inert(s)
	words := strings.Fields(s)
	if len(words) == 0 {
		return []string{""}
	}
	indent := s[:len(s)-len(strings.TrimLeft(s, " "))]
	var out []string
	line, used := indent+words[0], len(indent)+width(words[0])
	indent += strings.Repeat(" ", hang)
	for _, word := range words[1:] {
		if size := width(word); used+1+size <= n {
			line, used = line+" "+word, used+1+size
		} else {
			out = append(out, line)
			line, used = indent+word, len(indent)+size
		}
	}
	return append(out, line)
}

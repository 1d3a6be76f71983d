package reports

import (
	"fmt"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine"
)

// chart is one line over time, as the HTML report draws it: one number a chart, from zero
// up, so that no legend and no second axis is needed. The coordinates are those of an SVG
// of chartWidth by chartHeight.
type chart struct {
	Name        string
	First, Last string // days
	Now, Most   int
	Line        string // of an SVG polyline
	Dots        []chartDot
	Summary     string // for those who do not see it
}

type chartDot struct {
	X, Y     string
	Complete bool
	Text     string
}

const (
	chartWidth, chartHeight = 320, 80
	chartMargin             = 6 // so that no dot is cut off
)

// charts draws what ever was more than zero in a history of two runs at least.
func charts(history []engine.Trend) []chart {
	if len(history) < 2 {
		return nil
	}
	var all []chart
	for _, severity := range severityNames() {
		all = append(all, chartOf(severity+" findings", history, func(t engine.Trend) int { return t.BySeverity[severity] }))
	}
	all = append(
		all,
		chartOf("drifted", history, func(t engine.Trend) int { return t.Drift }),
		chartOf("orphans", history, func(t engine.Trend) int { return t.Orphans }),
		chartOf("resources", history, func(t engine.Trend) int { return t.Resources }),
	)
	var some []chart
	for _, c := range all {
		if c.Most > 0 {
			some = append(some, c)
		}
	}
	return some
}

func chartOf(name string, history []engine.Trend, of func(engine.Trend) int) chart {
	first, last := history[0], history[len(history)-1]
	c := chart{Name: name, First: day(first.Time), Last: day(last.Time), Now: of(last)}
	for _, t := range history {
		c.Most = max(c.Most, of(t))
	}
	span := last.Time.Sub(first.Time)
	var points []string
	for _, t := range history {
		x := 1.0
		if span > 0 {
			x = min(max(float64(t.Time.Sub(first.Time))/float64(span), 0), 1)
		}
		y := 0.0
		if c.Most > 0 {
			y = max(float64(of(t))/float64(c.Most), 0)
		}
		dot := chartDot{
			X:        fmt.Sprintf("%.1f", chartMargin+x*(chartWidth-2*chartMargin)),
			Y:        fmt.Sprintf("%.1f", chartHeight-chartMargin-y*(chartHeight-2*chartMargin)),
			Complete: t.Complete, Text: fmt.Sprintf("%s: %d", day(t.Time), of(t)),
		}
		if !t.Complete {
			dot.Text += ", incomplete run"
		}
		c.Dots = append(c.Dots, dot)
		points = append(points, dot.X+","+dot.Y)
	}
	c.Line = strings.Join(points, " ")
	c.Summary = fmt.Sprintf("%s over %s: %d at first, %d at most, %d now", name, count(len(history), "run", "runs"), of(first), c.Most, c.Now)
	return c
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

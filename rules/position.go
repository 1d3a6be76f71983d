package rules

import (
	"unicode"

	"go.yaml.in/yaml/v3"
)

// charPositions finds where the characters of a YAML scalar stand in its file, so that an
// error inside an expression points into the expression, whichever way it is quoted.
// lines are the lines of the file. The result has one entry per character of the value and
// one for its end; where an escape is too clever it stays at the last place it was sure of.
func charPositions(lines [][]rune, n *yaml.Node) []point {
	c := cursor{lines: lines, at: point{n.Line, n.Column}}
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		c.at = point{n.Line + 1, 1}
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		c.at.column++
	}
	positions := make([]point, 0, len(n.Value)+1)
	for _, want := range n.Value {
		if unicode.IsSpace(want) {
			positions = append(positions, c.at)
			c.skipOneSpace()
			continue
		}
		for c.here() != want && (unicode.IsSpace(c.here()) || c.here() == '\\' && n.Style&yaml.DoubleQuotedStyle != 0) && c.next() {
		}
		positions = append(positions, c.at)
		if c.here() == want {
			c.next()
			if want == '\'' && n.Style&yaml.SingleQuotedStyle != 0 {
				c.next() // '' is one quote
			}
		}
	}
	return append(positions, c.at)
}

// A point is a line and a column, both from 1.
type point struct{ line, column int }

type cursor struct {
	lines [][]rune
	at    point
}

// here returns the character at the cursor: '\n' at the end of a line, 0 at the end of the file.
func (c *cursor) here() rune {
	switch {
	case c.at.line > len(c.lines):
		return 0
	case c.at.column > len(c.lines[c.at.line-1]):
		return '\n'
	}
	return c.lines[c.at.line-1][c.at.column-1]
}

func (c *cursor) next() bool {
	switch c.here() {
	case 0:
		return false
	case '\n':
		c.at = point{c.at.line + 1, 1}
	default:
		c.at.column++
	}
	return c.at.line <= len(c.lines)
}

// skipOneSpace passes what the file has for one white space of the value: a character, an
// escape, or the end of a line with the indentation that follows.
func (c *cursor) skipOneSpace() {
	switch r := c.here(); {
	case r == '\n':
		c.next()
		for r := c.here(); r == ' ' || r == '\t'; r = c.here() {
			c.next()
		}
	case r == '\\':
		c.next()
		c.next()
	case unicode.IsSpace(r):
		c.next()
	}
}

package rules

import (
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Rule files are written in a small part of YAML, and a general parser spends more time on
// them than the compiler on their expressions. readPlain reads just that part, and gives up
// on everything else: whoever calls it then asks the general parser, which also says what is
// wrong with a text that is no YAML. Within its part it gives the nodes that yaml.v3 gives
// (tested and fuzzed against it), but for comments, and for the tag of a plain scalar, which
// is left to Node.ShortTag.
//
// The part: a mapping in ASCII without tabs; in it block mappings and sequences with a value in
// every entry; flow collections; scalars in one line, plain or quoted, with a tag such as
// !Unknown before them; plain scalars that go on in the next lines of a block; block scalars
// that fold or keep their lines. No anchors, directives or second documents.
func readPlain(text string) (root *yaml.Node, ok bool) {
	if !strings.HasSuffix(text, "\n") {
		return nil, false
	}
	for i := range len(text) {
		if c := text[i]; c >= 0x7f || c < ' ' && c != '\n' {
			return nil, false
		}
	}
	p := &plainReader{text: text, line: 1}
	p.skip()
	root = p.block(-1)
	if p.failed || p.at < len(text) || root.Kind != yaml.MappingNode {
		return nil, false
	}
	return root, true
}

// maxPlainDepth bounds the recursion.
const maxPlainDepth = 100

// A plainReader reads one text. Each method begins where its node begins and ends behind it; where it
// gives up it sets failed, and what it returns means nothing.
type plainReader struct {
	text       string
	at         int
	line       int // of at, from 1
	lineStart  int // where the line of at begins
	depth      int
	flows      int // how many flow collections are open
	failed     bool
	collecting []*yaml.Node // the contents of all collections that are not complete
	nodes      []yaml.Node  // made many at a time
}

func (p *plainReader) fail() *yaml.Node {
	p.failed = true
	p.at = len(p.text) // every loop ends here
	return &yaml.Node{}
}

// here returns the character at the cursor, 0 at the end of the text.
func (p *plainReader) here() byte { return p.ahead(0) }

func (p *plainReader) ahead(n int) byte {
	if p.at+n >= len(p.text) {
		return 0
	}
	return p.text[p.at+n]
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == 0 }

// column counts from 0, as indentation does.
func (p *plainReader) column() int { return p.at - p.lineStart }

// nextLine goes over a line break.
func (p *plainReader) nextLine() {
	p.at++
	p.line, p.lineStart = p.line+1, p.at
}

// skip goes to the next token: over spaces, line breaks and comments.
func (p *plainReader) skip() {
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == ' ':
			p.at++
		case c == '\n':
			p.nextLine()
		case c == '#' && (p.at == 0 || isBlank(p.text[p.at-1])):
			p.at += strings.IndexByte(p.text[p.at:], '\n') // the text ends with one
		default:
			if rest := p.text[p.at:]; p.column() == 0 && (strings.HasPrefix(rest, "---") || strings.HasPrefix(rest, "...")) {
				p.fail() // the mark of a document
			}
			return
		}
	}
}

// skipSpaces stays in the line; ended reports whether nothing else stands there.
func (p *plainReader) skipSpaces() (ended bool) {
	for p.here() == ' ' {
		p.at++
	}
	return p.here() == '\n' || p.here() == '#' && p.text[p.at-1] == ' '
}

func (p *plainReader) node(kind yaml.Kind, tag string, style yaml.Style) *yaml.Node {
	if len(p.nodes) == 0 {
		p.nodes = make([]yaml.Node, 64)
	}
	n := &p.nodes[0]
	p.nodes = p.nodes[1:]
	n.Kind, n.Tag, n.Style, n.Line, n.Column = kind, tag, style, p.line, p.column()+1
	return n
}

// collection makes the node of a collection; read collects its content.
func (p *plainReader) collection(kind yaml.Kind, style yaml.Style, read func()) *yaml.Node {
	if p.depth++; p.depth > maxPlainDepth {
		return p.fail()
	}
	tag := "!!map"
	if kind == yaml.SequenceNode {
		tag = "!!seq"
	}
	n, start := p.node(kind, tag, style), len(p.collecting)
	read()
	n.Content = slices.Clone(p.collecting[start:])
	p.collecting = p.collecting[:start]
	p.depth--
	return n
}

func (p *plainReader) collect(n *yaml.Node) { p.collecting = append(p.collecting, n) }

// isEntry reports whether an entry of a block sequence begins here.
func (p *plainReader) isEntry() bool { return p.here() == '-' && isBlank(p.ahead(1)) }

// block reads a node that begins a line, or follows "- ". indent is the column of the
// collection that it belongs to.
func (p *plainReader) block(indent int) *yaml.Node {
	if p.column() <= indent || p.here() == 0 {
		return p.fail() // nothing stands here, which is null
	}
	if p.isEntry() {
		return p.sequence(p.column())
	}
	before := *p
	if p.key(); !p.failed {
		p.at = before.at
		return p.mapping(p.column())
	}
	p.failed, p.at = false, before.at
	return p.value(indent, false)
}

// mapping reads a block mapping whose keys stand in a column.
func (p *plainReader) mapping(column int) *yaml.Node {
	return p.collection(yaml.MappingNode, 0, func() {
		for p.here() != 0 && p.column() == column && !p.isEntry() {
			p.collect(p.key())
			p.at++ // the colon
			p.collect(p.value(column, true))
		}
	})
}

// sequence reads a block sequence whose dashes stand in a column.
func (p *plainReader) sequence(column int) *yaml.Node {
	return p.collection(yaml.SequenceNode, 0, func() {
		for p.column() == column && p.isEntry() {
			p.at++
			p.skip()
			p.collect(p.block(column))
		}
	})
}

// key reads the key of a mapping, which ends at a colon and a blank.
func (p *plainReader) key() *yaml.Node {
	start := p.at
	n := p.scalar(oneLine)
	if p.here() != ':' || !isBlank(p.ahead(1)) || n.Value == "<<" || p.at-start > 1000 {
		return p.fail()
	}
	return n
}

// value reads what belongs to a collection in the column indent, and goes to the next token,
// which must not belong to it too.
func (p *plainReader) value(indent int, ofMapping bool) (n *yaml.Node) {
	if p.skipSpaces() {
		p.skip()
		if ofMapping && p.column() == indent && p.isEntry() {
			return p.sequence(indent) // the entries may stand right under their key
		}
		return p.block(indent)
	}
	switch p.here() {
	case '{', '[':
		n = p.flow()
	case '|', '>':
		n = p.lines(indent)
		p.skip()
		return n
	default:
		n = p.scalar(indent)
	}
	if !p.skipSpaces() {
		return p.fail()
	}
	p.skip()
	if p.column() > indent && p.here() != 0 {
		return p.fail()
	}
	return n
}

// flow reads {...}, [...] or a scalar within them.
func (p *plainReader) flow() *yaml.Node {
	switch p.here() {
	case '{':
		return p.collection(yaml.MappingNode, yaml.FlowStyle, func() {
			p.entries('}', func() {
				p.collect(p.key())
				p.at++ // the colon
				p.skip()
				p.collect(p.flow())
			})
		})
	case '[':
		return p.collection(yaml.SequenceNode, yaml.FlowStyle, func() {
			p.entries(']', func() { p.collect(p.flow()) })
		})
	}
	return p.scalar(oneLine)
}

func (p *plainReader) entries(end byte, entry func()) {
	p.flows++
	for p.at++; ; p.at++ { // the bracket, and each comma
		p.skip()
		if p.here() == end {
			break
		}
		entry()
		p.skip()
		if p.here() == end {
			break
		}
		if p.here() != ',' {
			p.fail()
			break
		}
	}
	p.at++
	p.flows--
}

// oneLine is an indentation that no line has.
const oneLine = math.MaxInt

// scalar reads a plain or quoted scalar. A plain one goes on in lines that are indented deeper
// than indent.
func (p *plainReader) scalar(indent int) *yaml.Node {
	n := p.node(yaml.ScalarNode, "", 0)
	if p.here() == '!' {
		start := p.at
		for p.at++; 'a' <= p.here()|' ' && p.here()|' ' <= 'z'; p.at++ {
		}
		if p.at == start+1 || p.here() != ' ' {
			return p.fail()
		}
		n.Tag, n.Style = p.text[start:p.at], yaml.TaggedStyle
		p.skipSpaces()
	}
	switch p.here() {
	case '"':
		n.Style |= yaml.DoubleQuotedStyle
		n.Value = p.doubleQuoted()
	case '\'':
		n.Style |= yaml.SingleQuotedStyle
		n.Value = p.singleQuoted()
	default:
		n.Value = p.plainScalar(indent)
		return n
	}
	if n.Tag == "" {
		n.Tag = "!!str"
	}
	return n
}

// indicators begin something else than a plain scalar. With - there are plain scalars, such
// as -1; those with ? and : are left to the general parser.
const indicators = "?:,[]{}#&*!|>'\"%@`"

func (p *plainReader) plainScalar(indent int) string {
	if c := p.here(); isBlank(c) || strings.IndexByte(indicators, c) >= 0 || c == '-' && (isBlank(p.ahead(1)) || p.flows > 0 && strings.IndexByte(indicators, p.ahead(1)) >= 0) {
		p.fail()
		return ""
	}
	text := p.plainLine()
	for indent != oneLine && p.here() == '\n' {
		end := *p
		empty := -1
		for ; p.here() == '\n'; empty++ {
			p.nextLine()
			for p.here() == ' ' {
				p.at++
			}
		}
		if p.column() <= indent || p.here() == '#' || p.here() == 0 {
			p.at, p.line, p.lineStart = end.at, end.line, end.lineStart
			break
		}
		text += foldedBreak(empty) + p.plainLine()
	}
	return text
}

// plainLine reads what a plain scalar has in one line, and goes to the end of the line when
// nothing follows.
func (p *plainReader) plainLine() string {
	start, end := p.at, p.at // end is behind the last character that is no space
	for {
		c := p.here()
		if c == '\n' || c == ':' && isBlank(p.ahead(1)) || c == '#' && p.ahead(-1) == ' ' {
			break
		}
		if p.flows > 0 {
			if c == ',' || c == ']' || c == '}' {
				break
			}
			if c == '?' || c == '[' || c == '{' || c == ':' && strings.IndexByte(",[]{}", p.ahead(1)) >= 0 {
				p.fail()
				return ""
			}
		}
		p.at++
		if c != ' ' {
			end = p.at
		}
	}
	if p.here() != '\n' {
		p.at = end
	}
	return p.text[start:end]
}

// foldedBreak is what folding makes of the end of a line and the empty lines behind it.
func foldedBreak(empty int) string {
	if empty == 0 {
		return " "
	}
	return strings.Repeat("\n", empty)
}

func (p *plainReader) singleQuoted() string {
	var text strings.Builder
	for p.at++; ; p.at += 2 {
		length := strings.IndexAny(p.text[p.at:], "'\n")
		if p.ahead(length) != '\'' {
			p.fail()
			return ""
		}
		part := p.text[p.at : p.at+length]
		p.at += length
		if p.ahead(1) != '\'' { // two are one quote of the text
			p.at++
			if text.Len() == 0 {
				return part
			}
			return text.String() + part
		}
		text.WriteString(part + "'")
	}
}

func (p *plainReader) doubleQuoted() string {
	var text strings.Builder
	for p.at++; ; p.at += 2 {
		length := strings.IndexAny(p.text[p.at:], "\"\\\n") // the text ends with a line
		part := p.text[p.at : p.at+length]
		p.at += len(part)
		switch p.here() {
		case '"':
			p.at++
			if text.Len() == 0 {
				return part
			}
			return text.String() + part
		case '\\':
			at := strings.IndexByte(`"\nt`, p.ahead(1))
			if at < 0 {
				p.fail()
				return ""
			}
			text.WriteString(part + "\"\\\n\t"[at:at+1])
		default:
			p.fail()
			return ""
		}
	}
}

// lines reads a block scalar that belongs to a collection in the column indent.
func (p *plainReader) lines(indent int) *yaml.Node {
	literal := p.here() == '|'
	style := yaml.FoldedStyle
	if literal {
		style = yaml.LiteralStyle
	}
	n := p.node(yaml.ScalarNode, "!!str", style)
	p.at++
	strip := p.here() == '-'
	if strip {
		p.at++
	}
	if !p.skipSpaces() {
		return p.fail()
	}
	p.at += strings.IndexByte(p.text[p.at:], '\n') // behind a comment
	p.nextLine()
	for p.here() == ' ' {
		p.at++
	}
	inner := p.column() // what the first line says
	if inner <= indent || isBlank(p.here()) {
		return p.fail()
	}
	var text strings.Builder
	empty := 0          // lines since the last that is none
	indented := literal // the last line is, so that it does not fold
	for p.at = p.lineStart; p.here() != 0; p.nextLine() {
		for p.here() == ' ' && p.column() < inner {
			p.at++
		}
		if p.here() == '\n' {
			empty++
			continue
		}
		if p.column() < inner {
			break
		}
		deeper := literal || p.here() == ' '
		switch {
		case text.Len() == 0:
		case indented || deeper:
			text.WriteString(strings.Repeat("\n", empty+1))
		default:
			text.WriteString(foldedBreak(empty))
		}
		empty, indented = 0, deeper
		length := strings.IndexByte(p.text[p.at:], '\n')
		text.WriteString(p.text[p.at : p.at+length])
		p.at += length
	}
	if !strip {
		text.WriteByte('\n')
	}
	n.Value = text.String()
	return n
}

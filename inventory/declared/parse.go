package declared

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// What a hostile or mistaken file may cost. A CloudFormation template may have 1 MB at
// most, so the limits are far from anything a team writes; saved plans are larger, and
// they are JSON. Snapshots have no limit: they are read as a stream.
const (
	maxJSON  = 64 << 20
	maxYAML  = 8 << 20 // its parser needs some 40 bytes of memory for each byte of text
	maxDepth = 200
	maxNodes = 2 << 20 // values of a document, what merge keys repeat included
)

// parse reads every document of a file. A file that begins like JSON is read as JSON,
// because then big numbers, escapes and duplicate keys mean what JSON says they do; if
// it is none and is not called .json, it may still be YAML in flow style.
func parse(file string, data []byte) ([]*document, *inventory.Fault) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // byte order mark
	if at := invalidUTF8(data); at >= 0 {
		line, column := placeOf(data[:at])
		return nil, &inventory.Fault{
			Position: inventory.Position{File: file, Line: line, Column: column},
			Message:  "here is no UTF-8 text", Hint: "save the file as UTF-8",
		}
	}
	if start := bytes.TrimLeft(data, " \t\r\n"); len(start) > 0 && (start[0] == '{' || start[0] == '[') || isJSON(file) {
		if doc, fault := parseJSON(file, data); fault == nil {
			return []*document{doc}, nil
		} else if isJSON(file) || len(data) > maxYAML {
			return nil, fault
		}
	}
	return parseYAML(file, data)
}

// invalidUTF8 returns the first place that is no UTF-8, -1 for none, and for UTF-16, which
// YAML allows as well.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) || bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return -1
	}
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// placeOf is the line and column behind a text.
func placeOf(before []byte) (line, column int) {
	last := before[bytes.LastIndexByte(before, '\n')+1:]
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(last)
}

func isJSON(file string) bool { return strings.EqualFold(filepath.Ext(file), ".json") }

// nodeBudget bounds the nodes of one document.
type nodeBudget int

var (
	errTooMany = errors.New("the document holds too many values")
	errTooDeep = fmt.Errorf("the document is nested deeper than %d levels", maxDepth)
)

func (b *nodeBudget) take(depth int) error {
	if *b++; *b > maxNodes {
		return errTooMany
	}
	if depth > maxDepth {
		return errTooDeep
	}
	return nil
}

// jsonParser turns a JSON text into nodes with encoding/json's own tokens, so that it
// accepts exactly what every other JSON reader does.
type jsonParser struct {
	doc    *document
	data   []byte
	dec    *json.Decoder
	budget nodeBudget
	// offset, line and column are the place up to which lines were counted.
	offset       int
	line, column int32
}

func parseJSON(file string, data []byte) (*document, *inventory.Fault) {
	p := &jsonParser{doc: &document{file: file}, data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1, column: 1}
	p.dec.UseNumber()
	root, err := p.value(0)
	p.move(p.next())
	if err == nil {
		if _, after := p.dec.Token(); after != io.EOF {
			err = errors.New("there is more text after the end of the JSON value")
		}
	}
	if err != nil {
		return nil, &inventory.Fault{
			Position: inventory.Position{File: file, Line: int(p.line), Column: int(p.column)},
			Message:  "malformed JSON: " + jsonMistake(err),
			Hint:     "correct the text here (a JSON file holds exactly one value), or leave the file out with .gitignore",
		}
	}
	p.doc.root = root
	return p.doc, nil
}

func jsonMistake(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the file ends in the middle of a value"
	}
	return err.Error()
}

// next is the offset of the next token: what stands between tokens is skipped.
func (p *jsonParser) next() int {
	i := int(p.dec.InputOffset())
	for i < len(p.data) && strings.IndexByte(" \t\r\n,:", p.data[i]) >= 0 {
		i++
	}
	return i
}

// move counts lines and columns (in characters, from 1) up to an offset.
func (p *jsonParser) move(to int) {
	passed := p.data[p.offset:to]
	if n := bytes.Count(passed, []byte("\n")); n > 0 {
		p.line += int32(n)
		p.column = 1
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
	}
	p.column += int32(utf8.RuneCount(passed))
	p.offset = to
}

func (p *jsonParser) value(depth int) (*node, error) {
	p.move(p.next())
	n := &node{line: p.line, column: p.column}
	if err := p.budget.take(depth); err != nil {
		return nil, err
	}
	token, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case nil:
		n.kind = nullNode
	case bool:
		n.kind, n.text = boolNode, fmt.Sprint(t)
	case json.Number:
		n.kind, n.text = intNode, t.String()
		if strings.ContainsAny(n.text, ".eE") {
			n.kind = floatNode
		}
	case string:
		n.kind, n.text = stringNode, t
	case json.Delim:
		switch t {
		case '[':
			n.kind = listNode
			for p.dec.More() {
				item, err := p.value(depth + 1)
				if err != nil {
					return nil, err
				}
				n.items = append(n.items, item)
			}
		case '{':
			n.kind = mapNode
			var seen fieldSet
			for p.dec.More() {
				p.move(p.next())
				f := field{line: p.line, column: p.column}
				key, err := p.dec.Token()
				if err != nil {
					return nil, err
				}
				f.name, _ = key.(string)
				if f.value, err = p.value(depth + 1); err != nil {
					return nil, err
				}
				seen.add(p.doc, n, f)
			}
		}
		if _, err := p.dec.Token(); err != nil { // the closing bracket
			return nil, err
		}
	}
	return n, nil
}

// A fieldSet notices keys that stand twice in a mapping, also in a large one.
type fieldSet struct{ index map[string]int }

func (s *fieldSet) has(n *node, name string) (first field, twice bool) {
	if s.index == nil && len(n.fields) < 16 {
		return n.field(name)
	}
	if s.index == nil {
		s.index = make(map[string]int, 2*len(n.fields))
	}
	for i := len(s.index); i < len(n.fields); i++ {
		s.index[n.fields[i].name] = i
	}
	if i, ok := s.index[name]; ok {
		return n.fields[i], true
	}
	return field{}, false
}

// add appends a field, or notes a fault when its name is taken.
func (s *fieldSet) add(doc *document, n *node, f field) {
	if first, twice := s.has(n, f.name); twice {
		doc.faults = append(doc.faults, inventory.Fault{
			Position: doc.atKey(f),
			Message:  fmt.Sprintf("the key %q stands twice; first at %s", f.name, doc.atKey(first)),
			Hint:     "remove one of the two: readers disagree on which one counts",
		})
		return
	}
	n.fields = append(n.fields, f)
}

// clampPosition keeps a line or column that a parser reports within what a node stores.
func clampPosition(i int) int32 { return int32(min(max(i, 1), math.MaxInt32)) }

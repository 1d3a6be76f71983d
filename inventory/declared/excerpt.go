package declared

import (
	"bytes"
	"cmp"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// What an excerpt may take. A file that is larger than excerptFile was written by a program.
const (
	excerptFile  = 1 << 20 // bytes
	excerptWidth = 160     // characters of a line
	excerptLead  = 40      // characters before the place, where a line is longer than that
)

// hiddenLine stands for a line that holds, or may hold, a sensitive value.
const hiddenLine = "(not shown: a sensitive value stands here)"

// An Excerpt is what stands around a place of a file.
type Excerpt struct {
	First int      // the number of the first line
	Lines []string // one to three; of a long line the part around the place
	Line  int      // the number of the line of the place
	// Column is the character of that line, as it is shown, from 1; 0 when it is not shown.
	Column int
}

// Excerpts shows people the places of findings in the files that they wrote. Make it with
// [NewExcerpts]. It reads every file once and is not for concurrent use.
type Excerpts struct {
	secret map[inventory.Position]bool // values that their resource makes sensitive
	files  map[string]*sourceText      // nil for those that are not shown
}

// NewExcerpts returns the excerpts of the files that d was read from.
func NewExcerpts(d *inventory.Declaration) *Excerpts {
	x := &Excerpts{secret: map[inventory.Position]bool{}, files: map[string]*sourceText{}}
	for _, p := range d.Particles() {
		for pointer, at := range p.Resource.Positions {
			if pointer != "" && p.Resource.IsSecret(pointer) {
				x.secret[at] = true
			}
		}
	}
	return x
}

// At returns the line of a place with one line around it; nil when its file is none of those
// that people write (pcf.yaml, templates, PCF definitions: a Terraform plan holds all its
// values in the clear), is larger than 1 MiB, or cannot be read any more.
//
// A line is hidden when a value on it is sensitive: by the schema of its resource, by NoEcho,
// by the name of its key, also in a comment or in a script. What a file says is not escaped.
func (x *Excerpts) At(at inventory.Position) *Excerpt {
	s, known := x.files[at.File]
	if !known {
		s = x.open(at.File)
		x.files[at.File] = s
	}
	if s == nil || at.Line < 1 || at.Line > len(s.lines) {
		return nil
	}
	out := &Excerpt{First: max(1, at.Line-1), Line: at.Line}
	cut := 0 // characters that are left out on the left
	if at.Column > excerptWidth-excerptLead {
		cut = at.Column - 1 - excerptLead
	}
	for n := out.First; n <= min(at.Line+1, len(s.lines)); n++ {
		text := s.lines[n-1]
		switch {
		case s.hidden[n] || s.suspicious(text):
			text = hiddenLine
		case n == at.Line && at.Column > 0 && at.Column <= utf8.RuneCountInString(text):
			out.Column = at.Column - cut
			fallthrough
		default:
			text = window(text, cut)
		}
		out.Lines = append(out.Lines, text)
	}
	return out
}

// window is what is shown of a line.
func window(text string, cut int) string {
	runes := []rune(text)
	runes = runes[min(cut, len(runes)):]
	if cut > 0 && len(runes) > 0 {
		runes[0] = '…'
	}
	if len(runes) > excerptWidth {
		runes = append(runes[:excerptWidth-1], '…')
	}
	return string(runes)
}

// A sourceText is a file, line by line.
type sourceText struct {
	lines  []string
	hidden map[int]bool // lines, from 1
}

// open reads a file; nil when nothing of it is shown.
func (x *Excerpts) open(path string) *sourceText {
	file, err := Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(file, excerptFile+1))
	data = bytes.ReplaceAll(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), []byte("\r\n"), []byte("\n"))
	// Where YAML breaks lines and people do not, the numbers would be wrong.
	if err != nil || len(data) > excerptFile || !utf8.Valid(data) || bytes.ContainsAny(data, "\r\u0085\u2028\u2029") {
		return nil
	}
	docs, fault := parse(path, data)
	if fault != nil || len(docs) == 0 {
		return nil
	}
	s := &sourceText{lines: strings.Split(strings.TrimSuffix(string(data), "\n"), "\n"), hidden: map[int]bool{}}
	w := &secretWalk{of: x, seen: map[*node]bool{}}
	for _, d := range docs {
		if f := recognise(d); f != nil && !slices.Contains(shownFormats, f) {
			return nil
		}
		w.doc = d
		w.visit(d.root, false)
	}
	w.hide(s)
	s.hideKeys()
	return s
}

// shownFormats are those that people write by hand.
var shownFormats = []*format{appFormat, templateFormat, definitionFormat}

// A secretWalk finds where the sensitive values of a file begin and end.
type secretWalk struct {
	of    *Excerpts
	doc   *document
	seen  map[*node]bool // visited; true when as sensitive
	marks []secretMark
}

type secretMark struct {
	line, column int32
	secret       bool
}

func (w *secretWalk) visit(n *node, secret bool) {
	if before, seen := w.seen[n]; seen && (before || !secret) {
		return // an alias
	}
	w.seen[n] = secret
	w.marks = append(w.marks, secretMark{n.line, n.column, secret && n.isScalar() && n.kind > boolNode && n.text != "" && !strings.HasPrefix(n.text, "{{resolve:")})
	for _, item := range n.items {
		w.visit(item, secret || w.named(item))
	}
	if name, _, call := n.call(); call && (name == "Ref" || name == "Fn::GetAtt" || name == "Fn::ImportValue") {
		secret = false // a name, and no value
	}
	named := "" // {Name: DB_PASSWORD, Value: …}
	for _, f := range n.fields {
		if f.value.isText() && slices.Contains(namingKeys, f.name) {
			named = f.value.text
		}
	}
	for _, f := range n.fields {
		w.marks = append(w.marks, secretMark{line: f.line, column: f.column})
		_, _, call := f.value.call()
		value := f.value.kind != mapNode || call
		w.visit(f.value, secret || w.of.secret[w.doc.atKey(f)] || w.named(f.value) ||
			value && isSecretName(f.name) || named != "" && slices.Contains(valueKeys, f.name) && isSecretName(named))
		if noEcho := f.value.get("NoEcho"); isSecretName(f.name) || noEcho != nil && noEcho.text != "false" {
			for _, key := range []string{"Default", "default", "AllowedValues"} {
				if v := f.value.get(key); v != nil {
					w.visit(v, true)
				}
			}
		}
	}
}

// named reports whether a resource makes the value at the place of n sensitive. A mapping begins
// where its first key does, which may be the one that is meant.
func (w *secretWalk) named(n *node) bool {
	return n.kind != mapNode && w.of.secret[w.doc.at(n)]
}

// hide hides every line from the beginning of a sensitive value to that of what comes next.
func (w *secretWalk) hide(s *sourceText) {
	slices.SortFunc(w.marks, func(a, b secretMark) int { return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column)) })
	next := secretMark{line: int32(len(s.lines)) + 1, column: 1} // what begins on a later line
	for i := len(w.marks) - 1; i >= 0; i-- {
		m := w.marks[i]
		if i+1 < len(w.marks) && w.marks[i+1].line > m.line {
			next = w.marks[i+1]
		}
		if !m.secret || s.hidden[int(m.line)] {
			continue
		}
		last := int(next.line) - 1
		if last < len(s.lines) {
			before := []rune(s.lines[last])
			if strings.Trim(string(before[:min(int(next.column)-1, len(before))]), " \t-?[{,\"'") != "" {
				last++ // a part of the value stands before it
			}
		}
		for line := int(m.line); line <= max(last, int(m.line)); line++ {
			s.hidden[line] = true
		}
	}
}

// hideKeys hides private keys, wherever they stand.
func (s *sourceText) hideKeys() {
	inside := false
	for i, line := range s.lines {
		begins := strings.Contains(line, "-----BEGIN") && strings.Contains(line, "PRIVATE KEY")
		if inside = inside || begins; inside {
			s.hidden[i+1] = true
		}
		if end := strings.LastIndex(line, "-----END"); end >= 0 {
			inside = false
		}
	}
}

var (
	// What gives a name a value, in YAML, JSON, a script, a comment: NAME: x, "NAME" = x, --name x.
	assignment = regexp.MustCompile(`([A-Za-z][\w.-]*)(?:\\?["'])?[ \t]*(?::|=|:=)[ \t]*(?:\\?["'])?([^\s"'\\{\[!$|>&*,}\]][^\s,}\]]*)`)
	option     = regexp.MustCompile(`--([A-Za-z][\w-]*)[ \t=]+(?:\\?["'])?([^\s"'\\{$-]\S*)`)
)

// suspicious reports whether a line seems to give a secret a value, whatever it is in.
func (s *sourceText) suspicious(line string) bool {
	if schema.IsSecretText(line) {
		return true
	}
	for _, form := range []*regexp.Regexp{assignment, option} {
		for _, m := range form.FindAllStringSubmatch(line, -1) {
			if isSecretName(m[1]) && m[2] != "true" && m[2] != "false" {
				return true
			}
		}
	}
	return false
}

func isSecretName(name string) bool { return schema.IsSensitive(nil, "/"+schema.EscapePointer(name)) }

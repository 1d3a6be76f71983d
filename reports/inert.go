package reports

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hostile reports whether a character can do more on a screen than be seen: it moves
// the cursor, colours or renames the terminal (the control characters, also the
// eight-bit ones), or makes text read in another order than it is stored.
func hostile(r rune) bool {
	if r < 0x7f {
		return r < ' ' // nearly all text ends here
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// inert makes text from outside safe for one line of a terminal: line breaks and tabs
// become spaces, every other hostile character is spelled out as \u001b, and bytes
// that are no text become U+FFFD.
func inert(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, hostile) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case hostile(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Inert makes text from outside safe to print for people, as a message of several lines. Each
// line but the first is marked, so that no text passes for a line of the program's own: build
// servers take commands from lines.
func Inert(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i, line := range lines {
		lines[i] = inert(line)
	}
	return strings.Join(lines, "\n  | ")
}

// WriteInertJSON writes a JSON document, whole, with the hostile characters in it spelled out:
// it means the same, and a terminal that shows it stays safe.
func WriteInertJSON(w io.Writer, doc []byte) error {
	out := &inertWriter{to: bufio.NewWriter(w)}
	if _, err := out.Write(doc); err != nil {
		return err
	}
	return out.to.Flush()
}

// cut keeps the first n characters of s, and shows that there were more.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	last := 0 // where the last of them begins; the mark takes its place
	for i := range s {
		if n == 0 {
			return s[:last] + "…"
		}
		last = i
		n--
	}
	return s
}

// inertWriter spells out, in a JSON document that is written to it, the hostile characters
// that encoding/json lets through. They can stand in strings only, so the document keeps
// its meaning: a terminal that shows it stays safe and a parser reads the same text. U+FFFD
// is spelled out as well, because encoding/json does so for bytes that are no text: a
// document that is read and written again must not change. No character may be cut in two
// by the writes.
type inertWriter struct {
	to  *bufio.Writer
	err error // the first of to
}

func (w *inertWriter) Write(doc []byte) (int, error) {
	from := 0 // what stands before is written
	for i := 0; i < len(doc) && w.err == nil; {
		if doc[i] < utf8.RuneSelf && doc[i] >= ' ' && doc[i] != 0x7f || doc[i] == '\n' { // nearly all ends here; the line breaks are our own
			i++
			continue
		}
		r, size := utf8.DecodeRune(doc[i:])
		if r == utf8.RuneError || hostile(r) {
			if _, w.err = w.to.Write(doc[from:i]); w.err == nil {
				_, w.err = fmt.Fprintf(w.to, `\u%04x`, r)
			}
			from = i + size
		}
		i += size
	}
	if w.err == nil {
		_, w.err = w.to.Write(doc[from:])
	}
	return len(doc), w.err
}

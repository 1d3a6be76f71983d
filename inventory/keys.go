package inventory

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// A KeyWatch notices a key that stands twice in one object of the JSON texts that are written to
// it, in pieces of any size. Decoders of JSON take the last of them in silence, and other readers
// the first: what such a file says depends on who reads it. The zero value is ready; it keeps no
// more than the keys of the objects that are open. Not for concurrent use.
//
// It takes for granted that the text is JSON: of anything else it says something or nothing, and
// never fails.
type KeyWatch struct {
	open  []openScope
	spans []keySpan // the keys of all open objects
	names []byte    // their bytes

	text, escaped, isKey, wantsKey bool
	from                           int // of the key that is being read, in names
	offset                         int64
	line                           int
	lineAt                         int64 // offset of the line
	more                           int64 // bytes of it that begin no character
	at                             KeyPlace
	twice                          *KeyPlace
}

// A KeyPlace is a key with its place: line and column (in characters) from 1.
type KeyPlace struct {
	Key          string
	Line, Column int
}

type openScope struct {
	object       bool
	spans, names int             // where its keys begin
	index        map[string]bool // of an object of many keys
}

type keySpan struct{ from, to int }

const (
	manyKeys = 32     // from here on keys are looked up
	maxOpen  = 10_000 // encoding/json gives up here
)

// Twice returns the first key that stood twice, where it stood for the second time; nil when
// there was none.
func (w *KeyWatch) Twice() *KeyPlace { return w.twice }

// Write watches more of the text. It never fails.
func (w *KeyWatch) Write(p []byte) (int, error) {
	for i := 0; i < len(p) && w.twice == nil && len(w.open) <= maxOpen; i++ {
		if w.text && !w.isKey && !w.escaped { // most of a text are values, and most of them are plain
			n := 0
			for i+n < len(p) && p[i+n] != '"' && p[i+n] != '\\' {
				if p[i+n]&0xC0 == 0x80 {
					w.more++
				}
				n++
			}
			w.offset += int64(n)
			if i += n; i == len(p) {
				break
			}
		}
		w.next(p[i])
		w.offset++
	}
	return len(p), nil
}

func (w *KeyWatch) next(b byte) {
	if b&0xC0 == 0x80 {
		w.more++
	}
	if w.text {
		switch {
		case w.escaped:
			w.escaped = false
		case b == '\\':
			w.escaped = true
		case b == '"':
			if w.text = false; w.isKey {
				w.key()
			}
			return
		}
		if w.isKey {
			w.names = append(w.names, b)
		}
		return
	}
	switch b {
	case '"':
		w.text, w.isKey = true, w.wantsKey
		if w.isKey {
			w.from = len(w.names)
			w.at = KeyPlace{Line: w.line + 1, Column: int(w.offset-w.lineAt-w.more) + 1}
		}
	case '{', '[':
		w.open = append(w.open, openScope{object: b == '{', spans: len(w.spans), names: len(w.names)})
		w.wantsKey = b == '{'
	case '}', ']':
		if n := len(w.open); n > 0 {
			w.spans, w.names = w.spans[:w.open[n-1].spans], w.names[:w.open[n-1].names]
			w.open = w.open[:n-1]
		}
		w.wantsKey = false
	case ',':
		w.wantsKey = len(w.open) > 0 && w.open[len(w.open)-1].object
	case ':':
		w.wantsKey = false
	case '\n':
		w.line, w.lineAt, w.more = w.line+1, w.offset+1, 0
	}
}

// key is called at the end of a key.
func (w *KeyWatch) key() {
	w.wantsKey = false
	name := w.names[w.from:]
	if bytes.IndexByte(name, '\\') >= 0 { // "\u0061" is "a"
		var plain string
		if json.Unmarshal([]byte(`"`+string(name)+`"`), &plain) == nil {
			w.names = append(w.names[:w.from], plain...)
			name = w.names[w.from:]
		}
	}
	scope := &w.open[len(w.open)-1]
	keys := w.spans[scope.spans:]
	if scope.index == nil && len(keys) >= manyKeys {
		scope.index = make(map[string]bool, 2*len(keys))
		for _, k := range keys {
			scope.index[string(w.names[k.from:k.to])] = true
		}
	}
	known := false
	if scope.index != nil {
		known = scope.index[string(name)]
		scope.index[string(name)] = true
	} else {
		for _, k := range keys {
			known = known || bytes.Equal(w.names[k.from:k.to], name)
		}
	}
	if known {
		w.at.Key = string(name)
		w.twice = &w.at
		return
	}
	w.spans = append(w.spans, keySpan{w.from, len(w.names)})
}

// Describe says the mistake, in the words of all readers.
func (p *KeyPlace) Describe() string {
	return "the key " + strconv.Quote(p.Key) + " stands twice"
}

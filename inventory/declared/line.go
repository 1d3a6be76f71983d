package declared

import (
	"encoding/json"
	"errors"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// The lines of a large snapshot are read by a decoder of our own, which builds only those
// properties that somebody wants to see; everything else it passes over, in the same walk
// through the text. It knows plain JSON and nothing else: whatever is unusual about a line
// (an escape in a name, a key twice, a mistake) is errUnusual, and the file is then read by
// the ordinary reader, which says what is wrong or makes sense of it. So the two can differ
// in speed alone; line_test.go holds this one to the other.

// errUnusual means that the ordinary reader has to look.
var errUnusual = errors.New("the line is not plain")

// maxLineDepth is how deep values may nest here; resources nest ten deep.
const maxLineDepth = 200

// A lineDecoder reads one line. Strings of the result are parts of the line.
type lineDecoder struct {
	text  string
	at    int
	depth int
	keys  []string // of the objects that are open
	items []any    // of the lists that are open
	again *scratch // nil for values that are kept
}

// A scratch holds the values of one line, to be used again for the next: making them anew
// would be most of the work.
type scratch struct {
	objects []map[string]any
	used    int
	items   []any
	tags    map[string]string
	r       inventory.Resource
}

// restart takes back what the last line needed.
func (s *scratch) restart() {
	const large = 64 // entries; emptying a map costs what it has room for
	for i, o := range s.objects[:s.used] {
		if len(o) > large {
			s.objects[i] = map[string]any{}
		} else {
			clear(o)
		}
	}
	clear(s.items)
	s.used, s.items = 0, s.items[:0]
	if len(s.tags) > large || s.tags == nil {
		s.tags = map[string]string{}
	} else {
		clear(s.tags)
	}
}

func (d *lineDecoder) newObject() map[string]any {
	s := d.again
	if s == nil {
		return map[string]any{}
	}
	if s.used == len(s.objects) {
		s.objects = append(s.objects, map[string]any{})
	}
	s.used++
	return s.objects[s.used-1]
}

// newList returns a list of the items that are open from first on.
func (d *lineDecoder) newList(first int) []any {
	of := d.items[first:]
	d.items = d.items[:first]
	s := d.again
	if s == nil || len(of) == 0 {
		return append([]any{}, of...)
	}
	if cap(s.items)-len(s.items) < len(of) { // what was handed out stays where it is
		s.items = make([]any, 0, 2*cap(s.items)+len(of))
	}
	start := len(s.items)
	s.items = append(s.items, of...)
	return s.items[start:len(s.items):len(s.items)]
}

// A line is what one line of a snapshot holds, with the larger values still as text.
type line struct {
	typ, id, arn, name, account, region, created, state, foreign string
	tags, unread, properties, finding, drift                     string
	isEnd, ofEnd                                                 bool
	// What was decoded for a type that was guessed, and which that was.
	guess       string
	decoded     any // of the properties
	texts       map[string]string
	unknownTags map[string]*inventory.Unknown
}

// read splits a line into its values.
func (d *lineDecoder) read(wanted func(typ string) inventory.Wanted) (l line, err error) {
	if wanted != nil {
		l.guess = guessType(d.text)
	}
	d.space()
	seen := uint32(0)
	err = d.object(func(key string) error {
		var to *string
		raw, bit := false, uint32(0)
		switch key {
		case "type":
			to, bit = &l.typ, 1
		case "id":
			to, bit = &l.id, 1<<1
		case "arn":
			to, bit = &l.arn, 1<<2
		case "name":
			to, bit = &l.name, 1<<3
		case "account":
			to, bit = &l.account, 1<<4
		case "region":
			to, bit = &l.region, 1<<5
		case "created":
			to, bit = &l.created, 1<<6
		case "state":
			to, bit = &l.state, 1<<7
		case "foreign":
			to, bit = &l.foreign, 1<<8
		case "tags":
			to, bit, raw = &l.tags, 1<<9, true
		case "unread":
			to, bit, raw = &l.unread, 1<<10, true
		case "properties":
			to, bit, raw = &l.properties, 1<<11, true
		case "finding":
			to, bit, raw = &l.finding, 1<<12, true
		case "drift":
			to, bit, raw = &l.drift, 1<<13, true
		case "end":
			l.isEnd = true
			return d.skip()
		case "complete", "gaps", "count":
			l.ofEnd = true
			return d.skip()
		default:
			if isLikeAKey(key) { // encoding/json does not mind the case of a key
				return errUnusual
			}
			return d.skip()
		}
		if seen&bit != 0 {
			return errUnusual
		}
		seen |= bit
		start := d.at
		if raw {
			var err error
			switch {
			case key == "tags" && d.peek() == '{' && l.guess != "":
				l.texts, l.unknownTags, err = d.tags(wanted(l.guess).Tags)
			case key == "tags" && d.peek() == '{':
				_, _, err = d.tags(nil)
			case key == "properties" && d.peek() == '{' && l.guess != "":
				l.decoded, err = d.value(wanted(l.guess).Properties)
			default:
				err = d.skip()
			}
			*to = d.text[start:d.at]
			return err
		}
		s, err := d.string()
		*to = s
		return err
	})
	if err == nil {
		d.space()
		if d.at != len(d.text) || l.ofEnd && !l.isEnd {
			return l, errUnusual
		}
	}
	return l, err
}

// guessType finds the type of a line before the line is read, so that its properties can be
// decoded on the way: it stands first, or near the end where keys are sorted. A wrong guess
// costs a second walk.
func guessType(text string) string {
	const key = `"type":"`
	rest, ok := strings.CutPrefix(text, "{"+key)
	if !ok {
		const near = 100
		tail := text[max(0, len(text)-near):]
		i := strings.LastIndex(tail, key)
		if i < 0 {
			return ""
		}
		rest = tail[i+len(key):]
	}
	typ, _, _ := strings.Cut(rest, `"`)
	return typ
}

// isLikeAKey reports whether a key is one of ours in another case.
func isLikeAKey(key string) bool {
	for _, known := range []string{
		"type", "id", "arn", "name", "account", "region", "created", "state", "foreign", "tags", "unread", "properties",
		"end", "complete", "gaps", "count", "finding", "drift",
	} {
		if strings.EqualFold(key, known) {
			return true
		}
	}
	return false
}

func (d *lineDecoder) space() {
	if d.at < len(d.text) && d.text[d.at] > ' ' {
		return
	}
	for d.at < len(d.text) {
		switch d.text[d.at] {
		case ' ', '\t', '\r', '\n':
			d.at++
		default:
			return
		}
	}
}

// next passes one character that must stand here, and space around it.
func (d *lineDecoder) next(want byte) error {
	d.space()
	if d.at >= len(d.text) || d.text[d.at] != want {
		return errUnusual
	}
	d.at++
	d.space()
	return nil
}

func (d *lineDecoder) peek() byte {
	if d.at < len(d.text) {
		return d.text[d.at]
	}
	return 0
}

// object walks an object; value is called where the value of a key starts.
func (d *lineDecoder) object(value func(key string) error) error {
	if d.depth++; d.depth > maxLineDepth {
		return errUnusual
	}
	if err := d.next('{'); err != nil {
		return err
	}
	if d.peek() == '}' {
		d.at++
		d.depth--
		return nil
	}
	first := len(d.keys)
	var like uint64          // a bit for each key so far; the same one for some
	var many map[string]bool // the keys, when they are many
	for {
		key, err := d.string()
		if err != nil {
			return err
		}
		if bit := likeness(key); like&bit == 0 {
			like |= bit
		} else if many[key] || many == nil && slices.Contains(d.keys[first:], key) {
			return errUnusual // the ordinary reader says where
		}
		if many == nil && len(d.keys)-first >= 32 {
			many = make(map[string]bool, 64)
			for _, k := range d.keys[first:] {
				many[k] = true
			}
		}
		if many == nil {
			d.keys = append(d.keys, key)
		} else {
			many[key] = true
		}
		if err := d.next(':'); err != nil {
			return err
		}
		if err := value(key); err != nil {
			return err
		}
		d.space()
		switch d.peek() {
		case ',':
			d.at++
			d.space()
		case '}':
			d.at++
			d.depth--
			d.keys = d.keys[:first]
			return nil
		default:
			return errUnusual
		}
	}
}

// likeness is one of 64 bits for a key, the same one for the same key.
func likeness(key string) uint64 {
	n := len(key)
	if n < 2 {
		return 1
	}
	return 1 << ((n + 7*int(key[n-1]) + 31*int(key[n-2]) + 3*int(key[n/2])) & 63)
}

// list walks a list; value is called where an element starts.
func (d *lineDecoder) list(value func() error) error {
	if d.depth++; d.depth > maxLineDepth {
		return errUnusual
	}
	if err := d.next('['); err != nil {
		return err
	}
	if d.peek() == ']' {
		d.at++
		d.depth--
		return nil
	}
	for {
		if err := value(); err != nil {
			return err
		}
		d.space()
		switch d.peek() {
		case ',':
			d.at++
			d.space()
		case ']':
			d.at++
			d.depth--
			return nil
		default:
			return errUnusual
		}
	}
}

// plain are the characters of a string that mean themselves.
var plain = func() (is [256]bool) {
	for c := 0x20; c < 256; c++ {
		is[c] = c != '"' && c != '\\'
	}
	return is
}()

// plainIn returns how many of the first eight characters of s are ASCII and mean themselves,
// looking at all at once: a byte of a word minus a larger one borrows into its high bit, which
// ASCII leaves free, and the lowest such bit is exact.
func plainIn(s string) int {
	_ = s[7]
	w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	const each = 0x0101010101010101
	quotes, escapes := w^each*'"', w^each*'\\'
	return bits.TrailingZeros64((w|(quotes-each)|(escapes-each)|(w-each*0x20))&(each*0x80)) / 8
}

// string reads a text. One with escapes is left to encoding/json.
func (d *lineDecoder) string() (string, error) {
	if d.peek() != '"' {
		return "", errUnusual
	}
	start := d.at + 1
	i, high := start, byte(0)
	for i+8 <= len(d.text) {
		n := plainIn(d.text[i : i+8])
		if i += n; n < 8 {
			break
		}
	}
	for i < len(d.text) && plain[d.text[i]] {
		high |= d.text[i]
		i++
	}
	if i >= len(d.text) {
		return "", errUnusual
	}
	if d.text[i] == '"' {
		d.at = i + 1
		s := d.text[start:i]
		if high >= utf8.RuneSelf && !utf8.ValidString(s) {
			return "", errUnusual
		}
		return s, nil
	}
	if d.text[i] != '\\' {
		return "", errUnusual
	}
	for i < len(d.text) && d.text[i] != '"' {
		if d.text[i] == '\\' {
			i++
		}
		i++
	}
	if i >= len(d.text) {
		return "", errUnusual
	}
	d.at = i + 1
	var s string
	if json.Unmarshal([]byte(d.text[start-1:d.at]), &s) != nil {
		return "", errUnusual
	}
	return s, nil
}

// number passes over a number and returns its text.
func (d *lineDecoder) number() (string, error) {
	start := d.at
	digits := func() bool {
		from := d.at
		for d.at < len(d.text) && d.text[d.at] >= '0' && d.text[d.at] <= '9' {
			d.at++
		}
		return d.at > from
	}
	if d.peek() == '-' {
		d.at++
	}
	zero := d.peek() == '0'
	from := d.at
	if !digits() || zero && d.at > from+1 {
		return "", errUnusual
	}
	if d.peek() == '.' {
		d.at++
		if !digits() {
			return "", errUnusual
		}
	}
	if c := d.peek(); c == 'e' || c == 'E' {
		d.at++
		if c := d.peek(); c == '+' || c == '-' {
			d.at++
		}
		if !digits() {
			return "", errUnusual
		}
	}
	return d.text[start:d.at], nil
}

func (d *lineDecoder) word(word string) error {
	if !strings.HasPrefix(d.text[d.at:], word) {
		return errUnusual
	}
	d.at += len(word)
	return nil
}

// skip passes over one value, and holds it to the grammar all the same.
func (d *lineDecoder) skip() error {
	switch d.peek() {
	case '{':
		return d.object(d.skipField)
	case '[':
		return d.list(d.skip)
	case '"':
		_, err := d.string()
		return err
	case 't':
		return d.word("true")
	case 'f':
		return d.word("false")
	case 'n':
		return d.word("null")
	}
	_, err := d.number()
	return err
}

func (d *lineDecoder) skipField(string) error { return d.skip() }

var nothingWanted = &inventory.Projection{}

var everythingWanted = &inventory.Projection{All: true}

// value builds what is wanted of one value.
func (d *lineDecoder) value(wanted *inventory.Projection) (any, error) {
	switch d.peek() {
	case '{':
		out := d.newObject()
		err := d.object(func(key string) error {
			below := wanted
			if !wanted.All {
				if below = wanted.Fields[key]; below == nil {
					return d.skip()
				}
			}
			v, err := d.value(below)
			out[key] = v
			return err
		})
		return out, err
	case '[':
		below := wanted
		if !wanted.All {
			if below = wanted.Elem; below == nil {
				below = nothingWanted
			}
		}
		first := len(d.items)
		err := d.list(func() error {
			v, err := d.value(below)
			d.items = append(d.items, v)
			return err
		})
		return d.newList(first), err
	case '"':
		s, err := d.string()
		if strings.HasPrefix(s, "(") {
			return reveal(s), err
		}
		return s, err
	case 't':
		return true, d.word("true")
	case 'f':
		return false, d.word("false")
	case 'n':
		return nil, d.word("null")
	}
	n, err := d.number()
	if err != nil {
		return nil, err
	}
	if i, err := strconv.ParseInt(n, 10, 64); err == nil {
		return i, nil
	}
	return inventory.Normal(json.Number(n))
}

// tags reads an object of texts and returns the wanted ones of them.
func (d *lineDecoder) tags(wanted *inventory.Projection) (tags map[string]string, unknown map[string]*inventory.Unknown, err error) {
	if wanted == nil {
		wanted = nothingWanted
	}
	if d.again != nil {
		tags = d.again.tags
	} else {
		tags = map[string]string{}
	}
	err = d.object(func(key string) error {
		value, err := d.string()
		if err != nil || !wanted.All && wanted.Fields[key] == nil {
			return err
		}
		if u, isUnknown := reveal(value).(*inventory.Unknown); isUnknown {
			if unknown == nil {
				unknown = map[string]*inventory.Unknown{}
			}
			unknown[key] = u
			return nil
		}
		tags[key] = value
		return nil
	})
	return tags, unknown, err
}

// resource makes r the resource of a line, with the wanted properties and tags.
func (l *line) resource(r *inventory.Resource, wanted inventory.Wanted, observed string) error {
	if l.typ == "" || l.id == "" {
		return errUnusual
	}
	*r = inventory.Resource{
		Ref: inventory.Ref{Account: l.account, Region: l.region, Type: l.typ, ID: l.id},
		ARN: l.arn, Name: l.name, State: l.state, Foreign: l.foreign, Observed: observed,
	}
	if l.created != "" {
		at, err := time.Parse(time.RFC3339, l.created)
		if err != nil {
			return errUnusual
		}
		r.Created = at.UTC()
	}
	if l.unread != "" && l.unread != "[]" && l.unread != "null" {
		if json.Unmarshal([]byte(l.unread), &r.Unread) != nil {
			return errUnusual
		}
	}
	properties := wanted.Properties
	if properties == nil {
		properties = nothingWanted
	}
	decoded := l.decoded
	mayTellState := l.state == "" && (strings.Contains(l.properties, `State"`) || strings.Contains(l.properties, `Status"`) || strings.Contains(l.properties, `\u`))
	if l.tags == "" || mayTellState { // they stand in the properties, wanted or not
		properties, decoded = everythingWanted, nil
	}
	switch l.properties {
	case "", "null":
		if !r.IsUnread("") {
			r.Unread = append(r.Unread, "")
		}
	default:
		if l.guess != l.typ || decoded == nil {
			var err error
			d := lineDecoder{text: l.properties}
			if decoded, err = d.value(properties); err != nil {
				return err
			}
		}
		all, ok := decoded.(map[string]any)
		if !ok {
			return errUnusual
		}
		t, _ := schema.Lookup(l.typ)
		r.Properties = schema.Coerce(t, all)
	}
	if mayTellState {
		r.State = inventory.LifecycleState(l.typ, r.Properties)
	}
	return l.tagsOf(r, wanted.Tags)
}

func (l *line) tagsOf(r *inventory.Resource, wanted *inventory.Projection) error {
	switch {
	case l.tags == "null":
		return nil
	case l.tags == "":
		if t, _ := schema.Lookup(r.Ref.Type); r.Properties != nil {
			tagsInProperties(r, t)
		}
		return nil
	}
	if l.texts != nil && l.guess == l.typ {
		r.Tags, r.UnknownTags = l.texts, l.unknownTags
		return nil
	}
	d := lineDecoder{text: l.tags}
	var err error
	r.Tags, r.UnknownTags, err = d.tags(wanted)
	return err
}

// textsOf calls visit with the texts of a line that was read before, keys left aside.
func textsOf(text string, visit func(text string, isUnknown bool)) {
	for {
		start := strings.IndexByte(text, '"')
		if start < 0 {
			return
		}
		d := lineDecoder{text: text, at: start}
		s, err := d.string()
		if err != nil {
			return
		}
		d.space()
		if d.peek() != ':' {
			isUnknown := false
			if strings.HasPrefix(s, "(") {
				_, isUnknown = reveal(s).(*inventory.Unknown)
			}
			visit(s, isUnknown)
		}
		text = text[d.at:]
	}
}

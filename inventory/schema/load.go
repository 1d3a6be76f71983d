package schema

import (
	"bytes"
	"compress/flate"
	_ "embed" // schemas.bin
	"encoding/binary"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
)

// schemas.bin is written by generate.py (`make schemas-check` keeps it honest):
//
//	"pcfschm1"                                  8 bytes
//	length of dictionary, of names, types       3 × uint32, little endian
//	dictionary                                  preset dictionary of every blob
//	names                                       sorted, separated by newlines
//	offsets of the blobs, and their end         (types+1) × uint32
//	blobs                                       raw deflate of one JSON document per type
//
// The program embeds it as a string, so that a type that nobody asks for costs no more
// than its bytes in the binary.
//
//go:embed schemas.bin
var file string

const (
	magic      = "pcfschm1"
	headerSize = len(magic) + 3*4
)

// An index finds the blob of a type.
type index struct {
	dictionary []byte
	names      []string
	offsets    string // undecoded: two of them are read per lookup
	blobs      string
}

// openIndex splits the file; it runs once, on the first question.
var openIndex = sync.OnceValue(func() index {
	if len(file) < headerSize || !strings.HasPrefix(file, magic) {
		return index{} // TestEveryType would have failed this build
	}
	rest := file[len(magic):]
	number := func() (n int) {
		n = int(binary.LittleEndian.Uint32([]byte(rest[:4])))
		rest = rest[4:]
		return n
	}
	cut := func(n int) (s string) {
		s, rest = rest[:n], rest[n:]
		return s
	}
	dictionary, names, types := number(), number(), number()
	return index{
		dictionary: []byte(cut(dictionary)),
		names:      strings.Split(cut(names), "\n"),
		offsets:    cut(4 * (types + 1)),
		blobs:      rest,
	}
})

// blob returns the uncompressed JSON of the i-th type.
func (x index) blob(i int) ([]byte, error) {
	at := func(i int) uint32 { return binary.LittleEndian.Uint32([]byte(x.offsets[4*i : 4*i+4])) }
	r := flate.NewReaderDict(strings.NewReader(x.blobs[at(i):at(i+1)]), x.dictionary)
	return io.ReadAll(r)
}

func names() []string { return openIndex().names }

// decoded holds the types in use, by name.
var decoded sync.Map

func lookup(name string) (*Type, bool) {
	if t, ok := decoded.Load(name); ok {
		return t.(*Type), true
	}
	x := openIndex()
	i, ok := slices.BinarySearch(x.names, name)
	if !ok {
		return nil, false
	}
	blob, err := x.blob(i)
	if err != nil {
		return nil, false
	}
	t, err := decode(name, blob)
	if err != nil {
		return nil, false
	}
	// Two first users may both decode; everyone gets the same one.
	kept, _ := decoded.LoadOrStore(name, t)
	return kept.(*Type), true
}

// typeFacts is the JSON document of one type: path lists, and the table of nodes, in
// which the root stands first and nodes refer to each other by number.
type typeFacts struct {
	Nodes           []nodeFacts
	Primary         []string
	Additional      [][]string
	ReadOnly        []string
	WriteOnly       []string
	CreateOnly      []string
	MaybeCreateOnly []string
	Deprecated      []string
	Transforms      map[string]string
	Taggable        bool
	TagProperty     string
	TagUpdatable    bool
}

type nodeFacts struct {
	Kinds    Kind
	Props    map[string]int
	Values   *int
	Items    *int
	Open     bool
	Required []string
	Order    Order
	Unique   bool
	Enum     []any
	Default  json.RawMessage
	Format   string
	Name     string
}

func decode(name string, blob []byte) (*Type, error) {
	var facts typeFacts
	d := json.NewDecoder(bytes.NewReader(blob))
	d.UseNumber()
	if err := d.Decode(&facts); err != nil {
		return nil, err
	}
	nodes := make([]Node, len(facts.Nodes)) // all first: nodes refer forward and back
	for i, f := range facts.Nodes {
		n := &nodes[i]
		*n = Node{
			Kinds: f.Kinds, Open: f.Open, Required: f.Required, Order: f.Order,
			UniqueItems: f.Unique, Format: f.Format, Name: f.Name,
		}
		if f.Props != nil {
			n.Properties = make(map[string]*Node, len(f.Props))
			for name, at := range f.Props {
				n.Properties[name] = &nodes[at]
			}
		}
		if f.Values != nil {
			n.Values = &nodes[*f.Values]
		}
		if f.Items != nil {
			n.Items = &nodes[*f.Items]
		}
		for _, v := range f.Enum {
			n.Enum = append(n.Enum, plain(v))
		}
		if f.Default != nil {
			d := json.NewDecoder(bytes.NewReader(f.Default))
			d.UseNumber()
			var v any
			if err := d.Decode(&v); err != nil {
				return nil, err
			}
			n.Default, n.HasDefault = plain(v), true
		}
	}
	return &Type{
		Name: name, Root: &nodes[0],
		PrimaryIdentifier: facts.Primary, AdditionalIdentifiers: facts.Additional,
		ReadOnly: facts.ReadOnly, WriteOnly: facts.WriteOnly,
		CreateOnly: facts.CreateOnly, ConditionalCreateOnly: facts.MaybeCreateOnly,
		Deprecated: facts.Deprecated, Required: nodes[0].Required, Transforms: facts.Transforms,
		Taggable: facts.Taggable, TagProperty: facts.TagProperty, TagUpdatable: facts.TagUpdatable,
	}, nil
}

// plain turns the numbers of a decoded JSON value into int64 and float64.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64() // a number that is no int64; JSON has no other kind
		if i := int64(f); float64(i) == f && f > -1<<53 && f < 1<<53 {
			return i // 1.0 and 1e3 are integers
		}
		return f
	case []any:
		for i, e := range v {
			v[i] = plain(e)
		}
	case map[string]any:
		for k, e := range v {
			v[k] = plain(e)
		}
	}
	return v
}

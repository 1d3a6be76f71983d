package relation

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// found is one reference as the walk meets it.
type found struct {
	path, kind string
	to         int32 // index of the target in index.nodes
	// mirror is true for a value that the table does not know and that AWS computes
	// (read-only). Many of these repeat from the other side what another resource says: a
	// VPC names its default security group, which names its VPC. Resolve drops it in that
	// case, because it would make a circle of two resources that do not need each other.
	mirror bool
}

// A walker finds the references of one resource.
type walker struct {
	*index
	from  *inventory.Resource
	form  *form
	parts []string // where the walk is: the escaped parts of the pointer
	found []found
}

func (w *walker) walk() []found {
	var root *schema.Node
	if w.form.schema != nil {
		root = w.form.schema.Root
	}
	w.value(w.from.Properties, root, w.form.hints)
	tags := w.form.hints.below["Tags"]
	for name, value := range w.from.Tags {
		w.parts = append(w.parts[:0], "Tags", schema.EscapePointer(name))
		w.leaf(value, nil, tags.child(name))
	}
	return w.found
}

// value walks a value, together with its node in the schema and its place in the
// table; both are nil where nothing is known.
func (w *walker) value(v any, n *schema.Node, h *hints) {
	if h != nil && h.tags {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			child, _ := n.Child(name)
			w.parts = append(w.parts, schema.EscapePointer(name))
			w.value(e, child, h.child(name))
			w.parts = w.parts[:len(w.parts)-1]
		}
	case []any:
		var items *schema.Node
		if n != nil {
			items = n.Items
		}
		for i, e := range v {
			w.parts = append(w.parts, strconv.Itoa(i))
			w.value(e, items, h.child("*"))
			w.parts = w.parts[:len(w.parts)-1]
		}
	case string:
		w.leaf(v, n, h)
	}
}

// leaf asks the sources in the order of their strength.
func (w *walker) leaf(text string, n *schema.Node, h *hints) {
	if text == "" {
		return
	}
	if h != nil {
		for _, e := range h.edges {
			kind := e.kind
			if e.ownGoesAlong && w.from.Foreign != "" {
				kind = Implicit
			}
			w.add(w.resolve(w.from, e.to, text), kind, true)
		}
	}
	if typ, ok := formatType(n); ok {
		w.add(w.resolve(w.from, typ, text), Soft, false)
	}
	w.byValue(text)
}

// byValue adds what the text refers to wherever it stands.
func (w *walker) byValue(text string) {
	if strings.HasPrefix(text, "arn:") {
		w.add(w.arns[text], Soft, false)
		return
	}
	if start := strings.TrimLeft(text, " \t\r\n"); strings.HasPrefix(start, "{") || strings.HasPrefix(start, "[") {
		// A JSON text: a policy, a state machine's definition.
		var document any
		if json.Unmarshal([]byte(text), &document) == nil {
			w.document(document)
		}
		return
	}
	for i := 0; i < min(len(text), longestPrefix); i++ {
		if text[i] != '-' {
			continue
		}
		for _, typ := range typedIDs[text[:i+1]] {
			w.add(w.named(w.from, typ, text), Soft, false)
		}
	}
}

// longestPrefix bounds where the last hyphen of a typed prefix may stand.
const longestPrefix = len("cvpn-endpoint-")

// document adds what the strings of a decoded JSON text refer to. The pointer of all of
// them is that of the text.
func (w *walker) document(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			w.document(e)
		}
	case []any:
		for _, e := range v {
			w.document(e)
		}
	case string:
		w.byValue(v)
	}
}

// add notes a reference of the leaf to each target. It does nothing when the resource
// itself is one of them, because then the property says what the resource is and not what
// it refers to.
func (w *walker) add(targets []int32, kind string, curated bool) {
	for _, t := range targets {
		if w.nodes[t].Ref == w.from.Ref {
			return
		}
	}
	if len(targets) == 0 {
		return
	}
	path := "/" + strings.Join(w.parts, "/")
	mirror := !curated && w.form.schema != nil && w.form.schema.IsReadOnly(path)
	for _, t := range targets {
		w.found = append(w.found, found{path: path, kind: kind, to: t, mirror: mirror})
	}
}

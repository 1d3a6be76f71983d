package aws

import (
	"encoding/json"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// plain turns an SDK value into what inventory.Properties holds: structs become objects
// under the names of their fields (which are the API's names), times RFC 3339 text, and
// nil pointers, nil lists and empty enumerations nothing at all. A pointer to an empty
// text stays an empty text: the service said so.
func plain(v any) any { return plainValue(reflect.ValueOf(v)) }

var timeType = reflect.TypeFor[time.Time]()

func plainValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return plainValue(v.Elem())
	case reflect.Struct:
		if v.Type() == timeType {
			return v.Interface().(time.Time).UTC().Format(time.RFC3339)
		}
		object := map[string]any{}
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() || field.Name == "ResultMetadata" {
				continue
			}
			if e := plainValue(v.Field(i)); e != nil {
				object[field.Name] = e
			}
		}
		return object
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			list = append(list, plainValue(v.Index(i)))
		}
		return list
	case reflect.Map:
		if v.IsNil() || v.Type().Key().Kind() != reflect.String {
			return nil
		}
		object := make(map[string]any, v.Len())
		for entries := v.MapRange(); entries.Next(); {
			if e := plainValue(entries.Value()); e != nil {
				object[entries.Key().String()] = e
			}
		}
		return object
	case reflect.String:
		if v.Len() == 0 && v.Type().PkgPath() != "" {
			return nil // an enumeration that the service did not fill
		}
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Float32, reflect.Float64:
		n, _ := inventory.Normal(v.Float()) // a float64 is always normal
		return n
	}
	return nil // what no property is made of: bytes, functions, unknown union members
}

// document parses a JSON text, such as a policy; percent says that the service sends it
// percent-encoded, as IAM does. A text that is no JSON stays text: it is what is there.
func document(text *string, percent bool) any {
	if text == nil {
		return nil
	}
	s := *text
	if percent {
		if decoded, err := url.PathUnescape(s); err == nil {
			s = decoded
		}
	}
	decoder := json.NewDecoder(strings.NewReader(s))
	decoder.UseNumber()
	var parsed any
	if decoder.Decode(&parsed) != nil || decoder.More() {
		return s
	}
	normal, err := inventory.Normal(parsed)
	if err != nil {
		return s
	}
	return normal
}

// tagMap reads the tags of any service: a list of structs with Key and Value (KMS says
// TagKey and TagValue) or a map.
func tagMap(tags any) map[string]string {
	found := map[string]string{}
	switch tags := plain(tags).(type) {
	case []any:
		for _, e := range tags {
			tag, _ := e.(map[string]any)
			for _, prefix := range []string{"", "Tag"} {
				if key, is := tag[prefix+"Key"].(string); is {
					found[key], _ = tag[prefix+"Value"].(string)
				}
			}
		}
	case map[string]any:
		for key, value := range tags {
			found[key], _ = value.(string)
		}
	}
	return found
}

// A form is what a reader's declaration means under the schema of its type. It is made
// once per scan and reader.
type form struct {
	schema   *schema.Type
	unread   []string // shared by all resources
	observed string
	reads    tree
}

// tree holds the pointers of Reads by their parts. nil, where a pointer ends, includes
// everything below.
type tree map[string]tree

func (t tree) add(parts []string) {
	below, there := t[parts[0]]
	switch {
	case len(parts) == 1:
		t[parts[0]] = nil
	case !there:
		below = tree{}
		t[parts[0]] = below
		below.add(parts[1:])
	case below != nil:
		below.add(parts[1:])
	}
}

func (r *Reader) form() *form {
	f := &form{reads: tree{}, observed: strings.Join(slices.Sorted(maps.Keys(r.Calls)), ", ")}
	f.schema, _ = schema.Lookup(r.Type) // the catalogue test holds every type to have one
	if f.schema != nil {
		f.unread = f.schema.Unread(r.Reads)
	}
	for _, pointer := range slices.Concat(r.Reads, r.Derives) {
		f.reads.add(schema.SplitPointer(pointer))
	}
	return f
}

// properties keeps what the reader declares and the schema knows, in the schema's kinds.
func (f *form) properties(v map[string]any) inventory.Properties {
	if f.schema == nil {
		return v
	}
	kept, _ := keep(f.schema.Root, f.reads, v).(map[string]any)
	return schema.Coerce(f.schema, kept)
}

func keep(n *schema.Node, reads tree, v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, e := range v {
			below, declared := reads.child(name)
			child, known := n.Child(name)
			if declared && e != nil && (known || n == nil || n.Open) {
				kept[name] = keep(child, below, e)
			}
		}
		return kept
	case []any:
		var items *schema.Node
		if n != nil {
			items = n.Items
		}
		below, _ := reads.child("*")
		kept := make([]any, len(v))
		for i, e := range v {
			kept[i] = keep(items, below, e)
		}
		return kept
	}
	return v
}

// child goes one part down.
func (t tree) child(part string) (below tree, declared bool) {
	if t == nil {
		return nil, true
	}
	if below, declared = t[part]; declared {
		return below, true
	}
	below, declared = t["*"]
	return below, declared
}

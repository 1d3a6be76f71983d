package drift

import (
	"encoding/json"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// documents are names of properties that hold a JSON document, also where the schema only
// says that they are text.
var documents = []string{
	"PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy", "ResourcePolicy", "RepositoryPolicyText", "Policy",
	"AccessPolicies", "FileSystemPolicy", "DefinitionString", "DashboardBody", "LifecyclePolicyText", "RuleBody", "PipelineDefinitionBody",
}

// isDocument reports whether the values at a spot are documents: the schema takes a text
// or an object there, or says that the text is JSON, or the name says so. Never inside a
// free-form map: the text of an environment variable is the program's own.
func (c *comparison) isDocument(s spot, declared, live any) bool {
	if s.free || s.element {
		return false
	}
	named := slices.Contains(documents, s.name)
	if s.node != nil {
		k := s.node.Kinds
		if k&schema.String == 0 && (s.node.Properties != nil || k&schema.Array != 0) { // spelled out by the schema
			return named && isPolicy(declared) && isPolicy(decode(live))
		}
		if k == schema.Any || k&schema.String == 0 {
			return named && holdsJSON(declared) && holdsJSON(live)
		}
		if k&schema.Object != 0 || s.node.Format == "json" {
			return true
		}
	}
	return named && holdsJSON(declared) && holdsJSON(live)
}

func holdsJSON(v any) bool {
	switch decode(v).(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

// decode returns the value that a JSON text holds, also a URL-encoded one as IAM returns
// it; anything else stays as it is.
func decode(v any) any {
	text, is := v.(string)
	if !is {
		return v
	}
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "%7B") || strings.HasPrefix(text, "%7b") || strings.HasPrefix(text, "%5B") || strings.HasPrefix(text, "%5b") {
		if plain, err := url.PathUnescape(text); err == nil {
			text = strings.TrimSpace(plain)
		}
	}
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return v
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var decoded any
	if d.Decode(&decoded) != nil {
		return v
	}
	if _, err := d.Token(); err != io.EOF {
		return v // more than one value: not a document
	}
	normal, err := inventory.Normal(decoded)
	if err != nil {
		return v
	}
	return normal
}

// document compares two documents as a whole: a document is one value, so what is added
// to it live is a difference, unlike in an object of properties.
func (c *comparison) document(s spot, declared, live any) (out delta) {
	d, l := decode(declared), decode(live)
	if because, hidden := holdsHidden(l); hidden {
		return concealed(s, declared, because)
	}
	_, textD := d.(string)
	_, textL := l.(string)
	switch {
	case isPolicy(d) && (isPolicy(l) || blank(l)):
		out = c.policy(s, d.(map[string]any), l)
	case !textD && !textL:
		out = c.closed(s, d, l)
	default:
		out.declared, out.compared = 1, 1
		if x, y := strings.TrimSpace(text(d)), strings.TrimSpace(text(l)); !textD || !textL || x != y {
			out.change(s, declared, live)
		}
	}
	_, wasText := declared.(string)
	_, isText := live.(string)
	if !out.differs() && (wasText || isText) && canonical(declared) != canonical(live) {
		out.note(s, PassDocument)
	}
	return out
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// closed compares two JSON values in which everything counts, element by element.
func (c *comparison) closed(s spot, declared, live any) (out delta) {
	if u, is := declared.(*inventory.Unknown); is {
		return c.unknown(s, u, live)
	}
	inside := s
	inside.node = nil
	switch d := declared.(type) {
	case map[string]any:
		l, is := live.(map[string]any)
		if !is {
			break
		}
		names := slices.Collect(maps.Keys(d))
		for name := range l {
			if _, has := d[name]; !has {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			v, declaredHere := d[name]
			w, livesHere := l[name]
			switch {
			case declaredHere && livesHere:
				out.add(c.closed(inside.property(name), v, w))
			case declaredHere && v != nil:
				out.declared += leaves(v)
				out.compared += leaves(v)
				out.change(inside.property(name), v, nil)
			case livesHere && w != nil:
				out.change(inside.property(name), nil, w)
			}
		}
		return out
	case []any:
		l, is := live.([]any)
		if !is || len(l) != len(d) {
			break
		}
		for i := range d {
			out.add(c.closed(inside.index(strconv.Itoa(i)), d[i], l[i]))
		}
		return out
	default:
		out.declared, out.compared = 1, 1
		if !same(declared, live) && !sameScalar(nil, declared, live) {
			out.change(s, declared, live)
		}
		return out
	}
	out.declared, out.compared = leaves(declared), leaves(declared)
	out.change(s, declared, live)
	return out
}

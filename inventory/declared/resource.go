package declared

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// particle builds one declared unit: its properties are evaluated, brought into the kinds
// of the schema and held against it. props may be nil.
func (e *evaluator) particle(h *home, typ, name string, at inventory.Position, props *node) *inventory.Particle {
	app := h.app
	p := &inventory.Particle{
		App: app.Name, Environment: app.Environment, Version: app.Version, Name: name,
		State: inventory.Running, Manage: h.manage, Targets: app.Targets,
		Stack: cmp.Or(h.stack, stem(e.doc.file)),
	}
	res := &inventory.Resource{
		Ref:       inventory.Ref{Partition: cmp.Or(e.r.opt.Partition, "aws"), Type: typ},
		LogicalID: name, Observed: e.doc.file, Declared: true, Position: at,
	}
	if app.Name != "" {
		res.Owned = inventory.Ownership{Class: "owned", App: app.Name, Environment: app.Environment, Version: app.Version, Particle: name}
	}
	p.Resource = res
	clear(e.refers)
	e.fill(res, props)
	delete(e.refers, name)
	p.Refers = slices.Sorted(maps.Keys(e.refers))
	return p
}

// fill evaluates the properties of a resource.
func (e *evaluator) fill(res *inventory.Resource, props *node) {
	t, _ := schema.Lookup(res.Ref.Type)
	rec := newRecord()
	rec.schema = t
	res.Properties = inventory.Properties{}
	if props != nil && props.kind != nullNode {
		switch v := e.eval(props, rec, "").(type) {
		case map[string]any:
			res.Properties = v
		case *inventory.Unknown: // nothing is known of what a macro returns
			res.Unread, res.UnreadBecause = []string{""}, v.Because
		case absent:
		default:
			e.r.want(e.doc, props, "the properties of "+res.LogicalID, "a mapping")
		}
	}
	if e.exhausted { // a fault says so; what was read of it costs more than it tells
		res.Properties, res.Unread, res.UnreadBecause = inventory.Properties{}, []string{""}, tooLarge
		rec = newRecord()
		rec.schema = t
	}
	e.settle(t, res, rec)
}

// settle brings evaluated properties into the kinds of the schema, holds them against it,
// and sets what follows from them.
func (e *evaluator) settle(t *schema.Type, res *inventory.Resource, rec *record) {
	if t != nil {
		wrapped := map[string]bool{}
		wrapSingletons(t.Root, "", res.Properties, wrapped)
		rec.wrap(wrapped)
		literals(t, res.Properties, rec)
		res.Properties = schema.Coerce(t, res.Properties)
	}
	res.Positions, res.Written = rec.positions, rec.written
	if len(res.Unread) == 0 {
		res.Tags, res.UnknownTags = inventory.TagsOf(t, res.Properties)
	}
	e.problems(t, res)
	res.Ref.ID, _ = inventory.Identifier(t, res.Properties)
	res.Name = inventory.NameOf(t, res.Properties, res.Tags)
}

// wrapSingletons makes a list of one out of an object that stands where a list of objects
// is wanted, as CloudFormation does, and notes its pointer in wrapped. A mapping that has
// no key of such an object was meant as something else, and stays.
func wrapSingletons(n *schema.Node, at string, v any, wrapped map[string]bool) {
	each := func(child *schema.Node, part string, e any) any {
		place := at + "/" + schema.EscapePointer(part)
		object, is := e.(map[string]any)
		if is && child.Kinds&(schema.Array|schema.Object) == schema.Array && isElement(child.Items, object) {
			wrapped[place] = true
			wrapSingletons(child.Items, place, object, wrapped)
			return []any{object}
		}
		wrapSingletons(child, place, e, wrapped)
		return e
	}
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			if child, ok := n.Child(name); ok {
				v[name] = each(child, name, e)
			}
		}
	case []any:
		if n.Items != nil {
			for i, e := range v {
				v[i] = each(n.Items, strconv.Itoa(i), e)
			}
		}
	}
}

func isElement(n *schema.Node, object map[string]any) bool {
	if n == nil || n.Kinds&schema.Object == 0 {
		return false
	}
	for name := range object {
		if _, ok := n.Properties[name]; ok {
			return true
		}
	}
	return n.Open || n.Values != nil
}

// wrap moves what is known of the places below wrapped singletons to their element 0.
func (rec *record) wrap(wrapped map[string]bool) {
	if len(wrapped) == 0 {
		return
	}
	positions, texts := map[string]inventory.Position{}, map[string]string{}
	for pointer, p := range rec.positions {
		moved := wrappedPointer(pointer, wrapped)
		positions[moved] = p
		if wrapped[pointer] {
			positions[moved+"/0"] = p
		}
	}
	for pointer, text := range rec.literals {
		texts[wrappedPointer(pointer, wrapped)] = text
	}
	written := map[string][]string{}
	for pointer, pieces := range rec.written {
		written[wrappedPointer(pointer, wrapped)] = pieces
	}
	rec.positions, rec.literals, rec.written = positions, texts, written
}

// wrappedPointer inserts the index 0 behind every wrapped ancestor of a place.
func wrappedPointer(pointer string, wrapped map[string]bool) string {
	var out strings.Builder
	for i := range len(pointer) {
		if pointer[i] == '/' && wrapped[pointer[:i]] {
			out.WriteString("/0")
		}
		out.WriteByte(pointer[i])
	}
	return out.String()
}

// newer is the hint for a name that resembles none that the schemas know.
const newer = "it may be newer than this version of pcf-scan"

// problems tells what the schema doubts. What CloudFormation is certain to refuse is a
// fault. A property that resembles none may be newer than the schemas; then the absent
// properties beside it are not known to be unset, because it may do what they would.
func (e *evaluator) problems(t *schema.Type, res *inventory.Resource) {
	for _, problem := range schema.Problems(t, res.Properties) {
		at := res.PositionOf(problem.Pointer)
		message := fmt.Sprintf("%s (%s): %s at %s", res.LogicalID, res.Ref.Type, problem.Message, problem.Pointer)
		v, _ := inventory.At(res.Properties, problem.Pointer)
		n, declarable := t.At(problem.Pointer)
		hint := ""
		if problem.Meant != "" {
			hint = "did you mean " + problem.Meant + "?"
		}
		switch {
		case !e.rewritten && (problem.Meant != "" || declarable && refused(n, v)):
			e.r.fault(at, message, hint)
		case declarable:
			e.r.warn(at, message, "")
		default:
			e.r.warn(at, message, cmp.Or(hint, newer))
			parent := problem.Pointer[:strings.LastIndexByte(problem.Pointer, '/')]
			if res.UnreadBecause == "" {
				res.UnreadBecause = "it stands beside a property that the schema does not know: " + problem.Pointer
			}
			object, _ := inventory.At(res.Properties, parent)
			if n, ok := t.At(parent); ok {
				for name := range n.Properties {
					pointer := parent + "/" + schema.EscapePointer(name)
					if _, set := inventory.At(object, "/"+schema.EscapePointer(name)); !set && pointer != t.TagProperty {
						res.Unread = append(res.Unread, pointer)
					}
				}
			}
		}
	}
	slices.Sort(res.Unread)
	res.Unread = slices.Compact(res.Unread)
}

// refused reports whether CloudFormation is certain to refuse a value of the wrong kind:
// text is read as what it says, but a list or an object is never a scalar, nor is it the
// other of the two, and no scalar is an object.
func refused(n *schema.Node, v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return n.Kinds == schema.Object && !n.Open
}

// unknownType says what is wrong with a type that no schema describes, and what was
// probably meant.
func unknownType(typ string) (message, hint string) {
	if near := nearType(typ); near != "" {
		hint = "did you mean " + near + "?"
	}
	return "unknown resource type " + typ, hint
}

// nearType returns the type that was probably meant; "" when none is near. Each part of the
// name is compared by itself: as a whole, any two names of a service resemble each other.
func nearType(typ string) string {
	candidates := schema.Names()
	prefix := ""
	parts := strings.Split(typ, "::")
	if len(parts) != 3 {
		return schema.Suggest(typ, candidates)
	}
	for i, part := range parts {
		var names []string
		for _, c := range candidates {
			if rest, ok := strings.CutPrefix(c, prefix); ok {
				name, _, _ := strings.Cut(rest, "::")
				names = append(names, name)
			}
		}
		near := schema.Suggest(part, slices.Compact(names))
		if slices.Contains(names, part) {
			near = part
		}
		if near == "" {
			return ""
		}
		prefix += near
		if i < 2 {
			prefix += "::"
		}
	}
	return prefix
}

// isCustom reports whether a type is the user's own and has no published schema.
func isCustom(typ string) bool {
	return strings.HasPrefix(typ, "Custom::") || typ == "AWS::CloudFormation::CustomResource"
}

// skips reads `skip:` of a particle, or of the metadata of a template resource.
func (r *reading) skips(d *document, list *node) []inventory.Skip {
	if list == nil || list.kind == nullNode {
		return nil
	}
	if list.kind != listNode {
		r.want(d, list, "skip", "a list of {rule, reason, expires}")
		return nil
	}
	var skips []inventory.Skip
	for _, item := range list.items {
		if item.kind != mapNode {
			r.want(d, item, "an element of skip", "a mapping with rule, reason and expires")
			continue
		}
		r.unknownKeys(d, item, "skip", "rule", "reason", "expires")
		s := inventory.Skip{Rule: r.literal(d, item, "rule"), Reason: r.literal(d, item, "reason"), Position: d.at(item)}
		if s.Rule == "" {
			r.fault(d.at(item), "a skip names no rule", "write rule: with the id of the rule")
			continue
		}
		if s.Reason == "" {
			r.fault(d.at(item), "a skip gives no reason", "add reason: why the rule does not hold here")
			continue
		}
		expires := item.get("expires")
		s.Expires = r.time(d, expires, "expires")
		if expires != nil && expires.kind != nullNode && s.Expires.IsZero() { // it was meant to end
			continue
		}
		skips = append(skips, s)
	}
	return skips
}

// metadataSkips reads the suppressions in the Metadata of a template resource: ours, and
// those of cfn-guard (https://docs.aws.amazon.com/cfn-guard/latest/ug/) and cfn_nag
// (https://github.com/stelligent/cfn_nag), which name their own rules. The keys of other
// tools are left alone; so are forms of theirs that we do not know.
func (r *reading) metadataSkips(d *document, metadata *node) []inventory.Skip {
	var skips []inventory.Skip
	if own := metadata.get("pcf-scan"); own != nil {
		if own.kind != mapNode {
			r.want(d, own, "the pcf-scan metadata", "a mapping with skip")
		} else {
			r.unknownKeys(d, own, "the pcf-scan metadata", "skip")
			skips = append(skips, r.skips(d, own.get("skip"))...)
		}
	}
	if suppressed := metadata.get("guard").get("SuppressedRules"); suppressed != nil {
		for _, item := range suppressed.items {
			if item.isText() {
				skips = append(skips, inventory.Skip{Rule: item.text, Reason: "suppressed for cfn-guard", Position: d.at(item)})
			}
		}
	}
	if suppressed := metadata.get("cfn_nag").get("rules_to_suppress"); suppressed != nil {
		for _, item := range suppressed.items {
			if id := item.get("id"); id.isText() {
				s := inventory.Skip{Rule: id.text, Reason: "suppressed for cfn_nag", Position: d.at(item)}
				if reason := item.get("reason"); reason.isText() {
					s.Reason = reason.text
				}
				skips = append(skips, s)
			}
		}
	}
	return skips
}

// literal returns the text of a key as it is written, so that version: 1.10 stays 1.10;
// "" when the key is absent or null.
func (r *reading) literal(d *document, n *node, key string) string {
	v := n.get(key)
	switch {
	case v == nil || v.kind == nullNode:
		return ""
	case !v.isScalar():
		r.want(d, v, key, "text")
		return ""
	}
	return v.text
}

// time reads RFC 3339, or a bare date, which is its midnight in UTC; zero for nil.
func (r *reading) time(d *document, n *node, what string) time.Time {
	if n == nil || n.kind == nullNode {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, n.text); err == nil && n.isScalar() {
			return t.UTC()
		}
	}
	r.fault(d.at(n), what+" is no time", "write RFC 3339 (2026-11-01T00:00:00Z) or a date (2026-11-01)")
	return time.Time{}
}

// boolean reads true or false; false for nil.
func (r *reading) boolean(d *document, n *node, what string) bool {
	if n == nil || n.kind == nullNode {
		return false
	}
	if n.kind != boolNode && !isYAMLBoolean(n.text) {
		r.want(d, n, what, "true or false")
		return false
	}
	return strings.EqualFold(n.text, "true") || strings.EqualFold(n.text, "yes") || strings.EqualFold(n.text, "on")
}

package declared

import (
	"cmp"
	"fmt"
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
	e.fill(res, props)
	return p
}

// fill evaluates the properties of a resource.
func (e *evaluator) fill(res *inventory.Resource, props *node) {
	rec := newRecord()
	res.Properties = inventory.Properties{}
	if props != nil && props.kind != nullNode {
		switch v := e.eval(props, rec, "").(type) {
		case map[string]any:
			res.Properties = v
		case *inventory.Unknown: // nothing is known of what a macro returns
			res.Unread = []string{""}
		case absent:
		default:
			e.r.want(e.doc, props, "the properties of "+res.LogicalID, "a mapping")
		}
	}
	res.Positions = rec.positions
	t, known := schema.Lookup(res.Ref.Type)
	if !known {
		t = nil
	} else {
		literals(t, res.Properties, rec)
		res.Properties = schema.Coerce(t, res.Properties)
		for _, problem := range schema.Problems(t, res.Properties) {
			hint := ""
			if problem.Meant != "" {
				hint = "did you mean " + problem.Meant + "?"
			}
			e.r.warn(res.PositionOf(problem.Pointer), fmt.Sprintf("%s (%s): %s at %s", res.LogicalID, res.Ref.Type, problem.Message, problem.Pointer), hint)
		}
	}
	if len(res.Unread) == 0 {
		res.Tags, res.UnknownTags = inventory.TagsOf(t, res.Properties)
	}
	res.Ref.ID, _ = inventory.Identifier(t, res.Properties)
	res.Name = inventory.NameOf(t, res.Properties, res.Tags)
}

// unknownType says what is wrong with a type that no schema describes, and what was
// probably meant.
func unknownType(typ string) (message, hint string) {
	if near := schema.Suggest(typ, schema.Names()); near != "" {
		hint = "did you mean " + near + "?"
	}
	return "unknown resource type " + typ, hint
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
		s.Expires = r.time(d, item.get("expires"), "expires")
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

package drift

import (
	"maps"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// dangerous are properties that open a door when they are set by hand and nobody declared
// them: rules, policies of a resource, trust, attached and inline policies, public access.
// They count as drift; every other undeclared value is information.
var dangerous = []string{
	"SecurityGroupIngress", "SecurityGroupEgress",
	"Policies", "ManagedPolicyArns", "AssumeRolePolicyDocument",
	"PolicyDocument", "Policy", "ResourcePolicy", "KeyPolicy", "RepositoryPolicyText", "AccessPolicies", "FileSystemPolicy",
	"PublicAccessBlockConfiguration", "PubliclyAccessible", "AccessControl",
}

// undeclared lists the top-level properties that live and are not declared.
func (c *comparison) undeclared(root spot) (out delta) {
	if c.typ == nil {
		return out // without a schema it cannot be told what AWS itself sets
	}
	declared := c.declared
	for _, name := range slices.Sorted(maps.Keys(c.live.Properties)) {
		if _, has := declared[name]; has {
			continue
		}
		s := root.property(name)
		if s.pointer == c.typ.TagProperty && !s.unread.hit() {
			out.add(c.extraTags(s, nil, nil))
		}
		if s.readOnly.hit() || s.writeOnly.hit() || s.unread.hit() || s.pointer == c.typ.TagProperty ||
			slices.Contains(c.typ.PrimaryIdentifier, s.pointer) {
			continue
		}
		live := c.withoutFed(name, c.live.Properties[name])
		if c.live.Ref.Type == securityGroup && ruleLists[name] != "" {
			continue // compared as rules, declared or not
		}
		if blank(live) || c.atDefault(s, live) {
			continue
		}
		change := Change{Path: s.pointer, Live: live, Kind: Undeclared, Info: true}
		if _, hidden := hiddenLive(live); !hidden && slices.Contains(dangerous, name) {
			change.Info, change.Reason = false, "grants access and is not declared"
		}
		out.changes = append(out.changes, change)
	}
	return out
}

// atDefault reports whether a live value is what the resource has when nobody says
// anything. A default in the schema that is a template ("<account-id>") is none.
func (c *comparison) atDefault(s spot, live any) bool {
	if n := s.node; n != nil && n.HasDefault {
		if template, is := n.Default.(string); (!is || !strings.Contains(template, "<")) && (canonical(n.Default) == canonical(live) || sameScalar(n, n.Default, live)) {
			return true
		}
	}
	switch s.name {
	case "PublicAccessBlockConfiguration": // a new bucket blocks all four since April 2023
		block, is := live.(map[string]any)
		for _, name := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if is && block[name] != true {
				return false
			}
		}
		return is
	case "AccessControl":
		return live == "Private"
	case "KeyPolicy":
		return c.isDefaultKeyPolicy(decode(live))
	}
	return false
}

// isDefaultKeyPolicy recognises the policy that KMS gives a key without one: the account
// itself may do everything.
func (c *comparison) isDefaultKeyPolicy(live any) bool {
	if !isPolicy(live) {
		return false
	}
	all := statements(live.(map[string]any))
	if len(all) != 1 {
		return false
	}
	delete(all[0].terms, "Sid")
	standard := readStatement(map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"AWS": c.live.Ref.Account}, "Action": "kms:*", "Resource": "*",
	})
	like, _ := c.sameStatement(standard, all[0])
	return like == equal
}

// tags compares the tags by key. Tags that AWS sets are nobody's declaration, our own
// owner tags are judged as ownership and version, and a further tag is information.
func (c *comparison) tags(s spot) (out delta) {
	declared, unknown := inventory.TagsOf(c.typ, c.declared)
	value := c.declared[s.name]
	if declared == nil {
		out.declared = 1
		out.doubt(s, "which tags are declared is not known")
		return out
	}
	if c.live.Tags == nil || s.unread.hit() {
		if out.declared = len(declared) + len(unknown); out.declared > 0 {
			out.doubt(s, "the tags could not be read")
		}
		return out
	}
	for _, key := range slices.Sorted(maps.Keys(declared)) {
		if apart(key) {
			continue
		}
		out.declared++
		out.compared++
		switch live, has := c.live.Tags[key]; {
		case !has && c.live.UnknownTags[key] != nil:
			out.compared--
			out.doubt(s.property(key), c.live.UnknownTags[key].Because)
		case !has:
			out.change(s.property(key), declared[key], nil)
		case live != declared[key]:
			out.change(s.property(key), declared[key], live)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(unknown)) {
		if apart(key) {
			continue
		}
		if live, has := c.live.Tags[key]; has {
			out.add(c.unknown(s.property(key), unknown[key], live))
			continue
		}
		if u := c.live.UnknownTags[key]; u != nil {
			out.add(concealed(s.property(key), unknown[key], u.Because))
			continue
		}
		out.declared++
		out.compared++
		out.change(s.property(key), unknown[key], nil)
	}
	out.add(c.extraTags(s, declared, unknown))
	out.add(c.tagFlags(s, value))
	return out
}

// extraTags are those that live and are not declared.
func (c *comparison) extraTags(s spot, declared map[string]string, unknown map[string]*inventory.Unknown) (out delta) {
	for _, key := range slices.Sorted(maps.Keys(c.live.Tags)) {
		_, known := declared[key]
		if _, has := unknown[key]; !known && !has && !apart(key) {
			out.changes = append(out.changes, Change{Path: s.property(key).pointer, Live: c.live.Tags[key], Kind: Undeclared, Info: true})
		}
	}
	return out
}

// apart reports whether a tag is judged elsewhere or by nobody.
func apart(key string) bool { return strings.HasPrefix(key, "aws:") || strings.HasPrefix(key, "pcf:") }

// tagFlags compares what a tag carries beside key and value (PropagateAtLaunch).
func (c *comparison) tagFlags(s spot, declared any) (out delta) {
	want, _ := declared.([]any)
	have, _ := c.live.Properties[s.name].([]any)
	for _, e := range want {
		d, _ := e.(map[string]any)
		for _, h := range have {
			l, _ := h.(map[string]any)
			if d["Key"] == nil || !same(d["Key"], l["Key"]) {
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(d)) {
				v, has := l[name]
				if key, is := d["Key"].(string); name != "Key" && name != "Value" && is && !apart(key) {
					out.add(c.value(s.index(key).property(name), d[name], v, has))
				}
			}
		}
	}
	return out
}

package rules

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Skeleton writes a rule file to start from: it loads, and its cases pass. What is to be
// filled in is marked TODO. The check asks for a property of the type, a switch where the
// type has one, that an author will mostly replace. The error names what is wrong with the
// id or the type.
func Skeleton(id, typ string) (string, error) {
	if !kebab.MatchString(id) {
		return "", fmt.Errorf("rule id %q is not in kebab case (as in restricted-ssh)", id)
	}
	t, ok := schema.Lookup(typ)
	if !ok {
		return "", fmt.Errorf("unknown resource type %q%s", typ, didYouMean(typ, schema.Names()))
	}
	check, cases := example(t)
	var b strings.Builder
	fmt.Fprintf(&b, `# Fill in what is marked TODO, then run `+"`pcf-scan rules test FILE` and `pcf-scan rules lint FILE`"+`.
id: %s
title: "TODO: what is true of a compliant resource"
severity: medium # critical, high, medium, low or info
types: [%s]
check: %s # true = compliant
message: "'TODO: what is wrong with this resource'" # CEL as well
remediation: "TODO: what to do about it"
# when: declared                 # judged only where this is true
# params: {most: {type: int, default: 10}}
# controls: {fsbp: [EC2.13]}     # the controls that the rule answers
cases: # run by rules test; at least one that passes and one that fails
`, id, typ, check)
	for _, c := range cases {
		fmt.Fprintf(&b, "  - {name: %s, %s, expect: %s}\n", c.name, c.what, c.expect)
	}
	return b.String(), nil
}

type exampleCase struct{ name, what, expect string }

var plainName = pattern(`^[A-Za-z_][A-Za-z0-9_]*$`)

// example asks for a property that an author can set and a reader can see: a switch, a
// text, anything, or else a tag.
func example(t *schema.Type) (check string, cases []exampleCase) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(t.Root.Properties)) {
		at := "/" + schema.EscapePointer(name)
		if plainName().MatchString(name) && !t.IsReadOnly(at) && !t.IsWriteOnly(at) && at != t.TagProperty && !slices.Contains(t.Deprecated, at) {
			names = append(names, name)
		}
	}
	properties := func(name, value string) string { return fmt.Sprintf("properties: {%s: %s}", name, value) }
	for _, kind := range []schema.Kind{schema.Boolean, schema.String} {
		for _, name := range names {
			n := t.Root.Properties[name]
			if n.Kinds&^schema.Null != kind {
				continue
			}
			if kind == schema.Boolean {
				return fmt.Sprintf("resource.properties.?%s.orValue(false)", name), []exampleCase{
					{"switched on", properties(name, "true"), "pass"},
					{"switched off", properties(name, "false"), "fail"},
					{"nothing said", "properties: {}", "fail"},
					{"not known before deployment", properties(name, "!Unknown a parameter has no value"), "unknown"},
				}
			}
			value := "example"
			if len(n.Enum) > 0 {
				value = fmt.Sprint(n.Enum[0])
			}
			quoted, _ := json.Marshal(value) // a text: cannot fail
			return fmt.Sprintf(`resource.properties.?%s.orValue("") != ""`, name), []exampleCase{
				{"set", properties(name, string(quoted)), "pass"},
				{"nothing said", "properties: {}", "fail"},
				{"not known before deployment", properties(name, "!Unknown a parameter has no value"), "unknown"},
			}
		}
	}
	for _, name := range names {
		var value string
		switch kinds := t.Root.Properties[name].Kinds; {
		case kinds&schema.Object != 0:
			value = "{}"
		case kinds&schema.Array != 0:
			value = "[]"
		case kinds&(schema.Integer|schema.Number) != 0:
			value = "1"
		default:
			continue
		}
		return fmt.Sprintf("has(resource.properties.%s)", name), []exampleCase{
			{"set", properties(name, value), "pass"},
			{"nothing said", "properties: {}", "fail"},
			{"perhaps not there", properties(name, "!Maybe a condition is not known"), "unknown"},
		}
	}
	return `resource.tags.exists(k, k == "owner")`, []exampleCase{
		{"tagged", "tags: {owner: me}", "pass"},
		{"without the tag", "tags: {}", "fail"},
		{"tags that could not be read", "tags: !Unknown the tags could not be read", "unknown"},
	}
}

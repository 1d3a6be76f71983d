package declared

import (
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// TestTerraformMapProperties: every property of the mapping is one that the schema knows
// and that can be declared; folds lead to entries that are there.
func TestTerraformMapProperties(t *testing.T) {
	types := terraformTypes()
	require.Greater(t, len(types), 86, "the embedded file is read")
	for name, spec := range types {
		s, known := schema.Lookup(spec.cfn)
		require.True(t, known, "%s becomes %s", name, spec.cfn)
		checkRows(t, name, s, "", spec.set)
		for _, also := range spec.also {
			s, known := schema.Lookup(also.cfn)
			require.True(t, known, "%s also becomes %s", name, also.cfn)
			checkRows(t, name, s, "", also.set)
		}
		if spec.into != "" {
			require.Contains(t, types, spec.into, name)
			assert.Equal(t, types[spec.into].cfn, spec.cfn, name)
			assert.NotEmpty(t, spec.is, name)
		}
	}
}

func checkRows(t *testing.T, name string, s *schema.Type, base string, rows []tfRow) {
	t.Helper()
	for _, row := range rows {
		at := base
		for _, part := range row.target {
			list, isAppend := strings.CutSuffix(part, "+")
			if at += "/" + list; isAppend {
				at += "/*"
			}
		}
		n, known := s.At(at)
		if !assert.True(t, known, "%s: %s has no %s", name, s.Name, at) {
			continue
		}
		assert.False(t, s.IsReadOnly(at) && !slices.Contains(s.PrimaryIdentifier, at), "%s: %s %s is set by AWS alone", name, s.Name, at)
		element := at
		if n.Items != nil {
			element += "/*"
		}
		for _, source := range row.sources {
			below := at
			if source.hasEach || source.spread != nil {
				below = element
			}
			checkRows(t, name, s, below, source.set)
			checkRows(t, name, s, below, source.spread)
			if source.selfTarget != "" {
				_, known := s.At(below + "/" + source.selfTarget)
				assert.True(t, known, "%s: %s/%s", name, below, source.selfTarget)
			}
			for _, word := range source.enum {
				if text, is := word.(string); is && len(n.Enum) > 0 {
					assert.Contains(t, n.Enum, any(text), "%s: %s", name, at)
				}
			}
		}
	}
}

// planOf writes a plan of single resources: address -> values after the change.
func planOf(t *testing.T, resources map[string]map[string]any, configuration string) string {
	t.Helper()
	var changes []map[string]any
	for _, address := range slices.Sorted(maps.Keys(resources)) {
		typ, name, _ := strings.Cut(address, ".")
		changes = append(changes, map[string]any{
			"address": address, "mode": "managed", "type": typ, "name": name, "provider_name": "registry.terraform.io/hashicorp/aws",
			"change": map[string]any{"actions": []string{"create"}, "before": nil, "after": resources[address], "after_unknown": map[string]any{}, "after_sensitive": map[string]any{}},
		})
	}
	plan := map[string]any{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes, "complete": true, "errored": false}
	if configuration != "" {
		plan["configuration"] = json.RawMessage(configuration)
	}
	text, err := json.MarshalIndent(plan, "", " ")
	require.NoError(t, err)
	return string(text)
}

// TestTerraformTypes maps every attribute that the mapping reads, of every type, with a
// value of the kind that the provider gives it: the result fits the schema, and no row is
// without effect.
func TestTerraformTypes(t *testing.T) {
	text, err := os.ReadFile("testdata/terraform/types.json")
	require.NoError(t, err)
	var values map[string]map[string]any
	require.NoError(t, json.Unmarshal(text, &values))
	aliases := map[string]string{"aws_alb": "aws_lb", "aws_alb_listener": "aws_lb_listener", "aws_alb_target_group": "aws_lb_target_group"}
	for _, name := range slices.Sorted(maps.Keys(terraformTypes())) {
		spec := terraformTypes()[name]
		after := values[cmp.Or(aliases[name], name)]
		t.Run(name, func(t *testing.T) {
			require.NotEmpty(t, after, "the type has a row")
			resources := map[string]map[string]any{name + ".this": after}
			address := name + ".this"
			if spec.into != "" {
				parent := map[string]any{}
				for _, attribute := range spec.is {
					parent[attribute] = "x"
				}
				after[spec.by] = "x"
				address = spec.into + ".parent"
				resources[address] = parent
			}
			d := readOne(t, Options{}, "plan.json", planOf(t, resources, ""))
			assert.Empty(t, texts(d.Faults))
			assert.Empty(t, texts(d.Warnings), "the schema has no doubt")
			assert.Empty(t, d.NotJudged)
			p := particle(t, d, address)
			assert.Equal(t, spec.cfn, p.Resource.Ref.Type)
			for _, row := range spec.set {
				target := "/" + strings.TrimSuffix(strings.Join(row.target, "/"), "+")
				v, set := inventory.At(p.Resource.Properties, target)
				if !set && conditional(row) {
					continue
				}
				assert.True(t, set && v != nil, "%s is set", target)
			}
			for _, also := range spec.also {
				found := slices.ContainsFunc(d.Particles(), func(p *inventory.Particle) bool {
					return p.Resource.Ref.Type == also.cfn && p != particle(t, d, address)
				})
				assert.True(t, found, "there is a %s of its own", also.cfn)
			}
			if s, _ := schema.Lookup(spec.cfn); after["tags"] != nil && spec.into == "" && s.TagProperty != "" {
				assert.Equal(t, map[string]string{"team": "orders"}, p.Resource.Tags)
			}
		})
	}
}

// conditional reports whether a row may rightly be silent: it asks for other values.
func conditional(row tfRow) bool {
	return slices.ContainsFunc(row.sources, func(s *tfSource) bool { return len(s.when)+len(s.unless) > 0 })
}

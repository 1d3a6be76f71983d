package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/declared"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/rules"
)

// ownName is what the resource of a form is called; it is all that may differ in a message.
var ownName = strings.NewReplacer("awscc_own.own", "OWN", "aws_own.own", "OWN", "Own", "OWN", "own-1", "OWN")

// forms are one resource written in each kind of input: a file name and its content.
func forms(t *testing.T, typ string, properties map[string]any) map[string][2]string {
	t.Helper()
	text := func(v any) string {
		data, err := json.Marshal(v)
		require.NoError(t, err)
		return string(data)
	}
	shape, _ := schema.Lookup(typ)
	cloud := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(typ, "AWS::"), "::", "_"))
	resource := map[string]any{"type": typ, "properties": properties}
	return map[string][2]string{
		// YAML holds JSON, so that the texts of the case stay as they are.
		"CloudFormation": {"stack.yaml", "Resources:\n  Own:\n    Type: " + typ + "\n    Properties: " + text(properties) + "\n"},
		"pcf.yaml":       {"pcf.yaml", "app: orders\nversion: 1.0.0\nenvironment: dev\nparticles:\n  Own: " + text(resource) + "\n"},
		"Terraform plan": {"plan.json", text(map[string]any{"format_version": "1.2", "resource_changes": []any{map[string]any{
			"address": "awscc_" + cloud + ".own", "mode": "managed", "type": "awscc_" + cloud, "name": "own",
			"change": map[string]any{"actions": []any{"create"}, "before": nil, "after": inSnakeCase(shape.Root, properties), "after_unknown": map[string]any{"id": true}},
		}}})},
		"live snapshot": {"live.json", text(map[string]any{
			"schemaVersion": 1, "complete": true, "gaps": []any{},
			"scope": map[string]any{"partition": "aws", "accounts": []any{"111122223333"}, "regions": []any{"eu-west-1"}, "types": []any{"*"}},
			"resources": []any{map[string]any{
				"type": typ, "id": "own-1", "account": "111122223333", "region": "eu-west-1", "tags": map[string]any{}, "properties": properties,
			}},
		})},
	}
}

// inSnakeCase writes properties as the provider awscc has them: names in snake case, keys
// of maps as they are, and documents without a shape of their own as JSON text.
func inSnakeCase(n *schema.Node, v any) any {
	switch v := v.(type) {
	case map[string]any:
		if n == nil || len(n.Properties) == 0 && n.Values == nil {
			data, err := json.Marshal(v)
			if err != nil {
				return nil
			}
			return string(data)
		}
		out := map[string]any{}
		for name, e := range v {
			child := n.Properties[name]
			if child == nil {
				out[name] = inSnakeCase(n.Values, e)
				continue
			}
			out[snake(name)] = inSnakeCase(child, e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			var items *schema.Node
			if n != nil {
				items = n.Items
			}
			out[i] = inSnakeCase(items, e)
		}
		return out
	}
	return v
}

func snake(name string) string {
	var out strings.Builder
	letters := []rune(name)
	for i, r := range letters {
		if i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1])) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// judgedIn is what a rule says of the one resource of a type in a file.
func judgedIn(t *testing.T, set *rules.Set, rule *rules.Rule, typ string, form [2]string) (rules.Finding, bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), form[0])
	require.NoError(t, os.WriteFile(path, []byte(form[1]), 0o600))
	d, err := declared.Read(t.Context(), []string{path}, declared.Options{})
	require.NoError(t, err)
	if len(d.Faults) > 0 {
		return rules.Finding{Message: d.Faults[0].Error()}, false
	}
	var all []*inventory.Resource
	for _, p := range d.Particles() {
		all = append(all, p.Resource)
	}
	for _, s := range d.Snapshots {
		all = append(all, s.Resources...)
	}
	world := rules.NewWorld(all, nil, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	for _, r := range all {
		if r.Ref.Type == typ {
			f := set.Judge(world, r)
			if i := slices.IndexFunc(f, func(f rules.Finding) bool { return f.Rule.ID == rule.ID }); i >= 0 {
				return f[i], true
			}
		}
	}
	return rules.Finding{Message: "nothing was judged"}, false
}

// liveDiffers are the rules that say why a live resource is judged otherwise: rules/parity_test.go
// holds the reasons, and holds them to be all.
var liveDiffers = []string{
	"cost-volume-previous-generation", "config-recorder-enabled", "ec2-instance-no-public-ip", "guardduty-enabled-centralized",
	"iam-user-no-policies-check", "rds-automatic-minor-version-upgrade-enabled", "s3-bucket-acl-prohibited", "s3-bucket-public-read-prohibited",
	"s3-bucket-public-write-prohibited", "s3-bucket-server-side-encryption-enabled",
}

// TestOneRuleFourInputs: the same content, written as a template, a pcf.yaml, a Terraform plan
// and a live snapshot, gets the same verdict, the same message and the same path. The
// contents are the pack's own cases.
func TestOneRuleFourInputs(t *testing.T) {
	set, err := rules.Load()
	require.NoError(t, err)
	judged, failing := 0, map[string]bool{}
	for _, rule := range set.Rules() {
		if rule.Scope == "live" || strings.HasPrefix(rule.ID, "jiti-no-hardwired-") {
			continue // they ask for what one side alone has
		}
		alone, err := set.Select(rules.Selection{Rules: []string{rule.ID}})
		require.NoError(t, err)
		for _, c := range rule.Cases {
			typ := c.Resource.Ref.Type
			_, _, open := inventory.HasUnknown(c.Resource.Properties)
			plain := len(c.With) == 0 && c.Params == nil && len(c.Resource.Unread) == 0 && len(c.Resource.Tags) == 0 && !open && c.Resource.State == "" && c.Resource.Created.IsZero()
			if c.Expect != rules.Fail && c.Expect != rules.Pass || !plain || !strings.HasPrefix(typ, "AWS::") || !c.Resource.Declared {
				continue
			}
			all := forms(t, typ, c.Resource.Properties)
			want, ok := judgedIn(t, alone, rule, typ, all["CloudFormation"])
			if !ok || want.Status != c.Expect {
				t.Logf("%s, %s: no template: %s", rule.ID, c.Name, want.Message)
				continue // what no template can say: its own reader refuses it
			}
			judged++
			for _, form := range slices.Sorted(maps.Keys(all)) {
				if form == "live snapshot" && slices.Contains(liveDiffers, rule.ID) {
					continue
				}
				got, ok := judgedIn(t, alone, rule, typ, all[form])
				if !assert.True(t, ok, "%s, %s: %s: %s", rule.ID, c.Name, form, got.Message) {
					continue
				}
				if form == "Terraform plan" && strings.HasPrefix(got.Path, want.Path+"/") {
					got.Path = want.Path // a policy that the case writes as text is read there, and the place inside it is told
				}
				assert.Equal(t, want.Status.String()+": "+ownName.Replace(want.Message)+" at "+want.Path,
					got.Status.String()+": "+ownName.Replace(got.Message)+" at "+got.Path, "%s, %s: %s", rule.ID, c.Name, form)
			}
			if want.Status == rules.Fail {
				failing[rule.ID] = true
			}
		}
	}
	t.Logf("%d cases of %d rules with a defect, each in four forms", judged, len(failing))
	assert.Greater(t, len(failing), 100)
}

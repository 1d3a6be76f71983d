package rules

import (
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// editorSchema is docs/rule.schema.json, which editors use: as a document and compiled.
func editorSchema(t *testing.T) (map[string]any, *jsonschema.Schema) {
	t.Helper()
	f, err := os.Open("../docs/rule.schema.json")
	require.NoError(t, err)
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("rule.schema.json", doc))
	s, err := c.Compile("rule.schema.json")
	require.NoError(t, err)
	return doc.(map[string]any), s
}

// plain is YAML as an editor's validator sees it: a value with a tag of ours is its text.
func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return plain(n.Content[0])
	case yaml.AliasNode:
		return plain(n.Alias)
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		all := []any{}
		for _, e := range n.Content {
			all = append(all, plain(e))
		}
		return all
	}
	var v any
	switch n.ShortTag() {
	case "!!bool", "!!int", "!!float", "!!null":
		if n.Decode(&v) == nil {
			return v
		}
	}
	return n.Value
}

func parsePlain(t *testing.T, text string) any {
	t.Helper()
	var doc yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &doc))
	return plain(&doc)
}

// TestSchemaTakesPack: every rule of the pack is one for the schema.
func TestSchemaTakesPack(t *testing.T) {
	_, s := editorSchema(t)
	n := 0
	require.NoError(t, fs.WalkDir(packs, "packs", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := packs.ReadFile(name)
		require.NoError(t, err)
		assert.NoError(t, s.Validate(parsePlain(t, string(data))), name)
		n++
		return nil
	}))
	assert.Greater(t, n, 20)
}

// TestSchemaFindsMistakes: what the loader refuses without looking into expressions and
// types, the schema refuses too.
func TestSchemaFindsMistakes(t *testing.T) {
	_, s := editorSchema(t)
	require.NoError(t, s.Validate(parsePlain(t, goodRule)))
	for _, test := range []struct{ why, old, new string }{
		{"an unknown key", "remediation:", "remediaton:"},
		{"a missing key", "title: Queues have a name\n", ""},
		{"an id that is no id", "id: queue-name", "id: Queue_Name"},
		{"an unknown severity", "severity: low", "severity: lo"},
		{"no type", "[AWS::SQS::Queue]", "[]"},
		{"types that are no list", "[AWS::SQS::Queue]", "AWS::SQS::Queue"},
		{"an unknown action", "remediation:", "action: delete\nremediation:"},
		{"a parameter without default", ", default: orders", ""},
		{"a parameter of an unknown type", "type: string", "type: text"},
		{"a default of another type", "default: orders", "default: 1"},
		{"controls that are no list", "[SQS.1]", "SQS.1"},
		{"a repair without a pointer", "/QueueName: params.name", "QueueName: params.name"},
		{"an unknown key in a case", "name: right", "nmae: right"},
		{"an expectation that is no verdict", "expect: pass", "expect: passes"},
		{"a reason for no check", "cases:", "lint: {emty: because}\ncases:"},
		{"no reason", "cases:", "lint: {empty: ''}\ncases:"},
		{"one case", "  - {name: wrong, properties: {QueueName: other}, expect: fail}\n", ""},
	} {
		t.Run(test.why, func(t *testing.T) {
			require.Contains(t, goodRule, test.old)
			text := strings.Replace(goodRule, test.old, test.new, 1)
			assert.Error(t, s.Validate(parsePlain(t, text)))
			_, err := loadText(t, text)
			assert.Error(t, err, "the loader refuses it as well")
		})
	}
}

// TestSchemaKnowsAll: the names in the schema are those of the loader.
func TestSchemaKnowsAll(t *testing.T) {
	doc, _ := editorSchema(t)
	at := func(path ...string) (v any) {
		v = doc
		for _, key := range path {
			v = v.(map[string]any)[key]
		}
		return v
	}
	keys := func(path ...string) []string { return slices.Sorted(maps.Keys(at(path...).(map[string]any))) }
	assert.Equal(t, slices.Sorted(maps.Keys(Lints)), keys("properties", "lint", "properties"))
	assert.Equal(t, slices.Sorted(slices.Values(caseKeys)), keys("properties", "cases", "items", "properties"))
	assert.Len(t, at("properties", "params", "additionalProperties", "properties", "type", "enum"), len(paramShapes))
	severities := make([]any, len(Severities))
	for i, s := range Severities {
		severities[i] = string(s)
	}
	assert.Equal(t, severities, at("properties", "severity", "enum"))
}

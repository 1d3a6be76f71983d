package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reports"
)

// seed is how every planted secret begins: DECLARED where a declaration has it, LIVE where an
// account has it.
var seed = regexp.MustCompile(`(DECLARED|LIVE)-SEED-\d+`)

// plant returns properties of a type with a secret in each place that takes a secret text, and how
// many there are. Schemas have cycles, so that it goes down a few steps only.
func plant(t *schema.Type, word string, n *int) map[string]any {
	before := *n
	var grow func(node *schema.Node, pointer string, steps int) any
	grow = func(node *schema.Node, pointer string, steps int) any {
		switch {
		case node == nil || steps > 6 || *n-before >= 40 || pointer != "" && pointer == t.TagProperty: // a tag is read by everybody
			return nil
		case node.Kinds&schema.Object != 0 && len(node.Properties) > 0:
			object := map[string]any{}
			for _, name := range slices.Sorted(maps.Keys(node.Properties)) {
				if v := grow(node.Properties[name], pointer+"/"+schema.EscapePointer(name), steps+1); v != nil {
					object[name] = v
				}
			}
			if len(object) > 0 {
				return object
			}
		case node.Kinds&schema.Array != 0 && node.Items != nil:
			if v := grow(node.Items, pointer+"/0", steps+1); v != nil {
				return []any{v}
			}
		case node.Kinds&schema.String != 0 && len(node.Enum) == 0 && schema.IsSensitive(t, pointer):
			*n++
			return fmt.Sprintf("%s-SEED-%d", word, *n)
		}
		return nil
	}
	properties, _ := grow(t.Root, "", 0).(map[string]any)
	return properties
}

// TestNoSecretIsPrinted plants secrets in every place of every type that takes one, on both
// sides, and looks for them in whatever the program writes.
func TestNoSecretIsPrinted(t *testing.T) {
	enter(t, nil)
	particles, live := map[string]any{}, []any{}
	planted := 0
	for _, name := range schema.Names() {
		typ, ok := schema.Lookup(name)
		require.True(t, ok)
		before := planted
		declared := plant(typ, "DECLARED", &planted)
		if planted == before {
			continue
		}
		id := fmt.Sprint("thing-", planted)
		particles[strings.ToLower(strings.ReplaceAll(name, "::", "-"))] = map[string]any{
			"type": name, "id": id, "properties": declared, "manage": []string{"observe", "tag", "create", "update", "delete"},
		}
		live = append(live, map[string]any{
			"type": name, "id": id, "account": "111122223333", "region": "eu-west-1", "tags": map[string]string{}, "properties": plant(typ, "LIVE", &planted),
		})
	}
	require.Greater(t, len(live), 100)
	write := func(name string, v any) {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(name, text, 0o600))
	}
	write("apps.yaml", map[string]any{"app": "orders", "version": "1.0.0", "environment": "dev", "particles": particles})
	world := map[string]any{
		"schemaVersion": 1, "complete": true, "gaps": []any{}, "resources": live,
		"scope": map[string]any{"partition": "aws", "accounts": []string{"111122223333"}, "regions": []string{"eu-west-1"}, "types": []string{"*"}},
	}
	write("account.json", world)
	require.NoError(t, os.WriteFile("stack.yaml", []byte(`Parameters:
  Password: {Type: String, NoEcho: true, Default: DECLARED-SEED-0}
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {Description: !Ref Password, AssumeRolePolicyDocument: {}}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "q-${Password}"}}
  Database: {Type: AWS::RDS::DBInstance, Properties: {MasterUserPassword: DECLARED-SEED-0}}
`), 0o600))

	inputs := []string{"apps.yaml", "account.json", "stack.yaml"}
	calls := 0
	try := func(line string, args ...any) string {
		calls++
		stdout, stderr, code := call(t, words(line, args...)...)
		require.NotContains(t, []int{2, 4}, code, "%s\n%.2000s", fmt.Sprintf(line, args...), stderr)
		for what, text := range map[string]string{"stdout": stdout, "stderr": stderr} {
			if at := seed.FindStringIndex(text); at != nil {
				assert.Fail(t, "a secret is printed", "%s of %s: %s", what, fmt.Sprintf(line, args...), text[max(0, at[0]-200):min(len(text), at[1]+50)])
			}
		}
		return stdout
	}
	const all = "--include pass,skip,waived,properties -v --history history.db"
	for i, command := range []string{"check apps.yaml", "check stack.yaml", "check account.json", "scan --live snapshot:account.json --declared apps.yaml", "drift --live snapshot:account.json --declared apps.yaml", "inventory --live snapshot:account.json --declared apps.yaml"} {
		saved := try("%s %s --now 2026-11-0%dT00:00:00Z --format json", command, all, i+1)
		require.NoError(t, os.WriteFile("saved.json", []byte(saved), 0o600))
		for _, f := range reports.Formats() {
			try("report saved.json --format %s", f.Name)
		}
		try("%s --log-format json -v", command)
	}
	for _, r := range live[:20] {
		try("explain %s --live snapshot:account.json --declared apps.yaml", r.(map[string]any)["id"])
	}
	for _, format := range []string{"table", "json", "csv"} {
		try("history list --history history.db --format %s", format)
		try("history findings --history history.db --format %s", format)
	}
	files := 0
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || slices.Contains(inputs, path) {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		assert.Nil(t, seed.FindIndex(text), "a secret stands in %s", path)
		return err
	}))
	t.Logf("%d secrets in %d types, looked for in %d calls and %d files", planted, len(live), calls, files)
}

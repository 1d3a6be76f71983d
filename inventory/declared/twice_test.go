package declared

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// TestKeysThatStandTwice: decoders of JSON take the last of two in silence. Here it is a mistake
// with its place, in every input.
func TestKeysThatStandTwice(t *testing.T) {
	const head = `{"schemaVersion": 1, "scope": {"partition": "aws", "accounts": [], "regions": [], "types": []}}` + "\n"
	const resource = `{"type": "AWS::SQS::Queue", "id": "a", "account": "111122223333", "region": "eu-west-1", "tags": {}, "properties": `
	const end = `{"end": true, "complete": true, "gaps": [], "count": 1}` + "\n"
	for _, c := range []struct {
		why, file, text string
		line            int
		key             string
	}{
		{"a property in a snapshot", "s.jsonl", head + resource + `{"QueueName": "a", "QueueName": "b"}}` + "\n" + end, 2, `"QueueName"`},
		{"an id of a resource", "s.jsonl", head + strings.Replace(resource, `"id"`, `"id": "b", "id"`, 1) + "{}}\n" + end, 2, `"id"`},
		{"a key of the first line", "s.jsonl", strings.Replace(head, `"scope"`, `"scope": {}, "scope"`, 1) + resource + "{}}\n" + end, 1, `"scope"`},
		{"the last line", "s.jsonl", head + resource + "{}}\n" + strings.Replace(end, `"count"`, `"complete": false, "count"`, 1), 3, `"complete"`},
		{"in a saved result", "s.json", `{"schemaVersion": 1, "complete": true, "scope": {"partition": "aws"}, "resources": [` + "\n" + resource + `{}, "region": "x"}]}`, 2, `"region"`},
		{"in a part that nobody reads", "s.json", `{"schemaVersion": 1, "complete": true, "scope": {"partition": "aws"}, "resources": [], "rules": [{"id": 1,` + "\n" + `"id": 2}]}`, 2, `"id"`},
		{"a Terraform plan", "p.json", `{"format_version": "1.2", "resource_changes": [{"address": "aws_sqs_queue.a",` + "\n" + `"address": "aws_sqs_queue.b", "type": "aws_sqs_queue", "change": {"actions": ["create"], "after": {}}}]}`, 2, `"address"`},
		{"a Terraform state", "p.json", `{"version": 4, "terraform_version": "1.0", "lineage": "a", "resources": [],` + "\n" + `"lineage": "b"}`, 2, `"lineage"`},
		{"a template", "a.json", `{"Resources": {"A": {"Type": "AWS::SQS::Queue"},` + "\n" + `"A": {"Type": "AWS::SNS::Topic"}}}`, 2, `"A"`},
		{"a PCF definition", "a.json", `{"flavor": "sqs_queue", "pcf_name": "a", "aws_resource": {},` + "\n" + `"pcf_name": "b"}`, 2, `"pcf_name"`},
		{"a register", "a.yaml", "kind: register\napps:\n  orders: {active: [1.0.0]}\n  orders: {active: [2.0.0]}\n", 4, "orders"},
		{"a pcf.yaml", "pcf.yaml", "app: a\nversion: 1.0.0\nparticles: {}\napp: b\n", 4, "app"},
	} {
		path := filepath.Join(t.TempDir(), c.file)
		require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
		d, err := Read(context.Background(), []string{path}, Options{})
		require.NoError(t, err)
		var found bool
		for _, f := range d.Faults {
			if strings.Contains(f.Message, "stands twice") {
				found = true
				line := strings.Split(c.text, "\n")[c.line-1]
				assert.Equal(t, inventory.Position{File: path, Line: c.line, Column: 1 + strings.LastIndex(line, c.key)}, f.Position, c.why)
			}
		}
		assert.True(t, found, "%s: %v", c.why, d.Faults)
	}
	path := filepath.Join(t.TempDir(), "values.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"A": "1", "A": "2"}`), 0o600))
	_, err := ReadParameters(path)
	assert.ErrorContains(t, err, "values.json:1:12")
}

// TestWrongNestedTemplate: whoever reads of a mistake in a nested template learns which stack
// wants it.
func TestWrongNestedTemplate(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"outer.yaml":       "Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: inner/child.yaml}\n  Gone:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: inner/gone.yaml}\n",
		"inner/child.yaml": "Resources:\n  A: {\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	outer := filepath.Join(dir, "outer.yaml")
	d, err := Read(context.Background(), []string{outer}, Options{})
	require.NoError(t, err)
	require.Len(t, d.Faults, 1)
	assert.Equal(t, filepath.Join(dir, "inner/child.yaml"), d.Faults[0].Position.File, "the mistake stands there")
	assert.Contains(t, d.Faults[0].Message, "the nested stack Child at "+outer+":2:3 refers to this file")
	require.Len(t, d.Gaps, 2)
	assert.Contains(t, d.Gaps[0].Message, "the nested stack Child (line 2) is not read")
	assert.Contains(t, d.Gaps[1].Message, "the nested stack Gone (line 5) is not read")
}

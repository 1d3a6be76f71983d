package declared

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// aliasBomb is YAML whose last anchor, m, stands for 10^13 values.
func aliasBomb() string {
	var b strings.Builder
	b.WriteString("a: &a [x, x, x, x, x, x, x, x, x, x]\n")
	for c := 'b'; c <= 'm'; c++ {
		fmt.Fprintf(&b, "%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 10), ", "))
	}
	return b.String()
}

// TestFilesThatCost: files that are made to cost more than they say are refused with their
// place, and what they cost is bounded.
func TestFilesThatCost(t *testing.T) {
	const queue = `Resources: {A: {Type: "AWS::SQS::Queue", Properties: {QueueName: %s}}}`
	change := func(after string) string {
		return `{"address": "aws_sqs_queue.a", "type": "aws_sqs_queue", "name": "a", "change": {"actions": ["create"], "after": ` + after + `}}`
	}
	for _, c := range []struct {
		why, file, text string
		says            string
		line, column    int
	}{
		{"aliases of aliases in a template", "a.yaml", aliasBomb() + fmt.Sprintf(queue, "*m"), tooLarge, 0, 0},
		{"and in a pcf.yaml", "pcf.yaml", aliasBomb() + `{}`, "", 0, 0},
		{
			"a name of a hundred thousand letters, ten thousand times", "a.yaml",
			"Parameters: {P: {Type: String, Default: " + strings.Repeat("x", 100_000) + "}}\n" + fmt.Sprintf(queue, `!Sub "`+strings.Repeat("${P}", 10_000)+`"`), tooLarge, 2, 0,
		},
		{"no UTF-8 in JSON, which Go would mend in silence", "a.json", "{\"Resources\":\n {\"A\": {\"Type\": \"AWS::SQS::Queue\", \"Properties\": {\"QueueName\": \"a\xff\"}}}}", "no UTF-8", 2, 66},
		{"no UTF-8 in YAML", "a.yaml", "Resources:\n  A: {Type: \"\xff\"}\n", "no UTF-8", 2, 14},
		{"one address twice in a plan", "a.json", `{"format_version": "1.2", "resource_changes": [` + change(`{"name": "a"}`) + ",\n" + change(`{"name": "b"}`) + `]}`, "stands twice", 2, 1},
		{"a loop that makes a thousand million resources", "a.yaml", loopBomb(), "too large", 0, 0},
		{"a multiplier of two thousand million", "a.json", `{"flavor": "quasiparticle", "pcf_name": "q", "particles": [{"flavor": "sqs_queue", "pcf_name": "a", "multiplier": 2000000000, "aws_resource": {"QueueName": "a"}}]}`, "more than 10000", 1, 0},
		{"a nested stack that never ends", "a.yaml", "Resources: {A: {Type: \"AWS::CloudFormation::Stack\", Properties: {TemplateURL: /dev/zero}}}", "larger than", 0, 0},
	} {
		t.Run(c.why, func(t *testing.T) {
			if c.says == "" {
				c.text = strings.TrimSuffix(c.text, "{}") + "app: orders\nversion: 1.0.0\nparticles: {a: {type: \"AWS::SQS::Queue\", properties: {QueueName: *m}}}\n"
				c.says = tooLarge
			}
			path := filepath.Join(t.TempDir(), c.file)
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			d, err := Read(context.Background(), []string{path}, Options{})
			require.NoError(t, err)
			runtime.GC()
			runtime.ReadMemStats(&after)
			assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(256<<20), "what is kept of it")
			var found bool
			for _, f := range d.Faults {
				if strings.Contains(f.Message, c.says) {
					found = true
					if c.line > 0 {
						assert.Equal(t, c.line, f.Position.Line, f)
					}
					if c.column > 0 {
						assert.Equal(t, c.column, f.Position.Column, f)
					}
				}
			}
			assert.True(t, found, "%v", d.Faults)
			runtime.KeepAlive(d)
		})
	}
}

func loopBomb() string {
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("%q", fmt.Sprint(i)))
	}
	list := "[" + strings.Join(names, ", ") + "]"
	return `{"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::A": ["A", ` + list + `, {"Fn::ForEach::B": ["B", ` + list + `, {"Fn::ForEach::C": ["C", ` + list +
		`, {"Q${A}x${B}x${C}": {"Type": "AWS::SQS::Queue"}}]}]}]}}`
}

// TestDeepTextOfAPlan: a JSON text in a plan, which may nest as deep as it likes, stays text.
func TestDeepTextOfAPlan(t *testing.T) {
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	policy, err := json.Marshal(deep)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "plan.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"format_version": "1.2", "resource_changes": [{"address": "aws_sqs_queue_policy.a", "type": "aws_sqs_queue_policy", "name": "a",
		"change": {"actions": ["create"], "after": {"queue_url": "u", "policy": `+string(policy)+`}}}]}`), 0o600))
	d, err := Read(context.Background(), []string{path}, Options{})
	require.NoError(t, err)
	require.Len(t, d.Particles(), 1)
	assert.Equal(t, deep, d.Particles()[0].Resource.Properties["PolicyDocument"])
}

// TestPipeWithoutWriter: nobody waits for what a path of a repository may promise for ever.
func TestPipeWithoutWriter(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.yaml")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	d, err := Read(context.Background(), []string{pipe}, Options{})
	require.NoError(t, err)
	require.Len(t, d.Faults, 1)
	assert.Contains(t, d.Faults[0].Message, "empty")
	_, err = ReadParameters(pipe)
	require.Error(t, err)
	_, ok := OpenStream(pipe)
	assert.False(t, ok)

	outer := filepath.Join(dir, "stack.yaml")
	require.NoError(t, os.WriteFile(outer, []byte("Resources: {A: {Type: \"AWS::CloudFormation::Stack\", Properties: {TemplateURL: pipe.yaml}}}\n"), 0o600))
	d, err = Read(context.Background(), []string{outer}, Options{})
	require.NoError(t, err)
	assert.NotEmpty(t, d.Faults)
	assert.NotEmpty(t, d.Gaps)
}

// TestTerraformWritten: what stands in the configuration of a plan was typed; what comes from a
// variable, a data source or another resource was not.
func TestTerraformWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"format_version": "1.2", "resource_changes": [{"address": "aws_instance.a", "mode": "managed", "type": "aws_instance", "name": "a",
		"change": {"actions": ["create"], "after": {"ami": "ami-0123456789abcdef0", "subnet_id": "subnet-0123456789abcdef0", "vpc_security_group_ids": ["sg-0123456789abcdef0"]}, "after_unknown": {}}}],
		"configuration": {"root_module": {"resources": [{"address": "aws_instance.a", "mode": "managed", "type": "aws_instance", "name": "a", "expressions": {
			"ami": {"constant_value": "ami-0123456789abcdef0"}, "subnet_id": {"references": ["var.subnet"]}, "vpc_security_group_ids": {"references": ["data.aws_security_group.g.id", "data.aws_security_group.g"]}}}]}}}`), 0o600))
	d, err := Read(context.Background(), []string{path}, Options{})
	require.NoError(t, err)
	r := d.Particles()[0].Resource
	assert.NotContains(t, r.Written, "/ImageId")
	for _, pointer := range []string{"/SubnetId", "/SecurityGroupIds"} {
		pieces, computed := r.Written[pointer]
		assert.True(t, computed, pointer)
		assert.Empty(t, pieces, pointer)
	}
}

package engine

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/rules"
)

// TestControls: every control of the frameworks that are asked for is counted, those too
// that no rule answers.
func TestControls(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("acme.framework.yaml", "name: acme\ncontrols: {\"1:A\": named, \"1:B\": encrypted, \"1:C\": topics, \"2:A\": nobody looks}\n")
	const cases = "cases: [{name: a, properties: {QueueName: a, SqsManagedSseEnabled: true}, expect: pass}, {name: b, properties: {SqsManagedSseEnabled: false}, expect: fail}]\n"
	write("named.yaml", "id: named\ntitle: t\nseverity: low\ntypes: [AWS::SQS::Queue]\ncheck: has(resource.properties.QueueName)\ncontrols: {acme: [\"1:A\"]}\n"+cases)
	write("encrypted.yaml", "id: encrypted\ntitle: t\nseverity: low\ntypes: [AWS::SQS::Queue]\ncheck: resource.properties.?SqsManagedSseEnabled.orValue(true)\ncontrols: {acme: [\"1:B\", \"1:A\"]}\n"+cases)
	write("topics.yaml", "id: topics\ntitle: t\nseverity: low\ntypes: [AWS::SNS::Topic]\ncheck: has(resource.properties.TopicName)\ncontrols: {acme: [\"1:C\"]}\n"+
		"cases: [{name: a, properties: {TopicName: a}, expect: pass}, {name: b, expect: fail}]\n")
	set, err := rules.LoadOnly(dir)
	require.NoError(t, err)
	queue := func(id string, properties map[string]any) *inventory.Resource {
		return &inventory.Resource{Ref: inventory.Ref{Type: "AWS::SQS::Queue", ID: id}, Properties: properties}
	}
	job := Job{
		Command: "scan", Now: time.Unix(0, 0), Rules: set, Frameworks: []string{"ac*"},
		Live: &inventory.Snapshot{Resources: []*inventory.Resource{
			queue("a", map[string]any{"QueueName": "a"}), queue("b", map[string]any{}),
		}},
	}
	r := Run(job)
	assert.Equal(t, []ControlCount{
		{Framework: "acme", ID: "1:A", Title: "named", Status: "fail", Rules: []string{"encrypted", "named"}, Pass: 3, Fail: 1},
		{Framework: "acme", ID: "1:B", Title: "encrypted", Status: "pass", Rules: []string{"encrypted"}, Pass: 2},
		{Framework: "acme", ID: "1:C", Title: "topics", Status: "idle", Rules: []string{"topics"}},
		{Framework: "acme", ID: "2:A", Title: "nobody looks", Status: "none", Rules: []string{}},
	}, r.Controls)
	assert.Equal(t, map[string]map[string]int{"acme 1": {"fail": 1, "pass": 1, "idle": 1}, "acme 2": {"none": 1}}, r.Summary.Controls)

	require.NotNil(t, r.Rules[0].Evidence)
	assert.Equal(t, "encrypted", r.Rules[0].ID)
	assert.Equal(t, map[string]string{"": "resource.properties.?SqsManagedSseEnabled.orValue(true)"}, r.Rules[0].Evidence.Check)
	assert.Equal(t, []string{"AWS::SQS::Queue"}, r.Rules[0].Evidence.Types)
	assert.Regexp(t, "^sha256:[0-9a-f]{64}$", r.Rules[0].Evidence.Digest)

	whole := job.Live.Gaps
	job.Live.Gaps = []inventory.Gap{{Type: "AWS::SNS::Topic", Reason: inventory.Denied}}
	var incomplete []string
	for _, c := range Run(job).Controls {
		if c.Incomplete {
			incomplete = append(incomplete, c.ID)
		}
	}
	assert.Equal(t, []string{"1:C"}, incomplete, "a gap says less of the controls that it concerns")
	job.Live.Gaps = whole

	job.Frameworks = []string{"acme:2"}
	r = Run(job)
	assert.Len(t, r.Controls, 1, "one version of a benchmark")
	saved := *r
	saved.Controls, saved.Summary.Controls = nil, nil
	assert.True(t, CountControls(&saved, set.Frameworks(), []string{"acme:1"}, true), "a saved result is enough")
	assert.Len(t, saved.Controls, 3)
	assert.False(t, CountControls(&saved, set.Frameworks(), []string{"acm"}, true))
	job.Frameworks = []string{"ac*"}

	job.Include.Summary = true
	r = Run(job)
	assert.Empty(t, r.Controls)
	assert.Len(t, r.Summary.Controls, 2)
	job.Frameworks = nil
	assert.Empty(t, Run(job).Summary.Controls, "nothing is counted unasked")

	for _, test := range []struct {
		count ControlCount
		want  string
	}{
		{ControlCount{Rules: []string{"a"}, Pass: 1, Unknown: 1}, "unknown"},
		{ControlCount{Rules: []string{"a"}, Error: 1, Unknown: 1}, "error"},
		{ControlCount{Rules: []string{"a"}, Pass: 1, Waived: 1}, "waived"},
		{ControlCount{Rules: []string{"a"}, Skip: 1}, "idle"},
	} {
		assert.Equal(t, test.want, test.count.status())
	}
}

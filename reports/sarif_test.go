package reports

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine"
)

// sarifSchema compiles the official schema; testdata/sarif says where it comes from.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	file, err := os.Open("testdata/sarif/sarif-2.1.0.schema.json")
	require.NoError(t, err)
	defer file.Close()
	doc, err := jsonschema.UnmarshalJSON(file)
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("sarif.json", doc))
	schema, err := c.Compile("sarif.json")
	require.NoError(t, err)
	return schema
}

func validate(t require.TestingT, schema *jsonschema.Schema, doc string) {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(v))
}

func TestSARIFIsValid(t *testing.T) {
	schema := sarifSchema(t)
	for name, r := range results() {
		t.Run(name, func(t *testing.T) { validate(t, schema, render(t, sarif, r, Options{})) })
	}
	t.Run("any result", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) { validate(t, schema, render(t, sarif, anyResult(t), Options{})) })
	})
	t.Run("the schema can say no", func(t *testing.T) {
		whole := render(t, sarif, failing(), Options{})
		broken := strings.Replace(whole, `"ruleIndex":0`, `"ruleIndex":"zero"`, 1)
		require.NotEqual(t, whole, broken)
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(broken))
		require.NoError(t, err)
		assert.Error(t, schema.Validate(v))
	})
}

func readSARIF(t *testing.T, r *engine.Result) sarifRun {
	var log sarifLog
	require.NoError(t, json.Unmarshal([]byte(render(t, sarif, r, Options{})), &log))
	require.Len(t, log.Runs, 1)
	return log.Runs[0]
}

func TestSARIFResults(t *testing.T) {
	run := readSARIF(t, failing())
	byRule := map[string][]sarifResult{}
	for _, result := range run.Results {
		byRule[result.RuleID] = append(byRule[result.RuleID], result)
		assert.Equal(t, result.RuleID, run.Tool.Driver.Rules[result.RuleIndex].ID, "the index must lead to the rule")
		assert.NotEmpty(t, result.Message.Text)
		assert.NotEmpty(t, result.Fingerprints["primaryLocationLineHash"])
		require.Len(t, result.Locations, 1)
	}
	assert.Len(t, byRule["restricted-ssh"], 3, "two fail and one broke; a waived finding is no result")
	assert.Len(t, byRule["rds-instance-public-access-check"], 2)
	for _, rule := range []string{"pcf-drift-changed", "pcf-drift-missing", "pcf-drift-unverifiable", "pcf-orphan", "pcf-contested", "pcf-stale-version"} {
		assert.Len(t, byRule[rule], 1, rule)
	}
	assert.NotContains(t, byRule, "pcf-foreign", "nobody has to decide on it")

	ssh := byRule["restricted-ssh"][0]
	assert.Equal(t, "error", ssh.Level)
	assert.Equal(t, &sarifPhysical{Artifact: sarifArtifact{"apps/orders/pcf.yaml"}, Region: &sarifRegion{14, 9}}, ssh.Locations[0].Physical)
	live := byRule["restricted-ssh"][1]
	assert.Equal(t, &sarifPhysical{Artifact: sarifArtifact{fileURI(live.Locations[0].Logical[0].FullyQualifiedName)}}, live.Locations[0].Physical, "code scanning refuses a result without a file")
	assert.Equal(t, "aws/111122223333/eu-west-1/AWS::EC2::SecurityGroup/sg-0def", live.Locations[0].Logical[0].FullyQualifiedName)

	unknown := byRule["rds-instance-public-access-check"][1]
	assert.Equal(t, [2]string{"open", "none"}, [2]string{unknown.Kind, unknown.Level}, "the standard allows no level where the verdict is open")

	help := run.Tool.Driver.Rules[ssh.RuleIndex]
	assert.Equal(t, "Allow port 22 from your own networks only.", help.Help.Text)
	assert.NotEmpty(t, help.FullDescription.Text, "GitHub's code scanning requires it of each rule")
	assert.Contains(t, help.Properties.Tags, "fsbp/EC2.13")
	assert.True(t, run.Invocations[0].ExecutionSuccessful)
}

func TestSARIFSaysWhatWasNotRead(t *testing.T) {
	inv := readSARIF(t, incomplete()).Invocations[0]
	assert.False(t, inv.ExecutionSuccessful)
	require.Len(t, inv.Notifications, 5)
	assert.Equal(t, "pcf-malformed-input", inv.Notifications[0].Descriptor.ID)
	assert.Equal(t, 7, inv.Notifications[0].Locations[0].Physical.Region.StartLine)
	assert.Contains(t, inv.Notifications[2].Message.Text, "AWS::SQS::Queue")
	assert.Equal(t, "note", inv.Notifications[4].Level, "what no rule can judge is said, and is no failure of the run")
}

func TestFileURI(t *testing.T) {
	for _, c := range []struct{ path, want, why string }{
		{"apps/orders/pcf.yaml", "apps/orders/pcf.yaml", "relative to the checkout"},
		{"/srv/a b/#1.yaml", "file:///srv/a%20b/%231.yaml", "absolute, with characters that a URI reserves"},
		{"c:stack.yaml", "./c:stack.yaml", "a colon must not read as a scheme"},
		{"../x.yaml", "../x.yaml", "outside the checkout"},
	} {
		assert.Equal(t, c.want, fileURI(c.path), c.why)
	}
}

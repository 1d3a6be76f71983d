package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const databaseStack = `Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Properties:
      PubliclyAccessible: true
      MasterUserPassword: correct-horse
`

// TestSourceExcerpt: the table shows the lines of a finding, and a saved result holds none of
// them: `report` knows the place alone.
func TestSourceExcerpt(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("stack.yaml", []byte(databaseStack), 0o600))
	const check = "check stack.yaml --rule rds-instance-public-access-check --now 2026-11-23T00:00:00Z"
	table, _, code := call(t, words(check+" --output json=result.json")...)
	assert.Equal(t, 1, code)
	const excerpt = "        4 |     Properties:\n        5 |       PubliclyAccessible: true\n          |       ^\n        6 | (not shown: a sensitive value stands here)\n"
	assert.Contains(t, table, excerpt)
	assert.NotContains(t, table, "correct-horse")
	saved, err := os.ReadFile("result.json")
	require.NoError(t, err)
	assert.NotContains(t, string(saved), "correct-horse")
	again, stderr, _ := call(t, "report", "result.json")
	assert.Equal(t, strings.Replace(table, excerpt, "", 1), again, stderr)
}

// TestSecretInDefinition: a secret that somebody wrote is a finding with its place, in a PCF
// definition as in a template, also where no property takes it; no output shows it.
func TestSecretInDefinition(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("stack.yaml", []byte(databaseStack), 0o600))
	require.NoError(t, os.WriteFile("db.json", []byte(`{"flavor": "rds_instance", "pcf_name": "db", "aws_resource": {"DBInstanceIdentifier": "db",
  "MasterUserPassword": "correct-horse"}}`), 0o600))
	require.NoError(t, os.WriteFile("jobs.json", []byte(`{"flavor": "sqs_queue", "pcf_name": "jobs", "aws_resource": {"QueueName": "jobs",
  "custom_config": {"auth": {"token": "correct-horse"}}}}`), 0o600))
	for file, place := range map[string]string{"stack.yaml": "stack.yaml,6,7", "db.json": "db.json,2,3", "jobs.json": "jobs.json,2,39"} {
		for _, format := range []string{"table", "json", "csv", "sarif", "markdown"} {
			stdout, stderr, code := call(t, words("check %s --rule jiti-no-hardwired-secret --format %s", file, format)...)
			assert.Equal(t, 1, code, file)
			assert.Contains(t, stdout, "jiti-no-hardwired-secret", file)
			assert.NotContains(t, stdout+stderr, "correct-horse", file)
			if format == "csv" {
				assert.Contains(t, stdout, place)
			}
		}
	}
	_, _, code := call(t, words("check db.json --rule jiti-no-hardwired-secret --fail-on critical")...)
	assert.Zero(t, code, "it is a finding as others are")
}

// TestExplainWhatIsOnlyDeclared: a rule explains its verdict on a declared resource also where a
// live account is given that does not have it.
func TestExplainWhatIsOnlyDeclared(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("stack.yaml", []byte(databaseStack), 0o600))
	require.NoError(t, os.WriteFile("empty.jsonl", []byte(`{"schemaVersion":1,"scope":{"partition":"aws","accounts":["111122223333"],"regions":["eu-west-1"],"types":["*"]}}
{"end":true,"complete":true,"gaps":[],"count":0}
`), 0o600))
	stdout, stderr, code := call(t, words("explain rds-instance-public-access-check Db stack.yaml --live snapshot:empty.jsonl")...)
	assert.Zero(t, code, stderr)
	assert.Contains(t, stdout, "rds-instance-public-access-check (critical): fail")
	assert.Contains(t, stdout, "missing")
	_, stderr, code = call(t, words("explain restricted-ssh Db stack.yaml --live snapshot:empty.jsonl")...)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "does not judge AWS::RDS::DBInstance: it is for", "of another type")

	require.NoError(t, os.WriteFile("tf.json", []byte(`{"version": 4, "terraform_version": "1.0", "lineage": "x", "resources": [{"mode": "managed", "type": "aws_db_instance", "name": "db", "instances": [{"attributes": {"identifier": "db"}}]}]}`), 0o600))
	_, stderr, code = call(t, words("explain rds-instance-public-access-check aws_db_instance.db tf.json --live snapshot:empty.jsonl")...)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "comes from a Terraform state")
}

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
)

// forgedWorld has a topic that orders 2 owns, and a leftover of orders 1, which is retired.
const (
	forgedTopic = `{"type": "AWS::SNS::Topic", "id": "arn:aws:sns:eu-west-1:111122223333:%[1]s", "account": "111122223333", "region": "eu-west-1", "created": "2026-09-01T00:00:00Z",
 "tags": {"pcf:app": "orders", "pcf:environment": "dev", "pcf:version": %[2]q, "pcf:particle": %[1]q}, "properties": {"TopicName": %[1]q, "TopicArn": "arn:aws:sns:eu-west-1:111122223333:%[1]s"}}`
	forgedWorld = `{"schemaVersion": 1, "scope": {"partition": "aws", "accounts": ["111122223333"], "regions": ["eu-west-1", "global"], "types": ["*"]}, "complete": true, "gaps": [], "resources": [%s, %s]}`
	retiredApp  = "app: orders\nversion: \"1\"\nenvironment: dev\nretired: 2026-10-01T00:00:00Z\nparticles:\n  jobs: {type: AWS::SNS::Topic, properties: {TopicName: jobs}}\n"
	livingApp   = "app: orders\nversion: \"2\"\nenvironment: dev\nparticles:\n  mail: {type: AWS::SNS::Topic, properties: {TopicName: mail}}\n"
)

// enterForgedWorld makes the world and a saved teardown of what is retired in it.
func enterForgedWorld(t *testing.T) *plan.Plan {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("apps", 0o700))
	write := func(file, text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("account.json", fmt.Sprintf(forgedWorld, fmt.Sprintf(forgedTopic, "jobs", "1"), fmt.Sprintf(forgedTopic, "mail", "2")))
	write("apps/v1.yaml", retiredApp)
	write("apps/v2.yaml", livingApp)
	_, stderr, code := call(t, strings.Fields("reap --live sim:account.json --declared apps --app orders --grace 0 --max-percent unlimited --plan-out plan.json --now 2026-11-01T00:00:00Z")...)
	require.Equal(t, 1, code, stderr)
	text, err := os.ReadFile("plan.json")
	require.NoError(t, err)
	p, err := plan.Decode(bytes.NewReader(text))
	require.NoError(t, err)
	require.Len(t, p.Actions, 2)
	return p
}

// A plan is a file, and whoever can write it can compute its digest. So what a saved plan says
// of whose a resource is, and that its owner ended it, is not believed: a teardown is planned
// again from the declarations, or somebody approved its digest.
func TestForgedTeardown(t *testing.T) {
	const now = " --now 2026-11-01T00:01:00Z --max-percent unlimited"
	forged := func(p *plan.Plan) { // it ends what orders 2 owns
		for i := range p.Actions {
			a := &p.Actions[i]
			a.Resource.ID = strings.ReplaceAll(a.Resource.ID, "jobs", "mail")
			a.Incarnation = strings.ReplaceAll(a.Incarnation, "jobs", "mail")
		}
	}
	for _, c := range []struct {
		why   string
		forge func(p *plan.Plan)
		args  string
		code  int
		says  string
		gone  string
	}{
		{"nothing speaks for it but the file, which is said", nil, "", 0, "only this file says that orders is retired", "jobs"},
		{"confirmed by the declarations, as ordered", nil, "--declared apps --app orders --grace 0", 0, "", "jobs"},
		{"confirmed by the declarations", nil, "--declared apps", 0, "", "jobs"},
		{"approved", nil, "--digest DIGEST", 0, "", "jobs"},
		{"approved and confirmed", nil, "--digest DIGEST --declared apps", 0, "", "jobs"},
		{"another plan was approved", forged, "--digest sha256:0", 4, "is not the one that was approved", ""},
		{"what lives is owned", forged, "--declared apps --app orders --grace 0", 4, "", ""},
		{"nobody retired it", nil, "--declared apps/v2.yaml --app orders --grace 0", 4, "no version of orders is retired", ""},
		{"a deletion in a plan to repair", func(p *plan.Plan) { p.Command = "repair" }, "REPAIR", 4, "`repair` plans no action like", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			p := enterForgedWorld(t)
			if c.forge != nil {
				c.forge(p)
			}
			require.NoError(t, p.Seal())
			var text bytes.Buffer
			require.NoError(t, p.Encode(&text))
			require.NoError(t, os.WriteFile("plan.json", text.Bytes(), 0o600))
			line := "reap " + strings.ReplaceAll(c.args, "DIGEST", p.Digest) + now
			if c.args == "REPAIR" {
				line = "repair --now 2026-11-01T00:01:00Z"
			}
			stdout, stderr, code := call(t, strings.Fields(line+" --live sim:account.json --plan plan.json --apply")...)
			assert.Equal(t, c.code, code, "%s\n%s", stdout, stderr)
			assert.Contains(t, stderr, c.says)
			after, err := os.ReadFile("account.json")
			require.NoError(t, err)
			for _, name := range []string{"jobs", "mail"} {
				assert.Equal(t, name != c.gone, strings.Contains(string(after), `:`+name+`"`), "%s\n%s", name, stdout)
			}
		})
	}
}

// Between the plan and its application somebody takes all owner tags off: that it was the app's
// is not known any more, and the fingerprint leaves these tags out.
func TestSavedPlanOfWhatIsNobodysNow(t *testing.T) {
	p := enterForgedWorld(t)
	bare := strings.Replace(fmt.Sprintf(forgedTopic, "jobs", "1"), `"pcf:app": "orders", "pcf:environment": "dev", "pcf:version": "1", "pcf:particle": "jobs"`, "", 1)
	require.NoError(t, os.WriteFile("account.json", fmt.Appendf(nil, forgedWorld, bare, fmt.Sprintf(forgedTopic, "mail", "2")), 0o600))
	stdout, stderr, code := call(t, strings.Fields("reap --now 2026-11-01T00:01:00Z --live sim:account.json --plan plan.json --apply --digest "+p.Digest)...)
	assert.Equal(t, 4, code, stderr)
	assert.Contains(t, stdout, "its tag pcf:app has changed since the plan was made")
	after, err := os.ReadFile("account.json")
	require.NoError(t, err)
	assert.Contains(t, string(after), ":jobs\"")
	assert.NotContains(t, string(after), "pcf:marked")
}

// What is set where a saved plan is applied narrows it: its own caps are those of the day on which
// it was made, and so are the protections.
func TestSavedPlanIsNarrowed(t *testing.T) {
	for _, c := range []struct{ why, args, config, says string }{
		{"0 is zero", "--max-delete 0", "", "see --max-delete"},
		{"of a type too", "--max-per-type 0", "", "see --max-per-type"},
		{"of all", "--max-percent 0", "", "see --max-delete and --max-percent"},
		{"in the configuration too", "", "maxDelete: 0\n", "see --max-delete"},
		{"somebody protects it by now", "", "reap: {protect: [{id: '*:jobs'}]}\n", ""},
		{"another account only", "", "reap: {accounts: ['999988887777']}\n", "is not among reap.accounts"},
	} {
		t.Run(c.why, func(t *testing.T) {
			enterForgedWorld(t)
			require.NoError(t, os.WriteFile(".pcf-scan.yaml", []byte(cmp.Or(c.config, "{}")), 0o600))
			stdout, stderr, code := call(t, strings.Fields("reap --now 2026-11-01T00:01:00Z --live sim:account.json --plan plan.json --apply "+c.args)...)
			assert.Equal(t, 4, code, "%s\n%s", stdout, stderr)
			assert.Contains(t, stderr, c.says)
			after, err := os.ReadFile("account.json")
			require.NoError(t, err)
			assert.Contains(t, string(after), ":jobs\"")
		})
	}
}

// Who refers to what a saved plan deletes is looked for among all that may, whatever other types
// are named on the command line.
func TestSavedPlanLooksEverywhere(t *testing.T) {
	p := enterForgedWorld(t)
	user := `{"type": "AWS::SNS::Subscription", "id": "arn:aws:sns:eu-west-1:111122223333:jobs:1", "account": "111122223333", "region": "eu-west-1", "tags": {}, "properties": {"TopicArn": "arn:aws:sns:eu-west-1:111122223333:jobs", "Protocol": "sqs"}}`
	require.NoError(t, os.WriteFile("account.json", fmt.Appendf(nil, forgedWorld, fmt.Sprintf(forgedTopic, "jobs", "1"), user), 0o600))
	stdout, stderr, code := call(t, strings.Fields("reap --now 2026-11-01T00:01:00Z --live sim:account.json --type AWS::SNS::Topic --plan plan.json --apply --digest "+p.Digest)...)
	assert.Equal(t, 4, code, stderr)
	assert.Contains(t, strings.Join(strings.Fields(stdout), " "), "referred-to")
	after, err := os.ReadFile("account.json")
	require.NoError(t, err)
	assert.Contains(t, string(after), `:jobs"`)
}

// Given the declarations too, a saved plan to repair does only what would be planned now: the
// same changes to the same values, and creations with the same properties. What of it was done
// before is no reason to refuse it.
func TestSavedRepairIsPlannedAgain(t *testing.T) {
	const (
		world = `{"schemaVersion": 1, "scope": {"partition": "aws", "accounts": ["111122223333"], "regions": ["eu-west-1", "global"], "types": ["*"]}, "complete": true, "gaps": [], "resources": [
 {"type": "AWS::SQS::Queue", "id": "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs", "account": "111122223333", "region": "eu-west-1", "created": "2026-09-01T00:00:00Z",
  "tags": {"pcf:app": "orders", "pcf:environment": "dev", "pcf:version": "1", "pcf:particle": "jobs"}, "properties": {"QueueName": "jobs", "DelaySeconds": 9}}]}`
		app = `{app: orders, version: "1", environment: dev, manage: [observe, tag, create, update], targets: [{account: "111122223333", region: eu-west-1}], particles: {
 jobs: {type: AWS::SQS::Queue, properties: {QueueName: jobs, DelaySeconds: %d}},
 net: {type: AWS::EC2::VPC, properties: {CidrBlock: 10.0.0.0/16}},
 sub: {type: AWS::EC2::Subnet, properties: {CidrBlock: 10.0.1.0/24, VpcId: !Ref net}}}}`
	)
	for _, c := range []struct {
		why   string
		forge func(a *plan.Action)
		delay int // declared when it is applied
		code  int
		says  string
	}{
		{"as it was planned", nil, 5, 0, "3 done"},
		{"another value", func(a *plan.Action) {
			if a.Verb == plan.Update {
				a.Patch[0].To = int64(0)
			}
		}, 5, 4, "another value of /DelaySeconds would be"},
		{"another network", func(a *plan.Action) {
			if a.Resource.LogicalID == "net" {
				a.Properties["CidrBlock"] = "10.0.0.0/8"
			}
		}, 5, 4, "other properties would be"},
		{"the declaration has changed since", nil, 7, 4, "another value of /DelaySeconds would be"},
		{"what was changed is declared by now", nil, 9, 4, "it would not be planned now"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write := func(file, text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
			write("account.json", world)
			write("pcf.yaml", fmt.Sprintf(app, 5))
			_, stderr, code := call(t, strings.Fields("repair --live sim:account.json --declared pcf.yaml --plan-out plan.json --now 2026-11-01T00:00:00Z")...)
			require.Equal(t, 1, code, stderr)
			text, err := os.ReadFile("plan.json")
			require.NoError(t, err)
			p, err := plan.Decode(bytes.NewReader(text))
			require.NoError(t, err)
			require.Len(t, p.Actions, 3)
			if c.forge != nil {
				for i := range p.Actions {
					c.forge(&p.Actions[i])
				}
				require.NoError(t, p.Seal())
				var forged bytes.Buffer
				require.NoError(t, p.Encode(&forged))
				write("plan.json", forged.String())
			}
			write("pcf.yaml", fmt.Sprintf(app, c.delay))
			for _, now := range []string{"2026-11-01T00:01:00Z", "2026-11-01T00:02:00Z"} { // the second time all is done
				stdout, stderr, code := call(t, strings.Fields("repair --live sim:account.json --declared pcf.yaml --plan plan.json --apply --now "+now)...)
				assert.Equal(t, c.code, code, "%s\n%s", stdout, stderr)
				assert.Contains(t, strings.Join(strings.Fields(stdout), " "), c.says)
			}
		})
	}
}

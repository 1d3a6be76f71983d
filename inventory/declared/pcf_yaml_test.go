package declared

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// example is the pcf.yaml that the documentation of the format shows.
const example = `
kind: app
app: orders
version: 1.4.2
environment: dev
owner: orders@acme.example
targets: [{account: "111122223333", region: eu-west-1}]
parameters:
  NetworkId: {Type: String}
inputs:
  network: {type: AWS::EC2::VPC, id: !Ref NetworkId}
manage: [observe, tag]
particles:
  web-sg:
    type: AWS::EC2::SecurityGroup
    properties:
      GroupDescription: orders web tier
      VpcId: !Ref network
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8}
  workers:
    type: AWS::AutoScaling::AutoScalingGroup
    manage: [observe, tag, create, update, delete]
    ignore: [{path: /DesiredCapacity, when: "int(value) >= 2 && int(value) <= 10", reason: scales itself, until: 2027-03-01}]
    properties: {MinSize: "2", MaxSize: "10"}
from: [{path: template.yaml, stack: orders-dev, parameters: {Stage: dev}}]
`

const exampleTemplate = `
Parameters: {Stage: {Type: String}}
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "orders-${Stage}", Tags: [{Key: stack, Value: !Ref AWS::StackName}]}}
`

func TestPCFExample(t *testing.T) {
	files(t, map[string]string{"pcf.yaml": example, "template.yaml": exampleTemplate})
	d := read(t, Options{}, ".")
	assert.Empty(t, texts(d.Faults))
	assert.Empty(t, texts(d.Warnings))
	assert.Equal(t, []string{"pcf.yaml", "template.yaml"}, d.Files)
	require.Len(t, d.Apps, 1, "the template is part of the app and not a stranger besides")
	app := d.Apps[0]
	assert.Equal(t, []string{"orders", "1.4.2", "dev", "orders@acme.example"}, []string{app.Name, app.Version, app.Environment, app.Owner})
	assert.Equal(t, []inventory.Target{{Account: "111122223333", Region: "eu-west-1"}}, app.Targets)
	assert.True(t, app.Retired.IsZero())
	require.Len(t, app.Inputs, 1)
	assert.Equal(t, "AWS::EC2::VPC", app.Inputs[0].Type)
	assert.Equal(t, "parameter NetworkId has no value", app.Inputs[0].Unknown.Because)

	web := particle(t, d, "web-sg")
	assert.Equal(t, []inventory.Verb{"observe", "tag"}, web.Manage)
	assert.Equal(t, inventory.Running, web.State)
	assert.Equal(t, app.Targets, web.Targets)
	assert.Equal(t, inventory.Unknown{Because: "parameter NetworkId has no value", Symbol: "Ref network", Target: "network"}, *web.Resource.Properties["VpcId"].(*inventory.Unknown))
	assert.Equal(t, inventory.Ownership{Class: "owned", App: "orders", Environment: "dev", Version: "1.4.2", Particle: "web-sg"}, web.Resource.Owned)

	workers := particle(t, d, "workers")
	assert.Equal(t, []inventory.Verb{"observe", "tag", "create", "update", "delete"}, workers.Manage)
	require.Len(t, workers.Ignore, 1)
	assert.Equal(t, inventory.Ignore{
		Path: "/DesiredCapacity", When: "int(value) >= 2 && int(value) <= 10", Reason: "scales itself",
		Until: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC), Position: workers.Ignore[0].Position,
	}, workers.Ignore[0])

	jobs := particle(t, d, "Jobs")
	assert.Equal(t, "orders-dev", jobs.Resource.Properties["QueueName"])
	assert.Equal(t, map[string]string{"stack": "orders-dev"}, jobs.Resource.Tags)
	assert.Equal(t, "orders-dev", jobs.Stack)
	assert.Equal(t, "1.4.2", jobs.Version)

	known := read(t, Options{Parameters: map[string]string{"NetworkId": "vpc-1"}}, ".")
	assert.Empty(t, texts(known.Faults))
	assert.Equal(t, "vpc-1", known.Apps[0].Inputs[0].ID)
	assert.Equal(t, "vpc-1", particle(t, known, "web-sg").Resource.Properties["VpcId"])
}

func TestPCFDetails(t *testing.T) {
	d := readOne(t, Options{Environment: "qa"}, "orders.yaml", `
app: orders
version: 1.10
retired: 2026-11-01
manage: [observe]
parameters: {SgId: {Type: String}}
particles:
  web: {type: AWS::EC2::SecurityGroup, id: sg-0abc, state: stopped, protect: yes, properties: {GroupDescription: x}}
  unknown-id: {type: AWS::EC2::SecurityGroup, id: !Ref SgId, properties: {GroupDescription: x}}
  server:
    type: AWS::EC2::Instance
    manage: [observe, tag, tag]
    skip: [{rule: some-rule, reason: because}]
    properties: {SecurityGroupIds: [!Ref web, !Ref unknown-id, !GetAtt web.GroupId], IamInstanceProfile: !Sub "${web}-x"}
  custom: {type: "Custom::Thing"}
  nothing: {type: AWS::SQS::Queue, properties: }
`)
	assert.Empty(t, texts(d.Faults))
	assert.Equal(t, []string{"orders.yaml:9:51: the id of particle unknown-id is not known: parameter SgId has no value (until then it is found by its tags)"}, texts(d.Warnings))
	app := d.Apps[0]
	assert.Equal(t, "1.10", app.Version, "the literal text, although YAML would make a number of it")
	assert.Equal(t, "qa", app.Environment)
	assert.True(t, app.RetiredAt(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)))
	web := particle(t, d, "web")
	assert.Equal(t, []any{"sg-0abc", "sg-0abc", inventory.Stopped, true}, []any{web.ID, web.Resource.Ref.ID, web.State, web.Protect})
	assert.Equal(t, []inventory.Verb{"observe"}, web.Manage, "the app's")
	server := particle(t, d, "server")
	assert.Equal(t, []inventory.Verb{"observe", "tag"}, server.Manage)
	assert.Equal(t, "some-rule", server.Skip[0].Rule)
	groups := server.Resource.Properties["SecurityGroupIds"].([]any)
	assert.Equal(t, "sg-0abc", groups[0], "a written id is what Ref yields")
	assert.Equal(t, "Ref unknown-id", groups[1].(*inventory.Unknown).Symbol)
	assert.Equal(t, "web", groups[2].(*inventory.Unknown).Target)
	assert.Equal(t, "sg-0abc-x", server.Resource.Properties["IamInstanceProfile"])
	assert.Equal(t, inventory.Properties{}, particle(t, d, "nothing").Resource.Properties)
}

func TestPCFFaults(t *testing.T) {
	head := "app: orders\nversion: 1.0.0\n"
	queue := "particles:\n  q: {type: AWS::SQS::Queue"
	for _, c := range []struct{ why, content, want string }{
		{"an unknown key", head + "partciles: {}\nparticles: {}\n", `p.yaml:3:1: unknown key "partciles" in the app (did you mean particles?)`},
		{"an unknown key of a particle", head + queue + ", protct: true}\n", `p.yaml:4:30: unknown key "protct" in particle q (did you mean protect?)`},
		{"an unknown type", head + "particles:\n  q: {type: AWS::SQS::Queu}\n", "p.yaml:4:13: unknown resource type AWS::SQS::Queu (did you mean AWS::SQS::Queue?)"},
		{"no type", head + "particles:\n  q: {properties: {}}\n", "p.yaml:4:3: particle q has no type"},
		{"no version", "app: orders\nparticles: {}\n", "p.yaml:1:1: the app has no version"},
		{"no name", "kind: app\nversion: 1\n", "p.yaml:1:1: the app has no name"},
		{"a state that does not exist", head + queue + ", state: runing}\n", `unknown state "runing" (did you mean running?)`},
		{"a verb that does not exist", head + "manage: [observe, destroy]\n" + queue + "}\n", `p.yaml:3:19: manage knows no "destroy"`},
		{"protect that is no boolean would protect nothing", head + queue + ", protect: sure}\n", "protect must be true or false, not text"},
		{"retired that is no time", head + "retired: soon\nparticles: {}\n", "p.yaml:3:10: retired is no time (write RFC 3339"},
		{"an account that is none", head + "targets: [{account: 1234, region: eu-west-1}]\nparticles: {}\n", "an account has 12 digits"},
		{"an unknown key of a target", head + "targets: [{acount: '111122223333', region: x}]\nparticles: {}\n", `unknown key "acount" in a target (did you mean account?)`},
		{"an input without id", head + "inputs: {vpc: {type: AWS::EC2::VPC}}\n", "input vpc has no id"},
		{"an input of an unknown type", head + "inputs: {vpc: {type: AWS::EC2::Vpcc, id: vpc-1}}\n", "did you mean AWS::EC2::VPC?"},
		{"one name for two things", head + "parameters: {q: {Type: String}}\n" + queue + "}\n", "the name q is already taken"},
		{"an ignore without reason", head + queue + ", ignore: [{path: /DelaySeconds}]}\n", "an ignore gives no reason"},
		{"an ignore without path", head + queue + ", ignore: [{path: DelaySeconds, reason: x}]}\n", `"DelaySeconds" is no path to a property`},
		{"a reference to nothing", head + queue + ", properties: {QueueName: !Ref nme}}\n", "Ref of nme, which this file does not declare"},
		{"conditions are no part of the format", head + queue + ", properties: {QueueName: !If [X, a, b]}}\n", "condition X is not declared"},
		{"a file that is not there", head + "from: [{path: nope.yaml}]\n", "p.yaml:3:15: nope.yaml: read file: no such file or directory"},
		{"a file that is an app itself", head + "from: [{path: p.yaml}]\n", "p.yaml:3:15: p.yaml is an app of its own"},
		{"particles that are a list", head + "particles: [a]\n", "particles must be a mapping of names, not a list"},
		{"a kind that does not exist", "kind: ap\n" + head + "particles: {}\n", `unknown kind "ap" (did you mean app?)`},
		{"a misspelt key of the register", "kind: register\napps: {orders: {actve: [1]}}\n", `unknown key "actve" in app orders (did you mean active?)`},
		{"a register without apps", "kind: register\n", "the register lists no apps"},
		{"a tombstone that is no time", "kind: register\napps: {orders: {retired: {1.0.0: soon}}}\n", "the time at which 1.0.0 retires is no time"},
	} {
		t.Run(c.why, func(t *testing.T) {
			d := readOne(t, Options{}, "p.yaml", c.content)
			require.Len(t, d.Faults, 1, "%v", texts(d.Faults))
			assert.Contains(t, d.Faults[0].Error(), c.want)
		})
	}
}

func TestIgnoredPathThatDoesNotExist(t *testing.T) {
	d := readOne(t, Options{}, "p.yaml", "app: a\nversion: 1\nparticles:\n  q: {type: AWS::SQS::Queue, ignore: [{path: /DelaySecond, reason: x}, {path: /Tags/*/Value, reason: x}, {path: /Tags/team, reason: x}]}\n")
	assert.Equal(t, []string{"p.yaml:4:46: AWS::SQS::Queue has no property /DelaySecond, so nothing is ignored (did you mean DelaySeconds?)"}, texts(d.Warnings))
}

func TestFrom(t *testing.T) {
	app := func(version, from string) string {
		return "app: orders\nversion: " + version + "\nparameters: {Stage: {Type: String, Default: qa}}\nparticles:\n  sg: {type: AWS::EC2::SecurityGroup, properties: {GroupDescription: !Ref Jobs}}\nfrom: [" + from + "]\n"
	}
	t.Run("one template in two versions", func(t *testing.T) {
		files(t, map[string]string{
			"shared.yaml": exampleTemplate,
			"v1/pcf.yaml": app("1", "{path: ../shared.yaml, stack: one, parameters: {Stage: !Ref Stage}}"),
			"v2/pcf.yaml": app("2", "{path: ../shared.yaml, stack: two}"),
		})
		d := read(t, Options{}, ".")
		assert.Empty(t, texts(d.Faults))
		require.Len(t, d.Apps, 2)
		assert.Equal(t, []string{"sg", "Jobs"}, []string{d.Apps[0].Particles[0].Name, d.Apps[0].Particles[1].Name})
		assert.Equal(t, "orders-qa", d.Apps[0].Particles[1].Resource.Properties["QueueName"], "an expression passes a value on")
		assert.IsType(t, &inventory.Unknown{}, d.Apps[1].Particles[1].Resource.Properties["QueueName"])
		assert.Equal(t, "Jobs", d.Apps[0].Particles[0].Resource.Properties["GroupDescription"].(*inventory.Unknown).Target, "an app may refer to what comes from a template")
		assert.Equal(t, "two", d.Apps[1].Particles[1].Stack)

		d = read(t, Options{Parameters: map[string]string{"Stage": "prod"}}, ".")
		assert.Equal(t, "orders-prod", d.Apps[1].Particles[1].Resource.Properties["QueueName"], "the user's value wins everywhere")
	})
	t.Run("a parameter that the template does not have", func(t *testing.T) {
		files(t, map[string]string{"t.yaml": exampleTemplate, "p.yaml": app("1", "{path: t.yaml, parameters: {Stge: x}}")})
		assert.Equal(t, []string{"p.yaml:6:36: t.yaml declares no parameter Stge (did you mean Stage?)"}, texts(read(t, Options{}, "p.yaml").Faults))
	})
	t.Run("a PCF definition", func(t *testing.T) {
		files(t, map[string]string{
			"infra/jobs.pcf.yml": "flavor: sqs_queue\npcf_name: jobs\naws_resource: {QueueName: jobs}\n",
			"deploy/pcf.yaml":    app("1", "{path: ../infra/jobs.pcf.yml, stack: one}") + "inputs: {own: {type: AWS::SQS::Queue, id: !Ref 'sqs_queue:jobs'}}\n",
		})
		want := []string{"deploy/pcf.yaml:5:70: Ref of Jobs, which this file does not declare (known here: Stage, own, sg, sqs_queue:jobs)"}
		for _, paths := range [][]string{{"."}, {"deploy"}, {"infra", "deploy/pcf.yaml"}} {
			d := read(t, Options{}, paths...)
			assert.Equal(t, want, texts(d.Faults))
			assert.Equal(t, []string{"deploy/pcf.yaml", "infra/jobs.pcf.yml"}, d.Files)
			require.Len(t, d.Apps, 1, "a file of an app is judged once, however it was reached")
			jobs := particle(t, d, "sqs_queue:jobs")
			assert.Equal(t, []string{"orders", "1", "one"}, []string{jobs.App, jobs.Version, jobs.Stack})
		}
	})
	t.Run("one name twice", func(t *testing.T) {
		own := "particles: {Site: {type: AWS::S3::Bucket}}\n"
		for _, c := range []struct{ why, app, want string }{
			{"in two files", "from: [{path: t.yaml}, {path: u.yaml}]\n", "u.yaml:2:3: particle Site of app a 1 is declared twice; first at t.yaml:2:3"},
			{"in one file twice", "from: [{path: t.yaml}, {path: ./t.yaml}]\n", "t.yaml:2:3: particle Site of app a 1 is declared twice; first at t.yaml:2:3"},
			{"in the app itself", own + "from: [{path: t.yaml}]\n", "t.yaml:2:3: particle Site of app a 1 is declared twice; first at p.yaml:3:13"},
			{"as a parameter", "parameters: {Site: {Type: String}}\nfrom: [{path: t.yaml}]\n", "t.yaml:2:3: the name Site is already taken by a parameter or an input of p.yaml"},
			{"as an input", "inputs: {Site: {type: AWS::S3::Bucket, id: x}}\nfrom: [{path: t.yaml}]\n", "t.yaml:2:3: the name Site is already taken by a parameter or an input of p.yaml"},
		} {
			files(t, map[string]string{"t.yaml": bucket, "u.yaml": bucket, "p.yaml": "app: a\nversion: 1\n" + c.app})
			d := read(t, Options{}, "p.yaml")
			require.Len(t, d.Faults, 1, c.why)
			assert.Contains(t, d.Faults[0].Error(), c.want, c.why)
		}
	})
	t.Run("a PCF definition takes no parameters", func(t *testing.T) {
		files(t, map[string]string{
			"d.pcf.yml": "flavor: sqs_queue\npcf_name: jobs\naws_resource: {QueueName: jobs}\n",
			"p.yaml":    "app: a\nversion: 1\nfrom: [{path: d.pcf.yml, parameters: {Stage: x}}]\n",
		})
		assert.Equal(t, []string{"p.yaml:3:39: d.pcf.yml is a PCF definition, which has no parameter Stage (remove it; a PCF definition takes no parameters)"}, texts(read(t, Options{}, ".").Faults))
	})
	t.Run("a template that is malformed", func(t *testing.T) {
		files(t, map[string]string{"t.yaml": "a: [\n", "p.yaml": "app: a\nversion: 1\nfrom: [{path: t.yaml}]\n"})
		d := read(t, Options{}, ".")
		assert.Len(t, d.Faults, 1)
		assert.Equal(t, "t.yaml is malformed", d.Apps[0].Incomplete, "what the app lacks must not look like an orphan")
	})
	t.Run("a Terraform plan", func(t *testing.T) {
		files(t, map[string]string{
			"tfplan.json": `{"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {}, "resource_changes": [{"address": "aws_sqs_queue.jobs", "mode": "managed", "type": "aws_sqs_queue",
				"name": "jobs", "provider_name": "registry.terraform.io/hashicorp/aws", "change": {"actions": ["create"], "before": null, "after": {"name": "jobs"}, "after_unknown": {}}}]}`,
			"p.yaml": "app: a\nversion: 1\nfrom: [{path: tfplan.json}]\n",
		})
		d := read(t, Options{}, ".")
		assert.Empty(t, texts(d.Faults))
		require.Len(t, d.Apps, 1)
		jobs := particle(t, d, "aws_sqs_queue.jobs")
		assert.Equal(t, []string{"a", "1", "jobs"}, []string{jobs.App, jobs.Version, jobs.Resource.Properties["QueueName"].(string)})
	})
	t.Run("a file that declares no particles", func(t *testing.T) {
		files(t, map[string]string{"r.yaml": "kind: register\napps: {a: {active: [1]}}\n", "p.yaml": "app: a\nversion: 1\nfrom: [{path: r.yaml}]\n"})
		d := read(t, Options{}, ".")
		assert.Empty(t, texts(d.Faults))
		assert.Equal(t, "r.yaml is a register (kind: register), whose particles are not read", d.Apps[0].Incomplete)
		require.Len(t, d.Gaps, 1)
		assert.Equal(t, "a", d.Gaps[0].App)
	})
	t.Run("an input of the app, in a PCF definition", func(t *testing.T) {
		files(t, map[string]string{
			"d.pcf.yml": "flavor: subnet\npcf_name: s\naws_resource: {VpcId: vpc-01234567, custom_config: {subnet_name: s}}\n",
			"p.yaml":    "app: a\nversion: 1\ninputs: {net: {type: AWS::EC2::VPC, id: vpc-01234567}}\nfrom: [{path: d.pcf.yml}]\n",
		})
		d := read(t, Options{}, ".")
		assert.Empty(t, texts(d.Faults))
		require.Len(t, d.Apps[0].Inputs, 1, "the literal is the same resource")
		subnet := particle(t, d, "subnet:s").Resource
		assert.Equal(t, "vpc-01234567", subnet.Properties["VpcId"])
		assert.Contains(t, subnet.Written, "/VpcId")
		assert.Empty(t, subnet.Written["/VpcId"], "it is passed in, and not hard-wired")
	})
}

func TestRegister(t *testing.T) {
	d := readOne(t, Options{}, "register.yaml", `
kind: register
apps:
  orders: {environment: dev, active: [1.4.2, 1.10, 2], retired: {1.3.0: 2026-11-01T00:00:00Z, 1.30: 2026-12-01}}
  legacy: {retired: 2026-10-01T02:00:00+02:00}
`)
	assert.Empty(t, texts(d.Faults))
	require.NotNil(t, d.Register)
	assert.Equal(t, "register.yaml", d.Register.File)
	orders := d.Register.Apps["orders"]
	assert.Equal(t, []string{"1.4.2", "1.10", "2"}, orders.Active, "versions are text")
	assert.Equal(t, map[string]time.Time{
		"1.3.0": time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), "1.30": time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
	}, orders.Retired)
	assert.Equal(t, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), d.Register.Apps["legacy"].RetiredAll)
	assert.Equal(t, "register.yaml:5:3", d.Register.Apps["legacy"].Position.String())
}

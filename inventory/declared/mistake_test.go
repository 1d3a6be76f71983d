package declared

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A file that a walk meets and that looks like ours is never passed over: a gate that
// judged nothing would be open.
func TestWalkTellsLookalikes(t *testing.T) {
	for _, c := range []struct{ why, text, want string }{
		{"a misspelt section of an app", "app: orders\nversion: 1.0\nparticels: {}\n", `a.yaml:3:1: this looks like an app, but "particels" is no key of one (did you mean particles?)`},
		{"a misspelt section with particles", "app: orders\nversion: 1.0\nparticels: {web: {type: AWS::S3::Bucket}}\n", "did you mean particles?"},
		{"a misspelt section and nothing of the version", "app: orders\nparticels: {web: {type: AWS::S3::Bucket}}\n", "did you mean particles?"},
		{"an app without particles", "app: orders\nversion: 1.0\n", "looks like an app"},
		{"an app with an environment", "app: orders\nenvironment: dev\nparticle: {}\n", "did you mean particles?"},
		{"an app with a Kubernetes head", "apiVersion: v1\nkind: app\napp: orders\nversion: 1\nparticles: {}\n", "remove apiVersion"},
		{"a register with a Kubernetes head", "apiVersion: v1\nkind: register\napps: {}\n", "remove apiVersion"},
		{"a kind in the wrong case", "kind: App\nversion: 1\nparticles: {}\n", "did you mean app?"},
		{"a misspelt register", "kind: registr\napps: {orders: {active: [1]}}\n", "did you mean register?"},
		{"a register without kind", "apps: {orders: {active: [1]}}\n", "add kind: register"},
		{"a misspelt section of a template", "Resorces:\n  Site: {Type: AWS::S3::Bucket}\n", `a.yaml:1:1: this looks like a CloudFormation template, but "Resorces" is no section of one (did you mean Resources?)`},
		{"a section in the wrong case", "resources:\n  Site: {Type: AWS::S3::Bucket}\n", "did you mean Resources?"},
		{"resources without types", "Resorces:\n  Site: {Properties: {BucketName: x}}\n", "did you mean Resources?"},
		{"the type in lower case", "Resources:\n  Site: {type: AWS::S3::Bucket}\n", `a.yaml:2:10: this looks like a CloudFormation template, but "type" is no attribute of a resource (did you mean Type?)`},
		{"another section", "Stuff:\n  Site: {Type: AWS::S3::Bucket}\n", "Resources section"},
		{"resources on top", "Site: {Type: AWS::S3::Bucket}\n", "Resources section"},
		{"particles on top", "web: {type: AWS::S3::Bucket, properties: {}}\n", "particles"},
		{"particles of no app", "particles:\n  web: {type: AWS::S3::Bucket}\n", "add app:"},
	} {
		t.Run(c.why, func(t *testing.T) {
			files(t, map[string]string{"a.yaml": c.text})
			d := read(t, Options{}, ".")
			require.Len(t, d.Faults, 1, "%v", texts(d.Faults))
			assert.Contains(t, d.Faults[0].Error(), c.want)
			assert.Equal(t, texts(d.Faults), texts(read(t, Options{}, "a.yaml").Faults), "also when it is named")
		})
	}
	for why, text := range map[string]string{
		"Helm values":          "app:\n  name: web\nimage: {tag: 1}\nresources: {limits: {cpu: 1}, requests: {cpu: 1}}\n",
		"Kubernetes":           "apiVersion: apps/v1\nkind: Deployment\nmetadata: {labels: {app: web, version: v1}}\n",
		"a kapp App":           "apiVersion: kappctrl.k14s.io/v1alpha1\nkind: App\nspec: {}\n",
		"a rule":               "rules:\n- id: x\n  types: [AWS::S3::Bucket]\n  cases: [{type: AWS::S3::Bucket}]\n",
		"an OpenAPI file":      "openapi: 3.0.0\npaths: {/x: {type: object}}\n",
		"a form of an app":     "app: web\nform: {a: b}\ninput: x\n",
		"a list of apps":       "apps: [web, db]\n",
		"docker":               "services: {web: {type: x}}\nversion: '3'\n",
		"a CloudFormation log": `{"StackResources": [{"ResourceType": "AWS::S3::Bucket"}]}`,
	} {
		files(t, map[string]string{"a.yaml": text})
		assert.Empty(t, texts(read(t, Options{}, ".").Faults), why)
	}
}

func TestTemplateHidesResources(t *testing.T) {
	for _, typ := range []string{"AWS::CloudFormation::Stack", "Acme::Network::Vpc::MODULE"} {
		d := readOne(t, Options{}, "t.yaml", "Conditions: {Off: !Equals [a, b]}\nResources:\n  Net: {Type: "+typ+", Properties: {TemplateURL: x}}\n  Site: {Type: AWS::S3::Bucket, Properties: {BucketName: !GetAtt Net.Outputs.Name}}\n")
		assert.Empty(t, texts(d.Faults), typ)
		require.Len(t, d.Gaps, 1, typ)
		assert.Equal(t, "t.yaml", d.Gaps[0].File)
		assert.Equal(t, inventory.Unsupported, d.Gaps[0].Reason)
		assert.Contains(t, d.Gaps[0].Message, "Net")
		assert.Contains(t, d.Apps[0].Incomplete, "Net", "the app may have more particles")
	}
	d := readOne(t, Options{}, "t.yaml", "Conditions: {Off: !Equals [a, b]}\nResources:\n  Net: {Type: AWS::CloudFormation::Stack, Condition: Off}\n  Site: {Type: AWS::S3::Bucket}\n")
	assert.Empty(t, d.Gaps, "a stack whose condition is false hides nothing")
	d = readOne(t, Options{}, "t.yaml", "Resources:\n  Net: {Type: 'Acme::Net::MODULE'}\n  Site: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref NetName}}\n")
	assert.Empty(t, texts(d.Faults), "a module declares names that the file does not show")
}

func TestTemplateUnknownType(t *testing.T) {
	for typ, near := range map[string]string{
		"AWS::S3::Buckett":           "AWS::S3::Bucket",
		"AWS::S33::Bucket":           "AWS::S3::Bucket",
		"Aws::S3::Bucket":            "AWS::S3::Bucket",
		"AWS::EC2::securitygroup":    "AWS::EC2::SecurityGroup",
		"AWS::EC2::Quantumentangler": "",
		"AWS::Zzyzzx::Thing":         "",
		"Acme::S3::Bucket":           "third party",
	} {
		d := readOne(t, Options{}, "t.yaml", "Resources:\n  A:\n    Type: "+typ+"\n")
		switch near {
		case "third party":
			assert.Empty(t, texts(d.Faults), typ)
			assert.Empty(t, d.Gaps, typ)
		case "":
			assert.Empty(t, texts(d.Faults), typ)
			assert.Len(t, d.Warnings, 1, typ)
			require.Len(t, d.Gaps, 1, typ)
			assert.Equal(t, inventory.Unsupported, d.Gaps[0].Reason, typ)
			assert.Equal(t, "t.yaml", d.Gaps[0].File, typ)
			assert.Contains(t, d.Gaps[0].Message, typ)
		default:
			assert.Equal(t, []string{"t.yaml:3:11: unknown resource type " + typ + " (did you mean " + near + "?)"}, texts(d.Faults))
			assert.Empty(t, d.Gaps, typ)
		}
	}
}

func TestDeclaredProblems(t *testing.T) {
	for _, c := range []struct{ why, typ, props, fault, warning string }{
		{"a misspelt property", "AWS::S3::Bucket", "{BucketNam: x}", "did you mean BucketName?", ""},
		{"a misspelt property deeper", "AWS::S3::Bucket", "{PublicAccessBlockConfiguration: {BlockPublicAcl: true}}", "did you mean BlockPublicAcls?", ""},
		{"a property that is nothing like another", "AWS::S3::Bucket", "{Quantumentanglement: x}", "", `unknown property "Quantumentanglement"`},
		{"an object where text stands", "AWS::S3::Bucket", "{BucketName: {a: b}}", "want string, found object", ""},
		{"a list where text stands", "AWS::S3::Bucket", "{BucketName: [a]}", "want string, found array", ""},
		{"text where an object stands", "AWS::S3::Bucket", "{PublicAccessBlockConfiguration: all}", "want object, found string", ""},
		{"text where a number stands may be a way to write it", "AWS::EC2::Volume", "{Size: many}", "", "found string"},
		{"a mapping of tags where a list stands", "AWS::S3::Bucket", "{Tags: {Team: web}}", "want array, found object", ""},
	} {
		for file, text := range map[string]string{
			"t.yaml":   "Resources: {A: {Type: " + c.typ + ", Properties: " + c.props + "}}",
			"pcf.yaml": "kind: app\napp: a\nversion: 1\nparticles: {A: {type: " + c.typ + ", properties: " + c.props + "}}",
		} {
			d := readOne(t, Options{}, file, text)
			assert.Equal(t, c.fault != "", strings.Contains(strings.Join(texts(d.Faults), "\n"), c.fault) && len(d.Faults) == 1, "%s: %v", c.why, texts(d.Faults))
			assert.Equal(t, c.warning != "", strings.Contains(strings.Join(texts(d.Warnings), "\n"), c.warning) && len(d.Warnings) == 1, "%s: %v", c.why, texts(d.Warnings))
			if c.fault == "" {
				assert.Empty(t, texts(d.Faults), c.why)
			}
		}
	}
}

func TestMacrosMakeStrangeNamesADoubt(t *testing.T) {
	d := readOne(t, Options{}, "t.yaml", "Transform: Mine\nResources:\n  A: {Type: AWS::S3::Bucket, Properties: {BucketNam: x}}\n  B: {Type: AWS::S3::Buckett}\n")
	assert.Empty(t, texts(d.Faults), "the macro may read them, and CloudFormation never see them")
	assert.Len(t, d.Warnings, 2)
	assert.True(t, particle(t, d, "A").Resource.IsUnread("/BucketName"))
}

func TestUnknownPropertyLeavesItsNeighboursOpen(t *testing.T) {
	r := particle(t, readOne(t, Options{}, "t.yaml", `
Resources:
  A:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: x
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, Quantumentanglement: x}
`), "A").Resource
	assert.True(t, r.IsUnread("/PublicAccessBlockConfiguration/BlockPublicPolicy"), "it may be what the unknown property sets")
	assert.False(t, r.IsUnread("/PublicAccessBlockConfiguration/BlockPublicAcls"), "what is written is read")
	assert.False(t, r.IsUnread("/BucketEncryption"), "outside the object nothing is in doubt")
	assert.Contains(t, r.UnreadBecause, "Quantumentanglement")
	assert.NotNil(t, r.Tags)
}

func TestSingletonIsAList(t *testing.T) {
	d := readOne(t, Options{}, "t.yaml", `
Resources:
  A:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: x
      SecurityGroupIngress:
        IpProtocol: tcp
        FromPort: "22"
        CidrIp: 0.0.0.0/0
      Tags: {Key: team, Value: 1.10}
`)
	assert.Empty(t, texts(d.Faults))
	assert.Empty(t, texts(d.Warnings))
	r := particle(t, d, "A").Resource
	assert.Equal(t, []any{map[string]any{"IpProtocol": "tcp", "FromPort": int64(22), "CidrIp": "0.0.0.0/0"}}, r.Properties["SecurityGroupIngress"])
	assert.Equal(t, "t.yaml:7:7", r.PositionOf("/SecurityGroupIngress/0").String())
	assert.Equal(t, "t.yaml:10:9", r.PositionOf("/SecurityGroupIngress/0/CidrIp").String())
	assert.Equal(t, map[string]string{"team": "1.10"}, r.Tags)
}

func TestSingletonsBelowSingletons(t *testing.T) {
	d := readOne(t, Options{}, "t.yaml", `
Resources:
  A:
    Type: AWS::S3::Bucket
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          BucketKeyEnabled: yes
      LifecycleConfiguration:
        Rules:
          Status: Enabled
          Transitions:
            StorageClass: GLACIER
            TransitionInDays: "30"
`)
	assert.Empty(t, texts(d.Faults))
	assert.Empty(t, texts(d.Warnings))
	r := particle(t, d, "A").Resource
	v, _ := inventory.At(r.Properties, "/LifecycleConfiguration/Rules/0/Transitions/0/TransitionInDays")
	assert.Equal(t, int64(30), v)
	assert.Equal(t, "t.yaml:14:13", r.PositionOf("/LifecycleConfiguration/Rules/0/Transitions/0/TransitionInDays").String())
	v, _ = inventory.At(r.Properties, "/BucketEncryption/ServerSideEncryptionConfiguration/0/BucketKeyEnabled")
	assert.Equal(t, true, v, "and yes is still read as the schema wants")
}

func TestSnapshotRefusals(t *testing.T) {
	line := `{"type": "AWS::S3::Bucket", "id": "a", "account": "1", "region": "r", "properties": {}}`
	for _, c := range []struct{ why, text, want string }{
		{"the same resource twice", `{"schemaVersion": 1, "scope": {}}` + "\n" + line + "\n" + line + "\n", "s:3:1: read snapshot: resource 2 (AWS::S3::Bucket a) stands twice; first on line 2"},
		{"a misspelt key of scope", `{"schemaVersion": 1, "scope": {"regoins": ["eu-west-1"]}, "complete": true, "resources": []}`, `read snapshot: unknown key "regoins" in scope (did you mean regions?)`},
		{"a version that is text", `{"schemaVersion": "1", "scope": {}, "complete": true, "resources": []}`, "schemaVersion must be a number"},
	} {
		_, err := ReadSnapshot(strings.NewReader(c.text), "s")
		assert.ErrorContains(t, err, c.want, c.why)
	}
	other := strings.Replace(line, `"r"`, `"q"`, 1)
	_, err := ReadSnapshot(strings.NewReader(`{"schemaVersion": 1, "scope": {"files": ["a"], "narrowedTo": []}}`+"\n"+line+"\n"+other+"\n"), "s")
	assert.NoError(t, err, "the same id in another region is another resource")
	s, err := ReadSnapshot(strings.NewReader(`{"schemaVersion": 1, "scope": {}, "complete": false, "resources": []}`), "s")
	require.NoError(t, err)
	assert.False(t, s.Readable("1", "eu-west-1", "AWS::S3::Bucket"), "incomplete, and nobody says where: anything may be hidden")
}

func TestEqualBranches(t *testing.T) {
	d := readOne(t, Options{}, "t.yaml", `
Parameters: {P: {Type: String}}
Conditions: {U: !Equals [!Ref P, a]}
Resources:
  A:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !If [U, 1, "1"]
      PublicAccessBlockConfiguration:
        BlockPublicAcls: !If [U, true, "true"]
        BlockPublicPolicy: !If [U, true, "false"]
      Tags: !If [U, [{Key: a, Value: 1}], [{Key: a, Value: "1"}]]
  Free: {Type: "Custom::X", Properties: {V: !If [U, true, "true"]}}
`)
	require.Empty(t, texts(d.Faults))
	props := particle(t, d, "A").Resource.Properties
	block := props["PublicAccessBlockConfiguration"].(map[string]any)
	assert.Equal(t, true, block["BlockPublicAcls"], "both branches say true where only a boolean may stand")
	assert.IsType(t, &inventory.Unknown{}, block["BlockPublicPolicy"])
	assert.Equal(t, "1", props["BucketName"])
	assert.Equal(t, []any{map[string]any{"Key": "a", "Value": "1"}}, props["Tags"])
	assert.IsType(t, &inventory.Unknown{}, particle(t, d, "Free").Resource.Properties["V"], "without a schema the two stay two")
}

func TestSkipsNeedRuleAndReason(t *testing.T) {
	for _, skip := range []struct{ text, want string }{
		{"{rule: x}", "t.yaml:6:32: a skip gives no reason"},
		{"{reason: x}", "t.yaml:6:32: a skip names no rule"},
		{"{rule: x, reason: y, expires: soon}", "t.yaml:6:57: expires is no time"},
		{"{rule: x, reason: y}", ""},
	} {
		d := readOne(t, Options{}, "t.yaml", "\nResources:\n  A:\n    Type: AWS::S3::Bucket\n    Metadata:\n      pcf-scan: {        skip:   ["+skip.text+"]}\n")
		if skip.want == "" {
			assert.Empty(t, texts(d.Faults))
			assert.Len(t, particle(t, d, "A").Skip, 1, "expires is optional")
			continue
		}
		assert.Contains(t, strings.Join(texts(d.Faults), "\n"), strings.SplitN(skip.want, ": ", 2)[1])
		assert.Equal(t, 6, d.Faults[0].Position.Line)
		assert.Empty(t, particle(t, d, "A").Skip, "and it skips nothing")
	}
}

func TestMessagesSayWhy(t *testing.T) {
	d := readOne(t, Options{}, "t.yaml", `
Parameters: {P: {Type: String}}
Conditions: {U: !Equals [!Ref P, a]}
Resources:
  A: {Type: AWS::S3::Bucket, Properties: !If [U, {BucketName: x}, {BucketName: y}]}
`)
	r := particle(t, d, "A").Resource
	assert.Equal(t, []string{""}, r.Unread)
	assert.Equal(t, "condition U is not known: parameter P has no value", r.UnreadBecause)

	d = readOne(t, Options{}, "t.yaml", "Resources:\n  A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref ''}}\n")
	assert.Equal(t, []string{`t.yaml:2:55: Ref of an empty name (name a parameter or a resource)`}, texts(d.Faults))

	off := "Conditions: {Off: !Equals [a, b]}\nResources:\n  A: {Type: AWS::S3::Bucket, Condition: Off}\n"
	d = readOne(t, Options{}, "t.yaml", off)
	assert.Equal(t, []string{"t.yaml:3:3: every resource of t.yaml has a condition that is false"}, []string{d.Warnings[0].Position.String() + ": " + d.Warnings[0].Message})
	d = readOne(t, Options{}, "t.yaml", off+"  B: {Type: AWS::S3::Bucket}\n")
	assert.Empty(t, d.Warnings)
}

func TestWalkTellsDanglingLinks(t *testing.T) {
	files(t, map[string]string{"a.yaml": bucket})
	require.NoError(t, os.Symlink("nowhere.yaml", "b.yaml"))
	require.NoError(t, os.Symlink("nowhere", "other"))
	require.NoError(t, os.Symlink("me@host.1:2", ".#a.yaml"))
	d := read(t, Options{}, ".")
	require.Len(t, d.Faults, 1, "of the names that may be declarations: %v", texts(d.Faults))
	assert.Equal(t, "b.yaml", d.Faults[0].Position.File)
	assert.Contains(t, d.Faults[0].Message, "no such file")
}

func TestRegisterContradictsItself(t *testing.T) {
	d := readOne(t, Options{}, "r.yaml", "kind: register\napps:\n  orders:\n    active: [1.4.2, 2.0.0]\n    retired: {1.4.2: 2099-01-01}\n")
	assert.Equal(t, []string{"r.yaml:5:15: version 1.4.2 of orders is both active and retired (remove it from one of the two: the register is the authority on what is live)"}, texts(d.Faults))
	d = readOne(t, Options{}, "r.yaml", "kind: register\napps:\n  orders:\n    active: [2.0.0]\n    retired: 2026-01-01\n")
	require.Len(t, d.Faults, 1)
	assert.Contains(t, d.Faults[0].Message, "version 2.0.0 of orders is both active and retired")
}

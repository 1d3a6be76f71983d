package declared

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

func TestTemplatePositions(t *testing.T) {
	yamlText := `# a comment
Conditions: {Dev: !Equals [a, a]}
Resources:
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      SecurityGroupIngress:
        - !Ref AWS::NoValue
        - CidrIp: 0.0.0.0/0
          IpProtocol: tcp
        - !If
          - Dev
          - {IpProtocol: udp}
          - !Ref AWS::NoValue
      Tags: [{Key: a/b, Value: "1"}]
`
	p := particle(t, readOne(t, Options{}, "web.yaml", yamlText), "Web")
	for pointer, want := range map[string]string{
		"":                                   "web.yaml:4:3",
		"/GroupDescription":                  "web.yaml:7:7",
		"/SecurityGroupIngress":              "web.yaml:8:7",
		"/SecurityGroupIngress/0":            "web.yaml:10:11",
		"/SecurityGroupIngress/0/CidrIp":     "web.yaml:10:11",
		"/SecurityGroupIngress/0/IpProtocol": "web.yaml:11:11",
		"/SecurityGroupIngress/1":            "web.yaml:12:11",
		"/SecurityGroupIngress/1/IpProtocol": "web.yaml:14:14",
		"/SecurityGroupIngress/1/ToPort":     "web.yaml:12:11",
		"/Tags/0/Value":                      "web.yaml:16:25",
		"/NotThere":                          "web.yaml:4:3",
	} {
		assert.Equal(t, want, p.Resource.PositionOf(pointer).String(), pointer)
	}
	assert.Equal(t, map[string]string{"a/b": "1"}, p.Resource.Tags)

	jsonText := "{\n\t\"Resources\": {\n\t\t\"Wéb\": {\"Type\": \"AWS::EC2::SecurityGroup\", \"Properties\": {\"GroupDescription\":\"\\ud83d\\ude00 \\/\",\n\"SecurityGroupIngress\" : [ {\"FromPort\":  12345678901234567890, \"ToPort\": 22} ]}}\n\t}\n}\n"
	p = particle(t, readOne(t, Options{}, "web.json", jsonText), "Wéb")
	assert.Equal(t, "😀 /", p.Resource.Properties["GroupDescription"], "JSON's own escapes")
	for pointer, want := range map[string]string{
		"":                                 "web.json:3:3",
		"/GroupDescription":                "web.json:3:61",
		"/SecurityGroupIngress":            "web.json:4:1",
		"/SecurityGroupIngress/0":          "web.json:4:28",
		"/SecurityGroupIngress/0/FromPort": "web.json:4:29",
		"/SecurityGroupIngress/0/ToPort":   "web.json:4:64",
	} {
		assert.Equal(t, want, p.Resource.PositionOf(pointer).String(), pointer)
	}
}

func TestTemplateResources(t *testing.T) {
	d := readOne(t, Options{}, "stacks/web.template.yaml", `
AWSTemplateFormatVersion: 2010-09-09
Parameters: {Stage: {Type: String}}
Conditions:
  Off: !Equals [a, b]
  Maybe: !Equals [!Ref Stage, prod]
Resources:
  Gone: {Type: AWS::S3::Bucket, Condition: Off}
  Perhaps: {Type: AWS::S3::Bucket, Condition: Maybe}
  Database:
    Type: AWS::RDS::DBInstance
    DependsOn: [Perhaps]
    DeletionPolicy: Retain
    Properties: {PubliclyAccessible: yes, MultiAZ: "true", BackupRetentionPeriod: "7", EngineVersion: 14.10, AllocatedStorage: 20, DBInstanceIdentifier: Orders}
    Metadata:
      pcf-scan: {skip: [{rule: rds-multi-az, reason: a test, expires: 2027-01-02}]}
      guard: {SuppressedRules: [RDS_STORAGE_ENCRYPTED]}
      cfn_nag: {rules_to_suppress: [{id: F22, reason: nag says so}, {id: F23}]}
      other: {tool: 1}
  Helper: {Type: "Custom::Helper", Properties: {ServiceToken: x}}
  New: {Type: AWS::Brand::NewThing, Properties: {A: {B: 1}}}
  Include:
    Type: AWS::S3::Bucket
    Properties: {"Fn::Transform": {Name: AWS::Include, Parameters: {Location: s3://a/b}}, BucketName: x}
Outputs:
  Id: {Value: !Ref Perhaps, Condition: Maybe}
`)
	assert.Empty(t, texts(d.Faults))
	assert.Equal(t, []string{"stacks/web.template.yaml:21:15: unknown resource type AWS::Brand::NewThing; it is not judged (it may be newer than this version of pcf-scan)"}, texts(d.Warnings))
	var names []string
	for _, p := range d.Particles() {
		names = append(names, p.Name)
		assert.Equal(t, "web", p.Stack)
		assert.True(t, p.Resource.Declared)
		assert.Equal(t, p.Name, p.Resource.LogicalID)
	}
	assert.Equal(t, []string{"Perhaps", "Database", "Helper", "New", "Include"}, names, "the order of the file, without what a false condition leaves out")

	assert.Equal(t, "condition Maybe is not known: parameter Stage has no value", particle(t, d, "Perhaps").Existence.Because)
	db := particle(t, d, "Database")
	assert.Nil(t, db.Existence)
	assert.Equal(t, inventory.Properties{
		"PubliclyAccessible": true, "MultiAZ": true, "BackupRetentionPeriod": int64(7), "EngineVersion": "14.10", "AllocatedStorage": "20", "DBInstanceIdentifier": "Orders",
	}, db.Resource.Properties, "the kinds of the schema, and the text where the schema wants text")
	assert.Equal(t, inventory.Ref{Partition: "aws", Type: "AWS::RDS::DBInstance", ID: "Orders"}, db.Resource.Ref)
	assert.Equal(t, map[string]string{}, db.Resource.Tags, "no tags are declared, which is not the same as unknown tags")
	for i := range db.Skip {
		db.Skip[i].Position = inventory.Position{}
	}
	assert.Equal(t, []inventory.Skip{
		{Rule: "rds-multi-az", Reason: "a test", Expires: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)},
		{Rule: "RDS_STORAGE_ENCRYPTED", Reason: "suppressed for cfn-guard"},
		{Rule: "F22", Reason: "nag says so"},
		{Rule: "F23", Reason: "suppressed for cfn_nag"},
	}, db.Skip)
	assert.Equal(t, map[string]any{"A": map[string]any{"B": int64(1)}}, particle(t, d, "New").Resource.Properties, "a type that nobody knows is kept as it is")
	include := particle(t, d, "Include").Resource
	assert.True(t, include.IsUnread("/BucketName"), "what a macro returns is not known")
	assert.Nil(t, include.Tags)
}

func TestTemplateFaults(t *testing.T) {
	for _, c := range []struct{ why, content, want string }{
		{"no resources", "AWSTemplateFormatVersion: '2010-09-09'\n", "t.yaml:1:1: the template declares no resources"},
		{"a list of resources", "AWSTemplateFormatVersion: '2010-09-09'\nResources: []\n", "t.yaml:2:12: the template declares no resources"},
		{"a resource without type", bucket + "  Other: {Properties: {}}\n", "t.yaml:3:3: resource Other has no Type"},
		{"a resource that is text", bucket + "  Other: x\n", "t.yaml:3:10: resource Other must be a mapping with Type and Properties, not text"},
		{"a misspelt attribute would lose the properties", bucket + "  Other: {Type: AWS::S3::Bucket, Propertes: {}}\n", `unknown key "Propertes" in resource Other (did you mean Properties?)`},
		{"a misspelt section", bucket + "Conditons: {}\n", `t.yaml:3:1: unknown key "Conditons" in the template (did you mean Conditions?)`},
		{"properties that are a list", bucket + "  Other: {Type: AWS::S3::Bucket, Properties: [a]}\n", "t.yaml:3:46: the properties of Other must be a mapping, not a list"},
		{"a condition that is not declared", bucket + "  Other: {Type: AWS::S3::Bucket, Condition: Nope}\n", "t.yaml:3:45: condition Nope is not declared"},
		{"a dependency that is not declared", bucket + "  Other: {Type: AWS::S3::Bucket, DependsOn: Sit}\n", "DependsOn of Sit, which this file does not declare (did you mean Site?)"},
		{"an output of nothing", bucket + "Outputs: {X: {Value: !GetAtt Sitee.Arn}}\n", "Fn::GetAtt of Sitee"},
		{"a skip without rule", bucket + "    Metadata: {pcf-scan: {skip: [{reason: x}]}}\n", "malformed YAML"},
		{"our metadata is strict", "Resources:\n  A: {Type: AWS::S3::Bucket, Metadata: {pcf-scan: {skpi: []}}}\n", `unknown key "skpi" in the pcf-scan metadata (did you mean skip?)`},
		{"a skip that names no rule", "Resources:\n  A: {Type: AWS::S3::Bucket, Metadata: {pcf-scan: {skip: [{reason: x}]}}}\n", "a skip names no rule"},
		{"a skip that never was a time", "Resources:\n  A: {Type: AWS::S3::Bucket, Metadata: {pcf-scan: {skip: [{rule: x, reason: y, expires: soon}]}}}\n", "expires is no time"},
	} {
		t.Run(c.why, func(t *testing.T) {
			d := readOne(t, Options{}, "t.yaml", c.content)
			require.Len(t, d.Faults, 1, "%v", texts(d.Faults))
			assert.Contains(t, d.Faults[0].Error(), c.want)
		})
	}
}

func TestTemplateWarnings(t *testing.T) {
	d := readOne(t, Options{}, "t.yaml", `Resources:
  A:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: x
      SecurityGroupIngress:
        - IpProtocol: tcp
          CidrIp: 0.0.0.0/0
          FromPort: many
          ToPort:
`)
	assert.Empty(t, texts(d.Faults), "a doubt does not stop the judgement")
	assert.Equal(t, []string{
		`t.yaml:9:11: A (AWS::EC2::SecurityGroup): want integer, found string at /SecurityGroupIngress/0/FromPort`,
		`t.yaml:10:18: the value is null and counts as not set; CloudFormation refuses it (remove the key, or give it a value)`,
	}, texts(d.Warnings))
}

func TestMacrosMakeTheListIncomplete(t *testing.T) {
	for why, content := range map[string]string{
		"a macro of one's own":  "Transform: [AWS::LanguageExtensions, {Name: Mine, Parameters: {}}]\n",
		"a macro in Resources":  "Resources:\n  Fn::Transform: {Name: X}\n  A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref FromTheMacro}}\n",
		"a loop over resources": "Transform: AWS::LanguageExtensions\nParameters: {Names: {Type: CommaDelimitedList}}\nResources:\n  Fn::ForEach::Q: [n, !Ref Names, {\"Q${n}\": {Type: AWS::SQS::Queue}}]\n  A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Qa}}\n",
	} {
		t.Run(why, func(t *testing.T) {
			if !strings.Contains(content, "Resources") {
				content += "Resources:\n  A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref FromTheMacro}}\n"
			}
			d := readOne(t, Options{App: "orders", Version: "1"}, "t.yaml", content)
			assert.Empty(t, texts(d.Faults), "a name may come from the macro")
			require.Len(t, d.Gaps, 1)
			assert.Equal(t, inventory.Gap{File: "t.yaml", App: "orders", AppVersion: "1", Reason: inventory.Unsupported, Message: d.Apps[0].Incomplete}, d.Gaps[0])
			assert.Contains(t, d.Apps[0].Incomplete, "is not expanded")
			assert.Len(t, d.Particles(), 1, "what is written is still read")
		})
	}
	d := readOne(t, Options{}, "t.yaml", "Transform: AWS::LanguageExtensions\n"+bucket)
	assert.Empty(t, d.Gaps, "the language extensions by themselves add nothing")
}

func TestYAMLShapes(t *testing.T) {
	t.Run("anchors and merge keys", func(t *testing.T) {
		d := readOne(t, Options{}, "t.yaml", `
Resources:
  A: {Type: AWS::SQS::Queue, Properties: &base {DelaySeconds: 5, QueueName: a}}
  B: {Type: AWS::SQS::Queue, Properties: {<<: *base, QueueName: b}}
  C: {Type: AWS::SQS::Queue, Properties: *base}
`)
		assert.Empty(t, texts(d.Faults))
		assert.Equal(t, map[string]any{"DelaySeconds": int64(5), "QueueName": "b"}, particle(t, d, "B").Resource.Properties)
		assert.Equal(t, map[string]any{"DelaySeconds": int64(5), "QueueName": "a"}, particle(t, d, "C").Resource.Properties)
	})
	t.Run("a byte order mark and carriage returns", func(t *testing.T) {
		d := readOne(t, Options{}, "t.yaml", "\xef\xbb\xbf"+strings.ReplaceAll(bucket, "\n", "\r\n"))
		assert.Equal(t, "acme-site", particle(t, d, "Site").Resource.Properties["BucketName"])
	})
	t.Run("flow style that is not JSON", func(t *testing.T) {
		d := readOne(t, Options{}, "t.yaml", "{Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub x}}}} # done\n")
		assert.Equal(t, "x", particle(t, d, "A").Resource.Properties["BucketName"])
	})
}

// A small file must not become a large value, and no nesting may exhaust the stack.
func TestHostileFiles(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("Resources:\n  A:\n    Type: \"Custom::X\"\n    Properties:\n      a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		bomb.WriteString("      " + name("a", i) + ": &" + name("a", i) + " [" + strings.TrimSuffix(strings.Repeat("*"+name("a", i-1)+", ", 10), ", ") + "]\n")
	}
	var merges strings.Builder
	merges.WriteString("Resources: {A: {Type: \"Custom::X\"}}\nx0: &x0 {k0: 1}\n")
	for i := 1; i < 4000; i++ {
		merges.WriteString(name("x", i) + ": &" + name("x", i) + " {<<: *" + name("x", i-1) + ", " + name("k", i) + ": 1}\n")
	}
	var chain strings.Builder
	chain.WriteString("c0: &c0 [x]\n")
	for i := 1; i < 5000; i++ {
		chain.WriteString(name("c", i) + ": &" + name("c", i) + " [*" + name("c", i-1) + "]\n")
	}
	for why, text := range map[string]string{
		"an alias bomb":           bomb.String(),
		"a merge bomb":            merges.String(),
		"a chain of aliases":      chain.String(),
		"deep nesting":            strings.Repeat("[", 100000),
		"deep and closed":         strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"deep blocks":             deepBlocks(3000),
		"deep JSON":               strings.Repeat(`{"a":`, 100000),
		"a list longer than sane": "[" + strings.Repeat("1,", maxNodes) + "1]",
	} {
		t.Run(why, func(t *testing.T) {
			// A hang is caught by the time limit of go test: how long it takes is no assertion.
			assert.NotEmpty(t, readOne(t, Options{}, "t.yaml", text).Faults)
		})
	}
}

func name(prefix string, i int) string {
	return prefix + string(rune('0'+i/1000)) + string(rune('0'+i/100%10)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10))
}

func deepBlocks(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

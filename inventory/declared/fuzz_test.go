package declared

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// FuzzRead holds every reader to its promise on any input: no panic, no hang, and every
// position lies inside the file.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "a", "[", "{", "{}", bucket, example, exampleTemplate, saved, strings.ReplaceAll(head, "%s", "!Sub '${Open}'"),
		"kind: register\napps: {orders: {active: [1.4.2], retired: {1.3.0: 2026-11-01}}}\n",
		"a: &a [*a]\n", "? [a]\n: b\n", "<<: {a: 1}\n", "a: !!binary x\n", "%YAML 1.1\n---\na: 1\n...\n", "\xff\xfe\x00", "a: \x00", "--- >\n x\n",
		`{"Resources": {"A": {"Type": "AWS::S3::Bucket", "Properties": {"Fn::If": ["A", 1]}}}}`,
		"Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Select [0, !Split ['', '']]}}}\n",
		"Conditions: {A: !And [], B: !Or [!Condition A]}\nResources: {A: {Type: 'X::Y', Condition: B}}\n",
		"kind: app\napp: a\nversion: 1\nparticles: {q: {type: AWS::SQS::Queue, ignore: [{path: /a}], skip: x, manage: x, properties: []}}\nfrom: {}\ntargets: 1\ninputs: []\nparameters: []\n",
		serverless, nestedChild, synthesized["cdk.out/manifest.json"], synthesized["cdk.out/App.template.json"],
		strings.ReplaceAll(subject, "%s", "    Properties: !If [A, {QueueName: !If [Both, a, b]}, !Ref 'AWS::NoValue']"),
		"Transform: AWS::LanguageExtensions\nResources: {'Fn::ForEach::A': [x, [a, b], {'Fn::ForEach::B': [y, [c], {'Q${x}${y}': {Type: AWS::SQS::Queue, Properties: {QueueName: '&{x}'}}}]}]}\n",
		"Resources: {A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: f.yaml}}, B: {Type: AWS::S3::Bucket, Properties: {BucketName: !GetAtt A.Outputs.X}}}\n",
		"Conditions: {A: !Not [!Condition B], B: !And [!Condition A, !Equals [!Ref X, y]]}\nResources: {A: {Type: AWS::SQS::Queue, Condition: B, Properties: {QueueName: !If [A, x, y]}}}\n",
		`{"schemaVersion": 1, "scope": {}}` + "\n" + `{"type": "a", "id": "b", "properties": {"a": 1e999}}`,
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, asJSON bool) {
		name := "f.yaml"
		if asJSON {
			name = "f.json"
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Read(context.Background(), []string{path}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(data, []byte("\n"))
		check := func(p inventory.Position, what string) {
			if p.Line < 0 || p.Line > len(lines)+strings.Count(string(data), "\r") || p.Line > 0 && p.Column < 1 {
				t.Fatalf("%s stands at %v, outside the file of %d lines", what, p, len(lines))
			}
			if p.Line > 0 && p.Line <= len(lines) && p.Column > len(lines[p.Line-1])+2 && !bytes.ContainsAny(data, "\r\u0085\u2028\u2029") {
				t.Fatalf("%s stands at %v, outside the line %q", what, p, lines[p.Line-1])
			}
		}
		for _, fault := range append(d.Faults, d.Warnings...) {
			check(fault.Position, fault.Message)
		}
		for _, p := range d.Particles() {
			check(p.Resource.Position, p.Name)
			for pointer, at := range p.Resource.Positions {
				check(at, p.Name+pointer)
			}
		}
	})
}

// FuzzSub: cutting a Fn::Sub text into parts loses nothing.
func FuzzSub(f *testing.F) {
	for _, seed := range []string{"", "a", "${", "${}", "${a}", "${!a}", "x${a}y${b.c}z", "${${a}}", "$${a}", "${ a }"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var back strings.Builder
		for _, p := range subParts(text) {
			switch {
			case p.name:
				back.WriteString("${" + p.text + "}")
			default:
				back.WriteString(p.text)
			}
		}
		if strings.Contains(text, "${!") || strings.TrimSpace(text) != text || strings.Contains(text, " ") || strings.ContainsAny(text, "\t\n\v\f\r\u0085\u00a0") {
			return // an escape or a space is meant to change
		}
		for _, r := range text {
			if r > 127 {
				return
			}
		}
		if back.String() != text {
			t.Fatalf("%q became %q", text, back.String())
		}
	})
}

// FuzzTerraform holds the readers of plans and states to the same promise, with inputs that
// are plans and states.
func FuzzTerraform(f *testing.F) {
	child := `,"aws_s3_bucket_versioning.v"`
	for _, seed := range []string{
		`{"format_version":"1.2","resource_changes":[{"address":"aws_s3_bucket.a","type":"aws_s3_bucket","change":{"actions":["create"],"after":{"bucket":"a","versioning":[{"enabled":true}]},"after_unknown":{"id":true,"logging":[true]},"after_sensitive":{"bucket":true}}}],"configuration":{"root_module":{"resources":[{"address":"aws_s3_bucket.a","type":"aws_s3_bucket","name":"a","expressions":{"bucket":{"references":["var.b","module.m[\"x\"].o"]}}}],"module_calls":{"m":{"expressions":{"b":{"references":["module.m.o"]}},"module":{"outputs":{"o":{"expression":{"references":["var.b"]}}}}}}}}}`,
		`{"format_version":"1.2","resource_changes":[{"address":"module.a[0].aws_security_group_rule.r[\"]\"]","type":"aws_security_group_rule","change":{"actions":["create"],"after":{"type":"ingress","cidr_blocks":[null,"x"],"self":true},"after_unknown":{"security_group_id":true,"type":true}}},{"address":"aws_network_acl.n","type":"aws_network_acl","change":{"actions":["update"],"after":{"ingress":{"a":1},"egress":"x"},"after_unknown":true}}]}`,
		`{"format_version":"1.0","terraform_version":"1.0","values":{"root_module":{"resources":[{"address":"aws_lb.a","type":"aws_lb","values":{"subnet_mapping":[[{}]],"access_logs":[]}}],"child_modules":[{}]}}}`,
		`{"version":4,"terraform_version":"1.0","resources":[{"type":"aws_opensearch_domain","name":"d","instances":[{"index_key":"a\"b","attributes":{"log_publishing_options":[{"log_type":"x"}],"tags":{"a":1}},"sensitive_attributes":[[{"value":"tags"},{"value":{"value":"a"}}]]}]}]}`,
		`{"format_version":"1.2","resource_changes":[{"address":"awscc_s3_bucket.a","type":"awscc_s3_bucket","change":{"actions":["create"],"after":{"tags":[{"key":1}],"id":[]}}}]}`, child,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "f.json")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Read(context.Background(), []string{path}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(data, []byte("\n")) + 1
		for _, fault := range append(d.Faults, d.Warnings...) {
			if fault.Position.Line > lines {
				t.Fatalf("%s stands at %v, outside the file of %d lines", fault.Message, fault.Position, lines)
			}
		}
		for _, p := range d.Particles() {
			for pointer, at := range p.Resource.Positions {
				if at.Line < 1 || at.Line > lines {
					t.Fatalf("%s%s stands at %v, outside the file of %d lines", p.Name, pointer, at, lines)
				}
			}
			if _, err := json.Marshal(inventory.Redacted(p.Resource)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

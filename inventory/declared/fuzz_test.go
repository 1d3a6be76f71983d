package declared

import (
	"bytes"
	"context"
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

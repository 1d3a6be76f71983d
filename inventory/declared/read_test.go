package declared

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// files writes a directory of files and makes it the working directory, so that paths in
// results are short.
func files(t *testing.T, content map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	t.Chdir(dir)
}

func read(t *testing.T, opt Options, paths ...string) *inventory.Declaration {
	t.Helper()
	d, err := Read(context.Background(), paths, opt)
	require.NoError(t, err)
	return d
}

// readOne reads one file with this content.
func readOne(t *testing.T, opt Options, name, content string) *inventory.Declaration {
	t.Helper()
	files(t, map[string]string{name: content})
	return read(t, opt, name)
}

func texts(faults []inventory.Fault) []string {
	out := []string{}
	for _, f := range faults {
		out = append(out, f.Error())
	}
	return out
}

// particle returns the named particle of a declaration.
func particle(t *testing.T, d *inventory.Declaration, name string) *inventory.Particle {
	t.Helper()
	for _, p := range d.Particles() {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no particle %s; faults: %v", name, texts(d.Faults))
	return nil
}

const bucket = "Resources:\n  Site: {Type: AWS::S3::Bucket, Properties: {BucketName: acme-site}}\n"

func TestReadFindsFiles(t *testing.T) {
	content := map[string]string{
		".git/HEAD":                     "ref: refs/heads/main\n",
		".gitignore":                    "build/\n*.bak.yaml\n!keep.bak.yaml\n/only-top.yaml\n# a comment\n\\#odd.yaml\nsub/**/deep.yaml\n",
		"a.yaml":                        bucket,
		"b.yml":                         bucket,
		"c.json":                        `{"Resources": {"Site": {"Type": "AWS::S3::Bucket"}}}`,
		"d.template":                    bucket,
		"nginx.template":                "server { listen 80; }\n",
		"notes.txt":                     bucket,
		"build/x.yaml":                  bucket,
		"x.bak.yaml":                    bucket,
		"keep.bak.yaml":                 bucket,
		"only-top.yaml":                 bucket,
		"#odd.yaml":                     bucket,
		"sub/only-top.yaml":             bucket,
		"sub/one/two/deep.yaml":         bucket,
		"sub/build/y.yaml":              bucket,
		"sub/nested/.gitignore":         "!x.bak.yaml\n",
		"sub/nested/x.bak.yaml":         bucket,
		"node_modules/p/t.yaml":         bucket,
		".terraform/modules/t.yaml":     bucket,
		"package.json":                  `{"name": "site", "version": "1.0.0"}`,
		"deployment.yaml":               "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n",
		"waivers.yaml":                  "waivers: []\n",
		"report.json":                   `{"schemaVersion": 1, "command": "check", "scope": {}, "complete": true, "gaps": []}`,
		"events.jsonl":                  "{\"a\": 1}\n{\"a\": 2}\n",
		"empty.yaml":                    "# nothing\n",
		"sub/terraform/.terraform/x.tf": "",
	}
	files(t, content)
	walked := []string{"a.yaml", "b.yml", "c.json", "d.template", "keep.bak.yaml", "sub/nested/x.bak.yaml", "sub/only-top.yaml"}

	t.Run("a directory", func(t *testing.T) {
		d := read(t, Options{}, ".")
		assert.Equal(t, walked, d.Files)
		assert.Empty(t, texts(d.Faults), "what is none of ours is passed over quietly")
		assert.Empty(t, d.Gaps)
	})
	t.Run("twice reached is read once", func(t *testing.T) {
		require.NoError(t, os.Symlink("a.yaml", "link.yaml"))
		d := read(t, Options{}, ".", "a.yaml", "*.yaml", "link.yaml")
		assert.Subset(t, d.Files, walked)
		assert.Len(t, d.Apps, len(walked)+3, "the glob adds the three that .gitignore hides from the walk, and nothing twice")
	})
	t.Run("a subdirectory obeys the .gitignore above it", func(t *testing.T) {
		assert.Equal(t, []string{"sub/nested/x.bak.yaml", "sub/only-top.yaml"}, read(t, Options{}, "sub").Files)
	})
	t.Run("a named file is read whatever it is called and whatever git ignores", func(t *testing.T) {
		assert.Equal(t, []string{"build/x.yaml", "notes.txt"}, read(t, Options{}, "notes.txt", "build/x.yaml").Files)
	})
	t.Run("a link to a directory that is named is followed", func(t *testing.T) {
		require.NoError(t, os.Symlink("sub", "alias"))
		assert.Equal(t, []string{"alias/nested/x.bak.yaml", "alias/only-top.yaml"}, read(t, Options{}, "alias").Files)
	})
	t.Run("a glob of all depths comes to its end where links lead in circles", func(t *testing.T) {
		require.NoError(t, os.MkdirAll("circle/deep", 0o755))
		require.NoError(t, os.WriteFile("circle/deep/x.yaml", []byte(bucket), 0o600))
		for _, name := range []string{"circle/self", "circle/deep/up", "circle/deep/again", "circle/deep/more"} {
			require.NoError(t, os.Symlink("../circle", name))
		}
		require.NoError(t, os.Symlink("../../circle/deep", "circle/deep/down"))
		assert.Equal(t, []string{"circle/deep/x.yaml"}, read(t, Options{}, "circle/**/*.yaml").Files)
		require.NoError(t, os.Symlink("circle/deep", "current"))
		assert.Equal(t, []string{"current/x.yaml"}, read(t, Options{}, "c*t/*.yaml").Files, "one step through a link is what the glob asks for")
		require.NoError(t, os.RemoveAll("circle"))
	})
	t.Run("a glob that spells its ending", func(t *testing.T) {
		assert.Equal(t, []string{"notes.txt"}, read(t, Options{}, "*.txt").Files)
	})
}

func TestReadRefusesRequests(t *testing.T) {
	files(t, map[string]string{"a.yaml": bucket})
	for _, path := range []string{"no-such-file.yaml", "no-such-dir/", "*.json", "[a"} {
		_, err := Read(context.Background(), []string{path}, Options{})
		assert.ErrorContains(t, err, strings.TrimSuffix(path, "/"), "a path that leads to nothing is a mistake of the caller")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Read(ctx, []string{"."}, Options{})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		why, name, content string
		opt                Options
		want               string // part of the only fault
	}{
		{why: "bad indentation is told with its line", name: "f.yaml", content: "Resources:\n  Site:\n    Type: AWS::S3::Bucket\n   Properties: {}\n", want: "f.yaml:4:4: malformed YAML"},
		{why: "an unclosed list points at its beginning", name: "f.yaml", content: "Resources:\n  A: 1\n  B: [1,\n", want: "f.yaml:3:3: malformed YAML"},
		{why: "an unclosed quote in the first line", name: "f.yaml", content: "a: \"b\n", want: "malformed YAML"},
		{why: "a tab", name: "f.yaml", content: "a:\n\tb: 1\n", want: "indent with spaces"},
		{why: "an anchor that nobody set", name: "f.yaml", content: "a: 1\nb: *nobody\n", want: "f.yaml:2:1: malformed YAML: unknown anchor"},
		{why: "an anchor in itself would never end", name: "f.yaml", content: "a: &x [*x]\n", want: "contains itself"},
		{why: "JSON that stops", name: "f.json", content: "{\"Resources\": {\n  \"A\": [1, 2\n", want: "f.json:3:1: malformed JSON: the file ends"},
		{why: "a trailing comma", name: "f.json", content: "{\n  \"a\": 1,\n}\n", want: "f.json:3:1: malformed JSON"},
		{why: "two values in one JSON file", name: "f.json", content: "{}\n{}\n", want: "f.json:2:1: malformed JSON: there is more text"},
		{why: "a duplicate key names both places", name: "f.yaml", content: bucket + "Resources: {}\n", want: `f.yaml:3:1: the key "Resources" stands twice; first at f.yaml:1:1`},
		{why: "in JSON as well", name: "f.json", content: "{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\",\n \"Type\": \"AWS::S3::Bucket\"}}}", want: `f.json:2:2: the key "Type" stands twice; first at f.json:1:22`},
		{why: "a tag that nobody knows", name: "f.yaml", content: "Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Reff x}}}", want: "unknown tag !Reff (did you mean Ref?)"},
		{why: "an empty file that was asked for", name: "f.yaml", content: "", want: "f.yaml: the file is empty (expected one of"},
		{why: "a file that is nothing of ours and was asked for", name: "f.yaml", content: "a: 1\n", want: "f.yaml:1:1: this is no file that pcf-scan reads (expected one of"},
		{why: "a pcf.yaml without its keys", name: "pcf.yaml", content: "app: x\nversion: 1\npartcles: {}\n", want: `pcf.yaml:3:1: unknown key "partcles" in the app (did you mean particles?)`},
		{why: "JSONL that is no snapshot", name: "f.jsonl", content: "{\"a\": 1}\n", want: "f.jsonl:1:1: this is no snapshot"},
		{why: "a saved result without resources cannot be judged", name: "f.json", content: `{"schemaVersion": 1, "command": "check", "scope": {}, "complete": true, "gaps": []}`, want: "holds no resources (save one with"},
		{why: "a value for a parameter that nobody declares would be lost", name: "f.yaml", content: "Parameters: {Stage: {Type: String}}\n" + bucket, opt: Options{Parameters: map[string]string{"Stge": "dev"}}, want: "parameter Stge has a value, but no file declares it (did you mean Stage?)"},
		{why: "Terraform source says nothing without a plan", name: "main.tf", content: "resource \"aws_s3_bucket\" \"b\" {}\n", want: "terraform show -json tfplan > tfplan.json"},
	} {
		t.Run(c.why, func(t *testing.T) {
			d := readOne(t, c.opt, c.name, c.content)
			require.Len(t, d.Faults, 1, "%v", texts(d.Faults))
			assert.Contains(t, d.Faults[0].Error(), c.want)
		})
	}
}

func TestOneMalformedFileAmongMany(t *testing.T) {
	files(t, map[string]string{"bad.yaml": "a: [\n", "good.yaml": bucket})
	d := read(t, Options{}, ".")
	assert.NotEmpty(t, d.Faults, "a malformed file in a walk may have been a declaration")
	assert.Equal(t, "bad.yaml", d.Faults[0].Position.File)
	assert.Contains(t, d.Files, "good.yaml", "the good ones are still read")
}

func TestInputsOfOtherTools(t *testing.T) {
	files(t, map[string]string{
		"plan.json":     `{"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {}, "resource_changes": []}`,
		"state.json":    `{"version": 4, "terraform_version": "1.9.0", "lineage": "x", "resources": []}`,
		"pcf.json":      `[{"flavor": "s3_bucket", "pcf_name": "a", "aws_resource": {"Bucket": "b"}}]`,
		"infra/main.tf": "",
	})
	d := read(t, Options{}, ".")
	assert.Empty(t, d.Gaps)
	assert.Equal(t, []string{"pcf.json", "plan.json", "state.json"}, d.Files)
	assert.Empty(t, texts(d.Faults), "a plan above the Terraform source covers it")
}

func TestTerraformDirectories(t *testing.T) {
	plan := `{"format_version": "1.2", "resource_changes": []}`
	files(t, map[string]string{"a/main.tf": "", "a/modules/m/main.tf": "", "b/main.tf": "", "b/out/tfplan.json": plan, "c/x.tf.json": "{}"})
	d := read(t, Options{}, ".")
	var dirs []string
	for _, f := range d.Faults {
		dirs = append(dirs, f.Position.File)
	}
	assert.Equal(t, []string{"a", "c"}, dirs, "one fault for each root module without a plan")
	assert.Empty(t, texts(read(t, Options{}, "a", "b/out/tfplan.json").Faults), "a plan that is passed by name may lie anywhere")
}

func TestFormatsDoNotOverlap(t *testing.T) {
	for name, text := range map[string]string{
		"a CloudFormation template":            bucket,
		"an app (pcf.yaml, kind: app)":         "kind: app\napp: a\nversion: 1\n",
		"a register (kind: register)":          "kind: register\napps: {}\n",
		"a Terraform plan or state (JSON)":     `{"format_version": "1.2", "planned_values": {}}`,
		"a PCF definition (pcf.json, pcf.yml)": `{"flavor": "sqs_queue", "pcf_name": "q"}`,
		"a CDK cloud assembly (manifest.json)": `{"version": "36.0.0", "artifacts": {"S": {"type": "cdk:tree"}}}`,
	} {
		docs, fault := parse("f.yaml", []byte(text))
		require.Nil(t, fault)
		var claims []string
		for _, f := range formats {
			if f.recognises(docs[0].root) {
				claims = append(claims, f.name)
			}
		}
		assert.Equal(t, []string{name}, claims, "every format has an example here, and no other format claims it")
	}
	assert.Len(t, formats, 6)
}

func TestDocumentsAreJudgedSeparately(t *testing.T) {
	d := readOne(t, Options{}, "all.yaml", bucket+"---\n---\nkind: register\napps: {a: {active: [1]}}\n---\nkind: ConfigMap\napiVersion: v1\n")
	assert.Len(t, d.Apps, 1)
	assert.NotNil(t, d.Register)
	require.Len(t, d.Faults, 1)
	assert.Equal(t, 8, d.Faults[0].Position.Line, "the document that is nothing of ours")
}

func TestIdentitiesAcrossFiles(t *testing.T) {
	app := func(version, rest string) string {
		return "app: orders\nversion: " + version + "\nenvironment: dev\nparticles:\n" + rest
	}
	queue := "  jobs: {type: AWS::SQS::Queue}\n"
	t.Run("the same particle in two files", func(t *testing.T) {
		files(t, map[string]string{"a.yaml": app("1.0.0", queue), "b.yaml": app("1.0.0", queue+"  more: {type: AWS::SQS::Queue}\n")})
		d := read(t, Options{}, ".")
		require.Equal(t, []string{"b.yaml:5:3: particle jobs of app orders 1.0.0 (dev) is declared twice; first at a.yaml:5:3 (rename one of them, or give the files different versions or environments)"}, texts(d.Faults))
		require.Len(t, d.Apps, 1, "files that add to one app version are one app")
		assert.Len(t, d.Apps[0].Particles, 2)
	})
	t.Run("two versions side by side", func(t *testing.T) {
		files(t, map[string]string{"v1/pcf.yaml": app("1.10", queue), "v2/pcf.yaml": app("1.1", queue)})
		d := read(t, Options{}, ".")
		assert.Empty(t, texts(d.Faults))
		require.Len(t, d.Apps, 2)
		assert.Equal(t, "1.10", d.Apps[0].Version, "the literal text")
	})
	t.Run("templates with --app", func(t *testing.T) {
		files(t, map[string]string{"a.yaml": bucket, "b.yaml": bucket})
		opt := Options{App: "orders", Environment: "dev", Version: "2"}
		d := read(t, opt, "a.yaml")
		p := particle(t, d, "Site")
		assert.Equal(t, inventory.Ownership{Class: "owned", App: "orders", Environment: "dev", Version: "2", Particle: "Site"}, p.Resource.Owned)
		assert.Len(t, read(t, opt, ".").Faults, 1, "then both declare the same particle")
		assert.Empty(t, read(t, Options{}, ".").Faults, "without an app they are strangers")
	})
	t.Run("two registers", func(t *testing.T) {
		files(t, map[string]string{"a.yaml": "kind: register\napps: {}\n", "b.yaml": "kind: register\napps: {}\n"})
		assert.Contains(t, texts(read(t, Options{}, ".").Faults)[0], "b.yaml:1:1: there is already a register in a.yaml")
	})
}

func TestReadIsDeterministic(t *testing.T) {
	files(t, map[string]string{
		"a.yaml": "Resources:\n  A: {Type: AWS::S3::Bucket, Properties: {Nme: 1, Bcketname: x, Tags: 3}}\n  B: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref C, X: !Ref D}}\n",
		"b.yaml": bucket, "c.yaml": "a: [\n", "d.json": "{",
	})
	first := read(t, Options{}, ".")
	for range 5 {
		assert.Equal(t, first, read(t, Options{}, "d.json", "c.yaml", ".", "b.yaml"), "the order of the paths changes nothing")
	}
}

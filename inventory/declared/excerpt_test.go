package declared

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// excerptsOf writes a file and reads it as a declaration.
func excerptsOf(t testing.TB, name, text string) (x *Excerpts, path string) {
	path = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	d, err := Read(context.Background(), []string{path}, Options{})
	require.NoError(t, err)
	return NewExcerpts(d), path
}

func TestExcerpt(t *testing.T) {
	x, path := excerptsOf(t, "a.yaml", "\ufeffResources:\r\n  A:\r\n    Type: AWS::SQS::Queue\r\n    Properties: {QueueName: a}\r\n")
	at := func(line, column int) *Excerpt {
		return x.At(inventory.Position{File: path, Line: line, Column: column})
	}
	assert.Equal(t, &Excerpt{First: 2, Lines: []string{"  A:", "    Type: AWS::SQS::Queue", "    Properties: {QueueName: a}"}, Line: 3, Column: 5}, at(3, 5), "one line around it, without its line break")
	assert.Equal(t, &Excerpt{First: 1, Lines: []string{"Resources:", "  A:"}, Line: 1, Column: 1}, at(1, 1), "nothing stands before the first line")
	assert.Equal(t, &Excerpt{First: 3, Lines: []string{"    Type: AWS::SQS::Queue", "    Properties: {QueueName: a}"}, Line: 4, Column: 18}, at(4, 18), "nor after the last")
	assert.Zero(t, at(2, 99).Column, "a column that the line does not have")
	assert.Nil(t, at(5, 1), "a line that the file does not have")
	assert.Nil(t, at(0, 0), "no line")
	assert.Nil(t, x.At(inventory.Position{File: filepath.Join(filepath.Dir(path), "none.yaml"), Line: 1, Column: 1}), "no file")

	long := `{"Resources": {` + strings.Repeat(" ", 5000) + `"A": {"Type": "AWS::SQS::Queue"}` + strings.Repeat(" ", 5000) + "}}"
	x, path = excerptsOf(t, "a.json", long)
	one := x.At(inventory.Position{File: path, Line: 1, Column: 5016})
	require.NotNil(t, one)
	assert.Len(t, []rune(one.Lines[0]), excerptWidth, "of a long line the part around the place")
	assert.Equal(t, `"A":`, string([]rune(one.Lines[0])[one.Column-1:][:4]))
}

// TestExcerptHidesSecrets: whatever way a secret is written into a file, no excerpt shows it,
// and what stands beside it is shown.
func TestExcerptHidesSecrets(t *testing.T) {
	const secret = "hunter2horse"
	database := func(value string) string {
		return "Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: " + value + "\n      Engine: shown\n"
	}
	properties := func(typ, text string) string {
		return "Resources:\n  A:\n    Type: " + typ + "\n    Properties:\n" + text + "  Shown: {Type: \"AWS::SQS::Queue\"}\n"
	}
	for _, c := range []struct{ why, file, text string }{
		{"a property that the schema makes write-only", "a.yaml", database(secret)},
		{"quoted", "a.yaml", database(`"` + secret + `"`)},
		{"on the next line", "a.yaml", database("\n        " + secret)},
		{"in a block", "a.yaml", database("|\n        first\n\n        " + secret)},
		{"in several lines", "a.yaml", database("first\n        " + secret + "\n        last")},
		{"in quotes over several lines", "a.yaml", database("\"first\n        " + secret + "\"")},
		{"behind an anchor", "a.yaml", database("&p " + secret)},
		{"in a Sub", "a.yaml", database("!Sub \"${AWS::Region}" + secret + "\"")},
		{"in a Join", "a.yaml", database("!Join [\"\", [a,\n          " + secret + "]]")},
		{"in a property that no name gives away", "a.yaml", properties("AWS::SecretsManager::Secret", "      SecretString: "+secret+"\n")},
		{"the default of a NoEcho parameter", "a.yaml", "Parameters:\n  Shown:\n    Type: String\n    NoEcho: true\n    Default: " + secret + "\nResources: {A: {Type: \"AWS::SQS::Queue\"}}\n"},
		{"the default of a parameter that is called so", "a.yaml", "Parameters:\n  DbPassword: {Type: String, Default: " + secret + "}\n  Shown: {Type: String}\nResources: {A: {Type: \"AWS::SQS::Queue\"}}\n"},
		{"an environment variable", "a.yaml", properties("AWS::Lambda::Function", "      Environment:\n        Variables:\n          API_TOKEN: "+secret+"\n")},
		{"a name and its value", "a.yaml", properties("AWS::CodeBuild::Project", "      Environment:\n        EnvironmentVariables:\n          - Name: AWS_SECRET_ACCESS_KEY\n            Value: "+secret+"\n")},
		{"a comment", "a.yaml", properties("AWS::SQS::Queue", "      # db_password: "+secret+"\n      QueueName: a\n")},
		{"what a machine starts with", "a.yaml", properties("AWS::EC2::Instance", "      UserData: |\n        echo "+secret+" | login\n")},
		{"a script", "a.yaml", properties("AWS::EC2::Instance", "      UserData: |\n        export DB_PASSWORD='"+secret+"'\n        psql --password "+secret+"\n        curl https://me:"+secret+"@example.com\n")},
		{"a JSON text", "a.yaml", properties("AWS::SSM::Document", "      Content: \"{\\\"password\\\": \\\""+secret+"\\\"}\"\n")},
		{"a private key", "a.yaml", properties("AWS::EC2::Instance", "      UserData: |\n        -----BEGIN RSA PRIVATE KEY-----\n        "+secret+"\n        -----END RSA PRIVATE KEY-----\n")},
		{"JSON", "a.json", "{\"Resources\": {\"Db\": {\"Type\": \"AWS::RDS::DBInstance\", \"Properties\": {\n\"MasterUserPassword\":\n\"" + secret + "\",\n\"Engine\": \"shown\"}}}}"},
		{"JSON with escapes in the key", "a.json", "{\"Resources\": {\"Db\": {\"Type\": \"AWS::RDS::DBInstance\", \"Properties\": {\n\"MasterUserP\\u0061ssword\": \"" + secret + "\",\n\"Engine\": \"shown\"}}}}"},
		{"a pcf.yaml", "pcf.yaml", "app: shown\nversion: 1.0.0\nparticles:\n  db:\n    type: AWS::RDS::DBInstance\n    properties: {MasterUserPassword: " + secret + "}\n"},
		{"a PCF definition", "a.json", "{\"flavor\": \"rds_instance\", \"pcf_name\": \"shown\", \"aws_resource\": {\n\"custom_config\": {\"auth\": {\"secret\":\n\"" + secret + "\"}},\n\"DBInstanceIdentifier\": \"x\"}}"},
	} {
		t.Run(c.why, func(t *testing.T) {
			x, path := excerptsOf(t, c.file, c.text)
			var all strings.Builder
			for line := range strings.Count(strings.TrimSuffix(c.text, "\n"), "\n") + 1 {
				x := x.At(inventory.Position{File: path, Line: line + 1, Column: 1})
				require.NotNil(t, x)
				all.WriteString(strings.Join(x.Lines, "\n") + "\n")
			}
			assert.NotContains(t, all.String(), secret)
			assert.Contains(t, strings.ToLower(strings.ReplaceAll(all.String(), hiddenLine, "")), "shown", "the rest of the file")
			assert.Contains(t, all.String(), hiddenLine)
		})
	}
	for why, text := range map[string]string{
		"a reference is a name":        database("!Ref Password"),
		"so is what is looked up":      database("'{{resolve:secretsmanager:prod/db:SecretString:password}}'"),
		"a resource may be called so":  "Resources:\n  AppSecret:\n    Type: AWS::SecretsManager::Secret\n    Properties:\n      Description: a\n",
		"a flag is no secret":          properties("AWS::RDS::DBInstance", "      ManageMasterUserPassword: true\n"),
		"a script may use a secret":    properties("AWS::CodeBuild::Project", "      Source:\n        BuildSpec: |\n          psql --password $DB_PASSWORD\n          TOKEN=${1}\n"),
		"the key of a secret, and ARN": properties("AWS::Lambda::Function", "      Environment: {Variables: {SECRET_ARN: \"arn:aws:x\"}}\n"),
	} {
		x, path := excerptsOf(t, "a.yaml", text)
		for line := range strings.Count(text, "\n") {
			assert.NotContains(t, x.At(inventory.Position{File: path, Line: line + 1}).Lines, hiddenLine, why)
		}
	}
}

// TestNoExcerpt: of some files nothing is shown.
func TestNoExcerpt(t *testing.T) {
	at := func(x *Excerpts, path string) *Excerpt {
		return x.At(inventory.Position{File: path, Line: 1, Column: 1})
	}
	for why, c := range map[string]struct{ file, text string }{
		"a Terraform plan holds every value": {"a.json", `{"format_version": "1.2", "resource_changes": []}`},
		"so does a state":                    {"a.json", `{"version": 4, "terraform_version": "1.0", "lineage": "x", "resources": []}`},
		"who writes a megabyte":              {"a.yaml", bucket + "# " + strings.Repeat("x", excerptFile)},
		"it is malformed":                    {"a.yaml", bucket + "\n\t{"},
		"it holds no value":                  {"a.yaml", ""},
		"YAML counts other lines":            {"a.yaml", bucket + "# a\rb\n"},
		"it is no UTF-8":                     {"a.yaml", "\xff\xfea"},
	} {
		x, path := excerptsOf(t, c.file, c.text)
		assert.Nil(t, at(x, path), why)
	}
	pipe := filepath.Join(t.TempDir(), "pipe.yaml")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	assert.Nil(t, at(NewExcerpts(&inventory.Declaration{}), pipe), "nobody waits for a pipe")
	assert.Nil(t, at(NewExcerpts(&inventory.Declaration{}), "/dev/zero"), "nor reads a device")

	x, path := excerptsOf(t, "a.yaml", aliasBomb()+"Resources: {A: {Type: \"AWS::SQS::Queue\", Properties: {QueueName: *m}}}\n")
	assert.NotNil(t, at(x, path), "aliases of aliases are visited once")
}

// FuzzExcerpt: no panic, and what is shown is bounded and stands in the file, whatever stands
// there; the value of a password does not stand in it.
func FuzzExcerpt(f *testing.F) {
	for _, seed := range []string{"Engine: a", "{a: b,\n c: d}", "? [a]\n: b", "a: &x [*x]", "a: |\n  b\n", "<<: {Password: x}", "\"a\": \"b\\nc\"", "- a\n- - b", "a: !Sub x"} {
		f.Add(seed, "x", 6, 3)
	}
	const secret = "hunter2horse"
	f.Fuzz(func(t *testing.T, text, value string, line, column int) {
		if strings.Contains(text+value, "hunter") || len(text) > 1<<12 {
			return
		}
		indented := strings.ReplaceAll(text, "\n", "\n      ")
		whole := fmt.Sprintf("Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: %q\n      %s\n", value+secret, indented)
		path := filepath.Join(t.TempDir(), "a.yaml")
		require.NoError(t, os.WriteFile(path, []byte(whole), 0o600))
		x := NewExcerpts(&inventory.Declaration{}).At(inventory.Position{File: path, Line: line, Column: column})
		if x == nil {
			return
		}
		require.LessOrEqual(t, len(x.Lines), 3)
		lines := strings.Split(whole, "\n")
		for i, l := range x.Lines {
			require.LessOrEqual(t, len([]rune(l)), excerptWidth)
			require.LessOrEqual(t, x.First+i, len(lines))
			require.NotContains(t, l, secret)
		}
		if x.Column > 0 {
			require.LessOrEqual(t, x.Column, len([]rune(x.Lines[x.Line-x.First])))
		}
	})
}

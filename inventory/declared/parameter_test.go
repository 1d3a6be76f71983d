package declared

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParameterFiles(t *testing.T) {
	want := map[string]string{"Stage": "prod", "Port": "08", "Subnets": "a,b"}
	for name, text := range map[string]string{
		"cli.json":      `[{"ParameterKey": "Stage", "ParameterValue": "prod"}, {"ParameterKey": "Port", "ParameterValue": "08"}, {"ParameterKey": "Subnets", "ParameterValue": "a,b"}, {"ParameterKey": "Old", "UsePreviousValue": true}]`,
		"pipeline.json": `{"Parameters": {"Stage": "prod", "Port": "08", "Subnets": "a,b", "Sha": {"Fn::GetArtifactAtt": ["a", "b"]}}, "Tags": {"a": "b"}, "StackPolicy": {}}`,
		"flat.json":     `{"Stage": "prod", "Port": "08", "Subnets": ["a", "b"]}`,
		"flat.yaml":     "Stage: prod\nPort: 08\nSubnets: [a, b]\n",
		"cli.yaml":      "- {ParameterKey: Stage, ParameterValue: prod}\n- {ParameterKey: Port, ParameterValue: 08}\n- ParameterKey: Subnets\n  ParameterValue: [a, b]\n",
	} {
		files(t, map[string]string{name: text})
		got, err := ReadParameters(name)
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
	for _, c := range []struct{ why, text, want string }{
		{"malformed", "[\n", "f.json:"},
		{"a scalar", "1", "f.json:1:1: the file of parameters holds a number"},
		{"an element without key", `[{"ParameterValue": "x"}]`, "f.json:1:2: an element of the list has no ParameterKey"},
		{"an element without value", `[{"ParameterKey": "x"}]`, "parameter x has no ParameterValue"},
		{"one twice", `[{"ParameterKey": "x", "ParameterValue": "1"}, {"ParameterKey": "x", "ParameterValue": "2"}]`, "f.json:1:48: parameter x stands twice"},
		{"a key twice", `{"x": "1", "x": "2"}`, `the key "x" stands twice`},
		{"a mapping", `{"x": {"y": 1}}`, "f.json:1:7: the value of parameter x is a mapping"},
		{"nothing", `{"x": null}`, "the value of parameter x is nothing"},
	} {
		files(t, map[string]string{"f.json": c.text})
		_, err := ReadParameters("f.json")
		require.Error(t, err, c.why)
		assert.Contains(t, err.Error(), c.want, c.why)
	}
	_, err := ReadParameters(filepath.Join(t.TempDir(), "none.json"))
	assert.ErrorContains(t, err, "no such file")
}

func TestParameterConstraints(t *testing.T) {
	const template = "Parameters:\n  P: {%}\nResources: {A: {Type: AWS::SQS::Queue}}\n"
	for _, c := range []struct{ why, declared, value, want string }{
		{"a pattern holds for the whole value", "Type: String, AllowedPattern: '[a-z]+'", "abc1", `t.yaml:2:3: parameter P does not allow "abc1" (it must match [a-z]+)`},
		{"the author's own words come first", "Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: small letters only", "ABC", "small letters only"},
		{"a pattern of Java's is left to CloudFormation", "Type: String, AllowedPattern: '(?!x).*'", "x", ""},
		{"a secret is not repeated", "Type: String, NoEcho: true, MinLength: 8", "hunter2", "parameter P must have at least 8 characters, and the value has 7"},
		{"length counts characters", "Type: String, MaxLength: 3", "äöü", ""},
		{"too long", "Type: String, MaxLength: 3", "abcd", "at most 3 characters"},
		{"numbers have bounds", "Type: Number, MinValue: 1, MaxValue: 10", "11", `must be at most 10, and "11" is more`},
		{"also below", "Type: Number, MinValue: 1", "0.5", "must be at least 1"},
		{"each element of a list is held to them", "Type: List<Number>, MaxValue: 3", "1, 2, 7", "must be at most 3"},
		{"allowed values", "Type: String, AllowedValues: [dev, prod]", "pord", `parameter P does not allow "pord" (did you mean prod?)`},
		{"a bound is a number", "Type: String, MinLength: few", "x", "MinLength of parameter P must be a number"},
		{"a type that nobody knows", "Type: Strng", "x", "parameter P has the unknown type Strng (did you mean String?)"},
		{"types of services", "Type: 'AWS::EC2::VPC::Id'", "vpc-1", ""},
		{"lists of them", "Type: 'List<AWS::EC2::Subnet::Id>'", "subnet-1", ""},
		{"the parameter store", "Type: 'AWS::SSM::Parameter::Value<List<String>>'", "/x", ""},
		{"half a list", "Type: 'List<String'", "/x", "unknown type"},
	} {
		t.Run(c.why, func(t *testing.T) {
			d := readOne(t, Options{Parameters: map[string]string{"P": c.value}}, "t.yaml", strings.Replace(template, "%", c.declared, 1))
			if c.want == "" {
				assert.Empty(t, texts(d.Faults))
				return
			}
			require.Len(t, d.Faults, 1)
			assert.Contains(t, d.Faults[0].Error(), c.want)
			assert.NotContains(t, d.Faults[0].Error(), "hunter2")
		})
	}
}

// FuzzParameters: a file of parameters is values or an error, whatever it holds.
func FuzzParameters(f *testing.F) {
	for _, seed := range []string{`[{"ParameterKey": "a", "ParameterValue": "b"}]`, `{"Parameters": {"a": ["b"]}}`, "a: b\n", "- 1\n", "a: &x [*x]\n", "{", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		name := filepath.Join(t.TempDir(), "p.json")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		values, err := ReadParameters(name)
		if (values == nil) == (err == nil) {
			t.Fatalf("%v, %v", values, err)
		}
	})
}

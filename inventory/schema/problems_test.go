package schema

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestProblems(t *testing.T) {
	for _, c := range []struct {
		typ   string
		props map[string]any
		want  []Problem
		why   string
	}{
		{"AWS::S3::Bucket", nil, nil, "nothing declared, nothing wrong"},
		{"AWS::EC2::SecurityGroup", map[string]any{}, nil, "required properties are not asked for"},
		{
			"AWS::S3::Bucket",
			map[string]any{"BuketName": "x"},
			[]Problem{{"/BuketName", `unknown property "BuketName"`, "BucketName"}},
			"a slip in a name",
		},
		{
			"AWS::S3::Bucket",
			map[string]any{"bucketname": "x"},
			[]Problem{{"/bucketname", `unknown property "bucketname"`, "BucketName"}},
			"case matters, and is the nearest",
		},
		{
			"AWS::S3::Bucket",
			map[string]any{"Colour/~": "x"},
			[]Problem{{"/Colour~1~0", `unknown property "Colour/~"`, ""}},
			"nothing near; the pointer is escaped",
		},
		{"AWS::EC2::SecurityGroup", map[string]any{"SecurityGroupIngress": []any{
			map[string]any{"IpProtocol": "tcp"}, map[string]any{"CidrIP": "0.0.0.0/0", "FromPort": "https"},
		}}, []Problem{
			{"/SecurityGroupIngress/1/CidrIP", `unknown property "CidrIP"`, "CidrIp"},
			{"/SecurityGroupIngress/1/FromPort", "want integer, found string", ""},
		}, "in the elements of a list, sorted"},
		{
			"AWS::EC2::SecurityGroup",
			map[string]any{"SecurityGroupIngress": map[string]any{"IpProtocol": "tcp"}},
			[]Problem{{"/SecurityGroupIngress", "want array, found object", ""}},
			"one rule where a list of them belongs",
		},
		{
			"AWS::EC2::SecurityGroup",
			map[string]any{"SecurityGroupIngress": []any{map[string]any{"FromPort": "80", "IpProtocol": int64(6)}}},
			nil, "what CloudFormation converts is no problem",
		},
		{
			"AWS::EC2::SecurityGroup",
			map[string]any{"SecurityGroupIngress": []any{map[string]any{"FromPort": 80.5}}},
			[]Problem{{"/SecurityGroupIngress/0/FromPort", "want integer, found number", ""}},
			"half a port",
		},
		{
			"AWS::IAM::Role",
			map[string]any{"AssumeRolePolicyDocument": map[string]any{"Statment": []any{}}},
			nil, "below an open object every name is allowed",
		},
		{"AWS::IAM::Role", map[string]any{"AssumeRolePolicyDocument": `{"Statement": []}`}, nil, "a JSON text where an object may stand"},
		{
			"AWS::IAM::Role",
			map[string]any{"AssumeRolePolicyDocument": []any{}},
			[]Problem{{"/AssumeRolePolicyDocument", "want object or string, found array", ""}},
			"but no list",
		},
		{
			"AWS::Lambda::Function",
			map[string]any{"Environment": map[string]any{"Variables": map[string]any{"ANY": "x", "0": []any{}}}},
			[]Problem{{"/Environment/Variables/0", "want string, found array", ""}},
			"free keys, typed values",
		},
		{"AWS::CloudFormation::CustomResource", map[string]any{"ServiceToken": "arn", "Anything": []any{"x"}}, nil, "a custom resource takes any property"},
		{"AWS::S3::Bucket", map[string]any{"BucketName": &foreign{}, "Tags": []any{&foreign{}}}, nil, "an unknown value is not doubted"},
		{"AWS::S3::Bucket", map[string]any{"BucketName": nil}, nil, "null is no value"},
	} {
		typ, ok := Lookup(c.typ)
		require.True(t, ok)
		assert.Equal(t, c.want, Problems(typ, c.props), c.why)
	}
	assert.Nil(t, Problems(nil, map[string]any{"X": 1}), "without a schema nothing is known")
}

func TestProblemsKeepSecrets(t *testing.T) {
	db, _ := Lookup("AWS::RDS::DBInstance")
	for _, p := range Problems(db, map[string]any{"MasterUserPassword": []any{"hunter2"}, "Port": []any{"hunter2"}, "StorageEncrypted": "hunter2"}) {
		assert.NotContains(t, p.Message, "hunter2")
	}
}

func TestSuggest(t *testing.T) {
	properties := []string{"SecurityGroupIngress", "SecurityGroupEgress", "GroupName", "Tags", "VpcId", ""}
	for _, c := range []struct{ name, want, why string }{
		{"SecurityGroupIngres", "SecurityGroupIngress", "a letter forgotten"},
		{"securitygroupingress", "SecurityGroupIngress", "only the case is wrong"},
		{"Tgas", "Tags", "two letters swapped are one slip"},
		{"Tag", "Tags", "short names allow one slip"},
		{"VPCID", "VpcId", "case first"},
		{"SecurityGroupXgress", "SecurityGroupEgress", "the fewest slips win"},
		{"Bucket", "", "nothing is near"},
		{"", "", "no name means nothing"},
	} {
		assert.Equal(t, c.want, Suggest(c.name, properties), c.why)
	}
	assert.Equal(t, "aab", Suggest("aaa", []string{"aac", "aab"}), "equally near: by the alphabet, whatever the order")
	assert.Equal(t, "AWS::S3::Bucket", Suggest("AWS::S3::Buket", Names()))
	assert.Empty(t, Suggest("x", nil))
}

// The table keeps three rows and gives up early; the recursive definition does neither.
func TestDistance(t *testing.T) {
	var slow func(a, b string) int
	slow = func(a, b string) int {
		if a == "" || b == "" {
			return len(a) + len(b)
		}
		change := 1
		if a[0] == b[0] {
			change = 0
		}
		d := min(slow(a[1:], b)+1, slow(a, b[1:])+1, slow(a[1:], b[1:])+change)
		if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
			d = min(d, slow(a[2:], b[2:])+1)
		}
		return d
	}
	word := rapid.StringOfN(rapid.RuneFrom([]rune("abc")), 0, 5, 5)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if got := distance(a, b, 10); got != slow(a, b) {
			t.Fatalf("distance(%q, %q) = %d, want %d", a, b, got, slow(a, b))
		}
		if got := distance(a, strings.Repeat("x", 20), 3); got <= 3 {
			t.Fatalf("distance beyond the limit says %d", got)
		}
	})
}

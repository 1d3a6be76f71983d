package schema

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMeaning(t *testing.T) {
	const r, w, c, m = "read-only", "write-only", "create-only", "conditional create-only"
	for _, row := range []struct {
		typ, pointer string
		want         []string
		why          string
	}{
		{"AWS::S3::Bucket", "/Arn", []string{r}, "AWS sets it"},
		{"AWS::S3::Bucket", "/BucketName", []string{c}, "another name is another bucket"},
		{"AWS::S3::Bucket", "/AccessControl", []string{w}, "the canned ACL is not returned"},
		{"AWS::S3::Bucket", "/VersioningConfiguration/Status", nil, "an ordinary property"},
		{"AWS::RDS::DBInstance", "/Endpoint/Address", []string{r}, "nested"},
		{"AWS::RDS::DBInstance", "/MasterUserPassword", []string{w}, "a secret"},
		{"AWS::EC2::SecurityGroup", "/SecurityGroupIngress/3/SourceSecurityGroupName", []string{w}, "an element, whatever its index"},
		{"AWS::EC2::SecurityGroup", "/SecurityGroupIngress/3", nil, "its parent is not"},
		{"AWS::EC2::SecurityGroup", "/GroupDescription", []string{c}, "a description that cannot be changed"},
		{"AWS::EC2::Instance", "/InstanceType", []string{m}, "depends on the root device"},
		{"AWS::S3::Bucket", "/NoSuchProperty", nil, "nothing is said of what does not exist"},
	} {
		typ, ok := Lookup(row.typ)
		require.True(t, ok)
		var got []string
		for _, is := range []struct {
			name  string
			holds func(string) bool
		}{{r, typ.IsReadOnly}, {w, typ.IsWriteOnly}, {c, typ.IsCreateOnly}, {m, typ.IsConditionalCreateOnly}} {
			if is.holds(row.pointer) {
				got = append(got, is.name)
			}
		}
		assert.Equal(t, row.want, got, "%s%s: %s", row.typ, row.pointer, row.why)
	}
}

func TestAt(t *testing.T) {
	for _, c := range []struct {
		typ, pointer string
		kinds        Kind
		ok           bool
		why          string
	}{
		{"AWS::EC2::SecurityGroup", "", Object, true, "the root"},
		{"AWS::EC2::SecurityGroup", "/SecurityGroupIngress/*/FromPort", Integer, true, "any element"},
		{"AWS::EC2::SecurityGroup", "/SecurityGroupIngress/12/FromPort", Integer, true, "one element"},
		{"AWS::EC2::SecurityGroup", "/SecurityGroupIngress/x/FromPort", 0, false, "a list has no names"},
		{"AWS::EC2::SecurityGroup", "/SecurityGroupIngress/-1", 0, false, "and no negative index"},
		{"AWS::EC2::SecurityGroup", "/SecurityGroupIngres", 0, false, "a slip"},
		{"AWS::Lambda::Function", "/Environment/Variables/ANY_NAME", String, true, "the value of a map"},
		{"AWS::IAM::Role", "/AssumeRolePolicyDocument/Statement", 0, false, "below an open object nothing is known"},
	} {
		typ, ok := Lookup(c.typ)
		require.True(t, ok)
		n, ok := typ.At(c.pointer)
		assert.Equal(t, c.ok, ok, c.why)
		if ok {
			assert.Equal(t, c.kinds, n.Kinds, c.why)
		}
	}
	_, ok := (*Node)(nil).Child("x")
	assert.False(t, ok, "no node has no children")
	assert.Equal(t, "any", (*Node)(nil).KindName())
}

func TestOrderOf(t *testing.T) {
	group, _ := Lookup("AWS::EC2::SecurityGroup")
	assert.Equal(t, Unordered, group.OrderOf("/SecurityGroupIngress"))
	assert.Equal(t, OrderUnspecified, group.OrderOf("/GroupName"))
	assert.Equal(t, OrderUnspecified, group.OrderOf("/NoSuchProperty"))
	records, _ := Lookup("AWS::Route53::RecordSet")
	assert.Equal(t, OrderUnspecified, records.OrderOf("/ResourceRecords"), "half of the published lists say nothing")
	var ordered int
	every(t, func(typ *Type) {
		for name := range typ.Root.Properties {
			if typ.OrderOf("/"+EscapePointer(name)) == Ordered {
				ordered++
			}
		}
	})
	assert.NotZero(t, ordered)
}

func TestKindString(t *testing.T) {
	for k, want := range map[Kind]string{
		0: "any", Any: "any", String: "string", Object | String: "object or string", Integer | Number: "integer or number",
	} {
		assert.Equal(t, want, k.String())
	}
}

func TestIsSensitive(t *testing.T) {
	for _, c := range []struct {
		typ, pointer string
		want         bool
		why          string
	}{
		{"AWS::RDS::DBInstance", "/MasterUserPassword", true, "write-only text"},
		{"AWS::S3::Bucket", "/AccessControl", false, "write-only, but one of a known list"},
		{"AWS::RDS::DBInstance", "/DBName", false, "an ordinary name"},
		{"AWS::Lambda::Function", "/Environment/Variables/DB_PASSWORD", true, "a name that gives it away"},
		{"AWS::Lambda::Function", "/Environment/Variables/SECRET_ARN", false, "only points to a secret"},
		{"PCF::Account::PasswordPolicy", "/AllowUsersToChangePassword", false, "a flag is no secret"},
		{"AWS::EC2::Instance", "/UserData", true, "a script to which passwords are handed"},
		{"AWS::ImageBuilder::ImageRecipe", "/AdditionalInstanceConfiguration/UserDataOverride", true, "as such a script"},
		{"AWS::Batch::ComputeEnvironment", "/ComputeResources/LaunchTemplate/UserdataType", false, "which kind of script it is"},
	} {
		typ, ok := Lookup(c.typ)
		require.True(t, ok)
		assert.Equal(t, c.want, IsSensitive(typ, c.pointer), "%s%s: %s", c.typ, c.pointer, c.why)
	}
	assert.True(t, IsSensitive(nil, "/ApiToken"), "also without a schema")
	assert.False(t, IsSensitive(nil, "/UserData"), "a name that somebody wrote is no password")
	assert.False(t, IsSensitive(nil, ""), "the resource as a whole has no name")
}

func TestIsSecretText(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
		why  string
	}{
		{"postgres://app:correct-horse@db.example:5432/orders", true, "an address with a password"},
		{"amqps://:correct-horse@mq.example", true, "a password without a user"},
		{"see https://app:x@db.example for it", true, "within a sentence"},
		{"postgres://app:$PASSWORD@db.example/orders", false, "a variable of a script"},
		{"postgres://app:{{resolve:secretsmanager:db}}@db.example/orders", false, "a dynamic reference"},
		{"postgres://app@db.example:5432/orders", false, "a user alone is no secret"},
		{"https://db.example:5432/a:b@c", false, "a colon in the path"},
		{"https://db.example/?owner=a:b@c.example", false, "a colon in the query"},
		{"s3://bucket/key", false, "an ordinary address"},
		{"arn:aws:iam::111122223333:user/a@b.example", false, "no address at all"},
		{"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", true, "a private key"},
		{"-----BEGIN PUBLIC KEY-----\nMIIB", false, "a public key"},
		{"", false, "nothing"},
	} {
		assert.Equal(t, c.want, IsSecretText(c.text), "%s: %s", c.text, c.why)
	}
}

func TestMatchPointer(t *testing.T) {
	for _, c := range []struct {
		pattern, pointer string
		want             bool
		why              string
	}{
		{"/A", "/A", true, "itself"},
		{"/A", "/A/0/B", true, "an ancestor"},
		{"/A/B", "/A", false, "a descendant is no ancestor"},
		{"/A", "/AB", false, "parts are compared whole"},
		{"/A/*/B", "/A/7/B/C", true, "any index"},
		{"/A/*/B", "/A/key/B", true, "any key"},
		{"/A/*", "/A", false, "the list is not its elements"},
		{"/A/0", "/A/*", false, "one element is not all of them"},
		{"", "/A", true, "the root is above everything"},
		{"/a~1b", "/a~1b/c", true, "an escaped slash is part of the name"},
		{"/a/b", "/a~1b", false, "and is no step"},
	} {
		assert.Equal(t, c.want, MatchPointer(c.pattern, c.pointer), "%s on %s: %s", c.pattern, c.pointer, c.why)
	}
}

func FuzzPointerParts(f *testing.F) {
	for _, s := range []string{"", "/", "~", "~1", "~0", "a/b~c", "~01", "*"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		assert.Equal(t, []string{a, b}, SplitPointer("/"+EscapePointer(a)+"/"+EscapePointer(b)))
	})
}

func TestMatchPointerLaws(t *testing.T) {
	part := rapid.SampledFrom([]string{"A", "B", "0", "a/b", "~"})
	path := rapid.Custom(func(t *rapid.T) string {
		p := ""
		for _, s := range rapid.SliceOfN(part, 0, 4).Draw(t, "parts") {
			p += "/" + EscapePointer(s)
		}
		return p
	})
	rapid.Check(t, func(t *rapid.T) {
		p, below := path.Draw(t, "path"), path.Draw(t, "below")
		if !MatchPointer(p, p+below) {
			t.Fatalf("%s is not above %s", p, p+below)
		}
		if below != "" && MatchPointer(p+below, p) {
			t.Fatalf("%s is above %s", p+below, p)
		}
	})
}

func TestSecretBeside(t *testing.T) {
	for _, c := range []struct {
		object map[string]any
		want   string
		why    string
	}{
		{map[string]any{"Name": "DB_PASSWORD", "Value": "x"}, "Value", "a variable of a container"},
		{map[string]any{"ParameterKey": "ApiToken", "ParameterValue": "x"}, "ParameterValue", "a parameter of a stack"},
		{map[string]any{"Namespace": "aws:rds:dbinstance", "OptionName": "DBPassword", "Value": "x"}, "Value", "an option of Elastic Beanstalk"},
		{map[string]any{"Name": "LOG_LEVEL", "Value": "debug"}, "", "an ordinary variable"},
		{map[string]any{"Name": "DB_PASSWORD", "ValueFrom": "arn"}, "", "only points to a secret"},
		{map[string]any{"Name": 7, "Value": "x"}, "", "a name that is none"},
		{nil, "", "nothing"},
	} {
		assert.Equal(t, c.want, SecretBeside(c.object), c.why)
	}
}

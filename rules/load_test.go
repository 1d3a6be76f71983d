package rules

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goodRule is a complete rule; the tests below break one line of it each.
const goodRule = `id: queue-name
title: Queues have a name
severity: low
types: [AWS::SQS::Queue]
params:
  name: {type: string, default: orders}
check: resource.properties.?QueueName.orValue("") == params.name
message: "'the queue has another name'"
remediation: Name it.
controls: {fsbp: [SQS.1]}
repair: {set: {/QueueName: params.name}}
cases:
  - {name: right, properties: {QueueName: orders}, expect: pass}
  - {name: wrong, properties: {QueueName: other}, expect: fail}
`

func loadText(t testing.TB, text string) (*Set, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rule.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return LoadOnly(file)
}

func TestGoodRule(t *testing.T) {
	s, err := loadText(t, goodRule)
	require.NoError(t, err)
	for _, r := range s.Test() {
		assert.True(t, r.OK, "%s: %s", r.Case, r.Message)
	}
	assert.Len(t, s.Rules(), 1)
	assert.Equal(t, goodRule, s.Rules()[0].Text)
	assert.Equal(t, map[string]any{"name": "orders"}, s.Rules()[0].ParamDefaults())
}

// doubling binds names each of which is four times as long as the one before.
func doubling(n int) string {
	text := "a"
	for range n {
		text = "cel.bind(a, a + a + a + a, " + text + ")"
	}
	return text
}

// TestLoadErrors: every mistake is refused, at its line and column, with what was probably
// meant.
func TestLoadErrors(t *testing.T) {
	const check = `check: resource.properties.?QueueName.orValue("") == params.name`
	for _, tt := range []struct {
		why      string
		old, new string
		at       string // the text that the error must point to
		message  string
		meant    string
	}{
		{"an unknown key", "remediation:", "remediaton:", "remediaton", `a rule has no key "remediaton"`, "remediation"},
		{"a missing key", "title: Queues have a name\n", "", "id", `a rule needs the key "title"`, ""},
		{"a key twice", "severity: low", "severity: low\nseverity: low", "severity: low\ntypes", `key "severity" stands twice`, ""},
		{"an id that is no id", "id: queue-name", "id: Queue_Name", "Queue_Name", "kebab case", ""},
		{"an unknown severity", "severity: low", "severity: hihg", "hihg", `unknown severity "hihg"`, "high"},
		{"an unknown type", "AWS::SQS::Queue]", "AWS::SQS::Qeue]", "AWS", `unknown resource type "AWS::SQS::Qeue"`, "AWS::SQS::Queue"},
		{"a glob that matches no type", "AWS::SQS::Queue]", "AWS::SQSS::*]", "AWS", "unknown resource type", ""},
		{"no type", "[AWS::SQS::Queue]", "[]", "[", "at least one resource type", ""},
		{"an unknown action", check, "action: delete\n" + check, "delete", `unknown action "delete"`, ""},
		{"an unknown framework", "{fsbp:", "{fspb:", "fspb", `controls has no key "fspb"`, "fsbp"},
		{"an id that the framework cannot have", "SQS.1", "SQS-99", "SQS-99", `"SQS-99" is no control of fsbp`, ""},

		{"a misspelt property, read plainly", check, "check: resource.properties.QueueNam == params.name", "QueueNam", `AWS::SQS::Queue has no property "QueueNam"`, "QueueName"},
		{"a misspelt property after .?", check, `check: resource.properties.?QueueNam.orValue("") == ""`, "QueueNam", `no property "QueueNam"`, "QueueName"},
		{"a misspelt property in has()", check, "check: has(resource.properties.QueueNam)", "QueueNam", `no property "QueueNam"`, "QueueName"},
		{"a misspelt field of the envelope", check, `check: resource.nmae == ""`, "nmae", `AWS::SQS::Queue has no property "nmae"`, "name"},
		{"a misspelt variable", check, `check: resorce.name == ""`, "resorce", "resorce is not known here", "resource"},
		{"a misspelt function", check, `check: resource.name.startWith("a")`, "startWith", "startWith is not known here", "startsWith"},
		{"a misspelt function of ours", check, `check: internt({})`, "internt", "internt is not known here", "internet"},
		{"an unknown parameter", check, `check: resource.name == params.nme`, "nme", `params has no property "nme"`, "name"},
		{"an unknown type in a join", check, `check: related("AWS::SQS::QueuePolice").exists(p, true)`, "AWS::SQS::QueuePolice", `unknown resource type "AWS::SQS::QueuePolice"`, "AWS::SQS::QueuePolicy"},
		{"a misspelt property of a joined type", check, `check: related("AWS::SQS::QueuePolicy").exists(p, size(p.properties.Queuess) == 0)`, "Queuess", `AWS::SQS::QueuePolicy has no property "Queuess"`, "Queues"},
		{"a misspelt type of account-wide facts", check, `check: account("PCF::Account::Sumary").exists(a, true)`, "PCF::Account::Sumary", `unknown resource type "PCF::Account::Sumary"`, "PCF::Account::Summary"},
		{"facts that are not account-wide", check, `check: account("AWS::S3::Bucket").exists(a, true)`, `"AWS::S3::Bucket"`, "wants a type of account-wide facts in quotes", ""},
		{"a join of something computed", check, `check: related(resource.type).exists(p, true)`, ".type", "wants a resource type in quotes", ""},
		{"unlike types compared", check, `check: resource.properties.VisibilityTimeout == "30"`, `== "30"`, "values of unlike types are compared: (int, string)", ""},
		{"an operator on unlike types", check, `check: resource.name + 1 == ""`, "+", "operator + does not take (string, int)", ""},
		{"a function with the wrong values", check, `check: covers(resource.properties, "22")`, "(resource", "covers() does not take", ""},
		{"dyn() of typed data", check, `check: has(dyn(resource.properties).QueueNam)`, "dyn", "the type of AWS::SQS::Queue gets lost here", ""},
		{"dyn() of a resource", check, `check: true && dyn(resource).nmae == ""`, "dyn", "the type of AWS::SQS::Queue gets lost here", ""},
		{"dyn() of parameters", check, `check: dyn(params).nme == ""`, "dyn", "the type of params gets lost here", ""},
		{"dyn() of a list of objects", check, `check: dyn(resource.properties.Tags).all(t, t.Ky == "")`, "dyn", "the type of AWS::SQS::Queue.Tags gets lost here", ""},
		{"an object among scalars in a list", check, `check: has([resource.properties, 1][0].QueueNam)`, "[resource", "the type of AWS::SQS::Queue gets lost here", ""},
		{"an object among scalars in a map", check, `check: has({"a":resource.properties,"b":1}.a.QueueNam)`, `{"a`, "the type of AWS::SQS::Queue gets lost here", ""},
		{"an object or a scalar", check, `check: has((true?resource.properties:dyn(1)).QueueNam)`, "?resource.properties:", "the type of AWS::SQS::Queue gets lost here", ""},
		{"an object or something dynamic", check, `check: has(resource.?properties.orValue(dyn(1)).QueueNam)`, "(dyn", "the type of AWS::SQS::Queue gets lost here", ""},
		{"comprehensions nested without measure", check, "check: " + "'" + strings.Repeat("[1,2,3,4,5,6,7,8,9,10].all(x, ", 8) + "true" + strings.Repeat(")", 8) + "'", "[1,2,", "the expression may cost", ""},
		{"the same by a name", check, "check: cel.bind(l, lists.range(1000), " + strings.Repeat("l.all(x, ", 4) + "true" + strings.Repeat(")", 5), "cel.bind", "the expression may cost", ""},
		{"a text that doubles and doubles", check, `check: cel.bind(a, "xxxxxxxxxx", ` + doubling(20) + " == '')", "cel.bind", "the expression may cost", ""},
		{"a check that is not a truth value", check, `check: resource.name`, "resource", "the expression gives string, not bool", ""},
		{"a check of dynamic type", check, `check: resource.properties.RedrivePolicy`, "resource", "not bool", ""},
		{"a message that is not a text", `"'the queue has another name'"`, `"1"`, "1", "the expression gives int, not string", ""},
		{"a misspelt property in the message", `"'the queue has another name'"`, `"resource.properties.QueueNam"`, `QueueNam"`, `no property "QueueNam"`, "QueueName"},
		{"a misspelt property in when", check, `when: has(resource.properties.QueueNam)` + "\n" + check, "QueueNam", `no property "QueueNam"`, "QueueName"},
		{"broken syntax", check, `check: resource.name ==`, "\nmessage", "Syntax error", ""},
		{"an empty expression", check, `check: ""`, `"`, "want a CEL expression", ""},
		{"a check for a type that the rule does not judge", check, "check: {AWS::SQS::Queues: 'true'}", "AWS::SQS::Queues", `check has no key "AWS::SQS::Queues"`, "AWS::SQS::Queue"},

		{"in a quoted text", check, `check: 'resource.name == "" && has(resource.properties.QueueNam)'`, "QueueNam)", `no property "QueueNam"`, "QueueName"},
		{"after a quote in a single-quoted text", check, `check: 'resource.name == ''x'' && has(resource.properties.QueueNam)'`, "QueueNam)", `no property "QueueNam"`, "QueueName"},
		{"after an escape in a double-quoted text", check, `check: "resource.name == \"x\" && has(resource.properties.QueueNam)"`, "QueueNam)", `no property "QueueNam"`, "QueueName"},
		{"in a literal block", check, "check: |\n  resource.name == \"\" &&\n    has(resource.properties.QueueNam)", "QueueNam", `no property "QueueNam"`, "QueueName"},
		{"in a folded block", check, "check: >-\n  resource.name == \"\" &&\n  has(resource.properties.QueueNam)", "QueueNam", `no property "QueueNam"`, "QueueName"},
		{"in a text over two lines", check, "check: resource.name == \"\" &&\n  has(resource.properties.QueueNam)", "QueueNam", `no property "QueueNam"`, "QueueName"},
		{"after characters of several bytes", check, `check: resource.name == "äöü" && has(resource.properties.QueueNam)`, "QueueNam", `no property "QueueNam"`, "QueueName"},

		{"a parameter of an unknown type", "type: string", "type: text", "text", `unknown parameter type "text"`, ""},
		{"a default of another type", "default: orders", "default: 1", "1", "the default of name is an integer, not string", ""},
		{"a parameter without default", ", default: orders", "", "{type", "needs a type and a default", ""},

		{"a repair of a property that is not there", "/QueueName: params", "/QueueNam: params", "params.name}", "has no property /QueueNam", "/QueueName"},
		{"a repair of a read-only property", "/QueueName: params.name", "/Arn: params.name", "params.name}", "read-only", ""},
		{"a repair of another type", "/QueueName: params.name", "/QueueName: 1 + 1", "1 + 1", "the expression gives int, not string", ""},

		{"a repaired list with a misspelt property", "/QueueName: params.name", `/Tags: '[{"Kye": "a"}]'`, "'[{", `AWS::SQS::Queue/Tags/0 has no property "Kye"`, "Key"},
		{"a repaired list that is a text", "/QueueName: params.name", `/Tags: '"a"'`, `'"a"'`, "of another kind than the schema wants", ""},
		{"a repair of nothing", "{/QueueName: params.name}", "{}", "{}}", "repair.set must name at least one property", ""},
		{"nothing is null", check, `check: resource.properties.?QueueName == null`, "null", "nothing is null here", ""},
		{"dyn() of a scalar", check, `check: dyn(resource.properties.QueueName) == 1`, "dyn", "dyn() hides that this is string", ""},
		{"a variable that hides the resource", check, `check: resource.properties.?Tags.orValue([]).all(resource, resource.Key != "")`, "resource, resource", "resource has a meaning already", ""},
		{"a name that hides the clock", check, `check: cel.bind(now, 1, now == 1)`, "now, 1", "now has a meaning already", ""},
		{"an unknown type compared", check, `check: resource.type != "AWS::SQS::Quue"`, "AWS::SQS::Quue", `unknown resource type "AWS::SQS::Quue"`, "AWS::SQS::Queue"},
		{"an unknown type in a list", check, `check: resource.type in ["AWS::SQS::Quue"]`, "AWS::SQS::Quue", `unknown resource type "AWS::SQS::Quue"`, "AWS::SQS::Queue"},
		{"an unknown class compared", check, `check: resource.class == "orphen"`, `orphen`, `unknown class "orphen"`, "orphan"},
		{"an unknown class in a list", check, `check: '!(resource.class in ["foreign", "forein"])'`, `forein"`, `unknown class "forein"`, "foreign"},
		{"an effect that no statement has", check, `check: '!policy(resource.properties.?RedrivePolicy).exists(s, s.effect == "allow")'`, `allow"`, `unknown effect "allow"`, "Allow"},
		{"an unknown class in a case", "{QueueName: orders}", "{QueueName: orders}, class: orphen", "orphen", `unknown class "orphen"`, "orphan"},
		{"internet() of what has no addresses", check, `check: '!internet(resource.properties)'`, "internet", "internet() wants an entry of a security group", ""},
		{"internet() of a text", check, `check: '!internet("0.0.0.0/0")'`, "internet", "internet() wants an entry of a security group", ""},
		{"a misspelt field of an entry", check, `check: '!internet({"CidrIP": "0.0.0.0/0"})'`, `"CidrIP"`, `internet() knows no "CidrIP"`, "CidrIp"},
		{"covers() of what has no ports", check, `check: '!covers(resource.properties, 22)'`, "covers", "covers() wants an entry of a security group", ""},
		{"policy() of a number", check, `check: policy(resource.properties.?DelaySeconds).all(s, s.effect == "Deny")`, "policy", "policy() wants a policy", ""},
		{"taggable() of properties", check, `check: taggable(resource.properties)`, "taggable", "taggable() wants a resource", ""},
		{"a kind that is none", check, `check: hardwired(resource, "regoin") == ""`, `"regoin"`, `hardwired() does not know "regoin"`, "region"},
		{"a time that is none", check, `check: now > timestamp("2026-13-01")`, `("2026`, "this breaks each time", ""},
		{"a pattern that is none, for regex", check, `check: regex.extract(resource.name, "a") == regex.extract("a", "(")`, `("a", "(`, "this breaks each time", ""},
		{"a division by zero", check, `check: 1 / 0 == 1`, "/ 0", "this breaks each time: division by zero", ""},
		{"a property in brackets", check, `check: resource.properties["QueueName"] == ""`, `["QueueName`, "a property is read by its name", ""},
		{"a tag that cases do not know", "{QueueName: orders}", "{QueueName: !GetAtt Key.Arn}", "!GetAtt", "a case knows no tag !GetAtt", ""},
		{"a tag on an expression", check, `check: !Sub resource.name == ""`, "!Sub", "check must be a text", ""},
		{"a property twice in a case", "{QueueName: orders}", "{QueueName: a, QueueName: orders}", "QueueName: orders}", `key "QueueName" stands twice`, ""},
		{"a place that cannot be unread", "expect: pass", "expect: pass, unread: [/QueueNam]", "/QueueNam]", "AWS::SQS::Queue has no property /QueueNam", "/QueueName"},
		{"an empty title", "title: Queues have a name", "title: ''", "''", "title must say", ""},
		{"bytes that are no text", "title: Queues", "title: \xffueues", "\xff", "no UTF-8 text", ""},

		{"no failing case", ", expect: fail", ", expect: pass", "- ", "no case that expects fail", ""},
		{"no passing case", ", expect: pass", ", expect: fail", "- ", "no case that expects pass", ""},
		{"an expectation that is no verdict", "expect: pass", "expect: passes", "passes", `unknown expectation "passes"`, "pass"},
		{"an unknown key in a case", "name: right", "nmae: right", "nmae", `a case has no key "nmae"`, "name"},
		{"a case name twice", "name: wrong", "name: right", "{name: right, properties: {QueueName: other", `case name "right" is taken`, ""},
		{"a misspelt property in a case", "{QueueName: orders}", "{QueueNam: orders}", "QueueNam:", "QueueNam", "QueueName"},
		{"a value of the wrong kind in a case", "{QueueName: orders}", "{QueueName: [orders]}", "[orders", "want string", ""},
		{"a case of another type", "name: right", "type: AWS::SNS::Topic, name: right", "AWS::SNS", "does not judge the type", ""},
		{"two documents", "cases:", "---\ncases:", "---", "one rule", ""},
		{"no YAML", "severity: low", "severity: [low", "severity: [low", "not a YAML document", ""},
	} {
		t.Run(tt.why, func(t *testing.T) {
			require.Contains(t, goodRule, tt.old)
			text := strings.Replace(goodRule, tt.old, tt.new, 1)
			_, err := loadText(t, text)
			require.Error(t, err)
			e := (*LoadError)(nil)
			require.ErrorAs(t, err, &e)
			assert.Contains(t, e.Message, tt.message)
			assert.Equal(t, tt.meant, e.Meant)
			before, _, found := strings.Cut(text, tt.at)
			require.True(t, found)
			line := before[strings.LastIndexByte(before, '\n')+1:]
			assert.Equal(t, point{1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(line)},
				point{e.Position.Line, e.Position.Column}, "%v", err)
			assert.Equal(t, "rule.yaml", filepath.Base(e.Position.File))
			if tt.meant != "" {
				assert.Contains(t, err.Error(), "did you mean")
			}
		})
	}
}

func TestLoadErrorsOfPlaces(t *testing.T) {
	nested := strings.NewReplacer(
		"AWS::SQS::Queue", "AWS::EC2::SecurityGroup",
		`resource.properties.?QueueName.orValue("") == params.name`, `resource.properties.?SecurityGroupIngress.orValue([]).all(r, r.CidrIP == "")`,
		"repair: {set: {/QueueName: params.name}}\n", "",
		"QueueName: orders", "GroupName: a", "QueueName: other", "GroupName: b",
	).Replace(goodRule)
	_, err := loadText(t, nested)
	e := (*LoadError)(nil)
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "CidrIp", e.Meant, "nested properties are typed too")
	assert.Equal(t, `AWS::EC2::SecurityGroup.SecurityGroupIngress has no property "CidrIP"`, e.Message)
	assert.Equal(t, 71, e.Position.Column)

	two := strings.Replace(goodRule, "[AWS::SQS::Queue]", "[AWS::SQS::Queue, AWS::SNS::Topic]", 1)
	_, err = loadText(t, two)
	require.ErrorAs(t, err, &e)
	assert.Contains(t, err.Error(), "AWS::SNS::Topic", "a property must exist in every type that the rule judges")

	two = strings.Replace(two, `check: resource.properties.?QueueName.orValue("") == params.name`, `check: {AWS::SQS::Queue: "true"}`, 1)
	_, err = loadText(t, two)
	require.ErrorAs(t, err, &e)
	assert.Contains(t, err.Error(), "check has no expression for AWS::SNS::Topic")

	_, err = loadText(t, strings.Replace(goodRule, "[AWS::SQS::Queue]", `["*"]`, 1))
	require.Error(t, err)
	assert.Contains(t, err.Error(), `a resource has no property "properties"`, "a rule for every type sees the envelope alone")
}

func TestLoadPaths(t *testing.T) {
	dir := t.TempDir()
	_, err := LoadOnly(dir)
	assert.ErrorContains(t, err, "no rule file", "an empty directory is a mistake, not an empty pack")
	_, err = LoadOnly(filepath.Join(dir, "missing"))
	assert.ErrorContains(t, err, "read rules")
	assert.True(t, errors.Is(err, os.ErrNotExist))

	require.NoError(t, os.Mkdir(filepath.Join(dir, "mine"), 0o700))
	one := filepath.Join(dir, "mine", "queue-name.yaml")
	require.NoError(t, os.WriteFile(one, []byte(goodRule), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte("# no rule"), 0o600))
	s, err := LoadOnly(dir)
	require.NoError(t, err)
	require.Len(t, s.Rules(), 1)
	assert.Equal(t, one, s.Rules()[0].Source)

	all, err := Load(dir)
	require.NoError(t, err)
	assert.Len(t, all.Rules(), len(builtin(t).Rules())+1, "the pack and the user's rule")

	s, err = LoadOnly(dir, one, filepath.Join(dir, "mine"))
	require.NoError(t, err, "a file that is reached twice is one file")
	assert.Len(t, s.Rules(), 1)
	alias := filepath.Join(t.TempDir(), "alias.yaml")
	require.NoError(t, os.Symlink(one, alias))
	s, err = LoadOnly(one, alias, filepath.Dir(alias))
	require.NoError(t, err, "by a link too")
	assert.Len(t, s.Rules(), 1)

	require.NoError(t, os.Mkdir(filepath.Join(dir, ".git"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".git", "x.yaml"), []byte("a: b"), 0o600))
	_, err = LoadOnly(dir)
	require.NoError(t, err, "hidden directories hold no rules")

	link := filepath.Join(dir, "mine", "loop")
	require.NoError(t, os.Symlink("..", link))
	_, err = LoadOnly(dir)
	assert.ErrorContains(t, err, "loop is a link to a directory", "rules are not left out in silence")
	require.NoError(t, os.Remove(link))

	pipe := filepath.Join(dir, "pipe.yaml")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	_, err = LoadOnly(dir)
	assert.ErrorContains(t, err, "no regular file", "reading it would never end")
	require.NoError(t, os.Remove(pipe))

	_, err = LoadOnly("")
	assert.ErrorContains(t, err, "the path is empty")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "again.yml"), []byte(goodRule), 0o600))
	_, err = LoadOnly(dir)
	assert.ErrorContains(t, err, `rule id "queue-name" is taken by`)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "again.yml"), nil, 0o600))
	_, err = LoadOnly(dir)
	assert.ErrorContains(t, err, "the file is empty")
}

// FuzzLoad: whatever a rule file holds, reading it ends, and every mistake has a place in it.
func FuzzLoad(f *testing.F) {
	f.Add(goodRule)
	f.Add("id: &a [*a]")
	f.Add("a: &a {b: *a}\ncases: [*a]")
	f.Add("cases:\n- {expect: !Unknown x, properties: !Ref y}")
	f.Add("types: ['*']\ncheck: >\n\n  has(resource.x)\n")
	f.Add("check: \"\\u00e4 == \\\"\"\ntypes: [AWS::SQS::Queue]")
	f.Add("- a\n- b")
	f.Fuzz(func(t *testing.T, text string) {
		set, err := loadText(t, text)
		if err == nil {
			set.Lint() // does not panic
			return
		}
		lines := strings.Count(text, "\n") + 2
		for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
			le := (*LoadError)(nil)
			require.ErrorAs(t, e, &le)
			assert.LessOrEqual(t, le.Position.Line, lines)
		}
	})
}

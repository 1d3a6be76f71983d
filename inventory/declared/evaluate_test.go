package declared

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// head declares the names that the expressions below refer to.
const head = `
Parameters:
  Stage: {Type: String, Default: dev}
  Port: {Type: Number, Default: 8080}
  Open: {Type: String}
  Other: {Type: String}
  Subnets: {Type: CommaDelimitedList, Default: "subnet-a, subnet-b"}
  Groups: {Type: List<AWS::EC2::SecurityGroup::Id>}
  Password: {Type: String, NoEcho: true, Default: hunter2}
  Image: {Type: AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>, Default: /aws/ami}
  Reference: {Type: String, Default: "{{resolve:ssm:/x}}"}
Mappings:
  Sizes:
    dev: {instance: t3.small, zones: [a, b]}
    prod: {instance: m5.large, zones: [a, b, c]}
Conditions:
  IsDev: !Equals [!Ref Stage, dev]
  IsProd: !Not [!Condition IsDev]
  IsOpen: !Equals [!Ref Open, "true"]
  Either: !Or [!Condition IsDev, !Condition IsOpen]
  Both: !And [{Condition: IsDev}, {Condition: IsOpen}]
  Neither: !And [!Condition IsProd, !Condition IsOpen]
Resources:
  Named: {Type: AWS::S3::Bucket, Properties: {BucketName: acme-site}}
  Unnamed: {Type: AWS::S3::Bucket}
  Half: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "acme-${Open}"}}
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: web, Path: /apps/}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: x, VpcId: vpc-1}}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /acme}}
  Subject: {Type: "Custom::Subject", Properties: {Before: 1, V: %s}}
`

// value evaluates one expression; absent when the property is not set.
func value(t *testing.T, opt Options, expression string) any {
	t.Helper()
	d := readOne(t, opt, "t.yaml", fmt.Sprintf(head, expression))
	require.Empty(t, texts(d.Faults), expression)
	v, set := particle(t, d, "Subject").Resource.Properties["V"]
	if !set {
		return absent{}
	}
	return v
}

var here = Options{Account: "111122223333", Region: "eu-west-1", StackName: "orders-dev"}

func TestKnownValues(t *testing.T) {
	list := func(items ...any) []any { return items }
	for _, c := range []struct {
		why, expression string
		opt             Options
		want            any
	}{
		{why: "a default is a value", expression: `!Ref Stage`, want: "dev"},
		{why: "the user's value wins", expression: `!Ref Stage`, opt: Options{Parameters: map[string]string{"Stage": "prod"}}, want: "prod"},
		{why: "a number parameter is text until the schema wants a number", expression: `{Ref: Port}`, want: "8080"},
		{why: "list parameters are split and trimmed", expression: `!Ref Subnets`, want: list("subnet-a", "subnet-b")},
		{why: "given lists too", expression: `!Ref Groups`, opt: Options{Parameters: map[string]string{"Groups": "sg-1,sg-2"}}, want: list("sg-1", "sg-2")},
		{why: "pseudo parameters that are known", expression: `!Sub "${AWS::AccountId} ${AWS::Region} ${AWS::Partition} ${AWS::URLSuffix} ${AWS::StackName}"`, opt: here, want: "111122223333 eu-west-1 aws amazonaws.com orders-dev"},
		{why: "the partition follows from the region", expression: `!Sub "${AWS::Partition} ${AWS::URLSuffix}"`, opt: Options{Region: "cn-north-1"}, want: "aws-cn amazonaws.com.cn"},
		{why: "NoValue removes a property", expression: `!Ref AWS::NoValue`, want: absent{}},
		{why: "and an element", expression: `[a, !Ref AWS::NoValue, b]`, want: list("a", "b")},
		{why: "and through Fn::If", expression: `{x: !If [IsDev, !Ref "AWS::NoValue", 1], y: 2}`, want: map[string]any{"y": int64(2)}},
		{why: "Ref of a bucket is its name", expression: `!Ref Named`, want: "acme-site"},
		{why: "an ARN that needs no account, once the partition is known", expression: `!GetAtt Named.Arn`, opt: here, want: "arn:aws:s3:::acme-site"},
		{why: "GetAtt as a list", expression: `!GetAtt [Named, Arn]`, opt: here, want: "arn:aws:s3:::acme-site"},
		{why: "the long form with a text", expression: `{"Fn::GetAtt": "Queue.Arn"}`, opt: here, want: "arn:aws:sqs:eu-west-1:111122223333:jobs"},
		{why: "a role has its path", expression: `!GetAtt Role.Arn`, opt: here, want: "arn:aws:iam::111122223333:role/apps/web"},
		{why: "a log group ends in a star", expression: `!GetAtt Logs.Arn`, opt: here, want: "arn:aws:logs:eu-west-1:111122223333:log-group:/acme:*"},
		{why: "an attribute that mirrors a property", expression: `!GetAtt Group.VpcId`, want: "vpc-1"},
		{why: "Sub leaves ${!x} alone", expression: `!Sub "a ${!Stage} ${Stage} $Stage ${"`, want: "a ${Stage} dev $Stage ${"},
		{why: "variables of Sub shadow names", expression: `!Sub ["${Stage}-${n}", {Stage: mine, n: !Ref Port}]`, want: "mine-8080"},
		{why: "Sub reaches attributes", expression: `!Sub "${Named.Arn}/*"`, opt: here, want: "arn:aws:s3:::acme-site/*"},
		{why: "Join drops NoValue", expression: `!Join ["-", [a, !Ref AWS::NoValue, !Ref Stage, 3, true]]`, want: "a-dev-3-true"},
		{why: "Join takes a list that is computed", expression: `!Join ["|", !Ref Subnets]`, want: "subnet-a|subnet-b"},
		{why: "Select counts from 0, the index may be text", expression: `!Select ["1", !Split [",", "a,b,c"]]`, want: "b"},
		{why: "Base64", expression: `!Base64 {"Fn::Sub": "hi ${Stage}"}`, want: "aGkgZGV2"},
		{why: "FindInMap with a computed key", expression: `!FindInMap [Sizes, !Ref Stage, instance]`, want: "t3.small"},
		{why: "FindInMap of a list", expression: `!FindInMap [Sizes, prod, zones]`, want: list("a", "b", "c")},
		{why: "FindInMap with a default", expression: `!FindInMap [Sizes, qa, instance, {DefaultValue: !Ref Stage}]`, want: "dev"},
		{why: "Cidr divides by host bits", expression: `!Cidr [10.0.0.0/16, 3, 8]`, want: list("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24")},
		{why: "Cidr of IPv6", expression: `!Cidr ["2001:db8::/56", 2, "64"]`, want: list("2001:db8::/64", "2001:db8:0:1::/64")},
		{why: "Length", expression: `!Length [a, b]`, want: int64(2)},
		{why: "ToJsonString is compact and sorted", expression: `{"Fn::ToJsonString": {b: 1, a: ["<", !Ref Stage]}}`, want: `{"a":["<","dev"],"b":1}`},
		{why: "If takes the branch", expression: `!If [IsProd, {a: 1}, {a: !Ref Stage}]`, want: map[string]any{"a": "dev"}},
		{why: "an unknown condition with equal branches decides nothing and need not", expression: `!If [IsOpen, [1, !Ref Other], [1, !Ref Other]]`, want: nil},
		{why: "Or is true as soon as one operand is", expression: `!If [Either, yes-it-is, no-it-is-not]`, want: "yes-it-is"},
		{why: "And is false as soon as one operand is", expression: `!If [Neither, yes-it-is, no-it-is-not]`, want: "no-it-is-not"},
		{why: "{Condition: …} among properties is data, as IAM policies have it", expression: `{Condition: IsDev}`, want: map[string]any{"Condition": "IsDev"}},
		{why: "a date is text", expression: `{Version: 2012-10-17}`, want: map[string]any{"Version": "2012-10-17"}},
		{why: "an account with a leading zero is text", expression: `012345678901`, want: "012345678901"},
		{why: "what looks like an exponent is text", expression: `12e5`, want: "12e5"},
		{why: "whole numbers are int64", expression: `[1, -2, 0x1f, 3.0, 2.5, 9007199254740993]`, want: list(int64(1), int64(-2), int64(31), int64(3), 2.5, int64(9007199254740993))},
	} {
		t.Run(c.why, func(t *testing.T) {
			got := value(t, c.opt, c.expression)
			if c.want == nil {
				_, u, ok := inventory.HasUnknown(got)
				require.True(t, ok)
				assert.Equal(t, list(int64(1), u), got)
				assert.Equal(t, "Ref Other", u.Symbol)
				return
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestUnknownValues(t *testing.T) {
	for _, c := range []struct {
		why, expression string
		opt             Options
		want            inventory.Unknown
	}{
		{why: "a parameter without value", expression: `!Ref Open`, want: inventory.Unknown{Because: "parameter Open has no value", Symbol: "Ref Open"}},
		{why: "a secret stays one although it has a default", expression: `!Ref Password`, want: inventory.Unknown{Because: "parameter Password is a secret (NoEcho)", Symbol: "Ref Password", Sensitive: true}},
		{why: "a value from the parameter store", expression: `!Ref Image`, want: inventory.Unknown{Because: "parameter Image is read from the SSM parameter store at deployment", Symbol: "Ref Image"}},
		{why: "a dynamic reference keeps what stands around it", expression: `"user:{{resolve:secretsmanager:db:SecretString:pw}}!"`, want: inventory.Unknown{Because: "the dynamic reference {{resolve:secretsmanager:db:SecretString:pw}} is resolved at deployment", Symbol: "Sub user:{{resolve:secretsmanager:db:SecretString:pw}}!", Prefix: "user:", Suffix: "!", Sensitive: true}},
		{why: "also when it comes out of a parameter", expression: `!Ref Reference`, want: inventory.Unknown{Because: "the dynamic reference {{resolve:ssm:/x}} is resolved at deployment", Symbol: "Sub {{resolve:ssm:/x}}", Sensitive: true}},
		{why: "also when Sub builds it", expression: `!Sub "a{{resolve:ssm:/${Open}/x}}b"`, want: inventory.Unknown{Because: "parameter Open has no value", Symbol: "Sub a{{resolve:ssm:/${Ref Open}/x}}b", Prefix: "a", Suffix: "b", Sensitive: true}},
		{why: "pseudo parameters nobody told", expression: `!Ref AWS::AccountId`, want: inventory.Unknown{Because: "AWS::AccountId is known only at deployment", Symbol: "Ref AWS::AccountId"}},
		{why: "an id that AWS assigns", expression: `!Ref Group`, want: inventory.Unknown{Because: "the id of Group is assigned at deployment", Symbol: "Ref Group", Target: "Group"}},
		{why: "a bucket without name", expression: `!Ref Unnamed`, want: inventory.Unknown{Because: "the id of Unnamed is assigned at deployment", Symbol: "Ref Unnamed", Target: "Unnamed"}},
		{why: "a name that is partly known waits for the rest", expression: `!Ref Half`, want: inventory.Unknown{Because: "parameter Open has no value", Symbol: "Ref Half", Target: "Half"}},
		{why: "what stands around a reference is kept apart from it", expression: `!Sub "arn:aws:s3:::${Half}/*"`, want: inventory.Unknown{Because: "parameter Open has no value", Symbol: "Sub arn:aws:s3:::${Ref Half}/*", Target: "Half", Prefix: "arn:aws:s3:::", Suffix: "/*"}},
		{why: "also around an ARN that is almost known", expression: `!Sub "${Named.Arn}/*"`, want: inventory.Unknown{Because: "AWS::Partition is known only at deployment", Symbol: "Sub ${GetAtt Named.Arn}/*", Target: "Named", Suffix: "/*"}},
		{why: "an ARN waits for the account", expression: `!GetAtt Queue.Arn`, opt: Options{Partition: "aws", Region: "eu-west-1"}, want: inventory.Unknown{Because: "AWS::AccountId is known only at deployment", Symbol: "GetAtt Queue.Arn", Target: "Queue"}},
		{why: "an attribute that AWS assigns", expression: `!GetAtt Group.GroupId`, want: inventory.Unknown{Because: "Group.GroupId is assigned at deployment", Symbol: "GetAtt Group.GroupId", Target: "Group"}},
		{why: "Sub keeps prefix and suffix", expression: `!Sub "arn:aws:s3:::${Unnamed}/logs/${Stage}"`, want: inventory.Unknown{Because: "the id of Unnamed is assigned at deployment", Symbol: "Sub arn:aws:s3:::${Ref Unnamed}/logs/dev", Target: "Unnamed", Prefix: "arn:aws:s3:::", Suffix: "/logs/dev"}},
		{why: "Sub of one name alone is that name", expression: `!Sub "${Open}"`, want: inventory.Unknown{Because: "parameter Open has no value", Symbol: "Ref Open"}},
		{why: "Join of several unknowns names all reasons", expression: `!Join [":", [x, !Ref Open, !Ref Other, y]]`, want: inventory.Unknown{Because: "parameter Open has no value; parameter Other has no value", Symbol: "Sub x:${Ref Open}:${Ref Other}:y", Prefix: "x:", Suffix: ":y"}},
		{why: "an element that may be absent takes its delimiter with it", expression: `!Join [",", [x, !If [IsOpen, y, !Ref AWS::NoValue], z]]`, want: inventory.Unknown{Because: "condition IsOpen is not known: parameter Open has no value", Prefix: "x", Suffix: ",z"}},
		{why: "Join of a list that is not known", expression: `!Join [",", !Ref Groups]`, want: inventory.Unknown{Because: "parameter Groups has no value", Symbol: `Join "," Ref Groups`}},
		{why: "If that nobody can decide", expression: `!If [IsOpen, a, b]`, want: inventory.Unknown{Because: "condition IsOpen is not known: parameter Open has no value"}},
		{why: "and whose branches hold a secret", expression: `!If [IsOpen, {p: !Ref Password}, b]`, want: inventory.Unknown{Because: "condition IsOpen is not known: parameter Open has no value", Sensitive: true}},
		{why: "and which may leave the property out", expression: `!If [IsOpen, a, !Ref AWS::NoValue]`, want: inventory.Unknown{Because: "condition IsOpen is not known: parameter Open has no value", Optional: true}},
		{why: "And with an operand that is true waits for the other", expression: `!If [Both, a, b]`, want: inventory.Unknown{Because: "condition Both is not known: condition IsOpen is not known: parameter Open has no value"}},
		{why: "a list that may be empty is not known as a whole", expression: `[!If [IsOpen, a, !Ref AWS::NoValue]]`, want: inventory.Unknown{Because: "condition IsOpen is not known: parameter Open has no value"}},
		{why: "Select of a list that is not known", expression: `!Select [0, !GetAZs ""]`, want: inventory.Unknown{Because: "the availability zones of the region are known only at deployment", Symbol: "Select 0 of GetAZs "}},
		{why: "Select behind an element that may be absent", expression: `!Select [1, [!If [IsOpen, a, !Ref AWS::NoValue], b, c]]`, want: inventory.Unknown{Because: "condition IsOpen is not known: parameter Open has no value"}},
		{why: "Select by an unknown index", expression: `!Select [!Ref Open, [a, b]]`, want: inventory.Unknown{Because: "parameter Open has no value"}},
		{why: "Split", expression: `!Split [",", !Ref Open]`, want: inventory.Unknown{Because: "parameter Open has no value", Symbol: `Split "," Ref Open`}},
		{why: "Base64", expression: `!Base64 {Ref: Password}`, want: inventory.Unknown{Because: "parameter Password is a secret (NoEcho)", Symbol: "Base64 Ref Password", Sensitive: true}},
		{why: "FindInMap by an unknown key", expression: `!FindInMap [Sizes, !Ref Open, instance]`, want: inventory.Unknown{Because: "parameter Open has no value"}},
		{why: "ImportValue", expression: `!ImportValue network-vpc`, want: inventory.Unknown{Because: "export network-vpc belongs to another stack", Symbol: "ImportValue network-vpc"}},
		{why: "Cidr of an unknown block", expression: `!Cidr [!Ref Open, 2, 8]`, want: inventory.Unknown{Because: "parameter Open has no value"}},
		{why: "Length of an unknown list", expression: `!Length {Ref: Groups}`, want: inventory.Unknown{Because: "parameter Groups has no value"}},
		{why: "ToJsonString with an unknown inside", expression: `{"Fn::ToJsonString": {a: !Ref Password}}`, want: inventory.Unknown{Because: "parameter Password is a secret (NoEcho)", Sensitive: true}},
		{why: "a macro", expression: `{"Fn::Transform": {Name: AWS::Include, Parameters: {Location: s3://x}}}`, want: inventory.Unknown{Because: "a macro computes it at deployment"}},
		{why: "a macro beside other keys takes the whole mapping", expression: `{"Fn::Transform": {Name: X}, a: 1}`, want: inventory.Unknown{Because: "Fn::Transform is not expanded before deployment"}},
		{why: "a loop", expression: `{"Fn::ForEach::X": [x, !Ref Groups, {"${x}": 1}]}`, want: inventory.Unknown{Because: "Fn::ForEach::X is not expanded before deployment: parameter Groups has no value"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			got, ok := value(t, c.opt, c.expression).(*inventory.Unknown)
			require.True(t, ok, "it must be unknown")
			assert.Equal(t, c.want, *got)
			assert.NotContains(t, fmt.Sprintf("%+v", *got), "hunter2", "a secret is never told")
		})
	}
}

func TestElementsThatMayBeAbsent(t *testing.T) {
	v := value(t, Options{}, `[{p: 22}, !If [IsOpen, {p: 80}, !Ref AWS::NoValue]]`)
	list, ok := v.([]any)
	require.True(t, ok)
	require.Len(t, list, 2, "what is certain stays visible")
	assert.Equal(t, map[string]any{"p": int64(22)}, list[0])
	assert.True(t, list[1].(*inventory.Unknown).Optional)
}

func TestEqualsOfPartlyKnownValues(t *testing.T) {
	for _, c := range []struct {
		why, a, b string
		want      truth
	}{
		{"the same unknown is equal to itself", "!Ref Open", "!Ref Open", isTrue},
		{"two unknowns may be equal", "!Ref Open", "!Ref Other", unknownTruth},
		{"the same text of the same unknowns", `!Sub "a${Open}"`, `!Join ["", [a, !Ref Open]]`, isTrue},
		{"a prefix excludes equality", `!Sub "acme-${Open}"`, "other", isFalse},
		{"a suffix too", `!Sub "${Open}-dev"`, "x-prod", isFalse},
		{"what fits may be equal", `!Sub "acme-${Open}"`, "acme-x", unknownTruth},
		{"prefix and suffix may not overlap", `!Sub "ab${Open}ba"`, "aba", isFalse},
		{"numbers and booleans compare as text", "80", `"80"`, isTrue},
		{"case counts", "True-ish", "true-ish", isFalse},
		{"lists compare by element", "[a, b]", `!Split [",", "a,b"]`, isTrue},
		{"a secret is never decided", "!Ref Password", "hunter2", unknownTruth},
	} {
		t.Run(c.why, func(t *testing.T) {
			v := value(t, Options{}, fmt.Sprintf("{r: !Equals [%s, %s]}", c.a, c.b)).(map[string]any)["r"]
			switch c.want {
			case unknownTruth:
				assert.IsType(t, &inventory.Unknown{}, v)
			default:
				assert.Equal(t, c.want == isTrue, v)
			}
		})
	}
}

// Kleene's logic is sound: a definite verdict of a random condition holds for every
// value that the unknown parameter may take.
func TestConditionsAreSound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		expression := conditionExpression(3).Draw(rt, "condition")
		evaluate := func(stage any) verdict {
			docs, fault := parse("t.yaml", []byte("c: "+expression))
			require.Nil(t, fault)
			e := newEvaluator(&reading{decl: &inventory.Declaration{}}, docs[0])
			e.parameters["Stage"] = stage
			v := e.decide(docs[0].root.get("c"))
			require.Empty(t, e.r.decl.Faults)
			return v
		}
		open := evaluate(&inventory.Unknown{Because: "x", Symbol: "Ref Stage"})
		for _, stage := range []string{"dev", "prod", ""} {
			closed := evaluate(stage)
			require.NotEqual(t, unknownTruth, closed.truth, "with a value everything is decided")
			if open.truth != unknownTruth {
				require.Equal(t, open.truth, closed.truth, "%s with Stage=%q", expression, stage)
			}
		}
	})
}

func conditionExpression(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		if depth == 0 || rapid.IntRange(0, 2).Draw(t, "leaf") == 0 {
			return rapid.SampledFrom([]string{
				"!Equals [!Ref Stage, dev]", "!Equals [!Ref Stage, prod]", "!Equals [a, a]", "!Equals [a, b]",
				`!Equals [!Sub "x${Stage}", xdev]`, `!Equals [!Sub "x${Stage}", ydev]`, "!Equals [!Ref Stage, !Ref Stage]",
			}).Draw(t, "equals")
		}
		sub := conditionExpression(depth - 1)
		if rapid.Bool().Draw(t, "not") {
			return "!Not [" + sub.Draw(t, "operand") + "]"
		}
		name := rapid.SampledFrom([]string{"!And", "!Or"}).Draw(t, "name")
		return name + " [" + strings.Join(rapid.SliceOfN(sub, 1, 3).Draw(t, "operands"), ", ") + "]"
	})
}

func TestEvaluationFaults(t *testing.T) {
	for _, c := range []struct{ why, expression, want string }{
		{"an index outside the list", `!Select [5, [a]]`, "Fn::Select asks for element 5 of a list of 1"},
		{"a mapping without the key", `!FindInMap [Sizes, deb, instance]`, `mapping Sizes has no key "deb" (did you mean dev?)`},
		{"a mapping that is not there", `!FindInMap [Size, dev, instance]`, `Mappings has no key "Size" (did you mean Sizes?)`},
		{"Join without a list", `!Join [",", a]`, "Fn::Join has the wrong form"},
		{"Sub of a list", `!Sub "${Subnets}"`, "Fn::Sub has the wrong form"},
		{"Cidr without room", `!Cidr [10.0.0.0/24, 4, 8]`, "10.0.0.0/24 has no room for 4 blocks of 8 host bits"},
		{"Cidr of no block", `!Cidr [x, 4, 8]`, "Fn::Cidr has the wrong form"},
		{"If without its branches", `!If [IsDev, a]`, "Fn::If has the wrong form"},
		{"a function that does not exist", `{"Fn::Jion": [",", [a]]}`, "unknown function Fn::Jion (did you mean Join?)"},
		{"a reference to nothing", `!Ref Naamed`, "Ref of Naamed, which this file does not declare (did you mean Named?)"},
		{"also in a branch that is not taken", `!If [IsDev, a, !Ref Nobody]`, "Ref of Nobody, which this file does not declare"},
		{"also in a Sub", `!Sub "${Stag}"`, "Fn::Sub of Stag, which this file does not declare (did you mean Stage?)"},
		{"a pseudo parameter that does not exist", `!Ref AWS::Regoin`, "Ref of AWS::Regoin, which this file does not declare (did you mean AWS::Region?)"},
		{"an attribute of nothing", `!GetAtt Nmed.Arn`, "Fn::GetAtt of Nmed, which this file does not declare (did you mean Named?)"},
		{"an attribute of a parameter", `!GetAtt Stage.Arn`, "Fn::GetAtt of Stage, which is a parameter"},
		{"a condition that is not declared", `!If [IsDve, a, b]`, "condition IsDve is not declared in this file (did you mean IsDev?)"},
	} {
		t.Run(c.why, func(t *testing.T) {
			d := readOne(t, Options{}, "t.yaml", fmt.Sprintf(head, c.expression))
			require.Len(t, d.Faults, 1, "%v", texts(d.Faults))
			assert.Contains(t, d.Faults[0].Error(), c.want)
			assert.Equal(t, 1+strings.Count(head[:strings.Index(head, "Subject:")], "\n"), d.Faults[0].Position.Line, "the place of the mistake")
			assert.Greater(t, d.Faults[0].Position.Column, 50)
			assert.NotNil(t, particle(t, d, "Subject"), "the resource is still there to be judged")
		})
	}
}

func TestParameterFaults(t *testing.T) {
	for _, c := range []struct {
		why, parameter, given, want string
	}{
		{"a value that is not allowed", "{Type: String, AllowedValues: [dev, prod]}", "devv", `t.yaml:2:3: parameter P does not allow "devv" (did you mean dev?)`},
		{"a default that is not allowed", "{Type: String, AllowedValues: [dev, prod], Default: x}", "", `t.yaml:2:58: parameter P does not allow "x"`},
		{"a number that is none", "{Type: Number}", "many", `t.yaml:2:3: parameter P must be a number, and "many" is none`},
		{"a secret is not repeated", "{Type: String, NoEcho: true, AllowedValues: [a]}", "hunter2", "t.yaml:2:3: parameter P does not allow the value"},
		{"no type", "{Default: a}", "", "t.yaml:2:3: parameter P has no Type"},
		{"a key that does not exist", "{Type: String, Defalt: a}", "", `unknown key "Defalt" in parameter P (did you mean Default?)`},
	} {
		t.Run(c.why, func(t *testing.T) {
			opt := Options{}
			if c.given != "" {
				opt.Parameters = map[string]string{"P": c.given}
			}
			d := readOne(t, opt, "t.yaml", "Parameters:\n  P: "+c.parameter+"\n"+bucket)
			require.Len(t, d.Faults, 1, "%v", texts(d.Faults))
			assert.Contains(t, d.Faults[0].Error(), c.want)
			assert.NotContains(t, d.Faults[0].Error(), "hunter2")
		})
	}
}

func TestConditionCycles(t *testing.T) {
	d := readOne(t, Options{}, "t.yaml", "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\n  C: !Equals [a]\n  D: !Not [!Condition E]\n"+bucket)
	all := strings.Join(texts(d.Faults), "\n")
	assert.Contains(t, all, "condition A depends on itself")
	assert.Contains(t, all, "t.yaml:4:6: this is no condition")
	assert.Contains(t, all, "condition E is not declared in this file")
	assert.Len(t, d.Faults, 3)
}

// TestRefProperties holds the table to the schemas: a property that does not exist would
// leave every reference to such a resource unknown, without anybody noticing.
func TestRefProperties(t *testing.T) {
	for typ, property := range refProperties {
		known, ok := schema.Lookup(typ)
		if property == "" {
			continue
		}
		if assert.True(t, ok, typ) {
			assert.Contains(t, known.Root.Properties, property, typ)
			assert.False(t, known.IsReadOnly("/"+property), typ)
		}
	}
	for typ, form := range arnForms {
		known, ok := schema.Lookup(typ)
		if assert.True(t, ok, typ) {
			assert.True(t, known.IsReadOnly("/"+form.attribute), typ)
			assert.Contains(t, known.Root.Properties, form.name, typ)
		}
	}
	d := readOne(t, Options{}, "t.yaml", "Resources:\n  G: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: p, GroupName: admins}}\n  S: {Type: Custom::S, Properties: {V: !Ref G}}\n")
	assert.Equal(t, "admins", particle(t, d, "S").Resource.Properties["V"], "of a composite identifier only the child's part")
}

// A reference whose value is known is plain text in the properties, and still one: who makes
// the resources must make what is named first.
func TestRefers(t *testing.T) {
	template := readOne(t, Options{}, "a.yaml", `
Conditions: {Never: !Equals [a, b]}
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: worker, AssumeRolePolicyDocument: {}}}
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {InstanceProfileName: worker, Roles: [!Ref Role]}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: news}}
  Queue: {Type: AWS::SQS::Queue, DependsOn: [Topic, Profile], Properties: {QueueName: !Sub "${Role}-jobs-${AWS::Region}"}}
  Function:
    Type: AWS::Lambda::Function
    DependsOn: Topic
    Properties:
      Code: {ZipFile: x}
      Role: !GetAtt Role.Arn
      Description: !If [Never, !Ref Profile, none]
      Environment: {Variables: {Q: !Join ["", [!GetAtt Queue.Arn]], Own: "${Topic}"}}
`)
	for name, want := range map[string][]string{"Role": nil, "Profile": {"Role"}, "Queue": {"Profile", "Role", "Topic"}, "Function": {"Queue", "Role", "Topic"}} {
		assert.Equal(t, want, particle(t, template, name).Refers, name)
	}
	assert.Equal(t, []any{"worker"}, particle(t, template, "Profile").Resource.Properties["Roles"], "its value is known")

	app := readOne(t, Options{}, "pcf.yaml", `
kind: app
app: orders
version: 1.0.0
particles:
  role: {type: AWS::IAM::Role, properties: {RoleName: worker, AssumeRolePolicyDocument: {}}}
  profile: {type: AWS::IAM::InstanceProfile, properties: {InstanceProfileName: worker, Roles: [!Ref role]}}
`)
	assert.Equal(t, []string{"role"}, particle(t, app, "profile").Refers)
}

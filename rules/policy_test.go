package rules

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/inventory"
)

func document(t *testing.T, text string) any {
	t.Helper()
	var n yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &n))
	v, ok := (&file{loader: &loader{}}).value(n.Content[0])
	require.True(t, ok)
	return v
}

func TestPolicy(t *testing.T) {
	for _, tt := range []struct {
		why    string
		policy string
		check  string // s is the first statement
		want   Status
	}{
		{"an action", `{Effect: Allow, Action: "s3:GetObject"}`, `s.allows("s3:GetObject")`, Pass},
		{"whatever its case", `{Effect: Allow, Action: "S3:getobject"}`, `s.allows("s3:GetObject")`, Pass},
		{"a pattern of the policy", `{Effect: Allow, Action: ["ec2:*", "s3:G?tO*"]}`, `s.allows("s3:GetObject")`, Pass},
		{"everything", `{Effect: Allow, Action: "*"}`, `s.allows("s3:GetObject")`, Pass},
		{"another action", `{Effect: Allow, Action: "s3:PutObject"}`, `s.allows("s3:GetObject")`, Fail},
		{"a pattern of the rule", `{Effect: Allow, Action: "s3:PutObject"}`, `s.allows("s3:Put*")`, Pass},
		{"two patterns that overlap", `{Effect: Allow, Action: "s3:*Object"}`, `s.allows("s3:Put*")`, Pass},
		{"two patterns that do not", `{Effect: Allow, Action: "s3:Get*"}`, `s.allows("s3:Put*")`, Fail},
		{"a denial allows nothing", `{Effect: Deny, Action: "*"}`, `s.allows("s3:GetObject")`, Fail},
		{"all but another action", `{Effect: Allow, NotAction: "iam:*"}`, `s.allows("s3:GetObject")`, Pass},
		{"all but this action", `{Effect: Allow, NotAction: "s3:*"}`, `s.allows("s3:GetObject")`, Fail},
		{"all but one of these", `{Effect: Allow, NotAction: "s3:PutObject"}`, `s.allows("s3:Put*")`, Pass},
		{"all but something unknown", `{Effect: Allow, NotAction: !Unknown x}`, `s.allows("s3:GetObject")`, Unknown},
		{"the effect is not known", `{Effect: !Unknown x, Action: "*"}`, `s.allows("s3:GetObject")`, Unknown},
		{"an unknown action beside one that decides", `{Effect: Allow, Action: [!Unknown x, "s3:*"]}`, `s.allows("s3:GetObject")`, Pass},

		{"anybody", `{Effect: Allow, Principal: "*"}`, `s.public()`, Pass},
		{"anybody with an account", `{Effect: Allow, Principal: {AWS: "*"}}`, `s.public()`, Pass},
		{"anybody in a list", `{Effect: Allow, Principal: {AWS: ["111122223333", "*"]}}`, `s.public()`, Pass},
		{"anybody but one", `{Effect: Allow, NotPrincipal: {AWS: "111122223333"}}`, `s.public()`, Pass},
		{"one account", `{Effect: Allow, Principal: {AWS: "111122223333"}}`, `s.public()`, Fail},
		{"a service", `{Effect: Allow, Principal: {Service: "*"}}`, `s.public()`, Fail},
		{"no principal: the policy of an identity", `{Effect: Allow, Action: "*"}`, `s.public()`, Fail},
		{"denied to anybody", `{Effect: Deny, Principal: "*"}`, `s.public()`, Fail},
		{"a principal of which a part is known", `{Effect: Allow, Principal: {AWS: !Ref Role}}`, `s.public()`, Fail},
		{"a principal that is not known", `{Effect: Allow, Principal: {AWS: !Unknown x}}`, `s.public()`, Unknown},

		{"of one account", `{Effect: Allow, Principal: "*", Condition: {StringEquals: {"aws:SourceAccount": "111122223333"}}}`, `s.public()`, Fail},
		{"the key in another case", `{Effect: Allow, Principal: "*", Condition: {StringEquals: {"AWS:sourceaccount": ["111122223333"]}}}`, `s.public()`, Fail},
		{"of one organisation", `{Effect: Allow, Principal: "*", Condition: {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2/*"}}}`, `s.public()`, Fail},
		{"from one network", `{Effect: Allow, Principal: "*", Condition: {StringEquals: {"aws:SourceVpce": vpce-1}}}`, `s.public()`, Fail},
		{"from one range", `{Effect: Allow, Principal: "*", Condition: {IpAddress: {"aws:SourceIp": [203.0.113.0/24, 203.0.114.7]}}}`, `s.public()`, Fail},
		{"from anywhere, said by a range", `{Effect: Allow, Principal: "*", Condition: {IpAddress: {"aws:SourceIp": [203.0.113.0/24, 0.0.0.0/0]}}}`, `s.public()`, Pass},
		{"from anywhere but one range", `{Effect: Allow, Principal: "*", Condition: {NotIpAddress: {"aws:SourceIp": 203.0.113.0/24}}}`, `s.public()`, Pass},
		{"for one source", `{Effect: Allow, Principal: "*", Condition: {ArnLike: {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:*"}}}`, `s.public()`, Fail},
		{"for one bucket", `{Effect: Allow, Principal: "*", Condition: {ArnLike: {"aws:SourceArn": "arn:aws:s3:::data"}}}`, `s.public()`, Fail},
		{"for any bucket", `{Effect: Allow, Principal: "*", Condition: {ArnLike: {"aws:SourceArn": "arn:aws:s3:::*"}}}`, `s.public()`, Pass},
		{"for a role of that name in any account", `{Effect: Allow, Principal: "*", Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}}`, `s.public()`, Pass},
		{"for any of a pattern", `{Effect: Allow, Principal: "*", Condition: {StringLike: {"aws:PrincipalOrgID": "*"}}}`, `s.public()`, Pass},
		{"for any organisation", `{Effect: Allow, Principal: "*", Condition: {StringLike: {"aws:PrincipalOrgID": "o-*"}}}`, `s.public()`, Pass},
		{"from any endpoint", `{Effect: Allow, Principal: "*", Condition: {StringLike: {"aws:SourceVpce": "vpce-*"}}}`, `s.public()`, Pass},
		{"for any principal of IAM", `{Effect: Allow, Principal: "*", Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::*"}}}`, `s.public()`, Pass},
		{"for any topic", `{Effect: Allow, Principal: "*", Condition: {StringLike: {"aws:SourceArn": "arn:aws:sns:*"}}}`, `s.public()`, Pass},
		{"for buckets of a pattern, whoever owns them", `{Effect: Allow, Principal: "*", Condition: {ArnLike: {"aws:SourceArn": "arn:aws:s3:::data-*"}}}`, `s.public()`, Pass},
		{"for an account of which digits are open", `{Effect: Allow, Principal: "*", Condition: {ArnLike: {"aws:SourceArn": "arn:aws:sns:eu-west-1:11112222333?:topic"}}}`, `s.public()`, Pass},
		{"for every region of one account", `{Effect: Allow, Principal: "*", Condition: {ArnLike: {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}}}`, `s.public()`, Fail},
		{"the caller's own account, by a variable", `{Effect: Allow, Principal: "*", Condition: {StringEquals: {"aws:SourceAccount": "${aws:PrincipalAccount}"}}}`, `s.public()`, Pass},
		{"a variable as the account of an ARN", `{Effect: Allow, Principal: "*", Condition: {ArnLike: {"aws:SourceArn": "arn:aws:sns:eu-west-1:${aws:PrincipalAccount}:topic"}}}`, `s.public()`, Pass},
		{"a variable with colons before the account", `{Effect: Allow, Principal: "*", Condition: {ArnLike: {"aws:SourceArn": "arn:aws:sns:${aws:PrincipalTag/a}:*:topic"}}}`, `s.public()`, Pass},
		{"a user of one account, by a variable", `{Effect: Allow, Principal: "*", Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/${aws:username}"}}}`, `s.public()`, Fail},
		{"one of two values is open", `{Effect: Allow, Principal: "*", Condition: {StringLike: {"aws:SourceAccount": ["111122223333", "4444*"]}}}`, `s.public()`, Pass},
		{"an organisation path whose organisation is open", `{Effect: Allow, Principal: "*", Condition: {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-ab12/*"}}}`, `s.public()`, Pass},
		{"only with TLS", `{Effect: Allow, Principal: "*", Condition: {Bool: {"aws:SecureTransport": true}}}`, `s.public()`, Pass},
		{"if the key exists", `{Effect: Allow, Principal: "*", Condition: {StringEqualsIfExists: {"aws:SourceAccount": "111122223333"}}}`, `s.public()`, Pass},
		{"for all values, also none", `{Effect: Allow, Principal: "*", Condition: {"ForAllValues:StringEquals": {"aws:SourceAccount": "111122223333"}}}`, `s.public()`, Pass},
		{"an account that is not known", `{Effect: Allow, Principal: "*", Condition: {StringEquals: {"aws:SourceAccount": !Unknown x}}}`, `s.public()`, Unknown},
		{"a condition that is not known", `{Effect: Allow, Principal: "*", Condition: !Unknown x}`, `s.public()`, Unknown},
		{"a resource of the same file", `{Effect: Allow, Principal: "*", Condition: {ArnEquals: {"aws:SourceArn": !Ref Topic}}}`, `s.public()`, Fail},

		{
			"fields", `{Sid: a, Effect: Allow, Action: b, NotResource: [c], Principal: {AWS: d, Service: e}}`,
			`s.sid == "a" && s.effect == "Allow" && s.actions == ["b"] && s.notResources == ["c"] && s.principals == ["d", "Service:e"] && s.resources == []`, Pass,
		},
		{
			"conditions", `{Condition: {Bool: {"aws:SecureTransport": false}, NumericLessThan: {"s3:TlsVersion": 1.2}}}`,
			`s.conditions.exists(c, c.operator == "Bool" && c.key == "aws:securetransport" && c.values == ["false"]) && size(s.conditions) == 2`, Pass,
		},
		{"how many conditions, if one may be absent", `{Condition: {Bool: {"aws:SecureTransport": !Maybe x}}}`, `size(s.conditions) == 1`, Unknown},
	} {
		t.Run(tt.why, func(t *testing.T) {
			statement := document(t, tt.policy)
			s, _ := oneRule(t, "AWS::SNS::TopicPolicy", "policy(resource.properties.PolicyDocument).exists(s, "+tt.check+")")
			for name, doc := range map[string]any{"one": statement, "list": []any{statement}} {
				f := verdictOf(s, declaredOf("AWS::SNS::TopicPolicy", inventory.Properties{"PolicyDocument": map[string]any{"Statement": doc}}))
				assert.Equal(t, tt.want.String(), f.Status.String(), "%s: %s", name, f.Message)
			}
		})
	}
}

func TestPolicyDocuments(t *testing.T) {
	s, _ := oneRule(t, "AWS::SNS::TopicPolicy", `!policy(resource.properties.?PolicyDocument).exists(s, s.public())`)
	const public = `{"Statement":[{"Effect":"Allow","Principal":"*"}]}`
	account := &inventory.Unknown{Because: "AWS::AccountId is known only at deployment", Symbol: "Ref AWS::AccountId"}
	admits := func(principal any, condition map[string]any) any {
		return map[string]any{"Statement": map[string]any{"Effect": "Allow", "Principal": principal, "Condition": condition}}
	}
	for _, tt := range []struct {
		why  string
		doc  any
		want Status
	}{
		{"JSON text", public, Fail},
		{"JSON text, URL-encoded", "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%22%2A%22%7D%5D%7D", Fail},
		{"no statements", map[string]any{"Version": "2012-10-17"}, Pass},
		{"nothing", nil, Pass},
		{"text that is no JSON", "{", Error},
		{"JSON that is no object", "[]", Error},
		{"JSON with more behind it", `{"Statement":[]}` + public, Error},
		{"a statement that is none", map[string]any{"Statement": []any{"x"}}, Error},
		{"the account that it is deployed to", admits(map[string]any{"AWS": account}, nil), Pass},
		{"a principal that is not known", admits(map[string]any{"AWS": &inventory.Unknown{Because: "test", Symbol: "Ref Who"}}, nil), Unknown},
		{"for that account only", admits("*", map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": account}}), Pass},
		{"for topics of that account", admits("*", map[string]any{"ArnLike": map[string]any{"aws:SourceArn": &inventory.Unknown{
			Because: "test", Symbol: "Sub arn:${Ref AWS::Partition}:sns:*:${Ref AWS::AccountId}:*", Prefix: "arn:", Suffix: ":*",
		}}}), Pass},
		{"for topics of any account", admits("*", map[string]any{"ArnLike": map[string]any{"aws:SourceArn": &inventory.Unknown{
			Because: "test", Symbol: "Sub arn:${Ref AWS::Partition}:sns:${Ref AWS::Region}:*:*", Prefix: "arn:", Suffix: ":*:*",
		}}}), Fail},
		{"for an account that is not known", admits("*", map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": &inventory.Unknown{Because: "test", Symbol: "Ref Who"}}}), Unknown},
		{"an unknown document", &inventory.Unknown{Because: "test"}, Unknown},
		{"an unknown statement", map[string]any{"Statement": []any{&inventory.Unknown{Because: "test"}}}, Unknown},
	} {
		t.Run(tt.why, func(t *testing.T) {
			f := verdictOf(s, declaredOf("AWS::SNS::TopicPolicy", inventory.Properties{"PolicyDocument": tt.doc}))
			assert.Equal(t, tt.want.String(), f.Status.String(), f.Message)
		})
	}
}

// TestStatementOn: what a Resource element covers of a bucket.
func TestStatementOn(t *testing.T) {
	for _, tt := range []struct {
		why      string
		resource any
		bucket   inventory.Properties
		whole    Status // the bucket
		objects  Status // its objects
	}{
		{"everything", "*", nil, Pass, Pass},
		{"the bucket by name", "arn:aws:s3:::data", inventory.Properties{"BucketName": "data"}, Pass, Fail},
		{"its objects by name", "arn:aws:s3:::data/*", inventory.Properties{"BucketName": "data"}, Fail, Pass},
		{"both in one pattern", "arn:aws:s3:::data*", inventory.Properties{"BucketName": "data"}, Pass, Pass},
		{"in another partition", "arn:aws-cn:s3:::data", inventory.Properties{"BucketName": "data"}, Pass, Fail},
		{"another bucket", "arn:aws:s3:::other", inventory.Properties{"BucketName": "data"}, Fail, Fail},
		{"some objects only", "arn:aws:s3:::data/logs/*", inventory.Properties{"BucketName": "data"}, Fail, Fail},
		{"a bucket without a name, by name", "arn:aws:s3:::data", nil, Fail, Fail},
		{"by reference", &inventory.Unknown{Symbol: "GetAtt Resource.Arn", Target: "Resource"}, nil, Pass, Fail},
		{"its objects by reference", &inventory.Unknown{Symbol: "Sub ${GetAtt Resource.Arn}/*", Target: "Resource", Suffix: "/*"}, nil, Fail, Pass},
		{"by a reference inside an ARN", &inventory.Unknown{Symbol: "Sub arn:aws:s3:::${Ref Resource}/*", Target: "Resource", Prefix: "arn:aws:s3:::", Suffix: "/*"}, nil, Fail, Pass},
		{"in a partition that is not known", &inventory.Unknown{Symbol: "Sub arn:${Ref AWS::Partition}:s3:::${Ref Resource}/*", Target: "Resource", Prefix: "arn:", Suffix: "/*"}, nil, Fail, Pass},
		{"by name in a partition that is not known", &inventory.Unknown{Symbol: "Sub arn:${Ref AWS::Partition}:s3:::data", Prefix: "arn:", Suffix: ":s3:::data"}, inventory.Properties{"BucketName": "data"}, Pass, Fail},
		{"objects below something that is not known", &inventory.Unknown{Symbol: "Sub ${GetAtt Resource.Arn}/${Ref Stage}/*", Target: "Resource", Suffix: "/*"}, nil, Unknown, Unknown},
		{"a bucket whose name only begins so", &inventory.Unknown{Symbol: "Sub arn:aws:s3:::${Ref Resource}-logs/*", Target: "Resource", Prefix: "arn:aws:s3:::", Suffix: "-logs/*"}, nil, Fail, Fail},
		{"an address of the bucket that is no ARN", &inventory.Unknown{Symbol: "GetAtt Resource.WebsiteURL", Target: "Resource"}, nil, Unknown, Unknown},
		{"a name that is fetched at deployment", &inventory.Unknown{Symbol: "Sub arn:aws:s3:::{{resolve:ssm:/data}}/*", Prefix: "arn:aws:s3:::", Suffix: "/*"}, nil, Unknown, Unknown},
		{"another by reference", &inventory.Unknown{Symbol: "GetAtt Other.Arn", Target: "Other"}, nil, Fail, Fail},
		{"by name, of a bucket whose name is not known", "arn:aws:s3:::data", inventory.Properties{"BucketName": &inventory.Unknown{Because: "test"}}, Unknown, Unknown},
		{"objects with names of one letter", "arn:aws:s3:::data/?", inventory.Properties{"BucketName": "data"}, Fail, Fail},
		{"objects with names of a letter or more", "arn:aws:s3:::data/?*", inventory.Properties{"BucketName": "data"}, Fail, Pass},
		{"objects with names of two letters or more", "arn:aws:s3:::data/??*", inventory.Properties{"BucketName": "data"}, Fail, Fail},
		{"the same by reference", &inventory.Unknown{Symbol: "Sub ${GetAtt Resource.Arn}/?", Target: "Resource", Suffix: "/?"}, nil, Fail, Fail},
		{"buckets with names of three letters", "arn:aws:s3:::???", nil, Fail, Fail},
		{"not known", &inventory.Unknown{Because: "test"}, nil, Unknown, Unknown},
	} {
		t.Run(tt.why, func(t *testing.T) {
			policy := declaredOf("AWS::S3::BucketPolicy", inventory.Properties{
				"Bucket":         &inventory.Unknown{Symbol: "Ref Resource", Target: "Resource"},
				"PolicyDocument": map[string]any{"Statement": []any{map[string]any{"Effect": "Deny", "Resource": tt.resource}}},
			})
			policy.LogicalID = "Policy"
			for suffix, want := range map[string]Status{"": tt.whole, "/*": tt.objects} {
				s, _ := oneRule(t, "AWS::S3::Bucket", `related("AWS::S3::BucketPolicy").exists(p, policy(p.properties.PolicyDocument).exists(s, s.on(resource, "`+suffix+`")))`)
				f := verdictOf(s, declaredOf("AWS::S3::Bucket", tt.bucket), policy)
				assert.Equal(t, want.String(), f.Status.String(), "%q %s", suffix, f.Message)
			}
		})
	}
}

// TestOverlap holds the overlap of two patterns to what it means: a text that both match.
func TestOverlap(t *testing.T) {
	matcher := func(pattern string) *regexp.Regexp {
		p := strings.ReplaceAll(strings.ReplaceAll(pattern, "*", ".*"), "?", ".")
		return regexp.MustCompile("^(?:" + p + ")$")
	}
	var all []string
	for n := 0; n <= 6; n++ {
		for i := range 1 << n {
			text := make([]byte, n)
			for j := range text {
				text[j] = "ab"[i>>j&1]
			}
			all = append(all, string(text))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab*?")), 0, 3, -1)
		a, b := pattern.Draw(t, "a"), pattern.Draw(t, "b")
		witness := false
		for _, text := range all { // a shortest common text has at most 6 letters
			witness = witness || matcher(a).MatchString(text) && matcher(b).MatchString(text)
		}
		if got := overlap(a, b); got != witness {
			t.Fatalf("overlap(%q, %q) = %v", a, b, got)
		}
	})
}

package rules

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

func judgeOne(t testing.TB, id string, r *inventory.Resource, with ...*inventory.Resource) Finding {
	t.Helper()
	s, err := builtin(t).Select(Selection{Rules: []string{id}})
	require.NoError(t, err)
	return verdictOf(s, r, with...)
}

// TestFinding is what a report gets to say.
func TestFinding(t *testing.T) {
	public := declaredOf("AWS::RDS::DBInstance", inventory.Properties{"PubliclyAccessible": &inventory.Unknown{Because: "parameter DatabasePublic has no value"}})
	f := judgeOne(t, "rds-instance-public-access-check", public)
	assert.Equal(t, Unknown, f.Status)
	assert.Equal(t, "PubliclyAccessible is not known: parameter DatabasePublic has no value", f.Message)
	assert.Equal(t, "/PubliclyAccessible", f.Path)

	open := declaredOf("AWS::EC2::SecurityGroup", inventory.Properties{"SecurityGroupIngress": []any{
		map[string]any{"IpProtocol": "tcp", "FromPort": int64(443), "ToPort": int64(443), "CidrIp": "0.0.0.0/0"},
		map[string]any{"IpProtocol": "tcp", "FromPort": int64(22), "ToPort": int64(22), "CidrIp": "0.0.0.0/0"},
		map[string]any{"IpProtocol": "tcp", "FromPort": int64(80), "ToPort": int64(80), "CidrIp": "10.0.0.0/8"},
		&inventory.Unknown{Because: "condition Prod is not known", Optional: true},
	}})
	f = judgeOne(t, "restricted-ssh", open)
	assert.Equal(t, Fail, f.Status)
	assert.Equal(t, "/SecurityGroupIngress/1/CidrIp", f.Path)
	assert.Equal(t, "port 22 is open to the internet", f.Message)
	assert.Contains(t, f.Evidence, Read{Path: "/SecurityGroupIngress/1/FromPort", Value: int64(22), Found: true})
	assert.Same(t, open, f.Resource)

	texts, _ := oneRule(t, "AWS::Lambda::Function", `!resource.properties.Architectures.exists(a, a == "b")`)
	f = verdictOf(texts, declaredOf("AWS::Lambda::Function", inventory.Properties{"Architectures": []any{"a", "b", "c"}}))
	assert.Equal(t, "/Architectures/1", f.Path, "not the element that was never looked at")

	f = judgeOne(t, "rds-instance-public-access-check", declaredOf("AWS::RDS::DBInstance", nil))
	assert.Equal(t, "/PubliclyAccessible", f.Path, "also where the property is absent")
	assert.Equal(t, []Read{{Path: "/PubliclyAccessible"}}, f.Evidence)

	two := declaredOf("AWS::Lambda::Function", inventory.Properties{"VpcConfig": map[string]any{
		"SubnetIds": &inventory.Unknown{Because: "a"}, "SecurityGroupIds": &inventory.Unknown{Because: "b"},
	}})
	f = judgeOne(t, "lambda-inside-vpc", two)
	assert.Equal(t, "VpcConfig/SubnetIds is not known: a (and 1 more)", f.Message)
}

// TestSecrets: neither a secret value nor a value under a secret name leaves with the evidence.
func TestSecrets(t *testing.T) {
	s, _ := oneRule(t, "AWS::RDS::DBInstance", `resource.properties.MasterUserPassword == "" || resource.properties.MasterUsername == ""`)
	f := verdictOf(s, declaredOf("AWS::RDS::DBInstance", inventory.Properties{"MasterUserPassword": "hunter2", "MasterUsername": "admin"}))
	require.Equal(t, Fail, f.Status)
	assert.NotContains(t, fmt.Sprint(f.Evidence), "hunter2")
	assert.Contains(t, f.Evidence, Read{Path: "/MasterUserPassword", Value: inventory.Sensitive, Found: true})

	s, _ = oneRule(t, "AWS::RDS::DBInstance", `int(resource.properties.MasterUserPassword) == 1`)
	f = verdictOf(s, declaredOf("AWS::RDS::DBInstance", inventory.Properties{"MasterUserPassword": "hunter2"}))
	assert.Equal(t, Error, f.Status)
	assert.NotContains(t, f.Message, "hunter2")
}

// TestBrokenRule: an error has its own status and cause, and hides no other finding.
func TestBrokenRule(t *testing.T) {
	s, broken := oneRule(t, "AWS::SQS::Queue", `resource.properties.QueueName == "q"`)
	panics := &Rule{ID: "panics", Types: broken.Types, programs: map[string]*programs{"AWS::SQS::Queue": {}}, params: broken.params}
	_, fine := oneRule(t, "AWS::SQS::Queue", `true`)
	fine.ID = "zz-fine"
	s.rules = append(s.rules, panics, fine)
	s.index()
	r := declaredOf("AWS::SQS::Queue", nil)
	findings := s.Judge(NewWorld([]*inventory.Resource{r}, nil, caseNow), r)
	require.Len(t, findings, 3)
	assert.Equal(t, Error, findings[0].Status)
	assert.Contains(t, findings[0].Message, "the rule broke")
	assert.Equal(t, Error, findings[1].Status)
	assert.Equal(t, "the rule broke: it reads QueueName, which is not set (a rule may ask has() or read .?QueueName)", findings[1].Message)
	assert.Equal(t, Pass, findings[2].Status)
}

func TestRuleForEveryType(t *testing.T) {
	s, err := loadText(t, `id: owner-tag
title: Every resource has an owner
severity: low
types: ["*"]
check: '"owner" in resource.tags'
remediation: Tag it.
cases:
  - {name: without, type: AWS::SQS::Queue, expect: fail}
  - {name: with, type: AWS::S3::Bucket, tags: {owner: a}, expect: pass}
`)
	require.NoError(t, err)
	for _, r := range s.Test() {
		assert.True(t, r.OK, r.Message)
	}
	f := verdictOf(s, &inventory.Resource{Ref: inventory.Ref{Type: "Custom::Thing"}, Tags: map[string]string{}})
	assert.Equal(t, Fail, f.Status, "a type without a schema too")
	assert.Equal(t, []string{"*"}, s.Types())
}

func TestAge(t *testing.T) {
	s, _ := oneRule(t, "AWS::EC2::Volume", `has(resource.created) && age(resource.created) < days(30)`)
	for days, want := range map[int]Status{29: Pass, 30: Fail} {
		f := verdictOf(s, &inventory.Resource{Ref: inventory.Ref{Type: "AWS::EC2::Volume"}, Created: caseNow.AddDate(0, 0, -days)})
		assert.Equal(t, want, f.Status, "%d days", days)
	}
}

func TestJoins(t *testing.T) {
	queue := func(name string) *inventory.Resource {
		r := &inventory.Resource{Ref: inventory.Ref{Account: "1", Region: "r", Type: "AWS::SQS::Queue", ID: "https://sqs/" + name}, ARN: "arn:aws:sqs:r:1:" + name}
		r.Properties = inventory.Properties{"QueueName": name}
		return r
	}
	policy := func(id string, queues ...any) *inventory.Resource {
		return &inventory.Resource{Ref: inventory.Ref{Account: "1", Region: "r", Type: "AWS::SQS::QueuePolicy", ID: id}, Properties: inventory.Properties{"Queues": queues}}
	}
	elsewhere := policy("p", "https://sqs/a")
	elsewhere.Ref.Account = "2"
	related, _ := oneRule(t, "AWS::SQS::Queue", `size(related("AWS::SQS::QueuePolicy")) == 1`)
	for _, tt := range []struct {
		why  string
		with []*inventory.Resource
		want Status
	}{
		{"by identifier", []*inventory.Resource{policy("p", "https://sqs/a")}, Pass},
		{"among others", []*inventory.Resource{policy("p", "https://sqs/b", "https://sqs/a"), policy("q", "https://sqs/c")}, Pass},
		{"by ARN", []*inventory.Resource{policy("p", "arn:aws:sqs:r:1:a")}, Pass},
		{"two of them", []*inventory.Resource{policy("p", "https://sqs/a"), policy("q", "https://sqs/a")}, Fail},
		{"none", []*inventory.Resource{policy("p", "https://sqs/b")}, Fail},
		{"one of another account", []*inventory.Resource{elsewhere}, Fail},
		{"one that perhaps refers to it", []*inventory.Resource{policy("p", &inventory.Unknown{Because: "x"})}, Unknown},
		{"one that refers to something else of its file", []*inventory.Resource{policy("p", &inventory.Unknown{Target: "Other"})}, Fail},
	} {
		t.Run(tt.why, func(t *testing.T) {
			f := verdictOf(related, queue("a"), tt.with...)
			assert.Equal(t, tt.want.String(), f.Status.String(), f.Message)
		})
	}

	t.Run("the other way round", func(t *testing.T) {
		references, _ := oneRule(t, "AWS::SQS::QueuePolicy", `references("AWS::SQS::Queue").exists(q, q.properties.QueueName == "a")`)
		assert.Equal(t, Pass, verdictOf(references, policy("p", "https://sqs/a"), queue("a")).Status)
		assert.Equal(t, Fail, verdictOf(references, policy("p", "https://sqs/b"), queue("a"), queue("b")).Status)
		assert.Equal(t, Unknown, verdictOf(references, policy("p", &inventory.Unknown{Because: "x"}), queue("a")).Status)
		assert.Equal(t, Fail, verdictOf(references, policy("p"), queue("a")).Status)
	})

	t.Run("a listing that is not whole", func(t *testing.T) {
		r := queue("a")
		denied := func(typ string) string {
			if typ == "AWS::SQS::QueuePolicy" {
				return "denied"
			}
			return ""
		}
		f := related.Judge(NewWorld([]*inventory.Resource{r}, denied, caseNow), r)[0]
		assert.Equal(t, Unknown, f.Status, "nothing found is not nothing there")
		assert.Equal(t, "the verdict is not known: not every AWS::SQS::QueuePolicy could be read: denied", f.Message)

		some, _ := oneRule(t, "AWS::SQS::Queue", `related("AWS::SQS::QueuePolicy").exists(p, p.id == "p")`)
		f = some.Judge(NewWorld([]*inventory.Resource{r, policy("p", "https://sqs/a")}, denied, caseNow), r)[0]
		assert.Equal(t, Pass, f.Status, "what was found can decide")
	})

	t.Run("in two steps", func(t *testing.T) {
		siblings, _ := oneRule(t, "AWS::SQS::QueuePolicy", `references("AWS::SQS::Queue").exists(q, q.related("AWS::SQS::QueuePolicy").exists(p, p.id == "other"))`)
		assert.Equal(t, Pass, verdictOf(siblings, policy("p", "https://sqs/a"), queue("a"), policy("other", "https://sqs/a")).Status)
		assert.Equal(t, Fail, verdictOf(siblings, policy("p", "https://sqs/a"), queue("a"), queue("b"), policy("other", "https://sqs/b")).Status)
		assert.Equal(t, Unknown, verdictOf(siblings, policy("p", "https://sqs/a"), queue("a"), policy("other", &inventory.Unknown{Because: "x"})).Status)
	})

	t.Run("at least one", func(t *testing.T) {
		some, _ := oneRule(t, "AWS::SQS::Queue", `filled(related("AWS::SQS::QueuePolicy"))`)
		sure, perhaps := policy("p", "https://sqs/a"), policy("q", &inventory.Unknown{Because: "x"})
		assert.Equal(t, Pass, verdictOf(some, queue("a"), sure, perhaps).Status, "one is enough, whatever the other refers to")
		assert.Equal(t, Unknown, verdictOf(some, queue("a"), perhaps).Status)
		assert.Equal(t, Fail, verdictOf(some, queue("a")).Status)
	})

	t.Run("a property that names any resource", func(t *testing.T) {
		watched, _ := oneRule(t, "AWS::EC2::VPC", `filled(related("AWS::EC2::FlowLog"))`)
		vpc := &inventory.Resource{Ref: inventory.Ref{Type: "AWS::EC2::VPC", ID: "vpc-0123456789abcdef0"}}
		log := &inventory.Resource{Ref: inventory.Ref{Type: "AWS::EC2::FlowLog", ID: "fl-1"}, Properties: inventory.Properties{"ResourceId": &inventory.Unknown{Because: "x"}}}
		assert.Equal(t, Unknown, verdictOf(watched, vpc, log).Status)
	})

	t.Run("in a file", func(t *testing.T) {
		bucket := declaredOf("AWS::S3::Bucket", inventory.Properties{"BucketName": &inventory.Unknown{Because: "parameter Name has no value", Symbol: "Ref Name"}})
		named, _ := oneRule(t, "AWS::S3::Bucket", `size(related("AWS::S3::BucketPolicy")) == 1`)
		for why, tt := range map[string]struct {
			bucket any
			want   Status
		}{
			"by reference":                  {&inventory.Unknown{Symbol: "Ref Resource", Target: "Resource"}, Pass},
			"by the same parameter":         {&inventory.Unknown{Because: "parameter Name has no value", Symbol: "Ref Name"}, Pass},
			"by another parameter":          {&inventory.Unknown{Because: "parameter Other has no value", Symbol: "Ref Other"}, Unknown},
			"by a literal that it may have": {"data", Unknown},
		} {
			p := declaredOf("AWS::S3::BucketPolicy", inventory.Properties{"Bucket": tt.bucket})
			p.LogicalID = "Policy"
			assert.Equal(t, tt.want.String(), verdictOf(named, bucket, p).Status.String(), why)
		}
		other := declaredOf("AWS::S3::Bucket", inventory.Properties{"BucketName": "data"})
		other.LogicalID = "Other"
		p := declaredOf("AWS::S3::BucketPolicy", inventory.Properties{"Bucket": "data"})
		assert.Equal(t, Fail, verdictOf(named, bucket, p, other).Status, "a literal that another bucket has")
	})
}

// TestJudgeConcurrently is worth its time under -race.
func TestJudgeConcurrently(t *testing.T) {
	s := builtin(t)
	var resources []*inventory.Resource
	for _, r := range s.Rules() {
		for _, c := range r.Cases {
			resources = append(append(resources, c.Resource), c.With...)
		}
	}
	w := NewWorld(resources, nil, caseNow)
	judge := func() (all []string) {
		for _, r := range resources {
			for _, f := range s.Judge(w, r) {
				all = append(all, fmt.Sprintf("%s %s %s %s", f.Rule.ID, f.Status, f.Path, f.Message))
			}
		}
		return all
	}
	want := judge()
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() { assert.Equal(t, want, judge(), "the same inputs give the same findings") })
	}
	workers.Wait()
}

func TestIgnore(t *testing.T) {
	for _, tt := range []struct {
		expr            string
		value, declared any
		want            bool
		err             string
	}{
		{"int(value) >= 2 && int(value) <= 10", "3", "2", true, ""},
		{"int(value) >= 2 && int(value) <= 10", "11", "2", false, ""},
		{"value == declared", int64(2), int64(2), true, ""},
		{"declared == null", "x", nil, true, ""},
		{`live.Tags.exists(t, t.Key == "scale")`, nil, nil, true, ""},
		{"value > 1", &inventory.Unknown{Because: "x"}, nil, false, "depends on a value that is not known"},
		{"[value] == [1]", &inventory.Unknown{Because: "x"}, nil, false, "depends on a value that is not known"},
		{"int(value) > 1", "many", nil, false, "evaluate ignore.when"},
		{"vlaue > 1", nil, nil, false, `vlaue is not known here`},
		{"int(value)", "1", nil, false, "gives int, not bool"},
	} {
		got, err := IgnoreWhen(tt.expr, tt.value, tt.declared, map[string]any{"Tags": []any{map[string]any{"Key": "scale"}}})
		assert.Equal(t, tt.want, got, tt.expr)
		if tt.err == "" {
			assert.NoError(t, err, tt.expr)
		} else {
			assert.ErrorContains(t, err, tt.err, tt.expr)
		}
	}
	_, err := CompileIgnore("int(")
	assert.Error(t, err)
}

// benchmarks: `go test -bench . ./rules`.

func BenchmarkJudge(b *testing.B) {
	s := builtin(b)
	for _, tt := range []struct{ rule, name string }{
		{"restricted-ssh", "the second entry opens a range that covers the port"},
		{"restricted-ssh", "office only"},
		{"s3-bucket-level-public-access-prohibited", "all four"},
		{"iam-policy-no-statements-with-admin-access", "one service on everything"},
	} {
		r, err := s.Lookup(tt.rule)
		require.NoError(b, err)
		for _, c := range r.Cases {
			if c.Name != tt.name {
				continue
			}
			w := NewWorld([]*inventory.Resource{c.Resource}, nil, time.Time{})
			b.Run(tt.rule+"/"+c.Expect.String(), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					s.judge(w, r, c.Resource, r.params)
				}
			})
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		builtin(b)
	}
}

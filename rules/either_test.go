package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/inventory"
)

func TestAlternativesDecide(t *testing.T) {
	s, _ := oneRule(t, "AWS::SQS::Queue", `resource.properties.?VisibilityTimeout.orValue(0) < 10`)
	because := &inventory.Unknown{Because: "condition IsProd is not known: parameter Stage has no value", Optional: true}
	queue := func(delay any) *inventory.Resource {
		r := &inventory.Resource{Ref: inventory.Ref{Type: "AWS::SQS::Queue"}, LogicalID: "Jobs", Declared: true, Properties: map[string]any{}}
		if delay != nil {
			r.Properties["VisibilityTimeout"] = delay
		}
		return r
	}
	undecided := func(yes, no any) *inventory.Resource {
		r, a, b := queue(because), queue(yes), queue(no)
		a.Given, b.Given = "IsProd is true", "IsProd is false"
		r.Alternatives = []*inventory.Resource{a, b}
		return r
	}
	for _, c := range []struct {
		why      string
		resource *inventory.Resource
		want     Status
		message  string
	}{
		{"without alternatives nothing is known", queue(because), Unknown, "VisibilityTimeout is not known: condition IsProd is not known: parameter Stage has no value"},
		{"both ways break the rule", undecided(int64(20), int64(30)), Fail, "test"},
		{"both ways keep it, one of them by being absent", undecided(int64(5), nil), Pass, ""},
		{"they disagree, and the finding says when it fails", undecided(int64(5), int64(30)), Unknown, "VisibilityTimeout is not known: condition IsProd is not known: parameter Stage has no value; it fails when IsProd is false"},
		{"one way is not known either", undecided(int64(5), &inventory.Unknown{Because: "x"}), Unknown, "VisibilityTimeout is not known: condition IsProd is not known: parameter Stage has no value"},
		{"no way is known", undecided(&inventory.Unknown{Because: "x"}, &inventory.Unknown{Because: "x"}), Unknown, "VisibilityTimeout is not known: condition IsProd is not known: parameter Stage has no value"},
		{"a way in which the rule breaks down decides nothing", undecided("many", "many"), Unknown, "VisibilityTimeout is not known: condition IsProd is not known: parameter Stage has no value"},
	} {
		f := verdictOf(s, c.resource)
		assert.Equal(t, c.want, f.Status, c.why)
		assert.Equal(t, c.message, f.Message, c.why)
	}
}

func TestWhatPerhapsExistsBreaksNoRuleForCertain(t *testing.T) {
	s, _ := oneRule(t, "AWS::SQS::Queue", `resource.properties.?VisibilityTimeout.orValue(0) < 10`)
	r := &inventory.Resource{
		Ref: inventory.Ref{Type: "AWS::SQS::Queue"}, LogicalID: "Jobs", Declared: true, Properties: map[string]any{"VisibilityTimeout": int64(20)},
		Existence: &inventory.Unknown{Because: "condition Wanted is not known", Symbol: "Condition Wanted"},
	}
	f := verdictOf(s, r)
	assert.Equal(t, Unknown, f.Status)
	assert.Equal(t, "test (if it exists: condition Wanted is not known)", f.Message)
	assert.Equal(t, "/VisibilityTimeout", f.Path, "it still says where")
	r.Properties["VisibilityTimeout"] = int64(1)
	assert.Equal(t, Pass, verdictOf(s, r).Status, "a pass holds whether it exists or not")
}

func TestJoinsWithWhatPerhapsExists(t *testing.T) {
	s, _ := oneRule(t, "AWS::S3::Bucket", `related("AWS::S3::BucketPolicy").size() > 0`)
	maybe := func(condition string) *inventory.Unknown {
		return &inventory.Unknown{Because: condition + " is not known", Symbol: "Condition " + condition}
	}
	bucket := func(existence *inventory.Unknown) *inventory.Resource {
		return &inventory.Resource{
			Ref: inventory.Ref{Type: "AWS::S3::Bucket"}, LogicalID: "Site", Declared: true, Existence: existence,
			Position: inventory.Position{File: "t.yaml", Line: 1, Column: 1}, Properties: map[string]any{},
		}
	}
	policy := func(existence *inventory.Unknown) *inventory.Resource {
		return &inventory.Resource{
			Ref: inventory.Ref{Type: "AWS::S3::BucketPolicy"}, LogicalID: "Policy", Declared: true, Existence: existence,
			Position:   inventory.Position{File: "t.yaml", Line: 2, Column: 1},
			Properties: map[string]any{"Bucket": &inventory.Unknown{Because: "x", Symbol: "Ref Site", Target: "Site"}},
		}
	}
	for _, c := range []struct {
		why            string
		bucket, policy *inventory.Unknown
		want           Status
	}{
		{"both exist", nil, nil, Pass},
		{"the policy perhaps does not", nil, maybe("A"), Unknown},
		{"they exist together", maybe("A"), maybe("A"), Pass},
		{"they depend on different conditions", maybe("A"), maybe("B"), Unknown},
	} {
		assert.Equal(t, c.want, verdictOf(s, bucket(c.bucket), policy(c.policy)).Status, c.why)
	}
}

func TestJoinsWithAPartOfAResource(t *testing.T) {
	s, _ := oneRule(t, "AWS::S3::Bucket", `related("AWS::S3::BucketPolicy").size() > 0`)
	r := declaredOf("AWS::S3::Bucket", inventory.Properties{"BucketName": "data"})
	assert.Equal(t, Fail, verdictOf(s, r).Status, "a whole bucket: its policy would stand beside it")
	r.Partial, r.UnreadBecause = true, "the bucket is not part of this plan"
	f := verdictOf(s, r)
	assert.Equal(t, Unknown, f.Status, "where the bucket is declared there may be a policy too")
	assert.Contains(t, f.Message, r.UnreadBecause)
}

func TestAnAlternativeIsNotItsOwnNeighbour(t *testing.T) {
	s, _ := oneRule(t, "AWS::EC2::SecurityGroup", `references("AWS::EC2::SecurityGroup").size() == 0`)
	group := func(description any) *inventory.Resource {
		return &inventory.Resource{
			Ref: inventory.Ref{Type: "AWS::EC2::SecurityGroup"}, LogicalID: "Web", Declared: true, Position: inventory.Position{File: "t.yaml", Line: 1, Column: 1},
			Properties: map[string]any{"GroupName": "web", "GroupDescription": description, "SecurityGroupIngress": []any{map[string]any{"SourceSecurityGroupName": "web"}}},
		}
	}
	r := group(&inventory.Unknown{Because: "x"})
	r.Alternatives = []*inventory.Resource{group("a"), group("b")}
	w := NewWorld([]*inventory.Resource{r}, nil, caseNow)
	assert.Equal(t, s.judgeOne(w, s.rules[0], r, s.rules[0].params).Status, s.judgeOne(w, s.rules[0], r.Alternatives[0], s.rules[0].params).Status)
}

package inventory

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRefString(t *testing.T) {
	for _, c := range []struct {
		ref  Ref
		want string
		why  string
	}{
		{Ref{"aws", "111122223333", "eu-west-1", "AWS::S3::Bucket", "logs"}, "aws/111122223333/eu-west-1/AWS::S3::Bucket/logs", "the usual case"},
		{
			Ref{"aws", "111122223333", "global", "AWS::IAM::ManagedPolicy", "arn:aws:iam::111122223333:policy/a/b"},
			"aws/111122223333/global/AWS::IAM::ManagedPolicy/arn:aws:iam::111122223333:policy/a/b", "slashes of the id stay, because it stands last",
		},
		{Ref{"aws", "", "", "AWS::EC2::Route", "rtb-1|0.0.0.0/0"}, "aws///AWS::EC2::Route/rtb-1|0.0.0.0/0", "a declaration may not say where"},
		{Ref{"aws", "1", "r", "A/B%2F", "%2F"}, "aws/1/r/A%2FB%252F/%2F", "only what stands before the id is escaped"},
	} {
		assert.Equal(t, c.want, c.ref.String(), c.why)
		back, err := ParseRef(c.want)
		require.NoError(t, err, c.why)
		assert.Equal(t, c.ref, back, c.why)
	}
	for _, s := range []string{"", "a", "aws/1/r/AWS::S3::Bucket", "aws/1/r//id", "aws/1/r/AWS::S3::Bucket/", "arn:aws:s3:::bucket"} {
		_, err := ParseRef(s)
		assert.ErrorContains(t, err, "partition/account/region/type/id", "%q names no resource; the error shows the form", s)
	}
}

func drawRef(t *rapid.T, label string) Ref {
	part := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "/", "%", "%2F", "%25", "a/b"}))
	some := part.Filter(func(s string) bool { return s != "" })
	return Ref{part.Draw(t, label+" partition"), part.Draw(t, label+" account"), part.Draw(t, label+" region"), some.Draw(t, label+" type"), some.Draw(t, label+" id")}
}

func TestRefRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRef(t, "a")
		back, err := ParseRef(r.String())
		if err != nil || back != r {
			t.Fatalf("%#v became %#v (%v) by way of %q", r, back, err, r.String())
		}
		o := drawRef(t, "b")
		if (r.Compare(o) == 0) != (r == o) || r.Compare(o) != -o.Compare(r) {
			t.Fatalf("the order of %v and %v is no order", r, o)
		}
	})
}

func FuzzParseRef(f *testing.F) {
	f.Add("aws/111122223333/eu-west-1/AWS::S3::Bucket/logs")
	f.Add("aws///T/%/")
	f.Add("%2f/%2F/%25/%252F/x")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRef(s)
		if err != nil {
			return
		}
		back, err := ParseRef(r.String())
		require.NoError(t, err)
		assert.Equal(t, r, back)
	})
}

func TestRefOrder(t *testing.T) {
	want := []Ref{
		{"aws", "1", "eu-west-1", "A", "x"},
		{"aws", "1", "eu-west-1", "A", "y"},
		{"aws", "1", "eu-west-1", "B", "a"},
		{"aws", "1", "us-east-1", "A", "a"},
		{"aws", "2", "eu-west-1", "A", "a"},
		{"aws-cn", "1", "eu-west-1", "A", "a"},
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Ref.Compare)
	assert.Equal(t, want, got)
}

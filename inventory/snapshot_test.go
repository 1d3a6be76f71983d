package inventory

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestReadable(t *testing.T) {
	const account, region, queue = "111122223333", "eu-west-1", "AWS::SQS::Queue"
	here := Scope{Accounts: []string{account}, Regions: []string{region, GlobalRegion}, Types: []string{"AWS::SQS::*", "AWS::IAM::Role"}}
	for _, c := range []struct {
		scope                Scope
		gaps                 []Gap
		account, region, typ string
		want                 bool
		why                  string
	}{
		{here, nil, account, region, queue, true, "in scope, no gap"},
		{here, nil, "999999999999", region, queue, false, "another account was not looked at"},
		{here, nil, account, "us-east-1", queue, false, "nor another region"},
		{here, nil, account, region, "AWS::SNS::Topic", false, "nor another type"},
		{here, nil, account, GlobalRegion, "AWS::IAM::Role", true, "a global service"},
		{here, nil, "", "", queue, true, "a declaration that does not say where"},
		{Scope{}, nil, account, region, queue, true, "an empty scope is everything"},
		{Scope{Regions: []string{"*"}}, nil, account, region, queue, true, "and so is a star"},
		{Scope{Regions: []string{region}}, nil, account, GlobalRegion, "AWS::IAM::Role", false, "global services were not looked at"},
		{here, []Gap{{Account: account, Region: region, Type: queue, Reason: Denied}}, account, region, queue, false, "the listing was denied"},
		{here, []Gap{{Account: account, Region: region, Type: queue, Reason: Denied}}, account, GlobalRegion, "AWS::IAM::Role", true, "another cell is not hidden"},
		{here, []Gap{{Account: account, Region: region, Type: queue, Reason: Denied}}, "", "", queue, false, "it might be in the cell that was denied"},
		{here, []Gap{{Account: account, Reason: Suspended}}, account, region, queue, false, "a whole account"},
		{here, []Gap{{Region: region, Reason: Disabled}}, account, region, queue, false, "a whole region"},
		{here, []Gap{{Reason: Failed}}, account, region, queue, false, "everything"},
		{here, []Gap{{File: "pcf.yaml", Reason: Malformed}}, account, region, queue, true, "a file is no place in the cloud"},
		{here, []Gap{{App: "orders", AppVersion: "1", Reason: Failed}}, account, region, queue, true, "nor is a declaration that is missing"},
	} {
		s := Snapshot{Scope: c.scope, Gaps: c.gaps}
		assert.Equal(t, c.want, s.Readable(c.account, c.region, c.typ), c.why)
		assert.Equal(t, len(c.gaps) == 0, s.Complete(), c.why)
	}
}

func TestMatchGlob(t *testing.T) {
	for _, c := range []struct {
		glob, name string
		want       bool
		why        string
	}{
		{"AWS::EC2::*", "AWS::EC2::VPC", true, "a service"},
		{"AWS::EC2::*", "AWS::EC2", false, "what stands before the star must be there"},
		{"*", "", true, "a star takes nothing too"},
		{"", "", true, "nothing is nothing"},
		{"", "a", false, "and no more"},
		{"arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/team/deploy", true, "a run may have slashes"},
		{"sg-?", "sg-1", true, "one character"},
		{"sg-?", "sg-", false, "not none"},
		{"?", "é", true, "one character of any length"},
		{"a*b*c", "a-b-b-c", true, "several runs"},
		{"a*b*c", "a-b-b", false, "the end must be there"},
		{"s3-[a]{b}", "s3-[a]{b}", true, "everything else stands for itself"},
		{"[ab]", "a", false, "there are no classes"},
		{"aws::s3::*", "AWS::S3::Bucket", false, "case matters"},
	} {
		assert.Equal(t, c.want, MatchGlob(c.glob, c.name), "%q on %q: %s", c.glob, c.name, c.why)
	}
	rapid.Check(t, func(t *rapid.T) {
		glob := rapid.StringOfN(rapid.RuneFrom([]rune("ab*?/")), 0, 8, -1).Draw(t, "glob")
		name := rapid.StringOfN(rapid.RuneFrom([]rune("ab/")), 0, 10, -1).Draw(t, "name")
		same := regexp.MustCompile("^" + strings.NewReplacer("*", ".*", "?", ".").Replace(glob) + "$")
		if MatchGlob(glob, name) != same.MatchString(name) {
			t.Fatalf("%q on %q", glob, name)
		}
	})
}

func TestSort(t *testing.T) {
	ref := func(id string) Ref { return Ref{Partition: "aws", Type: "AWS::S3::Bucket", ID: id} }
	want := []*Resource{
		{LogicalID: "A", Position: Position{File: "a.yaml", Line: 2}},
		{LogicalID: "A", Position: Position{File: "b.yaml", Line: 1, Column: 1}},
		{LogicalID: "A", Position: Position{File: "b.yaml", Line: 1, Column: 2}},
		{LogicalID: "B"},
		{Ref: ref("a")},
		{Ref: ref("b")},
	}
	gaps := []Gap{{Account: "1", Type: "A", Reason: Denied}, {Account: "1", Type: "B", Reason: Denied}, {Account: "2"}}
	s := Snapshot{Resources: slices.Clone(want), Gaps: append(slices.Clone(gaps), gaps...)}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		rnd.Shuffle(len(s.Resources), func(i, j int) { s.Resources[i], s.Resources[j] = s.Resources[j], s.Resources[i] })
		rnd.Shuffle(len(s.Gaps), func(i, j int) { s.Gaps[i], s.Gaps[j] = s.Gaps[j], s.Gaps[i] })
		s.Sort()
		assert.Equal(t, want, s.Resources, "whatever the order before")
		assert.Equal(t, gaps, s.Gaps, "a gap is said once")
	}
}

func TestRetiredAt(t *testing.T) {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	assert.False(t, (&App{}).RetiredAt(at), "no tombstone")
	assert.False(t, (&App{Retired: at}).RetiredAt(at.Add(-time.Second)), "not yet")
	assert.True(t, (&App{Retired: at}).RetiredAt(at), "from that moment on")
}

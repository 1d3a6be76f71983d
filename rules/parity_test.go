package rules

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/cel-go/common/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A difference says why a rule tells a declaration from a live resource, and in what it
// does: by the cases that get another verdict on the other side, or because every live
// resource of a type ("*": of each) gets one verdict, whatever is in it.
type difference struct {
	why   string
	cases []string
	live  map[string]Status
}

const (
	writtenOut = "it asks how a declaration is written; a live resource has its account, region and ids in it and cannot be without"
	aclsAreOff = "where S3 has switched lists off, a list that a live bucket was made with opens nothing; S3 refuses a declaration of both"
)

// differs are all rules that say `live` or `declared`, but for those that judge live
// resources alone.
var differs = map[string]difference{
	"cost-volume-previous-generation": {
		why:  "a live instance names its volumes, and each is judged as its own resource; a declared one holds them",
		live: map[string]Status{"AWS::EC2::Instance": Skip},
	},
	"config-recorder-enabled": {
		why:  "whether a live recorder runs is in the facts about its region, which are judged for it",
		live: map[string]Status{"AWS::Config::ConfigurationRecorder": Skip},
	},
	"ec2-instance-no-public-ip": {
		why: "a declaration asks for a public address, a live instance has one: two properties, each on its side alone",
		cases: []string{
			"an interface asks for an address", "the second interface does, written as text", "not known",
			"a live instance has one", "the address could not be read",
		},
	},
	"guardduty-enabled-centralized": {
		why:  "the live detectors of a region are in the facts about it, which are judged for them",
		live: map[string]Status{"AWS::GuardDuty::Detector": Skip},
	},
	"iam-user-no-policies-check": {
		why:  "a live managed policy is seen at the users that it is attached to, and is judged there",
		live: map[string]Status{"AWS::IAM::ManagedPolicy": Skip},
	},
	"jiti-no-hardwired-account": {why: writtenOut, live: map[string]Status{"*": Skip}},
	"jiti-no-hardwired-arn":     {why: writtenOut, live: map[string]Status{"*": Skip}},
	"jiti-no-hardwired-id":      {why: writtenOut, live: map[string]Status{"*": Skip}},
	"jiti-no-hardwired-image":   {why: writtenOut, live: map[string]Status{"*": Skip}},
	"jiti-no-hardwired-region":  {why: writtenOut, live: map[string]Status{"*": Skip}},
	"jiti-no-hardwired-secret":  {why: writtenOut, live: map[string]Status{"*": Skip}},
	"rds-automatic-minor-version-upgrade-enabled": {
		why:   "RDS upgrades unless told otherwise, so silence of a live instance is a yes; a declaration has to say it",
		cases: []string{"nothing said in a declaration", "nothing said, live"},
	},
	"s3-bucket-acl-prohibited": {
		why:   aclsAreOff,
		cases: []string{"a list for everybody beside enforced ownership", "ownership enforced on an old bucket, live, where the list is not read"},
	},
	"s3-bucket-public-read-prohibited": {
		why: aclsAreOff,
		cases: []string{
			"a public ACL beside enforced ownership, which S3 refuses",
			"live, the reader cannot return the ACL, but ACLs are switched off",
		},
	},
	"s3-bucket-public-write-prohibited": {
		why: aclsAreOff,
		cases: []string{
			"a public ACL beside enforced ownership, which S3 refuses",
			"live, the reader cannot return the ACL, but ACLs are switched off",
		},
	},
	"s3-bucket-server-side-encryption-enabled": {
		why:  "S3 has encrypted every live bucket since January 2023; a declaration has to say how",
		live: map[string]Status{"AWS::S3::Bucket": Pass},
	},
}

// TestParity: a rule gives a declaration and a live resource of the same content the same
// verdict. Every case is judged as it stands, and again with all of its resources on the
// other side.
func TestParity(t *testing.T) {
	judged := 0
	var speaking []string
	set := builtin(t)
	for _, r := range set.Rules() {
		if r.Scope == "live" {
			continue // it asks for what only a live resource has
		}
		if asksForSide(t, r) {
			speaking = append(speaking, r.ID)
		}
		var turned []string
		for _, c := range r.Cases {
			if isAccountType(c.Resource.Ref.Type) {
				continue // nobody declares the facts about an account
			}
			judged++
			resource := onTheOtherSide(c.Resource)
			world := []*inventory.Resource{resource}
			for _, x := range c.With {
				world = append(world, onTheOtherSide(x))
			}
			got := set.judge(NewWorld(world, nil, caseNow), r, resource, r.paramsValue(c.Params)).Status
			if whenLive, same := verdictOfLive(differs[r.ID], c.Resource.Ref.Type); same {
				sides := map[bool]Status{c.Resource.Declared: c.Expect, resource.Declared: got}
				assert.Equal(t, whenLive, sides[false], "%s: rule %s, case %q, as a live resource", c.Position, r.ID, c.Name)
				continue
			}
			if got == c.Expect {
				continue
			}
			turned = append(turned, c.Name)
			assert.Contains(t, differs[r.ID].cases, c.Name, "%s: rule %s, case %q: %s with declared=%t, %s with declared=%t",
				c.Position, r.ID, c.Name, c.Expect, c.Resource.Declared, got, resource.Declared)
		}
		for _, name := range differs[r.ID].cases {
			assert.Contains(t, turned, name, "rule %s gives both sides of this case the same verdict: drop the exception", r.ID)
		}
	}
	t.Logf("%d cases judged on both sides; %d rules tell the sides apart: %q", judged, len(speaking), speaking)
	assert.Positive(t, judged)
	assert.Equal(t, slices.Sorted(maps.Keys(differs)), speaking, "the rules that say `live` or `declared`")
	for id, d := range differs {
		assert.NotEmpty(t, d.why, id)
		assert.True(t, len(d.cases)+len(d.live) > 0, "%s: say in what the sides differ", id)
	}
}

// verdictOfLive returns the one verdict of all live resources of a type.
func verdictOfLive(d difference, typ string) (s Status, same bool) {
	if s, same = d.live["*"]; !same {
		s, same = d.live[typ]
	}
	return s, same
}

// asksForSide reports whether the check or the `when` of a rule reads live or declared.
func asksForSide(t *testing.T, r *Rule) bool {
	for _, texts := range []map[string]string{r.Check, r.When} {
		for _, text := range texts {
			expression, err := asWritten(text)
			require.NoError(t, err, r.ID)
			if slices.ContainsFunc(nodesOf(expression.Expr()), func(e ast.Expr) bool {
				return e.Kind() == ast.IdentKind && (e.AsIdent() == "live" || e.AsIdent() == "declared")
			}) {
				return true
			}
		}
	}
	return false
}

// onTheOtherSide makes a live copy of a declared resource, and a declared one of a live one.
// The facts about an account have one side.
func onTheOtherSide(r *inventory.Resource) *inventory.Resource {
	if isAccountType(r.Ref.Type) {
		return r
	}
	x := *r
	x.Declared = !r.Declared
	return &x
}

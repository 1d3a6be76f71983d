package drift_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// hash stands in the place of the state's HMAC: two secrets are equal when their texts are.
func hash(typ string, p inventory.Properties) inventory.Properties {
	t, _ := schema.Lookup(typ)
	var below func(pointer string, v any) any
	below = func(pointer string, v any) any {
		switch v := v.(type) {
		case map[string]any:
			out := map[string]any{}
			for k, e := range v {
				out[k] = below(pointer+"/"+schema.EscapePointer(k), e)
			}
			return out
		case []any:
			out := make([]any, len(v))
			for i, e := range v {
				out[i] = below(fmt.Sprint(pointer, "/", i), e)
			}
			return out
		}
		if schema.IsSensitive(t, pointer) && v != nil {
			return fmt.Sprintf("hash:%x", sha256.Sum256(fmt.Append(nil, pointer, v)))
		}
		return v
	}
	return below("", p).(map[string]any)
}

// compare3 compares with a record of what was applied; "" is no record.
func compare3(typ, declared, applied, live string) drift.Drift {
	l := resource("live", typ, live)
	p := pair(particle("x", typ, declared), l)
	if applied != "" {
		p.Applied = &inventory.Applied{Ref: l.Ref, Properties: hash(typ, js(applied))}
	}
	return drift.Compare(p, drift.Context{Live: snapshot(l), Now: now, Mask: hash})
}

// TestWhoMoved is the three-way table: every combination of the three sides.
func TestWhoMoved(t *testing.T) {
	tag := func(v string) string { return `{"Tags": [{"Key": "a", "Value": "` + v + `"}]}` }
	size := func(v string) string { return `{"AllocatedStorage": "` + v + `"}` }
	env := func(v string) string {
		return `{"Role": "r", "Environment": {"Variables": {"API_TOKEN": "` + v + `"}}}`
	}
	const function = "AWS::Lambda::Function"
	for _, c := range []struct {
		why, typ, declared, applied, live string
		want                              []string // path kind reason
	}{
		{"no record: who moved is not known", rds, size("20"), "", size("30"), []string{"/AllocatedStorage differs "}},
		{"all agree", rds, size("20"), size("20"), size("20"), nil},
		{"somebody changed what lives", rds, size("20"), size("20"), size("30"), []string{"/AllocatedStorage out-of-band "}},
		{"the declaration changed and was not applied yet", rds, size("20"), size("30"), size("30"), []string{"/AllocatedStorage pending "}},
		{"both changed", rds, size("20"), size("25"), size("30"), []string{"/AllocatedStorage conflict "}},
		{"both changed to the same: they agree", rds, size("20"), size("30"), size("20"), nil},
		{"it is gone", rds, size("20"), size("20"), `{}`, []string{"/AllocatedStorage out-of-band "}},
		{"declared anew and never applied", rds, size("20"), `{}`, `{}`, []string{"/AllocatedStorage pending "}},
		{"the record says nothing of it: it was made when the resource was tagged", rds, size("20"), `{}`, size("30"), []string{"/AllocatedStorage differs "}},
		{"nor of a part of an object", s3, `{"VersioningConfiguration": {"Status": "Enabled"}}`, `{"BucketName": "b"}`, `{"VersioningConfiguration": {"Status": "Suspended"}}`, []string{"/VersioningConfiguration/Status differs "}},
		{"nor of a list", group, ingress(`[` + https + `]`), `{}`, ingress(`[` + https + `,` + ssh + `]`), []string{"/SecurityGroupIngress differs a rule that is not declared"}},
		{"nor of a tag", s3, tag("1"), `{"BucketName": "b"}`, tag("2"), []string{"/Tags/a differs "}},
		{"the record spells it in another way", rds, size("20"), `{"AllocatedStorage": 20}`, size("30"), []string{"/AllocatedStorage out-of-band "}},
		{"a tag was changed", s3, tag("1"), tag("1"), tag("2"), []string{"/Tags/a out-of-band "}},
		{"a tag is not rolled out", s3, tag("1"), tag("2"), tag("2"), []string{"/Tags/a pending "}},
		{"a tag is declared no longer", s3, `{"BucketName": "b"}`, tag("2"), `{"BucketName": "b", "Tags": [{"Key": "a", "Value": "2"}]}`, []string{"/Tags/a pending to-remove"}},
		{"a tag is dropped from those that are declared", s3, `{"Tags": [{"Key": "z", "Value": "1"}]}`, `{"Tags": [{"Key": "z", "Value": "1"}, {"Key": "a", "Value": "2"}]}`, `{"Tags": [{"Key": "z", "Value": "1"}, {"Key": "a", "Value": "2"}]}`, []string{"/Tags/a pending to-remove"}},
		{"a dropped tag that somebody changed", s3, `{"Tags": [{"Key": "z", "Value": "1"}]}`, `{"Tags": [{"Key": "z", "Value": "1"}, {"Key": "a", "Value": "2"}]}`, `{"Tags": [{"Key": "z", "Value": "1"}, {"Key": "a", "Value": "3"}]}`, []string{"/Tags/a conflict to-remove"}},
		{"a tag that nobody ever declared", s3, tag("1"), tag("1"), `{"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}`, []string{"/Tags/b undeclared "}},
		{"a property is dropped", rds, `{"Engine": "x"}`, `{"Engine": "x", "MultiAZ": true}`, `{"Engine": "x", "MultiAZ": true}`, []string{"/MultiAZ pending to-remove"}},
		{"a dropped property that somebody changed", rds, `{"Engine": "x"}`, `{"Engine": "x", "AllocatedStorage": "20"}`, `{"Engine": "x", "AllocatedStorage": "30"}`, []string{"/AllocatedStorage conflict to-remove"}},
		{"a dropped property that is gone already", rds, `{"Engine": "x"}`, `{"Engine": "x", "MultiAZ": true}`, `{"Engine": "x"}`, nil},
		{"a dropped key inside an object", s3, `{"VersioningConfiguration": {"Status": "Enabled"}, "WebsiteConfiguration": {"IndexDocument": "i"}}`, `{"VersioningConfiguration": {"Status": "Enabled"}, "WebsiteConfiguration": {"IndexDocument": "i", "ErrorDocument": "e"}}`, `{"VersioningConfiguration": {"Status": "Enabled"}, "WebsiteConfiguration": {"IndexDocument": "i", "ErrorDocument": "e"}}`, []string{"/WebsiteConfiguration/ErrorDocument pending to-remove"}},
		{"a rule that somebody added", group, ingress(`[` + https + `]`), ingress(`[` + https + `]`), ingress(`[` + https + `,` + ssh + `]`), []string{"/SecurityGroupIngress out-of-band a rule that is not declared"}},
		{"a rule that was dropped and not yet revoked", group, ingress(`[` + https + `]`), ingress(`[` + https + `,` + ssh + `]`), ingress(`[` + https + `,` + ssh + `]`), []string{"/SecurityGroupIngress pending a rule that is not declared"}},
		{"a rule that is new and not yet granted", group, ingress(`[` + https + `,` + ssh + `]`), ingress(`[` + https + `]`), ingress(`[` + https + `]`), []string{"/SecurityGroupIngress/1 pending "}},
		{"a rule that somebody revoked", group, ingress(`[` + https + `,` + ssh + `]`), ingress(`[` + https + `,` + ssh + `]`), ingress(`[` + https + `]`), []string{"/SecurityGroupIngress/1 out-of-band "}},
		{"a secret that can be read was changed", function, env("new"), env("new"), env("old"), []string{"/Environment/Variables/API_TOKEN out-of-band "}},
		{"a secret that can be read is not rolled out", function, env("new"), env("old"), env("old"), []string{"/Environment/Variables/API_TOKEN pending "}},
		{"a secret that both changed", function, env("new"), env("older"), env("old"), []string{"/Environment/Variables/API_TOKEN conflict "}},
		{"T25: another password than was applied", rds, `{"MasterUserPassword": "new", "Port": "1"}`, `{"MasterUserPassword": "old", "Port": "1"}`, `{"Port": "1"}`, []string{"/MasterUserPassword write-only pending-write"}},
		{"T25: the same", rds, `{"MasterUserPassword": "old", "Port": "1"}`, `{"MasterUserPassword": "old", "Port": "1"}`, `{"Port": "1"}`, []string{"/MasterUserPassword write-only can be written and never read back"}},
		{"what was applied is not known", rds, size("20"), `{"AllocatedStorage": "(unknown: parameter Size has no value)"}`, size("30"), []string{"/AllocatedStorage differs "}},
		{"a policy that somebody widened", role, trust(`{"Effect": "Allow", "Principal": "*", "Action": "a"}`), trust(`{"Effect": "Allow", "Principal": "*", "Action": ["A"]}`), trust(`{"Effect": "Allow", "Principal": "*", "Action": ["a", "b"]}`), []string{"/AssumeRolePolicyDocument/Statement/0 out-of-band Action differs"}},
	} {
		d := compare3(c.typ, c.declared, c.applied, c.live)
		var got []string
		for _, change := range d.Changes {
			got = append(got, change.Path+" "+string(change.Kind)+" "+change.Reason)
		}
		assert.Equal(t, c.want, got, c.why)
	}
}

// TestDeletedOutOfBand: with a record it is known that the resource was there once.
func TestDeletedOutOfBand(t *testing.T) {
	p := pair(particle("x", group, `{}`))
	p.Applied = &inventory.Applied{}
	d := drift.Compare(p, drift.Context{Live: snapshot(), Now: now})
	assert.Equal(t, []any{drift.Missing, drift.DeletedOutOfBand}, []any{d.Class, d.Reason})
}

// A record never hides a difference and never makes one of what is equal, save what it
// says is to be removed; it says who moved, and masks what it held.
func TestARecordOnlySaysWho(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ, declared := drawProperties(t)
		live := inventory.Clone(declared).(map[string]any)
		applied := inventory.Clone(declared).(map[string]any)
		for _, side := range []map[string]any{live, applied} {
			var all []leaf
			leavesOf("", side, &all)
			if len(all) > 0 && rapid.Bool().Draw(t, "moved") {
				rapid.SampledFrom(all).Draw(t, "leaf").set("zq")
			}
		}
		without, with := against3(typ, declared, nil, live), against3(typ, declared, applied, live)
		a, b := map[string]int{}, map[string]int{}
		for _, c := range without.Changes {
			if c.Kind != drift.Undeclared {
				a[c.Path]++
			}
		}
		for _, c := range with.Changes {
			if c.Reason == drift.ToRemove || c.Kind == drift.Undeclared {
				continue
			}
			b[c.Path]++
			if c.Kind == drift.Differs && !c.Info && !tagsMasked(typ, c) {
				t.Fatalf("%s: nobody moved %s", typ.Name, c.Path)
			}
		}
		if !maps.Equal(a, b) {
			t.Fatalf("%s: without %v, with %v", typ.Name, a, b)
		}
	})
}

// What was applied as it is declared can only have been moved by the world; what lives as
// it was applied only by the declaration.
func TestOneSideMoved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ, declared := drawProperties(t)
		live := inventory.Clone(declared).(map[string]any)
		var all []leaf
		leavesOf("", live, &all)
		if len(all) == 0 {
			t.Skip("nothing can move")
		}
		rapid.SampledFrom(all).Draw(t, "leaf").set("zq")
		for _, c := range against3(typ, declared, declared, live).Changes {
			if !c.Info && c.Kind != drift.OutOfBand && c.Kind != drift.Undeclared && !tagsMasked(typ, c) {
				t.Fatalf("%s: the world moved, and %s is %s", typ.Name, c.Path, c.Kind)
			}
		}
		for _, c := range against3(typ, declared, live, live).Changes {
			if !c.Info && c.Kind != drift.Pending && c.Kind != drift.Undeclared && !tagsMasked(typ, c) {
				t.Fatalf("%s: the declaration moved, and %s is %s", typ.Name, c.Path, c.Kind)
			}
		}
	})
}

func against3(typ *schema.Type, declared, applied, live map[string]any) drift.Drift {
	p := &inventory.Particle{App: "a", Name: "x", State: inventory.Running, Resource: &inventory.Resource{Ref: inventory.Ref{Type: typ.Name}, Properties: declared, Declared: true}}
	l := &inventory.Resource{Ref: inventory.Ref{Type: typ.Name, ID: "x", Account: account, Region: region}, Properties: live}
	l.Tags, _ = inventory.TagsOf(typ, live)
	pair := drift.Pair{Particle: p, Live: []*inventory.Resource{l}}
	if applied != nil {
		pair.Applied = &inventory.Applied{Ref: l.Ref, Properties: hash(typ.Name, applied)}
	}
	return drift.Compare(pair, drift.Context{Live: snapshot(l), Now: now, Mask: hash})
}

func TestRecordsAreNotShown(t *testing.T) {
	d := compare3("AWS::Lambda::Function", `{"Role": "r", "Environment": {"Variables": {"API_TOKEN": "hunter2"}}}`, `{"Role": "r", "Environment": {"Variables": {"API_TOKEN": "hunter3", "OLD_TOKEN": "hunter4"}}}`, `{"Role": "r", "Environment": {"Variables": {"API_TOKEN": "hunter5", "OLD_TOKEN": "hunter6"}}}`)
	require.Len(t, d.Changes, 2)
	assert.NotContains(t, fmt.Sprintf("%+v", d.Changes), "hunter")
	assert.NotContains(t, fmt.Sprintf("%+v", d.Changes), "hash:")

	p := particle("x", "AWS::EC2::Instance", `{"UserData": "hunter2", "InstanceType": "a"}`)
	p.Resource.Secret = []string{"/UserData"}
	l := resource("i", "AWS::EC2::Instance", `{"UserData": "hunter3", "InstanceType": "b"}`)
	d = drift.Compare(pair(p, l), drift.Context{Live: snapshot(l), Now: now})
	require.Len(t, d.Changes, 2)
	assert.NotContains(t, fmt.Sprintf("%+v", d.Changes), "hunter", "what its author marked sensitive")
}

// tagsMasked: where the schema calls tags write-only, a record cannot show them.
func tagsMasked(typ *schema.Type, c drift.Change) bool {
	return typ.IsWriteOnly(typ.TagProperty) && schema.MatchPointer(typ.TagProperty, c.Path)
}

package owner_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// verdict is what a test expects of the resource "x".
type verdict struct {
	class       owner.Class
	reason      string
	version     string
	liveVersion string
}

func of(t *testing.T, result *owner.Result, id string) *owner.Attribution {
	t.Helper()
	for _, a := range result.Attributions {
		if a.Resource.Ref.ID == id {
			return a
		}
	}
	require.Fail(t, "no attribution of "+id)
	return nil
}

// TestWhichVersion is the table of the five cases, in their order, with the edges between
// them. The resource in question is always x, tagged orders 1.4.1, particle web, if
// nothing else is said.
func TestWhichVersion(t *testing.T) {
	past, future := now.AddDate(0, 0, -1), now.AddDate(0, 0, 1)
	x := func() *inventory.Resource { return live("x", "orders", "1.4.1", "web") }
	for name, c := range map[string]struct {
		why  string
		decl *inventory.Declaration
		live []*inventory.Resource
		want verdict
	}{
		"1 declared and active": {
			why:  "its own version lives and declares it",
			decl: declaration(declared("orders", "1.4.1", "web")),
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Owned, version: "1.4.1"},
		},
		"1 before 2": {
			why:  "a newer version that also declares it does not take it away",
			decl: declaration(declared("orders", "1.4.1", "web"), declared("orders", "2.0.0", "web")),
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Owned, version: "1.4.1"},
		},
		"1 retirement in the future": {
			why:  "a tombstone that is not in force yet changes nothing",
			decl: declaration(retiredAt(declared("orders", "1.4.1", "web"), future)),
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Owned, version: "1.4.1"},
		},
		"2 upgrade in place": {
			why:  "1.4.2 declares it and has nothing of its own: never an orphan, though 1.4.1 is retired",
			decl: declaration(retiredAt(declared("orders", "1.4.1", "web"), past), declared("orders", "1.4.2", "web")),
			live: []*inventory.Resource{x()},
			want: verdict{owner.Owned, owner.VersionSkew, "1.4.2", "1.4.1"},
		},
		"2 without any word on the old version": {
			why:  "case 2 comes before case 4",
			decl: declaration(declared("orders", "1.4.2", "web")),
			live: []*inventory.Resource{x()},
			want: verdict{owner.Owned, owner.VersionSkew, "1.4.2", "1.4.1"},
		},
		"2 the next newer version takes it": {
			why:  "of two living versions without a match the one that follows 1.4.1",
			decl: declaration(declared("orders", "2.0.0", "web"), declared("orders", "1.10", "web"), declared("orders", "1.3", "web")),
			live: []*inventory.Resource{x()},
			want: verdict{owner.Owned, owner.VersionSkew, "1.10", "1.4.1"},
		},
		"3 retired, and the new version has its own": {
			why:  "an exact match of 1.4.2 leaves nothing to take over",
			decl: declaration(retiredAt(declared("orders", "1.4.1", "web"), past), declared("orders", "1.4.2", "web")),
			live: []*inventory.Resource{x(), live("y", "orders", "1.4.2", "web")},
			want: verdict{class: owner.Orphan, reason: owner.VersionRetired, version: "1.4.1"},
		},
		"3 retired and nobody else": {
			why:  "a tombstone turns what the version owned into orphans",
			decl: declaration(retiredAt(declared("orders", "1.4.1", "web"), now)),
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Orphan, reason: owner.VersionRetired, version: "1.4.1"},
		},
		"3 retired, the particle was dropped earlier": {
			why:  "the type cannot be compared where nothing declares the particle",
			decl: declaration(retiredAt(declared("orders", "1.4.1", "other"), past)),
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Orphan, reason: owner.VersionRetired, version: "1.4.1"},
		},
		"3 particle removed": {
			why:  "the version lives, was read completely and has no such particle",
			decl: declaration(declared("orders", "1.4.1", "other")),
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Orphan, reason: owner.ParticleRemoved, version: "1.4.1"},
		},
		"3 not on an incomplete declaration": {
			why: "the particle may stand in what was not read",
			decl: func() *inventory.Declaration {
				a := declared("orders", "1.4.1", "other")
				a.Incomplete = "a macro was not run"
				return declaration(a)
			}(),
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Unknown, reason: owner.NotComplete, version: "1.4.1"},
		},
		"3 retired, but another living version was not read completely": {
			why: "that version may declare it, which would be case 2",
			decl: func() *inventory.Declaration {
				a := declared("orders", "1.4.2")
				a.Incomplete = "template.yaml could not be read"
				return declaration(retiredAt(declared("orders", "1.4.1", "web"), past), a)
			}(),
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Unknown, reason: owner.NotComplete, version: "1.4.1"},
		},
		"3 not while a declared file is malformed": {
			why: "the broken file may declare it",
			decl: &inventory.Declaration{
				Apps:   []*inventory.App{declared("orders", "1.4.1", "other")},
				Faults: []inventory.Fault{{Position: inventory.Position{File: "broken.yaml", Line: 3, Column: 1}, Message: "bad"}},
			},
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Unknown, reason: owner.NotComplete, version: "1.4.1"},
		},
		"3 not while a declared file could not be read": {
			why: "an unsupported input may declare it",
			decl: &inventory.Declaration{
				Apps: []*inventory.App{declared("orders", "1.4.1", "other")},
				Gaps: []inventory.Gap{{File: "plan.json", Reason: inventory.Unsupported}},
			},
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Unknown, reason: owner.NotComplete, version: "1.4.1"},
		},
		"4 neither active nor retired": {
			why:  "known app, unknown version: reported, never reaped",
			decl: declaration(declared("orders", "1.4.2", "other")),
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.StaleVersion, version: "1.4.1"},
		},
		"4 the register names others as active": {
			why: "with a register a declaration alone does not keep a version alive",
			decl: &inventory.Declaration{
				Apps:     []*inventory.App{declared("orders", "1.4.1", "web"), declared("orders", "2.0.0", "other")},
				Register: register(map[string]inventory.RegisteredApp{"orders": {Environment: "dev", Active: []string{"2.0.0"}}}),
			},
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.StaleVersion, version: "1.4.1"},
		},
		"two files declare a version, one retires it": {
			why:  "it has ended only when all of it says so",
			decl: declaration(declared("orders", "1.4.1", "web"), retiredAt(declared("orders", "1.4.1", "db"), past)),
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Owned, version: "1.4.1"},
		},
		"5 nobody knows the app": {
			why:  "an app that neither a declaration nor the register knows is never orphaned",
			decl: declaration(declared("billing", "1.0.0", "web")),
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Unknown, reason: owner.AppUnknown, version: "1.4.1"},
		},
		"5 nothing declared at all": {
			why:  "an empty declaration must not be a mass delete",
			decl: nil,
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Unknown, reason: owner.AppUnknown, version: "1.4.1"},
		},
		"5 another environment": {
			why:  "orders is known in dev; who runs it in prod was not given",
			decl: declaration(retiredAt(declared("orders", "1.4.1", "web"), past)),
			live: func() []*inventory.Resource {
				r := x()
				r.Tags["pcf:environment"] = "prod"
				return []*inventory.Resource{r}
			}(),
			want: verdict{class: owner.Unknown, reason: owner.AppUnknown, version: "1.4.1"},
		},
		"register retires a version without a declaration": {
			why: "the register's tombstone needs no file of that version",
			decl: &inventory.Declaration{
				Apps: []*inventory.App{declared("orders", "2.0.0", "other")},
				Register: register(map[string]inventory.RegisteredApp{"orders": {
					Environment: "dev", Active: []string{"2.0.0"}, Retired: map[string]time.Time{"1.4.1": past},
				}}),
			},
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Orphan, reason: owner.VersionRetired, version: "1.4.1"},
		},
		"register retires in the future": {
			why: "until then the version lives, and its declaration is missing",
			decl: &inventory.Declaration{
				Apps: []*inventory.App{declared("orders", "2.0.0", "other")},
				Register: register(map[string]inventory.RegisteredApp{"orders": {
					Active: []string{"2.0.0"}, Retired: map[string]time.Time{"1.4.1": future},
				}}),
			},
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Unknown, reason: owner.NotDeclared, version: "1.4.1"},
		},
		"register ends the whole app": {
			why: "every version of it has ended, also in environments it does not name",
			decl: &inventory.Declaration{
				Register: register(map[string]inventory.RegisteredApp{"orders": {RetiredAll: past}}),
				Faults:   []inventory.Fault{{Message: "some other file is broken"}},
			},
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Orphan, reason: owner.VersionRetired, version: "1.4.1"},
		},
		"register ends the app in another environment": {
			why: "prod has ended and dev is not spoken of",
			decl: &inventory.Declaration{
				Register: register(map[string]inventory.RegisteredApp{"orders": {Environment: "prod", RetiredAll: past}}),
			},
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Unknown, reason: owner.AppUnknown, version: "1.4.1"},
		},
		"register without active list": {
			why: "a register that only retires leaves the rest to the declarations",
			decl: &inventory.Declaration{
				Apps: []*inventory.App{declared("orders", "1.4.1", "web")},
				Register: register(map[string]inventory.RegisteredApp{"orders": {
					Environment: "dev", Retired: map[string]time.Time{"1.3.0": past},
				}}),
			},
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Owned, version: "1.4.1"},
		},
		"register's active version was not declared": {
			why: "what 2.0.0 declares is not known, so all of the app is unknown",
			decl: &inventory.Declaration{
				Apps:     []*inventory.App{declared("orders", "1.4.1", "web")},
				Register: register(map[string]inventory.RegisteredApp{"orders": {Environment: "dev", Active: []string{"1.4.1", "2.0.0"}}}),
			},
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Unknown, reason: owner.NotDeclared, version: "1.4.1"},
		},
		"an app's declaration could not be read": {
			why: "a gap that names the app",
			decl: &inventory.Declaration{
				Apps: []*inventory.App{retiredAt(declared("orders", "1.4.1", "web"), past)},
				Gaps: []inventory.Gap{{App: "orders", AppVersion: "1.4.2", Reason: inventory.Malformed}},
			},
			live: []*inventory.Resource{x()},
			want: verdict{class: owner.Unknown, reason: owner.NotDeclared, version: "1.4.1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := of(t, owner.Attribute(owner.Input{Declaration: c.decl, Live: snapshot(c.live...), Now: now}), "x")
			assert.Equal(t, c.want, verdict{got.Class, got.Reason, got.Version, got.LiveVersion}, c.why)
			assert.NotEmpty(t, got.Evidence, "every verdict is explained")
			assert.Equal(t, string(got.Class), got.Resource.Owned.Class, "rules see the same class")
		})
	}
}

// TestClaims is the table of all claims other than the version of our tags.
func TestClaims(t *testing.T) {
	past := now.AddDate(0, 0, -1)
	withID := func(id string) *inventory.App {
		a := declared("orders", "1.4.1")
		add(a, "web", group).ID = id
		return a
	}
	tags := func(r *inventory.Resource, pairs ...string) *inventory.Resource {
		for i := 0; i < len(pairs); i += 2 {
			r.Tags[pairs[i]] = pairs[i+1]
		}
		return r
	}
	unread := func(r *inventory.Resource) *inventory.Resource { r.Tags = nil; return r }
	input := func(a *inventory.App, typ, id string) *inventory.App {
		a.Inputs = append(a.Inputs, &inventory.Input{Name: "network", Type: typ, ID: id})
		return a
	}
	ended := func() *inventory.App { return retiredAt(declared("orders", "1.4.1", "web"), past) }
	dataBucket := func(app string) *inventory.App {
		a := declared(app, "1.4.1")
		add(a, "data", bucket).Resource.Ref.ID = "x"
		return a
	}

	for name, c := range map[string]struct {
		why  string
		apps []*inventory.App
		live []*inventory.Resource
		want owner.Class
		app  string
		and  string // the reason
	}{
		"id": {
			why:  "a written id owns without any tag",
			apps: []*inventory.App{withID("x")}, live: []*inventory.Resource{untagged(group, "x")},
			want: owner.Owned, app: "orders",
		},
		"id as ARN": {
			why:  "people copy ARNs",
			apps: []*inventory.App{withID("arn:aws:test:eu-west-1:111122223333:x")}, live: []*inventory.Resource{untagged(group, "x")},
			want: owner.Owned, app: "orders",
		},
		"id as ref": {
			why:  "refs are what reports print",
			apps: []*inventory.App{withID("aws/111122223333/eu-west-1/AWS::EC2::SecurityGroup/x")}, live: []*inventory.Resource{untagged(group, "x")},
			want: owner.Owned, app: "orders",
		},
		"id as ref of another account": {
			why:  "the same id elsewhere is another resource",
			apps: []*inventory.App{withID("aws/444455556666/eu-west-1/AWS::EC2::SecurityGroup/x")}, live: []*inventory.Resource{untagged(group, "x")},
			want: owner.Unmanaged,
		},
		"id of another type": {
			why:  "a particle owns only its own type",
			apps: []*inventory.App{withID("x")}, live: []*inventory.Resource{untagged(vpc, "x")},
			want: owner.Unmanaged,
		},
		"id with unread tags": {
			why:  "a written id needs no tags",
			apps: []*inventory.App{withID("x")}, live: []*inventory.Resource{unread(untagged(group, "x"))},
			want: owner.Owned, app: "orders",
		},
		"id against another app's tags": {
			why:  "two strong claims disagree: nobody may act",
			apps: []*inventory.App{withID("x"), declared("billing", "1.0", "fw")}, live: []*inventory.Resource{live("x", "billing", "1.0", "fw")},
			want: owner.Contested, app: "orders", and: owner.ClaimsDisagree,
		},
		"id against tags of a particle that the app still has": {
			why: "either web or db is wrong",
			apps: []*inventory.App{func() *inventory.App {
				a := withID("x")
				add(a, "db", group)
				return a
			}()},
			live: []*inventory.Resource{live("x", "orders", "1.4.1", "db")},
			want: owner.Contested, app: "orders", and: owner.ClaimsDisagree,
		},
		"id of a particle that was renamed": {
			why:  "the old name is given up, so the id decides",
			apps: []*inventory.App{withID("x")}, live: []*inventory.Resource{live("x", "orders", "1.4.1", "old-name")},
			want: owner.Owned, app: "orders",
		},
		"two apps write the same id": {
			why: "both claims are strong",
			apps: []*inventory.App{withID("x"), func() *inventory.App {
				a := declared("billing", "1.0")
				add(a, "web", group).ID = "x"
				return a
			}()},
			live: []*inventory.Resource{untagged(group, "x")},
			want: owner.Contested, app: "orders", and: owner.ClaimsDisagree,
		},
		"id elsewhere, tags here": {
			why:  "the particle's own two claims disagree",
			apps: []*inventory.App{withID("y")}, live: []*inventory.Resource{live("x", "orders", "1.4.1", "web"), untagged(group, "y")},
			want: owner.Contested, app: "orders", and: owner.ClaimsDisagree,
		},
		"id of a retired version": {
			why:  "the strongest claim says whose it was, and the tombstone that it has ended",
			apps: []*inventory.App{retiredAt(withID("x"), past)}, live: []*inventory.Resource{untagged(group, "x")},
			want: owner.Orphan, app: "orders", and: owner.VersionRetired,
		},
		"unread tags": {
			why:  "could not read is not unmanaged",
			apps: []*inventory.App{declared("orders", "1.4.1", "web")}, live: []*inventory.Resource{unread(untagged(group, "x"))},
			want: owner.Unknown, and: owner.TagsUnread,
		},
		"unread tags of what a retired version named": {
			why:  "its tags might say that somebody else has it now",
			apps: []*inventory.App{retiredAt(withID("x"), past)}, live: []*inventory.Resource{unread(untagged(group, "x"))},
			want: owner.Unknown, and: owner.TagsUnread,
		},
		"copied tags": {
			why: "a volume with the tags of its instance is not the instance",
			apps: []*inventory.App{func() *inventory.App {
				a := declared("orders", "1.4.1")
				add(a, "web", instance)
				return retiredAt(a, past)
			}()},
			live: []*inventory.Resource{tags(untagged(volume, "x"), "pcf:app", "orders", "pcf:environment", "dev", "pcf:version", "1.4.1", "pcf:particle", "web")},
			want: owner.Attributed, app: "orders", and: owner.CopiedTags,
		},
		"tags without a particle": {
			why:  "half an identity proves nothing",
			apps: []*inventory.App{ended()}, live: []*inventory.Resource{live("x", "orders", "1.4.1", "")},
			want: owner.Attributed, app: "orders", and: owner.IncompleteTags,
		},
		"input": {
			why:  "shared resources are passed in, not owned",
			apps: []*inventory.App{input(declared("orders", "1.4.1"), vpc, "x")}, live: []*inventory.Resource{untagged(vpc, "x")},
			want: owner.Shared,
		},
		"input that another app owns": {
			why:  "the network app's VPC stays its own",
			apps: []*inventory.App{input(declared("orders", "1.4.1"), group, "x"), declared("network", "1.0", "fw")},
			live: []*inventory.Resource{live("x", "network", "1.0", "fw")},
			want: owner.Owned, app: "network",
		},
		"input that would be an orphan": {
			why:  "somebody living uses it",
			apps: []*inventory.App{input(declared("billing", "1.0"), group, "x"), ended()}, live: []*inventory.Resource{live("x", "orders", "1.4.1", "web")},
			want: owner.Shared,
		},
		"input of an ended app": {
			why:  "the dead need nothing",
			apps: []*inventory.App{input(ended(), group, "x")}, live: []*inventory.Resource{live("x", "orders", "1.4.1", "web")},
			want: owner.Orphan, app: "orders", and: owner.VersionRetired,
		},
		"input of another type": {
			why:  "the id of a VPC does not name a security group",
			apps: []*inventory.App{input(declared("orders", "1.4.1"), vpc, "x")}, live: []*inventory.Resource{untagged(group, "x")},
			want: owner.Unmanaged,
		},
		"default": {
			why:  "AWS's own things are not judged, whatever tags they got",
			apps: []*inventory.App{ended()}, live: []*inventory.Resource{func() *inventory.Resource {
				r := live("x", "orders", "1.4.1", "web")
				r.Foreign = "default security group"
				return r
			}()},
			want: owner.Foreign,
		},
		"identifier": {
			why:  "a foreign bucket with a declared name is at most attributed",
			apps: []*inventory.App{dataBucket("orders")}, live: []*inventory.Resource{untagged(bucket, "x")},
			want: owner.Attributed, app: "orders", and: owner.Adoptable,
		},
		"unique name": {
			why:  "AWS assigns the identifier of a queue, and its name means no other",
			apps: []*inventory.App{namedQueue("orders")}, live: []*inventory.Resource{named(untagged(queue, "https://sqs/orders"), "orders"), named(untagged(queue, "https://sqs/other"), "other")},
			want: owner.Attributed, app: "orders", and: owner.Adoptable,
		},
		"another unique name": {
			why:  "nothing declares it",
			apps: []*inventory.App{namedQueue("orders")}, live: []*inventory.Resource{named(untagged(queue, "https://sqs/other"), "other")},
			want: owner.Unmanaged,
		},
		"identifier declared without an app": {
			why:  "a template that belongs to no app owns nothing",
			apps: []*inventory.App{dataBucket("")}, live: []*inventory.Resource{untagged(bucket, "x")},
			want: owner.Attributed, and: owner.NoApp,
		},
		"identifier of what another app owns": {
			why: "tags beat names: billing keeps it",
			apps: []*inventory.App{dataBucket("orders"), func() *inventory.App {
				a := declared("billing", "1.0")
				add(a, "store", bucket)
				return a
			}()},
			live: []*inventory.Resource{tags(untagged(bucket, "x"), "pcf:app", "billing", "pcf:environment", "dev", "pcf:version", "1.0", "pcf:particle", "store")},
			want: owner.Owned, app: "billing",
		},
		"identifier of what would be an orphan": {
			why: "a living app names it: both claims are shown, nothing is reaped",
			apps: []*inventory.App{dataBucket("orders"), func() *inventory.App {
				a := declared("billing", "1.0")
				add(a, "store", bucket)
				return retiredAt(a, past)
			}()},
			live: []*inventory.Resource{tags(untagged(bucket, "x"), "pcf:app", "billing", "pcf:environment", "dev", "pcf:version", "1.0", "pcf:particle", "store")},
			want: owner.Contested, app: "billing", and: owner.ClaimsDisagree,
		},
		"owner tags": {
			why: "a weak claim says whom to ask", live: []*inventory.Resource{tags(untagged(group, "x"), "Cost-Center", "4711", "Owner", "ada")},
			want: owner.Attributed, and: owner.OwnerTags,
		},
		"application tag": {
			why: "and may name an application", live: []*inventory.Resource{tags(untagged(group, "x"), "Application", "crm")},
			want: owner.Attributed, app: "crm", and: owner.OwnerTags,
		},
		"other tags": {
			why: "a Name is no owner", live: []*inventory.Resource{tags(untagged(group, "x"), "Name", "web", "owner", "")},
			want: owner.Unmanaged,
		},
		"stack": {
			why: "a stack keeps it, which is not unmanaged", live: []*inventory.Resource{tags(untagged(group, "x"), "aws:cloudformation:stack-name", "landing-zone")},
			want: owner.Foreign, and: owner.StillManaged,
		},
		"orphan in a stack": {
			why:  "whether the stack still wants it was not read",
			apps: []*inventory.App{ended()},
			live: []*inventory.Resource{tags(live("x", "orders", "1.4.1", "web"), "aws:cloudformation:stack-name", "orders-dev")},
			want: owner.Unknown, app: "orders", and: owner.StillManaged,
		},
		"bucket policy": {
			why: "what cannot be tagged is owned through what it belongs to",
			apps: []*inventory.App{func() *inventory.App {
				a := declared("orders", "1.4.1")
				add(a, "data", bucket)
				return a
			}()},
			live: []*inventory.Resource{
				untagged(policy, "x"),
				tags(untagged(bucket, "x"), "pcf:app", "orders", "pcf:environment", "dev", "pcf:version", "1.4.1", "pcf:particle", "data"),
			},
			want: owner.Owned, app: "orders", and: owner.ByParent,
		},
		"outside the targets": {
			why: "the tags are right and the region is not: still the app's",
			apps: []*inventory.App{func() *inventory.App {
				a := &inventory.App{Name: "orders", Environment: "dev", Version: "1.4.1", Targets: []inventory.Target{{Account: "111122223333", Region: "us-east-1"}}}
				add(a, "web", group)
				return a
			}()},
			live: []*inventory.Resource{live("x", "orders", "1.4.1", "web")},
			want: owner.Owned, app: "orders", and: owner.OutsideTargets,
		},
	} {
		t.Run(name, func(t *testing.T) {
			result := owner.Attribute(owner.Input{Declaration: declaration(c.apps...), Live: snapshot(c.live...), Now: now})
			i := slices.IndexFunc(result.Attributions, func(a *owner.Attribution) bool { return a.Resource == c.live[0] })
			got := result.Attributions[i] // the first is the one in question
			assert.Equal(t, c.want, got.Class, "%s\n%v", c.why, got.Evidence)
			assert.Equal(t, c.app, got.App, c.why)
			assert.Equal(t, c.and, got.Reason, c.why)
		})
	}
}

// TestPairs checks how particles find their live side.
func TestPairs(t *testing.T) {
	past := now.AddDate(0, 0, -1)
	type pair struct{ particle, target, live, by, version string }
	read := func(result *owner.Result) (all []pair) {
		for _, p := range result.Pairs {
			var ids []string
			for _, r := range p.Live {
				ids = append(ids, r.Ref.ID)
			}
			all = append(all, pair{p.Particle.Version + " " + p.Particle.Name, p.Target.Region, strings.Join(ids, " "), p.By, p.LiveVersion})
		}
		return all
	}
	twoRegions := func(typ string) *inventory.App {
		a := &inventory.App{Name: "orders", Environment: "dev", Version: "1", Targets: []inventory.Target{
			{Account: "111122223333", Region: "us-east-1"}, {Account: "111122223333", Region: "eu-west-1"},
		}}
		add(a, "web", typ)
		return a
	}
	for name, c := range map[string]struct {
		why  string
		apps []*inventory.App
		live []*inventory.Resource
		want []pair
	}{
		"side by side": {
			why:  "each version finds its own",
			apps: []*inventory.App{declared("orders", "2.0.0", "web"), declared("orders", "1.4.2", "web")},
			live: []*inventory.Resource{live("b", "orders", "2.0.0", "web"), live("a", "orders", "1.4.2", "web")},
			want: []pair{{"1.4.2 web", "", "a", owner.ByTag, ""}, {"2.0.0 web", "", "b", owner.ByTag, ""}},
		},
		"nothing there": {
			why: "a particle without a match keeps its pair", apps: []*inventory.App{declared("orders", "1", "web")},
			want: []pair{{"1 web", "", "", "", ""}},
		},
		"retired": {
			why:  "what has ended is not expected",
			apps: []*inventory.App{retiredAt(declared("orders", "1", "web"), past)}, live: []*inventory.Resource{live("a", "orders", "1", "web")},
		},
		"upgrade": {
			why:  "one in place, one already rolled out",
			apps: []*inventory.App{declared("orders", "1.4.2", "web", "db")},
			live: []*inventory.Resource{live("a", "orders", "1.4.1", "web"), live("b", "orders", "1.4.1", "db"), live("c", "orders", "1.4.2", "db")},
			want: []pair{{"1.4.2 db", "", "c", owner.ByTag, ""}, {"1.4.2 web", "", "a", owner.ByUpgrade, "1.4.1"}},
		},
		"another living version's own": {
			why:  "2.0.0 does not take what 1.4.2 lives on",
			apps: []*inventory.App{declared("orders", "1.4.2", "web"), declared("orders", "2.0.0", "web")},
			live: []*inventory.Resource{live("a", "orders", "1.4.2", "web")},
			want: []pair{{"1.4.2 web", "", "a", owner.ByTag, ""}, {"2.0.0 web", "", "", "", ""}},
		},
		"copied tags": {
			why: "two with the same tags: ambiguous, not the first", apps: []*inventory.App{declared("orders", "1", "web")},
			live: []*inventory.Resource{live("a", "orders", "1", "web"), live("b", "orders", "1", "web")},
			want: []pair{{"1 web", "", "a b", owner.ByTag, ""}},
		},
		"copied by a service": {
			why:  "the volume is no match of the instance",
			apps: []*inventory.App{func() *inventory.App { a := declared("orders", "1"); add(a, "web", instance); return a }()},
			live: []*inventory.Resource{
				func() *inventory.Resource { r := live("a", "orders", "1", "web"); r.Ref.Type = instance; return r }(),
				func() *inventory.Resource { r := live("b", "orders", "1", "web"); r.Ref.Type = volume; return r }(),
			},
			want: []pair{{"1 web", "", "a", owner.ByTag, ""}},
		},
		"a terminated predecessor": {
			why: "it is listed for an hour and must not make its successor ambiguous", apps: []*inventory.App{declared("orders", "1", "web")},
			live: []*inventory.Resource{
				func() *inventory.Resource { r := live("a", "orders", "1", "web"); r.State = "terminated"; return r }(),
				live("b", "orders", "1", "web"),
			},
			want: []pair{{"1 web", "", "b", owner.ByTag, ""}},
		},
		"one per target": {
			why: "the app is deployed to two regions and lives in one", apps: []*inventory.App{twoRegions(group)},
			live: []*inventory.Resource{live("a", "orders", "1", "web")},
			want: []pair{{"1 web", "eu-west-1", "a", owner.ByTag, ""}, {"1 web", "us-east-1", "", "", ""}},
		},
		"a role has no region": {
			why: "one for the account, not one per region", apps: []*inventory.App{twoRegions(role)},
			live: []*inventory.Resource{func() *inventory.Resource {
				r := untagged(role, "a")
				r.Tags = live("", "orders", "1", "web").Tags
				return r
			}()},
			want: []pair{{"1 web", "global", "a", owner.ByTag, ""}},
		},
		"identifier of a service that ignores case": {
			why: "RDS lower-cases what was declared",
			apps: []*inventory.App{func() *inventory.App {
				a := declared("orders", "1")
				add(a, "db", "AWS::RDS::DBInstance").Resource.Ref.ID = "OrdersDB"
				return a
			}()},
			live: []*inventory.Resource{untagged("AWS::RDS::DBInstance", "ordersdb")},
			want: []pair{{"1 db", "", "ordersdb", owner.ByIdentifier, ""}},
		},
		"identifier with other case": {
			why: "queues differ by case",
			apps: []*inventory.App{func() *inventory.App {
				a := declared("orders", "1")
				add(a, "q", bucket).Resource.Ref.ID = "Data"
				return a
			}()},
			live: []*inventory.Resource{untagged(bucket, "data")},
			want: []pair{{"1 q", "", "", "", ""}},
		},
		"a stronger match than the identifier": {
			why: "the tags decide",
			apps: []*inventory.App{func() *inventory.App {
				a := declared("orders", "1", "web")
				a.Particles[0].Resource.Ref.ID = "b"
				return a
			}()},
			live: []*inventory.Resource{live("a", "orders", "1", "web"), untagged(group, "b")},
			want: []pair{{"1 web", "", "a", owner.ByTag, ""}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			result := owner.Attribute(owner.Input{Declaration: declaration(c.apps...), Live: snapshot(c.live...), Now: now})
			assert.Equal(t, c.want, read(result), c.why)
		})
	}
}

func TestWrittenIDAgainstTags(t *testing.T) {
	a := declared("orders", "1")
	add(a, "web", group).ID = "gone"
	result := owner.Attribute(owner.Input{Declaration: declaration(a), Live: snapshot(live("x", "orders", "1", "web")), Now: now})
	require.Len(t, result.Pairs, 1)
	assert.Equal(t, owner.ByTag, result.Pairs[0].By, "the tags are the next best match: nothing must be created a second time")
	assert.Contains(t, result.Pairs[0].Conflict, "gone", "and the disagreement is said")
	assert.Equal(t, owner.Contested, result.Attributions[0].Class)
}

func TestMissingDeclarationIsAGap(t *testing.T) {
	d := declaration(declared("orders", "1.4.2", "web"))
	d.Register = register(map[string]inventory.RegisteredApp{
		"orders": {Environment: "dev", Active: []string{"1.4.2", "2.0.0"}},
		"legacy": {RetiredAll: now, Active: []string{"1.0"}},
	})
	gaps := owner.Attribute(owner.Input{Declaration: d, Now: now}).Gaps
	require.Len(t, gaps, 1, "1.4.2 was found and legacy has ended")
	assert.Equal(t, "orders", gaps[0].App)
	assert.Equal(t, "2.0.0", gaps[0].AppVersion)
	assert.Contains(t, gaps[0].Message, "--declared", "says what to do")
	assert.False(t, gaps[0].Covers("111122223333", "eu-west-1", group), "it hides no live resource")

	d.Gaps = []inventory.Gap{{App: "orders", AppVersion: "2.0.0", Reason: inventory.Malformed}}
	assert.Empty(t, owner.Attribute(owner.Input{Declaration: d, Now: now}).Gaps, "said once")
}

func TestEvidenceIsRanked(t *testing.T) {
	a := declared("orders", "1")
	add(a, "web", group).ID = "x"
	r := live("x", "billing", "3", "fw")
	r.Tags["team"] = "payments"
	got := of(t, owner.Attribute(owner.Input{Declaration: declaration(a, declared("billing", "3", "fw")), Live: snapshot(r), Now: now}), "x")
	var sources []string
	for _, e := range got.Evidence {
		sources = append(sources, e.Source)
		assert.NotEmpty(t, e.Detail)
	}
	assert.Equal(t, []string{"id", "tag", "owner-tag"}, sources, "both sides of the dispute, strongest first")
}

func TestAContestedPairQuotesBothClaims(t *testing.T) {
	a := declared("orders", "1")
	add(a, "web", group).ID = "x"
	result := owner.Attribute(owner.Input{Declaration: declaration(a), Live: snapshot(live("x", "billing", "3", "fw")), Now: now})
	assert.Equal(t, "web of orders 1 (dev) names it by id (orders-1.yaml:1:1), but its tags name billing 3 (dev), particle fw", result.Pairs[0].Conflict)
}

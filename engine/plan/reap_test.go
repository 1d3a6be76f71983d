package plan

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// The tests named TestInvariantNN hold the planner to the invariants of docs/safety.md.

func TestInvariant01_NoDecisionOnAnIncompleteRead(t *testing.T) {
	// Whatever could not be read, in whatever cell: no candidate goes that would not have gone,
	// and with a gap anywhere in the account nothing goes at all.
	worlds(t, func(t *rapid.T, w *reapWorld) {
		g := inventory.Gap{
			Account: rapid.SampledFrom([]string{"", account}).Draw(t, "account"), Region: rapid.SampledFrom([]string{"", region, "us-east-1"}).Draw(t, "region"),
			Type: rapid.SampledFrom(append(slices.Clone(reapTypes), "", "AWS::Glue::Job")).Draw(t, "of"), Reason: rapid.SampledFrom([]inventory.GapReason{inventory.Denied, inventory.Throttled, inventory.Timeout, inventory.Failed, inventory.Malformed}).Draw(t, "because"),
		}
		w.set.Gaps = append(w.set.Gaps, g)
		p := w.plan(t)
		require.Empty(t, idsOf(p, Delete, Quarantine, Backup, Update, Mark), "gap %+v", g)
	})
}

func TestInvariant01_UnreadReferrersOfAnotherType(t *testing.T) {
	w := newReapWorld(leftover("sg-a")).ripe()
	w.set.Scope.Types = []string{"AWS::EC2::SecurityGroup"}
	p := w.plan(t)
	assert.Empty(t, p.Actions)
	reason, by := reasonOf(p, "sg-a")
	assert.Equal(t, Incomplete, reason)
	assert.Contains(t, by, "which may refer to it or keep it, was not read")

	w.in.Reads = func(typ string) bool { return typ == "AWS::EC2::SecurityGroup" }
	assert.Equal(t, []string{"sg-a"}, idsOf(w.plan(t), Delete), "what no program of this version can read is not waited for")
}

// A stack may keep anything, and only the listing of stacks says what.
// What was not read of a resource may name what it uses: no group goes while one is unknown.
func TestInvariant01_UnreadPropertiesOfReferrers(t *testing.T) {
	for _, c := range []struct {
		why    string
		change func(user *inventory.Resource)
		goes   bool
	}{
		{"its groups were not read", func(r *inventory.Resource) { r.Unread = []string{"/SecurityGroupIds"} }, false},
		{"they were", func(*inventory.Resource) {}, true},
		{"what was not read is no reference", func(r *inventory.Resource) { r.Unread = []string{"/UserData", "/DisableApiTermination"} }, true},
		{"it refers to another type", func(r *inventory.Resource) { r.Unread = []string{"/SubnetId"} }, true},
		{"it uses no group of another region", func(r *inventory.Resource) { r.Unread, r.Ref.Region = []string{"/SecurityGroupIds"}, "us-east-1" }, true},
	} {
		user := leftoverOf("i-0123456789abcdef0", "AWS::EC2::Instance")
		user.Tags = map[string]string{}
		c.change(user)
		w := newReapWorld(leftover("sg-a")).ripe()
		w.set.Resources = append(w.set.Resources, user)
		p := w.plan(t)
		assert.Equal(t, c.goes, len(idsOf(p, Delete)) == 1, c.why)
		if reason, by := reasonOf(p, "sg-a"); !c.goes {
			assert.Equal(t, Incomplete, reason, c.why)
			assert.Contains(t, by, user.Ref.String())
			assert.Empty(t, idsOf(p, Unmark), "it is a doubt, and ends no mark")
		}
	}
}

func TestInvariant01_StacksThatWereNotRead(t *testing.T) {
	w := newReapWorld(leftoverOf("high", "AWS::CloudWatch::Alarm")).ripe()
	w.set.Scope.Types = []string{"AWS::CloudWatch::Alarm", "AWS::CloudFormation::Stack"}
	require.Equal(t, []string{"high"}, idsOf(w.plan(t), Delete))
	w.set.Scope.Types = []string{"AWS::CloudWatch::Alarm"}
	p := w.plan(t)
	assert.Empty(t, p.Actions)
	reason, by := reasonOf(p, "high")
	assert.Equal(t, Incomplete, reason)
	assert.Contains(t, by, "AWS::CloudFormation::Stack")
}

func TestInvariant01_RolesOfAppsInRegionsThatWereNotRead(t *testing.T) {
	w := newReapWorld(leftoverOf("job", "AWS::IAM::Role")).ripe()
	w.in.Declaration.Apps[1].Targets = []inventory.Target{{Account: account, Region: "us-east-1"}}
	p := w.plan(t)
	reason, by := reasonOf(p, "job")
	assert.Equal(t, Incomplete, reason)
	assert.Contains(t, by, "us-east-1")
}

func TestInvariant02_UnknownIsNotAbsent(t *testing.T) {
	// Facts replaced by "not known" only shrink what goes.
	worlds(t, func(t *rapid.T, w *reapWorld) {
		before := deleted(w.plan(t))
		for _, r := range w.set.Resources {
			switch rapid.IntRange(0, 5).Draw(t, "unknown") {
			case 0:
				r.Tags = nil
			case 1:
				r.UnknownTags = map[string]*inventory.Unknown{"pcf:protect": {Because: "?"}}
			case 2:
				r.Properties["DeletionProtection"] = &inventory.Unknown{Because: "?"}
			}
		}
		for id := range deleted(w.plan(t)) {
			require.True(t, before[id], "%s goes because less is known", id)
		}
	})
}

// A part of two wholes ends with one of them only while it is known whose the other is.
func TestInvariant02_APartWhoseOtherWholeIsUnknown(t *testing.T) {
	for _, unread := range []bool{false, true} {
		part, whole, other := ours(live("part", "AWS::EC2::Subnet", `{}`), "1", "part"), leftover("sg-a"), leftover("sg-b")
		refers(part, whole, "owner", "/A")
		refers(part, other, "owner", "/B")
		w := newReapWorld(part, whole, other).ripe()
		if unread {
			other.Tags = nil
		}
		assert.Equal(t, !unread, slices.Contains(idsOf(w.plan(t), Delete), "sg-a"), "unread: %t", unread)
	}
}

func TestInvariant03_SanityFloor(t *testing.T) {
	full := func() *reapWorld {
		w := newReapWorld(leftover("sg-a"), ours(live("t1", "AWS::SNS::Topic", `{}`), "2", "t1"), ours(live("t2", "AWS::SNS::Topic", `{}`), "2", "t2")).ripe()
		w.declares(declaredAs("t1", "AWS::SNS::Topic"))
		w.declares(declaredAs("t2", "AWS::SNS::Topic"))
		return w
	}
	counts := full().plan(t).Reaping.Counts
	topics := account + "/" + region + "/AWS::SNS::Topic"
	require.Equal(t, 2, counts[topics])
	for name, c := range map[string]struct {
		why    string
		change func(w *reapWorld)
		says   string
	}{
		"same":       {"nothing has changed", func(*reapWorld) {}, ""},
		"empty list": {"an empty answer looks complete", func(w *reapWorld) { w.set.Resources = w.set.Resources[:1] }, "0 now, 2 then"},
		"half":       {"50 % are more than 30 %", func(w *reapWorld) { w.set.Resources = w.set.Resources[:2] }, "1 now, 2 then"},
		"empty tags": {"tags that are suddenly empty", func(w *reapWorld) {
			for _, r := range w.set.Resources[1:] {
				r.Tags = map[string]string{}
			}
		}, "are without now"},
		"no declaration": {"an empty checkout", func(w *reapWorld) {
			w.in.Declaration.Apps = nil
			w.in.Verdicts = []Verdict{{Resource: w.set.Resources[0].Ref, Rule: "stale"}}
			w.set.Resources[0].Tags = map[string]string{}
		}, "nothing is declared"},
		"accepted": {"a person knows", func(w *reapWorld) { w.set.Resources, w.in.AcceptFewer = w.set.Resources[:2], true }, ""},
		"gap": {"what was not read is no loss; the gap alone stops deletion", func(w *reapWorld) {
			w.set.Resources = w.set.Resources[:1]
			w.set.Gaps = []inventory.Gap{{Account: account, Region: region, Type: "AWS::SNS::Topic", Reason: inventory.Denied}}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := full()
			w.in.Ledger.Counts = counts
			c.change(w)
			p := w.plan(t)
			if c.says == "" {
				assert.Empty(t, p.Reaping.Stopped, c.why)
				return
			}
			assert.Contains(t, p.Reaping.Stopped, c.says, c.why)
			assert.Empty(t, p.Actions, c.why)
			assert.False(t, p.Applyable)
			require.ErrorIs(t, p.Check(day), ErrPlanStopped)
		})
	}
}

func TestInvariant05_NeverWhatADeclaredAppOwns(t *testing.T) {
	// Over drawn worlds, and with any one source of ownership taken away.
	worlds(t, func(t *rapid.T, w *reapWorld) {
		declared := map[string]bool{}
		for _, p := range w.in.Declaration.Apps[0].Particles {
			declared[strings.ToLower(p.ID)] = true
		}
		for _, r := range w.set.Resources {
			if w.declared(r) {
				declared[r.Ref.ID] = true
			}
		}
		for _, without := range []string{"nothing", "tags", "ids"} {
			switch without {
			case "tags": // of all that version 2 has
				for _, r := range w.set.Resources {
					if r.Tags["pcf:version"] == "2" {
						r.Tags = map[string]string{}
					}
				}
			case "ids":
				for _, p := range w.in.Declaration.Apps[0].Particles {
					if p.ID != "" {
						delete(declared, strings.ToLower(p.ID))
						p.ID = ""
					}
				}
			}
			for id := range deleted(w.plan(t)) {
				require.False(t, declared[strings.ToLower(id)], "%s is declared (without %s)", id, without)
			}
		}
	})
}

func TestInvariant05_AliasesOfWhatIsDeclared(t *testing.T) {
	queue := "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"
	for name, c := range map[string]struct{ why, id, arn, declared, properties string }{
		"case":       {"a name in another case", "Jobs-Table", "", "jobs-table", `{}`},
		"arn":        {"the ARN instead of the name", "jobs", "arn:aws:dynamodb:eu-west-1:111122223333:table/jobs", "arn:aws:dynamodb:eu-west-1:111122223333:table/jobs", `{}`},
		"arn's name": {"the name instead of the ARN", "arn:aws:dynamodb:eu-west-1:111122223333:table/jobs", "", "jobs", `{}`},
		"property":   {"a name in the properties, spelled otherwise", "JOBS", "", "", `{"TableName": "jobs"}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := leftoverOf(c.id, "AWS::DynamoDB::Table")
			r.ARN = c.arn
			w := newReapWorld(r).ripe()
			w.in.Consents = []Consent{{Reason: "r", Approver: "a", Expires: day.Add(time.Hour)}}
			require.Equal(t, []string{c.id}, idsOf(w.plan(t), Delete), "without the declaration it goes")
			p := particle("other-name", "AWS::DynamoDB::Table", c.properties)
			p.ID = c.declared
			w.declares(p)
			assert.Empty(t, idsOf(w.plan(t), Delete), c.why)
		})
	}
	w := newReapWorld(leftoverOf(queue, "AWS::SQS::Queue")).ripe()
	w.set.Stacks = []inventory.Stack{{
		Ref: inventory.Ref{Partition: "aws", Account: account, Region: region, Type: "AWS::CloudFormation::Stack", ID: "s"}, Name: "s",
		Members: []inventory.StackMember{{LogicalID: "Q", Type: "AWS::SQS::Queue", ID: queue}},
	}}
	w.in.Consents = []Consent{{Reason: "r", Approver: "a", Expires: day.Add(time.Hour)}}
	assert.Empty(t, idsOf(w.plan(t), Delete), "a stack keeps it")
}

func TestInvariant05_CopiedTags(t *testing.T) {
	copied := func(change func(copied *inventory.Resource)) *reapWorld {
		a, b := leftover("sg-a"), leftover("sg-b")
		b.Tags["pcf:particle"] = "sg-a"
		change(b)
		return newReapWorld(a, b).ripe()
	}
	w := copied(func(*inventory.Resource) {})
	p := w.plan(t)
	assert.Empty(t, idsOf(p, Delete, Mark, Quarantine), "which of the two is ours?")
	reason, by := reasonOf(p, "sg-a")
	assert.Equal(t, AmbiguousMatch, reason)
	assert.Contains(t, by, "sg-b")
	w.in.Teardown, w.in.App, w.in.Grace = true, "orders", 0
	assert.Empty(t, idsOf(w.plan(t), Delete), "a tombstone does not tell either")

	for name, change := range map[string]func(*inventory.Resource){
		"another version":  func(r *inventory.Resource) { r.Tags["pcf:version"] = "0" },
		"another particle": func(r *inventory.Resource) { r.Tags["pcf:particle"] = "sg-b" },
		"another type":     func(r *inventory.Resource) { r.Ref.Type = "AWS::EC2::VPC" },
		"ended":            func(r *inventory.Resource) { r.State = "Terminated" },
	} {
		assert.Contains(t, idsOf(copied(change).plan(t), Delete), "sg-a", name)
	}
}

func TestInvariant05_AMissingDeclarationOrphansNothing(t *testing.T) {
	for name, change := range map[string]func(w *reapWorld){
		"a file with a mistake": func(w *reapWorld) { w.in.Declaration.Faults = []inventory.Fault{{Message: "bad"}} },
		"a file that was not read": func(w *reapWorld) {
			w.in.Declaration.Gaps = []inventory.Gap{{File: "x.yaml", Reason: inventory.Failed}}
		},
		"another app, read in part":   func(w *reapWorld) { w.in.Declaration.Apps[2].Incomplete = "a template is missing" },
		"the app's directory is gone": func(w *reapWorld) { w.in.Declaration.Apps = w.in.Declaration.Apps[2:] },
		"a declaration not found": func(w *reapWorld) {
			w.in.DeclarationGaps = []inventory.Gap{{App: "other", AppVersion: "2", Reason: inventory.Failed}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newReapWorld(leftover("sg-a")).ripe()
			change(w)
			p := w.plan(t)
			assert.Empty(t, p.Actions, "no deletion, and no end of a mark either: nothing is known")
		})
	}
}

func TestInvariant06_TwoProofsAndTheGrace(t *testing.T) {
	// Everything that goes has no owner, no referrer that stays, a mark, a notice, and was
	// unowned for the grace over three looks at least.
	worlds(t, func(t *rapid.T, w *reapWorld) {
		p := w.plan(t)
		for _, a := range p.Actions {
			if a.Verb != Delete || a.Teardown {
				continue
			}
			m, s := w.in.Ledger.Marks[a.Resource.Ref().String()], w.in.Ledger.Seen[a.Resource.Ref().String()]
			due := day.Add(-w.in.Grace)
			require.Equal(t, a.Incarnation, m.Incarnation)
			require.False(t, m.At.After(due), "marked %s", m.At)
			require.False(t, m.Noticed.IsZero() || m.Noticed.After(due), "noticed %s", m.Noticed)
			require.False(t, s.First.After(due), "unowned since %s", s.First)
			require.GreaterOrEqual(t, s.Count+1, Observations)
			require.Equal(t, "orders", a.For.App)
		}
	})
}

func TestInvariant06_ByRuleOnlyWithConsent(t *testing.T) {
	world := func() *reapWorld {
		r := live("sg-a", "AWS::EC2::SecurityGroup", `{}`)
		r.Tags = map[string]string{}
		w := newReapWorld(r)
		w.in.Verdicts = []Verdict{{Resource: r.Ref, Rule: "unused-group", Message: "nobody uses it"}}
		w.in.Consents = []Consent{{Rule: "unused-*", Resource: "sg-*", Reason: "r", Approver: "ops", Expires: day.Add(time.Hour)}}
		return w.ripe()
	}
	require.Equal(t, []string{"sg-a"}, idsOf(world().plan(t), Delete))
	for name, c := range map[string]struct {
		why    string
		change func(w *reapWorld)
		reason Reason
	}{
		"no consent":     {"a rule alone deletes nothing", func(w *reapWorld) { w.in.Consents = nil }, ConsentMissing},
		"expired":        {"a consent ends", func(w *reapWorld) { w.in.Consents[0].Expires = day }, ConsentMissing},
		"other rule":     {"consent is to one rule", func(w *reapWorld) { w.in.Consents[0].Rule = "old" }, ConsentMissing},
		"no rule":        {"consent to lose data is none to a rule", func(w *reapWorld) { w.in.Consents[0].Rule = "" }, ConsentMissing},
		"other resource": {"and to some resources", func(w *reapWorld) { w.in.Consents[0].Resource = "sg-b*" }, ConsentMissing},
		"nobody's name":  {"somebody must have agreed", func(w *reapWorld) { w.in.Consents[0].Approver = "" }, ConsentMissing},
		"attributed":     {"somebody may own it", func(w *reapWorld) { w.set.Resources[0].Tags["team"] = "x" }, NotOwned},
		"owned": {"its particle does not manage delete", func(w *reapWorld) {
			ours(w.set.Resources[0], "2", "sg-a")
			w.declares(declaredAs("sg-a", "AWS::EC2::SecurityGroup"))
		}, NotManaged},
	} {
		t.Run(name, func(t *testing.T) {
			w := world()
			c.change(w)
			p := w.ripe().plan(t)
			assert.Empty(t, idsOf(p, Delete, Mark, Quarantine), c.why)
			reason, _ := reasonOf(p, "sg-a")
			assert.Equal(t, c.reason, reason, c.why)
		})
	}
	w := world()
	ours(w.set.Resources[0], "2", "sg-a")
	p := declaredAs("sg-a", "AWS::EC2::SecurityGroup")
	p.Manage = append(p.Manage, inventory.Delete)
	w.declares(p)
	assert.Equal(t, []string{"sg-a"}, idsOf(w.ripe().plan(t), Delete), "its own particle manages delete")

	w = world()
	w.in.Ledger.Marks[w.set.Resources[0].Ref.String()] = func(m MarkFact) MarkFact {
		m.At, m.Noticed = day.Add(-15*24*time.Hour), day.Add(-15*24*time.Hour)
		return m
	}(w.in.Ledger.Marks[w.set.Resources[0].Ref.String()])
	assert.Empty(t, idsOf(w.plan(t), Delete), "what nobody ever claimed has twice the grace")
}

func TestInvariant07_ReferrersAreSafe(t *testing.T) {
	// Nothing that stays refers to anything that goes, however the graph looks; and whoever
	// refers goes first.
	worlds(t, func(t *rapid.T, w *reapWorld) {
		p := w.plan(t)
		place := map[string]int{}
		along := map[string]bool{}
		for i, a := range p.Actions {
			if a.Verb == Delete {
				place[a.Resource.ID] = i
				for _, s := range a.Steps {
					if s.Name == "goes-along" {
						along[s.ID] = true
					}
				}
			}
		}
		for _, r := range w.set.Resources {
			for _, rel := range r.Relations {
				to, goes := place[rel.To.ID]
				if !goes {
					continue
				}
				from, too := place[r.Ref.ID]
				require.True(t, too || along[r.Ref.ID], "%s stays and refers to %s, which goes", r.Ref.ID, rel.To.ID)
				if too && rel.Kind == "hard" && !mutual(p, r.Ref.ID, rel.To.ID) {
					require.Less(t, from, to, "%s refers to %s", r.Ref.ID, rel.To.ID)
				}
			}
		}
		for _, r := range w.set.Resources { // what goes along belongs to the same app, or is AWS's
			if along[r.Ref.ID] {
				require.False(t, w.declared(r))
				require.NotContains(t, r.Tags, "pcf:protect")
			}
		}
	})
}

// mutual reports whether a step of the plan takes the reference out before.
func mutual(p *Plan, from, to string) bool {
	for _, a := range p.Actions {
		if a.Verb == Update && a.Resource.ID == from {
			for _, d := range p.Actions {
				if d.Verb == Delete && d.Resource.ID == to && slices.Contains(d.Needs, a.ID) {
					return true
				}
			}
		}
	}
	return false
}

func TestInvariant08_ProtectionFailsClosed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := leftover("sg-a")
		key := rapid.SampledFrom([]string{"pcf:protect", "PCF:Protect", "pcf-protect", "Protect", "do-not-delete", "DoNotDelete", "DO_NOT_DELETE", "keep", "pcf:backup", "pcf:retain", "pcf:DoNotDelete", "PCF:App", "pcf:Version"}).Draw(t, "key")
		r.Tags[key] = rapid.String().Draw(t, "value")
		p := newReapWorld(r).ripe().plan(t)
		require.Empty(t, idsOf(p, Delete, Mark, Quarantine, Backup))
	})
	for name, c := range map[string]struct {
		why    string
		change func(r *inventory.Resource)
	}{
		"aws tag":           {"a service keeps it", func(r *inventory.Resource) { r.Tags["aws:servicecatalog:x"] = "" }},
		"foreign":           {"AWS's own", func(r *inventory.Resource) { r.Foreign = "default security group" }},
		"service-linked":    {"a service needs it", func(r *inventory.Resource) { r.Properties["Path"] = "/aws-service-role/x/" }},
		"requester-managed": {"a service made it", func(r *inventory.Resource) { r.Properties["RequesterManaged"] = "yes?" }},
		"locked":            {"deletion protection with a strange value", func(r *inventory.Resource) { r.Properties["DeletionProtection"] = int64(7) }},
		"object lock":       {"a lock", func(r *inventory.Resource) { r.Properties["ObjectLockEnabled"] = true }},
		"lock settings":     {"a lock too", func(r *inventory.Resource) { r.Properties["ObjectLockConfiguration"] = map[string]any{} }},
		"other owner":       {"it is shared with the account", func(r *inventory.Resource) { r.Properties["OwnerId"] = "999988887777" }},
		"strange owner":     {"nobody knows whose it is", func(r *inventory.Resource) { r.Properties["OwnerId"] = int64(7) }},
		"default":           {"it came with the account", func(r *inventory.Resource) { r.Properties["IsDefault"] = "perhaps" }},
		"default group":     {"it came with its VPC", func(r *inventory.Resource) { r.Properties["GroupName"] = "default" }},
		"unknown key": {"a tag whose value is not known", func(r *inventory.Resource) {
			r.UnknownTags = map[string]*inventory.Unknown{"keep": {Because: "?"}}
		}},
		"pattern":       {"the configuration protects it", func(r *inventory.Resource) { r.Tags["tier"] = "gold" }},
		"pattern, case": {"it protects it as it is meant", func(r *inventory.Resource) { r.Tags["Tier"] = "Gold" }},
	} {
		t.Run(name, func(t *testing.T) {
			r := leftover("sg-a")
			c.change(r)
			w := newReapWorld(r).ripe()
			w.in.Protect = []Protection{{Type: "AWS::EC2::*", Tags: map[string]string{"tier": "g*"}}}
			assert.Empty(t, idsOf(w.plan(t), Delete, Mark, Quarantine), c.why)
		})
	}
	own := leftover("sg-a")
	own.Properties["OwnerId"], own.Properties["IsDefault"] = account, false
	assert.Len(t, idsOf(newReapWorld(own).ripe().plan(t), Delete), 1, "it is the account's own, and no default")
	// The particle of the retired version said protect: a tombstone does not end that.
	w := newReapWorld(leftover("sg-a")).ripe()
	p := declaredAs("sg-a", "AWS::EC2::SecurityGroup")
	p.Version, p.Protect = "1", true
	w.in.Declaration.Apps[1].Particles = []*inventory.Particle{p}
	w.in.Teardown, w.in.App, w.in.Grace = true, "orders", 0
	reason, _ := reasonOf(w.plan(t), "sg-a")
	assert.Equal(t, Protected, reason)
}

func TestInvariant09_NeverSelf(t *testing.T) {
	for _, c := range []struct{ why, id, typ, self string }{
		{"the role of the session", "reaper", "AWS::IAM::Role", "arn:aws:sts::111122223333:assumed-role/reaper/session"},
		{"the user", "ci", "AWS::IAM::User", "arn:aws:iam::111122223333:user/team/ci"},
		{"the bucket of the state", "state", "AWS::S3::Bucket", "state"},
		{"what ends with its name, which the guard at apply takes for it too", "/aws/lambda/reaper", "AWS::Logs::LogGroup", "reaper"},
		{"the way in of the organisation", "OrganizationAccountAccessRole", "AWS::IAM::Role", ""},
		{"single sign-on", "AWSReservedSSO_Admin_0123", "AWS::IAM::Role", ""},
		{"Control Tower", "AWSControlTowerExecution", "AWS::IAM::Role", ""},
		{"service-linked, by its name", "AWSServiceRoleForSupport", "AWS::IAM::Role", ""},
		{"who watches", "trail", "AWS::CloudTrail::Trail", ""},
	} {
		w := newReapWorld(leftoverOf(c.id, c.typ)).ripe()
		w.in.Self = []string{c.self}
		w.in.Consents = []Consent{{Reason: "r", Approver: "a", Expires: day.Add(time.Hour)}}
		p := w.plan(t)
		assert.Empty(t, idsOf(p, Delete, Mark, Quarantine), c.why)
		reason, _ := reasonOf(p, c.id)
		assert.Equal(t, OwnIdentity, reason, c.why)
	}
}

func TestInvariant10_AllowListOfAccounts(t *testing.T) {
	for _, c := range []struct {
		why      string
		accounts []string
		caller   string
		goes     bool
	}{
		{"the caller's own is the default", nil, account, true},
		{"no caller, no account", nil, "", false},
		{"another caller", nil, "444455556666", false},
		{"listed", []string{account}, "444455556666", true},
		{"the caller's own is not listed", []string{"444455556666"}, account, false},
	} {
		w := newReapWorld(leftover("sg-a")).ripe()
		w.in.Accounts, w.in.CallerAccount = c.accounts, c.caller
		assert.Equal(t, c.goes, len(idsOf(w.plan(t), Delete)) == 1, c.why)
	}
}

// What lies elsewhere by its ARN stays, and keeps nobody else: the guard at apply would refuse
// the whole plan, run after run.
func TestInvariant10_TheARNSaysWhereItIs(t *testing.T) {
	for _, arn := range []string{
		"arn:aws:ec2:eu-west-1:444455556666:security-group/sg-a", "arn:aws-cn:ec2:eu-west-1:" + account + ":security-group/sg-a",
	} {
		shared := leftover("sg-a")
		shared.ARN = arn
		p := newReapWorld(shared, leftover("sg-b")).ripe().plan(t)
		assert.Equal(t, []string{"sg-b"}, idsOf(p, Delete, Mark), arn)
		reason, by := reasonOf(p, "sg-a")
		assert.Equal(t, OtherAccount, reason)
		assert.Equal(t, arn, by)
	}
	topic := leftoverOf("arn:aws:sns:eu-west-1:444455556666:jobs", "AWS::SNS::Topic")
	assert.Empty(t, idsOf(newReapWorld(topic).ripe().plan(t), Delete, Mark), "the identifier is the ARN")
	topic = leftoverOf("arn:aws:sns:eu-west-1:"+account+":jobs", "AWS::SNS::Topic")
	assert.Len(t, idsOf(newReapWorld(topic).ripe().plan(t), Delete), 1, "it is here")
}

func TestInvariant11_CapsStopTheWholeRun(t *testing.T) {
	worlds(t, func(t *rapid.T, w *reapWorld) {
		free := len(idsOf(w.plan(t), Delete))
		drawn := func(name string) Cap {
			return Cap{N: rapid.IntRange(-3, 8).Draw(t, name), Unlimited: rapid.IntRange(0, 3).Draw(t, name+" unlimited") == 0}
		}
		w.in.Caps = Caps{Delete: drawn("delete"), PerType: drawn("type"), Percent: drawn("percent")}
		day24 := rapid.IntRange(0, 3).Draw(t, "in the last day")
		for i := range day24 {
			w.in.Ledger.Deleted = append(w.in.Ledger.Deleted, day.Add(-time.Duration(i)*time.Hour))
		}
		p := w.plan(t)
		n := len(idsOf(p, Delete))
		require.True(t, n == free || n == 0 && p.Reaping.Stopped != "" && (len(p.Actions) == 0 || p.OnlyUnmarks()), "all or nothing: %d of %d (%s)", n, free, p.Reaping.Stopped)
		if n == 0 {
			return
		}
		perType := map[string]int{}
		for _, a := range p.Actions {
			if a.Verb == Delete {
				perType[a.Resource.Type]++
				require.True(t, w.in.Caps.PerType.Unlimited || perType[a.Resource.Type] <= w.in.Caps.PerType.N)
			}
		}
		require.True(t, w.in.Caps.Delete.Unlimited || n+day24 <= w.in.Caps.Delete.N)
		require.True(t, w.in.Caps.Percent.Unlimited || w.in.Caps.Percent.N > 0)
	})
}

func TestInvariant11_CapsByNumber(t *testing.T) {
	world := func(n int) *reapWorld {
		var all []*inventory.Resource
		for i := range n {
			all = append(all, leftover(fmt.Sprintf("sg-%03d", i)))
		}
		w := newReapWorld(all...).ripe()
		w.in.Caps = DefaultCaps
		w.in.Caps.Percent.Unlimited = true
		return w
	}
	for _, c := range []struct {
		why    string
		n      int
		change func(in *ReapInput)
		flag   string
	}{
		{"ten of a type are the default", 10, func(*ReapInput) {}, ""},
		{"eleven are one too many", 11, func(*ReapInput) {}, "--max-per-type 10"},
		{"25 of all", 26, func(in *ReapInput) { in.Caps.PerType.Unlimited = true }, "--max-delete 25"},
		{"0 is zero", 1, func(in *ReapInput) { in.Caps.Delete = Cap{} }, "--max-delete 0"},
		{"0 percent is zero", 1, func(in *ReapInput) { in.Caps.Percent = Cap{} }, "--max-percent 0"},
		{"one of a small scope is allowed", 1, func(in *ReapInput) { in.Caps.Percent = Cap{N: 5} }, ""},
		{"two of a small scope are not", 2, func(in *ReapInput) { in.Caps.Percent = Cap{N: 5} }, "--max-percent 5"},
		{"a negative number allows nothing", 1, func(in *ReapInput) { in.Caps.Delete = Cap{N: -1} }, "--max-delete"},
		{"what the last 24 hours saw counts", 6, func(in *ReapInput) {
			for range 20 {
				in.Ledger.Deleted = append(in.Ledger.Deleted, day.Add(-23*time.Hour))
			}
		}, "after 20 in the last 24 hours"},
		{"what was before does not", 6, func(in *ReapInput) {
			for range 20 {
				in.Ledger.Deleted = append(in.Ledger.Deleted, day.Add(-24*time.Hour))
			}
		}, ""},
	} {
		w := world(c.n)
		c.change(&w.in)
		p := w.plan(t)
		if c.flag == "" {
			assert.Empty(t, p.Reaping.Stopped, c.why)
			assert.Len(t, idsOf(p, Delete), c.n, c.why)
			continue
		}
		assert.Contains(t, p.Reaping.Stopped, c.flag, c.why)
		assert.Empty(t, p.Actions, c.why)
	}
	// New marks are capped apart.
	w := world(40)
	for i := range 60 {
		r := live(fmt.Sprintf("t-%d", i), "AWS::SNS::Topic", `{}`)
		r.Tags = map[string]string{}
		w.set.Resources = append(w.set.Resources, r)
	}
	w.in.Ledger, w.in.Caps = Facts{New: true}, DefaultCaps
	assert.Contains(t, w.plan(t).Reaping.Stopped, "more new marks (40, on 100 resources)", "40 % of everything became an orphan at once")
	// The run is held to the same: a percentage is of what there was a day ago.
	w = world(5)
	for i := range 14 {
		r := live(fmt.Sprintf("t-%d", i), "AWS::SNS::Topic", `{}`)
		r.Tags = map[string]string{}
		w.set.Resources = append(w.set.Resources, r)
	}
	w.in.Caps.Percent, w.in.Ledger.Deleted = Cap{N: 30}, []time.Time{day.Add(-time.Hour)}
	p := w.plan(t)
	assert.Empty(t, p.Reaping.Stopped)
	assert.Equal(t, 6, p.Budget.PerDay, "5 and the one before, of 20")
}

func TestInvariant12_GraceIsMonotone(t *testing.T) {
	// A later mark, notice or observation never lets anything go sooner, and a clock that runs
	// on never takes a due one back.
	rapid.Check(t, func(t *rapid.T) {
		r := leftover("sg-a")
		ref := r.Ref.String()
		hours := func(name string) time.Duration {
			return time.Duration(rapid.IntRange(0, 24*40).Draw(t, name)) * time.Hour
		}
		w := newReapWorld(r).ripe()
		m, s := w.in.Ledger.Marks[ref], w.in.Ledger.Seen[ref]
		m.At, m.Noticed, s.First = day.Add(-hours("mark")), day.Add(-hours("notice")), day.Add(-hours("first"))
		zone := time.FixedZone("elsewhere", rapid.IntRange(-12, 14).Draw(t, "zone")*3600)
		m.At = m.At.In(zone) // a zone changes nothing
		w.in.Ledger.Marks[ref], w.in.Ledger.Seen[ref] = m, s
		goes := len(idsOf(w.plan(t), Delete)) == 1
		due := latest(m.At, m.Noticed, s.First).Add(w.in.Grace)
		require.Equal(t, !day.Before(due), goes)

		later := m
		later.At = m.At.Add(hours("marked again"))
		w.in.Ledger.Marks[ref] = later
		if !goes {
			require.Empty(t, idsOf(w.plan(t), Delete), "a second mark shortened the grace")
		}
	})
	// What the owner was told holds, also when a later run is given a shorter grace.
	told := newReapWorld(leftover("sg-a")).ripe()
	m := told.in.Ledger.Marks[leftover("sg-a").Ref.String()]
	m.Told = day.Add(time.Second)
	told.in.Ledger.Marks[leftover("sg-a").Ref.String()] = m
	assert.Empty(t, idsOf(told.plan(t), Delete))
	told.in.CreatedAt = m.Told
	assert.Equal(t, []string{"sg-a"}, idsOf(told.plan(t), Delete))
	// What a tag says has no say: it can be forged.
	r := leftover("sg-a")
	r.Tags["pcf:marked"] = "1999-01-01T00:00:00Z"
	w := newReapWorld(r)
	p := w.plan(t)
	assert.Empty(t, idsOf(p, Delete))
	assert.Equal(t, []string{"sg-a"}, idsOf(p, Mark))

	w.in.Grace = time.Hour
	w.in.Live, w.in.Attributions = w.set, nil
	_, err := Reap(w.in)
	assert.ErrorContains(t, err, "only the teardown of a retired app")
}

// A grace is of its reason: what was not compliant, was mended and is left now has not been
// nobody's for that long. A particle that was removed before its version was retired has.
func TestInvariant12_AGraceIsOfItsReason(t *testing.T) {
	for reason, goes := range map[Reason]bool{VersionRetired: true, ParticleGone: true, "": true, NonCompliant: false} {
		w := newReapWorld(leftover("sg-a")).ripe()
		for ref, m := range w.in.Ledger.Marks {
			m.Reason = reason
			w.in.Ledger.Marks[ref] = m
		}
		p := w.plan(t)
		assert.Equal(t, goes, len(idsOf(p, Delete)) == 1, reason)
		assert.Equal(t, !goes, len(idsOf(p, Unmark)) == 1, reason)
	}
}

func TestInvariant13_NoticeBeforeDelete(t *testing.T) {
	w := newReapWorld(leftover("sg-a")).ripe()
	ref := w.set.Resources[0].Ref.String()
	m := w.in.Ledger.Marks[ref]
	m.Noticed = time.Time{}
	w.in.Ledger.Marks[ref] = m
	p := w.plan(t)
	assert.Empty(t, p.Actions)
	reason, _ := reasonOf(p, "sg-a")
	assert.Equal(t, NotNoticed, reason)
	m.Noticed = day.Add(-13 * 24 * time.Hour)
	w.in.Ledger.Marks[ref] = m
	assert.Empty(t, idsOf(w.plan(t), Delete), "a notice younger than the grace")
}

// Who is told of a leftover: the owner that its own version names, and where only the register
// knows that version any more, the owner of the app as it lives on.
func TestInvariant13_TheOwnerIsTold(t *testing.T) {
	for _, c := range []struct {
		why  string
		apps []*inventory.App
		want string
	}{
		{why: "its own version", apps: []*inventory.App{{Version: "2", Owner: "new"}, {Version: "1", Owner: "old"}}, want: "old"},
		{why: "its own version is not declared any more", apps: []*inventory.App{{Version: "2", Owner: "new"}}, want: "new"},
		{why: "its own version names nobody", apps: []*inventory.App{{Version: "2", Owner: "new"}, {Version: "1"}}, want: "new"},
		{why: "who lives before who is retired", apps: []*inventory.App{{Version: "0", Owner: "older", Retired: day.Add(-time.Hour)}, {Version: "2", Owner: "new"}}, want: "new"},
		{why: "at least who was retired", apps: []*inventory.App{{Version: "0", Owner: "older", Retired: day.Add(-time.Hour)}, {Version: "2"}}, want: "older"},
		{why: "another environment has its own", apps: []*inventory.App{{Version: "2", Environment: "prod", Owner: "new"}, {Version: "2"}}, want: ""},
	} {
		w := newReapWorld(leftover("sg-a"))
		for _, app := range c.apps {
			app.Name, app.Environment = "orders", cmp.Or(app.Environment, "dev")
			if app.Version == "1" {
				app.Retired = day.Add(-time.Hour)
			}
		}
		w.in.Declaration.Apps = c.apps
		w.in.Declaration.Register = &inventory.Register{Apps: map[string]inventory.RegisteredApp{
			"orders": {Environment: "dev", Active: []string{"2"}, Retired: map[string]time.Time{"1": day.Add(-time.Hour)}},
		}}
		p := w.plan(t)
		require.Len(t, p.Reaping.Candidates, 1, c.why)
		assert.Equal(t, c.want, p.Reaping.Candidates[0].Owner, c.why)
	}
}

func TestInvariant15_ChangedSinceTheMark(t *testing.T) {
	w := newReapWorld(leftover("sg-a")).ripe()
	w.set.Resources[0].Properties["GroupDescription"] = "in use again"
	p := w.plan(t)
	assert.Empty(t, idsOf(p, Delete))
	require.Equal(t, []string{"sg-a"}, idsOf(p, Unmark))
	assert.Equal(t, Changed, p.Actions[0].Reason)
	// Another life under the same name begins anew.
	w = newReapWorld(leftover("sg-a")).ripe()
	w.set.Resources[0].Created = day.Add(-time.Minute)
	p = w.plan(t)
	assert.Empty(t, idsOf(p, Delete))
	assert.Equal(t, []string{"sg-a"}, idsOf(p, Mark))
}

func TestInvariant17_QuarantineBeforeDelete(t *testing.T) {
	world := func(marked, held time.Duration) *reapWorld {
		w := newReapWorld(leftoverOf("fn", "AWS::Lambda::Function")).ripe()
		w.in.Isolation = func(r *inventory.Resource) ([]Change, bool, bool) {
			return []Change{{Path: "/ReservedConcurrentExecutions", To: int64(0)}}, false, true
		}
		ref := w.set.Resources[0].Ref.String()
		m, s := w.in.Ledger.Marks[ref], w.in.Ledger.Seen[ref]
		m.At, m.Noticed, m.Quarantined, s.First = day.Add(-marked), day.Add(-marked), time.Time{}, day.Add(-marked)
		if held > 0 {
			m.Quarantined = day.Add(-held)
		}
		w.in.Ledger.Marks[ref], w.in.Ledger.Seen[ref] = m, s
		return w
	}
	d := 24 * time.Hour
	for _, c := range []struct {
		why          string
		marked, held time.Duration
		verb         Verb
	}{
		{"its time is far", 10 * d, 0, ""},
		{"three days before", 11 * d, 0, Quarantine},
		{"late: it is held first all the same", 40 * d, 0, Quarantine},
		{"held for two days", 40 * d, 2 * d, ""},
		{"held for three", 40 * d, 3 * d, Delete},
		{"held early: the grace still counts", 13 * d, 5 * d, ""},
	} {
		p := world(c.marked, c.held).plan(t)
		var verbs []Verb
		for _, a := range p.Actions {
			verbs = append(verbs, a.Verb)
		}
		if c.verb == "" {
			assert.Empty(t, verbs, c.why)
			continue
		}
		assert.Equal(t, []Verb{c.verb}, verbs, c.why)
	}
}

func TestInvariant18_BackupAndConsentForData(t *testing.T) {
	world := func(typ string) *reapWorld {
		w := newReapWorld(leftoverOf("data", typ)).ripe()
		ref := w.set.Resources[0].Ref.String()
		m := w.in.Ledger.Marks[ref]
		m.BackedUp = time.Time{}
		w.in.Ledger.Marks[ref] = m
		return w
	}
	w := world("AWS::DynamoDB::Table")
	reason, _ := reasonOf(w.plan(t), "data")
	assert.Equal(t, ConsentMissing, reason)
	w.in.Consents = []Consent{{Type: "AWS::DynamoDB::*", Reason: "empty since May", Approver: "ops", Expires: day.Add(time.Hour)}}
	p := w.plan(t)
	require.Len(t, p.Actions, 2)
	assert.Equal(t, Backup, p.Actions[0].Verb)
	assert.Equal(t, Delete, p.Actions[1].Verb)
	assert.Contains(t, p.Actions[1].Needs, p.Actions[0].ID)
	assert.Equal(t, "ops: empty since May", p.Actions[1].Consent)

	w = world("AWS::S3::Bucket")
	w.in.Consents = []Consent{{Resource: "data", Reason: "r", Approver: "ops", Expires: day.Add(time.Hour)}}
	p = w.plan(t)
	require.Len(t, p.Actions, 1, "it cannot be backed up, and somebody agreed")
	assert.Equal(t, Delete, p.Actions[0].Verb)
}

func TestInvariant20_ProtectionIsNeverLifted(t *testing.T) {
	worlds(t, func(t *rapid.T, w *reapWorld) {
		for _, a := range w.plan(t).Actions {
			for _, c := range a.Patch {
				for _, guard := range guards {
					require.NotContains(t, c.Path, guard)
				}
			}
			for _, s := range a.Steps {
				require.NotContains(t, s.Name, "protect")
			}
		}
	})
}

func TestInvariant29_OnlyWithADeleter(t *testing.T) {
	w := newReapWorld(leftover("sg-a"), leftoverOf("t", "AWS::SNS::Topic")).ripe()
	w.in.Can = func(verb Verb, typ string, _ Change) string {
		if typ == "AWS::SNS::Topic" {
			return ""
		}
		return "no deleter"
	}
	p := w.plan(t)
	assert.Equal(t, []string{"t"}, idsOf(p, Delete))
	reason, _ := reasonOf(p, "sg-a")
	assert.Equal(t, Unsupported, reason)
	w.in.Can = nil
	assert.Empty(t, idsOf(w.plan(t), Delete, Mark))
}

func TestInvariant31_Explained(t *testing.T) {
	stays := ours(live("i-1", "AWS::EC2::Instance", `{}`), "2", "web")
	group := leftover("sg-a")
	refers(stays, group, "hard", "/SecurityGroupIds/0")
	w := newReapWorld(group, stays).ripe()
	w.declares(declaredAs("web", "AWS::EC2::Instance"))
	w.in.Prices = Prices{"AWS::EC2::SecurityGroup": 1.5}
	delete(w.in.Ledger.Marks, stays.Ref.String())
	p := w.plan(t)
	reason, by := reasonOf(p, "sg-a")
	assert.Equal(t, ReferredTo, reason)
	assert.Equal(t, stays.Ref.String()+" (/SecurityGroupIds/0)", by)
	require.Len(t, p.Reaping.Candidates, 1)
	c := p.Reaping.Candidates[0]
	assert.Equal(t, Kept, c.State)
	assert.Equal(t, []string{stays.Ref.String()}, c.Referrers)
	assert.Equal(t, "orders@acme.example", c.Owner)
	assert.NotEmpty(t, c.Evidence)
	assert.InDelta(t, 1.5, *c.Monthly, 0)
	require.Equal(t, []string{"sg-a"}, idsOf(p, Unmark), "a referrer that appears ends the mark")
	// Whatever happens to a candidate, the plan says why.
	worlds(t, func(t *rapid.T, w *reapWorld) {
		p := w.plan(t)
		acted := map[string]bool{}
		for _, a := range p.Actions {
			acted[a.Resource.ID] = true
		}
		for _, c := range p.Reaping.Candidates {
			reason, _ := reasonOf(p, c.Resource.ID)
			require.True(t, acted[c.Resource.ID] || reason != "" || c.GoesAt != nil, "%+v", c)
			require.NotEmpty(t, c.Evidence)
		}
	})
}

func TestInvariant33_Determinism(t *testing.T) {
	worlds(t, func(t *rapid.T, w *reapWorld) {
		encode := func() string {
			var b bytes.Buffer
			require.NoError(t, w.plan(t).Encode(&b))
			return b.String()
		}
		before := encode()
		shuffle := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		shuffle.Shuffle(len(w.set.Resources), func(i, j int) { w.set.Resources[i], w.set.Resources[j] = w.set.Resources[j], w.set.Resources[i] })
		slices.Reverse(w.in.Declaration.Apps)
		require.Equal(t, before, encode())
	})
}

func TestInvariant34_NoCascade(t *testing.T) {
	// An orphan on a protected instance leaves the instance running: not even a step names it.
	worlds(t, func(t *rapid.T, w *reapWorld) {
		p := w.plan(t)
		going := deleted(p)
		for _, a := range p.Actions {
			for _, s := range a.Steps {
				for _, r := range w.set.Resources {
					if s.ID != r.Ref.ID || going[s.ID] || s.Type != r.Ref.Type {
						continue
					}
					require.Empty(t, shieldOf(r, nil), "%s takes %s along, which is protected", a.Resource.ID, s.ID)
					require.False(t, w.declared(r), "%s takes %s along, which is declared", a.Resource.ID, s.ID)
				}
			}
		}
	})
}

func TestTeardownIsOnlyOfWhatIsRetired(t *testing.T) {
	dropped := ours(live("sg-dropped", "AWS::EC2::SecurityGroup", `{}`), "2", "dropped")
	other := leftover("sg-other")
	other.Tags["pcf:app"] = "other"
	w := newReapWorld(leftover("sg-a"), dropped, other)
	w.in.Declaration.Apps[2].Retired = day.Add(-time.Hour)
	w.in.Teardown, w.in.App, w.in.Grace, w.in.Ledger.New = true, "orders", 0, true
	p := w.plan(t)
	assert.Equal(t, []string{"sg-a"}, idsOf(p, Delete), "exactly the tombstoned version of the named app")
	assert.Equal(t, []string{"sg-a"}, idsOf(p, Mark))
	worlds(t, func(t *rapid.T, w *reapWorld) {
		w.in.Teardown, w.in.App, w.in.Grace = true, "orders", 0
		for _, a := range w.plan(t).Actions {
			if a.Verb == Delete {
				require.Equal(t, "1", a.For.Version)
				require.True(t, a.Teardown)
			}
		}
	})
}

func TestRingsAreTakenApart(t *testing.T) {
	a, b, c := leftover("sg-a"), leftover("sg-b"), leftoverOf("fn", "AWS::Lambda::Function")
	for _, pair := range [][2]*inventory.Resource{{a, b}, {b, a}} {
		pair[0].Properties["SecurityGroupIngress"] = []any{
			map[string]any{"SourceSecurityGroupId": pair[1].Ref.ID}, map[string]any{"CidrIp": "10.0.0.0/8"},
		}
		refers(pair[0], pair[1], "hard", "/SecurityGroupIngress/0/SourceSecurityGroupId")
	}
	refers(c, a, "hard", "/VpcConfig/SecurityGroupIds/0")
	w := newReapWorld(a, b, c).ripe()
	p := w.plan(t)
	require.Len(t, p.Actions, 4)
	assert.Equal(t, Update, p.Actions[0].Verb)
	assert.Equal(t, Detached, p.Actions[0].Reason)
	assert.True(t, p.Actions[0].Reversible)
	assert.Equal(t, "sg-a", p.Actions[0].Resource.ID)
	assert.Equal(t, []any{map[string]any{"CidrIp": "10.0.0.0/8"}}, p.Actions[0].Patch[0].To, "only the rule that closes the ring")
	assert.Equal(t, []string{"sg-b", "fn", "sg-a"}, idsOf(p, Delete))
	assert.Contains(t, p.Actions[1].Needs, p.Actions[0].ID)

	w.in.Can = func(verb Verb, _ string, _ Change) string {
		if verb == Update {
			return "no writer"
		}
		return ""
	}
	p = w.plan(t)
	assert.Equal(t, []string{"fn"}, idsOf(p, Delete))
	reason, by := reasonOf(p, "sg-a")
	assert.Equal(t, RingClosed, reason)
	assert.Equal(t, b.Ref.String(), by)
}

func TestSoftRingsOnlyOrder(t *testing.T) {
	a, b := leftoverOf("fn", "AWS::Lambda::Function"), leftoverOf("t", "AWS::SNS::Topic")
	refers(a, b, "soft", "/Environment/Variables/T")
	refers(b, a, "soft", "/Subscription/0/Endpoint")
	assert.Len(t, idsOf(newReapWorld(a, b).ripe().plan(t), Delete), 2)
}

// TestPartOfTwoThatGo: what ends with either of two resources refers to both, and puts neither
// before the other.
func TestPartOfTwoThatGo(t *testing.T) {
	a, b := leftoverOf("a", "AWS::EC2::VPC"), leftoverOf("b", "AWS::EC2::VPC")
	part := live("part", "AWS::EC2::RouteTable", `{}`)
	part.Foreign, part.Tags = "made along", map[string]string{}
	refers(part, a, "owner", "/A")
	refers(part, b, "owner", "/B")
	p := newReapWorld(a, b, part).ripe().plan(t)
	assert.Equal(t, []string{"a", "b"}, idsOf(p, Delete), "%+v", p.Refused)
}

func TestTheTreeOfANetworkGoesAsOne(t *testing.T) {
	vpc, subnet := leftoverOf("vpc-1", "AWS::EC2::VPC"), leftoverOf("subnet-1", "AWS::EC2::Subnet")
	gateway := leftoverOf("igw-1", "AWS::EC2::InternetGateway")
	standard := live("sg-default", "AWS::EC2::SecurityGroup", `{"GroupName": "default"}`)
	standard.Foreign, standard.Tags = "default security group", map[string]string{}
	table := live("rtb-main", "AWS::EC2::RouteTable", `{}`)
	table.Foreign, table.Tags = "main route table", map[string]string{}
	route := live("rtb-main|0.0.0.0/0", "AWS::EC2::Route", `{}`)
	attachment := live("igw-1|vpc-1", "AWS::EC2::VPCGatewayAttachment", `{}`)
	route.Tags, attachment.Tags = nil, nil
	route.Properties["RouteTableId"], attachment.Properties["InternetGatewayId"] = "rtb-main", "igw-1"
	refers(subnet, vpc, "hard", "/VpcId")
	refers(standard, vpc, "implicit", "/VpcId")
	refers(table, vpc, "implicit", "/VpcId")
	refers(route, table, "implicit", "/RouteTableId")
	refers(route, gateway, "soft", "/GatewayId")
	refers(attachment, vpc, "hard", "/VpcId")
	refers(attachment, gateway, "hard", "/InternetGatewayId")
	w := newReapWorld(vpc, subnet, gateway, standard, table, route, attachment).ripe()
	p := w.plan(t)
	assert.Equal(t, []string{"igw-1", "subnet-1", "vpc-1"}, idsOf(p, Delete), "%+v", p.Refused)
	for _, a := range p.Actions {
		if a.Resource.ID == "vpc-1" {
			assert.Contains(t, a.Steps, Step{Name: "goes-along", Type: "AWS::EC2::SecurityGroup", ID: "sg-default"})
		}
	}
	// A route of somebody else in it keeps the network, and says so.
	route.Foreign = ""
	ours(route, "2", "route")
	w.declares(declaredAs("route", "AWS::EC2::Route"))
	p = w.ripe().plan(t)
	assert.NotContains(t, idsOf(p, Delete), "vpc-1")
	_, by := reasonOf(p, "vpc-1")
	assert.Contains(t, by, "rtb-main|0.0.0.0/0")
}

// A run that ends between an instance and its address leaves no association: the ledger must know
// that it went, or the next run would find much less than before and stop.
func TestAnAddressIsFreeWhenItsInstanceEnds(t *testing.T) {
	web, address := leftoverOf("i-1", "AWS::EC2::Instance"), leftoverOf("eipalloc-1", "AWS::EC2::EIP")
	link := live("eipassoc-1", "AWS::EC2::EIPAssociation", `{}`)
	refers(link, address, "hard", "/AllocationId")
	refers(link, web, "soft", "/InstanceId")
	p := newReapWorld(web, address, link).ripe().plan(t)
	require.ElementsMatch(t, []string{"i-1", "eipalloc-1"}, idsOf(p, Delete))
	for _, a := range p.Actions {
		if a.Verb == Delete {
			assert.Equal(t, []inventory.Ref{link.Ref}, a.Along(), a.Resource.ID)
		}
	}
}

func TestMarksEndWhenTheirReasonIsGone(t *testing.T) {
	gone, kept, back := leftover("sg-gone"), leftover("sg-kept"), leftover("sg-back")
	w := newReapWorld(gone, kept, back).ripe()
	w.set.Resources = []*inventory.Resource{kept, back}
	ours(back, "2", "back")
	w.declares(declaredAs("back", "AWS::EC2::SecurityGroup"))
	p := w.plan(t)
	assert.ElementsMatch(t, []string{"sg-gone", "sg-back"}, idsOf(p, Unmark))
	assert.Equal(t, []string{"sg-kept"}, idsOf(p, Delete))
	// Counting ends too for what never had a mark.
	w.in.Ledger.Marks = map[string]MarkFact{}
	p = w.plan(t)
	require.Len(t, p.Reaping.Rescued, 2)
	// What was not read is neither gone nor rescued.
	w = newReapWorld(gone, kept).ripe()
	w.set.Resources = []*inventory.Resource{kept}
	w.set.Gaps = []inventory.Gap{{Account: account, Region: region, Type: "AWS::EC2::SecurityGroup", Reason: inventory.Throttled}}
	p = w.plan(t)
	assert.Empty(t, p.Actions)
	assert.Empty(t, p.Reaping.Rescued)
}

// A run that stops at a bound ends the marks of what was claimed back all the same: else the old
// grace counts on, and the resource goes at once when it is left again.
func TestAStoppedRunHearsWhoClaimsBack(t *testing.T) {
	gone, kept, back := leftover("sg-gone"), leftover("sg-kept"), leftover("sg-back")
	w := newReapWorld(gone, kept, back).ripe()
	w.set.Resources = []*inventory.Resource{kept, back}
	ours(back, "2", "back")
	w.declares(declaredAs("back", "AWS::EC2::SecurityGroup"))
	w.in.Caps.Delete = Cap{}
	p := w.plan(t)
	assert.Contains(t, p.Reaping.Stopped, "--max-delete 0")
	assert.ElementsMatch(t, []string{"sg-gone", "sg-back"}, idsOf(p, Unmark))
	assert.True(t, p.OnlyUnmarks())
	require.ErrorIs(t, p.Check(day), ErrPlanStopped)
}

func TestANewLedgerOnlyMarks(t *testing.T) {
	worlds(t, func(t *rapid.T, w *reapWorld) {
		w.in.Ledger.New, w.in.Teardown, w.in.App, w.in.Grace = true, false, "", DefaultGrace
		require.Empty(t, idsOf(w.plan(t), Delete, Quarantine, Backup))
	})
}

// The accidents of other tools, as far as deciding could have prevented them.

func TestAccident_UntaggedIsNotAnOrphan(t *testing.T) {
	r := live("logs", "AWS::S3::Bucket", `{}`)
	r.Tags = map[string]string{}
	assert.Empty(t, newReapWorld(r).ripe().plan(t).Reaping.Candidates, "a bucket without tags is nobody's, and stays")
}

func TestAccident_TagsThatFailedToLoadAreNotEmpty(t *testing.T) {
	r := leftover("sg-a")
	r.Tags = nil
	assert.Empty(t, idsOf(newReapWorld(r).ripe().plan(t), Delete, Mark))
}

func TestAccident_AGroupThatABuildUses(t *testing.T) {
	group := leftover("sg-a")
	build := live("build", "AWS::CodeBuild::Project", `{}`)
	build.Tags = map[string]string{}
	refers(build, group, "soft", "/VpcConfig/SecurityGroupIds/0")
	assert.Empty(t, idsOf(newReapWorld(group, build).ripe().plan(t), Delete), "a soft reference keeps as a hard one does")
}

func TestAccident_TheToolDeletesItsOwnRole(t *testing.T) {
	w := newReapWorld(leftoverOf("nuker", "AWS::IAM::Role")).ripe()
	w.in.Self = []string{"arn:aws:sts::111122223333:assumed-role/nuker/run-1"}
	assert.Empty(t, w.plan(t).Actions[len(w.plan(t).Actions)-1:][0].Verb == Delete)
}

func TestAccident_TheOwnerExists(t *testing.T) {
	// The controller lives: what it keeps is never judged by itself.
	group := live("asg", "AWS::AutoScaling::AutoScalingGroup", `{}`)
	group.Tags = map[string]string{}
	instance := leftoverOf("i-1", "AWS::EC2::Instance")
	refers(instance, group, "owner", "/Tags/aws:autoscaling:groupName")
	assert.Empty(t, idsOf(newReapWorld(group, instance).ripe().plan(t), Delete, Mark))
}

func TestAccident_ADeletedDirectoryIsNoTombstone(t *testing.T) {
	w := newReapWorld(leftover("sg-a")).ripe()
	w.in.Declaration.Apps = w.in.Declaration.Apps[2:]
	assert.Empty(t, idsOf(w.plan(t), Delete, Mark))
}

func TestAccident_AnInstanceThatUsesTheGroupIsNotTakenAlong(t *testing.T) {
	group := leftover("sg-a")
	instance := live("i-1", "AWS::EC2::Instance", `{}`)
	instance.Tags = map[string]string{"pcf:protect": ""}
	refers(instance, group, "hard", "/SecurityGroupIds/0")
	p := newReapWorld(group, instance).ripe().plan(t)
	assert.Empty(t, idsOf(p, Delete))
	_, by := reasonOf(p, "sg-a")
	assert.Contains(t, by, "i-1")
}

// BenchmarkReap plans over 100,000 resources of which 5,000 are candidates.
func BenchmarkReap(b *testing.B) {
	w := newReapWorld()
	var before *inventory.Resource
	for i := range 100_000 {
		r := live(fmt.Sprintf("r-%06d", i), reapTypes[i%len(reapTypes)], `{}`)
		if i%20 == 0 {
			ours(r, "1", r.Ref.ID)
		} else {
			r.Tags = map[string]string{"team": "x"}
		}
		if before != nil && i%20 == 0 {
			refers(r, before, "hard", "/P")
		} else if i > 0 && i%20 != 1 {
			refers(r, w.set.Resources[i-1], "soft", "/Q")
		}
		if i%20 == 0 {
			before = r
		}
		w.set.Resources = append(w.set.Resources, r)
		if i%20 == 1 {
			r.Relations = nil
		}
	}
	w.ripe()
	w.in.Consents = []Consent{{Reason: "r", Approver: "a", Expires: day.Add(time.Hour)}}
	owned := owner.Attribute(owner.Input{Declaration: w.in.Declaration, Live: w.set, Now: day})
	in := w.in
	in.Live, in.Attributions, in.Pairs = w.set, owned.Attributions, owned.Pairs
	for b.Loop() {
		p, err := Reap(in)
		if err != nil || len(p.Reaping.Candidates) != 5000 {
			b.Fatal(err, len(p.Reaping.Candidates))
		}
		b.ReportMetric(float64(len(idsOf(p, Delete))), "deletions")
	}
}

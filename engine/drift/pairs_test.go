package drift_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// all compares pairs against a complete snapshot of their live resources.
func all(pairs ...drift.Pair) []drift.Drift {
	var live []*inventory.Resource
	for _, p := range pairs {
		live = append(live, p.Live...)
	}
	return drift.CompareAll(pairs, drift.Context{Live: snapshot(live...), Now: now})
}

// TestNothingFound is T35: what could not be read is unverifiable, never missing, and
// never in sync.
func TestNothingFound(t *testing.T) {
	scoped := func(change func(*inventory.Snapshot)) *inventory.Snapshot {
		s := snapshot()
		change(s)
		return s
	}
	gap := func(g inventory.Gap) *inventory.Snapshot {
		return scoped(func(s *inventory.Snapshot) { s.Gaps = []inventory.Gap{g} })
	}
	for name, c := range map[string]struct {
		why    string
		typ    string
		change func(*drift.Pair)
		live   *inventory.Snapshot
		class  drift.Class
		reason string
	}{
		"read completely":   {why: "then it is not there", live: snapshot(), class: drift.Missing},
		"denied":            {why: "the listing was denied", live: gap(inventory.Gap{Account: account, Region: region, Type: group, Reason: inventory.Denied}), class: drift.Unverifiable, reason: "denied"},
		"throttled":         {why: "a gap without a type covers all types", live: gap(inventory.Gap{Region: region, Reason: inventory.Throttled}), class: drift.Unverifiable, reason: "throttled"},
		"another type":      {why: "a gap elsewhere says nothing here", live: gap(inventory.Gap{Type: s3, Reason: inventory.Denied}), class: drift.Missing},
		"a declared gap":    {why: "a file that could not be read hides nothing that lives", live: gap(inventory.Gap{File: "x.yaml", Reason: inventory.Malformed}), class: drift.Missing},
		"no snapshot":       {why: "nothing was looked at", class: drift.Unverifiable, reason: drift.OutOfScope},
		"type out of scope": {why: "no reader, or not asked for", live: scoped(func(s *inventory.Snapshot) { s.Scope.Types = []string{s3} }), class: drift.Unverifiable, reason: drift.OutOfScope},
		"target out of scope": {
			why: "another region", live: snapshot(), class: drift.Unverifiable, reason: drift.OutOfScope,
			change: func(p *drift.Pair) { p.Target = inventory.Target{Account: account, Region: "us-east-1"} },
		},
		"target in scope": {
			why: "the region was read", live: snapshot(), class: drift.Missing,
			change: func(p *drift.Pair) { p.Target = inventory.Target{Account: account, Region: region} },
		},
		"gap beside the target": {
			why: "the other region's gap does not hide it", class: drift.Missing,
			live:   gap(inventory.Gap{Account: account, Region: "us-east-1", Type: group, Reason: inventory.Denied}),
			change: func(p *drift.Pair) { p.Target = inventory.Target{Account: account, Region: region} },
		},
		"id in another account": {
			why: "the ref says where, and the run did not look there", live: snapshot(), class: drift.Unverifiable, reason: drift.OutOfScope,
			change: func(p *drift.Pair) {
				p.Particle.ID = "aws/999999999999/eu-west-1/AWS::EC2::SecurityGroup/sg-1"
			},
		},
		"global without a scope for it": {
			why: "roles have no region", typ: role, class: drift.Unverifiable, reason: drift.OutOfScope,
			live: scoped(func(s *inventory.Snapshot) { s.Scope.Regions = []string{region} }),
		},
		"global": {why: "roles were read", typ: role, live: snapshot(), class: drift.Missing},
		"global with a gap in a region": {
			why: "which hides no role", typ: role, class: drift.Missing,
			live: gap(inventory.Gap{Account: account, Region: region, Reason: inventory.Throttled}),
		},
		"existence unknown": {
			why: "a condition decides whether it is there", live: snapshot(), class: drift.Unverifiable, reason: drift.ExistenceUnknown,
			change: func(p *drift.Pair) { p.Particle.Existence = &inventory.Unknown{Because: "condition Prod"} },
		},
		"declared terminated": {
			why: "then nothing is what should be there", live: snapshot(), class: drift.InSync,
			change: func(p *drift.Pair) { p.Particle.State = inventory.Terminated },
		},
		"unread tags": {
			why: "it may be the one whose tags could not be read", class: drift.Unverifiable, reason: drift.TagsUnread,
			live: snapshot(func() *inventory.Resource { r := resource("sg-1", group, `{}`); r.Tags = nil; return r }()),
		},
		"unread tags and a known id": {
			why: "its id is known, and nothing has it", class: drift.Missing,
			live:   snapshot(func() *inventory.Resource { r := resource("sg-1", group, `{}`); r.Tags = nil; return r }()),
			change: func(p *drift.Pair) { p.Particle.ID = "sg-2" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			typ := c.typ
			if typ == "" {
				typ = group
			}
			p := pair(particle("x", typ, `{}`))
			if c.change != nil {
				c.change(&p)
			}
			d := drift.Compare(p, drift.Context{Live: c.live, Now: now})
			assert.Equal(t, c.class, d.Class, c.why)
			if c.reason != "" {
				assert.Equal(t, c.reason, d.Reason, c.why)
			}
		})
	}
}

// TestUnreadPaths: what the reader does not return is neither equal nor different.
func TestUnreadPaths(t *testing.T) {
	live := resource("i-1", "AWS::EC2::Instance", `{"InstanceType": "t3.micro"}`)
	live.Unread = []string{"/UserData", "/BlockDeviceMappings/*/Ebs/SnapshotId"}
	read := func(declared string) drift.Drift {
		return all(pair(particle("x", "AWS::EC2::Instance", declared), live))[0]
	}

	d := read(`{"InstanceType": "t3.micro", "UserData": "abc"}`)
	assert.Equal(t, drift.Unverifiable, d.Class)
	assert.Equal(t, drift.ValuesUnread, d.Reason)
	assert.Equal(t, "/UserData", d.Unverified[0].Path)
	assert.Equal(t, []int{1, 2}, []int{d.Compared, d.Declared}, "one of two leaves was compared")

	d = read(`{"InstanceType": "t3.large", "UserData": "abc"}`)
	assert.Equal(t, drift.Changed, d.Class, "a known difference is not hidden by an unread one")

	d = read(`{"InstanceType": "t3.micro"}`)
	assert.Equal(t, drift.InSync, d.Class, "what is not declared need not be read")

	live.Properties = js(`{"InstanceType": "t3.micro", "BlockDeviceMappings": [{"DeviceName": "a", "Ebs": {"VolumeSize": 8}}]}`)
	d = read(`{"InstanceType": "t3.micro", "BlockDeviceMappings": [{"DeviceName": "a", "Ebs": {"VolumeSize": 8, "SnapshotId": "snap-1"}}]}`)
	assert.Equal(t, drift.Unverifiable, d.Class, "also inside a list")

	function := resource("f", "AWS::Lambda::Function", `{"Role": "r"}`)
	function.Unread = []string{"/Code", "/Layers"}
	d = all(pair(particle("f", "AWS::Lambda::Function", `{"Role": "r", "Code": {"S3Bucket": "b", "S3Key": "k"}}`), function))[0]
	assert.Equal(t, drift.InSync, d.Class, "code can be read by nobody: it is said, and is no fault of the reader")
	assert.Equal(t, []drift.Kind{drift.WriteOnly, drift.WriteOnly}, []drift.Kind{d.Changes[0].Kind, d.Changes[1].Kind})

	live = resource("b", s3, `{"BucketName": "b"}`)
	live.Tags = nil
	d = all(pair(particle("x", s3, `{"BucketName": "b", "Tags": [{"Key": "a", "Value": "1"}]}`), live))[0]
	assert.Equal(t, drift.Unverifiable, d.Class, "tags that could not be read are not removed tags")
}

// TestStates is T39 and the desired states.
func TestStates(t *testing.T) {
	for _, c := range []struct {
		why, typ, state string
		desired         inventory.DesiredState
		class           drift.Class
		reason          string
	}{
		{"as it should be", "AWS::EC2::Instance", "running", inventory.Running, drift.InSync, ""},
		{"somebody stopped it", "AWS::EC2::Instance", "stopped", inventory.Running, drift.StateMismatch, "declared running, and it is stopped"},
		{"it should be stopped", "AWS::EC2::Instance", "running", inventory.Stopped, drift.StateMismatch, "declared stopped, and it is running"},
		{"and is", "AWS::EC2::Instance", "stopped", inventory.Stopped, drift.InSync, ""},
		{"on its way", "AWS::EC2::Instance", "stopping", inventory.Running, drift.Unverifiable, drift.Transient},
		{"modifying", rds, "modifying", inventory.Running, drift.Unverifiable, drift.Transient},
		{"several words", rds, "Backing-up", inventory.Running, drift.Unverifiable, drift.Transient},
		{"still running", rds, "storage-optimization", inventory.Running, drift.InSync, ""},
		{"deleting", rds, "deleting", inventory.Running, drift.StateMismatch, "it is deleting"},
		{"scheduled for deletion", "AWS::KMS::Key", "PendingDeletion", inventory.Running, drift.StateMismatch, "it is PendingDeletion"},
		{"switched off", "AWS::KMS::Key", "Disabled", inventory.Running, drift.StateMismatch, "declared running, and it is Disabled"},
		{"failed", "AWS::Lambda::Function", "Failed", inventory.Running, drift.StateMismatch, "it is Failed"},
		{"idle is not off", "AWS::Lambda::Function", "Inactive", inventory.Running, drift.InSync, ""},
		{"gone, as declared", "AWS::EC2::Instance", "terminated", inventory.Terminated, drift.InSync, ""},
		{"should be gone", "AWS::EC2::Instance", "running", inventory.Terminated, drift.StateMismatch, "declared terminated, and it lives"},
		{"gone, and should not be", "AWS::EC2::Instance", "terminated", inventory.Running, drift.StateMismatch, "it is terminated"},
		{"no state was read", "AWS::EC2::Instance", "", inventory.Stopped, drift.Unverifiable, drift.ValuesUnknown},
		{"types without a state", s3, "", inventory.Running, drift.InSync, ""},
		{"a word that says nothing", rds, "dancing", inventory.Running, drift.InSync, ""},
		{"no desired state is running", "AWS::EC2::Instance", "stopped", "", drift.StateMismatch, "declared running, and it is stopped"},
	} {
		p, l := particle("x", c.typ, `{}`), resource("l", c.typ, `{}`)
		p.State, l.State = c.desired, c.state
		d := all(pair(p, l))[0]
		assert.Equal(t, []any{c.class, c.reason}, []any{d.Class, d.Reason}, "%s: %s", c.typ, c.why)
	}

	key := resource("k", "AWS::KMS::Key", `{"Enabled": false}`)
	key.State = "Disabled"
	assert.Equal(t, drift.InSync, all(pair(particle("k", "AWS::KMS::Key", `{"Enabled": false}`), key))[0].Class, "the declaration itself turns the key off")
	assert.Equal(t, drift.Changed, all(pair(particle("k", "AWS::KMS::Key", `{"Enabled": true}`), key))[0].Class, "and here it does not")
}

// TestIdentity is T40: the right name and the wrong resource.
func TestIdentity(t *testing.T) {
	bucket := func(owner inventory.Ownership) *inventory.Resource {
		r := resource("data", s3, `{"BucketName": "data"}`)
		r.Owned = owner
		return r
	}
	p := particle("data", s3, `{"BucketName": "data"}`)
	ours := inventory.Ownership{Class: "owned", App: "orders", Environment: "dev", Version: "2"}

	theirs := all(pair(p, bucket(inventory.Ownership{Class: "owned", App: "billing", Environment: "dev"})))[0]
	assert.Equal(t, drift.OwnerConflict, theirs.Class, "recreated by another owner")
	assert.Contains(t, theirs.Reason, "billing")

	unknown := all(pair(p, bucket(inventory.Ownership{Class: "unknown", App: "ghost", Environment: "dev"})))[0]
	assert.Equal(t, drift.OwnerConflict, unknown.Class, "by one whom nobody knows")

	otherEnvironment := all(pair(p, bucket(inventory.Ownership{Class: "owned", App: "orders", Environment: "prod"})))[0]
	assert.Equal(t, drift.OwnerConflict, otherEnvironment.Class)

	contested := all(pair(p, bucket(inventory.Ownership{Class: "contested", App: "orders", Environment: "dev"})))[0]
	assert.Equal(t, drift.OwnerConflict, contested.Class)

	weak := all(pair(p, bucket(inventory.Ownership{Class: "attributed", App: "crm"})))[0]
	assert.Equal(t, drift.InSync, weak.Class, "an owner tag in some other spelling is no conflict")

	twice := all(pair(p, bucket(ours), func() *inventory.Resource { r := bucket(ours); r.Ref.ID = "copy"; return r }()))[0]
	assert.Equal(t, drift.Ambiguous, twice.Class, "two carry the same owner tags")
	assert.Contains(t, twice.Reason, "copy, data")
	assert.Nil(t, twice.Live)

	skewed := func(version string) drift.Drift {
		x := pair(p, bucket(ours))
		x.LiveVersion = version
		return all(x)[0]
	}
	assert.Equal(t, []any{drift.VersionSkew, drift.NotRolledOut}, []any{skewed("1.9").Class, skewed("1.9").Reason}, "old tags, new properties")
	assert.Equal(t, drift.StaleDeclaration, skewed("10.0").Reason)
	assert.Equal(t, drift.OrderUnknown, skewed("blue").Reason)
	assert.Equal(t, drift.InSync, skewed("2").Class)

	rolled := pair(particle("data", s3, `{"VersioningConfiguration": {"Status": "Enabled"}}`), bucket(ours))
	rolled.LiveVersion = "1.9"
	d := all(rolled)[0]
	assert.Equal(t, []any{drift.Changed, drift.NotRolledOut}, []any{d.Class, d.Reason}, "what is not rolled out differs: that is worse than an old tag, and both are said")
}

// TestRulesDeclaredApart is T17: rules of a group that are particles of their own.
func TestRulesDeclaredApart(t *testing.T) {
	live := resource("sg-0123456789", group, ingress(`[`+https+`,`+ssh+`]`))
	inline := particle("web", group, ingress(`[`+https+`]`))
	rule := func(properties string) *inventory.Particle {
		p := particle("rule", "AWS::EC2::SecurityGroupIngress", properties)
		return p
	}
	byRef := `{"GroupId": {"?": "AWS assigns it", "ref": "GetAtt web.GroupId", "to": "web"}, `
	sshRule := ssh[1:]

	both := all(pair(inline, live), pair(rule(byRef+sshRule)))
	assert.Equal(t, drift.InSync, both[0].Class, "%+v", both[0].Changes)
	assert.Equal(t, drift.InSync, both[1].Class, "the rule is there")

	both = all(pair(inline, live), pair(rule(`{"GroupId": "sg-0123456789", `+sshRule)))
	assert.Equal(t, []drift.Class{drift.InSync, drift.InSync}, []drift.Class{both[0].Class, both[1].Class}, "also by literal id")

	alone := all(pair(inline, live))[0]
	require.Equal(t, drift.Changed, alone.Class, "without that particle the rule is not declared")
	assert.Equal(t, "/SecurityGroupIngress", alone.Changes[0].Path)

	other := all(pair(inline, live), pair(rule(byRef+`"IpProtocol": "tcp", "FromPort": 23, "ToPort": 23, "CidrIp": "0.0.0.0/0"}`)))
	assert.Equal(t, drift.Changed, other[0].Class, "another rule does not explain it")
	assert.Equal(t, drift.Missing, other[1].Class, "and is not there itself")

	only := all(pair(particle("web", group, `{"GroupDescription": "d"}`), live), pair(rule(byRef+sshRule)))
	require.Equal(t, drift.Changed, only[0].Class)
	assert.Equal(t, drift.Undeclared, only[0].Changes[0].Kind, "where only such particles declare rules, a further one is undeclared")

	lost := all(pair(particle("web", group, `{"GroupDescription": "d"}`)), pair(rule(byRef+sshRule)))
	assert.Equal(t, []drift.Class{drift.Missing, drift.Unverifiable}, []drift.Class{lost[0].Class, lost[1].Class}, "a rule of a group that is not there")

	unread := resource("sg-1", group, `{"GroupDescription": "d"}`)
	unread.Unread = []string{"/SecurityGroupIngress"}
	d := all(pair(inline, unread), pair(rule(byRef+sshRule)))
	assert.Equal(t, []drift.Class{drift.Unverifiable, drift.Unverifiable}, []drift.Class{d[0].Class, d[1].Class}, "rules that could not be read")
}

// TestAttachmentsDeclaredApart is the third part of T36.
func TestAttachmentsDeclaredApart(t *testing.T) {
	arn := "arn:aws:iam::111122223333:policy/read"
	live := resource("ci", role, `{"RoleName": "ci", "AssumeRolePolicyDocument": {"Statement": []}, "ManagedPolicyArns": ["`+arn+`"]}`)
	declared := pair(particle("ci", role, `{"RoleName": "ci", "AssumeRolePolicyDocument": {"Statement": []}}`), live)
	policy := pair(
		particle("read", "AWS::IAM::ManagedPolicy", `{"PolicyDocument": {"Statement": []}, "Roles": [{"?": "x", "ref": "Ref ci", "to": "ci"}]}`),
		resource(arn, "AWS::IAM::ManagedPolicy", `{"PolicyDocument": {"Statement": []}, "Roles": ["ci"]}`),
	)
	got := all(declared, policy)
	assert.Equal(t, drift.InSync, got[0].Class, "%+v", got[0].Changes)
	assert.Equal(t, drift.InSync, got[1].Class, "and its reference is resolved: %+v", got[1].Unverified)
	assert.Equal(t, drift.Changed, all(declared)[0].Class, "nobody declares the attachment")
}

func TestReferences(t *testing.T) {
	vpc := pair(particle("net", "AWS::EC2::VPC", `{"CidrBlock": "10.0.0.0/16"}`), resource("vpc-0a1b2c3d4e", "AWS::EC2::VPC", `{"CidrBlock": "10.0.0.0/16"}`))
	subnet := func(live string) drift.Pair {
		return pair(
			particle("a", "AWS::EC2::Subnet", `{"VpcId": {"?": "AWS assigns it", "ref": "Ref net", "to": "net"}}`),
			resource("subnet-1", "AWS::EC2::Subnet", `{"VpcId": "`+live+`"}`),
		)
	}
	here := all(vpc, subnet("vpc-0a1b2c3d4e"))[1]
	assert.Equal(t, drift.InSync, here.Class)
	assert.Equal(t, []drift.Normalised{{Path: "/VpcId", Pass: drift.PassReference}}, here.Normalised)

	elsewhere := all(vpc, subnet("vpc-0fffffffff"))[1]
	require.Equal(t, drift.Changed, elsewhere.Class, "it lives in another VPC")
	assert.Equal(t, "vpc-0a1b2c3d4e", elsewhere.Changes[0].Declared, "what was meant, not that it was a reference")

	assert.Equal(t, drift.Unverifiable, all(subnet("vpc-0a1b2c3d4e"))[0].Class, "the VPC was not found")
	assert.Equal(t, drift.Unverifiable, all(vpc, subnet("some name"))[1].Class, "what a Ref returns differs by type: no guess")

	lb, web := particle("lb", group, `{"GroupDescription": "d"}`), particle("web", group,
		ingress(`[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "SourceSecurityGroupId": {"?": "x", "ref": "Ref lb", "to": "lb"}}]`))
	from := func(id string) *inventory.Resource {
		return resource("sg-2", group, ingress(`[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "SourceSecurityGroupId": "`+id+`"}]`))
	}
	assert.Equal(t, drift.InSync, all(pair(lb, resource("sg-1", group, `{}`)), pair(web, from("sg-1")))[1].Class)
	assert.Equal(t, drift.Changed, all(pair(lb, resource("sg-1", group, `{}`)), pair(web, from("sg-9")))[1].Class)
	assert.Equal(t, drift.Unverifiable, all(pair(lb), pair(web, from("sg-9")))[1].Class)
}

// TestTextAroundReferences: what stands in a text is known once the resources are.
func TestTextAroundReferences(t *testing.T) {
	data := pair(particle("data", s3, `{}`), resource("orders-data", s3, `{"BucketName": "orders-data", "Arn": "arn:aws:s3:::orders-data"}`))
	policy := func(resources, live string) drift.Pair {
		statement := `{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": %s}]}`
		return pair(
			particle("p", bpolicy, bucketPolicy(fmt.Sprintf(statement, resources))),
			resource("b", bpolicy, bucketPolicy(fmt.Sprintf(statement, live))),
		)
	}
	sub := func(symbol string) string { return `{"?": "known only at deployment", "ref": "` + symbol + `"}` }
	for _, c := range []struct {
		why, declared, live string
		want                drift.Class
	}{
		{"an attribute in a text", sub("Sub ${GetAtt data.Arn}/*"), `"arn:aws:s3:::orders-data/*"`, drift.InSync},
		{"of another bucket", sub("Sub ${GetAtt data.Arn}/*"), `"arn:aws:s3:::other/*"`, drift.Changed},
		{"pseudo parameters, known where the resource lives", sub("Sub arn:${Ref AWS::Partition}:sqs:${Ref AWS::Region}:${Ref AWS::AccountId}:q"), `"arn:aws:sqs:eu-west-1:111122223333:q"`, drift.InSync},
		{"another region", sub("Sub arn:${Ref AWS::Partition}:sqs:${Ref AWS::Region}:${Ref AWS::AccountId}:q"), `"arn:aws:sqs:us-east-1:111122223333:q"`, drift.Changed},
		{"one part is not known", sub("Sub ${GetAtt data.Arn}/${Ref Prefix}/*"), `"arn:aws:s3:::orders-data/x/*"`, drift.Unverifiable},
		{"a policy variable is text", sub("Sub ${GetAtt data.Arn}/${aws:username}"), `"arn:aws:s3:::orders-data/${aws:username}"`, drift.InSync},
		{"a reference in a list", `["a", ` + sub("GetAtt data.Arn") + `]`, `["arn:aws:s3:::orders-data", "a"]`, drift.InSync},
	} {
		d := all(data, policy(c.declared, c.live))[1]
		assert.Equal(t, c.want, d.Class, "%s: %+v %+v", c.why, d.Changes, d.Unverified)
	}

	secret := pair(particle("x", s3, `{"BucketName": {"?": "NoEcho", "ref": "GetAtt data.Arn", "secret": true}}`), resource("x", s3, `{"BucketName": "arn:aws:s3:::orders-data"}`))
	assert.Equal(t, drift.Unverifiable, all(data, secret)[1].Class, "a secret is never looked up")
}

// TestRegionOfWhatHasNone: a role lives nowhere; its stack does.
func TestRegionOfWhatHasNone(t *testing.T) {
	text := `{"Description": {"?": "known only at deployment", "ref": "Sub for ${Ref AWS::Region}"}, "AssumeRolePolicyDocument": {"Statement": []}}`
	read := func(others ...drift.Pair) drift.Class {
		return all(append(others, pair(particle("r", role, text), resource("r", role, `{"Description": "for eu-west-1", "AssumeRolePolicyDocument": {"Statement": []}}`)))...)[len(others)].Class
	}
	here := pair(particle("a", group, `{}`), resource("sg-1", group, `{}`))
	there := pair(particle("b", group, `{}`), resource("sg-2", group, `{}`))
	there.Live[0].Ref.Region = "us-east-1"
	assert.Equal(t, drift.InSync, read(here))
	assert.Equal(t, drift.Changed, read(there))
	assert.Equal(t, drift.Unverifiable, read(here, there), "two regions: which one is not known")
	assert.Equal(t, drift.Unverifiable, read())
}

// TestReferencesStayInTheirTarget: an app in two regions refers to its own in each.
func TestReferencesStayInTheirTarget(t *testing.T) {
	in := func(where, id string) drift.Pair {
		p := pair(particle("net", "AWS::EC2::VPC", `{}`), resource(id, "AWS::EC2::VPC", `{}`))
		p.Target = inventory.Target{Account: account, Region: where}
		return p
	}
	subnet := pair(particle("a", "AWS::EC2::Subnet", `{"VpcId": {"?": "x", "ref": "Ref net", "to": "net"}}`), resource("subnet-1", "AWS::EC2::Subnet", `{"VpcId": "vpc-0bbbbbbbbb"}`))
	subnet.Target = inventory.Target{Account: account, Region: "us-east-1"}
	assert.Equal(t, drift.InSync, all(in(region, "vpc-0aaaaaaaaa"), in("us-east-1", "vpc-0bbbbbbbbb"), subnet)[2].Class)
	assert.Equal(t, drift.Changed, all(in(region, "vpc-0bbbbbbbbb"), in("us-east-1", "vpc-0aaaaaaaaa"), subnet)[2].Class)
}

// TestGroupNames is T20 as far as names are in the snapshot.
func TestGroupNames(t *testing.T) {
	named := resource("sg-1", group, `{"GroupName": "lb", "VpcId": "vpc-1"}`)
	live := resource("sg-2", group, `{"VpcId": "vpc-1", "SecurityGroupIngress": [{"IpProtocol": "-1", "SourceSecurityGroupId": "sg-1"}]}`)
	read := func(name string) drift.Class {
		p := pair(particle("web", group, `{"SecurityGroupIngress": [{"IpProtocol": "-1", "SourceSecurityGroupName": "`+name+`"}]}`), live)
		return drift.Compare(p, drift.Context{Live: snapshot(named, live), Now: now}).Class
	}
	assert.Equal(t, drift.InSync, read("lb"), "the name is that of the group that lives")
	assert.Equal(t, drift.Unverifiable, read("gone"), "a name that nobody has")
	named.Ref.ID = "sg-3"
	assert.Equal(t, drift.Changed, read("lb"), "the name is that of another group")
}

func TestReplacement(t *testing.T) {
	for _, c := range []struct{ why, typ, declared, live, want string }{
		{"a description is set at creation", group, `{"GroupDescription": "a"}`, `{"GroupDescription": "b"}`, drift.ReplaceYes},
		{"rules are not", group, ingress(`[` + https + `]`), `{"GroupDescription": "d"}`, drift.ReplaceNo},
		{"an engine may need it", rds, `{"Engine": "a"}`, `{"Engine": "b"}`, drift.ReplaceMaybe},
		{"an unknown type", "Custom::Thing", `{"A": 1}`, `{"A": 2}`, drift.ReplaceNo},
	} {
		d := compare(c.typ, c.declared, c.live)
		require.NotEmpty(t, d.Changes, c.why)
		assert.Equal(t, c.want, d.Changes[0].Replacement, c.why)
	}
}

func TestIgnore(t *testing.T) {
	const scaling = "AWS::AutoScaling::AutoScalingGroup"
	rule := inventory.Ignore{Path: "/DesiredCapacity", When: "bounds", Reason: "scales itself"}
	within := func(_ string, value, _ any, _ map[string]any) (bool, error) {
		return value == "2" || value == "10", nil
	}
	run := func(declared, live string, evaluate func(string, any, any, map[string]any) (bool, error), rules ...inventory.Ignore) drift.Drift {
		p, l := particle("x", scaling, declared), resource("x", scaling, live)
		p.Ignore = rules
		return drift.Compare(pair(p, l), drift.Context{Live: snapshot(l), Now: now, Ignore: evaluate})
	}
	d := run(`{"DesiredCapacity": "5"}`, `{"DesiredCapacity": "10"}`, within, rule)
	assert.Equal(t, drift.InSync, d.Class, "within its bounds it is not drift")
	require.Len(t, d.Ignored, 1, "and it is kept")
	assert.Equal(t, "scales itself", d.Ignored[0].Reason)
	assert.Empty(t, d.UnusedIgnores)

	d = run(`{"DesiredCapacity": "5"}`, `{"DesiredCapacity": "50"}`, within, rule)
	assert.Equal(t, drift.Changed, d.Class, "outside it is")

	d = run(`{"MinSize": "1"}`, `{"MinSize": "1", "DesiredCapacity": "50"}`, within, rule)
	assert.Equal(t, drift.Changed, d.Class, "the bounds hold for a value that nobody declares, too")
	d = run(`{"MinSize": "1"}`, `{"MinSize": "1", "DesiredCapacity": "2"}`, within, rule)
	assert.Equal(t, drift.InSync, d.Class)

	d = run(`{"DesiredCapacity": "5", "MinSize": "1"}`, `{"DesiredCapacity": "10", "MinSize": "2"}`, within, rule)
	assert.Equal(t, drift.Changed, d.Class, "what it does not name is not covered")
	assert.Len(t, d.Ignored, 1)

	expired := rule
	expired.Until = now
	d = run(`{"DesiredCapacity": "5"}`, `{"DesiredCapacity": "10"}`, within, expired)
	assert.Equal(t, drift.Changed, d.Class, "its date has come")
	expired.Until = now.Add(time.Second)
	assert.Equal(t, drift.InSync, run(`{"DesiredCapacity": "5"}`, `{"DesiredCapacity": "10"}`, within, expired).Class)

	d = run(`{"DesiredCapacity": "5"}`, `{"DesiredCapacity": "5"}`, within, rule)
	assert.Equal(t, []inventory.Ignore{rule}, d.UnusedIgnores, "a rule that covers nothing is reported")

	broken := func(string, any, any, map[string]any) (bool, error) { return false, errors.New("no such key") }
	d = run(`{"DesiredCapacity": "5"}`, `{"DesiredCapacity": "10"}`, broken, rule)
	assert.Equal(t, drift.Changed, d.Class, "a rule that breaks covers nothing")
	assert.Contains(t, d.Changes[0].Reason, "no such key")
	d = run(`{"DesiredCapacity": "5"}`, `{"DesiredCapacity": "10"}`, nil, rule)
	assert.Equal(t, drift.Changed, d.Class, "nor one that nobody can evaluate")

	for path, want := range map[string]drift.Class{"/Tags/*/Value": drift.InSync, "/Tags/a": drift.InSync, "/Tags": drift.InSync, "/Tags/b": drift.Changed} {
		p, l := particle("x", s3, `{"Tags": [{"Key": "a", "Value": "1"}]}`), resource("x", s3, `{"Tags": [{"Key": "a", "Value": "2"}]}`)
		p.Ignore = []inventory.Ignore{{Path: path, Reason: "others write it"}}
		assert.Equal(t, want, all(pair(p, l))[0].Class, "a tag by its key or as the schema has it: %s", path)
	}

	p, l := particle("x", scaling, `{"DesiredCapacity": "5"}`), resource("x", scaling, `{"DesiredCapacity": "10"}`)
	p.Ignore, l.Owned.App = []inventory.Ignore{{Path: "", Reason: "all"}}, "billing"
	assert.Equal(t, drift.OwnerConflict, all(pair(p, l))[0].Class, "it never covers an owner conflict")
}

func TestSecretsAreMasked(t *testing.T) {
	const secret = "hunter2"
	const function = "AWS::Lambda::Function"
	const task = "AWS::ECS::TaskDefinition"
	for _, c := range []struct{ why, typ, declared, live string }{
		{"write-only", rds, `{"MasterUserPassword": "hunter2"}`, `{}`},
		{"by name in a free-form map", function, `{"Environment": {"Variables": {"DB_PASSWORD": "hunter2"}}}`, `{"Environment": {"Variables": {"DB_PASSWORD": "old"}}}`},
		{"as a whole map", function, `{"Environment": {"Variables": {"DB_PASSWORD": "hunter2", "A": "1"}}}`, `{}`},
		{"the live side of a secret parameter", function, `{"Environment": {"Variables": {"X": {"?": "NoEcho", "secret": true}}}}`, `{"Environment": "hunter2"}`},
		{"by the name beside it", task, `{"ContainerDefinitions": [{"Name": "a", "Image": "i", "Environment": [{"Name": "DB_PASSWORD", "Value": "new"}]}]}`, `{"ContainerDefinitions": [{"Name": "a", "Image": "i", "Environment": [{"Name": "DB_PASSWORD", "Value": "hunter2"}]}]}`},
		{"in an undeclared element", task, `{"ContainerDefinitions": [{"Name": "a", "Image": "i", "Environment": [{"Name": "A", "Value": "new"}]}]}`, `{"ContainerDefinitions": [{"Name": "a", "Image": "i", "Environment": [{"Name": "A", "Value": "new"}, {"Name": "API_TOKEN", "Value": "hunter2"}]}]}`},
		{"undeclared", function, `{"Role": "r"}`, `{"Role": "r", "Environment": {"Variables": {"DB_PASSWORD": "hunter2"}}}`},
		{"in a tag", s3, `{"Tags": [{"Key": "Password", "Value": "hunter2"}]}`, `{"Tags": [{"Key": "Password", "Value": "x"}]}`},
	} {
		d := compare(c.typ, c.declared, c.live)
		require.NotEmpty(t, d.Changes, c.why)
		printed := fmt.Sprintf("%+v %+v %+v %s", d.Changes, d.Ignored, d.Unverified, d.Reason)
		assert.NotContains(t, printed, secret, c.why)
		assert.Contains(t, printed, inventory.Sensitive, c.why)
	}
	d := compare(rds, `{"ManageMasterUserPassword": true, "Port": "1"}`, `{"ManageMasterUserPassword": false, "Port": "1"}`)
	assert.Equal(t, true, d.Changes[0].Declared, "a flag is no secret")
}

func TestDeletedPrincipalIsNamed(t *testing.T) {
	d := compare(role,
		trust(`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/ci"}, "Action": "sts:AssumeRole"}`),
		trust(`{"Effect": "Allow", "Principal": {"AWS": "AROAEXAMPLEEXAMPLE"}, "Action": "sts:AssumeRole"}`))
	require.Len(t, d.Changes, 1)
	assert.Contains(t, d.Changes[0].Reason, "deleted-principal")
	assert.Equal(t, "/AssumeRolePolicyDocument/Statement/0", d.Changes[0].Path)
}

// TestReadableChanges: a change names the smallest thing that changed.
func TestReadableChanges(t *testing.T) {
	for _, c := range []struct {
		why, typ, declared, live string
		want                     []string // path kind
	}{
		{"a leaf", s3, `{"VersioningConfiguration": {"Status": "Enabled"}}`, `{"VersioningConfiguration": {"Status": "Suspended"}}`, []string{"/VersioningConfiguration/Status differs"}},
		{"an object that is gone, once", s3, allPAB, `{}`, []string{"/PublicAccessBlockConfiguration differs"}},
		{"a list of values as a whole", role, `{"AssumeRolePolicyDocument": {"Statement": []}, "ManagedPolicyArns": ["a", "b"]}`, `{"AssumeRolePolicyDocument": {"Statement": []}, "ManagedPolicyArns": ["c", "a"]}`, []string{"/ManagedPolicyArns differs"}},
		{"an element by its key", role, `{"AssumeRolePolicyDocument": {"Statement": []}, "Policies": [{"PolicyName": "a", "PolicyDocument": {"Statement": {"Effect": "Allow"}}}]}`, `{"AssumeRolePolicyDocument": {"Statement": []}, "Policies": [{"PolicyName": "b", "PolicyDocument": {}}, {"PolicyName": "a", "PolicyDocument": {"Statement": {"Effect": "Deny"}}}]}`, []string{"/Policies differs", "/Policies/0/PolicyDocument/Statement/0 differs"}},
		{"one rule for another", group, ingress(`[` + https + `]`), ingress(`[` + ssh + `]`), []string{"/SecurityGroupIngress/0 differs"}},
		{"a tag by its name", s3, `{"Tags": [{"Key": "a/b", "Value": "1"}]}`, `{"Tags": [{"Key": "a/b", "Value": "2"}, {"Key": "c", "Value": "3"}]}`, []string{"/Tags/a~1b differs", "/Tags/c undeclared"}},
	} {
		var got []string
		for _, change := range compare(c.typ, c.declared, c.live).Changes {
			got = append(got, change.Path+" "+string(change.Kind))
		}
		assert.Equal(t, c.want, got, c.why)
	}
}

// TestNormalisersAreRecorded: an equality that is not plain says why it holds.
func TestNormalisersAreRecorded(t *testing.T) {
	for _, c := range []struct{ typ, declared, live, path, pass string }{
		{"AWS::AutoScaling::AutoScalingGroup", `{"MinSize": "2"}`, `{"MinSize": 2}`, "/MinSize", drift.PassScalar},
		{role, `{"Description": ""}`, `{}`, "/Description", drift.PassEmpty},
		{role, `{"ManagedPolicyArns": ["a", "b"]}`, `{"ManagedPolicyArns": ["b", "a"]}`, "/ManagedPolicyArns", drift.PassOrder},
		{role, trust(`{"Effect": "Allow", "Principal": "*", "Action": "a"}`), trust(`{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["a"]}`), "/AssumeRolePolicyDocument", drift.PassPolicy},
		{group, ingress(`[` + https + `,` + ssh + `]`), ingress(`[` + ssh + `,` + https + `]`), "/SecurityGroupIngress", drift.PassRules},
		{rds, `{"DBInstanceIdentifier": "A"}`, `{"DBInstanceIdentifier": "a"}`, "/DBInstanceIdentifier", drift.PassTransform},
		{"AWS::StepFunctions::StateMachine", `{"DefinitionString": "{ \"A\": 1}"}`, `{"DefinitionString": "{\"A\":1}"}`, "/DefinitionString", drift.PassDocument},
	} {
		d := compare(c.typ, c.declared, c.live)
		assert.Contains(t, d.Normalised, drift.Normalised{Path: c.path, Pass: c.pass}, "%s %+v", c.typ, d.Changes)
	}
	assert.Empty(t, compare(rds, `{"Port": "1"}`, `{"Port": "1"}`).Normalised, "plain equality needs none")
}

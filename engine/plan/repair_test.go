package plan

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

const (
	bucket = "AWS::S3::Bucket"
	group  = "AWS::EC2::SecurityGroup"
	role   = "AWS::IAM::Role"
	table  = "AWS::DynamoDB::Table"
	db     = "AWS::RDS::DBInstance"
	vm     = "AWS::EC2::Instance"
	queues = "AWS::SQS::Queue"
)

// What differs is repaired, or refused with the reason: by declared and live value.
func TestRepairOne(t *testing.T) {
	const openRule = `{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}`
	const webRule = `{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}`
	for _, c := range []struct {
		why            string
		typ            string
		declared, live string
		edit           func(p *inventory.Particle, l *inventory.Resource, in *RepairInput)
		verb           Verb // of the one action; empty: none
		patch          []Change
		refused        Reason // of the one refusal; empty: none
	}{
		{why: "a value in place", typ: queues, declared: `{"DelaySeconds": 5}`, live: `{"DelaySeconds": 1, "VisibilityTimeout": 30}`, verb: Update, patch: []Change{{Path: "/DelaySeconds", From: int64(1), To: int64(5)}}},
		{why: "as deep as objects go", typ: bucket, declared: `{"VersioningConfiguration": {"Status": "Enabled"}}`, live: `{"VersioningConfiguration": {"Status": "Suspended"}}`, verb: Update, patch: []Change{{Path: "/VersioningConfiguration/Status", From: "Suspended", To: "Enabled"}}},
		{why: "a tag by its key, on a type that calls them Tags", typ: queues, declared: `{"Tags": [{"Key": "team", "Value": "a"}]}`, live: `{"Tags": [{"Key": "team", "Value": "b"}, {"Key": "x", "Value": "y"}]}`, verb: Tag, patch: []Change{{Path: "/Tags/team", Tag: "team", From: "b", To: "a"}}},
		{why: "an open door is closed, and the other rule stays", typ: group, declared: `{"GroupDescription": "web", "SecurityGroupIngress": [` + webRule + `]}`, live: `{"GroupDescription": "web", "SecurityGroupIngress": [` + openRule + `, ` + webRule + `]}`, verb: Update, patch: []Change{{Path: "/SecurityGroupIngress", From: js(`{"l": [` + openRule + `, ` + webRule + `]}`)["l"], To: js(`{"l": [` + webRule + `]}`)["l"]}}},
		{why: "never 3: a rule more is access more, declared or not", typ: group, declared: `{"GroupDescription": "web", "SecurityGroupIngress": [` + openRule + `, ` + webRule + `]}`, live: `{"GroupDescription": "web", "SecurityGroupIngress": [` + webRule + `]}`, refused: Widening},
		{why: "public access block on again", typ: bucket, declared: `{"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}`, live: `{"PublicAccessBlockConfiguration": {"BlockPublicAcls": false}}`, verb: Update, patch: []Change{{Path: "/PublicAccessBlockConfiguration/BlockPublicAcls", From: false, To: true}}},
		{why: "never 3: public access block off", typ: bucket, declared: `{"PublicAccessBlockConfiguration": {"BlockPublicAcls": false}}`, live: `{"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}`, refused: Widening},
		{why: "never 1: replacement", typ: table, declared: `{"TableName": "a", "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}`, live: `{"TableName": "b", "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}`, refused: Replacement},
		{why: "never 1: a key is not switched off", typ: "AWS::KMS::Key", declared: `{"Enabled": false}`, live: `{"Enabled": true}`, refused: SwitchOff},
		{why: "never 2: trust", typ: role, declared: `{"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*"}]}}`, live: `{"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]}}`, refused: LockOut},
		{why: "never 2: what the program runs as", typ: role, declared: `{"Description": "a"}`, live: `{"Description": "b"}`, edit: func(_ *inventory.Particle, _ *inventory.Resource, in *RepairInput) { in.Self = []string{"it"} }, refused: OwnIdentity},
		{why: "never 3: a policy attached", typ: role, declared: `{"ManagedPolicyArns": ["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"]}`, live: `{"ManagedPolicyArns": ["arn:aws:iam::aws:policy/A"]}`, refused: Widening},
		{why: "a policy detached", typ: role, declared: `{"ManagedPolicyArns": ["arn:aws:iam::aws:policy/A"]}`, live: `{"ManagedPolicyArns": ["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/AdministratorAccess"]}`, verb: Update, patch: []Change{{Path: "/ManagedPolicyArns", From: []any{"arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/AdministratorAccess"}, To: []any{"arn:aws:iam::aws:policy/A"}}}},
		{why: "never 4: encryption key", typ: queues, declared: `{"KmsMasterKeyId": "alias/a"}`, live: `{"KmsMasterKeyId": "alias/b"}`, refused: EncryptionKey},
		{why: "never 4: an older engine", typ: db, declared: `{"EngineVersion": "14.2"}`, live: `{"EngineVersion": "14.11"}`, refused: Downgrade},
		{why: "never 4: less storage", typ: db, declared: `{"AllocatedStorage": "20"}`, live: `{"AllocatedStorage": "100"}`, refused: Shrink},
		{why: "never 5: protected", typ: db, declared: `{"MonitoringInterval": 5}`, live: `{"MonitoringInterval": 1, "DeletionProtection": true}`, refused: Protected},
		{why: "never 6: a controller keeps it", typ: queues, declared: `{"DelaySeconds": 5}`, live: `{"DelaySeconds": 1, "Tags": [{"Key": "aws:autoscaling:groupName", "Value": "x"}]}`, refused: OtherManager},
		{why: "never 6: a stack of which nothing is known", typ: queues, declared: `{"DelaySeconds": 5}`, live: `{"DelaySeconds": 1, "Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "x"}]}`, refused: OtherManager},
		{why: "a stack at rest", typ: queues, declared: `{"DelaySeconds": 5}`, live: `{"DelaySeconds": 1, "Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "x"}]}`, verb: Update, patch: []Change{{Path: "/DelaySeconds", From: int64(1), To: int64(5)}}, edit: func(_ *inventory.Particle, _ *inventory.Resource, in *RepairInput) {
			stack := live("x", "AWS::CloudFormation::Stack", `{"StackName": "x"}`)
			stack.State = "UPDATE_COMPLETE"
			in.Live.Resources = append(in.Live.Resources, stack)
		}},
		{why: "never 7: only attributed", typ: queues, declared: `{"DelaySeconds": 5}`, live: `{"DelaySeconds": 1}`, edit: func(_ *inventory.Particle, _ *inventory.Resource, in *RepairInput) {
			in.Attributions[0].Class = owner.Attributed
		}, refused: LowConfidence},
		{why: "never 7: a gap where it lives", typ: queues, declared: `{"DelaySeconds": 5}`, live: `{"DelaySeconds": 1}`, edit: func(_ *inventory.Particle, _ *inventory.Resource, in *RepairInput) {
			in.Live.Gaps = []inventory.Gap{{Account: account, Region: region, Type: queues, Reason: inventory.Throttled}}
		}, refused: InGap},
		{why: "never 8: a secret", typ: "AWS::Lambda::Function", declared: `{"Environment": {"Variables": {"DB_PASSWORD": "hunter2"}}}`, live: `{"Environment": {"Variables": {"DB_PASSWORD": "hunter1"}}}`, refused: ValueUnknown},
		{why: "never 9: routes", typ: "AWS::EC2::Route", declared: `{"GatewayId": "igw-1"}`, live: `{"GatewayId": "igw-2"}`, refused: Routing},
		{why: "never 10: it is changing", typ: db, declared: `{"MonitoringInterval": 5}`, live: `{"MonitoringInterval": 1}`, edit: nil, refused: Transitional},
		{why: "the particle does not manage updates", typ: queues, declared: `{"DelaySeconds": 5}`, live: `{"DelaySeconds": 1}`, edit: func(p *inventory.Particle, _ *inventory.Resource, _ *RepairInput) { p.Manage = nil }, refused: NotManaged},
		{why: "no writer", typ: queues, declared: `{"DelaySeconds": 5}`, live: `{"DelaySeconds": 1}`, edit: func(_ *inventory.Particle, _ *inventory.Resource, in *RepairInput) {
			in.Can = func(Verb, string, Change) string { return "no writer yet" }
		}, refused: Unsupported},
		{why: "another account", typ: queues, declared: `{"DelaySeconds": 5}`, live: `{"DelaySeconds": 1}`, edit: func(_ *inventory.Particle, _ *inventory.Resource, in *RepairInput) { in.Account = "9" }, refused: OtherAccount},
		{why: "in sync", typ: queues, declared: `{"DelaySeconds": 5}`, live: `{"DelaySeconds": 5}`},
	} {
		t.Run(c.why, func(t *testing.T) {
			p, l := particle("it", c.typ, c.declared), live("it", c.typ, c.live)
			if c.refused == Transitional {
				l.State = "modifying"
			}
			got, _, err := repairOf([]drift.Pair{pair(p, l)}, func(in *RepairInput) {
				if c.edit != nil {
					c.edit(p, l, in)
				}
			})
			require.NoError(t, err)
			if c.verb == "" {
				assert.Empty(t, got.Actions)
			} else if assert.Len(t, got.Actions, 1, "%+v", got.Refused) {
				assert.Equal(t, c.verb, got.Actions[0].Verb)
				assert.Equal(t, c.patch, got.Actions[0].Patch)
			}
			if c.refused == "" {
				assert.Empty(t, got.Refused)
			} else if assert.Len(t, got.Refused, 1) {
				assert.Equal(t, c.refused, got.Refused[0].Reason)
			}
			assert.Equal(t, c.verb != "", got.Applyable)
		})
	}
}

func TestRepairState(t *testing.T) {
	for _, c := range []struct {
		declared inventory.DesiredState
		live     string
		edit     func(p *inventory.Particle, l *inventory.Resource)
		verb     Verb
		refused  Reason
	}{
		{declared: inventory.Running, live: "stopped", verb: Start},
		{declared: inventory.Stopped, live: "running", verb: Stop},
		{declared: inventory.Stopped, live: "running", edit: func(p *inventory.Particle, _ *inventory.Resource) { p.Protect = true }, refused: Protected},
		{declared: inventory.Stopped, live: "running", edit: func(_ *inventory.Particle, l *inventory.Resource) { l.Tags["pcf:protect"] = "" }, refused: Protected},
		{declared: inventory.Terminated, live: "running", refused: NeedsReaper},
		{declared: inventory.Running, live: "terminated", refused: NotStartable},
		{declared: inventory.Running, live: "stopping", refused: Transitional},
	} {
		p, l := particle("it", vm, `{}`), live("i-1", vm, `{}`)
		p.State, l.State = c.declared, c.live
		if c.edit != nil {
			c.edit(p, l)
		}
		got, _, err := repairOf([]drift.Pair{pair(p, l)}, nil)
		require.NoError(t, err)
		if c.verb != "" {
			require.Len(t, got.Actions, 1, "%+v", c)
			assert.Equal(t, c.verb, got.Actions[0].Verb)
		} else {
			require.Len(t, got.Refused, 1, "%+v", c)
			assert.Equal(t, c.refused, got.Refused[0].Reason, "%+v", c)
		}
	}
}

func TestRepairVersionSkew(t *testing.T) {
	for _, c := range []struct {
		liveVersion string
		refused     Reason
	}{{"1", ""}, {"3", StaleDeclaration}, {"blue", UnorderedSkew}} {
		p, l := particle("it", queues, `{"DelaySeconds": 5}`), live("it", queues, `{"DelaySeconds": 5}`)
		l.Tags = OwnerTagsOf(p)
		l.Tags["pcf:version"] = c.liveVersion
		pr := pair(p, l)
		pr.LiveVersion = c.liveVersion
		got, _, err := repairOf([]drift.Pair{pr}, nil)
		require.NoError(t, err)
		if c.refused == "" {
			require.Len(t, got.Actions, 1)
			assert.Equal(t, []Change{{Path: "/Tags/pcf:version", Tag: "pcf:version", From: "1", To: "2"}}, got.Actions[0].Patch)
			continue
		}
		require.Empty(t, got.Actions)
		assert.Equal(t, c.refused, got.Refused[0].Reason)
	}
}

func unknownRef(symbol string) *inventory.Unknown {
	return &inventory.Unknown{Because: "assigned at deployment", Symbol: symbol, Target: "x"}
}

// What is missing is created, what it refers to first; references lead to what lives or to
// what will.
func TestRepairCreates(t *testing.T) {
	web := particle("a-web", group, `{"GroupDescription": "web"}`)
	web.Resource.Properties["VpcId"] = unknownRef("Ref net")
	fn := particle("a-fn", "AWS::Lambda::Function", `{}`)
	fn.Resource.Properties["Role"] = unknownRef("GetAtt z-role.Arn")
	fn.Resource.Properties["Description"] = unknownRef("Sub in ${Ref AWS::Region}, ${Ref a-web} of ${Ref net} ${literal}")
	fn.Resource.Properties["VpcConfig"] = map[string]any{"SecurityGroupIds": []any{unknownRef("Ref a-web")}}
	exec := particle("z-role", role, `{}`)
	net := particle("net", "AWS::EC2::VPC", `{"CidrBlock": "10.0.0.0/16"}`)
	vpc := live("vpc-0123456789", "AWS::EC2::VPC", `{"VpcId": "vpc-0123456789", "CidrBlock": "10.0.0.0/16"}`)
	ring := particle("ring", group, `{"GroupDescription": "x"}`)
	ring.Resource.Properties["GroupName"] = unknownRef("Ref ring2")
	ring2 := particle("ring2", group, `{"GroupDescription": "x"}`)
	ring2.Resource.Properties["GroupName"] = unknownRef("Ref ring")
	after := particle("zz", group, `{"GroupDescription": "x"}`)
	after.Resource.Properties["GroupName"] = unknownRef("Ref ring")
	open := particle("open", group, `{"GroupDescription": "x"}`)
	open.Resource.Properties["VpcId"] = &inventory.Unknown{Because: "parameter Net has no value", Symbol: "Ref Net"}
	kept := particle("kept", bucket, `{}`)
	not := particle("not", bucket, `{}`)
	not.Manage = nil
	secret := particle("secret", db, `{"MasterUserPassword": "hunter2"}`)

	pairs := []drift.Pair{pair(web), pair(fn), pair(exec), pair(net, vpc), pair(ring), pair(ring2), pair(after), pair(open), pair(kept), pair(not), pair(secret)}
	plan := func(pairs []drift.Pair) *Plan {
		got, _, err := repairOf(pairs, func(in *RepairInput) {
			in.Existed = func(p *inventory.Particle, a, r string) bool {
				assert.Equal(t, []string{account, region}, []string{a, r})
				return p.Name == "kept"
			}
		})
		require.NoError(t, err)
		return got
	}
	got := plan(pairs)
	var order []string
	byName := map[string]Action{}
	for _, a := range got.Actions {
		order = append(order, a.Resource.LogicalID)
		byName[a.Resource.LogicalID] = a
	}
	assert.Equal(t, []string{"a-web", "z-role", "a-fn"}, order)
	assert.Equal(t, "vpc-0123456789", byName["a-web"].Properties["VpcId"], "what lives is known")
	assert.Equal(t, inventory.GlobalRegion, byName["z-role"].Resource.Region)
	assert.ElementsMatch(t, []string{byName["a-web"].ID, byName["z-role"].ID}, byName["a-fn"].Needs)
	assert.Equal(t, map[string]string{"pcf:app": "orders", "pcf:environment": "dev", "pcf:version": "2", "pcf:particle": "a-fn"}, byName["a-fn"].Tags)

	created := map[string]*inventory.Resource{byName["a-web"].ID: live("sg-1", group, `{}`), byName["z-role"].ID: live("r", role, `{"Arn": "arn:aws:iam::1:role/r"}`)}
	resolved, err := Resolve(byName["a-fn"].Properties, func(id string) *inventory.Resource { return created[id] })
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"Role": "arn:aws:iam::1:role/r", "Description": "in eu-west-1, sg-1 of vpc-0123456789 ${literal}",
		"VpcConfig": map[string]any{"SecurityGroupIds": []any{"sg-1"}},
	}, resolved)
	_, err = Resolve(byName["a-fn"].Properties, func(string) *inventory.Resource { return nil })
	assert.Error(t, err)

	refused := map[string]Reason{}
	for _, r := range got.Refused {
		refused[r.Resource.LogicalID] = r.Reason
	}
	assert.Equal(t, map[string]Reason{
		"ring": Circular, "ring2": Circular, "zz": NeedRefused, "open": ValueUnknown, "kept": StatefulGone, "not": NotManaged, "secret": ValueUnknown,
	}, refused)

	slices.Reverse(pairs)
	assert.Equal(t, got, plan(pairs), "the order of the input does not matter (SAFETY invariant 33)")
}

// What an earlier run may have left half made is still created: by the same action, whatever
// differs. What it did not make is repaired, or refused, as ever.
func TestRepairUnfinished(t *testing.T) {
	const asked = `{"GroupDescription": "d", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}]}`
	missing, _, err := repairOf([]drift.Pair{pair(particle("door", group, asked))}, nil)
	require.NoError(t, err)
	require.Len(t, missing.Actions, 1)
	create := missing.Actions[0]
	byName := func(r *inventory.Resource) *owner.Attribution {
		return &owner.Attribution{Resource: r, Class: owner.Attributed, Reason: owner.Adoptable, App: "orders"}
	}
	for _, c := range []struct {
		why, live string
		begun     time.Time // zero: never
		created   time.Duration
		tags      map[string]string
		byName    bool
		want      Reason // of the action when it is Unfinished, else of the refusal
	}{
		{why: "a rule opens what nobody opened yet", live: `{"GroupDescription": "d"}`, want: Widening},
		{why: "the run that was to open it died", live: `{"GroupDescription": "d"}`, begun: day, want: Unfinished},
		{why: "it is as declared, and not recorded", live: asked, begun: day, want: Unfinished},
		{why: "nothing tells that it is ours but its name", live: `{"GroupDescription": "d"}`, byName: true, want: LowConfidence},
		{why: "and the journal: it was about to be made just when this was", live: `{"GroupDescription": "d"}`, begun: day, byName: true, want: Unfinished},
		{why: "which this was not", live: `{"GroupDescription": "d"}`, begun: day, created: 16 * time.Minute, byName: true, want: LowConfidence},
		{why: "nor this", live: `{"GroupDescription": "d"}`, begun: day, created: -6 * time.Minute, byName: true, want: LowConfidence},
		{why: "somebody claims it", live: `{"GroupDescription": "d"}`, begun: day, tags: map[string]string{"pcf:app": "shop"}, byName: true, want: LowConfidence},
	} {
		t.Run(c.why, func(t *testing.T) {
			there := live("sg-0123456789", group, c.live)
			there.Created, there.Tags = day.Add(c.created), c.tags
			got, _, err := repairOf([]drift.Pair{pair(particle("door", group, asked), there)}, func(in *RepairInput) {
				in.Begun = func(action string) (time.Time, bool) { return c.begun, action == create.ID && !c.begun.IsZero() }
				if c.byName {
					in.Attributions = []*owner.Attribution{byName(there)}
				}
			})
			require.NoError(t, err)
			if c.want != Unfinished {
				require.Len(t, got.Refused, 1)
				assert.Equal(t, c.want, got.Refused[0].Reason)
				assert.Empty(t, got.Actions)
				return
			}
			require.Len(t, got.Actions, 1)
			assert.Empty(t, got.Refused)
			again := got.Actions[0]
			assert.Equal(t, "sg-0123456789", again.Resource.ID)
			again.Resource.ID, again.Reason, again.Detail = "", create.Reason, create.Detail
			assert.Equal(t, create, again)
		})
	}
}

// Applying a repair leaves no difference but those that the plan refused (law I8), and the
// second plan is empty.
func TestRepairConverges(t *testing.T) {
	rules := []any{}
	for _, cidr := range []string{"10.0.0.0/8", "172.16.0.0/12", "0.0.0.0/0"} {
		for _, port := range []int64{22, 443} {
			rules = append(rules, map[string]any{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": cidr})
		}
	}
	some := func(t *rapid.T, from []any, name string) []any {
		l := rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, len(from), func(e any) string { return canonical(e) }).Draw(t, name)
		out := make([]any, len(l))
		for i, e := range l {
			out[i] = inventory.Clone(e)
		}
		return out
	}
	draw := func(t *rapid.T, typ string) map[string]any {
		props := map[string]any{}
		maybe := func(name string, v any) {
			if rapid.IntRange(0, 3).Draw(t, name+" is there") > 0 {
				props[name] = v
			}
		}
		text := rapid.SampledFrom([]any{"a", "b", "c"})
		tags := func() []any {
			var l []any
			for _, k := range some(t, []any{"team", "stage", "x/y"}, "tags") {
				l = append(l, map[string]any{"Key": k, "Value": text.Draw(t, "value")})
			}
			return l
		}
		switch typ {
		case group:
			props["GroupDescription"] = "web"
			maybe("SecurityGroupIngress", some(t, rules, "rules"))
			maybe("Tags", tags())
		case queues:
			maybe("DelaySeconds", rapid.Int64Range(0, 3).Draw(t, "delay"))
			maybe("RedrivePolicy", map[string]any{"maxReceiveCount": rapid.Int64Range(1, 3).Draw(t, "count"), "deadLetterTargetArn": text.Draw(t, "arn")})
			maybe("Tags", tags())
		case bucket:
			maybe("VersioningConfiguration", map[string]any{"Status": rapid.SampledFrom([]any{"Enabled", "Suspended"}).Draw(t, "status")})
			maybe("LifecycleConfiguration", map[string]any{"Rules": []any{
				map[string]any{"Id": "one", "Status": "Enabled", "ExpirationInDays": rapid.Int64Range(1, 3).Draw(t, "days")},
				map[string]any{"Id": text.Draw(t, "id"), "Status": "Disabled", "Prefix": text.Draw(t, "prefix")},
			}})
			maybe("PublicAccessBlockConfiguration", map[string]any{"BlockPublicAcls": rapid.Bool().Draw(t, "acls"), "BlockPublicPolicy": rapid.Bool().Draw(t, "policy")})
		case "AWS::Lambda::Function":
			maybe("Timeout", rapid.Int64Range(1, 3).Draw(t, "timeout"))
			maybe("Layers", some(t, []any{"l1", "l2", "l3"}, "layers"))
			maybe("Environment", map[string]any{"Variables": map[string]any{"A": text.Draw(t, "A"), "B": text.Draw(t, "B")}})
		}
		return props
	}
	repaired, refusals := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom([]string{group, queues, bucket, "AWS::Lambda::Function"}).Draw(t, "type")
		p, l := particle("it", typ, `{}`), live("it", typ, `{}`)
		sch, _ := schema.Lookup(typ)
		p.Resource.Properties, l.Properties = draw(t, typ), draw(t, typ)
		p.Resource.Tags, _ = inventory.TagsOf(sch, p.Resource.Properties)
		l.Tags, _ = inventory.TagsOf(sch, l.Properties)
		got, before, err := repairOf([]drift.Pair{pair(p, l)}, nil)
		require.NoError(t, err)
		repaired += len(got.Actions)
		refusals += len(got.Refused)
		var blamed []string
		for _, r := range got.Refused {
			blamed = append(blamed, r.By)
		}
		after := *l
		after.Properties, _ = inventory.Clone(l.Properties).(map[string]any)
		for _, a := range got.Actions {
			require.Equal(t, a.Precondition, Fingerprint(l))
			for _, c := range a.Patch {
				Set(&after, c, inventory.Clone(c.To))
			}
			require.True(t, Reached(&after, a.Patch))
			require.Equal(t, a.Precondition, Fingerprint(Undone(&after, a.Patch)), "the patch can be taken back")
		}
		again, drifts, err := repairOf([]drift.Pair{pair(p, &after)}, nil)
		require.NoError(t, err)
		for _, c := range drifts[0].Changes {
			if c.Info {
				continue
			}
			if !slices.ContainsFunc(blamed, func(by string) bool { return schema.MatchPointer(by, c.Path) || schema.MatchPointer(c.Path, by) }) {
				t.Fatalf("%s still differs: %v, lives %v; it was %+v and the plan %+v", c.Path, c.Declared, c.Live, before[0].Changes, got.Actions)
			}
		}
		require.Empty(t, again.Actions, "a second plan has nothing to do")
	})
	t.Logf("%d repaired, %d refused", repaired, refusals)
}

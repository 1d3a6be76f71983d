package owner_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// applied is the record that a particle of environment dev was applied to r.
func applied(r *inventory.Resource, app, version, particle string) inventory.Applied {
	return inventory.Applied{App: app, Environment: "dev", Version: version, Particle: particle, Ref: r.Ref, Incarnation: r.Incarnation()}
}

func has(x *owner.Attribution, source string) bool {
	for _, e := range x.Evidence {
		if e.Source == source {
			return true
		}
	}
	return false
}

// TestRecords: what we applied ourselves is ours, by a record that names the very resource.
func TestRecords(t *testing.T) {
	past := now.AddDate(0, 0, -1)
	for _, c := range []struct {
		why    string
		apps   []*inventory.App
		live   func(r *inventory.Resource) []*inventory.Resource
		record func(a *inventory.Applied)
		want   verdict
		by     string
	}{
		{why: "tags were stripped from what we own", apps: []*inventory.App{declared("orders", "1", "web")}, want: verdict{class: owner.Owned, version: "1"}, by: owner.ByRecord},
		{
			why: "of a version that has ended: it was ours", apps: []*inventory.App{retiredAt(declared("orders", "1", "web"), past)},
			want: verdict{class: owner.Orphan, reason: owner.VersionRetired, version: "1"},
		},
		{
			why: "of a particle that was removed", apps: []*inventory.App{declared("orders", "1", "db")},
			want: verdict{class: owner.Orphan, reason: owner.ParticleRemoved, version: "1"},
		},
		{why: "of an app that nobody knows", apps: nil, want: verdict{class: owner.Unknown, reason: owner.AppUnknown, version: "1"}},
		{
			why: "somebody deleted it and made another of its name", apps: []*inventory.App{declared("orders", "1", "web")},
			record: func(a *inventory.Applied) { a.Incarnation = "x@2020-01-01T00:00:00Z" }, want: verdict{class: owner.Unmanaged},
		},
		{
			why: "in another region", apps: []*inventory.App{declared("orders", "1", "web")},
			record: func(a *inventory.Applied) { a.Ref.Region = "us-east-1" }, want: verdict{class: owner.Unmanaged},
		},
		{
			why: "its tags could not be read", apps: []*inventory.App{declared("orders", "1", "web")},
			live: func(r *inventory.Resource) []*inventory.Resource {
				r.Tags = nil
				return []*inventory.Resource{r}
			},
			want: verdict{class: owner.Owned, version: "1"}, by: owner.ByRecord,
		},
		{
			why: "its tags name another app", apps: []*inventory.App{declared("orders", "1", "web"), declared("billing", "1", "web")},
			live: func(r *inventory.Resource) []*inventory.Resource {
				return []*inventory.Resource{live("x", "billing", "1", "web")}
			},
			want: verdict{class: owner.Contested, reason: owner.ClaimsDisagree, version: "1"}, by: owner.ByTag,
		},
	} {
		x := untagged(group, "x")
		x.Created = past
		world := []*inventory.Resource{x}
		if c.live != nil {
			world = c.live(x)
			world[0].Created = past
		}
		a := applied(world[0], "orders", "1", "web")
		if c.record != nil {
			c.record(&a)
		}
		result := owner.Attribute(owner.Input{Declaration: declaration(c.apps...), Live: snapshot(world...), Applied: []inventory.Applied{a}, Now: now})
		got := of(t, result, "x")
		assert.Equal(t, c.want, verdict{got.Class, got.Reason, got.Version, got.LiveVersion}, "%s: %v", c.why, got.Evidence)
	}
}

// TestRecordsInPairs: the pair carries the record that tells who moved.
func TestRecordsInPairs(t *testing.T) {
	x := untagged(group, "x")
	one := func(a []inventory.Applied, apps []*inventory.App, resources ...*inventory.Resource) owner.Pair {
		result := owner.Attribute(owner.Input{Declaration: declaration(apps...), Live: snapshot(resources...), Applied: a, Now: now})
		require.Len(t, result.Pairs, 1)
		return result.Pairs[0]
	}
	a := []inventory.Applied{applied(x, "orders", "1", "web")}
	p := one(a, []*inventory.App{declared("orders", "1", "web")}, x)
	assert.Equal(t, []any{owner.ByRecord, &a[0]}, []any{p.By, p.Applied})

	p = one(a, []*inventory.App{declared("orders", "1", "web")})
	assert.Empty(t, p.Live)
	assert.Equal(t, &a[0], p.Applied, "it was there once")

	p = one(a, []*inventory.App{declared("orders", "1", "web")}, live("y", "orders", "1", "web"))
	assert.Equal(t, owner.ByTag, p.By)
	assert.Nil(t, p.Applied, "the record is about another resource")

	p = one(a, []*inventory.App{declared("orders", "2", "web")}, live("x", "orders", "1", "web"))
	assert.Equal(t, []any{owner.ByUpgrade, &a[0]}, []any{p.By, p.Applied}, "an earlier version applied it")

	result := owner.Attribute(owner.Input{
		Declaration: declaration(declared("orders", "1", "web")), Live: snapshot(x, live("copy", "orders", "1", "web")), Applied: a, Now: now,
	})
	assert.Equal(t, owner.Owned, of(t, result, "x").Class, "what we applied, without its tags")
	assert.Equal(t, owner.Contested, of(t, result, "copy").Class, "and where somebody copied them to")
	assert.NotEmpty(t, result.Pairs[0].Conflict)
}

// TestStacks: the listing of a stack that an app declares owns what it lists.
func TestStacks(t *testing.T) {
	inStack := func(app, version string) *inventory.App {
		a := declared(app, version, "Web")
		a.Particles[0].Stack = "orders-dev"
		return a
	}
	stack := func(typ, logicalID, id string) inventory.Stack {
		return inventory.Stack{
			Ref:  inventory.Ref{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Type: "AWS::CloudFormation::Stack", ID: "arn"},
			Name: "orders-dev", Members: []inventory.StackMember{{LogicalID: logicalID, Type: typ, ID: id}},
		}
	}
	for _, c := range []struct {
		why   string
		apps  []*inventory.App
		live  *inventory.Resource
		stack inventory.Stack
		want  verdict
	}{
		{"the stack lists it", []*inventory.App{inStack("orders", "1")}, untagged(group, "x"), stack(group, "Web", "x"), verdict{class: owner.Owned, reason: owner.OfStack, version: "1"}},
		{"of two versions the newest", []*inventory.App{inStack("orders", "1"), inStack("orders", "1.10"), inStack("orders", "1.9")}, untagged(group, "x"), stack(group, "Web", "x"), verdict{class: owner.Owned, reason: owner.OfStack, version: "1.10"}},
		{"another logical id: kept by a stack, declared by nobody", []*inventory.App{inStack("orders", "1")}, untagged(group, "x"), stack(group, "Old", "x"), verdict{class: owner.Foreign, reason: owner.StillManaged}},
		{"another type", []*inventory.App{inStack("orders", "1")}, untagged(group, "x"), stack(bucket, "Web", "x"), verdict{class: owner.Unmanaged}},
		{"its tags name another app", []*inventory.App{inStack("orders", "1"), declared("billing", "1", "b")}, live("x", "billing", "1", "b"), stack(group, "Web", "x"), verdict{class: owner.Contested, reason: owner.ClaimsDisagree, version: "1"}},
		{"its tags say the same", []*inventory.App{inStack("orders", "1")}, live("x", "orders", "1", "Web"), stack(group, "Web", "x"), verdict{class: owner.Owned, version: "1"}},
		{"its tags are of a version that has ended, and the stack keeps it", []*inventory.App{retiredAt(declared("orders", "0", "Old"), now), declared("orders", "1", "Web")}, live("x", "orders", "0", "Old"), stack(group, "Old", "x"), verdict{class: owner.Unknown, reason: owner.StillManaged, version: "0"}},
		{"its tags could not be read", []*inventory.App{inStack("orders", "1")}, func() *inventory.Resource { r := untagged(group, "x"); r.Tags = nil; return r }(), stack(group, "Web", "x"), verdict{class: owner.Owned, reason: owner.OfStack, version: "1"}},
	} {
		s := snapshot(c.live)
		s.Stacks = []inventory.Stack{c.stack}
		result := owner.Attribute(owner.Input{Declaration: declaration(c.apps...), Live: s, Now: now})
		x := of(t, result, "x")
		assert.Equal(t, c.want, verdict{x.Class, x.Reason, x.Version, x.LiveVersion}, "%s: %v", c.why, x.Evidence)
		if c.want.reason == owner.OfStack {
			found := 0
			for _, p := range result.Pairs {
				if p.By == owner.ByStack {
					found++
					assert.Equal(t, c.want.version, p.Particle.Version, c.why)
				}
			}
			assert.Equal(t, 1, found, "%s: one version holds the stack", c.why)
		}
	}
}

// TestTerraformState: the id of a state owns as a written one does, and says where it is from.
func TestTerraformState(t *testing.T) {
	a := declared("orders", "1", "aws_security_group.web")
	a.Particles[0].ID, a.Particles[0].Recorded = "x", "a Terraform state records it"
	x := of(t, owner.Attribute(owner.Input{Declaration: declaration(a), Live: snapshot(untagged(group, "x")), Now: now}), "x")
	assert.Equal(t, owner.Owned, x.Class)
	assert.Equal(t, []any{"terraform", 4}, []any{x.Evidence[0].Source, x.Evidence[0].Rank})

	x = of(t, owner.Attribute(owner.Input{Declaration: declaration(a, declared("billing", "1", "b")), Live: snapshot(live("x", "billing", "1", "b")), Now: now}), "x")
	assert.Equal(t, owner.Contested, x.Class, "a state and tags that disagree")
	assert.True(t, has(x, "terraform") && has(x, "tag"), "both claims are shown")
}

// TestParents: what something keeps, or is a part of something, is that one's.
func TestParents(t *testing.T) {
	const (
		asg = "AWS::AutoScaling::AutoScalingGroup"
		eks = "AWS::EKS::Cluster"
	)
	owned := func(typ, id string) *inventory.Resource {
		r := untagged(typ, id)
		r.Tags = live(id, "orders", "1", id).Tags
		return r
	}
	child := func(typ string, tags map[string]string) *inventory.Resource {
		r := untagged(typ, "x")
		r.Tags = tags
		return r
	}
	partOf := func(typ, property, of string) *inventory.Resource {
		r := untagged(typ, "x")
		r.Properties = map[string]any{property: of}
		return r
	}
	linked := func(typ string, kind string, to *inventory.Resource) *inventory.Resource {
		r := untagged(typ, "x")
		r.Relations = []inventory.Relation{{Kind: kind, To: to.Ref}}
		return r
	}
	orders := declared("orders", "1")
	for id, typ := range map[string]string{"workers": asg, "main": eks, "box": instance, "zone": "AWS::Route53::HostedZone", "fs": "AWS::EFS::FileSystem", "vpn": "AWS::EC2::VPNGateway", "stack": "AWS::CloudFormation::Stack"} {
		add(orders, id, typ)
	}
	billing := declared("billing", "1", "b")
	for _, c := range []struct {
		why    string
		parent *inventory.Resource
		child  *inventory.Resource
		class  owner.Class
		reason string
		app    string
	}{
		{"an instance of a group", owned(asg, "workers"), child(instance, map[string]string{"aws:autoscaling:groupName": "workers"}), owner.Owned, owner.ByParent, "orders"},
		{"of a group that is not there", owned(asg, "other"), child(instance, map[string]string{"aws:autoscaling:groupName": "workers"}), owner.Foreign, owner.StillManaged, ""},
		{"of nobody's group: not to be judged by itself", untagged(asg, "workers"), child(instance, map[string]string{"aws:autoscaling:groupName": "workers"}), owner.Foreign, owner.StillManaged, ""},
		{"that carries the tags of another app", owned(asg, "workers"), child(group, map[string]string{"aws:autoscaling:groupName": "workers", "pcf:app": "billing", "pcf:environment": "dev", "pcf:version": "1", "pcf:particle": "b"}), owner.Contested, owner.ClaimsDisagree, "billing"},
		{"the group of a cluster", owned(eks, "main"), child(group, map[string]string{"aws:eks:cluster-name": "main"}), owner.Owned, owner.ByParent, "orders"},
		{"what Kubernetes made", owned(eks, "main"), child(volume, map[string]string{"kubernetes.io/cluster/main": "owned"}), owner.Owned, owner.ByParent, "orders"},
		{"what Kubernetes only uses", owned(eks, "main"), child("AWS::EC2::Subnet", map[string]string{"kubernetes.io/cluster/main": "shared"}), owner.Unmanaged, "", ""},
		{"what an instance takes along: it holds it and controls nothing", owned(instance, "box"), linked(volume, "owner", owned(instance, "box")), owner.Attributed, owner.ByParent, "orders"},
		{"a resource of a stack that is tagged itself", owned("AWS::CloudFormation::Stack", "stack"), child(group, map[string]string{"aws:cloudformation:stack-id": "stack", "aws:cloudformation:stack-name": "s"}), owner.Owned, owner.ByParent, "orders"},
		{"a record of a zone", owned("AWS::Route53::HostedZone", "zone"), partOf("AWS::Route53::RecordSet", "HostedZoneId", "zone"), owner.Owned, owner.ByParent, "orders"},
		{"the attachment of a VPN gateway", owned("AWS::EC2::VPNGateway", "vpn"), partOf("AWS::EC2::VPCGatewayAttachment", "VpnGatewayId", "vpn"), owner.Owned, owner.ByParent, "orders"},
		{"a mount target", owned("AWS::EFS::FileSystem", "fs"), partOf("AWS::EFS::MountTarget", "FileSystemId", "fs"), owner.Owned, owner.ByParent, "orders"},
		{"a part of what is not there", owned("AWS::EFS::FileSystem", "other"), partOf("AWS::EFS::MountTarget", "FileSystemId", "fs"), owner.Unmanaged, "", ""},
		{"what the resources of one app use alone", func() *inventory.Resource {
			r := owned(instance, "box")
			r.Relations = []inventory.Relation{{Kind: "hard", To: untagged(group, "x").Ref, Path: "/SecurityGroupIds/0"}}
			return r
		}(), untagged(group, "x"), owner.Attributed, owner.OnlyUser, "orders"},
		{"what nobody's resource uses", func() *inventory.Resource {
			r := untagged(instance, "box")
			r.Relations = []inventory.Relation{{Kind: "hard", To: untagged(group, "x").Ref, Path: "/SecurityGroupIds/0"}}
			return r
		}(), untagged(group, "x"), owner.Unmanaged, "", ""},
	} {
		result := owner.Attribute(owner.Input{Declaration: declaration(orders, billing), Live: snapshot(c.parent, c.child), Now: now})
		x := of(t, result, "x")
		assert.Equal(t, []any{c.class, c.reason, c.app}, []any{x.Class, x.Reason, x.App}, "%s: %v", c.why, x.Evidence)
	}

	// A parent's own parent decides first, whatever the order of their names.
	zone := owned(asg, "workers")
	box := child(instance, map[string]string{"aws:autoscaling:groupName": "workers"})
	disk := untagged(volume, "a-disk")
	disk.Relations = []inventory.Relation{{Kind: "owner", To: box.Ref}}
	result := owner.Attribute(owner.Input{Declaration: declaration(orders), Live: snapshot(disk, zone, box), Now: now})
	assert.Equal(t, []any{owner.Owned, "orders"}, []any{of(t, result, box.Ref.ID).Class, of(t, result, box.Ref.ID).App})
	assert.Equal(t, []any{owner.Attributed, "orders"}, []any{of(t, result, "a-disk").Class, of(t, result, "a-disk").App})
	assert.Equal(t, 6, of(t, result, "a-disk").Evidence[0].Rank)

	// Two that keep each other end nothing.
	a, b := untagged(volume, "a"), untagged(volume, "b")
	a.Relations = []inventory.Relation{{Kind: "owner", To: b.Ref}}
	b.Relations = []inventory.Relation{{Kind: "owner", To: a.Ref}}
	assert.Equal(t, owner.Unmanaged, of(t, owner.Attribute(owner.Input{Declaration: declaration(orders), Live: snapshot(a, b), Now: now}), "a").Class)

	// Used by two apps: nobody's.
	shared := untagged(group, "x")
	uses := func(r *inventory.Resource) *inventory.Resource {
		r.Relations = []inventory.Relation{{Kind: "hard", To: shared.Ref, Path: "/SecurityGroupIds/0"}}
		return r
	}
	result = owner.Attribute(owner.Input{Declaration: declaration(orders, billing), Live: snapshot(shared, uses(owned(instance, "box")), uses(live("b", "billing", "1", "b"))), Now: now})
	assert.Equal(t, owner.Unmanaged, of(t, result, "x").Class)

	// The log group that Lambda makes for a function.
	fn := add(orders, "fn", "AWS::Lambda::Function")
	logs := untagged("AWS::Logs::LogGroup", "/aws/lambda/fn")
	result = owner.Attribute(owner.Input{Declaration: declaration(orders), Live: snapshot(logs, owned(fn.Resource.Ref.Type, "fn")), Now: now})
	assert.Equal(t, []any{owner.Attributed, "orders"}, []any{of(t, result, "/aws/lambda/fn").Class, of(t, result, "/aws/lambda/fn").App})
}

// TestWhoKeepsMustBeReadable: a controller that could not be listed may keep a leftover.
func TestWhoKeepsMustBeReadable(t *testing.T) {
	s := snapshot(live("x", "orders", "1", "web"))
	s.Gaps = []inventory.Gap{{Account: "111122223333", Region: "eu-west-1", Type: "AWS::CloudFormation::Stack", Reason: inventory.Denied}}
	x := of(t, owner.Attribute(owner.Input{Declaration: declaration(retiredAt(declared("orders", "1", "web"), now.Add(-time.Hour))), Live: s, Now: now}), "x")
	assert.Equal(t, []any{owner.Unknown, owner.InventoryIncomplete}, []any{x.Class, x.Reason})
}

// TestHints: tags that companies use and names only say whom to tell.
func TestHints(t *testing.T) {
	apps := declaration(declared("Order-Service", "1", "web"))
	tagged := func(key, value string) *inventory.Resource {
		r := untagged(group, "x")
		r.Tags[key] = value
		return r
	}
	for _, key := range []string{"owner", "Team", "application", "APP", "service", "Project", "Cost-Center", "cost_center", "Business Unit"} {
		x := of(t, owner.Attribute(owner.Input{Declaration: apps, Live: snapshot(tagged(key, "acme")), Now: now}), "x")
		assert.Equal(t, []any{owner.Attributed, owner.OwnerTags}, []any{x.Class, x.Reason}, key)
	}
	x := of(t, owner.Attribute(owner.Input{Declaration: apps, Live: snapshot(tagged("Application", "order service")), Now: now}), "x")
	assert.Equal(t, "Order-Service", x.App, "an app in another spelling is the app")

	for _, key := range []string{"PCF:App", "pcf:Particle", "Pcf:Environment "} {
		x := of(t, owner.Attribute(owner.Input{Declaration: apps, Live: snapshot(tagged(key, "Order-Service")), Now: now}), "x")
		assert.Equal(t, []any{owner.Attributed, ""}, []any{x.Class, x.App}, "%s is said, and is no claim of ours", key)
		assert.True(t, has(x, "owner-tag"), key)
	}

	named := untagged(bucket, "order-service-data")
	result := owner.Attribute(owner.Input{Declaration: apps, Live: snapshot(named, untagged(bucket, "order-services")), Now: now})
	x = of(t, result, "order-service-data")
	assert.Equal(t, owner.Unmanaged, x.Class, "a name is no claim")
	assert.True(t, has(x, "name"))
	assert.False(t, has(of(t, result, "order-services"), "name"))
}

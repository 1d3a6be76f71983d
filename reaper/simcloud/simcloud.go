// Package simcloud is a cloud in memory: an account in which plans can be tried, and in
// which every accident can be had at will.
//
// It holds a snapshot and does to it what AWS would do: it assigns identifiers and ARNs,
// refuses to delete what others depend on, takes along what goes along, and shows a change
// late if it is told to. Faults are drawn from a seed: throttling, failures before and after
// the effect, denials. Time is virtual, so that a day of waiting costs nothing.
//
// `--live sim:FILE` is this cloud over a snapshot file ([Open]), written back after every
// change. The laws of the reaper are tested in it, over thousands of worlds.
package simcloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/relation"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// A Clock is virtual: sleeping moves it and takes no time. It is used by one goroutine.
type Clock struct{ T time.Time }

// Now returns the virtual time.
func (c *Clock) Now() time.Time { return c.T }

// Sleep moves the time on by d.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.T = c.T.Add(d)
	return nil
}

// Faults are what goes wrong. The rates are between 0 and 1, for each call, drawn from Seed:
// the same calls have the same faults.
type Faults struct {
	Seed     uint64
	Throttle float64 // ErrThrottled, without effect
	Fail     float64 // ErrUnavailable, without effect
	Lose     float64 // ErrUnavailable although a change had its effect
	Deny     float64 // ErrDenied of a change
	// Lag is how many reads of a resource do not show its newest change yet.
	Lag int
	// SlowDelete is how many reads a deleted resource is seen deleting.
	SlowDelete int
	// SlowBackup is how many reads a backup is seen pending; BadBackup is the rate of those
	// that end in error.
	SlowBackup int
	BadBackup  float64
	// On, when set, makes the calls fail for which it returns an error.
	On func(Call) error
}

// A Call is one request that the cloud received.
type Call struct {
	Number  int
	Op      string // Observe, Find, Tag, …
	Ref     inventory.Ref
	Changes bool   // one that would change something
	Effect  bool   // it did
	Token   string // of a Create
}

// Cloud is a simulated account. Its fields may be set before it is used.
type Cloud struct {
	Clock  reaper.Clock
	As     reaper.Caller
	Faults Faults
	// Calls are all requests so far.
	Calls []Call
	// Hook is called before each request, and with after set when its effect is there and
	// the reply is not: a test may stop the program there.
	Hook func(c Call, after bool)

	snapshot  *inventory.Snapshot
	resources map[inventory.Ref]*inventory.Resource
	old       map[inventory.Ref]*past // what reads still show
	relations []*inventory.Resource   // with their relations, also of what is gone since; nil after a change
	random    *rand.Rand
	save      func(*inventory.Snapshot) error
}

// past is how a resource looks to the next reads; a nil resource is not there yet.
type past struct {
	resource *inventory.Resource
	reads    int
}

// New returns a cloud that holds the live resources of a snapshot; it keeps them for itself.
// The caller's account is the snapshot's first, or that of its first resource.
func New(s *inventory.Snapshot, clock reaper.Clock) *Cloud {
	c := &Cloud{Clock: clock, snapshot: s, resources: map[inventory.Ref]*inventory.Resource{}, old: map[inventory.Ref]*past{}}
	for _, r := range s.Resources {
		c.resources[r.Ref] = clone(r)
	}
	c.As = reaper.Caller{Partition: s.Scope.Partition}
	switch {
	case len(s.Scope.Accounts) > 0:
		c.As.Account = s.Scope.Accounts[0]
	case len(s.Resources) > 0:
		c.As.Account = s.Resources[0].Ref.Account
	}
	if c.As.Partition == "" {
		c.As.Partition = "aws"
	}
	c.As.ARN = "arn:" + c.As.Partition + ":iam::" + c.As.Account + ":user/simulated"
	return c
}

// Snapshot returns how the cloud looks now, past every lag, with the relations of what is
// there. The resources are copies.
func (c *Cloud) Snapshot() *inventory.Snapshot {
	s := *c.snapshot
	s.Resources = nil
	for _, r := range c.resources {
		s.Resources = append(s.Resources, clone(r))
	}
	s.Sort()
	relation.Resolve(&s)
	return &s
}

// related returns the resources with their relations: a deletion adds none, so what was
// found stays until something else changes.
func (c *Cloud) related() []*inventory.Resource {
	if c.relations == nil {
		c.relations = c.Snapshot().Resources
	}
	return c.relations
}

func clone(r *inventory.Resource) *inventory.Resource {
	out := *r
	out.Properties, _ = inventory.Clone(r.Properties).(map[string]any)
	out.Tags = maps.Clone(r.Tags)
	out.Relations = slices.Clone(r.Relations)
	return &out
}

// draw begins a request: the fault that it has, or nil.
func (c *Cloud) draw(ctx context.Context, call Call) (*Call, error) {
	call.Number = len(c.Calls)
	c.Calls = append(c.Calls, call)
	at := &c.Calls[call.Number]
	if err := ctx.Err(); err != nil {
		return at, err
	}
	if c.Hook != nil {
		c.Hook(call, false)
	}
	if c.Faults.On != nil {
		if err := c.Faults.On(call); err != nil {
			return at, fmt.Errorf("%s %s: %w", call.Op, call.Ref, err)
		}
	}
	for _, f := range []struct {
		rate float64
		err  error
	}{{c.Faults.Throttle, reaper.ErrThrottled}, {c.Faults.Fail, reaper.ErrUnavailable}, {c.Faults.Deny, reaper.ErrDenied}} {
		if (f.err != reaper.ErrDenied || call.Changes) && c.chance(f.rate) { //nolint:errorlint // the very value of the list above
			return at, fmt.Errorf("%s %s: %w", call.Op, call.Ref, f.err)
		}
	}
	return at, nil
}

func (c *Cloud) chance(rate float64) bool {
	if rate <= 0 {
		return false
	}
	if c.random == nil {
		c.random = rand.New(rand.NewPCG(c.Faults.Seed, 1)) //nolint:gosec // a reproducible world, no secret
	}
	return c.random.Float64() < rate
}

// finish ends a request that had its effect: the file is written, and the reply may be lost.
func (c *Cloud) finish(call *Call) (request string, err error) {
	call.Effect = true
	if call.Op != "Delete" {
		c.relations = nil
	}
	if c.save != nil {
		if err := c.save(c.Snapshot()); err != nil {
			return "", err
		}
	}
	if c.Hook != nil {
		c.Hook(*call, true)
	}
	if c.chance(c.Faults.Lose) {
		return "", fmt.Errorf("%s %s: no reply: %w", call.Op, call.Ref, reaper.ErrUnavailable)
	}
	return fmt.Sprintf("sim-%06d", call.Number), nil
}

// Caller implements reaper.Cloud.
func (c *Cloud) Caller(ctx context.Context) (reaper.Caller, error) {
	if err := ctx.Err(); err != nil {
		return reaper.Caller{}, err
	}
	return c.As, nil
}

// Observe implements reaper.Cloud.
func (c *Cloud) Observe(ctx context.Context, ref inventory.Ref) (*inventory.Resource, error) {
	if _, err := c.draw(ctx, Call{Op: "Observe", Ref: ref}); err != nil {
		return nil, err
	}
	if r := c.seen(ref); r != nil {
		return clone(r), nil
	}
	return nil, fmt.Errorf("observe %s: %w", ref, reaper.ErrNotFound)
}

// seen returns what a read of ref shows: with a lag, how it was.
func (c *Cloud) seen(ref inventory.Ref) *inventory.Resource {
	if p := c.old[ref]; p != nil {
		if p.reads--; p.reads <= 0 {
			delete(c.old, ref)
		}
		return p.resource
	}
	return c.resources[ref]
}

// lag remembers how a resource looks, for the reads after a change.
func (c *Cloud) lag(ref inventory.Ref) {
	if c.Faults.Lag > 0 && c.old[ref] == nil {
		p := &past{reads: c.Faults.Lag}
		if r := c.resources[ref]; r != nil {
			p.resource = clone(r)
		}
		c.old[ref] = p
	}
}

// Find implements reaper.Cloud.
func (c *Cloud) Find(ctx context.Context, place plan.Place, tags map[string]string) ([]*inventory.Resource, error) {
	if _, err := c.draw(ctx, Call{Op: "Find", Ref: place.Ref()}); err != nil {
		return nil, err
	}
	var found []*inventory.Resource
	for _, ref := range slices.SortedFunc(maps.Keys(c.resources), inventory.Ref.Compare) {
		if ref.Type != place.Type || ref.Account != place.Account || ref.Region != place.Region {
			continue
		}
		r := c.seen(ref)
		if r == nil {
			continue
		}
		carries := true
		for k, v := range tags {
			carries = carries && r.Tags[k] == v
		}
		if carries {
			found = append(found, clone(r))
		}
	}
	return found, nil
}

// change runs one change of an existing resource.
func (c *Cloud) change(ctx context.Context, op string, ref inventory.Ref, do func(r *inventory.Resource) error) (string, error) {
	call, err := c.draw(ctx, Call{Op: op, Ref: ref, Changes: true})
	if err != nil {
		return "", err
	}
	r := c.resources[ref]
	if r == nil {
		return "", fmt.Errorf("%s %s: %w", op, ref, reaper.ErrNotFound)
	}
	c.lag(ref)
	if err := do(r); err != nil {
		return "", fmt.Errorf("%s %s: %w", op, ref, err)
	}
	return c.finish(call)
}

// Tag implements reaper.Cloud.
func (c *Cloud) Tag(ctx context.Context, ref inventory.Ref, tags map[string]string) (string, error) {
	return c.change(ctx, "Tag", ref, func(r *inventory.Resource) error {
		for k, v := range tags {
			plan.Set(r, plan.Change{Tag: k}, v)
		}
		writeTags(r)
		return nil
	})
}

// Untag implements reaper.Cloud.
func (c *Cloud) Untag(ctx context.Context, ref inventory.Ref, keys []string) (string, error) {
	return c.change(ctx, "Untag", ref, func(r *inventory.Resource) error {
		for _, k := range keys {
			delete(r.Tags, k)
		}
		writeTags(r)
		return nil
	})
}

// writeTags brings the property that holds the tags in line with them, where there is one.
func writeTags(r *inventory.Resource) {
	t, ok := schema.Lookup(r.Ref.Type)
	if !ok || t.TagProperty == "" || strings.Contains(t.TagProperty, "*") {
		return
	}
	var value any
	switch current, _ := inventory.At(r.Properties, t.TagProperty); current.(type) {
	case []any:
		list := []any{}
		for _, k := range slices.Sorted(maps.Keys(r.Tags)) {
			list = append(list, map[string]any{"Key": k, "Value": r.Tags[k]})
		}
		value = list
	case map[string]any:
		object := map[string]any{}
		for k, v := range r.Tags {
			object[k] = v
		}
		value = object
	default:
		return
	}
	plan.Set(r, plan.Change{Path: t.TagProperty}, value)
}

// Update implements reaper.Cloud.
func (c *Cloud) Update(ctx context.Context, live *inventory.Resource, patch []plan.Change) (string, error) {
	return c.change(ctx, "Update", live.Ref, func(r *inventory.Resource) error {
		if plan.Incarnation(r) != plan.Incarnation(live) {
			return reaper.ErrStale
		}
		for _, p := range patch {
			if p.Tag != "" {
				return errors.New("a tag in a patch of properties")
			}
			plan.Set(r, p, inventory.Clone(p.To))
		}
		return nil
	})
}

// Start implements reaper.Cloud.
func (c *Cloud) Start(ctx context.Context, ref inventory.Ref) (string, error) {
	return c.change(ctx, "Start", ref, func(r *inventory.Resource) error { r.State = runningState(ref.Type); return nil })
}

// Stop implements reaper.Cloud.
func (c *Cloud) Stop(ctx context.Context, ref inventory.Ref) (string, error) {
	return c.change(ctx, "Stop", ref, func(r *inventory.Resource) error { r.State = "stopped"; return nil })
}

func runningState(typ string) string {
	switch {
	case typ == "AWS::EC2::Instance":
		return "running"
	case strings.HasPrefix(typ, "AWS::RDS::DB") && !strings.HasSuffix(typ, "Group"), typ == "AWS::EC2::VPC", typ == "AWS::EC2::Subnet", typ == "AWS::EC2::Volume":
		return "available"
	}
	return ""
}

// Create implements reaper.Cloud. An identifier that AWS would assign is made of the token,
// so that the same token means the same resource in another process too.
func (c *Cloud) Create(ctx context.Context, n reaper.Creation) (inventory.Ref, string, error) {
	ref := n.Place.Ref()
	t, _ := schema.Lookup(ref.Type)
	sum := sha256.Sum256([]byte(n.Token))
	assigned := prefixOf(ref.Type) + hex.EncodeToString(sum[:])[:17]
	r := &inventory.Resource{Created: c.Clock.Now().UTC(), State: runningState(ref.Type), Observed: "simulated"}
	r.Properties, _ = inventory.Clone(n.Properties).(map[string]any)
	if r.Properties == nil {
		r.Properties = inventory.Properties{}
	}
	if t != nil {
		for _, at := range t.PrimaryIdentifier {
			if v, _ := inventory.At(r.Properties, at); v == nil || v == "" {
				plan.Set(r, plan.Change{Path: at}, assigned)
			}
		}
	}
	if ref.ID == "" {
		id, ok := inventory.Identifier(t, r.Properties)
		if !ok {
			id = assigned
		}
		ref.ID = id
	}
	call, err := c.draw(ctx, Call{Op: "Create", Ref: ref, Changes: true, Token: n.Token})
	if err != nil {
		return inventory.Ref{}, "", err
	}
	if there := c.resources[ref]; there != nil {
		for k, v := range n.Tags {
			if there.Tags[k] != v {
				return inventory.Ref{}, "", fmt.Errorf("create %s: the name is taken: %w", ref, reaper.ErrStale)
			}
		}
		return ref, fmt.Sprintf("sim-%06d", call.Number), nil
	}
	c.lag(ref)
	r.Ref = ref
	r.ARN = "arn:" + ref.Partition + ":" + service(ref.Type) + ":" + strings.TrimSuffix(ref.Region, inventory.GlobalRegion) + ":" + ref.Account + ":" + strings.ToLower(ref.Type[strings.LastIndexByte(ref.Type, ':')+1:]) + "/" + ref.ID
	if t != nil && t.IsReadOnly("/Arn") {
		if _, has := r.Properties["Arn"]; !has {
			r.Properties["Arn"] = r.ARN
		}
	}
	r.Tags, _ = inventory.TagsOf(t, r.Properties)
	if r.Tags == nil {
		r.Tags = map[string]string{}
	}
	maps.Copy(r.Tags, n.Tags)
	writeTags(r)
	r.Name = inventory.NameOf(t, r.Properties, r.Tags)
	c.resources[ref] = r
	request, err := c.finish(call)
	return ref, request, err
}

func service(typ string) string {
	parts := strings.Split(typ, "::")
	if len(parts) < 2 {
		return "sim"
	}
	return strings.ToLower(parts[1])
}

// prefixOf is how the identifiers of a type begin, as far as others look at it.
func prefixOf(typ string) string {
	known := map[string]string{
		"AWS::EC2::VPC": "vpc-", "AWS::EC2::Subnet": "subnet-", "AWS::EC2::SecurityGroup": "sg-", "AWS::EC2::Instance": "i-",
		"AWS::EC2::RouteTable": "rtb-", "AWS::EC2::InternetGateway": "igw-", "AWS::EC2::Volume": "vol-",
	}
	if p := known[typ]; p != "" {
		return p
	}
	return strings.ToLower(typ[strings.LastIndexByte(typ, ':')+1:]) + "-"
}

// Delete implements reaper.Cloud. What has a hard relation to the resource blocks it; what
// goes along with it is gone too.
func (c *Cloud) Delete(ctx context.Context, live *inventory.Resource, steps []plan.Step) (string, error) {
	if err := c.prepare(ctx, live, steps); err != nil {
		return "", err
	}
	call, err := c.draw(ctx, Call{Op: "Delete", Ref: live.Ref, Changes: true})
	if err != nil {
		return "", err
	}
	r := c.resources[live.Ref]
	if r == nil || plan.Incarnation(r) != plan.Incarnation(live) {
		return "", fmt.Errorf("delete %s: %w", live.Ref, reaper.ErrNotFound)
	}
	for _, guard := range []string{"DeletionProtection", "DeletionProtectionEnabled", "DisableApiTermination"} {
		if r.Properties[guard] == true {
			return "", fmt.Errorf("delete %s: /%s protects it: %w", live.Ref, guard, reaper.ErrDenied)
		}
	}
	along := []inventory.Ref{live.Ref}
	for _, other := range c.related() {
		for _, to := range other.Relations {
			if to.To != live.Ref || other.Ref == live.Ref || c.resources[other.Ref] == nil {
				continue
			}
			switch to.Kind {
			case relation.Hard:
				return "", fmt.Errorf("delete %s: %w", live.Ref, &reaper.Blocked{By: other.Ref.String()})
			case relation.Implicit:
				along = append(along, other.Ref)
			}
		}
	}
	for _, ref := range along {
		if gone := c.resources[ref]; gone != nil && c.Faults.SlowDelete > 0 {
			dying := clone(gone)
			dying.State = "deleting"
			c.old[ref] = &past{resource: dying, reads: c.Faults.SlowDelete}
		}
		delete(c.resources, ref)
	}
	return c.finish(call)
}

// parts are what stands in the way of the end of its own resource, by type: the property
// that lists them, the step that removes one, and where its name stands in the list.
var parts = map[string][]struct{ path, step, name string }{
	"AWS::IAM::Role": {
		{"/ManagedPolicyArns", "detach-policy", ""}, {"/Policies", "delete-inline-policy", "PolicyName"},
	},
	"AWS::Events::Rule": {{"/Targets", "remove-target", "Id"}},
}

// prepare removes the parts that steps name. A part that none names blocks, before anything
// is removed.
func (c *Cloud) prepare(ctx context.Context, live *inventory.Resource, steps []plan.Step) error {
	type removal struct {
		path string
		part any
		id   string
	}
	var removals []removal
	r := c.resources[live.Ref]
	if r == nil {
		return nil
	}
	for _, p := range parts[live.Ref.Type] {
		v, _ := inventory.At(r.Properties, p.path)
		list, _ := v.([]any)
		for _, e := range list {
			id, _ := e.(string)
			if object, is := e.(map[string]any); is {
				id, _ = object[p.name].(string)
			}
			if !slices.ContainsFunc(steps, func(s plan.Step) bool { return s.Name == p.step && s.ID == id }) {
				return fmt.Errorf("delete %s: %w", live.Ref, &reaper.Blocked{By: p.path + " " + id})
			}
			removals = append(removals, removal{p.path, e, id})
		}
	}
	for _, one := range removals {
		if _, err := c.change(ctx, "Step", live.Ref, func(r *inventory.Resource) error {
			v, _ := inventory.At(r.Properties, one.path)
			list, _ := v.([]any)
			list = slices.DeleteFunc(slices.Clone(list), func(e any) bool { return fmt.Sprint(e) == fmt.Sprint(one.part) })
			plan.Set(r, plan.Change{Path: one.path}, list)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// backups are the types that can be backed up, with the type of the backup.
var backups = map[string]string{
	"AWS::EC2::Volume": "PCF::EC2::Snapshot", "AWS::RDS::DBInstance": "PCF::RDS::DBSnapshot", "AWS::RDS::DBCluster": "PCF::RDS::DBClusterSnapshot",
	"AWS::DynamoDB::Table": "PCF::DynamoDB::Backup", "AWS::EFS::FileSystem": "PCF::EFS::RecoveryPoint",
}

// BacksUp implements reaper.Keeper.
func (*Cloud) BacksUp(typ string) bool { return backups[typ] != "" }

// Backup implements reaper.Keeper. What the backup is called is made of the token.
func (c *Cloud) Backup(ctx context.Context, live *inventory.Resource, token string) (inventory.Ref, string, error) {
	ref := live.Ref
	ref.Type = backups[live.Ref.Type]
	sum := sha256.Sum256([]byte(token))
	ref.ID = "backup-" + hex.EncodeToString(sum[:])[:17]
	call, err := c.draw(ctx, Call{Op: "Backup", Ref: live.Ref, Changes: true, Token: token})
	switch {
	case err != nil:
		return inventory.Ref{}, "", err
	case ref.Type == "":
		return inventory.Ref{}, "", fmt.Errorf("back up %s: %w", live.Ref, reaper.ErrUnsupported)
	case c.resources[live.Ref] == nil || plan.Incarnation(c.resources[live.Ref]) != plan.Incarnation(live):
		return inventory.Ref{}, "", fmt.Errorf("back up %s: %w", live.Ref, reaper.ErrNotFound)
	case c.resources[ref] != nil:
		return ref, fmt.Sprintf("sim-%06d", call.Number), nil
	}
	b := &inventory.Resource{
		Ref: ref, Created: c.Clock.Now().UTC(), State: "completed", Observed: "simulated", Tags: map[string]string{"pcf:backup": live.Ref.ID},
		Properties: inventory.Properties{},
	}
	if c.chance(c.Faults.BadBackup) {
		b.State = "error"
	}
	c.resources[ref] = b
	if c.Faults.SlowBackup > 0 {
		pending := clone(b)
		pending.State = "pending"
		c.old[ref] = &past{resource: pending, reads: c.Faults.SlowBackup}
	}
	request, err := c.finish(call)
	return ref, request, err
}

package awscloud

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func TestMain(m *testing.M) {
	m.Run() // the exit code is its own
	fmt.Printf("emulator: %d tests ran\n", emulator.Tests())
}

// A fixture is one type as the table test tries it: see TestWriters. The file of each
// type's test registers one in its init.
type fixture struct {
	typ string
	// props returns what to create. What it refers to is made with w.need.
	props func(w *world) inventory.Properties
	// patches are changed one after the other, each alone.
	patches []plan.Change
	// unread are top-level properties that the emulator does not tell as AWS does, each with
	// what it does instead.
	unread map[string]string
	stops  bool // it can be started and stopped
	// untagged says why the emulator's resource is without tags until a second call is made:
	// its first reply is not lost then.
	untagged string
	// denied are reads that the emulator cannot answer, as the proxy spells them: they are
	// refused, and what they tell stays unread.
	denied [][2]string
	// tagless says why tags that are changed do not show in the emulator.
	tagless string
	// loose says why a patch changes more in the emulator than it names.
	loose string
	// gone is the code by which the emulator, other than AWS, says that it is not there.
	gone string
	// stays says why the emulator's resource does not go away when it is deleted.
	stays string
	// notRun are operations that the writer declares and this test does not reach, with the
	// reason.
	notRun map[string]string
	// also tests what is said of this type only, on the resource that was created.
	also func(t *testing.T, w *world, live *inventory.Resource)
}

var fixtures []fixture

// try registers a fixture.
func try(f fixture) { fixtures = append(fixtures, f) }

// A world is the emulator with our cloud over it.
type world struct {
	t      testing.TB
	e      *emulator.Emulator
	c      *Cloud
	cfg    sdk.Config
	called func() []string // operations since the last time, sorted, each once
	made   map[string]*inventory.Resource
	number int
	// figures are of the comparisons with what was written, by type.
	figures map[string]tally
}

func newWorld(t testing.TB) *world {
	t.Helper()
	e := emulator.Start(t)
	cfg := sdk.Config{
		Region: emulator.Region, BaseEndpoint: &e.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		Retryer: func() sdk.Retryer { return sdk.NopRetryer{} },
	}
	w := &world{t: t, e: e, made: map[string]*inventory.Resource{}, figures: map[string]tally{}}
	w.called = recordCalls(&cfg)
	w.cfg = cfg
	w.c = &Cloud{cfg: cfg} // New, without the rates: see TestRates
	return w
}

// place is where things of a type are made.
func place(typ string) plan.Place {
	region := emulator.Region
	if inventory.IsGlobal(typ) {
		region = inventory.GlobalRegion
	}
	return plan.Place{Partition: "aws", Account: emulator.Account, Region: region, Type: typ}
}

// creation returns what to create, with owner tags and a token of its own.
func (w *world) creation(typ string, props inventory.Properties) reaper.Creation {
	w.number++
	n := reaper.Creation{Place: place(typ), Properties: props, Token: fmt.Sprintf("pcf-%032x", w.number)}
	if writer := registered[typ]; writer != nil && writer.tag != nil {
		n.Tags = map[string]string{"pcf:app": "shop", "pcf:particle": fmt.Sprintf("Thing%d", w.number)}
	}
	return n
}

// need makes a resource that others refer to; the same one for the same type and name. It
// fails the test when it cannot.
func (w *world) need(typ, name string, props inventory.Properties) *inventory.Resource {
	w.t.Helper()
	if r := w.made[typ+name]; r != nil {
		return r
	}
	ref, _, err := w.c.Create(context.Background(), w.creation(typ, props))
	require.NoError(w.t, err, "need %s", typ)
	r := w.observe(ref)
	w.made[typ+name] = r
	return r
}

func (w *world) observe(ref inventory.Ref) *inventory.Resource {
	w.t.Helper()
	r, err := w.c.Observe(context.Background(), ref)
	require.NoError(w.t, err)
	require.Equal(w.t, ref, r.Ref)
	return r
}

func (w *world) vpc() string {
	return w.need("AWS::EC2::VPC", "", inventory.Properties{"CidrBlock": "10.9.0.0/16"}).Ref.ID
}

// subnet returns the id of a subnet; each number has its own range and zone.
func (w *world) subnet(n int) string {
	return w.need("AWS::EC2::Subnet", fmt.Sprint(n), inventory.Properties{
		"VpcId": w.vpc(), "CidrBlock": fmt.Sprintf("10.9.%d.0/24", n), "AvailabilityZone": emulator.Region + string("abc"[n%3]),
	}).Ref.ID
}

func (w *world) securityGroup() string {
	return w.need("AWS::EC2::SecurityGroup", "", inventory.Properties{"GroupDescription": "of the tests", "VpcId": w.vpc()}).Ref.ID
}

// Every writer is tried on the emulator in all that it can do, through what a user sees: the
// cloud's methods. The readers are proven apart, against another client (inventory/aws). What
// was written and read back is also compared as `drift` does, and the figures are printed.
func TestWriters(t *testing.T) {
	slices.SortFunc(fixtures, func(a, b fixture) int { return strings.Compare(a.typ, b.typ) })
	w := newWorld(t)
	for _, f := range fixtures {
		t.Run(f.typ, func(t *testing.T) {
			w.t = t
			w.try(t, f)
		})
	}
	if len(w.figures) == len(fixtures) { // all ran: not the part that -run picked
		w.t = t
		more := w.createOnly()
		for _, typ := range sortedKeys(more) {
			f := more[typ]
			n := w.creation(typ, f.props(w))
			ref, _, err := w.c.Create(t.Context(), n)
			require.NoError(t, err, typ)
			w.figures[typ] = roundTrip(t, f, n.Properties, w.observe(ref), "")
		}
		checkFigures(t, w.figures)
	}
}

func (w *world) try(t *testing.T, f fixture) {
	ctx := context.Background()
	writer := registered[f.typ]
	require.NotNil(t, writer)
	for _, d := range f.denied {
		w.e.Fail(d[0], d[1], emulator.Deny)
	}
	defer w.e.Heal()
	n := w.creation(f.typ, f.props(w))
	before, err := aws.ReadType(ctx, w.c.cfg, n.Place.Ref())
	require.NoError(t, err)

	bad := n
	bad.Properties, _ = inventory.Clone(n.Properties).(map[string]any)
	bad.Properties["NoSuchProperty"] = "hunter2"
	w.called()
	require.NoError(t, CanCreate(f.typ, n.Properties), "what can be created is said to be, without a call")
	require.ErrorContains(t, CanCreate(f.typ, bad.Properties), "/NoSuchProperty")
	_, _, err = w.c.Create(ctx, bad)
	require.ErrorIs(t, err, reaper.ErrUnsupported)
	assert.ErrorContains(t, err, "/NoSuchProperty")
	assert.NotContains(t, err.Error(), "hunter2")
	assert.Empty(t, slices.DeleteFunc(w.called(), func(op string) bool { return op == "STS.GetCallerIdentity" }), "it refuses before any call")

	// The first reply is lost; the second try finds what the first one made.
	if f.untagged == "" {
		w.e.Fail("*", "*", emulator.Lose)
		_, _, err = w.c.Create(ctx, n)
		w.e.Heal()
		for _, d := range f.denied {
			w.e.Fail(d[0], d[1], emulator.Deny)
		}
		require.ErrorIs(t, err, reaper.ErrUnavailable)
	}
	ref, request, err := w.c.Create(ctx, n)
	require.NoError(t, err)
	require.NotEmpty(t, ref.ID)
	w.e.Forget()
	again, _, err := w.c.Create(ctx, n)
	require.NoError(t, err)
	require.Equal(t, ref, again, "the same token")
	assert.Empty(t, w.e.Writes(), "creating again changes nothing")
	_ = request
	all, err := aws.ReadType(ctx, w.c.cfg, n.Place.Ref())
	require.NoError(t, err)
	others := slices.DeleteFunc(slices.Clone(all), func(r *inventory.Resource) bool { return r.Ref == ref })
	assert.Len(t, all, len(before)+1, "one resource")

	live := w.observe(ref)
	for name, v := range n.Properties {
		if t, _ := schema.Lookup(f.typ); t != nil && "/"+name == t.TagProperty {
			continue
		}
		if f.unread[name] == "" && !live.IsUnread("/"+name) {
			assert.True(t, covers(live.Properties[name], v), "%s: asked for %v, lives %v", name, v, live.Properties[name])
		}
	}
	figures := roundTrip(t, f, n.Properties, live, "")
	declared := &inventory.Resource{Ref: ref, Properties: n.Properties}
	assert.True(t, carries(live, n.Tags), "tags %v", live.Tags)
	if declared, _ := inventory.TagsOf(mustSchema(f.typ), n.Properties); writer.tag != nil {
		assert.True(t, carries(live, declared), "declared tags %v", live.Tags)
	}
	if len(n.Tags) > 0 {
		found, err := w.c.Find(ctx, n.Place, n.Tags)
		require.NoError(t, err)
		require.Len(t, found, 1)
		assert.Equal(t, plan.Fingerprint(live), plan.Fingerprint(found[0]), "observed and found look the same")
	}

	if writer.tag != nil && f.tagless == "" {
		w.tryTags(t, live, n)
	}
	_, err = w.c.Update(ctx, live, []plan.Change{{Path: "/NoSuchProperty", To: "x"}})
	assert.ErrorIs(t, err, reaper.ErrUnsupported)
	for _, p := range f.patches {
		before := plan.Fingerprint(live)
		p.From, _ = inventory.At(live.Properties, p.Path)
		require.False(t, plan.Reached(live, []plan.Change{p}), "%s is so already", p.Path)
		_, err := w.c.Update(ctx, live, []plan.Change{p})
		require.NoError(t, err, p.Path)
		now := w.observe(ref)
		got, _ := inventory.At(now.Properties, p.Path)
		require.True(t, covers(got, p.To) || plan.Reached(now, []plan.Change{p}), "%s: set to %v, lives %v", p.Path, p.To, got)
		if plan.Reached(now, []plan.Change{p}) && f.loose == "" {
			assert.Equal(t, before, plan.Fingerprint(plan.Undone(now, []plan.Change{p})), "%s alone has changed", p.Path)
		}
		live = now
		if was, has := inventory.At(declared.Properties, p.Path); has && was != nil && f.unread[schema.SplitPointer(p.Path)[0]] == "" {
			figures.called++
			figures.told(t, p.Path, declared.Properties, live)
		}
		declared.Properties = updateOf(declared, []plan.Change{p}).after
		figures.add(roundTrip(t, f, declared.Properties, live, p.Path))
	}
	w.figures[f.typ] = figures
	if f.stops {
		for range 2 {
			_, err = w.c.Stop(ctx, ref)
			require.NoError(t, err)
		}
		assert.Equal(t, "stopped", w.observe(ref).State)
		for range 2 {
			_, err = w.c.Start(ctx, ref)
			require.NoError(t, err)
		}
		live = w.observe(ref)
		assert.Contains(t, []string{"running", "available"}, live.State)
	}
	if f.also != nil {
		f.also(t, w, live)
		live = w.observe(ref)
	}
	if writer.delete != nil {
		w.tryDelete(t, f, live)
		for _, other := range others {
			assert.Equal(t, plan.Fingerprint(other), plan.Fingerprint(w.observe(other.Ref)), "%s is another's", other.Ref)
		}
	}
	called := w.called()
	for op := range merged(writer.Tags, writer.Repairs, writer.Reaps) {
		if _, isTag := writer.Tags[op]; f.notRun[op] == "" && !(isTag && f.tagless != "") {
			assert.Contains(t, called, op, "declared, and not made")
		}
	}
}

func (w *world) tryTags(t *testing.T, live *inventory.Resource, n reaper.Creation) {
	ctx := context.Background()
	tags := map[string]string{"pcf:test": "one", "plain": "a b/c"}
	for range 2 {
		_, err := w.c.Tag(ctx, live.Ref, tags)
		require.NoError(t, err)
	}
	now := w.observe(live.Ref)
	assert.Equal(t, merged(live.Tags, tags), now.Tags)
	for range 2 {
		_, err := w.c.Untag(ctx, live.Ref, []string{"pcf:test", "plain"})
		require.NoError(t, err)
	}
	now = w.observe(live.Ref)
	assert.Equal(t, live.Tags, now.Tags)
	assert.Equal(t, plan.Fingerprint(live), plan.Fingerprint(now))
}

func (w *world) tryDelete(t *testing.T, f fixture, live *inventory.Resource) {
	ctx := context.Background()
	steps := plan.StepsOf(live, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) // as a plan names them
	_, err := w.c.Delete(ctx, live, steps)
	require.NoError(t, err)
	if f.stays != "" {
		return
	}
	for range 50 {
		if _, err = w.c.Observe(ctx, live.Ref); err != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if f.gone != "" {
		require.ErrorContains(t, err, f.gone)
		return
	}
	require.ErrorIs(t, err, reaper.ErrNotFound)
	_, err = w.c.Delete(ctx, live, steps)
	assert.ErrorIs(t, err, reaper.ErrNotFound)
	if registered[f.typ].tag != nil {
		_, err = w.c.Tag(ctx, live.Ref, map[string]string{"a": "b"})
		assert.ErrorIs(t, err, reaper.ErrNotFound)
	}
}

func mustSchema(typ string) *schema.Type {
	t, _ := schema.Lookup(typ)
	return t
}

// covers reports whether a live value holds all that was asked for: AWS adds members of its
// own, and puts lists in its own order.
func covers(live, asked any) bool {
	switch asked := asked.(type) {
	case map[string]any:
		l, _ := live.(map[string]any)
		for name, v := range asked {
			if !covers(l[name], v) {
				return false
			}
		}
		return true
	case []any:
		l, _ := live.([]any)
		for _, e := range asked {
			if !slices.ContainsFunc(l, func(x any) bool { return covers(x, e) }) {
				return false
			}
		}
		return true
	}
	return asked == live || fmt.Sprint(asked) == fmt.Sprint(live)
}

// Every writer has a fixture, or a reason not to have one.
func TestWritersAreTried(t *testing.T) {
	for _, w := range Writers() {
		tried := slices.ContainsFunc(fixtures, func(f fixture) bool { return f.typ == w.Type })
		assert.NotEqual(t, tried, notEmulated[w.Type] != "", "%s", w.Type)
		assert.NotEmpty(t, readerCalls(w.Type), "%s has no reader", w.Type)
		for op := range w.Reads {
			_, name, _ := strings.Cut(op, ".")
			assert.True(t, slices.ContainsFunc([]string{"Describe", "Get", "Head", "List"}, func(v string) bool { return strings.HasPrefix(name, v) }), "%s is no read", op)
		}
		assert.Equal(t, w.tag == nil, w.untag == nil, w.Type)
		for _, name := range w.Later {
			assert.True(t, w.canUpdate(plan.Change{Path: "/" + name, To: 1}), "%s: %s is set later by nobody", w.Type, name)
		}
		for _, pointer := range slices.Concat(w.Updates, w.Removes) {
			_, known := mustSchema(w.Type).At(strings.TrimSuffix(pointer, "/*"))
			assert.True(t, known, "%s%s", w.Type, pointer)
		}
	}
}

// notEmulated are types whose writers the emulator cannot try, with the reason.
var notEmulated = map[string]string{}

// Every action that a writer names is one that AWS has.
func TestActionsExist(t *testing.T) {
	e := emulator.Start(t)
	for _, purpose := range []Purpose{ToTag, ToRepair, ToReap} {
		all := Actions(purpose, nil)
		require.NotEmpty(t, all)
		wrong := e.Seed(t, "../../inventory/aws/testdata/actions.py", all...)
		assert.Empty(t, wrong, purpose)
	}
	_, err := os.Stat("../../inventory/aws/testdata/actions.py")
	require.NoError(t, err)
}

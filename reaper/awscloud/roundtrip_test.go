package awscloud

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A tally counts what comparisons of written resources with what was read back said.
type tally struct {
	leaves  int // declared values that can be read back
	falsely int // of them, those that were called different though nobody changed them
	called  int // values that were changed by a call, each alone
	copied  int // values that were changed in a copy of what was read
	written int // values that live in another form, and were changed in the declaration
	missed  int // of these three, the changes of which no comparison told
	hidden  int // declared values that cannot be read back
}

func (n *tally) add(m tally) {
	n.leaves, n.falsely, n.missed, n.hidden = n.leaves+m.leaves, n.falsely+m.falsely, n.missed+m.missed, n.hidden+m.hidden
	n.called, n.copied, n.written = n.called+m.called, n.copied+m.copied, n.written+m.written
}

func (n tally) changed() int { return n.called + n.copied + n.written }

func (n tally) String() string {
	share := func(part, of int) float64 { return 100 * float64(part) / float64(max(of, 1)) }
	return fmt.Sprintf("%d values: %d false (%.2f %%); %d changes of one value (%d by a call, %d in a copy, %d in the declaration): %d missed (%.2f %%); %d values not told by the service",
		n.leaves, n.falsely, share(n.falsely, n.leaves), n.changed(), n.called, n.copied, n.written, n.missed, share(n.missed, n.changed()), n.hidden)
}

// drifted compares, as `drift` and `repair` do, what was written with what was read, and
// returns the differences that count, and lists out of order.
func drifted(typ *schema.Type, declared inventory.Properties, live *inventory.Resource) (found []drift.Change) {
	written, _ := inventory.Clone(declared).(map[string]any)
	p := &inventory.Particle{App: "shop", Name: "it", State: inventory.Running, Resource: &inventory.Resource{
		Ref: inventory.Ref{Partition: "aws", Type: live.Ref.Type}, Declared: true, Properties: schema.Coerce(typ, written),
	}}
	p.Resource.Tags, p.Resource.UnknownTags = inventory.TagsOf(typ, p.Resource.Properties)
	world := &inventory.Snapshot{
		Scope:     inventory.Scope{Partition: "aws", Accounts: []string{emulator.Account}, Regions: []string{emulator.Region, inventory.GlobalRegion}, Types: []string{"*"}},
		Resources: []*inventory.Resource{live},
	}
	for _, d := range drift.CompareAll([]drift.Pair{{Particle: p, Live: []*inventory.Resource{live}}}, drift.Context{Live: world, Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}) {
		for _, c := range d.Changes {
			if !c.Info || c.Kind == drift.Reordered {
				found = append(found, c)
			}
		}
	}
	return found
}

var index = regexp.MustCompile(`/\d+(/|$)`)

// readables are the values in properties that can be read back of a resource, by their pointers.
func readables(f fixture, typ *schema.Type, live *inventory.Resource, props inventory.Properties) (all map[string]any, hidden int) {
	all = map[string]any{}
	inventory.Walk("", props, func(at string, v any) bool {
		top := ""
		if parts := schema.SplitPointer(at); len(parts) > 0 {
			top = parts[0]
		}
		switch v.(type) {
		case map[string]any, []any:
			return typ == nil || at == "" || at != typ.TagProperty
		}
		if typ != nil && (typ.IsReadOnly(at) || typ.IsWriteOnly(at)) || live.IsUnread(at) || f.unread[top] != "" {
			hidden++
		} else {
			all[at] = v
		}
		return false
	})
	return all, hidden
}

// roundTrip compares what was written with what was read back: nothing may differ. Then each
// value at or below a pointer is changed alone in what was read, and that has to be told. A value
// that lives in another form is changed where it is declared.
func roundTrip(t *testing.T, f fixture, declared inventory.Properties, live *inventory.Resource, below string) (n tally) {
	t.Helper()
	typ, _ := schema.Lookup(f.typ)
	asked, hidden := readables(f, typ, live, declared)
	there, _ := readables(f, typ, live, live.Properties)
	tags, _ := inventory.TagsOf(typ, declared)
	n.hidden, n.leaves = hidden, len(asked)+len(tags)
	for _, c := range drifted(typ, declared, live) {
		if parts := schema.SplitPointer(c.Path); len(parts) == 0 || f.unread[parts[0]] == "" {
			n.falsely++
			t.Logf("false drift: %s %+v", f.typ, c)
		}
	}
	taken := map[string]bool{}
	for _, at := range slices.Sorted(maps.Keys(asked)) {
		if !schema.MatchPointer(below, at) {
			continue
		}
		where := ""
		for _, other := range append([]string{at}, slices.Sorted(maps.Keys(there))...) {
			if !taken[other] && index.ReplaceAllString(other, "/*$1") == index.ReplaceAllString(at, "/*$1") && fmt.Sprint(there[other]) == fmt.Sprint(asked[at]) {
				where = other
				break
			}
		}
		if where == "" {
			changed, _ := altered(declared, at).(map[string]any)
			n.written++
			n.told(t, at, changed, live)
			continue
		}
		taken[where] = true
		other := *live
		other.Properties, _ = altered(live.Properties, where).(map[string]any)
		n.copied++
		n.told(t, at, declared, &other)
	}
	if below != "" {
		return n
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		other := *live
		other.Tags = maps.Clone(live.Tags)
		other.Tags[key] += "zq"
		n.copied++
		n.told(t, "tag "+key, declared, &other)
	}
	return n
}

// told compares a resource of which a value was changed with its declaration.
func (n *tally) told(t *testing.T, at string, declared inventory.Properties, live *inventory.Resource) {
	t.Helper()
	if typ, _ := schema.Lookup(live.Ref.Type); len(drifted(typ, declared, live)) == 0 {
		n.missed++
		t.Logf("missed: %s %s", live.Ref.Type, at)
	}
}

// altered returns properties in which the value at a pointer means another thing.
func altered(props inventory.Properties, pointer string) any {
	return inventory.Rewrite("", props, func(at string, v any) (any, bool) {
		if at != pointer {
			return nil, false
		}
		switch v := v.(type) {
		case bool:
			return !v, true
		case int:
			return v + 7, true
		case int64:
			return v + 7, true
		case float64:
			return v + 7, true
		case string:
			return v + "zq", true
		}
		return "zq", true
	})
}

// createOnly are the types of notEmulated that can at least be created and read back.
func (w *world) createOnly() map[string]fixture {
	all := map[string]fixture{}
	for typ, props := range map[string]func() inventory.Properties{
		"AWS::ApiGateway::RestApi": func() inventory.Properties {
			return inventory.Properties{"Name": "shop", "Description": "the shop", "EndpointConfiguration": map[string]any{"Types": []any{"REGIONAL"}}}
		},
		"AWS::EFS::MountTarget": func() inventory.Properties {
			files, _, err := w.c.Create(context.Background(), w.creation("AWS::EFS::FileSystem", inventory.Properties{"Encrypted": true}))
			require.NoError(w.t, err)
			return inventory.Properties{"FileSystemId": files.ID, "SubnetId": w.subnet(4), "SecurityGroups": []any{w.securityGroup()}}
		},
		"AWS::EKS::Cluster": func() inventory.Properties {
			return inventory.Properties{"Name": "trip", "RoleArn": w.role("eks.amazonaws.com"), "Version": "1.30", "ResourcesVpcConfig": map[string]any{"SubnetIds": []any{w.subnet(1), w.subnet(2)}}}
		},
		"AWS::ElastiCache::SubnetGroup": func() inventory.Properties {
			return inventory.Properties{"CacheSubnetGroupName": "trip", "Description": "of the caches", "SubnetIds": []any{w.subnet(1), w.subnet(2)}}
		},
		"AWS::Kinesis::Stream": func() inventory.Properties {
			return inventory.Properties{"Name": "trip", "ShardCount": int64(2)}
		},
	} {
		all[typ] = fixture{typ: typ, props: func(*world) inventory.Properties { return props() }}
	}
	return all
}

// checkFigures holds the round trips of all types to the aim of the specification.
func checkFigures(t *testing.T, figures map[string]tally) {
	var all tally
	for _, typ := range slices.Sorted(maps.Keys(figures)) {
		t.Logf("%s: %s", typ, figures[typ])
		all.add(figures[typ])
	}
	t.Logf("emulator round trips of %d types: %s", len(figures), all)
	require.Positive(t, all.changed())
	for _, w := range Writers() {
		_, tripped := figures[w.Type]
		if w.create != nil && !tripped {
			assert.Equal(t, "AWS::EFS::FileSystem", w.Type, "the only type that can be written and not read back")
			t.Logf("%s: no round trip by the emulator: %s", w.Type, notEmulated[w.Type])
		}
	}
	assert.Less(t, all.falsely*50, max(all.leaves, 1), "under 2 % false drift")
	assert.Less(t, all.missed*200, max(all.changed(), 1), "under 0.5 % missed")
}

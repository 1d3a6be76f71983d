package schema

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestUnread(t *testing.T) {
	leaf, cycle := &Node{Kinds: String}, &Node{Kinds: Object}
	cycle.Properties = map[string]*Node{"Not": cycle, "Value": leaf}
	typ := typeOf(map[string]*Node{
		"Name": leaf, "a/b": leaf,
		"Rules":  {Kinds: Array, Items: &Node{Kinds: Object, Properties: map[string]*Node{"Port": leaf, "Cidr": leaf, "Secret": leaf}}},
		"Labels": {Kinds: Object, Values: leaf},
		"Policy": {Kinds: Object | String, Open: true},
		"Match":  cycle,
	})
	typ.WriteOnly = []string{"/Rules/*/Secret"}
	typ.ReadOnly = []string{"/Name"}
	all := []string{"/Labels", "/Match", "/Name", "/Policy", "/Rules", "/a~1b"}
	without := func(skip string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(p string) bool { return p == skip })
	}
	for _, c := range []struct {
		reads, want []string
		why         string
	}{
		{nil, all, "who reads nothing has read no property; the write-only one stands below /Rules"},
		{[]string{""}, []string{"/Rules/*/Secret"}, "nobody reads what is write-only"},
		{all, []string{"/Rules/*/Secret"}, "property by property is the same"},
		{without("/Name"), []string{"/Name", "/Rules/*/Secret"}, "a read-only property that was not read is unread too"},
		{append(without("/Rules"), "/Rules/*/Port"), []string{"/Rules/*/Cidr", "/Rules/*/Secret"}, "part of an element"},
		{append(without("/Rules"), "/Rules/*/Secret", "/Rules/*/Cidr"), []string{"/Rules/*/Port", "/Rules/*/Secret"}, "a reader that claims a write-only property is not believed"},
		{append(without("/Match"), "/Match/Not/Not/Value"), []string{"/Match/Not/Not/Not", "/Match/Not/Value", "/Match/Value", "/Rules/*/Secret"}, "a cycle is followed as deep as the reader goes"},
		{append(without("/Labels"), "/Labels/app"), []string{"/Labels/*", "/Rules/*/Secret"}, "one key of a map leaves the others unread"},
		{append(without("/Policy"), "/Policy/Statement"), []string{"/Policy", "/Rules/*/Secret"}, "a part of what the schema does not divide: the whole is in doubt"},
		{append(without("/Name"), "/Nmae"), []string{"/Name", "/Rules/*/Secret"}, "a path that does not exist covers nothing"},
	} {
		assert.Equal(t, c.want, typ.Unread(c.reads), c.why)
	}

	module, ok := Lookup("Module")
	require.True(t, ok)
	assert.Equal(t, []string{""}, module.Unread(nil), "a type without properties is unread as a whole")
	assert.Empty(t, module.Unread([]string{""}))
}

func TestUnreadOfEveryType(t *testing.T) {
	every(t, func(typ *Type) {
		var top []string
		for name := range typ.Root.children() {
			top = append(top, "/"+EscapePointer(name))
		}
		slices.Sort(top)
		if len(top) > 0 {
			shortest := top
			if slices.Contains(top, "/*") {
				shortest = []string{"/*"} // a custom resource: any name, also its own
			}
			assert.Equal(t, shortest, typ.Unread(nil), "%s: reading nothing leaves every property", typ.Name)
			whole := typ.Unread([]string{""})
			assert.Equal(t, whole, typ.Unread(top), "%s: all properties are the whole", typ.Name)
			for _, w := range typ.WriteOnly {
				assert.True(t, matchAny(whole, w), "%s%s is write-only", typ.Name, w)
			}
			for _, p := range whole {
				assert.Contains(t, typ.WriteOnly, p, typ.Name)
			}
		}
	})
}

// Whatever a reader reads: a path is unread exactly when it is write-only or not covered,
// and no unread path stands below another.
func TestUnreadLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := anyType(t)
		var reads []string
		for range rapid.IntRange(0, 6).Draw(t, "reads") {
			reads = append(reads, drawPath(t, typ))
		}
		unread := typ.Unread(reads)
		if !slices.IsSorted(unread) {
			t.Fatalf("not sorted: %v", unread)
		}
		for _, a := range unread {
			for _, b := range unread {
				if a != b && MatchPointer(a, b) {
					t.Fatalf("%s: %s stands below %s", typ.Name, b, a)
				}
			}
			if matchAny(reads, a) && !slices.Contains(typ.WriteOnly, a) {
				t.Fatalf("%s: %s was read, and is listed", typ.Name, a)
			}
		}
		for range 20 {
			path := drawPath(t, typ)
			n, _ := typ.At(path)
			want := typ.IsWriteOnly(path) || !matchAny(reads, path)
			partly := len(n.children()) > 0 && !want ||
				slices.ContainsFunc(reads, func(r string) bool { return r != path && MatchPointer(path, r) }) // some below was read
			if got := matchAny(unread, path); got != want && !partly {
				t.Fatalf("%s%s: unread is %v, reads are %v, unread are %v", typ.Name, path, got, reads, unread)
			}
		}
	})
}

// drawPath draws the pointer of a place in the tree.
func drawPath(t *rapid.T, typ *Type) string {
	path, n := "", typ.Root
	for range rapid.IntRange(1, 4).Draw(t, "depth") {
		children := n.children()
		if len(children) == 0 {
			break
		}
		part := rapid.SampledFrom(slices.Sorted(maps.Keys(children))).Draw(t, "part")
		path, n = path+"/"+EscapePointer(part), children[part]
	}
	return path
}

package relation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

func TestEdgesExist(t *testing.T) {
	seen := map[edge]bool{}
	for _, e := range edges {
		name := fmt.Sprintf("%s %s -> %s", e.from, e.path, e.to)
		pair := edge{from: e.from, path: e.path, to: e.to}
		assert.False(t, seen[pair], "%s stands in the table twice", name)
		seen[pair] = true
		assert.Contains(t, []string{Hard, Soft, Implicit, Owner}, e.kind, name)

		_, known := schema.Lookup(e.to)
		assert.True(t, known, "%s: the target is no type", name)
		if strings.HasPrefix(e.path, tagPath) {
			if e.from != "*" {
				from, known := schema.Lookup(e.from)
				require.True(t, known, "%s: the source is no type", name)
				assert.NotEmpty(t, from.TagProperty, "%s: the source has no tags", name)
			}
			continue
		}
		from, known := schema.Lookup(e.from)
		require.True(t, known, "%s: the source is no type", name)
		n, known := from.At(e.path)
		if assert.True(t, known, "%s: the source has no such property", name) {
			assert.NotZero(t, n.Kinds&schema.String, "%s: a reference is a text", name)
		}
	}
}

func TestTypedIDs(t *testing.T) {
	for prefix, types := range typedIDs {
		assert.LessOrEqual(t, len(prefix), longestPrefix, "%s is never found: the walk stops before its hyphen", prefix)
		assert.True(t, strings.HasSuffix(prefix, "-"), prefix)
		for _, typ := range types {
			_, known := schema.Lookup(typ)
			assert.True(t, known || strings.HasPrefix(typ, "PCF::"), "%s names %s, which is no type", prefix, typ)
		}
	}
}

const (
	accountA = "111122223333"
	accountB = "444455556666"
)

// example makes a live resource of a type with an identifier of the right form.
func example(typ, account, region, name string) *inventory.Resource {
	if inventory.IsGlobal(typ) {
		region = inventory.GlobalRegion
	}
	r := &inventory.Resource{
		Ref:        inventory.Ref{Partition: "aws", Account: account, Region: region, Type: typ},
		Properties: inventory.Properties{},
		Tags:       map[string]string{},
	}
	r.ARN = fmt.Sprintf("arn:aws:%s:%s:%s:thing/%s", arnService(typ), strings.TrimPrefix(region, inventory.GlobalRegion), account, name)
	if typ == bucket {
		r.ARN = bucketARN("aws", name)
	}
	t, known := schema.Lookup(typ)
	if !known {
		r.Ref.ID = name
		return r
	}
	var parts []string
	for _, pointer := range t.PrimaryIdentifier {
		part := strings.ToLower(pointer[1:]) + "-" + name
		for prefix, types := range typedIDs {
			if types[0] == typ {
				part = prefix + name
			}
		}
		switch {
		case strings.HasSuffix(strings.ToLower(pointer), "arn"), typ == certificate, strings.HasSuffix(pointer, "/StackId"):
			part = r.ARN
		case typ == bucket:
			part = name
		}
		r.Properties[pointer[1:]] = part
		parts = append(parts, part)
	}
	r.Ref.ID = strings.Join(parts, "|")
	for _, host := range []string{"DNSName", "DomainName"} {
		if t.IsReadOnly("/" + host) {
			r.Properties[host] = "Host-" + name + ".example.com"
		}
	}
	return r
}

// put sets the property at a pointer of the schema; "*" makes a list of one.
func put(r *inventory.Resource, pointer string, value any) (at string) {
	if key, is := strings.CutPrefix(pointer, tagPath); is {
		r.Tags[key] = value.(string)
		return pointer
	}
	var build func(parts []string, old any) any
	build = func(parts []string, old any) any {
		if len(parts) == 0 {
			return value
		}
		if parts[0] == "*" {
			at += "/0"
			return []any{build(parts[1:], nil)}
		}
		object, _ := old.(map[string]any)
		if object == nil {
			object = map[string]any{}
		}
		at += "/" + parts[0]
		object[parts[0]] = build(parts[1:], object[parts[0]])
		return object
	}
	r.Properties = build(schema.SplitPointer(pointer), r.Properties).(map[string]any)
	return at
}

// spellings returns the ways to refer to a resource from within its account and
// region, and those that work from everywhere.
func spellings(to *inventory.Resource) (near, far map[string]string) {
	near, far = map[string]string{}, map[string]string{"arn": to.ARN}
	if to.Ref.Type == bucket {
		far["name"] = to.Ref.ID
		far["host"] = to.Ref.ID + ".s3.eu-west-1.amazonaws.com"
		far["website"] = to.Ref.ID + ".s3-website-eu-west-1.amazonaws.com"
		return near, far
	}
	for i, part := range strings.Split(to.Ref.ID, "|") {
		if strings.HasPrefix(part, "arn:") {
			far[fmt.Sprint("part ", i)] = part
		} else {
			near[fmt.Sprint("part ", i)] = part
		}
	}
	for _, host := range []string{"DNSName", "DomainName"} {
		if name, is := to.Properties[host].(string); is {
			far["host"] = strings.ToLower(name)
			far["absolute host"] = "dualstack." + name + "."
		}
	}
	return near, far
}

func relationAt(r *inventory.Resource, path string, to inventory.Ref) (kind string) {
	for _, x := range r.Relations {
		if x.Path == path && x.To == to {
			return x.Kind
		}
	}
	return ""
}

// TestEdges exercises every edge of the table: in every spelling the value refers to the
// target and with the table's kind, and one character more it refers to nothing.
func TestEdges(t *testing.T) {
	for _, e := range edges {
		from := e.from
		if from == "*" {
			from = bucket
		}
		t.Run(fmt.Sprintf("%s%s to %s", from, e.path, e.to), func(t *testing.T) {
			to := example(e.to, accountA, "eu-west-1", "0a1b")
			resolve := func(account, region, value string) (kind string) {
				r := example(from, account, region, "0c2d")
				at := put(r, e.path, value)
				Resolve(&inventory.Snapshot{Resources: []*inventory.Resource{r, to}})
				return relationAt(r, at, to.Ref)
			}
			near, far := spellings(to)
			for spelling, text := range near {
				assert.Equal(t, e.kind, resolve(accountA, "eu-west-1", text), "%s %q", spelling, text)
				assert.Empty(t, resolve(accountA, "eu-west-1", text+"x"), "%s %q", spelling, text+"x")
				assert.Empty(t, resolve(accountB, "eu-west-1", text), "%s %q of another account", spelling, text)
				if !inventory.IsGlobal(from) && !inventory.IsGlobal(e.to) {
					assert.Empty(t, resolve(accountA, "eu-central-1", text), "%s %q of another region", spelling, text)
				}
			}
			for spelling, text := range far {
				assert.Equal(t, e.kind, resolve(accountA, "eu-west-1", text), "%s %q", spelling, text)
				assert.Equal(t, e.kind, resolve(accountB, "eu-central-1", text), "%s %q from elsewhere", spelling, text)
				if spelling == "host" || spelling == "website" || spelling == "absolute host" {
					assert.Empty(t, resolve(accountA, "eu-west-1", "x"+text), "%s %q", spelling, "x"+text)
				} else {
					assert.Empty(t, resolve(accountA, "eu-west-1", text+"x"), "%s %q", spelling, text+"x")
				}
			}
			assert.NotEmpty(t, len(near)+len(far))
		})
	}
}

// TestFormats walks every format of every type that has one at a path without lists in
// lists: the value refers when a resource of that type has the name, and to nothing
// when one of another type has it.
func TestFormats(t *testing.T) {
	targets := map[string]string{ // what else may answer to the name
		vpc: subnet, subnet: vpc, securityGroup: subnet, role: user, key: logGroup, function: logGroup, logGroup: function, bucket: logGroup,
	}
	tried := map[string]int{}
	for _, name := range schema.Names() {
		typ, _ := schema.Lookup(name)
		for _, pointer := range formatted(typ) {
			n, _ := typ.At(pointer)
			want, _ := formatType(n)
			other, chosen := targets[want]
			if !chosen || slices.ContainsFunc(edges, func(e edge) bool { return e.from == name && e.path == pointer }) {
				continue
			}
			to := example(want, accountA, "eu-west-1", "0a1b")
			from := example(name, accountA, "eu-west-1", "0c2d")
			at := put(from, pointer, to.Ref.ID)
			Resolve(&inventory.Snapshot{Resources: []*inventory.Resource{from, to}})
			if name == want && inventory.NameOf(typ, from.Properties, nil) == to.Ref.ID {
				continue // the property is the resource's own name
			}
			require.Equal(t, Soft, relationAt(from, at, to.Ref), "%s%s", name, pointer)

			wrong := example(other, accountA, "eu-west-1", "0a1b")
			wrong.Ref.ID, wrong.ARN = to.Ref.ID, ""
			Resolve(&inventory.Snapshot{Resources: []*inventory.Resource{from, wrong}})
			require.Empty(t, relationAt(from, at, wrong.Ref), "%s%s", name, pointer)
			tried[want]++
		}
	}
	for want := range targets {
		assert.NotZero(t, tried[want], "no property has a format of %s", want)
	}
	t.Log(tried)
}

// formatted returns the pointers of a type's formats, four levels deep at most.
func formatted(t *schema.Type) []string {
	var all []string
	var walk func(pointer string, n *schema.Node, depth int)
	walk = func(pointer string, n *schema.Node, depth int) {
		if n == nil || depth > 4 {
			return
		}
		if _, is := formatType(n); is && n.Items == nil && n.Kinds&schema.String != 0 {
			all = append(all, pointer)
		}
		for part, child := range n.Properties {
			walk(pointer+"/"+schema.EscapePointer(part), child, depth+1)
		}
		walk(pointer+"/*", n.Items, depth+1)
	}
	walk("", t.Root, 0)
	slices.Sort(all)
	return all
}

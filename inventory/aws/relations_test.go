package aws

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// expectedRelations reads testdata/relations.txt: the lines by the script that makes the resources.
func expectedRelations(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/relations.txt")
	require.NoError(t, err)
	lines, script := map[string][]string{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "["):
			script = strings.Trim(line, "[]")
		case line != "" && !strings.HasPrefix(line, "#"):
			require.Len(t, strings.Fields(line), 4, line)
			lines[script] = append(lines[script], line)
		}
	}
	return lines
}

// relationsFrom writes the relations of the types' resources as relations.txt has them, sorted, each once.
// Every relation leads to a resource of the snapshot, or was told by a service.
func relationsFrom(t *testing.T, s *inventory.Snapshot, types []string) []string {
	t.Helper()
	live, found := byRef(s), map[string]bool{}
	for _, r := range s.Resources {
		if !slices.Contains(types, r.Ref.Type) {
			continue
		}
		for _, to := range r.Relations {
			assert.True(t, live[to.To] != nil || to.Path == "", "%s refers to %s", r.Ref, to.To)
			parts := strings.Split(to.Path, "/")
			for i, part := range parts {
				if _, err := strconv.Atoi(part); err == nil {
					parts[i] = "*"
				}
			}
			path := strings.Join(parts, "/")
			if path == "" {
				path = "-"
			}
			found[strings.Join([]string{r.Ref.Type, path, to.Kind, to.To.Type}, " ")] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// relations holds what a group's resources refer to, in a scan that also reads the types of their targets.
func (c *conformance) relations(t *testing.T) {
	want := expectedRelations(t)[c.script]
	types := slices.Clone(c.types)
	for _, line := range want {
		types = append(types, strings.Fields(line)[3])
	}
	assert.Equal(t, want, relationsFrom(t, c.scan(t, c.cfg, types...), c.types))
}

// The references of which the groups have no example: most of all those that decide what is deleted first.
func TestRelations(t *testing.T) {
	unpaced(t)
	e, _ := emulator.StartSeeded(t, "testdata/seed_relations.py")
	want := expectedRelations(t)["seed_relations"]
	types := map[string]bool{}
	for _, line := range want {
		types[strings.Fields(line)[0]], types[strings.Fields(line)[3]] = true, true
	}
	all := slices.Sorted(maps.Keys(types))
	s, err := Scan(t.Context(), configure(t, e.Env()), Options{Types: all, Regions: []string{emulator.Region, "us-east-1"}})
	require.NoError(t, err)
	found := relationsFrom(t, s, all)
	for _, line := range want {
		assert.True(t, slices.Contains(found, line), line)
	}
	t.Logf("%d relations of %d types", len(want), len(all))
}

// Nothing is expected twice, and of no type that nobody reads.
func TestExpectedRelations(t *testing.T) {
	for script, lines := range expectedRelations(t) {
		assert.True(t, slices.IsSorted(lines), "%s is in order", script)
		assert.Len(t, slices.Compact(slices.Clone(lines)), len(lines), script)
		for _, line := range lines {
			for _, typ := range []string{strings.Fields(line)[0], strings.Fields(line)[3]} {
				assert.NotNil(t, registered[typ], "%s has a reader", typ)
			}
		}
	}
}

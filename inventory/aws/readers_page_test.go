package aws

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

var update = flag.Bool("update", false, "write docs/readers.md anew")

const readersPage = "../../docs/readers.md"

const readersIntro = `# Readers

What each reader of the account asks, what permission that takes, how much of the type it can
return, and what proves it. The table is made from the readers and from the tests. Do not edit it:

    go test ./inventory/aws -run TestReadersPage -update

* **calls**: the API operations that the reader makes. Clients refuse all others.
* **actions**: how many IAM actions permit them. ` + "`pcf-scan permissions`" + ` lists them by name.
* **drift**: the top-level properties that the reader returns wholly, of those that AWS returns at
  all. What is not returned is *unread*: never compared, never judged.
* **proven**: how the reader was tried.
  * *emulator*: a script makes some with boto3 in moto, an emulator of AWS. TestConformance finds
    them with their tags and properties, in the second page too; the reader makes the calls that
    it declares and no others, and each of them is a gap when it fails. ` + "`make test`" + ` refuses
    each call and gives it one of seven faults in turn, ` + "`make test-full`" + ` all seven, and a time-out and an
    internal error of the service too. Where moto can enforce IAM, a user with the policy of a scan reads everything,
    and each action that is taken away is a gap.
  * *canned*: a test reads answers written by hand in the form of the API reference, because the
    emulator did not give them. Nobody else has confirmed those.
  * *not proven*: neither.

`

// canned names a test with answers written by hand, and why the emulator does not do.
type canned struct{ test, why string }

// cannedTypes are the types that no group of TestConformance has.
var cannedTypes = map[string]canned{
	"AWS::DMS::ReplicationInstance":    {"TestReplicationInstances", "the emulator writes dates as text, which the SDK refuses to read"},
	"AWS::DocDB::DBCluster":            {"TestDocDBClusters", "the emulator refuses the engine"},
	"AWS::EC2::PlacementGroup":         {"TestPlacementGroups", "not emulated"},
	"AWS::EKS::Addon":                  {"TestAddons", "not emulated"},
	"AWS::ElastiCache::ParameterGroup": {"TestCacheParameterGroups", "not emulated"},
	"AWS::Elasticsearch::Domain":       {"TestElasticsearchDomains", "the emulator answers the description of domains with the list of their names"},
	"PCF::Glacier::Vault":              {"TestGlacierVaults", "the emulator has vaults, but not their tags, policies and locks"},
}

// docs/readers.md says what the readers and the tests say.
func TestReadersPage(t *testing.T) {
	tests := cannedTests(t)
	shown := func(c canned, typ string) {
		assert.Contains(t, tests[c.test], typ, "%s reads canned answers of %s", c.test, typ)
	}
	home := map[string]group{}
	for _, g := range groups {
		for _, typ := range g.types {
			assert.Empty(t, home[typ].script, "%s is in one group", typ)
			require.NotNil(t, registered[typ], typ)
			home[typ] = g
		}
	}
	var page strings.Builder
	page.WriteString(readersIntro + "| type | calls | actions | drift | proven |\n|---|---|--:|--:|---|\n")
	emulated := 0
	for _, r := range Readers() {
		g, inGroup := home[r.Type]
		c, byHand := cannedTypes[r.Type]
		assert.NotEqual(t, inGroup, byHand, "%s is proven in one way: by a group, or by canned answers", r.Type)
		calls := slices.Sorted(maps.Keys(r.Calls))
		proven := "not proven"
		switch {
		case inGroup:
			emulated++
			proven = "emulator"
			for _, call := range calls {
				if c, but := g.cannedCalls()[call]; but {
					shown(c, r.Type)
					proven += fmt.Sprintf("; %s canned: %s (%s)", call, c.why, c.test)
				}
			}
		case byHand:
			shown(c, r.Type)
			proven = fmt.Sprintf("canned: %s (%s)", c.why, c.test)
		}
		fmt.Fprintf(&page, "| %s | %s | %d | %s | %s |\n", r.Type, strings.Join(calls, ", "), len(r.Actions()), drift(t, r), proven)
	}
	fmt.Fprintf(&page, "\n%d types: %d proven on the emulator, %d by canned answers only.\n", len(Readers()), emulated, len(cannedTypes))
	writeRelations(t, &page)
	if *update {
		require.NoError(t, os.WriteFile(readersPage, []byte(page.String()), 0o644)) //nolint:gosec // a page for everybody
	}
	written, err := os.ReadFile(readersPage)
	require.NoError(t, err)
	assert.True(t, page.String() == string(written), "docs/readers.md is stale: go test ./inventory/aws -run TestReadersPage -update")
}

// drift says how much of a type is compared, as `pcf-scan types` does.
func drift(t *testing.T, r *Reader) string {
	t.Helper()
	typ, ok := schema.Lookup(r.Type)
	require.True(t, ok)
	covered, readable := typ.Coverage(r.Reads)
	return fmt.Sprintf("%d/%d", covered, readable)
}

// cannedTests returns the source of the tests in the files with canned answers, by name.
func cannedTests(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*_canned_test.go")
	require.NoError(t, err)
	tests := map[string]string{}
	for _, name := range files {
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, source, 0)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Test") {
				tests[f.Name.Name] = string(bytes.Clone(source[set.Position(f.Pos()).Offset:set.Position(f.End()).Offset]))
			}
		}
	}
	return tests
}

const relationsIntro = `
## Relations

What the resources that the scripts make are found to refer to. The kind says what a deletion of the target
means: *hard* is refused, *soft* breaks or loses something, *implicit* takes the referrer along, *owner* makes
the referrer anew. An *owner* without a property was told by the service: the instance that a volume or a
network interface goes along with.

| type | property | kind | refers to |
|---|---|---|---|
`

// writeRelations shows testdata/relations.txt.
func writeRelations(t *testing.T, page *strings.Builder) {
	t.Helper()
	page.WriteString(relationsIntro)
	var rows []string
	for _, lines := range expectedRelations(t) {
		for _, line := range lines {
			rows = append(rows, "| "+strings.Join(strings.Fields(line), " | ")+" |\n")
		}
	}
	slices.Sort(rows)
	page.WriteString(strings.Join(rows, ""))
}

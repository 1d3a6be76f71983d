package reaper_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// docs/safety.md lists 34 promises, each with tests that exist, and each is broken by a patch
// whose test exists too.
func TestPromisesHaveTests(t *testing.T) {
	text, err := os.ReadFile("../docs/safety.md")
	require.NoError(t, err)
	tests := map[string]string{} // by package
	in := func(pkg, name string) bool {
		if tests[pkg] == "" {
			files, err := filepath.Glob(filepath.Join("..", pkg, "*_test.go"))
			require.NoError(t, err)
			for _, f := range files {
				code, err := os.ReadFile(f)
				require.NoError(t, err)
				tests[pkg] += string(code)
			}
		}
		return strings.Contains(tests[pkg], "func "+name+"(t *testing.T)")
	}
	patches, err := filepath.Glob("testdata/sabotage/*.patch")
	require.NoError(t, err)
	broken := map[string]bool{}
	for _, p := range patches {
		patch, err := os.ReadFile(p)
		require.NoError(t, err)
		var pkg, name string
		_, err = fmt.Sscanf(string(patch), "breaks: ./%s %s\n", &pkg, &name)
		require.NoError(t, err, "%s: its first line names the package and the test", p)
		assert.True(t, in(pkg, name), "%s: %s has no test %s", p, pkg, name)
		number, _, _ := strings.Cut(filepath.Base(p), "-")
		broken[number] = true
	}
	row := regexp.MustCompile(`(?m)^\| (\d+) \| .* \| (.*) \|$`)
	group := regexp.MustCompile("`([a-z/-]+)`: ([A-Za-z0-9_, ]+)")
	rows := row.FindAllStringSubmatch(string(text), -1)
	require.Len(t, rows, 34)
	for i, r := range rows {
		assert.Equal(t, fmt.Sprint(i+1), r[1])
		assert.True(t, broken[fmt.Sprintf("%02d", i+1)], "no patch breaks promise %d", i+1)
		groups := group.FindAllStringSubmatch(r[2], -1)
		require.NotEmpty(t, groups, "promise %d has no test", i+1)
		for _, g := range groups {
			for name := range strings.SplitSeq(g[2], ", ") {
				assert.True(t, in(g[1], strings.TrimSpace(name)), "promise %d: %s has no test %s", i+1, g[1], name)
			}
		}
	}
}

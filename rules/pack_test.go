package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// builtin loads the pack once for all tests.
func builtin(t testing.TB) *Set {
	t.Helper()
	s, err := Builtin()
	require.NoError(t, err)
	return s
}

// TestPack runs the cases in the rule files: the pack is its own test.
func TestPack(t *testing.T) {
	for _, r := range builtin(t).Test() {
		t.Run(r.Rule+"/"+r.Case, func(t *testing.T) {
			assert.True(t, r.OK, "%s: want %s, got %s: %s", r.Position, r.Want, r.Got, r.Message)
		})
	}
}

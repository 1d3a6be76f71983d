package rules

import (
	"path"
	"strings"
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

// TestPackIsComplete walks all rules and refuses a careless one.
func TestPackIsComplete(t *testing.T) {
	for _, r := range builtin(t).Rules() {
		t.Run(r.ID, func(t *testing.T) {
			assert.Equal(t, r.ID+".yaml", path.Base(r.Source), "a rule's file has its id")
			switch pack := path.Base(path.Dir(r.Source)); pack {
			case "jiti", "cost": // the packs of our own field have no framework to answer to
				assert.True(t, strings.HasPrefix(r.ID, pack+"-"), "its id says that it is of the pack %s", pack)
			default:
				assert.NotEmpty(t, r.Controls, "a rule elsewhere answers to a control")
			}
			count := map[Status]int{}
			for _, c := range r.Cases {
				count[c.Expect]++
			}
			assert.GreaterOrEqual(t, count[Pass], 2, "passing cases")
			assert.GreaterOrEqual(t, count[Fail], 2, "failing cases")
			assert.GreaterOrEqual(t, count[Unknown], 1, "cases in which what decides is not known")
			for _, typ := range r.Types {
				judged := map[Status]bool{}
				for _, c := range r.Cases {
					judged[c.Expect] = judged[c.Expect] || typ == "*" || c.Resource.Ref.Type == typ
				}
				assert.True(t, judged[Pass] && judged[Fail], "%s passes in one case and fails in another", typ)
			}
		})
	}
}

package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLazyPackIsThePack: what waits to be compiled judges as what was compiled at once.
func TestLazyPackIsThePack(t *testing.T) {
	whole := builtin(t)
	lazy, err := LoadToJudge()
	require.NoError(t, err)
	assert.Equal(t, whole.Types(), lazy.Types())
	require.Len(t, lazy.Rules(), len(whole.Rules()))
	for i, rule := range whole.Rules() {
		other := lazy.Rules()[i]
		assert.Equal(t, rule.Joins, other.Joins, rule.ID)
		assert.Equal(t, rule.Scope, other.Scope, rule.ID)
		assert.Equal(t, rule.Text, other.Text, rule.ID)
		assert.Equal(t, rule.Check, other.Check, rule.ID)
		for _, c := range rule.Cases {
			w := NewWorld(append(c.With, c.Resource), nil, caseNow)
			want := whole.judge(w, rule, c.Resource, rule.paramsValue(c.Params))
			got := lazy.judge(w, other, c.Resource, other.paramsValue(c.Params))
			want.Rule, got.Rule = nil, nil
			assert.Equal(t, want, got, "%s, %s", rule.ID, c.Name)
		}
	}
}

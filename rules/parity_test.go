package rules

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/cel-go/common/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// differs names the rules that tell a declaration from a live resource, why their control
// does, and the cases that show it: these alone get another verdict on the other side.
var differs = map[string]struct {
	why   string
	cases []string
}{}

// TestParity: a rule gives a declaration and a live resource of the same content the same
// verdict. Every case is judged as it stands, and again with all of its resources on the
// other side.
func TestParity(t *testing.T) {
	judged := 0
	var speaking []string
	set := builtin(t)
	for _, r := range set.Rules() {
		if r.Scope != "resource" && r.Scope != "join" {
			continue // facts about an account, and what only a live resource has, are never declared
		}
		if asksForSide(t, r) {
			speaking = append(speaking, r.ID)
		}
		var turned []string
		for _, c := range r.Cases {
			judged++
			resource := onTheOtherSide(c.Resource)
			world := []*inventory.Resource{resource}
			for _, x := range c.With {
				world = append(world, onTheOtherSide(x))
			}
			got := set.judge(NewWorld(world, nil, caseNow), r, resource, r.paramsValue(c.Params)).Status
			if got == c.Expect {
				continue
			}
			turned = append(turned, c.Name)
			assert.Contains(t, differs[r.ID].cases, c.Name, "%s: rule %s, case %q: %s with declared=%t, %s with declared=%t",
				c.Position, r.ID, c.Name, c.Expect, c.Resource.Declared, got, resource.Declared)
		}
		for _, name := range differs[r.ID].cases {
			assert.Contains(t, turned, name, "rule %s gives both sides of this case the same verdict: drop the exception", r.ID)
		}
	}
	t.Logf("%d cases judged on both sides; %d rules tell the sides apart: %q", judged, len(speaking), speaking)
	assert.Positive(t, judged)
	assert.Equal(t, slices.Sorted(maps.Keys(differs)), speaking, "the rules that say `live` or `declared`")
	for id, d := range differs {
		assert.NotEmpty(t, d.why, id)
		assert.NotEmpty(t, d.cases, "%s tells the sides apart, and no case of it shows how", id)
	}
}

// asksForSide reports whether the check or the `when` of a rule reads live or declared.
func asksForSide(t *testing.T, r *Rule) bool {
	for _, texts := range []map[string]string{r.Check, r.When} {
		for _, text := range texts {
			expression, err := asWritten(text)
			require.NoError(t, err, r.ID)
			if slices.ContainsFunc(nodesOf(expression.Expr()), func(e ast.Expr) bool {
				return e.Kind() == ast.IdentKind && (e.AsIdent() == "live" || e.AsIdent() == "declared")
			}) {
				return true
			}
		}
	}
	return false
}

// onTheOtherSide makes a live copy of a declared resource, and a declared one of a live one.
func onTheOtherSide(r *inventory.Resource) *inventory.Resource {
	x := *r
	x.Declared = !r.Declared
	return &x
}

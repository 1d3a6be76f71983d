package rules

import (
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCostOfPack: the limit is far above what real rules need.
func TestCostOfPack(t *testing.T) {
	for _, r := range builtin(t).Rules() {
		c := newCompiler(r, newStructs())
		for _, texts := range []map[string]string{r.Check, r.When, r.Message} {
			for of, text := range texts {
				for _, typ := range r.Types {
					if of != "" && of != typ {
						continue
					}
					env, err := c.env(typ)
					require.NoError(t, err)
					checked, issues := env.Compile(text)
					require.NoError(t, issues.Err())
					estimate, err := estimateCost(env, checked)
					require.NoError(t, err)
					assert.Less(t, estimate.Max*100, uint64(maxCost), "%s for %s", r.ID, typ)
				}
			}
		}
	}
}

// TestAllowed: what the limits of cost and of dynamic values leave alone.
func TestAllowed(t *testing.T) {
	for _, check := range []string{
		`resource.properties.?RedrivePolicy.orValue({}) == {}`,
		`[resource, resource].all(r, r.name == "")`,
		`resource.properties.?Tags.orValue([]).all(t, t.Key != "x")`,
		`related("AWS::SQS::QueuePolicy").all(p, policy(p.properties.PolicyDocument).all(s, s.conditions.all(c, c.values.all(v, v != "x"))))`,
		`resource.name.split(",").distinct().sort().join("").size() == 1`,
		`resource.properties.?Tags.orValue([]).map(t, t.Key).sort().distinct().size() == 1`,
		`cel.bind(all, resource.properties.?Tags.orValue([]), all.all(t, all.exists(u, u.Key == t.Key)))`,
		`[[1], [2, 3]].flatten().size() == 3`,
		`lists.range(1000).all(x, x >= 0)`,
	} {
		c := newCompiler(&Rule{ID: "x"}, newStructs())
		_, _, err := c.compile("AWS::SQS::Queue", check, cel.BoolType)
		assert.NoError(t, err, check)
	}
}

package drift

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

func evaluate(expr string, value any) (term, bool) {
	p := transformer{rest: expr, value: func(string) (any, bool) { return value, value != nil }}
	t, ok := p.expression()
	return t, ok && strings.TrimSpace(p.rest) == ""
}

// TestExpressions: what the language means, as far as it is read.
func TestExpressions(t *testing.T) {
	for _, c := range []struct {
		expr  string
		value any
		want  string
	}{
		{`Name`, "A", "A"},
		{`$lowercase(A.B)`, "MyDB", "mydb"},
		{`$lowercase($substringAfter(LagId, "/"))`, "arn/X", "x"},
		{`$split(FunctionName, ":")[-1]`, "a:b:c", "c"},
		{`$split(Group, "/")[1] & "/" & $split(Group, "/")[2]`, "a/b/c", "b/c"},
		{`$join($split(EngineVersion, ".", 2), ".")`, "6.2.6", "6.2"},
		{`$contains(Cost, ".") ? Cost : Cost & ".0"`, "7", "7.0"},
		{`$contains(Cost, ".") ? Cost : Cost & ".0"`, "7.5", "7.5"},
		{`StartingPositionTimestamp * 1000`, int64(17), "17000"},
		{`'custom:' & '' & Name`, "tier", "custom:tier"},
		{"$replace(V, /\n$/, '')", "a\n", "a"},
	} {
		got, ok := evaluate(c.expr, c.value)
		require.True(t, ok, c.expr)
		assert.Equal(t, c.want, got.text, c.expr)
	}
	for _, expr := range []string{``, `$`, `$lowercase(`, `$unknown(A)`, `A +`, `"open`, `[A`, `A[`, `A[9]`, `$split(A, ":")[7]`, `A ? B`, strings.Repeat("$lowercase(", 999)} {
		_, ok := evaluate(expr, "x")
		assert.False(t, ok, expr)
	}
}

// TestHowManyTransformsAreRead counts the published ones; the others make nothing equal.
func TestHowManyTransformsAreRead(t *testing.T) {
	all, read := 0, 0
	for _, name := range schema.Names() {
		typ, _ := schema.Lookup(name)
		for _, expr := range typ.Transforms {
			all++
			for alternative := range strings.SplitSeq(expr, "$OR") {
				if v, ok := evaluate(strings.TrimSpace(alternative), "17"); ok && v.variable {
					read++
					break
				}
			}
		}
	}
	t.Logf("%d of %d transforms are read", read, all)
	assert.GreaterOrEqual(t, read*100, all*75)
}

// FuzzTransform: an expression in any words ends and panics nowhere.
func FuzzTransform(f *testing.F) {
	for _, seed := range []string{`$join(["^a", X, "[0-9]*$"]) $OR X`, `$split(A, "/")[-1]`, `A?B:C`, `((`, `"\"`, `/[/`, `$replace(A, /(/, "")`} {
		f.Add(seed, "value")
	}
	f.Fuzz(func(_ *testing.T, expr, value string) {
		if v, ok := evaluate(expr, value); ok {
			v.matches(value)
		}
	})
}

package rules

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// oneRule compiles a check without a rule file.
func oneRule(t require.TestingT, typ, check string) (*Set, *Rule) {
	r := &Rule{ID: "test", Severity: High, Title: "test", Types: []string{typ}}
	s := &Set{structs: newStructs(), rules: []*Rule{r}}
	c := newCompiler(r, s.structs)
	program, conjuncts, err := c.compile(typ, check, cel.BoolType)
	if e := (*exprError)(nil); errors.As(err, &e) {
		require.NoError(t, err, "at %d of %s", e.offset, check)
	}
	require.NoError(t, err, check)
	known, _ := schema.Lookup(typ)
	r.programs = map[string]*programs{typ: {check: program, conjuncts: conjuncts, shape: s.structs.resource(known)}}
	r.params = r.paramsValue(nil)
	s.index()
	return s, r
}

func verdictOf(s *Set, r *inventory.Resource, with ...*inventory.Resource) Finding {
	return s.Judge(NewWorld(append(with, r), nil, caseNow), r)[0]
}

// An unknownLeaf is a place in properties that a test hides, with the values it may have.
type unknownLeaf struct {
	pointer string
	values  []any // sampled concrete values; the first is the original
}

func set(props map[string]any, pointer string, v any) map[string]any {
	clone, _ := inventory.Clone(props).(map[string]any)
	parts := schema.SplitPointer(pointer)
	var at any = clone
	for i, part := range parts {
		last := i == len(parts)-1
		switch c := at.(type) {
		case map[string]any:
			if last {
				if v == absent {
					delete(c, part)
				} else {
					c[part] = v
				}
				return clone
			}
			at = c[part]
		case []any:
			var n int
			fmt.Sscan(part, &n)
			if last {
				if v == absent {
					return set(clone, strings.Join(append([]string{""}, parts[:i]...), "/"), append(append([]any{}, c[:n]...), c[n+1:]...))
				}
				c[n] = v
				return clone
			}
			at = c[n]
		}
	}
	return clone
}

type absentValue struct{}

var absent any = absentValue{}

// checkSound hides one value of a resource and holds a definite verdict to every sample.
func checkSound(t *rapid.T, s *Set, r *inventory.Resource, leaf unknownLeaf, u *inventory.Unknown, with ...*inventory.Resource) {
	hidden := *r
	hidden.Properties = set(r.Properties, leaf.pointer, u)
	f := verdictOf(s, &hidden, with...)
	if f.Status == Unknown || f.Status == Error {
		return
	}
	samples := leaf.values
	if u.Optional {
		samples = append(samples[:len(samples):len(samples)], absent)
	}
	for _, v := range samples {
		if text, ok := v.(string); u.Prefix != "" && (!ok || !strings.HasPrefix(text, u.Prefix)) {
			continue
		}
		known := *r
		known.Properties = set(r.Properties, leaf.pointer, v)
		if got := verdictOf(s, &known, with...); got.Status != f.Status {
			t.Fatalf("with %s unknown the verdict is %s, with %v it is %s (%s)\n%v", leaf.pointer, f.Status, v, got.Status, got.Message, r.Properties)
		}
	}
}

// TestUnknownSoundOfExpressions is the law of guard.go over generated expressions: whenever
// a verdict is definite although a value is unknown, every sampled value of it gives the
// same verdict.
func TestUnknownSoundOfExpressions(t *testing.T) {
	definite, unknown := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		g := exprs{t}
		check := g.boolean(3)
		s, _ := oneRule(t, "AWS::Lambda::Function", check)
		for range 5 {
			r, leaves := lambdaFunction(t)
			if len(leaves) == 0 {
				continue
			}
			leaf := rapid.SampledFrom(leaves).Draw(t, "leaf")
			u := &inventory.Unknown{Because: "test", Optional: rapid.Bool().Draw(t, "optional")}
			if !u.Optional && rapid.Bool().Draw(t, "partly") {
				if _, isText := leaf.values[0].(string); isText {
					u.Prefix = "a"
				}
			}
			checkSound(t, s, r, leaf, u)
			hidden := *r
			hidden.Properties = set(r.Properties, leaf.pointer, u)
			if verdictOf(s, &hidden).Status == Unknown {
				unknown++
			} else {
				definite++
			}
		}
	})
	t.Logf("%d definite, %d unknown verdicts", definite, unknown)
	assert.Positive(t, definite, "a property that never meets its premise proves nothing")
	assert.Positive(t, unknown)
}

// exprs generates expressions over a function.
type exprs struct{ *rapid.T }

func (g exprs) pick(options ...string) string { return rapid.SampledFrom(options).Draw(g.T, "pick") }

func (g exprs) text(depth int) string {
	leaf := []string{
		`"a"`, `"b"`, `""`, `resource.properties.?Runtime.orValue("b")`, `resource.properties.?Handler.orValue("")`,
		`resource.properties.?Environment.?Variables.?k.orValue("a")`,
	}
	if depth == 0 {
		return g.pick(leaf...)
	}
	switch g.pick("leaf", "leaf", "lower", "join", "ternary", "concat", "format", "first") {
	case "lower":
		return g.text(depth-1) + ".upperAscii().lowerAscii()"
	case "join":
		return g.list(depth-1) + `.join("-")`
	case "ternary":
		return "(" + g.boolean(depth-1) + " ? " + g.text(depth-1) + " : " + g.text(depth-1) + ")"
	case "concat":
		return "(" + g.text(depth-1) + " + " + g.text(depth-1) + ")"
	case "format":
		return `"%s".format([` + g.list(depth-1) + "])"
	case "first":
		return g.list(depth-1) + `[?0].orValue("a")`
	}
	return g.pick(leaf...)
}

func (g exprs) list(depth int) string {
	leaf := []string{
		`resource.properties.?Architectures.orValue([])`, `resource.properties.?VpcConfig.?SubnetIds.orValue([])`,
		`resource.properties.?VpcConfig.?SecurityGroupIds.orValue(["a"])`, `["a", "b"]`,
	}
	if depth == 0 {
		return g.pick(leaf...)
	}
	switch g.pick("leaf", "leaf", "literal", "add", "distinct", "sort", "filter", "map", "reverse", "flatten") {
	case "literal":
		return "[" + g.text(depth-1) + ", " + g.text(depth-1) + "]"
	case "add":
		return "(" + g.list(depth-1) + " + " + g.list(depth-1) + ")"
	case "distinct":
		return g.list(depth-1) + ".distinct()"
	case "sort":
		return g.list(depth-1) + ".sort()"
	case "filter":
		return g.list(depth-1) + ".filter(x, x == " + g.text(depth-1) + ")"
	case "map":
		return g.list(depth-1) + `.map(x, x + "a")`
	case "reverse":
		return g.list(depth-1) + ".reverse()"
	case "flatten":
		return "[" + g.list(depth-1) + ", " + g.list(depth-1) + "].flatten()"
	}
	return g.pick(leaf...)
}

func (g exprs) number(depth int) string {
	if depth > 0 && g.pick("leaf", "size") == "size" {
		return "size(" + g.list(depth-1) + ")"
	}
	return g.pick("0", "1", "2", "resource.properties.?MemorySize.orValue(1)", "resource.properties.?Timeout.orValue(0)")
}

func (g exprs) boolean(depth int) string {
	p := "resource.properties"
	leaf := []string{
		"true", "has(" + p + ".Runtime)", "has(" + p + ".VpcConfig.SubnetIds)", "has(" + p + ".Environment.Variables.k)",
		"filled(" + p + ".?Runtime)", "filled(" + p + ".?VpcConfig.?SubnetIds)", `"k" in ` + p + ".?Environment.?Variables.orValue({})",
		p + ".?Environment.?Variables.orValue({}) == {'k': 'a'}", p + ".?VpcConfig == " + p + ".?VpcConfig",
		p + ".?Environment.?Variables.orValue({}).exists(k, k == 'k')", p + ".?VpcConfig.?SubnetIds == optional.of(['a'])",
		"[" + p + ".?Architectures.orValue([])] == [['a']]", "['a'] in [" + p + ".?Architectures.orValue([])]",
	}
	if depth == 0 {
		return "(" + g.pick(leaf...) + ")"
	}
	d := depth - 1
	switch g.pick("leaf", "textEq", "textNe", "listEq", "in", "less", "numEq", "and", "or", "not", "exists", "all", "one", "prefix", "ternary", "bind", "matches") {
	case "textEq":
		return "(" + g.text(d) + " == " + g.text(d) + ")"
	case "textNe":
		return "(" + g.text(d) + " != " + g.text(d) + ")"
	case "listEq":
		return "(" + g.list(d) + " == " + g.list(d) + ")"
	case "in":
		return "(" + g.text(d) + " in " + g.list(d) + ")"
	case "less":
		return "(" + g.number(d) + " < " + g.number(d) + ")"
	case "numEq":
		return "(" + g.number(d) + " == " + g.number(d) + ")"
	case "and":
		return "(" + g.boolean(d) + " && " + g.boolean(d) + ")"
	case "or":
		return "(" + g.boolean(d) + " || " + g.boolean(d) + ")"
	case "not":
		return "!" + g.boolean(d)
	case "exists":
		return g.list(d) + ".exists(x, x == " + g.text(d) + ")"
	case "all":
		return g.list(d) + ".all(x, x == " + g.text(d) + ")"
	case "one":
		return g.list(d) + ".exists_one(x, x == " + g.text(d) + ")"
	case "prefix":
		return g.text(d) + ".startsWith(" + g.text(d) + ")"
	case "ternary":
		return "(" + g.boolean(d) + " ? " + g.boolean(d) + " : " + g.boolean(d) + ")"
	case "bind":
		return "cel.bind(b, " + g.list(d) + ", b == " + g.list(d) + " || size(b) > 1)"
	case "matches":
		return g.text(d) + ".matches('^a')"
	}
	return "(" + g.pick(leaf...) + ")"
}

// lambdaFunction draws a function, and the values in it that can be hidden.
func lambdaFunction(t *rapid.T) (*inventory.Resource, []unknownLeaf) {
	texts := []any{"a", "b", "", "ab", "k"}
	lists := []any{[]any{}, []any{"a"}, []any{"b", "a"}, []any{"a", "a", "b"}}
	props := map[string]any{}
	var leaves []unknownLeaf
	leaf := func(pointer string, samples []any) any {
		v := inventory.Clone(rapid.SampledFrom(samples).Draw(t, pointer))
		leaves = append(leaves, unknownLeaf{pointer, append([]any{v}, samples...)})
		if l, ok := v.([]any); ok {
			for i, e := range l {
				leaves = append(leaves, unknownLeaf{fmt.Sprintf("%s/%d", pointer, i), append([]any{e}, texts...)})
			}
		}
		return v
	}
	some := func() bool { return rapid.Bool().Draw(t, "some") }
	if some() {
		props["Runtime"] = leaf("/Runtime", texts)
	}
	if some() {
		props["Handler"] = leaf("/Handler", texts)
	}
	if some() {
		props["MemorySize"] = leaf("/MemorySize", []any{int64(0), int64(1), int64(2)})
	}
	if some() {
		props["Architectures"] = leaf("/Architectures", lists)
	}
	if some() {
		vpc := map[string]any{}
		if some() {
			vpc["SubnetIds"] = leaf("/VpcConfig/SubnetIds", lists)
		}
		if some() {
			vpc["SecurityGroupIds"] = leaf("/VpcConfig/SecurityGroupIds", lists)
		}
		props["VpcConfig"] = vpc
		leaves = append(leaves, unknownLeaf{"/VpcConfig", []any{vpc, map[string]any{}, map[string]any{"SubnetIds": []any{"a"}}}})
	}
	if some() {
		variables := map[string]any{}
		if some() {
			variables["k"] = leaf("/Environment/Variables/k", texts)
		}
		if some() {
			variables["j"] = leaf("/Environment/Variables/j", texts)
		}
		props["Environment"] = map[string]any{"Variables": variables}
		leaves = append(leaves, unknownLeaf{"/Environment/Variables", []any{variables, map[string]any{}, map[string]any{"k": "a"}}})
	}
	return &inventory.Resource{Ref: inventory.Ref{Type: "AWS::Lambda::Function"}, Declared: true, Properties: props}, leaves
}

// TestUnknownSoundOfPack is the same law for the rules people get, on the resources of
// their cases.
func TestUnknownSoundOfPack(t *testing.T) {
	texts := []any{
		"*", "-1", "tcp", "udp", "6", "0.0.0.0/0", "10.0.0.0/8", "::/0", "s3:GetObject", "s3:*", "Allow", "Deny", "true", "false",
		"AES256", "PublicRead", "PublicReadWrite", "Private", "required", "optional", "", "data", "arn:aws:s3:::data", "arn:aws:s3:::data/*", "111122223333",
	}
	numbers := []any{int64(0), int64(1), int64(7), int64(22), int64(443), int64(3389), int64(65535), int64(-1)}
	type example struct {
		set      *Set
		resource *inventory.Resource
		with     []*inventory.Resource
		leaves   []unknownLeaf
	}
	var examples []example
	pack := builtin(t)
	for _, r := range pack.Rules() {
		only, err := pack.Select(Selection{Rules: []string{r.ID}})
		require.NoError(t, err)
		for _, c := range r.Cases {
			e := example{only, c.Resource, c.With, nil}
			inventory.Walk("", c.Resource.Properties, func(pointer string, v any) bool {
				switch v.(type) {
				case string:
					e.leaves = append(e.leaves, unknownLeaf{pointer, append([]any{v}, texts...)})
				case int64:
					e.leaves = append(e.leaves, unknownLeaf{pointer, append([]any{v}, numbers...)})
				case bool:
					e.leaves = append(e.leaves, unknownLeaf{pointer, []any{true, false}})
				case []any, map[string]any:
					if pointer != "" {
						e.leaves = append(e.leaves, unknownLeaf{pointer, []any{v}})
					}
				}
				return true
			})
			if len(e.leaves) > 0 {
				examples = append(examples, e)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 10 {
			e := rapid.SampledFrom(examples).Draw(t, "example")
			leaf := rapid.SampledFrom(e.leaves).Draw(t, "leaf")
			u := &inventory.Unknown{Because: "test", Optional: rapid.Bool().Draw(t, "optional")}
			if text, ok := leaf.values[0].(string); ok && text != "" && !u.Optional && rapid.Bool().Draw(t, "partly") {
				u.Prefix = text[:1+rapid.IntRange(0, len(text)-1).Draw(t, "known")]
			}
			checkSound(t, e.set, e.resource, leaf, u, e.with...)
		}
	})
}

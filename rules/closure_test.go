package rules

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// bothVerdicts judges with each back end. Unknown of the closures means that they give the
// rule to cel-go.
func bothVerdicts(t require.TestingT, s *Set, rule *Rule, w *World, r *inventory.Resource, params *object) (closures, cel Status) {
	p, err := rule.program(r.Ref.Type)
	require.NoError(t, err)
	var f frame
	f.on(s, w, r)
	when, check := p.closures()
	return f.verdict(when, check, params), s.judgeByCEL(w, rule, p, r, params).Status
}

// A resources draws resources from the example of a case, and from the schema of its type.
type resources struct{ *rand.Rand }

var somePlainValues = []any{
	true, false, int64(0), int64(1), int64(22), int64(443), int64(3389), int64(-1), int64(65535), 0.5, "", "a", "*", "-1", "tcp", "6", "0.0.0.0/0", "10.0.0.0/8",
	"::/0", "bad", "true", "80", "Allow", "Deny", "s3:*", "s3:GetObject", "AES256", "aws:kms", "Enabled", "default", "required", "arn:aws:s3:::data/*", "arn:aws:iam::111122223333:root",
	"1.2.3", "PublicRead", nil,
}

func (g resources) pick(of []any) any { return inventory.Clone(of[g.IntN(len(of))]) }

func (g resources) unknown() *inventory.Unknown {
	u := &inventory.Unknown{Because: "test", Optional: g.IntN(2) == 0}
	if g.IntN(3) == 0 {
		u.Prefix, u.Optional = "a", false
	}
	if g.IntN(4) == 0 {
		u.Symbol, u.Target = "Ref Other", "Other"
	}
	return u
}

// draw makes a value for a place of a schema: mostly a fitting one.
func (g resources) draw(n *schema.Node, depth int) any {
	switch roll := g.IntN(40); {
	case roll == 0:
		return g.unknown()
	case roll == 1 || n == nil:
		return g.pick(somePlainValues)
	}
	if len(n.Enum) > 0 && g.IntN(3) > 0 {
		return g.pick(n.Enum)
	}
	switch {
	case n.Kinds&schema.Object != 0 && (n.Kinds&schema.String == 0 || g.IntN(4) > 0):
		if len(n.Properties) == 0 && g.IntN(2) == 0 {
			return g.document()
		}
		out := map[string]any{}
		if depth > 0 {
			for _, name := range slices.Sorted(maps.Keys(n.Properties)) {
				if g.IntN(3) == 0 {
					out[name] = g.draw(n.Properties[name], depth-1)
				}
			}
			if n.Values != nil {
				out["k"] = g.draw(n.Values, depth-1)
			}
		}
		return out
	case n.Kinds&schema.Array != 0:
		out := []any{}
		for range g.IntN(4) {
			out = append(out, g.draw(n.Items, depth-1))
		}
		return out
	case n.Kinds&schema.Boolean != 0:
		return g.IntN(2) == 0
	case n.Kinds&(schema.Integer|schema.Number) != 0:
		return []any{int64(0), int64(1), int64(7), int64(22), int64(90), int64(365), int64(3389), int64(65535), int64(-1)}[g.IntN(9)]
	}
	for {
		if s, ok := g.pick(somePlainValues).(string); ok {
			return s
		}
	}
}

// document draws a policy.
func (g resources) document() any {
	one := func(of ...any) any {
		switch g.IntN(6) {
		case 0:
			return []any{g.pick(of), g.pick(of)}
		case 1:
			return g.unknown()
		}
		return g.pick(of)
	}
	var statements []any
	for range g.IntN(4) {
		s := map[string]any{"Effect": one("Allow", "Deny"), "Action": one("*", "s3:*", "s3:GetObject", "sts:AssumeRole", "kms:*")}
		if g.IntN(3) > 0 {
			s["Principal"] = one("*", map[string]any{"AWS": "*"}, map[string]any{"Service": "sns.amazonaws.com"}, map[string]any{"AWS": "arn:aws:iam::111122223333:root"})
		}
		if g.IntN(3) > 0 {
			s["Resource"] = one("*", "arn:aws:s3:::data", "arn:aws:s3:::data/*")
		}
		if g.IntN(3) == 0 {
			s["Condition"] = one(map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}}, map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": "111122223333"}})
		}
		statements = append(statements, s)
	}
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

// mutate changes one to three places of properties.
func (g resources) mutate(props map[string]any) map[string]any {
	for range 1 + g.IntN(3) {
		var pointers []string
		inventory.Walk("", props, func(pointer string, _ any) bool {
			if pointer != "" {
				pointers = append(pointers, pointer)
			}
			return true
		})
		if len(pointers) == 0 {
			return props
		}
		at := pointers[g.IntN(len(pointers))]
		switch g.IntN(5) {
		case 0:
			props = set(props, at, absent)
		case 1:
			props = set(props, at, g.unknown())
		case 2:
			v, _ := inventory.At(props, at)
			props = set(props, at, []any{v, v})
		default:
			props = set(props, at, g.pick(somePlainValues))
		}
	}
	return props
}

// resource draws a resource of the type of a case.
func (g resources) resource(of *inventory.Resource) *inventory.Resource {
	r := *of
	t, _ := schema.Lookup(r.Ref.Type)
	if g.IntN(2) == 0 {
		r.Properties, _ = g.draw(t.Root, 4).(map[string]any)
	} else if props, ok := inventory.Clone(r.Properties).(map[string]any); ok {
		r.Properties = g.mutate(props)
	}
	if g.IntN(8) > 0 { // readers coerce; what they cannot stays as it is
		r.Properties = schema.Coerce(t, r.Properties)
	}
	r.Declared = g.IntN(2) == 0
	switch g.IntN(6) {
	case 0:
		r.Tags = nil
	case 1:
		r.Tags = map[string]string{"Name": "a", "team": "", "pcf:app": "a", "pcf:version": "1"}
	case 2:
		r.UnknownTags = map[string]*inventory.Unknown{"team": g.unknown()}
	}
	if g.IntN(3) == 0 {
		r.Created = caseNow.Add(-time.Duration(g.IntN(400)) * 24 * time.Hour)
	}
	if g.IntN(3) == 0 && len(t.Root.Properties) > 0 {
		names := slices.Sorted(maps.Keys(t.Root.Properties))
		r.Unread = []string{"/" + names[g.IntN(len(names))]}
		if g.IntN(4) == 0 {
			r.Unread = append(r.Unread, "/"+names[g.IntN(len(names))]+"/*/"+names[0], "")
		}
	}
	return &r
}

// TestClosuresAgreeWithCEL is what the second back end rests on: whatever the closures
// decide, cel-go decides in the same way, for every rule of the pack on every case of it and
// on many resources drawn from the cases and the schemas.
func TestClosuresAgreeWithCEL(t *testing.T) {
	const perCase = 100
	decided, undecided := 0, 0
	statuses := map[Status]int{}
	g := resources{rand.New(rand.NewPCG(1, 2))}
	s := builtin(t)
	for _, rule := range s.Rules() {
		for _, c := range rule.Cases {
			check := func(r *inventory.Resource) bool {
				closures, cel := bothVerdicts(t, s, rule, NewWorld(append(c.With, r), nil, caseNow), r, rule.paramsValue(c.Params))
				if closures == Unknown {
					undecided++
					return true
				}
				decided++
				statuses[closures]++
				return assert.Equal(t, cel, closures, "%s, case %q, declared %v, unread %q\n%v", rule.ID, c.Name, r.Declared, r.Unread, r.Properties)
			}
			if !check(c.Resource) {
				return
			}
			for range perCase {
				if !check(g.resource(c.Resource)) {
					return
				}
			}
		}
	}
	t.Logf("%d verdicts agree %v, %d were left to cel-go", decided, statuses, undecided)
	for _, status := range []Status{Pass, Fail, Skip} {
		assert.Positive(t, statuses[status], status)
	}
	assert.Positive(t, undecided)
}

// TestClosuresAgreeOnExpressions is the same law over generated expressions.
func TestClosuresAgreeOnExpressions(t *testing.T) {
	decided := 0
	rapid.Check(t, func(t *rapid.T) {
		check := exprs{t}.boolean(3)
		s, rule := oneRule(t, "AWS::Lambda::Function", check)
		for range 5 {
			r, leaves := lambdaFunction(t)
			if len(leaves) > 0 && rapid.Bool().Draw(t, "hide") {
				leaf := rapid.SampledFrom(leaves).Draw(t, "leaf")
				u := &inventory.Unknown{Because: "test", Optional: rapid.Bool().Draw(t, "optional")}
				r.Properties = set(r.Properties, leaf.pointer, u)
			}
			if rapid.Bool().Draw(t, "unread") {
				r.Unread = []string{rapid.SampledFrom([]string{"/Runtime", "/VpcConfig", "/VpcConfig/SubnetIds", "/Environment/Variables/k", "/Architectures/*"}).Draw(t, "path")}
			}
			closures, cel := bothVerdicts(t, s, rule, NewWorld(nil, nil, caseNow), r, rule.params)
			if closures != Unknown {
				decided++
				if closures != cel {
					t.Fatalf("closures say %s, cel-go %s of %s\n%v unread %v", closures, cel, check, r.Properties, r.Unread)
				}
			}
		}
	})
	t.Logf("%d verdicts agree", decided)
	assert.Positive(t, decided)
}

// TestClosuresDecide: a back end that leaves everything to the other one agrees with it too.
func TestClosuresDecide(t *testing.T) {
	s := builtin(t)
	for _, rule := range s.Rules() {
		if len(rule.Joins) > 0 {
			continue
		}
		decided, definite := 0, 0
		for _, c := range rule.Cases {
			if c.Expect == Unknown {
				continue
			}
			definite++
			closures, _ := bothVerdicts(t, s, rule, NewWorld(append(c.With, c.Resource), nil, caseNow), c.Resource, rule.paramsValue(c.Params))
			if closures != Unknown {
				decided++
			}
		}
		if decided < definite {
			t.Logf("%s: closures decide %d of %d cases", rule.ID, decided, definite)
		}
		assert.Positive(t, decided, "closures decide no case of %s", rule.ID)
	}
}

func TestOverlaps(t *testing.T) {
	for _, tt := range []struct {
		pointer, path string
		want          bool
		why           string
	}{
		{"", "/A", true, "everything is unread"},
		{"/A", "/A", true, "the same place"},
		{"/A", "/A/B", true, "an ancestor"},
		{"/A/B", "/A", true, "a part"},
		{"/A/*/B", "/A/*/B", true, "of every element"},
		{"/A/0/B", "/A/*/B", true, "of one element"},
		{"/A/*/C", "/A/*/B", false, "a sibling in the elements"},
		{"/AB", "/A", false, "a longer name"},
		{"/A", "/AB", false, "a shorter name"},
	} {
		assert.Equal(t, tt.want, overlaps(tt.pointer, strings.Split(tt.path, "/")[1:]), "%s: %q and %q", tt.why, tt.pointer, tt.path)
	}
}

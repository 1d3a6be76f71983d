package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// TestPackLint: the pack has no remark without a reason.
func TestPackLint(t *testing.T) {
	for _, r := range builtin(t).Lint() {
		t.Error(r)
	}
}

func TestLint(t *testing.T) {
	const clean = `id: queue-quick
title: Queues are quick
severity: low
types: [AWS::SQS::Queue, AWS::SQS::QueuePolicy]
params: {most: {type: int, default: 10}}
when: {AWS::SQS::Queue: live || resource.name != "slow"}
check:
  AWS::SQS::Queue: resource.properties.?DelaySeconds.orValue(0) <= params.most
  AWS::SQS::QueuePolicy: size(resource.properties.Queues) > 0 && resource.properties.Queues.all(q, q.contains("quick"))
cases:
  - {name: as slow as can be, type: AWS::SQS::Queue, properties: {DelaySeconds: 10}, expect: pass}
  - {name: too slow, type: AWS::SQS::Queue, properties: {DelaySeconds: 11}, expect: fail}
  - {name: not known, type: AWS::SQS::Queue, properties: {DelaySeconds: !Unknown why}, expect: unknown}
  - {name: of quick queues, type: AWS::SQS::QueuePolicy, properties: {Queues: [quick]}, expect: pass}
  - {name: of others, type: AWS::SQS::QueuePolicy, properties: {Queues: [slow]}, expect: fail}
`
	withSkip := strings.Replace(clean, "when: {AWS::SQS::Queue: live || resource.name != \"slow\"}",
		`when: {AWS::SQS::Queue: "!has(resource.properties.QueueName)"}`, 1) +
		"  - {name: named, type: AWS::SQS::Queue, properties: {QueueName: a}, expect: skip}\n"
	tests := []struct {
		why      string
		old, new string
		want     []string // "line:column check", in order
	}{
		{why: "nothing to say"},
		{why: "a parameter that nothing reads", old: "default: 10}", new: "default: 10}, other: {type: bool, default: true}", want: []string{"5:49 param"}},
		{why: "a default without a case above it", old: "DelaySeconds: 11", new: "DelaySeconds: 12", want: []string{"5:16 boundary"}},
		{why: "a default without a case at it", old: "DelaySeconds: 10", new: "DelaySeconds: 9", want: []string{"5:16 boundary"}},
		{why: "a constant", old: `"!has(resource.properties.QueueName)"`, new: `1 == 2 || false && live`, want: []string{"6:25 when"}},
		{why: "when is false", old: `"!has(resource.properties.QueueName)"`, new: `"!has(resource.properties.QueueName) && (false || !true)"`, want: []string{"6:26 when"}},
		{why: "when asks for another type", old: `"!has(resource.properties.QueueName)"`, new: `resource.type == "AWS::SNS::Topic"`, want: []string{"6:25 when"}},
		{why: "when asks for other types", old: `"!has(resource.properties.QueueName)"`, new: `'resource.type in ["AWS::SNS::Topic", "AWS::SQS::QueuePolicy"]'`, want: []string{"6:26 when"}},
		{why: "when asks for the own type", old: `"!has(resource.properties.QueueName)"`, new: `resource.type != "AWS::SNS::Topic" && !has(resource.properties.QueueName)`},
		{why: "live and declared", old: `"!has(resource.properties.QueueName)"`, new: `live && resource.name == "" && declared`, want: []string{"6:25 when"}},
		{why: "two names at once", old: `"!has(resource.properties.QueueName)"`, new: `resource.name == "a" && resource.name == "b"`, want: []string{"6:25 when"}},
		{why: "a condition and its opposite", old: `"!has(resource.properties.QueueName)"`, new: `live && !(live)`, want: []string{"6:25 when"}},
		{why: "no skip", old: "expect: skip", new: "expect: pass", want: []string{"11:3 skip"}},
		{why: "no unknown", old: "DelaySeconds: !Unknown why}, expect: unknown", new: "DelaySeconds: 3}, expect: pass", want: []string{"11:3 unknown"}},
		{why: "no failing case of a type", old: "Queues: [slow]}, expect: fail", new: "Queues: [quick]}, expect: pass", want: []string{"11:3 fail"}},
		{why: "all of an empty list", old: "size(resource.properties.Queues) > 0 && ", new: "", want: []string{"9:56 empty"}},
		{why: "all of an empty list, absent or not", old: "size(resource.properties.Queues) > 0 && resource.properties.Queues", new: "resource.properties.?Queues.orValue([])", want: []string{"9:69 empty"}},
		{why: "asked for in other words", old: "size(resource.properties.Queues) > 0 && ", new: "resource.properties.?Queues.orValue([]) != [] && "},
		{
			why: "a case says that empty is right", old: "size(resource.properties.Queues) > 0 && resource.properties.Queues.all(q, q.contains(\"quick\"))\ncases:",
			new: "resource.properties.Queues.all(q, q.contains(\"quick\"))\ncases:\n  - {name: none, type: AWS::SQS::QueuePolicy, properties: {Queues: []}, expect: pass}",
		},
		{why: "a reason", old: "size(resource.properties.Queues) > 0 && ", new: "", want: nil},
		{why: "an expensive expression", old: "q.contains(\"quick\")", new: "resource.properties.Queues.all(a, resource.properties.Queues.all(b, resource.properties.Queues.all(c, resource.properties.Queues.all(d, a + b + c + d != q))))", want: []string{"9:26 cost"}},
		{why: "a reason that is not needed", old: "cases:", new: "lint: {cost: it is dear}\ncases:", want: []string{"1:1 cost"}},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			text := withSkip
			require.Contains(t, text, test.old)
			if test.old != "" {
				text = strings.Replace(text, test.old, test.new, 1)
			}
			if test.why == "a reason" {
				text += "lint: {empty: a policy of no queue allows nothing}\n"
			}
			set, err := loadText(t, text)
			require.NoError(t, err)
			var got []string
			for _, r := range set.Lint() {
				got = append(got, strings.TrimPrefix(strings.TrimPrefix(r.Position.String(), r.Position.File), ":")+" "+r.Check)
				assert.Contains(t, Lints, r.Check)
				assert.Equal(t, "queue-quick", r.Rule)
			}
			assert.Equal(t, test.want, got)
		})
	}
	for _, bad := range []struct{ old, new, want string }{
		{"cases:", "lint: {emty: because}\ncases:", `lint has no key "emty" (did you mean "empty"?)`},
		{"cases:", "lint: {empty: ''}\ncases:", `lint needs the reason why "empty" does not hold`},
	} {
		_, err := loadText(t, strings.Replace(clean, bad.old, bad.new, 1))
		assert.ErrorContains(t, err, bad.want)
	}
}

// TestPossibleIsSound: a condition that is true for some resource is never called
// impossible.
func TestPossibleIsSound(t *testing.T) {
	const queue = "AWS::SQS::Queue"
	atoms := []string{
		"true", "false", "live", "declared", `1 == 2`, `"a" != "b"`, `resource.name == "a"`, `"b" == resource.name`, `resource.name != "a"`,
		`resource.type == "AWS::SQS::Queue"`, `resource.type != "AWS::SQS::Queue"`, `resource.type in ["AWS::SNS::Topic"]`,
		`resource.type in ["AWS::SNS::Topic", "AWS::SQS::Queue"]`, `has(resource.properties.QueueName)`,
	}
	var condition func(depth int) *rapid.Generator[string]
	condition = func(depth int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			kinds := []string{"atom"}
			if depth > 0 {
				kinds = []string{"atom", "&&", "||", "!"}
			}
			switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
			case "atom":
				return rapid.SampledFrom(atoms).Draw(t, "atom")
			case "!":
				return "!(" + condition(depth-1).Draw(t, "negated") + ")"
			default:
				return fmt.Sprintf("(%s %s %s)", condition(depth-1).Draw(t, "left"), kind, condition(depth-1).Draw(t, "right"))
			}
		})
	}
	structs := newStructs()
	c := newCompiler(&Rule{ID: "x"}, structs)
	set := &Set{structs: structs}
	shapeOfQueue, _ := structs.find(queue)
	impossible := 0
	rapid.Check(t, func(t *rapid.T) {
		text := condition(4).Draw(t, "condition")
		program, _, err := c.compile(queue, text, cel.BoolType)
		require.NoError(t, err)
		expression, err := asWritten(text)
		require.NoError(t, err)
		says := possible(expression.Expr(), queue)
		if !says {
			impossible++
		}
		rule := &Rule{ID: "x", params: (&Rule{}).paramsValue(nil), programs: map[string]*programs{queue: {shape: shapeOfQueue, check: program}}}
		for _, name := range []string{"a", "b", "c"} {
			for _, properties := range []map[string]any{{}, {"QueueName": "q"}} {
				for _, declared := range []bool{true, false} {
					r := &inventory.Resource{Ref: inventory.Ref{Type: queue}, Name: name, Properties: properties, Declared: declared}
					if set.judge(NewWorld(nil, nil, time.Unix(0, 0)), rule, r, rule.params).Status == Pass {
						assert.True(t, says, "%s is true of %+v", text, r)
					}
				}
			}
		}
	})
	assert.Positive(t, impossible, "some conditions were called impossible")
}

package declared

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// subject is a template with one resource whose properties, and conditions, a test gives.
const subject = `
Parameters: {P: {Type: String}, Q: {Type: String}, R: {Type: String}}
Conditions:
  A: !Equals [!Ref P, "true"]
  B: !Equals [!Ref Q, "true"]
  C: !Equals [!Ref R, "true"]
  NotA: !Not [!Condition A]
  Both: !And [!Condition A, !Condition B]
  Known: !Equals [a, a]
  AlsoA: !And [!Condition A, !Condition Known]
Resources:
  Subject:
    Type: AWS::SQS::Queue
%s
`

func TestAlternatives(t *testing.T) {
	for _, c := range []struct {
		why, resource string
		want          []string // Given: properties
	}{
		{"what depends on no condition has none", "    Properties: {QueueName: q}", nil},
		{"equal branches decide nothing", "    Properties: {QueueName: !If [A, q, q]}", nil},
		{"one condition, two ways", "    Properties: {QueueName: !If [A, x, y]}", []string{
			"A is true: map[QueueName:x]", "A is false: map[QueueName:y]",
		}},
		{"NoValue is a branch like any other", "    Properties: {QueueName: q, DelaySeconds: !If [A, 5, !Ref 'AWS::NoValue']}", []string{
			"A is true: map[DelaySeconds:5 QueueName:q]", "A is false: map[QueueName:q]",
		}},
		{"the same condition is the same everywhere, also under another name", "    Properties: {QueueName: !If [A, x, y], DelaySeconds: !If [NotA, 1, 2], MessageRetentionPeriod: !If [AlsoA, 60, 61]}", []string{
			"A is true: map[DelaySeconds:2 MessageRetentionPeriod:60 QueueName:x]", "A is false: map[DelaySeconds:1 MessageRetentionPeriod:61 QueueName:y]",
		}},
		{"conditions that contradict each other are no alternative", "    Properties: {QueueName: !If [A, x, y], DelaySeconds: !If [Both, 1, 2]}", []string{
			"A is true and Both is true: map[DelaySeconds:1 QueueName:x]", "A is true and Both is false: map[DelaySeconds:2 QueueName:x]", "A is false and Both is false: map[DelaySeconds:2 QueueName:y]",
		}},
		{"in a function, in a subtree, in the whole", "    Properties: !If [A, {QueueName: !Sub ['${x}-q', {x: !If [B, one, two]}]}, {DelaySeconds: 3}]", []string{
			"A is true and B is true: map[QueueName:one-q]", "A is true and B is false: map[QueueName:two-q]",
			"A is false and B is true: map[DelaySeconds:3]", "A is false and B is false: map[DelaySeconds:3]",
		}},
		{"where a resource exists, its condition is true", "    Condition: A\n    Properties: {QueueName: !If [A, x, y], DelaySeconds: !If [B, 1, 2]}", []string{
			"B is true: map[DelaySeconds:1 QueueName:x]", "B is false: map[DelaySeconds:2 QueueName:x]",
		}},
		{"and what it builds on", "    Condition: Both\n    Properties: {QueueName: !If [A, x, y]}", []string{"A is true: map[QueueName:x]"}},
		{"a condition that must be false", "    Condition: NotA\n    Properties: {QueueName: !If [A, x, !If [B, y, y]]}", nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			d := readOne(t, Options{}, "t.yaml", fmt.Sprintf(subject, c.resource))
			require.Empty(t, texts(d.Faults))
			var got []string
			for _, a := range particle(t, d, "Subject").Resource.Alternatives {
				got = append(got, fmt.Sprintf("%s: %v", a.Given, a.Properties))
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestAlternativesKnowTheirPlaces(t *testing.T) {
	d := readOne(t, Options{}, "t.yaml", `
Parameters: {P: {Type: String}}
Conditions: {A: !Equals [!Ref P, x]}
Resources:
  Web:
    Type: AWS::EC2::SecurityGroup
    Condition: A
    Properties:
      GroupDescription: web
      SecurityGroupIngress:
        - !If [A, !Ref "AWS::NoValue", {IpProtocol: udp}]
        - {IpProtocol: tcp}
`)
	p := particle(t, d, "Web")
	assert.Empty(t, p.Resource.Alternatives, "its own condition is true where it exists")
	assert.Equal(t, "t.yaml:12:12", p.Resource.PositionOf("/SecurityGroupIngress/0/IpProtocol").String())
	require.NotNil(t, p.Existence)
	assert.Equal(t, "Condition A", p.Existence.Symbol)
	assert.Same(t, p.Existence, p.Resource.Existence)
}

func TestTooManyConditionsHaveNoAlternatives(t *testing.T) {
	var conditions, tags strings.Builder
	for i := range maxUndecided + 1 {
		fmt.Fprintf(&conditions, "  C%d: !Equals [!Ref P, \"%d\"]\n", i, i)
		fmt.Fprintf(&tags, "        - {Key: k%d, Value: !If [C%d, a, b] }\n", i, i)
	}
	template := "Parameters: {P: {Type: String}}\nConditions:\n" + conditions.String() + "Resources:\n  Subject:\n    Type: AWS::SQS::Queue\n    Properties:\n      Tags:\n"
	all := tags.String()
	r := particle(t, readOne(t, Options{}, "t.yaml", template+all), "Subject").Resource
	assert.Empty(t, r.Alternatives)
	_, _, unknown := inventory.HasUnknown(r.Properties)
	assert.True(t, unknown, "what is not known stays so")
	last := strings.LastIndex(strings.TrimRight(all, "\n"), "\n")
	r = particle(t, readOne(t, Options{}, "t.yaml", template+all[:last+1]), "Subject").Resource
	assert.Len(t, r.Alternatives, 1<<maxUndecided)
}

// TestEveryDeploymentIsAnAlternative: whatever values the parameters get, what is deployed
// then is one of the alternatives that were told before.
func TestEveryDeploymentIsAnAlternative(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		var value func(depth int) string
		value = func(depth int) string {
			switch n := rapid.IntRange(0, 5).Draw(rt, "kind"); {
			case n < 2 || depth == 0:
				return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "text")
			case n < 5:
				condition := rapid.SampledFrom([]string{"A", "B", "C", "NotA", "Both", "AlsoA"}).Draw(rt, "condition")
				return fmt.Sprintf("!If [%s, %s, %s]", condition, value(depth-1), value(depth-1))
			}
			return fmt.Sprintf("!Join ['-', [%s, %s]]", value(depth-1), value(depth-1))
		}
		text := fmt.Sprintf(subject, fmt.Sprintf("    Properties:\n      QueueName: %s\n      KmsMasterKeyId: %s\n", value(3), value(2)))
		path := filepath.Join(dir, "t.yaml")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		resource := func(opt Options) *inventory.Resource {
			d, err := Read(t.Context(), []string{path}, opt)
			require.NoError(t, err)
			require.Empty(rt, texts(d.Faults), text)
			return d.Particles()[0].Resource
		}
		before := resource(Options{})
		told := []map[string]any{before.Properties}
		if len(before.Alternatives) > 0 {
			told = nil
			for _, a := range before.Alternatives {
				told = append(told, a.Properties)
			}
		}
		for way := range 8 {
			given := map[string]string{}
			for i, name := range []string{"P", "Q", "R"} {
				given[name] = fmt.Sprint(way&(1<<i) != 0)
			}
			deployed := resource(Options{Parameters: given})
			assert.Contains(rt, told, deployed.Properties, "%v\n%s", given, text)
		}
		if rt.Failed() {
			rt.FailNow()
		}
	})
}

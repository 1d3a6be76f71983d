package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/rules"
)

// Whatever is declared, each resource is counted once, and all of them add up: a verdict is
// never silently absent.
func TestJudgedAddsUp(t *testing.T) {
	set, err := rules.Load()
	require.NoError(t, err)
	kinds := []func() *inventory.Resource{
		func() *inventory.Resource { return declaredQueue(map[string]any{"SqsManagedSseEnabled": true}) },
		func() *inventory.Resource {
			return declaredQueue(map[string]any{"SqsManagedSseEnabled": &inventory.Unknown{Because: "parameter Sse has no value"}})
		},
		func() *inventory.Resource {
			return &inventory.Resource{Ref: inventory.Ref{Type: "AWS::SNS::Subscription"}, Properties: map[string]any{}}
		},
		func() *inventory.Resource {
			return &inventory.Resource{Ref: inventory.Ref{Type: "Acme::Own::Type"}, Properties: map[string]any{}}
		},
	}
	rapid.Check(t, func(t *rapid.T) {
		d := &inventory.Declaration{Apps: []*inventory.App{{}}}
		n := rapid.IntRange(0, 8).Draw(t, "resources")
		for range n {
			r := rapid.SampledFrom(kinds).Draw(t, "kind")()
			r.Declared = true
			d.Apps[0].Particles = append(d.Apps[0].Particles, &inventory.Particle{Resource: r})
		}
		aside := rapid.IntRange(0, 3).Draw(t, "without a mapping")
		for range aside {
			d.NotJudged = append(d.NotJudged, inventory.NotJudged{Type: "aws_x", Because: "there is no mapping"})
		}
		r := Run(Job{Command: "check", Declaration: d, Rules: set, Now: time.Unix(1, 0)})
		sum := 0
		for _, n := range r.Summary.Judged {
			sum += n
		}
		assert.Equal(t, n+aside, r.Summary.Resources)
		assert.Equal(t, n+aside, sum)
		assert.Equal(t, r.Summary.NotJudged, len(r.NotJudged))
		assert.Equal(t, r.Summary.NotJudged, r.Summary.Judged["notJudged"])
		for _, c := range r.Rules {
			verdicts := c.Pass + c.Fail + c.Unknown + c.Error + c.Skip + c.Waived
			assert.LessOrEqual(t, verdicts, n, "a rule judges a resource once")
		}
	})
}

func declaredQueue(properties map[string]any) *inventory.Resource {
	return &inventory.Resource{Ref: inventory.Ref{Type: "AWS::SQS::Queue"}, LogicalID: "Q", Properties: properties}
}

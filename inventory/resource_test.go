package inventory

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPosition(t *testing.T) {
	assert.Equal(t, "", Position{}.String())
	assert.Equal(t, "a.yaml", Position{File: "a.yaml"}.String(), "the line is not known")
	assert.Equal(t, "a.yaml:12:5", Position{"a.yaml", 12, 5}.String())

	r := &Resource{
		Position: Position{"a.yaml", 1, 1},
		Positions: map[string]Position{
			"/SecurityGroupIngress":   {"a.yaml", 5, 3},
			"/SecurityGroupIngress/1": {"a.yaml", 7, 5},
		},
	}
	for pointer, line := range map[string]int{
		"/SecurityGroupIngress/1":        7, // itself
		"/SecurityGroupIngress/1/CidrIp": 7, // its nearest ancestor
		"/SecurityGroupIngress/10":       5, // not a neighbour with a similar name
		"/GroupName":                     1, // the resource
		"":                               1,
	} {
		assert.Equal(t, line, r.PositionOf(pointer).Line, pointer)
	}
}

func TestFault(t *testing.T) {
	assert.Equal(t, "bad", Fault{Message: "bad"}.Error())
	assert.Equal(t, "a.yaml:2:1: bad (do this)", Fault{Position{"a.yaml", 2, 1}, "bad", "do this"}.Error())
}

func TestIsUnread(t *testing.T) {
	r := &Resource{Unread: []string{"/Policy", "/Rules/*/Secret"}}
	for pointer, want := range map[string]bool{
		"/Policy": true, "/Policy/Statement/0": true, "/PolicyName": false,
		"/Rules": false, "/Rules/3": false, "/Rules/3/Secret": true, "/Rules/3/Secret/x": true, "": false,
	} {
		assert.Equal(t, want, r.IsUnread(pointer), pointer)
	}
	assert.True(t, (&Resource{Unread: []string{""}}).IsUnread("/Anything"), "nothing at all was read")
}

func TestLabel(t *testing.T) {
	assert.Equal(t, "Web", (&Resource{LogicalID: "Web", Name: "web", Ref: Ref{ID: "sg-1"}}).Label())
	assert.Equal(t, "sg-1", (&Resource{Name: "web", Ref: Ref{ID: "sg-1"}}).Label())
	assert.Equal(t, "web", (&Resource{Name: "web"}).Label())
}

func TestParticles(t *testing.T) {
	a, b, c := &Particle{Name: "b"}, &Particle{Name: "a"}, &Particle{Name: "c"}
	d := &Declaration{Apps: []*App{{Particles: []*Particle{a, b}}, {}, {Particles: []*Particle{c}}}}
	assert.Equal(t, []*Particle{a, b, c}, d.Particles(), "in the order of the declaration")
}

func TestSecrets(t *testing.T) {
	r := &Resource{
		Ref:        Ref{Type: "AWS::Lambda::Function"},
		Properties: Properties{"Runtime": "hush", "Layers": []any{"a", "b-secret"}, "Timeout": int64(3)},
		Secret:     []string{"/Layers/1", "/Runtime"},
	}
	assert.True(t, r.IsSecret("/Runtime"))
	assert.True(t, r.IsSecret("/Layers/1"))
	assert.False(t, r.IsSecret("/Layers/0"))
	assert.True(t, r.HoldsSecret("/Layers"), "a secret stands below it")
	assert.False(t, r.HoldsSecret("/Timeout"))
	assert.Equal(t, Properties{"Runtime": Sensitive, "Layers": []any{"a", Sensitive}, "Timeout": int64(3)}, Redacted(r))
	assert.Equal(t, "(sensitive) and (sensitive), a", r.HideSecrets("hush and b-secret, a"))
}

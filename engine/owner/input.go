package owner

import (
	"cmp"
	"slices"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// inputPairs makes a pair of every input of an active version, so that an input that is
// not there is reported. An input may live outside the targets of its app (a shared
// account), so it is looked for everywhere; Live holds what is found and not going away.
func inputPairs(d *inventory.Declaration, a *apps, w *world) []Pair {
	var all []Pair
	for _, app := range d.Apps {
		if v := a.versions[versionKey{place{app.Name, app.Environment}, app.Version}]; v.status != active {
			continue
		}
		for _, in := range app.Inputs {
			p := Pair{Particle: inputParticle(app, in), Input: true}
			if p.Particle.ID != "" {
				if p.Live = alive(w.find(in.Type, in.ID)); len(p.Live) > 0 {
					p.By = ByID
				}
			}
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Pair) int {
		x, y := a.Particle.Resource.Position, b.Particle.Resource.Position
		return cmp.Or(compareParticles(a.Particle, b.Particle), cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
	})
	// Several files of one version may pass in the same one.
	return slices.CompactFunc(all, func(a, b Pair) bool {
		p, q := a.Particle, b.Particle
		return placeOfParticle(p) == placeOfParticle(q) && p.Version == q.Version && p.Name == q.Name && p.ID == q.ID && p.Resource.Ref == q.Resource.Ref
	})
}

// inputParticle is the stand-in of an input in reports: observed, protected, and without
// properties that could be compared. Existence says why its identifier is not known.
func inputParticle(app *inventory.App, in *inventory.Input) *inventory.Particle {
	p := &inventory.Particle{
		App: app.Name, Environment: app.Environment, Version: app.Version, Name: in.Name,
		ID: in.ID, Existence: in.Unknown, State: inventory.Running, Protect: true,
		Manage: []inventory.Verb{inventory.Observe}, Targets: app.Targets,
		Resource: &inventory.Resource{
			Ref: inventory.Ref{Type: in.Type, ID: in.ID}, LogicalID: in.Name, Declared: true, Position: in.Position,
		},
	}
	if in.Type == "" && in.ID != "" {
		p.ID, p.Existence = "", &inventory.Unknown{Because: "the input does not say its type"}
	}
	return p
}

package drift

import (
	"cmp"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// input checks that a shared resource which an app takes as its input is there. Nothing
// else of it is compared: it is somebody else's. An input whose identifier is not known
// is said to be unverified and counts as in sync, for there is nothing to look for.
func (r *run) input(p Pair) Drift {
	d := Drift{Particle: p.Particle, Target: p.Target, Class: InSync}
	switch {
	case p.Particle.ID == "":
		because := "the identifier of the input is not known"
		if u := p.Particle.Existence; u != nil {
			because = u.Because
		}
		d.Unverified = []Unverified{{Because: because}}
		return d
	case len(p.Live) == 1:
		d.Live = p.Live[0]
		return d
	case len(p.Live) > 1: // the same one, seen from several places
		return d
	}
	for _, at := range inputPlaces(p) {
		p.Target = at
		if at.Account == "aws" { // AWS's own, which belong to no account that is read
			d.Class, d.Reason = Unverifiable, OutOfScope
			return d
		}
		if class, reason := r.unreadable(p, p.Particle.Resource.Ref.Type); class != "" {
			d.Class, d.Reason = class, reason
			return d
		}
	}
	d.Class, d.Reason = Missing, MissingInput
	return d
}

// inputPlaces are where an input may live: where its ARN says, else in any target of the
// app. (A full ref is understood by unreadable.)
func inputPlaces(p Pair) []inventory.Target {
	var written inventory.Target
	if arn := strings.SplitN(p.Particle.ID, ":", 6); len(arn) == 6 && arn[0] == "arn" {
		written = inventory.Target{Account: arn[4], Region: arn[3]}
	}
	if written.Account != "" && written.Region != "" || len(p.Particle.Targets) == 0 {
		return []inventory.Target{written}
	}
	places := make([]inventory.Target, 0, len(p.Particle.Targets))
	for _, t := range p.Particle.Targets {
		places = append(places, inventory.Target{Account: cmp.Or(written.Account, t.Account), Region: cmp.Or(written.Region, t.Region)})
	}
	return places
}

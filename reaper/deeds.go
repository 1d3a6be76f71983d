package reaper

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// Deeds reads from the journal which actions a run had an effect with, or may have had, in
// their order. What it found done already is not among them. A run that the journal does not
// know is an error.
func Deeds(ctx context.Context, s state.Store, run string) ([]plan.Action, error) {
	known := false
	effect := map[string]bool{} // by action and step
	type deed struct {
		plan.Action
		steps []string
	}
	deeds := map[string]*deed{}
	var order []string
	err := s.Read(ctx, func(r state.Record) error {
		if r.Run != run {
			return nil
		}
		known = true
		step := r.Action + "\x00" + r.Step
		switch {
		case r.Kind == state.Intent:
			effect[step] = true // until its outcome says otherwise
			if deeds[r.Action] != nil {
				deeds[r.Action].steps = append(deeds[r.Action].steps, step)
				return nil
			}
			d := &deed{steps: []string{step}}
			text := json.NewDecoder(bytes.NewReader(r.Detail))
			text.UseNumber()
			if err := text.Decode(&d.Action); err != nil {
				return fmt.Errorf("record %d: %w", r.Seq, err)
			}
			for i := range d.Patch {
				c := &d.Patch[i]
				var err error
				if c.From, err = inventory.Normal(c.From); err != nil {
					return fmt.Errorf("record %d: %w", r.Seq, err)
				}
				if c.To, err = inventory.Normal(c.To); err != nil {
					return fmt.Errorf("record %d: %w", r.Seq, err)
				}
			}
			deeds[r.Action] = d
			order = append(order, r.Action)
		case r.Kind == state.Outcome && r.Step != "" && (r.State == state.Failed || r.State == state.NotDone):
			effect[step] = false
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read what run %s did: %w", run, err)
	case !known:
		return nil, fmt.Errorf("read what run %s did: the journal knows no such run", run)
	}
	maps.DeleteFunc(deeds, func(_ string, d *deed) bool {
		return !slices.ContainsFunc(d.steps, func(step string) bool { return effect[step] })
	})
	var done []plan.Action
	for _, id := range order {
		if d := deeds[id]; d != nil {
			done = append(done, d.Action)
		}
	}
	return done, nil
}

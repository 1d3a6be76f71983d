package reaper

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// write appends a record. It is not stopped by the end of ctx: what happened is written.
func (a *applier) write(ctx context.Context, r state.Record, detail any) error {
	r.Run = a.ID
	if r.Time.IsZero() {
		r.Time = a.Clock.Now()
	}
	if detail != nil {
		text, err := json.Marshal(detail)
		if err != nil {
			return fmt.Errorf("write journal: %w", err)
		}
		r.Detail = text
	}
	_, err := a.lease.Append(context.WithoutCancel(ctx), r)
	return err
}

// writeApplied records what a particle's resource was made to be.
func (a *applier) writeApplied(ctx context.Context, action plan.Action, left *inventory.Resource) error {
	if action.For == nil || left == nil || isReap(action.Verb) || action.Reason == plan.Detached {
		return nil
	}
	f := action.For
	applied := state.LastApplied{
		Particle: state.Particle{App: f.App, Environment: f.Environment, Version: f.Version, Name: f.Particle, Account: left.Ref.Account, Region: left.Ref.Region},
		Ref:      left.Ref.String(), Incarnation: plan.Incarnation(left), Actor: a.caller.ARN, At: a.Clock.Now().UTC(),
	}
	before := a.ledger.Applied[applied.Particle]
	if before.Ref == applied.Ref && before.Incarnation == applied.Incarnation {
		applied.Properties = before.Properties
	}
	if action.Verb == plan.Create {
		applied.Properties, _ = a.resolved(action)
	}
	of := &inventory.Resource{Properties: inventory.Properties{}, Tags: map[string]string{}}
	maps.Copy(of.Properties, applied.Properties)
	of.Properties, _ = inventory.Clone(of.Properties).(map[string]any)
	for _, c := range action.Patch {
		if c.Tag == "" {
			plan.Set(of, c, c.To)
		}
	}
	if slices.ContainsFunc(action.Patch, func(c plan.Change) bool { return c.Tag == "pcf:app" && c.To == nil }) {
		applied.Ref, applied.Incarnation = "", "" // it is nobody's again: an adoption was undone
	}
	applied.Properties = state.MaskSecrets(a.key, left.Ref.Type, of.Properties)
	record, err := applied.Record(a.ID)
	if err != nil {
		return err
	}
	record.Action = action.ID
	same := before
	same.At, same.Actor = applied.At, applied.Actor
	if was, err := same.Record(a.ID); err == nil && string(was.Detail) == string(record.Detail) && action.Verb != plan.Create {
		return nil // nothing new; of a creation it is new that it ended (see [state.Ledger.Begun])
	}
	a.ledger.Applied[applied.Particle] = applied
	return a.write(ctx, record, record.Detail)
}

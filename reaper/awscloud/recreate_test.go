package awscloud

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/declared"
	"github.com/pcf-scan/pcf-scan/inventory/state"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// A whole app is made out of nothing by what `repair` does: read the declaration, read the
// account, plan, apply. Then nothing is left to do.
func TestRecreateEverything(t *testing.T) {
	w := newWorld(t)
	now := time.Now().UTC()
	declaration, err := declared.Read(t.Context(), []string{"testdata/shop"}, declared.Options{Now: now})
	require.NoError(t, err)
	require.Empty(t, declaration.Faults)
	kinds := map[string]bool{}
	for _, p := range declaration.Apps[0].Particles {
		kinds[p.Resource.Ref.Type] = true
	}
	store := &state.Memory{Now: func() time.Time { return time.Now() }}
	repair := func() *plan.Plan {
		t.Helper()
		live, err := aws.Scan(t.Context(), w.cfg, aws.Options{Types: sortedKeys(kinds), Regions: []string{emulator.Region}})
		require.NoError(t, err)
		require.Empty(t, live.Gaps)
		ledger, err := state.ReadLedger(t.Context(), store)
		require.NoError(t, err)
		result, err := engine.PlanRun(engine.Job{Command: "repair", Now: now, Scope: live.Scope, Declaration: declaration, Live: live, Applied: ledger.LastApplied()}, engine.Acting{
			Header: plan.Header{Command: "repair", Tool: "test", Partition: "aws", Account: emulator.Account, Regions: []string{emulator.Region}, CreatedAt: now},
			Can: func(verb plan.Verb, typ string, change plan.Change) string {
				if !Can(typ, verb) || verb == plan.Update && !CanUpdate(typ, change) {
					return "no writer"
				}
				if properties, _ := change.To.(map[string]any); verb == plan.Create && properties != nil {
					if err := CanCreate(typ, properties); err != nil {
						return err.Error()
					}
				}
				return ""
			},
		})
		require.NoError(t, err)
		return result.Plan
	}
	p := repair()
	require.Empty(t, p.Refused)
	require.Len(t, p.Actions, len(declaration.Apps[0].Particles), "everything is to be made")
	place := map[string]int{}
	for i, a := range p.Actions {
		place[a.Resource.LogicalID] = i
	}
	for later, earlier := range map[string]string{"web": "profile", "profile": "role", "worker": "role", "route": "attachment", "address": "attachment"} {
		assert.Less(t, place[earlier], place[later], "%s is named by %s, or has to be there", earlier, later)
	}
	outcomes, err := reaper.Apply(t.Context(), reaper.Run{
		ID: "run-1", Plan: p, Cloud: w.c, Store: store, Clock: quick{}, Limits: reaper.Limits{Patience: 10 * time.Second, Settle: time.Millisecond},
	})
	require.NoError(t, err)
	for _, o := range outcomes {
		assert.Equal(t, state.Done, o.State, "%s: %s", o.Action, o.Message)
	}
	t.Logf("%d resources of %d types", len(outcomes), len(kinds))

	again := repair()
	assert.Empty(t, again.Actions, "nothing is left to do")
	assert.Empty(t, again.Refused)

	// Applied once more, the first plan finds everything there.
	w.e.Forget()
	outcomes, err = reaper.Apply(t.Context(), reaper.Run{ID: "run-2", Plan: p, Cloud: w.c, Store: store, Clock: quick{}})
	require.NoError(t, err)
	assert.False(t, slices.ContainsFunc(outcomes, func(o reaper.Outcome) bool { return o.State != state.Done }))
	assert.Empty(t, w.e.Writes())
}

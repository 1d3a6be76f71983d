package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/engine/plan"
)

// Only what was repaired wholly is no drift any more.
func TestSettle(t *testing.T) {
	of := func(particle string) *plan.Identity {
		return &plan.Identity{App: "orders", Environment: "dev", Version: "1", Particle: particle}
	}
	at := func(region string) plan.Place {
		return plan.Place{Type: "AWS::SQS::Queue", Account: "1", Region: region}
	}
	drift := func(particle, class, region string) Drift {
		return Drift{App: "orders", Environment: "dev", AppVersion: "1", Particle: particle, Class: class, Resource: Place{Type: "AWS::SQS::Queue", Account: "1", Region: region}}
	}
	r := &Result{
		Command: "repair",
		Drift: []Drift{
			drift("done", "changed", "a"), drift("failed", "changed", "a"), drift("half", "changed", "a"), drift("created", "missing", ""),
			drift("refused", "changed", "a"), drift("twice", "changed", "a"), drift("twice", "changed", "b"),
		},
		Summary: Summary{Drift: map[string]int{"changed": 6, "missing": 1, "in-sync": 0}},
		Plan: &plan.Plan{
			Actions: []plan.Action{
				{ID: "1", For: of("done"), Resource: at("a")},
				{ID: "2", For: of("failed"), Resource: at("a")},
				{ID: "3", For: of("half"), Resource: at("a")},
				{ID: "4", For: of("created"), Resource: at("a")},
				{ID: "5", For: of("twice"), Resource: at("a")},
				{ID: "6", For: of("twice"), Resource: at("b")},
			},
			Refused: []plan.Refusal{{For: of("half"), Resource: at("a")}, {For: of("refused"), Resource: at("a")}},
		},
		Outcomes: []Outcome{
			{Action: "1", State: "done"},
			{Action: "2", State: "failed"},
			{Action: "3", State: "done"},
			{Action: "4", State: "done"},
			{Action: "5", State: "done"},
			{Action: "6", State: "stale"},
		},
	}
	assert.Equal(t, ExitActing, Gate{FailOn: "low"}.ExitCode(r), "an action failed")
	r.Settle()
	var left []string
	for _, d := range r.Drift {
		left = append(left, d.Particle+" "+d.Resource.Region)
	}
	assert.Equal(t, []string{"failed a", "half a", "refused a", "twice b"}, left)
	assert.Equal(t, map[string]int{"changed": 4, "missing": 0, "in-sync": 3}, r.Summary.Drift)

	r.Outcomes = r.Outcomes[:1]
	r.Summary.Drift = nil
	assert.Equal(t, ExitFindings, Gate{}.ExitCode(r), "a plan that was not applied")
	assert.Equal(t, ExitActing, Gate{Stopped: true}.ExitCode(r), "or was refused")
	assert.Equal(t, ExitInterrupted, Gate{Stopped: true, Interrupted: true}.ExitCode(r))
}

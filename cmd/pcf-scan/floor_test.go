package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// What ended along with a deletion is not suddenly missing: the sanity floor counts it as gone,
// also when the run died before it could write that down.
func TestFloorKnowsWhatEndedAlong(t *testing.T) {
	const (
		cell    = "111122223333/eu-west-1/AWS::EC2::"
		gateway = "aws/111122223333/eu-west-1/AWS::EC2::InternetGateway/igw-1"
		tie     = "aws/111122223333/eu-west-1/AWS::EC2::VPCGatewayAttachment/IGW|vpc-1"
	)
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	counted, err := json.Marshal(map[string]int{cell + "InternetGateway": 3, cell + "VPCGatewayAttachment": 3})
	require.NoError(t, err)
	intent := state.Record{Kind: state.Intent, Run: "r", Action: "delete-1", Step: "delete", Ref: gateway, Incarnation: "igw-1", Along: []string{tie}, Detail: json.RawMessage("{}")}
	outcome := state.Record{Kind: state.Outcome, Run: "r", Action: "delete-1", Step: "delete", Ref: gateway, Incarnation: "igw-1"}
	for _, c := range []struct {
		why     string
		records []state.Record
		left    int
		ties    int
	}{
		{"nothing was deleted", nil, 3, 3},
		{"the run died before it wrote how it ended", []state.Record{intent}, 2, 2},
		{"deleted, and seen to be gone", []state.Record{intent, with(outcome, state.Done), {Kind: state.Deleted, Action: "delete-1", Ref: gateway, Incarnation: "igw-1", Along: []string{tie}}}, 2, 2},
		{"nobody knows whether it was", []state.Record{intent, with(outcome, state.Unsure)}, 2, 2},
		{"the service refused, after what is taken off first", []state.Record{intent, with(outcome, state.Failed)}, 3, 2},
	} {
		store := &state.Memory{Now: func() time.Time { return now }}
		lease, err := store.Acquire(t.Context(), "test", time.Hour)
		require.NoError(t, err)
		for _, r := range append([]state.Record{{Kind: state.Counted, Detail: counted}}, c.records...) {
			r.Time = now
			_, err := lease.Append(t.Context(), r)
			require.NoError(t, err)
		}
		ledger, err := state.ReadLedger(t.Context(), store)
		require.NoError(t, err)
		facts := factsOf(ledger)
		assert.Equal(t, c.left, facts.Counts[cell+"InternetGateway"], c.why)
		assert.Equal(t, c.ties, facts.Counts[cell+"VPCGatewayAttachment"], c.why)
	}
}

func with(r state.Record, how string) state.Record {
	r.State = how
	return r
}

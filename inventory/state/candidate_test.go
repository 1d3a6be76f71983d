package state

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The way of a candidate as the ledger tells it: held, backed up, given back, gone.
func TestLedgerOfCandidates(t *testing.T) {
	ctx := context.Background()
	now := day
	m := &Memory{Now: func() time.Time { return now }}
	l, err := m.Acquire(ctx, "test", 1000*time.Hour)
	require.NoError(t, err)
	add := func(r Record) {
		t.Helper()
		r.Time = now
		_, err := l.Append(ctx, r)
		require.NoError(t, err)
		now = now.Add(time.Hour)
	}
	ledger := func() *Ledger {
		t.Helper()
		l, err := ReadLedger(ctx, m)
		require.NoError(t, err)
		return l
	}
	const ref = "aws/111122223333/eu-west-1/AWS::SNS::Topic/it"
	add(Record{Kind: Quarantined, Ref: ref, Incarnation: "1"})
	assert.Empty(t, ledger().Marks, "nothing is held without a mark")
	add(Record{Kind: Mark, Ref: ref, Incarnation: "1", State: "before"})
	add(Record{Kind: Altered, Ref: ref, Incarnation: "1", State: Held, Detail: json.RawMessage(`{"a":1}`)})
	held := now
	add(Record{Kind: Quarantined, Ref: ref, Incarnation: "1", State: "after"})
	add(Record{Kind: Quarantined, Ref: ref, Incarnation: "1", State: "later"})
	assert.Equal(t, held, ledger().Marks[ref].Quarantined, "the hold begins once")
	assert.Equal(t, "after", ledger().Marks[ref].Looks)
	add(Record{Kind: Altered, Ref: ref, Incarnation: "1", Detail: json.RawMessage(`{"b":1}`)})
	add(Record{Kind: Restored, Ref: ref, State: Held})
	require.Len(t, ledger().Altered[ref], 1, "what was prepared is given back, and it stays held")
	assert.False(t, ledger().Marks[ref].Quarantined.IsZero())
	add(Record{Kind: BackedUp, Ref: ref, Incarnation: "2", Message: "other"})
	add(Record{Kind: BackedUp, Ref: ref, Incarnation: "1", Message: "broken", State: Failed})
	assert.Empty(t, ledger().Marks[ref].Backup, "of another life, or broken")
	add(Record{Kind: BackedUp, Ref: ref, Incarnation: "1", Message: "good"})
	assert.Equal(t, "good", ledger().Marks[ref].Backup)
	add(Record{Kind: Restored, Ref: ref})
	assert.Empty(t, ledger().Altered)
	assert.True(t, ledger().Marks[ref].Quarantined.IsZero())

	add(Record{Kind: Counted, Detail: json.RawMessage(`{"111122223333/eu-west-1/AWS::SNS::Topic": 3, "x": 5}`)})
	add(Record{Kind: Counted, Detail: json.RawMessage(`{"x": 6}`)})
	add(Record{Kind: Intent, Run: "r", Action: "d", Step: "delete", Ref: ref, Incarnation: "1"})
	add(Record{Kind: Outcome, Run: "r", Action: "d", Step: "delete", Ref: ref, Incarnation: "1", State: Unsure})
	assert.Len(t, ledger().Deleted, 1, "what may have been a deletion counts")
	add(Record{Kind: Deleted, Run: "r", Action: "d", Ref: ref, Incarnation: "1"})
	got := ledger()
	assert.Len(t, got.Deleted, 1, "and counts once")
	assert.True(t, got.WasDeleted(ref, "1"))
	assert.False(t, got.WasDeleted(ref, "2"))
	assert.Empty(t, got.Marks)
	assert.Equal(t, map[string]int{"111122223333/eu-west-1/AWS::SNS::Topic": 2, "x": 6}, got.Counts, "what we deleted is not missing; a cell that was not looked at keeps its count")
}

// A deletion that failed may have taken a part off before: that part is not missing, the whole is
// still there.
func TestLedgerOfAFailedDeletion(t *testing.T) {
	const address, link = "aws/1/eu-west-1/AWS::EC2::EIP/a", "aws/1/eu-west-1/AWS::EC2::EIPAssociation/b"
	for _, end := range []string{NotDone, Failed, Done} {
		l, err := ReadLedger(t.Context(), &Memory{Now: func() time.Time { return day }})
		require.NoError(t, err)
		for i, r := range []Record{
			{Kind: Counted, Detail: []byte(`{"1/eu-west-1/AWS::EC2::EIP": 2, "1/eu-west-1/AWS::EC2::EIPAssociation": 2}`)},
			{Kind: Intent, Run: "r", Action: "a", Step: "delete", Ref: address, Incarnation: "i", Along: []string{link}},
			{Kind: Outcome, Run: "r", Action: "a", Step: "delete", Ref: address, Incarnation: "i", State: end},
		} {
			r.Seq = int64(i + 1)
			require.NoError(t, l.Add(r))
		}
		assert.Equal(t, 1, l.Counts["1/eu-west-1/AWS::EC2::EIPAssociation"], end)
		gone := end == Done
		assert.Equal(t, gone, l.Counts["1/eu-west-1/AWS::EC2::EIP"] == 1, end)
		assert.Equal(t, gone, len(l.Ending()) == 1, "%s: that it stays away is yet to be seen", end)
		assert.False(t, l.HasEnded(address, "i"), end)
		require.NoError(t, l.Add(Record{Seq: 4, Kind: Deleted, Ref: address, Incarnation: "i", Along: []string{link}}))
		assert.Empty(t, l.Ending(), end)
		assert.True(t, l.HasEnded(address, "i"), end)
	}
}

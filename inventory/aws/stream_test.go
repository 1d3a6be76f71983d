package aws

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// A stream says the same as a scan, but for relations and order.
func TestStreamSaysWhatScanSays(t *testing.T) {
	e, made := seed(t)
	cfg := configure(t, e.Env())
	e.Fail("sqs", "ListQueues", emulator.Deny)
	opt := Options{Types: made.types()}
	want, err := Scan(t.Context(), cfg, opt)
	require.NoError(t, err)
	got := &inventory.Snapshot{}
	var inside atomic.Int32
	got.Scope, got.Gaps, err = Stream(t.Context(), cfg, opt, func(r *inventory.Resource) error {
		assert.EqualValues(t, 1, inside.Add(1), "calls never overlap")
		got.Resources = append(got.Resources, r)
		inside.Add(-1)
		return nil
	})
	require.NoError(t, err)
	got.Sort()
	assert.Equal(t, want.Scope, got.Scope)
	assert.Equal(t, want.Gaps, got.Gaps)
	related := 0
	require.Len(t, got.Resources, len(want.Resources))
	for i, r := range want.Resources {
		related += len(r.Relations)
		r.Relations, got.Resources[i].Relations = nil, nil
		assert.Equal(t, r, got.Resources[i])
	}
	assert.Greater(t, related, 10, "a scan resolves relations")
}

// What a reader knows of an owner outlives the resolution of references.
func TestScanKeepsOwnersAndResolvesReferences(t *testing.T) {
	e, made := seed(t)
	snapshot, err := Scan(t.Context(), configure(t, e.Env()), Options{Types: made.types()})
	require.NoError(t, err)
	kinds := map[string]bool{}
	for _, r := range snapshot.Resources {
		for _, to := range r.Relations {
			if r.Ref.Type == "AWS::EC2::Volume" && to.To.Type == "AWS::EC2::Instance" && to.Path == "" {
				kinds[to.Kind] = true
			}
			if r.Ref.Type == "AWS::EC2::Subnet" && to.To.Type == "AWS::EC2::VPC" && to.Path == "/VpcId" {
				kinds[to.Kind] = true
			}
		}
	}
	assert.Equal(t, map[string]bool{"owner": true, "hard": true}, kinds)
}

var errFull = errors.New("the disk is full")

func TestStreamStopsWhenAResourceIsNotTaken(t *testing.T) {
	e, made := seed(t)
	taken := 0
	_, _, err := Stream(t.Context(), configure(t, e.Env()), Options{Types: made.types()}, func(*inventory.Resource) error {
		if taken++; taken == 3 {
			return errFull
		}
		return nil
	})
	assert.ErrorIs(t, err, errFull)
	assert.Equal(t, 3, taken, "nothing is offered after that")
}

func TestProgressOnlyGrows(t *testing.T) {
	e, made := seed(t)
	cfg := configure(t, e.Env())
	e.Fail("sns", "ListTopics", emulator.Throttle)
	var seen []Progress
	snapshot, err := Scan(t.Context(), cfg, Options{Types: made.types(), Progress: func(p Progress) { seen = append(seen, p) }})
	require.NoError(t, err)
	require.NotEmpty(t, seen)
	for i := 1; i < len(seen); i++ {
		a, b := seen[i-1], seen[i]
		assert.True(t, b.Calls >= a.Calls && b.CellsDone >= a.CellsDone && b.Resources >= a.Resources && b.Throttles >= a.Throttles, "%+v then %+v", a, b)
	}
	last := seen[len(seen)-1]
	assert.Equal(t, Progress{
		Accounts: 1, AccountsDone: 1, Cells: len(made), CellsDone: len(made), Resources: len(snapshot.Resources),
		Calls: last.Calls, Throttles: 2,
	}, last, "the throttled call was tried twice")
	assert.Equal(t, len(e.Calls()), last.Calls+1, "every request was counted, but for the question who asks")
}

// Pages that come over the wire: split, with an empty one first, and without end. It is
// the same law as the second pages of TestConformance, and what becomes of a token without end.
func TestPagesOverTheWire(t *testing.T) {
	e, made := seed(t)
	cfg := configure(t, e.Env())
	opt := Options{Types: made.types()}
	whole, err := Scan(t.Context(), cfg, opt)
	require.NoError(t, err)
	calls := len(e.Calls())
	for _, fault := range []emulator.Fault{emulator.SplitPages, emulator.EmptyPage} {
		t.Run(string(fault), func(t *testing.T) {
			e.Forget()
			e.Fail("*", "*", fault)
			defer e.Heal()
			paged, err := Scan(t.Context(), cfg, opt)
			require.NoError(t, err)
			assert.Equal(t, whole, paged)
			assert.Greater(t, len(e.Calls()), calls+10, "answers came in pages")
		})
	}
	t.Run(string(emulator.RepeatToken), func(t *testing.T) {
		e.Fail("*", "*", emulator.RepeatToken)
		defer e.Heal()
		endless, err := Scan(t.Context(), cfg, opt)
		require.NoError(t, err)
		assertNothingLost(t, whole, endless, "repeated token")
		for _, typ := range []string{"AWS::EC2::VPC", "AWS::IAM::Role", "AWS::KMS::Key", "AWS::DynamoDB::Table", "AWS::Logs::LogGroup"} {
			assert.False(t, endless.Readable(emulator.Account, ref(typ, "").Region, typ), typ)
		}
	})
}

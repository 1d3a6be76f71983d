package history

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/plan"
)

// day is noon of a day in November.
func day(n int) time.Time { return time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC) }

const account = "111122223333"

// scanOf is a scan on a day that found rule-a to fail on the queues named, each of which lives.
func scanOf(at time.Time, queues ...string) *engine.Result {
	r := &engine.Result{
		SchemaVersion: 1, Tool: engine.Tool{Name: "pcf-scan", Version: "1"}, Command: "scan", RunID: "run-" + at.Format(time.RFC3339),
		StartedAt: at, FinishedAt: at.Add(time.Minute), Complete: true,
		Scope:    engine.Scope{Partition: "aws", Accounts: []string{account}, Regions: []string{"eu-west-1"}, Types: []string{"*"}},
		Rules:    []engine.RuleCount{{ID: "rule-a", Severity: "high", Fail: len(queues), Pass: 1, Controls: map[string][]string{"fsbp": {"SQS.1"}}}, {ID: "rule-b", Severity: "low"}},
		Findings: []engine.Finding{}, Resources: []engine.Resource{}, Drift: []engine.Drift{},
		Summary: engine.Summary{
			Resources: len(queues), ByClass: map[string]int{"orphan": 1}, Drift: map[string]int{"in-sync": 5, "unverifiable": 1, "missing": 2},
			BySeverity: map[string]int{"high": len(queues)}, Findings: map[string]int{"fail": len(queues), "pass": 1},
		},
	}
	for _, q := range queues {
		r.Resources = append(r.Resources, engine.Resource{Type: "AWS::SQS::Queue", ID: q, Account: account, Region: "eu-west-1", Class: "owned", App: "orders", Environment: "dev"})
		r.Findings = append(r.Findings, failing(q))
	}
	return r
}

func failing(queue string) engine.Finding {
	return engine.Finding{
		Rule: "rule-a", Severity: "high", Status: "fail", Fingerprint: "sha256:" + queue, Message: "the message", App: "orders", Environment: "dev",
		Resource: engine.Place{Partition: "aws", Type: "AWS::SQS::Queue", ID: queue, Account: account, Region: "eu-west-1"},
	}
}

func create(t testing.TB) *History {
	t.Helper()
	h, err := Create(t.Context(), filepath.Join(t.TempDir(), "history.db"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func record(t testing.TB, h *History, r *engine.Result) {
	t.Helper()
	recorded, err := h.Record(t.Context(), r)
	require.NoError(t, err)
	require.True(t, recorded)
}

// lives writes the life of each finding in days: "q1 fail 1-3 closed 4 reopened 6".
func lives(t testing.TB, h *History) (all []string) {
	t.Helper()
	findings, err := h.Findings(t.Context(), Query{}, false)
	require.NoError(t, err)
	for _, f := range findings {
		s := fmt.Sprintf("%s %s %d-%d", f.Resource.ID+f.Resource.LogicalID, f.Status, f.FirstSeen.Day(), f.LastSeen.Day())
		if f.Closed != nil {
			s += fmt.Sprintf(" closed %d", f.Closed.Day())
		}
		if f.Reopened != nil {
			s += fmt.Sprintf(" reopened %d", f.Reopened.Day())
		}
		all = append(all, s)
	}
	return all
}

// sights writes the life of each resource in days.
func sights(t testing.TB, h *History) (all []string) {
	t.Helper()
	rows, err := h.db.QueryContext(t.Context(), "SELECT resource, first_seen, last_seen, gone FROM resources ORDER BY resource")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var id string
		var first, last int64
		var gone sql.NullInt64
		require.NoError(t, rows.Scan(&id, &first, &last, &gone))
		s := fmt.Sprintf("%s %d-%d", id, time.Unix(first, 0).UTC().Day(), time.Unix(last, 0).UTC().Day())
		if gone.Valid {
			s += fmt.Sprintf(" gone %d", time.Unix(gone.Int64, 0).UTC().Day())
		}
		all = append(all, s)
	}
	require.NoError(t, rows.Err())
	return all
}

// TestLife: what one more run says about a queue that failed on day 1.
func TestLife(t *testing.T) {
	for _, c := range []struct {
		why      string
		second   func(r *engine.Result)
		queues   []string
		finding  string
		resource string
	}{
		{"it is still there", nil, []string{"q"}, "q fail 1-2", "q 1-2"},
		{"a run that looked did not find it", nil, nil, "q fail 1-1 closed 2", "q 1-1 gone 2"},
		{"the type could not be listed", func(r *engine.Result) {
			r.Complete, r.Gaps = false, []engine.Gap{{Account: account, Region: "eu-west-1", Type: "AWS::SQS::Queue", Reason: "denied"}}
		}, nil, "q fail 1-1", "q 1-1"},
		{"another type could not be listed", func(r *engine.Result) {
			r.Complete, r.Gaps = false, []engine.Gap{{Account: account, Region: "eu-west-1", Type: "AWS::SNS::Topic", Reason: "denied"}}
		}, nil, "q fail 1-1 closed 2", "q 1-1 gone 2"},
		{"another region", func(r *engine.Result) { r.Scope.Regions = []string{"us-east-1"} }, nil, "q fail 1-1", "q 1-1"},
		{"another account", func(r *engine.Result) { r.Scope.Accounts = []string{"444455556666"} }, nil, "q fail 1-1", "q 1-1"},
		{"other types", func(r *engine.Result) { r.Scope.Types = []string{"AWS::SNS::*"} }, nil, "q fail 1-1", "q 1-1"},
		{"narrowed to an app", func(r *engine.Result) { r.Scope.NarrowedTo = []string{"app billing"} }, nil, "q fail 1-1", "q 1-1"},
		{"the rule was not loaded", func(r *engine.Result) { r.Rules = r.Rules[1:] }, nil, "q fail 1-1", "q 1-1 gone 2"},
		{"no rule was judged", func(r *engine.Result) { r.Command, r.Rules, r.Findings = "inventory", nil, nil }, nil, "q fail 1-1", "q 1-1 gone 2"},
		{"nothing was listed", func(r *engine.Result) { r.Findings, r.Resources, r.Drift = nil, nil, nil }, nil, "q fail 1-1", "q 1-1"},
		{"the rule cannot say any more", func(r *engine.Result) {
			f := failing("q")
			f.Status, f.Fingerprint = "unknown", "sha256:other"
			r.Findings = append(r.Findings, f)
		}, nil, "q fail 1-1;q unknown 2-2", "q 1-1 gone 2"},
		{"somebody accepts it", func(r *engine.Result) {
			f := failing("q")
			f.Status = "waived"
			r.Findings = append(r.Findings, f)
		}, nil, "q waived 1-2", "q 1-1 gone 2"},
		{"a check says nothing about what lives", func(r *engine.Result) {
			r.Command, r.Scope, r.Resources, r.Drift = "check", engine.Scope{Files: []string{"stack.yaml"}}, nil, nil
		}, nil, "q fail 1-1", "q 1-1"},
		{"an older run, recorded late", func(r *engine.Result) { r.StartedAt = day(1).Add(-24 * time.Hour) }, nil, "q fail 1-1", "q 1-1"},
	} {
		t.Run(c.why, func(t *testing.T) {
			h := create(t)
			record(t, h, scanOf(day(1), "q"))
			second := scanOf(day(2), c.queues...)
			if c.second != nil {
				c.second(second)
			}
			record(t, h, second)
			assert.Equal(t, c.finding, strings.Join(lives(t, h), ";"))
			assert.Equal(t, c.resource, strings.Join(sights(t, h), ";"))
		})
	}
}

func TestReopened(t *testing.T) {
	h := create(t)
	waived := func(at time.Time) *engine.Result {
		r := scanOf(at, "q")
		r.Findings[0].Status = "waived"
		return r
	}
	for _, r := range []*engine.Result{scanOf(day(1), "q"), scanOf(day(2)), scanOf(day(3)), scanOf(day(4), "q"), waived(day(5)), scanOf(day(6), "q")} {
		record(t, h, r)
	}
	assert.Equal(t, []string{"q fail 1-6 reopened 6"}, lives(t, h), "the end of a waiver reopens it as well")
	assert.Equal(t, []string{"q 1-6"}, sights(t, h))
	runs, err := h.Runs(t.Context(), Query{Rule: "rule-a"})
	require.NoError(t, err)
	var moves []string
	for _, r := range runs {
		moves = append(moves, fmt.Sprintf("%d/%d/%d", r.Opened, r.Reopened, r.Closed))
	}
	assert.Equal(t, "1/0/0 0/0/1 0/0/0 0/1/0 0/0/0 0/1/0", strings.Join(moves, " "), "opened/reopened/closed of each run")
}

// TestCheckAndDrift: findings of declarations end with the file that was read, and a difference
// that cannot be seen has not ended.
func TestCheckAndDrift(t *testing.T) {
	h := create(t)
	check := func(at time.Time, files []string, places ...string) *engine.Result {
		r := scanOf(at)
		r.Command, r.Resources, r.Drift, r.Scope = "check", nil, nil, engine.Scope{Files: files}
		for _, p := range places {
			f := failing("")
			f.Fingerprint, f.Resource = "sha256:"+p, engine.Place{Type: "AWS::SQS::Queue", LogicalID: p, File: p + ".yaml", Line: at.Day()}
			r.Findings = append(r.Findings, f)
		}
		return r
	}
	both := []string{"a.yaml", "b.yaml"}
	for _, r := range []*engine.Result{check(day(1), both, "a", "b"), check(day(2), both[:1]), check(day(3), both, "b")} {
		record(t, h, r)
	}
	assert.Equal(t, []string{"a fail 1-1 closed 2", "b fail 1-3"}, lives(t, h))

	h = create(t)
	drifted := func(at time.Time, class string) *engine.Result {
		r := scanOf(at)
		if class != "" {
			r.Drift = append(r.Drift, engine.Drift{
				Resource: engine.Place{Type: "AWS::SQS::Queue", ID: "q", Account: account, Region: "eu-west-1", File: "apps.yaml", Line: at.Day()},
				App:      "orders", Class: class, Severity: "medium", Changes: []engine.Change{{Path: "/DelaySeconds", Live: 5, Kind: "differs", Severity: "medium"}},
			})
		}
		return r
	}
	for i, class := range []string{"changed", "unverifiable", "changed", ""} {
		record(t, h, drifted(day(i+1), class))
	}
	assert.Equal(t, []string{"q fail 1-3 closed 4"}, lives(t, h))
}

// TestTwoOfOneKind: a second copy of a finding is a finding of its own.
func TestTwoOfOneKind(t *testing.T) {
	h := create(t)
	record(t, h, scanOf(day(1), "q", "q"))
	record(t, h, scanOf(day(2), "q"))
	assert.Equal(t, []string{"q fail 1-2", "q fail 1-1 closed 2"}, lives(t, h))
}

func TestRecordIsIdempotent(t *testing.T) {
	h := create(t)
	record(t, h, scanOf(day(1), "q"))
	for range 2 {
		again := scanOf(day(1))
		recorded, err := h.Record(t.Context(), again)
		require.NoError(t, err)
		assert.False(t, recorded)
	}
	assert.Equal(t, []string{"q fail 1-1"}, lives(t, h), "the second time changes nothing, whatever it says")
	other := scanOf(day(1), "q")
	other.Command = "drift"
	record(t, h, other) // with --now two commands have one run id
}

// TestLaws: over any sequence of complete runs a finding is open exactly when the last run
// found it, its first sight is the first run that found it, and disjoint accounts may be
// recorded in any order.
func TestLaws(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		ctx := context.Background()
		h, err := Create(ctx, filepath.Join(dir, fmt.Sprint(n)))
		require.NoError(r, err)
		defer func() { _ = h.Close() }()
		runs := rapid.SliceOfN(rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3, rapid.ID), 1, 6).Draw(r, "runs")
		want := map[string]string{}
		first, last := map[string]int{}, map[string]int{}
		for i, queues := range runs {
			slices.Sort(queues)
			_, err := h.Record(ctx, scanOf(day(i+1), queues...))
			require.NoError(r, err)
			for _, q := range queues {
				if first[q] == 0 {
					first[q] = i + 1
				}
				last[q] = i + 1
			}
		}
		for q := range first {
			s := fmt.Sprintf("%d-%d", first[q], last[q])
			if last[q] < len(runs) {
				s += fmt.Sprintf(" closed %d", last[q]+1)
			}
			want[q] = s
		}
		findings, err := h.Findings(ctx, Query{}, false)
		require.NoError(r, err)
		got := map[string]string{}
		for _, f := range findings {
			s := fmt.Sprintf("%d-%d", f.FirstSeen.Day(), f.LastSeen.Day())
			if f.Closed != nil {
				s += fmt.Sprintf(" closed %d", f.Closed.Day())
			}
			got[f.Resource.ID] = s
		}
		require.Equal(r, want, got)
	})
}

func TestRunsAndTrend(t *testing.T) {
	h := create(t)
	for i := 1; i <= 3; i++ {
		record(t, h, scanOf(day(i), strings.Fields("a b c")[:i]...))
	}
	other := scanOf(day(4))
	other.Scope.Regions = []string{"us-east-1"}
	record(t, h, other)
	check := scanOf(day(5))
	check.Command = "check"
	record(t, h, check)

	count := func(q Query) (all []string) {
		runs, err := h.Runs(t.Context(), q)
		require.NoError(t, err)
		for _, r := range runs {
			all = append(all, fmt.Sprintf("%d:%d", r.Time.Day(), r.Findings["fail"]))
		}
		return all
	}
	assert.Equal(t, []string{"1:1", "2:2", "3:3", "4:0", "5:0"}, count(Query{}))
	assert.Equal(t, []string{"4:0", "5:0"}, count(Query{Last: 2}))
	assert.Equal(t, []string{"3:3", "4:0"}, count(Query{Since: day(3), Command: "scan"}))
	assert.Equal(t, []string{"1:1", "2:2", "3:3", "4:0", "5:0"}, count(Query{Rule: "rule-a"}))
	assert.Equal(t, []string{"1:1", "2:2", "3:3", "4:0", "5:0"}, count(Query{Control: "fsbp/SQS.1"}))
	assert.Equal(t, []string{"1:1", "2:2", "3:3"}, count(Query{App: "orders"}), "an app that a run does not name has no number there")
	assert.Equal(t, []string{"1:1", "2:2", "3:3"}, count(Query{App: "orders", Environment: "dev"}))
	assert.Empty(t, count(Query{App: "orders", Environment: "prod"}))
	assert.Equal(t, []string{"1:1", "2:2", "3:3", "4:0", "5:0"}, count(Query{Account: account}))
	assert.Empty(t, count(Query{Rule: "none"}))
	names, err := h.Names(t.Context(), Query{Rule: "none"})
	require.NoError(t, err)
	assert.Equal(t, []string{"rule-a", "rule-b"}, names)

	trend, err := h.Trend(t.Context(), scanOf(day(2)))
	require.NoError(t, err)
	require.Len(t, trend, 2, "only what can be compared, and nothing later")
	assert.Equal(t, engine.Trend{
		RunID: "run-2026-11-02T12:00:00Z", Time: day(2), Complete: true, BySeverity: map[string]int{"critical": 0, "high": 2, "medium": 0, "low": 0, "info": 0},
		Resources: 2, Orphans: 1, Drift: 2,
	}, trend[1])
}

func TestOutcomes(t *testing.T) {
	h := create(t)
	r := scanOf(day(1))
	r.Command = "reap"
	r.Plan = &plan.Plan{Actions: []plan.Action{
		{ID: "1", Verb: plan.Delete, Reason: "orphan", Resource: plan.Place{Type: "AWS::SQS::Queue", ID: "q", Account: account}, For: &plan.Identity{App: "orders"}},
		{ID: "2", Verb: plan.Mark, Resource: plan.Place{Type: "AWS::SQS::Queue", ID: "r", Account: account}},
	}}
	r.Outcomes = []engine.Outcome{{Action: "1", State: "done", RequestID: "abc"}, {Action: "2", State: "done"}}
	record(t, h, r)
	for _, c := range []struct {
		q    Query
		want int
		why  string
	}{
		{Query{}, 1, "a mark is no outcome here: the state says what is marked"},
		{Query{App: "orders", Account: account, Since: day(1)}, 1, "all that was asked for fits"},
		{Query{App: "other"}, 0, "of another app"},
		{Query{Account: "1"}, 0, "in another account"},
		{Query{Since: day(2)}, 0, "before the time that was asked for"},
	} {
		got, err := h.Outcomes(t.Context(), c.q)
		require.NoError(t, err)
		require.Len(t, got, c.want, c.why)
		if c.want > 0 {
			assert.Equal(t, Outcome{
				Time: day(1), RunID: r.RunID, Verb: "delete", Reason: "orphan", State: "done", App: "orders", RequestID: "abc",
				Resource: engine.Place{Type: "AWS::SQS::Queue", ID: "q", Account: account},
			}, got[0])
		}
	}
}

func TestPrune(t *testing.T) {
	fill := func(t *testing.T) *History {
		h := create(t)
		for i, queues := range [][]string{{"old", "q"}, {"q"}, {"q"}, {"q", "new"}} {
			record(t, h, scanOf(day(i+1), queues...))
		}
		return h
	}
	for _, c := range []struct {
		why      string
		before   time.Time
		keepRuns int
		want     Pruned
		left     []string
	}{
		{"nothing is that old", day(1), 0, Pruned{}, []string{"old fail 1-1 closed 2", "q fail 1-4", "new fail 4-4"}},
		{"two runs", day(3), 0, Pruned{2, 1, 1}, []string{"q fail 1-4", "new fail 4-4"}},
		{"but three are to stay", day(3), 3, Pruned{1, 0, 0}, []string{"old fail 1-1 closed 2", "q fail 1-4", "new fail 4-4"}},
		{"all but one", day(30), 1, Pruned{3, 1, 1}, []string{"q fail 1-4", "new fail 4-4"}},
		{"all runs; what is open stays", day(30), 0, Pruned{4, 1, 1}, []string{"q fail 1-4", "new fail 4-4"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			h := fill(t)
			got, err := h.Prune(t.Context(), c.before, c.keepRuns)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
			assert.ElementsMatch(t, c.left, lives(t, h))
			var orphans int
			require.NoError(t, h.db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM counts WHERE run NOT IN (SELECT id FROM runs)) + (SELECT count(*) FROM gaps WHERE run NOT IN (SELECT id FROM runs))").Scan(&orphans))
			assert.Zero(t, orphans)
			again, err := h.Prune(t.Context(), c.before, c.keepRuns)
			require.NoError(t, err)
			assert.Equal(t, Pruned{}, again)
		})
	}
}

// A file of each older version is brought up to date, and keeps what is in it.
func TestOlderFile(t *testing.T) {
	for version := 1; version < len(migrations); version++ {
		path := filepath.Join(t.TempDir(), "old.db")
		db, err := sql.Open("sqlite", path)
		require.NoError(t, err)
		for i, m := range migrations[:version] {
			_, err = db.ExecContext(t.Context(), fmt.Sprintf("%s; PRAGMA application_id = %d; PRAGMA user_version = %d", m, applicationID, i+1))
			require.NoError(t, err)
		}
		_, err = db.ExecContext(t.Context(), "INSERT INTO runs (run_id, command, scope, tool, started, finished, complete) VALUES ('old', 'reap', '{}', '1', 1, 1, 1)")
		require.NoError(t, err)
		require.NoError(t, db.Close())
		h, err := Create(t.Context(), path)
		require.NoError(t, err)
		acting := scanOf(day(1), "q")
		acting.Actor, acting.Outcomes = "arn:aws:iam::111122223333:user/ann", []engine.Outcome{{Action: "a", State: "done"}}
		record(t, h, acting)
		outcomes, err := h.Outcomes(t.Context(), Query{})
		require.NoError(t, err)
		require.Len(t, outcomes, 1)
		assert.Equal(t, acting.Actor, outcomes[0].Actor)
		var runs int
		require.NoError(t, h.db.QueryRowContext(t.Context(), "SELECT count(*) FROM runs").Scan(&runs))
		assert.Equal(t, 2, runs)
		require.NoError(t, h.Close())
	}
}

func TestFilesThatAreNone(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	execute := func(file, statement string) {
		db, err := sql.Open("sqlite", file)
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, statement)
		require.NoError(t, err)
		require.NoError(t, db.Close())
	}
	require.NoError(t, os.WriteFile(at("text"), []byte("these are forty letters and no database at all, sorry"), 0o600))
	require.NoError(t, os.WriteFile(at("empty"), nil, 0o600))
	execute(at("foreign"), "CREATE TABLE t (a)")
	execute(at("marked"), "PRAGMA user_version = 1")
	h, err := Create(ctx, at("newer"))
	require.NoError(t, err)
	require.NoError(t, h.Close())
	execute(at("newer"), "PRAGMA user_version = 99")
	h, err = Create(ctx, at("damaged"))
	require.NoError(t, err)
	for i := range 5 {
		record(t, h, scanOf(day(i+1), "q"))
	}
	require.NoError(t, h.Close())
	data, err := os.ReadFile(at("damaged"))
	require.NoError(t, err)
	for i := 4096; i < len(data); i++ {
		data[i] ^= 0x5a
	}
	require.NoError(t, os.WriteFile(at("damaged"), data, 0o600))

	for _, c := range []struct{ why, file, want string }{
		{"no database", "text", "this is no history"},
		{"of another program", "foreign", "another program"},
		{"of another program, without tables", "marked", "another program"},
		{"of a newer version", "newer", "a newer pcf-scan wrote it"},
		{"a directory", ".", "is a directory"},
		{"no directory", "none/history.db", "no such file or directory"},
	} {
		_, err := Create(ctx, at(c.file))
		assert.ErrorContains(t, err, c.want, c.why)
	}
	before, err := os.ReadFile(at("foreign"))
	require.NoError(t, err)
	_, err = Create(ctx, at("foreign"))
	require.Error(t, err)
	after, err := os.ReadFile(at("foreign"))
	require.NoError(t, err)
	assert.Equal(t, before, after, "what is not ours is not touched")

	h, err = Create(ctx, at("damaged"))
	if err == nil {
		_, err = h.Record(ctx, scanOf(day(9)))
		_ = h.Close()
	}
	assert.ErrorContains(t, err, "the file is damaged")
	_, err = Open(ctx, at("none"))
	assert.ErrorContains(t, err, "a run with --history makes it")
	_, err = Open(ctx, at("empty"))
	assert.ErrorContains(t, err, "the file is empty")
	h, err = Create(ctx, at("empty"))
	require.NoError(t, err, "an empty file becomes a history: mktemp makes such")
	require.NoError(t, h.Close())
	h, err = Create(ctx, at("a b?c#d%20:é"))
	require.NoError(t, err)
	require.NoError(t, h.Close())
	assert.FileExists(t, at("a b?c#d%20:é"), "any name is a name")
}

// TestTwoAtOnce: writers wait for each other, and readers see whole runs.
func TestTwoAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history.db")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			h, err := Create(t.Context(), file)
			if !assert.NoError(t, err) {
				return
			}
			defer func() { _ = h.Close() }()
			_, err = h.Record(t.Context(), scanOf(day(i+1), "q"))
			assert.NoError(t, err)
			runs, err := h.Runs(t.Context(), Query{})
			assert.NoError(t, err)
			for _, r := range runs {
				assert.Equal(t, 1, r.Findings["fail"])
			}
		})
	}
	all.Wait()
	h, err := Open(t.Context(), file)
	require.NoError(t, err)
	defer func() { _ = h.Close() }()
	assert.Equal(t, []string{"q fail 1-8"}, lives(t, h))
}

// TestBusy: a process that writes for too long makes the others fail, kindly.
func TestBusy(t *testing.T) {
	h := create(t)
	tx, err := h.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	other, err := open(t.Context(), h.path)
	require.NoError(t, err)
	defer func() { _ = other.Close() }()
	_, err = other.db.ExecContext(t.Context(), "PRAGMA busy_timeout = 50")
	require.NoError(t, err)
	_, err = other.Record(t.Context(), scanOf(day(1)))
	assert.ErrorContains(t, err, "another process has been writing to it")
}

const child = "PCF_SCAN_HISTORY_TEST_CHILD"

// TestKill: a process that is killed while it records leaves the old state, and the next one
// goes on from there.
func TestKill(t *testing.T) {
	if file := os.Getenv(child); file != "" { // the process to kill
		h, err := Create(t.Context(), file)
		require.NoError(t, err)
		for i := 2; ; i++ {
			r := large(2000)
			r.RunID = fmt.Sprint("large-", i)
			r.StartedAt = day(2).Add(time.Duration(i) * time.Second)
			_, err = h.Record(t.Context(), r)
			require.NoError(t, err)
		}
	}
	file := filepath.Join(t.TempDir(), "history.db")
	h, err := Create(t.Context(), file)
	require.NoError(t, err)
	record(t, h, scanOf(day(1), "q"))
	require.NoError(t, h.Close())
	hot := 0
	for i := range 12 {
		p := exec.Command(os.Args[0], "-test.run", "^TestKill$")
		p.Env = append(os.Environ(), child+"="+file)
		require.NoError(t, p.Start())
		time.Sleep(time.Duration(60+i*17) * time.Millisecond)
		require.NoError(t, p.Process.Signal(syscall.SIGKILL))
		_ = p.Wait()
		if _, err := os.Stat(file + "-journal"); err == nil {
			hot++
		}
		h, err := Open(t.Context(), file)
		require.NoError(t, err)
		var verdict string
		require.NoError(t, h.db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict))
		assert.Equal(t, "ok", verdict)
		var runs, resources, counts int
		require.NoError(t, h.db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM resources WHERE resource <> 'q'), (SELECT count(*) FROM counts WHERE kind = 'run')").Scan(&runs, &resources, &counts))
		assert.Equal(t, runs, counts, "each run with its numbers")
		assert.Contains(t, []int{0, 2000}, resources, "all of a run or nothing")
		require.NoError(t, h.Close())
	}
	t.Logf("killed 12 times, %d times in the middle of writing", hot)
}

// large is a run of n resources, a fifth of them with a finding.
func large(n int) *engine.Result {
	r := scanOf(day(1))
	for i := range n {
		q := fmt.Sprintf("https://sqs.eu-west-1.amazonaws.com/111122223333/orders-queue-%06d", i)
		r.Resources = append(r.Resources, engine.Resource{Type: "AWS::SQS::Queue", ID: q, Account: account, Region: "eu-west-1", Class: "owned", App: fmt.Sprint("app-", i%50), Environment: "dev"})
		if i%5 == 0 {
			r.Findings = append(r.Findings, failing(q))
		}
	}
	return r
}

// BenchmarkRecord records a run of 100,000 resources and 20,000 findings: into an empty
// history, and again the day after, when most is known.
func BenchmarkRecord(b *testing.B) {
	for b.Loop() {
		h := create(b)
		for i, name := range []string{"new-cpu-s", "known-cpu-s"} {
			r := large(100_000)
			r.StartedAt, r.RunID = day(i+1), fmt.Sprint("run", i)
			if i == 1 {
				r.Resources, r.Findings = r.Resources[1000:], r.Findings[1000:]
			}
			before := cpu()
			record(b, h, r)
			b.ReportMetric((cpu() - before).Seconds(), name)
		}
		info, err := os.Stat(h.path)
		require.NoError(b, err)
		b.ReportMetric(float64(info.Size())/1e6, "file-MB")
	}
}

// cpu is the processor time of this process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

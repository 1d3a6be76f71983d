package history

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine"
)

// A Run is a recorded run with the numbers of what was asked for: all of it, or one rule,
// control, app or account.
type Run struct {
	engine.Trend
	Command    string       `json:"command"`
	FinishedAt time.Time    `json:"finishedAt"`
	Scope      engine.Scope `json:"scope"`
	Gaps       int          `json:"gaps"`
	Stale      int          `json:"staleVersion"`
	// Findings counts by status. Of an app or account it has no pass and no skip: those are
	// counted by rule only.
	Findings map[string]int `json:"findings"`
	// Opened, Reopened and Closed count findings and differences that came, came back and
	// went with this run.
	Opened   int `json:"opened"`
	Reopened int `json:"reopened"`
	Closed   int `json:"closed"`
}

// Query says of which runs and of what numbers are wanted. The zero value is all runs as a
// whole; of Rule, Control, App and Account one may be set.
type Query struct {
	Rule        string // id
	Control     string // as ControlName writes it
	App         string
	Environment string // of App; empty is all of them
	Account     string
	Command     string    // only runs of this command; empty is all
	Since       time.Time // only runs from then on; zero is all
	Last        int       // only so many of the newest; 0 is all
}

func (q Query) subject() subject {
	switch {
	case q.Rule != "":
		return subject{kind: ofRule, name: q.Rule}
	case q.Control != "":
		return subject{kind: ofControl, name: q.Control}
	case q.App != "":
		return subject{kind: ofApp, name: q.App, environment: q.Environment}
	case q.Account != "":
		return subject{kind: ofAccount, name: q.Account}
	}
	return subject{kind: ofRun}
}

// Runs returns the runs that have the numbers asked for, oldest first. A run that did not
// look (the rule was not loaded, the app not there) has none and is left out.
func (h *History) Runs(ctx context.Context, q Query) ([]Run, error) {
	s := q.subject()
	last := q.Last
	if last <= 0 {
		last = -1 // no limit
	}
	since := int64(-1 << 62)
	if !q.Since.IsZero() {
		since = q.Since.Unix()
	}
	rows, err := h.db.QueryContext(ctx, `SELECT * FROM (
SELECT r.run_id, r.command, r.scope, r.started, r.finished, r.complete, (SELECT count(*) FROM gaps g WHERE g.run = r.id),
  sum(c.resources), sum(c.orphans), sum(c.stale), sum(c.drift), sum(c.critical), sum(c.high), sum(c.medium), sum(c.low), sum(c.info),
  sum(c.pass), sum(c.unknown), sum(c.error), sum(c.skip), sum(c.waived), sum(c.opened), sum(c.reopened), sum(c.closed), r.id AS row
FROM runs r JOIN counts c ON c.run = r.id
WHERE c.kind = ? AND c.name = ? AND (? = '' OR c.environment = ?) AND (? = '' OR r.command = ?) AND r.started >= ?
GROUP BY r.id ORDER BY r.started DESC, r.id DESC LIMIT ?) ORDER BY started, row`,
		s.kind, s.name, s.environment, s.environment, q.Command, q.Command, since, last)
	if err != nil {
		return nil, h.failed("read", err)
	}
	defer rows.Close()
	runs := []Run{}
	for rows.Next() {
		var r Run
		var scope string
		var started, finished, row int64
		var severity [5]int
		var pass, unknown, errored, skip, waived int
		if err := rows.Scan(&r.RunID, &r.Command, &scope, &started, &finished, &r.Complete, &r.Gaps, &r.Resources, &r.Orphans, &r.Stale, &r.Drift,
			&severity[0], &severity[1], &severity[2], &severity[3], &severity[4], &pass, &unknown, &errored, &skip, &waived,
			&r.Opened, &r.Reopened, &r.Closed, &row); err != nil {
			return nil, h.failed("read", err)
		}
		if err := json.Unmarshal([]byte(scope), &r.Scope); err != nil {
			return nil, fmt.Errorf("read the history %s: the scope of %s: %w", h.path, r.RunID, err)
		}
		r.Time, r.FinishedAt = time.Unix(started, 0).UTC(), time.Unix(finished, 0).UTC()
		r.BySeverity = map[string]int{}
		fail := 0
		for i, name := range severities {
			r.BySeverity[name] = severity[i]
			fail += severity[i]
		}
		r.Findings = map[string]int{"fail": fail, "unknown": unknown, "error": errored, "waived": waived}
		if s.kind != ofApp && s.kind != ofAccount {
			r.Findings["pass"], r.Findings["skip"] = pass, skip
		}
		runs = append(runs, r)
	}
	if err := rows.Err(); err != nil {
		return nil, h.failed("read", err)
	}
	return runs, nil
}

// severities are the columns of counts, in their order.
var severities = [5]string{"critical", "high", "medium", "low", "info"}

// maxTrend is how many runs a report draws.
const maxTrend = 100

// Trend returns the newest runs that can be compared with r, up to r's own start and oldest
// first: the same command over the same scope. The files of the declared side may differ, they
// come and go with the apps.
func (h *History) Trend(ctx context.Context, r *engine.Result) ([]engine.Trend, error) {
	runs, err := h.Runs(ctx, Query{Command: r.Command})
	if err != nil {
		return nil, err
	}
	var trend []engine.Trend
	for _, run := range runs {
		if !run.Time.After(r.StartedAt) && sameScope(run.Scope, r.Scope) {
			trend = append(trend, run.Trend)
		}
	}
	return trend[max(0, len(trend)-maxTrend):], nil
}

func sameScope(a, b engine.Scope) bool {
	return a.Partition == b.Partition && slices.Equal(a.Accounts, b.Accounts) && slices.Equal(a.Regions, b.Regions) &&
		slices.Equal(a.Types, b.Types) && slices.Equal(a.NarrowedTo, b.NarrowedTo)
}

// Names returns the names that the history has numbers of, sorted: of rules, controls, apps or
// accounts, whichever the query asks for. It serves to suggest what was meant.
func (h *History) Names(ctx context.Context, q Query) ([]string, error) {
	rows, err := h.db.QueryContext(ctx, "SELECT DISTINCT name FROM counts WHERE kind = ? ORDER BY name", q.subject().kind)
	if err != nil {
		return nil, h.failed("read", err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, h.failed("read", err)
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// A Finding is a finding or a difference with its life.
type Finding struct {
	Kind        string       `json:"kind"` // rule or drift
	Rule        string       `json:"rule"` // of a difference its class
	Severity    string       `json:"severity"`
	Status      string       `json:"status"` // when it was last seen
	Resource    engine.Place `json:"resource"`
	App         string       `json:"app,omitempty"`
	Environment string       `json:"environment,omitempty"`
	Fingerprint string       `json:"fingerprint"`
	FirstSeen   time.Time    `json:"firstSeen"`
	LastSeen    time.Time    `json:"lastSeen"`
	Closed      *time.Time   `json:"closed,omitempty"`   // when it was found to be gone
	Reopened    *time.Time   `json:"reopened,omitempty"` // when it last came back
}

// Findings returns what was found of a rule or an app (or all of it), oldest first. open
// leaves out what is closed.
func (h *History) Findings(ctx context.Context, q Query, open bool) ([]Finding, error) {
	where, values := []string{"1"}, []any{}
	only := func(column, value string) {
		if value != "" {
			where, values = append(where, column+" = ?"), append(values, value)
		}
	}
	only("rule", q.Rule)
	only("app", q.App)
	only("environment", q.Environment)
	only("account", q.Account)
	if open {
		where = append(where, "closed IS NULL")
	}
	rows, err := h.db.QueryContext(ctx, `SELECT kind, rule, severity, status, account, region, type, resource, file, logical_id, app, environment, fingerprint,
first_seen, last_seen, coalesce(closed, 0), coalesce(reopened, 0) FROM findings WHERE `+strings.Join(where, " AND ")+`
ORDER BY first_seen, rule, account, region, type, resource, file, logical_id, fingerprint, copy`, values...)
	if err != nil {
		return nil, h.failed("read", err)
	}
	defer rows.Close()
	findings := []Finding{}
	for rows.Next() {
		var f Finding
		var first, last, closed, reopened int64
		p := &f.Resource
		if err := rows.Scan(&f.Kind, &f.Rule, &f.Severity, &f.Status, &p.Account, &p.Region, &p.Type, &p.ID, &p.File, &p.LogicalID, &f.App, &f.Environment,
			&f.Fingerprint, &first, &last, &closed, &reopened); err != nil {
			return nil, h.failed("read", err)
		}
		f.FirstSeen, f.LastSeen = time.Unix(first, 0).UTC(), time.Unix(last, 0).UTC()
		f.Closed, f.Reopened = moment(closed), moment(reopened)
		findings = append(findings, f)
	}
	if err := rows.Err(); err != nil {
		return nil, h.failed("read", err)
	}
	return findings, nil
}

// An Outcome is what became of one action of a recorded run.
type Outcome struct {
	Time      time.Time    `json:"time"` // when the run started
	RunID     string       `json:"runId"`
	Actor     string       `json:"actor,omitempty"` // who acted: the ARN of the caller
	Verb      string       `json:"verb"`
	Reason    string       `json:"reason,omitempty"`
	State     string       `json:"state"`
	Resource  engine.Place `json:"resource"`
	App       string       `json:"app,omitempty"`
	RequestID string       `json:"requestId,omitempty"`
}

// Outcomes returns what became of the actions of the runs since q.Since, in the order of the
// runs: of all, or of q.App or q.Account.
func (h *History) Outcomes(ctx context.Context, q Query) ([]Outcome, error) {
	rows, err := h.db.QueryContext(ctx, `SELECT r.started, r.run_id, r.actor, o.verb, o.reason, o.state, o.account, o.region, o.type, o.resource, o.app, o.request_id
FROM outcomes o JOIN runs r ON r.id = o.run WHERE (? = '' OR o.app = ?) AND (? = '' OR o.account = ?) AND (? OR r.started >= ?) ORDER BY r.started, r.id, o.rowid`,
		q.App, q.App, q.Account, q.Account, q.Since.IsZero(), q.Since.Unix())
	if err != nil {
		return nil, h.failed("read", err)
	}
	defer rows.Close()
	outcomes := []Outcome{}
	for rows.Next() {
		var o Outcome
		var started int64
		p := &o.Resource
		if err := rows.Scan(&started, &o.RunID, &o.Actor, &o.Verb, &o.Reason, &o.State, &p.Account, &p.Region, &p.Type, &p.ID, &o.App, &o.RequestID); err != nil {
			return nil, h.failed("read", err)
		}
		o.Time = time.Unix(started, 0).UTC()
		outcomes = append(outcomes, o)
	}
	if err := rows.Err(); err != nil {
		return nil, h.failed("read", err)
	}
	return outcomes, nil
}

// moment is a time of the file; nil for 0.
func moment(seconds int64) *time.Time {
	if seconds == 0 {
		return nil
	}
	t := time.Unix(seconds, 0).UTC()
	return &t
}

package history

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/plan"
)

// Record adds a run, as a whole or not at all. It reports false, and changes nothing, when the
// history has this run already (the same id, command and scope). Of a result that lists
// nothing (--summary) only the numbers of the run, its rules and controls are kept: nothing
// is seen, and nothing is missed. r is not changed.
//
// Waived findings must be listed in r (Include.Waived): one that is not listed counts as gone.
func (h *History) Record(ctx context.Context, r *engine.Result) (recorded bool, err error) {
	scope, err := json.Marshal(r.Scope)
	if err != nil {
		return false, fmt.Errorf("record the run: %w", err)
	}
	err = h.transaction(ctx, "record in", func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO runs (run_id, command, scope, tool, started, finished, complete, actor) VALUES (?,?,?,?,?,?,?,?)",
			r.RunID, r.Command, string(scope), r.Tool.Version, r.StartedAt.Unix(), r.FinishedAt.Unix(), r.Complete, r.Actor)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		recorded = true
		w := &recording{ctx: ctx, tx: tx, r: r, at: r.StartedAt.Unix(), covered: map[engine.Place]bool{}}
		if w.run, err = done.LastInsertId(); err != nil {
			return err
		}
		w.tally()
		for _, step := range []func() error{w.gaps, w.outcomes, w.resources, w.findings, w.counts} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	return recorded && err == nil, err
}

// recording is one run on its way into the file.
type recording struct {
	ctx context.Context
	tx  *sql.Tx
	r   *engine.Result
	run int64 // its row
	at  int64 // when it started

	numbers map[subject]*numbers
	ofRules map[string][]*numbers // the rows of a rule and of its controls
	covered map[engine.Place]bool // answers of Result.Covers
}

// insert writes many rows of one form.
func (w *recording) insert(query string, rows func(add func(values ...any) error) error) error {
	statement, err := w.tx.PrepareContext(w.ctx, query)
	if err != nil {
		return err
	}
	defer statement.Close()
	return rows(func(values ...any) error {
		_, err := statement.ExecContext(w.ctx, values...)
		return err
	})
}

func (w *recording) gaps() error {
	return w.insert("INSERT INTO gaps VALUES (?,?,?,?,?,?,?,?)", func(add func(...any) error) error {
		for _, g := range w.r.Gaps {
			if err := add(w.run, g.Account, g.Region, g.Type, g.File, g.App, g.AppVersion, g.Reason); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *recording) outcomes() error {
	actions := map[string]plan.Action{}
	if w.r.Plan != nil {
		for _, a := range w.r.Plan.Actions {
			actions[a.ID] = a
		}
	}
	return w.insert("INSERT INTO outcomes VALUES (?,?,?,?,?,?,?,?,?,?,?)", func(add func(...any) error) error {
		for _, o := range w.r.Outcomes {
			a := actions[o.Action]
			if a.Verb == plan.Mark || a.Verb == plan.Unmark {
				continue
			}
			app, at := "", a.Resource
			if a.For != nil {
				app = a.For.App
			}
			if err := add(w.run, o.Action, string(a.Verb), string(a.Reason), o.State, at.Account, at.Region, at.Type, cmp.Or(at.ID, o.Created), app, o.RequestID); err != nil {
				return err
			}
		}
		return nil
	})
}

// covers asks whether a run looked at a place. The answer is the same for all resources of
// a type in one region, so it is asked once.
func (w *recording) covers(p engine.Place) bool {
	p.ID, p.LogicalID, p.ARN, p.Line, p.Column = "", "", "", 0, 0
	answer, known := w.covered[p]
	if !known {
		answer = w.r.Covers(p)
		w.covered[p] = answer
	}
	return answer
}

// A live is what names a live resource.
type live struct{ account, region, typ, id string }

func (w *recording) resources() error {
	if w.r.Resources == nil {
		return nil // a check or a comparison lists none
	}
	known := map[live]*sight{}
	rows, err := w.tx.QueryContext(w.ctx, "SELECT account, region, type, resource, id, first_seen, last_seen, coalesce(gone, 0) FROM resources")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var l live
		s := &sight{}
		if err := rows.Scan(&l.account, &l.region, &l.typ, &l.id, &s.id, &s.first, &s.last, &s.ended); err != nil {
			return err
		}
		known[l] = s
	}
	if err := rows.Err(); err != nil {
		return err
	}
	_ = rows.Close() // or it would keep the connection from the writes below

	err = w.insert(`INSERT INTO resources (account, region, type, resource, class, app, environment, first_seen, last_seen, gone)
VALUES (?,?,?,?,?,?,?,?,?,nullif(?,0))
ON CONFLICT (account, region, type, resource) DO UPDATE SET class = excluded.class, app = excluded.app, environment = excluded.environment,
first_seen = excluded.first_seen, last_seen = excluded.last_seen, gone = excluded.gone`, func(add func(...any) error) error {
		for _, x := range w.r.Resources {
			l := live{x.Account, x.Region, x.Type, x.ID}
			s := known[l]
			if s == nil {
				s = &sight{}
			}
			s.seen(w.at)
			delete(known, l)
			if err := add(l.account, l.region, l.typ, l.id, x.Class, x.App, x.Environment, s.first, s.last, s.ended); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.insert("UPDATE resources SET gone = ? WHERE id = ?", func(add func(...any) error) error {
		for l, s := range known {
			if w.covers(engine.Place{Account: l.account, Region: l.region, Type: l.typ}) {
				if s.missed(w.at); s.changed {
					if err := add(s.ended, s.id); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}

// An item is what a findings row names: the same finding in several runs is one item.
type item struct {
	kind, fingerprint string
	copy              int
	declared          bool
}

// A finding is a row of findings.
type finding struct {
	sight
	item
	rule, severity, status string
	place                  engine.Place
	app, environment       string
	reopened               int64
}

// found lists what the run found. A difference is one as well; where nothing could be
// compared, it only says that nobody knows.
func (w *recording) found() (all []finding) {
	for _, f := range w.r.Findings {
		if f.Status != "pass" && f.Status != "skip" {
			all = append(all, finding{
				item: item{kind: "rule", fingerprint: f.Fingerprint}, rule: f.Rule, severity: f.Severity, status: f.Status,
				place: f.Resource, app: f.App, environment: f.Environment,
			})
		}
	}
	for _, d := range w.r.Drift {
		status := "fail"
		if d.Class == "unverifiable" {
			status = "unknown"
		}
		all = append(all, finding{
			item: item{kind: "drift", fingerprint: engine.DriftFingerprint(d)}, rule: d.Class, severity: d.Severity, status: status,
			place: d.Resource, app: d.App, environment: d.Environment,
		})
	}
	copies := map[item]int{}
	for i := range all {
		all[i].declared = w.r.Command == "check"
		same := all[i].item
		all[i].copy = copies[same]
		copies[same]++
	}
	return all
}

// doubt names what a verdict that is not known leaves open: a rule on a resource, or whether
// a resource is as declared.
type doubt struct{ rule, account, region, typ, id, file, logicalID string }

func (f *finding) doubt() doubt {
	d := doubt{"", f.place.Account, f.place.Region, f.place.Type, f.place.ID, f.place.File, f.place.LogicalID}
	if f.kind == "rule" {
		d.rule = f.rule
	}
	if d.account != "" {
		d.file = "" // a live resource is the same, whichever file declares it
	}
	return d
}

func (w *recording) findings() error {
	if w.r.Findings == nil && w.r.Drift == nil {
		return nil
	}
	known, err := w.knownFindings()
	if err != nil {
		return err
	}
	found := w.found()
	doubts := map[doubt]bool{}
	write := []*finding{}
	for i := range found {
		f := &found[i]
		if f.status == "unknown" || f.status == "error" {
			doubts[f.doubt()] = true
		}
		if f.kind == "drift" && f.status == "unknown" {
			continue // a gap, and no difference
		}
		old := known[f.item]
		delete(known, f.item)
		wasWaived := false
		if old != nil {
			f.sight, f.reopened = old.sight, old.reopened
			wasWaived = old.status == "waived" && old.ended == 0
		}
		isNew := f.first == 0
		cameBack := f.seen(w.at) || wasWaived && f.status != "waived" && f.last == w.at
		if cameBack {
			f.reopened = w.at
		}
		w.count(f, func(n *numbers) {
			if f.status != "waived" {
				n.opened += one(isNew)
				n.reopened += one(cameBack)
			}
		})
		write = append(write, f)
	}
	for _, f := range known {
		if w.looked(f) && !doubts[f.doubt()] && f.missed(w.at) {
			w.count(f, func(n *numbers) { n.closed++ })
		}
		if f.changed {
			write = append(write, f)
		}
	}
	slices.SortFunc(write, func(a, b *finding) int { // new rows in the order of the result, whatever a map does
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.kind, b.kind), cmp.Compare(a.fingerprint, b.fingerprint), cmp.Compare(a.copy, b.copy))
	})
	return w.insert(`INSERT INTO findings (kind, fingerprint, copy, declared, rule, severity, status, account, region, type, resource, file, logical_id,
app, environment, first_seen, last_seen, closed, reopened, id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,nullif(?,0),nullif(?,0),nullif(?,0))
ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, status = excluded.status, file = excluded.file, app = excluded.app,
environment = excluded.environment, first_seen = excluded.first_seen, last_seen = excluded.last_seen, closed = excluded.closed, reopened = excluded.reopened`,
		func(add func(...any) error) error {
			for _, f := range write {
				p := f.place
				if err := add(f.kind, f.fingerprint, f.copy, f.declared, f.rule, f.severity, f.status, p.Account, p.Region, p.Type, p.ID, p.File, p.LogicalID,
					f.app, f.environment, f.first, f.last, f.ended, f.reopened, f.id); err != nil {
					return err
				}
			}
			return nil
		})
}

func (w *recording) knownFindings() (map[item]*finding, error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT id, kind, fingerprint, copy, declared, rule, severity, status, account, region, type, resource, file, logical_id,
app, environment, first_seen, last_seen, coalesce(closed, 0), coalesce(reopened, 0) FROM findings`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	known := map[item]*finding{}
	for rows.Next() {
		f := &finding{}
		p := &f.place
		if err := rows.Scan(&f.id, &f.kind, &f.fingerprint, &f.copy, &f.declared, &f.rule, &f.severity, &f.status, &p.Account, &p.Region, &p.Type, &p.ID, &p.File, &p.LogicalID,
			&f.app, &f.environment, &f.first, &f.last, &f.ended, &f.reopened); err != nil {
			return nil, err
		}
		known[f.item] = f
	}
	return known, rows.Err()
}

// looked reports whether the run would have found a finding that it did not find. What is
// declared and what lives are different worlds: a check says nothing about an account.
func (w *recording) looked(f *finding) bool {
	switch {
	case f.declared != (w.r.Command == "check"):
		return false
	case f.kind == "drift":
		return w.r.Drift != nil && w.covers(f.place)
	case w.r.Findings == nil || !w.r.JudgedBy(f.rule):
		return false
	case f.declared:
		return w.covers(engine.Place{File: f.place.File})
	}
	return w.covers(f.place)
}

func (w *recording) counts() error {
	return w.insert("INSERT INTO counts VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", func(add func(...any) error) error {
		for _, s := range slices.SortedFunc(maps.Keys(w.numbers), subject.compare) {
			n := w.numbers[s]
			if err := add(w.run, s.kind, s.name, s.environment, n.resources, n.orphans, n.stale, n.drift,
				n.severity["critical"], n.severity["high"], n.severity["medium"], n.severity["low"], n.severity["info"],
				n.pass, n.unknown, n.error, n.skip, n.waived, n.opened, n.reopened, n.closed); err != nil {
				return err
			}
		}
		return nil
	})
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

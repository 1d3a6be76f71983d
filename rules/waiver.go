package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// ReadWaivers reads a waiver file: `waivers: [{rule, resource, app, reason, approver,
// expires}]`. Reason, approver and expires are required: a waiver is a decision of
// somebody, for a reason, until a date. Errors are *LoadError, joined.
func ReadWaivers(path string) ([]Waiver, error) {
	in, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // or a pipe without a writer would be waited for
	if err != nil {
		return nil, fmt.Errorf("read waivers %s: %w", path, reason(err))
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, maxWaiverFile+1))
	if err != nil {
		return nil, fmt.Errorf("read waivers %s: %w", path, reason(err))
	}
	if len(data) > maxWaiverFile {
		return nil, fmt.Errorf("read waivers %s: the file is larger than 16 MiB", path)
	}
	f := &file{name: path, loader: &loader{}}
	var doc yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&doc); err != nil {
		f.syntax(err)
		return nil, errors.Join(f.errs...)
	}
	var waivers []Waiver
	list := f.object(doc.Content[0], "a waiver file", "waivers")["waivers"]
	if list == nil || list.Kind != yaml.SequenceNode {
		f.fail(doc.Content[0], "a waiver file holds a list under the key \"waivers\"", "")
		return nil, errors.Join(f.errs...)
	}
	for _, n := range list.Content {
		keys := f.object(n, "a waiver", "rule", "resource", "app", "reason", "approver", "expires")
		for _, required := range []string{"rule", "reason", "approver", "expires"} {
			if keys[required] == nil || strings.TrimSpace(keys[required].Value) == "" {
				f.fail(n, fmt.Sprintf("a waiver needs the key %q", required), "")
			}
		}
		w := Waiver{
			Rule: f.text(keys["rule"], "rule"), Resource: f.text(keys["resource"], "resource"), App: f.text(keys["app"], "app"),
			Reason: f.text(keys["reason"], "reason"), Approver: f.text(keys["approver"], "approver"),
			Position: inventory.Position{File: path, Line: n.Line, Column: n.Column},
		}
		if e := keys["expires"]; e != nil {
			if w.Expires, err = parseTime(e.Value); err != nil {
				f.fail(e, err.Error(), "")
			}
		}
		waivers = append(waivers, w)
	}
	return waivers, errors.Join(f.errs...)
}

const maxWaiverFile = 16 << 20 // bytes

// parseTime reads RFC 3339; a bare date is 00:00 UTC.
func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("read time %q: want RFC 3339 (2027-01-31T12:00:00Z) or a date (2027-01-31)", s)
}

// ApplyWaivers turns a failure that a waiver accepts into status Waived, and a verdict that
// is unknown as well: whoever accepts the failure accepts that it may be one. A waiver ends
// at its expiry: from that moment the finding counts again, and its message says so. Other
// statuses are left alone.
func ApplyWaivers(f *Finding, waivers []Waiver, now time.Time) {
	f.accept(now, func(yield func(Waiver) bool) {
		for _, w := range waivers {
			if w.covers(f) && !yield(w) {
				return
			}
		}
	})
}

// ApplySkips does the same with the inline suppressions of the judged resource (of its
// particle), which may name a rule by its id, a glob, or a control that it carries.
func ApplySkips(f *Finding, skips []inventory.Skip, now time.Time) {
	f.accept(now, func(yield func(Waiver) bool) {
		for _, s := range skips {
			w := Waiver{Rule: s.Rule, Reason: s.Reason, Expires: s.Expires, Position: s.Position, Approver: inline}
			if f.Rule.answersTo(s.Rule) && !yield(w) {
				return
			}
		}
	})
}

// accept takes the first waiver that is in force.
func (f *Finding) accept(now time.Time, waivers iter.Seq[Waiver]) {
	if f.Status != Fail && f.Status != Unknown {
		return
	}
	var expired time.Time
	for w := range waivers {
		if w.Expires.IsZero() || now.Before(w.Expires) {
			f.Status, f.Waiver = Waived, &w
			return
		}
		expired = w.Expires
	}
	if !expired.IsZero() {
		f.Message += fmt.Sprintf(" (its waiver expired on %s)", expired.UTC().Format(time.DateOnly))
	}
}

// ReviewWaivers lists what is wrong with waivers after a run: one that has expired, one that
// names no rule, and one that covered nothing although its rule judged. used holds the
// positions of those that covered a finding. Nothing of it opens the gate or closes it.
func (s *Set) ReviewWaivers(waivers []Waiver, used map[inventory.Position]bool, now time.Time) []inventory.Fault {
	var faults []inventory.Fault
	for _, w := range waivers {
		say := func(format string, args ...any) {
			faults = append(faults, inventory.Fault{Position: w.Position, Message: "the waiver of " + w.Rule + " " + fmt.Sprintf(format, args...)})
		}
		switch {
		case !matchesAny([]string{w.Rule}, s.loaded...):
			say("names no rule%s", didYouMean(w.Rule, s.loaded))
		case !w.Expires.IsZero() && !now.Before(w.Expires):
			say("expired on %s: what it covered counts again", w.Expires.UTC().Format(time.DateOnly))
		case !used[w.Position] && slices.ContainsFunc(s.rules, func(r *Rule) bool { return inventory.MatchGlob(w.Rule, r.ID) }):
			say("covers no finding of this run: it can be removed when it covers none anywhere")
		}
	}
	return faults
}

// inline is the approver of a waiver that stands in the declaration itself: whoever
// approved that.
const inline = "inline"

func (w Waiver) covers(f *Finding) bool {
	r := f.Resource
	return inventory.MatchGlob(w.Rule, f.Rule.ID) &&
		(w.App == "" || inventory.MatchGlob(w.App, r.Owned.App)) &&
		(w.Resource == "" || slices.ContainsFunc([]string{r.Ref.ID, r.ARN, r.LogicalID}, func(name string) bool {
			return name != "" && inventory.MatchGlob(w.Resource, name)
		}))
}

var notLetter = pattern(`[^A-Z0-9]+`)

// answersTo reports whether a name or glob means this rule: its id, or a control that it
// carries, as cfn-guard (names of AWS Config rules) and cfn_nag (W2) write them.
func (r *Rule) answersTo(name string) bool {
	if name == "" {
		return false
	}
	if inventory.MatchGlob(name, r.ID) {
		return true
	}
	plain := func(s string) string { return notLetter().ReplaceAllString(strings.ToUpper(s), "_") }
	for _, ids := range r.Controls {
		if slices.ContainsFunc(ids, func(id string) bool { return plain(id) == plain(name) }) {
			return true
		}
	}
	return plain(r.ID) == plain(name)
}

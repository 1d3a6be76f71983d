package history

import "cmp"

// The kinds of a subject: what a trend can be asked of.
const (
	ofRun     = "run"
	ofRule    = "rule"
	ofControl = "control"
	ofApp     = "app"
	ofAccount = "account"
)

// A subject is what numbers are kept of.
type subject struct{ kind, name, environment string }

func (s subject) compare(o subject) int {
	return cmp.Or(cmp.Compare(s.kind, o.kind), cmp.Compare(s.name, o.name), cmp.Compare(s.environment, o.environment))
}

// numbers is a row of counts.
type numbers struct {
	resources, orphans, stale, drift   int
	severity                           map[string]int // of findings that fail
	pass, unknown, error, skip, waived int
	opened, reopened, closed           int
}

func (w *recording) of(kind, name, environment string) *numbers {
	s := subject{kind, name, environment}
	n := w.numbers[s]
	if n == nil {
		n = &numbers{severity: map[string]int{}}
		w.numbers[s] = n
	}
	return n
}

// tally counts the run. What was judged has its row also where nothing was found: a zero is a
// number, and its absence would be none.
func (w *recording) tally() {
	w.numbers, w.ofRules = map[subject]*numbers{}, map[string][]*numbers{}
	s := w.r.Summary
	all := w.of(ofRun, "", "")
	all.resources, all.orphans, all.stale = s.Resources, s.ByClass["orphan"], s.ByClass["stale-version"]
	for class, n := range s.Drift {
		if differs(class) {
			all.drift += n
		}
	}
	for severity, n := range s.BySeverity {
		all.severity[severity] = n
	}
	f := s.Findings
	all.pass, all.unknown, all.error, all.skip, all.waived = f["pass"], f["unknown"], f["error"], f["skip"], f["waived"]

	for _, rule := range w.r.Rules {
		rows := []*numbers{w.of(ofRule, rule.ID, "")}
		for framework, ids := range rule.Controls {
			for _, id := range ids {
				rows = append(rows, w.of(ofControl, ControlName(framework, id), ""))
			}
		}
		w.ofRules[rule.ID] = rows
		for _, n := range rows {
			n.severity[rule.Severity] += rule.Fail
			n.pass, n.unknown, n.error = n.pass+rule.Pass, n.unknown+rule.Unknown, n.error+rule.Error
			n.skip, n.waived = n.skip+rule.Skip, n.waived+rule.Waived
		}
	}
	if w.r.Findings == nil && w.r.Resources == nil && w.r.Drift == nil {
		return // nothing is listed
	}
	for _, account := range w.r.Scope.Accounts {
		w.of(ofAccount, account, "")
	}
	for _, a := range w.r.Apps {
		w.of(ofApp, a.App, a.Environment)
	}
	for _, f := range w.r.Findings {
		w.shared(f.App, f.Environment, f.Resource.Account, func(n *numbers) {
			switch f.Status {
			case "fail":
				n.severity[f.Severity]++
			case "unknown":
				n.unknown++
			case "error":
				n.error++
			case "waived":
				n.waived++
			}
		})
	}
	for _, x := range w.r.Resources {
		w.shared(x.App, x.Environment, x.Account, func(n *numbers) {
			n.resources++
			n.orphans += one(x.Class == "orphan")
			n.stale += one(x.Class == "stale-version")
		})
	}
	for _, d := range w.r.Drift {
		w.shared(d.App, d.Environment, d.Resource.Account, func(n *numbers) { n.drift += one(differs(d.Class)) })
	}
}

// differs reports whether a class of drift says that something is not as declared.
func differs(class string) bool { return class != "in-sync" && class != "unverifiable" }

// shared counts something of an app and an account.
func (w *recording) shared(app, environment, account string, count func(*numbers)) {
	if app != "" {
		count(w.of(ofApp, app, environment))
	}
	if account != "" {
		count(w.of(ofAccount, account, ""))
	}
}

// count counts what happened to a finding for all that it concerns.
func (w *recording) count(f *finding, count func(*numbers)) {
	count(w.of(ofRun, "", ""))
	w.shared(f.app, f.environment, f.place.Account, count)
	if f.kind == "rule" {
		for _, n := range w.ofRules[f.rule] {
			count(n)
		}
	}
}

// ControlName is how a control is named in a history and on the command line:
// "fsbp/EC2.13", "cis-aws/1.4:5.2".
func ControlName(framework, id string) string { return framework + "/" + id }

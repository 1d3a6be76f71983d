package engine

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/rules"
)

// Job is everything that one run looks at. A nil part is left out: without Live there
// is no ownership and no drift, without Rules there are no findings.
type Job struct {
	Command string // check, scan, drift or inventory
	Version string // of the program
	RunID   string
	Now     time.Time // the clock of judgement
	Scope   inventory.Scope

	Declaration *inventory.Declaration
	Live        *inventory.Snapshot
	// Applied are our records of what was last applied, and Mask puts in place of secrets
	// what those records hold there; both are nil without a state.
	Applied   []inventory.Applied
	Mask      func(typ string, properties inventory.Properties) inventory.Properties
	Rules     *rules.Set
	Waivers   []rules.Waiver
	NoWaivers bool // ignore waivers and inline suppressions, for auditors

	// App, Environment, Classes and Tags narrow the output of commands over a live world.
	// A tag is a key, or a key and its value; a resource must have all of them.
	App         string
	Environment string
	Classes     []string
	Tags        []TagFilter

	// Frameworks are globs: the controls of matching frameworks are counted.
	Frameworks []string

	Include Include
	// Baseline is what an earlier run found; nil when everything is new.
	Baseline *Baseline

	Concurrency int // bounds the workers that judge; there are never more than cores
}

// Include says what a Result lists besides fails, unknowns and errors.
type Include struct {
	Pass, Skip, Waived bool
	Properties         bool // of live resources
	Summary            bool // counts only: nothing is listed
}

// Run judges a job. It never fails and never stops half-way: what could not be read or
// judged is data in the Result, and what was read before an interrupt is judged like all.
func Run(job Job) *Result {
	r, _ := run(job)
	return r
}

// run is Run, and returns also how the two sides belong together.
func run(job Job) (*Result, sides) {
	if job.Baseline != nil && job.Include.Summary {
		// To compare with the baseline takes the list, to count takes only its length.
		job.Include.Summary = false
		r, both := run(job)
		r.Findings, r.Drift, r.Resources, r.Ignored = nil, nil, nil, nil
		return r, both
	}
	r := &Result{
		SchemaVersion: SchemaVersion,
		Tool:          Tool{Name: "pcf-scan", Version: job.Version},
		Command:       job.Command,
		RunID:         job.RunID,
		StartedAt:     job.Now,
		FinishedAt:    job.Now,
		Scope: Scope{
			Partition: job.Scope.Partition, Accounts: emptyNotNil(job.Scope.Accounts),
			Regions: emptyNotNil(job.Scope.Regions), Types: emptyNotNil(job.Scope.Types), NarrowedTo: job.narrowedTo(),
		},
	}
	var gaps []inventory.Gap
	if d := job.Declaration; d != nil {
		r.Scope.Files = d.Files
		gaps = append(gaps, d.Gaps...)
		for _, s := range d.Snapshots {
			gaps = append(gaps, s.Gaps...)
		}
		for _, f := range d.Faults {
			r.Faults = append(r.Faults, faultOf(f))
			// Malformed input is also a place that could not be read.
			gaps = append(gaps, inventory.Gap{File: f.Position.File, Reason: inventory.Malformed, Message: f.Error()})
		}
		for _, f := range d.Warnings {
			r.Warnings = append(r.Warnings, faultOf(f))
		}
		r.Summary.Declared = len(d.Particles())
	}
	var both sides
	if job.Live != nil {
		both = attribute(job, r)
		gaps = append(gaps, job.Live.Gaps...)
		gaps = append(gaps, both.owned.Gaps...)
	}
	if job.Rules != nil {
		judge(job, r)
	}
	r.Gaps = gapList(gaps)
	r.Complete = len(r.Gaps) == 0
	if job.Rules != nil {
		addEvidence(job, r)
		CountControls(r, job.Rules.Frameworks(), job.Frameworks, !job.Include.Summary)
	}
	if job.Baseline != nil {
		job.Baseline.mark(r)
	}
	return r, both
}

func emptyNotNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func gapList(gaps []inventory.Gap) []Gap {
	slices.SortStableFunc(gaps, inventory.CompareGaps)
	list := []Gap{}
	for _, g := range slices.Compact(gaps) {
		list = append(list, Gap{
			Account: g.Account, Region: g.Region, Type: g.Type, File: g.File, App: g.App, AppVersion: g.AppVersion,
			Reason: string(g.Reason), Message: g.Message,
		})
	}
	return list
}

// sides are the declared and the live side of a job, joined.
type sides struct {
	owned  *owner.Result
	drifts []drift.Drift // of all pairs, because references go across apps
}

// own says whose everything is that lives.
func own(job Job) *owner.Result {
	return owner.Attribute(owner.Input{Declaration: job.Declaration, Live: job.Live, Applied: job.Applied, Now: job.Now})
}

// compare compares everything declared with what lives.
func compare(job Job, owned *owner.Result) []drift.Drift {
	pairs := make([]drift.Pair, 0, len(owned.Pairs))
	for _, p := range owned.Pairs {
		pairs = append(pairs, drift.Pair(p))
	}
	return drift.CompareAll(pairs, drift.Context{Live: job.Live, Now: job.Now, Mask: job.Mask, Ignore: rules.IgnoreWhen})
}

// attribute fills the ownership and drift sections. The gaps of what it returns are those
// that only ownership sees, such as an active version whose declaration was not found.
func attribute(job Job, r *Result) (both sides) {
	both.owned = own(job)
	owned := both.owned
	declaration := job.Declaration
	if declaration == nil {
		declaration = &inventory.Declaration{}
	}

	lists := !job.Include.Summary // a section that is not listed is absent, not empty
	listsLive := lists && !slices.Contains([]string{"drift", "tag", "repair", "reap"}, job.Command)
	if listsLive {
		r.Resources = []Resource{}
		r.Apps = appsOf(job, declaration, owned)
	}
	r.Summary.ByClass = map[string]int{}
	for _, c := range owner.Classes {
		r.Summary.ByClass[string(c)] = 0
	}
	for _, a := range owned.Attributions {
		if !job.wants(a.App, a.Environment) || !job.shows(a) {
			continue
		}
		r.Summary.Resources++
		r.Summary.ByClass[string(a.Class)]++
		if listsLive {
			r.Resources = append(r.Resources, resourceOf(a, job.Include.Properties))
		}
	}
	if slices.Contains([]string{"inventory", "tag", "reap"}, job.Command) || job.Declaration == nil {
		return both
	}

	if lists {
		r.Drift = []Drift{}
	}
	r.Summary.Drift = map[string]int{}
	for _, c := range drift.Classes {
		r.Summary.Drift[string(c)] = 0
	}
	both.drifts = compare(job, owned)
	for _, d := range both.drifts {
		if !job.wants(d.Particle.App, d.Particle.Environment) {
			continue
		}
		r.Summary.Drift[string(d.Class)]++
		r.Summary.Ignored += len(d.Ignored)
		r.Summary.Unverified += len(d.Unverified)
		if !lists {
			continue
		}
		out := driftOf(d)
		if d.Class != drift.InSync { // those are counted, not listed
			r.Drift = append(r.Drift, out)
		}
		for _, c := range d.Ignored {
			r.Ignored = append(r.Ignored, Ignored{Resource: out.Resource, App: out.App, Change: changeOf(c)})
		}
		for _, i := range d.UnusedIgnores {
			message := "covers no difference: it can be removed"
			if !i.Until.IsZero() && !i.Until.After(job.Now) {
				message = "ran out on " + i.Until.Format(time.DateOnly) + ", and what it covered counts again"
			}
			r.Warnings = append(r.Warnings, faultOf(inventory.Fault{Position: i.Position, Message: "ignore rule for " + i.Path + " " + message}))
		}
	}
	return both
}

// wants reports whether something of this app and environment belongs in the output.
func (j Job) wants(app, environment string) bool {
	return (j.App == "" || j.App == app) && (j.Environment == "" || j.Environment == environment)
}

// narrowedTo says which filters left resources out, so that nobody takes the result for
// all that there is.
func (j Job) narrowedTo() []string {
	var filters []string
	add := func(name, value string) {
		if value != "" {
			filters = append(filters, name+" "+value)
		}
	}
	add("app", j.App)
	add("environment", j.Environment)
	for _, c := range j.Classes {
		add("class", c)
	}
	for _, t := range j.Tags {
		if add("tag", t.Key+"="+t.Value); t.Any {
			filters[len(filters)-1] = "tag " + t.Key
		}
	}
	return filters
}

// A TagFilter wants a tag: any value of the key, or one.
type TagFilter struct {
	Key, Value string
	Any        bool
}

// shows applies the filters of a listing.
func (j Job) shows(a *owner.Attribution) bool {
	if len(j.Classes) > 0 && !slices.Contains(j.Classes, string(a.Class)) {
		return false
	}
	for _, want := range j.Tags {
		value, has := a.Resource.Tags[want.Key]
		if !has || !want.Any && value != want.Value {
			return false
		}
	}
	return true
}

// task is one resource with the world its joins range over.
type task struct {
	resource *inventory.Resource
	particle *inventory.Particle // nil for live resources
	world    *rules.World
}

// judge runs every rule over every resource, one worker per core.
func judge(job Job, r *Result) {
	tasks := tasksOf(job)
	types := map[string]bool{}
	for _, t := range tasks {
		types[t.resource.Ref.Type] = true
	}
	job.Rules.Prepare(slices.Collect(maps.Keys(types)))
	r.Rules = []RuleCount{}
	if !job.Include.Summary {
		r.Findings = []Finding{}
	}
	r.Summary.Judged = map[string]int{"definite": 0, "unknown": 0, "skipped": 0, "noRule": 0, "notJudged": 0}
	var aside []inventory.NotJudged
	if job.Command == "check" {
		aside = job.Declaration.NotJudged
		r.Summary.Resources = len(tasks) + len(aside)
		for _, t := range tasks {
			if t.particle != nil && t.particle.Recorded != "" {
				r.Summary.Recorded++
			}
		}
	}
	type share struct {
		counts    map[string]*RuleCount
		findings  []rules.Finding
		judged    map[string]int
		notJudged []NotJudged
		waivers   map[inventory.Position]bool // those that covered something
	}
	shares := make([]share, workers(job.Concurrency, len(tasks)))
	var next atomic.Int64
	var workers sync.WaitGroup
	for i := range shares {
		workers.Go(func() {
			mine := &shares[i]
			mine.counts, mine.judged, mine.waivers = map[string]*RuleCount{}, map[string]int{}, map[inventory.Position]bool{}
			for {
				n := int(next.Add(1)) - 1
				if n >= len(tasks) {
					return
				}
				t := tasks[n]
				if t.particle != nil && t.particle.Recorded != "" {
					mine.notJudged = append(mine.notJudged, NotJudged{placeOf(t.resource, ""), t.particle.Recorded})
					mine.judged["notJudged"]++
					continue
				}
				verdict := "noRule"
				if !schema.Known(t.resource.Ref.Type) {
					verdict = "notJudged"
					mine.notJudged = append(mine.notJudged, NotJudged{placeOf(t.resource, ""), "no schema is published for the type " + t.resource.Ref.Type})
				}
				for _, f := range job.Rules.Judge(t.world, t.resource) {
					verdict = judged(verdict, f.Status)
					if !job.NoWaivers {
						if t.particle != nil {
							rules.ApplySkips(&f, t.particle.Skip, job.Now)
						}
						rules.ApplyWaivers(&f, job.Waivers, job.Now)
						if f.Waiver != nil {
							mine.waivers[f.Waiver.Position] = true
						}
					}
					c := mine.counts[f.Rule.ID]
					if c == nil {
						c = &RuleCount{}
						mine.counts[f.Rule.ID] = c
					}
					c.add(f.Status)
					if job.Include.lists(f.Status) {
						mine.findings = append(mine.findings, f)
					}
				}
				mine.judged[verdict]++
			}
		})
	}
	workers.Wait()

	r.Summary.Findings = map[string]int{"fail": 0, "pass": 0, "unknown": 0, "error": 0, "skip": 0, "waived": 0}
	r.Summary.BySeverity = map[string]int{}
	for _, s := range rules.Severities {
		r.Summary.BySeverity[string(s)] = 0
	}
	for _, rule := range job.Rules.Rules() {
		total := RuleCount{ID: rule.ID, Title: rule.Title, Severity: string(rule.Severity), Remediation: rule.Remediation, Controls: rule.Controls}
		for _, s := range shares {
			if c := s.counts[rule.ID]; c != nil {
				total.merge(*c)
			}
		}
		r.Rules = append(r.Rules, total)
		r.Summary.Findings["fail"] += total.Fail
		r.Summary.Findings["pass"] += total.Pass
		r.Summary.Findings["unknown"] += total.Unknown
		r.Summary.Findings["error"] += total.Error
		r.Summary.Findings["skip"] += total.Skip
		r.Summary.Findings["waived"] += total.Waived
		r.Summary.BySeverity[string(rule.Severity)] += total.Fail
	}
	var all []rules.Finding
	used := map[inventory.Position]bool{}
	for _, s := range shares {
		all = append(all, s.findings...)
		r.NotJudged = append(r.NotJudged, s.notJudged...)
		for verdict, n := range s.judged {
			r.Summary.Judged[verdict] += n
		}
		maps.Copy(used, s.waivers)
	}
	for _, n := range aside {
		r.Summary.Judged["notJudged"]++
		at := Place{Type: n.Type, LogicalID: n.Name, File: n.Position.File, Line: n.Position.Line, Column: n.Position.Column}
		r.NotJudged = append(r.NotJudged, NotJudged{at, n.Because})
	}
	slices.SortFunc(r.NotJudged, func(a, b NotJudged) int {
		x, y := a.Resource, b.Resource
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column), cmp.Compare(x.LogicalID, y.LogicalID), cmp.Compare(x.ID, y.ID))
	})
	r.Summary.NotJudged = len(r.NotJudged)
	if job.Include.Summary {
		r.NotJudged = nil
	}
	reviewWaivers(job, r, used)
	slices.SortStableFunc(all, func(a, b rules.Finding) int {
		return cmp.Or(inventory.CompareResources(a.Resource, b.Resource), cmp.Compare(a.Rule.ID, b.Rule.ID), cmp.Compare(a.Path, b.Path))
	})
	stacks := stacksOf(job.Declaration)
	for _, f := range all {
		r.Findings = append(r.Findings, findingOf(f, stacks[f.Resource]))
	}
}

// reviewWaivers says what is wrong with waivers; used are those that covered something.
func reviewWaivers(job Job, r *Result, used map[inventory.Position]bool) {
	if job.NoWaivers || job.App != "" || job.Environment != "" {
		return // most of them had nothing to cover
	}
	for _, f := range job.Rules.ReviewWaivers(job.Waivers, used, job.Now) {
		r.Warnings = append(r.Warnings, faultOf(f))
	}
}

// judged is what a resource counts as after one more verdict. The strongest word wins:
// not judged, then unknown, then definite, then skipped.
func judged(so string, s rules.Status) string {
	switch {
	case so == "notJudged" || so == "unknown":
		return so
	case s == rules.Unknown || s == rules.Error:
		return "unknown"
	case s != rules.Skip:
		return "definite"
	case so == "noRule":
		return "skipped"
	}
	return so
}

// workers is how many resources are judged at once: one a core, less where less is asked
// for (0 asks for nothing) or there is less to do.
func workers(asked, tasks int) int {
	n := runtime.GOMAXPROCS(0)
	if asked > 0 {
		n = min(n, asked)
	}
	return max(1, min(n, tasks))
}

func (i Include) lists(s rules.Status) bool {
	switch {
	case i.Summary:
		return false
	case s == rules.Pass:
		return i.Pass
	case s == rules.Skip:
		return i.Skip
	case s == rules.Waived:
		return i.Waived
	}
	return true
}

func (c *RuleCount) add(s rules.Status) { c.addTimes(s, 1) }

func (c *RuleCount) addTimes(s rules.Status, n int) {
	switch s {
	case rules.Pass:
		c.Pass += n
	case rules.Fail:
		c.Fail += n
	case rules.Error:
		c.Error += n
	case rules.Skip:
		c.Skip += n
	case rules.Waived:
		c.Waived += n
	default:
		c.Unknown += n
	}
}

func (c *RuleCount) merge(o RuleCount) {
	c.Pass += o.Pass
	c.Fail += o.Fail
	c.Unknown += o.Unknown
	c.Error += o.Error
	c.Skip += o.Skip
	c.Waived += o.Waived
}

// tasksOf lists what is to be judged: `check` judges declarations, and snapshots as
// live resources; every other command judges the live world.
func tasksOf(job Job) []task {
	var tasks []task
	if job.Command != "check" {
		return liveTasks(tasks, job.Live, job)
	}
	for _, w := range declaredWorlds(job) {
		for _, p := range w.particles {
			tasks = append(tasks, task{resource: p.Resource, particle: p, world: w.world})
		}
	}
	for _, s := range job.Declaration.Snapshots {
		tasks = liveTasks(tasks, s, job)
	}
	return tasks
}

func liveTasks(tasks []task, live *inventory.Snapshot, job Job) []task {
	byAccount := map[string][]*inventory.Resource{}
	for _, r := range live.Resources {
		byAccount[r.Ref.Account] = append(byAccount[r.Ref.Account], r)
	}
	worlds := map[string]*rules.World{}
	for account, resources := range byAccount {
		worlds[account] = rules.NewWorld(resources, func(typ string) string { return unreadable(live, account, typ) }, job.Now)
	}
	for _, r := range live.Resources {
		if job.wants(r.Owned.App, r.Owned.Environment) {
			tasks = append(tasks, task{resource: r, world: worlds[r.Ref.Account]})
		}
	}
	return tasks
}

// unreadable says why a listing of a type cannot be trusted to be whole, or "".
func unreadable(live *inventory.Snapshot, account, typ string) string {
	for _, g := range live.Gaps {
		if (g.Account == "" || g.Account == account) && (g.Type == "" || g.Type == typ) && g.File == "" && g.App == "" {
			return "the listing of " + typ + " in " + cmp.Or(g.Region, "every region") + " is incomplete: " + string(g.Reason)
		}
	}
	if !live.Scope.Includes(account, "", typ) {
		return typ + " was not in the scope of the scan"
	}
	return ""
}

type declaredWorld struct {
	particles []*inventory.Particle
	world     *rules.World
}

// declaredWorlds groups the declared resources by what a join may see: all files of
// one (app, environment, version), or one file that belongs to no app.
func declaredWorlds(job Job) []declaredWorld {
	type key struct{ app, environment, version, file string }
	var order []key
	groups := map[key][]*inventory.Particle{}
	incomplete := map[key]string{}
	for _, a := range job.Declaration.Apps {
		if !job.wants(a.Name, a.Environment) {
			continue
		}
		k := key{a.Name, a.Environment, a.Version, ""}
		if a.Name == "" {
			k.file = a.File
		}
		if _, seen := groups[k]; !seen {
			order = append(order, k)
		}
		groups[k] = append(groups[k], a.Particles...)
		incomplete[k] = cmp.Or(incomplete[k], a.Incomplete)
	}
	worlds := make([]declaredWorld, 0, len(order))
	for _, k := range order {
		resources := make([]*inventory.Resource, 0, len(groups[k]))
		for _, p := range groups[k] {
			resources = append(resources, p.Resource)
		}
		because := incomplete[k]
		if because == "" && k.app != "" && len(job.Declaration.Faults) > 0 {
			// A malformed file may have been one of this app's.
			because = "not every declared file could be read"
		}
		worlds = append(worlds, declaredWorld{groups[k], rules.NewWorld(resources, func(string) string { return because }, job.Now)})
	}
	return worlds
}

func stacksOf(d *inventory.Declaration) map[*inventory.Resource]string {
	stacks := map[*inventory.Resource]string{}
	if d != nil {
		for _, p := range d.Particles() {
			stacks[p.Resource] = p.Stack
			for _, alternative := range p.Resource.Alternatives { // a finding may be about one
				stacks[alternative] = p.Stack
			}
		}
	}
	return stacks
}

func placeOf(r *inventory.Resource, path string) Place {
	at := r.Position
	if r.Declared {
		at = r.PositionOf(path)
	}
	return Place{
		Partition: r.Ref.Partition, Type: r.Ref.Type, ID: r.Ref.ID, LogicalID: r.LogicalID,
		Account: r.Ref.Account, Region: r.Ref.Region, ARN: r.ARN,
		File: at.File, Line: at.Line, Column: at.Column,
	}
}

func findingOf(f rules.Finding, stack string) Finding {
	out := Finding{
		Rule: f.Rule.ID, Severity: string(f.Rule.Severity), Status: f.Status.String(),
		Resource: placeOf(f.Resource, f.Path), Message: f.Message, Path: f.Path,
		Remediation: f.Rule.Remediation, Controls: f.Rule.Controls,
		App: f.Resource.Owned.App, AppVersion: f.Resource.Owned.Version, Environment: f.Resource.Owned.Environment,
		Fingerprint: fingerprint(f.Rule.ID, f.Resource, stack, f.Path),
	}
	if f.Waiver != nil {
		out.Waiver = &Waiver{Reason: f.Waiver.Reason, Approver: f.Waiver.Approver, Expires: f.Waiver.Expires}
	}
	return out
}

func resourceOf(a *owner.Attribution, properties bool) Resource {
	l := a.Resource
	out := Resource{
		Type: l.Ref.Type, ID: l.Ref.ID, ARN: l.ARN, Name: l.Name, Account: l.Ref.Account, Region: l.Ref.Region,
		State: l.State, Foreign: l.Foreign, KeptBy: l.KeptBy(), Tags: l.Tags, Unread: emptyNotNil(l.Unread),
		Class: string(a.Class), App: a.App, AppVersion: a.Version, Environment: a.Environment, Particle: a.Particle,
		Reason: a.Reason, Evidence: a.Evidence,
	}
	if !l.Created.IsZero() {
		out.Created = &l.Created
	}
	if properties {
		out.Properties = inventory.Redacted(l)
	}
	return out
}

func driftOf(d drift.Drift) Drift {
	p := d.Particle
	place := placeOf(p.Resource, "")
	if d.Live != nil {
		place.Partition, place.ID, place.ARN = d.Live.Ref.Partition, d.Live.Ref.ID, d.Live.ARN
		place.Account, place.Region = d.Live.Ref.Account, d.Live.Ref.Region
	}
	out := Drift{
		Resource: place, App: p.App, AppVersion: p.Version, Environment: p.Environment, Particle: p.Name,
		Class: string(d.Class), Severity: DriftSeverity(string(d.Class)), Reason: d.Reason,
	}
	for _, c := range d.Changes {
		out.Changes = append(out.Changes, changeOf(c))
	}
	for _, u := range d.Unverified {
		out.Unverified = append(out.Unverified, Unverified{Path: u.Path, Because: u.Because})
	}
	return out
}

func changeOf(c drift.Change) Change {
	severity := "medium"
	if c.Info {
		severity = "info"
	}
	return Change{
		Path: c.Path, Declared: c.Declared, Live: c.Live, Kind: string(c.Kind), Severity: severity,
		Replacement: cmp.Or(c.Replacement, drift.ReplaceNo), Reason: c.Reason,
	}
}

func faultOf(f inventory.Fault) Fault {
	return Fault{File: f.Position.File, Line: f.Position.Line, Column: f.Position.Column, Message: f.Message, Hint: f.Hint}
}

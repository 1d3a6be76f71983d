package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v3"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/inventory/state"
	"github.com/pcf-scan/pcf-scan/reaper"
	"github.com/pcf-scan/pcf-scan/rules"
)

func reapCommand(code *int) *cli.Command {
	return &cli.Command{
		Name:  "reap",
		Usage: "plan the end of what nobody owns; --apply marks, tells, holds and deletes",
		Description: "A leftover of a retired version, or of a particle that its app has dropped, is marked; its\n" +
			"owner is told; near the end of the grace it is switched off where that can be taken back; then\n" +
			"it is deleted, referrers first. Nothing is changed without --apply. Run --apply from a cron job\n" +
			"(with --notify): each run does what is due. `reap --app NAME --grace 0` ends a retired app now.",
		Flags:        join(actingFlags(), ruleFlags(), reapFlags()),
		OnUsageError: usageErrorOf,
		Action: func(c *cli.Context) error {
			if err := configure(c); err != nil {
				return err
			}
			if _, err := reapOptions(c); err != nil {
				return err
			}
			return planAndAct(c, code)
		},
		Subcommands: []*cli.Command{
			{
				Name: "status", Usage: "list what is marked or was seen, and when it goes",
				Flags: join(stateFlags(), planOutputFlags(), graceFlag(), briefFlags()), OnUsageError: usageErrorOf,
				Action: func(c *cli.Context) error { return reapStatus(c, code) },
			},
			{
				Name: "cancel", Usage: "take the mark of one resource back, and what was done to it", ArgsUsage: "REF",
				Flags: takeBackFlags(), OnUsageError: usageErrorOf,
				Action: func(c *cli.Context) error { return takeBack(c, code) },
			},
			{
				Name: "undo", Usage: "plan to take back what a run marked and switched off; --apply does it", ArgsUsage: "RUN",
				Flags: takeBackFlags(), OnUsageError: usageErrorOf,
				Action: func(c *cli.Context) error { return takeBack(c, code) },
			},
		},
	}
}

func graceFlag() []cli.Flag {
	return []cli.Flag{text("grace", "`TIME` from the mark to the deletion: 14d, 36h", "14d")}
}

func reapFlags() []cli.Flag {
	return append(graceFlag(),
		text("max-delete", "`N` deletions in a run and in 24 hours at most, or unlimited", "25"),
		text("max-per-type", "`N` deletions of one type at most, or unlimited", "10"),
		text("max-percent", "`N` percent of the resources at most, or unlimited", "5"),
		text("consent", "`FILE` with who agreed to lose what", ""),
		text("prices", "`FILE` with what a resource of a type costs in a month", ""),
		list("notify", "tell the owners: `file:PATH`, webhook:URL or none"),
		toggle("accept-fewer", "the account really holds so much less than at the last run"),
	)
}

func takeBackFlags() []cli.Flag {
	return join(liveFlags()[:1], accountFlags()[:1], planFlags()[:1], stateFlags(), planOutputFlags(), historyFlag(), briefFlags())
}

// briefFlags are the run flags of what reads no account.
func briefFlags() []cli.Flag {
	return slices.DeleteFunc(runFlags(), func(f cli.Flag) bool {
		return !slices.Contains([]string{"config", "now", "quiet", "verbose"}, f.Names()[0])
	})
}

// reapSet are the flags of reap, read.
type reapSet struct {
	grace    time.Duration
	teardown bool
	caps     plan.Caps
	consents []plan.Consent
	prices   plan.Prices
	window   reaper.Window
}

func reapOptions(c *cli.Context) (o reapSet, err error) {
	if o.grace, err = graceOf(c); err != nil {
		return o, err
	}
	o.teardown = o.grace == 0 && c.String("app") != ""
	if !o.teardown && o.grace < plan.MinGrace {
		return o, usagef(c, "--grace %s: less than 24 hours is only for the teardown of a retired app: --app NAME --grace 0", c.String("grace"))
	}
	for _, f := range []struct {
		name string
		cap  *plan.Cap
	}{{"max-delete", &o.caps.Delete}, {"max-per-type", &o.caps.PerType}, {"max-percent", &o.caps.Percent}} {
		if *f.cap, err = capOf(c, f.name); err != nil {
			return o, err
		}
	}
	if file := c.String("consent"); file != "" {
		if o.consents, err = readConsents(file); err != nil {
			return o, err
		}
	}
	if file := c.String("prices"); file != "" {
		if o.prices, err = readPrices(file); err != nil {
			return o, err
		}
	}
	if o.window, err = reaper.ParseWindow(reapSettingsOf(c).Window); err != nil {
		return o, fmt.Errorf("reap.window: %w", err)
	}
	for _, n := range c.StringSlice("notify") {
		if _, err := reaper.ParseNotifier(n, nil); err != nil {
			return o, usagef(c, "%v", err)
		}
	}
	if c.Bool("apply") && c.String("plan") == "" && len(c.StringSlice("notify")) == 0 && !o.teardown {
		return o, usagef(c, "reap --apply marks what is due and tells its owners: give --notify file:PATH, webhook:URL or none")
	}
	return o, nil
}

// graceOf reads --grace: days ("14d"), or what Go writes as a duration.
func graceOf(c *cli.Context) (time.Duration, error) {
	s := c.String("grace")
	if days, is := strings.CutSuffix(s, "d"); is {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n <= 3650 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return d, nil
	}
	return 0, usagef(c, "--grace %q: want a time such as 14d or 36h", s)
}

// capOf reads a cap: a number from 0 on, or unlimited, spelled.
func capOf(c *cli.Context, name string) (plan.Cap, error) {
	s := c.String(name)
	if s == "unlimited" {
		return plan.Cap{Unlimited: true}, nil
	}
	n, err := strconv.Atoi(s)
	switch {
	case name == "max-percent" && (err != nil || n < 0 || n > 100):
		return plan.Cap{}, usagef(c, "--%s %q: want a number from 0 to 100, or unlimited", name, s)
	case err != nil || n < 0:
		return plan.Cap{}, usagef(c, "--%s %q: want a number from 0 on, or unlimited", name, s)
	}
	return plan.Cap{N: n}, nil
}

// decodeFile reads a small YAML or JSON file strictly.
func decodeFile(what, file string, into any) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	defer f.Close()
	d := yaml.NewDecoder(io.LimitReader(f, 16<<20))
	d.KnownFields(true)
	switch err := d.Decode(into); {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("read %s %s: it is empty", what, file)
	case err != nil:
		return fmt.Errorf("read %s %s: %w", what, file, err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s %s: want one document, it holds more", what, file)
	}
	return nil
}

// readConsents reads who agreed to what. Reason, approver and expiry are required.
func readConsents(file string) ([]plan.Consent, error) {
	var doc struct {
		Consents []struct {
			App, Type, Rule, Resource, Reason, Approver, Expires string
		} `yaml:"consents"`
	}
	if err := decodeFile("consents", file, &doc); err != nil {
		return nil, err
	}
	var all []plan.Consent
	for i, c := range doc.Consents {
		at := fmt.Sprintf("read consents %s: number %d", file, i+1)
		expires, err := time.Parse(time.RFC3339, c.Expires)
		if err != nil {
			expires, err = time.Parse(time.DateOnly, c.Expires)
		}
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: expires: want a time such as 2027-01-31T12:00:00Z or 2027-01-31", at)
		case strings.TrimSpace(c.Reason) == "" || strings.TrimSpace(c.Approver) == "":
			return nil, fmt.Errorf("%s: a consent needs a reason and an approver", at)
		case c.App == "" && c.Type == "" && c.Rule == "" && c.Resource == "":
			return nil, fmt.Errorf("%s: it would cover everything: say which app, type, rule or resource", at)
		}
		all = append(all, plan.Consent{App: c.App, Type: c.Type, Rule: c.Rule, Resource: c.Resource, Reason: c.Reason, Approver: c.Approver, Expires: expires})
	}
	return all, nil
}

// readPrices reads what a resource of a type costs in a month: `prices: {TYPE: NUMBER}`, or
// the object alone.
func readPrices(file string) (plan.Prices, error) {
	var node yaml.Node
	if err := decodeFile("prices", file, &node); err != nil {
		return nil, err
	}
	var doc struct {
		Prices plan.Prices `yaml:"prices"`
	}
	prices := plan.Prices{}
	err := node.Decode(&doc)
	if err == nil && doc.Prices != nil {
		if err := knownKeys(file, "prices", node.Content[0], "prices"); err != nil {
			return nil, fmt.Errorf("read prices: %w", err)
		}
		prices = doc.Prices
	} else if err = node.Decode(&prices); err != nil {
		return nil, fmt.Errorf("read prices %s: want a number for each type, such as AWS::EC2::NatGateway: 35.04: %w", file, err)
	}
	for typ, price := range prices {
		if !strings.Contains(typ, "::") || price < 0 || math.IsNaN(price) || math.IsInf(price, 0) {
			return nil, fmt.Errorf("read prices %s: %s: %v is no price of a resource type", file, typ, price)
		}
	}
	return prices, nil
}

// planReap plans what is due now.
func (a *actor) planReap() (*engine.Result, error) {
	o, err := reapOptions(a.Context)
	if err != nil {
		return nil, err
	}
	if d := a.job.Declaration; len(d.Apps) == 0 && d.Register == nil && len(d.Faults) == 0 && len(d.Gaps) == 0 {
		return nil, usagef(a.Context, "--declared %s: nothing is declared there, and where nothing is declared nothing is a leftover", strings.Join(a.StringSlice("declared"), ", "))
	}
	if o.teardown && !retiredAt(a.job, a.now) {
		return nil, usagef(a.Context, "--grace 0: no version of %s is retired: a tombstone (retired: TIME) in its declaration or in the register comes first", a.job.App)
	}
	if err := loadRules(a.Context, &a.job); err != nil {
		return nil, err
	}
	if a.job.Rules, err = onlyReaping(a.job.Rules); err != nil {
		return nil, err
	}
	return engine.ReapRun(a.job, plan.ReapInput{
		Header: a.header(a.job.Live.Scope.Regions), Ledger: factsOf(a.ledger), Grace: o.grace, Teardown: o.teardown, Caps: o.caps,
		AcceptFewer: a.Bool("accept-fewer"), Consents: o.consents, Protect: protections(reapSettingsOf(a.Context).Protect),
		Accounts: reapSettingsOf(a.Context).Accounts, CallerAccount: a.world.caller.Account, Self: a.self(),
		Reads: hasReader, Can: a.canReap(), Isolation: reaper.Isolation, Prices: o.prices,
	})
}

// retiredAt reports whether a version of the job's app has a tombstone in force.
func retiredAt(job engine.Job, now time.Time) bool {
	if job.Declaration == nil {
		return false
	}
	for _, app := range job.Declaration.Apps {
		if app.Name == job.App && (job.Environment == "" || job.Environment == app.Environment) && app.RetiredAt(now) {
			return true
		}
	}
	if job.Declaration.Register == nil {
		return false
	}
	app := job.Declaration.Register.Apps[job.App]
	times := append(slices.Collect(maps.Values(app.Retired)), app.RetiredAll)
	return slices.ContainsFunc(times, func(t time.Time) bool { return !t.IsZero() && !t.After(now) })
}

// onlyReaping keeps the rules that offer to reap; nil when there are none.
func onlyReaping(set *rules.Set) (*rules.Set, error) {
	var ids []string
	for _, rule := range set.Rules() {
		if rule.Action == "reap" {
			ids = append(ids, rule.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // no rule and no mistake
	}
	return set.Select(rules.Selection{Rules: ids})
}

// canReap says what there is code for. What this program does not delete in an account it does
// not delete in a simulated one, nor plan to from a snapshot; there every other change can be made.
func (a *actor) canReap() plan.Can {
	if a.world.can != nil {
		return a.world.can
	}
	return func(verb plan.Verb, typ string, _ plan.Change) string {
		if verb == plan.Delete {
			return canWrite(verb, typ, plan.Change{})
		}
		if saves, is := a.world.cloud.(interface{ BacksUp(typ string) bool }); is && verb == plan.Backup && !saves.BacksUp(typ) {
			return "there is no way to back it up"
		}
		return ""
	}
}

func hasReader(typ string) bool {
	return slices.ContainsFunc(aws.Readers(), func(r *aws.Reader) bool { return r.Type == typ })
}

func protections(list []protectedThing) (all []plan.Protection) {
	for _, p := range list {
		all = append(all, plan.Protection{Type: p.Type, ID: p.ID, Tags: p.Tags})
	}
	return all
}

// factsOf gives the planner what the ledger holds; without one everything is new.
func factsOf(l *state.Ledger) plan.Facts {
	f := plan.Facts{New: l == nil || l.Records == 0, Marks: map[string]plan.MarkFact{}, Seen: map[string]plan.SeenFact{}}
	if l == nil {
		return f
	}
	f.Deleted, f.Counts = l.Deleted, l.Expected()
	for ref, m := range l.Marks {
		f.Marks[ref] = plan.MarkFact{
			Incarnation: m.Incarnation, Reason: plan.Reason(m.Reason), Looks: m.Looks, At: m.At, Noticed: m.Noticed, Told: m.Told, Quarantined: m.Quarantined,
			BackedUp: m.BackedUp, Backup: m.Backup,
		}
	}
	for ref, s := range l.Seen {
		f.Seen[ref] = plan.SeenFact{Incarnation: s.Incarnation, First: s.First, Count: s.Count}
	}
	return f
}

// applyReap carries out a plan to reap: a saved one exactly, after the world was looked at
// again; else, as a cron job does, the one that was just made.
func (a *actor) applyReap(ctx context.Context, run reaper.Run, r *engine.Result) ([]reaper.Outcome, error) {
	o, err := reapOptions(a.Context)
	if err != nil {
		return nil, err
	}
	run.Allow.Accounts, run.Protect = reapSettingsOf(a.Context).Accounts, protections(reapSettingsOf(a.Context).Protect)
	run.Switch = reaper.Switches(run.Switch, o.window.Switch(run.Clock))
	if run.Notify, err = notifierOf(a.Context, run.Clock); err != nil {
		return nil, err
	}
	if run.Notify == nil && o.teardown {
		run.Notify = reaper.Notifiers{nobody{}}
	}
	if a.String("plan") != "" {
		// What is set here and now narrows what was planned.
		run.Look = func(ctx context.Context) (*inventory.Snapshot, error) {
			return a.world.read(ctx, withUses(names(a.Context, "type"), run.Plan))
		}
		run.Caps = capsGiven(a.Context, o.caps)
		if a.IsSet("grace") {
			run.Grace = o.grace
		}
		return reaper.Apply(ctx, run)
	}
	p, fresh, outcomes, err := reaper.Cron(ctx, run, func(context.Context, *state.Ledger) (*plan.Plan, error) { return r.Plan, nil })
	if fresh {
		logger(a.Context).Warn("a new ledger begins in " + a.String("state") + ": this run marks, and deletes nothing but what --grace 0 ends")
	}
	if p != nil {
		r.Plan = p
	}
	return outcomes, err
}

// withUses adds to the types that are named, if any are, what a saved plan deletes and what may
// refer to that: whoever applies it may name other types than its author.
func withUses(types []string, p *plan.Plan) []string {
	if len(types) == 0 {
		return nil
	}
	var deleted []string
	for _, action := range p.Actions {
		if action.Verb == plan.Delete {
			deleted = append(deleted, action.Resource.Type)
		}
	}
	types = append(types, toDelete(deleted)...)
	slices.Sort(types)
	return slices.Compact(types)
}

// toDelete returns the types that must be read before resources of some types are deleted: they
// themselves, and those with a reader that may refer to them or keep them. Sorted.
func toDelete(types []string) []string {
	wanted := slices.Clone(types)
	for _, typ := range types {
		wanted = append(wanted, slices.DeleteFunc(plan.Uses(typ), func(typ string) bool { return !hasReader(typ) })...)
	}
	slices.Sort(wanted)
	return slices.Compact(wanted)
}

// capsGiven keeps the caps that somebody set: a saved plan has its own ones beside them.
func capsGiven(c *cli.Context, caps plan.Caps) *plan.Caps {
	for name, one := range map[string]*plan.Cap{"max-delete": &caps.Delete, "max-per-type": &caps.PerType, "max-percent": &caps.Percent} {
		if !c.IsSet(name) {
			one.Unlimited = true
		}
	}
	return &caps
}

// nobody is whom a teardown tells: its owner asked for it.
type nobody struct{}

func (nobody) Notify(context.Context, reaper.Notice) error { return nil }

// notifierOf returns who is told; nil when nobody is named.
func notifierOf(c *cli.Context, clock reaper.Clock) (reaper.Notifier, error) {
	var all reaper.Notifiers
	for _, text := range c.StringSlice("notify") {
		n, err := reaper.ParseNotifier(text, clock)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	if len(all) == 0 {
		return nil, nil //nolint:nilnil // nobody, and no mistake
	}
	return all, nil
}

// reapStatus lists the candidates of the ledger.
func reapStatus(c *cli.Context, code *int) error {
	if err := configure(c); err != nil {
		return err
	}
	if c.NArg() > 0 {
		return usagef(c, "reap status takes no arguments, got %q", c.Args().First())
	}
	grace, err := graceOf(c)
	if err != nil {
		return err
	}
	sinks, err := sinksOf(c)
	if err != nil {
		return err
	}
	now, runID, err := clock(c)
	if err != nil {
		return err
	}
	store, err := openState(c.Context, c, false)
	if err != nil {
		return err
	}
	if store == nil {
		return usagef(c, "--state %s: there is no state here", c.String("state"))
	}
	ledger, err := state.ReadLedger(c.Context, store)
	if err != nil {
		return err
	}
	p := &plan.Plan{Header: plan.Header{SchemaVersion: plan.SchemaVersion, Command: "reap", Tool: version, CreatedAt: now}, Actions: []plan.Action{}, Refused: []plan.Refusal{}}
	p.Reaping = &plan.Reaping{Grace: grace, Candidates: []plan.Candidate{}, Rescued: []plan.Place{}, Counts: map[string]int{}}
	for _, s := range reaper.Status(ledger, grace) {
		ref, err := inventory.ParseRef(s.Ref)
		if err != nil {
			continue
		}
		p.Reaping.Candidates = append(p.Reaping.Candidates, plan.Candidate{
			Resource: plan.Place{Partition: ref.Partition, Type: ref.Type, ID: ref.ID, Account: ref.Account, Region: ref.Region},
			State:    plan.CandidateState(s.State), Reason: plan.Reason(s.Reason), Observations: s.Seen, Evidence: []string{},
			FirstSeen: timeOrNil(s.First), MarkedAt: timeOrNil(s.Marked), NotifiedAt: timeOrNil(s.Noticed), HeldAt: timeOrNil(s.Quarantined), GoesAt: timeOrNil(s.GoesAt),
		})
	}
	r := engine.Run(engine.Job{Command: "reap", Version: version, RunID: runID, Now: now})
	r.Plan = p
	*code = engine.ExitClean
	return render(c, r, sinks)
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// takeBack is `reap cancel REF`, which acts at once, because nothing is lost by it, and `reap
// undo RUN`, which shows its plan first.
func takeBack(c *cli.Context, code *int) error {
	if err := configure(c); err != nil {
		return err
	}
	if c.NArg() != 1 {
		return usagef(c, "reap %s takes one %s", c.Command.Name, c.Command.ArgsUsage)
	}
	sinks, err := sinksOf(c)
	if err != nil {
		return err
	}
	a := &actor{Context: c}
	if a.now, a.runID, err = clock(c); err != nil {
		return err
	}
	past, err := openHistory(c)
	if err != nil {
		return err
	}
	if past != nil {
		defer past.Close()
	}
	ctx, cancel := context.WithTimeout(c.Context, time.Hour)
	defer cancel()
	if a.world, err = openWorld(ctx, c, a.now); err != nil {
		return err
	}
	if a.world.cloud == nil {
		return usagef(c, "--live %s: a snapshot is only read", c.String("live"))
	}
	if a.store, err = openState(ctx, c, false); err != nil {
		return err
	}
	if a.store == nil {
		return usagef(c, "--state %s: there is no state here", c.String("state"))
	}
	p, err := a.takeBackPlan(ctx, c.Args().First())
	if err != nil {
		return usagef(c, "%v", err)
	}
	r := a.empty(p)
	gate := engine.Gate{}
	if c.Command.Name == "cancel" || c.Bool("apply") {
		run := reaper.Run{ID: a.runID, Plan: p, Cloud: a.world.cloud, Store: a.store, Clock: a.world.clock, Limits: a.world.limits, Self: a.self()}
		outcomes, err := reaper.Apply(ctx, run)
		for _, o := range outcomes {
			r.Outcomes = append(r.Outcomes, engine.Outcome(o))
		}
		if err != nil {
			logger(c).Error(err.Error())
			gate.Stopped = true
		}
	}
	gate.Interrupted = c.Context.Err() != nil
	*code = gate.ExitCode(r)
	failed := remember(c, past, r)
	return errors.Join(failed, render(c, r, sinks))
}

func (a *actor) takeBackPlan(ctx context.Context, what string) (*plan.Plan, error) {
	observe := func(ref inventory.Ref) (*inventory.Resource, error) {
		live, err := a.world.cloud.Observe(ctx, ref)
		if errors.Is(err, reaper.ErrNotFound) {
			return nil, nil //nolint:nilnil // it is gone
		}
		return live, err
	}
	h := a.header(nil)
	h.Command = "reap"
	if a.Command.Name == "undo" {
		return reaper.Undo(ctx, h, a.store, what, observe)
	}
	ledger, err := state.ReadLedger(ctx, a.store)
	if err != nil {
		return nil, err
	}
	ref, err := markedRef(ledger, what)
	if err != nil {
		return nil, err
	}
	live, err := observe(ref)
	if err != nil {
		return nil, err
	}
	return reaper.Cancel(h, ledger, ref, live)
}

// markedRef finds the mark that a person means: by its ref, or by an id that only one has.
func markedRef(l *state.Ledger, what string) (inventory.Ref, error) {
	if ref, err := inventory.ParseRef(what); err == nil {
		return ref, nil
	}
	var found []inventory.Ref
	for text := range l.Marks {
		ref, err := inventory.ParseRef(text)
		if err == nil && (ref.ID == what || strings.HasPrefix(what, "arn:") && strings.HasSuffix(what, ref.ID) && strings.Contains(what, ":"+ref.Account+":")) {
			found = append(found, ref)
		}
	}
	switch len(found) {
	case 0:
		return inventory.Ref{}, fmt.Errorf("cancel %s: nothing of that name is marked: see `pcf-scan reap status`", what)
	case 1:
		return found[0], nil
	}
	return inventory.Ref{}, fmt.Errorf("cancel %s: several resources have this id: give partition/account/region/type/id", what)
}

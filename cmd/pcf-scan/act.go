package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func tagCommand(code *int) *cli.Command {
	return &cli.Command{
		Name:  "tag",
		Usage: "plan the owner tags of what apps own; --apply writes them",
		Description: "What an app owns gets the tags pcf:app, pcf:environment, pcf:version and pcf:particle.\n" +
			"The plan is printed and nothing is written without --apply. With --adopt also what only an\n" +
			"identifier in the declaration names (a bucket's name) becomes the app's own.",
		Flags:        join(actingFlags(), []cli.Flag{toggle("adopt", "also take what a declared identifier names")}),
		OnUsageError: usageErrorOf,
		Action:       func(c *cli.Context) error { return planAndAct(c, code) },
	}
}

func repairCommand(code *int) *cli.Command {
	return &cli.Command{
		Name:  "repair",
		Usage: "plan the way back to the declaration; --apply goes it",
		Description: "What drifted is changed back in place, what is missing and managed is created, what stands\n" +
			"still is started. Whatever is not repaired is refused with the reason. The plan is printed\n" +
			"and nothing is changed without --apply. --undo RUN plans the way back from an earlier run.",
		Flags: join(actingFlags(), []cli.Flag{
			text("undo", "give back the values from before this `RUN`", ""),
			text("fail-on", "lowest `SEVERITY` of drift that fails: critical, high, medium, low or none", "low"),
			toggle("strict", "what could not be compared counts"),
		}),
		OnUsageError: usageErrorOf,
		Action:       func(c *cli.Context) error { return planAndAct(c, code) },
	}
}

// actingFlags are those of a command that plans changes and makes them: in one account.
func actingFlags() []cli.Flag {
	oneAccount := slices.DeleteFunc(liveFlags(), func(f cli.Flag) bool {
		return slices.Contains([]string{"account", "accounts", "organization"}, f.Names()[0])
	})
	return join(declaredFlags(true), oneAccount, planFlags(), stateFlags(), planOutputFlags(), historyFlag(), []cli.Flag{
		list("account", "`ID[=ROLE_ARN]` of the account to act in; default is the caller's own"),
		toggle("allow-partial", "a gap no longer gives exit code 3"),
	}, runFlags())
}

// planFlags say what happens to a plan. To act is ordered where the command is typed: --apply
// has no environment variable and no key in the configuration (see applyIsTyped).
func planFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: applyFlag, Usage: "carry the plan out; counts on the command line only"},
		text("plan-out", "save the plan in this `FILE`", ""),
		text("plan", "take the plan in this `FILE`, and nothing else", ""),
		text("digest", "apply only the plan with this `DIGEST`", ""),
	}
}

// applyFlag is the flag that makes the program act.
const applyFlag = "apply"

// applyIsTyped refuses an order to act that stands in the environment: every dry run in that
// environment would act.
func applyIsTyped(c *cli.Context) error {
	name := envOf(applyFlag)[0]
	acts := slices.ContainsFunc(c.Command.Flags, func(f cli.Flag) bool { return f.Names()[0] == applyFlag })
	if value := os.Getenv(name); value != "" && acts && !c.Bool(applyFlag) {
		return usagef(c, "%s=%s: the environment cannot make the program act: unset it, and give --apply on the command line", name, value)
	}
	return nil
}

func planOutputFlags() []cli.Flag {
	return []cli.Flag{
		text("format", "`FORMAT` of the report: "+formatNames(), "table"),
		list("output", "`FILE` for the report instead of stdout, or FORMAT=FILE besides it"),
		toggle("no-color", "no colours"),
	}
}

// An actor is one run of a command that plans, and acts when it is told to.
type actor struct {
	*cli.Context
	now    time.Time
	runID  string
	world  *world
	store  state.Store   // nil when there is none and none is needed
	ledger *state.Ledger // nil without a store
	job    engine.Job
}

func planAndAct(c *cli.Context, code *int) error {
	if err := configure(c); err != nil {
		return err
	}
	if err := checkActing(c); err != nil {
		return err
	}
	sinks, err := sinksOf(c)
	if err != nil {
		return err
	}
	gate := engine.Gate{AllowPartial: c.Bool("allow-partial")}
	if c.Command.Name == "repair" { // to tag is to compare nothing
		if gate, err = gateOf(c); err != nil {
			return err
		}
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
	ctx, cancel := context.WithTimeout(c.Context, c.Duration("timeout"))
	defer cancel()
	result, err := a.plan(ctx)
	if errors.Is(err, plan.ErrDigest) {
		logger(c).Error(err.Error())
		*code = engine.ExitActing
		return nil
	}
	if err != nil {
		return err
	}
	warn(c, result)
	for _, f := range result.Faults {
		logger(c).Error(faultText(f))
	}
	if file := c.String("plan-out"); file != "" {
		if err := writeSecret(file, result.Plan.Encode); err != nil {
			return err
		}
	}
	if c.Bool("apply") {
		if err := a.apply(ctx, result); err != nil {
			logger(c).Error(err.Error())
			gate.Stopped = true
		}
	}
	if c.String("now") == "" {
		result.FinishedAt = time.Now().UTC().Truncate(time.Second)
	}
	if gate.Interrupted = c.Context.Err() != nil; gate.Interrupted {
		logger(c).Error("interrupted: the report says what was done until then")
	}
	if *code = gate.ExitCode(result); *code == engine.ExitUsage && len(result.Faults) == 0 {
		logger(c).Error("nothing to plan for: no declared resource was found")
	}
	result.Plan = result.Plan.Shown()
	failed := remember(c, past, result)
	return errors.Join(failed, render(c, result, sinks))
}

// checkActing refuses what means nothing, before anything is read.
func checkActing(c *cli.Context) error {
	if err := checkRun(c); err != nil {
		return err
	}
	live := c.String("live")
	from := slices.DeleteFunc([]string{"plan", "undo"}, func(name string) bool { return c.String(name) == "" })
	switch {
	case c.NArg() > 0:
		return usagef(c, "%s takes no paths, got %q; declarations are given by --declared PATH", c.Command.Name, c.Args().First())
	case len(from) == 2:
		return usagef(c, "--plan and --undo are two plans; give one")
	case len(from) == 0 && len(c.StringSlice("declared")) == 0:
		return usagef(c, "%s needs --declared PATH: there is nothing to plan for", c.Command.Name)
	case c.String("plan") != "" && c.String("plan-out") != "":
		return usagef(c, "--plan and --plan-out: the plan is in a file already")
	case c.String("plan") != "" && c.Bool("adopt"):
		return usagef(c, "--plan and --adopt: a saved plan is carried out as it is")
	case c.String("digest") != "" && !c.Bool("apply"):
		return usagef(c, "--digest says which plan may be applied; it needs --apply")
	case c.Bool("apply") && strings.HasPrefix(live, "snapshot:"):
		return usagef(c, "--apply: a snapshot is only read; take --live aws or --live sim:FILE")
	case c.Bool("apply") && live == "aws" && c.String("now") != "" && os.Getenv("AWS_ENDPOINT_URL") == "":
		return usagef(c, "--now with --apply: AWS is changed by the real clock only")
	case len(names(c, "account")) > 1:
		return usagef(c, "%s acts in one account: give one --account, or none for the caller's own", c.Command.Name)
	}
	if file := c.String("plan-out"); file != "" {
		if err := writable(file); err != nil {
			return usagef(c, "--plan-out %s: %v", file, err)
		}
	}
	return nil
}

// plan makes the plan, or takes it from a file.
func (a *actor) plan(ctx context.Context) (r *engine.Result, err error) {
	if a.world, err = openWorld(ctx, a.Context, a.now); err != nil {
		return nil, err
	}
	if a.store, err = openState(ctx, a.Context, a.Bool("apply")); err != nil {
		return nil, err
	}
	a.job = engine.Job{
		Command: a.Command.Name, Version: version, RunID: a.runID, Now: a.now,
		App: a.String("app"), Environment: a.String("environment"), Concurrency: a.Int("concurrency"),
	}
	if a.store != nil {
		if a.ledger, err = readRecords(ctx, a.store, &a.job); err != nil {
			return nil, err
		}
	}
	if file := a.String("plan"); file != "" {
		return a.savedPlan(file)
	}
	if run := a.String("undo"); run != "" {
		return a.undo(ctx, run)
	}
	if err := a.look(ctx); err != nil {
		return nil, err
	}
	return a.planNow(a.Bool("adopt"))
}

// look reads both sides into the job.
func (a *actor) look(ctx context.Context) (err error) {
	if a.job.Declaration, err = readDeclaration(ctx, a.Context, a.StringSlice("declared"), a.now); err != nil {
		return err
	}
	if a.job.Live, err = a.world.read(ctx, names(a.Context, "type")); err != nil {
		return err
	}
	a.job.Scope = a.job.Live.Scope
	return knownApp(a.Context, a.job)
}

// planNow makes the plan of what was read.
func (a *actor) planNow(adopt bool) (*engine.Result, error) {
	if a.Command.Name == "reap" {
		return a.planReap()
	}
	acting := engine.Acting{
		Header: a.header(a.job.Live.Scope.Regions), Adopt: adopt, Self: a.self(), Can: a.world.can,
	}
	if a.ledger != nil {
		acting.Begun = a.ledger.Begun
	}
	return engine.PlanRun(a.job, acting)
}

// replan makes a saved plan again from the world as it is now.
func (a *actor) replan(saved *plan.Plan) func(context.Context) (*plan.Plan, error) {
	adopts := slices.ContainsFunc(saved.Actions, func(action plan.Action) bool { return action.Reason == plan.Adopted })
	return func(ctx context.Context) (*plan.Plan, error) {
		again := *a
		var err error
		if again.ledger, err = readRecords(ctx, a.store, &again.job); err != nil {
			return nil, err
		}
		again.job.App = a.String("app") // which a teardown has set by now
		if err := again.look(ctx); err != nil {
			return nil, err
		}
		r, err := again.planNow(adopts)
		switch {
		case err != nil:
			return nil, err
		case len(r.Faults) > 0:
			return nil, errors.New(faultText(r.Faults[0]))
		}
		return r.Plan, nil
	}
}

func (a *actor) header(regions []string) plan.Header {
	return plan.Header{
		Command: a.Command.Name, Tool: version, Partition: a.world.caller.Partition, Account: a.world.caller.Account,
		Regions: regions, CreatedAt: a.now,
	}
}

// self names what the program acts as and what it keeps its state in.
func (a *actor) self() []string {
	arn := a.world.caller.ARN
	own := []string{arn}
	// arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION, arn:aws:iam::ACCOUNT:user/PATH/NAME
	if parts := strings.Split(arn, "/"); len(parts) == 3 && strings.HasSuffix(parts[0], ":assumed-role") {
		own = append(own, parts[1])
	} else if len(parts) > 1 {
		own = append(own, parts[len(parts)-1])
	}
	if rest, is := strings.CutPrefix(a.String("state"), "s3://"); is {
		bucket, _, _ := strings.Cut(rest, "/")
		own = append(own, bucket)
	}
	return own
}

// empty is the result of a run that has a plan and did not look at anything else.
func (a *actor) empty(p *plan.Plan) *engine.Result {
	r := engine.Run(engine.Job{
		Command: a.Command.Name, Version: version, RunID: a.runID, Now: a.now,
		Scope: inventory.Scope{Partition: p.Partition, Accounts: []string{p.Account}, Regions: p.Regions},
	})
	r.Plan = p
	return r
}

func (a *actor) savedPlan(file string) (*engine.Result, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	defer f.Close()
	p, err := plan.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if p.Command != a.Command.Name {
		return nil, usagef(a.Context, "--plan %s: this is a plan of `%s`", file, p.Command)
	}
	if err := a.confirmed(p, file); err != nil {
		return nil, err
	}
	return a.empty(p), nil
}

// confirmed prepares the application of a saved plan. What tears an app down is planned again as
// such where the declarations are given. Whoever can write the file can compute its digest, so
// that it is said when nothing but the file orders the end of an app.
func (a *actor) confirmed(p *plan.Plan, file string) error {
	app, again, approved := p.TearsDown(), len(a.StringSlice("declared")) > 0, a.String("digest") != ""
	switch {
	case !a.Bool(applyFlag):
		return nil
	case again && slices.ContainsFunc(p.Actions, func(action plan.Action) bool { return action.Reason == plan.TakenBack }):
		return usagef(a.Context, "--plan %s and --declared: it gives back what a run changed, which no declaration knows; apply it without --declared", file)
	case app == "" || p.Command != "reap": // in another plan a deletion is a fault of the plan
		return nil
	case !again && !approved:
		logger(a.Context).Warn(fmt.Sprintf("--plan %s: only this file says that %s is retired; --declared has it confirmed, --digest makes sure that it is the plan that was approved", file, app))
	}
	if err := a.Set("app", app); err != nil {
		return err
	}
	return a.Set("grace", "0")
}

// undo plans the way back from an earlier run, over the types that it touched.
func (a *actor) undo(ctx context.Context, run string) (*engine.Result, error) {
	if a.store == nil {
		return nil, usagef(a.Context, "--undo %s: there is no state in %s", run, a.String("state"))
	}
	done, err := reaper.Deeds(ctx, a.store, run)
	if err != nil {
		return nil, usagef(a.Context, "--undo %s: %v", run, err)
	}
	var types []string
	for _, d := range done {
		types = append(types, d.Resource.Type)
	}
	if len(types) > 0 {
		types = append(types, "AWS::CloudFormation::Stack") // which may be at work on them
	}
	slices.Sort(types)
	live, err := a.world.read(ctx, slices.Compact(types))
	if err != nil {
		return nil, err
	}
	p, err := plan.Undo(plan.UndoInput{Header: a.header(live.Scope.Regions), Run: run, Done: done, Live: live, Self: a.self(), Can: a.world.can})
	if err != nil {
		return nil, err
	}
	r := a.empty(p)
	for _, g := range live.Gaps {
		r.Complete = false
		r.Gaps = append(r.Gaps, engine.Gap{Account: g.Account, Region: g.Region, Type: g.Type, Reason: string(g.Reason), Message: g.Message})
	}
	return r, nil
}

// apply carries the plan of a result out and writes into the result what became of it. An
// error is what ended the run.
func (a *actor) apply(ctx context.Context, r *engine.Result) error {
	if len(r.Faults) > 0 {
		return errors.New("not applied: a declaration could not be read, and who cannot read all of it must not act on the rest")
	}
	// A run of the reaper also counts what it saw, when it does nothing.
	if a.Command.Name != "reap" && len(r.Plan.Actions) == 0 && a.String("digest") == "" && (a.ledger == nil || len(a.ledger.Open()) == 0) {
		return nil
	}
	settings := reapSettingsOf(a.Context)
	caller := a.world.caller
	if allowed := settings.Accounts; len(allowed) > 0 && !slices.Contains(allowed, caller.Account) {
		return fmt.Errorf("not applied: account %s is not among reap.accounts (%s)", caller.Account, strings.Join(allowed, ", "))
	}
	run := reaper.Run{
		ID: a.runID, Plan: r.Plan, Approved: a.String("digest"), Cloud: a.world.cloud, Store: a.store, Clock: a.world.clock,
		Limits: a.world.limits, Self: a.self(), Switch: settings.stop(),
	}
	if a.String("plan") != "" && len(a.StringSlice("declared")) > 0 {
		run.Replan = a.replan(r.Plan)
	}
	carryOut := func() ([]reaper.Outcome, error) { return reaper.Apply(ctx, run) }
	if a.Command.Name == "reap" {
		carryOut = func() ([]reaper.Outcome, error) { return a.applyReap(ctx, run, r) }
	}
	outcomes, err := carryOut()
	if len(outcomes) > 0 {
		r.Actor = caller.ARN
	}
	for _, o := range outcomes {
		r.Outcomes = append(r.Outcomes, engine.Outcome(o))
	}
	r.Settle()
	return err
}

// writeSecret writes a file that only its owner may read.
func writeSecret(file string, write func(io.Writer) error) error {
	return writeMode(file, 0o600, write)
}

// A world is the live side of a command that acts.
type world struct {
	read   func(ctx context.Context, types []string) (*inventory.Snapshot, error)
	caller reaper.Caller
	cloud  reaper.Cloud // nil when nothing can be changed
	clock  reaper.Clock
	limits reaper.Limits
	can    plan.Can
}

// openWorld opens the live side for planning and acting.
func openWorld(ctx context.Context, c *cli.Context, now time.Time) (*world, error) {
	source, file, _ := strings.Cut(c.String("live"), ":")
	switch source {
	case "sim":
		cloud, err := openSim(c, file, now)
		if err != nil {
			return nil, err
		}
		if account := names(c, "account"); len(account) == 1 {
			cloud.As.Account = accountID(account[0])
		}
		caller, err := cloud.Caller(ctx)
		return &world{
			read: func(_ context.Context, types []string) (*inventory.Snapshot, error) {
				return narrow(c, cloud.Snapshot(), types, c.IsSet("type"))
			},
			caller: caller, cloud: cloud, clock: cloud.Clock,
		}, err
	case "aws":
		return openAWS(ctx, c, now)
	}
	live, err := openLive(ctx, c, nil)
	if err != nil {
		return nil, err
	}
	w := &world{read: func(_ context.Context, types []string) (*inventory.Snapshot, error) {
		return narrow(c, live, types, c.IsSet("type"))
	}}
	w.caller.Partition = cmp.Or(live.Scope.Partition, "aws")
	switch accounts := live.Scope.Accounts; {
	case len(accounts) == 1:
		w.caller.Account = accounts[0]
	default:
		return nil, usagef(c, "%s acts in one account: give --account, the snapshot has %s", c.Command.Name, strings.Join(accounts, ", "))
	}
	return w, nil
}

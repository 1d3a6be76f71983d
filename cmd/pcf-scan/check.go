package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/declared"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/rules"
)

func checkCommand(code *int) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "judge declarations against the rules before they are deployed; offline",
		ArgsUsage: "PATH...",
		Description: "Reads pcf.yaml, CloudFormation and SAM templates, CDK assemblies (cdk.out), Terraform plans,\n" +
			"PCF definitions and snapshots (files, directories, globs), and judges every resource.\n" +
			"A Terraform state says what exists and is not judged. Nothing is contacted. Exit code: 0 clean, 1 findings,\n" +
			"2 malformed input or nothing to judge, 3 something that decides is not known.",
		Flags:        join(declaredFlags(false), ruleFlags(), outputFlags(), verdictFlags(), runFlags(), historyFlag(), checkTargetFlags()),
		OnUsageError: usageErrorOf,
		Action:       func(c *cli.Context) error { return check(c, code) },
	}
}

// checkTargetFlags name the place of deployment, for declarations that ask for it
// (AWS::Region, AWS::AccountId).
func checkTargetFlags() []cli.Flag {
	return []cli.Flag{
		list("region", "`REGION` that the declarations are for"),
		list("account", "`ACCOUNT` id that the declarations are for"),
	}
}

func check(c *cli.Context, code *int) error {
	if err := configure(c); err != nil {
		return err
	}
	if c.NArg() == 0 {
		return usagef(c, "check needs at least one PATH, for example: pcf-scan check .")
	}
	return conclude(c, code, func(ctx context.Context, job *engine.Job) error {
		d, err := readDeclaration(ctx, c, c.Args().Slice(), job.Now)
		if err != nil {
			return err
		}
		job.Declaration = d
		if job.Scope, err = declaredScope(c); err != nil {
			return err
		}
		return loadRules(c, job)
	})
}

// declaredScope is where the declarations are for, as far as the flags say it.
func declaredScope(c *cli.Context) (inventory.Scope, error) {
	accounts, err := accountsOf(c)
	scope := inventory.Scope{Regions: names(c, "region")}
	for _, a := range accounts {
		scope.Accounts = append(scope.Accounts, a.ID)
	}
	return scope, err
}

// conclude is the common frame of the commands that judge: it reads the flags of
// output and verdict first (a mistake there must cost nothing), fills a job, runs it,
// writes the reports and sets the exit code.
func conclude(c *cli.Context, code *int, fill func(context.Context, *engine.Job) error) error {
	if err := checkRun(c); err != nil {
		return err
	}
	sinks, err := sinksOf(c)
	if err != nil {
		return err
	}
	gate, err := gateOf(c)
	if err != nil {
		return err
	}
	include, err := includeOf(c)
	if err != nil {
		return err
	}
	now, runID, err := clock(c)
	if err != nil {
		return err
	}
	past, err := openHistory(c)
	if err != nil {
		return err
	}
	if past != nil {
		defer past.Close()
	}
	job := engine.Job{
		Command: c.Command.Name, Version: version, RunID: runID, Now: now,
		App: c.String("app"), Environment: c.String("environment"), Include: include, Concurrency: c.Int("concurrency"),
	}
	if streams(c, sinks) {
		if err := filters(c, &job); err != nil {
			return err
		}
		result, err := streamInventory(c.Context, c, job, sinks[0])
		if err != nil {
			return err
		}
		gate.Interrupted = c.Context.Err() != nil
		*code = gate.ExitCode(result)
		return nil
	}
	if job.Baseline, err = baselineOf(c); err != nil {
		return err
	}
	if past != nil {
		job.Include.Waived = true // what somebody accepts is not gone
	}
	var result *engine.Result
	if err := unlessInterrupted(c, func() (err error) { result, err = streamJudge(c, job); return err }); err != nil {
		return err
	}
	if result == nil {
		if err := fill(c.Context, &job); err != nil {
			return err
		}
		if err := unlessInterrupted(c, func() error { result = engine.Run(job); return nil }); err != nil {
			return err
		}
	}
	if err := knownApp(c, job); err != nil {
		return err
	}
	if c.String("now") == "" {
		result.FinishedAt = time.Now().UTC().Truncate(time.Second)
	}
	logger(c).Debug(fmt.Sprintf("%d files, %d resources, %d rules", len(result.Scope.Files), result.Summary.Resources, len(result.Rules)))
	gate.Interrupted = c.Context.Err() != nil
	*code = gate.ExitCode(result)
	warn(c, result)
	for _, f := range result.Faults {
		logger(c).Error(faultText(f))
	}
	if *code == engine.ExitUsage && len(result.Faults) == 0 {
		why := "no declared resource was found; pass a pcf.yaml, a CloudFormation template, a CDK assembly, a Terraform plan, a PCF definition or a snapshot"
		switch {
		case result.Summary.Recorded > 0:
			why = "a Terraform state is for identity and drift; pass a plan to have it judged"
		case len(result.Warnings) > 0 || len(result.Gaps) > 0:
			why = "see what was said about the files that were read"
		}
		logger(c).Error("nothing to judge: " + why)
	}
	failed := remember(c, past, result)
	if !include.Waived {
		result.Findings = slices.DeleteFunc(result.Findings, func(f engine.Finding) bool { return f.Status == "waived" })
	}
	addExcerpts(result, job.Declaration, sinks)
	return errors.Join(failed, unlessInterrupted(c, func() error { return render(c, result, sinks) }))
}

// unlessInterrupted runs work that knows no context and returns its error, or leaves it when the
// user ends the run: whoever judged files has lost nothing. What was read from AWS until the interrupt is still judged
// and reported.
func unlessInterrupted(c *cli.Context, work func() error) error {
	switch {
	case c.String("live") == "aws":
		return work()
	case c.Context.Err() != nil:
		return c.Context.Err()
	}
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-c.Context.Done():
		return c.Context.Err()
	}
}

// maxExcerpts is how many a report shows: who has more findings begins with the worst.
const maxExcerpts = 200

// addExcerpts puts the text at their places into the worst failing findings, where a report for
// people shows it.
func addExcerpts(r *engine.Result, d *inventory.Declaration, sinks []sink) {
	if d == nil || !slices.ContainsFunc(sinks, func(s sink) bool { return s.format.Name == "table" }) {
		return
	}
	texts := declared.NewExcerpts(d)
	n := 0
	for _, severity := range rules.Severities {
		for i := range r.Findings {
			f := &r.Findings[i]
			if f.Status != "fail" || f.Known || f.Severity != string(severity) || f.Resource.File == "" {
				continue
			}
			if n++; n > maxExcerpts {
				return
			}
			at := f.Resource
			if x := texts.At(inventory.Position{File: at.File, Line: at.Line, Column: at.Column}); x != nil {
				f.Excerpt = &engine.Excerpt{First: x.First, Lines: x.Lines, Line: x.Line, Column: x.Column}
			}
		}
	}
}

// knownApp refuses a filter that matches nothing at all: a misspelt app must not come out
// as a clean one.
func knownApp(c *cli.Context, job engine.Job) error {
	apps, environments := map[string]bool{}, map[string]bool{}
	note := func(app, environment string) { apps[app], environments[environment] = true, true }
	if job.Declaration != nil {
		for _, a := range job.Declaration.Apps {
			note(a.Name, a.Environment)
		}
		if job.Declaration.Register != nil {
			for name, a := range job.Declaration.Register.Apps {
				note(name, a.Environment)
			}
		}
		for _, s := range job.Declaration.Snapshots {
			for _, r := range s.Resources {
				note(r.Owned.App, r.Owned.Environment)
			}
		}
	}
	if job.Live != nil {
		for _, r := range job.Live.Resources {
			note(r.Owned.App, r.Owned.Environment)
		}
	}
	for flag, known := range map[string]map[string]bool{"app": apps, "environment": environments} {
		if want := c.String(flag); want != "" && !known[want] {
			return &usageError{
				command: commandOf(c), message: fmt.Sprintf("--%s %q: no declaration and no live resource names it", flag, want),
				meant: schema.Suggest(want, slices.Sorted(maps.Keys(known))),
			}
		}
	}
	return nil
}

// parametersOf reads the files of --parameters, a later one winning over an earlier, and then
// --parameter.
func parametersOf(c *cli.Context) (map[string]string, error) {
	values := map[string]string{}
	for _, file := range names(c, "parameters") {
		more, err := declared.ReadParameters(file)
		if err != nil {
			return nil, usagef(c, "--parameters: %v", err)
		}
		maps.Copy(values, more)
	}
	more, err := pairs(c, "parameter")
	maps.Copy(values, more)
	return values, err
}

// readDeclaration reads the declared side.
func readDeclaration(ctx context.Context, c *cli.Context, paths []string, now time.Time) (*inventory.Declaration, error) {
	parameters, err := parametersOf(c)
	if err != nil {
		return nil, err
	}
	opt := declared.Options{Parameters: parameters, App: c.String("app"), Environment: c.String("environment"), Now: now}
	// A pseudo parameter has a value only when there is exactly one place it can mean.
	if accounts := names(c, "account"); len(accounts) == 1 {
		opt.Account = accountID(accounts[0])
	}
	if regions := names(c, "region"); len(regions) == 1 && regions[0] != "all" {
		opt.Region = regions[0]
	}
	ctx, cancel := context.WithTimeout(ctx, c.Duration("timeout"))
	defer cancel()
	d, err := declared.Read(ctx, paths, opt)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("read declarations: not done within --timeout %s; give it more", c.Duration("timeout"))
	}
	if err != nil {
		return nil, usagef(c, "%v", err)
	}
	return d, nil
}

// warn prints what a run doubts and what stopped nothing.
func warn(c *cli.Context, r *engine.Result) {
	for _, f := range r.Warnings {
		logger(c).Warn(faultText(f))
	}
}

func faultText(f engine.Fault) string {
	return inventory.Fault{Position: inventory.Position{File: f.File, Line: f.Line, Column: f.Column}, Message: f.Message, Hint: f.Hint}.Error()
}

// loadRules fills the job's rules and waivers from the rule flags.
func loadRules(c *cli.Context, job *engine.Job) error {
	set, err := ruleSet(c)
	if err != nil {
		return err
	}
	job.Rules, job.Frameworks = set, names(c, "framework")
	if file := c.String("waivers"); file != "" && !c.Bool("no-waivers") {
		if job.Waivers, err = rules.ReadWaivers(file); err != nil {
			return err
		}
	}
	job.NoWaivers = c.Bool("no-waivers")
	return nil
}

func ruleSet(c *cli.Context) (*rules.Set, error) {
	set, err := rules.LoadToJudge(c.StringSlice("rules")...)
	if err != nil {
		return nil, fmt.Errorf("load rules:\n%w", err)
	}
	parameters, err := pairs(c, "param")
	if err != nil {
		return nil, err
	}
	if severity := c.String("severity"); severity != "" {
		if _, err := rules.ParseSeverity(severity); err != nil {
			return nil, usagef(c, "--severity: %v", err)
		}
	}
	selection := rules.Selection{
		Rules: names(c, "rule"), Skip: names(c, "skip-rule"), Frameworks: names(c, "framework"),
		Severity: rules.Severity(c.String("severity")), Params: parameters,
	}
	set, err = set.Select(selection)
	if err != nil {
		return nil, usagef(c, "%v", err)
	}
	return set, nil
}

// logger writes to stderr what is not the report. Warnings show by default, -v shows
// more, -q only errors.
func logger(c *cli.Context) *slog.Logger {
	level := slog.LevelWarn
	switch {
	case c.Bool("quiet"):
		level = slog.LevelError
	case c.Bool("verbose"):
		level = slog.LevelDebug
	}
	if c.String("log-format") == "json" {
		return slog.New(slog.NewJSONHandler(jsonLines{c.App.ErrWriter}, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(&plainHandler{w: c.App.ErrWriter, level: level})
}

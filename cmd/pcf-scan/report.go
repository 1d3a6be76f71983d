package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory/declared"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reports"
	"github.com/pcf-scan/pcf-scan/rules"
)

func reportCommand(code *int) *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "render a saved result again", ArgsUsage: "RESULT.json",
		Description: "Reads what --format json wrote and renders it in any format. With --against OLDER.json it\n" +
			"says what is new, gone and unchanged since then. The exit code is 0; with --against it is\n" +
			"1 when something new is at or above --fail-on.",
		Flags: join(outputFlags(), []cli.Flag{
			text("against", "an older saved result `FILE` to compare with", ""),
			list("framework", "count the controls of this `NAME`, also those that no rule of the run answers; globs allowed"),
			text("fail-on", "lowest `SEVERITY` of something new that fails: critical, high, medium, low or none", "low"),
			text("config", "configuration `FILE`", ""),
		}),
		OnUsageError: usageErrorOf,
		Action:       func(c *cli.Context) error { return report(c, code) },
	}
}

func report(c *cli.Context, code *int) error {
	if err := configure(c); err != nil {
		return err
	}
	if c.NArg() != 1 {
		return usagef(c, "report needs exactly one RESULT.json")
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
	r, err := savedResult(c.Args().First())
	if err != nil {
		return err
	}
	if missing := notSaved(r, include); missing != "" {
		return usagef(c, "--include %s: %s was saved without them; save it with --include %s", missing, c.Args().First(), missing)
	}
	if globs := names(c, "framework"); len(globs) > 0 {
		if !engine.CountControls(r, rules.Frameworks(), globs, !include.Summary) {
			var known []string
			for _, f := range rules.Frameworks() {
				known = append(known, f.Name)
			}
			return &usageError{
				command: commandOf(c), message: fmt.Sprintf("--framework %s: want one of %s", strings.Join(globs, ", "), strings.Join(known, ", ")),
				meant: schema.Suggest(globs[0], known),
			}
		}
	}
	if name := c.String("against"); name != "" {
		older, err := savedResult(name)
		if err != nil {
			return fmt.Errorf("--against: %w", err)
		}
		if err := engine.Compare(r, older); err != nil {
			return fmt.Errorf("compare %s with %s: %w", c.Args().First(), name, err)
		}
		if gate.FailsListed(r) {
			*code = engine.ExitFindings
		}
	}
	if include.Summary {
		r.Findings, r.Drift, r.Resources, r.Ignored, r.NotJudged = nil, nil, nil, nil, nil
	}
	return unlessInterrupted(c, func() error { return render(c, r, sinks) })
}

// notSaved names what --include asks for and the saved result counts but does not list; ""
// when all is there.
func notSaved(r *engine.Result, include engine.Include) string {
	for _, w := range []struct {
		name   string
		wanted bool
	}{{"pass", include.Pass}, {"skip", include.Skip}, {"waived", include.Waived}} {
		listed := slices.ContainsFunc(r.Findings, func(f engine.Finding) bool { return f.Status == w.name })
		if w.wanted && !listed && r.Summary.Findings[w.name] > 0 {
			return w.name
		}
	}
	if include.Properties && len(r.Resources) > 0 && !slices.ContainsFunc(r.Resources, func(x engine.Resource) bool { return x.Properties != nil }) {
		return "properties"
	}
	return ""
}

// savedResult reads what --format json wrote.
func savedResult(name string) (*engine.Result, error) {
	f, err := declared.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	defer f.Close()
	r, err := reports.Read(f)
	if err != nil {
		return nil, fmt.Errorf("read result %s: %w", name, err)
	}
	return r, nil
}

// baselineOf reads --baseline; nil without it.
func baselineOf(c *cli.Context) (*engine.Baseline, error) {
	name := c.String("baseline")
	if name == "" {
		return nil, nil
	}
	r, err := savedResult(name)
	if err != nil {
		return nil, fmt.Errorf("--baseline: %w", err)
	}
	b, err := engine.NewBaseline(r)
	if err != nil {
		return nil, fmt.Errorf("--baseline %s: %w", name, err)
	}
	return b, nil
}

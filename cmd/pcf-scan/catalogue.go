package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reports"
	"github.com/pcf-scan/pcf-scan/rules"
)

func rulesCommand(code *int) *cli.Command {
	sources := []cli.Flag{
		list("rules", "more rules: a `PATH` to a file or directory"),
		toggle("quiet", "only errors on stderr", "q"), text("config", "configuration `FILE`", ""),
	}
	format := []cli.Flag{text("format", "`FORMAT`: table or json", "table")}
	return &cli.Command{
		Name:  "rules",
		Usage: "the rule catalogue: list, show, test",
		Subcommands: []*cli.Command{
			{Name: "list", Usage: "list every rule", Flags: join(sources, format, selectionFlags()), OnUsageError: usageErrorOf, Action: listRules},
			{Name: "show", Usage: "show one rule with its text", ArgsUsage: "RULE", Flags: join(sources, format), OnUsageError: usageErrorOf, Action: showRule},
			{
				Name: "test", Usage: "run the cases inside rule files; exit code 1 when one fails", ArgsUsage: "[PATH...]",
				Description: "Without PATH the built-in rules are tested, with PATH the rules of those files and directories.",
				Flags:       sources, OnUsageError: usageErrorOf,
				Action: func(c *cli.Context) error { return testRules(c, code) },
			},
		},
		OnUsageError: usageErrorOf,
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				if name == "lint" || name == "new" {
					return later("rules " + name)
				}
				return &usageError{command: "rules", message: fmt.Sprintf("unknown command rules %q", name), meant: schema.Suggest(name, []string{"list", "show", "test"})}
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

// catalogueRule is one entry of `rules list --format json` (CONTRACT.md section 5).
type catalogueRule struct {
	ID       string              `json:"id"`
	Title    string              `json:"title"`
	Severity string              `json:"severity"`
	Types    []string            `json:"types"`
	Scope    string              `json:"scope"`
	Controls map[string][]string `json:"controls"`
	Params   map[string]any      `json:"params"`
	Action   string              `json:"action"`
	Source   string              `json:"source"`
}

func catalogueRuleOf(r *rules.Rule) catalogueRule {
	return catalogueRule{
		ID: r.ID, Title: r.Title, Severity: string(r.Severity), Types: r.Types, Scope: r.Scope, Controls: r.Controls,
		Params: r.ParamDefaults(), Action: r.Action, Source: r.Source,
	}
}

func listRules(c *cli.Context) error {
	if err := configure(c); err != nil {
		return err
	}
	if c.NArg() > 0 {
		return usagef(c, "rules list takes no arguments, got %q; select with --rule", c.Args().First())
	}
	set, err := ruleSet(c)
	if err != nil {
		return err
	}
	switch c.String("format") {
	case "json":
		var list []catalogueRule
		for _, r := range set.Rules() {
			list = append(list, catalogueRuleOf(r))
		}
		return envelope(c, "rules", list)
	case "table":
		rows := [][]string{}
		for _, r := range set.Rules() {
			rows = append(rows, []string{r.ID, string(r.Severity), strings.Join(r.Types, " "), r.Title})
		}
		return reports.Columns(c.App.Writer, terminal(c), []string{"rule", "severity", "types", "title"}, rows)
	}
	return usagef(c, "--format %q: want table or json", c.String("format"))
}

// envelope prints a section in the frame that every JSON output has.
func envelope(c *cli.Context, section string, list any) error {
	e := json.NewEncoder(c.App.Writer)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(map[string]any{
		"schemaVersion": engine.SchemaVersion,
		"tool":          engine.Tool{Name: "pcf-scan", Version: version},
		"command":       c.Command.FullName(),
		section:         list,
	})
}

func showRule(c *cli.Context) error {
	if err := configure(c); err != nil {
		return err
	}
	if c.NArg() != 1 {
		return usagef(c, "rules show needs exactly one rule id")
	}
	set, err := rules.Load(c.StringSlice("rules")...)
	if err != nil {
		return fmt.Errorf("load rules:\n%w", err)
	}
	id := c.Args().First()
	i := slices.IndexFunc(set.Rules(), func(r *rules.Rule) bool { return r.ID == id })
	if i < 0 {
		var ids []string
		for _, r := range set.Rules() {
			ids = append(ids, r.ID)
		}
		return &usageError{command: commandOf(c), message: fmt.Sprintf("there is no rule %q", id), meant: schema.Suggest(id, ids)}
	}
	r := set.Rules()[i]
	if c.String("format") == "json" {
		return envelope(c, "rules", []catalogueRule{catalogueRuleOf(r)})
	}
	fmt.Fprintf(c.App.Writer, "# %s (%s)\n# from %s\n", r.ID, r.Severity, r.Source)
	_, err = io.WriteString(c.App.Writer, r.Text)
	return err
}

func testRules(c *cli.Context, code *int) error {
	if err := configure(c); err != nil {
		return err
	}
	var set *rules.Set
	var err error
	if c.NArg() > 0 {
		set, err = rules.LoadOnly(c.Args().Slice()...)
	} else {
		set, err = rules.Load(c.StringSlice("rules")...)
	}
	if err != nil {
		return fmt.Errorf("load rules:\n%w", err)
	}
	results := set.Test()
	failed := 0
	for _, t := range results {
		if t.OK {
			continue
		}
		failed++
		fmt.Fprintf(c.App.Writer, "FAIL %s: rule %s, case %q: want %s, got %s: %s\n", t.Position, t.Rule, t.Case, t.Want, t.Got, t.Message)
	}
	fmt.Fprintf(c.App.Writer, "%d rules, %d cases: %d passed, %d failed\n", len(set.Rules()), len(results), len(results)-failed, failed)
	if failed > 0 {
		*code = engine.ExitFindings
	}
	return nil
}

package main

import (
	"fmt"
	"io"
	"maps"
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
	listFormat := []cli.Flag{text("format", "`FORMAT`: table, json or markdown", "table")}
	return &cli.Command{
		Name:  "rules",
		Usage: "the rule catalogue: list, show, test, lint, new",
		Subcommands: []*cli.Command{
			{Name: "list", Usage: "list every rule", Flags: join(sources, listFormat, selectionFlags()), OnUsageError: usageErrorOf, Action: listRules},
			{Name: "show", Usage: "show one rule with its text", ArgsUsage: "RULE", Flags: join(sources, format), OnUsageError: usageErrorOf, Action: showRule},
			{
				Name: "test", Usage: "run the cases inside rule files; exit code 1 when one fails", ArgsUsage: "[PATH...]",
				Description: "Without PATH the built-in rules are tested, with PATH the rules of those files and directories.",
				Flags:       sources, OnUsageError: usageErrorOf,
				Action: func(c *cli.Context) error { return testRules(c, code) },
			},
			{
				Name: "lint", Usage: "ask about what the cases and expressions of rules leave open; exit code 1 when there is something", ArgsUsage: "[PATH...]",
				Description: "Without PATH the built-in rules are looked through, with PATH the rules of those files and directories.\n" +
					"The checks: " + strings.Join(slices.Sorted(maps.Keys(rules.Lints)), ", ") + ". A rule gives a reason against one under its key `lint`.",
				Flags: sources, OnUsageError: usageErrorOf,
				Action: func(c *cli.Context) error { return lintRules(c, code) },
			},
			{
				Name: "new", Usage: "print a rule file to start from: pcf-scan rules new my-rule > my-rule.yaml", ArgsUsage: "ID",
				Flags: join(sources, []cli.Flag{text("type", "resource `TYPE` that the rule judges", "AWS::S3::Bucket")}), OnUsageError: usageErrorOf,
				Action: newRule,
			},
		},
		OnUsageError: usageErrorOf,
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return &usageError{command: "rules", message: fmt.Sprintf("unknown command rules %q", name), meant: schema.Suggest(name, []string{"list", "show", "test", "lint", "new"})}
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
	params := r.ParamDefaults()
	for _, p := range r.Params {
		params[p.Name] = p.Value // what --param says
	}
	return catalogueRule{
		ID: r.ID, Title: r.Title, Severity: string(r.Severity), Types: r.Types, Scope: r.Scope, Controls: r.Controls,
		Params: params, Action: r.Action, Source: r.Source,
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
	if c.String("format") == "markdown" {
		_, err := io.WriteString(c.App.Writer, markdownCatalogue(set))
		return err
	}
	return usagef(c, "--format %q: want table, json or markdown", c.String("format"))
}

// envelope prints a section in the frame that every JSON output has.
func envelope(c *cli.Context, section string, list any) error {
	return reports.WriteJSON(c.App.Writer, map[string]any{
		"schemaVersion": engine.SchemaVersion,
		"tool":          engine.Tool{Name: "pcf-scan", Version: version},
		"command":       commandOf(c),
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
	set, err := rules.LoadToJudge(c.StringSlice("rules")...)
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
	switch format := c.String("format"); format {
	case "json":
		return envelope(c, "rules", []catalogueRule{catalogueRuleOf(r)})
	case "table":
	default:
		return usagef(c, "--format %q: want table or json", format)
	}
	fmt.Fprintf(c.App.Writer, "# %s (%s)\n# from %s\n", r.ID, r.Severity, r.Source)
	_, err = io.WriteString(c.App.Writer, r.Text)
	return err
}

func testRules(c *cli.Context, code *int) error {
	set, err := ruleFiles(c)
	if err != nil {
		return err
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

// ruleFiles loads the rules of the paths that are given, or all.
func ruleFiles(c *cli.Context) (*rules.Set, error) {
	if c.NArg() > 0 && c.IsSet("rules") { // those of the configuration are simply not meant
		return nil, usagef(c, "--rules adds to the built-in rules; where a PATH is given, write %s PATH %s", commandOf(c), strings.Join(c.StringSlice("rules"), " "))
	}
	if err := configure(c); err != nil {
		return nil, err
	}
	var set *rules.Set
	var err error
	if c.NArg() > 0 {
		set, err = rules.LoadOnly(c.Args().Slice()...)
	} else {
		set, err = rules.Load(c.StringSlice("rules")...)
	}
	if err != nil {
		return nil, fmt.Errorf("load rules:\n%w", err)
	}
	return set, nil
}

func lintRules(c *cli.Context, code *int) error {
	set, err := ruleFiles(c)
	if err != nil {
		return err
	}
	remarks := set.Lint()
	for _, r := range remarks {
		fmt.Fprintln(c.App.Writer, r)
	}
	fmt.Fprintf(c.App.Writer, "%d rules, %d remarks\n", len(set.Rules()), len(remarks))
	if len(remarks) > 0 {
		*code = engine.ExitFindings
	}
	return nil
}

func newRule(c *cli.Context) error {
	if err := configure(c); err != nil {
		return err
	}
	if c.NArg() != 1 {
		return usagef(c, "rules new needs exactly one ID, for example: pcf-scan rules new queues-are-named --type AWS::SQS::Queue")
	}
	set, err := rules.LoadToJudge(c.StringSlice("rules")...)
	if err != nil {
		return fmt.Errorf("load rules:\n%w", err)
	}
	if r, err := set.Lookup(c.Args().First()); err == nil {
		return usagef(c, "the id %s is taken by %s", r.ID, r.Source)
	}
	text, err := rules.Skeleton(c.Args().First(), c.String("type"))
	if err != nil {
		return usagef(c, "%v", err)
	}
	_, err = io.WriteString(c.App.Writer, text)
	return err
}

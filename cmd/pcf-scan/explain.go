package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reports"
	"github.com/pcf-scan/pcf-scan/rules"
)

func explainCommand(_ *int) *cli.Command {
	return &cli.Command{
		Name: "explain", Usage: "the reasons behind a verdict about one resource", ArgsUsage: "[RULE] RESOURCE [PATH...]",
		Description: "RESOURCE is a ref (partition/account/region/type/id), an ARN, an identifier or a logical id.\n" +
			"With RULE: the verdict and every value that the rule read. Without: who owns the resource and by which\n" +
			"evidence, how it differs from its declaration and what was taken for equal, and all rules that apply.\n" +
			"The declared side is PATH or --declared; the live side is read where --live is given or nothing is declared.",
		Flags:        join(declaredFlags(true), liveFlags(), stateFlags(), rulesFlag(), selectionFlags(), []cli.Flag{text("format", "`FORMAT`: table or json", "table")}, runFlags()),
		OnUsageError: usageErrorOf,
		Action:       explain,
	}
}

func explain(c *cli.Context) error {
	if err := configure(c); err != nil {
		return err
	}
	if err := checkRun(c); err != nil {
		return err
	}
	if format := c.String("format"); format != "table" && format != "json" {
		return usagef(c, "--format %q: want table or json", format)
	}
	now, _, err := clock(c)
	if err != nil {
		return err
	}
	set, err := ruleSet(c)
	if err != nil {
		return err
	}
	rule, resource, paths, err := explainWhat(c, set)
	if err != nil {
		return err
	}
	job := engine.Job{Command: "check", Now: now, App: c.String("app"), Environment: c.String("environment"), Rules: set}
	if paths = append(paths, c.StringSlice("declared")...); len(paths) > 0 {
		if job.Declaration, err = readDeclaration(c.Context, c, paths, now); err != nil {
			return err
		}
		for _, f := range job.Declaration.Faults {
			logger(c).Error(f.Error())
		}
		for _, w := range job.Declaration.Warnings {
			logger(c).Warn(w.Error())
		}
	}
	if len(paths) == 0 || c.IsSet("live") {
		if job.Live, err = liveToExplain(c, rule); err != nil {
			return err
		}
		job.Command, job.Scope = "scan", job.Live.Scope
		if err := remembered(c.Context, c, &job); err != nil {
			return err
		}
		for _, g := range job.Live.Gaps {
			logger(c).Warn(fmt.Sprintf("not everything could be read: %s %s %s: %s %s", g.Account, g.Region, g.Type, g.Reason, g.Message))
		}
	}
	found, names := engine.Explain(job, resource, rule)
	if len(found) == 0 {
		return &usageError{command: commandOf(c), message: fmt.Sprintf("no resource is called %q", resource), meant: schema.Suggest(resource, names)}
	}
	for _, x := range found {
		if rule != nil && len(x.Rules) == 0 && len(found) == 1 {
			if slices.Contains(rule.Types, x.Resource.Type) || slices.Contains(rule.Types, "*") {
				return usagef(c, "rule %s was not asked about %s, which comes from a Terraform state: rules judge a plan", rule.ID, resource)
			}
			return usagef(c, "rule %s does not judge %s: it is for %s", rule.ID, x.Resource.Type, strings.Join(rule.Types, ", "))
		}
	}
	if c.String("format") == "json" {
		return envelope(c, "explanations", found)
	}
	rows := [][]string{}
	for i, x := range found {
		if i > 0 {
			rows = append(rows, []string{"", ""})
		}
		rows = append(rows, explanationRows(x, rule != nil)...)
	}
	return reports.Columns(c.App.Writer, terminal(c), []string{"", ""}, rows)
}

// explainWhat reads the arguments: the first is a rule when a rule has that id.
func explainWhat(c *cli.Context, set *rules.Set) (rule *rules.Rule, resource string, paths []string, err error) {
	args := c.Args().Slice()
	if len(args) == 0 {
		return nil, "", nil, usagef(c, "explain needs a RESOURCE, for example: pcf-scan explain restricted-ssh WebSG stack.yaml")
	}
	rule, unknown := set.Lookup(args[0])
	switch {
	case unknown == nil && len(args) == 1:
		return nil, "", nil, usagef(c, "explain %s needs a RESOURCE too", args[0])
	case unknown == nil:
		return rule, args[1], args[2:], nil
	}
	if len(args) > 1 {
		// The second is a path then, or the first is a misspelt rule.
		if _, err := os.Stat(args[1]); err != nil && !strings.ContainsAny(args[1], "*?[") {
			return nil, "", nil, usagef(c, "%v", unknown)
		}
	}
	return nil, args[0], args[1:], nil
}

// liveToExplain reads no more types than the rule needs, when there is one.
func liveToExplain(c *cli.Context, rule *rules.Rule) (*inventory.Snapshot, error) {
	ctx, cancel := context.WithTimeout(c.Context, c.Duration("timeout"))
	defer cancel()
	types := names(c, "type")
	if len(types) == 0 && rule != nil && c.String("live") == "aws" && !slices.Contains(rule.Types, "*") {
		types = slices.DeleteFunc(slices.Concat(rule.Types, rule.Joins), func(t string) bool { return reader(t) == nil })
	}
	return openLive(ctx, c, types)
}

func explanationRows(x engine.Explanation, all bool) (rows [][]string) {
	add := func(what, format string, args ...any) {
		rows = append(rows, []string{what, fmt.Sprintf(format, args...)})
	}
	at := x.Resource
	name := at.Type
	for _, part := range []string{at.LogicalID, at.ID} {
		if part != "" {
			name += " " + part
		}
	}
	if at.File != "" {
		name += fmt.Sprintf(" (%s:%d:%d)", at.File, at.Line, at.Column)
	}
	add("resource", "%s", name)
	if o := x.Ownership; o != nil {
		owner := o.Class
		if o.App != "" {
			owner += fmt.Sprintf(": app %s, version %s, environment %s, particle %s", o.App, cmp.Or(o.AppVersion, "(none)"), cmp.Or(o.Environment, "(none)"), cmp.Or(o.Particle, "(none)"))
		}
		if o.Reason != "" {
			owner += " (" + o.Reason + ")"
		}
		add("owner", "%s", owner)
		for _, e := range o.Evidence {
			if e.Rank > 0 {
				add("evidence", "%s (rank %d): %s", e.Source, e.Rank, e.Detail)
			} else {
				add("evidence", "%s: %s", e.Source, e.Detail)
			}
		}
	}
	if d := x.Drift; d != nil {
		add("drift", "%s", strings.TrimSpace(fmt.Sprintf("%s, %d of %d declared values compared %s", d.Class, d.Compared, d.Declared, parenthesised(d.Reason))))
		for _, c := range d.Changes {
			add("change", "%s: declared %s, live %s (%s) %s", c.Path, valueText(c.Declared, true), valueText(c.Live, true), c.Kind, c.Reason)
		}
		for _, c := range d.Ignored {
			add("ignored", "%s: declared %s, live %s: %s", c.Path, valueText(c.Declared, true), valueText(c.Live, true), c.Reason)
		}
		for _, u := range d.Unverified {
			add("not compared", "%s: %s", u.Path, u.Because)
		}
		for _, n := range d.Normalised {
			add("taken for equal", "%s: %s", n.Path, n.By)
		}
	}
	for _, r := range x.Rules {
		verdict := fmt.Sprintf("%s (%s): %s", r.Rule, r.Severity, r.Status)
		if r.Message != "" {
			verdict += ": " + r.Message
		}
		add("rule", "%s", verdict)
		if !all {
			continue
		}
		if r.Path != "" {
			add("decided by", "%s", r.Path)
		}
		if r.When != "" {
			add("when", "%s", oneLine(r.When))
		}
		add("check", "%s", oneLine(r.Check))
		for _, name := range slices.Sorted(maps.Keys(r.Params)) {
			add("parameter", "%s = %s", name, valueText(r.Params[name], true))
		}
		for _, read := range r.Reads {
			of := ""
			if read.Of != "" {
				of = read.Of + " "
			}
			add("read", "%s%s = %s", of, read.Path, valueText(read.Value, read.Set))
		}
	}
	return rows
}

// longestValue is how much of a value a line shows; --format json shows all.
const longestValue = 200

func valueText(v any, set bool) string {
	if !set {
		return "(not set)"
	}
	if u, ok := v.(*inventory.Unknown); ok {
		return "(not known: " + u.Because + ")"
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if text := []rune(string(data)); len(text) > longestValue {
		return string(text[:longestValue-1]) + "…"
	}
	return string(data)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func parenthesised(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

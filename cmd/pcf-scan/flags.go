package main

import (
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/rules"
)

// Each function below is one group of CONTRACT section 2; a command takes the groups
// that mean something to it.

func text(name, usage, value string) cli.Flag {
	return &cli.StringFlag{Name: name, Usage: usage, Value: value, EnvVars: envOf(name)}
}

func list(name, usage string) cli.Flag {
	return &cli.StringSliceFlag{Name: name, Usage: usage + " (repeatable)", EnvVars: envOf(name)}
}

func toggle(name, usage string, aliases ...string) cli.Flag {
	return &cli.BoolFlag{Name: name, Aliases: aliases, Usage: usage, EnvVars: envOf(name)}
}

func envOf(name string) []string {
	return []string{"PCF_SCAN_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))}
}

func declaredFlags(withPaths bool) []cli.Flag {
	flags := []cli.Flag{
		list("parameter", "`KEY=VALUE` of a declaration's parameter"),
		list("parameters", "`FILE` with values of parameters, as the AWS CLI and CodePipeline read it, or NAME: VALUE; --parameter wins"),
		text("app", "only this app; files without an app belong to it", ""),
		text("environment", "only this environment", ""),
	}
	if withPaths {
		flags = append(flags, list("declared", "declarations: a `PATH` to a file, directory or glob"))
	}
	return flags
}

func liveFlags() []cli.Flag {
	return append([]cli.Flag{
		text("live", "where the live side is read: `aws`, snapshot:FILE or sim:FILE (a simulated account)", "aws"),
		list("region", "`REGION` to read, or all; default is the SDK's region"),
		list("type", "resource `TYPE` to read; globs allowed; one without a reader of its own is read through Cloud Control"),
	}, accountFlags()...)
}

func accountFlags() []cli.Flag {
	return []cli.Flag{
		list("account", "`ID[=ROLE_ARN]` of an account to read; default is the caller's own"),
		text("accounts", "`FILE` that lists the accounts to read", ""),
		toggle("organization", "all accounts of the organization, each through the role OrganizationAccountAccessRole"),
	}
}

func ruleFlags() []cli.Flag {
	return join(rulesFlag(), []cli.Flag{
		text("waivers", "waiver `FILE`", ""),
		toggle("no-waivers", "ignore every waiver and inline suppression"),
	}, selectionFlags())
}

func rulesFlag() []cli.Flag {
	return []cli.Flag{list("rules", "more rules: a `PATH` to a file or directory")}
}

func selectionFlags() []cli.Flag {
	return []cli.Flag{
		list("rule", "judge only this rule `ID`; globs allowed"),
		list("skip-rule", "leave this rule `ID` out; globs allowed"),
		list("framework", "judge only rules with controls of this `NAME`; globs allowed"),
		text("severity", "judge only rules of this `SEVERITY` and above", ""),
		list("param", "`RULE.NAME=VALUE` of a rule's parameter"),
	}
}

func outputFlags() []cli.Flag {
	return []cli.Flag{
		text("format", "`FORMAT` of the report: "+formatNames(), "table"),
		list("output", "`FILE` for the report instead of stdout, or FORMAT=FILE besides it"),
		list("include", "list also `WHAT`: pass, skip, waived, properties"),
		toggle("summary", "counts only, nothing listed"),
		toggle("no-color", "no colours"),
	}
}

func verdictFlags() []cli.Flag {
	return []cli.Flag{
		text("fail-on", "lowest `SEVERITY` that fails: critical, high, medium, low or none", "low"),
		text("unknown", "`fail` or warn on values that are not known; default fail for critical and high", ""),
		toggle("strict", "what could not be judged counts"),
		text("baseline", "a saved result `FILE`: only what is new fails", ""),
		toggle("allow-partial", "a gap no longer gives exit code 3"),
	}
}

func runFlags() []cli.Flag {
	return []cli.Flag{
		text("config", "configuration `FILE`; default is .pcf-scan.yaml up to the repository root", ""),
		&cli.IntFlag{Name: "concurrency", Usage: "`N` calls at once", EnvVars: envOf("concurrency"), Value: 16},
		&cli.DurationFlag{Name: "timeout", Usage: "end the run after this `DURATION`", EnvVars: envOf("timeout"), Value: time.Hour},
		text("now", "the clock of judgement, RFC 3339 `TIME`", ""),
		toggle("no-progress", "no progress on terminals"),
		toggle("quiet", "only errors on stderr", "q"),
		toggle("verbose", "more logs on stderr", "v"),
		text("log-format", "`FORMAT` of logs: text or json", "text"),
	}
}

func join(groups ...[]cli.Flag) []cli.Flag {
	var all []cli.Flag
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// clock is the time of judgement and the run's id. With --now both derive from it, so
// that the same inputs give the same bytes.
func clock(c *cli.Context) (now time.Time, runID string, err error) {
	if s := c.String("now"); s != "" {
		now, err = time.Parse(time.RFC3339, s)
		if err != nil {
			return now, "", usagef(c, "--now %q is not an RFC 3339 time such as 2026-11-01T00:00:00Z", s)
		}
		return now.UTC(), "run-" + now.UTC().Format("20060102T150405Z"), nil
	}
	now = time.Now().UTC()
	return now.Truncate(time.Second), "run-" + now.Format("20060102T150405.000000000Z"), nil
}

// names reads a repeatable flag whose values never hold a comma, so that a list in an
// environment variable ("eu-west-1,us-east-1") works as well.
func names(c *cli.Context, name string) []string {
	var all []string
	for _, s := range c.StringSlice(name) {
		for v := range strings.SplitSeq(s, ",") {
			if v = strings.TrimSpace(v); v != "" {
				all = append(all, v)
			}
		}
	}
	return all
}

// checkRun refuses values of the run flags that mean nothing.
func checkRun(c *cli.Context) error {
	switch {
	case c.Int("concurrency") < 1:
		return usagef(c, "--concurrency %d: want 1 or more", c.Int("concurrency"))
	case c.Duration("timeout") <= 0:
		return usagef(c, "--timeout %s: want a positive duration such as 30m", c.Duration("timeout"))
	case c.String("log-format") != "text" && c.String("log-format") != "json":
		return usagef(c, "--log-format %q: want text or json", c.String("log-format"))
	case strings.Contains(c.String("live"), ":") && c.Bool("organization"):
		return usagef(c, "--organization is for --live aws; a snapshot has the accounts that it has, and --account narrows it")
	case strings.Contains(c.String("live"), ":") && c.String("accounts") != "":
		return usagef(c, "--accounts is for --live aws; a snapshot has the accounts that it has, and --account narrows it")
	}
	return nil
}

// pairs reads KEY=VALUE flags.
func pairs(c *cli.Context, name string) (map[string]string, error) {
	m := map[string]string{}
	for _, s := range c.StringSlice(name) {
		k, v, ok := strings.Cut(s, "=")
		if !ok || k == "" {
			return nil, usagef(c, "--%s %q: want KEY=VALUE", name, s)
		}
		if old, twice := m[k]; twice && old != v {
			return nil, usagef(c, "--%s gives %s twice, as %q and %q", name, k, old, v)
		}
		m[k] = v
	}
	return m, nil
}

func includeOf(c *cli.Context) (engine.Include, error) {
	i := engine.Include{Summary: c.Bool("summary")}
	for _, what := range names(c, "include") {
		switch what {
		case "pass":
			i.Pass = true
		case "skip":
			i.Skip = true
		case "waived":
			i.Waived = true
		case "properties":
			i.Properties = true
		default:
			return i, usagef(c, "--include %q: want pass, skip, waived or properties", what)
		}
	}
	return i, nil
}

func gateOf(c *cli.Context) (engine.Gate, error) {
	g := engine.Gate{Strict: c.Bool("strict"), AllowPartial: c.Bool("allow-partial"), Unknown: engine.UnknownPolicy(c.String("unknown"))}
	switch g.Unknown {
	case engine.UnknownDefault, engine.UnknownFail, engine.UnknownWarn:
	default:
		return g, usagef(c, "--unknown %q: want fail or warn", g.Unknown)
	}
	if s := c.String("fail-on"); s != "none" {
		severity, err := rules.ParseSeverity(s)
		if err != nil || severity == rules.Info {
			return g, usagef(c, "--fail-on %q: want critical, high, medium, low or none", s)
		}
		g.FailOn = severity
	}
	return g, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reports"
	"github.com/pcf-scan/pcf-scan/reports/history"
)

// historyFlag is for the commands that are recorded, and for those that read the record.
func historyFlag() []cli.Flag {
	return []cli.Flag{text("history", "`FILE` that runs are recorded in", "")}
}

func historyCommand() *cli.Command {
	common := join(historyFlag(), []cli.Flag{
		text("config", "configuration `FILE`", ""),
		text("now", "the clock, RFC 3339 `TIME`", ""),
		toggle("quiet", "only errors on stderr", "q"),
		text("format", "`FORMAT`: table, json or csv", "table"),
	})
	reading := join(common, []cli.Flag{
		text("since", "only what was there in the last `DAYS`, such as 90d", ""),
		toggle("no-color", "no colours"),
	})
	runs := []cli.Flag{
		text("command", "only runs of this `COMMAND`: check, scan, …", ""),
		&cli.IntFlag{Name: "last", Usage: "only the newest `N` runs", EnvVars: envOf("last")},
	}
	of := []cli.Flag{
		text("rule", "of this rule `ID`", ""),
		text("app", "of this app", ""),
		text("environment", "of the app in this environment only", ""),
		text("account", "of this account `ID`", ""),
	}
	control := []cli.Flag{text("control", "of this control: `FRAMEWORK/ID`, such as fsbp/EC2.13", "")}
	return &cli.Command{
		Name:  "history",
		Usage: "what was recorded by --history: runs, trends, findings with their life, outcomes; prune",
		Description: "A run with --history FILE adds itself to FILE. The numbers stay as they were counted then;\n" +
			"what a run did not look at is neither closed nor gone.",
		Flags: join(reading, runs),
		Subcommands: []*cli.Command{
			{Name: "list", Usage: "list the runs (also without a word)", Flags: join(reading, runs), OnUsageError: usageErrorOf, Action: listHistory},
			{
				Name: "trend", Usage: "how a rule, control, app or account changed from run to run",
				Description: "Without any of them the trend is that of the whole run.",
				Flags:       join(reading, runs, of, control), OnUsageError: usageErrorOf, Action: historyTrend,
			},
			{
				Name: "findings", Usage: "list findings and drift with when they were first and last seen, closed and reopened",
				Flags:        join(reading, of, []cli.Flag{toggle("open", "leave out what is closed")}),
				OnUsageError: usageErrorOf, Action: historyFindings,
			},
			{
				Name: "outcomes", Usage: "list what became of actions: what was created, changed and deleted, when and why",
				Flags:        join(reading, []cli.Flag{text("app", "of this app", ""), text("account", "of this account `ID`", "")}),
				OnUsageError: usageErrorOf, Action: historyOutcomes,
			},
			{
				Name: "prune", Usage: "take old runs away, and what was closed before them",
				Description: "What is open, or still there, stays however old it is. With both flags a run stays when\n" +
					"either of them keeps it.",
				Flags: join(common, []cli.Flag{
					text("keep", "keep the runs of the last `DAYS`, such as 90d", ""),
					&cli.IntFlag{Name: "keep-runs", Usage: "keep the newest `N` runs", EnvVars: envOf("keep-runs")},
				}),
				OnUsageError: usageErrorOf, Action: pruneHistory,
			},
		},
		OnUsageError: usageErrorOf,
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return &usageError{command: "history", message: fmt.Sprintf("unknown command history %q", name), meant: schema.Suggest(name, []string{"list", "trend", "findings", "outcomes", "prune"})}
			}
			return listHistory(c)
		},
	}
}

// withHistory opens what --history names for a command that reads it.
func withHistory(c *cli.Context, use func(ctx context.Context, h *history.History) error) error {
	if err := configure(c); err != nil {
		return err
	}
	switch {
	case c.NArg() > 0:
		return usagef(c, "%s takes no arguments, got %q", commandOf(c), c.Args().First())
	case c.String("history") == "":
		return usagef(c, "which history? Name the file that runs were recorded in: --history FILE")
	}
	if _, _, err := clock(c); err != nil {
		return err
	}
	if formats := []string{"table", "json", "csv"}; !slices.Contains(formats, c.String("format")) {
		return &usageError{
			command: commandOf(c), message: fmt.Sprintf("--format %s: want table, json or csv", c.String("format")),
			meant: schema.Suggest(c.String("format"), formats),
		}
	}
	h, err := history.Open(c.Context, c.String("history"))
	if err != nil {
		return err
	}
	return errors.Join(use(c.Context, h), h.Close())
}

// since reads a flag that takes an age, as a time.
func since(c *cli.Context, flag string) (time.Time, error) {
	if c.String(flag) == "" {
		return time.Time{}, nil
	}
	now, _, err := clock(c)
	if err != nil {
		return now, err
	}
	number, days := strings.CutSuffix(c.String(flag), "d")
	var age time.Duration
	if n, e := strconv.Atoi(number); days && e == nil && n > 0 && n < math.MaxInt32 {
		return now.AddDate(0, 0, -n), nil
	}
	if age, err = time.ParseDuration(c.String(flag)); err != nil || age <= 0 {
		return now, usagef(c, "--%s %q: want an age such as 90d or 12h", flag, c.String(flag))
	}
	return now.Add(-age), nil
}

func queryOf(c *cli.Context) (history.Query, error) {
	q := history.Query{
		Rule: c.String("rule"), Control: c.String("control"), App: c.String("app"), Environment: c.String("environment"), Account: c.String("account"),
		Command: c.String("command"), Last: c.Int("last"),
	}
	if q.Last < 0 {
		return q, usagef(c, "--last %d: want 1 or more", q.Last)
	}
	if q.Environment != "" && q.App == "" {
		return q, usagef(c, "--environment needs --app: the numbers are kept by app")
	}
	var err error
	q.Since, err = since(c, "since")
	return q, err
}

func listHistory(c *cli.Context) error {
	return withHistory(c, func(ctx context.Context, h *history.History) error {
		q, err := queryOf(c)
		if err != nil {
			return err
		}
		runs, err := h.Runs(ctx, q)
		if err != nil {
			return err
		}
		return printRuns(c, "runs", runs)
	})
}

func historyTrend(c *cli.Context) error {
	return withHistory(c, func(ctx context.Context, h *history.History) error {
		q, err := queryOf(c)
		if err != nil {
			return err
		}
		var asked []string
		for _, flag := range []string{"rule", "control", "app", "account"} {
			if c.String(flag) != "" {
				asked = append(asked, flag)
			}
		}
		if len(asked) > 1 {
			return usagef(c, "a trend is of one thing: give --%s or --%s", asked[0], asked[1])
		}
		runs, err := h.Runs(ctx, q)
		if err != nil {
			return err
		}
		if err := recorded(ctx, c, h, asked...); err != nil {
			return err
		}
		return printRuns(c, "trend", runs)
	})
}

// recorded refuses a name that the history has nothing of: a misspelt one must not come out as
// an empty list.
func recorded(ctx context.Context, c *cli.Context, h *history.History, flags ...string) error {
	for _, flag := range flags {
		want := c.String(flag)
		if want == "" {
			continue
		}
		q := map[string]history.Query{"rule": {Rule: want}, "control": {Control: want}, "app": {App: want}, "account": {Account: want}}[flag]
		known, err := h.Names(ctx, q)
		if err != nil {
			return err
		}
		if !slices.Contains(known, want) {
			return &usageError{command: commandOf(c), message: fmt.Sprintf("--%s %q: no recorded run has numbers of it", flag, want), meant: schema.Suggest(want, known)}
		}
	}
	return nil
}

// printRuns writes runs in the format that is asked for.
func printRuns(c *cli.Context, section string, runs []history.Run) error {
	header := []string{"started", "command", "complete", "resources", "orphans", "stale", "drift", "fail", "critical", "high", "medium", "low", "unknown", "error", "waived", "opened", "reopened", "closed", "gaps", "run"}
	rows := [][]string{}
	for _, r := range runs {
		row := []string{r.Time.Format(time.RFC3339), r.Command, yesNo(r.Complete)}
		for _, n := range []int{
			r.Resources, r.Orphans, r.Stale, r.Drift, r.Findings["fail"], r.BySeverity["critical"], r.BySeverity["high"], r.BySeverity["medium"], r.BySeverity["low"],
			r.Findings["unknown"], r.Findings["error"], r.Findings["waived"], r.Opened, r.Reopened, r.Closed, r.Gaps,
		} {
			row = append(row, strconv.Itoa(n))
		}
		rows = append(rows, append(row, r.RunID))
	}
	return printRows(c, section, runs, header, rows, []string{"started", "command", "complete", "resources", "orphans", "drift", "fail", "critical", "high", "unknown", "opened", "closed"})
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func historyFindings(c *cli.Context) error {
	return withHistory(c, func(ctx context.Context, h *history.History) error {
		q, err := queryOf(c)
		if err != nil {
			return err
		}
		findings, err := h.Findings(ctx, q, c.Bool("open"))
		if err != nil {
			return err
		}
		findings = slices.DeleteFunc(findings, func(f history.Finding) bool {
			return f.LastSeen.Before(q.Since) && (f.Closed == nil || f.Closed.Before(q.Since))
		})
		if len(findings) == 0 { // drift is filed by its class, which is no rule
			if err := recorded(ctx, c, h, "rule", "app", "account"); err != nil {
				return err
			}
		}
		header := []string{"first", "last", "closed", "reopened", "severity", "status", "rule", "app", "environment", "account", "region", "type", "file", "fingerprint", "resource"}
		rows := [][]string{}
		for _, f := range findings {
			p := f.Resource
			name := p.ID
			if name == "" {
				name = p.LogicalID
			}
			rows = append(rows, []string{
				f.FirstSeen.Format(time.RFC3339), f.LastSeen.Format(time.RFC3339), moment(f.Closed), moment(f.Reopened), f.Severity, f.Status, f.Rule, f.App, f.Environment,
				p.Account, p.Region, p.Type, p.File, f.Fingerprint, name,
			})
		}
		return printRows(c, "findings", findings, header, rows, []string{"first", "last", "closed", "severity", "status", "rule", "resource"})
	})
}

func historyOutcomes(c *cli.Context) error {
	return withHistory(c, func(ctx context.Context, h *history.History) error {
		q, err := queryOf(c)
		if err != nil {
			return err
		}
		outcomes, err := h.Outcomes(ctx, q)
		if err != nil {
			return err
		}
		if len(outcomes) == 0 {
			if err := recorded(ctx, c, h, "app", "account"); err != nil {
				return err
			}
		}
		header := []string{"started", "run", "verb", "state", "reason", "app", "account", "region", "type", "actor", "request", "resource"}
		rows := [][]string{}
		for _, o := range outcomes {
			p := o.Resource
			rows = append(rows, []string{o.Time.Format(time.RFC3339), o.RunID, o.Verb, o.State, o.Reason, o.App, p.Account, p.Region, p.Type, o.Actor, o.RequestID, p.ID})
		}
		return printRows(c, "outcomes", outcomes, header, rows, []string{"started", "verb", "state", "reason", "app", "type", "actor", "resource"})
	})
}

func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339)
}

// printRows writes a list: all of it as JSON, all columns as CSV, or some of them, with dates
// in place of times, as a table.
func printRows(c *cli.Context, section string, list any, header []string, rows [][]string, shown []string) error {
	switch format := c.String("format"); format {
	case "json":
		return envelope(c, section, list)
	case "csv":
		return reports.CSV(c.App.Writer, header, rows)
	case "table":
		for i, row := range rows {
			var cells []string
			for _, name := range shown {
				cell := row[slices.Index(header, name)]
				if at, err := time.Parse(time.RFC3339, cell); err == nil {
					cell = at.Format("2006-01-02 15:04")
				}
				cells = append(cells, cell)
			}
			rows[i] = cells
		}
		return reports.Columns(c.App.Writer, terminal(c), shown, rows)
	default:
		return usagef(c, "--format %q: want table, json or csv", format)
	}
}

func pruneHistory(c *cli.Context) error {
	return withHistory(c, func(ctx context.Context, h *history.History) error {
		keep, runs := c.String("keep"), c.Int("keep-runs")
		switch {
		case keep == "" && !c.IsSet("keep-runs"):
			return usagef(c, "prune needs to know what to keep: --keep 90d, or --keep-runs 100")
		case c.IsSet("keep-runs") && runs < 1:
			return usagef(c, "--keep-runs %d: want 1 or more; to begin anew delete the file", runs)
		}
		before := time.Unix(math.MaxInt32, 0) // only --keep-runs decides
		if keep != "" {
			var err error
			if before, err = since(c, "keep"); err != nil {
				return err
			}
		}
		pruned, err := h.Prune(ctx, before, runs)
		if err != nil {
			return err
		}
		header := []string{"runs", "findings", "resources"}
		row := []string{strconv.Itoa(pruned.Runs), strconv.Itoa(pruned.Findings), strconv.Itoa(pruned.Resources)}
		return printRows(c, "pruned", pruned, header, [][]string{row}, header)
	})
}

// openHistory opens what --history names for a run to be recorded in; nil without the flag. It
// is called before the run: a mistake there must cost nothing.
func openHistory(c *cli.Context) (*history.History, error) {
	if c.String("history") == "" {
		return nil, nil
	}
	return history.Create(c.Context, c.String("history"))
}

// remember records a run, whose result lists what is waived, and gives it its trend. Of a run
// that was interrupted only what it did is recorded: nobody could tell what it did not come to.
func remember(c *cli.Context, h *history.History, r *engine.Result) error {
	if h == nil {
		return nil
	}
	ctx := c.Context
	if errors.Is(ctx.Err(), context.Canceled) {
		if len(r.Outcomes) == 0 {
			logger(c).Warn("interrupted: the run is not recorded in " + c.String("history"))
			return nil
		}
		logger(c).Warn("interrupted: of this run only its outcomes are recorded in " + c.String("history"))
		deeds := *r
		deeds.Complete, deeds.Findings, deeds.Drift, deeds.Resources = false, nil, nil, nil
		var done context.CancelFunc
		ctx, done = context.WithTimeout(context.WithoutCancel(ctx), afterwards)
		defer done()
		r = &deeds
	}
	recorded, err := h.Record(ctx, r)
	if err != nil {
		return err
	}
	if !recorded {
		logger(c).Warn(fmt.Sprintf("%s has the run %s already: it was not recorded again", c.String("history"), r.RunID))
	}
	r.History, err = h.Trend(ctx, r)
	return err
}

// afterwards bounds what is still written when a run was interrupted.
const afterwards = 30 * time.Second

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/inventory/declared"
	"github.com/pcf-scan/pcf-scan/inventory/relation"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper/simcloud"
)

func scanCommand(code *int) *cli.Command {
	return &cli.Command{
		Name:  "scan",
		Usage: "inventory, ownership, drift and rules over a live account; reads only",
		Description: "Reads the account, says who owns every resource, compares it with the declarations\n" +
			"given by --declared, and judges every resource. Nothing is ever written.",
		Flags:        join(declaredFlags(true), liveFlags(), stateFlags(), ruleFlags(), outputFlags(), verdictFlags(), runFlags(), historyFlag()),
		OnUsageError: usageErrorOf,
		Action: func(c *cli.Context) error {
			return overLive(c, code, func(job *engine.Job) error { return loadRules(c, job) })
		},
	}
}

func driftCommand(code *int) *cli.Command {
	return &cli.Command{
		Name:         "drift",
		Usage:        "compare what is declared with what lives; reads only",
		Flags:        join(declaredFlags(true), liveFlags(), stateFlags(), outputFlags(), verdictFlags(), runFlags(), historyFlag()),
		OnUsageError: usageErrorOf,
		Action: func(c *cli.Context) error {
			if err := configure(c); err != nil {
				return err
			}
			if len(c.StringSlice("declared")) == 0 {
				return usagef(c, "drift needs --declared PATH: there is nothing to compare with")
			}
			return overLive(c, code, nil)
		},
	}
}

func inventoryCommand(code *int) *cli.Command {
	return &cli.Command{
		Name:         "inventory",
		Usage:        "list what is there, with owner and class; reads only",
		Flags:        join(declaredFlags(true), liveFlags(), stateFlags(), inventoryFlags(), outputFlags(), verdictFlags(), runFlags(), historyFlag()),
		OnUsageError: usageErrorOf,
		Action: func(c *cli.Context) error {
			return overLive(c, code, func(job *engine.Job) error { return filters(c, job) })
		},
	}
}

func inventoryFlags() []cli.Flag {
	return []cli.Flag{
		list("class", "list only resources of this `CLASS`: owned, orphan, unmanaged, …"),
		list("tag", "list only resources with this tag: `KEY` or KEY=VALUE"),
	}
}

func filters(c *cli.Context, job *engine.Job) error {
	var classes []string
	for _, known := range owner.Classes {
		classes = append(classes, string(known))
	}
	for _, class := range names(c, "class") {
		if !slices.Contains(classes, class) {
			return &usageError{command: "inventory", message: fmt.Sprintf("--class %q: want one of %s", class, strings.Join(classes, ", ")), meant: schema.Suggest(class, classes)}
		}
	}
	job.Classes = names(c, "class")
	for _, tag := range c.StringSlice("tag") {
		key, value, one := strings.Cut(tag, "=")
		job.Tags = append(job.Tags, engine.TagFilter{Key: key, Value: value, Any: !one})
	}
	return nil
}

// overLive reads both sides and runs the job.
func overLive(c *cli.Context, code *int, fill func(*engine.Job) error) error {
	if err := configure(c); err != nil {
		return err
	}
	if c.NArg() > 0 {
		return usagef(c, "%s takes no paths, got %q; declarations are given by --declared PATH", c.Command.Name, c.Args().First())
	}
	return conclude(c, code, func(ctx context.Context, job *engine.Job) error {
		if fill != nil {
			if err := fill(job); err != nil {
				return err
			}
		}
		if paths := c.StringSlice("declared"); len(paths) > 0 {
			d, err := readDeclaration(ctx, c, paths, job.Now)
			if err != nil {
				return err
			}
			job.Declaration = d
		}
		live, err := openLive(ctx, c, typesWanted(c, job))
		if err != nil {
			return err
		}
		job.Live, job.Scope = live, live.Scope
		return remembered(ctx, c, job)
	})
}

// typesWanted narrows a scan to the types that the selected rules judge or join and
// those declared, when the user selected rules; else to what --type says.
func typesWanted(c *cli.Context, job *engine.Job) []string {
	types := names(c, "type")
	if len(types) > 0 || job.Rules == nil || !c.IsSet("rule") && !c.IsSet("framework") {
		return types
	}
	types = job.Rules.Types()
	if job.Declaration != nil {
		for _, p := range job.Declaration.Particles() {
			types = append(types, p.Resource.Ref.Type)
		}
		for _, a := range job.Declaration.Apps {
			for _, in := range a.Inputs {
				types = append(types, in.Type)
			}
		}
	}
	slices.Sort(types)
	types = slices.Compact(types)
	return slices.DeleteFunc(types, func(t string) bool {
		return !slices.ContainsFunc(aws.Readers(), func(r *aws.Reader) bool { return inventory.MatchGlob(t, r.Type) })
	})
}

func openLive(ctx context.Context, c *cli.Context, types []string) (*inventory.Snapshot, error) {
	source, file, _ := strings.Cut(c.String("live"), ":")
	switch source {
	case "snapshot":
		if file == "" {
			return nil, usagef(c, "--live snapshot: needs a file, as in --live snapshot:account.json")
		}
		s, err := readSnapshot(file)
		if err != nil {
			return nil, err
		}
		relation.Resolve(s) // who uses what is a claim of ownership
		return narrow(c, s, types, c.IsSet("type"))
	case "sim":
		cloud, err := openSim(c, file, time.Time{}) // nothing is changed: its clock stands
		if err != nil {
			return nil, err
		}
		return narrow(c, cloud.Snapshot(), types, c.IsSet("type"))
	case "aws":
		return scanAWS(ctx, c, types)
	}
	return nil, usagef(c, "--live %q: want aws, snapshot:FILE or sim:FILE", c.String("live"))
}

// openSim opens the simulated cloud in a file. Its time is virtual and begins at now.
func openSim(c *cli.Context, file string, now time.Time) (*simcloud.Cloud, error) {
	if file == "" {
		return nil, usagef(c, "--live sim: needs a file, as in --live sim:account.json")
	}
	return simcloud.Open(file, &simcloud.Clock{T: now})
}

// scanOptions says what the flags ask of a live scan.
func scanOptions(c *cli.Context, types []string) (aws.Options, error) {
	accounts, err := accountsOf(c)
	return aws.Options{
		Accounts: accounts, Organization: c.Bool("organization"), Regions: names(c, "region"), Types: types,
		Concurrency: c.Int("concurrency"), Timeout: c.Duration("timeout"),
	}, err
}

func accountsOf(c *cli.Context) ([]aws.Account, error) {
	var accounts []aws.Account
	for _, text := range names(c, "account") {
		a, err := aws.ParseAccount(text)
		if err != nil {
			return nil, usagef(c, "--account: %v", err)
		}
		accounts = append(accounts, a)
	}
	if file := c.String("accounts"); file != "" {
		more, err := aws.ReadAccounts(file)
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, more...)
	}
	return accounts, nil
}

// awsConfig is the SDK's own configuration: profile, region, credentials, endpoints.
func awsConfig(ctx context.Context) (sdk.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{})) // the report says what fails
	if missing, is := errors.AsType[config.SharedConfigProfileNotExistError](err); is {
		return cfg, fmt.Errorf("load the AWS configuration: there is no profile %q; `aws configure list-profiles` shows those there are: set AWS_PROFILE to one of them, or unset it", missing.Profile)
	}
	if err != nil {
		return cfg, fmt.Errorf("load the AWS configuration: %w", err)
	}
	return cfg, nil
}

// scanAWS reads the live accounts.
func scanAWS(ctx context.Context, c *cli.Context, types []string) (*inventory.Snapshot, error) {
	opt, err := scanOptions(c, types)
	if err != nil {
		return nil, err
	}
	cfg, err := awsConfig(ctx)
	if err != nil {
		return nil, err
	}
	progress := newProgress(c)
	defer progress.done()
	opt.Progress = progress.show
	return aws.Scan(ctx, cfg, opt)
}

func readSnapshot(file string) (*inventory.Snapshot, error) {
	f, err := declared.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	defer f.Close()
	return declared.ReadSnapshot(f, file)
}

// narrow applies --type, --region and --account to a snapshot: both what it holds and
// what it claims to cover. Global services stay, as they do in a live scan. asked says that
// the types are the user's own choice, and not what the selected rules happen to need.
func narrow(c *cli.Context, s *inventory.Snapshot, types []string, asked bool) (*inventory.Snapshot, error) {
	regions, accounts := names(c, "region"), names(c, "account")
	for i, a := range accounts {
		accounts[i] = accountID(a)
	}
	for _, t := range types {
		known := slices.ContainsFunc(schema.Names(), func(n string) bool { return inventory.MatchGlob(t, n) })
		if !known && !slices.ContainsFunc(s.Resources, func(r *inventory.Resource) bool { return inventory.MatchGlob(t, r.Ref.Type) }) {
			return nil, &usageError{command: commandOf(c), message: fmt.Sprintf("--type %q matches no resource type", t), meant: schema.Suggest(t, schema.Names())}
		}
	}
	if slices.Contains(regions, "all") {
		regions = nil
	}
	wanted := inventory.Scope{Partition: s.Scope.Partition, Accounts: accounts, Regions: regions, Types: types}
	if len(regions) > 0 {
		wanted.Regions = append(slices.Clone(regions), inventory.GlobalRegion)
	}
	for _, a := range accounts {
		if !s.Scope.Includes(a, "", "") {
			return nil, usagef(c, "--account %s: the snapshot covers only %s", a, strings.Join(s.Scope.Accounts, ", "))
		}
	}
	for _, r := range regions {
		if !s.Scope.Includes("", r, "") {
			return nil, usagef(c, "--region %s: the snapshot covers only %s", r, strings.Join(s.Scope.Regions, ", "))
		}
	}
	// The narrowed snapshot must not claim to cover what the whole one did not.
	out := &inventory.Snapshot{Scope: s.Scope}
	if len(accounts) > 0 {
		out.Scope.Accounts = accounts
	}
	if len(regions) > 0 {
		out.Scope.Regions = slices.DeleteFunc(slices.Clone(wanted.Regions), func(r string) bool { return !s.Scope.Includes("", r, "") })
	}
	if len(types) > 0 {
		out.Scope.Types = types
		if len(s.Scope.Types) > 0 && !slices.Contains(s.Scope.Types, "*") {
			out.Scope.Types = slices.DeleteFunc(slices.Clone(schema.Names()), func(t string) bool {
				return !wanted.Includes("", "", t) || !s.Scope.Includes("", "", t)
			})
			switch {
			case len(out.Scope.Types) > 0:
			case !asked: // the rules want types that the snapshot does not cover: it says so itself
				out.Scope.Types = s.Scope.Types
			default:
				return nil, usagef(c, "--type %s: the snapshot covers only %s", strings.Join(types, ", "), strings.Join(s.Scope.Types, ", "))
			}
		}
	}
	for _, r := range s.Resources {
		if wanted.Includes(r.Ref.Account, r.Ref.Region, r.Ref.Type) {
			out.Resources = append(out.Resources, r)
		}
	}
	for _, g := range s.Gaps {
		if wanted.Includes(g.Account, g.Region, g.Type) || g.Type == "" {
			out.Gaps = append(out.Gaps, g)
		}
	}
	return out, nil
}

func accountID(s string) string {
	id, _, _ := strings.Cut(s, "=")
	return id
}

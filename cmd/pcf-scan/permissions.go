package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/reaper/awscloud"
)

func permissionsCommand() *cli.Command {
	return &cli.Command{
		Name: "permissions", Usage: "print the least IAM policy that a command needs",
		Description: "The policy is made from what the readers and writers themselves declare: every action in\n" +
			"it is called, and nothing else is. --type narrows it like a scan. With --app it covers the whole\n" +
			"life of what an app declares: to read, tag, create, change and delete it.",
		Flags: append([]cli.Flag{
			text("for", "`COMMAND` that the policy is for: scan, tag, repair or reap", ""),
			list("type", "resource `TYPE` that is read; globs allowed"),
			text("config", "configuration `FILE`", ""),
			text("state", "permit also what a state in `s3://bucket/prefix` takes", ""),
		}, append(appFlags(), accountFlags()...)...),
		OnUsageError: usageErrorOf,
		Action:       permissions,
	}
}

// policyDocument is a bare IAM policy (IAM User Guide, "IAM JSON policy elements").
type policyDocument struct {
	Version   string
	Statement []policyStatement
}

type policyStatement struct {
	Sid      string
	Effect   string
	Action   []string
	Resource string
}

func permissions(c *cli.Context) error {
	if err := configure(c); err != nil {
		return err
	}
	if c.NArg() > 0 {
		return usagef(c, "permissions takes no arguments, got %q", c.Args().First())
	}
	actions, err := actionsFor(c)
	if err != nil {
		return err
	}
	// One statement per service, so that a reader of the policy can strike what is not wanted.
	byService := map[string][]string{}
	for _, a := range actions {
		service, _, _ := strings.Cut(a, ":")
		byService[service] = append(byService[service], a)
	}
	document := policyDocument{Version: "2012-10-17"}
	verb := "Use"
	if c.String("for") == "scan" {
		verb = "Read"
	}
	for _, service := range slices.Sorted(maps.Keys(byService)) {
		document.Statement = append(document.Statement, policyStatement{
			Sid: verb + sid(service), Effect: "Allow", Action: byService[service], Resource: "*",
		})
	}
	kept, err := stateStatements(c)
	if err != nil {
		return err
	}
	document.Statement = append(document.Statement, kept...)
	e := json.NewEncoder(c.App.Writer)
	e.SetIndent("", "  ")
	return e.Encode(document)
}

// stateStatements are what a state in S3 takes, in its own bucket only: inventory/aws/statestore
// lists pieces of the journal, and reads and writes objects.
func stateStatements(c *cli.Context) ([]policyStatement, error) {
	where := c.String("state")
	if where == "" {
		return nil, nil
	}
	bucket, prefix, err := s3State(c, where)
	if err != nil {
		return nil, err
	}
	if c.String("for") == "scan" || c.String("for") == "" {
		return nil, usagef(c, "--state %s: it is written by tag, repair and reap: give one of them with --for", where)
	}
	arn := "arn:aws:s3:::" + bucket
	objects := arn + "/*"
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		objects = arn + "/" + prefix + "/*"
	}
	return []policyStatement{
		{Sid: "ListState", Effect: "Allow", Action: []string{"s3:ListBucket"}, Resource: arn},
		{Sid: "KeepState", Effect: "Allow", Action: []string{"s3:GetObject", "s3:PutObject"}, Resource: objects},
	}, nil
}

// actionsFor returns the IAM actions of a command or of an app. A command that acts reads
// first, as a scan does.
func actionsFor(c *cli.Context) ([]string, error) {
	purpose := c.String("for")
	if c.String("app") != "" {
		if purpose != "" {
			return nil, usagef(c, "a policy is --for a command or for an --app, not both")
		}
		actions, partial, err := appActions(c)
		warnPartial(c, partial)
		return actions, err
	}
	for _, flag := range []string{"environment", "declared"} {
		if c.IsSet(flag) {
			return nil, usagef(c, "--%s needs --app NAME: a policy --for a command follows from the types alone", flag)
		}
	}
	accounts, err := accountsOf(c)
	if err != nil {
		return nil, err
	}
	types := names(c, "type")
	actions, err := aws.Actions(aws.Options{Types: types, Accounts: accounts, Organization: c.Bool("organization")})
	if err != nil {
		return nil, err
	}
	switch purpose {
	case "scan":
	case "tag", "repair":
		actions = append(actions, awscloud.Actions(awscloud.Purpose(purpose), types)...)
	case "reap": // a mark is a tag
		actions = slices.Concat(actions, awscloud.Actions(awscloud.ToTag, types), awscloud.Actions(awscloud.ToReap, types))
	default:
		return nil, usagef(c, "--for %q: want scan, tag, repair or reap", purpose)
	}
	slices.Sort(actions)
	return slices.Compact(actions), nil
}

// sid turns a service prefix into what a statement id may hold: letters and digits.
func sid(service string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(service, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

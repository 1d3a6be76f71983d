package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/inventory/aws"
)

func permissionsCommand() *cli.Command {
	return &cli.Command{
		Name: "permissions", Usage: "print the least IAM policy that a command needs",
		Description: "The policy is made from what the readers themselves declare: every action in it is\n" +
			"called, and nothing else is. --type narrows it like a scan.",
		Flags: append([]cli.Flag{
			text("for", "`COMMAND` that the policy is for: scan", ""),
			list("type", "resource `TYPE` that is read; globs allowed"),
			text("config", "configuration `FILE`", ""),
		}, accountFlags()...),
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
	switch purpose := c.String("for"); purpose {
	case "scan":
	case "tag", "repair", "reap":
		return usagef(c, "--for %s: this version only reads, so there is no policy for it yet", purpose)
	default:
		return usagef(c, "--for %q: want scan", purpose)
	}
	accounts, err := accountsOf(c)
	if err != nil {
		return err
	}
	actions, err := aws.Actions(aws.Options{Types: names(c, "type"), Accounts: accounts, Organization: c.Bool("organization")})
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
	for _, service := range slices.Sorted(maps.Keys(byService)) {
		document.Statement = append(document.Statement, policyStatement{
			Sid: "Read" + sid(service), Effect: "Allow", Action: byService[service], Resource: "*",
		})
	}
	e := json.NewEncoder(c.App.Writer)
	e.SetIndent("", "  ")
	return e.Encode(document)
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

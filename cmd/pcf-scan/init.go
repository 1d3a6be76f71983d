package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"
)

func initCommand() *cli.Command {
	return &cli.Command{
		Name: "init", Usage: "write a commented .pcf-scan.yaml and a first pcf.yaml", ArgsUsage: "[DIRECTORY]",
		Description:  "Writes both files where they are missing, and never over one that is there.",
		OnUsageError: usageErrorOf,
		Action:       initialise,
	}
}

func initialise(c *cli.Context) error {
	if c.NArg() > 1 {
		return usagef(c, "init takes one DIRECTORY, got %q as well", c.Args().Get(1))
	}
	dir := "."
	if c.NArg() == 1 {
		dir = c.Args().First()
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find %s: %w", dir, err)
	}
	for _, f := range []struct{ name, text string }{
		{configName, firstConfig},
		{"pcf.yaml", strings.ReplaceAll(firstApp, "APP", appName(filepath.Base(full)))},
	} {
		path := filepath.Join(dir, f.name)
		switch err := create(path, f.text); {
		case errors.Is(err, fs.ErrExist):
			fmt.Fprintln(c.App.Writer, path+" is there already: left as it is")
		case err != nil:
			return fmt.Errorf("write %s: %w", path, err)
		default:
			fmt.Fprintln(c.App.Writer, "wrote "+path)
		}
	}
	fmt.Fprintf(c.App.Writer, "Next: pcf-scan check %s\n", dir)
	return nil
}

// create writes a file that must not exist.
func create(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

var notAppName = regexp.MustCompile(`[^a-z0-9-]+`)

// appName makes a name for an app of that of its directory.
func appName(directory string) string {
	name := strings.Trim(notAppName.ReplaceAllString(strings.ToLower(directory), "-"), "-")
	if name == "" {
		return "my-app"
	}
	return name
}

const firstConfig = `# Settings of pcf-scan for this repository. It is looked for from the working directory up
# to the root of the repository. A key is the long name of a flag in camelCase; a key that
# no command knows is an error. A flag and PCF_SCAN_<FLAG> in the environment come first.
#
# The lowest severity that fails: critical, high, medium, low or none.
# failOn: low
#
# More rules than the built-in ones, and rules that do not apply here.
# rules: [rules/]
# skipRule: [ec2-instance-detailed-monitoring-enabled]
#
# Findings that are accepted for a time, each with a reason, an approver and an end.
# waivers: waivers.yaml
#
# What was found when pcf-scan came here; only what is new fails. Made by
#   pcf-scan check . --format json --output baseline.json
# baseline: baseline.json
#
# Where scan, drift and inventory look.
# declared: [.]
# region: [eu-west-1]
`

const firstApp = `# What one version of an app consists of. Everything here belongs to APP 0.1.0; whatever
# carries its tags in the account and stands here no longer is an orphan.
kind: app
app: APP
version: 0.1.0
environment: dev
owner: APP@example.com

# Resources that others own and that are passed in: checked, never owned.
# inputs:
#   network: {type: AWS::EC2::VPC, id: vpc-0abc}

# Particles are CloudFormation resource types with their properties. They may also stay
# where they are:
# from: [{path: template.yaml, stack: APP-dev}]
particles:
  jobs:
    type: AWS::SQS::Queue
    properties:
      QueueName: APP-dev-jobs
      SqsManagedSseEnabled: true
      Tags:
        - {Key: owner, Value: APP@example.com}
`

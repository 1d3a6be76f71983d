package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/inventory/declared"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper/awscloud"
)

// appFlags are those of permissions --app.
func appFlags() []cli.Flag {
	return []cli.Flag{
		text("app", "the policy that the whole life of this app's resources needs, instead of --for", ""),
		text("environment", "of the app in this environment only", ""),
		list("declared", "declarations of the app: a `PATH` to a file, directory or glob"),
	}
}

// appActions returns what reading, tagging, creating, updating and deleting the resources that
// an app declares needs, and the types that only their readers know: for those it is partial.
func appActions(c *cli.Context) (actions, partial []string, err error) {
	app, environment := c.String("app"), c.String("environment")
	if len(c.StringSlice("declared")) == 0 {
		return nil, nil, usagef(c, "--app needs --declared PATH: the policy follows from what the app declares")
	}
	d, err := declared.Read(c.Context, c.StringSlice("declared"), declared.Options{App: app, Environment: environment, Now: time.Now()})
	if err != nil {
		return nil, nil, usagef(c, "%v", err)
	}
	for _, f := range d.Faults { // a policy of half an app would look like one of it
		return nil, nil, fmt.Errorf("read declarations: %w", f)
	}
	var known, owned, inputs []string
	for _, a := range d.Apps {
		known = append(known, a.Name)
		if a.Name != app || environment != "" && a.Environment != environment {
			continue
		}
		for _, p := range a.Particles {
			owned = append(owned, p.Resource.Ref.Type)
		}
		for _, in := range a.Inputs {
			inputs = append(inputs, in.Type)
		}
	}
	if len(owned)+len(inputs) == 0 {
		return nil, nil, &usageError{command: "permissions", message: fmt.Sprintf("--app %q: no declaration of it was found", app), meant: schema.Suggest(app, known)}
	}
	needed := map[string]bool{}
	for _, t := range slices.Compact(slices.Sorted(slices.Values(append(inputs, owned...)))) {
		isOwned := slices.Contains(owned, t)
		if !slices.ContainsFunc(aws.Readers(), func(r *aws.Reader) bool { return r.Type == t }) {
			partial = append(partial, t)
			continue
		}
		reads, err := aws.Actions(aws.Options{Types: []string{t}})
		if err != nil {
			return nil, nil, err
		}
		for _, a := range reads {
			needed[a] = true
		}
		if !isOwned {
			continue
		}
		if !slices.ContainsFunc(awscloud.Writers(), func(w *awscloud.Writer) bool { return inventory.MatchGlob(w.Type, t) }) {
			partial = append(partial, t)
			continue
		}
		for _, purpose := range []awscloud.Purpose{awscloud.ToRepair, awscloud.ToReap} {
			for _, a := range awscloud.Actions(purpose, []string{t}) {
				needed[a] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(needed)), partial, nil
}

// warnPartial says what a policy lacks. The document itself has no place for words.
func warnPartial(c *cli.Context, partial []string) {
	if len(partial) > 0 {
		logger(c).Warn("the policy is partial: this version does not create, change or delete " + strings.Join(partial, ", ") + "; add what your deployment tool needs for them")
	}
}

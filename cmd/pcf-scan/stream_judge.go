package main

import (
	"errors"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/declared"
)

// streamedFile returns the snapshot that can be judged without holding it: a run that lists
// nothing (--summary), of one file, with no flag that looks at resources in another way.
func streamedFile(c *cli.Context, job engine.Job) string {
	if !job.Include.Summary {
		return ""
	}
	for _, flag := range []string{"app", "environment", "parameter", "baseline", "framework"} {
		if c.IsSet(flag) {
			return ""
		}
	}
	if c.Command.Name == "check" && c.NArg() == 1 {
		return c.Args().First()
	}
	return ""
}

// streamJudge judges a large snapshot in little memory; nil when the run is not one of
// those, or when the snapshot has something that the ordinary way must see.
func streamJudge(c *cli.Context, job engine.Job) (*engine.Result, error) {
	file := streamedFile(c, job)
	if file == "" {
		return nil, nil
	}
	stream, ok := declared.OpenStream(file)
	if !ok {
		return nil, nil
	}
	defer stream.Close()
	if err := loadRules(c, &job); err != nil {
		return nil, err
	}
	job.Declaration = &inventory.Declaration{Files: []string{file}}
	var err error
	if job.Scope, err = declaredScope(c); err != nil {
		return nil, err
	}
	// What is alive grows with the snapshot: no longer wait for so much garbage as at the start.
	debug.SetGCPercent(100)
	result, err := engine.RunStream(job, stream)
	if errors.Is(err, declared.ErrNotPlain) || errors.Is(err, engine.ErrNeedsAll) {
		return nil, nil
	}
	return result, err
}

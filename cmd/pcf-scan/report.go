package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/reports"
)

func reportCommand(_ *int) *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "render a saved result again", ArgsUsage: "RESULT.json",
		Description:  "Reads what --format json wrote and renders it in any format. The exit code is 0.",
		Flags:        join(outputFlags(), []cli.Flag{text("config", "configuration `FILE`", "")}),
		OnUsageError: usageErrorOf,
		Action:       report,
	}
}

func report(c *cli.Context) error {
	if err := configure(c); err != nil {
		return err
	}
	if c.NArg() != 1 {
		return usagef(c, "report needs exactly one RESULT.json")
	}
	sinks, err := sinksOf(c)
	if err != nil {
		return err
	}
	f, err := os.Open(c.Args().First())
	if err != nil {
		return fmt.Errorf("read result: %w", err)
	}
	defer f.Close()
	r, err := reports.Read(f)
	if err != nil {
		return fmt.Errorf("read result %s: %w", c.Args().First(), err)
	}
	return render(c, r, sinks)
}

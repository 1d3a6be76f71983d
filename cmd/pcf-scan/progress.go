package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/pcf-scan/pcf-scan/inventory/aws"
)

// progress shows how far a scan is, on one line of a terminal that is rewritten a few
// times a second. Where stderr is no terminal, or in CI, nothing is shown.
type progress struct {
	w    io.Writer // nil shows nothing
	last time.Time
}

const progressEvery = 200 * time.Millisecond

func newProgress(c *cli.Context) *progress {
	f, ok := c.App.ErrWriter.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || os.Getenv("CI") != "" || c.Bool("no-progress") || c.Bool("quiet") {
		return &progress{}
	}
	return &progress{w: f}
}

// show is called by the scan, never twice at once.
func (p *progress) show(s aws.Progress) {
	if p.w == nil || time.Since(p.last) < progressEvery {
		return
	}
	p.last = time.Now()
	fmt.Fprintf(p.w, "\r\x1b[Kaccounts %d/%d  listings %d/%d  resources %d  calls %d  throttled %d",
		s.AccountsDone, s.Accounts, s.CellsDone, s.Cells, s.Resources, s.Calls, s.Throttles)
}

// done clears the line.
func (p *progress) done() {
	if p.w != nil && !p.last.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/reaper"
	"github.com/pcf-scan/pcf-scan/reaper/awscloud"
)

// openAWS opens a real account for acting: that of --account, or the caller's own.
func openAWS(ctx context.Context, c *cli.Context, now time.Time) (*world, error) {
	cfg, err := awsConfig(ctx)
	if err != nil {
		return nil, err
	}
	accounts, err := accountsOf(c)
	if err != nil {
		return nil, err
	}
	var account aws.Account
	if len(accounts) == 1 {
		account = accounts[0]
	}
	if cfg, err = aws.InAccount(ctx, cfg, account); err != nil {
		return nil, err
	}
	cloud := awscloud.New(cfg)
	caller, err := cloud.Caller(ctx)
	if err != nil {
		return nil, err
	}
	return &world{
		read:   func(ctx context.Context, types []string) (*inventory.Snapshot, error) { return scanAWS(ctx, c, types) },
		caller: caller, cloud: cloud, clock: clockOf(c, now), can: canWrite,
	}, nil
}

// canWrite says why no writer makes a change, or "".
func canWrite(verb plan.Verb, typ string, change plan.Change) string {
	properties, _ := change.To.(map[string]any)
	switch {
	case !awscloud.Can(typ, verb):
		return fmt.Sprintf("there is no code to %s %s", verb, typ)
	case verb == plan.Update && !awscloud.CanUpdate(typ, change) && change.To == nil:
		return fmt.Sprintf("there is no code to take %s of %s away in place", change.Path, typ)
	case verb == plan.Update && !awscloud.CanUpdate(typ, change):
		return fmt.Sprintf("there is no code to change %s of %s in place", change.Path, typ)
	case verb == plan.Create && properties != nil:
		if err := awscloud.CanCreate(typ, properties); err != nil {
			return err.Error()
		}
	}
	return ""
}

// clockOf returns the time of acting: the real one, or the made-up one of --now.
func clockOf(c *cli.Context, now time.Time) reaper.Clock {
	if c.String("now") == "" {
		return wallClock{}
	}
	return &movedClock{now: now, since: time.Now()}
}

// wallClock is the time that passes.
type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now().UTC() }

func (wallClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// movedClock begins at what --now says. An emulator, the only account that it is for, does at
// once what takes AWS minutes: a wait moves this clock on, and takes a moment.
type movedClock struct {
	now   time.Time
	since time.Time
}

func (m *movedClock) Now() time.Time { return m.now.Add(time.Since(m.since)).UTC() }

func (m *movedClock) Sleep(ctx context.Context, d time.Duration) error {
	m.now = m.now.Add(d)
	return wallClock{}.Sleep(ctx, min(d, 20*time.Millisecond))
}

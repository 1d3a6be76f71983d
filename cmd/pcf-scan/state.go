package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/statestore"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// defaultState is where the state is kept unless --state says otherwise.
const defaultState = ".pcf-scan/state"

func stateFlags() []cli.Flag {
	return []cli.Flag{text("state", "`DIR` or s3://bucket/prefix with lock, journal and what was last applied", defaultState)}
}

// openState opens the state of --state. A directory that is not there is made only when
// write is set; otherwise there is no store then, and no error.
func openState(ctx context.Context, c *cli.Context, write bool) (state.Store, error) {
	where := c.String("state")
	if strings.Contains(where, "://") {
		return openS3State(ctx, c, where)
	}
	if !write {
		switch info, err := os.Stat(where); {
		case errors.Is(err, fs.ErrNotExist):
			return nil, nil //nolint:nilnil // no state and no mistake
		case err != nil:
			return nil, fmt.Errorf("open state directory: %w", err)
		case !info.IsDir():
			return nil, usagef(c, "--state %s: this is not a directory", where)
		}
	}
	return state.OpenDir(where, time.Now) // leases are about the real time
}

// remembered gives a job what was last applied, as far as there is a state.
func remembered(ctx context.Context, c *cli.Context, job *engine.Job) error {
	store, err := openState(ctx, c, false)
	if store == nil || err != nil {
		return err
	}
	_, err = readRecords(ctx, store, job)
	return err
}

// readRecords fills a job from the ledger of a store.
func readRecords(ctx context.Context, store state.Store, job *engine.Job) (*state.Ledger, error) {
	ledger, err := state.ReadLedger(ctx, store)
	if err != nil {
		return nil, err
	}
	job.Applied = ledger.LastApplied()
	if len(job.Applied) == 0 {
		return ledger, nil
	}
	// Whoever applied something has made the key: reading makes none.
	key, err := store.Key(ctx)
	if err != nil {
		return nil, err
	}
	job.Mask = func(typ string, properties inventory.Properties) inventory.Properties {
		return state.MaskSecrets(key, typ, properties)
	}
	return ledger, nil
}

// openS3State opens the state in s3://bucket/prefix.
func openS3State(ctx context.Context, c *cli.Context, where string) (state.Store, error) {
	bucket, prefix, err := s3State(c, where)
	if err != nil {
		return nil, err
	}
	cfg, err := awsConfig(ctx)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		return nil, usagef(c, "--state %s: set AWS_REGION to the region of the bucket", where)
	}
	return statestore.Open(cfg, bucket, prefix, time.Now), nil
}

// s3State reads s3://bucket/prefix.
func s3State(c *cli.Context, where string) (bucket, prefix string, err error) {
	rest, is := strings.CutPrefix(where, "s3://")
	bucket, prefix, _ = strings.Cut(rest, "/")
	if !is || bucket == "" {
		return "", "", usagef(c, "--state %s: want a directory or s3://bucket/prefix", where)
	}
	return bucket, prefix, nil
}

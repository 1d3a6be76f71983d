package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

func TestMain(m *testing.M) {
	m.Run() // the exit code is its own
	fmt.Printf("emulator: %d tests ran\n", emulator.Tests())
}

// configure loads the SDK configuration from the given environment, with quick retries.
func configure(t *testing.T, env []string) sdk.Config {
	t.Helper()
	t.Setenv("AWS_PROFILE", "")
	for _, variable := range env {
		key, value, _ := strings.Cut(variable, "=")
		t.Setenv(key, value)
	}
	cfg, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	cfg.Retryer = func() sdk.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 2
			o.RateLimiter = ratelimit.None
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}
	return cfg
}

// recordCalls adds a witness to the clients made of cfg; the result lists the operations
// that were called, sorted, each once.
func recordCalls(cfg *sdk.Config) func() []string {
	var mu sync.Mutex
	seen := map[string]bool{}
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Witness",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				service, operation := callOf(ctx)
				mu.Lock()
				seen[service+"."+operation] = true
				mu.Unlock()
				return next.HandleInitialize(ctx, in)
			}), middleware.After)
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Sorted(maps.Keys(seen))
	}
}

// seeded is what a seed script says that it made: by type and id.
type seeded map[string]map[string]struct {
	Tags       map[string]string
	Properties map[string]any
}

// seed returns an account with one of everything. Tests share it, so they only read.
func seed(t *testing.T) (*emulator.Emulator, seeded) {
	t.Helper()
	e, said := emulator.StartSeeded(t, "testdata/seed.py")
	decoder := json.NewDecoder(strings.NewReader(said))
	decoder.UseNumber()
	var made seeded
	require.NoError(t, decoder.Decode(&made))
	return e, made
}

func (s seeded) types() []string { return slices.Sorted(maps.Keys(s)) }

func byRef(s *inventory.Snapshot) map[inventory.Ref]*inventory.Resource {
	all := map[inventory.Ref]*inventory.Resource{}
	for _, r := range s.Resources {
		all[r.Ref] = r
	}
	return all
}

func ref(typ, id string) inventory.Ref {
	region := emulator.Region
	if registered[typ].Global {
		region = inventory.GlobalRegion
	}
	return inventory.Ref{Partition: "aws", Account: emulator.Account, Region: region, Type: typ, ID: id}
}

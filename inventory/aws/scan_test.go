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
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
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

// Every reader of the core types finds what a third party made, with its tags and properties, and nothing
// else but what the account comes with.
func TestScanFindsWhatBoto3Made(t *testing.T) {
	e, made := seed(t)
	before := e.State(t)

	cfg := configure(t, e.Env())
	called := recordCalls(&cfg)
	require.Len(t, made, 19, "the core types")
	opt := Options{Types: made.types()}
	snapshot, err := Scan(t.Context(), cfg, opt)
	require.NoError(t, err)
	assert.Empty(t, snapshot.Gaps)
	declared := []string{"STS.GetCallerIdentity"}
	for typ := range made {
		declared = append(declared, slices.Collect(maps.Keys(registered[typ].Calls))...)
	}
	slices.Sort(declared)
	assert.Equal(t, slices.Compact(declared), called(), "readers make the calls that they declare, and declare no others")
	assert.Equal(t, "aws", snapshot.Scope.Partition)
	assert.Equal(t, []string{emulator.Account}, snapshot.Scope.Accounts)
	assert.Equal(t, []string{emulator.Region, inventory.GlobalRegion}, snapshot.Scope.Regions)
	assert.Equal(t, made.types(), snapshot.Scope.Types)

	live := byRef(snapshot)
	for typ, resources := range made {
		t.Run(typ, func(t *testing.T) {
			for id, want := range resources {
				r := live[ref(typ, id)]
				if !assert.NotNil(t, r, "%s was not found", id) {
					continue
				}
				assert.Equal(t, want.Tags, r.Tags, "tags of %s", id)
				assert.Empty(t, r.Foreign, "%s belongs to the account", id)
				for pointer, value := range want.Properties {
					wanted, err := inventory.Normal(value)
					require.NoError(t, err)
					got, ok := inventory.At(r.Properties, pointer)
					assert.True(t, ok, "%s of %s is absent", pointer, id)
					assert.Equal(t, wanted, got, "%s of %s", pointer, id)
				}
			}
		})
	}
	for _, r := range snapshot.Resources {
		typ, ok := schema.Lookup(r.Ref.Type)
		require.True(t, ok)
		assert.Empty(t, schema.Problems(typ, r.Properties), "%s", r.Ref)
		if id, ok := inventory.Identifier(typ, r.Properties); ok {
			assert.Equal(t, id, r.Ref.ID, "the id is the primary identifier")
		}
		assert.NotEmpty(t, r.Observed)
		if _, ours := made[r.Ref.Type][r.Ref.ID]; !ours {
			part := slices.ContainsFunc(r.Relations, func(to inventory.Relation) bool { return to.Kind == "owner" })
			assert.True(t, r.Foreign != "" || part, "%s was not made by anybody, so it is the account's own or a part of an instance", r.Ref)
		}
		inventory.Walk("", r.Properties, func(pointer string, v any) bool {
			switch v.(type) {
			case bool, int64, float64, string, []any, map[string]any:
			default:
				assert.Failf(t, "not a property value", "%s of %s is a %T", pointer, r.Ref, v)
			}
			assert.False(t, pointer != "" && r.IsUnread(pointer), "%s of %s is read and unread", pointer, r.Ref)
			return true
		})
	}
	assert.Empty(t, e.Writes(), "a scan never writes")
	assert.Equal(t, before, e.State(t), "a scan changes nothing")

	again, err := Scan(t.Context(), cfg, opt)
	require.NoError(t, err)
	assert.Equal(t, snapshot, again, "the same account gives the same snapshot")
}

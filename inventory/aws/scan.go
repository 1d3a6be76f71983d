package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// ErrCredentials says that AWS does not know who is asking: nothing can be read.
var ErrCredentials = errors.New("no usable AWS credentials")

// ErrUnreachable says that the AWS endpoint does not answer: nothing can be read.
var ErrUnreachable = errors.New("AWS cannot be reached")

// Options say what a scan reads. The zero value reads every type that has a reader in
// the configuration's region.
type Options struct {
	// Regions to read; the single element "all" means every region that the account has
	// enabled. Empty means the region of the SDK configuration. Global services are
	// always read, once; "global" alone reads nothing else.
	Regions []string
	// Types are resource types or globs over them; empty means every type with a reader.
	Types []string
	// Concurrency bounds the API calls in flight; 0 means 32.
	Concurrency int
	// Timeout bounds the whole scan; 0 means no bound besides the context's. What was
	// not read by then is a gap.
	Timeout time.Duration
}

// Scan reads the account that the configuration's credentials belong to. It never
// writes (see [ReadOnly]) and may be called concurrently.
//
// The snapshot is sorted and its scope is what was asked for; whatever could not be read
// stands in its gaps. When the context ends early, the snapshot holds what is known by
// then, and gaps for the rest. There is an error only when nothing can be read at all:
// [ErrCredentials], [ErrUnreachable], a type that does not exist, or no region.
func Scan(ctx context.Context, cfg sdk.Config, opt Options) (*inventory.Snapshot, error) {
	if opt.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opt.Timeout)
		defer cancel()
	}
	readers, unreadable, err := selectReaders(opt.Types)
	if err != nil {
		return nil, err
	}
	cfg = reading(cfg, cmp.Or(max(opt.Concurrency, 0), 32))
	regions := slices.DeleteFunc(slices.Clone(opt.Regions), func(r string) bool { return r == inventory.GlobalRegion })
	if len(opt.Regions) == 0 && cfg.Region != "" {
		regions = []string{cfg.Region}
	}
	regional := slices.ContainsFunc(readers, func(r *Reader) bool { return !r.Global })
	if len(opt.Regions) == 0 && len(regions) == 0 && regional {
		return nil, errors.New("find the region to scan: none is set; give --region (or --region all), or set AWS_REGION")
	}
	// Calls to services without regions still need one to be signed for.
	if len(regions) > 0 && regions[0] != "all" {
		cfg.Region = cmp.Or(cfg.Region, regions[0])
	}
	cfg.Region = cmp.Or(cfg.Region, "us-east-1")

	partition, account, err := caller(ctx, cfg)
	if err != nil {
		return nil, err
	}
	snapshot := &inventory.Snapshot{Scope: inventory.Scope{Partition: partition, Accounts: []string{account}}}
	if slices.Contains(regions, "all") {
		if regions, err = enabledRegions(ctx, cfg); err != nil {
			f := classify(err, inventory.GlobalRegion)
			snapshot.Gaps = append(snapshot.Gaps, inventory.Gap{Account: account, Reason: f.reason, Message: f.message(0) + " (which regions are enabled is not known)"})
			regions = []string{cfg.Region}
		}
	}
	slices.Sort(regions)
	regions = slices.Compact(regions)

	var cells []*cell
	for _, r := range readers {
		places := regions
		if r.Global {
			places = []string{inventory.GlobalRegion}
		}
		f := r.form()
		for _, region := range places {
			c := &cell{cfg: cfg.Copy(), partition: partition, account: account, region: region, reader: r, form: f}
			if !r.Global {
				c.cfg.Region = region
			}
			cells = append(cells, c)
		}
		snapshot.Scope.Types = append(snapshot.Scope.Types, r.Type)
		snapshot.Scope.Regions = append(snapshot.Scope.Regions, places...)
	}
	for _, typ := range unreadable {
		snapshot.Scope.Types = append(snapshot.Scope.Types, typ)
		snapshot.Gaps = append(snapshot.Gaps, inventory.Gap{
			Account: account, Type: typ, Reason: inventory.Unsupported,
			Message: "there is no reader for this type yet; see `pcf-scan types` for those that can be read",
		})
	}
	slices.Sort(snapshot.Scope.Types)
	slices.Sort(snapshot.Scope.Regions)
	snapshot.Scope.Regions = slices.Compact(snapshot.Scope.Regions)

	var group errgroup.Group
	group.SetLimit(64) // cells; calls have their own, lower bound
	for _, c := range cells {
		group.Go(func() error { c.run(ctx); return nil })
	}
	_ = group.Wait() // a failed cell is a gap, never an error
	for _, c := range cells {
		snapshot.Resources = append(snapshot.Resources, c.resources...)
		snapshot.Gaps = append(snapshot.Gaps, c.gaps()...)
	}
	snapshot.Sort()
	return snapshot, nil
}

// selectReaders resolves types and globs. unreadable are the types that exist and have
// no reader; a name or glob that means nothing is an error with a suggestion.
func selectReaders(globs []string) (readers []*Reader, unreadable []string, err error) {
	if len(globs) == 0 {
		return Readers(), nil, nil
	}
	matched := map[string]bool{}
	for _, glob := range globs {
		found := false
		for _, r := range sortedReaders() {
			if inventory.MatchGlob(glob, r.Type) {
				matched[r.Type], found = true, true
			}
		}
		if found {
			continue
		}
		if _, exists := schema.Lookup(glob); exists {
			unreadable = append(unreadable, glob)
			continue
		}
		meant := ""
		if near := schema.Suggest(glob, schema.Names()); near != "" {
			meant = fmt.Sprintf(", did you mean %q?", near)
		}
		return nil, nil, fmt.Errorf("select types: %q matches no type that can be read%s (see `pcf-scan types`)", glob, meant)
	}
	for _, r := range sortedReaders() {
		if matched[r.Type] {
			readers = append(readers, r)
		}
	}
	slices.Sort(unreadable)
	return readers, slices.Compact(unreadable), nil
}

// caller asks AWS whose credentials these are.
func caller(ctx context.Context, cfg sdk.Config) (partition, account string, err error) {
	out, err := sts.NewFromConfig(cfg, func(o *sts.Options) {
		o.RetryMaxAttempts = min(o.RetryMaxAttempts, 3) // somebody is waiting to be told
	}).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", "", callerError(err)
	}
	who, err := arn.Parse(sdk.ToString(out.Arn))
	if account = sdk.ToString(out.Account); err != nil || account == "" {
		return "", "", fmt.Errorf("find out whose account this is: %w: the answer names no account; is AWS_ENDPOINT_URL right?", ErrUnreachable)
	}
	return who.Partition, account, nil
}

// callerError says what the user can do about it.
func callerError(err error) error {
	f := classify(err, inventory.GlobalRegion)
	const help = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws sso login`"
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("find out whose account this is: interrupted: %w", context.Canceled)
	case strings.Contains(err.Error(), "get identity: "), strings.Contains(err.Error(), "failed to refresh cached credentials"):
		return fmt.Errorf("find out whose account this is: %w: none were found, or they cannot be refreshed; %s", ErrCredentials, help)
	case errorCode(err) != "" || f.reason == inventory.Denied:
		return fmt.Errorf("find out whose account this is: %w: AWS refuses them (%s); %s", ErrCredentials, f.detail, help)
	}
	return fmt.Errorf("find out whose account this is: %w (%s); check the network, the proxy settings and AWS_ENDPOINT_URL", ErrUnreachable, f.detail)
}

// enabledRegions lists the regions that the account can use.
func enabledRegions(ctx context.Context, cfg sdk.Config) ([]string, error) {
	out, err := ec2.NewFromConfig(cfg).DescribeRegions(ctx, &ec2.DescribeRegionsInput{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, r := range out.Regions {
		names = append(names, sdk.ToString(r.RegionName))
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("list regions: %w: there are none", errAnswer)
	}
	return names, nil
}

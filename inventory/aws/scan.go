package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/relation"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Options say what a scan reads. The zero value reads every type that has a reader in
// the configuration's region of the caller's own account.
type Options struct {
	// Accounts to read; empty means the one that the credentials belong to.
	Accounts []Account
	// Organization adds all accounts of the caller's organization, each through the role
	// RoleName (empty: [OrganizationRole]), and the caller's own without one.
	Organization bool
	RoleName     string
	// Regions to read; the single element "all" means every region that an account has
	// enabled. Empty means the region of the SDK configuration. Global services are
	// always read, once for each account; "global" alone reads nothing else.
	Regions []string
	// Types are resource types or globs over them; empty means every type with a reader.
	// A full name without a reader is read through the Cloud Control API.
	Types []string
	// Concurrency bounds the API calls in flight; 0 means 32, and more than 1000 means 1000.
	Concurrency int
	// Timeout bounds the whole scan; 0 means no bound besides the context's. What was
	// not read by then is a gap.
	Timeout time.Duration
	// Progress, when set, is called after every request and every finished cell. Calls
	// never overlap and never follow each other backwards; it must not block.
	Progress func(Progress)
}

// Scan reads the accounts in the options. It never
// writes (see [ReadOnly]) and may be called concurrently.
//
// The snapshot is sorted, its relations are resolved, and its scope is what was asked for; whatever could not be read
// stands in its gaps. When the context ends early, the snapshot holds what is known by
// then, and gaps for the rest. There is an error only when nothing can be read at all:
// [ErrCredentials], [ErrUnreachable], [ErrAccount], a type that does not exist, or no region.
func Scan(ctx context.Context, cfg sdk.Config, opt Options) (*inventory.Snapshot, error) {
	s := &inventory.Snapshot{}
	var turn sync.Mutex // several cells tell of stacks at once
	member := func(stack inventory.Stack) {
		turn.Lock()
		defer turn.Unlock()
		s.Stacks = append(s.Stacks, stack)
	}
	var err error
	s.Scope, s.Gaps, err = stream(ctx, cfg, opt, member, func(r *inventory.Resource) error {
		s.Resources = append(s.Resources, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(s.Stacks, func(a, b inventory.Stack) int { return a.Ref.Compare(b.Ref) })
	relation.Resolve(s)
	s.Sort()
	return s, nil
}

// Stream reads as Scan does and hands each resource to emit as soon as it is known, so
// that the memory it takes does not grow with the number of resources (but for their
// identifiers). The resources come in no order, each once, and with no other relations than those that their own service
// tells: the rest needs all of them. Calls of emit never overlap. Its error ends the
// stream and is returned. Gaps are sorted.
func Stream(ctx context.Context, cfg sdk.Config, opt Options, emit func(*inventory.Resource) error) (inventory.Scope, []inventory.Gap, error) {
	return stream(ctx, cfg, opt, nil, emit)
}

// stream is Stream, and gives what each CloudFormation stack keeps to member, unless that is
// nil. Its calls may overlap.
func stream(ctx context.Context, cfg sdk.Config, opt Options, member func(inventory.Stack), emit func(*inventory.Resource) error) (inventory.Scope, []inventory.Gap, error) {
	if opt.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opt.Timeout)
		defer cancel()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r, err := newRun(opt)
	if err != nil {
		return inventory.Scope{}, nil, err
	}
	r.emit, r.member, r.stop = emit, member, stop
	if err := r.open(ctx, reading(cfg)); err != nil {
		return inventory.Scope{}, nil, err
	}
	r.read(ctx)
	slices.SortFunc(r.gaps, inventory.CompareGaps)
	return r.scope, slices.Compact(r.gaps), r.emitErr
}

// maxConcurrency is far more than the quotas of any account let a scan use.
const maxConcurrency = 1000

// A run is one scan while it goes on.
type run struct {
	opt         Options
	concurrency int
	limiter     *limiter
	readers     []*Reader
	scope       inventory.Scope
	sessions    []*session
	stop        context.CancelFunc

	// mu makes the calls of emit and of Options.Progress follow each other.
	mu       sync.Mutex
	emit     func(*inventory.Resource) error
	emitErr  error
	member   func(inventory.Stack) // see stream
	progress Progress
	gaps     []inventory.Gap
}

// A session is one account that can be read.
type session struct {
	account string
	cfg     sdk.Config // has the account's credentials; paced
	regions []string   // sorted
}

// newRun works out what is asked for, as far as that needs no call.
func newRun(opt Options) (*run, error) {
	r := &run{opt: opt, concurrency: min(cmp.Or(max(opt.Concurrency, 0), 32), maxConcurrency)}
	r.limiter = newLimiter(r.concurrency)
	readers, err := selectReaders(opt.Types)
	if err != nil {
		return nil, err
	}
	r.readers = readers
	for _, reader := range readers {
		r.scope.Types = append(r.scope.Types, reader.Type)
	}
	return r, nil
}

// open finds out which accounts and regions there are to read and gets credentials for them. An
// account that cannot be opened is a gap.
func (r *run) open(ctx context.Context, cfg sdk.Config) error {
	regions := slices.DeleteFunc(slices.Clone(r.opt.Regions), func(region string) bool { return region == inventory.GlobalRegion })
	if len(r.opt.Regions) == 0 && cfg.Region != "" {
		regions = []string{cfg.Region}
	}
	slices.Sort(regions)
	regions = slices.Compact(regions)
	regional := slices.ContainsFunc(r.readers, func(reader *Reader) bool { return !reader.Global })
	if len(r.opt.Regions) == 0 && len(regions) == 0 && regional {
		return errors.New("find the region to scan: none is set; give --region (or --region all), or set AWS_REGION")
	}
	if len(regions) == 0 && !slices.ContainsFunc(r.readers, func(reader *Reader) bool { return reader.Global }) && regional {
		return errors.New("find the region to scan: none of these types is global; give --region with the region that they are in")
	}
	// Calls to services without regions still need one to be signed for.
	all := slices.Contains(regions, "all")
	if len(regions) > 0 && !all {
		cfg.Region = cmp.Or(cfg.Region, regions[0])
	}
	cfg.Region = cmp.Or(cfg.Region, homeRegion("aws"))

	me, err := identify(ctx, cfg)
	if err != nil {
		return callerError(err)
	}
	if partitionOf(cfg.Region) != me.partition {
		cfg.Region = homeRegion(me.partition)
	}
	list, gaps, err := accounts(ctx, cfg, me, r.opt)
	if err != nil {
		return err
	}
	r.scope.Partition = me.partition
	r.gaps = append(r.gaps, gaps...)
	for _, g := range gaps {
		if g.Account != "" {
			r.scope.Accounts = append(r.scope.Accounts, g.Account)
		}
	}
	r.progress.Accounts = len(list)
	var group errgroup.Group
	group.SetLimit(16) // a few calls each
	for _, a := range list {
		r.scope.Accounts = append(r.scope.Accounts, a.ID)
		group.Go(func() error { r.openAccount(ctx, cfg, me, a, regions); return nil })
	}
	_ = group.Wait() // an account that cannot be opened is a gap
	slices.SortFunc(r.sessions, func(a, b *session) int { return cmp.Compare(a.account, b.account) })
	slices.Sort(r.scope.Accounts)
	r.scope.Accounts = slices.Compact(r.scope.Accounts)
	r.scopeRegions(regions, all)
	return nil
}

// openAccount adds a session, or a gap.
func (r *run) openAccount(ctx context.Context, cfg sdk.Config, me identity, a Account, regions []string) {
	cfg, err := credentialsFor(ctx, cfg, me, a)
	if err != nil {
		f := classify(err, inventory.GlobalRegion)
		r.gap(inventory.Gap{Account: a.ID, Reason: f.reason, Message: f.message(0) + " (nothing of the account was read)"})
		r.count(func(p *Progress) { p.AccountsDone++ })
		return
	}
	s := &session{account: a.ID, cfg: cfg, regions: regions}
	s.cfg.APIOptions = append(slices.Clone(cfg.APIOptions), r.limiter.pace(a.ID, func(throttled bool) {
		r.count(func(p *Progress) {
			if p.Calls++; throttled {
				p.Throttles++
			}
		})
	}))
	if slices.Contains(regions, "all") {
		if s.regions, err = enabledRegions(ctx, s.cfg); err != nil {
			f := classify(err, inventory.GlobalRegion)
			r.gap(inventory.Gap{Account: a.ID, Reason: f.reason, Message: f.message(0) + " (which regions are enabled is not known)"})
			s.regions = []string{cfg.Region}
		}
		slices.Sort(s.regions)
		s.regions = slices.Compact(s.regions)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions = append(r.sessions, s)
}

// scopeRegions sets the regions of the scope. With "all" they are those that any account has
// enabled; where another one has not, the scope promises more than was read.
func (r *run) scopeRegions(regions []string, all bool) {
	if all {
		regions = nil
		for _, s := range r.sessions {
			regions = append(regions, s.regions...)
		}
	}
	for _, reader := range r.readers {
		if reader.Global {
			r.scope.Regions = append(r.scope.Regions, inventory.GlobalRegion)
		} else {
			r.scope.Regions = append(r.scope.Regions, regions...)
		}
	}
	slices.Sort(r.scope.Regions)
	r.scope.Regions = slices.Compact(r.scope.Regions)
	for _, s := range r.sessions {
		for _, region := range r.scope.Regions {
			if region != inventory.GlobalRegion && !slices.Contains(s.regions, region) {
				r.gaps = append(r.gaps, inventory.Gap{
					Account: s.account, Region: region, Reason: inventory.Disabled,
					Message: "the account has not enabled this region, which other accounts of the scan have",
				})
			}
		}
	}
}

// read reads every cell of every session.
func (r *run) read(ctx context.Context) {
	forms := map[*Reader]*form{}
	for _, reader := range r.readers {
		forms[reader] = reader.form()
	}
	places := func(s *session, reader *Reader) []string {
		if reader.Global {
			return []string{inventory.GlobalRegion}
		}
		return s.regions
	}
	left := map[*session]int{} // cells not read yet
	for _, s := range r.sessions {
		for _, reader := range r.readers {
			left[s] += len(places(s, reader))
		}
		if r.progress.Cells += left[s]; left[s] == 0 {
			r.progress.AccountsDone++
		}
	}
	// Many more cells than calls may be in flight, so that a long cell is never kept
	// from its start by short ones.
	var group errgroup.Group
	group.SetLimit(16 * r.concurrency)
	for _, s := range r.sessions {
		for _, reader := range r.readers {
			for _, region := range places(s, reader) {
				group.Go(func() error {
					c := s.cell(region, r.scope.Partition, reader, forms[reader])
					c.deliver, c.member = r.deliver, r.member
					c.run(ctx)
					r.gap(c.gaps()...)
					r.count(func(p *Progress) {
						p.CellsDone++
						if left[s]--; left[s] == 0 {
							p.AccountsDone++
						}
					})
					return nil
				})
			}
		}
	}
	_ = group.Wait() // a failed cell is a gap, never an error
}

func (s *session) cell(region, partition string, reader *Reader, f *form) *cell {
	c := &cell{cfg: s.cfg.Copy(), partition: partition, account: s.account, region: region, reader: reader, form: f}
	if region != inventory.GlobalRegion {
		c.cfg.Region = region
	}
	return c
}

// deliver passes a resource on, until one was not taken.
func (r *run) deliver(resource *inventory.Resource) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.emitErr != nil {
		return
	}
	if r.emitErr = r.emit(resource); r.emitErr != nil {
		r.stop()
		return
	}
	r.progress.Resources++
}

func (r *run) gap(gaps ...inventory.Gap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gaps = append(r.gaps, gaps...)
}

// count changes the progress and shows it.
func (r *run) count(change func(*Progress)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.progress)
	if r.opt.Progress != nil {
		r.opt.Progress(r.progress)
	}
}

// selectReaders resolves types and globs, sorted by type. A full name that has no reader of
// its own is read through Cloud Control. A name or glob that means nothing is an error
// with a suggestion.
func selectReaders(globs []string) ([]*Reader, error) {
	if len(globs) == 0 {
		return Readers(), nil
	}
	chosen := map[string]*Reader{}
	for _, glob := range globs {
		found := false
		for _, r := range sortedReaders() {
			if inventory.MatchGlob(glob, r.Type) {
				chosen[r.Type], found = r, true
			}
		}
		if found {
			continue
		}
		t, exists := schema.Lookup(glob)
		if !exists {
			meant := ""
			if near := schema.Suggest(glob, schema.Names()); near != "" {
				meant = fmt.Sprintf(", did you mean %q?", near)
			}
			return nil, fmt.Errorf("select types: %q matches no type that can be read%s (see `pcf-scan types`; a type without a reader has to be named in full)", glob, meant)
		}
		chosen[glob] = cloudControlReader(t)
	}
	readers := slices.Collect(maps.Values(chosen))
	slices.SortFunc(readers, func(a, b *Reader) int { return cmp.Compare(a.Type, b.Type) })
	return readers, nil
}

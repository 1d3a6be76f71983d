package engine

import (
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/rules"
)

// A ResourceStream is a snapshot that is too large to hold. It hands out its resources to
// several workers at once, and each of them again when it is asked.
type ResourceStream[At comparable] interface {
	// Each reads all resources. wanted says how much of a type is needed; visit is called with
	// what was read, by all workers at once, in no order.
	Each(workers int, wanted func(worker int, typ string) inventory.Wanted, visit func(worker int, r *inventory.Resource, at At) error) error
	// Whole reads all of one resource again. Safe for concurrent use.
	Whole(at At) (*inventory.Resource, error)
	// Snapshot is the scope and, after Each, the gaps; it holds no resources.
	Snapshot() *inventory.Snapshot
}

// ErrNeedsAll means that a snapshot cannot be judged as a stream: the verdict on a resource
// depends on more of the others than an index of names tells.
var ErrNeedsAll = errors.New("judging this snapshot needs all of it at once")

// RunStream is Run for a job that judges one snapshot and lists nothing (Include.Summary).
// Memory does not grow with findings, and with resources only by what joins must find
// again. The job holds everything but the snapshot. An error of the stream is returned as it
// is, and ErrNeedsAll when the snapshot has to be judged by Run.
func RunStream[At comparable](job Job, in ResourceStream[At]) (*Result, error) {
	s := &streamed[At]{job: job, in: in, plans: map[string]*rules.Plan{}, index: map[string]*rules.WorldIndex{}}
	workers := workers(job.Concurrency, 1<<30)
	s.shares = make([]share[At], workers)
	for i := range s.shares {
		s.shares[i] = share[At]{brief: rules.NewBrief(job.Now), plans: map[string]*planned{}, counts: map[*rules.Rule]*RuleCount{}, judged: map[string]int{}, waivers: map[inventory.Position]bool{}, pending: map[At]string{}, joined: map[string][]At{}}
	}
	if err := in.Each(workers, s.wanted, s.visit); err != nil {
		return nil, err
	}
	if err := s.settle(); err != nil {
		return nil, err
	}
	return s.result(), nil
}

// streamed is one call of RunStream.
type streamed[At comparable] struct {
	job    Job
	in     ResourceStream[At]
	shares []share[At]

	mu    sync.Mutex
	plans map[string]*rules.Plan
	index map[string]*rules.WorldIndex // by account
}

// A share is what one worker has seen.
type share[At comparable] struct {
	brief     *rules.Brief
	plans     map[string]*planned
	counts    map[*rules.Rule]*RuleCount
	resources int
	judged    map[string]int              // resources by Summary.Judged
	waivers   map[inventory.Position]bool // those that covered something
	open      []open[At]
	pending   map[At]string   // what the resources of open count as so far
	joined    map[string][]At // resources that joins may find, by type
}

// A planned is a plan with the counters of its rules.
type planned struct {
	*rules.Plan
	counts   []*RuleCount
	isJoined bool
	err      error
}

// An open is a verdict that has to wait for the world.
type open[At comparable] struct {
	rule *rules.Rule
	at   At
}

// plan returns the plan of a worker for a type.
func (s *streamed[At]) plan(worker int, typ string) *planned {
	mine := &s.shares[worker]
	if p := mine.plans[typ]; p != nil {
		return p
	}
	s.mu.Lock()
	shared, err := s.plans[typ], error(nil)
	if shared == nil {
		if shared, err = s.job.Rules.Plan(typ); err == nil {
			s.plans[typ] = shared
		}
	}
	s.mu.Unlock()
	p := &planned{Plan: shared, err: err}
	if err == nil {
		for _, rule := range shared.Rules {
			c := mine.counts[rule]
			if c == nil {
				c = &RuleCount{}
				mine.counts[rule] = c
			}
			p.counts = append(p.counts, c)
		}
		p.isJoined = s.job.Rules.Joins(typ)
	}
	mine.plans[typ] = p
	return p
}

func (s *streamed[At]) wanted(worker int, typ string) inventory.Wanted {
	p := s.plan(worker, typ)
	if p.err != nil {
		return inventory.Wanted{}
	}
	return p.Wanted
}

// visit judges a resource by what was read of it. What that does not decide is judged by
// all of it, at once or, where a join decides, when the whole world was seen.
func (s *streamed[At]) visit(worker int, r *inventory.Resource, at At) error {
	p := s.plan(worker, r.Ref.Type)
	if p.err != nil {
		return ErrNeedsAll
	}
	mine := &s.shares[worker]
	mine.resources++
	verdict, waits := "noRule", false
	if !schema.Known(r.Ref.Type) {
		verdict = "notJudged"
	}
	if p.isJoined {
		mine.joined[r.Ref.Type] = append(mine.joined[r.Ref.Type], at)
	}
	var whole *inventory.Resource
	var failed error
	mine.brief.Judge(p.Plan, r, func(i int, status rules.Status) {
		rule := p.Rules[i]
		if status == rules.Unknown {
			if len(rule.Joins) > 0 {
				mine.open, waits = append(mine.open, open[At]{rule, at}), true
				return
			}
			if whole == nil && failed == nil {
				whole, failed = s.in.Whole(at)
			}
			if failed != nil {
				return
			}
			status = s.job.Rules.Status(mine.brief.World(), rule, whole)
		}
		verdict = judged(verdict, status)
		p.counts[i].add(s.waived(mine, rule, r, status))
	})
	if waits {
		mine.pending[at] = verdict
	} else {
		mine.judged[verdict]++
	}
	return failed
}

func (s *streamed[At]) waived(mine *share[At], rule *rules.Rule, r *inventory.Resource, status rules.Status) rules.Status {
	if s.job.NoWaivers || len(s.job.Waivers) == 0 {
		return status
	}
	f := rules.Finding{Rule: rule, Resource: r, Status: status}
	rules.ApplyWaivers(&f, s.job.Waivers, s.job.Now)
	if f.Waiver != nil {
		mine.waivers[f.Waiver.Position] = true
	}
	return f.Status
}

// settle judges what had to wait.
func (s *streamed[At]) settle() error {
	waiting := map[*rules.Rule]bool{}
	for i := range s.shares {
		for _, o := range s.shares[i].open {
			waiting[o.rule] = true
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	var types []string
	for rule := range waiting {
		types = append(types, rule.Joins...)
	}
	slices.Sort(types)
	types = slices.Compact(types)
	live := s.in.Snapshot()
	indexOf := func(account string) *rules.WorldIndex {
		s.mu.Lock()
		defer s.mu.Unlock()
		x := s.index[account]
		if x == nil {
			x = rules.NewWorldIndex(slices.Collect(maps.Keys(waiting)), func(typ string) string { return unreadable(live, account, typ) }, s.job.Now)
			s.index[account] = x
		}
		return x
	}
	err := s.parallel(func(mine *share[At]) error {
		for _, typ := range types {
			for _, at := range mine.joined[typ] {
				r, err := s.in.Whole(at)
				if err != nil {
					return err
				}
				again := func() *inventory.Resource {
					if r, err := s.in.Whole(at); err == nil {
						return r
					}
					return &inventory.Resource{Unread: []string{""}, UnreadBecause: "the snapshot changed while it was read"}
				}
				if !indexOf(r.Ref.Account).Add(r, again) {
					return ErrNeedsAll
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.parallel(func(mine *share[At]) error {
		var last At
		var r *inventory.Resource
		for i, o := range mine.open {
			if i == 0 || o.at != last { // the rules of a resource wait one behind the other
				var err error
				if r, err = s.in.Whole(o.at); err != nil {
					return err
				}
				last = o.at
			}
			x := indexOf(r.Ref.Account)
			if !x.Decides(r) {
				return ErrNeedsAll
			}
			status := s.job.Rules.Status(x.World(), o.rule, r)
			mine.pending[o.at] = judged(mine.pending[o.at], status)
			mine.counts[o.rule].add(s.waived(mine, o.rule, r, status))
		}
		for _, verdict := range mine.pending {
			mine.judged[verdict]++
		}
		return nil
	})
}

func (s *streamed[At]) parallel(work func(*share[At]) error) error {
	var running sync.WaitGroup
	errs := make([]error, len(s.shares))
	for i := range s.shares {
		running.Go(func() { errs[i] = work(&s.shares[i]) })
	}
	running.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// result is that of Run over no resources, with what the workers have counted.
func (s *streamed[At]) result() *Result {
	job := s.job
	frame := *s.in.Snapshot()
	if job.Command == "check" {
		declaration := inventory.Declaration{}
		if job.Declaration != nil {
			declaration = *job.Declaration
		}
		declaration.Snapshots = []*inventory.Snapshot{&frame}
		job.Declaration = &declaration
	} else {
		job.Live, job.Scope = &frame, frame.Scope
	}
	waivers := job.Waivers
	job.Waivers = nil // reviewed below, when it is known which of them covered something
	r := Run(job)
	job.Waivers = waivers
	used := map[inventory.Position]bool{}
	at := map[string]*RuleCount{}
	for i := range r.Rules {
		at[r.Rules[i].ID] = &r.Rules[i]
	}
	for _, share := range s.shares {
		r.Summary.Resources += share.resources
		for verdict, n := range share.judged {
			r.Summary.Judged[verdict] += n
		}
		maps.Copy(used, share.waivers)
		for rule, c := range share.counts {
			at[rule.ID].merge(*c)
			for status, n := range map[string]int{"fail": c.Fail, "pass": c.Pass, "unknown": c.Unknown, "error": c.Error, "skip": c.Skip, "waived": c.Waived} {
				r.Summary.Findings[status] += n
			}
			r.Summary.BySeverity[string(rule.Severity)] += c.Fail
		}
	}
	r.Summary.NotJudged = r.Summary.Judged["notJudged"]
	reviewWaivers(job, r, used)
	CountControls(r, job.Rules.Frameworks(), job.Frameworks, false)
	return r
}

package engine

import (
	"cmp"
	"errors"
	"hash/maphash"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

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
	// Texts reads resources again, in the order in which one worker got them, and calls visit
	// with each text in the i-th of them. isUnknown means that it stands for an unknown value.
	// Safe for concurrent use.
	Texts(of []At, visit func(i int, text string, isUnknown bool)) error
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
	s := &streamed[At]{job: job, in: in, plans: map[string]*rules.Plan{}, waiting: map[*rules.Rule]bool{}, index: map[string]*rules.WorldIndex{}, seed: maphash.MakeSeed()}
	workers := workers(job.Concurrency, 1<<30)
	s.shares = make([]share[At], workers)
	for i := range s.shares {
		s.shares[i] = share[At]{brief: rules.NewBrief(job.Now), plans: map[string]*planned{}, counts: map[*rules.Rule]*RuleCount{}, judged: map[string]int{}, waivers: map[inventory.Position]bool{}, joined: map[string][]At{}, seed: s.seed}
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
	// waiting are the rules with verdicts that wait.
	waiting map[*rules.Rule]bool
	index   map[string]*rules.WorldIndex // by account
	seed    maphash.Seed                 // of the hashes of names
}

// A share is what one worker has seen.
type share[At comparable] struct {
	brief     *rules.Brief
	plans     map[string]*planned
	counts    map[*rules.Rule]*RuleCount
	resources int
	judged    map[string]int              // resources by Summary.Judged
	waivers   map[inventory.Position]bool // those that covered something
	waiting   []waiting[At]
	names     []nameOf
	joined    map[string][]At // resources that joins may find, by type
	accounts  []string        // of resources that wait
	seed      maphash.Seed
}

// A planned is a plan with the counters of its rules.
type planned struct {
	*rules.Plan
	typ      string
	unjudged string // what a resource counts as before the first verdict
	counts   []*RuleCount
	waits    []bool // of a rule: a verdict of it waits
	isJoined bool
	err      error
}

// A waiting is a resource some of whose verdicts depend on others. It is small: there may be
// as many as resources. Verdicts that were supposed are counted already.
type waiting[At comparable] struct {
	plan      *planned
	at        At
	account   int32       // in share.accounts
	isOpen    bool        // a verdict was not even supposed
	mentioned atomic.Bool // by a resource that joins may find
}

// A nameOf is a text by which a join finds something from a resource that waits: the hash of
// it, for it need not be certain.
type nameOf struct {
	hash uint64
	of   int32 // in share.waiting
}

// plan returns the plan of a worker for a type.
func (s *streamed[At]) plan(worker int, typ string) *planned {
	mine := &s.shares[worker]
	if p := mine.plans[typ]; p != nil {
		return p
	}
	typ = strings.Clone(typ)
	s.mu.Lock()
	shared, err := s.plans[typ], error(nil)
	if shared == nil {
		if shared, err = s.job.Rules.Plan(typ); err == nil {
			s.plans[typ] = shared
		}
	}
	s.mu.Unlock()
	p := &planned{Plan: shared, typ: typ, unjudged: "noRule", err: err}
	if !schema.Known(typ) {
		p.unjudged = "notJudged"
	}
	if err == nil {
		p.waits = make([]bool, len(shared.Rules))
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
	verdict := p.unjudged
	if p.isJoined {
		mine.joined[p.typ] = append(mine.joined[p.typ], at)
	}
	waits, isOpen := false, false
	var whole *inventory.Resource
	var failed error
	mine.brief.Judge(p.Plan, r, func(i int, status rules.Status, supposed bool) {
		rule := p.Rules[i]
		if supposed && len(s.job.Waivers) > 0 { // they look at the resource, when it is judged
			status = rules.Unknown
		}
		if status == rules.Unknown && whole == nil && failed == nil {
			whole, failed = s.in.Whole(at)
		}
		if failed != nil {
			return
		}
		if len(rule.Joins) > 0 && (status == rules.Unknown || supposed) {
			if !waits {
				waits = true
				names, ok := rules.NamesOf(r)
				if !ok {
					failed = ErrNeedsAll // its own name is not known
					return
				}
				mine.seek(names)
			}
			p.waits[i] = true
			if status == rules.Unknown {
				mine.seek(rule.Seeks(whole))
				isOpen = true
				return
			}
		} else if status == rules.Unknown {
			status = s.job.Rules.Status(mine.brief.World(), rule, whole)
		}
		verdict = judged(verdict, status)
		p.counts[i].add(s.waived(mine, rule, r, status))
	})
	mine.judged[verdict]++
	if waits {
		mine.waiting = append(mine.waiting, waiting[At]{plan: p, at: at, account: mine.accountOf(r), isOpen: isOpen})
	}
	return failed
}

// seek notes texts by which joins find something from the resource that waits next.
func (mine *share[At]) seek(texts []string) {
	for _, text := range texts {
		mine.names = append(mine.names, nameOf{maphash.String(mine.seed, text), int32(len(mine.waiting))})
	}
}

func (mine *share[At]) accountOf(r *inventory.Resource) int32 {
	i := slices.Index(mine.accounts, r.Ref.Account)
	if i < 0 {
		i = len(mine.accounts)
		mine.accounts = append(mine.accounts, strings.Clone(r.Ref.Account))
	}
	return int32(i)
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

// settle judges what had to wait. Most resources that wait are mentioned by nobody, and get
// the verdicts that were supposed; the others are judged in a world of those that mention them.
func (s *streamed[At]) settle() error {
	all, sought := s.joins()
	if len(all)+len(sought) == 0 {
		return nil
	}
	names := s.names()
	err := s.parallel(func(mine *share[At]) error {
		for typ, found := range mine.joined {
			var mentioning []At
			if sought[typ] {
				var err error
				if mentioning, err = s.mentioning(names, found); err != nil {
					return err
				}
			}
			if !all[typ] {
				found = mentioning
			}
			if err := s.addToIndex(found); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.parallel(s.judgeWaiting)
}

// joins returns the types that rules with verdicts that wait join: those of which every
// resource matters, and those of which only what mentions, or is mentioned, does.
func (s *streamed[At]) joins() (all, sought map[string]bool) {
	all, sought = map[string]bool{}, map[string]bool{}
	for i := range s.shares {
		for _, p := range s.shares[i].plans {
			for rule, waits := range p.waits {
				if !waits {
					continue
				}
				s.waiting[p.Rules[rule]] = true
				a, b := p.Joins(rule)
				for _, typ := range a {
					all[typ] = true
				}
				for _, typ := range b {
					sought[typ] = true
				}
			}
		}
	}
	return all, sought
}

// A nameTable finds resources that wait by the hash of a text.
type nameTable[At comparable] struct {
	seed maphash.Seed
	// some has a bit for each hash, found by its low bits: nearly every text is nobody's name,
	// and this says so without a search.
	some   []uint64
	hashes []uint64 // sorted
	of     []*waiting[At]
	// mentioned, of the first of equal hashes, says that all of them were marked.
	mentioned []atomic.Bool
}

func (t *nameTable[At]) bit(hash uint64) (word *uint64, bit uint64) {
	return &t.some[hash/64%uint64(len(t.some))], 1 << (hash % 64)
}

func (s *streamed[At]) names() *nameTable[At] {
	n := 0
	for i := range s.shares {
		mine := &s.shares[i]
		slices.SortFunc(mine.names, func(a, b nameOf) int { return cmp.Compare(a.hash, b.hash) })
		n += len(mine.names)
	}
	t := &nameTable[At]{
		seed: s.seed, some: make([]uint64, 1<<bits.Len(uint(n/4))),
		hashes: make([]uint64, 0, n), of: make([]*waiting[At], 0, n), mentioned: make([]atomic.Bool, n),
	}
	for len(t.hashes) < n { // merges what each worker has sorted
		var least *share[At]
		for i := range s.shares {
			if mine := &s.shares[i]; len(mine.names) > 0 && (least == nil || mine.names[0].hash < least.names[0].hash) {
				least = mine
			}
		}
		name := least.names[0]
		least.names = least.names[1:]
		word, bit := t.bit(name.hash)
		*word |= bit
		t.hashes, t.of = append(t.hashes, name.hash), append(t.of, &least.waiting[name.of])
	}
	return t
}

// mark marks the resources that wait and that a text of the resource at a place mentions,
// and reports whether there are any.
func (t *nameTable[At]) mark(text string, at At) bool {
	hash := maphash.String(t.seed, text)
	if word, bit := t.bit(hash); *word&bit == 0 {
		return false
	}
	first, found := slices.BinarySearch(t.hashes, hash)
	if !found {
		return false
	}
	if t.mentioned[first].Load() {
		return true
	}
	end := first + 1
	for end < len(t.hashes) && t.hashes[end] == hash {
		end++
	}
	if end == first+1 && t.of[first].at == at { // it holds its own name
		return false
	}
	for _, w := range t.of[first:end] { // many may have one name ("default"), and many mention it
		w.mentioned.Store(true)
	}
	t.mentioned[first].Store(true)
	return true
}

// mentioning keeps the resources that mention one that waits, or may.
func (s *streamed[At]) mentioning(names *nameTable[At], of []At) (kept []At, err error) {
	last := -1
	err = s.in.Texts(of, func(i int, text string, isUnknown bool) {
		if (names.mark(text, of[i]) || isUnknown) && i != last {
			kept, last = append(kept, of[i]), i
		}
	})
	return kept, err
}

// indexOf returns the index of the world of an account.
func (s *streamed[At]) indexOf(account string) *rules.WorldIndex {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.index[account]
	if x == nil {
		live := s.in.Snapshot()
		x = rules.NewWorldIndex(slices.Collect(maps.Keys(s.waiting)), func(typ string) string { return unreadable(live, account, typ) }, s.job.Now)
		s.index[account] = x
	}
	return x
}

func (s *streamed[At]) addToIndex(found []At) error {
	for _, at := range found {
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
		if !s.indexOf(strings.Clone(r.Ref.Account)).Add(r, again) {
			return ErrNeedsAll
		}
	}
	return nil
}

// judgeWaiting judges again what waits and is mentioned, or could be, and takes back what was
// supposed of it.
func (s *streamed[At]) judgeWaiting(mine *share[At]) error {
	type place struct {
		plan    *planned
		account int32
	}
	supposes := map[place]bool{}
	for i := range mine.waiting {
		w := &mine.waiting[i]
		x := s.indexOf(mine.accounts[w.account])
		at := place{w.plan, w.account}
		holds, known := supposes[at]
		if !known {
			holds = true
			for i, rule := range w.plan.Rules {
				holds = holds && (!w.plan.waits[i] || x.Supposes(rule, w.plan.typ))
			}
			supposes[at] = holds
		}
		if holds && !w.isOpen && !w.mentioned.Load() {
			continue
		}
		r, err := s.in.Whole(w.at)
		if err != nil {
			return err
		}
		before, after := w.plan.unjudged, w.plan.unjudged
		mine.brief.Judge(w.plan.Plan, r, func(i int, status rules.Status, supposed bool) {
			rule := w.plan.Rules[i]
			if supposed && len(s.job.Waivers) > 0 {
				status = rules.Unknown
			}
			switch {
			case len(rule.Joins) > 0 && (status == rules.Unknown || supposed):
				if status != rules.Unknown {
					before = judged(before, status)
					w.plan.counts[i].addTimes(status, -1)
				}
				status = s.job.Rules.Status(x.World(), rule, r)
				after = judged(after, status)
				w.plan.counts[i].add(s.waived(mine, rule, r, status))
				return
			case status == rules.Unknown:
				status = s.job.Rules.Status(mine.brief.World(), rule, r)
			}
			before, after = judged(before, status), judged(after, status)
		})
		mine.judged[before]--
		mine.judged[after]++
	}
	return nil
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

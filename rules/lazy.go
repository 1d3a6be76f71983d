package rules

import (
	"errors"
	"regexp"
	"runtime"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"golang.org/x/sync/errgroup"
)

// The pack that is built in has more rules than a run needs, and its tests have compiled
// every one of them: there an expression waits until the first resource of its type comes.

// later is what is still to be compiled of a rule for one type.
type later struct {
	once  sync.Once
	steps []func(*programs)
	errs  []error
}

// compileFor compiles something of a rule for one type: at once, or later.
func (f *file) compileFor(r *Rule, c *compiler, typ string, compile func(*file, *compiler, *programs)) {
	p := r.programs[typ]
	if !f.source.lazy {
		compile(f, c, p)
		return
	}
	if p.later == nil {
		p.later = &later{}
	}
	l := p.later
	l.steps = append(l.steps, func(p *programs) {
		// Another worker may compile the same rule for another type: each writes its own.
		file, compiler := *f, *c
		file.loader, compiler.rule = &loader{structs: f.structs}, &Rule{ID: r.ID}
		compile(&file, &compiler, p)
		l.errs = append(l.errs, file.errs...)
	})
}

// whenNeeded is an expression that is compiled when it is first evaluated.
func (c *compiler) whenNeeded(typ, text string, want *cel.Type) *expression {
	return &expression{plan: sync.OnceValues(func() (cel.Program, error) {
		whole, _, err := c.compile(typ, text, want)
		if err != nil {
			return nil, err
		}
		return whole.plan()
	})}
}

// program returns the compiled expressions for a resource type. An error means that the
// rule does not compile, which only a rule of the built-in pack can hide for so long.
func (r *Rule) program(typ string) (*programs, error) {
	p := r.programs[typ]
	if p == nil {
		p = r.programs["*"]
	}
	if p.later == nil {
		return p, nil
	}
	p.later.once.Do(func() {
		for _, step := range p.later.steps {
			step(p)
		}
	})
	return p, errors.Join(p.later.errs...)
}

// Prepare compiles what is still to be compiled for resources of these types, with a worker
// per core. Judge does the same when it comes to them, one after the other: this only makes
// the first resources of a run faster.
func (s *Set) Prepare(types []string) {
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for _, typ := range types {
		for _, r := range s.byType[typ] {
			workers.Go(func() error {
				_, _ = r.program(typ) // Judge reports the error, with the resource
				return nil
			})
		}
	}
	_ = workers.Wait() // no error is returned
}

var joinCall = regexp.MustCompile(`\b(?:related|references|account)\(\s*["']([^"']+)["']\s*\)`)

// joinsIn finds the types that related(), references() and account() name, in expressions that are not
// compiled yet.
func joinsIn(texts ...map[string]string) (all []string) {
	for _, byType := range texts {
		for _, text := range byType {
			if !strings.Contains(text, `("`) && !strings.Contains(text, `('`) {
				continue // a call of any kind with a literal; the expression costs more to run
			}
			for _, m := range joinCall.FindAllStringSubmatch(text, -1) {
				all = append(all, m[1])
			}
		}
	}
	return all
}

// pattern is a regular expression that is compiled when it is first needed: a run needs few.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

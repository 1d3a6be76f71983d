package declared

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Options are what the user says besides the files.
type Options struct {
	// Parameters are values for the parameters of pcf.yaml files and templates. They win
	// over values in a `from:` and over defaults.
	Parameters map[string]string
	// App, Environment and Version own what stands in files that name no app themselves.
	App, Environment, Version string
	// Account, Region, Partition and StackName are the values of the pseudo parameters
	// (AWS::AccountId, …) when they are known; empty ones stay unknown.
	Account, Region, Partition, StackName string
	// Now is the clock of judgement.
	Now time.Time
}

// Read reads every declaration that the paths lead to: files, directories (walked,
// .gitignore respected) and globs. It returns an error only when the request itself
// cannot be understood (a path that does not exist, a glob that matches nothing) or
// when ctx ends. Whatever is wrong inside a file becomes a Fault of the Declaration, and
// the other files are still read.
//
// The result depends on the files and options alone: apps and snapshots in the order of
// their files, particles in the order in which they are written, everything else
// sorted. Reading changes nothing; it may be called concurrently.
func Read(ctx context.Context, paths []string, opt Options) (*inventory.Declaration, error) {
	r := &reading{
		opt: opt, decl: &inventory.Declaration{}, seen: map[string]int{}, parsed: map[string]*parsedFile{},
		claimed: map[string]bool{}, parameters: map[string]bool{}, owners: map[identity]inventory.Position{},
	}
	if err := r.walk(ctx, paths); err != nil {
		return nil, err
	}
	var files []*parsedFile
	for _, s := range r.sources {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("read declarations: %w", ctx.Err())
		}
		if f := r.open(s); f != nil {
			files = append(files, f)
		}
	}
	// What claims other files goes first, so that a template that an app reads as its own
	// is not read a second time as a stranger.
	inner := r.claimNested(files)
	for _, turn := range []func(*format) bool{
		func(f *format) bool { return f == appFormat },
		func(f *format) bool { return f != appFormat && f.first },
		func(f *format) bool { return !f.first },
	} {
		for _, f := range files {
			if ctx.Err() != nil {
				return nil, fmt.Errorf("read declarations: %w", ctx.Err())
			}
			r.readFile(f, func(format *format) bool { return turn(format) && !r.claimed[f.key] })
		}
	}
	for _, f := range files { // those whose nesting stack is not deployed, or which nest each other
		r.readFile(f, func(*format) bool { return inner[f.key] && !slices.Contains(r.decl.Files, f.path) })
	}
	r.checkTerraform()
	r.checkParameters()
	return r.finish(), nil
}

// readFile reads the documents of a file whose format is wanted.
func (r *reading) readFile(f *parsedFile, wanted func(*format) bool) {
	for _, d := range f.docs {
		if format := r.formatOf(d); format != nil && wanted(format) {
			format.read(r, d)
		}
	}
}

// reading is the state of one call of Read.
type reading struct {
	opt     Options
	decl    *inventory.Declaration
	sources []source
	seen    map[string]int         // index of sources, by real path
	parsed  map[string]*parsedFile // by real path
	claimed map[string]bool        // files that are part of an app, by real path

	parameters map[string]bool // the names that some file declares
	owners     map[identity]inventory.Position
	apps       map[identity]*inventory.App
	stacks     int      // nested stacks that were opened
	terraform  []string // .tf files
	plans      []string // Terraform plans and states
}

// identity names a particle of an app version; without particle, the app version.
type identity struct{ app, environment, version, particle string }

// A parsedFile is a file with its documents, or with the reason why it has none.
type parsedFile struct {
	path  string
	key   string // real path
	docs  []*document
	fault *inventory.Fault
	// snapshot is set instead of docs when the file is one.
	snapshot *inventory.Snapshot
	// mayBeOurs is false when a fault does not matter unless the file was asked for by name.
	mayBeOurs bool
}

func (r *reading) fault(at inventory.Position, message, hint string) {
	r.decl.Faults = append(r.decl.Faults, inventory.Fault{Position: at, Message: message, Hint: hint})
}

func (r *reading) warn(at inventory.Position, message, hint string) {
	r.decl.Warnings = append(r.decl.Warnings, inventory.Fault{Position: at, Message: message, Hint: hint})
}

// use notes that a document is read, and says its mistakes.
func (r *reading) use(d *document) {
	r.decl.Files = append(r.decl.Files, d.file)
	r.decl.Faults = append(r.decl.Faults, d.faults...)
}

// open reads one source. Snapshots and Terraform files are dealt with at once; of the
// others it returns the documents that some format claims, and nil when there are none.
func (r *reading) open(s source) *parsedFile {
	if isTerraform(s.path) {
		r.terraform = append(r.terraform, s.path)
		return nil
	}
	f := r.parse(s.path)
	if f.snapshot != nil {
		r.decl.Snapshots = append(r.decl.Snapshots, f.snapshot)
		r.decl.Files = append(r.decl.Files, s.path)
		return nil
	}
	if f.fault != nil {
		if s.named || f.mayBeOurs {
			r.decl.Faults = append(r.decl.Faults, *f.fault)
		}
		return nil
	}
	if s.named && len(f.docs) == 0 {
		r.fault(inventory.Position{File: s.path}, "the file is empty", expected())
	}
	for _, d := range f.docs {
		if r.formatOf(d) != nil {
			continue
		}
		if meant := lookalike(d); meant != nil {
			r.decl.Faults = append(r.decl.Faults, *meant)
		} else if s.named {
			r.fault(d.at(d.root), "this is no file that pcf-scan reads", expected())
		}
	}
	return f
}

// formatOf recognises a document. A file that is called pcf.yaml and is nothing else is
// taken for an app, so that a missing key is told instead of the file being passed over.
func (r *reading) formatOf(d *document) *format {
	if f := recognise(d); f != nil {
		return f
	}
	switch filepath.Base(d.file) {
	case "pcf.yaml", "pcf.yml":
		if d.root.kind == mapNode {
			return appFormat
		}
	}
	return nil
}

// parse reads a file, once: as a snapshot when it begins like one, else as documents.
func (r *reading) parse(path string) *parsedFile {
	key := realPath(path)
	if f, done := r.parsed[key]; done {
		return f
	}
	f := &parsedFile{path: path, key: key, mayBeOurs: true}
	r.parsed[key] = f
	if err := f.read(); err != nil {
		fault := asFault(path, err)
		f.fault = &fault
	}
	return f
}

func (f *parsedFile) read() error {
	file, err := Open(f.path)
	if err != nil {
		return fmt.Errorf("read file: %s", cause(err))
	}
	defer file.Close()
	start := make([]byte, 64<<10)
	n, err := io.ReadFull(file, start)
	if err != nil && n == 0 && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read file: %s", cause(err))
	}
	all := io.MultiReader(bytes.NewReader(start[:n]), file)
	if isSnapshotStart(start[:n]) {
		return f.readSnapshot(all)
	}
	if strings.EqualFold(filepath.Ext(f.path), ".jsonl") {
		f.mayBeOurs = false
		return inventory.Fault{
			Position: inventory.Position{File: f.path, Line: 1, Column: 1},
			Message:  "this is no snapshot",
			Hint:     "the first line of a JSONL snapshot holds schemaVersion and scope",
		}
	}
	data, err := io.ReadAll(io.LimitReader(all, maxJSON+1))
	switch {
	case err != nil:
		return fmt.Errorf("read file: %s", cause(err))
	case len(data) > maxJSON:
		return fmt.Errorf("the file is larger than %d MiB", maxJSON>>20)
	}
	f.docs, f.fault = parse(f.path, data)
	if f.fault == nil && len(f.docs) == 1 && isSnapshotRoot(f.docs[0].root) {
		f.docs = nil
		return f.readSnapshot(bytes.NewReader(data))
	}
	// Nobody can tell what malformed YAML or JSON was meant to be; but a .template may be
	// one of any language, unless it speaks of AWS.
	f.mayBeOurs = !strings.EqualFold(filepath.Ext(f.path), ".template") || bytes.Contains(data, []byte("AWS::"))
	return nil
}

// readSnapshot reads the file as a snapshot. The saved result of another command (check,
// drift), which holds no resources, only matters when somebody asks for it by name.
func (f *parsedFile) readSnapshot(in io.Reader) error {
	s, err := readSnapshot(in, f.path)
	if err != nil {
		f.mayBeOurs = s.resources || !s.isResult
		return err
	}
	f.snapshot = s.snapshot
	return nil
}

// asFault turns an error about a file into a fault, keeping its place when it has one.
func asFault(path string, err error) inventory.Fault {
	if f, ok := errors.AsType[inventory.Fault](err); ok {
		return f
	}
	return inventory.Fault{Position: inventory.Position{File: path}, Message: err.Error()}
}

// standAlone is the home of a document that names no app: the user's --app, or an app
// without name that holds this file alone.
func (r *reading) standAlone(d *document) *home {
	app := &inventory.App{Name: r.opt.App, Environment: r.opt.Environment, File: d.file, Position: d.at(d.root)}
	if app.Name != "" {
		app.Version = r.opt.Version
	}
	return &home{app: app, stack: r.opt.StackName, manage: defaultManage()}
}

func defaultManage() []inventory.Verb { return []inventory.Verb{inventory.Observe, inventory.Tag} }

// stem is the name of a file without its endings: it stands for the stack that nobody
// named.
func stem(path string) string {
	base := filepath.Base(path)
	for _, ext := range []string{filepath.Ext(base), ".template"} {
		if s := strings.TrimSuffix(base, ext); s != "" {
			base = s
		}
	}
	return base
}

// addApp adds an app with its particles. Several files may declare one app version as
// long as they agree about it and no particle stands in two of them.
func (r *reading) addApp(a *inventory.App) {
	if a.Name == "" {
		r.decl.Apps = append(r.decl.Apps, a)
		return
	}
	kept := a.Particles[:0]
	for _, p := range a.Particles {
		id := identity{a.Name, a.Environment, a.Version, p.Name}
		if first, taken := r.owners[id]; taken {
			r.fault(p.Resource.Position, fmt.Sprintf("particle %s of %s is declared twice; first at %s", p.Name, appLabel(a), first),
				"rename one of them, or give the files different versions or environments")
			continue
		}
		r.owners[id] = p.Resource.Position
		kept = append(kept, p)
	}
	a.Particles = kept
	id := identity{a.Name, a.Environment, a.Version, ""}
	if r.apps == nil {
		r.apps = map[identity]*inventory.App{}
	}
	first, known := r.apps[id]
	if !known {
		r.apps[id] = a
		r.decl.Apps = append(r.decl.Apps, a)
		return
	}
	if !first.Retired.Equal(a.Retired) {
		r.fault(a.Position, fmt.Sprintf("%s is also declared in %s, and the two differ in `retired:`", appLabel(a), first.File),
			"write the same tombstone in both, or in neither")
	}
	first.Owner = cmp.Or(first.Owner, a.Owner)
	first.Incomplete = cmp.Or(first.Incomplete, a.Incomplete)
	first.Particles = append(first.Particles, a.Particles...)
	for _, t := range a.Targets {
		if !slices.Contains(first.Targets, t) {
			first.Targets = append(first.Targets, t)
		}
	}
	for _, in := range a.Inputs {
		same := func(o *inventory.Input) bool { return o.Name == in.Name && o.Type == in.Type && o.ID == in.ID }
		if !slices.ContainsFunc(first.Inputs, same) {
			first.Inputs = append(first.Inputs, in)
		}
	}
}

// appLabel names an app version for people.
func appLabel(a *inventory.App) string {
	label := strings.TrimSpace("app " + a.Name + " " + a.Version)
	if a.Environment != "" {
		label += " (" + a.Environment + ")"
	}
	return label
}

// incomplete notes that an app may have more particles than were read, and why.
func (r *reading) incomplete(a *inventory.App, file, why string) {
	a.Incomplete = cmp.Or(a.Incomplete, why)
	g := inventory.Gap{File: file, Reason: inventory.Unsupported, Message: why}
	if a.Name != "" {
		g.App, g.AppVersion = a.Name, a.Version
	}
	r.decl.Gaps = append(r.decl.Gaps, g)
}

// checkParameters refuses parameters that no file declares: most likely the name is
// misspelt, and the value would be lost in silence.
func (r *reading) checkParameters() {
	declared := slices.Sorted(maps.Keys(r.parameters))
	for _, name := range slices.Sorted(maps.Keys(r.opt.Parameters)) {
		if !r.parameters[name] {
			r.fault(inventory.Position{}, fmt.Sprintf("parameter %s has a value, but no file declares it", name), didYouMean(name, declared))
		}
	}
}

// finish sorts what has no order of its own.
func (r *reading) finish() *inventory.Declaration {
	d := r.decl
	slices.Sort(d.Files)
	d.Files = slices.Compact(d.Files)
	slices.SortStableFunc(d.Gaps, inventory.CompareGaps)
	d.Gaps = slices.Compact(d.Gaps)
	for _, faults := range []*[]inventory.Fault{&d.Faults, &d.Warnings} {
		slices.SortStableFunc(*faults, compareFaults)
		*faults = slices.Compact(*faults)
	}
	return d
}

func compareFaults(a, b inventory.Fault) int {
	return cmp.Or(
		cmp.Compare(a.Position.File, b.Position.File), cmp.Compare(a.Position.Line, b.Position.Line),
		cmp.Compare(a.Position.Column, b.Position.Column), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Hint, b.Hint),
	)
}

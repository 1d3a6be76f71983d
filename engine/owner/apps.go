package owner

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// place is an app in one environment: the unit that a declaration or the register knows.
type place struct{ app, environment string }

func (p place) String() string {
	if p.environment == "" {
		return p.app
	}
	return p.app + " (" + p.environment + ")"
}

// version is one version of an app in one environment. Several files may declare it.
type version struct {
	place
	number     string
	status     status
	why        string                         // the sentence that decided the status
	particles  []*inventory.Particle          // in declaration order
	byName     map[string]*inventory.Particle // see particle
	declared   bool
	retired    bool   // every file that declares it carries a tombstone in force
	incomplete string // why particles may be missing; empty when it was read completely
}

func (v *version) String() string {
	return strings.TrimSpace(v.app+" "+v.number) + environmentSuffix(v.environment)
}

func environmentSuffix(environment string) string {
	if environment == "" {
		return ""
	}
	return " (" + environment + ")"
}

func (v *version) particle(name string) *inventory.Particle {
	if v.byName == nil {
		v.byName = map[string]*inventory.Particle{}
		for _, p := range slices.Backward(v.particles) { // of two the first stays
			v.byName[p.Name] = p
		}
	}
	return v.byName[name]
}

type status int

const (
	neither status = iota // the app is known, and this version is not said to live or to have ended
	active
	retired
)

type versionKey struct {
	place
	number string
}

// apps answers what the declared side knows of an app: which versions are alive, which
// have ended, and whether that is all there is to know.
type apps struct {
	now      time.Time
	register *inventory.Register
	versions map[versionKey]*version
	byPlace  map[place][]*version
	// missing holds apps of which an active version's declaration was not found, with the
	// sentence that says so. An environment of "" stands for all of them.
	missing map[place]string
	// incomplete says why some file may declare what nobody read; empty when all was read.
	incomplete string
	gaps       []inventory.Gap
	appNames   []string // see names
}

func readApps(d *inventory.Declaration, now time.Time) *apps {
	a := &apps{
		now: now, register: d.Register,
		versions: map[versionKey]*version{}, byPlace: map[place][]*version{}, missing: map[place]string{},
	}
	for _, app := range d.Apps {
		a.add(app)
	}
	for _, f := range d.Faults {
		a.note(fmt.Sprintf("a declared file has a mistake (%s), so not everything that is declared is known", placeOf(f.Position)))
	}
	for _, g := range d.Gaps {
		switch {
		case g.App != "":
			a.missing[place{app: g.App}] = fmt.Sprintf("the declaration of %s could not be read", strings.TrimSpace(g.App+" "+g.AppVersion))
		default:
			a.note(fmt.Sprintf("%s could not be read as a declaration, so not everything that is declared is known", placeOf(inventory.Position{File: g.File})))
		}
	}
	for _, v := range a.versions {
		v.status, v.why = a.judge(v.place, v.number)
	}
	a.findMissing(d.Gaps)
	return a
}

// note keeps the sentence that sorts first: the answer must not depend on file order.
func (a *apps) note(sentence string) {
	if a.incomplete == "" || sentence < a.incomplete {
		a.incomplete = sentence
	}
}

func placeOf(p inventory.Position) string {
	if s := p.String(); s != "" {
		return s
	}
	return "an input"
}

func (a *apps) add(app *inventory.App) {
	key := versionKey{place{app.Name, app.Environment}, app.Version}
	v := a.versions[key]
	if v == nil {
		v = &version{place: key.place, number: key.number, declared: true, retired: true}
		a.versions[key] = v
		a.byPlace[key.place] = append(a.byPlace[key.place], v)
	}
	v.particles = append(v.particles, app.Particles...)
	// A version that two files declare has ended only when both say so.
	v.retired = v.retired && app.RetiredAt(a.now)
	if app.Incomplete != "" && (v.incomplete == "" || app.Incomplete < v.incomplete) {
		v.incomplete = app.Incomplete
	}
}

// registered returns what the register says of an app in an environment. An entry without
// an environment speaks for all of them.
func (a *apps) registered(p place) (inventory.RegisteredApp, bool) {
	if a.register == nil || p.app == "" {
		return inventory.RegisteredApp{}, false
	}
	r, ok := a.register.Apps[p.app]
	return r, ok && (r.Environment == "" || r.Environment == p.environment)
}

// judge decides whether a version lives. The register is the authority where it speaks of
// the app; else every declared version lives that carries no tombstone in force. A date
// in the future changes nothing yet.
func (a *apps) judge(p place, number string) (status, string) {
	v := a.versions[versionKey{p, number}]
	name := (&version{place: p, number: number}).String()
	inForce := func(t time.Time) bool { return !t.IsZero() && !t.After(a.now) }
	if r, ok := a.registered(p); ok {
		at, dated := r.Retired[number]
		switch {
		case inForce(r.RetiredAll):
			return retired, fmt.Sprintf("the register retires %s since %s", p, day(r.RetiredAll))
		case dated && inForce(at):
			return retired, fmt.Sprintf("the register retires %s since %s", name, day(at))
		case dated || slices.Contains(r.Active, number):
			return active, fmt.Sprintf("the register has %s as active", name)
		case v != nil && v.retired:
			return retired, fmt.Sprintf("its declaration retires %s", name)
		case len(r.Active) > 0:
			return neither, fmt.Sprintf("the register names other versions of %s as active, and does not retire %s", p, number)
		}
	}
	switch {
	case v == nil:
		return neither, fmt.Sprintf("nothing declares %s, and nothing retires it", name)
	case v.retired && p.app != "":
		return retired, fmt.Sprintf("its declaration retires %s", name)
	}
	return active, fmt.Sprintf("%s is declared", name)
}

func day(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// registeredActive reports whether the register itself says that a version lives, whoever
// declares it.
func (a *apps) registeredActive(p place, number string) bool {
	r, ok := a.registered(p)
	if _, dated := r.Retired[number]; !ok || !dated && !slices.Contains(r.Active, number) {
		return false
	}
	state, _ := a.judge(p, number)
	return state == active
}

// known reports whether a declaration or the register speaks of the app there.
func (a *apps) known(p place) bool {
	_, ok := a.registered(p)
	return ok || len(a.byPlace[p]) > 0
}

// wholeAppEnded reports whether the register ends all versions of an app: then no file
// that was not read can bring one of them back.
func (a *apps) wholeAppEnded(p place) bool {
	r, ok := a.registered(p)
	return ok && !r.RetiredAll.IsZero() && !r.RetiredAll.After(a.now)
}

// absent says which active version of the app was not found; empty when all were.
func (a *apps) absent(p place) string {
	if s := a.missing[p]; s != "" {
		return s
	}
	return a.missing[place{app: p.app}]
}

// doubt says why a living version of the app might declare more than is known; empty when
// all living versions were read completely.
func (a *apps) doubt(p place) string {
	if a.wholeAppEnded(p) {
		return ""
	}
	why := a.incomplete
	for _, v := range a.byPlace[p] {
		if v.status == active && v.incomplete != "" {
			if s := fmt.Sprintf("the declaration of %s is not complete: %s", v, v.incomplete); why == "" || s < why {
				why = s
			}
		}
	}
	return why
}

// activeWith returns the active versions of the app that declare a particle of the name.
func (a *apps) activeWith(p place, particle string) []*inventory.Particle {
	var found []*inventory.Particle
	for _, v := range a.byPlace[p] {
		if v.status == active {
			if x := v.particle(particle); x != nil {
				found = append(found, x)
			}
		}
	}
	slices.SortFunc(found, compareParticles)
	return found
}

// declaredTypes returns the types that a particle is declared with: in its own version
// where that declares it, else in any version of the app.
func (a *apps) declaredTypes(p place, number, particle string) []string {
	if v := a.versions[versionKey{p, number}]; v != nil {
		if x := v.particle(particle); x != nil {
			return []string{x.Resource.Ref.Type}
		}
	}
	var types []string
	for _, v := range a.byPlace[p] {
		if x := v.particle(particle); x != nil {
			types = append(types, x.Resource.Ref.Type)
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// findMissing makes a gap of every version of the register that lives, and be it until a day to
// come, and that nothing declares.
func (a *apps) findMissing(have []inventory.Gap) {
	if a.register == nil {
		return
	}
	for name, r := range a.register.Apps {
		numbers := slices.AppendSeq(slices.Clone(r.Active), maps.Keys(r.Retired))
		slices.Sort(numbers)
		for _, number := range slices.Compact(numbers) {
			if s, _ := a.judge(place{name, r.Environment}, number); s != active || a.declares(name, r.Environment, number) {
				continue
			}
			of := &version{place: place{name, r.Environment}, number: number}
			a.missing[of.place] = fmt.Sprintf("the register has %s as active, and its declaration was not found", of)
			if !slices.ContainsFunc(have, func(g inventory.Gap) bool { return g.App == name && g.AppVersion == number }) {
				a.gaps = append(a.gaps, inventory.Gap{
					App: name, AppVersion: number, File: a.register.File, Reason: inventory.Failed,
					Message: fmt.Sprintf("the register has %s as active, and no declaration of it was found: pass its file with --declared, or retire it in the register", of),
				})
			}
		}
	}
	slices.SortFunc(a.gaps, inventory.CompareGaps)
}

func (a *apps) declares(app, environment, number string) bool {
	if environment != "" {
		return a.versions[versionKey{place{app, environment}, number}] != nil
	}
	for key := range a.versions {
		if key.app == app && key.number == number {
			return true
		}
	}
	return false
}

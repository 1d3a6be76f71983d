package engine

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// App is one version of an app in one environment: what it declares, what it owns and leaves
// behind, and which other apps it leans on without saying so.
type App struct {
	App         string `json:"app"`
	Environment string `json:"environment,omitempty"`
	Version     string `json:"appVersion"`
	// Declared counts its particles; a version that only tags name has none.
	Declared int `json:"declared"`
	// Retired is set when its own declaration has ended it.
	Retired bool `json:"retired,omitempty"`
	// ByClass counts its live resources by ownership class, ByType those that it owns by type.
	ByClass map[string]int `json:"byClass"`
	ByType  map[string]int `json:"byType"`
	// Undeclared are references from what it owns to what another app owns and is not named
	// among its inputs: the other app can't go without breaking this one, and nobody said so.
	Undeclared []Dependency `json:"undeclaredDependencies,omitempty"`
}

// Dependency is a reference from a resource of one app to a resource of another.
type Dependency struct {
	From Place  `json:"from"`
	Path string `json:"path,omitempty"` // the property that refers
	To   Place  `json:"to"`
	// App, Environment and Version own To.
	App         string `json:"app"`
	Environment string `json:"environment,omitempty"`
	Version     string `json:"appVersion,omitempty"`
}

// appKey is the identity of an App.
type appKey struct{ app, environment, version string }

func (k appKey) compare(o appKey) int {
	return cmp.Or(cmp.Compare(k.app, o.app), cmp.Compare(k.environment, o.environment), cmp.Compare(k.version, o.version))
}

// appsOf lists the apps that the job is about, sorted by name, environment and version.
func appsOf(job Job, declaration *inventory.Declaration, owned *owner.Result) []App {
	apps := map[appKey]*App{}
	of := func(app, environment, version string) *App {
		k := appKey{app, environment, version}
		if apps[k] == nil {
			apps[k] = &App{App: app, Environment: environment, Version: version, ByClass: map[string]int{}, ByType: map[string]int{}}
		}
		return apps[k]
	}
	for _, a := range declaration.Apps {
		if a.Name != "" && job.wants(a.Name, a.Environment) {
			app := of(a.Name, a.Environment, a.Version)
			app.Declared += len(a.Particles)
			app.Retired = a.RetiredAt(job.Now)
		}
	}
	owners := map[inventory.Ref]*owner.Attribution{}
	for _, a := range owned.Attributions {
		owners[a.Resource.Ref] = a
		if a.App == "" || !job.wants(a.App, a.Environment) {
			continue
		}
		app := of(a.App, a.Environment, a.Version)
		app.ByClass[string(a.Class)]++
		if a.Class == owner.Owned {
			app.ByType[a.Resource.Ref.Type]++
		}
	}
	type use struct {
		app, environment string
		ref              inventory.Ref
	}
	inputs := map[use]bool{}
	for _, p := range owned.Pairs {
		if p.Input {
			for _, l := range p.Live {
				inputs[use{p.Particle.App, p.Particle.Environment, l.Ref}] = true
			}
		}
	}
	for _, a := range owned.Attributions {
		if a.Class != owner.Owned || a.App == "" || !job.wants(a.App, a.Environment) {
			continue
		}
		for _, relation := range a.Resource.Relations {
			to := owners[relation.To]
			if to == nil || to.Class != owner.Owned || to.App == "" || to.App == a.App && to.Environment == a.Environment || inputs[use{a.App, a.Environment, relation.To}] {
				continue
			}
			app := of(a.App, a.Environment, a.Version)
			app.Undeclared = append(app.Undeclared, Dependency{
				From: placeOf(a.Resource, ""), Path: relation.Path, To: placeOf(to.Resource, ""),
				App: to.App, Environment: to.Environment, Version: to.Version,
			})
		}
	}
	list := make([]App, 0, len(apps))
	for _, k := range slices.SortedFunc(maps.Keys(apps), appKey.compare) {
		list = append(list, *apps[k])
	}
	return list
}

package reports

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/pcf-scan/pcf-scan/engine"
)

// appHas says what an app version has in the account, by class of ownership.
func appHas(a engine.App) string {
	total := 0
	for _, n := range a.ByClass {
		total += n
	}
	text := counts(total, a.ByClass, classNames())
	if a.Retired {
		text += "; retired"
	}
	return text + plus(len(a.Undeclared), "undeclared dependency", "undeclared dependencies")
}

// dependencies says what an app leans on without naming it among its inputs.
func dependencies(names liveNames, a engine.App) []string {
	var lines []string
	for _, d := range a.Undeclared {
		text := names.place(d.From)
		if d.Path != "" {
			text += " at " + d.Path
		}
		lines = append(lines, text+" refers to "+names.place(d.To)+ownerSuffix(d.App, d.Version, d.Environment))
	}
	return lines
}

func (p *page) apps(r *engine.Result) {
	if len(r.Apps) == 0 {
		return
	}
	p.heading("", "APPS: %s", count(len(r.Apps), "version", "versions"))
	var rows [][]string
	for _, a := range r.Apps {
		rows = append(rows, []string{"  " + ownerOf(a.App, a.Version, a.Environment), strconv.Itoa(a.Declared), appHas(a)})
	}
	p.columns([]string{"  APP", "DECLARED", "RESOURCES"}, rows)
	for _, a := range r.Apps {
		for _, line := range dependencies(p.names, a) {
			p.say("", "  undeclared: %s %s", ownerOf(a.App, a.Version, a.Environment), line)
		}
	}
}

func (c *comment) apps(r *engine.Result) {
	names := namesOf(r)
	c.list(fmt.Sprintf("### Apps: %d\n\n", len(r.Apps)), inTheOpen, len(r.Apps), "app version", "app versions", func(i int) string {
		a := r.Apps[i]
		var notes []string
		for _, line := range dependencies(names, a) {
			notes = append(notes, "undeclared: "+code(line))
		}
		return fmt.Sprintf("%s declares %d, has %s", code(ownerOf(a.App, a.Version, a.Environment)), a.Declared, appHas(a)) + details(notes, nil)
	})
}

func appList(r *engine.Result) *htmlList {
	names := namesOf(r)
	number := func(name, class string) column[engine.App] {
		return one(name, asCell, func(a engine.App) string { return strconv.Itoa(a.ByClass[class]) })
	}
	return fill(&htmlList{ID: "apps", Title: "Apps", Intro: "What each version of an app declares and has in the accounts.", One: "app version", Many: "app versions"}, r.Apps,
		one("app", asCell, func(a engine.App) string { return a.App }).filtered(),
		one("environment", asCell, func(a engine.App) string { return a.Environment }).filtered(),
		one("version", asCell, func(a engine.App) string { return a.Version }),
		one("declared", asCell, func(a engine.App) string { return strconv.Itoa(a.Declared) }),
		number("owned", "owned"), number("stale", "stale-version"), number("orphaned", "orphan"),
		one("resources", asText, appHas),
		several("owned by type", asDetail, func(a engine.App) []string {
			var lines []string
			for typ, n := range a.ByType {
				lines = append(lines, fmt.Sprintf("%s: %d", typ, n))
			}
			slices.Sort(lines)
			return lines
		}),
		several("undeclared dependencies", asDetail, func(a engine.App) []string { return dependencies(names, a) }),
	)
}

package main

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/rules"
)

// markdownCatalogue writes the rules as a page: by service, then by control. The page of
// the built-in rules is docs/rules-catalogue.md, and a test keeps it true.
func markdownCatalogue(set *rules.Set) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# The catalogue of rules\n\n%d rules. This page is what `pcf-scan rules list --format markdown` prints; "+
		"`pcf-scan rules show ID` prints a rule with its cases, and `docs/rules.md` teaches the language.\n", len(set.Rules()))
	sections := map[string][]*rules.Rule{}
	var order []string
	for _, r := range set.Rules() {
		name := path.Base(path.Dir(r.Source))
		if sections[name] == nil {
			order = append(order, name)
		}
		sections[name] = append(sections[name], r)
	}
	slices.Sort(order)
	for _, name := range order {
		fmt.Fprintf(&b, "\n## %s\n\n| rule | severity | what is true of a compliant resource | judges | needs |\n|---|---|---|---|---|\n", name)
		for _, r := range sections[name] {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", r.ID, r.Severity, cell(r.Title), cell(typeList(r.Types)), r.Scope)
		}
	}
	for _, f := range set.Frameworks() {
		controls := f.Controls
		if len(controls) == 0 { // it publishes no list
			controls = controlsOf(set, f.Name)
		}
		var rows []string
		for _, c := range controls {
			var ids []string
			for _, r := range set.Covering(f.Name, c.ID) {
				ids = append(ids, "`"+r.ID+"`")
			}
			if len(ids) > 0 {
				rows = append(rows, fmt.Sprintf("| %s | %s | %s |\n", c.ID, cell(c.Title), strings.Join(ids, " ")))
			}
		}
		if len(rows) == 0 {
			continue
		}
		of := fmt.Sprintf("%d controls are answered.", len(rows))
		if len(f.Controls) > 0 {
			of = fmt.Sprintf("%d of the %d controls that are known here are answered.", len(rows), len(f.Controls))
		}
		fmt.Fprintf(&b, "\n## Controls: %s (`%s`)\n\n%s\n\n| control | what it asks for | rules |\n|---|---|---|\n%s", f.Title, f.Name, of, strings.Join(rows, ""))
	}
	return b.String()
}

func controlsOf(set *rules.Set, framework string) (all []rules.Control) {
	for _, r := range set.Rules() {
		for _, id := range r.Controls[framework] {
			if c := (rules.Control{ID: id}); !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	slices.SortFunc(all, func(a, b rules.Control) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// typeList names a few types, and counts many: a rule may judge every type of a service.
func typeList(types []string) string {
	if len(types) > 6 {
		return fmt.Sprintf("%s and %d more", types[0], len(types)-1)
	}
	return strings.Join(types, ", ")
}

func cell(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(oneLine(s), "|", `\|`), "*", `\*`)
}

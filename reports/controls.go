package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/engine"
)

// controls lists the controls of each framework that was asked for, all of them: one by one
// what is open, and by name what is not. A control that no rule answers is said to be not
// covered, never to pass.
func (c *comment) controls(r *engine.Result) {
	byFramework := map[string][]engine.ControlCount{}
	for _, control := range r.Controls {
		byFramework[control.Framework] = append(byFramework[control.Framework], control)
	}
	for _, framework := range slices.Sorted(maps.Keys(byFramework)) {
		byStatus := map[string][]engine.ControlCount{}
		for _, control := range byFramework[framework] {
			byStatus[control.Status] = append(byStatus[control.Status], control)
		}
		open := slices.Concat(byStatus["fail"], byStatus["error"], byStatus["unknown"])
		heading := fmt.Sprintf("### Controls of %s: %d\n\n", code(framework), len(byFramework[framework]))
		if len(open) == 0 {
			c.say("%s", heading)
		}
		c.list(heading, inTheOpen, len(open), "control", "controls", func(i int) string {
			o := open[i]
			text := fmt.Sprintf("**%s** %s: %d fail, %d unknown, %d pass", o.Status, code(strings.TrimSpace(o.ID+" "+o.Title)), o.Fail, o.Unknown+o.Error, o.Pass)
			if o.Waived > 0 {
				text += fmt.Sprintf(", %d waived", o.Waived)
			}
			return text + ", by " + code(strings.Join(o.Rules, " "))
		})
		for _, rest := range []struct{ status, text string }{
			{"waived", "Accepted by a waiver"},
			{"pass", "Pass"},
			{"idle", "Nothing there to judge"},
			{"none", "Not covered, no rule of this run answers them"},
		} {
			var ids, partly []string
			for _, control := range byStatus[rest.status] {
				if control.Incomplete && rest.status == "pass" {
					partly = append(partly, control.ID)
				} else {
					ids = append(ids, control.ID)
				}
			}
			c.names(rest.text, ids)
			c.names(rest.text+" where it could be looked, and there are gaps", partly)
		}
	}
}

// names lists ids in one line, as far as there is room.
func (c *comment) names(heading string, ids []string) {
	if len(ids) == 0 {
		return
	}
	text := fmt.Sprintf("%s (%d): %s\n\n", heading, len(ids), spans(ids))
	if c.text.Len()+len(text) > c.room {
		c.leave(len(ids), "control", "controls")
		return
	}
	c.say("%s", text)
}

// spans quotes each id.
func spans(ids []string) string {
	quoted := make([]string, len(ids))
	for i, id := range ids {
		quoted[i] = code(id)
	}
	return strings.Join(quoted, " ")
}

// appendix says of each rule that answers a control what was asked, in which version of the
// rule, and of how many resources.
func (c *comment) appendix(r *engine.Result) {
	var asked []engine.RuleCount
	for _, rule := range r.Rules {
		if rule.Evidence != nil {
			asked = append(asked, rule)
		}
	}
	c.list("### Evidence: the rules as they were judged\n\n", 0, len(asked), "rule", "rules", func(i int) string {
		rule := asked[i]
		notes := []string{
			"version " + code(rule.Evidence.Digest) + ", of " + code(strings.Join(rule.Evidence.Types, " ")),
			fmt.Sprintf("judged %d: %d fail, %d unknown, %d pass, %d waived; not concerned %d",
				rule.Fail+rule.Unknown+rule.Error+rule.Pass+rule.Waived, rule.Fail, rule.Unknown+rule.Error, rule.Pass, rule.Waived, rule.Skip),
		}
		for _, line := range ruleText(rule.Evidence) {
			notes = append(notes, code(line))
		}
		return code(rule.ID) + " " + code(cmp.Or(rule.Title, rule.ID)) + details(notes, nil)
	})
}

// ruleText writes the expressions and parameters of a rule, a line each.
func ruleText(e *engine.Evidence) (lines []string) {
	for _, part := range []struct {
		name  string
		texts map[string]string
	}{{"when", e.When}, {"check", e.Check}} {
		for _, typ := range slices.Sorted(maps.Keys(part.texts)) {
			name := part.name
			if typ != "" {
				name += " of " + typ
			}
			lines = append(lines, name+": "+strings.Join(strings.Fields(part.texts[typ]), " "))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Params)) {
		lines = append(lines, fmt.Sprintf("params.%s: %v", name, e.Params[name]))
	}
	return lines
}

package rules

import (
	"bufio"
	"cmp"
	"embed"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

//go:embed frameworks
var frameworkFiles embed.FS

// A Framework is a catalogue of controls that somebody published: a rule says which of
// them it answers. The catalogues are data, one file each in the directory frameworks; a
// user's own stand beside the user's rules in files named NAME.framework.yaml.
type Framework struct {
	Name, Title string
	// Complete says that the list is known to be whole. The others name where they come from
	// and that they may lag behind.
	Complete bool
	Controls []Control // in the order of the file

	titles map[string]string // by id
	// ids, where it is set, is what an id looks like in a framework that publishes no list.
	ids *regexp.Regexp
}

// A Control is one entry of a framework. The title is empty where the id says it all.
type Control struct{ ID, Title string }

// Names are what a control's framework answers to: its name, and where its ids begin with the
// version of a benchmark ("3.0:2.1.1") also that version of it ("cis-aws:3.0").
func Names(framework, control string) []string {
	if version, _, ok := strings.Cut(control, ":"); ok {
		return []string{framework, framework + ":" + version}
	}
	return []string{framework}
}

// frameworks are the names of all frameworks whose controls the rule answers.
func (r *Rule) frameworks() (names []string) {
	for framework, ids := range r.Controls {
		for _, id := range ids {
			names = append(names, Names(framework, id)...)
		}
	}
	return names
}

// cfnNag are the rules of cfn_nag, so that templates that suppress them there are
// understood. It has no list of controls.
const cfnNag = "cfn-nag"

// Frameworks returns the frameworks that are built in, sorted by name. The caller must not
// change them.
func Frameworks() []*Framework {
	return sortedFrameworks(builtinFrameworks())
}

// Frameworks returns the frameworks that the rules of the set may name, those of the
// user's files included, sorted by name.
func (s *Set) Frameworks() []*Framework { return sortedFrameworks(s.frameworks) }

// Covering returns the rules of the set that answer a control, sorted by id.
func (s *Set) Covering(framework, control string) []*Rule {
	var all []*Rule
	for _, r := range s.rules {
		if slices.Contains(r.Controls[framework], control) {
			all = append(all, r)
		}
	}
	return all
}

func sortedFrameworks(byName map[string]*Framework) []*Framework {
	return slices.SortedFunc(maps.Values(byName), func(a, b *Framework) int { return cmp.Compare(a.Name, b.Name) })
}

// Has reports whether the framework knows a control.
func (f *Framework) Has(id string) bool {
	_, ok := f.titles[id]
	return ok || f.ids != nil && f.ids.MatchString(id)
}

func (f *Framework) add(id, title string) {
	if _, known := f.titles[id]; !known {
		f.Controls = append(f.Controls, Control{id, title})
		f.titles[id] = title
	}
}

// builtinFrameworks reads the embedded files, which are YAML of the simplest kind: one
// entry a line. A YAML parser would spend ten milliseconds on them at every start; a test
// holds the two readings to be the same.
var builtinFrameworks = sync.OnceValue(readFrameworks)

func readFrameworks() map[string]*Framework {
	all := map[string]*Framework{
		cfnNag: {Name: cfnNag, Title: "cfn_nag", ids: regexp.MustCompile(`^[FW][0-9]+$`)},
	}
	entries, _ := frameworkFiles.ReadDir("frameworks") // embedded: cannot fail
	for _, e := range entries {
		file, err := frameworkFiles.Open(path.Join("frameworks", e.Name()))
		if err != nil {
			continue
		}
		f := &Framework{titles: map[string]string{}}
		for lines := bufio.NewScanner(file); lines.Scan(); {
			key, value, ok := strings.Cut(lines.Text(), ":")
			if quoted, rest, is := strings.Cut(strings.TrimPrefix(lines.Text(), `  "`), `":`); is && strings.HasPrefix(lines.Text(), `  "`) {
				key, value = "  "+quoted, rest
			}
			if !ok || strings.HasPrefix(key, "#") {
				continue
			}
			value = strings.TrimSpace(value)
			if strings.HasPrefix(value, `"`) {
				value, _ = strconv.Unquote(value) // a test reads them all
			}
			switch id, isControl := strings.CutPrefix(key, "  "); {
			case isControl:
				f.add(id, value)
			case key == "name":
				f.Name = value
			case key == "title":
				f.Title = value
			case key == "complete":
				f.Complete = value == "true"
			}
		}
		all[f.Name] = f
	}
	return all
}

// frameworkSuffix ends the name of a file that holds a framework, not a rule.
const frameworkSuffix = ".framework.yaml"

// framework reads a user's framework. One with the name of a known framework adds controls
// to that: the lists of others grow faster than programs are released.
func (f *file) framework(n *yaml.Node) {
	keys := f.object(n, "a framework", "name", "title", "complete", "controls")
	name := f.text(keys["name"], "name")
	if !kebab.MatchString(name) {
		f.fail(cmp.Or(keys["name"], n), fmt.Sprintf("a framework needs a name in kebab case, not %q", name), "")
		return
	}
	if keys["controls"] == nil {
		f.fail(n, `a framework needs the key "controls": id: title`, "")
		return
	}
	merged := &Framework{Name: name, Title: name, titles: map[string]string{}}
	if old := f.frameworks[name]; old != nil {
		merged.Title, merged.Complete, merged.Controls = old.Title, old.Complete, slices.Clone(old.Controls)
		merged.titles, merged.ids = maps.Clone(old.titles), old.ids
		if merged.titles == nil {
			merged.titles = map[string]string{}
		}
	}
	if title := keys["title"]; title != nil {
		merged.Title = f.text(title, "title")
	}
	if complete := keys["complete"]; complete != nil {
		merged.Complete = choice(f, complete, "value of complete", "false", "true") == "true"
	}
	f.object(keys["controls"], "controls") // a key that stands twice
	for i := 0; i+1 < len(keys["controls"].Content); i += 2 {
		id, title := keys["controls"].Content[i], keys["controls"].Content[i+1]
		if title.ShortTag() == "!!null" {
			merged.add(id.Value, "")
		} else {
			merged.add(id.Value, f.text(title, "the title of a control"))
		}
	}
	f.frameworks[name] = merged
}

// controls reads which controls a rule answers. An id that its framework does not know is
// a mistake: it would count for nothing.
func (f *file) controls(r *Rule, n *yaml.Node) {
	if n == nil {
		return
	}
	known := slices.Sorted(maps.Keys(f.frameworks))
	byFramework := f.object(n, "controls")
	r.Controls = map[string][]string{}
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		name := n.Content[i].Value
		framework := f.frameworks[name]
		if framework == nil {
			message, meant := fmt.Sprintf("controls has no key %q", name), schema.Suggest(name, known)
			if meant == "" {
				message += fmt.Sprintf(": no framework has this name; one of your own is a file %s%s beside the rules", name, frameworkSuffix)
			}
			f.fail(n.Content[i], message, meant)
			continue
		}
		ids, nodes := f.texts(byFramework[name], "controls of "+name)
		for i, id := range ids {
			switch {
			case slices.Contains(ids[:i], id):
				f.fail(nodes[i], fmt.Sprintf("control %q of %s stands twice", id, name), "")
			case framework.Has(id):
			case framework.Complete || framework.ids != nil:
				f.fail(nodes[i], fmt.Sprintf("%q is no control of %s", id, name), framework.suggest(id))
			default:
				f.fail(nodes[i], fmt.Sprintf("%q is no control of %s that is known here; if it is new, add it in a file %s%s", id, name, name, frameworkSuffix),
					framework.suggest(id))
			}
		}
		r.Controls[name] = ids
	}
}

func (f *Framework) suggest(id string) string {
	ids := make([]string, len(f.Controls))
	for i, c := range f.Controls {
		ids[i] = c.ID
	}
	return schema.Suggest(id, ids)
}

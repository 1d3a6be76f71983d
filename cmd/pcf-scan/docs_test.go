package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v3"

	"github.com/pcf-scan/pcf-scan/rules"
)

// example is a block of code on a page: fenced with its language, or indented without one.
type example struct {
	page string
	line int
	lang string // "indented" for an indented block
	text string
}

var fence = regexp.MustCompile("^( *)```(.*)$")

// examplesOf finds every block of code of a Markdown page. A fenced block without a language is
// a drawing.
func examplesOf(page, text string) (all []example) {
	lines := strings.Split(text, "\n")
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	for i := 0; i < len(lines); i++ {
		begin := i + 1
		var block []string
		if m := fence.FindStringSubmatch(lines[i]); m != nil {
			for i++; i < len(lines) && !fence.MatchString(lines[i]); i++ {
				block = append(block, strings.TrimPrefix(lines[i], m[1]))
			}
			all = append(all, example{page, begin, m[2], strings.Join(block, "\n") + "\n"})
			continue
		}
		if indent(lines[i]) < 4 || strings.TrimSpace(lines[i]) == "" || i > 0 && strings.TrimSpace(lines[i-1]) != "" && !strings.HasPrefix(lines[i-1], "<!--") {
			continue
		}
		margin := lines[i][:indent(lines[i])]
		for ; i < len(lines) && (strings.HasPrefix(lines[i], margin) || strings.TrimSpace(lines[i]) == ""); i++ {
			block = append(block, strings.TrimPrefix(lines[i], margin))
		}
		all = append(all, example{page, begin, "indented", strings.TrimRight(strings.Join(block, "\n"), "\n") + "\n"})
		i--
	}
	return all
}

// parses holds a command line to the real commands and flags, without doing anything.
func parses(args []string) error {
	app := newApp(new(int), io.Discard, io.Discard)
	nothing := func(*cli.Context) error { return nil }
	for _, c := range app.Commands {
		if len(c.Subcommands) == 0 {
			c.Action = nothing
		}
		for _, s := range c.Subcommands {
			s.Action = nothing
		}
	}
	return app.RunContext(context.Background(), permute(app, append([]string{"pcf-scan"}, args...)))
}

var (
	assigned   = regexp.MustCompile(`^[A-Z_]+=`)
	exitBehind = regexp.MustCompile(` # exit (\d+)$`)
)

// tokens splits a line as a shell does, up to the end of the first command.
func tokens(line string) (all []string) {
	var word strings.Builder
	in, quote := false, rune(0)
	flush := func() {
		if in {
			all = append(all, word.String())
		}
		word.Reset()
		in = false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, in = r, true
		case r == ' ':
			flush()
		case strings.ContainsRune("|>;&#", r) && !in:
			return all
		default:
			word.WriteRune(r)
			in = true
		}
	}
	flush()
	return all
}

// invocation returns the arguments of pcf-scan in a line; nil where the line does not call it.
// In front of it may stand assignments, and a container engine with flags of its own.
func invocation(line string) []string {
	words := tokens(line)
	for len(words) > 0 && assigned.MatchString(words[0]) {
		words = words[1:]
	}
	for i, w := range words {
		if filepath.Base(w) == "pcf-scan" && (i == 0 || words[0] == "podman" && words[1] == "run") {
			return words[i+1:]
		}
	}
	return nil
}

// docs is what the pages hold, counted: nothing is left out in silence.
type docs struct {
	t      *testing.T
	counts map[string]int
	live   string // the recorded account, in place of AWS
}

func (d *docs) count(what string) { d.counts[what]++ }

// TestDocs runs every command of the pages, or holds it to the real flags where it needs what
// a test has not (AWS, a container engine, a CI service), reads every file that they show, and
// says how many of each there were.
func TestDocs(t *testing.T) {
	base, err := filepath.Abs(root)
	require.NoError(t, err)
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(base, name))
		require.NoError(t, err)
		return string(text)
	}
	pages, err := filepath.Glob(filepath.Join(base, "docs", "*.md"))
	require.NoError(t, err)
	d := &docs{t, map[string]int{}, "snapshot:" + filepath.Join(base, "testdata/demo/account.json")}
	for _, page := range append(pages, filepath.Join(base, "README.md")) {
		name, err := filepath.Rel(base, page)
		require.NoError(t, err)
		t.Run(name, func(t *testing.T) {
			d.t = t
			text := read(name)
			d.prose(name, text)
			d.world(base, name)
			for _, e := range examplesOf(name, text) {
				d.example(base, e)
			}
		})
	}
	d.t = t
	for _, what := range []string{"commands run", "commands parsed", "YAML files", "timetables", "words of the prose"} {
		assert.NotZero(t, d.counts[what], what)
	}
	t.Log(d.counts)
}

// worlds are the files that the reader of a page has: by page, where a thing of this repository
// stands there. A page that runs no command, or brings its own files, needs none.
var worlds = map[string]map[string]string{
	"README.md":               {"path/to/apps": "testdata/demo/apps"},
	"docs/cookbook.md":        {"apps": "testdata/demo/apps", "waivers.yaml": "testdata/demo/waivers.yaml"},
	"docs/reports.md":         {"apps": "testdata/demo/apps", "waivers.yaml": "testdata/demo/waivers.yaml"},
	"docs/acting.md":          {"apps": "testdata/demo/apps", "account.json": "testdata/demo/account.json"},
	"docs/history.md":         {"apps": "testdata/demo/apps"},
	"docs/pcf-definitions.md": {"infra": "inventory/declared/testdata/pcf"},
}

// world makes the directory that a page speaks of.
func (d *docs) world(base, page string) {
	t := d.t
	enter(t, map[string]string{".git/HEAD": "", "path/to/stack.yaml": contractFiles["stack.yaml"], "infrastructure/stack.yaml": contractFiles["stack.yaml"]})
	for there, here := range worlds[page] {
		here = filepath.Join(base, here)
		if info, err := os.Stat(here); err == nil && info.IsDir() {
			require.NoError(t, os.CopyFS(there, os.DirFS(here)))
			continue
		}
		text, err := os.ReadFile(here)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(there, text, 0o600))
	}
}

func (d *docs) example(base string, e example) {
	t := d.t
	at := fmt.Sprintf("%s:%d", e.page, e.line)
	var node yaml.Node
	isYAML := e.lang == "yaml" || e.lang == "indented" && yaml.Unmarshal([]byte(e.text), &node) == nil && len(node.Content) == 1 && node.Content[0].Kind == yaml.MappingNode
	switch {
	case e.lang == "":
		d.count("drawings")
	case isYAML:
		d.yamlFile(base, at, e.text)
	case e.lang == "indented" && strings.HasPrefix(e.text, "pcf-scan scan, 2026-"):
		d.demo(base, at, e.text)
	case e.lang == "sh" && strings.HasPrefix(e.text, "#!"):
		name := regexp.MustCompile(`\n# (\S+\.sh): `).FindStringSubmatch(e.text)
		require.NotNil(t, name, "%s: a script says its name in its second line", at)
		require.NoError(t, os.WriteFile(name[1], []byte(e.text), 0o700))
		for line := range strings.SplitSeq(e.text, "\n") {
			if args := invocation(strings.TrimSpace(line)); args != nil {
				require.NoError(t, parses(args), "%s: %s", at, line)
				d.count("commands parsed")
			}
		}
	case e.lang == "sh" || e.lang == "indented":
		for line := range strings.SplitSeq(strings.ReplaceAll(e.text, "\\\n", " "), "\n") {
			if strings.TrimSpace(line) != "" {
				d.command(base, at, strings.TrimSpace(line))
			}
		}
	case e.lang == "crontab":
		d.crontab(at, e.text)
	case e.lang == "systemd":
		d.unit(at, e.text)
	default:
		assert.Fail(t, "nobody tests this example", "%s: language %q", at, e.lang)
	}
}

// command runs a line, or says why it cannot and holds it to the flags.
func (d *docs) command(base, at, line string) {
	t := d.t
	words := tokens(line)
	args := invocation(line)
	switch {
	case strings.HasPrefix(at, "docs/rules.md:"):
		require.NotNil(t, args, "%s: %s", at, line)
		assert.NoError(t, parses(args), "%s: %s", at, line)
		d.count("commands run by TestRulesPage")
	case words[0] == "make":
		makefile, err := os.ReadFile(filepath.Join(base, "Makefile"))
		require.NoError(t, err)
		for _, target := range words[1:] {
			assert.Contains(t, string(makefile), "\n"+target+":", at)
		}
		d.count("make targets")
	case words[0] == "go":
		i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "./") })
		require.Positive(t, i, "%s: %s", at, line)
		assert.DirExists(t, filepath.Join(base, words[i]), at)
		d.count("go commands")
	case words[0] == "podman" && words[1] == "build":
		assert.FileExists(t, filepath.Join(base, words[slices.Index(words, "-f")+1]), at)
		d.count("container builds")
	case args != nil && (words[0] == "podman" || strings.HasSuffix(line, "# needs AWS")):
		assert.NoError(t, parses(args), "%s: %s", at, line)
		d.count("commands parsed")
	case args != nil || words[0] == "bash" || words[0] == "cp":
		if args != nil {
			assert.NoError(t, parses(args), "%s: %s", at, line)
		}
		stdout, stderr, code := shell(t, strings.ReplaceAll(line, "bin/pcf-scan", "pcf-scan"), "PCF_SCAN_LIVE="+d.live)
		why := fmt.Sprintf("%s: %s\n%s%s", at, line, stdout, stderr)
		if m := exitBehind.FindStringSubmatch(line); m != nil || strings.Contains(at, "cookbook") {
			want := 0
			if m != nil {
				want, _ = strconv.Atoi(m[1])
			}
			assert.Equal(t, want, code, why)
		} else { // the page does not say what stands in the files of its reader
			assert.Contains(t, []int{0, 1, 3}, code, why)
		}
		d.count("commands run")
	default:
		assert.Fail(t, "nobody tests this line", "%s: %s", at, line)
	}
}

// yamlFile reads a file that a page shows with what it is for.
func (d *docs) yamlFile(base, at, text string) {
	t := d.t
	d.count("YAML files")
	var document map[string]any
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		var list []any
		require.NoError(t, yaml.Unmarshal([]byte(text), &list), at)
	}
	name := regexp.MustCompile(`^# (\S+\.ya?ml)\b`).FindStringSubmatch(text)
	if name != nil {
		require.NoError(t, os.MkdirAll(filepath.Dir(name[1]), 0o700))
		require.NoError(t, os.WriteFile(name[1], []byte(text), 0o600))
	}
	switch {
	case strings.HasPrefix(at, "docs/rules.md:"):
		d.count("files read by TestRulesPage")
	case document["waivers"] != nil && document["declared"] == nil:
		file := filepath.Join(t.TempDir(), "waivers.yaml")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		waivers, err := rules.ReadWaivers(file)
		assert.NoError(t, err, at)
		assert.NotEmpty(t, waivers, at)
	case document["particles"] != nil:
		file := filepath.Join(t.TempDir(), "pcf.yaml")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		stdout, stderr, code := call(t, "check", file)
		assert.NotEqual(t, 2, code, "%s\n%s%s", at, stdout, stderr)
	case document["Metadata"] != nil: // a part of a resource in a template
		file := filepath.Join(t.TempDir(), "template.yaml")
		lines := strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ")
		body := strings.Replace(contractFiles["stack.yaml"], "    Properties:", "    "+lines+"\n    Properties:", 1)
		require.NoError(t, os.WriteFile(file, []byte(body), 0o600))
		stdout, stderr, code := call(t, "check", file, "--rule", "restricted-ssh", "--now", contractClock)
		assert.Zero(t, code, "%s: the suppression covers the finding\n%s%s", at, stdout, stderr)
	case document["jobs"] != nil:
		d.workflow(base, at, text)
	case document["include"] != nil || document["gate"] != nil:
		template, err := os.ReadFile(filepath.Join(base, "deploy/gitlab-ci.yml"))
		require.NoError(t, err)
		assert.Contains(t, string(template), fmt.Sprint("\n", document["gate"].(map[string]any)["extends"], ":\n"), at)
		for variable := range document["variables"].(map[string]any) {
			assert.Contains(t, string(template), "$"+variable, at)
		}
	case document["repos"] != nil:
		hooks, err := os.ReadFile(filepath.Join(base, ".pre-commit-hooks.yaml"))
		require.NoError(t, err)
		for _, repo := range document["repos"].([]any) {
			for _, hook := range repo.(map[string]any)["hooks"].([]any) {
				assert.Contains(t, string(hooks), fmt.Sprintf("- id: %v\n", hook.(map[string]any)["id"]), at)
			}
		}
	case document["kind"] == "CronJob":
		d.cronJob(at, text)
	default: // a settings file or a list of accounts: the commands of the page read it
		require.NotNil(t, name, "%s: nobody reads this file", at)
		assert.Contains(t, []string{configName, "accounts.yaml"}, name[1], at)
	}
}

// workflow holds a GitHub workflow that uses our action to the inputs that it has.
func (d *docs) workflow(base, at, text string) {
	t := d.t
	var w struct {
		Jobs map[string]struct {
			Steps []struct {
				Uses string
				With map[string]string
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &w), at)
	action := readAction(t, base)
	uses := 0
	for _, job := range w.Jobs {
		for _, step := range job.Steps {
			if !strings.HasPrefix(step.Uses, "pcf-scan/pcf-scan@") {
				continue
			}
			uses++
			for input := range step.With {
				assert.Contains(t, action.Inputs, input, at)
			}
			assert.NoError(t, parses(append([]string{"check"}, strings.Fields(step.With["arguments"])...)), at)
		}
	}
	assert.Positive(t, uses, at)
}

func (d *docs) crontab(at, text string) {
	t := d.t
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if assigned.MatchString(line) {
			continue
		}
		fields := strings.SplitN(line, " ", 6)
		require.Len(t, fields, 6, at)
		for _, f := range fields[:5] {
			assert.Regexp(t, `^[0-9*,/-]+$`, f, at)
		}
		assert.NotRegexp(t, `[^\\]%`, fields[5], "%s: a bare %% ends the command", at)
		args := invocation(strings.ReplaceAll(fields[5], "$(date ", "$(date_"))
		require.NotNil(t, args, at)
		assert.NoError(t, parses(args), at)
		d.count("timetables")
		d.count("commands parsed")
	}
}

func (d *docs) unit(at, text string) {
	t := d.t
	section, known := "", map[string]string{"Unit": "", "Service": "", "Timer": "", "Install": ""}
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
			assert.Contains(t, known, section, at)
		default:
			key, value, ok := strings.Cut(line, "=")
			assert.True(t, ok && section != "", "%s: %s", at, line)
			switch key {
			case "ExecStart":
				args := invocation(value)
				require.NotNil(t, args, at)
				assert.NoError(t, parses(args), at)
				assert.True(t, filepath.IsAbs(strings.Fields(value)[0]), at)
				d.count("commands parsed")
			case "SuccessExitStatus":
				assert.Equal(t, "1", value, "%s: findings are no failure of the unit, everything else is", at)
			}
		}
	}
	assert.NotEmpty(t, section, at)
	d.count("timetables")
}

func (d *docs) cronJob(at, text string) {
	t := d.t
	var job struct {
		Spec struct {
			Schedule    string
			JobTemplate struct {
				Spec struct {
					Template struct {
						Spec struct {
							Containers []struct {
								Name string
								Args []string
								Env  []struct{ Name string }
							}
						}
					}
				}
			} `yaml:"jobTemplate"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &job), at)
	assert.Len(t, strings.Fields(job.Spec.Schedule), 5, at)
	containers := job.Spec.JobTemplate.Spec.Template.Spec.Containers
	require.Len(t, containers, 1, at)
	assert.NoError(t, parses(containers[0].Args), at)
	known := map[string]bool{}
	for _, command := range leaves() {
		for _, f := range command.flags {
			known[envOf(f.Names()[0])[0]] = true
		}
	}
	for _, e := range containers[0].Env {
		assert.True(t, known[e.Name], "%s: %s sets no flag", at, e.Name)
	}
	d.count("timetables")
	d.count("commands parsed")
}

// demo holds the output that the page shows, in which "..." stands for left out lines, to what
// the program prints.
func (d *docs) demo(base, at, text string) {
	t := d.t
	here, err := os.Getwd()
	require.NoError(t, err)
	require.NoError(t, os.Chdir(base)) // the output names files as they are seen from there
	defer func() { require.NoError(t, os.Chdir(here)) }()
	stdout, stderr, _ := call(t, words("scan --live snapshot:testdata/demo/account.json --declared testdata/demo/apps --waivers testdata/demo/waivers.yaml --now %s", contractClock)...)
	require.NotEmpty(t, stdout, stderr)
	rest := strings.Split(stdout, "\n")
	for line := range strings.SplitSeq(text, "\n") {
		if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed == "..." || strings.HasPrefix(trimmed, "(exit code") {
			continue
		}
		i := slices.Index(rest, line)
		if !assert.GreaterOrEqual(t, i, 0, "%s shows a line that the demo does not print here: %q", at, line) {
			return
		}
		rest = rest[i+1:]
	}
	d.count("outputs")
}

var (
	inlineCode = regexp.MustCompile("`([^`\n]+)`")
	flagWord   = regexp.MustCompile(`(?:^|\s)--?([a-z][a-z-]*)`)
)

// prose holds what a page says in passing to what there is: each `pcf-scan command --flag` and
// each `--flag`.
func (d *docs) prose(page, text string) {
	t := d.t
	has := map[string]map[string]bool{"": {"version": true, "help": true}}
	for _, command := range leaves() {
		first, _, _ := strings.Cut(command.name, " ")
		for _, name := range []string{command.name, first} {
			if has[name] == nil {
				has[name] = map[string]bool{"help": true}
			}
			for _, f := range command.flags {
				for _, n := range f.Names() {
					has[name][n], has[""][n] = true, true
				}
			}
		}
	}
	for _, m := range inlineCode.FindAllStringSubmatch(text, -1) {
		code := m[1]
		command := ""
		if rest, ok := strings.CutPrefix(strings.TrimPrefix(code, "bin/"), "pcf-scan "); ok {
			words := strings.Fields(rest)
			command = words[0]
			if len(words) > 1 && has[command+" "+words[1]] != nil {
				command += " " + words[1]
			}
			if !assert.NotNil(t, has[command], "%s: `%s`: no such command", page, code) {
				continue
			}
		} else if !strings.HasPrefix(code, "--") {
			continue
		}
		d.count("words of the prose")
		for _, f := range flagWord.FindAllStringSubmatch(code, -1) {
			assert.True(t, has[command][f[1]], "%s: `%s`: there is no flag --%s", page, code, f[1])
		}
	}
}

// TestDocsFindsMistakes: the finder sees what it must see.
func TestDocsFindsMistakes(t *testing.T) {
	page := "# A page\n\ntext\n\n    pcf-scan check a.yaml\n    pcf-scan chekc\n\n* item\n\n      key: value\n\n```sh\npcf-scan scan \\\n  --fromat json\n```\n"
	found := examplesOf("page", page)
	require.Len(t, found, 3)
	assert.Equal(t, []string{"pcf-scan check a.yaml\npcf-scan chekc\n", "key: value\n", "pcf-scan scan \\\n  --fromat json\n"}, []string{found[0].text, found[1].text, found[2].text})
	assert.NoError(t, parses(words("check a.yaml --format json")))
	assert.Error(t, parses(words("chekc a.yaml")))
	assert.Error(t, parses(words("scan --fromat json")))
	assert.Error(t, parses(words("rules shw")))
	assert.Error(t, parses(words("scan --timeout soon")))
	assert.Equal(t, words("check /src"), invocation(`podman run --rm -v "$PWD:/src:ro" pcf-scan check /src`))
	assert.Equal(t, []string{"scan", "--rule", "s3-*"}, invocation(`AWS_PROFILE=a bin/pcf-scan scan --rule 's3-*' >x 2>&1`))
	assert.Nil(t, invocation("podman build -t pcf-scan ."))
}

type action struct {
	Inputs  map[string]struct{ Default string }
	Outputs map[string]any
	Runs    struct {
		Steps []struct {
			ID, Run string
			Env     map[string]string
		}
	}
}

func readAction(t *testing.T, base string) (a action) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(base, "action.yml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &a))
	return a
}

// TestAction runs the script of the GitHub action as GitHub does, with the inputs in its
// environment.
func TestAction(t *testing.T) {
	base, err := filepath.Abs(root)
	require.NoError(t, err)
	a := readAction(t, base)
	rows := []struct {
		why, path, arguments string
		code                 int
	}{
		{"findings stop the job", "stack.yaml", "--rule=restricted-ssh", 1},
		{"none do not", "clean.yaml", "--rule=restricted-ssh", 0},
		{"more than one path and flag", "clean.yaml\nstack.yaml\n", "--rule=restricted-ssh\n--fail-on=critical\n", 0},
		{"a wrong flag is a mistake", "clean.yaml", "--fial-on=high", 2},
		{"nothing to judge is one as well", "empty", "", 2},
		{"an input is no code", "$(touch broken-in)", "", 2},
	}
	for _, row := range rows {
		enter(t, contractFiles)
		self, err := os.Executable()
		require.NoError(t, err)
		require.NoError(t, os.Symlink(self, "pcf-scan"))
		ran := false
		for _, step := range a.Runs.Steps {
			if step.ID != "check" {
				continue
			}
			ran = true
			env := []string{"RUNNER_TEMP=.", "GITHUB_OUTPUT=output", "GITHUB_STEP_SUMMARY=summary"}
			for name, value := range step.Env {
				input := regexp.MustCompile(`^\$\{\{ inputs\.(\w+) \}\}$`).FindStringSubmatch(value)
				require.NotNil(t, input, value)
				require.Contains(t, a.Inputs, input[1])
				switch value := a.Inputs[input[1]].Default; input[1] {
				case "path":
					env = append(env, name+"="+row.path)
				case "arguments":
					env = append(env, name+"="+row.arguments)
				default:
					env = append(env, name+"="+value)
				}
			}
			stdout, stderr, code := shell(t, "set -eo pipefail\n"+step.Run, env...)
			assert.Equal(t, row.code, code, "%s\n%s%s", row.why, stdout, stderr)
			output, err := os.ReadFile("output")
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprintf("exit-code=%d\n", row.code), string(output))
			if code == 1 {
				assert.Contains(t, stdout, "::error file=stack.yaml,line=")
				assert.FileExists(t, a.Inputs["sarif"].Default)
				assert.FileExists(t, "summary")
			}
			assert.NoFileExists(t, "broken-in")
		}
		assert.True(t, ran)
	}
}

// TestTemplates runs what the GitLab template and the pre-commit hook run.
func TestTemplates(t *testing.T) {
	base, err := filepath.Abs(root)
	require.NoError(t, err)
	var gitlab map[string]struct {
		Variables map[string]string
		Script    []string
		Artifacts struct {
			Paths   []string
			Reports map[string]string
		}
	}
	text, err := os.ReadFile(filepath.Join(base, "deploy/gitlab-ci.yml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &gitlab))
	job := gitlab[".pcf-scan"]
	enter(t, map[string]string{".git/HEAD": "", "stack.yaml": contractFiles["stack.yaml"]})
	env := []string{"SCANNER_IMAGE=registry/pcf-scan"} // GitLab gives every variable to the job
	for name, value := range job.Variables {
		env = append(env, name+"="+value)
	}
	_, stderr, code := shell(t, strings.Join(job.Script, "\n"), env...)
	assert.Equal(t, 1, code, stderr)
	assert.Empty(t, stderr, "the template's own variables are no mistakes")
	for _, file := range append(job.Artifacts.Paths, job.Artifacts.Reports["junit"]) {
		assert.FileExists(t, file)
	}

	var hooks []struct {
		Entry string
		Args  []string
		Files string
	}
	text, err = os.ReadFile(filepath.Join(base, ".pre-commit-hooks.yaml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &hooks))
	for _, hook := range hooks {
		enter(t, map[string]string{".git/HEAD": "", "stack.yaml": contractFiles["stack.yaml"]})
		_, stderr, code := shell(t, hook.Entry+" "+strings.Join(hook.Args, " "))
		assert.Equal(t, 1, code, stderr)
		assert.Regexp(t, hook.Files, "infrastructure/stack.yaml")
		assert.NotRegexp(t, hook.Files, "main.go")
	}

	text, err = os.ReadFile(filepath.Join(base, "deploy/Containerfile"))
	require.NoError(t, err)
	commands := 0
	for line := range strings.SplitSeq(string(text), "\n") {
		if comment, ok := strings.CutPrefix(line, "#   "); ok {
			if args := invocation(comment); args != nil {
				assert.NoError(t, parses(args), line)
				commands++
			}
		}
	}
	assert.Positive(t, commands)
}

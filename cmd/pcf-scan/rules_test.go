package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/rules"
)

var updateCatalogue = flag.Bool("update", false, "write docs/rules-catalogue.md")

// TestCatalogue keeps the page of the built-in rules true: -update writes it.
func TestCatalogue(t *testing.T) {
	set, err := rules.Builtin()
	require.NoError(t, err)
	const page = "../../docs/rules-catalogue.md"
	want := markdownCatalogue(set)
	if *updateCatalogue {
		require.NoError(t, os.WriteFile(page, []byte(want), 0o600))
	}
	got, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Equal(t, want, string(got), "write it anew: go test ./cmd/pcf-scan -run TestCatalogue -update")
}

var fenced = regexp.MustCompile("(?s)\n```(yaml|sh)\n(.*?)\n```")

// TestRulesPage runs what docs/rules.md shows: each rule is loaded, its cases pass and
// linting has nothing to ask; a rule that is shown as refused is refused with those words;
// each command ends with the exit code that is written behind it.
func TestRulesPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/rules.md")
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	name := regexp.MustCompile(`^# (\S+\.yaml)(?: \(refused: (.*)\))?\n`)
	examples, commands := 0, 0
	for _, block := range fenced.FindAllStringSubmatch(string(page), -1) {
		if block[1] == "sh" {
			for line := range strings.SplitSeq(block[2], "\n") {
				runLine(t, line)
				commands++
			}
			continue
		}
		file := name.FindStringSubmatch(block[2])
		require.NotNil(t, file, "a YAML example begins with the name of its file: %s", block[2])
		require.NoError(t, os.MkdirAll(filepath.Dir(file[1]), 0o700))
		require.NoError(t, os.WriteFile(file[1], []byte(block[2]), 0o600))
		if !strings.Contains(block[2], "\ncases:") {
			continue // a template, or a framework
		}
		examples++
		set, err := rules.LoadOnly(file[1])
		if strings.HasPrefix(file[1], "rules/") {
			set, err = rules.LoadOnly("rules")
		}
		if file[2] != "" {
			assert.ErrorContains(t, err, file[2])
			continue
		}
		if !assert.NoError(t, err) {
			continue
		}
		for _, r := range set.Test() {
			assert.True(t, r.OK, "%s: %s: want %s, got %s: %s", file[1], r.Case, r.Want, r.Got, r.Message)
		}
		assert.Empty(t, set.Lint())
	}
	assert.Greater(t, examples, 9)
	assert.Greater(t, commands, 9)
	for check := range rules.Lints {
		assert.Contains(t, string(page), "`"+check+"`", "the page names every remark")
	}
}

// runLine runs a command of a page, with its output in a file where the line says so.
func runLine(t *testing.T, line string) {
	t.Helper()
	command, comment, _ := strings.Cut(line, " # exit ")
	command, file, _ := strings.Cut(command, " > ")
	want, _ := strconv.Atoi(strings.TrimSpace(comment)) // 0 where nothing is said
	var stdout, stderr bytes.Buffer
	assert.Equal(t, want, run(context.Background(), strings.Fields(command), &stdout, &stderr), "%s\n%s%s", line, stdout.String(), stderr.String())
	if file != "" {
		require.NoError(t, os.WriteFile(strings.TrimSpace(file), stdout.Bytes(), 0o600))
	}
}

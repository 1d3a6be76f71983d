package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestValuesOfAnotherKind(t *testing.T) {
	const template = "Resources: {Q: {Type: AWS::SQS::Queue}}\n"
	for _, c := range []struct {
		why      string
		args     []string
		variable [2]string
		config   string
		want     string
	}{
		{why: "a flag with a number", args: []string{"--concurrency", "x"}, want: `--concurrency "x": want a whole number`},
		{why: "a flag with a duration", args: []string{"--timeout=5"}, want: `--timeout "5": want a duration such as 30m`},
		{why: "a flag without a value", args: []string{"--strict=maybe"}, want: `--strict "maybe": want true or false`},
		{why: "the environment", variable: [2]string{"PCF_SCAN_TIMEOUT", "5"}, want: `PCF_SCAN_TIMEOUT "5": want a duration such as 30m`},
		{why: "the environment, yes and no", variable: [2]string{"PCF_SCAN_STRICT", "yes"}, want: `PCF_SCAN_STRICT "yes": want true or false`},
		{why: "the configuration", config: "strict: true\nconcurrency: x\n", want: `.pcf-scan.yaml:2: concurrency: "x": want a whole number`},
		{why: "a configuration names no other", config: "config: other.yaml\n", want: ".pcf-scan.yaml:1: a configuration file cannot name another one: give it on the command line, as --config FILE"},
		{why: "an account has twelve digits", args: []string{"--account", "abc"}, want: `"abc" is no account id (twelve digits)`},
	} {
		t.Run(c.why, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "q.yaml"), []byte(template), 0o600))
			if c.config != "" {
				require.NoError(t, os.WriteFile(filepath.Join(dir, ".pcf-scan.yaml"), []byte(c.config), 0o600))
			}
			if c.variable[0] != "" {
				t.Setenv(c.variable[0], c.variable[1])
			}
			stdout, stderr, code := call(t, append([]string{"check", "q.yaml"}, c.args...)...)
			assert.Equal(t, 2, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, c.want)
			assert.NotContains(t, stderr, "parse")
		})
	}
}

// TestFormatOfReportsInConfiguration: a format that only reports have, set once for all commands,
// stops no command that writes a list; one that it has counts, and a typing mistake is refused.
func TestFormatOfReportsInConfiguration(t *testing.T) {
	for _, c := range []struct {
		format, line string
		code         int
		want         string
	}{
		{"sarif", "types", 0, "AWS::SQS::Queue"},
		{"sarif", "rules list", 0, "access-keys-rotated"},
		{"json", "rules list", 0, `"command": "rules list"`},
		{"jason", "rules list", 2, ""},
	} {
		t.Chdir(t.TempDir())
		require.NoError(t, os.WriteFile(".pcf-scan.yaml", []byte("format: "+c.format+"\n"), 0o600))
		stdout, stderr, code := call(t, strings.Fields(c.line)...)
		assert.Equal(t, c.code, code, stderr)
		assert.Contains(t, stdout, c.want)
	}
}

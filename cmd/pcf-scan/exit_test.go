package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestExitCodes: one row for each situation and command. The order of the codes where several
// hold is 130, 2, 4, 1, 3, 0.
func TestExitCodes(t *testing.T) {
	enter(t, contractFiles)
	t.Setenv("PCF_SCAN_NOW", contractClock)
	for file, command := range map[string]string{
		"before.json": "check stack.yaml --rule restricted-ssh --format json", "unknowns.json": "check unknown.yaml --rule restricted-ssh --format json",
		"clean.json": "check clean.yaml --format json", "summary.json": "check stack.yaml --summary --format json",
		"scan.json": "scan --live snapshot:account.json --declared apps --format json",
	} {
		save(t, file, command)
	}
	rows := []struct {
		why  string
		line string // run once for each exit code that follows
		code int
	}{
		// check
		{"nothing is found", "check clean.yaml --rule restricted-*", 0},
		{"a finding", "check stack.yaml --rule restricted-ssh", 1},
		{"below the threshold", "check stack.yaml --rule restricted-ssh --fail-on critical", 0},
		{"at the threshold", "check stack.yaml --rule restricted-ssh --fail-on high", 1},
		{"no threshold", "check stack.yaml --rule restricted-ssh --fail-on none", 0},
		{"rules below the severity are not judged", "check stack.yaml --rule restricted-ssh --severity high", 1},
		{"no rule is left", "check stack.yaml --rule restricted-ssh --severity critical", 2},
		{"accepted", "check stack.yaml --rule restricted-ssh --waivers waivers.yaml", 0},
		{"accepted, for an auditor", "check stack.yaml --rule restricted-ssh --waivers waivers.yaml --no-waivers", 1},
		{"accepted until yesterday", "check stack.yaml --rule restricted-ssh --waivers waivers.yaml --now 2027-01-02T00:00:00Z", 1},
		{"known", "check stack.yaml --rule restricted-ssh --baseline before.json", 0},
		{"new", "check stack.yaml --rule restricted-ssh --baseline clean.json", 1},
		{"a baseline that lists nothing", "check stack.yaml --rule restricted-ssh --baseline summary.json", 2},
		{"not known, of a high rule", "check unknown.yaml --rule restricted-ssh", 3},
		{"a warning only", "check unknown.yaml --rule restricted-ssh --unknown warn", 0},
		{"strict counts it all the same", "check unknown.yaml --rule restricted-ssh --unknown warn --strict", 3},
		{"what would not fail does not block", "check unknown.yaml --rule restricted-ssh --fail-on critical", 0},
		{"nor with no threshold", "check unknown.yaml --rule restricted-ssh --fail-on none", 0},
		{"nor where failures are asked for", "check unknown.yaml --rule restricted-ssh --fail-on none --unknown fail", 0},
		{"strict counts it also then", "check unknown.yaml --rule restricted-ssh --fail-on none --strict", 3},
		{"an unknown verdict is no gap", "check unknown.yaml --rule restricted-ssh --allow-partial", 3},
		{"known unknowns", "check unknown.yaml --rule restricted-ssh --baseline unknowns.json", 0},
		{"not known, of a low rule", "check stack.yaml --rules rules --rule no-places", 0},
		{"counted where asked", "check stack.yaml --rules rules --rule no-places --unknown fail", 3},
		{"counted when strict", "check stack.yaml --rules rules --rule no-places --strict", 3},
		{"with the value it is a finding", "check stack.yaml --rules rules --rule no-places --region eu-west-1", 1},
		{"a finding comes before an unknown", "check stack.yaml unknown.yaml --rule restricted-ssh", 1},
		{"an unknown where the finding is accepted", "check stack.yaml unknown.yaml --rule restricted-ssh --baseline before.json", 3},
		{"malformed input", "check broken.yaml", 2},
		{"malformed input comes before a finding", "check broken.yaml stack.yaml --rule restricted-ssh", 2},
		{"and is not forgiven", "check broken.yaml clean.yaml --allow-partial --fail-on none", 2},
		{"no such file", "check none.yaml", 2},
		{"nothing to judge", "check empty", 2},
		{"nothing to judge and no threshold", "check empty --fail-on none", 2},
		{"no path", "check", 2},
		{"a rule that does not compile", "check stack.yaml --rules broken.yaml", 2},
		{"out of time", "check stack.yaml --timeout 1ns", 2},
		{"a snapshot with a gap", "check gap.json --rule restricted-ssh", 3},
		{"the gap is forgiven", "check gap.json --rule restricted-ssh --allow-partial", 0},
		{"strict and forgiven", "check gap.json --rule restricted-ssh --allow-partial --strict", 0},
		{"counted, not listed", "check stack.yaml --rule restricted-ssh --summary", 1},
		{"no place for the report", "check stack.yaml --output none/report.txt", 2},

		// the live side
		{"findings, drift", "scan --live snapshot:account.json --declared apps", 1},
		{"drift is medium, findings high", "scan --live snapshot:account.json --declared apps --rule restricted-rdp --fail-on high", 0},
		{"drift of medium severity", "scan --live snapshot:account.json --declared apps --rule restricted-rdp --fail-on medium", 1},
		{"known", "scan --live snapshot:account.json --declared apps --baseline scan.json", 0},
		{"a gap", "scan --live snapshot:gap.json --severity high", 3},
		{"a gap forgiven", "scan --live snapshot:gap.json --severity high --allow-partial", 0},
		{"a finding comes before a gap", "scan --live snapshot:gap.json --declared apps/orders.yaml --fail-on medium", 1},
		{"malformed input comes before drift", "scan --live snapshot:account.json --declared apps --declared broken.yaml", 2},
		{"a snapshot that is none", "scan --live snapshot:broken.yaml", 2},
		{"no credentials", "scan --region eu-west-1", 2},
		{"a path that is no flag", "scan apps", 2},
		{"drift", "drift --live snapshot:account.json --declared apps", 1},
		{"drift below the threshold", "drift --live snapshot:account.json --declared apps --fail-on high", 0},
		{"as declared", "drift --live snapshot:account.json --declared apps/orders.yaml --parameter Cidr=0.0.0.0/0", 0},
		{"in a gap nothing is missing", "drift --live snapshot:gap.json --declared apps/billing.yaml", 3},
		{"nothing to compare with", "drift --live snapshot:account.json", 2},
		{"nothing is declared", "drift --live snapshot:account.json --declared empty", 2},
		{"an inventory only lists", "inventory --live snapshot:account.json --declared apps", 0},
		{"an inventory with gaps", "inventory --live snapshot:gap.json", 3},
		{"forgiven", "inventory --live snapshot:gap.json --allow-partial", 0},

		// acting
		{"a plan that was not applied", "tag " + oneAccount, 1},
		{"drift that is refused is drift", "repair " + oneAccount, 1},
		{"below the threshold", "repair " + oneAccount + " --fail-on none", 0},
		{"as declared", "repair --live snapshot:account.json --account 111122223333 --declared apps/orders.yaml --parameter Cidr=0.0.0.0/0", 0},
		{"nothing to tag in a gap", "tag --live snapshot:gap.json --declared apps/billing.yaml", 3},
		{"forgiven", "tag --live snapshot:gap.json --declared apps/billing.yaml --allow-partial", 0},
		{"malformed input comes before drift", "repair " + oneAccount + " --declared broken.yaml", 2},
		{"nothing is declared", "repair --live snapshot:account.json --account 111122223333 --declared empty", 2},
		{"which of two accounts", "tag --live snapshot:account.json --declared apps", 2},
		{"no credentials to act with", "tag --declared apps", 2},
		{"a snapshot cannot be changed", "tag " + oneAccount + " --apply", 2},
		{"no such plan", "tag --live snapshot:account.json --account 111122223333 --plan none.json", 2},
		{"nobody to tell", "reap " + oneAccount + " --notify none --apply", 2},
		{"no tombstone", "reap " + oneAccount + " --app orders --grace 0", 2},
		{"too short a grace", "reap " + oneAccount + " --grace 23h", 2},
		{"a cap that is no number", "reap " + oneAccount + " --max-delete -1", 2},
		{"nothing is declared", "reap --live snapshot:account.json --account 111122223333", 2},
		{"no journal", "audit verify none.jsonl", 2},
		{"no journal at all", "audit verify stack.yaml", 1},

		// the others
		{"a saved result is drawn", "report before.json", 0},
		{"something new", "report before.json --against clean.json", 1},
		{"something new below the threshold", "report before.json --against clean.json --fail-on critical", 0},
		{"nothing new", "report before.json --against before.json", 0},
		{"no result", "report stack.yaml", 2},
		{"the cases pass", "rules test rules", 0},
		{"the cases of nothing", "rules test none", 2},
		{"remarks", "rules lint rules", 1},
		{"no such rule", "rules show none", 2},
		{"an id that is taken", "rules new restricted-ssh", 2},
		{"no such resource", "explain None stack.yaml", 2},
		{"no such type", "types AWS::None::None", 2},
		{"no purpose", "permissions", 2},
		{"types exit 0", "types", 0},
		{"no such shell", "completion tcsh", 2},
		{"no such command", "judge", 2},
		{"of a later version", "reap", 2},
		{"no such flag", "check stack.yaml --fial-on low", 2},
		{"help is no mistake", "check --help", 0},
		{"nor is nothing", "", 0},
	}
	for _, row := range rows {
		stdout, stderr, code := call(t, words("%s", row.line)...)
		assert.Equal(t, row.code, code, "%s: %s\n%s%s", row.why, row.line, stdout, stderr)
		if row.code == 2 {
			assert.NotEmpty(t, stderr, "%s: %s says why", row.why, row.line)
		}
	}
	t.Logf("%d situations", len(rows))
}

// TestMalformedAmongMany: one malformed file is exit 2, and the good ones are judged and
// reported all the same.
func TestMalformedAmongMany(t *testing.T) {
	enter(t, contractFiles)
	for i := range 20 {
		require.NoError(t, os.WriteFile(fmt.Sprintf("good-%02d.yaml", i), []byte(contractFiles["stack.yaml"]), 0o600))
	}
	stdout, stderr, code := call(t, words("check . --rule restricted-ssh --format json")...)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "broken.yaml")
	for i := range 20 {
		assert.Contains(t, stdout, fmt.Sprintf("good-%02d.yaml", i))
	}
}

// TestInterrupted: a run that is stopped exits 130, also where there are findings or mistakes.
func TestInterrupted(t *testing.T) {
	enter(t, contractFiles)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, line := range []string{
		"check stack.yaml", "check broken.yaml stack.yaml", "check stack.yaml --summary", "check account.json --summary", usual["scan"], usual["drift"], usual["inventory"], usual["tag"], usual["repair"],
		"scan --region eu-west-1",
	} {
		var stdout, stderr bytes.Buffer
		code := run(stopped, append([]string{"pcf-scan"}, words("%s", line)...), &stdout, &stderr)
		assert.Equal(t, 130, code, "%s\n%s%s", line, stdout.String(), stderr.String())
		assert.Contains(t, stderr.String(), "interrupted", line)
	}
}

// TestMisuse: what a new user does wrong is answered by what went wrong, where, and what to do;
// never by silence, another answer, or a file that took the place of something else.
func TestMisuse(t *testing.T) {
	enter(t, contractFiles)
	rows := []struct {
		why, script string
		code        int
		says        string
	}{
		{"an empty file", ": > void.yaml; pcf-scan check void.yaml", 2, "void.yaml: the file is empty"},
		{"a directory without declarations", "pcf-scan check empty", 2, "no declared resource was found; pass a pcf.yaml"},
		{"no path", "pcf-scan check", 2, "for example: pcf-scan check ."},
		{"no credentials", "pcf-scan scan --region eu-west-1", 2, "set AWS_PROFILE"},
		{"no region", "pcf-scan scan", 2, "give --region"},
		{"a profile that is not there", "AWS_PROFILE=nobody pcf-scan scan --region eu-west-1", 2, "aws configure list-profiles"},
		{"no network", "AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b HTTPS_PROXY=http://127.0.0.1:9 pcf-scan scan --region eu-west-1", 2, "check the network, the proxy settings"},
		{"a directory that is not there", "pcf-scan check stack.yaml --output reports/today.json", 2, "there is no directory reports; make it first"},
		{"a directory as the file", "pcf-scan check stack.yaml --output empty", 2, "give the name of a file in it"},
		{"a full disk", "pcf-scan check stack.yaml >/dev/full", 2, "no space left on device"},
		{"a full disk, other commands", "pcf-scan rules test rules >/dev/full", 2, "no space left on device"},
		{"a full disk, help", "pcf-scan --help >/dev/full", 2, "no space left on device"},
		{"a full disk behind a name", "pcf-scan check stack.yaml --output /dev/full", 2, "no space left on device"},
		{"a device is written to, and stays one", "pcf-scan check stack.yaml --output /dev/null; test -c /dev/null -a -c /dev/full", 0, ""},
		{"a link is written through", ": >real.json; ln -s real.json link.json; pcf-scan check stack.yaml --output json=link.json; test -L link.json && grep -q schemaVersion real.json", 0, ""},
		{"a pipe is written to", "mkfifo pipe; pcf-scan check stack.yaml --output json=pipe >/dev/null & grep -c schemaVersion <pipe", 0, ""},
		{"whoever reads may close", "pcf-scan rules list --format json --output json=all.json | head -c 1 >/dev/null; true", 0, ""},
		{"files are written although nobody reads", "pcf-scan check stack.yaml --output json=kept.json | true; test -s kept.json", 0, ""},
		{"stdout is closed", "pcf-scan check stack.yaml --rule restricted-ssh >&-", 1, ""},
	}
	for _, row := range rows {
		stdout, stderr, code := shell(t, row.script)
		assert.Equal(t, row.code, code, "%s: %s\n%s%s", row.why, row.script, stdout, stderr)
		assert.Contains(t, stderr, row.says, "%s: %s", row.why, row.script)
		for _, panicked := range []string{"panic", "goroutine", "runtime error"} {
			assert.NotContains(t, stderr, panicked, row.script)
		}
	}
}

// shell runs a line with bash, where pcf-scan is this program.
func shell(t *testing.T, script string, env ...string) (stdout, stderr string, code int) {
	t.Helper()
	bin := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(self, bin+"/pcf-scan"))
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	cmd.Env = append(os.Environ(), "PCF_SCAN_TEST_PROGRAM=1", "PATH="+bin+":"+os.Getenv("PATH"))
	cmd.Env = append(cmd.Env, env...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

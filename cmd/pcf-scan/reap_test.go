package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// What this program has no code to delete in an account it reports in a simulated one too, and in
// a plan from a snapshot: a rehearsal that goes further than the performance is none.
func TestReapOnlyWhatItCanDelete(t *testing.T) {
	enterForgedWorld(t)
	const job = `{"type": "AWS::Glue::Job", "id": "nightly", "account": "111122223333", "region": "eu-west-1", "tags": {"pcf:app": "orders", "pcf:environment": "dev", "pcf:version": "1", "pcf:particle": "nightly"}, "properties": {}}`
	require.NoError(t, os.WriteFile("account.json", fmt.Appendf(nil, forgedWorld, fmt.Sprintf(forgedTopic, "jobs", "1"), job), 0o600))
	for _, live := range []string{"snapshot:account.json", "sim:account.json", "sim:account.json --apply"} {
		stdout, stderr, _ := call(t, strings.Fields("reap --declared apps --app orders --grace 0 --max-percent unlimited --now 2026-11-01T00:00:00Z --live "+live)...)
		assert.Contains(t, strings.Join(strings.Fields(stdout), " "), "there is no code to delete AWS::Glue::Job", "%s\n%s", live, stderr)
	}
	after, err := os.ReadFile("account.json")
	require.NoError(t, err)
	assert.Contains(t, string(after), "nightly")
	assert.NotContains(t, string(after), `:jobs"`)
}

// Files with who agreed to what, and with prices: what means nothing is refused, and never taken
// for agreement.
func TestConsentsAndPricesAreReadStrictly(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ why, consents, says string }{
		{"nothing", "", "it is empty"},
		{"nobody by name", `consents: [{app: a, reason: " ", approver: me, expires: 2027-01-01}]`, "needs a reason and an approver"},
		{"no reason", `consents: [{app: a, reason: r, approver: "\t", expires: 2027-01-01}]`, "needs a reason and an approver"},
		{"for ever", `consents: [{app: a, reason: r, approver: me}]`, "expires: want a time"},
		{"of everything", `consents: [{reason: r, approver: me, expires: 2027-01-01}]`, "it would cover everything"},
		{"a word that is not known", `consents: [{app: a, until: 2027-01-01}]`, "until"},
		{"as it is meant", `consents: [{app: a, reason: r, approver: me, expires: 2027-01-01}]`, ""},
	} {
		require.NoError(t, os.WriteFile("consents.yaml", []byte(c.consents), 0o600))
		all, err := readConsents("consents.yaml")
		if c.says == "" {
			require.NoError(t, err, c.why)
			assert.Len(t, all, 1, c.why)
			continue
		}
		assert.ErrorContains(t, err, c.says, c.why)
	}
	for _, c := range []struct{ why, prices, says string }{
		{"nothing", "", "it is empty"},
		{"endless", "AWS::SNS::Topic: .inf", "is no price"},
		{"less than nothing", "prices: {AWS::SNS::Topic: -1}", "is no price"},
		{"of no type", "prices: {Topic: 1}", "is no price"},
		{"another key", "prices: {AWS::SNS::Topic: 1}\nfoo: 2", `unknown key "foo"`},
		{"a word", "prices: {AWS::SNS::Topic: cheap}", "want a number"},
		{"the object alone", "AWS::SNS::Topic: 1.5", ""},
		{"with its name", "prices: {AWS::SNS::Topic: 1.5}", ""},
	} {
		require.NoError(t, os.WriteFile("prices.yaml", []byte(c.prices), 0o600))
		prices, err := readPrices("prices.yaml")
		if c.says == "" {
			require.NoError(t, err, c.why)
			assert.InDelta(t, 1.5, prices["AWS::SNS::Topic"], 0, c.why)
			continue
		}
		assert.ErrorContains(t, err, c.says, c.why)
	}
}

// The journal of a state in a bucket is checked where it is: its objects are pieces, no journal.
func TestAuditOfABucket(t *testing.T) {
	enterForgedWorld(t)
	b := emulator.NewBucket(t, time.Now)
	for name, value := range map[string]string{"AWS_ENDPOINT_URL_S3": b.URL, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
	const where = "s3://" + emulator.BucketName + "/pcf"
	_, stderr, code := call(t, "audit", "verify", where)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "there is none")
	for _, now := range []string{"2026-11-01", "2026-11-02"} {
		_, stderr, code = call(t, strings.Fields("reap --live sim:account.json --declared apps --apply --notify none --state "+where+" --now "+now+"T00:00:00Z")...)
		require.Equal(t, 0, code, stderr)
	}
	stdout, stderr, code := call(t, "audit", "verify", where)
	require.Equal(t, 0, code, stderr)
	head := regexp.MustCompile(`\d+:[0-9a-f]{64}`).FindString(stdout)
	require.NotEmpty(t, head, stdout)
	_, stderr, code = call(t, "audit", "verify", where, "--head", head)
	assert.Equal(t, 0, code, stderr)

	pieces := slices.DeleteFunc(slices.Sorted(maps.Keys(b.Objects)), func(key string) bool { return !strings.Contains(key, "/journal/") })
	last := pieces[len(pieces)-1]
	whole := b.Objects[last]
	lines := strings.SplitAfter(whole, "\n") // the last one is empty
	for why, text := range map[string]string{
		"a flip":         strings.Replace(whole, "2026-11-01", "2026-10-01", 1),
		"a removal":      strings.Join(slices.Delete(slices.Clone(lines), 2, 3), ""),
		"a torn end":     whole[:len(whole)-5],
		"another record": strings.Join(lines[:len(lines)-2], ""),
	} {
		b.Objects[last] = text
		stdout, stderr, code := call(t, "audit", "verify", where, "--head", head)
		assert.Equal(t, 1, code, "%s: %s%s", why, stdout, stderr)
		assert.Contains(t, stdout, "NOT INTACT", why)
	}
	delete(b.Objects, last)
	stdout, _, code = call(t, "audit", "verify", where, "--head", head)
	assert.Equal(t, 1, code, stdout)
}

// Who claims a resource back while the runs stop at a cap has the whole grace before it afterwards.
func TestClaimedBackInAStoppedRun(t *testing.T) {
	enterForgedWorld(t)
	// A second leftover is what stops the run.
	require.NoError(t, os.WriteFile("account.json", fmt.Appendf(nil, forgedWorld, fmt.Sprintf(forgedTopic, "jobs", "1"), fmt.Sprintf(forgedTopic, "old", "0")), 0o600))
	require.NoError(t, os.WriteFile("apps/v0.yaml", []byte(strings.NewReplacer(`"1"`, `"0"`, "jobs", "old").Replace(retiredApp)), 0o600))
	run := func(day int, flags string) (stdout, stderr string, code int) {
		return call(t, strings.Fields(fmt.Sprintf("reap --live sim:account.json --declared apps --apply --notify none --state state --max-percent unlimited --now 2026-11-%02dT00:00:00Z %s", day, flags))...)
	}
	for _, day := range []int{1, 5, 10} {
		_, stderr, code := run(day, "")
		require.Equal(t, 0, code, stderr)
	}
	require.NoError(t, os.WriteFile("apps/v1.yaml", []byte(strings.Replace(retiredApp, "retired: 2026-10-01T00:00:00Z\n", "", 1)), 0o600))
	stdout, stderr, code := run(16, "--max-delete 0")
	assert.Equal(t, 4, code)
	assert.Contains(t, stderr, "--max-delete 0")
	assert.Contains(t, stdout, "the run stops as a whole")
	require.NoError(t, os.WriteFile("apps/v1.yaml", []byte(retiredApp), 0o600))
	_, stderr, code = run(17, "")
	assert.Equal(t, 0, code, stderr)
	after, err := os.ReadFile("account.json")
	require.NoError(t, err)
	assert.NotContains(t, string(after), ":old")
	assert.Contains(t, string(after), ":jobs", "its owner had it a day ago")
}

// A kill switch that the configuration names is found from every directory below it.
func TestKillSwitchBesideTheConfiguration(t *testing.T) {
	enterForgedWorld(t)
	require.NoError(t, os.Mkdir("jobs", 0o700))
	require.NoError(t, os.WriteFile(".pcf-scan.yaml", []byte("reap: {killSwitch: STOP}\n"), 0o600))
	apply := func(code int, says string) {
		t.Helper()
		_, stderr, got := call(t, strings.Fields("reap --live sim:../account.json --declared ../apps --apply --notify none --state ../state --now 2026-11-01T00:00:00Z")...)
		assert.Equal(t, code, got, stderr)
		assert.Contains(t, stderr, says)
	}
	t.Chdir("jobs")
	for _, stop := range []string{"../STOP", "STOP"} {
		require.NoError(t, os.WriteFile(stop, []byte("the storage is down\n"), 0o600))
		apply(4, "stopped: the storage is down")
		require.NoError(t, os.Remove(stop))
	}
	apply(0, "a new ledger begins")
}

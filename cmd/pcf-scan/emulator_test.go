package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

const root = "../.."

// seeded starts the emulator with the account that a script makes, and says so: the summary
// of `make test` counts these lines, because a package with scripts has no end of its own.
func seeded(t *testing.T, script string) (e *emulator.Emulator, said string) {
	t.Helper()
	e, said = emulator.StartSeeded(t, filepath.Join(root, "testdata/accounts", script))
	fmt.Printf("emulator: 1 test ran in cmd/pcf-scan: %s\n", t.Name())
	return e, said
}

// program runs the built program (this test binary) against the emulator and returns
// what it wrote and its exit code.
func program(t *testing.T, e *emulator.Emulator, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Args[0] = "pcf-scan"
	cmd.Env = append(e.Env(), "PCF_SCAN_TEST_PROGRAM=1")
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out.String(), errs.String(), exit.ExitCode()
	}
	require.NoError(t, err)
	return out.String(), errs.String(), 0
}

func result(t *testing.T, stdout string) engine.Result {
	t.Helper()
	var r engine.Result
	require.NoError(t, json.Unmarshal([]byte(stdout), &r), stdout)
	return r
}

// sliceTypes are what slice.py seeds. Only these are read: the emulator comes with things of
// other types that no account has.
var sliceTypes = []string{
	"AWS::DynamoDB::Table", "AWS::EC2::EIP", "AWS::EC2::Instance", "AWS::EC2::NetworkInterface", "AWS::EC2::SecurityGroup",
	"AWS::EC2::Subnet", "AWS::EC2::VPC", "AWS::EC2::Volume", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::IAM::User",
	"AWS::KMS::Key", "AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::RDS::DBInstance", "AWS::S3::Bucket*", "AWS::SNS::Topic", "AWS::SQS::Queue",
}

// TestScanSeededAccount: a third-party client seeds an account, and the program finds
// every resource with the right owner, nothing else but the account's own defaults, and
// writes nothing.
func TestScanSeededAccount(t *testing.T) {
	e, said := seeded(t, "slice.py")
	var truth []struct{ Type, ID, Class, App, Version, Particle string }
	require.NoError(t, json.Unmarshal([]byte(said), &truth))
	require.Greater(t, len(truth), 50)
	e.Forget()

	declared := filepath.Join(root, "testdata/apps/slice")
	args := []string{"scan", "--declared", declared, "--format", "json", "--now", "2026-11-01T00:00:00Z"}
	for _, typ := range sliceTypes {
		args = append(args, "--type", typ)
	}
	stdout, stderr, code := program(t, e, args...)
	require.Equal(t, 1, code, stderr)
	r := result(t, stdout)
	assert.True(t, r.Complete, "gaps: %v", r.Gaps)

	found := map[string]engine.Resource{}
	for _, x := range r.Resources {
		found[x.Type+" "+x.ID] = x
	}
	for _, want := range truth {
		key := want.Type + " " + want.ID
		x, ok := found[key]
		if !assert.True(t, ok, "%s was not found", key) {
			continue
		}
		delete(found, key)
		assert.Equal(t, want.Class, x.Class, "%s: %v", key, x.Evidence)
		if want.Class == "owned" || want.Class == "orphan" {
			assert.Equal(t, []string{want.App, "dev", want.Version, want.Particle}, []string{x.App, x.Environment, x.AppVersion, x.Particle}, key)
		}
	}
	for key, x := range found {
		assert.Equal(t, "foreign", x.Class, "%s was not seeded: %v", key, x.Evidence)
	}
	for _, d := range r.Drift {
		assert.Fail(t, "drift where everything was made as declared", "%s %s: %+v %+v", d.Particle, d.Class, d.Changes, d.Unverified)
	}
	assert.Greater(t, len(e.Calls()), 50, "the recorder saw the scan")
	assert.Empty(t, e.Writes(), "a scan writes nothing")
}

// TestDeniedListing: a denied call exits 3, names the type, and makes nothing missing and
// nothing an orphan.
func TestDeniedListing(t *testing.T) {
	e, _ := seeded(t, "slice.py")
	e.Fail("ec2", "DescribeSecurityGroups", emulator.Deny)
	e.Fail("sqs", "ListQueues", emulator.Deny)
	defer e.Heal()
	stdout, stderr, code := program(t, e, "drift", "--declared", filepath.Join(root, "testdata/apps/slice"), "--format", "json", "--type", "AWS::EC2::SecurityGroup", "--type", "AWS::SQS::Queue", "--type", "AWS::SNS::Topic")
	require.Equal(t, 3, code, stderr)
	r := result(t, stdout)
	assert.False(t, r.Complete)
	var types []string
	for _, g := range r.Gaps {
		types = append(types, g.Type+" "+g.Reason)
	}
	assert.Contains(t, types, "AWS::EC2::SecurityGroup denied")
	assert.Contains(t, types, "AWS::SQS::Queue denied")
	assert.Zero(t, r.Summary.Drift["missing"])
	assert.Zero(t, r.Summary.ByClass["orphan"]-1, "only the topic of the retired app, which was read")
}

// TestNoCredentials: the program says what to do and exits 2.
func TestNoCredentials(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, "scan", "--region", "eu-west-1")
	cmd.Env = []string{"PCF_SCAN_TEST_PROGRAM=1", "AWS_EC2_METADATA_DISABLED=true", "HOME=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 2, exit.ExitCode())
	assert.Contains(t, string(out), "AWS_PROFILE")
}

// TestStreamedInventory: a JSON Lines inventory of a live account is written without being
// held, and says the same as the one that is.
func TestStreamedInventory(t *testing.T) {
	e, _ := seeded(t, "slice.py")
	args := []string{"inventory", "--include", "properties", "--now", "2026-11-01T00:00:00Z"}
	for _, typ := range sliceTypes {
		args = append(args, "--type", typ)
	}
	lines, stderr, code := program(t, e, append(args, "--format", "jsonl")...)
	require.Zero(t, code, stderr)
	whole, stderr, code := program(t, e, append(args, "--format", "json")...)
	require.Zero(t, code, stderr)
	want := result(t, whole)

	dir := t.TempDir()
	file := filepath.Join(dir, "account.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(lines), 0o600))
	again, stderr, code := program(t, e, "inventory", "--live", "snapshot:"+file, "--include", "properties", "--format", "json", "--now", "2026-11-01T00:00:00Z")
	require.Zero(t, code, stderr)
	got := result(t, again)
	assert.Equal(t, want.Summary, got.Summary)
	assert.Equal(t, want.Scope, got.Scope)
	require.Len(t, got.Resources, len(want.Resources))
	for i := range want.Resources {
		assert.Equal(t, want.Resources[i], got.Resources[i])
	}
}

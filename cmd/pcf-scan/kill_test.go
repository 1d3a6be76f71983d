package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// killWorld is an account and a declaration that take one action of each kind to bring
// together: what is missing refers to what is missing, so that the order matters too.
func killWorld(t *testing.T, dir string) {
	t.Helper()
	declared := "app: orders\nversion: 1.0.0\nenvironment: dev\nmanage: [observe, tag, create, update]\nparticles:\n" +
		"  vpc: {type: AWS::EC2::VPC, properties: {CidrBlock: 10.0.0.0/16}}\n" +
		"  web: {type: AWS::EC2::Instance, id: i-1, properties: {InstanceType: t3.small}}\n"
	live := `{"type": "AWS::EC2::Instance", "id": "i-1", "account": "111122223333", "region": "eu-west-1", "created": "2026-01-01T00:00:00Z", "state": "stopped", "tags": {}, "properties": {"InstanceType": "t3.small"}}`
	for i := range 6 {
		declared += fmt.Sprintf("  net-%d: {type: AWS::EC2::Subnet, properties: {VpcId: !Ref vpc, CidrBlock: 10.0.%d.0/24}}\n", i, i)
		declared += fmt.Sprintf("  dead-%d: {type: AWS::SQS::Queue, properties: {QueueName: dead-%d}}\n", i, i)
		id := fmt.Sprintf("https://sqs.eu-west-1.amazonaws.com/111122223333/jobs-%d", i)
		declared += fmt.Sprintf("  jobs-%d: {type: AWS::SQS::Queue, id: %q, properties: {QueueName: jobs-%d, DelaySeconds: 5}}\n", i, id, i)
		live += fmt.Sprintf(`,{"type": "AWS::SQS::Queue", "id": %q, "account": "111122223333", "region": "eu-west-1", "created": "2026-01-01T00:00:00Z", "tags": {}, "properties": {"QueueName": "jobs-%d", "DelaySeconds": 0}}`, id, i)
	}
	account := `{"schemaVersion": 1, "scope": {"partition": "aws", "accounts": ["111122223333"], "regions": ["eu-west-1", "global"], "types": ["*"]}, "complete": true, "gaps": [], "resources": [` + live + `]}`
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "apps"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "apps/pcf.yaml"), []byte(declared), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "account.json"), []byte(account), 0o600))
}

// inDir prepares the program to run in a directory.
func inDir(ctx context.Context, t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Args[0], cmd.Dir = "pcf-scan", dir
	cmd.Env = append(os.Environ(), "PCF_SCAN_TEST_PROGRAM=1")
	return cmd
}

// looks is an account without what differs between two ways to the same end: identifiers
// that are assigned, and times.
func looks(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var account struct {
		Resources []struct {
			Type, ID, State string
			Tags            map[string]string
			Properties      map[string]any
		}
	}
	require.NoError(t, json.Unmarshal(text, &account), "the file of the simulated cloud is whole")
	names := map[string]string{}
	for _, r := range account.Resources {
		if p := r.Tags["pcf:particle"]; p != "" {
			names[r.ID] = "<" + p + ">"
		}
	}
	var all []string
	for _, r := range account.Resources {
		line, err := json.Marshal([]any{r.Type, r.ID, r.State, r.Tags, r.Properties})
		require.NoError(t, err)
		one := string(line)
		for id, name := range names {
			one = strings.ReplaceAll(one, id, name)
		}
		all = append(all, one)
	}
	slices.Sort(all)
	return all
}

// TestKillSweep kills the program, as kill -9 does, when its journal has grown by each few
// bytes in turn, and runs it again at once: the lock of the dead is no obstacle, the account
// ends as after a run that was not killed, nothing is there twice, and the journal is whole.
func TestKillSweep(t *testing.T) {
	ctx := t.Context()
	reference := t.TempDir()
	killWorld(t, reference)
	repair := []string{"repair", "--live", "sim:account.json", "--declared", "apps", "--apply"}
	out, err := inDir(ctx, t, reference, repair...).CombinedOutput()
	require.NoError(t, err, string(out))
	want := looks(t, filepath.Join(reference, "account.json"))
	require.Len(t, want, 20)
	whole, err := os.Stat(filepath.Join(reference, defaultState, "journal.jsonl"))
	require.NoError(t, err)

	const points = 16
	killed, torn := 0, 0
	for point := range points {
		dir := t.TempDir()
		killWorld(t, dir)
		journal := filepath.Join(dir, defaultState, "journal.jsonl")
		threshold := whole.Size() * int64(point) / points
		first := inDir(ctx, t, dir, repair...)
		require.NoError(t, first.Start())
		gone := make(chan error, 1)
		go func() { gone <- first.Wait() }()
		for over := false; !over; {
			info, err := os.Stat(journal)
			if err == nil && info.Size() > threshold {
				_ = first.Process.Kill()
				err = <-gone
				over = true
			} else {
				select {
				case err = <-gone:
					over = true
				default:
					time.Sleep(50 * time.Microsecond)
				}
			}
			var exit *exec.ExitError
			if over && errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled() {
				killed++
				if slices.Compare(looks(t, filepath.Join(dir, "account.json")), want) != 0 {
					torn++
				}
			}
		}
		out, err := inDir(ctx, t, dir, repair...).CombinedOutput()
		require.NoError(t, err, "point %d: the next run\n%s", point, out)
		assert.Equal(t, want, looks(t, filepath.Join(dir, "account.json")), "point %d", point)
		out, err = inDir(ctx, t, dir, "audit", "verify", defaultState).CombinedOutput()
		require.NoError(t, err, "point %d: %s", point, out)
		out, err = inDir(ctx, t, dir, "repair", "--live", "sim:account.json", "--declared", "apps").CombinedOutput()
		require.NoError(t, err, "point %d: nothing is left to do\n%s", point, out)
	}
	t.Logf("%d of %d runs were killed before their end, %d of them with work left", killed, points, torn)
	assert.Greater(t, torn, points/2, "most kills fell into the middle")
}

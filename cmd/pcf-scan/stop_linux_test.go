package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/reports/history"
)

// TestSecondInterrupt: the first Ctrl-C ends a run cleanly, and where something cannot be
// ended (here a pipe whose writer is silent) the second one ends the process.
func TestSecondInterrupt(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe.yaml")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	silent, err := os.OpenFile(pipe, os.O_RDWR, 0)
	require.NoError(t, err)
	defer silent.Close()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, "check", pipe)
	cmd.Env = append(os.Environ(), "PCF_SCAN_TEST_PROGRAM=1")
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for range 600 { // a second signal is one that comes after the first was taken
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
			status, is := cmd.ProcessState.Sys().(syscall.WaitStatus)
			require.True(t, is)
			assert.True(t, status.Signaled() && status.Signal() == syscall.SIGINT, cmd.ProcessState)
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
	_ = cmd.Process.Kill()
	t.Fatal("interrupts did not end the program")
}

// TestNobodyWritesToThePipe: every flag that names a file comes back from a pipe without a writer.
func TestNobodyWritesToThePipe(t *testing.T) {
	enter(t, contractFiles)
	require.NoError(t, syscall.Mkfifo("pipe.yaml", 0o600))
	require.NoError(t, os.Mkdir("no-rules", 0o700))
	for line, says := range map[string]string{
		"check pipe.yaml":                         "the file is empty",
		"check stack.yaml --rules pipe.yaml":      "no regular file",
		"check stack.yaml --rules no-rules":       "holds no rule file",
		"check stack.yaml --parameters pipe.yaml": "holds no value",
		"check stack.yaml --waivers pipe.yaml":    "pipe.yaml",
		"check stack.yaml --baseline pipe.yaml":   "pipe.yaml",
		"report pipe.yaml":                        "pipe.yaml",
		"scan --live snapshot:pipe.yaml":          "pipe.yaml",
	} {
		_, stderr, code := call(t, words("%s", line)...)
		assert.Equal(t, 2, code, "%s: %s", line, stderr)
		assert.Contains(t, stderr, says, line)
	}
}

// TestStateAlone: a Terraform state is a record, and a report of nothing else does not end as a
// clean one does.
func TestStateAlone(t *testing.T) {
	enter(t, map[string]string{"terraform.tfstate.json": `{"version": 4, "terraform_version": "1.9.0", "resources": [{"mode": "managed", "type": "aws_sqs_queue", "name": "a", "instances": [{"attributes": {"id": "https://sqs.eu-west-1.amazonaws.com/111122223333/a", "url": "https://sqs.eu-west-1.amazonaws.com/111122223333/a", "name": "a"}}]}]}`})
	stdout, stderr, code := call(t, words("check terraform.tfstate.json")...)
	assert.Equal(t, 2, code, stderr)
	assert.NotContains(t, stdout, "Nothing to do")
	assert.Contains(t, strings.Join(strings.Fields(stdout), " "), "nothing was judged, because a Terraform state is a record")
}

// TestInterruptedRunIsRecorded: of a run that was interrupted the history keeps what it did, and
// nothing is closed by it; of one that did nothing the user is told that it is not recorded.
func TestInterruptedRunIsRecorded(t *testing.T) {
	enter(t, nil)
	h, err := history.Create(t.Context(), "history.db")
	require.NoError(t, err)
	defer h.Close()
	noon := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	r := &engine.Result{
		SchemaVersion: 1, Command: "repair", RunID: "run-1", StartedAt: noon, FinishedAt: noon, Complete: true,
		Scope: engine.Scope{Accounts: []string{"111122223333"}, Regions: []string{"eu-west-1"}, Types: []string{"*"}},
		Drift: []engine.Drift{{Class: "changed", Severity: "medium", Resource: engine.Place{Type: "AWS::SQS::Queue", ID: "q", Account: "111122223333", Region: "eu-west-1"}}},
	}
	_, err = h.Record(t.Context(), r)
	require.NoError(t, err)

	var said bytes.Buffer
	app := newApp(new(int), io.Discard, &said)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	flags := flag.NewFlagSet("repair", flag.ContinueOnError)
	flags.String("history", "history.db", "")
	c := cli.NewContext(app, flags, nil)
	c.Context = ctx
	stopped := *r
	stopped.RunID, stopped.StartedAt, stopped.Drift = "run-2", noon.AddDate(0, 0, 1), []engine.Drift{}
	require.NoError(t, remember(c, h, &stopped))
	assert.Contains(t, said.String(), "interrupted: the run is not recorded in history.db")
	stopped.Outcomes = []engine.Outcome{{Action: "update-1", State: "done"}}
	require.NoError(t, remember(c, h, &stopped))
	assert.Contains(t, said.String(), "interrupted: of this run only its outcomes are recorded")

	runs, err := h.Runs(t.Context(), history.Query{})
	require.NoError(t, err)
	require.Len(t, runs, 2)
	assert.False(t, runs[1].Complete, "an interrupted run is not a complete one")
	outcomes, err := h.Outcomes(t.Context(), history.Query{})
	require.NoError(t, err)
	assert.Len(t, outcomes, 1)
	findings, err := h.Findings(t.Context(), history.Query{}, true)
	require.NoError(t, err)
	assert.Len(t, findings, 1, "what it did not come to is not closed")
}

// TestInterruptedWork: files are judged and drawn until the user ends the run; what was read from
// AWS is reported, also after an interrupt.
func TestInterruptedWork(t *testing.T) {
	for _, c := range []struct {
		why       string
		live      string
		abandoned bool
	}{
		{"an interrupt while files are judged ends the run at once", "", true},
		{"a recording can be judged again too", "snapshot:account.json", true},
		{"what AWS said is judged to the end", "aws", false},
	} {
		ctx, interrupt := context.WithCancel(t.Context())
		flags := flag.NewFlagSet("scan", flag.ContinueOnError)
		flags.String("live", c.live, "")
		command := cli.NewContext(newApp(new(int), io.Discard, io.Discard), flags, nil)
		command.Context = ctx
		begun, end := make(chan struct{}), make(chan struct{})
		var err error
		left := make(chan struct{})
		go func() {
			defer close(left)
			err = unlessInterrupted(command, func() error { close(begun); <-end; return nil })
		}()
		<-begun
		interrupt()
		if !c.abandoned {
			close(end)
		}
		<-left
		if c.abandoned {
			close(end)
			assert.ErrorIs(t, err, context.Canceled, c.why)
		} else {
			assert.NoError(t, err, c.why)
		}
		again := unlessInterrupted(command, func() error { return nil })
		assert.Equal(t, c.abandoned, again != nil, "%s: the next step is not begun", c.why)
	}
}

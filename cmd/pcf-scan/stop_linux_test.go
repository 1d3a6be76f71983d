package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

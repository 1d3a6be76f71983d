package main

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openTerminal makes a terminal (pty(7)): what is written to it comes out of said.
func openTerminal(t *testing.T) (terminal *os.File, said func() string) {
	t.Helper()
	control, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	var number, unlocked uint32
	for _, request := range []struct {
		code uintptr
		at   *uint32
	}{{syscall.TIOCSPTLCK, &unlocked}, {syscall.TIOCGPTN, &number}} {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, control.Fd(), request.code, uintptr(unsafe.Pointer(request.at)))
		require.Zero(t, errno)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	var all bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = all.ReadFrom(control) // ends with an error when the terminal is closed
	}()
	return terminal, func() string {
		require.NoError(t, terminal.Close())
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Error("the terminal does not end")
		}
		require.NoError(t, control.Close())
		return all.String()
	}
}

// TestTerminal: colours and progress are for terminals, and --no-color, NO_COLOR, --no-progress,
// --quiet and CI turn them off.
func TestTerminal(t *testing.T) {
	enter(t, contractFiles)
	startFakeAWS(t)
	const coloured, progress = "\x1b[3", "accounts "
	scan := "scan --type AWS::SQS::Queue --region eu-west-1"
	rows := []struct {
		why, line, env string
		code           int
		shows, hides   string
	}{
		{"colours", "check stack.yaml", "", 1, coloured, progress},
		{"--no-color", "check stack.yaml --no-color", "", 1, "restricted-ssh", coloured},
		{"NO_COLOR", "check stack.yaml", "NO_COLOR", 1, "restricted-ssh", coloured},
		{"progress", scan, "", 0, progress, "no such thing"},
		{"--no-progress", scan + " --no-progress", "", 0, "pcf-scan scan", progress},
		{"--quiet", scan + " -q", "", 0, "pcf-scan scan", progress},
		{"CI", scan, "CI", 0, "pcf-scan scan", progress},
	}
	for _, row := range rows {
		t.Run(row.why, func(t *testing.T) {
			t.Setenv("CI", "")
			t.Setenv("NO_COLOR", "")
			if row.env != "" {
				t.Setenv(row.env, "1")
			}
			terminal, said := openTerminal(t)
			code := run(t.Context(), append([]string{"pcf-scan"}, words("%s", row.line)...), terminal, terminal)
			text := said()
			assert.Equal(t, row.code, code, text)
			assert.Contains(t, text, row.shows)
			assert.NotContains(t, text, row.hides)
		})
	}
}

package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A report for root that is sent to /dev/null must not take its place.
func TestWriteToReplacesFilesOnly(t *testing.T) {
	dir := t.TempDir()
	file, link, pipe := filepath.Join(dir, "report"), filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	require.NoError(t, os.WriteFile(file, []byte("old"), 0o600))
	require.NoError(t, os.Symlink(file, link))
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))

	reader, err := os.OpenFile(pipe, os.O_RDWR, 0) // so that the writer need not wait for one
	require.NoError(t, err)
	defer reader.Close()
	require.NoError(t, writeFile(pipe, []byte("new")))
	got := make([]byte, 3)
	_, err = io.ReadFull(reader, got)
	require.NoError(t, err)
	assert.Equal(t, "new", string(got))
	info, err := os.Lstat(pipe)
	require.NoError(t, err)
	assert.Equal(t, os.ModeNamedPipe, info.Mode().Type(), "a pipe stays a pipe")

	require.NoError(t, writeFile(link, []byte("new")))
	info, err = os.Lstat(link)
	require.NoError(t, err)
	assert.Equal(t, os.ModeSymlink, info.Mode().Type(), "a link stays a link")
	now, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "new", string(now))

	broken := errors.New("broken")
	require.ErrorIs(t, writeTo(file, func(w io.Writer) error { _, _ = io.WriteString(w, "half"); return broken }), broken)
	now, err = os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "new", string(now), "a report that fails leaves the old one")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 3, "nothing is left behind")
}

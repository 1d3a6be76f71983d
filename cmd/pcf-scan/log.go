package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/pcf-scan/pcf-scan/reports"
)

// plainHandler writes one readable line per record: "pcf-scan: warning: text key=value".
type plainHandler struct {
	w     io.Writer
	level slog.Level
	attrs []slog.Attr
}

var plainLock sync.Mutex // one line at a time, whoever logs

func (h *plainHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

func (h *plainHandler) Handle(_ context.Context, r slog.Record) error {
	word := ""
	switch {
	case r.Level >= slog.LevelError:
		word = "error: "
	case r.Level >= slog.LevelWarn:
		word = "warning: "
	}
	var b strings.Builder
	fmt.Fprintf(&b, "pcf-scan: %s%s", word, reports.Inert(r.Message))
	add := func(a slog.Attr) bool {
		fmt.Fprintf(&b, " %s=%s", a.Key, reports.Inert(a.Value.String()))
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	b.WriteByte('\n')
	plainLock.Lock()
	defer plainLock.Unlock()
	_, err := io.WriteString(h.w, b.String())
	return err
}

func (h *plainHandler) WithAttrs(a []slog.Attr) slog.Handler {
	return &plainHandler{h.w, h.level, append(h.attrs[:len(h.attrs):len(h.attrs)], a...)}
}

func (h *plainHandler) WithGroup(string) slog.Handler { return h }

// jsonLines takes the records of a slog.JSONHandler, each in one write. encoding/json lets
// characters through that act on a terminal.
type jsonLines struct{ w io.Writer }

func (l jsonLines) Write(record []byte) (int, error) {
	return len(record), reports.WriteInertJSON(l.w, record)
}

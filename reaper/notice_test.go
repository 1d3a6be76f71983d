package reaper_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/reaper"
	"github.com/pcf-scan/pcf-scan/reaper/simcloud"
)

func aNotice() reaper.Notice {
	return reaper.Notice{
		Run: "run-1", Account: account, At: day, Owner: "orders@acme.example", App: "orders",
		Items: []reaper.NoticeItem{{Ref: "aws/" + account + "/eu-west-1/AWS::SQS::Queue/<!channel>", Reason: "version-retired", GoesAt: day.Add(14 * 24 * time.Hour)}},
	}
}

func TestFileNotice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notices.jsonl")
	for range 2 {
		require.NoError(t, reaper.File{Path: path}.Notify(context.Background(), aNotice()))
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	require.Len(t, lines, 2, "the second is added")
	var read reaper.Notice
	require.NoError(t, json.Unmarshal([]byte(lines[1]), &read))
	assert.Equal(t, aNotice(), read)
	require.Error(t, reaper.File{Path: filepath.Join(path, "below")}.Notify(context.Background(), aNotice()))
}

func TestWebhook(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []int
		want    int // requests
		fails   bool
		why     string
	}{
		{"accepted", []int{200}, 1, false, "the answer acknowledges"},
		{"accepted later", []int{503, 429, 204}, 3, false, "a busy service is asked again"},
		{"never", []int{500, 500, 500, 200}, 3, true, "the tries are bounded"},
		{"refused", []int{404, 200}, 1, true, "it will not be there in a second either"},
		{"redirected", []int{302, 200}, 1, true, "the address is a secret and goes to nobody else"},
	} {
		t.Run(c.name, func(t *testing.T) {
			requests := 0
			var body string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				text, _ := io.ReadAll(r.Body)
				body = string(text)
				w.Header().Set("Location", "http://elsewhere.invalid/")
				w.WriteHeader(c.answers[requests])
				requests++
			}))
			defer server.Close()
			hook := &reaper.Webhook{URL: server.URL + "/services/T0/SECRET", Clock: &simcloud.Clock{T: day}}
			err := hook.Notify(context.Background(), aNotice())
			assert.Equal(t, c.fails, err != nil, c.why)
			assert.Equal(t, c.want, requests, c.why)
			var message map[string]string
			require.NoError(t, json.Unmarshal([]byte(body), &message))
			assert.Contains(t, message["text"], "&lt;!channel&gt;", "a name is no command to a chat")
			assert.Contains(t, message["text"], "2026-11-15")
			if err != nil {
				assert.NotContains(t, err.Error(), "SECRET")
			}
		})
	}
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
	}))
	defer hanging.Close()
	err := (&reaper.Webhook{URL: hanging.URL + "/SECRET", Tries: 1, Limit: 20 * time.Millisecond}).Notify(context.Background(), aNotice())
	require.Error(t, err, "a socket that hangs ends with the time limit")
	assert.NotContains(t, err.Error(), "SECRET")
	err = (&reaper.Webhook{URL: "http://127.0.0.1:1/SECRET"}).Notify(context.Background(), aNotice())
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "SECRET")
}

func TestParseNotifier(t *testing.T) {
	for text, ok := range map[string]bool{
		"file:notices.jsonl": true, "webhook:https://hooks.example/x": true, "none": true,
		"file:": false, "webhook:": false, "webhook:hooks.example": false, "mail:me": false, "": false, "webhook:https://user:pass@": false,
	} {
		_, err := reaper.ParseNotifier(text, nil)
		assert.Equal(t, ok, err == nil, text)
		if err != nil {
			assert.NotContains(t, err.Error(), "pass")
		}
	}
}

func TestWindow(t *testing.T) {
	at := func(h, m int) time.Time { return time.Date(2026, 11, 1, h, m, 0, 0, time.UTC) }
	night, err := reaper.ParseWindow("22:00-05:00")
	require.NoError(t, err)
	for when, open := range map[time.Time]bool{at(22, 0): true, at(23, 59): true, at(0, 0): true, at(4, 59): true, at(5, 0): false, at(12, 0): false} {
		assert.Equal(t, open, night.Open(when), when)
	}
	assert.True(t, night.Open(time.Date(2026, 11, 1, 18, 0, 0, 0, time.FixedZone("-5", -5*3600))), "a zone moves no window")
	for _, bad := range []string{"22:00", "22-05", "25:00-05:00", "22:00-22:00", "-"} {
		_, err := reaper.ParseWindow(bad)
		assert.Error(t, err, bad)
	}
	always, err := reaper.ParseWindow("")
	require.NoError(t, err)
	assert.True(t, always.Open(day))
}

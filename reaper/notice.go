package reaper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// A Notice tells one owner what will be deleted. It holds names and reasons and no
// properties: nothing in it is secret.
type Notice struct {
	Run     string       `json:"run"`
	Account string       `json:"account"`
	At      time.Time    `json:"at"`
	Owner   string       `json:"owner,omitempty"` // empty: nobody in particular is known
	App     string       `json:"app,omitempty"`
	Items   []NoticeItem `json:"items"`
}

// A NoticeItem is one resource of a notice.
type NoticeItem struct {
	Ref    string    `json:"ref"`
	Reason string    `json:"reason"`
	Detail string    `json:"detail,omitempty"`
	GoesAt time.Time `json:"goesAt"` // not before
}

// A Notifier delivers notices. Notify returns nil only when the receiver has acknowledged:
// what was not delivered is not deleted. The same notice may come twice, after a crash.
// Errors never hold the address, which of a webhook is a secret.
type Notifier interface {
	Notify(ctx context.Context, n Notice) error
}

// Notifiers delivers to every one of a list, and succeeds when all have.
type Notifiers []Notifier

// Notify implements Notifier.
func (list Notifiers) Notify(ctx context.Context, n Notice) error {
	if len(list) == 0 {
		return errors.New("deliver notice: nobody is told: give --notify")
	}
	var all []error
	for _, one := range list {
		all = append(all, one.Notify(ctx, n))
	}
	return errors.Join(all...)
}

// ParseNotifier reads one --notify: file:PATH or webhook:URL. "none" delivers to nobody and
// succeeds: whoever writes it takes the telling on himself.
func ParseNotifier(text string, clock Clock) (Notifier, error) {
	kind, rest, _ := strings.Cut(text, ":")
	switch {
	case text == "none":
		return toNobody{}, nil
	case kind == "file" && rest != "":
		return File{Path: rest}, nil
	case kind == "webhook":
		u, err := url.Parse(rest)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return nil, errors.New("read --notify: a webhook is written webhook:https://HOST/PATH")
		}
		return &Webhook{URL: rest, Clock: clock}, nil
	}
	return nil, fmt.Errorf("read --notify: %q is none of file:PATH, webhook:URL and none", kind)
}

type toNobody struct{}

func (toNobody) Notify(context.Context, Notice) error { return nil }

// A File collects notices as lines of JSON. A line on disk is an acknowledgement.
type File struct{ Path string }

// Notify implements Notifier.
func (f File) Notify(_ context.Context, n Notice) error {
	line, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("write notice: %w", err)
	}
	out, err := os.OpenFile(f.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write notice: %w", err)
	}
	_, err = out.Write(append(line, '\n'))
	if err == nil {
		err = out.Sync()
	}
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("write notice: %w", err)
	}
	return nil
}

// A Webhook posts notices as {"text": …}, which Slack and what imitates it take. Only an
// answer of 200 to 299 acknowledges; redirects are not followed.
type Webhook struct {
	URL   string
	Clock Clock         // for the pauses between tries; nil makes no pauses
	Tries int           // default 3
	Limit time.Duration // for one try; default 10 s
}

// Notify implements Notifier.
func (w *Webhook) Notify(ctx context.Context, n Notice) error {
	body, err := json.Marshal(map[string]string{"text": n.Text()})
	if err != nil {
		return fmt.Errorf("post notice: %w", err)
	}
	tries := w.Tries
	if tries <= 0 {
		tries = 3
	}
	for try := 1; ; try++ {
		again, err := w.post(ctx, body)
		if err == nil {
			return nil
		}
		if !again || try >= tries {
			return fmt.Errorf("post notice: %w", err)
		}
		if w.Clock != nil {
			if err := w.Clock.Sleep(ctx, time.Duration(try)*time.Second); err != nil {
				return fmt.Errorf("post notice: %w", err)
			}
		}
	}
}

func (w *Webhook) post(ctx context.Context, body []byte) (again bool, err error) {
	limit := w.Limit
	if limit <= 0 {
		limit = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("the webhook is no address")
	}
	request.Header.Set("Content-Type", "application/json")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		var withAddress *url.Error // which is a secret
		if errors.As(err, &withAddress) {
			err = withAddress.Err
		}
		return true, err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return false, nil
	}
	return response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= 500, fmt.Errorf("the webhook answered %s", response.Status)
}

// maxListed is how many resources the text of a notice names; the others are counted.
const maxListed = 50

// Text is the notice for people. Names of resources are somebody else's text: what would be
// markup in a chat is escaped.
func (n Notice) Text() string {
	plain := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", " ", "\r", " ").Replace
	var b strings.Builder
	whom := "nobody in particular"
	if n.Owner != "" {
		whom = n.Owner
	} else if n.App != "" {
		whom = "the owners of " + n.App
	}
	fmt.Fprintf(&b, "pcf-scan marked %d resource(s) of account %s for deletion (to %s, run %s). ", len(n.Items), n.Account, plain(whom), plain(n.Run))
	b.WriteString("To keep one, declare it, tag it pcf:protect, or run: pcf-scan reap cancel REF\n")
	for i, item := range n.Items {
		if i == maxListed {
			fmt.Fprintf(&b, "… and %d more\n", len(n.Items)-maxListed)
			break
		}
		fmt.Fprintf(&b, "• %s: %s", plain(item.Ref), plain(item.Reason))
		if item.Detail != "" {
			fmt.Fprintf(&b, " (%s)", plain(item.Detail))
		}
		fmt.Fprintf(&b, ", not before %s\n", item.GoesAt.UTC().Format(time.RFC3339))
	}
	return b.String()
}

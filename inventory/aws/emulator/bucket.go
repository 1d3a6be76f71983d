package emulator

import (
	"crypto/md5" //nolint:gosec // what S3 makes ETags with
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// BucketName is the name of the only bucket of a [Bucket].
const BucketName = "state"

// A Bucket is an S3 with one bucket, in this process, that has the conditional writes of S3: to
// compare and to write is one step. The emulator's are two, which is no ground to prove a
// lock on. It knows no more operations than a state needs: to get, put and list objects.
//
// The fields may be set while no request is under way.
type Bucket struct {
	// URL is the endpoint; buckets are in the path.
	URL string
	// Now is its clock, which its answers tell.
	Now func() time.Time
	// Objects are the contents by key.
	Objects map[string]string
	// OnPut is asked of every write twice, before and (late) after it had its effect, whether
	// it goes on; a no closes the connection. n counts writes from 1. nil lets all pass.
	OnPut func(n int, late bool) bool
	// Refuse is an error code with which every write is answered; empty for none.
	Refuse string

	mutex  sync.Mutex // of Objects
	puts   int
	newest [2]string
}

// NewBucket starts an empty bucket, until the end of the test.
func NewBucket(t testing.TB, now func() time.Time) *Bucket {
	b := &Bucket{Now: now, Objects: map[string]string{}}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	b.URL = server.URL
	return b
}

// Puts returns how many writes arrived.
func (b *Bucket) Puts() int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.puts
}

// Newest returns the key and the content of the newest write that arrived.
func (b *Bucket) Newest() (key, content string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.newest[0], b.newest[1]
}

// Rewind lets writes be counted from 1 again.
func (b *Bucket) Rewind() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.puts = 0
}

// ServeHTTP answers as S3 does.
func (b *Bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", b.Now().UTC().Format(http.TimeFormat))
	key := strings.TrimPrefix(r.URL.Path, "/"+BucketName+"/")
	switch {
	case r.Method == http.MethodGet && r.URL.Query().Get("list-type") == "2":
		b.list(w, r)
	case r.Method == http.MethodGet:
		b.mutex.Lock()
		body, there := b.Objects[key]
		b.mutex.Unlock()
		if !there {
			failed(w, http.StatusNotFound, "NoSuchKey")
			return
		}
		w.Header().Set("ETag", tagOf(body))
		_, _ = io.WriteString(w, body)
	case r.Method == http.MethodPut:
		b.put(w, r, key)
	}
}

func tagOf(body string) string {
	sum := md5.Sum([]byte(body)) //nolint:gosec // as above
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func failed(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
}

func (b *Bucket) put(w http.ResponseWriter, r *http.Request, key string) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	b.mutex.Lock()
	b.puts++
	n := b.puts
	b.newest = [2]string{key, string(text)}
	b.mutex.Unlock()
	ask := func(late bool) {
		if b.OnPut != nil && !b.OnPut(n, late) {
			panic(http.ErrAbortHandler)
		}
	}
	ask(false)
	status, code := b.replace(key, string(text), r.Header.Get("If-Match"), r.Header.Get("If-None-Match"))
	if code != "" {
		failed(w, status, code)
		return
	}
	ask(true)
	w.Header().Set("ETag", tagOf(string(text)))
}

// replace writes an object when its conditions hold; else code says which does not.
func (b *Bucket) replace(key, text, match, noneMatch string) (status int, code string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	old, there := b.Objects[key]
	switch {
	case b.Refuse != "":
		return http.StatusForbidden, b.Refuse
	case match != "" && !there:
		return http.StatusNotFound, "NoSuchKey"
	case noneMatch == "*" && there, match != "" && match != tagOf(old):
		return http.StatusPreconditionFailed, "PreconditionFailed"
	}
	b.Objects[key] = text
	return http.StatusOK, ""
}

// list answers two keys a page.
func (b *Bucket) list(w io.Writer, r *http.Request) {
	type content struct{ Key string }
	var page struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Contents              []content
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
	}
	b.mutex.Lock()
	keys := slices.Sorted(maps.Keys(b.Objects))
	b.mutex.Unlock()
	q := r.URL.Query()
	for _, k := range keys {
		switch {
		case !strings.HasPrefix(k, q.Get("prefix")) || k <= q.Get("continuation-token"):
		case len(page.Contents) == 2:
			page.IsTruncated, page.NextContinuationToken = true, page.Contents[1].Key
		default:
			page.Contents = append(page.Contents, content{k})
		}
	}
	_ = xml.NewEncoder(w).Encode(page)
}

package emulator

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A Call is one request as the proxy saw it.
type Call struct {
	// Service is the name that the request was signed for: ec2, s3, monitoring.
	Service string
	// Action is the operation where the protocol names it ("DescribeVolumes"). The REST
	// services do not: S3 calls are the method and the sub-resource ("GET ?tagging",
	// "GET" for a bucket, "GET /" for the list of buckets), others the method and the fixed
	// parts of the path ("GET functions/concurrency").
	Action string
	Region string
	// Write is true unless the call is known to only read.
	Write bool
}

// A Fault is a way to answer wrongly.
type Fault string

// The faults.
const (
	Deny     Fault = "denied"    // the service's own error for a missing permission
	Bare403  Fault = "bare 403"  // a 403 without an error code, as from a proxy or a firewall
	Throttle Fault = "throttled" // the service's own error for too many requests
	HTML500  Fault = "HTML 500"  // a web page with status 500
	HTML200  Fault = "HTML 200"  // a web page with status 200
	Truncate Fault = "truncated" // the true answer, cut in half
	Empty    Fault = "empty"     // status 200 and no body
	Hang     Fault = "hang"      // no answer until Heal
	Expire   Fault = "expired"   // the service's own error for credentials that have expired
	// Lose lets a write have its effect and closes the connection before its answer; reads
	// are answered.
	Lose Fault = "lost reply"

	// The next ones change only answers that come in pages. The emulator itself sends most
	// lists whole, whatever page size it is asked for. They know the query, EC2 and
	// JSON protocols, and leave answers that have a next page already as they are.

	SplitPages  Fault = "split pages"           // two pages: half of the list each
	EmptyPage   Fault = "empty page with token" // two pages: nothing, then the whole list
	RepeatToken Fault = "repeated token"        // half of the list, and the same token for ever
	EmptyList   Fault = "empty list"            // nothing, and no other page
)

type proxy struct {
	forward *httputil.ReverseProxy
	pages   func() (map[string][]paging, error) // how operations are paginated

	mu     sync.Mutex
	calls  []Call
	asked  []string // of each write: its operation, path and body
	faults map[[2]string]Fault
	later  map[[2]string]*laterFault
	before func(Call) bool // see Emulator.Intercept; nil lets all pass
	after  func(Call) bool
	wrote  bool          // since the last unchanged
	healed chan struct{} // closed by heal
}

func newProxy(moto string, pages func() (map[string][]paging, error)) *proxy {
	target, err := url.Parse(moto)
	if err != nil {
		panic(err) // made by launch
	}
	return &proxy{
		healed: make(chan struct{}),
		pages:  pages,
		forward: &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
				r.Out.Host = r.In.Host // queue URLs are made of it
			},
			ErrorLog: log.New(io.Discard, "", 0), // clients that hang up are part of the tests
		},
	}
}

func (p *proxy) fail(service, action string, fault Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[[2]string{service, action}] = fault
}

// laterFault begins with the call that brings left to zero.
type laterFault struct {
	left  int
	fault Fault
}

func (p *proxy) failFrom(service, action string, nth int, fault Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.later[[2]string{service, action}] = &laterFault{nth, fault}
}

func (p *proxy) intercept(before, after func(Call) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before, p.after = before, after
}

func (p *proxy) interceptors() (before, after func(Call) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.before, p.after
}

func (p *proxy) heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults, p.later = map[[2]string]Fault{}, map[[2]string]*laterFault{}
	p.before, p.after = nil, nil
	close(p.healed)
	p.healed = make(chan struct{})
}

func (p *proxy) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls, p.asked = nil, nil
}

func (p *proxy) recorded() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

func (p *proxy) writes() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

func (p *proxy) changed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wrote
}

func (p *proxy) unchanged() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrote = false
}

// note writes the call down and returns the fault it shall meet, if any,
// with the channel that closes when faults end.
func (p *proxy) note(c Call, asked string) (f Fault, healed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, c)
	if c.Write {
		p.asked = append(p.asked, asked)
	}
	p.wrote = p.wrote || c.Write
	if l := p.later[[2]string{c.Service, c.Action}]; l != nil {
		if l.left--; l.left <= 0 {
			return l.fault, p.healed
		}
	}
	for _, service := range []string{c.Service, "*"} {
		for _, action := range []string{c.Action, "*"} {
			if f, ok := p.faults[[2]string{service, action}]; ok {
				return f, p.healed
			}
		}
	}
	return "", nil
}

// ServeHTTP notes the call and forwards it, or answers with the fault that is set.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	call := callOf(r, body)
	const page = "<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>\n"
	text, _ := url.QueryUnescape(string(body)) // a body that is none is not looked at
	fault, healed := p.note(call, call.Action+" "+r.URL.Path+" "+text)
	before, after := p.interceptors()
	if before != nil && !before(call) {
		panic(http.ErrAbortHandler)
	}
	switch fault {
	case Deny:
		code := "AccessDenied"
		if call.Service == "ec2" {
			code = "UnauthorizedOperation"
		}
		refuse(w, r, call, http.StatusForbidden, code)
	case Throttle:
		code := "Throttling"
		switch call.Service {
		case "ec2":
			code = "RequestLimitExceeded"
		case "s3":
			code = "SlowDown"
		}
		refuse(w, r, call, http.StatusServiceUnavailable, code)
	case Expire:
		code := "ExpiredToken"
		if call.Service == "ec2" {
			code = "RequestExpired"
		}
		refuse(w, r, call, http.StatusBadRequest, code)
	case Bare403:
		w.WriteHeader(http.StatusForbidden)
	case HTML500:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, page)
	case HTML200:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, page)
	case Empty:
		w.WriteHeader(http.StatusOK)
	case Truncate:
		p.truncate(w, r)
	case SplitPages, EmptyPage, RepeatToken, EmptyList:
		p.page(w, r, body, fault, call)
	case Lose:
		if !call.Write {
			p.forward.ServeHTTP(w, r)
			return
		}
		p.forward.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case Hang:
		select {
		case <-healed:
		case <-r.Context().Done():
		}
	default:
		watched := *p.forward
		watched.ModifyResponse = func(*http.Response) error {
			if after != nil && !after(call) {
				panic(http.ErrAbortHandler)
			}
			return nil
		}
		watched.ServeHTTP(w, r)
	}
}

// refuse writes an error in the protocol of the request.
func refuse(w http.ResponseWriter, r *http.Request, call Call, status int, code string) {
	const message = "refused by the test"
	json := func(code string) {
		w.Header().Set("X-Amzn-ErrorType", code)
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"__type":%q,"message":%q}`, code, message)
	}
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		status = http.StatusBadRequest // the JSON protocols answer all client errors with it
		json(code + "Exception")
	case slices.Contains([]string{"cloudfront", "route53"}, call.Service), call.Service == "s3" && strings.HasPrefix(r.URL.Path, "/v20180820/"):
		w.Header().Set("Content-Type", "text/xml") // REST with XML, S3 Control too
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", code, message)
	case call.Service == "s3":
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
	case call.Service == "ec2":
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors></Response>", code, message)
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", code, message)
	default:
		w.Header().Set("Content-Type", "application/json")
		json(code + "Exception")
	}
}

// truncate forwards the request and cuts the answer in half. The length says the half:
// what is missing shows only to who decodes it.
func (p *proxy) truncate(w http.ResponseWriter, r *http.Request) {
	p.change(w, r, func(body []byte) []byte { return body[:len(body)/2] })
}

// change forwards the request and changes the body of the answer.
func (p *proxy) change(w http.ResponseWriter, r *http.Request, edit func([]byte) []byte) {
	changed := *p.forward
	changed.ModifyResponse = func(response *http.Response) error {
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return err
		}
		_ = response.Body.Close()
		body = edit(body)
		response.Body = io.NopCloser(bytes.NewReader(body))
		response.ContentLength = int64(len(body))
		response.Header.Set("Content-Length", fmt.Sprint(len(body)))
		return nil
	}
	changed.ServeHTTP(w, r)
}

// scope is the credential scope of Signature Version 4: date/region/service/aws4_request.
var scope = regexp.MustCompile(`Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request`)

// callOf tells which operation a request is for.
func callOf(r *http.Request, body []byte) Call {
	c := Call{Service: "unsigned"}
	if m := scope.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		c.Region, c.Service = m[1], m[2]
	}
	form, _ := url.ParseQuery(string(body))
	switch target := r.Header.Get("X-Amz-Target"); {
	case target != "":
		c.Action = target[strings.LastIndexByte(target, '.')+1:]
		c.Write = !isReadName(c.Action)
	case form.Get("Action") != "" && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		c.Action = form.Get("Action")
		c.Write = !isReadName(c.Action)
	default:
		c.Action = r.Method + restPath(c.Service, r.URL)
		c.Write = r.Method != http.MethodGet && r.Method != http.MethodHead && !readsByPost.MatchString(c.Service+" "+r.URL.Path)
	}
	return c
}

// readsByPost are the REST operations that send what they ask for in a body: Batch describes so, and
// OpenSearch and Elasticsearch describe several domains so.
var readsByPost = regexp.MustCompile(`^(batch /v1/describe[a-z]+|es /2021-01-01/opensearch/domain-info|es /2015-01-01/es/domain-info)$`)

func isReadName(action string) bool {
	for _, verb := range []string{"BatchGet", "Describe", "Get", "Head", "List"} {
		if strings.HasPrefix(action, verb) {
			return true
		}
	}
	return action == "AssumeRole" // new credentials, no new resource
}

var version = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// restPath names a REST operation by what does not vary.
func restPath(service string, u *url.URL) string {
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if service == "s3" {
		for _, sub := range []string{
			"acl", "cors", "encryption", "lifecycle", "location", "logging", "notification", "object-lock", "ownershipControls",
			"policy", "policyStatus", "publicAccessBlock", "replication", "tagging", "versioning", "versions", "website", "uploads",
		} {
			if u.Query().Has(sub) {
				return " ?" + sub
			}
		}
		if parts[0] == "" {
			return " /"
		}
		return ""
	}
	if len(parts) > 1 && version.MatchString(parts[0]) {
		parts = parts[1:]
	}
	if len(parts) > 2 && !strings.Contains(parts[0], "tags") {
		return " " + parts[0] + "/" + parts[len(parts)-1]
	}
	return " " + parts[0]
}

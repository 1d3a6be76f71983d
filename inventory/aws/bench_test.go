package aws

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// A replay answers what it has heard once, after a set latency, and passes the rest on to
// the emulator. One recorded region stands for all.
type replay struct {
	upstream string
	latency  time.Duration
	silent   bool // what was not recorded is an error
	calls    atomic.Int64

	mu    sync.Mutex
	heard map[string]*heard
}

type heard struct {
	status int
	header http.Header
	body   []byte
}

var regionOf = regexp.MustCompile(`Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/`)

func (p *replay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.calls.Add(1)
	body, _ := io.ReadAll(r.Body)
	scope := regionOf.FindStringSubmatch(r.Header.Get("Authorization"))
	key := strings.Join([]string{scope[2], r.Method, r.Header.Get("X-Amz-Target"), r.URL.Path, r.URL.RawQuery, string(body)}, " ")
	key = strings.NewReplacer(scope[1], "", emulator.Region, "").Replace(key)
	p.mu.Lock()
	answer := p.heard[key]
	p.mu.Unlock()
	switch {
	case answer != nil:
		time.Sleep(p.latency)
	case p.silent:
		http.Error(w, "not recorded", http.StatusBadRequest)
		return
	default:
		request, _ := http.NewRequestWithContext(r.Context(), r.Method, p.upstream+r.URL.RequestURI(), bytes.NewReader(body))
		request.Header, request.Host = r.Header.Clone(), r.Host
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer func() { _ = response.Body.Close() }()
		answer = &heard{status: response.StatusCode, header: response.Header}
		answer.body, _ = io.ReadAll(response.Body)
		p.mu.Lock()
		p.heard[key] = answer
		p.mu.Unlock()
	}
	maps.Copy(w.Header(), answer.header)
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body)
}

// BenchmarkScan reads an account of about 5,000 resources of over 60 types in 3 regions from a
// replay with 50 ms latency. It prints the wall time beside its lower bounds (see bounds) and the calls
// made beside those that testdata/bench.py works out.
func BenchmarkScan(b *testing.B) {
	e := emulator.Start(b)
	for _, script := range []string{"seed", "seed_net", "seed_data", "seed_edge"} {
		e.Seed(b, "testdata/"+script+".py")
	}
	var plan struct{ Regional, Global map[string]int }
	require.NoError(b, json.Unmarshal([]byte(e.Seed(b, "testdata/bench.py")), &plan))

	server := &replay{upstream: e.URL, heard: map[string]*heard{}}
	front := httptest.NewServer(server)
	b.Cleanup(front.Close)
	cfg := sdk.Config{Region: emulator.Region, BaseEndpoint: &front.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}
	recorded, err := Scan(b.Context(), cfg, Options{})
	require.NoError(b, err)
	var types []string
	for _, r := range recorded.Resources {
		unread := slices.ContainsFunc(recorded.Gaps, func(g inventory.Gap) bool { return g.Type == r.Ref.Type })
		if !unread && !slices.Contains(types, r.Ref.Type) {
			types = append(types, r.Ref.Type)
		}
	}
	server.latency, server.silent = 50*time.Millisecond, true
	opt := Options{Types: types, Regions: []string{"eu-west-1", "eu-central-1", "ap-south-1"}}

	scan := func(opt Options) (s *inventory.Snapshot, calls int, took time.Duration) {
		before, start := server.calls.Load(), time.Now()
		s, err := Scan(b.Context(), cfg, opt)
		require.NoError(b, err)
		return s, int(server.calls.Load() - before), time.Since(start)
	}
	for b.Loop() {
		b.StopTimer()
		sent := recordBuckets(&cfg)
		b.StartTimer()
		s, calls, took := scan(opt)
		b.StopTimer()
		require.Empty(b, s.Gaps)
		byRate, slowest := sent()
		byFlight := time.Duration(calls) * server.latency / 32
		bound := max(byRate, byFlight)
		fmt.Printf("scan: %d resources of %d types in %d regions, %d calls in %.1fs; lower bound %.1fs (rate of %s %.1fs, 32 calls in flight %.1fs): %.2f times\n",
			len(s.Resources), len(types), len(opt.Regions), calls, took.Seconds(), bound.Seconds(), slowest, byRate.Seconds(), byFlight.Seconds(), took.Seconds()/bound.Seconds())
		b.ReportMetric(took.Seconds()/bound.Seconds(), "×bound")
		b.StartTimer()
	}
	planned := 1 // the question who asks
	opt.Types = slices.AppendSeq(slices.Collect(maps.Keys(plan.Regional)), maps.Keys(plan.Global))
	for _, n := range plan.Regional {
		planned += n * len(opt.Regions)
	}
	for _, n := range plan.Global {
		planned += n
	}
	_, calls, _ := scan(opt)
	fmt.Printf("calls for %d types: %d made, %d computed by testdata/bench.py (%+.1f%%)\n", len(opt.Types), calls, planned, 100*float64(calls-planned)/float64(planned))
}

// recordBuckets counts what counts against each quota; the result is the longest time that
// any of them takes when it is kept: what is left after the burst, at the bucket's rate.
func recordBuckets(cfg *sdk.Config) func() (time.Duration, string) {
	type key struct{ region, name string }
	var mu sync.Mutex
	counts := map[key]int{}
	quotaByName := map[string]quota{}
	inner := http.DefaultTransport.(*http.Transport).Clone()
	inner.MaxIdleConnsPerHost = 64
	client := &http.Client{Transport: inner}
	cfg.HTTPClient = roundTrip(func(r *http.Request) (*http.Response, error) {
		service, operation := callOf(r.Context())
		name, q := quotaOf(service, operation)
		mu.Lock()
		counts[key{regionOf.FindStringSubmatch(r.Header.Get("Authorization"))[1], name}]++
		quotaByName[name] = q
		mu.Unlock()
		return client.Do(r)
	})
	return func() (longest time.Duration, slowest string) {
		mu.Lock()
		defer mu.Unlock()
		for k, n := range counts {
			q := quotaByName[k.name]
			left := float64(n) - max(1, float64(int(q.burst*share)))
			if d := time.Duration(left / (q.perSecond * share) * float64(time.Second)); d > longest {
				longest, slowest = d, k.name
			}
		}
		return longest, slowest
	}
}

// BenchmarkStream lets a million resources through and prints how much memory that takes.
func BenchmarkStream(b *testing.B) {
	const perPage, pageCount = 1000, 1000
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		if form.Get("Action") == "GetCallerIdentity" {
			_, _ = fmt.Fprint(w, "<R><GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/u</Arn></GetCallerIdentityResult></R>")
			return
		}
		var page int
		_, _ = fmt.Sscanf(form.Get("NextToken"), "page-%d", &page)
		var out bytes.Buffer
		out.WriteString("<DescribeVolumesResponse><volumeSet>")
		for i := range perPage {
			fmt.Fprintf(&out, "<item><volumeId>vol-%017x</volumeId><size>8</size><availabilityZone>eu-west-1a</availabilityZone><status>in-use</status>"+
				"<volumeType>gp3</volumeType><encrypted>true</encrypted><tagSet><item><key>pcf:app</key><value>orders</value></item></tagSet></item>", page*perPage+i)
		}
		out.WriteString("</volumeSet>")
		if page+1 < pageCount {
			fmt.Fprintf(&out, "<nextToken>page-%d</nextToken>", page+1)
		}
		out.WriteString("</DescribeVolumesResponse>")
		_, _ = w.Write(out.Bytes())
	}))
	defer server.Close()
	// The rate is not what is measured here.
	normal := quotas["EC2.Describe*"]
	quotas["EC2.Describe*"] = quota{perSecond: 1e6, burst: 1e6}
	defer func() { quotas["EC2.Describe*"] = normal }()
	cfg := sdk.Config{Region: emulator.Region, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}
	for b.Loop() {
		var peak uint64
		count := 0
		encoder := json.NewEncoder(io.Discard)
		_, gaps, err := Stream(b.Context(), cfg, Options{Types: []string{"AWS::EC2::Volume"}}, func(r *inventory.Resource) error {
			if count++; count%50_000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
			return encoder.Encode(r)
		})
		require.NoError(b, err)
		require.Empty(b, gaps)
		require.Equal(b, perPage*pageCount, count)
		fmt.Printf("stream: %d resources, at most %d MiB of heap\n", count, peak>>20)
		b.ReportMetric(float64(peak>>20), "MiB-peak")
	}
}

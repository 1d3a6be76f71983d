//go:build unix

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
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
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
	w.Header().Del("Content-Length") // names of regions are not of one length
	w.Header().Del("X-Amz-Crc32")
	w.WriteHeader(answer.status)
	_, _ = w.Write(bytes.ReplaceAll(answer.body, []byte(emulator.Region), []byte(scope[1])))
}

// A witness is an HTTP client that counts the requests it sends, retries too, by operation.
type witness struct {
	http.Client
	mu     sync.Mutex
	counts map[string]int
}

func newWitness() *witness {
	inner := http.DefaultTransport.(*http.Transport).Clone()
	inner.MaxIdleConnsPerHost = 64
	return &witness{Client: http.Client{Transport: inner}, counts: map[string]int{}}
}

func (w *witness) Do(r *http.Request) (*http.Response, error) {
	service, operation := callOf(r.Context())
	w.mu.Lock()
	w.counts[service+"."+operation]++
	w.mu.Unlock()
	return w.Client.Do(r)
}

// BenchmarkInventory measures what a scan promises about itself and prints it in one table:
// the number of its calls and its time beside what testdata/bench/inventory_calls.py
// works out, and the memory of a million resources. Each is measured once, which takes
// minutes. A number of calls or an amount of memory out of bounds is a failure; a time,
// which depends on the machine, is not.
func BenchmarkInventory(b *testing.B) {
	table := [][]string{{"measure", "measured", "computed", "ratio", "bound"}}
	b.Run("scan", func(b *testing.B) {
		rows := benchScan(b)
		table = append(table, rows...)
	})
	b.Run("million", func(b *testing.B) { table = append(table, benchMillion(b)) })
	for _, row := range table {
		fmt.Printf("%-44s %12s %12s %8s %14s\n", row[0], row[1], row[2], row[3], row[4])
	}
}

// benchScan reads an account of about 5,000 resources in 3 regions from a replay with
// 50 ms latency. What it is compared with, a script finds out from the emulator, which the replay
// recorded, too.
func benchScan(b *testing.B) (rows [][]string) {
	e := emulator.Start(b)
	for _, script := range []string{"testdata/seed.py", "testdata/seed_net.py", "testdata/seed_data.py", "testdata/seed_edge.py", "../../testdata/bench/inventory_account.py"} {
		e.Seed(b, script)
	}
	server := &replay{upstream: e.URL, heard: map[string]*heard{}}
	front := httptest.NewServer(server)
	b.Cleanup(front.Close)
	cfg := sdk.Config{Region: emulator.Region, BaseEndpoint: &front.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}
	recorded, err := Scan(b.Context(), cfg, Options{})
	require.NoError(b, err)
	var types []string // those that the emulator has some of and can tell all about
	for _, r := range recorded.Resources {
		unread := slices.ContainsFunc(recorded.Gaps, func(g inventory.Gap) bool { return g.Type == r.Ref.Type })
		if !unread && !slices.Contains(types, r.Ref.Type) {
			types = append(types, r.Ref.Type)
		}
	}
	opt := Options{Types: types, Regions: []string{"eu-west-1", "eu-central-1", "ap-south-1"}, Concurrency: 32}
	server.latency, server.silent = 50*time.Millisecond, true

	limits := map[string][2]float64{}
	for name, q := range quotas {
		limits[name] = [2]float64{q.perSecond * share, max(1, float64(int(q.burst*share)))}
	}
	for name, q := range constants {
		limits[name] = [2]float64{q.perSecond * share, max(1, float64(int(q.burst*share)))}
	}
	limits["*"] = [2]float64{conservative.perSecond * share, conservative.burst * share}
	given, err := json.Marshal(map[string]any{
		"types": types, "regions": len(opt.Regions), "latency": server.latency.Seconds(), "concurrency": opt.Concurrency, "quotas": limits,
	})
	require.NoError(b, err)
	file := filepath.Join(b.TempDir(), "scan.json")
	require.NoError(b, os.WriteFile(file, given, 0o600))
	var least struct {
		Types, Total int
		Calls        map[string]int
		Seconds      float64
		Waits        string `json:"waits_for"`
	}
	require.NoError(b, json.Unmarshal([]byte(e.Seed(b, "../../testdata/bench/inventory_calls.py", file)), &least))

	seen := newWitness()
	cfg.HTTPClient = seen
	b.ResetTimer()
	s, err := Scan(b.Context(), cfg, opt)
	took := b.Elapsed().Seconds()
	b.StopTimer()
	require.NoError(b, err)
	require.Empty(b, s.Gaps)
	calls := 0
	for _, n := range seen.counts {
		calls += n
	}
	for call := range seen.counts {
		least.Calls[call] += 0
	}
	for _, call := range slices.Sorted(maps.Keys(least.Calls)) {
		if made, needed := seen.counts[call], least.Calls[call]; made != needed {
			fmt.Printf("  %s: %d calls made, %d computed\n", call, made, needed)
		}
	}
	fmt.Printf("scan: %d resources of %d types in %d regions, %v a call; on the critical path to the end: %s\n",
		len(s.Resources), len(types), len(opt.Regions), server.latency, least.Waits)
	ratio := float64(calls) / float64(least.Total)
	if ratio > 1.1 || ratio < 0.9 {
		b.Errorf("the scan makes %d calls and %d are needed", calls, least.Total)
	}
	return [][]string{
		{"API calls", fmt.Sprint(calls), fmt.Sprint(least.Total), fmt.Sprintf("%.3f", ratio), "0.9 to 1.1"},
		{"seconds, beside the critical path", fmt.Sprintf("%.1f", took), fmt.Sprintf("%.1f", least.Seconds), fmt.Sprintf("%.2f", took/least.Seconds), "at most 1.5"},
	}
}

// benchMillion runs the program over a million resources, with all its limits, and measures the
// most memory that the process had.
func benchMillion(b *testing.B) []string {
	const regions, pageCount, perPage, most = 10, 100, 1000, 1 << 10 // MiB
	dir := b.TempDir()
	program, out := filepath.Join(dir, "pcf-scan"), filepath.Join(dir, "account.jsonl")
	said, err := exec.CommandContext(b.Context(), "go", "build", "-o", program, "../../cmd/pcf-scan").CombinedOutput()
	require.NoError(b, err, "%s", said)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { volumes(w, r, pageCount, perPage) }))
	defer server.Close()

	args := []string{"inventory", "--type", "AWS::EC2::Volume", "--include", "properties", "--format", "jsonl", "--output", out}
	for i := range regions {
		args = append(args, "--region", fmt.Sprintf("eu-test-%d", i))
	}
	cmd := exec.CommandContext(b.Context(), program, args...)
	cmd.Env = []string{"AWS_ENDPOINT_URL=" + server.URL, "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "TMPDIR=" + dir, "HOME=" + dir}
	b.ResetTimer()
	said, err = cmd.CombinedOutput()
	took := b.Elapsed()
	b.StopTimer()
	require.NoError(b, err, "%s", said)

	written, err := os.ReadFile(out)
	require.NoError(b, err)
	require.Equal(b, regions*pageCount*perPage+2, bytes.Count(written, []byte("\n")), "a line for each resource, the first and the last")
	last := written[bytes.LastIndexByte(written[:len(written)-1], '\n')+1:]
	require.Contains(b, string(last), `"complete":true`)
	peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10 // Linux counts in KiB
	if runtime.GOOS == "darwin" {
		peak >>= 10 // and macOS in bytes
	}
	fmt.Printf("stream: %d resources, %d MiB of JSON lines, in %.0fs\n", regions*pageCount*perPage, len(written)>>20, took.Seconds())
	if peak >= most {
		b.Errorf("the program had %d MiB", peak)
	}
	return []string{"MiB at most, for 1,000,000 resources streamed", fmt.Sprint(peak), fmt.Sprint(most), fmt.Sprintf("%.2f", float64(peak)/most), "below 1"}
}

// volumes answers DescribeVolumes with one page of many, and who asks.
func volumes(w http.ResponseWriter, r *http.Request, pageCount, perPage int) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	if form.Get("Action") == "GetCallerIdentity" {
		_, _ = io.WriteString(w, "<R><GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/u</Arn></GetCallerIdentityResult></R>")
		return
	}
	region := regionOf.FindStringSubmatch(r.Header.Get("Authorization"))[1]
	var page int
	_, _ = fmt.Sscanf(form.Get("NextToken"), "page-%d", &page)
	var out bytes.Buffer
	out.WriteString("<DescribeVolumesResponse><volumeSet>")
	for i := range perPage {
		fmt.Fprintf(&out, "<item><volumeId>vol-%017x</volumeId><size>8</size><availabilityZone>%sa</availabilityZone><status>in-use</status>"+
			"<volumeType>gp3</volumeType><encrypted>true</encrypted><tagSet><item><key>pcf:app</key><value>orders</value></item></tagSet></item>", page*perPage+i, region)
	}
	out.WriteString("</volumeSet>")
	if page+1 < pageCount {
		fmt.Fprintf(&out, "<nextToken>page-%d</nextToken>", page+1)
	}
	out.WriteString("</DescribeVolumesResponse>")
	_, _ = w.Write(out.Bytes())
}

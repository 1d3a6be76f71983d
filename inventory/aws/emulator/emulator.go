// Package emulator gives tests an AWS to talk to: moto, a third-party emulator, behind
// a proxy of ours. It is used by tests only.
//
// moto answers the way AWS does; boto3 scripts seed it ([Emulator.Seed]), so that neither
// side of a test is our own code. The proxy in between writes down which operations were
// called ([Emulator.Calls], [Emulator.Writes]) and answers wrongly on request
// ([Emulator.Fail]), because moto itself denies, throttles and breaks nothing.
//
// Tests of a package that run one after the other share one moto, and those that run in
// parallel have one each. They end with the test process, however that ends.
package emulator

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// Region is the region of [Emulator.Env].
	Region = "eu-west-1"
	// Account is the account id that moto gives to all credentials it does not know.
	Account = "123456789012"

	readyTimeout = 90 * time.Second // a cold start of moto on a busy machine takes ten
	seedTimeout  = 5 * time.Minute
)

// An Emulator is an AWS for one test.
type Emulator struct {
	// URL is the endpoint, for AWS_ENDPOINT_URL.
	URL string

	*server
	python  string
	scanner []string // see Enforce
}

// A server is a moto and the proxy before it.
type server struct {
	moto  string    // its own address, past the proxy
	leash io.Closer // our end of the pipe; what nobody refers to would be collected and closed
	proxy *proxy
	front *httptest.Server
	// What StartSeeded left in the account.
	script, said string
}

var (
	idle       []*server // those that no test has now
	idleMutex  sync.Mutex
	countMutex sync.Mutex
	count      int
)

// Start returns an empty emulator, which is the test's own until it ends.
//
// moto_server is looked for on PATH and in .venv/bin at the root of the repository. When
// it is not there the test is skipped, or fails when PCF_SCAN_MOTO=required. When
// PCF_SCAN_MOTO_LOG names a file, the name of every test that really ran against the
// emulator is appended to it, one a line, so that `make test` can print how many did.
func Start(t testing.TB) *Emulator {
	t.Helper()
	e := take(t, "")
	e.Reset(t)
	return e
}

// StartSeeded returns an emulator that the script has seeded (see Seed), and what the
// script printed. Tests that only read share one account, which spares them the time to
// seed it: the script runs again only when something was written since.
func StartSeeded(t testing.TB, script string) (e *Emulator, said string) {
	t.Helper()
	e = take(t, script)
	if e.script != script || e.proxy.changed() {
		e.Reset(t)
		said := e.Seed(t, script)
		e.script, e.said = script, said
		e.proxy.unchanged()
	}
	return e, e.said
}

// take gives an emulator to a test until its end, one that the script has seeded if it can.
func take(t testing.TB, script string) *Emulator {
	t.Helper()
	binary := find()
	if binary == "" {
		const missing = "moto_server is neither on PATH nor in .venv/bin (pip install 'moto[server]' boto3)"
		if os.Getenv("PCF_SCAN_MOTO") == "required" {
			t.Fatal(missing + ", and PCF_SCAN_MOTO=required")
		}
		t.Skip("NOT RUN AGAINST THE EMULATOR: " + missing)
	}
	var s *server
	idleMutex.Lock()
	if len(idle) > 0 {
		at := max(0, slices.IndexFunc(idle, func(s *server) bool { return s.script == script }))
		s = idle[at]
		idle = slices.Delete(idle, at, at+1)
	}
	idleMutex.Unlock()
	if s == nil {
		moto, leash, err := launch(binary)
		if err != nil {
			t.Fatalf("start the emulator: %v", err)
		}
		s = &server{moto: moto, leash: leash}
		s.proxy = newProxy(moto, sync.OnceValues(func() (map[string][]paging, error) { return paginators(pythonBeside(binary)) }))
		s.front = httptest.NewServer(s.proxy)
	}
	t.Cleanup(func() {
		idleMutex.Lock()
		defer idleMutex.Unlock()
		idle = append(idle, s)
	})
	e := &Emulator{URL: s.front.URL, python: pythonBeside(binary), server: s}
	e.Heal()
	e.Forget()
	t.Cleanup(e.Heal) // lets go of requests that hang
	counted(t)
	return e
}

// Tests returns how many tests of this process got an emulator.
func Tests() int {
	countMutex.Lock()
	defer countMutex.Unlock()
	return count
}

func counted(t testing.TB) {
	countMutex.Lock()
	defer countMutex.Unlock()
	count++
	path := os.Getenv("PCF_SCAN_MOTO_LOG")
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatalf("write PCF_SCAN_MOTO_LOG: %v", err)
	}
	defer func() { _ = f.Close() }()
	if _, err := fmt.Fprintln(f, t.Name()); err != nil {
		t.Fatalf("write PCF_SCAN_MOTO_LOG: %v", err)
	}
}

// find returns the path of moto_server, or "".
func find() string {
	if path, err := exec.LookPath("moto_server"); err == nil {
		return path
	}
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, statErr := os.Stat(filepath.Join(dir, "go.mod")); statErr == nil {
			path := filepath.Join(dir, ".venv", "bin", "moto_server")
			if _, statErr := os.Stat(path); statErr == nil {
				return path
			}
			return ""
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

// pythonBeside returns the interpreter that was installed with moto: it has boto3 too.
func pythonBeside(binary string) string {
	for _, name := range []string{"python3", "python"} {
		path := filepath.Join(filepath.Dir(binary), name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return "python3"
}

// images are Amazon's in every region. moto's own are some hundred, each with a snapshot, which
// makes to list snapshots take most of the time of the tests.
//
//go:embed images.json
var images []byte

// launch starts moto under a shell that waits for the end of its input. The other end
// of that pipe, the leash, is ours and never closed, so moto ends when this process does, even when
// it is killed.
func launch(binary string) (url string, leash io.Closer, err error) {
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	public, err := os.CreateTemp("", "pcf-scan-moto-*.json")
	if err != nil {
		return "", nil, err
	}
	_, err = public.Write(images)
	if err = errors.Join(err, public.Close()); err != nil {
		return "", nil, err
	}
	output, err := os.CreateTemp("", "pcf-scan-moto-*.log")
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = os.Remove(output.Name()) }() // open files stay readable
	cmd := exec.Command("sh", "-c", `"$0" -H 127.0.0.1 -p "$1" & moto=$!; cat >/dev/null; kill $moto; rm "$MOTO_AMIS_PATH"`, binary, strconv.Itoa(port))
	cmd.Env = append(os.Environ(), "MOTO_AMIS_PATH="+public.Name()) // read when EC2 is first called
	cmd.Stdout, cmd.Stderr = output, output
	if leash, err = cmd.StdinPipe(); err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	url = "http://127.0.0.1:" + strconv.Itoa(port)
	const pause = 100 * time.Millisecond
	for range readyTimeout / pause {
		time.Sleep(pause)
		if response, err := http.Get(url + "/moto-api/data.json"); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return url, leash, nil
			}
		}
	}
	said := make([]byte, 4096)
	n, _ := output.ReadAt(said, 0)
	return "", nil, fmt.Errorf("%s did not answer within %v; it said:\n%s", binary, readyTimeout, said[:n])
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// Reset empties the account, the log of calls and the list of faults.
func (e *Emulator) Reset(t testing.TB) {
	t.Helper()
	response, err := http.Post(e.moto+"/moto-api/reset", "text/plain", nil)
	if err != nil {
		t.Fatalf("reset the emulator: %v", err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("reset the emulator: %s", response.Status)
	}
	e.script = ""
	e.Heal()
	e.Forget()
}

// Env returns the environment, as KEY=value, of a program that shall take the emulator
// for AWS: endpoint, credentials and region, and nothing of the developer's own account.
func (e *Emulator) Env() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + e.URL,
		"AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test",
		"AWS_SESSION_TOKEN=",
		"AWS_REGION=" + Region,
		"AWS_DEFAULT_REGION=" + Region,
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// Seed runs a Python script with boto3 against the emulator and returns what it printed.
// What it calls is not in the log of calls. A script that fails fails the test.
func (e *Emulator) Seed(t testing.TB, script string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), seedTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, e.python, append([]string{script}, args...)...)
	cmd.Env = append(environ(), e.Env()...)
	cmd.Env = append(cmd.Env, "PYTHONDONTWRITEBYTECODE=1") // leave nothing in testdata
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("seed the emulator with %s: %v\n%s", script, err, said.String())
	}
	e.Forget()
	return string(out)
}

// environ is the environment without anything of the developer's own account.
func environ() []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "AWS_") })
}

// State returns moto's own picture of everything in the account, as JSON: what a test
// compares before and after to show that nothing was changed. It is empty where moto cannot
// draw it (some resources have no JSON there, and it answers 500): a test must say what it
// rests on then.
func (e *Emulator) State(t testing.TB) string {
	t.Helper()
	response, err := http.Get(e.moto + "/moto-api/data.json")
	if err != nil {
		t.Fatalf("read the emulator's state: %v", err)
	}
	defer func() { _ = response.Body.Close() }()
	state, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("read the emulator's state: %v", err)
	}
	if response.StatusCode != http.StatusOK {
		return ""
	}
	return string(state)
}

// Calls returns the calls since the start or the last Forget, in order of arrival.
func (e *Emulator) Calls() []Call { return e.proxy.recorded() }

// WriteTexts returns, in the order of Writes, the operation, path and body of each: the
// resources that it is about stand in it.
func (e *Emulator) WriteTexts() []string { return e.proxy.writes() }

// Writes returns those of Calls that are not known to be reads.
func (e *Emulator) Writes() []Call {
	var writes []Call
	for _, c := range e.Calls() {
		if c.Write {
			writes = append(writes, c)
		}
	}
	return writes
}

// Forget empties the log of calls.
func (e *Emulator) Forget() { e.proxy.forget() }

// Fail answers every call of an operation with a fault until Heal. Service and action
// are spelled as in Calls; "*" stands for any.
func (e *Emulator) Fail(service, action string, fault Fault) { e.proxy.fail(service, action, fault) }

// FailFrom answers the nth call of an operation from now, counted from 1, and all after it,
// with a fault until Heal.
func (e *Emulator) FailFrom(service, action string, nth int, fault Fault) {
	e.proxy.failFrom(service, action, nth, fault)
}

// Intercept shows every call to before, which says whether it goes on to moto, and to after
// once it had its effect, which says whether its answer goes back; a no closes the connection.
// Either may be nil. They are called from many goroutines, until Heal, and after is not
// asked about calls that meet a fault.
func (e *Emulator) Intercept(before, after func(Call) bool) { e.proxy.intercept(before, after) }

// Heal ends all faults and the interception.
func (e *Emulator) Heal() { e.proxy.heal() }

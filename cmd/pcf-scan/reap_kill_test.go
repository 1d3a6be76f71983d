package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// uncapped lifts every cap, so that what goes is decided by nothing else.
var uncapped = []string{
	"reap", "--declared", "apps", "--consent", "consent.yaml", "--state", "s3://" + emulator.BucketName + "/pcf",
	"--max-delete", "unlimited", "--max-per-type", "unlimited", "--max-percent", "unlimited", "--format", "json",
}

// teardownFiles writes what uncapped names: an app that lives, one that is retired, and a
// consent to lose its data.
func teardownFiles(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "apps"), 0o700))
	for name, text := range map[string]string{
		"apps/network.yaml":  "app: network\nversion: 1.0.0\nenvironment: dev\nparticles:\n  alarms: {type: AWS::SNS::Topic}\n  bastion: {type: AWS::EC2::Instance}\n",
		"apps/register.yaml": "kind: register\napps:\n  network: {environment: dev, active: [1.0.0]}\n  reports: {environment: dev, retired: {1.0.0: 2026-01-01T00:00:00Z}}\n",
		"consent.yaml":       "consents:\n  - {app: reports, reason: it is retired, approver: ops@acme.example, expires: 2030-01-01}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
}

// teardownAccount is an account with the thirty resources of the retired app, with every kind
// of dependency between them, and two that stay.
func teardownAccount(t *testing.T) []byte {
	t.Helper()
	type thing struct {
		Type       string            `json:"type"`
		ID         string            `json:"id"`
		Account    string            `json:"account"`
		Region     string            `json:"region"`
		ARN        string            `json:"arn,omitempty"`
		Created    string            `json:"created"`
		State      string            `json:"state,omitempty"`
		Tags       map[string]string `json:"tags"`
		Properties map[string]any    `json:"properties"`
	}
	var all []*thing
	of := func(app, typ, id, identifier string, properties map[string]any) *thing {
		if properties == nil {
			properties = map[string]any{}
		}
		if identifier != "" {
			properties[identifier] = id
		}
		r := &thing{
			Type: "AWS::" + typ, ID: id, Account: "111122223333", Region: "eu-west-1", Created: "2025-01-01T00:00:00Z", Properties: properties,
			Tags: map[string]string{"pcf:app": app, "pcf:environment": "dev", "pcf:version": "1.0.0", "pcf:particle": strings.ToLower(id)},
		}
		if strings.HasPrefix(typ, "IAM::") {
			r.Region = "global"
		}
		all = append(all, r)
		return r
	}
	id := func(prefix string, n int) string { return fmt.Sprintf("%s-%017x", prefix, 0xabc+n) }
	app := func(typ, id, identifier string, properties map[string]any) *thing {
		return of("reports", typ, id, identifier, properties)
	}
	vpc, one, two := id("vpc", 0), id("sg", 0), id("sg", 1)
	app("EC2::VPC", vpc, "VpcId", map[string]any{"CidrBlock": "10.0.0.0/16"})
	for i := range 3 {
		app("EC2::Subnet", id("subnet", i), "SubnetId", map[string]any{"VpcId": vpc})
	}
	for _, ring := range [][2]string{{one, two}, {two, one}} {
		app("EC2::SecurityGroup", ring[0], "GroupId", map[string]any{"VpcId": vpc, "SecurityGroupIngress": []any{
			map[string]any{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourceSecurityGroupId": ring[1]},
		}})
	}
	app("EC2::RouteTable", id("rtb", 0), "RouteTableId", map[string]any{"VpcId": vpc})
	app("EC2::InternetGateway", id("igw", 0), "InternetGatewayId", nil)
	app("EC2::VPCGatewayAttachment", "IGW|"+vpc, "", map[string]any{"VpcId": vpc, "InternetGatewayId": id("igw", 0)})
	for i := range 4 {
		app("EC2::Instance", id("i", i), "InstanceId", map[string]any{"SubnetId": id("subnet", i%3), "SecurityGroupIds": []any{one}}).State = "running"
	}
	app("EC2::EIP", id("eipalloc", 0), "AllocationId", nil)
	app("EC2::NatGateway", id("nat", 0), "NatGatewayId", map[string]any{"SubnetId": id("subnet", 0), "AllocationId": id("eipalloc", 0)})
	app("EC2::Volume", id("vol", 0), "VolumeId", map[string]any{"Size": 8}).State = "available"
	role := "arn:aws:iam::111122223333:role/reports"
	app("IAM::Role", "reports", "RoleName", map[string]any{
		"Policies": []any{map[string]any{"PolicyName": "own", "PolicyDocument": map[string]any{"Statement": []any{}}}},
	}).ARN = role
	app("Lambda::Function", "reports-api", "FunctionName", map[string]any{"Role": role})
	for i := range 5 {
		app("SNS::Topic", fmt.Sprint("reports-", i), "TopicName", nil)
	}
	for i := range 6 {
		app("CloudWatch::Alarm", fmt.Sprint("reports-alarm-", i), "AlarmName", nil)
	}
	app("EC2::KeyPair", "reports-key", "KeyName", nil)
	require.Len(t, all, 30)
	of("network", "SNS::Topic", "alarms", "TopicName", nil)
	of("", "SNS::Topic", "nobodys", "TopicName", nil).Tags = map[string]string{}
	text, err := json.Marshal(map[string]any{
		"schemaVersion": 1, "complete": true, "gaps": []any{}, "resources": all,
		"scope": map[string]any{"partition": "aws", "accounts": []string{"111122223333"}, "regions": []string{"eu-west-1", "global"}, "types": []string{"*"}},
	})
	require.NoError(t, err)
	return text
}

// reapIn prepares a run of the program in a directory whose state is in a bucket.
func reapIn(t *testing.T, dir string, env []string, b *emulator.Bucket, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, slices.Concat(uncapped, args)...)
	cmd.Args[0], cmd.Dir = "pcf-scan", dir
	cmd.Env = append(slices.Clone(env), "PCF_SCAN_TEST_PROGRAM=1", "HOME="+dir, "AWS_ENDPOINT_URL_S3="+b.URL)
	return cmd
}

// teardown prepares a run that ends the retired app at once.
func teardown(t *testing.T, dir string, env []string, b *emulator.Bucket, args ...string) *exec.Cmd {
	t.Helper()
	return reapIn(t, dir, env, b, append(args, "--app", "reports", "--grace", "0", "--apply")...)
}

// journalIn joins the pieces of the journal in a bucket.
func journalIn(b *emulator.Bucket) (text []byte) {
	for _, key := range slices.Sorted(maps.Keys(b.Objects)) {
		if strings.HasPrefix(key, "pcf/journal/") {
			_, records, _ := strings.Cut(b.Objects[key], "\n")
			text = append(text, records...)
		}
	}
	return text
}

// endedOnce checks the journal of a teardown: its chain is whole, and each resource is deleted
// once, after an intent. It returns their refs.
func endedOnce(t *testing.T, b *emulator.Bucket) (refs []string) {
	t.Helper()
	intents, ends := map[string]int{}, map[string]int{}
	journal := journalIn(b)
	_, err := state.Verify(bytes.NewReader(journal), nil)
	require.NoError(t, err)
	_, _, err = state.Scan(bytes.NewReader(journal), func(r state.Record) error {
		switch {
		case r.Kind == state.Intent && r.Step == "delete":
			intents[r.Ref]++
		case r.Kind == state.Deleted:
			ends[r.Ref]++
			assert.Equal(t, 1, ends[r.Ref], "%s is deleted once", r.Ref)
			assert.Positive(t, intents[r.Ref], "%s is deleted after an intent", r.Ref)
		}
		return nil
	})
	require.NoError(t, err)
	return slices.Collect(maps.Keys(ends))
}

// backupName is what the simulated cloud calls a backup: by a token of the run.
var backupName = regexp.MustCompile(`backup-[0-9a-f]+`)

// TestReapKillSweep kills the program, as kill -9 does, in the teardown of an app of thirty
// resources at the writes of its journal and of its lock (a sample, with PCF_SCAN_FULL every one), before the
// write and after it, and runs it again when the lease of the dead is over. Between two records is at most
// one call, so that these are the moments before and after every call too. The account
// ends as without the kill, nothing is deleted twice, and the chain of the journal holds.
// TestInvariant22_KillSweep dies at every one of them each time, inside one process.
func TestReapKillSweep(t *testing.T) {
	env := append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") }),
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=eu-west-1", "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+os.DevNull)
	live := []string{"--live", "sim:account.json", "--now", "2026-11-01T00:00:00Z"}
	account := teardownAccount(t)
	begin := func(t *testing.T) (dir string, b *emulator.Bucket, later func()) {
		dir = t.TempDir()
		teardownFiles(t, dir)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "account.json"), account, 0o600))
		clock := time.Now()
		return dir, emulator.NewBucket(t, func() time.Time { return clock }), func() { clock = clock.Add(time.Hour) }
	}
	dir, b, _ := begin(t)
	out, err := teardown(t, dir, env, b, live...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Len(t, endedOnce(t, b), 30)
	left := func(t *testing.T, dir string) []string {
		all := looks(t, filepath.Join(dir, "account.json"))
		for i := range all {
			all[i] = backupName.ReplaceAllString(all[i], "backup")
		}
		return all
	}
	want := left(t, dir)
	require.Len(t, want, 3, "what stays, and a snapshot")
	writes := b.Puts()
	points := killPoints(writes, 32)
	t.Logf("a teardown of 30 resources with %d writes of its state is killed at %d moments", writes, len(points))
	for _, at := range points {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			dir, b, later := begin(t)
			killed(t, teardown(t, dir, env, b, live...), at, func(early, late func() bool) {
				b.OnPut = func(_ int, after bool) bool {
					if after {
						return late()
					}
					return early()
				}
			})
			b.OnPut = nil
			later()
			out, err := teardown(t, dir, env, b, live...).CombinedOutput()
			require.NoError(t, err, "the next run\n%s", out)
			assert.Equal(t, want, left(t, dir))
			assert.Len(t, endedOnce(t, b), 30)
		})
	}
}

// teardownTypes are those of what teardown.py seeds.
var teardownTypes = []string{
	"AWS::CloudWatch::Alarm", "AWS::EC2::EIP", "AWS::EC2::Instance", "AWS::EC2::KeyPair", "AWS::EC2::Volume",
	"AWS::Logs::LogGroup", "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::SSM::Parameter",
}

// endings are the requests of e that end something, without what differs between two tries.
func endings(e *emulator.Emulator) (texts []string) {
	for _, w := range e.WriteTexts() {
		for _, verb := range []string{"Delete", "Terminate", "Release"} {
			if strings.HasPrefix(w, verb) {
				texts = append(texts, w)
			}
		}
	}
	return texts
}

// A namer names the writes of a teardown, by what they do and to which of the resources, so that
// a write has the same name in every account and in every run.
type namer struct {
	ids  *strings.Replacer
	seen map[string]int // in this run
}

var named = regexp.MustCompile(`<\d+>`)

func newNamer(gone [][2]string) *namer {
	var pairs []string
	for i, r := range gone {
		for _, id := range strings.Split(r[1], "|") {
			pairs = append(pairs, id, fmt.Sprintf("<%d>", i))
		}
	}
	return &namer{ids: strings.NewReplacer(pairs...), seen: map[string]int{}}
}

// call names a request to a service: the operation, and which resources stand in it.
func (n *namer) call(text string) string {
	text = n.ids.Replace(text)
	return n.nth(strings.Fields(text)[0] + " " + strings.Join(named.FindAllString(text, -1), ""))
}

// put names a write of the state. A piece of the journal is written with each record again: the
// last is what is new.
func (n *namer) put(t *testing.T, key, content string) string {
	if !strings.HasPrefix(key, "pcf/journal/") {
		return n.nth(key)
	}
	records := strings.Split(strings.TrimSpace(content), "\n")
	var r state.Record
	assert.NoError(t, json.Unmarshal([]byte(records[len(records)-1]), &r))
	return n.nth(fmt.Sprint("journal ", r.Kind, " ", r.Step, " ", n.ids.Replace(r.Ref)))
}

func (n *namer) nth(name string) string {
	n.seen[name]++
	return fmt.Sprint(name, " #", n.seen[name])
}

// A writeMoment is before or (late) after a write.
type writeMoment struct {
	write string
	late  bool
}

// TestReapKilledOnEmulator is TestReapKillSweep with the real clients: the program is killed at
// writes to the services and to its state alike, before they reach the other side and when
// they had their effect and no answer; the next run goes on, and is killed at the next moment,
// until one ends by itself. With PCF_SCAN_FULL it is killed at both moments of every write that a
// teardown makes, else at about forty of them. That each single kill converges by itself is
// shown by TestReapKillSweep.
func TestReapKilledOnEmulator(t *testing.T) {
	t.Parallel()
	fmt.Printf("emulator: 1 test ran in cmd/pcf-scan: %s\n", t.Name())
	live := append(toReap(teardownTypes...), "--region", emulator.Region, "--now", "2026-11-01T00:00:00Z")
	// torn tears an account down. The runs are killed at those moments that they come by, each once; it
	// returns all moments of the last run, which is not killed, and takes from at what was met.
	torn := func(t *testing.T, at map[writeMoment]bool) (all []writeMoment) {
		t.Helper()
		e := emulator.Start(t)
		var truth struct{ Gone, Stays [][2]string }
		require.NoError(t, json.Unmarshal([]byte(e.Seed(t, filepath.Join(root, "testdata/accounts/teardown.py"))), &truth))
		require.Len(t, truth.Gone, 30)
		dir, clock, repeats := t.TempDir(), time.Now(), 0
		teardownFiles(t, dir)
		b := emulator.NewBucket(t, func() time.Time { return clock })
		for died := true; died; clock = clock.Add(time.Hour) { // the lease of the dead is over
			n, now := newNamer(truth.Gone), writeMoment{}
			all = nil
			var err error
			died, err = killedWhen(t, teardown(t, dir, e.Env(), b, live...), func(late bool) bool {
				now.late = late
				all = append(all, now)
				dies := at[now]
				delete(at, now)
				if dies && !late {
					repeats++
				}
				return dies
			}, func(early, late func() bool) {
				interceptWrites(e, func() bool {
					texts := e.WriteTexts()
					now.write = n.call(texts[len(texts)-1])
					return early()
				}, late)
				b.OnPut = func(_ int, after bool) bool {
					if after {
						return late()
					}
					key, content := b.Newest()
					now.write = n.put(t, key, content)
					return early()
				}
			})
			e.Heal()
			b.OnPut = nil
			if !died {
				require.NoError(t, err, "the last run")
			}
		}
		calls := endings(e)
		slices.Sort(calls)
		twice := len(calls) - len(slices.Compact(calls))
		assert.LessOrEqual(t, twice, repeats, "only what did not reach the service is called again")
		ended := endedOnce(t, b)
		for _, r := range truth.Gone {
			assert.True(t, slices.ContainsFunc(ended, func(ref string) bool { return strings.HasSuffix(ref, "/"+r[0]+"/"+r[1]) }), "%v is deleted by the journal", r)
		}
		assert.Equal(t, truth.Stays, lookFor(t, e, slices.Concat(truth.Gone, truth.Stays)).Left)
		return all
	}
	var all []writeMoment
	t.Run("not killed", func(t *testing.T) { all = torn(t, nil) })
	require.Greater(t, len(all), 2*300)
	some, chains := 40, 4
	if os.Getenv("PCF_SCAN_FULL") != "" {
		some, chains = len(all), 8
	}
	t.Logf("a teardown of 30 resources with %d writes is killed at %d moments", len(all)/2, some)
	for c := range chains {
		t.Run(fmt.Sprint("chain ", c), func(t *testing.T) {
			t.Parallel()
			at := map[writeMoment]bool{}
			for i := c; i < some; i += chains {
				at[all[i*len(all)/some]] = true
			}
			// What a killed run had begun is ended in another way: some moments want an account of their own.
			for kills := len(at); len(at) > 0; {
				before := len(at)
				torn(t, at)
				require.Less(t, len(at), before, "none of these moments comes: %v", at)
				t.Logf("killed at %d of %d moments", kills-len(at), kills)
			}
		})
	}
}

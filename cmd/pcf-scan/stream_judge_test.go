package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/declared"
	"github.com/pcf-scan/pcf-scan/rules"
)

// packSnapshot writes the resources of every case of the built-in pack, as live ones of one
// account for each case. Without names that are not known it can be judged as a stream.
func packSnapshot(t *testing.T, unknownNames bool) string {
	t.Helper()
	pack, err := rules.Builtin()
	require.NoError(t, err)
	s := &inventory.Snapshot{Scope: inventory.Scope{Partition: "aws", Types: []string{"*"}}}
	n := 0
	for _, rule := range pack.Rules() {
		for _, c := range rule.Cases {
			account := fmt.Sprintf("%012d", len(s.Scope.Accounts)+1)
			s.Scope.Accounts = append(s.Scope.Accounts, account)
			for _, of := range append([]*inventory.Resource{c.Resource}, c.With...) {
				n++
				r := *of
				r.Properties = maps.Clone(r.Properties)
				maps.DeleteFunc(r.Properties, func(_ string, v any) bool {
					_, unknown := v.(*inventory.Unknown)
					return unknown && !unknownNames
				})
				r.Declared, r.LogicalID = false, ""
				r.Ref.Account, r.Ref.Region = account, "eu-west-1"
				if r.Ref.ID == "" {
					r.Ref.ID = fmt.Sprintf("id-%d", n)
				}
				s.Resources = append(s.Resources, &r)
			}
		}
	}
	var b bytes.Buffer
	require.NoError(t, declared.WriteSnapshotJSONL(&b, s))
	return b.String()
}

func judged(t *testing.T, text string, flags ...string) (stdout string, code int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "snapshot.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"pcf-scan", "check", file, "--summary", "--format", "json", "--now", "2026-11-01T00:00:00Z"}, flags...), &out, &errs)
	return strings.ReplaceAll(out.String(), file, "FILE"), code
}

// TestStreamedRunEqualsRun: judging a snapshot as a stream changes what it costs, and
// nothing else. A byte order mark sends a snapshot the ordinary way.
func TestStreamedRunEqualsRun(t *testing.T) {
	const bom = "\xef\xbb\xbf"
	text := packSnapshot(t, false)
	lines := strings.SplitAfter(text, "\n")
	lines = lines[:len(lines)-1]
	middle := len(lines) / 2
	edit := func(change func(lines []string) []string) string {
		return strings.Join(change(append([]string{}, lines...)), "")
	}
	for _, tt := range []struct {
		text  string
		flags []string
		why   string
	}{
		{text, nil, "every case of the pack, joins included"},
		{text, []string{"--framework", "fsbp"}, "controls"},
		{packSnapshot(t, true), nil, "names that are not known"},
		{text, []string{"--severity", "high"}, "a part of the rules"},
		{text, []string{"--rule", "s3-bucket-ssl-requests-only", "--rule", "ec2-imdsv2-check"}, "joins alone"},
		{text, []string{"--concurrency", "1"}, "one worker"},
		{edit(func(l []string) []string { return l[:len(l)-1] }), nil, "the end is lost"},
		{edit(func(l []string) []string { return append(l[:middle:middle], l[middle+1:]...) }), nil, "a line is lost"},
		{edit(func(l []string) []string { return append(l, l[1]) }), nil, "text after the end"},
		{edit(func(l []string) []string { l[middle] = l[middle-1]; return l }), nil, "a resource stands twice"},
		{edit(func(l []string) []string { l[middle] = "{\n"; return l }), nil, "a broken line"},
		{edit(func(l []string) []string { l[middle] = strings.Replace(l[middle], `"type"`, `"Type"`, 1); return l }), nil, "a key in another case"},
		{edit(func(l []string) []string { l[middle] = strings.Replace(l[middle], `"id"`, "\n\"id\"", 1); return l }), nil, "a resource on two lines"},
		{edit(func(l []string) []string {
			l[1] = strings.Replace(l[1], `"region":"eu-west-1"`, `"region":5`, 1)
			return l
		}), nil, "a wrong kind"},
		{edit(func(l []string) []string {
			l[len(l)-1] = strings.Replace(l[len(l)-1], `"gaps":[]`, `"gaps":[{"type":"AWS::S3::BucketPolicy","reason":"denied","message":"no"}]`, 1)
			return l
		}), nil, "a gap that hides what joins look for"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			want, wantCode := judged(t, bom+tt.text, tt.flags...)
			got, code := judged(t, tt.text, tt.flags...)
			assert.Equal(t, want, got)
			assert.Equal(t, wantCode, code)
		})
	}
}

// TestStreamIsTaken: the comparison above means nothing if both go the ordinary way.
func TestStreamIsTaken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "snapshot.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(packSnapshot(t, false)), 0o600))
	in, ok := declared.OpenStream(file)
	require.True(t, ok)
	defer in.Close()
	pack, err := rules.LoadToJudge()
	require.NoError(t, err)
	result, err := engine.RunStream(engine.Job{Command: "check", Rules: pack, Include: engine.Include{Summary: true}}, in)
	require.NoError(t, err)
	assert.Positive(t, result.Summary.Findings["fail"])
	assert.Positive(t, result.Summary.Findings["unknown"])
}

// joinRules join in the ways that the pack does not: for every type, from what was joined,
// account-wide facts.
const joinRules = `
id: any-function
title: x
severity: low
types: ["*"]
check: 'size(related("AWS::Lambda::Function")) == 0'
message: "'x'"
remediation: x
cases: [{name: c, type: AWS::SQS::Queue, properties: {}, expect: pass}, {name: d, type: AWS::EC2::SecurityGroup, id: sg-0123456789abcdef0, properties: {}, with: [{type: AWS::Lambda::Function, properties: {VpcConfig: {SecurityGroupIds: [sg-0123456789abcdef0]}}}], expect: fail}]
---
id: from-joined
title: x
severity: low
types: [AWS::EC2::SecurityGroup]
check: 'related("AWS::Lambda::Function").all(f, size(f.references("AWS::KMS::Key")) > 0 && f.references("AWS::KMS::Key").all(k, size(k.related("AWS::KMS::Alias")) > 0))'
message: "'x'"
remediation: x
cases: [{name: c, properties: {}, expect: pass}, {name: d, id: sg-0123456789abcdef0, properties: {}, with: [{type: AWS::Lambda::Function, properties: {VpcConfig: {SecurityGroupIds: [sg-0123456789abcdef0]}}}], expect: fail}]
---
id: group-of-function
title: x
severity: low
types: [AWS::Lambda::Function]
check: 'references("AWS::EC2::SecurityGroup").all(g, g.properties.?GroupName.orValue("") == "default") && size(related("AWS::Lambda::Function")) == 0'
message: "'x'"
remediation: x
cases: [{name: c, properties: {}, expect: pass}, {name: d, properties: {VpcConfig: {SecurityGroupIds: [sg-0123456789abcdef0]}}, with: [{type: AWS::EC2::SecurityGroup, id: sg-0123456789abcdef0, properties: {GroupName: web}}], expect: fail}]
---
id: facts
title: x
severity: low
types: [AWS::KMS::Alias]
check: 'account("PCF::Account::Summary").exists(s, s.properties.?AccountMFAEnabled.orValue(0) == 1)'
message: "'x'"
remediation: x
cases: [{name: c, live: true, properties: {}, with: [{type: PCF::Account::Summary, live: true, properties: {AccountMFAEnabled: 1}}], expect: pass}, {name: d, live: true, properties: {}, with: [{type: PCF::Account::Summary, live: true, properties: {AccountMFAEnabled: 0}}], expect: fail}]
`

// joinedSnapshot draws resources that refer to each other or nearly do, in any order.
func joinedSnapshot(t *rapid.T) string {
	pick := func(of ...any) any { return rapid.SampledFrom(of).Draw(t, "value") }
	n := func(most int) int { return rapid.IntRange(0, most).Draw(t, "n") }
	maybe := func(v any) any { // what a snapshot may hold in place of a value
		switch n(40) {
		case 0:
			return "(sensitive)"
		case 1:
			return "(unknown: it was not read)"
		}
		return v
	}
	group := func() any { return maybe(fmt.Sprintf("sg-0123456789abcdef%d", n(4))) }
	key := func() any { return fmt.Sprintf("%d234abcd-12ab-34cd-56ef-1234567890ab", n(3)) }
	keyARN := func() any {
		return maybe(pick(key(), fmt.Sprintf("arn:aws:kms:r:111111111111:key/%s", key()), "alias/a", "default", "alias/aws/secretsmanager"))
	}
	volume := func() any { return fmt.Sprintf("vol-0123456789abcdef%d", n(3)) }
	name := func() any { return pick("default", "web", "jobs", "a\"b") }
	policy := map[string]any{"Statement": []any{map[string]any{
		"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": []any{"arn:aws:s3:::web", "arn:aws:s3:::web/*"},
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}}}
	trust := map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Principal": map[string]any{"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}}
	type m = map[string]any
	makers := []func() (typ string, id any, properties m){
		func() (string, any, m) {
			id := fmt.Sprintf("sg-0123456789abcdef%d", n(4))
			return "AWS::EC2::SecurityGroup", id, m{"GroupId": pick(id, id, maybe(id)), "GroupName": name(), "SecurityGroupIngress": []any{m{"SourceSecurityGroupId": group()}}}
		},
		func() (string, any, m) {
			id := name()
			return "AWS::Lambda::Function", id, m{"FunctionName": id, "KmsKeyArn": keyARN(), "VpcConfig": m{"SecurityGroupIds": []any{group(), group()}}, "Environment": m{"Variables": m{"GROUP": group()}}}
		},
		func() (string, any, m) {
			return "AWS::EC2::NetworkInterface", fmt.Sprintf("eni-0123456789abcdef%d", n(5)), m{"GroupSet": []any{group()}, "Description": name()}
		},
		func() (string, any, m) {
			id := key()
			return "AWS::KMS::Key", id, m{"KeyId": id, "Arn": fmt.Sprintf("arn:aws:kms:r:111111111111:key/%s", id), "Enabled": pick(true, true, false)}
		},
		func() (string, any, m) {
			return "AWS::KMS::Alias", "alias/a", m{"AliasName": "alias/a", "TargetKeyId": keyARN()}
		},
		func() (string, any, m) {
			id := volume()
			return "AWS::EC2::Volume", id, m{"VolumeId": id, "KmsKeyId": keyARN(), "Encrypted": true}
		},
		func() (string, any, m) {
			return "AWS::EC2::VolumeAttachment", volume(), m{"VolumeId": maybe(volume()), "InstanceId": "i"}
		},
		func() (string, any, m) {
			id := name()
			return "AWS::IAM::Role", id, m{"RoleName": id, "AssumeRolePolicyDocument": trust}
		},
		func() (string, any, m) { return "AWS::IAM::InstanceProfile", name(), m{"Roles": []any{maybe(name())}} },
		func() (string, any, m) {
			id := name()
			return "AWS::S3::Bucket", id, m{"BucketName": id}
		},
		func() (string, any, m) {
			return "AWS::S3::BucketPolicy", name(), m{"Bucket": maybe(name()), "PolicyDocument": policy}
		},
		func() (string, any, m) { return "AWS::SecretsManager::Secret", name(), m{"KmsKeyId": keyARN()} },
		func() (string, any, m) {
			return "PCF::Account::Summary", "summary", m{"AccountMFAEnabled": pick(int64(0), int64(1))}
		},
		func() (string, any, m) { return "Acme::Own::Type", name(), m{"FunctionName": "web"} },
	}
	var b strings.Builder
	b.WriteString(`{"schemaVersion":1,"scope":{"partition":"aws","accounts":["111111111111","222222222222"],"regions":["r","global"],"types":["*"]}}` + "\n")
	seen := map[string]bool{}
	for range 10 + n(30) {
		typ, id, properties := rapid.SampledFrom(makers).Draw(t, "maker")()
		r := m{"type": typ, "id": id, "account": pick("111111111111", "111111111111", "222222222222"), "region": pick("r", "r", "global"), "tags": m{"Name": name()}, "unread": []any{}, "properties": properties, "created": "2026-03-01T12:00:00Z"}
		if n(5) == 0 {
			r["unread"] = []any{"/KmsKeyId"}
		}
		if ref := fmt.Sprint(typ, id, r["account"], r["region"]); !seen[ref] {
			seen[ref] = true
			line, err := json.Marshal(r)
			require.NoError(t, err)
			b.Write(append(line, '\n'))
		}
	}
	gaps := ""
	if n(5) == 0 {
		gaps = fmt.Sprintf(`{"account":%q,"type":%q,"reason":"denied","message":"no"}`, pick("", "111111111111"), pick("", "AWS::KMS::Alias", "AWS::Lambda::Function", "AWS::S3::BucketPolicy"))
	}
	fmt.Fprintf(&b, `{"end":true,"complete":true,"gaps":[%s],"count":%d}`+"\n", gaps, len(seen))
	return b.String()
}

// TestStreamedJoinsEqualRun: whoever mentions whom, and wherever in the file, the streamed
// run counts what a run that holds everything counts.
func TestStreamedJoinsEqualRun(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "rules")
	require.NoError(t, os.Mkdir(mine, 0o700))
	for i, rule := range strings.Split(joinRules, "\n---\n") {
		require.NoError(t, os.WriteFile(filepath.Join(mine, fmt.Sprintf("%d.yaml", i)), []byte(rule), 0o600))
	}
	pack, err := rules.LoadToJudge(mine)
	require.NoError(t, err)
	file := filepath.Join(dir, "snapshot.jsonl")
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	streamed, met := 0, map[string]bool{}
	law := func(t *rapid.T) {
		text := joinedSnapshot(t)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		job := engine.Job{Command: "check", Rules: pack, Now: now, Include: engine.Include{Summary: true}}
		in, ok := declared.OpenStream(file)
		require.True(t, ok)
		defer in.Close()
		job.Declaration = &inventory.Declaration{Files: []string{file}}
		got, err := engine.RunStream(job, in)
		if errors.Is(err, engine.ErrNeedsAll) {
			return // a name that is not known
		}
		require.NoError(t, err)
		whole, err := declared.ReadSnapshot(strings.NewReader(text), file)
		require.NoError(t, err)
		job.Declaration = &inventory.Declaration{Files: []string{file}, Snapshots: []*inventory.Snapshot{whole}}
		want := engine.Run(job)
		require.Equal(t, want.Rules, got.Rules, text)
		require.Equal(t, want.Summary, got.Summary, text)
		streamed++
		for _, r := range got.Rules {
			met[r.ID+" passes"] = met[r.ID+" passes"] || r.Pass > 0
			met[r.ID+" fails"] = met[r.ID+" fails"] || r.Fail > 0
		}
	}
	judged := []string{
		"any-function", "from-joined", "group-of-function", "facts", "jiti-key-unused", "jiti-security-group-unattached",
		"jiti-role-unattached", "cost-volume-unattached", "s3-bucket-ssl-requests-only", "secretsmanager-using-cmk",
	}
	// Some verdicts come by chance about once in a hundred draws.
	unmet := func(id string) bool { return !met[id+" passes"] || !met[id+" fails"] }
	for try := 0; try < 20 && slices.ContainsFunc(judged, unmet); try++ {
		rapid.Check(t, law)
	}
	assert.Greater(t, streamed, 20, "of a hundred draws, about every second is streamed")
	for _, id := range judged {
		assert.True(t, met[id+" passes"], "the law is empty for a verdict that never comes: %s passes", id)
		assert.True(t, met[id+" fails"], "the law is empty for a verdict that never comes: %s fails", id)
	}
}

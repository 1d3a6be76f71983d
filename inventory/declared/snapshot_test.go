package declared

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/inventory"
)

const saved = `{
  "schemaVersion": 1, "tool": {"name": "pcf-scan", "version": "x"}, "command": "inventory", "runId": "r",
  "scope": {"partition": "aws", "accounts": ["111122223333"], "regions": ["eu-west-1"], "types": ["*"], "files": []},
  "complete": false,
  "gaps": [{"account": "111122223333", "region": "eu-west-1", "type": "AWS::SQS::Queue", "reason": "denied", "message": "no"}],
  "summary": {"resources": 2},
  "resources": [
    {"type": "AWS::RDS::DBInstance", "id": "orders", "account": "111122223333", "region": "eu-west-1", "created": "2026-01-02T03:04:05+01:00",
     "arn": "arn:aws-cn:rds:x", "name": "orders", "state": "available", "tags": {"a": "b", "c": "(unknown: later)"}, "unread": ["/MasterUserPassword"], "class": "owned", "evidence": [{"source": "tag"}],
     "properties": {"Port": 5432, "Size": 20.0, "Ratio": 0.5, "Password": "(sensitive)", "Name": "(unknown: parameter X has no value)", "List": [1, "(sensitive)"]}},
    {"type": "AWS::S3::Bucket", "id": "b", "account": "999", "region": "mars-1", "tags": null, "unread": null},
    {"type": "AWS::SQS::Queue", "id": "q", "account": "111122223333", "region": "eu-west-1", "properties": {"Tags": [{"Key": "k", "Value": "v"}]}}
  ]
}`

func TestReadSavedResult(t *testing.T) {
	s, err := ReadSnapshot(strings.NewReader(saved), "s.json")
	require.NoError(t, err)
	assert.False(t, s.Complete())
	assert.Equal(t, []inventory.Gap{{Account: "111122223333", Region: "eu-west-1", Type: "AWS::SQS::Queue", Reason: inventory.Denied, Message: "no"}}, s.Gaps)
	assert.Equal(t, []string{"eu-west-1"}, s.Scope.Regions)
	byID := map[string]*inventory.Resource{}
	for _, r := range s.Resources {
		byID[r.Ref.ID] = r
		assert.False(t, r.Declared, "a snapshot holds what lives")
	}
	db := byID["orders"]
	assert.Equal(t, inventory.Ref{Partition: "aws-cn", Account: "111122223333", Region: "eu-west-1", Type: "AWS::RDS::DBInstance", ID: "orders"}, db.Ref)
	assert.Equal(t, time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC), db.Created)
	assert.Equal(t, inventory.Ownership{}, db.Owned, "whose it is, is concluded anew")
	assert.Equal(t, map[string]string{"a": "b"}, db.Tags)
	assert.Equal(t, "later", db.UnknownTags["c"].Because)
	hidden := &inventory.Unknown{Because: "the snapshot does not show it", Sensitive: true}
	assert.Equal(t, inventory.Properties{
		"Port": "5432", "Size": int64(20), "Ratio": 0.5, "Password": hidden, "List": []any{int64(1), hidden},
		"Name": &inventory.Unknown{Because: "parameter X has no value"},
	}, db.Properties, "a rule must not take the words for the value; a port is text to the schema")
	assert.Equal(t, "mars-1", byID["b"].Ref.Region, "what lies outside the scope stays as it is")
	assert.Nil(t, byID["b"].Tags)
	assert.True(t, byID["b"].IsUnread("/BucketName"), "a snapshot without properties has read none")
	assert.Equal(t, map[string]string{"k": "v"}, byID["q"].Tags, "tags that only stand in the properties")

	files(t, map[string]string{"live/s.json": saved, "live/t.yaml": bucket})
	d := read(t, Options{}, ".")
	assert.Empty(t, texts(d.Faults))
	require.Len(t, d.Snapshots, 1)
	assert.Equal(t, s.Scope, d.Snapshots[0].Scope)
	assert.Equal(t, []string{"live/s.json", "live/t.yaml"}, d.Files)

	late := `{"resources": [{"type": "AWS::S3::Bucket", "id": "` + strings.Repeat("x", 80<<10) + `", "properties": {}}], "schemaVersion": 1, "scope": {}, "complete": true, "gaps": []}`
	d = readOne(t, Options{}, "late.json", late)
	assert.Empty(t, texts(d.Faults))
	assert.Len(t, d.Snapshots, 1, "the order of the keys does not matter")
}

func TestReadSnapshotJudgesCompleteness(t *testing.T) {
	header := `{"schemaVersion": 1, "scope": {"partition": "aws"}}` + "\n"
	line := `{"type": "AWS::S3::Bucket", "id": "a", "tags": {}, "properties": {}}` + "\n"
	for _, c := range []struct{ why, text, gap string }{
		{"complete JSONL", header + line + `{"end": true, "complete": true, "gaps": [], "count": 1}`, ""},
		{"the end is lost", header + line, "s has lost its end"},
		{"the end is lost in the middle of a line", header + line + line[:20], "s has lost its end"},
		{"only the first line", header, "s has lost its end"},
		{"lines are lost", header + line + `{"end": true, "complete": true, "gaps": [], "count": 3}`, "holds 1 resources and says that there are 3"},
		{"it says itself that it is incomplete", header + line + `{"end": true, "complete": false, "gaps": [], "count": 1}`, "says that it is incomplete, and not where"},
		{"and where", header + `{"end": true, "complete": false, "gaps": [{"reason": "throttled", "message": "too fast"}], "count": 0}`, "too fast"},
		{"a result that does not say", `{"schemaVersion": 1, "scope": {}, "resources": []}`, "does not say whether it is complete"},
		{"a complete result", `{"schemaVersion": 1, "scope": {}, "complete": true, "resources": []}`, ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			s, err := ReadSnapshot(strings.NewReader(c.text), "s")
			require.NoError(t, err)
			if c.gap == "" {
				assert.Empty(t, s.Gaps)
				return
			}
			require.Len(t, s.Gaps, 1)
			assert.Contains(t, s.Gaps[0].Message, c.gap)
		})
	}
}

// A scan writes what it concluded between its resources; it is concluded anew.
// TestReadSnapshotByHand: what a snapshot of another hand leaves out.
func TestReadSnapshotByHand(t *testing.T) {
	header := `{"schemaVersion": 1, "scope": {"partition": "aws"}}` + "\n"
	for _, c := range []struct {
		why, resource string
		tags          map[string]string
		state         string
	}{
		{"an absent property is not set, tags too", `"type": "AWS::SQS::Queue", "properties": {}`, map[string]string{}, ""},
		{"tags that could not be read are null", `"type": "AWS::SQS::Queue", "tags": null, "properties": {}`, nil, ""},
		{"or named as unread", `"type": "AWS::SQS::Queue", "unread": ["/Tags"], "properties": {}`, nil, ""},
		{"without properties nothing is known", `"type": "AWS::SQS::Queue"`, nil, ""},
		{"they may stand in the properties", `"type": "AWS::SQS::Queue", "properties": {"Tags": [{"Key": "a", "Value": "b"}]}`, map[string]string{"a": "b"}, ""},
		{"as the lifecycle state does", `"type": "AWS::EC2::Instance", "properties": {"State": {"Code": 80, "Name": "stopped"}}`, map[string]string{}, "stopped"},
		{"what is said apart is stronger", `"type": "AWS::EC2::Instance", "state": "running", "properties": {"State": {"Name": "stopped"}}`, map[string]string{}, "running"},
	} {
		s, err := ReadSnapshot(strings.NewReader(header+`{"id": "a", `+c.resource+"}\n"+`{"end": true, "complete": true, "gaps": [], "count": 1}`), "s")
		require.NoError(t, err, c.why)
		require.Len(t, s.Resources, 1, c.why)
		assert.Equal(t, c.tags, s.Resources[0].Tags, c.why)
		assert.Equal(t, c.state, s.Resources[0].State, c.why)
	}
}

// TestReadSnapshotKinds: other programs write "true" where the schema says boolean.
func TestReadSnapshotKinds(t *testing.T) {
	s, err := ReadSnapshot(strings.NewReader(`{"schemaVersion": 1, "scope": {"partition": "aws"}, "complete": true, "gaps": [], "resources": [{"type": "AWS::RDS::DBInstance", "id": "a",
 "properties": {"StorageEncrypted": "True", "BackupRetentionPeriod": "7", "AllocatedStorage": 20, "MultiAZ": "perhaps", "Unheard": "1"}}]}`), "s")
	require.NoError(t, err)
	assert.Equal(t, inventory.Properties{
		"StorageEncrypted": true, "BackupRetentionPeriod": int64(7), "AllocatedStorage": "20", "MultiAZ": "perhaps", "Unheard": "1",
	}, s.Resources[0].Properties)
}

func TestReadSnapshotPassesOverFindings(t *testing.T) {
	header := `{"schemaVersion": 1, "tool": {"name": "pcf-scan"}, "command": "scan", "runId": "r", "scope": {"partition": "aws"}, "sections": ["resources", "findings"]}` + "\n"
	resource := `{"type": "AWS::S3::Bucket", "id": "a", "tags": {}, "properties": {}}` + "\n"
	others := `{"finding": {"rule": "x", "resource": {"type": "AWS::SQS::Queue", "id": "q"}}}` + "\n" + `{"drift": {"class": "missing", "resource": {"type": "AWS::SQS::Queue"}}}` + "\n"
	s, err := ReadSnapshot(strings.NewReader(header+resource+others+`{"end": true, "complete": true, "gaps": [], "count": 1}`), "s")
	require.NoError(t, err)
	assert.Empty(t, s.Gaps, "they are no resources and do not count as such")
	require.Len(t, s.Resources, 1)
	assert.Equal(t, "a", s.Resources[0].Ref.ID)

	s, err = ReadSnapshot(strings.NewReader(header+others), "s")
	require.NoError(t, err)
	assert.False(t, s.Complete(), "the last line is still needed")
}

func TestReadSnapshotRefuses(t *testing.T) {
	header := `{"schemaVersion": 1, "scope": {}}` + "\n"
	for _, c := range []struct{ why, text, want string }{
		{"a version of the future", `{"schemaVersion": 2, "scope": {}, "resources": []}`, "schemaVersion 2 is not known"},
		{"a version that is text", `{"schemaVersion": "1", "scope": {}, "resources": []}`, "must be a number"},
		{"no version", `{"scope": {}, "resources": []}`, "it has no schemaVersion"},
		{"no scope: then nothing is known to be missing", `{"schemaVersion": 1, "resources": []}`, "it has no scope"},
		{"no resources", `{"schemaVersion": 1, "scope": {}, "complete": true}`, "holds no resources"},
		{"no object", `[]`, "does not begin with an object"},
		{"nothing", ``, "ends in the middle"},
		{"a result that is cut off", saved[:len(saved)-40], "ends in the middle"},
		{"a resource without type", header + "{}\n", "s:2:1: read snapshot: resource 1 has no type"},
		{"a line of nothing known", header + `{"verdict": {}}`, "resource 1 has no type"},
		{"a resource that is half a finding", header + `{"type": "AWS::S3::Bucket", "finding": {}}`, "resource 1 (AWS::S3::Bucket) has no id"},
		{"JSONL of a check, as which nothing would live", `{"schemaVersion": 1, "command": "check", "scope": {}, "sections": ["findings"]}` + "\n" + `{"end": true, "complete": true, "gaps": [], "count": 0}`, "holds no resources"},
		{"a resource without id", header + `{"type": "AWS::S3::Bucket"}`, "resource 1 (AWS::S3::Bucket) has no id"},
		{"a line that is garbled", header + `{"type": "AWS::S3::Bucket", "id": "a"}` + "\n{x}\n", "s:3:1: read snapshot: invalid character"},
		{"text after the end", header + `{"end": true, "complete": true, "count": 0}` + "\n{}", "more text after the last line"},
		{"text after the result", `{"schemaVersion": 1, "scope": {}, "complete": true, "resources": []} {}`, "more text after the end"},
		{"a value larger than sane", header + `{"type": "` + strings.Repeat("x", 2*maxValue), "larger than 16 MiB"},
	} {
		t.Run(c.why, func(t *testing.T) {
			_, err := ReadSnapshot(strings.NewReader(c.text), "s")
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestWriteSnapshotHidesSecrets(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, WriteSnapshotJSONL(&out, &inventory.Snapshot{Resources: []*inventory.Resource{{
		Ref:  inventory.Ref{Type: "AWS::RDS::DBInstance", ID: "a"},
		Tags: map[string]string{},
		Properties: inventory.Properties{
			"MasterUserPassword": "hunter2", "Engine": "postgres",
			"Other": &inventory.Unknown{Because: "x", Prefix: "hunter2", Sensitive: true}, "Open": &inventory.Unknown{Because: "why"},
		},
	}}}))
	assert.NotContains(t, out.String(), "hunter2")
	assert.Contains(t, out.String(), `"properties":{"Engine":"postgres","MasterUserPassword":"(sensitive)","Open":"(unknown: why)","Other":"(sensitive)"}`)
}

// What is written is read again as it was, and written again in the same bytes.
func TestSnapshotRoundTrip(t *testing.T) {
	text := rapid.StringMatching(`[a-zA-Z0-9:/_é<"\\ -]{1,12}`)
	var leaf func(depth int) *rapid.Generator[any]
	leaf = func(depth int) *rapid.Generator[any] {
		kinds := []*rapid.Generator[any]{
			rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int64().AsAny(), text.AsAny(),
			rapid.Map(rapid.Int64Range(-1000, 1000), func(i int64) any { return float64(i) + 0.5 }),
			rapid.Map(text, func(s string) any { return &inventory.Unknown{Because: s} }),
		}
		if depth > 0 {
			kinds = append(kinds,
				rapid.Map(rapid.SliceOfN(leaf(depth-1), 0, 3), func(l []any) any { return append([]any{}, l...) }),
				rapid.Map(rapid.MapOfN(text, leaf(depth-1), 0, 3), func(m map[string]any) any { return m }))
		}
		return rapid.OneOf(kinds...)
	}
	resource := rapid.Custom(func(t *rapid.T) *inventory.Resource {
		r := &inventory.Resource{
			Ref: inventory.Ref{
				Partition: "aws", Account: rapid.SampledFrom([]string{"", "111122223333"}).Draw(t, "account"), Region: rapid.SampledFrom([]string{"global", "eu-west-1"}).Draw(t, "region"),
				Type: "Acme::" + text.Draw(t, "type"), ID: text.Draw(t, "id"),
			},
			Name: rapid.OneOf(rapid.Just(""), text).Draw(t, "name"), State: rapid.OneOf(rapid.Just(""), text).Draw(t, "state"), Foreign: rapid.OneOf(rapid.Just(""), text).Draw(t, "foreign"),
			Unread: rapid.OneOf(rapid.Just([]string(nil)), rapid.SliceOfN(text, 1, 3)).Draw(t, "unread"), Observed: "s",
			Properties: rapid.MapOfN(text, leaf(2), 0, 4).Draw(t, "properties"),
		}
		if rapid.Bool().Draw(t, "tagged") {
			r.Tags = rapid.MapOfN(text, text, 0, 3).Draw(t, "tags")
			if rapid.Bool().Draw(t, "unknown tag") {
				r.UnknownTags = map[string]*inventory.Unknown{"~": {Because: "y"}}
			}
		}
		if rapid.Bool().Draw(t, "created") {
			r.Created = time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 0).UTC()
		}
		return r
	})
	gap := rapid.Custom(func(t *rapid.T) inventory.Gap {
		return inventory.Gap{Type: text.Draw(t, "type"), Reason: inventory.Throttled, Message: text.Draw(t, "message"), App: text.Draw(t, "app")}
	})
	rapid.Check(t, func(t *rapid.T) {
		s := &inventory.Snapshot{
			Scope:     inventory.Scope{Partition: "aws", Regions: []string{"eu-west-1"}},
			Resources: rapid.SliceOfN(resource, 0, 4).Draw(t, "resources"),
			Gaps:      rapid.SliceOfN(gap, 0, 2).Draw(t, "gaps"),
		}
		s.Sort()
		var out, again bytes.Buffer
		require.NoError(t, WriteSnapshotJSONL(&out, s))
		back, err := ReadSnapshot(bytes.NewReader(out.Bytes()), "s")
		require.NoError(t, err)
		require.Equal(t, len(s.Resources), len(back.Resources))
		for i := range s.Resources {
			require.Equal(t, s.Resources[i], back.Resources[i])
		}
		require.Equal(t, s.Scope, back.Scope)
		require.ElementsMatch(t, s.Gaps, back.Gaps)
		require.NoError(t, WriteSnapshotJSONL(&again, back))
		require.Equal(t, out.String(), again.String())
	})
}

// The JSON form skips what it does not need without holding it.
func TestSnapshotMemoryIsBounded(t *testing.T) {
	pipe, w := io.Pipe()
	go func() {
		fmt.Fprint(w, `{"schemaVersion": 1, "scope": {}, "findings": [`)
		item, _ := json.Marshal(map[string]string{"message": strings.Repeat("x", 1000)})
		for i := range 100_000 { // 100 MB
			if i > 0 {
				fmt.Fprint(w, ",\n")
			}
			if _, err := w.Write(item); err != nil {
				return
			}
		}
		fmt.Fprint(w, `], "complete": true, "gaps": [], "resources": []}`)
		w.Close()
	}()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s, err := ReadSnapshot(pipe, "s")
	require.NoError(t, err)
	assert.True(t, s.Complete())
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapSys)-int64(before.HeapSys), int64(64<<20))
}

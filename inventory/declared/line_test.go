package declared

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

const (
	streamHead = `{"schemaVersion":1,"scope":{"partition":"aws","accounts":["1"],"regions":["r"],"types":["*"]}}` + "\n"
	streamEnd  = `{"end":true,"complete":true,"gaps":[],"count":1}` + "\n"
)

// lines that a snapshot may hold; the decoder of lines agrees with the ordinary reader on
// each, or leaves it to that.
var someLines = []string{
	`{"type":"AWS::S3::Bucket","id":"a","account":"1","region":"r","tags":{"k":"v"},"unread":[],"properties":{"BucketName":"a"}}`,
	`{"properties":{"A":[1,2.5,-3e2,1e400,9223372036854775808,true,false,null,"x"],"B":{"C":{}},"D":[]},"type":"X","id":"a"}`,
	`{"type":"X","id":"a","tags":null,"unread":["/A","/B/*/C"]}`,
	`{"type":"X","id":"a","tags":{"k":"(sensitive)","j":"(unknown: parameter P has no value)"},"properties":{"S":"(sensitive)","T":"(text)"}}`,
	`{"type":"AWS::S3::Bucket","id":"a","properties":{"Tags":[{"Key":"k","Value":"v"}]}}`,
	`{"type":"AWS::EC2::Instance","id":"a","tags":{},"properties":{"State":{"Code":80,"Name":"stopped"}}}`,
	`{"type":"AWS::EC2::Instance","id":"a","state":"running","properties":{"St\u0061te":{"Name":"stopped"}}}`,
	`{"type":"AWS::SQS::Queue","id":"a","unread":["/Tags"],"properties":{"St\u0061tus":"deleting"}}`,
	`{"type":"AWS::RDS::DBInstance","id":"a","tags":{},"properties":{"StorageEncrypted":"True","BackupRetentionPeriod":"7","AllocatedStorage":20,"MultiAZ":"perhaps"}}`,
	`{"type":"X","id":"a","properties":{"A":"\u00e9\n\"","B\u0041":"é"}}`,
	`{"type":"X","id":"a","created":"2026-03-01T12:00:00+02:00","arn":"arn:aws-cn:s3:::a","name":"n","state":"running","foreign":"AWS's own"}`,
	`{"type":"X","id":"a","created":"yesterday"}`,
	`{"type":"X","id":"a","properties":{"A":1,"A":{"B":2}}}`,
	`{"type":"X","type":"Y","id":"a"}`,
	`{"type":"X","id":"a","evidence":[{"source":"tag","source":"tag"}]}`,
	`{"Type":"X","ID":"a"}`,
	`{"type":"X","id":"a","tags":{"k":1}}`,
	`{"type":"X","id":"a","tags":{"k":null}}`,
	`{"type":"X","id":"a","properties":null,"unread":null}`,
	`{"type":"X","id":"a","properties":[]}`,
	`{"type":"X","id":5}`,
	`{"type":"X","id":""}`,
	`{"type":"X","id":"a","class":"owned","evidence":[{"source":"tag","rank":2}]}`,
	`{"type":"X","id":"a","properties":{"A":01}}`,
	`{"type":"X","id":"a","properties":{"A":[1,]}}`,
	`{"type":"X","id":"a","properties":{"A":"` + "\x01" + `"}}`,
	`{"type":"X","id":"a","properties":{"A":"` + "\xff" + `"}}`,
	`{"type":"X","id":"a"} {}`,
	`{"finding":{"rule":"x"}}`,
	`{}`, `[]`, `null`, ``, `{"type":`, "\t" + `{ "type" : "X" , "id" : "a" }` + "\r",
}

func checkLine(t *testing.T, text string) (plain bool) {
	t.Helper()
	// A decoder that has read other lines before is not another one.
	again := &scratch{}
	for _, text := range someLines[:3] {
		again.restart()
		d := lineDecoder{text: text, again: again}
		_, err := d.read(func(string) inventory.Wanted {
			return inventory.Wanted{Properties: everythingWanted, Tags: everythingWanted}
		})
		require.NoError(t, err)
	}
	again.restart()
	d := lineDecoder{text: text, again: again}
	everything := inventory.Wanted{Properties: everythingWanted, Tags: everythingWanted}
	l, err := d.read(func(string) inventory.Wanted { return everything })
	if err != nil || l.isEnd || l.typ == "" {
		return false
	}
	s := Stream{name: "f", snap: snapshotReader{snapshot: &inventory.Snapshot{Scope: inventory.Scope{Partition: "aws"}}}}
	got := &inventory.Resource{}
	if s.resource(got, &l, everything) != nil {
		return false
	}
	want, err := ReadSnapshot(strings.NewReader(streamHead+text+"\n"+streamEnd), "f")
	require.NoError(t, err, text)
	require.Len(t, want.Resources, 1, text)
	if got.Created.Equal(want.Resources[0].Created) {
		got.Created = want.Resources[0].Created
	}
	assert.Equal(t, want.Resources[0], got, text)
	return true
}

func TestLinesAgreeWithReader(t *testing.T) {
	plain := 0
	for _, text := range someLines {
		if checkLine(t, text) {
			plain++
		}
	}
	assert.Greater(t, plain, 8, "the decoder must read what is plain")
}

func FuzzLine(f *testing.F) {
	for _, text := range someLines {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !strings.Contains(text, "\n") {
			checkLine(t, text)
		}
	})
}

func TestProjectionLeavesOut(t *testing.T) {
	wanted := &inventory.Projection{}
	wanted.Want("A", "B")
	wanted.Want("L", "*", "X")
	wanted.Want("W").All = true
	wanted.Want("E", "*")
	d := lineDecoder{text: `{"A":{"B":1,"C":2},"L":[{"X":1,"Y":2},{"Y":3}],"W":{"P":[{"Q":1}]},"E":[{"Z":1},2],"N":{"O":1}}`}
	got, err := d.value(wanted)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"A": map[string]any{"B": int64(1)},
		"L": []any{map[string]any{"X": int64(1)}, map[string]any{}},
		"W": map[string]any{"P": []any{map[string]any{"Q": int64(1)}}},
		"E": []any{map[string]any{}, int64(2)},
	}, got)
}

func TestStreamReadsAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.jsonl")
	text := streamHead + someLines[0] + "\n\n" + someLines[2] + "\n" + strings.Replace(streamEnd, `"count":1`, `"count":2`, 1)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	s, ok := OpenStream(file)
	require.True(t, ok)
	defer s.Close()
	var types []string
	err := s.Each(1, func(int, string) inventory.Wanted { return inventory.Wanted{} }, func(_ int, r *inventory.Resource, at Span) error {
		assert.Empty(t, r.Properties)
		whole, err := s.Whole(at)
		require.NoError(t, err)
		assert.Equal(t, r.Ref, whole.Ref)
		types = append(types, whole.Ref.Type)
		return nil
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"AWS::S3::Bucket", "X"}, types)
	assert.True(t, s.Snapshot().Complete())
}

// TestTextsOfLines: joins look for names in what this finds, so that none may be left out.
func TestTextsOfLines(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.jsonl")
	first := `{"type":"X","id":"a","properties":{"K" : [ "b", {"L":"c\"d"} ],"N":5,"O":"(sensitive)","P":"(text)"}}`
	long := `{"type":"X","id":"` + strings.Repeat("e", 2*blockSize) + `"}`
	text := streamHead + first + "\n" + long + "\n" + strings.Replace(streamEnd, `"count":1`, `"count":2`, 1)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	s, ok := OpenStream(file)
	require.True(t, ok)
	defer s.Close()
	var at []Span
	require.NoError(t, s.Each(1, func(int, string) inventory.Wanted { return inventory.Wanted{} }, func(_ int, _ *inventory.Resource, span Span) error {
		at = append(at, span)
		return nil
	}))
	texts, unknown := make([][]string, len(at)), 0
	require.NoError(t, s.Texts(at, func(i int, text string, isUnknown bool) {
		texts[i] = append(texts[i], strings.Clone(text))
		if isUnknown {
			unknown++
		}
	}))
	assert.Equal(t, [][]string{{"X", "a", "b", `c"d`, "(sensitive)", "(text)"}, {"X", strings.Repeat("e", 2*blockSize)}}, texts)
	assert.Equal(t, 1, unknown)
	assert.Error(t, s.Texts([]Span{{Offset: int64(len(text)) - 1, Length: 100}}, func(int, string, bool) {}), "the file became shorter")
}

package simcloud

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/declared"
	"github.com/pcf-scan/pcf-scan/inventory/state"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// maxFile bounds a snapshot file: the whole of it is written after every change.
const maxFile = 256 << 20

// Open returns a cloud over a snapshot file, JSON or JSONL. After every change the file is
// replaced as a whole, in the form that it had, so that a crash leaves the state before or
// after. What the file says beside its resources stays. Secrets are written as "(sensitive)"
// and are unknown afterwards, as in AWS.
func Open(path string, clock reaper.Clock) (*Cloud, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open simulated cloud: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	f.Close()
	if err != nil {
		return nil, fmt.Errorf("open simulated cloud: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("open simulated cloud: %s is larger than %d MiB", path, maxFile>>20)
	}
	s, err := declared.ReadSnapshot(bytes.NewReader(text), path)
	if err != nil {
		return nil, fmt.Errorf("open simulated cloud: %w", err)
	}
	c := New(s, clock)
	envelope := map[string]json.RawMessage{}
	first := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	if err := first.Decode(&envelope); err != nil {
		return nil, fmt.Errorf("open simulated cloud: %w", err)
	}
	c.save = func(s *inventory.Snapshot) error {
		var lines bytes.Buffer
		if err := declared.WriteSnapshotJSONL(&lines, s); err != nil {
			return err
		}
		out := lines.Bytes()
		if _, isJSON := envelope["resources"]; isJSON {
			out = wrap(envelope, out)
		}
		if err := state.ReplaceFile(path, out); err != nil {
			return fmt.Errorf("write simulated cloud: %w", err)
		}
		return nil
	}
	return c, nil
}

// wrap puts the resource lines of the JSONL form in the place of an envelope's resources.
// What tells that it is a snapshot comes first.
func wrap(envelope map[string]json.RawMessage, lines []byte) []byte {
	all := bytes.Split(bytes.TrimSuffix(lines, []byte("\n")), []byte("\n"))
	var out bytes.Buffer
	out.WriteString("{")
	key := func(name string, value []byte) {
		if out.Len() > 1 {
			out.WriteString(",")
		}
		text, _ := json.Marshal(name) // a text always has a JSON
		out.WriteString("\n  ")
		out.Write(text)
		out.WriteString(": ")
		out.Write(value)
	}
	first := []string{"schemaVersion", "scope"}
	for _, name := range first {
		if value, has := envelope[name]; has {
			key(name, value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(envelope)) {
		if name != "resources" && !slices.Contains(first, name) {
			key(name, envelope[name])
		}
	}
	resources := bytes.Join(all[1:len(all)-1], []byte(",\n    "))
	key("resources", append(append([]byte("[\n    "), resources...), "\n  ]"...))
	out.WriteString("\n}\n")
	return out.Bytes()
}

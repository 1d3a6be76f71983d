package declared

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Snapshots: an inventory on disk, in two forms. The JSON form is the saved result of
// `inventory --include properties`: one object with its resources in a list. The JSONL
// form is for inventories that are larger than memory should be: a first line with
// schemaVersion and scope, a line for each resource, and a last line that says how many
// there were. Findings and drift of a scan may stand between the resources; they are
// passed over. Both forms are read as a stream, one resource at a time.

// snapshotVersion is the version of the format that is written, and the only one read.
const snapshotVersion = 1

// maxValue bounds what one resource, or one other value, of a snapshot may cost.
const maxValue = 16 << 20

// snapshotResource is one resource as both forms write it. Keys that do not stand here
// (the owner, the evidence) are what an earlier run concluded; they are concluded anew.
type snapshotResource struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	ARN        string          `json:"arn,omitempty"`
	Name       string          `json:"name,omitempty"`
	Account    string          `json:"account"`
	Region     string          `json:"region"`
	Created    *time.Time      `json:"created,omitempty"`
	State      string          `json:"state,omitempty"`
	Foreign    string          `json:"foreign,omitempty"`
	KeptBy     []string        `json:"keptBy,omitempty"` // refs: see inventory.Resource.KeptBy
	Tags       json.RawMessage `json:"tags"`
	Unread     []string        `json:"unread"`
	Properties map[string]any  `json:"properties,omitzero"` // {} is not the same as nothing
}

type snapshotGap struct {
	Account    string              `json:"account,omitempty"`
	Region     string              `json:"region,omitempty"`
	Type       string              `json:"type,omitempty"`
	File       string              `json:"file,omitempty"`
	App        string              `json:"app,omitempty"`
	AppVersion string              `json:"appVersion,omitempty"`
	Reason     inventory.GapReason `json:"reason"`
	Message    string              `json:"message"`
}

type snapshotEnd struct {
	End      bool          `json:"end"`
	Complete bool          `json:"complete"`
	Gaps     []snapshotGap `json:"gaps"`
	Count    int           `json:"count"`
}

type snapshotHeader struct {
	SchemaVersion int             `json:"schemaVersion"`
	Scope         inventory.Scope `json:"scope"`
}

// WriteSnapshotJSONL writes a snapshot in the JSONL form, line by line and in the order
// of the snapshot; sort it first for reproducible bytes. Sensitive values are written as
// "(sensitive)" and are unknown when they are read again.
func WriteSnapshotJSONL(w io.Writer, s *inventory.Snapshot) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	line := func(v any) error {
		if err := enc.Encode(v); err != nil {
			return fmt.Errorf("write snapshot: %w", err)
		}
		return nil
	}
	if err := line(snapshotHeader{SchemaVersion: snapshotVersion, Scope: s.Scope}); err != nil {
		return err
	}
	for _, r := range s.Resources {
		out := snapshotResource{
			Type: r.Ref.Type, ID: r.Ref.ID, ARN: r.ARN, Name: r.Name, Account: r.Ref.Account, Region: r.Ref.Region,
			State: r.State, Foreign: r.Foreign, KeptBy: r.KeptBy(), Unread: r.Unread, Properties: inventory.Redacted(r),
		}
		if !r.Created.IsZero() {
			created := r.Created.UTC()
			out.Created = &created
		}
		tags, err := json.Marshal(writtenTags(r))
		if err != nil {
			return fmt.Errorf("write snapshot: tags of %s: %w", r.Ref, err)
		}
		out.Tags = tags
		if err := line(out); err != nil {
			return err
		}
	}
	end := snapshotEnd{End: true, Complete: s.Complete(), Gaps: []snapshotGap{}, Count: len(s.Resources)}
	for _, g := range s.Gaps {
		end.Gaps = append(end.Gaps, snapshotGap(g))
	}
	return line(end)
}

// writtenTags returns the tags with those whose value is not known among them, so that
// their keys are not lost; nil when the tags as a whole are not known.
func writtenTags(r *inventory.Resource) map[string]any {
	if r.Tags == nil {
		return nil
	}
	tags := make(map[string]any, len(r.Tags)+len(r.UnknownTags))
	for k, v := range r.Tags {
		tags[k] = v
	}
	for k, u := range r.UnknownTags {
		tags[k] = inventory.Redact(nil, "", u)
	}
	return tags
}

// isSnapshotStart decides by the first bytes of a file whether it is a snapshot: an
// object with schemaVersion, and with scope or resources.
func isSnapshotStart(start []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(start, []byte("\xef\xbb\xbf"))))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	var version, rest bool
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			break
		}
		version = version || key == "schemaVersion"
		rest = rest || key == "scope" || key == "resources"
		if version && rest {
			return true
		}
		if skipValue(dec, nil) != nil {
			break
		}
	}
	return false
}

// isSnapshotRoot is the same for a document that was parsed, because its first bytes did
// not tell.
func isSnapshotRoot(root *node) bool {
	return root.get("schemaVersion") != nil && (root.get("scope") != nil || root.get("resources") != nil)
}

// skipValue reads past one value without keeping it.
func skipValue(dec *json.Decoder, in *metered) error {
	for depth := 0; ; {
		in.reset()
		t, err := dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

var errLargeValue = fmt.Errorf("one value is larger than %d MiB", maxValue>>20)

// metered bounds what a decoder reads for one value, and counts lines and bytes.
type metered struct {
	r    io.Reader
	left int
}

func (m *metered) reset() {
	if m != nil {
		m.left = maxValue
	}
}

func (m *metered) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, errLargeValue
	}
	n, err := m.r.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}

// ReadSnapshot reads a snapshot in either form; the content tells which. name is the
// file it comes from, for messages. Every resource comes as a live one, and types or
// regions outside the scope stay as they are. It is an error when the text is no
// snapshot, or one of a version that this program does not know. A snapshot that says of
// itself that it is not complete, or that has lost its end, is returned with a Gap.
//
// The text is read as a stream and never held as a whole; a single value may have 16 MiB.
func ReadSnapshot(r io.Reader, name string) (*inventory.Snapshot, error) {
	s, err := readSnapshot(r, name)
	if err != nil {
		return nil, err
	}
	return s.snapshot, nil
}

func readSnapshot(r io.Reader, name string) (*snapshotReader, error) {
	in := &metered{r: r}
	in.reset()
	lines := &lineCounter{r: skipBOM(in)}
	s := &snapshotReader{name: name, in: in, lines: lines, dec: json.NewDecoder(lines), snapshot: &inventory.Snapshot{}, at: map[inventory.Ref]int{}}
	s.dec.UseNumber()
	err := s.read()
	if twice := lines.keys.Twice(); err == nil && twice != nil {
		return s, inventory.Fault{
			Position: inventory.Position{File: name, Line: twice.Line, Column: twice.Column},
			Message:  "read snapshot: " + twice.Describe(), Hint: "remove one of the two: readers disagree on which one counts",
		}
	}
	if err != nil {
		at := inventory.Position{File: name, Line: s.line, Column: 1}
		if at.Line == 0 { // the text itself is wrong, behind the last value that was right
			at.Line = lines.line(s.dec.InputOffset() + 1)
		}
		return s, inventory.Fault{Position: at, Message: "read snapshot: " + jsonMistake(err), Hint: s.hint}
	}
	scope := &s.snapshot.Scope
	scope.Partition = cmp.Or(scope.Partition, "aws")
	for _, res := range s.snapshot.Resources {
		res.Ref.Partition = scope.Partition
		if partition := strings.Split(res.ARN+"::", ":")[1]; strings.HasPrefix(partition, "aws") {
			res.Ref.Partition = partition
		}
	}
	s.snapshot.Sort()
	return s, nil
}

func skipBOM(r io.Reader) io.Reader {
	start := make([]byte, 3)
	n, _ := io.ReadFull(r, start)
	return io.MultiReader(bytes.NewReader(bytes.TrimPrefix(start[:n], []byte("\xef\xbb\xbf"))), r)
}

// lineCounter remembers where the lines began that a decoder has not passed yet.
type lineCounter struct {
	r      io.Reader
	offset int64
	passed int     // lines that ended before starts
	ends   []int64 // offsets of the newest newlines
	keys   inventory.KeyWatch
}

func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			c.ends = append(c.ends, c.offset+int64(i))
		}
	}
	c.offset += int64(n)
	c.keys.Write(p[:n])
	return n, err
}

// line returns the line (from 1) of an offset, and forgets what lies before it.
func (c *lineCounter) line(offset int64) int {
	i, _ := slices.BinarySearch(c.ends, offset)
	c.passed += i
	c.ends = slices.Delete(c.ends, 0, i)
	return c.passed + 1
}

type snapshotReader struct {
	name     string
	in       *metered
	lines    *lineCounter
	dec      *json.Decoder
	snapshot *inventory.Snapshot
	hint     string
	line     int                   // of a resource that is wrong
	at       map[inventory.Ref]int // the lines of the resources
	// What the first object said.
	version, complete, isResult bool
	scope, resources            bool
	saysComplete                bool
	noResources                 bool // JSONL of a run that did not list them
}

func (s *snapshotReader) read() error {
	if err := s.envelope(); err != nil {
		return err
	}
	switch {
	case !s.version:
		s.hint = "add schemaVersion: 1"
		return errors.New("it has no schemaVersion")
	case !s.scope:
		s.hint = "say what was read: scope: {partition, accounts, regions, types}"
		return errors.New("it has no scope")
	case s.noResources:
		return s.errNoResources()
	case s.resources || s.isResult:
		return s.endOfResult()
	}
	return s.jsonLines()
}

// envelope reads the first object: a whole saved result, or the first line of JSONL.
func (s *snapshotReader) envelope() error {
	if t, err := s.dec.Token(); err != nil {
		return err
	} else if t != json.Delim('{') {
		return errors.New("it does not begin with an object")
	}
	for s.dec.More() {
		s.in.reset()
		key, err := s.dec.Token()
		if err != nil {
			return err
		}
		switch key {
		case "schemaVersion":
			s.version = true
			var version any
			if err := s.dec.Decode(&version); err != nil {
				return err
			}
			if text, is := version.(string); is {
				s.hint = "write it without quotes"
				return fmt.Errorf("schemaVersion must be a number, not the text %q", text)
			}
			if version != json.Number(fmt.Sprint(snapshotVersion)) {
				s.hint = "use the version of pcf-scan that wrote it, or scan again"
				return fmt.Errorf("schemaVersion %v is not known; this program reads %d", version, snapshotVersion)
			}
		case "scope":
			s.scope = true
			var raw json.RawMessage
			if err := s.dec.Decode(&raw); err != nil {
				return err
			}
			if err := s.scopeKeys(raw); err != nil {
				return err
			}
			var scope struct {
				inventory.Scope
				NarrowedTo []string `json:"narrowedTo"`
			}
			if err := json.Unmarshal(raw, &scope); err != nil {
				return err
			}
			s.snapshot.Scope = scope.Scope
			if len(scope.NarrowedTo) > 0 { // what a filter left out is not absent
				s.snapshot.Gaps = append(s.snapshot.Gaps, inventory.Gap{
					Reason:  inventory.Failed,
					Message: s.name + " holds only a part of what was read (" + strings.Join(scope.NarrowedTo, ", ") + "): write it again without that filter",
				})
			}
		case "complete":
			s.isResult, s.complete = true, true
			if err := s.dec.Decode(&s.saysComplete); err != nil {
				return err
			}
		case "gaps":
			var gaps []snapshotGap
			if err := s.dec.Decode(&gaps); err != nil {
				return err
			}
			s.addGaps(gaps)
		case "resources":
			s.resources = true
			if err := s.resourceList(); err != nil {
				return err
			}
		case "sections":
			var sections []string
			if err := s.dec.Decode(&sections); err != nil {
				return err
			}
			s.noResources = !slices.Contains(sections, "resources")
		default:
			if err := skipValue(s.dec, s.in); err != nil {
				return err
			}
		}
	}
	_, err := s.dec.Token()
	return err
}

// scopeKeys refuses keys that a scope does not have: with a misspelt one, what was never
// looked at would count as looked at and not there.
func (s *snapshotReader) scopeKeys(raw json.RawMessage) error {
	known := []string{"accounts", "files", "narrowedTo", "partition", "regions", "types"}
	var keys map[string]json.RawMessage
	if json.Unmarshal(raw, &keys) != nil {
		return nil //nolint:nilerr // the caller says what it is instead
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Contains(known, key) {
			s.hint = didYouMean(key, known)
			return fmt.Errorf("unknown key %q in scope", key)
		}
	}
	return nil
}

func (s *snapshotReader) resourceList() error {
	switch t, err := s.dec.Token(); {
	case err != nil:
		return err
	case t == nil:
		return nil
	case t != json.Delim('['):
		return errors.New("resources is no list")
	}
	for s.dec.More() {
		s.in.reset()
		var raw snapshotResource
		if err := s.dec.Decode(&raw); err != nil {
			return err
		}
		if err := s.add(raw); err != nil {
			return err
		}
	}
	_, err := s.dec.Token()
	return err
}

// endOfResult checks what follows the saved result, and whether it was complete.
func (s *snapshotReader) endOfResult() error {
	s.in.reset()
	if _, err := s.dec.Token(); !errors.Is(err, io.EOF) {
		return errOr(err, "there is more text after the end of the snapshot")
	}
	if !s.resources {
		return s.errNoResources()
	}
	if !s.complete {
		s.addGaps([]snapshotGap{{Reason: inventory.Malformed, Message: "snapshot " + s.name + " does not say whether it is complete"}})
	}
	s.checkComplete(s.saysComplete)
	return nil
}

// errNoResources refuses what a check wrote: as an inventory it would say that nothing
// lives.
func (s *snapshotReader) errNoResources() error {
	s.hint = "save one with: pcf-scan inventory --include properties --format json"
	return errors.New("this saved result holds no resources")
}

func errOr(err error, otherwise string) error {
	if err != nil {
		return err
	}
	return errors.New(otherwise)
}

// checkComplete keeps the word of a snapshot that says it is incomplete without a gap.
func (s *snapshotReader) checkComplete(complete bool) {
	if !complete && len(s.snapshot.Gaps) == 0 {
		s.addGaps([]snapshotGap{{Reason: inventory.Failed, Message: "snapshot " + s.name + " says that it is incomplete, and not where"}})
	}
}

// jsonLines reads the lines after the first.
func (s *snapshotReader) jsonLines() error {
	for {
		s.in.reset()
		var raw struct {
			snapshotResource
			snapshotEnd
			Finding json.RawMessage `json:"finding"`
			Drift   json.RawMessage `json:"drift"`
		}
		err := s.dec.Decode(&raw)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // also in the middle of a line
			s.addGaps([]snapshotGap{{Reason: inventory.Malformed, Message: "snapshot " + s.name + " has lost its end; it may lack resources"}})
			return nil
		}
		if err != nil {
			return err
		}
		if raw.Type == "" && raw.ID == "" && (raw.Finding != nil || raw.Drift != nil) && !raw.End {
			continue // what an earlier run concluded
		}
		if !raw.End {
			if err := s.add(raw.snapshotResource); err != nil {
				return err
			}
			continue
		}
		s.addGaps(raw.Gaps)
		if n := len(s.snapshot.Resources); n != raw.Count {
			s.addGaps([]snapshotGap{{Reason: inventory.Malformed, Message: fmt.Sprintf("snapshot %s holds %d resources and says that there are %d", s.name, n, raw.Count)}})
		}
		s.checkComplete(raw.Complete)
		if _, err := s.dec.Token(); !errors.Is(err, io.EOF) {
			return errOr(err, "there is more text after the last line")
		}
		return nil
	}
}

func (s *snapshotReader) addGaps(gaps []snapshotGap) {
	for _, g := range gaps {
		s.snapshot.Gaps = append(s.snapshot.Gaps, inventory.Gap(g))
	}
}

// add turns one written resource into a live one.
func (s *snapshotReader) add(raw snapshotResource) error {
	line := s.lines.line(s.dec.InputOffset()) // and forget the lines that are done with
	err := s.resource(raw)
	if err == nil {
		ref := s.snapshot.Resources[len(s.snapshot.Resources)-1].Ref
		if first, twice := s.at[ref]; twice {
			err = fmt.Errorf("resource %d (%s %s) stands twice; first on line %d", len(s.snapshot.Resources), raw.Type, raw.ID, first)
			s.hint = "keep the one that is right: a snapshot holds every resource once"
		}
		s.at[ref] = line
	}
	if err != nil {
		s.line = line
	}
	return err
}

func (s *snapshotReader) resource(raw snapshotResource) error {
	n := len(s.snapshot.Resources) + 1
	switch {
	case raw.Type == "":
		return fmt.Errorf("resource %d has no type", n)
	case raw.ID == "":
		return fmt.Errorf("resource %d (%s) has no id", n, raw.Type)
	}
	res := &inventory.Resource{
		Ref: inventory.Ref{Account: raw.Account, Region: raw.Region, Type: raw.Type, ID: raw.ID},
		ARN: raw.ARN, Name: raw.Name, State: raw.State, Foreign: raw.Foreign, Unread: raw.Unread, Observed: s.name,
	}
	if raw.Created != nil {
		res.Created = raw.Created.UTC()
	}
	for _, text := range raw.KeptBy {
		to, err := inventory.ParseRef(text)
		if err != nil {
			return fmt.Errorf("resource %d (%s): keptBy: %w", n, raw.Type, err)
		}
		res.Relations = append(res.Relations, inventory.Relation{Kind: "owner", To: to})
	}
	t, _ := schema.Lookup(raw.Type)
	if raw.Properties == nil {
		if !slices.Contains(res.Unread, "") { // saved without --include properties
			res.Unread = append(res.Unread, "")
		}
	} else {
		props, err := inventory.Normal(raw.Properties)
		if err != nil {
			return fmt.Errorf("resource %d (%s): %w", n, raw.Type, err)
		}
		res.Properties, _ = reveal(props).(map[string]any)
		res.Properties = schema.Coerce(t, res.Properties)
	}
	if len(raw.Tags) > 0 {
		if err := json.Unmarshal(raw.Tags, &res.Tags); err != nil {
			return fmt.Errorf("resource %d (%s): tags are no mapping of texts", n, raw.Type)
		}
		for k, v := range res.Tags {
			if u, unknown := reveal(v).(*inventory.Unknown); unknown {
				delete(res.Tags, k)
				if res.UnknownTags == nil {
					res.UnknownTags = map[string]*inventory.Unknown{}
				}
				res.UnknownTags[k] = u
			}
		}
	} else if raw.Properties != nil {
		tagsInProperties(res, t)
	}
	res.State = cmp.Or(res.State, inventory.LifecycleState(raw.Type, res.Properties))
	if len(res.Unread) == 0 {
		res.Unread = nil
	}
	s.snapshot.Resources = append(s.snapshot.Resources, res)
	return nil
}

// tagsInProperties takes the tags of a resource whose snapshot has no word about them: they stand
// in the properties, or there are none, as with any property that is absent. Tags that could not be
// read are null, or unread.
func tagsInProperties(r *inventory.Resource, t *schema.Type) {
	if t == nil || t.TagProperty == "" || !r.IsUnread(t.TagProperty) {
		r.Tags, r.UnknownTags = inventory.TagsOf(t, r.Properties)
	}
}

// reveal turns the words that stand for a value that was not written back into unknowns:
// a rule must not take them for the value.
func reveal(v any) any {
	switch v := v.(type) {
	case string:
		if v == inventory.Sensitive {
			return &inventory.Unknown{Because: "the snapshot does not show it", Sensitive: true}
		}
		if because, ok := strings.CutPrefix(v, "(unknown: "); ok && strings.HasSuffix(because, ")") {
			return &inventory.Unknown{Because: strings.TrimSuffix(because, ")")}
		}
	case []any:
		for i, e := range v {
			v[i] = reveal(e)
		}
	case map[string]any:
		for k, e := range v {
			v[k] = reveal(e)
		}
	}
	return v
}

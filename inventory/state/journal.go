package state

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Kind says what a record is.
type Kind string

// The kinds of records.
const (
	RunStart Kind = "run-start" // who acts with which plan
	Intent   Kind = "intent"    // one call is about to be made
	Outcome  Kind = "outcome"   // what became of an intent, or of an action without a call
	Applied  Kind = "applied"   // what a particle's resource was last made to be; see LastApplied
	Observed Kind = "observed"  // a complete run saw a candidate, or saw that it is none
	Mark     Kind = "mark"      // a candidate was marked: the grace begins
	Unmark   Kind = "unmark"    // the reason of a mark is gone, or somebody cancelled it
	Notice   Kind = "notice"    // an owner was told, and the receiver acknowledged
	// Altered holds what a candidate was before it was changed on its way out: it is written
	// before the change, so that the old values are there whatever happens then.
	Altered     Kind = "altered"
	Quarantined Kind = "quarantined" // the change shows in the world: the time of holding begins
	Restored    Kind = "restored"    // what was altered is as it was before
	BackedUp    Kind = "backed-up"   // a backup was seen to be available; Message is its ref
	Deleted     Kind = "deleted"     // a resource was seen to be gone, and to stay away
	Counted     Kind = "counted"     // how many resources a complete run saw, by cell: the detail
	Note        Kind = "note"        // for people
	RunEnd      Kind = "run-end"
)

// MaxRecord bounds one record with its detail, in bytes.
const MaxRecord = 1 << 20

// A Record is one line of the journal. Seq, Token and Prev are set by Append. Secrets never
// stand in one: a value that must not be shown is replaced before, see MaskSecrets.
type Record struct {
	Seq    int64     `json:"seq"`
	Kind   Kind      `json:"kind"`
	Time   time.Time `json:"time"`
	Run    string    `json:"run"`
	Token  int64     `json:"token"`            // the fencing token of the writer's lease
	Action string    `json:"action,omitempty"` // id of the plan's action
	Step   string    `json:"step,omitempty"`   // which of the action's calls
	Ref    string    `json:"ref,omitempty"`    // inventory.Ref as text
	// Incarnation tells the resource from a later one of the same name.
	Incarnation string `json:"incarnation,omitempty"`
	State       string `json:"state,omitempty"` // of an outcome or observation
	Message     string `json:"message,omitempty"`
	// Request is the idempotency token of an intent, and the request id of an outcome.
	Request string          `json:"request,omitempty"`
	Along   []string        `json:"along,omitempty"`  // of a deletion: refs of what ends together with the resource
	Detail  json.RawMessage `json:"detail,omitempty"` // more, by kind
	Prev    string          `json:"prev"`             // hash of the record before; empty in the first
}

// A Head identifies the end of a journal. Kept elsewhere, it finds a journal of which the
// end was cut off.
type Head struct {
	Seq  int64  `json:"seq"`  // 0 of an empty journal
	Hash string `json:"hash"` // sha256 of the last record
}

// ErrTampered says that a journal is not what was written: a record was changed, removed,
// moved or put in.
var ErrTampered = errors.New("the journal was changed after it was written")

// A line is the JSON of a record, and as its last key the hash of everything before it. So
// each byte of a line is under a hash, and each record under that of the next.
const (
	hashKey  = `,"hash":"`
	hashTail = len(hashKey) + 2*sha256.Size + len(`"}`)
)

// Seal returns the line of a record as a Store writes it, with its newline, and its hash, which
// is the Prev of the next. Seq, Token and Prev must be set. The error is that of a record that
// is too large. Scan reads it.
func Seal(r Record) (line []byte, hash string, err error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, "", fmt.Errorf("write journal record %d: %w", r.Seq, err)
	}
	if len(body) > MaxRecord {
		return nil, "", fmt.Errorf("write journal record %d: %d bytes are more than the %d that a record may have", r.Seq, len(body), MaxRecord)
	}
	sum := sha256.Sum256(body)
	hash = hex.EncodeToString(sum[:])
	line = append(body[:len(body)-1:len(body)-1], hashKey+hash+"\"}\n"...)
	return line, hash, nil
}

// open reads what Seal wrote, without the newline.
func open(line []byte) (r Record, hash string, err error) {
	at := len(line) - hashTail
	if at < 1 || !bytes.HasPrefix(line[at:], []byte(hashKey)) || !bytes.HasSuffix(line, []byte(`"}`)) {
		return r, "", errors.New("it does not end with its hash")
	}
	hash = string(line[at+len(hashKey) : len(line)-2])
	body := append(line[:at:at], '}')
	if sum := sha256.Sum256(body); hash != hex.EncodeToString(sum[:]) {
		return r, "", errors.New("its hash does not fit")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, "", fmt.Errorf("it is no record of this version: %w", err)
	}
	return r, hash, nil
}

// Scan reads a journal and gives each record to visit, after checking that it follows the
// one before. A last line without its end is what a crash leaves: it is passed over, and
// torn says how many bytes it has. Anything else that is not whole is ErrTampered with the
// number of the line. An error of visit ends the scan and is returned.
func Scan(r io.Reader, visit func(Record) error) (head Head, torn int, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	for number := int64(1); ; number++ {
		line, err := readLine(in)
		switch {
		case errors.Is(err, io.EOF):
			return head, len(line), nil
		case err != nil:
			return head, 0, fmt.Errorf("read journal, line %d: %w", number, err)
		}
		record, hash, err := open(line)
		if err != nil {
			return head, 0, fmt.Errorf("read journal, line %d: %w: %w", number, ErrTampered, err)
		}
		if record.Seq != number || record.Prev != head.Hash {
			return head, 0, fmt.Errorf("read journal, line %d: %w: it does not follow the line before", number, ErrTampered)
		}
		head = Head{Seq: number, Hash: hash}
		if visit == nil {
			continue
		}
		if err := visit(record); err != nil {
			return head, 0, err
		}
	}
}

// readLine reads a line without its newline; with io.EOF what there is of a last one.
func readLine(in *bufio.Reader) (line []byte, err error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, err
		case len(line) > MaxRecord+hashTail:
			return line, fmt.Errorf("%w: the line is longer than a record may be", ErrTampered)
		}
	}
}

// Verify checks a whole journal, as `audit verify` does, and returns its head. Any flip,
// removal, exchange or insertion of records is found, with the line. That the end is missing
// can be told only with a head that was kept elsewhere: pass it as known (nil when there is
// none); a journal that has grown since then is right, one that does not hold it is not. A
// torn last line is what a crash leaves and no error.
func Verify(r io.Reader, known *Head) (Head, error) {
	if known == nil {
		known = &Head{}
	}
	head, _, err := ScanKnown(r, *known, nil)
	if err == nil && head.Seq < known.Seq {
		err = cutOff(head, *known)
	}
	if err != nil {
		err = fmt.Errorf("verify journal: %w", err)
	}
	return head, err
}

func cutOff(head, known Head) error {
	return fmt.Errorf("%w: it ends with record %d, and record %d was known: its end was cut off", ErrTampered, head.Seq, known.Seq)
}

// ScanKnown is Scan of a journal beside which an earlier head is kept, zero when none is: one
// that does not hold that record any more is ErrTampered. Only the known record itself, as the
// last one, may be torn: a machine that loses its power may lose the end of its last write.
func ScanKnown(r io.Reader, known Head, visit func(Record) error) (head Head, torn int, err error) {
	head, torn, err = Scan(r, func(record Record) error {
		if known.Seq > 0 && record.Seq == known.Seq+1 && record.Prev != known.Hash {
			return fmt.Errorf("%w: record %d is not the one that was known", ErrTampered, known.Seq)
		}
		if visit == nil {
			return nil
		}
		return visit(record)
	})
	tornOff := torn > 0 && head.Seq == known.Seq-1
	if err == nil && known.Seq > 0 && head.Seq <= known.Seq && head != known && !tornOff {
		err = cutOff(head, known)
	}
	return head, torn, err
}

package declared

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A Stream reads a JSONL snapshot of any size without holding it: in blocks of lines, with a
// worker per core, and of each resource only what is wanted. Resources may be read again by
// their place in the file, which must not change meanwhile.
type Stream struct {
	name string
	file *os.File
	snap snapshotReader
}

// A Span is the place of a line in the file of a Stream.
type Span struct {
	Offset int64
	Length int32
}

const (
	blockSize = 1 << 18 // bytes of lines that a worker takes at once
	maxLine   = maxValue
)

// OpenStream opens a snapshot in the JSONL form. ok is false, without an error, for every
// other file, and for a snapshot that the ordinary reader should read.
func OpenStream(name string) (s *Stream, ok bool) {
	f, err := Open(name)
	if err != nil {
		return nil, false
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, false
	}
	s = &Stream{name: name, file: f}
	if s.header() != nil {
		f.Close()
		return nil, false
	}
	return s, true
}

// Close closes the file.
func (s *Stream) Close() error { return s.file.Close() }

// header reads the first line, which must be a whole object and nothing but the head of a
// JSONL snapshot.
func (s *Stream) header() error {
	in := bufio.NewReaderSize(s.file, 1<<16)
	first, err := in.ReadSlice('\n')
	if err != nil || !isSnapshotStart(first) {
		return errUnusual
	}
	s.snap = snapshotReader{name: s.name, snapshot: &inventory.Snapshot{}}
	s.snap.dec = json.NewDecoder(bytes.NewReader(first))
	s.snap.dec.UseNumber()
	s.snap.in = &metered{}
	if err := s.snap.envelope(); err != nil {
		return err
	}
	if !s.snap.version || !s.snap.scope || s.snap.noResources || s.snap.resources || s.snap.isResult || s.snap.dec.More() {
		return errUnusual
	}
	scope := &s.snap.snapshot.Scope
	scope.Partition = cmp.Or(scope.Partition, "aws")
	return nil
}

// Snapshot returns what the file says of itself: the scope and, after Each, the gaps; it
// holds no resources.
func (s *Stream) Snapshot() *inventory.Snapshot { return s.snap.snapshot }

// A block is a run of whole lines.
type block struct {
	text   string
	offset int64
}

// found is what the workers found out together.
type found struct {
	mu    sync.Mutex
	seen  [][2]uint64 // hashes of the refs
	end   string      // the last line
	endAt int64
	last  int64 // where the last resource stands
	err   error
}

func (f *found) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = cmp.Or(f.err, err)
}

func (f *found) failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err != nil
}

// Each reads all resources with a number of workers. wanted says what of a type is to be
// read, and visit gets the resources; each is called with the number of its worker, by all
// workers at once, in no order. The resource is void when visit has returned, and strings of
// it keep a block of the file in memory: clone what is kept.
//
// The error is ErrNotPlain when something in the file is for the ordinary reader: a mistake,
// a resource that stands twice, or merely an unusual spelling. What was visited is void then.
func (s *Stream) Each(workers int, wanted func(worker int, typ string) inventory.Wanted, visit func(worker int, r *inventory.Resource, at Span) error) error {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read snapshot %s: %w", s.name, err)
	}
	f := &found{}
	seeds := [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
	blocks := make(chan block, workers)
	var running sync.WaitGroup
	for i := range workers {
		running.Go(func() {
			again := &scratch{}
			for b := range blocks {
				if f.failed() {
					continue
				}
				if err := s.lines(b, i, again, f, seeds, wanted, visit); err != nil {
					f.fail(err)
				}
			}
		})
	}
	err := s.blocks(blocks, f)
	close(blocks)
	running.Wait()
	if err = cmp.Or(err, f.err); err != nil {
		if errors.Is(err, errUnusual) {
			return ErrNotPlain
		}
		return err
	}
	return s.end(f)
}

// ErrNotPlain means that a snapshot must be read by ReadSnapshot.
var ErrNotPlain = errors.New("the snapshot is not plain JSON Lines")

// blocks cuts the file into blocks that end with a line.
func (s *Stream) blocks(to chan<- block, f *found) error {
	buffer := make([]byte, blockSize)
	held, offset := 0, int64(0) // bytes of a line whose end was not read yet
	for !f.failed() {
		if held == len(buffer) {
			if len(buffer) > maxLine {
				return errUnusual
			}
			buffer = append(buffer, make([]byte, len(buffer))...)
		}
		n, err := io.ReadFull(s.file, buffer[held:])
		have := buffer[:held+n]
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ended {
			return fmt.Errorf("read snapshot %s: %w", s.name, err)
		}
		cut := bytes.LastIndexByte(have, '\n') + 1
		if ended {
			cut = len(have)
		}
		if cut > 0 {
			to <- block{string(have[:cut]), offset}
			offset += int64(cut)
		}
		held = copy(buffer, have[cut:])
		if ended {
			return nil
		}
	}
	return nil
}

// lines reads the lines of a block.
func (s *Stream) lines(b block, worker int, again *scratch, f *found, seeds [2]maphash.Seed, wanted func(int, string) inventory.Wanted, visit func(int, *inventory.Resource, Span) error) error {
	mine := func(typ string) inventory.Wanted {
		w := wanted(worker, typ)
		if w.Properties == nil {
			w.Properties = nothingWanted
		}
		return w
	}
	var hashes [][2]uint64
	end, endAt, last := "", int64(0), int64(0)
	d := lineDecoder{again: again}
	for at := 0; at < len(b.text); {
		text := b.text[at:]
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			text = text[:i]
		}
		span := Span{b.offset + int64(at), int32(len(text))}
		at += len(text) + 1
		if span.Offset == 0 || strings.TrimSpace(text) == "" {
			continue // the header
		}
		if end != "" {
			return errUnusual // text after the end
		}
		again.restart()
		d.text, d.at = text, 0
		l, err := d.read(mine)
		switch {
		case err != nil:
			return err
		case l.isEnd:
			end, endAt = text, span.Offset
			continue
		case l.typ == "" && l.id == "" && (l.finding != "" && l.finding != "null" || l.drift != "" && l.drift != "null"):
			continue // what an earlier run concluded
		}
		if err := s.resource(&again.r, &l, wanted(worker, l.typ)); err != nil {
			return err
		}
		last = span.Offset
		ref := inventory.Ref{Account: l.account, Region: l.region, Type: l.typ, ID: l.id}
		hashes = append(hashes, [2]uint64{maphash.Comparable(seeds[0], ref), maphash.Comparable(seeds[1], ref)})
		if err := visit(worker, &again.r, span); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, hashes...)
	f.last = max(f.last, last)
	if end != "" {
		if f.end != "" {
			return errUnusual
		}
		f.end, f.endAt = strings.Clone(end), endAt
	}
	return nil
}

func (s *Stream) resource(r *inventory.Resource, l *line, wanted inventory.Wanted) error {
	if err := l.resource(r, wanted, s.name); err != nil {
		return err
	}
	r.Ref.Partition = s.snap.snapshot.Scope.Partition
	_, rest, _ := strings.Cut(r.ARN, ":")
	if partition, _, _ := strings.Cut(rest, ":"); strings.HasPrefix(partition, "aws") {
		r.Ref.Partition = partition
	}
	return nil
}

// end checks the last line as the ordinary reader does.
func (s *Stream) end(f *found) error {
	if f.end == "" || f.endAt < f.last {
		return ErrNotPlain
	}
	var end snapshotEnd
	if json.Unmarshal([]byte(f.end), &end) != nil || !end.End || end.Count != len(f.seen) {
		return ErrNotPlain
	}
	slices.SortFunc(f.seen, func(a, b [2]uint64) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	if len(slices.Compact(f.seen)) < end.Count {
		return ErrNotPlain // a resource stands twice
	}
	s.snap.addGaps(end.Gaps)
	s.snap.checkComplete(end.Complete)
	s.snap.snapshot.Sort()
	return nil
}

// Whole reads one resource again with all that is written about it. Safe for concurrent use.
func (s *Stream) Whole(at Span) (*inventory.Resource, error) {
	text := make([]byte, at.Length)
	if _, err := s.file.ReadAt(text, at.Offset); err != nil {
		return nil, fmt.Errorf("read snapshot %s again: %w", s.name, err)
	}
	d := lineDecoder{text: string(text)}
	l, err := d.read(nil)
	if err != nil {
		return nil, fmt.Errorf("read snapshot %s again: %w (it changed meanwhile)", s.name, err)
	}
	r := &inventory.Resource{}
	return r, s.resource(r, &l, inventory.Wanted{Properties: everythingWanted, Tags: everythingWanted})
}

// Texts reads lines again, which must be in the order of the file, and calls visit with each
// text in the i-th of them, keys left aside; isUnknown means that it stands for an unknown
// value. It finds texts and judges nothing: Each has read the lines before. Safe for
// concurrent use.
func (s *Stream) Texts(of []Span, visit func(i int, text string, isUnknown bool)) error {
	buffer := make([]byte, blockSize)
	for i := 0; i < len(of); {
		start := of[i].Offset
		buffer = slices.Grow(buffer[:0], int(of[i].Length))
		n, err := s.file.ReadAt(buffer[:cap(buffer)], start)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read snapshot %s again: %w", s.name, err)
		}
		block := string(buffer[:n])
		first := i
		for ; i < len(of); i++ {
			from := int(of[i].Offset - start)
			to := from + int(of[i].Length)
			if from < 0 || to > len(block) {
				break
			}
			textsOf(block[from:to], func(text string, isUnknown bool) { visit(i, text, isUnknown) })
		}
		if i == first {
			return fmt.Errorf("read snapshot %s again: it changed meanwhile", s.name)
		}
	}
	return nil
}

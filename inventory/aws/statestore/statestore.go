// Package statestore keeps the state of a program that acts in an S3 bucket, so that runs on
// different machines exclude each other and know what was done before.
//
// It stands on conditional writes: S3 replaces an object only if it is still the one that
// was read (If-Match), and creates one only where there is none (If-None-Match). Of two
// writers, one is refused.
//
//	PREFIX/lock.json         who holds the lock, with a token that grows with every holder
//	PREFIX/journal/N.jsonl   records from number N on, after a line with the token of the
//	                         holder that opened it
//	PREFIX/key               the secret of the state
//
// A new holder rewrites the first line of the newest piece of the journal. From then on the
// pieces that the old holder knows are gone, and whatever it still tries to write is refused,
// even if it slept past its term and does not know.
//
// The term is measured by the clock of S3, as its answers tell it, so that machines whose
// clocks disagree agree on when a lock is free. How much of the term is left is measured
// here, from before the lock was asked for.
package statestore

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/pcf-scan/pcf-scan/inventory/state"
)

const (
	// maxPiece is how long a piece of the journal grows before the next one begins, in
	// bytes: each record costs one upload of its piece.
	maxPiece = 256 << 10
	// maxObject bounds what is read of one object.
	maxObject = maxPiece + 2*state.MaxRecord
	maxHolder = 4 << 10
	keyLength = 32
	// tries bounds how often somebody who is faster is followed.
	tries = 10
	// callLimit bounds one call with its retries.
	callLimit = time.Minute
	maxPages  = 10_000
)

// errMoved says that an object is not any more what it was when it was read.
var errMoved = errors.New("somebody else wrote it meanwhile")

type store struct {
	client         *s3.Client
	bucket, prefix string
	now            func() time.Time
}

// Open returns the state below a prefix of a bucket. Nothing is called before it is used.
// now is the clock of this machine: the real one. The credentials of cfg need s3:GetObject
// and s3:PutObject below the prefix, and s3:ListBucket.
func Open(cfg sdk.Config, bucket, prefix string, now func() time.Time) state.Store {
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil // an endpoint of one's own rarely has a name for each bucket
	})
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return &store{client: client, bucket: bucket, prefix: prefix, now: now}
}

// An object is what was read of one; the tag is empty when there is none.
type object struct {
	body []byte
	tag  string
	at   time.Time // by the clock of S3; zero when it does not say
}

func (s *store) failed(doing, key string, err error) error {
	if statusOf(err) == http.StatusForbidden {
		return fmt.Errorf("%s s3://%s/%s: %w (the state needs s3:GetObject, s3:PutObject and s3:ListBucket)", doing, s.bucket, s.prefix+key, err)
	}
	return fmt.Errorf("%s s3://%s/%s: %w", doing, s.bucket, s.prefix+key, err)
}

func statusOf(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// get reads an object. That there is none is no error.
func (s *store) get(ctx context.Context, key string) (object, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: sdk.String(s.prefix + key)})
	if err != nil {
		var o object
		var response *awshttp.ResponseError
		if errors.As(err, &response) && response.Response != nil {
			o.at, _ = http.ParseTime(response.Response.Header.Get("Date"))
		}
		if statusOf(err) == http.StatusNotFound && !strings.Contains(err.Error(), "NoSuchBucket") {
			return o, nil
		}
		return o, s.failed("read", key, err)
	}
	defer out.Body.Close()
	o := object{tag: sdk.ToString(out.ETag)}
	o.at, _ = middleware.GetServerTime(out.ResultMetadata)
	o.body, err = io.ReadAll(io.LimitReader(out.Body, maxObject+1))
	switch {
	case err != nil:
		return o, s.failed("read", key, err)
	case len(o.body) > maxObject:
		return o, s.failed("read", key, errors.New("it is longer than anything that is kept here"))
	case o.tag == "":
		return o, s.failed("read", key, errors.New("the answer has no ETag, without which nothing can be locked"))
	}
	return o, nil
}

// put writes an object if it still is the one with this tag; an empty tag wants that there
// is none. errMoved when it is not.
func (s *store) put(ctx context.Context, key string, body []byte, tag string) (newTag string, err error) {
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: sdk.String(s.prefix + key), Body: bytes.NewReader(body)}
	if tag == "" {
		in.IfNoneMatch = sdk.String("*")
	} else {
		in.IfMatch = &tag
	}
	limited, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	out, err := s.client.PutObject(limited, in)
	if err == nil && sdk.ToString(out.ETag) != "" {
		return *out.ETag, nil
	}
	// The write may have happened although its answer did not come, and a second try of it
	// was refused then. No two writers ever write the same bytes.
	if now, e := s.get(context.WithoutCancel(ctx), key); e == nil && bytes.Equal(now.body, body) {
		return now.tag, nil
	}
	switch statusOf(err) {
	case http.StatusPreconditionFailed, http.StatusConflict, http.StatusNotFound:
		if !strings.Contains(err.Error(), "NoSuchBucket") {
			return "", s.failed("write", key, errMoved)
		}
	}
	if err == nil {
		err = errors.New("the answer has no ETag")
	}
	return "", s.failed("write", key, err)
}

// holding is the content of the lock. It stays when the lock is released, so that tokens
// never come twice.
type holding struct {
	Token  int64     `json:"token"`
	Holder string    `json:"holder"`
	Until  time.Time `json:"until"` // by the clock of S3; zero when it was released
	Nonce  string    `json:"nonce"` // tells apart two who write the same otherwise
}

const lockKey = "lock.json"

// lock reads who holds the lock, and what time it is for S3.
func (s *store) lock(ctx context.Context) (h holding, tag string, at time.Time, err error) {
	o, err := s.get(ctx, lockKey)
	if err == nil && len(o.body) > 0 {
		if err = json.Unmarshal(o.body, &h); err != nil {
			err = s.failed("read", lockKey, err)
		}
	}
	if o.at.IsZero() {
		o.at = s.now()
	}
	return h, o.tag, o.at, err
}

func (s *store) hold(ctx context.Context, h holding, tag string) (newTag string, err error) {
	nonce := make([]byte, 16)
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	h.Nonce = hex.EncodeToString(nonce)
	text, err := json.Marshal(h)
	if err != nil {
		return "", err
	}
	return s.put(ctx, lockKey, text, tag)
}

// Acquire implements state.Store.
func (s *store) Acquire(ctx context.Context, holder string, term time.Duration) (state.Lease, error) {
	if term <= time.Second || holder == "" || len(holder) > maxHolder {
		return nil, errors.New("acquire lock: it needs a holder and a term of more than a second")
	}
	began := s.now()
	h, tag, at, err := s.lock(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("acquire lock: %w", err)
	case at.Before(h.Until):
		return nil, fmt.Errorf("acquire lock: %w: %s, until %s", state.ErrLocked, h.Holder, h.Until.UTC().Format(time.RFC3339))
	}
	l := &lease{store: s, held: holding{Token: h.Token + 1, Holder: holder, Until: at.Add(term)}, term: term}
	if _, err = s.hold(ctx, l.held, tag); err != nil {
		if errors.Is(err, errMoved) {
			err = fmt.Errorf("%w: somebody else was faster", state.ErrLocked)
		}
		return nil, fmt.Errorf("acquire lock: %w", err)
	}
	l.until = lasts(began, term)
	if err := l.fence(ctx); err != nil {
		_ = l.Release(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("acquire lock: %w", err)
	}
	return l, nil
}

// lasts is until when a lease that was asked for at began is sure to hold: S3 tells whole
// seconds, so that its clock may have been one ahead of what it said.
func lasts(began time.Time, term time.Duration) time.Time { return began.Add(term - time.Second) }

// pieces lists the pieces of the journal, oldest first.
func (s *store) pieces(ctx context.Context) (keys []string, err error) {
	list := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: sdk.String(s.prefix + "journal/")},
		func(o *s3.ListObjectsV2PaginatorOptions) { o.StopOnDuplicateToken = true })
	ctx, cancel := context.WithTimeout(ctx, 10*callLimit)
	defer cancel()
	for n := 0; list.HasMorePages(); n++ {
		if n == maxPages {
			return nil, s.failed("list", "journal/", errors.New("the list does not end"))
		}
		page, err := list.NextPage(ctx)
		if err != nil {
			return nil, s.failed("list", "journal/", err)
		}
		for _, o := range page.Contents {
			keys = append(keys, strings.TrimPrefix(sdk.ToString(o.Key), s.prefix))
		}
	}
	slices.Sort(keys)
	return keys, nil
}

func pieceKey(first int64) string { return fmt.Sprintf("journal/%012d.jsonl", first) }

// opening is the first line of a piece.
type opening struct {
	Token  int64 `json:"token"`            // of the holder that may write here
	Closed bool  `json:"closed,omitempty"` // the journal goes on in another piece
}

func (o opening) line() []byte {
	text, _ := json.Marshal(o) // a number and a flag have a JSON
	return append(text, '\n')
}

// split takes the first line off a piece.
func split(body []byte) (o opening, records []byte, err error) {
	line, records, whole := bytes.Cut(body, []byte("\n"))
	if err := json.Unmarshal(line, &o); err != nil || !whole || o.Token == 0 {
		return o, nil, fmt.Errorf("%w: a piece does not begin with its token", state.ErrTampered)
	}
	return o, records, nil
}

// Read implements state.Store.
func (s *store) Read(ctx context.Context, visit func(state.Record) error) error {
	_, _, err := s.scan(ctx, visit)
	return err
}

// scan reads the journal and returns its end and its newest piece.
func (s *store) scan(ctx context.Context, visit func(state.Record) error) (state.Head, piece, error) {
	keys, err := s.pieces(ctx)
	if err != nil {
		return state.Head{}, piece{}, err
	}
	text := &reader{ctx: ctx, store: s, keys: keys}
	head, torn, err := state.Scan(text, func(r state.Record) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if visit == nil {
			return nil
		}
		return visit(r)
	})
	if err == nil && torn > 0 { // an object is written whole or not at all
		err = fmt.Errorf("read journal: %w: its last line has no end", state.ErrTampered)
	}
	return head, text.last, err
}

// A piece is one object of the journal.
type piece struct {
	key     string
	tag     string
	opening opening
	records []byte
}

// reader is the text of the journal, piece after piece.
type reader struct {
	ctx   context.Context //nolint:containedctx // of the one Read that this is a part of
	store *store
	keys  []string
	rest  []byte
	last  piece
}

func (r *reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if len(r.keys) == 0 {
			return 0, io.EOF
		}
		key := r.keys[0]
		r.keys = r.keys[1:]
		o, err := r.store.get(r.ctx, key)
		if err != nil {
			return 0, err
		}
		r.last = piece{key: key, tag: o.tag}
		if r.last.opening, r.last.records, err = split(o.body); err != nil {
			return 0, r.store.failed("read", key, err)
		}
		r.rest = r.last.records
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Key implements state.Store.
func (s *store) Key(ctx context.Context) ([]byte, error) {
	const name = "key"
	for range 2 {
		o, err := s.get(ctx, name)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read state key: %w", err)
		case len(o.body) == keyLength:
			return o.body, nil
		case o.tag != "":
			return nil, fmt.Errorf("read state key: it has %d bytes instead of %d", len(o.body), keyLength)
		}
		key := make([]byte, keyLength)
		if _, err := rand.Read(key); err != nil {
			return nil, fmt.Errorf("make state key: %w", err)
		}
		if _, err = s.put(ctx, name, key, ""); err == nil {
			return key, nil
		}
		if !errors.Is(err, errMoved) {
			return nil, fmt.Errorf("make state key: %w", err)
		}
	}
	return nil, errors.New("make state key: it comes and goes")
}

// lease is the lock in somebody's hand.
type lease struct {
	*store
	held   holding
	term   time.Duration
	until  time.Time // by the clock of this machine
	broken error

	piece piece
	head  state.Head
}

func (l *lease) Token() int64            { return l.held.Token }
func (l *lease) TimeLeft() time.Duration { return l.until.Sub(l.now()) }

// fence writes this holder's token into the newest piece of the journal, after which no
// earlier holder can write any more, and learns where the journal ends.
func (l *lease) fence(ctx context.Context) error {
	for range tries {
		head, p, err := l.scan(ctx, nil)
		if err != nil {
			return err
		}
		if p.opening.Token > l.held.Token {
			return fmt.Errorf("%w: a newer holder writes the journal", state.ErrLost)
		}
		if p.key == "" || p.opening.Closed {
			p = piece{key: pieceKey(head.Seq + 1)}
		}
		p.opening = opening{Token: l.held.Token}
		p.tag, err = l.put(ctx, p.key, append(p.opening.line(), p.records...), p.tag)
		if errors.Is(err, errMoved) {
			continue // an old holder wrote its last record, or another one fenced
		}
		if err != nil {
			return err
		}
		l.head, l.piece = head, p
		return nil
	}
	return fmt.Errorf("%w: the journal does not hold still", state.ErrLocked)
}

// Renew implements state.Lease.
func (l *lease) Renew(ctx context.Context) error {
	if l.TimeLeft() <= 0 {
		return fmt.Errorf("renew lock: %w: its term is over", state.ErrLost)
	}
	began := l.now()
	h, tag, at, err := l.lock(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("renew lock: %w", err)
	case h.Token != l.held.Token:
		return fmt.Errorf("renew lock: %w: %s took it", state.ErrLost, h.Holder)
	}
	l.held.Until = at.Add(l.term)
	if _, err := l.hold(ctx, l.held, tag); err != nil {
		if errors.Is(err, errMoved) {
			err = fmt.Errorf("%w: somebody took it", state.ErrLost)
		}
		return fmt.Errorf("renew lock: %w", err)
	}
	l.until = lasts(began, l.term)
	return nil
}

// Append implements state.Lease.
func (l *lease) Append(ctx context.Context, r state.Record) (state.Record, error) {
	switch {
	case l.broken != nil:
		return r, fmt.Errorf("append to journal: %w: %w", state.ErrBroken, l.broken)
	case l.TimeLeft() <= 0:
		return r, fmt.Errorf("append to journal: %w: its term is over", state.ErrLost)
	}
	r.Seq, r.Token, r.Prev, r.Time = l.head.Seq+1, l.held.Token, l.head.Hash, r.Time.UTC()
	line, hash, err := state.Seal(r)
	if err != nil {
		return r, fmt.Errorf("append to journal: %w", err)
	}
	next := l.piece
	if len(next.records) > 0 && len(next.records)+len(line) > maxPiece {
		// Closed first: whoever takes over now knows that this piece is not the last.
		if _, err := l.put(ctx, next.key, append(opening{Token: l.held.Token, Closed: true}.line(), next.records...), next.tag); err != nil {
			return r, l.lost(err)
		}
		next = piece{key: pieceKey(r.Seq), opening: opening{Token: l.held.Token}}
	}
	next.records = append(next.records[:len(next.records):len(next.records)], line...)
	if next.tag, err = l.put(ctx, next.key, append(next.opening.line(), next.records...), next.tag); err != nil {
		return r, l.lost(err)
	}
	l.piece, l.head = next, state.Head{Seq: r.Seq, Hash: hash}
	return r, nil
}

// lost says what a write that failed means: that the lock is another one's, or that nobody
// knows what the journal holds.
func (l *lease) lost(err error) error {
	if errors.Is(err, errMoved) {
		l.until = time.Time{}
		return fmt.Errorf("append to journal: %w: %w", state.ErrLost, err)
	}
	l.broken = err
	return fmt.Errorf("append to journal: %w: %w", state.ErrBroken, err)
}

// Release implements state.Lease.
func (l *lease) Release(ctx context.Context) error {
	l.until = time.Time{}
	if l.broken == nil {
		l.broken = errors.New("the lock was released")
	}
	h, tag, _, err := l.lock(ctx)
	if err == nil && h.Token == l.held.Token && !h.Until.IsZero() {
		h.Until = time.Time{}
		_, err = l.hold(ctx, h, tag)
	}
	if err != nil && !errors.Is(err, errMoved) { // else it is somebody else's already
		return fmt.Errorf("release lock: %w", err)
	}
	return nil
}

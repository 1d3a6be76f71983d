package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Whoever acts reads one resource at a time, right before and after each change. It is read
// by the same reader as in a scan, so that what is compared was read in the same way; only
// the calls that list are narrowed to the one resource on their way out (Reader.one).

// ErrUnlisted says that the listing went well and does not have the resource. That alone is
// no proof that it does not exist.
var ErrUnlisted = errors.New("the listing does not have it")

// Paced prepares a configuration for acting in one account: each call is tried once and
// bounded in time, and all that is sent with the returned configuration and copies of it,
// reads and writes together, keeps to the rates of a scan.
func Paced(cfg sdk.Config) sdk.Config {
	cfg = bounded(cfg.Copy())
	cfg.Retryer = func() sdk.Retryer { return sdk.NopRetryer{} }
	cfg.Region = cmp.Or(cfg.Region, homeRegion("aws"))
	const inFlight = 16
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), newLimiter(inFlight).pace("", func(bool) {}))
	return cfg
}

// ReadOne reads the resource that ref names, as a scan reads it, with cfg (see [Paced]). Its
// error is [ErrUnlisted], or what the service said; a property that the service refuses to
// tell is unread, one that it only put off is an error. It may be called concurrently.
func ReadOne(ctx context.Context, cfg sdk.Config, ref inventory.Ref) (*inventory.Resource, error) {
	var found *inventory.Resource
	err := readCell(ctx, cfg, ref, func(r *inventory.Resource) {
		if r.Ref.ID == ref.ID {
			found = r
		}
	})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, ErrUnlisted
	}
	return found, nil
}

// ReadType reads all resources of ref's type, account and region, as ReadOne reads one. A
// resource whose tags could not be read is an error: nobody could tell whose it is.
func ReadType(ctx context.Context, cfg sdk.Config, ref inventory.Ref) ([]*inventory.Resource, error) {
	ref.ID = ""
	var all []*inventory.Resource
	err := readCell(ctx, cfg, ref, func(r *inventory.Resource) { all = append(all, r) })
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if r.Tags == nil {
			return nil, fmt.Errorf("the tags of %s cannot be read", r.Ref)
		}
	}
	slices.SortFunc(all, func(a, b *inventory.Resource) int { return a.Ref.Compare(b.Ref) })
	return all, nil
}

// readCell runs the reader of ref's type, narrowed to its id unless that is empty.
func readCell(ctx context.Context, cfg sdk.Config, ref inventory.Ref, deliver func(*inventory.Resource)) error {
	reader := registered[ref.Type]
	if reader == nil {
		return fmt.Errorf("read %s: there is no reader of its type", ref)
	}
	cfg = reading(cfg)
	if reader.one != nil && ref.ID != "" {
		narrow := middleware.InitializeMiddlewareFunc("PcfScanNarrow",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				reader.one(in.Parameters, ref.ID)
				return next.HandleInitialize(ctx, in)
			})
		// Before what fills in the defaults of a request and what checks it.
		cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(narrow, middleware.Before)
		})
	}
	s := &session{account: ref.Account, cfg: cfg}
	c := s.cell(ref.Region, ref.Partition, reader, reader.form())
	c.tags = map[string]map[string]string{} // never asked for in bulk, where they lag behind
	var turn sync.Mutex                     // readers emit from several goroutines
	c.deliver = func(r *inventory.Resource) {
		turn.Lock()
		defer turn.Unlock()
		deliver(r)
	}
	if err := reader.list(ctx, c); err != nil {
		return err
	}
	for _, f := range c.faults {
		if f.id == "" || isTransient(f) {
			return f.err
		}
	}
	return nil
}

// isTransient reports whether the same call may well succeed a little later.
func isTransient(f fault) bool {
	status := statusOf(f.err)
	return f.reason == inventory.Throttled || f.reason == inventory.Timeout || f.reason == inventory.Malformed && status < 400 ||
		status >= http.StatusInternalServerError && status != http.StatusNotImplemented
}

// byID returns a Reader.one that puts the id into the field of a request, a list of ids or
// one id; of an id of several parts the one at index part. Requests without the field stay
// as they are. A page size is taken out: several calls do not take both.
func byID(field string, part ...int) func(input any, id string) {
	return func(input any, id string) {
		if len(part) > 0 {
			id = idPart(id, part[0])
		}
		in := reflect.ValueOf(input).Elem()
		f := in.FieldByName(field)
		switch {
		case !f.IsValid():
			return
		case f.Kind() == reflect.Slice:
			f.Set(reflect.ValueOf([]string{id}).Convert(f.Type()))
		default:
			f.Set(reflect.ValueOf(&id))
		}
		for _, size := range []string{"MaxResults", "MaxRecords", "PageSize", "MaxItems", "Limit"} {
			if f := in.FieldByName(size); f.IsValid() {
				f.SetZero()
			}
		}
	}
}

// idPart returns one part of an identifier; "" when it has fewer.
func idPart(id string, part int) string {
	if parts := strings.Split(id, "|"); part < len(parts) {
		return parts[part]
	}
	return ""
}

// Explain says why a call of the SDK failed: its kind, the service's code ("" when there is
// none), the HTTP status (0 when there was no answer), and one bounded line for people,
// without request ids and signatures.
func Explain(err error) (reason inventory.GapReason, code string, status int, message string) {
	f := classify(err, inventory.GlobalRegion)
	return f.reason, errorCode(err), statusOf(err), f.detail
}

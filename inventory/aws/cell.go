package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A cell is one account, region and type while it is read. Its methods are safe for
// concurrent use; cfg makes the clients that readers use.
type cell struct {
	cfg       sdk.Config
	partition string
	account   string
	region    string
	reader    *Reader
	form      *form

	deliver func(*inventory.Resource) // takes each finished resource
	member  func(inventory.Stack)     // takes what each stack keeps; nil when nobody asks

	listed int                          // see bulkTags
	tags   map[string]map[string]string // by ARN, as far as they came in bulk; nil before that

	mu     sync.Mutex
	seen   map[string]bool // ids of the resources delivered
	faults []fault
}

// arn writes the ARN of a resource in this cell.
func (c *cell) arn(service, resource string) string {
	region := c.region
	if region == inventory.GlobalRegion {
		region = ""
	}
	return "arn:" + c.partition + ":" + service + ":" + region + ":" + c.account + ":" + resource
}

// sharedBy returns why a resource is foreign when another account owns it.
func (c *cell) sharedBy(owner *string) string {
	if id := sdk.ToString(owner); id != "" && id != c.account {
		return "shared by account " + id
	}
	return ""
}

const (
	// maxPages bounds a listing; the largest known accounts need a tenth of it.
	maxPages = 10_000
	// maxEmptyPages bounds how long a service may say "nothing yet, go on" in a row.
	maxEmptyPages = 100
)

var errPages = errors.New("the listing does not end")

// pages calls page with the token of each page, nil for the first, until it returns no
// token. page also says how many items it saw. A token that comes back, and pages
// without end, end in an error: the list is then cut short, and known to be.
func pages(page func(token *string) (items int, next *string, err error)) error {
	seen := map[string]bool{}
	var token *string
	for n, empty := 0, 0; n < maxPages; n++ {
		items, next, err := page(token)
		if err != nil {
			return err
		}
		if sdk.ToString(next) == "" {
			return nil
		}
		if seen[*next] {
			return fmt.Errorf("%w: a page token was given twice", errPages)
		}
		if empty++; items > 0 {
			empty = 0
		}
		if empty == maxEmptyPages {
			return fmt.Errorf("%w: %d pages in a row were empty", errPages, empty)
		}
		seen[*next] = true
		token = next
	}
	return fmt.Errorf("%w: it has more than %d pages", errPages, maxPages)
}

// marker is the next token of services that say apart whether the list goes on.
func marker(truncated bool, next *string) (*string, error) {
	switch {
	case !truncated:
		return nil, nil
	case sdk.ToString(next) == "":
		return nil, fmt.Errorf("%w: it is cut short without a token for the rest", errPages)
	}
	return next, nil
}

// each calls do for every element, a few at a time, and returns when all are done. How
// many calls are in flight is bounded elsewhere; this bounds the goroutines.
func each[T any](list []T, do func(T)) {
	var group errgroup.Group
	group.SetLimit(16)
	for _, e := range list {
		group.Go(func() error { do(e); return nil })
	}
	_ = group.Wait() // do returns no error
}

// An item is one live resource while its reader gathers facts about it. One goroutine
// at a time may use it.
type item struct {
	*inventory.Resource
	cell  *cell
	props map[string]any
}

// item starts a resource. Its tags are unknown until tag is called.
func (c *cell) item(id, arn string) *item {
	return &item{
		Resource: &inventory.Resource{
			Ref:    inventory.Ref{Partition: c.partition, Account: c.account, Region: c.region, Type: c.reader.Type, ID: id},
			ARN:    arn,
			Unread: c.form.unread,
		},
		cell:  c,
		props: map[string]any{},
	}
}

// set gives one property its value, an SDK value or a plain one. nil means not set.
func (it *item) set(name string, v any) {
	if p := plain(v); p != nil {
		it.props[name] = p
	}
}

// derive sets a property that no API returns, and that follows from something that one does
// return (see [Reader]).
func (it *item) derive(name string, v any) {
	it.set(name, v)
	it.Unread = slices.DeleteFunc(slices.Clone(it.Unread), func(pointer string) bool { return pointer == "/"+name })
}

// merge sets the properties that the fields of an SDK struct hold. rename maps a field
// to the property's name where CloudFormation has another one.
func (it *item) merge(v any, rename map[string]string) {
	fields, _ := plain(v).(map[string]any)
	for field, value := range fields {
		it.props[cmp.Or(rename[field], field)] = value
	}
}

// tag says what the tags are, in the service's own form (see tagMap). Nothing is
// "no tags".
func (it *item) tag(tags any) {
	it.Tags = tagMap(tags)
	t := it.cell.form.schema
	if t == nil || t.TagProperty == "" || len(it.Tags) == 0 {
		return
	}
	var list []any
	for key, value := range it.Tags {
		list = append(list, map[string]any{"Key": key, "Value": value})
	}
	slices.SortFunc(list, func(a, b any) int {
		return cmp.Compare(a.(map[string]any)["Key"].(string), b.(map[string]any)["Key"].(string))
	})
	it.props[strings.TrimPrefix(t.TagProperty, "/")] = list
}

// ownedBy says that an instance made this resource and takes it along when it ends.
func (it *item) ownedBy(instance *string) {
	it.Relations = append(it.Relations, inventory.Relation{Kind: "owner", To: inventory.Ref{
		Partition: it.Ref.Partition, Account: it.Ref.Account, Region: it.Ref.Region, Type: "AWS::EC2::Instance", ID: sdk.ToString(instance),
	}})
}

// created says when the resource came to be, if that is known.
func (it *item) created(t *time.Time) {
	if t != nil {
		it.Created = t.UTC()
	}
}

// read reports whether a call about this resource succeeded. When it did not, the
// properties that the pointers stand in are unread and the cell has a gap; the resource
// stays.
func (it *item) read(err error, pointers ...string) bool {
	if err == nil {
		return true
	}
	it.Unread = slices.Clone(it.Unread)
	for _, p := range pointers {
		it.Unread = append(it.Unread, "/"+schema.SplitPointer(p)[0])
	}
	it.cell.fault(err, it.Ref.ID)
	return false
}

// emit hands the finished resource on. A second one with the same identifier is dropped.
func (c *cell) emit(it *item) {
	r := it.Resource
	if slices.Contains(strings.Split(r.Ref.ID, "|"), "") {
		c.fault(fmt.Errorf("%w: a resource has no identifier, or half of one (%q)", errAnswer, r.Ref.ID), "")
		return
	}
	r.Properties = c.form.properties(it.props)
	r.Name = cmp.Or(r.Name, inventory.NameOf(c.form.schema, r.Properties, r.Tags))
	r.Observed = c.form.observed
	if len(r.Unread) > len(c.form.unread) {
		slices.Sort(r.Unread)
		r.Unread = slices.Compact(r.Unread)
	}
	c.mu.Lock()
	again := c.seen[r.Ref.ID]
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	c.seen[r.Ref.ID] = true
	c.mu.Unlock()
	if !again {
		c.deliver(r)
	}
}

// fault notes a call that failed, about one resource or (id empty) about all.
func (c *cell) fault(err error, id string) {
	f := classify(err, c.region)
	f.id, f.err = id, err
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, f)
}

// run reads the cell to its end.
func (c *cell) run(ctx context.Context) {
	if err := c.reader.list(ctx, c); err != nil {
		c.fault(err, "")
	}
}

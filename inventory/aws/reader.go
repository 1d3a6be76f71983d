package aws

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
)

// A Reader reads one resource type. It is immutable after its registration and safe
// for concurrent use.
type Reader struct {
	// Type is the CloudFormation resource type.
	Type string
	// Global is true for a service without regions (IAM): it is read once per account.
	Global bool
	// Calls are the API operations that the reader makes, as "service id.operation" in
	// the SDK's names ("S3.GetBucketEncryption"), each with the IAM action that permits
	// it ("s3:GetEncryptionConfiguration"; source: the Service Authorization Reference).
	// Clients refuse whatever no reader declares here.
	Calls map[string]string
	// Reads are pointers to the properties that the reader can return, "*" for any
	// index or key. What stands below a pointer is included. Everything else the schema
	// knows is unread, on every resource of the type.
	Reads []string
	// Derives are pointers to top-level properties that no API returns and that the reader works out for
	// some resources ([item.derive]). On the others they are unread.
	Derives []string
	// BulkTags is the type's name in the Resource Groups Tagging API ("sqs",
	// "lambda:function"; see tagging.go), where the tags of one resource take a call of
	// their own. Empty means that they are never asked for in bulk: they come with the
	// rest, or nobody has many of the type.
	BulkTags string

	// list emits every resource of the type in one cell. It returns an error when
	// the listing itself could not be completed; what was emitted before is kept.
	// It is called once per cell, concurrently for different cells, and must return
	// when the context ends.
	list func(ctx context.Context, c *cell) error
	// one narrows a request of the reader to one resource, so that it can be read alone (see
	// [ReadOne]); it leaves requests alone that do not list the type. nil when the service
	// cannot narrow: then all are listed to read one.
	one func(input any, id string)
}

// Actions returns the IAM actions that the reader needs, sorted, each once.
func (r *Reader) Actions() []string {
	var all []string
	for _, action := range r.Calls {
		all = append(all, action)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// registered holds the readers by type. It is filled while the program starts (each
// reader's file does it) and never changed afterwards.
var registered = map[string]*Reader{}

// register makes a reader known. Two readers of one type are a mistake of the
// programmer that the first start shows.
func register(r Reader) {
	if registered[r.Type] != nil {
		panic(fmt.Sprintf("two readers of %s", r.Type))
	}
	registered[r.Type] = &r
}

// Readers returns all readers, sorted by type. The caller must not change them.
func Readers() []*Reader { return slices.Clone(sortedReaders()) }

var sortedReaders = sync.OnceValue(func() []*Reader {
	var all []*Reader
	for _, r := range registered {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *Reader) int { return cmp.Compare(a.Type, b.Type) })
	return all
})

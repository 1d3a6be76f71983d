package awscloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// A Writer changes resources of one type. What it cannot do is nil. It is immutable after
// its registration.
//
// The functions make their calls and return what the SDK returned: everything around a
// call is done by [Cloud] for all types. They fill the inputs of all their calls before
// the first one, so that a property that cannot be set refuses the whole.
type Writer struct {
	// Type is the CloudFormation resource type. It has a reader in inventory/aws.
	Type string
	// Tags, Repairs and Reaps are the API operations that change something, by what a person
	// may permit alone: to tag; to create, update, start and stop (besides Tags); to delete.
	// They stand as "service id.operation" in the SDK's names, each with the IAM actions that
	// it needs, separated by spaces where it needs several ("ec2:RunInstances iam:PassRole").
	// No other operation passes the guard.
	Tags, Repairs, Reaps map[string]string
	// Reads are operations that only read and that the type's reader does not declare.
	Reads map[string]string
	// NotFound are the error codes by which the service says of the resource itself that it
	// does not exist.
	NotFound []string
	// Updates are pointers to the properties that update can set in place, with all that
	// stands below; Removes are those of them that it can also take away.
	Updates, Removes []string
	// Later are names of properties in Updates that the call that creates does not take: they
	// are kept from create, and update sets them right after it.
	Later []string

	// exists asks about the resource by its id and returns the service's error. nil when the
	// reader's own call, narrowed to the id, gives it. It returns reaper.ErrNotFound where the
	// service answers that the resource is over (a terminated instance).
	exists func(ctx context.Context, c *call) error
	// named returns the id that a creation will have or has got before, where that follows
	// from its properties; it may ask the service. "" where it does not. nil: the schema knows
	// (its identifier is among the properties).
	named func(ctx context.Context, c *call, n creation) (id string, err error)
	// create makes one resource, with its tags, and returns its id.
	create func(ctx context.Context, c *call, n creation) (id string, err error)
	// update changes what u says and nothing else.
	update func(ctx context.Context, c *call, u update) error
	tag    func(ctx context.Context, c *call, tags map[string]string) error
	untag  func(ctx context.Context, c *call, keys []string) error
	start  func(ctx context.Context, c *call) error
	stop   func(ctx context.Context, c *call) error
	// Holds are operations of Repairs that hold a resource in quarantine, take it out of a ring
	// of references before its deletion, and take both back; with their IAM actions. A person
	// who permits to reap permits these as well.
	Holds map[string]string
	// backup says how its data is saved; nil where it holds none or no way is known.
	backup *backup

	// Steps are those (plan.Step) that delete knows. One with another name, save what goes
	// along by itself, refuses the deletion.
	Steps []string
	// delete begins the end of the resource. Beside it, only what steps name is touched, and
	// what none names and stands in the way blocks it before any call that changes something.
	delete func(ctx context.Context, c *call, live *inventory.Resource, steps []plan.Step) error
}

// A call is one resource while something is done to it.
type call struct {
	cfg     sdk.Config // of clients that may make the calls of this method, and no others
	ref     inventory.Ref
	request string // id of the newest request, as far as the service gave one
}

// arn writes the ARN of a resource in the account and region of the call.
func (c *call) arn(service, resource string) string {
	region := c.ref.Region
	if region == inventory.GlobalRegion {
		region = ""
	}
	return "arn:" + c.ref.Partition + ":" + service + ":" + region + ":" + c.ref.Account + ":" + resource
}

// part returns one part of the resource's identifier, counted from 0; "" when it has fewer.
func (c *call) part(i int) string {
	if parts := strings.Split(c.ref.ID, "|"); i < len(parts) {
		return parts[i]
	}
	return ""
}

// A creation is what a writer creates.
type creation struct {
	// props are the properties, without that of the tags and without those in Writer.Later.
	props map[string]any
	// tags are all tags: declared ones and owner tags.
	tags map[string]string
	// declaredTags is the tag property as it was declared; nil when it was not.
	declaredTags any
	// token is for the idempotency field of the API: at most 36 characters, a-z, 0-9 and "-".
	token string
}

// An update is a change of properties.
type update struct {
	live  *inventory.Resource // as just observed
	patch []plan.Change
	// after are all properties as they shall be: those of live with the patch.
	after map[string]any
}

// has reports whether the patch changes a top-level property, or something below it.
func (u update) has(name string) bool {
	return slices.ContainsFunc(u.patch, func(c plan.Change) bool { return schema.SplitPointer(c.Path)[0] == name })
}

// changed returns the changed top-level properties, whole, as they shall be; without those
// that go away.
func (u update) changed() map[string]any {
	out := map[string]any{}
	for name, v := range u.after {
		if u.has(name) {
			out[name] = v
		}
	}
	return out
}

var registered = map[string]*Writer{}

// register makes a writer known. Two writers of one type, and one without a reader, are
// mistakes of the programmer that the first start shows.
func register(w Writer) {
	if registered[w.Type] != nil {
		panic(fmt.Sprintf("two writers of %s", w.Type))
	}
	registered[w.Type] = &w
}

// Writers returns all writers, sorted by type. The caller must not change them.
func Writers() []*Writer { return slices.Clone(sortedWriters()) }

var sortedWriters = sync.OnceValue(func() []*Writer {
	return slices.SortedFunc(maps.Values(registered), func(a, b *Writer) int { return cmp.Compare(a.Type, b.Type) })
})

// Can reports whether resources of a type can be created, updated, tagged, started,
// stopped, backed up or deleted; verbs that need no writer are false.
func Can(typ string, verb plan.Verb) bool {
	w := registered[typ]
	if w == nil {
		return false
	}
	switch verb {
	case plan.Tag:
		return w.tag != nil
	case plan.Create:
		return w.create != nil
	case plan.Update:
		return w.update != nil
	case plan.Start:
		return w.start != nil
	case plan.Stop:
		return w.stop != nil
	case plan.Delete:
		return w.delete != nil
	case plan.Backup:
		return w.backup != nil
	}
	return false
}

// CanUpdate reports whether the property at a pointer can be changed in place; to nil asks
// whether it can be removed.
func CanUpdate(typ string, change plan.Change) bool {
	w := registered[typ]
	return w != nil && w.update != nil && w.canUpdate(change)
}

// CanCreate says why resources of a type cannot be created with these properties, or nil:
// there is no writer, no call takes one of them, or a call misses one. It calls nothing, and
// no value is in the error. That the service agrees is not said.
func CanCreate(typ string, properties map[string]any) error {
	w := registered[typ]
	if w == nil || w.create == nil {
		return reaper.ErrUnsupported
	}
	k := &call{ref: inventory.Ref{Partition: "aws", Account: "000000000000", Region: "us-east-1", Type: typ}}
	k.cfg = guarded(sdk.Config{Region: k.ref.Region}, k)
	t, _ := schema.Lookup(typ)
	made, later, err := w.divide(t, reaper.Creation{Properties: properties, Token: "pcf"})
	if err == nil {
		err = w.rehearseCreation(context.Background(), k, made, later)
	}
	var invalid smithy.InvalidParamsError
	if errors.Is(err, reaper.ErrUnsupported) || errors.As(err, &invalid) {
		return err
	}
	return nil // what else it says can be the stand-in's fault
}

func (w *Writer) canUpdate(change plan.Change) bool {
	pointers := w.Updates
	if change.To == nil {
		pointers = w.Removes
	}
	return slices.ContainsFunc(pointers, func(p string) bool { return schema.MatchPointer(p, change.Path) })
}

// A Purpose is what a person may permit alone: see [Actions].
type Purpose string

// The purposes, named as the commands.
const (
	ToTag    Purpose = "tag"
	ToRepair Purpose = "repair"
	ToReap   Purpose = "reap"

	toSave Purpose = "save" // a part of ToReap
)

// calls returns the operations of a purpose with their IAM actions.
func (w *Writer) calls(purpose Purpose) map[string]string {
	all := maps.Clone(w.Tags)
	switch purpose {
	case ToRepair:
		all = merged(w.Tags, w.Repairs)
	case ToReap:
		all = w.Reaps
	case toSave:
		all = nil
		if w.backup != nil {
			all = w.backup.calls
		}
	}
	return all
}

func merged(maps_ ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range maps_ {
		maps.Copy(all, m)
	}
	return all
}

// Actions returns the IAM actions that acting on resources of the types (names or globs;
// none means every type that has a writer) needs for a purpose, with those to observe them,
// sorted, each once. They come from the writers and readers themselves.
func Actions(purpose Purpose, types []string) []string {
	needed := map[string]bool{"sts:GetCallerIdentity": true}
	add := func(calls map[string]string) {
		for _, actions := range calls {
			for _, action := range strings.Fields(actions) {
				needed[action] = true
			}
		}
	}
	for _, w := range sortedWriters() {
		chosen := len(types) == 0 || slices.ContainsFunc(types, func(glob string) bool { return inventory.MatchGlob(glob, w.Type) })
		calls := w.calls(purpose)
		if purpose == ToReap {
			calls = merged(calls, w.calls(toSave), w.Holds)
		}
		if chosen && len(calls) > 0 {
			add(calls)
			add(w.Reads)
			add(readerCalls(w.Type))
		}
	}
	return slices.Sorted(maps.Keys(needed))
}

// readerCalls returns the operations of a type's reader.
func readerCalls(typ string) map[string]string {
	for _, r := range aws.Readers() {
		if r.Type == typ {
			return r.Calls
		}
	}
	return nil
}

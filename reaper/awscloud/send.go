package awscloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// props are properties, or the members of a request in the same form.
type props = map[string]any

// send makes one call with these members: see fill.
func send[I, O, P any](ctx context.Context, operation func(context.Context, *I, ...func(*P)) (*O, error), members props) (*O, error) {
	input := new(I)
	if err := fill(input, members, nil); err != nil {
		return nil, err
	}
	return operation(ctx, input)
}

// A batch is calls that follow each other, and of which none is made before the inputs of
// all are filled.
type batch struct {
	calls []func(context.Context) error
	err   error
}

// add puts a call at the end of a batch.
func add[I, O, P any](b *batch, operation func(context.Context, *I, ...func(*P)) (*O, error), members props) {
	input := new(I)
	b.err = errors.Join(b.err, fill(input, members, nil))
	b.calls = append(b.calls, func(ctx context.Context) error {
		_, err := operation(ctx, input)
		return err
	})
}

// send makes the calls up to the first that fails.
func (b *batch) send(ctx context.Context) error {
	if b.err != nil {
		return b.err
	}
	for _, call := range b.calls {
		if err := call(ctx); err != nil {
			return err
		}
	}
	return nil
}

// with returns the members with some more; nil takes one away.
func with(members, more props) props {
	all := props{}
	maps.Copy(all, members)
	for name, v := range more {
		if all[name] = v; v == nil {
			delete(all, name)
		}
	}
	return all
}

// only returns the members that are named.
func only(members props, names ...string) props {
	some := props{}
	for _, name := range names {
		if v, is := members[name]; is {
			some[name] = v
		}
	}
	return some
}

// object returns a member that is an object; nil for anything else.
func object(members props, name string) props {
	o, _ := members[name].(props)
	return o
}

// known refuses members whose pointers are not among these. It stands before requests that
// take any name, such as a map of attributes.
func known(members props, pointers []string) error {
	for _, name := range sortedKeys(members) {
		if pointer := "/" + schema.EscapePointer(name); !slices.Contains(pointers, pointer) {
			return unsupported(pointer, "no call sets it")
		}
	}
	return nil
}

// nameOf returns the declared name of a creation. A resource without one is named after the
// token, so that another try finds it.
func (n creation) nameOf(property string) string {
	if name := text(n.props, property); name != "" {
		return name
	}
	return n.token
}

// byName is a Writer.named for types whose identifier is their name.
func byName(property string) func(context.Context, *call, creation) (string, error) {
	return func(_ context.Context, _ *call, n creation) (string, error) { return n.nameOf(property), nil }
}

// byLowerName is byName for services that keep names in small letters.
func byLowerName(property string) func(context.Context, *call, creation) (string, error) {
	return func(_ context.Context, _ *call, n creation) (string, error) {
		return strings.ToLower(n.nameOf(property)), nil
	}
}

// tagList writes tags as most services take them; the others take the map.
func tagList(tags map[string]string) []any {
	list := []any{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, props{"Key": key, "Value": tags[key]})
	}
	return list
}

// keyList writes keys as services take them that take off tags and no keys: a tag without a
// value stands for every value.
func keyList(keys []string) []any {
	list := []any{}
	for _, key := range slices.Sorted(slices.Values(keys)) {
		list = append(list, props{"Key": key})
	}
	return list
}

// codeOf returns the error code of a service; "" when it gave none.
func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// tooEarly marks an error with one of the codes as one that passes: the service is still at
// work on an earlier call about the same resource.
func tooEarly(err error, codes ...string) error {
	if slices.Contains(codes, codeOf(err)) {
		return fmt.Errorf("%w: it is too early for this call: %s", reaper.ErrUnavailable, codeOf(err))
	}
	return err
}

// unless returns err, or nil when it has one of the codes.
func unless(err error, codes ...string) error {
	if slices.Contains(codes, codeOf(err)) {
		return nil
	}
	return err
}

// named reports whether a step has this name and id.
func named(steps []plan.Step, name, id string) bool {
	return slices.ContainsFunc(steps, func(s plan.Step) bool { return s.Name == name && s.ID == id })
}

// idOfStep returns the id in the first step of a name; "" when there is none.
func idOfStep(steps []plan.Step, name string) string {
	for _, s := range steps {
		if s.Name == name {
			return s.ID
		}
	}
	return ""
}

// needs is the refusal of a deletion that would touch something that no step names.
func needs(step, id string) error {
	return &reaper.Blocked{By: id, Err: fmt.Errorf("no step %q names it", step)}
}

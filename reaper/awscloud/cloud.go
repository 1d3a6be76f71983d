// Package awscloud changes a real AWS account: it is the reaper.Cloud that plans are
// applied to.
//
// A [Writer] knows one type, as a reader of inventory/aws does, and stands in one file:
// the operations that it needs with their IAM actions, the properties that it can change,
// and a function for each thing that can be done. [Cloud] does for all of them what is the
// same for all: it looks whether the resource is there, refuses what no writer can do
// before anything is sent, finds what an earlier try created, and turns the service's
// errors into the reaper's.
//
// Reading is done by the readers of inventory/aws, narrowed to one resource, so that a
// resource looks here as it looked when the plan was made. Its relations to others are not
// there: they need all resources.
//
// Nothing is sent that a writer does not declare (see [ErrGuard]): the clients of writers
// refuse every operation that the method under way does not grant.
package awscloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// Cloud is one AWS account. It is used by one goroutine at a time.
type Cloud struct {
	cfg sdk.Config
	me  reaper.Caller // empty before it was asked for
}

var _ reaper.Cloud = (*Cloud)(nil)

// New returns the account that the credentials of cfg belong to. Nothing is called before
// the first method is. Each call is tried once, at the rates of a scan.
func New(cfg sdk.Config) *Cloud { return &Cloud{cfg: aws.Paced(cfg)} }

// Caller implements reaper.Cloud.
func (c *Cloud) Caller(ctx context.Context) (reaper.Caller, error) {
	out, err := sts.NewFromConfig(aws.ReadOnly(c.cfg)).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return reaper.Caller{}, (&Writer{}).explain(ctx, "ask", inventory.Ref{}, nil, err)
	}
	who, err := arn.Parse(sdk.ToString(out.Arn))
	if err != nil || sdk.ToString(out.Account) == "" {
		return reaper.Caller{}, fmt.Errorf("ask whom the credentials belong to: %w: the answer names no account", reaper.ErrUnavailable)
	}
	c.me = reaper.Caller{Partition: who.Partition, Account: *out.Account, ARN: *out.Arn}
	return c.me, nil
}

// open begins a method: the writer of the type, and a call that may make the operations.
func (c *Cloud) open(ctx context.Context, doing string, ref inventory.Ref) (*Writer, *call, error) {
	w := registered[ref.Type]
	if w == nil {
		return nil, nil, fmt.Errorf("%s %s: %w", doing, ref, reaper.ErrUnsupported)
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", doing, ref, err)
	}
	if c.me.Account == "" {
		if _, err := c.Caller(ctx); err != nil {
			return nil, nil, err
		}
	}
	if ref.Account != c.me.Account || ref.Partition != c.me.Partition {
		return nil, nil, fmt.Errorf("%s %s: %w: they are for account %s", doing, ref, reaper.ErrWrongCaller, c.me.Account)
	}
	k := &call{ref: ref}
	cfg := c.cfg.Copy()
	if ref.Region != inventory.GlobalRegion {
		cfg.Region = ref.Region
	}
	k.cfg = guarded(cfg, k)
	return w, k, nil
}

// reading returns the call for what only reads: an answer that is none is an error there.
func (c *call) reading() *call {
	r := *c
	r.cfg = aws.Checked(c.cfg)
	return &r
}

// reads grants what tells whether the resource exists.
func (w *Writer) reads() grant { return grant{calls: merged(readerCalls(w.Type), w.Reads)} }

// writes grants the operations of a purpose, and reads.
func (w *Writer) writes(purpose Purpose) grant {
	return grant{calls: merged(w.reads().calls, w.calls(purpose))}
}

// Observe implements reaper.Cloud.
func (c *Cloud) Observe(ctx context.Context, ref inventory.Ref) (*inventory.Resource, error) {
	if w := savedAs(ref.Type); w != nil {
		return c.observeBackup(ctx, w, ref)
	}
	w, k, err := c.open(ctx, "observe", ref)
	if err != nil {
		return nil, err
	}
	live, err := c.look(ctx, w, k)
	return live, w.explain(ctx, "observe", ref, nil, err)
}

// look reads a resource. That it is not there is what the service says of its id, never
// that a listing does not have it.
func (c *Cloud) look(ctx context.Context, w *Writer, k *call) (*inventory.Resource, error) {
	live, err := aws.ReadOne(ctx, c.cfg, k.ref)
	if errors.Is(err, aws.ErrUnlisted) && w.exists != nil {
		if gone := w.exists(withGrant(ctx, w.reads()), k.reading()); gone != nil {
			return nil, gone
		}
	}
	return live, err
}

// Find implements reaper.Cloud.
func (c *Cloud) Find(ctx context.Context, place plan.Place, tags map[string]string) ([]*inventory.Resource, error) {
	w, _, err := c.open(ctx, "find", place.Ref())
	if err != nil {
		return nil, err
	}
	found, err := c.tagged(ctx, place.Ref(), tags)
	return found, w.explain(ctx, "find", place.Ref(), nil, err)
}

func (c *Cloud) tagged(ctx context.Context, ref inventory.Ref, tags map[string]string) ([]*inventory.Resource, error) {
	all, err := aws.ReadType(ctx, c.cfg, ref)
	return slices.DeleteFunc(all, func(r *inventory.Resource) bool { return !carries(r, tags) }), err
}

func carries(r *inventory.Resource, tags map[string]string) bool {
	for k, v := range tags {
		if has, ok := r.Tags[k]; !ok || has != v {
			return false
		}
	}
	return true
}

// mutate changes a resource that is there.
func (c *Cloud) mutate(ctx context.Context, doing string, purpose Purpose, ref inventory.Ref, secrets []string, do func(ctx context.Context, w *Writer, k *call) error) (string, error) {
	w, k, err := c.open(ctx, doing, ref)
	if err != nil {
		return "", err
	}
	if err := w.rehearse(ctx, k, purpose, func(ctx context.Context) error { return do(ctx, w, k) }); err != nil {
		return "", w.explain(ctx, doing, ref, secrets, err)
	}
	if w.exists != nil {
		err = w.exists(withGrant(ctx, w.reads()), k.reading())
	} else {
		_, err = aws.ReadOne(ctx, c.cfg, ref)
	}
	if err == nil {
		k.request = ""
		err = do(withGrant(ctx, w.writes(purpose)), w, k)
	}
	return k.request, w.explain(ctx, doing, ref, secrets, err)
}

// rehearse runs a function of a writer up to its first call, which is not made. Its error
// is a refusal that needs no call: a property that no call sets.
func (w *Writer) rehearse(ctx context.Context, k *call, purpose Purpose, do func(ctx context.Context) error) error {
	g := w.writes(purpose)
	g.rehearsal = true
	err := do(withGrant(ctx, g))
	k.request = ""
	if errors.Is(err, errRehearsal) {
		return nil
	}
	return err
}

// Tag implements reaper.Cloud.
func (c *Cloud) Tag(ctx context.Context, ref inventory.Ref, tags map[string]string) (string, error) {
	return c.mutate(ctx, "tag", ToTag, ref, nil, func(ctx context.Context, w *Writer, k *call) error {
		if w.tag == nil {
			return reaper.ErrUnsupported
		}
		return w.tag(ctx, k, tags)
	})
}

// Untag implements reaper.Cloud.
func (c *Cloud) Untag(ctx context.Context, ref inventory.Ref, keys []string) (string, error) {
	return c.mutate(ctx, "untag", ToTag, ref, nil, func(ctx context.Context, w *Writer, k *call) error {
		if w.untag == nil {
			return reaper.ErrUnsupported
		}
		return w.untag(ctx, k, keys)
	})
}

// Update implements reaper.Cloud.
func (c *Cloud) Update(ctx context.Context, live *inventory.Resource, patch []plan.Change) (string, error) {
	t, _ := schema.Lookup(live.Ref.Type)
	u := updateOf(live, patch)
	return c.mutate(ctx, "update", ToRepair, live.Ref, secretsIn(t, u.after), func(ctx context.Context, w *Writer, k *call) error {
		return w.apply(ctx, k, u)
	})
}

func updateOf(live *inventory.Resource, patch []plan.Change) update {
	after := *live
	after.Properties, _ = inventory.Clone(live.Properties).(map[string]any)
	if after.Properties == nil {
		after.Properties = inventory.Properties{}
	}
	for _, p := range patch {
		if p.Tag == "" {
			plan.Set(&after, p, inventory.Clone(p.To))
		}
	}
	return update{live: live, patch: patch, after: after.Properties}
}

// apply updates what the writer says that it can.
func (w *Writer) apply(ctx context.Context, k *call, u update) error {
	if w.update == nil && len(u.patch) > 0 {
		return unsupported(u.patch[0].Path, "nothing of this type can be changed in place")
	}
	for _, p := range u.patch {
		switch {
		case p.Tag != "":
			return errors.New("a tag in a patch of properties")
		case len(schema.SplitPointer(p.Path)) == 0, !w.canUpdate(p) && p.To == nil:
			return unsupported(p.Path, "it cannot be taken away in place")
		case !w.canUpdate(p):
			return unsupported(p.Path, "it cannot be changed in place")
		}
		if _, _, unknown := inventory.HasUnknown(p.To); unknown {
			return unsupported(p.Path, "its value is not known")
		}
	}
	if len(u.patch) == 0 {
		return nil
	}
	return w.update(ctx, k, u)
}

// Start implements reaper.Cloud.
func (c *Cloud) Start(ctx context.Context, ref inventory.Ref) (string, error) {
	return c.mutate(ctx, "start", ToRepair, ref, nil, func(ctx context.Context, w *Writer, k *call) error {
		if w.start == nil {
			return reaper.ErrUnsupported
		}
		return w.start(ctx, k)
	})
}

// Stop implements reaper.Cloud.
func (c *Cloud) Stop(ctx context.Context, ref inventory.Ref) (string, error) {
	return c.mutate(ctx, "stop", ToRepair, ref, nil, func(ctx context.Context, w *Writer, k *call) error {
		if w.stop == nil {
			return reaper.ErrUnsupported
		}
		return w.stop(ctx, k)
	})
}

// Delete implements reaper.Cloud.
func (c *Cloud) Delete(ctx context.Context, live *inventory.Resource, steps []plan.Step) (string, error) {
	return c.mutate(ctx, "delete", ToReap, live.Ref, nil, func(ctx context.Context, w *Writer, k *call) error {
		if w.delete == nil {
			return reaper.ErrUnsupported
		}
		for _, step := range steps {
			if step.Name != plan.StepGoesAlong && !slices.Contains(w.Steps, step.Name) {
				return fmt.Errorf("%w: no deletion of this type knows the step %q", reaper.ErrUnsupported, step.Name)
			}
		}
		return w.delete(ctx, k, live, steps)
	})
}

// Create implements reaper.Cloud. Services with idempotency tokens are given the token; of
// all others, and of those too, what an earlier try created is looked for first: by its name
// where the name is its identifier, else by its owner tags. Of a resource that is found, the
// properties that are set after creation are completed.
func (c *Cloud) Create(ctx context.Context, n reaper.Creation) (inventory.Ref, string, error) {
	ref := n.Place.Ref()
	w, k, err := c.open(ctx, "create", ref)
	if err != nil {
		return inventory.Ref{}, "", err
	}
	t, _ := schema.Lookup(ref.Type)
	secrets := secretsIn(t, n.Properties)
	fail := func(err error) (inventory.Ref, string, error) {
		return inventory.Ref{}, k.request, w.explain(ctx, "create", ref, secrets, err)
	}
	if w.create == nil {
		return fail(reaper.ErrUnsupported)
	}
	made, later, err := w.divide(t, n)
	if err != nil {
		return fail(err)
	}
	if err := w.rehearseCreation(ctx, k, made, later); err != nil {
		return fail(err)
	}
	live, err := c.earlier(ctx, w, k, made, n)
	if err != nil {
		return fail(err)
	}
	grant := withGrant(ctx, w.writes(ToRepair))
	if live == nil {
		id, err := w.create(grant, k, made)
		if err == nil && id == "" {
			err = fmt.Errorf("%w: the answer does not name what was created", reaper.ErrUnavailable)
		}
		if err != nil {
			return fail(err)
		}
		k.ref.ID = id
	} else {
		k.ref = live.Ref
	}
	if len(later) == 0 {
		return k.ref, k.request, nil
	}
	halfway := func(err error) (inventory.Ref, string, error) {
		ref, request, err := fail(err)
		return ref, request, fmt.Errorf("%w: %w", reaper.ErrUnfinished, err)
	}
	request := k.request
	if live == nil {
		if live, err = c.look(ctx, w, k); errors.Is(w.explain(ctx, "observe", k.ref, nil, err), reaper.ErrNotFound) {
			err = fmt.Errorf("%w: %s was created and does not show yet, try again", reaper.ErrUnavailable, k.ref)
		}
		if err != nil {
			return halfway(err)
		}
	}
	// What already is as it shall be is not set again.
	open := slices.DeleteFunc(later, func(p plan.Change) bool { return plan.Reached(live, []plan.Change{p}) })
	if err := w.apply(grant, k, updateOf(live, open)); err != nil {
		return halfway(err)
	}
	if len(open) > 0 {
		request = k.request
	}
	return k.ref, request, nil
}

// divide takes the tags and what is set later out of the properties of a creation.
func (w *Writer) divide(t *schema.Type, n reaper.Creation) (creation, []plan.Change, error) {
	props, _ := inventory.Clone(n.Properties).(map[string]any)
	if props == nil {
		props = map[string]any{}
	}
	if at, _, unknown := inventory.HasUnknown(props); unknown {
		return creation{}, nil, unsupported(at, "its value is not known")
	}
	made := creation{props: props, tags: map[string]string{}, token: n.Token}
	if t != nil && t.TagProperty != "" && !strings.Contains(t.TagProperty, "*") {
		if declared, has := inventory.At(props, t.TagProperty); has {
			tags, _ := inventory.TagsOf(t, props)
			if tags == nil {
				return creation{}, nil, unsupported(t.TagProperty, "these are no tags")
			}
			made.declaredTags = declared
			maps.Copy(made.tags, tags)
			at := &inventory.Resource{Properties: props}
			plan.Set(at, plan.Change{Path: t.TagProperty}, nil)
		}
	}
	maps.Copy(made.tags, n.Tags)
	if w.tag == nil && len(made.tags) > 0 {
		made.tags = nil // the type has no tags: it is known by its name
	}
	var later []plan.Change
	for _, name := range w.Later {
		if v, has := props[name]; has {
			later = append(later, plan.Change{Path: "/" + schema.EscapePointer(name), To: v})
			delete(props, name)
		}
	}
	return made, later, nil
}

// rehearseCreation refuses properties that no call sets, before any call.
func (w *Writer) rehearseCreation(ctx context.Context, k *call, made creation, later []plan.Change) error {
	err := w.rehearse(ctx, k, ToRepair, func(ctx context.Context) error {
		_, err := w.create(ctx, k, made)
		return err
	})
	if err != nil || len(later) == 0 {
		return err
	}
	empty := &inventory.Resource{Ref: k.ref, Properties: inventory.Properties{}}
	return w.rehearse(ctx, k, ToRepair, func(ctx context.Context) error { return w.apply(ctx, k, updateOf(empty, later)) })
}

// earlier returns what is there already of a creation; nil when nothing is.
func (c *Cloud) earlier(ctx context.Context, w *Writer, k *call, made creation, n reaper.Creation) (*inventory.Resource, error) {
	named := *k
	t, _ := schema.Lookup(k.ref.Type)
	switch {
	case n.Place.ID != "":
	case w.named != nil:
		var err error
		if named.ref.ID, err = w.named(withGrant(ctx, w.reads()), k.reading(), made); err != nil {
			return nil, err
		}
	default:
		named.ref.ID, _ = inventory.Identifier(t, n.Properties)
	}
	if named.ref.ID != "" {
		live, err := c.look(ctx, w, &named)
		switch {
		case errors.Is(w.explain(ctx, "observe", named.ref, nil, err), reaper.ErrNotFound):
			return nil, nil
		case err != nil:
			return nil, err
		case !carries(live, made.owner(w, n)), len(made.owner(w, n)) == 0 && n.Place.ID == "" && w.holdsOther(live, n.Properties):
			return nil, fmt.Errorf("%w: %s is there by now and is not what was to be created", reaper.ErrStale, live.Ref)
		}
		return live, nil
	}
	if len(made.owner(w, n)) == 0 {
		return nil, nil
	}
	found, err := c.tagged(ctx, k.ref, n.Tags)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(r *inventory.Resource) bool { return ending[strings.ToLower(r.State)] })
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	}
	return nil, fmt.Errorf("%w: several resources carry its owner tags: %s, %s", reaper.ErrStale, found[0].Ref, found[1].Ref)
}

// ending are the states of what will be gone: a creation does not come back to it.
var ending = map[string]bool{"shutting-down": true, "terminated": true, "deleting": true, "deleted": true, "pendingdeletion": true, "delete in progress": true, "failed": true}

// owner returns the tags by which a creation is known; none for a type without tags.
func (n creation) owner(w *Writer, asked reaper.Creation) map[string]string {
	if w.tag == nil {
		return nil
	}
	return asked.Tags
}

// holdsOther reports whether a list of names that is filled after creation holds one that was
// not asked for: then it is nothing that an earlier try left half made.
func (w *Writer) holdsOther(live *inventory.Resource, props inventory.Properties) bool {
	return slices.ContainsFunc(w.Later, func(list string) bool {
		asked, has := props[list]
		return has && len(minus(texts(live.Properties[list]), texts(asked))) > 0
	})
}

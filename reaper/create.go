package reaper

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// resolved returns the properties of a creation, with what earlier actions created.
func (a *applier) resolved(action plan.Action) (inventory.Properties, error) {
	v, err := plan.Resolve(action.Properties, func(id string) *inventory.Resource { return a.done[id] })
	props, _ := v.(map[string]any)
	return props, err
}

// create makes what is missing, unless it is there by now: by its name, by our records, or
// by our tags. To create twice is worse than not at all, so every doubt ends the item.
func (a *applier) create(ctx context.Context, action plan.Action) (result, error) {
	props, err := a.resolved(action)
	if err != nil {
		return ended(state.Failed, "%v", err), nil
	}
	there, err := a.there(ctx, action)
	at, begun := a.ledger.Begun(action.ID)
	untagged := there != nil && !ours(action, there)
	switch {
	case err != nil:
		return a.readFailed(err)
	case untagged && !(begun && plan.MadeThen(there, at)):
		return ended(state.Stale, "%s is there by now and is not this particle's", there.Label()), nil
	case there != nil && !begun:
		return result{state: state.Done, message: "it was there already", left: there}, nil
	}
	if why := a.replanned(action, nil); why != "" && there == nil {
		return ended(state.Stale, "%s", why), nil
	}
	// What is there by an earlier try, of which nobody wrote how it ended, may lack a part:
	// the same token finds and completes it.
	if untagged {
		typ, _ := schema.Lookup(there.Ref.Type)
		tags, _ := inventory.TagsOf(typ, props)
		tags = maps.Clone(tags)
		if tags == nil {
			tags = map[string]string{}
		}
		maps.Copy(tags, action.Tags)
		failed, err := a.call(ctx, action, "tag", "", func() (string, error) { return a.Cloud.Tag(ctx, there.Ref, tags) })
		if err != nil {
			return result{}, err
		}
		if failed != nil {
			return failure(failed), nil
		}
	}
	token := a.token(action)
	var ref inventory.Ref
	failed, err := a.call(ctx, action, "create", token, func() (request string, err error) {
		ref, request, err = a.Cloud.Create(ctx, Creation{Place: action.Resource, Properties: props, Tags: action.Tags, Token: token})
		return request, err
	})
	switch {
	case err != nil:
		return result{}, err
	case failed != nil:
		// Of an unsure one the next run asks again, with the same token.
		return failure(failed), nil
	}
	last := ended(state.Failed, "not-converged: %s was accepted and does not show", ref)
	err = a.until(ctx, func() (bool, error) {
		live, err := a.Cloud.Observe(ctx, ref)
		switch {
		case err != nil:
			return false, fatal(err)
		case inMotion(live.State):
			return false, nil
		case !ours(action, live):
			last = ended(state.Failed, "not-converged: %s was created without its owner tags", ref)
			return false, nil
		}
		last = result{state: state.Done, left: live}
		return true, nil
	})
	return last, err
}

// there looks for what an action would create; nil when nothing is there.
func (a *applier) there(ctx context.Context, action plan.Action) (*inventory.Resource, error) {
	f := action.For
	if f != nil {
		known := a.ledger.Applied[state.Particle{
			App: f.App, Environment: f.Environment, Version: f.Version, Name: f.Particle,
			Account: action.Resource.Account, Region: action.Resource.Region,
		}]
		if ref, err := inventory.ParseRef(known.Ref); err == nil && ref.Type == action.Resource.Type {
			live, err := a.observe(ctx, ref)
			if err == nil && plan.Incarnation(live) == known.Incarnation {
				return live, nil
			}
			if err != nil && !errors.Is(err, ErrNotFound) {
				return nil, err
			}
		}
	}
	if action.Resource.ID != "" {
		live, err := a.observe(ctx, action.Resource.Ref())
		if !errors.Is(err, ErrNotFound) {
			return live, err
		}
	}
	if len(action.Tags) == 0 {
		return nil, nil
	}
	var found []*inventory.Resource
	err := a.again(ctx, func() (err error) {
		found, err = a.Cloud.Find(ctx, action.Resource, action.Tags)
		return err
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if len(found) > 1 {
		return nil, errors.New("several resources carry its owner tags: " + found[0].Label() + ", " + found[1].Label())
	}
	return a.observe(ctx, found[0].Ref)
}

func (a *applier) observe(ctx context.Context, ref inventory.Ref) (live *inventory.Resource, err error) {
	err = a.again(ctx, func() error {
		live, err = a.Cloud.Observe(ctx, ref)
		return err
	})
	return live, err
}

// again repeats a read that the service put off.
func (a *applier) again(ctx context.Context, read func() error) error {
	pause := a.Limits.Pause
	for try := 1; ; try++ {
		err := read()
		if try == a.Limits.Tries || !errors.Is(err, ErrThrottled) && !errors.Is(err, ErrUnavailable) {
			return err
		}
		if err := a.Clock.Sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, 32*a.Limits.Pause)
	}
}

// ours reports whether a resource carries the owner tags of an action. Of a type that has
// no tags it is known by our records or its token only.
func ours(action plan.Action, live *inventory.Resource) bool {
	for key, value := range action.Tags {
		if live.Tags[key] != value {
			return false
		}
	}
	return true
}

// token returns the idempotency token of a creation. An earlier run that does not know
// whether it created the thing had one: it is used again, by another plan too.
func (a *applier) token(action plan.Action) string {
	if t := a.ledger.Tokens[action.ID]; t != "" {
		return t
	}
	sum := sha256.Sum256([]byte(a.Plan.Digest + "\x00" + action.ID))
	return "pcf-" + hex.EncodeToString(sum[:16])
}

// Package cloudtest holds for every reaper.Cloud: one suite that creates a resource, changes
// it in every way and deletes it, and asks after each step for what the contract promises.
package cloudtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// A Case is one type in one cloud.
type Case struct {
	Cloud reaper.Cloud
	Clock reaper.Clock
	// Create is what to create; nothing like it is there. Its Tags are owner tags.
	Create reaper.Creation
	Patch  []plan.Change // a change in place; none when the type has none
	Stops  bool          // the type can be started and stopped
}

// Run checks one case.
func Run(t *testing.T, c Case) {
	t.Helper()
	ctx := context.Background()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	caller, err := c.Cloud.Caller(ctx)
	must("caller", err)
	if caller.Account != c.Create.Place.Account || caller.Partition != c.Create.Place.Partition || caller.ARN == "" {
		t.Fatalf("the caller is %+v", caller)
	}

	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := c.Cloud.Create(over, c.Create); err == nil {
		t.Fatal("it creates although its context has ended")
	}
	found, err := c.Cloud.Find(ctx, c.Create.Place, c.Create.Tags)
	must("find", err)
	if len(found) != 0 {
		t.Fatalf("something is there before: %s", found[0].Ref)
	}

	ref, _, err := c.Cloud.Create(ctx, c.Create)
	must("create", err)
	if ref.ID == "" || ref.Type != c.Create.Place.Type || ref.Account != c.Create.Place.Account || ref.Region != c.Create.Place.Region {
		t.Fatalf("created %s", ref)
	}
	live := c.wait(t, ref, "show what was created", func(r *inventory.Resource) bool { return carries(r, c.Create.Tags) })
	for k := range c.Create.Properties {
		if _, has := live.Properties[k]; !has && !live.IsUnread("/"+k) {
			t.Errorf("the property %s that it was created with does not show", k)
		}
	}
	again, _, err := c.Cloud.Create(ctx, c.Create)
	must("create with the same token", err)
	if again != ref {
		t.Fatalf("the same token created %s after %s", again, ref)
	}
	found, err = c.Cloud.Find(ctx, c.Create.Place, c.Create.Tags)
	must("find", err)
	if len(found) != 1 || found[0].Ref != ref {
		t.Fatalf("found %d resources with the owner tags", len(found))
	}
	if found, err = c.Cloud.Find(ctx, c.Create.Place, map[string]string{"pcf:app": "nobody's"}); err != nil || len(found) != 0 {
		t.Fatalf("found %d resources with tags that nothing carries, %v", len(found), err)
	}

	before := plan.Fingerprint(live)
	tags := map[string]string{"pcf:test": "one", "plain": "two"}
	for range 2 { // it may be repeated
		_, err = c.Cloud.Tag(ctx, ref, tags)
		must("tag", err)
	}
	c.wait(t, ref, "show its tags", func(r *inventory.Resource) bool { return carries(r, tags) && carries(r, c.Create.Tags) })
	for range 2 {
		_, err = c.Cloud.Untag(ctx, ref, []string{"pcf:test", "plain"})
		must("untag", err)
	}
	live = c.wait(t, ref, "lose its tags", func(r *inventory.Resource) bool {
		return r.Tags["pcf:test"] == "" && r.Tags["plain"] == "" && carries(r, c.Create.Tags)
	})
	if plan.Fingerprint(live) != before {
		t.Error("tag and untag is not the identity on the fingerprint")
	}

	if len(c.Patch) > 0 {
		for range 2 {
			_, err = c.Cloud.Update(ctx, live, c.Patch)
			must("update", err)
			live = c.wait(t, ref, "show the patch", func(r *inventory.Resource) bool { return plan.Reached(r, c.Patch) })
		}
		if plan.Fingerprint(plan.Undone(live, c.Patch)) != before {
			t.Error("the update changed more than its patch")
		}
	}
	if c.Stops {
		for range 2 {
			_, err = c.Cloud.Stop(ctx, ref)
			must("stop", err)
			c.wait(t, ref, "stop", func(r *inventory.Resource) bool { return r.State == "stopped" })
		}
		for range 2 {
			_, err = c.Cloud.Start(ctx, ref)
			must("start", err)
			live = c.wait(t, ref, "start", func(r *inventory.Resource) bool { return r.State == "running" || r.State == "available" })
		}
	}

	_, err = c.Cloud.Delete(ctx, live, nil)
	must("delete", err)
	c.wait(t, ref, "be gone", nil)
	if _, err := c.Cloud.Delete(ctx, live, nil); !errors.Is(err, reaper.ErrNotFound) {
		t.Errorf("deleted again: %v", err)
	}
	for what, call := range map[string]func() error{
		"tag":    func() error { _, err := c.Cloud.Tag(ctx, ref, tags); return err },
		"update": func() error { _, err := c.Cloud.Update(ctx, live, c.Patch); return err },
	} {
		if err := call(); !errors.Is(err, reaper.ErrNotFound) {
			t.Errorf("%s of what is gone: %v", what, err)
		}
	}
}

// wait observes until what was asked for shows, for a bounded time; ok nil waits for the end.
func (c Case) wait(t *testing.T, ref inventory.Ref, what string, ok func(*inventory.Resource) bool) *inventory.Resource {
	t.Helper()
	for range 60 {
		live, err := c.Cloud.Observe(context.Background(), ref)
		switch {
		case ok == nil && errors.Is(err, reaper.ErrNotFound):
			return nil
		case err == nil && live.Ref != ref:
			t.Fatalf("observed %s instead of %s", live.Ref, ref)
		case err == nil && ok != nil && ok(live):
			return live
		case err != nil && !errors.Is(err, reaper.ErrNotFound):
			t.Fatalf("observe: %v", err)
		}
		if err := c.Clock.Sleep(context.Background(), time.Second); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("%s does not %s", ref, what)
	return nil
}

func carries(r *inventory.Resource, tags map[string]string) bool {
	for k, v := range tags {
		if r.Tags[k] != v {
			return false
		}
	}
	return true
}

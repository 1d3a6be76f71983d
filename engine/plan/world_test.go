package plan

import (
	"encoding/json"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

var day = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

const (
	account = "111122223333"
	region  = "eu-west-1"
)

func js(text string) map[string]any {
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic(text + ": " + err.Error())
	}
	n, err := inventory.Normal(v)
	if err != nil {
		panic(err)
	}
	return n.(map[string]any)
}

func header() Header {
	return Header{Command: "repair", Tool: "test", Partition: "aws", Account: account, Regions: []string{region}, CreatedAt: day}
}

func particle(name, typ, properties string) *inventory.Particle {
	t, _ := schema.Lookup(typ)
	r := &inventory.Resource{Ref: inventory.Ref{Partition: "aws", Type: typ}, LogicalID: name, Declared: true, Properties: schema.Coerce(t, js(properties))}
	r.Tags, r.UnknownTags = inventory.TagsOf(t, r.Properties)
	return &inventory.Particle{
		App: "orders", Environment: "dev", Version: "2", Name: name, Resource: r, State: inventory.Running,
		Manage: []inventory.Verb{inventory.Observe, inventory.Tag, inventory.Create, inventory.Update},
	}
}

func live(id, typ, properties string) *inventory.Resource {
	t, _ := schema.Lookup(typ)
	where := region
	if inventory.IsGlobal(typ) {
		where = inventory.GlobalRegion
	}
	r := &inventory.Resource{Ref: inventory.Ref{Partition: "aws", Account: account, Region: where, Type: typ, ID: id}, Properties: js(properties), Created: day.Add(-time.Hour)}
	r.Tags, _ = inventory.TagsOf(t, r.Properties)
	return r
}

func owned(resources ...*inventory.Resource) (all []*owner.Attribution) {
	for _, r := range resources {
		all = append(all, &owner.Attribution{Resource: r, Class: owner.Owned, App: "orders", Environment: "dev", Version: "2"})
	}
	return all
}

func scope(resources ...*inventory.Resource) *inventory.Snapshot {
	return &inventory.Snapshot{
		Scope:     inventory.Scope{Partition: "aws", Accounts: []string{account}, Regions: []string{region, inventory.GlobalRegion}, Types: []string{"*"}},
		Resources: resources,
	}
}

// repairOf compares pairs and plans their repair.
func repairOf(pairs []drift.Pair, change func(*RepairInput)) (*Plan, []drift.Drift, error) {
	var resources []*inventory.Resource
	for _, p := range pairs {
		resources = append(resources, p.Live...)
	}
	s := scope(resources...)
	in := RepairInput{
		Header: header(), Drifts: drift.CompareAll(pairs, drift.Context{Live: s, Now: day}),
		Attributions: owned(resources...), Live: s,
	}
	if change != nil {
		change(&in)
	}
	p, err := Repair(in)
	return p, in.Drifts, err
}

func pair(p *inventory.Particle, resources ...*inventory.Resource) drift.Pair {
	return drift.Pair{Particle: p, Live: resources, By: owner.ByTag}
}

package drift_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

const (
	account = "111122223333"
	region  = "eu-west-1"
	group   = "AWS::EC2::SecurityGroup"
)

// js reads a JSON object as properties; {"?": "why"} stands for an unknown value, with
// {"?": "why", "ref": "Ref X", "to": "X"} for a reference and "secret" for a sensitive one.
func js(text string) map[string]any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		panic(fmt.Sprintf("%v in %s", err, text))
	}
	n, err := inventory.Normal(v)
	if err != nil {
		panic(err)
	}
	return unknowns(n).(map[string]any)
}

func unknowns(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if because, is := v["?"].(string); is {
			u := &inventory.Unknown{Because: because}
			u.Symbol, _ = v["ref"].(string)
			u.Target, _ = v["to"].(string)
			_, u.Sensitive = v["secret"]
			return u
		}
		for k, e := range v {
			v[k] = unknowns(e)
		}
	case []any:
		for i, e := range v {
			v[i] = unknowns(e)
		}
	}
	return v
}

// particle declares a resource of app orders 2, coerced as the reader of declarations does.
func particle(name, typ, properties string) *inventory.Particle {
	t, _ := schema.Lookup(typ)
	r := &inventory.Resource{
		Ref: inventory.Ref{Partition: "aws", Type: typ}, LogicalID: name, Declared: true,
		Properties: schema.Coerce(t, js(properties)),
	}
	r.Tags, r.UnknownTags = inventory.TagsOf(t, r.Properties)
	return &inventory.Particle{App: "orders", Environment: "dev", Version: "2", Name: name, Resource: r, State: inventory.Running}
}

// resource is a live resource, its properties as given and its tags read from them.
func resource(id, typ, properties string) *inventory.Resource {
	t, _ := schema.Lookup(typ)
	where := region
	if inventory.IsGlobal(typ) {
		where = inventory.GlobalRegion
	}
	r := &inventory.Resource{
		Ref:        inventory.Ref{Partition: "aws", Account: account, Region: where, Type: typ, ID: id},
		Properties: js(properties),
		Owned:      inventory.Ownership{Class: "owned", App: "orders", Environment: "dev", Version: "2"},
	}
	r.Tags, _ = inventory.TagsOf(t, r.Properties)
	return r
}

func pair(p *inventory.Particle, live ...*inventory.Resource) drift.Pair {
	return drift.Pair{Particle: p, Live: live, By: "tag"}
}

func snapshot(live ...*inventory.Resource) *inventory.Snapshot {
	return &inventory.Snapshot{Resources: live, Scope: inventory.Scope{Partition: "aws", Accounts: []string{account}, Regions: []string{region, "global"}, Types: []string{"*"}}}
}

// compare compares one declared value with one live value.
func compare(typ, declared, live string) drift.Drift {
	l := resource("live", typ, live)
	return drift.Compare(pair(particle("x", typ, declared), l), drift.Context{Live: snapshot(l), Now: now})
}

// outcome sums a drift up as the tables spell it.
func outcome(d drift.Drift) string {
	var info bool
	for _, c := range d.Changes {
		if !c.Info {
			return "changed"
		}
		info = info || c.Kind != drift.WriteOnly
	}
	switch {
	case d.Class != drift.InSync:
		return string(d.Class)
	case info:
		return "info"
	}
	return "same"
}

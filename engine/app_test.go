package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// TestApps: what each app version owns and leaves behind, and on whom it leans in silence.
func TestApps(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	ref := func(typ, id string) inventory.Ref {
		return inventory.Ref{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Type: typ, ID: id}
	}
	const queue, function, key = "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::KMS::Key"
	particle := func(app, version, name, typ, id string) *inventory.Particle {
		return &inventory.Particle{
			App: app, Environment: "dev", Version: version, Name: name, ID: id,
			Resource: &inventory.Resource{Ref: inventory.Ref{Type: typ}, LogicalID: name, Declared: true},
		}
	}
	live := func(typ, id string, uses ...inventory.Ref) *inventory.Resource {
		r := &inventory.Resource{Ref: ref(typ, id), Tags: map[string]string{}, Properties: inventory.Properties{}}
		for _, to := range uses {
			r.Relations = append(r.Relations, inventory.Relation{Path: "/Uses", Kind: "soft", To: to})
		}
		return r
	}
	tagged := live(queue, "left")
	tagged.Tags = map[string]string{"pcf:app": "orders", "pcf:environment": "dev", "pcf:version": "1", "pcf:particle": "gone"}
	declaration := &inventory.Declaration{Apps: []*inventory.App{
		{
			Name: "orders", Environment: "dev", Version: "2", Particles: []*inventory.Particle{particle("orders", "2", "worker", function, "worker"), particle("orders", "2", "jobs", queue, "jobs")},
			Inputs: []*inventory.Input{{Name: "key", Type: key, ID: "declared-key"}},
		},
		{Name: "orders", Environment: "dev", Version: "1", Retired: now.Add(-time.Hour)},
		{Name: "billing", Environment: "dev", Version: "7", Particles: []*inventory.Particle{particle("billing", "7", "bills", queue, "bills"), particle("billing", "7", "key", key, "billing-key")}},
	}}
	job := Job{
		Command: "scan", Now: now, Declaration: declaration, Scope: inventory.Scope{Accounts: []string{"111122223333"}},
		Live: &inventory.Snapshot{
			Scope: inventory.Scope{Accounts: []string{"111122223333"}, Regions: []string{"eu-west-1"}},
			Resources: []*inventory.Resource{
				live(queue, "bills", ref(key, "billing-key")), live(key, "billing-key"), live(queue, "jobs"), tagged,
				live(function, "worker", ref(queue, "jobs"), ref(queue, "bills"), ref(queue, "left")),
			},
		},
	}
	apps := Run(job).Apps
	type line struct {
		app, version string
		declared     int
		retired      bool
		classes      map[string]int
	}
	var got []line
	for _, a := range apps {
		got = append(got, line{a.App, a.Version, a.Declared, a.Retired, a.ByClass})
	}
	assert.Equal(t, []line{
		{"billing", "7", 2, false, map[string]int{"owned": 2}},
		{"orders", "1", 0, true, map[string]int{"orphan": 1}},
		{"orders", "2", 2, false, map[string]int{"owned": 2}},
	}, got)
	if assert.Len(t, apps[2].Undeclared, 1, "its own resources and what nobody owns are no other app's") {
		d := apps[2].Undeclared[0]
		assert.Equal(t, []string{"worker", "/Uses", "bills", "billing", "7"}, []string{d.From.ID, d.Path, d.To.ID, d.App, d.Version})
	}
	assert.Empty(t, apps[0].Undeclared)

	// Named as an input it is no secret any more.
	declaration.Apps[0].Inputs = append(declaration.Apps[0].Inputs, &inventory.Input{Name: "bills", Type: queue, ID: "bills"})
	assert.Empty(t, Run(job).Apps[2].Undeclared)
	job.App = "billing"
	assert.Len(t, Run(job).Apps, 1, "narrowed as everything is")
	job.Include.Summary = true
	assert.Empty(t, Run(job).Apps)
}

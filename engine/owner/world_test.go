package owner_test

import (
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
)

var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

const (
	group    = "AWS::EC2::SecurityGroup"
	instance = "AWS::EC2::Instance"
	volume   = "AWS::EC2::Volume"
	bucket   = "AWS::S3::Bucket"
	policy   = "AWS::S3::BucketPolicy"
	vpc      = "AWS::EC2::VPC"
	role     = "AWS::IAM::Role"
	queue    = "AWS::SQS::Queue"
)

// declared builds an app version of environment dev with security groups of these names.
func declared(app, version string, particles ...string) *inventory.App {
	a := &inventory.App{Name: app, Environment: "dev", Version: version, File: app + "-" + version + ".yaml"}
	for _, name := range particles {
		add(a, name, group)
	}
	return a
}

func add(a *inventory.App, name, typ string) *inventory.Particle {
	p := &inventory.Particle{
		App: a.Name, Environment: a.Environment, Version: a.Version, Name: name, State: inventory.Running, Targets: a.Targets,
		Resource: &inventory.Resource{
			Ref: inventory.Ref{Partition: "aws", Type: typ}, LogicalID: name, Declared: true,
			Position: inventory.Position{File: a.File, Line: 1 + len(a.Particles), Column: 1},
		},
	}
	a.Particles = append(a.Particles, p)
	return p
}

func retiredAt(a *inventory.App, t time.Time) *inventory.App {
	a.Retired = t
	return a
}

// live builds a security group in eu-west-1 with the owner tags of environment dev.
func live(id, app, version, particle string) *inventory.Resource {
	r := untagged(group, id)
	r.Tags = map[string]string{"pcf:app": app, "pcf:environment": "dev", "pcf:version": version, "pcf:particle": particle}
	return r
}

func untagged(typ, id string) *inventory.Resource {
	region := "eu-west-1"
	if inventory.IsGlobal(typ) {
		region = inventory.GlobalRegion
	}
	return &inventory.Resource{
		Ref:  inventory.Ref{Partition: "aws", Account: "111122223333", Region: region, Type: typ, ID: id},
		ARN:  "arn:aws:test:" + region + ":111122223333:" + id,
		Tags: map[string]string{},
	}
}

func declaration(apps ...*inventory.App) *inventory.Declaration {
	return &inventory.Declaration{Apps: apps}
}

func snapshot(resources ...*inventory.Resource) *inventory.Snapshot {
	return &inventory.Snapshot{Resources: resources}
}

func register(apps map[string]inventory.RegisteredApp) *inventory.Register {
	return &inventory.Register{Apps: apps, File: "register.yaml"}
}

// namedQueue is an app with one queue of a declared name.
func namedQueue(name string) *inventory.App {
	a := declared("orders", "1.4.2")
	add(a, "jobs", queue).Resource.Properties = inventory.Properties{"QueueName": name}
	return a
}

func named(r *inventory.Resource, name string) *inventory.Resource {
	r.Properties = inventory.Properties{"QueueName": name}
	return r
}

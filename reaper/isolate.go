package reaper

import (
	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// A quarantine is what makes a resource useless and loses nothing: whoever still needs it
// notices while it can be given back. It is an ordinary update or stop whose old values the
// journal keeps. Roles are not held: services clean up with the role of what is deleted (the
// interfaces of a function, the load balancers of a cluster), and would be refused.

// stopped are the types that are stopped; patched those of which properties are changed.
var (
	stopped = map[string]bool{"AWS::EC2::Instance": true, "AWS::RDS::DBInstance": true, "AWS::RDS::DBCluster": true}
	patched = map[string][]plan.Change{
		"AWS::AutoScaling::AutoScalingGroup": {{Path: "/DesiredCapacity", To: "0"}, {Path: "/MinSize", To: "0"}},
		"AWS::CloudFront::Distribution":      {{Path: "/DistributionConfig/Enabled", To: false}},
		"AWS::ECS::Service":                  {{Path: "/DesiredCount", To: int64(0)}},
		"AWS::Events::Rule":                  {{Path: "/State", To: "DISABLED"}},
		"AWS::IAM::AccessKey":                {{Path: "/Status", To: "Inactive"}},
		"AWS::KMS::Key":                      {{Path: "/Enabled", To: false}},
		"AWS::Lambda::EventSourceMapping":    {{Path: "/Enabled", To: false}},
		"AWS::Lambda::Function":              {{Path: "/ReservedConcurrentExecutions", To: int64(0)}},
	}
)

// Isolates reports whether resources of a type can be held.
func Isolates(typ string) bool {
	return stopped[typ] || len(patched[typ]) > 0
}

// Isolation returns what holds a live resource: to stop it, or a patch with the values of
// now. ok is false when its type has no reversible step.
func Isolation(live *inventory.Resource) (patch []plan.Change, stop, ok bool) {
	if stopped[live.Ref.Type] {
		// RDS stops the members of a cluster with it, and none alone.
		member, _ := live.Properties["DBClusterIdentifier"].(string)
		alone := live.Ref.Type != "AWS::RDS::DBInstance" || member == ""
		return nil, alone, alone
	}
	for _, c := range patched[live.Ref.Type] {
		c.From, _ = inventory.At(live.Properties, c.Path)
		patch = append(patch, c)
	}
	return patch, false, len(patch) > 0
}

package plan

import (
	"cmp"
	"slices"

	"github.com/pcf-scan/pcf-scan/engine/drift"
)

// A need says that one creation waits for another.
type need struct {
	to int
	// why says how strong it is: where needs go round in a ring, the weaker ones are let go.
	why strength
	// must: without the other there is no sense in it. Else it only comes later.
	must bool
}

// strength of a need, the weakest first.
type strength int

const (
	accompanies strength = iota // AWS wants it so, and nothing refers to it
	isNamed                     // a reference whose value is known
	givesValue                  // a reference whose value nobody knows before
)

// A companion is something that AWS wants to be there first though the resource does not
// refer to it. Source: "DependsOn attribute", section "When a DependsOn attribute is
// required", in the CloudFormation reference, and there the pages of the types.
type companion struct {
	of   []string // types that wait
	is   []string // types that they wait for
	over []string // types of what both refer to, the waiting one also by others; none: any of the same app
	must bool
}

var companions = []companion{
	{ // there is no way out of a VPC before its gateway is attached
		of:   []string{"AWS::EC2::Route", "AWS::EC2::NatGateway", "AWS::EC2::VPNGatewayRoutePropagation"},
		is:   []string{"AWS::EC2::VPCGatewayAttachment"},
		over: []string{"AWS::EC2::VPC", "AWS::EC2::InternetGateway", "AWS::EC2::VPNGateway"}, must: true,
	},
	{
		of: []string{
			"AWS::EC2::Instance", "AWS::EC2::EIPAssociation", "AWS::AutoScaling::AutoScalingGroup", "AWS::RDS::DBInstance",
			"AWS::ElasticLoadBalancing::LoadBalancer", "AWS::ElasticLoadBalancingV2::LoadBalancer",
		},
		is: []string{"AWS::EC2::VPCGatewayAttachment"}, over: []string{"AWS::EC2::VPC"},
	},
	{of: []string{"AWS::EC2::EIP"}, is: []string{"AWS::EC2::VPCGatewayAttachment"}},
	{ // what works with a role wants its policies, when it begins and as long as it ends
		of: []string{
			"AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping", "AWS::StepFunctions::StateMachine", "AWS::EC2::Instance",
			"AWS::AutoScaling::AutoScalingGroup", "AWS::ECS::Service", "AWS::EKS::Cluster", "AWS::EKS::Nodegroup", "AWS::CodeBuild::Project",
		},
		is:   []string{"AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"},
		over: []string{"AWS::IAM::Role"},
	},
	{ // a service joins only a target group that a load balancer uses
		of: []string{"AWS::ECS::Service"}, is: []string{"AWS::ElasticLoadBalancingV2::Listener"},
		over: []string{"AWS::ElasticLoadBalancingV2::TargetGroup"}, must: true,
	},
}

// needs says of each missing one for which others it waits, sorted. Only what gives a value
// can still go round in a ring.
func (r *repair) needs(missing []*drift.Drift) [][]need {
	index := make(map[*drift.Drift]int, len(missing))
	for i, d := range missing {
		index[d] = i
	}
	needs := make([][]need, len(missing))
	for i, d := range missing {
		for _, name := range names(d.Particle.Resource.Properties) {
			if j, is := index[r.world.find(d, name)]; is {
				needs[i] = append(needs[i], need{j, givesValue, true})
			}
		}
		for _, name := range d.Particle.Refers {
			if j, is := index[r.world.find(d, name)]; is && j != i {
				needs[i] = append(needs[i], need{j, isNamed, true})
			}
		}
	}
	r.accompany(missing, needs)
	for _, weak := range []strength{accompanies, isNamed} {
		group := make([]int, len(missing))
		for g, members := range components(targets(needs)) {
			for _, i := range members {
				group[i] = g
			}
		}
		for i := range needs {
			needs[i] = slices.DeleteFunc(needs[i], func(n need) bool { return n.why == weak && group[n.to] == group[i] })
		}
	}
	for i := range needs {
		slices.SortFunc(needs[i], func(a, b need) int { return cmp.Or(cmp.Compare(a.to, b.to), cmp.Compare(b.why, a.why)) })
	}
	return needs
}

func targets(needs [][]need) [][]int {
	all := make([][]int, len(needs))
	for i, list := range needs {
		for _, n := range list {
			all[i] = append(all[i], n.to)
		}
	}
	return all
}

// accompany adds the needs that no reference tells.
func (r *repair) accompany(missing []*drift.Drift, needs [][]need) {
	for _, c := range companions {
		// The candidates by what they refer to; those of an app stand under nil.
		by := map[*drift.Drift][]int{}
		for j, d := range missing {
			if !slices.Contains(c.is, d.Particle.Resource.Ref.Type) {
				continue
			}
			by[nil] = append(by[nil], j)
			for _, to := range r.world.refers(d) {
				if slices.Contains(c.over, to.Particle.Resource.Ref.Type) {
					by[to] = append(by[to], j)
				}
			}
		}
		if len(by) == 0 {
			continue
		}
		for i, d := range missing {
			if !slices.Contains(c.of, d.Particle.Resource.Ref.Type) {
				continue
			}
			if len(c.over) == 0 {
				for _, j := range by[nil] {
					if missing[j].Target == d.Target && keyOf(missing[j].Particle, "") == keyOf(d.Particle, "") {
						needs[i] = append(needs[i], need{j, accompanies, c.must})
					}
				}
				continue
			}
			for _, to := range r.world.reaches(d) {
				for _, j := range by[to] {
					if j != i {
						needs[i] = append(needs[i], need{j, accompanies, c.must})
					}
				}
			}
		}
	}
}

// refers lists what the declaration of a particle names, whether it lives or not.
func (w *world) refers(from *drift.Drift) (all []*drift.Drift) {
	for _, name := range slices.Concat(names(from.Particle.Resource.Properties), from.Particle.Refers) {
		if d := w.find(from, name); d != nil && !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	return all
}

// reaches lists what a particle names and what that names, and so on.
func (w *world) reaches(from *drift.Drift) (all []*drift.Drift) {
	seen := map[*drift.Drift]bool{from: true}
	for queue := []*drift.Drift{from}; len(queue) > 0; queue = queue[1:] {
		for _, d := range w.refers(queue[0]) {
			if !seen[d] {
				seen[d] = true
				all, queue = append(all, d), append(queue, d)
			}
		}
	}
	return all
}

package owner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Much of what lives was made by something that lives, and goes or comes back with it: the
// instances of an Auto Scaling group, the interfaces of a load balancer, the policy of a
// bucket. Such a resource has the owner of its parent and is never judged by itself.

// managers are tags that only AWS can set, or that controllers set on what they make, with
// what they say of who keeps the resource, and the type of that keeper.
var managers = []struct{ tag, says, keeper string }{
	{"aws:cloudformation:stack-id", "", "AWS::CloudFormation::Stack"},
	{"aws:cloudformation:stack-name", "the CloudFormation stack %s keeps it", ""},
	{"aws:autoscaling:groupName", "the Auto Scaling group %s keeps it", "AWS::AutoScaling::AutoScalingGroup"},
	{"aws:ec2:fleet-id", "the EC2 fleet %s keeps it", "AWS::EC2::EC2Fleet"},
	{"aws:ec2spot:fleet-request-id", "the spot fleet %s keeps it", "AWS::EC2::SpotFleet"},
	{"aws:eks:cluster-name", "the EKS cluster %s keeps it", "AWS::EKS::Cluster"},
	{"eks:cluster-name", "the EKS cluster %s keeps it", "AWS::EKS::Cluster"},
	{"elbv2.k8s.aws/cluster", "the load balancer controller of the EKS cluster %s keeps it", "AWS::EKS::Cluster"},
	{"aws:ecs:serviceName", "the ECS service %s keeps it", "AWS::ECS::Service"},
	{"aws:elasticmapreduce:job-flow-id", "the EMR cluster %s keeps it", "AWS::EMR::Cluster"},
	{"aws:backup:source-resource", "AWS Backup keeps it for %s", ""},
	{"aws:servicecatalog:productArn", "Service Catalog keeps it for %s", ""},
}

// kubernetesTag stands before the name of a cluster in the tag by which Kubernetes knows
// what it made ("owned") and what it only uses ("shared").
const kubernetesTag = "kubernetes.io/cluster/"

// keepers are the types that may keep others: while one of them could not be read, nobody
// can say that nothing keeps a resource.
var keepers = []string{
	"AWS::CloudFormation::Stack", "AWS::AutoScaling::AutoScalingGroup", "AWS::EKS::Cluster", "AWS::ECS::Service", "AWS::EMR::Cluster",
}

// manager says which stack or controller keeps the resource; empty when none does.
func manager(r *inventory.Resource) string {
	for _, m := range managers {
		if v := r.Tags[m.tag]; v != "" && m.says != "" {
			return fmt.Sprintf(m.says, v)
		}
	}
	if cluster := kubernetesCluster(r); cluster != "" {
		return fmt.Sprintf("the Kubernetes cluster %s keeps it", cluster)
	}
	return ""
}

func kubernetesCluster(r *inventory.Resource) string {
	var found string // of several the first by name
	for tag, value := range r.Tags {
		if name, is := strings.CutPrefix(tag, kubernetesTag); is && value == "owned" && (found == "" || name < found) {
			found = name
		}
	}
	return found
}

// parts are types that cannot be tagged, with the properties that name what they are a part
// of, and its type.
var parts = map[string][]struct{ property, of string }{
	"AWS::S3::BucketPolicy":                 {{"Bucket", "AWS::S3::Bucket"}},
	"AWS::Route53::RecordSet":               {{"HostedZoneId", "AWS::Route53::HostedZone"}},
	"AWS::EFS::MountTarget":                 {{"FileSystemId", "AWS::EFS::FileSystem"}},
	"AWS::KMS::Alias":                       {{"TargetKeyId", "AWS::KMS::Key"}},
	"AWS::Lambda::Permission":               {{"FunctionName", "AWS::Lambda::Function"}},
	"AWS::Lambda::LayerVersionPermission":   {{"LayerVersionArn", "AWS::Lambda::LayerVersion"}},
	"AWS::SNS::Subscription":                {{"TopicArn", "AWS::SNS::Topic"}},
	"AWS::EC2::Route":                       {{"RouteTableId", "AWS::EC2::RouteTable"}},
	"AWS::EC2::SubnetRouteTableAssociation": {{"RouteTableId", "AWS::EC2::RouteTable"}},
	"AWS::EC2::NetworkAclEntry":             {{"NetworkAclId", "AWS::EC2::NetworkAcl"}},
	"AWS::EC2::VolumeAttachment":            {{"VolumeId", "AWS::EC2::Volume"}},
	"AWS::EC2::EIPAssociation":              {{"AllocationId", "AWS::EC2::EIP"}},
	"AWS::EC2::VPCGatewayAttachment":        {{"InternetGatewayId", "AWS::EC2::InternetGateway"}, {"VpnGatewayId", "AWS::EC2::VPNGateway"}},
	"AWS::EC2::SecurityGroupIngress":        {{"GroupId", "AWS::EC2::SecurityGroup"}},
	"AWS::EC2::SecurityGroupEgress":         {{"GroupId", "AWS::EC2::SecurityGroup"}},
	"AWS::IAM::AccessKey":                   {{"UserName", "AWS::IAM::User"}},
	"AWS::IAM::RolePolicy":                  {{"RoleName", "AWS::IAM::Role"}},
	"AWS::IAM::UserPolicy":                  {{"UserName", "AWS::IAM::User"}},
	"AWS::IAM::GroupPolicy":                 {{"GroupName", "AWS::IAM::Group"}},
	"AWS::SecretsManager::RotationSchedule": {{"SecretId", "AWS::SecretsManager::Secret"}},
	"AWS::ElasticLoadBalancingV2::Listener": {{"LoadBalancerArn", "AWS::ElasticLoadBalancingV2::LoadBalancer"}},
	"AWS::ApiGateway::Stage":                {{"RestApiId", "AWS::ApiGateway::RestApi"}},
	"AWS::ApiGatewayV2::Stage":              {{"ApiId", "AWS::ApiGatewayV2::Api"}},
}

// A parent is a live resource that keeps or holds another one.
type parent struct {
	resource *inventory.Resource
	keeps    bool // it makes the child anew: two owners of the two are a dispute
}

// contains reports whether the parent only holds the child. An instance takes its disk along
// when it ends, but it is no controller, which would make the disk anew: whose it is says for
// whom the disk is there, and does not make it theirs.
func (p parent) contains() bool { return p.keeps && p.resource.Ref.Type == "AWS::EC2::Instance" }

// parents returns what keeps r and what r is a part of, the strongest first.
func (j *judge) parents(r *inventory.Resource) []parent {
	var found []parent
	add := func(list []*inventory.Resource, keeps bool) {
		for _, p := range list {
			if p != r && !slices.ContainsFunc(found, func(f parent) bool { return f.resource == p }) {
				found = append(found, parent{p, keeps})
			}
		}
	}
	near := inventory.Target{Account: r.Ref.Account, Region: r.Ref.Region}
	for _, rel := range r.Relations {
		if p := j.world.byRef[rel.To]; rel.Kind == "owner" && p != nil {
			add([]*inventory.Resource{p}, true)
		}
	}
	for _, m := range managers {
		if name := r.Tags[m.tag]; name != "" && m.keeper != "" {
			add(only(within(j.world.named(m.keeper, name), near)), true)
		}
	}
	if cluster := kubernetesCluster(r); cluster != "" {
		add(only(within(j.world.named("AWS::EKS::Cluster", cluster), near)), true)
	}
	for _, part := range parts[r.Ref.Type] {
		name, _ := r.Properties[part.property].(string)
		if name == "" && r.Ref.Type == "AWS::S3::BucketPolicy" {
			name = r.Ref.ID
		}
		if name != "" {
			place := near
			if place.Region == inventory.GlobalRegion {
				place.Region = ""
			}
			if part.of == "AWS::S3::Bucket" {
				place.Region = "" // the name of a bucket is the only one
			}
			add(only(within(j.world.named(part.of, name), place)), false)
		}
	}
	return found
}

// only returns the list when it has one element: of several nobody knows which is meant.
func only(list []*inventory.Resource) []*inventory.Resource {
	if len(list) != 1 {
		return nil
	}
	return list
}

// named finds resources of a type by identifier, ARN or name.
func (w *world) named(typ, name string) []*inventory.Resource {
	if found := w.find(typ, name); len(found) > 0 {
		return found
	}
	return w.byName[typedID{typ, name}]
}

// inherit gives a resource the owner of what keeps it, or of what it is a part of. The
// parent comes first; done stops where two keep each other.
func (j *judge) inherit(r *inventory.Resource, done map[*inventory.Resource]bool) {
	if done[r] {
		return
	}
	done[r] = true
	x := j.of[r]
	parents := j.parents(r)
	for _, p := range parents {
		j.inherit(p.resource, done)
		rank := 5
		if p.contains() {
			rank = 6
		}
		x.add(rank, "parent", "it belongs to %s %s, which is %s", p.resource.Ref.Type, p.resource.Ref.ID, j.of[p.resource].Class)
	}
	for _, p := range parents {
		if j.take(x, p) {
			return
		}
	}
}

// take applies what one parent says; done is true when it decided.
func (j *judge) take(x *Attribution, from parent) (done bool) {
	p := j.of[from.resource]
	if x.Class == Owned && from.keeps && p.Class == Owned && (x.App != p.App || x.Environment != p.Environment) {
		x.Class, x.Reason = Contested, ClaimsDisagree
		return true
	}
	kept := x.Class == Unknown && x.Reason == StillManaged || from.keeps && (x.Class == Orphan || x.Class == StaleVersion)
	weak := x.Class == Unmanaged || x.Class == Attributed || x.Class == Foreign && x.Reason == StillManaged ||
		x.Class == Unknown && x.Reason == TagsUnread || kept
	if !weak {
		return false
	}
	switch p.Class {
	case Owned:
		if kept && (x.App != p.App || x.Environment != p.Environment) {
			x.Class, x.Reason = Contested, ClaimsDisagree
			return true
		}
		if from.contains() {
			x.Class, x.Reason, x.App, x.Environment, x.Version, x.Particle = Attributed, ByParent, p.App, p.Environment, p.Version, ""
			return true
		}
		sameApp := x.App == p.App && x.Environment == p.Environment
		particle := x.Particle
		x.Class, x.Reason, x.App, x.Environment, x.Version, x.Particle = Owned, ByParent, p.App, p.Environment, p.Version, p.Particle
		if sameApp && particle != "" {
			x.Particle = particle // declared as a particle of its own
		}
		return true
	case Shared, Foreign, Unmanaged, Unknown:
		if kept {
			x.Class, x.Reason = Unknown, StillManaged
		}
		if x.Class == Attributed || kept {
			return false
		}
		if x.Class == Foreign && p.Class == Unmanaged {
			return false // what keeps it is nobody's, and it is still not to be judged by itself
		}
		x.Class, x.Reason = p.Class, ByParent
		if p.Class == Unmanaged {
			x.Reason = ""
			return false
		}
		return true
	}
	// A leftover or a dispute: the child shares the doubt and is never judged alone.
	if x.Class == Attributed {
		return false
	}
	x.Class, x.Reason, x.App, x.Environment, x.Version = Attributed, ByParent, p.App, p.Environment, p.Version
	return true
}

// useAlone attributes what nobody claims and only the resources of one app use: the volume
// of an instance, the log group of a function, a target group behind its listener.
func (j *judge) useAlone() {
	users := map[*inventory.Resource][]*inventory.Resource{}
	for _, r := range j.world.all {
		for _, rel := range r.Relations {
			if to := j.world.byRef[rel.To]; to != nil && to != r && rel.Kind != "owner" {
				users[to] = append(users[to], r)
			}
		}
		if r.Ref.Type == "AWS::Lambda::Function" { // Lambda makes it under this name
			group := j.world.byID[idKey("AWS::Logs::LogGroup", "/aws/lambda/"+r.Ref.ID)]
			for _, to := range within(group, inventory.Target{Account: r.Ref.Account, Region: r.Ref.Region}) {
				users[to] = append(users[to], r)
			}
		}
	}
	found := map[*Attribution]*Attribution{}
	for _, r := range j.world.all {
		x := j.of[r]
		if x.Class != Unmanaged {
			continue
		}
		var by *Attribution
		alone := true
		for _, u := range users[r] {
			switch o := j.of[u]; {
			case o.Class == Foreign: // an interface that AWS made for somebody's resource
			case o.Class != Owned || o.App == "" || by != nil && (by.App != o.App || by.Environment != o.Environment):
				alone = false
			case by == nil:
				by = o
			}
		}
		if by != nil && alone {
			found[x] = by
		}
	}
	for x, by := range found {
		x.Class, x.Reason, x.App, x.Environment = Attributed, OnlyUser, by.App, by.Environment
		x.add(6, "only-user", "only resources of %s use it, such as %s %s", place{by.App, by.Environment}, by.Resource.Ref.Type, by.Resource.Ref.ID)
	}
}

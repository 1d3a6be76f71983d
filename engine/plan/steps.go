package plan

import (
	"cmp"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// The steps beside a deletion, each with what its Step.ID is. The deleters know these words
// and no others: a deletion that needs one that is not named is blocked, and one that is
// named and not known is refused.
const (
	StepDeleteAccessKey    = "delete-access-key"      // of a user: id of the key
	StepDeleteImages       = "delete-images"          // all that a repository holds: its name
	StepDeleteInlinePolicy = "delete-inline-policy"   // of a role, user or group: name of the policy
	StepDeleteLoginProfile = "delete-login-profile"   // the password of a user, if there is one: name of the user
	StepDeleteRecord       = "delete-record"          // of a hosted zone: id of the record set
	StepDeleteOldVersions  = "delete-policy-versions" // those that a policy has beside the one in force: its ARN
	StepDeleteVersions     = "delete-versions"        // all that is in a bucket: its name
	StepDetachGateway      = "detach"                 // an internet or VPN gateway from its VPC: id of the attachment
	StepDetachPolicy       = "detach-policy"          // from a role, user or group: ARN of the policy
	StepDisassociate       = "disassociate"           // an address or a route table: id of the association
	StepFinalSnapshot      = "final-snapshot"         // of a database: name of the snapshot to make
	StepGoesAlong          = "goes-along"             // AWS itself ends it with the resource: its id
	StepRemoveFromGroup    = "remove-from-group"      // a user from a group: name of the group
	StepRemoveRole         = "remove-role"            // from an instance profile: name of the profile
	StepRemoveTarget       = "remove-target"          // from a rule: id of the target
)

// A partOf is the type of a part and that of the whole.
type partOf struct{ part, whole string }

// partSteps are the steps by which a part ends in the deletion of its whole, though AWS would
// refuse while it is there: the step takes it off first.
var partSteps = map[partOf]string{
	{"AWS::EC2::VPCGatewayAttachment", "AWS::EC2::InternetGateway"}:   StepDetachGateway,
	{"AWS::EC2::VPCGatewayAttachment", "AWS::EC2::VPNGateway"}:        StepDetachGateway,
	{"AWS::EC2::EIPAssociation", "AWS::EC2::EIP"}:                     StepDisassociate,
	{"AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::RouteTable"}: StepDisassociate,
	{"AWS::IAM::AccessKey", "AWS::IAM::User"}:                         StepDeleteAccessKey,
	{"AWS::IAM::RolePolicy", "AWS::IAM::Role"}:                        StepDeleteInlinePolicy,
	{"AWS::IAM::UserPolicy", "AWS::IAM::User"}:                        StepDeleteInlinePolicy,
	{"AWS::IAM::GroupPolicy", "AWS::IAM::Group"}:                      StepDeleteInlinePolicy,
	{"AWS::Route53::RecordSet", "AWS::Route53::HostedZone"}:           StepDeleteRecord,
}

// endsToo are parts that AWS also ends with something that is not the whole that a plan ends
// them with: the address of an instance is free when the instance is terminated.
var endsToo = map[partOf]bool{
	{"AWS::EC2::EIPAssociation", "AWS::EC2::Instance"}: true,
}

// goesOnlyIdle are types that AWS refuses to delete while they serve: what would hold one in
// quarantine prepares its deletion as well.
var goesOnlyIdle = map[string]bool{
	"AWS::AutoScaling::AutoScalingGroup": true, "AWS::CloudFront::Distribution": true, "AWS::ECS::Service": true,
}

// StepAlong names that part ends together with whole: AWS sees to it, or the deleter of whole.
func StepAlong(part, whole inventory.Ref) Step {
	name := cmp.Or(partSteps[partOf{part.Type, whole.Type}], StepGoesAlong)
	return Step{Name: name, Type: part.Type, ID: part.ID}
}

// Along returns what ends together with the resource of a deletion, as its steps name it.
func (a Action) Along() (refs []inventory.Ref) {
	for _, step := range a.Steps {
		if step.Name == StepGoesAlong || step.Name == partSteps[partOf{step.Type, a.Resource.Type}] {
			ref := a.Resource.Ref()
			ref.Type, ref.ID = step.Type, step.ID
			refs = append(refs, ref)
		}
	}
	return refs
}

// StepsOf names what a deletion may change beside its resource, with every id: the deleter of
// the type does nothing else. What the resource does not show has no step, and a deleter
// that meets it stops; save what is nothing without the resource (old versions of a policy,
// the password of a user). now goes into the names of final snapshots.
func StepsOf(r *inventory.Resource, now time.Time) (steps []Step) {
	add := func(name, typ string, ids ...string) {
		for _, id := range ids {
			if id != "" {
				steps = append(steps, Step{Name: name, Type: typ, ID: id})
			}
		}
	}
	typ := r.Ref.Type
	switch typ {
	case "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group":
		add(StepDetachPolicy, "AWS::IAM::ManagedPolicy", texts(r, "/ManagedPolicyArns/*")...)
		add(StepDeleteInlinePolicy, typ, texts(r, "/Policies/*/PolicyName")...)
		if typ == "AWS::IAM::User" {
			add(StepRemoveFromGroup, "AWS::IAM::Group", texts(r, "/Groups/*")...)
			add(StepDeleteLoginProfile, typ, r.Ref.ID)
		}
	case "AWS::IAM::InstanceProfile":
		add(StepRemoveRole, typ, r.Ref.ID)
	case "AWS::IAM::ManagedPolicy":
		add(StepDeleteOldVersions, typ, r.Ref.ID)
	case "AWS::Events::Rule":
		add(StepRemoveTarget, typ, texts(r, "/Targets/*/Id")...)
	case "AWS::S3::Bucket":
		add(StepDeleteVersions, typ, r.Ref.ID)
	case "AWS::RDS::DBInstance":
		// The storage of a member is that of its cluster.
		if len(texts(r, "/DBClusterIdentifier")) == 0 {
			add(StepFinalSnapshot, "PCF::RDS::DBSnapshot", snapshotName(r, now))
		}
	case "AWS::RDS::DBCluster":
		add(StepFinalSnapshot, "PCF::RDS::DBClusterSnapshot", snapshotName(r, now))
	case "AWS::ElastiCache::ReplicationGroup":
		add(StepFinalSnapshot, "PCF::ElastiCache::Snapshot", snapshotName(r, now))
	case "AWS::ElastiCache::CacheCluster":
		if r.Properties["Engine"] != "memcached" { // which knows no snapshots
			add(StepFinalSnapshot, "PCF::ElastiCache::Snapshot", snapshotName(r, now))
		}
	case "AWS::Redshift::Cluster":
		add(StepFinalSnapshot, "PCF::Redshift::Snapshot", snapshotName(r, now))
	case "AWS::ECR::Repository":
		add(StepDeleteImages, typ, r.Ref.ID)
	}
	return steps
}

// snapshotName is the name of the last snapshot of a database, the same in every plan of one
// minute. Source of the allowed characters: CreateDBSnapshot in the RDS API reference.
func snapshotName(r *inventory.Resource, now time.Time) string {
	plain := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, strings.ToLower(r.Ref.ID))
	return "pcf-final-" + strings.Trim(strings.ReplaceAll(plain, "--", "-"), "-") + "-" + now.UTC().Format("200601021504")
}

// texts returns the texts at a pointer in which "*" stands for every element.
func texts(r *inventory.Resource, pointer string) (all []string) {
	var walk func(v any, parts []string)
	walk = func(v any, parts []string) {
		if len(parts) == 0 {
			if text, is := v.(string); is {
				all = append(all, text)
			}
			return
		}
		switch v := v.(type) {
		case map[string]any:
			walk(v[parts[0]], parts[1:])
		case []any:
			for _, e := range v {
				walk(e, parts[1:])
			}
		}
	}
	walk(r.Properties, strings.Split(pointer[1:], "/"))
	return all
}

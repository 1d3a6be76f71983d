package plan

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// What is never repaired automatically. The list is code, so that no flag and no file can
// switch it off; what it refuses is for a person to do.

// stateful are types that hold data or identity, of which a new one is not the old one.
var stateful = []string{
	"AWS::Backup::BackupVault", "AWS::CloudFormation::Stack", "AWS::Cognito::UserPool", "AWS::DocDB::*", "AWS::DynamoDB::*",
	"AWS::EC2::Volume", "AWS::EC2::Snapshot", "PCF::EC2::Snapshot", "AWS::EFS::FileSystem", "AWS::EMR::Cluster", "AWS::ElastiCache::*Cluster",
	"AWS::ElastiCache::ReplicationGroup", "AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain", "AWS::FSx::*",
	"AWS::KMS::Key", "AWS::KMS::ReplicaKey", "AWS::Kinesis::Stream", "AWS::Logs::LogGroup", "AWS::Neptune::*", "AWS::Organizations::Account",
	"AWS::QLDB::Ledger", "AWS::RDS::DB*", "AWS::RDS::GlobalCluster", "PCF::RDS::*Snapshot", "AWS::Redshift::Cluster", "AWS::S3::Bucket",
	"AWS::SDB::Domain", "AWS::SQS::Queue", "AWS::SecretsManager::Secret", "AWS::IAM::User", "AWS::IAM::AccessKey",
	"AWS::ECR::Repository", "AWS::EKS::Cluster", "AWS::MSK::Cluster", "AWS::MemoryDB::Cluster", "AWS::Route53::HostedZone",
	"AWS::CertificateManager::Certificate", "AWS::Timestream::*",
}

// Stateful reports whether a resource of the type holds data or identity that a new one of
// the same name would not have.
func Stateful(typ string) bool {
	// Groups of settings are named like the databases and hold nothing.
	for _, settings := range []string{"SubnetGroup", "ParameterGroup", "SecurityGroup", "ProxyTargetGroup"} {
		if strings.HasSuffix(typ, settings) {
			return false
		}
	}
	return slices.ContainsFunc(stateful, func(g string) bool { return inventory.MatchGlob(g, typ) })
}

// neverTouch refuses every repair of a resource, whatever it would change; reason is empty
// when nothing stands against it.
func (in *RepairInput) neverTouch(r *inventory.Resource) (reason Reason, by string) {
	if slices.ContainsFunc(in.Self, func(own string) bool { return own != "" && (own == r.ARN || own == r.Ref.ID || own == r.Name) }) {
		return OwnIdentity, r.Label()
	}
	if by := in.manager(r); by != "" {
		return OtherManager, by
	}
	return "", ""
}

// managed are tags and names by which another manager marks what it keeps.
var managed = []string{"aws:*", "eks:*", "kubernetes.io/cluster/*", "aws-controltower*"}

// manager names what else keeps a resource as it wants it; "" when nothing does.
func (in *RepairInput) manager(r *inventory.Resource) string {
	for _, key := range sortedKeys(r.Tags) {
		if strings.HasPrefix(key, "aws:cloudformation:") {
			if in.stackAtRest(r, r.Tags["aws:cloudformation:stack-name"]) {
				continue
			}
			return "tag " + key + ": its stack is at work, or its state is not known"
		}
		for _, glob := range managed {
			if inventory.MatchGlob(glob, strings.ToLower(key)) {
				return "tag " + key
			}
		}
	}
	return reserved(r)
}

// reserved names the part of AWS that a resource belongs to by its path or name; "" when it
// does to none.
func reserved(r *inventory.Resource) string {
	path, _ := r.Properties["Path"].(string)
	switch {
	case strings.HasPrefix(path, "/aws-service-role/"), strings.Contains(r.ARN, "/aws-service-role/"):
		return "a service-linked role"
	case strings.HasPrefix(path, "/aws-reserved/"), strings.Contains(r.ARN, "/aws-reserved/"):
		return "reserved by AWS"
	case strings.HasPrefix(strings.ToLower(r.Name), "aws-controltower"), strings.HasPrefix(strings.ToLower(r.Ref.ID), "aws-controltower"),
		strings.HasPrefix(r.Ref.ID, "AWSControlTower"):
		return "Control Tower"
	}
	return ""
}

// stackAtRest reports whether the CloudFormation stack of that name was read where the
// resource lives, and is not changing.
func (in *RepairInput) stackAtRest(r *inventory.Resource, name string) bool {
	for _, s := range in.Live.Resources {
		if s.Ref.Type != "AWS::CloudFormation::Stack" || s.Ref.Account != r.Ref.Account ||
			r.Ref.Region != inventory.GlobalRegion && s.Ref.Region != r.Ref.Region {
			continue
		}
		if n, _ := s.Properties["StackName"].(string); name != "" && (n == name || s.Name == name) {
			return strings.HasSuffix(s.State, "_COMPLETE") && !strings.Contains(s.State, "IN_PROGRESS")
		}
	}
	return false
}

// guards are properties by which a resource is protected from being stopped or lost.
var guards = []string{
	"DeletionProtection", "DeletionProtectionEnabled", "DisableApiTermination", "DisableApiStop", "EnableTerminationProtection",
	"TerminationProtection", "ObjectLockEnabled",
}

// protection names what protects a live resource from being changed by a program, or "".
func protection(r *inventory.Resource) string {
	for _, name := range guards {
		if v, has := r.Properties[name]; has && v != false && v != "false" && v != "INACTIVE" && v != nil {
			return "/" + name
		}
	}
	// Load balancers keep it in a list of attributes.
	if list, is := r.Properties["LoadBalancerAttributes"].([]any); is {
		for _, e := range list {
			if a, is := e.(map[string]any); is && a["Key"] == "deletion_protection.enabled" && a["Value"] != "false" {
				return "/LoadBalancerAttributes deletion_protection.enabled"
			}
		}
	}
	return ""
}

// routed are types whose values decide where traffic goes.
var routed = []string{
	"AWS::EC2::Route", "AWS::EC2::RouteTable", "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::NetworkAcl*",
	"AWS::EC2::SubnetNetworkAclAssociation", "AWS::EC2::TransitGatewayRoute*", "AWS::Route53::*", "AWS::Route53Resolver::*",
	"AWS::ServiceDiscovery::*",
}

// switches turn something off that must not go off by a program.
var switches = map[string][]string{
	"AWS::KMS::Key":                      {"/Enabled"},
	"AWS::CloudTrail::Trail":             {"/IsLogging", "/EnableLogFileValidation", "/IsMultiRegionTrail", "/IncludeGlobalServiceEvents"},
	"AWS::Config::ConfigurationRecorder": {"/RecordingGroup/AllSupported", "/Recording"},
	"AWS::GuardDuty::Detector":           {"/Enable"},
}

// neverChange refuses one change of a resource; reason is empty when nothing stands
// against it.
func neverChange(r *inventory.Resource, c Change) Reason {
	typ := r.Ref.Type
	parts := schema.SplitPointer(c.Path)
	top, last := parts[0], parts[len(parts)-1]
	switch {
	case top == "AssumeRolePolicyDocument", top == "PermissionsBoundary", strings.HasPrefix(typ, "AWS::Organizations::"):
		return LockOut
	case slices.ContainsFunc(routed, func(g string) bool { return inventory.MatchGlob(g, typ) }):
		return Routing
	case turnsOff(typ, c):
		return SwitchOff
	case isKey(last) && !isEmpty(c.From), strings.Contains(c.Path, "Encrypt") && !isEmpty(c.From) && changesKey(c):
		return EncryptionKey
	case (strings.HasSuffix(last, "EngineVersion") || last == "Version" && len(parts) == 1 || last == "KafkaVersion") && older(c.From, c.To):
		return Downgrade
	case holdsSize(last) && less(c.To, c.From):
		return Shrink
	case widens(typ, top, r, c):
		return Widening
	}
	return ""
}

func turnsOff(typ string, c Change) bool {
	if !slices.Contains(switches[typ], c.Path) {
		return false
	}
	return c.To == nil || c.To == false || c.To == "false"
}

func isKey(name string) bool {
	n := strings.ToLower(name)
	return strings.HasSuffix(n, "kmskeyid") || strings.HasSuffix(n, "kmskeyarn") || strings.HasSuffix(n, "kmskey") || strings.HasSuffix(n, "masterkeyid") ||
		strings.HasSuffix(n, "encryptionkey") || strings.HasSuffix(n, "kmskeyidentifier") || n == "kmskeyalias"
}

// changesKey looks for a key below a whole block of encryption settings.
func changesKey(c Change) bool { return canonical(keysBelow(c.From)) != canonical(keysBelow(c.To)) }

func keysBelow(v any) (keys []any) {
	inventory.Walk("", v, func(at string, e any) bool {
		if text, is := e.(string); is && isKey(at[strings.LastIndexByte(at, '/')+1:]) {
			keys = append(keys, text)
		}
		return true
	})
	return keys
}

func older(from, to any) bool {
	a, isA := from.(string)
	b, isB := to.(string)
	if !isA || !isB {
		return from != nil
	}
	order, ok := inventory.CompareVersions(strings.TrimPrefix(b, "v"), strings.TrimPrefix(a, "v"))
	return !ok || order < 0 // an order that cannot be told may be backwards
}

func holdsSize(name string) bool {
	return slices.Contains([]string{"AllocatedStorage", "MaxAllocatedStorage", "Size", "VolumeSize", "StorageCapacity", "ShardCount", "Iops"}, name)
}

func less(a, b any) bool {
	x, okX := number(a)
	y, okY := number(b)
	return okY && (!okX || x < y)
}

// widens reports whether a change gives access that is not there now. A declaration is no
// leave for it: to open a door is for a person.
func widens(typ, top string, r *inventory.Resource, c Change) bool {
	switch top {
	case "SecurityGroupIngress", "SecurityGroupEgress", "ManagedPolicyArns", "Principals", "AllowedPrincipals", "AllowedAccounts":
		// An element more is access more, also where it replaces another one.
		return adds(c.From, c.To)
	case "Policies":
		return addsInline(c.From, c.To)
	case "PublicAccessBlockConfiguration":
		return less(flags(c.To), flags(c.From)) || dropsFlag(c.From, c.To)
	case "PubliclyAccessible", "MapPublicIpOnLaunch", "EndpointPublicAccess":
		return c.To == true || c.To == "true"
	case "AccessControl":
		return c.To != "Private" && c.To != nil
	case "Scheme":
		return c.To != "internal"
	case "ResourcesVpcConfig":
		return strings.HasSuffix(c.Path, "EndpointPublicAccess") && c.To == true || strings.HasSuffix(c.Path, "PublicAccessCidrs") && adds(c.From, c.To)
	}
	if isPolicyProperty(top) || typ == "AWS::IAM::ManagedPolicy" && top == "PolicyDocument" {
		return widensPolicy(c.From, c.To)
	}
	return r.Ref.Type == "AWS::Lambda::Permission" || r.Ref.Type == "AWS::SNS::Subscription" && top == "Endpoint"
}

func isPolicyProperty(name string) bool {
	return slices.Contains([]string{
		"PolicyDocument", "Policy", "ResourcePolicy", "KeyPolicy", "RepositoryPolicyText", "AccessPolicies", "FileSystemPolicy", "BackupVaultAccessPolicy",
	}, name) || strings.HasSuffix(name, "PolicyDocument") || strings.HasSuffix(name, "PolicyText")
}

// adds reports whether to holds an element that from does not.
func adds(from, to any) bool {
	has := elements(from)
	for e := range elements(to) {
		if !has[e] {
			return true
		}
	}
	return false
}

func elements(v any) map[string]bool {
	all := map[string]bool{}
	switch v := v.(type) {
	case nil:
	case []any:
		for _, e := range v {
			all[canonical(e)] = true
		}
	default:
		all[canonical(v)] = true
	}
	return all
}

// flags counts what is switched on in an object.
func flags(v any) any {
	n := int64(0)
	object, _ := v.(map[string]any)
	for _, e := range object {
		if e == true {
			n++
		}
	}
	if v == true {
		n++
	}
	return n
}

func dropsFlag(from, to any) bool {
	was, _ := from.(map[string]any)
	is, _ := to.(map[string]any)
	for k, v := range was {
		if v == true && is[k] != true {
			return true
		}
	}
	return false
}

// addsInline compares lists of inline policies by name.
func addsInline(from, to any) bool {
	documents := func(v any) map[string]any {
		all := map[string]any{}
		list, _ := v.([]any)
		for _, e := range list {
			if p, is := e.(map[string]any); is {
				name, _ := p["PolicyName"].(string)
				all[name] = p["PolicyDocument"]
			}
		}
		return all
	}
	was, is := documents(from), documents(to)
	for name, document := range is {
		if widensPolicy(was[name], document) {
			return true
		}
	}
	for name, document := range was { // one that only denies is protection
		if _, stays := is[name]; !stays && widensPolicy(document, nil) {
			return true
		}
	}
	return false
}

// widensPolicy reports whether a policy document allows something that the other does not,
// or denies less. Statements are compared as they are written: one that changed is another.
func widensPolicy(from, to any) bool {
	was, is := documentOf(from), documentOf(to)
	if to != nil && is == nil {
		return true // what it says is not known
	}
	split := func(d map[string]any) (allow, deny map[string]bool) {
		allow, deny = map[string]bool{}, map[string]bool{}
		list, isList := d["Statement"].([]any)
		if !isList && d["Statement"] != nil {
			list = []any{d["Statement"]}
		}
		for _, s := range list {
			if statement, _ := s.(map[string]any); statement["Effect"] == "Deny" {
				deny[canonical(s)] = true
			} else {
				allow[canonical(s)] = true
			}
		}
		return allow, deny
	}
	wasAllowed, wasDenied := split(was)
	allowed, denied := split(is)
	for s := range allowed {
		if !wasAllowed[s] {
			return true
		}
	}
	for s := range wasDenied {
		if !denied[s] {
			return true
		}
	}
	return false
}

// documentOf reads a policy document, which may stand as an object or as its text.
func documentOf(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return v
	case string:
		var decoded map[string]any
		if json.Unmarshal([]byte(v), &decoded) == nil {
			return decoded
		}
	}
	return nil
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case string:
		n, err := strconv.ParseFloat(v, 64)
		return n, err == nil
	}
	return 0, false
}

package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

func declaredOf(typ string, props inventory.Properties) *inventory.Resource {
	return &inventory.Resource{Ref: inventory.Ref{Type: typ}, LogicalID: "Resource", Declared: true, Properties: props}
}

// TestExpressions is what an expression sees of a resource.
func TestExpressions(t *testing.T) {
	const bucket, function, group, queue = "AWS::S3::Bucket", "AWS::Lambda::Function", "AWS::EC2::SecurityGroup", "AWS::SQS::Queue"
	unknown := &inventory.Unknown{Because: "parameter P has no value", Symbol: "Ref P"}
	identifier := &inventory.Unknown{Because: "it gets it at deployment", Symbol: "GetAtt Key.Arn", Target: "Key"}
	maybe := &inventory.Unknown{Because: "condition C is not known", Optional: true}
	for _, tt := range []struct {
		why   string
		typ   string
		props inventory.Properties
		check string
		want  Status
	}{
		// With the provider's accessors alone `.?` is always absent: a wrong verdict without an error.
		{"optional access finds what is set", queue, inventory.Properties{"QueueName": "q"}, `resource.properties.?QueueName.orValue("") == "q"`, Pass},
		{"optional access of what is not set", queue, nil, `resource.properties.?QueueName.orValue("none") == "none"`, Pass},
		{"optional access from the start", queue, inventory.Properties{"QueueName": "q"}, `resource.?properties.?QueueName.hasValue()`, Pass},
		{"has() of what is set", queue, inventory.Properties{"QueueName": "q"}, `has(resource.properties.QueueName)`, Pass},
		{"has() of what is not set", queue, nil, `has(resource.properties.QueueName)`, Fail},
		{"has() below what is not set", bucket, nil, `has(resource.properties.VersioningConfiguration.Status)`, Fail},
		{"null is not set", queue, inventory.Properties{"QueueName": nil}, `has(resource.properties.QueueName)`, Fail},
		{"a plain read of what is not set breaks", queue, nil, `resource.properties.QueueName == ""`, Error},
		{"and does not where it does not matter", queue, nil, `resource.properties.QueueName == "" || true`, Pass},
		{"a value of the wrong kind breaks", queue, inventory.Properties{"DelaySeconds": "soon"}, `resource.properties.DelaySeconds == 1`, Error},
		{"one object is a list of one", group, inventory.Properties{"SecurityGroupIngress": map[string]any{"CidrIp": "0.0.0.0/0"}}, `size(resource.properties.SecurityGroupIngress) == 1 && resource.properties.SecurityGroupIngress.all(r, internet(r))`, Pass},
		{"one scalar is not", function, inventory.Properties{"Architectures": "arm64"}, `resource.properties.Architectures.all(a, a == "arm64")`, Error},
		{"an integer where the schema says number", "AWS::CloudWatch::Alarm", inventory.Properties{"Threshold": int64(3)}, `resource.properties.Threshold == 3.0 && resource.properties.Threshold > 2`, Pass},
		{"a free-form object", function, inventory.Properties{"Environment": map[string]any{"Variables": map[string]any{"A": "1"}}}, `resource.properties.Environment.Variables.A == "1"`, Pass},
		{"a JSON place takes an object", queue, inventory.Properties{"RedrivePolicy": map[string]any{"maxReceiveCount": int64(3)}}, `resource.properties.RedrivePolicy.maxReceiveCount == 3`, Pass},
		{"lists join", function, inventory.Properties{"Architectures": []any{"arm64"}}, `size(resource.properties.Architectures + ["x"]) == 2`, Pass},
		{"lists have indexes", function, inventory.Properties{"Architectures": []any{"arm64"}}, `resource.properties.Architectures[0] == "arm64"`, Pass},
		{"an index outside breaks", function, inventory.Properties{"Architectures": []any{"arm64"}}, `resource.properties.Architectures[1] == "arm64"`, Error},
		{"an optional index outside", function, inventory.Properties{"Architectures": []any{"arm64"}}, `resource.properties.Architectures[?1].orValue("") == ""`, Pass},
		{"structs are equal by value", function, inventory.Properties{"Tags": []any{map[string]any{"Key": "a", "Value": "b"}, map[string]any{"Key": "a", "Value": "b"}}}, `resource.properties.Tags[0] == resource.properties.Tags[1]`, Pass},

		// The holes of leaf embedding (guard.go).
		{"a list with an unknown is not equal to another", function, inventory.Properties{"Architectures": []any{unknown}}, `resource.properties.Architectures == ["a"]`, Unknown},
		{"nor unequal", function, inventory.Properties{"Architectures": []any{unknown}}, `["a"] != resource.properties.Architectures`, Unknown},
		{"an object with an unknown neither", function, inventory.Properties{"Environment": map[string]any{"Variables": map[string]any{"A": unknown}}}, `resource.properties.Environment.Variables == {"A": "x"}`, Unknown},
		{"an unknown element may be the one", function, inventory.Properties{"Architectures": []any{unknown}}, `"a" in resource.properties.Architectures`, Unknown},
		{"unless another is", function, inventory.Properties{"Architectures": []any{unknown, "a"}}, `"a" in resource.properties.Architectures`, Pass},
		{"an unknown may be in a list", queue, inventory.Properties{"QueueName": unknown}, `resource.properties.QueueName in ["a"]`, Unknown},
		{"how many are distinct", function, inventory.Properties{"Architectures": []any{unknown, "a"}}, `size(resource.properties.Architectures.distinct()) == 2`, Unknown},
		{"which comes first", function, inventory.Properties{"Architectures": []any{unknown, "a"}}, `resource.properties.Architectures.sort()[0] == "a"`, Unknown},
		{"what they make together", function, inventory.Properties{"Architectures": []any{unknown, "a"}}, `resource.properties.Architectures.join(",") == ",a"`, Unknown},
		{"how many there are", function, inventory.Properties{"Architectures": []any{unknown, "a"}}, `size(resource.properties.Architectures) == 2`, Pass},
		{"unless one may be absent", function, inventory.Properties{"Architectures": []any{maybe, "a"}}, `size(resource.properties.Architectures) == 2`, Unknown},
		{"and which is the second", function, inventory.Properties{"Architectures": []any{maybe, "a"}}, `resource.properties.Architectures[1] == "a"`, Unknown},

		{"an unknown is there", queue, inventory.Properties{"QueueName": unknown}, `has(resource.properties.QueueName)`, Pass},
		{"unless it may be absent", queue, inventory.Properties{"QueueName": maybe}, `has(resource.properties.QueueName)`, Unknown},
		{"below an unknown nothing is known to be there", bucket, inventory.Properties{"VersioningConfiguration": unknown}, `has(resource.properties.VersioningConfiguration.Status)`, Unknown},
		{"a parameter may be empty", queue, inventory.Properties{"KmsMasterKeyId": unknown}, `filled(resource.properties.?KmsMasterKeyId)`, Unknown},
		{"a reference to a resource is not", queue, inventory.Properties{"KmsMasterKeyId": &inventory.Unknown{Symbol: "GetAtt Key.Arn", Target: "Key"}}, `filled(resource.properties.?KmsMasterKeyId)`, Pass},
		{"nor a text of which a part is known", queue, inventory.Properties{"KmsMasterKeyId": &inventory.Unknown{Prefix: "alias/"}}, `filled(resource.properties.KmsMasterKeyId)`, Pass},
		{"no reference is the wildcard", queue, inventory.Properties{"KmsMasterKeyId": identifier}, `resource.properties.KmsMasterKeyId != "*" && resource.properties.KmsMasterKeyId != "" && !("alias/aws/sqs" == resource.properties.KmsMasterKeyId)`, Pass},
		{"but it may be an alias of a template", queue, inventory.Properties{"KmsMasterKeyId": &inventory.Unknown{Symbol: "Ref Alias", Target: "Alias"}}, `resource.properties.KmsMasterKeyId == "alias/data"`, Unknown},
		{"nor the wildcard after orValue()", queue, inventory.Properties{"KmsMasterKeyId": identifier}, `resource.properties.?KmsMasterKeyId.orValue("*") == "*"`, Fail},
		{"what is computed from a reference may be empty", queue, inventory.Properties{"KmsMasterKeyId": identifier}, `resource.properties.KmsMasterKeyId.replace("a", "") == ""`, Unknown},
		{"by a name too", queue, inventory.Properties{"KmsMasterKeyId": identifier}, `cel.bind(k, resource.properties.KmsMasterKeyId.substring(3), k != "")`, Unknown},
		{"and as an element", function, inventory.Properties{"Architectures": []any{identifier}}, `"" in resource.properties.Architectures.map(a, a.substring(3))`, Unknown},
		{"and is not certain to be filled", queue, inventory.Properties{"KmsMasterKeyId": identifier}, `filled(resource.properties.KmsMasterKeyId.split("/")[?9])`, Unknown},
		{"a name for the reference itself", queue, inventory.Properties{"KmsMasterKeyId": identifier}, `cel.bind(k, resource.properties.KmsMasterKeyId, k != "*" && filled(k))`, Pass},
		{"a parameter may be the wildcard", queue, inventory.Properties{"KmsMasterKeyId": unknown}, `resource.properties.KmsMasterKeyId == "*"`, Unknown},
		{"so may the output of a nested stack", queue, inventory.Properties{"KmsMasterKeyId": &inventory.Unknown{Symbol: "GetAtt Stack.Outputs.KeyArn", Target: "Stack"}}, `resource.properties.KmsMasterKeyId == "*"`, Unknown},
		{"and any text that is kept in a resource", queue, inventory.Properties{"KmsMasterKeyId": &inventory.Unknown{Symbol: "GetAtt Setting.Value", Target: "Setting"}}, `resource.properties.KmsMasterKeyId == "*"`, Unknown},
		{"the wildcard in a list of references", function, inventory.Properties{"Architectures": []any{identifier}}, `"*" in resource.properties.Architectures`, Fail},
		{"a dynamic value with an unknown inside", queue, inventory.Properties{"RedrivePolicy": map[string]any{"a": unknown}}, `resource.properties.RedrivePolicy == "*"`, Unknown},

		{"whether there is an element at all", function, inventory.Properties{"Architectures": []any{maybe}}, `resource.properties.Architectures.exists(a, true)`, Unknown},
		{"or by something beside it", function, inventory.Properties{"Architectures": []any{maybe}}, `resource.properties.Architectures.exists(a, a == "x" || declared)`, Unknown},
		{"none of none", function, inventory.Properties{"Architectures": []any{maybe}}, `resource.properties.Architectures.all(a, false)`, Unknown},
		{"certainly none", function, inventory.Properties{"Architectures": []any{maybe}}, `!resource.properties.Architectures.exists(a, false) && resource.properties.Architectures.all(a, true)`, Pass},
		{"there is another", function, inventory.Properties{"Architectures": []any{maybe, "x"}}, `resource.properties.Architectures.exists(a, true)`, Pass},
		{"just one", function, inventory.Properties{"Architectures": []any{maybe}}, `resource.properties.Architectures.exists_one(a, true)`, Unknown},
		{"how many are made of them", function, inventory.Properties{"Architectures": []any{maybe}}, `size(resource.properties.Architectures.map(a, 1)) == 1`, Unknown},
		{"how many are left", function, inventory.Properties{"Architectures": []any{maybe}}, `size(resource.properties.Architectures.filter(a, true)) == 1`, Unknown},
		{"how many are made of those left", function, inventory.Properties{"Architectures": []any{maybe}}, `size(resource.properties.Architectures.map(a, true, 1)) == 1`, Unknown},
		{"one that is certain to be there is there", function, inventory.Properties{"Architectures": []any{unknown}}, `resource.properties.Architectures.exists(a, true)`, Pass},
		{"an empty list is not filled", function, inventory.Properties{"Architectures": []any{}}, `filled(resource.properties.?Architectures)`, Fail},

		{"the envelope of a declaration", queue, nil, `resource.type == "AWS::SQS::Queue" && resource.logicalId == "Resource" && resource.name == "" && declared && !live`, Pass},
		{"the account of a declaration is not known", queue, nil, `resource.account == "111122223333"`, Unknown},
		{"a resource without a creation time", queue, nil, `has(resource.created)`, Fail},

		{"glob", queue, inventory.Properties{"QueueName": "orders/dev"}, `glob(resource.properties.QueueName, "orders*")`, Pass},
		{"versions are numbers", "AWS::RDS::DBInstance", inventory.Properties{"EngineVersion": "14.10"}, `semver(resource.properties.EngineVersion) > semver("14.9") && semver("14") == semver("14.0.0")`, Pass},
		{"a version that is none breaks", "AWS::RDS::DBInstance", inventory.Properties{"EngineVersion": "latest"}, `semver(resource.properties.EngineVersion) > semver("14.9")`, Error},
		{"days", queue, nil, `days(2) == duration("48h") && now - days(1) < now`, Pass},
		{"addresses", group, nil, `cidr("10.0.0.0/8").containsIP("10.1.2.3") && ip("::1").isLoopback()`, Pass},
	} {
		t.Run(tt.why, func(t *testing.T) {
			s, _ := oneRule(t, tt.typ, tt.check)
			f := verdictOf(s, declaredOf(tt.typ, tt.props))
			assert.Equal(t, tt.want.String(), f.Status.String(), f.Message)
		})
	}
}

func TestUnread(t *testing.T) {
	s, _ := oneRule(t, "AWS::S3::Bucket", `resource.properties.?AccessControl.orValue("Private") == "Private"`)
	r := &inventory.Resource{Ref: inventory.Ref{Type: "AWS::S3::Bucket", ID: "data"}, Unread: []string{"/AccessControl"}}
	f := verdictOf(s, r)
	assert.Equal(t, Unknown, f.Status, "what the reader cannot return is neither set nor not set")
	assert.Equal(t, "/AccessControl", f.Path)
	assert.Equal(t, "AccessControl is not known: the reader cannot return /AccessControl", f.Message)

	r.Properties = inventory.Properties{"AccessControl": "Private"}
	assert.Equal(t, Pass, verdictOf(s, r).Status, "a value that is there was read")
}

// TestUnreadRoot: where nothing could be read, there is one reason and not one per property.
func TestUnreadRoot(t *testing.T) {
	s, _ := oneRule(t, "AWS::S3::Bucket", `has(resource.properties.AccessControl) && resource.properties.?BucketName.orValue("") == "data" && has(resource.properties.VersioningConfiguration.Status)`)
	r := &inventory.Resource{Ref: inventory.Ref{Type: "AWS::S3::Bucket", ID: "data"}, Unread: []string{""}}
	f := verdictOf(s, r)
	assert.Equal(t, Unknown, f.Status)
	assert.Equal(t, "", f.Path)
	assert.Equal(t, "the verdict is not known: the properties could not be read or are not known", f.Message)

	r.UnreadBecause = "condition U is not known"
	assert.Equal(t, "the verdict is not known: condition U is not known", verdictOf(s, r).Message)

	s, _ = oneRule(t, "AWS::S3::Bucket", `has(resource.properties.AccessControl) && resource.properties.AccessControl == "Private"`)
	r.UnreadBecause = ""
	r.Unread = []string{"/AccessControl"}
	f = verdictOf(s, r)
	assert.Equal(t, Unknown, f.Status, "what could not be read may not be there")
	assert.Equal(t, "AccessControl is not known: the reader cannot return /AccessControl", f.Message, "one value is counted once")
}

// TestWrongKind: a value that the schema does not allow is no fault of the rule, and one
// object in place of a list is none at all.
func TestWrongKind(t *testing.T) {
	s, _ := oneRule(t, "AWS::SQS::Queue", `resource.properties.DelaySeconds == 1`)
	r := declaredOf("AWS::SQS::Queue", inventory.Properties{"DelaySeconds": "secret"})
	f := verdictOf(s, r)
	assert.Equal(t, Error, f.Status)
	assert.Equal(t, "DelaySeconds has the wrong kind: it is text where the schema wants an integer (the declaration is at fault, not the rule)", f.Message)
	r.Declared = false
	assert.Contains(t, verdictOf(s, r).Message, "(what the reader returned is at fault, not the rule)")

	one := declaredOf("AWS::EC2::SecurityGroup", inventory.Properties{"SecurityGroupIngress": map[string]any{
		"IpProtocol": "tcp", "FromPort": int64(22), "ToPort": int64(22), "CidrIp": "0.0.0.0/0",
	}})
	f = judgeOne(t, "restricted-ssh", one)
	assert.Equal(t, Fail, f.Status, f.Message)
	assert.Equal(t, "/SecurityGroupIngress/CidrIp", f.Path, "the place is as written: without an index")

	refers := declaredOf("AWS::EC2::Instance", inventory.Properties{"NetworkInterfaces": map[string]any{
		"DeviceIndex": "0", "SubnetId": "subnet-0123456789abcdef0",
	}})
	subnet := &inventory.Resource{Ref: inventory.Ref{Type: "AWS::EC2::Subnet", ID: "subnet-0123456789abcdef0"}}
	s, _ = oneRule(t, "AWS::EC2::Instance", `size(references("AWS::EC2::Subnet")) == 1`)
	assert.Equal(t, Pass, verdictOf(s, refers, subnet).Status, "references in it count")
}

func TestTags(t *testing.T) {
	for _, tt := range []struct {
		why     string
		tags    map[string]string
		unknown map[string]*inventory.Unknown
		check   string
		want    Status
		message string
	}{
		{"a tag", map[string]string{"owner": "a"}, nil, `resource.tags["owner"] == "a" && resource.tags.owner == "a"`, Pass, ""},
		{"a tag that is not there", map[string]string{}, nil, `"owner" in resource.tags`, Fail, ""},
		{"tags that could not be read", nil, nil, `"owner" in resource.tags`, Unknown, "Tags is not known: the tags could not be read"},
		{"a tag with an unknown value is there", map[string]string{}, map[string]*inventory.Unknown{"owner": {Because: "parameter Owner has no value"}}, `"owner" in resource.tags`, Pass, ""},
		{"but its value is not known", map[string]string{}, map[string]*inventory.Unknown{"owner": {Because: "parameter Owner has no value"}}, `resource.tags.owner == "a"`, Unknown, "Tags/owner is not known: parameter Owner has no value"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			s, _ := oneRule(t, "AWS::SQS::Queue", tt.check)
			f := verdictOf(s, &inventory.Resource{Ref: inventory.Ref{Type: "AWS::SQS::Queue", ID: "q"}, Tags: tt.tags, UnknownTags: tt.unknown})
			assert.Equal(t, tt.want.String(), f.Status.String(), f.Message)
			if tt.message != "" {
				assert.Equal(t, tt.message, f.Message)
			}
		})
	}
}

// TestShapes: the type of every property of every published type can be made, also of
// those whose schemas are cyclic.
func TestShapes(t *testing.T) {
	all := newStructs()
	fields := 0
	for _, name := range schema.Names() {
		typ, _ := schema.Lookup(name)
		seen := map[*shape]bool{}
		var walk func(*shape)
		walk = func(s *shape) {
			if s == nil || seen[s] {
				return
			}
			seen[s] = true
			walk(s.elem)
			if s.fields != nil {
				for _, f := range s.fields() {
					fields++
					walk(f)
				}
			}
		}
		walk(all.resource(typ))
	}
	assert.Greater(t, fields, 20_000)
}

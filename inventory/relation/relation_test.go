package relation_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/relation"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

type props = inventory.Properties

// live makes a resource of account 111122223333 in eu-west-1, or global.
func live(typ, id string, p props) *inventory.Resource {
	region := "eu-west-1"
	if inventory.IsGlobal(typ) {
		region = inventory.GlobalRegion
	}
	return &inventory.Resource{
		Ref:        inventory.Ref{Partition: "aws", Account: "111122223333", Region: region, Type: typ, ID: id},
		Properties: p,
	}
}

func with(r *inventory.Resource, change func(*inventory.Resource)) *inventory.Resource {
	change(r)
	return r
}

// relations writes what refers to what as "type id path kind type id".
func relations(resources ...*inventory.Resource) []string {
	relation.Resolve(&inventory.Snapshot{Resources: resources})
	var all []string
	for _, r := range resources {
		for _, x := range r.Relations {
			all = append(all, fmt.Sprintf("%s %s %s %s", r.Ref.ID, x.Path, x.Kind, x.To.ID))
		}
	}
	return all
}

func TestResolve(t *testing.T) {
	const roleARN = "arn:aws:iam::111122223333:role/app/web"
	webRole := func() *inventory.Resource {
		return with(live("AWS::IAM::Role", "web", props{"RoleName": "web"}), func(r *inventory.Resource) { r.ARN = roleARN })
	}
	webFunction := func() *inventory.Resource {
		return with(live("AWS::Lambda::Function", "web", props{"FunctionName": "web"}), func(r *inventory.Resource) {
			r.ARN = "arn:aws:lambda:eu-west-1:111122223333:function:web"
		})
	}
	webKey := func() *inventory.Resource {
		return with(live("AWS::KMS::Key", "1234-5678", props{"KeyId": "1234-5678"}), func(r *inventory.Resource) {
			r.ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234-5678"
		})
	}
	webAlias := func() *inventory.Resource {
		return live("AWS::KMS::Alias", "alias/web", props{"AliasName": "alias/web", "TargetKeyId": "1234-5678"})
	}
	group := func(id, vpc, name string) *inventory.Resource {
		return live("AWS::EC2::SecurityGroup", id, props{"Id": id, "GroupId": id, "GroupName": name, "VpcId": vpc})
	}
	elsewhere := func(r *inventory.Resource) *inventory.Resource { r.Ref.Account = "444455556666"; return r }
	abroad := func(r *inventory.Resource) *inventory.Resource { r.Ref.Region = "us-east-1"; return r }
	foreign := func(r *inventory.Resource) *inventory.Resource { r.Foreign = "default"; return r }

	tests := []struct {
		name, why string
		resources []*inventory.Resource
		want      []string
	}{
		{
			name: "curated before value", why: "the table knows that a listener goes along with its load balancer; the value alone would say soft",
			resources: []*inventory.Resource{
				live("AWS::ElasticLoadBalancingV2::Listener", "arn:listener", props{"LoadBalancerArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/1"}),
				live("AWS::ElasticLoadBalancingV2::LoadBalancer", "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/1", nil),
			},
			want: []string{"arn:listener /LoadBalancerArn implicit arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/1"},
		},
		{
			name: "ARN in a policy", why: "a policy that names a resource exactly refers to it; one that names what stands inside does not",
			resources: []*inventory.Resource{
				live("AWS::S3::BucketPolicy", "data", props{"Bucket": "other", "PolicyDocument": map[string]any{"Statement": []any{
					map[string]any{"Principal": map[string]any{"AWS": roleARN}, "Resource": []any{"arn:aws:s3:::data/*", "arn:aws:s3:::data"}},
				}}}),
				webRole(), live("AWS::S3::Bucket", "data", nil),
			},
			want: []string{
				"data /PolicyDocument/Statement/0/Principal/AWS soft web",
				"data /PolicyDocument/Statement/0/Resource/1 soft data",
			},
		},
		{
			name: "JSON text", why: "a state machine calls functions from inside a text; the text's own pointer is where that stands",
			resources: []*inventory.Resource{
				live("AWS::StepFunctions::StateMachine", "m", props{"DefinitionString": ` {"States": {"A": {"Resource": "arn:aws:lambda:eu-west-1:111122223333:function:web"}, "B": [{"Nested": "[\"vpc-1\"]"}]}}`}),
				webFunction(), live("AWS::EC2::VPC", "vpc-1", nil),
			},
			want: []string{"m /DefinitionString soft vpc-1", "m /DefinitionString soft web"},
		},
		{
			name: "braces without JSON", why: "a text that only looks like JSON is a text",
			resources: []*inventory.Resource{
				live("AWS::StepFunctions::StateMachine", "m", props{"DefinitionString": `{"vpc-1"`}), live("AWS::EC2::VPC", "vpc-1", nil),
			},
		},
		{
			name: "typed identifier", why: "an identifier that shows its type refers wherever it stands, also as one part of a longer identifier",
			resources: []*inventory.Resource{
				live("AWS::CodeBuild::Project", "p", props{"Environment": map[string]any{"Anything": []any{"eipalloc-1", "tgw-attach-1", "PCF"}}}),
				live("AWS::EC2::EIP", "192.0.2.1|eipalloc-1", nil),
				live("AWS::EC2::TransitGatewayAttachment", "tgw-attach-1", nil),
			},
			want: []string{"p /Environment/Anything/0 soft 192.0.2.1|eipalloc-1", "p /Environment/Anything/1 soft tgw-attach-1"},
		},
		{
			name: "typed identifier of another type", why: "a bucket may be called like an instance; only an instance is meant",
			resources: []*inventory.Resource{
				live("AWS::CodeBuild::Project", "p", props{"Description": "i-love-logs"}), live("AWS::S3::Bucket", "i-love-logs", nil),
			},
		},
		{
			name: "bare name", why: "a name counts only where the table or the schema says that a name stands",
			resources: []*inventory.Resource{
				live("AWS::StepFunctions::StateMachine", "m", props{"StateMachineName": "web", "RoleArn": "web"}), webRole(),
			},
			want: []string{"m /RoleArn soft web"}, // its format is the ARN of a role, and that role answers to the name
		},
		{
			name: "Name tag", why: "people call any number of resources the same in the Name tag; services never look there",
			resources: []*inventory.Resource{
				live("AWS::StepFunctions::StateMachine", "m", props{"RoleArn": "web"}),
				with(live("AWS::IAM::Role", "api", nil), func(r *inventory.Resource) { r.Name, r.Tags = "web", map[string]string{"Name": "web"} }),
			},
		},
		{
			name: "ARN across accounts", why: "an ARN says itself where its resource is",
			resources: []*inventory.Resource{
				elsewhere(live("AWS::SNS::Subscription", "s", props{"Endpoint": "arn:aws:lambda:eu-west-1:111122223333:function:web"})), webFunction(),
			},
			want: []string{"s /Endpoint soft web"},
		},
		{
			name: "name across accounts and regions", why: "other accounts and regions have resources of the same names",
			resources: []*inventory.Resource{
				elsewhere(live("AWS::Lambda::EventSourceMapping", "e", props{"FunctionName": "web"})),
				abroad(live("AWS::Lambda::EventSourceMapping", "f", props{"FunctionName": "web"})), webFunction(),
			},
		},
		{
			name: "global referrer", why: "a resource without a region may name one of any region",
			resources: []*inventory.Resource{
				live("AWS::Route53::HostedZone", "Z1", props{"VPCs": []any{map[string]any{"VPCId": "vpc-1"}}}),
				abroad(live("AWS::EC2::VPC", "vpc-1", nil)),
			},
			want: []string{"Z1 /VPCs/0/VPCId soft vpc-1"},
		},
		{
			name: "ARN with a version", why: "a version or alias of a function is nothing without the function",
			resources: []*inventory.Resource{
				live("AWS::Events::Rule", "r", props{"Targets": []any{
					map[string]any{"Arn": "arn:aws:lambda:eu-west-1:111122223333:function:web:live"},
					map[string]any{"Arn": "arn:aws:sqs:eu-west-1:111122223333:web"}, // a queue of the same name
				}}),
				live("AWS::Lambda::EventSourceMapping", "e", props{"FunctionName": "111122223333:function:web:live"}),
				webFunction(),
			},
			want: []string{"r /Targets/0/Arn soft web", "e /FunctionName implicit web"},
		},
		{
			name: "ARN of a resource without one", why: "not every reader knows the ARN; the ARN spells the name out",
			resources: []*inventory.Resource{
				live("AWS::EKS::Cluster", "c", props{"RoleArn": roleARN}),
				live("AWS::IAM::Role", "web", nil),
			},
			want: []string{"c /RoleArn soft web"},
		},
		{
			name: "log group", why: "CloudTrail writes the log group's ARN with :* at its end, Lambda its name",
			resources: []*inventory.Resource{
				live("AWS::CloudTrail::Trail", "t", props{"CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x:*"}),
				live("AWS::Lambda::Function", "f", props{"LoggingConfig": map[string]any{"LogGroup": "/aws/x"}}),
				with(live("AWS::Logs::LogGroup", "/aws/x", props{"Arn": "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x:*"}), func(r *inventory.Resource) {
					r.ARN = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x"
				}),
			},
			want: []string{"t /CloudWatchLogsLogGroupArn soft /aws/x", "f /LoggingConfig/LogGroup soft /aws/x"},
		},
		{
			name: "key by id, ARN and alias", why: "KMS takes any of them; through the alias both the alias and the key are in use",
			resources: []*inventory.Resource{
				live("AWS::EC2::Volume", "vol-1", props{"KmsKeyId": "1234-5678"}),
				live("AWS::EC2::Volume", "vol-2", props{"KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/1234-5678"}),
				live("AWS::EC2::Volume", "vol-3", props{"KmsKeyId": "alias/web"}),
				live("AWS::EC2::Volume", "vol-4", props{"KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:alias/web"}),
				live("AWS::EC2::Volume", "vol-5", props{"KmsKeyId": "arn:aws:kms:eu-west-1:444455556666:alias/web"}),
				webKey(), webAlias(),
			},
			want: []string{
				"vol-1 /KmsKeyId soft 1234-5678",
				"vol-2 /KmsKeyId soft 1234-5678",
				"vol-3 /KmsKeyId soft alias/web", "vol-3 /KmsKeyId soft 1234-5678",
				"vol-4 /KmsKeyId soft alias/web", "vol-4 /KmsKeyId soft 1234-5678",
				"alias/web /TargetKeyId implicit 1234-5678",
			},
		},
		{
			name: "itself", why: "a resource that names itself does not refer",
			resources: []*inventory.Resource{
				with(webRole(), func(r *inventory.Resource) { r.Properties["Arn"] = roleARN }),
				live("AWS::EC2::SecurityGroup", "sg-1", props{"Id": "sg-1", "SecurityGroupIngress": []any{map[string]any{"SourceSecurityGroupId": "sg-1"}}}),
			},
		},
		{
			name: "mutual security groups", why: "two groups that let each other in hold each other",
			resources: []*inventory.Resource{
				live("AWS::EC2::SecurityGroup", "sg-1", props{"SecurityGroupIngress": []any{map[string]any{"SourceSecurityGroupId": "sg-2"}}}),
				live("AWS::EC2::SecurityGroup", "sg-2", props{"SecurityGroupEgress": []any{map[string]any{"DestinationSecurityGroupId": "sg-1"}}}),
			},
			want: []string{
				"sg-1 /SecurityGroupIngress/0/SourceSecurityGroupId hard sg-2",
				"sg-2 /SecurityGroupEgress/0/DestinationSecurityGroupId hard sg-1",
			},
		},
		{
			name: "security group by name", why: "every VPC has a group called default; the one of the instance's VPC is meant, and groups of one name do not refer to each other",
			resources: []*inventory.Resource{
				live("AWS::EC2::Instance", "i-1", props{"VpcId": "vpc-a", "SecurityGroups": []any{"default"}}),
				group("sg-a", "vpc-a", "default"), group("sg-b", "vpc-b", "default"),
			},
			want: []string{"i-1 /SecurityGroups/0 soft sg-a"},
		},
		{
			name: "what AWS makes along with a VPC", why: "the default group dies with its VPC and must not keep it alive; the VPC's own mention of it is the same fact again",
			resources: []*inventory.Resource{
				live("AWS::EC2::VPC", "vpc-1", props{"VpcId": "vpc-1", "DefaultSecurityGroup": "sg-1", "DefaultNetworkAcl": "acl-1"}),
				foreign(live("AWS::EC2::SecurityGroup", "sg-1", props{"VpcId": "vpc-1"})),
				foreign(live("AWS::EC2::NetworkAcl", "acl-1", props{"VpcId": "vpc-1"})),
				live("AWS::EC2::SecurityGroup", "sg-2", props{"VpcId": "vpc-1"}),
			},
			want: []string{"sg-1 /VpcId implicit vpc-1", "acl-1 /VpcId implicit vpc-1", "sg-2 /VpcId hard vpc-1"},
		},
		{
			name: "computed reference", why: "an endpoint's interfaces are known from the endpoint alone, although the property is read-only",
			resources: []*inventory.Resource{
				live("AWS::EC2::VPCEndpoint", "vpce-1", props{"NetworkInterfaceIds": []any{"eni-1"}}),
				live("AWS::EC2::NetworkInterface", "eni-1", nil),
			},
			want: []string{"vpce-1 /NetworkInterfaceIds/0 soft eni-1"},
		},
		{
			name: "DNS names", why: "Route 53 writes host names in lower case, with a final dot and a label for both IP versions",
			resources: []*inventory.Resource{
				live("AWS::Route53::RecordSet", "r", props{
					"AliasTarget":     map[string]any{"DNSName": "dualstack.web-1.eu-west-1.elb.amazonaws.com."},
					"ResourceRecords": []any{"d1.cloudfront.net"},
				}),
				live("AWS::ElasticLoadBalancingV2::LoadBalancer", "arn:lb", props{"DNSName": "Web-1.eu-west-1.elb.amazonaws.com"}),
				live("AWS::CloudFront::Distribution", "E1", props{"DomainName": "d1.cloudfront.net"}),
			},
			want: []string{"r /AliasTarget/DNSName soft arn:lb", "r /ResourceRecords/0 soft E1"},
		},
		{
			name: "bucket by host", why: "bucket names may contain dots, and the old and new host names differ",
			resources: []*inventory.Resource{
				live("AWS::CloudFront::Distribution", "E1", props{"DistributionConfig": map[string]any{"Origins": []any{
					map[string]any{"DomainName": "my.s3.data.s3.amazonaws.com"},
					map[string]any{"DomainName": "my.s3.data.s3-website.eu-west-1.amazonaws.com"},
					map[string]any{"DomainName": "my.s3.data.example.com"},
				}}}),
				elsewhere(abroad(live("AWS::S3::Bucket", "my.s3.data", nil))),
			},
			want: []string{
				"E1 /DistributionConfig/Origins/0/DomainName soft my.s3.data",
				"E1 /DistributionConfig/Origins/1/DomainName soft my.s3.data",
			},
		},
		{
			name: "tags", why: "AWS writes owners into tags; the path is the key, whatever form the type keeps its tags in",
			resources: []*inventory.Resource{
				with(live("AWS::EC2::Instance", "i-1", props{"Tags": []any{map[string]any{"Key": "from", "Value": "vol-1"}}}), func(r *inventory.Resource) {
					r.Tags = map[string]string{
						"aws:autoscaling:groupName":    "web",
						"aws:cloudformation:stack-id":  "arn:aws:cloudformation:eu-west-1:111122223333:stack/s/1",
						"from":                         "vol-1",
						"groupName":                    "web",
						"aws:cloudformation/stack~id ": "vol-1",
					}
				}),
				live("AWS::AutoScaling::AutoScalingGroup", "web", nil),
				live("AWS::CloudFormation::Stack", "arn:aws:cloudformation:eu-west-1:111122223333:stack/s/1", nil),
				live("AWS::EC2::Volume", "vol-1", nil),
			},
			want: []string{
				"i-1 /Tags/aws:autoscaling:groupName owner web",
				"i-1 /Tags/aws:cloudformation:stack-id owner arn:aws:cloudformation:eu-west-1:111122223333:stack/s/1",
				"i-1 /Tags/aws:cloudformation~1stack~0id  soft vol-1",
				"i-1 /Tags/from soft vol-1",
			},
		},
		{
			name: "declared resources", why: "a snapshot may hold declarations; they live nowhere, so they refer to nothing and nothing refers to them",
			resources: []*inventory.Resource{
				with(live("AWS::EC2::VPC", "vpc-1", nil), func(r *inventory.Resource) { r.Declared = true }),
				live("AWS::EC2::Subnet", "subnet-1", props{"VpcId": "vpc-1"}),
				with(live("AWS::EC2::Volume", "vol-1", props{"KmsKeyId": "1234-5678"}), func(r *inventory.Resource) { r.Declared = true }), webKey(),
			},
		},
		{
			name: "the same resource twice", why: "a listing may repeat itself; the relation is one",
			resources: []*inventory.Resource{
				live("AWS::EC2::VPC", "vpc-1", nil), live("AWS::EC2::VPC", "vpc-1", nil),
				live("AWS::EC2::Subnet", "subnet-1", props{"VpcId": "vpc-1"}),
			},
			want: []string{"subnet-1 /VpcId hard vpc-1"},
		},
		{
			name: "unknown and odd values", why: "what is no text refers to nothing and breaks nothing",
			resources: []*inventory.Resource{
				live("AWS::EC2::Subnet", "subnet-1", props{"VpcId": &inventory.Unknown{Because: "denied", Prefix: "vpc-1"}, "CidrBlock": nil, "A": int64(1), "": "", "B": "-", "C": "vpc-"}),
				live("AWS::EC2::Subnet", "subnet-2", props{"VpcId": []any{map[string]any{"x": "vpc-1"}}}), // of the wrong shape, still an identifier
				live("AWS::EC2::VPC", "vpc-1", nil),
				live("No::Such::Type", "", nil),
			},
			want: []string{"subnet-2 /VpcId/0/x soft vpc-1"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, relations(test.resources...), test.why)
			assert.Equal(t, test.want, relations(test.resources...), "a second time: %s", test.why)
		})
	}
}

func TestReferrers(t *testing.T) {
	vpc := live("AWS::EC2::VPC", "vpc-1", nil)
	a := live("AWS::EC2::Subnet", "subnet-a", props{"VpcId": "vpc-1"})
	b := live("AWS::ElasticLoadBalancingV2::TargetGroup", "arn:tg", props{"VpcId": "vpc-1"})
	s := &inventory.Snapshot{Resources: []*inventory.Resource{b, vpc, a}}
	assert.Empty(t, relation.Referrers(s), "nothing is resolved yet")
	relation.Resolve(s)
	assert.Equal(t, map[inventory.Ref][]relation.Referrer{
		vpc.Ref: {
			{From: a.Ref, Path: "/VpcId", Kind: relation.Hard},
			{From: b.Ref, Path: "/VpcId", Kind: relation.Soft},
		},
	}, relation.Referrers(s))
}

// world draws resources of few types, accounts, regions and names, whose properties name
// each other by id, name and ARN; so most of them refer and many are ambiguous.
func world(t *rapid.T) []*inventory.Resource {
	types := []string{
		"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::SecurityGroup", "AWS::EC2::Instance", "AWS::EC2::LaunchTemplate",
		"AWS::IAM::Role", "AWS::IAM::InstanceProfile", "AWS::Lambda::Function", "AWS::KMS::Key", "AWS::KMS::Alias",
		"AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::Logs::LogGroup", "AWS::RDS::DBInstance", "AWS::Route53::RecordSet",
	}
	ids := []string{"vpc-1", "subnet-1", "sg-1", "sg-2", "i-1", "web", "data", "alias/web", "/aws/web"}
	var arns []string
	for _, account := range []string{"111122223333", "444455556666"} {
		for _, resource := range []string{"iam::%s:role/web", "lambda:eu-west-1:%s:function:web", "kms:eu-west-1:%s:alias/web", "kms:eu-west-1:%s:key/data", "ec2:us-east-1:%s:vpc/vpc-1"} {
			arns = append(arns, "arn:aws:"+fmt.Sprintf(resource, account))
		}
	}
	value := rapid.SampledFrom(slices.Concat(ids, arns, []string{"arn:aws:s3:::data", "data.s3.amazonaws.com", `{"a": ["vpc-1"]}`, "Web.example.com"}))

	var all []*inventory.Resource
	taken := map[inventory.Ref]bool{}
	for range rapid.IntRange(0, 25).Draw(t, "resources") {
		r := live(rapid.SampledFrom(types).Draw(t, "type"), rapid.SampledFrom(ids).Draw(t, "id"), props{})
		r.Ref.Account = rapid.SampledFrom([]string{"111122223333", "444455556666"}).Draw(t, "account")
		if !inventory.IsGlobal(r.Ref.Type) {
			r.Ref.Region = rapid.SampledFrom([]string{"eu-west-1", "us-east-1"}).Draw(t, "region")
		}
		if taken[r.Ref] {
			continue
		}
		taken[r.Ref] = true
		if rapid.Bool().Draw(t, "has ARN") {
			r.ARN = rapid.SampledFrom(arns).Draw(t, "ARN")
		}
		known, _ := schema.Lookup(r.Ref.Type)
		for _, name := range []string{"VpcId", "SubnetId", "SecurityGroupIds", "SecurityGroups", "SourceSecurityGroupId", "Role", "Roles", "KmsKeyId", "TargetKeyId", "Bucket", "DNSName", "DefaultSecurityGroup", "GroupName", "RoleName"} {
			if !rapid.Bool().Draw(t, name) {
				continue
			}
			text := value.Draw(t, "value")
			if n, ok := known.At("/" + name); ok && n.Kinds&schema.Array != 0 {
				r.Properties[name] = []any{text}
			} else {
				r.Properties[name] = text
			}
		}
		r.Tags = map[string]string{"aws:cloudformation:stack-id": value.Draw(t, "tag")}
		r.Declared = rapid.IntRange(0, 9).Draw(t, "declared") == 0
		all = append(all, r)
	}
	return all
}

// found collects the relations of all resources after a resolution, by referrer.
func found(resources []*inventory.Resource) map[inventory.Ref][]inventory.Relation {
	relation.Resolve(&inventory.Snapshot{Resources: resources})
	all := map[inventory.Ref][]inventory.Relation{}
	for _, r := range resources {
		if r.Relations != nil {
			all[r.Ref] = r.Relations
		}
	}
	return all
}

func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		resources := world(t)
		want := found(resources)
		require.Equal(t, want, found(rapid.Permutation(resources).Draw(t, "shuffled")))
	})
}

func TestRelationsLeadToLiveResources(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		resources := world(t)
		lives := map[inventory.Ref]bool{}
		for _, r := range resources {
			lives[r.Ref] = !r.Declared
		}
		for from, list := range found(resources) {
			require.True(t, lives[from], "a declared resource refers")
			for i, x := range list {
				require.True(t, lives[x.To], "%s does not live", x.To)
				require.NotEqual(t, from, x.To, "a resource refers to itself")
				require.Contains(t, []string{relation.Hard, relation.Soft, relation.Implicit, relation.Owner}, x.Kind)
				if i > 0 {
					before := list[i-1]
					require.True(t, before.Path < x.Path || before.Path == x.Path && before.To.Compare(x.To) < 0, "not sorted, or twice: %v %v", before, x)
				}
			}
		}
	})
}

// TestRemoval: without a resource, the relations to it are gone and all others are as they
// were. An alias is left alone: it is what the name of its key is known by.
func TestRemoval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		resources := world(t)
		want := found(resources)
		candidates := slices.DeleteFunc(slices.Clone(resources), func(r *inventory.Resource) bool { return r.Ref.Type == "AWS::KMS::Alias" })
		if len(candidates) == 0 {
			return
		}
		gone := rapid.SampledFrom(candidates).Draw(t, "gone")
		delete(want, gone.Ref)
		for from, list := range want {
			list = slices.DeleteFunc(slices.Clone(list), func(x inventory.Relation) bool { return x.To == gone.Ref })
			if want[from] = list; len(list) == 0 {
				delete(want, from)
			}
		}
		rest := slices.DeleteFunc(slices.Clone(resources), func(r *inventory.Resource) bool { return r == gone })
		require.Equal(t, want, found(rest))
	})
}

// account makes n resources as a large account has them: networks with interfaces and
// instances, functions with roles and log groups, buckets with policies.
func account(n int) *inventory.Snapshot {
	s := &inventory.Snapshot{}
	regions := []string{"eu-west-1", "us-east-1", "ap-south-1"}
	for i := 0; len(s.Resources) < n; i++ {
		region := regions[i%len(regions)]
		id := func(prefix string) string { return fmt.Sprintf("%s%017x", prefix, i) }
		name := fmt.Sprintf("service-%d", i)
		roleARN := "arn:aws:iam::111122223333:role/" + name
		add := func(typ, id, arn string, p props) {
			r := live(typ, id, p)
			if r.Ref.Region != inventory.GlobalRegion {
				r.Ref.Region = region
			}
			r.ARN = arn
			r.Tags = map[string]string{"pcf:app": name, "Name": name, "aws:cloudformation:stack-id": "arn:aws:cloudformation:" + region + ":111122223333:stack/" + name}
			r.Properties["Tags"] = []any{map[string]any{"Key": "Name", "Value": name}}
			s.Resources = append(s.Resources, r)
		}
		add("AWS::EC2::VPC", id("vpc-"), "", props{"VpcId": id("vpc-"), "CidrBlock": "10.0.0.0/16", "DefaultSecurityGroup": id("sg-")})
		add("AWS::EC2::Subnet", id("subnet-"), "", props{"SubnetId": id("subnet-"), "VpcId": id("vpc-"), "CidrBlock": "10.0.1.0/24", "AvailabilityZone": region + "a"})
		add("AWS::EC2::SecurityGroup", id("sg-"), "", props{"GroupId": id("sg-"), "GroupName": name, "VpcId": id("vpc-"), "SecurityGroupIngress": []any{
			map[string]any{"IpProtocol": "tcp", "FromPort": int64(443), "ToPort": int64(443), "CidrIp": "10.0.0.0/8"},
			map[string]any{"IpProtocol": "tcp", "FromPort": int64(443), "ToPort": int64(443), "SourceSecurityGroupId": id("sg-")},
		}})
		add("AWS::EC2::NetworkInterface", id("eni-"), "", props{"Id": id("eni-"), "SubnetId": id("subnet-"), "VpcId": id("vpc-"), "GroupSet": []any{id("sg-")}})
		add("AWS::EC2::Instance", id("i-"), "", props{"InstanceId": id("i-"), "VpcId": id("vpc-"), "SubnetId": id("subnet-"), "SecurityGroupIds": []any{id("sg-")}, "SecurityGroups": []any{name}, "IamInstanceProfile": name, "ImageId": "ami-1", "InstanceType": "t3.micro"})
		add("AWS::IAM::Role", name, roleARN, props{"RoleName": name, "Arn": roleARN, "AssumeRolePolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": "lambda.amazonaws.com"}}}}})
		add("AWS::Lambda::Function", name, "arn:aws:lambda:"+region+":111122223333:function:"+name, props{"FunctionName": name, "Role": roleARN, "LoggingConfig": map[string]any{"LogGroup": "/aws/lambda/" + name}, "Runtime": "python3.13", "Handler": "index.handler", "Environment": map[string]any{"Variables": map[string]any{"BUCKET": name, "MODE": "live"}}})
		add("AWS::Logs::LogGroup", "/aws/lambda/"+name, "", props{"LogGroupName": "/aws/lambda/" + name, "RetentionInDays": int64(14)})
		add("AWS::S3::Bucket", name, "arn:aws:s3:::"+name, props{"BucketName": name, "LoggingConfiguration": map[string]any{"DestinationBucketName": "service-0"}})
		add("AWS::S3::BucketPolicy", name, "", props{"Bucket": name, "PolicyDocument": map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": roleARN}, "Action": []any{"s3:GetObject", "s3:ListBucket"}, "Resource": []any{"arn:aws:s3:::" + name, "arn:aws:s3:::" + name + "/*"}}}}})
	}
	return s
}

// BenchmarkResolve shows that the time per resource does not grow with their number.
func BenchmarkResolve(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := account(n)
			for b.Loop() {
				relation.Resolve(s)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/resource")
		})
	}
}

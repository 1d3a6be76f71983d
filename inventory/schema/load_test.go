package schema

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// every calls visit with all types, and fails the test where one cannot be decoded.
func every(t *testing.T, visit func(*Type)) {
	t.Helper()
	require.NotEmpty(t, Names())
	for _, name := range Names() {
		typ, ok := Lookup(name)
		require.True(t, ok, "%s cannot be decoded", name)
		visit(typ)
	}
}

// nodes returns all nodes of a type, each once.
func nodes(typ *Type) map[*Node]bool {
	seen := map[*Node]bool{}
	var walk func(*Node)
	walk = func(n *Node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		for _, c := range n.Properties {
			walk(c)
		}
		walk(n.Items)
		walk(n.Values)
	}
	walk(typ.Root)
	return seen
}

// dangling are the published paths that name no property of their own type: mistakes
// of the publishers, kept as they are because they can match nothing.
var dangling = map[string][]string{
	"AWS::GameLiftStreams::StreamGroup": {
		"/LocationConfiguration/MaximumCapacity", // the name of the definition, not of the property
		"/LocationConfiguration/OnDemandCapacity",
		"/LocationConfiguration/OnDemandCapacity",
	},
	"AWS::RDS::Integration":      {"/KmsKeyId"}, // the property is KMSKeyId
	"AWS::Redshift::Integration": {"/KmsKeyId"},
}

// isPrivate tells the types that are ours from the published ones.
func isPrivate(name string) bool { return strings.HasPrefix(name, "PCF::") }

func TestEveryType(t *testing.T) {
	published := slices.DeleteFunc(slices.Clone(Names()), isPrivate)
	require.Len(t, published, 1601)
	assert.True(t, slices.IsSorted(Names()))
	found := map[string][]string{}
	every(t, func(typ *Type) {
		assert.Equal(t, Object, typ.Root.Kinds, typ.Name)
		var paths []string
		for _, list := range append([][]string{
			typ.PrimaryIdentifier, typ.ReadOnly, typ.WriteOnly, typ.CreateOnly, typ.ConditionalCreateOnly, typ.Deprecated,
			slices.Collect(maps.Keys(typ.Transforms)),
		}, typ.AdditionalIdentifiers...) {
			paths = append(paths, list...)
		}
		if typ.TagProperty != "" {
			assert.True(t, typ.Taggable, typ.Name)
			paths = append(paths, typ.TagProperty)
		}
		for _, p := range paths {
			if _, ok := typ.At(p); !ok {
				found[typ.Name] = append(found[typ.Name], p)
			}
		}
		slices.Sort(found[typ.Name])
		for n := range nodes(typ) {
			assert.NotZero(t, n.Kinds, "%s: a node that takes no value at all", typ.Name)
			if n.Kinds&Object == 0 {
				assert.Nil(t, n.Properties, "%s: properties on what is no object", typ.Name)
			}
			if n.Kinds&Array == 0 {
				assert.Nil(t, n.Items, "%s: items on what is no list", typ.Name)
			}
			for _, r := range n.Required {
				assert.Contains(t, n.Properties, r, typ.Name)
			}
		}
	})
	maps.DeleteFunc(found, func(_ string, paths []string) bool { return len(paths) == 0 })
	assert.Equal(t, dangling, found)
}

// What stands in the folder private is what is embedded besides the published types, and
// each of them has all that a reader and a rule ask for.
func TestPrivateTypes(t *testing.T) {
	files, err := filepath.Glob("private/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var described []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var source struct {
			TypeName, Description, SourceURL string
			Properties                       map[string]any
		}
		require.NoError(t, json.Unmarshal(text, &source), file)
		described = append(described, source.TypeName)
		assert.True(t, strings.HasPrefix(source.SourceURL, "https://docs.aws.amazon.com/"), "%s says where its facts come from", file)
		assert.NotEmpty(t, source.Description, file)

		typ, ok := Lookup(source.TypeName)
		require.True(t, ok, "%s is not embedded; run make schemas", source.TypeName)
		assert.Equal(t, slices.Sorted(maps.Keys(source.Properties)), slices.Sorted(maps.Keys(typ.Root.Properties)), source.TypeName)
		assert.False(t, typ.Root.Open, source.TypeName)
		assert.Len(t, typ.PrimaryIdentifier, 1, source.TypeName)
		if strings.HasPrefix(source.TypeName, "PCF::Account::") {
			assert.Equal(t, []string{"/AccountId"}, typ.PrimaryIdentifier, "a fact about the account has its id")
			assert.False(t, typ.Taggable, source.TypeName)
		} else {
			assert.Equal(t, "/Tags", typ.TagProperty, source.TypeName)
			assert.True(t, typ.TagUpdatable, source.TypeName)
		}
	}
	slices.Sort(described)
	assert.Equal(t, slices.DeleteFunc(slices.Clone(Names()), func(n string) bool { return !isPrivate(n) }), described)
}

// The figures are those of the published schemas, where a path that is published twice
// counts once. A change here means that another cfn-lint was used or that the generator
// lost something.
func TestFigures(t *testing.T) {
	figures := map[string]int{}
	count := func(name string, paths []string) {
		if len(paths) > 0 {
			figures[name+" types"]++
		}
		for _, p := range paths {
			figures[name+" paths"]++
			if strings.Count(p, "/") > 1 {
				figures[name+" nested"]++
			}
			if strings.Contains(p, "*") {
				figures[name+" with *"]++
			}
		}
	}
	every(t, func(typ *Type) {
		if isPrivate(typ.Name) {
			return
		}
		count("read-only", typ.ReadOnly)
		count("write-only", typ.WriteOnly)
		count("create-only", typ.CreateOnly)
		count("conditional create-only", typ.ConditionalCreateOnly)
		count("deprecated", typ.Deprecated)
		count("transform", slices.Collect(maps.Keys(typ.Transforms)))
		switch n := len(typ.PrimaryIdentifier); {
		case n == 1:
			figures["identifier of 1 part"]++
		case n == 2:
			figures["identifier of 2 parts"]++
		case n > 2:
			figures["identifier of more parts"]++
		}
		if n := len(typ.PrimaryIdentifier); n > 0 && !slices.ContainsFunc(typ.PrimaryIdentifier, func(p string) bool { return !typ.IsReadOnly(p) }) {
			figures["identifier assigned by AWS"]++
		}
		if len(typ.AdditionalIdentifiers) > 0 {
			figures["additional identifiers"]++
		}
		if typ.TagProperty != "" {
			figures["tag property"]++
			if typ.TagProperty != "/Tags" {
				figures["tag property with another name"]++
			}
		}
		if typ.Taggable {
			figures["taggable"]++
		}
		if slices.ContainsFunc(typ.CreateOnly, typ.IsWriteOnly) {
			figures["create-only and write-only types"]++
		}
		figures["top-level properties"] += len(typ.Root.Properties)
		defaults, enums, texts := 0, 0, 0
		for n := range nodes(typ) {
			if n.HasDefault {
				defaults++
			}
			if n.Enum != nil {
				enums++
			}
			if n.Kinds == Object|String {
				texts++
			}
			if n.Kinds&Array != 0 {
				figures["lists"]++
				switch n.Order {
				case Ordered:
					figures["ordered lists"]++
				case Unordered:
					figures["unordered lists"]++
				}
				if n.UniqueItems {
					figures["lists of unique items"]++
				}
			}
		}
		for name, n := range map[string]int{"types with defaults": defaults, "types with enums": enums, "types with JSON texts": texts} {
			if n > 0 {
				figures[name]++
			}
		}
	})
	assert.Equal(t, map[string]int{
		"identifier of 1 part": 1325, "identifier of 2 parts": 220, "identifier of more parts": 54, // two types have none
		"identifier assigned by AWS": 1036, "additional identifiers": 147,
		"top-level properties": 14606,
		"read-only types":      1424, "read-only paths": 4385, "read-only nested": 403, "read-only with *": 131,
		"write-only types": 402, "write-only paths": 989, "write-only nested": 179, "write-only with *": 51,
		"create-only types": 1379, "create-only paths": 3831, "create-only nested": 191, "create-only with *": 25,
		"conditional create-only types": 42, "conditional create-only paths": 157, "conditional create-only nested": 32,
		"deprecated types": 41, "deprecated paths": 115, "deprecated nested": 59, "deprecated with *": 12,
		"transform types": 96, "transform paths": 177, "transform nested": 36, "transform with *": 19,
		"create-only and write-only types": 179,
		"taggable":                         1057, "tag property": 1054, "tag property with another name": 23,
		// Of nodes: definitions are shared and alternatives merged, so these are fewer than
		// in the published text.
		"lists": 5454, "ordered lists": 537, "unordered lists": 2192, "lists of unique items": 1413,
		"types with defaults": 146, "types with enums": 858, "types with JSON texts": 164,
	}, figures)
}

func TestLookup(t *testing.T) {
	t.Run("an unknown type", func(t *testing.T) {
		for _, name := range []string{"", "AWS::S3::Buckets", "aws::s3::bucket", "AWS::S3", "zzz"} {
			_, ok := Lookup(name)
			assert.False(t, ok, name)
		}
	})
	t.Run("everybody gets the same type, also at the same time", func(t *testing.T) {
		got := make([]*Type, 16)
		var all sync.WaitGroup
		for i := range got {
			all.Go(func() { got[i], _ = Lookup("AWS::WAFv2::WebACL") })
		}
		all.Wait()
		for _, typ := range got {
			assert.Same(t, got[0], typ)
		}
	})
	t.Run("a recursive definition becomes a cycle of nodes", func(t *testing.T) {
		acl, _ := Lookup("AWS::WAFv2::WebACL")
		statement, ok := acl.At("/Rules/*/Statement")
		require.True(t, ok)
		inner, ok := acl.At("/Rules/*/Statement/NotStatement/Statement")
		require.True(t, ok)
		assert.Same(t, statement, inner)
		assert.Equal(t, "Statement", statement.Name)
	})
}

func TestNodes(t *testing.T) {
	for _, c := range []struct {
		typ, pointer string
		check        func(*testing.T, *Node)
		why          string
	}{
		{"AWS::S3::Bucket", "/PublicAccessBlockConfiguration/BlockPublicAcls", func(t *testing.T, n *Node) {
			assert.Equal(t, Boolean, n.Kinds)
		}, "a reference is followed"},
		{"AWS::EC2::SecurityGroup", "/SecurityGroupIngress", func(t *testing.T, n *Node) {
			assert.Equal(t, Array, n.Kinds)
			assert.Equal(t, Unordered, n.Order)
			assert.Equal(t, []string{"IpProtocol"}, n.Items.Required)
		}, "order and required properties of elements are kept"},
		{"AWS::IAM::Role", "/AssumeRolePolicyDocument", func(t *testing.T, n *Node) {
			assert.Equal(t, Object|String, n.Kinds)
			assert.True(t, n.Open, "nothing is said about the object")
			assert.Nil(t, n.Values)
		}, "a list of types gives several kinds"},
		{"AWS::IAM::ManagedPolicy", "/PolicyDocument", func(t *testing.T, n *Node) {
			assert.Equal(t, Object|String, n.Kinds)
			assert.Equal(t, "json", n.Format)
		}, "format json without a type is a JSON text or the object itself"},
		{"AWS::Lambda::Function", "/Environment/Variables", func(t *testing.T, n *Node) {
			assert.Nil(t, n.Properties)
			assert.Equal(t, String, n.Values.Kinds)
			assert.False(t, n.Open)
		}, "pattern properties are the values of a map"},
		{"AWS::AppStream::Application", "/Tags/*", func(t *testing.T, n *Node) {
			assert.Equal(t, []string{"Key", "TagKey", "TagValue", "Value"}, slices.Sorted(maps.Keys(n.Properties)))
			assert.Empty(t, n.Required, "neither alternative is required by itself")
		}, "the alternatives of a oneOf become one object"},
		{"AWS::RDS::DBInstance", "/AllocatedStorage", func(t *testing.T, n *Node) {
			assert.Equal(t, String, n.Kinds)
		}, "what looks like a number and is text in the schema stays text"},
		{"AWS::AmazonMQ::Broker", "/EngineType", func(t *testing.T, n *Node) {
			assert.Equal(t, []any{"activemq", "rabbitmq"}, n.Enum)
		}, "an enumeration whose case does not matter is one too"},
		{"AWS::BillingConductor::BillingGroup", "/AccountGrouping", func(t *testing.T, n *Node) {
			assert.Equal(t, Object, n.Kinds)
			assert.Contains(t, n.Properties, "LinkedAccountIds")
		}, "an alternative that only asks for properties does not make a place take anything"},
		{"AWS::S3::Bucket", "/ObjectLockConfiguration/ObjectLockEnabled", func(t *testing.T, n *Node) {
			assert.Equal(t, []any{"Enabled"}, n.Enum)
		}, "a constant is an enumeration of one"},
		{"AWS::CloudFormation::CustomResource", "", func(t *testing.T, n *Node) {
			assert.Contains(t, n.Properties, "ServiceToken")
			assert.NotNil(t, n.Values, "a custom resource takes any property")
		}, "named and free properties stand side by side"},
		{"AWS::DynamoDB::Table", "/KeySchema/*", func(t *testing.T, n *Node) {
			assert.Contains(t, n.Properties, "AttributeName")
		}, "the elements that stand at fixed places are elements"},
		{"AWS::EC2::Instance", "/BlockDeviceMappings/*/NoDevice", func(t *testing.T, n *Node) {
			assert.False(t, n.Open)
		}, "an object that takes no property at all is not open"},
	} {
		t.Run(c.typ+c.pointer, func(t *testing.T) {
			typ, ok := Lookup(c.typ)
			require.True(t, ok)
			n, ok := typ.At(c.pointer)
			require.True(t, ok, c.why)
			c.check(t, n)
		})
	}
}

func TestTagProperty(t *testing.T) {
	for _, c := range []struct {
		typ, property       string
		taggable, updatable bool
		why                 string
	}{
		{"AWS::S3::Bucket", "/Tags", true, true, "the usual case"},
		{"AWS::Cognito::UserPool", "/UserPoolTags", true, true, "another name"},
		{"AWS::EC2::CapacityReservation", "/TagSpecifications/*/Tags", true, true, "a list of tags per resource type"},
		{"AWS::EC2::LaunchTemplate", "/TagSpecifications/*/Tags", true, true, "tags that its schema denies"},
		{"AWS::CertificateManager::Certificate", "/Tags", true, true, "a Tags property of which the schema says nothing"},
		{"AWS::EC2::SpotFleet", "/Tags", true, true, "a Tags property that the schema denies"},
		{"AWS::CE::AnomalyMonitor", "/ResourceTags", true, false, "tags that cannot be changed"},
		{"AWS::IAM::InstanceProfile", "", false, false, "a tag property that does not exist"},
		{"AWS::CloudFormation::CustomResource", "", false, false, "a type that takes any property has no Tags for that"},
	} {
		typ, ok := Lookup(c.typ)
		require.True(t, ok, c.typ)
		assert.Equal(t, c.property, typ.TagProperty, c.why)
		assert.Equal(t, c.taggable, typ.Taggable, "%s: %s", c.typ, c.why)
		assert.Equal(t, c.updatable, typ.TagUpdatable, "%s: %s", c.typ, c.why)
	}
}

func BenchmarkNames(b *testing.B) {
	for b.Loop() {
		Names()
	}
}

func BenchmarkLookupCached(b *testing.B) {
	for b.Loop() {
		Lookup("AWS::S3::Bucket")
	}
}

// What the first question for a type costs, without the index.
func BenchmarkLookupFirst(b *testing.B) {
	x := openIndex()
	for _, name := range []string{"AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::QuickSight::Dashboard"} {
		b.Run(name, func(b *testing.B) {
			i, _ := slices.BinarySearch(x.names, name)
			for b.Loop() {
				blob, err := x.blob(i)
				require.NoError(b, err)
				_, err = decode(name, blob)
				require.NoError(b, err)
			}
		})
	}
}

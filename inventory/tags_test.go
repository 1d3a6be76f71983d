package inventory

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

func typeNamed(t require.TestingT, name string) *schema.Type {
	typ, ok := schema.Lookup(name)
	require.True(t, ok, name)
	return typ
}

func TestTagsOf(t *testing.T) {
	type object = map[string]any
	list := func(e ...any) []any { return e }
	pair := func(k, v any) object { return object{"Key": k, "Value": v} }
	orders := map[string]string{"pcf:app": "orders"}
	none := map[string]string{}
	for _, c := range []struct {
		typ     string
		props   Properties
		tags    map[string]string
		unknown map[string]*Unknown
		why     string
	}{
		{"AWS::S3::Bucket", object{"Tags": list(pair("pcf:app", "orders"))}, orders, nil, "a list of Key and Value"},
		{"AWS::S3::Bucket", nil, none, nil, "an absent property: no tags"},
		{"AWS::S3::Bucket", object{"Tags": nil}, none, nil, "null too"},
		{"AWS::S3::Bucket", object{"Tags": list()}, none, nil, "an empty list"},
		{"AWS::S3::Bucket", object{"Tags": list(object{"Key": "marker"})}, map[string]string{"marker": ""}, nil, "a key alone has an empty value"},
		{
			"AWS::S3::Bucket",
			object{"Tags": list(pair("n", int64(12)), pair("b", true), pair("f", 1.5))},
			map[string]string{"n": "12", "b": "true", "f": "1.5"},
			nil, "CloudFormation writes scalars as text",
		},
		{"AWS::S3::Bucket", object{"Tags": list(pair("a", "1"), pair("a", "2"))}, map[string]string{"a": "2"}, nil, "the last one stands"},
		{"AWS::S3::Bucket", object{"Tags": list(pair("a", someUnknown), pair("a", "2"))}, map[string]string{"a": "2"}, nil, "also after an unknown one"},
		{
			"AWS::S3::Bucket",
			object{"Tags": list(pair("pcf:app", "orders"), pair("stage", someUnknown))},
			orders,
			map[string]*Unknown{"stage": someUnknown},
			"a value that is not known stands apart",
		},
		{"AWS::S3::Bucket", object{"Tags": someUnknown}, nil, nil, "the whole list is not known"},
		{"AWS::S3::Bucket", object{"Tags": list(pair("pcf:app", "orders"), someUnknown)}, nil, nil, "one element more, of which nothing is known: it may be any tag"},
		{"AWS::S3::Bucket", object{"Tags": list(pair(someUnknown, "x"))}, nil, nil, "a key that is not known may be any key"},
		{"AWS::S3::Bucket", object{"Tags": list(object{"Value": "x"})}, nil, nil, "a value without a key"},
		{"AWS::S3::Bucket", object{"Tags": list("pcf:app=orders")}, nil, nil, "a form that nobody publishes"},
		{"AWS::S3::Bucket", object{"Tags": int64(1)}, nil, nil, "nor this"},
		{"AWS::SSM::Parameter", object{"Tags": object{"pcf:app": "orders"}}, orders, nil, "a map"},
		{"AWS::SSM::Parameter", object{"Tags": object{"pcf:app": "orders", "Items": "x"}}, map[string]string{"pcf:app": "orders", "Items": "x"}, nil, "a map with a tag called Items"},
		{"AWS::SSM::Parameter", object{"Tags": object{"a": someUnknown}}, none, map[string]*Unknown{"a": someUnknown}, "a map with an unknown value"},
		{"AWS::SSM::Parameter", object{"Tags": `{"pcf:app": "orders", "n": 1}`}, map[string]string{"pcf:app": "orders", "n": "1"}, nil, "a JSON text"},
		{"AWS::SSM::Parameter", object{"Tags": ""}, none, nil, "an empty text"},
		{"AWS::SSM::Parameter", object{"Tags": "not JSON"}, nil, nil, "a text that is none of ours"},
		{"AWS::SSM::Parameter", object{"Tags": `"\"\""`}, nil, nil, "a text in a text"},
		{"AWS::AppStream::Application", object{"Tags": list(object{"TagKey": "pcf:app", "TagValue": "orders"})}, orders, nil, "other names"},
		{"AWS::S3::Bucket", object{"Tags": list(object{"key": "pcf:app", "value": "orders"})}, orders, nil, "lower case, as some readers return it"},
		{"AWS::AutoScaling::AutoScalingGroup", object{"Tags": list(object{"Key": "pcf:app", "Value": "orders", "PropagateAtLaunch": true})}, orders, nil, "an Auto Scaling group"},
		{"AWS::Cognito::UserPool", object{"UserPoolTags": object{"pcf:app": "orders"}, "Tags": object{"x": "y"}}, orders, nil, "another property"},
		{"AWS::CloudFront::AnycastIpList", object{"Tags": object{"Items": list(pair("pcf:app", "orders"))}}, orders, nil, "a list in an object"},
		{"AWS::EC2::LaunchTemplate", object{"TagSpecifications": list(object{"ResourceType": "launch-template", "Tags": list(pair("pcf:app", "orders"))})}, orders, nil, "a list per resource type"},
		{"AWS::EC2::LaunchTemplate", object{"TagSpecifications": list(object{"Tags": list(pair("pcf:app", "orders"))}, object{"ResourceType": "x"}, nil)}, orders, nil, "several, some without tags"},
		{"AWS::EC2::LaunchTemplate", object{"TagSpecifications": list(someUnknown)}, nil, nil, "one of them is not known"},
		{"AWS::EC2::LaunchTemplate", object{"TagSpecifications": list(object{"Tags": someUnknown})}, nil, nil, "its tags are not known"},
		{"AWS::EC2::LaunchTemplate", object{"TagSpecifications": object{"Tags": list()}}, nil, nil, "an object where the list belongs"},
		{"AWS::CloudFormation::CustomResource", object{"Tags": list(pair("a", "b"))}, none, nil, "a type that has no tags"},
	} {
		tags, unknown := TagsOf(typeNamed(t, c.typ), c.props)
		assert.Equal(t, c.tags, tags, c.why)
		assert.Equal(t, c.unknown, unknown, c.why)
	}

	tags, _ := TagsOf(nil, object{"Tags": list(pair("pcf:app", "orders"))})
	assert.Equal(t, orders, tags, "without a schema tags stand at /Tags")

	tags, unknown := TagsOf(nil, object{"Tags": list(pair("a", list()))})
	assert.Empty(t, tags)
	assert.Contains(t, unknown["a"].Because, `tag "a"`, "a value that cannot be one: the tag is there, and what it says is not known")
}

// Every type that has tags: the shape that its schema describes is understood.
func TestTagsOfEveryType(t *testing.T) {
	checked := 0
	for _, name := range schema.Names() {
		typ := typeNamed(t, name)
		if typ.TagProperty == "" {
			continue
		}
		n, ok := typ.At(typ.TagProperty)
		require.True(t, ok, name)
		var tags any
		switch {
		case n.Kinds&schema.Array != 0:
			element := map[string]any{}
			for property := range n.Items.Properties {
				switch property {
				case "Key", "TagKey":
					element["Key"] = "pcf:app"
				case "Value", "TagValue":
					element["Value"] = "orders"
				}
			}
			tags = []any{element}
		case n.Properties["Items"] != nil:
			tags = map[string]any{"Items": []any{map[string]any{"Key": "pcf:app", "Value": "orders"}}}
		default:
			tags = map[string]any{"pcf:app": "orders"}
		}
		props := tags
		parts := schema.SplitPointer(typ.TagProperty)
		for i := len(parts) - 1; i >= 0; i-- {
			if parts[i] == "*" {
				props = []any{props}
			} else {
				props = map[string]any{parts[i]: props}
			}
		}
		got, unknown := TagsOf(typ, props.(map[string]any))
		assert.Equal(t, map[string]string{"pcf:app": "orders"}, got, name)
		assert.Nil(t, unknown, name)
		checked++
	}
	assert.Equal(t, 1054+4, checked, "the published types, and those of ours that have tags")
}

// Whatever stands at Tags: a key is known or not known, never both, and where the keys are
// not known nothing is said.
func TestTagsOfLaws(t *testing.T) {
	key := rapid.OneOf(rapid.SampledFrom([]any{"a", "b", "c"}), rapid.Just[any](someUnknown))
	element := rapid.Custom(func(t *rapid.T) any {
		return map[string]any{"Key": key.Draw(t, "key"), "Value": drawValue(t, 1)}
	})
	bucket := typeNamed(t, "AWS::S3::Bucket")
	rapid.Check(t, func(t *rapid.T) {
		var v any = rapid.SliceOf(element).Draw(t, "elements")
		if rapid.Bool().Draw(t, "anything") {
			v = drawValue(t, 3)
		}
		tags, unknown := TagsOf(bucket, Properties{"Tags": v})
		if tags == nil && unknown != nil {
			t.Fatal("the keys are not known, and some are listed")
		}
		for k := range unknown {
			if _, both := tags[k]; both {
				t.Fatalf("%q is known and not known", k)
			}
		}
	})
}

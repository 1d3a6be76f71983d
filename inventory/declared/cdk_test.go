package declared

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// synthesized is a small cdk.out: a stack with a nested one, a stage with a stack of its
// own, and an asset that looks like a template.
var synthesized = map[string]string{
	"cdk.out/manifest.json": `{"version": "36.0.0", "artifacts": {
  "App.assets": {"type": "cdk:asset-manifest", "properties": {"file": "App.assets.json"}},
  "App": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1",
    "properties": {"templateFile": "App.template.json", "stackName": "my-app"},
    "metadata": {"/App/Site/Resource": [{"type": "aws:cdk:logicalId", "data": "Site83908E77"}]}},
  "assembly-Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}},
  "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}}`,
	"cdk.out/App.assets.json": `{"version": "36.0.0", "files": {"aaaabbbb": {"source": {"path": "AppNest.nested.template.json"}}}}`,
	"cdk.out/App.template.json": `{"Resources": {
  "Site83908E77": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Sub": "${AWS::StackName}-${AWS::AccountId}-${AWS::Region}"}}},
  "Nest": {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:cdk:path": "App/Nest.NestedStack"},
    "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::URLSuffix"}, "/b/aaaabbbb.json"]]}, "Parameters": {"Topic": {"Ref": "Topic"}}}},
  "Topic": {"Type": "AWS::SNS::Topic", "Metadata": {"aws:cdk:path": "App/Topic/Resource"}},
  "Policy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "Topic"}], "PolicyDocument": {}}},
  "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:deflate64:x"}}}}`,
	"cdk.out/AppNest.nested.template.json":        `{"Parameters": {"Topic": {"Type": "String"}}, "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Metadata": {"aws:cdk:path": "App/Nest/Q/Resource"}}}}`,
	"cdk.out/assembly-Prod/manifest.json":         `{"version": "36.0.0", "artifacts": {"ProdApp": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "additionalMetadataFile": "ProdApp.metadata.json"}}}`,
	"cdk.out/assembly-Prod/ProdApp.metadata.json": `{"/Prod/App/Queue/Resource": [{"type": "aws:cdk:logicalId", "data": "Queue4A7E3555"}]}`,
	"cdk.out/assembly-Prod/ProdApp.template.json": `{"Resources": {"Queue4A7E3555": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "AWS::AccountId"}}}}}`,
	"cdk.out/asset.cafe/template.yaml":            bucket,
	"cdk.out/asset.cafe/broken.yaml":              "Resources: [\n",
	"cdk.out/tree.json":                           `{"version": "tree-0.1", "tree": {}}`,
	"other/" + manifestName:                       `{"name": "a web app", "version": "1"}`,
	"other/" + "t.yaml":                           "Resources: {Other: {Type: AWS::SQS::Queue}}\n",
}

func TestAssembly(t *testing.T) {
	files(t, synthesized)
	d := read(t, Options{Account: "999999999999"}, ".")
	require.Empty(t, texts(d.Faults), "assets are no declarations")
	assert.Empty(t, texts(d.Warnings))
	assert.Empty(t, d.Gaps)
	assert.Equal(t, []string{"App/Site/Resource", "App/Nest.NestedStack", "App/Nest/Q/Resource", "App/Topic/Resource", "Policy", "Prod/App/Queue/Resource", "Other"}, particleNames(d),
		"each stack once, by construct paths; what CDK measures is no resource")
	site := particle(t, d, "App/Site/Resource")
	assert.Equal(t, "my-app-111122223333-eu-west-1", site.Resource.Properties["BucketName"], "the assembly knows where it goes")
	assert.Equal(t, "App/Site/Resource", site.Resource.LogicalID)
	assert.Equal(t, "cdk.out/App.template.json:2:3", site.Resource.Position.String())
	assert.Equal(t, "my-app", site.Stack)
	assert.Equal(t, "999999999999", particle(t, d, "Prod/App/Queue/Resource").Resource.Properties["QueueName"], "what the assembly leaves open the user may say")
	topics := particle(t, d, "Policy").Resource.Properties["Topics"].([]any)
	assert.Equal(t, "App/Topic/Resource", topics[0].(*inventory.Unknown).Target, "references carry the same names")

	again := read(t, Options{}, "cdk.out/"+manifestName, "cdk.out/App.template.json")
	assert.Len(t, again.Apps, 2, "a template of the assembly that is passed as well is read once")
	globbed := read(t, Options{}, "cdk.out/*.json")
	assert.Len(t, globbed.Apps, 2)
	byApp := read(t, Options{App: "orders", Version: "1"}, "cdk.out")
	require.Len(t, byApp.Apps, 1)
	assert.Empty(t, texts(byApp.Faults), "construct paths keep the stacks of one app apart")
	assert.Len(t, byApp.Particles(), 6)
}

func TestAssemblyAsAPartOfAnApp(t *testing.T) {
	all := map[string]string{"pcf.yaml": "kind: app\napp: orders\nversion: 1\nfrom: [{path: cdk.out/manifest.json}]\n"}
	for name, text := range synthesized {
		all[name] = text
	}
	files(t, all)
	d := read(t, Options{}, "pcf.yaml", "cdk.out")
	require.Empty(t, texts(d.Faults))
	require.Len(t, d.Apps, 1)
	assert.Equal(t, "orders", d.Apps[0].Name)
	assert.Len(t, d.Particles(), 6)
}

func TestAssemblyTrouble(t *testing.T) {
	for _, c := range []struct{ why, manifest, want string }{
		{"a template that is not there", `{"version": "1", "artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "x.json"}}}}`, "manifest.json:1:32: the artifact S cannot be read: x.json: read file: no such file or directory (run cdk synth again)"},
		{"a template that is none", `{"version": "1", "artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "manifest.json"}}}}`, "the artifact S wants a template"},
		{"an assembly in itself", `{"version": "1", "artifacts": {"S": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}}}`, "leads back to one that is read already"},
		{"no directory", `{"version": "1", "artifacts": {"S": {"type": "cdk:cloud-assembly", "properties": {"directoryName": ["x"]}}}}`, "directoryName must be text"},
	} {
		t.Run(c.why, func(t *testing.T) {
			files(t, map[string]string{manifestName: c.manifest})
			d := read(t, Options{}, ".")
			assert.Contains(t, strings.Join(texts(d.Faults), "\n"), c.want)
		})
	}
	files(t, map[string]string{manifestName: `{"version": "1", "missing": [{"key": "vpc"}], "artifacts": {"S": {"type": "aws:cloudformation:stack"}}}`, "S.template.json": `{"Resources": {"A": {"Type": "AWS::SQS::Queue"}}}`})
	d := read(t, Options{}, ".")
	require.Len(t, d.Warnings, 1)
	assert.Contains(t, d.Warnings[0].Error(), "place-holders")
}

package declared

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

func particleNames(d *inventory.Declaration) []string {
	var all []string
	for _, p := range d.Particles() {
		all = append(all, p.Name)
	}
	return all
}

func TestLoops(t *testing.T) {
	d := readOne(t, Options{}, "t.yaml", `Transform: AWS::LanguageExtensions
Parameters:
  Sizes: {Type: CommaDelimitedList, Default: "1, 2"}
Mappings: {Zones: {dev: {names: [a]}, prod: {names: [a, b]}}}
Conditions:
  Fn::ForEach::C:
    - Stage
    - [dev, prod]
    - "Is${Stage}": !Equals [!Ref Stage, prod]
Resources:
  Fn::ForEach::Stages:
    - Stage
    - [dev, prod]
    - Fn::ForEach::Zones:
        - Zone
        - !FindInMap [Zones, !Ref Stage, names]
        - Queue${Stage}${Zone}:
            Type: AWS::SQS::Queue
            Condition: Is${Stage}
            Properties:
              QueueName: !Sub "${Stage}-${Zone}"
      Topic${Stage}:
        Type: AWS::SNS::Topic
        Properties:
          TopicName: {Ref: Stage}
          Tags: [{Key: first, Value: !GetAtt "Topic${Stage}.TopicName"}]
  Fn::ForEach::Blocks:
    - Block
    - [10.0.0.0/8, 172.16.0.0/12]
    - "Group&{Block}":
        Type: AWS::EC2::SecurityGroup
        Properties:
          GroupDescription: ${Block}
          SecurityGroupIngress:
            - CidrIp: !Ref Block
  One:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: one
      Fn::ForEach::Properties:
        - Name
        - [AccessControl]
        - ${Name}: Private
  Lengths: {Type: "Custom::X", Properties: {N: !Length [!Ref Sizes, x], M: !Length {Ref: Sizes}}}
Outputs:
  Fn::ForEach::Out:
    - Stage
    - [dev, prod]
    - Arn${Stage}: {Value: !Ref "Topic${Stage}"}
`)
	require.Empty(t, texts(d.Faults))
	assert.Empty(t, texts(d.Warnings))
	assert.Empty(t, d.Gaps)
	assert.Equal(t, []string{"Topicdev", "Queueproda", "Queueprodb", "Topicprod", "Group100008", "Group172160012", "One", "Lengths"}, particleNames(d))
	assert.Equal(t, "prod-b", particle(t, d, "Queueprodb").Resource.Properties["QueueName"])
	assert.Equal(t, "t.yaml:21:15", particle(t, d, "Queueprodb").Resource.PositionOf("/QueueName").String(), "a copy stands where its text stands")
	assert.Equal(t, "dev", particle(t, d, "Topicdev").Resource.Tags["first"])
	assert.Equal(t, "172.16.0.0/12", particle(t, d, "Group172160012").Resource.Properties["GroupDescription"])
	assert.Equal(t, map[string]any{"BucketName": "one", "AccessControl": "Private"}, particle(t, d, "One").Resource.Properties)
	assert.Equal(t, int64(2), particle(t, d, "Lengths").Resource.Properties["M"])
}

func TestLoopMistakes(t *testing.T) {
	loop := func(body string) string {
		return "Transform: AWS::LanguageExtensions\nParameters: {Names: {Type: CommaDelimitedList}}\nResources:\n  A: {Type: AWS::S3::Bucket}\n" + body
	}
	for _, c := range []struct{ why, text, fault, gap string }{
		{"a list that is not known leaves the resources unknown", loop("  Fn::ForEach::L: [x, !Ref Names, {\"B${x}\": {Type: AWS::S3::Bucket}}]\n"), "", "parameter Names has no value"},
		{"a loop has three parts", loop("  Fn::ForEach::L: [x, [a]]\n"), "t.yaml:5:19: Fn::ForEach::L has the wrong form", "it is malformed"},
		{"each copy needs a name of its own", loop("  Fn::ForEach::L: [x, [a, b], {B: {Type: AWS::S3::Bucket}}]\n"), `a loop makes the key "B" twice; first at t.yaml:5:32`, ""},
		{"an element is text", loop("  Fn::ForEach::L: [x, [[a]], {\"B${x}\": {Type: AWS::S3::Bucket}}]\n"), "has the wrong form", "it is malformed"},
		{"a misspelt name is told in a copy too", loop("  Fn::ForEach::L: [x, [a], {\"B${x}\": {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Nmes}}}]\n"), "Ref of Nmes", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			d := readOne(t, Options{}, "t.yaml", c.text)
			if c.fault == "" {
				assert.Empty(t, texts(d.Faults))
			} else {
				require.NotEmpty(t, d.Faults)
				assert.Contains(t, d.Faults[0].Error(), c.fault)
			}
			if c.gap == "" {
				assert.Empty(t, d.Gaps)
			} else {
				require.NotEmpty(t, d.Gaps)
				assert.Contains(t, d.Gaps[0].Message, c.gap)
			}
			assert.Contains(t, particleNames(d), "A", "what is written is still read")
		})
	}
	d := readOne(t, Options{}, "t.yaml", "Resources:\n  Fn::ForEach::L: [x, [a], {\"B${x}\": {Type: AWS::S3::Bucket}}]\n")
	require.Len(t, d.Warnings, 1)
	assert.Contains(t, d.Warnings[0].Error(), "add Transform: AWS::LanguageExtensions")
}

// TestLoopsAreBounded: a short text of loops in loops would be more than memory.
func TestLoopsAreBounded(t *testing.T) {
	var list, name strings.Builder
	for i := range 50 {
		fmt.Fprintf(&list, "x%d,", i)
	}
	text, indent := "Transform: AWS::LanguageExtensions\nResources:\n", "  "
	for i := range 8 {
		text += fmt.Sprintf("%sFn::ForEach::L%d:\n%s  - V%d\n%s  - [%s]\n%s  -\n", indent, i, indent, i, indent, list.String(), indent)
		indent += "    "
		fmt.Fprintf(&name, "${V%d}", i)
	}
	text += indent + "B" + name.String() + ": {Type: AWS::S3::Bucket}\n"
	d := readOne(t, Options{}, "t.yaml", text)
	require.Len(t, d.Faults, 1)
	assert.Contains(t, d.Faults[0].Error(), "too large once its loops are written out")

	long := strings.Repeat("y", 1<<20)
	d = readOne(t, Options{}, "t.yaml", "Resources:\n  Fn::ForEach::L: [x, ["+long+"], {B: {Type: 'Custom::X', Properties: {V: ["+strings.Repeat(`"${x}${x}${x}${x}",`, 2000)+"]}}}]\n")
	require.Len(t, d.Faults, 1)
	assert.Contains(t, d.Faults[0].Error(), "too large once its loops are written out")
}

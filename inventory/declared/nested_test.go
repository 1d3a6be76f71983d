package declared

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

const nestedChild = `Parameters:
  Cidr: {Type: String}
  Ports: {Type: List<Number>, Default: "1"}
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: !Ref AWS::StackName
      SecurityGroupIngress: [{CidrIp: !Ref Cidr, FromPort: !Select [0, !Ref Ports]}]
Outputs:
  Cidr: {Value: !Ref Cidr}
  Id: {Value: !GetAtt Group.GroupId}
`

func TestNestedStacks(t *testing.T) {
	files(t, map[string]string{
		"stacks/inner/child.yaml": nestedChild,
		"stacks/root.yaml": `Parameters: {Net: {Type: String, Default: 10.0.0.0/8}, Maybe: {Type: String}}
Conditions: {M: !Equals [!Ref Maybe, x], Off: !Equals [a, b]}
Resources:
  One:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: inner/child.yaml, Parameters: {Cidr: !Ref Net, Ports: !Join [",", [22, 80]]}}
  Two:
    Type: AWS::CloudFormation::Stack
    Condition: M
    Properties: {TemplateURL: ./inner/child.yaml, Parameters: {Cidr: !GetAtt One.Outputs.Cidr}}
  Gone: {Type: AWS::CloudFormation::Stack, Condition: Off, Properties: {TemplateURL: missing.yaml}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !GetAtt Two.Outputs.Cidr, Tags: [{Key: id, Value: !GetAtt One.Outputs.Id}]}
`,
	})
	d := read(t, Options{StackName: "orders", Parameters: map[string]string{"Net": "0.0.0.0/0"}}, ".")
	require.Empty(t, texts(d.Faults))
	assert.Empty(t, d.Gaps)
	assert.Equal(t, []string{"One", "Group", "Two", "Two/Group", "Bucket"}, particleNames(d), "a name that is taken gets the path before it")
	require.Len(t, d.Apps, 1, "the child is no stack of its own")
	one, two := particle(t, d, "Group"), particle(t, d, "Two/Group")
	ingress := one.Resource.Properties["SecurityGroupIngress"]
	assert.Equal(t, []any{map[string]any{"CidrIp": "0.0.0.0/0", "FromPort": int64(22)}}, ingress, "parameters are passed on")
	assert.Equal(t, "stacks/inner/child.yaml:9:31", one.Resource.PositionOf("/SecurityGroupIngress/0/CidrIp").String(), "a finding stands in the nested file")
	assert.Equal(t, "orders/One", one.Stack)
	assert.IsType(t, &inventory.Unknown{}, one.Resource.Properties["GroupDescription"], "AWS ends the name of a nested stack as it likes")
	assert.Equal(t, []any{map[string]any{"CidrIp": "0.0.0.0/0", "FromPort": int64(1)}}, two.Resource.Properties["SecurityGroupIngress"])
	assert.Nil(t, one.Existence)
	require.NotNil(t, two.Existence, "what stands in a stack that perhaps exists perhaps exists")
	bucket := particle(t, d, "Bucket").Resource
	assert.Equal(t, "0.0.0.0/0", bucket.Properties["BucketName"], "outputs come back")
	assert.Equal(t, inventory.Unknown{Because: "Group.GroupId is assigned at deployment", Symbol: "GetAtt One.Outputs.Id"}, *bucket.UnknownTags["id"], "a name of the nested file means nothing outside")
}

func TestNestedStackTrouble(t *testing.T) {
	stack := func(url, more string) string {
		return fmt.Sprintf("Resources:\n  Net: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: %s%s}}\n  A: {Type: AWS::S3::Bucket}\n", url, more)
	}
	for _, c := range []struct {
		why        string
		files      map[string]string
		fault, gap string
	}{
		{"a file that is not there is a gap", map[string]string{"a.yaml": stack("b.yaml", "")}, "", "b.yaml: no such file"},
		{"so is one in the cloud", map[string]string{"a.yaml": stack("https://s3.amazonaws.com/b/c.yaml", "")}, "", "not a local file"},
		{"and one that is not known", map[string]string{"a.yaml": stack("!Sub 'https://${AWS::Region}/x.yaml'", "")}, "", "not known before deployment"},
		{"a stack cannot contain itself", map[string]string{"a.yaml": stack("a.yaml", "")}, "leads back to the template", "contains itself"},
		{"nor through another", map[string]string{"a.yaml": stack("b.yaml", ""), "b.yaml": stack("a.yaml", "")}, "leads back to the template", "contains itself"},
		{"a malformed one is told in its own file", map[string]string{"a.yaml": stack("b.txt", ""), "b.txt": "Resources: [\n"}, "b.txt:", "malformed"},
		{"another file is no template", map[string]string{"a.yaml": stack("b.txt", ""), "b.txt": "hello: 1\n"}, "b.txt is no CloudFormation template", "no template"},
		{"a parameter that it does not declare", map[string]string{"a.yaml": stack("b.txt", ", Parameters: {Cdir: x}"), "b.txt": nestedChild}, "declares no parameter Cdir (did you mean Cidr?)", ""},
		{"an output that it does not have", map[string]string{"a.yaml": stack("b.txt", "") + "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !GetAtt Net.Outputs.Cdir}}\n", "b.txt": nestedChild}, "has no output Cdir, which Fn::GetAtt asks for (did you mean Cidr?)", ""},
		{"two that wait for each other", map[string]string{
			"a.yaml": "Resources:\n  X: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: b.txt, Parameters: {Cidr: !GetAtt Y.Outputs.Cidr}}}\n  Y: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: b.txt, Parameters: {Cidr: !GetAtt X.Outputs.Cidr}}}\n  A: {Type: AWS::S3::Bucket}\n",
			"b.txt":  nestedChild,
		}, "", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			files(t, c.files)
			d := read(t, Options{}, ".")
			if c.fault == "" {
				assert.Empty(t, texts(d.Faults))
			} else {
				require.NotEmpty(t, d.Faults)
				assert.Contains(t, d.Faults[0].Error(), c.fault)
			}
			if c.gap != "" {
				require.NotEmpty(t, d.Gaps)
				assert.Contains(t, d.Gaps[0].Message, c.gap)
				assert.NotEmpty(t, d.Apps[0].Incomplete)
			} else {
				assert.Empty(t, d.Gaps)
			}
			assert.Contains(t, particleNames(d), "A")
		})
	}
}

// TestNestedStacksAreBounded: stacks that nest many stacks that nest many stacks.
func TestNestedStacksAreBounded(t *testing.T) {
	all := map[string]string{"0.yaml": bucket}
	for level := 1; level <= 6; level++ {
		text := "Resources:\n"
		for i := range 10 {
			text += fmt.Sprintf("  S%d: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: %d.yaml}}\n", i, level-1)
		}
		all[fmt.Sprintf("%d.yaml", level)] = text
	}
	files(t, all)
	d := read(t, Options{}, "6.yaml")
	require.NotEmpty(t, d.Faults)
	assert.Contains(t, d.Faults[0].Error(), "more than 1000 nested stacks")
	assert.NotEmpty(t, d.Gaps)
}

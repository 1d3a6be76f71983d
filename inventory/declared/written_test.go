package declared

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestWritten: what the author typed is told from what comes in from outside, whether or
// not the value is known.
func TestWritten(t *testing.T) {
	for _, tt := range []struct {
		why, properties string
		want            map[string][]string
	}{
		{"a literal stands as it is", `{QueueName: jobs, Tags: [{Key: a, Value: b}]}`, map[string][]string{}},
		{"a parameter with a default is not typed here", `{QueueName: !Ref Name}`, map[string][]string{"/QueueName": nil}},
		{"nor is one without", `{QueueName: !Ref Open}`, map[string][]string{"/QueueName": nil}},
		{"of Sub the text around the names", `{QueueName: !Sub "a-${Name}-${AWS::Region}-${!b}"}`, map[string][]string{"/QueueName": {"a-${}-${}-${b}"}}},
		{"and the variables that are written out", `{QueueName: !Sub ["${x}:${y}:${z}", {x: typed, y: !Ref Name, z: !Sub "in-${Name}"}]}`, map[string][]string{"/QueueName": {"typed:${}:in-${}"}}},
		{"of Join the elements", `{QueueName: !Join ["-", [jobs, !Ref Name, 1]]}`, map[string][]string{"/QueueName": {"jobs-${}-1"}}},
		{"of Join the list that a function gives", `{QueueName: !Join ["-", !Split [",", "a,b"]]}`, map[string][]string{"/QueueName": {"a,b"}}},
		{"of Select the elements and not the index", `{QueueName: !Select [0, [a, !Ref Name]]}`, map[string][]string{"/QueueName": {"a"}}},
		{"of If the branch that is chosen", `{QueueName: !If [Yes, typed, !Ref Name], KmsMasterKeyId: !If [Yes, !Ref Name, typed]}`, map[string][]string{"/KmsMasterKeyId": nil}},
		{"of If both branches while it is open", `{QueueName: !If [Perhaps, one, !Sub "two-${Name}"]}`, map[string][]string{"/QueueName": {"one", "two-${}"}}},
		{"a table that is looked up by written keys", `{QueueName: !FindInMap [Names, dev, first]}`, map[string][]string{"/QueueName": {"jobs"}}},
		{"a table that is looked up by a parameter", `{QueueName: !FindInMap [Names, !Ref Name, first]}`, map[string][]string{"/QueueName": nil}},
		{"the text that is encoded", `{QueueName: !Base64 clear}`, map[string][]string{"/QueueName": {"clear"}}},
		{"an attribute and an export are names", `{QueueName: !GetAtt Other.QueueName, KmsMasterKeyId: !ImportValue key}`, map[string][]string{"/QueueName": nil, "/KmsMasterKeyId": nil}},
		{"a dynamic reference is typed, its value is not", `{QueueName: "{{resolve:ssm:/x}}"}`, map[string][]string{"/QueueName": {"{{resolve:ssm:/x}}"}}},
		{"a function inside a list", `{Tags: [{Key: a, Value: b}, {Key: c, Value: !Sub "x-${Name}"}]}`, map[string][]string{"/Tags/1/Value": {"x-${}"}}},
		{"an object for a list of one moves with its place", `{Tags: {Key: c, Value: !Ref Name}}`, map[string][]string{"/Tags/0/Value": nil}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			d := readOne(t, Options{}, "t.yaml", `
Parameters: {Name: {Type: String, Default: dev}, Open: {Type: String}}
Mappings: {Names: {dev: {first: jobs}}}
Conditions: {Yes: !Equals [a, a], Perhaps: !Equals [!Ref Open, a]}
Resources:
  Other: {Type: AWS::SQS::Queue}
  Subject: {Type: AWS::SQS::Queue, Properties: `+tt.properties+`}
`)
			assert.Empty(t, texts(d.Faults))
			assert.Equal(t, tt.want, particle(t, d, "Subject").Resource.Written)
		})
	}
}

// TestWrittenOfInputs: in a pcf.yaml the id of an input is where ids belong.
func TestWrittenOfInputs(t *testing.T) {
	d := readOne(t, Options{}, "pcf.yaml", `
app: orders
version: 1.0.0
inputs: {network: {type: AWS::EC2::VPC, id: vpc-0123456789abcdef0}}
particles:
  web: {type: AWS::EC2::SecurityGroup, properties: {GroupDescription: web, VpcId: !Ref network}}
`)
	r := particle(t, d, "web").Resource
	assert.Equal(t, "vpc-0123456789abcdef0", r.Properties["VpcId"])
	assert.Equal(t, map[string][]string{"/VpcId": nil}, r.Written)
}

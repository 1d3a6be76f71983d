package inventory

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIdentifier(t *testing.T) {
	type object = map[string]any
	for _, c := range []struct {
		typ   string
		props Properties
		id    string
		why   string
	}{
		{"AWS::S3::Bucket", object{"BucketName": "logs"}, "logs", "one part"},
		{"AWS::S3::Bucket", object{"BucketName": ""}, "", "an empty name is none"},
		{"AWS::S3::Bucket", object{}, "", "AWS will choose a name"},
		{"AWS::S3::Bucket", object{"BucketName": someUnknown}, "", "a name that is not known"},
		{"AWS::S3::Bucket", object{"BucketName": []any{"logs"}}, "", "no scalar"},
		{"AWS::EC2::SecurityGroup", object{"GroupName": "web"}, "", "AWS assigns the id"},
		{"AWS::EC2::Route", object{"RouteTableId": "rtb-1", "CidrBlock": "0.0.0.0/0"}, "rtb-1|0.0.0.0/0", "two parts, in the schema's order"},
		{"AWS::EC2::Route", object{"RouteTableId": "rtb-1"}, "", "one part is missing"},
		{"AWS::EC2::NetworkAclEntry", object{"Id": int64(100)}, "100", "a number"},
	} {
		id, ok := Identifier(typeNamed(t, c.typ), c.props)
		assert.Equal(t, c.id != "", ok, c.why)
		assert.Equal(t, c.id, id, c.why)
	}
	_, ok := Identifier(nil, object{"Id": "x"})
	assert.False(t, ok, "without a schema nothing identifies")
}

func TestNameOf(t *testing.T) {
	for _, c := range []struct {
		typ   string
		props Properties
		tags  map[string]string
		want  string
		why   string
	}{
		{"AWS::EC2::VPC", nil, map[string]string{"Name": "shared"}, "shared", "the Name tag"},
		{"AWS::EC2::SecurityGroup", Properties{"GroupName": "web-sg"}, map[string]string{"Name": "web"}, "web", "before the property"},
		{"AWS::EC2::SecurityGroup", Properties{"GroupName": "web-sg"}, map[string]string{"Name": ""}, "web-sg", "unless it is empty"},
		{"AWS::S3::Bucket", Properties{"BucketName": "logs"}, nil, "logs", "the type's own word"},
		{"AWS::IAM::ManagedPolicy", Properties{"ManagedPolicyName": "deploy"}, nil, "deploy", "of two words"},
		{"AWS::RDS::DBInstance", Properties{"DBInstanceIdentifier": "orders", "DBName": "x"}, nil, "orders", "databases have identifiers"},
		{"AWS::SSM::Parameter", Properties{"Name": "/app/key"}, nil, "/app/key", "plain Name"},
		{"AWS::S3::Bucket", Properties{"BucketName": someUnknown}, nil, "", "a name that is not known"},
		{"AWS::KMS::Key", Properties{"Description": "x"}, nil, "", "a type without a name"},
	} {
		assert.Equal(t, c.want, NameOf(typeNamed(t, c.typ), c.props, c.tags), c.why)
	}
	assert.Equal(t, "x", NameOf(nil, Properties{"Name": "x"}, nil), "without a schema")
}

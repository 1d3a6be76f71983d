package awscloud

import (
	"encoding/json"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func TestFill(t *testing.T) {
	t.Run("structs, lists, enumerations and numbers", func(t *testing.T) {
		in := dynamodb.CreateTableInput{}
		require.NoError(t, fill(&in, map[string]any{
			"Name":                      "t",
			"AttributeDefinitions":      []any{map[string]any{"AttributeName": "id", "AttributeType": "S"}},
			"BillingMode":               "PAY_PER_REQUEST",
			"DeletionProtectionEnabled": true,
			"ProvisionedThroughput":     map[string]any{"ReadCapacityUnits": int64(5), "WriteCapacityUnits": "6"},
		}, map[string]string{"Name": "TableName"}))
		assert.Equal(t, "t", *in.TableName)
		assert.Equal(t, []types.AttributeDefinition{{AttributeName: sdk.String("id"), AttributeType: types.ScalarAttributeTypeS}}, in.AttributeDefinitions)
		assert.Equal(t, types.BillingModePayPerRequest, in.BillingMode)
		assert.True(t, *in.DeletionProtectionEnabled)
		assert.Equal(t, int64(5), *in.ProvisionedThroughput.ReadCapacityUnits)
		assert.Equal(t, int64(6), *in.ProvisionedThroughput.WriteCapacityUnits)
	})
	t.Run("a document becomes text", func(t *testing.T) {
		in := iam.CreateRoleInput{}
		require.NoError(t, fill(&in, map[string]any{"AssumeRolePolicyDocument": map[string]any{"Version": "2012-10-17"}}, nil))
		assert.JSONEq(t, `{"Version":"2012-10-17"}`, *in.AssumeRolePolicyDocument)
	})
	t.Run("attributes are texts", func(t *testing.T) {
		in := sqs.CreateQueueInput{}
		require.NoError(t, fill(&in, map[string]any{"Attributes": map[string]any{"DelaySeconds": int64(5), "FifoQueue": true}}, nil))
		assert.Equal(t, map[string]string{"DelaySeconds": "5", "FifoQueue": "true"}, in.Attributes)
	})
	t.Run("capitals and wrapped lists", func(t *testing.T) {
		in := cloudfront.CreateDistributionInput{}
		require.NoError(t, fill(&in, map[string]any{"DistributionConfig": map[string]any{
			"Aliases": []any{"a.example"}, "ViewerCertificate": map[string]any{"AcmCertificateArn": "arn"},
		}}, nil))
		assert.Equal(t, []string{"a.example"}, in.DistributionConfig.Aliases.Items)
		assert.Equal(t, int32(1), *in.DistributionConfig.Aliases.Quantity)
		assert.Equal(t, "arn", *in.DistributionConfig.ViewerCertificate.ACMCertificateArn)
	})
	t.Run("times", func(t *testing.T) {
		in := s3.PutObjectRetentionInput{}
		require.NoError(t, fill(&in, map[string]any{"Retention": map[string]any{"RetainUntilDate": "2026-01-02T03:04:05Z"}}, nil))
		assert.Equal(t, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), *in.Retention.RetainUntilDate)
	})
	for _, c := range []struct {
		why, pointer string
		props        map[string]any
	}{
		{"a property without a field", "/Nonsense", map[string]any{"Nonsense": 1}},
		{"a nested one", "/KeySchema/0/Nonsense", map[string]any{"KeySchema": []any{map[string]any{"Nonsense": "x"}}}},
		{"a text for a number", "/ProvisionedThroughput/ReadCapacityUnits", map[string]any{"ProvisionedThroughput": map[string]any{"ReadCapacityUnits": "hunter2"}}},
		{"a list for a text", "/TableName", map[string]any{"TableName": []any{"hunter2"}}},
		{"an object for a list", "/KeySchema", map[string]any{"KeySchema": map[string]any{"hunter2": "hunter2"}}},
		{"a text for a list", "/KeySchema", map[string]any{"KeySchema": "hunter2"}},
		{"a value that is not known", "/TableName", map[string]any{"TableName": &inventory.Unknown{Because: "hunter2"}}},
		{"a fraction for a whole number", "/ProvisionedThroughput/ReadCapacityUnits", map[string]any{"ProvisionedThroughput": map[string]any{"ReadCapacityUnits": 1.5}}},
		{"a field that is the SDK's own", "/noSmithyDocumentSerde", map[string]any{"noSmithyDocumentSerde": map[string]any{}}},
	} {
		t.Run(c.why, func(t *testing.T) {
			err := fill(&dynamodb.CreateTableInput{}, c.props, nil)
			require.ErrorIs(t, err, reaper.ErrUnsupported)
			assert.Contains(t, err.Error(), c.pointer+":")
			assert.NotContains(t, err.Error(), "hunter2", "values may be secrets")
		})
	}
}

// Whatever the properties are, fill returns: an error, or an input with all of them.
func TestFillNeverPanics(t *testing.T) {
	scalar := rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.String(), toAny), rapid.Map(rapid.Int64(), toAny), rapid.Map(rapid.Float64(), toAny), rapid.Map(rapid.Bool(), toAny))
	name := rapid.SampledFrom([]string{
		"TableName", "KeySchema", "AttributeDefinitions", "AttributeName", "ProvisionedThroughput", "ReadCapacityUnits", "BillingMode",
		"SSESpecification", "Tags", "Key", "resultMetadata", "noSmithyDocumentSerde", "x",
	})
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		if depth == 0 {
			return scalar
		}
		below := value(depth - 1)
		return rapid.OneOf(scalar, rapid.Map(rapid.SliceOfN(below, 0, 3), toAny), rapid.Map(rapid.MapOfN(name, below, 0, 4), toAny))
	}
	rapid.Check(t, func(t *rapid.T) {
		props := rapid.MapOfN(name, value(3), 0, 4).Draw(t, "properties")
		err := fill(&dynamodb.CreateTableInput{}, props, nil)
		if err != nil && !assert.ErrorIs(t, err, reaper.ErrUnsupported) {
			t.Fatal(err)
		}
	})
}

func toAny[T any](v T) any { return v }

// TestCanCreate: what a creation would be refused for is known without a call, and so is what
// it lacks. Texts that stand in for what is made before (plan.Can) are as good as any.
func TestCanCreate(t *testing.T) {
	for _, c := range []struct {
		typ, properties string
		want            string // in the error; empty: it can be
	}{
		{"AWS::EC2::Route", `{"RouteTableId": "0", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "0"}`, ""},
		{"AWS::EC2::Route", `{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "0"}`, "RouteTableId"},
		{"AWS::SQS::Queue", `{"QueueName": "jobs", "Tags": [{"Key": "a", "Value": "b"}]}`, ""},
		{"AWS::SQS::Queue", `{"NoSuchProperty": "hunter2"}`, "/NoSuchProperty"},
		{"AWS::ElasticLoadBalancingV2::TargetGroup", `{"Name": "web", "Port": "0", "Protocol": "HTTP", "VpcId": "0"}`, ""},
		{"AWS::Lambda::Function", `{"FunctionName": "f", "Role": "0", "Code": {"S3Bucket": "b", "S3Key": "k"}, "ReservedConcurrentExecutions": 3}`, ""},
		{"AWS::ECS::Service", `{}`, "there is no writer"},
		{"AWS::No::Such", `{}`, "there is no writer"},
	} {
		var properties map[string]any
		require.NoError(t, json.Unmarshal([]byte(c.properties), &properties))
		normal, err := inventory.Normal(properties)
		require.NoError(t, err)
		err = CanCreate(c.typ, normal.(map[string]any))
		if c.want == "" {
			assert.NoError(t, err, "%s %s", c.typ, c.properties)
			continue
		}
		require.ErrorContains(t, err, c.want)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

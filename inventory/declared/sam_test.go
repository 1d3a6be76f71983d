package declared

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

const serverless = `Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.12
    Environment: {Variables: {LOG: info, A: global}}
    Tags: {team: web}
  Api: {TracingEnabled: true}
Conditions: {On: !Equals [a, a]}
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Fn:
    Type: AWS::Serverless::Function
    Condition: On
    Metadata: {pcf-scan: {skip: [{rule: x, reason: y}]}}
    Properties:
      CodeUri: src/
      Handler: app.handler
      Environment: {Variables: {A: own}}
      Tracing: Active
      DeadLetterQueue: {Type: SQS, TargetArn: arn:aws:sqs:eu-west-1:111122223333:dlq}
      Policies:
        - AmazonS3ReadOnlyAccess
        - arn:aws:iam::111122223333:policy/own
        - S3ReadPolicy: {BucketName: !Ref Bucket}
        - Statement: [{Effect: Allow, Action: "*", Resource: "*"}]
      FunctionUrlConfig: {AuthType: NONE, Cors: {AllowOrigins: ["*"]}}
      AutoPublishAlias: live
      Events:
        Web: {Type: Api, Properties: {Path: /, Method: get}}
        Up: {Type: S3, Properties: {Bucket: !Ref Bucket, Events: s3:ObjectCreated:*}}
        Tick: {Type: Schedule, Properties: {Schedule: rate(5 minutes), Enabled: false}}
        Jobs: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 5}}
        Thing: {Type: IoTRule, Properties: {Sql: x}}
  Queue: {Type: AWS::SQS::Queue}
  Given: {Type: AWS::Serverless::Function, IgnoreGlobals: [Tags], Properties: {InlineCode: x, Handler: h, Role: arn:aws:iam::111122223333:role/x}}
  Table: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Name: key, Type: Number}, SSESpecification: {SSEEnabled: true}, Tags: {a: b}}}
  Open: {Type: AWS::Serverless::HttpApi, Properties: {CorsConfiguration: {AllowOrigins: ["*"]}}}
  Rest: {Type: AWS::Serverless::Api, Properties: {StageName: v1, EndpointConfiguration: {Type: PRIVATE}, AccessLogSetting: {DestinationArn: x}}}
  Steps: {Type: AWS::Serverless::StateMachine, Properties: {Definition: {StartAt: !Ref Bucket}, Logging: {Level: ALL}, Type: EXPRESS, Policies: [AWSLambdaRole]}}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer/, CompatibleRuntimes: [python3.12]}}
  Graph: {Type: AWS::Serverless::GraphQLApi, Properties: {SchemaUri: x}}
  Newer: {Type: AWS::Serverless::SimpleTable, Properties: {Sharding: fine}}
Outputs:
  Url: {Value: !GetAtt FnUrl.FunctionUrl}
  Alias: {Value: !Ref Fn.Alias}
  Api: {Value: !Sub "https://${ServerlessRestApi}.execute-api/${GraphSchema}"}
`

func TestServerless(t *testing.T) {
	d := readOne(t, Options{Partition: "aws"}, "template.yaml", serverless)
	require.Empty(t, texts(d.Faults))
	assert.Empty(t, d.Gaps, "what is left out is counted, and no gap")
	properties := func(name, typ string) map[string]any {
		t.Helper()
		p := particle(t, d, name)
		require.Equal(t, typ, p.Resource.Ref.Type)
		return p.Resource.Properties
	}
	fn := properties("Fn", "AWS::Lambda::Function")
	assert.Equal(t, "python3.12", fn["Runtime"], "globals count")
	assert.Equal(t, map[string]any{"Variables": map[string]any{"LOG": "info", "A": "own"}}, fn["Environment"], "mappings are joined, the function's own wins")
	assert.Equal(t, map[string]any{"Mode": "Active"}, fn["TracingConfig"])
	assert.Equal(t, map[string]any{"TargetArn": "arn:aws:sqs:eu-west-1:111122223333:dlq"}, fn["DeadLetterConfig"])
	assert.Equal(t, "GetAtt FnRole.Arn", fn["Role"].(*inventory.Unknown).Symbol)
	assert.Equal(t, "template.yaml:19:16", particle(t, d, "Fn").Resource.PositionOf("/TracingConfig/Mode").String())
	assert.Equal(t, map[string]string{"lambda:createdBy": "SAM", "team": "web"}, particle(t, d, "Fn").Resource.Tags)
	assert.Equal(t, []inventory.Skip{{Rule: "x", Reason: "y", Position: inventory.Position{File: "template.yaml", Line: 14, Column: 34}}}, particle(t, d, "FnRole").Skip, "a suppression holds for what is generated too")

	role := properties("FnRole", "AWS::IAM::Role")
	assert.Equal(t, []any{
		"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess",
		"arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::111122223333:policy/own",
	}, role["ManagedPolicyArns"])
	inline := role["Policies"].([]any)
	require.Len(t, inline, 2)
	_, _, unknown := inventory.HasUnknown(inline[0])
	assert.True(t, unknown, "a policy template of SAM is not written out")
	assert.Equal(t, map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"}}}, inline[1].(map[string]any)["PolicyDocument"])

	assert.Equal(t, "NONE", properties("FnUrl", "AWS::Lambda::Url")["AuthType"])
	assert.Equal(t, "*", properties("FnUrlPublicPermissions", "AWS::Lambda::Permission")["Principal"])
	assert.Equal(t, "DISABLED", properties("FnTick", "AWS::Events::Rule")["State"])
	assert.Equal(t, "events.amazonaws.com", properties("FnTickPermission", "AWS::Lambda::Permission")["Principal"])
	assert.Equal(t, int64(5), properties("FnJobs", "AWS::Lambda::EventSourceMapping")["BatchSize"])
	assert.IsType(t, &inventory.Unknown{}, properties("Bucket", "AWS::S3::Bucket")["NotificationConfiguration"], "SAM sets it")
	properties("FnAliaslive", "AWS::Lambda::Alias")
	properties("ServerlessRestApi", "AWS::ApiGateway::RestApi")
	assert.Equal(t, true, properties("ServerlessRestApiProdStage", "AWS::ApiGateway::Stage")["TracingEnabled"])

	given := properties("Given", "AWS::Lambda::Function")
	assert.Equal(t, map[string]any{"ZipFile": "x"}, given["Code"])
	assert.Equal(t, map[string]string{"lambda:createdBy": "SAM"}, particle(t, d, "Given").Resource.Tags, "it ignores the global tags")
	assert.NotContains(t, particleNames(d), "GivenRole")

	table := properties("Table", "AWS::DynamoDB::Table")
	assert.Equal(t, []any{map[string]any{"AttributeName": "key", "AttributeType": "N"}}, table["AttributeDefinitions"])
	assert.Equal(t, "PAY_PER_REQUEST", table["BillingMode"])
	assert.Equal(t, map[string]any{"SSEEnabled": true}, table["SSESpecification"])
	assert.Equal(t, map[string]any{"AllowOrigins": []any{"*"}}, properties("Open", "AWS::ApiGatewayV2::Api")["CorsConfiguration"])
	assert.Equal(t, "$default", properties("OpenApiGatewayDefaultStage", "AWS::ApiGatewayV2::Stage")["StageName"])
	assert.Equal(t, map[string]any{"Types": []any{"PRIVATE"}}, properties("Rest", "AWS::ApiGateway::RestApi")["EndpointConfiguration"])
	assert.Equal(t, map[string]any{"DestinationArn": "x"}, properties("Restv1Stage", "AWS::ApiGateway::Stage")["AccessLogSetting"])
	steps := properties("Steps", "AWS::StepFunctions::StateMachine")
	assert.Equal(t, map[string]any{"Level": "ALL"}, steps["LoggingConfiguration"])
	assert.Equal(t, "EXPRESS", steps["StateMachineType"])
	properties("StepsRole", "AWS::IAM::Role")
	assert.Equal(t, []any{"python3.12"}, properties("Layer", "AWS::Lambda::LayerVersion")["CompatibleRuntimes"])
	assert.True(t, particle(t, d, "Newer").Resource.IsUnread("/BillingMode"), "a property that nobody knows may do anything")

	var aside []string
	for _, n := range d.NotJudged {
		aside = append(aside, n.Position.String()+" "+n.Name+" "+n.Type)
	}
	assert.Equal(t, []string{
		"template.yaml:33:9 Fn.Thing AWS::Serverless::Function event IoTRule", "template.yaml:41:3 Graph AWS::Serverless::GraphQLApi",
	}, aside)
	assert.NotEmpty(t, d.Apps[0].Incomplete, "they may be what a join looks for")
}

func TestServerlessTrouble(t *testing.T) {
	const head = "Transform: AWS::Serverless-2016-10-31\nResources:\n"
	for _, c := range []struct{ why, text, want string }{
		{"a misspelt name is still a mistake", "  T: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: !Ref Tabel}}\n", "Ref of Tabel"},
		{"an event wants a type", "  F: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Properties: {}}}}}\n", "event E of F has no Type"},
	} {
		d := readOne(t, Options{}, "t.yaml", head+c.text)
		require.NotEmpty(t, d.Faults, c.why)
		assert.Contains(t, d.Faults[0].Error(), c.want, c.why)
	}
	for _, text := range []string{
		"  F: {Type: AWS::Serverless::Function}\n", "  F: {Type: AWS::Serverless::Function, Properties: [1]}\n", "  F: {Type: AWS::Serverless::Function, Properties: {Events: [1], Policies: {a: 1}, Tags: [x], FunctionUrlConfig: 1}}\n",
		"  F: {Type: AWS::Serverless::Api, Properties: {EndpointConfiguration: [], StageName: !Ref X}}\n", "  F: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: 1}}\n",
		"  F: {Type: AWS::Serverless::Application, Properties: {Location: {ApplicationId: x}}}\n",
	} {
		d := readOne(t, Options{}, "t.yaml", head+text)
		_, err := json.Marshal(d.Particles())
		assert.NoError(t, err, text)
	}
	files(t, map[string]string{"t.yaml": head + "  A: {Type: AWS::Serverless::Application, Properties: {Location: child.yaml}}\n", "child.yaml": bucket})
	assert.Equal(t, []string{"A", "Site"}, particleNames(read(t, Options{}, ".")), "an application is a nested stack")
}

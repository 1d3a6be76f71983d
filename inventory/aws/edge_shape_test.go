package aws

import (
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	apigateway "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	codebuild "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

func TestMethodSettings(t *testing.T) {
	var places [][2]any
	for _, s := range methodSettings(map[string]apigateway.MethodSetting{
		"*/*": {}, "~1/GET": {}, "~1orders~1{id}/POST": {}, "nothing": {},
	}) {
		s := s.(map[string]any)
		places = append(places, [2]any{s["ResourcePath"], s["HttpMethod"]})
	}
	assert.Equal(t, [][2]any{{"/*", "*"}, {"/", "GET"}, {"/~1orders~1{id}", "POST"}}, places)
}

func TestEscapedPolicy(t *testing.T) {
	want := map[string]any{"Version": "2012-10-17"}
	for _, c := range []struct {
		text *string
		want any
		why  string
	}{
		{nil, nil, "no policy"},
		{sdk.String(""), nil, "an empty one"},
		{sdk.String(`{\"Version\":\"2012-10-17\"}`), want, "the inside of a text, as AWS sends it"},
		{sdk.String(`{"Version":"2012-10-17"}`), want, "a plain document"},
		{sdk.String(`{\"Version`), `{"Version`, "what is no document stays text"},
	} {
		assert.Equal(t, c.want, escapedPolicy(c.text), c.why)
	}
}

func TestPermissions(t *testing.T) {
	c := cellOf("AWS::Lambda::Permission")
	got := map[string]inventory.Properties{}
	c.deliver = func(r *inventory.Resource) { got[r.Ref.ID] = r.Properties }
	require.NoError(t, c.permissions("f", sdk.String(`{"Version": "2012-10-17", "Statement": [
		{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "lambda:InvokeFunction", "Resource": "arn:f",
			"Condition": {"ArnLike": {"AWS:SourceArn": "arn:s"}, "StringEquals": {"aws:PrincipalOrgID": "o-1", "lambda:EventSourceToken": "t"}}},
		{"Sid": "b", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/r"}, "Action": "lambda:InvokeFunctionUrl", "Resource": "arn:f",
			"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}, "Bool": {"lambda:InvokedViaFunctionUrl": "true"}}},
		{"Sid": "c", "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": "arn:f"}]}`)))
	assert.Equal(t, map[string]inventory.Properties{
		"f|a": {"FunctionName": "f", "Id": "a", "Action": "lambda:InvokeFunction", "Principal": "111122223333", "SourceArn": "arn:s", "PrincipalOrgID": "o-1", "EventSourceToken": "t"},
		"f|b": {"FunctionName": "f", "Id": "b", "Action": "lambda:InvokeFunctionUrl", "Principal": "arn:aws:iam::111122223333:role/r", "FunctionUrlAuthType": "NONE", "InvokedViaFunctionUrl": true},
		"f|c": {"FunctionName": "f", "Id": "c", "Action": "lambda:InvokeFunction", "Principal": "*"},
	}, got)
	for _, text := range []string{"", "{}", `{"Statement": [{}]}`, `{"Statement": [7]}`} {
		assert.ErrorIs(t, c.permissions("f", &text), errAnswer, "%q is no policy of Lambda", text)
	}
}

func TestBuildProjectShowsNoSecret(t *testing.T) {
	c := cellOf("AWS::CodeBuild::Project")
	r := c.buildProject(codebuild.Project{
		Name: sdk.String("p"), VpcConfig: &codebuild.VpcConfig{}, Badge: &codebuild.ProjectBadge{BadgeEnabled: true},
		Webhook: &codebuild.Webhook{
			Secret: sdk.String("not-a-real-secret"), PayloadUrl: sdk.String("https://x"), BuildType: codebuild.WebhookBuildTypeBuild,
			FilterGroups: [][]codebuild.WebhookFilter{{{Type: codebuild.WebhookFilterTypeEvent, Pattern: sdk.String("PUSH")}}},
		},
	})
	assert.Equal(t, inventory.Properties{
		"Id": "p", "Name": "p", "BadgeEnabled": true,
		"Triggers": map[string]any{"Webhook": true, "BuildType": "BUILD", "FilterGroups": []any{[]any{map[string]any{"Type": "EVENT", "Pattern": "PUSH"}}}},
	}, c.only(t, r).Properties, "what a webhook hides stays hidden; a VPC of nothing is none")
}

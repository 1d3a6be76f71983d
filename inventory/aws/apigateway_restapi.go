package aws

import (
	"context"
	"strconv"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

func init() {
	register(Reader{
		Type:  "AWS::ApiGateway::RestApi",
		Calls: map[string]string{"API Gateway.GetRestApis": "apigateway:GET"},
		Reads: []string{
			"/ApiKeySourceType", "/BinaryMediaTypes", "/Description", "/DisableExecuteApiEndpoint", "/EndpointAccessMode",
			"/EndpointConfiguration", "/MinimumCompressionSize", "/Name", "/Policy", "/RestApiId", "/RootResourceId",
			"/SecurityPolicy", "/Tags",
		},
		list: func(ctx context.Context, c *cell) error {
			return restAPIs(ctx, apigateway.NewFromConfig(c.cfg), func(apis []types.RestApi) {
				for _, api := range apis {
					id := sdk.ToString(api.Id)
					it := c.item(id, c.apiGatewayARN("/restapis/"+id))
					it.merge(api, map[string]string{"Id": "RestApiId", "ApiKeySource": "ApiKeySourceType"})
					it.set("Policy", escapedPolicy(api.Policy))
					delete(it.props, "Tags") // an object here, a list in CloudFormation
					it.tag(api.Tags)
					it.State = string(api.ApiStatus)
					it.created(api.CreatedDate)
					c.emit(it)
				}
			})
		},
	})
}

// escapedPolicy parses the policy of an API, which API Gateway sends as the inside of a
// JSON text: {\"Version\": ...
func escapedPolicy(text *string) any {
	if text == nil || *text == "" {
		return nil
	}
	if inside, err := strconv.Unquote(`"` + *text + `"`); err == nil {
		return document(&inside, false)
	}
	return document(text, false)
}
